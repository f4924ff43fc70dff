"""Every fault point of a scenario, one after the other (base/fault.h): the first run counts the hits of each process, then each is made to fail, and
where a kill means something else than a failure the process is killed at it. After each the supervised instance recovers, and every account is
settled: reconcile, one outcome for each message, one copy or copies of one Message-ID for each mail.

points.py --bin DIR (the build of the preset faults) [--short] [--report FILE] [--seconds S]
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
PROCESSES = ("receiver", "worker", "verify", "inspect", "compose", "signer", "deliverer", "keeper")
KILLED = {"write", "sync", "commit-before", "commit-sent", "commit-done", "send", "sent"}
ONLY_KILLED = {"commit-done"}
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
    """A dossier is opened and three mails leave; a document is held and its sender told."""
    return [rig.send("request"), rig.send("record")]


def settled(rig, messages):
    wait_for("the messages acknowledged", lambda: all(m.acknowledged for m in messages), 90, 0.02)
    wait_for("nothing under way", lambda: rig.open_work() == 0, 90, 0.02)


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


def one(rig, faults, step):
    """None when all is well, 'not reached', or what is wrong."""
    process, point, hit, kill = step
    faults.plan(process, point, hit, kill)
    messages = scenario(rig)
    try:
        settled(rig, messages)
    except TimeoutError as e:
        return str(e)
    fired = faults.fired()
    faults.plan("", "", 0, False)
    if not fired:
        return "not reached"
    digests = "', '".join(m.digest for m in messages)
    line = rig.ask(f"select string_agg(x.n::text, ' ') from (select count(*) filter (where i.outcome <> 'duplicate') as n from relais.inbox i "
                   f"join relais.body b on b.id = i.body where encode(b.digest, 'hex') in ('{digests}') group by b.digest) x")
    return None if line == "1 1" else f"outcomes of the two messages: {line}"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--bin", required=True)
    parser.add_argument("--short", action="store_true")
    parser.add_argument("--seconds", type=float, default=36000)
    parser.add_argument("--report")
    args = parser.parse_args()
    folder = tempfile.mkdtemp(prefix="relais-points-")
    os.chmod(folder, 0o755)
    path = os.path.join(folder, "faults")
    faults = Faults(path)
    rig = Rig(folder, args.bin, environment={"RELAIS_FAULTS": path})
    results, wrong, begin = collections.Counter(), [], time.monotonic()
    figures = {}
    try:
        rig.start()
        settled(rig, scenario(rig))             # connections made, statements prepared
        faults.plan("", "", 0, False)
        settled(rig, scenario(rig))
        counts = faults.counts()
        figures["hits of one run"] = {f"{process} {point}": n for (process, point), n in sorted(counts.items())}
        walk = walk_of(counts, {"": 2, "library": 1, "allocate": 2} if args.short else SAMPLES)
        if args.short:                          # a few of each point, the rarest first, as the time allows
            walk = [step for _, step in sorted(enumerate(walk), key=lambda x: (x[0] * 7919) % len(walk))]
        for step in walk:
            if time.monotonic() - begin > args.seconds:
                break
            said = one(rig, faults, step)
            results["not reached" if said == "not reached" else "wrong" if said else "recovered"] += 1
            if said and said != "not reached":
                wrong.append((step, said))
                print(f"NOT OK  {step}: {said}", flush=True)
        rig.settle()
        account, troubles = rig.verdict()
        figures.update({"points in the walk": len(walk), **dict(results), "seconds": round(time.monotonic() - begin, 1), **account})
        wrong += [("at the end", t) for t in troubles]
    except Exception:
        wrong.append(("the walk", traceback.format_exc()))
        print(rig.tail())
    finally:
        rig.stop()
        if not (wrong and os.environ.get("RELAIS_KEEP")):
            shutil.rmtree(folder, ignore_errors=True)
    if results["recovered"] == 0:
        wrong.append(("the walk", "no point was reached"))
    for key, value in figures.items():
        print(f"        {key}: {value}")
    for step, said in wrong:
        print(f"NOT OK  {step}: {said}")
    if args.report:
        with open(args.report, "w") as f:
            json.dump({"figures": figures, "wrong": [[str(s), t] for s, t in wrong]}, f, indent=1)
    print(f"{results['recovered']} passed, {len(wrong)} failed, 0 skipped")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
