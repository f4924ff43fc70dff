#!/usr/bin/env python3
"""Are the answers of questionnaires read as they stand? tests/questionnaire_fields.py CORPUS BIN_DIR

Each Danish questionnaire of the corpus is read twice: by `relais inspect --json`, and here, with lxml and XPath, from what the guide
says of the patterns (HL7 Questionnaire Response Document) and not from our reader. Every field of every answer must agree, kinds among them;
forms (74468-0) must give none. The agency's own requests of telemedicine are compared likewise, section by section. Prints
'N passed, N failed, N skipped' last; exit 1 when one failed."""
import base64
import glob
import json
import os
import re
import subprocess
import sys

from lxml import etree

NS = {"h": "urn:hl7-org:v3"}
TYPE = "{http://www.w3.org/2001/XMLSchema-instance}type"
RESPONSE = "2.16.840.1.113883.10.20.33"
NULLS = {"NASK": "not-asked", "ASKU": "declined", "MSK": "masked", "NA": "not-applicable", "OTH": "other"}


def first(node, path):
    found = node.xpath(path, namespaces=NS)
    return found[0] if found else None


def words(node):
    return re.sub(r"\s+", " ", "".join(node.itertext())).strip() if node is not None else ""


def kind_of(observation, value):
    templates = set(observation.xpath("h:templateId/@root", namespaces=NS))
    if templates & {RESPONSE + ".4.7", RESPONSE + ".4.8"}:
        return "slider"
    return {"INT": "number", "REAL": "number", "PQ": "number", "CE": "choice", "CD": "choice", "TS": "date", "BL": "truth"}.get(value, "text")


def form_of(observation):
    """The reference that says it is a form, else the first that does not say what it is."""
    documents = observation.xpath("h:reference[@typeCode='REFR']/h:externalDocument", namespaces=NS)
    named = [d for d in documents if first(d, "h:code/@code") == "74468-0"]
    plain = [d for d in documents if first(d, "h:code") is None]
    for d in named[-1:] or plain[:1]:
        root, extension = first(d, "h:id/@root"), first(d, "h:id/@extension")
        return {"id": root + ("^" + extension if extension else ""), "version": first(d, "h:versionNumber/@value")}
    return None


def range_of(observation):
    box = first(observation, "h:referenceRange/h:observationRange/h:value")
    if box is None:
        box = first(observation, "h:entryRelationship/h:observation[h:code/@code='74467-2']/h:value")
    if box is None:
        return None
    return {"low": first(box, "h:low/@value"), "high": first(box, "h:high/@value")}


def answers_of(root):
    found = []
    for observation in root.xpath(f"//h:organizer[h:templateId/@root='{RESPONSE}.4.1']/h:component/h:observation", namespaces=NS):
        code = first(observation, "h:code")
        shared = {
            "question": code.get("code"), "text": words(first(code, "h:originalText")) or code.get("displayName"),
            "section": words(first(observation, "ancestor::h:section[h:title][1]/h:title")) or None,
            "sequence": first(observation.getparent(), "h:sequenceNumber/@value"), "range": range_of(observation), "form": form_of(observation),
        }
        for value in observation.xpath("h:value", namespaces=NS):
            kind = value.get(TYPE).split(":")[-1]
            given = value.get("code") or value.get("value") or words(value) or None
            null = value.get("nullFlavor")
            found.append(dict(shared, kind=kind_of(observation, kind), value=None if null else given, unit=value.get("unit"),
                              label=value.get("displayName"), null=NULLS.get(null, "unknown") if null else None))
    return found


def inspect(bin_dir, path):
    done = subprocess.run([os.path.join(bin_dir, "relais"), "inspect", "--json", path], capture_output=True, text=True, timeout=60, check=True)
    return json.loads(done.stdout)


def differences(ours, theirs):
    wrong = [] if len(ours) == len(theirs) else [f"{len(ours)} instead of {len(theirs)}"]
    for number, (a, b) in enumerate(zip(ours, theirs), 1):
        wrong += [f"answer {number}: {key}: {a.get(key)!r} instead of {b[key]!r}" for key in b if a.get(key) != b[key]]
        wrong += [f"answer {number}: unexpected {key}" for key in a if key not in b]
    return wrong


def questionnaire(bin_dir, path):
    document = inspect(bin_dir, path)["documents"][0]
    theirs = answers_of(etree.parse(path).getroot())
    wrong = differences(document["answers"], theirs)
    if not theirs:
        wrong.append("the independent reading found nothing: it proves nothing")
    return wrong, f"{len(theirs)} answers, kinds {', '.join(sorted({a['kind'] for a in theirs}))}"


def definition(bin_dir, path):
    document = inspect(bin_dir, path)["documents"][0]
    wrong = [] if document["definition"] is True and document["answers"] == [] else ["not told as a form without answers"]
    return wrong, "a form, no answers"


def cells(text):
    """The readable words, however they are laid out."""
    return re.sub(r"[\s|-]+", "", text)


def request(bin_dir, path):
    """A physician's request: sections that have text, in order, and each attached file as a document of its own."""
    answer = inspect(bin_dir, path)
    root = etree.parse(path).getroot()
    theirs = [(s.xpath("string(h:code/@code)", namespaces=NS), words(first(s, "h:title")), cells("".join(first(s, "h:text").itertext())))
              for s in root.xpath("//h:section[h:text]", namespaces=NS) if cells("".join(first(s, "h:text").itertext()))]
    ours = [(s["code"], s["title"], cells(s["text"])) for s in answer["documents"][0]["sections"]]
    wrong = [] if ours == theirs else [f"sections differ: {[a[:2] for a in ours]} instead of {[b[:2] for b in theirs]}"]
    files = root.xpath("//h:section[h:code/@code='55107-7']//h:*[@representation='B64']", namespaces=NS)
    sizes = [len(base64.b64decode("".join(f.itertext()))) for f in files]
    kept = [d for d in answer["documents"][1:] if d["kind"] == "pdf"]
    if len(kept) != len(files) or [e["size"] for e in answer["documents"][0]["embedded"]] != sizes or not files:
        wrong.append(f"{len(kept)} attached documents instead of {len(files)}")
    if answer["class"] != "request":
        wrong.append(f"class {answer['class']}")
    author = " ".join(root.xpath("h:author/h:assignedAuthor/h:assignedPerson/h:name/h:given/text() | h:author/h:assignedAuthor/h:assignedPerson/h:name/h:family/text()", namespaces=NS))
    if answer["documents"][0]["authors"][0]["name"] != author:
        wrong.append("another requester")
    return wrong, f"{len(theirs)} sections, {len(files)} attached files"


def main():
    corpus, bin_dir = sys.argv[1:3]
    cda = os.path.join(corpus, "cda")
    cases = [(questionnaire, p) for p in sorted(glob.glob(os.path.join(cda, "questionnaire/QRD/*.xml")))]
    cases += [(definition, p) for p in sorted(glob.glob(os.path.join(cda, "questionnaire/QFDD/*.xml")))]
    cases += [(request, p) for p in sorted(glob.glob(os.path.join(cda, "fr-*/TLM-DA*.xml")))]
    failed = 0
    for check, path in cases:
        wrong, told = check(bin_dir, path)
        failed += bool(wrong)
        print(f"{'NOT OK' if wrong else 'ok'}  {os.path.basename(path)}: {told}")
        for line in wrong:
            print(f"    {line}")
    if len(cases) < 10:
        print("NOT OK  the corpus has fewer questionnaires than it had")
        failed += 1
    print(f"{len(cases) - failed} passed, {failed} failed, 0 skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
