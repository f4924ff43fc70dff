"""Signer, deliverer and collector as they run: over a private PostgreSQL, against the peers, killed at bad moments."""
import hashlib
import json
import os
import signal
import subprocess
import threading
import time

import keeper_peer
import store
from imap_peer import Bent, ImapPeer, drip_literal, flood_untagged
from smtp_peer import SmtpPeer
from wire import settle

CASES = []
MAILBOX = "avis@avis.exemple.mssante.fr"
NAME = "mx.exemple.fr"
EX_CONFIG = 78   # sysexits.h


class Skip(Exception):
    """The case cannot be tried here."""


def case(f):
    CASES.append(f)
    return f


class World:
    """One database for all cases; a configuration and a folder for each start of a process."""

    def __init__(self, lab):
        self.lab = lab
        root = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
        self.store = store.Store(os.path.join(lab.folder, "pg"), os.path.join(root, "gateway", "schema"))
        lab.script("issue", lab.pki, "seal", "kind=seal", "cn=AVIS EXEMPLE", "email=" + MAILBOX)
        self.folder = os.path.join(lab.folder, "instance")
        for sub in ("journal", "fetch"):
            os.makedirs(os.path.join(self.folder, sub))
        self.numbers = 0
        self.running = []
        self.keeper = keeper_peer.Keeper(self.folder, self.body_row)
        self.store.sql("insert into keeper_intake (n) values (1)")
        for domain in ("a.fr", "b.fr"):
            self.list(domain)

    def list(self, domain, pair=None):
        """The white list names a server's certificate for the domain."""
        self.list_all("select '%s'" % domain, pair)

    def list_all(self, domains, pair=None):
        """domains: a query of them."""
        self.store.sql("insert into trust_import (source, actor, digest, generated_at, entries, unread, pairs, domains, added, removed, forced) "
                       "select 'test', 'test', sha256(''), now(), 1, 0, 1, 1, 1, 0, false where not exists (select from trust_import); "
                       "insert into trust_peer (domain, name, shown, operator, since) select d, '%s', '', '', (select max(id) from trust_import) "
                       "from (%s) x(d) on conflict do nothing" % (self.subject(pair).replace("'", "''"), domains))

    def subject(self, pair=None):
        """Canonical, as our own TLS reads it."""
        peer = SmtpPeer(self.lab.tls(pair))
        name = NAME if pair in (None, self.lab.server) else self.lab.names[pair[0]]
        return self.lab.smtp(peer, server_name=name)["tls"]["subject"]

    def config(self, routes=(), mailboxes=(), retry=1, hours=24, deliverer="", mx=False, poll=2):
        """routes: (domain, port) or (domain, port, more keys); mailboxes: (name, port, user, password) or
        (name, port, user, token, auth)."""
        pki = self.lab.pki
        texts = []
        for name, port, user, secret, *auth in mailboxes:
            path = os.path.join(self.folder, name + ".secret")
            with open(path, "w") as f:
                f.write(secret + "\n")
            how = 'auth = "%s"; token_file' % auth[0] if auth else "password_file"
            texts.append('{ name = "%s"; host = "127.0.0.1"; server_name = "%s"; port = %d; user = "%s"; %s = "%s"; '
                         'origin = "exemple.fr"; }' % (name, NAME, port, user, how, path))
        routed = ['{ domain = "%s"; host = "127.0.0.1"; server_name = "%s"; port = %d; %s }' % (route[0], NAME, route[1], "".join(route[2:])) for route in routes]
        client = 'certificate = "%s/relais-client.pem"; key = "%s/relais-client.key"; anchors = "%s/anchors-tls.pem";' % (pki, pki, pki)
        text = """
service = { domain = "avis.exemple.mssante.fr"; hostname = "relais.exemple.mssante.fr"; organisation = "Avis Exemple";
  structure_id = "1750000000"; oid = "1.2.250.1.999.1"; phone = "01 99 00 00 00"; };
database = "%s";
collector = { %s poll_seconds = %d; mailboxes = ( %s ); };
signer = { certificate = "%s/seal.pem"; key = "%s/seal.key"; mailbox = "%s"; journal = "%s/journal/signer.jsonl"; };
deliverer = { %s retry_seconds = %d; expire_hours = %d; mx = %s; %s routes = ( %s ); };
""" % (self.store.conninfo(), client, poll, ", ".join(texts), pki, pki, MAILBOX, self.folder, client, retry, hours, str(mx).lower(), deliverer,
       ", ".join(routed))
        path = os.path.join(self.folder, "relais.conf")
        with open(path, "w") as f:
            f.write(text)
        return path

    def start(self, name, **config):
        p = Process(self.lab, name, self.config(**config), os.path.join(self.folder, name + ".log"))
        self.running.append(p)
        return p

    def stored(self, name, data):
        """The SQL of a body under its key, whose number psql keeps under that name."""
        key = os.urandom(32)
        lines = ["insert into body (size, digest, sealed_key, key_name) values (%d, decode('%s', 'hex'), decode('%s', 'hex'), 'intake:1') returning id as %s \\gset"
                 % (len(data), hashlib.sha256(data).hexdigest(), keeper_peer.seal_key(key, self.keeper.public, data).hex(), name)]
        lines += ["insert into body_chunk values (:%s, %d, decode('%s', 'hex'), sha256(decode('%s', 'hex')));" % (name, i, chunk.hex(), chunk.hex())
                  for i, chunk in enumerate(keeper_peer.sealed_chunks(key, data))]
        return "\n".join(lines) + "\n"

    def body(self, data):
        return self.store.sql(self.stored("body", data) + "select :body")[0][0]

    def body_row(self, number):
        digest, size, sealed = self.store.sql("select encode(digest, 'hex'), size, encode(sealed_key, 'hex') from body where id = %d" % number)[0]
        return bytes.fromhex(digest), int(size), bytes.fromhex(sealed)

    def mail(self, domain, entity=None, head=None, recipient=None, created="now()", outcome="refused"):
        """A composed outbox row, as the worker leaves it: a notice about a refused message."""
        self.numbers += 1
        n = self.numbers
        recipient = recipient or "un%d@%s" % (n, domain)
        message_id = "<m%d@avis.exemple.mssante.fr>" % n
        if entity is None:
            entity = b"Content-Type: text/plain; charset=us-ascii\r\n\r\n.bonjour %d\r\n.\r\nfin\r\n" % n
        if head is None:
            head = ("From: Avis <%s>\r\nTo: <%s>\r\nSubject: Avis %d\r\nMessage-ID: %s\r\nDate: Sat, 21 Nov 2026 22:00:00 +0100\r\n"
                    "MIME-Version: 1.0\r\n" % (MAILBOX, recipient, n, message_id))
        row = self.store.sql(
            self.stored("entity", entity) + self.stored("received", b"From: x@y.fr\r\n\r\n") +
            "insert into inbox (body, source, mail_from, recipients, received_at, complete, state, outcome, reason, rule) values "
            "(:received, 'smtp', '%s', '{a@b.fr}', now(), true, 'done', '%s', 'sig.none', 'sender/1') returning id as inbox \\gset\n"
            "insert into outbox (effect, inbox, code, party, recipient, domain, return_path, message_id, envelope_id, rule, request, created_at, "
            "state, head, entity) values ('test:%d', :inbox, 'M90', 'sender', '%s', '%s', 'retour@avis.exemple.mssante.fr', '%s', 'env%d', 'sender/1', "
            "'{}', %s, 'composed', decode('%s', 'hex'), :entity) returning id; notify signer"
            % (recipient, outcome, n, recipient, domain, message_id, n, created, head.encode().hex()))
        return int(row[0][0])

    def row(self, outbox):
        columns = ["state", "reason", "reply_code", "enhanced", "reply_text", "host", "queue_id", "proof", "tries", "sent_digest", "message_id",
                   "tls", "next_at > now()", "fingerprint"]
        found = self.store.sql("select %s from outbox where id = %d" % (", ".join(columns), outbox))[0]
        return dict(zip(columns, found))

    def attempts(self, outbox):
        return self.store.sql("select result, reason from outbox_attempt where outbox = %d order by number" % outbox)

    def wait(self, question, seconds=20):
        """Until the SQL gives t."""
        end, pause = time.time() + seconds, 0.05
        while time.time() < end:
            if self.store.sql(question)[0][0] == "t":
                return
            time.sleep(pause)
            pause = min(0.25, pause * 1.3)
        raise AssertionError("never true: " + question + "\n" + self.logs())

    def until(self, outbox, *states, seconds=20):
        self.wait("select state in (%s) from outbox where id = %d" % (", ".join("'%s'" % s for s in states), outbox), seconds)
        return self.row(outbox)

    def sealed(self, domain, n=1, **mail):
        """Rows sealed by the signer."""
        rows = [self.mail(domain, **mail) for _ in range(n)]
        signer = self.start("signer")
        self.wait("select count(*) = 0 from outbox where state = 'composed'")
        signer.end()
        return rows

    def logs(self):
        return "\n".join("%s: %s" % (p.name, p.log()[-1500:]) for p in self.running)

    def stop_all(self):
        for p in self.running:
            p.kill()
        self.running = []
        self.store.sql("update outbox set state = 'cancelled' where state not in ('accepted', 'failed', 'cancelled')")


