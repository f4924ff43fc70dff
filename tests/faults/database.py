"""The ground gives way: PostgreSQL stopped, killed, failed over; disks full; clocks that jump; cables cut; an old copy put back.

database.py --bin DIR [--faults DIR] [--only NAME,…] [--report FILE]. --faults: the build of the preset faults; without it the clock is not moved.
After each: every message acknowledged has one evidenced outcome, nothing is lost, nothing is done twice."""
import argparse
import contextlib
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
import peers                                        # noqa: E402
from kills import Kills                             # noqa: E402
from points import Faults                           # noqa: E402
from rig import Rig, alive, wait_for                # noqa: E402

POSTGRES = 60700        # the user of the instance's own server (gateway/instance.h)


def load(rig, n=12):
    return [rig.send("request" if i % 3 == 0 else "record") for i in range(n)]


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


# ---------------------------------------------------------------- stopped, killed

def stops(rig):
    """Fast stop under load, as an administrator does it; the master starts it again."""
    load(rig)
    old = postmaster(os.path.join(rig.dir, "data"))
    os.kill(old, signal.SIGINT)
    restarted(rig, old)
    load(rig)
    return well(rig)


def crashes(rig):
    """kill -9 of the whole server under load."""
    load(rig)
    old = postmaster(os.path.join(rig.dir, "data"))
    os.kill(old, signal.SIGKILL)
    restarted(rig, old)
    load(rig)
    return well(rig)


def sessions(rig):
    """kill -9 of single sessions at work: the server ends all of them and recovers."""
    kills = Kills(rig, load=9)
    kills.recent = []
    done = kills.backends(3)
    assert done == 3
    return {"sessions killed": done, **well(rig)}


def master(rig):
    kills = Kills(rig, load=9)
    kills.recent = []
    kills.master()
    return well(rig)


# ---------------------------------------------------------------- failed over

def own_server(rig, name, enter=()):
    """A server's process on a folder of its own, as the instance's: same user, same private names of users."""
    run = [*enter, "unshare", "-m", "sh", "-c", 'mount --bind "$1/run/passwd" /etc/passwd && mount --bind "$1/run/group" /etc/group && shift && '
           f'exec setpriv --reuid {POSTGRES} --regid {POSTGRES} --clear-groups "$@"', "sh", rig.dir]
    binaries = subprocess.run(["pg_config", "--bindir"], capture_output=True, text=True).stdout.strip() or "/usr/lib/postgresql/15/bin"
    with open(os.path.join(rig.folder, f"{name}.log"), "ab") as log:
        return subprocess.Popen([*run, f"{binaries}/postgres", "-D", os.path.join(rig.folder, name)], stdout=log, stderr=log, stdin=subprocess.DEVNULL, cwd="/")


def base_copy(rig, name, *words):
    binaries = subprocess.run(["pg_config", "--bindir"], capture_output=True, text=True).stdout.strip() or "/usr/lib/postgresql/15/bin"
    target = os.path.join(rig.folder, name)
    subprocess.run([f"{binaries}/pg_basebackup", "-h", f"{rig.dir}/run/db", "-U", "postgres", "-D", target, "-X", "stream", "-c", "fast", *words], check=True,
                   capture_output=True, cwd="/")
    subprocess.run(["chown", "-R", f"{POSTGRES}:{POSTGRES}", target], check=True)
    return target


def replication_allowed(rig):
    with open(os.path.join(rig.dir, "data/pg_hba.conf"), "a") as f:
        f.write("local replication all peer map=relais\n")
    rig.sql("select pg_reload_conf()")


