"""Reads an IHE_XDM.zip that Relais wrote as another software would: zipfile and ElementTree, nothing of ours. Says what is wrong."""
import hashlib
import io
import re
import xml.etree.ElementTree as ET
import zipfile

RIM, LCM, HL7 = "{urn:oasis:names:tc:ebxml-regrep:xsd:rim:3.0}", "{urn:oasis:names:tc:ebxml-regrep:xsd:lcm:3.0}", "{urn:hl7-org:v3}"
FOLDER = "IHE_XDM/SUBSET01/"
# what each entry must say (cda.md 4.3, "mandatory: yes")
SLOTS = "creationTime hash languageCode legalAuthenticator serviceStartTime size URI sourcePatientId sourcePatientInfo".split()
SCHEMES = {
    "author": "93606bcf-9494-43ec-9b4e-a7748d1a838d", "class": "41a5887f-8865-4c09-adf7-e362475b143a", "type": "f0306f51-975f-434e-a61c-c59651d33983",
    "format": "a09d5840-386c-46f2-b5ad-9c3699a4309d", "confidentiality": "f4f85eac-e6cb-4883-b524-f2705394840f",
    "facility": "f33fb8ac-18af-42cc-ae0e-ed0b0bdb91e1", "practice": "cccf5598-8b07-4b77-a05e-ae952c785ead",
}
IDS = {"patient": "58a6f841-87b3-4a3e-92fd-a8ffeff98427", "unique": "2e82c1f6-a085-4c72-9da3-8640a32e42ab"}
SET_IDS = {"patient": "6b5aea1a-874d-4603-a4bc-96a0a7b38446", "source": "554ac39e-e3fe-47fe-b233-965d2a147832", "unique": "96fdda7c-d067-4183-912e-bf5ee74998a8"}
SET_SCHEMES = {"author": "a7058bb9-b4e4-4307-ba5b-e3f0ab85e12d", "content": "aa543740-bdda-424e-8c96-df4873be8500"}


def slots(node):
    return {s.get("name"): [v.text or "" for v in s.iter(RIM + "Value")] for s in node.findall(RIM + "Slot")}


def classified(node, scheme):
    return [c for c in node.findall(RIM + "Classification") if c.get("classificationScheme") == "urn:uuid:" + scheme]


def code(node, scheme):
    return [(c.get("nodeRepresentation"), slots(c).get("codingScheme", [""])[0]) for c in classified(node, scheme)]


def identifier(node, scheme):
    return [e.get("value") for e in node.findall(RIM + "ExternalIdentifier") if e.get("identificationScheme") == "urn:uuid:" + scheme]


def utc(stamp):
    """HL7 time with its offset to the same instant in UTC, digits only."""
    from datetime import datetime, timezone
    stamp = stamp if re.search(r"[+-]\d{4}$", stamp) else stamp + "+0000"
    return datetime.strptime(stamp, "%Y%m%d%H%M%S%z").astimezone(timezone.utc).strftime("%Y%m%d%H%M%S")


def check_entry(entry, files):
    s, at = slots(entry), entry.get("id")
    for name in SLOTS:
        assert s.get(name, [""])[0], f"{at}: no {name}"
    content = files[FOLDER + s["URI"][0]]
    assert s["hash"][0].lower() == hashlib.sha1(content).hexdigest(), f"{at}: the hash is another file's"
    assert int(s["size"][0]) == len(content), f"{at}: size"
    for what, scheme in SCHEMES.items():
        found = classified(entry, scheme)
        assert found and (what == "author" or all(c.get("nodeRepresentation") and slots(c).get("codingScheme") for c in found)), f"{at}: {what}"
    author = slots(classified(entry, SCHEMES["author"])[0])
    assert author.get("authorPerson") or author.get("authorInstitution"), f"{at}: nobody wrote it"
    assert any(v.startswith("PID-5|") for v in s["sourcePatientInfo"]) and any(v.startswith("PID-7|") for v in s["sourcePatientInfo"]), f"{at}: traits"
    return content, s


def first(root, path):
    return root.find("/".join(HL7 + p for p in path.split("/")))


