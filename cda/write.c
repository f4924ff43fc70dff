/* cda/write.c - see write.h. The order of elements is that of CDA R2's schema. */
#include "cda/write.h"

#include "cda/write_check.h"
#include "cda/xml_write.h"

#define ROOT_PERSON "1.2.250.1.71.4.2.1"      /* PS_IdNat */
#define ROOT_STRUCTURE "1.2.250.1.71.4.2.2"   /* Struct_IdNat */
#define SYSTEM_PROFESSION "1.2.250.1.213.1.1.4.5"
#define SYSTEM_LOINC "2.16.840.1.113883.6.1"
#define SYSTEM_FACILITY "1.2.250.1.71.4.2.4"
#define SYSTEM_PRACTICE "1.2.250.1.213.1.1.4.9"

#define PAIRS(...) (const struct xml_write_pair[]){__VA_ARGS__}, sizeof((struct xml_write_pair[]){__VA_ARGS__}) / sizeof(struct xml_write_pair)
#define EMPTY(w, name, ...) xml_write_empty((w), (name), PAIRS(__VA_ARGS__))

/* --- pieces ----------------------------------------------------------------- */

static struct bytes or_default(struct bytes given, struct bytes otherwise)
{
	return given.len > 0 ? given : otherwise;
}

static void add_id(struct xml_write *w, const char *name, struct bytes id)
{
	size_t caret = bytes_find_byte(id, '^', 0);
	EMPTY(w, name, {"root", bytes_slice(id, 0, caret)}, {"extension", bytes_from(id, caret + 1)});
}

static void add_time(struct arena *arena, struct xml_write *w, const char *name, struct cda_write_time time)
{
	EMPTY(w, name, {"value", cda_write_time_text(arena, time)});
}

static void add_low(struct arena *arena, struct xml_write *w, struct cda_write_time time)
{
	xml_write_start(w, "effectiveTime");
	add_time(arena, w, "low", time);
	xml_write_end(w);
}

static void add_name_part(struct xml_write *w, const char *name, const char *qualifier, struct bytes text)
{
	if (text.len == 0)
		return;
	xml_write_start(w, name);
	if (qualifier != NULL)
		xml_write_attribute(w, "qualifier", bytes_of_text(qualifier));
	xml_write_text(w, text);
	xml_write_end(w);
}

static struct bytes sex_name(struct bytes sex)
{
	if (bytes_equal_text(sex, "F"))
		return BYTES("Féminin");
	return bytes_equal_text(sex, "M") ? BYTES("Masculin") : BYTES("Inconnu");
}

static void add_patient(struct xml_write *w, const struct cda_write_patient *p)
{
	xml_write_start(w, "recordTarget");
	xml_write_start(w, "patientRole");
	EMPTY(w, "id", {"root", p->oid}, {"extension", p->ins});
	/* Structuration minimale wants both; where the patient lives is not ours to tell. */
	EMPTY(w, "addr", {"nullFlavor", BYTES("MSK")});
	EMPTY(w, "telecom", {"nullFlavor", BYTES("MSK")});
	xml_write_start(w, "patient");
	xml_write_start(w, "name");
	add_name_part(w, "family", "BR", p->family_birth);
	add_name_part(w, "given", NULL, p->given_birth_all);
	add_name_part(w, "given", "BR", p->given_birth_first);
	add_name_part(w, "family", "CL", p->family_used);
	add_name_part(w, "given", "CL", p->given_used);
	xml_write_end(w);
	EMPTY(w, "administrativeGenderCode", {"code", p->sex}, {"displayName", sex_name(p->sex)},
	      {"codeSystem", BYTES("2.16.840.1.113883.5.1")});
	EMPTY(w, "birthTime", {"value", p->birth_time});
	xml_write_start(w, "birthplace");
	xml_write_start(w, "place");
	xml_write_start(w, "addr");
	xml_write_element(w, "county", p->birth_place);
	xml_write_end(w);
	xml_write_end(w);
	xml_write_end(w);
	xml_write_end(w);
	xml_write_end(w);
	xml_write_end(w);
}

