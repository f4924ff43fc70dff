/* cda/xdm_write_metadata.c - see xdm_write_metadata.h. */
#include "cda/xdm_write_metadata.h"

#include "base/digest.h"
#include "cda/xml_write.h"

#define ROOT_PERSON "1.2.250.1.71.4.2.1"
#define ROOT_STRUCTURE "1.2.250.1.71.4.2.2"
#define SYSTEM_LOINC "2.16.840.1.113883.6.1"
#define SYSTEM_CLASS "1.2.250.1.213.1.1.4.1"
#define SYSTEM_FACILITY "1.2.250.1.71.4.2.4"
#define SYSTEM_PRACTICE "1.2.250.1.213.1.1.4.9"
#define SYSTEM_CONFIDENTIALITY "2.16.840.1.113883.5.25"
#define SYSTEM_MASKING "1.2.250.1.213.1.1.4.13"
#define SYSTEM_IHE_FORMAT "1.3.6.1.4.1.19376.1.2.3"
#define SYSTEM_ASIP_FORMAT "1.2.250.1.213.1.1.4.2.282"
#define SYSTEM_CONTENT "1.2.250.1.213.2.2"

#define PAIRS(...) (const struct xml_write_pair[]){__VA_ARGS__}, sizeof((struct xml_write_pair[]){__VA_ARGS__}) / sizeof(struct xml_write_pair)

/* Where one registry object is being written, and the numbers of its classifications and identifiers. */
struct writer {
	struct arena *arena;
	struct xml_write *xml;
	struct bytes object;              /* id of the document or of the set */
	unsigned classification, identifier;
};

struct code {
	struct bytes code, name, system;
};

static struct bytes or_default(struct bytes given, struct bytes otherwise)
{
	return given.len > 0 ? given : otherwise;
}

/* --- HL7 v2 data types, with what separates their components taken out ------- */

static struct bytes component(struct arena *arena, struct bytes text)
{
	struct bytes copy = arena_copy(arena, text);
	unsigned char *at = (unsigned char *)copy.at;
	for (size_t i = 0; i < copy.len; i++)
		if (at[i] == '^' || at[i] == '|' || at[i] == '&' || at[i] == '~' || at[i] == '\\')
			at[i] = ' ';
	return copy;
}

static const char *text_of(struct arena *arena, struct bytes text)
{
	return (const char *)component(arena, text).at;
}

static struct bytes patient_id(struct arena *arena, const struct cda_write_patient *p)
{
	return bytes_of_text(arena_printf(arena, "%s^^^&%s&ISO^NH", text_of(arena, p->ins), text_of(arena, p->oid)));
}

static struct bytes person(struct arena *arena, const struct xdm_write_person *p)
{
	struct bytes root = or_default(p->id_root, BYTES(ROOT_PERSON));
	if (p->id.len == 0)
		return bytes_of_text(arena_printf(arena, "^%s^%s", text_of(arena, p->family), text_of(arena, p->given)));
	return bytes_of_text(arena_printf(arena, "%s^%s^%s^^^^^^&%s&ISO^D^^^%s", text_of(arena, p->id), text_of(arena, p->family),
					  text_of(arena, p->given), text_of(arena, root),
					  bytes_equal_text(root, ROOT_PERSON) ? "IDNPS" : "EI"));
}

static struct bytes institution(struct arena *arena, struct bytes name, struct bytes id)
{
	if (id.len == 0)
		return component(arena, name);
	return bytes_of_text(arena_printf(arena, "%s^^^^^&" ROOT_STRUCTURE "&ISO^IDNST^^^%s", text_of(arena, name),
					  text_of(arena, id)));
}

/* --- RIM pieces -------------------------------------------------------------- */

static void slot(struct xml_write *xml, const char *name, const struct bytes *values, size_t count)
{
	xml_write_start(xml, "rim:Slot");
	xml_write_attribute(xml, "name", bytes_of_text(name));
	xml_write_start(xml, "rim:ValueList");
	for (size_t i = 0; i < count; i++)
		xml_write_element(xml, "rim:Value", values[i]);
	xml_write_end(xml);
	xml_write_end(xml);
}

static void slot_one(struct xml_write *xml, const char *name, struct bytes value)
{
	slot(xml, name, &value, 1);
}

static void label(struct xml_write *xml, struct bytes text)
{
	xml_write_start(xml, "rim:Name");
	xml_write_empty(xml, "rim:LocalizedString", PAIRS({"xml:lang", BYTES("fr-FR")}, {"charset", BYTES("UTF-8")}, {"value", text}));
	xml_write_end(xml);
}