def fails_over(args):
    """The first server is lost with its disk under load; the standby, which had confirmed each commit, is promoted. Both are named in `database`."""
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
        with open(os.path.join(standby, "postgresql.auto.conf"), "a") as f:
            f.write(f"unix_socket_directories = '{sockets}'\nprimary_conninfo = 'host={rig.dir}/run/db user=postgres application_name=standby'\n")
        server = own_server(rig, "standby")
        try:
            wait_for("the standby follows", lambda: rig.sql("select count(*) from pg_stat_replication where application_name = 'standby' and state = 'streaming'") == "1")
            rig.sql("alter system set synchronous_standby_names = 'standby'")
            rig.sql("select pg_reload_conf()")
            wait_for("it is synchronous", lambda: rig.sql("select count(*) from pg_stat_replication where sync_state = 'sync'") == "1")
            load(rig, 30)
            time.sleep(0.4)
            data = os.path.join(rig.dir, "data")
            os.rename(data, data + ".lost")
            os.kill(postmaster(data + ".lost"), signal.SIGKILL)
            began = time.monotonic()
            with open(os.path.join(standby, "postgresql.auto.conf"), "a") as f:
                f.write("synchronous_standby_names = ''\n")
            rig.sockets = sockets
            rig.sql("select pg_promote(true, 60)")
            rig.sql("select pg_reload_conf()")
            load(rig, 12)
            figures = {"seconds from the loss to all settled": None, **well(rig)}
            figures["seconds from the loss to all settled"] = round(time.monotonic() - began, 1)
            return figures
        finally:
            server.send_signal(signal.SIGINT)
            with contextlib.suppress(OSError, ValueError):
                os.kill(postmaster(standby), signal.SIGINT)
            server.wait(30)


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
            load(rig, 12)
            time.sleep(0.3)
            subprocess.run(["ip", "link", "set", cable, "down"], check=True)
            begin = time.monotonic()
            load(rig, 3)
            time.sleep(30)
            logged = rig.tail(3000)
            assert "store-down" in logged, "nobody noticed within half a minute"
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


def fill(path, leave):
    """All but so many bytes of the disk."""
    free = os.statvfs(os.path.dirname(path))
    with open(path, "wb") as f:
        os.posix_fallocate(f.fileno(), 0, max(4096, free.f_bavail * free.f_frsize - leave))


def journals_full(args):
    """No room for the journals: nothing is acknowledged, sealed or sent that could not be written down."""
    with private(args) as rig:
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
            fill(ballast, 0)
            waiting = load(rig, 36)                     # the last page of each file still has room for some
            time.sleep(5)
            late = [m for m in waiting if not m.acknowledged]
            journal = os.path.join(place, "receiver.jsonl")
            with open(journal) as f:
                lines = len([line for line in f if line.endswith("}\n")])
            assert late and lines >= sum(m.acknowledged for m in rig.messages.values()), (len(late), lines)
            os.unlink(ballast)
            figures = well(rig)
            rig.stop_quietly()
            return {"not acknowledged while the disk was full": len(late), **figures}


def well_before(rig):
    load(rig, 6)
    rig.settle()


def database_full(args):
    """No room for the database: PostgreSQL refuses or ends; peers are told to come again, and do."""
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
            fill(ballast, 200 * 1024)
            begin = time.monotonic()
            messages = []
            # Until it hurts: a segment of WAL has 16 MB, and there may be one to spare.
            while time.monotonic() - begin < 25 and len(messages) < 120 and all(m.tries < 3 for m in messages):
                messages += load(rig, 6)
                time.sleep(0.5)
            refused = sum(m.tries > 1 for m in messages)
            os.unlink(ballast)
            figures = {"sent again by their peers, for the disk was full": refused, **well(rig)}
            rig.stop_quietly()
            return figures


# ---------------------------------------------------------------- clocks

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
                time.sleep(1.5)
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
        self.to, self.held, self.pairs = to, threading.Event(), []
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
                self.pairs.append((a, b))
                for pair in ((a, b), (b, a)):
                    threading.Thread(target=self._pass, args=pair, daemon=True).start()

    def _pass(self, a, b):
        with contextlib.suppress(OSError):
            while data := a.recv(65536):
                while self.held.is_set():
                    time.sleep(0.02)
                b.sendall(data)
        for s in (a, b):
            with contextlib.suppress(OSError):
                s.shutdown(socket.SHUT_RDWR)

    def cut(self):
        for pair in self.pairs:
            for s in pair:
                with contextlib.suppress(OSError):
                    s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                    s.shutdown(socket.SHUT_RDWR)
                    s.close()
        self.pairs.clear()

    def close(self):
        self.cut()
        self.server.close()


