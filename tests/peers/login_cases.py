"""Submission to our own operator, and what an address or a body asks of a hop: the probe against bent peers."""
import base64
import os

from smtp_peer import SmtpPeer

CASES = []
TOKEN = "jeton.AbC-123_~+/=="
USER = "avis@operateur.exemple.fr"
OFFERS = ("PIPELINING", "SIZE 26214400", "8BITMIME", "DSN", "ENHANCEDSTATUSCODES", "AUTH PLAIN XOAUTH2 OAUTHBEARER EXTERNAL")


def case(f):
    CASES.append(f)
    return f


def expect(what, is_, wanted):
    assert is_ == wanted, "%s is %r, not %r" % (what, is_, wanted)


def token(lab, text=TOKEN + "\n"):
    path = os.path.join(lab.folder, "token")
    with open(path, "w") as f:
        f.write(text)
    return path


def login(lab, kind, bend=None, offers=OFFERS, text=TOKEN + "\n", user=USER, **peer_words):
    peer = SmtpPeer(lab.tls(), bend, offers=offers, **peer_words)
    more = ["%s:%s:%s" % (kind, user, token(lab, text))] + (["implicit"] if peer.implicit else [])
    return peer, lab.smtp(peer, more=more)


def said(peer):
    line = next((line for line in peer.said if line.startswith("AUTH")), None)
    assert not any(line.startswith("AUTH") for line in peer.clear), "AUTH in clear"
    if line is None:
        return None
    words = line.split(" ")
    return words[1], "" if words[2] == "=" else base64.b64decode(words[2], validate=True).decode()


@case
def login_by_each_mechanism(lab):
    wanted = {
        "xoauth2": ("XOAUTH2", "user=%s\x01auth=Bearer %s\x01\x01" % (USER, TOKEN)),
        "oauthbearer": ("OAUTHBEARER", "n,a=%s,\x01host=mx.exemple.fr\x01port=587\x01auth=Bearer %s\x01\x01" % (USER, TOKEN)),
        "plain": ("PLAIN", "\0%s\0%s" % (USER, TOKEN)),
        "certificate": ("EXTERNAL", USER),
    }
    for kind, answer in wanted.items():
        peer, result = login(lab, kind)
        expect("open by " + kind, result["open"], "none")
        expect("said by " + kind, said(peer), answer)
        expect("mail by " + kind, result["mails"][0]["reason"], "none")
    peer, _ = login(lab, "certificate", user="")
    expect("whom the certificate names", said(peer), ("EXTERNAL", ""))
    peer, _ = login(lab, "oauthbearer", user="a,b=c@x.fr")
    assert said(peer)[1].startswith("n,a=a=2Cb=3Dc@x.fr,\x01"), said(peer)


@case
def login_with_tls_from_the_first_byte(lab):
    peer, result = login(lab, "xoauth2", implicit=True, starttls=False)
    expect("open", result["open"], "none")
    expect("said in clear", peer.clear, [])
    expect("mechanism", said(peer)[0], "XOAUTH2")


@case
def login_never_in_clear(lab):
    peer, result = login(lab, "plain", starttls=False)
    expect("open", result["open"], "deliver.starttls.none")
    expect("said", said(peer), None)


@case
def login_to_anothers_name_says_nothing(lab):
    peer = SmtpPeer(lab.tls(lab.wrong), offers=OFFERS)
    expect("open", lab.smtp(peer, more=["plain:%s:%s" % (USER, token(lab))])["open"], "deliver.certificate")
    expect("said", peer.said, [])


@case
def login_refused_is_ours(lab):
    for kind, reply in (("plain", "535 5.7.8 no\r\n"), ("xoauth2", "534 5.7.9 no\r\n"), ("certificate", "535 5.7.8 no\r\n")):
        peer, result = login(lab, kind, {"AUTH": reply})
        expect("open by " + kind, (result["open"], result["mails"]), ("deliver.auth", []))
        expect("code", result["why"]["code"], int(reply[:3]))
    _, result = login(lab, "plain", {"AUTH": "454 4.7.0 the directory is away\r\n"})
    expect("its own trouble", result["open"], "deliver.later")


@case
def login_told_why_in_334(lab):
    for kind, answer in (("xoauth2", ""), ("oauthbearer", "AQ==")):
        peer = None

        def challenge(wire):
            wire.send("334 eyJzdGF0dXMiOiI0MDEifQ==\r\n")
            told = wire.line().decode()
            peer.said.append("answer:" + told)
            wire.send("535 5.7.8 expired\r\n")
        peer = SmtpPeer(lab.tls(), {"AUTH": challenge}, offers=OFFERS)
        result = lab.smtp(peer, more=["%s:%s:%s" % (kind, USER, token(lab))])
        expect("open", (result["open"], result["why"]["code"]), ("deliver.auth", 535))
        assert "answer:" + answer in peer.said, peer.said


@case
def login_not_offered(lab):
    for kind, offer in (("xoauth2", "AUTH PLAIN"), ("plain", "AUTH LOGIN"), ("oauthbearer", "8BITMIME")):
        peer, result = login(lab, kind, offers=(offer,))
        expect("open", result["open"], "deliver.auth")
        expect("said", said(peer), None)
    peer, result = login(lab, "certificate", offers=("8BITMIME",))
    expect("the certificate alone", (result["open"], said(peer)), ("none", None))


