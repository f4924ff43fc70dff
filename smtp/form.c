/* smtp/form.c - see form.h. */
#include "smtp/form.h"

#include <string.h>

#include "base/buf.h"
#include "base/fold.h"
#include "base/limits.h"
#include "smtp/form_heading.h"
#include "smtp/form_value.h"
#include "smtp/new_text.h"

enum { END_MAX = 120 };

/* What one reading of a text found. */
struct found {
	struct bytes fields[FORM_FIELDS];             /* FORM_ANSWER: unused */
	struct bytes remark;
	struct form_answer answers[LIMIT_FORM_ANSWERS];
	size_t n_answers, headings;
	bool seen[FORM_FIELDS];
};

struct reading {
	struct arena *arena;
	const struct new_text_line *lines;
	size_t n;
	size_t form_at;              /* headings of the quoted mail count from here: before it stands our own letter */
	bool own_only;
	struct found *out;
	bool in_field;
	struct form_heading now;
	size_t open_until;           /* a bracket of the heading may close before this line; 0: none is open */
	struct buf text;             /* of the field */
};

/* Where the form ends though no heading follows: the rule below our form, a signature, the header of the mail answered. */
static bool is_end(struct arena *arena, struct bytes line)
{
	struct bytes folded = bytes_trim(fold_text(arena, bytes_slice(line, 0, END_MAX)));
	struct bytes bare = form_without_marks(bytes_slice(line, 0, END_MAX));

	while (folded.len > 0 && (folded.at[0] == '>' || folded.at[0] == ' '))
		folded = bytes_from(folded, 1);
	if (bytes_equal(folded, BYTES("--")) || bytes_starts(folded, BYTES("-----")) || bytes_starts(folded, BYTES("________")))
		return true;
	bare = bytes_trim(fold_text(arena, bare));
	while (bare.len > 0 && (bare.at[bare.len - 1] == '*' || bare.at[bare.len - 1] == '.'))
		bare.len--;
	return bytes_equal(bare, BYTES("fin du formulaire")) || bytes_equal(bare, BYTES("end of the form")) ||
	       (bytes_starts(folded, BYTES("---")) && bytes_contains(folded, BYTES("formulaire")));
}

/* Of a number that comes twice the first filled one counts. */
static void keep_answer(struct reading *r, unsigned number, struct bytes text)
{
	struct found *f = r->out;

	text = bytes_trim(text);
	if (text.len == 0 || form_value_placeholder(r->arena, text) || f->n_answers == LIMIT_FORM_ANSWERS)
		return;
	for (size_t i = 0; i < f->n_answers; i++)
		if (f->answers[i].number == number)
			return;
	f->answers[f->n_answers++] = (struct form_answer){number, arena_copy(r->arena, text)};
}

/* Where the line begins that is numbered so, at or behind from; text.len when there is none. */
static size_t find_numbered(struct reading *r, struct bytes text, size_t from, unsigned number, struct bytes *rest)
{
	while (from < text.len) {
		size_t end = bytes_find_byte(text, '\n', from);
		struct bytes line = bytes_slice(text, from, end - from);
		if (form_number(r->arena, line, rest) == number)
			return from;
		from = end + 1;
	}
	return text.len;
}

/* An answer to all questions: cut where he numbers its lines 1, 2, 3 from its first line on; else it is kept whole. */
static void keep_all_answers(struct reading *r, struct bytes text)
{
	struct bytes rest = BYTES_NONE, next = BYTES_NONE;
	unsigned number = 1;

	text = bytes_trim(text);
	if (find_numbered(r, text, 0, 1, &rest) != 0) {
		keep_answer(r, 0, text);
		return;
	}
	for (size_t at = 0; at < text.len; number++) {
		size_t begin = (size_t)(rest.len > 0 ? rest.at - text.at : (ptrdiff_t)bytes_find_byte(text, '\n', at));
		size_t end = number < LIMIT_FORM_ANSWERS ? find_numbered(r, text, begin, number + 1, &next) : text.len;
		keep_answer(r, number, bytes_slice(text, begin, end > begin ? end - begin : 0));
		at = end;
		rest = next;
	}
}

static void keep_field(struct reading *r)
{
	struct found *f = r->out;
	enum form_field field = r->now.field;
	struct bytes text = bytes_trim(buf_bytes(&r->text));

	r->in_field = false;
	if (field == FORM_ANSWER && r->now.number > 0) {
		keep_answer(r, r->now.number, text);
		return;
	}
	if (field == FORM_ANSWER) {
		keep_all_answers(r, text);
		return;
	}
	if (f->fields[field].len > 0 || text.len == 0 || form_value_placeholder(r->arena, text))
		return;
	if (field == FORM_REFERENCE)
		text = form_value_reference(r->arena, text);
	if (field == FORM_CONVERGENCE) {
		text = form_value_convergence(r->arena, text, &f->remark);
		f->remark = arena_copy(r->arena, f->remark);
	}
	f->fields[field] = arena_copy(r->arena, text);
}

