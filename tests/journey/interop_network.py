"""Operators as hosts of a network with real DNS: mail finds its way by MX both ways, and survives what networks do.

No static route: NSD says where mail goes. Faults are made in the hosts' own namespaces."""
import os
import re
import socket
import ssl
import time

import clients
import documents
from interop_checks import as_sealed, finish, signed_record, taken
from interop_network_world import LATER, NO_MAIL, NO_MX, UNKNOWN, NetworkStory, NetworkWorld
from interop_peers import version_of
from journey import with_world
from network import Impossible, Network
from world import DEPOT, EXPERT, HOSPITAL, HOSTNAME, PATIENT, PLATFORM, wait_for


# ---------------------------------------------------------------- where mail goes

def ended(world, message_id, how):
    """The last mail of a message's trace, once it is so."""
    def mail():
        found = world.relais("trace", message_id, as_json=True)["outbox"][-1:]
        return found[0] if found and how(found[0]) else None
    return wait_for(f"the end of the mail about {message_id}", mail, 40)


def arrived(world, address, message_id, host=None):
    """The receipt at that mailbox, as it was sealed; host: which took it."""
    raw, _ = world.mailbox(address).wait(lambda m: m["In-Reply-To"] == message_id, 60)
    mail = ended(world, message_id, lambda m: m["state"] == "accepted")
    assert as_sealed(raw, mail["sent_digest"]), "the bytes that were sealed are the bytes that arrived"
    assert clients.verify_seal(raw, world.mail_anchors, world.folder), "openssl cms -verify"
    assert host is None or mail["host"] in host, f"{mail['host']} took it"
    return mail


def record_from(world, sender, seal=None, content=None):
    message, message_id = signed_record(sender, seal or world.hospital, content=content)
    world.submit(sender, DEPOT, message)
    taken(world, message_id)
    return message_id


def failed(world, message_id, reason):
    mail = ended(world, message_id, lambda m: m["state"] == "failed")
    assert (mail["reason"], mail["attempts"]) == (reason, 1), mail


def routing(world, story):
    """(sentence, case) of where DNS leads."""
    def six_only():
        story.ask()
        _, mail = world.mailbox(PATIENT).wait(lambda m: m["Auto-Submitted"] is not None)
        row = ended(world, mail["Message-ID"], lambda m: m["state"] == "accepted")
        assert row["host"] == "mx6.operateur-b.mssante.fr" and row["tls"]["version"] == "TLSv1.3", row

    def both_families():
        """Postfix takes any address of Relais's, so both were used or will be; Relais heard both."""
        with world.network.inside("a"):
            for address in (world.network.address("relais"), world.network.address("relais", six=True)):
                with socket.create_connection((address, 25), 10) as s:
                    assert s.recv(1000).startswith(b"220 " + HOSTNAME.encode()), address

    return [
        ("mail goes both ways by MX, on port 25; the patients' host has IPv6 only", six_only),
        ("Relais is reached over IPv4 and IPv6", both_families),
        ("the first MX is dead: the second takes it",
         lambda: arrived(world, HOSPITAL, record_from(world, HOSPITAL), ["mx.operateur-a.mssante.fr"])),
        ("the first MX refuses connections: the second takes it",
         lambda: arrived(world, PLATFORM, record_from(world, PLATFORM, world.platform), ["mx.operateur-a.mssante.fr"])),
        ("a domain without MX stands for its own host", lambda: arrived(world, NO_MX, record_from(world, NO_MX), ["sans-mx.mssante.fr"])),
        ("a domain with a null MX takes no mail: known at once", lambda: failed(world, record_from(world, NO_MAIL), "deliver.domain.no-mail")),
        ("a domain that is not there: known at once", lambda: failed(world, record_from(world, UNKNOWN), "deliver.domain.none")),
    ]


# ---------------------------------------------------------------- what networks do

NO_DIGIT = bytes.maketrans(b"0123456789", b"ghijklmnop")


