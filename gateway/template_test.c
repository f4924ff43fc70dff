/* gateway/template_test.c - the rules of a text, what it is filled with, and every text that is shipped. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "gateway/template.h"
#include "gateway/template_code.h"
#include "policy/mail.h"

static void checks_texts_when_they_are_added(void **state)
{
	static const struct {
		const char *what, *code, *language, *text, *why;
	} cases[] = {
		{"a sound text", "M01", "fr", "Subject: A {{reference}}\n\nB {{phone}}\n", NULL},
		{"an optional field in its block", "M01", "fr", "Subject: A\n\n{{#missing_list}}{{missing_list}}{{/missing_list}}B", NULL},
		{"what only a letter says", "M01", "fr", "Subject: A\n\nB{{#letter}}C{{/letter}}", NULL},
		{"the form of a text as a field", "M01", "fr", "Subject: A\n\n{{letter}}", "a field that this code does not have"},
		{"a reply sheet", "M02", "fr", "Subject: A\n\nB\n====\n{{missing_list}}\n", NULL},
		{"a field of another code on the sheet", "M02", "fr", "Subject: A\n\nB\n====\n{{questions}}\n", "a field that this code does not have"},
		{"an unknown code", "M999", "fr", "Subject: A\n\nB", "no such code or language"},
		{"an unknown language", "M01", "de", "Subject: A\n\nB", "no such code or language"},
		{"no subject", "M01", "fr", "A\n\nB", "the first line is no Subject, or no empty line follows it"},
		{"two lines of head", "M01", "fr", "Subject: A\nX: y\n\nB", "the first line is no Subject, or no empty line follows it"},
		{"no body", "M01", "fr", "Subject: A\n\n \n", "the first line is no Subject, or no empty line follows it"},
		{"CRLF", "M01", "fr", "Subject: A\r\n\r\nB", "too long, not UTF-8, or a control character"},
		{"Latin-1", "M01", "fr", "Subject: \xe9\n\nB", "too long, not UTF-8, or a control character"},
		{"a field of another code", "M01", "fr", "Subject: A\n\n{{questions}}", "a field that this code does not have"},
		{"a field of no code", "M01", "fr", "Subject: A\n\n{{ reference }}", "a field that this code does not have"},
		{"an empty tag", "M01", "fr", "Subject: A\n\n{{}}", "a field that this code does not have"},
		{"an optional field outside its block", "M01", "fr", "Subject: A\n\n{{missing_list}}", "a field that may be absent stands outside its own block"},
		{"an open block", "M01", "fr", "Subject: A\n\n{{#missing_list}}x", "a block is not closed"},
		{"a block closed twice", "M01", "fr", "Subject: A\n\n{{/missing_list}}", "a block is closed that is not the last one opened"},
		{"blocks crossing", "M01", "fr", "Subject: A\n\n{{#missing_list}}{{#contact_name}}{{/missing_list}}{{/contact_name}}",
		 "a block is closed that is not the last one opened"},
		{"a block in itself", "M01", "fr", "Subject: A\n\n{{#missing_list}}{{#missing_list}}{{/missing_list}}{{/missing_list}}",
		 "a block inside itself, or blocks too deep"},
		{"braces left open", "M01", "fr", "Subject: A\n\n{{reference", "{{ without }}"},
		{"several lines in a subject", "M02", "fr", "Subject: {{missing_list}}\n\nB", "a field of several lines stands in the subject"},
	};
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct arena *arena = arena_create(1 << 20);
		const char *where = NULL;
		enum reason reason = template_add(template_open(arena), bytes_of_text(cases[i].code), bytes_of_text(cases[i].language),
						  false, bytes_of_text(cases[i].text), &where);
		print_message("%s\n", cases[i].what);
		assert_int_equal(reason, cases[i].why == NULL ? REASON_NONE : REASON_COMPOSE_TEMPLATE);
		if (cases[i].why == NULL)
			assert_null(where);
		else
			assert_string_equal(where, cases[i].why);
		arena_destroy(&arena);
	}
}

static void easy_texts_are_for_patients_and_who_acts_for_them(void **state)
{
	static const struct {
		const char *code;
		enum reason reason;
	} cases[] = {{"M01", REASON_NONE}, {"M51", REASON_NONE}, {"M10", REASON_COMPOSE_TEMPLATE}, {"M64", REASON_COMPOSE_TEMPLATE}, {"LETTER", REASON_COMPOSE_TEMPLATE}};
	struct arena *arena = arena_create(1 << 20);
	struct template_set *set = template_open(arena);
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		const char *where;
		print_message("%s\n", cases[i].code);
		assert_int_equal(template_add(set, bytes_of_text(cases[i].code), BYTES("fr"), true, BYTES("Subject: A\n\nB"), &where), cases[i].reason);
	}
	arena_destroy(&arena);
}

#define FIELD(n, v) {BYTES_OF(n), BYTES_OF(v)}

static void fills_texts(void **state)
{
	static const struct template_field all[] = {FIELD("reference", "A-1"), FIELD("phone", "01"), FIELD("organisation", "S"),
						    FIELD("patient_name", "{{phone}} é"), FIELD("missing_list", "- un\n- deux\n")};
	static const char text[] = "Subject: Demande {{reference}}\n\nBonjour {{patient_name}},\n{{#missing_list}}\nManque :\n{{missing_list}}\n"
				   "{{/missing_list}}\nFin{{#contact_name}}, {{contact_name}}{{/contact_name}}.\n";
	const struct template_choice french = {BYTES("M01"), BYTES("fr"), false, false}, english = {BYTES("M01"), BYTES("en"), false, false};
	struct arena *arena = arena_create(1 << 20);
	struct template_set *set = template_open(arena);
	struct template_text out;
	struct bytes absent;
	const char *where;
	(void)state;
	assert_int_equal(template_add(set, BYTES("M01"), BYTES("fr"), false, bytes_of_text(text), &where), REASON_NONE);
	assert_int_equal(template_add(set, BYTES("M01"), BYTES("fr"), false, bytes_of_text(text), &where), REASON_COMPOSE_TEMPLATE);
	assert_int_equal(template_render(arena, set, &french, all, 5, &out, &absent), REASON_NONE);
	assert_true(bytes_equal_text(out.subject, "Demande A-1"));
	/* A value is never read as a template. */
	assert_true(bytes_equal_text(out.body, "Bonjour {{phone}} é,\nManque :\n- un\n- deux\nFin.\n"));
	assert_int_equal(template_render(arena, set, &french, all, 4, &out, &absent), REASON_NONE);
	assert_true(bytes_equal_text(out.body, "Bonjour {{phone}} é,\nFin.\n"));
	assert_int_equal(template_render(arena, set, &french, all, 3, &out, &absent), REASON_COMPOSE_TEMPLATE);
	assert_true(bytes_equal_text(absent, "patient_name"));
	assert_int_equal(template_render(arena, set, &english, all, 5, &out, &absent), REASON_COMPOSE_TEMPLATE);
	arena_destroy(&arena);
}

