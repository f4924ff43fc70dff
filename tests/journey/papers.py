"""What other programs see in a PDF of ours: poppler's pdftotext and pdfinfo, qpdf. And small papers that an expert might attach."""
import json
import os
import shutil
import struct
import subprocess
import tempfile
import zlib

HERE = all(shutil.which(tool) for tool in ("pdftotext", "pdfinfo", "qpdf"))


def tool(pdf, *command):
    with tempfile.NamedTemporaryFile(suffix=".pdf") as f:
        f.write(pdf)
        f.flush()
        done = subprocess.run([f.name if c == "$F" else c for c in command], capture_output=True, check=False)
    return done.stdout.decode("utf-8", "replace")


def text(pdf):
    return tool(pdf, "pdftotext", "-layout", "$F", "-").replace("\u202f", " ").replace("\xa0", " ").replace("\u2019", "'")


def sound(pdf):
    return "No syntax or stream encoding errors found" in tool(pdf, "qpdf", "--check", "$F")


def pages(pdf):
    return int(next(line.split()[1] for line in tool(pdf, "pdfinfo", "$F").splitlines() if line.startswith("Pages:")))


def bookmarks(pdf):
    """[(title, page)] from top to bottom, those below others too."""
    def walk(items):
        for item in items:
            yield item["title"], item["destpageposfrom1"]
            yield from walk(item["kids"])
    return list(walk(json.loads(tool(pdf, "qpdf", "--json", "--json-key=outlines", "$F"))["outlines"]))


def links(pdf):
    """How many places of the pages lead to another place of the file, and how many outside of it."""
    body = tool(pdf, "qpdf", "--qdf", "--object-streams=disable", "$F", "-")
    return body.count("/Subtype /Link"), body.count("/URI")


def letter(words, catalogue=""):
    """A PDF of one page that says words (ASCII)."""
    draw = f"BT /F 12 Tf 60 700 Td ({words}) Tj ET"
    objects = [f"<</Type/Catalog/Pages 2 0 R{catalogue}>>", "<</Type/Pages/Kids[3 0 R]/Count 1>>",
               "<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<</Font<</F 5 0 R>>>>>>",
               f"<</Length {len(draw)}>>stream\n{draw}\nendstream", "<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>"]
    out, places = "%PDF-1.4\n", []
    for number, body in enumerate(objects, 1):
        places.append(len(out))
        out += f"{number} 0 obj\n{body}\nendobj\n"
    table = "".join(f"{p:010d} 00000 n \n" for p in places)
    return (out + f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n{table}trailer\n<</Size {len(objects) + 1}/Root 1 0 R"
            f"/Info<</Author(Poste de garde 7)>>>>\nstartxref\n{len(out)}\n%%EOF\n").encode()


def png(note=b""):
    """A small picture; with a note of the kind in which cameras and people leave names and places."""
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    rows = b"".join(b"\0" + bytes(200 if 8 < x < 24 and 8 < y < 24 else 90 for x in range(32)) for y in range(32))
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 32, 32, 8, 0, 0, 0, 0)) + (chunk(b"tEXt", note) if note else b"") +
            chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))


def attached(parsed):
    """[(name, media type, charset, bytes)] of a mail's files, in their order."""
    return [(p.get_filename(), p.get_content_type(), p.get_content_charset(), p.get_payload(decode=True)) for p in parsed.walk()
            if p.get_filename() and not p.is_multipart()]


def keep(folder, name, pdf):
    path = os.path.join(folder, name)
    with open(path, "wb") as f:
        f.write(pdf)
    return path
