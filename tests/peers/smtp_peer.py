"""An SMTP or LMTP server whose replies can be bent one by one; it keeps what it was told."""
import time

from wire import Gone, Server


def drip(wire, text, pause=0.15):
    for byte in text.encode():
        wire.send(bytes([byte]))
        time.sleep(pause)


def flood(wire, text, seconds=20):
    block = text.encode() * 512
    end = time.time() + seconds
    while time.time() < end:
        wire.send(block)


def hang(wire, _=""):
    time.sleep(8)


class Bent(Exception):
    """The script ends the connection here."""


class SmtpPeer:
    """bend: verb -> a reply, a callable(wire), or None to cut the connection. Verbs: GREETING, EHLO (before TLS),
    STARTTLS, HANDSHAKE, EHLO-TLS, AUTH, MAIL, RCPT, RSET, DATA, READ (the message), DOT, QUIT. implicit: TLS from the first byte."""

    def __init__(self, tls, bend=None, offers=("PIPELINING", "SIZE 26214400", "8BITMIME", "DSN", "ENHANCEDSTATUSCODES"),
                 starttls=True, path=None, implicit=False, host="127.0.0.1", port=0):
        self.tls, self.bend, self.offers, self.starttls, self.implicit = tls, bend or {}, offers, starttls, implicit
        self.said, self.mails, self.clear = [], [], []
        self.server = Server(self.talk, host=host, port=port, path=path)
        self.port = self.server.port

    def answer(self, wire, verb, reply):
        """True when the script goes on as if the reply were the usual one."""
        if verb not in self.bend:
            wire.send(reply)
            return True
        bent = self.bend[verb]
        if isinstance(bent, list):
            bent = bent.pop(0) if bent else reply
        if bent is None:
            raise Bent
        if callable(bent):
            return bent(wire) is True
        wire.send(bent)
        return bent[:1] == reply[:1]

    def offer(self, secure):
        lines = ["peer.exemple.fr"] + list(self.offers) + (["STARTTLS"] if self.starttls and not secure else [])
        return "".join("250%s%s\r\n" % (" " if n == len(lines) - 1 else "-", line) for n, line in enumerate(lines))

    def talk(self, wire):
        try:
            self.session(wire)
        except Bent:
            pass

    def session(self, wire):
        secure, sender, taken = self.implicit, False, False
        if secure:
            wire.start_tls(self.tls)
        self.answer(wire, "GREETING", "220 peer.exemple.fr ESMTP\r\n")
        while True:
            line = wire.line().decode("utf-8", "replace")
            (self.said if secure else self.clear).append(line)
            verb = line.split(" ")[0].upper()
            if verb in ("EHLO", "LHLO"):
                self.answer(wire, "EHLO-TLS" if secure else "EHLO", self.offer(secure))
            elif verb == "STARTTLS":
                if self.answer(wire, "STARTTLS", "220 2.0.0 go on\r\n"):
                    if "HANDSHAKE" in self.bend:
                        self.answer(wire, "HANDSHAKE", "")
                    wire.start_tls(self.tls)
                    secure = True
            elif verb == "DATA":
                usual = "354 end with a dot\r\n" if taken else "554 5.5.1 no valid recipients\r\n"
                if self.answer(wire, "DATA", usual) and taken:
                    self.read(wire)
            elif verb == "AUTH":
                self.answer(wire, "AUTH", "235 2.7.0 welcome\r\n")
            elif verb == "QUIT":
                self.answer(wire, "QUIT", "221 2.0.0 bye\r\n")
                return
            else:
                order = verb == "RCPT" and not sender
                fine = self.answer(wire, verb, "503 5.5.1 no sender\r\n" if order else "250 2.1.0 ok\r\n") and not order
                sender = fine and verb in ("MAIL", "RCPT") or sender and verb == "RCPT"
                taken = fine and verb == "RCPT"

    def read(self, wire):
        if "READ" in self.bend:
            self.answer(wire, "READ", "")
        lines = []
        while True:
            line = wire.line()
            if line == b".":
                break
            lines.append(line[1:] if line.startswith(b".") else line)
        self.mails.append(b"\r\n".join(lines) + b"\r\n")
        self.answer(wire, "DOT", "250 2.0.0 Ok: queued as 4QcF2k1z3Sz9sW\r\n")

    def close(self):
        self.server.close()
