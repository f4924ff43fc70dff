"""Bad input: each gets a clear, coded refusal or is held with an owner; the sender is told where he may be; trace shows it."""
import os
import socket
import ssl
import subprocess

import clients
import documents
from world import ATTENDING, DEPOT, DOMAIN, EXPERT, HOSPITAL, PATIENT, PLATFORM, SERVICE_BOX, wait_for

OK, FAILED, USAGE, NOT_FOUND, CONFIG = 0, 1, 2, 4, 5

DOCTYPE = b'<?xml version="1.0"?>\n<!DOCTYPE ClinicalDocument [<!ENTITY x "y">]>\n<ClinicalDocument xmlns="urn:hl7-org:v3"/>'


def outcome(world, message_id):
    """What became of a message, once it was decided."""
    def decided():
        rows = world.relais("trace", message_id, as_json=True, check=False) if known(world, message_id) else None
        row = rows["inbox"][-1] if rows and rows["inbox"] else None
        return row if row and row["state"] == "done" else None
    return wait_for(f"a decision on {message_id}", decided)


def known(world, message_id):
    return world.relais("trace", message_id, "--json", check=False).returncode == 0


def cases(world, story):
    w = world
    held = {}       # Message-ID: reason, as the cases saw it
    ids = {}        # Message-IDs that later cases act on

    def decided(message_id, want_outcome, want_reason, owner=None):
        row = outcome(w, message_id)
        assert (row["outcome"], row["reason"]) == (want_outcome, want_reason), row
        assert want_outcome != "held" or row["owner"], row
        assert owner is None or row["owner"] == owner, row
        if want_outcome == "held":
            held[message_id] = want_reason
        return row

    def told(address, code):
        _, mail = w.mailbox(address).wait(lambda m: code in clients.text_of(m))
        assert mail["Auto-Submitted"] is not None, "a notice says that it is automatic"
        return mail

    def unsigned():
        ids["unsigned"] = story.record(signer=None)
        decided(ids["unsigned"], "held", "sig.none")
        told(HOSPITAL, "sig.none")

    def altered():
        signed = clients.signed_entity(clients.entity("Compte rendu", [("IHE_XDM.zip", "application/zip", documents.xdm(
            [documents.packed("18748-4", documents.made_exam("18748-4"))]))]), *w.hospital)
        head, message_id = clients.head(HOSPITAL, DEPOT, "XDM/1.0/DDM+CR")
        clients.send(w.submit_port(HOSPITAL), w.anchors, HOSPITAL, [DEPOT], head + signed.replace(b"Compte rendu", b"Compte rendi", 1))
        decided(message_id, "held", "sig.invalid")

    def foreign_signer():
        seal = w.foreign()[1]
        decided(story.record(signer=seal), "held", "sig.untrusted")

    def not_the_sender():
        decided(story.record(signer=w.platform), "held", "sig.not-bound")

    def other_patient():
        identity = documents.patient(documents.OTHER["ins"], documents.OTHER["family"], documents.OTHER["given"], documents.OTHER["given"],
                                     documents.OTHER["birth"], documents.OTHER["sex"], documents.OTHER["place"])
        content = documents.made_exam("18748-4", identity=identity)
        archive = documents.xdm([documents.packed("18748-4", content)], ins=documents.OTHER["ins"])
        message_id = story.send(HOSPITAL, DEPOT, "XDM/1.0/DDM+CR", "Compte rendu.", [("IHE_XDM.zip", "application/zip", archive)], w.hospital)
        decided(message_id, "held", "dossier.none", "nurses")
        _, receipt = w.mailbox(HOSPITAL).wait(lambda m: m["In-Reply-To"] == message_id)
        assert "dossier" not in receipt["Subject"] and "sig." not in clients.text_of(receipt), "the receipt reads like any other"
        ids["other patient"] = message_id

    def same_number_other_traits():
        content = documents.made_exam("18748-4", identity=documents.patient(given="DOMINIC", all_given="DOMINIC"))
        ids["doubt"] = story.record(content=content)
        decided(ids["doubt"], "held", "identity.differs", "nurses")

    def unsigned_by_imap():
        """No operator vouches for what lies in a mailbox at another one: without a signature it changes nothing."""
        archive = documents.xdm([documents.packed("18748-4", documents.made_exam("18748-4"))])
        head, message_id = clients.head(HOSPITAL, SERVICE_BOX, "XDM/1.0/DDM+CR")
        w.mailbox(SERVICE_BOX).append(head + clients.entity("Compte rendu.", [("IHE_XDM.zip", "application/zip", archive)]))
        decided(message_id, "held", "sig.none", "operator")
        assert w.relais("trace", message_id, as_json=True)["outbox"] == [], "who cannot be known is not answered"

    def unknown_pathology():
        decided(story.request(relais__pathology="maladie-imaginaire"), "refused", "dossier.pathology.unknown")
        told(PLATFORM, "dossier.pathology.unknown")

    def no_consent():
        decided(story.request(consent__processing=False), "refused", "dossier.request.incomplete")
        told(PLATFORM, "dossier.request.incomplete")

    def too_big_to_collect():
        """It stays where it is, and is counted: an operator reads it in the log and in reconcile."""
        head, message_id = clients.head(HOSPITAL, SERVICE_BOX, "XDM/1.0/DDM+CR")
        w.mailbox(SERVICE_BOX).append(head + b"\r\n" + (b"x" * 70 + b"\r\n") * 380_000)

        def passed_over():
            return next(c["counted"] for c in w.relais("reconcile", as_json=True) if "passed over" in c["name"])
        wait_for("the message that is passed over", lambda: passed_over() == 1)
        assert not known(w, message_id)

    def broken_zip():
        archive = documents.xdm([documents.packed("18748-4", documents.made_exam("18748-4"))])[:-40]
        message_id = story.send(HOSPITAL, DEPOT, "XDM/1.0/DDM+CR", "Compte rendu.", [("IHE_XDM.zip", "application/zip", archive)], w.hospital)
        row = outcome(w, message_id)
        assert row["outcome"] == "refused" and row["reason"].startswith("archive."), row
        told(HOSPITAL, row["reason"])
        mail = w.relais("trace", message_id, as_json=True)["outbox"][0]
        assert mail["code"] == "M71", mail
        wait_for("the report at the sender's operator", lambda: w.relais("trace", f"S{mail['outbox']}", as_json=True)["outbox"][0]["proof"] == 2)

    def doctype():
        archive = documents.xdm([("x.xml", DOCTYPE, "18748-4", "CR", "2.25.1")])
        message_id = story.send(HOSPITAL, DEPOT, "XDM/1.0/DDM+CR", "Compte rendu.", [("IHE_XDM.zip", "application/zip", archive)], w.hospital)
        decided(message_id, "refused", "document.doctype")
        told(HOSPITAL, "document.doctype")

    def direct(sender, recipient, certificate, message=None, want=None):
        """Straight to the receiver, as an operator's server would."""
        head, _ = clients.head(sender or HOSPITAL, recipient, "Essai")
        try:
            clients.send(w.port, w.anchors, sender, [recipient], message or head + clients.entity("Essai"), *(certificate or (None, None)))
        except clients.Refused as refused:
            code, word = want
            assert refused.code == code and word in refused.text, refused
            return
        raise AssertionError("it was taken")

    operator_a = tuple(f"{w.pki}/operateur-a.{e}" for e in ("pem", "key"))
    operator_b = tuple(f"{w.pki}/operateur-b.{e}" for e in ("pem", "key"))

    def bytes_behind_starttls():
        with socket.create_connection(("127.0.0.1", w.port), 10) as s:
            s.recv(500)
            s.sendall(b"EHLO a\r\n")
            s.recv(2000)
            s.sendall(b"STARTTLS\r\nMAIL FROM:<x@y>\r\n")
            answer = b""
            while True:
                piece = s.recv(2000)
                if not piece:
                    break
                answer += piece
            assert not answer.startswith(b"220"), answer

    def clear():
        with socket.create_connection(("127.0.0.1", w.port), 10) as s:
            s.recv(500)
            s.sendall(b"EHLO a\r\n")
            s.recv(2000)
            s.sendall(b"MAIL FROM:<x@y.fr>\r\n")
            assert s.recv(2000).startswith(b"530 5.7.0"), "nothing is taken in clear"

    def smuggling():
        context = ssl.create_default_context(cafile=w.anchors)
        context.check_hostname = False
        context.load_cert_chain(*operator_a)
        with socket.create_connection(("127.0.0.1", w.port), 10) as raw:
            raw.recv(500)
            raw.sendall(b"EHLO a\r\n")
            raw.recv(2000)
            raw.sendall(b"STARTTLS\r\n")
            raw.recv(500)
            with context.wrap_socket(raw) as s:
                for line, want in ((b"EHLO a\r\n", b"250"), (f"MAIL FROM:<{HOSPITAL}>\r\n".encode(), b"250"),
                                   (f"RCPT TO:<{DEPOT}>\r\n".encode(), b"250"), (b"DATA\r\n", b"354")):
                    s.sendall(line)
                    answer = s.recv(4000)
                    assert answer.startswith(want), (line, answer)
                s.sendall(f"From: {HOSPITAL}\r\n\r\na\n.\nMAIL FROM:<b@b>\r\n.\r\n".encode())
                answer = s.recv(4000)
                assert answer.startswith(b"550 5.6.11"), answer

    yield "a message from a hospital that must sign, unsigned", unsigned
    yield "altered after signing", altered
    yield "signed by a foreign authority", foreign_signer
    yield "signed by another organisation", not_the_sender
    yield "an unknown pathology", unknown_pathology
    yield "a request without consent", no_consent
    yield "a record of a patient without dossier", other_patient
    yield "an unsigned record in the mailbox that is collected", unsigned_by_imap
    yield "a message in that mailbox that is too big", too_big_to_collect
    yield "a broken ZIP", broken_zip
    yield "a CDA with a DOCTYPE", doctype
    yield "an unknown mailbox", lambda: direct(HOSPITAL, f"personne@{DOMAIN}", operator_a, want=(550, "smtp.recipient.unknown"))
    yield "a domain that is not ours", lambda: direct(HOSPITAL, "x@ailleurs.example", operator_a, want=(550, "smtp.recipient.foreign"))
    yield "a peer without certificate", lambda: direct(HOSPITAL, DEPOT, None, want=(550, "peer.certificate.none"))
    yield "a peer with a foreign certificate", lambda: direct(HOSPITAL, DEPOT, w.foreign()[0], want=(550, "peer.certificate.untrusted"))
    yield "a peer with an expired certificate", lambda: direct(HOSPITAL, DEPOT, tuple(f"{w.pki}/relais-expired.{e}" for e in ("pem", "key")),
                                                               want=(550, "peer.certificate.untrusted"))
    yield "a domain that the certificate does not speak for", lambda: direct(EXPERT, DEPOT, operator_a, want=(550, "peer.domain"))
    yield "nothing in clear", clear
    yield "bytes behind STARTTLS", bytes_behind_starttls
    yield "a bare newline around a dot", smuggling

    def from_of_another():
        """The envelope is the peer's, the From is not."""
        head, message_id = clients.head(EXPERT, DEPOT, "Essai")
        clients.send(w.port, w.anchors, HOSPITAL, [DEPOT], head + clients.entity("Essai"), *operator_a)
        row = outcome(w, message_id)
        assert row["outcome"] in ("held", "refused"), row
        assert w.mailbox(EXPERT).all() == [], "a From that the link does not vouch for is never answered"

    yield "a From that the certificate does not speak for", from_of_another

    # ------------------------------------------------------------ with a dossier that waits
    def opened():
        story.ask()
        story.complete()

    def conflict():
        content = documents.made_exam("18748-4", document_id="2.25.4711")
        first = story.record(content=content)
        assert outcome(w, first)["outcome"] == "filed"
        decided(story.record(content=documents.made_exam("18748-4", when="20200101101500+0100", document_id="2.25.4711")), "held",
                "dossier.document.conflict")

    def duplicates():
        content = documents.made_exam("11502-2")
        first = story.record("11502-2", content, message_id="<deux-fois@chu-exemple.mssante.fr>")
        assert outcome(w, first)["outcome"] == "filed"
        documents_before = len(w.relais("dossier", "show", story.ref, as_json=True)["documents"])
        outcome(w, story.record("11502-2", content))
        assert len(w.relais("dossier", "show", story.ref, as_json=True)["documents"]) == documents_before, "filed once"

    def stranger_on_relay():
        """D9: the right token in the wrong hands."""
        try:
            clients.send(w.port, w.anchors, HOSPITAL, [story.patient_relay], b"From: " + HOSPITAL.encode() + b"\r\n\r\nx\r\n", *operator_a)
        except clients.Refused as refused:
            assert refused.code == 550 and "smtp.recipient.party" in refused.text, refused
            return
        raise AssertionError("a stranger's mail was taken")

    yield "a dossier opens and completes", opened
    yield "a record whose traits differ", same_number_other_traits
    yield "the same document id with other content", conflict
    yield "the same document twice", duplicates
    yield "a stranger on a relay address", stranger_on_relay

    # ------------------------------------------------------------ what a person does with held mail
    def quarantine():
        return {row["message_id"]: row for row in w.relais("quarantine", "list", as_json=True)}

    def listed():
        found = quarantine()
        assert {m: row["reason"] for m, row in found.items() if m in held} == held, (found, held)
        assert all(row["owner"] in ("operator", "nurses") for row in found.values()), found
        assert "R" in w.relais("quarantine", "list").stdout

    def act(*words, want=OK, code=None):
        done = w.relais("quarantine", *words, check=False)
        assert done.returncode == want and (code is None or code in done.stderr), (words, done)

    def filed_documents():
        return len(w.relais("dossier", "show", story.ref, as_json=True)["documents"])

    def attach():
        row, before = quarantine()[ids["doubt"]], filed_documents()
        act("attach", row["id"], story.ref)
        after = outcome(w, ids["doubt"])
        assert (after["outcome"], after["rule"], after["ref"]) == ("filed", "operator.attach/1", story.ref), after
        assert filed_documents() == before + 1 and ids["doubt"] not in quarantine()
        history = w.relais("dossier", "history", story.ref, as_json=True)
        assert any(e["actor"] == "operator:infirmiere" and e["kind"] == "document_filed" for e in history), history
        act("attach", row["id"], story.ref, want=NOT_FOUND)
        assert filed_documents() == before + 1, "once"

    def attach_another_patient():
        before = filed_documents()
        act("attach", quarantine()[ids["other patient"]]["id"], story.ref, want=FAILED, code="identity.other-patient")
        act("attach", quarantine()[ids["unsigned"]]["id"], story.ref, want=FAILED, code="sig.none")
        assert filed_documents() == before and {ids["other patient"], ids["unsigned"]} <= set(quarantine())

    def give_back():
        row = quarantine()[ids["unsigned"]]
        def answers():
            return [m["state"] for m in w.relais("trace", ids["unsigned"], as_json=True)["outbox"] if m["code"] == "M71"]
        before = len(answers())
        act("return", row["id"])
        wait_for("the notice", lambda: answers() == ["accepted"] * (before + 1))
        after = outcome(w, ids["unsigned"])
        assert (after["outcome"], after["reason"], after["owner"], after["rule"]) == ("refused", "sig.none", None, "operator.give-back/1"), after
        assert ids["unsigned"] not in quarantine()
        act("return", row["id"], want=NOT_FOUND)
        act("return", quarantine()[ids["other patient"]]["id"])
        assert outcome(w, ids["other patient"])["outcome"] == "refused"

    def wrong_words():
        for words, want in (
                (("dance",), USAGE), (("dossier", "dance", story.ref), USAGE), (("dossier", "show"), USAGE), (("dossier", "list", "--al"), USAGE),
                (("quarantine", "attach", "R1"), USAGE), (("quarantine", "attach", "S1", story.ref), USAGE), (("quarantine", "dance", "R1"), USAGE),
                (("queue", "more"), USAGE), (("reconcile", "more"), USAGE), (("trace",), USAGE), (("trust", "dance"), USAGE),
                (("sender", "import"), USAGE), (("retry",), USAGE), (("dossier", "show", "A-2026-999999-AA"), NOT_FOUND),
                (("quarantine", "attach", "R1", "A-2026-999999-AA"), NOT_FOUND), (("quarantine", "return", "R999999"), NOT_FOUND),
                (("trace", "R999999"), NOT_FOUND), (("trace", "<nobody@nowhere>"), NOT_FOUND), (("retry", "S999999"), NOT_FOUND)):
            done = w.relais(*words, check=False)
            assert done.returncode == want and done.stderr and not done.stdout, (words, want, done)

    def wrong_files():
        path = os.path.join(w.folder, "faux.json")
        for kind, text, says in (("sender", '{"organisation": "X"', "faux.json:1"), ("sender", '[{"organisation": "X"}]', "item 1"),
                                 ("pathology", '[{"code": 4}]', "item 1"), ("expert", "[4]", "item 1"), ("trust", "<a/>", "trust.list.form")):
            with open(path, "w") as f:
                f.write(text)
            done = w.relais(kind, "import", path, check=False)
            assert done.returncode == FAILED and says in done.stderr, (kind, done)
        assert len(w.relais("sender", "list", as_json=True)) == 2 and len(w.relais("trust", "list", as_json=True)) == 6

    def config_line():
        with open(os.path.join(w.dir, "relais.conf")) as f:
            lines = f.read().splitlines()
        path = os.path.join(w.folder, "faux.conf")
        for extra, code in (('retry_secondes = 3;', "config.unknown-key"), ("= = ;", "config.syntax"), ("workers = 999;", "config.value")):
            with open(path, "w") as f:
                f.write("\n".join([line for line in lines if not line.startswith("workers")] + [extra, ""]))
            number = sum(not line.startswith("workers") for line in lines) + 1
            done = subprocess.run([os.path.join(w.bin, "relais"), "config", "check", path], capture_output=True, text=True)
            assert done.returncode == CONFIG and f"faux.conf:{number}:" in done.stderr and code in done.stderr, (extra, number, done)

    yield "held mail stands in the list, with its owner", listed
    yield "a doubtful record is filed by a person's word", attach
    yield "another patient's record and an unsigned one are not", attach_another_patient
    yield "held mail is given back", give_back
    yield "wrong words on the command line", wrong_words
    yield "wrong files for the rules", wrong_files
    yield "a wrong key in the configuration", config_line

    def automatic_answer():
        story.triage()
        body = clients.entity("ACCEPTE")
        head, message_id = clients.head(EXPERT, story.expert_relay, "Réponse automatique", in_reply_to=story.offer["Message-ID"],
                                        extra=[("Auto-Submitted", "auto-replied")])
        clients.send(w.submit_port(EXPERT), w.anchors, EXPERT, [story.expert_relay], head + body)
        row = outcome(w, message_id)
        assert row["outcome"] in ("held", "ignored"), row
        assert story.state() == "offered", "an out-of-office answer is never a yes"

    yield "an automatic answer to an offer", automatic_answer

    def unclear_then_yes():
        story.send(EXPERT, story.expert_relay, "Re: " + story.offer["Subject"], "Bonjour, je regarde cela et je vous dis.", name="Pr Claire MOREAU",
                   in_reply_to=story.offer["Message-ID"])
        w.mailbox(EXPERT).wait(lambda m: m["Auto-Submitted"] and "claire" in (m["Subject"] or "") and "pas" in (m["Subject"] or ""))
        assert story.state() == "offered"
        story.accept()

    yield "an unclear reply is asked again, then yes", unclear_then_yes

    def unsigned_opinion():
        message_id = story.send(EXPERT, story.expert_relay, "Avis", story.opinion_text(), name="Pr Claire MOREAU")
        decided(message_id, "held", "opinion.signer", "nurses")
        assert story.state() == "accepted"
        # He forgot his signature, or his software cannot: it reaches his mailbox, and a signed answer to it comes back to this dossier.
        _, mail = w.mailbox(EXPERT).wait(lambda m: (m["Subject"] or "").startswith("Avis à compléter") and "signature" in clients.text_of(m))
        assert story.ref in mail["Subject"] and mail["In-Reply-To"] == message_id and mail["Reply-To"] == story.expert_relay, mail.items()

    def opinion_of_another():
        message_id = story.send(EXPERT, story.expert_relay, "Avis", story.opinion_text(), signer=w.second_expert, name="Pr Claire MOREAU")
        decided(message_id, "held", "opinion.signer", "nurses")
        told(EXPERT, "opinion.signer")
        assert story.state() == "accepted"

    def opinion_of_other_dossier():
        message_id = story.send(EXPERT, story.expert_relay, "Avis", story.opinion_text().replace(story.ref, "A-2026-009999-ZZ"), signer=w.expert)
        decided(message_id, "held", "opinion.dossier", "nurses")
        told(EXPERT, "opinion.dossier")

    def opinion_incomplete():
        message_id = story.send(EXPERT, story.expert_relay, "Avis", story.opinion_text(skip=("Résumé pour le patient",)), signer=w.expert)
        # By its own answer: the unsigned opinion was asked back under the same subject.
        w.mailbox(EXPERT).wait(lambda m: m["Auto-Submitted"] and "compléter" in (m["Subject"] or "").lower() and m["In-Reply-To"] == message_id)
        assert story.state() == "accepted"

    def early_release():
        done = w.relais("dossier", "release", story.ref, check=False)
        assert done.returncode == 1 and "dossier.order" in done.stderr, done
        assert w.mailbox(ATTENDING).all() == []

    def acts_of_a_person():
        def act(*words, status=0, reason=""):
            done = w.relais("dossier", words[0], story.ref, *words[1:], check=False)
            assert done.returncode == status and reason in done.stderr, (words, done)
        act("hold", status=2)
        act("hold", "on appelle d'abord", status=1, reason="dossier.order")
        act("offer", status=1, reason="dossier.order")
        act("consent", "attending", "maybe", status=2)
        act("consent", "attending", "no")
        act("consent", "attending", "yes")
        kinds = [e["kind"] for e in w.relais("dossier", "history", story.ref, as_json=True)]
        assert kinds.count("consent_changed") == 2, kinds

    yield "a person's acts: those that the state allows", acts_of_a_person
    yield "an unsigned opinion", unsigned_opinion
    yield "an opinion signed by somebody else", opinion_of_another
    yield "an opinion that names another dossier", opinion_of_other_dossier
    yield "an opinion without one of its headings", opinion_incomplete
    yield "a release before there is an opinion", early_release
    def read_again():
        held = next(r for r in w.relais("quarantine", "list", as_json=True) if r["reason"] in ("sig.none", "sig.invalid", "identity.differs"))
        number = held["id"]
        w.relais("quarantine", "again", number)
        row = wait_for("the same decision", lambda: next((r for r in w.relais("trace", number, as_json=True)["inbox"] if r["state"] == "done"), None))
        assert (row["outcome"], row["reason"]) == ("held", held["reason"]), row
        assert w.relais("quarantine", "again", "R999999", check=False).returncode == 4

    def consent_ends_before_the_mail_left():
        """The copy for the physician stands sealed in the queue when the patient takes her consent back: it never leaves."""
        story.opinion()
        wait_for("an empty queue", lambda: not w.relais("queue", as_json=True))     # a deliverer with work begins children that nobody would stop
        from kills import descendants, stopped          # which takes outcome() from here
        deliverer = next(p["pid"] for p in w.status()["processes"] if p["name"] == "deliverer")
        with stopped([deliverer] + descendants(deliverer)):
            w.relais("dossier", "release", story.ref)
            wait_for("the sealed copy", lambda: any(q["what"] == "M64" and q["state"] == "sealed" for q in w.relais("queue", as_json=True)))
            w.relais("dossier", "consent", story.ref, "attending", "no")
        w.mailbox(PATIENT).wait(lambda m: "IHE_XDM.zip" in clients.attachments(m))
        mails = w.relais("dossier", "show", story.ref, as_json=True)["mails"]
        copy = next(m for m in mails if m["code"] == "M64")
        assert (copy["state"], copy["reason"]) == ("cancelled", "consent.none"), copy
        again = w.relais("retry", f"S{copy['outbox']}", check=False)
        assert again.returncode == 4 and "outbox.over" in again.stderr, again
        assert w.mailbox(ATTENDING).all() == []

    yield "a held message is read again by a person's word", read_again
    yield "a consent that ends before the mail has left", consent_ends_before_the_mail_left
    yield "everything still agrees", story.reconcile
