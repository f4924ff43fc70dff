"""Hostile peers at the receiver's port, over real sockets and TLS. Each case names the row of the page of attacks that it tries
("P4"); rows of the corpus (end of data, addresses, injection before TLS) are sent as they stand there.

Whatever happens in a case, the next one and an honest mail must find the receiver as it was."""
import contextlib
import csv
import os
import socket
import ssl
import time

import clients
import documents
from database import locked, waits_for_lock
from world import ATTENDING, DEPOT, DOMAIN, HOSPITAL, PLATFORM, wait_for

MAIL, RCPT = f"MAIL FROM:<{HOSPITAL}>\r\n".encode(), f"RCPT TO:<{DEPOT}>\r\n".encode()
RECIPIENTS, ERRORS, IDLE_COMMANDS, PER_ADDRESS = 100, 10, 100, 200     # base/limits.h
MESSAGE_MAX = 26_214_400


class Wire:
    """One connection that says exactly the bytes it is told to."""

    def __init__(self, world, pair=None, secure=True, source=None, context=None):
        self.plain = socket.create_connection(("127.0.0.1", world.port), 20, (source, 0) if source else None)
        self.stream, self.heard = self.plain, b""
        if not secure:
            return
        self.want(b"220")
        self.ask(b"EHLO attaque.exemple\r\n", b"250")
        self.ask(b"STARTTLS\r\n", b"220")
        if context is None:
            context = ssl.create_default_context(cafile=world.anchors)
            context.check_hostname = False
        if pair:
            context.load_cert_chain(*pair)
        self.stream = context.wrap_socket(self.plain)
        self.ask(b"EHLO attaque.exemple\r\n", b"250")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stream.close()

    def send(self, data):
        self.stream.sendall(data)

    def line(self):
        """One line, with its end; empty when the connection is over."""
        while b"\n" not in self.heard:
            try:
                piece = self.stream.recv(65536)
            except (ConnectionResetError, ssl.SSLError):
                piece = b""
            if not piece:
                break
            self.heard += piece
        line, mark, self.heard = self.heard.partition(b"\n")
        return line + mark

    def reply(self):
        """All lines of one reply; empty when the connection is over."""
        text = b""
        while True:
            line = self.line()
            text += line
            if not line or line[3:4] != b"-":
                return text

    def want(self, code):
        answer = self.reply()
        assert answer.startswith(code), (code, answer)
        return answer

    def ask(self, command, code):
        self.send(command)
        return self.want(code)

    def over(self, seconds=30):
        """The connection ends by the other side within the time; gives what was said until then."""
        self.stream.settimeout(seconds)
        said = b""
        while True:
            answer = self.reply()
            said += answer
            if not answer:
                return said


def left(plain):
    """Hangs up, and waits until the other side has done so: from then on it counts this peer no more."""
    with contextlib.suppress(OSError):
        plain.settimeout(30)
        plain.shutdown(socket.SHUT_WR)
        while plain.recv(4096):
            pass
    plain.close()


def corpus_rows(name):
    """Rows of a table of the corpus, or None when it is not beside the project."""
    folder = documents.corpus()
    if not folder:
        return None
    with open(os.path.join(folder, "hostile/smtp", name), newline="") as f:
        return list(csv.DictReader(f, delimiter="\t", quoting=csv.QUOTE_NONE))


