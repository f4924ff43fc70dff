"""Messages per second accepted and carried through, CPU per message, memory; Postfix as a blind relay in the same run.

run.py [--bin DIR] [--shared DIR] [--cache DIR] [--messages N] [--runs N] [--dossiers N] [--only relais|postfix]
README.md beside this file says what is measured. Needs root, /usr/bin/python3, gcc, make and the packages of tests/packages.sh."""
import argparse
import json
import os
import re
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time

from scene import BenchWorld, Pools, PostfixRelay, ROOT, clients, documents, journey, wait_port

CONNECTIONS, PACE = 10, 20
LARGE_PDF, LARGEST_PDF = 3_800_000, 18_400_000          # base64 and the archive beside it: 5.3 MB, and just under the limit of 26,214,400 bytes
SMALL, LARGE, LARGEST = "small", "5 MB", "25 MB"


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("--bin", default=os.path.join(ROOT, "build/release/bin"))
    parser.add_argument("--shared", default=os.path.join(ROOT, "../shared/bench"))
    parser.add_argument("--cache", default=os.path.join(tempfile.gettempdir(), "relais-peers"))
    parser.add_argument("--messages", type=int, default=300)
    parser.add_argument("--large", type=int, default=20)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--dossiers", type=int, default=200)
    parser.add_argument("--only", choices=("relais", "postfix"))
    parser.add_argument("--keep", action="store_true", help="leaves the instance running, and says where")
    return parser.parse_args()


def build(shared, folder):
    """The shared tools, and beside them a second folder where our sender stands under the generator's name."""
    theirs, ours = os.path.join(folder, "tools"), os.path.join(folder, "tools-pool")
    os.makedirs(ours)
    subprocess.run(["make", "-s", "-C", shared, f"OUT={theirs}", f"{theirs}/smtpload", f"{theirs}/smtpsink"], check=True)
    subprocess.run(["gcc", "-O2", "-Wall", "-Wextra", "-Werror", "-pthread", "-I", shared, os.path.join(ROOT, "bench/load.c"), "-o", f"{ours}/smtpload",
                    "-lssl", "-lcrypto"], check=True)
    shutil.copy(f"{theirs}/smtpsink", ours)
    return theirs, ours


class Tools:
    def __init__(self, shared, binaries, pki):
        self.shared, self.binaries, self.pki = shared, binaries, pki

    def cpu(self, pid):
        done = subprocess.run([os.path.join(self.shared, "cputree.sh"), str(pid)], capture_output=True, text=True, check=True)
        return float(done.stdout)

    def relayrun(self, mail, n, port, sink_port, pid, more=()):
        """One run; the figures of its one line."""
        done = subprocess.run([os.path.join(self.shared, "relayrun.sh"), self.binaries, self.pki, mail, str(n), str(CONNECTIONS), str(port),
                               str(sink_port), str(pid), *more], capture_output=True, text=True, env=dict(os.environ, MAX="120"))
        if done.returncode != 0:
            raise RuntimeError(done.stdout + done.stderr)
        return {key: float(value) for key, value in re.findall(r"(\S+)=(-?[\d.]+)", done.stdout)}


def made_pdf(size):
    return b"%PDF-1.4\n" + os.urandom(size) + b"\n%%EOF\n"


# ---------------------------------------------------------------- processes

def tree(root):
    """{pid: parent} of the processes below root, itself included."""
    parents = {}
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                with open(f"/proc/{name}/stat") as f:
                    parents[int(name)] = int(f.read().rpartition(")")[2].split()[1])
            except OSError:
                pass
    found = {root}
    while True:
        more = {pid for pid, parent in parents.items() if parent in found} - found
        if not more:
            return {pid: parents[pid] for pid in found}
        found |= more


def shown_name(pid):
    """relais-worker; postgres with the role that it serves. None when it is gone."""
    try:
        with open(f"/proc/{pid}/cmdline") as f:
            words = f.read().replace("\0", " ").split()
    except OSError:
        return None
    if not words:
        return None
    if words[0] != "postgres:":
        return os.path.basename(words[0])
    return "postgres " + (words[1] if words[1].startswith("relais_") else "itself")


def cpu_by_name(root):
    """{name: CPU seconds so far, with the ended children that it has waited for}."""
    used, tick = {}, os.sysconf("SC_CLK_TCK")
    for pid in tree(root):
        name = shown_name(pid)
        try:
            with open(f"/proc/{pid}/stat") as f:
                fields = f.read().rpartition(")")[2].split()
        except OSError:
            continue
        if name:
            used[name] = used.get(name, 0) + sum(int(v) for v in fields[11:15]) / tick
    return used