def check_against_cda(entry, s, content):
    """The mapping of HL7v2 transmission volet 2.1: each attribute is the CDA's own."""
    cda, at = ET.fromstring(content), entry.get("id")
    one = first(cda, "id")
    assert identifier(entry, IDS["unique"]) == ["^".join(x for x in (one.get("root"), one.get("extension")) if x)], f"{at}: uniqueId"
    assert code(entry, SCHEMES["type"]) == [(first(cda, "code").get("code"), first(cda, "code").get("codeSystem"))], f"{at}: type"
    assert entry.find(f"{RIM}Name/{RIM}LocalizedString").get("value") == " ".join(first(cda, "title").text.split()), f"{at}: title"
    assert s["creationTime"][0] == utc(first(cda, "effectiveTime").get("value")), f"{at}: creationTime"
    assert s["languageCode"][0] == first(cda, "languageCode").get("code"), f"{at}: language"
    patient = cda.findall(f"{HL7}recordTarget/{HL7}patientRole/{HL7}id")
    told = identifier(entry, IDS["patient"])[0]
    assert any(told == f"{p.get('extension')}^^^&{p.get('root')}&ISO^NH" for p in patient), f"{at}: another patient"
    assert code(entry, SCHEMES["confidentiality"])[0][0] == first(cda, "confidentialityCode").get("code"), f"{at}: confidentiality"
    facility = cda.find(f".//{HL7}healthCareFacility/{HL7}code")
    assert facility is None or code(entry, SCHEMES["facility"])[0][0] == facility.get("code"), f"{at}: facility"
    practice = cda.find(f"{HL7}documentationOf//{HL7}standardIndustryClassCode")
    assert practice is None or code(entry, SCHEMES["practice"])[0][0] == practice.get("code"), f"{at}: practice"
    author = cda.find(f"{HL7}author/{HL7}assignedAuthor/{HL7}id")
    person = slots(classified(entry, SCHEMES["author"])[0]).get("authorPerson", [""])[0]
    assert author is None or not person or person.split("^")[0] == author.get("extension"), f"{at}: author"
    legal = cda.find(f"{HL7}legalAuthenticator/{HL7}assignedEntity/{HL7}id")
    assert legal is None or s["legalAuthenticator"][0].split("^")[0] == legal.get("extension"), f"{at}: legal authenticator"
    level1 = first(cda, "component/nonXMLBody") is not None
    assert (code(entry, SCHEMES["format"])[0][0] == "urn:ihe:iti:xds-sd:pdf:2008") == level1, f"{at}: format"


def check(archive):
    """Every mandatory attribute, each entry's file, and each CDA against its entry; gives the entries' type codes."""
    with zipfile.ZipFile(io.BytesIO(archive)) as z:
        assert z.testzip() is None
        files = {name: z.read(name) for name in z.namelist()}
    assert {"INDEX.HTM", "README.TXT", FOLDER + "METADATA.XML"} <= set(files), sorted(files)
    root = ET.fromstring(files[FOLDER + "METADATA.XML"])
    assert root.tag == LCM + "SubmitObjectsRequest"
    packages, entries = list(root.iter(RIM + "RegistryPackage")), list(root.iter(RIM + "ExtrinsicObject"))
    assert len(packages) == 1 and entries
    package = packages[0]
    assert len(slots(package)["submissionTime"][0]) == 14
    for what, scheme in SET_SCHEMES.items():
        assert classified(package, scheme), f"set: {what}"
    for what, scheme in SET_IDS.items():
        assert len(identifier(package, scheme)) == 1 and identifier(package, scheme)[0], f"set: {what}"
    told = {identifier(e, IDS["patient"])[0] for e in entries} | set(identifier(package, SET_IDS["patient"]))
    assert len(told) == 1, f"one package, one patient: {len(told)}"
    members = {a.get("targetObject") for a in root.iter(RIM + "Association") if a.get("associationType").endswith("HasMember")}
    assert members == {e.get("id") for e in entries}, "each document is a member of the set"
    named = set()
    for entry in entries:
        content, s = check_entry(entry, files)
        check_against_cda(entry, s, content)
        assert ("IHE_XDM/SUBSET01/" + s["URI"][0]) in files["INDEX.HTM"].decode(), "a person finds each document from INDEX.HTM"
        named.add(FOLDER + s["URI"][0])
    assert set(files) == named | {"INDEX.HTM", "README.TXT", FOLDER + "METADATA.XML"}, "nothing lies in the package that it does not tell"
    return [code(e, SCHEMES["type"])[0][0] for e in entries]
