"""An instance with strangers around it, small and quick: for drills. What is asked of it at the end is the same whatever was done to it:
every message acknowledged has one evidenced outcome, nothing is lost, nothing is done twice."""
import collections
import contextlib
import hashlib
import json
import os
import re
import shutil
import signal
import ssl
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "../journey")]
import canary           # noqa: E402
import council          # noqa: E402
import documents        # noqa: E402
import lives            # noqa: E402
import peers            # noqa: E402
from psql import Sessions, tool          # noqa: E402
from ports import free_port        # noqa: E402

DOMAIN, HOSTNAME = "avis.exemple.mssante.fr", "mx.avis.exemple.mssante.fr"
DEPOT = f"depot@{DOMAIN}"
HOSPITAL, PLATFORM = "pfi@chu-exemple.mssante.fr", "demandes@plateforme.mssante.fr"
OPERATOR = "mx.operateur.mssante.fr"
DOMAINS = ("chu-exemple.mssante.fr", "plateforme.mssante.fr", "patient.mssante.fr", "experts.mssante.fr", "medecins.mssante.fr")
SIMPLE = "exercice"      # a pathology that asks for no exam
OPENER = 60713           # the user of relais-opener (gateway/instance.h)
NUMBERS = re.compile(rb"2[6-9]\d(?:0[1-9]|1[0-2])99\d{8}")     # patient_number's
# What one dossier makes, each once.
MAILS = {"request": collections.Counter(("M01", "M02", "M70")),
         "life": collections.Counter(("M01", "M70", "M06", "M10", "M07", "M13", "M21", "M64", "M16"))}
OPEN = "('decided', 'composed', 'sealed', 'sending')"


def wait_for(what, check, seconds=60, pause=0.05):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = check()
        if found:
            return found
        time.sleep(pause)
    raise TimeoutError(f"{what}: not within {seconds} s")


def alive(pid):
    try:
        with open(f"/proc/{pid}/stat") as f:
            return f.read().rsplit(")", 1)[1].split()[0] not in "ZX"
    except OSError:
        return False


def children(pid):
    try:
        with open(f"/proc/{pid}/task/{pid}/children") as f:
            return [int(p) for p in f.read().split() if alive(p)]
    except OSError:
        return []


def family(pid):
    return [p for child in children(pid) for p in [*family(child), child]]


def signal_all(pids, number):
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)


def patient_number(n):
    """A number of the test range with its key: sex, year, month, place, order, key (97 less the rest)."""
    thirteen = f"2{60 + n // 12000 % 40:02d}{n // 1000 % 12 + 1:02d}99{n // 100000 % 900 + 100:03d}{n % 1000:03d}"
    return thirteen + f"{97 - int(thirteen) % 97:02d}"


