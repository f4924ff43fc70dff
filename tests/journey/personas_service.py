"""Journeys of those who run the service, and the clock by which all the others are played."""
import datetime

from opinions import pdf_text as pdf_words
from rehearsal import PATIENTS, Dossier, Experts, words
from world import wait_for


# ---------------------------------------------------------------- the clock itself

def clock(w, story):
    def tells():
        for text in (w.relais("clock", "show").stdout, w.relais("status", check=False).stdout):
            assert "RÉPÉTITION : identités d'essai seulement" in text or "REHEARSAL: test identities only" in text, text
        assert w.status()["rehearsal"]["rehearsal"] is True

    def never_back():
        before = w.now()
        for words, code in ((("until", (before - datetime.timedelta(minutes=1)).isoformat()), "clock.back"), (("forward", "-1d"), "usage"), (("forward", "1"), "usage"),
                            (("forward", "10951d"), "usage"), (("backward", "1d"), "usage"), (("until", "demain"), "usage")):
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
            wait_for("workers that end again and again", lambda: all(p["restarts"] > 0 for p in w.status()["processes"] if p["name"].startswith("worker")))
        finally:
            w.relais_stop()
            with open(path, "w", encoding="utf-8") as f:
                f.write(kept)
            w.relais_start()

    yield "the instance says that it is a rehearsal", tells
    yield "its clock does not go back, and understands no half words", never_back
    yield "real identities: its workers do not start", real_patients


# ---------------------------------------------------------------- 2.7 a nurse

def nurse(w, story):
    d, closed, experts, known = Dossier(w, story, PATIENTS["2.7"]), Dossier(w, story, PATIENTS["2.7 closed"]), Experts(w), {}

    def checks():
        """A complete file waits for her: four working hours, and she is told."""
        w.next_day(1, 9)
        d.request()
        d.record()
        d.reaches("triage")
        w.forward(hours=5)
        assert len(d.passed()["triage_waits"]) == 1
        d.refused("dossier.order", "release")
        d.do("triage")
        known["t0"] = d.told("triaged")

    def waives():
        """A mandatory exam that does not exist: she waives it with a reason, which the expert reads."""
        closed.request(exams=("34794-8", "11502-2"))
        closed.reaches("identity")                       # his operator knows no such patient: who he is comes first
        w.settle()
        assert "identity_waits" in {t["name"] for t in w.relais("tasks", "nurses", as_json=True) if t["ref"] == closed.ref}
        closed.do("identity", "Rappelé au numéro de sa mutuelle, traits comparés : c'est bien lui.")
        closed.reaches("incomplete")
        closed.do("waive", "mammographie", "Faite à l'étranger : le compte rendu est perdu, échographie au dossier.")
        closed.reaches("triage")
        closed.do("triage")
        known["other"], known["other full"] = experts.accepts(closed)
        assert "le compte rendu est perdu" in words(known["other full"]) or "le compte rendu est perdu" in pdf_words(known["other full"])

    def undeliverable():
        """He says that his mailbox is open now, and it is not: the report reaches nobody, and it is hers to find another way. Her letter is proof when it is
        signed for."""
        experts.opines(closed, known["other"], known["other full"])
        closed.reaches("checked")
        closed.do("channel", "patient", "mail")
        closed.do("release")
        closed.reaches("undeliverable")
        assert closed.mails("M21")[0]["state"] == "failed" and closed.mails("M21")[0]["reason"] == "deliver.mailbox.none"
        w.next_day(1, 9)
        assert "undeliverable_waits" in closed.passed()
        closed.do("contact", "patient", "letter", "posted", "Lettre suivie 2C 123 456 7890 1", "M21")
        w.forward(days=2)
        closed.do("contact", "patient", "letter", "signed", "Lettre suivie 2C 123 456 7890 1", "M21")
        assert closed.state() == "exchange" and closed.events("contact_made"), closed.state()
        closed.do("close")

    def tasks(owner):
        """What `relais tasks` shows of this dossier."""
        return {t["name"]: t for t in w.relais("tasks", owner, as_json=True) if t["ref"] == d.ref}

    def alerts():
        """The expert is silent: day 5, day 6, and four hours before the end; each in working hours, never after its time."""
        known["holder"], known["full"] = experts.accepts(d)
        w.live(known["t0"] + datetime.timedelta(days=7, hours=-3))
        passed = d.passed()
        for name, latest in (("day_5", 5), ("day_6", 6), ("due_soon", 7)):
            at, = passed[name]
            assert at <= known["t0"] + datetime.timedelta(days=latest, seconds=60) and at.weekday() < 5 and 8 <= at.hour < 19, (name, at)
        assert "overdue" not in passed
        mine = tasks("nurses")
        assert {"day_5", "day_6", "due_soon"} <= set(mine) and all(mine[n]["rank"] == 1 and mine[n]["late"] for n in ("day_5", "day_6", "due_soon")), mine
        assert "day_6" in tasks("manager") and "day_5" not in tasks("manager")

    def overdue():
        """Missed: the manager knows, and the patient has an honest word with a new date."""
        d.box.look()
        w.live(known["t0"] + datetime.timedelta(days=7, hours=1))
        mail = d.box.take("Votre réponse aura du retard")
        assert "overdue" in d.passed() and d.ref in words(mail)
        assert "overdue" in tasks("manager")

    def holds():
        """The opinion has come and is grave: she holds it, calls, and releases."""
        experts.opines(d, known["holder"], known["full"])
        d.reaches("checked")
        d.do("hold", "Résultat grave : appel du médecin traitant d'abord")
        d.reaches("hold")
        w.settle()
        assert "release_waits" not in tasks("nurses")
        assert not d.mails("M21")
        d.do("contact", "patient", "call", "reached", "Appelée ce matin, souhaite lire avec son médecin")
        assert "overdue" in tasks("manager")
        d.do("release")
        d.box.take("Votre deuxième avis est arrivé")
        w.settle()
        assert not tasks("nurses") and "overdue" not in tasks("manager"), (tasks("nurses"), tasks("manager"))

    yield "has a complete file to check, and is told when it waits", checks
    yield "waives an exam that does not exist, with a reason", waives
    yield "has an expert who is silent: day 5, 6, and the last hours", alerts
    yield "and the promise is missed: the patient is told", overdue
    yield "holds a grave opinion until she has called", holds
    yield "has a report that reaches nobody: the signed letter proves it", undeliverable
    yield "and the dossier ends", lambda: d.do("close")


