"""The trail: nobody changes it, whoever does is found and told where, and a stranger checks export and proof with the recipes of docs/proof.md."""
import contextlib
import glob
import hashlib
import json
import os
import re
import shutil
import signal
import smtplib
import socket
import ssl
import stat
import subprocess
import time

import clients
import leaks
from database import locked, rows, run, sql, waits_for_lock
from kills import descendants, stopped
from recipes import by_recipe
from tsa import Authority
from walls import MAY, UID, bad_checks, refusals
from world import DEPOT, DOMAIN, HOSPITAL, World, wait_for

OK, FAILED, USAGE, NOT_FOUND = 0, 1, 2, 4
TRAIL = "rows of the trail in their chain"


class AuditWorld(World):
    """A time-stamping authority stands beside it."""

    def _configure(self):
        super()._configure()
        self.authority = Authority(os.path.join(self.folder, "tsa"))
        self.set_groups({"audit": f'    tsa_url = "{self.authority.url}"; tsa_anchors = "{self.authority.root}";'})

    def stop(self):
        super().stop()
        if hasattr(self, "authority"):
            self.authority.stop()


def sha(text):
    return hashlib.sha256(text.encode() if isinstance(text, str) else text).hexdigest()


def verify(world, want=OK):
    done = world.relais("audit", "verify", "--json", check=False)
    found = {c["name"]: c for c in json.loads(done.stdout or "[]") if c["bad"]}
    assert done.returncode == want, (done.returncode, found, done.stderr)
    return found


def linked(world):
    wait_for("the linker", lambda: sql(world, "select count(*) from relais.audit_entry") == "0")


@contextlib.contextmanager
def no_linker(world):
    """What is altered is put back as it was: nothing is linked in between."""
    linked(world)
    refresher = next(p["pid"] for p in world.status()["processes"] if p["name"] == "refresher")
    with stopped([refresher] + descendants(refresher)):
        yield


def as_superuser(world, change, back, name, where):
    """What only an administrator of the database can do: the triggers put to sleep. Found, told where, and fine again once it is undone."""
    sql(world, f"begin; set local session_replication_role = replica; {change}; commit;")
    try:
        found = verify(world, FAILED)
        assert name in found and re.search(where, found[name]["where"]), (name, where, found)
    finally:
        sql(world, f"begin; set local session_replication_role = replica; {back}; commit;")
    assert verify(world) == {}


