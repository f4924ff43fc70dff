"""Each process of the living instance, taken over (captive.py): what it must not be able to do fails, in its own jail and under its own user.

The table has a row an attempt and a column a kind of process; a process that is not in KINDS, or a kind without its cell, fails."""
import contextlib
import errno
import os
import re
import signal
import socket
import struct

import clients
import documents
import secrets_kept as secrets
from captive import KILLED, Captive, next_child
from database import rows
from bad import outcome
from kills import alive, descendants, send_signal
from walls import UID, status_of
from world import DEPOT, HOSPITAL, SERVICE_BOX, wait_for

# reader's parent, reader's child, receiver, parent of others, their child, worker, keeper, signer, who asks the virus scanner, opener
COLUMNS = "RrNPCWKSAO"
KINDS = {
    "verify": "R", "inspect": "R", "compose": "R", "shield": "R", "verify's child": "r", "inspect's child": "r", "compose's child": "r",
    "receiver": "N", "collector": "P", "deliverer": "P", "refresher": "P", "collector's child": "C", "deliverer's child": "C", "refresher's child": "C",
    "worker": "W", "keeper": "K", "signer": "S", "antivirus": "A",
    "opener": "O", "opener-verify": "R", "opener-verify's child": "r",
}
# x refused (EACCES or EPERM), K killed, Y works. Deadly ones last: each ends the process.
TABLE = {
    "read the key of the seal":                    "xxxxxxxxxx",
    "read the key of the receiver":                "xxYxxxxxxx",
    "read a key of the opener":                    "xxxxxxxxxx",
    "read the keeper's master key":                "xxxxxxxxxx",
    "read what the keeper destroyed":              "xxxxxxYxxx",
    "read a file of the database":                 "xxxxxxxxxx",
    "read the log":                                "xxxxxxxxxx",
    "read the signer's journal again":             "xxxxxxxxxx",
    "read everybody's list of users":              "xxYYYxxxxx",
    "read the memory of the master":               "xxxxxxxxxx",
    "write the memory of its own kind":            "xxxxxxxxxx",
    "write over an executable":                    "xxxxxxxxxx",
    "make a file in /tmp":                         "xxxxxxxxxx",
    "make a file in the instance":                 "xxxxxxxxxx",
    "make a folder":                               "KKxxxxxxxx",
    "take away a file":                            "KKxxxxxxxx",
    "rename a file":                               "KKxxxxxxxx",
    "change a file's mode":                        "KKxxxxxxxx",
    "ask the opener":                              "KKxxxYxxxx",
    "ask a reader":                                "KKxxxYxxxx",
    "connect to our own port":                     "KKxYxxxxxx",
    "bind a port":                                 "KKxxxxxxxx",
    "listen":                                      "KKxxxxxxxx",
    "a raw socket":                                "KKxxxxxxxx",
    "a socket for packets":                        "KKxxxxxxxx",
    "end the master":                              "xKxxxxxxxx",
    "signal the signer":                           "xKxxxxxxxx",
    "signal a thread of the signer":               "KKxxxxxxxx",
    "a descriptor of the master":                  "KKxxxxxxxx",
    "a child":                                     "YKxYxxxxYx",
    "become root":                                 "KKxxxxxxxx",
    "root's group":                                "KKxxxxxxxx",
    "be dumped and attached to":                   "KKxxxxxxxx",
    "cores again":                                 "xxxxxxxxxx",
    "more descriptors than given":                 "xxxxxxxxxx",
    "a page to write and run":                     "xxxxxxxxxx",
    "make a page run":                             "xxxxxxxxxx",
    "keys of the kernel":                          "KKxxxxxxxx",
    "another root":                                "KKxxxxxxxx",
    "have memory":                                 "YYYYYYYYYY",
    "run a program":                               "KKKKKKKKKK",
    "trace the master":                            "KKKKKKKKKK",
    "a namespace":                                 "KKKKKKKKKK",
    "read the memory of the signer":               "KKKKKKKKKK",
}
DEADLY = ("run a program", "trace the master", "a namespace", "read the memory of the signer")
AT, CREATE, WRITE = -100, os.O_CREAT | os.O_EXCL | os.O_WRONLY, os.O_WRONLY