static void a_letter_says_what_a_letter_says(void **state)
{
	static const struct template_field all[] = {FIELD("reference", "A-1"), FIELD("phone", "01"), FIELD("organisation", "S"),
						    FIELD("patient_name", "P"), FIELD("missing_count", "1"), FIELD("missing_list", "- un")};
	static const char text[] = "Subject: S\n\n{{#mail}}\nRépondez.\n{{/mail}}\n{{#letter}}\nRenvoyez.\n{{/letter}}\nFin.\n====\n{{missing_list}}\n____\n";
	static const char easy[] = "Subject: S\n\nC’est facile.\n";
	struct template_choice choice = {BYTES("M02"), BYTES("fr"), false, false};
	struct arena *arena = arena_create(1 << 20);
	struct template_set *set = template_open(arena);
	struct template_text out;
	struct bytes absent;
	const char *where;
	(void)state;
	assert_int_equal(template_add(set, BYTES("M02"), BYTES("fr"), false, bytes_of_text(text), &where), REASON_NONE);
	assert_int_equal(template_add(set, BYTES("M02"), BYTES("fr"), true, bytes_of_text(easy), &where), REASON_NONE);
	assert_int_equal(template_render(arena, set, &choice, all, 6, &out, &absent), REASON_NONE);
	assert_true(bytes_equal_text(out.body, "Répondez.\nFin.\n"));
	assert_int_equal(out.sheet.len, 0);
	choice.letter = true;
	assert_int_equal(template_render(arena, set, &choice, all, 6, &out, &absent), REASON_NONE);
	assert_true(bytes_equal_text(out.body, "Renvoyez.\nFin.\n"));
	assert_true(bytes_equal_text(out.sheet, "- un\n____\n"));
	choice.easy = true;
	assert_int_equal(template_render(arena, set, &choice, all, 6, &out, &absent), REASON_NONE);
	assert_true(bytes_equal_text(out.body, "C’est facile.\n"));
	assert_int_equal(out.sheet.len, 0);
	arena_destroy(&arena);
}

