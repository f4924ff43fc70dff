"""Money and figures: two opinions are delivered and paid once, the experts' and the partner's month, the questionnaire six months after. Over real mail,
in a rehearsal (rehearsal.py)."""
import datetime
import json
import os

from database import rows, sql
from rehearsal import NAMES, PARIS, PATIENTS, RPPS, Box, Dossier, Experts, Rehearsal, holiday, plain, words
from world import SECOND_EXPERT, wait_for

INSURER = "chiffres@assureur.mssante.fr"
CONTRACT = "0042"


class FiguresWorld(Rehearsal):
    """An insurer has a mailbox, and wants the figures of its contract."""

    def __init__(self, folder, bin_dir, cache):
        super().__init__(folder, bin_dir, cache)
        name, domains = self.operators["operateur-b"]
        self.operators["operateur-b"] = (name, {**domains, "assureur.mssante.fr": ["chiffres"]})

    def rules(self):
        rules = super().rules()
        next(e for e in rules["expert"] if e["mailbox"] == SECOND_EXPERT)["payee"] = "organisation"
        return rules

    def _configure(self):
        super()._configure()
        self.set_groups({"partners": f'insurers = ( {{ contract = "{CONTRACT}"; mailbox = "{INSURER}"; }} );'})


def fees(w, *words_):
    return w.relais("fees", *words_, as_json=True)


def sheet(w, *words_):
    return w.relais("stats", *words_, as_json=True)


def value(found, indicator):
    return next(r["value"] for r in found["rows"] if r["indicator"] == indicator)


def first_working_day(w):
    """Of the month after this one, at ten: after the statements' time."""
    day = (w.now().date().replace(day=1) + datetime.timedelta(days=32)).replace(day=1)
    while day.weekday() > 4 or holiday(day):
        day += datetime.timedelta(days=1)
    return datetime.datetime.combine(day, datetime.time(10), PARIS)


