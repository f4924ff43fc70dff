#!/usr/bin/env python3
"""What one document takes, without the start of a process: read and checked, with and without the XSD; a large one; an archive opened; a report composed.

documents.py [--build build/release] [--corpus ../shared/corpus] [--runs 5]
Drives build/release/bench/bench_documents (`ninja -C build/release bench_documents`) and xmllint --repeat, which parses a hundred times within one process. README.md says
what is measured; the best of the runs is shown, and each beside a bare libxml2 parse of the same bytes in the same minute. Needs the corpus."""
import argparse
import base64
import json
import os
import random
import re
import subprocess
import sys
import tempfile
import zipfile

ROOT = os.path.realpath(os.path.join(os.path.dirname(__file__), ".."))
SMALL, LEVEL_1 = "BIO-TROD_2024.01_COVID-19_Grippe-A_Grippe-B.xml", "TLM-CR_2022.01.xml"
LARGE_PDF = 10 * 1024 * 1024

PATIENT = {"ins": "279035121518989", "oid": "1.2.250.1.213.1.4.10", "family_birth": "PAT-TROIS", "given_birth_first": "DOMINIQUE",
           "given_birth_all": "DOMINIQUE MARIE-LOUISE", "birth_time": "19790328", "sex": "F", "birth_place": "51215"}
REPORT = {
    "code": "M21", "language": "fr", "message_id": "<m1@avis.example>", "date": "2026-11-21T21:55:00Z",
    "from": {"address": "avis@avis.example", "name": "Service de deuxième avis"}, "to": "t@b.example", "mss": {"nil": "DEV000000"},
    "fields": {"reference": "A-2026-000123-KQ", "phone": "01 02 03 04 05", "organisation": "Service", "patient_name": "Dominique PAT-TROIS",
               "patient_birth": "28/03/1979", "expert_name": "Dr Hélène EXEMPLE", "due_date": "28 novembre 2026", "summary": "Tout va bien.",
               "questions": "1. Opérer ?", "documents_count": "2", "exams_list": "- Mammographie", "sex": "F", "age": "47"},
    "report": {"reference": "A-2026-000123-KQ", "id": "2.25.1001", "set_id": "2.25.1000", "version": 1, "patient": PATIENT,
               "expert": {"rpps": "01234567123", "given": "Hélène", "family": "EXEMPLE", "organisation": "CHU de démonstration",
                          "organisation_id": "1750000002", "specialty_code": "G15_10/SM26"},
               "custodian": {"id": "1750000001", "name": "Service de deuxième avis"}, "request_id": "2.25.900", "time": "2026-11-21T21:50:00Z",
               "service_time": "2026-11-20T08:00:00Z", "title": "Deuxième avis médical", "summary": "Tout va bien.",
               "sections": [{"heading": "Avis motivé", "text": "Parce que, tout bien pesé, cela se discute. " * 60}, {"heading": "Convergence", "text": "oui"}]},
}


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", default=os.path.join(ROOT, "build/release"))
    parser.add_argument("--corpus", default=os.environ.get("RELAIS_CORPUS") or os.path.join(ROOT, "../shared/corpus"))
    parser.add_argument("--runs", type=int, default=5)
    return parser.parse_args()


def write_large(source, path):
    """The level-1 sample with a PDF of 10 MB (of noise, the same each time) in the place of its own. In a process of its own: what is measured afterwards
    would begin with this one's memory."""
    child = os.fork()
    if child:
        os.waitpid(child, 0)
        return
    with open(source, encoding="utf-8") as f:
        text = f.read()
    pdf = b"%PDF-1.4\n" + random.Random(1).randbytes(LARGE_PDF - 9)
    body = re.search(r'(<text[^>]*representation="B64"[^>]*>)[^<]*(</text>)', text)
    with open(path, "w", encoding="utf-8") as f:
        f.write(text[:body.end(1)] + base64.b64encode(pdf).decode() + text[body.start(2):])
    os._exit(0)


