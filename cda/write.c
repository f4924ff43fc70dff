/* cda/write.c - see write.h. The order of elements is that of CDA R2's schema. */
#include "cda/write.h"

#include "base/limits.h"
#include "cda/write_check.h"
#include "cda/write_codes.h"
#include "cda/write_parts.h"

#define SYSTEM_FACILITY "1.2.250.1.71.4.2.4"
#define SYSTEM_ACT "1.2.250.1.215.200.3.3"

/* --- pieces ----------------------------------------------------------------- */

static void add_id(struct xml_write *w, const char *name, struct bytes id)
{
	size_t caret = bytes_find_byte(id, '^', 0);
	EMPTY(w, name, {"root", bytes_slice(id, 0, caret)}, {"extension", bytes_from(id, caret + 1)});
}

static void add_time(struct arena *arena, struct xml_write *w, const char *name, struct cda_write_time time)
{
	EMPTY(w, name, {"value", cda_write_time_text(arena, time)});
}

static void add_number(struct arena *arena, struct xml_write *w, const char *name, unsigned value)
{
	EMPTY(w, name, {"value", bytes_of_text(arena_printf(arena, "%u", value))});
}

static void add_period(struct arena *arena, struct xml_write *w, const struct cda_write_report *r)
{
	xml_write_start(w, "effectiveTime");
	add_time(arena, w, "low", r->service_time);
	add_time(arena, w, "high", r->service_end);
	xml_write_end(w);
}

/* IHE XDS-SD for a file as body: such a document carries these three and no other (CI-SIS level 1). */
static void add_templates(struct xml_write *w, unsigned level)
{
	EMPTY(w, "templateId", {"root", BYTES("2.16.840.1.113883.2.8.2.1")});
	EMPTY(w, "templateId", {"root", BYTES("1.2.250.1.213.1.1.1.1")});
	EMPTY(w, "templateId", {"root", level == 1 ? BYTES("1.3.6.1.4.1.19376.1.2.20") : BYTES(CDA_WRITE_TEMPLATE_LEVEL_3)});
}

static void add_identification(struct arena *arena, struct xml_write *w, const struct cda_write_report *r)
{
	EMPTY(w, "realmCode", {"code", BYTES("FR")});
	EMPTY(w, "typeId", {"root", BYTES("2.16.840.1.113883.1.3")}, {"extension", BYTES("POCD_HD000040")});
	add_templates(w, r->level);
	add_id(w, "id", r->id);
	EMPTY(w, "code", {"code", BYTES(CDA_WRITE_TYPE)}, {"displayName", BYTES(CDA_WRITE_TYPE_NAME)},
	      {"codeSystem", BYTES(SYSTEM_LOINC)}, {"codeSystemName", BYTES("LOINC")});
	xml_write_element(w, "title", r->title);
	add_time(arena, w, "effectiveTime", r->time);
	EMPTY(w, "confidentialityCode", {"code", BYTES("N")}, {"displayName", BYTES("Normal")},
	      {"codeSystem", BYTES("2.16.840.1.113883.5.25")});
	EMPTY(w, "languageCode", {"code", r->english ? BYTES("en-GB") : BYTES("fr-FR")});
	add_id(w, "setId", r->set_id);
	add_number(arena, w, "versionNumber", r->version);
}

static void add_author(struct arena *arena, struct xml_write *w, const struct cda_write_report *r)
{
	xml_write_start(w, "author");
	add_time(arena, w, "time", r->signed_time);
	xml_write_start(w, "assignedAuthor");
	write_expert(arena, w, &r->expert);
	xml_write_end(w);
	xml_write_end(w);
}

