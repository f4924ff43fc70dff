"""The world of the benchmark: one Relais, whose only neighbours are a load generator and a sink, and a private Postfix to compare with."""
import io
import os
import re
import struct
import subprocess
import sys
import zipfile

ROOT = os.path.realpath(os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
sys.path.insert(0, os.path.join(ROOT, "tests/journey"))
import clients                          # noqa: E402
import documents                        # noqa: E402
import world as journey                 # noqa: E402
from correspondents import Correspondents, free_port, wait_port   # noqa: E402

# The agency's own sample of 36 KB, which carries the published test identity; its type is not one that the dossiers below lack.
SAMPLE = "BIO-TROD_2024.01_COVID-19_Grippe-A_Grippe-B.xml"
TYPE = "11502-2"
OPERATOR = "mx.operateur.mssante.fr"


def ins(number):
    """A synthetic matricule of the test identity's month and place of birth, with its key: (number 0-999)."""
    body = 2790351215000 + number % 1000
    return f"{body}{97 - body % 97:02d}"


def stored(archive):
    """The archive with its entries stored, not deflated: the mail then has the size of the baselines' small one."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(archive)) as read, zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as write:
        for entry in read.infolist():
            write.writestr(entry.filename, read.read(entry))
    return out.getvalue()


class Pools:
    """MIME entities, not signed yet. Each has documents with numbers of their own."""

    def __init__(self, folder):
        self.folder = folder
        corpus = documents.corpus()
        self.sample = None
        if corpus:
            with open(os.path.join(corpus, "cda/fr-testcontenu-3.0", SAMPLE), "rb") as f:
                self.sample = f.read()

    def _exam(self, number):
        fresh = documents.new_oid()
        if self.sample is None:
            made = documents.made_exam(TYPE, identity=documents.patient(ins=ins(number)), document_id=fresh)
            filler = b"<paragraph>Texte d'exemple.</paragraph>" * 900
            return made.replace(b"</text>", filler + b"</text>", 1)
        at = self.sample.index(b"typeId")
        head, rest = self.sample[:at], self.sample[at:]
        rest = re.sub(rb'<id\s+root="[^"]+"(?:\s+extension="[^"]+")?\s*/>', f'<id root="{fresh}"/>'.encode(), rest, count=1)
        rest = re.sub(rb"<relatedDocument.*?</relatedDocument>", b"", rest, flags=re.S)
        rest = re.sub(rb"<setId[^>]*/>", f'<setId root="{fresh}"/>'.encode(), rest, count=1)
        return head + rest.replace(documents.INS.encode(), ins(number).encode())

    def record(self, number, pdf=None):
        exam = self._exam(number)
        archive = stored(documents.xdm([documents.packed(TYPE, exam)], ins=ins(number)))
        files = [("IHE_XDM.zip", "application/zip", archive)]
        if pdf is not None:
            files.insert(0, ("compte-rendu.pdf", "application/pdf", pdf))
        return clients.entity("Compte rendu envoyé automatiquement.", files)

    def request(self, number):
        identity = documents.patient(ins=ins(number))
        question = documents.questionnaire(documents.answers(), identity=identity)
        rcp = documents.made_exam("34794-8", identity=identity)
        archive = documents.xdm([documents.packed("74465-6", question), documents.packed("34794-8", rcp)], ins=ins(number))
        return clients.entity("Demande de deuxième avis.", [("IHE_XDM.zip", "application/zip", archive)])

    def write(self, name, entities):
        path = os.path.join(self.folder, name)
        with open(path, "wb") as f:
            for entity in entities:
                f.write(struct.pack(">I", len(entity)) + entity)
        return path


class BenchWorld(journey.World):
    """An instance as `relais init` makes it; the white list knows one operator, every route leads to the sink."""

    def __init__(self, folder, bin_dir, cache):
        super().__init__(folder, bin_dir, cache)
        self.sink_port = free_port()

    def _correspondents(self):
        self.operator = self.issue("operateur", "tls-both", cn=OPERATOR, dns=f"{OPERATOR},localhost")
        self.hospital = self.issue("hopital", "seal", cn="CHU EXEMPLE", email=journey.HOSPITAL)
        self.platform = self.issue("plateforme", "seal", cn="PLATEFORME DE DEMANDES", email=journey.PLATFORM)
        self.expert = self.issue("expert", "person", cn="Claire MOREAU", email=journey.EXPERT)
        self.second_expert = self.issue("expert2", "person", cn="Luc PETIT", email=journey.SECOND_EXPERT)

    def _configure(self):
        schema, corpus = os.path.join(self.folder, "schema"), documents.corpus()
        if corpus:
            subprocess.run(["cp", "-r", os.path.join(corpus, "cda-schema"), schema], check=True)
            subprocess.run(["chmod", "-R", "a+rX", schema], check=True)
        self.schema = corpus is not None
        route = f'{{ domain = "*"; host = "127.0.0.1"; server_name = "{OPERATOR}"; port = {self.sink_port}; }}'
        groups = {"receiver": f'listen_host = "127.0.0.1"; listen_port = {self.port}; '
                              "peer_messages_minute = 0; peer_connections_minute = 0;",      # one peer sends all of it, as fast as it can
                  "inspect": 'crls = "pki/crls"; ' + (f'schema = "{schema}"; ' if corpus else ""),
                  "deliverer": f'crls = "pki/crls"; retry_seconds = 1; routes = ( {route} );'}
        self.set_groups(groups)

    def white_list(self):
        entries = "".join(
            f"<Domaine><Nom>{domain}</Nom><Description>Essai</Description><DNCertificatOperateur>{self.subject(self.operator[0])}"
            "</DNCertificatOperateur><DateMAJ>2026-11-01T00:00:00Z</DateMAJ></Domaine>"
            for _, domains in journey.OPERATORS.values() for domain in domains)
        return ('<?xml version="1.0" encoding="UTF-8"?><ListeBlancheMSSante xmlns="https://listeblanche.mssante.fr/schema">'
                f"<DateDeGeneration>2026-11-01T00:00:00Z</DateDeGeneration><ListeDomaines>{entries}</ListeDomaines></ListeBlancheMSSante>")

    def certificates(self):
        """The names that the shared tools look for, in one folder: the same certificates for Relais and for Postfix."""
        folder = os.path.join(self.folder, "pki")
        os.makedirs(folder, exist_ok=True)
        os.chmod(folder, 0o755)
        for name, source in (("server", "operateur"), ("client", "operateur"), ("relay", "operateur")):
            for end in ("pem", "key"):
                subprocess.run(["cp", os.path.join(self.pki, f"{source}.{end}"), os.path.join(folder, f"{name}.{end}")], check=True)
        subprocess.run(["cp", self.anchors, os.path.join(folder, "ca.pem")], check=True)
        return folder


class PostfixRelay(Correspondents):
    """Postfix as a blind relay, set up by the shared postfix-relay.sh; run from the unpacked packages, in a mount namespace."""

    def __init__(self, folder, cache, shared, pki, reuse):
        super().__init__(folder, cache, os.path.join(pki, "ca.pem"))
        self.port, self.sink_port = free_port(), free_port()
        self.dir = os.path.join(folder, "relay")
        os.makedirs(self.dir, exist_ok=True)
        setup = subprocess.Popen(
            ["unshare", "-m", "--propagation", "private", "sh", "-c",
             'mount --bind "$1/passwd" /etc/passwd; mount --bind "$1/group" /etc/group; shift; exec "$@"', "setup", folder,
             "bash", os.path.join(shared, "postfix-relay.sh"), "setup", self.dir, pki, str(self.port), str(self.sink_port)],
            env=dict(os.environ, REUSE="yes" if reuse else "no"))
        if setup.wait() != 0:
            raise RuntimeError("postfix-relay.sh setup failed")
        config = os.path.join(self.dir, "config")
        with open(os.path.join(config, "main.cf"), "a") as f:
            f.write(f"shlib_directory = /usr/lib/postfix\nmeta_directory = {folder}/postfix\nalias_database =\n")
        for path in (folder, self.dir, config, os.path.join(self.dir, "queue"), os.path.join(self.dir, "data")):
            os.chmod(path, 0o755)
        self._queue(os.path.join(self.dir, "queue"))
        self._run("relay", ["env", f"MAIL_CONFIG={config}", "/usr/lib/postfix/sbin/master", "-s", "-c", config], os.path.join(self.dir, "out"))
        wait_port(self.port)

    def master(self):
        return self.processes["relay"].pid
