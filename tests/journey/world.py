"""An embedded Relais with its correspondents around it: two operators' Postfix, Dovecot's mailboxes, certificates of one test authority."""
import hashlib
import json
import os
import re
import shutil
import ssl
import subprocess
import time

import council
import documents
from clients import Mailbox
from correspondents import Correspondents, MAIL_PASSWORD, free_port, wait_port
from database import sql

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.realpath(os.path.join(HERE, "../.."))
DOMAIN, HOSTNAME = "avis.exemple.mssante.fr", "mx.avis.exemple.mssante.fr"
HOSPITAL, PLATFORM = "pfi@chu-exemple.mssante.fr", "demandes@plateforme.mssante.fr"
EXPERT, SECOND_EXPERT = "pr.moreau@experts.mssante.fr", "dr.petit@experts.mssante.fr"
ATTENDING, FIRST = "dr.garnier@medecins.mssante.fr", "dr.lemoine@medecins.mssante.fr"
PATIENT = f"{documents.INS}@patient.mssante.fr"
SERVICE_BOX = "avis-demandes@operateur-b.mssante.fr"
DEPOT = f"depot@{DOMAIN}"
OPERATORS = {
    "operateur-a": ("mx.operateur-a.mssante.fr", {"chu-exemple.mssante.fr": ["pfi"], "plateforme.mssante.fr": ["demandes"]}),
    "operateur-b": ("mx.operateur-b.mssante.fr", {
        "experts.mssante.fr": ["pr.moreau", "dr.petit"], "medecins.mssante.fr": ["dr.garnier", "dr.lemoine"],
        "patient.mssante.fr": [documents.INS], "operateur-b.mssante.fr": ["avis-demandes"]}),
}


