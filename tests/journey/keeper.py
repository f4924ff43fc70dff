"""The keeper of the bodies' keys: what an auditor opens by hand, what goes on while it is away, what a kill loses (nothing), and what a destroyed key leaves (nothing)."""
import hashlib
import json
import os
import re
import shutil
import signal
import socket
import struct
import subprocess
import sys

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

import documents
import world as stage
from bad import outcome
from database import rows, sql
from kills import Instance, stopped
from walls import UID, ask_keeper, bad_checks
from world import EXPERT, HOSPITAL, wait_for

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "peers"))
from keeper_peer import opened_chunks   # noqa: E402

FOLDERS = ("keeper", "second")


class KeeperWorld(stage.World):
    """With a second folder of keys, as on another disk."""

    def _configure(self):
        super()._configure()
        second = os.path.join(self.dir, "second")
        os.mkdir(second, 0o711)
        about = os.stat(os.path.join(self.dir, "keeper"))
        os.chown(second, about.st_uid, about.st_gid)
        self.set_groups({"keeper": 'copy = "second";'})


def key_file(world, folder, name):
    mark = hashlib.sha256(name.encode()).hexdigest()[:32]
    return os.path.join(world.dir, folder, mark[:2], mark + ".key")


def key_by_hand(world, folder, name):
    """docs/security.md, "At rest": the master key opens the file of a key."""
    with open(os.path.join(world.dir, "pki", "keeper.key"), "rb") as f:
        master = f.read()
    with open(key_file(world, folder, name), "rb") as f:
        wrapped = f.read()
    return AESGCM(master).decrypt(wrapped[:12], wrapped[12:], name.encode())


def wrapped_by_hand(world, key, name):
    with open(os.path.join(world.dir, "pki", "keeper.key"), "rb") as f:
        master = f.read()
    nonce = os.urandom(12)
    return nonce + AESGCM(master).encrypt(nonce, key, name.encode())


def body_by_hand(world, number, folder="keeper"):
    row = rows(world, f"select size, encode(digest, 'hex') as digest, encode(sealed_key, 'hex') as sealed, key_name from relais.body where id = {number}")[0]
    digest, sealed = bytes.fromhex(row["digest"]), bytes.fromhex(row["sealed"])
    bound = digest + struct.pack(">Q", row["size"])
    key = AESGCM(key_by_hand(world, folder, row["key_name"])).decrypt(sealed[:12], sealed[12:], bound)
    chunks = [bytes.fromhex(r["data"]) for r in rows(world, f"select encode(data, 'hex') as data from relais.body_chunk where body = {number} order by number")]
    plain = opened_chunks(key, chunks)
    assert hashlib.sha256(plain).digest() == digest and len(plain) == row["size"]
    return plain


def journal(world):
    with open(os.path.join(world.dir, "journal", "keeper.jsonl"), "rb") as f:
        lines = f.read().split(b"\n")
    assert lines.pop() == b""
    return lines


