/* policy/expert_test.c - numbers that are the same, whose certificate it is, and absences as people tell them. */
#include "policy/test_world.h"

static void rpps(void **state)
{
	(void)state;
	static const struct {
		const char *a, *b;
		bool same;
	} rows[] = {
		{"801234567123", "01234567123", true},
		{"1.2.250.1.71.4.2.1^801234567123", "801234567123", true},
		{" 01234567123 ", "1.2.250.1.71.4.2.1^01234567123", true},
		{"801234567123", "801234567124", false},
		{"", "", false},
		{"8", "", false},
		{"812345678901", "12345678901", true},
		{"912345678901", "12345678901", false},
		{"centre-des-seins", "centre-des-seins", true},
	};
	for (size_t i = 0; i < COUNT(rows); i++)
		if (expert_same_rpps(T(rows[i].a), T(rows[i].b)) != rows[i].same)
			fail_msg("%s and %s", rows[i].a, rows[i].b);
	assert_ptr_equal(expert_find(EXPERTS, 3, BYTES("02222222222")), &EXPERTS[1]);
	assert_null(expert_find(EXPERTS, 3, BYTES("")));
}

static void structures(void **state)
{
	(void)state;
	static const struct {
		const char *a, *b;
		bool same;
	} rows[] = {
		{"1690000024", "690000024", true},
		{"1.2.250.1.71.4.2.2^1690000024", "690000024", true},
		{"312345678900017", "12345678900017", true},
		{"12A0000024", "2a0000024", true},
		{"1690000024", "1690000025", false},
		{"2690000024", "690000024", false},
		{"", "1690000024", false},
		{"", "", false},
	};
	for (size_t i = 0; i < COUNT(rows); i++)
		if (expert_same_structure(T(rows[i].a), T(rows[i].b)) != rows[i].same || expert_same_structure(T(rows[i].b), T(rows[i].a)) != rows[i].same)
			fail_msg("%s and %s", rows[i].a, rows[i].b);
}

static const struct expert_member MEMBERS[] = {{.rpps = BYTES_OF("801"), .name = BYTES_OF("Dr A"), .fingerprints = ONE("a1")},
					       {.rpps = BYTES_OF("802"), .name = BYTES_OF("Dr B"), .fingerprints = ONE("b2")}};

static void signers(void **state)
{
	(void)state;
	struct expert team = EXPERTS[0];

	assert_true(bytes_equal(expert_signer(&EXPERTS[0], BYTES("E1")), EXPERTS[0].rpps));
	assert_false(expert_has_certificate(&EXPERTS[0], BYTES("e2")));
	assert_false(expert_has_certificate(&EXPERTS[0], BYTES("")));
	assert_false(expert_has_certificate(NULL, BYTES("e1")));
	assert_false(expert_has_certificates(&EXPERTS[2]));
	team.members = MEMBERS;
	team.n_members = 2;
	assert_true(bytes_equal(expert_signer(&team, BYTES("b2")), BYTES("802")));
	/* The team's own certificate, were one registered, is no person's. */
	assert_int_equal(expert_signer(&team, BYTES("e1")).len, 0);
	assert_true(expert_has_certificates(&team));
}

static void delegates(void **state)
{
	(void)state;
	struct expert e = EXPERTS[0];
	static const struct bytes mailboxes[] = {BYTES_OF("secretariat@chu.exemple.fr"), BYTES_OF("interne@chu.exemple.fr")};

	e.delegates = (struct policy_texts){mailboxes, 2};
	assert_true(expert_is_delegate(&e, BYTES("Interne@CHU.exemple.fr")));
	assert_false(expert_is_delegate(&e, e.mailbox));
	assert_false(expert_is_delegate(&e, BYTES("")));
	assert_false(expert_is_delegate(NULL, BYTES("interne@chu.exemple.fr")));
}

static const char *day_of(struct arena *arena, struct instant at)
{
	char text[INSTANT_TEXT];
	instant_write(at, text);
	return arena_printf(arena, "%.16sZ", text);
}

