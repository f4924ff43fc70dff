"""Programs that send one mail straight to Relais, as an operator's server or an application would: swaks, curl, openssl s_client, smtplib.

Each takes (world, sender, recipients, message, pair of certificate and key or None) and raises clients.Refused with the server's words."""
import contextlib
import os
import re
import select
import subprocess
import tempfile
import time

import clients

OWN_NAME = "mx.operateur-a.mssante.fr"


def _file(folder, name, content):
    path = os.path.join(folder, name)
    with open(path, "wb") as f:
        f.write(content)
    return path


def refused(text, program):
    """The last refusal among the server's replies in a transcript."""
    found = re.findall(r"(?<!\d)([45]\d\d)[ -]([^\r\n]+)", text)
    if not found:
        raise RuntimeError(f"{program}: {text[-2000:]}")
    raise clients.Refused(int(found[-1][0]), found[-1][1])


def swaks(world, sender, recipients, message, pair):
    with tempfile.TemporaryDirectory() as folder:
        command = ["swaks", "--server", "127.0.0.1", "--port", str(world.port), "--helo", OWN_NAME, "--tls", "--tls-verify",
                   "--tls-ca-path", world.anchors, "--tls-sni", world.hostname, "--from", sender, "--to", ",".join(recipients),
                   "--data", "@" + _file(folder, "mail.eml", message.replace(b"\r\n", b"\n"))]
        if pair:
            command += ["--tls-cert", pair[0], "--tls-key", pair[1]]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60)
        if done.returncode != 0:
            refused(done.stdout + done.stderr, "swaks")


def curl(world, sender, recipients, message, pair, own=OWN_NAME):
    with tempfile.TemporaryDirectory() as folder:
        command = ["curl", "--silent", "--show-error", "--verbose", "--ssl-reqd", "--cacert", world.anchors, "--tlsv1.2",
                   "--connect-to", f"::127.0.0.1:{world.port}", "--url", f"smtp://{world.hostname}:{world.port}/{own}",
                   "--mail-from", sender, "--upload-file", _file(folder, "mail.eml", message)]
        for recipient in recipients:
            command += ["--mail-rcpt", recipient]
        if pair:
            command += ["--cert", pair[0], "--key", pair[1]]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60)
        if done.returncode != 0:
            refused("\n".join(re.findall(r"^< (.*)$", done.stderr, re.M)) or done.stderr, "curl")


def smtplib(world, sender, recipients, message, pair):
    clients.send(world.port, world.anchors, sender, recipients, message, *(pair or (None, None)))


class SClient:
    """openssl s_client, spoken to through its pipes as a script does it."""

    def __init__(self, world, pair, *more):
        words = ["openssl", "s_client", "-connect", f"127.0.0.1:{world.port}", "-starttls", "smtp", "-name", OWN_NAME, "-servername",
                 world.hostname, "-CAfile", world.anchors, "-verify_return_error", "-verify_hostname", world.hostname, "-quiet", *more]
        if pair:
            words += ["-cert", pair[0], "-cert_chain", pair[0], "-key", pair[1]]
        self.process = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.heard = b""

    def reply(self, seconds=20):
        """The next whole reply, its lines joined: (code, text)."""
        end = time.monotonic() + seconds
        while True:
            lines = re.match(rb"((?:\d{3}-[^\n]*\n)*)(\d{3}) ?([^\n]*)\n", self.heard)
            if lines:
                text = self.heard[:lines.end()].decode("utf-8", "replace")
                self.heard = self.heard[lines.end():]
                return int(lines.group(2)), text
            if not select.select([self.process.stdout], [], [], max(0, end - time.monotonic()))[0]:
                raise TimeoutError("openssl s_client: no reply")
            piece = os.read(self.process.stdout.fileno(), 65536)
            if not piece:
                raise RuntimeError("openssl s_client: " + self.process.stderr.read().decode("utf-8", "replace")[-800:])
            self.heard += piece

    def say(self, text):
        self.process.stdin.write(text if isinstance(text, bytes) else text.encode())
        self.process.stdin.flush()

    def ask(self, text):
        self.say(text + "\r\n")
        code, reply = self.reply()
        if code >= 400:
            raise clients.Refused(code, reply)
        return reply

    def __enter__(self):
        # with -starttls its own EHLO and STARTTLS are done; the last line of the first EHLO's reply is shown
        self.features = ""
        self.say(f"EHLO {OWN_NAME}\r\n")
        while "PIPELINING" not in self.features:
            self.features = self.reply()[1]
        return self

    def __exit__(self, *_):
        self.process.terminate()                        # it heeds neither the end of its input nor a QUIT of ours
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout, self.process.stderr):
            with contextlib.suppress(BrokenPipeError):
                pipe.close()


def s_client(world, sender, recipients, message, pair):
    with SClient(world, pair) as s:
        s.ask(f"MAIL FROM:<{sender}>")
        for recipient in recipients:
            s.ask(f"RCPT TO:<{recipient}>")
        s.ask("DATA")
        s.say(re.sub(rb"(?m)^\.", b"..", message))
        s.ask(".")
        s.ask("QUIT")


def s_client_chunks(world, sender, recipients, message, pair, size=3000):
    """The same in BDAT chunks (RFC 3030)."""
    with SClient(world, pair) as s:
        s.ask(f"MAIL FROM:<{sender}>")
        for recipient in recipients:
            s.ask(f"RCPT TO:<{recipient}>")
        for at in range(0, len(message), size):
            piece = message[at:at + size]
            s.say(b"BDAT %d%s\r\n" % (len(piece), b" LAST" if at + size >= len(message) else b"") + piece)
            code, reply = s.reply()
            if code >= 400:
                raise clients.Refused(code, reply)
        s.ask("QUIT")


def features(world, pair):
    """What Relais announces after STARTTLS."""
    with SClient(world, pair) as s:
        return s.features


def version(program):
    words = {"swaks": ["swaks", "--version"], "curl": ["curl", "--version"], "openssl": ["openssl", "version"], "sslscan": ["sslscan", "--version"]}
    done = subprocess.run(words[program], capture_output=True, text=True)
    found = re.search(r"\d+(?:\.\d+)+", done.stdout + done.stderr)
    return found.group(0) if found else "?"
