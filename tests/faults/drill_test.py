"""`relais drill`: a report that says what was done and what came of it; a broken account is told, and the exit status says so. drill_test.py BIN"""
import glob
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import traceback

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import kills                        # noqa: E402
from rig import Rig, wait_for       # noqa: E402


def drill(rig, *words):
    return subprocess.run([os.path.join(rig.bin, "relais"), "drill", "--dir", rig.dir, *words], capture_output=True, text=True, stdin=subprocess.DEVNULL, env=rig.environment)


def the_report(folder):
    with open(glob.glob(os.path.join(folder, "drill-*.json"))[0]) as f:
        report = json.load(f)
    with open(glob.glob(os.path.join(folder, "drill-*.md"))[0]) as f:
        return report, f.read()


def here(rig):
    folder = os.path.join(rig.folder, "here")
    for i in range(6):
        rig.send("request" if i % 3 == 0 else "record")
    rig.doubts += 2                     # the deliverer is killed among them, with a mail in each session that it may have (points.py)
    done = drill(rig, "--here", "--report", folder)
    assert done.returncode == 0, done.stdout + done.stderr
    report, text = the_report(folder)
    names = [s["step"] for s in report["steps"]]
    running = [p["name"] for p in rig.status()["processes"]]
    assert names == ["reconcile before", *[f"kill -9 of {n}" for n in running], "reconcile after"], names
    assert all(s["outcome"] == "held" for s in report["steps"]) and report["actor"] == "exercice" and report["versions"]["PostgreSQL"], report
    assert f"{len(names)} of {len(names)} steps held" in text and all(f"| {n} |" in text for n in names), text
    rig.settle()
    assert not rig.verdict()[1]
    assert not rig.leaks([folder]), rig.leaks([folder])


def broken(rig):
    """An account that does not agree: the drill must not say that it holds."""
    rig.sql("create table public.saved as select * from relais.outbox_attempt where ctid = (select min(ctid) from relais.outbox_attempt); "
            "delete from relais.outbox_attempt where ctid = (select min(ctid) from relais.outbox_attempt)")
    folder = os.path.join(rig.folder, "broken")
    try:
        done = drill(rig, "--here", "--only", "reconcile before", "--report", folder)
    finally:
        rig.sql("insert into relais.outbox_attempt select * from public.saved; drop table public.saved")
    report, text = the_report(folder)
    assert done.returncode == 1 and report["steps"][0]["outcome"] == "FAILED" and "0 of 1 steps held" in text, (done, report)


def dead(rig):
    """A signer that cannot start: the drill says so, and does not count the rest as the whole."""
    program, folder = os.path.join(rig.bin, "relais-signer"), os.path.join(rig.folder, "dead")
    os.rename(program, program + ".away")
    shutil.copy("/bin/false", program)
    try:
        os.kill(wait_for("the number of the signer", lambda: rig.process("signer")["pid"]), signal.SIGKILL)
        wait_for("a signer that does not run", lambda: rig.process("signer")["state"] != "running")
        done = drill(rig, "--here", "--only", "kill -9 of signer,kill -9 of shield", "--report", folder)
    finally:
        os.rename(program + ".away", program)
    report, text = the_report(folder)
    outcomes = {s["step"]: s["outcome"] for s in report["steps"]}
    assert done.returncode == 1 and outcomes == {"kill -9 of signer": "FAILED", "kill -9 of shield": "held"} and "signer does not run" in text, (done, report)
    wait_for("the signer again", lambda: rig.process("signer")["state"] == "running")


def private(rig):
    folder = os.path.join(rig.folder, "private")
    done = drill(rig, "--kills", "24", "--only", "kills", "--report", folder)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    report, _ = the_report(folder)
    each = report["steps"][0]["figures"]["each"]
    assert sum(each.values()) >= 24 and set(each) == set(kills.ORDER), report


def whole(rig):
    """All that its steps need is where it is installed."""
    done = subprocess.run([sys.executable, "-B", "-c", "import drill, recipes; recipes.recipe('export')"], cwd=os.path.join(rig.folder, "share/relais/drill"), capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def words(rig):
    for wrong in (("--kills",), ("--kills", "many"), ("--what",), ("now",)):
        assert drill(rig, *wrong).returncode == 2, wrong
    done = subprocess.run([os.path.join(rig.bin, "relais"), "drill", "--here", "--dir", rig.folder], capture_output=True, text=True)
    assert done.returncode == 1 and "does not run" in done.stderr, done


def main():
    folder, passed, failed = tempfile.mkdtemp(prefix="relais-drill-test-"), 0, 0
    rig = Rig(folder, sys.argv[1])
    try:
        rig.start()
        for case in (whole, here, broken, dead, private, words):
            try:
                case(rig)
                passed += 1
                print(f"ok      {case.__name__}", flush=True)
            except Exception:
                failed += 1
                print(f"NOT OK  {case.__name__}\n{traceback.format_exc()}", flush=True)
    finally:
        rig.stop()
        shutil.rmtree(folder, ignore_errors=True)
    print(f"{passed} passed, {failed} failed, 0 skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
