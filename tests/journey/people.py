"""People around a patient: a guardian, a minor's two parents, a patient without a mailbox, a death. Over real mail, in a rehearsal (rehearsal.py)."""
import datetime
import subprocess

import clients
from rehearsal import NAMES, PARIS, Box, Dossier, Experts, Patient, Rehearsal, plain, sections, words
from world import wait_for

TUTOR, MOTHER, FATHER, NEPHEW = (f"{name}@familles.mssante.fr" for name in ("tutrice", "mere", "pere", "neveu"))
STATION = "atelier@impression.mssante.fr"
ADDRESS = "Mme Lou PAT-PAPIER|Bâtiment C|12 rue des Lilas|75019 PARIS"
NUMBERS = {"guarded": "2790351215031", "minor": "2790351215032", "paper": "2790351215033", "dead": "2790351215034", "copied": "2790351215035", "waiting": "2790351215036"}


def person(key, family, given, birth="19790328", has_mailbox=True):
    return Patient(family, given, NUMBERS[key], birth=birth, has_mailbox=has_mailbox)


class PeopleWorld(Rehearsal):
    """Families have mailboxes of their own, and letters a station that prints them."""

    def __init__(self, folder, bin_dir, cache):
        super().__init__(folder, bin_dir, cache)
        name, domains = self.operators["operateur-b"]
        patients = [person(key, "PAT", "X").ins for key in NUMBERS if key != "paper"]
        self.operators["operateur-b"] = (name, {**domains, "patient.mssante.fr": domains["patient.mssante.fr"] + patients,
                                                "familles.mssante.fr": ["tutrice", "mere", "pere", "neveu"], "impression.mssante.fr": ["atelier"]})

    def _configure(self):
        super()._configure()
        self.set_groups({"print": f'mailbox = "{STATION}"; address = "Service Deuxième avis|1 place du Test|75001 PARIS";'})


def opens(d, entered_by=None, **changed):
    d.entered_by = entered_by
    d.request(exams=("34794-8", "11502-2", "18748-4"), **changed)


def page_words(pdf):
    return subprocess.run(["pdftotext", "-", "-"], input=pdf, check=True, capture_output=True).stdout.decode()


def alone(mail, address):
    """One recipient, and nobody else named in the head."""
    assert address in mail["To"] and mail["Cc"] is None and mail["To"].count("@") == 1, mail["To"]


# ---------------------------------------------------------------- an adult under guardianship

def guardian(w, story):
    d, experts, tutor, known = Dossier(w, story, person("guarded", "PAT-TUTELLE", "LOU")), Experts(w), Box(w, TUTOR), {}

    def named():
        w.next_day(0, 10)
        opens(d)
        d.reaches("triage")
        w.settle()
        d.box.look()
        d.do("represent", "guardian", "Camille MARTIN", TUTOR)
        mail = tutor.take("Mandat à joindre")
        assert "PAT-TUTELLE" not in str(mail) and "sein" not in words(mail), "nothing of the patient before the proof"
        d.box.nothing()

    def proved():
        d.do("represent", "guardian", "Camille MARTIN", TUTOR, "--proof", "jugement de tutelle du 3 mai 2024")
        assert len(d.events("representative_named")) == 2 and {e["data"]["id"] for e in d.events("representative_named")} == {"r1"}
        w.settle()
        tutor.nothing()
        d.do("triage")
        his, hers = d.box.take("Votre dossier est complet"), tutor.take("Votre dossier est complet")
        alone(his, d.patient.ins)
        alone(hers, TUTOR)
        assert d.patient.ins not in str(hers) and his["Reply-To"] != hers["Reply-To"] and his["Message-ID"] != hers["Message-ID"]
        assert "Pour Camille MARTIN, tuteur ou tutrice : copie du message adressé à LOU PAT-TUTELLE." in words(hers), words(hers)
        assert "Camille MARTIN" not in words(his)

    def reads():
        known["holder"], full = experts.accepts(d)
        d.box.look(), tutor.look()
        experts.opines(d, known["holder"], full)
        d.reaches("checked")
        d.do("release")
        known["report"] = tutor.take("Votre deuxième avis est arrivé")
        assert any(n.endswith(".pdf") for n in clients.attachments(known["report"])), "a guardian has the whole"
        d.box.take("Votre deuxième avis est arrivé")

    def asks():
        d.reply(known["report"], TUTOR, "Bonjour docteur, combien de temps dure la radiothérapie ?", name="Camille MARTIN")
        question = experts.boxes[known["holder"]].take(text="combien de temps dure la radiothérapie")
        assert TUTOR not in str(question) and d.events("question_received")[0]["actor"] == "representative:r1", "she is named in the trail"
        d.reply(question, known["holder"], "Cinq semaines.", signer=experts.seals[known["holder"]], name=NAMES[known["holder"]])
        d.box.take(text="Cinq semaines")
        tutor.take(text="Cinq semaines")

    def over():
        d.do("represent-end", "r1", "mainlevée du 2 juin")
        w.forward(days=1)
        assert "Camille MARTIN" in words(d.box.take("Une personne n'agit plus pour vous"))
        tutor.nothing()
        held = {m["id"] for m in w.relais("quarantine", "list", as_json=True)}
        d.reply(known["report"], TUTOR, "Une question encore ?", name="Camille MARTIN")
        wait_for("a message kept for a person", lambda: {m["id"] for m in w.relais("quarantine", "list", as_json=True)} - held)
        d.do("close")
        w.settle()
        tutor.nothing()

    yield "is asked for the judgment, and told nothing", named
    yield "with it has each mail of the patient, in a message of her own", proved
    yield "and the report", reads
    yield "asks in the patient's place; the answer goes to both", asks
    yield "her mandate ends: nothing more goes to her, and the patient hears of it", over


