"""The dossier of one published test identity: PAT-TROIS DOMINIQUE, INS 279035121518989 of the test range.

With the corpus beside the project, the exams are the national agency's own sample documents; without it, samples that
are made here. The questionnaire is always made here (ARCHITECTURE.md, "The request document")."""
import base64
import hashlib
import io
import os
import uuid
import zipfile
from xml.sax.saxutils import escape, quoteattr

INS, OID = "279035121518989", "1.2.250.1.213.1.4.10"
OTHER = {"ins": "160013912345604", "family": "PAT-AUTRE", "given": "JEAN", "birth": "19600101", "sex": "M", "place": "39123"}
QUESTIONS = "2.25.190317764238497124083345678901234567"

SAMPLES = {
    "34794-8": "CANCER-FRCP_2022.01_Appareil.xml",
    "18748-4": "CANCER-D2LM-FIN_2022.01.xml",
    "11502-2": "BIO-CR-BIO_2024.01_CRP_non_LOINC.xml",
}
TITLES = {"34794-8": "CR de réunion de concertation pluridisciplinaire", "18748-4": "CR d'imagerie médicale",
          "11502-2": "CR d'examens biologiques", "74465-6": "Questionnaire patient"}


def corpus():
    folder = os.environ.get("RELAIS_CORPUS") or os.path.join(os.path.dirname(__file__), "../../../shared/corpus")
    return folder if os.path.isdir(os.path.join(folder, "cda")) else None


def patient(ins=INS, family="PAT-TROIS", given="DOMINIQUE", all_given="DOMINIQUE MARIE-LOUISE", birth="19790328", sex="F", place="51215"):
    return f"""<recordTarget><patientRole><id root="{OID}" extension="{ins}"/><id root="1.2.3.4.567.8.9.10" extension="1234567890121"/>
<addr><country>FRA</country></addr><telecom nullFlavor="NASK"/>
<patient><name><family qualifier="BR">{family}</family><given>{all_given}</given><given qualifier="BR">{given}</given></name>
<administrativeGenderCode code="{sex}" codeSystem="2.16.840.1.113883.5.1"/><birthTime value="{birth}"/>
<birthplace><place><addr><county>{place}</county></addr></place></birthplace></patient></patientRole></recordTarget>"""


def header(code, title, when, identity, document_id, author, extra="", set_id=None, version=1):
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<ClinicalDocument xmlns="urn:hl7-org:v3" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
<realmCode code="FR"/><typeId root="2.16.840.1.113883.1.3" extension="POCD_HD000040"/>
<templateId root="2.16.840.1.113883.2.8.2.1"/><templateId root="1.2.250.1.213.1.1.1.1"/>{extra}
<id root="{document_id}"/>
<code code="{code}" displayName={quoteattr(title)} codeSystem="2.16.840.1.113883.6.1"/><title>{escape(title)}</title>
<effectiveTime value="{when}"/><confidentialityCode code="N" displayName="Normal" codeSystem="2.16.840.1.113883.5.25"/>
<languageCode code="fr-FR"/><setId root="{set_id or document_id}"/><versionNumber value="{version}"/>
{identity}
<author><time value="{when}"/><assignedAuthor>{author}</assignedAuthor></author>
<custodian><assignedCustodian><representedCustodianOrganization><id root="1.2.250.1.71.4.2.2" extension="1750000018"/><name>CHU EXEMPLE</name></representedCustodianOrganization></assignedCustodian></custodian>
<legalAuthenticator><time value="{when}"/><signatureCode code="S"/><assignedEntity><id root="1.2.250.1.71.4.2.1" extension="801234500001"/><assignedPerson><name><family>EXEMPLE</family><given>Alix</given></name></assignedPerson></assignedEntity></legalAuthenticator>
<documentationOf><serviceEvent><effectiveTime><low value="{when}"/></effectiveTime><performer typeCode="PRF"><assignedEntity><id root="1.2.250.1.71.4.2.1" extension="801234500001"/><representedOrganization><id root="1.2.250.1.71.4.2.2" extension="1750000018"/><name>CHU EXEMPLE</name><standardIndustryClassCode code="ETABLISSEMENT" displayName="Etablissement de santé" codeSystem="1.2.250.1.213.1.1.4.9"/></representedOrganization></assignedEntity></performer></serviceEvent></documentationOf>
<componentOf><encompassingEncounter><effectiveTime><low value="{when}"/></effectiveTime><location><healthCareFacility><code code="SA01" displayName="Etablissement public de santé" codeSystem="1.2.250.1.71.4.2.4"/></healthCareFacility></location></encompassingEncounter></componentOf>
"""


DOCTOR = ('<id root="1.2.250.1.71.4.2.1" extension="801234500001"/><assignedPerson><name><family>EXEMPLE</family><given>Alix</given>'
          '</name></assignedPerson><representedOrganization><id root="1.2.250.1.71.4.2.2" extension="1750000018"/><name>CHU EXEMPLE</name></representedOrganization>')


def new_oid():
    return "2.25." + str(uuid.uuid4().int)


def made_exam(code, when="20191210101500+0100", identity=None, document_id=None):
    """An exam of our own making: header and one section of narrative."""
    return (header(code, TITLES[code], when, identity or patient(), document_id or new_oid(), DOCTOR) +
            f"<component><structuredBody><component><section><title>{escape(TITLES[code])}</title><text>Document d'exemple, fabriqué pour "
            "l'essai : aucun patient réel.</text></section></component></structuredBody></component></ClinicalDocument>").encode()


def exam(code):
    """(file name, bytes): the agency's sample when the corpus is there, ours otherwise."""
    folder = corpus()
    if folder:
        path = os.path.join(folder, "cda", "fr-testcontenu-3.0", SAMPLES[code])
        with open(path, "rb") as f:
            return SAMPLES[code], f.read()
    return f"exemple-{code}.xml", made_exam(code)