class Attempts:
    """Each attempt as calls in the name of a captive: -errno, KILLED, or what worked."""

    def __init__(self, world):
        self.w = world
        status = world.status()
        self.master = status["pid"]
        self.signer = next(p["pid"] for p in status["processes"] if p["name"] == "signer")

    def path(self, *parts):
        return os.path.join(self.w.dir, *parts)

    def open(self, captive, path, flags=os.O_RDONLY):
        return captive.call("openat", AT, captive.text(path), flags, 0o600)

    def inet(self, captive, port):
        return captive.put(struct.pack("<H", socket.AF_INET) + struct.pack(">H", port) + socket.inet_aton("127.0.0.1") + bytes(8))

    def on_socket(self, captive, call, *arguments, family=socket.AF_INET, kind=socket.SOCK_STREAM):
        s = captive.call("socket", family, kind, 0)
        return s if s == KILLED or s < 0 else captive.call(call, s, *arguments)

    def unlimited(self, captive, which):
        return captive.call("prlimit64", 0, which, captive.put(struct.pack("<QQ", (1 << 64) - 1, (1 << 64) - 1)), 0)

    def run_page(self, captive):
        page = captive.call("mmap", 0, 4096, 3, 0x22, -1, 0)
        return captive.call("mprotect", page, 4096, 5)

    def local(self, captive, socket_name):
        name = os.fsencode(self.path("run", socket_name))
        return self.on_socket(captive, "connect", captive.put(struct.pack("<H", socket.AF_UNIX) + name + b"\0"), 2 + len(name) + 1,
                              family=socket.AF_UNIX, kind=socket.SOCK_SEQPACKET)

    def memory_of(self, captive, pid):
        there = captive.put(struct.pack("<QQ", captive.scratch, 8))
        return captive.call("process_vm_readv", pid, there, 1, there, 1, 0)

    def make(self, captive, what):
        tries = {
            "read the key of the seal": lambda: self.open(captive, self.path("pki/relais-seal.key")),
            "read the key of the receiver": lambda: self.open(captive, self.path("pki/relais-server.key")),
            "read a key of the opener": lambda: self.open(captive, self.path("pki/opening.key")),
            "read the keeper's master key": lambda: self.open(captive, self.path("pki/keeper.key")),
            "read what the keeper destroyed": lambda: self.open(captive, self.path("keeper/destroyed.jsonl")),
            "read a file of the database": lambda: self.open(captive, self.path("data/postgresql.conf")),
            "read the log": lambda: self.open(captive, self.path("log/relais.log")),
            "read the signer's journal again": lambda: self.open(captive, self.path("journal/signer.jsonl")),
            "read everybody's list of users": lambda: self.open(captive, "/etc/passwd"),
            "read the memory of the master": lambda: self.open(captive, f"/proc/{self.master}/mem"),
            "write the memory of its own kind": lambda: self.open(captive, "/proc/self/mem", os.O_RDWR),
            "write over an executable": lambda: self.open(captive, os.path.join(self.w.bin, "relais-signer"), WRITE),
            "make a file in /tmp": lambda: self.open(captive, f"/tmp/captive-{captive.pid}", CREATE),
            "make a file in the instance": lambda: self.open(captive, self.path(f"run/captive-{captive.pid}"), CREATE),
            "make a folder": lambda: captive.call("mkdir", captive.text(f"/tmp/captive-{captive.pid}"), 0o700),
            "take away a file": lambda: captive.call("unlink", captive.text(self.path("relais.conf"))),
            "rename a file": lambda: captive.call("rename", captive.text(self.path("relais.conf")), captive.text(self.path("x.conf"))),
            "change a file's mode": lambda: captive.call("chmod", captive.text(self.path("relais.conf")), 0o666),
            "ask the opener": lambda: self.local(captive, "opener.sock"),
            "ask a reader": lambda: self.local(captive, "verify.sock"),
            "connect to our own port": lambda: self.on_socket(captive, "connect", self.inet(captive, self.w.port), 16),
            "bind a port": lambda: self.on_socket(captive, "bind", self.inet(captive, 0), 16),
            "listen": lambda: self.on_socket(captive, "listen", 1),
            "a raw socket": lambda: captive.call("socket", socket.AF_INET, socket.SOCK_RAW, 1),
            "a socket for packets": lambda: captive.call("socket", 17, socket.SOCK_RAW, 0),
            "end the master": lambda: captive.call("kill", self.master, signal.SIGTERM),
            "signal the signer": lambda: captive.call("kill", 1 if captive.pid == self.signer else self.signer, 0),
            "signal a thread of the signer": lambda: captive.call("tgkill", self.signer, self.signer, 0),
            "a descriptor of the master": lambda: captive.call("pidfd_open", self.master, 0),
            "a child": lambda: captive.call("clone", signal.SIGCHLD, 0, 0, 0, 0),
            "become root": lambda: captive.call("setuid", 0),
            "root's group": lambda: captive.call("setgid", 0),
            "be dumped and attached to": lambda: captive.call("prctl", 4, 1, 0, 0, 0),
            "cores again": lambda: self.unlimited(captive, 4),
            "more descriptors than given": lambda: self.unlimited(captive, 7),
            "a page to write and run": lambda: captive.call("mmap", 0, 4096, 7, 0x22, -1, 0),
            "make a page run": lambda: self.run_page(captive),
            "keys of the kernel": lambda: captive.call("keyctl", 0, -3, 0),
            "another root": lambda: captive.call("chroot", captive.text("/")),
            "have memory": lambda: captive.call("mmap", 0, 1 << 20, 3, 0x22, -1, 0),
            "run a program": lambda: captive.call("execve", captive.text("/bin/true"), 0, 0),
            "trace the master": lambda: captive.call("ptrace", 16, self.master, 0, 0),
            "a namespace": lambda: captive.call("unshare", 0x10000000),
            "read the memory of the signer": lambda: self.memory_of(captive, self.signer),
        }
        return tries[what]()


