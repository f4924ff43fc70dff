"""What a document may do and may not: orders to delete, masks, pieces that are set aside, documents of other countries."""
import base64
import contextlib
import io
import struct
import zipfile

import bad
import clients
import documents
from kills import descendants, stopped
from world import DEPOT, HOSPITAL, PATIENT, PLATFORM, SERVICE_BOX, wait_for

PNG = base64.b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==")
DICOM = bytes(128) + b"DICM" + bytes(64)
HEIC = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(64)
PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
FOREIGN = (b'<?xml version="1.0"?><ClinicalDocument xmlns="urn:hl7-org:v3"><realmCode code="US"/><typeId root="2.16.840.1.113883.1.3" '
           b'extension="POCD_HD000040"/><templateId root="2.16.840.1.113883.10.20.22.1.2"/><id root="2.16.840.1.113883.19.5.99999.1" '
           b'extension="US1"/><code code="34133-9" codeSystem="2.16.840.1.113883.6.1"/><title>Continuity of care</title>'
           b'<recordTarget><patientRole><id root="1.2.250.1.213.1.4.10" extension="179035121518989"/><patient><name><family>AUTRE</family>'
           b'</name></patient></patientRole></recordTarget></ClinicalDocument>')


def packed_zip(files):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as z:
        for name, content in files:
            z.writestr(name, content)
    return out.getvalue()


def winmail(files):
    """A winmail.dat as Outlook makes it, with these attachments."""
    def attribute(level, number, data):
        return struct.pack("<BII", level, number, len(data)) + data + struct.pack("<H", sum(data) & 0xffff)
    out = struct.pack("<IH", 0x223e9f78, 1) + attribute(1, 0x18004, b"Compte rendu\0")
    for name, content in files:
        out += attribute(2, 0x69002, bytes(14)) + attribute(2, 0x18010, name.encode() + b"\0") + attribute(2, 0x6800f, content)
    return out


