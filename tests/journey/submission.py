"""Submission by our own correspondents' software: curl, swaks and smtplib, by token and by certificate, against a stand-in identity provider.

The three mailboxes lie in the service's own domain, at a Postfix of their own: a person's (an expert), a team's and an application's."""
import base64
import functools
import json
import os
import smtplib
import ssl
import subprocess
import sys
import tempfile

import clients
import documents
import secrets_kept
from bad import outcome
from correspondents import free_port, wait_port
from database import rows as query
from world import DEPOT, DOMAIN, EXPERT, HOSPITAL, HOSTNAME, OPERATORS, PATIENT, SECOND_EXPERT, wait_for

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../peers"))
import identity_server as idp                                # noqa: E402
from identity_server import CLIENT, ISSUER, SECRET, IdentityServer  # noqa: E402

PERSON, TEAM, MACHINE = f"dr.roux@{DOMAIN}", f"cabinet@{DOMAIN}", f"logiciel@{DOMAIN}"
SUBJECT, COLLEAGUE, STRANGER = "899700218896", "899700218904", "899700999999"


class Refused(Exception):
    """curl or swaks was refused; text is what passed on the wire."""


class Office:
    """The three mailboxes, their software and the identity provider."""

    def __init__(self, world):
        self.w, self.port, self.tokens = world, free_port(), []
        self.identity_pair = world.issue("identite", "tls-server", cn="localhost", dns="localhost")
        self.identity = IdentityServer(self.identity_pair)
        self.machine = world.issue("logiciel", "tls-client", cn="logiciel.cabinet.exemple.fr", o="CABINET EXEMPLE")
        self.nobody = world.issue("personne", "tls-client", cn="inconnu.cabinet.exemple.fr")
        self.expert = world.issue("roux", "person", cn="Anne ROUX", email=PERSON)

    # ---------------------------------------------------------------- set-up

    def start(self):
        w = self.w
        w.relais_stop()
        certificate, key = w.issue("boites", "tls-both", cn="mx.boites.mssante.fr", dns="mx.boites.mssante.fr")
        ports = (free_port(), free_port())
        w.correspondents.start_postfix("boites", "mx.boites.mssante.fr", {DOMAIN: [a.split("@")[0] for a in (PERSON, TEAM, MACHINE)]}, certificate, key, [], ports)
        secret = os.path.join(w.dir, "identity.secret")
        with open(secret, "w") as f:
            f.write(SECRET + "\n")
        status = os.stat(os.path.join(w.pki, "relais-server.key"))
        os.chown(secret, status.st_uid, status.st_gid)
        os.chmod(secret, 0o400)
        routes = ",\n".join(f'{{ domain = "{domain}"; host = "127.0.0.1"; server_name = "{host}"; port = {port}; }}' for domain, host, port in [
            (d, host, w.ports[name][0]) for name, (host, domains) in OPERATORS.items() for d in domains] + [(DOMAIN, "mx.boites.mssante.fr", ports[0])])
        w.set_groups({
            "receiver": f'listen_host = "127.0.0.1"; listen_port = {w.port}; submission_port = {self.port};',
            "deliverer": f"retry_seconds = 1; routes = (\n{routes} );",
            "identity": f'introspection = "https://localhost:{self.identity.port}/introspect"; client_id = "{CLIENT}"; '
                        f'secret_file = "identity.secret"; issuer = "{ISSUER}"; audience = "relais";'})
        w.relais_start()
        wait_port(self.port)
        self.listed(os.path.splitext(os.path.basename(certificate))[0])
        self.rules()

    def load(self, kind, items):
        with tempfile.NamedTemporaryFile("w", suffix=".json") as f:
            json.dump(items, f)
            f.flush()
            return self.w.relais(kind, "import", f.name)

    def listed(self, name):
        """The mailboxes' own server is on the white list: none takes mail without that."""
        w = self.w
        w.operators = dict(w.operators, **{name: ("mx.boites.mssante.fr", [DOMAIN])})
        with tempfile.NamedTemporaryFile("w", suffix=".xml") as f:
            f.write(w.white_list())
            f.flush()
            w.relais("trust", "import", f.name)

    def accounts(self, **changed):
        rows = {PERSON: {"mailbox": PERSON, "name": "Dr Anne ROUX", "kind": "PER", "subjects": [SUBJECT]},
                TEAM: {"mailbox": TEAM, "name": "Cabinet exemple", "kind": "ORG", "subjects": [SUBJECT, COLLEAGUE]},
                MACHINE: {"mailbox": MACHINE, "name": "Logiciel du cabinet", "kind": "APP", "certificates": [self.w.subject(self.machine[0])]}}
        return {"accounts": [dict(row, **changed.get(row["kind"], {})) for row in rows.values()]}

    def rules(self):
        w = self.w
        self.load("account", self.accounts())
        self.load("sender", {"organisation": "CABINET EXEMPLE", "id": "1750000026", "domains": [DOMAIN], "classes": ["record"],
                             "signature": "operator", "identities": "test"})
        experts = w.rules()["expert"]
        # Not of the practice that sends documents here: who works there could not be asked (E18).
        roux = {"rpps": "01234567333", "title": "Dr", "given": "Anne", "family": "ROUX", "specialty": "G15_10/SM36", "mailbox": PERSON,
                "organisation": "CENTRE EXEMPLE", "organisation_id": "1750000059", "pathologies": ["cancer-sein"],
                "certificates": [w.fingerprint(self.expert[0])], "capacity": 1}
        self.load("expert", [dict(e, capacity=0) for e in experts] + [roux])

    def token(self, name, subject=SUBJECT, **more):
        """A token that the provider knows; kept, to be looked for in every log at the end."""
        self.identity.grant(name, subject, **more)
        return self.kept(name)

    def kept(self, name):
        self.tokens.append(name)
        return name

    # ---------------------------------------------------------------- their software

    def curl(self, token, message, sender=PERSON, recipient=DEPOT, user=PERSON, mechanism="OAUTHBEARER"):
        """What passed on the wire. Raises Refused with it."""
        with tempfile.NamedTemporaryFile() as f:
            f.write(message)
            f.flush()
            done = subprocess.run(
                ["curl", "-sv", "--url", f"smtp://{HOSTNAME}:{self.port}/poste.exemple.fr", "--resolve", f"{HOSTNAME}:{self.port}:127.0.0.1",
                 "--ssl-reqd", "--cacert", self.w.anchors, "--mail-from", sender, "--mail-rcpt", recipient, "--user", user,
                 "--oauth2-bearer", token, "--login-options", f"AUTH={mechanism}", "--upload-file", f.name, "--max-time", "60"],
                capture_output=True, text=True, errors="replace")
        if done.returncode != 0:
            raise Refused(done.stderr)
        return done.stderr

    def by_certificate(self, pair, message, sender=MACHINE, recipients=(DEPOT,)):
        return clients.send(self.port, self.w.anchors, sender, list(recipients), message, *pair)

    def session(self, pair=None):
        """A session behind STARTTLS, for what no honest software says."""
        context = ssl.create_default_context(cafile=self.w.anchors)
        context.check_hostname = False
        if pair:
            context.load_cert_chain(*pair)
        s = smtplib.SMTP("127.0.0.1", self.port, timeout=60)
        s.ehlo("poste.exemple.fr")
        s.starttls(context=context)
        s.ehlo("poste.exemple.fr")
        return s