class Bench:
    def __init__(self, args):
        self.tool, self.runs = os.path.join(args.build, "bench/bench_documents"), args.runs
        self.schema = os.path.join(args.corpus, "cda-schema")

    def ours(self, *words):
        """(ms, KB above what stood before): the best and the largest of the runs."""
        figures = []
        for _ in range(self.runs):
            done = subprocess.run([self.tool, *words], capture_output=True, text=True)
            if done.returncode:
                sys.exit(f"{' '.join(words)}: status {done.returncode} {done.stderr}")
            figures.append([float(x) for x in done.stdout.split()])
        return min(f[0] for f in figures), max(f[1] for f in figures)

    def xmllint(self, path, *more):
        """(ms a parse, KB of the process): 100 parses in one process, less what a process with one parse takes."""
        best, kilobytes = None, 0
        for _ in range(self.runs if os.path.getsize(path) < 1 << 20 else 1):
            hundred, kilobytes = self.process("--repeat", *more, path)
            best = min(best or 1e9, (hundred - self.process(*more, path)[0]) / 99)
        return best, kilobytes

    @staticmethod
    def process(*words):
        """(ms of CPU, KB) of one xmllint."""
        child = subprocess.Popen(["xmllint", "--noout", "--huge", *words], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = status
        if status:
            sys.exit(f"xmllint {' '.join(words)}: status {status}")
        return 1000 * (usage.ru_utime + usage.ru_stime), usage.ru_maxrss


def row(what, ms, kilobytes, bare=None, other=None):
    print(f"| {what} | {ms:.2f} | {kilobytes / 1024:.1f} | {ms / bare:.2f} |" if bare else f"| {what} | {ms:.2f} | {kilobytes / 1024:.1f} | |", end="")
    print(f" {ms / other:.2f} |" if other else " |", flush=True)


def documents(bench, title, path, times):
    """A document read four ways."""
    sax, memory_sax = bench.ours("sax", path, times)
    tree, memory_tree = bench.ours("tree", path, times)
    lint, memory_lint = bench.xmllint(path)
    lint_schema, memory_lint_schema = bench.xmllint(path, "--schema", os.path.join(bench.schema, "CDA_extended.xsd"))
    row(f"{title}: bare libxml2, push", sax, memory_sax)
    row(f"{title}: bare libxml2, tree", tree, memory_tree, sax)
    row(f"{title}: xmllint (memory: its process)", lint, memory_lint, sax)
    row(f"{title}: xmllint --schema (its process)", lint_schema, memory_lint_schema, sax)
    row(f"{title}: **read and checked by Relais**", *bench.ours("read", path, times), sax, lint)
    row(f"{title}: **the same with the XSD**", *bench.ours("read", path, times, bench.schema), sax, lint_schema)
    return tree


def archive_and_report(bench, folder):
    request, archive = os.path.join(folder, "report.json"), os.path.join(folder, "IHE_XDM.zip")
    with open(request, "w", encoding="utf-8") as f:
        json.dump(REPORT, f)
    report, memory = bench.ours("report", request, "100", os.path.join(ROOT, "gateway/templates"), archive)
    bare = 0
    with zipfile.ZipFile(archive) as files:
        for name in files.namelist():
            if name.upper().endswith(".XML"):
                files.extract(name, folder)
                bare += bench.ours("sax", os.path.join(folder, name), "1000")[0]
    row(f"XDM of {os.path.getsize(archive) // 1024} KB opened, its CDA read (bare: its XML files)", *bench.ours("xdm", archive, "500"), bare)
    row("report composed: CDA, PDF, XDM, mail (bare: its XML files)", report, memory, bare)


def main():
    args = arguments()
    if not os.path.isdir(args.corpus):
        sys.exit("the corpus is not beside the project")
    bench, samples = Bench(args), os.path.join(args.corpus, "cda/fr-testcontenu-3.0")
    small = os.path.join(samples, SMALL)
    print("| what | ms of CPU | memory, MB | of a bare push parse | of xmllint |\n|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        large = os.path.join(folder, "large.xml")
        write_large(os.path.join(samples, LEVEL_1), large)
        documents(bench, f"CDA of {os.path.getsize(small) // 1024} KB", small, "1000")
        documents(bench, f"CDA of {os.path.getsize(large) / 1e6:.0f} MB, a PDF of 10 MB inside", large, "10")
        archive_and_report(bench, folder)


if __name__ == "__main__":
    main()
