"""The mails as real programs show them: mutt reads the journey's mailboxes over IMAP, a browser shows the HTML at the size of a telephone.

tests/mail_clients.py BIN_DIR CACHE [SCREENSHOTS]     PNG files go to the folder (build/screenshots). Ends with 'N passed, N failed, N skipped'."""
import os
import pty
import re
import select
import shutil
import sys
import tempfile
import time
import traceback

ROOT = os.path.realpath(os.path.join(os.path.dirname(__file__), ".."))
sys.path.insert(0, os.path.join(ROOT, "tests/journey"))
sys.path.insert(0, os.path.join(ROOT, "tests"))
import clients                      # noqa: E402
from browser import BROWSERS, CONTRAST, WIDTH, Browser, Page, squeezed   # noqa: E402
from correspondents import MAIL_PASSWORD   # noqa: E402
from story import Story             # noqa: E402
from world import ATTENDING, EXPERT, HOSPITAL, PATIENT, World   # noqa: E402


# ---------------------------------------------------------------- mutt

class Mutt:
    """Reads one mail of a mailbox over IMAPS and gives the screen that a person would have, all of it."""

    def __init__(self, world, folder):
        self.world, self.folder = world, folder

    def show(self, address, number):
        """The n-th mail (from 1) of the mailbox, decoded by mutt."""
        out = os.path.join(self.folder, "screen")
        pager = os.path.join(self.folder, "pager")
        with open(pager, "w") as f:
            f.write(f'#!/bin/sh\ncp "$1" "{out}.part" && mv "{out}.part" "{out}"\n')
        os.chmod(pager, 0o755)
        if os.path.exists(out):
            os.unlink(out)
        settings = {"ssl_ca_certificates_file": self.world.anchors, "ssl_verify_host": "no", "ssl_force_tls": "yes", "imap_user": address,
                    "imap_pass": MAIL_PASSWORD, "pager": pager + " %s", "prompt_after": "no", "sleep_time": "0", "mark_old": "no", "read_inc": "0",
                    "crypt_verify_sig": "no", "charset": "utf-8", "wrap": "78", "reflow_text": "yes", "header_cache": "",
                    "folder": self.folder, "record": "", "quit": "yes"}
        command = ["mutt", "-n", "-F", "/dev/null", "-R"]
        for key, value in settings.items():
            command += ["-e", f"set {key}='{value}'"]
        command += ["-e", "auto_view text/none", "-e", f"push '<jump>{number}<enter><display-message><exit>'",
                    "-f", f"imaps://127.0.0.1:{self.world.correspondents.imap_port}/INBOX"]
        # a terminal of its own: mutt draws on one, and nobody looks
        pid, master = pty.fork()
        if pid == 0:
            os.environ.update(TERM="xterm", LANG="C.UTF-8", HOME=self.folder, COLUMNS="80", LINES="40")
            os.execvp(command[0], command)
        end = time.monotonic() + 60
        drawn = b""
        while time.monotonic() < end:
            ready, _, _ = select.select([master], [], [], 0.05)
            if ready:
                try:
                    piece = os.read(master, 65536)
                except OSError:
                    break
                if not piece:
                    break
                drawn += piece
            if os.path.exists(out):
                break
        try:
            os.kill(pid, 15)
        except ProcessLookupError:
            pass
        os.waitpid(pid, 0)
        os.close(master)
        if not os.path.exists(out):
            raise AssertionError("mutt showed nothing: " + drawn[-2000:].decode("utf-8", "replace"))
        with open(out, encoding="utf-8", errors="replace") as f:
            return f.read()


# ---------------------------------------------------------------- the cases

def parts(mail, kind):
    return next((p for p in mail.walk() if p.get_content_type() == kind and not p.get_filename()), None)


def html_of(mail):
    return parts(mail, "text/html").get_content()


