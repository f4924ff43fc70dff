"""Relais and Saxon-HE hold the same documents against the same schematrons: the same rules must fire and the same tests must fail.

    tests/schematron.py BIN [CORPUS] [--source FOLDER] [--times]

The schematrons are those of tests/schematron (--source: another folder, such as the agency's), the documents the French ones of the corpus,
reports of our own, and bent copies of both. The way to Saxon is a translator to XSLT 2 of its own, below: it shares nothing with the
importer in C, so that a fault of one shows. Needs libsaxonhe-java; without it the suite says so and fails.
"""
import collections
import copy
import glob
import json
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ET

ROOT = os.path.realpath(os.path.join(os.path.dirname(__file__), ".."))
SAXON = "/usr/share/java/Saxon-HE.jar"
SCH = "{http://purl.oclc.org/dsdl/schematron}"
XSL = "http://www.w3.org/1999/XSL/Transform"
CDA = "{urn:hl7-org:v3}"

CONFIG = """service: { domain = "avis.exemple.mssante.fr"; hostname = "relais.exemple.fr"; organisation = "Test"; structure_id = "1750000001";
  oid = "1.2.250.1.999"; phone = "0000"; };
signer: { mailbox = "avis@avis.exemple.mssante.fr"; };
inspect: { schematron = "%s"; };
"""


# --- from a schematron to XSLT 2 --------------------------------------------------------------

def on_disk(path):
    """The file of that name, whatever the case of its letters."""
    if os.path.exists(path):
        return path
    folder = on_disk(os.path.dirname(path))
    return next((os.path.join(folder, n) for n in os.listdir(folder) if n.lower() == os.path.basename(path).lower()), path)


def included(path):
    """The tree of a file with its includes in place."""
    root = ET.parse(on_disk(path)).getroot()

    def put(element):
        for i, child in enumerate(list(element)):
            if child.tag == SCH + "include":
                element[i] = included(os.path.join(os.path.dirname(path), child.get("href")))
            else:
                put(child)
    put(root)
    return root


def instance(pattern, patterns):
    """A pattern that is-a another: the abstract one, its parameters set."""
    if not pattern.get("is-a"):
        return pattern
    abstract = next(p for p in patterns if p.get("id") == pattern.get("is-a"))
    values = {p.get("name"): p.get("value") for p in pattern.findall(SCH + "param")}
    out = copy.deepcopy(abstract)
    for element in out.iter():
        for name, value in element.attrib.items():
            element.set(name, re.sub(r"\$([\w.-]+)", lambda m: values.get(m.group(1), m.group(0)), value))
    out.set("id", pattern.get("id"))
    return out


def items_of(rule, rules):
    for child in rule:
        if child.tag == SCH + "extends":
            yield from items_of(next(r for r in rules if r.get("abstract") == "true" and r.get("id") == child.get("rule")), rules)
        elif child.tag in (SCH + "let", SCH + "assert", SCH + "report"):
            yield child