static void checks_fields(void **state)
{
	static const struct {
		const char *what;
		struct template_field field;
		enum reason reason;
	} cases[] = {
		{"one line", FIELD("phone", "01 02"), REASON_NONE},
		{"several lines where they may be", FIELD("summary", "a\nb"), REASON_NONE},
		{"several lines where they may not", FIELD("phone", "01\n02"), REASON_COMPOSE_FIELD},
		{"CRLF in one line", FIELD("patient_name", "A\r\nBcc: x@y"), REASON_COMPOSE_FIELD},
		{"CR in several lines", FIELD("summary", "a\rb"), REASON_COMPOSE_FIELD},
		{"NUL", FIELD("summary", "a\0b"), REASON_COMPOSE_FIELD},
		{"escape", FIELD("summary", "\x1b[2J"), REASON_COMPOSE_FIELD},
		{"broken UTF-8", FIELD("summary", "\xe9"), REASON_COMPOSE_FIELD},
		{"an unknown name", FIELD("mailbox", "a"), REASON_COMPOSE_FIELD},
		{"no name", FIELD("", "a"), REASON_COMPOSE_FIELD},
	};
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		print_message("%s\n", cases[i].what);
		assert_int_equal(template_field_check(cases[i].field.name, cases[i].field.value), cases[i].reason);
	}
}

/* The folder beside this file, wherever the tests are run from. */
static const char *folder(char out[1024])
{
	const char *file = __FILE__;
	const char *slash = strrchr(file, '/');
	snprintf(out, 1024, "%.*s/templates", slash == NULL ? 1 : (int)(slash - file), slash == NULL ? "." : file);
	return out;
}

/* Every field of the vocabulary, with a value that tells its name. */
static size_t every_field(struct arena *arena, struct template_field *out, bool required_only, const struct template_code *code)
{
	const char *lists[2] = {code->required, required_only ? "" : code->optional};
	size_t n = 0;
	for (size_t i = 0; i < 2; i++) {
		struct cursor cursor = cursor_on(bytes_of_text(lists[i]));
		while (cursor.left.len > 0) {
			struct bytes name = cursor_until(&cursor, ' ');
			out[n++] = (struct template_field){name, bytes_of_text(arena_printf(arena, "<%s>", arena_text(arena, name)))};
		}
	}
	return n;
}

struct shipped {
	struct arena *arena;
	struct template_set *set;
	const struct template_code *code;
	struct template_choice choice;
	bool least;
};

static bool is_said(const struct template_text *text, struct bytes value)
{
	return bytes_contains(text->body, value) || bytes_contains(text->subject, value) || bytes_contains(text->sheet, value);
}

/* The form's own empty lines are room to write in. */
static bool has_form(const char *code)
{
	return strcmp(code, "M13") == 0 || strcmp(code, "M15") == 0;
}

