#!/usr/bin/env python3
"""deliver_peers.py BIN_DIR [NAME…] - the SMTP and IMAP clients against peers that misbehave, then signer, deliverer and
collector as processes over a private PostgreSQL.

BIN_DIR is BUILD/bin; the probe is BUILD/peers/peer_probe. Loopback only. Exit status 0 when every case held."""
import hashlib
import json
import os
import socket
import ssl
import subprocess
import sys
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(ROOT, "tests", "peers"))

import deliver_cases  # noqa: E402
import imap_cases  # noqa: E402
import login_cases  # noqa: E402
import mx_cases  # noqa: E402
import process_cases  # noqa: E402
from smtp_peer import SmtpPeer, drip, flood, hang  # noqa: E402
from wire import Gone, settle, tls_server  # noqa: E402

NAME = "mx.exemple.fr"
SOON = 6000         # ms: our own limits, of some two seconds (probe.c), ended it; the peer would have taken 8 s or more
CASES = []


def case(f):
    CASES.append(f)
    return f


class Lab:
    def __init__(self, bin_dir, folder):
        self.bin = os.path.realpath(bin_dir)
        self.probe_path = os.path.join(self.bin, "..", "peers", "peer_probe")
        self.pki = os.path.join(folder, "pki")
        self.folder = folder
        self.script("%s" % self.pki, "dns=relais.exemple.fr", "seal=avis@relais.exemple.fr")
        self.server = self.issue("mx", "tls-server", NAME)
        self.wrong = self.issue("other", "tls-server", "autre.exemple.fr")
        self.names = {self.server[0]: NAME, self.wrong[0]: "autre.exemple.fr"}
        self.script("foreign", os.path.join(folder, "away"))
        self.foreign = tuple(os.path.join(folder, "away", "foreign-tls." + end) for end in ("pem", "key"))
        self.anchors = os.path.join(self.pki, "anchors-tls.pem")

    def script(self, *words):
        subprocess.run(["bash", os.path.join(ROOT, "certs", "make-test-pki.sh"), *words], check=True, stdout=subprocess.DEVNULL)

    def issue(self, name, kind, dns, *more):
        self.script("issue", self.pki, name, "kind=" + kind, "cn=" + dns, "dns=" + dns, *more)
        return os.path.join(self.pki, name + ".pem"), os.path.join(self.pki, name + ".key")

    def tls(self, pair=None, clients=None):
        return tls_server(*(pair or self.server), clients)

    def probe(self, kind, port, words, host="127.0.0.1", first=(), server_name=NAME):
        client = os.path.join(self.pki, "relais-client")
        command = [self.probe_path, *first, kind, host, str(port), server_name, client + ".pem", client + ".key", self.anchors,
                   *[str(w) for w in words]]
        # The sanitizer keeps freed memory for a while; memory is measured here.
        env = dict(os.environ, ASAN_OPTIONS="quarantine_size_mb=1:" + os.environ.get("ASAN_OPTIONS", ""))
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, errors="replace", env=env)
        assert done.returncode == 0, "probe ended with %d: %s" % (done.returncode, done.stderr[-2000:])
        try:
            return dict(json.loads(done.stdout), log=done.stderr)
        except ValueError as error:
            raise AssertionError("probe said %r, and on the side %r" % (done.stdout[:400], done.stderr[-400:])) from error

    def smtp(self, peer, mails=1, size=200, sender="retour@relais.exemple.fr", to="un@hopital.exemple.fr", more=(), **rest):
        try:
            return self.probe("smtp", peer.port, [mails, size, sender, to, *more], **rest)
        finally:
            peer.close()

    def imap(self, peer, user="avis", password="secret", folder="INBOX", auth="password", more=(), **rest):
        try:
            return self.probe("imap", peer.port, [user, auth, password, folder, *more], **rest)
        finally:
            peer.close()


def expect(what, is_, wanted):
    assert is_ == wanted, "%s is %r, not %r" % (what, is_, wanted)


def refused_at_open(result, reason, within=None):
    expect("open", result["open"], reason)
    expect("mails", result["mails"], [])
    if within:
        assert result["ms"] <= within, "took %d ms" % result["ms"]


