"""The walls: what each role and user must be refused, and that nothing kept can vanish or change unseen."""
import base64
import contextlib
import glob
import json
import os
import re
import subprocess
import time

import documents
from captive import next_child
from database import rows, run, sql, tool
from kills import descendants, stopped
from world import ATTENDING, DEPOT, EXPERT, HOSPITAL, PATIENT, wait_for

# The users of the processes (gateway/instance.h); PostgreSQL's own is the first.
UID = {name: 60700 + i for i, name in enumerate(
    ("postgres", "receiver", "collector", "worker", "signer", "deliverer", "verify", "inspect", "compose", "refresher", "keeper", "shield", "antivirus", "opener"))}
WITHOUT_ROLE = ("verify", "inspect", "compose", "shield", "antivirus")

# What each role may execute: the whole list. A function that is granted anew is written down here, or this test fails.
MAY = {
    "receiver": "session_start audit_refused intake_sender intake_account intake_recipient intake_message intake_chunk intake_done material_keep",
    "collector": "session_start collect_cursor collect_message collect_skipped collect_looked collect_state collect_again intake_chunk intake_done",
    "worker": "session_start doze awake body_read intake_sender rule_pathology rule_sender rule_recipients rule_settings dossier_of_patient dossier_create dossier_find "
              "dossier_load dossier_append dossier_fold document_file document_withdraw relay_make relay_find relay_by_thread mailbox_set work_due "
              "work_claim work_release work_return work_earlier work_context work_done inbox_facts held_claim held_done held_again outbox_cancel outbox_cancel_mailbox outbox_cancel_representative outbox_freeze dossier_tasks expert_take leave_add recipient_learn relay_close report_cancel report_asked expert_candidates expert_get outbox_add service_add service_claim service_next task_list service_figures alarm_mails alarm_mailed alarm_over held_list held_told outbox_cancel_offer outbox_cancel_document "
              "shield_people shield_own shield_clear shield_stop shield_let_go shield_drop antivirus_state opener_state compose_claim compose_done compose_chunk compose_failed outcome_claim outcome_later outcome_told mail_late report_match answer_match outbox_proof question_match "
              "timer_claim timer_later timer_set command_claim command_done command_later material_missing material_keep clock_read clock_state directory_facts directory_ask directory_claim directory_done directory_later fee_book fee_statements service_made study_add study_stopped figures_dossiers figures_families",
    "opener": "open_claim body_read",
    "signer": "session_start doze awake sign_claim sign_envelope sign_wait sign_done sign_refuse body_read checkpoint_claim checkpoint_done",
    "deliverer": "session_start doze awake deliver_due deliver_claim deliver_envelope deliver_result deliver_peer deliver_fence body_read",
    "keeper": "keeper_open keeper_pending keeper_bodies keeper_rewrap keeper_begins keeper_highest keeper_over keeper_ended keeper_lives",
    "refresher": "audit_link audit_wait checkpoint_due checkpoint_late checkpoint_since checkpoint_stamp checkpoint_unstamped trust_replace trust_state alarm_raise alarm_clear keeper_silent directory_age directory_ask_claim directory_ask_experts directory_answer recipient_certificates",
    "operator": "audit_access audit_key_name audit_known audit_restored audit_restores audit_erased audit_list audit_read audit_reconcile audit_sealed audit_waiting checkpoint_ask checkpoint_list proof_links proof_made proof_row proof_of proof_received proof_rows proof_sent keeper_destroyed hold_set hold_asks hold_lift hold_list retention_dossiers retention_apart erasure_begin erasure_end erasure_apart erasure_again erasure_unknown erasure_list schema_state task_list phone_list expert_candidates expert_open expert_silence leave_add leave_end leave_list rule_import rule_list rule_questionnaire trust_replace trust_diff trust_state trust_history trust_names trust_list trust_uses alarm_list dossier_list dossier_find dossier_history dossier_mails fee_list study_list study_add figures_dossiers figures_families "
                "dossier_messages dossier_sent dossier_received dossier_documents trace_inbox trace_outbox queue_list quarantine_list outbox_retry command_ask command_answer "
                "reconcile reconcile_inbox reconcile_rows reconcile_keys reconcile_dossiers rehearse_messages rehearse_commands body_read inbox_facts recheck_get material_get clock_state clock_forward clock_until "
                "directory_begin directory_stage directory_replace directory_compare directory_state directory_history directory_lines directory_find "
                "hold_confirm hold_unseen erasure_may fence_close fence_look fence_unlooked fence_state fence_unknown fence_lift sent_before_list missing_noted missing_notes "
                "directory_ended directory_prefer directory_confirm directory_ask_again directory_asking",
}

