"""What other houses' tools say of our pages: is it PDF/A-1b (Apache PDFBox Preflight), is it sound (qpdf), how is it tagged, read and
set (poppler). tests/pdf_forms.py PROBE     PROBE is build/release/peers/pdf_probe."""
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

SAMPLES = ("report", "dossier", "endless", "odd", "english", "bare")
JARS = ("preflight", "pdfbox2", "fontbox2", "xmpbox", "commons-logging", "commons-io", "javax.activation", "jaxb-api")
A4 = (595.276, 841.89)
FRENCH = "\u202f"
PROBE = ""
passed = failed = 0


def run(*command):
    done = subprocess.run(command, capture_output=True, timeout=120)
    return done.returncode, (done.stdout + done.stderr).decode("utf-8", "replace")


def out(*command):
    return subprocess.run(command, capture_output=True, timeout=120).stdout.decode("utf-8", "replace")


def check(what, good, seen=""):
    global passed, failed
    print(f"{'ok' if good else 'NOT OK'}  {what}" + ("" if good else f"\n        {str(seen)[:1500]}"))
    passed, failed = passed + bool(good), failed + (not good)


def preflight(path):
    return run("java", "-cp", ":".join(f"/usr/share/java/{j}.jar" for j in JARS), "org.apache.pdfbox.preflight.Validator_A1b", path)


def plain(text):
    return re.sub(r"\s+", " ", text.replace(FRENCH, " ").replace("\u00a0", " "))


def raw(path):
    """The file with its streams open, as text of single bytes."""
    return subprocess.run(["qpdf", "--qdf", "--object-streams=disable", path, "-"], capture_output=True).stdout.decode("latin-1")


def lines_of(path):
    """(page, top, height, text) of each line, top down, heads and feet left out."""
    page, found = 0, []
    for part in re.split(r"(<page |<line )", out("pdftotext", "-bbox-layout", path, "-")):
        if part == "<page ":
            page += 1
        words = re.findall(r'<word xMin="([\d.]+)" yMin="([\d.]+)" xMax="([\d.]+)" yMax="([\d.]+)">([^<]*)</word>', part)
        if words and 75 < float(words[0][1]) < 775:
            found.append((page, float(words[0][1]), float(words[0][3]) - float(words[0][1]), " ".join(w[4] for w in words)))
    return sorted(found)


def luminance(colour):
    r, g, b = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in colour]
    return 0.2126 * r + 0.7152 * g + 0.0722 * b


def text_colours(content):
    """The fill colour at each BT of a page's content."""
    colour, seen = None, set()
    for number, begin in re.findall(r"([\d.]+ [\d.]+ [\d.]+) rg|(\bBT\b)", content):
        if begin:
            seen.add(colour)
        else:
            colour = tuple(float(x) for x in number.split())
    return seen


def form(name, path):
    status, said = preflight(path)
    check(f"{name}: Preflight finds a valid PDF/A-1b file", status == 0 and "is a valid PDF/A-1b file" in said, said)
    status, said = run("qpdf", "--check", path)
    check(f"{name}: qpdf finds no error", status == 0 and "No syntax or stream encoding errors" in said, said)
    fonts = [line.split() for line in out("pdffonts", path).splitlines()[2:]]
    check(f"{name}: every font is inside, a subset, with its Unicode", fonts and all(f[-5:-2] == ["yes"] * 3 for f in fonts), fonts)
    info = out("pdfinfo", path)
    check(f"{name}: tagged, A4, not encrypted, no script",
          all(re.search(p, info, re.M) for p in (r"^Tagged: +yes", r"^Encrypted: +no", r"^JavaScript: +no", r"\(A4\)")), info)
    content = raw(path)
    check(f"{name}: one language, no group of transparency, all that is not read is marked so",
          content.count("/Lang ") == 1 and "/Transparency" not in content and unmarked(content) == [], unmarked(content))
    pages = re.findall(r"Page (\d+) (?:sur|of) (\d+)", plain(out("pdftotext", path, "-")))
    total = re.search(r"^Pages: +(\d+)", info, re.M)[1]
    check(f"{name}: each page has its number", pages == [(str(i + 1), total) for i in range(int(total))], pages)
    check(f"{name}: the same bytes from another process", open(path, "rb").read() == again(name))


def unmarked(content):
    """Operators that paint outside of every marked sequence."""
    found = []
    for stream in re.findall(r"^stream\n(1 0 0 -1 .*?)endstream", content, re.M | re.S):
        depth = 0
        text = re.sub(r"\((?:\\.|[^()\\])*\)", "()", stream, flags=re.S)
        for word in re.findall(r"[^\s\[\]<>()/]+", text):
            depth += (word in ("BDC", "BMC")) - (word == "EMC")
            if depth == 0 and word in ("f", "S", "BT", "Tj", "TJ", "Do", "B", "b", "s"):
                found.append(word)
    return found


