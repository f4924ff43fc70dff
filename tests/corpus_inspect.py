#!/usr/bin/env python3
"""Runs `relais inspect --json` over the corpus and counts how often it agrees with what the corpus expects.

    corpus_inspect.py CORPUS BIN_DIR

CORPUS holds hostile/, cda/ and cda-schema/; BIN_DIR holds relais, relais-verify and relais-inspect of a release build.
Every file is read by a process of its own, whose time and memory (with those of its children) are measured. Exit status 0
only if every file of hostile/ (with or without an expectation) and of cda/ reached a verdict within 2 s and 256 MB, none stopped a reader, and no class agrees less often than
FLOORS says. Files whose expectation speaks of something else than `relais inspect` are counted apart: certificates (tests of
certs/), envelope addresses and ends of data (tests of smtp/), bodies of replies (tests of smtp/new_text).
"""
import json
import os
import re
import sys
import tempfile
import time

SECONDS, MEGABYTES = 2.0, 256

# Measured; a change that makes one smaller has to say why.
FLOORS = {
    "smime": 241, "mime": 105, "xml": 37, "zip": 81, "xdm": 63, "bounces": 219, "smtp": 4, "cda": 82,
}


class Run:
    """One file read by one process."""

    def __init__(self, relais, arguments, path):
        read, write = os.pipe()
        start = time.monotonic()
        pid = os.fork()
        if pid == 0:
            os.dup2(write, 1)
            os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
            os.execv(relais, [relais, "inspect", "--json", *arguments, path])
        os.close(write)
        with os.fdopen(read, "rb") as pipe:
            output = pipe.read()
        _, status, usage = os.wait4(pid, 0)
        self.seconds = time.monotonic() - start
        self.megabytes = usage.ru_maxrss / 1024
        self.status = status
        try:
            self.answer = json.loads(output)
        except ValueError:
            self.answer = None

    def fault(self):
        """Why this reading breaks a promise, or None."""
        if self.status != 0:
            return "exit status %d" % self.status
        if self.answer is None:
            return "no answer"
        if self.answer["reason"] in ("mail.unreadable", "mail.time"):
            return "a reader was stopped: " + self.answer["reason"]
        if self.seconds > SECONDS:
            return "%.2f s" % self.seconds
        if self.megabytes > MEGABYTES:
            return "%.0f MB" % self.megabytes
        return None


class Tally:
    def __init__(self):
        self.agree = {}
        self.total = {}
        self.differ = []
        self.faults = []
        self.slowest = (0, "")
        self.largest = (0, "")
        self.apart = {}
        self.runs = 0
        self.read = set()            # files of the corpus that were read, by path

    def measured(self, run, name):
        self.runs += 1
        self.slowest = max(self.slowest, (run.seconds, name))
        self.largest = max(self.largest, (run.megabytes, name))
        fault = run.fault()
        if fault:
            self.faults.append("%s: %s" % (name, fault))
        return fault is None

    def judged(self, kind, name, agrees, want, got):
        self.total[kind] = self.total.get(kind, 0) + 1
        if agrees:
            self.agree[kind] = self.agree.get(kind, 0) + 1
        else:
            self.differ.append("%s  %s\n    expected: %s\n    got: %s" % (kind, name, want, got))


def rows_of(folder):
    with open(os.path.join(folder, "expectations.tsv"), encoding="utf-8") as table:
        next(table)
        for line in table:
            yield line.rstrip("\n").split("\t")


def brief(answer):
    signature = answer["signature"]
    archive = answer["archive"] or {}
    return "%s %s smtp=%s sig=%s/%s/%s class=%s archive=%s report=%s" % (
        answer["verdict"], answer["reason"], answer["smtp"], signature["verdict"], signature["bound"], signature["reason"],
        answer["class"], archive.get("reason"), json.dumps(answer["report"]))


def accepted(answer):
    return answer["verdict"] in ("accept", "accept-tolerant")


# --- one function a class: the expectation's words, the answer -> does it agree? None: not for relais inspect -------

def judge_smime(want, row, answer):
    verdict = answer["signature"]["verdict"]
    if want.startswith("cert="):
        return None
    if want.startswith("sig=never valid"):
        return verdict != "valid"
    if "optional feature" in want or "only with policy processing" in want:
        return verdict in ("valid", "untrusted")
    if want.startswith("sig=needs detached") or want == "sig=malformed":
        return verdict == "malformed"
    if want.startswith("sig=none"):
        return verdict == "none"
    if want in ("sig=untrusted", "sig=math-ok,untrusted"):
        return verdict == "untrusted"
    if want == "sig=valid":
        return verdict == "valid"
    return want == "encrypted-opaque" and verdict == "encrypted"


