"""A private PostgreSQL cluster with the schema and the roles, on a unix socket; ended with its folder."""
import glob
import hashlib
import os
import pwd
import shutil
import signal
import subprocess
import sys
import time

sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), "../faults"))
from psql import Sessions        # noqa: E402

ROLES = ["owner", "receiver", "collector", "worker", "signer", "deliverer", "refresher", "keeper", "opener", "operator"]


def programs():
    """The folder of initdb and postgres, or None."""
    found = sorted(glob.glob("/usr/lib/postgresql/*/bin/initdb"))
    if found:
        return os.path.dirname(found[-1])
    path = shutil.which("initdb")
    return os.path.dirname(os.path.realpath(path)) if path else None


class Store:
    def __init__(self, folder, schema):
        self.bin, self.folder = programs(), folder
        self.as_user, self.sessions = [], {}
        os.makedirs(folder, 0o755)
        if os.getuid() == 0:
            # PostgreSQL does not run as root.
            user = pwd.getpwnam("postgres")
            os.chown(folder, user.pw_uid, user.pw_gid)
            self.as_user = ["setpriv", "--reuid=%d" % user.pw_uid, "--regid=%d" % user.pw_gid, "--clear-groups"]
        self.data = os.path.join(folder, "data")
        self.run([os.path.join(self.bin, "initdb"), "-D", self.data, "-A", "trust", "-U", "postgres", "--no-sync", "-E", "UTF8", "--locale=C"])
        self.server = None
        self.start()
        self.prepare(schema)

    def run(self, command):
        subprocess.run(self.as_user + command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd="/")

    def start(self):
        self.server = subprocess.Popen(
            self.as_user + [os.path.join(self.bin, "postgres"), "-D", self.data, "-k", self.folder, "-c", "listen_addresses=",
                            "-c", "fsync=off", "-c", "max_connections=60"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd="/")
        for _ in range(100):
            if subprocess.run([os.path.join(self.bin, "pg_isready"), "-q", "-h", self.folder], check=False).returncode == 0:
                return
            time.sleep(0.1)
        raise RuntimeError("PostgreSQL did not start")

    def restart(self):
        """With a master's look at it: before that nothing is taken up."""
        self.start()
        self.sql("select fence_look('[]', '[]')")

    def stop(self):
        """At once: connections are cut."""
        self.server.send_signal(signal.SIGINT)
        try:
            self.server.wait(10)
        except subprocess.TimeoutExpired:
            self.server.kill()
            self.server.wait()

    def prepare(self, schema):
        self.sql("create database relais", database="postgres")
        self.sql(";".join("create role relais_%s login" % role for role in ROLES))
        self.sql("create schema relais authorization relais_owner; grant create on database relais to relais_owner")
        # As gateway/migrate.c keeps it: functions of the schema read which files were applied.
        self.sql("set role relais_owner; create table relais.migration (version integer primary key, name text not null, "
                 "sha256 text not null, at timestamptz not null default now())")
        for path in sorted(glob.glob(os.path.join(schema, "*.sql"))):
            with open(path) as f:
                text, name = f.read(), os.path.basename(path)
            self.sql("begin; set local role relais_owner; set local search_path = relais;" + text + ";insert into migration (version, name, sha256) "
                     "values (%d, '%s', '%s'); commit" % (int(name[:4]), name, hashlib.sha256(text.encode()).hexdigest()))

    def conninfo(self):
        return "host=%s dbname=relais" % self.folder

    def sql(self, text, database="relais"):
        """Rows of texts; NULL is None."""
        sessions = self.sessions.setdefault(database, Sessions(lambda: [
            os.path.join(self.bin, "psql"), "-h", self.folder, "-U", "postgres", "-d", database, "-v", "ON_ERROR_STOP=1", "-qAtX", "-F", "\x1f", "-P", "null=\x1e"]))
        out = sessions.ask("set search_path = relais, public;" + text)
        return [[None if c == "\x1e" else c for c in line.split("\x1f")] for line in out.split("\n")[:-1]]