def present():
    """The demonstration runs without the tests' packages."""
    return shutil.which("java") is not None and os.path.exists("/usr/share/java/preflight.jar")


def is_form(pdf):
    """What Preflight says of these bytes; empty when it is content."""
    with tempfile.NamedTemporaryFile(suffix=".pdf") as f:
        f.write(pdf)
        f.flush()
        status, said = preflight(f.name)
        return "" if status == 0 and "is a valid PDF/A-1b file" in said else said


def again(name):
    with tempfile.NamedTemporaryFile() as f:
        subprocess.run([PROBE, name, f.name], check=True)
        return open(f.name, "rb").read()


def structure(path):
    said = out("pdfinfo", "-struct-text", path)
    elements = re.findall(r"^( *)([A-Z][A-Za-z0-9]*)(?::| \(|$)", said, re.M)
    kinds = [e[1] for e in elements if e[1] not in ("Object",)]
    wanted = ["Document", "P", "H1", "Table", "TR", "TH", "TD"]
    check("report: the tree begins with service, title, table of rows", kinds[:7] == wanted, kinds[:9])
    check("report: sections of two levels, lists with marks and bodies",
          {"Sect", "H2", "H3", "L", "LI", "Lbl", "LBody", "Link"} <= set(kinds) and kinds.count("Lbl") == kinds.count("LBody") == 6, kinds)
    check("report: a row's heading says that it is one", kinds.count("TH") == said.count("/Scope /Row") == 6, said[:800])
    words = plain(" ".join(re.findall(r'^ *"(.*)"$', said, re.M)))
    order = ["Service de test « Deuxième avis »", "Deuxième avis médical", "Patient", "Dominique PAT-TROIS, née le 28/03/1979", "En clair, pour le patient",
             "Votre œil gauche va bien : « rien d’urgent à faire » ! Une opération n’est pas nécessaire maintenant.", "Réponses à vos questions",
             "Faut-il opérer l’œil gauche ?", "variation inférieure à la répétabilité de l’appareil). Le champ visuel 24-2 montre une déviation",
             "prise-en-charge-2025.pdf?version=complete&langue=fr pour le détail", "1.", "Poursuivre le latanoprost", "OCT de contrôle dans 12 mois",
             "Aides utilisées, liens d’intérêts"]
    places, at = [], 0
    for text in order:
        at = words.find(text, at)
        places.append(at)
    check("report: read aloud, the words come in order, none joined to the next", -1 not in places, list(zip(places, order)))
    check("report: heads and feet are not read aloud", "Page 1 sur" not in words and words.count("A-2026-000123") == 0, words[:300])


def ways(path):
    """Bookmarks, destinations and links of the dossier."""
    told = json.loads(out("qpdf", "--json", "--json-key=outlines", path))["outlines"]
    titles = [(o["title"], len(o["kids"])) for o in told]
    check("dossier: a bookmark for each section, exams below their heading",
          titles == [("La question", 0), ("Résumé", 0), ("Examens par date", 14)], titles)
    exam = told[2]["kids"][13]
    check("dossier: the last exam's bookmark opens its page", exam["title"].startswith("14/03/2026") and exam["destpageposfrom1"] > 4, exam)
    names = re.findall(r'"(s\d+)"', out("pdfinfo", "-dests", path))
    check("dossier: each section is a destination", sorted(names) == sorted(f"s{i}" for i in range(1, 18)), names)
    links = re.findall(r"/Dest \((s\d+)\)", "".join(b for b in raw(path).split("endobj") if "/Subtype /Link" in b))
    check("dossier: each exam's row leads to its section", links == [f"s{i}" for i in range(4, 18)], links)
    pages = {t: p for p, _, _, t in lines_of(path) if t.startswith("14/03/2026")}
    check("dossier: and the section stands where the bookmark says", list(pages.values()) == [exam["destpageposfrom1"]], pages)


