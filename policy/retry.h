/* policy/retry.h - when a mail that did not leave is tried again, and when somebody must be told. Pure. */
#ifndef RELAIS_POLICY_RETRY_H
#define RELAIS_POLICY_RETRY_H

#include "base/instant.h"
#include "base/reason.h"

/* An hour undelivered is late: a person is told. */
#define RETRY_LATE SPAN_HOURS(1)

struct retry_rules {
	struct span first;       /* pause after the first failure, of which retry.c makes the ladder of each kind of failure */
	struct span expire;      /* since the mail was queued: then the fallback begins */
};

/* A reason of class REFUSED is final; everything else may pass. */
enum retry_class { RETRY_LATER, RETRY_REFUSED };
enum retry_class retry_class(enum reason failure);

/* Whom a failure speaks of: the mail alone; the host that was asked, another of the same domain may take it; or us, and an
 * operator must act. */
enum retry_about { RETRY_ABOUT_MAIL, RETRY_ABOUT_HOST, RETRY_ABOUT_US };
enum retry_about retry_about(enum reason failure);

/*
 * tries: how often it was tried, this failure included (from 1). jitter: 0 to 1000, a random value: it lengthens the pause
 * by up to a quarter, so that what failed together does not come back together. False: give up (REASON_DELIVER_EXPIRED).
 * The last try falls on the instant of expiry, never after it.
 */
MUST_USE bool retry_next(const struct retry_rules *rules, enum reason failure, unsigned tries, struct instant queued,
			 struct instant now, unsigned jitter, struct instant *out);

#endif
