/* certs/body_seal_test.c - sealed bodies and keys: what others computed opens here, and nothing else does. */
#include "certs/body_seal.h"

#include <stdlib.h>
#include <string.h>

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/digest.h"

/* Computed by another implementation (pyca/cryptography) from private halves 01..20 (recipient) and 65..84 (ephemeral), the body's key
 * c9..e8 and the body below; the wrapping key is 33..52, its nonce 00..0b. */
static const char body_text[] = "Bonjour.\r\n";
static const char sealed_hex[] = "5714769d116bf76436ae74bc793d2c30ad1903c59ac5273805c7e2698b410c3653459b45646dc506"
				 "512ad3ffa133fd165ea8750bb400463ceccc5f8ff02089774367f74fc39c77531ec27d6fa1131e60";
static const char public_hex[] = "07a37cbc142093c8b755dc1b10e86cb426374ad16aa853ed0bdfc0b2b86d1c7c";
static const char last_hex[] = "a90c2d6c902d96425e85073f2669aec1385253078da27a881112";
static const char fifth_hex[] = "1437958b817b92ed40c116b09a6f9ff5896151f5592520cf1cb7";
static const char wrapped_hex[] = "000102030405060708090a0b444f9fe86263c97d8d75bb33930699cefc94a7f589a08c9d8ad443436aefd20a381b5af1c39cbec261b507767df2e848";

static size_t of_hex(const char *hex, unsigned char *out)
{
	size_t n = strlen(hex) / 2;
	for (size_t i = 0; i < n; i++) {
		unsigned one;
		const char pair[] = {hex[2 * i], hex[2 * i + 1], 0};
		char *end;
		one = (unsigned)strtoul(pair, &end, 16);
		out[i] = (unsigned char)one;
	}
	return n;
}

static struct body_key key_from(unsigned char first)
{
	struct body_key key;
	for (size_t i = 0; i < BODY_KEY; i++)
		key.at[i] = (unsigned char)(first + i);
	return key;
}

static struct body_bound bound_of(const char *text)
{
	unsigned char digest[DIGEST_SHA256];
	digest_sha256(bytes_of_text(text), digest);
	return body_bound(digest, strlen(text));
}

/* --- known answers ------------------------------------------------------------ */

static void test_known_chunks(void **state)
{
	(void)state;
	const struct body_key key = key_from(0xc9), zeros = {{0}};
	unsigned char expected[64], out[64];

	size_t n = of_hex(last_hex, expected);
	assert_int_equal(body_chunk_seal(&key, 0, true, bytes_of_text(body_text), out), REASON_NONE);
	assert_memory_equal(out, expected, n);
	n = of_hex(fifth_hex, expected);
	assert_int_equal(body_chunk_seal(&key, 5, false, bytes_of_text(body_text), out), REASON_NONE);
	assert_memory_equal(out, expected, n);
	/* Test case 14 of McGrew and Viega, The Galois/Counter Mode of Operation. */
	const unsigned char zero[16] = {0};
	of_hex("cea7403d4d606b6e074ec5d3baf39d18d0d1c8a799996bf0265b98b5d48ab919", expected);
	assert_int_equal(body_chunk_seal(&zeros, 0, false, (struct bytes){zero, 16}, out), REASON_NONE);
	assert_memory_equal(out, expected, 32);
}

static void test_known_keys(void **state)
{
	(void)state;
	const struct body_key half = key_from(1), by = key_from(51), wanted = key_from(0xc9);
	const struct body_bound bound = bound_of(body_text);
	unsigned char sealed[BODY_TO_PUBLIC], wrapped[BODY_UNDER_KEY];
	struct body_key out;

	assert_int_equal(of_hex(sealed_hex, sealed), BODY_TO_PUBLIC);
	assert_int_equal(body_key_open((struct bytes){sealed, BODY_TO_PUBLIC}, &half, &bound, &out), REASON_NONE);
	assert_memory_equal(&out, &wanted, sizeof out);
	assert_int_equal(of_hex(wrapped_hex, wrapped), BODY_UNDER_KEY);
	assert_int_equal(body_key_unwrap((struct bytes){wrapped, BODY_UNDER_KEY}, &by, BYTES("dossier:D-1"), &out), REASON_NONE);
	assert_memory_equal(&out, &wanted, sizeof out);
}

