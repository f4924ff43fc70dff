/* base/digest_test.c - FIPS 180-4 examples (the NIST example pages for SHA-1 and SHA-256), and every length around a block. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "base/arena.h"
#include "base/digest.h"

static const struct {
	const char *what;
	struct bytes data;
	const char *sha1, *sha256;
} cases[] = {
	{"nothing", BYTES_OF(""), "da39a3ee5e6b4b0d3255bfef95601890afd80709",
	 "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
	{"one block (NIST)", BYTES_OF("abc"), "a9993e364706816aba3e25717850c26c9cd0d89d",
	 "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
	{"two blocks (NIST)", BYTES_OF("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
	 "84983e441c3bd26ebaae4aa1f95129e5e54670f1",
	 "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
	{"55 bytes: the length just fits", BYTES_OF("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"),
	 "c1c8bbdc22796e28c0e15163d20899b65621d65a",
	 "9f4390f8d30c2dd92ec9f095b65e2b9ae9b0a925a5258e241c9f1e910f734318"},
	{"56 bytes: it no longer does", BYTES_OF("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"),
	 "c2db330f6083854c99d4b5bfb6e8f29f201be699",
	 "b35439a4ac6f0948b6d6f9e3c6af0f5f590ce20f1bde7090ef7970686ec6738a"},
};

static void test_vectors(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char sha1[DIGEST_SHA1_TEXT], sha256[DIGEST_SHA256_TEXT];
		digest_sha1_text(cases[i].data, sha1);
		digest_sha256_text(cases[i].data, sha256);
		assert_string_equal(sha1, cases[i].sha1);
		assert_string_equal(sha256, cases[i].sha256);
	}
}

/* FIPS 180 third example: one million times "a". */
static void test_million(void **state)
{
	(void)state;
	struct arena *arena = arena_create(2u << 20);
	unsigned char *data = arena_alloc(arena, 1000000);
	char sha1[DIGEST_SHA1_TEXT], sha256[DIGEST_SHA256_TEXT];
	memset(data, 'a', 1000000);
	digest_sha1_text((struct bytes){data, 1000000}, sha1);
	digest_sha256_text((struct bytes){data, 1000000}, sha256);
	assert_string_equal(sha1, "34aa973cd4c4daa4f61eeb2bdbad27316534016f");
	assert_string_equal(sha256, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
	arena_destroy(&arena);
}

/* However it is cut, it is the same digest. */
static void test_pieces(void **state)
{
	(void)state;
	unsigned char data[300], whole[DIGEST_SHA256], pieces[DIGEST_SHA256];
	for (size_t i = 0; i < sizeof data; i++)
		data[i] = (unsigned char)(i * 7);
	for (size_t len = 0; len <= sizeof data; len += 13) {
		digest_sha256((struct bytes){data, len}, whole);
		for (size_t step = 1; step < 140; step++) {
			struct digest_run run = digest_start();
			for (size_t at = 0; at < len; at += step)
				digest_add(&run, bytes_slice((struct bytes){data, len}, at, step));
			digest_add(&run, BYTES_NONE);
			digest_end(&run, pieces);
			assert_memory_equal(whole, pieces, DIGEST_SHA256);
		}
	}
}

/* Many blocks at once may go by the processor's own instructions, few never do. */
static void test_both_ways(void **state)
{
	(void)state;
	unsigned char data[64 * DIGEST_BLOCK + 17], whole[DIGEST_SHA256], pieces[DIGEST_SHA256];
	for (size_t i = 0; i < sizeof data; i++)
		data[i] = (unsigned char)(i * 31 + i / 251);
	for (size_t from = 0; from < 40; from++) {
		struct bytes rest = bytes_from((struct bytes){data, sizeof data}, from);
		struct digest_run run = digest_start();
		digest_sha256(rest, whole);
		for (size_t at = 0; at < rest.len; at += DIGEST_BLOCK)
			digest_add(&run, bytes_slice(rest, at, DIGEST_BLOCK));
		digest_end(&run, pieces);
		assert_memory_equal(whole, pieces, DIGEST_SHA256);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_both_ways),
		cmocka_unit_test(test_pieces),
		cmocka_unit_test(test_vectors),
		cmocka_unit_test(test_million),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
