/* policy/decide_text_answers.c - the answers of a questionnaire for people, and what of it is missing; see decide_text.h. */
#include "policy/decide_text.h"

#include "base/calendar.h"
#include "policy/gather.h"

/* The questions to the expert, and what the gateway itself reads, are told in their own places. */
static bool is_elsewhere(struct bytes question)
{
	static const struct bytes prefixes[] = {BYTES_OF("question."), BYTES_OF("relais."), BYTES_OF("consent."), BYTES_OF("physician."), BYTES_OF("patient.")};

	for (size_t i = 0; i < sizeof prefixes / sizeof prefixes[0]; i++)
		if (bytes_starts(question, prefixes[i]))
			return true;
	return false;
}

/* What was chosen in words, else the value as it is, with its unit; why there is none, in brackets. */
static struct bytes value_words(const struct build *b, const struct policy_answer *a)
{
	static const struct {
		const char *name, *fr, *en;
	} nulls[] = {
		{"not-asked", "(non demandé)", "(not asked)"},   {"unknown", "(inconnu)", "(unknown)"},
		{"declined", "(sans réponse)", "(not answered)"}, {"masked", "(non communiqué)", "(kept back)"},
		{"not-applicable", "(sans objet)", "(not applicable)"}, {"other", "(autre)", "(other)"},
	};
	struct bytes words = bytes_trim(a->label.len > 0 ? a->label : a->value);

	for (size_t i = 0; words.len == 0 && i < sizeof nulls / sizeof nulls[0]; i++)
		if (bytes_equal_text(a->null, nulls[i].name))
			return bytes_of_text(build_english(b) ? nulls[i].en : nulls[i].fr);
	if (a->unit.len == 0 || words.len == 0)
		return words;
	return bytes_of_text(arena_printf(b->arena, "%.*s %.*s", (int)words.len, (const char *)words.at, (int)a->unit.len,
					  (const char *)a->unit.at));
}

/* Was the question of the i-th told with an earlier one? */
static bool is_told(const struct dossier_request *r, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (bytes_equal(r->answers[k].question, r->answers[i].question) && bytes_equal(r->answers[k].text, r->answers[i].text))
			return true;
	return false;
}

/* All answers to the question of the i-th, joined. */
static struct bytes values_of(const struct build *b, size_t i)
{
	const struct dossier_request *r = &b->after->request;
	struct buf all = buf_make(GATHER_MAX);

	for (size_t k = i; k < r->n_answers; k++) {
		if (!bytes_equal(r->answers[k].question, r->answers[i].question) || !bytes_equal(r->answers[k].text, r->answers[i].text))
			continue;
		struct bytes words = value_words(b, &r->answers[k]);
		buf_text(&all, all.len > 0 && words.len > 0 ? ", " : "");
		buf_add(&all, words);
	}
	struct bytes text = arena_copy(b->arena, buf_bytes(&all));
	buf_free(&all);
	return text;
}

/* The question's words as they came, else as the rules have them, else its id. */
static struct bytes question_words(const struct build *b, const struct policy_answer *a)
{
	const struct dossier_request *r = &b->after->request;
	const struct pathology *p = pathology_find(b->rules->pathologies, b->rules->n_pathologies, r->pathology, r->version);

	for (size_t i = 0; a->text.len == 0 && p != NULL && i < p->n_answers; i++)
		if (bytes_equal(p->answers[i].id, a->question))
			return build_english(b) ? p->answers[i].label_en : p->answers[i].label_fr;
	return a->text.len > 0 ? a->text : a->question;
}

static void tell_answer(const struct build *b, struct gather *g, size_t i)
{
	const struct policy_answer *a = &b->after->request.answers[i];
	bool section = a->kind == POLICY_ANSWER_SECTION;
	struct bytes values = section ? bytes_trim(a->value) : values_of(b, i);
	struct bytes colon = section ? BYTES(" :\n") : build_english(b) ? BYTES(": ") : BYTES(" : ");

	if (values.len > 0)
		gather_parts(g, (const struct bytes[]){BYTES("- "), question_words(b, a), colon, values}, 4);
}