static void start_classification(struct writer *w, const char *scheme, struct bytes node)
{
	xml_write_start(w->xml, "rim:Classification");
	xml_write_attribute(w->xml, "id",
			    bytes_of_text(arena_printf(w->arena, "%s-cl%02u", (const char *)w->object.at, ++w->classification)));
	xml_write_attribute(w->xml, "classificationScheme", bytes_of_text(arena_printf(w->arena, "urn:uuid:%s", scheme)));
	xml_write_attribute(w->xml, "classifiedObject", w->object);
	xml_write_attribute(w->xml, "nodeRepresentation", node);
}

static void classify(struct writer *w, const char *scheme, struct code code)
{
	start_classification(w, scheme, code.code);
	slot_one(w->xml, "codingScheme", code.system);
	label(w->xml, or_default(code.name, code.code));
	xml_write_end(w->xml);
}

static void author(struct writer *w, const char *scheme, const struct xdm_write_person *p)
{
	start_classification(w, scheme, BYTES_NONE);
	if (p->organisation.len > 0)
		slot_one(w->xml, "authorInstitution", institution(w->arena, p->organisation, p->organisation_id));
	if (p->family.len > 0)
		slot_one(w->xml, "authorPerson", person(w->arena, p));
	if (p->specialty_code.len > 0)
		slot_one(w->xml, "authorSpecialty",
			 bytes_of_text(arena_printf(w->arena, "%s^%s^1.2.250.1.213.1.1.4.5", text_of(w->arena, p->specialty_code),
						    text_of(w->arena, or_default(p->specialty_name, BYTES("Médecin"))))));
	xml_write_end(w->xml);
}

static void identify(struct writer *w, const char *scheme, const char *name, struct bytes value)
{
	xml_write_start(w->xml, "rim:ExternalIdentifier");
	xml_write_attribute(w->xml, "id",
			    bytes_of_text(arena_printf(w->arena, "%s-ei%02u", (const char *)w->object.at, ++w->identifier)));
	xml_write_attribute(w->xml, "registryObject", w->object);
	xml_write_attribute(w->xml, "identificationScheme", bytes_of_text(arena_printf(w->arena, "urn:uuid:%s", scheme)));
	xml_write_attribute(w->xml, "value", value);
	label(w->xml, bytes_of_text(name));
	xml_write_end(w->xml);
}

/* --- one document ------------------------------------------------------------ */

static void slot_patient(struct writer *w, const struct cda_write_patient *p)
{
	struct arena *arena = w->arena;
	const char *first = text_of(arena, p->given_birth_first);
	struct bytes values[5] = {
		bytes_of_text(arena_printf(arena, "PID-3|%s", (const char *)patient_id(arena, p).at)),
		bytes_of_text(arena_printf(arena, "PID-5|%s^%s^^^^^L", text_of(arena, p->family_birth), first)),
		bytes_of_text(arena_printf(arena, "PID-7|%s", text_of(arena, p->birth_time))),
		/* HL7 table 0001 has U where the CDA says UN. */
		bytes_of_text(arena_printf(arena, "PID-8|%c", p->sex.at[0])),
	};
	size_t count = 4;
	if (p->family_used.len > 0) {
		struct bytes given = or_default(p->given_used, p->given_birth_first);
		values[count++] = bytes_of_text(
			arena_printf(arena, "PID-5|%s^%s^^^^^D", text_of(arena, p->family_used), text_of(arena, given)));
	}
	slot_one(w->xml, "sourcePatientId", patient_id(arena, p));
	slot(w->xml, "sourcePatientInfo", values, count);
}

static void document_slots(struct writer *w, const struct xdm_write_document *d, size_t n)
{
	struct arena *arena = w->arena;
	char hash[DIGEST_SHA1_TEXT];
	digest_sha1_text(d->content, hash);
	struct bytes start = cda_write_time_utc(arena, d->service_start.us != 0 ? d->service_start : d->time);
	slot_one(w->xml, "creationTime", cda_write_time_utc(arena, d->time));
	slot_one(w->xml, "hash", bytes_of_text(hash));
	slot_one(w->xml, "languageCode", or_default(d->language, BYTES("fr-FR")));
	if (d->legal_authenticator.family.len > 0)
		slot_one(w->xml, "legalAuthenticator", person(arena, &d->legal_authenticator));
	slot_one(w->xml, "serviceStartTime", start);
	if (d->service_stop.us != 0)
		slot_one(w->xml, "serviceStopTime", cda_write_time_utc(arena, d->service_stop));
	slot_one(w->xml, "size", bytes_of_text(arena_printf(arena, "%zu", d->content.len)));
	slot_one(w->xml, "URI", bytes_of_text(xdm_write_file(arena, n)));
	if (d->replaces.len > 0) {
		/* cda.md 4.3: C replaces, with the id of the version that is replaced. */
		const struct bytes action[] = {BYTES_OF("C"), d->replaces};
		slot(w->xml, "urn:action:extraMetadataSlot", action, 2);
	}
}