def check_shape(mail, raw, sealed=True):
    """multipart/signed > mixed > alternative, then PDF first and the package last; 7 bit, short lines (product 4.4)."""
    top = mail.get_content_type()
    assert top == "multipart/signed" if sealed else True, top
    mixed = mail.get_payload()[0]
    assert mixed.get_content_type() == "multipart/mixed", mixed.get_content_type()
    inner = mixed.get_payload()
    assert inner[0].get_content_type() == "multipart/alternative"
    assert [p.get_content_type() for p in inner[0].get_payload()] == ["text/plain", "text/html"]
    names = [p.get_filename() for p in inner[1:]]
    if "IHE_XDM.zip" in names:
        assert names[-1] == "IHE_XDM.zip" and names[0].endswith(".pdf"), names
    assert max(len(line) for line in raw.split(b"\r\n")) <= 120 and all(b < 0x80 for b in raw), "7 bit and short lines"
    plain = inner[0].get_payload()[0]
    assert plain.get_param("format") == "flowed" and plain["Content-Transfer-Encoding"] == "quoted-printable"
    longest = max(len(line) for line in plain.get_content().split("\n"))
    assert longest <= 78, f"a line of {longest} characters"


def check_html(mail):
    page = Page(html_of(mail))
    never = {"img", "table", "script", "form", "input", "iframe", "object", "link", "svg", "video", "audio", "font"}
    assert not page.tags & never, page.tags & never
    assert page.language == "fr", page.language
    assert all(link.startswith(("mailto:", "tel:")) for link in page.links), page.links
    text = squeezed(clients.text_of(mail))
    words = squeezed(page.words)
    for line in clients.text_of(mail).splitlines():
        bare = squeezed(re.sub(r"^(- |\d+\. )", "", line))
        if bare and not set(bare) <= {"_"}:
            assert bare in words, f"the HTML lacks: {bare}"
    assert len(words) <= len(text) * 1.05 + 20, "the HTML says more than the text"
    return page


def check_subject(code, mail, ref):
    subject = mail["Subject"]
    for word in ("cancer", "sein", "tumeur"):
        assert word not in subject.lower(), f"a disease in a subject: {subject}"
    if code == "M10":
        assert re.match(r"Avis demandé avant le \d\d/\d\d - " + ref, subject), subject
        assert re.search(r"\d\d/\d\d", subject[:40])


def check_offer(mail, page):
    text = clients.text_of(mail).replace("\u00a0", " ").replace("\u202f", " ")
    first = text.split("\n")[0]
    assert re.match(r"Femme, 47 ans\. Cancer du sein\. .+[?…] Réponse avant le (lun|mar|mer|jeu|ven|sam|dim)\. \d+/\d\d, \d+ h\.$", first), first
    for words in ("Ce qui est demandé :\n1. ", "Ce que contient le dossier (3 pièces) :\n- ", "\nACCEPTE : ", "\nREFUSE : ", "\nCONFLIT : ", "\nABSENT : "):
        assert words in text, words
    links = {link.split("body=")[-1] for link in page.links if link.startswith("mailto:")}
    assert links == {"ACCEPTE", "REFUSE%20%3A%20", "CONFLIT", "ABSENT%20jusqu%27au%20"}, links
    assert all(link.startswith("mailto:" + mail["Reply-To"] + "?") for link in page.links if link.startswith("mailto:"))
    assert any(link.startswith("tel:") for link in page.links)


def play(world):
    """A dossier up to its report, with an opinion that lacks two parts on the way. {code: (address, raw, mail)}"""
    story, found = Story(world, lambda text: None), {}

    def keep(code, address, want):
        raw, mail = world.mailbox(address).wait(want)
        found[code] = (address, raw, mail)
    for step in ("ask", "complete", "triage", "accept"):
        getattr(story, step)()
    story.send(EXPERT, story.expert_relay, "Re: " + story.full["Subject"], story.opinion_text(skip=("Résumé pour le patient",)), signer=world.expert,
               in_reply_to=story.full["Message-ID"], name="Pr Claire MOREAU")
    keep("M15", EXPERT, lambda m: "compléter" in (m["Subject"] or ""))
    story.opinion()
    story.release()
    story.proofs()
    keep("M01", PATIENT, lambda m: "bien arrivée" in (m["Subject"] or ""))
    keep("M02", PATIENT, lambda m: (m["Subject"] or "").startswith("Il manque"))
    keep("M10", EXPERT, lambda m: (m["Subject"] or "").startswith("Avis demandé"))
    keep("M13", EXPERT, lambda m: "Dossier d'avis" in (m["Subject"] or ""))
    keep("M21", PATIENT, lambda m: "IHE_XDM.zip" in clients.attachments(m))
    keep("M64", ATTENDING, lambda m: "IHE_XDM.zip" in clients.attachments(m))
    keep("M70", HOSPITAL, lambda m: m["Auto-Submitted"] is not None)
    return story.ref, found


