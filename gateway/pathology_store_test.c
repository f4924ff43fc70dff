/* gateway/pathology_store_test.c - the example pathologies in a real store, and each filled in at random: what is missing is exactly what was left out.
 *
 * What is expected is worked out here, from the definitions and by other ways than the policy's: conditions without a memory, exams by trying
 * every document for every exam. */
#include "gateway/pathology_json.h"

#include <glob.h>

#include "base/buf.h"
#include "gateway/json_view.h"
#include "gateway/migrate.h"
#include "gateway/scratch_test.h"
#include "policy/dossier.h"
#include "policy/redflag.h"

enum { PATHOLOGIES_MAX = 16, ROUNDS = 150, DOCUMENTS = 8 };

/* 2026-11-20T10:00:00Z. */
static const struct instant NOW = {INT64_C(1795168800000000)};

static struct scratch scratch;
static struct store *store;
static const char *absent;

/* From the folder of the sources; where that is told from the build's folder, from where tests are run. */
static const char *root(const char *path)
{
	const char *file = __FILE__, *end = strstr(file, "gateway/pathology_store_test.c");

	if (file[0] != '/')
		end = file;
	return arena_printf(scratch.arena, "%.*s%s", (int)(end - file), file, path);
}

static int set_up(void **state)
{
	(void)state;
	struct migrate_report report;

	absent = scratch_open(&scratch);
	if (absent != NULL) {
		print_message("skipped: %s\n", absent);
		return 0;
	}
	store = store_open(cluster_conninfo(&scratch.instance, "relais"), "test");
	enum reason reason = migrate_run(store, scratch.arena, root("gateway/schema"), &report);
	if (reason != REASON_NONE)
		fail_msg("%s: %s: %s", reason_code(reason), report.file, report.message);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	store_close(&store);
	scratch_close(&scratch);
	return 0;
}

static json_t *load(const char *path)
{
	struct rules_reader r = {.arena = scratch.arena};
	json_t *value = rules_parse_file(&r, path);

	if (value == NULL)
		fail_msg("%s: %s", path, reason_code(r.reason));
	return value;
}

static enum reason import_item(const char *kind, json_t *item)
{
	struct store_rows *rows = NULL;
	enum reason reason = STORE_RUN(store, &rows, "select relais.rule_import($1, $2)::bigint", P_TEXT(kind), P_JSON(json_write(scratch.arena, json_incref(item))));

	store_free(&rows);
	return reason;
}

static size_t import_folder(const char *kind, const char *pattern)
{
	glob_t found;

	assert_int_equal(glob(root(pattern), 0, NULL, &found), 0);
	for (size_t i = 0; i < found.gl_pathc; i++) {
		json_t *item = load(found.gl_pathv[i]);
		if (import_item(kind, item) != REASON_NONE)
			fail_msg("%s", found.gl_pathv[i]);
		json_decref(item);
	}
	size_t n = found.gl_pathc;
	globfree(&found);
	return n;
}

static void all_are_imported(void **state)
{
	(void)state;
	if (absent != NULL)
		skip();
	/* A pathology before its questionnaire is refused, and changes nothing. */
	json_t *early = load(root("docs/examples/pathologies/acouphenes.json"));
	assert_int_equal(import_item("pathology", early), REASON_RULE_REFERENCE);
	json_decref(early);
	size_t n = import_folder("questionnaire", "docs/examples/questionnaires/*.json");
	assert_true(n >= 7);
	assert_int_equal(import_folder("pathology", "docs/examples/pathologies/*.json"), n);
	/* Again, unchanged. */
	assert_int_equal(import_folder("questionnaire", "docs/examples/questionnaires/*.json"), n);
	assert_int_equal(import_folder("pathology", "docs/examples/pathologies/*.json"), n);
}

/* What a dossier is weighed by stays under its version; the council's word and the dates may come later. */
static void versions_stay(void **state)
{
	(void)state;
	if (absent != NULL)
		skip();
	json_t *questionnaire = load(root("docs/examples/questionnaires/acouphenes.json")), *pathology = load(root("docs/examples/pathologies/acouphenes.json"));

	json_object_set_new(questionnaire, "title", json_string("Autre"));
	assert_int_equal(import_item("questionnaire", questionnaire), REASON_RULE_CHANGED);
	json_object_set_new(questionnaire, "version", json_string("2"));
	assert_int_equal(import_item("questionnaire", questionnaire), REASON_NONE);
	json_object_set_new(pathology, "validated_by", json_string("Conseil scientifique"));
	json_object_set_new(pathology, "validated_on", json_string("2026-11-01"));
	assert_int_equal(import_item("pathology", pathology), REASON_NONE);
	json_object_set_new(json_array_get(json_object_get(pathology, "exams"), 0), "max_age_days", json_integer(7));
	assert_int_equal(import_item("pathology", pathology), REASON_RULE_CHANGED);
	json_object_set_new(pathology, "version", json_string("2"));
	assert_int_equal(import_item("pathology", pathology), REASON_NONE);
	json_decref(questionnaire);
	json_decref(pathology);
}

