"""Journeys of patients (2.1)."""
import datetime

import bad
import clients
from rehearsal import NAMES, PATIENTS, Box, Dossier, Experts, plain, reads, words
from world import ATTENDING, DOMAIN, FIRST


# ---------------------------------------------------------------- 2.1 a patient

def patient(w, story):
    d, experts, known = Dossier(w, story, PATIENTS["2.1"]), Experts(w), {}
    attending, first = Box(w, ATTENDING), Box(w, FIRST)

    def requested():
        w.next_day(0, 10)
        d.request()
        mail = d.box.take("Votre demande " + d.ref)
        known["relay"] = mail["Reply-To"]
        assert known["relay"].endswith("@" + DOMAIN) and not known["relay"].startswith(("no", "depot", "avis")), known["relay"]
        text = words(mail)
        assert "sein" not in mail["Subject"] and "01 00 00 00 00" in text and "7 jours" in text.replace("sept", "7"), text

    def incomplete():
        missing = d.box.take("Il manque 1 document")
        text = words(missing)
        assert "mammographie" in text and "RCP" not in text, "what is missing and only that"
        d.reaches("incomplete")
        known["missing"] = missing

    def complete():
        d.record()
        d.reaches("triage")
        assert not d.row()["complete_at"], "the promise begins when a nurse has said yes"
        w.forward(hours=2)
        d.do("triage")
        mail = d.box.take("Votre dossier est complet : réponse avant le")
        due = d.told("triaged") + datetime.timedelta(days=7)
        months = "janvier février mars avril mai juin juillet août septembre octobre novembre décembre".split()
        assert f"{due.day} {months[due.month - 1]}" in plain(mail["Subject"]).replace("1er", "1") and datetime.datetime.fromisoformat(d.row()["due_at"]) == due, (mail["Subject"], due)

    def expert_begins():
        known["holder"], known["full"] = experts.accepts(d)
        mail = d.box.take("Votre médecin expert a commencé")
        assert NAMES[known["holder"]].split()[-1] in words(mail)

    def released():
        w.forward(days=2)
        experts.opines(d, known["holder"], known["full"])
        d.reaches("checked")
        d.box.nothing()
        d.do("release")
        mail = d.box.take("Votre deuxième avis est arrivé")
        text = words(mail)
        assert "Votre sein peut être conservé" in text and text.index("Votre sein peut être conservé") < len(text) / 2, "the plain words come first"
        assert "sein" not in mail["Subject"] and "Paul GARNIER" in text and "LEMOINE" not in text, "she reads who else has it"
        files = clients.attachments(mail)
        assert "IHE_XDM.zip" in files and any(n.endswith(".pdf") for n in files)
        known["report"] = mail
        attending.take("XDM/1.0/DDM+ESSAI Deuxième avis " + d.patient.name())
        first.nothing()

    def reading():
        w.settle()
        bad.outcome(w, reads(w, d.patient.mailbox, known["report"]))
        d.reaches("exchange")
        assert d.mails("M21")[0]["proof"] == 4 and d.events("report_read")

    def asks():
        d.reply(known["report"], d.patient.mailbox, "Bonjour docteur, combien de temps dure la radiothérapie ?", name="DOMINIQUE PAT-TROIS")
        question = experts.boxes[known["holder"]].take(text="combien de temps dure la radiothérapie")
        assert d.patient.ins not in str(question), "the relay hides her address"
        d.reply(question, known["holder"], "Cinq semaines en général.", signer=experts.seals[known["holder"]], name=NAMES[known["holder"]])
        answer = d.box.take(text="Cinq semaines en général")
        assert known["holder"] not in str(answer), "and the expert's"

    def agrees():
        """Everything that happened stands at its instant of the rehearsal, in order."""
        instants = [datetime.datetime.fromisoformat(e["at"]) for e in d.events()]
        assert instants == sorted(instants) and instants[-1] - instants[0] > datetime.timedelta(days=2), instants

    yield "asks, and hears that it has come", requested
    yield "hears what is missing", incomplete
    yield "hears that it is complete, and before when the answer comes", complete
    yield "hears who the expert is", expert_begins
    yield "has the opinion, in plain words first, and who else has it", released
    yield "opens it", reading
    yield "asks a question and has the answer", asks
    yield "and every event stands in the order in which it was lived", agrees
    yield "and the dossier ends", lambda: d.do("close")