/* id, code, address, telecom, person and organisation, the same wherever the expert appears. */
static void add_expert(struct arena *arena, struct xml_write *w, const struct cda_write_report *r)
{
	const struct cda_write_expert *e = &r->expert;
	EMPTY(w, "id", {"root", BYTES(ROOT_PERSON)}, {"extension", bytes_of_text(arena_printf(arena, "8%.11s", (const char *)e->rpps.at))});
	EMPTY(w, "code", {"code", e->specialty_code}, {"displayName", or_default(e->specialty_name, BYTES("Médecin"))},
	      {"codeSystem", BYTES(SYSTEM_PROFESSION)});
	EMPTY(w, "addr", {"nullFlavor", BYTES("NAV")});
	EMPTY(w, "telecom", {"nullFlavor", BYTES("NAV")});
	xml_write_start(w, "assignedPerson");
	xml_write_start(w, "name");
	xml_write_element(w, "given", e->given);
	xml_write_element(w, "family", e->family);
	xml_write_element(w, "suffix", BYTES("DR"));
	xml_write_end(w);
	xml_write_end(w);
	xml_write_start(w, "representedOrganization");
	EMPTY(w, "id", {"root", BYTES(ROOT_STRUCTURE)}, {"extension", e->organisation_id});
	xml_write_element(w, "name", e->organisation);
	EMPTY(w, "standardIndustryClassCode", {"code", or_default(r->custodian.practice_code, BYTES("AMBULATOIRE"))},
	      {"displayName", r->custodian.practice_code.len > 0 ? r->custodian.practice_code : BYTES("Ambulatoire")},
	      {"codeSystem", BYTES(SYSTEM_PRACTICE)});
	xml_write_end(w);
}

static void add_identification(struct arena *arena, struct xml_write *w, const struct cda_write_report *r)
{
	EMPTY(w, "realmCode", {"code", BYTES("FR")});
	EMPTY(w, "typeId", {"root", BYTES("2.16.840.1.113883.1.3")}, {"extension", BYTES("POCD_HD000040")});
	EMPTY(w, "templateId", {"root", BYTES("2.16.840.1.113883.2.8.2.1")});
	EMPTY(w, "templateId", {"root", BYTES("1.2.250.1.213.1.1.1.1")});
	/* IHE XDS-SD: an unstructured body. A level-1 document carries these three and no other. */
	EMPTY(w, "templateId", {"root", BYTES("1.3.6.1.4.1.19376.1.2.20")});
	add_id(w, "id", r->id);
	EMPTY(w, "code", {"code", BYTES(CDA_WRITE_TYPE)}, {"displayName", BYTES(CDA_WRITE_TYPE_NAME)},
	      {"codeSystem", BYTES(SYSTEM_LOINC)}, {"codeSystemName", BYTES("LOINC")});
	xml_write_element(w, "title", r->title);
	add_time(arena, w, "effectiveTime", r->time);
	EMPTY(w, "confidentialityCode", {"code", BYTES("N")}, {"displayName", BYTES("Normal")},
	      {"codeSystem", BYTES("2.16.840.1.113883.5.25")});
	EMPTY(w, "languageCode", {"code", r->english ? BYTES("en-GB") : BYTES("fr-FR")});
	add_id(w, "setId", r->set_id);
	EMPTY(w, "versionNumber", {"value", bytes_of_text(arena_printf(arena, "%u", r->version))});
}

static void add_authors(struct arena *arena, struct xml_write *w, const struct cda_write_report *r)
{
	xml_write_start(w, "author");
	add_time(arena, w, "time", r->time);
	xml_write_start(w, "assignedAuthor");
	add_expert(arena, w, r);
	xml_write_end(w);
	xml_write_end(w);

	xml_write_start(w, "custodian");
	xml_write_start(w, "assignedCustodian");
	xml_write_start(w, "representedCustodianOrganization");
	EMPTY(w, "id", {"root", BYTES(ROOT_STRUCTURE)}, {"extension", r->custodian.id});
	xml_write_element(w, "name", r->custodian.name);
	EMPTY(w, "telecom", {"nullFlavor", BYTES("NAV")});
	EMPTY(w, "addr", {"nullFlavor", BYTES("NAV")});
	xml_write_end(w);
	xml_write_end(w);
	xml_write_end(w);

	xml_write_start(w, "legalAuthenticator");
	add_time(arena, w, "time", r->time);
	EMPTY(w, "signatureCode", {"code", BYTES("S")});
	xml_write_start(w, "assignedEntity");
	add_expert(arena, w, r);
	xml_write_end(w);
	xml_write_end(w);
}

static void add_order(struct xml_write *w, struct bytes request_id)
{
	xml_write_start(w, "inFulfillmentOf");
	xml_write_start(w, "order");
	add_id(w, "id", request_id);
	xml_write_end(w);
	xml_write_end(w);
}

static void add_event(struct arena *arena, struct xml_write *w, const struct cda_write_report *r)
{
	xml_write_start(w, "documentationOf");
	xml_write_start(w, "serviceEvent");
	/* NGAP (cda.md 2.1): an opinion on a file, on a complex situation. */
	EMPTY(w, "code", {"code", BYTES("TE2")}, {"displayName", BYTES("Acte de téléexpertise de niveau 2")},
	      {"codeSystem", BYTES("1.2.250.1.215.200.3.3")}, {"codeSystemName", BYTES("NGAP")});
	add_low(arena, w, r->service_time);
	xml_write_start(w, "performer");
	xml_write_attribute(w, "typeCode", BYTES("PRF"));
	xml_write_start(w, "assignedEntity");
	add_expert(arena, w, r);
	xml_write_end(w);
	xml_write_end(w);
	xml_write_end(w);
	xml_write_end(w);
}