class Process:
    def __init__(self, lab, name, config, log):
        self.name, self.path = name, log
        program = os.path.join(lab.bin, "relais-" + name)
        with open(log, "w") as out:
            self.p = subprocess.Popen([program, "--config", config], stdout=out, stderr=out, cwd="/")

    def log(self):
        with open(self.path, errors="replace") as f:
            return f.read()

    def events(self, event):
        return [e for e in map(json.loads, filter(lambda line: line.startswith("{"), self.log().splitlines())) if e.get("event") == event]

    def children(self):
        with open("/proc/%d/task/%d/children" % (self.p.pid, self.p.pid)) as f:
            return [int(pid) for pid in f.read().split()]

    def end(self, seconds=15):
        """SIGTERM; the exit status must be 0."""
        self.p.send_signal(signal.SIGTERM)
        status = self.p.wait(seconds)
        assert status == 0, "%s ended with %s: %s" % (self.name, status, self.log()[-3000:])

    def kill(self):
        if self.p.poll() is None:
            self.p.kill()
            self.p.wait()


def world(lab):
    if not store.programs():
        raise Skip("PostgreSQL is not installed")
    if not hasattr(lab, "world"):
        lab.world = World(lab)
    else:
        lab.world.stop_all()
    return lab.world


def end(lab):
    if hasattr(lab, "world"):
        lab.world.stop_all()
        lab.world.store.stop()


def expect(what, is_, wanted):
    assert is_ == wanted, "%s is %r, not %r" % (what, is_, wanted)


# ---------------------------------------------------------------- signer


