/* cda/write_check.c - see write_check.h, and write.h for the patient alone. */
#include "cda/write_check.h"

static bool digits(struct bytes text)
{
	for (size_t i = 0; i < text.len; i++)
		if (text.at[i] < '0' || text.at[i] > '9')
			return false;
	return text.len > 0;
}

static bool filled(struct bytes text)
{
	return bytes_trim(text).len > 0 && bytes_one_line(text, 512);
}

/* A code of a value set: letters, digits and the few signs that occur in them. */
static bool code_allowed(struct bytes text)
{
	for (size_t i = 0; i < text.len; i++) {
		unsigned char c = text.at[i];
		bool letter = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
		if (!letter && c != '_' && c != '/' && c != '-' && c != '.')
			return false;
	}
	return text.len <= 64;
}

/* The root of an II is an OID or a UUID (CDA R2 datatypes-base: uid). */
static bool root_allowed(struct bytes root)
{
	bool oid = root.len >= 3, uuid = root.len == 36;
	for (size_t i = 0; i < root.len; i++) {
		unsigned char c = root.at[i];
		bool digit = c >= '0' && c <= '9';
		bool hex = digit || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
		bool dash = i == 8 || i == 13 || i == 18 || i == 23;
		if (dash ? c != '-' : !hex)
			uuid = false;
		bool dot_fits = c == '.' && i > 0 && i + 1 < root.len && root.at[i - 1] != '.';
		/* No arc begins with a zero, unless it is the zero. */
		bool zero_first = digit && i > 0 && root.at[i - 1] == '0' && (i == 1 || root.at[i - 2] == '.');
		if ((!digit && !dot_fits) || zero_first)
			oid = false;
	}
	return root.len <= 128 && (uuid || (oid && bytes_find_byte(root, '.', 0) < root.len));
}

static bool id_allowed(struct bytes id)
{
	size_t caret = bytes_find_byte(id, '^', 0);
	return root_allowed(bytes_slice(id, 0, caret)) && bytes_one_line(bytes_from(id, caret), 256) && caret + 1 != id.len;
}

static bool ins_root(struct bytes oid)
{
	static const struct bytes roots[] = {BYTES_OF("1.2.250.1.213.1.4.8"), BYTES_OF("1.2.250.1.213.1.4.9"),
					     BYTES_OF("1.2.250.1.213.1.4.10"), BYTES_OF("1.2.250.1.213.1.4.11")};
	for (size_t i = 0; i < sizeof roots / sizeof roots[0]; i++)
		if (bytes_equal(oid, roots[i]))
			return true;
	return false;
}

/* Corsican numbers hold a letter (2A, 2B) in the sixth or seventh place. */
static bool ins_allowed(struct bytes ins)
{
	for (size_t i = 0; i < ins.len; i++) {
		bool letter = i == 6 && (ins.at[i] == 'A' || ins.at[i] == 'B');
		if (!letter && (ins.at[i] < '0' || ins.at[i] > '9'))
			return false;
	}
	return ins.len == 15;
}

struct check {
	bool good;
	const char *field;
};

static enum reason first_bad(const struct check *checks, size_t count, const char **field)
{
	for (size_t i = 0; i < count; i++)
		if (!checks[i].good) {
			*field = checks[i].field;
			return REASON_COMPOSE_FIELD;
		}
	return REASON_NONE;
}

enum reason cda_write_patient_check(const struct cda_write_patient *p, const char **field)
{
	bool sex = bytes_equal_text(p->sex, "M") || bytes_equal_text(p->sex, "F") || bytes_equal_text(p->sex, "UN");
	const struct check checks[] = {
		{ins_allowed(p->ins), "patient.ins"},
		{ins_root(p->oid), "patient.oid"},
		{filled(p->family_birth), "patient.family_birth"},
		{filled(p->given_birth_first), "patient.given_birth_first"},
		{filled(p->given_birth_all), "patient.given_birth_all"},
		{bytes_one_line(p->family_used, 512), "patient.family_used"},
		{bytes_one_line(p->given_used, 512), "patient.given_used"},
		{p->birth_time.len == 8 && digits(p->birth_time), "patient.birth_time"},
		{sex, "patient.sex"},
		{p->birth_place.len == 5 && code_allowed(p->birth_place), "patient.birth_place"},
	};
	return first_bad(checks, sizeof checks / sizeof checks[0], field);
}

enum reason write_check_report(const struct cda_write_report *r, const char **field)
{
	const struct check checks[] = {
		{id_allowed(r->id), "id"},
		{id_allowed(r->set_id), "set_id"},
		{r->replaces.len == 0 || id_allowed(r->replaces), "replaces"},
		{r->version >= 1 && r->version <= 9999, "version"},
		{id_allowed(r->request_id), "request_id"},
		{filled(r->title), "title"},
		{r->expert.rpps.len == 11 && digits(r->expert.rpps), "expert.rpps"},
		{filled(r->expert.family), "expert.family"},
		{filled(r->expert.given), "expert.given"},
		{filled(r->expert.organisation), "expert.organisation"},
		{filled(r->expert.organisation_id) && code_allowed(r->expert.organisation_id), "expert.organisation_id"},
		{filled(r->expert.specialty_code) && code_allowed(r->expert.specialty_code), "expert.specialty_code"},
		{bytes_one_line(r->expert.specialty_name, 512), "expert.specialty_name"},
		{filled(r->custodian.id) && code_allowed(r->custodian.id), "custodian.id"},
		{filled(r->custodian.name), "custodian.name"},
		{code_allowed(r->custodian.facility_code), "custodian.facility"},
		{code_allowed(r->custodian.practice_code), "custodian.practice"},
		{r->pdf.len > 0, "pdf"},
	};
	enum reason reason = cda_write_patient_check(&r->patient, field);
	return reason != REASON_NONE ? reason : first_bad(checks, sizeof checks / sizeof checks[0], field);
}
