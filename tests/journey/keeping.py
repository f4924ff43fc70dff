"""What is kept, for how long, and brought back: backup and restore, legal hold, erasure and its certificate, an old backup after an erasure, the database
to the last commit out of the archive of its log, two versions of the program side by side.

One dossier is played to its end; everything is asked of it as an operator would, over the command line."""
import fcntl
import glob
import hashlib
import json
import os
import re
import shutil
import signal
import subprocess
import time

import audit
import clients
import documents
import papers
from bad import outcome
from database import sql, tool
from kills import alive, descendants, send_signal, stopped
from world import ATTENDING, DEPOT, DOMAIN, HOSPITAL, PATIENT, World, wait_for

# What must be nowhere once the dossier is erased: of the patient, of who was told, of the documents' and mails' words.
CANARIES = [documents.INS, "PAT-TROIS", "DOMINIQUE", "19790328", "1979-03-28", PATIENT, ATTENDING, "radiothérapie", "être conservé",
            "Lettre à ma consœur", "photo.png", "chirurgie conservatrice"]


def dump(instance):
    """The whole database as text."""
    return subprocess.run([tool("pg_dump"), "-h", f"{instance.dir}/run/db", "-U", "postgres", "-d", "relais"], capture_output=True, check=True).stdout


def canaries_in(content):
    """Those that stand there as they are, or in the hexadecimal of bytes."""
    return [c for c in CANARIES if c.encode() in content or c.encode().hex().encode() in content]


def tables_with(content):
    """{table: canaries} of a dump."""
    parts = re.split(rb"^COPY relais\.(\w+) ", content, flags=re.M)
    return {name.decode(): canaries_in(rows) for name, rows in zip(parts[1::2], parts[2::2]) if canaries_in(rows)}


class Instance:
    """One more instance, of the same command line: for restores and second nodes. Nobody writes to it but the tests."""
    started = False

    def __init__(self, world, name, bin_dir=None):
        self.w, self.dir, self.bin = world, os.path.join(world.folder, name), bin_dir or world.bin

    def command(self, *words, env=None):
        return subprocess.run([os.path.join(self.bin, "relais"), *words], capture_output=True, text=True, stdin=subprocess.DEVNULL,
                              env=dict(os.environ, RELAIS_ACTOR="dpo", LANG="en", **(env or {})))

    def relais(self, *words, check=True, as_json=False):
        done = self.command(*words, "--dir", self.dir, *(["--json"] if as_json else []))
        if check and done.returncode != 0:
            raise RuntimeError(f"relais {' '.join(words)}: {done.returncode}: {done.stdout}{done.stderr}")
        return json.loads(done.stdout) if as_json else done

    def init(self):
        done = self.command("init", self.dir, "--domain", DOMAIN, "--listen", f"127.0.0.1:{self.w.port}")
        assert done.returncode == 0, done.stdout + done.stderr

    def start(self):
        done = self.command("start", self.dir)
        self.started = True
        return done

    def stop(self):
        if self.started:
            self.command("stop", self.dir)
            self.started = False

    def status(self):
        return json.loads(self.command("status", self.dir, "--json").stdout)

    def runs(self):
        return self.status()["all"]

    def logged(self, event):
        with open(f"{self.dir}/log/relais.log", encoding="utf-8") as f:
            return [json.loads(line) for line in f if f'"event":"{event}"' in line]


