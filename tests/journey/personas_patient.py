"""Journeys of patients (2.1), of who acts for them (2.2), and of one without internet (2.3)."""
import datetime

import bad
import clients
import documents
import papers
from rehearsal import NAMES, PATIENTS, PRINT, Box, Dossier, Experts, plain, reads, words
from world import ATTENDING, DEPOT, DOMAIN, FIRST, PLATFORM, wait_for


# ---------------------------------------------------------------- 2.1 a patient

def patient(w, story):
    d, experts, known = Dossier(w, story, PATIENTS["2.1"]), Experts(w), {}
    attending, first = Box(w, ATTENDING), Box(w, FIRST)

    def requested():
        w.next_day(0, 10)
        d.request(consent__study=True, consent__attending=False)
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
        at = d.told("requested")
        for days in (2, 5):
            w.live(at + datetime.timedelta(days=days, hours=-1))
            d.box.nothing()
            w.live(at + datetime.timedelta(days=days, hours=1))
            assert "mammographie" in words(d.box.take("Rappel : il manque encore 1 document"))

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
        experts.boxes[known["holder"]].look()
        experts.opines(d, known["holder"], known["full"])
        d.reaches("checked")
        d.box.nothing()
        d.do("release")
        mail = d.box.take("Votre deuxième avis est arrivé")
        text = words(mail)
        assert "Votre sein peut être conservé" in text and text.index("Votre sein peut être conservé") < len(text) / 2, "the plain words come first"
        assert "sein" not in mail["Subject"] and "GARNIER" not in text and "LEMOINE" not in text, "nobody else has it, and she reads of nobody"
        files = clients.attachments(mail)
        assert "IHE_XDM.zip" in files and any(n.endswith(".pdf") for n in files)
        known["report"] = mail
        w.settle()
        attending.nothing()
        first.nothing()

    def unread():
        """Her mailbox has it and nobody opens it: a reminder after two days, in her hours; after four a nurse is to call."""
        at = d.told("released")
        w.live(at + datetime.timedelta(hours=47))
        d.box.nothing()
        w.live(at + datetime.timedelta(hours=72))
        reminder = d.box.take("Votre message vous attend")
        assert "sein" not in reminder["Subject"] + words(reminder), "no name of a disease"
        w.live(at + datetime.timedelta(days=4, hours=1))
        passed = d.passed()
        assert len(passed["unread_notice"]) == 1 and 9 <= passed["unread_notice"][0].hour < 20 and passed["unread_call"], passed
        d.box.nothing()
        assert d.state() == "released"

    def reading():
        bad.outcome(w, reads(w, d.patient.mailbox, known["report"]))
        d.reaches("exchange")
        assert d.mails("M21")[0]["proof"] == 4 and d.events("report_read")
        w.live(d.told("released") + datetime.timedelta(days=8))
        assert "unread_letter" not in d.passed(), "who has read it has no letter"

    def shares():
        """One word is enough, weeks later: the doctor whom she named has it now, and the other still has not."""
        d.reply(known["report"], d.patient.mailbox, "PARTAGER\n\nMerci !", name="DOMINIQUE PAT-TROIS")
        copy = attending.take("XDM/1.0/DDM+ESSAI Deuxième avis " + d.patient.name())
        assert "IHE_XDM.zip" in clients.attachments(copy) and d.events("consent_changed") and d.events("shared")
        first.nothing()

    def emergency():
        """Words of an emergency: she is told whom to call within a minute, and a nurse calls her until she is reached."""
        begin = w.now()
        d.reply(known["report"], d.patient.mailbox, "Bonjour, depuis ce matin j'ai très mal dans la poitrine et du mal à respirer.", name="DOMINIQUE PAT-TROIS")
        mail = d.box.take("Appelez le 15 si c'est urgent")
        assert "114" in words(mail) and w.now() - begin < datetime.timedelta(minutes=1)
        w.forward(minutes=45)
        assert len(d.passed()["urgent_call"]) >= 2, "again, until somebody has reached her"
        d.do("contact", "patient", "call", "reached", "Le 15 est prévenu")
        calls = len(d.passed()["urgent_call"])
        w.forward(hours=3)
        assert len(d.passed()["urgent_call"]) == calls
        d.do("answered", "Prise en charge par le 15")
        experts.boxes[known["holder"]].look()

    def asks():
        d.reply(known["report"], d.patient.mailbox, "Bonjour docteur, combien de temps dure la radiothérapie ?", name="DOMINIQUE PAT-TROIS")
        question = experts.boxes[known["holder"]].take(text="combien de temps dure la radiothérapie")
        assert d.patient.ins not in str(question), "the relay hides her address"
        w.forward(hours=30)
        d.reply(question, known["holder"], "Cinq semaines en général.", signer=experts.seals[known["holder"]], name=NAMES[known["holder"]])
        answer = d.box.take(text="Cinq semaines en général")
        assert known["holder"] not in str(answer), "and the expert's"

    def ends_softly():
        """Fifteen days from the day she opened it: three days before the end she is told, at the end both are."""
        begin = d.told("report_read")
        w.live(begin + datetime.timedelta(days=11, hours=20))
        d.box.nothing()
        w.live(begin + datetime.timedelta(days=13))
        d.box.take("Il vous reste 3 jours")
        experts.boxes[known["holder"]].look()
        w.live(begin + datetime.timedelta(days=16))
        d.reaches("closed")
        over = d.box.take("L'échange est terminé")
        assert over["X-MSS-MES"] == "FIN", "her right to reply ends"
        experts.boxes[known["holder"]].take("Fil clos")

    def too_late():
        """A question after the end is never lost: she has an answer at once, and a nurse has it."""
        w.forward(days=2)
        d.reply(known["report"], d.patient.mailbox, "Bonjour, une dernière question : puis-je reprendre la natation ?", name="DOMINIQUE PAT-TROIS")
        d.box.take("Nous avons bien reçu votre question")
        assert d.events("question_late")
        w.settle()
        experts.boxes[known["holder"]].nothing()

    def archived():
        w.live(d.told("closed") + datetime.timedelta(days=31))
        d.reaches("archived")
        d.box.nothing()

    def agrees():
        """Everything that happened stands at its instant of the rehearsal, in order."""
        instants = [datetime.datetime.fromisoformat(e["at"]) for e in d.events()]
        assert instants == sorted(instants) and instants[-1] - instants[0] > datetime.timedelta(days=55), (instants[0], instants[-1])

    yield "asks, and hears that it has come", requested
    yield "hears what is missing, and again after two days and five", incomplete
    yield "hears that it is complete, and before when the answer comes", complete
    yield "hears who the expert is", expert_begins
    yield "has the opinion, in plain words first, and who else has it", released
    yield "does not open it: is reminded, and is to be called", unread
    yield "opens it", reading
    yield "shares it with her doctor by one word", shares
    yield "speaks of an emergency", emergency
    yield "asks a question and has the answer", asks
    yield "hears when the exchange ends, and that it has", ends_softly
    yield "asks once more, too late", too_late
    yield "and a month later it is in the archive", archived
    yield "and every event stands in the order in which it was lived", agrees


