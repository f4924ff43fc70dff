/* cda/read_rules.c - the rules of the French minimal header (CI-SIS "structuration minimale"), as one table.
 *
 * A rule that fails is told, and the document is read all the same: official samples break some, and value sets age.
 * Only what nothing can do without refuses a document. Only French documents are judged. */
#include "cda/read_parts.h"

typedef bool holds(const struct reader *r);

static bool all_digits(struct bytes text)
{
	uint64_t value;
	return bytes_number(text, UINT64_MAX, &value);
}

static bool is_oid_or_uuid(struct bytes root)
{
	for (size_t i = 0; i < root.len; i++)
		if (!bytes_contains(BYTES("0123456789.abcdefABCDEF-"), bytes_slice(root, i, 1)))
			return false;
	return root.len > 0;
}

static bool realm(const struct reader *r)
{
	return r->seen[PLACE_REALM] == 1 && bytes_equal_text(r->d.realm, "FR");
}

static bool type_id(const struct reader *r)
{
	return r->seen[PLACE_TYPE_ID] == 1 && bytes_equal_text(r->type_root, "POCD_HD000040");
}

static bool templates(const struct reader *r)
{
	return r->template_france && r->template_header && r->seen[PLACE_TEMPLATE] >= 3;
}

static bool templates_level_1(const struct reader *r)
{
	return r->d.level != 1 || (r->template_file && r->seen[PLACE_TEMPLATE] == 3);
}

static bool id(const struct reader *r)
{
	return r->seen[PLACE_ID] == 1 && !r->id_null && is_oid_or_uuid(r->d.id.root);
}

static bool type(const struct reader *r)
{
	return r->seen[PLACE_CODE] == 1 && r->d.type.len > 0 && r->d.type_system.len > 0 && r->d.type_name.len > 0;
}

static bool title(const struct reader *r)
{
	return r->seen[PLACE_TITLE] == 1 && r->d.title.len > 0;
}

/* YYYYMMDDhhmmss+ZZzz */
static bool time_is_full(const struct reader *r)
{
	struct bytes t = r->d.time;
	return r->seen[PLACE_TIME] == 1 && t.len == 19 && all_digits(bytes_slice(t, 0, 14)) &&
	       (t.at[14] == '+' || t.at[14] == '-') && all_digits(bytes_from(t, 15));
}

static bool confidentiality(const struct reader *r)
{
	struct bytes c = r->d.confidentiality;
	return r->seen[PLACE_CONFIDENTIALITY] == 1 && c.len == 1 && bytes_contains(BYTES("NRV"), c);
}

static bool language(const struct reader *r)
{
	struct bytes l = r->d.language;
	return r->seen[PLACE_LANGUAGE] == 1 && l.len == 5 && l.at[2] == '-';
}

static bool set_id(const struct reader *r)
{
	return r->seen[PLACE_SET_ID] == 1 && is_oid_or_uuid(r->d.set_id.root);
}

static bool version(const struct reader *r)
{
	uint64_t value;
	return r->seen[PLACE_VERSION] == 1 && bytes_number(r->d.version, UINT32_MAX, &value) && value >= 1;
}

static bool patient_ids(const struct reader *r)
{
	return r->d.patient.id_count > 0 && !r->bad_patient_id;
}

static bool patient_ins(const struct reader *r)
{
	return !r->bad_ins && r->ins_ids <= 1;
}

static bool patient_traits(const struct reader *r)
{
	const struct cda_patient *p = &r->d.patient;
	return r->ins_ids == 0 ||
	       (p->family_birth.len > 0 && p->given_birth_first.len > 0 && p->given_birth_all.len > 0 &&
		p->birth_time.len > 0 && p->sex.len > 0 && p->birth_place.len > 0);
}

static bool patient_name(const struct reader *r)
{
	return r->seen[PLACE_PATIENT_NAME] == 1 && r->seen[PLACE_PATIENT_PREFIX] <= 1 && !r->bad_qualifier;
}

static bool patient_birth(const struct reader *r)
{
	struct bytes b = r->d.patient.birth_time;
	return r->seen[PLACE_BIRTH_TIME] == 1 && b.len >= 8 && all_digits(bytes_slice(b, 0, 8));
}

static bool patient_sex(const struct reader *r)
{
	struct bytes s = r->d.patient.sex;
	return r->seen[PLACE_SEX] == 1 &&
	       (bytes_equal_text(s, "M") || bytes_equal_text(s, "F") || bytes_equal_text(s, "UN"));
}

static bool patient_forbidden(const struct reader *r)
{
	return r->seen[PLACE_RELIGION] + r->seen[PLACE_RACE] + r->seen[PLACE_ETHNIC] == 0;
}

static bool author(const struct reader *r)
{
	return r->d.author_count > 0 && r->authors_without_id == 0;
}

