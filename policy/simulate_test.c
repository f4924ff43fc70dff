/* policy/simulate_test.c - the simulation plays the policy's own decisions, says the same twice, and tells what a change of rules or pool does. */
#include "policy/test_world.h"

#include "policy/simulate_run.h"

static void play(const struct simulate_population *p, struct arena *arena, struct simulate_result *out)
{
	assert_null(simulate_check(p));
	simulate_run(arena, p, out);
}

/* Everything that is counted adds up. */
static void adds_up(const struct simulate_result *r)
{
	size_t standing = 0, of_pathologies = 0, accepted = 0, by_expert = 0;

	for (size_t s = 0; s < DOSSIER_STATES; s++)
		standing += r->ends[s];
	for (size_t i = 0; i < r->n_pathologies; i++) {
		of_pathologies += r->pathologies[i].requests;
		accepted += r->pathologies[i].accepted;
	}
	for (size_t i = 0; i < r->n_experts; i++)
		by_expert += r->experts[i].accepted;
	assert_int_equal(standing, r->requests);
	assert_int_equal(of_pathologies, r->requests);
	assert_int_equal(accepted, r->acceptance.n);
	assert_true(by_expert >= accepted);
	assert_int_equal(r->kept + r->missed + r->undecided, r->complete);
	assert_true(r->complete <= r->requests && r->released <= r->complete && r->delivered <= r->released);
	assert_int_equal(r->promise.n, r->delivered);
	assert_true(r->kept_net >= r->kept);
}

static void the_default_says_something(void **state)
{
	(void)state;
	struct arena *arena = arena_create(1u << 30);
	struct simulate_population p = simulate_default(arena);
	struct simulate_result r;

	play(&p, arena, &r);
	adds_up(&r);
	assert_in_range(r.requests, 350, 650);
	assert_true(r.complete > r.requests / 2 && r.delivered > r.complete / 2);
	assert_true(r.kept > r.missed);
	assert_in_range(r.promise.median.us, SPAN_DAYS(2).us, SPAN_DAYS(7).us);
	assert_true(r.promise.median.us <= r.promise.p90.us && r.promise.p90.us <= r.promise.most.us);
	assert_true(r.promise_net.mean.us <= r.promise.mean.us);
	/* The rare disease has one expert, and no other pathology lacks any. */
	for (size_t i = 0; i < r.n_pathologies; i++)
		assert_int_equal(r.pathologies[i].lacks, bytes_equal(r.pathologies[i].code, BYTES("maladie-rare")));
	arena_destroy(&arena);
}

static void the_same_twice(void **state)
{
	(void)state;
	struct arena *arena = arena_create(1u << 30);
	struct simulate_population p = simulate_default(arena);
	struct simulate_result a, b, c;

	p.days = 5;
	play(&p, arena, &a);
	play(&p, arena, &b);
	p.seed = 2;
	play(&p, arena, &c);
	assert_int_equal(a.decisions, b.decisions);
	assert_int_equal(a.events, b.events);
	assert_int_equal(a.promise.mean.us, b.promise.mean.us);
	assert_memory_equal(a.ends, b.ends, sizeof a.ends);
	assert_memory_equal(a.mails, b.mails, sizeof a.mails);
	assert_true(c.promise.mean.us != a.promise.mean.us);
	arena_destroy(&arena);
}

/* What nurses do is no longer waited for, and nothing else differs: who asks, who says yes. */
static void a_gate_opened_saves_the_nurses_time(void **state)
{
	(void)state;
	struct arena *arena = arena_create(1u << 30);
	struct simulate_population p = simulate_default(arena);
	struct simulate_result with, without;

	p.days = 10;
	play(&p, arena, &with);
	p.rules.triage_by_nurse = p.rules.release_by_nurse = false;
	play(&p, arena, &without);
	assert_int_equal(with.requests, without.requests);
	assert_int_equal(without.states[DOSSIER_TRIAGE].median.us, 0);
	assert_true(without.request.mean.us < with.request.mean.us);
	assert_true(without.acts < with.acts / 2);
	arena_destroy(&arena);
}

static void without_experts_nobody_is_served(void **state)
{
	(void)state;
	struct arena *arena = arena_create(1u << 30);
	struct simulate_population p = simulate_default(arena);
	struct simulate_result r;

	p.days = 3;
	p.n_experts = 0;
	play(&p, arena, &r);
	adds_up(&r);
	assert_int_equal(r.released, 0);
	assert_int_equal(r.kept, 0);
	assert_true(r.ends[DOSSIER_CANCELLED] > 0);
	for (size_t i = 0; i < r.n_pathologies; i++)
		assert_true(r.pathologies[i].complete == 0 || r.pathologies[i].lacks);
	arena_destroy(&arena);
}

