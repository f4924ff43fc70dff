"""kill -9 under load: each kind of process in turn, and only while it holds claimed work.

The victim is stopped first, and when it stands still it is asked whether it holds work: a stopped process cannot let go of it meanwhile. One that
holds none goes on and is not counted. What holding work means: worker, a message or a mail that its living session has claimed in the database;
signer, a composed mail; deliverer, a mail in a session; receiver, a peer between DATA and its reply, with no byte of one on its way; whoever is asked by
others (keeper, opener, verify, inspect, compose, shield, antivirus), a question that has not been answered (hands.py); children die with it.

A row with which a process died five times is given to a person (LIMIT_TRIES), and rightly. So that this stays a matter of its own, a kill is not
aimed at a row that was claimed more than GENTLE times."""
import contextlib
import os
import random
import signal
import time

import hands
from rig import alive, children, family, signal_all, wait_for

LIVE = ("exists (select from pg_locks l join pg_stat_activity a on a.pid = l.pid where l.locktype = 'advisory' and l.classid = 4711 "
        "and l.objid = x.session and l.granted and a.application_name = '{}')")
GENTLE = 3
KINDS, WEIGHTS = ("record", "sealed", "request", "life"), (3, 3, 1, 3)
HOLDS = {
    "worker": "select case when max(x.tries) <= " + str(GENTLE) + " then count(*) else 0 end from (select session, tries from relais.inbox where state = 'claimed' union all "
              "select session, tries from relais.outbox where state = 'decided' and session is not null) x where " + LIVE.format("worker"),
    "signer": "select count(*) from relais.outbox x where x.state = 'composed' and x.session is not null and " + LIVE.format("signer"),
    "deliverer": "select count(*) from relais.outbox x where x.state = 'sending' and x.session is not null and " + LIVE.format("deliverer"),
}
ORDER = ("worker-1", "signer", "deliverer", "receiver", "verify", "inspect", "compose", "keeper", "shield", "opener", "opener-verify", "antivirus")
ASKED = set(ORDER) - {"worker-1", "signer", "deliverer", "receiver"}
CLIENTS = ("worker-1", "signer", "deliverer", "opener")
NEEDS = {"receiver": "record", "opener": "sealed", "opener-verify": "sealed", "shield": "life"}     # what gives it work, when it had none
LOOK_SECONDS, ASKED_SECONDS = 0.25, 2.0
SINK_SECONDS = 0.03     # the recipients' server thinks so long before each answer, as any does