/* Without the quote marks in front; a line that is only a placeholder falls away. */
static void gather(struct reading *r, struct bytes line)
{
	size_t marks = 0;
	for (size_t i = 0; i < line.len && (line.at[i] == '>' || line.at[i] == ' '); i++)
		if (line.at[i] == '>')
			marks = i + 1;
	line = marks > 0 ? bytes_trim(bytes_from(line, marks)) : line;
	if (line.len > 0 && form_value_placeholder(r->arena, bytes_trim(line)))
		return;
	if (r->text.len + line.len + 1 > LIMIT_FORM_FIELD)
		return;
	buf_add(&r->text, line);
	buf_u8(&r->text, '\n');
}

/* Inside an answer a label "Réponse :" says nothing more. */
static struct bytes without_label(struct reading *r, struct bytes line)
{
	static const struct bytes labels[] = {BYTES_OF("reponse :"), BYTES_OF("reponse:"), BYTES_OF("answer:"), BYTES_OF("answer :")};
	struct bytes bare = form_without_marks(line);
	struct bytes folded = fold_text(r->arena, bytes_slice(bare, 0, 20));

	for (size_t i = 0; i < sizeof labels / sizeof labels[0]; i++)
		if (bytes_starts(folded, labels[i]))
			return form_without_marks(bytes_from(bare, bytes_find_byte(bare, ':', 0) + 1));
	return line;
}

/* A bracket that never closes was none: what was passed over belongs to the expert. */
static bool bracket_closes(struct reading *r, size_t at)
{
	struct bytes rest;
	struct form_heading heading;

	for (size_t i = at; i < r->n && i < r->open_until; i++) {
		if (form_heading_close(r->lines[i].text, &rest))
			return true;
		if (form_heading_read(r->arena, r->lines[i].text, true, &heading))
			return false;
	}
	return false;
}

static void begin_field(struct reading *r, const struct form_heading *heading, size_t at)
{
	r->out->headings += heading->field == FORM_ANSWER || !r->out->seen[heading->field];
	r->out->seen[heading->field] = true;
	r->now = *heading;
	r->in_field = true;
	r->open_until = heading->open ? at + LIMIT_FORM_BRACKET : 0;
	if (heading->open && !bracket_closes(r, at + 1))
		r->open_until = 0;
	buf_clear(&r->text);
	if (r->open_until == 0)
		gather(r, heading->rest);
}

/* True when the line belongs to the heading's bracket. */
static bool pass_open(struct reading *r, size_t at)
{
	struct bytes rest;

	if (r->open_until == 0)
		return false;
	if (form_heading_close(r->lines[at].text, &rest)) {
		r->open_until = 0;
		gather(r, rest);
	}
	return true;
}

static bool is_closing_line(struct arena *arena, struct bytes line)
{
	static const char *const closings[] = {
		"cordialement", "bien cordialement", "cdt", "cdlt", "bien a vous", "confraternellement", "bien confraternellement",
		"tres cordialement", "amities", "bien amicalement", "sincerely", "yours sincerely", "regards", "best regards", "kind regards",
	};
	struct bytes folded = bytes_trim(fold_text(arena, form_without_marks(bytes_slice(line, 0, END_MAX))));

	while (folded.len > 0 && memchr(",.;!", folded.at[folded.len - 1], 4) != NULL)
		folded.len--;
	for (size_t i = 0; i < sizeof closings / sizeof closings[0]; i++)
		if (bytes_equal_text(folded, closings[i]))
			return true;
	return false;
}

/* "Bien cordialement," and a name below: no words on the case. A postscript is: then all of it is kept. */
static bool is_closing(struct reading *r, size_t at)
{
	enum { NAME_LINES = 6 };
	struct form_heading heading;
	size_t lines = 0;

	if (!is_closing_line(r->arena, r->lines[at].text))
		return false;
	for (size_t i = at + 1; i < r->n && r->lines[i].kind == r->lines[at].kind; i++) {
		struct bytes text = form_without_marks(r->lines[i].text);
		if (is_end(r->arena, r->lines[i].text) || form_heading_read(r->arena, text, true, &heading))
			break;
		lines += text.len > 0;
		if (lines > NAME_LINES || bytes_starts_nocase(text, BYTES("ps")) || bytes_starts_nocase(text, BYTES("p.s")) ||
		    bytes_starts_nocase(text, BYTES("nb")))
			return false;
	}
	return true;
}

