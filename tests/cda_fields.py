#!/usr/bin/env python3
"""The typed view of every French document of the corpus, field by field, against a reading of its own.

    cda_fields.py CORPUS BIN_DIR

What `relais inspect --json` says of each document under CORPUS/cda/fr-* is compared with what XPath (lxml) finds there, with the types that file(1) sees in
the decoded embedded files, and with the verdict of `xmllint --schema`. Nothing of the project is used to read. Then every field of one answer is bent in
turn: a comparison that does not notice is a failure. Prints the number of fields compared, then 'N passed, N failed, N skipped'."""
import base64
import copy
import glob
import json
import os
import re
import subprocess
import sys

from lxml import etree

NS = {"h": "urn:hl7-org:v3"}
DOCUMENTS = 73
PROFESSIONAL = "1.2.250.1.71.4.2.1"
KINDS = {"application/pdf": "pdf", "image/jpeg": "jpeg", "image/png": "png", "image/tiff": "tiff", "text/rtf": "rtf", "text/html": "html", "text/xml": "xml",
         "application/zip": "zip", "application/dicom": "dicom", "text/plain": "txt"}
PATIENT = "h:recordTarget/h:patientRole/h:patient/"


def documents(corpus):
    files = glob.glob(os.path.join(corpus, "cda/fr-*/**/*"), recursive=True)
    return sorted(f for f in files if f.lower().endswith(".xml") and "fr-value-sets" not in f)


# --- the other reading -----------------------------------------------------------------------------

def words(nodes):
    """The text of the first that has one, as normalize-space() gives it; None when there is none."""
    for node in nodes:
        text = node.xpath("normalize-space()")
        if text:
            return text
    return None


def attribute(root, path):
    found = [value.strip() for value in root.xpath(path, namespaces=NS) if value.strip()]
    return found[0] if found else None


def id_text(node):
    if node is None:
        return None
    root, extension = (node.get("root") or "").strip(), (node.get("extension") or "").strip()
    return (root + "^" + extension if extension else root) or None


def best(nodes, root):
    """The id under a national root before any other, else the first."""
    return next((n for n in nodes if n.get("root") == root), nodes[0] if nodes else None)


def find(node, path):
    return node.xpath(path, namespaces=NS)


def party_name(entity):
    person, device = find(entity, "h:assignedPerson"), find(entity, "h:assignedAuthoringDevice")
    parts = [words(find(entity, "h:assignedPerson/h:name/h:given")), words(find(entity, "h:assignedPerson/h:name/h:family"))]
    if not person and device:
        parts = [words(find(entity, "h:assignedAuthoringDevice/h:manufacturerModelName")), words(find(entity, "h:assignedAuthoringDevice/h:softwareName"))]
    name = " ".join(p for p in parts if p)
    return name or words(find(entity, "h:assignedPerson/h:name")) or words(find(entity, "h:representedOrganization/h:name"))


def author(entity):
    return {"id": id_text(best(find(entity, "h:id"), PROFESSIONAL)), "name": party_name(entity),
            "organization": words(find(entity, "h:representedOrganization/h:name"))}


def patient(root):
    def name(part, qualifiers):
        for qualifier in qualifiers:
            test = f"@qualifier='{qualifier}'" if qualifier else "not(@qualifier)"
            text = words(find(root, f"{PATIENT}h:name/h:{part}[{test}]"))
            if text:
                return text
        return None
    ids = [{"root": n.get("root"), "extension": n.get("extension")} for n in find(root, "h:recordTarget/h:patientRole/h:id")]
    return {"ids": ids, "family_birth": name("family", ["BR"]), "family_used": name("family", ["CL", "SP", ""]),
            "given_birth_first": name("given", ["BR"]), "given_birth_all": name("given", [""]), "given_used": name("given", ["CL", "SP"]),
            "birth_time": attribute(root, PATIENT + "h:birthTime/@value"), "sex": attribute(root, PATIENT + "h:administrativeGenderCode/@code"),
            "birth_place": words(find(root, PATIENT + "h:birthplace/h:place/h:addr/h:county"))}


def kind_of(data):
    seen = subprocess.run(["file", "-b", "--mime-type", "-"], input=data, capture_output=True, check=True).stdout.decode().strip()
    return KINDS.get(seen, "other")


def embedded(root):
    found = []
    for node in find(root, "h:component//*[@representation='B64']"):
        data = base64.b64decode("".join("".join(node.itertext()).split()), validate=True)
        found.append({"media": (node.get("mediaType") or "text/plain").strip(), "detected": kind_of(data), "size": len(data)})
    for node in find(root, "h:component/h:nonXMLBody/h:text[not(@representation='B64')]"):
        data = "".join(node.itertext()).encode()
        if data.strip():
            found.append({"media": node.get("mediaType") or "text/plain", "detected": kind_of(data), "size": len(data)})
    return found


