/* policy/simulate_draw.c - see simulate_draw.h. */
#include "policy/simulate_draw.h"

enum { WHOLE = 1000000 };

/* The finaliser of splitmix64: every bit of the value moves every bit of the answer. */
static uint64_t mix(uint64_t x)
{
	x += 0x9e3779b97f4a7c15u;
	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
	x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
	return x ^ (x >> 31);
}

static struct span between(struct span from, struct span to, int64_t part, int64_t whole)
{
	return (struct span){from.us + (to.us - from.us) / whole * part};
}

uint32_t simulate_draw(uint64_t seed, uint64_t dossier, enum simulate_matter matter, uint64_t nth)
{
	return (uint32_t)(mix(mix(mix(mix(seed) ^ dossier) ^ (uint64_t)matter) ^ nth) % WHOLE);
}

bool simulate_share(uint64_t seed, uint64_t dossier, enum simulate_matter matter, uint64_t nth, unsigned thousandths)
{
	return simulate_draw(seed, dossier, matter, nth) < thousandths * (WHOLE / SIMULATE_WHOLE);
}

struct span simulate_span(const struct simulate_delay *d, uint32_t draw)
{
	const struct span least = {d->p10.us / 2}, most = {d->p90.us + d->p90.us / 2};
	int64_t u = draw;

	if (u < WHOLE / 10)
		return between(least, d->p10, u, WHOLE / 10);
	if (u < WHOLE / 2)
		return between(d->p10, d->p50, u - WHOLE / 10, WHOLE / 10 * 4);
	if (u < WHOLE / 10 * 9)
		return between(d->p50, d->p90, u - WHOLE / 2, WHOLE / 10 * 4);
	return between(d->p90, most, u - WHOLE / 10 * 9, WHOLE / 10);
}
