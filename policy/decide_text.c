/* policy/decide_text.c - see decide_text.h. */
#include "policy/decide_text.h"

#include "base/buf.h"
#include "policy/given.h"
#include "policy/identity.h"
#include "policy/mask.h"
#include "policy/opinion.h"

enum { TEXT_MAX = 256 * 1024 };   /* of one field; the questions of a request are under it */

/* What was gathered, in the arena; a text over its bound is cut by whole lines, as the last line then says. */
struct gather {
	struct buf buf;
	bool cut;
};

static struct gather gather_begin(void)
{
	return (struct gather){buf_make(TEXT_MAX), false};
}

static void gather_parts(struct gather *g, const struct bytes *parts, size_t n)
{
	size_t len = 8;

	if (g->cut)
		return;
	for (size_t i = 0; i < n; i++)
		len += parts[i].len;
	if (len > TEXT_MAX - g->buf.len) {
		g->cut = true;
		buf_text(&g->buf, "\n[...]");
		return;
	}
	if (g->buf.len > 0)
		buf_u8(&g->buf, '\n');
	for (size_t i = 0; i < n; i++)
		buf_add(&g->buf, parts[i]);
}

static void gather_line(struct gather *g, struct bytes before, struct bytes text, struct bytes after)
{
	gather_parts(g, (const struct bytes[]){before, text, after}, 3);
}

static struct bytes gather_end(const struct build *b, struct gather *g)
{
	struct bytes text = arena_copy(b->arena, buf_bytes(&g->buf));
	buf_free(&g->buf);
	return text;
}

static bool is_prefixed(struct bytes question, const char *prefix)
{
	return bytes_starts(question, bytes_of_text(prefix));
}

static bool is_question(struct bytes question)
{
	return is_prefixed(question, "question.");
}

/* What the gateway itself reads is told in its own place. */
static bool is_ours(struct bytes question)
{
	return is_prefixed(question, "relais.") || is_prefixed(question, "consent.") || is_prefixed(question, "physician.") ||
	       is_prefixed(question, "patient.");
}

static const struct pathology *pathology_of(const struct build *b)
{
	return pathology_find(b->rules->pathologies, b->rules->n_pathologies, b->after->request.pathology,
			      b->after->request.version);
}

