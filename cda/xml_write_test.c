/* cda/xml_write_test.c */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "cda/xml_write.h"

static enum reason write_one(struct arena *arena, struct bytes attribute, struct bytes text, struct bytes *out)
{
	struct xml_write *w = xml_write_open(arena);
	xml_write_start(w, "a");
	xml_write_attribute(w, "b", attribute);
	xml_write_text(w, text);
	xml_write_end(w);
	enum reason reason = xml_write_finish(w, out);
	xml_write_close(&w);
	return reason;
}

static void escapes_and_refuses(void **state)
{
	static const struct {
		const char *what;
		struct bytes attribute, text;
		enum reason reason;
		const char *holds;
	} cases[] = {
		{"plain", BYTES_OF("x"), BYTES_OF("y"), REASON_NONE, "<a b=\"x\">y</a>"},
		{"markup is escaped", BYTES_OF("\"<&"), BYTES_OF("<i>&"), REASON_NONE, "<a b=\"&quot;&lt;&amp;\">&lt;i&gt;&amp;</a>"},
		{"accents stay", BYTES_OF("é"), BYTES_OF("œ"), REASON_NONE, "<a b=\"é\">œ</a>"},
		{"NUL in a text", BYTES_OF("x"), BYTES_OF("a\0b"), REASON_COMPOSE_FAILED, NULL},
		{"control in an attribute", BYTES_OF("\x01"), BYTES_OF("y"), REASON_COMPOSE_FAILED, NULL},
		{"broken UTF-8", BYTES_OF("x"), BYTES_OF("\xff"), REASON_COMPOSE_FAILED, NULL},
		{"U+FFFE", BYTES_OF("x"), BYTES_OF("\xef\xbf\xbe"), REASON_COMPOSE_FAILED, NULL},
	};
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct arena *arena = arena_create(1 << 20);
		struct bytes out = BYTES_NONE;
		print_message("%s\n", cases[i].what);
		assert_int_equal(write_one(arena, cases[i].attribute, cases[i].text, &out), cases[i].reason);
		if (cases[i].holds != NULL)
			assert_true(bytes_contains(out, bytes_of_text(cases[i].holds)));
		arena_destroy(&arena);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(escapes_and_refuses)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