def told(value):
    if value == KILLED:
        return "K"
    if value >= 0:
        return "Y"
    return "x" if -value in (errno.EACCES, errno.EPERM) else errno.errorcode.get(-value, str(value))


def lacks(world):
    """What this kernel has no wall for, as `relais status` says it; those cells are told and not tried."""
    missing = {"landlock.network": ("bind a port", "connect to our own port"), "landlock.signals": ("ask a reader", "ask the opener")}
    said = " ".join(world.status()["walls_missing"])
    return {row for word, rows in missing.items() if word in said for row in rows}


def try_all(world, attempts, name, captive, rows):
    """Wrong cells, as sentences. Ends at the first attempt that killed it."""
    wrong, skipped = [], lacks(world)
    for row in rows:
        if row in skipped:
            continue
        want, got = TABLE[row][COLUMNS.index(KINDS[name])], told(attempts.make(captive, row))
        if got != want:
            wrong.append(f"{name}: {row}: {got}, not {want}")
        if captive.dead:
            break
    return wrong


def plain(name):
    return re.sub(r"^worker-\d+", "worker", name)


def harmless(kind):
    return [row for row, cells in TABLE.items() if cells[COLUMNS.index(kind)] != "K"]


def running(world, name):
    """Its number once it stands in its jail: before, it has read nothing but its configuration and its keys. Else 0."""
    pid = next((p["pid"] for p in world.status()["processes"] if p["name"] == name and p["state"] == "running"), 0)
    with contextlib.suppress(OSError):
        return pid if pid and status_of(pid)["Seccomp"] == "2" else 0
    return 0


def in_jail(world, name):
    """The same, waited for: what was started last may not have come so far."""
    return wait_for(f"{name} in its jail", lambda: running(world, name), 40)


def taken_over(world):
    """All attempts that end nobody, on each process of the instance."""
    attempts, wrong, seen = Attempts(world), [], set()
    for process in world.status()["processes"]:
        name = plain(process["name"])
        assert name in KINDS, f"{name} has no row in KINDS: say what it may do"
        with Captive(in_jail(world, process["name"])) as captive:
            wrong += try_all(world, attempts, name, captive, harmless(KINDS[name]))
            assert not captive.dead, wrong
        seen.add(name)
    assert not wrong, "\n".join(wrong)
    assert seen == {name for name in KINDS if not name.endswith("'s child")}, seen   # relais-antivirus, which runs where one is configured: jail_test.c
    assert all(len(cells) == len(COLUMNS) for cells in TABLE.values())
    print(f"        {len(seen)} processes, {sum(len(harmless(KINDS[n])) for n in seen)} attempts", flush=True)


