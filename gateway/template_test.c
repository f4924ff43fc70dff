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

static void checks_texts_when_they_are_added(void **state)
{
	static const struct {
		const char *what, *code, *language, *text, *why;
	} cases[] = {
		{"a sound text", "M01", "fr", "Subject: A {{reference}}\n\nB {{phone}}\n", NULL},
		{"an optional field in its block", "M01", "fr", "Subject: A\n\n{{#missing_list}}{{missing_list}}{{/missing_list}}B", NULL},
		{"an unknown code", "M99", "fr", "Subject: A\n\nB", "no such code or language"},
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
						  bytes_of_text(cases[i].text), &where);
		print_message("%s\n", cases[i].what);
		assert_int_equal(reason, cases[i].why == NULL ? REASON_NONE : REASON_COMPOSE_TEMPLATE);
		if (cases[i].why == NULL)
			assert_null(where);
		else
			assert_string_equal(where, cases[i].why);
		arena_destroy(&arena);
	}
}

#define FIELD(n, v) {BYTES_OF(n), BYTES_OF(v)}

static void fills_texts(void **state)
{
	static const struct template_field all[] = {FIELD("reference", "A-1"), FIELD("phone", "01"), FIELD("organisation", "S"),
						    FIELD("patient_name", "{{phone}} é"), FIELD("missing_list", "- un\n- deux\n")};
	static const char text[] = "Subject: Demande {{reference}}\n\nBonjour {{patient_name}},\n{{#missing_list}}\nManque :\n{{missing_list}}\n"
				   "{{/missing_list}}\nFin{{#contact_name}}, {{contact_name}}{{/contact_name}}.\n";
	struct arena *arena = arena_create(1 << 20);
	struct template_set *set = template_open(arena);
	struct bytes subject, body, absent;
	const char *where;
	(void)state;
	assert_int_equal(template_add(set, BYTES("M01"), BYTES("fr"), bytes_of_text(text), &where), REASON_NONE);
	assert_int_equal(template_add(set, BYTES("M01"), BYTES("fr"), bytes_of_text(text), &where), REASON_COMPOSE_TEMPLATE);
	assert_int_equal(template_render(arena, set, BYTES("M01"), BYTES("fr"), all, 5, &subject, &body, &absent), REASON_NONE);
	assert_true(bytes_equal_text(subject, "Demande A-1"));
	/* A value is never read as a template. */
	assert_true(bytes_equal_text(body, "Bonjour {{phone}} é,\nManque :\n- un\n- deux\nFin.\n"));
	assert_int_equal(template_render(arena, set, BYTES("M01"), BYTES("fr"), all, 4, &subject, &body, &absent), REASON_NONE);
	assert_true(bytes_equal_text(body, "Bonjour {{phone}} é,\nFin.\n"));
	assert_int_equal(template_render(arena, set, BYTES("M01"), BYTES("fr"), all, 3, &subject, &body, &absent), REASON_COMPOSE_TEMPLATE);
	assert_true(bytes_equal_text(absent, "patient_name"));
	assert_int_equal(template_render(arena, set, BYTES("M01"), BYTES("en"), all, 5, &subject, &body, &absent), REASON_COMPOSE_TEMPLATE);
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

static void every_text_that_is_shipped_is_sound(void **state)
{
	struct arena *arena = arena_create(64 << 20);
	struct template_set *set = NULL;
	const char *where = "";
	char path[1024];
	(void)state;
	assert_int_equal(template_load(arena, folder(path), &set, &where), REASON_NONE);
	for (size_t c = 0; c < TEMPLATE_CODES; c++)
		for (size_t l = 0; l < TEMPLATE_LANGUAGES; l++)
			for (int least = 0; least < 2; least++) {
				struct template_field fields[40];
				struct bytes subject, body, absent;
				size_t n = every_field(arena, fields, least == 1, &template_codes[c]);
				print_message("%s.%s %s\n", template_codes[c].code, template_languages[l], least ? "required fields" : "all fields");
				assert_int_equal(template_render(arena, set, bytes_of_text(template_codes[c].code),
								 bytes_of_text(template_languages[l]), fields, n, &subject, &body, &absent),
						 REASON_NONE);
				assert_false(bytes_contains(body, BYTES("{{")) || bytes_contains(body, BYTES("}}")));
				assert_false(bytes_contains(body, BYTES("\n\n\n\n")) && template_codes[c].code[1] != '1');
				assert_false(bytes_contains(body, BYTES("\n\n\n")) && strcmp(template_codes[c].code, "M13") != 0 &&
					     strcmp(template_codes[c].code, "M15") != 0);
				assert_true(subject.len < 120);
				/* Each field that is given is used: a text that forgets one would lose what the worker said. */
				for (size_t i = 0; i < n; i++)
					if (!bytes_contains(body, fields[i].value) && !bytes_contains(subject, fields[i].value)) {
						print_message("unused: %s\n", arena_text(arena, fields[i].name));
						fail();
					}
			}
	arena_destroy(&arena);
}

static void what_must_not_be_said_is_not_said(void **state)
{
	struct arena *arena = arena_create(64 << 20);
	struct template_set *set = NULL;
	const char *where = "";
	char path[1024];
	struct template_field fields[40];
	struct bytes subject, body, absent;
	(void)state;
	assert_int_equal(template_load(arena, folder(path), &set, &where), REASON_NONE);
	/* The offer and the receipt do not have the fields that would name a patient or a dossier. */
	for (size_t c = 0; c < TEMPLATE_CODES; c++) {
		const struct template_code *code = &template_codes[c];
		bool offer = strcmp(code->code, "M10") == 0 || strcmp(code->code, "M11") == 0 || strcmp(code->code, "M12") == 0;
		for (size_t i = 0; i < 2; i++) {
			const char *names = i == 0 ? code->required : code->optional;
			if (offer)
				assert_false(template_names_have(names, BYTES("patient_name")) || template_names_have(names, BYTES("patient_birth")));
			if (strcmp(code->code, "M70") == 0)
				assert_false(template_names_have(names, BYTES("reference")) || template_names_have(names, BYTES("patient_name")));
			/* Toward patients only the expert speaks of the disease. */
			if (template_names_have(code->required, BYTES("patient_name")) && strcmp(code->code, "M13") != 0 && strcmp(code->code, "M64") != 0)
				assert_false(template_names_have(names, BYTES("pathology")));
		}
	}
	size_t n = every_field(arena, fields, false, &template_codes[template_code_find(BYTES("M13"))]);
	assert_int_equal(template_render(arena, set, BYTES("M13"), BYTES("fr"), fields, n, &subject, &body, &absent), REASON_NONE);
	/* The form stands in it once, between two rules. */
	size_t at = bytes_find(body, BYTES("\n________________\n<form>\n________________\n"), 0);
	assert_true(at < body.len && bytes_find(body, BYTES("<form>"), at + 20) == body.len);
	arena_destroy(&arena);
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
		cmocka_unit_test(fills_texts),
		cmocka_unit_test(checks_fields),
		cmocka_unit_test(every_text_that_is_shipped_is_sound),
		cmocka_unit_test(what_must_not_be_said_is_not_said),
		cmocka_unit_test(a_folder_that_lacks_a_text_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