def silent_patient(w, story):
    """One who never sends what is missing."""
    d = Dossier(w, story, PATIENTS["2.1b"])

    def asked():
        """On a Friday night: nobody is written to at that hour, and the machine's receipts are no reminders."""
        w.next_day(4, 21)
        d.request(exams=("34794-8",))
        d.box.take("Votre demande")
        missing = d.box.take("Il manque 2 documents")
        assert "mammographie" in words(missing) and "biologie" in words(missing)

    def reminded():
        """After two, five, ten and twenty days, in the daytime."""
        at = d.told("requested")
        for n, days in enumerate((2, 5, 10, 20)):
            w.live(at + datetime.timedelta(days=days, hours=-1))
            d.box.nothing()
            w.live(at + datetime.timedelta(days=days, hours=14))
            mail = d.box.take("Rappel : il manque encore 2 documents")
            assert "mammographie" in words(mail), words(mail)
            assert len(d.mails("M03")) == n + 1
        hours = [i.hour for instants in d.passed().values() for i in instants]
        assert len(hours) >= 4 and all(9 <= h < 20 for h in hours), d.passed()

    def ends():
        at = d.told("requested")
        w.live(at + datetime.timedelta(days=29, hours=20))
        assert d.state() == "incomplete"
        d.box.nothing()
        w.live(at + datetime.timedelta(days=31))
        d.reaches("expired")
        assert "mammographie" in words(d.box.take("Demande sans suite"))

    def never_again():
        w.forward(days=40)
        d.box.nothing()
        assert d.state() == "archived"

    yield "asks late on a Friday", asked
    yield "is reminded four times, in the daytime", reminded
    yield "never sends it: the request ends, and he is told", ends
    yield "and hears no more", never_again


# ---------------------------------------------------------------- 2.2 who acts for a patient

