"""The ground gives way: PostgreSQL stopped, killed, failed over; disks full; clocks that jump; cables cut; an old copy put back.

database.py --bin DIR [--faults DIR] [--only NAME,…] [--report FILE]. --faults: the build of the preset faults; without it the clock is not moved.
After each: every message acknowledged has one evidenced outcome, nothing is lost, nothing is done twice."""
import argparse
import concurrent.futures
import contextlib
import datetime
import json
import os
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
import traceback

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from ports import free_port                         # noqa: E402
from kills import Kills                             # noqa: E402
from points import Faults                           # noqa: E402
from psql import tool                               # noqa: E402
from rig import Rig, alive, wait_for                # noqa: E402
from recipes import by_recipe                       # noqa: E402

CUTS = 12               # of each cable
POSTGRES = 60700        # the user of the instance's own server (gateway/instance.h)


CLAIMED = ("select (select count(*) from relais.inbox where state = 'claimed') + "
           "(select count(*) from relais.outbox where session is not null and state in ('decided', 'composed', 'sending'))")


KINDS = ("request", "record", "life", "sealed", "record")
SHORT = ("request", "record", "sealed")     # nobody answers these: what was sent is what somebody here sent


def load(rig, n=12, kinds=KINDS):
    return [rig.send(kinds[i % len(kinds)]) for i in range(n)]


def at_work(rig, n=12):
    """So much is on its way, and some of it claimed: what is done now is done to work under way."""
    load(rig, n)

    def claimed():
        if all(m.acknowledged for m in list(rig.messages.values())) and rig.open_work() == 0:
            load(rig, n)                # all of it was done between two looks
        return int(rig.ask(CLAIMED) or 0) > 0
    wait_for("claimed work", claimed, 60, 0.001)


def well(rig):
    rig.settle()
    figures, faults = rig.verdict()
    assert not faults, faults
    return figures


def postmaster(folder):
    with open(os.path.join(folder, "postmaster.pid")) as f:
        return int(f.readline())


def restarted(rig, old):
    def again():
        with contextlib.suppress(OSError, ValueError):
            return postmaster(os.path.join(rig.dir, "data")) != old and rig.open_work() is not None
        return False
    wait_for("PostgreSQL again", again, 60)


def told(rig, event):
    """How many lines of the log tell of that."""
    with open(os.path.join(rig.dir, "log/relais.log")) as f:
        return sum(f'"{event}"' in line for line in f)


# ---------------------------------------------------------------- stopped, killed

def stops(rig):
    """Fast stop under load, as an administrator does it; the master starts it again."""
    at_work(rig)
    old = postmaster(os.path.join(rig.dir, "data"))
    os.kill(old, signal.SIGINT)
    restarted(rig, old)
    load(rig)
    return well(rig)


def crashes(rig):
    """kill -9 of the whole server under load."""
    at_work(rig)
    old = postmaster(os.path.join(rig.dir, "data"))
    os.kill(old, signal.SIGKILL)
    restarted(rig, old)
    load(rig)
    return well(rig)


def sessions(rig):
    """kill -9 of single sessions at work: the server ends all of them and recovers."""
    kills = Kills(rig, load=9)
    done = kills.backends(3)
    assert done == 3
    return {"sessions killed": done, **well(rig)}


def master(rig):
    at_work(rig)
    Kills(rig).master()
    return well(rig)


