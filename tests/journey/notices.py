"""Receipts: what a hospital's Postfix asks for with NOTIFY, ENVID and Disposition-Notification-To, and what it gets; what we believe of others.

Postfix carries every mail both ways; its own log says how it took our reports, and Python's email package reads them."""
import email
import email.policy
import re
import smtplib
import ssl
import time

import clients
import documents
from bad import outcome
from database import sql
from world import ATTENDING, DEPOT, DOMAIN, EXPERT, HOSPITAL, HOSTNAME, PATIENT, PLATFORM, wait_for

SEAL = f"avis@{DOMAIN}"
NATIONAL = "XDM/1.0/DDM+CR imagerie PAT-TROIS DOMINIQUE 28/03/1979"


def submit(world, sender, recipients, message, mail_options=(), rcpt_options=()):
    """One mail to the sender's own operator, which hands the options on where the next server announces DSN."""
    context = ssl.create_default_context(cafile=world.anchors)
    context.check_hostname = False
    with smtplib.SMTP("127.0.0.1", world.submit_port(sender), timeout=60) as s:
        s.ehlo("client.example")
        s.starttls(context=context)
        s.ehlo("client.example")
        for code, text in [s.mail(sender, list(mail_options))] + [s.rcpt(r, list(rcpt_options)) for r in recipients] + [s.data(message)]:
            assert code < 400, (code, text)


def parts(mail):
    """(machine's fields as a list of header blocks, headers of the original) of a multipart/report, as Python's package reads it."""
    assert mail.get_content_type() == "multipart/report", mail.get_content_type()
    assert not mail.defects and all(not p.defects for p in mail.walk()), [p.defects for p in mail.walk()]
    human, machine, original = mail.get_payload()
    assert human.get_content_type() == "text/plain" and original.get_content_type() == "text/rfc822-headers"
    fields = machine.get_payload()
    if isinstance(fields, str):
        fields = [email.message_from_string(block) for block in fields.split("\r\n\r\n") if block.strip()]
    headers = email.message_from_string(original.get_payload())
    assert set(headers.keys()) <= {"Message-ID", "Date", "From", "To"}, headers.keys()
    return fields, headers


def tell_nothing(mail):
    everything = "".join(str(part.get_payload()) for part in mail.walk()) + str([v for k, v in mail.items() if k != "Subject"])
    for word in ("PAT-TROIS", documents.INS, "A-2026-", "dossier.none"):
        assert word not in everything, word
    assert "PAT-TROIS" not in mail["Subject"] or mail["Subject"].endswith(NATIONAL), mail["Subject"]
    assert mail["From"].addresses[0].addr_spec == SEAL and mail["Auto-Submitted"] == "auto-replied", dict(mail)
    assert mail["Disposition-Notification-To"] is None and mail["X-MSS-INS"] is None


def shape(mail):
    """What is left of a report when everything that must differ between two messages is taken out."""
    text = mail.as_string()
    text = re.sub(r"=_relais_\w+|<[^<>@ ]+@[^<>]+>|\d\d:\d\d:\d\d|QQ\w+", "~", text)
    return re.sub(r"(?m)^(Received:.*\n(?:[ \t].*\n)*|X-Original-To:.*\n|Delivered-To:.*\n|Return-Path:.*\n)", "", text)