/* --- there and back, and nowhere else --------------------------------------------- */

static void test_there_and_back(void **state)
{
	(void)state;
	struct body_key key, half, out;
	unsigned char public_half[BODY_KEY], sealed[BODY_TO_PUBLIC], again[BODY_TO_PUBLIC];
	const struct body_bound bound = bound_of("x");

	assert_true(body_seal_ready());
	assert_int_equal(body_key_make(&key), REASON_NONE);
	assert_int_equal(body_pair_make(&half, public_half), REASON_NONE);
	assert_int_equal(body_key_seal(&key, public_half, &bound, sealed), REASON_NONE);
	assert_int_equal(body_key_seal(&key, public_half, &bound, again), REASON_NONE);
	assert_memory_not_equal(sealed, again, sizeof sealed);
	assert_int_equal(body_key_open((struct bytes){sealed, sizeof sealed}, &half, &bound, &out), REASON_NONE);
	assert_memory_equal(&out, &key, sizeof key);
	/* The ready-made public half is the one of RFC 7748's function. */
	const struct body_key known = key_from(1);
	of_hex(public_hex, public_half);
	assert_int_equal(body_key_seal(&key, public_half, &bound, sealed), REASON_NONE);
	assert_int_equal(body_key_open((struct bytes){sealed, sizeof sealed}, &known, &bound, &out), REASON_NONE);
	assert_memory_equal(&out, &key, sizeof key);
}

static void test_in_place(void **state)
{
	(void)state;
	const struct body_key key = key_from(9);
	unsigned char room[100 + BODY_TAG];

	memset(room, 'x', 100);
	assert_int_equal(body_chunk_seal(&key, 3, true, (struct bytes){room, 100}, room), REASON_NONE);
	assert_int_equal(body_chunk_open(&key, 3, true, (struct bytes){room, sizeof room}, room), REASON_NONE);
	for (size_t i = 0; i < 100; i++)
		assert_int_equal(room[i], 'x');
}

/* One body of three chunks; each row is what somebody does to it. */
static const struct {
	const char *name;
	uint64_t number;       /* as which chunk it is read */
	bool last;
	size_t from;           /* which of the three is given */
	int flip;              /* a byte altered, or -1 */
	size_t len;            /* 0: as it is */
	bool opens;
} chunks[] = {
	{"the first chunk in its place", 0, false, 0, -1, 0, true},
	{"the middle chunk in its place", 1, false, 1, -1, 0, true},
	{"the last chunk in its place", 2, true, 2, -1, 0, true},
	{"the body cut after its second chunk: that is not the last one", 1, true, 1, -1, 0, false},
	{"the last chunk with more behind it", 2, false, 2, -1, 0, false},
	{"the first two changed about", 0, false, 1, -1, 0, false},
	{"the first repeated", 1, false, 0, -1, 0, false},
	{"one bit of the text altered", 0, false, 0, 5, 0, false},
	{"one bit of the tag altered", 0, false, 0, 50, 0, false},
	{"a byte cut off", 0, false, 0, -1, 49, false},
	{"the tag alone", 0, false, 0, -1, 16, false},
	{"less than a tag", 0, false, 0, -1, 15, false},
	{"nothing", 0, false, 0, -1, 1, false},
};