static void add_replaced(struct xml_write *w, const struct cda_write_report *r)
{
	if (r->replaces.len == 0)
		return;
	xml_write_start(w, "relatedDocument");
	xml_write_attribute(w, "typeCode", BYTES("RPLC"));
	xml_write_start(w, "parentDocument");
	add_id(w, "id", r->replaces);
	xml_write_end(w);
	xml_write_end(w);
}

static void add_encounter(struct arena *arena, struct xml_write *w, const struct cda_write_report *r)
{
	struct bytes facility = or_default(r->custodian.facility_code, BYTES("SA64"));
	struct bytes facility_name = r->custodian.facility_code.len > 0 ? facility : BYTES("Société de téléconsultation");
	xml_write_start(w, "componentOf");
	xml_write_start(w, "encompassingEncounter");
	EMPTY(w, "code", {"code", BYTES("VR")}, {"displayName", BYTES("Virtuelle")}, {"codeSystem", BYTES("2.16.840.1.113883.5.4")});
	add_low(arena, w, r->service_time);
	xml_write_start(w, "responsibleParty");
	xml_write_start(w, "assignedEntity");
	add_expert(arena, w, r);
	xml_write_end(w);
	xml_write_end(w);
	xml_write_start(w, "location");
	xml_write_start(w, "healthCareFacility");
	EMPTY(w, "id", {"root", BYTES(ROOT_STRUCTURE)}, {"extension", r->custodian.id});
	EMPTY(w, "code", {"code", facility}, {"displayName", facility_name}, {"codeSystem", BYTES(SYSTEM_FACILITY)});
	xml_write_start(w, "location");
	xml_write_element(w, "name", r->custodian.name);
	xml_write_end(w);
	xml_write_end(w);
	xml_write_end(w);
	xml_write_end(w);
	xml_write_end(w);
}

static void add_body(struct xml_write *w, struct bytes pdf)
{
	xml_write_start(w, "component");
	xml_write_start(w, "nonXMLBody");
	xml_write_start(w, "text");
	xml_write_attribute(w, "mediaType", BYTES("application/pdf"));
	xml_write_attribute(w, "representation", BYTES("B64"));
	xml_write_base64(w, pdf);
	xml_write_end(w);
	xml_write_end(w);
	xml_write_end(w);
}

/* --- public ----------------------------------------------------------------- */

enum { DAY_SECONDS = 86400 };

static int64_t seconds_of_day(struct instant at, int offset_minutes)
{
	int64_t seconds = at.us / 1000000 - (at.us % 1000000 < 0) + (int64_t)offset_minutes * 60;
	int64_t rest = seconds % DAY_SECONDS;
	return rest < 0 ? rest + DAY_SECONDS : rest;
}

static char *time_digits(struct arena *arena, struct instant at, int offset_minutes)
{
	struct date day = instant_date(at, offset_minutes);
	int second = (int)seconds_of_day(at, offset_minutes);
	return arena_printf(arena, "%04d%02d%02d%02d%02d%02d", day.year, day.month, day.day, second / 3600, second / 60 % 60,
			    second % 60);
}

struct bytes cda_write_time_text(struct arena *arena, struct cda_write_time time)
{
	int minutes = time.offset_minutes < 0 ? -time.offset_minutes : time.offset_minutes;
	return bytes_of_text(arena_printf(arena, "%s%c%02d%02d", time_digits(arena, time.at, time.offset_minutes),
					  time.offset_minutes < 0 ? '-' : '+', minutes / 60, minutes % 60));
}

struct bytes cda_write_time_utc(struct arena *arena, struct instant at)
{
	return bytes_of_text(time_digits(arena, at, 0));
}

enum reason cda_write_report(struct arena *arena, const struct cda_write_report *r, struct bytes *out, const char **field)
{
	enum reason reason = write_check_report(r, field);
	if (reason != REASON_NONE)
		return reason;
	struct xml_write *w = xml_write_open(arena);
	if (w == NULL)
		return REASON_MEMORY;
	xml_write_start(w, "ClinicalDocument");
	xml_write_attribute(w, "xmlns", BYTES("urn:hl7-org:v3"));
	add_identification(arena, w, r);
	add_patient(w, &r->patient);
	add_authors(arena, w, r);
	add_order(w, r->request_id);
	add_event(arena, w, r);
	add_replaced(w, r);
	add_encounter(arena, w, r);
	add_body(w, r->pdf);
	xml_write_end(w);
	reason = xml_write_finish(w, out);
	xml_write_close(&w);
	return reason;
}
