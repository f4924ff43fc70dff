#!/usr/bin/env python3
"""docs/reasons.md out of base/reason_list.h: every code, what is said with it in SMTP, its sentences, its hint.

tests/make-reasons.py            writes docs/reasons.md
tests/make-reasons.py --print    prints it"""
import os
import re
import sys

ROOT = os.path.realpath(os.path.join(os.path.dirname(__file__), ".."))
SOURCE, RESULT = os.path.join(ROOT, "base/reason_list.h"), os.path.join(ROOT, "docs/reasons.md")
TEXT = r'"((?:[^"\\]|\\.)*)"'
ROW = re.compile(r"^R\((\w+), " + TEXT + r", (\w+), (\d+), " + ", ".join([TEXT] * 4) + r"\)$")
HEADING = re.compile(r"^/\* (.+) \*/$")
FATE = {"TOLERATED": "told", "HELD": "held", "REFUSED": "refused", "LATER": "later", "LOCAL": "here"}

INTRO = """# Reasons

*Made from `base/reason_list.h` by `tests/make-reasons.py`: change it there.*

Whatever is refused, held or found odd has one of these codes. The same code stands in the SMTP reply (in brackets at its end), in the message
« Message à corriger », in `relais trace`, `relais quarantine list` and `relais inspect`, and in the log. Codes do not change from one release to the next.

*Chaque refus, chaque mise à part et chaque défaut relevé porte un de ces codes : entre parenthèses à la fin de la réponse SMTP, dans le message
« Message à corriger », dans la ligne de commande et dans le journal.*

**Fate** says what becomes of the thing / dit ce qu'il advient :

| Fate | Meaning | Sens |
|---|---|---|
| told | accepted; the defect is told | accepté ; le défaut est signalé |
| held | kept apart; a person decides | mis à part ; une personne décide |
| refused | not accepted; the sender is told where he may be | non accepté ; l'expéditeur l'apprend s'il peut être prévenu |
| later | not now: try again | pas maintenant : réessayez |
| here | our own configuration, command line or machine | notre configuration, notre ligne de commande ou notre machine |

**SMTP** is the reply that belongs to the code. In this release the session itself says those of the sections base, store, smtp and peer. Signature, structure and
content are looked at after the message was accepted with 250: a refusal then comes as a delivery report or a receipt with the code in its subject
(*Ensuite, le refus arrive par avis de remise ou accusé, avec le code dans l'objet*).
"""


def unquoted(text):
    return text.replace('\\"', '"').replace("\\\\", "\\")


def cell(text):
    return text.replace("|", "\\|")


def rows():
    """Yields a heading (one text) or a row (its seven fields). A line that is neither is no silent loss."""
    with open(SOURCE, encoding="utf-8") as f:
        for number, line in enumerate(f, 1):
            line = line.rstrip("\n")
            heading, row = HEADING.match(line), ROW.match(line)
            if heading:
                yield (heading.group(1),)
            elif row:
                _, code, fate, smtp, *texts = row.groups()
                yield (code, fate, smtp, *map(unquoted, texts))
            elif line.startswith("R("):
                sys.exit(f"{SOURCE}:{number}: not understood: {line[:80]}")


def page():
    out = [INTRO]
    for row in rows():
        if len(row) == 1:
            title = row[0][0].upper() + row[0][1:]
            out.append(f"\n## {title}\n\n| Code | Fate | SMTP | En français | In English | For our operator |\n|---|---|---|---|---|---|\n")
            continue
        code, fate, smtp, enhanced, fr, en, hint = row
        if fate == "NONE":
            continue
        reply = f"{smtp} {enhanced}" if smtp != "0" else ""
        out.append("| " + " | ".join([f"`{code}`", FATE[fate], reply, cell(fr), cell(en), cell(hint)]) + " |\n")
    return "".join(out)


def main():
    if sys.argv[1:] == ["--print"]:
        sys.stdout.write(page())
        return
    with open(RESULT, "w", encoding="utf-8") as f:
        f.write(page())


if __name__ == "__main__":
    main()
