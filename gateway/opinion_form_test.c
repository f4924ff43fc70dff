/* gateway/opinion_form_test.c - the form that the policy writes is the form that smtp/form reads, whatever the mail programs do to it; and
 * no other word of ours is ever taken for the expert's. */
#include "policy/test_world.h"

#include <stdio.h>

#include "base/buf.h"
#include "gateway/template.h"
#include "gateway/template_code.h"
#include "policy/decide_form.h"
#include "smtp/compose_html.h"
#include "smtp/form.h"
#include "smtp/mime_flowed.h"
#include "smtp/mime_html.h"

#define UN "un@experts.exemple.fr"
#define LONG_QUESTION "Une mastectomie est-elle nécessaire [vraiment], ou une chirurgie conservatrice est-elle possible, et dans quel délai : un mois, deux ?"

static struct policy_answer questions[COUNT(REQUEST_ANSWERS) + 2];

/* The form of M13 for a dossier with three questions; or of M15, when the opinion sent lacks what strip takes away. */
static struct bytes sent_form(struct world *w, const char *language, void (*strip)(struct policy_form *form))
{
	struct policy_message request = request_message(w);

	w->rules.language = language;
	for (size_t i = 0; i < COUNT(REQUEST_ANSWERS); i++)
		questions[i] = REQUEST_ANSWERS[i];
	questions[COUNT(REQUEST_ANSWERS)] = (struct policy_answer){.question = BYTES("question.2"), .value = BYTES(LONG_QUESTION)};
	questions[COUNT(REQUEST_ANSWERS) + 1] = (struct policy_answer){.question = BYTES("question.3"), .value = BYTES("Et\nla radiothérapie ?")};
	request.answers = questions;
	request.n_answers = COUNT(questions);
	send(w, request);
	send(w, record_message(w, "mammo-1", "18748-4", "m1"));
	send(w, record_message(w, "rcp-1", "51851-4", "r1"));
	command(w, POLICY_ACT_TRIAGE, "", "");
	pass(w, SPAN_HOURS(1));
	send(w, reply_message(w, UN, POLICY_WORD_ACCEPT));
	if (strip == NULL)
		return field_of(&w->last, MAIL_M13, "form");
	struct policy_message m = opinion_message(w, UN, "e1");
	strip(&m.form);
	send(w, m);
	return field_of(&w->last, MAIL_M15, "form");
}

static void nothing_read(struct arena *arena, const char *what, struct bytes text)
{
	struct form form;

	form_read(arena, text, &form);
	if (form.found || form.answer_count > 0 || form.opinion.len > 0 || form.convergence.len > 0 || form.advice.len > 0 || form.delay.len > 0 ||
	    form.summary.len > 0 || form.limits.len > 0 || form.help.len > 0 || form.interests.len > 0)
		fail_msg("%s: our own words were read as the expert's:\n%s", what, arena_text(arena, text));
}

/* Every heading gets words under it: "un", "deux"... */
static struct bytes filled(struct arena *arena, struct bytes form)
{
	static const char *const words[] = {"Réponse un", "Réponse deux", "Réponse trois", "L'avis", "partielle, car jeune", "Conduite", "Trois semaines",
					    "Des limites", "Le résumé", "Aucune", "Aucun"};
	struct buf out = buf_make(1 << 20);
	size_t n = 0;

	for (size_t at = 0; at < form.len;) {
		size_t end = bytes_find_byte(form, '\n', at);
		struct bytes line = bytes_slice(form, at, end - at);
		buf_add(&out, line);
		buf_u8(&out, '\n');
		if (line.len > 1 && line.at[line.len - 1] == ':') {
			assert_true(n < COUNT(words));
			buf_printf(&out, "%s\nsuite\n", words[n++]);
		}
		at = end + 1;
	}
	assert_int_equal(n, COUNT(words));
	struct bytes text = arena_copy(arena, buf_bytes(&out));
	buf_free(&out);
	return text;
}

static void same(const char *what, struct bytes got, const char *want)
{
	if (!bytes_equal_text(got, want))
		fail_msg("%s: \"%.*s\" is not \"%s\"", what, (int)got.len, got.len > 0 ? (const char *)got.at : "", want);
}

static void all_read(struct arena *arena, const char *what, struct bytes text)
{
	struct form form;

	form_read(arena, text, &form);
	assert_true(form.found);
	same(what, form.reference, REFERENCE);
	assert_int_equal(form.answer_count, 3);
	same(what, form.answers[0].text, "Réponse un\nsuite");
	same(what, form.answers[1].text, "Réponse deux\nsuite");
	same(what, form.answers[2].text, "Réponse trois\nsuite");
	same(what, form.opinion, "L'avis\nsuite");
	same(what, form.convergence, "partly");
	same(what, form.remark, "car jeune\nsuite");
	same(what, form.advice, "Conduite\nsuite");
	same(what, form.delay, "Trois semaines\nsuite");
	same(what, form.limits, "Des limites\nsuite");
	same(what, form.summary, "Le résumé\nsuite");
	same(what, form.help, "Aucune\nsuite");
	same(what, form.interests, "Aucun\nsuite");
}

/* As a client that knows nothing of flowed text breaks long lines, here and there quoting them. */
static struct bytes broken_at(struct arena *arena, struct bytes text, size_t width, const char *mark, bool only_headings)
{
	struct buf out = buf_make(1 << 20);
	struct cursor lines = cursor_on(text);

