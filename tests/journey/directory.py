"""The directory of professionals, with real processes: the extract and its guards, a person's word, look-ups over FHIR (a stand-in) and over LDAP (a real
slapd), and one dossier on the road: its expert leaves the directory, its physician is found, chosen for, and written to another mailbox."""
import datetime
import http.server
import json
import os
import re
import shutil
import signal
import ssl
import subprocess
import threading

import clients
import documents
import leaks
import walls
from correspondents import free_port, unpack, wait_port
from database import sql
from world import ATTENDING, EXPERT, FIRST, PLATFORM, DEPOT, SECOND_EXPERT, wait_for

OK, FAILED, USAGE, NOT_FOUND = 0, 1, 2, 4
LDAP = ["slapd", "libldap-2.5-0", "libltdl7", "libodbc2", "libperl5.36", "libwrap0", "libsasl2-2"]
GARNIER, LEMOINE, MOREAU, PETIT, FOUND, BY_LDAP = "10101010101", "10202020202", "01234567123", "01234567222", "10303030303", "10404040404"
TIERCE = "01234567333"
GONE = "dr.parti@medecins.mssante.fr"               # in the directory, and unknown to its operator
HEADING = ("Type de BAL|Adresse BAL|Type Identifiant PP|Identifiant PP|Identification nationale PP|Type identifiant structure|Identification Structure|"
           "Service de rattachement|Civilité d'exercice|Nom d'exercice|Prénom d'exercice|Catégorie profession|Libellé de catégorie profession|"
           "Code Profession|Libellé Profession|Code savoir-faire|Libellé savoir-faire|Dématérialisation|Raison Sociale structure BAL|"
           "Enseigne commerciale structure BAL|L2COMPLEMENTLOCALISATION|L3COMPLEMENTDISTRIBUTION|L4NUMEROVOIE|L4COMPLEMENTNUMEROVOIE|NL4TYPEVOIE|"
           "L4LIBELLEVOIE|L5LIEUDITMENTION|L6LIGNEACHEMINEMENT|Code postal|Département|Pays")


def line(address, person="", family="", given="", structure="", place="", kind="PER"):
    columns = [kind, address, "8" if person else "", person, "8" + person if person else "", "1" if structure else "", structure, "", "DR", family, given, "C",
               "Civil", "10", "Médecin", "SM26", "Qualifié en médecine générale", "O", place] + [""] * 9 + ["69001", "69", "FRANCE"]
    assert len(columns) == 31
    return "|".join(columns)


EXPERTS = [line(EXPERT, MOREAU, "MOREAU", "Claire", "1690000024", "CENTRE DES SEINS"), line(SECOND_EXPERT, PETIT, "PETIT", "Luc")]
DOCTORS = [line(ATTENDING, GARNIER, "GARNIER", "Paul", "1690000099", "CABINET DES LILAS"), line(GONE, GARNIER, "GARNIER", "Paul"),
           line(FIRST, LEMOINE, "LEMOINE", "Anne")]
OTHERS = [line(f"prenom.nom{i}@medecins.mssante.fr", f"1099999{i:04}", f"NOM-{i}", "Prénom") for i in range(200)] + [
    line("accueil@chu-exemple.mssante.fr", "", "", "", "1750000018", "CHU EXEMPLE", "ORG")]


def extract(*groups, head=HEADING, end="\n"):
    return ("\n".join([head, *[one for group in groups for one in group]]) + end).encode()


# ---------------------------------------------------------------- the two directories that are asked

class Fhir:
    """Stands in for the national interface: one answer, or something worse, to every search by POST."""

    def __init__(self, port, certificate):
        self.asked, self.answer = [], None
        fhir = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                fhir.asked.append((self.path, body.decode(), self.headers["ESANTE-API-KEY"]))
                fhir.reply(self)

            def log_message(self, *_):
                pass
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self.server.daemon_threads = True
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*certificate)
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def reply(self, handler):
        if self.answer == "endless":
            handler.send_response(200)
            handler.send_header("Transfer-Encoding", "chunked")
            handler.end_headers()
            try:
                while True:
                    handler.wfile.write(b"10000\r\n" + b"x" * 65536 + b"\r\n")
            except OSError:
                handler.close_connection = True
            return
        status, body = self.answer if isinstance(self.answer, tuple) else (200, self.answer)
        handler.send_response(status)
        if status == 302:
            handler.send_header("Location", "/fhir/v2/Practitioner/_search")
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    def stop(self):
        self.server.shutdown()
        self.server.server_close()


