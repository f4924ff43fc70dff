"""What `relais drill` runs: faults on purpose, and a report that an auditor can read (drill-DATE.md, and the same as drill-DATE.json).

Without --here: the full set, on private instances of a made-up service that are made for it and thrown away; no mail leaves this machine.
With --here DIR: the safe set on that running instance: each process is killed once and must be back; nothing is sent, stopped or filled."""
import argparse
import datetime
import json
import os
import platform
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import traceback

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import database                     # noqa: E402
import kills                        # noqa: E402
from psql import tool               # noqa: E402
from rig import Rig, alive, wait_for    # noqa: E402

RUNS_SECONDS, STAYS_SECONDS = 15, 0.5
MEANS = {
    "kills": "kill -9 of each process in turn under load, each kill on a process that holds claimed work",
    "stopped": "PostgreSQL stopped under load, and started again",
    "killed": "PostgreSQL killed (kill -9 of the server) under load",
    "sessions killed": "kill -9 of single database sessions at work",
    "tending killed": "who links the trail and who seals a checkpoint killed while they write",
    "master killed": "the supervisor killed with kill -9, all with it",
    "failed over": "the first database server lost with its disk; the synchronous standby promoted",
    "fallen silent": "the cable to a database on another machine pulled under load: no reset, no answer",
    "journals full": "no room on the disk of the journals",
    "database full": "no room on the disk of the database",
    "cables cut": "connections in and out cut in the middle of a message or a mail",
    "half open": "connections in and out held still in the middle of a message and a mail, until our own deadlines end them",
    "restored": "an older copy of the database put back: what is lost is named, nothing that left leaves again",
    "reconcile before": "every message has its outcome, counted from evidence, before anything is done",
    "reconcile after": "the same, afterwards",
}


def now():
    return datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds").replace("+00:00", "Z")


def output(*command):
    try:
        return subprocess.run(command, capture_output=True, text=True).stdout.strip().split("\n")[0]
    except OSError:
        return ""


def versions(bin_dir):
    system = {}
    with open("/etc/os-release") as f:
        system = dict(line.rstrip().split("=", 1) for line in f if "=" in line)
    return {"relais": output(os.path.join(bin_dir, "relais"), "--version"), "PostgreSQL": output(tool("psql"), "--version"), "kernel": platform.release(),
            "system": system.get("PRETTY_NAME", "").strip('"'), "processors": os.cpu_count()}


# ---------------------------------------------------------------- here: the safe set

class Here:
    def __init__(self, args):
        self.args = args

    def relais(self, *words):
        return subprocess.run([os.path.join(self.args.bin, "relais"), *words, "--dir", self.args.here], capture_output=True, text=True, stdin=subprocess.DEVNULL)

    def processes(self):
        with open(os.path.join(self.args.here, "run/status.json")) as f:
            return json.load(f)["processes"]

    def process(self, name):
        return next(p for p in self.processes() if p["name"] == name)

    def reconcile(self):
        done = self.relais("reconcile", "--json")
        checks = json.loads(done.stdout) if done.stdout.startswith("[") else []
        bad = [f"{c['name']}: {c['bad']}" for c in checks if c["bad"]]
        assert done.returncode == 0 and checks, f"reconcile: {bad or done.stderr.strip()}"
        return {"checks": len(checks), "counted": sum(c["counted"] for c in checks)}

    def under_way(self):
        done = self.relais("queue", "--json")
        rows = json.loads(done.stdout) if done.returncode == 0 and done.stdout else []
        return sum(r["state"] in ("claimed", "sending") for r in rows)

    def runs(self, name):
        """What is between two starts is given the time for one; what ends at once does not run."""
        def stays():
            p = self.process(name)
            if p["state"] != "running":
                return False
            time.sleep(STAYS_SECONDS)
            return self.process(name)["state"] == "running" and self.process(name)["pid"] == p["pid"]
        try:
            wait_for(name, stays, RUNS_SECONDS)
        except TimeoutError:
            raise AssertionError(f"{name} does not run") from None

    def kill(self, name):
        self.runs(name)
        old = self.process(name)["pid"]
        held = self.under_way()
        begin = time.monotonic()
        os.kill(old, signal.SIGKILL)

        def again():
            p = self.process(name)
            return p["state"] == "running" and p["pid"] not in (0, old) and alive(p["pid"])
        wait_for(f"{name} again", again, 60, 0.02)
        return {"seconds until it ran again": round(time.monotonic() - begin, 2), "rows in hand when it was killed": held}

    def steps(self):
        yield "reconcile before", self.reconcile
        for p in self.processes():
            yield f"kill -9 of {p['name']}", lambda name=p["name"]: self.kill(name)
        yield "reconcile after", self.reconcile