def message(size):
    line = b".leading dot\r\n..two\r\n.\r\nplain line of text, the rest of it\r\n"
    return b"Subject: probe\r\n\r\n" + line * (size // len(line)) + b"end\r\n"


# ---------------------------------------------------------------- SMTP: how it should be


@case
def smtp_good_session(lab):
    peer = SmtpPeer(lab.tls(clients=lab.anchors))
    result = lab.smtp(peer, mails=3, size=700)
    expect("open", result["open"], "none")
    expect("reasons", [m["reason"] for m in result["mails"]], ["none"] * 3)
    expect("queue id", result["mails"][0]["queue_id"], "4QcF2k1z3Sz9sW")
    expect("connections", peer.server.connections, 1)
    expect("said in clear", peer.clear, ["EHLO relais.exemple.mssante.fr", "STARTTLS"])
    expect("said", peer.said[:4], [
        "EHLO relais.exemple.mssante.fr",
        "MAIL FROM:<retour@relais.exemple.fr> SIZE=725 RET=HDRS ENVID=a+2Bb+3Dc",
        "RCPT TO:<un@hopital.exemple.fr> NOTIFY=SUCCESS,FAILURE,DELAY ORCPT=rfc822;un@hopital.exemple.fr", "DATA"])
    expect("between mails", peer.said[4], "RSET")
    settle(peer.said, "QUIT")
    expect("messages", set(peer.mails), {message(700)})
    assert result["tls"]["version"].startswith("TLSv1."), result["tls"]


@case
def smtp_dots_cut_anywhere(lab):
    peer = SmtpPeer(lab.tls())
    result = lab.smtp(peer, size=300000)
    expect("reason", result["mails"][0]["reason"], "none")
    expect("message", peer.mails[0] == message(300000), True)


@case
def smtp_without_reports(lab):
    peer = SmtpPeer(lab.tls(), offers=())
    expect("reason", lab.smtp(peer)["mails"][0]["reason"], "none")
    expect("said", peer.said[1:3], ["MAIL FROM:<retour@relais.exemple.fr>", "RCPT TO:<un@hopital.exemple.fr>"])


@case
def smtp_null_return_path_asks_no_report(lab):
    peer = SmtpPeer(lab.tls())
    expect("reason", lab.smtp(peer, sender="")["mails"][0]["reason"], "none")
    expect("said", peer.said[1:3], ["MAIL FROM:<> SIZE=225", "RCPT TO:<un@hopital.exemple.fr>"])


@case
def smtp_many_descriptors(lab):
    peer = SmtpPeer(lab.tls())
    result = lab.smtp(peer, first=["many-descriptors"])
    expect("reason", result["mails"][0]["reason"], "none")


@case
def smtp_big_message_flat_memory(lab):
    small = lab.smtp(SmtpPeer(lab.tls()), size=200, first=["patient"])
    peer = SmtpPeer(lab.tls())
    big = lab.smtp(peer, size=25 * 1000 * 1000, first=["patient"])
    expect("reason", big["mails"][0]["reason"], "none")
    expect("message", hashlib.sha256(peer.mails[0]).digest(), hashlib.sha256(message(25 * 1000 * 1000)).digest())
    assert big["rss_kb"] - small["rss_kb"] < 8192, "memory grew from %d to %d KB" % (small["rss_kb"], big["rss_kb"])


@case
def lmtp_on_this_machine_may_be_clear(lab):
    path = os.path.join(lab.folder, "lmtp")
    peer = SmtpPeer(None, starttls=False, path=path)
    result = lab.smtp(peer, host=path, more=["lmtp"])
    expect("reason", result["mails"][0]["reason"], "none")
    expect("greeting", peer.clear[0], "LHLO relais.exemple.mssante.fr")
    peer = SmtpPeer(lab.tls())
    result = lab.smtp(peer, more=["lmtp"])
    expect("reason", result["mails"][0]["reason"], "none")
    assert result["tls"], "STARTTLS was offered and not taken"


# ---------------------------------------------------------------- SMTP: trust


@case
def smtp_no_starttls_is_the_end(lab):
    """T1: towards others."""
    peer = SmtpPeer(lab.tls(), starttls=False)
    refused_at_open(lab.smtp(peer), "deliver.starttls.none")
    expect("said in clear", peer.clear[:1], ["EHLO relais.exemple.mssante.fr"])
    assert not any(line.startswith("MAIL") for line in peer.clear)


@case
def smtp_starttls_refused(lab):
    peer = SmtpPeer(lab.tls(), {"STARTTLS": "454 4.7.0 not now\r\n"})
    refused_at_open(lab.smtp(peer), "deliver.tls")
    expect("said in clear", peer.clear, ["EHLO relais.exemple.mssante.fr", "STARTTLS"])


@case
def smtp_wrong_name(lab):
    peer = SmtpPeer(lab.tls(lab.wrong))
    result = lab.smtp(peer)
    refused_at_open(result, "deliver.certificate")
    assert "mismatch" in result["why"]["text"], result["why"]
    expect("said", peer.said, [])
    expect("said in clear", peer.clear, ["EHLO relais.exemple.mssante.fr", "STARTTLS"])


@case
def smtp_foreign_authority(lab):
    peer = SmtpPeer(lab.tls(lab.foreign))
    refused_at_open(lab.smtp(peer), "deliver.certificate")
    expect("said", peer.said, [])


@case
def smtp_certificates_that_are_no_good(lab):
    past = lab.issue("past", "tls-server", NAME, "start=20210101000000Z", "end=20210201000000Z")
    future = lab.issue("future", "tls-server", NAME, "start=20900101000000Z", "end=20910101000000Z")
    client = lab.issue("client-only", "tls-client", NAME)
    seal = lab.issue("seal-only", "seal", NAME, "email=a@b.fr")
    own = tuple(os.path.join(lab.folder, "own." + end) for end in ("pem", "key"))
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "10", "-subj", "/CN=" + NAME,
                    "-addext", "subjectAltName=DNS:" + NAME, "-out", own[0], "-keyout", own[1]], check=True, capture_output=True)
    for what, pair in (("ended", past), ("not begun", future), ("of a client", client), ("a seal", seal), ("signed by itself", own)):
        peer = SmtpPeer(lab.tls(pair))
        result = lab.smtp(peer)
        expect("open with one that is " + what, result["open"], "deliver.certificate")
        expect("said", peer.said, [])


