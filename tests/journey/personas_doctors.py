"""Journeys of doctors: the one who asks (2.4) and the expert who is asked (2.6)."""
import datetime

import bad
import clients
import documents
from rehearsal import NAMES, PATIENTS, RPPS, Box, Dossier, Experts, ends, numbers, paris, plain, reads, sends_raw, words
from world import ATTENDING, wait_for


# ---------------------------------------------------------------- 2.4 a physician who asks

def physician(w, story):
    """Her doctor asks, from his own software, under the seal of his practice."""
    d, box, experts, known = Dossier(w, story, PATIENTS["2.4"]), Box(w, ATTENDING), Experts(w), {}

    def asks(**changed):
        return d.request(exams=("34794-8", "11502-2", "18748-4"), sender=ATTENDING, signer=w.practice, relais__requester="physician", consent__first_opinion=False, **changed)

    def answers(mail, text):
        return d.reply(mail, ATTENDING, text, signer=w.practice, name="Dr Paul GARNIER")

    def without_consent():
        """He does not say that his patient agreed: he is asked within the minute, once, and no clock starts. His no ends it, and she never hears of it."""
        w.next_day(0, 9)
        before = w.now()
        message_id = asks(consent__processing=None)
        mail = box.take("Accord du patient à confirmer")
        assert mail["In-Reply-To"] == message_id and w.now() - before < datetime.timedelta(minutes=1) and d.ref in mail["Subject"]
        assert d.patient.ins not in str(mail) and "CONFIRME" in words(mail)
        w.settle()
        box.nothing()
        d.box.nothing()
        assert d.state() == "unqualified" and not d.row()["complete_at"], "no clock starts without her consent"
        answers(mail, "REFUSE")
        d.reaches("cancelled")
        w.settle()
        d.box.nothing()

    def requested():
        message_id = asks()
        d.reaches("triage")
        received = box.look()
        assert len(received) == 1 and received[0]["In-Reply-To"] == message_id, "one answer to his message"
        assert f"Reçu : demande {d.ref}" in plain(received[0]["Subject"]) and "Le dossier est complet" not in words(received[0])
        d.do("cancel", "fin de l'essai")
        d.box.look()

    def confirmed():
        """What lacked was her agreement alone: his word is the consent, with his mail as its proof, and the request goes on by itself."""
        asks(consent__expert=None)
        answers(box.take("Accord du patient à confirmer"), "CONFIRME")
        d.reaches("triage")
        given = d.events("consent_changed")
        assert {e["data"]["party"] for e in given} == {"patient", "expert"} and all(e["data"]["given"] and e["inbox"] and e["actor"] == "requester" for e in given), given
        box.take("Reçu : demande")
        d.do("triage")
        assert "Le dossier est complet : l'avis vous parviendra avant" in words(box.take("Reçu : demande"))
        d.box.look()

    def more():
        """The expert needs something: it is he who is asked, since it was he who asked, and in his hours."""
        known["holder"], known["full"] = experts.accepts(d)
        d.box.look()
        d.reply(known["full"], known["holder"], "COMPLÉMENT : quel est le statut HER2 ?", name=NAMES[known["holder"]])
        asked = box.take("Complément demandé")
        assert "HER2" in words(asked) and d.patient.ins not in str(asked)
        w.settle()
        d.box.nothing()
        w.forward(hours=28)
        again = box.take("Complément demandé")
        w.settle()
        d.reply(again, ATTENDING, "HER2 négatif, score 1+.", signer=w.practice, name="Dr Paul GARNIER")
        d.reaches("accepted")
        experts.boxes[known["holder"]].take(text="HER2 négatif, score 1+.")

    def opinion():
        """The opinion comes to him once, though he is the one who asked and the one who follows her; and to his patient."""
        experts.opines(d, known["holder"], known["full"])
        d.reaches("checked")
        d.do("release")
        mail = known["mail"] = box.take("XDM/1.0/DDM+ESSAI Deuxième avis " + d.patient.name())
        assert "Votre sein peut être conservé" in words(mail) and any(n.endswith(".pdf") for n in clients.attachments(mail))
        d.box.take("Votre deuxième avis est arrivé")
        known["first"] = numbers(mail)
        w.settle()
        box.nothing()

    def profile():
        return {r["key"]: (r["form"], r["why"]) for r in w.relais("recipient", "list", as_json=True)}.get(ATTENDING)

    def not_filed():
        """His software answers that it could not file the mail: he has it again as PDF alone, once, and his mailbox is known for it."""
        first = wait_for("the mail", lambda: d.mails("M64"))[0]
        reads(w, ATTENDING, known["mail"], "processed/Error: 906^Autre erreur")
        mail = box.take("Deuxième avis")
        files = clients.attachments(mail)
        assert "IHE_XDM.zip" not in files and any(n.endswith(".pdf") for n in files), sorted(files)
        assert profile() == ("pdf", "unfiled"), profile()
        told = d.events("profile_told")
        assert [(e["data"]["party"], e["data"]["form"]) for e in told] == [("attending", "pdf")], told
        assert "n'a pas pu ranger le message" in plain(w.relais("dossier", "history", d.ref).stdout)
        again = reads(w, ATTENDING, mail, "processed/Error: 906^Autre erreur")
        bad.outcome(w, again)
        w.settle()
        box.nothing()
        proofs = {m["outbox"]: m["proof"] for m in d.mails("M64")}
        assert len(proofs) == 2 and proofs[first["outbox"]] >= 2, proofs

    def replaced():
        """A nurse has him try the package again. The expert corrects his opinion: he has the new version, which says that it cancels the old one."""
        d.do("profile", "attending", "pdf+xdm")
        assert profile() == ("pdf+xdm", "person"), profile()
        experts.opines(d, known["holder"], known["full"], Résumé_pour_le_patient="Précision : votre sein peut être conservé, sans urgence.")
        d.reaches("revision")
        d.do("release")
        mail = known["mail"] = box.take("XDM/1.0/DDM+ESSAI Annule et remplace")
        assert "Précision" in words(mail) and not numbers(mail) & known["first"]

    def tasks():
        return [t["name"] for t in w.relais("tasks", "nurses", as_json=True) if t["ref"] == d.ref]

    def wishes():
        """What he writes of his mailbox counts, and a machine's or another's word does not; another address is a nurse's to settle."""
        bad.outcome(w, sends_raw(w, ATTENDING, known["mail"]["Reply-To"], [("Auto-Submitted", "auto-replied"), ("In-Reply-To", known["mail"]["Message-ID"])], "PDF seul"))
        w.settle()
        assert profile() == ("pdf+xdm", "person"), profile()
        answers(known["mail"], "PDF seul, merci.")
        wait_for("his wish", lambda: profile() == ("pdf", "asked"))
        answers(known["mail"], "Plus à cette adresse, écrivez à dr.garnier@ailleurs.mssante.fr")
        wait_for("his other address", lambda: "address_asked" in tasks())
        assert "dr.garnier@ailleurs.mssante.fr" in w.relais("dossier", "history", d.ref).stdout
        answers(known["mail"], "Papier")
        wait_for("his letters", lambda: profile() == ("paper", "asked") and "paper_asked" in tasks())
        d.do("contact", "attending", "call", "reached", "il garde sa boîte et veut bien le paquet")
        d.do("profile", "attending", "pdf+xdm")
        assert not {"address_asked", "paper_asked"} & set(tasks()), tasks()

    yield "does not say that his patient agreed: is asked at once, and says no", without_consent
    yield "asks, and has one answer", requested
    yield "confirms the agreement by a word, and the request goes on", confirmed
    yield "is asked for what the expert lacks, and answers by replying", more
    yield "has the opinion once, and so has his patient", opinion
    yield "has software that cannot file it: has it again as PDF alone, once", not_filed
    yield "has the corrected one", replaced
    yield "writes how he wants his mail: it is learnt, or a nurse's to settle", wishes
    yield "and the dossier ends", lambda: d.do("close")


