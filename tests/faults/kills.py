"""kill -9 under load: each kind of process in turn, and only while it holds claimed work.

The victim is stopped first, then it is asked whether it holds work: a stopped process cannot let go of it meanwhile. One that holds none goes on
and is not counted. What holding work means: worker, a message or a mail that its living session has claimed in the database; signer, a composed
mail; deliverer, a mail in a session; verify, inspect and compose, a child at work on a request (both die); receiver, a peer between DATA and its
reply; keeper, a row that somebody has claimed and cannot read while it stands still.

A row with which a process died five times is given to a person (LIMIT_TRIES), and rightly. So that this stays a matter of its own, a kill is not
aimed at a row that was claimed more than GENTLE times."""
import os
import random
import signal
import time

from rig import OPEN, alive, children, family, signal_all, wait_for

LIVE = ("exists (select from pg_locks l join pg_stat_activity a on a.pid = l.pid where l.locktype = 'advisory' and l.classid = 4711 "
        "and l.objid = x.session and l.granted and a.application_name = '{}')")
GENTLE = 3
HOLDS = {
    "worker": "select case when max(x.tries) <= " + str(GENTLE) + " then count(*) else 0 end from (select session, tries from relais.inbox where state = 'claimed' union all "
              "select session, tries from relais.outbox where state = 'decided' and session is not null) x where " + LIVE.format("worker"),
    "signer": "select count(*) from relais.outbox x where x.state = 'composed' and x.session is not null and " + LIVE.format("signer"),
    "deliverer": "select count(*) from relais.outbox x where x.state = 'sending' and x.session is not null and " + LIVE.format("deliverer"),
}
ORDER = ("worker-1", "signer", "deliverer", "receiver", "verify", "inspect", "compose", "keeper")


class Kills:
    def __init__(self, rig, seed=1, load=24):
        self.rig, self.load, self.random = rig, load, random.Random(seed)
        self.counted, self.missed, self.pids = {}, {}, {}

    def feed(self):
        """So much is always under way."""
        waiting = sum(1 for m in self.recent if not m.acknowledged)
        self.recent = [m for m in self.recent if not m.acknowledged]
        if waiting < self.load // 3 and (self.rig.open_work() or 0) < self.load:
            for _ in range(self.load // 3):
                self.recent.append(self.rig.send("request" if self.random.random() < 0.3 else "record"))

    def _stopped_with_work(self, name, pid):
        """The pids to kill, stopped, when the process holds work; else None, and it runs on."""
        if name in ("verify", "inspect", "compose"):
            for _ in range(400):
                working = children(pid)
                if working:
                    victims = [*working, pid]
                    signal_all(victims, signal.SIGSTOP)
                    line = self.rig.ask(HOLDS["worker"]) if any(alive(p) for p in working) else None
                    if line is not None and int(line) > 0:
                        return victims
                    signal_all(victims, signal.SIGCONT)
                time.sleep(0.0005)
            return None
        if name == "receiver":
            self.recent += [self.rig.send("record") for _ in range(2)]
        for _ in range(30):
            victims = [*family(pid), pid]
            signal_all(victims, signal.SIGSTOP)
            if name == "receiver":
                holds = self.rig.senders.in_data > 0
            elif name == "keeper":
                time.sleep(0.03)
                holds = any(int(self.rig.ask(question) or 0) > 0 for question in HOLDS.values())
            else:
                line = self.rig.ask(HOLDS[name.split("-")[0]])
                holds = line is not None and int(line) > 0
            if holds:
                return victims
            signal_all(victims, signal.SIGCONT)
            time.sleep(0.001 * self.random.random())
        return None

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
        signal_all(victims, signal.SIGKILL)
        self.pids[name] = pid
        self.counted[name] = self.counted.get(name, 0) + 1
        return True

    def run(self, kills, seconds, names=ORDER):
        """Until so many kills landed or the time is over; gives the seconds it took."""
        self.recent, begin = [], time.monotonic()
        turn = 0
        while sum(self.counted.values()) < kills and time.monotonic() - begin < seconds:
            self.feed()
            for _ in range(len(names)):
                turn += 1
                if self.one(names[turn % len(names)]):
                    break
            else:
                time.sleep(0.005)
        return time.monotonic() - begin

    def backends(self, n):
        """kill -9 of a database session at work: PostgreSQL ends all others and recovers. Counted apart."""
        done = 0
        while done < n:      # one that ended before it was killed does not count
            self.feed()
            pid = wait_for("a session at work", lambda: int(self.rig.ask("select coalesce((select pid from pg_stat_activity where state in ('active', 'idle in transaction') "
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
        self.feed()
        os.kill(old, signal.SIGKILL)
        wait_for("the end of all", lambda: not any(alive(p) for p in mine), 60)
        self.rig.run()
        self.pids.clear()


def report(rig, kills, seconds):
    figures, faults = rig.verdict()
    total = sum(kills.counted.values())
    figures = {"kills on claimed work": total, "each": dict(sorted(kills.counted.items())), "seconds": round(seconds, 1),
               "kills a minute": round(total / max(seconds, 0.1) * 60), **figures}
    return figures, faults
