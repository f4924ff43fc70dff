#!/usr/bin/env python3
"""docs/deadlines.md out of policy/deadline_table.c: every timer of a dossier, when it is due and what it brings.

tests/make-deadlines.py            writes docs/deadlines.md
tests/make-deadlines.py --print    prints it"""
import os
import re
import sys

ROOT = os.path.realpath(os.path.join(os.path.dirname(__file__), ".."))
SOURCE, RESULT = os.path.join(ROOT, "policy/deadline_table.c"), os.path.join(ROOT, "docs/deadlines.md")
TEXT = r'"((?:[^"\\]|\\.)*)"'
ROW = re.compile(r"\[DEADLINE_(\w+)\] = \{" + ", ".join([TEXT] * 3) + r",\s*(.*?)\},\n(?=\t\[|\};)", re.S)
UNITS = {"MIN": "min", "HOURS": "h", "DAYS": "d", "W_HOURS": "wh", "W_DAYS": "wd"}
HOURS = {"HOURS_ANY": "", "HOURS_PATIENT": "patient's", "HOURS_PROFESSIONAL": "professional's", "HOURS_ASKED": "his who was asked", "HOURS_BEFORE": "last working day before"}
ACTS = {"ACT_REMIND": "reminder noted", "ACT_NEXT_EXPERT": "next expert", "ACT_EXPIRE": "the request ends", "ACT_STANDBY_CHOOSE": "a stand-by is chosen",
        "ACT_STANDBY_OFFER": "the stand-by is asked", "ACT_FALL_BACK": "undeliverable", "ACT_CLOSE": "closed", "ACT_ARCHIVE": "archived", "ACT_ADDENDUM": "M13C", "ACT_END_REPRESENTATIVES": "his rights end"}

INTRO = """# What falls due, and when

*Made from `policy/deadline_table.c` by `tests/make-deadlines.py`: change it there.*

Every timer of a dossier is a row of one table. It runs while the dossier is in one of its **states** and its condition holds; its firing leaves `deadline_passed` with the
row's name in the history, and it does not come again before what it counts from has happened anew (or, where *again* is told, before that time has passed). The spans and the three windows
may be set otherwise: `relais settings list`, `relais settings import FILE` ([rules.md](rules.md)). `tests/make-deadlines.py --print` shows this page; `policy/deadline_test.c` tries each row early, in time,
again, after a restart and a week late, over holidays and over the change of hour (`each_row`); that what it waited for ends it (`what_it_waited_for_ends_it`), and that it moves with its setting (`every_span_is_a_setting`). A row without
its lines there fails the tests.

- **Spans**: `min`, `h`, `d` (days: the same civil time in France), `wh` and `wd` (working hours and days: Monday to Friday without public holidays, the hours of `window.nurses`).
- **From**: what the span is counted from; *before* counts back.
- **Hours**: a mail to a patient waits for `window.patients` in his own zone (the answer `patient.place`), a reminder to a professional for `window.professionals`. A late alert that would fall on a
  week-end or public holiday comes on the last working day before, unless that lies before its own beginning: then on the next.
- **Clock**: *promise* stands still while the expert's question waits and while the patient asks us to wait. A dossier that is frozen, or whose patient died, has only the rows marked *always*.
- **Source**: section of the product's rules; (A) is an assumption, to be confirmed by the service.

| Name | What people read | States | Span | From | Hours | Clock | Again | Alerts | Mail, act | Source |
|---|---|---|---|---|---|---|---|---|---|---|
"""


def macros(text):
    found = {}
    for name, value in re.findall(r"^#define (\w+) +\((.*)\)$", text, re.M):
        found[name] = value
    return found


def states(expression, known):
    out = []
    for word in re.findall(r"IN\((\w+)\)|(\w+)", expression):
        out += [word[0].lower()] if word[0] else states(known[word[1]], known)
    return out


def span(text):
    unit, count = re.match(r"(\w+)\((\d+)\)", text).groups()
    return f"{count} {UNITS[unit]}"


def cells(match, known):
    name, fr, en, body = match.group(2), match.group(3), match.group(4), match.group(5)
    field = {key: value.strip().strip('"') for key, value in re.findall(r"\.(\w+) = (\"[^\"]*\"|[^,]+(?:\([^)]*\))?(?: \| [^,]+)*)", body)}
    named = states(field["states"], known) if "states" in field else []
    clock = [word for word in ("promise", "always") if field.get(word) == "true"]
    start = re.sub(r"^(?:from|to)_", "", field.get("from", "the message")).replace("_", " ")
    what = [w for w in (field.get("mail", "").removeprefix("MAIL_"), ACTS.get(field.get("act"), "")) if w]
    alerts = [w.strip().removeprefix("ALERT_").lower() for w in field.get("alerts", "").split("|") if w.strip()]
    where = "all" if set(states("ANY", known)) <= set(named) else ", ".join(dict.fromkeys(named)) or "held messages"
    return [f"`{name}`", f"{fr} / {en}", where, span(field["span"]), ("before the " if "back" in field else "") + start, HOURS[field.get("hours", "HOURS_ANY")],
            ", ".join(clock), span(field["again"]) if "again" in field else "", ", ".join(alerts), ", ".join(what), field["source"]]


def page():
    with open(SOURCE, encoding="utf-8") as f:
        text = f.read()
    known, table = macros(text), text[text.index("rows[DEADLINES]"):]
    found = [m for m in ROW.finditer(table) if m.group(1) != "NONE"]
    if len(found) != len(re.findall(r"^\t\[DEADLINE_", table, re.M)) - 1:
        sys.exit(f"{SOURCE}: {len(found)} rows were understood, and there are more")
    rows = [cells(m, known) for m in found]
    return INTRO + "".join("| " + " | ".join(c.replace("|", "\\|") for c in row) + " |\n" for row in rows) + by_state(found, known)


def by_state(found, known):
    """Which timers run in each state: those of all states stand once."""
    everywhere, timers = set(states("ANY", known)), {}
    for match in found:
        named = states(re.search(r"\.states = ([^,]+)", match.group(5)).group(1), known) if ".states" in match.group(5) else []
        for state in ["any of them"] if everywhere <= set(named) else dict.fromkeys(named):
            timers.setdefault(state, []).append(f"`{match.group(2)}`")
    silent = sorted(everywhere - set(timers))
    text = "\n## By state\n\nEach is tried by the three tests named above. States that are passed through inside one decision (`new`) and `erased` have none.\n\n| State | Timers |\n|---|---|\n"
    return text + "".join(f"| {state} | {', '.join(names)} |\n" for state, names in timers.items()) + "".join(f"| {state} | |\n" for state in silent)


def main():
    if sys.argv[1:] == ["--print"]:
        sys.stdout.write(page())
        return
    with open(RESULT, "w", encoding="utf-8") as f:
        f.write(page())


if __name__ == "__main__":
    main()
