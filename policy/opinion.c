/* policy/opinion.c - see opinion.h. */
#include "policy/opinion.h"

#include "base/limits.h"

const char *opinion_part_name(enum opinion_part part)
{
	static const char *const names[OPINION_PARTS] = {
		[OPINION_ANSWER] = "answer", [OPINION_OPINION] = "opinion", [OPINION_CONVERGENCE] = "convergence",
		[OPINION_ADVICE] = "advice", [OPINION_DELAY] = "delay",     [OPINION_LIMITS] = "limits",
		[OPINION_SUMMARY] = "summary", [OPINION_HELP] = "help",     [OPINION_INTERESTS] = "interests",
	};
	return names[part];
}

bool opinion_asked_before(const struct dossier_request *request, size_t answer)
{
	const struct policy_answer *a = &request->answers[answer];

	for (size_t i = 0; i < answer; i++)
		if (bytes_equal(request->answers[i].question, a->question) && bytes_equal(request->answers[i].value, a->value))
			return true;
	return false;
}

size_t opinion_questions(struct arena *arena, const struct dossier *dossier, struct bytes **out)
{
	const struct dossier_request *r = &dossier->request;
	size_t n = 0;

	*out = arena_alloc(arena, (r->n_answers + 1) * sizeof **out);
	for (size_t i = 0; i < r->n_answers; i++) {
		struct bytes words = bytes_trim(r->answers[i].value);
		if (bytes_starts(r->answers[i].question, BYTES("question.")) && words.len > 0 && !opinion_asked_before(r, i))
			(*out)[n++] = words;
	}
	return n;
}

/* Under a heading of its own, or under the one for all questions. */
static bool is_answered(const struct policy_form *form, unsigned number)
{
	for (size_t i = 0; i < form->n_answers; i++)
		if ((form->answers[i].number == number || form->answers[i].number == 0) && bytes_trim(form->answers[i].text).len > 0)
			return true;
	return false;
}

static bool is_digit(unsigned char c)
{
	return c >= '0' && c <= '9';
}

/* "sous 3 semaines", "sans urgence": a time told with the advice is not asked again. A dose ("3 mg") is no time. */
static bool tells_time(struct bytes advice)
{
	static const struct bytes words[] = {
		BYTES_OF("urgen"), BYTES_OF("immédiat"), BYTES_OF("immediate"), BYTES_OF("sans délai"), BYTES_OF("sans attendre"),
		BYTES_OF("without delay"), BYTES_OF("dès que possible"), BYTES_OF("as soon as possible"), BYTES_OF("semaine"), BYTES_OF("week"),
		BYTES_OF(" mois"), BYTES_OF("month"), BYTES_OF("jours"), BYTES_OF("days"), BYTES_OF("heures"), BYTES_OF("hours"),
	};
	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
		if (bytes_contains_nocase(advice, words[i]))
			return true;
	/* A date: 14/03. */
	for (size_t i = 1; i + 1 < advice.len; i++)
		if (advice.at[i] == '/' && is_digit(advice.at[i - 1]) && is_digit(advice.at[i + 1]))
			return true;
	return false;
}

static bool is_there(const struct policy_form *f, enum opinion_part part)
{
	const struct bytes texts[OPINION_PARTS] = {
		[OPINION_OPINION] = f->opinion, [OPINION_CONVERGENCE] = f->convergence, [OPINION_ADVICE] = f->advice,
		[OPINION_DELAY] = f->delay, [OPINION_LIMITS] = f->limits, [OPINION_SUMMARY] = f->summary,
		[OPINION_HELP] = f->help, [OPINION_INTERESTS] = f->interests,
	};
	if (part == OPINION_OPINION && f->document.len > 0)
		return true;
	if (part == OPINION_DELAY && tells_time(f->advice))
		return true;
	return bytes_trim(texts[part]).len > 0;
}

size_t opinion_gaps(struct arena *arena, const struct dossier *dossier, struct opinion_gap **out)
{
	const struct policy_form *form = &dossier->opinion.data.form;
	struct bytes *list;
	size_t asked = opinion_questions(arena, dossier, &list), n = 0;
	unsigned questions = asked < LIMIT_FORM_ANSWERS ? (unsigned)asked : LIMIT_FORM_ANSWERS;

	*out = arena_alloc(arena, (questions + OPINION_PARTS) * sizeof **out);
	for (unsigned number = 1; number <= questions; number++)
		if (!is_answered(form, number))
			(*out)[n++] = (struct opinion_gap){OPINION_ANSWER, number};
	for (enum opinion_part part = OPINION_OPINION; part < OPINION_PARTS; part++)
		if (!is_there(form, part))
			(*out)[n++] = (struct opinion_gap){part, 0};
	return n;
}

/* "sans urgence", "pas d'urgence", "non urgent": what stands within a few words before it. */
static bool is_denied(struct bytes text, size_t at)
{
	enum { BACK = 12 };
	static const struct bytes words[] = {BYTES_OF("sans "), BYTES_OF("pas "), BYTES_OF("non "), BYTES_OF("non-"), BYTES_OF("aucune "), BYTES_OF("no "),
					     BYTES_OF("not "), BYTES_OF("without "), BYTES_OF("ni ")};
	struct bytes before = bytes_slice(text, at > BACK ? at - BACK : 0, at > BACK ? BACK : at);

	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
		if (bytes_contains_nocase(before, words[i]))
			return true;
	return false;
}

