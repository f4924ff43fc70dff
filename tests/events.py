#!/usr/bin/env python3
"""The table of docs/life.md: all 51 events stand in it, and every test that it names stands where it says.

A row without a test must say what is open; one that says so may have tests besides."""
import os
import re
import sys

ROOT = os.path.realpath(os.path.join(os.path.dirname(__file__), ".."))
ROW = re.compile(r"^\| (E[0-9]{2}) ([^|]+)\| ([^|]+) \| ([^|]*)\|$", re.M)
EVENTS = 51


def stands(place):
    """Is there a test of that name in that file: a function of C, or the words of a case in Python?"""
    path, _, name = place.partition(": ")
    try:
        with open(os.path.join(ROOT, path), encoding="utf-8") as f:
            text = f.read()
    except OSError:
        return False
    return f"cmocka_unit_test({name})" in text if path.endswith(".c") else f'"{name}"' in text


def main():
    with open(os.path.join(ROOT, "docs/life.md"), encoding="utf-8") as f:
        rows = ROW.findall(f.read())
    wrong = [f"E{n:02}: not in the table" for n in range(1, EVENTS + 1) if f"E{n:02}" not in [r[0] for r in rows]]
    for event, _, what, tests in rows:
        places = re.findall(r"`([^`]+)`", tests)
        wrong += [f"{event}: no such test: {p}" for p in places if not stands(p)]
        if not places and "**Open**" not in what:
            wrong.append(f"{event}: neither tried nor open")
    for line in wrong:
        print("NOT OK ", line)
    opened = sum("**Open**" in what for _, _, what, _ in rows)
    print(f"        {len(rows)} events, {len(rows) - opened} whole, {opened} with something open")
    print(f"{len(rows)} passed, {len(wrong)} failed, 0 skipped")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
