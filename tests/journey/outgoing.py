"""Mail that leaves encrypted, by the rule of each recipient: a whole dossier whose people read their mail with openssl, through the real deliverer,
Postfix and Dovecot; and a mail that waits because it must not leave in clear."""
import base64
import email
import email.policy
import json
import os
import signal
import subprocess
import sys
import threading

import clients
from clients import Mailbox
from database import rows, sql
from world import ATTENDING, EXPERT, PATIENT, World, wait_for

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "peers"))
from smtp_peer import SmtpPeer     # noqa: E402
from wire import tls_server        # noqa: E402

OPERATOR = "operateur-b"            # of the expert's mailbox and the patient's
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
        # As other programs write a certificate: with names, or all of its text, in front.
        text = subprocess.run(["openssl", "x509", "-text", "-in", w.readers[EXPERT][0]], capture_output=True, text=True, check=True).stdout
        bags = "Bag Attributes\n    localKeyID: 01 02 \nsubject=C = FR, CN = lit-patiente\n"
        rule(recipient=EXPERT, encrypt="held", certificate=text)
        rule(recipient=PATIENT, encrypt="required", content="enveloped", certificate=bags + pem(w.readers[PATIENT][0]))
        rule(recipient="@medecins.mssante.fr", encrypt="required")
        for wrong, said in (({"recipient": ATTENDING, "certificate": pem(w.readers[EXPERT][0])}, "another mailbox"),
                            ({"recipient": ATTENDING, "certificate": pem(w.hospital[0])}, "not made for"),
                            ({"recipient": ATTENDING, "certificate": "x"}, "cannot be read"),
                            ({"recipient": "@medecins.mssante.fr", "certificate": pem(w.readers[ATTENDING][0])}, "not a domain's"),
                            ({"recipient": ATTENDING, "encrypt": "sometimes"}, "none of never")):
            done = rule(check=False, **wrong)
            assert done.returncode == 1 and said in done.stderr, done
        listed = {r["key"]: r for r in w.relais("recipient", "list", as_json=True)}
        assert listed[EXPERT]["encrypt"] == "held" and listed[EXPERT]["until"] and listed[EXPERT]["trouble"] is None and listed["@medecins.mssante.fr"]["encrypt"] == "required", listed

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

    def asks_past_postfix(question):
        """The patient's mail by her operator's certificate, straight to the receiver: her operator's server is away for a while."""
        head, _ = clients.head(("DOMINIQUE PAT-TROIS", PATIENT), story.patient_relay_of_report(), "Re: " + story.report["Subject"], None, story.report["Message-ID"])
        pair = tuple(os.path.join(w.pki, f"{OPERATOR}.{end}") for end in ("pem", "key"))
        clients.send(w.port, w.anchors, PATIENT, [story.patient_relay_of_report()], head + clients.entity(question), *pair)

    def not_taken(question, encrypted=True):
        """In the place of the expert's server stands one that hears a whole mail and takes none, for now; what it heard of the question to the expert,
        and the mail's number. When this ends nobody is there."""
        w.correspondents.stop_one(OPERATOR)
        known = int(sql(w, "select max(id) from relais.outbox"))
        peer = SmtpPeer(tls_server(*(os.path.join(w.pki, f"{OPERATOR}.{end}") for end in ("pem", "key"))), {"DOT": "451 4.3.0 later\r\n"}, port=w.ports[OPERATOR][0])
        try:
            asks_past_postfix(question)
            number = wait_for("a try in vain", lambda: sql(w, f"select max(id) from relais.outbox where id > {known} and recipient = '{EXPERT}' and (encrypted is not null) = {encrypted} "
                                                              "and state = 'sealed' and reply_code = 451"))
            message_id = sql(w, f"select message_id from relais.outbox where id = {number}").encode()
            return number, message_id, next(m for m in peer.mails if message_id in m.split(b"\r\n\r\n", 1)[0])
        finally:
            peer.close()

    def in_mailbox(message_id):
        return [raw for raw in w.mailbox(EXPERT).wire() if message_id in raw.split(b"\r\n\r\n", 1)[0]]

    def ended(number):
        wait_for("its end", lambda: sql(w, f"select state from relais.outbox where id = {number}") == "accepted")

    def sent_again():
        """A try that was refused for now, then one that is taken: the same bytes both times, and once in the mailbox."""
        number, message_id, first = not_taken("Combien de séances ?")
        w.operator_starts(OPERATOR)
        w.relais("retry", f"S{number}", check=False)        # refused where its own next try was quicker
        ended(number)
        wire = wait_for("the mail", lambda: in_mailbox(message_id))
        assert len(wire) == 1 and kind_of(wire[0]) == AUTHENTICATED and object_of(wire[0]) == object_of(first)
        assert int(sql(w, f"select count(*) from relais.outbox_attempt where outbox = {number}")) >= 2

    def altered():
        """One byte of the object changed in the database between two tries: it does not leave, until it is what was sealed."""
        number, message_id, first = not_taken("Et combien de semaines ?")
        flip = f"update relais.outbox_envelope set data = set_byte(data, 200, get_byte(data, 200) # 1) where outbox = {number} and number = 0"
        sql(w, flip)
        try:
            w.operator_starts(OPERATOR)
            w.relais("retry", f"S{number}", check=False)
            wait_for("a refusal", lambda: sql(w, f"select state || coalesce(reason, '') from relais.outbox where id = {number}") == "sealeddeliver.seal")
            assert in_mailbox(message_id) == []
        finally:
            sql(w, flip)
        assert w.relais("retry", f"S{number}", check=False).returncode == 0, "mended, it leaves"
        ended(number)
        wire = wait_for("the mail", lambda: in_mailbox(message_id))
        assert len(wire) == 1 and object_of(wire[0]) == object_of(first)

    def sealed_anew(number):
        wait_for("both seals", lambda: sql(w, f"select count(*) from relais.sign_journal where outbox = {number}") == "2")

    def new_certificate():
        """Who lost his key gives a new certificate while a mail to him is tried: sealed anew, it opens with the new one alone."""
        number, message_id, first = not_taken("Et sans mon ancienne clé ?")
        w.readers[EXPERT] = w.issue("lit-experte-2", "opening", cn="lit-experte-2", email=EXPERT, key="p256")
        rule(recipient=EXPERT, encrypt="required", certificate=pem(w.readers[EXPERT][0]))
        w.operator_starts(OPERATOR)
        sealed_anew(number)
        w.relais("retry", f"S{number}", check=False)
        ended(number)
        wire = wait_for("the mail", lambda: in_mailbox(message_id))
        assert len(wire) == 1 and object_of(wire[0]) != object_of(first)
        assert clients.verify_seal(opened(wire[0], *w.readers[EXPERT]), w.mail_anchors, w.folder)

    def ruled_later():
        """A mail in clear waits for its server; from now on nobody may write there in clear, and there is no certificate: it waits for that, and leaves encrypted alone."""
        rule(recipient=EXPERT, encrypt="never")
        number, message_id, first = not_taken("Et en clair ?", encrypted=False)
        assert not kind_of(first)
        rule(recipient=EXPERT, encrypt="required")
        wait_for("a task of the operator", lambda: [t for t in w.relais("tasks", "operator", as_json=True) if t["name"] == "sign.certificate" and t["ref"].endswith(f" S{number}")])
        w.operator_starts(OPERATOR)
        rule(recipient=EXPERT, encrypt="required", certificate=pem(w.readers[EXPERT][0]))
        ended(number)
        wire = wait_for("the mail", lambda: in_mailbox(message_id))
        assert len(wire) == 1 and kind_of(wire[0]) == AUTHENTICATED
        sealed_anew(number)

    def revoked_later():
        """A certificate that was good when it came in is revoked: an alarm without her address, and the list says which."""
        assert "recipient.certificate" not in {a["name"] for a in w.status()["alarms"]}
        w._pki("revoke", w.pki, "lit-experte-2")
        os.kill(next(p["pid"] for p in w.status()["processes"] if p["name"] == "refresher"), signal.SIGHUP)
        alarm = wait_for("the alarm", lambda: {a["name"]: a for a in w.status()["alarms"]}.get("recipient.certificate"))
        assert alarm["severity"] == "critical" and EXPERT not in json.dumps(alarm) and "revoked" in json.dumps(alarm), alarm
        listed = {r["key"]: r for r in w.relais("recipient", "list", as_json=True)}
        assert "revoked" in listed[EXPERT]["trouble"] and listed[PATIENT]["trouble"] is None, listed

    def copied():
        """A copy of the dossier holds the signed mails that were inside, unaltered."""
        to = os.path.join(w.folder, "copie")
        done = w.relais("dossier", "export", story.ref, "--to", to, "--for", "officer", check=False)
        assert done.returncode == 0, done
        with open(os.path.join(to, "manifest.json")) as f:
            sent = [f for f in json.load(f)["files"] if f["what"] == "sent"]
        assert len(sent) >= 5 and all(f["intact"] for f in sent), sent

    def answers():
        for step in ("proofs", "exchange"):
            getattr(story, step)()

    def rest():
        for step in ("revision", "withdrawal"):
            getattr(story, step)()

    return [("rules and certificates are taken or refused", imported), ("a dossier, its mail encrypted", first_half), ("required and no certificate: it waits", waits),
            ("each in the way of its rule", as_ruled), ("what left is what is kept", what_left), ("proofs and answers as ever", answers), ("sent again, the same bytes", sent_again),
            ("an altered object does not leave", altered), ("a new version, and the end, as ever", rest), ("a copy holds what was inside", copied),
            ("a new certificate: sealed anew for it", new_certificate), ("required after the seal: nothing in clear", ruled_later), ("a certificate is revoked later", revoked_later), ("reconcile", story.reconcile)]
