#!/usr/bin/env python3
"""docs/rules-cda.md out of cda/rule_list.h: every rule of a French document, its level, its source, its sentences.

tests/make-rules.py            writes docs/rules-cda.md
tests/make-rules.py --print    prints it"""
import os
import re
import sys

ROOT = os.path.realpath(os.path.join(os.path.dirname(__file__), ".."))
SOURCE, RESULT = os.path.join(ROOT, "cda/rule_list.h"), os.path.join(ROOT, "docs/rules-cda.md")
TEXT = r'"((?:[^"\\]|\\.)*)"'
ROW = re.compile(r"^R\(" + TEXT + r", (ERROR|WARNING), (START|END), (\w+), (\w+), " + ", ".join([TEXT] * 3) + r"\)$")
HEADING = re.compile(r"^/\* (.+) \*/$")

INTRO = """# Rules of a French clinical document

*Made from `cda/rule_list.h` by `tests/make-rules.py`: change it there.*

What `relais inspect` tells of a French CDA under `findings`: the header of the CI-SIS ("structuration minimale"), the body, embedded files. A rule that is
broken is told and never refuses: official samples break some of these, and value sets age. What refuses a document is in [reasons.md](reasons.md)
(section cda). **error**: the document says less than it must; **warning**: the shape is not the one asked for, or a code is not in the value set that we know.
A document of another country has the one finding `document.foreign`.

*Ce que `relais inspect` relève dans un CDA français, sous `findings`. Une règle non respectée est signalée et ne refuse jamais le document ; ce qui le refuse est
dans [reasons.md](reasons.md). **error** : il manque une information obligatoire ; **warning** : la forme n'est pas celle attendue, ou un code n'est pas dans le
jeu de valeurs connu.*
"""


def unquoted(text):
    return text.replace('\\"', '"').replace("\\\\", "\\").replace("|", "\\|")


def rows():
    """Yields a heading (one text) or a row (name, level, source, French, English). A line that is neither is no silent loss."""
    with open(SOURCE, encoding="utf-8") as f:
        for number, line in enumerate(f, 1):
            line = line.rstrip("\n")
            heading, row = HEADING.match(line), ROW.match(line)
            if heading:
                yield (heading.group(1),)
            elif row:
                name, level, _, _, _, *texts = row.groups()
                yield (name, level.lower(), *map(unquoted, texts))
            elif line.startswith("R("):
                sys.exit(f"{SOURCE}:{number}: not understood: {line[:80]}")


def page():
    out = [INTRO]
    for row in rows():
        if len(row) == 1:
            out.append(f"\n## {row[0]}\n\n| Rule | Level | En français | In English | Source |\n|---|---|---|---|---|\n")
            continue
        name, level, source, fr, en = row
        out.append(f"| `{name}` | {level} | {fr} | {en} | {source} |\n")
    return "".join(out)


def main():
    if sys.argv[1:] == ["--print"]:
        sys.stdout.write(page())
        return
    with open(RESULT, "w", encoding="utf-8") as f:
        f.write(page())


if __name__ == "__main__":
    main()