def killed_by(world):
    """Each call that ends a process, on each: it is gone at once, without a core, and another one runs soon."""
    attempts, count = Attempts(world), 0
    names = [p["name"] for p in world.status()["processes"]]
    for row in DEADLY:
        killed = {}
        for name in names:
            pid = wait_for(f"{name} again", lambda: running(world, name), 30)
            with Captive(pid) as captive:
                got = attempts.make(captive, row)
                assert got == KILLED, (name, row, got)
            killed[name], count = pid, count + 1
        for name, pid in killed.items():
            wait_for(f"another {name}", lambda: running(world, name) not in (0, pid), 30)
        attempts = Attempts(world)
    # A reader may not even ask for a socket.
    for name in ("verify", "inspect", "compose", "opener-verify"):
        with Captive(wait_for(f"{name} again", lambda: running(world, name), 30)) as captive:
            assert attempts.make(captive, "bind a port") == KILLED, name
        count += 1
    print(f"        {count} processes ended by the kernel", flush=True)


def children(world, story):
    """The children that hold strangers' bytes: caught when they have entered their own jail. The shield's, which only mails with files have,
    enter the same one in the same place (gateway/reader.c)."""
    attempts, wrong = Attempts(world), []

    def send():
        story.record(content=documents.made_exam("18748-4"))

    def send_encrypted():
        story.envelope = lambda body: clients.encrypted_entity(body, [world.openings["opening"]])
        send()
        story.envelope = None

    def again(name):
        """A session of its is ended, if it has one now: else the next begins by itself."""
        return lambda: send_signal(descendants(in_jail(world, name))[:1], signal.SIGTERM)
    old = None
    causes = {"verify": send, "inspect": send, "compose": send, "opener-verify": send_encrypted, "deliverer": send, "collector": again("collector"),
              "refresher": lambda: os.kill(in_jail(world, "refresher"), signal.SIGHUP)}
    for parent, cause in causes.items():
        name = parent + "'s child"
        for last in (None, "a child", "bind a port", "run a program") if KINDS[name] == "r" else (None, "run a program"):
            if parent == "deliverer":               # one that waits for more would take the mail
                wait_for("a deliverer without children", lambda: not descendants(running(world, parent)), 30)
            # After a child that was killed a reader's parent ends, and is replaced.
            pid = wait_for(parent, lambda: running(world, parent) not in (0, old) and running(world, parent), 30)
            old = pid if last is not None and KINDS[parent] == "R" else None
            with next_child(pid, cause) as captive:
                rows = harmless(KINDS[name]) if last is None else [last]
                wrong += try_all(world, attempts, name, captive, rows)
                assert captive.dead == (last is not None), (name, last, wrong)
    assert not wrong, "\n".join(wrong)


def no_core_anywhere(world):
    """Crashed as a broken parser would crash it: no core, wherever this machine writes them."""
    before = cores(world)
    for number in (signal.SIGSEGV, signal.SIGABRT):
        for process in world.status()["processes"]:
            pid = in_jail(world, process["name"])
            assert os.stat(f"/proc/{pid}/environ").st_uid == 0, f"{process['name']} can be dumped: its memory is its user's"
            os.kill(pid, number)
            wait_for(f"the end of {process['name']}", lambda: not alive(pid), 10)
    wait_for("all of them again", lambda: world.status()["all"], 60)
    assert cores(world) <= before, cores(world) - before       # another's may have been taken away
    with open(os.path.join(world.dir, "log", "relais.log")) as f:
        ends = [line for line in f if '"ended"' in line and f'"signal":{int(signal.SIGSEGV)}' in line]
    assert len(ends) >= 8 and all('"core":0' in line for line in ends), ends[:3]


