"""A dossier's copy for the patient, the expert and the privacy officer (relais dossier export), who could see what (seen), a request of erasure.

One dossier with all that makes a difference: a guardian, a document that the patient must not see, an opinion that was released."""
import email
import email.policy
import glob
import hashlib
import json
import os
import re
import shutil
import subprocess
import time
import zipfile

import clients
import documents
from database import locked, sql, waits_for_lock
from people import TUTOR, PeopleWorld, opens, person
from rehearsal import NAMES, Box, Dossier, Experts, reads, words
from world import ATTENDING, DEPOT, EXPERT, wait_for

World = PeopleWorld


def files_of(folder):
    """{name: content} of a folder, below it too."""
    found = {}
    for path in glob.glob(os.path.join(folder, "**"), recursive=True):
        if os.path.isfile(path):
            with open(path, "rb") as f:
                found[os.path.relpath(path, folder)] = f.read()
    return found


def checked(folder):
    """What `sha256sum -c` says, with nothing left over."""
    done = subprocess.run(["sha256sum", "-c", "--strict", "SHA256SUMS"], cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    with open(os.path.join(folder, "SHA256SUMS"), encoding="utf-8") as f:
        told = {line.rstrip("\n").split("  ", 1)[1] for line in f}
    files = files_of(folder)
    assert told | {"SHA256SUMS"} == set(files), told ^ set(files)
    manifest = json.loads(files["manifest.json"])
    named = {f["name"]: f["sha256"] for f in manifest["files"]}
    assert set(named) | {"manifest.json", "SHA256SUMS"} == set(files)
    assert all(hashlib.sha256(files[name]).hexdigest() == digest for name, digest in named.items())
    return files, manifest


def cases(w, story):
    folder, known = w.folder, {}
    experts, tutor = Experts(w), Box(w, TUTOR)
    d = Dossier(w, story, person("copied", "PAT-COPIE", "MILAN"))

    def place(name):
        return os.path.join(folder, name)

    def export(name, whom):
        done = w.relais("dossier", "export", d.ref, "--to", place(name), "--for", whom, as_json=True)
        assert done["copy"] == place(name) and done["altered"] == done["unread"] == 0, done
        return done

    def setting():
        w.next_day(0, 10)
        opens(d)
        d.reaches("triage")
        known["hidden"], content = d.exam("11502-2")
        sent = d.hospital(d.package([("11502-2", content)], code_of=documents.mask("INVISIBLE_PATIENT")))
        wait_for("the hidden document", lambda: known["hidden"] in d.documents() and sent)
        known["shown"] = next(i for i in d.documents() if i != known["hidden"])
        d.do("represent", "guardian", "Camille MARTIN", TUTOR, "--proof", "jugement de tutelle du 3 mai 2024")
        d.do("triage")
        known["holder"], full = experts.accepts(d)
        experts.opines(d, known["holder"], full)
        d.reaches("checked")
        d.do("release")
        known["report"] = d.box.take("Votre deuxième avis est arrivé")
        tutor.look()
        known["question"] = d.reply(known["report"], d.patient.mailbox, "Bonjour, combien de temps dure la radiothérapie ?")
        experts.boxes[known["holder"]].take(text="combien de temps dure la radiothérapie")
        reads(w, d.patient.mailbox, known["report"])
        wait_for("the reading", lambda: [m for m in d.mails("M21", "patient") if m["proof"] >= 4])
        w.settle()

    def found():
        """By what an officer or a nurse looks for; each filter leaves others out."""
        expert = d.row()["expert"]
        for words_of, there in ((("--state", "exchange"), True), (("--state", "triage"), False), (("--expert", expert), True), (("--expert", "01234567999"), False),
                                (("--pathology", "cancer-sein"), True), (("--pathology", "rachis"), False), (("--late",), False), (("--state", "exchange", "--expert", expert), True)):
            rows = w.relais("dossier", "list", *words_of, as_json=True)
            assert (d.ref in [r["ref"] for r in rows]) == there, words_of
        assert w.relais("dossier", "list", "--state", "nowhere", check=False).returncode == 2
        assert "Échange ouvert" in w.relais("dossier", "list").stdout, "the state as people call it"
        head = d.show("dossier")
        assert (head["state"], head["late"], head["version"]) == ("exchange", False, 1) and NAMES[known["holder"]].split()[-1] in head["expert"], head
        assert {t["name"] for t in head["tasks"]} == {t["name"] for t in w.relais("tasks", as_json=True) if t["ref"] == d.ref}
        text = w.relais("dossier", "show", d.ref).stdout
        assert text.startswith(f"{d.ref}  Échange ouvert\n") and "délai net" in text and d.patient.ins not in text, text[:300]

    def nobody():
        before = len(d.events())
        for words_of, status in (((), 2), (("--to", place("x")), 2), (("--for", "officer"), 2), (("--to", place("x"), "--for", "insurer"), 2),
                                 (("--to", place("no/such/place"), "--for", "officer"), 1)):
            assert w.relais("dossier", "export", d.ref, *words_of, check=False).returncode == status, words_of
        assert len(d.events()) == before and not os.path.exists(place("x")) and not os.path.exists(place("x.partial"))

    def officer():
        done = export("officer", "officer")
        files, manifest = checked(place("officer"))
        assert done["sums"] == hashlib.sha256(files["SHA256SUMS"]).hexdigest() and done["files"] == len(files)
        assert manifest["reference"] == d.ref and manifest["for"] == "officer" and manifest["altered"] == 0
        for path in glob.glob(place("officer/**"), recursive=True):
            assert os.stat(path).st_mode & 0o777 == (0o700 if os.path.isdir(path) else 0o600), path
        known["event"] = d.events("exported")[-1]
        assert known["event"]["data"]["id"] == "officer" and known["event"]["actor"].startswith("operator:"), known["event"]
        assert [e["seq"] for e in json.loads(files["events.json"])] == [e["seq"] for e in d.events()], "every event, the copy's own among them"
        known["officer"], known["manifest"] = files, manifest

    def mails():
        """Each is what came, and what left; other software reads it and finds its seal."""
        files = known["officer"]
        sent = [n for n in files if n.startswith("sent/")]
        assert len(sent) == len([m for m in d.show("mails") if m["proof"] > 0])
        assert len([n for n in files if n.startswith("received/")]) == len(d.show("messages"))
        for name in sent + [n for n in files if n.startswith("received/")]:
            mail = email.message_from_bytes(files[name], policy=email.policy.default)
            assert mail["Message-ID"] and not mail.defects and all(not part.defects for part in mail.walk()), name
        report = next(n for n in sent if re.fullmatch(r"sent/S\d+-M21-patient\.eml", n))
        assert email.message_from_bytes(files[report], policy=email.policy.default)["Message-ID"] == known["report"]["Message-ID"]
        assert clients.verify_seal(files[report], w.mail_anchors, folder), "the seal of what left"
        assert not clients.verify_seal(files[report], w.mail_anchors, folder, alter=True)
        question = [n for n in files if n.startswith("received/") and known["question"].encode() in files[n]]
        assert len(question) == 1 and "combien de temps dure la radiothérapie" in words(email.message_from_bytes(files[question[0]], policy=email.policy.default))
        proofs = {m["mail"]: m["proof"] for m in json.loads(files["mails.json"])}
        assert proofs == {f"S{m['outbox']}": m["proof"] for m in d.show("mails")}
        verdicts = {m["message"]: m["signature"]["verdict"] for m in json.loads(files["messages.json"]) if m["signature"]}
        assert "valid" in verdicts.values(), verdicts

    def contents():
        files, manifest = known["officer"], known["manifest"]
        by_key = {f["document"]: f for f in manifest["files"] if f["what"] == "document" and "document" in f}
        assert {known["hidden"], known["shown"]} <= set(by_key), set(by_key)
        assert known["hidden"].encode() in files[by_key[known["hidden"]]["name"]]
        reports = [f for f in manifest["files"] if f["what"] == "report"]
        assert sorted(files[f["name"]][:5] for f in reports) == [b"%PDF-", b"<?xml"], [f["name"] for f in reports]
        assert by_key[known["hidden"]]["name"].endswith(f"_{by_key[known['hidden']]['title']}.XML"), "under its title: in the package each is called DOC0001.XML"
        story_fr, story_en = files["history.fr.txt"].decode(), files["history.en.txt"].decode()
        assert "Une copie du dossier est faite pour le délégué" in story_fr and "Camille MARTIN agit pour le patient." in story_fr
        assert "The opinion was checked." in story_en and story_fr.count("\n  ") == story_en.count("\n  ") == len(d.events())
        assert "sha256sum -c SHA256SUMS" in files["LISEZMOI.txt"].decode() and "Never hand it to the patient" in files["README.txt"].decode()

    def once():
        d.refused("export.there", "export", "--to", place("officer"), "--for", "patient")
        assert files_of(place("officer")) == known["officer"], "what is there stays as it is"
        assert not os.path.exists(place("officer.partial"))
        assert len(d.events("exported")) == 1

    def zipped():
        export("officer.zip", "officer")
        assert os.stat(place("officer.zip")).st_mode & 0o777 == 0o600
        with zipfile.ZipFile(place("officer.zip")) as z:
            assert z.testzip() is None
            z.extractall(place("unpacked"))
        files, manifest = checked(place("unpacked"))
        changes = {"SHA256SUMS", "manifest.json", "README.txt", "LISEZMOI.txt", "history.fr.txt", "history.en.txt", "events.json"}   # they tell of the copy itself
        assert {n: c for n, c in files.items() if n not in changes} == {n: c for n, c in known["officer"].items() if n not in changes}
        d.refused("export.there", "export", "--to", place("officer.zip"), "--for", "officer")

    def patient():
        export("patient", "patient")
        files, manifest = checked(place("patient"))
        whole = b"\n".join(files[n] for n in sorted(files))
        for secret in (known["hidden"], TUTOR, "Camille MARTIN", "tutelle"):
            assert secret.encode() not in whole, secret
        for name, content in known["officer"].items():
            if name.startswith("documents/") and known["hidden"].encode() in content:
                assert hashlib.sha256(content).hexdigest() not in whole.decode("utf-8", "replace"), "not even its digest"
        mine = {m["outbox"] for m in d.show("mails") if m["party"] == "patient" and m["proof"] > 0}
        assert {f["outbox"] for f in manifest["files"] if f["what"] == "sent"} == mine, "while a document is hidden, letters between professionals may speak of it"
        assert known["shown"] in {f.get("document") for f in manifest["files"]}
        assert sorted(files[f["name"]][:5] for f in manifest["files"] if f["what"] == "report") == [b"%PDF-", b"<?xml"]
        assert any(known["question"].encode() in files[n] for n in files if n.startswith("received/")), "what he wrote himself"
        assert "L1111-7" in files["LISEZMOI.txt"].decode() and all("data" not in e for e in json.loads(files["events.json"]))

    def expert():
        export("expert", "expert")
        files, manifest = checked(place("expert"))
        documents_of = {f.get("document") for f in manifest["files"] if f["what"] == "document"}
        assert {known["hidden"], known["shown"]} <= documents_of, "he had it to give his opinion on"
        assert {m["party"] for m in json.loads(files["mails.json"])} == {"expert"}
        received = [email.message_from_bytes(files[n], policy=email.policy.default) for n in files if n.startswith("received/")]
        assert received and all(EXPERT in m["From"] or known["holder"] in m["From"] for m in received)
        told = files["history.fr.txt"].decode() + files["events.json"].decode()
        assert d.patient.ins not in told and "Camille" not in told and TUTOR.encode() not in b"".join(files.values())

    def seen():
        lines = w.relais("dossier", "seen", d.ref, as_json=True)
        assert d.patient.ins not in json.dumps(lines), "no screen shows the patient's number"
        his = w.relais("dossier", "seen", d.ref, "--mailbox", known["holder"].upper(), as_json=True)
        got = {line["document"] for line in his if line["what"] == "document"}
        assert {known["hidden"], known["shown"]} <= got and all(line["proof"] >= 3 for line in his), his
        hidden = [line for line in lines if line.get("document") == known["hidden"]]
        assert {line["who"] for line in hidden} == {known["holder"]}, "nobody else could see it"
        number = hidden[0]["of"].split()[0]
        assert w.relais("dossier", "seen", d.ref, "--document", number, as_json=True) == hidden + [line for line in lines if line["what"] == "copy" and line["who"] != "patient"], \
            "a copy that was handed over holds it, too"
        assert w.relais("dossier", "seen", d.ref, "--document", known["hidden"], "--mailbox", TUTOR, as_json=True) == []
        report = [line for line in lines if line["what"] == "report"]
        assert {line["party"] for line in report} >= {"patient", "representative"} and all(line["of"] == "1" for line in report)
        assert next(line for line in report if line["party"] == "patient")["read_at"] is not None, "her software told that it was read"
        copies = [line for line in lines if line["what"] == "copy"]
        assert [c["who"] for c in copies] == ["officer", "officer", "patient", "expert"] and all(c["by"].startswith("operator:") for c in copies)
        table = w.relais("dossier", "seen", d.ref).stdout
        assert known["holder"] in table and d.patient.ins not in table

    def of_another():
        """A physician attached another patient's record: it is refused and set aside, and his mail, which is kept, is not handed to her."""
        e = Dossier(w, story, person("guarded", "PAT-CABINET", "ALIX"))
        other, content = d.exam("18748-4")
        archive = e.package([("74465-6", e.questionnaire(relais__requester="physician", consent__first_opinion=False))] + [(c, e.exam(c)[1]) for c in ("34794-8", "11502-2")])
        before = {row["ref"] for row in story.dossiers()}
        story.send(ATTENDING, DEPOT, "XDM/1.0/DDM+Questionnaire patient " + e.patient.name(), "Demande de deuxième avis.",
                   [("IHE_XDM.zip", "application/zip", archive), ("copie-pat.xml", "application/xml", content)], w.practice)
        e.ref = wait_for("a dossier", lambda: next(iter({row["ref"] for row in story.dossiers()} - before), None))
        wait_for("the refusal of what is another's", lambda: e.mails("M62", "requester"))
        w.settle()
        for whom in ("patient", "officer"):
            w.relais("dossier", "export", e.ref, "--to", place("another-" + whom), "--for", whom)
        files, manifest = checked(place("another-patient"))
        whole = b"\n".join(files[n] for n in sorted(files))
        for secret in (other, d.patient.ins, "copie-pat", hashlib.sha256(content).hexdigest()):
            assert secret.encode() not in whole, secret
        assert len([f for f in manifest["files"] if f["what"] == "document"]) >= 3, "what is hers she has"
        assert any(other.encode() in c for n, c in checked(place("another-officer"))[0].items() if n.startswith("documents/"))

    def before_release():
        """A corrected opinion has come; a nurse is to announce it. No document of hers is hidden here: the letters of professionals are the patient's to read."""
        e = Dossier(w, story, person("waiting", "PAT-ATTEND", "NOE"))
        opens(e)
        e.reaches("triage")
        e.do("triage")
        holder, full = experts.accepts(e)
        experts.opines(e, holder, full, Résumé_pour_le_patient="Une annonce que personne ne doit lire seul.")
        e.reaches("checked")
        e.do("hold", "à annoncer par le chirurgien")
        w.settle()
        for name, there in (("held", False), ("told", True)):
            w.relais("dossier", "export", e.ref, "--to", place(name), "--for", "patient")
            files, _ = checked(place(name))
            mails = [email.message_from_bytes(c, policy=email.policy.default) for n, c in files.items() if n.startswith(("received/", "sent/"))]
            assert any("Une annonce que personne" in words(m) for m in mails) == there, name
            assert any(n.startswith("reports/") for n in files) == there
            assert "chirurgien" not in "".join(c.decode() for n, c in files.items() if n.startswith(("history", "events")))
            assert any(f"-M13-" in n for n in files), "what went to the expert is his to read, too: nothing in it is hidden from him"
            if not there:
                e.do("release")
                e.box.take("Votre deuxième avis est arrivé")
                w.settle()

    def altered():
        """One byte of one message has changed in the database: the copy is made, and says so."""
        sql(w, "update relais.body_chunk set data = set_byte(data, 300, get_byte(data, 300) # 1) where number = 0 and body = (select min(body) from relais.inbox where dossier = "
               f"(select id from relais.dossier where ref = '{d.ref}'))")
        done = w.relais("dossier", "export", d.ref, "--to", place("altered"), "--for", "officer", check=False)
        assert done.returncode == 1 and ("octets d'origine" in done.stderr or "first bytes" in done.stderr), done
        _, manifest = checked(place("altered"))
        assert manifest["altered"] == 1 and [f["name"] for f in manifest["files"] if f.get("intact") is False] == ["received/R1.eml"]

    def interrupted():
        """A copy that is stopped leaves nothing behind."""
        command = [os.path.join(w.bin, "relais"), "dossier", "export", d.ref, "--to", place("stopped"), "--for", "officer", "--dir", w.dir]

        def begun():
            return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

        with locked(w, "command"):                      # in the middle, for certain
            running = begun()
            wait_for("it asks for its event", lambda: waits_for_lock(w, "operator"))
            assert os.path.exists(place("stopped.partial"))
            running.terminate()
        running.wait(60)
        assert running.returncode != 0 and not os.path.exists(place("stopped")) and not os.path.exists(place("stopped.partial")), running.returncode
        for pause in (0.02, 0.05, 0.1, 0.2):
            running = begun()
            time.sleep(pause)
            running.terminate()
            running.wait(60)
            assert not os.path.exists(place("stopped.partial")), (pause, running.returncode)
            # It was quicker, or the signal came when all was there: then it is whole.
            if running.returncode == 0 or os.path.exists(place("stopped")):
                checked(place("stopped"))
                shutil.rmtree(place("stopped"))

    def erasure():
        d.refused("dossier.order", "erase-answered", "rien")
        d.do("erase-asked", "par téléphone, le patient")
        tasks = [t for t in w.relais("tasks", "officer", as_json=True) if t["ref"] == d.ref and t["name"] == "erasure_waits"]
        assert len(tasks) == 1 and not tasks[0]["late"] and tasks[0]["due"], tasks
        d.do("erase-answered", "par lettre : gardé vingt ans, R1112-7")
        assert not [t for t in w.relais("tasks", "officer", as_json=True) if t["ref"] == d.ref and t["name"] == "erasure_waits"]

    def after_death():
        d.do("died", "sa sœur, au téléphone")
        d.refused("export.person", "export", "--to", place("heirs"), "--for", "patient")
        assert not os.path.exists(place("heirs")) and not os.path.exists(place("heirs.partial")), "nothing of what was begun stays"
        export("after", "officer")
        checked(place("after"))

    yield "a dossier with a guardian, a hidden document and a report", setting
    yield "in the list by state, expert and pathology, and shown with where it stands", found
    yield "no copy for nobody, nowhere, or for whom has no right; and no trace of one", nobody
    yield "the officer's holds all, and sha256sum agrees", officer
    yield "its mails are what came and what left, for other software too", mails
    yield "its documents, reports and history", contents
    yield "a second one never takes the place of the first", once
    yield "as one ZIP file", zipped
    yield "the patient's lacks what is hidden from him and what is about others", patient
    yield "the expert's holds his part", expert
    yield "another patient's documents that a physician attached are in no copy of the patient's", of_another
    yield "an opinion that waits for its release is in no copy of the patient's", before_release
    yield "who could see what, by mailbox and by document", seen
    yield "a request of erasure waits for the officer's answer", erasure
    yield "after a death none for the patient: a person decides", after_death
    yield "one that is stopped leaves nothing behind", interrupted
    yield "reconcile", story.reconcile
    yield "an altered byte is told", altered
