/* gateway/export_out_test.c - a copy is whole at its place, or not there; nothing is written over; names of others do no harm. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cda/zip.h"
#include "gateway/export_out.h"

#define AT ((struct instant){1772442000000000})   /* 2 March 2026, ten in the morning in Paris */
#define A_SUM "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb"   /* of "a" */

static const char *scratch(struct arena *arena)
{
	char *made = arena_printf(arena, "/tmp/relais-export-XXXXXX");
	assert_non_null(mkdtemp(made));
	return made;
}

static bool is_there(const char *path)
{
	struct stat about;
	return lstat(path, &about) == 0;
}

static unsigned mode_of(const char *path)
{
	struct stat about;
	assert_int_equal(lstat(path, &about), 0);
	return about.st_mode & 0777;
}

static struct bytes content_of(struct arena *arena, const char *path)
{
	unsigned char *at = arena_alloc(arena, 65536);
	FILE *file = fopen(path, "rb");
	assert_non_null(file);
	size_t n = fread(at, 1, 65536, file);
	fclose(file);
	return (struct bytes){at, n};
}

static void add_three(struct export_out *out)
{
	char digest[DIGEST_SHA256_TEXT];
	assert_int_equal(export_out_add(out, "README.txt", BYTES("a"), digest), REASON_NONE);
	assert_string_equal(digest, A_SUM);
	assert_int_equal(export_out_add(out, "documents/R1-1_été 2025.pdf", BYTES("\0\1\2"), digest), REASON_NONE);
	assert_int_equal(export_out_add(out, "documents/empty", BYTES_NONE, digest), REASON_NONE);
}

#define SUMS A_SUM "  README.txt\nae4b3280e56e2faf83f414a6e3dabe9d5fbe18976544c05fed121accb85b53fc  documents/R1-1_été 2025.pdf\n" \
	"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855  documents/empty\n"

static void a_folder(void **state)
{
	struct arena *arena = arena_create(4 << 20);
	const char *above = scratch(arena), *path = arena_printf(arena, "%s/copy", above);
	char digest[DIGEST_SHA256_TEXT], wanted[DIGEST_SHA256_TEXT];
	struct export_out out, again;
	(void)state;

	assert_int_equal(export_out_open(arena, arena_printf(arena, "%s//", path), AT, &out), REASON_NONE);
	add_three(&out);
	assert_false(is_there(path));
	/* While it grows nobody else begins one there. */
	assert_int_equal(export_out_open(arena, path, AT, &again), REASON_EXPORT_THERE);
	export_out_close(&again);
	assert_true(is_there(out.partial));
	assert_int_equal(export_out_end(&out, digest), REASON_NONE);
	digest_sha256_text(BYTES(SUMS), wanted);
	assert_string_equal(digest, wanted);
	export_out_close(&out);
	assert_false(is_there(out.partial));
	assert_int_equal(mode_of(path), 0700);
	assert_int_equal(mode_of(arena_printf(arena, "%s/documents", path)), 0700);
	assert_int_equal(mode_of(arena_printf(arena, "%s/README.txt", path)), 0600);
	assert_true(bytes_equal(content_of(arena, arena_printf(arena, "%s/documents/R1-1_été 2025.pdf", path)), BYTES("\0\1\2")));
	assert_true(bytes_equal(content_of(arena, arena_printf(arena, "%s/SHA256SUMS", path)), BYTES(SUMS)));
	/* Never over one that is there. */
	assert_int_equal(export_out_open(arena, path, AT, &out), REASON_EXPORT_THERE);
	export_out_close(&out);
	assert_true(bytes_equal(content_of(arena, arena_printf(arena, "%s/README.txt", path)), BYTES("a")));
	assert_int_equal(system(arena_printf(arena, "rm -r %s", above)), 0);
	arena_destroy(&arena);
}