# Secrets and who alone may read them; None: only root.
SECRETS = {
    "pki/relais-seal.key": "signer", "pki/relais-server.key": "receiver", "pki/collector.key": "collector", "pki/deliverer.key": "deliverer",
    "pki/relais-client.key": None, "pki/ca/racine/key.pem": None, "pki/ca/organisations/key.pem": None, "pki/ca/personnes/key.pem": None,
    "collector.password": "collector", "journal/receiver.jsonl": "receiver", "journal/collector.jsonl": "collector",
    "pki/keeper.key": "keeper", "keeper/destroyed.jsonl": "keeper", "journal/keeper.jsonl": "keeper", "journal/signer.jsonl": "signer", "audit.key": "refresher", "journal/opener.jsonl": "opener", "journal/deliverer.jsonl": "deliverer", "data/PG_VERSION": "postgres", "data/postgresql.conf": "postgres", "log/relais.log": None,
    "log/postgresql.log": None,
}


# ---------------------------------------------------------------- roles

def tables(world):
    return [r["name"] for r in rows(world, "select relname as name from pg_class where relnamespace = 'relais'::regnamespace and relkind in ('r', 'v', 'm', 'p')")]


def refusals(done):
    return [line.split(":")[-1].strip() for line in done.stderr.splitlines() if "ERROR" in line]


def refused_all(world, statements, role, uid, code="42501"):
    done = run(world, "".join(s + ";\n" for s in statements), f"relais_{role}", uid)
    got = refusals(done)
    assert got == [code] * len(statements), (role, [(s, g) for s, g in zip(statements, got) if g != code][:5], len(got), len(statements), done.stderr[:400])


def role_cases(world, role, uid):
    def own_role():
        done = run(world, "select current_user;", f"relais_{role}", uid)
        assert done.stdout.strip() == f"relais_{role}", done

    def no_table():
        statements = []
        for table in tables(world):
            column = sql(world, f"select attname from pg_attribute where attrelid = 'relais.{table}'::regclass and attnum = 2")
            statements += [f"select 1 from relais.{table}", f"insert into relais.{table} default values", f"delete from relais.{table}",
                           f"update relais.{table} set {column} = {column}", f"truncate relais.{table}", f"copy relais.{table} to stdout",
                           f"alter table relais.{table} owner to relais_{role}", f"drop table relais.{table}"]
        assert len(statements) >= 8 * 15, "the tables were not found"
        # One who may not see a table may not own it either: PostgreSQL says 42501 to each.
        refused_all(world, statements, role, uid)
        refused_all(world, ["create table relais.x (a int)", "create table public.x (a int)", "create temp table x (a int)", "create schema x",
                            "copy (select 1) to program 'id'", "select pg_read_file('/etc/passwd')", "select 1 from pg_authid",
                            "create function relais.f() returns int language sql as 'select 1'", "select nextval('relais.session_number')",
                            "select nextval('relais.dossier_number')", "alter system set log_statement = 'all'", "select pg_reload_conf()"], role, uid)

    def only_its_functions():
        functions = rows(world, f"""select p.proname as name, has_function_privilege('relais_{role}', p.oid, 'execute') as may,
            p.oid::regprocedure::text as signature, array(select format('null::%s', format_type(t, null)) from unnest(p.proargtypes) t) as args,
            p.prosecdef as definer, p.proconfig as config from pg_proc p where p.pronamespace = 'relais'::regnamespace order by 1""")
        assert {f["name"] for f in functions if f["may"]} == set(MAY[role].split()), sorted({f["name"] for f in functions if f["may"]} ^ set(MAY[role].split()))
        assert all(f["definer"] and any("search_path" in c for c in f["config"] or []) for f in functions if f["may"]), "each runs with a search path of its own"
        refused_all(world, [f"select relais.{f['name']}({', '.join(f['args'])})" for f in functions if not f["may"]], role, uid)

    def no_other_role():
        others = [f"relais_{r}" for r in (*MAY, "owner") if r != role] + ["postgres"]
        refused_all(world, [f"set role {r}" for r in others] + [f"set session authorization {r}" for r in others] +
                    [f"grant {r} to relais_{role}" for r in others] + ["set session_replication_role = replica"], role, uid)
        if uid:
            cannot_connect(world, uid, others)

    return [(f"{role}: its own role", own_role), (f"{role}: no table", no_table), (f"{role}: its functions and no others", only_its_functions),
            (f"{role}: no other role", no_other_role)]