def reading(path):
    tree = etree.parse(path, etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=True)).getroot()
    root = tree if etree.QName(tree).localname == "ClinicalDocument" else find(tree, "h:ClinicalDocument")[0]
    enterer = find(root, "h:dataEnterer/h:assignedEntity")
    legal, custodian = find(root, "h:legalAuthenticator/h:assignedEntity"), find(root, "h:custodian/h:assignedCustodian/h:representedCustodianOrganization")
    replaced = find(root, "h:relatedDocument[@typeCode='RPLC']/h:parentDocument/h:id")
    level = 1 if find(root, "h:component/h:nonXMLBody") else 3 if find(root, "h:component/h:structuredBody") else None
    version = attribute(root, "h:versionNumber/@value")
    return {
        "name": os.path.basename(path), "kind": "cda", "type": attribute(root, "h:code/@code"), "title": words(find(root, "h:title")),
        "realm": attribute(root, "h:realmCode/@code"), "id": id_text(find(root, "h:id")[0]), "set_id": id_text(next(iter(find(root, "h:setId")), None)),
        "version": int(version) if version and version.isdigit() else version, "replaces": id_text(replaced[0]) if replaced else None,
        "time": attribute(root, "h:effectiveTime/@value"), "level": level, "patient": patient(root),
        "authors": [author(e) for e in find(root, "h:author/h:assignedAuthor")],
        "data_enterer": {"id": id_text(best(find(enterer[0], "h:id"), PROFESSIONAL)), "name": party_name(enterer[0])} if enterer else None,
        "legal_authenticator": {"id": id_text(best(find(legal[0], "h:id"), PROFESSIONAL)), "name": party_name(legal[0])} if legal else None,
        "custodian": {"id": id_text(find(custodian[0], "h:id")[0]), "name": words(find(custodian[0], "h:name"))} if custodian else None,
        "orders": [id_text(n) for n in find(root, "h:inFulfillmentOf/h:order/h:id")],
        "embedded": embedded(root),
    }


def schema_verdicts(corpus, files):
    done = subprocess.run(["xmllint", "--noout", "--schema", os.path.join(corpus, "cda-schema/CDA_extended.xsd"), *files], capture_output=True, text=True)
    verdicts = {m.group(1): m.group(2) == "validates" for m in re.finditer(r"^(.*) (validates|fails to validate)$", done.stderr, re.M)}
    return {f: "valid" if verdicts[f] else "invalid" for f in files}


# --- ours, and the comparison ----------------------------------------------------------------------

def inspected(relais, corpus, files):
    done = subprocess.run([relais, "inspect", "--json", "--schema", os.path.join(corpus, "cda-schema"), *files], capture_output=True, text=True, check=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


def leaves(value, path=""):
    """{path: value} of every field; a list tells its length, too."""
    if isinstance(value, dict):
        return {k: v for key, part in value.items() for k, v in leaves(part, f"{path}.{key}" if path else key).items()}
    if isinstance(value, list):
        found = {path + "#": len(value)}
        for i, part in enumerate(value):
            found.update(leaves(part, f"{path}[{i}]"))
        return found
    return {path: value}


def compare(wanted, got):
    """(fields compared, [difference…]); what we tell beyond the other reading is not compared."""
    a, b = leaves(wanted), leaves(got)
    return len(a), [f"{path}: {value!r} was read, {b.get(path)!r} is told" for path, value in a.items() if path not in b or b[path] != value]


def bend(value):
    return value + 1 if isinstance(value, int) else "x" if value is None else value + "x"


def bent_answers(got, paths):
    """The answer once for each of the paths, with that field changed."""
    for path in paths:
        copied = copy.deepcopy(got)
        keys = [int(k) if k.isdigit() else k for k in re.findall(r"[^.\[\]#]+", path)]
        holder = copied
        for key in keys[:-1]:
            holder = holder[key]
        if path.endswith("#"):
            holder[keys[-1]].append("x")
        else:
            holder[keys[-1]] = bend(holder[keys[-1]])
        yield path, copied


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    corpus, relais = sys.argv[1], os.path.join(sys.argv[2], "relais")
    files = documents(corpus)
    schema = schema_verdicts(corpus, files)
    passed = failed = fields = 0
    for path, answer in zip(files, inspected(relais, corpus, files), strict=True):
        wanted, got = dict(reading(path), schema=schema[path]), answer["documents"][0]
        count, differences = compare(wanted, got)
        fields += count
        if answer["verdict"] not in ("accept", "accept-tolerant"):
            differences.append(f"verdict {answer['verdict']} ({answer['reason']})")
        passed, failed = passed + (not differences), failed + bool(differences)
        for line in differences:
            print(f"NOT OK {os.path.relpath(path, corpus)}: {line}")
    unnoticed = [field for field, bent in bent_answers(got, leaves(wanted)) if not compare(wanted, bent)[1]]
    whole = len(files) == DOCUMENTS and not unnoticed
    passed, failed = passed + whole, failed + (not whole)
    if not whole:
        print(f"NOT OK {len(files)} documents, not {DOCUMENTS}; bent and not noticed: {unnoticed}")
    print(f"{fields} fields of {len(files)} documents compared")
    print(f"{passed} passed, {failed} failed, 0 skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
