"""Client mode: Relais without an MX, as a client of another operator, with docs/examples/client-mode.conf itself.

The operator is a Postfix (submission for clients with a certificate or a token) and a Dovecot (IMAPS, certificate or token), which asks
a stand-in identity server about tokens. One whole dossier goes through one mailbox: the request comes by IMAP, the expert answers what
she got, the report leaves by submission. Then what a real Dovecot does that the bent peers of tests/peers do not: a mailbox made anew,
and 25 MB."""
import http.server
import json
import os
import re
import shutil
import subprocess
import threading
import time
import urllib.parse
import uuid

import clients
import council
import documents
import secrets_kept
from bad import outcome
from correspondents import Correspondents, USERS, free_port, wait_port
from kills import descendants
from story import Story
from world import ATTENDING, EXPERT, HOSPITAL, PATIENT, PLATFORM, ROOT, World, wait_for

OPERATOR, BOX = "operateur.mssante.fr", "avis@operateur.mssante.fr"
OPERATORS = {
    "operateur-a": ("mx.operateur-a.mssante.fr", {"chu-exemple.mssante.fr": ["pfi"], "plateforme.mssante.fr": ["demandes"]}),
    "operateur": (f"smtp.{OPERATOR}", {
        "experts.mssante.fr": ["pr.moreau", "dr.petit"], "medecins.mssante.fr": ["dr.garnier", "dr.lemoine"],
        "patient.mssante.fr": [documents.INS], OPERATOR: ["avis"]}),
}
SUBMISSION = """127.0.0.1:{port} inet n - n - - smtpd
  -o smtpd_tls_security_level=encrypt
  -o smtpd_tls_ask_ccert=yes
  -o smtpd_relay_restrictions={who},reject
  -o smtpd_recipient_restrictions={who},reject
  -o smtpd_sasl_auth_enable=yes
  -o smtpd_sasl_type=dovecot
  -o smtpd_sasl_path=private/auth
  -o smtpd_tls_auth_only=yes
"""


class Introspection:
    """RFC 7662 for one mailbox: a token is good until it is taken back."""

    def __init__(self, mailbox):
        self.mailbox, self.good, self.asked, self.given = mailbox, set(), 0, []
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                form = urllib.parse.parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
                outer.asked += 1
                active = form.get("token", [""])[0] in outer.good
                body = json.dumps({"active": active, "email": outer.mailbox} if active else {"active": False}).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def renew(self):
        """A new token; those before are taken back."""
        token = uuid.uuid4().hex * 40                  # as long as a real one
        self.good = {token}
        self.given.append(token[:40])
        return token


class Operator(Correspondents):
    """What start_dovecot and start_postfix write, with more behind it."""
    more = {}

    def _clear(self, path, text):
        with open(path, "w") as f:
            f.write(text + next((more for end, more in self.more.items() if path.endswith(end)), ""))


