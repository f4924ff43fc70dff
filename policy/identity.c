/* policy/identity.c - see identity.h. */
#include "policy/identity.h"

#include "base/calendar.h"

/* A place in a UTF-8 text, read one folded character at a time. */
struct fold {
	struct bytes left;
	bool bad;
};

enum { FOLD_END = -1 };

/* One UTF-8 character (RFC 3629); the text was checked by bytes_utf8. */
static int32_t next_character(struct bytes *left)
{
	unsigned char c = left->at[0];
	size_t n = c < 0x80 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
	int32_t value = n == 1 ? c : c & (0xff >> (n + 1));

	for (size_t i = 1; i < n; i++)
		value = value << 6 | (left->at[i] & 0x3f);
	*left = bytes_from(*left, n);
	return value;
}

/* Case of ASCII, Latin-1 and Latin Extended-A: the letters French civil status knows. */
static int32_t lower_case(int32_t c)
{
	if (c >= 'A' && c <= 'Z')
		return c + 32;
	if (c >= 0xc0 && c <= 0xde && c != 0xd7)
		return c + 32;
	if (c == 0x178)
		return 0xff;   /* Y with diaeresis */
	if ((c >= 0x100 && c <= 0x12f) || (c >= 0x132 && c <= 0x137) || (c >= 0x14a && c <= 0x177))
		return c | 1;
	if ((c >= 0x139 && c <= 0x148) || (c >= 0x179 && c <= 0x17e))
		return c % 2 == 1 ? c + 1 : c;
	return c;
}

static bool is_gap(int32_t c)
{
	return c == ' ' || c == '-' || c == 0xa0 || c == 0x2010 || c == 0x2011 || c == 0x202f;
}

/* The next folded character: a run of spaces and hyphens is one space, none at the ends. */
static int32_t fold_next(struct fold *f)
{
	bool gap = false;

	while (f->left.len > 0) {
		struct bytes ahead = f->left;
		int32_t c = next_character(&ahead);
		if (is_gap(c)) {
			gap = true;
			f->left = ahead;
			continue;
		}
		if (gap)
			return ' ';
		f->left = ahead;
		return lower_case(c);
	}
	return FOLD_END;
}

static struct fold fold_on(struct bytes text)
{
	struct fold f = {text, !bytes_utf8(text)};

	/* Gaps at the beginning are not a separator of anything. */
	while (!f.bad && f.left.len > 0) {
		struct bytes ahead = f.left;
		if (!is_gap(next_character(&ahead)))
			break;
		f.left = ahead;
	}
	return f;
}

static bool same_name(struct bytes a, struct bytes b)
{
	struct fold x = fold_on(a), y = fold_on(b);
	int32_t c;

	if (x.bad || y.bad)
		return false;
	do {
		c = fold_next(&x);
		if (c != fold_next(&y))
			return false;
	} while (c != FOLD_END);
	return true;
}

static bool has_name(struct bytes text)
{
	struct fold f = fold_on(text);
	return !f.bad && fold_next(&f) != FOLD_END;
}

static bool all_digits(struct bytes a)
{
	for (size_t i = 0; i < a.len; i++)
		if (a.at[i] < '0' || a.at[i] > '9')
			return false;
	return true;
}

/* The day of birth, without an hour that one writer adds and another does not. */
static struct bytes birth_day(const struct policy_patient *p)
{
	struct bytes day = bytes_slice(p->birth_time, 0, 8);
	return day.len == 8 && all_digits(day) ? day : BYTES_NONE;
}

static bool has_traits(const struct policy_patient *p)
{
	return has_name(p->family_birth) && has_name(p->given_birth_first) && birth_day(p).len > 0 && p->sex.len > 0 &&
	       p->birth_place.len > 0;
}

