/* policy/people.c - see people.h. */
#include "policy/people.h"

#include "base/calendar.h"
#include "base/limits.h"
#include "policy/consent.h"
#include "policy/sender.h"

enum { ADDRESS_LINES = 6, OF_AGE = 18, PATIENT_ALONE = PEOPLE_WHOLE + 1 };

/* The mails to the patient that a step consists of, and those that tell of the illness. What has no row is the patient's alone: the check of his
 * identity, notices outside of the trusted space, the survey that he has agreed to himself. */
static const struct {
	enum mail_code code;
	enum people_share share;
} needs[] = {
	{MAIL_M01, PEOPLE_STEPS}, {MAIL_M02, PEOPLE_STEPS}, {MAIL_M03, PEOPLE_STEPS}, {MAIL_M04, PEOPLE_STEPS}, {MAIL_M06, PEOPLE_STEPS},
	{MAIL_M07, PEOPLE_STEPS}, {MAIL_M08, PEOPLE_STEPS}, {MAIL_M09, PEOPLE_STEPS}, {MAIL_M19, PEOPLE_STEPS}, {MAIL_M22, PEOPLE_STEPS},
	{MAIL_M34, PEOPLE_STEPS}, {MAIL_M35, PEOPLE_STEPS}, {MAIL_M36, PEOPLE_STEPS}, {MAIL_M41, PEOPLE_STEPS}, {MAIL_M42, PEOPLE_STEPS},
	{MAIL_M43, PEOPLE_STEPS}, {MAIL_M44, PEOPLE_STEPS}, {MAIL_M45, PEOPLE_STEPS},
	{MAIL_M02B, PEOPLE_WHOLE}, {MAIL_M21, PEOPLE_WHOLE}, {MAIL_M31, PEOPLE_WHOLE}, {MAIL_M33, PEOPLE_WHOLE},
};

enum people_share people_needs(enum mail_code code)
{
	for (size_t i = 0; i < sizeof needs / sizeof needs[0]; i++)
		if (needs[i].code == code)
			return needs[i].share;
	return (enum people_share)PATIENT_ALONE;
}

enum people_share people_share(const struct dossier *dossier, const struct dossier_representative *representative)
{
	const struct dossier_representative_data *r = &representative->data;

	if (r->proof.len == 0 || r->informed_only)
		return PEOPLE_NOTHING;
	switch (r->role) {
	case ROLE_PARENT:
	case ROLE_GUARDIAN:
	case ROLE_FAMILY:
		return PEOPLE_WHOLE;
	case ROLE_CURATOR:
	case ROLE_TRUSTED:
		return dossier->representatives_consent.given ? PEOPLE_WHOLE : PEOPLE_STEPS;
	case ROLE_HELPER:
	case ROLE_NONE:
	case ROLES:
		break;
	}
	return PEOPLE_NOTHING;
}

enum reason people_check(const struct dossier *dossier, const struct dossier_representative *representative, enum mail_code code, struct instant now)
{
	const struct dossier_representative_data *r = &representative->data;
	bool own = code == MAIL_M50 || code == MAIL_M51;

	if (dossier->frozen_at.us != 0)
		return REASON_DOSSIER_FROZEN;
	if (!dossier_represents(representative, now) || people_is_secret(dossier))
		return REASON_CONSENT_NONE;
	enum reason reason = consent_check_mail(dossier, own ? MAIL_M01 : code, PARTY_PATIENT, now);
	if (reason != REASON_NONE || own)
		return reason == REASON_NONE && code == MAIL_M51 && !r->informed_only ? REASON_CONSENT_NONE : reason;
	return people_share(dossier, representative) >= people_needs(code) ? REASON_NONE : REASON_CONSENT_NONE;
}

const struct dossier_representative *people_find(const struct dossier *dossier, enum party party, struct bytes mailbox, struct instant now)
{
	for (size_t i = 0; i < dossier->n_representatives; i++) {
		const struct dossier_representative *r = &dossier->representatives[i];
		bool other = r->data.informed_only;
		if (other == (party == PARTY_OTHER_PARENT) && dossier_represents(r, now) && sender_same_address(r->data.mailbox, mailbox))
			return r;
	}
	return NULL;
}

bool people_is_secret(const struct dossier *dossier)
{
	const struct dossier_channel_data *c = &dossier->channels[PARTY_PATIENT];
	return c->channel == CHANNEL_PHYSICIAN && bytes_equal_text(c->why, "secret");
}

bool people_majority(const struct policy_patient *patient, struct instant *out)
{
	uint64_t year, month, day;
	struct bytes t = patient->birth_time;

	if (t.len < 8 || !bytes_number(bytes_slice(t, 0, 4), 9999, &year) || !bytes_number(bytes_slice(t, 4, 2), 12, &month) ||
	    !bytes_number(bytes_slice(t, 6, 2), 31, &day) || month == 0 || day == 0)
		return false;
	/* Born on 29 February: of age with the first of March of a year that has none. */
	bool leap_day = month == 2 && day == 29 && (year + OF_AGE) % 4 != 0;
	const struct date date = {.year = (int)year + OF_AGE, .month = leap_day ? 3 : (int)month, .day = leap_day ? 1 : (int)day};
	*out = calendar_instant(CALENDAR_FRANCE, date, 0);
	return true;
}

static bool says_one(struct bytes text, const char *const *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (bytes_contains_nocase(text, bytes_of_text(list[i])))
			return true;
	return false;
}

bool people_objects(struct bytes text)
{
	static const char *const no[] = {"oppose", "opposition", "pas d'accord", "pas d’accord", "je refuse", "i object", "i do not agree", "objection"};
	static const char *const turned[] = {"oppose pas", "pas d'opposition", "pas d’opposition", "aucune opposition", "sans opposition", "no objection",
					     "do not object", "don't object", "aucune objection", "pas d'objection", "pas d’objection", "not opposed"};

	return says_one(text, no, sizeof no / sizeof no[0]) && !says_one(text, turned, sizeof turned / sizeof turned[0]);
}

static size_t signs(struct bytes line)
{
	size_t n = 0;

	for (size_t i = 0; i < line.len; i++)
		n += (line.at[i] & 0xc0) != 0x80;
	return n;
}

bool people_address_ok(struct bytes address)
{
	struct cursor c = cursor_on(address);
	size_t lines = 0;

	if (!bytes_utf8(address))
		return false;
	while (c.left.len > 0) {
		struct bytes line = cursor_until(&c, '\n');
		if (bytes_trim(line).len == 0 || !bytes_one_line(line, line.len) || signs(line) > LIMIT_ADDRESS_LINE || ++lines > ADDRESS_LINES)
			return false;
	}
	return lines > 0;
}
