"""The expert's opinion as mail programs send it: what is missing is asked back within a minute, and one short reply completes it; a report of the
expert's own software counts, its other files are kept as annexes."""
import base64
import html
import io
import os
import re
import subprocess
import tempfile
import time
import zipfile

import clients
import documents
from story import FORM
from world import EXPERT, PATIENT, wait_for

MINUTE = 60


def open_dossier(story):
    for step in ("ask", "complete", "triage", "accept"):
        getattr(story, step)()


def asked_back(world, story, sent_at):
    """(the mail, seconds) that says what is missing, newer than what was sent."""
    def is_new(m):
        return (m["Subject"] or "").startswith("Avis à compléter") and m["Message-ID"] not in story.__dict__.setdefault("seen", set())
    _, mail = world.mailbox(EXPERT).wait(is_new, MINUTE)
    story.seen.add(mail["Message-ID"])
    return mail, time.monotonic() - sent_at


def missing_of(mail):
    """The lines of the list, as a person reads them."""
    return [line[2:].replace("\u00a0", " ") for line in clients.text_of(mail).split("Il suffit")[0].splitlines() if line.startswith("- ")]


def history(world, story, kind):
    return [e["data"] for e in world.relais("dossier", "history", story.ref, as_json=True) if e["kind"] == kind]


def pdf_text(mail):
    name, content = next((n, c) for n, c in clients.attachments(mail).items() if n.endswith(".pdf"))
    with tempfile.NamedTemporaryFile(suffix=".pdf") as f:
        f.write(content)
        f.flush()
        return re.sub(r"\s+", " ", subprocess.run(["pdftotext", f.name, "-"], check=True, capture_output=True, text=True).stdout)


def outlook(new, mail):
    """A reply as Outlook writes it: its own words in Word's HTML, then the answered mail without any mark of quotation. HTML alone."""
    quoted = mail.get_body(preferencelist=("html",)).get_content()
    quoted = quoted[quoted.index("<body"):].split(">", 1)[1].split("</body>")[0]
    words = "".join(f'<p class=MsoNormal><b><span style="font-size:11.0pt">{html.escape(heading)}&nbsp;:</span></b><o:p></o:p></p>'
                    f'<p class=MsoNormal>{html.escape(text)}<o:p></o:p></p><p class=MsoNormal><o:p>&nbsp;</o:p></p>' for heading, text in new)
    return ('<html xmlns:o="urn:schemas-microsoft-com:office:office"><head><style>p.MsoNormal{margin:0cm}</style></head><body lang=FR><div>'
            f'{words}<div style="border:none;border-top:solid #E1E1E1 1.0pt"><p class=MsoNormal><b>De&nbsp;:</b> Avis Exemple &lt;avis@exemple&gt;<br>'
            '<b>Envoyé&nbsp;:</b> dimanche 22 novembre 2026 10:00<br><b>À&nbsp;:</b> Pr Claire MOREAU<br>'
            f'<b>Objet&nbsp;:</b> {html.escape(mail["Subject"])}</p></div>{quoted}</div></body></html>')


def html_only(text):
    body = base64.encodebytes(text.encode()).replace(b"\n", b"\r\n")
    return b"Content-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n" + body


def mixed(body, name, media, content):
    """That body and a file beside it."""
    file = base64.encodebytes(content).replace(b"\n", b"\r\n")
    return (b'Content-Type: multipart/mixed; boundary="beside"\r\n\r\n--beside\r\n' + body + b"\r\n--beside\r\nContent-Type: " + media.encode() +
            b'\r\nContent-Transfer-Encoding: base64\r\nContent-Disposition: attachment; filename="' + name.encode() + b'"\r\n\r\n' + file + b"\r\n--beside--\r\n")


def send_signed(world, story, mail, body):
    head, message_id = clients.head(("Pr Claire MOREAU", EXPERT), mail["Reply-To"], "RE: " + mail["Subject"], in_reply_to=mail["Message-ID"])
    clients.send(world.submit_port(EXPERT), world.anchors, EXPERT, [mail["Reply-To"]], head + clients.signed_entity(body, *world.expert))
    return message_id


