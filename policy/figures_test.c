/* policy/figures_test.c - lives counted into spans: each thing once, in the span in which it happened. */
#include "policy/test_world.h"

#include "policy/deadline.h"
#include "policy/figures.h"

static void proof(struct world *w, enum mail_code code, enum party party)
{
	const struct policy_delivery delivery = {.code = code, .party = party, .mailbox = dossier_mailbox(w->dossier, party), .accepted = true};

	policy_decide_outcome(w->arena, &w->rules, w->dossier, &delivery, w->now, &w->last);
	world_store(w);
}

static struct figures *count(struct world *w, struct instant from, struct instant until)
{
	struct figures *f = arena_alloc(w->arena, sizeof *f);

	*f = figures_begin(from, until);
	figures_add(f, w->log, w->n_log, w->dossier, BYTES("oncologie"));
	return f;
}

static void a_whole_life(void **state)
{
	(void)state;
	struct world *w = world_make();
	struct instant begun = w->now;

	to_released(w);
	pass(w, SPAN_HOURS(1));
	proof(w, MAIL_M21, PARTY_PATIENT);
	proof(w, MAIL_M64, PARTY_ATTENDING);
	pass(w, SPAN_HOURS(5));
	send(w, patient_message(w, "Faut-il opérer vite ?"));
	pass(w, SPAN_HOURS(80));
	struct policy_message answer = reply_message(w, "un@experts.exemple.fr", POLICY_WORD_NONE);
	answer.text = BYTES("Non.");
	send(w, answer);
	struct figures *f = count(w, begun, instant_plus(w->now, SPAN_DAYS(1)));

	assert_int_equal(f->dossiers, 1);
	assert_int_equal(f->requests, 1);
	assert_int_equal(f->by_physician, 0);
	assert_int_equal(f->completed, 1);
	assert_int_equal(f->first_try, 0);                /* its exams came after it */
	assert_int_equal(f->waited, 1);
	assert_int_equal(f->promised, 1);
	assert_int_equal(f->accepted, 1);
	assert_int_equal(f->opinions, 1);
	assert_int_equal(f->in_time, 1);
	assert_int_equal(f->consented, 1);
	assert_int_equal(f->reached, 1);
	assert_int_equal(f->proved, 1);
	assert_int_equal(f->questions, 1);
	assert_int_equal(f->answered, 1);
	assert_int_equal(f->answered_soon, 0);            /* after eighty hours */
	assert_int_equal(f->gross.n, 1);
	assert_int_equal(figures_within(&f->gross, 50), 50);   /* an hour to the yes, two days to the opinion, an hour on its way */
	assert_int_equal(f->n_families, 1);
	assert_string_equal(f->families[0].name, "oncologie");
	assert_int_equal(f->families[0].requests, 1);
	assert_int_equal(f->families[0].opinions[SAID_YES] + f->families[0].opinions[SAID_PARTLY] + f->families[0].opinions[SAID_NO] +
				 f->families[0].opinions[SAID_NOTHING], 1);
	world_free(w);
}

/* Two spans that meet count together what one over both counts, wherever they meet: what somebody subtracts between months is what happened in one. */
static void spans_share_nothing(void **state)
{
	(void)state;
	struct world *w = world_make();
	struct instant begun = w->now;

	to_released(w);
	pass(w, SPAN_HOURS(1));
	proof(w, MAIL_M21, PARTY_PATIENT);
	send(w, patient_message(w, "Faut-il opérer vite ?"));
	struct instant end = instant_plus(w->now, SPAN_HOURS(1));
	const struct figures *all = count(w, begun, end);
	for (struct instant cut = begun; instant_before(cut, end); cut = instant_plus(cut, SPAN_MINUTES(37))) {
		const struct figures *a = count(w, begun, cut), *b = count(w, cut, end);
		const uint64_t parts[][3] = {
			{a->requests, b->requests, all->requests}, {a->completed, b->completed, all->completed}, {a->opinions, b->opinions, all->opinions},
			{a->offers, b->offers, all->offers}, {a->accepted, b->accepted, all->accepted}, {a->questions, b->questions, all->questions},
			{a->promised, b->promised, all->promised}, {a->gross.n, b->gross.n, all->gross.n}, {a->waited, b->waited, all->waited},
		};
		for (size_t i = 0; i < COUNT(parts); i++)
			assert_int_equal(parts[i][0] + parts[i][1], parts[i][2]);
	}
	world_free(w);
}

