"""Every fault point of a scenario, one after the other (base/fault.h): the first run counts the hits of each process, then each is made to fail, and
where a kill means something else than a failure the process is killed at it. After each the supervised instance recovers, and every account is
settled: reconcile, one outcome for each message, one copy of each mail, or two where this fault explains it.

points.py --bin DIR (the build of the preset faults) [--short] [--report FILE] [--seconds S] [--process NAME…]
--process: the steps of these alone; several walks of some each are one walk.
A point that was not reached in its run is told as such and is not counted as passed."""
import argparse
import collections
import json
import mmap
import os
import shutil
import struct
import sys
import tempfile
import time
import traceback

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from rig import Rig, wait_for       # noqa: E402

POINTS = ("allocate", "library", "write", "sync", "commit-before", "commit-sent", "commit-done", "send", "sent")
PROCESSES = ("receiver", "worker", "verify", "inspect", "compose", "signer", "deliverer", "keeper", "shield", "opener", "antivirus", "refresher")
KILLED = {"write", "sync", "commit-before", "commit-sent", "commit-done", "send", "sent"}
ONLY_KILLED = {"commit-done"}
BY_THE_CLOCK = ("refresher",)                   # works when it is time, whatever comes
READS = {"allocate", "library", "write"}
STORES = READS | {"sync", "commit-before", "commit-sent", "commit-done"}
REACHED = {"antivirus": READS, "compose": READS, "inspect": READS, "shield": READS, "verify": READS, "worker": STORES - {"sync"} | {"send"}, "signer": STORES,
           "keeper": STORES, "opener": STORES | {"send"}, "receiver": STORES | {"send"}, "deliverer": set(POINTS)}      # by each run of the scenario
LEAVES_TWICE = set(POINTS) - {"commit-before", "commit-sent"}       # the deliverer, between the server's 250 and the line that tells of it; or killed
MISSED_MOST = 0.25
COUNTS, ROOM = 56, 16 + 8 * len(POINTS)
SAMPLES = {"library": 12, "allocate": 40}       # evenly among the hits of each process; of the others every one


class Faults:
    """The file that the processes map (struct fault_file in base/fault.c)."""

    def __init__(self, path):
        with open(path, "wb") as f:
            f.write(bytes(4096))
        os.chmod(path, 0o666)
        self.file = open(path, "r+b")
        self.map = mmap.mmap(self.file.fileno(), 4096)
        self.map[0:8] = b"RLFAULT1"
        for i, name in enumerate(PROCESSES):
            at = COUNTS + i * ROOM
            self.map[at:at + 16] = name.encode().ljust(16, b"\0")

    def plan(self, process, point, at, kill):
        for i in range(len(PROCESSES)):
            begin = COUNTS + i * ROOM + 16
            self.map[begin:begin + 8 * len(POINTS)] = bytes(8 * len(POINTS))
        self.map[8:24] = process.encode().ljust(16, b"\0")
        self.map[40:44] = bytes(4)
        # armed last: from here on it counts
        self.map[24:36] = struct.pack("<III", POINTS.index(point) if point else 0, at, int(kill))
        self.map[36:40] = struct.pack("<I", 1 if point else 0)

    def clock(self, seconds):
        """The processes see the wall clock by so much wrong."""
        self.map[48:56] = struct.pack("<q", seconds)

    def fired(self):
        return struct.unpack("<I", self.map[40:44])[0]

    def counts(self):
        found = {}
        for i, name in enumerate(PROCESSES):
            begin = COUNTS + i * ROOM + 16
            for point, n in zip(POINTS, struct.unpack(f"<{len(POINTS)}Q", self.map[begin:begin + 8 * len(POINTS)])):
                if n:
                    found[name, point] = n
        return found


def scenario(rig):
    """A dossier goes its way to the report (nine mails, three of them with documents); a document that came encrypted is held and its sender told."""
    return [rig.send("life"), rig.send("sealed")]


def settled(rig):
    wait_for("all of it settled", rig.still, 120, 0.02)


def walk_of(counts, samples):
    """[(process, point, hit, killed)], each process in turn."""
    walk = []
    for (process, point), n in sorted(counts.items()):
        most = samples.get(point, samples.get("", 10 ** 9))
        hits = range(1, n + 1) if n <= most else sorted({1 + round((i + 0.5) * (n - 1) / most) for i in range(most)})
        for hit in hits:
            if point not in ONLY_KILLED:
                walk.append((process, point, hit, False))
            if point in KILLED:
                walk.append((process, point, hit, True))
    return walk


def allow(rig, step, figures):
    """What this fault may cost, beyond what those before it did cost."""
    process, point, _, kill = step
    rig.doubts = max(figures["copies beyond one"], figures["offers withdrawn that had come"])
    rig.stops = max(figures["stopped for a person, as they could not be searched"], figures["lives that stand still"])
    rig.doubts += 2 * (process == "deliverer" and (kill or point in LEAVES_TWICE))      # a mail in each session that it may have
    # A text that its reader cannot hand over is not searched either: a person looks.
    rig.stops += point in ("allocate", "library") and process in ("worker", "compose", "shield") or (process, point) == ("shield", "write")


def reasons(rig):
    return collections.Counter(row["reason"] for row in rig.rows("select reason from relais.inbox where outcome <> 'duplicate'"))


