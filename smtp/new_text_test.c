/* smtp/new_text_test.c - the writer's own words, told from quotes and signature (D8). */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "smtp/new_text.h"

static const struct row {
	const char *what, *text, *mine;
	bool separated;
} rows[] = {
	{"no quote", "Bonjour,\n\nOui.", "Bonjour,\n\nOui.", true},
	{"CRLF", "a\r\nb\r\n", "a\nb", true},
	{"French client", "ACCEPTE\n\nLe sam. 21 nov. 2026 \xc3\xa0 10:12, Relais <r@example.org> a \xc3\xa9" "crit :\n\n> Bonjour\n> REFUSE\n", "ACCEPTE", true},
	{"French client, folded", "ACCEPTE\nLe 21/11/2026 \xc3\xa0 10:12, Relais\n<r@example.org>\na \xc3\xa9" "crit\xc2\xa0:\n> Bonjour\n", "ACCEPTE", true},
	{"English client", "yes\n\nOn Sat, Nov 21, 2026 at 10:12 AM Relais <r@example.org> wrote:\n> hello\n", "yes", true},
	{"Outlook in French", "ACCEPTE\n\nDe : Relais <r@example.org>\nEnvoy\xc3\xa9 : samedi 21 novembre 2026 10:12\n\xc3\x80 : b@example.org\nObjet : Avis\n\nREFUSE\n",
	 "ACCEPTE", true},
	{"Outlook in bold", "ok\n\n**From:** R <r@example.org>\n**Sent:** Saturday\n**To:** b\n**Subject:** x\n\nno\n", "ok", true},
	{"original message", "ok\n-----Message d'origine-----\nDe : x\nREFUSE", "ok", true},
	{"below the quote", "Le 21/11/2026 \xc3\xa0 10:12, R <r@example.org> a \xc3\xa9" "crit :\n> Acceptez-vous ?\n\nOui.\n", "Oui.", true},
	{"between the quotes", "> a ?\noui\n> b ?\nnon\n", "oui\n\nnon", true},
	{"signature", "oui\n-- \nDr X\nH\xc3\xb4pital\n", "oui", true},
	{"two dashes in a text are none", "a\n--b\nc\n", "a\n--b\nc", true},
	{"a long block below dashes is text", "a\n--\n1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n11\n12\n13\n14\n15\n16\n17\n",
	 "a\n--\n1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n11\n12\n13\n14\n15\n16\n17", true},
	{"a telephone's own words", "oui\n\nEnvoy\xc3\xa9 de mon iPhone\n", "oui", true},
	{"the same words in the text", "Envoy\xc3\xa9 de mon c\xc3\xb4t\xc3\xa9 hier.\nMerci", "Envoy\xc3\xa9 de mon c\xc3\xb4t\xc3\xa9 hier.\nMerci", true},
	{"what a colleague wrote is not a quote", "Le Dr X a \xc3\xa9" "crit :\nTumeur de 12 mm.\n", "Le Dr X a \xc3\xa9" "crit :\nTumeur de 12 mm.", true},
	{"a list with labels is not a header", "De : la part de tous\nMerci\n", "De : la part de tous\nMerci", true},
	{"nothing but a quote", "> ACCEPTE\n", "> ACCEPTE", false},
	{"nothing", "", "", true},
};

static void own_words_are_found(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct arena *arena = arena_create(8 << 20);
		struct bytes mine;
		bool separated = new_text_read(arena, bytes_of_text(rows[i].text), &mine);
		if (!bytes_equal_text(mine, rows[i].mine) || separated != rows[i].separated)
			fail_msg("%s: %d \"%.*s\"", rows[i].what, separated, (int)mine.len, mine.len > 0 ? (const char *)mine.at : "");
		arena_destroy(&arena);
	}
}

/* --- the corpus ------------------------------------------------------------------ */