class ClientWorld(World):
    auth = "certificate"

    def __init__(self, *args):
        super().__init__(*args)
        self.identity = Introspection(BOX)
        self.submission = free_port()

    def start(self):
        subprocess.run([os.path.join(self.bin, "relais"), "init", self.dir, "--domain", OPERATOR, "--hostname", f"avis.{OPERATOR}",
                        "--listen", f"127.0.0.1:{self.port}"], check=True, capture_output=True, text=True)
        self.anchors = os.path.join(self.pki, "anchors-tls.pem")
        self.mail_anchors = os.path.join(self.pki, "anchors-smime.pem")
        self._correspondents()
        self._configure()
        self.relais_start()
        self._rules()

    def dovecot_conf(self):
        folder = os.path.join(self.folder, "autres")
        oauth = os.path.join(folder, "oauth2.conf")
        with open(oauth, "w") as f:
            f.write(f"introspection_mode = post\nintrospection_url = http://127.0.0.1:{self.identity.port}/introspect\n"
                    "username_attribute = email\nactive_attribute = active\nactive_value = true\n")
        os.chmod(oauth, 0o644)
        queue = os.path.join(folder, "operateur/queue/private")
        # With this, who shows a certificate is its mailbox, whatever else is said: an operator has either this or tokens.
        by_certificate = f"""auth_mechanisms = plain external
ssl_ca = <{self.anchors}
ssl_require_crl = no
ssl_verify_client_cert = yes
ssl_cert_username_field = commonName
auth_ssl_username_from_cert = yes
"""
        return (by_certificate if self.auth == "certificate" else "auth_mechanisms = plain xoauth2 oauthbearer\n") + f"""
passdb {{
  driver = oauth2
  mechanisms = xoauth2 oauthbearer
  args = {oauth}
}}
passdb {{
  driver = static
  mechanisms = external
  args = nopassword=y
}}
service auth {{
  unix_listener {queue}/auth {{
    mode = 0660
    user = postfix
  }}
}}
"""

    def _correspondents(self):
        folder = os.path.join(self.folder, "autres")
        self.correspondents = Operator(folder, self.cache, self.anchors)
        os.makedirs(os.path.join(folder, "operateur/queue"), exist_ok=True)
        for path in ("operateur", "operateur/queue"):
            os.chmod(os.path.join(folder, path), 0o755)
        os.makedirs(os.path.join(folder, "operateur/queue/private"), exist_ok=True)
        who = "permit_tls_all_clientcerts" if self.auth == "certificate" else "permit_sasl_authenticated"
        self.correspondents.more = {"dovecot/conf": self.dovecot_conf(), "operateur/config/master.cf": SUBMISSION.format(port=self.submission, who=who)}
        self.ports = {name: (free_port(), free_port()) for name in OPERATORS}
        pair = self.issue("dovecot", "tls-server", cn=f"imap.{OPERATOR}", dns=f"imap.{OPERATOR}")
        self.correspondents.start_dovecot(*pair)
        for name, (hostname, domains) in OPERATORS.items():
            pair = self.issue(name, "tls-both", cn=hostname, dns=hostname)
            routes = [(domain, host, self.ports[other][0]) for other, (host, others) in OPERATORS.items() if other != name for domain in others]
            self.correspondents.start_postfix(name, hostname, domains, *pair, routes, self.ports[name])
        self.hospital = self.issue("hopital", "seal", cn="CHU EXEMPLE", email=HOSPITAL)
        self.platform = self.issue("plateforme", "seal", cn="PLATEFORME DE DEMANDES", email=PLATFORM)
        self.expert = self.issue("expert", "person", cn="Claire MOREAU", email=EXPERT)
        self.second_expert = self.issue("expert2", "person", cn="Luc PETIT", email="dr.petit@experts.mssante.fr")

    def _configure(self):
        """The documented example; only addresses, ports and the wait between two looks are the test's."""
        with open(os.path.join(ROOT, "docs/examples/client-mode.conf")) as f:
            text = f.read()
        for given, port in (("192.0.2.10", self.correspondents.imap_port), ("192.0.2.20", self.submission)):
            text = re.sub(rf'(host = )"{given}"(;.*?port = )\d+', rf'\1"127.0.0.1"\g<2>{port}', text, flags=re.S)
        text = text.replace("poll_seconds = 60", "poll_seconds = 2").replace('domain = "*"; ', 'domain = "*";')
        text = text.replace("deliverer = {", "deliverer = {\n\tretry_seconds = 1;")
        text = self.configured(text)
        corpus = documents.corpus()
        if corpus:
            schema = os.path.join(self.folder, "schema")
            subprocess.run(["cp", "-r", os.path.join(corpus, "cda-schema"), schema], check=True)
            subprocess.run(["chmod", "-R", "a+rX", schema], check=True)
            text = text.replace('crls = "pki/crls"; }', f'crls = "pki/crls"; schema = "{schema}"; }}')
        with open(os.path.join(self.dir, "relais.conf"), "w") as f:
            f.write(text)
        self.relais_check()

    def configured(self, text):
        """The certificate is issued to the mailbox, as Dovecot takes the mailbox's name from it."""
        pem, key = self.issue("boite", "tls-client", cn=BOX)
        for name in ("collector", "deliverer"):
            there = os.path.join(self.pki, f"{name}.key")
            status = os.stat(there)
            os.unlink(there)
            shutil.copy(key, there)
            os.chown(there, status.st_uid, status.st_gid)
            os.chmod(there, 0o400)
        shutil.copy(pem, os.path.join(self.pki, "relais-client.pem"))
        os.chmod(os.path.join(self.pki, "relais-client.pem"), 0o644)
        return text

    def relais_start(self):
        done = subprocess.run([os.path.join(self.bin, "relais"), "start", self.dir], capture_output=True, text=True, stdin=subprocess.DEVNULL)
        if done.returncode != 0:
            raise RuntimeError("start: " + done.stdout + done.stderr)
        self.started = True

    def white_list(self):
        """Nobody connects to us: the list is not asked."""
        return None

    def _rules(self):
        path = os.path.join(self.folder, "regles.json")
        for kind, items in self.rules().items():
            with open(path, "w") as f:
                json.dump(items, f)
            self.relais(kind, "import", path)
        council.load_first(self)

    def submit_port(self, address):
        domain = address.split("@")[1]
        return next(self.ports[name][1] for name, (_, domains) in OPERATORS.items() if domain in domains)

    def stop(self):
        super().stop()
        self.identity.server.shutdown()


