/* gateway/deliverer_pool.c - see deliverer_pool.h. */
#include "gateway/deliverer_pool.h"

#include <assert.h>

enum { FIRST_MS = 1000, LONGEST_MS = 60000 };

struct plan {
	const struct deliverer_pool *pool;
	struct deliverer_key *out;
	size_t n;
};

static size_t places_left(const struct plan *p)
{
	return LIMIT_DELIVER_CHILDREN - p->pool->n - p->n;
}

static size_t count(const struct plan *p, const struct deliverer_key *key)
{
	size_t n = 0;

	for (size_t i = 0; i < p->pool->n; i++)
		n += deliverer_key_equal(&p->pool->children[i].key, key);
	for (size_t i = 0; i < p->n; i++)
		n += deliverer_key_equal(&p->out[i], key);
	return n;
}

static const struct deliverer_rest *rest_of(const struct deliverer_pool *pool, const struct deliverer_key *key)
{
	for (size_t i = 0; i < pool->n_rests; i++)
		if (deliverer_key_equal(&pool->rests[i].key, key))
			return &pool->rests[i];
	return NULL;
}

static bool is_resting(const struct deliverer_pool *pool, const struct deliverer_key *key, int64_t now)
{
	const struct deliverer_rest *rest = rest_of(pool, key);
	return rest != NULL && now < rest->not_before;
}

/* All that is due for a destination, from its first domain on; it is looked after now. By DNS a domain is its own destination. */
static uint64_t take_mails(const struct config *config, const struct deliverer_key *key, struct deliverer_due *due, size_t n)
{
	uint64_t mails = due[0].mails;

	due[0].mails = 0;
	for (size_t i = 1; key->domain[0] == '\0' && i < n; i++) {
		struct deliverer_key other = deliverer_key(config, due[i].domain);
		if (due[i].mails == 0 || !deliverer_key_equal(&other, key))
			continue;
		mails += due[i].mails;
		due[i].mails = 0;
	}
	return mails;
}

/* Mail without any way needs no second child to be told so. */
static size_t wanted(const struct config *config, const struct deliverer_key *key, uint64_t mails)
{
	size_t most = key->route == config->deliverer.n && key->domain[0] == '\0' ? 1 : (size_t)config->deliverer.destination_connections;
	uint64_t n = 1 + mails / LIMIT_DELIVER_SPREAD;
	return n > most ? most : (size_t)n;
}

/* A destination with mail that has a child or gets one now. */
struct candidate {
	struct deliverer_key key;
	size_t wants;
};

static size_t first_children(struct plan *p, struct deliverer_due *due, size_t n, int64_t now, struct candidate *candidates, size_t *waiting)
{
	const struct config *config = p->pool->config;
	size_t found = 0;

	*waiting = 0;
	for (size_t i = 0; i < n; i++) {
		struct deliverer_key key = deliverer_key(config, due[i].domain);
		if (due[i].mails == 0 || is_resting(p->pool, &key, now))
			continue;
		bool has = count(p, &key) > 0;
		if (!has && places_left(p) == 0) {
			++*waiting;
			continue;
		}
		/* Each that is found here has a child of its own, running or planned: there are no more than places. */
		candidates[found++] = (struct candidate){key, wanted(config, &key, take_mails(config, &key, due + i, n - i))};
		if (!has)
			p->out[p->n++] = key;
	}
	return found;
}

size_t deliverer_pool_plan(const struct deliverer_pool *pool, struct deliverer_due *due, size_t n, int64_t now,
			   struct deliverer_key out[LIMIT_DELIVER_CHILDREN], size_t *waiting)
{
	struct plan p = {pool, out, 0};
	struct candidate candidates[LIMIT_DELIVER_CHILDREN];
	size_t found = first_children(&p, due, n, now, candidates, waiting);

	for (size_t i = 0; i < found; i++)
		for (size_t has = count(&p, &candidates[i].key); has < candidates[i].wants && places_left(&p) > LIMIT_DELIVER_SPARE; has++)
			out[p.n++] = candidates[i].key;
	return p.n;
}

void deliverer_pool_started(struct deliverer_pool *pool, pid_t pid, const struct deliverer_key *key)
{
	assert(pool->n < LIMIT_DELIVER_CHILDREN);
	pool->children[pool->n].pid = pid;
	pool->children[pool->n++].key = *key;
}

static void forget_rest(struct deliverer_pool *pool, const struct deliverer_key *key)
{
	for (size_t i = 0; i < pool->n_rests; i++)
		if (deliverer_key_equal(&pool->rests[i].key, key))
			pool->rests[i--] = pool->rests[--pool->n_rests];
}

/* When all places are taken the one that rests no longer, or soonest no longer, is forgotten. */
static void keep_rest(struct deliverer_pool *pool, const struct deliverer_rest *rest)
{
	size_t place = pool->n_rests;

	if (place == LIMIT_DELIVER_RESTS) {
		place = 0;
		for (size_t i = 1; i < pool->n_rests; i++)
			if (pool->rests[i].not_before < pool->rests[place].not_before)
				place = i;
	} else {
		pool->n_rests++;
	}
	pool->rests[place] = *rest;
}

bool deliverer_pool_ended(struct deliverer_pool *pool, pid_t pid, bool fine, int64_t now)
{
	size_t i = 0;

	while (i < pool->n && pool->children[i].pid != pid)
		i++;
	if (i == pool->n)
		return false;
	struct deliverer_key key = pool->children[i].key;
	pool->children[i] = pool->children[--pool->n];
	const struct deliverer_rest *before = rest_of(pool, &key);
	unsigned pause = before == NULL ? FIRST_MS : before->pause_ms * 2 > LONGEST_MS ? LONGEST_MS : before->pause_ms * 2;
	forget_rest(pool, &key);
	if (!fine)
		keep_rest(pool, &(struct deliverer_rest){key, now + pause, pause});
	return true;
}