static bool author_time(const struct reader *r)
{
	return r->seen[PLACE_AUTHOR_TIME] == r->seen[PLACE_AUTHOR];
}

static bool author_person(const struct reader *r)
{
	return r->authors_without_person == 0;
}

static bool custodian(const struct reader *r)
{
	return r->seen[PLACE_CUSTODIAN] == 1 && r->seen[PLACE_CUSTODIAN_ID] == 1;
}

static bool legal(const struct reader *r)
{
	return r->seen[PLACE_LEGAL] == 1 && r->seen[PLACE_LEGAL_TIME] == 1 && r->legal.ids == 1;
}

static bool legal_signature(const struct reader *r)
{
	return r->seen[PLACE_SIGNATURE] == 1 && bytes_equal_text(r->signature, "S");
}

static bool event(const struct reader *r)
{
	return r->seen[PLACE_EVENT] >= 1 && r->seen[PLACE_PERFORMER] >= 1;
}

static bool practice(const struct reader *r)
{
	return r->seen[PLACE_PRACTICE] >= 1;
}

static bool related(const struct reader *r)
{
	return r->seen[PLACE_RELATED] <= 1 && !r->d.transforms;
}

static bool related_parent(const struct reader *r)
{
	return r->seen[PLACE_RELATED] == 0 || r->d.transforms || r->d.replaces.root.len > 0;
}

static bool encounter(const struct reader *r)
{
	return r->seen[PLACE_ENCOUNTER] == 1 && r->seen[PLACE_FACILITY] == 1;
}

static bool body(const struct reader *r)
{
	return r->seen[PLACE_FILE_BODY] + r->seen[PLACE_STRUCTURED_BODY] == 1;
}

static bool body_file(const struct reader *r)
{
	return r->d.level != 1 || (r->d.embedded_count > 0 && r->d.embedded[0].size > 0);
}

static bool embedded_type(const struct reader *r)
{
	for (size_t i = 0; i < r->d.embedded_count; i++)
		if (!sniff_agrees(r->d.embedded[i].detected, r->d.embedded[i].media))
			return false;
	return true;
}

static bool embedded_clean(const struct reader *r)
{
	for (size_t i = 0; i < r->d.embedded_count; i++)
		if (!r->d.embedded[i].clean)
			return false;
	return true;
}

static bool style_sheet(const struct reader *r)
{
	return !r->d.self_displaying;
}

static bool schema(const struct reader *r)
{
	return r->d.schema != CDA_SCHEMA_INVALID;
}

