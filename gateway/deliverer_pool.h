/* gateway/deliverer_pool.h - which destinations get a child, and how many. Pure: it starts nothing and asks no clock.
 *
 * 1. A destination that has no child comes before any that has one; those that wait longest come first.
 * 2. One destination never takes the last LIMIT_DELIVER_SPARE places: one that is slow or large starves nobody.
 * 3. Whatever number of destinations has mail, there are LIMIT_DELIVER_CHILDREN children at most. */
#ifndef RELAIS_GATEWAY_DELIVERER_POOL_H
#define RELAIS_GATEWAY_DELIVERER_POOL_H

#include <sys/types.h>

#include "gateway/deliverer_route.h"

struct deliverer_due {
	struct bytes domain;
	uint64_t mails;           /* that are due; 0: looked after already */
};

struct deliverer_rest {       /* a destination whose child ended in trouble of our own */
	struct deliverer_key key;
	int64_t not_before;       /* milliseconds of the caller's clock */
	unsigned pause_ms;
};

struct deliverer_pool {
	const struct config *config;
	struct {
		pid_t pid;
		struct deliverer_key key;
	} children[LIMIT_DELIVER_CHILDREN];
	size_t n;
	struct deliverer_rest rests[LIMIT_DELIVER_RESTS];
	size_t n_rests;
};

/* What to start now, first things first; due in the order of waiting. What is planned is marked as looked after.
 * *waiting: how many destinations have mail and found no place. */
size_t deliverer_pool_plan(const struct deliverer_pool *pool, struct deliverer_due *due, size_t n, int64_t now,
			   struct deliverer_key out[LIMIT_DELIVER_CHILDREN], size_t *waiting);

void deliverer_pool_started(struct deliverer_pool *pool, pid_t pid, const struct deliverer_key *key);
/* False: no child of ours. fine: it ended in order; otherwise its destination rests, longer each time, up to a minute. */
bool deliverer_pool_ended(struct deliverer_pool *pool, pid_t pid, bool fine, int64_t now);

#endif