class TokenWorld(ClientWorld):
    auth = "xoauth2"

    def configured(self, text):
        self.renew()
        text = text.replace('auth = "certificate";\n\t\t\tuser', 'auth = "xoauth2"; token_file = "tokens/in/token";\n\t\t\tuser')
        return text.replace('auth = "certificate";\n\t\t\t#', f'auth = "xoauth2"; user = "{BOX}"; token_file = "tokens/out/token";\n\t\t\t#')

    def renew(self):
        """What the operator's software does every few minutes: the file is replaced as a whole."""
        token = self.identity.renew()
        for name, process in (("tokens/in", "collector"), ("tokens/out", "deliverer")):
            folder, owner = os.path.join(self.dir, name), os.stat(os.path.join(self.pki, f"{process}.key"))
            path = os.path.join(folder, "token")
            os.makedirs(folder, exist_ok=True)
            with open(path + ".new", "w") as f:
                f.write(token + "\n")
            os.chown(path + ".new", owner.st_uid, owner.st_gid)
            os.chmod(path + ".new", 0o400)
            os.rename(path + ".new", path)


class ClientStory(Story):
    """The straight line, where every answer comes to the one mailbox and is known by the mail that it answers."""

    def request(self, **changed):
        q = documents.questionnaire(documents.answers(**changed))
        rcp, bio = documents.exam("34794-8")[1], documents.exam("11502-2")[1]
        archive = documents.xdm([documents.packed("74465-6", q), documents.packed("34794-8", rcp), documents.packed("11502-2", bio)])
        return self.send(PLATFORM, BOX, "XDM/1.0/DDM+Questionnaire patient PAT-TROIS DOMINIQUE 28/03/1979", "Demande de deuxième avis.",
                         [("IHE_XDM.zip", "application/zip", archive)], self.w.platform)

    def ask(self):
        self.request()
        wait_for("a dossier", lambda: self.dossiers())
        self.ref = self.dossiers()[-1]["ref"]
        _, mail = self.arrives(PATIENT, "receipt", lambda m: self.ref in (m["Subject"] or "") + clients.text_of(m))
        assert mail["Reply-To"] is None and BOX in mail["From"], "answers come to From"
        self.reaches("incomplete")

    def complete(self):
        self.record(to=BOX)
        self.reaches("triage")

    def triage(self):
        self.w.relais("dossier", "triage", self.ref)
        self.reaches("offered")
        _, self.offer = self.arrives(EXPERT, "offer")
        self.expert_relay = BOX

    def accept(self, *text):
        self.expert_relay = BOX
        super_send = self.send
        self.send = lambda sender, to, *rest, **more: super_send(sender, BOX, *rest, **more)
        try:
            self.send(EXPERT, BOX, "Re: " + self.offer["Subject"], "ACCEPTE\n\nClaire Moreau\n", in_reply_to=self.offer["Message-ID"], name="Pr Claire MOREAU")
        finally:
            self.send = super_send
        self.reaches("accepted")
        _, self.full = self.arrives(EXPERT, "dossier", lambda m: (m["Subject"] or "").startswith("XDM/1.0/DDM+"))
        assert self.full["Reply-To"] is None

    def exchange(self):
        self.send(PATIENT, BOX, "Re: " + self.report["Subject"], "Bonjour docteur, combien de temps dure la radiothérapie ?",
                  in_reply_to=self.report["Message-ID"], name="DOMINIQUE PAT-TROIS")
        _, asked = self.arrives(EXPERT, "question", lambda m: "radiothérapie ?" in clients.text_of(m))
        assert documents.INS not in str(asked), "the expert must not see the patient's address"
        self.send(EXPERT, BOX, "Re: " + asked["Subject"], "Cinq semaines en général.", signer=self.w.expert, in_reply_to=asked["Message-ID"])
        _, answer = self.arrives(PATIENT, "answer", lambda m: "Cinq semaines" in clients.text_of(m))
        assert EXPERT not in str(answer), "the patient must not see the expert's address"
        self.reaches("exchange")


