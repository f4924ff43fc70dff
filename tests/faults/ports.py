"""Ports for servers of tests: of a range from which the kernel takes none for outgoing connections, and each for one test program at a time, so that
many may start their servers side by side."""
import fcntl
import os
import random
import socket
import tempfile

FIRST, LAST = 10000, 29999
HOSTS = ("127.0.0.1", "127.0.0.2", "127.0.0.3")
held = []           # open, and so locked, as long as this program runs


def is_free(port):
    for host in HOSTS:
        with socket.socket() as s:
            try:
                s.bind((host, port))
            except OSError:
                return False
    return True


def lock(port):
    folder = os.path.join(tempfile.gettempdir(), f"relais-ports-{os.getuid()}")
    os.makedirs(folder, mode=0o700, exist_ok=True)
    file = os.open(os.path.join(folder, str(port)), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(file)
        return False
    held.append(file)
    return True


def free_port():
    for port in random.sample(range(FIRST, LAST + 1), LAST + 1 - FIRST):
        if lock(port) and is_free(port):
            return port
    raise RuntimeError(f"no port of {FIRST} to {LAST} is free")
