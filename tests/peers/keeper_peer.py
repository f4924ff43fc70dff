"""A keeper of the tests' own, and bodies sealed by it: what docs/security.md says of bytes at rest, told a second time, with another library."""
import contextlib
import hashlib
import os
import socket
import struct
import threading

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

CHUNK = 262144


def raw(key):
    return key.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)


def bound(data):
    return hashlib.sha256(data).digest() + struct.pack(">Q", len(data))


def nonce(number, last):
    return struct.pack(">3xQB", number, last)


def sealed_chunks(key, data):
    parts = [data[i:i + CHUNK] for i in range(0, len(data), CHUNK)] or [b""]
    return [AESGCM(key).encrypt(nonce(i, i == len(parts) - 1), part, None) for i, part in enumerate(parts)]


def opened_chunks(key, chunks):
    return b"".join(AESGCM(key).decrypt(nonce(i, i == len(chunks) - 1), part, None) for i, part in enumerate(chunks))


def between(own, peer, ephemeral, recipient):
    return AESGCM(HKDF(hashes.SHA256(), 32, ephemeral + recipient, b"relais intake 1").derive(own.exchange(X25519PublicKey.from_public_bytes(peer))))


def seal_key(key, recipient, data):
    own = X25519PrivateKey.generate()
    return raw(own.public_key()) + between(own, recipient, raw(own.public_key()), recipient).encrypt(bytes(12), key, bound(data))


def open_key(sealed, own, plain_bound):
    return between(own, sealed[:32], sealed[:32], raw(own.public_key())).decrypt(bytes(12), sealed[32:], plain_bound)


class Keeper:
    """Gives the key of any body, to anybody: who may ask is tested elsewhere. row: a body's (digest, size, sealed key) by its number; lost: those whose key
    is not there."""

    def __init__(self, folder, row):
        self.row, self.pair, self.lost = row, X25519PrivateKey.generate(), set()
        self.public = raw(self.pair.public_key())
        for sub in ("run", "keeper"):
            os.makedirs(os.path.join(folder, sub), exist_ok=True)
        with open(os.path.join(folder, "keeper", "intake.pub"), "w") as f:
            f.write("intake:1 %s 2026-01-01T00:00:00Z\n" % self.public.hex())
        for role in ("worker", "signer", "deliverer", "operator"):
            s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            s.bind(os.path.join(folder, "run", "keeper-%s.sock" % role))
            s.listen(16)
            threading.Thread(target=self.listen, args=(s,), daemon=True).start()

    def listen(self, s):
        while True:
            connection, _ = s.accept()
            threading.Thread(target=self.serve, args=(connection,), daemon=True).start()

    def serve(self, connection):
        """Who was killed meanwhile takes no answer."""
        with connection, contextlib.suppress(ConnectionError):
            while asked := connection.recv(4096):
                if asked[:1] == b"p":
                    connection.send(b"+" + self.public + b"intake:1")
                    continue
                number = struct.unpack(">Q", asked[1:9])[0]
                if number in self.lost:
                    connection.send(b"-keeper.key")
                    continue
                digest, size, sealed = self.row(number)
                connection.send(b"+" + open_key(sealed, self.pair, digest + struct.pack(">Q", size)))