@case
def smtp_old_protocols(lab):
    context = lab.tls()
    context.minimum_version = ssl.TLSVersion.TLSv1
    context.maximum_version = ssl.TLSVersion.TLSv1_1
    context.set_ciphers("DEFAULT@SECLEVEL=0")
    peer = SmtpPeer(context)
    result = lab.smtp(peer)
    assert result["open"] in ("deliver.tls", "deliver.dropped"), result
    expect("said", peer.said, [])
    # 1.2 with a suite that has no forward secrecy
    context = lab.tls(lab.issue("mx-rsa", "tls-server", NAME, "key=rsa"))
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers("AES128-GCM-SHA256")
    result = lab.smtp(SmtpPeer(context))
    assert result["open"] in ("deliver.tls", "deliver.dropped"), result
    context = lab.tls()
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    expect("1.2 as it should be", lab.smtp(SmtpPeer(context))["open"], "none")


@case
def smtp_our_certificate_is_refused(lab):
    # Its TLS says so in an alert after the handshake.
    with open(lab.foreign[0]) as f, open(os.path.join(lab.folder, "one.pem"), "w") as one:
        one.write(f.read())
    peer = SmtpPeer(lab.tls(clients=os.path.join(lab.folder, "one.pem")))
    refused_at_open(lab.smtp(peer), "deliver.dropped")


@case
def smtp_dropped_after_handshake(lab):
    # So does Postfix with a client whose certificate it does not accept.
    refused_at_open(lab.smtp(SmtpPeer(lab.tls(), {"EHLO-TLS": None})), "deliver.dropped")


@case
def smtp_dropped_in_handshake(lab):
    refused_at_open(lab.smtp(SmtpPeer(lab.tls(), {"HANDSHAKE": None})), "deliver.dropped")


@case
def smtp_silent_in_handshake(lab):
    refused_at_open(lab.smtp(SmtpPeer(lab.tls(), {"HANDSHAKE": hang})), "deliver.tls", within=SOON)


@case
def smtp_injection_behind_starttls(lab):
    """T2: what came in clear behind the answer to STARTTLS."""
    peer = SmtpPeer(lab.tls(), {"STARTTLS": "220 go on\r\n250 injected\r\n"})
    refused_at_open(lab.smtp(peer), "deliver.protocol")
    expect("said", peer.said, [])
    expect("said in clear", peer.clear, ["EHLO relais.exemple.mssante.fr", "STARTTLS"])