static bool is_passed_over(const struct reading *r, size_t at)
{
	return r->lines[at].kind == NEW_TEXT_QUOTED && (r->own_only || at < r->form_at);
}

static void read_line(struct reading *r, size_t at)
{
	const struct new_text_line *line = &r->lines[at];
	struct form_heading heading;
	bool ends = line->kind == NEW_TEXT_LEAD || line->kind == NEW_TEXT_SIGNATURE || is_end(r->arena, line->text);

	if (is_passed_over(r, at))
		return;
	if (r->in_field && !ends && pass_open(r, at))
		return;
	if (!ends && form_heading_read(r->arena, line->text, r->out->headings > 0, &heading)) {
		if (r->in_field)
			keep_field(r);
		begin_field(r, &heading, at);
		return;
	}
	if (r->in_field && (ends || is_closing(r, at)))
		keep_field(r);
	else if (r->in_field)
		gather(r, r->now.field == FORM_ANSWER ? without_label(r, line->text) : line->text);
}

/* In the mail that he answers the form begins at its reference: a letter above it may speak of headings. */
static size_t find_form(struct arena *arena, const struct new_text_line *lines, size_t n)
{
	struct form_heading heading;

	for (size_t i = 0; i < n; i++)
		if (lines[i].kind == NEW_TEXT_QUOTED && form_heading_read(arena, lines[i].text, false, &heading) && heading.field == FORM_REFERENCE)
			return i;
	return 0;
}

static struct found *read_lines(struct arena *arena, const struct new_text_line *lines, size_t n, bool own_only)
{
	struct found *out = arena_alloc(arena, sizeof *out);
	struct reading r = {.arena = arena, .lines = lines, .n = n, .form_at = find_form(arena, lines, n), .own_only = own_only, .out = out,
			    .text = buf_make(LIMIT_FORM_FIELD)};

	for (size_t i = 0; i < n; i++)
		read_line(&r, i);
	if (r.in_field)
		keep_field(&r);
	buf_free(&r.text);
	return out;
}

static size_t filled(const struct found *f)
{
	size_t n = f->n_answers;
	for (enum form_field field = FORM_OPINION; field < FORM_FIELDS; field++)
		n += f->fields[field].len > 0;
	return n;
}

/* His words on the case; what he says of himself alone is no opinion. */
static bool has_words(const struct found *f)
{
	bool words = f->n_answers > 0;
	for (enum form_field field = FORM_OPINION; field < FORM_FIELDS; field++)
		words = words || f->fields[field].len > 0;
	return words;
}

static void sort_answers(struct found *f)
{
	for (size_t i = 1; i < f->n_answers; i++)
		for (size_t k = i; k > 0 && f->answers[k - 1].number > f->answers[k].number; k--) {
			struct form_answer swap = f->answers[k];
			f->answers[k] = f->answers[k - 1];
			f->answers[k - 1] = swap;
		}
}

static struct bytes reference_of(struct arena *arena, const struct found *mine, const struct found *all, struct bytes text)
{
	if (mine->fields[FORM_REFERENCE].len > 0)
		return mine->fields[FORM_REFERENCE];
	if (all->fields[FORM_REFERENCE].len > 0)
		return all->fields[FORM_REFERENCE];
	return form_value_reference(arena, text);
}

void form_read(struct arena *arena, struct bytes text, struct form *out)
{
	struct new_text_line *lines = NULL;
	size_t n = new_text_lines(arena, text, &lines);
	struct found *all = read_lines(arena, lines, n, false), *mine = read_lines(arena, lines, n, true);

	/* Written above the quoted form: what is quoted below is not part of it, but for the number of the dossier.
	 * When the quoted lines hold more, the expert wrote inside the form that he quotes. */
	struct found *best = has_words(mine) && filled(mine) >= filled(all) ? mine : all;
	struct bytes reference = reference_of(arena, mine, all, text);
	bool two = all->headings >= 2 || mine->headings >= 2;

	sort_answers(best);
	*out = (struct form){
		.found = has_words(best) && (two || (reference.len > 0 && best->headings > 0)),
		.reference = reference,
		.named = mine->fields[FORM_REFERENCE].len > 0 || all->fields[FORM_REFERENCE].len > 0,
		.answers = best->answers, .answer_count = best->n_answers,
		.opinion = best->fields[FORM_OPINION],
		.convergence = best->fields[FORM_CONVERGENCE], .remark = best->remark,
		.advice = best->fields[FORM_ADVICE], .delay = best->fields[FORM_DELAY],
		.summary = best->fields[FORM_SUMMARY], .limits = best->fields[FORM_LIMITS],
		.help = best->fields[FORM_HELP], .interests = best->fields[FORM_INTERESTS],
	};
}
