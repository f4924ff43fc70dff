/* gateway/compose_letter.c - see compose_letter.h. */
#include "gateway/compose_letter.h"

#include "base/limits.h"
#include "gateway/compose_rehearsal.h"
#include "gateway/compose_words.h"
#include "gateway/day_words.h"

static struct bytes field_of(const struct compose_request *r, const char *name)
{
	for (size_t i = 0; i < r->field_count; i++)
		if (bytes_equal_text(r->fields[i].name, name))
			return bytes_trim(r->fields[i].value);
	return BYTES_NONE;
}

/* Where the sheet goes, in one paragraph. */
static struct bytes sheet_way(struct arena *arena, const struct compose_request *r, bool english)
{
	const char *lines = "", *phone = arena_text(arena, field_of(r, "phone"));

	for (size_t i = 0; i < r->letter.from_count; i++)
		lines = arena_printf(arena, "%s, %s", lines, arena_text(arena, r->letter.from[i]));
	if (lines[0] != '\0')
		lines = arena_printf(arena, english ? " Our address: %s%s." : " Notre adresse : %s%s.", arena_text(arena, field_of(r, "organisation")), lines);
	return bytes_of_text(arena_printf(arena, english ? "Send this sheet in the enclosed envelope, which needs no stamp.%s You may also dictate your answer: %s."
							 : "Renvoyez cette feuille dans l’enveloppe jointe, sans timbre.%s Vous pouvez aussi dicter votre réponse : %s.",
					  lines, phone));
}

static struct bytes sheet_code(struct arena *arena, const struct compose_request *r)
{
	struct bytes reference = field_of(r, "reference");
	return reference.len == 0 ? r->code
				  : bytes_of_text(arena_printf(arena, "%s/%s", arena_text(arena, reference), arena_text(arena, r->code)));
}

/* What is set, and in a rehearsal that it is one. */
static struct bytes body_of(struct arena *arena, const struct compose_request *r, bool english, struct bytes body)
{
	struct bytes words = compose_rehearsal_words(arena, english, r);
	return words.len == 0 ? body : bytes_of_text(arena_printf(arena, "%s\n\n%s", arena_text(arena, words), arena_text(arena, body)));
}

/* The reference stands at the head of each page: the title does without it. */
static struct bytes title_of(struct arena *arena, const struct compose_request *r, struct bytes subject)
{
	struct bytes tail = bytes_of_text(arena_printf(arena, " - %s", arena_text(arena, field_of(r, "reference"))));
	return bytes_ends(subject, tail) && subject.len > tail.len ? bytes_slice(subject, 0, subject.len - tail.len) : subject;
}

static struct bytes note(struct arena *arena, const struct compose_request *r, bool english)
{
	struct bytes phone = field_of(r, "phone");
	return bytes_of_text(arena_printf(arena, english ? "If you need help: %s" : "Besoin d’aide : %s", arena_text(arena, phone)));
}

enum reason compose_letter_make(struct arena *arena, const struct compose_request *r, const struct template_text *text,
				struct compose_letter_files *out, const char **field)
{
	bool english = bytes_equal_text(r->language, "en"), replied = text->sheet.len > 0;
	struct bytes code = replied ? sheet_code(arena, r) : BYTES_NONE, title = bytes_of_text(english ? "Letter" : "Lettre");
	const char *day = day_words_day(arena, english, r->mail.date);
	const struct pdf_letter letter = {
		.to = r->letter.to, .to_count = r->letter.to_count, .from = r->letter.from, .from_count = r->letter.from_count,
		.date = bytes_of_text(arena_printf(arena, english ? "%s" : "Le %s", day)),
		.sheet_title = bytes_of_text(english ? "Reply sheet" : "Feuille-réponse"),
		.sheet_way = sheet_way(arena, r, english), .sheet_code = code,
	};
	const struct pdf_section sections[] = {{.text = body_of(arena, r, english, text->body)}, {.text = text->sheet}};
	const struct pdf_input input = {
		.title = title_of(arena, r, text->subject), .service = field_of(r, "organisation"), .reference = field_of(r, "reference"),
		.author = field_of(r, "organisation"), .note = note(arena, r, english), .english = english, .time = r->mail.date,
		.sections = sections, .section_count = replied ? 2 : 1, .letter = &letter,
	};
	const struct cda_write_time time = {r->mail.date, r->mail.offset_minutes};
	out->name = compose_words_file(arena, time, title, r->code, BYTES_NONE, input.reference);
	out->sheet_code = code;
	return pdf_make(arena, &input, &out->pdf, field);
}
