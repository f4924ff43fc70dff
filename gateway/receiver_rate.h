/* gateway/receiver_rate.h - how often a peer comes: token buckets in a table of fixed size. Pure: the clock is passed in.
 *
 * A bucket holds a minute's worth and fills evenly. A peer that is new in a full table takes the place of the one among its
 * neighbours that has asked for least: who is being slowed down is not forgotten by others coming. */
#ifndef RELAIS_GATEWAY_RECEIVER_RATE_H
#define RELAIS_GATEWAY_RECEIVER_RATE_H

#include "base/arena.h"
#include "base/reason.h"

struct rate;

/* LIMIT_SMTP_RATE_PEERS buckets of per_minute each, in the arena; *out is NULL when per_minute is 0: then nothing is limited.
 * seed: from the system's randomness, so that nobody can choose whose neighbour he is. MEMORY. */
MUST_USE enum reason rate_open(struct arena *arena, unsigned per_minute, uint64_t seed, struct rate **out);
/* One more of that peer at that time (milliseconds that never go back): false = too many. NULL always says true. */
bool rate_take(struct rate *rate, struct bytes peer, uint64_t now_ms);

/* When a message that began at this second, of which so many bytes came, is below LIMIT_SMTP_DATA_RATE. */
int64_t rate_slow_at(int64_t began, uint64_t received);

#endif