# ---------------------------------------------------------------- a minor with two parents

def minor(w, story):
    experts, mother, father, known = Experts(w), Box(w, MOTHER), Box(w, FATHER), {}

    def asked():
        """She is of age in twelve days."""
        w.next_day(0, 10, free=16)
        known["of_age"] = w.now().date() + datetime.timedelta(days=12)
        birth = known["of_age"].replace(year=known["of_age"].year - 18)
        known["d"] = d = Dossier(w, story, person("minor", "PAT-MINEUR", "ALIX", birth=birth.strftime("%Y%m%d")))
        opens(d)
        d.reaches("triage")
        d.box.look()
        d.do("represent", "parent", "Claude PAT-MINEUR", MOTHER, "--proof", "livret de famille")
        d.do("represent", "parent", "Dominique DURAND", FATHER, "--informed-only")
        known["informed"] = father.take("Un second titulaire de l'autorité parentale a été informé")
        assert "sein" not in words(known["informed"])
        mother.nothing()

    def objects():
        d = known["d"]
        d.reply(known["informed"], FATHER, "Bonjour,\n\nje m'oppose à cette demande.", name="Dominique DURAND")
        wait_for("the freeze", lambda: d.events("frozen"))
        frozen = d.events("frozen")[0]
        assert frozen["data"]["id"] == "objection" and frozen["actor"] == "representative:r2", frozen
        d.refused("dossier.frozen", "triage")
        w.forward(days=1)
        for box in (mother, father, d.box):
            box.nothing()

    def settled():
        d = known["d"]
        d.do("unfreeze", "les deux parents sont d'accord, échange du 3")
        d.do("triage")
        d.box.take("Votre dossier est complet")
        mother.take("Votre dossier est complet")
        father.nothing()
        known["holder"], known["full"] = experts.accepts(d)
        mother.take("Votre médecin expert a commencé")
        d.box.look()

    def of_age():
        d = known["d"]
        midnight = datetime.datetime.combine(known["of_age"], datetime.time(0), PARIS)
        w.live(midnight - datetime.timedelta(minutes=5))
        assert not d.events("representative_ended")
        mother.look(), d.box.look()
        w.live(midnight + datetime.timedelta(minutes=5))
        ended = [datetime.datetime.fromisoformat(e["at"]) for e in d.events("representative_ended")]
        due = [datetime.datetime.fromisoformat(e["data"]["text"].split()[0]) for e in d.events("deadline_passed") if e["data"]["id"] == "representative_end"]
        # Due at midnight; done when a worker comes to it.
        assert due == [midnight] and len(ended) == 2 and all(midnight <= at < midnight + datetime.timedelta(minutes=1) for at in ended), (due, ended)
        w.live(midnight + datetime.timedelta(hours=12))
        d.box.take("Une personne n'agit plus pour vous")
        experts.opines(d, known["holder"], known["full"])
        d.reaches("checked")
        d.do("release")
        d.box.take("Votre deuxième avis est arrivé")
        w.settle()
        mother.nothing()
        father.nothing()
        d.refused("representative.adult", "represent", "parent", "Claude PAT-MINEUR", MOTHER, "--proof", "livret de famille")
        d.do("close")

    yield "one parent shows the family record, the other is told", asked
    yield "the other objects: nothing goes to anybody", objects
    yield "settled, it goes on: the one has copies, the other nothing", settled
    yield "of age: at midnight both are out, and she hears of it", of_age


# ---------------------------------------------------------------- a patient without a mailbox