def cannot_connect(world, uid, roles):
    for role in roles:
        done = run(world, "select 1;", role, uid)
        assert done.returncode != 0 and not done.stdout and ("Peer authentication failed" in done.stderr or "not permitted" in done.stderr), (uid, role, done)


# ---------------------------------------------------------------- users

def secrets(world):
    for path, owner in SECRETS.items():
        full = os.path.join(world.dir, path)
        assert os.path.exists(full), path
        for name, uid in UID.items():
            done = subprocess.run(["setpriv", "--reuid", str(uid), "--regid", str(uid), "--clear-groups", "head", "-c", "1", full],
                                  capture_output=True, cwd="/")
            assert (done.returncode == 0) == (name == owner), (path, name, done)


def readers_sockets(world):
    """Only the worker may ask the readers; each asks the keeper by its own socket; a stranger to the instance reaches nothing."""
    connect = "import socket,sys; socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET).connect(sys.argv[1])"
    owners = {"verify": "worker", "inspect": "worker", "compose": "worker", "shield": "worker", "keeper-worker": "worker", "keeper-signer": "signer",
              "keeper-deliverer": "deliverer", "keeper-opener": "opener", "keeper-operator": None}
    for socket, owner in owners.items():
        for name, uid in {**UID, "nobody": 65534}.items():
            done = subprocess.run(["setpriv", "--reuid", str(uid), "--regid", str(uid), "--clear-groups", "/usr/bin/python3", "-c", connect,
                                   os.path.join(world.dir, "run", socket + ".sock")], capture_output=True, text=True, cwd="/")
            assert (done.returncode == 0) == (name == owner), (socket, name, done.stderr)


def status_of(pid):
    with open(f"/proc/{pid}/status") as f:
        return dict(line.rstrip("\n").split(":\t", 1) for line in f if ":\t" in line)


def processes_of(world):
    """{pid: name} of the running processes and their children."""
    found = {}
    for p in world.status()["processes"]:
        assert p["state"] == "running", p
        found[p["pid"]] = p["name"]
        found.update({child: p["name"] + "'s child" for child in descendants(p["pid"])})
    return found


def look_at_jails(world):
    """One look at every process; the names seen. A child may end while it is looked at, a process of the instance may not."""
    seen = set()
    for pid, name in processes_of(world).items():
        try:
            status = status_of(pid)
        except (FileNotFoundError, ProcessLookupError):
            assert name.endswith("'s child"), name
            continue
        if status["State"].startswith("Z") and name.endswith("'s child"):
            continue
        uid = str(UID[re.sub(r"(-\d+|'s child)$", "", name)])
        assert status["Uid"].split() == [uid] * 4 and status["Gid"].split() == [uid] * 4 and not status["Groups"].split(), (name, status["Uid"])
        assert int(status["CapEff"], 16) == 0 and int(status["CapPrm"], 16) == 0, (name, status["CapEff"])
        assert status["Seccomp"] == "2" and status["NoNewPrivs"] == "1", (name, status["Seccomp"], status["NoNewPrivs"])
        seen.add(name)
    return seen