static void check_shipped(const struct shipped *s)
{
	struct template_field fields[40];
	struct template_text text;
	struct bytes absent;
	size_t n = every_field(s->arena, fields, s->least, s->code);
	print_message("%s.%s%s%s %s\n", s->code->code, arena_text(s->arena, s->choice.language), s->choice.easy ? " easy" : "", s->choice.letter ? " letter" : "",
		      s->least ? "required fields" : "all fields");
	assert_int_equal(template_render(s->arena, s->set, &s->choice, fields, n, &text, &absent), REASON_NONE);
	assert_false(bytes_contains(text.body, BYTES("{{")) || bytes_contains(text.body, BYTES("}}")) || bytes_contains(text.body, BYTES("====")));
	assert_false(bytes_contains(text.sheet, BYTES("{{")) || bytes_contains(text.sheet, BYTES("}}")));
	assert_false(bytes_contains(text.body, BYTES("\n\n\n")) && !has_form(s->code->code));
	assert_true(text.subject.len < 120);
	/* Each field that is given is used: a text that forgets one would lose what the worker said. */
	for (size_t i = 0; i < n; i++)
		if (!is_said(&text, fields[i].value)) {
			print_message("unused: %s\n", arena_text(s->arena, fields[i].name));
			fail();
		}
}

static void every_text_that_is_shipped_is_sound(void **state)
{
	struct shipped s = {.arena = arena_create(64 << 20)};
	const char *where = "";
	char path[1024];
	(void)state;
	assert_int_equal(template_load(s.arena, folder(path), &s.set, &where), REASON_NONE);
	for (size_t c = 0; c < TEMPLATE_CODES; c++)
		for (unsigned i = 0; i < 16; i++) {
			s.code = &template_codes[c];
			s.choice = (struct template_choice){bytes_of_text(s.code->code), bytes_of_text(template_languages[i & 1]), (i & 2) != 0, (i & 4) != 0};
			s.least = (i & 8) != 0;
			check_shipped(&s);
		}
	arena_destroy(&s.arena);
}

/* A thread is one thread, however it is written; and no reader of an easy text misses a step of the other. */
static void easy_texts_keep_the_subject(void **state)
{
	struct shipped s = {.arena = arena_create(64 << 20)};
	struct template_field fields[40];
	struct template_text plain, easy;
	struct bytes absent;
	const char *where = "";
	char path[1024];
	(void)state;
	assert_int_equal(template_load(s.arena, folder(path), &s.set, &where), REASON_NONE);
	for (size_t c = 0; c < TEMPLATE_CODES; c++)
		for (unsigned i = 0; i < 4; i++) {
			struct template_choice choice = {bytes_of_text(template_codes[c].code), bytes_of_text(template_languages[i & 1]), false, (i & 2) != 0};
			size_t n = every_field(s.arena, fields, false, &template_codes[c]);
			assert_int_equal(template_render(s.arena, s.set, &choice, fields, n, &plain, &absent), REASON_NONE);
			choice.easy = true;
			assert_int_equal(template_render(s.arena, s.set, &choice, fields, n, &easy, &absent), REASON_NONE);
			print_message("%s\n", template_codes[c].code);
			assert_true(bytes_equal(plain.subject, easy.subject));
			assert_true(bytes_equal(plain.sheet, easy.sheet));
			assert_int_equal(bytes_equal(plain.body, easy.body), !template_code_easy(c));
		}
	arena_destroy(&s.arena);
}

static bool has_field(const struct template_code *code, struct bytes name)
{
	return template_names_have(code->required, name) || template_names_have(code->optional, name);
}

/* What names a patient, and what tells of an illness. */
static const char *const naming[] = {"patient_name", "patient_birth", "patient_short"};
static const char *const clinical[] = {"pathology", "age", "sex", "questions", "question_text", "exams_list", "summary", "answer_text", "advice", "help", "first_opinion"};

static bool names_none(const struct template_code *code, const char *const *names, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (has_field(code, bytes_of_text(names[i])))
			return false;
	return true;
}