@contextlib.contextmanager
def locked(rig, lock):
    """What that statement locks stays so meanwhile."""
    process = subprocess.Popen(rig.psql_command(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd="/")
    try:
        process.stdin.write(f"begin; {lock}; select 'held';\n")
        process.stdin.flush()
        assert process.stdout.readline().strip() == "held"
        yield
    finally:
        process.stdin.close()
        process.wait()


def living(rig, name):
    """Its number; 0 while the master has not told of the one that runs now."""
    pid = rig.process(name)["pid"]
    return pid if pid > 0 and alive(pid) else 0


def killed_at(rig, lock, name, function, broken_off, words=(), cause=lambda: None):
    """A process of the instance (operator: the command of these words), killed while it waits for that lock in that function; what the database does
    for it is broken off as well, or carried out although nobody hears of it. cause() makes it want the lock, once it is held. Gives the command, if one
    was given."""
    waiting = f"from pg_stat_activity where wait_event_type = 'Lock' and application_name = '{name}' and query like '%relais.{function}(%'"
    with locked(rig, lock):
        cause()
        command = words and subprocess.Popen([os.path.join(rig.bin, "relais"), *words, "--dir", rig.dir], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                             stderr=subprocess.DEVNULL, env=rig.environment)
        wait_for(f"{name} in {function}", lambda: rig.ask(f"select exists (select {waiting})") == "t", 30, 0.01)
        os.kill(command.pid if name == "operator" else wait_for(f"the number of {name}", lambda: living(rig, name)), signal.SIGKILL)
        if broken_off:
            rig.sql(f"select pg_terminate_backend(pid, 5000) {waiting}")
    return command


# A row of the trail is linked; a checkpoint is counted; a mail is noted as sent before.
LINK = "lock table relais.audit in exclusive mode"
COUNT = "insert into relais.tally values ('checkpoint', 0) on conflict on constraint tally_pkey do update set n = tally.n"
NOTE = "lock table relais.sent_before in exclusive mode"


def tending(rig):
    """Who links the trail and who seals a checkpoint is killed while he writes, each twice: the statement broken off, or carried out unheard. Who
    asked for the checkpoint has it in the end: the signer seals it once more under its number, or finds it sealed."""
    for broken_off in (True, False):
        killed_at(rig, LINK, "refresher", "audit_link", broken_off, cause=lambda: load(rig, 5))
        asked = killed_at(rig, COUNT, "signer", "checkpoint_done", broken_off, ("audit", "checkpoint"))
        assert asked.wait(60) == 0
    figures = well(rig)
    rig.relais("audit", "verify")
    return {"killed": "twice who links, twice who seals", **figures}


# ---------------------------------------------------------------- failed over

def own_server(rig, name, enter=()):
    """A server's process on a folder of its own, as the instance's: same user, same private names of users. They are a copy: the master writes the
    instance's own anew at each start of its server (gateway/cluster.c), so again and again once that one is lost, and who connects to this one in such
    a moment would have no name."""
    names = os.path.join(rig.folder, f"{name}.names")
    os.makedirs(names)
    for file in ("passwd", "group"):
        shutil.copy(os.path.join(rig.dir, "run", file), names)
    run = [*enter, "unshare", "-m", "sh", "-c", 'mount --bind "$1/passwd" /etc/passwd && mount --bind "$1/group" /etc/group && shift && '
           f'exec setpriv --reuid {POSTGRES} --regid {POSTGRES} --clear-groups "$@"', "sh", names]
    with open(os.path.join(rig.folder, f"{name}.log"), "ab") as log:
        return subprocess.Popen([*run, tool("postgres"), "-D", os.path.join(rig.folder, name)], stdout=log, stderr=log, stdin=subprocess.DEVNULL, cwd="/")


def base_copy(rig, name, *words):
    target = os.path.join(rig.folder, name)
    subprocess.run([tool("pg_basebackup"), "-h", f"{rig.dir}/run/db", "-U", "postgres", "-D", target, "-X", "stream", "-c", "fast", *words], check=True,
                   capture_output=True, cwd="/")
    subprocess.run(["chown", "-R", f"{POSTGRES}:{POSTGRES}", target], check=True)
    return target


def replication_allowed(rig):
    with open(os.path.join(rig.dir, "data/pg_hba.conf"), "a") as f:
        f.write("local replication all peer map=relais\n")
    rig.sql("select pg_reload_conf()")


@contextlib.contextmanager
def with_standby(args):
    """(rig, the standby's folder): it follows, and both servers are named in `database`."""
    with private(args) as rig:
        rig.prepare()
        sockets = os.path.join(rig.dir, "run/db2")
        os.makedirs(sockets)
        os.chown(sockets, POSTGRES, POSTGRES)
        os.chmod(sockets, 0o755)
        path = os.path.join(rig.dir, "relais.conf")
        with open(path, "a") as f:
            f.write(f'database = "host={rig.dir}/run/db,{sockets} dbname=relais target_session_attrs=read-write";\n')
        rig.run()
        rig.begin()
        replication_allowed(rig)
        standby = base_copy(rig, "standby", "-R")
        standby_setting(standby, f"unix_socket_directories = '{sockets}'\nprimary_conninfo = 'host={rig.dir}/run/db user=postgres application_name=standby'\n")
        server = own_server(rig, "standby")
        try:
            wait_for("the standby follows", lambda: following(rig, "state = 'streaming'") == 1)
            yield rig, standby
        finally:
            server.send_signal(signal.SIGINT)
            with contextlib.suppress(OSError, ValueError):
                os.kill(postmaster(standby), signal.SIGINT)
            server.wait(30)


def standby_setting(standby, text):
    with open(os.path.join(standby, "postgresql.auto.conf"), "a") as f:
        f.write(text)


def has_all(rig):
    """What is committed by now has reached the standby: it is sent behind each commit, and comes when it comes."""
    here = rig.sql("select pg_current_wal_lsn()")
    wait_for("the standby has all of it", lambda: following(rig, f"replay_lsn >= '{here}'") == 1)


def following(rig, condition):
    return int(rig.sql(f"select count(*) from pg_stat_replication where application_name = 'standby' and {condition}"))


def promoted(rig, standby):
    """The first server is lost with its disk."""
    data = os.path.join(rig.dir, "data")
    os.rename(data, data + ".lost")
    os.kill(postmaster(data + ".lost"), signal.SIGKILL)
    standby_setting(standby, "synchronous_standby_names = ''\n")
    rig.sockets = os.path.join(rig.dir, "run/db2")
    rig.psql.close()
    rig.sql("select pg_promote(true, 60)")
    rig.sql("select pg_reload_conf()")


def fails_over(args):
    """The first server is lost with its disk under load; the standby, which had confirmed each commit, is promoted."""
    with with_standby(args) as (rig, standby):
        rig.sql("alter system set synchronous_standby_names = 'standby'")
        rig.sql("select pg_reload_conf()")
        wait_for("it is synchronous", lambda: following(rig, "sync_state = 'sync'") == 1)
        at_work(rig, 30)
        began = time.monotonic()
        promoted(rig, standby)
        load(rig, 12)
        figures = {"seconds from the loss to all settled": None, **well(rig)}
        figures["seconds from the loss to all settled"] = round(time.monotonic() - began, 1)
        return figures


def behind(args):
    """The standby did not follow any more when the first server was lost: what was accepted and sent meanwhile it does not know. Nobody restarts anything;
    nothing is decided or sent on it before a person has lifted the fence, what is lost is named, and nothing leaves again."""
    with with_standby(args) as (rig, standby):
        well_before(rig)
        has_all(rig)
        standby_setting(standby, "primary_conninfo = ''\n")
        os.kill(postmaster(standby), signal.SIGHUP)
        wait_for("it follows no more", lambda: following(rig, "true") == 0)
        lost = load(rig, 6, ("record",))
        rig.settle()
        sent = len(rig.sink.mails)
        began = time.monotonic()
        promoted(rig, standby)
        more = load(rig, 3, ("record",))
        wait_for("the fence", lambda: rig.ask("select count(*) from relais.fence") == "1", 20)
        seconds = round(time.monotonic() - began, 1)
        wait_for("what comes in is kept", lambda: all(m.acknowledged for m in more), 60)
        time.sleep(2)
        assert rig.ask("select count(*) from relais.inbox where state <> 'done'") == str(len(more)) and len(rig.sink.mails) == sent, "nothing is decided or sent"
        told = json.loads(rig.relais("fence", "--json", check=False).stdout)
        assert len(told["missing"]) == len(lost) and told["left"], told
        rig.relais("fence", "lift")
        rig.settle()
        assert len(rig.sink.mails) == sent + len(more) and set(rig.sink.mails.values()) == {1}, rig.sink.mails
        return {"seconds from the loss to the fence": seconds, "lost, and named": len(lost)}


# ---------------------------------------------------------------- a server that falls silent

@contextlib.contextmanager
def far_away():
    """A network namespace with a cable to it: (what to put before a command that runs there, its address, the cable's end here)."""
    n = os.getpid() % 16000
    name, near, far = f"rl{n}", f"rla{n}", f"rlb{n}"
    address = f"10.201.{n // 64 % 250}.{n % 64 * 4}"
    here, there = (f"{address.rsplit('.', 1)[0]}.{n % 64 * 4 + i}" for i in (1, 2))
    ip = lambda *words: subprocess.run(["ip", *words], check=True, capture_output=True)     # noqa: E731
    ip("netns", "add", name)
    try:
        ip("link", "add", near, "type", "veth", "peer", "name", far)
        ip("link", "set", far, "netns", name)
        ip("addr", "add", here + "/30", "dev", near)
        ip("link", "set", near, "up")
        ip("netns", "exec", name, "ip", "addr", "add", there + "/30", "dev", far)
        ip("netns", "exec", name, "ip", "link", "set", far, "up")
        yield ["ip", "netns", "exec", name], there, near
    finally:
        subprocess.run(["ip", "netns", "del", name], capture_output=True)
        subprocess.run(["ip", "link", "del", near], capture_output=True)


def falls_silent(args):
    """The database is on another machine, and the cable to it is pulled under load: no reset, no answer. Peers are told to come again; when the
    cable is back everything goes on by itself."""
    with private(args) as rig, far_away() as (enter, address, cable):
        rig.prepare()
        rig.run()
        rig.begin()
        replication_allowed(rig)
        copy = base_copy(rig, "far")
        rig.halt()
        with open(os.path.join(copy, "pg_hba.conf"), "a") as f:
            f.write("host all all 10.201.0.0/16 trust\n")
        sockets = os.path.join(rig.folder, "far.run")
        os.makedirs(sockets)
        os.chown(sockets, POSTGRES, POSTGRES)
        with open(os.path.join(copy, "postgresql.auto.conf"), "a") as f:
            f.write(f"unix_socket_directories = '{sockets}'\nlisten_addresses = '{address}'\n")
        os.rename(os.path.join(rig.dir, "data"), os.path.join(rig.dir, "data.moved"))
        server = own_server(rig, "far", enter=enter)
        rig.sockets = sockets
        with open(os.path.join(rig.dir, "relais.conf"), "a") as f:
            f.write(f'database = "host={address} dbname=relais";\n')
        try:
            wait_for("the far server", lambda: rig.ask("select 1") == "1", 30)
            rig.run()
            well_before(rig)
            at_work(rig)
            seen = told(rig, "store-down")
            subprocess.run(["ip", "link", "set", cable, "down"], check=True)
            begin = time.monotonic()
            load(rig, 3)
            wait_for("somebody notices", lambda: told(rig, "store-down") > seen, 40)     # 25 s of TCP's (gateway/store.c), and what the machine takes
            subprocess.run(["ip", "link", "set", cable, "up"], check=True)
            load(rig, 3)
            figures = well(rig)
            rig.stop_quietly()
            return {"seconds without an answer": round(time.monotonic() - begin, 1), **figures}
        finally:
            with contextlib.suppress(OSError, ValueError):
                os.kill(postmaster(copy), signal.SIGINT)
            server.wait(30)


# ---------------------------------------------------------------- disks

@contextlib.contextmanager
def private(args, **more):
    folder = tempfile.mkdtemp(prefix="relais-ground-")
    rig = Rig(folder, args.bin, **more)
    try:
        yield rig
    except Exception:
        print(rig.tail(30))
        raise
    finally:
        rig.stop()
        if os.environ.get("RELAIS_KEEP"):
            print("kept:", folder)
        else:
            shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def small_disk(place, megabytes, owner=None):
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={megabytes}m,mode=0755", "none", place], check=True)
    try:
        yield os.path.join(place, "ballast")
    finally:
        subprocess.run(["umount", "-l", place], check=False)


def fill(path):
    """All of the disk; others write while it is measured."""
    with open(path, "wb") as f:
        while (free := os.statvfs(os.path.dirname(path))).f_bavail > 0:
            with contextlib.suppress(OSError):
                os.posix_fallocate(f.fileno(), os.fstat(f.fileno()).st_size, free.f_bavail * free.f_frsize)


def journals_full(args):
    """No room for the journals: nothing is acknowledged, sealed or sent that could not be written down."""
    # The signer ends with each line that it cannot write: started again at once, it would soon have tried a mail often enough to leave it for an hour.
    with private(args, restart_ms=1000) as rig:
        rig.prepare()
        place = os.path.join(rig.dir, "journal")
        kept = {name: os.stat(os.path.join(place, name)) for name in os.listdir(place)}
        with small_disk(place, 4) as ballast:
            os.chmod(place, 0o711)
            for name, about in kept.items():
                path = os.path.join(place, name)
                open(path, "w").close()
                os.chown(path, about.st_uid, about.st_gid)
                os.chmod(path, about.st_mode & 0o777)
            rig.run()
            rig.begin()
            well_before(rig)
            fill(ballast)
            waiting = load(rig, 24, SHORT)              # the last page of each file still has room for some
            wait_for("each sender is told to come again", lambda: sum(m.tries > 3 and not m.acknowledged for m in waiting) >= rig.n_senders, 60)
            late = [m for m in waiting if not m.acknowledged]
            acknowledged = sum(m.acknowledged for m in list(rig.messages.values()))     # before the lines are read: each has its own by then
            journal = os.path.join(place, "receiver.jsonl")
            with open(journal) as f:
                lines = len([line for line in f if line.endswith("}\n")])
            assert late and lines >= acknowledged, (len(late), lines, acknowledged)
            os.unlink(ballast)
            figures = well(rig)
            rig.stop_quietly()
            return {"not acknowledged while the disk was full": len(late), **figures}


def well_before(rig):
    load(rig, 6)
    rig.settle()


SEGMENT = 16 << 20      # of WAL


def is_full(rig):
    """By PostgreSQL's word: disk_full to us, or in its own log where it had no room to go on."""
    with open(os.path.join(rig.dir, "log/postgresql.log")) as own, open(os.path.join(rig.dir, "log/relais.log")) as ours:
        return "No space left on device" in own.read() or '"sqlstate":"53100"' in ours.read()


def database_full(args):
    """No room for the database, not even what is left in its files: PostgreSQL refuses or ends; peers are told to come again, and do."""
    with private(args) as rig:
        rig.prepare()
        data = os.path.join(rig.dir, "data")
        os.rename(data, data + ".moved")
        os.makedirs(data)
        with small_disk(data, 400) as ballast:
            subprocess.run(["cp", "-a", data + ".moved/.", data], check=True)
            os.chown(data, POSTGRES, POSTGRES)
            os.chmod(data, 0o700)
            rig.run()
            rig.begin()
            well_before(rig)
            rig.sql("alter system set wal_recycle = off; alter system set min_wal_size = '32MB'")
            rig.sql("select pg_reload_conf(); select pg_switch_wal(); checkpoint")
            rig.sql(f"select pg_logical_emit_message(false, 'exercice', repeat('x', ({SEGMENT} - pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0') % {SEGMENT})::integer - 65536))")
            fill(ballast)
            messages = load(rig, 12)
            wait_for("a full disk, and a message that is not taken", lambda: any(m.tries > 2 for m in messages) and is_full(rig), 60)
            refused = sum(not m.acknowledged for m in messages)
            os.unlink(ballast)
            figures = {"not taken while the disk was full": refused, **well(rig)}
            rig.stop_quietly()
            return figures


# ---------------------------------------------------------------- clocks

def logged_at(rig, instant):
    """Whether the receiver and a worker wrote lines in the last minute before that instant, by their own clock."""
    with open(os.path.join(rig.dir, "log/relais.log")) as f:
        lines = [json.loads(line) for line in f if line.startswith("{")]
    near = {line["process"] for line in lines if 0 <= instant - datetime.datetime.fromisoformat(line["at"]).timestamp() < 60}
    return {"receiver", "worker"} <= near


def clock_jumps(args):
    """The machine's clock two hours forth, three back, then right again, for our processes; the database keeps its own. What waits goes by the
    monotonic clock."""
    folder = tempfile.mkdtemp(prefix="relais-clock-")
    os.chmod(folder, 0o755)
    path = os.path.join(folder, "faults")
    faults = Faults(path)
    try:
        with private(args_of(args, args.faults), environment={"RELAIS_FAULTS": path}) as rig:
            rig.start()
            well_before(rig)
            for seconds in (7200, -3600, 300, 0):
                faults.clock(seconds)
                load(rig, 9)
                wait_for("the log of that hour", lambda: logged_at(rig, time.time() + seconds), 30)
                if seconds < 0:
                    wait_for("a seal that is not valid yet", lambda: told(rig, "seal-expired") > 0, 30)
            # As who sets a clock right does: it would look again in a minute.
            os.kill(wait_for("the number of the signer", lambda: living(rig, "signer")), signal.SIGTERM)
            figures = well(rig)
            line = rig.sql("select count(*) from relais.dossier_event a join relais.dossier_event b on b.dossier = a.dossier and b.seq = a.seq + 1 where b.at < a.at")
            assert line == "0", f"{line} events stand before those that they follow"
            return {"jumps (s)": "7200, -3600, 300, 0", **figures}
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def args_of(args, bin_dir):
    return argparse.Namespace(**{**vars(args), "bin": bin_dir})


# ---------------------------------------------------------------- cables

class Wire:
    """Stands between two: passes bytes on, holds them (a half-open peer: the line is up and nothing comes), or cuts."""

    def __init__(self, port, to):
        self.to, self.held, self.pairs = to, threading.Event(), {}      # pairs: by the ports of who called and of ourselves
        self.server = socket.create_server(("127.0.0.1", port))
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                a, _ = self.server.accept()
                try:
                    b = socket.create_connection(("127.0.0.1", self.to), 5)
                except OSError:
                    a.close()
                    continue
                self.pairs[a.getpeername()[1], b.getsockname()[1]] = (a, b)
                for pair in ((a, b), (b, a)):
                    threading.Thread(target=self._pass, args=pair, daemon=True).start()

    def _pass(self, a, b):
        with contextlib.suppress(OSError):
            while data := a.recv(65536):
                while self.held.is_set():
                    time.sleep(0.02)
                b.sendall(data)
        while self.held.is_set():
            time.sleep(0.02)            # an end of it is not heard either
        for s in (a, b):
            with contextlib.suppress(OSError):
                s.shutdown(socket.SHUT_RDWR)

    def cut(self, ports):
        for s in self.pairs.pop(ports):
            with contextlib.suppress(OSError):
                s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                s.shutdown(socket.SHUT_RDWR)
                s.close()

    def cut_one(self, busy):
        """One that has one of these ports at an end; False when there is none."""
        ports = next((ports for ports in list(self.pairs) if busy & set(ports)), None)
        if ports:
            self.cut(ports)
        return ports is not None

    def close(self):
        for ports in list(self.pairs):
            self.cut(ports)
        self.server.close()


@contextlib.contextmanager
def wired(args):
    """(rig, the cable to the recipients' server, that from the senders)"""
    with private(args) as rig:
        rig.prepare()
        out = Wire(rig.sink_port, rig.move_sink())
        rig.run()
        rig.begin()
        inward = Wire(free_port(), rig.port)
        rig.senders.port = inward.server.getsockname()[1]
        try:
            yield rig, out, inward
        finally:
            out.close()
            inward.close()


def cables(args):
    """Between us and the recipients' server, and between the senders and us: cut again and again while a message or a mail is on it."""
    with wired(args) as (rig, out, inward):
        cuts = {"outward": 0, "inward": 0}
        load(rig, 12)
        while min(cuts.values()) < CUTS:
            # Always some that were not cut yet: one that was cut often waits long before it is tried again.
            if sum(not m.acknowledged for m in list(rig.messages.values())) < 3 and (rig.open_work() or 0) < 24:
                load(rig, 3, SHORT)
            for name, wire, busy in (("outward", out, set(rig.sink.in_data)), ("inward", inward, rig.senders.ports_in_data())):
                if cuts[name] < CUTS and wire.cut_one(busy):
                    rig.doubts += wire is out
                    cuts[name] += 1
            time.sleep(0.005)
        return {"cuts with a mail or a message on the line": cuts, **well(rig)}


def half_open(args):
    """Both cables held still, with a message and a mail on them: the line is up and nothing comes. Nobody but our own deadlines ends that: the
    receiver's for the rest of a message, the deliverer's for an answer. Then the lines speak again."""
    with wired(args) as (rig, out, inward):
        begin = time.monotonic()
        at_work(rig)
        wait_for("a mail on the line", lambda: rig.sink.in_data, 30, 0.001)
        out.held.set()
        rig.put(rig.make("record", [("image.bin", "application/octet-stream", os.urandom(8 << 20))]))
        wait_for("a message on the line", lambda: rig.senders.in_data, 30, 0.001)
        inward.held.set()
        load(rig, 6)
        wait_for("the receiver's deadline", lambda: told(rig, "timeout") > 0, 400, 1)
        received = time.monotonic() - begin
        wait_for("the deliverer's deadline", lambda: rig.sql("select count(*) from relais.outbox_attempt where reason = 'deliver.time'") != "0", 400, 1)
        delivered = time.monotonic() - begin
        rig.doubts += len(out.pairs)
        inward.held.clear()
        out.held.clear()
        return {"seconds until the receiver gave up": round(received), "seconds until the deliverer gave up": round(delivered), **well(rig)}


# ---------------------------------------------------------------- an old copy put back

def restored(args):
    """A copy of the database of an earlier point is put back. What was accepted after it is named, what was sent after it is not sent again, and
    nothing leaves before a person has lifted the fence; what peers send again is taken, once."""
    with private(args) as rig:
        rig.start()
        replication_allowed(rig)
        load(rig, 6, SHORT)
        rig.settle()
        rig.sink.refusing = True                    # mails that wait when the copy is made, and leave after it
        undecided = load(rig, 6, SHORT)
        # All of them: one that was still on its way would be lost with the copy, too.
        wait_for("each of them is decided", lambda: all(m.acknowledged for m in undecided) and rig.sql("select count(*) from relais.inbox where state <> 'done'") == "0")
        wait_for("mails that wait", lambda: int(rig.sql("select count(*) from relais.outbox where state in ('sealed', 'sending')")) >= 6)
        rig.relais("audit", "checkpoint")
        base_copy(rig, "copy")
        rig.sink.refusing = False
        later = load(rig, 9, SHORT)
        rig.settle()
        rig.relais("audit", "checkpoint")           # one that the copy does not know: its number, its file and its line stay outside
        outside(rig)
        before = dict(rig.sink.mails)
        with open(os.path.join(rig.dir, "journal/deliverer.jsonl")) as f:
            journal = [json.loads(line) for line in f]
        rig.halt()
        data = os.path.join(rig.dir, "data")
        os.rename(data, data + ".lost")
        shutil.copytree(os.path.join(rig.folder, "copy"), data)
        subprocess.run(["chown", "-R", f"{POSTGRES}:{POSTGRES}", data], check=True)
        os.chmod(data, 0o700)
        rig.run()
        # The deliverer finds by itself that the database knows less than its journal.
        wait_for("the fence", lambda: rig.sql("select count(*) from relais.fence") == "1", 30)
        state = json.loads(rig.relais("fence", "--json", check=False).stdout)
        assert state["fence"]["closed"] and len(state["missing"]) == len(later), (state["fence"], len(state["missing"]), len(later))
        assert {m["message_id"] for m in state["missing"]} == {m.id for m in later}, "each is named by its Message-ID"
        assert all(m["from"] and m["at"] for m in state["missing"])
        done = rig.relais("reconcile", check=False)
        assert done.returncode == 1 and all(m.id in done.stdout for m in later), done.stdout[-1500:]
        alarms = rig.relais("alarms", "--json", check=False).stdout
        assert "store.earlier" in alarms, alarms
        time.sleep(3)
        assert dict(rig.sink.mails) == before, "nothing leaves while the fence is closed"
        done = rig.relais("audit", "checkpoint", check=False)
        assert done.returncode == 1, "behind the fence nothing is sealed: the number may be a lost one's"
        killed_at(rig, NOTE, "operator", "fence_lift", True, ("fence", "lift")).wait()
        assert rig.sql("select count(*) from relais.fence") == "1" and rig.sql("select count(*) from relais.sent_before") == "0", "a lift that was broken off is none"
        left = json.loads(rig.relais("fence", "lift", "--json").stdout)["left"]
        assert left == len(state["left"]) > 0, (left, len(state["left"]))
        wait_for("what had left is settled", lambda: rig.open_work() == 0)
        assert dict(rig.sink.mails) == before, "nothing leaves twice"
        # What was lost is asked for again, as the names allow.
        for m in later:
            m.acknowledged = False
            rig.senders.put(m)
        rig.settle()
        time.sleep(1)
        extra = {i: n - before.get(i, 0) for i, n in rig.sink.mails.items() if n != before.get(i, 0)}
        answered = {json.dumps(line["about"].get("cause")) for line in journal if line["event"] == "taken" and line["about"].get("party") == "sender"}
        again = rig.rows("select o.message_id, encode(b.digest, 'hex') as cause, o.code, o.party, o.state, o.reason from relais.outbox o join relais.inbox i on i.id = o.inbox "
                         "join relais.body b on b.id = i.body where o.created_at > (select max(noted_at) from relais.sent_before)")
        twice = [r for r in again if r["state"] == "accepted" and r["party"] == "sender" and json.dumps(r["cause"]) in answered]
        assert not twice, f"told twice of one message: {twice[:3]}"
        held = [r for r in again if r["reason"] == "sent.before"]
        assert held, "a mail about the same waits for a person"
        done = rig.relais("reconcile", "--json", check=False)
        assert done.returncode == 0, [c for c in json.loads(done.stdout) if c["bad"]]
        told = trail_agrees(rig)
        number = rig.sql("select min(id) from relais.outbox where reason = 'sent.before' and next_at = 'infinity'")
        rig.relais("retry", f"S{number}")
        wait_for("a person's word sends it", lambda: rig.sql(f"select state from relais.outbox where id = {number}") == "accepted", 30)
        assert int(rig.sql("select min(id) from relais.inbox where received_at > (select max(noted_at) from relais.sent_before)")) > 1000, "no number comes twice"
        return {"lost messages named": len(later), "mails not sent again": left, "held for a person": len(held), "copies beyond one": sum(n - 1 for n in rig.sink.mails.values()),
                "mails that left after the lift": len(extra), **told, "undecided in the copy": len(undecided)}


def outside(rig):
    """The number of the last checkpoint, once its file stands: the refresher writes it behind the seal."""
    number = rig.sql("select max(id) from relais.checkpoint")
    wait_for("its copy outside", lambda: os.path.exists(os.path.join(rig.dir, f"checkpoints/{number}.p7s")), 30)
    return number


def trail_agrees(rig):
    """What was lost is told in the chain, by count; nothing else is wrong, for the officer and for a stranger with the recipe; an altered copy is."""
    rig.relais("audit", "checkpoint")
    number = outside(rig)
    wait_for("all rows in the chain", lambda: rig.sql("select count(*) from relais.audit_entry") == "0", 30)

    def verify(want):
        done = rig.relais("audit", "verify", "--json", check=False)
        checks = json.loads(done.stdout)
        assert done.returncode == want, (done.stderr, [c for c in checks if c["bad"]])
        return checks
    counted = {}
    for c in verify(0):
        counted[c["name"]] = counted.get(c["name"], 0) + c["counted"]
    lost = counted["of them left behind by a restore (told, not counted as wrong)"]
    seals = counted["seals that a restore left without their row (told, not counted as wrong)"]
    assert lost == 2 and seals > 0, (lost, seals)   # its line in the signer's journal, its file
    assert len(rig.sql("select id from relais.checkpoint order by id").split()) >= 2 and int(number) > int(rig.sql("select max((detail->>'last')::bigint) from relais.audit where what = 'trail.restored'"))
    folder = os.path.join(rig.folder, "trail")
    rig.relais("audit", "export", folder)
    done = by_recipe("export", folder)
    # One for the lift, and one for that which was killed: it had told what the journals know before it died.
    assert done.returncode == 0 and done.stdout.count(": a restore: ") == 2, (done.stdout, done.stderr)
    # One of a seal that the restore did not lose is wrong as ever.
    mail = rig.sql("select min(id) from relais.outbox where sent_digest is not null")
    rig.sql(f"begin; set local session_replication_role = replica; create table public.saved as select * from relais.outbox where id = {mail}; delete from relais.outbox where id = {mail}; commit")
    assert "seals without their outbox row" in {c["name"] for c in verify(1) if c["bad"]}
    rig.sql("begin; set local session_replication_role = replica; insert into relais.outbox overriding system value select * from public.saved; drop table public.saved; commit")
    verify(0)
    return {"seals told as lost": seals}


# ---------------------------------------------------------------- all of it

def shared(args, names):
    cases = {"stopped": stops, "killed": crashes, "sessions killed": sessions, "tending killed": tending, "master killed": master}
    wanted = [n for n in cases if n in names]
    if wanted:
        with private(args) as rig:
            rig.start()
            for name in wanted:
                yield name, lambda name=name: cases[name](rig)


CASES = {"failed over": fails_over, "failed over behind": behind, "fallen silent": falls_silent, "journals full": journals_full, "database full": database_full, "clock jumps": clock_jumps, "cables cut": cables, "half open": half_open, "restored": restored}
SHARED = ("stopped", "killed", "sessions killed", "tending killed", "master killed")


def alone(args, names):
    for name, case in CASES.items():
        if name in names and (name != "clock jumps" or args.faults):
            yield name, lambda case=case: case(args)


def steps_of(args, names):
    yield from shared(args, names)
    yield from alone(args, names)


def play(steps, report):
    for name, case in steps:
        begin = time.monotonic()
        try:
            report[name] = {"outcome": "held", **case()}
            print(f"ok      {name} ({time.monotonic() - begin:.1f} s): {report[name]}", flush=True)
        except Exception:
            report[name] = {"outcome": "failed", "why": traceback.format_exc()}
            print(f"NOT OK  {name}\n{report[name]['why']}", flush=True)
        report[name]["seconds"] = round(time.monotonic() - begin, 1)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--bin", required=True)
    parser.add_argument("--faults")
    parser.add_argument("--only")
    parser.add_argument("--report")
    args = parser.parse_args()
    names = args.only.split(",") if args.only else [*SHARED, *CASES]
    report = {}
    # Two instances at a time: each waits for timers and peers most of its time.
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda steps: play(steps, report), [shared(args, names), *([step] for step in alone(args, names))]))
    if args.report:
        with open(args.report, "w") as f:
            json.dump(report, f, indent=1)
    failed = sum(r["outcome"] == "failed" for r in report.values())
    print(f"{len(report) - failed} passed, {failed} failed, 0 skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
