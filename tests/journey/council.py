"""Small pathologies for journeys, in the one format there is: a FHIR R4 Questionnaire, and what the service demands beside it."""
import json
import os

TRANSLATION = "http://hl7.org/fhir/StructureDefinition/translation"
EXTENSION = "http://hl7.org/fhir/StructureDefinition/"


def english(text):
    return {"extension": [{"url": TRANSLATION, "extension": [{"url": "lang", "valueCode": "en"}, {"url": "content", "valueString": text}]}]}


def question(link_id, kind, french, in_english, required=False, choices=(), repeats=False, low=None, high=None, slider=False):
    item = {"linkId": link_id, "type": kind, "text": french, "_text": english(in_english), "required": required, "repeats": repeats}
    if choices:
        item["answerOption"] = [{"valueCoding": {"code": code, "display": fr, "_display": english(en)}} for code, fr, en in choices]
    value = "valueInteger" if kind == "integer" else "valueDecimal"
    extensions = [{"url": EXTENSION + name, value: bound} for name, bound in (("minValue", low), ("maxValue", high)) if bound is not None]
    if slider:
        extensions.append({"url": EXTENSION + "questionnaire-itemControl", "valueCodeableConcept": {"coding": [{"code": "slider"}]}})
    if extensions:
        item["extension"] = extensions
    return item


def exam(code, types, french, in_english):
    return {"code": code, "label_fr": french, "label_en": in_english, "types": types, "given_by": ["hospital"],
            "ask_fr": "Demandez-le à l'hôpital.", "ask_en": "Ask the hospital."}


def questionnaire(version, items, url="https://avis.exemple.fr/fhir/Questionnaire/essai-sein"):
    return {"resourceType": "Questionnaire", "url": url, "version": version, "status": "active", "language": "fr", "title": "Cancer du sein",
            "_title": english("Breast cancer"), "item": items}


def pathology(version, of, exams=(), forms=()):
    item = {"code": "cancer-sein", "version": version, "family": "oncologie", "title_fr": "Cancer du sein", "title_en": "Breast cancer",
            "questionnaire": f"{of['url']}|{of['version']}"}
    if exams:
        item["exams"] = list(exams)
    if forms:
        item["forms"] = list(forms)
    return item


ASKED = [
    question("question.1", "text", "Au moins une question pour l'expert", "At least one question for the expert", True),
    question("decision.pending", "text", "La décision qui vous est proposée", "The decision that is proposed to you", True),
    question("decision.date", "date", "La date prévue pour cette décision", "The date planned for this decision", True),
    question("tumour.side", "choice", "Le côté de la tumeur", "The side of the tumour", repeats=True, choices=[("left", "À gauche", "Left"), ("right", "À droite", "Right")]),
    question("pain", "integer", "Votre douleur, de 0 à 10", "Your pain, from 0 to 10", low=0, high=10, slider=True),
]
EXAMS = [
    exam("rcp", ["34794-8"], "Le compte rendu de la réunion de concertation pluridisciplinaire (RCP)", "The report of the multidisciplinary team meeting"),
    exam("mammographie", ["18748-4"], "Le compte rendu de la mammographie", "The mammography report"),
    exam("biologie", ["11502-2"], "Les derniers résultats d'analyses de biologie", "The last laboratory results"),
]


def load(world, of, item):
    """Imports a questionnaire and the pathology that names it."""
    for verb, value in (("questionnaire", of), ("pathology", item)):
        path = os.path.join(world.folder, verb + ".json")
        with open(path, "w", encoding="utf-8") as f:
            json.dump(value, f)
        world.relais(verb, "import", path)


def load_first(world):
    """What every world begins with: three exams of any age, as the agency's samples are old."""
    of = questionnaire("1", ASKED)
    load(world, of, pathology("1", of, EXAMS))
