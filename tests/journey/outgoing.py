"""Mail that leaves encrypted, by the rule of each recipient: a whole dossier whose people read their mail with openssl, through the real deliverer,
Postfix and Dovecot; and a mail that waits because it must not leave in clear."""
import base64
import email
import email.policy
import json
import os
import subprocess
import threading

import clients
from clients import Mailbox
from database import rows, sql
from world import ATTENDING, EXPERT, PATIENT, World, wait_for

AUTHENTICATED, ENVELOPED = "authEnveloped-data", "enveloped-data"


def kind_of(raw):
    head = raw[:raw.index(b"\r\n\r\n")].replace(b"\r\n\t", b" ").replace(b"\r\n ", b" ").decode("utf-8", "replace")
    return next((word for word in (AUTHENTICATED, ENVELOPED) if f"smime-type={word}" in head), None)


def object_of(raw):
    return base64.b64decode(raw.split(b"\r\n\r\n", 1)[1])


def opened(raw, certificate, key):
    """The mail as its reader sees it: the outer fields, then what openssl makes of the object."""
    done = subprocess.run(["openssl", "cms", "-decrypt", "-binary", "-inform", "DER", "-recip", certificate, "-inkey", key], input=object_of(raw), capture_output=True, check=True)
    fields, taken = [], True
    for line in raw[:raw.index(b"\r\n\r\n")].split(b"\r\n"):
        if line[:1] not in (b" ", b"\t"):
            taken = not line.lower().startswith(b"content-")
        if taken:
            fields.append(line)
    return b"\r\n".join(fields) + b"\r\n" + done.stdout


class Reader(Mailbox):
    """A mailbox whose owner has keys: what is encrypted to her she reads; the rest as it is."""

    def __init__(self, world, address):
        super().__init__(world.correspondents.imap_port, world.anchors, address)
        self.keys = world.readers.get(address)

    def wire(self):
        return super().all()

    def all(self):
        return [opened(raw, *self.keys) if self.keys and kind_of(raw) else raw for raw in self.wire()]


class ReadingWorld(World):
    readers = {}

    def mailbox(self, address):
        return Reader(self, address)