def sheet(path):
    """The schematron as a style sheet that tells what fires and what fails, by number."""
    schema = included(path)
    top = list(schema)
    patterns = [e for e in top if e.tag == SCH + "pattern"]
    rules = [r for p in patterns for r in p.findall(SCH + "rule")]
    phase = next((e for e in top if e.tag == SCH + "phase" and e.get("id") == schema.get("defaultPhase")), None)
    active = None if phase is None else {a.get("pattern") for a in phase.findall(SCH + "active")}
    chosen = [instance(p, patterns) for p in patterns if p.get("abstract") != "true" and (active is None or p.get("id") in active)]
    E = lambda parent, element, **attributes: ET.SubElement(parent, f"{{{XSL}}}{element}", {k.replace("_", "-"): v for k, v in attributes.items()})

    out = ET.Element(f"{{{XSL}}}stylesheet", {"version": "2.0", "{http://www.w3.org/XML/1998/namespace}base": "file://" + os.path.realpath(path)})
    E(out, "output", method="text")
    lets = [e for e in top if e.tag == SCH + "let"] + ([] if phase is None else phase.findall(SCH + "let"))
    for let in lets + [let for p in chosen for let in p.findall(SCH + "let")]:
        E(out, "variable", name=let.get("name"), select=let.get("value"))
    start = E(out, "template", match="/")
    number = 0
    for pattern in chosen:
        real = [r for r in pattern.findall(SCH + "rule") if r.get("abstract") != "true"]
        if not real:
            continue
        mode = f"p{number}"
        E(start, "apply-templates", select=".", mode=mode)
        E(E(out, "template", match="@*|node()|/", mode=mode, priority="-10"), "apply-templates", select="@*|node()", mode=mode)
        for r, rule in enumerate(real):
            template = E(out, "template", match=rule.get("context"), mode=mode, priority=str(100000 - r))
            E(template, "text").text = f"fired {number} {r}\n"
            test = 0
            for item in items_of(rule, rules):
                if item.tag == SCH + "let":
                    E(template, "variable", name=item.get("name"), select=item.get("value"))
                    continue
                condition = item.get("test") if item.tag == SCH + "report" else f"not({item.get('test')})"
                E(E(template, "if", test=condition), "text").text = f"failed {number} {r} {test}\n"
                test += 1
            E(template, "apply-templates", select="@*|node()", mode=mode)
        number += 1
    text = ET.tostring(out, encoding="unicode")
    # Prefixes of expressions are no names of the tree: they are declared by hand.
    declared = "".join(f' xmlns:{n.get("prefix")}="{n.get("uri")}"' for n in schema.findall(SCH + "ns") if n.get("prefix") != "xml" and f'xmlns:{n.get("prefix")}=' not in text)
    return re.sub(r"^<([\w:]+)", lambda m: m.group(0) + declared, text, count=1)


def by_saxon(path, folder, work):
    """For each document of the folder: what fired and failed, counted."""
    out = os.path.join(work, "saxon")
    shutil.rmtree(out, ignore_errors=True)
    os.mkdir(out)
    stylesheet = os.path.join(work, "sheet.xsl")
    with open(stylesheet, "w") as f:
        f.write(sheet(path))
    done = subprocess.run(["java", "-cp", SAXON, "net.sf.saxon.Transform", f"-s:{folder}", f"-xsl:{stylesheet}", f"-o:{out}", "-versionmsg:off", "-warnings:silent"],
                          capture_output=True, timeout=900)
    results = {}
    for name in sorted(os.listdir(folder)):
        told = glob.glob(os.path.join(out, glob.escape(os.path.splitext(name)[0]) + ".*")) + glob.glob(os.path.join(out, glob.escape(name) + "*"))
        lines = open(told[0]).read().splitlines() if told else []
        results[name] = collections.Counter(lines) if lines else None
    return results, done.stderr.decode("utf-8", "replace")


# --- Relais ------------------------------------------------------------------------------------

def imported(bin_folder, source, work):
    tables = os.path.join(work, "tables")
    with open(os.path.join(work, "relais.conf"), "w") as f:
        f.write(CONFIG % tables)
    done = subprocess.run([os.path.join(bin_folder, "relais"), "schematron", "import", source, "--dir", work, "--json"], capture_output=True, text=True, timeout=300)
    return tables, done


def by_relais(probe, tables, name, folder):
    files = sorted(os.listdir(folder))
    done = subprocess.run([probe, tables, name] + [os.path.join(folder, f) for f in files], capture_output=True, text=True, timeout=600)
    results, micros, unjudged, loaded, at = {}, [], 0, "", None
    for line in done.stdout.splitlines():
        word = line.split(" ")
        if word[0] == "loaded":
            loaded = line
        elif word[0] == "file":
            state, what, count, unit, time = line.rsplit(" ", 5)[1:]
            at = os.path.basename(line[5:].rsplit(" ", 5)[0])
            results[at] = collections.Counter()
            micros.append(int(time))
            unjudged += int(count)
            if state == "not-checked":
                results[at] = None
        else:
            results[at][" ".join(word[:-1])] = int(word[-1])
    return results, micros, unjudged, loaded, done.stderr


