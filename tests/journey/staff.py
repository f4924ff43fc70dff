"""Mails to our own people: the morning digest, an emergency, days 5 to 7, quarantine, alarms, the day in figures. Over real mail, in a rehearsal (rehearsal.py)."""
import datetime
import os
import re
import signal

import clients
from bad import outcome
from database import cut_off, locked, rows, sql, waits_for_lock
from rehearsal import NAMES, PARIS, PATIENTS, Box, Dossier, Experts, Rehearsal, ends, plain, sections, words
from world import DEPOT, HOSPITAL, wait_for

DOMAIN = "equipe.mssante.fr"
ROLES = ("nurses", "duty", "operator", "officer", "manager")
NURSES, DUTY, OPERATOR, OFFICER, MANAGER = (f"{name}@{DOMAIN}" for name in ("equipe", "garde", "astreinte", "dpo", "direction"))
PEOPLE = (NURSES, DUTY, OPERATOR, OFFICER, MANAGER)


class StaffWorld(Rehearsal):
    """Our own people have mailboxes at an operator, as everybody has."""

    def __init__(self, folder, bin_dir, cache):
        super().__init__(folder, bin_dir, cache)
        name, domains = self.operators["operateur-b"]
        self.operators["operateur-b"] = (name, {**domains, DOMAIN: [address.split("@")[0] for address in PEOPLE]})

    def _configure(self):
        super()._configure()
        self.set_groups({"staff": " ".join(f'{role} = "{address}";' for role, address in zip(ROLES, PEOPLE))})

    def live(self, at):
        """Each morning and evening on the way is lived, too."""
        while True:
            due = sql(self, """select min(d) from (select min(next_due) from relais.dossier where next_due > (select relais.instant())
                union all select min(due) from relais.service_timer where name <> 'watch' and due > (select relais.instant())) x (d)""")
            due = datetime.datetime.fromisoformat(due + ":00" if due[-3] in "+-" else due) if due else at
            self.until(min(due, at))
            if due >= at:
                return


def made(w, code, party=None):
    """What was ever queued of that code."""
    return [r for r in rows(w, "select id, code, party, recipient, state, dossier, effect from relais.outbox where event is null and inbox is null")
            if r["code"] == code and party in (None, r["party"])]


def clean(mail):
    """Nothing of a patient is in a mail to our people."""
    text = plain(str(mail["Subject"])) + words(mail)
    for p in PATIENTS.values():
        assert p.ins not in text and p.family not in text and p.given not in text, (p.family, mail["Subject"])
    for word in ("sein", "cancer", "radiothérapie"):
        assert word not in text.lower(), word
    return mail


def at_eight(day):
    return datetime.datetime.combine(day, datetime.time(8), PARIS)


# ---------------------------------------------------------------- the morning

