"""Experts and their dossiers, over real mail and by a clock that moves: who can be asked and why not, a secretary who answers, a team whose members
sign, absences, what is given back and taken back, the address that closes, an opinion that comes too late, a week that is full."""
import copy
import datetime
import json
import os
import re

import bad
import clients
import documents
from database import sql
from rehearsal import NAMES, PATIENTS, Box, Dossier, Experts, Rehearsal, ends, sends_raw, words
from world import EXPERT, OPERATORS, SECOND_EXPERT, wait_for

SECRETARY, TEAM = "secretariat.moreau@experts.mssante.fr", "rcp.sein@experts.mssante.fr"
THIRD = "dr.durand@experts.mssante.fr"
MOREAU, PETIT, DURAND, COLLEAGUE, CANDIDATE = "01234567123", "01234567222", "01234567333", "01234567444", "01234567555"


class RoutingWorld(Rehearsal):
    """One expert has a secretary, one works where the patient is looked after, one is not validated yet, and a team answers from a mailbox of its own."""

    def __init__(self, folder, bin_dir, cache):
        super().__init__(folder, bin_dir, cache)
        name, domains = self.operators["operateur-b"]
        self.operators["operateur-b"] = (name, {**domains, "experts.mssante.fr": domains["experts.mssante.fr"] + ["secretariat.moreau", "rcp.sein"]})
        assert OPERATORS["operateur-b"][0] == name

    def rules(self):
        rules = super().rules()
        by_rpps = {e["rpps"]: e for e in rules["expert"]}
        by_rpps[MOREAU]["delegates"] = [SECRETARY]
        like = dict(by_rpps[PETIT], certificates=[])
        rules["expert"] += [
            dict(like, rpps=COLLEAGUE, given="Jean", family="VOISIN", mailbox="dr.voisin@experts.mssante.fr", organisation="CHU EXEMPLE", organisation_id="1750000018"),
            dict(like, rpps=CANDIDATE, given="Eve", family="NOUVEAU", mailbox="dr.nouveau@experts.mssante.fr", state="candidate"),
        ]
        return rules

    def load(self, kind, items):
        path = os.path.join(self.folder, "regles-routage.json")
        with open(path, "w") as f:
            json.dump(items, f)
        return self.relais(kind, "import", path)

    def change_expert(self, rpps, **changed):
        """That expert as he was imported, changed."""
        record = copy.deepcopy(next(e for e in self.rules()["expert"] if e["rpps"] == rpps))
        self.load("expert", [dict(record, **changed)])