def name_and_peak(pid):
    """("relais-worker", peak of its resident memory in MB), or None when it is gone."""
    try:
        with open(f"/proc/{pid}/status") as f:
            status = dict(line.split(":", 1) for line in f if ":" in line)
        with open(f"/proc/{pid}/cmdline") as f:
            name = os.path.basename(f.read().split("\0")[0]).split(":")[0]
    except OSError:
        return None
    return (name, int(status["VmHWM"].split()[0]) / 1024) if name and "VmHWM" in status else None


class Memory:
    """The peak of each kind of process while this is open; the children of the readers live for milliseconds and are caught by sampling."""

    def __init__(self, root):
        self.root, self.peaks, self.open = root, {}, True
        for pid in tree(root):
            try:
                with open(f"/proc/{pid}/clear_refs", "w") as f:
                    f.write("5")
            except OSError:
                pass
        self.thread = threading.Thread(target=self._watch)
        self.thread.start()

    def _look(self, pids, kind=""):
        for pid in pids:
            found = name_and_peak(pid)
            if found:
                self.peaks[found[0] + kind] = max(self.peaks.get(found[0] + kind, 0), found[1])

    def _watch(self):
        readers = [pid for pid in tree(self.root) if (name_and_peak(pid) or ("", 0))[0] in ("relais-verify", "relais-inspect", "relais-compose")]
        while self.open:
            for reader in readers:
                try:
                    with open(f"/proc/{reader}/task/{reader}/children") as f:
                        self._look(f.read().split(), " child")
                except OSError:
                    pass
            time.sleep(0.004)

    def close(self):
        self.open = False
        self.thread.join()
        self._look(tree(self.root))
        return {name: round(peak, 1) for name, peak in sorted(self.peaks.items())}


# ---------------------------------------------------------------- Relais