@case
def signer_seals_and_journals(lab):
    w = world(lab)
    outbox = w.sealed("a.fr")[0]
    row = w.row(outbox)
    expect("state", row["state"], "sealed")
    with open(os.path.join(w.folder, "journal", "signer.jsonl")) as f:
        last = json.loads(f.read().splitlines()[-1])
    expect("journal", (last["outbox"], "\\x" + last["sent"], last["fingerprint"]), (outbox, row["sent_digest"], row["fingerprint"]))
    # What the peer gets is what was journalled, and its signature holds.
    peer = SmtpPeer(lab.tls())
    w.start("deliverer", routes=[("a.fr", peer.port)])
    w.until(outbox, "accepted")
    expect("sent", "\\x" + hashlib.sha256(peer.mails[0]).hexdigest(), row["sent_digest"])
    path = os.path.join(w.folder, "sent.eml")
    with open(path, "wb") as f:
        f.write(peer.mails[0])
    subprocess.run(["openssl", "cms", "-verify", "-in", path, "-CAfile", os.path.join(lab.pki, "anchors-smime.pem"), "-out", "/dev/null"],
                   check=True, capture_output=True)
    peer.close()


@case
def signer_refuses_what_was_altered(lab):
    w = world(lab)
    good = w.mail("a.fr")
    altered = w.mail("a.fr")
    w.store.sql("update body_chunk set data = set_byte(data, 50, 65) where body = (select entity from outbox where id = %d)" % altered)
    other = w.mail("a.fr", head="From: %s\r\nTo: un@b.fr\r\nMessage-ID: <x@y>\r\n" % MAILBOX)
    pretend = w.mail("a.fr", head="From: pape@vatican.fr\r\nTo: un@b.fr\r\nMessage-ID: <x@y>\r\n")
    # What no decision stands behind is not even taken by the table; but for mail to our own people, whose mailboxes the signer knows.
    stranger = w.mail("a.fr")
    try:
        w.store.sql("update outbox set inbox = null where id = %d" % stranger)
        raise AssertionError("a mail that nothing decided")
    except RuntimeError as refused:
        expect("refused", "violates check constraint" in str(refused), True)
    w.store.sql("update outbox set inbox = null, party = 'operator' where id = %d" % stranger)
    signer = w.start("signer")
    expect("good", w.until(good, "sealed", "failed")["state"], "sealed")
    for row, text in ((altered, "the entity does not open: it is not what was composed, or was erased"), (other, "To is not the one recipient"),
                      (pretend, "From is not the seal's mailbox"), (stranger, "the recipient is not a mailbox of that party")):
        found = w.until(row, "sealed", "failed")
        expect("row", (found["state"], found["reason"], found["reply_text"]), ("failed", "sign.refused", text))
    signer.end()


@case
def signer_goes_on_past_what_it_cannot_seal(lab):
    """The oldest mail's body has no key: the next leaves. After some tries it is a person's, and tried again when that person says so."""
    w = world(lab)
    lost, good = w.mail("a.fr"), w.mail("a.fr")
    entity = int(w.store.sql("select entity from outbox where id = %d" % lost)[0][0])
    w.keeper.lost.add(entity)
    signer = w.start("signer")
    expect("the next", w.until(good, "sealed", "failed")["state"], "sealed")
    row = w.row(lost)
    expect("it waits", (row["state"], row["reason"], row["tries"], row["next_at > now()"]), ("composed", "keeper.key", "1", "t"))
    w.store.sql("update outbox set tries = 4, next_at = now() where id = %d; notify signer" % lost)
    deadline = time.monotonic() + 10
    while w.row(lost)["reason"] != "sign.tries" and time.monotonic() < deadline:
        time.sleep(0.1)
    expect("a person's", w.store.sql("select reason, next_at > now() + interval '50 minutes' from outbox where id = %d" % lost)[0], ["sign.tries", "t"])
    expect("it still runs", signer.p.poll(), None)
    w.keeper.lost.clear()
    w.store.sql("update outbox set next_at = now() where id = %d; notify signer" % lost)
    expect("with its key", w.until(lost, "sealed", "failed")["state"], "sealed")
    signer.end()


@case
def signer_killed_seals_once(lab):
    w = world(lab)
    rows = [w.mail("a.fr") for _ in range(24)]
    for n in range(8):
        signer = w.start("signer")
        time.sleep(0.05 + 0.02 * n)
        signer.kill()
    signer = w.start("signer")
    for row in rows:
        expect("state", w.until(row, "sealed", "failed")["state"], "sealed")
    signer.end()
    counted = w.store.sql("select count(*), count(distinct outbox) from sign_journal where outbox >= %d" % rows[0])[0]
    expect("seals", counted, ["24", "24"])


@case
def signer_does_not_start_with_anothers_seal(lab):
    w = world(lab)
    path = w.config()
    with open(path) as f:
        text = f.read()
    with open(path, "w") as f:
        f.write(text.replace("/seal.pem", "/relais-seal.pem").replace("/seal.key", "/relais-seal.key"))
    row = w.mail("a.fr")
    signer = Process(lab, "signer", path, os.path.join(w.folder, "signer.log"))
    w.running.append(signer)
    expect("exit status", signer.p.wait(15), EX_CONFIG)
    expect("why", [(e["reason"], e["detail"]) for e in signer.events("seal-refused")], [("config.value", "the certificate is of another mailbox")])
    # The mail is not lost for it: it waits for the right seal.
    expect("state", w.row(row)["state"], "composed")
    expect("journalled", w.store.sql("select count(*) from sign_journal where outbox = %d" % row), [["0"]])


# ---------------------------------------------------------------- deliverer