static void what_must_not_be_said_is_not_said(void **state)
{
	(void)state;
	for (size_t c = 0; c < TEMPLATE_CODES; c++) {
		const struct template_code *code = &template_codes[c];
		struct bytes name = bytes_of_text(code->code), to = bytes_of_text(code->to);
		bool offer = bytes_equal_text(name, "M10") || bytes_equal_text(name, "M11") || bytes_equal_text(name, "M12");
		bool blind = bytes_equal_text(to, "nurses") || bytes_equal_text(to, "operator") || bytes_equal_text(to, "officer") ||
			     bytes_equal_text(to, "insurer") || bytes_equal_text(to, "print station");
		print_message("%s\n", code->code);
		/* The offer, the receipt, the statement and what leaves the trusted space cannot name a patient. */
		if (offer || blind || bytes_equal_text(name, "M70") || bytes_equal_text(name, "M17") || bytes_equal_text(name, "M20") || bytes_equal_text(name, "M50"))
			assert_true(names_none(code, naming, sizeof naming / sizeof naming[0]));
		if (blind || bytes_equal_text(name, "M20") || bytes_equal_text(to, "representative"))
			assert_true(names_none(code, clinical, sizeof clinical / sizeof clinical[0]));
		if (bytes_equal_text(name, "M70") || bytes_equal_text(name, "M99") || bytes_equal_text(name, "M100") || bytes_equal_text(name, "M20"))
			assert_false(has_field(code, BYTES("reference")));
		/* Who was relieved of a dossier is not told who has it now. */
		if (bytes_equal_text(name, "M18"))
			assert_false(has_field(code, BYTES("expert_name")));
		/* Toward patients only the expert speaks of the disease. */
		if (bytes_equal_text(to, "patient"))
			assert_false(has_field(code, BYTES("pathology")));
	}
	assert_string_equal(template_codes[template_code_find(BYTES("M20"))].required, "phone");
	assert_string_equal(template_codes[template_code_find(BYTES("M20"))].optional, "");
}

static void the_form_stands_between_two_rules(void **state)
{
	struct shipped s = {.arena = arena_create(64 << 20)};
	const struct template_choice choice = {BYTES("M13"), BYTES("fr"), false, false};
	struct template_field fields[40];
	struct template_text text;
	struct bytes absent;
	const char *where = "";
	char path[1024];
	(void)state;
	assert_int_equal(template_load(s.arena, folder(path), &s.set, &where), REASON_NONE);
	size_t n = every_field(s.arena, fields, false, &template_codes[template_code_find(BYTES("M13"))]);
	assert_int_equal(template_render(s.arena, s.set, &choice, fields, n, &text, &absent), REASON_NONE);
	size_t at = bytes_find(text.body, BYTES("\n________________\n<form>\n________________\n"), 0);
	assert_true(at < text.body.len && bytes_find(text.body, BYTES("<form>"), at + 20) == text.body.len);
	arena_destroy(&s.arena);
}

/* Every mail that the policy may ask for has its words, and no word is for a mail that nobody asks for. */
static void the_table_is_the_catalogue(void **state)
{
	(void)state;
	for (enum mail_code c = MAIL_NONE + 1; c < MAIL_CODES; c++) {
		print_message("%s\n", mail_code_name(c));
		assert_true(template_code_find(bytes_of_text(mail_code_name(c))) < TEMPLATE_CODES);
	}
	for (size_t c = 0; c < TEMPLATE_CODES; c++)
		if (strcmp(template_codes[c].code, "LETTER") != 0)
			assert_int_not_equal(mail_code_of_name(bytes_of_text(template_codes[c].code)), MAIL_NONE);
}

static void a_folder_that_lacks_a_text_is_refused(void **state)
{
	struct arena *arena = arena_create(1 << 20);
	struct template_set *set = NULL;
	const char *where = "";
	(void)state;
	assert_int_equal(template_load(arena, "/nowhere", &set, &where), REASON_COMPOSE_TEMPLATE);
	assert_int_equal(template_load(arena, "/tmp", &set, &where), REASON_COMPOSE_TEMPLATE);
	assert_string_equal(where, "M01.fr.txt: cannot be read");
	assert_null(set);
	arena_destroy(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(checks_texts_when_they_are_added),
		cmocka_unit_test(easy_texts_are_for_patients_and_who_acts_for_them),
		cmocka_unit_test(fills_texts),
		cmocka_unit_test(a_letter_says_what_a_letter_says),
		cmocka_unit_test(checks_fields),
		cmocka_unit_test(every_text_that_is_shipped_is_sound),
		cmocka_unit_test(easy_texts_keep_the_subject),
		cmocka_unit_test(what_must_not_be_said_is_not_said),
		cmocka_unit_test(the_form_stands_between_two_rules),
		cmocka_unit_test(the_table_is_the_catalogue),
		cmocka_unit_test(a_folder_that_lacks_a_text_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