# ---------------------------------------------------------------- private: the full set

def kill_loop(args):
    folder = tempfile.mkdtemp(prefix="relais-drill-")
    rig = Rig(folder, args.bin)
    try:
        rig.start()
        k = kills.Kills(rig)
        seconds = k.run(args.kills, 3600 + args.kills)
        rig.settle(180)
        figures, faults = kills.report(rig, k, args.kills, seconds)
        assert not faults, faults
        assert sum(k.counted.values()) >= args.kills, figures
        return figures
    finally:
        rig.stop()
        shutil.rmtree(folder, ignore_errors=True)


def full_steps(args):
    yield "kills", lambda: kill_loop(args)
    yield from database.steps_of(args, [*database.SHARED, "failed over", "fallen silent", "journals full", "database full", "cables cut", "half open", "restored"])


# ---------------------------------------------------------------- the report

def play(name, step):
    begun, begin = now(), time.monotonic()
    print(f"{begun}  {name} …", flush=True)
    row = {"step": name, "means": MEANS.get(name, ""), "begun": begun}
    try:
        row["figures"], row["outcome"] = step(), "held"
    except Exception as e:              # a step that fails is a result; the others still run
        row["figures"], row["outcome"], row["why"] = {}, "FAILED", f"{type(e).__name__}: {e}"[:2000]
        traceback.print_exc()
    row["seconds"] = round(time.monotonic() - begin, 1)
    print(f"{now()}  {name}: {row['outcome']} ({row['seconds']} s)", flush=True)
    return row


def markdown(report):
    held = sum(r["outcome"] == "held" for r in report["steps"])
    lines = [f"# Drill of {report['begun']}", "",
             f"{report['what']}. Asked by {report['actor']} on {report['host']}. **{held} of {len(report['steps'])} steps held.**", "",
             "Versions: " + ", ".join(f"{k} {v}" for k, v in report["versions"].items()) + ".", "",
             "A step holds when, after it, every message that was acknowledged has one evidenced outcome (`relais reconcile` agrees, and the drill's own "
             "count at the senders and at the recipients' server agrees with it), nothing is lost and nothing was done twice.", "",
             "| Step | What was done | Begun | Seconds | Outcome |", "|---|---|---|---|---|"]
    lines += [f"| {r['step']} | {r['means']} | {r['begun']} | {r['seconds']} | {r['outcome']} |" for r in report["steps"]]
    for r in report["steps"]:
        lines += ["", f"## {r['step']}", ""] + [f"- {k}: {v}" for k, v in r["figures"].items()] + ([f"- why: {r['why']}"] if "why" in r else [])
    return "\n".join([*lines, "", f"Ended {report['ended']}.", ""])


def main():
    parser = argparse.ArgumentParser(prog="relais drill")
    parser.add_argument("--bin", required=True)
    parser.add_argument("--here")
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--only")
    parser.add_argument("--report", default=".")
    args = parser.parse_args()
    args.faults = None
    if os.geteuid() != 0:
        sys.exit("relais drill: the processes are killed and disks are mounted: run it as root")
    if args.here and not os.path.exists(os.path.join(args.here, "run/status.json")):
        sys.exit(f"relais drill: {args.here} does not run")
    report = {"what": f"The safe set, on the instance {os.path.realpath(args.here)}" if args.here else "The full set, on private instances made for it",
              "begun": now(), "actor": os.environ.get("RELAIS_ACTOR") or os.environ.get("SUDO_USER") or os.environ.get("USER") or "root", "host": platform.node(),
              "versions": versions(args.bin), "steps": []}
    wanted = args.only.split(",") if args.only else None
    for name, step in Here(args).steps() if args.here else full_steps(args):
        if wanted is None or name in wanted:
            report["steps"].append(play(name, step))
    report["ended"] = now()
    path = os.path.join(args.report, "drill-" + report["begun"].replace(":", "").replace("-", ""))
    os.makedirs(args.report, exist_ok=True)
    for end, text in ((".md", markdown(report)), (".json", json.dumps(report, indent=1, ensure_ascii=False) + "\n")):
        with open(path + end, "w", encoding="utf-8") as f:
            f.write(text)
    failed = sum(r["outcome"] != "held" for r in report["steps"])
    print(f"{path}.md: {len(report['steps']) - failed} of {len(report['steps'])} steps held")
    return 1 if failed or not report["steps"] else 0


if __name__ == "__main__":
    sys.exit(main())