# ---------------------------------------------------------------- SMTP: time and bounds


@case
def smtp_slow_drip(lab):
    peer = SmtpPeer(lab.tls(), {"GREETING": lambda wire: drip(wire, "220 " + "x" * 200 + "\r\n")})
    refused_at_open(lab.smtp(peer), "deliver.time", within=SOON)


@case
def smtp_endless_reply(lab):
    """I8."""
    peer = SmtpPeer(lab.tls(), {"EHLO": lambda wire: flood(wire, "250-and more\r\n")})
    result = lab.smtp(peer)
    refused_at_open(result, "deliver.protocol", within=SOON)


@case
def smtp_endless_line(lab):
    """I8."""
    peer = SmtpPeer(lab.tls(), {"EHLO-TLS": lambda wire: flood(wire, "x" * 64)})
    refused_at_open(lab.smtp(peer), "deliver.protocol", within=SOON)


@case
def smtp_no_answer_to_the_dot(lab):
    """I8."""
    result = lab.smtp(SmtpPeer(lab.tls(), {"DOT": hang}))
    mail = result["mails"][0]
    expect("reason", mail["reason"], "deliver.time")
    expect("usable", mail["usable"], False)
    expect("begun", mail["begun"], True)
    assert result["ms"] < SOON, result["ms"]


@case
def smtp_never_reads_the_message(lab):
    peer = SmtpPeer(lab.tls(), {"READ": hang})
    result = lab.smtp(peer, size=20 * 1024 * 1024)
    expect("reason", result["mails"][0]["reason"], "deliver.time")
    assert result["ms"] < SOON, result["ms"]


@case
def smtp_nobody_there(lab):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        refused_at_open(lab.probe("smtp", free.getsockname()[1], [1, 1, "a@b.fr", "a@b.fr"]), "deliver.connect")


@case
def smtp_no_such_name(lab):
    refused_at_open(lab.smtp(SmtpPeer(lab.tls()), host="nowhere.invalid"), "deliver.connect")


# ---------------------------------------------------------------- SMTP: refusals


def one_refusal(lab, bend, reason, code, enhanced="", usable=True, offers=None, **rest):
    peer = SmtpPeer(lab.tls(), bend, offers=offers) if offers else SmtpPeer(lab.tls(), bend)
    mail = lab.smtp(peer, **rest)["mails"][0]
    expect("reason", mail["reason"], reason)
    expect("code of %r" % bend, mail["code"], code)
    expect("enhanced", mail["enhanced"], enhanced)
    expect("usable after %r" % bend, mail["usable"], usable)
    return peer, mail


PLAIN = ("SIZE 26214400", "8BITMIME", "DSN", "ENHANCEDSTATUSCODES")       # no PIPELINING


@case
def smtp_replies_that_refuse(lab):
    one_refusal(lab, {"MAIL": "450 4.1.8 wait\r\n"}, "deliver.later", 450, "4.1.8")
    one_refusal(lab, {"MAIL": "550 5.7.1 not you\r\n"}, "deliver.ours", 550, "5.7.1")
    one_refusal(lab, {"RCPT": "550 5.1.1 nobody\r\n"}, "deliver.mailbox.none", 550, "5.1.1")
    one_refusal(lab, {"RCPT": "552 5.2.2 full\r\n"}, "deliver.mailbox.full", 552, "5.2.2")
    one_refusal(lab, {"RCPT": "452 4.2.2 full\r\n"}, "deliver.mailbox.later", 452, "4.2.2")
    one_refusal(lab, {"RCPT": "550 5.7.1 not from you\r\n"}, "deliver.policy", 550, "5.7.1")
    one_refusal(lab, {"RCPT": "554 5.7.1 client host rejected\r\n"}, "deliver.ours", 554, "5.7.1")
    one_refusal(lab, {"RCPT": "451 4.7.1 greylisted\r\n"}, "deliver.greylist", 451, "4.7.1")
    one_refusal(lab, {"RCPT": "451 4.3.0 later\r\n"}, "deliver.later", 451, "4.3.0")
    one_refusal(lab, {"DATA": "554 no\r\n"}, "deliver.refused", 554)
    one_refusal(lab, {"DOT": "552 5.3.4 too big\r\n"}, "deliver.too-big", 552, "5.3.4")
    one_refusal(lab, {"DOT": "452-4.3.1 full\r\n452 4.3.1 later\r\n"}, "deliver.busy", 452, "4.3.1")
    one_refusal(lab, {"RCPT": "421 4.3.2 closing\r\n"}, "deliver.busy", 421, "4.3.2", usable=False)