static bool same_traits(const struct policy_patient *a, const struct policy_patient *b)
{
	return same_name(a->family_birth, b->family_birth) && same_name(a->given_birth_first, b->given_birth_first) &&
	       bytes_equal(birth_day(a), birth_day(b)) && bytes_equal_nocase(a->sex, b->sex) &&
	       bytes_equal_nocase(a->birth_place, b->birth_place);
}

static bool same_id(const struct policy_id *a, const struct policy_patient *b)
{
	return bytes_equal(a->root, b->oid) && bytes_equal_nocase(a->extension, b->ins);
}

/* 13 characters and a key of two (INSEE): digits but for the Corsican department letter at the seventh place. */
static bool matricule_ok(struct bytes ins)
{
	if (ins.len != 15)
		return false;
	bool corsica = ins.at[6] == 'A' || ins.at[6] == 'B' || ins.at[6] == 'a' || ins.at[6] == 'b';
	return all_digits(bytes_slice(ins, 0, 6)) && (corsica || all_digits(bytes_slice(ins, 6, 1))) &&
	       all_digits(bytes_from(ins, 7));
}

enum identity identity_compare(const struct policy_patient *a, const struct policy_patient *b)
{
	if (a->ins.len == 0 || b->ins.len == 0 || !identity_is_ins(a->oid) || !identity_is_ins(b->oid))
		return IDENTITY_ABSENT;
	if (!bytes_equal_nocase(a->ins, b->ins))
		return IDENTITY_DIFFERENT;
	/* One number under two OIDs may be two persons (product E12). */
	if (!bytes_equal(a->oid, b->oid) || !identity_complete(a) || !identity_complete(b) || !same_traits(a, b))
		return IDENTITY_DOUBT;
	return IDENTITY_SAME;
}

enum identity identity_compare_number(const struct policy_patient *patient, struct policy_id number)
{
	if (patient->ins.len == 0 || number.extension.len == 0 || !identity_is_ins(patient->oid) || !identity_is_ins(number.root))
		return IDENTITY_ABSENT;
	if (!bytes_equal_nocase(patient->ins, number.extension))
		return IDENTITY_DIFFERENT;
	return bytes_equal(patient->oid, number.root) ? IDENTITY_SAME : IDENTITY_DOUBT;
}

bool identity_complete(const struct policy_patient *patient)
{
	return identity_is_ins(patient->oid) && matricule_ok(patient->ins) && has_traits(patient);
}

bool identity_is_ins(struct bytes oid)
{
	return identity_is_test(oid) || bytes_equal_text(oid, "1.2.250.1.213.1.4.8") ||
	       bytes_equal_text(oid, "1.2.250.1.213.1.4.9");
}

bool identity_is_test(struct bytes oid)
{
	return bytes_equal_text(oid, "1.2.250.1.213.1.4.10") || bytes_equal_text(oid, "1.2.250.1.213.1.4.11");
}

void identity_from_ids(const struct policy_id *ids, size_t n, struct policy_patient *patient)
{
	bool found = false;

	patient->ins = patient->oid = BYTES_NONE;
	for (size_t i = 0; i < n; i++) {
		if (!identity_is_ins(ids[i].root))
			continue;
		if (found && !same_id(&ids[i], patient)) {
			patient->ins = patient->oid = BYTES_NONE;
			return;
		}
		patient->ins = ids[i].extension;
		patient->oid = ids[i].root;
		found = true;
	}
}

int identity_age(const struct policy_patient *patient, struct instant now)
{
	struct bytes day = birth_day(patient);
	uint64_t year, month, date;

	if (!bytes_number(bytes_slice(day, 0, 4), 9999, &year) || !bytes_number(bytes_slice(day, 4, 2), 12, &month) ||
	    !bytes_number(bytes_slice(day, 6, 2), 31, &date))
		return -1;
	struct date today = calendar_date(CALENDAR_FRANCE, now);
	int age = today.year - (int)year;
	if (today.month < (int)month || (today.month == (int)month && today.day < (int)date))
		age--;
	return age < 0 ? -1 : age;
}