class World:
    domain, hostname = DOMAIN, HOSTNAME
    init = ()                                           # more options of relais init

    def __init__(self, folder, bin_dir, cache):
        self.folder, self.cache = folder, cache
        self.bin = self._reachable(bin_dir)
        self.dir = os.path.join(folder, "relais")
        self.pki = os.path.join(self.dir, "pki")
        self.port = free_port()
        self.correspondents = None
        self.operators = dict(OPERATORS)
        self.ports = {}
        self.started = False

    def _reachable(self, bin_dir):
        """The processes run under users of their own: a copy of the executables that these can reach, wherever the project lies."""
        os.makedirs(self.folder, exist_ok=True)
        os.chmod(self.folder, 0o755)
        for part in ("bin", "share"):
            shutil.copytree(os.path.join(bin_dir, "..", part), os.path.join(self.folder, part), dirs_exist_ok=True)
        subprocess.run(["chmod", "-R", "a+rX", os.path.join(self.folder, "bin"), os.path.join(self.folder, "share")], check=True)
        return os.path.join(self.folder, "bin")

    # ---------------------------------------------------------------- command line

    def relais(self, *words, check=True, as_json=False):
        command = [os.path.join(self.bin, "relais"), *words, "--dir", self.dir] + (["--json"] if as_json else [])
        done = subprocess.run(command, capture_output=True, text=True, env=dict(os.environ, RELAIS_ACTOR="infirmiere"))
        if check and done.returncode != 0:
            raise RuntimeError(f"relais {' '.join(words)}: {done.returncode}: {done.stdout}{done.stderr}")
        return json.loads(done.stdout) if as_json else done

    # ---------------------------------------------------------------- certificates

    def _pki(self, *words):
        script = os.path.join(self.bin, "../share/relais/make-test-pki.sh")
        done = subprocess.run(["bash", script, *words], capture_output=True, text=True)
        if done.returncode != 0:
            raise RuntimeError(f"make-test-pki.sh {' '.join(words)}: {done.stdout}{done.stderr}")

    def issue(self, name, kind, **more):
        """One more certificate of the test authority; gives (certificate with chain, key)."""
        self._pki("issue", self.pki, name, f"kind={kind}", *[f"{k}={v}" for k, v in more.items()])
        return os.path.join(self.pki, f"{name}.pem"), os.path.join(self.pki, f"{name}.key")

    def foreign(self):
        """A client certificate and a seal of an authority that nobody trusts: ((pem, key), (pem, key))."""
        folder = os.path.join(self.folder, "foreign")
        if not os.path.isdir(folder):
            os.makedirs(folder)
            self._pki("foreign", folder)
        return [tuple(os.path.join(folder, f"foreign-{kind}.{end}") for end in ("pem", "key")) for kind in ("tls", "seal")]

    @staticmethod
    def fingerprint(path):
        with open(path) as f:
            pem = f.read()
        first = pem[:pem.index("-----END CERTIFICATE-----") + 25]
        return hashlib.sha256(ssl.PEM_cert_to_DER_cert(first)).hexdigest()

    def subject(self, path):
        out = subprocess.run(["openssl", "x509", "-in", path, "-noout", "-subject", "-nameopt", "RFC2253,-esc_msb,utf8"],
                             capture_output=True, text=True, check=True).stdout
        return out.strip().removeprefix("subject=")

    # ---------------------------------------------------------------- start

    def start(self):
        subprocess.run([os.path.join(self.bin, "relais"), "init", self.dir, "--domain", DOMAIN, "--hostname", HOSTNAME,
                        "--listen", self.listen(), *self.init], check=True, capture_output=True, text=True)
        self.anchors = os.path.join(self.pki, "anchors-tls.pem")
        self.mail_anchors = os.path.join(self.pki, "anchors-smime.pem")
        self._correspondents()
        self._configure()
        self.relais_start()
        self._rules()

    def listen(self):
        return f"127.0.0.1:{self.port}"

    def _correspondents(self):
        self.correspondents = Correspondents(os.path.join(self.folder, "autres"), self.cache, self.anchors)
        self.ports = {name: (free_port(), free_port()) for name in self.operators}
        certificate, key = self.issue("dovecot", "tls-server", cn="imap.operateur-b.mssante.fr", dns="imap.operateur-b.mssante.fr")
        self.correspondents.start_dovecot(certificate, key)
        for name, (hostname, _) in self.operators.items():
            self.issue(name, "tls-both", cn=hostname, dns=hostname)
            self.operator_starts(name)
        self.hospital = self.issue("hopital", "seal", cn="CHU EXEMPLE", email=HOSPITAL)
        self.platform = self.issue("plateforme", "seal", cn="PLATEFORME DE DEMANDES", email=PLATFORM)
        self.expert = self.issue("expert", "person", cn="Claire MOREAU", email=EXPERT)
        self.second_expert = self.issue("expert2", "person", cn="Luc PETIT", email=SECOND_EXPERT)

    def operator_starts(self, name):
        hostname, domains = self.operators[name]
        routes = [(DOMAIN, HOSTNAME, self.port)] + [(domain, host, self.ports[other][0]) for other, (host, others) in self.operators.items()
                                                    if other != name for domain in others]
        certificate, key = (os.path.join(self.pki, f"{name}.{end}") for end in ("pem", "key"))
        self.correspondents.start_postfix(name, hostname, domains, certificate, key, routes, self.ports[name])

    def _configure(self):
        """The operators' routes and the collected mailbox go into the configuration that init wrote."""
        password = os.path.join(self.dir, "collector.password")
        with open(password, "w") as f:
            f.write(MAIL_PASSWORD + "\n")
        status = os.stat(os.path.join(self.pki, "collector.key"))
        os.chown(password, status.st_uid, status.st_gid)
        os.chmod(password, 0o600)
        corpus = documents.corpus()
        schema = os.path.join(self.folder, "schema")
        if corpus:
            subprocess.run(["cp", "-r", os.path.join(corpus, "cda-schema"), schema], check=True)
            subprocess.run(["chmod", "-R", "a+rX", schema], check=True)
        routes = ",\n".join(
            f'    {{ domain = "{domain}"; host = "127.0.0.1"; server_name = "{hostname}"; port = {self.ports[name][0]}; }}'
            for name, (hostname, domains) in self.operators.items() for domain in domains)
        schema_line = f'schema = "{schema}"; ' if corpus else ""
        groups = {
            "inspect": f'crls = "pki/crls"; {schema_line}',
            "deliverer": f'crls = "pki/crls"; mx = false; retry_seconds = 1; routes = (\n{routes} );',
            "collector": f"""crls = "pki/crls"; poll_seconds = 2; mailboxes = (
    {{ name = "{SERVICE_BOX}"; host = "127.0.0.1"; server_name = "imap.operateur-b.mssante.fr"; port = {self.correspondents.imap_port};
      user = "{SERVICE_BOX}"; password_file = "collector.password"; origin = "operateur-b.mssante.fr"; }} );""",
        }
        self.set_groups(groups)

    def set_groups(self, groups):
        """Replaces whole groups of the configuration that init wrote."""
        path = os.path.join(self.dir, "relais.conf")
        with open(path) as f:
            text = f.read()
        for name, body in groups.items():
            text = re.sub(rf"^{name} = {{.*?^}};\n", "", text, flags=re.S | re.M) + f"\n{name} = {{\n{body}\n}};\n"
        with open(path, "w") as f:
            f.write(text)
        self.relais_check()

    def relais_check(self):
        done = subprocess.run([os.path.join(self.bin, "relais"), "config", "check", os.path.join(self.dir, "relais.conf")],
                              capture_output=True, text=True)
        if done.returncode != 0:
            raise RuntimeError("config check: " + done.stdout + done.stderr)

    def relais_start(self, enter=()):
        """enter: what to put before the command, so that it runs elsewhere."""
        done = subprocess.run([*enter, os.path.join(self.bin, "relais"), "start", self.dir], capture_output=True, text=True, stdin=subprocess.DEVNULL)
        if done.returncode != 0:
            raise RuntimeError("start: " + done.stdout + done.stderr)
        self.started = True
        self.wait_receiver()

    def wait_receiver(self):
        wait_port(self.port)

    def relais_stop(self):
        subprocess.run([os.path.join(self.bin, "relais"), "stop", self.dir], capture_output=True, text=True, check=self.started)
        self.started = False

    def status(self):
        done = subprocess.run([os.path.join(self.bin, "relais"), "status", self.dir, "--json"], capture_output=True, text=True)
        return json.loads(done.stdout)

    def rest(self):
        """Nothing is under way, and the operators' reports on what left are here: no row comes by itself any more. What waits for a person does not count."""
        wait_for("an end of all that is under way", lambda: sql(self, """select not exists (select from relais.inbox where state <> 'done')
            and not exists (select from relais.outbox where state in ('decided', 'composed', 'sealed', 'sending') and looked is distinct from 'held'
                            or state in ('accepted', 'failed') and not told or state = 'accepted' and form = 'signed' and channel = 'mail' and proof < 3)""") == "t", 150)

    # ---------------------------------------------------------------- rules

    def white_list(self):
        entries = "".join(
            f"<Domaine><Nom>{domain}</Nom><Description>Essai</Description><DNCertificatOperateur>"
            f"{self.subject(os.path.join(self.pki, name + '.pem'))}</DNCertificatOperateur><DateMAJ>2026-11-01T00:00:00Z</DateMAJ></Domaine>"
            for name, (_, domains) in self.operators.items() for domain in domains)
        return ('<?xml version="1.0" encoding="UTF-8"?><ListeBlancheMSSante xmlns="https://listeblanche.mssante.fr/schema">'
                f"<DateDeGeneration>2026-11-01T00:00:00Z</DateDeGeneration><ListeDomaines>{entries}</ListeDomaines></ListeBlancheMSSante>")

    def rules(self):
        return {
            "sender": [
                {"organisation": "CHU EXEMPLE", "id": "1750000018", "domains": ["chu-exemple.mssante.fr"],
                 "certificates": [self.fingerprint(self.hospital[0])], "classes": ["record", "replacement", "deletion"],
                 "signature": "required", "identities": "test"},
                {"organisation": "PLATEFORME DE DEMANDES", "id": "312345678900017", "domains": ["plateforme.mssante.fr"],
                 "certificates": [self.fingerprint(self.platform[0])], "classes": ["request", "record"], "signature": "required", "identities": "test"},
            ],
            "expert": [
                {"rpps": "01234567123", "title": "Pr", "given": "Claire", "family": "MOREAU", "specialty": "G15_10/SM36", "mailbox": EXPERT,
                 "organisation": "CENTRE DES SEINS", "organisation_id": "1690000024", "pathologies": ["cancer-sein"],
                 "certificates": [self.fingerprint(self.expert[0])], "capacity": 30},
                {"rpps": "01234567222", "title": "Dr", "given": "Luc", "family": "PETIT", "specialty": "G15_10/SM36", "mailbox": SECOND_EXPERT,
                 "organisation": "INSTITUT DU SUD", "organisation_id": "1130000031", "pathologies": ["cancer-sein"],
                 "certificates": [self.fingerprint(self.second_expert[0])], "capacity": 10},
            ],
        }

    def _rules(self):
        path = os.path.join(self.folder, "regles.json")
        for kind, items in self.rules().items():
            with open(path, "w") as f:
                json.dump(items, f)
            self.relais(kind, "import", path)
        council.load_first(self)
        with open(path, "w") as f:
            f.write(self.white_list())
        self.relais("trust", "import", path)

    # ---------------------------------------------------------------- people

    def mailbox(self, address):
        return Mailbox(self.correspondents.imap_port, self.anchors, address)

    def submit_port(self, address):
        domain = address.split("@")[1]
        return next(self.ports[name][1] for name, (_, domains) in self.operators.items() if domain in domains)

    def stop(self):
        try:
            if self.started:
                self.relais_stop()
        finally:
            if self.correspondents:
                self.correspondents.stop()


def wait_for(what, check, seconds=60):
    """Polls until check() gives something true; that is returned. Less often when it takes long: asking costs those who are waited for."""
    end, pause = time.monotonic() + seconds, 0.05
    while time.monotonic() < end:
        found = check()
        if found:
            return found
        time.sleep(pause)
        pause = min(0.25, pause * 1.3)
    raise TimeoutError(f"{what}: not within {seconds} s")
