"""A network of several hosts in network namespaces: one switch, each host with an IPv4 and an IPv6 address, nothing of the machine's own touched.

Addresses are of the documentation ranges (RFC 5737, RFC 3849). Needs root. Whatever happened, close() removes all of it: the namespaces
are named after this process, and their links go with them. Faults (lost and cut packets) are rules of nftables inside one host."""
import contextlib
import ctypes
import os
import re
import subprocess

from correspondents import FAMILIES, unpack

NET4, NET6 = "192.0.2.", "2001:db8::"
CLONE_NEWNET = 0x40000000


class Impossible(Exception):
    """This machine gives us no network namespaces; the text says why."""


def remove_forgotten():
    """Namespaces of a run of ours that was ended before it could remove them."""
    with contextlib.suppress(FileNotFoundError):
        for name in os.listdir("/run/netns"):
            found = re.fullmatch(r"rl(\d+)-\w+", name)
            if found and not os.path.exists(f"/proc/{found.group(1)}"):
                subprocess.run(["ip", "netns", "delete", name], capture_output=True)


class Network:
    """hosts: {name: [numbers]}; 10 is 192.0.2.10 and 2001:db8::10; a host may have several."""

    def __init__(self, hosts, cache):
        self.prefix, self.hosts = f"rl{os.getpid()}-", hosts
        self.nft_root = unpack(os.path.join(cache, "nft"), FAMILIES["nft"])
        self.made = []
        remove_forgotten()
        try:
            self._make()
        except (Impossible, OSError) as e:
            self.close()
            raise Impossible(str(e)) from None

    def space(self, name):
        return self.prefix + name

    def _make(self):
        for name in ["lan", *self.hosts]:
            done = subprocess.run(["ip", "netns", "add", self.space(name)], capture_output=True, text=True)
            if done.returncode != 0:
                raise Impossible(f"ip netns add: {done.stderr.strip()}")
            self.made.append(name)
        self.ip("lan", "link add br0 type bridge stp_state 0 forward_delay 0", "link set br0 up")
        for name, numbers in self.hosts.items():
            self.ip("lan", f"link add v-{name} type veth peer name eth0 netns {self.space(name)}", f"link set v-{name} master br0 up")
            self.ip(name, "link set lo up", "link set eth0 up", *[line for n in numbers for line in (
                f"address add {NET4}{n}/24 dev eth0", f"address add {NET6}{n}/64 dev eth0 nodad")])

    def ip(self, name, *lines):
        done = subprocess.run(["ip", "-netns", self.space(name), "-batch", "-"], input="\n".join(lines) + "\n", capture_output=True, text=True)
        if done.returncode != 0:
            raise Impossible(f"ip in {name}: {done.stderr.strip()}")

    def close(self):
        for name in self.made:
            subprocess.run(["ip", "netns", "delete", self.space(name)], capture_output=True)
        self.made = []

    # ---------------------------------------------------------------- to be in a host

    def enter(self, name):
        """What to put before a command."""
        return ["nsenter", f"--net=/run/netns/{self.space(name)}"]

    @contextlib.contextmanager
    def inside(self, name):
        """Sockets that this thread makes in the meantime are the host's; they stay its own afterwards."""
        libc = ctypes.CDLL(None, use_errno=True)
        with open("/proc/thread-self/ns/net") as back, open(f"/run/netns/{self.space(name)}") as there:
            if libc.setns(there.fileno(), CLONE_NEWNET) != 0:
                raise OSError(ctypes.get_errno(), "setns")
            try:
                yield
            finally:
                if libc.setns(back.fileno(), CLONE_NEWNET) != 0:
                    raise OSError(ctypes.get_errno(), "setns")

    def address(self, name, six=False):
        return f"{NET6 if six else NET4}{self.hosts[name][0]}"

    # ---------------------------------------------------------------- faults

    def nft(self, name, text):
        libraries = os.path.join(self.nft_root, "usr/lib/x86_64-linux-gnu")
        command = self.enter(name) + ["env", f"LD_LIBRARY_PATH={libraries}", os.path.join(self.nft_root, "usr/sbin/nft"), "-f", "-"]
        done = subprocess.run(command, input=text, capture_output=True, text=True)
        if done.returncode != 0:
            raise Impossible(f"nftables: {done.stderr.strip()}")
        return done.stdout

    @contextlib.contextmanager
    def fault(self, name, rule):
        """A rule of nftables in that host while the block runs; gives a function that tells how many packets it hit."""
        self.nft(name, self.table(rule))
        try:
            yield lambda: self.hits(name)
        finally:
            self.nft(name, "delete table inet fault")

    def change(self, name, rule):
        """Another rule in the place of the one that stands, its packets counted from 0."""
        self.nft(name, "delete table inet fault\n" + self.table(rule))

    @staticmethod
    def table(rule):
        return f"table inet fault {{\nchain c {{\ntype filter hook input priority 0;\n{rule}\n}}\n}}\n"

    def hits(self, name):
        words = self.nft(name, "list table inet fault").split()
        return int(words[words.index("packets") + 1])

    def link(self, name, state):
        self.ip(name, f"link set eth0 {state}")
        if state == "up":                               # its IPv6 addresses went with the link
            self.ip(name, *[f"address replace {NET6}{n}/64 dev eth0 nodad" for n in self.hosts[name]])