def telecom(address, kind="PER", rank=None, red=False, secure=True):
    """A mailbox as the interface writes it (Annuaire Santé, FHIR R4)."""
    base = "https://interop.esante.gouv.fr/ig/fhir/annuaire/StructureDefinition/as-ext-mailbox-mss-metadata"
    extensions = [{"url": "https://hl7.fr/ig/fhir/core/StructureDefinition/fr-core-contact-point-email-type",
                   "valueCoding": {"system": "https://mos.esante.gouv.fr/NOS/TRE_R256-TypeMessagerie/FHIR/TRE-R256-TypeMessagerie", "code": "MSSANTE"}},
                  {"url": base, "extension": [
                      {"url": "type", "valueCodeableConcept": {"coding": [{
                          "system": "https://mos.esante.gouv.fr/NOS/TRE_R257-TypeBAL/FHIR/TRE-R257-TypeBAL", "code": kind}]}},
                      {"url": "listeRouge", "valueBoolean": red}]}]
    one = {"system": "email", "value": address}
    return one | ({"extension": extensions} if secure else {}) | ({"rank": rank} if rank else {})


def bundle(rpps, telecoms, roles=(), active=True, family="LOINTAIN", given="Jeanne"):
    person = {"resourceType": "Practitioner", "id": "003-1-1", "active": active, "telecom": telecoms,
              "identifier": [{"system": "https://rpps.esante.gouv.fr", "value": rpps}, {"system": "urn:oid:1.2.250.1.71.4.2.1", "value": "8" + rpps}],
              "name": [{"family": family, "given": [given]}]}
    return json.dumps({"resourceType": "Bundle", "type": "searchset", "total": 1 + len(roles), "entry": [{"resource": person}] + [
        {"resource": {"resourceType": "PractitionerRole", "id": f"005-{i}", "active": True, "practitioner": {"reference": "Practitioner/003-1-1"},
                      "organization": {"reference": "Organization/001-9", "display": "MAISON DE SANTÉ"}, "telecom": [t]}} for i, t in enumerate(roles)]}).encode()


class Slapd:
    """A real slapd, unpacked privately, over TLS on loopback."""

    def __init__(self, world, port, certificate, people):
        self.root = unpack(os.path.join(world.cache, "ldap"), LDAP)
        self.folder, self.port, self.process = os.path.join(world.folder, "annuaire"), port, None
        os.makedirs(os.path.join(self.folder, "data"))
        schema, modules = os.path.join(self.root, "etc/ldap/schema"), os.path.join(self.root, "usr/lib/ldap")
        with open(os.path.join(self.folder, "slapd.conf"), "w") as f:
            f.write("".join(f"include {schema}/{name}.schema\n" for name in ("core", "cosine", "inetorgperson")) +
                    f"modulepath {modules}\nmoduleload back_mdb\npidfile {self.folder}/pid\n"
                    f"TLSCertificateFile {certificate[0]}\nTLSCertificateKeyFile {certificate[1]}\nTLSCACertificateFile {world.anchors}\n"
                    f"database mdb\nsuffix dc=annuaire\ndirectory {self.folder}/data\nmaxsize 10485760\n"
                    'rootdn "cn=admin,dc=annuaire"\nindex employeeNumber eq\naccess to * by * read\n')
        ldif = "dn: dc=annuaire\nobjectClass: dcObject\nobjectClass: organization\no: Annuaire\ndc: annuaire\n\n" + "\n".join(people)
        self.run("slapadd", "-f", os.path.join(self.folder, "slapd.conf"), input=ldif)

    def run(self, program, *words, input=None):
        command = [os.path.join(self.root, "usr/sbin", "slapd"), "-T", program[4:], *words] if program != "slapd" else [os.path.join(self.root, "usr/sbin/slapd"), *words]
        done = subprocess.run(command, input=input, capture_output=True, text=True, env=self.environment())
        if done.returncode != 0:
            raise RuntimeError(f"{program}: {done.stdout}{done.stderr}")

    def environment(self):
        return dict(os.environ, LD_LIBRARY_PATH=os.path.join(self.root, "usr/lib/x86_64-linux-gnu"))

    def start(self):
        with open(os.path.join(self.folder, "log"), "ab") as out:
            self.process = subprocess.Popen([os.path.join(self.root, "usr/sbin/slapd"), "-d", "0", "-f", os.path.join(self.folder, "slapd.conf"), "-h",
                                             f"ldaps://127.0.0.1:{self.port}"], stdin=subprocess.DEVNULL, stdout=out, stderr=out, env=self.environment())
        wait_port(self.port)

    def stop(self):
        if self.process:
            self.process.terminate()
            self.process.wait()
            self.process = None


