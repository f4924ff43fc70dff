"""A small IMAP server of one folder whose answers can be bent."""
import base64
import re
import time

from wire import Server


class Bent(Exception):
    """The script ends the connection here."""


def literal(data):
    return b"{%d}\r\n" % len(data) + data


class ImapPeer:
    """messages: {uid: bytes}. bend: name -> callable(peer, wire, tag, line) that answers by itself, or None to cut.
    Names: GREETING, STARTTLS, LOGIN, AUTHENTICATE, CAPABILITY, EXAMINE, SEARCH, SIZE, BODY, IDLE, LOGOUT.
    more: capabilities beside IDLE; with CONDSTORE the folder tells modseq. sasl: what AUTHENTICATE was given, decoded."""

    def __init__(self, tls, messages, bend=None, starttls=False, idle=True, uidvalidity=77, password="secret", more="", token=None):
        self.tls, self.messages, self.bend = tls, dict(messages), bend or {}
        self.starttls, self.idle, self.uidvalidity, self.password = starttls, idle, uidvalidity, password
        self.more, self.token, self.modseq = more, token, 1
        self.said, self.clear, self.idling, self.sasl = [], [], [], []
        self.server = Server(self.talk)
        self.port = self.server.port

    def talk(self, wire):
        try:
            self.session(wire)
        except Bent:
            pass

    def bent(self, name, wire, tag=b"*", line=b""):
        if name not in self.bend:
            return False
        act = self.bend[name]
        if act is None:
            raise Bent
        return act(self, wire, tag, line) is not False

    def uidnext(self):
        return max(self.messages, default=0) + 1

    def session(self, wire):
        secure = not self.starttls
        if secure:
            wire.start_tls(self.tls)
        if not self.bent("GREETING", wire):
            wire.send(b"* OK [CAPABILITY IMAP4rev1] ready\r\n")
        while True:
            line = wire.line()
            (self.said if secure else self.clear).append(line)
            tag, _, rest = line.partition(b" ")
            verb = rest.split(b" ")[0].upper()
            if verb == b"STARTTLS":
                if not self.bent("STARTTLS", wire, tag, line):
                    wire.send(tag + b" OK begin\r\n")
                    wire.start_tls(self.tls)
                    secure = True
            elif verb == b"LOGOUT":
                wire.send(b"* BYE\r\n" + tag + b" OK bye\r\n")
                return
            else:
                self.command(wire, tag, verb, line)

    def command(self, wire, tag, verb, line):
        name = verb.decode("latin-1")
        if verb == b"UID":
            name = "SEARCH" if b"SEARCH" in line else "SIZE" if b"RFC822.SIZE" in line else "BODY"
        if self.bent(name, wire, tag, line):
            return
        handler = getattr(self, "do_" + name.lower(), None)
        if handler:
            handler(wire, tag, line)
        else:
            wire.send(tag + b" BAD what\r\n")

    def do_login(self, wire, tag, line):
        good = self.password.encode() in line
        wire.send(tag + (b" OK in\r\n" if good else b" NO [AUTHENTICATIONFAILED] no\r\n"))

    def do_authenticate(self, wire, tag, line):
        words = line.split()[2:]
        if len(words) == 1:
            wire.send(b"+ \r\n")
            words.append(wire.line())
        self.sasl.append((words[0].decode(), b"" if words[1] == b"=" else base64.b64decode(words[1])))
        if self.token is not None and b"auth=Bearer " + self.token.encode() + b"\x01" not in self.sasl[-1][1]:
            wire.send(b"+ " + base64.b64encode(b'{"status":"invalid_token"}') + b"\r\n")
            self.said.append(wire.line())
            wire.send(tag + b" NO [AUTHENTICATIONFAILED] no\r\n")
        else:
            wire.send(tag + b" OK in\r\n")

    def do_capability(self, wire, tag, line):
        wire.send(b"* CAPABILITY IMAP4rev1" + (b" IDLE" if self.idle else b"") + b"".join(b" " + word.encode() for word in self.more.split())
                  + b"\r\n" + tag + b" OK done\r\n")

    def do_noop(self, wire, tag, line):
        wire.send(tag + b" OK done\r\n")

    def do_examine(self, wire, tag, line):
        wire.send(b"* %d EXISTS\r\n* 0 RECENT\r\n* FLAGS (\\Seen)\r\n* OK [UIDVALIDITY %d] v\r\n* OK [UIDNEXT %d] n\r\n"
                  % (len(self.messages), self.uidvalidity, self.uidnext())
                  + (b"* OK [HIGHESTMODSEQ %d] m\r\n" % self.modseq if b"(CONDSTORE)" in line else b"") + tag + b" OK [READ-ONLY] open\r\n")

    def do_search(self, wire, tag, line):
        match = re.search(rb"UID (\d+)(?::(\d+|\*))?", line.upper().replace(b"UID SEARCH", b""))
        first, last = int(match[1]), match[2] or match[1]
        uids = [u for u in self.messages if u >= first and (last == b"*" or u <= int(last))]
        if last == b"*" and self.messages and not uids:
            uids = [max(self.messages)]
        # A server need not sort.
        wire.send(b"* SEARCH" + b"".join(b" %d" % u for u in reversed(sorted(uids))) + b"\r\n" + tag + b" OK done\r\n")

    def uid(self, line):
        return int(re.search(rb"FETCH (\d+)", line)[1])

    def number(self, uid):
        return sorted(self.messages).index(uid) + 1

    def do_size(self, wire, tag, line):
        uid = self.uid(line)
        if uid in self.messages:
            wire.send(b"* %d FETCH (UID %d RFC822.SIZE %d)\r\n" % (self.number(uid), uid, len(self.messages[uid])))
        wire.send(tag + b" OK done\r\n")

    def do_body(self, wire, tag, line):
        uid = self.uid(line)
        if uid in self.messages:
            wire.send(b"* %d FETCH (UID %d BODY[] " % (self.number(uid), uid) + literal(self.messages[uid]) + b")\r\n")
        wire.send(tag + b" OK done\r\n")

    def do_idle(self, wire, tag, line):
        wire.send(b"+ idling\r\n")
        self.idling.append(wire)
        try:
            told = len(self.messages)
            while not wire.waiting(0.02) or wire.line().upper() != b"DONE":
                if len(self.messages) != told:
                    told = len(self.messages)
                    wire.send(b"* %d EXISTS\r\n" % told)
        finally:
            self.idling.remove(wire)
        wire.send(tag + b" OK done\r\n")

    def arrive(self, uid, data):
        """A new message; told to those who idle."""
        self.messages[uid] = data
        self.modseq += 1

    def close(self):
        self.server.close()


def drip_literal(peer, wire, tag, line):
    wire.send(b"* 1 FETCH (UID %d BODY[] {500}\r\n" % peer.uid(line))
    for _ in range(500):
        wire.send(b"x")
        time.sleep(0.1)


def flood_untagged(peer, wire, tag, line):
    end = time.time() + 20
    while time.time() < end:
        wire.send(b"* OK still here, wait for the end of this sentence\r\n" * 500)
