"""Resident memory of the receiver with many peers who said EHLO over mutual TLS and then nothing, and whether it still serves.

idle.py [--bin DIR] [--cache DIR] [--connections 1000,4000]
Needs root and /usr/bin/python3. Each address of 127.0.0.0/8 holds at most LIMIT_SMTP_CONNECTIONS_PEER of the connections."""
import argparse
import os
import resource
import shutil
import socket
import ssl
import sys
import tempfile
import time

from scene import BenchWorld, ROOT, journey

PER_ADDRESS, HELLO = 150, b"EHLO banc.exemple.mssante.fr\r\n"


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("--bin", default=os.path.join(ROOT, "build/release/bin"))
    parser.add_argument("--cache", default=os.path.join(tempfile.gettempdir(), "relais-peers"))
    parser.add_argument("--connections", default="1000,4000")
    return parser.parse_args()


def replies(stream, code):
    """Reads one whole reply; any other code ends the measurement."""
    text = b""
    while not (text.endswith(b"\r\n") and text.splitlines()[-1][3:4] == b" "):
        piece = stream.recv(4096)
        if not piece:
            raise RuntimeError(f"closed after {text!r}")
        text += piece
    if not text.startswith(code):
        raise RuntimeError(f"{code!r} was awaited, not {text!r}")


def peer(number, port, context):
    """One connected session that has said EHLO twice, in clear and in TLS."""
    address = f"127.0.{1 + number // PER_ADDRESS // 250}.{2 + number // PER_ADDRESS % 250}"
    plain = socket.create_connection(("127.0.0.1", port), 30, (address, 0))
    replies(plain, b"220")
    plain.sendall(HELLO)
    replies(plain, b"250")
    plain.sendall(b"STARTTLS\r\n")
    replies(plain, b"220")
    stream = context.wrap_socket(plain, server_hostname=journey.HOSTNAME)
    stream.sendall(HELLO)
    replies(stream, b"250")
    return stream


def resident(pid):
    with open(f"/proc/{pid}/status") as f:
        return int(next(line for line in f if line.startswith("VmRSS")).split()[1])


def measure(world, pid, n, start):
    context = ssl.create_default_context(cafile=world.anchors)
    context.load_cert_chain(*world.operator)
    begin, held = time.monotonic(), []
    try:
        for number in range(n):
            held.append(peer(number, world.port, context))
        seconds = time.monotonic() - begin
        time.sleep(1)
        with_all = resident(pid)
        begin = time.monotonic()
        last = peer(n, world.port, context)
        served = time.monotonic() - begin
        last.close()
        held[0].sendall(b"NOOP\r\n")
        replies(held[0], b"250")
    finally:
        for stream in held:
            stream.close()
    time.sleep(3)
    print(f"{n} idle TLS connections: {start / 1024:.1f} MB at the start, {with_all / 1024:.1f} MB with them ({(with_all - start) / n:.1f} KB each), "
          f"{resident(pid) / 1024:.1f} MB after; {n / seconds:.0f} sessions opened a second; one more served in {1000 * served:.0f} ms", flush=True)


def main():
    args = arguments()
    if os.geteuid() != 0:
        sys.exit("root is needed: the instance runs under users of its own")
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 65536), hard))
    folder = tempfile.mkdtemp(prefix="relais-idle-")
    os.chmod(folder, 0o755)
    world = BenchWorld(os.path.join(folder, "relais"), args.bin, args.cache)
    try:
        world.start()
        receiver = next(p["pid"] for p in world.status()["processes"] if p["name"] == "receiver")
        start = resident(receiver)
        for n in args.connections.split(","):
            measure(world, receiver, int(n), start)
    finally:
        world.stop()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
