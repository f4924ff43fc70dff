"""Whether a process that stands still holds a question that nobody has answered, told by the kernel: bytes that it has not read, or somebody who
waits for its answer, at poll on the other end of one of its connections, with nothing to read there."""
import contextlib
import os
import socket
import struct
import time

ESTABLISHED, SHOW_PEER, SHOW_ROOM = 1, 4, 16       # linux/unix_diag.h
PEER, ROOM = 2, 4
POLL, POLLFD = 7, 8                                # x86-64, as all of Relais' measurements


def state(pid):
    with contextlib.suppress(OSError), open(f"/proc/{pid}/stat") as f:
        return f.read().rsplit(")", 1)[1].split()[0]
    return "X"


def stand_still(pids, seconds=2):
    """Whether each of them, which were sent SIGSTOP, has come to a stop; False when one has ended."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        states = {state(pid) for pid in pids}
        if states & {"Z", "X"}:
            return False
        if states <= {"T", "t"}:
            return True
        time.sleep(0.0002)
    return False


def connections():
    """{inode: (the other end's inode, bytes to read)} of all local connections."""
    found = {}
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 4) as s:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        request = struct.pack("<BBHIIIII", socket.AF_UNIX, 0, 0, 1 << ESTABLISHED, 0, SHOW_PEER | SHOW_ROOM, 0xffffffff, 0xffffffff)
        s.send(struct.pack("<IHHII", 16 + len(request), 20, 0x301, 1, 0) + request)
        while True:
            data, at = s.recv(1 << 18), 0
            while at + 16 <= len(data):
                length, kind = struct.unpack_from("<IH", data, at)
                if kind == 3:
                    return found
                if kind == 2:
                    raise OSError("the kernel does not tell of local connections")
                inode, peer, room = struct.unpack_from("<I", data, at + 20)[0], 0, 0
                where, end = at + 32, at + length
                while where + 4 <= end:
                    size, name = struct.unpack_from("<HH", data, where)
                    if name == PEER:
                        peer = struct.unpack_from("<I", data, where + 4)[0]
                    elif name == ROOM:
                        room = struct.unpack_from("<I", data, where + 4)[0]
                    where += (size + 3) & ~3
                found[inode] = (peer, room)
                at += (length + 3) & ~3


def sockets(pid):
    """{descriptor: inode}"""
    found = {}
    with contextlib.suppress(OSError):
        for name in os.listdir(f"/proc/{pid}/fd"):
            with contextlib.suppress(OSError):
                target = os.readlink(f"/proc/{pid}/fd/{name}")
                if target.startswith("socket:["):
                    found[int(name)] = int(target[8:-1])
    return found


def waits_at(pid):
    """The descriptors at which it stands in poll, with a few of them: a client with its question, not a server with its clients."""
    with contextlib.suppress(OSError, ValueError, struct.error):
        with open(f"/proc/{pid}/syscall") as f:
            words = f.read().split()
        if words[0] == str(POLL) and int(words[2], 16) <= 2:
            with open(f"/proc/{pid}/mem", "rb") as f:
                f.seek(int(words[1], 16))
                data = f.read(POLLFD * int(words[2], 16))
            return [struct.unpack_from("<i", data, at)[0] for at in range(0, len(data), POLLFD)]
    return []


def asked(victims, others):
    """victims stand still; others: who may be waiting for them."""
    known = connections()
    own = {inode for pid in victims for inode in sockets(pid).values()} & set(known)
    ends = {known[inode][0]: inode for inode in own if known[inode][0] in known}
    if any(known[inode][1] > 0 for inode in ends.values()):
        return True
    for pid in others:
        waiting = waits_at(pid)
        if waiting:
            here = sockets(pid)
            if any(here.get(fd) in ends and known[here[fd]][1] == 0 for fd in waiting):
                return True
    return False
