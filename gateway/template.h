/* gateway/template.h - the texts of the mails that the gateway sends, as data files: templates/M01.fr.txt, M01.en.txt…
 *
 * A file is UTF-8: a line "Subject: …", an empty line, the body in plain text. {{name}} is replaced by that field;
 * {{#name}} … {{/name}} stays only when the field is there and not empty (a tag alone on its line takes the line with it; blocks do
 * not nest in a block of the same name). {{#mail}} and {{#letter}} hold what only a mail says, or only a letter on paper ("reply to this
 * message", "send back the sheet"). Below a line "====" stands the reply sheet of the letter, where one is awaited: its items are
 * boxes to tick, its lines of underscores are lines to write on. Files are checked when they are loaded: every code in both languages,
 * for patients and who acts for them also M01.fr.easy.txt (easy to read: short sentences, one idea a line), only fields
 * that the code has, and a field that may be absent only inside its own block.
 *
 * Fields. "required" ones must be given and not empty; a code takes any field of the vocabulary and uses its own.
 * Fields marked * may have several lines, all others are one line. No control character in any.
 * Every code requires phone and organisation (M20 the phone alone), and those of a dossier reference too; every code but M20 takes
 * contact_name (who signs). That is not repeated below. template_code.c is the table, docs/messages.md shows each text.
 *
 * | code    | to             | required                                                       | may have                                              |
 * |---------|----------------|----------------------------------------------------------------|-------------------------------------------------------|
 * | M01     | patient        | patient_name                                                   | missing_list*                                         |
 * | M02     | patient        | patient_name, missing_count, missing_list*                     |                                                       |
 * | M02B    | patient        | patient_name, question_text* (asked by the expert)             |                                                       |
 * | M03     | patient        | patient_name, missing_count, missing_list*                     | close_date                                            |
 * | M04     | patient        | patient_name, pieces_list* (each with why it cannot be read)   |                                                       |
 * | M05     | patient        | patient_name                                                   | document_name (kept apart), why                       |
 * | M06     | patient        | patient_name, due_date                                         |                                                       |
 * | M07     | patient        | patient_name, expert_name, due_date                            | expert_place                                          |
 * | M08     | patient        | patient_name, due_date                                         | expert_name (only once he has accepted)               |
 * | M09     | patient        | patient_name, due_date (the one that was promised), new_date   | why                                                   |
 * | M10     | expert         | due_date, due_day, due_hour, age, sex, pathology, questions*,  | exams_list*, first_question, expert_name,             |
 * |         |                | documents_count                                                | decision_date, first_opinion*, missing_list*,         |
 * |         |                |                                                                | offer_until                                           |
 * | M11     | expert         | due_date, due_day                                              | expert_name, age, sex, pathology, offer_until         |
 * | M12     | expert         |                                                                | expert_name, due_date                                 |
 * | M13     | expert         | patient_name, patient_birth, due_date, questions*,             | exams_list*, expert_name, age, sex, pathology,        |
 * |         |                | documents_count, form*                                         | missing_list*, part, heavy_list* (what no mail can    |
 * |         |                |                                                                | carry), package                                       |
 * | M13B    | expert         | patient_name, patient_birth, due_date, exams_list*             | part                                                  |
 * | M13C    | expert         | patient_name, patient_birth, due_date                          | answer_text* (to what he asked for), exams_list*,     |
 * |         |                |                                                                | part                                                  |
 * | M14     | expert         | due_date, time_left                                            | expert_name                                           |
 * | M15     | expert         | missing_list*                                                  | expert_name, due_date, form*, form_whole*             |
 * | M16     | expert         | delivered_at                                                   | expert_name, read_at, exchange_until                  |
 * | M17     | expert         | month, opinions_count, amount, lines_list* (by reference; no   | expert_name                                           |
 * |         |                | reference of its own)                                          |                                                       |
 * | M18     | expert         |                                                                | why (the dossier may have another expert: no name)    |
 * | M19     | patient        | patient_name                                                   | call_at                                               |
 * | M20     | patient        | (read outside of the trusted space: nothing but the phone)     |                                                       |
 * | M21     | patient        | patient_name, expert_name                                      | summary*, exchange_until, recipients_list*, help*,    |
 * |         |                |                                                                | replaced_at (then it is M21r)                         |
 * | M22     | patient        | patient_name                                                   | delivered_at                                          |
 * | M30     | expert         | question_text*                                                 | expert_name, exchange_until                           |
 * | M31     | patient        | patient_name, expert_name, answer_text*                        | exchange_until                                        |
 * | M33     | patient        | patient_name                                                   |                                                       |
 * | M34     | patient        | patient_name, time_left, exchange_until                        | expert_name                                           |
 * | M35     | patient        | patient_name (the mail carries X-MSS-MES: FIN)                 |                                                       |
 * | M36     | patient        | patient_name                                                   |                                                       |
 * | M37     | expert         |                                                                | expert_name                                           |
 * | M40     | patient        | patient_name                                                   | questions* (beyond our own three: from 4 on)          |
 * | M41     | patient        | erased_at                                                      | patient_name, kept_list*                              |
 * | M42     | patient        | patient_name                                                   | places_list* (who can help, besides the doctor), why  |
 * | M43     | patient        | patient_name                                                   | why                                                   |
 * | M44     | patient        | patient_name                                                   | missing_list*, why                                    |
 * | M45     | patient        | patient_name                                                   | new_date                                              |
 * | M50     | representative | (tells nothing of a dossier)                                   | reference, representative_name                        |
 * | M51     | representative | patient_name (of the child)                                    | representative_name, object_until                     |
 * | M52     | patient        | patient_name                                                    | representative_name                                   |
 * | M60     | physician      | patient_short                                                  | patient_birth, physician_name                         |
 * | M61     | physician      | patient_short                                                  | documents_count, missing_list*, due_date,             |
 * |         |                |                                                                | physician_name                                        |
 * | M62     | physician      | patient_short, document_name, sentence                         | hint, physician_name                                  |
 * | M63     | physician      | patient_short, question_text*                                  | due_date, physician_name                              |
 * | M64     | physician      | patient_name, patient_birth, expert_name                       | convergence, advice*, delay*, summary*, replaced_at   |
 * |         |                |                                                                | (then it is M65), help*, package                      |
 * | M70     | hospital       |                                                                | received_at, documents_count, pieces_list*            |
 * | M71     | sender         | code, sentence                                                 | hint, reference, received_at, document_name           |
 * | M73     | expert         | changes_list* (each document: replaced or deleted)             | expert_name, opinion_at, part                         |
 * | M80     | nurses         | today, tasks_count ("rien" when there is nothing)              | urgent_list*, tasks_list*                             |
 * | M81     | nurses         |                                                                | since, done_list*                                     |
 * | M82-M84 | nurses         | due_date                                                       | expert_name, standby_name, done_list*                 |
 * | M85     | nurses         | recipient, sentence, next_step                                 | hint, done_list*                                      |
 * | M90-M94 | operator       | sentence, since, todo_list*                                    | harm, done_list*, told                                |
 * | M95     | operator       | today, figures_list*                                           | done_list*                                            |
 * | M96     | officer        | sentence, since, todo_list*, deadline                          | reference, harm, done_list*, seen_list*, told         |
 * | M97     | officer        | actor, since, why                                              | reference, until_at                                   |
 * | M98     | officer        | as M90                                                         |                                                       |
 * | M99     | insurer        | month, contract, figures_list*                                 |                                                       |
 * | M100    | insurer        |                                                                | received_at                                           |
 * | LETTER  | print station  | letter_code                                                    | reference, letter_sheet (the code of the reply sheet) |
 *
 * package is compose's own: the name of the package's file, where one is attached.
 * How they are worded (compose turns the machine's own values into these words: see gateway/compose_words.h): due_date, new_date, close_date,
 * object_until, decision_date, exchange_until, offer_until, delivered_at, read_at, received_at, replaced_at, opinion_at, erased_at, since and today in words of the
 * language without an article ("samedi 14 mars 2026"); due_day "14/03", so that a telephone shows it in the subject; due_hour "sam. 14/03, 18 h"; call_at "jeudi
 * 12 mars entre 14 h et 16 h"; deadline and until_at with their hour; month "mars 2026"; time_left "2 jours"; first_question cut to
 * what a preview shows; form as policy/decide_form.h writes it, form_whole the same with every heading; age "44 ans"; sex "Femme"; patient_short "PAT-TROIS D."; missing_count "2 documents"; documents_count
 * "11 pièces, 38 pages"; tasks_count "12 tâches"; opinions_count "4 avis"; amount "480 €"; recipient "le médecin traitant"; lists one item a line, numbered or with "- "; part "1/3"; convergence "oui", "partielle" or "non"; help the expert's words under "Aide utilisée"; phone as it is dialled.
 * why, sentence, hint, harm and next_step are sentences with their full stop.
 * Toward patients no field but the expert's own words (summary, answer_text, question_text) may name a disease; toward nurses, operator, officer and insurer
 * no field names a patient or anything clinical. */
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
/* Adds one text; easy: the easy-to-read one. COMPOSE_TEMPLATE: unknown code or language, twice the same, or a text that breaks the rules above;
 * then *where says why in English (static text). The text is copied. */