@case
def deliverer_keeps_the_evidence(lab):
    w = world(lab)
    outbox = w.sealed("a.fr")[0]
    peer = SmtpPeer(lab.tls(clients=lab.anchors))
    deliverer = w.start("deliverer", routes=[("a.fr", peer.port)])
    row = w.until(outbox, "accepted", "failed")
    expect("row", (row["state"], row["reply_code"], row["enhanced"], row["queue_id"], row["host"], row["proof"], row["tries"]),
           ("accepted", "250", "2.0.0", "4QcF2k1z3Sz9sW", "127.0.0.1", "2", "1"))
    tls = json.loads(row["tls"])
    assert tls["version"].startswith("TLSv1.") and NAME in tls["names"], tls
    expect("attempts", w.attempts(outbox), [["accepted", "none"]])
    assert "ENVID=env" in peer.said[1], peer.said
    deliverer.end()
    peer.close()


@case
def deliverer_tries_again_and_gives_up(lab):
    w = world(lab)
    later = w.sealed("a.fr")[0]
    old = w.sealed("a.fr", created="now() - interval '25 hours'")[0]
    asked = set()

    def first_time(wire):
        """Each recipient is told once to come again, in whatever order they come."""
        new = peer.said[-1] not in asked
        asked.add(peer.said[-1])
        wire.send("450 4.2.0 wait\r\n" if new else "250 ok\r\n")
        return not new
    peer = SmtpPeer(lab.tls(), {"RCPT": first_time})
    deliverer = w.start("deliverer", routes=[("a.fr", peer.port)])
    row = w.until(old, "failed")
    expect("old", (row["reason"], row["reply_code"]), ("deliver.expired", "450"))
    row = w.until(later, "accepted")
    expect("tries", row["tries"], "2")
    expect("attempts", w.attempts(later), [["later", "deliver.greylist"], ["accepted", "none"]])
    deliverer.end()
    peer.close()


@case
def deliverer_refused_for_good(lab):
    w = world(lab)
    outbox = w.sealed("a.fr")[0]
    peer = SmtpPeer(lab.tls(), {"RCPT": "550 5.1.1 no such box\r\n"})
    deliverer = w.start("deliverer", routes=[("*", peer.port)])
    row = w.until(outbox, "failed")
    expect("row", (row["reason"], row["reply_code"], row["enhanced"], row["reply_text"], row["proof"]),
           ("deliver.mailbox.none", "550", "5.1.1", "no such box", "1"))
    deliverer.end()
    peer.close()


@case
def deliverer_keeps_its_connection(lab):
    w = world(lab)
    rows = w.sealed("a.fr", n=18)
    peer = SmtpPeer(lab.tls())
    deliverer = w.start("deliverer", routes=[("a.fr", peer.port)])
    for row in rows:
        w.until(row, "accepted")
    expect("connections", peer.server.connections, 1)
    expect("mails", len(peer.mails), 18)
    deliverer.end()
    settle(peer.said, "QUIT")
    peer.close()


@case
def deliverer_asks_a_dead_hop_once(lab):
    w = world(lab)
    rows = w.sealed("a.fr", n=15)
    peer = SmtpPeer(lab.tls(), {"GREETING": None})
    good = SmtpPeer(lab.tls())
    other = w.sealed("b.fr")[0]
    deliverer = w.start("deliverer", routes=[("a.fr", peer.port), ("b.fr", good.port)], retry=60)
    for row in rows:
        w.wait("select reason = 'deliver.dropped' and state = 'sealed' and next_at > now() from outbox where id = %d" % row)
    expect("connections", peer.server.connections, 1)
    w.until(other, "accepted")
    deliverer.end()
    peer.close()
    good.close()


@case
def deliverer_without_a_route(lab):
    w = world(lab)
    outbox = w.sealed("nowhere.fr")[0]
    deliverer = w.start("deliverer", routes=[("a.fr", 1)], retry=60)
    w.wait("select reason = 'deliver.route' and state = 'sealed' from outbox where id = %d" % outbox)
    deliverer.end()


@case
def deliverer_does_not_send_an_altered_body(lab):
    w = world(lab)
    outbox = w.sealed("a.fr")[0]
    w.store.sql("update body_chunk set data = set_byte(data, 50, 65) where body = (select entity from outbox where id = %d)" % outbox)
    peer = SmtpPeer(lab.tls())
    deliverer = w.start("deliverer", routes=[("a.fr", peer.port)], retry=60)
    w.wait("select reason = 'deliver.seal' from outbox where id = %d" % outbox)
    expect("connections", peer.server.connections, 0)
    deliverer.end()
    peer.close()


@case
def deliverer_killed_between_250_and_its_outcome(lab):
    w = world(lab)
    outbox = w.sealed("a.fr")[0]
    deliverer = None

    def kill_child(wire):
        for pid in deliverer.children():
            os.kill(pid, signal.SIGKILL)
        return wire.send("250 2.0.0 Ok: queued as A1\r\n")
    peer = SmtpPeer(lab.tls(), {"DOT": [kill_child, "250 2.0.0 Ok: queued as B2\r\n"]})
    deliverer = w.start("deliverer", routes=[("a.fr", peer.port)])
    row = w.until(outbox, "accepted")
    expect("row", (row["tries"], row["queue_id"]), ("2", "B2"))
    expect("the same mail twice", (len(peer.mails), len(set(peer.mails))), (2, 1))
    expect("attempts", [a[0] for a in w.attempts(outbox)], [None, "accepted"])
    deliverer.end()
    peer.close()