def cables(args):
    """Between us and the recipients' server, and between the senders and us: cut in the middle again and again, and held still for a while."""
    with private(args) as rig:
        rig.prepare()
        out = Wire(rig.sink_port, rig.move_sink())
        rig.run()
        rig.begin()
        inward = Wire(peers.free_port(), rig.port)
        rig.senders.port = inward.server.getsockname()[1]
        try:
            cuts = 0
            for _ in range(8):
                load(rig, 6)
                for _ in range(6):
                    time.sleep(0.15)
                    out.cut()
                    inward.cut()
                    cuts += 1
            for wire in (out, inward):
                load(rig, 6)
                time.sleep(0.1)
                wire.held.set()
                time.sleep(4)
                wire.cut()
                wire.held.clear()
            return {"cuts": cuts, "held still": 2, **well(rig)}
        finally:
            out.close()
            inward.close()


# ---------------------------------------------------------------- an old copy put back

def restored(args):
    """A copy of the database of an earlier point is put back. What was accepted after it is named, what was sent after it is not sent again, and
    nothing leaves before a person has lifted the fence; what peers send again is taken, once."""
    with private(args) as rig:
        rig.start()
        replication_allowed(rig)
        well_before(rig)
        held_up = rig.sink.pause
        rig.sink.refusing = True                    # mails that wait when the copy is made, and leave after it
        undecided = load(rig, 6)
        wait_for("mails that wait", lambda: int(rig.sql("select count(*) from relais.outbox where state in ('sealed', 'sending')")) >= 6)
        base_copy(rig, "copy")
        rig.sink.refusing = False
        later = load(rig, 9)
        rig.settle()
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
        number = rig.sql("select min(id) from relais.outbox where reason = 'sent.before' and next_at = 'infinity'")
        rig.relais("retry", f"S{number}")
        wait_for("a person's word sends it", lambda: rig.sql(f"select state from relais.outbox where id = {number}") == "accepted", 30)
        assert int(rig.sql("select min(id) from relais.inbox where received_at > (select max(noted_at) from relais.sent_before)")) > 1000, "no number comes twice"
        return {"lost messages named": len(later), "mails not sent again": left, "held for a person": len(held), "copies beyond one": sum(n - 1 for n in rig.sink.mails.values()),
                "mails that left after the lift": len(extra), "undecided in the copy": len(undecided), "pause": held_up}


# ---------------------------------------------------------------- all of it

def shared(args, names):
    cases = {"stopped": stops, "killed": crashes, "sessions killed": sessions, "master killed": master}
    wanted = [n for n in cases if n in names]
    if wanted:
        with private(args) as rig:
            rig.start()
            for name in wanted:
                yield name, lambda name=name: cases[name](rig)


CASES = {"failed over": fails_over, "fallen silent": falls_silent, "journals full": journals_full, "database full": database_full, "clock jumps": clock_jumps, "cables cut": cables, "restored": restored}
SHARED = ("stopped", "killed", "sessions killed", "master killed")


def steps_of(args, names):
    yield from shared(args, names)
    for name, case in CASES.items():
        if name in names and (name != "clock jumps" or args.faults):
            yield name, lambda case=case: case(args)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--bin", required=True)
    parser.add_argument("--faults")
    parser.add_argument("--only")
    parser.add_argument("--report")
    args = parser.parse_args()
    names = args.only.split(",") if args.only else [*SHARED, *CASES]
    report, passed, failed = {}, 0, 0

    for name, case in steps_of(args, names):
        begin = time.monotonic()
        try:
            figures = case()
            passed += 1
            report[name] = {"outcome": "held", "seconds": round(time.monotonic() - begin, 1), **figures}
            print(f"ok      {name} ({time.monotonic() - begin:.1f} s): {figures}", flush=True)
        except Exception:
            failed += 1
            report[name] = {"outcome": "failed", "why": traceback.format_exc()}
            print(f"NOT OK  {name}\n{traceback.format_exc()}", flush=True)
    if args.report:
        with open(args.report, "w") as f:
            json.dump(report, f, indent=1)
    print(f"{passed} passed, {failed} failed, 0 skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
