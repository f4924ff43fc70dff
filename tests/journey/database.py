"""psql on the instance's own database: as root, whom the instance maps to postgres, or as one of its processes' users."""
import contextlib
import json
import os
import subprocess
import sys

sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), "../faults"))
from psql import Sessions, tool        # noqa: E402

SESSIONS = {}


def command(world, user="postgres", uid=None):
    become = ["setpriv", "--reuid", str(uid), "--regid", str(uid), "--clear-groups"] if uid is not None else []
    return become + [tool("psql"), "-h", f"{world.dir}/run/db", "-U", user, "-d", "relais", "-X", "-q", "-A", "-t"]


def run(world, text, user="postgres", uid=None):
    """The finished process: every statement is tried, each in a transaction of its own."""
    return subprocess.run(command(world, user, uid) + ["-v", "VERBOSITY=sqlstate", "-f", "-"], input=text, capture_output=True, text=True, cwd="/")


def sql(world, text):
    """As postgres; gives the output, raises on any error."""
    sessions = SESSIONS.setdefault(world.dir, Sessions(lambda: command(world) + ["-v", "ON_ERROR_STOP=1"]))
    return sessions.ask(text).strip()


def rows(world, query):
    """A query's rows as a list of dictionaries."""
    return json.loads(sql(world, f"select coalesce(json_agg(t), '[]') from ({query}) t"))


@contextlib.contextmanager
def locked(world, table):
    """Nobody writes to that table in the meantime."""
    process = subprocess.Popen(command(world), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd="/")
    try:
        process.stdin.write(f"begin; lock table relais.{table} in exclusive mode; select 'held';\n")
        process.stdin.flush()
        if process.stdout.readline().strip() != "held":
            raise RuntimeError(f"{table} could not be locked")
        yield
    finally:
        with contextlib.suppress(BrokenPipeError):
            process.stdin.close()
        process.wait()


def waits_for_lock(world, process):
    """Does that process of the instance wait in the database?"""
    return sql(world, f"select count(*) from pg_stat_activity where application_name = '{process}' and wait_event_type = 'Lock'") != "0"


def cut_off(world, process):
    """Breaks off what the database does for that process while it waits for a lock: as if it had not been asked."""
    sql(world, f"select pg_terminate_backend(pid, 5000) from pg_stat_activity where application_name = '{process}' and wait_event_type = 'Lock'")
