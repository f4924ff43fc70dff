"""The straight line: one dossier from the request to the last answer, every step by real mail.

The story speaks SMTP, IMAP and the command line, never to the database. Each step says what happened and raises when it did not."""
import os
import re
import sys
import time

import clients
import documents
import package
import papers
from world import (ATTENDING, DEPOT, DOMAIN, EXPERT, FIRST, HOSPITAL, PATIENT, PLATFORM, SERVICE_BOX, wait_for)

sys.path.append(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
import pdf_forms    # noqa: E402

FORM = {
    "Réponse aux questions": "1. Une chirurgie conservatrice est possible : la tumeur unique mesure 18 mm.\n2. Non : la chimiothérapie première n'apporterait rien ici.",
    "Avis motivé": "Au vu de la mammographie, de la réunion de concertation et de la biologie, la tumorectomie avec ganglion sentinelle, "
                   "suivie de radiothérapie, donne la même survie que la mastectomie proposée.",
    "Convergence (oui / partielle / non)": "partielle",
    "Conduite à tenir et délai": "Consultation avec le chirurgien dans les trois semaines. Ne pas attendre plus de six semaines.",
    "Certitude et limites": "Bonne certitude sur le principe ; l'examen clinique peut changer la voie d'abord.",
    "Résumé pour le patient": "Votre sein peut être conservé. Parlez-en avec votre chirurgien dans les trois semaines.",
    "Aide utilisée": "Aucune.",
    "Liens d'intérêts": "Aucun.",
}

NAMELESS = b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"


class Story:
    def __init__(self, world, say=print):
        self.w, self.say, self.begin = world, say, time.monotonic()
        self.ref = None
        self.number = 0
        self.envelope = None            # what puts each entity into an encrypted one (encrypted.py)

    def step(self, text):
        self.number += 1
        self.say(f"[{time.monotonic() - self.begin:6.2f} s] {self.number:2d}. {text}")

    # ---------------------------------------------------------------- what people do

    def send(self, sender, to, subject, text, files=(), signer=None, in_reply_to=None, name="", message_id=None, port=None, html=None):
        body = clients.entity(text, files, html)
        if signer:
            body = clients.signed_entity(body, *signer)
        if self.envelope:
            body = self.envelope(body)
        head, sent_id = clients.head((name, sender), to, subject, message_id, in_reply_to)
        clients.send(port or self.w.submit_port(sender), self.w.anchors, sender, [to], head + body)
        return sent_id

    def arrives(self, address, what, want=lambda m: True, seconds=60):
        return self.w.mailbox(address).wait(lambda m: want(m) and m["Auto-Submitted"] is not None, seconds)

    def dossiers(self):
        return self.w.relais("dossier", "list", "--all", as_json=True)

    def state(self):
        return next((d["state"] for d in self.dossiers() if d["ref"] == self.ref), None)

    def reaches(self, state, seconds=60):
        wait_for(f"state {state} (now {self.state()})", lambda: self.state() == state, seconds)

    def trace(self, message_id):
        return self.w.relais("trace", message_id, as_json=True)

    # ---------------------------------------------------------------- the steps

    def request(self, **changed):
        q = documents.questionnaire(documents.answers(**changed))
        rcp, bio = documents.exam("34794-8")[1], documents.exam("11502-2")[1]
        archive = documents.xdm([documents.packed("74465-6", q), documents.packed("34794-8", rcp), documents.packed("11502-2", bio)])
        return self.send(PLATFORM, DEPOT, "XDM/1.0/DDM+Questionnaire patient PAT-TROIS DOMINIQUE 28/03/1979",
                         "Demande de deuxième avis signée par la plateforme.",
                         # the same file again, beside the archive and under an odd name: it is filed and given once
                         [("IHE_XDM.zip", "application/zip", archive), ("../.questionnaire.xml", "application/xml", q)], self.w.platform)

    def record(self, code="18748-4", content=None, to=DEPOT, signer="hospital", message_id=None, beside=()):
        content = content or documents.exam(code)[1]
        archive = documents.xdm([documents.packed(code, content)])
        who = self.w.hospital if signer == "hospital" else signer
        return self.send(HOSPITAL, to, "XDM/1.0/DDM+CR imagerie PAT-TROIS DOMINIQUE 28/03/1979", "Compte rendu envoyé automatiquement.",
                         [("IHE_XDM.zip", "application/zip", archive), *beside], who, message_id=message_id)

    def ask(self):
        self.request()
        self.step("La plateforme a envoyé la demande signée (questionnaire CDA, deux examens dans IHE_XDM.zip) par son opérateur, Postfix, en TLS mutuel.")
        wait_for("a dossier", lambda: self.dossiers())
        self.ref = self.dossiers()[-1]["ref"]
        _, mail = self.arrives(PATIENT, "receipt", lambda m: self.ref in (m["Subject"] or "") + clients.text_of(m))
        self.patient_relay = mail["Reply-To"]
        assert self.patient_relay.endswith("@" + DOMAIN) and "depot" not in self.patient_relay, self.patient_relay
        self.step(f"Dossier {self.ref} ouvert ; la patiente a son accusé de réception dans son espace santé : « {mail['Subject']} ».")
        _, missing = self.arrives(PATIENT, "missing", lambda m: "mammographie" in clients.text_of(m))
        assert "RCP" not in clients.text_of(missing), "only what is missing is asked for"
        self.reaches("incomplete")
        self.step(f"Il manque un document, elle sait lequel : « {missing['Subject']} ».")

    def complete(self):
        """The missing exam comes by itself, into the service's mailbox at another operator, which is collected over IMAP."""
        self.record(to=SERVICE_BOX, beside=[("sans-nom.pdf", "application/pdf", NAMELESS)])
        self.step("L'hôpital a envoyé de lui-même la mammographie signée à la boîte du service chez un autre opérateur ; Relais la relève par IMAP.")
        self.reaches("triage")
        _, receipt = self.arrives(HOSPITAL, "receipt")
        assert self.ref not in clients.text_of(receipt) + receipt["Subject"], "a receipt never tells that a dossier exists"
        self.step(f"Le document est au dossier, qui attend le contrôle infirmier ; l'hôpital a son reçu : « {receipt['Subject']} ».")

    def triage(self):
        self.w.relais("dossier", "triage", self.ref)
        self.reaches("offered")
        _, mail = self.arrives(PATIENT, "complete", lambda m: "complet" in (m["Subject"] or "").lower())
        self.step(f"L'infirmière a contrôlé (relais dossier triage) : le délai de sept jours court. La patiente lit : « {mail['Subject']} ».")
        _, offer = self.arrives(EXPERT, "offer")
        text = clients.text_of(offer)
        assert "PAT-TROIS" not in text and documents.INS not in text, "an offer names nobody"
        self.offer, self.expert_relay = offer, offer["Reply-To"]
        self.step(f"La professeure Moreau a reçu l'offre, sans nom : « {offer['Subject']} ».")

    def accept(self, text="ACCEPTE\n\nBien cordialement,\nClaire Moreau\n\n> Avis demandé\n> Répondez ACCEPTE ou REFUSE", meanwhile=lambda: None):
        self.send(EXPERT, self.expert_relay, "Re: " + self.offer["Subject"], text, in_reply_to=self.offer["Message-ID"], name="Pr Claire MOREAU")
        self.reaches("accepted")
        meanwhile()
        raw, full = self.arrives(EXPERT, "dossier", lambda m: (m["Subject"] or "").startswith("XDM/1.0/DDM+"))
        files = clients.attachments(full)
        assert "IHE_XDM.zip" in files and any(n.endswith(".pdf") for n in files), sorted(files)
        assert "sans-nom.pdf" not in files, "what names no patient and nobody vouched for is given to nobody"
        assert not any(n.endswith(".xml") for n in files), "the questionnaire is in the package, once"
        types = package.check(files["IHE_XDM.zip"])
        assert sorted(full["X-MSS-CODECDA"].split(",")) == sorted(types) and full["X-MSS-INS"] == "O", (full["X-MSS-CODECDA"], types)
        self.full, self.full_files = full, files
        self.one_pdf(next(content for name, content in files.items() if name.endswith(".pdf")))
        self.expert_relay = full["Reply-To"]
        self.step(f"Elle a répondu ACCEPTE depuis sa messagerie ; le dossier complet lui est remis : {', '.join(sorted(files))}.")

    def one_pdf(self, pdf):
        """Everything in order, as another reader sees it."""
        if not papers.HERE:
            return
        text, marks = papers.text(pdf), papers.bookmarks(pdf)
        places = [text.find(words) for words in ("Questions à l'expert", "\nPatient", "Réponses au questionnaire", "\nDocuments")]
        assert -1 not in places and places == sorted(places), f"the question first, then the patient, the answers, the documents: {places}"
        assert text.count("Faut-il une chimiothérapie") == 1 and "Décision proposée : Mastectomie" in text, "each question and answer once, with its words"
        assert documents.INS in text and "sans-nom" not in text
        titles = [title for title, _ in marks]
        assert papers.sound(pdf) and titles[0] == "Questions à l'expert", titles
        exams = [title for title in titles if title.rsplit(", ", 1)[-1].count("/") == 2]
        assert len(set(exams)) >= 3, f"each exam has its section: {titles}"
        inside, outside = papers.links(pdf)
        assert inside >= 3 and outside == 0, f"the table of contents leads to each exam, and nothing leads outside: {inside}, {outside}"
        own = [page for title, page in marks if title == "Documents"][0]
        behind = [page for title, page in marks if title in exams]
        assert all(own <= page <= papers.pages(pdf) for page in behind), marks
        if documents.corpus():
            # The laboratory's report is a PDF in its CDA: its pages follow, and its row says which.
            assert behind.count(papers.pages(pdf) - 2) == 1 and f"pages {papers.pages(pdf) - 2} à {papers.pages(pdf)}" in text, marks

    def opinion_text(self, skip=(), **changed):
        lines = [f"Référence : {self.ref}", ""]
        for heading, text in (FORM | {k.replace("_", " "): v for k, v in changed.items()}).items():
            if heading not in skip:
                lines += [f"{heading} :", text, ""]
        return "\n".join(lines)

    def send_opinion(self, *files):
        self.send(EXPERT, self.expert_relay, "Re: " + self.full["Subject"], self.opinion_text(), files, signer=self.w.expert,
                  in_reply_to=self.full["Message-ID"], name="Pr Claire MOREAU")

    def annex(self):
        """An opinion whose attachment nobody could open: it is asked back, and the message stays with a nurse."""
        self.send_opinion(("coupe.tif", "image/tiff", b"II*\0\x08\0\0\0\0\0\0\0\0\0"))
        _, back = self.arrives(EXPERT, "annex", lambda m: "coupe.tif" in clients.text_of(m))
        assert self.state() == "accepted" and "PDF, une image JPEG ou PNG" in clients.text_of(back)
        self.step(f"Une pièce jointe que la patiente ne pourrait pas ouvrir est redemandée autrement, aussitôt : « {back['Subject']} ».")

    def opinion(self):
        self.send_opinion(
            ("Lettre à ma consœur.pdf", "application/pdf", papers.letter("Bonjour chere consoeur", "/OpenAction<</S/JavaScript/JS(app.alert(1))>>")),
            ("repères.png", "image/png", papers.png(b"Author\0Poste de garde 7")),
            ("note", "text/plain", "Merci à vous, œil compris.".encode("cp1252")))
        self.reaches("checked")
        self.step("L'avis est arrivé sous les rubriques du formulaire, signé par le certificat personnel de l'experte ; il est contrôlé contre l'offre acceptée.")

    def release(self):
        self.w.relais("dossier", "release", self.ref)
        self.report_raw, self.report = self.arrives(PATIENT, "report", lambda m: "IHE_XDM.zip" in clients.attachments(m))
        files = clients.attachments(self.report)
        assert package.check(files["IHE_XDM.zip"]) == ["85208-7"] == self.report["X-MSS-CODECDA"].split(",")
        self.annexes(self.report)
        pages = [files[name] for name in files if name.endswith(".pdf")][:1]   # the report's; the annexes are as the expert made them
        if pdf_forms.present():
            said = [pdf_forms.is_form(page) for page in pages]
            assert said == [""], said
        self.step(f"L'infirmière a remis l'avis (relais dossier release), avec les trois pièces jointes. La patiente lit : « {self.report['Subject']} ».")
        raw, mail = self.arrives(ATTENDING, "copy", lambda m: "IHE_XDM.zip" in clients.attachments(m))
        assert mail["Subject"].startswith("XDM/1.0/DDM+"), mail["Subject"]
        self.annexes(mail)
        self.step("Le médecin traitant, qui a l'accord de la patiente, l'a reçu aussi.")
        assert self.w.mailbox(FIRST).all() == [], "the physician without consent must have nothing"
        self.step("Le médecin du premier avis, qui ne l'a pas, n'a rien reçu.")

    def annexes(self, mail):
        """The expert's annexes behind the report, cleaned in the jail, and named in it."""
        files = [f for f in papers.attached(mail) if f[0] != "smime.p7s"]
        names = [f[0] for f in files]
        assert names[1:] == ["Lettre à ma consœur.pdf", "repères.png", "note.txt", "IHE_XDM.zip"] and names[0].endswith(".pdf"), names
        (_, _, _, report), (_, letter_type, _, letter), (_, _, _, marks), (_, _, charset, note), _ = files
        assert letter_type == "application/pdf" and b"JavaScript" not in letter and b"Poste de garde 7" not in letter and b"chere consoeur" in letter
        assert marks == papers.png(), "the picture, and nothing of whose machine it came from"
        assert charset == "utf-8" and note.decode() == "Merci à vous, œil compris."
        if papers.HERE:
            text = papers.text(report)
            assert "Pièces jointes par l'expert" in text and "Lettre à ma consœur.pdf (PDF, 1 page)" in text and "repères.png (image)" in text, text

    def proofs(self):
        def delivered():
            mails = self.w.relais("dossier", "show", self.ref, as_json=True)["mails"]
            wanted = [m for m in mails if m["code"] in ("M21", "M64")]
            return len(wanted) == 2 and all(m["state"] == "accepted" and m["proof"] >= 3 for m in wanted) and wanted
        found = wait_for("delivery proofs of level 3", delivered)
        self.step("Preuves de remise au dossier : " + ", ".join(f"{m['code']} niveau {m['proof']} ({m['party']})" for m in found) + ".")

    def exchange(self):
        question = "Bonjour docteur, combien de temps dure la radiothérapie ?"
        self.send(PATIENT, self.patient_relay_of_report(), "Re: " + self.report["Subject"], question, in_reply_to=self.report["Message-ID"],
                  name="DOMINIQUE PAT-TROIS", files=[("photo.png", "image/png", papers.png(b"Place\0chez moi")), ("coupe.tif", "image/tiff", b"II*\0\x08\0\0\0\0\0\0\0\0\0")])
        _, asked = self.arrives(EXPERT, "question", lambda m: "radiothérapie ?" in clients.text_of(m))
        sent = clients.attachments(asked)
        assert sent["photo.png"].startswith(b"\x89PNG") and b"chez moi" not in sent["photo.png"], "a photograph does not tell where it was taken"
        assert len(sent["coupe.tif"]) == 14, "what cannot be cleaned goes as it is: it is the other side that asked for it"
        assert documents.INS not in str(asked) and "patient.mssante.fr" not in str(asked), "the expert must not see the patient's address"
        self.step("La patiente a posé une question ; l'experte la reçoit par l'adresse relais, sans voir celle de la patiente.")
        self.send(EXPERT, asked["Reply-To"], "Re: " + asked["Subject"], "Cinq semaines en général, cinq jours par semaine.", signer=self.w.expert,
                  in_reply_to=asked["Message-ID"], name="Pr Claire MOREAU")
        _, answer = self.arrives(PATIENT, "answer", lambda m: "Cinq semaines" in clients.text_of(m))
        assert EXPERT not in str(answer), "the patient must not see the expert's address"
        self.reaches("exchange")
        self.step("Elle a répondu ; la patiente lit la réponse, sans voir l'adresse de l'experte.")

    def patient_relay_of_report(self):
        return self.report["Reply-To"]

    # ---------------------------------------------------------------- the report's versions

    def document(self, mail):
        """{"id", "set", "version", "replaces", "recipients"} of the report's clinical document, read without our reader."""
        text = documents.members(clients.attachments(mail)["IHE_XDM.zip"])["IHE_XDM/SUBSET01/DOC0001.XML"].decode()
        header = text[:text.index("<component>")]
        related = re.search(r'<relatedDocument typeCode="RPLC">\s*<parentDocument>\s*<id root="([^"]+)"', header)
        return {"id": re.search(r'extension="POCD_HD000040"/>.*?<id root="([^"]+)"', header, re.S).group(1),
                "set": re.search(r'<setId root="([^"]+)"', header).group(1), "version": re.search(r'<versionNumber value="(\d+)"', header).group(1),
                "replaces": related.group(1) if related else None, "recipients": header.count("<informationRecipient>") // 2}

    def correct(self, number, physician=True):
        """The expert sends another opinion under the same form: the next version, to who had the last and still may have it."""
        summary = f"Précision {number} : votre sein peut être conservé. Parlez-en avec votre chirurgien dans les deux semaines."
        before = self.document(self.report)
        self.send(EXPERT, self.expert_relay, "Re: " + self.full["Subject"], self.opinion_text(Résumé_pour_le_patient=summary), signer=self.w.expert,
                  in_reply_to=self.full["Message-ID"], name="Pr Claire MOREAU")
        self.reaches("revision")
        if not physician:
            self.w.relais("dossier", "consent", self.ref, "attending", "no")
        seen = len(self.w.mailbox(ATTENDING).all())
        self.w.relais("dossier", "release", self.ref)
        self.report_raw, self.report = self.arrives(PATIENT, "new version", lambda m: f"Précision {number}" in clients.text_of(m))
        assert self.report["Subject"].startswith("ANNULE ET REMPLACE"), self.report["Subject"]
        after = self.document(self.report)
        assert after["set"] == before["set"] and after["replaces"] == before["id"] != after["id"], (before, after)
        assert int(after["version"]) == int(before["version"]) + 1 and after["recipients"] == int(physician), (before, after)
        if physician:
            _, copy = self.arrives(ATTENDING, "new version", lambda m: f"Précision {number}" in clients.text_of(m))
            assert copy["Subject"].startswith("XDM/1.0/DDM+Annule et remplace"), copy["Subject"]
            assert self.document(copy) == after, "one version is one document, whoever has it"
        self.release_told(number, physician)
        if not physician:
            assert len(self.w.mailbox(ATTENDING).all()) == seen, "who withdrew his consent gets nothing new"
        self.step(f"L'experte a corrigé son avis : version {after['version']}, « {self.report['Subject']} », " +
                  ("remise aussi au médecin traitant." if physician else "au médecin traitant rien de plus : l'accord a été retiré, et c'est noté."))

    def revision(self):
        self.correct(2)

    def withdrawal(self):
        self.correct(3, physician=False)

    def release_told(self, number, physician):
        """The history says to whom the last version went and from whom it was kept."""
        released = [e for e in self.w.relais("dossier", "history", self.ref, as_json=True) if e["kind"] == "released"][-1]["data"]
        assert released["version"] == number, released
        assert released["to"] == ["patient"] + ["attending"] * physician and released["withheld"] == ["attending"] * (not physician), released

    def seal(self, folder):
        """Writes the delivered report, verifies its seal as any reader can, and shows that one altered byte breaks it."""
        path = os.path.join(folder, "avis-remis.eml")
        with open(path, "wb") as f:
            f.write(self.report_raw)
        for name, content in clients.attachments(self.report).items():
            with open(os.path.join(folder, os.path.basename(name)), "wb") as f:
                f.write(content)
        assert clients.verify_seal(self.report_raw, self.w.mail_anchors, folder), "the seal of the delivered report must verify"
        assert not clients.verify_seal(self.report_raw, self.w.mail_anchors, folder, alter=True), "an altered byte must break the seal"
        self.step(f"Le sceau du message relevé par IMAP est vérifié par openssl cms -verify ; un octet changé le fait échouer. Rapport : {path}")

    def reconcile(self):
        done = self.w.relais("reconcile", check=False)
        if done.returncode != 0:
            raise AssertionError(done.stdout + done.stderr)
        self.step("relais reconcile : chaque message a une issue et une seule, prouvée.")

    def play(self, folder):
        self.ask()
        self.complete()
        self.triage()
        self.accept()
        self.annex()
        self.opinion()
        self.release()
        self.proofs()
        self.exchange()
        self.revision()
        self.withdrawal()
        self.seal(folder)
        self.reconcile()
