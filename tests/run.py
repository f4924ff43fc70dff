"""Runs every suite that ./check has built and counts. tests/run.py [SUITE…] runs only those named."""
import glob
import os
import re
import subprocess
import sys
import threading
import time

ROOT = os.path.realpath(os.path.join(os.path.dirname(__file__), ".."))
RELEASE, SANITIZED = os.path.join(ROOT, "build/release"), os.path.join(ROOT, "build/sanitized")
PYTHON = "/usr/bin/python3"


def environment():
    env = dict(os.environ, ASAN_OPTIONS="detect_leaks=1:abort_on_error=0", UBSAN_OPTIONS="print_stacktrace=1", PYTHONDONTWRITEBYTECODE="1")
    corpus = env.get("RELAIS_CORPUS") or os.path.join(ROOT, "../shared/corpus")
    if os.path.isdir(corpus):
        env["RELAIS_CORPUS"] = os.path.realpath(corpus)
    else:
        env.pop("RELAIS_CORPUS", None)
    return env


ENV = environment()


def run(command, seconds=1800):
    try:
        done = subprocess.run(command, cwd=ROOT, env=ENV, capture_output=True, timeout=seconds, stdin=subprocess.DEVNULL)
        return done.returncode, (done.stdout + done.stderr).decode("utf-8", "replace")
    except subprocess.TimeoutExpired as e:
        return 124, ((e.stdout or b"") + (e.stderr or b"")).decode("utf-8", "replace") + f"\nnot done after {seconds} s"


def tell(name, status, output, lines=40):
    print(f"FAILED  {name} (status {status})")
    print("\n".join("        " + line for line in output.splitlines()[-lines:]), flush=True)


# The sanitizers need system calls that a jail refuses: what tests the jails is run from the release build.
JAILED = {"gateway_jail_test", "gateway_oneshot_test"}


def unit():
    """Every cmocka test of every folder, under the sanitizers. A test program that ends badly counts as one failure more."""
    passed = failed = skipped = 0
    tests = [os.path.join(RELEASE if os.path.basename(t) in JAILED else SANITIZED, "tests", os.path.basename(t))
             for t in sorted(glob.glob(os.path.join(SANITIZED, "tests/*")))]
    for test in tests:
        status, output = run([test], 300)
        ok = len(re.findall(r"^\[\s+OK \]", output, re.M))
        bad = len(set(re.findall(r"^\[\s+FAILED\s+\] (\w+)$", output, re.M)))
        away = len(set(re.findall(r"^\[\s+SKIPPED\s+\] (\w+)$", output, re.M)))
        if ok + away == 0 and status == 0:
            status, output = 1, output + "\nno test ran"
        if status != 0:
            tell(os.path.basename(test), status, output)
            failed += max(bad, 1)
        for line in re.findall(r"^(?!\[).*(?:skipped:|agree).*$", output, re.M):
            print(f"        {os.path.basename(test)}: {line.strip()}")
        passed, skipped = passed + ok, skipped + away
    print(f"unit: {passed} passed, {failed} failed, {skipped} skipped in {len(tests)} programs", flush=True)
    return passed, failed, skipped