class Kills:
    def __init__(self, rig, seed=1, load=24):
        self.rig, self.load, self.random = rig, load, random.Random(seed)
        self.counted, self.missed, self.waited, self.pids, self.recent = {}, {}, {}, {}, []

    def feed(self):
        """So much is always under way. What the nurse has not come to yet is not added to: she acts on one file after the other, and at the end all are waited for."""
        waiting = sum(1 for m in self.recent if not m.acknowledged)
        self.recent = [m for m in self.recent if not m.acknowledged]
        if waiting < self.load // 3 and (self.rig.open_work() or 0) < self.load:
            kinds = KINDS if (self.rig.with_nurse() or 0) < self.load else KINDS[:-1]
            for _ in range(self.load // 3):
                self.recent.append(self.rig.send(self.random.choices(kinds, WEIGHTS[:len(kinds)])[0]))

    def _claimed(self, name):
        return int(self.rig.ask(HOLDS[name.split("-")[0]]) or 0) > 0

    def _clients(self, victims):
        """Who asks others: processes of the instance that live and are not the victims."""
        return [pid for name in CLIENTS if (at := self.rig.process(name)["pid"]) > 0 for pid in [at, *children(at)] if pid not in victims]

    def _seems(self, name, pid):
        """A quick look while it runs: what does not even seem to work is not stopped for nothing."""
        if name == "receiver":
            return bool(self.rig.senders.in_data)
        if name in ("keeper", "opener"):
            return hands.asked([pid], self._clients([pid]))
        return bool(children(pid)) if name in ASKED else self._claimed(name)

    def _holds(self, name, victims):
        """The same in earnest, of victims that stand still."""
        if name == "receiver":
            return self.rig.senders.unanswered()
        if name not in ASKED:
            return self._claimed(name)
        # Readers' children die of it: the row that they read is not to be one that others died of.
        return hands.asked(victims, self._clients(victims)) and (name in ("keeper", "opener") or self._claimed("worker"))

    def _caught_at_work(self, name, pid):
        end = time.monotonic() + LOOK_SECONDS
        while time.monotonic() < end and alive(pid):
            if self._seems(name, pid):
                victims = [*family(pid), pid]
                signal_all(victims, signal.SIGSTOP)
                if hands.stand_still(victims) and self._holds(name, victims):
                    return victims
                signal_all(victims, signal.SIGCONT)
            time.sleep(0.002 * self.random.random())
        return None

    def _waited_for(self, name, pid):
        """One that answers too quickly to be caught at it stands still until it is asked."""
        victims = [*family(pid), pid]
        signal_all(victims, signal.SIGSTOP)
        with contextlib.suppress(TimeoutError):
            wait_for("a question", lambda: hands.stand_still(victims) and self._holds(name, victims), ASKED_SECONDS, 0.005)
            return victims
        signal_all(victims, signal.SIGCONT)
        return None

    def _signer_waits(self, pid):
        """It stands still until there are mails to be sealed; the keeper, whom it asks for their bodies, until it has one in its hands."""
        keeper = self.rig.process("keeper")["pid"]
        signal_all([pid], signal.SIGSTOP)
        caught = None
        with contextlib.suppress(TimeoutError):
            wait_for("a mail to be sealed", lambda: self.rig.ask("select exists (select from relais.outbox where state = 'composed')") == "t", ASKED_SECONDS, 0.005)
            signal_all([keeper], signal.SIGSTOP)
            signal_all([pid], signal.SIGCONT)
            wait_for("a mail in its hands", lambda: self._claimed("signer"), ASKED_SECONDS, 0.005)
            signal_all([pid], signal.SIGSTOP)
            caught = [pid] if hands.stand_still([pid]) and self._claimed("signer") else None
        signal_all([keeper] if caught else [keeper, pid], signal.SIGCONT)
        return caught

    def _stopped_with_work(self, name, pid):
        """The pids to kill, stopped, when the process holds work; else None, and it runs on."""
        if name in NEEDS and (name == "receiver" or self.missed.get(name)):
            self.recent += [self.rig.send(NEEDS[name]) for _ in range(2)]
        victims = self._caught_at_work(name, pid)
        if victims is None and (name in ASKED or name == "signer"):
            victims = self._signer_waits(pid) if name == "signer" else self._waited_for(name, pid)
            if victims:
                self.waited[name] = self.waited.get(name, 0) + 1
        return victims

    def one(self, name):
        """One kill; False when the process held nothing."""
        with_pid = self.rig.process(name)
        pid = with_pid["pid"]
        if pid <= 0 or not alive(pid) or self.pids.get(name) == pid:
            return False
        victims = self._stopped_with_work(name, pid)
        if victims is None:
            self.missed[name] = self.missed.get(name, 0) + 1
            return False
        if name == "deliverer":
            self.rig.doubts += len(victims) - 1
        signal_all(victims, signal.SIGKILL)
        self.pids[name] = pid
        self.counted[name] = self.counted.get(name, 0) + 1
        return True

    def run(self, kills, seconds, names=ORDER):
        """Until so many kills landed, and each kind was hit, or the time is over; gives the seconds it took."""
        begin, self.rig.sink.think = time.monotonic(), SINK_SECONDS
        while time.monotonic() - begin < seconds:
            enough, never = sum(self.counted.values()) >= kills, [n for n in names if not self.counted.get(n)]
            if enough and not never:
                break
            # Who had the fewest is first; whoever was looked at in vain meanwhile comes a little later.
            for name in never if enough else sorted(names, key=lambda n: self.counted.get(n, 0) + self.missed.get(n, 0) / 3):
                self.feed()             # for each: a look in vain takes seconds, and what there was is done by then
                if self.one(name):
                    break
            else:
                time.sleep(0.005)
        self.rig.sink.think = 0.0
        return time.monotonic() - begin

    def backends(self, n):
        """kill -9 of a database session at work: PostgreSQL ends all others and recovers. Counted apart."""
        done = 0
        while done < n:      # one that ended before it was killed does not count
            # Fed while it is looked for: what was sent may be done between two looks.
            pid = wait_for("a session at work", lambda: self.feed() or int(self.rig.ask("select coalesce((select pid from pg_stat_activity where state in ('active', 'idle in transaction') "
                           "and application_name in ('worker', 'signer', 'deliverer', 'receiver') limit 1), 0)") or 0), 30, 0.002)
            try:
                os.kill(int(pid), signal.SIGKILL)
            except ProcessLookupError:
                continue
            done += 1
            wait_for("the database again", lambda: self.rig.open_work() is not None, 60)
        return done

    def postmaster(self):
        with open(os.path.join(self.rig.dir, "data/postmaster.pid")) as f:
            pid = int(f.readline())
        self.feed()
        os.kill(pid, signal.SIGKILL)
        wait_for("the database again", lambda: self.rig.open_work() is not None, 60)

    def master(self):
        old = self.rig.master()
        mine = family(old)
        self.rig.doubts += len(children(self.rig.process("deliverer")["pid"]))
        self.feed()
        os.kill(old, signal.SIGKILL)
        wait_for("the end of all", lambda: not any(alive(p) for p in mine), 60)
        self.rig.run()
        self.pids.clear()


def report(rig, kills, asked, seconds, names=ORDER):
    """(figures, faults): a run in which a kind of process was never killed, or few were, has not shown what it is there for."""
    figures, faults = rig.verdict()
    total = sum(kills.counted.values())
    faults += [f"no kill of {name} on claimed work" for name in names if not kills.counted.get(name)]
    faults += [f"{total} kills on claimed work, less than half of {asked}"] if total * 2 < asked else []
    figures = {"kills on claimed work": f"{total} of {asked} asked for", "each": dict(sorted(kills.counted.items())), "of them before the question was read": kills.waited,
               "looked at in vain": kills.missed, "seconds": round(seconds, 1), "kills a minute": round(total / max(seconds, 0.1) * 60), **figures}
    return figures, faults