def morning(w, story):
    nurses, operator = Box(w, NURSES), Box(w, OPERATOR)
    d = Dossier(w, story, PATIENTS["2.7"])

    def nothing_to_do():
        w.next_day(0, 7)
        w.settle()
        nurses.look(), operator.look()
        before = len(made(w, "M80"))
        w.until(at_eight(w.now().date()) - datetime.timedelta(minutes=2))
        assert len(made(w, "M80")) == before, "not before eight"
        w.until(at_eight(w.now().date()))
        mail = clean(nurses.take("À traiter ce matin : rien"))
        assert "rien à traiter" in words(mail) and "Ensuite" not in words(mail), words(mail)
        w.until(at_eight(w.now().date()) + datetime.timedelta(hours=4))
        nurses.nothing()
        assert len(made(w, "M80")) == before + 1, "once a day"

    def in_order():
        """By reference, the most pressing first; nothing else of the dossier."""
        d.request(exams=("34794-8", "11502-2", "18748-4"))
        d.reaches("triage")
        w.settle()
        nurses.look()
        w.live(at_eight(w.now().date() + datetime.timedelta(days=1)))
        mail = clean(nurses.take("À traiter ce matin : 1 tâche"))
        assert re.search(rf"Ensuite :\s+1\. {d.ref} : Contrôle infirmier en attente", words(mail)), words(mail)
        assert "D'abord" not in words(mail)

    def emergency_first():
        d.do("urgent", "douleur dans la poitrine")
        w.settle()
        nurses.look()
        w.live(at_eight(w.now().date() + datetime.timedelta(days=1)))
        mail = clean(nurses.take("À traiter ce matin : 2 tâches"))
        first, rest = words(mail).split("Ensuite :")
        assert d.ref in first.split("D'abord :")[1] and "douleur" not in words(mail), words(mail)
        assert "Contrôle infirmier" in rest
        d.do("contact", "patient", "call", "reached", "Va bien")
        w.settle()
        nurses.look()

    def weekend():
        """Neither on Saturday nor on Sunday; on Monday again."""
        day = w.now().date() + datetime.timedelta(days=(5 - w.now().weekday()) % 7)
        before = len(made(w, "M80"))
        w.live(at_eight(day - datetime.timedelta(days=1)) + datetime.timedelta(hours=1))
        friday = len(made(w, "M80"))
        assert friday > before
        w.live(at_eight(day + datetime.timedelta(days=1)) + datetime.timedelta(hours=1))
        assert len(made(w, "M80")) == friday, "no digest of a Saturday or Sunday"
        w.live(at_eight(day + datetime.timedelta(days=2)) + datetime.timedelta(hours=1))
        assert len(made(w, "M80")) == friday + 1
        nurses.look()

    def late_start():
        """The gateway was down at eight and comes at ten: the digest goes at once, and once; both workers may take it, and one dies of it."""
        before = len(made(w, "M80"))
        pids = {p["name"]: p["pid"] for p in w.status()["processes"] if p["name"].startswith("worker")}
        with locked(w, "outbox"):
            w.relais("clock", "until", (at_eight(w.now().date() + datetime.timedelta(days=1)) + datetime.timedelta(hours=2)).isoformat())
            wait_for("a worker with the digest in its hands", lambda: waits_for_lock(w, "worker"))
            for pid in pids.values():
                os.kill(pid, signal.SIGKILL)
            cut_off(w, "worker")
        wait_for("the workers again", lambda: all(p["state"] == "running" and p["pid"] not in (0, *pids.values())
                                                   for p in w.status()["processes"] if p["name"].startswith("worker")))
        w.settle()
        assert len(made(w, "M80")) == before + 1, [m["effect"] for m in made(w, "M80")]
        nurses.take("À traiter ce matin")
        nurses.nothing()

    def evening():
        """The day in figures, at seven in the evening: counts alone."""
        w.settle()
        operator.look()
        w.until(datetime.datetime.combine(w.now().date(), datetime.time(19), PARIS))
        mail = clean(operator.take("La journée en chiffres"))
        assert re.search(r"- messages reçus : \d+", words(mail)) and d.ref not in words(mail), words(mail)
        operator.nothing()
        ends(d)
        nurses.look()

    yield "nothing to do: one line says so, at eight and once", nothing_to_do
    yield "the tasks by reference, in their order", in_order
    yield "an emergency stands first, without its words", emergency_first
    yield "none at the week-end", weekend
    yield "a late start sends it at once, and a killed worker not twice", late_start
    yield "the operator has the day in figures in the evening", evening


# ---------------------------------------------------------------- at once