/* Models of CI-SIS by type (ASS_A11, cda.md section 2), for a structured body whose format nobody told. */
static const struct {
	const char *type, *format;
} formats[] = {
	{"11490-0", "urn:asip:ci-sis:ldl-ses:2017"},
	{"11502-2", "urn:ihe:lab:xd-lab:2008"},
	{"18748-4", "urn:ihe:rad:CDA:ImagingReportStructuredHeadings:2013"},
	{"34794-8", "urn:asip:ci-sis:frcp:2011"},
	{"51969-4", "urn:asip:ci-sis:crgm:2018"},
	{"55115-0", "urn:ans:ci-sis:img-da:2022"},
	{"57833-6", "urn:ihe:pharm:pre:2010"},
	{"60568-3", "urn:ihe:palm:apsr:2016"},
	{"75496-0", "urn:asip:ci-sis:tlm-da:2020"},
};

static struct bytes format_by_type(struct bytes type)
{
	for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++)
		if (bytes_equal_text(type, formats[i].type))
			return bytes_of_text(formats[i].format);
	/* IHE ITI: the media type says enough. */
	return BYTES("urn:ihe:iti:xds:2017:mimeTypeSufficient");
}

static struct code format_of(const struct xdm_write_document *d)
{
	struct bytes format = or_default(d->format_code, d->level == 1 ? BYTES(CDA_WRITE_FORMAT) : format_by_type(d->type_code));
	bool ihe = bytes_starts(format, BYTES("urn:ihe:"));
	return (struct code){format, format, ihe ? BYTES(SYSTEM_IHE_FORMAT) : BYTES(SYSTEM_ASIP_FORMAT)};
}

static void document_confidentiality(struct writer *w, const struct xdm_write_document *d)
{
	static const char scheme[] = "f4f85eac-e6cb-4883-b524-f2705394840f";
	if (d->confidentiality[0].len == 0)
		classify(w, scheme, (struct code){BYTES("N"), BYTES("Normal"), BYTES(SYSTEM_CONFIDENTIALITY)});
	for (size_t i = 0; i < 4 && d->confidentiality[i].len > 0; i++) {
		bool letter = d->confidentiality[i].len == 1;
		classify(w, scheme, (struct code){d->confidentiality[i], BYTES_NONE,
						  letter ? BYTES(SYSTEM_CONFIDENTIALITY) : BYTES(SYSTEM_MASKING)});
	}
}

static void document_codes(struct writer *w, const struct xdm_write_document *d)
{
	bool facility = d->facility_code.len > 0, practice = d->practice_code.len > 0;
	author(w, "93606bcf-9494-43ec-9b4e-a7748d1a838d", &d->author);
	classify(w, "41a5887f-8865-4c09-adf7-e362475b143a",
		 (struct code){or_default(d->class_code, BYTES("10")), d->class_code.len > 0 ? BYTES_NONE : BYTES("Compte rendu"),
			       BYTES(SYSTEM_CLASS)});
	classify(w, "f0306f51-975f-434e-a61c-c59651d33983",
		 (struct code){d->type_code, d->type_name, or_default(d->type_system, BYTES(SYSTEM_LOINC))});
	classify(w, "a09d5840-386c-46f2-b5ad-9c3699a4309d", format_of(d));
	document_confidentiality(w, d);
	classify(w, "f33fb8ac-18af-42cc-ae0e-ed0b0bdb91e1",
		 (struct code){or_default(d->facility_code, BYTES("SA43")), facility ? BYTES_NONE : BYTES("Secteur non défini"),
			       BYTES(SYSTEM_FACILITY)});
	classify(w, "cccf5598-8b07-4b77-a05e-ae952c785ead",
		 (struct code){or_default(d->practice_code, BYTES("ETABLISSEMENT")),
			       practice ? BYTES_NONE : BYTES("Etablissement de santé"), BYTES(SYSTEM_PRACTICE)});
}

static void document(struct writer *w, const struct xdm_write_set *set, size_t n)
{
	const struct xdm_write_document *d = &set->documents[n];
	*w = (struct writer){.arena = w->arena, .xml = w->xml, .object = bytes_of_text(arena_printf(w->arena, "Document%04zu", n + 1))};
	xml_write_start(w->xml, "rim:ExtrinsicObject");
	xml_write_attribute(w->xml, "id", w->object);
	xml_write_attribute(w->xml, "objectType", BYTES("urn:uuid:7edca82f-054d-47f2-a032-9b2a5b5186c1"));
	xml_write_attribute(w->xml, "mimeType", BYTES("text/xml"));
	document_slots(w, d, n);
	slot_patient(w, &set->patient);
	label(w->xml, d->title);
	document_codes(w, d);
	identify(w, "58a6f841-87b3-4a3e-92fd-a8ffeff98427", "XDSDocumentEntry.patientId", patient_id(w->arena, &set->patient));
	identify(w, "2e82c1f6-a085-4c72-9da3-8640a32e42ab", "XDSDocumentEntry.uniqueId", d->id);
	xml_write_end(w->xml);
}