def questionnaire(answers, identity=None, document_id=None, form=None):
    """The request: answers are (id, question text, value); values are text, int or bool. form: (root, extension) of the definition filled in."""
    when = "20261116093000+0100"
    rows = []
    reference = (f'<reference typeCode="REFR"><externalDocument><id root="{form[0]}" extension="{form[1]}"/></externalDocument></reference>' if form else "")
    for i, (question, text, value) in enumerate(answers):
        if isinstance(value, bool):
            v = f'<value xsi:type="BL" value="{str(value).lower()}"/>'
        elif isinstance(value, int):
            v = f'<value xsi:type="INT" value="{value}"/>'
        else:
            v = f'<value xsi:type="ST">{escape(value)}</value>'
        rows.append(f'<component><sequenceNumber value="{i + 1}"/><observation classCode="OBS" moodCode="EVN">'
                    f'<templateId root="2.16.840.1.113883.10.20.33.4.6"/><code code={quoteattr(question)} codeSystem="{QUESTIONS}">'
                    f'<originalText>{escape(text)}</originalText></code>{v}{reference}</observation></component>')
    narrative = "".join(f"<paragraph>{escape(text)} : {escape(str(value))}</paragraph>" for _, text, value in answers)
    author = f'<id root="{OID}" extension="{INS}"/><assignedPerson><name><family>PAT-TROIS</family><given>DOMINIQUE</given></name></assignedPerson>'
    return (header("74465-6", TITLES["74465-6"], when, identity or patient(), document_id or new_oid(), author,
                   '<templateId root="2.16.840.1.113883.10.20.33"/>') +
            '<component><structuredBody><component><section><templateId root="2.16.840.1.113883.10.20.33.2.1"/>'
            '<code code="74465-6" codeSystem="2.16.840.1.113883.6.1"/><title>Questionnaire</title><text>' + narrative + "</text>"
            '<entry><organizer classCode="BATTERY" moodCode="EVN"><templateId root="2.16.840.1.113883.10.20.33.4.1"/>'
            '<statusCode code="completed"/>' + "".join(rows) + "</organizer></entry></section></component></structuredBody></component>"
            "</ClinicalDocument>").encode()


