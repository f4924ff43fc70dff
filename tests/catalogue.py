#!/usr/bin/env python3
"""The message catalogue: every message in each language, as text, HTML and letter, plain and easy to read, held against its rules.

tests/catalogue.py BIN_DIR            each check is a sentence that holds or not; ends with 'N passed, N failed, N skipped'
tests/catalogue.py BIN_DIR --write    writes docs/messages.md, docs/messages.fr.md and the pictures in docs/messages/ anew

What is measured of a patient's text: sentences are what stands between . ! ? ; : or the end of a line; words are counted without marks."""
import ctypes
import ctypes.util
import os
import re
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor

ROOT = os.path.realpath(os.path.join(os.path.dirname(__file__), ".."))
sys.path.insert(0, os.path.join(ROOT, "tests"))
from browser import BROWSERS, CONTRAST, WIDTH, Browser, Page, squeezed   # noqa: E402

LANGUAGES = ("fr", "en")
REVISIONS = (("M21R", "patient", True), ("M65", "physician", False))   # M21 and M64 that cancel an earlier one
REPLIED = {"M01", "M02", "M02B", "M03", "M04", "M05", "M21", "M21R", "M31", "M34", "M40", "M45", "M50", "M51", "M52", "M60", "M63"}
REFERENCE = "A-2026-000123-KQ"
ILLNESS = re.compile(r"endom[eé]trio|cancer|tum(eu|o)r|\bIRM\b|\bMRI\b|mammogra|pelvi|ultrasound|[eé]chogra", re.I)
PATIENT = re.compile(r"PAT-TROIS|DOMINIQUE")
DAYS = {"fr": "lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche", "en": "Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday"}
MONTHS = {"fr": "janvier|février|mars|avril|mai|juin|juillet|août|septembre|octobre|novembre|décembre",
          "en": "January|February|March|April|May|June|July|August|September|October|November|December"}
PLAIN_MEAN, PLAIN_MOST, EASY_MEAN, EASY_MOST = 12, 30, 9, 16     # words of a sentence


class Catalogue:
    """What relais template renders, asked once."""

    def __init__(self, bin_dir):
        self.bin_dir, self.asked = bin_dir, {}
        lines = self.run("list").decode().splitlines()
        self.codes = [(code, to.split(",")[0], "easy" in to) for code, to in (line.split(None, 1) for line in lines)]
        self.codes += list(REVISIONS)
        self.codes.sort(key=lambda c: (c[0] == "LETTER", int(re.findall(r"\d+", c[0])[0]) if re.findall(r"\d+", c[0]) else 999, c[0]))

    def run(self, *words):
        done = subprocess.run([os.path.join(self.bin_dir, "relais"), "template", *words], capture_output=True, timeout=60)
        if done.returncode or done.stderr:
            raise AssertionError(f"relais template {' '.join(words)}: status {done.returncode}: {done.stderr.decode()[:300]}")
        return done.stdout

    def get(self, code, language, mode="text", easy=False):
        key = (code, language, mode, easy)
        if key not in self.asked:
            words = ["render", code, "--language", language, "--mode", mode] + (["--easy"] if easy else [])
            self.asked[key] = self.run(*words)
        return self.asked[key]

    def text(self, code, language, easy=False):
        """(subject, body), its lines put together again."""
        head, body = self.get(code, language, "text", easy).decode().split("\n\n", 1)
        return head.removeprefix("Subject: "), re.sub(r" \n", " ", body)

    def variants(self, to=None, easy=None):
        """(code, language, easy) of all texts, or of those to somebody, or of the easy ones."""
        for code, whom, has_easy in self.codes:
            for language in LANGUAGES:
                for kind in (False, True) if has_easy else (False,):
                    if (to is None or whom in to) and (easy is None or easy == kind):
                        yield code, language, kind


def name(code, language, easy):
    return f"{code}.{language}{' easy' if easy else ''}"


# ---------------------------------------------------------------- words

