"""Encrypted mail: a whole dossier in which whatever is sent to us is encrypted, each time in another way that clients have; what does not
open is refused by one word; and who may ask the opener for what."""
import base64
import contextlib
import hashlib
import json
import os
import signal
import socket
import struct
import subprocess

import clients
import documents
from bad import outcome
from database import rows, run, sql
from recheck import of_message, same
from shield import EICAR, Clamd
from world import DEPOT, DOMAIN, EXPERT, HOSPITAL, PATIENT, PLATFORM, World, wait_for

WAYS = [("opening", "aes-256-gcm", ()), ("opening", "aes-128-cbc", ("-keyopt", "ecdh_kdf_md:sha256")), ("opening-next", "aes-256-gcm", ()),
        ("opening-next", "aes-256-cbc", ("-keyopt", "rsa_padding_mode:oaep", "-keyopt", "rsa_oaep_md:sha256", "-keyopt", "rsa_mgf1_md:sha256"))]
UIDS = {"worker": 60703, "signer": 60704, "opener": 60713}


class EncryptedWorld(World):
    """Two certificates to encrypt to, side by side: P-256 and, the next, RSA."""

    def _configure(self):
        super()._configure()
        self.openings = {}
        for name, key in (("opening", "p256"), ("opening-next", "rsa")):
            self.opening(name, key)
        self.stranger, _ = self.issue("opening-stranger", "opening", cn="Un autre", email="autre@ailleurs.fr")
        self.set_groups({"opener": pair("opening") + pair("opening-next", "_next")})

    def opening(self, name, key):
        self.openings[name], private = self.issue(name, "opening", cn=f"Chiffrement {name}", email=f"avis@{DOMAIN}", key=key)
        os.chmod(private, 0o400)
        if os.geteuid() == 0:
            os.chown(private, UIDS["opener"], UIDS["opener"])


def pair(name, which=""):
    return f'certificate{which} = "pki/{name}.pem"; key{which} = "pki/{name}.key"; '


def journal(world):
    """The lines, each of which names the one before it."""
    with open(os.path.join(world.dir, "journal", "opener.jsonl"), "rb") as f:
        lines = f.read().splitlines()
    before = "0" * 64
    for line in lines:
        assert json.loads(line)["previous"] == before, line
        before = hashlib.sha256(line).hexdigest()
    return [json.loads(line) for line in lines]


def ask(world, body, mail=0, uid=None):
    """What the opener answers on its socket to that user; a child does it, so that the user can be another."""
    program = ("import socket,struct,sys\ns=socket.socket(socket.AF_UNIX,socket.SOCK_SEQPACKET)\ns.settimeout(60)\n"
               f"s.connect({os.path.join(world.dir, 'run', 'opener.sock')!r})\ns.send(struct.pack('>QQ',{body},{mail}))\nsys.stdout.buffer.write(s.recv(100))\n")
    become = ["setpriv", "--reuid", str(uid), "--regid", str(uid), "--clear-groups"] if uid else []
    return subprocess.run(become + ["/usr/bin/python3", "-c", program], capture_output=True, cwd="/")


def pid_of(world, name):
    return next((p["pid"] for p in world.status()["processes"] if p["name"] == name and p.get("pid")), None)