struct bytes text_answers(const struct build *b)
{
	const struct dossier_request *r = &b->after->request;
	struct gather g = gather_begin();

	for (size_t i = 0; i < r->n_answers; i++) {
		bool section = r->answers[i].kind == POLICY_ANSWER_SECTION;
		if (!is_elsewhere(r->answers[i].question) && (section || !is_told(r, i)))
			tell_answer(b, &g, i);
	}
	return gather_end(b->arena, &g);
}

/* A bound as people write it: a number, or of a date its day. */
static const char *bound(const struct build *b, const struct pathology_answer *q, struct questionnaire_number number)
{
	enum { DAY_US = 86400 };
	struct date d = instant_date((struct instant){number.millionths * DAY_US}, 0);

	if (q->kind == POLICY_ANSWER_DATE)
		return arena_printf(b->arena, "%02d/%02d/%04d", d.day, d.month, d.year);
	return arena_printf(b->arena, "%g", (double)number.millionths / 1e6);
}

/* "entre 0 et 24 h", of the bounds there are. */
static const char *bounds(const struct build *b, const struct pathology_answer *q)
{
	bool en = build_english(b), date = q->kind == POLICY_ANSWER_DATE;
	const char *low = bound(b, q, q->low), *high = bound(b, q, q->high);

	if (q->has_low && q->has_high)
		return arena_printf(b->arena, en ? " between %s and %s" : date ? " entre le %s et le %s" : " entre %s et %s", low, high);
	if (q->has_low)
		return arena_printf(b->arena, date ? en ? " from %s on" : " à partir du %s" : en ? " of %s or more" : " de %s ou plus", low);
	if (q->has_high)
		return arena_printf(b->arena, date ? en ? " until %s" : " jusqu'au %s" : en ? " of %s or less" : " de %s ou moins", high);
	return "";
}

/* What would have fitted. */
static const char *expected(const struct build *b, const struct pathology_answer *q)
{
	bool en = build_english(b);
	const char *unit = arena_printf(b->arena, "%s%.*s", q->unit.len > 0 ? " " : "", (int)q->unit.len, (const char *)q->unit.at);

	switch (q->kind) {
	case POLICY_ANSWER_NUMBER:
	case POLICY_ANSWER_SLIDER:
		return arena_printf(b->arena, "%s%s%s", q->whole ? en ? "a whole number" : "un nombre entier" : en ? "a number" : "un nombre",
				    bounds(b, q), unit);
	case POLICY_ANSWER_CHOICE:
		return en ? "one of the choices offered" : "un des choix proposés";
	case POLICY_ANSWER_DATE:
		if (q->has_low || q->has_high)
			return arena_printf(b->arena, "%s%s", en ? "a date" : "une date", bounds(b, q));
		return en ? "a date such as 31/12/2026" : "une date, comme 31/12/2026";
	case POLICY_ANSWER_TRUTH:
		return en ? "yes or no" : "oui ou non";
	case POLICY_ANSWER_TEXT:
	case POLICY_ANSWER_UNSAID:
	case POLICY_ANSWER_SECTION:
	case POLICY_ANSWER_KINDS:
		break;
	}
	return en ? "another answer" : "une autre réponse";
}

/* As many choices as are allowed; else what would have fitted, and what came. */
static struct bytes misfit(const struct build *b, const struct missing *m)
{
	enum { SHOWN = 80 };
	bool en = build_english(b), whole = m->value.len <= SHOWN;
	struct bytes value = bytes_slice(m->value, 0, whole ? m->value.len : 0);

	if (m->why == REASON_ANSWER_COUNT)
		return bytes_of_text(en ? " (how many were chosen is not allowed)" : " (le nombre de choix n'est pas celui permis)");
	if (value.len == 0)
		return bytes_of_text(arena_printf(b->arena, en ? " (expected: %s)" : " (attendu : %s)", expected(b, m->question)));
	return bytes_of_text(arena_printf(b->arena, en ? " (you answered \"%.*s\"; expected: %s)" : " (réponse reçue : « %.*s » ; attendu : %s)",
					  (int)value.len, (const char *)value.at, expected(b, m->question)));
}