static struct bytes whole_file(struct arena *arena, const char *path)
{
	FILE *file = fopen(path, "rb");
	if (file == NULL)
		return BYTES_NONE;
	unsigned char *data = arena_alloc(arena, 1 << 20);
	size_t len = fread(data, 1, 1 << 20, file);
	fclose(file);
	return (struct bytes){data, len};
}

/* White space does not count: the sources trim theirs in other ways. */
static bool same_words(struct bytes a, struct bytes b)
{
	size_t i = 0, k = 0;
	for (;;) {
		while (i < a.len && a.at[i] <= ' ')
			i++;
		while (k < b.len && b.at[k] <= ' ')
			k++;
		if (i == a.len || k == b.len)
			return i == a.len && k == b.len;
		if (a.at[i++] != b.at[k++])
			return false;
	}
}

/* The one difference: the source shows the quote above an answer as if it were new. A quote is nobody's answer (policy: an offer that is quoted holds
 * the words ACCEPTE and REFUSE), so that it is folded; the display says so, and the original is kept. */
static bool is_justified(struct arena *arena, struct bytes file, struct bytes text, struct bytes mine)
{
	struct bytes shown = new_text_display(arena, text, true);
	return bytes_ends(file, BYTES("/quote_and_text.txt")) && bytes_equal_text(mine, "And this is some text.") &&
	       bytes_equal_text(shown, "[1 quoted line folded]\nAnd this is some text.");
}

/* What the source says is new; empty when it only says that nothing may be lost. */
static struct bytes expected_text(struct arena *arena, const char *folder, struct bytes file, struct bytes expected, struct bytes text)
{
	if (bytes_starts(expected, BYTES("new text = first paragraph"))) {
		size_t from = bytes_find(text, BYTES("Fusce bibendum"), 0), to = bytes_find(text, BYTES("nec nibh."), from);
		return bytes_slice(text, from, to + 9 - from);
	}
	if (!bytes_starts(expected, BYTES("new text = upstream")))
		return BYTES_NONE;
	struct bytes name = bytes_from(file, bytes_find(file, BYTES("/emails/"), 0) + 8);
	return whole_file(arena, arena_printf(arena, "%s/discourse-trimmer/test/trimmed/%.*s", folder, (int)name.len, (const char *)name.at));
}

static void corpus_agrees(void **state)
{
	const char *root = getenv("RELAIS_CORPUS");
	struct arena *arena = arena_create(256 << 20);
	size_t agree = 0, judged = 0, kept = 0;

	(void)state;
	if (root == NULL) {
		print_message("RELAIS_CORPUS is unset: the replies of the corpus are not read\n");
		arena_destroy(&arena);
		skip();
	}
	const char *folder = arena_printf(arena, "%s/hostile/replies", root);
	struct cursor lines = cursor_on(whole_file(arena, arena_printf(arena, "%s/expectations.tsv", folder)));
	cursor_until(&lines, '\n');
	while (lines.left.len > 0) {
		struct cursor fields = cursor_on(cursor_until(&lines, '\n'));
		struct bytes file = cursor_until(&fields, '\t'), expected = cursor_until(&fields, '\t'), mine;
		struct bytes text = whole_file(arena, arena_printf(arena, "%s/%.*s", folder, (int)file.len, (const char *)file.at));
		bool separated = new_text_read(arena, text, &mine);
		struct bytes want = expected_text(arena, folder, file, expected, text);
		if (want.len == 0) {
			kept += mine.len > 0;
			continue;
		}
		judged++;
		bool same = separated && same_words(mine, want);
		agree += same;
		if (!same && !is_justified(arena, file, text, mine))
			fail_msg("%.*s differs", (int)file.len, (const char *)file.at);
	}
	print_message("new text: %zu of %zu agree with the source; %zu more keep their text\n", agree, judged, kept);
	assert_int_equal(judged, 40);
	assert_int_equal(agree, 39);
	assert_int_equal(kept, 21);
	arena_destroy(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(own_words_are_found),
		cmocka_unit_test(corpus_agrees),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