static void a_zip(void **state)
{
	struct arena *arena = arena_create(8 << 20);
	const char *above = scratch(arena), *path = arena_printf(arena, "%s/copy.zip", above);
	char digest[DIGEST_SHA256_TEXT];
	struct export_out out;
	struct zip_content zip;
	(void)state;

	assert_int_equal(export_out_open(arena, path, AT, &out), REASON_NONE);
	add_three(&out);
	assert_int_equal(export_out_end(&out, digest), REASON_NONE);
	export_out_close(&out);
	assert_int_equal(mode_of(path), 0600);
	assert_false(is_there(out.partial));
	/* Our own strict reader (libzip behind it) checks each sum. */
	assert_int_equal(zip_content_read(arena, content_of(arena, path), &zip), REASON_NONE);
	assert_int_equal(zip.count, 4);
	assert_true(bytes_equal_text(zip.members[1].name, "documents/R1-1_été 2025.pdf") && bytes_equal(zip.members[1].content, BYTES("\0\1\2")));
	assert_true(bytes_equal_text(zip.members[3].name, "SHA256SUMS") && bytes_equal(zip.members[3].content, BYTES(SUMS)));
	assert_int_equal(export_out_open(arena, path, AT, &out), REASON_EXPORT_THERE);
	export_out_close(&out);
	assert_true(is_there(path));
	assert_int_equal(system(arena_printf(arena, "rm -r %s", above)), 0);
	arena_destroy(&arena);
}

/* What is not brought to its end leaves nothing behind; nor does what finds its place taken meanwhile. */
static void what_is_not_whole_goes(void **state)
{
	struct arena *arena = arena_create(8 << 20);
	const char *above = scratch(arena);
	char digest[DIGEST_SHA256_TEXT];
	struct export_out out;
	(void)state;

	for (int zip = 0; zip < 2; zip++) {
		const char *path = arena_printf(arena, "%s/copy%s", above, zip ? ".zip" : "");
		assert_int_equal(export_out_open(arena, path, AT, &out), REASON_NONE);
		add_three(&out);
		export_out_close(&out);
		assert_int_equal(export_out_open(arena, path, AT, &out), REASON_NONE);
		add_three(&out);
		int other = open(path, O_CREAT | O_WRONLY, 0600);
		assert_true(other >= 0 && close(other) == 0);
		assert_int_equal(export_out_end(&out, digest), REASON_EXPORT_THERE);
		export_out_close(&out);
		assert_int_equal(content_of(arena, path).len, 0);
		assert_int_equal(unlink(path), 0);
	}
	assert_int_equal(export_out_open(arena, arena_printf(arena, "%s/no/such/place", above), AT, &out), REASON_IO);
	export_out_close(&out);
	assert_int_equal(rmdir(above), 0);   /* it is empty */
	arena_destroy(&arena);
}

/* A folder that is refused a file in the middle. */
static void a_file_that_cannot_be_written(void **state)
{
	struct arena *arena = arena_create(4 << 20);
	const char *above = scratch(arena);
	char digest[DIGEST_SHA256_TEXT];
	struct export_out out;
	(void)state;

	assert_int_equal(export_out_open(arena, arena_printf(arena, "%s/copy", above), AT, &out), REASON_NONE);
	assert_int_equal(export_out_add(&out, "a", BYTES("a"), digest), REASON_NONE);
	assert_int_equal(export_out_add(&out, "a", BYTES("b"), digest), REASON_IO);
	export_out_close(&out);
	assert_int_equal(rmdir(above), 0);
	arena_destroy(&arena);
}

static void names_of_others(void **state)
{
	static const struct {
		const char *name, *wanted;
	} rows[] = {
		{"Compte rendu opératoire.pdf", "Compte rendu opératoire.pdf"}, {"../../etc/passwd", "passwd"}, {"a\\b:c*?.pdf", NULL}, {"", "fichier"}, {"...", "fichier"},
		{"/", "fichier"}, {"ligne\nde plus", NULL}, {"\xe2\x80\xae" "fdp.exe", NULL},
	};
	struct arena *arena = arena_create(1 << 20);
	(void)state;

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		const char *name = export_name(arena, bytes_of_text(rows[i].name));
		if (rows[i].wanted != NULL)
			assert_string_equal(name, rows[i].wanted);
		assert_null(strpbrk(name, "/\\\n:*?\"<>|"));
		assert_null(strstr(name, "\xe2\x80\xae"));
		assert_true(name[0] != '\0' && name[0] != '.' && strlen(name) <= 120);
	}
	arena_destroy(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_folder), cmocka_unit_test(a_zip), cmocka_unit_test(what_is_not_whole_goes),
		cmocka_unit_test(a_file_that_cannot_be_written), cmocka_unit_test(names_of_others),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