def signature_at(body, language):
    """Where the names at the foot begin."""
    at = body.find("\nAlix Exemple")
    return at if at >= 0 else len(body)


def own_lines(body, language):
    """The lines that a reader has to read: no empty ones, no items of a list, no names at the foot, not the expert's form."""
    body = body[:signature_at(body, language)].split("\n____")[0]
    return [line for line in body.split("\n") if line.strip() and not re.match(r"(- |\d+\. )", line)]


def sentences(body, language):
    found = []
    for line in body[:signature_at(body, language)].split("\n"):
        line = re.sub(r"^(- |\d+\. )", "", line)
        found += [s for s in re.split(r"[.!?;:]+(?=[\s\u00a0\u202f]|$)", line) if re.search(r"\w", s)]
    return found


def words_of(sentence):
    return re.findall(r"[\w’'-]+", re.sub(r"[\d\u00a0]{6,}", "0", sentence))


def text_lines_are_short(c):
    for code, language, easy in c.variants():
        for line in c.get(code, language, "text", easy).decode().split("\n")[2:]:
            if len(line.rstrip()) > 76 and " " in line.rstrip():
                yield f"{name(code, language, easy)}: {len(line)} characters: {line}"


def messages_are_short(c):
    for code, language, easy in c.variants():
        lines = own_lines(c.text(code, language, easy)[1], language)
        most = 30 if easy or not code_to(c, code) == "patient" else 12
        if len(lines) > most:
            yield f"{name(code, language, easy)}: {len(lines)} lines"


def code_to(c, code):
    return next(to for known, to, _ in c.codes if known == code)


def subjects_keep_the_rules(c):
    for code, language, easy in c.variants():
        subject, to = c.text(code, language, easy)[0], code_to(c, code)
        if len(subject) > 90 or not subject or subject != subject.strip():
            yield f"{code}: {len(subject)} characters"
        if ILLNESS.search(subject):
            yield f"{code}: an illness in the subject: {subject}"
        if PATIENT.search(subject) and to != "physician":
            yield f"{code}: a patient's name in the subject: {subject}"
        if code in ("M10", "M11") and not re.search(r"\d\d/\d\d", subject[:50]):
            yield f"{code}: no day in the first words: {subject}"
    if c.text("M20", "fr")[0] != "Vous avez un message sur votre espace santé":
        yield "M20"


def outside_nothing_is_told(c):
    for language in LANGUAGES:
        for easy in (False, True):
            text = c.get("M20", language, "text", easy).decode()
            for word in (REFERENCE, "PAT-TROIS", "avis", "opinion", "médec", "doctor", "expert", "http", "www"):
                if word in text:
                    yield f"M20.{language}: {word}"


def team_and_operator_read_no_name(c):
    for code, language, easy in c.variants(("nurses", "operator", "officer", "insurer", "print station")):
        text = c.get(code, language).decode()
        for found in (PATIENT.search(text), ILLNESS.search(text)):
            if found:
                yield f"{code}.{language}: {found.group()}"


def dates_have_their_day(c):
    for code, language, easy in c.variants(("patient", "representative")):
        subject, body = c.text(code, language, easy)
        for found in re.finditer(rf"(\S+)\s+\d{{1,2}}(?:er)?\s+(?:{MONTHS[language]})\s+\d{{4}}", subject + "\n" + body):
            if not re.search(DAYS[language], found.group(1)):
                yield f"{name(code, language, easy)}: {found.group()}"


def each_has_a_person_and_a_number(c):
    for code, language, easy in c.variants():
        text = c.text(code, language, easy)[1]
        if not re.search("01\u00a023\u00a045\u00a067\u00a089", text):
            yield f"{name(code, language, easy)}: no number to call"
        if code != "M20" and "Alix Exemple" not in text:
            yield f"{name(code, language, easy)}: nobody's name"


