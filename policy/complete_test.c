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

/* --- which document is which exam --- */

#define CHOICE(fr, type, age) {BYTES_OF(fr), BYTES_OF(fr), ONE(type), age}
static const struct pathology_choice SCAN = CHOICE("Scanner", "ct", 60);
static const struct enable_condition IF_OPERATED = {.question = 0, .operator = ENABLE_EQUAL, .text = BYTES_OF("true")};
static const struct pathology_answer OPERATED[] = {{.id = BYTES_OF("operated"), .optional = true, .kind = POLICY_ANSWER_TRUTH}};
/* An MRI, or a scan in its place; an ultrasound, which has the MRI's type; a report of an operation, if there was one. */
static const struct pathology_exam SEVERAL[] = {
	{.code = BYTES_OF("mri"), .wanted = CHOICE("IRM", "image", 30), .alternatives = &SCAN, .n_alternatives = 1},
	{.code = BYTES_OF("echo"), .wanted = CHOICE("Échographie", "image", 0)},
	{.code = BYTES_OF("operation"), .wanted = CHOICE("Compte rendu opératoire", "op", 0), .needed_when = {&IF_OPERATED, 1, false}},
};
static const struct pathology MATCHED = {.code = BYTES_OF("x"), .answers = OPERATED, .n_answers = 1, .exams = SEVERAL, .n_exams = 3};

static void each_document_is_one_exam(void **state)
{
	(void)state;
	static const struct {
		const char *what;
		struct {
			const char *type;
			int64_t days;    /* old; below 0: to come */
		} documents[4];
		const char *operated, *missing;
	} rows[] = {
		{"nothing", {{NULL, 0}}, "", "exam:mri exam:echo"},
		{"one image is one exam", {{"image", 1}}, "", "exam:echo"},
		{"two images are two", {{"image", 1}, {"image", 2}}, "", ""},
		{"an old image is an ultrasound", {{"image", 99}}, "", "exam:mri"},
		{"the old one leaves the new one to the MRI", {{"image", 1}, {"image", 99}}, "", ""},
		{"in whatever order they came", {{"image", 99}, {"image", 1}}, "", ""},
		{"a scan does for the MRI", {{"ct", 59}, {"image", 400}}, "", ""},
		{"a scan by its own age", {{"ct", 61}, {"image", 400}}, "", "exam:mri"},
		{"a scan is no ultrasound", {{"ct", 1}, {"ct", 2}}, "", "exam:echo"},
		{"an image makes room where a scan does, too", {{"image", 1}, {"ct", 1}}, "", ""},
		{"of tomorrow", {{"image", -1}}, "", "exam:echo"},
		{"of next week, which an exam of any age may be", {{"image", -7}}, "", "exam:mri"},
		{"operated", {{"image", 1}, {"image", 2}}, "true", "exam:operation"},
		{"operated, and told", {{"image", 1}, {"image", 2}, {"op", 3000}}, "true", ""},
		{"not operated", {{"image", 1}, {"image", 2}}, "false", ""},
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct world *w = world_make();
		struct dossier d = dossier_begin(w->arena, 1, BYTES_NONE);
		const struct policy_answer answer = {.question = BYTES("operated"), .value = T(rows[i].operated)};
		const struct dossier_event first = asked(&answer, 1, (struct dossier_physician){0});
		assert_int_equal(dossier_apply(&d, &first), REASON_NONE);
		for (size_t k = 0; k < 4 && rows[i].documents[k].type != NULL; k++) {
			struct policy_document doc = document(w, arena_printf(w->arena, "d%zu", k), rows[i].documents[k].type, arena_printf(w->arena, "%zu", k));
			doc.time.us = MORNING.us - SPAN_DAYS(rows[i].documents[k].days).us;
			file(&d, doc);
		}
		const char *found = missing(w->arena, &d, &MATCHED);
		if (strcmp(found, rows[i].missing) != 0)
			fail_msg("%s: %s", rows[i].what, found);
		world_free(w);
	}
}