def typography(paths):
    text = out("pdfinfo", "-struct-text", paths["report"])
    words = " ".join(re.findall(r'^ *"(.*)"$', text, re.M))
    french = re.findall(r"[^\u202f][;!?»:](?=\s)|«[^\u202f]", words.replace("https:", ""))
    check("report: a narrow space that holds before ; : ! ? » and after «", words.count(FRENCH) > 10 and french == [], french)
    english = out("pdftotext", paths["english"], "-")
    check("english: no space before a sign", FRENCH not in english and "urgent! Is surgery needed? No; not now." in english, english)
    for name in ("report", "dossier", "endless", "odd"):
        lines = [line for line in lines_of(paths[name]) if not re.search("[\u0590-\u06ff]", line[3])]
        begin = [t for _, _, _, t in lines if re.match(r"[;:!?»,.)\]’]", t)]
        check(f"{name}: no line begins with a sign that ends", begin == [], begin)
        widths = [len(t) for _, _, h, t in lines if not re.match(r"\S{60}", t)]
        check(f"{name}: no line is longer than 86 signs", max(widths) <= 86, max(widths))
    full = sorted(len(t) for _, _, _, t in lines_of(paths["dossier"]) if len(t) > 55)
    check(f"dossier: full lines have 60 to 80 signs (half of them {full[len(full) // 2]} or more)", 60 <= full[len(full) // 2] <= 80, full)
    feet(lines_of(paths["endless"]))
    odd = out("pdftotext", paths["odd"], "-")
    check("odd: names of many scripts come out as they went in",
          all(n in odd for n in ("Nguyễn Thị Ánh", "Łukasz Wiśniewski", "Ștefan", "İpek", "Κωνσταντίνα Παπαδοπούλου", "Иван Щербаков", "عائشة بن علي", "été composé")), odd)
    check("odd: what cannot be written is a box, and the page names it", "□□□ et □" in odd and "U+65E5, U+672C, U+8A9E" in plain(odd) and "U+1F600" in odd, odd)
    check("odd: a long word is cut without a sign that is not its own", "-" not in odd[odd.index("Un mot très long"):odd.index("remplace un signe")], odd)


def feet(lines):
    """No heading alone at a page's foot, no first line alone there, no last line alone at a page's head."""
    by_page = {}
    for line in lines:
        by_page.setdefault(line[0], []).append(line)
    last = [page[-1] for _, page in sorted(by_page.items())]
    check("endless: no heading ends a page", len(last) > 20 and not [t for _, _, _, t in last if re.match(r"Titre \d+$", t)], last)
    check("endless: no paragraph leaves its first line alone", not [p for p in by_page.values() if len(p) > 1 and p[-1][3].startswith("Suite 0") and
                                                                     p[-2][3].startswith("Titre") and len(p[-1][3]) > 70], last)
    first = [page[0] for n, page in sorted(by_page.items()) if n > 3]
    alone = [p[0] for n, p in sorted(by_page.items()) if n > 3 and len(p) > 1 and not re.match(r"(Titre|Suite|•|point)", p[0][3]) and p[1][1] - p[0][1] > 21]
    check("endless: no paragraph sends its last line alone", first and alone == [], alone)


def colours(path):
    content = raw(path)
    tint = luminance((0.925, 0.957, 0.961))
    seen = [c for c in text_colours(content) if c]
    worst = min((tint + 0.05) / (luminance(c) + 0.05) for c in seen)
    check(f"report: every text stands out against the tint by 4.5 to 1 or more ({worst:.1f})", len(seen) >= 3 and worst >= 4.5, seen)


def checker_can_refuse(folder, paths):
    """The checker refuses what it should: else its approval says nothing."""
    joined = os.path.join(folder, "joined.pdf")
    subprocess.run([PROBE, "joined", joined], check=True)
    status, said = preflight(joined)
    check("joined: pages that will grow do not claim the form", status != 0 and "identification schema" in said and b"pdfaid:part" not in open(joined, "rb").read(), said)
    for name, change in (("a transparency group", (b"/StructParents 1", b"/Group << /S /Transparency /Type /Group >> /StructParents 1")),
                         ("no colour profile", (b"/OutputIntents", b"/OutputIntentz")), ("another title", (b"M\\351dical", b"x")),
                         ("a set of signs missing", (b"/CIDSet", b"/CIDSut"))):
        bent = os.path.join(folder, "bent.pdf")
        with open(bent, "wb") as f:
            f.write(bend(paths["report"], change))
        status, said = preflight(bent)
        check(f"Preflight refuses our report with {name}", status != 0 and "not a valid" in said, said)


def bend(path, change):
    """The file in readable form with one change, its table of places repaired."""
    loose = subprocess.run(["qpdf", "--qdf", "--object-streams=disable", path, "-"], capture_output=True).stdout
    if change[0] == b"M\\351dical":
        change = (re.search(rb"/Title [(<][^\n]*", loose)[0], b"/Title (x)")
    assert change[0] in loose, change
    fixed = subprocess.run(["fix-qdf"], input=loose.replace(change[0], change[1], 1), capture_output=True).stdout
    with tempfile.NamedTemporaryFile() as f:
        f.write(fixed)
        f.flush()
        return subprocess.run(["qpdf", "--newline-before-endstream", "--object-streams=disable", f.name, "-"], capture_output=True).stdout


def main():
    global PROBE
    PROBE = os.path.realpath(sys.argv[1])
    with tempfile.TemporaryDirectory() as folder:
        paths = {}
        for name in SAMPLES:
            paths[name] = os.path.join(folder, name + ".pdf")
            subprocess.run([PROBE, name, paths[name]], check=True)
            form(name, paths[name])
        structure(paths["report"])
        ways(paths["dossier"])
        typography(paths)
        colours(paths["report"])
        checker_can_refuse(folder, paths)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
