/* cda/zip_test.c - the ZIP corpus, row by row, and archives made here that lie in one place each. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <zip.h>

#include "base/buf.h"
#include "base/limits.h"
#include "cda/corpus_test.h"
#include "cda/zip.h"

/* --- the corpus ------------------------------------------------------------ */

struct tally {
	const char *root;
	int rows, agree, unknown;
};

/* The corpus would take these, our rule of one reading does not: bytes behind the end record (attacks Z9), a byte in an
 * extra field that belongs to no field, and a name that ends as a ZIP64 locator does (libzip's consistency check). */
static bool is_known_departure(struct bytes file)
{
	return bytes_ends(file, BYTES("/junk-at-end.zip")) || bytes_ends(file, BYTES("/extra_field_align_1-ff.zip")) ||
	       bytes_ends(file, BYTES("/zip64_magic_in_filename_1.zip"));
}

static void check_row(void *context, struct bytes file, struct bytes expected)
{
	struct tally *tally = context;
	struct arena *arena = arena_create(100u << 20);
	struct zip_content content;
	struct bytes data = corpus_file(arena, arena_printf(arena, "%s/hostile/zip/%.*s", tally->root, (int)file.len, file.at));
	enum reason reason = zip_content_read(arena, data, &content);
	bool accept = bytes_starts(expected, BYTES("accept archive")), either = bytes_starts(expected, BYTES("accept or"));

	tally->rows++;
	if (either || accept == (reason == REASON_NONE)) {
		tally->agree++;
	} else {
		print_message("%.*s: %s, expected %.*s\n", (int)file.len, file.at, reason_code(reason), (int)expected.len,
			      expected.at);
		tally->unknown += !is_known_departure(file);
	}
	if (bytes_contains(expected, BYTES("encrypted")))
		assert_int_equal(reason, REASON_ARCHIVE_ENCRYPTED);
	if (bytes_starts(file, BYTES("traversal-jwilk/")))
		assert_int_equal(reason, REASON_ARCHIVE_NAME);
	arena_destroy(&arena);
}

static void test_corpus(void **state)
{
	(void)state;
	struct tally tally = {.root = corpus_root()};
	struct arena *arena = arena_create(10u << 20);
	struct bytes table = corpus_file(arena, arena_printf(arena, "%s/hostile/zip/expectations.tsv", tally.root));
	double begin = cpu_ms();
	corpus_expectations(table, check_row, &tally);
	print_message("zip corpus: %d of %d agree, %.0f ms, peak %ld KB\n", tally.agree, tally.rows, cpu_ms() - begin,
		      peak_kb());
	assert_int_equal(tally.rows, 81);
	assert_int_equal(tally.unknown, 0);
	arena_destroy(&arena);
}

/* --- archives made here ---------------------------------------------------- */

struct entry {
	const char *name;
	size_t size;      /* of zeros */
	bool stored;
};

static struct bytes make(struct arena *arena, const struct entry *entries, size_t count)
{
	zip_error_t error;
	zip_error_init(&error);
	zip_source_t *sink = zip_source_buffer_create(NULL, 0, 0, &error);
	zip_source_keep(sink);
	zip_t *zip = zip_open_from_source(sink, ZIP_TRUNCATE, &error);
	assert_non_null(zip);
	for (size_t i = 0; i < count; i++) {
		zip_source_t *source = zip_source_buffer(zip, arena_alloc(arena, entries[i].size + 1), entries[i].size, 0);
		zip_int64_t index = zip_file_add(zip, entries[i].name, source, ZIP_FL_ENC_UTF_8);
		assert_true(index >= 0);
		zip_set_file_compression(zip, (zip_uint64_t)index, entries[i].stored ? ZIP_CM_STORE : ZIP_CM_DEFLATE, 0);
	}
	assert_int_equal(zip_close(zip), 0);
	zip_stat_t stat;
	zip_source_stat(sink, &stat);
	unsigned char *data = arena_alloc(arena, stat.size);
	zip_source_open(sink);
	assert_int_equal(zip_source_read(sink, data, stat.size), (zip_int64_t)stat.size);
	zip_source_close(sink);
	zip_source_free(sink);
	return (struct bytes){data, stat.size};
}

static enum reason read_made(struct arena *arena, struct bytes archive)
{
	struct zip_content content;
	return zip_content_read(arena, archive, &content);
}