def one(rig, faults, step, known):
    """(whether the fault was met, what is wrong that was not known). known: (figures, faults) of the account before, and then of that after it."""
    faults.plan(*step)
    scenario(rig)
    try:
        settled(rig)
    except TimeoutError as e:
        return True, [str(e)]
    met = faults.fired() > 0
    faults.plan("", "", 0, False)
    if met:
        allow(rig, step, known[0])
    figures, troubles = rig.verdict()
    # Each message of the scenario is a good one, and says what it says: a fault may leave it unread, and must not have it misread. Whatever goes
    # wrong with what is encrypted has one word (docs/security.md).
    now = reasons(rig)
    misread, rig.read = set(now - rig.read) - rig.good - {"mail.unreadable"}, now
    troubles += [f"read as {reason}" for reason in misread - ({"open.failed"} if step[0] in ("verify", "opener") else set())]
    new = [t for t in troubles if t not in known[1]]
    known[:] = figures, troubles
    return met, new


def judge(reached, tried, counts):
    """What a walk has not shown: a kind of point that the scenario has lost, one at which nothing was ever reached, or too much that was not."""
    lost = sorted(f"{process} {point}" for process, points in REACHED.items() for point in points if not counts.get((process, point)))
    never = sorted(f"{process} {point}" for (process, point), n in tried.items() if not reached[process, point] and process not in BY_THE_CLOCK)
    missed = sum(tried.values()) - sum(reached.values())
    return ([f"no hit in a whole run: {', '.join(lost)}"] if lost else []) + ([f"never reached: {', '.join(never)}"] if never else []) + \
        ([f"{missed} of {sum(tried.values())} points were not reached"] if missed > sum(tried.values()) * MISSED_MOST else [])


class Walk:
    def __init__(self, rig, faults):
        self.rig, self.faults, self.known = rig, faults, [*rig.verdict()]
        self.tried, self.reached, self.wrong = collections.Counter(), collections.Counter(), []

    def take(self, step):
        met, troubles = one(self.rig, self.faults, step, self.known)
        self.tried[step[:2]] += 1
        self.reached[step[:2]] += met
        self.wrong += [(step, t) for t in troubles]
        for t in troubles:
            print(f"NOT OK  {step}: {t}", flush=True)

    def take_again(self):
        """What was not reached at a later hit, at its first."""
        for process, point in [at for at in self.tried if not self.reached[at] and at[0] not in BY_THE_CLOCK]:
            self.take((process, point, 1, point in ONLY_KILLED))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--bin", required=True)
    parser.add_argument("--short", action="store_true")
    parser.add_argument("--seconds", type=float, default=36000)
    parser.add_argument("--report")
    parser.add_argument("--process", nargs="+", choices=PROCESSES, default=PROCESSES)
    args = parser.parse_args()
    folder = tempfile.mkdtemp(prefix="relais-points-")
    os.chmod(folder, 0o755)
    path = os.path.join(folder, "faults")
    faults = Faults(path)
    rig = Rig(folder, args.bin, environment={"RELAIS_FAULTS": path})
    figures, wrong, passed, begin = {}, [], 0, time.monotonic()
    try:
        rig.start()
        for _ in range(2):                      # the first: connections made, statements prepared
            faults.plan("", "", 0, False)
            scenario(rig)
            settled(rig)
        rig.read = reasons(rig)
        rig.good = set(rig.read)
        counts = faults.counts()
        figures["hits of one run"] = {f"{process} {point}": n for (process, point), n in sorted(counts.items())}
        steps = walk_of(counts, {"": 2, "library": 2, "allocate": 2} if args.short else SAMPLES)
        steps = [step for step in steps if step[0] in args.process]
        if args.short:                          # a few of each point, the rarest first, as the time allows
            steps = [step for _, step in sorted(enumerate(steps), key=lambda x: (x[0] * 7919) % len(steps))]
        walk = Walk(rig, faults)
        for step in steps:
            if time.monotonic() - begin > args.seconds:
                break
            walk.take(step)
        walk.take_again()
        rig.settle()
        account, troubles = rig.verdict()
        tried, reached = sum(walk.tried.values()), sum(walk.reached.values())
        passed = reached - len({step for step, _ in walk.wrong})
        figures.update({"points in the walk": len(steps), "recovered": passed, "not reached": tried - reached, "seconds": round(time.monotonic() - begin, 1), **account})
        wrong += walk.wrong + [("at the end", t) for t in [t for t in troubles if t not in walk.known[1]] + judge(walk.reached, walk.tried, counts)]
    except Exception:
        wrong.append(("the walk", traceback.format_exc()))
        print(rig.tail())
    finally:
        rig.stop()
        if not (wrong and os.environ.get("RELAIS_KEEP")):
            shutil.rmtree(folder, ignore_errors=True)
    if passed == 0:
        wrong.append(("the walk", "no point was reached"))
    for key, value in figures.items():
        print(f"        {key}: {value}")
    for step, said in wrong:
        print(f"NOT OK  {step}: {said}")
    if args.report:
        with open(args.report, "w") as f:
            json.dump({"figures": figures, "wrong": [[str(s), t] for s, t in wrong]}, f, indent=1)
    print(f"{passed} passed, {len(wrong)} failed, 0 skipped")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
