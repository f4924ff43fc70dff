"""kill -9 of every process in turn, each while it holds work, on one dossier that must end as if nothing had happened.

What holds a process still is a lock in the database or another process that is stopped: so each kill is at a known place."""
import contextlib
import os
import signal
import threading
import time

import clients
import documents
from bad import outcome
from database import cut_off, locked, rows, waits_for_lock
from world import ATTENDING, DEPOT, EXPERT, FIRST, HOSPITAL, PATIENT, PLATFORM, SERVICE_BOX, wait_for

# What one dossier sends, by code and party; the exchange's mails come on top, one each.
SENT = {("M01", "patient"): 1, ("M02", "patient"): 1, ("M06", "patient"): 1, ("M07", "patient"): 1, ("M21", "patient"): 1,
        ("M10", "expert"): 1, ("M13", "expert"): 1, ("M16", "expert"): 1, ("M64", "attending"): 1, ("M70", "sender"): 4}
MAILBOXES = {"patient": PATIENT, "expert": EXPERT, "attending": ATTENDING}


def alive(pid):
    try:
        with open(f"/proc/{pid}/stat") as f:
            return f.read().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def descendants(pid):
    parents = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            with contextlib.suppress(OSError, IndexError):
                with open(f"/proc/{entry}/stat") as f:
                    parents.setdefault(int(f.read().rsplit(")", 1)[1].split()[1]), []).append(int(entry))
    found = []
    for child in parents.get(pid, []):
        found += [child] + descendants(child)
    return found


def send_signal(pids, number):
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)


@contextlib.contextmanager
def stopped(pids):
    send_signal(pids, signal.SIGSTOP)
    try:
        yield
    finally:
        send_signal(pids, signal.SIGCONT)


class Background:
    """A step of the story that goes on while its processes are killed."""

    def __init__(self, step):
        self.failure = None
        self.step = step
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def _run(self):
        try:
            self.step()
        except Exception as e:          # raised again in end()
            self.failure = e

    def end(self, seconds=90):
        self.thread.join(seconds)
        if self.thread.is_alive():
            raise TimeoutError("the step did not end")
        if self.failure:
            raise self.failure


class Instance:
    def __init__(self, world):
        self.w = world

    def process(self, name):
        return next(p for p in self.w.status()["processes"] if p["name"] == name)

    def pid(self, name):
        return self.process(name)["pid"]

    def postmaster(self):
        with open(os.path.join(self.w.dir, "data", "postmaster.pid")) as f:
            return int(f.readline())

    def replaced(self, name, old):
        p = self.process(name)
        return p["state"] == "running" and p["pid"] not in (0, old)

    def kill(self, name, family=False):
        """kill -9; with family its children first."""
        old = wait_for(f"the number of {name}", lambda: self.pid(name))     # 0: it is just being started again
        victims = (descendants(old) if family else []) + [old]
        send_signal(victims, signal.SIGKILL)
        wait_for(f"the end of {name}", lambda: not any(alive(v) for v in victims), 10)
        return old

    def queue(self, what):
        return any(what(row) for row in self.w.relais("queue", as_json=True))


