"""Requests that are no whole questionnaire: a physician's (TLM-DA), a form that a person must read (level 1), answers that do not fit the
version they were given under, what the patient deposits. All by real mail and the command line."""
import io
import json
import os
import zipfile

import bad
import clients
import council
import documents
import papers
from world import DEPOT, PATIENT, PLATFORM, wait_for


def cases(world, story):
    w, known, given = world, set(), [""]

    def decided(message_id, reason, outcome="applied"):
        row = bad.outcome(w, message_id)
        assert (row["outcome"], row["reason"]) == (outcome, reason), row

    def opened():
        wait_for("another dossier", lambda: {d["ref"] for d in story.dossiers()} - known, 60)
        story.ref = ({d["ref"] for d in story.dossiers()} - known).pop()
        known.add(story.ref)

    def history():
        return w.relais("dossier", "history", story.ref, as_json=True)

    def send(name, content, text="Demande d'avis."):
        return story.send(PLATFORM, DEPOT, "XDM/1.0/DDM+Demande PAT-TROIS DOMINIQUE 28/03/1979", text, [(name, "application/xml", content)], w.platform)

    def refused(code, *words):
        done = w.relais(*words, check=False)
        assert done.returncode != 0 and code in done.stdout + done.stderr, (done.stdout, done.stderr)

    def physician():
        decided(send("demande.xml", documents.physician_request()), "dossier.request.unqualified")
        opened()
        story.reaches("unqualified")
        awaited = [e for e in history() if e["kind"] == "qualification_awaited"]
        assert awaited and awaited[0]["what"] == "pathology,questionnaire,consent.processing,consent.expert", awaited
        assert not w.mailbox(PATIENT).all(), "without her consent the patient is not written to"
        refused("dossier.request.unqualified", "dossier", "triage", story.ref)
        refused("dossier.pathology.unknown", "dossier", "triage", story.ref, "maladie-imaginaire", "1")
        refused("dossier.questionnaire.unknown", "dossier", "triage", story.ref, "cancer-sein", "0")

    def completed():
        w.relais("dossier", "triage", story.ref, "cancer-sein", "1")
        story.reaches("incomplete")
        assert [d["pathology"] for d in story.dossiers() if d["ref"] == story.ref] == ["cancer-sein"]
        w.relais("dossier", "consent", story.ref, "processing", "yes")
        assert not w.mailbox(PATIENT).all()
        refused("", "dossier", "consent", story.ref, "expert", "no")
        w.relais("dossier", "consent", story.ref, "expert", "yes")
        story.arrives(PATIENT, "missing", lambda m: "mammographie" in clients.text_of(m))
        for code in ("18748-4", "34794-8", "11502-2"):
            story.record(code)
        for question, text in (("question.1", "Faut-il poursuivre le traitement anticoagulant ?"), ("decision.pending", "Arrêt du traitement")):
            w.relais("dossier", "answer", story.ref, question, text)
        w.relais("dossier", "answer", story.ref, "decision.date", "bientôt")
        wait_for("three exams", lambda: len(w.relais("dossier", "show", story.ref, as_json=True)["documents"]) >= 5, 60)
        story.reaches("incomplete")
        w.relais("dossier", "answer", story.ref, "decision.date", "31/12/2026")
        story.reaches("triage")
        told = [e for e in history() if e["kind"] == "pieces_missing"][-1]
        assert "decision.date dossier.answer.kind" in json.dumps(told), told

    def his_pdf(pdf):
        """What the physician wrote and what the nurse told stand in it; the attached document's pages follow, or it is named."""
        if not papers.HERE:
            return
        text = " ".join(papers.text(pdf).split())
        for words in ("Faut-il poursuivre le traitement anticoagulant ?", "Traitements", "PLAVIX 75mg", "La décision qui vous est proposée : Arrêt du traitement"):
            assert words in text, f"{words}: {text[:3000]}"
        assert papers.sound(pdf)
        given.append(text)

    def to_the_expert():
        story.triage()
        assert "anticoagulant" in clients.text_of(story.offer)
        story.one_pdf = his_pdf
        story.accept()
        shown = w.relais("dossier", "show", story.ref, as_json=True)["documents"]
        attached = [d for d in shown if d["type"] in (None, "")]
        assert len(attached) == 1, shown
        everything = sorted(story.full_files) + zipfile.ZipFile(io.BytesIO(story.full_files["IHE_XDM.zip"])).namelist()
        assert any("demande-1" in name for name in everything) or "demande-1" in given[-1], everything
        w.relais("dossier", "cancel", story.ref, "fin de l'essai")

    def form():
        decided(send("questionnaire.xml", documents.form()), "dossier.questionnaire.unread")
        opened()
        story.reaches("unqualified")
        w.relais("dossier", "redirect", story.ref, "fin de l'essai")

    def version_two():
        of = council.questionnaire("2", [
            council.ASKED[0], council.question("decision.date", "date", "La date prévue", "The date planned", True),
            council.question("decision.pending", "choice", "La décision proposée", "The decision", True, [("mastectomie", "Mastectomie", "Mastectomy")])])
        council.load(w, of, council.pathology("2", of, forms=["1.2.3.4^QS-SEIN"]))
        listed = {(p["code"], p["version"], p["questionnaire"]) for p in w.relais("pathology", "list", as_json=True)}
        assert listed == {("cancer-sein", v, f"{of['url']}|{v}") for v in "12"}, listed
        assert [q["version"] for q in w.relais("questionnaire", "list", as_json=True)] == ["1", "2"]
        # What dossiers are weighed by is not changed under its version.
        path = os.path.join(w.folder, "questionnaire.json")
        with open(path, "w", encoding="utf-8") as f:
            json.dump(council.questionnaire("2", council.ASKED), f)
        refused("rule.changed", "questionnaire", "import", path)
        # Neither pathology nor version is told: the form that was filled in tells both.
        send("questionnaire.xml", documents.questionnaire(documents.answers(relais__pathology=None, relais__questionnaire=None, decision__date="demain"),
                                                          form=("1.2.3.4", "QS-SEIN")))
        opened()
        story.reaches("incomplete")
        assert [d["pathology"] for d in story.dossiers() if d["ref"] == story.ref] == ["cancer-sein"]
        _, mail = story.arrives(PATIENT, "misfits", lambda m: story.ref in clients.text_of(m) and "attendu" in clients.text_of(m))
        text = " ".join(clients.text_of(mail).split())
        assert "La date prévue (réponse reçue : « demain » ; attendu : une date" in text, text
        assert "un des choix proposés" in text, text
        # The old version is known still, and by it the same answers are whole.
        w.relais("dossier", "cancel", story.ref, "fin de l'essai")
        send("questionnaire.xml", documents.questionnaire(documents.answers(decision__date="13/12/2026")))
        opened()
        story.reaches("incomplete")
        missing = [e for e in history() if e["kind"] == "pieces_missing"][-1]["what"]
        assert "decision" not in missing, missing

    def deposited():
        before = len(w.relais("dossier", "show", story.ref, as_json=True)["documents"])
        decided(send("depot.xml", documents.form("DOCPAT03", "CR déposé par le patient"), "Document déposé."), "none", "filed")
        assert len(w.relais("dossier", "show", story.ref, as_json=True)["documents"]) == before + 1

    yield "a physician's request opens and waits for a person", physician
    yield "she completes it, answer by answer", completed
    yield "it goes to the expert with its attached document", to_the_expert
    yield "a form that only a person can read", form
    yield "answers are weighed by the version they name", version_two
    yield "what the patient deposits is filed", deposited
    yield "reconcile", story.reconcile
