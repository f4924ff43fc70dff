"""Relais with the mail software of others, in both directions, and a table of what was proved with which version.

interop.py --bin DIR --cache DIR [--only servers|clients|tls|network]
Each peer is unpacked privately and speaks over loopback, or in network namespaces that are made and removed here. Each case is told;
a failed one does not stop the others. Ends with 'N passed, N failed, N skipped'."""
import argparse
import os
import re
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import clients                      # noqa: E402
import interop_network              # noqa: E402
import interop_senders as senders   # noqa: E402
import interop_tls as tls           # noqa: E402
from interop_checks import arrived, finish, signed_record, taken     # noqa: E402
from interop_peers import EXAMPLES, version_of    # noqa: E402
from interop_world import InteropWorld  # noqa: E402
from journey import Results, with_world     # noqa: E402
from story import Story             # noqa: E402
from world import DEPOT, HOSPITAL, SERVICE_BOX, wait_for    # noqa: E402

class Table(Results):
    """Counts, and keeps a row of each case that proves something of a peer."""

    def __init__(self):
        super().__init__()
        self.skipped, self.rows = 0, []

    def proved(self, peer, version, direction, what, function):
        before = self.failed
        self.case(f"{peer}, {direction}: {what}", function)
        self.rows.append((peer, version, direction, what, "proved" if self.failed == before else "FAILED"))

    def skip(self, what, why):
        self.skipped += 1
        print(f"skipped {what}: {why}", flush=True)

    def show(self):
        widths = [max(len(r[i]) for r in self.rows) for i in range(5)] if self.rows else []
        for row in self.rows:
            print("table   " + " | ".join(text.ljust(width) for text, width in zip(row, widths)).rstrip())


class Postfix:
    """The Postfix of the story, seen as a peer; its mailboxes are read through Dovecot."""
    kind, hostname, missing = "Postfix", "mx.operateur-a.mssante.fr", None

    def __init__(self, world):
        self.w = world

    def address(self):
        return HOSPITAL

    def submit(self, sender, recipient, message):
        clients.send(self.w.submit_port(sender), self.w.anchors, sender, [recipient], message)

    def received(self, address):
        return self.w.mailbox(address).all()

    def version(self):
        return version_of(self.w.correspondents.root, "postfix")


def both_ways(world, table, peer, seal, proof):
    message, message_id = signed_record(peer.address(), seal)

    def sends():
        if peer.missing:
            raise peer.missing
        peer.submit(peer.address(), DEPOT, message)
        taken(world, message_id)
    where = " (behind its operator's Postfix)" if peer.kind == "OpenSMTPD" else ""
    version = "none" if peer.missing else peer.version()
    table.proved(peer.kind, version, "sends", f"mutual TLS, a signed record is filed{where}", sends)

    def receives():
        if peer.missing:
            raise peer.missing
        arrived(world, peer, peer.address(), message_id, proof)
    table.proved(peer.kind, version, "receives", f"mutual TLS, bytes as sealed, proof {proof}{where}", receives)


def exim_chunks(world, table):
    """Exim sends BDAT wherever it is announced."""
    peer = world.others["exim"]

    def used():
        offered = "CHUNKING" in senders.features(world, operator(world))
        lines = [line for line in peer.log().splitlines() if f"=> {DEPOT}" in line]
        assert lines and all((" K " in line) == offered for line in lines), lines
    table.proved(peer.kind, peer.version(), "sends", "BDAT where CHUNKING is announced, else DATA", used)


def opensmtpd_alone(world, table):
    peer = world.others["opensmtpd"]

    def sends():
        message, message_id = signed_record(peer.address(), world.seals["opensmtpd"])
        peer.submit(peer.address(), DEPOT, message, peer.direct)
        said = wait_for("Relais's answer in OpenSMTPD's log", lambda: re.findall(r'result="PermFail" stat="(550[^"]*)', peer.log()), 30)[-1]
        assert "5.7.1" in said and "peer.certificate.none" in said, said
        assert 'server-cert-check result="success"' in peer.log()
        assert world.relais("trace", message_id, check=False).returncode != 0, "nothing of it was taken"

    def receives():
        """Its listener with TLS breaks every handshake. The receipt must wait, and nothing may be said in clear."""
        sender = peer.direct_address()
        message, message_id = signed_record(sender, world.seals["opensmtpd"])
        clients.send(world.port, world.anchors, sender, [DEPOT], message, peer.certificate, peer.key)
        taken(world, message_id)

        def tried():
            mail = world.relais("trace", message_id, as_json=True)["outbox"][0]
            return mail if mail["attempts"] > 1 and mail["state"] != "sending" else None
        mail = wait_for("two attempts", tried, 30)
        assert mail["state"] == "sealed" and mail["proof"] <= 1 and mail["reason"].startswith("deliver."), mail
        assert peer.received(sender) == []
    table.proved(peer.kind, peer.version(), "sends", "STARTTLS with our certificate checked; refused, it shows none", sends)
    table.proved(peer.kind, peer.version(), "receives", "it breaks each handshake: mail waits, nothing in clear", receives)


def operator(world):
    return tuple(f"{world.pki}/operateur-a.{end}" for end in ("pem", "key"))