def at_once(w, story):
    boxes = {address: Box(w, address) for address in PEOPLE}
    experts = Experts(w)
    d, late = Dossier(w, story, PATIENTS["2.8"]), Dossier(w, story, PATIENTS["2.6"])

    def look():
        for box in boxes.values():
            box.look()

    def emergency():
        w.next_day(1, 9)
        d.request(exams=("34794-8", "11502-2", "18748-4"))
        d.reaches("triage")
        look()
        before = w.now()
        d.do("urgent", "douleur dans la poitrine")
        mail = clean(boxes[DUTY].take(f"URGENT possible {d.ref}"))
        assert w.now() - before < datetime.timedelta(minutes=1), "at once"
        assert "rien ne part vers un expert" in words(mail) and "le 15, le 112 et le 114" in words(mail) and "poitrine" not in words(mail), words(mail)
        boxes[NURSES].nothing()

    def nobody_called():
        """After ten minutes without a call the whole team has it; a call ends that."""
        w.until(w.now() + datetime.timedelta(minutes=11))
        again = clean(boxes[NURSES].take(f"URGENT possible {d.ref}"))
        assert "la personne de garde a été prévenue" in words(again), words(again)
        d.do("contact", "patient", "call", "reached", "Va bien")
        w.live(w.now() + datetime.timedelta(hours=2))
        told = [m["party"] for m in made(w, "M81") if d.ref in m["effect"]]
        assert sorted(told) == ["duty", "nurses"], told
        assert [e["kind"] for e in d.events()].count("urgent") == 1 and len(d.passed()["urgent_call"]) == 1, "the history tells it"
        ends(d)

    def days():
        """The expert says nothing: the team on the fifth day, the manager too from the sixth on, both before the end, the manager after it."""
        w.next_day(0, 9)
        late.completes()
        holder, _ = experts.accepts(late)
        w.settle()
        look()
        t0 = w.now()
        for day, code, subject, who in ((5, "M82", "Jour 5 : expert silencieux", (NURSES,)), (6, "M83", "Jour 6 : avis attendu demain", (NURSES, MANAGER)),
                                        (7, "M84", "Jour 7 : échéance", (NURSES, MANAGER))):
            w.live(t0 + datetime.timedelta(days=day))
            for address in who:
                mail = clean(boxes[address].take(f"{subject} - {late.ref}"))
                assert NAMES[holder].split()[-1] in words(mail), words(mail)
            assert {m["recipient"] for m in made(w, code)} == set(who), made(w, code)
        on_paper = w.relais("tasks", "phone").stdout
        assert late.ref in on_paper and NAMES[holder].split()[-1] in on_paper and late.patient.family not in on_paper, on_paper
        w.live(t0 + datetime.timedelta(days=8))
        assert set(late.passed()) >= {"day_5", "day_6", "due_soon", "overdue"}, late.passed()
        counted = {(m["code"], m["recipient"]): 0 for m in made(w, "M84")}
        for m in made(w, "M84"):
            counted[m["code"], m["recipient"]] += 1
        assert counted["M84", NURSES] == 1 and counted["M84", MANAGER] == 1 + len(late.passed()["overdue"]), counted
        assert all(m["dossier"] is None for code in ("M82", "M83", "M84") for m in made(w, code)), "they are no mail of the dossier"
        look()

    def undelivered():
        """A mail that reached nobody: which, to whom, why, what comes next."""
        sql(w, f"""update relais.outbox set state = 'failed', reason = 'deliver.mailbox', told = false, ended_at = now() where id =
            (select max(o.id) from relais.outbox o join relais.dossier d on d.id = o.dossier where d.ref = '{late.ref}' and o.party = 'patient')""")
        mail = clean(boxes[NURSES].take(f"Remise impossible - {late.ref}"))
        assert "le patient n'a pas reçu son message" in words(mail) and "relais dossier show" in words(mail), words(mail)

    def misdelivered():
        late.do("freeze", "breach", "Un avis aurait été lu par un tiers")
        mail = clean(boxes[OFFICER].take("72 h pour la CNIL"))
        end = w.now() + datetime.timedelta(hours=72)
        assert late.ref in words(mail) and str(end.day) in words(mail).split("informée avant")[1].split(",")[0], words(mail)
        late.do("unfreeze", "Fausse alerte")
        ends(late)
        look()

    yield "words of an emergency: who is on duty, at once", emergency
    yield "nobody called within ten minutes: the team; a call ends it", nobody_called
    yield "days 5, 6 and 7 without an opinion, each once", days
    yield "what reached nobody", undelivered
    yield "a suspected misdelivery: the officer, with the end of the 72 hours", misdelivered


# ---------------------------------------------------------------- what stands too long

