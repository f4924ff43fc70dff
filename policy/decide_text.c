/* policy/decide_text.c - see decide_text.h. */
#include "policy/decide_text.h"

#include "base/calendar.h"
#include "policy/gather.h"
#include "policy/given.h"
#include "policy/identity.h"
#include "policy/mask.h"
#include "policy/opinion.h"

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
	return names[build_english(b)][cut][calendar_weekday(d)];
}

struct bytes text_date_day(const struct build *b, struct instant at)
{
	struct date d = calendar_date(CALENDAR_FRANCE, at);
	return bytes_of_text(arena_printf(b->arena, "%02d/%02d", d.day, d.month));
}

struct bytes text_date_hour(const struct build *b, struct instant at)
{
	struct date d = calendar_date(CALENDAR_FRANCE, at);
	int hour = calendar_minute(CALENDAR_FRANCE, at) / 60;

	return bytes_of_text(arena_printf(b->arena, build_english(b) ? "%s %d/%02d, %d:00" : "%s %d/%02d, %d\u00a0h", day_name(b, d, true), d.day,
					  d.month, hour));
}

struct bytes text_date(const struct build *b, struct instant at)
{
	static const char *const fr[] = {"janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août",
					 "septembre", "octobre", "novembre", "décembre"};
	static const char *const en[] = {"January", "February", "March", "April", "May", "June", "July", "August",
					 "September", "October", "November", "December"};
	struct date d = calendar_date(CALENDAR_FRANCE, at);
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

struct bytes text_patient_mailbox(const struct build *b, const struct policy_patient *patient)
{
	struct bytes ins = patient->ins, domain = b->rules->patient_domain;
	return bytes_of_text(arena_printf(b->arena, "%.*s@%.*s", (int)ins.len, (const char *)ins.at, (int)domain.len, (const char *)domain.at));
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
	return gather_end(b->arena, &g);
}

static struct bytes document_date(const struct build *b, const struct policy_document *d)
{
	if (!d->timed)
		return BYTES_NONE;
	struct date date = calendar_date(CALENDAR_FRANCE, d->time);
	return bytes_of_text(arena_printf(b->arena, " (%02d/%02d/%04d)", date.day, date.month, date.year));
}

struct bytes text_document(const struct build *b, const struct policy_document *d)
{
	struct bytes title = d->title.len > 0 ? d->title : d->name, date = document_date(b, d);
	return bytes_of_text(arena_printf(b->arena, "%.*s%.*s", (int)title.len, (const char *)title.at, (int)date.len, (const char *)date.at));
}

/* The questionnaire, when its answers were read. */
static bool is_told_apart(const struct build *b, const struct policy_document *d)
{
	for (size_t i = 0; bytes_equal_text(d->type, "74465-6") && i < b->after->request.n_answers; i++)
		if (b->after->request.answers[i].kind != POLICY_ANSWER_SECTION)
			return true;
	return false;
}

struct bytes text_exams(const struct build *b, size_t *count)
{
	struct gather g = gather_begin();
	size_t n = 0;

	for (size_t i = 0; i < b->after->n_documents; i++) {
		const struct dossier_document *d = &b->after->documents[i];
		const struct policy_document *doc = &d->filing.document;
		if (!given_allowed(d, PARTY_EXPERT) || is_told_apart(b, doc))
			continue;
		n++;
		gather_line(&g, BYTES("- "), text_document(b, doc), BYTES_NONE);
	}
	if (count != NULL)
		*count = n;
	return gather_end(b->arena, &g);
}

/* A whole line of what was gathered. */
static bool is_told(const struct gather *g, struct bytes name)
{
	struct cursor c = cursor_on(gather_bytes(g));

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
		/* Their author may be the patient himself. */
		if (b->after->documents[i].withdrawn || bytes_equal_text(d->type, "74465-6") || bytes_starts(d->type, BYTES("DOCPAT")))
			continue;
		for (size_t a = 0; a < d->n_authors; a++) {
			tell_once(&g, d->authors[a].name);
			tell_once(&g, d->authors[a].place);
		}
		tell_once(&g, d->custodian.name);
	}
	return gather_end(b->arena, &g);
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

/* What the definition calls it; the id when it is not of this pathology any more. */
static struct bytes label_of(const struct build *b, struct bytes id)
{
	const struct pathology *p = pathology_of(b);

	for (size_t i = 0; p != NULL && i < p->n_exams; i++)
		if (bytes_equal(p->exams[i].code, id))
			return build_english(b) ? p->exams[i].wanted.label_en : p->exams[i].wanted.label_fr;
	for (size_t i = 0; p != NULL && i < p->n_answers; i++)
		if (bytes_equal(p->answers[i].id, id))
			return build_english(b) ? p->answers[i].label_en : p->answers[i].label_fr;
	return id;
}

struct bytes text_waived(const struct build *b)
{
	struct gather g = gather_begin();

	for (size_t i = 0; i < b->after->n_waived; i++) {
		const struct dossier_waiver *w = &b->after->waived[i];
		struct bytes label = label_of(b, w->id);
		/* The expert reads why. */
		struct bytes why = w->why.len > 0 ? bytes_of_text(arena_printf(b->arena, " : %.*s", (int)w->why.len, (const char *)w->why.at)) : BYTES_NONE;
		gather_line(&g, BYTES("- "), label.len > 0 ? label : w->id, why);
	}
	return gather_end(b->arena, &g);
}

struct bytes text_annexes(const struct build *b)
{
	struct gather g = gather_begin();

	for (size_t i = 0; i < b->message->n_documents; i++) {
		const struct policy_document *d = &b->message->documents[i];
		const struct reason_entry *why = reason_entry(d->annex);
		if (!d->is_annex || d->annex == REASON_NONE)
			continue;
		struct bytes name = d->name.len > 0 ? d->name : build_english(b) ? BYTES("a file without a name") : BYTES("un fichier sans nom");
		gather_parts(&g, (const struct bytes[]){build_english(b) ? BYTES("- another form of \"") : BYTES("- une autre forme de « "), name,
							build_english(b) ? BYTES("\": ") : BYTES(" » : "),
							bytes_of_text(build_english(b) ? why->en : why->fr)}, 4);
	}
	return gather_end(b->arena, &g);
}

struct bytes text_number(const struct build *b, size_t n)
{
	return bytes_of_text(arena_printf(b->arena, "%zu", n));
}