def jails(world, story):
    """Filter, no new rights, no capability, a user of its own: for each process that hears strangers or reads what they send."""
    message_id = story.record(content=documents.made_exam("18748-4"))
    world.mailbox(HOSPITAL).wait(lambda m: m["In-Reply-To"] == message_id)       # the deliverer has a child at work, and for some seconds behind it
    must = {"verify", "inspect", "compose", "shield", "keeper", "worker-1", "worker-2", "signer", "receiver", "collector's child", "deliverer's child"}
    seen, end = set(), time.monotonic() + 30
    while not must <= seen and time.monotonic() < end:
        seen |= look_at_jails(world)
        if "deliverer's child" not in seen and not world.relais("queue", as_json=True):
            story.record(content=documents.made_exam("18748-4"))        # it had ended before it was looked at
    assert must <= seen, must - seen
    with open(os.path.join(world.dir, "data", "postmaster.pid")) as f:
        assert status_of(int(f.readline()))["Uid"].split() == [str(UID["postgres"])] * 4


def reader_child(world, story):
    """The child that has a message in its hands stands in the same walls as its parent, from before it reads."""
    verify = next(p["pid"] for p in world.status()["processes"] if p["name"] == "verify")
    with next_child(verify, lambda: story.send(HOSPITAL, DEPOT, "XDM/1.0/DDM+CR", "Un fichier.", [("image.bin", "application/octet-stream", os.urandom(1000))], world.hospital)) as child:
        status = status_of(child.pid)
    assert status["Uid"].split() == [str(UID["verify"])] * 4 and status["Seccomp"] == "2" and status["NoNewPrivs"] == "1" and int(status["CapEff"], 16) == 0, status


def captured_worker(world):
    """Under the worker's own role and user: a mail that was decided for the patient, decided again for others. The signer seals none."""
    given = rows(world, "select dossier, event, inbox, request, rule from relais.outbox where code = 'M01' limit 1")[0]
    for i, (party, recipient, dossier) in enumerate((
            ("patient", ATTENDING, given["dossier"]), ("expert", EXPERT, given["dossier"]), ("attending", "x@medecins.mssante.fr", given["dossier"]),
            ("sender", EXPERT, given["dossier"]), ("sender", EXPERT, None))):
        message_id = f"<captured-{i}@avis.exemple.mssante.fr>"
        request = json.dumps(dict(given["request"], to=recipient, message_id=message_id)).replace("'", "''")
        call = (f"select relais.outbox_add('captured{i}', {dossier or 'null'}, {given['event'] if dossier else 'null'}, {given['inbox']}, 'M01', '{party}', "
                f"'{recipient}', 'avis@avis.exemple.mssante.fr', '{message_id}', 'x/1', '{request}', '{{\"kind\": \"none\"}}', now())")
        done = run(world, call + ";\n", "relais_worker", UID["worker"])
        assert not refusals(done), done.stderr
        def ended():
            row = rows(world, f"select state, reason, reply_text from relais.outbox where effect = 'captured{i}'")[0]
            return row if row["state"] in ("failed", "sealed", "sending", "accepted") else None
        row = wait_for(f"the signer's word on {party}", ended)
        assert row == {"state": "failed", "reason": "sign.refused", "reply_text": "the recipient is not a mailbox of that party"}, (party, row)
    # As mail to our own people, an expert or a partner: to nobody whom the configuration or the registry does not name, and no code that is not theirs.
    for i, (code, party, recipient) in enumerate((
            ("M80", "nurses", ATTENDING), ("M81", "duty", "x@medecins.mssante.fr"), ("M21", "expert", EXPERT), ("M17", "expert", ATTENDING), ("M13", "expert", EXPERT),
            ("M99", "insurer", "x@assureur.mssante.fr"), ("M96", "operator", ATTENDING))):
        message_id = f"<service-{i}@avis.exemple.mssante.fr>"
        request = json.dumps(dict(given["request"], to=recipient, message_id=message_id)).replace("'", "''")
        done = run(world, f"select relais.service_add('{code}', '{party}', '{recipient}', 'c{i}', 'avis@avis.exemple.mssante.fr', '{message_id}', 'x/1', '{request}', now());\n",
                   "relais_worker", UID["worker"])
        assert not refusals(done), done.stderr
        def service_ended():
            row = rows(world, f"select state, reason, reply_text from relais.outbox where message_id = '{message_id}'")[0]
            return row if row["state"] in ("failed", "sealed", "sending", "accepted") else None
        row = wait_for(f"the signer's word on {code} for {party}", service_ended)
        assert row == {"state": "failed", "reason": "sign.refused", "reply_text": "the recipient is not a mailbox of that party"}, (code, party, row)
    done = run(world, f"select relais.service_add('M80', 'patient', '{ATTENDING}', 'c', 'avis@avis.exemple.mssante.fr', '<c@y>', 'x/1', '{{}}', now());\n",
               "relais_worker", UID["worker"])
    assert refusals(done) == ["23514"], done.stderr     # nobody else has mail without a dossier and without a message
    done = run(world, f"select relais.outbox_add('captured', null, null, {given['inbox']}, 'M21', 'patient', '{EXPERT}', '', '<c@x>', 'x/1', '{{}}', '{{}}', now());\n",
               "relais_worker", UID["worker"])
    assert refusals(done) == ["23514"], done.stderr     # only a receipt to a sender may leave without a seal


