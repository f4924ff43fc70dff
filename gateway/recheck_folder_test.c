/* gateway/recheck_folder_test.c - the pieces of a verdict as files: what openssl reads back, what is refused, what goes again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/digest.h"
#include "gateway/recheck_folder.h"

static const char *read_file(struct arena *arena, const char *folder, const char *name)
{
	char *text = arena_alloc(arena, 8192);
	FILE *file = fopen(arena_printf(arena, "%s/%s", folder, name), "rb");

	if (file == NULL)
		return NULL;
	text[fread(text, 1, 8191, file)] = '\0';
	fclose(file);
	return text;
}

static void test_pem(void **state)
{
	/* RFC 4648 10, and a line that is just full. */
	static const struct {
		struct bytes der;
		const char *pem;
	} rows[] = {
		{BYTES_OF("f"), "-----BEGIN CERTIFICATE-----\nZg==\n-----END CERTIFICATE-----\n"},
		{BYTES_OF("fo"), "-----BEGIN CERTIFICATE-----\nZm8=\n-----END CERTIFICATE-----\n"},
		{BYTES_OF("foo"), "-----BEGIN CERTIFICATE-----\nZm9v\n-----END CERTIFICATE-----\n"},
		{BYTES_OF("foobar"), "-----BEGIN CERTIFICATE-----\nZm9vYmFy\n-----END CERTIFICATE-----\n"},
		{BYTES_OF("012345678901234567890123456789012345678901234567"),
		 "-----BEGIN CERTIFICATE-----\nMDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDEyMzQ1Njc4OTAxMjM0NTY3\n-----END CERTIFICATE-----\n"},
		{BYTES_OF("0123456789012345678901234567890123456789012345678"),
		 "-----BEGIN CERTIFICATE-----\nMDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDEyMzQ1Njc4OTAxMjM0NTY3\nOA==\n-----END CERTIFICATE-----\n"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct arena *arena = arena_create(1 << 20);
		struct recheck_folder folder;
		char digest[DIGEST_SHA256_TEXT];
		bool altered;
		digest_sha256_text(rows[i].der, digest);
		assert_int_equal(recheck_folder_open(arena, NULL, &folder), REASON_NONE);
		assert_int_equal(recheck_folder_piece(arena, &folder, bytes_of_text(digest), BYTES("certificate"), rows[i].der, &altered), REASON_NONE);
		assert_false(altered);
		assert_string_equal(read_file(arena, folder.path, "anchors.pem"), rows[i].pem);
		recheck_folder_close(arena, &folder);
		arena_destroy(&arena);
	}
}

static void test_folder(void **state)
{
	struct arena *arena = arena_create(1 << 20);
	struct recheck_folder folder, again;
	struct stat about;
	char digest[DIGEST_SHA256_TEXT];
	bool altered;

	(void)state;
	assert_int_equal(recheck_folder_open(arena, NULL, &folder), REASON_NONE);
	const char *path = folder.path, *inner = arena_printf(arena, "%s/kept", path);
	assert_int_equal(stat(path, &about), 0);
	assert_int_equal(about.st_mode & 0777, 0700);
	assert_int_equal(recheck_folder_message(arena, &folder, BYTES("From: a\r\n")), REASON_NONE);
	assert_int_equal(recheck_folder_message(arena, &folder, BYTES("again")), REASON_IO);
	assert_string_equal(read_file(arena, path, "message.eml"), "From: a\r\n");
	digest_sha256_text(BYTES("one"), digest);
	assert_int_equal(recheck_folder_piece(arena, &folder, bytes_of_text(digest), BYTES("crl"), BYTES("one"), &altered), REASON_NONE);
	assert_non_null(strstr(read_file(arena, path, arena_printf(arena, "crls/%s.pem", digest)), "BEGIN X509 CRL"));
	/* Under a name that is not its own nothing is put in. */
	assert_int_equal(recheck_folder_piece(arena, &folder, bytes_of_text(digest), BYTES("certificate"), BYTES("two"), &altered), REASON_NONE);
	assert_true(altered);
	assert_null(read_file(arena, path, "anchors.pem"));
	assert_int_equal(folder.lists, 1);
	assert_int_equal(folder.certificates, 0);
	assert_null(strstr(read_file(arena, path, "trust.pem"), "CERTIFICATE"));
	/* One that is named stays, and must have been empty. */
	assert_int_equal(recheck_folder_open(arena, path, &again), REASON_IO);
	assert_int_equal(recheck_folder_open(arena, inner, &again), REASON_NONE);
	recheck_folder_close(arena, &again);
	assert_int_equal(stat(inner, &about), 0);
	assert_int_equal(recheck_folder_open(arena, arena_printf(arena, "%s/no/such", path), &again), REASON_IO);
	rmdir(arena_printf(arena, "%s/crls", inner));
	rmdir(inner);
	recheck_folder_close(arena, &folder);
	assert_int_not_equal(stat(path, &about), 0);
	arena_destroy(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_pem), cmocka_unit_test(test_folder)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