def person(uid, number, family, given, mails):
    return (f"dn: uid={uid},dc=annuaire\nobjectClass: inetOrgPerson\nuid: {uid}\ncn: {given} {family}\nsn: {family}\ngivenName: {given}\nemployeeNumber: {number}\n"
            "title: Médecin\no: CLINIQUE DU PARC\n" + "".join(f"mail: {m}\n" for m in mails))


# ---------------------------------------------------------------- the scene

class Scene:
    def __init__(self, world):
        self.w, self.day = world, 10
        self.ports = free_port(), free_port()

    def configure(self):
        w = self.w
        certificate = w.issue("annuaire", "tls-server", cn="localhost", dns="localhost,127.0.0.1")
        self.fhir = Fhir(self.ports[0], certificate)
        self.slapd = Slapd(w, self.ports[1], certificate, [
            person("a", BY_LDAP, "DUPARC", "Élise", ["Elise.Duparc@clinique.mssante.fr", "elise.duparc@medecins.mssante.fr"]),
            person("b", "10505050505", "AUTRE", "Jean", ["jean.autre@clinique.mssante.fr"])])
        self.slapd.start()
        self.fhir.answer = bundle(FOUND, [])
        w.relais_stop()
        key = os.path.join(w.dir, "annuaire.key")
        with open(key, "w") as f:
            f.write("cle-d-essai\n")
        os.chown(key, walls.UID["refresher"], walls.UID["refresher"])
        os.chmod(key, 0o600)
        w.set_groups({"directory": f'use = "required"; fhir_url = "https://localhost:{self.ports[0]}/fhir/v2"; fhir_key_file = "annuaire.key"; '
                                   f'ldap_url = "ldaps://127.0.0.1:{self.ports[1]}"; ldap_base = "dc=annuaire"; anchors = "pki/anchors-tls.pem"; stale_days = 30;'})
        w.relais_start()

    def stop(self):
        self.slapd.stop()
        self.fhir.stop()

    def file(self, content, day=None):
        self.day += day is None
        made = datetime.date.today() - datetime.timedelta(days=40 - (day or self.day))
        path = os.path.join(self.w.folder, f"Extraction_Correspondance_MSSante_{made:%Y%m%d}0413.txt")
        with open(path, "wb") as f:
            f.write(content)
        return path

    def directory(self, *words, want=OK, code=None):
        done = self.w.relais("directory", *words, "--json", check=False)
        assert done.returncode == want and (code is None or code in done.stderr), (words, done)
        return json.loads(done.stdout) if done.stdout.strip() else None

    def take(self, *groups, **more):
        return self.directory("import", self.file(extract(*groups, OTHERS)), **more)

    def log(self, event):
        with open(os.path.join(self.w.dir, "log", "relais.log")) as f:
            return [e for e in map(json.loads, f) if e["event"] == event]

    def alarms(self):
        return {a["name"]: a for a in self.w.status()["alarms"]}

    def now(self):
        """The refresher looks at once. Before it says that it is ready the signal would end it."""
        def ready():
            pid = next(p["pid"] for p in self.w.status()["processes"] if p["name"] == "refresher")
            return pid if any(e["process"] == "refresher" and e["pid"] == pid for e in self.log("ready")) else 0
        os.kill(wait_for("the refresher", ready), signal.SIGHUP)