def french_spaces_are_narrow(c):
    for code, language, easy in c.variants():
        subject, body = c.text(code, language, easy)
        if language != "fr" or code in ("M13", "M15"):      # the form is read again by a machine
            continue
        for found in re.finditer(r"[^\s\u00a0\u202f][;!?]|[ ][;:!?»]|« ", body):
            yield f"{name(code, language, easy)}: {body[max(0, found.start() - 20):found.end()]!r}"
        for wrong in ("'", "..."):
            if wrong in body:
                yield f"{name(code, language, easy)}: {wrong} in the body"


def patients_texts_read_with_ease(c):
    for code, language, easy in c.variants(("patient", "representative")):
        said = [len(words_of(s)) for s in sentences(c.text(code, language, easy)[1], language)]
        mean, most = sum(said) / len(said), max(said)
        if mean > (EASY_MEAN if easy else PLAIN_MEAN) or most > (EASY_MOST if easy else PLAIN_MOST):
            yield f"{name(code, language, easy)}: {mean:.1f} words a sentence, at most {most}"


def easy_lines_hold_one_idea(c):
    for code, language, _ in c.variants(easy=True):
        for line in c.text(code, language, True)[1].split("\n"):
            if len(re.findall(r"[.!?](?=\s|$)", re.sub(r"^\d+\. ", "", line))) > 2:
                yield f"{name(code, language, True)}: {line}"


# ---------------------------------------------------------------- HTML

def html_says_what_the_text_says(c):
    """Word for word, in the same order: nothing is only in one of the two."""
    for code, language, easy in c.variants():
        page = Page(c.get(code, language, "html", easy).decode())
        body = c.text(code, language, easy)[1]
        said = squeezed(re.sub(r"(?m)^(- |\d+\. )|_{4,}", "", body)).split()
        shown = squeezed(page.words).split()
        if said != shown:
            at = next((i for i, (a, b) in enumerate(zip(said, shown)) if a != b), min(len(said), len(shown)))
            yield f"{name(code, language, easy)}: {said[at:at + 6]} is {shown[at:at + 6]}"
        if page.language != language or page.tags & {"img", "table", "script", "link", "iframe", "form"}:
            yield f"{name(code, language, easy)}: {page.language} {page.tags}"


def browser_of(folder):
    program = next(filter(None, map(shutil.which, BROWSERS)), None)
    return Browser(program, folder) if program else None


def html_fits_a_telephone(c):
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        browser = browser_of(folder)
        if browser is None:
            yield None
            return
        path = os.path.join(folder, "message.html")
        for code, language, easy in c.variants():
            with open(path, "wb") as f:
                f.write(c.get(code, language, "html", easy))
            browser.show(path, False)
            wide, worst = browser.value("document.documentElement.scrollWidth"), browser.value(CONTRAST)
            if wide > WIDTH or worst < 4.5 or browser.requests != ["file://" + path]:
                yield f"{name(code, language, easy)}: {wide} pixels, contrast {worst:.1f}, asked for {browser.requests[1:]}"
        browser.close()


# ---------------------------------------------------------------- letters

def tool(*command, given=None):
    done = subprocess.run(command, input=given, capture_output=True, timeout=60)
    if done.returncode:
        raise AssertionError(f"{command[0]}: {done.stderr.decode()[:200]}")
    return done.stdout