def servers(args, table):
    def play(world, _):
        Story(world, lambda text: None).ask()
        both_ways(world, table, Postfix(world), world.hospital, 3)
        collected(world, table)
        for name, proof in (("exim", 3), ("opensmtpd", 3), ("node", 2)):
            both_ways(world, table, world.others[name], world.seals[name], proof)
        exim_chunks(world, table)
        opensmtpd_alone(world, table)
        finish(world, table, "servers")
    with_world(args, table, "servers", play, InteropWorld)


def collected(world, table):
    message, message_id = signed_record(HOSPITAL, world.hospital, SERVICE_BOX)

    def fetched():
        clients.send(world.submit_port(HOSPITAL), world.anchors, HOSPITAL, [SERVICE_BOX], message)
        taken(world, message_id, "imap")
    table.proved("Dovecot", version_of(world.correspondents.root, "dovecot-core"), "holds mail", "IMAPS, a signed record is fetched and filed", fetched)


def accented(world, table, name, send, version):
    """A mailbox with an accent in its name: it needs SMTPUTF8 where that is announced; without, it cannot be named."""
    def sends():
        message, message_id = signed_record(HOSPITAL, world.hospital)
        offered = "SMTPUTF8" in senders.features(world, operator(world))
        try:
            send(world, HOSPITAL, ["dépôt@" + DEPOT.split("@")[1]], message, operator(world))
        except (clients.Refused, RuntimeError) as e:
            code = e.code if isinstance(e, clients.Refused) else 0
            assert code in ((550, 554) if offered else (0, 500, 501, 550, 553, 555)), e
        else:
            raise AssertionError("a mailbox that is not there was taken")
        assert world.relais("trace", message_id, check=False).returncode != 0
    table.proved(name, version, "sends", "a recipient in UTF-8 that is not ours is refused", sends)


def sessions(args, table):
    def play(world, _):
        Story(world, lambda text: None).ask()
        programs = {"swaks": (senders.swaks, senders.version("swaks")), "curl": (senders.curl, senders.version("curl")),
                    "openssl s_client": (senders.s_client, senders.version("openssl")),
                    "Python smtplib": (senders.smtplib, ".".join(map(str, sys.version_info[:3])))}
        for name, (send, version) in programs.items():
            one_program(world, table, name, send, version)
        accented(world, table, "curl", senders.curl, senders.version("curl"))
        chunked(world, table)
        finish(world, table, "clients")
    with_world(args, table, "clients", play)


def one_program(world, table, name, send, version):
    def sends():
        message, message_id = signed_record(HOSPITAL, world.hospital)
        send(world, HOSPITAL, [DEPOT], message, operator(world))
        taken(world, message_id)

    def without():
        message, message_id = signed_record(HOSPITAL, world.hospital)
        try:
            send(world, HOSPITAL, [DEPOT], message, None)
        except clients.Refused as refused:
            assert refused.code == 550 and "5.7.1" in refused.text and "peer.certificate.none" in refused.text, refused
        else:
            raise AssertionError("it was taken")
        assert world.relais("trace", message_id, check=False).returncode != 0
    table.proved(name, version, "sends", "mutual TLS, a signed record is filed", sends)
    table.proved(name, version, "sends", "without a certificate it is told why it is refused", without)


def chunked(world, table):
    def sends():
        message, message_id = signed_record(HOSPITAL, world.hospital)
        if "CHUNKING" in senders.features(world, operator(world)):
            senders.s_client_chunks(world, HOSPITAL, [DEPOT], message, operator(world))
            taken(world, message_id)
            return
        try:
            senders.s_client_chunks(world, HOSPITAL, [DEPOT], message, operator(world))
        except clients.Refused as refused:
            assert refused.code == 502, refused
        else:
            raise AssertionError("BDAT was taken though it is not announced")
    table.proved("openssl s_client", senders.version("openssl"), "sends", "BDAT in pieces where CHUNKING is announced", sends)


def handshakes(args, table):
    def play(world, _):
        version = f"sslscan {senders.version('sslscan')}, openssl {senders.version('openssl')}"
        for kind in ("ECDSA", "RSA"):
            if kind == "RSA":
                tls.rsa_certificate(world)
            for sentence, case in tls.cases(world, kind):
                table.proved("TLS", version, "calls", sentence, case)
    with_world(args, table, "tls", play)


def in_the_guide(table):
    with open(os.path.join(os.path.dirname(EXAMPLES), "interoperability.md"), encoding="utf-8") as f:
        guide = f.read()
    missing = sorted({peer for peer, *_ in table.rows if peer not in ("TLS", "network") and f"| {peer}" not in guide})
    assert table.rows and not missing, missing


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--bin", required=True)
    parser.add_argument("--cache", required=True)
    parser.add_argument("--only")
    args = parser.parse_args()
    table = Table()
    groups = {"servers": servers, "clients": sessions, "tls": handshakes, "network": interop_network.play}
    for name, play in groups.items():
        if args.only in (None, name):
            begin = time.monotonic()
            play(args, table)
            print(f"        {name}: {time.monotonic() - begin:.1f} s", flush=True)
    table.case("docs/interoperability.md names every peer", lambda: in_the_guide(table))
    table.show()
    print(f"{table.passed} passed, {table.failed} failed, {table.skipped} skipped")
    sys.exit(1 if table.failed else 0)


if __name__ == "__main__":
    main()