class Bench:
    def __init__(self, args, folder, binaries):
        self.args, self.binaries, self.number, self.records_sent = args, binaries, 0, 0
        self.world = BenchWorld(folder, args.bin, args.cache)
        try:
            self.world.start()
            pools = os.path.join(folder, "pools")
            os.makedirs(pools)
            self.pools = Pools(pools)
            self.tools = Tools(args.shared, binaries, self.world.certificates())
            self.master = int(self.world.status()["pid"])
            self._open_dossiers()
        except BaseException:
            self.world.stop()
            raise

    def _pool(self, entities):
        self.number += 1
        return self.pools.write(f"{self.number}.pool", entities)

    @staticmethod
    def _sender(address, seal):
        return ["-N", journey.HOSTNAME, "-F", address, "-T", journey.DEPOT, "-S", seal[0], "-s", seal[1]]

    def _load(self, pool, address, seal):
        pki = self.tools.pki
        done = subprocess.run([f"{self.binaries}/smtpload", "-p", str(self.world.port), "-f", pool, "-c", str(CONNECTIONS), "-C", f"{pki}/client.pem",
                               "-K", f"{pki}/client.key", "-A", f"{pki}/ca.pem", *self._sender(address, seal)], capture_output=True, text=True)
        if done.returncode != 0:
            raise RuntimeError(done.stdout + done.stderr)
        return json.loads(done.stdout)

    def _sink(self, n):
        pki = self.tools.pki
        sink = subprocess.Popen([f"{self.binaries}/smtpsink", "-l", str(self.world.sink_port), "-C", f"{pki}/server.pem", "-K", f"{pki}/server.key",
                                 "-A", f"{pki}/ca.pem", "-T", "-n", str(n)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        wait_port(self.world.sink_port)
        return sink

    def _open_dossiers(self):
        """One request a patient, over SMTP like everything else; a sink takes the two mails that each makes."""
        n = self.args.dossiers
        sink = self._sink(0)
        self._load(self._pool(self.pools.request(i) for i in range(n)), journey.PLATFORM, self.world.platform)
        journey.wait_for("the dossiers", lambda: [d["state"] for d in self.world.relais("dossier", "list", "--all", as_json=True)] == ["incomplete"] * n, 120)
        journey.wait_for("an empty queue", lambda: self.world.relais("queue", as_json=True) == [], 120)
        sink.terminate()
        sink.wait()
        self.settle()

    def settle(self):
        """Until the processes rest: what follows a delivery belongs to its message too."""
        rested = self.tools.cpu(self.master)
        while True:
            time.sleep(0.4)
            now = self.tools.cpu(self.master)
            if now - rested < 0.03:
                return now
            rested = now

    def _records(self, n, dossiers=None, pdf=None):
        self.records_sent += n
        return self._pool(self.pools.record(i % (dossiers or self.args.dossiers), pdf) for i in range(n))

    def carried(self, n, more=(), **records):
        """One load through the whole: cpu_ms/msg is of the tree until it rests."""
        pool = self._records(n, **records)
        before, by_name = self.settle(), cpu_by_name(self.master)
        got = self.tools.relayrun(pool, n, self.world.port, self.world.sink_port, self.master,
                                  [*self._sender(journey.HOSPITAL, self.world.hospital), *more])
        got["cpu_ms/msg"] = 1000 * (self.settle() - before) / n
        self.cpu = {name: 1000 * (used - by_name.get(name, 0)) / n for name, used in cpu_by_name(self.master).items()}
        os.unlink(pool)
        if got["got"] != n or got["dups"] != 0:
            raise RuntimeError(f"not every message was answered once: {got}")
        return got

    def accepted(self, n):
        """Acceptance alone: the workers stand still while the mail comes in, and carry it through afterwards."""
        pool, sink = self._records(n), self._sink(n)
        self._workers(signal.SIGSTOP)
        before = self.tools.cpu(self.master)
        got = self._load(pool, journey.HOSPITAL, self.world.hospital)
        cpu = 1000 * (self.tools.cpu(self.master) - before) / n
        self._workers(signal.SIGCONT)
        if sink.wait(120) != 0:
            raise RuntimeError("the sink failed")
        self.settle()
        os.unlink(pool)
        return {"accept/s": got["msgs_per_s"], "acc_p50": got["p50_ms"], "acc_p99": got["p99_ms"], "cpu_ms/msg": cpu}

    def _workers(self, what):
        for process in self.world.status()["processes"]:
            if process["name"].startswith("worker"):
                os.kill(process["pid"], what)

    def check(self):
        """Every record was filed to its dossier, and every count of reconcile holds (the command ends badly otherwise)."""
        rows = self.world.relais("reconcile", as_json=True)
        filed = {row["name"]: row["counted"] for row in rows}.get("inbox.filed")
        if filed != self.records_sent:
            raise RuntimeError(f"{self.records_sent} records sent, {filed} filed")

    def measure(self, table):
        table.add("Relais", f"{SMALL}: accepted only", [self.accepted(self.args.messages) for _ in range(self.args.runs)])
        memory = Memory(self.master)
        table.add("Relais", f"{SMALL}: carried through", [self.carried(self.args.messages) for _ in range(self.args.runs)])
        table.memory[SMALL], table.cpu = memory.close(), self.cpu
        table.add("Relais", f"{SMALL}: all to one dossier", [self.carried(self.args.messages // 3, dossiers=1)])
        table.add("Relais", f"{SMALL}: {PACE}/s offered", [self.carried(PACE * 4, more=["-R", str(PACE)])])
        for name, size, n in ((LARGE, LARGE_PDF, self.args.large), (LARGEST, LARGEST_PDF, max(1, self.args.large // 4))):
            memory = Memory(self.master)
            table.add("Relais", f"{name}: carried through", [self.carried(n, pdf=made_pdf(size))])
            table.memory[name] = memory.close()
        self.check()

    def mail(self, path, pdf=None):
        """One of the mails, whole, for a relay that does not look inside."""
        head = (f"From: {journey.HOSPITAL}\r\nTo: {journey.DEPOT}\r\nSubject: XDM/1.0/DDM+Compte rendu\r\n"
                "Date: Sat, 21 Nov 2026 10:00:00 +0100\r\nMIME-Version: 1.0\r\n").encode()
        with open(path, "wb") as f:
            f.write(head + clients.signed_entity(self.pools.record(0, pdf), *self.world.hospital))
        return path


# ---------------------------------------------------------------- Postfix

def postfix(args, folder, theirs, pki, small, large, table):
    for reuse in (False, True):
        name = "Postfix, connections reused" if reuse else "Postfix"
        relay = PostfixRelay(os.path.join(folder, "postfix-reuse" if reuse else "postfix"), args.cache, args.shared, pki, reuse)
        tools = Tools(args.shared, theirs, pki)
        try:
            more = ["-F", journey.HOSPITAL, "-T", journey.DEPOT]
            table.add(name, f"{SMALL}: carried through",
                      [tools.relayrun(small, args.messages, relay.port, relay.sink_port, relay.master(), more) for _ in range(args.runs)])
            table.add(name, f"{LARGE}: carried through", [tools.relayrun(large, args.large, relay.port, relay.sink_port, relay.master(), more)])
        finally:
            relay.stop()


# ---------------------------------------------------------------- the table

class Table:
    KEYS = ("accept/s", "through/s", "cpu_ms/msg", "acc_p50", "acc_p99", "e2e_p50", "e2e_p99", "other_cores")

    def __init__(self):
        self.rows, self.memory, self.cpu = [], {}, {}

    def add(self, peer, load, runs):
        figures = {key: statistics.median(run[key] for run in runs) for key in self.KEYS if key in runs[0]}
        figures["runs"] = len(runs)
        self.rows.append((peer, load, figures))
        print(f"  {peer}, {load}: " + ", ".join(f"{key} {value:.4g}" for key, value in figures.items()), flush=True)

    def figure(self, peer, load, key):
        return next((figures.get(key) for p, l, figures in self.rows if (p, l) == (peer, load)), None)

    def print(self):
        print("\n| | | " + " | ".join(self.KEYS) + " | runs |\n|---|---|" + "---|" * (len(self.KEYS) + 1))
        for peer, load, figures in self.rows:
            cells = [f"{figures[key]:.1f}" if key in figures else "" for key in self.KEYS]
            print(f"| {peer} | {load} | " + " | ".join(cells) + f" | {figures['runs']} |")
        for load in (SMALL, LARGE):
            ours = self.figure("Relais", f"{load}: carried through", "through/s")
            for peer in ("Postfix", "Postfix, connections reused"):
                theirs = self.figure(peer, f"{load}: carried through", "through/s")
                if ours and theirs:
                    cpu = self.figure("Relais", f"{load}: carried through", "cpu_ms/msg") / self.figure(peer, f"{load}: carried through", "cpu_ms/msg")
                    print(f"\n{load}: Relais carries {ours / theirs:.2f} of what {peer} relays, at {cpu:.1f} times its CPU a message")
        if self.cpu:
            shares = sorted(self.cpu.items(), key=lambda item: -item[1])
            print(f"\nCPU ms a message by process, {SMALL}: " + ", ".join(f"{name} {ms:.2f}" for name, ms in shares if ms >= 0.01))
        for load, peaks in self.memory.items():
            print(f"\nPeak resident memory, {load} (MB): " + ", ".join(f"{name} {peak}" for name, peak in peaks.items()))


def main():
    args = arguments()
    args.shared = os.path.realpath(args.shared)
    if not os.path.exists(os.path.join(args.shared, "relayrun.sh")):
        sys.exit(f"the measuring tools are not at {args.shared}: give --shared DIR")
    if os.geteuid() != 0:
        sys.exit("root is needed: the correspondents run in mount namespaces")
    begin, table = time.monotonic(), Table()
    folder = tempfile.mkdtemp(prefix="relais-bench-")
    os.chmod(folder, 0o755)
    bench = None
    try:
        theirs, ours = build(args.shared, folder)
        print(f"load before: {os.getloadavg()[0]:.1f}, cores: {os.cpu_count()}, schema: {'yes' if documents.corpus() else 'no (made documents)'}", flush=True)
        bench = Bench(args, os.path.join(folder, "relais"), ours)
        small, large = bench.mail(os.path.join(folder, "small.eml")), bench.mail(os.path.join(folder, "large.eml"), made_pdf(LARGE_PDF))
        print(f"mails of {os.path.getsize(small)} and {os.path.getsize(large)} bytes; {args.dossiers} dossiers open after {time.monotonic() - begin:.0f} s", flush=True)
        if args.only != "postfix":
            bench.measure(table)
        if args.only != "relais":
            postfix(args, folder, theirs, bench.tools.pki, small, large, table)
        table.print()
    finally:
        if bench and not args.keep:
            bench.world.stop()
        if args.keep:
            print(f"kept: {folder}")
        else:
            shutil.rmtree(folder, ignore_errors=True)
    print(f"\n{time.monotonic() - begin:.0f} s in all; load after: {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