def cases(world, story):
    w, s = world, Scene(world)

    # ------------------------------------------------------------ the extract
    def before_any():
        state = s.directory("status")[0]
        assert (state["use"], state["import"], state["entries"]) == ("required", None, None), state
        s.now()
        assert wait_for("directory.stale", lambda: s.alarms().get("directory.stale"))["severity"] == "critical"

    def comes_in_by_difference():
        first = s.take(EXPERTS, DOCTORS, [line("pas une adresse", GARNIER), "PER|trop|peu"])
        assert (first["entries"], first["added"], first["removed"], first["unread"], first["lines"]) == (206, 206, 0, 2, 208), first
        again = s.directory("import", s.file(extract(EXPERTS, DOCTORS, [line("pas une adresse", GARNIER), "PER|trop|peu"], OTHERS)))
        assert again["same"] and again["import"] == first["import"], again
        moved = [line(ATTENDING, GARNIER, "GARNIER", "Paul", "1690000099", "CABINET DES ROSES")] + DOCTORS[1:]
        second = s.take(EXPERTS, moved, [line("nouveau@medecins.mssante.fr", "10606060606", "NEUF", "Ève")])
        assert (second["added"], second["removed"], second["changed"], second["before"]) == (1, 0, 1, 206), second
        assert [h["import"] for h in s.directory("history")] == [1, 2] and s.directory("history")[1]["actor"] == "operator:infirmiere"
        s.now()
        wait_for("no alarm", lambda: "directory.stale" not in s.alarms())

    def guards():
        good = extract(EXPERTS, DOCTORS, OTHERS)
        s.directory("import", s.file(good, day=1), want=FAILED, code="directory.older")
        s.directory("import", s.file(extract(EXPERTS, DOCTORS, OTHERS[:100])), want=FAILED, code="directory.shrinks")
        s.directory("import", s.file(good[:-1]), want=FAILED, code="directory.form")
        s.directory("import", s.file(extract(EXPERTS, head="Nom|Prénom")), want=FAILED, code="directory.form")
        s.directory("import", s.file(b""), want=FAILED, code="directory.form")
        s.directory("import", s.file(extract(EXPERTS, OTHERS, ["x" * 9000] * 5)), want=FAILED, code="directory.unreadable")
        s.directory("import", s.file(extract(EXPERTS, ["\xff\xfe".encode("latin-1").decode("latin-1")] * 40, OTHERS)), want=FAILED, code="directory.unreadable")
        undated = os.path.join(w.folder, "extraction.txt")
        shutil.copy(s.file(good), undated)
        s.directory("import", undated, want=FAILED, code="directory.undated")
        s.directory("import", os.path.join(w.folder, "absent_202611300000.txt"), want=NOT_FOUND)
        assert s.directory("status")[0]["import"] == 2, "what is refused changes nothing"
        compared = s.directory("diff", s.file(extract(EXPERTS[1:], DOCTORS, OTHERS)))
        assert compared["removed"] == 2 and [u["address"] for u in compared["in_use"]] == [EXPERT], compared
        assert s.directory("status")[0]["import"] == 2
        forced = s.directory("import", s.file(good, day=1), "--force")
        assert forced["forced"] and forced["removed"] == 1, forced
        ended = s.directory("diff")
        assert [(e["what"], e["address"]) for e in ended] == [("person", "nouveau@medecins.mssante.fr")], ended

    def an_old_extract_vouches_for_nobody():
        def lines(days):
            return set(sql(w, f"select distinct what from relais.directory_facts('{{{GARNIER}}}', '{{}}', now() - interval '{days} days')").split())
        good, before = extract(EXPERTS, DOCTORS, OTHERS), s.directory("status")[0]["generated_at"]
        age = int(sql(w, "select extract(day from now() - generated_at) from relais.directory_import order by id desc limit 1"))
        assert age >= 1 and lines(age) == {"used", "old"} and lines(age + 1) == {"used", "entry"}, (age, lines(age), lines(age + 1))
        # The same lines with a later day: what is in force is as young as that.
        again = s.directory("import", s.file(good))
        assert again["same"] and s.directory("status")[0]["generated_at"] > before and lines(age) == {"used", "entry"}, again

    def looking():
        found = s.directory("find", "garnier", "lilas")
        assert [f["address"] for f in found] == [ATTENDING] and found[0]["profession"] == "Médecin", found
        assert {f["address"] for f in s.directory("find", "Garnier Paul")} == {ATTENDING, GONE} and s.directory("find", "introuvable") == []
        lines = s.directory("show", "8" + GARNIER)
        assert {one["address"] for one in lines} == {ATTENDING, GONE} and not any(one["preferred"] or one["confirmed"] for one in lines), lines
        assert [one["person"] for one in s.directory("show", FIRST.upper())] == [LEMOINE]
        s.directory("show", "x", "--force", want=USAGE)
        s.directory("prefer", GARNIER, FIRST, want=FAILED, code="directory.mailbox-unknown")

    def a_persons_word():
        s.directory("confirm", "secretariat@cabinet.mssante.fr", want=USAGE)
        s.directory("confirm", "pas une adresse", "--reason", "vu", want=USAGE)
        s.directory("confirm", "Secretariat@cabinet.mssante.fr", "--rpps", "8" + LEMOINE, "--reason", "lu au téléphone")
        shown = {one["address"]: one for one in s.directory("show", LEMOINE)}
        assert shown["secretariat@cabinet.mssante.fr"]["confirmed"] and not shown[FIRST]["confirmed"], shown
        kept = json.loads(sql(w, "select to_jsonb(c) from relais.directory_confirmed c order by id desc limit 1"))
        assert (kept["actor"], kept["reason"], kept["person"]) == ("infirmiere", "lu au téléphone", LEMOINE) and kept["at"], kept
        s.directory("confirm", "secretariat@cabinet.mssante.fr", "--rpps", LEMOINE, "--reason", "erreur", "--withdraw")
        assert {one["address"] for one in s.directory("show", LEMOINE)} == {FIRST}
        s.directory("confirm", "secretariat@cabinet.mssante.fr", "--rpps", LEMOINE, "--reason", "erreur", "--withdraw", want=NOT_FOUND)

    # ------------------------------------------------------------ one dossier on the road
    def the_request_names_a_number_alone():
        q = documents.questionnaire(documents.answers(physician__attending__mailbox=None, physician__attending__rpps="8" + GARNIER))
        rcp, bio = documents.exam("34794-8")[1], documents.exam("11502-2")[1]
        archive = documents.xdm([documents.packed("74465-6", q), documents.packed("34794-8", rcp), documents.packed("11502-2", bio)])
        story.send(PLATFORM, DEPOT, "XDM/1.0/DDM+Questionnaire patient PAT-TROIS DOMINIQUE 28/03/1979", "Demande signée.",
                   [("IHE_XDM.zip", "application/zip", archive)], w.platform)
        wait_for("a dossier", lambda: story.dossiers())
        story.ref = story.dossiers()[-1]["ref"]
        story.record()
        story.reaches("triage")
        assert not any(kind == "pieces_missing" and "mailbox" in (what or "") for kind, what in events()), "the patient owes no mailbox"

    def events():
        return [(e["kind"], e["what"] if "what" in e else None) for e in w.relais("dossier", "history", story.ref, as_json=True)]

    def kinds():
        return [kind for kind, _ in events()]

    def the_expert_leaves():
        w.relais("dossier", "triage", story.ref)
        story.reaches("offered")
        story.arrives(EXPERT, "offer")
        changed = s.take(EXPERTS[1:], DOCTORS)
        assert changed["removed"] == 1 and changed["touched"] == 1, changed
        _, story.offer = story.arrives(SECOND_EXPERT, "offer")
        story.expert_relay = story.offer["Reply-To"]
        assert "offer_expired" in kinds() and kinds().count("offered") == 2 and kinds().count("triaged") == 1, kinds()
        ended = s.directory("diff")
        assert [(e["what"], e["person"], e["expert"]) for e in ended] == [("person", MOREAU, True)], ended

    def the_holder_leaves_and_comes_back():
        """Who accepted loses it with his mailbox; who was registered anew is asked again."""
        story.send(SECOND_EXPERT, story.expert_relay, "Re: " + story.offer["Subject"], "ACCEPTE\n", in_reply_to=story.offer["Message-ID"])
        story.reaches("accepted")
        _, story.full = story.arrives(SECOND_EXPERT, "dossier", lambda m: (m["Subject"] or "").startswith("XDM/1.0/DDM+"))
        story.expert_relay = story.full["Reply-To"]
        due = next(d["due_at"] for d in story.dossiers() if d["ref"] == story.ref)
        s.take(DOCTORS)
        wait_for("reassigned", lambda: "reassigned" in kinds())
        story.reaches("no_expert")
        assert next(d["due_at"] for d in story.dossiers() if d["ref"] == story.ref) == due, "the promise runs on"
        s.take(EXPERTS, DOCTORS)

    def the_report_waits_for_a_choice():
        """The physician has two mailboxes and prefers none: the report goes to the patient, and a person is asked."""
        third = [{"rpps": TIERCE, "title": "Dr", "given": "Rose", "family": "TIERCE", "specialty": "G15_10/SM36", "mailbox": EXPERT, "organisation": "AILLEURS",
                  "organisation_id": "1330000031", "pathologies": ["cancer-sein"], "certificates": [w.fingerprint(w.expert[0])], "capacity": 3}]
        path = os.path.join(w.folder, "tierce.json")
        with open(path, "w") as f:
            json.dump(third, f)
        w.relais("expert", "import", path)
        seen = w.mailbox(EXPERT).all()
        w.relais("dossier", "offer", story.ref)
        story.reaches("offered")
        relay = wait_for("his relay address", lambda: sql(w, "select local from relais.relay r join relais.dossier_event e on e.dossier = r.dossier and e.kind = 'offered' "
                                                             f"and e.data->>'rpps' = '{TIERCE}' where r.party = 'expert' and r.mailbox = '{EXPERT}'"))
        wait_for("the offer", lambda: len(w.mailbox(EXPERT).all()) > len(seen))
        story.send(EXPERT, f"{relay}@{w.domain}", "Re: avis demandé", "ACCEPTE\n")
        story.reaches("accepted")
        _, story.full = story.arrives(EXPERT, "dossier", lambda m: (m["Subject"] or "").startswith("XDM/1.0/DDM+"))
        story.expert_relay = story.full["Reply-To"]
        story.send_opinion()
        story.reaches("checked")
        w.relais("dossier", "release", story.ref)
        story.reaches("released")
        wait_for("a person is awaited", lambda: "mailbox_awaited" in kinds())
        assert w.mailbox(ATTENDING).all() == [], "nothing goes out before the choice"
        # he is to have it after the patient: she has read it
        w.relais("dossier", "contact", story.ref, "patient", "call", "reached", "lu au téléphone", "M21")
        assert w.mailbox(ATTENDING).all() == []

    def chosen_and_unknown_there():
        """A person prefers one; its operator does not know it (5.1.1), and the other has the report, once."""
        s.directory("prefer", GARNIER, GONE)
        _, mail = w.mailbox(ATTENDING).wait(lambda m: (m["Subject"] or "").startswith("XDM/1.0/DDM+"), 90)
        assert "IHE_XDM.zip" in clients.attachments(mail)
        mails = [m for m in w.relais("dossier", "show", story.ref, as_json=True)["mails"] if m["code"] == "M64"]
        assert sorted(m["state"] for m in mails) in (["accepted", "failed"], ["failed", "sending"]), mails
        assert kinds().count("shared") == 2 and kinds().count("released") == 1, kinds()
        moves = [json.loads(r) for r in sql(w, "select data from relais.dossier_event where kind = 'channel_changed' order by seq").splitlines()]
        assert [m["address"] for m in moves] == [GONE, ATTENDING], moves

    def a_person_moves_him():
        done = w.relais("dossier", "mailbox", story.ref, "attending", "inconnue@ailleurs.mssante.fr", check=False)
        assert done.returncode == FAILED and "directory.mailbox-unknown" in done.stderr, done
        s.directory("confirm", FIRST, "--rpps", GARNIER, "--reason", "remplaçante, lu au téléphone")
        w.relais("dossier", "mailbox", story.ref, "attending", FIRST)
        assert json.loads(sql(w, "select data from relais.dossier_event where kind = 'channel_changed' order by seq desc limit 1"))["address"] == FIRST
        assert w.mailbox(FIRST).all() == [], "he has had that version: it is not sent a second time"
        # a worker that lies: the signer asks the directory itself, for that person alone
        lie = ("begin; set local search_path = relais; insert into relais.dossier_event (dossier, seq, at, kind, data, actor, rule) values (1, 9999, now(), 'channel_changed', "
               "'{{\"party\": \"attending\", \"address\": \"{0}\"}}', 'relais', 'x/1'); select relais.sign_allowed(1, 'attending', null); rollback;")
        for address, seals in ((FIRST, True), (ATTENDING, True), (SECOND_EXPERT, False), ("prenom.nom7@medecins.mssante.fr", False)):
            assert (address in sql(w, lie.format(address))) == seals, address

    # ------------------------------------------------------------ look-ups
    def by_fhir():
        s.fhir.answer = bundle(FOUND, [telecom("Jeanne.Lointain@medecins.mssante.fr", rank=1), telecom("contact@cabinet.fr", secure=False)],
                               [telecom("jeanne@maison.mssante.fr"), telecom("rouge@maison.mssante.fr", red=True)])
        lines = s.directory("show", FOUND, "--ask")
        assert [(one["address"], one["preferred"], one["red"]) for one in lines] == [
            ("jeanne.lointain@medecins.mssante.fr", True, False), ("", False, True), ("jeanne@maison.mssante.fr", False, False)], lines
        # The last about him: the refresher asks about others meanwhile.
        path, body, key = [asked for asked in s.fhir.asked if f"identifier={FOUND}&" in asked[1]][-1]
        assert path == "/fhir/v2/Practitioner/_search" and key == "cle-d-essai", (path, body)

    def strange_answers():
        """Nothing of them is taken, the reason is told, and the last good answer stands."""
        good = s.directory("show", FOUND)
        for answer, code in (((500, b""), "fetch.answer"), ((401, b"{}"), "fetch.answer"), ((302, b""), "fetch.answer"), (b"{", "directory.answer"),
                             (b"[]", "directory.answer"), (b'{"resourceType": "OperationOutcome"}', "directory.answer"),
                             (b"[" * 100000, "directory.answer"), ("endless", "fetch.size"),
                             (bundle(FOUND, [telecom(f"b{i}@m.mssante.fr") for i in range(300)]), "directory.size")):
            s.fhir.answer = answer
            done = w.relais("directory", "show", FOUND, "--ask", "--json", check=False)
            assert done.returncode == FAILED and code in done.stderr, (code, done)
            assert json.loads(done.stdout) == good, code
        s.fhir.answer = bundle("10999999999", [telecom("autre@medecins.mssante.fr")])
        assert s.directory("show", FOUND, "--ask") == [], "what answers about another person answers nothing"

    def by_ldap():
        s.fhir.answer = json.dumps({"resourceType": "Bundle", "type": "searchset", "total": 0}).encode()
        lines = s.directory("show", BY_LDAP, "--ask")
        assert sorted((one["address"], one["family"], one["profession"], one["place"]) for one in lines) == [
            ("elise.duparc@clinique.mssante.fr", "DUPARC", "Médecin", "CLINIQUE DU PARC"),
            ("elise.duparc@medecins.mssante.fr", "DUPARC", "Médecin", "CLINIQUE DU PARC")], lines
        assert s.directory("show", "10707070707", "--ask") == []

    def away():
        """The directory is away: an alarm after some tries, the last good data stand, and it clears when it is back."""
        s.slapd.stop()
        done = w.relais("directory", "show", BY_LDAP, "--ask", "--json", check=False)
        assert done.returncode == FAILED and "directory.away" in done.stderr and len(json.loads(done.stdout)) == 2, done

        def raised():
            sql(w, "update relais.directory_asked set next_at = now() where answered_at is null")
            s.now()
            return s.alarms().get("directory.lookup")
        assert wait_for("directory.lookup", raised, 90)["severity"] == "warning"
        s.slapd.start()

        def cleared():
            sql(w, "update relais.directory_asked set next_at = now() where answered_at is null")
            s.now()
            return "directory.lookup" not in s.alarms()
        wait_for("no alarm", cleared, 90)
        assert len(s.directory("show", BY_LDAP)) == 2

    def wrong_server():
        """A server that shows another authority's certificate is told nothing."""
        s.slapd.stop()
        foreign = w.foreign()[0]
        conf = os.path.join(s.slapd.folder, "slapd.conf")
        with open(conf) as f:
            text = f.read()
        with open(conf, "w") as f:
            f.write(re.sub(r"TLSCertificateFile .*\nTLSCertificateKeyFile .*", f"TLSCertificateFile {foreign[0]}\nTLSCertificateKeyFile {foreign[1]}", text))
        s.slapd.start()
        done = w.relais("directory", "show", BY_LDAP, "--ask", "--json", check=False)
        assert done.returncode == FAILED and "directory.away" in done.stderr, done
        s.slapd.stop()
        with open(conf, "w") as f:
            f.write(text)
        s.slapd.start()

    def registration_ended():
        """The interface says of an expert that his registration has ended: he is asked no more."""
        s.fhir.answer = bundle(TIERCE, [telecom(EXPERT)], active=False)
        sql(w, f"update relais.directory_asked set next_at = now(), answered_at = null where person = '{TIERCE}'")
        s.now()
        wait_for("inactive", lambda: sql(w, f"select count(*) from relais.directory_asked where inactive and person = '{TIERCE}'") == "1", 90)
        gone = sql(w, f"select ended from relais.expert_candidates('cancer-sein', '{{}}', now()) where rpps = '{TIERCE}'")
        assert gone == "t", gone

    # ------------------------------------------------------------ the end
    def nothing_personal():
        with open(os.path.join(w.dir, "log", "relais.log")) as f:
            text = f.read()
        for number in (GARNIER, LEMOINE, MOREAU, PETIT, FOUND, BY_LDAP, TIERCE):
            assert number not in text, "a professional's number stands in the log"
        assert "GARNIER" not in text and "LOINTAIN" not in text
        own = [row for row in text.splitlines() if '"process":"refresher"' in row or '"event":"directory-' in row]
        assert own and not any("@" in row for row in own), "the directory's own lines name no mailbox"
        leaks.no_leak(w)

    def reconciles():
        wait_for("an empty queue", lambda: not w.relais("queue", as_json=True))
        assert walls.bad_checks(w, 0) == []
        for table in ("directory_import", "directory_entry", "directory_past", "directory_confirmed"):
            n, unseen = walls.each_row(w, table)
            assert n > 0 and unseen == 0, (table, n, unseen)
        s.stop()

    s.configure()
    yield "without an extract, where one is required: told as an alarm", before_any
    yield "an extract comes in by difference, bad lines are told by number", comes_in_by_difference
    yield "older, shrunken, cut, foreign, unreadable, undated: the one in force stays", guards
    yield "an extract that is too old vouches for nobody; the same lines with a later day do", an_old_extract_vouches_for_nobody
    yield "found by name and place, shown by number and by mailbox", looking
    yield "a person vouches for a mailbox, with her name, the day and why; and takes it back", a_persons_word
    yield "a physician known by his number alone: the patient owes no mailbox", the_request_names_a_number_alone
    yield "the expert who is asked leaves the directory: the next one at once", the_expert_leaves
    yield "the expert who accepted leaves it: taken from him, the promise runs on", the_holder_leaves_and_comes_back
    yield "two mailboxes and no preference: a person is awaited, nothing goes out", the_report_waits_for_a_choice
    yield "the one that is chosen does not exist (5.1.1): the other one has the report, once", chosen_and_unknown_there
    yield "a person moves the physician to a mailbox that she vouched for, and to no other", a_person_moves_him
    yield "a look-up by FHIR: rank, red list, ordinary addresses", by_fhir
    yield "strange answers: nothing is taken, the last good one stands", strange_answers
    yield "a look-up by LDAP, in a real slapd", by_ldap
    yield "the directory is away: an alarm, and the last good data", away
    yield "a server of another authority is told nothing", wrong_server
    yield "an expert's registration has ended: he is asked no more", registration_ended
    yield "no professional's number, name or mailbox in any log", nothing_personal
    yield "no row of the directory's evidence can vanish unseen", reconciles
