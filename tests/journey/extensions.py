"""What the receiver says on the wire beyond plain mail: chunks (RFC 3030), SMTPUTF8, DSN parameters, rates by peer, caps of handshakes,
peers that drip, a spool without room. Each case names the row of the page of attacks that it tries ("P5")."""
import contextlib
import hashlib
import json
import os
import re
import socket
import subprocess
import threading
import time

import clients
from attackers import Wire, left, MAIL, MESSAGE_MAX, RCPT
from bad import outcome
from database import rows, sql
from world import DEPOT, DOMAIN, HOSPITAL, PLATFORM, wait_for

HANDSHAKES, POOL_THREADS, SLOW_SECONDS = 256, 4, 60      # base/limits.h, gateway/receiver_pool.h
MESSAGES_MINUTE, CONNECTIONS_MINUTE = 12, 30             # as the last cases configure them


def made(name, text=b"Bonjour.\r\n", sender=HOSPITAL):
    """(message, Message-ID)"""
    message_id = f"<{name}@chu-exemple.mssante.fr>"
    return f"From: {sender}\r\nTo: {DEPOT}\r\nSubject: Essai\r\nMessage-ID: {message_id}\r\n\r\n".encode() + text, message_id


def chunk(data, last=True):
    return f"BDAT {len(data)}{' LAST' if last else ''}\r\n".encode() + data


def pieces(data, size):
    parts = [data[at:at + size] for at in range(0, len(data), size)]
    return b"".join(chunk(part, part is parts[-1]) for part in parts)


class Drip(threading.Thread):
    """A peer that says one byte each two seconds within a message; said is what it was told in the end."""

    def __init__(self, world, pair, command):
        super().__init__(daemon=True)
        self.wire, self.said, self.seconds = Wire(world, pair), b"", 0
        self.wire.ask(MAIL, b"250")
        self.wire.ask(RCPT, b"250")
        self.begin = time.monotonic()                   # its time runs from the command
        self.wire.send(command)
        if command.startswith(b"DATA"):
            self.wire.want(b"354")
        self.start()

    def run(self):
        self.wire.stream.settimeout(2)
        while time.monotonic() - self.begin < 2 * SLOW_SECONDS and not self.said:
            with contextlib.suppress(OSError):
                self.wire.send(b"x")
            with contextlib.suppress(TimeoutError):
                self.said = self.wire.reply() or b"closed"
        self.seconds = time.monotonic() - self.begin
        self.wire.stream.close()