static const char *day_name(const struct build *b, struct date d, bool cut)
{
	static const char *const names[2][2][7] = {
		{{"dimanche", "lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi"},
		 {"dim.", "lun.", "mar.", "mer.", "jeu.", "ven.", "sam."}},
		{{"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"},
		 {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"}},
	};
	/* 1970-01-01 was a Thursday. */
	return names[build_english(b)][cut][((date_days(d) + 4) % 7 + 7) % 7];
}

struct bytes text_date_day(const struct build *b, struct instant at)
{
	struct date d = instant_date(at, instant_paris_offset(at));
	return bytes_of_text(arena_printf(b->arena, "%02d/%02d", d.day, d.month));
}

struct bytes text_date_hour(const struct build *b, struct instant at)
{
	int offset = instant_paris_offset(at);
	struct date d = instant_date(at, offset);
	int64_t seconds = at.us / 1000000 + (int64_t)offset * 60;
	int hour = (int)((seconds % 86400 + 86400) % 86400 / 3600);

	return bytes_of_text(arena_printf(b->arena, build_english(b) ? "%s %d/%02d, %d:00" : "%s %d/%02d, %d\u00a0h", day_name(b, d, true), d.day,
					  d.month, hour));
}

struct bytes text_date(const struct build *b, struct instant at)
{
	static const char *const fr[] = {"janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août",
					 "septembre", "octobre", "novembre", "décembre"};
	static const char *const en[] = {"January", "February", "March", "April", "May", "June", "July", "August",
					 "September", "October", "November", "December"};
	struct date d = instant_date(at, instant_paris_offset(at));
	const char *month = build_english(b) ? en[d.month - 1] : fr[d.month - 1];

	return bytes_of_text(arena_printf(b->arena, "%s %d%s %s %d", day_name(b, d, false), d.day,
					  d.day == 1 && !build_english(b) ? "er" : "", month, d.year));
}

static struct bytes slashes(const struct build *b, struct bytes year, struct bytes month, struct bytes day)
{
	return bytes_of_text(arena_printf(b->arena, "%.*s/%.*s/%.*s", (int)day.len, (const char *)day.at, (int)month.len,
					  (const char *)month.at, (int)year.len, (const char *)year.at));
}

struct bytes text_birth_date(const struct build *b)
{
	struct bytes t = b->after->request.patient.birth_time;

	if (t.len < 8)
		return BYTES_NONE;
	return slashes(b, bytes_slice(t, 0, 4), bytes_slice(t, 4, 2), bytes_slice(t, 6, 2));
}

struct bytes text_age(const struct build *b)
{
	int age = identity_age(&b->after->request.patient, b->now);
	return age < 0 ? BYTES_NONE : bytes_of_text(arena_printf(b->arena, "%d", age));
}

struct bytes text_pathology(const struct build *b)
{
	const struct pathology *p = pathology_of(b);
	struct bytes title = p == NULL ? BYTES_NONE : build_english(b) ? p->title_en : p->title_fr;
	return title.len > 0 ? title : b->after->request.pathology;
}

struct bytes text_questions(const struct build *b)
{
	struct gather g = gather_begin();
	struct bytes *questions;
	size_t n = opinion_questions(b->arena, b->after, &questions);

	for (size_t i = 0; i < n; i++)
		gather_line(&g, bytes_of_text(arena_printf(b->arena, "%zu. ", i + 1)), questions[i], BYTES_NONE);
	return gather_end(b, &g);
}

struct bytes text_answers(const struct build *b)
{
	struct gather g = gather_begin();

	for (size_t i = 0; i < b->after->request.n_answers; i++) {
		const struct policy_answer *a = &b->after->request.answers[i];
		if (is_question(a->question) || is_ours(a->question) || opinion_asked_before(&b->after->request, i))
			continue;
		gather_parts(&g, (const struct bytes[]){BYTES("- "), a->text.len > 0 ? a->text : a->question,
							build_english(b) ? BYTES(": ") : BYTES(" : "), a->value}, 4);
	}
	return gather_end(b, &g);
}

static struct bytes document_date(const struct build *b, const struct policy_document *d)
{
	if (!d->timed)
		return BYTES_NONE;
	struct date date = instant_date(d->time, instant_paris_offset(d->time));
	return bytes_of_text(arena_printf(b->arena, " (%02d/%02d/%04d)", date.day, date.month, date.year));
}

struct bytes text_document(const struct build *b, const struct policy_document *d)
{
	struct bytes title = d->title.len > 0 ? d->title : d->name, date = document_date(b, d);
	return bytes_of_text(arena_printf(b->arena, "%.*s%.*s", (int)title.len, (const char *)title.at, (int)date.len, (const char *)date.at));
}

struct bytes text_exams(const struct build *b, size_t *count)
{
	struct gather g = gather_begin();
	size_t n = 0;

	for (size_t i = 0; i < b->after->n_documents; i++) {
		const struct dossier_document *d = &b->after->documents[i];
		const struct policy_document *doc = &d->filing.document;
		/* The questionnaire is told apart. */
		if (!given_allowed(d, PARTY_EXPERT) || bytes_equal(doc->type, BYTES("74465-6")))
			continue;
		n++;
		gather_line(&g, BYTES("- "), text_document(b, doc), BYTES_NONE);
	}
	if (count != NULL)
		*count = n;
	return gather_end(b, &g);
}

/* A whole line of what was gathered. */
static bool is_told(const struct gather *g, struct bytes name)
{
	struct cursor c = cursor_on(buf_bytes(&g->buf));

	while (c.left.len > 0)
		if (bytes_equal_nocase(bytes_trim(cursor_until(&c, '\n')), name))
			return true;
	return false;
}

static void tell_once(struct gather *g, struct bytes name)
{
	name = bytes_trim(name);
	if (name.len > 0 && !is_told(g, name))
		gather_line(g, BYTES_NONE, name, BYTES_NONE);
}

struct bytes text_hospitals(const struct build *b)
{
	struct gather g = gather_begin();

	for (size_t i = 0; i < b->after->n_documents; i++) {
		const struct policy_document *d = &b->after->documents[i].filing.document;
		/* The author of the questionnaire may be the patient himself. */
		if (b->after->documents[i].withdrawn || bytes_equal(d->type, BYTES("74465-6")))
			continue;
		for (size_t a = 0; a < d->n_authors; a++) {
			tell_once(&g, d->authors[a].name);
			tell_once(&g, d->authors[a].place);
		}
		tell_once(&g, d->custodian.name);
	}
	return gather_end(b, &g);
}

struct bytes text_nameless(const struct build *b, struct bytes text)
{
	struct bytes name = bytes_trim(b->after->request.patient.family_birth);

	/* A name of one or two letters would blot out half of any text. */
	return name.len < 3 ? text : mask_address(b->arena, text, name);
}

struct bytes text_first_question(const struct build *b)
{
	enum { CHARACTERS = 60 };
	const struct dossier *d = b->after;
	struct bytes *questions;
	struct bytes text = opinion_questions(b->arena, d, &questions) > 0 ? questions[0] : BYTES_NONE;
	size_t characters = 0, at = 0, blank = 0;

	/* Cleared before it is cut: half a number would not be known again. */
	text = mask_matricule(b->arena, mask_address(b->arena, text, d->request.mailbox), d->request.patient.ins);
	text = text_nameless(b, text);
	text = bytes_slice(text, 0, bytes_find_byte(text, '\n', 0));
	for (; at < text.len; at++) {
		characters += (text.at[at] & 0xc0) != 0x80;
		if (characters > CHARACTERS)
			break;
		if (text.at[at] == ' ')
			blank = at;
	}
	if (at == text.len)
		return text;
	return bytes_of_text(arena_printf(b->arena, "%s…", arena_text(b->arena, bytes_slice(text, 0, blank > 0 ? blank : at))));
}

struct bytes text_missing(const struct build *b, const struct missing *missing, size_t n)
{
	struct gather g = gather_begin();

	for (size_t i = 0; i < n; i++) {
		struct bytes label = build_english(b) ? missing[i].label_en : missing[i].label_fr;
		gather_line(&g, BYTES("- "), label.len > 0 ? label : missing[i].id, BYTES_NONE);
	}
	return gather_end(b, &g);
}

struct bytes text_missing_ids(const struct build *b, const struct missing *missing, size_t n)
{
	struct buf buf = buf_make(TEXT_MAX);

	for (size_t i = 0; i < n; i++) {
		if (i > 0)
			buf_u8(&buf, ',');
		buf_add(&buf, missing[i].id);
	}
	struct bytes text = arena_copy(b->arena, buf_bytes(&buf));
	buf_free(&buf);
	return text;
}

struct bytes text_waived(const struct build *b)
{
	struct gather g = gather_begin();

	for (size_t i = 0; i < b->after->n_waived; i++)
		gather_line(&g, BYTES("- "), b->after->waived[i], BYTES_NONE);
	return gather_end(b, &g);
}

struct bytes text_number(const struct build *b, size_t n)
{
	return bytes_of_text(arena_printf(b->arena, "%zu", n));
}
