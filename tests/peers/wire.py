"""One-connection servers on loopback that misbehave on request, and what they share."""
import errno
import select
import socket
import ssl
import threading
import time


class Gone(Exception):
    """The client has left."""


class Wire:
    """A connection that can be upgraded to TLS and read line by line."""

    def __init__(self, sock):
        self.sock = sock
        self.left = b""

    def send(self, data):
        try:
            self.sock.sendall(data if isinstance(data, bytes) else data.encode())
        except (OSError, ssl.SSLError) as error:
            raise Gone from error

    def line(self):
        while b"\n" not in self.left:
            try:
                more = self.sock.recv(65536)
            except (OSError, ssl.SSLError) as error:
                raise Gone from error
            if not more:
                raise Gone
            self.left += more
        line, self.left = self.left.split(b"\n", 1)
        return line.rstrip(b"\r")

    def waiting(self, seconds):
        """Is there something to read, or the end?"""
        if b"\n" in self.left or (isinstance(self.sock, ssl.SSLSocket) and self.sock.pending()):
            return True
        return bool(select.select([self.sock], [], [], seconds)[0])

    def start_tls(self, context):
        try:
            self.sock = context.wrap_socket(self.sock, server_side=True)
        except (OSError, ssl.SSLError) as error:
            raise Gone from error

    def cut(self):
        """Ends the connection as a process that died: no close_notify. From any thread: the descriptor stays until its own thread
        closes it, because a number that is free is somebody else's a moment later."""
        try:
            socket.socket.shutdown(self.sock, socket.SHUT_RDWR)
        except OSError:
            pass

    def close(self):
        """For the thread that reads from it, and for no other."""
        self.cut()
        if isinstance(self.sock, ssl.SSLSocket):
            number = self.sock.detach()
            if number < 0:
                return
            self.sock = socket.socket(fileno=number)
        self.sock.close()


class Server:
    """Accepts connections until closed; each is handed to talk(wire) in a thread of its own."""

    def __init__(self, talk, host="127.0.0.1", port=0, path=None):
        family = socket.AF_UNIX if path else socket.AF_INET
        self.listener = socket.socket(family, socket.SOCK_STREAM)
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._bind(path or (host, port), port)
        self.listener.listen(16)
        self.port = 0 if path else self.listener.getsockname()[1]
        self.talk = talk
        self.connections = 0
        self.open = []
        threading.Thread(target=self.accept, daemon=True).start()

    def _bind(self, place, port, seconds=15):
        """In the place of a server that was ended its children may listen for a moment longer."""
        end = time.monotonic() + seconds
        while True:
            try:
                return self.listener.bind(place)
            except OSError as e:
                if e.errno != errno.EADDRINUSE or port == 0 or time.monotonic() > end:
                    raise
            time.sleep(0.1)

    def accept(self):
        while True:
            try:
                sock, _ = self.listener.accept()
            except OSError:
                return
            self.connections += 1
            wire = Wire(sock)
            self.open.append(wire)
            threading.Thread(target=self.serve, args=(wire,), daemon=True).start()

    def serve(self, wire):
        try:
            self.talk(wire)
        except Gone:
            pass
        finally:
            wire.close()

    def close(self):
        self.listener.close()
        for wire in self.open:
            wire.cut()


def tls_server(certificate, key, clients=None):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(certificate, key)
    if clients:
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(clients)
    return context


def settle(said, word):
    """The peer's thread may not have read the last line yet."""
    for _ in range(400):
        if said and word in said[-1]:
            return
        time.sleep(0.05)
    raise AssertionError("never said %r: %r" % (word, said[-3:]))