@case
def smtp_taken_at_rcpt_and_refused_at_the_end(lab):
    peer, mail = one_refusal(lab, {"DOT": "554 5.6.0 after all, no\r\n"}, "deliver.refused", 554, "5.6.0")
    expect("stage", mail["stage"], 7)
    expect("messages", len(peer.mails), 1)


@case
def smtp_replies_that_make_no_sense(lab):
    """I8."""
    for offers in (PLAIN, ("PIPELINING",) + PLAIN):
        one_refusal(lab, {"MAIL": "hello\r\n"}, "deliver.protocol", 0, usable=False, offers=offers)
        one_refusal(lab, {"MAIL": "250-a\r\n550 b\r\n"}, "deliver.protocol", 0, usable=False, offers=offers)
        one_refusal(lab, {"RCPT": "354 what\r\n"}, "deliver.protocol", 354, usable=False, offers=offers)
        one_refusal(lab, {"DATA": "250 ok\r\n"}, "deliver.protocol", 250, usable=False, offers=offers)
        one_refusal(lab, {"DOT": "250 \r"}, "deliver.time", 0, usable=False, offers=offers)
        one_refusal(lab, {"DOT": "354 more\r\n"}, "deliver.protocol", 354, usable=False, offers=offers)
    one_refusal(lab, {"MAIL": "250 ok\r\n250 and the next\r\n"}, "deliver.protocol", 0, usable=False, offers=PLAIN)


@case
def smtp_one_answer_too_many(lab):
    # Each answer would be taken for the next one's: no message leaves, whether the surplus comes before 354 or with it.
    for offers in (PLAIN, ("PIPELINING",) + PLAIN):
        for bend in ({"MAIL": "250 ok\r\n250 ok\r\n"}, {"RCPT": "250 ok\r\n250 ok\r\n"}, {"DATA": "354 go\r\n250 2.0.0 queued already\r\n"}):
            peer = SmtpPeer(lab.tls(), bend, offers=offers)
            mail = lab.smtp(peer)["mails"][0]
            expect("reason with %r" % bend, mail["reason"], "deliver.protocol")
            expect("usable", mail["usable"], False)
            time.sleep(0.1)
            expect("messages", peer.mails, [])


@case
def smtp_354_for_a_refused_recipient(lab):
    peer, _ = one_refusal(lab, {"RCPT": "550 5.1.1 nobody\r\n", "DATA": "354 give it to me all the same\r\n"}, "deliver.mailbox.none", 550, "5.1.1",
                          usable=False)
    time.sleep(0.1)
    expect("messages", peer.mails, [])


@case
def smtp_session_refused_is_not_the_mails_fault(lab):
    for reply, reason in (("554 5.7.1 go away\r\n", "deliver.ours"), ("554 no service\r\n", "deliver.host"), ("421 4.3.2 busy\r\n", "deliver.busy")):
        result = lab.smtp(SmtpPeer(lab.tls(), {"GREETING": reply}))
        refused_at_open(result, reason)
        expect("code", result["why"]["code"], int(reply[:3]))


@case
def smtp_after_a_refusal_the_next_mail_goes(lab):
    for offers in (PLAIN, ("PIPELINING",) + PLAIN):
        peer = SmtpPeer(lab.tls(), {"RCPT": ["550 5.1.1 nobody\r\n", "250 ok\r\n"]}, offers=offers)
        mails = lab.smtp(peer, mails=2)["mails"]
        expect("reasons", [m["reason"] for m in mails], ["deliver.mailbox.none", "none"])
        expect("connections", peer.server.connections, 1)


@case
def smtp_answers_after_quit(lab):
    def chatter(wire):
        flood(wire, "221-bye\r\n")
    result = lab.smtp(SmtpPeer(lab.tls(), {"QUIT": chatter}))
    expect("reason", result["mails"][0]["reason"], "none")
    assert result["ms"] < SOON, result["ms"]


