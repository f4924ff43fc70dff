#!/usr/bin/env python3
"""Are the guides and man pages in step with the program? tests/docs.py BIN_DIR

Each check is a sentence that holds or does not. Prints 'N passed, N failed, N skipped' last; exit 1 when one failed."""
import glob
import json
import os
import re
import shutil
import subprocess
import sys

ROOT = os.path.realpath(os.path.join(os.path.dirname(__file__), ".."))
DOCS, MAN = os.path.join(ROOT, "docs"), os.path.join(ROOT, "docs/man")
PAIRS = [("operators.md", "exploitation.md"), ("hospitals.md", "hopitaux.md"), ("doctors.md", "medecins.md"), ("pathologies.md", "fiches-pathologies.md"),
         ("messages.md", "messages.fr.md"), ("restore-at-3am.md", "restauration-3h.md"), ("proof.md", "preuve.md")]


def read(path):
    with open(os.path.join(ROOT, path), encoding="utf-8") as f:
        return f.read()


def guides():
    return ["README.md"] + sorted(os.path.relpath(p, ROOT) for p in glob.glob(os.path.join(DOCS, "*.md")))


def pages():
    return sorted(os.path.relpath(p, ROOT) for p in glob.glob(os.path.join(MAN, "*.[0-9]")))


def relais(bin_dir, *words):
    env = dict(os.environ, LANG="en")
    return subprocess.run([os.path.join(bin_dir, "relais"), *words], capture_output=True, text=True, env=env, timeout=60)


# ---------------------------------------------------------------- the command line and its pages

def verbs(bin_dir):
    """{verb: the words of its line}"""
    lines = re.findall(r"^  relais (\w+) +(.*)$", relais(bin_dir, "help").stdout, re.M)
    return dict(lines)


def named_pages():
    """{name in a NAME section: page}; without the page's marks its words can be looked for."""
    found = {}
    for page in pages():
        for name in re.findall(r"^\.Nm ([\w.-]+)", read(page).split(".Sh SYNOPSIS")[0], re.M):
            found[name] = page
    return found


def every_verb_has_a_page(bin_dir):
    names, wanted = named_pages(), verbs(bin_dir)
    wrong = [] if wanted else ["relais help lists no verb"]
    for verb, line in wanted.items():
        page = names.get(f"relais-{verb}")
        if page is None:
            wrong.append(f"{verb}: no page names relais-{verb}")
            continue
        text = read(page)
        synopsis = text.split(".Sh SYNOPSIS")[1].split(".Sh DESCRIPTION")[0]
        syntax = re.split(r"\s{2,}", line.strip())[0] if not line.startswith(" ") else ""
        for word in re.findall(r"\b(?:import|list|explain|check|show|history|attach|return|triage|release|waive|redirect|hold|withdraw|cancel|close|offer|consent|render)\b", syntax):
            if not re.search(rf"\b{word}\b", synopsis):
                wrong.append(f"{page}: its synopsis lacks \"{word}\"")
    return wrong


def every_page_is_listed(_):
    text = read("docs/man/relais.1")
    return [f"{p}: relais.1 does not name it" for p in pages()
            if p.endswith(".1") and not p.endswith("/relais.1") and f"{os.path.basename(p)[:-2]} 1" not in text]


def pages_are_well_formed(_):
    """None: not checked here."""
    if not shutil.which("groff"):
        return None
    wrong = []
    for page in pages():
        done = subprocess.run(["groff", "-mandoc", "-Kutf8", "-Tutf8", "-ww", "-z", page], cwd=ROOT, capture_output=True, text=True)
        if done.returncode or done.stderr:
            wrong.append(f"{page}: {done.stderr.strip()}")
    return wrong


def pages_refer_to_pages(_):
    there = {(m.group(1), m.group(2)) for m in (re.match(r"(.+)\.(\d)$", os.path.basename(p)) for p in pages())}
    return [f"{page}: {name}({section}) is not there" for page in pages()
            for name, section in re.findall(r"^\.Xr (\S+) (\d)", read(page), re.M) if (name, section) not in there]


# ---------------------------------------------------------------- guides

def links_lead_somewhere(_):
    wrong = []
    for guide in guides():
        text, folder = read(guide), os.path.dirname(guide)
        for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", text):
            if "://" not in target and not os.path.exists(os.path.join(ROOT, folder, target)):
                wrong.append(f"{guide}: {target}")
    for guide in guides() + pages() + ["ARCHITECTURE.md"]:
        for target in re.findall(r"(?<![\w/])((?:docs|tests|gateway|base)/[\w./-]*\w\.(?:md|py|sh|h|sql|json|xml|[1-8]))\b", read(guide)):
            if not os.path.exists(os.path.join(ROOT, target)):
                wrong.append(f"{guide}: {target}")
    return wrong


