"""The two strangers of a drill: a sink that takes mail and counts it, and senders that do not give up. Python's own library and nothing else."""
import asyncio
import collections
import contextlib
import email.policy
import email.utils
import hashlib
import os
import queue
import re
import select
import smtplib
import socket
import ssl
import subprocess
import tempfile
import threading
import time
import base64
import uuid
from email.message import EmailMessage

CRLF = email.policy.SMTP.clone(max_line_length=76)


class Sink:
    """An operator's server: STARTTLS, takes all, remembers each Message-ID and how often it came."""

    def __init__(self, port, certificate, key):
        self.port, self.mails = port, collections.Counter()
        self.think = 0.0                                # seconds before each answer
        self.in_data = set()                            # ports of the clients between DATA and its answer
        self.refusing = False                           # for now, at MAIL
        self.hear = lambda head: None                   # is told the header of each mail
        self.context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        self.context.load_cert_chain(certificate, key)
        self.loop = asyncio.new_event_loop()
        self.ready = threading.Event()
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()
        self.ready.wait(10)

    def _run(self):
        asyncio.set_event_loop(self.loop)
        self.server = self.loop.run_until_complete(asyncio.start_server(self._serve, "127.0.0.1", self.port, limit=2 ** 20))
        self.ready.set()
        self.loop.run_forever()

    async def _serve(self, reader, writer):
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError, ssl.SSLError, TimeoutError):
            await self._session(reader, writer)
        writer.close()

    async def _session(self, reader, writer):
        async def say(text):
            if self.think:
                await asyncio.sleep(self.think)
            writer.write(text.encode() + b"\r\n")
            await writer.drain()
        secure, port = False, writer.get_extra_info("peername")[1]
        await say("220 sink ESMTP")
        while line := (await reader.readline()).decode("latin-1").strip():
            verb = line[:4].upper()
            if verb == "EHLO":
                await say("250-sink\r\n250-PIPELINING\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250-ENHANCEDSTATUSCODES\r\n" +
                          ("250 SIZE 30000000" if secure else "250-SIZE 30000000\r\n250 STARTTLS"))
            elif verb == "STAR":
                await say("220 go on")
                await writer.start_tls(self.context)
                secure = True
            elif verb == "MAIL" and self.refusing:
                await say("451 4.3.0 later")
            elif verb == "RCPT" and self.refusing:
                await say("503 5.5.1 MAIL first")
            elif verb == "DATA" and self.refusing:
                await say("503 5.5.1 RCPT first")
            elif verb == "DATA":
                self.in_data.add(port)
                try:
                    await say("354 go on")
                    await self._message(reader)
                    await say(f"250 2.0.0 Ok: queued as {uuid.uuid4().hex[:12].upper()}")
                finally:
                    self.in_data.discard(port)
            elif verb == "QUIT":
                await say("221 2.0.0 bye")
                return
            else:
                await say("250 2.0.0 Ok")

    async def _message(self, reader):
        header, head = b"", True
        while (line := await reader.readline()) != b".\r\n":
            if not line:
                raise ConnectionError
            head = head and line != b"\r\n"
            header += line if head else b""
        found = re.search(rb"(?im)^message-id:[ \t]*(\S+)", header)
        self.mails[found.group(1).decode("latin-1") if found else ""] += 1
        self.hear(header + b"\r\n")

    def stop(self):
        self.loop.call_soon_threadsafe(self.server.close)
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(5)


class Scanner:
    """What speaks as clamd does and finds nothing."""

    def __init__(self, path):
        self.path = path
        self.server = socket.socket(socket.AF_UNIX)
        self.server.bind(path)
        os.chmod(path, 0o666)
        self.server.listen(64)
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                threading.Thread(target=self._talk, args=(self.server.accept()[0],), daemon=True).start()

    @staticmethod
    def _talk(s):
        with contextlib.suppress(OSError), s, s.makefile("rb") as f:
            command = f.read(6)
            if command == b"zPING\0":
                s.sendall(b"PONG\0")
            elif command + f.read(4) == b"zINSTREAM\0":
                while (n := int.from_bytes(f.read(4), "big")) > 0:
                    if len(f.read(n)) < n:
                        return
                s.sendall(b"stream: OK\0")

    def stop(self):
        self.server.shutdown(socket.SHUT_RDWR)
        self.server.close()
        os.unlink(self.path)


def base64_lines(data):
    return base64.encodebytes(data).replace(b"\n", b"\r\n")


def entity(text, files=()):
    m = EmailMessage(policy=CRLF)
    m.set_content(text, cte="quoted-printable")
    for name, media, content in files:
        main, sub = media.split("/")
        m.add_attachment(content, maintype=main, subtype=sub, filename=name)
    del m["MIME-Version"]
    return m.as_bytes(policy=CRLF)