@case
def smtp_tarpit(lab):
    # Each answer comes just in time; the message itself is a line a second: the whole has an end.
    peer = SmtpPeer(lab.tls(), {"EHLO-TLS": lambda wire: drip(wire, "250-" + "x" * 100, 0.05)})
    refused_at_open(lab.smtp(peer), "deliver.time", within=5000)
    peer = SmtpPeer(lab.tls(), {"RCPT": lambda wire: drip(wire, "250-" + "x" * 100, 0.05)})
    result = lab.smtp(peer)
    expect("reason", result["mails"][0]["reason"], "deliver.time")


@case
def smtp_tls_ends_in_the_middle(lab):
    def broken(wire):
        number = wire.sock.detach()
        raw = socket.socket(fileno=number)
        raw.sendall(b"\x17\x03\x03\x00\x20" + b"z" * 32)
        raw.close()
        raise Gone
    for verb in ("MAIL", "DOT"):
        mail = lab.smtp(SmtpPeer(lab.tls(), {verb: broken}))["mails"][0]
        expect("reason at " + verb, mail["reason"] in ("deliver.dropped", "deliver.protocol"), True)
        expect("usable", mail["usable"], False)


@case
def smtp_closed_between_two_mails(lab):
    peer = SmtpPeer(lab.tls(), {"RSET": None})
    mails = lab.smtp(peer, mails=2)["mails"]
    expect("reasons", [m["reason"] for m in mails], ["none", "deliver.dropped"])
    expect("begun", mails[1]["begun"], False)


@case
def smtp_announced_size(lab):
    peer = SmtpPeer(lab.tls(), offers=("SIZE 224",))
    mail = lab.smtp(peer)["mails"][0]
    expect("reason", mail["reason"], "deliver.too-big")
    assert not any(line.startswith("MAIL") for line in peer.said), "MAIL was said"
    peer = SmtpPeer(lab.tls(), offers=("SIZE 225",))
    expect("reason", lab.smtp(peer)["mails"][0]["reason"], "none")
    peer = SmtpPeer(lab.tls(), offers=("SIZE 0",))
    expect("reason", lab.smtp(peer)["mails"][0]["reason"], "none")


@case
def smtp_addresses_are_no_commands(lab):
    for to in ("un@hopital.fr>\r\nRCPT TO:<deux@b.fr", "un@b.fr> NOTIFY=NEVER", "deux mots@b.fr", "", "un@", "é>\r\nRCPT TO:<é@b.fr", "é é@b.fr"):
        peer = SmtpPeer(lab.tls())
        mail = lab.smtp(peer, to=to)["mails"][0]
        assert mail["reason"].startswith("smtp."), (to, mail)
        assert not any(line.startswith(("MAIL", "RCPT")) for line in peer.said), peer.said
    peer = SmtpPeer(lab.tls())
    mail = lab.smtp(peer, sender="a@b.fr>\r\nX")["mails"][0]
    expect("reason", mail["reason"], "smtp.address")


@case
def smtp_a_bare_newline_never_leaves(lab):
    peer = SmtpPeer(lab.tls())
    mail = lab.smtp(peer, size="lone")["mails"][0]
    expect("reason", mail["reason"], "smtp.bare-newline")
    expect("usable", mail["usable"], False)
    time.sleep(0.2)
    expect("messages", peer.mails, [])


def run(lab, f):
    start = time.time()
    try:
        f(lab)
    except process_cases.Skip as why:
        print("skip %-48s %s" % (f.__name__, why), flush=True)
        return "skipped"
    except Exception as error:  # a case that breaks is a case that failed
        print("FAIL %-48s %s: %s" % (f.__name__, type(error).__name__, error), flush=True)
        return "failed"
    print("ok   %-48s %5.1f s" % (f.__name__, time.time() - start), flush=True)
    return "passed"


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    wanted = sys.argv[2:]
    counts = {"passed": 0, "failed": 0, "skipped": 0}
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        lab = Lab(sys.argv[1], folder)
        for f in CASES + imap_cases.CASES + login_cases.CASES + mx_cases.CASES + process_cases.CASES + deliver_cases.CASES:
            if not wanted or f.__name__ in wanted:
                counts[run(lab, f)] += 1
        process_cases.end(lab)
    print("%(passed)d passed, %(failed)d failed, %(skipped)d skipped" % counts)
    sys.exit(1 if counts["failed"] else 0)


if __name__ == "__main__":
    main()
