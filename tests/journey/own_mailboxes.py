"""Mailboxes of experts at the service's own domain: docs/examples/dovecot-experts.conf itself, LMTP in, IMAPS and submission for the doctor.

Three experts are asked in turn: the first one's mailbox does not exist (5.1.1), the second one's is full (5.2.2), the third reads the
offer in her mail program and answers through the submission port."""
import imaplib
import json
import os
import re
import ssl
import subprocess

import clients
from correspondents import USERS, free_port, wait_port
from world import ATTENDING, DOMAIN, HOSPITAL, OPERATORS, PATIENT, ROOT, wait_for

NOBODY, FULL, DOCTOR = f"dr.absent@{DOMAIN}", f"dr.plein@{DOMAIN}", f"pr.martin@{DOMAIN}"
PASSWORD = "mot-de-passe-du-medecin"


class Clinic:
    """Our own Dovecot and the doctors who have a mailbox there."""

    def __init__(self, world):
        self.w, self.imap, self.submission = world, free_port(), free_port()
        self.folder = os.path.join(world.folder, "autres/experts")
        self.doctor = world.issue("martin", "person", cn="Jeanne MARTIN", email=DOCTOR)
        self.software = world.issue("logiciel-martin", "tls-client", cn="poste.martin.exemple.fr", o="CABINET MARTIN")

    def write(self, name, text):
        path = os.path.join(self.folder, name)
        with open(path, "w") as f:
            f.write(text)
        os.chmod(path, 0o644)
        return path

    def configuration(self, **changed):
        """The documented example; only paths, the port and the name of the mail's owner are the test's."""
        with open(os.path.join(ROOT, "docs/examples/dovecot-experts.conf")) as f:
            text = f.read()
        for given, ours in (("/etc/dovecot/experts.users", f"{self.folder}/users"), ("/srv/experts", f"{self.folder}/mail"),
                            ("/srv/relais", self.w.dir), ("</etc/dovecot/experts.pem", "<" + self.pair[0]),
                            ("</etc/dovecot/experts.key", "<" + self.pair[1]), ("vmail", "mailstore"), ("port = 993", f"port = {self.imap}"),
                            ("listen = *", "listen = 127.0.0.1")):
            assert given in text, given
            text = text.replace(given, ours)
        for key, value in changed.items():
            assert re.search(rf"^{key} = ", text, re.M), key
            text = re.sub(rf"^{key} = .*$", f"{key} = {value}", text, flags=re.M)
        return f"base_dir = {self.folder}/run\nstate_dir = {self.folder}/state\nlog_path = {self.folder}/log\n" + text + "service anvil {\n  chroot =\n}\n"

    def start(self):
        for sub in ("", "run", "mail", "state"):
            os.makedirs(os.path.join(self.folder, sub), exist_ok=True)
            os.chmod(os.path.join(self.folder, sub), 0o755)
        os.chown(os.path.join(self.folder, "mail"), USERS["mailstore"], USERS["mailstore"])
        with open(os.path.join(ROOT, "docs/examples/dovecot-experts.conf")) as f:
            install = re.search(r"^#   (install .*)$", f.read(), re.M)[1]
        subprocess.run(install.replace("/srv/relais", self.w.dir).split(), check=True)
        self.pair = self.w.issue("experts", "tls-server", cn=f"imap.{DOMAIN}", dns=f"imap.{DOMAIN}")
        self.write("users", f"{DOCTOR}:{{PLAIN}}{PASSWORD}::::::\n{FULL}:{{PLAIN}}{PASSWORD}::::::userdb_quota_rule=*:bytes=200\n")
        self.run()

    def run(self, **changed):
        conf = self.write("conf", self.configuration(**changed))
        self.w.correspondents._run("experts", ["/usr/sbin/dovecot", "-F", "-c", conf], os.path.join(self.folder, "out"))
        wait_port(self.imap)
        wait_for("the LMTP socket", lambda: os.path.exists(os.path.join(self.w.dir, "run/lmtp/experts")), 10)

    def again(self, **changed):
        self.w.correspondents.stop_one("experts")
        self.run(**changed)

    def configure(self):
        w = self.w
        w.relais_stop()
        routes = [f'{{ domain = "{domain}"; host = "127.0.0.1"; server_name = "{host}"; port = {w.ports[name][0]}; }}'
                  for name, (host, domains) in OPERATORS.items() for domain in domains]
        # As the head of the example says it.
        with open(os.path.join(ROOT, "docs/examples/dovecot-experts.conf")) as f:
            ours = re.search(r"routes = \( (\{.*?\}),", f.read())[1]
        routes.append(ours.replace("/srv/relais", w.dir))
        w.set_groups({"receiver": f'listen_host = "127.0.0.1"; listen_port = {w.port}; submission_port = {self.submission};',
                      "deliverer": "retry_seconds = 1; routes = (" + ",\n".join(routes) + ");"})
        w.relais_start()
        wait_port(self.submission)
        self.load("account", {"accounts": [{"mailbox": DOCTOR, "name": "Poste du Pr Martin", "kind": "APP", "certificates": [w.subject(self.software[0])]}]})
        person = {"title": "Dr", "given": "Jeanne", "specialty": "G15_10/SM36", "organisation": "CENTRE D'AVIS", "organisation_id": "1690000099",
                  "pathologies": ["cancer-sein"], "certificates": [w.fingerprint(self.doctor[0])], "capacity": 3}
        others = [dict(e, capacity=0) for e in w.rules()["expert"]]
        self.load("expert", others + [dict(person, rpps=f"0123456{n}", family=family, mailbox=mailbox) for n, family, mailbox in (
            ("7701", "ABSENT", NOBODY), ("7702", "PLEIN", FULL), ("7703", "MARTIN", DOCTOR))])

    def load(self, kind, items):
        path = self.write("regles.json", json.dumps(items))
        self.w.relais(kind, "import", path)

    def inbox(self):
        context = ssl.create_default_context(cafile=self.w.anchors)
        context.check_hostname = False
        with imaplib.IMAP4_SSL("127.0.0.1", self.imap, ssl_context=context) as i:
            i.login(DOCTOR, PASSWORD)
            i.select("INBOX")
            return [clients.email.message_from_bytes(i.fetch(n, "(BODY.PEEK[])")[1][0][1], policy=clients.email.policy.default)
                    for n in i.search(None, "ALL")[1][0].split()]

    def reads(self, what, want):
        return wait_for(what, lambda: next((m for m in self.inbox() if want(m)), None))

    def answers(self, mail, text, signer=None):
        body = clients.entity(text)
        if signer:
            body = clients.signed_entity(body, *signer)
        head, _ = clients.head(("Pr Jeanne MARTIN", DOCTOR), mail["Reply-To"], "Re: " + mail["Subject"], None, mail["Message-ID"])
        clients.send(self.submission, self.w.anchors, DOCTOR, [mail["Reply-To"]], head + body, *self.software)


