/* gateway/audit_key_test.c - the key of a row, beside RFC 2104 told once more, and what a stranger computes. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "gateway/audit_key.h"

/* RFC 2104 by its own words, over a key that the test makes longer by zeros: another way to the same. */
static void hmac(const unsigned char key[AUDIT_KEY], struct bytes text, unsigned char out[DIGEST_SHA256])
{
	unsigned char block[DIGEST_BLOCK] = {0};
	struct digest_run run = digest_start();

	memcpy(block, key, AUDIT_KEY);
	for (size_t i = 0; i < sizeof block; i++)
		block[i] ^= 0x36;
	digest_add(&run, (struct bytes){block, sizeof block});
	digest_add(&run, text);
	digest_end(&run, out);
	for (size_t i = 0; i < sizeof block; i++)
		block[i] ^= 0x36 ^ 0x5c;
	run = digest_start();
	digest_add(&run, (struct bytes){block, sizeof block});
	digest_add(&run, (struct bytes){out, DIGEST_SHA256});
	digest_end(&run, out);
}

static void a_row_has_a_key_of_its_own(void **state)
{
	(void)state;
	static const unsigned char key[AUDIT_KEY] = {1, 2, 3, 250};
	unsigned char got[DIGEST_SHA256], wanted[DIGEST_SHA256], other[DIGEST_SHA256];
	struct audit_key blocks;

	audit_key_make(key, &blocks);
	audit_row_key(&blocks, 4711, got);
	hmac(key, BYTES("4711"), wanted);
	assert_memory_equal(got, wanted, sizeof got);
	audit_row_key(&blocks, 4712, other);
	assert_memory_not_equal(got, other, sizeof got);
}

/* Not one of a row, and another key has another. */
static void a_key_has_a_name(void **state)
{
	(void)state;
	static const unsigned char key[AUDIT_KEY] = {1, 2, 3, 250}, other[AUDIT_KEY] = {1, 2, 3, 251};
	unsigned char raw[DIGEST_SHA256];
	char got[DIGEST_SHA256_TEXT], wanted[DIGEST_SHA256_TEXT];
	struct audit_key blocks;

	audit_key_make(key, &blocks);
	audit_key_name(&blocks, got);
	hmac(key, BYTES("the key of a trail"), raw);
	digest_text(raw, wanted);
	assert_string_equal(got, wanted);
	audit_key_make(other, &blocks);
	audit_key_name(&blocks, got);
	assert_string_not_equal(got, wanted);
}

/* sha256(key of the row, evidence), which sha256sum makes too. */
static void a_proof_is_a_digest_of_key_and_text(void **state)
{
	(void)state;
	static const unsigned char key[AUDIT_KEY] = {9};
	unsigned char all[DIGEST_SHA256 + 8];
	char got[DIGEST_SHA256_TEXT], wanted[DIGEST_SHA256_TEXT], other[DIGEST_SHA256_TEXT];
	struct audit_key blocks;

	audit_key_make(key, &blocks);
	audit_row_key(&blocks, 1, all);
	memcpy(all + DIGEST_SHA256, "evidence", 8);
	digest_sha256_text((struct bytes){all, sizeof all}, wanted);
	audit_row_proof(&blocks, 1, BYTES("evidence"), got);
	assert_string_equal(got, wanted);
	audit_row_proof(&blocks, 1, BYTES("evidencf"), other);
	assert_string_not_equal(got, other);
}

static void a_file_of_another_size_is_no_key(void **state)
{
	(void)state;
	static const struct {
		const char *what;
		size_t size;
		enum reason reason;
	} cases[] = {{"empty", 0, REASON_AUDIT_KEY}, {"a byte short", 31, REASON_AUDIT_KEY}, {"right", 32, REASON_NONE}, {"a byte long", 33, REASON_AUDIT_KEY}};
	unsigned char bytes[40] = {7};

	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		char path[] = "/tmp/relais-key-XXXXXX";
		int file = mkstemp(path);
		struct audit_key key;
		assert_int_equal(write(file, bytes, cases[i].size), (ssize_t)cases[i].size);
		close(file);
		assert_int_equal(audit_key_read(path, &key), cases[i].reason);
		unlink(path);
		assert_int_equal(audit_key_read(path, &key), REASON_AUDIT_KEY);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_row_has_a_key_of_its_own),
		cmocka_unit_test(a_key_has_a_name),
		cmocka_unit_test(a_proof_is_a_digest_of_key_and_text),
		cmocka_unit_test(a_file_of_another_size_is_no_key),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