def physician_request():
    """A physician's request of telemedicine (TLM-DA): the agency's sample when the corpus is there, else its skeleton made here."""
    folder = corpus()
    if folder:
        path = os.path.join(folder, "cda/fr-testcontenu-3.0", "TLM-DA_2022.01_TE1_anamnèse-non-structurée.xml")
        with open(path, "rb") as f:
            return f.read()
    sections = "".join(f'<component><section><code code="{code}" codeSystem="2.16.840.1.113883.6.1"/><title>{title}</title><text>{text}</text>{entry}</section></component>'
                       for code, title, text, entry in (
                           ("46612-8", "Anamnèse et facteurs de risques", "Texte libre", ""), ("10160-0", "Traitements", "PLAVIX 75mg", ""),
                           ("55107-7", "Documents complémentaires", "Un document", '<entry><observationMedia classCode="OBS" moodCode="EVN"><value '
                            'mediaType="application/pdf" representation="B64">' + base64.b64encode(PDF).decode() + "</value></observationMedia></entry>")))
    return (header("75496-0", "Demande de téléexpertise", "20210327153500+0100", patient(), new_oid(), DOCTOR, '<templateId root="1.2.250.1.213.1.1.1.38" extension="2022.01"/>')
            + "<component><structuredBody>" + sections + "</structuredBody></component></ClinicalDocument>").encode()


PDF = (b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
       b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 200]>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n")


def form(code="74465-6", title="Questionnaire patient", document_id=None):
    """A level-1 document of the patient's: a PDF that only a person can read."""
    author = f'<id root="{OID}" extension="{INS}"/><assignedPerson><name><family>PAT-TROIS</family><given>DOMINIQUE</given></name></assignedPerson>'
    return (header(code, title, "20261116093000+0100", patient(), document_id or new_oid(), author, '<templateId root="1.3.6.1.4.1.19376.1.2.20"/>')
            + '<component><nonXMLBody><text mediaType="application/pdf" representation="B64">' + base64.b64encode(PDF).decode()
            + "</text></nonXMLBody></component></ClinicalDocument>").encode()


def answers(pathology="cancer-sein", attending="dr.garnier@medecins.mssante.fr", first="dr.lemoine@medecins.mssante.fr", **changed):
    rows = {
        "relais.pathology": ("Pathologie", pathology),
        "relais.questionnaire": ("Version du questionnaire", "1"),
        "relais.requester": ("Qui demande", "patient"),
        "consent.processing": ("J'accepte que mes données servent à ce deuxième avis", True),
        "consent.expert": ("J'accepte que mon dossier soit transmis à l'expert", True),
        "consent.attending": ("J'accepte que mon médecin traitant reçoive l'avis", True),
        "consent.attending.when": ("Quand le reçoit-il", "at-once"),
        "consent.first-opinion": ("J'accepte que le médecin du premier avis reçoive l'avis", False),
        "physician.attending.name": ("Médecin traitant", "Dr Paul GARNIER"),
        "physician.attending.mailbox": ("Sa messagerie sécurisée", attending),
        "physician.first-opinion.name": ("Médecin du premier avis", "Dr Anne LEMOINE"),
        "physician.first-opinion.mailbox": ("Sa messagerie sécurisée", first),
        "question.1": ("Question 1", "Une mastectomie est-elle nécessaire, ou une chirurgie conservatrice est-elle possible ?"),
        "question.2": ("Question 2", "Faut-il une chimiothérapie avant l'opération ?"),
        "decision.pending": ("Décision proposée", "Mastectomie"),
        "decision.date": ("Date prévue", "12/12/2026"),
    }
    for key, value in changed.items():
        key = key.replace("__", ".").replace("_", "-")
        if value is None:
            rows.pop(key, None)
        else:
            rows[key] = (rows.get(key, (key,))[0], value)
    return [(key, text, value) for key, (text, value) in rows.items()]


def order(action, target=""):
    """METADATA's extra slot: "C" replaces and "D" deletes."""
    values = "".join(f"<rim:Value>{v}</rim:Value>" for v in (action, target) if v)
    return f'<rim:Slot name="urn:action:extraMetadataSlot"><rim:ValueList>{values}</rim:ValueList></rim:Slot>'


def mask(code):
    """MASQUE_PS, INVISIBLE_PATIENT or INVISIBLE_REPRESENTANTS_LEGAUX."""
    return f'<rim:Classification classificationScheme="urn:uuid:f4f85eac-e6cb-4883-b524-f2705394840f" nodeRepresentation="{code}"/>'