@case
def login_with_a_secret_that_cannot_be(lab):
    for text in ("", "\n", "two words", "line\r\nRSET", "x\x01auth=y", "é", "x" * 9000):
        peer, result = login(lab, "xoauth2", text=text)
        expect("open with %r" % text[:20], result["open"], "deliver.auth")
        expect("said", said(peer), None)
    peer = SmtpPeer(lab.tls(), offers=OFFERS)
    expect("no file", lab.smtp(peer, more=["plain:u:" + os.path.join(lab.folder, "nowhere")])["open"], "deliver.auth")
    peer = SmtpPeer(lab.tls(), offers=OFFERS)
    expect("a folder", lab.smtp(peer, more=["plain:u:" + lab.folder])["open"], "deliver.auth")


@case
def login_with_the_longest_token(lab):
    peer, result = login(lab, "xoauth2", text="t" * 8192)
    expect("open", result["open"], "none")
    assert said(peer)[1].endswith("t" * 100 + "\x01\x01")


# ---------------------------------------------------------------- addresses and bodies

UTF8 = ("PIPELINING", "SIZE 26214400", "8BITMIME", "DSN", "SMTPUTF8")


@case
def utf8_address_where_it_is_taken(lab):
    peer = SmtpPeer(lab.tls(), offers=UTF8)
    expect("reason", lab.smtp(peer, to="rené@hôpital.fr")["mails"][0]["reason"], "none")
    expect("said", peer.said[1:3], [
        "MAIL FROM:<retour@relais.exemple.fr> SIZE=225 SMTPUTF8 RET=HDRS ENVID=a+2Bb+3Dc",
        "RCPT TO:<rené@hôpital.fr> NOTIFY=SUCCESS,FAILURE,DELAY ORCPT=utf-8;ren\\x{E9}@h\\x{F4}pital.fr"])
    peer = SmtpPeer(lab.tls(), offers=UTF8)
    expect("reason", lab.smtp(peer, to="un+deux𝒳@b.fr")["mails"][0]["reason"], "none")
    assert peer.said[2].endswith("ORCPT=utf-8;un\\x{2B}deux\\x{1D4B3}@b.fr"), peer.said


@case
def utf8_address_where_it_is_not(lab):
    for words in ({"to": "rené@b.fr"}, {"sender": "rené@b.fr"}, {"to": "un@hôpital.fr"}, {"more": ["utf8"]}):
        peer = SmtpPeer(lab.tls())
        mail = lab.smtp(peer, **words)["mails"][0]
        expect("with %r" % words, (mail["reason"], mail["enhanced"], mail["usable"]), ("deliver.smtputf8", "5.6.7", True))
        assert not any(line.startswith(("MAIL", "RCPT")) for line in peer.said), peer.said


@case
def utf8_is_said_only_where_it_is_needed(lab):
    peer = SmtpPeer(lab.tls(), offers=UTF8)
    lab.smtp(peer)
    assert "SMTPUTF8" not in peer.said[1], peer.said
    peer = SmtpPeer(lab.tls(), offers=UTF8)
    lab.smtp(peer, more=["utf8"])
    assert " SMTPUTF8" in peer.said[1], peer.said


@case
def utf8_that_is_none(lab):
    for to in (b"ren\xe9@b.fr", b"a\xc0\xae@b.fr", b"a\xed\xa0\x80@b.fr"):
        peer = SmtpPeer(lab.tls(), offers=UTF8)
        mail = lab.smtp(peer, to=os.fsdecode(to))["mails"][0]
        expect("with %r" % to, mail["reason"], "smtp.recipient.syntax")


@case
def hop_without_reports_is_told(lab):
    expect("offered", lab.smtp(SmtpPeer(lab.tls()))["mails"][0]["reports"], True)
    expect("not offered", lab.smtp(SmtpPeer(lab.tls(), offers=("8BITMIME",)))["mails"][0]["reports"], False)
    expect("nobody to report to", lab.smtp(SmtpPeer(lab.tls()), sender="")["mails"][0]["reports"], False)


# ---------------------------------------------------------------- pipelining


@case
def pipelined_commands_come_together(lab):
    seen = []

    def look(wire):
        seen.append(wire.left)
        wire.send("250 2.1.0 ok\r\n")
        return True
    peer = SmtpPeer(lab.tls(), {"MAIL": look})
    expect("reason", lab.smtp(peer)["mails"][0]["reason"], "none")
    assert seen[0].startswith(b"RCPT TO:") and seen[0].endswith(b"DATA\r\n"), seen
    seen.clear()
    peer = SmtpPeer(lab.tls(), {"MAIL": look}, offers=("8BITMIME",))
    expect("reason", lab.smtp(peer)["mails"][0]["reason"], "none")
    expect("waiting behind MAIL", seen, [b""])


@case
def pipelined_answers_are_judged_one_by_one(lab):
    for offers in (None, ("8BITMIME",)):
        bend = {"MAIL": ["450 4.1.8 wait\r\n", "250 ok\r\n", "250 ok\r\n", "250 ok\r\n"],
                "RCPT": ["503 5.5.1 no sender\r\n", "550 5.1.1 nobody\r\n", "250 ok\r\n", "250 ok\r\n"] if offers is None
                else ["550 5.1.1 nobody\r\n", "250 ok\r\n", "250 ok\r\n"],
                "DOT": ["554 5.6.0 no\r\n", "250 2.0.0 Ok: queued as Z9\r\n"]}
        peer = SmtpPeer(lab.tls(), bend, offers=offers) if offers else SmtpPeer(lab.tls(), bend)
        mails = lab.smtp(peer, mails=4)["mails"]
        expect("reasons", [m["reason"] for m in mails], ["deliver.later", "deliver.mailbox.none", "deliver.refused", "none"])
        expect("stages", [m["stage"] for m in mails], [4, 5, 7, 7])
        expect("queue id", mails[3]["queue_id"], "Z9")
        expect("connections", peer.server.connections, 1)
