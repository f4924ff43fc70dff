"""A rehearsal: the real processes and real mail, and a clock that the operator moves, so that the weeks of a dossier pass in a minute.

People of a persona's story look at their mailboxes as they are now: what they have seen is seen, and a mail awaited is a new one."""
import datetime
import email
import email.policy
import imaplib
import os
import re
import time
import zoneinfo

import clients
import documents
from correspondents import MAIL_PASSWORD
from database import sql
from story import FORM
from world import ATTENDING, DEPOT, DOMAIN, EXPERT, HOSPITAL, OPERATORS, PLATFORM, SECOND_EXPERT, World, wait_for

PARIS = zoneinfo.ZoneInfo("Europe/Paris")
PRINT = "impression@operateur-b.mssante.fr"
THIRD_EXPERT = "dr.durand@experts.mssante.fr"
NEAR = 5                # seconds: an instant that the clock reaches by itself while it is told to go there


def holiday(day):
    """A public holiday of France (Code du travail, L3133-1)."""
    a, b, c = day.year % 19, *divmod(day.year, 100)                # Easter Sunday: the computus of Meeus, Jones and Butcher
    h = (19 * a + b - b // 4 - (b - (b + 8) // 25 + 1) // 3 + 15) % 30
    k = (32 + 2 * (b % 4) + 2 * (c // 4) - h - c % 4) % 7
    month, number = divmod(h + k - 7 * ((a + 11 * h + 22 * k) // 451) + 114, 31)
    easter = datetime.date(day.year, month, number + 1)
    return (day.month, day.day) in ((1, 1), (5, 1), (5, 8), (7, 14), (8, 15), (11, 1), (11, 11), (12, 25)) or (day - easter).days in (1, 39, 50)


class Patient:
    """A test identity; all but the first are made here, in the test range."""

    def __init__(self, family, given, number, birth="19790328", sex="F", place="51215", has_mailbox=True):
        self.family, self.given, self.birth, self.sex, self.place = family, given, birth, sex, place
        self.ins = documents.INS if number is None else f"{number}{97 - int(number) % 97:02d}"
        self.mailbox, self.has_mailbox = f"{self.ins}@patient.mssante.fr", has_mailbox

    def identity(self, **changed):
        traits = dict(ins=self.ins, family=self.family, given=self.given, all_given=self.given, birth=self.birth, sex=self.sex, place=self.place)
        return documents.patient(**(traits | changed))

    def name(self):
        return f"{self.family} {self.given} {self.birth[6:]}/{self.birth[4:6]}/{self.birth[:4]}"


PATIENTS = {
    "2.2": Patient("PAT-ENFANT", "ANDREA", "2090351215022"), "2.2 secret": Patient("PAT-SECRET", "ELIE", "2090351215023"),
    "2.2 adult": Patient("PAT-MAJEUR", "ROSE", "2400351215024", birth="19400305"),
    "2.2 mother": Patient("PAT-ENFANT", "JEANNE", "2790351215025"), "2.2 father": Patient("PAT-ENFANT", "PAUL", "1790351215026"),
    "2.2 guardian": Patient("TUTEUR", "LUCE", "2790351215027"),
    "2.3": Patient("PAT-VINGT", "LOU", "2790351215020"), "2.6b": Patient("PAT-SOIXANTE", "EDEN", "2790351215060"), "2.7": Patient("PAT-SEPT", "SACHA", "2790351215007"),
    "2.7 closed": Patient("PAT-DIX", "NOA", "2790351215010", has_mailbox=False),
    "2.9": Patient("PAT-NEUF", "MORGAN", "2790351215009"),
    "2.1": Patient("PAT-TROIS", "DOMINIQUE", None), "2.4": Patient("PAT-QUATRE", "CAMILLE", "2790351215004"), "2.5": Patient("PAT-CINQ", "ALIX", "2790351215005"),
    "2.1b": Patient("PAT-DOUZE", "CLAUDE", "2790351215012"), "2.6": Patient("PAT-SIX", "MAXENCE", "2790351215006"), "2.8": Patient("PAT-HUIT", "ANDREA", "2790351215008"),
}


class Rehearsal(World):
    init = ("--rehearsal",)

    def __init__(self, folder, bin_dir, cache):
        super().__init__(folder, bin_dir, cache)
        name, domains = OPERATORS["operateur-b"]
        self.operators["operateur-b"] = (name, {**domains, "experts.mssante.fr": ["pr.moreau", "dr.petit", "dr.durand"],
                                                "patient.mssante.fr": [p.ins for p in PATIENTS.values() if p.has_mailbox],
                                                "operateur-b.mssante.fr": [*domains["operateur-b.mssante.fr"], PRINT.split("@")[0]]})

    def _correspondents(self):
        super()._correspondents()
        self.practice = self.issue("cabinet", "seal", cn="CABINET DU DR GARNIER", email=ATTENDING)
        self.third_expert = self.issue("expert3", "person", cn="Anne DURAND", email=THIRD_EXPERT)

    def _configure(self):
        super()._configure()
        self.set_groups({"print": f'mailbox = "{PRINT}"; address = "Avis Exemple|1 place du Modèle|75000 PARIS";'})

    def rules(self):
        rules = super().rules()
        for expert in rules["expert"]:
            expert["capacity"] = 9
        rules["sender"].append(
            {"organisation": "CABINET DU DR GARNIER", "id": "375000000100012", "domains": ["medecins.mssante.fr"], "certificates": [self.fingerprint(self.practice[0])],
             "classes": ["request", "record"], "signature": "required", "identities": "test"})
        rules["expert"].append(
            {"rpps": "01234567333", "title": "Dr", "given": "Anne", "family": "DURAND", "specialty": "G15_10/SM36", "mailbox": THIRD_EXPERT,
             "organisation": "CLINIQUE DU NORD", "organisation_id": "1590000042", "pathologies": ["cancer-sein"],
             "certificates": [self.fingerprint(self.third_expert[0])], "capacity": 9})
        return rules

    # ---------------------------------------------------------------- the clock

    def now(self):
        return datetime.datetime.fromisoformat(self.relais("clock", "show", as_json=True)["instant"]).astimezone(PARIS)

    def until(self, at):
        """Moves the clock to that instant, and waits until all that fell due was done and every mail has left."""
        ahead = (at - self.now()).total_seconds()
        if ahead > NEAR:
            done = self.relais("clock", "until", at.isoformat(), check=False)
            assert done.returncode == 0 or self.now() >= at, done       # it went there by itself while it was told to
        else:
            time.sleep(max(0, ahead))     # the clock also runs by itself: it could be there before it is told to go
        self.settle()

    def live(self, at):
        """To that instant as life goes: what falls due on the way is done at its own instant, one after the other."""
        while True:
            due = sql(self, "select min(next_due) from relais.dossier where next_due > (select relais.instant())")
            due = datetime.datetime.fromisoformat(due + ":00" if due[-3] in "+-" else due) if due else at
            self.until(min(due, at))
            if due >= at:
                return

    def forward(self, **span):
        self.live(self.now() + datetime.timedelta(**span))

    def next_day(self, weekday, hour, free=9):
        """That day of the week (0: Monday) at that hour, in Paris, not before tomorrow, with no public holiday in the days that follow."""
        day = self.now().date() + datetime.timedelta(days=1)
        day += datetime.timedelta(days=(weekday - day.weekday()) % 7)
        while any(holiday(day + datetime.timedelta(days=n)) for n in range(free)):
            day += datetime.timedelta(days=7)
        self.live(datetime.datetime.combine(day, datetime.time(hour), PARIS))

    def settle(self):
        """Nothing is under way: no timer is due, nothing waits to be decided, written, sealed or sent, and what was sent lies in its mailbox."""
        def still():
            return sql(self, """select not exists (select from relais.dossier where next_due <= (select relais.instant()))
                and not exists (select from relais.service_timer where due <= (select relais.instant()))
                and not exists (select from relais.command where state = 'asked') and not exists (select from relais.inbox where state <> 'done')
                and not exists (select from relais.outbox where state in ('decided', 'composed', 'sealed', 'sending')
                                or state in ('accepted', 'failed') and not told or state = 'accepted' and form = 'signed' and channel = 'mail' and proof < 3)""") == "t"

        def on_the_way():
            """A mail that its sender's operator has taken, and not brought yet: first where it comes in, then where it goes on to."""
            return any(os.listdir(os.path.join(self.correspondents.folder, name, "queue", part)) for part in ("incoming", "active") for name in self.operators)
        wait_for("an end of all that is due", lambda: not on_the_way() and still(), 150)


def plain(text):
    """With the blanks of a keyboard, so that words can be looked for."""
    return (text or "").replace("\u00a0", " ").replace("\u202f", " ").replace("’", "'")


def words(mail):
    return plain(clients.text_of(mail))


class Box:
    """A person's mailbox. What was in it before his story began, and what he took, is seen."""

    def __init__(self, world, address):
        self.world, self.address, self.mailbox, self.kept = world, address, world.mailbox(address), {}
        self.seen = {m["Message-ID"] for m in self.mails()}

    def mails(self):
        """Each is fetched once."""
        with imaplib.IMAP4_SSL("127.0.0.1", self.mailbox.port, ssl_context=self.mailbox.context) as i:
            i.login(self.address, MAIL_PASSWORD)
            i.select("INBOX", readonly=True)
            for uid in i.uid("search", None, "ALL")[1][0].split():
                if uid not in self.kept:
                    self.kept[uid] = email.message_from_bytes(i.uid("fetch", uid, "(BODY.PEEK[])")[1][0][1], policy=email.policy.default)
        return list(self.kept.values())

    def take(self, subject="", text="", seconds=60):
        """The next new mail whose subject and text hold these words, as one mail of a machine."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            for mail in self.mails():
                if mail["Message-ID"] not in self.seen and subject in plain(mail["Subject"]) and text in words(mail):
                    self.seen.add(mail["Message-ID"])
                    assert mail["Auto-Submitted"] is not None and words(mail).startswith("ESSAI - Ce service est une répétition"), mail["Subject"]
                    return mail
            time.sleep(0.1)
        raise TimeoutError(f"no new mail in {self.address} with « {subject} » and « {text} »: {[m['Subject'] for m in self.new()]}")

    def new(self):
        return [m for m in self.mails() if m["Message-ID"] not in self.seen]

    def nothing(self):
        """He has seen all that there is, but for an expert's statement of the month, which is of no dossier."""
        new = [m["Subject"] for m in self.new() if "Relevé de " not in m["Subject"]]
        assert not new, (self.address, new)

    def look(self):
        """Takes whatever is there, and what is on its way."""
        self.world.settle()
        mails = self.new()
        self.seen |= {m["Message-ID"] for m in mails}
        return mails


class Dossier:
    """One patient's dossier, moved by mail and by the command line."""

    def __init__(self, world, story, patient):
        self.w, self.story, self.patient = world, story, patient
        self.box = Box(world, patient.mailbox)
        self.ref = self.entered_by = None                # entered_by: (given, family) of who typed the questionnaire in

    def day(self, back=0):
        """A day of the rehearsal in CDA's form."""
        return (self.w.now() - datetime.timedelta(days=back)).strftime("%Y%m%d%H%M%S%z")

    def questionnaire(self, **changed):
        date = (self.w.now() + datetime.timedelta(days=42)).strftime("%d/%m/%Y")
        text = documents.questionnaire(documents.answers(**({"decision__date": date} | changed)), identity=self.patient.identity())
        own = (f'extension="{documents.INS}"/><assignedPerson><name><family>PAT-TROIS</family><given>DOMINIQUE</given>',
               f'extension="{self.patient.ins}"/><assignedPerson><name><family>{self.patient.family}</family><given>{self.patient.given}</given>')
        text = text.replace(own[0].encode(), own[1].encode())
        if self.entered_by is None:
            return text
        given, family = self.entered_by
        enterer = (f'<dataEnterer><time value="{self.day()}"/><assignedEntity><id root="1.2.250.1.71.4.2.1" extension="801234500009"/><assignedPerson>'
                   f"<name><family>{family}</family><given>{given}</given></name></assignedPerson></assignedEntity></dataEnterer>")
        return text.replace(b"<custodian>", enterer.encode() + b"<custodian>", 1)

    def exam(self, code, back=10, **identity):
        document_id = documents.new_oid()
        return document_id, documents.made_exam(code, self.day(back), self.patient.identity(**identity), document_id)

    def package(self, contents, **metadata):
        return documents.xdm([documents.packed(code, content) for code, content in contents], ins=self.patient.ins, **metadata)

    def request(self, exams=("34794-8", "11502-2"), sender=PLATFORM, signer=None, **changed):
        q = self.questionnaire(**changed)
        archive = self.package([("74465-6", q)] + [(code, self.exam(code)[1]) for code in exams])
        before = {d["ref"] for d in self.story.dossiers()}
        sent = self.story.send(sender, DEPOT, "XDM/1.0/DDM+Questionnaire patient " + self.patient.name(), "Demande de deuxième avis.",
                               [("IHE_XDM.zip", "application/zip", archive)], signer or self.w.platform)
        self.ref = wait_for("a dossier", lambda: next(iter({d["ref"] for d in self.story.dossiers()} - before), None))
        return sent

    def completes(self):
        """A request with all that is demanded, checked by the nurse: the seven days begin."""
        self.request(exams=("34794-8", "11502-2", "18748-4"))
        self.reaches("triage")
        self.do("triage")

    def hospital(self, archive, beside=(), to=DEPOT, message_id=None):
        return self.story.send(HOSPITAL, to, "XDM/1.0/DDM+CR imagerie " + self.patient.name(), "Compte rendu envoyé automatiquement.",
                               [("IHE_XDM.zip", "application/zip", archive), *beside], self.w.hospital, message_id=message_id)

    def record(self, code="18748-4", to=DEPOT, **identity):
        document_id, content = self.exam(code, **identity)
        return document_id, self.hospital(self.package([(code, content)]), to=to)

    def reply(self, mail, sender, text, files=(), signer=None, name="", extra=()):
        """An answer as a mail program writes it, to where the mail asks for it."""
        return self.story.send(sender, mail["Reply-To"], "Re: " + mail["Subject"], text, files, signer=signer, in_reply_to=mail["Message-ID"], name=name)

    # ---------------------------------------------------------------- what is kept

    def state(self):
        return next(d["state"] for d in self.story.dossiers() if d["ref"] == self.ref)

    def reaches(self, *states, seconds=60):
        wait_for(f"{self.ref} in {states} (now {self.state()})", lambda: self.state() in states, seconds)

    def row(self):
        return next(d for d in self.story.dossiers() if d["ref"] == self.ref)

    def events(self, kind=None):
        return [e for e in self.w.relais("dossier", "history", self.ref, as_json=True) if kind in (None, e["kind"])]

    def show(self, part):
        return self.w.relais("dossier", "show", self.ref, as_json=True)[part]

    def documents(self):
        return [d["document"] for d in self.show("documents")]

    def mails(self, code, party=None):
        return [m for m in self.show("mails") if m["code"] == code and party in (None, m["party"])]

    def do(self, act, *words):
        return self.w.relais("dossier", act, self.ref, *words)

    def refused(self, code, act, *words):
        done = self.w.relais("dossier", act, self.ref, *words, check=False)
        assert done.returncode != 0 and code in done.stdout + done.stderr, (done.returncode, done.stdout, done.stderr)

    def passed(self):
        """{name of a deadline: the instants at which it passed, in Paris}"""
        found = {}
        for e in self.events("deadline_passed"):
            found.setdefault(e["data"]["id"], []).append(datetime.datetime.fromisoformat(e["at"]).astimezone(PARIS))
        return found

    def told(self, kind):
        """The instant of the last event of that kind, in Paris."""
        return datetime.datetime.fromisoformat(self.events(kind)[-1]["at"]).astimezone(PARIS)


def ends(dossier):
    """A story leaves nothing behind that could speak in the next one."""
    dossier.do("cancel", "fin de l'essai")
    dossier.w.settle()


# ---------------------------------------------------------------- people of every story

NAMES = {EXPERT: "Pr Claire MOREAU", SECOND_EXPERT: "Dr Luc PETIT", THIRD_EXPERT: "Dr Anne DURAND"}
RPPS = {"01234567123": EXPERT, "01234567222": SECOND_EXPERT, "01234567333": THIRD_EXPERT}


class Experts:
    """The three experts' mailboxes and seals."""

    def __init__(self, world):
        self.boxes = {address: Box(world, address) for address in NAMES}
        self.seals = {EXPERT: world.expert, SECOND_EXPERT: world.second_expert, THIRD_EXPERT: world.third_expert}

    def asked(self, dossier):
        """(address, offer) of who holds the live offer now."""
        address = wait_for("an offer", lambda: RPPS.get(dossier.row()["expert"]))
        return address, self.boxes[address].take("Avis demandé avant le")

    def accepts(self, dossier, text="ACCEPTE"):
        address, offer = self.asked(dossier)
        dossier.reply(offer, address, text, name=NAMES[address])
        dossier.reaches("accepted")
        return address, self.boxes[address].take("XDM/1.0/DDM+ESSAI Dossier d'avis")

    def form(self, dossier, skip=(), **changed):
        text = FORM | {k.replace("_", " "): v for k, v in changed.items()}
        return f"Référence : {dossier.ref}\n\n" + "".join(f"{heading} :\n{words}\n\n" for heading, words in text.items() if heading not in skip)

    def opines(self, dossier, address, mail, skip=(), signed=True, files=(), **changed):
        return dossier.reply(mail, address, self.form(dossier, skip, **changed), files, signer=self.seals[address] if signed else None, name=NAMES[address])


def sends_raw(world, sender, to, extra, text):
    """A mail with header fields that a person's program would not write."""
    head, message_id = clients.head(sender, to, "Re: Absence", extra=extra)
    clients.send(world.submit_port(sender), world.anchors, sender, [to], head + clients.entity(text))
    return message_id


def reads(world, address, mail, disposition="displayed"):
    """The reading receipt that somebody's software sends by itself, or that it could not file the mail."""
    mark, to = "LU", f"avis@{DOMAIN}"
    head, message_id = clients.head(address, to, "Lu : " + mail["Subject"])
    body = (f"Content-Type: multipart/report; report-type=disposition-notification; boundary={mark}\r\n\r\n--{mark}\r\n\r\nLe message a été ouvert.\r\n--{mark}\r\n"
            f"Content-Type: message/disposition-notification\r\n\r\nFinal-Recipient: rfc822; {address}\r\nOriginal-Message-ID: {mail['Message-ID']}\r\n"
            f"Disposition: automatic-action/MDN-sent-automatically; {disposition}\r\n\r\n--{mark}--\r\n")
    clients.send(world.submit_port(address), world.anchors, "", [to], head + body.encode())
    return message_id


def numbers(mail):
    """The numbers of the documents in a mail's package, each read from its own header."""
    files = documents.members(clients.attachments(mail)["IHE_XDM.zip"])
    return {re.search(rb'<typeId .*?<id\s+root="([^"]+)"', content, re.S).group(1).decode() for name, content in files.items() if "/DOC" in name}


def paris(mail_day):
    """The day in words, as a letter names it."""
    months = "janvier février mars avril mai juin juillet août septembre octobre novembre décembre".split()
    days = "lundi mardi mercredi jeudi vendredi samedi dimanche".split()
    number = "1er" if mail_day.day == 1 else str(mail_day.day)
    return f"{days[mail_day.weekday()]} {number} {months[mail_day.month - 1]} {mail_day.year}"


def sections(all_of_them, world, story):
    """The cases of each section, by its name; within one each stands on the one before: behind one that failed nothing is tried, and all of it
    counts as failed. Last of all every message has its outcome."""
    for name, section in all_of_them:
        broken = []

        def step(case, broken=broken):
            assert not broken, "a step before this one failed"
            broken.append(case)
            case()
            broken.clear()
        for what, case in section(world, story):
            yield f"{name}: {what}", lambda case=case, step=step: step(case)
    yield "reconcile", story.reconcile