def cases(world, story):
    w, instance = world, Instance(world)

    def settle():
        w.rest()                                        # a report of delivery that is still to come would be one more body
        wait_for("every body under its last key", lambda: sql(w, "select count(*) from relais.body where key_name like 'intake:%'") == "0")

    def a_dossier():
        story.ask()
        story.complete()
        settle()
        names = {r["key_name"] for r in rows(w, "select distinct key_name from relais.body")}
        assert f"dossier:{story.ref}" in names, names
        assert all(os.stat(key_file(w, folder, name)).st_size == 60 for folder in FOLDERS for name in names)

    def by_hand():
        """An auditor with the database, one folder of keys and the master key opens every body with stock tools; without the folder nothing."""
        for folder in FOLDERS:
            for r in rows(w, "select id, key_name from relais.body"):
                body_by_hand(w, r["id"], folder)
        number = rows(w, "select body from relais.inbox where outcome = 'filed' order by id limit 1")[0]["body"]
        assert b"Message-ID:" in body_by_hand(w, number)

    def openssl_alone():
        """The lines of docs/security.md as they stand there, with openssl, psql and xxd: the body's digest comes out."""
        with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "docs", "security.md"), encoding="utf-8") as f:
            lines = re.search(r"^    N=dossier:.*?(?=\n\n)", f.read(), re.S | re.M).group(0)
        body = rows(w, f"select id, encode(digest, 'hex') as digest from relais.body where key_name = 'dossier:{story.ref}' and size <= 262144 order by size limit 1")[0]
        lines = re.sub(r" {3,}(the dossier's key|the body's key|relais.body.digest)$", "", lines, flags=re.M)
        lines = lines.replace("D-2026-00001", story.ref).replace("= 12", f"= {body['id']}").replace("psql …", f"psql -h {w.dir}/run/db -U postgres -d relais -X")
        done = subprocess.run(["bash", "-euo", "pipefail", "-c", lines], cwd=w.dir, capture_output=True, text=True)
        assert done.stdout.split()[:1] == [body["digest"]], (lines, done)

    def away():
        """The receiver goes on; who reads waits; nothing is lost, refused or tried out. A signer does not end for want of a key."""
        last = rows(w, "select max(id) as id from relais.inbox")[0]["id"]
        with stopped([instance.pid("keeper")]):
            message_id = story.record(content=documents.made_exam("18748-4"))
            row = wait_for("the message taken in", lambda: rows(w, f"select id, state, outcome from relais.inbox where id > {last} order by id"))[0]
            assert row["outcome"] is None, row
        assert outcome(w, message_id)["outcome"] == "filed"
        w.mailbox(HOSPITAL).wait(lambda m: m["In-Reply-To"] == message_id)

    def claim_unseen():
        """A database that failed over has none of the sessions by which work is claimed: for a moment the keeper refuses whoever asks. Nothing ends for that."""
        story.triage()
        real = sql(w, "select pg_get_functiondef('relais.keeper_open'::regproc)")
        blind = real.replace("keeper_may(q.role, b.id, q.mail)", "keeper_may(q.role, b.id, q.mail) and not (q.role = 'worker' and q.mail <> 0)")
        assert blind != real
        sql(w, blind)

        def refused():
            wait_for("the dossier's mail is refused its bodies", lambda: sql(w, "select reason from relais.outbox where code = 'M13'") == "keeper.refused")
            sql(w, real)
        try:
            story.accept(meanwhile=refused)
        finally:
            sql(w, real)

    def killed():
        """kill -9 while each kind of asker is at work, many times: each message ends as if nothing had happened."""
        for n in range(3):
            message_id = story.record(content=documents.made_exam("18748-4"))
            for _ in range(2):
                old = instance.pid("keeper")
                os.kill(old, signal.SIGKILL)
                wait_for("the keeper again", lambda: instance.replaced("keeper", old), 20)
            assert outcome(w, message_id)["outcome"] in ("filed", "duplicate"), (n, outcome(w, message_id))
            w.mailbox(HOSPITAL).wait(lambda m: m["In-Reply-To"] == message_id)
        settle()
        assert bad_checks(w, 0) == []

    def disk_lost():
        """The disk of the keys is lost whole: an empty folder gets all of it back from the copy, and every body opens."""
        settle()
        folder, before = os.path.join(w.dir, "keeper"), files(os.path.join(w.dir, "keeper"))
        about = os.stat(folder)
        w.relais_stop()
        shutil.rmtree(folder)
        os.mkdir(folder)
        os.chmod(folder, 0o711)
        os.chown(folder, about.st_uid, about.st_gid)
        w.relais_start()
        wait_for("all files again", lambda: sorted(files(folder)) == sorted(before), 20)
        bodies = [r["id"] for r in rows(w, "select id from relais.body")]
        assert ask_keeper(w, "operator", bodies) == ["+"] * len(bodies)
        assert bad_checks(w, 0) == []
        message_id = story.record(content=documents.made_exam("18748-4"))
        assert outcome(w, message_id)["outcome"] in ("filed", "duplicate")

    def told_where():
        """The second folder is on the disk of the first here: status says that it helps nobody."""
        assert w.status()["keys_copy"] == "same-disk", w.status()
        assert "keeper.copy" in w.relais("status").stdout

    def a_day_ends():
        """What no dossier has is erased, and the key of its day goes: a copy of the database of before opens for nobody."""
        message_id = story.send(HOSPITAL, stage.DEPOT, "XDM/1.0/DDM+CR", "De personne.", [], w.hospital)
        assert outcome(w, message_id)["outcome"] == "held"
        number = rows(w, f"select id from relais.inbox where message_id = '{message_id}'")[0]["id"]
        w.relais("quarantine", "return", f"R{number}")
        body = rows(w, f"select body from relais.inbox where id = {number}")[0]["body"]
        wait_for("the key of its day", lambda: sql(w, f"select count(*) from relais.body where id = {body} and key_name like 'apart:%'") == "1")
        # A message whose answer is still under way is not erased.
        wait_for("an empty queue", lambda: not w.relais("queue", as_json=True))
        # As it will be when two days have gone: the key lies under the name of an older day, and this is the one message of it.
        day, name = "2026-01-02", "apart:2026-01-02"
        wrapped = wrapped_by_hand(w, key_by_hand(w, "keeper", rows(w, f"select key_name from relais.body where id = {body}")[0]["key_name"]), name)
        for folder in FOLDERS:
            with open(key_file(w, folder, name), "wb") as f:
                f.write(wrapped)
            os.chown(key_file(w, folder, name), os.stat(os.path.join(w.dir, folder)).st_uid, -1)
        sql(w, f"begin; update relais.body set key_name = '{name}' where id = {body}; insert into relais.keeper_day values ('{day}'); create table public.backup as select * from relais.body_chunk where body = {body}; commit")
        assert b"De personne" in body_by_hand(w, body, "second") and ask_keeper(w, "operator", [body]) == ["+"]
        assert rows(w, f"select relais.erasure_apart('{{{number}}}', '{{}}', 'retention.apart/1', 'dpo') as n")[0]["n"] > 0
        wait_for("the end of the day's key", lambda: not any(os.path.exists(key_file(w, folder, name)) for folder in FOLDERS), 30)
        sql(w, "insert into relais.body_chunk select * from public.backup")
        assert ask_keeper(w, "operator", [body]) == ["-"]
        for folder in FOLDERS:
            try:
                body_by_hand(w, body, folder)
                raise AssertionError("it opens")
            except FileNotFoundError:
                pass
        sql(w, f"delete from relais.body_chunk where body = {body}; drop table public.backup")
        wait_for("the word of it", lambda: sql(w, f"select count(*) from relais.keeper_day where day = '{day}' and destroyed_at is not null") == "1")

    def one_folder_lost():
        """Files of the folder that are gone or spoilt come back from the copy."""
        name = f"dossier:{story.ref}"
        body = rows(w, f"select id from relais.body where key_name = '{name}' limit 1")[0]["id"]
        with open(key_file(w, "keeper", name), "rb") as f:
            before = f.read()
        for spoil in (lambda path: os.remove(path), lambda path: open(path, "wb").write(b"\0" * 60)):
            spoil(key_file(w, "keeper", name))
            assert ask_keeper(w, "operator", [body]) == ["+"]
            with open(key_file(w, "keeper", name), "rb") as f:
                assert f.read() == before

    def chain():
        """Each line of the journal names the one before, through all these kills; none of them holds a key."""
        lines = journal(w)
        previous, keys = "0" * 64, 0
        for line in lines:
            entry = json.loads(line)
            assert entry["previous"] == previous, line
            previous = hashlib.sha256(line).hexdigest()
            keys += entry["event"] == "opened"
        assert keys > 20, keys

    def database_knows(number, ref):
        """What relais retention writes beside a destroyed key: a key that is gone and that the database does not know of closes the master's gate."""
        sql(w, f"insert into relais.erasure (number, ref, rule, actor, done_at) values ({number}, '{ref}', 'test', 'test', now())")

    def destroyed():
        """The key of a dossier destroyed: no way to its bodies is left, here or with a copy of the database of before; the others open as they did."""
        name = f"dossier:{story.ref}"
        settle()
        message_id = story.send(HOSPITAL, stage.DEPOT, "XDM/1.0/DDM+CR", "De personne.", [], w.hospital)
        assert outcome(w, message_id)["outcome"] == "held", outcome(w, message_id)      # it stays under the key of intake
        saved = rows(w, f"select id, encode(sealed_key, 'hex') as sealed from relais.body where key_name = '{name}'")
        bodies = [r["id"] for r in saved]
        others = [r["id"] for r in rows(w, f"select id from relais.body where key_name <> '{name}'")]
        assert bodies and others
        with stopped([w.status()["pid"]]):           # the master's gate closes at what comes now (keeping.py)
            for _ in range(2):                          # again: the same record
                answer = operator(w, b"d" + f"{name} officer 1".encode())
                assert answer[:1] == b"+", answer
                record = json.loads(answer[1:])
                assert (record["n"], record["name"]) == (1, name), record
            assert not any(os.path.exists(key_file(w, folder, name)) for folder in FOLDERS)
            assert ask_keeper(w, "operator", bodies + others) == ["-"] * len(bodies) + ["+"] * len(others)
            done = w.relais("dossier", "export", story.ref, "--to", os.path.join(w.dir, "copy"), "--for", "officer", check=False)
            assert done.returncode != 0 and "keeper.erased" in done.stderr + done.stdout, done
            trace = w.relais("trace", story.ref, check=False)
            assert trace.returncode == 0, trace
            assert bad_checks(w) == ["bodies still here whose key was destroyed"]
            database_knows(1, story.ref)
        with open(os.path.join(w.dir, "journal", "keeper.jsonl")) as f:
            assert [json.loads(x)["key"] for x in f if json.loads(x)["event"] == "destroyed"] == [name, name]

    def gave_up():
        """Who asks for a destruction and is gone before it is heard: it is not done behind him."""
        with stopped([instance.pid("keeper")]):
            asked_and_gone(w, b"ddossier:GIVEN-UP officer 1")
        assert json.loads(operator(w, b"kdossier:GIVEN-UP")[1:]) == ["missing"]

    def crowded():
        """More connections than there are, under the worker's user, each with a question that waits."""
        crowd = subprocess.Popen(["setpriv", "--reuid", str(UID["worker"]), "--regid", str(UID["worker"]), "--clear-groups", "/usr/bin/python3", "-c", CROWD,
                                  os.path.join(w.dir, "run", "keeper-worker.sock")], stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd="/")
        try:
            assert crowd.stdout.readline() == b"there\n"
            assert operator(w, b"s")[:1] == b"+"
            for role in ("signer", "deliverer", "opener"):
                assert ask_keeper(w, role, [1]) == ["-"], role
        finally:
            crowd.stdin.close()
            crowd.wait()
        assert ask_keeper(w, "worker", [1]) == ["-"]

    def destroyed_to_the_end():
        """Killed between the record and the files: the next start takes them away."""
        name = "dossier:NEVER-WAS"
        database_knows(2, "NEVER-WAS")
        for folder in FOLDERS:
            path = key_file(w, folder, name)
            with open(path, "wb") as f:
                f.write(os.urandom(60))
            os.chown(path, os.stat(os.path.dirname(path)).st_uid, -1)
        old = instance.pid("keeper")
        os.kill(old, signal.SIGSTOP)                # nobody adds a line meanwhile, and the next one begins with this one there
        with open(os.path.join(w.dir, "keeper", "destroyed.jsonl"), "a") as f:
            f.write(json.dumps({"at": "2026-01-01T00:00:00.000000Z", "n": 2, "name": name, "by": "test", "previous": "0" * 64}) + "\n")
        os.kill(old, signal.SIGKILL)
        wait_for("the keeper again", lambda: instance.replaced("keeper", old), 20)
        wait_for("the end of the files", lambda: not any(os.path.exists(key_file(w, folder, name)) for folder in FOLDERS))
        assert json.loads(operator(w, b"s")[1:])["destroyed"] == 2

    def wrong_master():
        """With another master key it does not start, and overwrites nothing; what comes in is kept meanwhile."""
        path, folder = os.path.join(w.dir, "pki", "keeper.key"), os.path.join(w.dir, "keeper")
        with open(path, "rb") as f:
            good = f.read()
        before = {name: open(name, "rb").read() for name in files(folder)}
        with open(path, "wb") as f:
            f.write(os.urandom(32))
        begun = instance.process("keeper")["restarts"]
        os.kill(instance.pid("keeper"), signal.SIGKILL)
        wait_for("a start with the wrong one", lambda: instance.process("keeper")["restarts"] > begun)
        wait_for("its refusal", lambda: instance.process("keeper")["state"] == "waiting")
        message_id = story.send(HOSPITAL, stage.DEPOT, "XDM/1.0/DDM+CR", "Pendant ce temps.", [], w.hospital)
        with open(path, "wb") as f:
            f.write(good)
        wait_for("the keeper again", lambda: instance.process("keeper")["state"] == "running" and ask_keeper(w, "operator", []) == [], 40)
        assert outcome(w, message_id)["outcome"] is not None
        after = {name: open(name, "rb").read() for name in before}
        assert after == before

    yield "a dossier's bodies go under its key, in both folders", a_dossier
    yield "every body opened by hand, as the manual says", by_hand
    yield "a body opened by the manual's own lines", openssl_alone
    yield "away: mail is taken in, and read when it is back", away
    yield "a claim that the keeper does not see yet", claim_unseen
    yield "kill -9, again and again", killed
    yield "a key from the copy", one_folder_lost
    yield "the disk of the keys lost whole", disk_lost
    yield "status says where the copy of the keys lies", told_where
    yield "its journal is one chain", chain
    yield "a destroyed key", destroyed
    yield "a destruction whose asker gave up", gave_up
    yield "a destruction cut short", destroyed_to_the_end
    yield "a captured worker takes all connections that it gets: the others are served", crowded
    yield "another master key", wrong_master
    yield "the key of a day ends with its last message", a_day_ends


def files(folder):
    return [os.path.join(where, name) for where, _, names in os.walk(folder) for name in names if name.endswith((".key", ".pub"))]


ASK_OPERATOR = "import socket,sys; s=socket.socket(socket.AF_UNIX,socket.SOCK_SEQPACKET); s.connect(sys.argv[1]); s.send(bytes.fromhex(sys.argv[2])); print(s.recv(70000).hex())"


CROWD = """import socket, sys, struct
crowd = [socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) for _ in range(200)]
for s in crowd:
    s.connect(sys.argv[1])
    try:
        s.send(b"o" + struct.pack(">QQ", 1, 0))
    except OSError:
        pass
print("there", flush=True)
sys.stdin.read()
"""


def asked_and_gone(world, question):
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as s:
        s.connect(os.path.join(world.dir, "run", "keeper-operator.sock"))
        s.send(question)


def operator(world, question):
    done = subprocess.run(["/usr/bin/python3", "-c", ASK_OPERATOR, os.path.join(world.dir, "run", "keeper-operator.sock"), question.hex()], capture_output=True, text=True, check=True)
    return bytes.fromhex(done.stdout.strip())
