/* cda/tnef_test.c - what is taken out of a winmail.dat, and that a broken one gives nothing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "base/buf.h"
#include "base/limits.h"
#include "cda/corpus_test.h"
#include "cda/tnef.h"

#define MARK "\x78\x9f\x3e\x22\x01\x00"
#define BEGIN "\x01\x00\xff\xff\xff\xff\x20\x00\x20\x00\x00\x00\x00\x00"
enum { BEGINS = 0x69002, TITLE = 0x18010, DATA = 0x6800f, PROPERTIES = 0x69005, SUBJECT = 0x18004 };

static void le(struct buf *b, uint32_t value, int width)
{
	for (int i = 0; i < width; i++)
		buf_u8(b, (uint8_t)(value >> 8 * i));
}

static void attribute(struct buf *b, unsigned level, uint32_t id, struct bytes data)
{
	uint32_t sum = 0;

	buf_u8(b, (uint8_t)level);
	le(b, id, 4);
	le(b, (uint32_t)data.len, 4);
	buf_add(b, data);
	for (size_t i = 0; i < data.len; i++)
		sum += data.at[i];
	le(b, sum & 0xffff, 2);
}

/* One property of text, among one of a number and a named one. */
static struct bytes properties(struct arena *arena, unsigned type, unsigned id, struct bytes value)
{
	struct buf b = buf_make(4096);

	le(&b, 3, 4);
	le(&b, 0x03, 2), le(&b, 0x3705, 2), le(&b, 1, 4);
	le(&b, 0x0b, 2), le(&b, 0x8001, 2);
	buf_add(&b, BYTES("GUIDGUIDGUIDGUID"));
	le(&b, 1, 4), le(&b, 6, 4), buf_add(&b, BYTES("a\0b\0\0\0\0\0")), le(&b, 1, 4);
	le(&b, type, 2), le(&b, id, 2), le(&b, 1, 4), le(&b, (uint32_t)value.len, 4);
	buf_add(&b, value);
	le(&b, 0, (int)((4 - value.len % 4) % 4));
	struct bytes out = arena_copy(arena, buf_bytes(&b));
	buf_free(&b);
	return out;
}

static struct buf begin(void)
{
	struct buf b = buf_make(1 << 20);
	buf_add(&b, BYTES(MARK));
	attribute(&b, 1, SUBJECT, BYTES("Un objet que personne ne lit\0"));
	return b;
}

static void test_files(void **state)
{
	(void)state;
	struct arena *arena = arena_create(1 << 20);
	struct buf b = begin();
	struct tnef_content c;

	attribute(&b, 2, BEGINS, BYTES(BEGIN));
	attribute(&b, 2, DATA, BYTES("%PDF-1.4"));          /* the data may come before the name */
	attribute(&b, 2, TITLE, BYTES("CR-OPE~1.PDF\0"));
	attribute(&b, 2, PROPERTIES, properties(arena, 0x1f, 0x3707, BYTES("C\0R\0 \0o\0p\0\xe9\0.\0p\0d\0f\0\0\0")));
	attribute(&b, 2, BEGINS, BYTES(BEGIN));
	attribute(&b, 2, TITLE, BYTES("\xe9t\xe9.txt\0"));  /* Latin-1 */
	attribute(&b, 2, DATA, BYTES("bonjour"));
	attribute(&b, 2, BEGINS, BYTES(BEGIN));             /* an object: nothing that is taken out */
	attribute(&b, 2, TITLE, BYTES("Message joint\0"));
	assert_int_equal(tnef_read(arena, buf_bytes(&b), &c), REASON_NONE);
	assert_int_equal(c.count, 3);
	assert_true(bytes_equal_text(c.files[0].name, "CR opé.pdf") && bytes_equal_text(c.files[0].content, "%PDF-1.4"));
	assert_true(bytes_equal_text(c.files[1].name, "été.txt") && bytes_equal_text(c.files[1].content, "bonjour"));
	assert_true(bytes_equal_text(c.files[2].name, "Message joint") && c.files[2].content.len == 0);
	buf_free(&b);
	arena_destroy(&arena);
}

