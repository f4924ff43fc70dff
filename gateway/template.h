/* gateway/template.h - the texts of the mails that the gateway sends, as data files: templates/M01.fr.txt, M01.en.txt…
 *
 * A file is UTF-8: a line "Subject: …", an empty line, the body in plain text. {{name}} is replaced by that field;
 * {{#name}} … {{/name}} stays only when the field is there and not empty (a tag alone on its line takes the line with it; blocks do
 * not nest in a block of the same name). Files are checked when they are loaded: every code in both languages, only fields
 * that the code has, and a field that may be absent only inside its own block.
 *
 * Fields. "required" ones must be given and not empty; a code takes any field of the vocabulary and uses its own.
 * Fields marked * may have several lines, all others are one line. No control character in any.
 * Every code requires: reference (but M70, M71), phone, organisation; every code takes: contact_name (who signs).
 *
 * | code | to        | required                                                       | may have                                              |
 * |------|-----------|----------------------------------------------------------------|-------------------------------------------------------|
 * | M01  | patient   | patient_name                                                   | missing_list*                                         |
 * | M02  | patient   | patient_name, missing_count, missing_list*                     | question_text* (asked by the expert)                  |
 * | M06  | patient   | patient_name, due_date                                         |                                                       |
 * | M07  | patient   | patient_name, expert_name, due_date                            | expert_place                                          |
 * | M10  | expert    | due_date, due_day, due_hour, age, sex, pathology, questions*, documents_count, exams_list* | first_question, expert_name, decision_date, first_opinion*, missing_list*, offer_until |
 * | M11  | expert    | due_date, due_day                                              | expert_name, age, sex, pathology, offer_until         |
 * | M12  | expert    |                                                                | expert_name, due_date                                 |
 * | M13  | expert    | patient_name, patient_birth, due_date, questions*, documents_count, exams_list*, form* | expert_name, age, sex, pathology, missing_list*, part |
 * |      |           |                                                                | heavy_list* (what no mail can carry), package         |
 * | M13B | expert    | patient_name, patient_birth, due_date, exams_list*, part       |                                                       |
 * | M15  | expert    | missing_list*                                                  | expert_name, due_date, form*, form_whole*             |
 * | M16  | expert    | delivered_at                                                   | expert_name, read_at, exchange_until                  |
 * | M21  | patient   | patient_name, expert_name                                      | summary*, exchange_until, recipients_list*, help*, replaced_at |
 * | M30  | expert    | question_text*                                                 | expert_name, exchange_until                           |
 * | M31  | patient   | patient_name, expert_name, answer_text*                        | exchange_until                                        |
 * | M64  | physician | patient_name, patient_birth, expert_name                       | convergence, advice*, delay*, summary*, replaced_at, help*, package |
 * | M70  | hospital  |                                                                | received_at, documents_count, pieces_list*            |
 * | M71  | sender    | code, sentence                                                 | hint, reference, received_at, document_name           |
 *
 * package is compose's own: the name of the package's file, where one is attached.
 * How they are worded (compose turns the machine's own values into these words: see gateway/compose_words.h): due_date, decision_date, exchange_until, offer_until, delivered_at, read_at, received_at and replaced_at in words of the
 * language without an article ("samedi 14 mars 2026"); due_day "14/03", so that a telephone shows it in the subject; due_hour "sam. 14/03, 18 h"; first_question cut to
 * what a preview shows; form as policy/decide_form.h writes it, form_whole the same with every heading; age "44 ans"; sex "Femme"; missing_count "2 documents"; documents_count
 * "11 pièces, 38 pages"; lists one item a line, numbered or with "- "; part "1/3"; convergence "oui", "partielle" or "non"; help the expert's words under "Aide utilisée"; phone as it is dialled.
 * Toward patients no field but the expert's own words (summary, answer_text, question_text) may name a disease. */
#ifndef RELAIS_GATEWAY_TEMPLATE_H
#define RELAIS_GATEWAY_TEMPLATE_H

#include "base/arena.h"
#include "base/reason.h"

struct template_field {
	struct bytes name, value;
};

struct template_set;

/* An empty set; it lives in the arena. */
struct template_set *template_open(struct arena *arena);
/* Adds one text. COMPOSE_TEMPLATE: unknown code or language, twice the same, or a text that breaks the rules above;
 * then *where says why in English (static text). The text is copied. */
MUST_USE enum reason template_add(struct template_set *set, struct bytes code, struct bytes language, struct bytes text,
				  const char **where);
/* Reads the whole folder: every code in both languages. *where is then the file and the reason, in the arena. */
MUST_USE enum reason template_load(struct arena *arena, const char *folder, struct template_set **out, const char **where);

/* Checks one field: COMPOSE_FIELD when the name is not of the vocabulary, or the value is not UTF-8, holds a control
 * character (LF is allowed where the field may have several lines) or is over LIMIT_TEXT. */
MUST_USE enum reason template_field_check(struct bytes name, struct bytes value);
/* Fills the template. COMPOSE_TEMPLATE: no such code or language, or a required field is absent or empty; COMPOSE_FIELD: see above.
 * *where is then the field's (or code's) name, borrowed. On REASON_NONE both texts are in the arena, lines end with LF. */
MUST_USE enum reason template_render(struct arena *arena, const struct template_set *set, struct bytes code, struct bytes language,
				     const struct template_field *fields, size_t count,
				     struct bytes *subject, struct bytes *body, struct bytes *where);

#endif