def cases(w, story):
    experts, insurer, known = Experts(w), Box(w, INSURER), {}
    first, second = Dossier(w, story, PATIENTS["2.1"]), Dossier(w, story, PATIENTS["2.6"])

    def gives(d, **changed):
        d.request(exams=("34794-8", "11502-2", "18748-4"), **changed)
        d.reaches("triage")
        d.do("triage")
        holder, full = experts.accepts(d)
        experts.opines(d, holder, full)
        d.reaches("checked")
        return holder, full

    def earned():
        w.next_day(0, 10, free=3)
        known["first"] = gives(first, consent__study="true", relais__contract=CONTRACT)
        assert fees(w) == [], "an opinion that is not handed over earns nothing"
        first.do("release")
        first.box.take("Votre deuxième avis est arrivé")
        w.settle()
        known["second"] = gives(second)
        second.do("release")
        w.settle()
        found = fees(w)
        assert [f["ref"] for f in found] == [first.ref, second.ref] and {f["cents"] for f in found} == {12000}, found
        for f in found:
            hospital = RPPS[f["rpps"]] == SECOND_EXPERT
            assert f["payee"] == ("organisation" if hospital else "person") and (f["payee_id"] == f["rpps"]) != hospital and f["payee_name"], f
        assert len({f["rpps"] for f in found}) == 2, "shared between the two who have the least"
        assert fees(w, "--expert", found[0]["rpps"])[0]["ref"] == first.ref and fees(w, "--month", "2001-01") == []
        known["fees"] = found

    def revised():
        holder, full = known["first"]
        experts.opines(first, holder, full, Avis_motivé="Avis corrigé : le bilan peut attendre.")
        first.reaches("revision")
        first.do("release")
        first.box.take("ANNULE ET REMPLACE")
        w.settle()
        assert fees(w) == known["fees"], "a correction earns nothing"
        assert len(first.events("released")) == 2

    def setting():
        """Another amount holds for what comes, not for what was earned."""
        listed = {s["setting"]: s["value"] for s in w.relais("settings", "list", as_json=True)}
        assert listed["fee.cents"] == "12000", listed["fee.cents"]
        path = os.path.join(w.dir, "fee.json")
        with open(path, "w", encoding="utf-8") as f:
            json.dump([{"setting": "fee.cents", "value": "13050"}], f)
        w.relais("settings", "import", path)
        assert {s["setting"]: s["value"] for s in w.relais("settings", "list", as_json=True)}["fee.cents"] == "13050" and fees(w) == known["fees"]
        csv = w.relais("fees", "--csv").stdout
        assert csv.splitlines()[0] == "ref;at;rpps;payee;payee_id;payee_name;amount" and f"{first.ref};" in csv, csv

    def day():
        today = sheet(w, "day")
        assert value(today, "Demandes ouvertes") == "2" and value(today, "Avis remis") == "2" and value(today, "Avis rectifiés") == "1", today
        month = w.now().strftime("%Y-%m")
        done = w.relais("stats", "partner", "all", "--month", month, check=False)
        assert done.returncode != 0 and "pas fini" in done.stderr, "a month that is not over tells of each"

    def statements():
        month, refs = w.now().strftime("%Y-%m"), {}
        for f in known["fees"]:
            refs.setdefault(RPPS[f["rpps"]], []).append(f["ref"])
        for box in experts.boxes.values():
            box.look()
        insurer.look()
        at = first_working_day(w)
        w.live(at - datetime.timedelta(hours=2, minutes=30))
        assert not rows(w, "select id from relais.outbox where code = 'M17'"), "not before the first working day, half past eight"
        w.live(at)
        for address, box in experts.boxes.items():
            if address not in refs:
                box.nothing()
                continue
            mail = box.take("Relevé de")
            text = plain(words(mail))
            amount = f"{120 * len(refs[address])} €"
            assert amount in plain(mail["Subject"]) and all(ref in text for ref in refs[address]) and NAMES[address].split()[-1] in text, text
            for d in (first, second):
                assert d.patient.family not in text and d.patient.ins not in text and d.patient.given not in text
        known["month"] = month

    def partner():
        mail = insurer.take("Chiffres de")
        text = plain(words(mail))
        assert f"contrat {CONTRACT}" in plain(mail["Subject"]) and "Demandes : masqué" in text and "Bénéficiaires : non mesuré" in text, text
        assert first.ref not in text and "PAT-" not in text
        w.forward(days=3)
        insurer.nothing()
        made = [r["effect"] for r in rows(w, "select effect from relais.outbox where code = 'M99'")]
        assert sum(e.endswith(f"{known['month']} {CONTRACT}") for e in made) == 1 and len(made) == len(set(made)), made
        assert len(rows(w, "select id from relais.outbox where code = 'M17'")) == len({f["rpps"] for f in known["fees"]}), "once a month"
        month = sheet(w, "partner", CONTRACT, "--month", known["month"])
        assert value(month, "Demandes") == "masqué" and value(month, "Avis remis") == "masqué" and not month["partial"] and month["hidden"] >= 2, month
        assert w.relais("stats", "partner", "all", "--month", known["month"], "--csv").stdout.startswith("section;indicator;value;before;definition")

    def six_months():
        for d in (first, second):
            if d.state() not in ("closed", "archived"):
                d.do("close")
        w.settle()
        for d in (first, second):
            d.box.look()
        w.forward(days=190)
        known["m40"] = first.box.take("Six mois après")
        assert "4. L'avis reçu vous a-t-il satisfait" in words(known["m40"]), words(known["m40"])
        assert not second.mails("M40"), "asked apart, and not agreed to"

    def answers():
        first.reply(known["m40"], first.patient.mailbox, "1. oui\n2. non\n3) Oui, tout à fait\n4 : oui", name="DOMINIQUE PAT-TROIS")
        wait_for("the answer", lambda: first.events("study_answered"))
        assert set(first.events("study_answered")[0]["data"]) <= {"mails", "outbox"}, "that it came, not what it says"
        counted = rows(w, "select question, answer, n from relais.study_count")
        assert {(c["question"], c["answer"], c["n"]) for c in counted} == {("doctor", "yes", 1), ("care", "no", 1), ("recommend", "yes", 1), ("satisfied", "yes", 1)}, counted
        assert sql(w, "select string_agg(attname, ',' order by attnum) from pg_attribute where attrelid = 'relais.study_count'::regclass and attnum > 0 and not attisdropped") \
            == "year,question,answer,n", "nothing that leads to a file: of a pathology there may be one alone"
        first.reply(known["m40"], first.patient.mailbox, "STOP", name="DOMINIQUE PAT-TROIS")
        wait_for("the word", lambda: first.events("study_stopped"))
        assert "2 réponses comptées" in w.relais("stats", "answers", "1. oui, 4. non").stdout
        assert w.relais("stats", "answers", "sans réponse", check=False).returncode != 0
        assert sql(w, "select n from relais.study_count where question = 'doctor' and answer = 'yes'") == "2"
        first.refused("dossier.order", "study-answered")
        numbers = {d.ref: sql(w, f"select id from relais.dossier where ref = '{d.ref}'") for d in (first, second)}
        assert [sql(w, f"select relais.study_stopped({numbers[d.ref]})") for d in (first, second)] == ["t", "f"]
        assert "plus de questionnaire" in w.relais("dossier", "history", first.ref).stdout

    def committee():
        year = sheet(w, "committee", "--year", str(w.now().year))
        names = [r["indicator"] for r in year["rows"]]
        for wanted in ("Nb bénéficiaires potentiels", "Usage, nb avis rendus", "Taux recommandation des utilisateurs", "Taux de médecins traitants au courant de la démarche",
                       "3-Désert médical", "Taux d'orientation/recommandation par des médecins"):
            assert wanted in names, wanted
        assert value(year, "Taux recommandation des utilisateurs") == "masqué" and value(year, "3-Désert médical") == "non mesuré", year
        assert "3-Désert médical" in year["gaps"]
        text = w.relais("stats", "committee", "--year", str(w.now().year)).stdout
        assert "Dossiers complets au premier envoi" in text and "masqué" in text, text

    def agrees():
        checks = {c["name"]: c for c in w.relais("reconcile", as_json=True)}
        line = checks["fees in the ledger against what the events earned"]
        assert line["counted"] == 2 and line["bad"] == 0 and not any(c["bad"] for c in checks.values()), checks
        sql(w, "begin; set session_replication_role = replica; delete from relais.fee where dossier = (select min(dossier) from relais.fee); commit")
        done = w.relais("reconcile", "--json", check=False)
        bad = {c["name"] for c in json.loads(done.stdout) if c["bad"]}
        assert done.returncode != 0 and {"fees in the ledger", "fees in the ledger against what the events earned"} <= bad, bad

    yield "two opinions are handed over: a line each", earned
    yield "a correction is handed over: no line", revised
    yield "what a line is worth is a setting", setting
    yield "the day in figures; a month that is not over is refused", day
    yield "on the first working day each expert has his statement, by reference", statements
    yield "and the partner the figures of the month, once, with small cells hidden", partner
    yield "six months after, who agreed is asked", six_months
    yield "the answers are counted apart from the dossier; STOP ends it", answers
    yield "the committee's year has its indicators by their names", committee
    yield "the ledger is what the events earned, and a line that is gone is seen", agrees