def paper(w, story):
    d, experts, station, known = Dossier(w, story, person("paper", "PAT-PAPIER", "LOU", has_mailbox=False)), Experts(w), Box(w, STATION), {}

    def letter(code, sheet=True):
        mail = station.take(f"Lettre à imprimer : {code} {d.ref}")
        alone(mail, STATION)
        assert d.patient.ins not in str(mail) and mail["Reply-To"] is None and mail["Disposition-Notification-To"] is None
        files = {n: content for n, content in clients.attachments(mail).items() if n != "smime.p7s"}
        assert files and all(n.endswith(".pdf") for n in files), list(files)
        text = plain(" ".join(" ".join(page_words(content).split()) for content in files.values()))
        assert "12 rue des Lilas" in text and "75019 PARIS" in text and "1 place du Test" in text, text[:600]
        assert not sheet or f"{d.ref}/{code}" in text, "the reply sheet has its reference"
        return text

    def unqualified():
        """Her identity is not qualified: no address is built on her number, and a nurse compares it."""
        w.next_day(0, 10)
        opens(d, entered_by=("Inès", "MARTIN"), patient__identity="provisional")
        d.reaches("identity")
        request = next(x for x in d.show("documents") if x["type"] == "74465-6")
        assert request["entered_by"] == "Inès MARTIN" and "LOU PAT-PAPIER" in request["authors"], "a nurse typed it in; it is the patient's own all the same"
        w.settle()
        assert not [m for m in d.show("mails") if m["party"] == "patient"]
        d.do("channel", "patient", "paper", ADDRESS)
        d.do("identity", "carte d'identité vue au guichet")
        d.reaches("triage")
        letter("M01")

    def letters():
        d.do("triage")
        letter("M06", sheet=False)
        wait_for("the word that it left", lambda: d.mails("M06")[0]["state"] == "accepted")     # the station may have it before that is written
        known["holder"], full = experts.accepts(d)
        letter("M07", sheet=False)
        experts.opines(d, known["holder"], full)
        d.reaches("checked")
        d.do("release")
        text = letter("M21")
        assert "Votre sein peut être conservé" in text, "the report is in the same envelope"
        w.settle()
        assert d.state() == "released" and not d.events("report_read"), "what the station has she has not"

    def posted():
        w.forward(days=4)
        assert d.passed()["letter_waits"] and "report_fallback" not in d.passed() and "unread_notice" not in d.passed(), d.passed()
        d.do("contact", "patient", "letter", "posted", "2C 123 456 7890 1", "M21")
        w.forward(days=2)
        d.do("contact", "patient", "letter", "signed", "2C 123 456 7890 1", "M21")
        d.reaches("exchange")
        station.look()

    def returned():
        """A later one comes back: that address is not used again."""
        d.do("contact", "patient", "letter", "returned", "n'habite pas à l'adresse indiquée", "M07")
        d.refused("channel.returned", "channel", "patient", "paper", ADDRESS)
        w.live(d.told("report_read") + datetime.timedelta(days=13))
        station.nothing()
        d.do("close")

    yield "opens without an address, and has a first letter once compared", unqualified
    yield "has every message as a letter, and the report in its envelope", letters
    yield "a letter signed for opens the exchange", posted
    yield "one that comes back is never sent there again", returned


# ---------------------------------------------------------------- a death

def death(w, story):
    d, experts, nephew, known = Dossier(w, story, person("dead", "PAT-DECES", "SACHA")), Experts(w), Box(w, NEPHEW), {}

    def told():
        w.next_day(0, 10)
        opens(d)
        d.reaches("triage")
        d.do("represent", "guardian", "Noé PAT-DECES", NEPHEW, "--proof", "jugement de tutelle")
        d.do("triage")
        known["holder"], known["full"] = experts.accepts(d)
        d.box.look(), nephew.look()
        d.do("died", "son neveu, au téléphone")
        experts.boxes[known["holder"]].take("Dossier retiré : merci d'effacer")
        assert d.state() == "deceased"

    def silence():
        """The expert's opinion comes all the same, the nephew asks, months pass."""
        experts.opines(d, known["holder"], known["full"])
        w.forward(days=35)
        assert d.state() == "archived", d.state()
        for act in (("triage",), ("release",), ("share", "attending"), ("channel", "patient", "paper", ADDRESS)):
            assert w.relais("dossier", act[0], d.ref, *act[1:], check=False).returncode != 0, act
        w.forward(days=200)
        d.box.nothing()
        nephew.nothing()
        assert not d.mails("M21") and not d.mails("M40")

    yield "ends all: the expert is asked to erase", told
    yield "and nothing more goes to anybody, whatever comes", silence


SECTIONS = (("guardian", guardian), ("minor", minor), ("paper", paper), ("death", death))


def cases(world, story):
    yield from sections(SECTIONS, world, story)
