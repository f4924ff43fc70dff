/* base/base_test.c - bytes, cursor, buf, arena, frame, instant, reason. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/bytes.h"
#include "base/frame.h"
#include "base/instant.h"
#include "base/reason.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static void finding(void **state)
{
	struct bytes a = BYTES("abcabc");
	(void)state;

	assert_int_equal(bytes_find(a, BYTES("ca"), 0), 2);
	assert_int_equal(bytes_find(a, BYTES("abc"), 1), 3);
	assert_int_equal(bytes_find(a, BYTES("x"), 0), 6);
	assert_int_equal(bytes_find(a, BYTES("abcabcd"), 0), 6);
	assert_int_equal(bytes_find(a, BYTES(""), 0), 6);
	assert_int_equal(bytes_find_byte(a, 'c', 3), 5);
	assert_int_equal(bytes_find_byte(a, 'c', 99), 6);
	assert_true(bytes_contains_nocase(a, BYTES("BCA")));
	assert_false(bytes_starts(a, BYTES("abcabcabc")));
	assert_true(bytes_ends(a, BYTES("bc")));
	assert_false(bytes_equal_nocase(BYTES("a["), BYTES("a{")));   /* '[' and '{' differ by the case bit alone */
	assert_true(bytes_equal(bytes_trim(BYTES(" \t a b\r\n")), BYTES("a b")));
	assert_int_equal(bytes_slice(a, 4, 99).len, 2);
	assert_int_equal(bytes_slice(a, 99, 1).len, 0);
}

static void numbers(void **state)
{
	static const struct {
		const char *text;
		uint64_t max;
		bool good;
		uint64_t value;
	} rows[] = {
		{"0", 10, true, 0},
		{"007", 10, true, 7},
		{"18446744073709551615", UINT64_MAX, true, UINT64_MAX},
		{"18446744073709551616", UINT64_MAX, false, 0},
		{"99999999999999999999999", UINT64_MAX, false, 0},
		{"11", 10, false, 0},
		{"", 10, false, 0},
		{"-1", 10, false, 0},
		{"+1", 10, false, 0},
		{"1 ", 10, false, 0},
	};
	(void)state;

	for (size_t i = 0; i < COUNT(rows); i++) {
		uint64_t value = 4711;
		assert_int_equal(bytes_number(bytes_of_text(rows[i].text), rows[i].max, &value), rows[i].good);
		assert_int_equal(value, rows[i].good ? rows[i].value : 4711);
	}
}

static void utf8(void **state)
{
	static const struct {
		struct bytes text;
		bool good;
	} rows[] = {
		{BYTES_OF("caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80"), true},
		{BYTES_OF("\xc0\xaf"), false},          /* overlong */
		{BYTES_OF("\xe0\x80\xaf"), false},
		{BYTES_OF("\xed\xa0\x80"), false},      /* surrogate */
		{BYTES_OF("\xf4\x90\x80\x80"), false},  /* beyond U+10FFFF */
		{BYTES_OF("\xc3"), false},
		{BYTES_OF("\x80"), false},
		{BYTES_OF(""), true},
	};
	(void)state;

	for (size_t i = 0; i < COUNT(rows); i++)
		assert_int_equal(bytes_utf8(rows[i].text), rows[i].good);
	assert_true(bytes_one_line(BYTES("né à Zoug"), 11));
	assert_false(bytes_one_line(BYTES("né à Zoug"), 10));
	assert_false(bytes_one_line(BYTES("a\r\nBcc: b"), 99));
	assert_false(bytes_one_line(BYTES("a\x7f"), 99));
}

static void cursor_ends_exactly(void **state)
{
	struct cursor c = cursor_on(BYTES("\x01\x00\x00\x00\x02xy"));
	(void)state;

	assert_int_equal(cursor_u8(&c), 1);
	assert_int_equal(cursor_u32(&c), 2);
	assert_false(cursor_done(&c));
	assert_true(bytes_equal(cursor_take(&c, 2), BYTES("xy")));
	assert_true(cursor_done(&c));
	assert_int_equal(cursor_u8(&c), 0);
	assert_false(cursor_done(&c));
	assert_int_equal(cursor_take(&c, SIZE_MAX).len, 0);
}

static void buffer_refuses(void **state)
{
	struct buf b = buf_make(5);
	(void)state;

	buf_text(&b, "abc");
	buf_text(&b, "def");   /* would be six */
	assert_false(buf_ok(&b));
	assert_int_equal(buf_reason(&b, REASON_SMTP_LINE_LONG), REASON_SMTP_LINE_LONG);   /* there was memory: it is the data */
	assert_true(bytes_equal(buf_bytes(&b), BYTES("abc")));
	buf_text(&b, "d");     /* and nothing more after a refusal */
	assert_int_equal(b.len, 3);
	buf_clear(&b);
	buf_printf(&b, "%d-%d", 12, 34);
	assert_true(buf_ok(&b));
	buf_drop(&b, 3);
	assert_true(bytes_equal(buf_bytes(&b), BYTES("34")));
	buf_drop(&b, 99);
	assert_int_equal(b.len, 0);
	buf_free(&b);
}

static void markup(void **state)
{
	struct buf b = buf_make(40);

	(void)state;
	buf_markup(&b, BYTES("<a b=\"'&\">\xc3\xa9"));
	assert_true(buf_ok(&b));
	assert_true(bytes_equal(buf_bytes(&b), BYTES("&lt;a b=&quot;&#39;&amp;&quot;&gt;\xc3\xa9")));
	buf_markup(&b, BYTES("&"));   /* five more than forty */
	assert_false(buf_ok(&b));
	buf_free(&b);
}