static void nothing_outside(void **state)
{
	(void)state;
	struct world *w = world_make();

	to_released(w);
	struct figures *f = count(w, instant_plus(w->now, SPAN_DAYS(1)), instant_plus(w->now, SPAN_DAYS(2)));
	assert_int_equal(f->dossiers, 0);
	assert_int_equal(f->requests, 0);
	assert_int_equal(f->n_families, 0);
	assert_int_equal(figures_within(&f->gross, 90), 0);
	world_free(w);
}

static void how_it_ends(void **state)
{
	(void)state;
	static const struct {
		enum policy_act act;
		size_t at;
	} rows[] = {{POLICY_ACT_REDIRECT, 0}, {POLICY_ACT_CANCEL, 1}, {POLICY_ACT_WITHDRAW, 2}, {POLICY_ACT_DIED, 3}};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct world *w = world_make();
		struct instant begun = w->now;
		to_triage(w);
		command(w, rows[i].act, "", "fini");
		const struct figures *f = count(w, begun, instant_plus(w->now, SPAN_DAYS(1)));
		const uint64_t ends[] = {f->no_diagnosis, f->cancelled, f->withdrawn, f->deaths};
		for (size_t k = 0; k < COUNT(ends); k++)
			assert_int_equal(ends[k], k == rows[i].at);
		assert_int_equal(f->opinions, 0);
		world_free(w);
	}
}

static void quantiles(void **state)
{
	(void)state;
	static struct figures_delays delays;
	struct figures_delays *d = &delays;

	for (unsigned h = 1; h <= 100; h++) {
		d->n++;
		d->at[h]++;
	}
	assert_int_equal(figures_within(d, 50), 50);
	assert_int_equal(figures_within(d, 90), 90);
	assert_int_equal(figures_within(d, 100), 100);
	assert_int_equal(figures_within(d, 1), 1);
}

/* Who sees that a family has a line sees nothing of who was in it: each has one, in an order that no dossier made. */
static void lines_tell_of_nobody(void **state)
{
	(void)state;
	struct world *w = world_make();
	struct figures *empty = arena_alloc(w->arena, sizeof *empty), *one = arena_alloc(w->arena, sizeof *one);
	struct instant begun = w->now;

	to_triage(w);
	*empty = *one = figures_begin(begun, instant_plus(w->now, SPAN_DAYS(1)));
	for (struct figures *f = empty; f != NULL; f = f == empty ? one : NULL) {
		figures_expect(f, BYTES("gynecologie"));
		figures_expect(f, BYTES("oncologie"));
		figures_expect(f, BYTES("oncologie"));
	}
	figures_add(one, w->log, w->n_log, w->dossier, BYTES("oncologie"));
	assert_int_equal(empty->dossiers, 0);
	assert_int_equal(one->dossiers, 1);
	assert_int_equal(empty->n_families, 2);
	assert_int_equal(one->n_families, 2);
	for (size_t i = 0; i < 2; i++)
		assert_string_equal(empty->families[i].name, one->families[i].name);
	world_free(w);
}

static void families_have_room_for_any(void **state)
{
	(void)state;
	struct world *w = world_make();
	struct instant begun = w->now;
	struct figures *f = arena_alloc(w->arena, sizeof *f);
	uint64_t requests = 0;

	to_triage(w);
	*f = figures_begin(begun, instant_plus(w->now, SPAN_DAYS(1)));
	for (unsigned i = 0; i < 40; i++)
		figures_add(f, w->log, w->n_log, w->dossier, T(arena_printf(w->arena, "famille-de-pathologies-au-nom-bien-trop-long-%02u", i)));
	for (unsigned i = 0; i < 40; i++)
		figures_add(f, w->log, w->n_log, w->dossier, T(arena_printf(w->arena, "f%02u", i)));
	assert_int_equal(f->n_families, FIGURES_FAMILIES);
	for (size_t i = 0; i < f->n_families; i++)
		requests += f->families[i].requests;
	assert_int_equal(requests, 80);
	world_free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_whole_life), cmocka_unit_test(spans_share_nothing), cmocka_unit_test(nothing_outside), cmocka_unit_test(how_it_ends),
		cmocka_unit_test(quantiles), cmocka_unit_test(families_have_room_for_any), cmocka_unit_test(lines_tell_of_nobody),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