# ---------------------------------------------------------------- 2.6 an expert

def expert(w, story):
    d, experts, known = Dossier(w, story, PATIENTS["2.6"]), Experts(w), {}

    def offered():
        w.next_day(0, 9)
        d.request()
        d.record()
        d.reaches("triage")
        d.do("triage")
        known["first"], mail = experts.asked(d)
        text = words(mail)
        for word in ("PAT-SIX", "MAXENCE", d.patient.ins, "1979"):
            assert word not in text + mail["Subject"] + mail.get_body(("html",)).get_content(), f"an offer names nobody: {word}"
        age = int((w.now().date() - datetime.date(1979, 3, 28)).days / 365.2425)
        for word in (f"{age} ans", "Femme", "Cancer du sein", "Une mastectomie est-elle nécessaire", "CHU EXEMPLE", "3 pièces", "ACCEPTE", "REFUSE", "CONFLIT", "ABSENT"):
            assert word in text, (word, text)
        known["due"] = d.told("triaged") + datetime.timedelta(days=7)
        assert known["due"].strftime("%d/%m") in mail["Subject"] and paris(known["due"]) in text, (mail["Subject"], known["due"])

    def silent():
        """Nine hours: nothing. After twelve, at an hour when one writes to a doctor: one reminder. After twenty-four: the next expert."""
        at = d.told("offered")
        w.until(at + datetime.timedelta(hours=9))
        experts.boxes[known["first"]].nothing()
        w.until(at + datetime.timedelta(hours=23, minutes=30))
        reminder = experts.boxes[known["first"]].take("Rappel")
        assert d.ref in reminder["Subject"] + words(reminder) and "PAT-SIX" not in words(reminder)
        assert len(d.mails("M11")) == 1 and d.row()["expert"] and RPPS[d.row()["expert"]] == known["first"]
        w.until(at + datetime.timedelta(hours=24, minutes=30))
        known["second"], known["offer"] = experts.asked(d)
        assert known["second"] != known["first"] and d.events("offer_expired"), "the next is asked, once"
        assert d.told("triaged") + datetime.timedelta(days=7) == known["due"], "the patient's date stays"
        experts.boxes[known["first"]].nothing()

    def conflict():
        d.reply(known["offer"], known["second"], "CONFLIT\n\nJ'opère cette patiente la semaine prochaine.", name=NAMES[known["second"]])
        wait_for("his answer", lambda: [e for e in d.events("offer_declined") if e["data"].get("word") == "conflict"])
        known["third"], known["offer"] = experts.asked(d)
        assert known["third"] not in (known["first"], known["second"])

    def automatic():
        """His mailbox answers by itself, with the word: a machine accepts nothing."""
        message_id = sends_raw(w, known["third"], known["offer"]["Reply-To"], [("Auto-Submitted", "auto-replied"), ("In-Reply-To", known["offer"]["Message-ID"])],
                               "Je suis absente jusqu'au 20/03/2031. ACCEPTE")
        bad.outcome(w, message_id)
        assert d.state() == "offered" and not d.events("offer_accepted"), d.events()
        w.settle()
        experts.boxes[known["third"]].nothing()

    def unclear():
        d.reply(known["offer"], known["third"], "Bonjour, je regarde et je vous réponds ce soir.", name=NAMES[known["third"]])
        again = experts.boxes[known["third"]].take("réponse n'est pas claire")
        assert d.state() == "offered"
        known["again"] = again

    def accepts():
        d.box.look()
        d.reply(known["again"], known["third"], f"Bonjour,\n\nOui, j'accepte ce dossier.\n\nBien confraternellement,\n{NAMES[known['third']]}", name=NAMES[known["third"]])
        d.reaches("accepted")
        known["full"] = experts.boxes[known["third"]].take("XDM/1.0/DDM+ESSAI Dossier d'avis " + d.patient.name())
        files = clients.attachments(known["full"])
        assert "IHE_XDM.zip" in files and sum(n.endswith(".pdf") for n in files) == 1, sorted(files)
        begun = d.box.take("Votre médecin expert a commencé")
        assert NAMES[known["third"]] in words(begun), words(begun)
        for other in (known["first"], known["second"]):
            experts.boxes[other].nothing()

    def more():
        """She needs one thing more: the patient is asked at once, the net time stands still, and what comes goes to her."""
        due = datetime.datetime.fromisoformat(d.row()["due_at"])
        d.reply(known["full"], known["third"], "COMPLÉMENT : avez-vous le compte rendu de l'IRM de 2023 ?", name=NAMES[known["third"]])
        asked = d.box.take("Le médecin expert demande une précision")
        assert "IRM de 2023" in words(asked) and known["third"] not in str(asked), words(asked)
        d.reaches("more_info")
        w.forward(hours=26)
        again = d.box.take("Le médecin expert demande une précision")
        d.reply(again, d.patient.mailbox, "La voici.", [("irm-2023.pdf", "application/pdf", documents.PDF)], name="MAXENCE PAT-SIX")
        d.reaches("accepted")
        came = experts.boxes[known["third"]].take(text="La voici.")
        assert "irm-2023.pdf" in clients.attachments(came), sorted(clients.attachments(came))
        pause = datetime.datetime.fromisoformat(d.row()["due_at"]) - due
        assert datetime.timedelta(hours=26) <= pause <= datetime.timedelta(hours=27), pause

    def form():
        """Without the plain summary, then without a signature: each is told at once."""
        begin = w.now()
        experts.opines(d, known["third"], known["full"], skip=("Résumé pour le patient",))
        asked = experts.boxes[known["third"]].take("Avis à compléter")
        assert "résumé en clair" in words(asked) and d.state() == "accepted"
        d.reply(asked, known["third"], f"Référence : {d.ref}\n\nRésumé pour le patient :\nVotre sein peut être conservé.\n", name=NAMES[known["third"]])
        unsigned = experts.boxes[known["third"]].take("Avis à compléter")
        assert "sign" in words(unsigned) and d.state() == "accepted" and d.events("opinion_unsigned")
        assert w.now() - begin < datetime.timedelta(minutes=10), "M15 leaves in less than ten minutes, not the next day"
        experts.opines(d, known["third"], known["full"])
        d.reaches("checked")

    def delivered():
        """Her signature follows her acceptance by the dossier's clock, though her smart card knows the real day only."""
        opinion = d.show("opinion")["mails"][-1]
        signed_at = datetime.datetime.fromisoformat(opinion["signed_at"].replace("Z", "+00:00"))
        assert d.told("offer_accepted") <= signed_at + datetime.timedelta(seconds=1) <= w.now() + datetime.timedelta(seconds=2), (opinion, w.now())
        d.do("release")
        d.box.take("Votre deuxième avis est arrivé")
        proof = experts.boxes[known["third"]].take("Votre avis est remis")
        assert d.ref in proof["Subject"] + words(proof)
        w.settle()
        experts.boxes[known["third"]].look()

    def absent():
        """Another dossier, the same week: one who is away says so, and the next is asked at once."""
        other = Dossier(w, story, PATIENTS["2.8"])
        other.request()
        other.record()
        other.reaches("triage")
        other.do("triage")
        first, mail = experts.asked(other)
        back = w.now() + datetime.timedelta(days=10)
        other.reply(mail, first, f"ABSENT jusqu'au {back:%d/%m/%Y}", name=NAMES[first])
        wait_for("his answer", lambda: other.events("offer_declined"))
        second, _ = experts.asked(other)
        assert second != first
        data = other.events("offer_declined")[-1]["data"]
        assert data["word"] == "absent" and f"{back:%Y-%m-%d}" in str(data["until"]), data
        ends(other)

    yield "is asked by a mail that names nobody", offered
    yield "is silent: a reminder, then the next expert", silent
    yield "has a conflict of interest: the next is asked", conflict
    yield "an automatic answer is never a yes", automatic
    yield "answers neither yes nor no: is asked again", unclear
    yield "accepts in her own words, and has the dossier", accepts
    yield "asks for one thing more, and has it", more
    yield "forgets a part, then the signature: is told within minutes", form
    yield "hears that the opinion is delivered", delivered
    yield "is away: says until when", absent
    yield "and the dossier ends", lambda: d.do("close")