# --- documents ------------------------------------------------------------------------------------

def bent(data, seed):
    """A copy with some of its header changed: elements dropped, doubled, moved; values changed, attributes dropped."""
    chance = random.Random(seed)
    for prefix, uri in (("", "urn:hl7-org:v3"), ("xsi", "http://www.w3.org/2001/XMLSchema-instance")):
        ET.register_namespace(prefix, uri)
    root = ET.fromstring(data)
    parents = {child: parent for parent in root.iter() for child in parent}
    inside = set(root.find(CDA + "component").iter()) if root.find(CDA + "component") is not None else set()
    header = [e for e in parents if e not in inside]
    body = [e for e in parents if e in inside]
    for _ in range(chance.randint(1, 6)):
        e = chance.choice(header if chance.random() < 0.8 or not body else body)
        act = chance.randint(0, 5)
        if e not in list(parents[e]) or e.tag == CDA + "versionNumber":
            continue
        if act == 0:
            parents[e].remove(e)
        elif act == 1:
            parents[e].append(copy.deepcopy(e))
        elif act == 2 and e.attrib:
            del e.attrib[chance.choice(sorted(e.attrib))]
        elif act == 3 and e.attrib:
            name = chance.choice(sorted(k for k in e.attrib if not k.startswith("{")) or [""])
            if name:
                e.set(name, chance.choice(["", "x", "20241332", "20240229120000+0100", "0033 1", e.get(name).lower(), e.get(name) + "9", "1.2.3.04"]))
        elif act == 4:
            e.set("nullFlavor", chance.choice(["UNK", "NI", "XX"]))
        elif e.text and e.text.strip():
            e.text = chance.choice([e.text.lower(), " ", e.text + " œ"])
    return ET.tostring(root, encoding="utf-8", xml_declaration=True)


def documents(work, corpus, probe, mutants):
    """A folder with the French samples, our own reports, and bent copies, each under a plain name."""
    folder = os.path.join(work, "documents")
    os.mkdir(folder)
    sound = []
    for level in ("1", "3"):
        own = os.path.join(work, f"own-{level}.xml")
        subprocess.run([probe, "--report", level, own], check=True, timeout=60)
        sound.append((f"own-report-{level}", open(own, "rb").read()))
    if corpus:
        for path in sorted(glob.glob(os.path.join(corpus, "cda/fr-*/**/*.[xX][mM][lL]"), recursive=True)):
            if "value-sets" not in path:
                sound.append((re.sub(r"\W", "-", os.path.basename(path), flags=re.A), open(path, "rb").read()))
    for n, (name, data) in enumerate(sound):
        with open(os.path.join(folder, f"{n:03d}-{name}.xml"), "wb") as f:
            f.write(data)
    plain = [(n, d) for n, d in sound if len(d) < 400000 and b"ClinicalDocument" in d[:3000]]
    for i in range(mutants):
        name, data = plain[0] if i % 4 == 0 else plain[i % len(plain)]
        with open(os.path.join(folder, f"bent-{i:03d}-{name}.xml"), "wb") as f:
            f.write(bent(data, i))
    return folder, len(sound)


# --- comparing --------------------------------------------------------------------------------------

def differences(ours, theirs):
    for name in sorted(theirs):
        a, b = ours.get(name), theirs[name]
        if a != b:
            what = "not judged by Relais" if a is None else "not judged by Saxon" if b is None else \
                "; ".join(f"{k}: {a[k]} by Relais, {b[k]} by Saxon" for k in sorted(set(a) | set(b)) if a[k] != b[k])
            yield name, what