static const struct {
	const char *what;
	struct entry entries[2];
	enum reason reason;
} made[] = {
	{"two plain entries", {{"a.txt", 3, true}, {"folder/b.txt", 5000, false}}, REASON_NONE},
	{"accents", {{"Dossier/H\xc3\xb4pital.xml", 10, false}}, REASON_NONE},
	{"one name in two cases", {{"METADATA.XML", 3, true}, {"metadata.xml", 3, true}}, REASON_ARCHIVE_INCONSISTENT},
	{"a file that is also a folder", {{"a", 3, true}, {"A/b", 3, true}}, REASON_ARCHIVE_NAME},
	{"way up", {{"a/../../b", 3, true}}, REASON_ARCHIVE_NAME},
	{"absolute", {{"/etc/x", 3, true}}, REASON_ARCHIVE_NAME},
	{"backslash", {{"a\\b", 3, true}}, REASON_ARCHIVE_NAME},
	{"drive", {{"C:x", 3, true}}, REASON_ARCHIVE_NAME},
	{"empty part", {{"a//b", 3, true}}, REASON_ARCHIVE_NAME},
	{"a dot at the end", {{"DOC.XML.", 3, true}}, REASON_ARCHIVE_NAME},
	{"a blank at the end", {{"DOC.XML ", 3, true}}, REASON_ARCHIVE_NAME},
	{"control character", {{"a\tb", 3, true}}, REASON_ARCHIVE_NAME},
	{"text direction override", {{"a\xe2\x80\xaegpj.exe", 3, true}}, REASON_ARCHIVE_NAME},
	{"a folder with content", {{"a/", 3, true}}, REASON_ARCHIVE_INCONSISTENT},
	{"zeros beyond the ratio", {{"a", 4u << 20, false}}, REASON_ARCHIVE_LIMIT},
	{"zeros below the floor of the ratio", {{"a", 1000000, false}}, REASON_NONE},
	{"more than all may hold", {{"a", LIMIT_ZIP_TOTAL - 10, true}, {"b", 20, true}}, REASON_ARCHIVE_LIMIT},
};

static void test_made(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof made / sizeof *made; i++) {
		struct arena *arena = arena_create(256u << 20);
		size_t count = made[i].entries[1].name == NULL ? 1 : 2;
		enum reason reason = read_made(arena, make(arena, made[i].entries, count));
		if (reason != made[i].reason)
			fail_msg("%s: %s", made[i].what, reason_code(reason));
		arena_destroy(&arena);
	}
}

static void test_content(void **state)
{
	(void)state;
	struct arena *arena = arena_create(1u << 20);
	static const struct entry entries[] = {{"x/", 0, true}, {"x/y", 1234, false}};
	struct bytes archive = make(arena, entries, 2);
	struct zip_content content;
	assert_int_equal(zip_content_read(arena, archive, &content), REASON_NONE);
	assert_int_equal(content.count, 1);
	assert_true(bytes_equal_text(content.members[0].name, "x/y"));
	assert_int_equal(content.members[0].content.len, 1234);
	arena_destroy(&arena);
}

static struct bytes joined(struct arena *arena, struct bytes a, struct bytes b)
{
	unsigned char *data = arena_alloc(arena, a.len + b.len);
	memcpy(data, a.at, a.len);
	memcpy(data + a.len, b.at, b.len);
	return (struct bytes){data, a.len + b.len};
}

static void test_around(void **state)
{
	(void)state;
	struct arena *arena = arena_create(4u << 20);
	static const struct entry entries[] = {{"a", 50, true}, {"b", 3000, false}};
	struct bytes good = make(arena, entries, 2);
	assert_int_equal(read_made(arena, good), REASON_NONE);
	assert_int_equal(read_made(arena, joined(arena, BYTES("%PDF-1.4\n"), good)), REASON_ARCHIVE_INCONSISTENT);
	assert_int_equal(read_made(arena, joined(arena, good, BYTES("x"))), REASON_ARCHIVE_INCONSISTENT);
	assert_int_equal(read_made(arena, joined(arena, good, good)), REASON_ARCHIVE_INCONSISTENT);
	assert_int_equal(read_made(arena, BYTES_NONE), REASON_ARCHIVE_BROKEN);
	assert_int_equal(read_made(arena, BYTES("PK\3\4 and nothing more to be seen here")), REASON_ARCHIVE_BROKEN);
	/* Cut anywhere it is refused; one changed byte never changes what comes out unnoticed. */
	for (size_t len = 0; len < good.len; len++)
		assert_int_not_equal(read_made(arena, bytes_slice(good, 0, len)), REASON_NONE);
	arena_destroy(&arena);
}

static void test_changed_byte(void **state)
{
	(void)state;
	struct arena *arena = arena_create(64u << 20);
	static const struct entry entries[] = {{"a", 50, true}, {"b", 3000, false}};
	struct bytes good = make(arena, entries, 2);
	unsigned char *data = (unsigned char *)arena_text(arena, good);
	int accepted = 0;
	for (size_t i = 0; i < good.len; i++) {
		struct zip_content content = {0};
		struct arena *small = arena_create(8u << 20);
		data[i] ^= 0x20;
		if (zip_content_read(small, (struct bytes){data, good.len}, &content) == REASON_NONE) {
			accepted++;
			assert_int_equal(content.count, 2);
			assert_int_equal(content.members[0].content.len, 50);
			assert_int_equal(content.members[1].content.len, 3000);
			for (size_t n = 0; n < 3000; n++)
				assert_int_equal(content.members[1].content.at[n], 0);
		}
		data[i] ^= 0x20;
		arena_destroy(&small);
	}
	print_message("%d of %zu changed bytes do not matter (times, versions, attributes)\n", accepted, good.len);
	arena_destroy(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_corpus),
		cmocka_unit_test(test_made),
		cmocka_unit_test(test_content),
		cmocka_unit_test(test_around),
		cmocka_unit_test(test_changed_byte),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