def cases(w, story):
    backups, others = os.path.join(w.folder, "sauvegardes"), []
    key, certificate = os.path.join(w.folder, "sauvegarde.key"), os.path.join(w.folder, "sauvegarde.pem")
    known = {}

    def other(name, bin_dir=None):
        others.append(Instance(w, name, bin_dir))
        return others[-1]

    def place(name):
        return os.path.join(backups, name)

    def officer(*words, **more):
        return Instance(w, "relais").relais(*words, **more)

    def dossier_to_its_end():
        os.makedirs(backups, mode=0o700)
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:3072", "-nodes", "-keyout", key, "-out", certificate, "-days", "30", "-subj", "/CN=SAUVEGARDE"],
                       check=True, capture_output=True)
        for step in ("ask", "complete", "triage", "accept", "opinion", "release", "proofs", "exchange"):
            getattr(story, step)()
        w.relais("dossier", "close", story.ref)
        known["refused"] = story.send(PATIENT, DEPOT, "Ma demande", "Un mot que personne n'attend, sur ma radiothérapie.")     # of her, and no dossier has it
        w.relais("dossier", "archive", story.ref)
        # It comes by its operator's server: an empty queue does not say that it is here.
        known["refused_inbox"] = outcome(w, known["refused"])["inbox"]
        wait_for("an empty queue", lambda: not w.relais("queue", as_json=True))
        story.reconcile()
        assert tables_with(dump(w)), "the canaries are there to be found"

    # ---------------------------------------------------------------- backup

    def backs_up():
        done = officer("backup", place("un"), "--to", certificate, "--keys", place("cles-un"), as_json=False)
        assert "digest" in done.stdout, done.stdout
        files = sorted(os.listdir(place("un")))
        assert files == ["database.000.cms", "files.000.cms", "manifest.json"], files
        assert os.stat(place("un")).st_mode & 0o777 == 0o700 and not glob.glob(place("*.partial"))
        for name in files[:2]:
            with open(os.path.join(place("un"), name), "rb") as f:
                assert not canaries_in(f.read())
        manifest = officer("backup", "verify", place("un"), as_json=True)
        assert manifest["read"] is False and manifest["kind"] == "instance" and manifest["encrypted"]
        assert officer("backup", "verify", place("un"), "--key", key, as_json=True)["read"] is True
        assert officer("backup", "verify", place("cles-un"), "--key", key, as_json=True)["kind"] == "keys"

    def keys_stay_apart():
        for keys in (place("deux"), backups):
            done = officer("backup", place("deux"), "--plain", "--keys", keys, check=False)
            assert done.returncode == 1 and "backup.together" in done.stderr, (keys, done)
        done = officer("backup", place("un"), "--plain", check=False)
        assert done.returncode == 1 and "there" in done.stderr, done
        assert officer("backup", place("deux"), check=False).returncode == 2, "plain is said, or it is encrypted"
        officer("backup", place("clair"), "--plain")
        names = subprocess.run(["tar", "-tf", os.path.join(place("clair"), "files.000")], capture_output=True, text=True, check=True).stdout
        assert "pki/relais-seal.key" in names and "keeper" not in names.replace("journal/keeper.jsonl", ""), names

    def altered_is_refused():
        shutil.copytree(place("un"), place("gate"))
        with open(os.path.join(place("gate"), "database.000.cms"), "r+b") as f:
            f.seek(5000)
            byte = f.read(1)
            f.seek(5000)
            f.write(bytes([byte[0] ^ 1]))
        done = officer("backup", "verify", place("gate"), check=False)
        assert done.returncode == 1 and "database.000.cms" in done.stderr and "backup.altered" in done.stderr, done
        # The manifest corrected as well: the encryption finds it.
        with open(os.path.join(place("gate"), "manifest.json"), encoding="utf-8") as f:
            manifest = json.load(f)
        digest = subprocess.run(["sha256sum", os.path.join(place("gate"), "database.000.cms")], capture_output=True, text=True, check=True).stdout.split()[0]
        next(f for f in manifest["files"] if f["name"] == "database.000.cms")["sha256"] = digest
        with open(os.path.join(place("gate"), "manifest.json"), "w", encoding="utf-8") as f:
            json.dump(manifest, f)
        done = officer("backup", "verify", place("gate"), "--key", key, check=False)
        assert done.returncode == 1, done
        open(os.path.join(place("gate"), "etranger"), "w", encoding="utf-8").close()
        assert "etranger" in officer("backup", "verify", place("gate"), check=False).stderr
        assert officer("backup", "verify", place("rien"), check=False).returncode == 4

    def restores():
        r = other("restaure")
        r.init()
        done = r.relais("restore", place("un"), "--keys", place("cles-un"), check=False)
        assert done.returncode == 1 and "backup.kind" in done.stderr, done
        done = r.relais("restore", place("un"), "--key", key, "--keys", place("cles-un"))
        assert "The database agrees" in done.stdout, done.stdout
        assert os.path.isdir(f"{r.dir}/second"), "keeper.copy is made when it is not there"
        # It is whole: the message and the mails can be read, with the keys of then.
        w.relais_stop()
        try:
            assert r.start().returncode == 0 and r.runs(), r.status()
            # Rows that waited when the backup was made may be a minute old by now.
            wait_for("the linker", lambda: sql(r, "select count(*) from relais.audit_entry") == "0")
            assert "everything agrees" in r.relais("reconcile").stdout
            # The trail, its key and its checkpoints came with it: the chain goes on where it was.
            done = r.relais("audit", "verify", "--json", check=False)
            assert done.returncode == 0, [c for c in json.loads(done.stdout) if c["bad"]]
            assert r.relais("dossier", "show", story.ref, as_json=True)["dossier"]["state"] == "archived"
            done = r.relais("fence", "--json", check=False)
            assert done.returncode == 1 and json.loads(done.stdout)["fence"]["closed"], done.stdout
            r.relais("fence", "lift")
            copy = os.path.join(w.folder, "copie")
            told = r.relais("dossier", "export", story.ref, "--to", copy, "--for", "officer", as_json=True)
            assert told["altered"] == told["unread"] == 0, told
            shutil.rmtree(copy)
            done = r.relais("restore", place("un"), "--key", key, check=False)
            assert done.returncode == 1 and "backup.running" in done.stderr, done
            r.stop()
            done = r.relais("restore", place("un"), "--key", key, check=False)
            assert done.returncode == 1 and "backup.not-empty" in done.stderr, done
        finally:
            r.stop()
            w.relais_start()

    # ---------------------------------------------------------------- hold and erasure

    def plans():
        plan = officer("retention", "plan", "--all", as_json=True)
        assert plan["confirm"] == 0 and [r["period"] for r in plan["rules"]][:2] == ["20 y", "28 y"], plan
        item = next(i for i in plan["items"] if i["ref"] == story.ref)
        assert item["rule"] == "retention.opinion/1" and not item["goes"] and int(item["ends"][:4]) >= 2046, item
        text = officer("retention", "plan", "--all").stdout
        assert "Nothing was erased" in text and not canaries_in(text.encode())
        done = officer("retention", "run", story.ref, "--confirm", "1", check=False)
        assert done.returncode == 1, done

    def holds():
        officer("hold", "set", story.ref, "--reason", "litige 2026-12")
        w.relais("dossier", "erase", story.ref, "demande de la personne", check=False)
        assert next(d for d in story.dossiers() if d["ref"] == story.ref)["state"] == "archived", "no order against a hold"
        assert [h["of"] for h in officer("hold", "list", as_json=True)] == [story.ref]
        done = officer("hold", "lift", story.ref, "--reason", "jugé", check=False)
        assert done.returncode == 1 and "hold.same-person" in done.stderr, done
        w.relais("hold", "lift", story.ref, "--reason", "jugé")
        assert officer("hold", "list", as_json=True) == [] and len(officer("hold", "list", "--all", as_json=True)) == 1

    def erases():
        w.relais("dossier", "erase", story.ref, "demande de la personne du 3 novembre")
        officer("hold", "set", story.ref, "--reason", "encore un doute")
        plan = officer("retention", "plan", as_json=True)
        assert plan["confirm"] == 0 and [i["waits"] for i in plan["items"] if i["ref"] == story.ref] == ["held"], plan
        w.relais("hold", "lift", story.ref, "--reason", "levé")
        # A word of hers that no dossier has, and that nobody has decided on: it would stay behind.
        plan = officer("retention", "plan", as_json=True)
        assert [(i["ref"], i["waits"]) for i in plan["items"]] == [(story.ref, "under-way")], plan
        for held in w.relais("quarantine", "list", as_json=True):
            w.relais("quarantine", "decline", held["id"])
        # Its answer, and the report on that, which names her mailbox: what comes later goes with the messages that no dossier has.
        w.rest()
        plan = officer("retention", "plan", as_json=True)
        assert [(i["ref"], i["rule"], i["goes"]) for i in plan["items"]] == [(story.ref, "retention.order/1", True)], plan
        assert officer("retention", "run", "--confirm", "2", check=False).returncode == 1, "only what was read in the plan"
        cut_off_behind_the_key()
        told = officer("retention", "run", "--confirm", "1", as_json=True)
        assert told == {"erased": 1, "failed": 0}, told

    def cut_off_behind_the_key():
        """The key is destroyed, and the rows cannot be ended: somebody has the table. Nothing stops for it, and no hold is promised any more."""
        def pids():
            return {p["name"]: p["pid"] for p in w.status()["processes"]}
        before = pids()
        lock = subprocess.Popen([tool("psql"), "-qX", "-h", f"{w.dir}/run/db", "-U", "postgres", "-d", "relais", "-c",
                                 "begin; lock table relais.dossier_document in exclusive mode; select pg_sleep(40)"], stdout=subprocess.DEVNULL)
        try:
            wait_for("the lock", lambda: sql(w, "select count(*) from pg_locks where mode = 'ExclusiveLock' and relation = 'relais.dossier_document'::regclass") == "1")
            done = officer("retention", "run", "--confirm", "1", check=False, as_json=False)
            assert done.returncode == 1 and "store.conflict" in done.stderr, done
            with open(f"{w.dir}/keeper/destroyed.jsonl", encoding="utf-8") as f:
                assert f"dossier:{story.ref}" in f.read()
            done = officer("hold", "set", story.ref, "--reason", "trop tard", check=False)
            assert done.returncode == 1 and "dossier.erased" in done.stderr, done
        finally:
            lock.wait()
        assert w.status()["gate"] == "open" and pids() == before, (w.status(), before)
        assert officer("hold", "list", as_json=True) == []
        plan = officer("retention", "plan", as_json=True)
        assert [(i["ref"], i["goes"], i["waits"]) for i in plan["items"]] == [(story.ref, True, "")], plan

    def nothing_is_left():
        # Its parties' addresses that are a rule of the operator's, or another's, are not the dossier's.
        left = tables_with(dump(w))
        assert not left and not canaries_in(dump(w)), left
        story.reconcile()
        assert officer("retention", "plan", as_json=True)["items"] == []

    def evidence_is():
        shown = w.relais("dossier", "show", story.ref, as_json=True)
        record = shown["erased"]["key"]
        with open(f"{w.dir}/keeper/destroyed.jsonl", encoding="utf-8") as f:
            assert record["n"] in [json.loads(line)["n"] for line in f if f"dossier:{story.ref}" in line], record
        assert shown["erased"]["number"] == 1 and shown["erased"]["rule"] == "retention.order/1" and shown["erased"]["messages"] >= 5, shown["erased"]
        assert {m["code"] for m in shown["mails"]} >= {"M01", "M13", "M21", "M64"} and all(m["state"] == "accepted" for m in shown["mails"])
        assert all(m["erased"] == 1 for m in w.relais("trace", f"R{shown['messages'][0]['inbox']}", as_json=True)["inbox"])
        assert [e["kind"] for e in shown["history"]][-1] == "erased" and not canaries_in(json.dumps(shown, ensure_ascii=False).encode())
        for verb in (("export", story.ref, "--to", os.path.join(w.folder, "x"), "--for", "officer"), ("seen", story.ref), ("release", story.ref)):
            done = w.relais("dossier", *verb, check=False)
            assert done.returncode == 1 and "dossier.erased" in done.stderr, done
        try:
            story.send(PATIENT, story.patient_relay_of_report(), "Encore une question", "Bonjour")
        except Exception as e:
            assert "550" in str(e) or "refused" in str(e).lower(), e
        w.relais("simulate", "replay")
        proves(shown)

    def proves(shown):
        """The trail tells of the erasure, and still agrees; the proof of what is left is made, and holds by its recipe."""
        wait_for("the linker", lambda: sql(w, "select count(*) from relais.audit_entry") == "0")
        w.relais("audit", "checkpoint")
        done = w.relais("audit", "verify", "--json", check=False)
        assert done.returncode == 0, [c for c in json.loads(done.stdout) if c["bad"]]
        told = {(r["what"], r["actor"]) for r in w.relais("audit", "list", "--kind", "act", as_json=True)}
        assert {("erasure.done", "dpo"), ("hold.set", "dpo"), ("hold.lifted", "infirmiere"), ("relais retention run", "dpo")} <= told, told
        # Of the dossier; of one of its mails; of what she wrote and no dossier has.
        for n, wanted in enumerate((story.ref, f"S{shown['mails'][-1]['outbox']}", f"R{known['refused_inbox']}")):
            holds_by_recipe(wanted, os.path.join(w.folder, f"preuve-effacee-{n}"), 10 if n == 0 else 2)
        a_number_in_a_column()

    def holds_by_recipe(wanted, folder, rows):
        answer = w.relais("proof", wanted, "--out", folder, as_json=True)
        assert answer["altered"] == 0 and answer["rows"] >= rows and glob.glob(f"{folder}/received/R*.json") and not glob.glob(f"{folder}/*/*.eml"), answer
        assert not any(canaries_in(open(f, "rb").read()) for f in glob.glob(f"{folder}/**", recursive=True) if os.path.isfile(f) and not f.startswith(f"{folder}/trust/")), folder
        done = audit.by_recipe("proof", folder)
        assert done.returncode == 0 and "everything agrees" in done.stdout, (wanted, done.stdout, done.stderr)

    def a_number_in_a_column():
        """Somebody with the tables calls a message erased that is not, and takes its content: audit verify says so."""
        story.record(content=documents.made_exam("18748-4"))
        of_one = "select max(id) from relais.inbox where erased is null and outcome is not null and exists (select from relais.audit a where a.inbox = inbox.id and a.proof is not null)"
        wait_for("a message in the trail", lambda: sql(w, of_one) != "")
        inbox = sql(w, of_one)
        for number in ("1", "7"):
            sql(w, f"begin; set local session_replication_role = replica; create table public.saved as select * from relais.inbox where id = {inbox}; "
                   f"update relais.inbox set erased = {number}, mail_from = 'x' where id = {inbox}; commit;")
            done = w.relais("audit", "verify", "--json", check=False)
            sql(w, f"begin; set local session_replication_role = replica; update relais.inbox i set erased = null, mail_from = s.mail_from from public.saved s where i.id = s.id; drop table public.saved; commit;")
            assert done.returncode == 1 and "altered" in done.stdout, (number, done)
        assert w.relais("audit", "verify", "--json", check=False).returncode == 0

    def certifies():
        text = officer("retention", "certificate", "1").stdout
        assert "until they are destroyed themselves" in text and "is erased again before the service starts" in text, text
        assert "CERTIFICATE OF ERASURE no. 1" in text and "destroyed, record no." in text and story.ref in text and "Erasure ordered" in text and "dpo" in text, text
        pdf = os.path.join(w.folder, "certificat.pdf")
        officer("retention", "certificate", "1", "--pdf", pdf, "--to", "Mme DOMINIQUE PAT-TROIS|12 RUE DES EXEMPLES|51100 REIMS")
        assert officer("retention", "certificate", "1", "--pdf", pdf, check=False).returncode == 1, "never over a file"
        if papers.HERE:
            with open(pdf, "rb") as f:
                said = papers.text(f.read())
            assert story.ref in said and re.search(r"certificate of erasure no. 1", said) and "PAT-TROIS" in said, said
        assert officer("retention", "certificate", "2", check=False).returncode == 4
        assert [c["number"] for c in officer("retention", "list", as_json=True)] == [1]

    def an_old_backup_brings_nothing_back():
        r = other("ancien")
        r.init()
        w.relais_stop()
        try:
            # The keeper's folder is that of today: it lies outside of database and backups.
            done = r.relais("restore", place("un"), "--key", key, check=False)
            assert done.returncode == 0, done.stdout + done.stderr
            carry_keeper(r)
            fenced(r)
            # The trail goes on under its own key, and nothing of it is wrong but what was erased, which is told.
            r.relais("fence", "lift")
            r.relais("audit", "checkpoint")
            done = r.relais("audit", "verify", "--json", check=False)
            assert done.returncode == 0, [c for c in json.loads(done.stdout) if c["bad"]]
        finally:
            r.stop()
            w.relais_start()

    def nor_do_old_keys():
        """The folder of keys is lost, too, and the copy of the keys is from before the erasure: the keeper's journal of today knows what it destroyed."""
        r = other("vieilles-cles")
        r.init()
        w.relais_stop()
        try:
            subprocess.run(["cp", "-a", f"{w.dir}/journal/.", f"{r.dir}/journal"], check=True)
            size = os.path.getsize(f"{r.dir}/journal/receiver.jsonl")
            stops_half_way(r)
            done = r.relais("restore", place("un"), "--key", key, "--keys", place("cles-un"), check=False)
            assert done.returncode == 0 and "1 keys destroyed since the copy" in done.stderr, done.stdout + done.stderr
            # Broken off behind the database: it goes on over what it brought.
            control = subprocess.run([tool("pg_controldata"), "-D", f"{r.dir}/data"], capture_output=True, text=True, check=True, env=dict(os.environ, LC_ALL="C")).stdout
            begun(r, re.search(r"system identifier: +(\d+)", control)[1], "relais")
            r.relais("restore", place("un"), "--key", key, "--keys", place("cles-un"))
            assert os.path.getsize(f"{r.dir}/journal/receiver.jsonl") == size, "the journals of today stay"
            with open(f"{r.dir}/keeper/destroyed.jsonl", encoding="utf-8") as f:
                assert f'"dossier:{story.ref}"' in f.read()
            assert r.start().returncode == 0 and r.runs(), r.status()
            assert not tables_with(dump(r)), tables_with(dump(r))
            mark = hashlib.sha256(f"dossier:{story.ref}".encode()).hexdigest()[:32]
            # Before it opens anything the keeper makes its folders: it runs, and is not there yet.
            wait_for("the key is gone again", lambda: not os.path.exists(f"{r.dir}/keeper/{mark[:2]}/{mark}.key"), 30)
            assert os.path.exists(f"{r.dir}/keeper/{mark[:2]}"), "that is where it was"
        finally:
            r.stop()
            w.relais_start()

    def into_another_database():
        """--database: what was erased is erased there, in no database that the backup's configuration names. And never over the keys of a keeper that runs."""
        r, there = other("ailleurs"), f"host={w.dir}/run/db dbname=essai user=postgres"
        r.init()
        shutil.rmtree(f"{r.dir}/keeper", ignore_errors=True)
        subprocess.run(["cp", "-a", f"{w.dir}/keeper", f"{r.dir}/keeper"], check=True)
        sql(w, "create database essai")
        try:
            assert r.command("migrate", r.dir, "--database", there).returncode == 0
            with open(f"{r.dir}/keeper/destroyed.jsonl", "rb") as held:
                fcntl.flock(held, fcntl.LOCK_EX)
                done = r.relais("restore", place("un"), "--key", key, "--database", there, check=False)
                assert done.returncode == 1 and f"{r.dir}/keeper: The instance runs" in done.stderr and "backup.running" in done.stderr, done
            assert not os.path.exists(f"{r.dir}/run/restoring"), "nothing was begun"
            done = r.relais("restore", place("un"), "--key", key, "--database", there)
            assert "1 erasures applied again" in done.stdout and "The database agrees" in done.stdout, done.stdout
            left = subprocess.run([tool("pg_dump"), "-h", f"{w.dir}/run/db", "-U", "postgres", "-d", "essai"], capture_output=True, check=True).stdout
            assert b"relais.inbox" in left and not tables_with(left), tables_with(left)
            what_is_there_stays(r, there)
        finally:
            sql(w, "drop database essai")

    def what_is_there_stays(r, there):
        """Broken off and said again, a restore writes over no database that holds anything: not over another one, nor over what it did not bring whole, nor
        over what came in since."""
        def table():
            return subprocess.run([tool("psql"), "-At", "-d", there, "-c", "select 'relais.inbox'::regclass::oid"], capture_output=True, check=True).stdout
        late, before, system = other("trop-tard"), table(), sql(w, "select system_identifier from pg_control_system()")
        late.init()
        assert late.relais("restore", place("gate"), "--key", key, check=False).returncode == 1 and os.path.exists(f"{late.dir}/run/restoring")
        done = late.relais("restore", place("un"), "--key", key, "--database", there, check=False)
        assert done.returncode == 1 and "backup.half" in done.stderr and "not empty" in done.stderr, done
        for system_then, database, brought in ((system, "essai", False), (system, "relais", True), (system + "1", "essai", True)):
            begun(r, system_then, database, brought)
            done = r.relais("restore", place("un"), "--key", key, "--database", there, check=False)
            assert done.returncode == 1 and "backup.half" in done.stderr, done
        begun(r, system, "essai")
        assert "The database agrees" in r.relais("restore", place("un"), "--key", key, "--database", there).stdout
        assert table() == before and not os.path.exists(f"{r.dir}/run/restoring")

    def begun(r, system, database, brought=True):
        with open(os.path.join(place("un"), "manifest.json"), "rb") as f:
            digest = hashlib.sha256(f.read()).hexdigest()
        with open(f"{r.dir}/run/restoring", "w", encoding="utf-8") as f:
            f.write(f"{digest} {system} {database}\n" + ("brought\n" if brought else ""))

    def stops_half_way(r):
        """The database's part is damaged behind its digest. The keys of the copy lie there by then, and so does what was destroyed since; nothing starts."""
        os.unlink(os.path.join(place("gate"), "etranger"))
        done = r.relais("restore", place("gate"), "--key", key, "--keys", place("cles-un"), check=False)
        assert done.returncode == 1, done
        with open(f"{r.dir}/keeper/destroyed.jsonl", encoding="utf-8") as f:
            assert f'"dossier:{story.ref}"' in f.read()
        done = r.start()
        assert done.returncode == 1 and "backup.half" in done.stderr, done
        done = r.command("start", r.dir, "--foreground")
        assert done.returncode == 1 and "backup.half" in done.stderr, done
        master = subprocess.run([os.path.join(r.bin, "relais-master"), "--instance", r.dir], capture_output=True, text=True)
        assert master.returncode == 78 and "restore-unfinished" in master.stderr, master

    def carry_keeper(r):
        """As after a loss of the database alone: the keeper's keys and its list are those of today, and so is the trail's key."""
        subprocess.run(["cp", "-a", f"{w.dir}/keeper", f"{w.dir}/pki/keeper.key", f"{w.dir}/audit.key", w.folder], check=True)
        shutil.rmtree(f"{r.dir}/keeper", ignore_errors=True)
        shutil.move(f"{w.folder}/keeper", f"{r.dir}/keeper")
        os.replace(f"{w.folder}/keeper.key", f"{r.dir}/pki/keeper.key")
        os.replace(f"{w.folder}/audit.key", f"{r.dir}/audit.key")

    def fenced(r):
        """Nothing that reads or sends starts; the word of the operator, and all does."""
        done = r.start()
        assert done.returncode == 3 and "relais retention again" in done.stderr, done
        status = r.status()
        assert status["gate"] == "erasures" and all(p["state"] == "waiting" for p in status["processes"] if p["name"] != "keeper"), status
        assert "relais retention again" in r.command("status", r.dir).stdout
        assert canaries_in(dump(r)), "the columns are back until then"
        assert r.relais("retention", "again", as_json=True) == {"again": 1}
        assert not tables_with(dump(r)), tables_with(dump(r))
        wait_for("all processes", r.runs, 20)
        # Rows that waited when the backup was made are a minute old and more until the linker has had its first second.
        wait_for("all agrees", lambda: r.relais("reconcile", check=False).returncode == 0, 20)
        assert r.relais("dossier", "export", story.ref, "--to", os.path.join(w.folder, "x"), "--for", "officer", check=False).returncode == 1

    # ---------------------------------------------------------------- to the last commit

    def base_backup():
        """What an operator sets up once (docs/operators.md): a base backup, and the log received without a gap, each commit waiting for it."""
        archive, base = place("journal-postgres"), place("base")
        os.makedirs(archive, mode=0o700)
        connect = ["-h", f"{w.dir}/run/db", "-U", "postgres"]
        subprocess.run([tool("pg_receivewal"), *connect, "-D", archive, "--slot", "archive", "--create-slot"], check=True, capture_output=True)
        known["receiver"] = subprocess.Popen([tool("pg_receivewal"), "-d", f"host={w.dir}/run/db user=postgres application_name=archive", "-D", archive, "--slot", "archive",
                                              "--synchronous"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        sql(w, "alter system set synchronous_standby_names = 'archive'")
        sql(w, "select pg_reload_conf()")
        wait_for("the archive keeps up", lambda: sql(w, "select count(*) from pg_stat_replication where sync_state = 'sync'") == "1", 20)
        subprocess.run([tool("pg_basebackup"), *connect, "-D", base, "-X", "none", "-c", "fast"], check=True, capture_output=True)

    def all_of_it_dies():
        """Mail comes in until the very kill: what was acknowledged is in the receivers' journals, which the death does not touch."""
        status = w.status()
        with open(os.path.join(w.dir, "data", "postmaster.pid"), encoding="utf-8") as f:
            parents = [status["pid"], int(f.readline())]
        # Nobody reads meanwhile: what came in is still under way, however quick the others are.
        with stopped([p["pid"] for p in status["processes"] if p["name"] == "inspect"]):
            for _ in range(5):
                story.record(content=documents.made_exam("18748-4"))
            wait_for("mail under way", lambda: w.relais("queue", as_json=True))
            send_signal(parents, signal.SIGSTOP)            # no process is born behind the list of those that die
            family = [*parents, *descendants(parents[0])]
            send_signal(family, signal.SIGKILL)
        known["receiver"].terminate()
        known["receiver"].wait()
        w.started = False
        # Sessions of the database, too: one that lives on writes files where they are taken away.
        wait_for("the end of all", lambda: not any(alive(pid) for pid in family), 20)
        assert w.status()["state"] == "stopped", w.status()
        shutil.rmtree(os.path.join(w.dir, "data"))
        # The disk of the keys goes with it: what is left is keeper.copy, and the master key that was kept elsewhere.
        shutil.rmtree(os.path.join(w.dir, "keeper"))

    def to_the_last_commit():
        subprocess.run(["cp", "-a", os.path.join(w.dir, "second"), os.path.join(w.dir, "keeper")], check=True)
        data, archive = os.path.join(w.dir, "data"), os.path.join(w.folder, "journal-postgres")
        subprocess.run(["cp", "-a", place("base"), data], check=True)
        shutil.copytree(place("journal-postgres"), archive)
        for partial in glob.glob(os.path.join(archive, "*.partial")):
            os.rename(partial, partial.removesuffix(".partial"))
        with open(os.path.join(data, "postgresql.auto.conf"), "a", encoding="utf-8") as f:
            f.write(f"synchronous_standby_names = ''\nrestore_command = 'cp {archive}/%f %p'\n")
        open(os.path.join(data, "recovery.signal"), "w", encoding="utf-8").close()
        subprocess.run(["chown", "-R", "60700:60700", data, archive], check=True)
        os.chmod(data, 0o700)
        w.relais_start()
        wait_for("what was under way", lambda: not w.relais("queue", as_json=True))
        wait_for("the linker", lambda: sql(w, "select count(*) from relais.audit_entry") == "0")
        # Each line of the journals has its row: nothing that was acknowledged is missing.
        checks = {c["name"]: c for c in w.relais("reconcile", as_json=True)}
        assert checks["receivers' journal lines without their row"]["bad"] == 0 and all(c["bad"] == 0 for c in checks.values()), checks
        assert checks["receivers' journal lines without their row"]["counted"] >= 10

    # ---------------------------------------------------------------- two versions

    def release(name, files):
        """A program that brings further migrations: the same executables, a share of its own."""
        folder = os.path.join(w.folder, name)
        for part in ("bin", "share"):
            shutil.copytree(os.path.join(w.folder, part), os.path.join(folder, part))
        last = max(int(os.path.basename(p)[:4]) for p in glob.glob(os.path.join(folder, "share/relais/schema/*.sql")))
        for i, text in enumerate(files, last + 1):
            with open(os.path.join(folder, f"share/relais/schema/{i:04d}_essai.sql"), "w", encoding="utf-8") as f:
                f.write(text)
        return os.path.join(folder, "bin"), last

    def conninfo(user=""):
        return f"host={w.dir}/run/db dbname=relais{user}"

    def node(name, bin_dir):
        """A second node of the same database, beside the first: it hears nobody, and works and sends with it."""
        n = other(name, bin_dir)
        n.init()
        shutil.rmtree(os.path.join(n.dir, "data"))
        with open(os.path.join(w.dir, "relais.conf"), encoding="utf-8") as f:
            text = f.read()
        text = re.sub(r"^collector = {.*?^};\n", "", re.sub(r"listen_port = \d+", "listen_port = 0", text), flags=re.S | re.M)
        with open(os.path.join(n.dir, "relais.conf"), "w", encoding="utf-8") as f:
            f.write(f'database = "{conninfo()}";\n' + text)
        subprocess.run(["cp", "-a", f"{w.dir}/pki/.", f"{n.dir}/pki"], check=True)     # the certificates of the service
        return n

    def filed():
        before = w.relais("reconcile", as_json=True)[0]
        sent = story.record(content=documents.made_exam("18748-4"))
        w.mailbox(HOSPITAL).wait(lambda m: m["In-Reply-To"] == sent)
        return before

    def side_by_side():
        new, last = release("version-2", ["create table relais.essai (id bigint);", ])
        known["last"], b = last, node("noeud-b", new)
        done = b.start()
        assert done.returncode == 3 and "relais migrate" in done.stderr and b.status()["gate"] == "schema-old", done
        b.stop()
        filed()
        done = b.relais("migrate", "--database", conninfo(" user=postgres"))
        assert "1 files applied" in done.stdout, done.stdout
        filed()                                         # the old node goes on with the new schema
        known["b"] = b

    def the_old_one_must_go():
        new, _ = release("version-3", ["create table relais.essai (id bigint);", f"update relais.schema_range set oldest = {known['last'] + 1};"])
        assert "1 files applied" in other("noeud-c", new).command("migrate", known["b"].dir, "--database", conninfo(" user=postgres")).stdout
        first = Instance(w, "relais")
        wait_for("the old node stops by itself", lambda: w.status().get("gate") == "program-old")
        assert all(p["state"] == "waiting" for p in w.status()["processes"]) and "too old" in first.command("status", w.dir).stdout
        assert first.logged("gate-closed")[-1]["why"] == "program-old"
        first.command("stop", w.dir)
        done = first.start()
        assert done.returncode == 3 and "too old for this database" in done.stderr, done
        first.command("stop", w.dir)
        # The new release is installed on it.
        shutil.copytree(os.path.join(w.folder, "version-3", "share"), os.path.join(w.folder, "share"), dirs_exist_ok=True)
        w.relais_start()
        filed()

    def reconcile_afterwards():
        story.reconcile()

    def ends():
        for r in others:
            r.stop()

    yield from [
        ("a dossier to its end", dossier_to_its_end), ("a backup, encrypted, whole", backs_up), ("the keeper's keys never stand beside it", keys_stay_apart),
        ("an altered backup is refused", altered_is_refused), ("it is restored into an empty instance", restores),
        ("the plan, dry: what ends when, by which rule", plans), ("a legal hold, lifted by another person", holds), ("an erasure that was ordered", erases),
        ("no canary is left in a dump of the database", nothing_is_left), ("the evidence is", evidence_is), ("its certificate", certifies),
        ("a backup from before brings nothing back, and nothing starts before it was erased again", an_old_backup_brings_nothing_back),
        ("nor do old keys", nor_do_old_keys), ("restored into a database elsewhere", into_another_database),
        ("a base backup, and the log received with each commit", base_backup), ("all of it is killed, and the database lost", all_of_it_dies),
        ("restored to the last commit: nothing that was acknowledged is missing", to_the_last_commit),
        ("a newer schema under a running node of the release before", side_by_side), ("a node that is too old stops, and says why", the_old_one_must_go),
        ("reconcile agrees", reconcile_afterwards), ("all are stopped", ends),
    ]