MUST_USE enum reason template_add(struct template_set *set, struct bytes code, struct bytes language, bool easy,
				  struct bytes text, const char **where);
/* Reads the whole folder: every code in both languages. *where is then the file and the reason, in the arena. */
MUST_USE enum reason template_load(struct arena *arena, const char *folder, struct template_set **out, const char **where);

/* Checks one field: COMPOSE_FIELD when the name is not of the vocabulary, or the value is not UTF-8, holds a control
 * character (LF is allowed where the field may have several lines) or is over LIMIT_TEXT. */
MUST_USE enum reason template_field_check(struct bytes name, struct bytes value);
/* Which text. */
struct template_choice {
	struct bytes code, language;
	bool easy;                    /* the easy-to-read text; a code that has none gives its only one */
	bool letter;                  /* for paper: what {{#letter}} holds, and the reply sheet */
};

/* Lines end with LF. sheet is empty when it is no letter, or one without a reply sheet. */
struct template_text {
	struct bytes subject, body, sheet;
};

/* Fills the template. COMPOSE_TEMPLATE: no such code or language, or a required field is absent or empty; COMPOSE_FIELD: see above.
 * *where is then the field's (or code's) name, borrowed. On REASON_NONE all of *out is in the arena. */
MUST_USE enum reason template_render(struct arena *arena, const struct template_set *set, const struct template_choice *choice,
				     const struct template_field *fields, size_t count, struct template_text *out, struct bytes *where);

#endif