def cases(world, story):
    w, made = world, {}

    def played():
        for step in ("ask", "complete", "triage", "accept", "annex", "opinion", "release", "proofs"):
            getattr(story, step)()
        # Reports of delivery, too: the cases below write journals and folders anew, and nobody may add to them meanwhile.
        w.rest()
        linked(w)
        made["ref"] = sql(w, "select ref from relais.dossier order by id limit 1")
        w.relais("audit", "checkpoint")
        assert verify(w) == {}

    def every_kind():
        def told():
            return {r["kind"]: r["n"] for r in rows(w, "select kind, count(*) as n from relais.audit group by 1")}
        wait_for("the checkpoint in the trail", lambda: "checkpoint" in told())
        kinds = told()
        assert {"decision", "access", "act", "outcome", "checkpoint"} <= set(kinds) and kinds["decision"] > 50, kinds
        whole, last = sql(w, "select count(*), max(position) from relais.audit").split("|")
        assert whole == last and int(whole) > 100
        # Every event, message, mail and attempt is bound, byte for byte.
        assert sql(w, "select count(*) from relais.audit where proof is null and (what like 'dossier.%' or what like 'message.%' or what in ('mail.sealed', 'mail.attempt') or what like 'asked.%')") == "0"

    def nobody_may():
        """Each role, its own user, tries; then the owner of the tables, whom the triggers stop."""
        wrong = ["update relais.audit set kind = 'access'", "delete from relais.audit", "truncate relais.audit", "insert into relais.audit_entry (kind, what) values ('act', 'x')",
                 "update relais.audit_entry set kind = 'access'", "delete from relais.audit_entry", "truncate relais.audit_entry", "update relais.checkpoint set statement = ''",
                 "delete from relais.checkpoint", "truncate relais.checkpoint", "alter table relais.audit disable trigger all"]
        for role in MAY:
            done = run(w, "".join(s + ";\n" for s in wrong), f"relais_{role}", UID.get(role, 0))
            assert refusals(done) == ["42501"] * len(wrong), (role, refusals(done), done.stderr[:300])
        sql(w, "insert into relais.audit_entry (kind, what) values ('act', 'kept')")
        before = sql(w, "select count(*) from relais.audit")
        owner = [s for s in wrong if not s.startswith(("insert", "alter", "delete from relais.audit_entry", "update relais.audit_entry"))]
        done = run(w, "set role relais_owner;\nbegin; insert into relais.audit_entry (kind, what) values ('act', 'kept'); update relais.audit_entry set kind = 'access'; rollback;\n"
                      "begin; insert into relais.audit_entry (kind, what) values ('act', 'kept'); delete from relais.audit_entry; rollback;\n" + "".join(s + ";\n" for s in owner))
        assert refusals(done) == ["RL001"] * (2 + len(owner)), (refusals(done), done.stderr[:600])
        linked(w)
        assert int(before) <= int(sql(w, "select count(*) from relais.audit")) and verify(w) == {}

    def tampering():
        with no_linker(w):
            tampered_rows()

    def tampered_rows():
        p = int(sql(w, "select position from relais.audit where what = 'dossier.requested' limit 1"))
        where = f"position = {p}"
        as_superuser(w, f"update relais.audit set rule = 'x/1' where {where}", f"update relais.audit set rule = (select e.rule from relais.dossier_event e join relais.dossier d on d.id = e.dossier where d.ref = audit.ref and e.seq = audit.event) where {where}", TRAIL, rf"position {p}$")
        as_superuser(w, f"create table public.saved as select * from relais.audit where {where}; delete from relais.audit where {where}",
                     "insert into relais.audit select * from public.saved; drop table public.saved", TRAIL, rf"missing before position {p + 1}$")
        cut = sql(w, "select (statement::jsonb->'trail'->>'position') from relais.checkpoint order by id desc limit 1")
        as_superuser(w, f"create table public.saved as select * from relais.audit where position >= {cut}; delete from relais.audit where position >= {cut}; "
                        f"update relais.tally set n = n - (select count(*) from public.saved) where what = 'audit'",
                     "update relais.tally set n = n + (select count(*) from public.saved) where what = 'audit'; insert into relais.audit select * from public.saved; drop table public.saved",
                     "checkpoints against the trail", "does not reach where it was sealed")
        # Put in between, with links that fit from there on: a chain that somebody computed anew. The seal does not know it.
        again = """do $$ declare r relais.audit; before text := repeat('0', 64); begin
  for r in select * from relais.audit order by position loop
    r.link := relais.audit_next(before, relais.audit_line(r)); before := encode(r.link, 'hex');
    update relais.audit a set link = r.link where a.position = r.position; end loop; end $$"""
        away, far = 1000000, "position > 1000000"
        as_superuser(w, f"update relais.audit set position = position + {away} where position > {p}; update relais.audit set position = position - {away - 1} where {far}; "
                        f"insert into relais.audit select {p} + 1, id + {away}, at, kind, 'dossier.invented', actor, rule, reason, null, null, null, null, null, null, link from relais.audit where {where}; {again}",
                     f"delete from relais.audit where what = 'dossier.invented'; update relais.audit set position = position + {away} where position > {p}; "
                     f"update relais.audit set position = position - {away + 1} where {far}; {again}",
                     "checkpoints against the trail", r"not the one that was sealed: checkpoint \d+$")
        swap = (f"update relais.audit set position = position + {away} where position in ({p}, {p} + 1); "
                f"update relais.audit set position = case position when {p} + {away} then {p} + 1 else {p} end where {far}")
        as_superuser(w, swap, swap, TRAIL, rf"out of its order: position {p}$")
        # Bound to nothing, as who links could leave it.
        as_superuser(w, f"create table public.saved as select proof from relais.audit where {where}; update relais.audit set proof = null where {where}",
                     f"update relais.audit set proof = (select proof from public.saved) where {where}; drop table public.saved", "rows against what they stand for", rf"bound to nothing: position {p}$")
        # The verdict on a signature, long after it was given.
        message = sql(w, "select min(id) from relais.inbox where facts #>> '{signature,verdict}' = 'valid' and outcome in ('filed', 'applied')")
        as_superuser(w, f"""update relais.inbox set facts = jsonb_set(facts, '{{signature,verdict}}', '"invalid"') where id = {message}""",
                     f"""update relais.inbox set facts = jsonb_set(facts, '{{signature,verdict}}', '"valid"') where id = {message}""", "rows against what they stand for", r"altered: position \d+$")
        event = "seq = 1 and dossier = (select min(id) from relais.dossier)"
        as_superuser(w, f"create table public.saved as select data from relais.dossier_event where {event}; update relais.dossier_event set data = data || '{{\"x\": 1}}' where {event}",
                     f"update relais.dossier_event set data = (select data from public.saved) where {event}; drop table public.saved", "rows against what they stand for", rf"altered: position {p}$")

    def seals():
        """The signer's journal and the outbox, both ways; the line and the row are named."""
        journal = os.path.join(w.dir, "journal/signer.jsonl")
        with open(journal) as f:
            lines = f.readlines()
        n = next(i for i, line in enumerate(lines) if '"outbox"' in line)
        outbox = json.loads(lines[n])["outbox"]
        sql(w, f"begin; set local session_replication_role = replica; create table public.saved as select * from relais.outbox where id = {outbox}; "
               f"delete from relais.outbox where id = {outbox}; commit;")
        found = verify(w, FAILED)
        assert found["seals without their outbox row"]["where"] == f"line {n + 1}: there is no S{outbox}", found
        sql(w, "begin; set local session_replication_role = replica; insert into relais.outbox overriding system value select * from public.saved; drop table public.saved; commit;")
        assert verify(w) == {}

        def with_journal(text, name, where):
            with open(journal, "w") as f:               # the same file: the signer has it open
                f.write(text)
            found = verify(w, FAILED)
            assert name in found and re.search(where, found[name]["where"]), (name, where, found)
        try:
            with_journal("".join(lines[:n] + lines[n + 1:]), "outbox rows without their seal", rf"^S{outbox}$")
            with_journal("".join(lines[:n] + lines[n + 1:]), "lines of the signer's journal in their chain", rf"line {n + 1}$|checkpoint")
            with_journal("".join(lines[:n] + [lines[n].replace('"sent":"', '"sent":"0')[:-2] + "\n"] + lines[n + 1:]), "outbox rows without their seal", rf"^S{outbox}$")
            with_journal("".join(lines[:n + 1]), "lines of the signer's journal in their chain", "shorter than checkpoint")
        finally:
            with_journal_back = "".join(lines)
            with open(journal, "w") as f:
                f.write(with_journal_back)
        assert verify(w) == {}

    def journals():
        path = os.path.join(w.dir, "journal/receiver.jsonl")
        with open(path) as f:
            text = f.read()
        for changed in (text.replace('"size":', '"size":1', 1), text[text.index("\n") + 1:]):
            with open(path, "w") as f:
                f.write(changed)
            assert "receiver.jsonl is not what it was" in verify(w, FAILED)["journals of others against the checkpoints"]["where"]
        with open(path, "w") as f:
            f.write(text)
        assert verify(w) == {}

    def checkpoints():
        wait_for("the time-stamps", lambda: sql(w, "select count(*) from relais.checkpoint where stamp is null") == "0")
        numbers = [int(r["id"]) for r in rows(w, "select id from relais.checkpoint where sealed_at is not null order by id")]
        wait_for("the copies", lambda: len(glob.glob(os.path.join(w.dir, "checkpoints/*.tsr"))) == len(numbers))
        assert len(numbers) >= 1 and verify(w) == {}
        one = os.path.join(w.dir, f"checkpoints/{numbers[0]}")
        for ending in ("json", "p7s", "tsr"):
            with open(f"{one}.{ending}", "r+b") as f:
                whole = f.read()
                f.seek(len(whole) // 2)
                f.write(bytes([whole[len(whole) // 2] ^ 1]))
            assert "checkpoints outside the database" in verify(w, FAILED), ending
            with open(f"{one}.{ending}", "wb") as f:
                f.write(whole)
        one_spoilt_copy(one + ".json")
        as_superuser(w, f"create table public.saved as select * from relais.checkpoint where id = {numbers[-1]}; delete from relais.checkpoint where id = {numbers[-1]}; "
                        "update relais.tally set n = n - 1 where what = 'checkpoint'",
                     "insert into relais.checkpoint overriding system value select * from public.saved; drop table public.saved; update relais.tally set n = n + 1 where what = 'checkpoint'",
                     "checkpoints in the signer's journal and in the database", f"has no checkpoint {numbers[-1]}$")
        as_superuser(w, f"update relais.checkpoint set seal = set_byte(seal, length(seal) - 9, get_byte(seal, length(seal) - 9) # 1) where id = {numbers[0]}",
                     f"update relais.checkpoint set seal = set_byte(seal, length(seal) - 9, get_byte(seal, length(seal) - 9) # 1) where id = {numbers[0]}",
                     "checkpoints: seal, and the one before", f"not of this statement: checkpoint {numbers[0]}$")
        as_superuser(w, f"update relais.checkpoint set stamp = set_byte(stamp, length(stamp) - 9, get_byte(stamp, length(stamp) - 9) # 1) where id = {numbers[0]}",
                     f"update relais.checkpoint set stamp = set_byte(stamp, length(stamp) - 9, get_byte(stamp, length(stamp) - 9) # 1) where id = {numbers[0]}",
                     "time-stamps of checkpoints", f"does not hold: checkpoint {numbers[0]}$")

    def one_spoilt_copy(path):
        """A copy that is not the checkpoint's is told, and keeps no later one inside."""
        alarmed = "select count(*) from relais.alarm where name = 'audit.folder' and cleared_at is null"
        with open(path, "rb") as f:
            whole = f.read()
        try:
            with open(path, "wb") as f:
                f.write(b"{}")
            os.kill(next(p["pid"] for p in w.status()["processes"] if p["name"] == "refresher"), signal.SIGKILL)    # from the first one on
            wait_for("the alarm", lambda: sql(w, alarmed) == "1", 30)
            w.relais("audit", "checkpoint")
            last = sql(w, "select max(id) from relais.checkpoint where sealed_at is not null")
            wait_for("the later one's copy", lambda: os.path.exists(os.path.join(w.dir, f"checkpoints/{last}.p7s")), 30)
            assert sql(w, alarmed) == "1"
        finally:
            with open(path, "wb") as f:
                f.write(whole)
        wait_for("the end of the alarm", lambda: sql(w, alarmed) == "0", 30)
        wait_for("the stamps", lambda: sql(w, "select count(*) from relais.checkpoint where stamp is null") == "0", 90)

    def going_back():
        """The signer seals no trail that is shorter than it was, and seals again once it is whole."""
        with no_linker(w):
            sealed = "select count(*) from relais.checkpoint where sealed_at is not null"
            before = sql(w, sealed)
            sql(w, "begin; set local session_replication_role = replica; create table public.saved as select * from relais.audit where position > 20; delete from relais.audit where position > 20; commit;")
            sql(w, "select relais.checkpoint_ask('x')")
            said = lambda: open(os.path.join(w.dir, "log/relais.log")).read().count("checkpoint-refused")    # noqa: E731
            wait_for("the signer's word", lambda: said() > 0, 30)
            # A signer that was started again, and a database whose checkpoints were taken out as well: its own journal knows.
            sql(w, "begin; set local session_replication_role = replica; create table public.points as select * from relais.checkpoint where sealed_at is not null; "
                   "delete from relais.checkpoint where sealed_at is not null; commit;")
            words, pid = said(), signer()["pid"]
            os.kill(pid, signal.SIGKILL)
            wait_for("another signer", lambda: signer()["pid"] not in (0, None, pid), 30)
            wait_for("its word", lambda: said() > words, 30)
            sql(w, "begin; set local session_replication_role = replica; insert into relais.checkpoint overriding system value select * from public.points; drop table public.points; commit;")
            assert sql(w, sealed) == before
            sql(w, "begin; set local session_replication_role = replica; insert into relais.audit select * from public.saved; drop table public.saved; commit;")
            wait_for("the checkpoint", lambda: int(sql(w, sealed)) > int(before), 30)
        linked(w)                                       # what waited meanwhile may be a minute old
        assert bad_checks(w, 0) == [] and verify(w) == {}

    def forgiven():
        """Nothing is told as lost without a fence; a restore that somebody wrote by hand is no restore."""
        done = w.relais("fence", "lift", check=False)
        assert done.returncode == FAILED and "fence.open" in done.stderr, done
        assert sql(w, "select count(*) from relais.audit_restores()") == "0"
        with no_linker(w):
            sql(w, """insert into relais.audit_entry (kind, what, detail) values ('act', 'trail.restored', '{"node": "x", "first": 1, "last": 9, "from": 0, "to": 1000000000, "seals": 9}')""")
            assert [n for n in verify(w, FAILED) if n.startswith("a restore: position 0, ")]
            sql(w, "begin; set local session_replication_role = replica; delete from relais.audit_entry where what = 'trail.restored'; commit;")
        assert verify(w) == {}

    def signer():
        return next(p for p in w.status()["processes"] if p["name"] == "signer")

    def another_key():
        """A key that is not the trail's binds nothing, and confirms nothing."""
        linked(w)
        path = os.path.join(w.dir, "audit.key")
        refresher = next(p["pid"] for p in w.status()["processes"] if p["name"] == "refresher")
        shutil.copy2(path, path + ".kept")
        alarmed = "select count(*) from relais.alarm where name = 'audit.key' and cleared_at is null"
        try:
            with open(path, "r+b") as f:
                f.write(os.urandom(32))
            assert "the key of the trail" in verify(w, FAILED)
            assert "audit.key" in w.relais("proof", "R1", "--out", path + ".proof", check=False).stderr
            os.kill(refresher, signal.SIGKILL)
            wait_for("the alarm", lambda: sql(w, alarmed) == "1", 30)
            position = sql(w, "select max(position) from relais.audit")
            w.relais("audit", "list", "--most", "1")
            time.sleep(2.5)
            assert sql(w, "select max(position) from relais.audit") == position and sql(w, "select count(*) from relais.audit_entry") != "0"
            os.truncate(path, 31)
            assert "cannot be read" in verify(w, FAILED)["the key of the trail"]["where"]
        finally:
            with open(path + ".kept", "rb") as f, open(path, "r+b") as g:
                g.write(f.read())
            os.unlink(path + ".kept")
        os.kill(next(p["pid"] for p in w.status()["processes"] if p["name"] == "refresher"), signal.SIGKILL)
        wait_for("the end of the alarm", lambda: sql(w, alarmed) == "0", 30)
        linked(w)
        assert verify(w) == {}

    def keys_destroyed():
        """The keeper's list of destroyed keys: its chain, and nothing taken off its end or out of its middle, the chain made anew."""
        path, journal = os.path.join(w.dir, "keeper/destroyed.jsonl"), os.path.join(w.dir, "journal/keeper.jsonl")
        with open(path, "rb") as f, open(journal, "rb") as g:
            kept, told = f.read(), g.read()
        previous = lambda text: "0" * 64 if not text else hashlib.sha256(text.splitlines()[-1]).hexdigest()       # noqa: E731
        one = '{"at":"2026-11-22T00:00:00Z","n":%d,"name":"dossier:X","by":"dpo","previous":"%s"}\n'
        n = 1 + max([json.loads(line)["n"] for line in kept.splitlines()] or [0])
        with stopped([w.status()["pid"]]):              # the master's gate would close at a destroyed key that the database does not know
            try:
                for added, want in ((one % (n, previous(kept)), None), (one % (n, "1" * 64), "the line before it is missing or altered")):
                    with open(path, "wb") as f:
                        f.write(kept + added.encode())
                    found = verify(w, FAILED if want else OK)
                    assert not want or want in found["keys that the keeper destroyed, in their chain"]["where"], found
                # Two that the keeper's journal has; the list has the later one alone, in a chain that fits.
                text = told
                for k in (0, 1):
                    text += b'{"at":"2026-11-22T00:00:00Z","event":"destroyed","key":"dossier:X%d","n":%d,"previous":"%s"}\n' % (k, n + k, previous(text).encode())
                with open(journal, "wb") as f:
                    f.write(text)
                for has, lacks in ((1, 0), (0, 1)):
                    with open(path, "wb") as f:
                        f.write(kept + (one % (n + has, previous(kept))).replace("dossier:X", f"dossier:X{has}").encode())
                    assert f"no. {n + lacks}," in verify(w, FAILED)["keys that the keeper destroyed, in their chain"]["where"]
            finally:
                for name, text in ((path, kept), (journal, told)):
                    with open(name, "wb") as f:
                        f.write(text)
        assert verify(w) == {}

    def stamps_refused():
        """A wrong answer is not kept, and is asked for again; a false authority is not believed."""
        said = lambda: open(os.path.join(w.dir, "log/relais.log")).read().count("stamp-failed")     # noqa: E731
        for mood in ("garbage", "other", "stranger", "nonce"):
            w.authority.mood = mood
            before = said()
            w.relais("audit", "checkpoint")
            wait_for(f"the refresher's refusal ({mood})", lambda: said() > before, 90)
            assert sql(w, "select count(*) from relais.checkpoint where stamp is null") != "0", mood
            w.authority.mood = "good"
            w.relais("reload")
            wait_for("the stamps", lambda: sql(w, "select count(*) from relais.checkpoint where stamp is null and sealed_at is not null") == "0", 90)

    def exported():
        folder = made["export"] = os.path.join(w.folder, "export")
        answer = w.relais("audit", "export", folder, as_json=True)
        assert answer["checkpoint"] > 0 and answer["files"] > 10, answer
        assert stat.S_IMODE(os.stat(folder).st_mode) == 0o700 and all(stat.S_IMODE(os.stat(f).st_mode) == 0o600 for f in glob.glob(folder + "/*.jsonl"))
        done = by_recipe("export", folder)
        assert done.returncode == 0 and "everything agrees" in done.stdout, (done.stdout, done.stderr)
        assert w.relais("audit", "export", folder, check=False).returncode == FAILED, "written over"

    def no_content():
        who, what = leaks.words(w)

        def sources(folder):
            for path in glob.glob(folder + "/**", recursive=True):
                if os.path.isfile(path):
                    with open(path, "rb") as f:
                        yield path, f.read()
        found, looked, _ = leaks.caught(sources(made["export"]), {**who, **what})
        assert not found and looked > 10 and len(who) >= 6, (found[:3], looked)
        # The net must be able to catch: a proof has all of it.
        w.relais("proof", made["ref"], "--out", made["export"] + "-p")
        assert leaks.caught(sources(made["export"] + "-p"), who)[0], "the search finds nothing where all stands"

    def export_tampered():
        each_tampered(made["export"], "export", resummed=("trail/", "links/", "checkpoints/", "signer.jsonl", "sealed.jsonl", "journals/receiver.jsonl"))

    def export_forgiving():
        """A restore that nobody sealed, put behind the last checkpoint by whoever holds the folder, and what left without its row taken out."""
        folder = made["export"]
        rows_file, links_file = (sorted(glob.glob(os.path.join(folder, f"{part}/*")))[-1] for part in ("trail", "links"))
        kept = {}
        for path in (rows_file, links_file, os.path.join(folder, "sealed.jsonl")):
            with open(path, "rb") as f:
                kept[os.path.relpath(path, folder)] = f.read()
        last = kept[os.path.relpath(rows_file, folder)].decode().splitlines()[-1]
        line = json.dumps({"position": json.loads(last)["position"] + 1, "what": "trail.restored", "detail": {"node": "x", "first": 1, "last": 0, "from": 0, "to": 10 ** 18, "seals": 99}})
        with open(rows_file, "a") as f:
            f.write(line + "\n")
        with open(links_file, "a") as f:
            f.write(sha(f"{kept[os.path.relpath(links_file, folder)].decode().split()[-1]} {sha(line)}") + "\n")
        with open(os.path.join(folder, "sealed.jsonl"), "w") as f:
            f.writelines(kept["sealed.jsonl"].decode().splitlines(keepends=True)[1:])
        kept.update(make_sums_anew(folder, "sealed.jsonl", files_of(folder)))
        done = by_recipe("export", folder)
        assert done.returncode != 0 and "sealed, and there is no such mail" in done.stdout, (done.stdout, done.stderr)
        put_back(folder, kept)
        assert by_recipe("export", folder).returncode == 0

    def proved():
        """Of the dossier, of one mail, of one message; the page is one page, in both languages."""
        ref, outbox, inbox = made["ref"], sql(w, "select min(id) from relais.outbox where code = 'M21' and state = 'accepted'"), sql(w, "select min(id) from relais.inbox where outcome = 'filed'")
        message_id = sql(w, f"select message_id from relais.outbox where id = {outbox}").strip("<>")
        made["proof"] = os.path.join(w.folder, "proof")
        for wanted, folder, language in ((ref, made["proof"], "fr"), (f"S{outbox}", made["proof"] + "-s", "en"), (f"R{inbox}", made["proof"] + "-r", "fr"), (message_id, made["proof"] + "-m", "en")):
            answer = w.relais("proof", wanted, "--out", folder, "--language", language, as_json=True)
            assert answer["altered"] == 0 and answer["rows_without_checkpoint"] == 0 and answer["rows"] > 0, answer
            assert stat.S_IMODE(os.stat(folder).st_mode) == 0o700, folder
            assert all(stat.S_IMODE(os.stat(f).st_mode) == (0o700 if os.path.isdir(f) else 0o600) for f in glob.glob(folder + "/**", recursive=True)), folder
            done = by_recipe("proof", folder)
            assert done.returncode == 0 and "everything agrees" in done.stdout, (wanted, done.stdout, done.stderr)
            sheet(folder, language, ref if wanted == ref else wanted)
        names = {os.path.basename(f) for f in glob.glob(made["proof"] + "/*/*")}
        classes = [json.load(open(f))["class"] for f in glob.glob(made["proof"] + "/received/*.json")]
        assert "report" in classes and f"S{outbox}.eml" in names and f"R{inbox}.pem" in names and "tls.pem" in names, (classes, sorted(names))
        answers = json.load(open(f"{made['proof']}/sent/S{outbox}.json"))
        assert answers["attempts"][-1]["result"] == "accepted" and answers["reply_code"] == 250, answers
        told = [json.load(open(f)) for f in glob.glob(made["proof"] + "/evidence/*.json")]
        assert any(t.get("kind") == "released" and "/" in t["rule"] for t in told) and any("attempts" not in t and "entity" in t for t in told), "decisions with their rule, seals"
        assert rows(w, f"select count(*) as n from relais.audit where what = 'relais proof' and ref = '{ref}' and actor = 'infirmiere'")[0]["n"] == 2

    def sheet(folder, language, reference):
        path = os.path.join(folder, "sheet.pdf")
        text = subprocess.run(["pdftotext", "-layout", path, "-"], capture_output=True, text=True, check=True).stdout
        info = subprocess.run(["pdfinfo", path], capture_output=True, text=True, check=True).stdout
        assert re.search(r"^Pages:\s+1$", info, re.M), info
        assert ("Fiche de preuve" if language == "fr" else "Proof sheet") in text and reference.strip("<>")[:30] in re.sub(r"\s", "", text), text

    def proof_tampered():
        """Whatever is altered, its sums made anew or not: a seal is over the whole. What was bound when it happened is found without that seal, too."""
        each_tampered(made["proof"] + "-s", "proof", resummed=())
        folder = made["proof"]
        for file, old, new in (("received/*.json", '"verdict": ?"valid"', '"verdict":"invalid"'), ("received/*.json", '"outcome": ?"[a-z]+"', '"outcome":"refused"'),
                               ("received/*.json", '"signer": ?"[^"]*"', '"signer":"CN=Personne"'), ("sent/*.json", '"reply_code": ?250', '"reply_code":251'), ("sent/*.json", '"state": ?"accepted"', '"state":"failed"'),
                               ("sent/*.json", '"result": ?"accepted"', '"result":"refused"'), ("sent/*.json", '"recipient": ?"[^"]*"', '"recipient":"autre@patient.mssante.fr"')):
            rewritten(folder, file, old, new)
        dropped(folder)
        resealed(folder)

    def rewritten(folder, pattern, old, new):
        """A word in a file that has it, with its sums and the manifest: the recipe names that file, beside the broken seal."""
        names = [n for n in sorted(glob.glob(os.path.join(folder, pattern))) if re.search(old, open(n).read()) and '"outcome":"held"' not in open(n).read().replace(" ", "")]
        assert names, (pattern, old)
        for path in names[:2]:
            with open(path) as f:
                whole = f.read()
            with open(path, "w") as f:
                f.write(re.sub(old, new, whole))
            file = os.path.relpath(path, folder)
            kept = make_sums_anew(folder, file, files_of(folder))
            done = by_recipe("proof", folder)
            assert done.returncode != 0 and file in done.stdout, (file, new, done.stdout, done.stderr)
            put_back(folder, {**kept, file: whole.encode()})
        assert by_recipe("proof", folder).returncode == 0

    def dropped(folder):
        """A message with its rows' evidence and keys taken out, as if it had been erased, and the manifest told so."""
        file = sorted(glob.glob(os.path.join(folder, "received/*.eml")))[0]
        id = os.path.basename(file)[:-4]
        kept = {}
        for name in ("trail/rows.jsonl", f"received/{id}.eml", "manifest.json"):
            with open(os.path.join(folder, name), "rb") as f:
                kept[name] = f.read()
        lines = [json.loads(line) for line in kept["trail/rows.jsonl"].decode().splitlines()]
        for one in lines:
            if f'"inbox":{id[1:]},' in one["line"] and '"message.' in one["line"]:
                evidence = f"evidence/{one['position']}.json"
                with open(os.path.join(folder, evidence), "rb") as f:
                    kept[evidence] = f.read()
                os.unlink(os.path.join(folder, evidence))
                one["key"] = None
        assert len(kept) > 3
        with open(os.path.join(folder, "trail/rows.jsonl"), "w") as f:
            f.writelines(json.dumps(one) + "\n" for one in lines)
        os.unlink(file)
        manifest = json.loads(kept["manifest.json"])
        manifest["left_out"] = [id]
        manifest["files"] = [f for f in manifest["files"] if f["name"] not in kept or f["name"] == "trail/rows.jsonl"]
        with open(os.path.join(folder, "manifest.json"), "w") as f:
            json.dump(manifest, f)
        kept["SHA256SUMS"] = make_sums_anew(folder, "trail/rows.jsonl", files_of(folder))["SHA256SUMS"]
        done = by_recipe("proof", folder)
        assert done.returncode != 0 and "nothing says that it was erased" in done.stdout, (done.stdout, done.stderr)
        put_back(folder, kept)
        assert by_recipe("proof", folder).returncode == 0

    def resealed(folder):
        """The page exchanged, and a seal of his own over the new sums: an old checkpoint of the same folder, and a row that nobody sealed behind it."""
        seal = [f"seal/{name}" for name in ("checkpoint.json", "checkpoint.p7s", "checkpoint.tsr", "links.txt", "row.json") if os.path.exists(os.path.join(folder, "seal", name))]
        kept = {}
        for name in ["sheet.pdf", *seal]:
            with open(os.path.join(folder, name), "rb") as f:
                kept[name] = f.read()
        point = sorted(glob.glob(os.path.join(folder, "checkpoints/*.json")))[0]
        with open(point) as f:
            end = json.load(f)["trail"]["position"]
        with open(os.path.join(folder, "trail/links.txt")) as f:
            met = next(line for line in f if line.startswith(f"{end} "))
        with open(os.path.join(folder, "sheet.pdf"), "ab") as f:
            f.write(b"another page")
        kept.update(make_sums_anew(folder, "sheet.pdf", files_of(folder)))
        for ending in ("json", "p7s", "tsr"):
            if f"seal/checkpoint.{ending}" in seal:
                shutil.copy(point[:-4] + ending, os.path.join(folder, f"seal/checkpoint.{ending}"))
        for position in (end + 1, end + 2):
            with open(os.path.join(folder, "SHA256SUMS"), "rb") as f:
                line = json.dumps({**json.loads(json.loads(kept["seal/row.json"])["line"]), "position": position, "detail": {"sums": sha(f.read())}})
            with open(os.path.join(folder, "seal/links.txt"), "w") as f:
                f.write(f"{met}{position} {sha(line)} {sha(met.split()[2] + ' ' + sha(line))}\n")
            with open(os.path.join(folder, "seal/row.json"), "w") as f:
                json.dump({"position": position, "line": line}, f)
            done = by_recipe("proof", folder)
            assert done.returncode != 0 and done.stdout.strip() == "seal/row.json: not a word of the service's on these files", (position, done.stdout, done.stderr)
        put_back(folder, kept)
        assert by_recipe("proof", folder).returncode == 0

    def asked_wrongly():
        for words, want in ((("proof",), USAGE), (("proof", "A-2026-000000-AA"), NOT_FOUND), (("proof", "R999999"), NOT_FOUND), (("proof", made["ref"], "--language", "de"), USAGE),
                            (("audit",), USAGE), (("audit", "forget"), USAGE), (("audit", "list", "--since", "yesterday"), USAGE)):
            assert w.relais(*words, check=False).returncode == want, words
        assert w.relais("proof", made["ref"], "--out", made["proof"], check=False).returncode == FAILED

    def strangers():
        """What is refused before a message is taken in: at MAIL, at RCPT, in TLS; counted, and no more than a few rows whatever a stranger does."""
        def told():
            return {r["step"]: int(r["n"]) for r in rows(w, "select detail->>'step' as step, sum((detail->>'count')::bigint) as n from relais.audit where what = 'peer.refused' group by 1")}
        def stopping(pid):
            with open(os.path.join(w.dir, "log/relais.log")) as f:
                return any(f'"pid":{pid},"event":"stopping"' in line for line in f)
        def nonsense(times):
            for _ in range(times):
                with socket.create_connection(("127.0.0.1", w.port), 30) as s:
                    s.recv(1000)
                    s.sendall(b"EHLO x\r\n")
                    s.recv(1000)
                    s.sendall(b"STARTTLS\r\n")
                    s.recv(1000)
                    s.sendall(b"no TLS at all\r\n")
                    with contextlib.suppress(ConnectionResetError):
                        while s.recv(1000):             # it hangs up once it has counted
                            pass
        before = told()
        pair = tuple(f"{w.pki}/operateur-a.{e}" for e in ("pem", "key"))
        for sender, recipient in [("personne@nulle-part.exemple", DEPOT)] * 3 + [(HOSPITAL, f"inconnu@{DOMAIN}")]:
            try:
                clients.send(w.port, w.anchors, sender, [recipient], b"x", *pair)
                raise AssertionError(f"{sender} to {recipient}: taken")
            except clients.Refused:
                pass
        nonsense(40)
        wait_for("the half minute", lambda: told().get("handshake", 0) >= before.get("handshake", 0) + 40, 60)
        now = told()
        assert now.get("sender", 0) >= before.get("sender", 0) + 3 and now.get("recipient", 0) >= before.get("recipient", 0) + 1, (before, now)
        told_rows = rows(w, "select reason, detail from relais.audit where what = 'peer.refused'")
        assert len(told_rows) < 20 and all(r["reason"] and r["detail"]["peer"] == "127.0.0.1" for r in told_rows), told_rows
        # A receiver that is ended while a message is under way, which it waits for, tells at once what it refused before; what it was not yet done
        # telling, too.
        context = ssl.create_default_context(cafile=w.anchors)
        context.check_hostname = False
        context.load_cert_chain(*pair)
        with smtplib.SMTP("127.0.0.1", w.port, timeout=60) as slow:
            slow.starttls(context=context)
            slow.ehlo("client.example")
            slow.mail(HOSPITAL)
            slow.rcpt(DEPOT)
            assert slow.docmd("DATA")[0] == 354
            nonsense(3)
            with locked(w, "audit_entry"):
                wait_for("the next half minute", lambda: waits_for_lock(w, "receiver"))
                nonsense(4)
                receiver = next(p["pid"] for p in w.status()["processes"] if p["name"] == "receiver")
                os.kill(receiver, signal.SIGTERM)
                wait_for("it hears of it", lambda: stopping(receiver))
            wait_for("what was refused before the end", lambda: told()["handshake"] >= now["handshake"] + 7, 8)
            slow.sock.close()
        assert verify(w) == {}

    def accesses():
        for words in (("dossier", "show", made["ref"]), ("dossier", "history", made["ref"]), ("trace", "R1")):
            w.relais(*words)
        linked(w)
        found = w.relais("audit", "list", "--kind", "access", "--ref", made["ref"], as_json=True)
        assert {"relais dossier show", "relais dossier history", "relais proof"} <= {r["what"] for r in found} and all(r["actor"] == "infirmiere" for r in found), found
        assert any(r["inbox"] == 1 and r["what"] == "relais trace" for r in w.relais("audit", "list", "--actor", "infirmiere", as_json=True))
        assert w.relais("audit", "list", "--kind", "access", "--until", "2020-01-01T00:00:00Z", as_json=True) == []
        assert len(w.relais("audit", "list", "--most", "3", as_json=True)) == 3

    yield "a dossier's life, then a checkpoint: everything agrees", played
    yield "rows of every kind, each bound to what it stands for", every_kind
    yield "no role changes or deletes a row, nor does their owner", nobody_may
    yield "rows altered, deleted, cut off, put in, moved; evidence altered: found, and told where", tampering
    yield "a seal without its row, a row without its seal, a line taken out", seals
    yield "the journal of acceptance against the checkpoints", journals
    yield "checkpoints: stamped, copied outside; altered or taken out: found", checkpoints
    yield "the signer seals no trail that goes back", going_back
    yield "a lift without a fence, a restore written by hand: nothing is forgiven", forgiven
    yield "another key than the trail's: nothing is bound, nothing confirmed", another_key
    yield "the keeper's list of destroyed keys: altered, or cut short: found", keys_destroyed
    yield "a time-stamp that is not right is not kept", stamps_refused
    yield "an export, checked by the recipe as it is written", exported
    yield "nothing of a patient in it", no_content
    yield "each of its files altered: the recipe says so", export_tampered
    yield "a restore that nobody sealed forgives nothing in it", export_forgiving
    yield "proofs of a dossier, a mail, a message; checked by the recipe as it is written", proved
    yield "each file of a proof altered: the recipe says so", proof_tampered
    yield "asked wrongly", asked_wrongly
    yield "who looked at what", accesses
    yield "who was refused before DATA, or in TLS: counted rows", strangers


def each_tampered(folder, name, resummed):
    """One byte of each file, put back after it; then the same with sums (and a manifest) that were made anew by whoever altered it."""
    files = files_of(folder)
    tried = again = 0
    for file in files:
        path = os.path.join(folder, file)
        with open(path, "rb") as f:
            whole = f.read()
        if not whole:
            continue
        bent = bytearray(whole)
        bent[len(whole) // 2] ^= 1
        with open(path, "wb") as f:
            f.write(bent)
        assert by_recipe(name, folder).returncode != 0, f"{file}: altered, and nothing says so"
        tried += 1
        if file.startswith(resummed) or (resummed == () and file != "SHA256SUMS" and not file.startswith("seal/")):
            kept = make_sums_anew(folder, file, files)
            assert by_recipe(name, folder).returncode != 0, f"{file}: altered with its sums, and nothing says so"
            again += 1
            put_back(folder, kept)
        with open(path, "wb") as f:
            f.write(whole)
    assert by_recipe(name, folder).returncode == 0 and tried >= len(files) - 3 and again > 5, (tried, again, len(files))


def files_of(folder):
    return sorted(os.path.relpath(f, folder) for f in glob.glob(folder + "/**", recursive=True) if os.path.isfile(f))


def put_back(folder, kept):
    for name, text in kept.items():
        with open(os.path.join(folder, name), "wb") as f:
            f.write(text)


def make_sums_anew(folder, file, files):
    kept = {}
    manifest = os.path.join(folder, "manifest.json")
    digest = subprocess.run(["sha256sum", file], cwd=folder, capture_output=True, text=True, check=True).stdout.split()[0]
    if os.path.exists(manifest):
        with open(manifest, "rb") as f:
            kept["manifest.json"] = f.read()
        told = json.loads(kept["manifest.json"])
        for one in told["files"]:
            if one["name"] == file:
                one["sha256"] = digest
        with open(manifest, "w") as f:
            json.dump(told, f)
    with open(os.path.join(folder, "SHA256SUMS"), "rb") as f:
        kept["SHA256SUMS"] = f.read()
    names = [n for n in files if n != "SHA256SUMS" and not n.startswith("seal/")]
    sums = subprocess.run(["sha256sum", *names], cwd=folder, capture_output=True, check=True).stdout
    with open(os.path.join(folder, "SHA256SUMS"), "wb") as f:
        f.write(sums)
    return kept


assert shutil.which("openssl")