def cases(world, story):
    w, experts, known = world, Experts(world), {}
    secretary, team = Box(w, SECRETARY), Box(w, TEAM)
    boxes = {**experts.boxes, SECRETARY: secretary, TEAM: team}

    def table(d):
        return {r["rpps"]: r for r in w.relais("dossier", "experts", d.ref, as_json=True)}

    def begins(patient):
        d = Dossier(w, story, PATIENTS[patient])
        d.request(exams=("34794-8", "11502-2", "18748-4"))
        d.reaches("triage")
        w.relais("dossier", "triage", d.ref, check=False)      # it tells when nobody can be asked
        w.settle()
        d.box.look()
        return d

    def says(d, mail, sender, text, wait):
        before = len(d.events(wait))
        d.reply(mail, sender, text, name=NAMES.get(sender, "Secrétariat du Pr Moreau"))
        wait_for(f"what follows « {text} »", lambda: len(d.events(wait)) > before)
        w.settle()

    def refused_by_mail(box, sentence):
        """The sender's operator brings our refusal back to him."""
        def bounced():
            return next((m for m in box.new() if sentence in clients.text_of(m) or sentence in m.as_string()), None)
        box.seen.add(wait_for("a refusal that comes back", bounced)["Message-ID"])

    # ---------------------------------------------------------------- who can be asked

    def who():
        w.next_day(0, 9)
        d = known["d"] = Dossier(w, story, PATIENTS["2.1"])
        d.request(exams=("34794-8", "11502-2", "18748-4"))
        bad.outcome(w, d.record("18748-4")[1])          # the request is whole without it
        d.reaches("triage")
        before = table(d)
        assert before[COLLEAGUE]["why"] == "conflict.establishment" and before[CANDIDATE]["why"] == "state" and before[CANDIDATE]["about"] == "candidate", before
        assert [r for r in before.values() if r.get("next")][0]["rpps"] == MOREAU and before[PETIT]["why"] == "none", before
        text = w.relais("dossier", "experts", d.ref).stdout
        assert "établissement" in text or "establishment" in text, text
        d.do("triage")
        assert experts.asked(d)[0] == EXPERT

    def nobody_overrules_a_conflict():
        known["d"].refused("expert.conflict", "assign", COLLEAGUE)
        known["d"].refused("expert.inactive", "assign", CANDIDATE)
        known["d"].refused("local.not-found", "assign", "09999999999")
        assert known["d"].row()["expert"] == MOREAU

    # ---------------------------------------------------------------- a secretary

    def secretary_accepts():
        d = known["d"]
        offer = [m for m in boxes[EXPERT].mails() if d.ref in m["Subject"] + words(m)][-1]
        says(d, offer, SECRETARY, "ACCEPTE\n\nSecrétariat du Pr Moreau", "offer_accepted")
        event, = d.events("offer_accepted")
        assert event["actor"] == f"delegate:{SECRETARY}", event
        known["full"] = boxes[EXPERT].take("XDM/1.0/DDM+ESSAI Dossier d'avis")
        secretary.nothing()

    def secretary_gives_no_opinion():
        d = known["d"]
        message_id = d.reply(known["full"], SECRETARY, experts.form(d), signer=w.expert, name="Secrétariat")
        row = bad.outcome(w, message_id)
        assert (row["outcome"], row["reason"]) in (("refused", "reply.delegate"), ("held", "sig.bound")), row
        assert d.state() == "accepted" and not d.events("opinion_received")
        if row["outcome"] == "refused":
            wait_for("a word to the secretary", lambda: secretary.new())
        secretary.look()

    # ---------------------------------------------------------------- given back

    def given_back():
        d, due = known["d"], known["d"].row()["due_at"]
        says(d, known["full"], EXPERT, "Je dois vous rendre ce dossier, je n'ai pas le temps.\n\nBien confraternellement", "reassigned")
        gone = boxes[EXPERT].take("Dossier retiré : merci d'effacer")
        assert d.patient.family not in words(gone) and "PETIT" not in words(gone), words(gone)
        d.box.take("Votre médecin expert a commencé")
        told = d.box.take("Un autre médecin expert répond à votre demande")
        assert "MOREAU" not in words(told) and d.row()["due_at"] == due, words(told)
        known["second"], known["offer"] = experts.asked(d)
        assert known["second"] == SECOND_EXPERT, "who works at this hospital is never the next"
        event, = d.events("reassigned")
        assert event["data"]["why"] == "returned" and event["data"]["motive"] == "time" and event["data"]["rpps"] == MOREAU, event

    def the_address_is_closed():
        d = known["d"]
        d.reply(known["full"], EXPERT, experts.form(d), signer=w.expert, name=NAMES[EXPERT])
        refused_by_mail(boxes[EXPERT], "Ce dossier ne vous est plus")
        d.reply(known["full"], SECRETARY, "ACCEPTE", name="Secrétariat")
        refused_by_mail(secretary, "Ce dossier ne vous est plus")
        w.settle()
        assert d.state() == "offered" and not d.events("opinion_late")

    # ---------------------------------------------------------------- absences

    def says_that_he_is_away():
        d, back = known["d"], w.now() + datetime.timedelta(days=3)
        says(d, known["offer"], known["second"], f"ABSENT jusqu'au {back:%d/%m/%Y}", "offer_declined")
        known["third"], known["offer"] = experts.asked(d)
        assert known["third"] == THIRD
        row, = [r for r in w.relais("expert", "leave", as_json=True) if r["rpps"] == PETIT]
        assert row["source"] == "answer" and row["number"] and row["until_at"][:10] in (f"{back:%Y-%m-%d}", f"{back + datetime.timedelta(days=1):%Y-%m-%d}"), row
        assert table(d)[PETIT]["why"] == "asked", "he was asked for this one; the next dossier finds him away"
        busy = {r["rpps"]: r for r in w.relais("expert", "load", "cancer-sein", as_json=True)}
        assert busy[PETIT]["why"] == "leave" and busy[PETIT]["about"] == f"{back:%Y-%m-%d}" and busy[DURAND]["asked"] == 1, busy
        lacking = w.relais("expert", "lacking", as_json=True)
        assert "cancer-sein" not in [r["pathology"] for r in lacking], "two can be asked"

    def a_machine_suggests():
        back = w.now() + datetime.timedelta(days=9)
        message_id = sends_raw(w, THIRD, known["offer"]["Reply-To"], [("Auto-Submitted", "auto-replied"), ("In-Reply-To", known["offer"]["Message-ID"])],
                               f"Je suis absente jusqu'au {back:%d/%m/%Y}. Ce message est automatique.")
        row = bad.outcome(w, message_id)
        assert (row["outcome"], row["reason"]) == ("held", "reply.automatic"), row
        suggested = [r for r in w.relais("expert", "leave", as_json=True) if r["source"] == "automatic"]
        assert len(suggested) == 1 and suggested[0]["rpps"] == DURAND and suggested[0]["number"] is None and known["d"].ref in suggested[0]["dossiers"], suggested
        assert table(known["d"])[DURAND]["why"] == "asked" and known["d"].row()["expert"] == DURAND, "nothing moves"

    def a_nurse_writes_it_down():
        back = w.now() + datetime.timedelta(days=9)
        rows = w.relais("expert", "leave", DURAND, f"{w.now():%Y-%m-%d}", f"{back:%Y-%m-%d}", as_json=True)
        assert [r["ref"] for r in rows] == [known["d"].ref], "what is open with who goes away"
        w.relais("expert", "leave", COLLEAGUE, f"{w.now():%Y-%m-%d}", f"{back:%Y-%m-%d}")
        numbers = [r["number"] for r in w.relais("expert", "leave", as_json=True) if r["source"] == "operator"]
        lacking = w.relais("expert", "lacking", as_json=True)
        assert [(r["available"], r["registered"]) for r in lacking if r["pathology"] == "cancer-sein"] == [(1, 5)], lacking
        assert w.relais("expert", "leave", DURAND, "2026-13-01", "2026-13-02", check=False).returncode != 0
        assert w.relais("expert", "leave", "09999999999", f"{w.now():%Y-%m-%d}", f"{back:%Y-%m-%d}", check=False).returncode != 0
        for number in numbers:
            w.relais("expert", "leave", "end", str(number))
        assert not [r for r in w.relais("expert", "leave", as_json=True) if r["source"] == "operator"]

    # ---------------------------------------------------------------- taken back by a person

    def reassigned_by_a_nurse():
        d = known["d"]
        says(d, known["offer"], THIRD, "ACCEPTE", "offer_accepted")
        boxes[THIRD].take("XDM/1.0/DDM+ESSAI Dossier d'avis")
        known["third full"] = [m for m in boxes[THIRD].mails() if (m["Subject"] or "").startswith("XDM/1.0/DDM+")][-1]
        d.refused("dossier.order", "assign", MOREAU)
        d.refused("expert.away", "reassign", "silence", "appelée deux fois", PETIT)
        w.relais("expert", "leave", "end", str([r["number"] for r in w.relais("expert", "leave", as_json=True) if r["rpps"] == PETIT][0]))
        d.do("reassign", "silence", "appelée deux fois sans réponse", PETIT)
        boxes[THIRD].take("Dossier retiré : merci d'effacer")
        assert d.row()["expert"] == PETIT
        address, offer = experts.asked(d)
        assert address == SECOND_EXPERT
        known["offer"] = offer

    def the_first_answers_after_all():
        """Silence closes no door: the opinion is kept, a nurse takes it, and who had been asked meanwhile need not answer."""
        d = known["d"]
        says(d, known["offer"], SECOND_EXPERT, "ACCEPTE", "offer_accepted")
        boxes[SECOND_EXPERT].take("XDM/1.0/DDM+ESSAI Dossier d'avis")
        message_id = experts.opines(d, THIRD, known["third full"])
        row = bad.outcome(w, message_id)
        assert (row["outcome"], row["reason"], row["owner"]) == ("held", "opinion.late", "nurses"), row
        assert d.state() == "accepted" and len(d.events("opinion_late")) == 1
        d.do("take", "avis complet, le second n'a pas répondu")
        w.settle()
        assert d.state() == "checked" and bad.outcome(w, message_id)["outcome"] == "applied"
        boxes[SECOND_EXPERT].take("Dossier retiré : merci d'effacer")
        d.do("release")
        report = d.box.take("Votre deuxième avis est arrivé")
        assert "DURAND" in words(report), words(report)
        boxes[THIRD].take("Votre avis est remis")
        d.do("close")
        w.settle()

    # ---------------------------------------------------------------- a team

    def a_team_is_asked():
        w.load("expert", [{
            "id": "rcp-sein-demo", "name": "RCP sein du CHU de démonstration", "mailbox": TEAM, "organisation": "CHU DE DEMONSTRATION", "organisation_id": "1330000077",
            "pathologies": ["cancer-sein"], "capacity": 9, "setting": "ETABLISSEMENT",
            "members": [{"rpps": "01234567666", "title": "Dr", "given": "Anne", "family": "DURAND", "specialty": "G15_10/SM36",
                         "certificates": [w.fingerprint(w.third_expert[0])]}]}])
        for rpps in (MOREAU, PETIT, DURAND):
            w.change_expert(rpps, state="suspended")
        d = known["t"] = begins("2.4")
        offer = team.take("Avis demandé avant le")
        says(d, offer, TEAM, "ACCEPTE", "offer_accepted")
        known["team full"] = team.take("XDM/1.0/DDM+ESSAI Dossier d'avis")
        assert "RCP sein du CHU de démonstration" in words(d.box.take("Votre médecin expert a commencé"))

    def a_named_person_signs():
        d = known["t"]
        d.reply(known["team full"], TEAM, experts.form(d), signer=w.second_expert, name="RCP")
        wait_for("a signature that is not a member's", lambda: [m for m in d.show("messages") if m["reason"] == "opinion.signer"])
        assert d.state() == "accepted"
        d.reply(known["team full"], TEAM, experts.form(d), signer=w.third_expert, name="RCP")
        d.reaches("checked")
        assert d.events("opinion_received")[-1]["data"]["signer"] == "01234567666"
        d.do("release")
        report = d.box.take("Votre deuxième avis est arrivé")
        text = documents.members(clients.attachments(report)["IHE_XDM.zip"])["IHE_XDM/SUBSET01/DOC0001.XML"].decode()
        author = text[text.index("<author"):text.index("</author>")]
        assert "801234567666" in author and "DURAND" in author and "CHU DE DEMONSTRATION" in author, author
        assert re.search(r"<id[^>]*1330000077", author), author
        d.do("close")
        w.settle()

    # ---------------------------------------------------------------- a week that is full

    def a_full_week():
        """One dossier a week: the second finds nobody, the nurse may insist, and seven days later he is asked again."""
        w.load("expert", [{
            "id": "rcp-sein-demo", "name": "RCP sein du CHU de démonstration", "mailbox": TEAM, "organisation": "CHU DE DEMONSTRATION", "organisation_id": "1330000077",
            "pathologies": ["cancer-sein"], "capacity": 0, "members": [{"rpps": "01234567666", "given": "Anne", "family": "DURAND"}]}])
        w.change_expert(PETIT, capacity=1)
        w.forward(days=8)
        w.next_day(1, 10)
        first = begins("2.5")
        assert experts.accepts(first)[0] == SECOND_EXPERT
        second = begins("2.6")
        assert second.state() == "no_expert", second.state()
        row = table(second)[PETIT]
        assert (row["why"], row["about"]) == ("capacity", "1/1"), row
        second.do("assign", PETIT)
        assert experts.asked(second)[0] == SECOND_EXPERT, "a person may ask for more than he takes"
        ends(second)
        w.live(first.told("offer_accepted") + datetime.timedelta(days=7, minutes=1))
        third = begins("2.8")
        assert experts.asked(third)[0] == SECOND_EXPERT
        ends(third)
        ends(first)

    def reconciled():
        story.reconcile()
        assert sql(w, "select count(*) from relais.dossier d where (select count(*) from relais.dossier_event e where e.dossier = d.id) <> d.events") == "0"

    yield "a nurse sees who can be asked, who not, and why", who
    yield "no conflict is overruled, and no candidate asked", nobody_overrules_a_conflict
    yield "the secretary accepts from her own mailbox; the dossier goes to the expert", secretary_accepts
    yield "the secretary gives no opinion", secretary_gives_no_opinion
    yield "the expert gives the dossier back: the patient keeps her date, the next is asked", given_back
    yield "his address is closed, with a sentence, and his secretary's with it", the_address_is_closed
    yield "the next is away: his answer is a row of the calendar", says_that_he_is_away
    yield "an automatic answer is a suggestion to people", a_machine_suggests
    yield "a nurse writes an absence down, and sees what is open", a_nurse_writes_it_down
    yield "a nurse takes it from one who is silent, and names the next", reassigned_by_a_nurse
    yield "the silent one answers after all: a nurse takes the opinion", the_first_answers_after_all
    yield "a team is asked, and answers from its mailbox", a_team_is_asked
    yield "a named person signs for the team", a_named_person_signs
    yield "a week that is full", a_full_week
    yield "reconcile", reconciled