static bool says_soon(struct bytes text)
{
	static const struct bytes words[] = {
		BYTES_OF("urgen"), BYTES_OF("immédiat"), BYTES_OF("immediat"), BYTES_OF("sans délai"), BYTES_OF("sans attendre"), BYTES_OF("without delay"),
		BYTES_OF("aujourd"), BYTES_OF("today"), BYTES_OF("dès que possible"), BYTES_OF("as soon as possible"), BYTES_OF("une semaine"),
		BYTES_OF("one week"), BYTES_OF("quelques jours"), BYTES_OF("a few days"),
	};
	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
		for (size_t at = 0; at + words[i].len <= text.len; at++)
			if (bytes_starts_nocase(bytes_from(text, at), words[i]) && !is_denied(text, at))
				return true;
	return false;
}

/* "48 h", "3 jours", "1 semaine": a number of hours or days that ends within the week. */
static bool counts_days(struct bytes text)
{
	static const struct {
		struct bytes unit;
		unsigned most;
	} units[] = {{BYTES_OF("heure"), 168}, {BYTES_OF("hour"), 168}, {BYTES_OF("h"), 168}, {BYTES_OF("jour"), 7}, {BYTES_OF("day"), 7}, {BYTES_OF("j"), 7},
		     {BYTES_OF("semaine"), 1}, {BYTES_OF("week"), 1}};
	for (size_t at = 0; at < text.len; at++) {
		unsigned number = 0;
		if (!is_digit(text.at[at]) || (at > 0 && is_digit(text.at[at - 1])))
			continue;
		for (; at < text.len && is_digit(text.at[at]) && number < 10000; at++)
			number = number * 10 + (unsigned)(text.at[at] - '0');
		size_t unit = at;
		while (unit < text.len && (text.at[unit] == ' ' || text.at[unit] == 0xc2 || text.at[unit] == 0xa0))
			unit++;
		for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
			struct bytes rest = bytes_from(text, unit);
			size_t end = units[i].unit.len;
			bool letter = end == 1 && rest.len > 1 && ((rest.at[1] | 0x20) >= 'a' && (rest.at[1] | 0x20) <= 'z');
			if (number <= units[i].most && bytes_starts_nocase(rest, units[i].unit) && !letter)
				return true;
		}
	}
	return false;
}

bool opinion_is_urgent(const struct policy_form *form)
{
	bool told = bytes_trim(form->delay).len > 0;

	/* Beside the advice a number of days may be how long to take a drug. */
	return told ? says_soon(form->delay) || counts_days(form->delay) : says_soon(form->advice);
}

static struct bytes newest(struct bytes older, struct bytes newer)
{
	return bytes_trim(newer).len > 0 ? newer : older;
}

static bool has_number(const struct policy_form *form, unsigned number)
{
	for (size_t i = 0; i < form->n_answers; i++)
		if (form->answers[i].number == number)
			return true;
	return false;
}

/* Both lists rise by number; a new answer to all questions stands for every earlier one. */
static void merge_answers(struct arena *arena, const struct policy_form *older, const struct policy_form *newer, struct policy_form *out)
{
	struct policy_form_answer *list = arena_alloc(arena, (older->n_answers + newer->n_answers + 1) * sizeof *list);
	size_t n = 0, i = 0, k = 0;
	bool whole = has_number(newer, 0);

	while (i < older->n_answers || k < newer->n_answers) {
		bool old = k == newer->n_answers || (i < older->n_answers && older->answers[i].number < newer->answers[k].number);
		if (!old)
			list[n++] = newer->answers[k++];
		else if (!whole && !has_number(newer, older->answers[i].number))
			list[n++] = older->answers[i++];
		else
			i++;
	}
	out->answers = list;
	out->n_answers = n;
}

struct policy_form opinion_merge(struct arena *arena, const struct policy_form *older, const struct policy_form *newer)
{
	bool judged = newer->convergence.len > 0, opinion = bytes_trim(newer->opinion).len > 0 || newer->document.len > 0;
	struct policy_form out = {
		.found = older->found || newer->found,
		.reference = newest(older->reference, newer->reference),
		/* The text and the document that it stands in are one part; so are the word and its remark. */
		.opinion = opinion ? newer->opinion : older->opinion,
		.document = opinion ? newer->document : older->document,
		.convergence = judged ? newer->convergence : older->convergence,
		.remark = judged ? newer->remark : older->remark,
		.advice = newest(older->advice, newer->advice), .delay = newest(older->delay, newer->delay),
		.summary = newest(older->summary, newer->summary), .limits = newest(older->limits, newer->limits),
		.help = newest(older->help, newer->help), .interests = newest(older->interests, newer->interests),
	};
	merge_answers(arena, older, newer, &out);
	return out;
}
