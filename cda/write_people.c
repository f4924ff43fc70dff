/* cda/write_people.c - patient, expert, custodian and recipients of a report; see write_parts.h. */
#include "cda/write_codes.h"
#include "cda/write_parts.h"

#define SYSTEM_PROFESSION "1.2.250.1.213.1.1.4.5"
#define SYSTEM_PRACTICE "1.2.250.1.213.1.1.4.9"
#define SYSTEM_SEX "2.16.840.1.113883.5.1"

static struct bytes or_default(struct bytes given, struct bytes otherwise)
{
	return given.len > 0 ? given : otherwise;
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

/* The title goes behind the name (suffix, JDV_J246); the prefix is for the civility, which we do not know. */
static void add_person(struct xml_write *w, const char *element, const struct cda_write_person *p)
{
	xml_write_start(w, element);
	xml_write_start(w, "name");
	add_name_part(w, "given", NULL, p->given);
	add_name_part(w, "family", NULL, p->family);
	add_name_part(w, "suffix", NULL, p->title);
	xml_write_end(w);
	xml_write_end(w);
}

static void add_patient_name(struct xml_write *w, const struct cda_write_patient *p)
{
	xml_write_start(w, "name");
	add_name_part(w, "family", "BR", p->family_birth);
	add_name_part(w, "given", NULL, p->given_birth_all);
	add_name_part(w, "given", "BR", p->given_birth_first);
	add_name_part(w, "family", "CL", p->family_used);
	add_name_part(w, "given", "CL", p->given_used);
	xml_write_end(w);
}

static void add_multiple_birth(struct xml_write *w, unsigned order)
{
	const char digit = (char)('0' + order);
	if (order == 0)
		return;
	EMPTY(w, "sdtc:multipleBirthInd", {"value", BYTES("true")});
	EMPTY(w, "sdtc:multipleBirthOrderNumber", {"value", {(const unsigned char *)&digit, 1}});
}

static void add_guardian(struct xml_write *w, const struct cda_write_person *guardian)
{
	if (guardian->family.len == 0)
		return;
	xml_write_start(w, "guardian");
	EMPTY(w, "addr", {"nullFlavor", BYTES("MSK")});
	EMPTY(w, "telecom", {"nullFlavor", BYTES("MSK")});
	add_person(w, "guardianPerson", guardian);
	xml_write_end(w);
}

static void add_birth_place(struct xml_write *w, struct bytes code)
{
	xml_write_start(w, "birthplace");
	xml_write_start(w, "place");
	xml_write_start(w, "addr");
	xml_write_element(w, "county", code);
	xml_write_end(w);
	xml_write_end(w);
	xml_write_end(w);
}

void write_patient(struct xml_write *w, const struct cda_write_patient *p)
{
	xml_write_start(w, "recordTarget");
	xml_write_start(w, "patientRole");
	EMPTY(w, "id", {"root", p->oid}, {"extension", p->ins});
	/* Structuration minimale wants both; where the patient lives is not ours to tell. */
	EMPTY(w, "addr", {"nullFlavor", BYTES("MSK")});
	EMPTY(w, "telecom", {"nullFlavor", BYTES("MSK")});
	xml_write_start(w, "patient");
	add_patient_name(w, p);
	EMPTY(w, "administrativeGenderCode", {"code", p->sex}, {"displayName", write_code_name(WRITE_SET_SEX, p->sex)},
	      {"codeSystem", BYTES(SYSTEM_SEX)});
	EMPTY(w, "birthTime", {"value", p->birth_time});
	add_multiple_birth(w, p->birth_order);
	add_guardian(w, &p->guardian);
	add_birth_place(w, p->birth_place);
	xml_write_end(w);
	xml_write_end(w);
	xml_write_end(w);
}

/* PS_IdNat of a physician: "8" and the RPPS. */
static struct bytes national_id(struct arena *arena, struct bytes rpps)
{
	return bytes_of_text(arena_printf(arena, "8%s", arena_text(arena, rpps)));
}

void write_expert(struct arena *arena, struct xml_write *w, const struct cda_write_expert *e)
{
	struct bytes practice = or_default(e->practice_code, BYTES("AMBULATOIRE"));
	struct bytes known = or_default(write_code_name(WRITE_SET_PROFESSION, e->specialty_code), e->specialty_name);
	const struct cda_write_person person = {e->title, e->given, e->family};

	EMPTY(w, "id", {"root", BYTES(ROOT_PERSON)}, {"extension", national_id(arena, e->rpps)});
	EMPTY(w, "code", {"code", e->specialty_code}, {"displayName", or_default(known, BYTES("Médecin"))}, {"codeSystem", BYTES(SYSTEM_PROFESSION)});
	EMPTY(w, "addr", {"nullFlavor", BYTES("NAV")});
	EMPTY(w, "telecom", {"nullFlavor", BYTES("NAV")});
	add_person(w, "assignedPerson", &person);
	xml_write_start(w, "representedOrganization");
	EMPTY(w, "id", {"root", BYTES(ROOT_STRUCTURE)}, {"extension", e->organisation_id});
	xml_write_element(w, "name", e->organisation);
	EMPTY(w, "standardIndustryClassCode", {"code", practice}, {"displayName", write_code_name(WRITE_SET_PRACTICE, practice)},
	      {"codeSystem", BYTES(SYSTEM_PRACTICE)}, {"codeSystemName", BYTES("practiceSettingCode")});
	xml_write_end(w);
}

void write_custodian(struct xml_write *w, const struct cda_write_custodian *custodian)
{
	xml_write_start(w, "custodian");
	xml_write_start(w, "assignedCustodian");
	xml_write_start(w, "representedCustodianOrganization");
	EMPTY(w, "id", {"root", BYTES(ROOT_STRUCTURE)}, {"extension", custodian->id});
	xml_write_element(w, "name", custodian->name);
	EMPTY(w, "telecom", {"nullFlavor", BYTES("NAV")});
	EMPTY(w, "addr", {"nullFlavor", BYTES("NAV")});
	xml_write_end(w);
	xml_write_end(w);
	xml_write_end(w);
}

void write_recipients(struct arena *arena, struct xml_write *w, const struct cda_write_report *r)
{
	for (size_t i = 0; i < r->recipient_count; i++) {
		const struct cda_write_recipient *to = &r->recipients[i];
		xml_write_start(w, "informationRecipient");
		xml_write_start(w, "intendedRecipient");
		if (to->rpps.len > 0)
			EMPTY(w, "id", {"root", BYTES(ROOT_PERSON)}, {"extension", national_id(arena, to->rpps)});
		EMPTY(w, "addr", {"nullFlavor", BYTES("NAV")});
		EMPTY(w, "telecom", {"nullFlavor", BYTES("NAV")});
		add_person(w, "informationRecipient", &to->person);
		xml_write_end(w);
		xml_write_end(w);
	}
}
