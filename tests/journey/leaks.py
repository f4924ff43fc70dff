"""What of the patients stands where nobody looks for it: the canary of every journey.

The words that are looked for are those of the scenario itself, read out of what the service keeps: numbers, names, subjects, answers, the
first words of each text that came in. They must stand in no log, journal, list, title, environment, file, temporary file (one without a
name, too), notice, alarm, statement of the database or core."""
import contextlib
import glob
import json
import os
import re
import secrets
import stat
import subprocess
import time

import clients
import documents
from canary import caught, dates, squeezed, wanted
from database import command, rows
from kills import descendants
from story import FORM
from world import PATIENT, wait_for

OWN_USERS = range(60700, 60740)
OURS = ("sender", "operator", "manager", "officer", "nurses", "duty", "insurer")   # parties that are told numbers and reasons alone
LEAST = 4                                                   # letters
FILE_MOST = 64 << 20
IN_HAND_SECONDS = 60


# ---------------------------------------------------------------- the words

def identities(facts):
    """Numbers and names of patients, as their documents have them."""
    for document in facts.get("documents") or []:
        patient = document.get("patient") or {}
        yield from (i.get("extension") for i in patient.get("ids") or [])
        yield from (patient.get(k) for k in ("family_birth", "family_used", "given_birth_first", "given_birth_all", "given_used"))
        yield from dates(patient.get("birth_time") or "")


def contents(facts):
    """What people wrote: answers, subjects, the beginning of each line of a text."""
    for document in facts.get("documents") or []:
        yield from (a.get("text") or a.get("value") for a in document.get("answers") or [])
    yield (facts.get("mail") or {}).get("subject")
    for line in (facts.get("new_text") or "").splitlines():
        yield line[:60]


def wide(text, least):
    return isinstance(text, str) and len(squeezed(text.encode())) >= least and "@" not in text


def words(world):
    """({word: what finds it} of who it is, {…} of what was written)."""
    who, what = {documents.INS, documents.INS[:13], "279035121518989@", "PAT-TROIS", "DOMINIQUE", PATIENT, *dates("19790328")}, set()
    what |= {"combien de temps dure la radiothérapie", "cinq jours par semaine", "XDM/1.0/DDM+"} | {t[:40] for t in FORM.values() if len(t) > 20}
    what |= {value for _, _, value in documents.answers() if wide(value, 20)}
    for row in rows(world, "select facts from relais.inbox where facts is not null") if world.started else []:
        who |= {w for w in identities(row["facts"]) if wide(w, LEAST)}
        what |= {w for w in contents(row["facts"]) if wide(w, 20)}
    with open(os.path.join(world.dir, "relais.conf"), "rb") as f:
        own = squeezed(f.read())                            # a name of the service's own is no secret of a patient's
    return [wanted(w for w in set_ if squeezed(w.encode()) not in own) for set_ in (who, what)]


# ---------------------------------------------------------------- the places

def files(world):
    for folder in ("log", "journal", "run", "spool", "fetch", "keeper"):
        for path in glob.glob(os.path.join(world.dir, folder, "**"), recursive=True):
            yield path, os.path.basename(path).encode()
            with contextlib.suppress(FileNotFoundError):    # one that was written aside, and has its name meanwhile
                if os.path.isfile(path):
                    with open(path, "rb") as f:
                        yield path, f.read()
    for folder in ("/tmp", "/var/tmp", "/dev/shm", "/run"):
        for entry in os.scandir(folder):
            with contextlib.suppress(OSError):
                if entry.is_file(follow_symlinks=False) and entry.stat(follow_symlinks=False).st_uid in OWN_USERS:
                    with open(entry.path, "rb") as f:
                        yield entry.path, entry.name.encode() + f.read(FILE_MOST)


def of_processes(world):
    """Titles, environment, and each plain file that is open, also one that has no name any more. PostgreSQL's files are the database itself."""
    if not world.started:
        return
    master, seen = world.status()["pid"], set()
    for pid in [master] + descendants(master):
        with contextlib.suppress(OSError):                  # a child that has ended meanwhile
            for entry in ("cmdline", "comm", "environ"):
                with open(f"/proc/{pid}/{entry}", "rb") as f:
                    yield f"/proc/{pid}/{entry}", f.read()
            for number in os.listdir(f"/proc/{pid}/fd"):
                path = f"/proc/{pid}/fd/{number}"
                about, target = os.stat(path), os.readlink(path)
                if not stat.S_ISREG(about.st_mode) or (about.st_dev, about.st_ino) in seen or target.startswith(os.path.join(world.dir, "data")):
                    continue
                seen.add((about.st_dev, about.st_ino))
                with open(path, "rb") as f:
                    yield f"{path} ({target})", f.read(FILE_MOST)


LISTS = (("status", "."), ("status", ".", "--json"), ("queue",), ("queue", "--json"), ("quarantine", "list"), ("quarantine", "list", "--json"), ("reconcile",),
         ("reconcile", "--json"), ("dossier", "list", "--all"), ("dossier", "list", "--all", "--json"), ("alarms",), ("alarms", "--json"),
         ("stats", "day"), ("certificate", "list"))


