/* policy/retry.h - when a mail that did not leave is tried again. */
#ifndef RELAIS_POLICY_RETRY_H
#define RELAIS_POLICY_RETRY_H

#include "base/instant.h"
#include "base/reason.h"

struct retry_rules {
	struct span first;       /* pause after the first failure; doubles after each */
	struct span longest;     /* at most: an hour */
	struct span expire;      /* since the mail was queued: then the fallback begins */
};

enum retry_class { RETRY_LATER, RETRY_REFUSED };

/* A reason of class REFUSED is final; everything else may pass. */
enum retry_class retry_class(enum reason failure);

/*
 * tries: how often it was tried, this failure included (from 1). False: give up (REASON_DELIVER_EXPIRED).
 * The last try falls on the instant of expiry, never after it.
 */
MUST_USE bool retry_next(const struct retry_rules *rules, unsigned tries, struct instant queued, struct instant now,
			 struct instant *out);

#endif
