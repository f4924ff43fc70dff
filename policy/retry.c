/* policy/retry.c - see retry.h. */
#include "policy/retry.h"

#include <assert.h>

enum { JITTER_MAX = 1000, JITTER_PART = 4 };

/* The ladders: the first pause is `first` times the configured one, each further one growth hundredths of the one before,
 * none over the longest. */
struct ladder {
	unsigned first, growth;
	struct span longest;
};

static const struct ladder plain = {1, 200, {3600000000}};
/* Greylisting lets in who comes again after some minutes, and forgets who comes after hours. */
static const struct ladder greylist = {1, 150, {600000000}};
/* A mailbox is not emptied in a minute, nor a certificate replaced. */
static const struct ladder slow = {10, 200, {3600000000}};

static const struct {
	enum reason reason;
	enum retry_about about;
	const struct ladder *ladder;
} rows[] = {
	{REASON_DELIVER_GREYLIST,      RETRY_ABOUT_MAIL, &greylist},
	{REASON_DELIVER_MAILBOX_LATER, RETRY_ABOUT_MAIL, &slow},
	{REASON_DELIVER_CONNECT,       RETRY_ABOUT_HOST, &plain},
	{REASON_DELIVER_NO_STARTTLS,   RETRY_ABOUT_HOST, &plain},
	{REASON_DELIVER_TLS,           RETRY_ABOUT_HOST, &plain},
	{REASON_DELIVER_CERTIFICATE,   RETRY_ABOUT_HOST, &plain},
	{REASON_DELIVER_CRL,           RETRY_ABOUT_HOST, &plain},
	{REASON_DELIVER_DROPPED,       RETRY_ABOUT_HOST, &plain},
	{REASON_DELIVER_TIME,          RETRY_ABOUT_HOST, &plain},
	{REASON_DELIVER_PROTOCOL,      RETRY_ABOUT_HOST, &plain},
	{REASON_DELIVER_BUSY,          RETRY_ABOUT_HOST, &plain},
	{REASON_DELIVER_HOST,          RETRY_ABOUT_HOST, &plain},
	{REASON_DELIVER_DNS,           RETRY_ABOUT_HOST, &plain},
	{REASON_DELIVER_MX,            RETRY_ABOUT_HOST, &slow},
	{REASON_DELIVER_PEER,          RETRY_ABOUT_HOST, &slow},
	{REASON_DELIVER_OURS,          RETRY_ABOUT_US,   &slow},
	{REASON_DELIVER_AUTH,          RETRY_ABOUT_US,   &plain},   /* a fresh token may be there in a minute */
	{REASON_DELIVER_ROUTE,         RETRY_ABOUT_US,   &plain},
	{REASON_DELIVER_SEAL,          RETRY_ABOUT_US,   &slow},
};

static size_t row_of(enum reason failure)
{
	size_t i = 0;
	while (i < sizeof rows / sizeof rows[0] && rows[i].reason != failure)
		i++;
	return i;
}

static const struct ladder *ladder_of(enum reason failure)
{
	size_t i = row_of(failure);
	return i < sizeof rows / sizeof rows[0] ? rows[i].ladder : &plain;
}

static struct span pause_after(const struct ladder *ladder, struct span first, unsigned tries)
{
	int64_t most = ladder->longest.us > first.us ? ladder->longest.us : first.us;
	int64_t pause = first.us > most / ladder->first ? most : first.us * ladder->first;

	for (unsigned i = 1; i < tries && pause < most; i++)
		pause = pause > most / ladder->growth * 100 ? most : pause * ladder->growth / 100;
	return (struct span){pause > most ? most : pause};
}

enum retry_class retry_class(enum reason failure)
{
	return reason_entry(failure)->class == REASON_CLASS_REFUSED ? RETRY_REFUSED : RETRY_LATER;
}

enum retry_about retry_about(enum reason failure)
{
	size_t i = row_of(failure);
	return i < sizeof rows / sizeof rows[0] ? rows[i].about : RETRY_ABOUT_MAIL;
}

bool retry_next(const struct retry_rules *rules, enum reason failure, unsigned tries, struct instant queued, struct instant now,
		unsigned jitter, struct instant *out)
{
	assert(tries > 0 && rules->first.us > 0 && jitter <= JITTER_MAX);
	struct instant end = instant_plus(queued, rules->expire);
	struct span pause = pause_after(ladder_of(failure), rules->first, tries);

	pause.us += pause.us / JITTER_PART / JITTER_MAX * jitter;
	struct instant next = instant_plus(now, pause);
	if (!instant_before(now, end))
		return false;
	*out = instant_before(end, next) ? end : next;
	return true;
}
