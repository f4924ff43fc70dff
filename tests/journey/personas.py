"""The journey of each persona, from the request to the end, over real SMTP and IMAP, by a clock that moves (rehearsal.py).

One section a persona, in the numbers of the product's description; within it each case is the next thing that happens to that person."""
import datetime
import re

import bad
import clients
import documents
from rehearsal import PATIENTS, THIRD_EXPERT, Box, Dossier, ends, plain, words
from story import FORM
from world import ATTENDING, DEPOT, DOMAIN, EXPERT, FIRST, HOSPITAL, PLATFORM, SECOND_EXPERT, wait_for

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


def reads(world, address, mail):
    """The reading receipt that her software sends by itself."""
    mark, to = "LU", f"avis@{DOMAIN}"
    head, message_id = clients.head(address, to, "Lu : " + mail["Subject"])
    body = (f"Content-Type: multipart/report; report-type=disposition-notification; boundary={mark}\r\n\r\n--{mark}\r\n\r\nLe message a été ouvert.\r\n--{mark}\r\n"
            f"Content-Type: message/disposition-notification\r\n\r\nFinal-Recipient: rfc822; {address}\r\nOriginal-Message-ID: {mail['Message-ID']}\r\n"
            f"Disposition: automatic-action/MDN-sent-automatically; displayed\r\n\r\n--{mark}--\r\n")
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


# ---------------------------------------------------------------- the clock itself

def clock(w, story):
    def tells():
        for text in (w.relais("clock", "show").stdout, w.relais("status", check=False).stdout):
            assert "RÉPÉTITION : identités d'essai seulement" in text or "REHEARSAL: test identities only" in text, text
        assert w.status()["rehearsal"]["rehearsal"] is True

    def never_back():
        before = w.now()
        for words, code in ((("until", (before - datetime.timedelta(minutes=1)).isoformat()), "clock.back"), (("forward", "9999d"), "usage"), (("forward", "-1d"), "usage"),
                            (("backward", "1d"), "usage"), (("until", "demain"), "usage"), (("forward", "10951d"), "usage")):
            if code is None:
                continue
            done = w.relais("clock", *words, check=False)
            assert done.returncode != 0 and code in done.stderr, (words, done)
        assert before <= w.now() <= before + datetime.timedelta(minutes=1)

    def real_patients():
        """With real identities its workers do not start: nothing of a rehearsal is ever decided for a real patient."""
        path = f"{w.dir}/relais.conf"
        with open(path, encoding="utf-8") as f:
            kept = f.read()
        assert kept.count("test_identities = true;") == 1
        w.relais_stop()
        with open(path, "w", encoding="utf-8") as f:
            f.write(kept.replace("test_identities = true;", "test_identities = false;"))
        try:
            try:
                w.relais_start()
            except RuntimeError:
                w.started = True
            with open(f"{w.dir}/log/relais.log", encoding="utf-8") as f:
                wait_for("the refusal in the log", lambda: "rehearsal-refused" in f.read())
            assert not any(p["name"].startswith("worker") and p["state"] == "running" and p["restarts"] == 0 for p in w.status()["processes"]), w.status()
        finally:
            w.relais_stop()
            with open(path, "w", encoding="utf-8") as f:
                f.write(kept)
            w.relais_start()

    yield "the instance says that it is a rehearsal", tells
    yield "its clock does not go back, and understands no half words", never_back
    yield "real identities: its workers do not start", real_patients


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
        d.reply(known["offer"], known["third"], "Bonjour, je regarde et je vous réponds ce soir.\n\nA. Durand", name=NAMES[known["third"]])
        again = experts.boxes[known["third"]].take("réponse n'est pas claire")
        assert d.state() == "offered"
        known["again"] = again

    def accepts():
        d.box.look()
        d.reply(known["again"], known["third"], "Bonjour,\n\nOui, j'accepte ce dossier.\n\nBien confraternellement,\nAnne Durand", name=NAMES[known["third"]])
        d.reaches("accepted")
        known["full"] = experts.boxes[known["third"]].take("XDM/1.0/DDM+ESSAI Dossier d'avis " + d.patient.name())
        files = clients.attachments(known["full"])
        assert "IHE_XDM.zip" in files and sum(n.endswith(".pdf") for n in files) == 1, sorted(files)
        begun = d.box.take("Votre médecin expert a commencé")
        assert "Anne DURAND" in words(begun), words(begun)
        for other in (known["first"], known["second"]):
            experts.boxes[other].nothing()

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
    yield "forgets a part, then the signature: is told within minutes", form
    yield "hears that the opinion is delivered", delivered
    yield "is away: says until when", absent
    yield "and the dossier ends", lambda: d.do("close")


