/* policy/expert.c - see expert.h. */
#include "policy/expert.h"

#include "base/calendar.h"
#include "policy/sender.h"

static const char *const states[EXPERT_STATES] = {
	[EXPERT_ACTIVE] = "active",       [EXPERT_PROBATION] = "probation", [EXPERT_CANDIDATE] = "candidate",
	[EXPERT_SUSPENDED] = "suspended", [EXPERT_ENDED] = "ended",
};

/* The extension of "root^extension", or the whole. */
static struct bytes extension(struct bytes id)
{
	size_t at = bytes_find_byte(id, '^', 0);
	return bytes_trim(at < id.len ? bytes_from(id, at + 1) : id);
}

/* PS_IdNat is 8 and the eleven digits of the RPPS. */
static struct bytes bare_rpps(struct bytes id)
{
	struct bytes e = extension(id);
	return e.len == 12 && e.at[0] == '8' ? bytes_from(e, 1) : e;
}

/* Struct_IdNat is 1 and the nine characters of the FINESS, or 3 and the fourteen of the SIRET. */
static struct bytes bare_structure(struct bytes id)
{
	struct bytes e = extension(id);
	return (e.len == 10 && e.at[0] == '1') || (e.len == 15 && e.at[0] == '3') ? bytes_from(e, 1) : e;
}

static bool holds(struct policy_texts list, struct bytes fingerprint)
{
	for (size_t i = 0; i < list.n; i++)
		if (bytes_equal_nocase(list.at[i], fingerprint))
			return true;
	return false;
}

static struct instant midnight(int64_t days)
{
	return calendar_instant(CALENDAR_FRANCE, date_of_days(days), 0);
}

static bool digits(struct bytes text, size_t from, size_t n, int *out)
{
	uint64_t value;

	if (!bytes_number(bytes_slice(text, from, n), 9999, &value))
		return false;
	*out = (int)value;
	return true;
}

static bool day_number(struct bytes text, int64_t *out)
{
	struct date d;

	if (text.len != 10 || text.at[4] != '-' || text.at[7] != '-' || !digits(text, 0, 4, &d.year) || !digits(text, 5, 2, &d.month) ||
	    !digits(text, 8, 2, &d.day) || d.year < 1900 || d.month < 1 || d.month > 12 || d.day < 1 || d.day > 31)
		return false;
	int64_t days = date_days(d);
	struct date back = date_of_days(days);
	*out = days;
	return back.month == d.month && back.day == d.day;
}

const char *expert_state_name(enum expert_state state)
{
	return states[state];
}

enum expert_state expert_state_of_name(struct bytes name)
{
	enum expert_state s = EXPERT_ACTIVE;
	while (s < EXPERT_STATES && !bytes_equal_text(name, states[s]))
		s++;
	return s;
}

const struct expert *expert_find(const struct expert *list, size_t n, struct bytes rpps)
{
	for (size_t i = 0; i < n; i++)
		if (expert_same_rpps(list[i].rpps, rpps))
			return &list[i];
	return NULL;
}

bool expert_same_rpps(struct bytes a, struct bytes b)
{
	struct bytes x = bare_rpps(a);
	return x.len > 0 && bytes_equal(x, bare_rpps(b));
}

bool expert_same_structure(struct bytes a, struct bytes b)
{
	struct bytes x = bare_structure(a);
	return x.len > 0 && bytes_equal_nocase(x, bare_structure(b));
}

bool expert_has_certificate(const struct expert *expert, struct bytes fingerprint)
{
	return expert_signer(expert, fingerprint).len > 0;
}

bool expert_has_certificates(const struct expert *expert)
{
	bool any = expert->fingerprints.n > 0;
	for (size_t i = 0; i < expert->n_members; i++)
		any = any || expert->members[i].fingerprints.n > 0;
	return any;
}

struct bytes expert_signer(const struct expert *expert, struct bytes fingerprint)
{
	if (expert == NULL || fingerprint.len == 0)
		return BYTES_NONE;
	/* A team has no certificate of its own that could stand for a person's. */
	if (expert->n_members == 0)
		return holds(expert->fingerprints, fingerprint) ? expert->rpps : BYTES_NONE;
	for (size_t i = 0; i < expert->n_members; i++)
		if (holds(expert->members[i].fingerprints, fingerprint))
			return expert->members[i].rpps;
	return BYTES_NONE;
}

bool expert_is_delegate(const struct expert *expert, struct bytes mailbox)
{
	for (size_t i = 0; expert != NULL && i < expert->delegates.n; i++)
		if (sender_same_address(expert->delegates.at[i], mailbox))
			return true;
	return false;
}

const struct expert_leave *expert_away(const struct expert *expert, struct instant now)
{
	const struct expert_leave *longest = NULL;

	for (size_t i = 0; i < expert->n_leave; i++) {
		const struct expert_leave *l = &expert->leave[i];
		if (!instant_before(now, l->from) && instant_before(now, l->until) && (longest == NULL || instant_before(longest->until, l->until)))
			longest = l;
	}
	return longest;
}

bool expert_day(struct bytes text, struct instant *out)
{
	int64_t days;

	if (!day_number(text, &days))
		return false;
	*out = midnight(days);
	return true;
}

bool expert_day_end(struct bytes text, struct instant *out)
{
	int64_t days;

	if (!day_number(text, &days))
		return false;
	*out = midnight(days + 1);
	return true;
}

bool expert_leave_told(struct bytes from, struct bytes last_day, struct instant now, struct expert_leave *out)
{
	struct expert_leave leave = {.from = now};
	int64_t days;

	if (from.len > 0 && expert_day(from, &leave.from) && instant_before(leave.from, now))
		leave.from = now;
	leave.until = instant_plus(leave.from, EXPERT_LEAVE_UNTOLD);
	if (last_day.len > 0 && day_number(last_day, &days))
		leave.until = midnight(days + 1);
	struct instant longest = instant_plus(now, EXPERT_LEAVE_LONGEST);
	if (instant_before(longest, leave.until))
		leave.until = longest;
	if (!instant_before(leave.from, leave.until) || !instant_before(now, leave.until))
		return false;
	*out = leave;
	return true;
}