static const struct rule {
	const char *name;
	enum cda_level level;
	holds *holds;
	const char *text, *source;
} rules[] = {
	{"header.realm", CDA_LEVEL_ERROR, realm, "There must be one realmCode, FR.", "CI-SIS header, realmCode"},
	{"header.type-id", CDA_LEVEL_ERROR, type_id, "typeId must name POCD_HD000040.", "CI-SIS header, typeId"},
	{"header.templates", CDA_LEVEL_ERROR, templates,
	 "The templates of HL7 France, of the CI-SIS header and of the document's model must be there.",
	 "CI-SIS header, templateId"},
	{"header.templates.level-1", CDA_LEVEL_WARNING, templates_level_1,
	 "A document with a file as body carries three templates, XDS-SD among them.", "CI-SIS level 1; IHE XDS-SD"},
	{"header.id", CDA_LEVEL_ERROR, id, "There must be one id, an OID or a UUID.", "CI-SIS header, id"},
	{"header.code", CDA_LEVEL_ERROR, type, "There must be one code with its system and name.",
	 "CI-SIS header, code; JDV_J07"},
	{"header.title", CDA_LEVEL_ERROR, title, "There must be one title.", "CI-SIS header, title"},
	{"header.time", CDA_LEVEL_WARNING, time_is_full, "effectiveTime must go to the second with an offset.",
	 "CI-SIS header, effectiveTime"},
	{"header.confidentiality", CDA_LEVEL_WARNING, confidentiality, "confidentialityCode must be N, R or V.",
	 "CI-SIS header, confidentialityCode; JDV_J08"},
	{"header.language", CDA_LEVEL_WARNING, language, "languageCode must have the shape fr-FR.",
	 "CI-SIS header, languageCode"},
	{"header.set-id", CDA_LEVEL_ERROR, set_id, "There must be one setId, an OID or a UUID.",
	 "CI-SIS header, setId"},
	{"header.version", CDA_LEVEL_ERROR, version, "versionNumber must be a whole number from 1.",
	 "CI-SIS header, versionNumber"},
	{"header.patient.ids", CDA_LEVEL_ERROR, patient_ids, "Each patient id needs a root and an extension.",
	 "CI-SIS header, recordTarget"},
	{"header.patient.ins", CDA_LEVEL_WARNING, patient_ins,
	 "There is at most one INS, of 15 characters with a right key.", "INS reference documents"},
	{"header.patient.traits", CDA_LEVEL_ERROR, patient_traits,
	 "With an INS all traits must be there: birth names, birth date, sex, place of birth.",
	 "CI-SIS header, recordTarget"},
	{"header.patient.name", CDA_LEVEL_WARNING, patient_name,
	 "There must be one name, and each family in it must be qualified BR or CL.", "CI-SIS header, recordTarget"},
	{"header.patient.birth", CDA_LEVEL_ERROR, patient_birth, "There must be one birthTime to the day.",
	 "CI-SIS header, recordTarget"},
	{"header.patient.sex", CDA_LEVEL_ERROR, patient_sex, "administrativeGenderCode must be M, F or UN.",
	 "CI-SIS header, recordTarget; JDV_J143"},
	{"header.patient.forbidden", CDA_LEVEL_ERROR, patient_forbidden,
	 "Religion, race and ethnic group are forbidden.", "CI-SIS header, recordTarget"},
	{"header.author", CDA_LEVEL_ERROR, author, "Each author must have an id with root and extension.",
	 "CI-SIS header, author"},
	{"header.author.time", CDA_LEVEL_ERROR, author_time, "Each author must have one time.",
	 "CI-SIS header, author"},
	{"header.author.person", CDA_LEVEL_WARNING, author_person, "An author is a person or a device.",
	 "CI-SIS header, author"},
	{"header.custodian", CDA_LEVEL_ERROR, custodian, "There must be one custodian with one id.",
	 "CI-SIS header, custodian"},
	{"header.legal", CDA_LEVEL_ERROR, legal, "There must be one legalAuthenticator with one time and one id.",
	 "CI-SIS header, legalAuthenticator"},
	{"header.legal.signature", CDA_LEVEL_WARNING, legal_signature,
	 "signatureCode of the legalAuthenticator must be S.", "CI-SIS header, legalAuthenticator"},
	{"header.event", CDA_LEVEL_ERROR, event, "There must be a documentationOf with a performer.",
	 "CI-SIS header, documentationOf"},
	{"header.event.practice", CDA_LEVEL_WARNING, practice,
	 "The performer's organisation must tell its setting of care.", "CI-SIS header, documentationOf; JDV_J04"},
	{"header.related", CDA_LEVEL_WARNING, related, "At most one relatedDocument, of type RPLC.",
	 "CI-SIS header, relatedDocument"},
	{"header.related.parent", CDA_LEVEL_ERROR, related_parent,
	 "A replacement must name the document that it replaces.", "CI-SIS header, relatedDocument"},
	{"header.encounter", CDA_LEVEL_ERROR, encounter, "componentOf must be there, with the kind of facility.",
	 "CI-SIS header, componentOf; JDV_J02"},
	{"body.one", CDA_LEVEL_ERROR, body, "There must be one body, a file or structured.", "CDA R2 4.3"},
	{"body.file", CDA_LEVEL_ERROR, body_file, "The body of a level-1 document must be in it.", "CI-SIS level 1"},
	{"embedded.type", CDA_LEVEL_WARNING, embedded_type, "An embedded file is not of the type that it claims.",
	 "attacks X8; ASS_A11"},
	{"embedded.base64", CDA_LEVEL_WARNING, embedded_clean, "The base64 of an embedded file is wrong.",
	 "RFC 4648 4"},
	{"document.style-sheet", CDA_LEVEL_WARNING, style_sheet,
	 "The document is inside a style sheet, which is never run.", "CI-SIS self-displaying form"},
	{"document.schema", CDA_LEVEL_ERROR, schema, "The document does not follow the schema.", "CDA_extended.xsd"},
};

static void add(struct reader *r, const struct rule *rule)
{
	struct cda_document *d = &r->d;
	struct cda_finding *finding = reader_more(r, d->findings, &d->finding_count, sizeof *finding,
						  sizeof rules / sizeof *rules, (void **)&d->findings);
	if (finding != NULL)
		*finding = (struct cda_finding){rule->name, rule->level, rule->text, rule->source};
}

enum reason reader_judge(struct reader *r)
{
	static const struct rule foreign = {"document.foreign", CDA_LEVEL_INFO, NULL,
					    "Not a French document: its header is not judged.",
					    "CI-SIS header, templateId"};
	struct cda_document *d = &r->d;

	d->french = bytes_equal_text(d->realm, "FR") && (r->template_header || r->template_france);
	if (!d->french) {
		add(r, &foreign);
		return REASON_NONE;
	}
	for (size_t i = 0; i < sizeof rules / sizeof *rules; i++)
		if (!rules[i].holds(r))
			add(r, &rules[i]);
	bool named = d->id.root.len > 0 && d->type.len > 0 && r->seen[PLACE_PATIENT] == 1;
	return named ? REASON_NONE : REASON_DOCUMENT_HEADER;
}