def cases(world, story):
    w, kept = world, {}

    def incomplete():
        text = story.opinion_text(skip=("Résumé pour le patient",)).replace("2. Non : la chimiothérapie première n'apporterait rien ici.\n", "")
        begin = time.monotonic()
        story.send(EXPERT, story.expert_relay, "Re: " + story.full["Subject"], text, [("note.txt", "text/plain", b"Chere consoeur")], signer=w.expert,
                   in_reply_to=story.full["Message-ID"], name="Pr Claire MOREAU")
        mail, seconds = asked_back(w, story, begin)
        assert seconds < MINUTE, f"asked back after {seconds:.1f} s"
        print(f"        what is missing was in the expert's mailbox {seconds:.1f} s after the opinion was sent")
        assert missing_of(mail) == ["la réponse à la question 2 : Faut-il une chimiothérapie avant l'opération ?",
                                    "le résumé en clair, que le patient lira"], missing_of(mail)
        form = clients.text_of(mail).split("________________")[1]
        assert form.count("[") == 2 and "Avis motivé" not in form, form
        assert story.state() == "accepted"
        kept["asked"] = mail

    def completed():
        """Only the two parts, above the mail that asked, in HTML; beside them a file that the patient could not open."""
        begin = time.monotonic()
        body = html_only(outlook([("Réponse à la question 2", "Non, elle n'apporterait rien."),
                                  ("Résumé pour le patient", "Votre sein peut être conservé.")], kept["asked"]))
        send_signed(w, story, kept["asked"], mixed(body, "coupe.tif", "image/tiff", b"II*\0\x08\0\0\0\0\0\0\0\0\0"))
        kept["asked"], _ = asked_back(w, story, begin)
        missing = missing_of(kept["asked"])
        assert len(missing) == 1 and "coupe.tif" in missing[0] and story.state() == "accepted", missing

    def file_alone():
        """The file in another form, above the blank form quoted: no word is his, and all that he wrote before is kept."""
        quoted = "".join(f"> {line}\n" for line in clients.text_of(kept["asked"]).splitlines())
        send_signed(w, story, kept["asked"], clients.entity("Voici la coupe, lisible par tous.\n\n" + quoted, [("coupe.png", "image/png", PNG)]))
        story.reaches("checked")
        received = history(w, story, "opinion_received")
        assert len(received) == 3 and all(r["signed"] for r in received), received
        assert "opinion" in received[0]["form"] and "opinion" not in received[1]["form"], "each event holds what its own mail said"
        assert [a["number"] for a in received[1]["form"]["answers"]] == [2]
        rests = w.relais("dossier", "show", story.ref, as_json=True)["opinion"]["mails"]
        assert [m["digest"] for m in rests] == [r["digest"] for r in received] and all(m["signed"] for m in rests), rests

    def released():
        w.relais("dossier", "release", story.ref)
        _, mail = story.arrives(PATIENT, "report", lambda m: "IHE_XDM.zip" in clients.attachments(m))
        text = pdf_text(mail)
        for words in ("Une chirurgie conservatrice est possible", "Non, elle n'apporterait rien.", "Votre sein peut être conservé.", "tumorectomie"):
            assert words.replace("'", "’") in text.replace("'", "’"), (words, text)
        assert "Votre sein peut être conservé." in clients.text_of(mail)
        names = {n for n in clients.attachments(mail) if not n.endswith((".pdf", ".zip", ".p7s"))}
        assert names == {"note.txt", "coupe.png"}, names

    yield "a dossier is accepted", lambda: open_dossier(story)
    yield "what is missing is asked back within a minute, by heading and number", incomplete
    yield "a reply with the missing parts alone, in Outlook's HTML, completes it but for a file", completed
    yield "the file alone, with the form quoted blank, makes it whole", file_alone
    yield "the report has the words of both mails, and the files of all three that can be opened", released


# ---------------------------------------------------------------- the expert's own software

PNG = base64.b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==")