/* A past that is told is played as it was: the pieces after two days, a yes after one hour, the opinion after three days. */
static void a_past_is_played_as_it_was(void **state)
{
	(void)state;
	struct arena *arena = arena_create(1u << 30);
	struct simulate_population p = simulate_default(arena);
	const struct simulate_past past[] = {
		{.at = instant_plus(p.from, SPAN_HOURS(10)), .pieces = SPAN_DAYS(2), .triage = SPAN_MINUTES(30), .answer = SPAN_HOURS(1),
		 .opinion = SPAN_DAYS(3), .check = SPAN_MINUTES(20), .read = SPAN_HOURS(5), .mailbox = true},
		{.at = instant_plus(p.from, SPAN_HOURS(11)), .pathology = 1, .triage = SPAN_MINUTES(30), .answer = SPAN_HOURS(1), .opinion = SPAN_DAYS(9),
		 .check = SPAN_MINUTES(20), .read = {-1}, .mailbox = false},
		{.at = instant_plus(p.from, SPAN_HOURS(12)), .never = true, .pieces = SPAN_DAYS(1), .mailbox = true},
	};
	struct simulate_result r;

	p.past = past;
	p.n_past = COUNT(past);
	play(&p, arena, &r);
	adds_up(&r);
	assert_int_equal(r.requests, 3);
	assert_int_equal(r.complete, 2);
	assert_int_equal(r.delivered, 2);
	assert_int_equal(r.kept, 1);
	assert_int_equal(r.missed, 1);
	/* An hour, three days, twenty minutes, and some minutes of transport. */
	assert_in_range(r.promise.median.us, SPAN_HOURS(73).us + SPAN_MINUTES(20).us, SPAN_HOURS(73).us + SPAN_MINUTES(26).us);
	arena_destroy(&arena);
}

static void what_cannot_be_played_is_said(void **state)
{
	(void)state;
	struct arena *arena = arena_create(1u << 26);
	const struct simulate_population good = simulate_default(arena);
	struct simulate_population p = good;
	const struct simulate_burst flood = {0, SIMULATE_REQUESTS_MOST};

	assert_null(simulate_check(&p));
	p.n_pathologies = 0;
	assert_non_null(simulate_check(&p));
	p = good;
	p.days = 0;
	assert_non_null(simulate_check(&p));
	p.days = SIMULATE_DAYS_MOST + 1;
	assert_non_null(simulate_check(&p));
	p = good;
	p.bursts = &flood;
	p.n_bursts = 1;
	assert_non_null(simulate_check(&p));
	p = good;
	p.patients.reads = SIMULATE_WHOLE + 1;
	assert_non_null(simulate_check(&p));
	p = good;
	p.nurses.triage.p10 = SPAN_DAYS(3);
	assert_non_null(simulate_check(&p));
	p = good;
	p.n_experts = SIMULATE_EXPERTS_MOST + 1;
	assert_non_null(simulate_check(&p));
	arena_destroy(&arena);
}

static void the_queue_gives_the_earliest_first(void **state)
{
	(void)state;
	struct arena *arena = arena_create(1u << 24);
	struct simulate_queue q = {.arena = arena};
	struct simulate_item before = {0}, item;
	uint64_t seed = 7;

	for (uint32_t i = 0; i < 5000; i++) {
		seed = seed * 6364136223846793005u + 1442695040888963407u;
		simulate_push(&q, (struct simulate_item){.at = {(int64_t)(seed >> 54)}, .dossier = i});
	}
	for (size_t i = 0; i < 5000; i++) {
		assert_true(simulate_pop(&q, &item));
		assert_true(i == 0 || before.at.us < item.at.us || (before.at.us == item.at.us && before.dossier < item.dossier));
		before = item;
	}
	assert_false(simulate_pop(&q, &item));
	arena_destroy(&arena);
}

static void delays_keep_their_tenths(void **state)
{
	(void)state;
	const struct simulate_delay d = {SPAN_HOURS(1), SPAN_HOURS(8), SPAN_HOURS(30)};
	size_t quick = 0, half = 0, slow = 0, shares = 0;

	for (uint64_t i = 0; i < 20000; i++) {
		struct span s = simulate_span(&d, simulate_draw(3, i, MATTER_ANSWER, 0));
		assert_in_range(s.us, d.p10.us / 2, d.p90.us + d.p90.us / 2);
		quick += s.us < d.p10.us;
		half += s.us < d.p50.us;
		slow += s.us > d.p90.us;
		shares += simulate_share(3, i, MATTER_YES, 0, 250);
	}
	assert_in_range(quick, 1800, 2200);
	assert_in_range(half, 9700, 10300);
	assert_in_range(slow, 1800, 2200);
	assert_in_range(shares, 4800, 5200);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_default_says_something), cmocka_unit_test(the_same_twice),
		cmocka_unit_test(a_gate_opened_saves_the_nurses_time), cmocka_unit_test(without_experts_nobody_is_served),
		cmocka_unit_test(a_past_is_played_as_it_was), cmocka_unit_test(what_cannot_be_played_is_said),
		cmocka_unit_test(the_queue_gives_the_earliest_first), cmocka_unit_test(delays_keep_their_tenths),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