def cases(world, story):
    w = world
    ids = {}

    def filed():
        return w.relais("dossier", "show", story.ref, as_json=True)["documents"]

    def send_package(archive, beside=(), who=None):
        return story.send(HOSPITAL if who is None else who[0], DEPOT, "XDM/1.0/DDM+CR imagerie PAT-TROIS DOMINIQUE 28/03/1979", "Envoi automatique.",
                          [("IHE_XDM.zip", "application/zip", archive), *beside], w.hospital if who is None else who[1])

    def receipt(message_id):
        _, mail = w.mailbox(HOSPITAL).wait(lambda m: m["In-Reply-To"] == message_id)
        return mail["Subject"] + clients.text_of(mail)

    def exam(code, **metadata):
        document_id = documents.new_oid()
        content = documents.made_exam(code, document_id=document_id)
        return document_id, documents.xdm([documents.packed(code, content)], **metadata)

    def delete(document_id, who=None):
        row = ("x.xml", b"", "18748-4", "CR", document_id)
        return send_package(documents.xdm([row], slot=documents.order("D", document_id), files=False), who=who)

    def decided(message_id, want_outcome, want_reason, rule=None):
        row = bad.outcome(w, message_id)
        assert (row["outcome"], row["reason"]) == (want_outcome, want_reason), (row["outcome"], row["reason"], row["rule"])
        assert rule is None or row["rule"] == rule, row["rule"]
        return row

    def opened():
        story.ask()
        ids["exam"], archive = exam("18748-4")
        story.send(HOSPITAL, SERVICE_BOX, "XDM/1.0/DDM+CR", "Envoi automatique.", [("IHE_XDM.zip", "application/zip", archive)], w.hospital)
        story.reaches("triage")

    def masked():
        ids["masked"], archive = exam("11502-2", code_of=documents.mask("MASQUE_PS"))
        ids["masked mail"] = send_package(archive)
        row = decided(ids["masked mail"], "held", "dossier.document.masked")
        assert row["owner"] == "nurses", row
        assert "masqu" not in receipt(ids["masked mail"]), "the receipt reads like any other"

    def masked_and_filed():
        held = next(r for r in w.relais("quarantine", "list", as_json=True) if r["message_id"] == ids["masked mail"])
        w.relais("quarantine", "attach", held["id"], story.ref)
        assert ids["masked"] in [d["document"] for d in filed()]

    def unknown_deletion():
        ids["unknown"] = delete(documents.new_oid())
        decided(ids["unknown"], "held", "order.unknown")

    def deletion_of_another():
        message_id = delete(ids["exam"], who=(PLATFORM, w.platform))
        decided(message_id, "held", "sender.class")
        assert ids["exam"] in [d["document"] for d in filed()]

    def deletion():
        before = len(w.relais("dossier", "history", story.ref, as_json=True))
        message_id = delete(ids["exam"])
        decided(message_id, "applied", "none", "record.delete/1")
        story.reaches("incomplete")
        assert ids["exam"] not in [d["document"] for d in filed()], "it is not in the dossier any more"
        history = w.relais("dossier", "history", story.ref, as_json=True)
        assert "document_withdrawn" in [e["kind"] for e in history[before:]], history
        assert any(e["kind"] == "document_filed" for e in history), "what happened stays"
        w.mailbox(PATIENT).wait(lambda m: "mammographie" in clients.text_of(m))
        assert receipt(message_id) == receipt(ids["unknown"]), "done and unknown read the same"
        assert w.relais("dossier", "triage", story.ref, check=False).returncode != 0, "what was withdrawn does not complete a dossier"

    def withdrawn_comes_again():
        content = documents.made_exam("18748-4", document_id=ids["exam"])
        decided(send_package(documents.xdm([documents.packed("18748-4", content)])), "held", "dossier.document.withdrawn")

    def pieces():
        """One message with all that people attach: what can be opened is taken, the rest is named to its sender."""
        _, archive = exam("18748-4")
        images = packed_zip([("CD/DICOMDIR", DICOM), ("CD/S1/I001", DICOM + b"1"), ("CD/S2/I001", DICOM + b"2"), ("photo.png", PNG),
                             ("__MACOSX/._photo.png", b"\0\5\x16\7")])
        message_id = send_package(archive, [("images.zip", "application/zip", images), ("photo.heic", "image/heic", HEIC),
                                            ("winmail.dat", "application/ms-tnef", winmail([("courrier.pdf", PDF)])),
                                            ("secret.zip", "application/zip", archive[:-30])])
        decided(message_id, "filed", "attachment.heic")
        text = receipt(message_id)
        assert ".heic" in text and "HEIC" in text and ".zip" in text and "photo.heic" not in text, text
        assert ".pdf" not in text and ".png" not in text, text
        story.reaches("triage")

    def foreign():
        _, archive = exam("11502-2")
        before = len(filed())
        message_id = send_package(archive, [("ccd.xml", "text/xml", FOREIGN)])
        decided(message_id, "filed", "none")
        documents_now = filed()
        assert len(documents_now) == before + 2 and not any("99999" in d["document"] for d in documents_now), "kept as a file, under no number of its own"

    def to_the_expert():
        """He has what is current and open to him, and nothing else: not even what is deleted while the dossier is on its way to him."""
        ids["gone"], archive = exam("11502-2")
        decided(send_package(archive), "filed", "none")
        story.triage()
        wait_for("an empty queue", lambda: not w.relais("queue", as_json=True))     # a deliverer with work begins children that nobody would stop
        deliverer = next(p["pid"] for p in w.status()["processes"] if p["name"] == "deliverer")
        halt = contextlib.ExitStack()
        halt.enter_context(stopped([deliverer] + descendants(deliverer)))

        def taken_back():
            with halt:
                wait_for("the sealed dossier", lambda: [q for q in w.relais("queue", as_json=True) if q["what"] == "M13" and q["state"] == "sealed"])
                decided(delete(ids["gone"]), "applied", "none", "record.delete/1")
                first, second = wait_for("the dossier decided again", lambda: (lambda m: m if len(m) == 2 else None)(sent()))
                assert (first["state"], first["reason"]) == ("cancelled", "dossier.document.stopped") and second["state"] != "cancelled", (first, second)
                again = w.relais("retry", f"S{first['outbox']}", check=False)
                assert again.returncode == 4 and "outbox.over" in again.stderr, again

        def sent():
            return [m for m in w.relais("dossier", "show", story.ref, as_json=True)["mails"] if m["code"] == "M13"]
        story.accept(meanwhile=taken_back)
        package = zipfile.ZipFile(io.BytesIO(story.full_files["IHE_XDM.zip"]))
        given = b"".join(package.read(n) for n in package.namelist()) + b"".join(story.full_files.values())
        assert ids["masked"].encode() not in given and ids["exam"].encode() not in given, "masked or withdrawn"
        assert ids["gone"].encode() not in given and not any(ids["gone"] == d["document"] for d in filed()), "withdrawn on its way"
        assert not any(n.endswith((".heic", ".dat")) for n in story.full_files), sorted(story.full_files)
        assert b"US1" not in given, "a foreign file of a hospital names nobody, and goes to nobody"

    def deletion_after():
        decided(delete(ids["late"]), "applied", "none", "record.delete/1")
        assert ids["late"] not in [d["document"] for d in filed()] and story.state() == "accepted"

    def late():
        ids["late"], archive = exam("11502-2")
        decided(send_package(archive), "filed", "none")

    yield "a dossier opens and completes", opened
    yield "a document masked for professionals waits for a nurse", masked
    yield "she files it, masked", masked_and_filed
    yield "a deletion of a document that is nowhere", unknown_deletion
    yield "a deletion by another organisation", deletion_of_another
    yield "a deletion by its sender", deletion
    yield "the document comes again", withdrawn_comes_again
    yield "pictures, a HEIC, a winmail.dat and a broken ZIP beside a document", pieces
    yield "a document of another country", foreign
    yield "the expert has what he may have", to_the_expert
    yield "a document comes late", late
    yield "and is deleted after the expert had the dossier", deletion_after
    yield "everything still agrees", story.reconcile
