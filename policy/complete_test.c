/* policy/complete_test.c - exactly what is missing. */
#include "policy/test_world.h"

static struct dossier_event asked(const struct policy_answer *answers, size_t n, struct dossier_physician attending)
{
	return (struct dossier_event){
		.kind = EVENT_REQUESTED, .at = MORNING,
		.request = {.patient = PATIENT, .pathology = BYTES("cancer-sein"), .version = BYTES("1"), .consent_processing = true,
			    .consent_expert = true, .attending = attending, .answers = answers, .n_answers = n}};
}

static void file(struct dossier *d, struct policy_document doc)
{
	const struct dossier_event e = {.kind = EVENT_DOCUMENT_FILED, .at = MORNING, .document = {.document = doc, .organisation = BYTES("chu-x")}};
	assert_int_equal(dossier_apply(d, &e), REASON_NONE);
}

static const char *missing(struct arena *arena, const struct dossier *d, const struct pathology *p)
{
	struct missing *list;
	size_t n = complete_missing(arena, d, p, MORNING, &list);
	const char *all = "";

	for (size_t i = 0; i < n; i++)
		all = arena_printf(arena, "%s%s%s:%.*s", all, i > 0 ? " " : "", missing_kind_name(list[i].kind),
				   (int)list[i].id.len, (const char *)list[i].id.at);
	return all;
}

static void lists_exactly(void **state)
{
	(void)state;
	static const struct policy_answer answers[] = {
		{.question = BYTES_OF("history"), .text = BYTES_OF(""), .value = BYTES_OF("  ")}, {.question = BYTES_OF("question.1"), .text = BYTES_OF(""), .value = BYTES_OF("?")}};
	static const struct policy_answer filled[] = {
		{.question = BYTES_OF("history"), .text = BYTES_OF(""), .value = BYTES_OF("")}, {.question = BYTES_OF("history"), .text = BYTES_OF(""), .value = BYTES_OF("oui")}};
	struct world *w = world_make();
	struct dossier d = dossier_begin(w->arena, 1, BYTES_NONE), e = d;
	const struct dossier_event first = asked(answers, 2, (struct dossier_physician){BYTES("G"), BYTES("not an address"), true, SHARE_AT_ONCE});
	const struct dossier_event second = asked(filled, 2, (struct dossier_physician){BYTES("G"), BYTES(""), false, SHARE_AT_ONCE});

	assert_int_equal(dossier_apply(&d, &first), REASON_NONE);
	assert_string_equal(missing(w->arena, &d, PATHOLOGIES),
			    "answer:physician.attending.mailbox answer:history exam:mammography exam:mdt");
	file(&d, document(w, "m", "18748-4", "1"));
	assert_string_equal(missing(w->arena, &d, PATHOLOGIES), "answer:physician.attending.mailbox answer:history exam:mdt");
	assert_int_equal(dossier_apply(&e, &second), REASON_NONE);
	assert_string_equal(missing(w->arena, &e, PATHOLOGIES), "answer:question.1 exam:mammography exam:mdt");
	world_free(w);
}

static void what_does_not_count_as_an_exam(void **state)
{
	(void)state;
	struct world *w = world_make();
	struct dossier d = dossier_begin(w->arena, 1, BYTES_NONE);
	const struct dossier_event first = asked(REQUEST_ANSWERS, COUNT(REQUEST_ANSWERS), (struct dossier_physician){0});
	struct policy_document other_type = document(w, "a", "11502-2", "1"), nameless = document(w, "", "18748-4", "2");
	struct policy_document second = document(w, "m2", "11502-2", "4");

	assert_int_equal(dossier_apply(&d, &first), REASON_NONE);
	file(&d, other_type);
	nameless.has_patient = false;
	file(&d, nameless);
	assert_string_equal(missing(w->arena, &d, PATHOLOGIES), "exam:mammography exam:mdt");
	/* Not even the platform's word gives a photo a type. */
	nameless.digest = BYTES("9");
	file(&d, nameless);
	d.documents[d.n_documents - 1].shared = true;
	assert_string_equal(missing(w->arena, &d, PATHOLOGIES), "exam:mammography exam:mdt");
	file(&d, document(w, "m", "18748-4", "3"));
	assert_string_equal(missing(w->arena, &d, PATHOLOGIES), "exam:mdt");
	/* Replaced by something that is no mammography: missing again. */
	second.replaces = BYTES("m");
	file(&d, second);
	assert_string_equal(missing(w->arena, &d, PATHOLOGIES), "exam:mammography exam:mdt");
	world_free(w);
}

static const struct pathology_exam MRI = {.code = BYTES_OF("mri"), .wanted = {BYTES_OF("IRM"), BYTES_OF("MRI"), ONE("36801-9"), 30}};
static const struct pathology WITH_MRI = {.code = BYTES_OF("x"), .exams = &MRI, .n_exams = 1};

static void exams_grow_old(void **state)
{
	(void)state;
	static const struct {
		const char *what;
		bool timed;
		int64_t days;
		const char *missing;
	} rows[] = {
		{"fresh", true, 1, ""},           {"of the last day", true, 30, ""}, {"a day too old", true, 31, "exam:mri"},
		{"without a date", false, 0, "exam:mri"},
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct world *w = world_make();
		struct dossier d = dossier_begin(w->arena, 1, BYTES_NONE);
		const struct dossier_event first = asked(NULL, 0, (struct dossier_physician){0});
		struct policy_document doc = document(w, "i", "36801-9", "1");
		doc.timed = rows[i].timed;
		doc.time.us = MORNING.us - SPAN_DAYS(rows[i].days).us;
		assert_int_equal(dossier_apply(&d, &first), REASON_NONE);
		file(&d, doc);
		if (strcmp(missing(w->arena, &d, &WITH_MRI), rows[i].missing) != 0)
			fail_msg("%s", rows[i].what);
		world_free(w);
	}
}

static void waived(void **state)
{
	(void)state;
	struct world *w = world_make();
	struct dossier d = dossier_begin(w->arena, 1, BYTES_NONE);
	struct dossier_event events[3];

	events[0] = asked(REQUEST_ANSWERS, COUNT(REQUEST_ANSWERS), (struct dossier_physician){0});
	events[1] = (struct dossier_event){.kind = EVENT_PIECES_MISSING, .at = MORNING};
	events[2] = (struct dossier_event){.kind = EVENT_PIECE_WAIVED, .at = MORNING, .text = {BYTES("mdt"), BYTES("n'existe pas")}};
	assert_int_equal(dossier_fold(&d, events, COUNT(events), NULL), REASON_NONE);
	assert_string_equal(missing(w->arena, &d, PATHOLOGIES), "exam:mammography");
	/* A consent is never waived. */
	d.request.consent_expert = false;
	d.waived[0] = BYTES("consent.expert");
	assert_string_equal(missing(w->arena, &d, PATHOLOGIES), "consent:consent.expert exam:mammography exam:mdt");
	world_free(w);
}

static void finds_by_code_and_version(void **state)
{
	(void)state;
	assert_ptr_equal(pathology_find(PATHOLOGIES, 1, BYTES("cancer-sein"), BYTES("1")), PATHOLOGIES);
	assert_null(pathology_find(PATHOLOGIES, 1, BYTES("cancer-sein"), BYTES("2")));
	assert_null(pathology_find(PATHOLOGIES, 1, BYTES("cancer"), BYTES("1")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lists_exactly),
		cmocka_unit_test(what_does_not_count_as_an_exam),
		cmocka_unit_test(exams_grow_old),
		cmocka_unit_test(waived),
		cmocka_unit_test(finds_by_code_and_version),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