/* Of two choices of one type the one that is met counts. */
static void the_best_choice_counts(void **state)
{
	(void)state;
	const struct pathology_choice older = CHOICE("Relue", "image", 60);
	const struct pathology_exam exam = {.code = BYTES_OF("mri"), .wanted = CHOICE("IRM", "image", 30), .alternatives = &older, .n_alternatives = 1};
	const struct pathology p = {.code = BYTES_OF("x"), .exams = &exam, .n_exams = 1};

	for (int64_t days = 0; days < 90; days++) {
		struct world *w = world_make();
		struct dossier d = dossier_begin(w->arena, 1, BYTES_NONE);
		const struct dossier_event first = asked(NULL, 0, (struct dossier_physician){0});
		struct policy_document doc = document(w, "d", "image", "1");
		assert_int_equal(dossier_apply(&d, &first), REASON_NONE);
		doc.time.us = MORNING.us - SPAN_DAYS(days).us;
		file(&d, doc);
		assert_string_equal(missing(w->arena, &d, &p), days <= 60 ? "" : "exam:mri");
		world_free(w);
	}
}

/* A waived exam takes no document from another. */
static void a_waived_exam_takes_nothing(void **state)
{
	(void)state;
	struct world *w = world_make();
	struct dossier d = dossier_begin(w->arena, 1, BYTES_NONE);
	const struct dossier_event first = asked(NULL, 0, (struct dossier_physician){0});
	struct dossier_waiver waiver = {.id = BYTES("mri")};

	assert_int_equal(dossier_apply(&d, &first), REASON_NONE);
	file(&d, document(w, "d", "image", "1"));
	assert_string_equal(missing(w->arena, &d, &MATCHED), "exam:echo");
	d.waived = &waiver;
	d.n_waived = 1;
	assert_string_equal(missing(w->arena, &d, &MATCHED), "");
	world_free(w);
}

static void says_why_an_exam_does_not_do(void **state)
{
	(void)state;
	static const struct {
		const char *what;
		bool timed;
		int64_t days;
		enum reason why;
	} rows[] = {
		{"too old", true, 40, REASON_EXAM_OLD}, {"without a date", false, 0, REASON_EXAM_UNDATED}, {"of next week", true, -7, REASON_EXAM_UNDATED},
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct world *w = world_make();
		struct dossier d = dossier_begin(w->arena, 1, BYTES_NONE);
		const struct dossier_event first = asked(NULL, 0, (struct dossier_physician){0});
		struct policy_document doc = document(w, "i", "36801-9", "1"), older = document(w, "o", "36801-9", "2"), undated = document(w, "u", "36801-9", "3");
		struct missing *list;
		doc.timed = rows[i].timed;
		doc.time.us = MORNING.us - SPAN_DAYS(rows[i].days).us;
		older.time.us = MORNING.us - SPAN_DAYS(4000).us;
		undated.timed = false;
		assert_int_equal(dossier_apply(&d, &first), REASON_NONE);
		file(&d, doc);
		assert_int_equal(complete_missing(w->arena, &d, &WITH_MRI, MORNING, &list), 1);
		assert_int_equal(list[0].why, rows[i].why);
		assert_true(bytes_equal_text(list[0].document->id, "i") && list[0].exam == &MRI);
		/* The newest of those that are too old says most. */
		file(&d, undated);
		file(&d, older);
		assert_int_equal(complete_missing(w->arena, &d, &WITH_MRI, MORNING, &list), 1);
		assert_int_equal(list[0].why, REASON_EXAM_OLD);
		assert_true(bytes_equal_text(list[0].document->id, rows[i].why == REASON_EXAM_OLD ? "i" : "o"));
		world_free(w);
	}
}