# ---------------------------------------------------------------- 2.8 the operator

def operator(w, story):
    d, experts, known = Dossier(w, story, PATIENTS["2.8"]), Experts(w), {}

    def peer_away():
        """The patients' operator is away: mail waits in the queue, and the operator sees where."""
        w.next_day(1, 9)
        d.completes()
        known["holder"], known["full"] = experts.accepts(d)
        experts.opines(d, known["holder"], known["full"])
        d.reaches("checked")
        w.settle()
        d.box.look()
        w.correspondents.stop_one("operateur-b")
        d.do("release")
        row = wait_for("a try in vain", lambda: next((r for r in w.relais("queue", as_json=True) if r["what"] == "M21" and r["reason"]), None))
        assert row["ref"] == d.ref and row["domain"] == "patient.mssante.fr" and row["reason"].startswith("deliver."), row
        known["mail"] = row["id"]
        shown = w.relais("trace", row["id"]).stdout
        assert d.patient.ins not in shown and d.patient.family not in shown, "an operator sees neither content nor number"

    def restart():
        """The instance is stopped and started meanwhile; then the peer is back: each mail arrives once."""
        w.relais_stop()
        w.operator_starts("operateur-b")
        w.relais_start()
        w.relais("retry", known["mail"], check=False)      # it may be on its way already
        d.box.take("Votre deuxième avis est arrivé", seconds=60)
        w.settle()
        d.box.nothing()
        assert len([m for m in d.box.mails() if "deuxième avis est arrivé" in m["Subject"]]) == 1
        wait_for("an empty queue", lambda: not w.relais("queue", as_json=True))

    def path():
        """One message's way, by its number, from the question to the answer that he gets."""
        row = w.relais("trace", known["mail"], as_json=True)["outbox"][0]
        assert row["state"] == "accepted" and row["reply_code"] == 250 and row["attempts"] >= 2 and row["tls"], row
        assert w.relais("reconcile", check=False).returncode == 0

    yield "sees mail wait while a peer is away", peer_away
    yield "starts the service again: nothing is lost and nothing leaves twice", restart
    yield "follows one mail to its end", path
    yield "and the dossier ends", lambda: d.do("close")


# ---------------------------------------------------------------- 2.9 the officer for security and privacy

def officer(w, story):
    d, experts, known = Dossier(w, story, PATIENTS["2.9"]), Experts(w), {}

    def freezes():
        """A report may have reached the wrong reader: the dossier stands still, and nothing leaves, whatever falls due."""
        w.next_day(1, 9)
        d.completes()
        known["holder"], known["full"] = experts.accepts(d)
        experts.opines(d, known["holder"], known["full"])
        d.reaches("checked")
        d.do("release")
        known["report"] = d.box.take("Votre deuxième avis est arrivé")
        w.settle()
        d.box.look()
        experts.boxes[known["holder"]].look()
        d.do("freeze", "breach", "Un rapport aurait été lu par un tiers")
        w.forward(hours=49)
        d.box.nothing()
        assert d.passed()["breach_clock"] and "unread_notice" not in d.passed(), d.passed()
        at = d.passed()["breach_clock"][0]
        assert at - d.told("frozen") < datetime.timedelta(hours=48, minutes=1), "a day is left of the seventy-two hours"

    def lifts():
        d.do("unfreeze", "Fausse alerte : le tiers est la patiente elle-même")
        w.forward(days=1)
        d.box.take("Votre message vous attend")

    def proves():
        """Who did what, when: each act of a person with her name, each mail with its proof; no content in the trail."""
        acts = {e["kind"]: e["actor"] for e in d.events() if e["actor"].startswith("operator:")}
        assert {"triaged", "released", "frozen", "unfrozen"} <= set(acts) and set(acts.values()) == {"operator:infirmiere"}, acts
        text = w.relais("dossier", "history", d.ref).stdout
        assert d.patient.ins not in text and "Votre sein" not in text, text

    def withdraws():
        """She withdraws her consent to the service: she and the expert are told, and nothing more ever leaves."""
        d.do("withdraw", "Demande écrite reçue ce jour")
        d.reaches("withdrawn")
        experts.boxes[known["holder"]].take("Dossier retiré : merci d'effacer")
        w.settle()
        d.box.look()
        w.forward(days=20)
        d.box.nothing()

    yield "freezes a dossier: nothing leaves, and the seventy-two hours count", freezes
    yield "lifts it: what waited leaves", lifts
    yield "shows who did what, without content", proves
    yield "and a consent that is withdrawn ends it for all", withdraws