static void add_legal(struct arena *arena, struct xml_write *w, const struct cda_write_report *r)
{
	xml_write_start(w, "legalAuthenticator");
	add_time(arena, w, "time", r->signed_time);
	EMPTY(w, "signatureCode", {"code", BYTES("S")});
	xml_write_start(w, "assignedEntity");
	write_expert(arena, w, &r->expert);
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
	EMPTY(w, "code", {"code", r->act}, {"displayName", write_code_name(WRITE_SET_ACT, r->act)}, {"codeSystem", BYTES(SYSTEM_ACT)},
	      {"codeSystemName", BYTES("NGAP")});
	add_period(arena, w, r);
	xml_write_start(w, "performer");
	xml_write_attribute(w, "typeCode", BYTES("PRF"));
	xml_write_start(w, "assignedEntity");
	write_expert(arena, w, &r->expert);
	xml_write_end(w);
	xml_write_end(w);
	xml_write_end(w);
	xml_write_end(w);
}

static void add_replaced(struct arena *arena, struct xml_write *w, const struct cda_write_report *r)
{
	if (r->replaces.len == 0)
		return;
	xml_write_start(w, "relatedDocument");
	xml_write_attribute(w, "typeCode", BYTES("RPLC"));
	xml_write_start(w, "parentDocument");
	add_id(w, "id", r->replaces);
	add_id(w, "setId", r->set_id);
	add_number(arena, w, "versionNumber", r->version - 1);
	xml_write_end(w);
	xml_write_end(w);
}

static void add_encounter(struct arena *arena, struct xml_write *w, const struct cda_write_report *r)
{
	struct bytes facility = r->custodian.facility_code.len > 0 ? r->custodian.facility_code : BYTES("SA64");
	xml_write_start(w, "componentOf");
	xml_write_start(w, "encompassingEncounter");
	EMPTY(w, "code", {"code", BYTES("VR")}, {"displayName", BYTES("Virtuelle (exemple : RCP en l'absence du patient)")},
	      {"codeSystem", BYTES("2.16.840.1.113883.5.4")});
	add_period(arena, w, r);
	xml_write_start(w, "responsibleParty");
	xml_write_start(w, "assignedEntity");
	write_expert(arena, w, &r->expert);
	xml_write_end(w);
	xml_write_end(w);
	xml_write_start(w, "location");
	xml_write_start(w, "healthCareFacility");
	EMPTY(w, "id", {"root", BYTES(ROOT_STRUCTURE)}, {"extension", r->custodian.id});
	EMPTY(w, "code", {"code", facility}, {"displayName", write_code_name(WRITE_SET_FACILITY, facility)},
	      {"codeSystem", BYTES(SYSTEM_FACILITY)}, {"codeSystemName", BYTES("healthCareFacilityTypeCode")});
	xml_write_start(w, "location");
	xml_write_element(w, "name", r->custodian.name);
	xml_write_end(w);
	xml_write_end(w);
	xml_write_end(w);
	xml_write_end(w);
	xml_write_end(w);
}

static void add_document(struct arena *arena, struct xml_write *w, const struct cda_write_report *r)
{
	xml_write_start(w, "ClinicalDocument");
	xml_write_attribute(w, "xmlns", BYTES("urn:hl7-org:v3"));
	xml_write_attribute(w, "xmlns:xsi", BYTES("http://www.w3.org/2001/XMLSchema-instance"));
	xml_write_attribute(w, "xmlns:sdtc", BYTES("urn:hl7-org:sdtc"));
	add_identification(arena, w, r);
	write_patient(w, &r->patient);
	add_author(arena, w, r);
	write_custodian(w, &r->custodian);
	write_recipients(arena, w, r);
	add_legal(arena, w, r);
	add_order(w, r->request_id);
	add_event(arena, w, r);
	add_replaced(arena, w, r);
	add_encounter(arena, w, r);
	write_body(arena, w, r);
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
	struct bytes whole = BYTES_NONE;
	add_document(arena, w, r);
	reason = xml_write_finish(w, &whole);
	xml_write_close(&w);
	if (reason != REASON_NONE)
		return reason;
	/* What is longer no reader of ours would open. */
	if (whole.len > LIMIT_XML)
		return REASON_COMPOSE_SIZE;
	*out = whole;
	return REASON_NONE;
}