def cases(world, story):
    w, instance = world, Instance(world)

    def survives(step, hold, held, victims, family=False, undone=None):
        """victims hold work when they are killed; the step ends all the same, and they are there again. A statement that waits when its
        process is killed is still carried out by the database; undone names the process whose statement is broken off as well."""
        with hold:
            job = Background(step)
            wait_for("work in its hands", held, 20)
            killed = {name: instance.kill(name, family) for name in victims}
            if undone:
                cut_off(w, undone)
        for name, old in killed.items():
            wait_for(f"{name} again", lambda: instance.replaced(name, old), 20)
        job.end()

    def claimed():
        return instance.queue(lambda row: row["state"] == "claimed")

    def composing():
        return instance.queue(lambda row: row["state"] == "decided" and row["tries"] > 0)

    def sending():
        return instance.queue(lambda row: row["state"] == "sending")

    def waits(process):
        return lambda: waits_for_lock(w, process)

    # ---------------------------------------------------------------- one dossier, in the order of its life

    def verify():
        survives(story.ask, stopped([instance.pid("verify")]), claimed, ["verify"])

    def collector():
        survives(story.complete, locked(w, "collect_cursor"), waits("collector"), ["collector"], family=True)

    def filed_documents():
        return len(w.relais("dossier", "show", story.ref, as_json=True)["documents"])

    def another_exam(to):
        message_id = story.record("11502-2", documents.made_exam("11502-2"), to=to)
        assert outcome(w, message_id)["outcome"] == "filed", outcome(w, message_id)

    def inspect():
        before = filed_documents()
        survives(lambda: another_exam(DEPOT), stopped([instance.pid("inspect")]), claimed, ["inspect"])
        assert filed_documents() == before + 1

    def collector_undone():
        before = filed_documents()
        survives(lambda: another_exam(SERVICE_BOX), locked(w, "collect_cursor"), waits("collector"), ["collector"], family=True, undone="collector")
        assert filed_documents() == before + 1

    def compose():
        survives(story.triage, stopped([instance.pid("compose")]), composing, ["compose"])

    def signer():
        survives(story.accept, locked(w, "sign_journal"), waits("signer"), ["signer"])

    def worker():
        survives(story.opinion, stopped([instance.pid("inspect")]), claimed, ["worker-1", "worker-2"])

    def deliverer():
        postfix = w.correspondents.processes["operateur-b"].pid
        survives(story.release, stopped([postfix] + descendants(postfix)), sending, ["deliverer"], family=True)

    def receiver():
        survives(story.exchange, locked(w, "inbox"), waits("receiver"), ["receiver"])

    # ---------------------------------------------------------------- questions after the answer

    asked = ["exchange"]

    def question(text):
        """The patient asks, the expert has it once."""
        asked.append(text)
        story.send(PATIENT, story.patient_relay_of_report(), "Re: " + story.report["Subject"], text,
                   in_reply_to=story.report["Message-ID"], name="DOMINIQUE PAT-TROIS")
        w.mailbox(EXPERT).wait(lambda m: m["Auto-Submitted"] is not None and text in clients.text_of(m))

    def two_copies_at_once():
        """The same message twice, decided at the same moment by two workers."""
        text = "Faut-il une perruque ?"
        asked.append(text)
        body = clients.entity(text)
        head, message_id = clients.head(("DOMINIQUE PAT-TROIS", PATIENT), story.patient_relay_of_report(), "Re: avis",
                                        in_reply_to=story.report["Message-ID"])
        with locked(w, "dossier_event"):
            for n in (1, 2):                            # one after the other: a worker claims all that waits
                clients.send(w.submit_port(PATIENT), w.anchors, PATIENT, [story.patient_relay_of_report()], head + body)
                wait_for(f"{n} workers at the lock", lambda n=n: rows(w, "select count(*) as n from pg_stat_activity where application_name = 'worker' "
                                                                         "and wait_event_type = 'Lock'")[0]["n"] >= n, 12)

        def outcomes_of():
            return sorted(r["outcome"] for r in w.relais("trace", message_id, as_json=True)["inbox"] if r["state"] == "done")
        wait_for("both decided", lambda: len(outcomes_of()) == 2)
        outcomes = outcomes_of()
        assert outcomes == ["applied", "duplicate"], outcomes

    def receiver_undone():
        survives(lambda: question("Combien de séances par semaine ?"), locked(w, "inbox"), waits("receiver"), ["receiver"], undone="receiver")

    def signer_undone():
        survives(lambda: question("Puis-je conduire ?"), locked(w, "sign_journal"), waits("signer"), ["signer"], undone="signer")

    def deliverer_undone():
        """Killed after the recipient's server took the mail, before the database knows: the deliverer's own journal knows, and it is not sent again."""
        text = "Faut-il prévenir mon employeur ?"
        postfix = w.correspondents.processes["operateur-b"].pid
        server = [postfix] + descendants(postfix)

        asked.append(text)
        head, _ = clients.head(("DOMINIQUE PAT-TROIS", PATIENT), story.patient_relay_of_report(), "Re: avis", in_reply_to=story.report["Message-ID"])
        certificate = tuple(os.path.join(w.pki, f"operateur-b.{end}") for end in ("pem", "key"))
        with contextlib.ExitStack() as held:
            with stopped(server):
                clients.send(w.port, w.anchors, PATIENT, [story.patient_relay_of_report()], head + clients.entity(text), *certificate)
                wait_for("a mail on its way", sending, 20)
                held.enter_context(locked(w, "outbox_attempt"))
            wait_for("the answer of the recipient's server", waits("deliverer"), 20)
            old = instance.kill("deliverer", family=True)
            cut_off(w, "deliverer")
        wait_for("the deliverer again", lambda: instance.replaced("deliverer", old), 20)

        def copies():
            mails = [clients.email.message_from_bytes(raw, policy=clients.email.policy.default) for raw in w.mailbox(EXPERT).all()]
            return [m["Message-ID"] for m in mails if text in clients.text_of(m)]
        wait_for("its end in the database", lambda: not w.relais("queue", as_json=True))
        wait_for("it in the mailbox", copies)           # the server took it, and delivers it in its own time
        assert len(copies()) == 1, copies()
        with open(os.path.join(w.dir, "log", "relais.log")) as f:
            assert any('"event":"sent-before"' in line for line in f), "it was found in the journal"

    def refused_for_now():
        """Nothing is taken while the database is away, and the peer is told to come again."""
        certificate = tuple(os.path.join(w.pki, f"operateur-a.{end}") for end in ("pem", "key"))
        head, _ = clients.head(HOSPITAL, DEPOT, "Essai")
        try:
            clients.send(w.port, w.anchors, HOSPITAL, [DEPOT], head + clients.entity("Essai"), *certificate)
        except clients.Refused as refused:
            assert refused.code == 451 and "store.down" in refused.text, refused
            return
        raise AssertionError("mail was taken without a database")

    def database():
        old = instance.postmaster()
        with stopped([instance.pid("inspect")]):
            job = Background(lambda: question("Puis-je travailler pendant les rayons ?"))
            wait_for("work in its hands", claimed, 20)
            with stopped([w.status()["pid"]]):          # so that nobody starts it again at once
                family = descendants(old)
                os.kill(old, signal.SIGKILL)
                wait_for("the end of PostgreSQL", lambda: not any(alive(p) for p in family), 20)
                refused_for_now()
        wait_for("PostgreSQL again", lambda: not w.relais("queue", check=False).returncode, 30)
        assert instance.postmaster() != old
        job.end()

    def master():
        with stopped([instance.pid("inspect")]):
            job = Background(lambda: question("Le ganglion sera-t-il retiré ?"))
            wait_for("work in its hands", claimed, 20)
            old = w.status()["pid"]
            family = descendants(old)
            os.kill(old, signal.SIGKILL)
        wait_for("the end of all", lambda: not any(alive(p) for p in family), 40)
        w.relais_start()
        job.end()

    # ---------------------------------------------------------------- as if nothing had happened

    def same_end():
        assert story.state() == "exchange"
        mails = w.relais("dossier", "show", story.ref, as_json=True)["mails"]
        counted = {}
        for mail in mails:
            counted[(mail["code"], mail["party"])] = counted.get((mail["code"], mail["party"]), 0) + 1
        wanted = dict(SENT)
        wanted[("M30", "expert")], wanted[("M31", "patient")] = len(asked), 1
        assert counted == wanted, (counted, wanted)
        wait_for("every mail accepted", lambda: all(m["state"] == "accepted" for m in w.relais("dossier", "show", story.ref, as_json=True)["mails"]))

    def once_in_each_mailbox():
        mails = w.relais("dossier", "show", story.ref, as_json=True)["mails"]
        for party, address in MAILBOXES.items():
            wanted = {m["message_id"] for m in mails if m["party"] == party}

            def there():
                return {clients.email.message_from_bytes(raw)["Message-ID"].strip() for raw in w.mailbox(address).all()}
            # What a server took it delivers in its own time.
            wait_for(f"all mails to {party}", lambda: wanted <= there())
            assert there() == wanted, (party, there() ^ wanted)
        assert w.mailbox(FIRST).all() == [], "the physician without consent must have nothing"
        for address in (HOSPITAL, PLATFORM):
            answers = {}
            for raw in w.mailbox(address).all():
                mail = clients.email.message_from_bytes(raw)
                answers.setdefault(mail["In-Reply-To"], set()).add(mail["Message-ID"])
            assert all(len(ids) == 1 for ids in answers.values()), answers

    def nothing_left():
        wait_for("an empty queue", lambda: not w.relais("queue", as_json=True), 30)
        assert w.relais("quarantine", "list", as_json=True) == []
        story.reconcile()

    def next_version():
        """A version is numbered by the dossier's events: whoever dies, both recipients get the one document (Story.correct compares them)."""
        survives(story.revision, stopped([instance.pid("compose")]), composing, ["compose"])
        mails = [m for m in w.relais("dossier", "show", story.ref, as_json=True)["mails"] if m["code"] in ("M21", "M64")]
        assert sorted(m["code"] for m in mails) == ["M21", "M21", "M64", "M64"], mails

    yield "verify, with a message in its hands", verify
    yield "collector, in its commit", collector
    yield "inspect, with a message in its hands", inspect
    yield "collector, its commit undone", collector_undone
    yield "compose, with a mail in its hands", compose
    yield "signer, in its commit", signer
    yield "both workers, with a claimed message", worker
    yield "deliverer and its children, in a session", deliverer
    yield "receiver, between the final dot and its reply", receiver
    yield "receiver, its commit undone", receiver_undone
    yield "signer, its commit undone", signer_undone
    yield "deliverer, when the recipient's server has the mail and nobody knows", deliverer_undone
    yield "two copies of one message, decided at once", two_copies_at_once
    yield "PostgreSQL, with a claimed message", database
    yield "master, with a claimed message", master
    yield "the dossier ended the same, each mail decided once", same_end
    yield "each mail in its mailbox, by Message-ID", once_in_each_mailbox
    yield "nothing is left, everything agrees", nothing_left
    yield "compose, with the next version of the report in its hands", next_version
    yield "each mail of both versions in its mailbox", once_in_each_mailbox
    yield "nothing is left of the correction, everything agrees", nothing_left