def late_expert(w, story):
    """One who accepts and is not heard of: reminders, a second expert prepared and asked, and the first opinion that comes too late."""
    d, experts, known = Dossier(w, story, PATIENTS["2.6b"]), Experts(w), {}

    def accepted():
        w.next_day(2, 10)
        d.completes()
        known["first"], known["full"] = experts.accepts(d)
        known["t0"] = d.told("triaged")
        d.box.look()

    def box():
        return experts.boxes[known["first"]]

    def reminded():
        """At the third day, and at the fifth with a second expert prepared: both in the hours of a practice."""
        w.live(known["t0"] + datetime.timedelta(days=1))
        box().nothing()
        w.live(known["t0"] + datetime.timedelta(days=3, hours=1))
        assert d.ref in plain(box().take("Il reste")["Subject"])
        assert not d.events("standby_chosen")
        w.live(known["t0"] + datetime.timedelta(days=5, hours=1))
        box().take("Il reste")
        known["standby"] = RPPS[d.events("standby_chosen")[-1]["data"]["rpps"]]
        assert known["standby"] != known["first"]
        experts.boxes[known["standby"]].nothing()
        passed = d.passed()
        for name, days in (("day_3", 3), ("day_5", 5)):
            at, = passed[name]
            due, = (datetime.datetime.fromisoformat(e["data"]["text"].split()[0]) for e in d.events("deadline_passed") if e["data"]["id"] == name)
            # Due in time; done when a worker comes to it.
            assert due <= known["t0"] + datetime.timedelta(days=days, seconds=2) and due <= at <= due + datetime.timedelta(seconds=60), (name, due, at)
            assert at.weekday() < 5 and 8 <= at.hour < 19, (name, at)

    def standby():
        """At the sixth day he is asked while the first still holds the dossier; he says yes, and the patient keeps her date."""
        w.live(known["t0"] + datetime.timedelta(days=6, minutes=5))
        box().take("Il reste")
        offer = experts.boxes[known["standby"]].take("Avis demandé avant le")
        assert d.patient.family not in words(offer) and d.state() == "accepted"
        due = d.row()["due_at"]
        d.reply(offer, known["standby"], "ACCEPTE", name=NAMES[known["standby"]])
        known["second full"] = experts.boxes[known["standby"]].take("XDM/1.0/DDM+ESSAI Dossier d'avis")
        gone = box().take("Dossier retiré : merci d'effacer")
        assert d.patient.family not in words(gone)
        d.box.take("Un autre médecin expert répond à votre demande")
        assert NAMES[known["standby"]] in words(d.box.take("Votre médecin expert a commencé"))
        assert d.row()["due_at"] == due and RPPS[d.row()["expert"]] == known["standby"]

    def late():
        """The first sends his opinion after all: it is kept, and no machine uses it."""
        experts.opines(d, known["first"], known["full"])
        wait_for("the late opinion", lambda: d.events("opinion_late"))
        w.settle()
        assert d.state() == "accepted" and not d.events("opinion_received"), d.state()

    def second():
        experts.opines(d, known["standby"], known["second full"])
        d.reaches("checked")
        d.do("release")
        report = d.box.take("Votre deuxième avis est arrivé")
        assert NAMES[known["standby"]].split()[-1] in words(report), words(report)
        assert d.told("released") <= known["t0"] + datetime.timedelta(days=7), "within seven days all the same"
        experts.boxes[known["standby"]].take("Votre avis est remis")

    yield "accepts, and is not heard of", accepted
    yield "is reminded on the third and the fifth day; a second expert is prepared", reminded
    yield "the second is asked on the sixth day and takes over; the first is asked to erase", standby
    yield "the first's opinion comes late", late
    yield "the second's is delivered in time", second
    yield "and the dossier ends", lambda: d.do("close")