def identity(n):
    letters = "".join(chr(ord("A") + n // 26 ** i % 26) for i in range(4))
    return documents.patient(patient_number(n), f"PAT-EXERCICE {letters}", "CAMILLE", "CAMILLE", f"19{60 + n // 12000 % 40:02d}{n // 1000 % 12 + 1:02d}11", "F", "51215")


class Connection:
    """One that is kept, for questions by the hundred."""

    def __init__(self, command):
        self.command, self.psql = command, None

    def ask(self, query):
        """One line, or None while the database is away."""
        try:
            if self.psql is None or self.psql.poll() is not None:
                self.psql = subprocess.Popen(self.command(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, cwd="/")
            self.psql.stdin.write(query + ";\n")
            self.psql.stdin.flush()
            line = self.psql.stdout.readline()
        except OSError:
            line = ""
        if not line:
            self.close()
            return None
        return line.strip()

    def close(self):
        if self.psql is not None:
            self.psql.kill()
            self.psql.wait()
            with contextlib.suppress(OSError):
                self.psql.stdin.close()
            self.psql.stdout.close()
        self.psql = None


class Rig:
    def __init__(self, folder, bin_dir, workers=1, settings="", init=(), environment=None, senders=4, restart_ms=50):
        self.folder, self.workers, self.settings, self.init = folder, workers, settings, init
        self.environment = dict(os.environ, RELAIS_ACTOR="exercice", **(environment or {}))
        self.restart_ms = restart_ms                 # the longest pause before what ended is started again
        os.makedirs(folder, exist_ok=True)
        os.chmod(folder, 0o755)
        for part in ("bin", "share"):
            shutil.copytree(os.path.join(bin_dir, "..", part), os.path.join(folder, part), dirs_exist_ok=True)
        subprocess.run(["chmod", "-R", "a+rX", os.path.join(folder, "bin"), os.path.join(folder, "share")], check=True)
        self.bin, self.dir = os.path.join(folder, "bin"), os.path.join(folder, "relais")
        self.pki = os.path.join(self.dir, "pki")
        self.port, self.sink_port = free_port(), free_port()
        self.messages, self.n_senders, self.senders, self.sink, self.people, self.scanner = {}, senders, None, None, None, None
        self.psql, self.sessions = self.connection(), Sessions(self.psql_command)
        self.stops = 0                               # mails that may wait for a person, as there was no memory to search them
        self.doubts = 0                              # mails that may have left twice: their deliverer died, or its cable was cut
        self.number, self.sockets = 0, None          # sockets: where PostgreSQL is when it is not the instance's own

    # ---------------------------------------------------------------- command line and database

    def relais(self, *words, check=True, enter=()):
        done = subprocess.run([*enter, os.path.join(self.bin, "relais"), *words, "--dir", self.dir], capture_output=True, text=True, env=self.environment,
                              stdin=subprocess.DEVNULL)
        if check and done.returncode != 0:
            raise RuntimeError(f"relais {' '.join(words)}: {done.returncode}: {done.stdout[-2000:]}{done.stderr[-2000:]}")
        return done

    def status(self):
        done = subprocess.run([os.path.join(self.bin, "relais"), "status", self.dir, "--json"], capture_output=True, text=True, env=self.environment)
        return json.loads(done.stdout)

    def process(self, name):
        """Straight from the master's own file: quick."""
        with open(os.path.join(self.dir, "run/status.json")) as f:
            return next(p for p in json.load(f)["processes"] if p["name"] == name)

    def master(self):
        with open(os.path.join(self.dir, "run/status.json")) as f:
            return json.load(f)["pid"]

    def psql_command(self):
        return [tool("psql"), "-h", self.sockets or f"{self.dir}/run/db", "-U", "postgres", "-d", "relais", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1"]

    def sql(self, text):
        return self.sessions.ask(text).strip()

    def connection(self):
        return Connection(self.psql_command)

    def ask(self, query):
        """Over a connection that is kept: one line, or None while the database is away."""
        return self.psql.ask(query)

    # ---------------------------------------------------------------- start

    def _pki(self, *words):
        subprocess.run(["bash", os.path.join(self.bin, "../share/relais/make-test-pki.sh"), *words], check=True, capture_output=True)

    def issue(self, name, kind, **more):
        self._pki("issue", self.pki, name, f"kind={kind}", *[f"{k}={v}" for k, v in more.items()])
        return os.path.join(self.pki, f"{name}.pem"), os.path.join(self.pki, f"{name}.key")

    def prepare(self):
        """All but the start."""
        subprocess.run([os.path.join(self.bin, "relais"), "init", self.dir, "--domain", DOMAIN, "--hostname", HOSTNAME, "--listen", f"127.0.0.1:{self.port}",
                        *self.init], check=True, capture_output=True, text=True)
        self.anchors = os.path.join(self.pki, "anchors-tls.pem")
        self.operator = self.issue("operateur", "tls-both", cn=OPERATOR, dns=OPERATOR)
        self.hospital = self.issue("hopital", "seal", cn="CHU EXEMPLE", email=HOSPITAL)
        self.platform = self.issue("plateforme", "seal", cn="PLATEFORME DE DEMANDES", email=PLATFORM)
        self.expert = self.issue("expert", "person", cn="Claire MOREAU", email=lives.EXPERT)
        self.opening, private = self.issue("ouverture", "opening", cn="Chiffrement", email=f"avis@{DOMAIN}", key="p256")
        os.chmod(private, 0o400)
        os.chown(private, OPENER, OPENER)
        routes = ", ".join(f'{{ domain = "{d}"; host = "127.0.0.1"; server_name = "{OPERATOR}"; port = {self.sink_port}; }}' for d in DOMAINS)
        path = os.path.join(self.dir, "relais.conf")
        with open(path) as f:
            text = f.read()
        text = re.sub(r"^deliverer = {.*?^};\n", "", text, flags=re.S | re.M)
        text = re.sub(r"^workers = \d+;", f"workers = {self.workers};", text, flags=re.M)
        # A hundred starts a minute are what a drill is for; a peer's rate is not what is drilled.
        text = re.sub(r"(receiver = {)", r"\1\n\tpeer_messages_minute = 0;\n\tpeer_connections_minute = 0;", text)
        with open(path, "w") as f:
            f.write(f'{text}\ndeliverer = {{\n\tcrls = "pki/crls"; mx = false; retry_seconds = 1;\n\troutes = ( {routes} );\n}};\n'
                    'opener = { certificate = "pki/ouverture.pem"; key = "pki/ouverture.key"; };\n'
                    f'antivirus = {{ clamd = "{self.folder}/clamd"; }};\nrestart_pause_ms = {self.restart_ms};\n{self.settings}\n')
        self.sink = peers.Sink(self.sink_port, *self.operator)
        self.scanner = peers.Scanner(os.path.join(self.folder, "clamd"))

    def start(self):
        self.prepare()
        self.run()
        self.begin()
        return self

    def begin(self):
        """Rules, and senders."""
        self._rules()
        self.senders = peers.Senders(self.port, self.anchors, *self.operator, n=self.n_senders)
        self.people = lives.People(self)

    def move_sink(self):
        """To another port, which is given: something is to stand before it."""
        self.sink.stop()
        port = free_port()
        self.sink = peers.Sink(port, *self.operator)
        return port

    def halt(self):
        """The instance alone; its strangers stay."""
        subprocess.run([os.path.join(self.bin, "relais"), "stop", self.dir], capture_output=True)
        self.psql.close()

    def stop_quietly(self):
        """All of it, while what it stands on is still there."""
        self.people.stop()
        self.senders.stop()
        self.halt()

    def run(self, enter=()):
        done = subprocess.run([*enter, os.path.join(self.bin, "relais"), "start", self.dir], capture_output=True, text=True, env=self.environment, stdin=subprocess.DEVNULL)
        if done.returncode != 0:
            raise RuntimeError("start: " + done.stdout + done.stderr)
        wait_for("the receiver", self._listens, 30)

    def _listens(self):
        import socket
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1):
            return True
        return False

    def _rules(self):
        def fingerprint(path):
            with open(path) as f:
                pem = f.read()
            return hashlib.sha256(ssl.PEM_cert_to_DER_cert(pem[:pem.index("-----END CERTIFICATE-----") + 25])).hexdigest()
        subject = subprocess.run(["openssl", "x509", "-in", self.operator[0], "-noout", "-subject", "-nameopt", "RFC2253,-esc_msb,utf8"], capture_output=True,
                                 text=True, check=True).stdout.strip().removeprefix("subject=")
        rows = "".join(f"<Domaine><Nom>{d}</Nom><Description>Exercice</Description><DNCertificatOperateur>{subject}</DNCertificatOperateur>"
                       "<DateMAJ>2026-11-01T00:00:00Z</DateMAJ></Domaine>" for d in DOMAINS)
        files = {
            "sender": [
                {"organisation": "CHU EXEMPLE", "id": "1750000018", "domains": ["chu-exemple.mssante.fr"], "certificates": [fingerprint(self.hospital[0])],
                 "classes": ["record"], "signature": "required", "identities": "test"},
                {"organisation": "PLATEFORME DE DEMANDES", "id": "312345678900017", "domains": ["plateforme.mssante.fr"],
                 "certificates": [fingerprint(self.platform[0])], "classes": ["request", "record"], "signature": "required", "identities": "test"}],
            "expert": [
                {"rpps": "01234567123", "title": "Pr", "given": "Claire", "family": "MOREAU", "specialty": "G15_10/SM36", "mailbox": lives.EXPERT,
                 "organisation": "CENTRE DES SEINS", "organisation_id": "1690000024", "pathologies": [SIMPLE],
                 "certificates": [fingerprint(self.expert[0])], "capacity": 99999}],
            "trust": '<?xml version="1.0" encoding="UTF-8"?><ListeBlancheMSSante xmlns="https://listeblanche.mssante.fr/schema">'
                     f"<DateDeGeneration>2026-11-01T00:00:00Z</DateDeGeneration><ListeDomaines>{rows}</ListeDomaines></ListeBlancheMSSante>"}
        for verb, value in files.items():
            path = os.path.join(self.folder, verb)
            with open(path, "w") as f:
                f.write(value if isinstance(value, str) else json.dumps(value))
            self.relais(verb, "import", path)
        council.load_first(self)
        of = council.questionnaire("1", council.ASKED, url="https://avis.exemple.fr/fhir/Questionnaire/exercice")
        council.load(self, of, dict(council.pathology("1", of), code=SIMPLE))

    # ---------------------------------------------------------------- load

    def make(self, kind, beside=()):
        """request: a dossier is opened, the patient is told twice, the platform once; life: the same of a dossier that lacks nothing and goes its
        way to the report; record: of a patient without a dossier, held with a nurse, and the hospital is told; sealed: the same, encrypted to the service."""
        self.number += 1
        who = identity(self.number)
        number = patient_number(self.number)
        if kind in ("record", "sealed"):
            content = documents.made_exam("18748-4", identity=who)
            code, sender, key = "18748-4", HOSPITAL, self.hospital
        else:
            content = documents.questionnaire(documents.answers(SIMPLE if kind == "life" else "cancer-sein"), identity=who)
            code, sender, key = "74465-6", PLATFORM, self.platform
        archive = documents.xdm([documents.packed(code, content)], ins=number)
        body = peers.signed(peers.entity("Exercice.", [("IHE_XDM.zip", "application/zip", archive), *beside]), *key)
        if kind == "sealed":
            body = lives.encrypted(body, self.opening)
        return peers.Message(kind, sender, DEPOT, "XDM/1.0/DDM+Exercice", body)

    def put(self, message):
        self.messages[message.id] = message
        self.senders.put(message)
        return message

    def send(self, kind="record"):
        return self.put(self.make(kind))

    def open_work(self):
        """Messages without an outcome and mails without an end; None while the database is away. What waits for a person does not count."""
        line = self.ask(f"select (select count(*) from relais.inbox where state <> 'done') + (select count(*) from relais.outbox where state in {OPEN} and next_at < 'infinity')")
        return None if line is None else int(line)

    def with_nurse(self):
        """Files that wait for her; None while the database is away."""
        line = self.ask("select count(*) from relais.dossier where state in ('triage', 'checked')")
        return None if line is None else int(line)

    def still(self, moment=0.05):
        """Every message acknowledged, nothing under way, nobody about to act, looked at twice: an answer may be on its way between two looks."""
        def now():
            return (all(m.acknowledged or m.refused for m in list(self.messages.values())) and self.people.idle() and self.open_work() == 0 and
                    self.with_nurse() == 0)
        return now() and not time.sleep(moment) and now()

    def settle(self, seconds=120):
        wait_for("every message acknowledged, nothing under way", lambda: self.still(0.3), seconds)

    # ---------------------------------------------------------------- what came of it

    def rows(self, query):
        return json.loads(self.sql(f"select coalesce(json_agg(t), '[]') from ({query}) t"))

    def verdict(self):
        """(figures, faults): faults is empty when all is as it must be."""
        faults, figures = [], {}
        done = self.relais("reconcile", "--json", check=False)
        checks = json.loads(done.stdout) if done.stdout.startswith("[") else []
        figures["reconcile"] = "agrees" if done.returncode == 0 else "does not agree"
        if done.returncode != 0 or not checks:
            faults.append("reconcile: " + "; ".join(f"{c['name']} {c['bad']}" for c in checks if c["bad"]) + done.stderr[-300:])
        inbox = collections.defaultdict(list)       # by its bytes: one that no reader could read has no Message-ID
        names = {m.digest: m.id for m in self.messages.values()}
        for row in self.rows("select i.id, encode(b.digest, 'hex') as digest, outcome, reason, dossier from relais.inbox i join relais.body b on b.id = i.body"):
            inbox[names.get(row["digest"], row["digest"])].append(row)
        acknowledged = {m.id for m in self.messages.values() if m.acknowledged}
        strangers = sorted(set(inbox) - set(self.messages))
        if strangers:
            faults.append(f"{len(strangers)} messages that nobody sent: {strangers[:3]}")
        figures["messages acknowledged"] = len(acknowledged)
        lost = [i for i in acknowledged if not inbox.get(i)]
        if lost:
            faults.append(f"{len(lost)} acknowledged messages lost: {lost[:3]}")
        twice = [i for i, rows in inbox.items() if sum(r["outcome"] != "duplicate" for r in rows) != 1]
        if twice:
            faults.append(f"{len(twice)} messages without one outcome: {twice[:3]} {[inbox[i] for i in twice[:3]]}")
        unread = [i for i, rows in inbox.items() if any(r["reason"] == "mail.unreadable" for r in rows)]
        if unread:
            figures["held with the operator, as a reader ended at them"] = len(unread)
        figures["outcomes"] = dict(collections.Counter(r["outcome"] for rows in inbox.values() for r in rows))
        self._dossiers(figures, faults, inbox, [self.messages[i].kind for i in unread if i in self.messages])
        self._mails(figures, faults)
        leaks = self.leaks()
        if leaks:
            faults.append(f"patients' data in {leaks[:3]}")
        return figures, faults

    def leaks(self, folders=()):
        """[(file, words)]: who the patients are, and what was written, in logs, journals, state, and the folders given besides."""
        words = {"PAT-EXERCICE", "CAMILLE", documents.INS, "Mastectomie", *(w for w in lives.OPINION.values() if len(w) > 20)}
        searched = {form: word for word in words for form in canary.forms(word)}
        places = [os.path.join(self.dir, part) for part in ("log", "journal", "run", "spool")] + list(folders)
        found = []
        for at, _, names in (entry for place in places for entry in os.walk(place)):
            for name in names:
                path = os.path.join(at, name)
                if os.path.isfile(path):
                    with open(path, "rb") as f:
                        text = canary.squeezed(f.read())
                    found += [(path, word) for form, word in searched.items() if form in text]
                    found += [(path, "a number") for n in NUMBERS.findall(text) if int(n[13:]) == 97 - int(n[:13]) % 97]
        return found

    def _dossiers(self, figures, faults, inbox, unread):
        """Each opened by one message; each mail that its life makes was made once, and no other. A life may stand still where a reader ended at
        the expert's answer, which the operator has now."""
        opened, stopped = {}, 0
        for i, rows in inbox.items():
            kind = self.messages[i].kind if i in self.messages else ""
            for row in rows:
                if row["outcome"] in ("filed", "applied") and kind in MAILS:
                    if opened.setdefault(row["dossier"], kind) != kind or sum(r["dossier"] == row["dossier"] for r in rows) > 1:
                        faults.append(f"dossier {row['dossier']} was opened twice")
        made = collections.defaultdict(collections.Counter)
        for row in self.rows("select coalesce(o.dossier, i.dossier) as dossier, o.code from relais.outbox o left join relais.inbox i on i.id = o.inbox"
                             " where o.code <> 'M71' or i.reason is distinct from 'mail.unreadable'"):         # his sender is told, a participant too
            made[row["dossier"]][row["code"]] += 1
        dossiers = int(self.sql("select count(*) from relais.dossier"))
        requests = sum(m.kind in MAILS and m.acknowledged for m in self.messages.values())
        figures["dossiers"] = dict(collections.Counter(opened.values()))
        if dossiers != len(opened) or dossiers > requests:
            faults.append(f"{dossiers} dossiers, {len(opened)} messages that opened one, {requests} requests")
        for dossier, kind in opened.items():
            if made[dossier] != MAILS[kind]:
                stopped += kind == "life" and made[dossier] <= MAILS[kind]
                if kind != "life" or not made[dossier] <= MAILS[kind]:
                    faults.append(f"dossier {dossier}, a {kind}: made {dict(made[dossier])}")
        figures["lives that stand still"] = stopped
        if stopped > sum(kind in ("acceptance", "opinion") for kind in unread) + self.stops:
            faults.append(f"{stopped} lives stand still: {[(d, dict(made[d])) for d, k in opened.items() if k == 'life' and made[d] != MAILS[k]][:3]}")

    def _mails(self, figures, faults):
        mails = self.rows("select message_id, state, reason, code, inbox from relais.outbox")
        accepted = {m["message_id"] for m in mails if m["state"] == "accepted"}
        figures["mails accepted"] = len(accepted)
        copies = figures["copies beyond one"] = sum(n - 1 for n in self.sink.mails.values())
        if copies > self.doubts:
            faults.append(f"{copies} mails came twice, {self.doubts} may have: {[i for i, n in self.sink.mails.items() if n > 1][:3]}")
        never = accepted - set(self.sink.mails)
        if never:
            faults.append(f"{len(never)} mails accepted by nobody: {sorted(never)[:3]}")
        stray = set(self.sink.mails) - {m["message_id"] for m in mails}
        if stray:
            faults.append(f"{len(stray)} mails left that the database does not know: {sorted(stray)[:3]}")
        unread = [m for m in mails if m["state"] == "decided" and m["reason"] == "shield.unread"]
        figures["stopped for a person, as they could not be searched"] = len(unread)
        if len(unread) > self.stops:
            faults.append(f"{len(unread)} mails stopped for a person, {self.stops} may be: {unread[:3]}")
        # The expert answered an offer whose 250 we never heard.
        early = [m for m in mails if (m["state"], m["reason"]) == ("cancelled", "dossier.offer.over") and m["message_id"] in self.sink.mails]
        figures["offers withdrawn that had come"] = len(early)
        if len(early) > self.doubts:
            faults.append(f"{len(early)} offers that had come were withdrawn, {self.doubts} may be: {early[:3]}")
        wrong = [m for m in mails if m["state"] != "accepted" and m["reason"] != "sent.before" and m not in unread + early]
        if wrong:
            faults.append(f"{len(wrong)} mails without their end: {wrong[:3]}")
        answered = collections.Counter((m["inbox"], m["code"]) for m in mails if m["inbox"] is not None)
        same = [k for k, n in answered.items() if n > 1]
        if same:
            faults.append(f"a message was answered twice: {same[:3]}")
        silent = self.rows("select i.id, i.reason from relais.inbox i where i.outcome = 'held' and i.reason <> 'mail.unreadable' "
                           "and not exists (select from relais.outbox o where o.inbox = i.id and o.party = 'sender')")
        if silent:
            faults.append(f"{len(silent)} messages were held and their sender told nothing: {silent[:3]}")

    def stop(self):
        for stranger in (self.people, self.senders):
            if stranger:
                stranger.stop()
        self.psql.close()
        subprocess.run([os.path.join(self.bin, "relais"), "stop", self.dir], capture_output=True)
        for stranger in (self.sink, self.scanner):
            if stranger:
                stranger.stop()

    def tail(self, lines=40):
        with contextlib.suppress(OSError), open(os.path.join(self.dir, "log/relais.log")) as f:
            return "".join(f.readlines()[-lines:])
        return ""