def read_bars(folder, pdf):
    """What libzbar reads on the last page of a letter, as a scan of 200 points an inch."""
    library = ctypes.util.find_library("zbar")
    last = re.search(rb"Pages:\s+(\d+)", tool("pdfinfo", pdf)).group(1).decode()
    tool("pdftoppm", "-gray", "-r", "200", "-f", last, "-l", last, "-singlefile", pdf, os.path.join(folder, os.path.basename(pdf)))
    with open(os.path.join(folder, os.path.basename(pdf)) + ".pgm", "rb") as f:
        head = re.match(rb"P5\s+(\d+)\s+(\d+)\s+255\s", f.read(64))
        f.seek(head.end())
        grey, width, height = f.read(), int(head.group(1)), int(head.group(2))
    zbar = ctypes.CDLL(library)
    for function in ("zbar_image_create", "zbar_image_scanner_create", "zbar_image_first_symbol", "zbar_symbol_next"):
        getattr(zbar, function).restype = ctypes.c_void_p
    zbar.zbar_symbol_get_data.restype = ctypes.c_char_p
    image, scanner = ctypes.c_void_p(zbar.zbar_image_create()), ctypes.c_void_p(zbar.zbar_image_scanner_create())
    zbar.zbar_image_set_format(image, ctypes.c_ulong(int.from_bytes(b"Y800", "little")))
    zbar.zbar_image_set_size(image, width, height)
    zbar.zbar_image_set_data(image, grey, ctypes.c_ulong(len(grey)), None)
    zbar.zbar_image_scanner_set_config(scanner, 0, 0, 0)
    zbar.zbar_image_scanner_set_config(scanner, 128, 0, 1)    # Code 128
    zbar.zbar_scan_image(scanner, image)
    symbol, found = zbar.zbar_image_first_symbol(image), []
    while symbol:
        found.append(zbar.zbar_symbol_get_data(ctypes.c_void_p(symbol)).decode())
        symbol = zbar.zbar_symbol_next(ctypes.c_void_p(symbol))
    zbar.zbar_image_destroy(image)
    zbar.zbar_image_scanner_destroy(scanner)
    return found


class Letters:
    """Every letter as a file, and its words."""

    def __init__(self, c, folder):
        self.c, self.folder, self.files, self.shown = c, folder, {}, {}
        with ThreadPoolExecutor(2) as pool:
            for key, path in pool.map(self.write, list(c.variants())):
                self.files[key] = path

    def write(self, key):
        code, language, easy = key
        path = os.path.join(self.folder, f"{code}.{language}{'.easy' if easy else ''}.pdf")
        with open(path, "wb") as f:
            f.write(self.c.get(code, language, "letter", easy))
        return key, path


    def words(self, path):
        """As they stand on the pages."""
        if path not in self.shown:
            self.shown[path] = re.sub(r"\f|Page \d+ (sur|of) \d+", "\n", tool("pdftotext", "-layout", path, "-").decode())
        return self.shown[path]


def letters_are_sound(letters):
    for key, path in letters.files.items():
        if b"No syntax or stream encoding errors" not in tool("qpdf", "--check", path):
            yield f"{name(*key)}: qpdf finds faults"
        info = tool("pdfinfo", path).decode()
        if not re.search(r"Tagged:\s+yes", info) or "A4" not in info:
            yield f"{name(*key)}: not tagged, or not A4"


def letters_say_their_text(letters):
    """Subject, address in the window, date with its day, and every line that the mail has but its words of mail."""
    c = letters.c
    for key, path in letters.files.items():
        code, language, easy = key
        shown = squeezed(letters.words(path))
        window = tool("pdftotext", "-f", "1", "-l", "1", "-x", "283", "-y", "153", "-W", "255", "-H", "71", path, "-").decode()
        if "DOMINIQUE PAT-TROIS" not in window or "51100 REIMS" not in window or len(window.split("\n")) > 5:
            yield f"{name(*key)}: in the window stands {window!r}"
        if not re.search(rf"({DAYS[language]}) 21 (novembre|November) 2026", shown):
            yield f"{name(*key)}: no date"
        if re.search(r"répondez à ce message|joignant vos fichiers|reply to this message", shown, re.I) and c_is_for_people(c, code):
            yield f"{name(*key)}: speaks of replying to a mail"
        subject = c.text(code, language, easy)[0].removesuffix(f" - {REFERENCE}")
        if squeezed(subject) not in shown:
            yield f"{name(*key)}: lacks its subject"


def c_is_for_people(c, code):
    return code_to(c, code) in ("patient", "representative", "physician")