def seeds(name):
    """Files of the corpus that speak the target's language; the targets see bent copies of them too."""
    own = sorted(glob.glob(os.path.join(ROOT, "tests/fuzz/seeds", name.removeprefix("fuzz_"), "*")))
    corpus = ENV.get("RELAIS_CORPUS")
    if own or not corpus:
        return own
    patterns = {"mime": "hostile/mime/**/*.*", "scan": "hostile/mime/**/*.*", "notice": "hostile/bounces/**/*.eml", "cms": "hostile/smime/openssl-fuzz/**/*",
                "cda": "cda/fr-testcontenu-3.0/TLM*", "html_view": "cda/fr-testcontenu-3.0/[TV]*", "zip": "hostile/zip/**/*.zip", "xdm": "cda/xdm/*",
                "tnef": "hostile/mime/tnef/**/*.tnef", "new_text": "hostile/replies/**/*.txt", "trust_list": "whitelist/*.xml"}
    for key, pattern in patterns.items():
        if name.endswith(key):
            files = [f for f in sorted(glob.glob(os.path.join(corpus, pattern), recursive=True)) if os.path.isfile(f) and os.path.getsize(f) < 500000]
            return files[:: max(1, len(files) // 25)]
    return []


def fuzz():
    """A short run of each parser's target under the sanitizers: files of the corpus, bent copies of them, and noise."""
    passed = failed = 0
    for target in sorted(glob.glob(os.path.join(SANITIZED, "fuzz/fuzz_*"))):
        name = os.path.basename(target)
        files = seeds(name)
        status, output = run([target, "-bytes", "1", "40" if files else "2000"] + files, 300)
        if status != 0:
            tell(name, status, output)
        passed, failed = passed + (status == 0), failed + (status != 0)
    print(f"fuzz: {passed} passed, {failed} failed, 0 skipped", flush=True)
    return passed, failed, 0


TOLD = 16   # lines of a failed case, its trace back among them


# A suite that hangs is ended; one that is slow beside others on a busy machine is not.
def script(name, command, seconds=1800, needs_corpus=False, show=""):
    """A program that prints 'N passed, N failed, N skipped' last, or counts as one. show: how the lines begin that are worth telling."""
    def suite():
        if needs_corpus and "RELAIS_CORPUS" not in ENV:
            print(f"{name}: skipped, the corpus is not beside the project")
            return 0, 0, 1
        status, output = run(command, seconds)
        counts = re.findall(r"^(\d+) passed, (\d+) failed(?:, (\d+) skipped)?$", output, re.M)
        result = tuple(int(x or 0) for x in counts[-1]) if counts else (int(status == 0), int(status != 0), 0)
        if status != 0 and result[1] == 0:
            result = (result[0], 1, result[2])
        if result[1]:
            lines = output.splitlines()
            print("\n".join("        " + line for i in range(len(lines)) if re.match(r"NOT OK|\s*FAIL ", lines[i]) for line in lines[i:i + TOLD]))
            tell(name, status, output)
        else:
            print("\n".join("        " + line for line in output.splitlines()[-60 if not show else 0:] if line.startswith(show)))
        print(f"{name}: {result[0]} passed, {result[1]} failed, {result[2]} skipped", flush=True)
        return result
    return suite


BIN = os.path.join(RELEASE, "bin")
CACHE = os.path.join(ROOT, "build/correspondents")
SUITES = {
    "unit": unit,
    "fuzz": fuzz,
    "docs": script("docs", [PYTHON, "tests/docs.py", BIN], 120),
    "calendar": script("calendar", [PYTHON, "-B", "tests/calendar_zones.py", os.path.join(RELEASE, "peers/calendar_probe")], 300, show="NOT"),
    "attacks": script("attacks", [PYTHON, "tests/attacks.py"], 60),
    "events": script("events", [PYTHON, "tests/events.py"], 60),
    "walls": script("walls", [PYTHON, "tests/walls", BIN], 300),
    "units": script("units", [PYTHON, "-B", "tests/units.py", RELEASE, CACHE], 300, show="NOT"),
    "corpus": script("corpus", [PYTHON, "tests/corpus_inspect.py", ENV.get("RELAIS_CORPUS", ""), BIN], 600, needs_corpus=True),
    "fields": script("fields", [PYTHON, "tests/cda_fields.py", ENV.get("RELAIS_CORPUS", ""), BIN], 120, needs_corpus=True),
    "catalogue": script("catalogue", [PYTHON, "-B", "tests/catalogue.py", BIN], show="NOT"),
    "pdf": script("pdf", [PYTHON, "-B", "tests/pdf_forms.py", os.path.join(RELEASE, "peers/pdf_probe")]),
    "questionnaires": script("questionnaires", [PYTHON, "tests/questionnaire_fields.py", ENV.get("RELAIS_CORPUS", ""), BIN], 300, needs_corpus=True),
    "schematron": script("schematron", [PYTHON, "tests/schematron.py", BIN, ENV.get("RELAIS_CORPUS", "")], 600),
    "peers": script("peers", [PYTHON, "tests/deliver_peers.py", BIN]),
    "identity": script("identity", [PYTHON, "tests/identity_peers.py", BIN], 300),
    "journey": script("journey", [PYTHON, "tests/journey/journey.py", "--bin", BIN, "--cache", CACHE, "--only", "story,bad,documents,notices,requests,opinions,software,roles,walls,kill"]),
    "personas": script("personas", [PYTHON, "tests/journey/journey.py", "--bin", BIN, "--cache", CACHE, "--only", "personas,people"]),
    "life": script("life", [PYTHON, "tests/journey/journey.py", "--bin", BIN, "--cache", CACHE, "--only", "routing,directory,staff,export,figures,shield"]),
    "custody": script("custody", [PYTHON, "tests/journey/journey.py", "--bin", BIN, "--cache", CACHE, "--only", "keeper,keeping,lost,audit"]),
    "keys": script("keys", [PYTHON, "tests/journey/journey.py", "--bin", BIN, "--cache", CACHE, "--only", "keys,encrypted,outgoing"]),
    "transport": script("transport", [PYTHON, "tests/journey/journey.py", "--bin", BIN, "--cache", CACHE, "--only",
                                      "attackers,extensions,submission,client,mailboxes,trust,recheck"]),
    "kills": script("kills", [PYTHON, "-B", "tests/faults/run_kills.py", "--bin", BIN, "--kills", "96", "--seconds", "200"], 600, show=("        kills", "        each", "        seconds")),
    "fault points": script("fault points", [PYTHON, "-B", "tests/faults/points.py", "--bin", os.path.join(ROOT, "build/faults/bin"), "--short", "--seconds", "100"], 400, show="        points"),
    "ground": script("ground", [PYTHON, "-B", "tests/faults/database.py", "--bin", BIN, "--faults", os.path.join(ROOT, "build/faults/bin"),
                                "--only", "stopped,killed,sessions killed,tending killed,master killed,journals full,database full,clock jumps,failed over,failed over behind,fallen silent,cables cut,restored"], 1200, show="NOT"),
    "account": script("account", [PYTHON, "-B", "tests/faults/rig_test.py", BIN], 200, show="NOT"),
    "drill": script("drill", [PYTHON, "-B", "tests/faults/drill_test.py", BIN], 300),
    "clients": script("clients", [PYTHON, "-B", "tests/mail_clients.py", BIN, CACHE], 300),
    "sanitized journey": script("sanitized journey", [PYTHON, "tests/journey/journey.py", "--bin", os.path.join(SANITIZED, "bin"), "--cache", CACHE, "--only", "story"], 600),
    "interop": script("interop", [PYTHON, "tests/journey/interop.py", "--bin", BIN, "--cache", CACHE], 600, show=("table", "skipped", "        ")),
}


# Side by side when all are run: most of each is waiting for a peer, a timer or a disk. The longest first, so that none begins when all others are over.
HANDS = 6
LONGEST = ("journey", "peers", "unit", "custody", "life", "ground", "transport", "keys", "personas", "corpus", "interop", "fault points", "sanitized journey", "drill",
           "kills", "catalogue")


def one_after_another(names):
    total = [0, 0, 0]
    for name in names:
        begin = time.monotonic()
        print(f"--- {name}", flush=True)
        total = [a + b for a, b in zip(total, SUITES[name]())]
        print(f"    {name}: {time.monotonic() - begin:.1f} s", flush=True)
    return total


def side_by_side():
    """Each suite is this program again; what it prints is passed on when it is over, its last line is its count."""
    waiting, totals, one = [*LONGEST, *(name for name in SUITES if name not in LONGEST)], [], threading.Lock()

    def take():
        with one:
            return waiting.pop(0) if waiting else None

    def work():
        while name := take():
            done = subprocess.run([PYTHON, "-B", os.path.abspath(__file__), name], cwd=ROOT, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True)
            *lines, last = done.stdout.splitlines() or [f"{name}: nothing was said"]
            counts = re.match(r"(\d+) passed, (\d+) failed, (\d+) skipped$", last)
            with one:
                print("\n".join(lines if counts else [*lines, last]), flush=True)
                totals.append([int(n) for n in counts.groups()] if counts else [0, 1, 0])

    hands = [threading.Thread(target=work) for _ in range(HANDS)]
    for hand in hands:
        hand.start()
    for hand in hands:
        hand.join()
    return [sum(column) for column in zip(*totals)]


def main():
    begin = time.monotonic()
    unknown = [name for name in sys.argv[1:] if name not in SUITES]
    if unknown:
        sys.exit(f"no such suite: {', '.join(unknown)}; there are {', '.join(SUITES)}")
    total = one_after_another(sys.argv[1:]) if sys.argv[1:] else side_by_side()
    if not sys.argv[1:]:
        print(f"all suites: {time.monotonic() - begin:.0f} s")
    print(f"{total[0]} passed, {total[1]} failed, {total[2]} skipped")
    return 1 if total[1] or (total[2] and "RELAIS_CORPUS" in ENV) else 0


if __name__ == "__main__":
    sys.exit(main())