def big_exam():
    """A document of about a megabyte that no archive makes small. No digits: chance makes so many dates of them that the identity shield
    rightly stops the dossier as not wholly read."""
    narrative = b"".join(b"<paragraph>" + os.urandom(400).hex().encode().translate(NO_DIGIT) + b"</paragraph>" for _ in range(1200))
    return documents.made_exam("18748-4").replace(b"</text></section>", narrative + b"</text></section>", 1)


def once(world, address, message_id):
    count = sum(1 for raw in world.mailbox(address).all() if re.search(rb"(?mi)^Message-ID: *" + re.escape(message_id.encode()), raw))
    assert count == 1, f"{count} copies"


def dark(world, host, hits):
    """Once packets of the transfer were lost, the host's link is down for a while."""
    wait_for("the middle of the transfer", lambda: hits() > 0, 30)
    world.network.link(host, "down")
    time.sleep(1.5)
    world.network.link(host, "up")


LOST = "tcp dport 25 quota over 300 kbytes counter drop"
RESET = "tcp dport 25 quota over 300 kbytes counter reject with tcp reset"


def faults(world, story):
    state = {}

    def in_cut():
        """Half of DATA is there when the link goes; the other half follows when it is back. Relais makes nothing of half a message."""
        message, message_id = signed_record(HOSPITAL, world.hospital, content=big_exam())
        with world.network.fault("relais", LOST) as hits:
            world.submit(HOSPITAL, DEPOT, message)
            dark(world, "a", hits)
            assert world.relais("trace", message_id, check=False).returncode != 0, "half a message is no message"
        taken(world, message_id)
        assert len(world.relais("trace", message_id, as_json=True)["inbox"]) == 1
        once(world, HOSPITAL, arrived(world, HOSPITAL, message_id)["message_id"])

    def in_reset():
        """The sender's connection is reset in the middle of DATA, while Relais is told nothing: its side stays half open."""
        message, message_id = signed_record(HOSPITAL, world.hospital, content=big_exam())
        with world.network.fault("relais", RESET) as hits:
            world.submit(HOSPITAL, DEPOT, message)
            wait_for("the reset", lambda: hits() > 0, 30)
        taken(world, message_id)
        assert len(world.relais("trace", message_id, as_json=True)["inbox"]) == 1
        once(world, HOSPITAL, arrived(world, HOSPITAL, message_id)["message_id"])

    def equal():
        story.ref = world.relais("dossier", "list", "--all", as_json=True)[-1]["ref"]
        story.triage()
        row = ended(world, story.offer["Message-ID"], lambda m: m["state"] == "accepted")
        assert row["host"] in ("mx1.operateur-b.mssante.fr", "mx2.operateur-b.mssante.fr"), row

    def out_cut():
        """The whole dossier, megabytes, goes to the expert: reset in the middle of DATA, tried again, then the link is down in the middle."""
        text = "ACCEPTE\n\nBien cordialement,\nClaire Moreau\n"
        with world.network.fault("b", RESET) as hits:
            story.send(EXPERT, story.offer["Reply-To"], "Re: " + story.offer["Subject"], text, in_reply_to=story.offer["Message-ID"],
                       name="Pr Claire MOREAU")
            wait_for("the reset", lambda: hits() > 0, 60)
            world.network.change("b", LOST)             # in one step: no try comes through in between
            dark(world, "relais", hits)
        raw, mail = world.mailbox(EXPERT).wait(lambda m: (m["Subject"] or "").startswith("XDM/1.0/DDM+"), 90)
        row = ended(world, mail["Message-ID"], lambda m: m["state"] == "accepted")
        assert row["attempts"] > 1 and as_sealed(raw, row["sent_digest"]), row
        once(world, EXPERT, mail["Message-ID"])
        assert clients.verify_seal(raw, world.mail_anchors, world.folder), "openssl cms -verify"

    def loss():
        with world.network.fault("relais", "numgen random mod 100 < 15 counter drop") as hits:
            ids = [record_from(world, HOSPITAL) for _ in range(3)]
            for message_id in ids:
                once(world, HOSPITAL, arrived(world, HOSPITAL, message_id)["message_id"])
            assert hits() > 0, "no packet was lost"

    def dns_away():
        rule = f"ip saddr {world.network.address('relais')} udp dport 53 counter reject"
        with world.network.fault("dns", rule) as hits:
            message_id = record_from(world, LATER)      # to whom no session is open
            wait_for("a question without an answer", lambda: hits() > 0, 30)
            mail = ended(world, message_id, lambda m: m["attempts"] > 0 and m["reason"] != "none" and m["state"] != "sending")
            assert mail["state"] == "sealed" and mail["reason"] == "deliver.dns", mail
        state["waits"] = message_id

    def half_open():
        """Ten peers vanish in the middle of a session, five of them in the middle of DATA; the others' mail goes on."""
        pair = [os.path.join(world.pki, f"operateur-a.{end}") for end in ("pem", "key")]
        world.network.ip("a", "address add 192.0.2.21/24 dev eth0")
        gone = [vanishing(world, pair, n < 5) for n in range(10)]
        world.network.ip("a", "address delete 192.0.2.21/24 dev eth0")
        arrived(world, HOSPITAL, record_from(world, HOSPITAL))
        world.network.ip("a", "address add 192.0.2.21/24 dev eth0")     # so that Relais hears of their end before it is stopped
        for session in gone:
            session.close()

    return [
        ("DNS does not answer: the mail waits", dns_away),
        ("the link is down in the middle of DATA to Relais: filed once", in_cut),
        ("the connection is reset in the middle of DATA to Relais, its own side stays half open: filed once", in_reset),
        ("two hosts of equal preference: one of them takes it", equal),
        ("reset, then link down in the middle of DATA from Relais: arrives once, as it was sealed", out_cut),
        ("15 % of the packets are lost: three messages in and three out, each once", loss),
        ("ten peers vanish in the middle of their session: the others' mail goes on", half_open),
        ("the mail that DNS had held up is there", lambda: arrived(world, LATER, state["waits"])),
    ]


