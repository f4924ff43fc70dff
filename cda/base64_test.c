/* cda/base64_test.c - RFC 4648 section 10 vectors, lenience, and pieces of every size. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cda/base64.h"

static const struct {
	const char *what;
	struct bytes text, data;
	bool clean;
} cases[] = {
	{"nothing", BYTES_OF(""), BYTES_OF(""), true},
	{"one byte", BYTES_OF("Zg=="), BYTES_OF("f"), true},
	{"two bytes", BYTES_OF("Zm8="), BYTES_OF("fo"), true},
	{"three bytes", BYTES_OF("Zm9v"), BYTES_OF("foo"), true},
	{"six bytes", BYTES_OF("Zm9vYmFy"), BYTES_OF("foobar"), true},
	{"blanks and line breaks inside", BYTES_OF(" Zm9\r\n v\tYm Fy\n"), BYTES_OF("foobar"), true},
	{"padding cut by a line break", BYTES_OF("Zg=\n="), BYTES_OF("f"), true},
	{"high bytes", BYTES_OF("/+8A"), BYTES_OF("\xff\xef\x00"), true},
	{"a foreign byte is skipped and told", BYTES_OF("Zm9v-YmFy"), BYTES_OF("foobar"), false},
	{"data behind the padding is dropped and told", BYTES_OF("Zg==Zm9v"), BYTES_OF("f"), false},
	{"a single character gives nothing", BYTES_OF("Zm9vY"), BYTES_OF("foo"), false},
	{"padding missing", BYTES_OF("Zm8"), BYTES_OF(""), false},
	{"padding alone", BYTES_OF("="), BYTES_OF(""), false},
};

static void test_decode(void **state)
{
	(void)state;
	struct arena *arena = arena_create(1u << 20);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		bool clean;
		struct bytes data = base64_decode(arena, cases[i].text, &clean);
		if (!bytes_equal(data, cases[i].data) || clean != cases[i].clean)
			fail_msg("%s", cases[i].what);
	}
	arena_destroy(&arena);
}

static void test_round_trip_in_pieces(void **state)
{
	(void)state;
	unsigned char raw[100], back[128];
	for (size_t i = 0; i < sizeof raw; i++)
		raw[i] = (unsigned char)(i * 37);
	for (size_t len = 0; len <= sizeof raw; len++) {
		struct buf text = buf_make(1000);
		base64_encode(&text, (struct bytes){raw, len}, 16);
		struct base64 b = {0};
		size_t n = 0, step = len % 7 + 1;
		for (size_t at = 0; at < text.len; at += step)
			n += base64_feed(&b, bytes_slice(buf_bytes(&text), at, step), back + n);
		assert_true(base64_clean(&b));
		assert_true(bytes_equal((struct bytes){back, n}, (struct bytes){raw, len}));
		assert_int_equal(b.size, len);
		buf_free(&text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_decode),
		cmocka_unit_test(test_round_trip_in_pieces),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