def judge_mime(want, row, answer):
    if want.startswith("refuse 550 5.6.0"):
        reported = (answer["report"] or {}).get("type") in ("dsn", "mdn", "arf")
        return (answer["verdict"] == "refuse" and answer["smtp"] == "550 5.6.0") or (accepted(answer) and reported)
    if want.startswith("accept-tolerant; no document"):
        # A text, or a mail within, may stand in a whole multipart beside the broken one.
        return accepted(answer) and all(d["kind"] in ("txt", "other") for d in answer["documents"])
    if want.startswith("accept-tolerant"):
        return answer["verdict"] == "accept-tolerant" and bool(answer["anomalies"])
    return accepted(answer)


def judge_xml(want, row, answer):
    reasons = ["document.doctype"]
    if "DOCTYPE" not in want or "every line" in want:
        reasons += ["document.malformed", "document.limit", "document.not-cda"]
    return answer["kind"] == "cda" and answer["verdict"] == "refuse" and answer["reason"] in reasons


def refused(answer):
    return (answer["archive"] or {}).get("verdict") == "refuse" and answer["documents"] == []


def judge_zip(want, row, answer):
    verdict = (answer["archive"] or {}).get("verdict", "")
    if want.startswith("accept or refuse"):
        return verdict in ("accept", "accept-tolerant", "refuse")
    return verdict == "refuse" if want.startswith("refuse archive") else verdict.startswith("accept")


def foreign(answer):
    own = [d for d in answer["documents"] if d["realm"] == "FR"]
    told = [d for d in answer["documents"] if d["foreign"]]
    return accepted(answer) and bool(told) and not own and answer["class"] == "unknown"


def judge_xdm(want, row, answer):
    if want.startswith("never auto-reply"):
        return answer["auto"] and answer["report"] is not None
    if want.startswith("not a conformant XDM"):
        return (answer["archive"] or {}).get("reason") == "archive.not-xdm"
    if want.startswith("XDM structure ok"):
        return (answer["archive"] or {}).get("verdict") == "accept" and foreign(answer)
    if want.startswith("well-formed CDA"):
        return foreign(answer)
    return want == "accept" and accepted(answer)


def judge_bounces(want, row, answer):
    report = answer["report"] or {}
    recipients = report.get("recipients", [])
    if want.startswith("not a report"):
        return report == {}
    if not answer["auto"]:
        return False
    if want.startswith("feedback report"):
        return report.get("type") == "arf" and not any(r["action"] == "failed" for r in recipients)
    if want.startswith("auto-reply"):
        return report.get("type") == "auto-reply"
    if want.startswith("MDN"):
        return report.get("type") == "mdn"
    if report.get("type") != "dsn":
        return False
    # A status x.0.9yy is the source's own, made up where the report has none.
    wanted = [s for s in re.findall(r"status=(\S+)", want) if not re.search(r"\.0\.9\d\d$", s)]
    found = [r["status"] or "" for r in recipients if r["address"]]
    if "per recipient" not in want:
        return True
    return bool(found) and all(w in found or (w.endswith(".0.0") and any(f[:1] == w[0] for f in found)) for w in wanted)


# Rows of which we judge otherwise: what we want instead, and why.
SISIMAI = "sisimai/maildir/bsd/"
PKITS = "nist-pkits/smime/"
JUDGED = {
    # The corpus says "valid" because NIST's file names do not say "Invalid". NIST's text does (PKITS 4.8.7, 4.8.8).
    ("smime", PKITS + "SignedDifferentPoliciesTest7.eml"): (lambda a: a["signature"]["verdict"] == "untrusted",
        "the first authority has requireExplicitPolicy 0, and no policy is common to the whole path (RFC 5280 6.1.5 (g))"),
    ("smime", PKITS + "SignedDifferentPoliciesTest8.eml"): (lambda a: a["signature"]["verdict"] == "untrusted", "the same"),
    # The corpus takes what Python and unzip read without complaint. We refuse what another reader may see otherwise.
    ("zip", "libzip/data/junk-at-end.zip"): (refused,
        "four bytes behind the end: attacks.md Z9 wants none, for a second archive can begin there"),
    ("zip", "libzip/data/extra_field_align_1-ff.zip"): (refused,
        "a byte FF where an extra field must begin is no field and no padding (APPNOTE 4.5.1); libzip with ZIP_CHECKCONS refuses it too"),
    ("zip", "zip2/tests/data/zip64_magic_in_filename_1.zip"): (refused,
        "a file name with NUL bytes (attacks.md Z2) that reads as a ZIP64 locator where one would stand: two readers, two archives"),
    ("bounces", SISIMAI + "lhost-amazonses-12.eml"): (lambda a: a["auto"] and a["report"] is None,
        "a vendor's JSON, no report by any RFC: never answered, and it proves nothing"),
    ("bounces", SISIMAI + "lhost-amazonses-13.eml"): (lambda a: a["auto"] and a["report"] is None, "the same"),
    ("bounces", SISIMAI + "lhost-amazonses-17.eml"): (lambda a: statuses(a) == ["4.4.7"],
        "the field Status says 4.4.7, and so does the reply; 4.4.2 is what an older try was told"),
    ("bounces", SISIMAI + "lhost-amazonworkmail-07.eml"): (lambda a: statuses(a) == ["4.4.7"], "the same"),
    ("bounces", SISIMAI + "lhost-apachejames-01.eml"): (lambda a: a["auto"] and a["report"] is None,
        "its inner multipart is broken and shows no text; it comes from a mail system's address: never answered"),
    ("bounces", SISIMAI + "lhost-dragonfly-01.eml"): (lambda a: (a["verdict"], a["smtp"]) == ("refuse", "550 5.6.11"),
        "bare CR inside: refused before it is read"),
    ("bounces", SISIMAI + "lhost-fml-03.eml"): (lambda a: a["auto"] and a["report"] is None,
        "a list server's loop alert to its own owner, about no delivery: never answered"),
    ("bounces", SISIMAI + "lhost-sendmail-33.eml"): (lambda a: statuses(a) == ["5.1.1"],
        "Status 5.1.1 stands against a reply of 5.7.1: the field counts (RFC 3464 2.3.4), both are failures"),
    ("bounces", "nhind-notifications/src/test/resources/messages/MessageWithAttachment.txt"): (
        lambda a: a["report"] is None and not a["auto"], "an ordinary mail with a picture: no MDN"),
}