def configuration_keys():
    return re.findall(r"^\| `([\w.]+)` \|", read("docs/configuration.md"), re.M)


def every_key_is_in_the_page(_):
    page = read("docs/man/relais.conf.5")
    there = set(re.findall(r"^\.It Ic (\S+)", page, re.M))
    keys = set(configuration_keys())
    return (["docs/configuration.md has no keys"] if not keys else []) + [f"{k}: not in relais.conf.5" for k in sorted(keys - there)] + \
           [f"{k}: only in relais.conf.5" for k in sorted(there - keys)]


def keys_named_in_guides_exist(_):
    keys = set(configuration_keys()) | {"collector.mailboxes", "deliverer.routes"}
    return [f"{g}: `{k}`" for g in guides() for k in re.findall(r"`((?:service|receiver|collector|inspect|signer|deliverer|gates|trust)\.[a-z_]+|directory\.(?:use|anchors|[a-z]+_[a-z_]+))`", read(g)) if k not in keys]


def codes():
    return set(re.findall(r'^R\(\w+, "([^"]+)"', read("base/reason_list.h"), re.M))


def reasons_are_in_step(_):
    made = subprocess.run([sys.executable, os.path.join(ROOT, "tests/make-reasons.py"), "--print"], capture_output=True, text=True)
    if made.returncode:
        return [made.stderr.strip()]
    return [] if made.stdout == read("docs/reasons.md") else ["run tests/make-reasons.py"]


def deadlines_are_in_step(_):
    made = subprocess.run([sys.executable, os.path.join(ROOT, "tests/make-deadlines.py"), "--print"], capture_output=True, text=True)
    if made.returncode:
        return [made.stderr.strip()]
    return [] if made.stdout == read("docs/deadlines.md") else ["run tests/make-deadlines.py"]


def rules():
    return set(re.findall(r'^R\("([^"]+)"', read("cda/rule_list.h"), re.M))


def rules_are_in_step(_):
    made = subprocess.run([sys.executable, os.path.join(ROOT, "tests/make-rules.py"), "--print"], capture_output=True, text=True)
    if made.returncode:
        return [made.stderr.strip()]
    return [] if made.stdout == read("docs/rules-cda.md") else ["run tests/make-rules.py"]


def alarms():
    return set(re.findall(r'^A\("([^"]+)"', read("gateway/alarm_list.h"), re.M))


def alarms_are_explained(_):
    told = set(re.findall(r"^\.It Li (\S+\.\S+)", read("docs/man/relais-alarms.1"), re.M))
    return [f"relais-alarms.1: {a}" for a in sorted(alarms() ^ told)] + ([] if alarms() else ["gateway/alarm_list.h has no alarm"])


def codes_named_in_guides_exist(_):
    """Whatever looks like a code; the questions of a request and the keys of the configuration look like it, too."""
    known = codes()
    others = set(re.findall(r'<code code="([^"]+)"', read("docs/examples/request.xml"))) | set(configuration_keys()) | alarms() | rules()
    first = {c.split(".")[0] for c in known} - {"none"}
    wrong = []
    for guide in guides() + pages():
        for code in re.findall(r"(?:`|\.Li |\()((?:%s)(?:\.[a-z0-9-]+)+)(?:`|\)| |$)" % "|".join(sorted(first)), read(guide), re.M):
            if code not in known | others:
                wrong.append(f"{guide}: {code}")
    return wrong


def events_named_in_guides_exist(_):
    """The first column of the tables of log events: each stands in the source as a text."""
    source = "".join(read(os.path.relpath(p, ROOT)) for p in glob.glob(os.path.join(ROOT, "gateway/*.c")) if not p.endswith("_test.c"))
    wrong = []
    for guide in PAIRS[0]:
        table = read(f"docs/{guide}").split("\n## 2.")[1].split("\n## 3.")[0]
        events = re.findall(r"`([a-z][a-z-]+)`", " ".join(re.findall(r"^\| ([^|]*) \|", table, re.M)))
        events = [e for e in events if e not in ("receiver", "deliverer")]
        wrong += [f"docs/{guide}: {e}" for e in events if f'"{e}"' not in source]
        wrong += [] if events else [f"docs/{guide}: no events"]
    return wrong


def shape(path):
    """What a translation must share: headings by level, rows of tables, items of lists."""
    text = read(path)
    return {"headings": re.findall(r"^(#+) ", text, re.M), "table rows": len(re.findall(r"^\|", text, re.M)),
            "list items": len(re.findall(r"^(?:- |\d+\. )", text, re.M))}


def translations_are_whole(_):
    wrong = []
    for english, french in PAIRS:
        a, b = shape(f"docs/{english}"), shape(f"docs/{french}")
        wrong += [f"{english} and {french}: {key} differ ({a[key] if isinstance(a[key], int) else len(a[key])}, "
                  f"{b[key] if isinstance(b[key], int) else len(b[key])})" for key in a if a[key] != b[key]]
    return wrong