def cases(world, story):
    w = world
    clinic = Clinic(w)

    def offers():
        mails = w.relais("dossier", "show", story.ref, as_json=True)["mails"]
        found = [m for m in mails if m["code"] == "M10"]
        return [dict(m, **w.relais("trace", f"S{m['outbox']}", as_json=True)["outbox"][0]) for m in found]

    def set_up():
        clinic.start()
        clinic.configure()

    def asked_in_turn():
        story.request()
        wait_for("a dossier", lambda: story.dossiers())
        story.ref = story.dossiers()[-1]["ref"]
        story.reaches("incomplete")
        story.record()
        story.reaches("triage")
        clinic.again(quota_full_tempfail="yes")
        w.relais("dossier", "triage", story.ref)
        later = wait_for("the full mailbox's answer", lambda: next((o for o in offers()[1:] if o["enhanced"] == "4.2.2"), None))
        assert later["reply_code"] == 452 and later["state"] in ("sealed", "sending"), later

    def refused():
        """The same mailbox, still full, without quota_full_tempfail: told apart from before. An offer that is over keeps why it failed, and is tried no more."""
        full = offers()[1]["outbox"]
        clinic.again()
        w.relais("retry", f"S{full}", check=False)          # refused where its own next try was quicker
        found = wait_for("three offers", lambda: [o for o in offers() if o["state"] in ("accepted", "cancelled")][2:] and offers())
        told = [(o["state"], o["reply_code"], o["enhanced"]) for o in found]
        assert told[:2] == [("cancelled", 550, "5.1.1"), ("cancelled", 552, "5.2.2")] and told[2][:2] == ("accepted", 250), told
        assert [o["reason"] for o in found[:2]] == ["deliver.mailbox.none", "deliver.mailbox.full"], found
        again = w.relais("retry", f"S{full}", check=False)
        assert again.returncode == 4 and "outbox.over" in again.stderr, again

    def answers_from_her_program():
        offer = clinic.reads("the offer", lambda m: m["Auto-Submitted"] is not None)
        clinic.answers(offer, "ACCEPTE\n\nJeanne Martin")
        story.reaches("accepted")
        full = clinic.reads("the dossier", lambda m: (m["Subject"] or "").startswith("XDM/1.0/DDM+"))
        assert "IHE_XDM.zip" in clients.attachments(full), sorted(clients.attachments(full))
        clinic.answers(full, story.opinion_text(), clinic.doctor)
        story.reaches("checked")
        w.relais("dossier", "release", story.ref)
        w.mailbox(PATIENT).wait(lambda m: "IHE_XDM.zip" in clients.attachments(m))
        w.mailbox(ATTENDING).wait(lambda m: "IHE_XDM.zip" in clients.attachments(m))

    def nobody_else_writes_there():
        """Neither another operator nor a colleague: our port takes mail for the service and the relay addresses only."""
        pair = tuple(os.path.join(w.pki, f"operateur-a.{end}") for end in ("pem", "key"))
        for port, sender, who in ((w.port, HOSPITAL, pair), (clinic.submission, DOCTOR, clinic.software)):
            head, _ = clients.head(sender, DOCTOR, "Bonjour")
            try:
                clients.send(port, w.anchors, sender, [DOCTOR], head + clients.entity("Bonjour."), *who)
            except clients.Refused as e:
                assert e.code == 550 and "5.1.1" in e.text, e
            else:
                raise AssertionError("mail for a doctor's mailbox was taken on port %d" % port)

    yield "the example is started", set_up
    yield "unknown mailbox, then a full one that asks to try again", asked_in_turn
    yield "the full one refuses, and the third expert is asked", refused
    yield "the doctor reads by IMAPS and answers by submission", answers_from_her_program
    yield "only the gateway writes into these mailboxes", nobody_else_writes_there
    yield "reconcile", story.reconcile