# ---------------------------------------------------------------- 2.5 the platform of a hospital

def hospital(w, story):
    d, box, experts, known = Dossier(w, story, PATIENTS["2.5"]), Box(w, HOSPITAL), Experts(w), {}

    def decided(message_id, outcome, reason="none"):
        row = bad.outcome(w, message_id)
        assert (row["outcome"], row["reason"]) == (outcome, reason), (row["outcome"], row["reason"], row["rule"])
        return row

    def receipt(message_id):
        """One answer a message, to its sender, in words that tell of no dossier."""
        w.settle()
        found = [m for m in box.new() if m["In-Reply-To"] == message_id]
        assert len(found) == 1, (message_id, [m["Subject"] for m in box.new()])
        box.look()
        text = found[0]["Subject"] + words(found[0])
        assert "A-20" not in text and d.patient.ins not in text and d.patient.family not in text, text
        return text

    def replacement(old):
        document_id, content = d.exam("18748-4", back=1)
        related = f'<relatedDocument typeCode="RPLC"><parentDocument><id root="{old}"/></parentDocument></relatedDocument><componentOf>'
        content = content.replace(b"<componentOf>", related.encode(), 1)
        return document_id, d.package([("18748-4", content)], slot=documents.order("C"))

    def unknown_patient():
        w.next_day(0, 9)
        known["early"], message_id = d.record("11502-2")
        assert decided(message_id, "held", "dossier.none")["owner"] == "nurses"
        known["words"] = receipt(message_id)

    def filed():
        d.request(exams=("34794-8",))
        d.reaches("incomplete")
        known["exam"], message_id = d.record()
        decided(message_id, "filed")
        assert receipt(message_id) == known["words"], "with a dossier and without the receipt reads the same"
        assert known["exam"] in d.documents()

    def attached():
        """What came before the dossier is there for the nurse to file."""
        held = next(r for r in w.relais("quarantine", "list", as_json=True) if r["reason"] == "dossier.none")
        w.relais("quarantine", "attach", held["id"], d.ref)
        assert known["early"] in d.documents()
        d.reaches("triage")

    def twice():
        document_id, content = d.exam("18748-4", back=3)
        archive = d.package([("18748-4", content)])
        decided(d.hospital(archive), "filed")
        before = d.documents()
        again = d.hospital(archive)
        assert bad.outcome(w, again)["outcome"] in ("filed", "duplicate", "applied") and d.documents() == before, "the same document is filed once"
        other = documents.made_exam("18748-4", d.day(2), d.patient.identity(), document_id)
        decided(d.hospital(d.package([("18748-4", other)])), "held", "dossier.document.conflict")
        assert d.documents() == before, "the same number with another content is for a person"
        w.settle()
        box.look()

    def replaced():
        known["second"], archive = replacement(known["exam"])
        decided(d.hospital(archive), "filed")
        assert known["second"] in d.documents() and known["exam"] not in d.documents(), d.documents()
        assert d.state() == "triage"

    def masked():
        """Masks are kept to the end: what professionals may not see goes to no expert."""
        document_id, content = d.exam("11502-2")
        decided(d.hospital(d.package([("11502-2", content)], code_of=documents.mask("MASQUE_PS"))), "held", "dossier.document.masked")
        known["masked"] = document_id
        held = next(r for r in w.relais("quarantine", "list", as_json=True) if r["reason"] == "dossier.document.masked")
        w.relais("quarantine", "attach", held["id"], d.ref)
        known["hidden"], content = d.exam("11502-2", back=5)
        decided(d.hospital(d.package([("11502-2", content)], code_of=documents.mask("INVISIBLE_PATIENT"))), "filed")

    def deleted():
        known["late"], content = d.exam("11502-2", back=4)
        decided(d.hospital(d.package([("11502-2", content)])), "filed")
        order = documents.xdm([("x.xml", b"", "11502-2", "CR", known["late"])], ins=d.patient.ins, slot=documents.order("D", known["late"]), files=False)
        decided(d.hospital(order), "applied")
        assert known["late"] not in d.documents() and any(e["kind"] == "document_withdrawn" for e in d.events()), "out of the dossier; the trail stays"
        decided(d.hospital(documents.xdm([documents.packed("11502-2", content)], ins=d.patient.ins)), "held", "dossier.document.withdrawn")
        w.settle()
        box.look()

    def two_patients():
        other = documents.made_exam("18748-4", d.day(1), PATIENTS["2.6"].identity())
        before = d.documents()
        message_id = d.hospital(d.package([("18748-4", other), ("11502-2", d.exam("11502-2")[1])]))
        row = bad.outcome(w, message_id)
        assert row["outcome"] in ("held", "refused") and d.documents() == before, (row, d.documents())

    def machine():
        """A machine's answer is never answered."""
        message_id = sends_raw(w, HOSPITAL, DEPOT, [("Auto-Submitted", "auto-replied")], "Message automatique : votre reçu a bien été reçu.")
        bad.outcome(w, message_id)
        w.settle()
        assert w.relais("trace", message_id, as_json=True)["outbox"] == []

    def to_the_expert():
        d.do("triage")
        address, full = experts.accepts(d)
        given = numbers(full)
        assert {known["second"], known["hidden"]} <= given and not given & {known["exam"], known["masked"], known["late"]}, (given, known)
        known["holder"], known["full"] = address, full

    def invisible():
        """What the patient may not see yet does not come back to her with the report."""
        experts.opines(d, known["holder"], known["full"])
        d.reaches("checked")
        d.box.look()
        d.do("release")
        report = d.box.take("Votre deuxième avis est arrivé")
        given = numbers(report)
        assert len(given) == 1 and not given & {known["hidden"], known["masked"]}, given

    yield "sends a record of a patient without a dossier: a receipt, and a nurse's tray", unknown_patient
    yield "sends a record that is filed: the same receipt", filed
    yield "the early record is filed by the nurse", attached
    yield "sends the same twice, then other content under the same number", twice
    yield "replaces a document before the offer", replaced
    yield "masks documents", masked
    yield "deletes a document", deleted
    yield "puts two patients into one archive", two_patients
    yield "an automatic answer is not answered", machine
    yield "the expert has what stands and may be seen", to_the_expert
    yield "the patient's report holds nothing that is hidden from her", invisible
    yield "and the dossier ends", lambda: d.do("close")


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


SECTIONS = (("the clock", clock), ("2.1 patient", patient), ("2.5 hospital", hospital), ("2.6 expert", expert))


def cases(world, story):
    for name, section in SECTIONS:
        broken = []

        def step(case, broken=broken):
            """Each stands on the one before: behind one that failed nothing is tried, and all of it counts as failed."""
            assert not broken, "a step before this one failed"
            broken.append(case)
            case()
            broken.clear()
        for what, case in section(world, story):
            yield f"{name}: {what}", lambda case=case, step=step: step(case)
    yield "reconcile", story.reconcile