	while (lines.left.len > 0) {
		struct bytes line = cursor_until(&lines, '\n');
		bool heading = bytes_contains(line, BYTES("[")) || bytes_starts(line, BYTES("Réf")) || line.len == 0;
		const char *front = heading || !only_headings ? mark : "";
		do {
			size_t n = line.len;
			if (n > width)
				for (n = width; n > 0 && line.at[n] != ' '; n--)
					;
			n = n == 0 ? line.len : n;
			buf_text(&out, front);
			buf_add(&out, bytes_slice(line, 0, n));
			buf_u8(&out, '\n');
			line = bytes_trim(bytes_from(line, n));
		} while (line.len > 0);
	}
	struct bytes copy = arena_copy(arena, buf_bytes(&out));
	buf_free(&out);
	return copy;
}

static void the_form_comes_back(void **state)
{
	static const char *const languages[] = {"fr", "en"};

	(void)state;
	for (size_t i = 0; i < COUNT(languages); i++) {
		struct world *w = world_make();
		struct arena *arena = arena_create(64 << 20);
		struct bytes blank = sent_form(w, languages[i], NULL), full = filled(arena, blank);
		assert_true(bytes_contains(blank, BYTES("[...]")) == false);
		nothing_read(arena, "blank", blank);
		nothing_read(arena, "blank, quoted", broken_at(arena, blank, 400, "> ", false));
		nothing_read(arena, "blank, quoted and broken", broken_at(arena, blank, 60, "> ", false));
		all_read(arena, "as it is", full);
		all_read(arena, "quoted, all of it", broken_at(arena, full, 4000, "> ", false));
		all_read(arena, "headings quoted, words between", broken_at(arena, full, 4000, "> ", true));
		all_read(arena, "headings broken", broken_at(arena, full, 60, "", false));
		all_read(arena, "headings quoted and broken", broken_at(arena, full, 50, ">> ", true));
		all_read(arena, "flowed", mime_flowed_join(arena, mime_flowed_cut(arena, full), false));
		all_read(arena, "flowed, read as plain", mime_flowed_cut(arena, full));
		all_read(arena, "HTML", mime_html_text(arena, compose_html(arena, full, BYTES("S"), BYTES("fr"), NULL, 0)));
		arena_destroy(&arena);
		world_free(w);
	}
}

static void without_summary(struct policy_form *form)
{
	form->summary = form->convergence = BYTES_NONE;
}

static void only_what_is_missing_is_asked(void **state)
{
	static const char *const languages[] = {"fr", "en"};

	(void)state;
	for (size_t i = 0; i < COUNT(languages); i++) {
		struct world *w = world_make();
		struct arena *arena = arena_create(64 << 20);
		struct form form;
		struct bytes blank = sent_form(w, languages[i], without_summary), lines = field_of(&w->last, MAIL_M15, "missing");
		size_t headings = 0;
		for (size_t at = 0; (at = bytes_find(blank, BYTES("["), at)) < blank.len; at++)
			headings++;
		assert_int_equal(headings, 4);
		assert_true(bytes_contains(lines, BYTES("question 2")) && bytes_contains(lines, BYTES("question 3")));
		nothing_read(arena, "the list of what is missing", lines);
		/* Above the quoted mail he writes one heading and its text. */
		struct bytes text = bytes_of_text(arena_printf(arena, "%s : Tout va bien.\n\nLe 21/11/2026 à 10:00, Relais <r@example.org> a écrit :\n> %s\n%s",
							       i == 0 ? "Résumé pour le patient" : "Summary for the patient", "Il nous manque :",
							       arena_text(arena, broken_at(arena, blank, 4000, "> ", false))));
		form_read(arena, text, &form);
		assert_true(form.found && form.answer_count == 0);
		same("completed above", form.summary, "Tout va bien.");
		same("completed above", form.reference, REFERENCE);
		arena_destroy(&arena);
		world_free(w);
	}
}

/* Every letter that we send, with every field: quoted, or left under a reply without a mark, it says nothing for the expert. */
static void no_letter_of_ours_is_an_opinion(void **state)
{
	struct arena *arena = arena_create(256 << 20);
	struct template_set *set = NULL;
	const char *file = __FILE__, *where = "";
	char path[1024];
	size_t slash = bytes_of_text(file).len;

	(void)state;
	while (slash > 0 && file[slash] != '/')
		slash--;
	snprintf(path, sizeof path, "%.*s/templates", (int)slash, file);
	assert_int_equal(template_load(arena, path, &set, &where), REASON_NONE);
	for (size_t c = 0; c < TEMPLATE_CODES; c++)
		for (size_t l = 0; l < TEMPLATE_LANGUAGES * 2; l++) {
			const struct template_choice choice = {bytes_of_text(template_codes[c].code), bytes_of_text(template_languages[l / 2]), l % 2 == 1, false};
			struct template_field fields[40];
			struct template_text text;
			struct bytes body, absent;
			size_t n = 0;
			for (size_t k = 0; k < 2; k++) {
				struct cursor names = cursor_on(bytes_of_text(k == 0 ? template_codes[c].required : template_codes[c].optional));
				while (names.left.len > 0)
					fields[n++] = (struct template_field){cursor_until(&names, ' '), BYTES("Des mots quelconques")};
			}
			assert_int_equal(template_render(arena, set, &choice, fields, n, &text, &absent), REASON_NONE);
			body = text.body;
			nothing_read(arena, template_codes[c].code, body);
			nothing_read(arena, template_codes[c].code, broken_at(arena, body, 70, "> ", false));
			nothing_read(arena, template_codes[c].code, bytes_of_text(arena_printf(arena, "Bien reçu.\n\nDe : Relais\nEnvoyé : lundi\nÀ : Dr\nObjet : x\n\n%s",
											       arena_text(arena, body))));
		}
	arena_destroy(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_form_comes_back), cmocka_unit_test(only_what_is_missing_is_asked),
		cmocka_unit_test(no_letter_of_ours_is_an_opinion),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