def cases(world, _story):
    w = world
    good = tuple(f"{w.pki}/operateur-a.{end}" for end in ("pem", "key"))

    def honest():
        head, _ = clients.head(HOSPITAL, DEPOT, "Essai")
        clients.send(w.port, w.anchors, HOSPITAL, [DEPOT], head + clients.entity("Essai"), *good)

    def begun(wire):
        wire.ask(MAIL, b"250")
        wire.ask(RCPT, b"250")
        wire.ask(b"DATA\r\n", b"354")

    # ---------------------------------------------------------------- P1, P2: the end of a message
    def end_of_data(name, mark):
        """The wrong end, a second mail behind it, the true end: one refusal, and no second mail."""
        before = accepted()
        with Wire(w, good) as wire:
            begun(wire)
            wire.send(f"From: {HOSPITAL}\r\n\r\nun".encode() + mark + MAIL + RCPT + b"DATA\r\n" + f"From: {HOSPITAL}\r\n\r\ndeux\r\n.\r\n".encode())
            answer = wire.reply()
            assert answer.startswith(b"550 5.6."), (name, answer)
            wire.ask(b"NOOP\r\n", b"250 ")          # the next reply is NOOP's: nothing in between was a command
        assert accepted() == before, name

    def true_end():
        before = accepted()
        with Wire(w, good) as wire:
            begun(wire)
            wire.ask(f"From: {HOSPITAL}\r\nMessage-ID: <fin@chu-exemple.mssante.fr>\r\n\r\nun\r\n..\r\n.\r\n".encode(), b"250")
        assert accepted() == before + 1

    def accepted():
        """Not the operators' reports on what was answered, which come when they come."""
        with open(os.path.join(w.dir, "journal/receiver.jsonl")) as f:
            return sum('"from":"<>"' not in line for line in f)

    def corpus_ends():
        for row in corpus_rows("end-of-data/sequences.tsv"):
            mark = bytes.fromhex(row["bytes_hex"])
            if row["name"] != "std":
                end_of_data(row["name"], mark)

    def other_ends():
        for mark in (b"\n.\n", b"\r.\r", b"\r\n.\n", b"\r\n.\r", b"\n.\r\n", b"\r.\r\n", b"\r\n.\x00\r\n", b"\r\n\x00.\r\n", b"\r\n.\r\r\n", b"\r\r\n.\r\r\n"):
            end_of_data(repr(mark), mark)

    yield "P1 the only end of a message is CRLF.CRLF", true_end
    yield "P1 other ends of a message, of our own", other_ends
    if corpus_rows("end-of-data/sequences.tsv") is not None:
        yield "P1 other ends of a message, of the corpus", corpus_ends

    # ---------------------------------------------------------------- P3, P4: bytes that came too early
    def early(secure, data, word):
        with Wire(w, good if secure else None, secure) as wire:
            if not secure:
                wire.want(b"220")
            wire.send(data)
            said = wire.over()
            assert word in said, said
            assert b"354" not in said and b"221" not in said, said

    def before_greeting():
        with socket.create_connection(("127.0.0.1", w.port), 10) as s:
            s.sendall(b"EHLO a\r\n")
            time.sleep(0.2)
            said = b""
            while piece := s.recv(4096):
                said += piece
        # The greeting may have left already; then the EHLO came in time and the peer was only quick.
        assert said.startswith((b"220", b"554", b"503", b"550")), said

    def injection(row):
        raw = bytes.fromhex(row["bytes_hex_in_one_write"])
        with Wire(w, secure=False) as wire:
            wire.want(b"220")
            if not raw.upper().startswith(b"EHLO"):
                wire.ask(b"EHLO x\r\n", b"250")
            if row["name"] == "smtp-sanity":
                for line in raw.splitlines(keepends=True):
                    wire.send(line)
                    wire.want(b"2")
                return
            wire.send(raw)
            said = wire.over()
            assert not any(line.startswith(b"220") for line in said.splitlines()), (row["name"], said)

    yield "P3 commands behind DATA", lambda: early(True, MAIL + RCPT + b"DATA\r\nQUIT\r\n", b"smtp.pipelining")
    yield "P3 commands behind EHLO in clear", lambda: early(False, b"EHLO a\r\nSTARTTLS\r\n", b"smtp.pipelining")
    yield "P4 a command behind STARTTLS", lambda: early(False, b"EHLO a\r\nSTARTTLS\r\nNOOP\r\n", b"smtp.")
    if corpus_rows("starttls-injection/payloads.tsv") is not None:
        yield "P4 injections of the corpus", lambda: [injection(row) for row in corpus_rows("starttls-injection/payloads.tsv")]

    # ---------------------------------------------------------------- P6, P7: addresses
    def asked(addresses, judge):
        """Each as a recipient, in sessions that are begun anew when the receiver has had enough errors."""
        wire, said = None, 0
        for address, expected in addresses:
            if wire is None:
                wire = Wire(w, good)
                wire.ask(MAIL, b"250")
            wire.send(b"RCPT TO:<" + address + b">\r\n")
            answer = wire.reply()
            judge(address, expected, answer)
            said += 1
            if said % 8 == 0 or not answer or b"smtp.line.control" in answer or b"\r\n" in address:
                wire.stream.close()
                wire = None
        if wire:
            wire.stream.close()

    def corpus_address(address, expected, answer):
        # With a line end inside, the rest of the address is a line of its own: what counts is that nothing was taken.
        syntax = answer.startswith((b"501 5.1.3", b"553 5.6.7", b"500 5.5.2")) or b"smtp.line" in answer or b"\r\n" in address and answer[:1] == b"5"
        if expected.startswith("envelope=refuse"):
            assert syntax or not answer, (address, expected, answer)
        elif expected == "envelope=accept":
            assert answer.startswith(b"550 5.1.") or answer.startswith(b"550 5.7."), (address, expected, answer)
        else:
            assert answer.startswith((b"550", b"501", b"553")), (address, expected, answer)

    def corpus_addresses():
        rows = corpus_rows("isemail/addresses.tsv")
        asked([(bytes.fromhex(row["address_hex"]), row["expected"]) for row in rows if row["address_hex"]], corpus_address)

    def never_taken(address, _, answer):
        assert answer.startswith((b"501", b"550", b"553", b"500")), (address, answer)

    def odd_addresses():
        depot = DEPOT.encode()
        asked([(a, None) for a in (
            b"@a.fr:" + depot, b"x%y@" + DOMAIN.encode(), b"ailleurs.fr!x", depot + b"@ailleurs.fr", b"|/bin/sh@" + DOMAIN.encode(),
            b"$(id)@" + DOMAIN.encode(), b"';drop table inbox;--@" + DOMAIN.encode(), b"../../etc/passwd@" + DOMAIN.encode(), b"a*)(uid=*@" + DOMAIN.encode(),
            b"\"" + depot + b"\"@ailleurs.fr", depot + b".", depot + b"\x00", depot.replace(b"@", b"@\xe2\x80\xae"))], never_taken)

    if corpus_rows("isemail/addresses.tsv") is not None:
        yield "P6 every address of the corpus", corpus_addresses
    yield "P6, P7 routes, hacks and words for shells and databases", odd_addresses

    def no_relay():
        with Wire(w, good) as wire:
            wire.ask(MAIL, b"250")
            for to in (ATTENDING, "x@ailleurs.example", "x@[127.0.0.1]"):
                wire.ask(f"RCPT TO:<{to}>\r\n".encode(), b"550 5.7.1")
        with Wire(w, good) as wire:
            wire.ask(f"MAIL FROM:<{ATTENDING}>\r\n".encode(), b"550 5.7.1")

    yield "P8 nothing is relayed, for nobody", no_relay

    # ---------------------------------------------------------------- P10, P11: floods
    def slow_bytes():
        """Twenty peers that say one byte now and then: an honest mail is not slower for it."""
        slow = [socket.create_connection(("127.0.0.1", w.port), 10) for _ in range(20)]
        for s in slow:
            s.recv(500)
        begin = time.monotonic()
        for byte in b"EHLO":
            for s in slow:
                s.sendall(bytes([byte]))
        honest()
        assert time.monotonic() - begin < 10
        for s in slow:
            s.close()

    def idle_commands():
        with Wire(w, good) as wire:
            for _ in range(IDLE_COMMANDS + 1):
                wire.send(b"NOOP\r\n")
                if not wire.reply().startswith(b"250"):
                    break
            assert wire.over() == b"" and _ >= IDLE_COMMANDS - 5, _

    def errors():
        with Wire(w, good) as wire:
            for n in range(ERRORS + 5):
                wire.send(b"XYZZY\r\n")
                answer = wire.reply()
                if not answer.startswith(b"500"):
                    break
            assert answer.startswith(b"421") and n == ERRORS, (n, answer)

    def recipients():
        with Wire(w, good) as wire:
            wire.ask(MAIL, b"250")
            wire.send(RCPT * (RECIPIENTS + 1))
            answers = [wire.reply() for _ in range(RECIPIENTS + 1)]
            assert all(a.startswith(b"250") for a in answers[:RECIPIENTS]) and answers[-1].startswith(b"452 4.5.3"), answers[-2:]

    def guessing():
        """Names that are tried out: each costs, and after the limit there are no more answers about them."""
        with Wire(w, good) as wire:
            wire.ask(MAIL, b"250")
            wire.send(b"".join(f"RCPT TO:<essai{n}@{DOMAIN}>\r\n".encode() for n in range(120)))
            told = 0
            while (answer := wire.reply()).startswith(b"550 5.1.1"):
                told += 1
            assert told <= RECIPIENTS and answer[:1] in (b"4", b""), (told, answer)

    def connections():
        """One address that opens all it can: an honest peer elsewhere is served, and the same one again afterwards."""
        flood, refused = [], 0
        for _ in range(PER_ADDRESS + 20):
            s = socket.create_connection(("127.0.0.1", w.port), 10, ("127.0.0.9", 0))
            flood.append(s)
            refused += s.recv(500).startswith(b"421")
        assert refused == 20, refused
        honest()
        for s in flood:
            left(s)
        with Wire(w, good, source="127.0.0.9") as wire:
            wire.ask(b"NOOP\r\n", b"250")

    yield "P10 peers that say a byte now and then", slow_bytes
    yield "P11 commands without a mail", idle_commands
    yield "P11 errors", errors
    yield "P11 too many recipients", recipients
    yield "P11 names tried out", guessing
    yield "P11 too many connections of one address", connections

    # ---------------------------------------------------------------- P12, P13, P16: sizes, lines, other protocols
    def sizes():
        with Wire(w, good) as wire:
            wire.ask(MAIL.replace(b">\r\n", f"> SIZE={MESSAGE_MAX + 1}\r\n".encode()), b"552 5.3.4")
            for lie in (b"18446744073709551615", b"18446744073709551616", b"-1", b"1x", b""):
                wire.send(MAIL.replace(b">\r\n", b"> SIZE=" + lie + b"\r\n"))
                assert wire.reply()[:3] in (b"501", b"552"), lie
            wire.ask(MAIL, b"250")

    def too_big():
        """It said a small size, and sends more than is taken: read to its end, refused once, and nothing is kept."""
        before = accepted()
        with Wire(w, good) as wire:
            wire.ask(MAIL.replace(b">\r\n", b"> SIZE=1000\r\n"), b"250")
            wire.ask(RCPT, b"250")
            wire.ask(b"DATA\r\n", b"354")
            wire.send(f"From: {HOSPITAL}\r\n\r\n".encode())
            block = (b"x" * 998 + b"\r\n") * 100
            for _ in range(MESSAGE_MAX // len(block) + 2):
                wire.send(block)
            wire.ask(b".\r\n", b"552 5.3.4")
            wire.ask(b"NOOP\r\n", b"250")
        assert accepted() == before

    def long_line():
        with Wire(w, good) as wire:
            wire.ask(b"NOOP " + b"x" * 4000 + b"\r\n", b"500 5.5.")
            wire.ask(b"NOOP\r\n", b"250")
        with Wire(w, good) as wire:
            try:
                for _ in range(64):
                    wire.send(b"x" * 65536)
            except OSError:
                pass                                    # it has hung up on us, as it should
            said = wire.over()
            assert said == b"" or said.startswith(b"500"), said[:200]

    def other_protocols():
        for data in (b"POST / HTTP/1.1\r\nHost: x\r\n\r\nMAIL FROM:<a@b.fr>\r\n", b"GET / HTTP/1.0\r\n\r\n", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 200,
                     b"\x00" * 100 + b"\r\n", os.urandom(300) + b"\r\n", b"EHLO a\nSTARTTLS\n"):
            with Wire(w, secure=False) as wire:
                wire.want(b"220")
                wire.send(data)
                said = wire.over()
                assert said.count(b"\r\n") <= 1, (data[:20], said)

    def lost_before_the_answer():
        """The peer is cut off behind its last dot: what was committed stays, and the same again is taken again."""
        message = f"From: {HOSPITAL}\r\nMessage-ID: <coupure@chu-exemple.mssante.fr>\r\n\r\nun\r\n.\r\n".encode()
        before = accepted()
        wire = Wire(w, good)
        begun(wire)
        with locked(w, "inbox"):                        # it has all of the message, and cannot answer yet
            wire.send(message)
            wait_for("the message in its hands", lambda: waits_for_lock(w, "receiver"), 20)
            wire.stream.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
            wire.stream.close()                         # with a reset, not in order
        with Wire(w, good) as again:
            begun(again)
            again.ask(message, b"250")
        wait_for("both in the journal", lambda: accepted() == before + 2, 10)
        w.relais("reconcile")

    def no_proxies():
        for command in (b"XCLIENT ADDR=10.0.0.1\r\n", b"XFORWARD NAME=x\r\n", b"PROXY TCP4 10.0.0.1 10.0.0.2 1 25\r\n"):
            with Wire(w, good) as wire:
                wire.send(command)
                answer = wire.reply()
                assert answer.startswith(b"5"), (command, answer)

    yield "P14 a connection lost between the last dot and the answer", lost_before_the_answer
    yield "T8 words of proxies from strangers", no_proxies
    yield "P12 sizes that lie or overflow", sizes
    yield "P12 more than was announced, and more than is taken", too_big
    yield "P13 long and endless lines", long_line
    yield "P13, P16 HTTP, TLS and noise in clear", other_protocols

    # ---------------------------------------------------------------- T: TLS
    def silent_handshakes():
        held = []
        for _ in range(30):
            wire = Wire(w, secure=False)
            wire.want(b"220")
            wire.ask(b"EHLO a\r\n", b"250")
            wire.ask(b"STARTTLS\r\n", b"220")
            held.append(wire)
        honest()
        for wire in held:
            wire.plain.close()

    def old_versions():
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        context.set_ciphers("ALL:@SECLEVEL=0")
        context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_1
        try:
            Wire(w, good, context=context).stream.close()
        except ssl.SSLError:
            honest()
            return
        raise AssertionError("TLS 1.1 was spoken")

    def weak_suites():
        for suites in ("AES128-SHA", "AES128-GCM-SHA256", "ECDHE-RSA-AES128-SHA:ECDHE-ECDSA-AES128-SHA", "aNULL", "eNULL"):
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
            context.maximum_version = ssl.TLSVersion.TLSv1_2
            context.set_ciphers(suites + ":@SECLEVEL=0")
            try:
                Wire(w, good, context=context).stream.close()
            except ssl.SSLError:
                continue
            raise AssertionError(f"{suites} was spoken")

    def foreign_names():
        """A good certificate that speaks for another domain, and one that speaks for none."""
        with Wire(w, tuple(f"{w.pki}/operateur-b.{end}" for end in ("pem", "key"))) as wire:
            wire.ask(f"MAIL FROM:<{PLATFORM}>\r\n".encode(), b"550 5.7.1")
        with Wire(w, tuple(f"{w.pki}/relais-client.{end}" for end in ("pem", "key"))) as wire:
            wire.ask(b"MAIL FROM:<>\r\n", b"550 5.7.1")

    def cut_in_handshake():
        for n in range(20):
            with Wire(w, secure=False) as wire:
                wire.want(b"220")
                wire.ask(b"EHLO a\r\n", b"250")
                wire.ask(b"STARTTLS\r\n", b"220")
                wire.send(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"[:n])
        honest()

    yield "T1 nothing is taken in clear, whatever is asked", lambda: clear_only(w)
    yield "T4 certificates of others", foreign_names
    yield "T5 old versions of TLS", old_versions
    yield "T5 suites without forward secrecy or authentication", weak_suites
    yield "T6 handshakes that are begun and left", silent_handshakes
    yield "T6 handshakes cut in the middle", cut_in_handshake
    yield "an honest mail after all of it", honest


def clear_only(world):
    with Wire(world, secure=False) as wire:
        wire.want(b"220")
        wire.ask(b"EHLO a\r\n", b"250")
        for command in (MAIL, RCPT, b"DATA\r\n", b"AUTH PLAIN AAAA\r\n", b"VRFY x\r\n", b"BDAT 1 LAST\r\n"):
            wire.send(command)
            answer = wire.reply()
            assert answer.startswith((b"530", b"5")), (command, answer)
            if not answer or command.startswith(b"BDAT"):
                break