def vanishing(world, pair, in_data):
    """A session from an address that will be gone: after its greeting, or in the middle of its message."""
    context = ssl.create_default_context(cafile=world.anchors)
    context.check_hostname = False
    context.load_cert_chain(*pair)
    with world.network.inside("a"):
        plain = socket.create_connection((world.network.address("relais"), 25), 10, source_address=("192.0.2.21", 0))
    plain.recv(1000)
    plain.sendall(b"EHLO mx.operateur-a.mssante.fr\r\n")
    plain.recv(2000)
    plain.sendall(b"STARTTLS\r\n")
    plain.recv(1000)
    session = context.wrap_socket(plain)
    words = [b"EHLO mx.operateur-a.mssante.fr\r\n"]
    if in_data:
        words += [f"MAIL FROM:<{HOSPITAL}>\r\n".encode(), f"RCPT TO:<{DEPOT}>\r\n".encode(), b"DATA\r\n"]
    for word in words:
        session.sendall(word)
        assert session.recv(2000)[:1] in (b"2", b"3")
    if in_data:
        session.sendall(b"From: x@y\r\n\r\nhalf a ")
    return session


def hosts(world, table):
    story = NetworkStory(world, lambda text: None)
    version = f"Postfix {version_of(world.correspondents.root, 'postfix')}, NSD {world.dns.version}"
    for sentence, case in routing(world, story) + faults(world, story):
        table.proved("network", version, "both", sentence, case)
    finish(world, table, "network")


def play(args, table):
    try:
        Network({"try": [1]}, args.cache).close()
    except Impossible as why:
        table.skip("network: several hosts with DNS", str(why))
        return
    with_world(args, table, "network", lambda world, _: hosts(world, table), NetworkWorld)