def refused(code, word, act):
    """The wire's own words."""
    try:
        act()
    except Refused as e:
        said = [line[2:] for line in str(e).splitlines() if line.startswith("< ")]
        assert any(line.startswith(str(code)) for line in said) and (not word or any(word in line for line in said)), said[-4:]
        return
    except clients.Refused as e:
        assert e.code == code and word in e.text, e
        return
    raise AssertionError("it was taken")


@functools.cache
def exam(code):
    """The same bytes each time: what was filed once is known again, also when the dossier takes nothing new any more."""
    return documents.exam(code)[1]


def record(code, sender, recipient=DEPOT, extra=(), signer=None):
    """(message, Message-ID): an exam of the test identity, as the cabinet's software sends it."""
    archive = documents.xdm([documents.packed(code, exam(code))])
    body = clients.entity("Compte rendu.", [("IHE_XDM.zip", "application/zip", archive)])
    if signer:
        body = clients.signed_entity(body, *signer)
    head, message_id = clients.head(sender, recipient, "XDM/1.0/DDM+CR imagerie", extra=extra)
    return head + body, message_id


def cases(world, story):
    w, office = world, Office(world)
    seen = {}

    def decided(message_id, want, reason, account):
        row = outcome(w, message_id)
        assert (row["outcome"], row["reason"], row["source"], row["account"]) == (want, reason, "submission", account), row
        return row

    def stands():
        office.start()
        rows = {a["key"]: a for a in w.relais("account", "list", as_json=True)}
        assert sorted(rows) == sorted([PERSON, TEAM, MACHINE]) and all(a["version"] == 1 for a in rows.values()), rows
        office.load("account", office.accounts())
        assert all(a["version"] == 1 for a in w.relais("account", "list", as_json=True)), "the same accounts keep their version"
        started = [json.loads(line) for line in open(os.path.join(w.dir, "log", "relais.log")) if '"process":"receiver"' in line and '"event":"started"' in line]
        sanitized = b"__asan_init" in open(os.path.join(w.bin, "relais-receiver"), "rb").read()   # these builds have no jail
        assert started and (started[-1]["jailed"] == 1 or sanitized), started[-1:]

    def accounts_that_are_none():
        for changed, word in (({"mailbox": HOSPITAL}, "no address in"), ({"kind": "CAB"}, "kind"), ({"certificates": ["CN=x"]}, "PER"),
                              ({"subject": "x"}, "unknown key"), ({"mailbox": f"Dr.Roux@{DOMAIN}"}, "lower case")):
            with tempfile.NamedTemporaryFile("w", suffix=".json") as f:
                json.dump({"accounts": [dict(office.accounts()["accounts"][0], **changed)]}, f)
                f.flush()
                done = w.relais("account", "import", f.name, check=False)
            assert done.returncode == 1 and word in done.stderr, done
        with tempfile.NamedTemporaryFile("w", suffix=".json") as f:
            json.dump({"mailbox": DEPOT, "name": "Dépôt", "kind": "ORG", "subjects": ["1"]}, f)
            f.flush()
            done = w.relais("account", "import", f.name, check=False)
        assert done.returncode == 1 and "auth.mailbox" in done.stderr, done

    def team_record():
        """curl, OAUTHBEARER: a document for a dossier that waits for it, and the receipt comes back."""
        story.ask()
        message, message_id = record("18748-4", TEAM)
        office.curl(office.token("jeton-equipe"), message, TEAM, user=TEAM)
        decided(message_id, "filed", "none", TEAM)
        story.reaches("triage")
        _, receipt = story.arrives(TEAM, "receipt")
        assert receipt["In-Reply-To"] == message_id, receipt["In-Reply-To"]
        printed = w.relais("trace", message_id).stdout
        assert "submission" in printed and TEAM in printed, printed

    def person_reply():
        """curl, XOAUTH2: the expert accepts from her own mailbox here."""
        w.relais("dossier", "triage", story.ref)
        story.reaches("offered")
        _, offer = story.arrives(PERSON, "offer")
        head, message_id = clients.head(("Dr Anne ROUX", PERSON), offer["Reply-To"], "Re: " + offer["Subject"], in_reply_to=offer["Message-ID"])
        seen["relay"] = offer["Reply-To"]
        message = head + clients.entity("ACCEPTE\n\nAnne Roux\n")
        office.curl(office.token("jeton-personne"), message, recipient=offer["Reply-To"], mechanism="XOAUTH2")
        decided(message_id, "applied", "none", PERSON)
        story.reaches("accepted")

    def signed_opinion():
        """The same mailbox, the opinion signed by her own certificate."""
        _, full = story.arrives(PERSON, "dossier", lambda m: (m["Subject"] or "").startswith("XDM/1.0/DDM+"))
        head, message_id = clients.head(PERSON, full["Reply-To"], "Re: " + full["Subject"], in_reply_to=full["Message-ID"])
        body = clients.signed_entity(clients.entity(story.opinion_text()), *office.expert)
        office.curl(office.token("jeton-avis"), head + body, recipient=full["Reply-To"])
        decided(message_id, "applied", "none", PERSON)
        story.reaches("checked")

    def machine_record():
        """smtplib with a client certificate, no AUTH: an application's mailbox."""
        message, message_id = record("18748-4", MACHINE)
        office.by_certificate(office.machine, message)
        row = outcome(w, message_id)
        assert (row["source"], row["account"]) == ("submission", MACHINE) and row["outcome"] in ("filed", "duplicate"), row
        # swaks, with the same certificate
        with tempfile.NamedTemporaryFile() as f:
            message, message_id = record("34794-8", MACHINE)
            f.write(message)
            f.flush()
            done = subprocess.run(["swaks", "--server", "127.0.0.1", "--port", str(office.port), "--tls", "--tls-cert", office.machine[0], "--tls-key", office.machine[1],
                                   "--from", MACHINE, "--to", DEPOT, "--data", f"@{f.name}", "--ehlo", "poste.exemple.fr"], capture_output=True, text=True)
        assert done.returncode == 0, done.stdout[-1500:]
        assert outcome(w, message_id)["account"] == MACHINE

    def a_certificate_that_proves_nothing():
        """A token with a certificate of an authority that nobody trusts beside it: what that one says of its holder is no evidence.
        The words of the delivery parameters that cannot be repeated cost no report."""
        message, message_id = record("18748-4", TEAM)
        s = office.session(w.foreign()[0])
        word = base64.b64encode(f"user={TEAM}\x01auth=Bearer {office.token('jeton-avec-certificat')}\x01\x01".encode()).decode()
        assert s.docmd("AUTH", "XOAUTH2 " + word)[0] == 235
        assert s.mail(TEAM, ["ENVID=+20"])[0] == 250 and s.rcpt(DEPOT, ["NOTIFY=SUCCESS", "ORCPT=rfc822;+20"])[0] == 250
        code, text = s.data(message)
        assert code == 250, (code, text)
        s.quit()
        row = outcome(w, message_id)
        kept = query(w, f"select peer_name, params->'tls' as tls, params->>'peer_serial' as serial from relais.inbox where id = {row['inbox']}")[0]
        assert kept["peer_name"] == "" and kept["serial"] == "", kept
        assert kept["tls"]["fingerprint"] is None and kept["tls"]["path"] == [], kept
        wait_for("the report of delivery", lambda: [m for m in query(w, f"select state from relais.outbox where inbox = {row['inbox']} and form = 'report'")
                                                    if m["state"] in ("accepted", "failed")])
        assert query(w, f"select state, reason from relais.outbox where inbox = {row['inbox']} and form = 'report'") == [{"state": "accepted", "reason": "none"}]

    def tokens_that_are_none():
        """P9, one code whatever is wrong with them."""
        before = inbox_count()
        message, _ = record("18748-4", PERSON)
        rows = {"jeton-inconnu": None, "jeton-expire": {"exp": 1700000000}, "jeton-d-ailleurs": {"iss": ISSUER + "2"},
                "jeton-d-un-autre-service": {"aud": ["autre"]}, "jeton-de-rafraichissement": {"typ": "Refresh"}}
        for name, changes in rows.items():
            if changes is not None:
                office.identity.grant(name, SUBJECT, **changes)
            for mechanism in ("OAUTHBEARER", "XOAUTH2"):
                refused(535, "", lambda: office.curl(office.kept(name), message, mechanism=mechanism))
        # a good token of a person without a mailbox, and of one who asks for another's
        office.token("jeton-etranger", STRANGER)
        office.token("jeton-collegue", COLLEAGUE)
        refused(535, "", lambda: office.curl("jeton-etranger", message))
        refused(535, "", lambda: office.curl("jeton-collegue", message, user=PERSON))
        refused(535, "", lambda: office.curl("jeton-collegue", message, user=HOSPITAL))
        assert inbox_count() == before

    def inbox_count():
        """By this door: what the operators report on mail of ours comes by the other one, at any moment."""
        return query(w, "select count(*) as n from relais.inbox where source = 'submission'")[0]["n"]

    def provider_away():
        message, message_id = record("18748-4", TEAM)
        office.token("jeton-patient")
        office.identity.tokens["jeton-500"] = idp.status(500)
        office.identity.tokens["jeton-page"] = idp.raw("<html></html>")
        for name in ("jeton-500", "jeton-page"):
            refused(454, "", lambda: office.curl(office.kept(name), message, TEAM, user=TEAM))
        port, tokens = office.identity.port, office.identity.tokens
        office.identity.close()
        refused(454, "", lambda: office.curl("jeton-patient", message, TEAM, user=TEAM))
        office.identity = IdentityServer(office.identity_pair, port=port)
        office.identity.tokens.update(tokens)
        office.curl("jeton-patient", message, TEAM, user=TEAM)
        assert outcome(w, message_id)["account"] == TEAM

    def provider_slow():
        """Mail of operators is taken while the provider sleeps."""
        message, _ = record("18748-4", TEAM)
        for i in range(4):
            office.identity.tokens[office.kept(f"jeton-lent-{i}")] = idp.slow(30)
        procs = [subprocess.Popen([sys.executable, "-c", SLOW_CLIENT, str(office.port), f"jeton-lent-{i}", PERSON], stdout=subprocess.PIPE, text=True) for i in range(4)]
        wait_for("two questions under way", lambda: sum(t.startswith("jeton-lent") for t, _, _ in office.identity.asked) >= 2)
        message_id = story.record(code="11502-2")
        assert outcome(w, message_id)["source"] == "smtp"
        assert sorted(p.communicate(timeout=60)[0].strip() for p in procs) == ["454"] * 4

    def senders_that_are_not_hers():
        """P8: the envelope names the account's mailbox or nobody gets in."""
        before = inbox_count()
        message, _ = record("18748-4", PERSON)
        token = office.token("jeton-expediteur")
        for sender in (HOSPITAL, TEAM, EXPERT, f"dr.roux@boites.{DOMAIN}", f"dr.roux+x@{DOMAIN}"):
            refused(550, "auth.sender", lambda: office.curl(token, message, sender))
        refused(550, "auth.sender", lambda: office.by_certificate(office.machine, message, sender=PERSON))
        refused(530, "", lambda: office.by_certificate(office.nobody, message, sender=MACHINE))
        refused(530, "", lambda: office.by_certificate((None, None), message, sender=MACHINE))
        # the certificate of an operator on the white list is nobody's mailbox
        refused(530, "", lambda: office.by_certificate(tuple(f"{w.pki}/operateur-a.{e}" for e in ("pem", "key")), message, sender=HOSPITAL))
        assert inbox_count() == before

    def no_relay():
        """P8."""
        message, _ = record("18748-4", PERSON)
        token = office.token("jeton-relais")
        for recipient, word in ((EXPERT, "smtp.recipient.foreign"), (PATIENT, "smtp.recipient.foreign"), (TEAM, "smtp.recipient.unknown")):
            refused(550, word, lambda: office.curl(token, message, recipient=recipient))
        refused(550, "smtp.recipient.party", lambda: office.curl(office.token("jeton-voisin", COLLEAGUE), message, TEAM, recipient=seen["relay"], user=TEAM))

    def the_operators_port_knows_no_tokens():
        with smtplib.SMTP("127.0.0.1", w.port, timeout=60) as s:
            s.ehlo("poste.exemple.fr")
            assert not s.has_extn("auth")
            context = ssl.create_default_context(cafile=w.anchors)
            context.check_hostname = False
            s.starttls(context=context)
            s.ehlo("poste.exemple.fr")
            assert not s.has_extn("auth") and s.docmd("AUTH", "XOAUTH2 =")[0] in (500, 502, 503), "no AUTH between operators"
        refused(550, "peer", lambda: clients.send(w.port, w.anchors, MACHINE, [DEPOT], b"Subject: x\r\n\r\nx\r\n", *office.machine))

    def nothing_before_tls():
        with smtplib.SMTP("127.0.0.1", office.port, timeout=60) as s:
            s.ehlo("poste.exemple.fr")
            assert not s.has_extn("auth"), "AUTH is offered behind TLS only"
            assert s.docmd("AUTH", "XOAUTH2 dXNlcj1h")[0] in (502, 503, 530)
            assert s.docmd("MAIL", f"FROM:<{MACHINE}>")[0] == 530

    def in_anothers_name():
        """The envelope is hers, the From is not: kept apart, nothing done, nobody told."""
        rows = {
            "an expert": (f"From: {EXPERT}\r\n", "held", "auth.from"),
            "a hospital": (f"From: {HOSPITAL}\r\nSender: {PERSON}\r\n", "held", "auth.from"),
            "her team": (f"From: {TEAM}\r\nReply-To: {PERSON}\r\n", "held", "auth.from"),
            "her name before another address": (f'From: "{PERSON}" <{HOSPITAL}>\r\n', "held", "mail.ambiguous"),
            "her address in a comment": (f"From: {HOSPITAL} ({PERSON})\r\n", "held", "mail.ambiguous"),
            "other letters": (f"From: Dr.Roux@{DOMAIN}\r\n", "held", "auth.from"),
        }
        got = {}
        for what, (field, want, reason) in rows.items():
            message, message_id = record("18748-4", PERSON)
            message = message.replace(f"From: {PERSON}\r\n".encode(), field.encode(), 1)
            assert field.encode() in message, what
            office.curl(office.token("jeton-faussaire"), message)
            row = outcome(w, message_id)
            got[what] = (field, row["outcome"], row["reason"])
            assert row["owner"] and row["account"] == PERSON, (what, row)
            assert w.relais("trace", message_id, as_json=True)["outbox"] == [], what
        assert got == rows, got
        # signed by the hospital and submitted by her: a good signature does not lend its name
        message, message_id = record("18748-4", HOSPITAL, signer=w.hospital)
        office.curl("jeton-faussaire", message)
        decided(message_id, "held", "auth.from", PERSON)
        # two Froms, two mailboxes in one
        for field in (f"From: {PERSON}\r\nFrom: {HOSPITAL}\r\n", f"From: {PERSON}, {HOSPITAL}\r\n"):
            message, message_id = record("18748-4", PERSON)
            office.curl("jeton-faussaire", message.replace(f"From: {PERSON}\r\n".encode(), field.encode(), 1))
            row = wait_for("a decision", lambda: last_of(PERSON))
            assert row["outcome"] in ("refused", "held") and row["reason"].startswith("mail."), row
        # her own From, and answers wanted elsewhere: what is sent goes to the From alone
        message, message_id = record("18748-4", TEAM, extra=[("Reply-To", HOSPITAL), ("Sender", HOSPITAL), ("Disposition-Notification-To", HOSPITAL)])
        office.curl("jeton-faussaire", message, TEAM, user=TEAM)
        row = outcome(w, message_id)
        assert row["outcome"] in ("filed", "duplicate") and row["account"] == TEAM, row
        from_hospital = [m for m in w.mailbox(HOSPITAL).all() if message_id.encode() in m]
        assert from_hospital == [], "Reply-To moved an answer"

    def last_of(account):
        """The newest message of that account, once it is decided."""
        rows = []
        number = 1
        while True:
            done = w.relais("trace", f"R{number}", "--json", check=False)
            if done.returncode != 0:
                break
            rows += json.loads(done.stdout)["inbox"]
            number += 1
        newest = [r for r in rows if r["account"] == account][-1]
        return newest if newest["state"] == "done" else None

    def held_stays_hers():
        """A person looks again at what is kept apart: it stays what it is."""
        message, message_id = record("18748-4", PERSON)
        message = message.replace(f"From: {PERSON}\r\n".encode(), f"From: {EXPERT}\r\n".encode(), 1)
        office.curl(office.token("jeton-encore"), message)
        row = decided(message_id, "held", "auth.from", PERSON)
        w.relais("quarantine", "again", f"R{row['inbox']}")
        decided(message_id, "held", "auth.from", PERSON)
        w.relais("quarantine", "return", f"R{row['inbox']}")
        row = outcome(w, message_id)
        assert row["outcome"] == "refused", row
        assert w.relais("trace", message_id, as_json=True)["outbox"] == [], "nobody whose name was borrowed is told"

    def a_report_proves_nothing():
        """D5: a delivery report about the expert's mail, by herself, is ignored."""
        _, full = story.arrives(PERSON, "dossier", lambda m: (m["Subject"] or "").startswith("XDM/1.0/DDM+"))
        mail = w.relais("trace", full["Message-ID"], as_json=True)["outbox"][0]
        head, message_id = clients.head(PERSON, DEPOT, "Rapport")
        body = (b'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nEchec\r\n'
                b"--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.exemple.fr\r\n\r\nFinal-Recipient: rfc822; " + PERSON.encode() +
                b"\r\nAction: failed\r\nStatus: 5.1.1\r\n\r\n--b\r\nContent-Type: text/rfc822-headers\r\n\r\nMessage-ID: " + full["Message-ID"].encode() +
                b"\r\n\r\n--b--\r\n")
        office.curl(office.token("jeton-rapport"), head + body)
        decided(message_id, "ignored", "report.unmatched", PERSON)
        after = w.relais("trace", f"S{mail['outbox']}", as_json=True)["outbox"][0]
        assert (after["state"], after["proof"]) == (mail["state"], max(mail["proof"], after["proof"])), after

    def closed_account():
        """No one may submit for it any more, at once, whatever the provider still says."""
        message, _ = record("18748-4", PERSON)
        token = office.token("jeton-ferme")
        office.curl(token, message)
        office.load("account", office.accounts(PER={"subjects": []}, APP={"certificates": []}))
        refused(535, "", lambda: office.curl(token, message))
        refused(530, "", lambda: office.by_certificate(office.machine, message))
        office.load("account", office.accounts())
        office.curl(token, message)

    def everything_agrees():
        done = w.relais("reconcile")
        assert "everything agrees" in done.stdout, done.stdout[-800:]

    def no_token_anywhere():
        """I7: neither in a log, nor in a journal, nor in the database's files."""
        names = [t.encode() for t in office.tokens] + [SECRET.encode()]
        for folder, _, files in os.walk(w.dir):
            if os.path.relpath(folder, w.dir).split(os.sep)[0] == "data":
                continue
            for name in files:
                path = os.path.join(folder, name)
                if name == "identity.secret" or not os.path.isfile(path):
                    continue
                try:
                    with open(path, "rb") as f:
                        text = f.read()
                except FileNotFoundError:
                    continue                            # written aside, and it has its name meanwhile
                assert not [n for n in names if n in text], path
        # Nor in the memory of any process, an hour or a second after; our own secret has to stay, in pages of its own.
        secrets_kept.nowhere(w, office.tokens, control=(ISSUER, "receiver"))
        secrets_kept.nowhere(w, [SECRET], kept=[("receiver", "locked")])
        dump = subprocess.run(["grep", "-rlaF", *[x for n in names for x in ("-e", n.decode())], os.path.join(w.dir, "data")], capture_output=True, text=True).stdout
        assert dump == "", dump
        office.identity.close()

    return [
        ("the service stands, jailed, with both ports", stands), ("accounts that are none", accounts_that_are_none),
        ("a team's record by OAUTHBEARER is filed", team_record), ("an expert answers by XOAUTH2", person_reply),
        ("her signed opinion is taken", signed_opinion), ("an application's record by certificate", machine_record),
        ("a certificate that proves nothing, beside a token", a_certificate_that_proves_nothing),
        ("tokens that are none: 535", tokens_that_are_none), ("the provider is away: 454, then it works", provider_away),
        ("the provider is slow: operators' mail goes on", provider_slow), ("another sender in the envelope: 550", senders_that_are_not_hers),
        ("no relay", no_relay), ("the operators' port knows no tokens", the_operators_port_knows_no_tokens),
        ("nothing before TLS", nothing_before_tls), ("in another's name: held", in_anothers_name), ("held stays hers", held_stays_hers),
        ("a report proves nothing", a_report_proves_nothing), ("a closed account", closed_account), ("reconcile", everything_agrees),
        ("no token in any file, nor in memory", no_token_anywhere),
    ]


# One client that waits for its answer; prints the code.
SLOW_CLIENT = """
import smtplib, ssl, sys, base64
context = ssl.create_default_context(); context.check_hostname = False; context.verify_mode = ssl.CERT_NONE
s = smtplib.SMTP("127.0.0.1", int(sys.argv[1]), timeout=60)
s.ehlo("poste.exemple.fr"); s.starttls(context=context); s.ehlo("poste.exemple.fr")
word = base64.b64encode(f"user={sys.argv[3]}\\x01auth=Bearer {sys.argv[2]}\\x01\\x01".encode()).decode()
code, _ = s.docmd("AUTH", "XOAUTH2 " + word)
print(code)
"""
