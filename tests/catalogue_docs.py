"""docs/messages.md and docs/messages.fr.md, and the pictures beside them. For tests/catalogue.py."""
import base64
import os
import re
import struct
import subprocess
import tempfile
import zlib

ROOT = os.path.realpath(os.path.join(os.path.dirname(__file__), ".."))
FOLDER = os.path.join(ROOT, "docs/messages")

TO = {"patient": ("patient", "patient"), "representative": ("représentant", "representative"), "expert": ("expert", "expert"),
      "physician": ("médecin", "physician"), "sender": ("expéditeur", "sender"), "nurses": ("infirmières", "nurses"),
      "operator": ("exploitation", "operator"), "officer": ("sécurité et données", "security and data officer"), "insurer": ("assureur", "insurer"),
      "print station": ("poste d'impression", "print station")}
WHEN = {
    "M01": ("la demande est arrivée", "the request has come"),
    "M02": ("il manque une pièce, une réponse ou un accord", "a document, an answer or a consent is missing"),
    "M02B": ("l'expert demande un complément", "the expert asks for something more"),
    "M03": ("2, 5, 10 et 20 jours après M02", "2, 5, 10 and 20 days after M02"),
    "M04": ("une pièce ne peut pas être lue", "a document cannot be read"),
    "M05": ("l'identité est à vérifier", "the identity is to be checked"),
    "M06": ("le dossier est complet : les 7 jours commencent", "the file is complete: the 7 days begin"),
    "M07": ("un expert a accepté", "an expert has accepted"),
    "M08": ("le dossier passe à un autre expert", "the file goes to another expert"),
    "M09": ("la date promise ne sera pas tenue", "the promised date will not be kept"),
    "M10": ("un expert est choisi : la proposition", "an expert is chosen: the offer"),
    "M11": ("12 heures sans réponse", "12 hours without an answer"),
    "M12": ("la réponse ne dit ni oui ni non", "the reply says neither yes nor no"),
    "M13": ("l'expert a accepté : le dossier", "the expert has accepted: the file"),
    "M13B": ("d'autres documents : un message ne suffisait pas, ou ils sont venus après", "further documents: one message could not hold them, or they came later"),
    "M13C": ("ce qui est venu depuis l'envoi du dossier, et la réponse à ce qu'il a demandé", "what came since the file was sent, and the answer to what he asked"),
    "M14": ("jours 3, 5 et 6 sans avis", "days 3, 5 and 6 without an opinion"),
    "M15": ("il manque une partie de l'avis ou la signature", "a part of the opinion or the signature is missing"),
    "M16": ("l'avis est remis au patient", "the opinion is delivered to the patient"),
    "M17": ("chaque mois", "each month"),
    "M18": ("le dossier est retiré à l'expert", "the file is withdrawn from the expert"),
    "M19": ("la remise est différée pour un appel", "delivery waits for a call"),
    "M20": ("par SMS ou courriel ordinaire, si le patient l'a accepté", "by SMS or ordinary mail, where the patient agreed"),
    "M21": ("l'avis est remis", "the opinion is delivered"),
    "M21R": ("un avis révisé annule le premier", "a revised opinion cancels the first"),
    "M22": ("48 heures sans lecture", "48 hours unread"),
    "M30": ("le patient pose une question", "the patient asks a question"),
    "M31": ("l'expert a répondu à une question", "the expert has answered a question"),
    "M33": ("un message ou une réponse fait craindre une urgence", "a message or an answer may be an emergency"),
    "M34": ("3 jours avant la fin de l'échange", "3 days before the exchange ends"),
    "M35": ("l'échange est terminé (en-tête X-MSS-MES : FIN)", "the exchange is over (header X-MSS-MES: FIN)"),
    "M36": ("une question arrive après la fin", "a question comes after the end"),
    "M37": ("l'échange est terminé", "the exchange is over"),
    "M40": ("six mois après, avec accord", "six months later, with consent"),
    "M41": ("les données sont effacées", "the data are erased"),
    "M42": ("la demande n'est pas pour ce service", "the request is not for this service"),
    "M43": ("la demande est annulée", "the request is cancelled"),
    "M44": ("sans nouvelles depuis 30 jours", "no news for 30 days"),
    "M45": ("aucun expert n'est libre", "no expert is free"),
    "M50": ("une personne écrit pour une autre, sans preuve", "somebody writes for another person, without proof"),
    "M51": ("demande pour un mineur faite par un seul parent", "request for a minor made by one parent"),
    "M52": ("les droits d'un représentant ont pris fin", "a representative's rights have ended"),
    "M60": ("l'accord du patient n'est pas dans la demande", "the patient's consent is not in the request"),
    "M61": ("la demande d'un médecin est arrivée", "a physician's request has come"),
    "M62": ("une pièce du médecin est refusée", "a document of the physician is refused"),
    "M63": ("l'expert ou l'infirmière demande un complément", "the expert or a nurse asks for something more"),
    "M64": ("l'avis est remis, avec l'accord du patient", "the opinion is delivered, with the patient's consent"),
    "M65": ("un avis révisé annule le premier", "a revised opinion cancels the first"),
    "M70": ("chaque message reçu", "each message received"),
    "M71": ("un message est refusé ou mis de côté", "a message is refused or kept apart"),
    "M73": ("l'hôpital remplace ou supprime un document", "the hospital replaces or deletes a document"),
    "M80": ("chaque matin à 8 h", "each morning at 8"),
    "M81": ("une réponse fait craindre une urgence", "an answer may be an emergency"),
    "M82": ("jour 5 sans avis", "day 5 without an opinion"),
    "M83": ("jour 6 sans avis", "day 6 without an opinion"),
    "M84": ("jour 7 sans avis remis", "day 7, the opinion is not delivered"),
    "M85": ("un envoi n'atteint pas son destinataire", "a mail does not reach its recipient"),
    "M90": ("la file grossit", "the queue grows"),
    "M91": ("TLS refusé, certificat à 60, 30, 14, 7 et 1 jours", "TLS refused, certificate at 60, 30, 14, 7 and 1 days"),
    "M92": ("annuaire ou liste de révocation périmés", "directory or revocation list out of date"),
    "M93": ("un message attend en quarantaine", "a message waits in quarantine"),
    "M94": ("disque, horloge ou sauvegarde", "disk, clock or backup"),
    "M95": ("chaque soir", "each evening"),
    "M96": ("une remise à la mauvaise personne est soupçonnée", "a delivery to the wrong person is suspected"),
    "M97": ("un contenu protégé a été lu", "protected content was read"),
    "M98": ("la chaîne d'audit est rompue", "the audit chain is broken"),
    "M99": ("chaque mois", "each month"),
    "M100": ("un assureur demande le contenu d'un dossier", "an insurer asks for the content of a file"),
    "LETTER": ("avec chaque lettre à imprimer", "with each letter to be printed"),
}
SAY = {
    "fr": {
        "title": "# Les messages",
        "intro": """Tous les messages de la passerelle, avec les données d'essai de `relais template render`. Ce fichier et ses images sont écrits par une commande :

```
/usr/bin/python3 -B tests/catalogue.py build/release/bin --write
```

Chaque message existe en français et en anglais, en texte complet à lui seul, en HTML fait du même texte, et en lettre ; ceux qui vont aux patients et à leurs
représentants ont aussi un texte facile à lire, écrit selon les règles du FALC mais sans son logo : des personnes concernées ne l'ont pas encore relu.
`relais template render CODE --mode text|html|letter [--easy]` montre chacun. Les textes sont dans `gateway/templates`.""",
        "table": "## La liste", "head": "| Code | À | Quand | Objet | Facile à lire |", "yes": "oui", "pictures": "## En images",
        "texts": "## Les textes", "easy": "Facile à lire :", "to": "À", "subject": "Objet",
        "rules": """## Les règles

- Objet : la référence et l'étape, jamais de maladie ; l'identité d'un patient seulement à un médecin, dans l'espace de confiance. Hors de cet espace (M20), rien d'autre qu'un message attend.
- Texte : 12 lignes au plus pour un patient, 30 pour les autres ; la date avec le nom du jour, la suite, une personne et un numéro, comment répondre.
- Lettre : 14 points, lignes courtes, adresse dans la fenêtre d'une enveloppe DL ; là où une réponse est attendue, une feuille avec la référence en clair et en code-barres (Code 128, `cda/barcode.h`).
- Facile à lire : une idée par ligne, des étapes numérotées, des titres qui disent quoi faire.
- Ce qui est compté : `tests/catalogue.py`.""",
    },
    "en": {
        "title": "# The messages",
        "intro": """Every message of the gateway, with the sample data of `relais template render`. This file and its pictures are written by a command:

```
/usr/bin/python3 -B tests/catalogue.py build/release/bin --write
```

Each message is there in French and in English, as text complete by itself, as HTML made from the same text, and as a letter; those to patients and
who acts for them also have an easy-to-read text, written by the rules of FALC but without its logo: people concerned have not read it yet.
`relais template render CODE --mode text|html|letter [--easy]` shows each. The texts stand in `gateway/templates`.""",
        "table": "## The list", "head": "| Code | To | When | Subject | Easy to read |", "yes": "yes", "pictures": "## In pictures",
        "texts": "## The texts", "easy": "Easy to read:", "to": "To", "subject": "Subject",
        "rules": """## The rules

- Subject: the reference and the step, never an illness; a patient's identity to a physician alone, inside the trusted space. Outside of it (M20), nothing but that a message waits.
- Text: 12 lines at most for a patient, 30 for all others; the date with the name of its day, what comes next, a person and a number, how to answer.
- Letter: 14 points, short lines, the address in the window of a DL envelope; where an answer is awaited, a sheet with the reference in letters and in bars (Code 128, `cda/barcode.h`).
- Easy to read: one idea a line, numbered steps, headings that say what to do.
- What is counted: `tests/catalogue.py`.""",
    },
}