@case
def deliverer_is_overtaken_by_a_report(lab):
    """A report that the mail failed comes before the reply to its last dot was written down: it stands, and the attempt is closed."""
    w = world(lab)
    outbox = w.sealed("a.fr")[0]

    def report_first(wire):
        w.store.sql("select relais.outbox_proof(%d, 0, 'deliver.refused')" % outbox)
        return wire.send("250 2.0.0 Ok: queued as A1\r\n")
    peer = SmtpPeer(lab.tls(), {"DOT": report_first})
    deliverer = w.start("deliverer", routes=[("a.fr", peer.port)])
    w.wait("select exists (select from outbox_attempt where outbox = %d and ended_at is not null)" % outbox)
    row = w.row(outbox)
    expect("row", (row["state"], row["reason"], row["queue_id"], row["tries"]), ("failed", "deliver.refused", "A1", "1"))
    expect("attempt", w.attempts(outbox), [["accepted", "none"]])
    expect("mails", len(peer.mails), 1)
    deliverer.end()
    peer.close()


@case
def deliverer_retries_a_kept_connection_that_was_closed(lab):
    w = world(lab)
    rows = w.sealed("a.fr", n=2)
    peer = SmtpPeer(lab.tls(), {"RSET": [None]})
    deliverer = w.start("deliverer", routes=[("a.fr", peer.port)], retry=60)
    for row in rows:
        expect("tries", w.until(row, "accepted")["tries"], "1")
    expect("connections", peer.server.connections, 2)
    deliverer.end()
    peer.close()


@case
def deliverer_lives_through_a_lost_database(lab):
    w = world(lab)
    outbox = w.sealed("a.fr")[0]
    stopped = threading.Event()

    def stop_database(wire):
        w.store.stop()
        wire.send("250 2.0.0 Ok: queued as C3\r\n")
        stopped.set()
    peer = SmtpPeer(lab.tls(), {"DOT": [stop_database]})
    deliverer = w.start("deliverer", routes=[("a.fr", peer.port)])
    assert stopped.wait(30), deliverer.log()
    time.sleep(3)
    w.store.restart()
    row = w.until(outbox, "accepted", seconds=40)
    expect("row", (row["tries"], row["queue_id"], len(peer.mails)), ("1", "C3", 1))
    deliverer.end()
    peer.close()


@case
def deliverer_renewed_while_the_database_is_lost(lab):
    w = world(lab)
    outbox = w.sealed("a.fr")[0]
    deliverer, stopped = None, threading.Event()

    def stop_database(wire):
        w.store.stop()
        deliverer.p.send_signal(signal.SIGHUP)
        time.sleep(1)
        wire.send("250 2.0.0 Ok: queued as D4\r\n")
        stopped.set()
    peer = SmtpPeer(lab.tls(), {"DOT": [stop_database]})
    deliverer = w.start("deliverer", routes=[("a.fr", peer.port)])
    assert stopped.wait(30), deliverer.log()
    time.sleep(3)
    w.store.restart()
    row = w.until(outbox, "accepted", seconds=40)
    expect("row", (row["tries"], row["queue_id"], len(peer.mails)), ("1", "D4", 1))
    deliverer.end()
    peer.close()


@case
def deliverer_big_mail(lab):
    w = world(lab)
    entity = b"Content-Type: application/octet-stream\r\n\r\n" + (b"." + b"x" * 75 + b"\r\n") * 300000
    outbox = w.sealed("a.fr", entity=entity)[0]
    peer = SmtpPeer(lab.tls())
    deliverer = w.start("deliverer", routes=[("a.fr", peer.port)])
    row = w.until(outbox, "accepted", "failed", seconds=40)
    expect("state", (row["state"], row["reason"]), ("accepted", "none"))
    expect("sent", "\\x" + hashlib.sha256(peer.mails[0]).hexdigest(), row["sent_digest"])
    deliverer.end()
    peer.close()


# ---------------------------------------------------------------- collector


def collected(w, name):
    return w.store.sql("select i.uid, encode(b.digest, 'hex') from inbox i join body b on b.id = i.body where i.mailbox = '%s' and i.complete "
                       "order by i.id" % name)


def wanted(messages):
    return [[str(uid), hashlib.sha256(data).hexdigest()] for uid, data in sorted(messages.items())]


def waits(peer):
    """A session that does not wait yet takes what comes by itself."""
    end = time.time() + 20
    while not peer.idling:
        assert time.time() < end, "the session never waits"
        time.sleep(0.05)


@case
def collector_takes_each_mail_once(lab):
    w = world(lab)
    messages = {2: b"From: a@b.fr\r\n\r\none\r\n", 7: b"From: a@b.fr\n\nLF only\n", 8: b"From: a@b.fr\r\n\r\n" + b"z" * 600000}
    peer = ImapPeer(lab.tls(clients=lab.anchors), messages)
    collector = w.start("collector", mailboxes=[("box1", peer.port, "avis", "secret")], poll=60)
    w.wait("select count(*) = 3 from inbox where mailbox = 'box1' and complete")
    expect("bytes", collected(w, "box1"), wanted(messages))
    # One that arrives while it idles is there at once.
    waits(peer)
    before = time.time()
    messages[9] = b"From: a@b.fr\r\n\r\nnew\r\n"
    peer.arrive(9, messages[9])
    w.wait("select count(*) = 4 from inbox where mailbox = 'box1'")
    assert time.time() - before < 20, "IDLE took %.1f s" % (time.time() - before)       # without it: a minute
    collector.end()
    # Nothing is fetched again.
    collector = w.start("collector", mailboxes=[("box1", peer.port, "avis", "secret")])
    peer.arrive(10, b"From: a@b.fr\r\n\r\nlast\r\n")
    w.wait("select count(*) = 5 from inbox where mailbox = 'box1'")
    collector.end()
    fetches = [line for line in peer.said if b"BODY.PEEK" in line]
    expect("fetches", len(fetches), 5)
    with open(os.path.join(w.folder, "journal", "collector.jsonl")) as f:
        lines = [json.loads(line) for line in f]
    expect("journal", [e["digest"] for e in lines[-5:]], [row[1] for row in collected(w, "box1")])
    peer.close()