def cases(world, story):
    w, turn, kept = world, [], {}

    def envelope(body, which=None):
        name, cipher, options = WAYS[(len(turn) if which is None else which) % len(WAYS)]
        turn.append(name)
        return clients.encrypted_entity(body, [w.openings[name]], cipher, options)

    def authenticated(body):
        return clients.encrypted_entity(body, [w.openings["opening"]])

    def refused(body, code, sender=HOSPITAL):
        head, message_id = clients.head(sender, DEPOT, "XDM/1.0/DDM+CR")
        clients.send(w.submit_port(sender), w.anchors, sender, [DEPOT], head + body)
        row = outcome(w, message_id)
        assert (row["outcome"], row["reason"]) == ("refused", code), row
        w.mailbox(sender).wait(lambda m: code in clients.text_of(m))
        return row

    def record(text="Compte rendu"):
        return clients.signed_entity(clients.entity(text, [("IHE_XDM.zip", "application/zip", documents.xdm(
            [documents.packed("18748-4", documents.made_exam("18748-4"))]))]), *w.hospital)

    def asked():
        story.envelope = envelope
        story.ask()
        story.complete()

    def given():
        """An expert's unsigned answer counts when the encryption itself is authenticated; the originals are opened once more to be handed on."""
        story.envelope = authenticated
        story.triage()
        story.accept()
        story.envelope = envelope
        story.opinion()
        story.release()
        story.proofs()
        story.envelope = None

    def nothing_stored():
        """No plain byte of what came encrypted is in the database or in a file of the instance."""
        encrypted = rows(w, "select i.id, i.body, i.facts->'opened'->>'authenticated' as a from relais.inbox i where i.facts ? 'opened'")
        assert len(encrypted) >= 4 and {r["a"] for r in encrypted} == {"true", "false"}, encrypted
        for r in encrypted:
            data = sql(w, f"select coalesce(sum(position('IHE_XDM'::bytea in c.data) + position('Subject: '::bytea in substring(c.data from 20000))), 0) from relais.body_chunk c where c.body = {r['body']}")
            assert data == "0", r
        for folder in ("spool", "fetch", "run"):
            for at, _, names in os.walk(os.path.join(w.dir, folder)):
                assert not [n for n in names if n.endswith((".eml", ".tmp"))], (at, names)

    def journalled():
        lines = journal(w)
        opened = {int(r["id"]) for r in rows(w, "select id from relais.inbox where facts ? 'opened'")}
        assert {line["inbox"] for line in lines if line["opened"] is True} == opened, (lines, opened)
        used = {w.fingerprint(path) for path in w.openings.values()}
        assert {line["fingerprint"] for line in lines} == used, "both keys open"
        assert any(line["mail"] != 0 for line in lines), "what is handed on is opened for that mail"

    def as_plain(message_id):
        """It ends as the same message would have ended in clear."""
        row = outcome(w, message_id)
        assert (row["outcome"], row["reason"], row["class"]) == kept["plain"], (row, kept["plain"])
        return row

    def signed_then_encrypted():
        row = outcome(w, story.record(content=documents.made_exam("18748-4")))
        kept["plain"] = (row["outcome"], row["reason"], row["class"])
        assert row["class"] == "record" and not row["reason"].startswith(("sig.", "open.")), row
        story.envelope = envelope
        message_id = story.record(content=documents.made_exam("18748-4"))
        story.envelope = None
        as_plain(message_id)
        number = of_message(w, message_id)
        answer = same(w, number, "valid", "none")
        assert answer["now"]["fingerprint"] == w.fingerprint(w.hospital[0]), answer["now"]
        kept["body"] = int(sql(w, f"select body from relais.inbox where id = {number[1:]}"))

    def opaque_inside():
        inner = subprocess.run(["openssl", "cms", "-sign", "-binary", "-nodetach", "-signer", w.hospital[0], "-inkey", w.hospital[1], "-outform", "DER"],
                               input=clients.entity("Compte rendu opaque", [("IHE_XDM.zip", "application/zip", documents.xdm([documents.packed("18748-4", documents.made_exam("18748-4"))]))]),
                               capture_output=True, check=True).stdout
        head, message_id = clients.head(HOSPITAL, DEPOT, "XDM/1.0/DDM+CR")
        clients.send(w.submit_port(HOSPITAL), w.anchors, HOSPITAL, [DEPOT], head + envelope(clients.pkcs7_mime(inner, "signed-data")))
        as_plain(message_id)

    def unsigned_inside():
        """Authenticated encryption proves the content whole, and nobody's: the sender who must sign is held to it."""
        story.envelope = authenticated
        row = outcome(w, story.record(signer=None, content=documents.made_exam("18748-4")))
        story.envelope = None
        assert (row["outcome"], row["reason"]) == ("held", "sig.none"), row
        back = w.relais("quarantine", "return", f"R{row['inbox']}", check=False)
        assert back.returncode == 0, back

    def outer_from_binds():
        """A good message of the hospital, taken out and put into another's: its signature is not that sender's."""
        head, message_id = clients.head(PLATFORM, DEPOT, "XDM/1.0/DDM+CR")
        clients.send(w.submit_port(PLATFORM), w.anchors, PLATFORM, [DEPOT], head + authenticated(record()))
        row = outcome(w, message_id)
        assert row["outcome"] in ("held", "refused") and row["reason"] in ("sig.not-bound", "sender.class", "sender.certificate"), row

    def fields_inside():
        """A From, a Message-ID or a recipient inside speaks for nobody."""
        body = (f"From: {PLATFORM}\r\nMessage-ID: <inside@x.fr>\r\n").encode() + record()
        head, message_id = clients.head(HOSPITAL, DEPOT, "XDM/1.0/DDM+CR")
        clients.send(w.submit_port(HOSPITAL), w.anchors, HOSPITAL, [DEPOT], head + authenticated(body))
        row = as_plain(message_id)
        assert sql(w, f"select from_address from relais.inbox where id = {row['inbox']}") == HOSPITAL, row

    def refusals():
        refused(clients.encrypted_entity(record(), [w.stranger]), "open.other")
        refused(clients.encrypted_entity(record(), [w.openings["opening-next"]], options=("-keyopt", "rsa_padding_mode:pkcs1")), "open.algorithm")
        refused(clients.encrypted_entity(record(), [w.openings["opening"]], "des3"), "open.algorithm")
        refused(authenticated(authenticated(record())), "open.twice")

    def one_word():
        """Whatever is wrong with what is encrypted to us, the sender hears the same."""
        plain = clients.entity("Compte rendu")
        refused(clients.encrypted_entity(plain, [w.openings["opening"]], "aes-256-cbc"), "open.failed")
        for cipher, at in (("aes-256-gcm", -40), ("aes-256-gcm", -3), ("aes-256-cbc", -3), ("aes-256-cbc", -200)):
            whole = clients.encrypted_entity(record(), [w.openings["opening"]], cipher)
            head, text = whole.split(b"\r\n\r\n", 1)
            der = bytearray(base64.b64decode(text))
            der[at] ^= 1
            refused(head + b"\r\n\r\n" + base64.encodebytes(bytes(der)).replace(b"\n", b"\r\n"), "open.failed")
        # The wrapped key itself: the tag of its unwrapping is wrong, and random bytes go on.
        whole = clients.encrypted_entity(record(), [w.openings["opening-next"]])
        head, text = whole.split(b"\r\n\r\n", 1)
        der = bytearray(base64.b64decode(text))
        at = bytes(der).index(b"\x04\x82\x01\x00") + 100    # the OCTET STRING of 256 bytes: the encrypted key
        der[at] ^= 1
        row = refused(head + b"\r\n\r\n" + base64.encodebytes(bytes(der)).replace(b"\n", b"\r\n"), "open.failed")
        assert [line["opened"] for line in journal(w) if line["inbox"] == row["inbox"]] == [False], "the journal knows, and nobody else"

    def inspect_says():
        path = os.path.join(w.folder, "chiffre.eml")
        head, _ = clients.head(HOSPITAL, DEPOT, "XDM/1.0/DDM+CR")
        with open(path, "wb") as f:
            f.write(head + authenticated(record()))
        done = subprocess.run([os.path.join(w.bin, "relais"), "inspect", "--json", path], capture_output=True, text=True)
        answer = json.loads(done.stdout)
        assert done.returncode == 0 and answer["signature"]["verdict"] == "encrypted" and answer["signature"]["reason"] == "sig.encrypted", answer

    def who_may_ask():
        """A worker that was taken over gets nothing of what it has not claimed; other users do not even reach the socket."""
        if os.geteuid() != 0:
            return
        done = ask(w, kept["body"], uid=UIDS["worker"])
        assert done.stdout == b"-local.not-found", done
        for body in (0, 999999, 2 ** 63, int(sql(w, "select min(entity) from relais.outbox where entity is not null"))):
            assert ask(w, body, uid=UIDS["worker"]).stdout[:1] != b"+", body
        for user in ("signer",):
            done = ask(w, kept["body"], uid=UIDS[user])
            assert done.returncode != 0 and b"PermissionError" in done.stderr, done
        before = len(journal(w))
        assert ask(w, kept["body"]).stdout[:1] == b"+", "the operator may open any"
        assert len(journal(w)) == before + 1 and journal(w)[-1]["for"] == "operator"

    def who_gave_up():
        """The opener looks first whether somebody still waits: no key is unwrapped for who has gone."""
        if os.geteuid() != 0:
            return
        pid, before = pid_of(w, "opener"), len(journal(w))
        os.kill(pid, signal.SIGSTOP)
        try:
            for _ in range(3):
                with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as s:
                    s.connect(os.path.join(w.dir, "run", "opener.sock"))
                    s.send(struct.pack(">QQ", kept["body"], 0))
        finally:
            os.kill(pid, signal.SIGCONT)
        assert ask(w, kept["body"]).stdout[:1] == b"+"
        assert len(journal(w)) == before + 1, "who waits was answered, who had gone was not"

    def copy_of_it(name):
        to = os.path.join(w.folder, name)
        done = w.relais("dossier", "export", story.ref, "--to", to, "--for", "officer", check=False)
        assert done.returncode == 0, done
        with open(os.path.join(to, "manifest.json")) as f:
            files = json.load(f)["files"]
        return [f for f in files if f["what"] == "unread"], [f for f in files if f["what"] == "document"]

    def copied():
        """A copy of the dossier holds the documents that came encrypted, and the messages as they came."""
        unread, read = copy_of_it("copie-chiffree")
        assert not unread and len(read) >= 3, (unread, read)

    def virus_around():
        """What matches outside is told, though the scanner finds nothing in what was encrypted."""
        scanner = Clamd(os.path.join(w.folder, "antivirus"), w.cache)
        scanner.start()
        try:
            restart("antivirus", f'clamd = "{scanner.socket}"; ')
            head, message_id = clients.head(HOSPITAL, DEPOT, "XDM/1.0/DDM+CR")
            clients.send(w.submit_port(HOSPITAL), w.anchors, HOSPITAL, [DEPOT], head + b"X-Essai: " + EICAR + b"\r\n" + authenticated(record()))
            row = outcome(w, message_id)
            assert (row["outcome"], row["reason"], row["antivirus"]) == ("held", "mail.virus", "found"), row
        finally:
            restart("antivirus", 'clamd = ""; ')
            scanner.kill()

    def restart(group, body):
        w.relais_stop()
        w.set_groups({group: body})
        w.relais_start()

    def alarms():
        return {a["name"] for a in w.status()["alarms"]}

    def rolled_twice():
        """Two certificates later the old ones' messages open by their keys, which are kept as former ones, and by nothing else. A key that is not
        there keeps the opener away, and that is told."""
        w.opening("opening-third", "p256")
        with contextlib.suppress(RuntimeError):         # relais start sees the opener running still, or refused already
            restart("opener", 'certificate = "pki/opening-third.pem"; key = "pki/nowhere.key"; ')
        w.started = True
        w.wait_receiver()
        story.envelope = lambda body: clients.encrypted_entity(body, [w.openings["opening-third"]])
        message_id = story.record(content=documents.made_exam("18748-4"))
        story.envelope = None
        wait_for("the alarm", lambda: "opener.away" in alarms(), 70)
        restart("opener", pair("opening-third"))
        as_plain(message_id)
        assert "opener.away" not in alarms()
        unread, _ = copy_of_it("copie-sans-cles")
        assert unread, "without their keys they would not open"
        former = ", ".join("{ " + pair(name) + "}" for name in ("opening", "opening-next"))
        restart("opener", pair("opening-third") + f"former = ( {former} ); ")
        copied_again, read = copy_of_it("copie-avec-cles")
        assert not copied_again and len(read) >= 3, (copied_again, read)

    def away():
        """The opener is killed with mail on its way: the message waits, is opened once it is back, and counts once."""
        pid = pid_of(w, "opener")
        os.kill(pid, signal.SIGSTOP)
        story.envelope = authenticated
        message_id = story.record(content=documents.made_exam("18748-4"))
        story.envelope = None
        wait_for("the message in a worker's hands", lambda: any(q["state"] == "claimed" for q in w.relais("queue", as_json=True)))
        os.kill(pid, signal.SIGKILL)
        as_plain(message_id)
        assert pid_of(w, "opener") != pid

    def away_for_long():
        """An opener that hangs, then one whom so many have asked in vain that nobody reaches it: what came in clear goes its way meanwhile, and nothing is
        counted as tried. Once it is back, all that waits is opened."""
        pid = pid_of(w, "opener")
        os.kill(pid, signal.SIGSTOP)
        try:
            waiting = encrypted_records(8)
            in_time(70)
            # The one in clear may have come before both workers had met it.
            wait_for("the alarm", lambda: "opener.away" in alarms(), 70)
            assert outcomes(waiting) == set() and {q["tries"] for q in w.relais("queue", as_json=True) if q["id"].startswith("R")} <= {0, 1}
            assert fill_its_queue() > 0
            waiting += encrypted_records(4)
            in_time(40)
        finally:
            os.kill(pid, signal.SIGCONT)
        wait_for("what waited is decided, within the longest pause", lambda: not [q for q in w.relais("queue", as_json=True) if q["id"].startswith("R")], 80)
        for message_id in waiting:
            as_plain(message_id)
        wait_for("no alarm", lambda: "opener.away" not in alarms())

    def encrypted_records(n):
        story.envelope = authenticated
        sent = [story.record(content=documents.made_exam("18748-4")) for _ in range(n)]
        story.envelope = None
        return sent

    def outcomes(messages):
        return {r["outcome"] for r in rows(w, "select outcome, message_id from relais.inbox where message_id is not null") if r["message_id"] in messages}

    def in_time(seconds):
        """A message in clear, behind whatever waits."""
        message_id = story.record(content=documents.made_exam("18748-4"))
        wait_for("a message in clear is decided", lambda: outcomes([message_id]), seconds)

    def fill_its_queue():
        """Who asked and gave up stays in the kernel's queue: until no connection is taken any more."""
        for n in range(1000):
            with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as s:
                s.setblocking(False)
                try:
                    s.connect(os.path.join(w.dir, "run", "opener.sock"))
                except BlockingIOError:
                    return n
        raise AssertionError("it has no end")

    return [("a request and a record, signed then encrypted, four ways", asked), ("a dossier goes its way, encrypted towards us", given),
            ("nothing decrypted is stored", nothing_stored), ("the journal tells each opening, both keys are used", journalled),
            ("signed then encrypted: the verdict can be given again", signed_then_encrypted), ("an opaque signature inside", opaque_inside),
            ("no signature inside", unsigned_inside), ("the outer From binds", outer_from_binds), ("fields inside speak for nobody", fields_inside),
            ("another recipient, refused algorithms, encrypted twice", refusals), ("one word for all that does not open", one_word),
            ("relais inspect says encrypted", inspect_says), ("who may ask the opener", who_may_ask), ("who gave up is not served", who_gave_up), ("a copy holds what came encrypted", copied),
            ("the opener is killed meanwhile", away), ("an opener that hangs holds up nothing else", away_for_long), ("a virus around what is encrypted", virus_around), ("two rollovers later", rolled_twice), ("reconcile", story.reconcile)]
