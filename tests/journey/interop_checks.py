"""What is asked of every exchange with another maker's software: the signed record is filed, the sealed bytes arrive."""
import hashlib

import clients
import documents
import leaks
from bad import outcome
from world import DEPOT, wait_for

BODY = "Compte rendu envoyé par un logiciel d'un autre éditeur.\n.\n..points en début de ligne\n"


def signed_record(sender, seal, to=DEPOT, content=None):
    """A hospital's signed record with a new document: (message, Message-ID)."""
    archive = documents.xdm([documents.packed("18748-4", content or documents.made_exam("18748-4"))])
    body = clients.signed_entity(clients.entity(BODY, [("IHE_XDM.zip", "application/zip", archive)]), *seal)
    head, message_id = clients.head(sender, to, "XDM/1.0/DDM+CR imagerie")
    return head + body, message_id


def taken(world, message_id, source="smtp"):
    """The message was filed under its valid signature."""
    row = outcome(world, message_id)
    assert (row["outcome"], row["source"]) == ("filed", source) and row["signature"]["verdict"] == "valid", row
    return row


def as_sealed(raw, digest):
    """Is what arrived, less the lines that servers put before it, byte for byte what was sealed?"""
    at = 0
    while at < raw.index(b"\r\n\r\n"):
        if hashlib.sha256(raw[at:]).hexdigest() == digest.removeprefix("\\x"):
            return True
        at = raw.index(b"\r\n", at) + 2
    return False


def arrived(world, peer, address, message_id, proof):
    """The receipt for that message: at the peer, as it was sealed, its seal good, proved as far as the peer can."""
    def receipt():
        return next((raw for raw in peer.received(address) if message_id.encode() in raw.split(b"\r\n\r\n", 1)[0]), None)
    raw = wait_for(f"the receipt at {address}", receipt, 30)
    # The deliverer writes down what it saw of the peer once that has taken the mail: the mailbox may have it before.
    def proved():
        mail = world.relais("trace", message_id, as_json=True)["outbox"][0]
        return mail if (mail["state"], mail["proof"]) == ("accepted", proof) else None
    mail = wait_for(f"proof of level {proof}", proved, 30)
    assert as_sealed(raw, mail["sent_digest"]), "the bytes that were sealed are the bytes that arrived"
    assert clients.verify_seal(raw, world.mail_anchors, world.folder), "openssl cms -verify"
    assert mail["tls"]["version"] == "TLSv1.3" and peer.hostname in mail["tls"]["names"], mail["tls"]


def finish(world, table, name):
    def reconcile():
        done = world.relais("reconcile", check=False)
        assert done.returncode == 0, done.stdout + done.stderr
    table.case(f"{name}: reconcile is clean", reconcile)
    table.case(f"{name}: no INS, name or address of a patient in any log", lambda: leaks.no_leak(world))
