#!/usr/bin/env python3
"""Every failure mode of SMTP, TLS, IMAP and delivery reports that we know of is tried by a test which names it.

A test names a row by its id ("P4", "I2, I3") in its name, its docstring or a comment beside it. This program counts where each stands
and fails when one stands nowhere. What the rows are: docs/security.md, "What hostile peers try"."""
import glob
import os
import re
import sys

ROOT = os.path.realpath(os.path.join(os.path.dirname(__file__), ".."))
SOURCES = ("tests/**/*.py", "tests/fuzz/*.c", "smtp/*_test.c", "policy/*_test.c", "certs/*_test.c", "gateway/*_test.c")
ID = re.compile(r"\b([PTID])([1-9][0-9]?)\b")


def rows():
    """{id: what it is}, as the table of docs/security.md has them."""
    with open(os.path.join(ROOT, "docs/security.md"), encoding="utf-8") as f:
        return dict(re.findall(r"^\| ([PTID][0-9]+) \| ([^|]+?) \|", f.read(), re.M))


def named():
    """{id: [files that name it]}"""
    found = {}
    for pattern in SOURCES:
        for path in sorted(glob.glob(os.path.join(ROOT, pattern), recursive=True)):
            if path == os.path.realpath(__file__):
                continue
            with open(path, encoding="utf-8") as f:
                for letter, number in set(ID.findall(f.read())):
                    found.setdefault(letter + number, []).append(os.path.relpath(path, ROOT))
    return found


def main():
    known, found = rows(), named()
    missing = [row for row in known if row not in found]
    for row, what in known.items():
        print(f"{'ok     ' if row in found else 'NOT OK '} {row:4} {what}: {', '.join(found.get(row, ['no test names it']))}")
    if len(known) < 40:
        print(f"NOT OK  only {len(known)} rows were found in docs/security.md")
        missing.append("table")
    print(f"{len(known) - len([m for m in missing if m in known])} passed, {len(missing)} failed, 0 skipped")
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