def cases(world, story):
    w = world

    def rule(check=True, **item):
        path = os.path.join(w.folder, "destinataire.json")
        with open(path, "w") as f:
            json.dump(item, f)
        return w.relais("recipient", "import", path, check=check)

    def pem(path):
        with open(path) as f:
            return f.read()

    def imported():
        w.readers = {}
        for address, name, key in ((EXPERT, "lit-experte", "p256"), (PATIENT, "lit-patiente", "rsa"), (ATTENDING, "lit-medecin", "p256")):
            w.readers[address] = w.issue(name, "opening", cn=name, email=address, key=key)
        rule(recipient=EXPERT, encrypt="held", certificate=pem(w.readers[EXPERT][0]))
        rule(recipient=PATIENT, encrypt="required", content="enveloped", certificate=pem(w.readers[PATIENT][0]))
        rule(recipient="@medecins.mssante.fr", encrypt="required")
        for wrong, said in (({"recipient": ATTENDING, "certificate": pem(w.readers[EXPERT][0])}, "another mailbox"),
                            ({"recipient": ATTENDING, "certificate": pem(w.hospital[0])}, "not made for"),
                            ({"recipient": ATTENDING, "certificate": "x"}, "cannot be read"),
                            ({"recipient": "@medecins.mssante.fr", "certificate": pem(w.readers[ATTENDING][0])}, "not a domain's"),
                            ({"recipient": ATTENDING, "encrypt": "sometimes"}, "none of never")):
            done = rule(check=False, **wrong)
            assert done.returncode == 1 and said in done.stderr, done
        listed = {r["key"]: r for r in w.relais("recipient", "list", as_json=True)}
        assert listed[EXPERT]["encrypt"] == "held" and listed[EXPERT]["until"] and listed["@medecins.mssante.fr"]["encrypt"] == "required", listed

    def first_half():
        for step in ("ask", "complete", "triage", "accept", "opinion"):
            getattr(story, step)()

    def waits():
        """Its domain must be written to encrypted, and we hold no certificate: the mail waits, with a task, and leaves once there is one."""
        failed = []

        def release():
            try:
                story.release()
            except BaseException as e:                  # told where the case is judged
                failed.append(e)
        thread = threading.Thread(target=release)
        thread.start()
        try:
            task = wait_for("a task of the operator", lambda: [t for t in w.relais("tasks", "operator", as_json=True) if t["name"] == "sign.certificate"])
            number = task[0]["ref"].split(" S")[1]
            row = rows(w, f"select state, reason, recipient, sent_digest from relais.outbox where id = {number}")[0]
            assert (row["state"], row["reason"], row["recipient"], row["sent_digest"]) == ("composed", "sign.certificate", ATTENDING, None), row
            assert any(q["id"] == f"S{number}" and q["reason"] == "sign.certificate" for q in w.relais("queue", as_json=True))
            assert w.relais("retry", f"S{number}", check=False).returncode == 0, "asked for again, it waits again"
            wait_for("it waits again", lambda: rows(w, f"select tries from relais.outbox where id = {number} and state = 'composed' and next_at > now() + interval '50 minutes'"))
            assert w.mailbox(ATTENDING).wire() == [], "nothing, and nothing in clear"
            rule(recipient=ATTENDING, certificate=pem(w.readers[ATTENDING][0]))
        finally:
            thread.join(120)
        assert not failed, failed
        assert not [t for t in w.relais("tasks", "operator", as_json=True) if t["name"] == "sign.certificate"]

    def as_ruled():
        """What lies in the mailboxes: encrypted in the way of each rule, and inside the mail as it would have been, its seal whole."""
        for address, kind in ((EXPERT, AUTHENTICATED), (PATIENT, ENVELOPED), (ATTENDING, AUTHENTICATED)):
            wire = [raw for raw in w.mailbox(address).wire() if b"Auto-Submitted" in raw]
            assert wire and all(kind_of(raw) == kind for raw in wire), (address, [kind_of(raw) for raw in wire])
            for raw in wire:
                inside = opened(raw, *w.readers[address])
                assert clients.verify_seal(inside, w.mail_anchors, w.folder), address
                assert b"PAT-TROIS" not in raw.split(b"\r\n\r\n", 1)[1]

    def what_left():
        """The object in the mailbox is the one that is kept for sending again, and the journal of seals has the digest of that very mail."""
        for address in (EXPERT, PATIENT, ATTENDING):
            for raw in w.mailbox(address).wire():
                if not kind_of(raw):
                    continue
                message_id = email.message_from_bytes(raw, policy=email.policy.default)["Message-ID"].strip()
                row = rows(w, "select o.id, o.encrypted, o.sent_digest = j.sent_digest as same, o.sent_digest <> o.sealed_digest as other, "
                              "(select encode(string_agg(e.data, ''::bytea order by e.number), 'hex') from relais.outbox_envelope e where e.outbox = o.id) as object "
                              f"from relais.outbox o join relais.sign_journal j on j.outbox = o.id where o.message_id = '{message_id}'")[0]
                assert bytes.fromhex(row["object"]) == object_of(raw) and row["same"] in (True, "true", "t") and row["other"] in (True, "true", "t"), row["id"]

    def sent_again():
        """An attempt more is the same bytes more."""
        number = sql(w, f"select max(id) from relais.outbox where recipient = '{EXPERT}' and encrypted is not null")
        before = len(w.mailbox(EXPERT).wire())
        sql(w, f"update relais.outbox set state = 'sealed', next_at = now(), told = false, ended_at = null where id = {number}")
        sql(w, "notify outbox")
        wire = wait_for("the mail once more", lambda: (lambda all_of: all_of if len(all_of) > before else None)(w.mailbox(EXPERT).wire()))
        message_id = sql(w, f"select message_id from relais.outbox where id = {number}").encode()
        twice = [object_of(raw) for raw in wire if message_id in raw.split(b"\r\n\r\n", 1)[0]]
        assert len(twice) == 2 and twice[0] == twice[1]
        wait_for("its end", lambda: sql(w, f"select state from relais.outbox where id = {number}") == "accepted")

    def altered():
        """One byte of the object changed in the database: it does not leave."""
        number = sql(w, f"select max(id) from relais.outbox where recipient = '{EXPERT}' and encrypted is not null")
        flip = f"update relais.outbox_envelope set data = set_byte(data, 200, get_byte(data, 200) # 1) where outbox = {number} and number = 0"
        before = len(w.mailbox(EXPERT).wire())
        sql(w, flip)
        sql(w, f"update relais.outbox set state = 'sealed', next_at = now(), told = true, ended_at = null where id = {number}")
        sql(w, "notify outbox")
        wait_for("a refusal", lambda: sql(w, f"select state || coalesce(reason, '') from relais.outbox where id = {number}") == "sealeddeliver.seal")
        assert len(w.mailbox(EXPERT).wire()) == before
        sql(w, flip)
        assert w.relais("retry", f"S{number}", check=False).returncode == 0, "mended, it leaves"
        wait_for("its end", lambda: sql(w, f"select state from relais.outbox where id = {number}") == "accepted")

    def copied():
        """A copy of the dossier holds the signed mails that were inside, unaltered."""
        to = os.path.join(w.folder, "copie")
        done = w.relais("dossier", "export", story.ref, "--to", to, "--for", "officer", check=False)
        assert done.returncode == 0, done
        with open(os.path.join(to, "manifest.json")) as f:
            sent = [f for f in json.load(f)["files"] if f["what"] == "sent"]
        assert len(sent) >= 5 and all(f["intact"] for f in sent), sent

    def rest():
        for step in ("proofs", "exchange", "revision", "withdrawal"):
            getattr(story, step)()

    return [("rules and certificates are taken or refused", imported), ("a dossier, its mail encrypted", first_half), ("required and no certificate: it waits", waits),
            ("each in the way of its rule", as_ruled), ("what left is what is kept", what_left), ("proofs and answers as ever", rest), ("sent again, the same bytes", sent_again),
            ("an altered object does not leave", altered), ("a copy holds what was inside", copied), ("reconcile", story.reconcile)]