ASK = """import socket, struct, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
s.connect(sys.argv[1])
for body in sys.argv[3:]:
    s.send(b"o" + struct.pack(">QQ", int(body), int(sys.argv[2])) + b"test")
    print(s.recv(4096)[:1].decode())
"""


def ask_keeper(world, role, bodies, mail=0):
    """What the keeper answers that user for each body: + a key, - none."""
    uid = UID.get(role, 0)
    done = subprocess.run(["setpriv", "--reuid", str(uid), "--regid", str(uid), "--clear-groups", "/usr/bin/python3", "-c", ASK,
                           os.path.join(world.dir, "run", f"keeper-{role}.sock"), str(mail)] + [str(b) for b in bodies], capture_output=True, text=True, cwd="/")
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


def captured_askers(world):
    """Under each asker's own user, at its own socket: no key of a body that is not in its hands, and the journal has each question."""
    wait_for("an empty queue", lambda: not world.relais("queue", as_json=True))
    bodies = [r["id"] for r in rows(world, "select id from relais.body order by id")]
    mails = [r["id"] for r in rows(world, "select id from relais.outbox order by id limit 3")]
    assert len(bodies) > 3 and mails
    # The opener is given, beside what was opened once, what a worker has in hand: of any worker, and in clear, too. Now none has anything.
    for role in ("worker", "signer", "deliverer", "opener"):
        assert ask_keeper(world, role, bodies) == ["-"] * len(bodies), role
    for mail in mails:                       # nor by naming a mail that is composed already
        assert ask_keeper(world, "worker", bodies, mail) == ["-"] * len(bodies)
    assert ask_keeper(world, "operator", bodies) == ["+"] * len(bodies)
    with open(os.path.join(world.dir, "journal", "keeper.jsonl")) as f:
        lines = [json.loads(line) for line in f]
    refused = [(x["role"], x["body"]) for x in lines if x["event"] == "refused" and x["purpose"] == "test"]
    assert len(refused) == len(bodies) * (4 + len(mails)) and {b for _, b in refused} == set(bodies), len(refused)
    opened = [x for x in lines if x["event"] == "opened" and x["role"] == "operator" and x["purpose"] == "test"]
    assert {x["body"] for x in opened} == set(bodies), len(opened)


def cases(world, story):
    def some_mail():
        story.ask()

    yield "a request, so that every process is at work", some_mail
    for role in MAY:
        yield from role_cases(world, role, UID.get(role, 0))
    for name in WITHOUT_ROLE:
        yield f"{name}: no database at all", lambda name=name: cannot_connect(world, UID[name], ["postgres"] + [f"relais_{r}" for r in MAY])
    yield "a stranger to the instance: no database at all", lambda: cannot_connect(world, 65534, ["postgres"] + [f"relais_{r}" for r in MAY])
    yield "keys, passwords and journals: their owner alone", lambda: secrets(world)
    yield "a captured worker: no mail for anybody whom the dossier does not name", lambda: captured_worker(world)
    yield "the sockets of readers and keeper: each its one user", lambda: readers_sockets(world)
    yield "a captured worker, signer, deliverer: no key of a body that it has not claimed", lambda: captured_askers(world)
    yield "each process in its jail, under a user of its own", lambda: jails(world, story)
    yield "the child that reads a message, too", lambda: reader_child(world, story)


# ---------------------------------------------------------------- at rest