def collecting(world):
    """The process of the collector's session: one that ended is followed by the next."""
    def session():
        collector = next(p["pid"] for p in world.status()["processes"] if p["name"] == "collector")
        return descendants(collector)
    return wait_for("a session of the collector", session)[0]


def dossier_cases(world, story):
    for step in ("ask", "complete", "triage", "accept", "opinion", "release", "proofs", "exchange", "reconcile"):
        yield step, getattr(story, step)
    yield "no receiver runs", lambda: no_receiver(world)


def no_receiver(world):
    names = {p["name"] for p in world.status()["processes"]}
    assert "receiver" not in names and "collector" in names, names


def thread_cases(world, story):
    """Threads are as good as relay addresses, and no better."""
    def decided(message_id, want_outcome, want_reason):
        row = outcome(world, message_id)
        assert (row["outcome"], row["reason"]) == (want_outcome, want_reason), row
        return row

    def another_expert():
        sent = story.send("dr.petit@experts.mssante.fr", BOX, "Re: avis", "ACCEPTE", in_reply_to=story.offer["Message-ID"])
        decided(sent, "held", "mail.class.unknown")

    def forged_from():
        """The operator's mailbox holds a mail that did not come through its own server: nobody answers for its From."""
        head, sent = clients.head(PATIENT, BOX, "Re: avis", None, story.report["Message-ID"])
        world.mailbox(BOX).append(head + clients.entity("Encore une question ?"))
        decided(sent, "held", "sig.none")
        head, sent = clients.head(PATIENT, BOX, "Re: avis", None, story.report["Message-ID"])
        other = b"Received: from evil by mx.operateur-a.mssante.fr; Sat, 21 Nov 2026 22:00:00 +0100\r\n"
        below = b"Received: from evil by smtp.operateur.mssante.fr; Sat, 21 Nov 2026 22:00:00 +0100\r\n"
        world.mailbox(BOX).append(other + below + head + clients.entity("Encore une question, par un autre chemin ?"))
        decided(sent, "held", "sig.none")

    def guessed_thread():
        sent = story.send(PATIENT, BOX, "Re: avis", "Et moi ?", in_reply_to=f"<{uuid.uuid4()}@avis.{OPERATOR}>")
        decided(sent, "held", "mail.class.unknown")

    def report_by_message_id_alone():
        """A report by IMAP names our envelope id or proves nothing."""
        mail = next(m for m in world.relais("dossier", "show", story.ref, as_json=True)["mails"] if m["code"] == "M01")
        body = ("Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nfailed\r\n--b\r\n"
                "Content-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; smtp.operateur.mssante.fr\r\n\r\n"
                f"Final-Recipient: rfc822; {PATIENT}\r\nAction: failed\r\nStatus: 5.1.1\r\n\r\n--b\r\nContent-Type: message/rfc822\r\n\r\n"
                f"Message-ID: {mail['message_id']}\r\n\r\nx\r\n--b--\r\n").encode()
        head, sent = clients.head("postmaster@patient.mssante.fr", BOX, "Undelivered")
        clients.send(world.submit_port(PATIENT), world.anchors, "postmaster@patient.mssante.fr", [BOX], head + body)
        decided(sent, "ignored", "report.unmatched")

    yield "another one's answer to a thread is not the party's", another_expert
    yield "what did not come through the operator's server speaks for nobody", forged_from
    yield "a Message-ID that was guessed names no dossier", guessed_thread
    yield "a report by IMAP without our envelope id proves nothing", report_by_message_id_alone


