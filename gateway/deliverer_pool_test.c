/* gateway/deliverer_pool_test.c - who gets a child when there are more destinations than places. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "gateway/deliverer_pool.h"

enum { MANY = 10000 };

struct scene {
	struct config config;
	struct config_route routes[2];
	struct deliverer_pool pool;
	struct deliverer_due due[MANY];
	char names[MANY][40];
	struct deliverer_key out[LIMIT_DELIVER_CHILDREN];
	size_t waiting;
	pid_t next;
};

static int set_up(void **state)
{
	static struct scene s;
	memset(&s, 0, sizeof s);
	s.routes[0] = (struct config_route){.domain = "hopital.exemple.fr"};
	s.routes[1] = (struct config_route){.domain = "patient.exemple.fr"};
	s.config.deliverer.routes = s.routes;
	s.config.deliverer.n = 2;
	s.config.deliverer.mx = true;
	s.config.deliverer.destination_connections = 20;
	s.pool.config = &s.config;
	s.next = 100;
	*state = &s;
	return 0;
}

static void domains(struct scene *s, size_t from, size_t n, uint64_t mails)
{
	for (size_t i = from; i < from + n; i++) {
		snprintf(s->names[i], sizeof s->names[i], "d%zu.exemple.fr", i);
		s->due[i] = (struct deliverer_due){bytes_of_text(s->names[i]), mails};
	}
}

static size_t plan(struct scene *s, size_t n, int64_t now)
{
	return deliverer_pool_plan(&s->pool, s->due, n, now, s->out, &s->waiting);
}

static void start_all(struct scene *s, size_t n)
{
	for (size_t i = 0; i < n; i++)
		deliverer_pool_started(&s->pool, s->next++, &s->out[i]);
}

static void one_mail_one_child(void **state)
{
	struct scene *s = *state;
	s->due[0] = (struct deliverer_due){BYTES("HOPITAL.exemple.fr"), 1};
	s->due[1] = (struct deliverer_due){BYTES("ailleurs.exemple.fr"), 1};
	s->due[2] = (struct deliverer_due){BYTES("caf\xc3\xa9.fr"), 3};

	assert_int_equal(plan(s, 3, 0), 3);
	assert_int_equal(s->out[0].route, 0);
	assert_string_equal(s->out[0].domain, "");
	assert_int_equal(s->out[1].route, 2);
	assert_string_equal(s->out[1].domain, "ailleurs.exemple.fr");
	assert_int_equal(s->out[2].route, 2);          /* no name for DNS, and no route */
	assert_string_equal(s->out[2].domain, "");
	/* what has its child is not started again */
	start_all(s, 3);
	s->due[0].mails = s->due[1].mails = s->due[2].mails = 1;
	assert_int_equal(plan(s, 3, 0), 0);
}

static void much_mail_gets_more_connections(void **state)
{
	static const struct {
		uint64_t mails;
		int connections;
		size_t children;
	} rows[] = {{1, 20, 1}, {19, 20, 1}, {20, 20, 2}, {100, 20, 6}, {1000, 20, 20}, {1000, 2, 2}, {100000, 1, 1}, {UINT64_MAX / 2, 20, 20}};
	struct scene *s = *state;

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		s->config.deliverer.destination_connections = rows[i].connections;
		s->due[0] = (struct deliverer_due){BYTES("hopital.exemple.fr"), rows[i].mails};
		if (plan(s, 1, 0) != rows[i].children)
			fail_msg("%llu mails", (unsigned long long)rows[i].mails);
	}
}

/* However much one has, the last places are for those who have none. */
static void a_large_destination_leaves_places(void **state)
{
	struct scene *s = *state;
	s->config.deliverer.destination_connections = 20;
	s->due[0] = (struct deliverer_due){BYTES("hopital.exemple.fr"), 100000};
	start_all(s, plan(s, 1, 0));
	assert_int_equal(s->pool.n, 20);
	s->due[0] = (struct deliverer_due){BYTES("patient.exemple.fr"), 100000};
	start_all(s, plan(s, 1, 0));
	assert_int_equal(s->pool.n, LIMIT_DELIVER_CHILDREN - LIMIT_DELIVER_SPARE);
	domains(s, 0, 20, 1000);
	assert_int_equal(plan(s, 20, 0), LIMIT_DELIVER_SPARE);
	assert_int_equal(s->waiting, 20 - LIMIT_DELIVER_SPARE);
}

/* Ten thousand at once: each is served, in the order of waiting, never more at a time than there are places, the first ones with
 * much mail no sooner again than the last ones with little. */
static void ten_thousand_domains(void **state)
{
	struct scene *s = *state;
	size_t served = 0;
	pid_t oldest = s->next;

	domains(s, 0, MANY, 500);
	for (unsigned rounds = 0; served < MANY; rounds++) {
		assert_in_range(rounds, 0, 2 * MANY);
		size_t n = plan(s, MANY, 0);
		/* the last ones get more than one connection each: places are left then */
		for (size_t i = 0; i < n && served < MANY; i++) {
			assert_string_equal(s->out[i].domain, s->names[served]);
			served++;
		}
		start_all(s, n);
		assert_in_range(s->pool.n, 1, LIMIT_DELIVER_CHILDREN);
		assert_int_equal(s->waiting, MANY - served);
		if (rounds < 5)
			assert_int_equal(s->pool.n, LIMIT_DELIVER_CHILDREN);
		for (size_t i = 0; i < LIMIT_DELIVER_CHILDREN && s->pool.n > 0; i++)
			assert_true(deliverer_pool_ended(&s->pool, oldest++, true, 0));
	}
}

static void trouble_makes_rest(void **state)
{
	struct scene *s = *state;
	int64_t now = 0;

	for (int64_t pause = 1000; pause <= 64000; pause *= 2) {
		s->due[0] = (struct deliverer_due){BYTES("hopital.exemple.fr"), 1};
		assert_int_equal(plan(s, 1, now), 1);
		deliverer_pool_started(&s->pool, 5, &s->out[0]);
		assert_true(deliverer_pool_ended(&s->pool, 5, false, now));
		int64_t real = pause > 60000 ? 60000 : pause;
		s->due[0].mails = 1;
		assert_int_equal(plan(s, 1, now + real - 1), 0);
		assert_int_equal(s->waiting, 0);
		now += real;
	}
	/* once in order, and it is forgotten */
	deliverer_pool_started(&s->pool, 6, &s->out[0]);
	assert_true(deliverer_pool_ended(&s->pool, 6, true, now));
	assert_int_equal(s->pool.n_rests, 0);
	assert_false(deliverer_pool_ended(&s->pool, 6, true, now));
}

static void rests_are_bounded(void **state)
{
	struct scene *s = *state;

	domains(s, 0, 3 * LIMIT_DELIVER_RESTS, 1);
	for (size_t i = 0; i < 3 * LIMIT_DELIVER_RESTS; i++) {
		struct deliverer_key key = deliverer_key(&s->config, s->due[i].domain);
		deliverer_pool_started(&s->pool, 7, &key);
		assert_true(deliverer_pool_ended(&s->pool, 7, false, (int64_t)i));
	}
	assert_int_equal(s->pool.n_rests, LIMIT_DELIVER_RESTS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(one_mail_one_child, set_up),
		cmocka_unit_test_setup(much_mail_gets_more_connections, set_up),
		cmocka_unit_test_setup(a_large_destination_leaves_places, set_up),
		cmocka_unit_test_setup(ten_thousand_domains, set_up),
		cmocka_unit_test_setup(trouble_makes_rest, set_up),
		cmocka_unit_test_setup(rests_are_bounded, set_up),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