def cores(world):
    places = [world.dir, world.folder, "/tmp", "/var/tmp", "/var/lib/systemd/coredump", "/var/crash", "/"]
    found = set()
    for place in places:
        with contextlib.suppress(FileNotFoundError):
            found |= {os.path.join(place, name) for name in os.listdir(place) if re.match(r"(core|vgcore)(\.|$|-)", name)}
    return found


def bounds(world):
    """Rights and limits of each, as the kernel tells them; the master's, too."""
    most = {"Max core file size": 0, "Max open files": 512, "Max processes": 512, "Max address space": 4 << 30, "Max msgqueue size": 0}
    for process in world.status()["processes"]:
        pid = in_jail(world, process["name"])
        status = status_of(pid)
        assert all(int(status[s], 16) == 0 for s in ("CapBnd", "CapEff", "CapPrm", "CapInh", "CapAmb")), (process["name"], status["CapBnd"])
        assert status["NoNewPrivs"] == "1" and status["Seccomp"] == "2", process["name"]
        with open(f"/proc/{pid}/limits") as f:
            limits = {line[:25].strip(): line[26:].split()[1] for line in f}
        for what, value in most.items():
            value = 65536 if what == "Max open files" and process["name"] == "receiver" else value
            assert limits[what] != "unlimited" and int(limits[what]) <= value, (process["name"], what, limits[what])
    master = status_of(world.status()["pid"])
    # chown, dac_override, fowner, kill, setgid, setuid, setpcap, net_bind_service, sys_admin
    assert int(master["CapBnd"], 16) == 0x2005eb & int(master["CapBnd"], 16) and master["NoNewPrivs"] == "1", master["CapBnd"]
    with open(os.path.join(world.dir, "data", "postmaster.pid")) as f:
        database = status_of(int(f.readline()))
    assert int(database["CapBnd"], 16) == 0 and database["NoNewPrivs"] == "1" and database["Uid"].split()[0] == str(UID["postgres"])


def spooled(world, story):
    """A message that waited in the receiver's file without a name, all of it the patient's words: what leaks.py looks for at the end."""
    message_id = story.send(HOSPITAL, DEPOT, "XDM/1.0/DDM+CR", f"PAT-TROIS DOMINIQUE {documents.INS}\n" * 4000, [], world.hospital)
    outcome(world, message_id)
    assert rows(world, "select max(size) as most from relais.body")[0]["most"] > 100_000


def settles(world):
    """After all of it nothing is lost: what was under way ends."""
    wait_for("an empty queue", lambda: not world.relais("queue", as_json=True), 90)
    done = world.relais("reconcile", "--json", check=False)
    assert done.returncode == 0, done.stdout[:2000]


def work(world, story):
    """A fetch too, so that the refresher has children: from a port where nobody answers."""
    world.relais_stop()
    world.set_groups({"trust": 'crl_urls = "http://127.0.0.1:9/liste.crl";',
                      # a scanner that is never there, so that who would ask it is
                      "antivirus": 'clamd = "/nonexistent/clamd.ctl"; when_away = "continue";'})
    world.relais_start()
    story.ask()


def said(world):
    """Each session of the collector has said it by now."""
    wait_for("a session", lambda: descendants(in_jail(world, "collector")), 20)
    with open(os.path.join(world.dir, "collector.password")) as f:
        secrets.nowhere(world, [f.read().strip()], control=(SERVICE_BOX, "collector"))


def cases(world, story):
    yield "a request and a fetch, so that every process is at work", lambda: work(world, story)
    yield "rights and limits of each process", lambda: bounds(world)
    yield "each process, taken over: what must be refused is", lambda: taken_over(world)
    yield "each key in its own process, in locked memory; of its file nothing stays", lambda: secrets.keys(world)
    yield "keys of bodies nowhere once they are read; the master key in locked memory of the keeper", lambda: secrets.body_keys(world)
    yield "the password of a mailbox that was just said stays nowhere", lambda: said(world)
    yield "the children that hold strangers' bytes, too", lambda: children(world, story)
    yield "what ends a process at once does, and another takes its place", lambda: killed_by(world)
    yield "no core of a crash, anywhere", lambda: no_core_anywhere(world)
    yield "a large message, through the receiver's own file", lambda: spooled(world, story)
    yield "and nothing was lost", lambda: settles(world)