static void arena_has_a_ceiling(void **state)
{
	struct arena *arena = arena_create(2000);
	(void)state;

	assert_non_null(arena_try(arena, 1800));
	assert_null(arena_try(arena, 200));
	assert_null(arena_try(arena, SIZE_MAX));
	assert_non_null(arena_try(arena, 50));
	assert_true(arena_used(arena) <= 2000);
	arena_fail_at(arena, 2);
	assert_non_null(arena_try(arena, 1));
	assert_null(arena_try(arena, 1));
	assert_non_null(arena_try(arena, 1));
	arena_destroy(&arena);
	assert_null(arena);
	arena_destroy(&arena);
}

static void arena_exhausted_ends_the_process(void **state)
{
	int status;
	pid_t child = fork();
	(void)state;

	if (child == 0) {
		struct arena *arena = arena_create(100);
		close(STDERR_FILENO);
		arena_alloc(arena, 101);
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), ARENA_EXIT_EXHAUSTED);
}

static void frames(void **state)
{
	struct buf b = buf_make(100);
	struct frame f;
	(void)state;

	frame_add(&b, FRAME_JSON, BYTES("{}"));
	frame_add(&b, FRAME_BLOB, BYTES(""));
	struct cursor c = cursor_on(buf_bytes(&b));
	assert_true(frame_next(&c, &f) && bytes_equal_text(f.tag, "JSON") && bytes_equal_text(f.payload, "{}"));
	assert_true(frame_next(&c, &f) && f.payload.len == 0);
	assert_false(frame_next(&c, &f));
	assert_true(cursor_done(&c));
	for (size_t cut = 1; cut < b.len; cut++) {   /* cut anywhere but between two pieces, it is noticed */
		c = cursor_on(bytes_slice(buf_bytes(&b), 0, cut));
		while (frame_next(&c, &f))
			;
		assert_int_equal(cursor_done(&c), cut == 10);
	}
	buf_free(&b);
}

static void instants(void **state)
{
	static const struct {
		const char *text;
		bool good;
		const char *utc;
	} rows[] = {
		{"2026-11-21T21:50:00Z", true, "2026-11-21T21:50:00.000000Z"},
		{"2026-11-21T22:50:00.5+01:00", true, "2026-11-21T21:50:00.500000Z"},
		{"2024-02-29T00:00:00Z", true, "2024-02-29T00:00:00.000000Z"},
		{"2023-02-29T00:00:00Z", false, ""},
		{"1969-12-31T23:59:59.999999Z", true, "1969-12-31T23:59:59.999999Z"},
		{"2026-11-21T21:50:00", false, ""},
		{"2026-13-01T00:00:00Z", false, ""},
		{"2026-11-21T24:00:00Z", false, ""},
		{"2026-11-21T21:50:00Zx", false, ""},
		{"", false, ""},
	};
	(void)state;

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct instant at = {7};
		char text[INSTANT_TEXT];
		assert_int_equal(instant_read(bytes_of_text(rows[i].text), &at), rows[i].good);
		if (!rows[i].good) {
			assert_int_equal(at.us, 7);
			continue;
		}
		instant_write(at, text);
		assert_string_equal(text, rows[i].utc);
	}
}

static void hl7_times(void **state)
{
	static const struct {
		const char *text, *utc;
	} rows[] = {
		{"20200327153500+0100", "2020-03-27T14:35:00.000000Z"},
		{"20200327", "2020-03-27T00:00:00.000000Z"},
		{"2020", "2020-01-01T00:00:00.000000Z"},
		{"202003271535", "2020-03-27T15:35:00.000000Z"},
		{"20200327153500.25-0330", "2020-03-27T19:05:00.250000Z"},
	};
	struct instant at;
	(void)state;

	for (size_t i = 0; i < COUNT(rows); i++) {
		char text[INSTANT_TEXT];
		assert_true(instant_read_hl7(bytes_of_text(rows[i].text), &at));
		instant_write(at, text);
		assert_string_equal(text, rows[i].utc);
	}
	assert_false(instant_read_hl7(BYTES("2020032"), &at));
	assert_false(instant_read_hl7(BYTES("20200230"), &at));
	assert_false(instant_read_hl7(BYTES("20200327x"), &at));
}

/* Each reason has a code of its own and both sentences; what SMTP says has an enhanced status of its class (RFC 3463 2). */
static void reasons(void **state)
{
	(void)state;
	for (enum reason r = 0; r < REASONS; r++) {
		const struct reason_entry *e = reason_entry(r);
		assert_int_equal(reason_of_code(bytes_of_text(e->code)), r);
		assert_true(strlen(e->fr) > 5 && strlen(e->en) > 5);
		assert_true(bytes_utf8(bytes_of_text(e->fr)));
		for (const char *c = e->en; *c != '\0'; c++)
			assert_in_range((unsigned char)*c, 0x20, 0x7e);   /* it is said in SMTP replies */
		if (e->smtp == 0)
			assert_string_equal(e->enhanced, "");
		else
			assert_int_equal(e->enhanced[0] - '0', e->smtp / 100);
	}
	assert_int_equal(reason_of_code(BYTES("no.such.code")), REASONS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finding), cmocka_unit_test(numbers), cmocka_unit_test(utf8), cmocka_unit_test(cursor_ends_exactly),
		cmocka_unit_test(buffer_refuses), cmocka_unit_test(markup), cmocka_unit_test(arena_has_a_ceiling), cmocka_unit_test(arena_exhausted_ends_the_process),
		cmocka_unit_test(frames), cmocka_unit_test(instants), cmocka_unit_test(hl7_times), cmocka_unit_test(reasons),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