/* What is not asked is not missing, and what was answered to it does not matter. */
static void only_what_is_asked(void **state)
{
	(void)state;
	static const struct enable_rule when = {&IF_OPERATED, 1, false};
	static const struct pathology_answer questions[] = {
		{.id = BYTES_OF("operated"), .kind = POLICY_ANSWER_TRUTH}, {.id = BYTES_OF("year"), .kind = POLICY_ANSWER_NUMBER, .asked_when = &when, .n_asked_when = 1}};
	static const struct pathology p = {.code = BYTES_OF("x"), .answers = questions, .n_answers = 2};
	static const struct {
		struct policy_answer answers[2];
		const char *missing;
	} rows[] = {
		{{{.question = BYTES_OF("x"), .value = BYTES_OF("x")}}, "answer:operated"},
		{{{.question = BYTES_OF("operated"), .value = BYTES_OF("false")}}, ""},
		{{{.question = BYTES_OF("operated"), .value = BYTES_OF("false")}, {.question = BYTES_OF("year"), .value = BYTES_OF("jadis")}}, ""},
		{{{.question = BYTES_OF("operated"), .value = BYTES_OF("true")}}, "answer:year"},
		{{{.question = BYTES_OF("operated"), .value = BYTES_OF("true")}, {.question = BYTES_OF("year"), .value = BYTES_OF("jadis")}}, "answer:year"},
		{{{.question = BYTES_OF("operated"), .value = BYTES_OF("true")}, {.question = BYTES_OF("year"), .value = BYTES_OF("1999")}}, ""},
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct world *w = world_make();
		struct dossier d = dossier_begin(w->arena, 1, BYTES_NONE);
		const struct dossier_event first = asked(rows[i].answers, 2, (struct dossier_physician){0});
		assert_int_equal(dossier_apply(&d, &first), REASON_NONE);
		if (strcmp(missing(w->arena, &d, &p), rows[i].missing) != 0)
			fail_msg("row %zu: %s", i, missing(w->arena, &d, &p));
		world_free(w);
	}
}

/* Requests begin within its dates, in Paris, and with a council's word unless the identities are of test. */
static void who_may_begin(void **state)
{
	(void)state;
	/* 2 March 2026 is day 20514. */
	static const struct {
		const char *what;
		struct pathology pathology;
		bool test;
		enum reason reason;
	} rows[] = {
		{"validated, without dates", {.validated = true}, false, REASON_NONE},
		{"not validated", {.validated = false}, false, REASON_PATHOLOGY_UNVALIDATED},
		{"not validated, test identities", {.validated = false}, true, REASON_NONE},
		{"from today", {.validated = true, .from_day = 20514}, false, REASON_NONE},
		{"from tomorrow", {.validated = true, .from_day = 20515}, true, REASON_PATHOLOGY_CLOSED},
		{"until today", {.validated = true, .until_day = 20514}, false, REASON_NONE},
		{"until yesterday", {.validated = true, .until_day = 20513}, true, REASON_PATHOLOGY_CLOSED},
	};
	for (size_t i = 0; i < COUNT(rows); i++)
		if (pathology_open(&rows[i].pathology, rows[i].test, MORNING) != rows[i].reason)
			fail_msg("%s", rows[i].what);
	assert_int_equal(pathology_open(&rows[5].pathology, false, (struct instant){MORNING.us + SPAN_HOURS(13).us}), REASON_NONE);
	assert_int_equal(pathology_open(&rows[5].pathology, false, (struct instant){MORNING.us + SPAN_HOURS(14).us}), REASON_PATHOLOGY_CLOSED);
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
	d.waived[0].id = BYTES("consent.expert");
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
		cmocka_unit_test(each_document_is_one_exam),
		cmocka_unit_test(the_best_choice_counts),
		cmocka_unit_test(a_waived_exam_takes_nothing),
		cmocka_unit_test(says_why_an_exam_does_not_do),
		cmocka_unit_test(only_what_is_asked),
		cmocka_unit_test(who_may_begin),
		cmocka_unit_test(waived),
		cmocka_unit_test(finds_by_code_and_version),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