/* --- the submission set ------------------------------------------------------ */

/* An OID for who sends: its national number under the root of structures, as the national tools write it. */
static struct bytes source_id(struct arena *arena, struct bytes id)
{
	bool digits = id.len > 0 && id.len < 32 && id.at[0] != '0';
	for (size_t i = 0; i < id.len; i++)
		digits = digits && id.at[i] >= '0' && id.at[i] <= '9';
	return digits ? bytes_of_text(arena_printf(arena, ROOT_STRUCTURE ".%s", text_of(arena, id))) : xdm_write_oid(arena, id);
}

static void submission(struct writer *w, const struct xdm_write_set *set)
{
	const struct xdm_write_person sender = {.organisation = set->sender_name, .organisation_id = set->sender_id,
						.family = set->sender_name, .id = set->sender_id, .id_root = BYTES(ROOT_STRUCTURE)};
	*w = (struct writer){.arena = w->arena, .xml = w->xml, .object = BYTES("SubmissionSet01")};
	xml_write_start(w->xml, "rim:RegistryPackage");
	xml_write_attribute(w->xml, "id", w->object);
	slot_one(w->xml, "submissionTime", cda_write_time_utc(w->arena, set->time));
	label(w->xml, set->title);
	author(w, "a7058bb9-b4e4-4307-ba5b-e3f0ab85e12d", &sender);
	/* JDV_J03: 07, outpatient. */
	classify(w, "aa543740-bdda-424e-8c96-df4873be8500", (struct code){BYTES("07"), BYTES("Consultation"), BYTES(SYSTEM_CONTENT)});
	identify(w, "6b5aea1a-874d-4603-a4bc-96a0a7b38446", "XDSSubmissionSet.patientId", patient_id(w->arena, &set->patient));
	identify(w, "554ac39e-e3fe-47fe-b233-965d2a147832", "XDSSubmissionSet.sourceId", source_id(w->arena, set->sender_id));
	identify(w, "96fdda7c-d067-4183-912e-bf5ee74998a8", "XDSSubmissionSet.uniqueId", xdm_write_oid(w->arena, set->unique));
	xml_write_end(w->xml);
	xml_write_empty(w->xml, "rim:Classification",
			PAIRS({"id", BYTES("SubmissionSet01-node")}, {"classifiedObject", w->object},
			      {"classificationNode", BYTES("urn:uuid:a54d6aa5-d40d-43f9-88c5-b4633d873bdd")}));
}

static void associations(struct writer *w, size_t count)
{
	for (size_t n = 1; n <= count; n++) {
		xml_write_start(w->xml, "rim:Association");
		xml_write_attribute(w->xml, "id", bytes_of_text(arena_printf(w->arena, "Association%04zu", n)));
		xml_write_attribute(w->xml, "associationType", BYTES("urn:oasis:names:tc:ebxml-regrep:AssociationType:HasMember"));
		xml_write_attribute(w->xml, "sourceObject", BYTES("SubmissionSet01"));
		xml_write_attribute(w->xml, "targetObject", bytes_of_text(arena_printf(w->arena, "Document%04zu", n)));
		slot_one(w->xml, "SubmissionSetStatus", BYTES("Original"));
		xml_write_end(w->xml);
	}
}

/* --- public ------------------------------------------------------------------ */

char *xdm_write_file(struct arena *arena, size_t n)
{
	return arena_printf(arena, "DOC%04zu.XML", n + 1);
}

enum reason xdm_write_metadata(struct arena *arena, const struct xdm_write_set *set, struct bytes *out)
{
	struct writer w = {.arena = arena, .xml = xml_write_open(arena)};
	if (w.xml == NULL)
		return REASON_MEMORY;
	xml_write_start(w.xml, "lcm:SubmitObjectsRequest");
	xml_write_attribute(w.xml, "xmlns:lcm", BYTES("urn:oasis:names:tc:ebxml-regrep:xsd:lcm:3.0"));
	xml_write_attribute(w.xml, "xmlns:rim", BYTES("urn:oasis:names:tc:ebxml-regrep:xsd:rim:3.0"));
	xml_write_start(w.xml, "rim:RegistryObjectList");
	for (size_t n = 0; n < set->count; n++)
		document(&w, set, n);
	submission(&w, set);
	associations(&w, set->count);
	xml_write_end(w.xml);
	xml_write_end(w.xml);
	enum reason reason = xml_write_finish(w.xml, out);
	xml_write_close(&w.xml);
	return reason;
}