def representative(w, story):
    """A child whose parents live apart, a minor who wants a secret kept, an adult under guardianship."""
    child, secret, adult = (Dossier(w, story, PATIENTS[name]) for name in ("2.2", "2.2 secret", "2.2 adult"))
    mother, father, guardian = (Box(w, PATIENTS[name].mailbox) for name in ("2.2 mother", "2.2 father", "2.2 guardian"))
    doctor, experts, known = Box(w, ATTENDING), Experts(w), {}

    def of_age_in(dossier, days):
        day = w.now().date() + datetime.timedelta(days=days)
        dossier.patient.birth = f"{day.year - 18}{day:%m%d}"

    def named():
        """Her mother asks without a proof: the dossier is opened, she is told what to send, and has nothing of it."""
        w.next_day(0, 9)
        of_age_in(child, 9)
        child.request(exams=("34794-8", "11502-2", "18748-4"))
        child.box.take("Votre demande")
        child.do("represent", "parent", "Jeanne PAT-ENFANT", mother.address)
        asked = mother.take("Mandat à joindre")
        assert "livret de famille" in words(asked) and "sein" not in words(asked), words(asked)
        sent = child.reply(asked, mother.address, "Voici la copie du livret de famille.", [("livret.pdf", "application/pdf", documents.PDF)], name="Jeanne PAT-ENFANT")
        row = bad.outcome(w, sent)
        assert (row["outcome"], row["owner"]) == ("held", "nurses"), row
        child.do("represent", "parent", "Jeanne PAT-ENFANT", mother.address, "--proof", "Livret de famille, page 3")

    def other_parent():
        """The other parent is told of the request and of nothing else; he objects, and everything stands still until a nurse has settled it."""
        child.do("represent", "parent", "Paul PAT-ENFANT", father.address, "--informed-only")
        told = father.take("Un second titulaire de l'autorité parentale a été informé")
        assert "sein" not in words(told) and child.patient.ins not in str(told)
        child.reply(told, father.address, "Je m'oppose à cette demande.", name="Paul PAT-ENFANT")
        wait_for("the objection", lambda: child.events("frozen"))
        assert child.events("frozen")[-1]["data"]["id"] == "objection"
        child.refused("dossier.frozen", "triage")
        w.settle()
        for box in (child.box, mother, father):
            box.nothing()
        child.do("unfreeze", "Les deux parents sont d'accord, appelés ce jour")
        child.do("triage")

    def copies():
        """What goes to the child's own mailbox goes to who acts for her, by a mail of its own; the other parent has none of it."""
        child.box.take("Votre dossier est complet")
        copy = mother.take("Votre dossier est complet")
        assert "Jeanne PAT-ENFANT" in words(copy) and "copie" in words(copy) and child.patient.ins not in copy["To"], (copy["To"], words(copy)[:300])
        known["holder"], known["full"] = experts.accepts(child)
        experts.opines(child, known["holder"], known["full"])
        child.reaches("checked")
        child.do("release")
        child.box.look()
        known["report"] = mother.take("Votre deuxième avis est arrivé")
        assert any(n.endswith(".pdf") for n in clients.attachments(known["report"]))
        w.settle()
        assert child.mails("M21", "patient")[0]["state"] == "accepted"
        father.nothing()
        mother.look()
        child.box.look()

    def of_age():
        """She turns eighteen: at midnight her mother's rights end, she is told, and what follows goes to her alone."""
        w.forward(days=10)
        child.box.take("Une personne n'agit plus pour vous")
        birthday = datetime.datetime.strptime(child.patient.birth, "%Y%m%d").date()
        ended = child.told("representative_ended")
        assert ended.date() == birthday.replace(year=birthday.year + 18) and ended.hour == 0, (ended, birthday)
        mother.look()
        w.live(child.told("released") + datetime.timedelta(days=23))
        child.box.take("Il vous reste 3 jours")
        mother.nothing()
        refused = w.relais("dossier", "represent", child.ref, "parent", "Jeanne PAT-ENFANT", mother.address, "--proof", "Livret de famille", check=False)
        assert refused.returncode != 0 and "representative." in refused.stderr, refused.stderr

    def kept_secret():
        """A minor who wants it kept from the parents: nothing to them, and nothing to the mailbox that they read; the physician has the report."""
        w.next_day(0, 9)
        doctor.look()
        of_age_in(secret, 400)
        secret.request(exams=("34794-8", "11502-2", "18748-4"))
        secret.do("represent", "parent", "Jeanne PAT-ENFANT", mother.address, "--proof", "Livret de famille")
        w.settle()
        secret.box.look()
        mother.look()
        secret.do("secret", "Dr Paul GARNIER remettra l'avis en main propre")
        secret.do("triage")
        w.settle()
        for box in (secret.box, mother):
            box.nothing()
        address, full = experts.accepts(secret)
        experts.opines(secret, address, full)
        secret.reaches("checked")
        secret.do("release")
        w.settle()
        for box in (secret.box, mother):
            box.nothing()
        assert secret.events("released")[-1]["data"]["to"] == ["patient", "attending"], secret.events("released")
        doctor.take("XDM/1.0/DDM+ESSAI Deuxième avis " + secret.patient.name())
        w.forward(days=3)
        secret.do("withdraw", "fin de l'essai")
        w.settle()
        for box in (secret.box, mother):
            box.nothing()

    def guarded():
        """An adult under guardianship: she and her guardian are written to, each apart, until the day the judgment ends."""
        w.next_day(0, 9)
        until = w.now().date() + datetime.timedelta(days=3)
        adult.request(exams=("34794-8", "11502-2", "18748-4"))
        adult.reaches("triage")
        adult.do("represent", "guardian", "Luce TUTEUR", guardian.address, "--proof", "Jugement du 3 mars", "--until", f"{until}")
        adult.do("triage")
        hers, his = adult.box.take("Votre dossier est complet"), guardian.take("Votre dossier est complet")
        assert guardian.address not in str(hers) and adult.patient.ins not in his["To"]
        experts.accepts(adult)
        guardian.take("Votre médecin expert a commencé")
        w.forward(days=4)
        adult.do("withdraw", "Demande de la patiente")
        adult.box.take("Demande annulée")
        w.settle()
        guardian.nothing()

    yield "acts without a proof: is asked for it, and has nothing else", named
    yield "the other parent objects: everything stands still", other_parent
    yield "has a copy of what goes to the child", copies
    yield "the child is of age: it ends at midnight", of_age
    yield "a minor's secret is kept", kept_secret
    yield "a guardian and the person herself, each apart, until the judgment ends", guarded