def guide_path(language):
    return os.path.join(ROOT, "docs/messages.fr.md" if language == "fr" else "docs/messages.md")


def one_line(text):
    return text.replace("|", "\\|")


def entry(c, code, to, easy, language):
    words, n = SAY[language], 0 if language == "fr" else 1
    subject, body = c.text(code, language)
    out = [f"### {code}", "", f"{words['to']} : {TO[to][n]}. {WHEN[code][n]}." if language == "fr" else f"{words['to']}: {TO[to][n]}. {WHEN[code][n]}.", "",
           "```", f"{words['subject']}: {subject}", "", body.strip("\n"), "```", ""]
    if easy:
        out += [words["easy"], "", "```", c.text(code, language, True)[1].strip("\n"), "```", ""]
    return out


def guide(c, language):
    words, n = SAY[language], 0 if language == "fr" else 1
    out = [words["title"], "", words["intro"], "", words["rules"], "", words["table"], "", words["head"], "|---|---|---|---|---|"]
    for code, to, easy in c.codes:
        out.append(f"| {code} | {TO[to][n]} | {WHEN[code][n]} | {one_line(c.text(code, language)[0])} | {words['yes'] if easy else ''} |")
    out += ["", words["pictures"], ""]
    for path, title in pictures(language):
        out += [f"![{title}](messages/{os.path.basename(path)})", ""]
    out += [words["texts"], ""]
    for code, to, easy in c.codes:
        out += entry(c, code, to, easy, language)
    return "\n".join(out).rstrip("\n") + "\n"