/* --- one pathology, as the worker has it --- */

struct stored {
	struct pathology pathology;
	json_t *item, *questionnaire;
};

/* Every version of a code; the one wanted. */
static void from_store(struct arena *arena, const char *code, const char *version, struct stored *out)
{
	struct store_rows *rows = NULL;
	bool found = false;

	assert_int_equal(STORE_RUN(store, &rows, "select version, data, questionnaire from relais.rule_pathology($1)", P_TEXT(code)), REASON_NONE);
	for (size_t i = 0; !found && i < store_count(rows); i++) {
		json_t *item = json_read(arena_copy(arena, store_bytes(rows, i, 1))), *questionnaire = json_read(arena_copy(arena, store_bytes(rows, i, 2)));
		found = bytes_equal_text(json_view(item, "version"), version);
		if (found) {
			*out = (struct stored){.item = item, .questionnaire = questionnaire};
			const char *wrong = pathology_read_stored(arena, item, questionnaire, &out->pathology);
			if (wrong != NULL)
				fail_msg("%s: %s", code, wrong);
			continue;
		}
		json_decref(item);
		json_decref(questionnaire);
	}
	assert_true(found);
	store_free(&rows);
}

static void both_versions_are_there(void **state)
{
	(void)state;
	if (absent != NULL)
		skip();
	struct arena *arena = arena_create(16u << 20);
	struct stored first, second;

	from_store(arena, "acouphenes", "1", &first);
	from_store(arena, "acouphenes", "2", &second);
	assert_true(first.pathology.validated && first.pathology.exams[0].wanted.max_age_days == 180);
	assert_int_equal(second.pathology.exams[0].wanted.max_age_days, 7);
	json_decref(first.item);
	json_decref(first.questionnaire);
	json_decref(second.item);
	json_decref(second.questionnaire);
	arena_destroy(&arena);
}

/* --- filled in at random --- */

static uint64_t draw(uint64_t *seed, uint64_t below)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	*seed ^= *seed << 17;
	return *seed % below;
}

enum filled { LEFT_OUT, WELL, BADLY };

struct filling {
	struct arena *arena;
	const struct pathology *p;
	struct policy_answer answers[1024];
	size_t n;
	enum filled how[512];
	struct dossier dossier;
	struct policy_document documents[DOCUMENTS];
};

static void give(struct filling *f, struct bytes question, enum policy_answer_kind kind, struct bytes value)
{
	f->answers[f->n++] = (struct policy_answer){.question = question, .kind = kind, .value = value};
}

/* One that fits: within its bounds, one of its choices. */
static void answer_well(struct filling *f, uint64_t *seed, const struct pathology_answer *q)
{
	int64_t low = q->has_low ? q->low.millionths / 1000000 : 0, high = q->has_high ? q->high.millionths / 1000000 : low + 100;

	if (q->n_choices > 0) {
		size_t first = draw(seed, q->n_choices);
		give(f, q->id, POLICY_ANSWER_CHOICE, q->choices[first].code);
		if (q->repeats && q->n_choices > 1 && draw(seed, 2))
			give(f, q->id, POLICY_ANSWER_CHOICE, q->choices[(first + 1) % q->n_choices].code);
	} else if (q->kind == POLICY_ANSWER_NUMBER || q->kind == POLICY_ANSWER_SLIDER) {
		give(f, q->id, q->kind, bytes_of_text(arena_printf(f->arena, "%lld", (long long)(low + (int64_t)draw(seed, (uint64_t)(high - low + 1))))));
	} else if (q->kind == POLICY_ANSWER_DATE) {
		give(f, q->id, POLICY_ANSWER_TEXT, BYTES("21/06/2027"));
	} else if (q->kind == POLICY_ANSWER_TRUTH) {
		give(f, q->id, POLICY_ANSWER_TRUTH, draw(seed, 2) ? BYTES("true") : BYTES("false"));
	} else {
		give(f, q->id, POLICY_ANSWER_TEXT, BYTES("Des mots"));
	}
}

/* Of no kind, or too many of it; words fit always. */
static bool answer_badly(struct filling *f, uint64_t *seed, const struct pathology_answer *q)
{
	if (q->kind == POLICY_ANSWER_TEXT)
		return false;
	if (!q->repeats && draw(seed, 3) == 0) {
		size_t before = f->n;
		answer_well(f, seed, q);
		f->answers[f->n] = f->answers[before];
		f->n++;
		return true;
	}
	give(f, q->id, POLICY_ANSWER_TEXT, BYTES("n'importe quoi"));
	return true;
}