def statuses(answer):
    return [r["status"] for r in (answer["report"] or {}).get("recipients", [])]


def judge_smtp(want, row, answer):
    # Of this topic only the mails whose senders disagree are for relais inspect.
    if not row[0].startswith("espoofer"):
        return None
    return answer["signature"]["bound"] == "none"


CLASSES = {
    "smime": judge_smime, "mime": judge_mime, "xml": judge_xml, "zip": judge_zip, "xdm": judge_xdm, "bounces": judge_bounces,
    "smtp": judge_smtp,
}


def arguments_for(kind, row, hostile, schema):
    if kind == "smime" and row[0].startswith("nist-pkits"):
        pkits = os.path.join(hostile, "smime", "nist-pkits")
        return ["--anchors", os.path.join(pkits, "certs", "TrustAnchorRootCertificate.crt"), "--crls", os.path.join(pkits, "crls"),
                "--time", "2005-06-01T00:00:00Z", "--digests", "sha1,sha256,sha384,sha512"]
    if kind == "mime" and row[1].startswith("accept") and "NO-FROM" in row[2]:
        return ["--mail-from", ""]      # the expectation leaves the From out of account
    if kind in ("xml", "xdm"):
        return ["--schema", schema]
    return []


def is_for_inspect(kind, row):
    if kind == "smime" and row[1].startswith("cert="):
        return "certificates"
    if kind == "smtp" and not row[0].startswith("espoofer"):
        return "addresses and ends of data"
    return None


def split_lines(path, folder):
    """Each line of a list of payloads as a file of its own."""
    with open(path, "rb") as lines:
        for number, line in enumerate(lines, 1):
            if line.strip():
                name = os.path.join(folder, "line-%03d.xml" % number)
                with open(name, "wb") as out:
                    out.write(line.rstrip(b"\n"))
                yield name


def message_of(path, folder):
    """espoofer: the message stands behind the envelope and an empty line."""
    with open(path, "rb") as raw:
        text = raw.read()
    name = os.path.join(folder, "message.eml")
    with open(name, "wb") as out:
        out.write(text.split(b"\n\n", 1)[1] if b"\n\n" in text else text.split(b"\r\n\r\n", 1)[1])
    return name


def files_of(kind, row, path, folder):
    if row[0].startswith("xxe-list"):
        return list(split_lines(path, folder))
    return [message_of(path, folder)] if row[0].startswith("espoofer") else [path]


