"""The systemd unit, as it is installed: understood by systemd, as closed as it says, with the rights that relais-master keeps and no others.

units.py BUILD_DIR CACHE     Starts nothing; systemd's tools are those of the machine, or unpacked into CACHE. Prints 'N passed, N failed, N skipped' last."""
import os
import re
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "journey"))
from correspondents import FAMILIES, unpack     # noqa: E402

ROOT = os.path.realpath(os.path.join(os.path.dirname(__file__), ".."))
MOST = 3.5              # of systemd-analyze security: 10 is open, 0 closed; what root, SYS_ADMIN and the network cost stays
# Each is a wall of the page docs/security.md.
WALLS = {
    "NoNewPrivileges": "yes", "ProtectSystem": "strict", "ProtectHome": "yes", "PrivateTmp": "yes", "PrivateDevices": "yes", "ProtectProc": "invisible",
    "ProtectKernelTunables": "yes", "ProtectKernelModules": "yes", "ProtectKernelLogs": "yes", "ProtectControlGroups": "yes", "ProtectClock": "yes",
    "ProtectHostname": "yes", "RestrictNamespaces": "mnt", "RestrictRealtime": "yes", "RestrictSUIDSGID": "yes", "LockPersonality": "yes",
    "MemoryDenyWriteExecute": "yes", "SystemCallArchitectures": "native", "RestrictAddressFamilies": "AF_UNIX AF_INET AF_INET6 AF_NETLINK", "LimitCORE": "0",
    "ReadWritePaths": "%f", "AmbientCapabilities": "",
}


ANALYZE = []       # the tool and its environment, once they are there


def analyze(*words):
    return run(ANALYZE[0], *words, env=ANALYZE[1])


def run(*words, **more):
    return subprocess.run(words, capture_output=True, text=True, **more)


def installed(build, root):
    done = run("cmake", "--install", build, env=dict(os.environ, DESTDIR=root))
    assert done.returncode == 0, done.stderr
    found = [os.path.join(folder, name) for folder, _, names in os.walk(root) for name in names]
    unit = [p for p in found if p.endswith("/lib/systemd/system/relais@.service")]
    assert len(unit) == 1, found[:20]
    return unit[0], found


def tools(cache):
    """(systemd-analyze, its environment)."""
    there = shutil.which("systemd-analyze")
    if there:
        return there, dict(os.environ)
    lib = os.path.join(unpack(os.path.join(cache, "systemd"), FAMILIES["systemd"]), "usr/lib")
    return os.path.join(lib, "../bin/systemd-analyze"), dict(
        os.environ, LD_LIBRARY_PATH=f"{lib}/x86_64-linux-gnu/systemd:{lib}/x86_64-linux-gnu", SYSTEMD_UNIT_PATH=f"{lib}/systemd/system")


def settings(unit):
    with open(unit) as f:
        return {k: v.strip() for k, v in re.findall(r"^(\w+)=(.*)$", f.read(), re.M)}


def everything_is_there(unit, found):
    master = settings(unit)["ExecStart"].split()[0]
    prefix = os.path.dirname(os.path.dirname(master))
    have = {p[p.index(prefix):] for p in found}
    names = re.findall(r"^set\(PROCESSES (.*)\)$", open(os.path.join(ROOT, "CMakeLists.txt")).read(), re.M)[0].split()
    for name in names:
        assert os.path.join(prefix, "bin", "relais" if name == "cli" else f"relais-{name}") in have, name
    for part in ("share/relais/schema/0001_mail.sql", "share/relais/make-test-pki.sh", "share/man/man8/relais-processes.8"):
        assert os.path.join(prefix, part) in have, part
    assert not [p for p in have if "probe" in p or "_test" in p], "a test's program is installed"


def each_wall_is_there(unit, _):
    has = settings(unit)
    assert {k: has.get(k) for k in WALLS} == WALLS, {k: (has.get(k), v) for k, v in WALLS.items() if has.get(k) != v}


def what_it_shuts_out_is_said(unit, _):
    """Folders that the configuration may put elsewhere, and that are written there: the unit and both guides say what lets them in."""
    with open(os.path.join(ROOT, "docs/configuration.md")) as f:
        elsewhere = set(re.findall(r"^\| `(?:\w+\.)?(keeper\.copy|audit\.folder|token_folder)` \|", f.read(), re.M))
    assert elsewhere == {"keeper.copy", "audit.folder", "token_folder"}, elsewhere
    for path in (unit, os.path.join(ROOT, "docs/operators.md"), os.path.join(ROOT, "docs/exploitation.md")):
        with open(path) as f:
            told = [p for p in re.findall(r"(?:.+\n){1,3}", f.read()) if "ReadWritePaths=" in p and all(name in p for name in elsewhere)]
        assert told, path


def rights_are_the_masters(unit, _):
    with open(os.path.join(ROOT, "gateway/master.c")) as f:
        kept = set(re.findall(r"PRIVILEGE\((CAP_\w+)\)", f.read()))
    assert set(settings(unit)["CapabilityBoundingSet"].split()) == kept, kept


def instance_of(unit):
    """An instance of the template, beside it."""
    folder = os.path.dirname(unit)
    one = os.path.join(folder, "relais@srv-avis.service")
    shutil.copy(unit, one)
    return one


def systemd_understands_it(unit, found):
    one = instance_of(unit)
    with open(one) as f:
        text = f.read()
    prefix = re.search(r"ExecStart=(\S+)/bin/relais-master", text).group(1)
    root = unit[:unit.index("/lib/systemd")].removesuffix(prefix)
    with open(one, "w") as f:                   # the executable where it was installed for the test
        f.write(text.replace(f"ExecStart={prefix}", f"ExecStart={root}{prefix}"))
    done = analyze("verify", "--man=no", "--recursive-errors=no", one)
    told = [line for line in done.stderr.splitlines() if "relais" in line]
    assert done.returncode == 0 and not told, done.stderr
    with open(one, "a") as f:
        f.write("[Service]\nProtectSistem=yes\n")
    assert "ProtectSistem" in analyze("verify", "--man=no", "--recursive-errors=no", one).stderr, "a word that systemd does not know passes"
    os.unlink(one)


def it_is_closed(unit, _):
    one = instance_of(unit)
    done = analyze("security", "--offline=true", "--no-pager", f"--threshold={int(MOST * 10)}", one)
    level = re.search(r"Overall exposure level for \S+: ([\d.]+)", done.stdout)
    os.unlink(one)
    assert level and float(level.group(1)) <= MOST and done.returncode == 0, done.stdout[-3000:] + done.stderr
    print(f"        exposure {level.group(1)} of 10")


def main():
    cases = [("all that is needed is installed, and nothing else", everything_is_there), ("each wall", each_wall_is_there), ("what it shuts out is said", what_it_shuts_out_is_said),
             ("the rights are those that relais-master keeps", rights_are_the_masters), ("systemd understands it", systemd_understands_it),
             ("it is closed", it_is_closed)]
    passed = failed = 0
    ANALYZE.extend(tools(sys.argv[2]))
    with tempfile.TemporaryDirectory() as root:
        unit, found = installed(sys.argv[1], root)
        for name, case in cases:
            try:
                case(unit, found)
                passed += 1
                print(f"ok      {name}")
            except AssertionError as e:
                failed += 1
                print(f"NOT OK  {name}: {e}")
    print(f"{passed} passed, {failed} failed, 0 skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