# ---------------------------------------------------------------- pictures

# sheet → (title in French, in English, what stands on it: code, language, easy or letter)
PATIENT_1, PATIENT_2 = ("M01", "M02", "M02B", "M05", "M06", "M09"), ("M19", "M20", "M21", "M22", "M33", "M35")
EXPERT, TEAM = ("M10", "M12", "M14", "M16", "M30", "M60"), ("M80", "M81", "M82", "M85", "M90", "M96")
SHEETS = {
    "patients-1": ("Au patient, sur un téléphone (1)", "To patients, on a telephone (1)", PATIENT_1, "html", "fr", False),
    "patients-2": ("Au patient, sur un téléphone (2)", "To patients, on a telephone (2)", PATIENT_2, "html", "fr", False),
    "easy": ("Facile à lire, sur un téléphone", "Easy to read, on a telephone", ("M01", "M02", "M06", "M21", "M33", "M45"), "html", "fr", True),
    "doctors": ("Aux médecins, sur un téléphone", "To doctors, on a telephone", EXPERT, "html", "fr", False),
    "team": ("À l'équipe et à l'exploitation, sur un téléphone", "To the team and the operator, on a telephone", TEAM, "html", "fr", False),
    "english": ("En anglais, sur un téléphone", "In English, on a telephone", ("M01", "M06", "M21", "M10", "M64", "M70"), "html", "en", False),
    "letters-1": ("Lettres", "Letters", ("M01", "M02", "M05"), "letter", "fr", False),
    "letters-2": ("Lettres", "Letters", ("M21", "M45", "M60"), "letter", "fr", False),
    "letters-easy": ("Lettres faciles à lire", "Easy-to-read letters", ("M02", "M51"), "letter", "fr", True),
    "letters-english": ("Lettres en anglais", "Letters in English", ("M02", "M40"), "letter", "en", False),
}


def pictures(language):
    return [(os.path.join(FOLDER, f"{sheet}.png"), row[0 if language == "fr" else 1]) for sheet, row in SHEETS.items()]