def signed(body, certificate, key):
    with open(certificate) as f:
        chain = f.read().split("-----END CERTIFICATE-----", 1)[1].strip()
    with tempfile.NamedTemporaryFile() as f, tempfile.NamedTemporaryFile("w") as c:
        f.write(body)
        f.flush()
        c.write(chain)
        c.flush()
        p7s = subprocess.run(["openssl", "cms", "-sign", "-binary", "-in", f.name, "-signer", certificate, "-inkey", key, "-outform", "DER", "-md", "sha256",
                              "-certfile", c.name], check=True, capture_output=True).stdout
    mark = uuid.uuid4().hex.encode()
    return (b'Content-Type: multipart/signed; protocol="application/pkcs7-signature"; micalg=sha-256;\r\n boundary="' + mark + b'"\r\n\r\n--' + mark + b"\r\n" +
            body + b"\r\n--" + mark + b'\r\nContent-Type: application/pkcs7-signature; name="smime.p7s"\r\nContent-Transfer-Encoding: base64\r\n\r\n' +
            base64_lines(p7s) + b"--" + mark + b"--\r\n")


class Message:
    def __init__(self, kind, sender, to, subject, body, in_reply_to=None):
        self.kind, self.sender, self.to = kind, sender, to
        self.id = f"<{uuid.uuid4()}@{sender.split('@')[1]}>"
        head = EmailMessage(policy=CRLF)
        for name, value in (("From", sender), ("To", to), ("Subject", subject), ("Date", email.utils.format_datetime(email.utils.localtime())),
                            ("Message-ID", self.id), ("In-Reply-To", in_reply_to), ("References", in_reply_to), ("MIME-Version", "1.0")):
            if value:
                head[name] = value
        self.bytes = head.as_bytes(policy=CRLF).removesuffix(b"\r\n") + body
        self.digest = hashlib.sha256(self.bytes).hexdigest()
        self.tries, self.acknowledged, self.refused = 0, False, None


class Senders:
    """Threads that each keep a session open and send what is put; what was not acknowledged is sent again, as a peer does."""

    def __init__(self, port, anchors, certificate, key, n=4):
        self.port, self.context = port, ssl.create_default_context(cafile=anchors)
        self.context.check_hostname = False
        self.context.load_cert_chain(certificate, key)
        self.waiting, self.stopping = queue.Queue(), False
        self.in_data = set()                            # sockets between DATA and the last answer
        self.lock = threading.Lock()
        self.threads = [threading.Thread(target=self._run, daemon=True) for _ in range(n)]
        for thread in self.threads:
            thread.start()

    def put(self, message):
        self.waiting.put(message)

    def _session(self):
        s = smtplib.SMTP("127.0.0.1", self.port, timeout=60)
        s.ehlo("exercice.example")
        s.starttls(context=self.context)
        s.ehlo("exercice.example")
        return s

    def _one(self, s, m):
        m.tries += 1
        for command in (lambda: s.mail(m.sender), lambda: s.rcpt(m.to)):
            code, text = command()
            if code >= 400:
                return code, text
        code, text = s.docmd("DATA")
        if code != 354:
            return code, text
        data = re.sub(rb"(?m)^\.", b"..", m.bytes) + b".\r\n"
        line = s.sock                                   # of a session that breaks it is none any more
        with self.lock:
            self.in_data.add(line)
        try:
            s.send(data[:len(data) // 2])
            s.send(data[len(data) // 2:])
            return s.getreply()
        finally:
            with self.lock:
                self.in_data.discard(line)

    def _run(self):
        session = None
        while not self.stopping:
            try:
                m = self.waiting.get(timeout=0.2)
            except queue.Empty:
                continue
            while not self.stopping and not m.acknowledged and m.refused is None:
                try:
                    session = session or self._session()
                    code, text = self._one(session, m)
                    if code < 300:
                        m.acknowledged = True
                    elif code < 500:
                        session.rset()
                        time.sleep(0.1)
                    else:
                        m.refused = (code, text)
                except (OSError, smtplib.SMTPException):
                    session = None
                    time.sleep(0.02)
            self.waiting.task_done()
        with contextlib.suppress(OSError, smtplib.SMTPException, AttributeError):
            session.quit()

    def ports_in_data(self):
        with self.lock, contextlib.suppress(OSError):
            return {line.getsockname()[1] for line in self.in_data}
        return set()

    def unanswered(self):
        """Whether the receiver, which stands still, holds a message: a session waits for the last answer, and not a byte of one is on its way."""
        with self.lock, contextlib.suppress(OSError, ValueError):
            return len(self.in_data) > len(select.select(list(self.in_data), [], [], 0)[0])
        return False

    def stop(self):
        self.stopping = True
        for thread in self.threads:
            thread.join(10)