def xdm(documents, ins=INS, oid=OID, slot="", code_of="", files=True):
    """IHE_XDM.zip of [(file name, bytes, type code, title, id)]; slot and code_of go into every entry; files: the documents come with it."""
    objects = []
    for n, (_, content, code, title, document_id) in enumerate(documents, 1):
        objects.append(f"""<rim:ExtrinsicObject id="D{n}" mimeType="text/xml" objectType="urn:uuid:7edca82f-054d-47f2-a032-9b2a5b5186c1" status="urn:oasis:names:tc:ebxml-regrep:StatusType:Approved">
<rim:Slot name="hash"><rim:ValueList><rim:Value>{hashlib.sha1(content).hexdigest()}</rim:Value></rim:ValueList></rim:Slot>
<rim:Slot name="size"><rim:ValueList><rim:Value>{len(content)}</rim:Value></rim:ValueList></rim:Slot>
<rim:Slot name="URI"><rim:ValueList><rim:Value>DOC{n:04d}.XML</rim:Value></rim:ValueList></rim:Slot>{slot}
<rim:Name><rim:LocalizedString value={quoteattr(title)}/></rim:Name>
<rim:Classification classificationScheme="urn:uuid:f0306f51-975f-434e-a61c-c59651d33983" classifiedObject="D{n}" nodeRepresentation="{code}" id="C{n}"/>{code_of}
<rim:ExternalIdentifier id="P{n}" registryObject="D{n}" identificationScheme="urn:uuid:58a6f841-87b3-4a3e-92fd-a8ffeff98427" value="{ins}^^^&amp;{oid}&amp;ISO^NH"><rim:Name><rim:LocalizedString value="XDSDocumentEntry.patientId"/></rim:Name></rim:ExternalIdentifier>
<rim:ExternalIdentifier id="U{n}" registryObject="D{n}" identificationScheme="urn:uuid:2e82c1f6-a085-4c72-9da3-8640a32e42ab" value="{document_id}"><rim:Name><rim:LocalizedString value="XDSDocumentEntry.uniqueId"/></rim:Name></rim:ExternalIdentifier>
</rim:ExtrinsicObject>""")
    metadata = ("""<?xml version="1.0" encoding="UTF-8"?>
<lcm:SubmitObjectsRequest xmlns:lcm="urn:oasis:names:tc:ebxml-regrep:xsd:lcm:3.0" xmlns:rim="urn:oasis:names:tc:ebxml-regrep:xsd:rim:3.0"><rim:RegistryObjectList>
""" + "\n".join(objects) + f"""
<rim:RegistryPackage id="S1"><rim:Slot name="submissionTime"><rim:ValueList><rim:Value>20261116083000</rim:Value></rim:ValueList></rim:Slot>
<rim:ExternalIdentifier id="SP" registryObject="S1" identificationScheme="urn:uuid:6b5aea1a-874d-4603-a4bc-96a0a7b38446" value="{ins}^^^&amp;{oid}&amp;ISO^NH"><rim:Name><rim:LocalizedString value="XDSSubmissionSet.patientId"/></rim:Name></rim:ExternalIdentifier></rim:RegistryPackage>
</rim:RegistryObjectList></lcm:SubmitObjectsRequest>""")
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as z:
        z.writestr("INDEX.HTM", "<html><body>Documents</body></html>")
        z.writestr("README.TXT", "Documents")
        z.writestr("IHE_XDM/SUBSET01/METADATA.XML", metadata)
        for n, (_, content, *_rest) in enumerate(documents if files else [], 1):
            z.writestr(f"IHE_XDM/SUBSET01/DOC{n:04d}.XML", content)
    return out.getvalue()


def members(archive):
    """{name: bytes} of a package."""
    with zipfile.ZipFile(io.BytesIO(archive)) as z:
        return {name: z.read(name) for name in z.namelist()}


def packed(code, content):
    """A row for xdm(); the id is read from the document's own header."""
    import re
    found = re.search(rb'<id\s+root="([^"]+)"(?:\s+extension="([^"]+)")?', content[content.index(b"typeId"):])
    document_id = found.group(1).decode() + ("^" + found.group(2).decode() if found.group(2) else "")
    return (f"{code}.xml", content, code, TITLES[code], document_id)