def recipes_are_the_same(_):
    """What an auditor runs is one text, whatever his language; tests/journey/audit.py runs it."""
    english, french = ([m for m in re.findall(r"^```sh recipe=\w+\n.*?^```$", read(f"docs/{g}"), re.S | re.M)] for g in ("proof.md", "preuve.md"))
    return [] if len(english) == 2 and english == french else ["docs/proof.md and docs/preuve.md have other recipes"]


def doctors_read_what_they_are_sent(bin_dir):
    wrong = []
    for guide, language, words in (("medecins.md", "fr", ("ACCEPTE", "REFUSE", "CONFLIT", "ABSENT")),
                                   ("doctors.md", "en", ("ACCEPT", "REFUSE", "CONFLICT", "ABSENT"))):
        text, offer = read(f"docs/{guide}"), read(f"gateway/templates/M10.{language}.txt")
        form = relais(bin_dir, "template", "render", "M13", "--language", language).stdout.replace(" \n", " ").replace("\u2019", "'")
        wrong += [f"{guide}: {w}" for w in words if f"**{w}**" not in text or w not in offer]
        headings = re.findall(r"^([^\n\[:]+?)(?: \d)?\u00a0?(?: \[|:)", form[form.index("________"):], re.M)
        wrong += [f"{guide}: the form's \"{h}\"" for h in headings if h.strip() not in text]
        wrong += [] if len(headings) >= 11 else [f"M13.{language}: no form found"]
    return wrong


# ---------------------------------------------------------------- examples

def example_request_is_read(bin_dir):
    done = relais(bin_dir, "inspect", "--json", os.path.join(ROOT, "docs/examples/request.xml"))
    facts = json.loads(done.stdout)
    document = facts["documents"][0]
    answers = {a["question"]: a["value"] for a in document["answers"]}
    wrong = [] if (facts["class"], facts["verdict"]) == ("request", "accept") else [f"{facts['class']}, {facts['verdict']}"]
    wrong += [f"finding: {f}" for f in document["findings"]]
    return wrong + [f"no answer {k}" for k in ("relais.pathology", "relais.questionnaire", "relais.requester", "consent.processing",
                                               "consent.expert", "question.1") if k not in answers]


def example_json(path):
    with open(os.path.join(DOCS, "examples", path), encoding="utf-8") as f:
        return json.load(f)


def questions(resource):
    """(question, the conditions of its groups and its own) of a FHIR Questionnaire, and its contained value sets."""
    sets = {s["id"]: [c["code"] for i in s["compose"]["include"] for c in i["concept"]] for s in resource.get("contained", [])}

    def walk(items, above):
        for item in items:
            rules = above + ([item] if "enableWhen" in item else [])
            if item["type"] == "group":
                yield from walk(item["item"], rules)
            elif item["type"] != "display":
                item["codes"] = [o["valueCoding"]["code"] for o in item.get("answerOption", [])] or sets.get(item.get("answerValueSet", "#")[1:], [])
                yield item, rules
    return list(walk(resource["item"], []))


def holds(rule, given):
    """Only what the example of breast cancer uses: codes that are equal, or not."""
    found = []
    for c in rule["enableWhen"]:
        same = c["answerCoding"]["code"] in given.get(c["question"], [])
        found.append(same if c["operator"] == "=" else not same)
    return (any if rule.get("enableBehavior") == "any" else all)(found)


def example_request_fits_the_example_pathology(bin_dir):
    """The example request against the example questionnaire, as an engineer would hold one beside the other."""
    pathology, resource = example_json("pathologies/cancer-sein.json"), example_json("questionnaires/cancer-sein.json")
    done = relais(bin_dir, "inspect", "--json", os.path.join(ROOT, "docs/examples/request.xml"))
    answers = json.loads(done.stdout)["documents"][0]["answers"]
    wrong = [] if {a["kind"] for a in answers} >= {"number", "choice", "text", "date", "truth", "slider"} else ["not every kind is shown"]
    wrong += [] if "declined" in {a["null"] for a in answers} else ["nothing is declined"]
    forms = {f"{a['form']['id']}#{a['form']['version']}" for a in answers if a["form"]}
    wrong += [] if forms == set(pathology["forms"]) else [f"forms {forms}"]
    given = {}
    for a in answers:
        given.setdefault(a["question"], []).extend([a["value"]] if a["value"] else [])
    asked = questions(resource)
    known = {item["linkId"] for item, _ in asked}
    wrong += [f"{q} is no question" for q in given if q not in known and not re.match(r"(relais|consent|physician|patient)\.", q)]
    for item, rules in asked:
        name, told = item["linkId"], given.get(item["linkId"], [])
        if item.get("required") and not told and all(holds(r, given) for r in rules):
            wrong.append(f"{name} is not answered")
        wrong += [f"{name}: {value}" for value in told if item["codes"] and value not in item["codes"]]
        bounds = {e["url"].split("/")[-1]: e.get("valueInteger", e.get("valueDecimal")) for e in item.get("extension", [])}
        wrong += [f"{name}: {value}" for value in told if bounds.get("minValue") is not None and not bounds["minValue"] <= float(value) <= bounds["maxValue"]]
    return wrong


