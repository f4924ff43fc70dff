"""psql of PostgreSQL's own, kept open from one question to the next: to start it and its session costs a hundred times what a question costs."""
import functools
import glob
import os
import subprocess
import tempfile
import threading

OVER = b"\x02over\x02\n"
HERE = b"\x02here\x02\n"


class Refused(RuntimeError):
    """What psql said."""


@functools.cache
def tool(name):
    """A program of PostgreSQL's: Debian's of that name is a script that looks for it, four times as slow. Elsewhere it is simply that name."""
    return max(glob.glob(f"/usr/lib/postgresql/*/bin/{name}"), default=name)


class Session:
    """One psql, for one question at a time."""

    def __init__(self, command):
        self.said = tempfile.TemporaryFile()
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.said, cwd="/")

    def tell(self, text):
        try:
            self.process.stdin.write(text)
            self.process.stdin.flush()
        except BrokenPipeError:
            pass                                # what it said is read below

    def until(self, mark):
        """What comes before that line; None when psql ended first."""
        lines = []
        for line in self.process.stdout:
            if line == mark:
                return b"".join(lines)
            lines.append(line)
        return None

    def alive(self):
        self.tell(b"\\echo " + HERE + b"select;\n\\echo " + HERE)
        return self.until(HERE) is not None and self.until(HERE) is not None

    def ask(self, text):
        """All that it prints. Nothing of one question lasts into the next: no transaction, no role, no setting."""
        before = os.fstat(self.said.fileno()).st_size
        # Apart: psql prints while it still reads.
        writer = threading.Thread(target=self.tell, args=(text.encode() + b"\n;rollback;discard all;\n\\echo " + OVER,))
        writer.start()
        out = self.until(OVER)
        writer.join()
        if out is None:
            self.close()
            raise Refused(f"psql: {self.errors(before)}")
        return out.decode()

    def errors(self, since):
        """Read without moving where psql writes."""
        return os.pread(self.said.fileno(), 1 << 20, since).decode("utf-8", "replace")

    def close(self):
        self.process.kill()
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout):
            try:
                pipe.close()
            except BrokenPipeError:
                pass


class Sessions:
    """As many as ask at once. command() gives psql's words, for it may be another server by then."""

    def __init__(self, command):
        self.command, self.free = command, []

    def ask(self, text):
        """A session that broke off since is left; a question is never asked twice."""
        command = self.command()
        session = None
        while self.free and session is None:
            at, session = self.free.pop()
            if at != command or not session.alive():
                session.close()
                session = None
        session = session or Session(command)
        out = session.ask(text)
        self.free.append((command, session))
        return out
