"""The host is lost, disk and all, while mail is under way; last night's backup is all there is. Nothing that left leaves again, no reference is given twice,
nothing is erased before a person has looked. And a backup is whole while mail comes in."""
import contextlib
import email
import email.policy
import json
import os
import signal
import subprocess
import threading
import time

import documents
from database import tool
from keeping import Instance
from kills import descendants, send_signal
from world import HOSPITAL, PATIENT, PLATFORM, wait_for


def cases(w, story):
    backups, first = os.path.join(w.folder, "sauvegardes"), Instance(w, "relais")
    others, known = [], {}

    def place(name):
        return os.path.join(backups, name)

    def other(name):
        others.append(Instance(w, name))
        others[-1].init()
        return others[-1]

    def asked(instance, query):
        return subprocess.run([tool("psql"), "-h", f"{instance.dir}/run/db", "-U", "postgres", "-d", "relais", "-XAtc", query], capture_output=True, text=True, check=True).stdout.strip()

    def mails():
        """The Message-ID of each that came."""
        return sorted(str(email.message_from_bytes(raw, policy=email.policy.default)["Message-ID"]) for address in (HOSPITAL, PATIENT, PLATFORM) for raw in w.mailbox(address).all())

    def all_there(instance):
        """Each mail that its reader's operator has accepted lies in its mailbox: that is a moment later."""
        return set(asked(instance, "select message_id from relais.outbox where state = 'accepted'").split()) <= {m.strip() for m in mails()}

    def refs(instance):
        return {d["ref"] for d in instance.relais("dossier", "list", "--all", as_json=True)}

    # ---------------------------------------------------------------- while it runs

    def backs_up_while_mail_comes():
        os.makedirs(backups, mode=0o700)
        over = threading.Event()

        def load():
            while not over.is_set():
                with contextlib.suppress(OSError):
                    story.record(content=documents.made_exam("18748-4"))
        senders = [threading.Thread(target=load) for _ in range(2)]
        for s in senders:
            s.start()
        try:
            before = int(asked(first, "select count(*) from relais.inbox"))
            for n in range(8):
                first.relais("backup", place(f"charge-{n}"), "--plain", "--keys", place(f"cles-charge-{n}"))
                assert first.relais("backup", "verify", place(f"charge-{n}"), as_json=True)["read"]
            came = int(asked(first, "select count(*) from relais.inbox")) - before
        finally:
            over.set()
            for s in senders:
                s.join()
        assert came >= 8, f"{came} messages came in meanwhile"
        wait_for("an empty queue", lambda: not w.relais("queue", as_json=True), 120)

    def restored_from_a_busy_moment():
        r = other("occupee")
        done = r.relais("restore", place("charge-7"), "--keys", place("cles-charge-7"))
        assert "The database agrees" in done.stdout and "fence lift" in done.stdout, done.stdout

    # ---------------------------------------------------------------- the loss

    def loses_the_host():
        deliverer = next(p["pid"] for p in w.status()["processes"] if p["name"] == "deliverer")
        send_signal([deliverer], signal.SIGSTOP)        # first: it has no child then that is not among these
        still = [deliverer, *descendants(deliverer)]
        send_signal(still, signal.SIGSTOP)
        story.record(content=documents.made_exam("18748-4"))
        wait_for("a mail that waits", lambda: any(m["state"] == "sealed" for m in w.relais("queue", as_json=True)), 30)
        # The clock of the database's host had been wrong by a year for a moment: that hides nothing of what comes after.
        asked(first, "update relais.outbox_attempt set started_at = started_at + interval '1 year' where started_at = (select max(started_at) from relais.outbox_attempt)")
        first.relais("backup", place("veille"), "--plain", "--keys", place("cles-veille"))
        send_signal(still, signal.SIGCONT)
        wait_for("it leaves", lambda: not w.relais("queue", as_json=True), 60)
        # What comes after the backup: a dossier with a reference that people have.
        story.ask()
        # Reports of delivery, too: one that comes after the stop would come to the restored instance.
        w.rest()
        wait_for("each mail in its mailbox", lambda: all_there(first))
        known["mails"], known["lost"] = mails(), refs(first)
        assert known["lost"]
        known["inbox"] = int(asked(first, "select max(id) from relais.inbox"))
        w.relais_stop()

    def nothing_leaves_again():
        r = known["r"] = other("perdue")
        done = r.relais("restore", place("veille"), "--keys", place("cles-veille"))
        assert "fence lift" in done.stdout, done.stdout
        assert r.start().returncode == 0 and r.runs(), r.status()
        waiting = r.relais("queue", as_json=True)
        assert any(m["state"] == "sealed" for m in waiting), waiting
        # Senders go on: what they send is kept, and nothing is decided on it.
        story.request()
        wait_for("it comes in", lambda: int(asked(r, "select count(*) from relais.inbox where state = 'received'")) >= 1, 30)
        time.sleep(4)
        assert asked(r, "select count(*) from relais.inbox where state <> 'done'") == "1" and not refs(r), "nothing is decided"
        assert mails() == known["mails"], "nothing leaves"
        done = r.relais("fence", "--json", check=False)
        assert done.returncode == 1 and json.loads(done.stdout)["fence"]["closed"], done.stdout

    def the_journals_are_found():
        """They come late, beside its own: what they know is named, what left does not leave again."""
        r = known["r"]
        for name in ("receiver", "deliverer"):
            subprocess.run(["cp", f"{w.dir}/journal/{name}.jsonl", f"{r.dir}/journal/{name}-perdue.jsonl"], check=True)
        told = json.loads(r.relais("fence", "--json", check=False).stdout)
        assert told["missing"] and told["left"], told
        done = r.relais("retention", "run", "--confirm", "0", check=False)
        assert done.returncode == 1 and "store.earlier" in done.stderr, done
        # One that cannot be read is not taken for an empty one.
        os.mkdir(f"{r.dir}/journal/deliverer-abime.jsonl")
        for words in (("fence", "lift"), ("fence",), ("reconcile",)):
            done = r.relais(*words, check=False)
            assert done.returncode == 1 and ("abime" in done.stderr) == (words[0] == "fence"), done
        os.rmdir(f"{r.dir}/journal/deliverer-abime.jsonl")
        assert r.relais("fence", "lift", as_json=True)["left"] >= 1
        wait_for("what waited is done", lambda: asked(r, "select count(*) from relais.inbox where state <> 'done'") == "0", 60)
        wait_for("the queue, but what waits for a person", lambda: all(m["reason"] == "sent.before" for m in r.relais("queue", as_json=True)), 60)
        wait_for("each mail in its mailbox", lambda: all_there(r))
        there = mails()
        assert len(set(there)) == len(there), "each mail came once"
        assert refs(r) and not known["lost"] & refs(r) and int(asked(r, "select max(id) from relais.inbox")) > known["inbox"], "no reference and no number comes twice"

    def holds_are_looked_at():
        r = known["r"]
        done = r.relais("retention", "run", "--confirm", "0", check=False)
        assert done.returncode == 1 and "hold.unseen" in done.stderr, done
        r.relais("hold", "set", refs(r).pop(), "--reason", "litige 2026-12")
        assert r.relais("hold", "confirm", "0", check=False).returncode == 1
        r.relais("hold", "confirm", "1")
        assert r.relais("retention", "run", "--confirm", "0").returncode == 0

    def the_trail_of_a_busy_moment():
        """What was sealed and accepted while the backup was made is in its journals, which are younger than its database: the trail agrees once it is told."""
        known["r"].stop()
        r = others[0]
        assert r.start().returncode == 0 and r.runs(), r.status()
        r.relais("fence", check=False)
        r.relais("fence", "lift")
        wait_for("the linker", lambda: asked(r, "select count(*) from relais.audit_entry") == "0", 60)
        r.relais("audit", "checkpoint")
        done = r.relais("audit", "verify", "--json", check=False)
        assert done.returncode == 0, [c for c in json.loads(done.stdout) if c["bad"]]

    def cannot_be_looked_at():
        """PostgreSQL starts anew, and a journal cannot be read: all runs and nothing goes, and each display says so until it is mended."""
        r = others[0]
        os.symlink(f"{r.dir}/journal/deliverer.jsonl", f"{r.dir}/journal/deliverer-lien.jsonl")
        with open(f"{r.dir}/data/postmaster.pid", encoding="utf-8") as f:
            os.kill(int(f.readline()), signal.SIGINT)
        wait_for("the alarm", lambda: r.logged("fence-unlooked"), 60)
        wait_for("what status says", lambda: r.status()["gate"] == "unknown", 10)
        status = r.command("status", r.dir)
        assert status.returncode == 6 and "is decided or sent" in status.stdout and "fence.unlooked" in status.stdout and "deliverer-lien" in status.stdout, status
        assert all(p["state"] == "running" for p in r.status()["processes"])
        done = r.relais("fence", check=False)
        assert done.returncode == 1 and "Not looked at yet" in done.stdout and "The fence is open" not in done.stdout, done
        done = r.relais("fence", "lift", check=False)
        assert done.returncode == 1 and "fence.unlooked" in done.stderr and "fence.open" not in done.stderr, done
        os.unlink(f"{r.dir}/journal/deliverer-lien.jsonl")
        wait_for("it is over", lambda: r.status()["gate"] == "open", 30)
        assert "fence.unlooked" not in r.command("status", r.dir).stdout
        assert "fence.open" in r.relais("fence", "lift", check=False).stderr

    def ends():
        for r in others:
            r.stop()

    yield from [
        ("eight backups while mail comes in", backs_up_while_mail_comes), ("one of them is restored, and agrees", restored_from_a_busy_moment),
        ("a mail waits when the backup is made, and leaves; more comes; the host is lost", loses_the_host),
        ("restored without a journal: nothing leaves, nothing is decided", nothing_leaves_again),
        ("the journals turn up: named, not sent again, no number twice", the_journals_are_found), ("no erasure before the holds were looked at", holds_are_looked_at),
        ("a backup under load, lifted: its trail agrees", the_trail_of_a_busy_moment),
        ("a journal that cannot be read when PostgreSQL starts anew is told", cannot_be_looked_at), ("all are stopped", ends),
    ]