def cases(world, _story):
    w = world
    good, other = (tuple(f"{w.pki}/operateur-{x}.{end}" for end in ("pem", "key")) for x in "ab")
    drips = []

    def journal():
        """Without the operators' reports on what was answered, which come when they come."""
        with open(os.path.join(w.dir, "journal/receiver.jsonl")) as f:
            return [line for line in map(json.loads, f) if line["from"] != "<>"]

    def receiver():
        return next(p["pid"] for p in w.status()["processes"] if p["name"] == "receiver")

    def honest(source=None):
        with Wire(w, good, source=source) as wire:
            opened(wire)
            wire.ask(chunk(made(f"honnete-{time.monotonic_ns()}")[0]), b"250")

    def opened(wire):
        wire.ask(MAIL, b"250")
        wire.ask(RCPT, b"250")

    def kept(before, message):
        after = journal()
        assert len(after) == len(before) + 1, (len(before), len(after))
        assert hashlib.sha256(message).hexdigest() in json.dumps(after[-1]), after[-1]

    # ---------------------------------------------------------------- chunks
    def drip():
        """P10 begins here and ends with the last case: two peers drip, within DATA and within a chunk."""
        drips.extend(Drip(w, good, command) for command in (b"DATA\r\n", b"BDAT 100000 LAST\r\n"))

    def chunks():
        before = journal()
        message, message_id = made("morceaux", b"..un\r\n.\r\nMAIL FROM:<x@y.fr>\r\n.\r\n")
        with Wire(w, good) as wire:
            wire.send(MAIL + RCPT + pieces(message, 37))
            for n in range(2 + -(-len(message) // 37)):
                answer = wire.want(b"250")
            assert b"accepted as R" in answer, answer
        kept(before, message)
        assert outcome(w, message_id)["outcome"], "it is a message like others"

    def big_chunks():
        """Nearly 25 MiB in chunks of all sizes, byte for byte."""
        before = journal()
        message, _ = made("gros", (b"x" * 76 + b"\r\n") * 330_000)
        assert len(message) < MESSAGE_MAX
        with Wire(w, good) as wire:
            opened(wire)
            at, size = 0, 1000
            while at < len(message):
                part = message[at:at + size]
                at, size = at + len(part), size * 3
                wire.ask(chunk(part, at == len(message)), b"250")
        kept(before, message)

    def verbs_behind():
        """What stands behind the last chunk is a command, and its own transaction: counted octets leave no doubt."""
        before = journal()
        first, second = made("premier")[0], made("second")[0]
        with Wire(w, good) as wire:
            wire.send(MAIL + RCPT + chunk(first) + MAIL + RCPT + chunk(second) + b"NOOP\r\n")
            for _ in range(7):
                wire.want(b"250")
        assert len(journal()) == len(before) + 2

    def ends_in_chunks():
        """P1 the other ends of data are content of a chunk, and refused for what they are; nothing hides behind them."""
        before = journal()
        for mark in (b"\n.\n", b"\r.\r", b"\r\n.\n", b"\r\n.\r", b"\n.\r\n", b"\r.\r\n", b"\r\n.\x00\r\n", b"\r\n\x00.\r\n", b"\r\n.\r\r\n"):
            message = made("fin")[0] + b"un" + mark + MAIL + RCPT + b"DATA\r\n" + made("cache")[0] + b".\r\n"
            with Wire(w, good) as wire:
                for size in (len(message), 1000, 7):
                    opened(wire)
                    wire.send(pieces(message, size))
                    answer = wire.reply()
                    while answer.startswith(b"250"):
                        answer = wire.reply()
                    assert answer.startswith(b"550 5.6.11"), (mark, size, answer)
                    break_off(wire)
        assert len(journal()) == len(before)

    def break_off(wire):
        """Chunks that were on their way behind a refused one get 503 each, up to the limit of errors; a session anew then."""
        wire.stream.close()
        wire.__init__(w, good)

    def not_ended():
        before = journal()
        with Wire(w, good) as wire:
            opened(wire)
            wire.ask(chunk(made("sans-fin", b"Bonjour")[0]), b"550 5.6.11")
            wire.ask(b"NOOP\r\n", b"250")
        assert len(journal()) == len(before)

    def cut_short():
        """P5 a chunk that is shorter than it said is no message, whatever came."""
        before = journal()
        message = made("court")[0]
        wire = Wire(w, good)
        opened(wire)
        wire.send(f"BDAT {len(message) + 6} LAST\r\n".encode() + message + b"QUIT\r")
        time.sleep(0.2)
        wire.stream.close()
        honest()
        assert len(journal()) == len(before) + 1

    def sizes_that_lie():
        """P5 numbers that are none, or overflow: the session ends, and no byte behind them is a command."""
        before = journal()
        for size in (b"-1", b"+10", b"0x10", b"10.0", b"LAST", b"", b"4294967306", b"18446744073709551626", b"9" * 40, b"10 FIRST", b"10 LAST LAST", b"10\tLAST"):
            with Wire(w, good) as wire:
                opened(wire)
                wire.send(b"BDAT " + size + b"\r\n" + b"RSET\r\n" + MAIL + RCPT + chunk(made("menteur")[0]))
                said = wire.over()
                assert said[:3] in (b"501", b"552") and said.count(b"\r\n") == 1, (size, said)
        assert len(journal()) == len(before)

    def too_big():
        """P5, P12 over the limit, in one chunk and in several: read, refused, and the session goes on."""
        before = journal()
        block = b"x" * 998 + b"\r\n"
        for sizes in ((MESSAGE_MAX + 1000,), (MESSAGE_MAX - 1000, 2000)):
            with Wire(w, good) as wire:
                opened(wire)
                for size in sizes:
                    wire.send(f"BDAT {size}{' LAST' if size == sizes[-1] else ''}\r\n".encode())
                    data = block * (size // 1000 + 1)
                    wire.send(data[-size:])
                    answer = wire.reply()
                assert answer.startswith(b"552 5.3.4"), answer
                wire.ask(b"NOOP\r\n", b"250")
        assert len(journal()) == len(before)

    def out_of_turn():
        """P5 chunks without a recipient or behind RSET, DATA between chunks: each refused, its octets never commands."""
        before = journal()
        with Wire(w, good) as wire:
            wire.send(MAIL + chunk(b"RSET\r\n") + b"NOOP\r\n")
            for code in (b"250", b"503", b"250"):
                wire.want(code)
            opened(wire)
            wire.ask(chunk(made("a-moitie")[0], False), b"250")
            wire.ask(b"DATA\r\n", b"503")
            wire.ask(b"RSET\r\n", b"250")
            wire.ask(chunk(b"QUIT\r\n"), b"503")
            wire.ask(b"NOOP\r\n", b"250")
        assert len(journal()) == len(before)

    yield "two peers begin to drip", drip
    yield "a message in chunks, pipelined, kept byte for byte", chunks
    yield "25 MiB in chunks", big_chunks
    yield "verbs behind BDAT LAST", verbs_behind
    yield "P1 the ends of data within chunks", ends_in_chunks
    yield "a last line that is not ended", not_ended
    yield "P5 a chunk cut short", cut_short
    yield "P5 sizes that lie", sizes_that_lie
    yield "P5, P12 chunks over the limit", too_big
    yield "P5 chunks out of turn", out_of_turn

    # ---------------------------------------------------------------- SMTPUTF8, DSN
    def utf8():
        """P15 addresses in UTF-8 are taken under SMTPUTF8, kept as they were written, and nowhere else."""
        sender = "hélène@chu-exemple.mssante.fr"
        mail = f"MAIL FROM:<{sender}>".encode()
        message, message_id = made("accents", "Subject: déjà\r\n\r\nBonjour.\r\n".encode(), sender)
        with Wire(w, good) as wire:
            assert b"250-SMTPUTF8\r\n" in wire.ask(b"EHLO a\r\n", b"250")
            wire.ask(mail + b"\r\n", b"553 5.6.7")
            wire.ask(mail.decode().encode("latin-1") + b" SMTPUTF8\r\n", b"501 5.1.7")
            wire.ask(MAIL, b"250")
            wire.ask(f"RCPT TO:<dépôt@{DOMAIN}>\r\n".encode(), b"553 5.6.7")
            wire.ask(b"RSET\r\n", b"250")
            wire.ask(mail + b" SMTPUTF8 BODY=8BITMIME\r\n", b"250")
            wire.ask(f"RCPT TO:<dépôt@{DOMAIN}>\r\n".encode(), b"550 5.1.1")
            wire.ask(f"RCPT TO:<dépôt@{DOMAIN.replace('a', 'à')}>\r\n".encode(), b"550 5.7.1")
            wire.ask(RCPT[:-2] + f" ORCPT=utf-8;d\\x{{E9}}pôt@{DOMAIN}\r\n".encode(), b"250")
            wire.ask(chunk(message), b"250")
        row = rows(w, f"select mail_from, params from relais.inbox where message_id = '{message_id}'" if outcome(w, message_id) else "")[0]
        assert row["mail_from"] == sender and row["params"]["smtputf8"] is True, row
        assert row["params"]["rcpt"][0]["orcpt"] == f"utf-8;dépôt@{DOMAIN}", row

    def dsn():
        message, message_id = made("avis")
        with Wire(w, good) as wire:
            assert b"250-DSN\r\n" in wire.ask(b"EHLO a\r\n", b"250")
            for wrong in (b" ENVID=a ENVID=b", b" RET=FULL RET=HDRS", b" ENVID=a+0D+0A", b" NOTIFY=NEVER"):
                wire.ask(MAIL[:-2] + wrong + b"\r\n", b"501 5.5.4")
            wire.ask(MAIL[:-2] + b" RET=HDRS ENVID=envoi+2B1\r\n", b"250")
            for wrong in (b" NOTIFY=NEVER,FAILURE", b" NOTIFY=DELAY NOTIFY=DELAY", b" ORCPT=rfc822;a ORCPT=rfc822;a"):
                wire.ask(RCPT[:-2] + wrong + b"\r\n", b"501 5.5.4")
            wire.ask(RCPT[:-2] + b" NOTIFY=SUCCESS,DELAY ORCPT=rfc822;boite+2Bici@a.fr\r\n", b"250")
            wire.ask(b"DATA\r\n", b"354")
            wire.ask(message + b".\r\n", b"250")
        outcome(w, message_id)
        params = rows(w, f"select params from relais.inbox where message_id = '{message_id}'")[0]["params"]
        assert (params["ret"], params["envid"]) == ("HDRS", "envoi+1"), params
        assert params["rcpt"] == [{"notify": "SUCCESS,DELAY", "orcpt": "rfc822;boite+ici@a.fr"}], params

    yield "P15 SMTPUTF8", utf8
    yield "DSN parameters", dsn

    # ---------------------------------------------------------------- waiting, room, rates
    def handshakes():
        """T6, P10 more handshakes begun than are taken at once: the next is told to come later, and is served when they have gone."""
        held = []
        for n in range(HANDSHAKES):
            wire = Wire(w, secure=False, source=f"127.0.1.{1 + n // 100}")
            wire.want(b"220")
            wire.ask(b"EHLO a\r\n", b"250")
            wire.ask(b"STARTTLS\r\n", b"220")
            held.append(wire)
        with Wire(w, secure=False) as late:
            late.want(b"220")
            late.ask(b"EHLO a\r\n", b"250")
            late.ask(b"STARTTLS\r\n", b"454 4.7.0")
            late.ask(MAIL, b"530")
            for wire in held:
                left(wire.plain)
            late.ask(b"STARTTLS\r\n", b"220")
        honest()

    def full_spool():
        """P12 a disk without room: 452 and nothing kept; with room again the same process takes the same message."""
        folder, pid = os.path.join(w.dir, "spool"), None
        status = os.stat(folder)
        w.relais_stop()
        mount = ["mount", "-t", "tmpfs", "-o", f"size=1m,uid={status.st_uid},gid={status.st_gid},mode=0700", "tmpfs", folder]
        subprocess.run(mount, check=True)
        try:
            w.relais_start()
            pid, before = receiver(), journal()
            message = made("sans-place", (b"x" * 76 + b"\r\n") * 40_000)[0]
            with Wire(w, good) as wire:
                for part in ("DATA", "BDAT"):
                    opened(wire)
                    if part == "DATA":
                        wire.ask(b"DATA\r\n", b"354")
                        wire.ask(message + b".\r\n", b"452 4.3.1")
                    else:
                        wire.ask(chunk(message), b"452 4.3.1")
                assert len(journal()) == len(before)
                subprocess.run(["mount", "-o", "remount,size=64m", folder], check=True)
                opened(wire)
                wire.ask(chunk(message), b"250")
            kept(before, message)
            assert receiver() == pid, "without a restart"
        finally:
            w.relais_stop()
            subprocess.run(["umount", folder], check=True)
            w.relais_start()

    def dripped():
        """P10 the least rate ends them after a minute; until then they held no database connection and nobody up."""
        begin = time.monotonic()
        honest()
        assert time.monotonic() - begin < 5
        held = sql(w, "select count(*) from pg_stat_activity where application_name = 'receiver'")
        assert int(held) <= POOL_THREADS, held
        # A report may come in at this moment; who drips would hold one for a minute.
        wait_for("no connection at work", lambda: sql(w, "select count(*) from pg_stat_activity where application_name = 'receiver' and state <> 'idle'") == "0", 10)
        with os.scandir(f"/proc/{receiver()}/task") as tasks:
            assert sum(1 for _ in tasks) <= 1 + POOL_THREADS + 1, "threads"
        for d in drips:
            d.join(2 * SLOW_SECONDS)
            assert d.said.startswith(b"421 4.4.2") and b"smtp.slow" in d.said, d.said
            assert SLOW_SECONDS - 2 <= d.seconds < SLOW_SECONDS + 15, d.seconds

    def rates():
        """P11 a certificate's messages and an address's connections in a minute; others are not touched, and it passes."""
        with open(os.path.join(w.dir, "relais.conf")) as f:
            body = re.search(r"^receiver = \{(.*?)^\};", f.read(), re.S | re.M).group(1)
        w.rest()                                        # no report by the same peer's server takes a turn meanwhile
        w.relais_stop()
        w.set_groups({"receiver": body + f"peer_messages_minute = {MESSAGES_MINUTE}; peer_connections_minute = {CONNECTIONS_MINUTE};"})
        w.relais_start()
        with Wire(w, good, source="127.0.2.1") as wire, Wire(w, good, source="127.0.2.2") as again:
            begin, taken = time.monotonic(), 0
            wire.send(MAIL)
            while (answer := wire.reply()).startswith(b"250"):
                wire.ask(b"RSET\r\n", b"250")
                taken += 1
                wire.send(MAIL)
            assert answer.startswith(b"450 4.7.1"), answer
            again.ask(MAIL, b"450 4.7.1")                       # the certificate, whatever the address
            # Turns come back while they are spent, too.
            assert MESSAGES_MINUTE <= taken <= MESSAGES_MINUTE + (time.monotonic() - begin) * MESSAGES_MINUTE / 60, taken
            with Wire(w, other, source="127.0.2.1") as another:
                another.ask(b"MAIL FROM:<dr.garnier@medecins.mssante.fr>\r\n", b"250")
            time.sleep(60 / MESSAGES_MINUTE + 0.5)
            wire.ask(MAIL, b"250")
        said = []
        for _ in range(CONNECTIONS_MINUTE + 5):
            with socket.create_connection(("127.0.0.1", w.port), 10, ("127.0.2.3", 0)) as s:
                said.append(s.recv(500))
        assert all(s.startswith(b"220") for s in said[:CONNECTIONS_MINUTE]), said
        assert said[-1].startswith(b"421 4.7.0") and b"smtp.rate.connections" in said[-1], said[-1]
        with Wire(w, other, source="127.0.2.4") as elsewhere:
            elsewhere.ask(b"NOOP\r\n", b"250")
        time.sleep(60 / CONNECTIONS_MINUTE + 0.5)
        with Wire(w, other, source="127.0.2.3") as wire:
            wire.ask(b"NOOP\r\n", b"250")

    yield "T6, P10 handshakes begun and left, all at once", handshakes
    yield "P10 the peers that drip", dripped
    yield "P12 a spool without room, and with room again", full_spool
    yield "P11 rates by peer", rates
    yield "everything still agrees", lambda: w.relais("reconcile")
