/* policy/route_test.c - which expert, and why not the others. */
#include "policy/test_world.h"

static struct dossier dossier_of(struct arena *arena)
{
	struct dossier d = dossier_begin(arena, 1, BYTES_NONE);
	const struct dossier_event e = {
		.kind = EVENT_REQUESTED, .at = MORNING,
		.request = {.patient = PATIENT, .pathology = BYTES("cancer-sein"), .version = BYTES("1"), .consent_processing = true,
			    .consent_expert = true, .attending = {BYTES("Dr G"), BYTES("general@cabinet.exemple.fr"), false}}};
	assert_int_equal(dossier_apply(&d, &e), REASON_NONE);
	return d;
}

static void file_by(struct dossier *d, const struct policy_author *author, struct bytes custodian)
{
	struct dossier_event e = {.kind = EVENT_DOCUMENT_FILED, .at = MORNING};
	e.document.document = (struct policy_document){.id = BYTES("x"), .digest = BYTES("y"), .has_patient = true, .patient = PATIENT,
						       .authors = author, .n_authors = author != NULL, .custodian = {.id = custodian}};
	assert_int_equal(dossier_apply(d, &e), REASON_NONE);
}

static const struct expert *choose(struct arena *arena, const struct expert *list, size_t n, const struct dossier *d, const char **why)
{
	const struct expert *chosen;
	struct route_exclusion *excluded;
	size_t n_excluded;
	enum reason reason = route_choose(arena, list, n, d, MORNING, &chosen, &excluded, &n_excluded);

	assert_true((reason == REASON_NONE) == (chosen != NULL));
	*why = "";
	for (size_t i = 0; i < n_excluded; i++)
		*why = arena_printf(arena, "%s%s%s", *why, i > 0 ? " " : "", exclusion_name(excluded[i].why));
	return chosen;
}

static void least_loaded_first(void **state)
{
	(void)state;
	struct arena *arena = arena_create(1 << 20);
	struct dossier d = dossier_of(arena);
	struct expert list[3];
	const char *why;

	memcpy(list, EXPERTS, sizeof list);
	assert_ptr_equal(choose(arena, list, 3, &d, &why), &list[0]);
	assert_string_equal(why, "");
	/* 2 of 8 is less than 1 of 2. */
	list[0].load = 2, list[1].load = 1, list[2].load = 2, list[2].capacity = 8;
	assert_ptr_equal(choose(arena, list, 3, &d, &why), &list[2]);
	/* All alike: the order of the list does not matter. */
	for (size_t i = 0; i < 3; i++)
		list[i].load = 1, list[i].capacity = 2;
	assert_true(bytes_equal(choose(arena, list, 3, &d, &why)->rpps, EXPERTS[0].rpps));
	struct expert swapped = list[0];
	list[0] = list[2];
	list[2] = swapped;
	assert_true(bytes_equal(choose(arena, list, 3, &d, &why)->rpps, EXPERTS[0].rpps));
	arena_destroy(&arena);
}

static void exclusions(void **state)
{
	(void)state;
	static const struct bytes other = BYTES_OF("rachis");
	static const struct expert_leave now = {{1772442000000000}, {1772442000000001}};
	static const struct expert_leave past = {{0}, {1772442000000000}};
	static const struct policy_author author = {.id = BYTES_OF("1.2.250.1.71.4.2.1^801111111111")};
	static const struct policy_author colleague = {.id = BYTES_OF("x"), .organisation = BYTES_OF("1.2.250.1.71.4.2.2^1000000001")};
	static const struct {
		const char *what;
		struct expert change;   /* what is set here is put into the expert */
		const struct policy_author *author;
		const char *custodian, *why;
	} rows[] = {
		{"another pathology", {.pathologies = {&other, 1}}, NULL, "", "pathology"},
		{"on leave", {.leave = &now, .n_leave = 1}, NULL, "", "leave"},
		{"back from leave", {.leave = &past, .n_leave = 1}, NULL, "", ""},
		{"wrote a document", {.load = 0}, &author, "", "conflict"},
		{"works with who wrote one", {.load = 0}, &colleague, "", "conflict"},
		{"works where one is kept", {.load = 0}, NULL, "1000000001", "conflict"},
		{"is the attending physician", {.mailbox = BYTES_OF("General@cabinet.exemple.fr")}, NULL, "", "conflict"},
		{"mailbox that is none", {.mailbox = BYTES_OF("nowhere")}, NULL, "", "capacity"},
		{"nothing against him", {.load = 0}, NULL, "1000000009", ""},
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct arena *arena = arena_create(1 << 20);
		struct dossier d = dossier_of(arena);
		struct expert e = EXPERTS[0];
		const char *why;
		if (rows[i].change.pathologies.n > 0)
			e.pathologies = rows[i].change.pathologies;
		if (rows[i].change.mailbox.len > 0)
			e.mailbox = rows[i].change.mailbox;
		e.leave = rows[i].change.leave;
		e.n_leave = rows[i].change.n_leave;
		file_by(&d, rows[i].author, T(rows[i].custodian));
		const struct expert *chosen = choose(arena, &e, 1, &d, &why);
		if (strcmp(why, rows[i].why) != 0 || (chosen != NULL) != (rows[i].why[0] == '\0'))
			fail_msg("%s: %s", rows[i].what, why);
		arena_destroy(&arena);
	}
}

static void nobody_twice(void **state)
{
	(void)state;
	struct world *w = world_make();
	const char *why;

	to_offered(w);
	assert_ptr_equal(choose(w->arena, EXPERTS, 3, w->dossier, &why), &EXPERTS[1]);
	assert_string_equal(why, "asked");
	assert_null(choose(w->arena, EXPERTS, 1, w->dossier, &why));
	assert_null(choose(w->arena, EXPERTS, 0, w->dossier, &why));
	world_free(w);
}

static void numbers(void **state)
{
	(void)state;
	assert_true(expert_same_rpps(BYTES("801234567123"), BYTES("01234567123")));
	assert_true(expert_same_rpps(BYTES("1.2.250.1.71.4.2.1^801234567123"), BYTES("801234567123")));
	assert_false(expert_same_rpps(BYTES("801234567123"), BYTES("801234567124")));
	assert_false(expert_same_rpps(BYTES(""), BYTES("")));
	assert_ptr_equal(expert_find(EXPERTS, 3, BYTES("02222222222")), &EXPERTS[1]);
	assert_null(expert_find(EXPERTS, 3, BYTES("")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(least_loaded_first),
		cmocka_unit_test(exclusions),
		cmocka_unit_test(nobody_twice),
		cmocka_unit_test(numbers),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