def examples_are_good_rules(bin_dir):
    """Every pathology with every questionnaire, by the program itself; as many of them as the guide says, and none that claims a council."""
    folders = [sorted(glob.glob(os.path.join(DOCS, "examples", f, "*.json"))) for f in ("pathologies", "questionnaires")]
    done = relais(bin_dir, "pathology", "check", *folders[0], *folders[1])
    wrong = done.stderr.splitlines()
    if done.returncode != 0 or len(done.stdout.splitlines()) != len(folders[0]) + len(folders[1]) or len(folders[0]) < 7:
        wrong.append(f"{len(done.stdout.splitlines())} good ones of {len(folders[0])} and {len(folders[1])}")
    for path in folders[0]:
        item = example_json(path)
        count = sum(1 for _ in questions(example_json(os.path.join("questionnaires", os.path.basename(path)))))
        wrong += [f"{path}: {count} questions"] if not 15 <= count <= 40 else []
        wrong += [f"{path}: an example is validated by nobody"] if "validated_on" in item else []
        for guide, label in (("docs/pathologies.md", "label_en"), ("docs/fiches-pathologies.md", "label_fr")):
            text = read(guide)
            wrong += [f"{guide} does not tell: {e[label]}" for e in item["exams"] + item["red_flags"] if e[label] not in text]
            wrong += [f"{guide} does not cite: {source}" for source in item["sources"] if source not in text]
            wrong += [f"{guide} does not name {item['code']}"] if f"`{item['code']}`" not in text else []
    return wrong


def examples_can_be_read(_):
    wrong = []
    for path in glob.glob(os.path.join(DOCS, "examples/**/*.json"), recursive=True):
        try:
            with open(path, encoding="utf-8") as f:
                json.load(f)
        except ValueError as e:
            wrong.append(f"{path}: {e}")
    return wrong


def no_place_of_ours(_):
    files = guides() + pages() + [os.path.relpath(p, ROOT) for p in glob.glob(os.path.join(DOCS, "examples/**/*.*"), recursive=True)]
    return [f"{f}: {w}" for f in files for w in re.findall(r"/(?:w[o]rk|home)/\S*", read(f))]


CHECKS = [
    ("the recipes of proof are the same in both languages", recipes_are_the_same),
    ("every verb of relais help has a man page with its words", every_verb_has_a_page),
    ("relais(1) names every page", every_page_is_listed),
    ("man pages are well formed", pages_are_well_formed),
    ("man pages refer to pages that are there", pages_refer_to_pages),
    ("links and files named in guides are there", links_lead_somewhere),
    ("every key of docs/configuration.md is in relais.conf(5), and no other", every_key_is_in_the_page),
    ("configuration keys named in guides exist", keys_named_in_guides_exist),
    ("docs/reasons.md is in step with base/reason_list.h", reasons_are_in_step),
    ("docs/deadlines.md is in step with policy/deadline_table.c", deadlines_are_in_step),
    ("docs/rules-cda.md is in step with cda/rule_list.h", rules_are_in_step),
    ("codes named in guides and pages exist", codes_named_in_guides_exist),
    ("every alarm is explained in relais-alarms(1), and no other", alarms_are_explained),
    ("log events explained to operators exist", events_named_in_guides_exist),
    ("French and English guides have the same parts", translations_are_whole),
    ("doctors read of the words and headings that they are sent", doctors_read_what_they_are_sent),
    ("the example request is read as a request without findings", example_request_is_read),
    ("the example request answers the example questionnaire, in every kind", example_request_fits_the_example_pathology),
    ("the example pathologies are good rules, cited in both guides, validated by nobody", examples_are_good_rules),
    ("examples are JSON", examples_can_be_read),
    ("no place of this machine is named", no_place_of_ours),
]


def main():
    if len(sys.argv) != 2:
        sys.exit("usage: tests/docs.py BIN_DIR")
    passed = failed = 0
    for sentence, check in CHECKS:
        wrong = check(sys.argv[1])
        if wrong is None:
            print(f"not here: {sentence} (groff is not installed)")
            continue
        passed, failed = passed + (not wrong), failed + bool(wrong)
        print(f"{'FAILED  ' if wrong else 'ok      '}{sentence}")
        for line in wrong:
            print(f"          {line}")
    print(f"{passed} passed, {failed} failed, 0 skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
