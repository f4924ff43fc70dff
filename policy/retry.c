/* policy/retry.c - see retry.h. */
#include "policy/retry.h"

#include <assert.h>

/* The pause after that many failures: first, twice, four times... never over the longest. */
static struct span pause_after(const struct retry_rules *rules, unsigned tries)
{
	struct span pause = rules->first;

	while (--tries > 0 && pause.us < rules->longest.us)
		pause.us = pause.us > rules->longest.us / 2 ? rules->longest.us : pause.us * 2;
	return pause.us > rules->longest.us ? rules->longest : pause;
}

enum retry_class retry_class(enum reason failure)
{
	return reason_entry(failure)->class == REASON_CLASS_REFUSED ? RETRY_REFUSED : RETRY_LATER;
}

bool retry_next(const struct retry_rules *rules, unsigned tries, struct instant queued, struct instant now,
		struct instant *out)
{
	assert(tries > 0 && rules->first.us > 0 && rules->longest.us >= rules->first.us);
	struct instant end = instant_plus(queued, rules->expire);
	struct instant next = instant_plus(now, pause_after(rules, tries));

	if (!instant_before(now, end))
		return false;
	*out = instant_before(end, next) ? end : next;
	return true;
}