static void fill(struct filling *f, uint64_t *seed, bool whole)
{
	for (size_t i = 0; i < f->p->n_answers; i++) {
		const struct pathology_answer *q = &f->p->answers[i];
		uint64_t dice = whole ? 0 : draw(seed, 10);
		f->how[i] = dice < 7 ? WELL : dice < 9 ? LEFT_OUT : BADLY;
		if (f->how[i] == WELL)
			answer_well(f, seed, q);
		else if (f->how[i] == BADLY && !answer_badly(f, seed, q))
			f->how[i] = LEFT_OUT;
	}
}

/* --- what must be found --- */

static bool is_asked(const struct filling *f, size_t question);

static bool holds_plainly(const struct filling *f, const struct enable_condition *c)
{
	const struct pathology_answer *q = &f->p->answers[c->question];
	bool counts = is_asked(f, c->question), answered = false, equal = false, above = false, below = false;

	for (size_t i = 0; counts && i < f->n; i++) {
		const char *value = arena_text(f->arena, f->answers[i].value);
		char *end = NULL;
		if (!bytes_equal(f->answers[i].question, q->id))
			continue;
		double v = strtod(value, &end), w = (double)c->number.millionths / 1e6;
		bool number = q->n_choices == 0 && (q->kind == POLICY_ANSWER_NUMBER || q->kind == POLICY_ANSWER_SLIDER);
		answered = true;
		equal |= number ? *end == '\0' && v == w : bytes_equal(f->answers[i].value, c->text);
		above |= number && *end == '\0' && v > w;
		below |= number && *end == '\0' && v < w;
	}
	switch (c->operator) {
	case ENABLE_EXISTS:
		return answered == c->answered;
	case ENABLE_EQUAL:
		return equal;
	case ENABLE_UNEQUAL:
		return !equal;
	case ENABLE_ABOVE:
		return above;
	case ENABLE_BELOW:
		return below;
	case ENABLE_AT_LEAST:
		return above || equal;
	case ENABLE_AT_MOST:
		return below || equal;
	case ENABLE_OPERATORS:
		break;
	}
	return false;
}

static bool rule_holds(const struct filling *f, const struct enable_rule *rule)
{
	size_t held = 0;

	for (size_t i = 0; i < rule->n; i++)
		held += holds_plainly(f, &rule->at[i]);
	return rule->any && rule->n > 0 ? held > 0 : held == rule->n;
}

static bool is_asked(const struct filling *f, size_t question)
{
	for (size_t i = 0; i < f->p->answers[question].n_asked_when; i++)
		if (!rule_holds(f, &f->p->answers[question].asked_when[i]))
			return false;
	return true;
}

static bool choice_does(const struct pathology_choice *c, const struct policy_document *d)
{
	for (size_t i = 0; i < c->types.n; i++)
		if (bytes_equal(c->types.at[i], d->type))
			return c->max_age_days == 0 || (d->timed && NOW.us - d->time.us <= (int64_t)c->max_age_days * 86400 * 1000000);
	return false;
}

static bool exam_does(const struct pathology_exam *e, const struct policy_document *d)
{
	bool does = choice_does(&e->wanted, d);

	for (size_t i = 0; i < e->n_alternatives; i++)
		does |= choice_does(&e->alternatives[i], d);
	return does;
}

/* Can all exams of this set (a bit each) have a document of their own? Every way is tried. */
static bool can_all(const struct filling *f, unsigned exams, unsigned taken)
{
	if (exams == 0)
		return true;
	unsigned e = (unsigned)__builtin_ctz(exams);
	for (unsigned d = 0; d < f->dossier.n_documents; d++)
		if ((taken & 1u << d) == 0 && exam_does(&f->p->exams[e], &f->documents[d]) && can_all(f, exams & (exams - 1), taken | 1u << d))
			return true;
	return false;
}

static struct bytes expected(const struct filling *f, struct buf *out)
{
	unsigned met = 0;

	buf_clear(out);
	for (size_t i = 0; i < f->p->n_answers; i++)
		if (is_asked(f, i) && (f->how[i] == BADLY || (f->how[i] == LEFT_OUT && !f->p->answers[i].optional)))
			buf_printf(out, "%.*s ", (int)f->p->answers[i].id.len, (const char *)f->p->answers[i].id.at);
	for (size_t i = 0; i < f->p->n_exams; i++) {
		if (!rule_holds(f, &f->p->exams[i].needed_when))
			continue;
		if (can_all(f, met | 1u << i, 0))
			met |= 1u << i;
		else
			buf_printf(out, "%.*s ", (int)f->p->exams[i].code.len, (const char *)f->p->exams[i].code.at);
	}
	return buf_bytes(out);
}

static struct bytes found(struct filling *f, struct buf *out)
{
	struct missing *list;
	size_t n = complete_missing(f->arena, &f->dossier, f->p, NOW, &list);