def machines(w, story):
    boxes = {address: Box(w, address) for address in PEOPLE}
    known = {}

    def look():
        for box in boxes.values():
            box.look()

    def quarantine():
        """Its owner after four hours, the manager after a day; not before, and not twice."""
        w.next_day(2, 9)
        look()
        head, message_id = clients.head(HOSPITAL, DEPOT, "XDM/1.0/DDM+CR")
        clients.send(w.submit_port(HOSPITAL), w.anchors, HOSPITAL, [DEPOT], head + clients.entity("Compte rendu sans signature"))
        row = outcome(w, message_id)
        assert row["outcome"] == "held", row
        owner = {"nurses": NURSES, "operator": OPERATOR, "officer": OFFICER}[row["owner"]]
        known["held"] = next(q["id"] for q in w.relais("quarantine", "list", as_json=True) if q["message_id"] == message_id)
        begin = w.now()
        w.until(begin + datetime.timedelta(hours=3, minutes=50))
        assert not made(w, "M93")
        w.until(begin + datetime.timedelta(hours=4, minutes=2))
        mail = clean(boxes[owner].take("Alerte : quarantaine"))
        assert known["held"] in words(mail) and "1 message attend une décision" in words(mail), words(mail)
        boxes[MANAGER].nothing()
        w.live(begin + datetime.timedelta(hours=24, minutes=2))
        assert known["held"] in words(clean(boxes[MANAGER].take("Alerte : quarantaine")))
        w.live(begin + datetime.timedelta(hours=60))
        assert len(made(w, "M93")) == 2, made(w, "M93")
        w.relais("quarantine", "again", known["held"])
        w.settle()
        assert outcome(w, message_id)["outcome"] == "held"
        w.until(w.now() + datetime.timedelta(hours=4, minutes=2))
        assert len(made(w, "M93")) == 3, ("kept apart anew, told of anew", made(w, "M93"))
        w.relais("quarantine", "return", known["held"])
        look()

    def declined():
        """Somebody asks what a dossier holds: refused in words that tell nothing, and the officer knows of it."""
        hospital = Box(w, HOSPITAL)
        head, message_id = clients.head(HOSPITAL, DEPOT, "Demande de pièces")
        clients.send(w.submit_port(HOSPITAL), w.anchors, HOSPITAL, [DEPOT], head + clients.entity("Votre service a-t-il rendu un avis sur notre assurée ?"))
        assert outcome(w, message_id)["outcome"] == "held"
        number = next(q["id"] for q in w.relais("quarantine", "list", as_json=True) if q["message_id"] == message_id)
        w.settle()
        look()
        w.relais("quarantine", "decline", number)
        mail = clean(hospital.take("Demande refusée"))
        assert mail["In-Reply-To"] == message_id and "article L.1110-4" in words(mail) and number not in words(mail), words(mail)
        told = clean(boxes[OFFICER].take("Demande de contenu refusée"))
        assert number in words(told) and HOSPITAL not in words(told), words(told)
        assert outcome(w, message_id)["reason"] == "content.declined" and number not in [q["id"] for q in w.relais("quarantine", "list", as_json=True)]
        assert w.relais("quarantine", "decline", number, check=False).returncode != 0, "once"

    def alarm():
        """Raised: one mail. After a day: one that says that it lasts. Over for an hour: one that says so, and no more."""
        sql(w, """select relais.alarm_raise('collect.failed', 'critical', '{"mailbox": "hopital", "reason": "collect.login"}')""")
        w.until(w.now() + datetime.timedelta(minutes=2))
        mail = clean(boxes[OPERATOR].take("Alerte : du courrier n'est plus relevé"))
        assert "ne peut plus l'être depuis dix minutes" in words(mail) and "reason collect.login, mailbox hopital" in words(mail), words(mail)
        w.until(w.now() + datetime.timedelta(hours=2))
        assert len(made(w, "M90")) == 1, "it is told once"
        w.live(w.now() + datetime.timedelta(hours=23))
        boxes[OPERATOR].take("L'alerte dure : collect.failed")
        assert "collect.failed" in w.relais("alarms", check=False).stdout
        sql(w, "select relais.alarm_clear('collect.failed')")
        assert "collect.failed" not in w.relais("alarms", check=False).stdout
        w.until(w.now() + datetime.timedelta(minutes=30))
        assert len(made(w, "M90")) == 2, "quiet for an hour first"
        w.until(w.now() + datetime.timedelta(minutes=40))
        boxes[OPERATOR].take("Fin de l'alerte : collect.failed")
        w.live(w.now() + datetime.timedelta(days=2))
        assert len(made(w, "M90")) == 3, made(w, "M90")
        boxes[MANAGER].nothing()

    def signed_only():
        """Each left signed, to one of them, and none twice."""
        mails = rows(w, "select id, code, party, recipient, state, effect, seal is not null as sealed from relais.outbox where event is null and inbox is null")
        assert mails and all(m["state"] == "accepted" and m["sealed"] and m["recipient"] in PEOPLE for m in mails), [m for m in mails if m["state"] != "accepted"]
        assert len({m["effect"] for m in mails}) == len(mails)

    def unreachable():
        """The digest could not be delivered: an alarm, that the operator has by mail, until one reaches the team again."""
        w.live(at_eight(w.now().date() + datetime.timedelta(days=(7 - w.now().weekday()))))
        w.settle()
        look()
        sql(w, """update relais.outbox set state = 'failed', reason = 'deliver.mailbox', told = false where id = (select max(id) from relais.outbox where code = 'M80')""")
        wait_for("the alarm", lambda: "staff.failed" in w.relais("alarms", check=False).stdout)
        w.until(w.now() + datetime.timedelta(minutes=2))
        assert NURSES in words(boxes[OPERATOR].take("Alerte : un message à nos équipes n'est pas remis"))
        w.live(at_eight(w.now().date() + datetime.timedelta(days=1)))
        boxes[NURSES].take("À traiter ce matin")
        wait_for("its end", lambda: "staff.failed" not in w.relais("alarms", check=False).stdout)

    yield "quarantine: its owner after four hours, the manager after a day", quarantine
    yield "a request for content: refused, and the officer is told", declined
    yield "an alarm: raised, lasting, over; once each", alarm
    yield "each mail left sealed, to one of ours", signed_only
    yield "a digest that is not delivered is an alarm", unreachable


SECTIONS = (("morning", morning), ("at once", at_once), ("machines", machines))


def cases(world, story):
    yield from sections(SECTIONS, world, story)