/* Months from two on; days below. */
static const char *age_words(const struct build *b, unsigned days)
{
	unsigned months = (days * 12 + 182) / 365;

	if (days < 60)
		return arena_printf(b->arena, build_english(b) ? "%u days" : "%u jours", days);
	return arena_printf(b->arena, build_english(b) ? "%u months" : "%u mois", months);
}

/* ", de moins de 6 mois" */
static const char *age_limit(const struct build *b, const struct pathology_choice *choice)
{
	if (choice->max_age_days == 0)
		return "";
	return arena_printf(b->arena, build_english(b) ? ", less than %s old" : ", de moins de %s", age_words(b, choice->max_age_days));
}

/* The document that came and does not do. */
static const char *exam_misfit(const struct build *b, const struct missing *m)
{
	bool en = build_english(b);
	struct date d;

	if (m->why == REASON_EXAM_UNDATED)
		return en ? " (one came without a usable date)" : " (un document est arrivé, mais sans date utilisable)";
	if (m->why != REASON_EXAM_OLD)
		return "";
	d = calendar_date(CALENDAR_FRANCE, m->document->time);
	return arena_printf(b->arena, en ? " (the one of %02d/%02d/%04d is too old)" : " (celui du %02d/%02d/%04d est trop ancien)", d.day, d.month, d.year);
}

/* The exam, what came in its place, what else will do, and where to ask for it. */
static void tell_exam(const struct build *b, struct gather *g, const struct missing *m)
{
	bool en = build_english(b);
	const struct pathology_exam *e = m->exam;

	gather_parts(g, (const struct bytes[]){BYTES("- "), en ? m->label_en : m->label_fr, bytes_of_text(age_limit(b, &e->wanted)),
					       bytes_of_text(exam_misfit(b, m))}, 4);
	for (size_t i = 0; i < e->n_alternatives; i++)
		gather_line(g, en ? BYTES("  or: ") : BYTES("  ou : "), en ? e->alternatives[i].label_en : e->alternatives[i].label_fr,
			    bytes_of_text(age_limit(b, &e->alternatives[i])));
	if (e->ask_fr.len > 0)
		gather_line(g, BYTES("  "), en ? e->ask_en : e->ask_fr, BYTES_NONE);
}

struct bytes text_missing(const struct build *b, const struct missing *missing, size_t n)
{
	struct gather g = gather_begin();

	for (size_t i = 0; i < n; i++) {
		struct bytes label = build_english(b) ? missing[i].label_en : missing[i].label_fr;
		if (missing[i].exam != NULL)
			tell_exam(b, &g, &missing[i]);
		else
			gather_line(&g, BYTES("- "), label.len > 0 ? label : missing[i].id,
				    missing[i].why == REASON_NONE ? BYTES_NONE : misfit(b, &missing[i]));
	}
	return gather_end(b->arena, &g);
}

struct bytes text_missing_ids(const struct build *b, const struct missing *missing, size_t n)
{
	struct buf buf = buf_make(GATHER_MAX);

	for (size_t i = 0; i < n; i++) {
		if (i > 0)
			buf_u8(&buf, ',');
		buf_add(&buf, missing[i].id);
	}
	struct bytes text = arena_copy(b->arena, buf_bytes(&buf));
	buf_free(&buf);
	return text;
}

struct bytes text_misfits(const struct build *b, const struct missing *missing, size_t n)
{
	struct buf buf = buf_make(GATHER_MAX);

	for (size_t i = 0; i < n; i++) {
		if (missing[i].why == REASON_NONE)
			continue;
		buf_text(&buf, buf.len > 0 ? "," : "");
		buf_add(&buf, missing[i].id);
		buf_text(&buf, " ");
		buf_text(&buf, reason_code(missing[i].why));
	}
	struct bytes text = arena_copy(b->arena, buf_bytes(&buf));
	buf_free(&buf);
	return text;
}