	buf_clear(out);
	for (size_t i = 0; i < n; i++) {
		assert_true(list[i].label_fr.len > 0 && list[i].label_en.len > 0);
		buf_printf(out, "%.*s ", (int)list[i].id.len, (const char *)list[i].id.at);
	}
	return buf_bytes(out);
}

/* Documents of types that its exams take, of any age, some without a date. whole: one that will do for each exam. */
static void file(struct filling *f, uint64_t *seed, bool whole)
{
	struct dossier_document *list = arena_alloc(f->arena, DOCUMENTS * sizeof *list);
	size_t n = whole ? f->p->n_exams : draw(seed, DOCUMENTS);

	assert_true(f->p->n_exams <= DOCUMENTS);
	for (size_t i = 0; i < n; i++) {
		const struct pathology_exam *e = &f->p->exams[whole ? i : draw(seed, f->p->n_exams)];
		const struct pathology_choice *c = !whole && e->n_alternatives > 0 && draw(seed, 2) ? &e->alternatives[0] : &e->wanted;
		f->documents[i] = (struct policy_document){
			.kind = POLICY_KIND_CDA, .id = bytes_of_text(arena_printf(f->arena, "%zu", i)), .type = c->types.at[whole ? 0 : draw(seed, c->types.n)],
			.timed = whole || draw(seed, 10) > 0, .time = {NOW.us - (int64_t)(whole ? 1 : draw(seed, 1000)) * 86400 * 1000000}, .has_patient = true};
		list[i] = (struct dossier_document){.filing = {.document = f->documents[i]}, .shared = true};
	}
	f->dossier.documents = list;
	f->dossier.n_documents = n;
}

static struct filling *make(struct arena *arena, const struct pathology *p, uint64_t *seed, bool whole)
{
	struct filling *f = arena_alloc(arena, sizeof *f);

	f->arena = arena;
	f->p = p;
	fill(f, seed, whole);
	f->dossier = dossier_begin(arena, 1, BYTES_NONE);
	file(f, seed, whole);
	f->dossier.request = (struct dossier_request){.consent_processing = true, .consent_expert = true, .answers = f->answers, .n_answers = f->n};
	return f;
}

/* Alarms are of this filling only where their condition holds, whether the question was asked or not. */
static size_t check_flags(struct filling *f)
{
	struct redflag *flags;
	size_t n = redflag_list(f->arena, &f->dossier, f->p, NOW, &flags);

	for (size_t i = 1; i < n; i++)
		assert_true(flags[i - 1].urgency >= flags[i].urgency);
	return n;
}

static void try_pathology(const char *code, size_t *incomplete, size_t *alarming)
{
	struct arena *arena = arena_create(64u << 20);
	struct stored s;
	struct buf a = buf_make(1 << 20), b = buf_make(1 << 20);
	uint64_t seed = 0x9e3779b97f4a7c15u;

	from_store(arena, code, "1", &s);
	for (int round = 0; round < ROUNDS; round++) {
		struct arena *one = arena_create(16u << 20);
		struct filling *f = make(one, &s.pathology, &seed, round % 5 == 0);
		struct bytes want = expected(f, &a), got = found(f, &b);
		if (!bytes_equal(want, got))
			fail_msg("%s, round %d: missing \"%.*s\" and not \"%.*s\"", code, round, (int)got.len, (const char *)got.at, (int)want.len, (const char *)want.at);
		if (round % 5 == 0 && got.len > 0)
			fail_msg("%s: whole, and missing %.*s", code, (int)got.len, (const char *)got.at);
		*incomplete += got.len > 0;
		*alarming += check_flags(f) > 0;
		arena_destroy(&one);
	}
	buf_free(&a);
	buf_free(&b);
	json_decref(s.item);
	json_decref(s.questionnaire);
	arena_destroy(&arena);
}

static void filled_in_at_random(void **state)
{
	(void)state;
	if (absent != NULL)
		skip();
	struct store_rows *rows = NULL;
	size_t incomplete = 0, alarming = 0;

	assert_int_equal(STORE_RUN(store, &rows, "select distinct key from relais.rule_list($1) order by 1", P_TEXT("pathology")), REASON_NONE);
	size_t n = store_count(rows);
	assert_true(n >= 7 && n <= PATHOLOGIES_MAX);
	for (size_t i = 0; i < n; i++)
		try_pathology(arena_text(scratch.arena, store_bytes(rows, i, 0)), &incomplete, &alarming);
	store_free(&rows);
	assert_true(incomplete > n * ROUNDS / 2 && incomplete < n * ROUNDS && alarming > n * ROUNDS / 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_are_imported),
		cmocka_unit_test(versions_stay),
		cmocka_unit_test(both_versions_are_there),
		cmocka_unit_test(filled_in_at_random),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