static void test_chunks(void **state)
{
	(void)state;
	const struct body_key key = key_from(77), other = key_from(78);
	unsigned char stored[3][50], copy[51], out[64];

	for (size_t i = 0; i < 3; i++) {
		unsigned char plain[34];
		memset(plain, (int)('a' + i), sizeof plain);
		assert_int_equal(body_chunk_seal(&key, i, i == 2, (struct bytes){plain, sizeof plain}, stored[i]), REASON_NONE);
	}
	for (size_t i = 0; i < sizeof chunks / sizeof chunks[0]; i++) {
		memcpy(copy, stored[chunks[i].from], 50);
		if (chunks[i].flip >= 0)
			copy[chunks[i].flip == 50 ? 49 : chunks[i].flip] ^= 1;
		struct bytes given = {copy, chunks[i].len == 0 ? 50 : chunks[i].len};
		enum reason reason = body_chunk_open(&key, chunks[i].number, chunks[i].last, given, out);
		if ((reason == REASON_NONE) != chunks[i].opens || (!chunks[i].opens && reason != REASON_BODY_SEAL))
			fail_msg("%s: %s", chunks[i].name, reason_code(reason));
		assert_int_equal(body_chunk_open(&other, chunks[i].number, chunks[i].last, given, out), REASON_BODY_SEAL);
	}
}

static void test_keys(void **state)
{
	(void)state;
	const struct body_key key = key_from(5), by = key_from(6), other = key_from(7);
	const struct body_bound bound = bound_of("one"), stranger = bound_of("two");
	unsigned char public_half[BODY_KEY], sealed[BODY_TO_PUBLIC], wrapped[BODY_UNDER_KEY];
	struct body_key half, out;

	assert_int_equal(body_pair_make(&half, public_half), REASON_NONE);
	assert_int_equal(body_key_seal(&key, public_half, &bound, sealed), REASON_NONE);
	assert_int_equal(body_key_wrap(&key, &by, BYTES("dossier:A"), wrapped), REASON_NONE);
	/* A row's key put into the row of another body. */
	assert_int_equal(body_key_open((struct bytes){sealed, sizeof sealed}, &half, &stranger, &out), REASON_BODY_SEAL);
	assert_int_equal(body_key_open((struct bytes){sealed, sizeof sealed}, &other, &bound, &out), REASON_BODY_SEAL);
	assert_int_equal(body_key_unwrap((struct bytes){wrapped, sizeof wrapped}, &by, BYTES("dossier:B"), &out), REASON_BODY_SEAL);
	assert_int_equal(body_key_unwrap((struct bytes){wrapped, sizeof wrapped}, &other, BYTES("dossier:A"), &out), REASON_BODY_SEAL);
	for (size_t i = 0; i < sizeof sealed; i++) {
		sealed[i] ^= 0x40;
		assert_int_equal(body_key_open((struct bytes){sealed, sizeof sealed}, &half, &bound, &out), REASON_BODY_SEAL);
		sealed[i] ^= 0x40;
		assert_int_equal(body_key_open((struct bytes){sealed, i}, &half, &bound, &out), REASON_BODY_SEAL);
	}
	for (size_t i = 0; i < sizeof wrapped; i++) {
		wrapped[i] ^= 0x40;
		assert_int_equal(body_key_unwrap((struct bytes){wrapped, sizeof wrapped}, &by, BYTES("dossier:A"), &out), REASON_BODY_SEAL);
		wrapped[i] ^= 0x40;
		assert_int_equal(body_key_unwrap((struct bytes){wrapped, i}, &by, BYTES("dossier:A"), &out), REASON_BODY_SEAL);
	}
}

/* A public half of small order would give a secret that all can compute (RFC 7748 6.1): nothing is sealed to it. */
static void test_small_order(void **state)
{
	(void)state;
	const unsigned char nothing[BODY_KEY] = {0}, one[BODY_KEY] = {1};
	const struct body_key key = key_from(5);
	const struct body_bound bound = bound_of("one");
	unsigned char sealed[BODY_TO_PUBLIC];

	assert_int_equal(body_key_seal(&key, nothing, &bound, sealed), REASON_BODY_SEAL);
	assert_int_equal(body_key_seal(&key, one, &bound, sealed), REASON_BODY_SEAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_known_chunks), cmocka_unit_test(test_known_keys), cmocka_unit_test(test_there_and_back), cmocka_unit_test(test_in_place),
		cmocka_unit_test(test_chunks),       cmocka_unit_test(test_keys),       cmocka_unit_test(test_small_order),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