def through_the_jail(bin_folder, tables, work, corpus):
    """The same tables in the reading process: our own report is clean, a sample with a fault has it told, and nothing is refused."""
    own, structured = (os.path.join(work, f"own-{level}.xml") for level in "13")
    cases = [("our own report", own, ["--schematron", tables], "clean"), ("the same with its text as sections", structured, ["--schematron", tables], "clean"),
             ("without tables", own, [], "not-checked")]
    if corpus:
        cases.append(("an act that the value set has not", os.path.join(corpus, "cda/fr-testcontenu-3.0/TLM-CR_2022.01.xml"), ["--schematron", tables], "findings"))
        cases.append(("a foreign document", os.path.join(corpus, "cda/intl-c-cda-examples/Consultation_Note.xml"), ["--schematron", tables], "not-checked"))
    for what, path, options, state in cases:
        done = subprocess.run([os.path.join(bin_folder, "relais"), "inspect", "--json", *options, path], capture_output=True, text=True, timeout=60)
        answer = json.loads(done.stdout) if done.stdout else {"documents": [{}], "verdict": "none"}
        document = answer["documents"][0]
        told = [f for f in document.get("findings", []) if f["rule"].startswith("schematron.")]
        good = document.get("schematron") == state and bool(told) == (state == "findings") and answer["verdict"].startswith("accept")
        print(f"        {'ok' if good else 'NOT OK'}  {what}: {document.get('schematron')}, {len(told)} findings, {answer['verdict']}")
        yield good


def main():
    arguments = [a for a in sys.argv[1:] if not a.startswith("--")]
    source = os.path.join(ROOT, "tests/schematron")
    if "--source" in sys.argv:
        source = sys.argv[sys.argv.index("--source") + 1]
        arguments.remove(source)
    bin_folder, corpus = os.path.realpath(arguments[0]), arguments[1] if len(arguments) > 1 and arguments[1] else None
    probe = os.path.join(bin_folder, "../peers/schematron_probe")
    if not os.path.exists(SAXON):
        print(f"NOT OK {SAXON} is not installed (tests/packages.sh test)\n0 passed, 1 failed, 0 skipped")
        return 1
    passed = failed = 0
    with tempfile.TemporaryDirectory(prefix="relais-schematron-") as work:
        tables, done = imported(bin_folder, source, work)
        own = source.startswith(ROOT)
        if done.returncode != 0:
            print(("NOT OK import: " if own else "import says: ") + done.stderr)
            failed += own
        folder, sound = documents(work, corpus, probe, 80)
        print(f"        {sound} documents as they are, {len(os.listdir(folder)) - sound} bent copies")
        paths = sorted(p for p in glob.glob(os.path.join(source, "**/*.sch"), recursive=True) if ET.parse(p).getroot().tag == SCH + "schema")
        for path in paths:
            name = os.path.basename(path)[:-4]
            ours, micros, unjudged, loaded, errors = by_relais(probe, tables, name, folder)
            theirs, said = by_saxon(path, folder, work)
            odd = list(differences(ours, theirs))
            fails = sum(n for c in theirs.values() if c for k, n in c.items() if k.startswith("failed"))
            fires = sum(n for c in theirs.values() if c for k, n in c.items() if k.startswith("fired"))
            for one, what in odd[:10]:
                print(f"NOT OK {name}: {one}: {what[:600]}")
            if not any(theirs.values()):
                print(f"NOT OK {name}: Saxon: {said[:1500]}")
            good = not odd and not errors and any(theirs.values()) and fires > 0
            passed, failed = passed + good, failed + (not good)
            print(f"        {name}: {len(theirs) - len(odd)} of {len(theirs)} agree; {fires} rules fired, {fails} tests failed, {unjudged} not judged; "
                  f"{sum(micros) / max(1, len(micros)) / 1000:.2f} ms a document, at most {max(micros, default=0) / 1000:.1f}; {loaded} {errors.strip()}")
        if own:
            results = list(through_the_jail(bin_folder, tables, work, corpus))
            passed, failed = passed + sum(results), failed + len(results) - sum(results)
    print(f"{passed} passed, {failed} failed, 0 skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