def letters_have_large_type(letters):
    """In 14 points, lines that the eye finds again are short ones."""
    for key, path in letters.files.items():
        for line in letters.words(path).split("\n"):
            if len(line.strip()) > 75 and not re.search(r"\s{3,}", line.strip()):
                yield f"{name(*key)}: a line of {len(line.strip())}: {line.strip()}"


def sheets_are_read_by_a_scanner(letters):
    if ctypes.util.find_library("zbar") is None:
        yield None
        return
    for key, path in letters.files.items():
        code, language, easy = key
        rendered = {"M21R": "M21", "M65": "M64"}.get(code, code)
        wanted = [f"{REFERENCE}/{rendered}"] if code in REPLIED else []
        if read_bars(letters.folder, path) != wanted:
            yield f"{name(*key)}: {read_bars(letters.folder, path)}"


# ---------------------------------------------------------------- the guide

def guides_are_in_step(c):
    import catalogue_docs
    for language in LANGUAGES:
        path = catalogue_docs.guide_path(language)
        with open(path, encoding="utf-8") as f:
            if f.read() != catalogue_docs.guide(c, language):
                yield f"{os.path.relpath(path, ROOT)}: write it anew: tests/catalogue.py BIN_DIR --write"
    for path in catalogue_docs.pictures_named():
        if not os.path.exists(path):
            yield f"{os.path.relpath(path, ROOT)} is not there"


TEXTS = [
    ("no line of a text is longer than 76 characters", text_lines_are_short),
    ("patients have 12 lines at most, all others 30", messages_are_short),
    ("subjects name no illness, no patient to anyone but a physician, and the day of an offer", subjects_keep_the_rules),
    ("outside of the trusted space nothing is told", outside_nothing_is_told),
    ("nurses, operator, officer and insurer read no name and nothing clinical", team_and_operator_read_no_name),
    ("a date for a patient has the name of its day", dates_have_their_day),
    ("each message has a person's name and a number to call", each_has_a_person_and_a_number),
    ("French has its narrow spaces and its apostrophe", french_spaces_are_narrow),
    ("sentences for patients are short, in easy texts shorter", patients_texts_read_with_ease),
    ("a line of an easy text holds one idea", easy_lines_hold_one_idea),
    ("the HTML says what the text says, word for word", html_says_what_the_text_says),
    ("the HTML fits a telephone, can be read and fetches nothing", html_fits_a_telephone),
    ("docs/messages.md and docs/messages.fr.md show what is sent", guides_are_in_step),
]
LETTERS = [
    ("letters are sound, tagged PDF files of A4", letters_are_sound),
    ("letters have their address in the window, a date and their subject, and speak of paper", letters_say_their_text),
    ("letters have short lines", letters_have_large_type),
    ("a reply sheet stands where an answer is awaited, and another house's scanner reads its bars", sheets_are_read_by_a_scanner),
]


def check(sentence, found):
    """1 when it holds, 0 when not, None when it could not be asked here."""
    try:
        wrong = list(found)
    except AssertionError as e:
        wrong = [str(e)]
    if wrong == [None]:
        print(f"skipped {sentence}")
        return None
    print(f"{'NOT OK ' if wrong else 'ok     '} {sentence}" + "".join(f"\n         {line}" for line in wrong), flush=True)
    return int(not wrong)


def main():
    if len(sys.argv) not in (2, 3) or sys.argv[2:] not in ([], ["--write"]):
        sys.exit("usage: tests/catalogue.py BIN_DIR [--write]")
    c = Catalogue(sys.argv[1])
    if sys.argv[2:]:
        import catalogue_docs
        catalogue_docs.write(c)
        return 0
    results = [check(sentence, function(c)) for sentence, function in TEXTS]
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        letters = Letters(c, folder)
        results += [check(sentence, function(letters)) for sentence, function in LETTERS]
    print(f"{results.count(1)} passed, {results.count(0)} failed, {results.count(None)} skipped")
    return 1 if 0 in results else 0


if __name__ == "__main__":
    sys.exit(main())