def run_hostile(relais, corpus, tally, folder):
    hostile = os.path.join(corpus, "hostile")
    schema = os.path.join(corpus, "cda-schema")
    for kind, judge in CLASSES.items():
        for row in rows_of(os.path.join(hostile, kind)):
            apart = is_for_inspect(kind, row)
            if apart:
                tally.apart[apart] = tally.apart.get(apart, 0) + 1
                continue
            path = os.path.join(hostile, kind, row[0])
            if not os.path.isfile(path):
                tally.apart["rows that are no file"] = tally.apart.get("rows that are no file", 0) + 1
                continue
            agrees, got = True, ""
            tally.read.add(os.path.realpath(path))
            for name in files_of(kind, row, path, folder):
                run = Run(relais, arguments_for(kind, row, hostile, schema), name)
                if not tally.measured(run, kind + "/" + row[0]):
                    agrees, got = False, "see faults"
                elif (kind, row[0]) in JUDGED:
                    wanted, why = JUDGED[(kind, row[0])]
                    tally.apart["rows of which we judge otherwise"] = tally.apart.get("rows of which we judge otherwise", 0) + 1
                    if not wanted(run.answer):
                        agrees, got = False, why + "; " + brief(run.answer)
                elif not judge(row[1], row, run.answer):
                    agrees, got = False, brief(run.answer)
            tally.judged(kind, row[0], agrees, row[1], got)
    tally.apart["bodies of replies"] = sum(1 for _ in rows_of(os.path.join(hostile, "replies")))


def run_rest(relais, corpus, tally):
    """Every other file of hostile/: no verdict of theirs is told, but each gets one, in time and in memory, whatever it is."""
    hostile, about = os.path.join(corpus, "hostile"), re.compile(r"(README|LICEN[CS]E|COPYING|NOTICE)|^expectations\.tsv$", re.I)
    for place, _, names in sorted(os.walk(hostile)):
        for name in sorted(names):
            path = os.path.join(place, name)
            if about.search(name) or os.path.realpath(path) in tally.read:
                continue
            if tally.measured(Run(relais, [], path), "hostile/" + os.path.relpath(path, hostile)):
                tally.apart["other files of hostile/, read to a verdict"] = tally.apart.get("other files of hostile/, read to a verdict", 0) + 1


def cda_table(readme):
    """(folder, file) -> (type code, result of the schema), as the corpus' own table has them."""
    table, folder = {}, ""
    with open(readme, encoding="utf-8") as lines:
        for line in lines:
            if line.startswith("## "):
                folder = line[3:].strip()
            cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
            if len(cells) >= 7 and cells[0].lower().endswith(".xml"):
                table[(folder, os.path.basename(cells[0]))] = (cells[3].split(" ")[0], cells[-1])
    return table


def run_cda(relais, corpus, tally):
    folder = os.path.join(corpus, "cda")
    table = cda_table(os.path.join(folder, "README.md"))
    for place, _, names in sorted(os.walk(folder)):
        for name in sorted(names):
            path = os.path.join(place, name)
            relative = os.path.relpath(path, folder)
            run = Run(relais, ["--schema", os.path.join(corpus, "cda-schema")], path)
            if not tally.measured(run, "cda/" + relative):
                continue
            expected = table.get((relative.split(os.sep)[0], name))
            if expected is None or run.answer["kind"] != "cda" or not run.answer["documents"]:
                tally.apart["cda files without an expectation"] = tally.apart.get("cda files without an expectation", 0) + 1
                continue
            code, xsd = expected
            document = run.answer["documents"][0]
            if "not well-formed" in xsd or code == "XDS":
                tally.judged("cda", relative, run.answer["verdict"] == "refuse", xsd, brief(run.answer))
                continue
            agrees = document["type"] == code and (document["schema"] == "valid") == (xsd == "XSD ok")
            if relative.startswith("intl-"):
                agrees = agrees and foreign(run.answer)
            if relative.startswith("fr-"):
                agrees = agrees and accepted(run.answer) and document["realm"] == "FR"
            tally.judged("cda", relative, agrees, "%s %s" % expected, "%s %s realm=%s %s" % (
                document["type"], document["schema"], document["realm"], brief(run.answer)))


def main():
    if len(sys.argv) != 3:
        print(__doc__, file=sys.stderr)
        return 2
    corpus, relais = sys.argv[1], os.path.join(sys.argv[2], "relais")
    tally = Tally()
    with tempfile.TemporaryDirectory() as folder:
        run_hostile(relais, corpus, tally, folder)
    run_rest(relais, corpus, tally)
    run_cda(relais, corpus, tally)
    for line in tally.differ:
        print("differs:", line)
    for line in tally.faults:
        print("FAULT:", line)
    below = []
    for kind in FLOORS:
        agree, total = tally.agree.get(kind, 0), tally.total.get(kind, 0)
        print("%-8s %4d of %4d agree (floor %d)" % (kind, agree, total, FLOORS[kind]))
        if agree < FLOORS[kind]:
            below.append(kind)
    for what, count in sorted(tally.apart.items()):
        print("apart    %4d %s" % (count, what))
    print("%d files read, %d faults; slowest %.2f s (%s), largest %.0f MB (%s)" % (
        tally.runs, len(tally.faults), *tally.slowest, *tally.largest))
    if below:
        print("below their floor: " + ", ".join(below))
    return 1 if below or tally.faults else 0


if __name__ == "__main__":
    sys.exit(main())