def lists(world):
    for words_ in LISTS if world.started else ():
        where = [world.dir if w == "." else w for w in words_] + ([] if "." in words_ else ["--dir", world.dir])
        done = subprocess.run([os.path.join(world.bin, "relais"), *where], capture_output=True)
        yield "relais " + " ".join(words_), done.stdout + done.stderr


def of_database(world):
    """What its own monitoring shows: the statements of all sessions, running and last."""
    if world.started:
        for row in rows(world, "select pid, coalesce(usename, '') as usename, query, application_name from pg_stat_activity where pid <> pg_backend_pid()"):
            yield f"pg_stat_activity of {row['usename']}", json.dumps(row).encode()


def cores(world):
    for folder in (world.dir, world.folder, os.path.join(world.dir, "data"), "/var/lib/systemd/coredump"):
        for path in glob.glob(os.path.join(folder, "core*")):
            if os.path.isfile(path) and open(path, "rb").read(4) == b"\x7fELF":
                yield path, b"core"


def places(world):
    for source in (files, of_processes, lists, of_database):
        yield from source(world)


def notices(world):
    """What is written to senders and to our own people: numbers, references and reasons. A receipt to the sender's own software bears the
    national subject that it gave itself (policy/receipt.h, the trust space's rule), and no other word of it. What the signer refused to seal has gone to nobody."""
    if not world.started:
        return
    for row in rows(world, f"""select o.id, o.code, o.party, o.request, i.facts #>> '{{mail,subject}}' as given from relais.outbox o
                               left join relais.inbox i on i.id = o.inbox
                               where o.party = any(array{list(OURS)}::text[]) and o.reason is distinct from 'sign.refused'"""):
        text = json.dumps(row["request"], ensure_ascii=False)
        given = json.dumps(row["given"] or "", ensure_ascii=False)[1:-1] if row["party"] == "sender" else ""
        yield f"S{row['id']} {row['code']} to {row['party']}", (text.replace(given, "") if given else text).encode()


# ---------------------------------------------------------------- the search

def no_leak(world):
    """Nothing of the patients, of a subject or of what was written in any of these places."""
    who, what = words(world)
    found, looked, size = caught(places(world), {**who, **what})
    end = time.monotonic() + IN_HAND_SECONDS
    while found and all("/memfd:payload" in name for name, _ in found) and time.monotonic() < end:
        # A reader had a message in its hands just then: memory alone, and gone with the message.
        time.sleep(0.5)
        found, looked, size = caught(places(world), {**who, **what})
    assert not found, found[:5]
    found, _, _ = caught(notices(world), {**who, **what})
    assert not found, found[:5]
    assert not list(cores(world))
    assert looked > 50 and size > 20000 or not world.started, (looked, size)
    assert len(who) >= 6 and len(what) >= 6
    return looked, size, len(who) + len(what)


def can_fail(world):
    """Planted in each kind of place, the canary is found there; taken away, it is not."""
    who, what = words(world)
    # A word of its own: another world's search, running at the same time, must not find it.
    canary = f"Canari {secrets.token_hex(8)}"
    accented = f"Canari égaré {secrets.token_hex(8)}"
    short = "".join(secrets.choice("BCDFGHJKLMNPQRSTVWXZ") for _ in range(5))
    looked_for = {**who, **what, **wanted((canary, accented, short))}
    mails = squeezed(b"".join(world.mailbox(PATIENT).all()))
    assert all(squeezed(w.encode()) in mails for w in (documents.INS, "PAT-TROIS", "DOMINIQUE", PATIENT)), "the search finds nothing where all stands"
    log, spooled, beside, escaped, alone = (os.path.join(world.dir, p) for p in ("log/canari", "spool/canari", f"/var/tmp/relais-{canary[-16:]}", "log/canari.json", "log/canari.mot"))
    planted = {path: canary.upper().replace("A", "A-") for path in (log, spooled, beside)} | {escaped: json.dumps({"text": accented}), alone: f"vu {short}, hier"}
    session = subprocess.Popen(command(world), stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True, cwd="/")
    try:
        for path, text in planted.items():
            with open(path, "w") as f:
                f.write(text)
        os.chown(beside, OWN_USERS[1], OWN_USERS[1])
        session.stdin.write(f"select '{canary}, somewhere';\n")
        session.stdin.flush()
        for want in ("pg_stat_activity", *planted):
            wait_for(f"what was planted in {want}", lambda want=want: any(want in name for name, _ in caught(places(world), looked_for)[0]))
    finally:
        for path in planted:
            os.unlink(path)
        session.stdin.close()
        session.wait()
    wait_for("an end of it", lambda: caught(places(world), looked_for)[0] == [])    # the database's session ends after its client


def database_is_quiet(world):
    """An error that names what it was given: the database tells its client, and writes nothing of it."""
    before = os.path.getsize(os.path.join(world.dir, "log/postgresql.log"))
    for text in (f"select '{documents.INS}x'::bigint;", f"select 1 / 0, '{documents.INS}';", f"select * from \"PAT-TROIS {documents.INS}\";", f"copy (select 1) to '/{documents.INS}';"):
        done = subprocess.run(command(world, "relais_worker", 60703), input=text, capture_output=True, text=True, cwd="/")
        assert "ERROR" in done.stderr, done.stderr
    with open(os.path.join(world.dir, "log/postgresql.log"), "rb") as f:
        f.seek(before)
        assert squeezed(documents.INS.encode()) not in squeezed(f.read())
