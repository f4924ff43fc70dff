/* gateway/receiver_rate.c - see receiver_rate.h. */
#include "gateway/receiver_rate.h"

#include <string.h>

#include "base/digest.h"
#include "base/limits.h"

enum { WAYS = 8, SETS = LIMIT_SMTP_RATE_PEERS / WAYS, MINUTE_MS = 60000 };
_Static_assert((SETS & (SETS - 1)) == 0, "sets are picked by a mask");

struct bucket {
	uint64_t peer;            /* of the hash; 0 = free */
	uint64_t at_ms;
	uint64_t spent;           /* in parts of one turn: MINUTE_MS of them are one turn */
};

struct rate {
	uint64_t seed;
	unsigned per_minute;
	struct bucket sets[SETS][WAYS];
};

static uint64_t hash(const struct rate *rate, struct bytes peer)
{
	unsigned char digest[DIGEST_SHA256];
	uint64_t value;
	struct digest_run run = digest_start();

	digest_add(&run, (struct bytes){(const unsigned char *)&rate->seed, sizeof rate->seed});
	digest_add(&run, peer);
	digest_end(&run, digest);
	memcpy(&value, digest, sizeof value);
	return value | 1u << 31;   /* never 0; the mask below looks at other bits */
}

/* A millisecond gives back per_minute parts. */
static uint64_t spent_now(const struct rate *rate, const struct bucket *b, uint64_t now_ms)
{
	uint64_t past = now_ms > b->at_ms ? now_ms - b->at_ms : 0;
	uint64_t back = past > MINUTE_MS ? UINT64_MAX : past * rate->per_minute;
	return b->spent > back ? b->spent - back : 0;
}

static struct bucket *bucket_of(struct rate *rate, uint64_t peer, uint64_t now_ms)
{
	struct bucket *set = rate->sets[peer & (SETS - 1)], *least = &set[0];

	for (int i = 0; i < WAYS; i++) {
		if (set[i].peer == peer)
			return &set[i];
		if (spent_now(rate, &set[i], now_ms) < spent_now(rate, least, now_ms))
			least = &set[i];
	}
	*least = (struct bucket){.peer = peer, .at_ms = now_ms};
	return least;
}

enum reason rate_open(struct arena *arena, unsigned per_minute, uint64_t seed, struct rate **out)
{
	*out = NULL;
	if (per_minute == 0)
		return REASON_NONE;
	struct rate *rate = arena_try(arena, sizeof *rate);
	if (rate == NULL)
		return REASON_MEMORY;
	rate->seed = seed;
	rate->per_minute = per_minute;
	*out = rate;
	return REASON_NONE;
}

bool rate_take(struct rate *rate, struct bytes peer, uint64_t now_ms)
{
	if (rate == NULL)
		return true;
	struct bucket *b = bucket_of(rate, hash(rate, peer), now_ms);

	b->spent = spent_now(rate, b, now_ms);
	b->at_ms = now_ms;
	if (b->spent + MINUTE_MS > (uint64_t)rate->per_minute * MINUTE_MS)
		return false;
	b->spent += MINUTE_MS;
	return true;
}

int64_t rate_slow_at(int64_t began, uint64_t received)
{
	int64_t good_for = (int64_t)(received / LIMIT_SMTP_DATA_RATE) + 1;
	return began + (good_for > LIMIT_SMTP_DATA_RATE_SECONDS ? good_for : LIMIT_SMTP_DATA_RATE_SECONDS);
}