# ---------------------------------------------------------------- 2.3 a patient without internet

def assisted(w, story):
    """She telephones and posts her file: a nurse enters what she says, letters come to her, and her own words and signature are the proof."""
    d, station, experts, known = Dossier(w, story, PATIENTS["2.3"]), Box(w, PRINT), Experts(w), {}

    def letter(code):
        mail = station.take(f"Lettre à imprimer : {code}")
        files = clients.attachments(mail)
        pdf = next(content for name, content in sorted(files.items()) if name.endswith(".pdf"))
        assert d.patient.ins not in words(mail) and "sein" not in words(mail), "who prints it reads the address and no more"
        if papers.HERE:
            text = papers.text(pdf)
            assert "1 rue des Lilas" in text and "ESSAI" in text, text[:600]
        return mail, pdf

    def entered():
        w.next_day(1, 10)
        d.request(exams=("34794-8", "11502-2"), patient__assisted=True)
        w.settle()
        assert len(d.box.look()) == 2, "before she is known to have no internet, her mailbox is written to"
        d.do("channel", "patient", "paper", "Mme LOU PAT-VINGT|1 rue des Lilas|75001 PARIS")
        d.reaches("incomplete")

    def reminded():
        """Missing pieces: a letter in the place of each reminder; after five days a nurse is to call, as she is helped."""
        at = d.told("requested")
        w.live(at + datetime.timedelta(days=2, hours=2))
        letter("M03")
        w.live(at + datetime.timedelta(days=5, hours=2))
        assert "pieces_call" in d.passed()
        letter("M03")
        d.do("contact", "patient", "call", "reached", "Poste la mammographie aujourd'hui")
        d.box.nothing()

    def scanned():
        """The clock begins with the scan of the last piece, and the nurse's check."""
        _, content = d.exam("18748-4")
        story.send(PLATFORM, DEPOT, "XDM/1.0/DDM+Courrier numérisé " + d.patient.name(), "Courrier numérisé.", [("IHE_XDM.zip", "application/zip", d.package([("18748-4", content)]))], w.platform)
        d.reaches("triage")
        assert not d.row()["complete_at"]
        d.do("triage")
        letter("M06")

    def report():
        known["holder"], known["full"] = experts.accepts(d)
        letter("M07")
        experts.opines(d, known["holder"], known["full"])
        d.reaches("checked")
        d.do("release")
        mail, _ = letter("M21")
        assert sum(n.endswith(".pdf") for n in clients.attachments(mail)) >= 2, "the report is behind the letter, in the same envelope"
        d.box.nothing()

    def proved():
        """Posted, then signed for: that is the reading; from that day she has her fifteen days."""
        d.do("contact", "patient", "letter", "posted", "2C 987 654 3210 9", "M21")
        w.forward(days=3)
        assert d.state() == "released"
        d.do("contact", "patient", "letter", "signed", "2C 987 654 3210 9", "M21")
        d.reaches("exchange")
        begin = d.told("contact_made")
        w.live(begin + datetime.timedelta(days=13))
        letter("M34")
        w.live(begin + datetime.timedelta(days=16))
        letter("M35")
        d.reaches("closed")
        d.box.nothing()

    yield "telephones: a nurse enters what she says", entered
    yield "is reminded by letter, and called", reminded
    yield "posts the last piece: the clock begins with its scan", scanned
    yield "has the report by letter, and nothing in a mailbox that she does not open", report
    yield "her signature for the letter proves it, and opens the exchange", proved
