"""The journey of a hospital's platform, which sends records by itself (2.5)."""
import bad
import documents
from rehearsal import PATIENTS, Box, Dossier, Experts, numbers, sends_raw, words
from world import DEPOT, HOSPITAL


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

    def after_the_offer():
        """Replaced once the expert has it: he is told and has the new one. Another that comes by itself goes to him once a day."""
        box, address = experts.boxes[known["holder"]], known["holder"]
        known["third"], archive = replacement(known["second"])
        decided(d.hospital(archive), "filed")
        changed = box.take("XDM/1.0/DDM+ESSAI Documents modifiés", "a changé un document")
        assert numbers(changed) == {known["third"]}, numbers(changed)
        first, sent = d.record("11502-2")
        decided(sent, "filed")                          # before the clock moves: it settles what has come, not what is on its way to us
        w.forward(minutes=30)
        second, sent = d.record("11502-2")
        decided(sent, "filed")
        w.settle()
        box.nothing()
        w.forward(hours=26)
        both = box.take("XDM/1.0/DDM+ESSAI Complément du dossier d'avis")
        assert numbers(both) == {first, second}, (numbers(both), address)
        box.nothing()
        w.settle()

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
    yield "replaces a document that the expert has, and sends more", after_the_offer
    yield "the patient's report holds nothing that is hidden from her", invisible
    yield "and the dossier ends", lambda: d.do("close")