def pictures_named():
    return [path for path, _ in pictures("en")]


def chunks(data):
    at = 8
    while at < len(data):
        length, kind = struct.unpack(">I4s", data[at:at + 8])
        yield kind, data[at + 8:at + 8 + length]
        at += 12 + length


def paeth(a, b, c):
    p = a + b - c
    pa, pb, pc = abs(p - a), abs(p - b), abs(p - c)
    return a if pa <= pb and pa <= pc else b if pb <= pc else c


def rows(raw, height, stride, step):
    """The lines of a picture, their filters undone (PNG 9.2)."""
    before, at = bytearray(stride), 0
    for _ in range(height):
        kind, line = raw[at], bytearray(raw[at + 1:at + 1 + stride])
        for i in range(stride) if kind else ():
            left, up, corner = line[i - step] if i >= step else 0, before[i], before[i - step] if i >= step else 0
            line[i] = (line[i] + (0, left, up, (left + up) // 2, paeth(left, up, corner))[kind]) & 255
        yield line
        before, at = line, at + stride + 1


def in_sixteen_greys(data):
    """The same picture, as small as black on white can be."""
    head = next(body for kind, body in chunks(data) if kind == b"IHDR")
    width, height, depth, colour = struct.unpack(">IIBB", head[:10])
    step = {2: 3, 6: 4}[colour]
    assert depth == 8
    raw, out = zlib.decompress(b"".join(body for kind, body in chunks(data) if kind == b"IDAT")), bytearray()
    for line in rows(raw, height, width * step, step):
        grey = [(r * 2 + g * 5 + b) >> 7 for r, g, b in zip(line[0::step], line[1::step], line[2::step])]
        grey.append(15)
        out.append(0)
        out += bytes(a << 4 | b for a, b in zip(grey[0:width + width % 2:2], grey[1:width + width % 2:2]))

    def chunk(kind, body):
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 4, 0, 0, 0, 0)) + \
        chunk(b"IDAT", zlib.compress(bytes(out), 9)) + chunk(b"IEND", b"")


def embedded(path):
    with open(path, "rb") as f:
        return "data:image/png;base64," + base64.b64encode(f.read()).decode()


def shots(c, browser, folder, codes, mode, language, easy):
    """[(code, PNG file)]: a telephone's screen, or the pages of a letter."""
    found = []
    for code in codes:
        path = os.path.join(folder, f"{code}.{'html' if mode == 'html' else 'pdf'}")
        with open(path, "wb") as f:
            f.write(c.get(code, language, mode, easy))
        if mode == "html":
            browser.show(path, False, scale=1)
            picture = path + ".png"
            browser.picture(picture)
            found.append((code, picture))
            continue
        subprocess.run(["pdftoppm", "-png", "-r", "62", path, path], check=True)
        found += [(code, os.path.join(folder, name)) for name in sorted(os.listdir(folder)) if re.match(rf"{code}\.pdf-\d+\.png$", name)]
    return found


def write_sheet(c, browser, folder, sheet):
    title_fr, title_en, codes, mode, language, easy = SHEETS[sheet]
    cells = "".join(f'<figure><figcaption>{code}</figcaption><img src="{embedded(path)}"></figure>'
                    for code, path in shots(c, browser, folder, codes, mode, language, easy))
    page = os.path.join(folder, "sheet.html")
    with open(page, "w", encoding="utf-8") as f:
        f.write('<!DOCTYPE html><html lang="fr"><meta charset="utf-8"><style>body{margin:0;padding:12px;background:#ddd;display:flex;flex-wrap:wrap;'
                'align-items:flex-start;gap:12px;font:bold 16px sans-serif}figure{margin:0}img{display:block;background:#fff}</style>' + cells)
    browser.show(page, False, width=1140 if mode == "html" else 1600, scale=1)
    path = os.path.join(FOLDER, f"{sheet}.png")
    browser.picture(path)
    with open(path, "rb") as f:
        small = in_sixteen_greys(f.read())
    with open(path, "wb") as f:
        f.write(small)
    print(f"{os.path.relpath(path, ROOT)}: {len(small)} bytes")


def write(c):
    from catalogue import browser_of
    for language in ("fr", "en"):
        with open(guide_path(language), "w", encoding="utf-8") as f:
            f.write(guide(c, language))
    os.makedirs(FOLDER, exist_ok=True)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        browser = browser_of(folder)
        for sheet in SHEETS:
            with tempfile.TemporaryDirectory(dir=folder) as own:
                write_sheet(c, browser, own, sheet)
        browser.close()