def base64_line(message):
    """A line of a message's own bytes that stands nowhere else: from the middle of its largest file."""
    runs = re.findall(rb"(?:^[A-Za-z0-9+/]{60,76}\r?\n){8,}", message, re.M)
    lines = max(runs, key=len).split()
    return lines[len(lines) // 2]


def database_bytes(world):
    """(name, bytes) of all that somebody has who takes the database away: its files, write-ahead log and all, and a dump."""
    sql(world, "checkpoint")
    for path in glob.glob(os.path.join(world.dir, "data", "**"), recursive=True):
        # The server goes on meanwhile, and takes away files of its own.
        with contextlib.suppress(FileNotFoundError, IsADirectoryError), open(path, "rb") as f:
            yield path, f.read()
    done = subprocess.run([tool("pg_dump"), "-h", f"{world.dir}/run/db", "-U", "postgres", "-d", "relais"], capture_output=True, cwd="/")
    assert done.returncode == 0, done.stderr
    yield "the dump", done.stdout


def at_rest(world, story):
    """The database alone, files and dump, has nothing of what messages hold; with the keeper all of it is there."""
    content = os.urandom(300_000)
    large = int(sql(world, "select count(*) from relais.inbox i join relais.body b on b.id = i.body where b.size > 300000"))
    story.send(HOSPITAL, DEPOT, "XDM/1.0/DDM+CR", "Un fichier.", [("image.bin", "application/octet-stream", content)], world.hospital)
    # Its operator has it so far: until it came here, nothing is open either.
    wait_for("that message", lambda: int(sql(world, "select count(*) from relais.inbox i join relais.body b on b.id = i.body where b.size > 300000")) > large)
    wait_for("the end of that message", lambda: sql(world, "select count(*) from relais.inbox where state <> 'done'") == "0")
    canaries = [base64_line(mail) for mail in (world.mailbox(PATIENT).all()[-1], world.mailbox(EXPERT).all()[-1])]
    canaries.append(base64.encodebytes(content).split()[2000])
    sql(world, "create table public.control as select convert_to(repeat('a canary that is found ', 4), 'UTF8') as x")
    control = b"a canary that is found a canary"
    seen, size = set(), 0
    for name, data in database_bytes(world):
        size += len(data)
        for canary in canaries + [control]:
            if canary in data or canary.hex().encode() in data:
                seen.add((canary, "dump" if name == "the dump" else "files"))
    sql(world, "drop table public.control")
    assert size > 10_000_000 and seen == {(control, "dump"), (control, "files")}, (size, seen)


# ---------------------------------------------------------------- tampering

# Tables of evidence, and a word of the check that misses a row of it.
EVIDENCE = {
    "body": "body", "body_chunk": "body", "outbox_envelope": "envelope", "inbox": "message", "outbox": "mail", "outbox_attempt": "attempt", "sign_journal": "journal",
    "dossier": "dossier", "dossier_event": "events", "dossier_document": "documents", "relay": "reply address", "command": "acts asked",
    "collect_cursor": "cursor", "collect_skip": "passed over", "tally": "", "trust_material": "material", "trust_import": "white list", "trust_peer": "white list in force", "trust_past": "lost",
    "directory_import": "extracts of the directory", "directory_entry": "lines of the directory", "directory_past": "left the directory",
    "directory_confirmed": "vouched", "fee": "fees", "audit": "trail", "checkpoint": "checkpoints", "erasure": "erasures", "hold": "holds",
}
# Of the trail, which has a row for everything, so many are tried, from first to last: relais audit verify looks at each link (journey/audit.py).
SAMPLE = {"audit": 40}
MAY_BE_EMPTY = {"checkpoint", "outbox_envelope", "collect_skip", "trust_past", "directory_import", "directory_entry", "directory_past", "directory_confirmed", "fee", "erasure", "hold"}
NO_EVIDENCE = {
    "keeper_intake": "the keeper writes its own anew at each start; the keys are not here", "keeper_day": "the days whose key is in use; what lies under them is evidence of its own", "keeper_state": "that the keeper lives, written every ten seconds",
    "audit_entry": "rows of the trail for the second until they are linked: what they tell of is counted against the trail both ways",
    "study_count": "how many answered what: it leads back to no message",
    "pathology": "a rule: versioned, imported anew", "questionnaire": "a rule", "setting": "a rule", "expert": "a rule", "sender": "a rule", "alarm": "what wants a person now: raised again while it lasts", "collect_trouble": "the same, before it is one",
    "directory_stage": "an extract on its way in", "directory_asked": "what is looked up: asked again", "directory_found": "what a look-up answered: asked again",
    "directory_preferred": "a choice that each mail keeps in its own events", "directory_touched": "what is to be looked at again",
    "service_timer": "when a service is next: found anew when it is lost", "dossier_task": "of the fold, written anew with each event", "expert_leave": "an absence: a rule of the operator's, or told in an event of a dossier",
    "fence": "a state: closed again by the journals", "fence_server": "of the server that runs: written anew at each look", "fence_history": "when the database was set back, and who looked at the holds since: a restore writes it anew", "sent_before": "of the deliverer's journals, outside: found anew by relais fence lift",
    "missing_note": "a person's word on a line of the receivers' journals: without it the line is named again", "account": "a rule", "recipient": "a rule", "mailbox": "of the configuration, written at each start", "migration": "of the program, not of messages", "schema_range": "of the program",
    "rehearsal": "empty but in a rehearsal, where triggers let nobody add, take away or turn back its one row",
}


# What may have been counted while a row was away: the trail is linked every second, reconcile's own line, too.
MEANWHILE = {"tally": " on conflict on constraint tally_pkey do update set n = tally.n + excluded.n"}


def bad_checks(world, want=1):
    done = world.relais("reconcile", "--json", check=False)
    assert done.returncode == want, done
    return [c["name"] for c in json.loads(done.stdout) if c["bad"]]


def each_row(world, table):
    """Deletes each row in turn, inside a transaction that is rolled back; gives (rows, those that reconcile did not miss)."""
    out = sql(world, f"""
set session_replication_role = replica;
set search_path = relais;
create function pg_temp.try_all(out n int, out unseen int) language plpgsql as $$
declare t tid; bad bigint;
begin
  n := 0; unseen := 0;
  lock table relais.{table} in share row exclusive mode;  -- a row that is written once more is no longer where it was found
  for t in select x.ctid from (select ctid, row_number() over () as k, count(*) over () as whole from relais.{table}) x
            where x.k % greatest(1, x.whole / {SAMPLE.get(table, 1000000000)}) = 0 or x.k in (1, x.whole) loop
    begin
      delete from relais.{table} where ctid = t;
      if not found then raise exception 'no row at %', t; end if;
      select sum(r.bad) into bad from (select * from relais.reconcile(false) union all select * from relais.audit_reconcile(false)) r;
      raise exception using errcode = 'RL999', message = bad::text;
    exception when sqlstate 'RL999' then
      n := n + 1;
      if sqlerrm = '0' then unseen := unseen + 1; end if;
    end;
  end loop;
end $$;
select n || ' ' || unseen from pg_temp.try_all();""")
    return [int(x) for x in out.split()]


def delete_and_put_back(world, table, word):
    sql(world, f"""begin; set local session_replication_role = replica;
create table public.saved as select * from relais.{table} where ctid = (select min(ctid) from relais.{table});
delete from relais.{table} where ctid = (select min(ctid) from relais.{table}); commit;""")
    try:
        names = bad_checks(world)
        assert any(word in name for name in names), (table, names)
    finally:
        sql(world, f"""begin; set local session_replication_role = replica;
insert into relais.{table} overriding system value select * from public.saved{MEANWHILE.get(table, "")}; drop table public.saved; commit;""")
    assert bad_checks(world, 0) == []


def alter_and_put_back(world, what, where, word):
    flip = f"update relais.body_chunk set data = set_byte(data, length(data) / 2, get_byte(data, length(data) / 2) # 1) where number = 0 and body = ({where})"
    sql(world, flip)
    try:
        names = bad_checks(world)
        assert any(word in name for name in names), (what, names)
    finally:
        sql(world, flip)
    assert bad_checks(world, 0) == []


def alter_keys(world):
    """A body's sealed key altered, given to another body, or named as another's: it does not open any more, and reconcile says so."""
    changes = [("update relais.body set sealed_key = set_byte(sealed_key, 20, get_byte(sealed_key, 20) # 1) where id = {0}", "does not come out"),
               ("update relais.body set sealed_key = (select sealed_key from relais.body where id = {1}) where id = {0}", "does not come out"),
               ("update relais.body set size = size + 1 where id = {0}", "does not come out"),
               ("update relais.body set key_name = 'dossier:NO-SUCH-ONE' where id = {0}", "does not have")]
    one, other = [r["id"] for r in rows(world, "select id from relais.body where key_name like 'dossier:%' order by id limit 2")]
    sql(world, f"create table public.saved as select * from relais.body where id = {one}")
    try:
        for change, word in changes:
            sql(world, change.format(one, other))
            names = bad_checks(world)
            assert any(word in name for name in names), (change, names)
            sql(world, f"update relais.body b set sealed_key = s.sealed_key, size = s.size, key_name = s.key_name from public.saved s where b.id = {one}")
    finally:
        sql(world, "drop table public.saved")
    assert bad_checks(world, 0) == []


def alter_fold(world, what, word):
    """A column that is a fold of the events, altered in the dossier that has most of them."""
    where = "id = (select dossier from relais.dossier_event group by 1 order by count(*) desc limit 1)"
    sql(world, f"begin; create table public.saved as select * from relais.dossier where {where}; update relais.dossier set {what} where {where}; commit;")
    try:
        names = bad_checks(world)
        assert any(word in name for name in names), (what, names)
    finally:
        sql(world, f"""begin; update relais.dossier d set state = s.state, open = s.open, expert = s.expert, due_at = s.due_at, pathology = s.pathology,
  next_due = s.next_due from public.saved s where s.id = d.id; drop table public.saved; commit;""")
    assert bad_checks(world, 0) == []


def tamper(world):
    """Any row deleted, any byte altered: reconcile fails and names it; put back, it agrees."""
    assert set(tables(world)) == set(EVIDENCE) | set(NO_EVIDENCE), set(tables(world)) ^ (set(EVIDENCE) | set(NO_EVIDENCE))
    # Still: nothing is under way.
    wait_for("an empty queue", lambda: not world.relais("queue", as_json=True))
    # A worker tells each dossier what became of its mails, once they left.
    wait_for("all ends told", lambda: sql(world, "select count(*) from relais.outbox where state in ('accepted', 'failed') and not told and next_at <= now()") == "0")
    assert bad_checks(world, 0) == []
    # The keeper writes each body's row once more when it puts it under its dossier's key.
    wait_for("no body under a key of intake", lambda: all(row["n"] == 0 for row in rows(world, "select count(*) as n from relais.keeper_pending(0, 1000, null)")))
    # The collector alone writes by itself: it would put back the cursor that is taken away.
    collector = next(p["pid"] for p in world.status()["processes"] if p["name"] == "collector")
    with stopped([collector] + descendants(collector)):
        try_evidence(world)


def try_evidence(world):
    counted = {}
    for table, word in EVIDENCE.items():
        n, unseen = each_row(world, table)
        assert (n > 0 or table in MAY_BE_EMPTY) and unseen == 0, f"{table}: {unseen} of {n} rows can vanish unseen"
        if n > 0:
            delete_and_put_back(world, table, word)
        counted[table] = n
    alter_and_put_back(world, "a received byte", "select min(body) from relais.inbox", "inbox without its whole body")
    flip = "update relais.trust_material set der = set_byte(der, 20, get_byte(der, 20) # 1) where digest = (select digest from relais.trust_material order by digest limit 1)"
    sql(world, flip)
    assert any("material" in name for name in bad_checks(world)), "an altered certificate"
    sql(world, flip)
    assert bad_checks(world, 0) == []
    alter_keys(world)
    alter_and_put_back(world, "a composed byte", "select min(entity) from relais.outbox", "mail without its composed body")
    for what, word in (("state = 'triage'", "fold of their events"), ("expert = '0'", "fold of their events"), ("pathology = 'x'", "fold of their events"),
                       ("due_at = due_at + interval '1 hour'", "fold of their events"), ("next_due = next_due + interval '40 days'", "would forget")):
        alter_fold(world, what, word)
    print("        rows deleted one by one: " + ", ".join(f"{table} {n}" for table, n in counted.items()), flush=True)
