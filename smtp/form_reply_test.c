/* smtp/form_reply_test.c - the form as the mail programs of the world send it back: tests/replies, all made for this test. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>

#include "base/buf.h"
#include "smtp/form.h"
#include "smtp/mime_read.h"

static const struct sample {
	const char *name;
	bool whole;          /* every heading is filled; else only the summary */
} samples[] = {
	{"thunderbird-inline", true}, {"gmail-top", true}, {"outlook-inside", true}, {"outlook-html-table", true}, {"apple-mail-inside", true},
	{"roundcube-inline", true}, {"iphone-short", true}, {"word-numbered", true}, {"english-form", true}, {"webmail-html-list", true},
	{"android-bottom", true}, {"completion-top", false},
};

static struct mime_charsets charsets;

static int open_mime(void **state)
{
	(void)state;
	mime_open(&charsets);
	return 0;
}

static int close_mime(void **state)
{
	(void)state;
	mime_close(&charsets);
	return 0;
}

/* tests/replies lies beside this folder, wherever the tests are run from. */
static struct bytes read_sample(struct arena *arena, const char *name)
{
	const char *file = __FILE__;
	size_t slash = bytes_of_text(file).len, len;
	unsigned char piece[4096];
	struct buf out = buf_make(1 << 20);

	while (slash > 0 && file[slash] != '/')
		slash--;
	FILE *f = fopen(arena_printf(arena, "%.*s/../tests/replies/%s.eml", (int)slash, slash > 0 ? file : ".", name), "rb");
	assert_non_null(f);
	while ((len = fread(piece, 1, sizeof piece, f)) > 0)
		buf_add(&out, (struct bytes){piece, len});
	fclose(f);
	struct bytes content = arena_copy(arena, buf_bytes(&out));
	buf_free(&out);
	return content;
}

static void same(const char *what, const char *field, struct bytes got, const char *want)
{
	if (!bytes_equal_text(got, want))
		fail_msg("%s: %s is \"%.*s\"", what, field, (int)got.len, got.len > 0 ? (const char *)got.at : "");
}

static void all_is_there(const char *name, const struct form *form)
{
	assert_int_equal(form->answer_count, 2);
	assert_int_equal(form->answers[0].number, 1);
	assert_int_equal(form->answers[1].number, 2);
	same(name, "answer 1", form->answers[0].text, "Oui, la chirurgie conservatrice est possible.");
	same(name, "answer 2", form->answers[1].text, "Non.");
	same(name, "opinion", form->opinion, "Tumeur unique de 18 mm.\nMarges attendues saines.");
	same(name, "convergence", form->convergence, "partly");
	same(name, "remark", form->remark, "");
	same(name, "advice", form->advice, "Consultation du chirurgien.");
	same(name, "delay", form->delay, "Trois semaines.");
	same(name, "limits", form->limits, "Sans examen clinique.");
	same(name, "help", form->help, "Aucune");
	same(name, "interests", form->interests, "Aucun");
}

static void replies_are_read(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof samples / sizeof samples[0]; i++) {
		struct arena *arena = arena_create(64 << 20);
		struct mime_message mail;
		struct form form;
		assert_int_equal(mime_read(arena, BYTES_NONE, read_sample(arena, samples[i].name), &mail), REASON_NONE);
		form_read(arena, mail.text, &form);
		print_message("%s\n", samples[i].name);
		if (!form.found)
			fail_msg("%s: no form is found in:\n%s", samples[i].name, arena_text(arena, mail.text));
		same(samples[i].name, "reference", form.reference, "A-2026-000123-KQ");
		same(samples[i].name, "summary", form.summary, "Votre sein peut être conservé.");
		if (samples[i].whole)
			all_is_there(samples[i].name, &form);
		else
			assert_true(form.answer_count == 0 && form.opinion.len == 0 && form.convergence.len == 0);
		arena_destroy(&arena);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(replies_are_read)};
	return cmocka_run_group_tests(tests, open_mime, close_mime);
}