static void days(void **state)
{
	(void)state;
	struct arena *arena = arena_create(1 << 16);
	static const struct {
		const char *text, *begins;   /* in UTC; "": it is no day */
	} rows[] = {
		{"2026-03-20", "2026-03-19T23:00Z"}, {"2026-07-01", "2026-06-30T22:00Z"},
		/* The hour changes on these days, after midnight. */
		{"2026-03-29", "2026-03-28T23:00Z"}, {"2026-03-30", "2026-03-29T22:00Z"},
		{"2026-10-25", "2026-10-24T22:00Z"}, {"2026-10-26", "2026-10-25T23:00Z"},
		{"2028-02-29", "2028-02-28T23:00Z"}, {"2026-02-29", ""}, {"2026-13-01", ""}, {"2026-00-10", ""}, {"2026-04-31", ""},
		{"26-04-30", ""}, {"2026/04/30", ""}, {"2026-04-3", ""}, {"", ""}, {"0000-00-00", ""}, {"2026-04-30 ", ""},
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct instant at = {42};
		bool is_day = expert_day(T(rows[i].text), &at);
		if (is_day != (rows[i].begins[0] != '\0') || (is_day ? strcmp(day_of(arena, at), rows[i].begins) != 0 : at.us != 42))
			fail_msg("%s begins %s", rows[i].text, day_of(arena, at));
	}
	struct instant end = {42};
	assert_true(expert_day_end(BYTES("2026-03-29"), &end));
	assert_string_equal(day_of(arena, end), "2026-03-29T22:00Z");
	assert_true(expert_day_end(BYTES("2026-12-31"), &end));
	assert_string_equal(day_of(arena, end), "2026-12-31T23:00Z");
	assert_false(expert_day_end(BYTES("2026-12-32"), &end));
	arena_destroy(&arena);
}

/* MORNING is 2026-03-02, 09:00 UTC. */
static void absences(void **state)
{
	(void)state;
	struct arena *arena = arena_create(1 << 16);
	static const struct {
		const char *from, *last, *is;   /* "": it is none */
	} rows[] = {
		{"", "2026-03-20", "2026-03-02T09:00Z 2026-03-20T23:00Z"},
		{"2026-03-10", "2026-03-20", "2026-03-09T23:00Z 2026-03-20T23:00Z"},
		{"2026-02-10", "2026-03-20", "2026-03-02T09:00Z 2026-03-20T23:00Z"},
		{"", "2026-03-02", "2026-03-02T09:00Z 2026-03-02T23:00Z"},
		{"", "", "2026-03-02T09:00Z 2026-03-09T09:00Z"},
		{"2026-03-10", "", "2026-03-09T23:00Z 2026-03-16T23:00Z"},
		{"", "9999-12-31", "2026-03-02T09:00Z 2027-03-03T09:00Z"},
		{"", "not a day", "2026-03-02T09:00Z 2026-03-09T09:00Z"},
		{"", "2026-03-01", ""},
		{"2026-03-20", "2026-03-10", ""},
		{"2027-06-01", "2027-06-10", ""},
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct expert_leave leave = {{42}, {42}};
		bool told = expert_leave_told(T(rows[i].from), T(rows[i].last), MORNING, &leave);
		const char *is = told ? arena_printf(arena, "%s %s", day_of(arena, leave.from), day_of(arena, leave.until)) : "";
		if (strcmp(is, rows[i].is) != 0 || (!told && leave.from.us != 42))
			fail_msg("from %s to %s is %s", rows[i].from, rows[i].last, is);
	}
	arena_destroy(&arena);
}

static void away(void **state)
{
	(void)state;
	static const struct expert_leave leave[] = {{{10}, {20}}, {{15}, {40}}, {{50}, {60}}};
	struct expert e = EXPERTS[0];

	e.leave = leave;
	e.n_leave = 3;
	assert_null(expert_away(&e, (struct instant){9}));
	assert_ptr_equal(expert_away(&e, (struct instant){10}), &leave[0]);
	assert_ptr_equal(expert_away(&e, (struct instant){16}), &leave[1]);
	assert_null(expert_away(&e, (struct instant){40}));
}

static void states(void **state)
{
	(void)state;
	for (enum expert_state s = EXPERT_ACTIVE; s < EXPERT_STATES; s++)
		assert_int_equal(expert_state_of_name(T(expert_state_name(s))), s);
	assert_int_equal(expert_state_of_name(BYTES("retired")), EXPERT_STATES);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rpps),   cmocka_unit_test(structures), cmocka_unit_test(signers), cmocka_unit_test(delegates),
		cmocka_unit_test(days),   cmocka_unit_test(absences),   cmocka_unit_test(away),    cmocka_unit_test(states),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