def dovecot_cases(world):
    maildir = os.path.join(world.folder, "autres/dovecot/mail", BOX)

    def collected():
        return next((c["counted"] for c in world.relais("reconcile", as_json=True) if c["name"] == "collected beyond the cursor"), 0)

    def made_anew():
        """The mailbox is deleted and made again: another UIDVALIDITY, UIDs from 1."""
        world.rest()                                    # a report that comes meanwhile would be one row more
        before = collected()
        old = sorted(os.listdir(os.path.join(maildir, "cur")) + os.listdir(os.path.join(maildir, "new")))
        assert old, "mail lay in the mailbox"
        time.sleep(1.1)                                 # Dovecot's UIDVALIDITY is a time in seconds
        os.rename(maildir, maildir + ".old")            # at once: Dovecot has it open, and writes into it
        shutil.rmtree(maildir + ".old", ignore_errors=True)
        head, sent = clients.head(HOSPITAL, BOX, "Nouveau")
        world.mailbox(BOX).append(head + clients.entity("Après la remise à neuf."))
        row = outcome(world, sent)
        assert row["source"] == "imap", row
        assert collected() == before + 1, (before, collected())
        with open(os.path.join(world.dir, "log", "relais.log")) as f:
            assert '"uidvalidity-changed"' in f.read()

    def big():
        """25 MB: the bytes are the same, and the process that fetched them stays small."""
        head, sent = clients.head(HOSPITAL, BOX, "Gros")
        data = head + b"Content-Type: application/octet-stream\r\n\r\n" + (b"x" * 74 + b"\r\n") * 343_000
        assert 25_000_000 < len(data) < 25 * 1024 * 1024, len(data)
        world.mailbox(BOX).append(data)
        row = outcome(world, sent)
        import hashlib
        assert row["size"] == len(data) and row["digest"].endswith(hashlib.sha256(data).hexdigest()), row
        with open(f"/proc/{collecting(world)}/status") as f:
            peak = int(re.search(r"VmHWM:\s+(\d+)", f.read())[1])
        print(f"        25 MB by IMAP: VmHWM {peak} kB")
        assert peak < 40_000, peak

    yield "a mailbox that was made anew (UIDVALIDITY)", made_anew
    yield "25 MB at flat memory", big


def certificate_cases(world, _story):
    story = ClientStory(world, lambda text: None)
    for name, case in dossier_cases(world, story):
        yield name, case
    for name, case in thread_cases(world, story):
        yield name, case
    for name, case in dovecot_cases(world):
        yield name, case


def token_cases(world, _story):
    story = ClientStory(world, lambda text: None)

    def renewed():
        """The token of the session ends; the next session has the one that stands in the file then."""
        asked = world.identity.asked
        world.renew()
        os.kill(collecting(world), 15)
        story.record(to=BOX)
        story.reaches("triage")
        assert world.identity.asked > asked

    yield "ask", story.ask
    def forgotten():
        """Both sessions are logged in and live on: neither has its token any more."""
        world.rest()                                    # a session that begins has its token in hand
        secrets_kept.nowhere(world, world.identity.given, control=(BOX, "collector"))

    yield "a token that is renewed", renewed
    for step in ("triage", "accept", "opinion", "release", "proofs", "exchange", "reconcile"):
        yield step, getattr(story, step)
    yield "no token stays in memory", forgotten