def request_id(files):
    """The id of the document that asked, as the expert's software finds it in the package."""
    with zipfile.ZipFile(io.BytesIO(files["IHE_XDM.zip"])) as z:
        for name in z.namelist():
            content = z.read(name).decode("utf-8", "replace")
            if name.upper().endswith(".XML") and '<code code="74465-6"' in content:
                return re.search(r'<id root="([^"]+)"', content).group(1)
    raise AssertionError("the package has no questionnaire")


def report(order, rpps="801234567123", **sections):
    author = (f'<id root="1.2.250.1.71.4.2.1" extension="{rpps}"/><assignedPerson><name><family>MOREAU</family><given>Claire</given></name>'
              '</assignedPerson><representedOrganization><id root="1.2.250.1.71.4.2.2" extension="1750000018"/><name>CHU EXEMPLE</name></representedOrganization>')
    head = documents.header("85208-7", "CR de télémédecine", time.strftime("%Y%m%d%H%M%S+0000", time.gmtime()), documents.patient(),
                            documents.new_oid(), author)
    head = head.replace("<documentationOf>", f'<inFulfillmentOf><order><id root="{order}"/></order></inFulfillmentOf><documentationOf>', 1)
    body = "".join(f"<component><section><title>{html.escape(t)}</title><text><paragraph>{html.escape(x)}</paragraph></text></section></component>"
                   for t, x in sections.items())
    return (head + f"<component><structuredBody>{body}</structuredBody></component></ClinicalDocument>").encode()


class OwnSoftware:
    """A group of its own: a dossier has one opinion."""

    @staticmethod
    def cases(world, story):
        w, kept = world, {}
        sections = {h.split(" (")[0]: t for h, t in FORM.items() if not h.startswith(("Résumé", "Réponse"))}
        sections.update({"Réponse à la question 1": "Oui, elle est possible.", "Réponse à la question 2": "Non."})

        def reply(content, text="Mon compte rendu est joint.", extra=()):
            return send_signed(w, story, story.full, clients.entity(text, [("compte-rendu.xml", "application/xml", content), *extra]))

        def refused(message_id, reason):
            def decided():
                rows = w.relais("trace", message_id, as_json=True, check=False) if w.relais("trace", message_id, check=False).returncode == 0 else None
                return rows and rows["inbox"] and rows["inbox"][-1]["state"] == "done" and rows["inbox"][-1]
            row = wait_for("a decision", decided)
            assert (row["outcome"], row["reason"]) == ("held", reason), row
            assert story.state() == "accepted"

        def of_another():
            refused(reply(report(request_id(story.full_files), rpps="899999999999", **sections)), "opinion.signer")

        def of_nothing():
            refused(reply(report("1.2.3.4.5", **sections)), "opinion.dossier")

        def attached():
            begin = time.monotonic()
            reply(report(request_id(story.full_files), **sections), extra=[("schéma.png", "image/png", PNG)])
            mail, seconds = asked_back(w, story, begin)
            assert seconds < MINUTE and missing_of(mail) == ["le résumé en clair, que le patient lira"], missing_of(mail)
            data = history(w, story, "opinion_received")[-1]
            assert {a["name"] for a in data["annexes"]} == {"compte-rendu.xml", "schéma.png"}, data["annexes"]
            assert data["form"]["document"] == data["annexes"][0]["digest"] and "tumorectomie" in data["form"]["opinion"]
            kept["asked"] = mail

        def completed():
            text = f"Référence : {story.ref}\n\nRésumé pour le patient :\nVotre sein peut être conservé.\n"
            send_signed(w, story, kept["asked"], clients.entity(text))
            story.reaches("checked")
            annexes = w.relais("dossier", "show", story.ref, as_json=True)["opinion"]["annexes"]
            assert {a["name"] for a in annexes} == {"compte-rendu.xml", "schéma.png"}, annexes

        yield "a dossier is accepted", lambda: open_dossier(story)
        yield "a report by another author", of_another
        yield "a report that names another request, in a mail without reference", of_nothing
        yield "a report of her own software: what it lacks is asked back, its files are annexes", attached
        yield "her reply completes the report", completed