/* Cut anywhere, or with any one byte changed in what is counted or summed: all or nothing. */
static void test_broken(void **state)
{
	(void)state;
	struct arena *arena = arena_create(64 << 20);
	struct buf b = begin();
	struct tnef_content c = {NULL, 77};

	size_t bare = b.len;
	attribute(&b, 2, BEGINS, BYTES(BEGIN));
	attribute(&b, 2, TITLE, BYTES("a.txt\0"));
	size_t titled = b.len;
	attribute(&b, 2, PROPERTIES, properties(arena, 0x1e, 0x3707, BYTES("long name.txt\0")));
	size_t named = b.len;
	attribute(&b, 2, DATA, BYTES("bonjour"));
	for (size_t len = 0; len < b.len; len++) {
		/* An end between two attributes is an end. */
		bool whole = len == 6 || len == bare || len == bare + 25 || len == titled || len == named;
		enum reason reason = tnef_read(arena, bytes_slice(buf_bytes(&b), 0, len), &c);
		if (reason != (whole ? REASON_NONE : REASON_ATTACHMENT_TNEF))
			fail_msg("cut at %zu: %s", len, reason_code(reason));
	}
	for (size_t i = named + 9; i < b.len; i++) {
		unsigned char *bent = arena_alloc(arena, b.len);
		memcpy(bent, b.data, b.len);
		bent[i] ^= 0x41;
		assert_int_equal(tnef_read(arena, (struct bytes){bent, b.len}, &c), REASON_ATTACHMENT_TNEF);
	}
	buf_free(&b);
	arena_destroy(&arena);
}

static void test_odd(void **state)
{
	(void)state;
	struct arena *arena = arena_create(4 << 20);
	struct tnef_content c = {NULL, 77};
	struct buf b = begin();

	attribute(&b, 2, DATA, BYTES("of no attachment"));
	assert_int_equal(tnef_read(arena, buf_bytes(&b), &c), REASON_ATTACHMENT_TNEF);
	buf_free(&b);
	b = begin();
	attribute(&b, 3, SUBJECT, BYTES("a level that is none"));
	assert_int_equal(tnef_read(arena, buf_bytes(&b), &c), REASON_ATTACHMENT_TNEF);
	buf_free(&b);
	b = begin();
	attribute(&b, 2, BEGINS, BYTES(BEGIN));
	attribute(&b, 2, PROPERTIES, BYTES("\xff\xff\xff\xff\x02\x01\x01\x37\xff\xff\xff\xff"));   /* counts that nothing can fill */
	assert_int_equal(tnef_read(arena, buf_bytes(&b), &c), REASON_ATTACHMENT_TNEF);
	buf_free(&b);
	b = begin();
	for (size_t i = 0; i <= LIMIT_TNEF_FILES; i++)
		attribute(&b, 2, BEGINS, BYTES(BEGIN));
	assert_int_equal(tnef_read(arena, buf_bytes(&b), &c), REASON_ATTACHMENT_TNEF);
	assert_int_equal(c.count, 77);
	assert_int_equal(tnef_read(arena, BYTES("PK\3\4"), &c), REASON_ATTACHMENT_TNEF);
	buf_free(&b);
	arena_destroy(&arena);
}

static const struct {
	const char *path, *names[3];
	size_t count, size;          /* size of the last */
} samples[] = {
	{"one-file.tnef", {"AUTHORS"}, 1, 244},
	{"long-filename.tnef", {"allproductsmar2000.dat"}, 1, 279},
	{"data-before-name.tnef", {"AUTOEXEC.BAT", "CONFIG.SYS", "boot.ini"}, 3, 289},
};

static void test_samples(void **state)
{
	(void)state;
	const char *root = corpus_root();
	for (size_t i = 0; i < sizeof samples / sizeof *samples; i++) {
		struct arena *arena = arena_create(4 << 20);
		struct tnef_content c;
		struct bytes file = corpus_file(arena, arena_printf(arena, "%s/hostile/mime/tnef/datafiles/%s", root, samples[i].path));
		assert_int_equal(tnef_read(arena, file, &c), REASON_NONE);
		assert_int_equal(c.count, samples[i].count);
		for (size_t k = 0; k < c.count; k++)
			if (!bytes_equal_text(c.files[k].name, samples[i].names[k]))
				fail_msg("%s: %.*s", samples[i].path, (int)c.files[k].name.len, (const char *)c.files[k].name.at);
		assert_int_equal(c.files[c.count - 1].content.len, samples[i].size);
		arena_destroy(&arena);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_files),
		cmocka_unit_test(test_broken),
		cmocka_unit_test(test_odd),
		cmocka_unit_test(test_samples),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