class Killing:
    """A body that stops at a known point of its way, so that the collector is killed there."""

    def __init__(self):
        self.at = None              # share of the body that is sent before the kill; None: all goes through
        self.held, self.go = threading.Event(), threading.Event()

    def body(self, peer, wire, tag, line):
        data, at = peer.messages[peer.uid(line)], self.at
        if at is None:
            return False
        head = b"* %d FETCH (UID %d BODY[] {%d}\r\n" % (peer.number(peer.uid(line)), peer.uid(line), len(data))
        if at < 1:
            wire.send(head + data[:int(len(data) * at)])
        else:
            wire.send(head + data + b")\r\n" + (tag + b" OK done\r\n" if at > 1 else b""))
        self.held.set()
        self.go.wait(30)
        raise Bent


@case
def collector_killed_takes_each_mail_once(lab):
    """At least 30 kills, each while a body is under way: before its first byte, within it, behind it, and between it and the commit."""
    w = world(lab)
    messages = {n: b"From: a@b.fr\r\n\r\nmail %d\r\n" % n + b"y" * (n * 9000) for n in range(1, 61)}
    killing = Killing()
    peer = ImapPeer(lab.tls(), messages, {"BODY": killing.body})
    points = [0, 0.01, 0.3, 0.5, 0.9, 0.999, 1, 1.1]
    landed = 0
    for n in range(36):
        if w.store.sql("select count(*) from inbox where mailbox = 'box2'")[0][0] == str(len(messages)):
            uid = max(messages) + 1             # there is always one to be fetched
            messages[uid] = peer.messages[uid] = b"From: a@b.fr\r\n\r\nmore %d\r\n" % n + b"z" * 5000
        killing.at, killing.held, killing.go = points[n % len(points)], threading.Event(), threading.Event()
        collector = w.start("collector", mailboxes=[("box2", peer.port, "avis", "secret")])
        assert killing.held.wait(30), collector.log()
        # At 1.1 the answer is whole: the kill falls on the writing of the row, or just before or behind it.
        time.sleep(0.002 * (n // len(points)) if killing.at > 1 else 0.02)
        for pid in collector.children():
            os.kill(pid, signal.SIGKILL)
            landed += 1
        collector.kill()
        killing.go.set()
        before = int(w.store.sql("select count(*) from inbox where mailbox = 'box2'")[0][0])
        if n % 3 == 2 and before < len(messages):   # and some go through in between
            killing.at = None
            collector = w.start("collector", mailboxes=[("box2", peer.port, "avis", "secret")])
            w.wait("select count(*) > %d from inbox where mailbox = 'box2' and complete" % before)
            for pid in collector.children():
                os.kill(pid, signal.SIGKILL)
            collector.kill()
    assert landed >= 30, landed
    killing.at = None
    collector = w.start("collector", mailboxes=[("box2", peer.port, "avis", "secret")])
    w.wait("select count(*) = %d from inbox where mailbox = 'box2' and complete" % len(messages))
    expect("bytes", collected(w, "box2"), wanted(messages))
    expect("half rows", w.store.sql("select count(*) from inbox where not complete")[0][0], "0")
    collector.end()
    print("     %d kills of a collector with a body under way" % landed)
    peer.close()


@case
def collector_asks_nothing_when_nothing_changed(lab):
    """RFC 7162: the same UIDVALIDITY, UIDNEXT and HIGHESTMODSEQ cost one EXAMINE, although UIDs are missing before UIDNEXT."""
    w = world(lab)
    messages = {1: b"From: a@b.fr\r\n\r\none\r\n", 5: b"From: a@b.fr\r\n\r\nfive\r\n"}
    peer = ImapPeer(lab.tls(), messages, more="CONDSTORE")
    peer.uidnext = lambda: 10
    collector = w.start("collector", mailboxes=[("box5", peer.port, "avis", "secret")])
    w.wait("select count(*) = 1 from collect_cursor where mailbox = 'box5' and modseq = 1 and uidnext = 10")

    def asked(word):
        return sum(word in line for line in peer.said)
    before = asked(b"EXAMINE"), asked(b"SEARCH")
    end = time.time() + 30
    while asked(b"EXAMINE") < before[0] + 3 and time.time() < end:
        time.sleep(0.1)
    assert asked(b"EXAMINE") >= before[0] + 3, peer.said
    expect("lists", asked(b"SEARCH"), before[1])
    # Another process knows it, too; and what changes is looked at.
    collector.end()
    collector = w.start("collector", mailboxes=[("box5", peer.port, "avis", "secret")])
    time.sleep(1)
    expect("lists", asked(b"SEARCH"), before[1])
    peer.uidnext = lambda: 12
    peer.arrive(11, b"From: a@b.fr\r\n\r\neleven\r\n")
    w.wait("select count(*) = 3 from inbox where mailbox = 'box5'")
    collector.end()
    peer.close()


@case
def collector_uids_given_again(lab):
    """A server that lost its count (restored from a copy) and keeps its UIDVALIDITY: what is new under an old UID is taken, what was
    here is not taken twice (I2)."""
    w = world(lab)
    messages = {n: b"From: a@b.fr\r\n\r\nmail %d\r\n" % n for n in range(1, 6)}
    peer = ImapPeer(lab.tls(), messages, idle=False, more="CONDSTORE")
    collector = w.start("collector", mailboxes=[("box6", peer.port, "avis", "secret")])
    w.wait("select count(*) = 5 from inbox where mailbox = 'box6'")
    for uid in (3, 4, 5):
        del peer.messages[uid]
    peer.messages[3] = b"From: a@b.fr\r\n\r\nanother under three\r\n"
    peer.modseq += 1
    w.wait("select count(*) = 6 from inbox where mailbox = 'box6'")
    expect("told", len(collector.events("uidnext-went-back")), 1)
    peer.messages[4] = b"From: a@b.fr\r\n\r\nanother under four\r\n"
    peer.modseq += 1
    w.wait("select count(*) = 7 from inbox where mailbox = 'box6'")
    time.sleep(3)
    expect("cursor", w.store.sql("select uidvalidity, uid from collect_cursor where mailbox = 'box6'"), [["77", "4"]])
    expect("rows", [r[0] for r in collected(w, "box6")], ["1", "2", "3", "4", "5", "3", "4"])
    expect("told", len(collector.events("uidnext-went-back")), 1)
    expect("reconcile", w.store.sql("select bad from reconcile(false) where name = 'collected beyond the cursor'"), [["0"]])
    collector.end()
    peer.close()


@case
def collector_uidnext_out_of_this_world(lab):
    """UIDNEXT 4294967295 over a folder of three: one list, not eighty thousand; and the mail that comes later is still taken."""
    w = world(lab)
    messages = {1: b"From: a@b.fr\r\n\r\none\r\n", 4294967290: b"From: a@b.fr\r\n\r\nlast\r\n"}
    peer = ImapPeer(lab.tls(), messages, idle=False)
    peer.uidnext = lambda: 4294967295
    collector = w.start("collector", mailboxes=[("box7", peer.port, "avis", "secret")])
    w.wait("select count(*) = 2 from inbox where mailbox = 'box7'")
    assert sum(b"SEARCH" in line for line in peer.said) < 5, len(peer.said)
    del peer.uidnext
    peer.messages = {1: messages[1], 2: b"From: a@b.fr\r\n\r\ntwo\r\n"}
    w.wait("select count(*) = 3 from inbox where mailbox = 'box7'")
    collector.end()
    peer.close()


@case
def collector_token_is_read_at_each_login(lab):
    w = world(lab)
    peer = ImapPeer(lab.tls(), {1: b"From: a@b.fr\r\n\r\none\r\n"}, more="SASL-IR AUTH=XOAUTH2", token="first-token")
    collector = w.start("collector", mailboxes=[("box8", peer.port, "avis@b.fr", "first-token", "xoauth2")])
    w.wait("select count(*) = 1 from inbox where mailbox = 'box8'")
    # The token ends, the server closes, and another stands in the file by then (M49, M50).
    peer.token = "second-token"
    with open(os.path.join(w.folder, "box8.secret"), "w") as f:
        f.write("second-token\n")
    waits(peer)
    peer.messages[2] = b"From: a@b.fr\r\n\r\ntwo\r\n"
    for wire in list(peer.idling):
        wire.cut()
    w.wait("select count(*) = 2 from inbox where mailbox = 'box8'")
    expect("tokens", [s.split(b"Bearer ")[1].rstrip(b"\x01") for _, s in peer.sasl], [b"first-token", b"second-token"])
    pids = [collector.p.pid] + collector.children()
    assert pids[1:], "a session is open"
    for pid in pids:
        assert b"second-token" not in memory_of(pid), "the token lies in the memory of a process that said it"
    assert "token" not in collector.log()
    collector.end()
    peer.close()


@case
def collector_trouble_that_lasts_is_an_alarm(lab):
    w = world(lab)
    alarm = "select %s from alarm_list() where name = 'collect.failed'"
    peer = ImapPeer(lab.tls(), {1: b"From: a@b.fr\r\n\r\none\r\n"}, more="SASL-IR AUTH=XOAUTH2", token="wanted")
    collector = w.start("collector", mailboxes=[("box9", peer.port, "avis@b.fr", "stale", "xoauth2")])
    w.wait("select count(*) = 1 from collect_trouble where mailbox = 'box9'")
    expect("at once", w.store.sql(alarm % "count(*)"), [["0"]])
    w.store.sql("update collect_trouble set since = now() - interval '11 minutes' where mailbox = 'box9'")
    w.wait(alarm % "count(*) = 1 and min(detail->>'box9') = 'collect.login'")
    with open(os.path.join(w.folder, "box9.secret"), "w") as f:
        f.write("wanted\n")
    w.wait(alarm % "count(*) = 0")
    w.wait("select count(*) = 1 from inbox where mailbox = 'box9'")
    collector.end()
    peer.close()


def memory_of(pid):
    """Everything that a process may write to."""
    found = []
    with open("/proc/%d/maps" % pid) as maps, open("/proc/%d/mem" % pid, "rb", 0) as mem:
        for line in maps:
            span, rights = line.split()[:2]
            if "w" not in rights:
                continue
            begin, end = (int(x, 16) for x in span.split("-"))
            try:
                mem.seek(begin)
                found.append(mem.read(end - begin))
            except OSError:
                pass
    assert found, "no memory could be read"
    return b"".join(found)


@case
def collector_slow_server_delays_no_other(lab):
    """Eight mailboxes at eight servers, three of them bad: the mail of the good ones is there within seconds."""
    w = world(lab)

    def never(peer, wire, tag, line):
        time.sleep(60)
    slow = ImapPeer(lab.tls(), {1: b"x" * 500}, {"BODY": drip_literal})
    silent = ImapPeer(lab.tls(), {1: b"x"}, {"GREETING": never})
    flood = ImapPeer(lab.tls(), {1: b"x"}, {"EXAMINE": flood_untagged})
    good = [ImapPeer(lab.tls(), {n: b"From: a@b.fr\r\n\r\nbox %d mail %d\r\n" % (b, n) for n in range(1, 6)}) for b in range(5)]
    boxes = [("slow", slow), ("silent", silent), ("flood", flood)] + [("good%d" % b, peer) for b, peer in enumerate(good)]
    begin = time.time()
    collector = w.start("collector", mailboxes=[(name, peer.port, "avis", "secret") for name, peer in boxes])
    w.wait("select count(*) = 25 from inbox where mailbox like 'good_'", 20)
    first = time.time() - begin
    for b, peer in enumerate(good):
        peer.arrive(6, b"From: a@b.fr\r\n\r\nlater %d\r\n" % b)
    w.wait("select count(*) = 30 from inbox where mailbox like 'good_'", 20)
    assert first < 15, "the first 25 took %.1f s" % first        # the bad ones take twenty, fifty and sixty
    expect("trouble of the good", [e for e in collector.events("collect-failed") if e["mailbox"].startswith("good")], [])
    expect("of the bad", w.store.sql("select count(*) from inbox where mailbox in ('slow', 'silent', 'flood')")[0][0], "0")
    collector.end()
    for _, peer in boxes:
        peer.close()


@case
def collector_new_uidvalidity(lab):
    w = world(lab)
    messages = {1: b"From: a@b.fr\r\n\r\none\r\n", 2: b"From: a@b.fr\r\n\r\ntwo\r\n"}
    peer = ImapPeer(lab.tls(), messages, idle=False)
    collector = w.start("collector", mailboxes=[("box3", peer.port, "avis", "secret")])
    w.wait("select count(*) = 2 from inbox where mailbox = 'box3'")
    peer.uidvalidity = 78
    w.wait("select count(*) = 4 from inbox where mailbox = 'box3'")
    expect("cursor", w.store.sql("select uidvalidity, uid from collect_cursor where mailbox = 'box3'"), [["78", "2"]])
    expect("told", len(collector.events("uidvalidity-changed")), 1)
    collector.end()
    peer.close()


@case
def collector_passes_over_what_it_cannot_take(lab):
    w = world(lab)

    def size(peer, wire, tag, line):
        if peer.uid(line) != 2:
            return False
        wire.send(b"* 2 FETCH (UID 2 RFC822.SIZE 99000000)\r\n" + tag + b" OK done\r\n")

    def body(peer, wire, tag, line):
        if peer.uid(line) != 3:
            return False
        wire.send(tag + b" OK done\r\n")
    messages = {n: b"From: a@b.fr\r\n\r\nmail %d\r\n" % n for n in range(1, 5)}
    peer = ImapPeer(lab.tls(), messages, {"SIZE": size, "BODY": body}, idle=False)
    collector = w.start("collector", mailboxes=[("box4", peer.port, "avis", "secret")])
    w.wait("select count(*) = 2 from inbox where mailbox = 'box4'", 30)
    expect("kept", [row[0] for row in collected(w, "box4")], ["1", "4"])
    expect("skipped", w.store.sql("select uid, size from collect_skip where mailbox = 'box4' order by uid"),
           [["2", "99000000"], ["3", str(len(messages[3]))]])
    collector.end()
    peer.close()


@case
def collector_one_bad_mailbox_spoils_no_other(lab):
    w = world(lab)

    def deep(peer, wire, tag, line):
        wire.send(b"* 1 FETCH (UID 1 BODYSTRUCTURE " + b"(" * 60000 + b"\r\n")
    bad = ImapPeer(lab.tls(), {1: b"x"}, {"SIZE": deep})
    closed = ImapPeer(lab.tls(), {1: b"x"}, {"GREETING": None})
    good = ImapPeer(lab.tls(), {1: b"From: a@b.fr\r\n\r\none\r\n"})
    collector = w.start("collector", mailboxes=[("bad", bad.port, "avis", "secret"), ("closed", closed.port, "avis", "secret"),
                                                ("wrong", good.port, "avis", "another"), ("good", good.port, "avis", "secret")])
    w.wait("select count(*) = 1 from inbox where mailbox = 'good'")
    good.arrive(2, b"From: a@b.fr\r\n\r\ntwo\r\n")
    w.wait("select count(*) = 2 from inbox where mailbox = 'good'")
    end = time.time() + 20
    while len(reasons := {e["mailbox"]: e["reason"] for e in collector.events("collect-failed")}) < 3 and time.time() < end:
        time.sleep(0.05)                        # each mailbox in a child of its own: the good one may be quicker
    expect("told", reasons, {"bad": "collect.protocol", "closed": "collect.connect", "wrong": "collect.login"})
    assert "secret" not in collector.log() and "another" not in collector.log()
    collector.end()
    for peer in (bad, closed, good):
        peer.close()