class Results:
    def __init__(self):
        self.passed = self.failed = self.skipped = 0

    def case(self, name, function, *arguments):
        try:
            value = function(*arguments)
            self.passed += 1
            print(f"ok      {name}", flush=True)
            return value
        except Exception:
            self.failed += 1
            print(f"NOT OK  {name}\n" + traceback.format_exc(), flush=True)
            return None


def numbers(world, address):
    return [m for m in world.mailbox(address).all()]


def read_with_mutt(results, world, folder, found):
    if not shutil.which("mutt"):
        print("        mutt is not here: not read by a text client")
        results.skipped += 1
        return
    mutt = Mutt(world, folder)

    def complete(address, raw, mail):
        number = numbers(world, address).index(raw) + 1
        screen = squeezed(mutt.show(address, number))
        for line in clients.text_of(mail).splitlines():
            words = squeezed(line)
            if words:
                assert words in screen, f"mutt does not show: {words}\n{screen[:3000]}"
        for name in clients.attachments(mail):
            assert name in screen or name == "smime.p7s" or not name.isascii(), f"mutt does not name {name}"
    for code, (address, raw, mail) in found.items():
        results.case(f"{code}: mutt shows all of its words and its files", complete, address, raw, mail)


def look_with_browser(results, folder, found, pictures):
    program = next(filter(None, map(shutil.which, BROWSERS)), None)
    if program is None:
        print("        no Chromium: the HTML is not looked at")
        results.skipped += 1
        return
    os.makedirs(pictures, exist_ok=True)
    browser = Browser(program, folder)

    def look(code, mail):
        path = os.path.join(folder, f"{code}.html")
        with open(path, "w", encoding="utf-8") as f:
            f.write(html_of(mail))
        worst = []
        for dark in (False, True):
            browser.show(path, dark)
            assert browser.requests == ["file://" + path], f"it fetches {browser.requests}"
            width = browser.value("document.documentElement.scrollWidth")
            assert width <= WIDTH, f"{width} pixels wide on a screen of {WIDTH}"
            worst.append(browser.value(CONTRAST))
            assert worst[-1] >= 4.5, f"contrast {worst[-1]:.1f}, {'dark' if dark else 'light'}"
            size = browser.value("parseFloat(getComputedStyle(document.querySelector('p')).fontSize)")
            assert size >= 16, f"letters of {size} px"
            browser.picture(os.path.join(pictures, f"{code}-{'dark' if dark else 'light'}.png"))
        browser.show(path, False, width=WIDTH // 2)          # as at 200 %
        assert browser.value("document.documentElement.scrollWidth") <= WIDTH // 2, "at 200 % it must be scrolled sideways"
        print(f"        {code}: contrast at least {min(worst):.1f}, {browser.value('document.body.innerText.length')} characters")
    try:
        for code, (_, _, mail) in found.items():
            results.case(f"{code}: 360 pixels wide, light and dark, at 200 %, nothing fetched", look, code, mail)
    finally:
        browser.close()


def main():
    bin_dir, cache = sys.argv[1], sys.argv[2]
    pictures = sys.argv[3] if len(sys.argv) > 3 else os.path.join(ROOT, "build/screenshots")
    results, folder = Results(), tempfile.mkdtemp(prefix="relais-clients-")
    world = World(os.path.join(folder, "world"), bin_dir, cache)
    try:
        os.chmod(folder, 0o755)
        world.start()
        played = results.case("a dossier is played, and its mails are in the mailboxes", play, world)
        if played:
            ref, found = played
            for code, (_, raw, mail) in found.items():
                results.case(f"{code}: order of its parts, encodings, lines", check_shape, mail, raw)
                page = results.case(f"{code}: the HTML is the text, and nothing else", check_html, mail)
                results.case(f"{code}: subject", check_subject, code, mail, ref)
                if code == "M10" and page:
                    results.case("M10: what an offer must show, ready answers", check_offer, mail, page)
            read_with_mutt(results, world, folder, found)
            look_with_browser(results, folder, found, pictures)
    finally:
        world.stop()
        shutil.rmtree(folder, ignore_errors=True)
    print(f"{results.passed} passed, {results.failed} failed, {results.skipped} skipped")
    return 1 if results.failed else 0


if __name__ == "__main__":
    sys.exit(main())