def cases(world, story):
    w = world

    def record(code="18748-4", content=None, subject=NATIONAL, archive=None, notify=None, envid=None, orcpt=None, receipt=None, signer="hospital",
               to=DEPOT, sender=HOSPITAL, extra=()):
        content = content or documents.made_exam(code)
        archive = archive or documents.xdm([documents.packed(code, content)])
        body = clients.entity("Compte rendu.", [("IHE_XDM.zip", "application/zip", archive)])
        if signer:
            body = clients.signed_entity(body, *(w.hospital if signer == "hospital" else signer))
        more = list(extra) + ([("Disposition-Notification-To", receipt)] if receipt else [])
        head, message_id = clients.head(sender, to, subject, extra=more)
        submit(w, sender, [to], head + body, ["RET=FULL"] + ([f"ENVID={envid}"] if envid else []),
               ([f"NOTIFY={notify}"] if notify else []) + ([f"ORCPT=rfc822;{orcpt}"] if orcpt else []))
        return message_id

    def sent(message_id, count):
        """The mails that its sender was answered with, when all have left."""
        outcome(w, message_id)
        return wait_for(f"{count} answers", lambda: (lambda rows: rows if len(rows) == count and all(r["state"] == "accepted" for r in rows) else None)(
            w.relais("trace", message_id, as_json=True)["outbox"]))

    def answer(message_id, kind, box=HOSPITAL):
        """The one report of that kind about that message, as it came to the hospital's mailbox."""
        def about(mail):
            if mail.get_content_type() != "multipart/report" or mail.get_param("report-type") != kind:
                return False
            return message_id in mail.get_payload()[2].get_payload()
        raw, mail = w.mailbox(box).wait(about)
        assert sum(about(email.message_from_bytes(m, policy=email.policy.default)) for m in w.mailbox(box).all()) == 1, "once"
        assert raw.startswith(b"Return-Path: <>"), raw[:80]
        tell_nothing(mail)
        return mail

    def broken():
        return documents.xdm([documents.packed("18748-4", documents.made_exam("18748-4"))])[:-40]

    # ------------------------------------------------------------ what we write
    seen = {}

    def success():
        """D6: four fields of the header and no content, although RET=FULL asks for it."""
        message_id = record(notify="SUCCESS", envid="QQ11+2Bx", orcpt="Depot+2Bessai@" + DOMAIN)
        seen["no dossier"] = mail = answer(message_id, "delivery-status")
        fields, headers = parts(mail)
        assert fields[0]["Original-Envelope-Id"] == "QQ11+x" and fields[0]["Reporting-MTA"] == f"dns; {HOSTNAME}", fields[0].as_string()
        assert fields[1]["Action"] == "delivered" and fields[1]["Status"] == "2.0.0", fields[1].as_string()
        assert fields[1]["Final-Recipient"] == f"rfc822; {DEPOT}" and fields[1]["Original-Recipient"] == f"rfc822;Depot+essai@{DOMAIN}"
        assert headers["Message-ID"] == message_id and "Compte rendu" not in mail.as_string(), "RET=FULL gives no content"
        assert "bien arriv" in clients.text_of(mail)
        assert [m["code"] for m in sent(message_id, 1)] == ["M70"], "the report takes the letter's place"

    def postfix_took_it():
        line = next(row for row in w.relais("trace", seen["no dossier"]["In-Reply-To"], as_json=True)["outbox"])
        assert line["proof"] == 2, line
        wait_for("its line in Postfix's log, which a process of its own writes", lambda: line["queue_id"] in w.correspondents.log_of("operateur-a"))
        wait_for("and that it took it", lambda: re.search(r"from=<>, size=\d+, nrcpt=1", w.correspondents.log_of("operateur-a")))
        log = w.correspondents.log_of("operateur-a")
        assert "status=bounced" not in log, log[-2000:]

    def failure():
        message_id = record(archive=broken(), notify="FAILURE", envid="QQ12")
        mail = answer(message_id, "delivery-status")
        fields, _ = parts(mail)
        assert fields[0]["Original-Envelope-Id"] == "QQ12"
        assert fields[1]["Action"] == "failed" and fields[1]["Status"].startswith("5."), fields[1].as_string()
        reason = outcome(w, message_id)["reason"]
        assert reason.startswith("archive.") and f"({reason})" in fields[1]["Diagnostic-Code"].replace("\n", ""), fields[1].as_string()
        assert reason in clients.text_of(mail) and "smtp; 550 5.6.0" in fields[1]["Diagnostic-Code"]

    def failure_by_default():
        answer(record(archive=broken()), "delivery-status")

    def never():
        message_id = record(archive=broken(), notify="NEVER")
        row = outcome(w, message_id)
        assert row["outcome"] == "held" and row["owner"] == "operator", row
        assert w.relais("trace", message_id, as_json=True)["outbox"] == [], "the sender asked for silence; our own people see it"
        message_id = record(notify="NEVER")
        outcome(w, message_id)
        assert w.relais("trace", message_id, as_json=True)["outbox"] == []

    def success_only():
        """Who asks for SUCCESS alone has no report of a failure: it waits for a person of ours."""
        message_id = record(archive=broken(), notify="SUCCESS")
        assert outcome(w, message_id)["outcome"] == "held"

    def integrated():
        message_id = record(receipt=HOSPITAL)
        seen["no dossier, mdn"] = mail = answer(message_id, "disposition-notification")
        fields, _ = parts(mail)
        assert fields[0]["Disposition"] == "automatic-action/MDN-sent-automatically; processed", fields[0].as_string()
        assert fields[0]["Original-Message-ID"] == message_id and fields[0]["Final-Recipient"] == f"rfc822; {DEPOT}"
        assert fields[0]["Original-Recipient"] == f"rfc822;{DEPOT}" or fields[0]["Original-Recipient"] == f"rfc822; {DEPOT}", fields[0].as_string()
        assert mail["Subject"] == NATIONAL, mail["Subject"]
        sent(message_id, 1)

    def not_integrated():
        message_id = record(archive=broken(), receipt=HOSPITAL)
        mail = answer(message_id, "disposition-notification")
        fields, _ = parts(mail)
        assert fields[0]["Disposition"] == "automatic-action/MDN-sent-automatically; processed/Error: 906^Autre erreur", fields[0].as_string()
        assert fields[0]["Error"] == "906^Autre erreur"
        assert mail["Subject"] == "[KO Intégration système !][906] " + NATIONAL, mail["Subject"]
        sent(message_id, 1)

    def subject_of_a_letter():
        """A subject that is not the national one may say anything: it is not sent back."""
        mail = answer(record(receipt=HOSPITAL, subject="Mme Martin, mammographie"), "disposition-notification")
        assert "Martin" not in mail.as_string(), mail["Subject"]

    def third_person():
        """D1, D3: whom a header names beside the return path has nothing from us."""
        message_id = record(receipt=PLATFORM)
        rows = sent(message_id, 1)
        assert rows[0]["code"] == "M70", rows
        assert all(message_id.encode() not in m for m in w.mailbox(PLATFORM).all())

    def nothing_is_told():
        """The same requests for a patient with a dossier: the reports are the same, but for what differs between any two messages."""
        story.ask()
        dsn = answer(record(notify="SUCCESS", envid="QQ11+2Bx", orcpt="Depot+2Bessai@" + DOMAIN), "delivery-status")
        mdn = answer(record(receipt=HOSPITAL), "disposition-notification")
        filed = [r for r in w.relais("dossier", "show", story.ref, as_json=True)["messages"] if r["outcome"] == "filed"]
        assert len(filed) >= 2, filed
        assert shape(dsn) == shape(seen["no dossier"]), (shape(dsn), shape(seen["no dossier"]))
        assert shape(mdn) == shape(seen["no dossier, mdn"])

    def given_back():
        """Held, told so by letter, then given back by a person: now it failed, and the report says so."""
        message_id = record(signer=None, notify="FAILURE", envid="QQ13")
        assert outcome(w, message_id)["outcome"] == "held"
        sent(message_id, 1)
        number = next(r["id"] for r in w.relais("quarantine", "list", as_json=True) if r["message_id"] == message_id)
        w.relais("quarantine", "return", number)
        fields, _ = parts(answer(message_id, "delivery-status"))
        assert fields[1]["Action"] == "failed" and "(sig.none)" in fields[1]["Diagnostic-Code"].replace("\n", ""), fields[1].as_string()

    yield "NOTIFY=SUCCESS gives a report of delivery", success
    yield "Postfix takes our report like any other", postfix_took_it
    yield "NOTIFY=FAILURE gives a report of the refusal", failure
    yield "so does saying nothing", failure_by_default
    yield "NOTIFY=NEVER is silence, and our operator sees it", never
    yield "NOTIFY=SUCCESS alone hears of no failure", success_only
    yield "a receipt of integration", integrated
    yield "a receipt of integration that failed", not_integrated
    yield "a subject that is not the national one is not sent back", subject_of_a_letter
    yield "a receipt for a third person is not sent", third_person
    yield "receipts do not tell whether there is a dossier", nothing_is_told
    yield "a held message that is given back", given_back

    # ------------------------------------------------------------ what answers what
    def quiet(message_id, want="held"):
        row = outcome(w, message_id)
        assert row["outcome"] in (want, "ignored"), row
        assert w.relais("trace", message_id, as_json=True)["outbox"] == [], row

    def automatic_is_not_answered():
        """D2: lists, machines and mail systems, each with everything asked for."""
        for extra in ([("Auto-Submitted", "auto-replied")], [("Precedence", "bulk")], [("List-Id", "<l.example>")], [("X-MLServer", "fml")]):
            quiet(record(archive=broken(), notify="SUCCESS,FAILURE", receipt=HOSPITAL, extra=extra))
        head, message_id = clients.head(f"postmaster@{HOSPITAL.split('@')[1]}", DEPOT, "Bonjour")
        submit(w, HOSPITAL, [DEPOT], head + clients.entity("Bonjour."), (), ["NOTIFY=SUCCESS,FAILURE"])
        quiet(message_id)

    def two_responders():
        """D2, D4: a careless responder answers every mail that it finds, our receipts too, and asks for receipts itself: it ends at once."""
        w.rest()
        answered, before = set(), len(w.mailbox(HOSPITAL).all())
        first = record(archive=broken())
        wait_for("our report", lambda: len(w.mailbox(HOSPITAL).all()) > before)
        for _ in range(3):
            for raw in w.mailbox(HOSPITAL).all()[before:]:
                mail = email.message_from_bytes(raw, policy=email.policy.default)
                if mail["Message-ID"] in answered:
                    continue
                answered.add(mail["Message-ID"])
                # neither Auto-Submitted nor the empty return path: as bad as can be
                head, again = clients.head(HOSPITAL, SEAL, "Re: " + (mail["Subject"] or ""), in_reply_to=mail["Message-ID"],
                                           extra=[("Disposition-Notification-To", HOSPITAL)])
                submit(w, HOSPITAL, [DEPOT], head + clients.entity("Je suis absent."), (), ["NOTIFY=FAILURE"])
                outcome(w, again)
                assert w.relais("trace", again, as_json=True)["outbox"] == [], "his answer has none"
        outcome(w, first)
        assert len(answered) == 1, answered

    def own_mail_returns():
        """D4: a mailbox that forwards our receipts to us: recognised, kept apart, nobody answered."""
        raw = next(m for m in w.mailbox(HOSPITAL).all() if f"@{HOSTNAME}>".encode() in m and b"multipart/signed" in m)
        message_id = email.message_from_bytes(raw, policy=email.policy.default)["Message-ID"]
        submit(w, HOSPITAL, [DEPOT], raw[raw.index(b"From:"):], (), ["NOTIFY=SUCCESS,FAILURE"])
        row = wait_for("the loop", lambda: next((r for r in w.relais("trace", message_id, as_json=True)["inbox"] if r["state"] == "done"), None))
        assert (row["outcome"], row["reason"], row["owner"]) == ("held", "mail.loop", "operator"), row
        # under another id it is still ours by its From
        head, other = clients.head(SEAL, DEPOT, "Re: x")
        submit(w, HOSPITAL, [DEPOT], head + clients.entity("x"), (), ["NOTIFY=SUCCESS,FAILURE"])
        row = outcome(w, other)
        assert (row["outcome"], row["reason"]) == ("held", "mail.loop"), row
        assert w.relais("trace", other, as_json=True)["outbox"] == []

    def day_limit():
        """D4: who had his notices for today has no more; what was refused waits for our operator."""
        # Rows that stand in for a day of notices were never mails: no trigger sees them, so that the trail, which forgets nothing, has no word of them.
        unseen = "begin; set local session_replication_role = replica;"
        sql(w, f"""{unseen} insert into relais.outbox (effect, inbox, code, party, recipient, domain, return_path, form, message_id, envelope_id, rule, request, created_at, state, ended_at, reason)
            select 'limit' || n, (select min(id) from relais.inbox), 'M71', 'sender', '{HOSPITAL}', 'chu-exemple.mssante.fr', '', 'report', 'l' || n, 'l' || n, 'x/1', '{{}}', now(),
                   'cancelled', now(), 'work.tries-out' from generate_series(1, 2000) n; commit""")
        message_id = record(archive=broken())

        def limited():
            with open(f"{w.dir}/log/relais.log") as f:
                return '"event":"notices-limited"' in f.read()
        try:
            quiet(message_id)
            wait_for("the word in the log, which is written behind the commit", limited)
            rows = sent(record(), 1)
            assert rows[0]["code"] == "M70", "a good document has its receipt"
        finally:
            sql(w, f"{unseen} delete from relais.outbox where effect like 'limit%'; commit")

    yield "what a machine wrote is not answered", automatic_is_not_answered
    yield "a responder that answers everything", two_responders
    yield "our own mail that comes back", own_mail_returns
    yield "a correspondent who had enough for a day", day_limit

    # ------------------------------------------------------------ what we believe
    operator_b = tuple(f"{w.pki}/operateur-b.{e}" for e in ("pem", "key"))
    operator_a = tuple(f"{w.pki}/operateur-a.{e}" for e in ("pem", "key"))

    def mail_row(code="M13"):
        return next(m for m in w.relais("dossier", "show", story.ref, as_json=True)["mails"] if m["code"] == code)

    def envelope_of(code):
        return sql(w, f"select envelope_id from relais.outbox where id = {mail_row(code)['outbox']}")

    def report(kind, recipient, original, fields, peer=operator_b, envelope=None, words="Rapport."):
        """A report as another operator's server sends it, under the empty return path."""
        domain = recipient.split("@")[1]
        mark = "BB"
        top = f"Reporting-MTA: dns; mx.{domain}\r\n" + (f"Original-Envelope-Id: {envelope}\r\n" if envelope else "") + "\r\n"
        head, message_id = clients.head(f"mailer-daemon@{domain}", SEAL, "Report")
        body = (f"Content-Type: multipart/report; report-type={kind}; boundary={mark}\r\n\r\n--{mark}\r\n\r\n{words}\r\n--{mark}\r\n"
                f"Content-Type: message/{kind}\r\n\r\n{top if kind == 'delivery-status' else ''}{fields}\r\n--{mark}\r\n"
                f"Content-Type: text/rfc822-headers\r\n\r\nMessage-ID: {original}\r\n\r\n--{mark}--\r\n")
        clients.send(w.port, w.anchors, "", [SEAL], head + body.encode(), *peer)
        return message_id

    def dsn(recipient, action="delivered", status="2.0.0"):
        return f"Final-Recipient: rfc822; {recipient}\r\nAction: {action}\r\nStatus: {status}\r\n"

    def mdn(recipient, original, disposition="displayed"):
        return f"Final-Recipient: rfc822; {recipient}\r\nOriginal-Message-ID: {original}\r\nDisposition: manual-action/MDN-sent-manually; {disposition}\r\n"

    def to_accepted():
        story.complete()
        story.triage()
        story.accept()
        # The report may be quicker than the reply that ends the mail.
        wait_for("the report of its delivery, so that no more is on its way", lambda: (m := mail_row())["proof"] >= 3 and m["state"] == "accepted")

    def forged():
        """D5: nobody proves or disproves a mail by guessing, and nobody speaks for another operator's mailboxes."""
        mail = mail_row()
        before, state = mail["proof"], mail["state"]
        guessed = f"<{'0' * 8}-0000-4000-8000-{'0' * 12}@{HOSTNAME}>"
        for made in (
                report("delivery-status", EXPERT, guessed, dsn(EXPERT, "failed", "5.1.1")),
                report("delivery-status", EXPERT, mail["message_id"], dsn(EXPERT, "failed", "5.1.1"), envelope="0" * 32),
                report("delivery-status", EXPERT, mail["message_id"], dsn(ATTENDING, "failed", "5.1.1")),
                report("delivery-status", EXPERT, mail["message_id"], dsn(HOSPITAL, "failed", "5.1.1"), operator_a),
                report("disposition-notification", EXPERT, guessed, mdn(EXPERT, guessed)),
                # the right id, from a server that does not speak for the expert's domain
                report("disposition-notification", HOSPITAL, mail["message_id"], mdn(EXPERT, mail["message_id"]), operator_a)):
            row = outcome(w, made)
            assert (row["outcome"], row["reason"]) == ("ignored", "report.unmatched"), row
        after = mail_row()
        assert (after["proof"], after["state"]) == (before, state) and story.state() == "accepted", after

    def in_words():
        """D7: a failure told in words only: a person reads it, the mail's state stays."""
        mail = mail_row()
        head, message_id = clients.head(f"mailer-daemon@{EXPERT.split('@')[1]}", SEAL, "Undelivered mail returned to sender")
        text = f"<{EXPERT}>: 550 5.1.1 no such user\r\n\r\nMessage-ID: {mail['message_id']}\r\n"
        clients.send(w.port, w.anchors, "", [SEAL], head + b"\r\n" + text.encode(), *operator_b)
        row = outcome(w, message_id)
        assert (row["outcome"], row["reason"]) == ("held", "report.worded"), row
        assert mail_row()["state"] == "accepted"

    def ladder():
        """Each step of the ladder of proof, and its word."""
        mail = mail_row()
        wait_for("Postfix's own report of delivery", lambda: mail_row()["proof"] >= 3)
        outcome(w, report("disposition-notification", EXPERT, mail["message_id"], mdn(EXPERT, mail["message_id"])))
        assert mail_row()["proof"] == 4, mail_row()
        shown = w.relais("dossier", "show", story.ref).stdout
        assert "4 lu" in shown and "3 remis" in shown, shown
        assert "4 lu" in w.relais("trace", f"S{mail['outbox']}").stdout
        story.send(EXPERT, story.expert_relay, "Re: " + story.full["Subject"], "Je vous réponds demain.", in_reply_to=mail["message_id"])
        wait_for("the answer", lambda: mail_row()["proof"] == 5)
        assert "5 répondu" in w.relais("trace", f"S{mail['outbox']}").stdout

    def left():
        """Levels 0 and 1: while the deliverer stands still, and once it has tried in vain."""
        from kills import descendants, stopped
        wait_for("an empty queue", lambda: not w.relais("queue", as_json=True))     # a deliverer with work begins children that nobody would stop
        deliverer = next(p["pid"] for p in w.status()["processes"] if p["name"] == "deliverer")
        with stopped([deliverer] + descendants(deliverer)):
            message_id = record(archive=broken())
            outcome(w, message_id)
            row = wait_for("the sealed report", lambda: next((r for r in w.relais("trace", message_id, as_json=True)["outbox"] if r["state"] == "sealed"), None))
            assert row["proof"] == 0 and "0 en file" in w.relais("trace", message_id).stdout
        sent(message_id, 1)

    def a_global_report():
        """RFC 6533: the same report in UTF-8."""
        mail = mail_row("M10")
        domain = EXPERT.split("@")[1]
        head, message_id = clients.head(f"mailer-daemon@{domain}", SEAL, "Rapport")
        body = ("Content-Type: multipart/report; report-type=delivery-status; boundary=BB\r\n\r\n--BB\r\nContent-Type: text/plain; charset=utf-8\r\n"
                "Content-Transfer-Encoding: 8bit\r\n\r\nRemis à l'experte.\r\n--BB\r\nContent-Type: message/global-delivery-status\r\n"
                f"Content-Transfer-Encoding: 8bit\r\n\r\nReporting-MTA: dns; mx.{domain}\r\nOriginal-Envelope-Id: {envelope_of('M10')}\r\n\r\n"
                f"Original-Recipient: utf-8; {EXPERT}\r\nFinal-Recipient: utf-8; {EXPERT}\r\nAction: relayed\r\nStatus: 2.0.0\r\n\r\n--BB--\r\n")
        clients.send(w.port, w.anchors, "", [SEAL], head + body.encode(), *operator_b)
        row = outcome(w, message_id)
        assert row["outcome"] == "applied" and mail["message_id"], row

    yield "a dossier goes to its expert", to_accepted
    yield "reports that are guessed, or speak for others", forged
    yield "a report in words only", in_words
    yield "the ladder of proof, from delivered to answered", ladder
    yield "the ladder's first step", left
    yield "a report in the forms of RFC 6533", a_global_report
    yield "everything still agrees", story.reconcile
