/* smtp/compose_html_test.c - the HTML of a letter: its blocks, its links, and what strangers wrote in it. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "smtp/compose_html.h"
#include "smtp/mime_html.h"

static const struct compose_link links[] = {
	{BYTES_OF("ACCEPTE"), BYTES_OF("mailto:a@b?body=ACCEPTE"), true},
	{BYTES_OF("01 02 03"), BYTES_OF("tel:010203"), false},
};

static struct bytes body_of(struct arena *arena, const char *text)
{
	struct bytes html = compose_html(arena, bytes_of_text(text), BYTES("S"), BYTES("fr"), links, 2);
	size_t from = bytes_find(html, BYTES("34em\">\n"), 0) + 7, to = bytes_find(html, BYTES("</div>"), 0);
	return bytes_slice(html, from, to - from);
}

#define P "<p style=\"margin:0 0 16px\">"
#define H "<h2 style=\"font-size:16px;margin:16px 0 8px\">"
#define UL "<ul style=\"margin:0 0 16px;padding-left:28px\">\n"
#define OL "<ol style=\"margin:0 0 16px;padding-left:28px\">\n"

static void blocks(void **state)
{
	static const struct {
		const char *what, *text, *html;
	} rows[] = {
		{"two paragraphs", "un\n\ndeux\n", P "un</p>\n" P "deux</p>\n"},
		{"lines of one paragraph stay lines", "un\ndeux\n", P "un<br>\ndeux</p>\n"},
		{"a heading with its list", "Demandé\u00a0:\n1. Un\n2. Deux\n", H "Demandé\u00a0:</h2>\n" OL "<li value=\"1\">Un</li>\n<li value=\"2\">Deux</li>\n</ol>\n"},
		{"bullets, then words", "- a\n- b\nfin\n", UL "<li>a</li>\n<li>b</li>\n</ul>\n" P "fin</p>\n"},
		{"bullets, then numbers", "- a\n1. b\n", UL "<li>a</li>\n</ul>\n" OL "<li value=\"1\">b</li>\n</ol>\n"},
		{"a number that begins a sentence", "1.5 mg\n2. \n", P "1.5 mg<br>\n2.</p>\n"},
		{"a rule", "a\n________________\nb\n", P "a</p>\n<hr>\n" P "b</p>\n"},
		{"room to write in, and the form's own words in brackets", "Avis [raisons] :\n\n\nFin\n",
		 H "Avis <span style=\"font-weight:normal\">[raisons]</span> :</h2>\n" P "<br></p>\n" P "Fin</p>\n"},
		{"a long sentence is no heading",
		 "Cette phrase est assez longue pour n'être le titre de rien, et elle se termine pourtant par deux points :\n",
		 P "Cette phrase est assez longue pour n&#39;être le titre de rien, et elle se termine pourtant par deux points :</p>\n"},
		{"a word to touch where a line begins with it", "ACCEPTE : oui\nJ'ACCEPTE\nACCEPTER\n",
		 P "<a href=\"mailto:a@b?body=ACCEPTE\" style=\"display:inline-block;padding:8px 0\">ACCEPTE</a> : oui<br>\nJ&#39;ACCEPTE<br>\nACCEPTER</p>\n"},
		{"a telephone inside a line", "Appelez le 01 02 03.\nN° 101 02 03\n", P "Appelez le <a href=\"tel:010203\" style=\"white-space:nowrap\">01 02 03</a>.<br>\nN° 101 02 03</p>\n"},
		{"what strangers write stays text", "<script>x</script> & <img src=\"//a\" onerror='b'>\n",
		 P "&lt;script&gt;x&lt;/script&gt; &amp; &lt;img src=&quot;//a&quot; onerror=&#39;b&#39;&gt;</p>\n"},
		{"nothing", "", ""},
	};
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct arena *arena = arena_create(1 << 20);
		struct bytes got = body_of(arena, rows[i].text);
		if (!bytes_equal_text(got, rows[i].html))
			fail_msg("%s: %s", rows[i].what, arena_text(arena, got));
		arena_destroy(&arena);
	}
}

static void the_page(void **state)
{
	struct arena *arena = arena_create(1 << 20);
	struct bytes html = compose_html(arena, BYTES("x"), BYTES("a</title><b>"), BYTES("en"), NULL, 0);
	static const char *const never[] = {"http", "src", "<table", "<img", "<script", "url(", "@import", "<link", "color:#"};
	(void)state;
	assert_true(bytes_starts(html, BYTES("<!DOCTYPE html>\n<html lang=\"en\">")));
	assert_true(bytes_contains(html, BYTES("<title>a&lt;/title&gt;&lt;b&gt;</title>")));
	assert_true(bytes_contains(html, BYTES("font-size:16px")) && bytes_contains(html, BYTES("color-scheme")));
	for (size_t i = 0; i < sizeof never / sizeof never[0]; i++)
		assert_false(bytes_contains_nocase(html, bytes_of_text(never[i])));
	arena_destroy(&arena);
}

/* What our own reader makes of it is the text again: a reply in HTML is read like one in text. */
static void it_is_read_back(void **state)
{
	static const char text[] = "Bonjour,\n\nDemandé :\n1. Un ?\n2. Deux ?\n\nAvis motivé [vos raisons] :\n\nFin du formulaire";
	struct arena *arena = arena_create(1 << 20);
	struct bytes back = mime_html_text(arena, compose_html(arena, bytes_of_text(text), BYTES("S"), BYTES("fr"), NULL, 0));
	(void)state;
	static const char *const lines[] = {"Bonjour,\n", "Demandé :\n1. Un ?\n2. Deux ?\n", "Avis motivé [vos raisons] :\n", "Fin du formulaire"};
	for (size_t i = 0, at = 0; i < sizeof lines / sizeof lines[0]; i++) {
		size_t found = bytes_find(back, bytes_of_text(lines[i]), at);
		if (found == back.len)
			fail_msg("\"%s\" is not in \"%s\"", lines[i], arena_text(arena, back));
		at = found;
	}
	arena_destroy(&arena);
}

static void ready_links(void **state)
{
	struct arena *arena = arena_create(1 << 20);
	static const struct {
		const char *text, *href;
	} numbers[] = {
		{"01 23 45 67 89", "tel:0123456789"}, {"+33 1 23.45.67.89", "tel:+33123456789"}, {"15", "tel:15"},
		{"01 23 45 67 89 (9 h à 18 h)", "tel:0123456789"}, {"le standard", ""}, {"", ""},
	};
	(void)state;
	assert_true(bytes_equal_text(compose_html_mailto(arena, BYTES("d-1@a.fr"), BYTES("Re: é&x"), BYTES("ABSENT jusqu'au ")),
				     "mailto:d-1@a.fr?subject=Re%3A%20%C3%A9%26x&body=ABSENT%20jusqu%27au%20"));
	for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
		assert_true(bytes_equal_text(compose_html_tel(arena, bytes_of_text(numbers[i].text)), numbers[i].href));
	arena_destroy(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(blocks), cmocka_unit_test(the_page), cmocka_unit_test(it_is_read_back), cmocka_unit_test(ready_links),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
