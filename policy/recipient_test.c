/* policy/recipient_test.c - which profile holds for whom, and how files are laid over several mails. */
#include "policy/test_world.h"

#include "base/limits.h"
#include "policy/recipient.h"

static const struct recipient rules_of[] = {
	{.address = BYTES_OF("@chu.example"), .pdf_only = true, .limit = 8000000},
	{.address = BYTES_OF("dr.a@chu.example"), .pdf_only = false, .limit = 0},
	{.address = BYTES_OF("dr.b@CHU.example"), .pdf_only = true, .limit = 20000000},
	{.address = BYTES_OF("@patient.example"), .pdf_only = true, .limit = 90000000},
	{.address = BYTES_OF("paper@chu.example"), .paper = true},
	{.address = BYTES_OF("small@patient.example"), .pdf_only = false, .limit = 5000000},
};

static const struct {
	const char *what;
	enum party party;
	struct bytes mailbox;
	bool pdf_only;
	uint64_t limit;
} profiles[] = {
	{"nobody told anything", PARTY_EXPERT, BYTES_OF("x@else.example"), false, LIMIT_RECIPIENT_PROFESSIONAL},
	{"the domain's rule", PARTY_EXPERT, BYTES_OF("x@Chu.Example"), true, 8000000},
	{"the mailbox comes before its domain", PARTY_EXPERT, BYTES_OF("DR.A@chu.example"), false, LIMIT_RECIPIENT_PROFESSIONAL},
	{"written otherwise", PARTY_ATTENDING, BYTES_OF("dr.b@chu.example"), true, 20000000},
	{"a domain under it is another", PARTY_EXPERT, BYTES_OF("x@sub.chu.example"), false, LIMIT_RECIPIENT_PROFESSIONAL},
	{"the patient", PARTY_PATIENT, BYTES_OF("1@space.example"), false, LIMIT_RECIPIENT_PATIENT},
	{"no rule lifts the patient's limit", PARTY_PATIENT, BYTES_OF("1@patient.example"), true, LIMIT_RECIPIENT_PATIENT},
	{"one may lower it", PARTY_PATIENT, BYTES_OF("small@patient.example"), false, 5000000},
};

static void test_profiles(void **state)
{
	const struct policy_rules rules = {.recipients = rules_of, .n_recipients = sizeof rules_of / sizeof rules_of[0]};

	(void)state;
	for (size_t i = 0; i < sizeof profiles / sizeof profiles[0]; i++) {
		struct recipient_profile p = recipient_profile(&rules, profiles[i].party, profiles[i].mailbox);
		if (p.pdf_only != profiles[i].pdf_only || p.paper || p.limit != profiles[i].limit)
			fail_msg("%s: %llu", profiles[i].what, (unsigned long long)p.limit);
	}
	assert_true(recipient_profile(&rules, PARTY_ATTENDING, BYTES("Paper@chu.example")).paper);
}

static const struct {
	const char *what;
	uint64_t sizes[6];
	size_t n;
	uint64_t first, room;
	size_t mails, part[6];
} plans[] = {
	{"no file", {0}, 0, 10, 20, 1, {0}},
	{"all in the first", {3, 3, 4}, 3, 10, 20, 1, {1, 1, 1}},
	{"the order is kept, though a later one would fit", {6, 6, 2}, 3, 10, 20, 2, {1, 2, 2}},
	{"the first mail may be full of its own", {6, 6}, 2, 0, 20, 2, {2, 2}},
	{"exactly full", {10, 20, 20}, 3, 10, 20, 3, {1, 2, 3}},
	{"one that no mail carries", {4, 21, 4}, 3, 10, 20, 1, {1, 0, 1}},
	{"that one alone", {21}, 1, 10, 20, 1, {0}},
	{"larger than the first, but not than the others", {15, 2}, 2, 10, 20, 2, {2, 2}},
	{"empty files take their head", {0, 0, 0}, 3, 0, 0, 1, {1, 1, 1}},
};

static void test_parts(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof plans / sizeof plans[0]; i++) {
		size_t part[6] = {9, 9, 9, 9, 9, 9};
		size_t mails = recipient_parts(plans[i].sizes, plans[i].n, plans[i].first, plans[i].room, part);
		if (mails != plans[i].mails)
			fail_msg("%s: %zu mails", plans[i].what, mails);
		for (size_t k = 0; k < plans[i].n; k++)
			if (part[k] != plans[i].part[k])
				fail_msg("%s: file %zu in %zu", plans[i].what, k, part[k]);
	}
}

/* Whatever comes: every file in its order, no mail over its room. */
static void test_parts_property(void **state)
{
	uint32_t seed = 20261122;

	(void)state;
	for (unsigned round = 0; round < 20000; round++) {
		uint64_t sizes[40], used[42] = {0};
		size_t part[40], n = round % 41, last = 1;
		seed = seed * 1664525 + 1013904223;
		uint64_t room = seed % 1000, first = (seed >> 12) % 1000;
		for (size_t i = 0; i < n; i++) {
			seed = seed * 1664525 + 1013904223;
			sizes[i] = (seed >> 8) % 1200;
		}
		size_t mails = recipient_parts(sizes, n, first, room, part);
		for (size_t i = 0; i < n; i++) {
			if (part[i] == 0) {
				assert_true(sizes[i] > room);
				continue;
			}
			assert_true(part[i] >= last && part[i] <= mails);
			last = part[i];
			used[part[i]] += sizes[i];
		}
		for (size_t m = 1; m <= mails; m++)
			assert_true(used[m] <= (m == 1 ? first : room));
	}
}

static void test_encoded(void **state)
{
	(void)state;
	/* 57 bytes make one line of 76 and its end. */
	assert_int_equal(recipient_encoded(57) - recipient_encoded(0), 78);
	assert_int_equal(recipient_encoded(58) - recipient_encoded(57), 78);
	assert_true(recipient_encoded(10000000) > 13600000 && recipient_encoded(10000000) < 13700000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_profiles), cmocka_unit_test(test_parts), cmocka_unit_test(test_parts_property), cmocka_unit_test(test_encoded),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
