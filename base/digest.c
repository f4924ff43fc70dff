/* base/digest.c - see digest.h. FIPS 180-4: padding 5.1.1, SHA-1 6.1, SHA-256 6.2. */
#include "base/digest.h"

#include <string.h>

#ifdef __x86_64__
#include <cpuid.h>
#include <immintrin.h>
#endif

enum { QUICK_BLOCKS = 32 };

static uint32_t load(const unsigned char *at)
{
	return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static uint32_t left(uint32_t word, unsigned n)
{
	return word << n | word >> (32 - n);
}

static uint32_t right(uint32_t word, unsigned n)
{
	return word >> n | word << (32 - n);
}

static void sha1_block(uint32_t state[8], const unsigned char *block)
{
	uint32_t w[80], a = state[0], b = state[1], c = state[2], d = state[3], e = state[4];

	for (int t = 0; t < 16; t++)
		w[t] = load(block + 4 * t);
	for (int t = 16; t < 80; t++)
		w[t] = left(w[t - 3] ^ w[t - 8] ^ w[t - 14] ^ w[t - 16], 1);
	for (int t = 0; t < 80; t++) {
		uint32_t f, k;
		if (t < 20)
			f = (b & c) ^ (~b & d), k = 0x5a827999;
		else if (t < 40)
			f = b ^ c ^ d, k = 0x6ed9eba1;
		else if (t < 60)
			f = (b & c) ^ (b & d) ^ (c & d), k = 0x8f1bbcdc;
		else
			f = b ^ c ^ d, k = 0xca62c1d6;
		uint32_t next = left(a, 5) + f + e + k + w[t];
		e = d, d = c, c = left(b, 30), b = a, a = next;
	}
	state[0] += a, state[1] += b, state[2] += c, state[3] += d, state[4] += e;
}

/* First 32 bits of the fractional parts of the cube roots of the first 64 primes (FIPS 180-4 4.2.2). */
static const uint32_t k256[64] = {
	0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
	0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
	0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
	0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
	0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
	0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
	0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
	0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

static uint32_t sum(uint32_t word, unsigned a, unsigned b, unsigned c)
{
	return right(word, a) ^ right(word, b) ^ right(word, c);
}

static void sha256_block(uint32_t state[8], const unsigned char *block)
{
	uint32_t w[64], a = state[0], b = state[1], c = state[2], d = state[3];
	uint32_t e = state[4], f = state[5], g = state[6], h = state[7];

	for (int t = 0; t < 16; t++)
		w[t] = load(block + 4 * t);
	for (int t = 16; t < 64; t++) {
		uint32_t s0 = right(w[t - 15], 7) ^ right(w[t - 15], 18) ^ w[t - 15] >> 3;
		uint32_t s1 = right(w[t - 2], 17) ^ right(w[t - 2], 19) ^ w[t - 2] >> 10;
		w[t] = s1 + w[t - 7] + s0 + w[t - 16];
	}
	for (int t = 0; t < 64; t++) {
		uint32_t t1 = h + sum(e, 6, 11, 25) + ((e & f) ^ (~e & g)) + k256[t] + w[t];
		uint32_t t2 = sum(a, 2, 13, 22) + ((a & b) ^ (a & c) ^ (b & c));
		h = g, g = f, f = e, e = d + t1, d = c, c = b, b = a, a = t1 + t2;
	}
	state[0] += a, state[1] += b, state[2] += c, state[3] += d;
	state[4] += e, state[5] += f, state[6] += g, state[7] += h;
}

#ifdef __x86_64__

/* The processor's own instructions for SHA-256, some ten times quicker: a large message is hashed in several processes.
 * Four rounds; x0 is the oldest quarter of the schedule and becomes the next one. */
__attribute__((target("sha,sse4.1"))) static inline void quick_rounds(__m128i *abef, __m128i *cdgh, __m128i *x0, __m128i x1, __m128i x2,
								      __m128i x3, const uint32_t *k, bool schedule)
{
	if (schedule)
		*x0 = _mm_sha256msg2_epu32(_mm_add_epi32(_mm_sha256msg1_epu32(*x0, x1), _mm_alignr_epi8(x3, x2, 4)), x3);
	__m128i words = _mm_add_epi32(*x0, _mm_loadu_si128((const __m128i *)k));
	*cdgh = _mm_sha256rnds2_epu32(*cdgh, *abef, words);
	*abef = _mm_sha256rnds2_epu32(*abef, *cdgh, _mm_shuffle_epi32(words, 0x0e));
}

__attribute__((target("sha,sse4.1"))) static inline __m128i quick_load(const unsigned char *at)
{
	const __m128i big_endian = _mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203);
	return _mm_shuffle_epi8(_mm_loadu_si128((const __m128i *)at), big_endian);
}

__attribute__((target("sha,sse4.1"))) static void quick_blocks(uint32_t state[8], const unsigned char *at, size_t n)
{
	__m128i cdab = _mm_shuffle_epi32(_mm_loadu_si128((const __m128i *)state), 0xb1);
	__m128i efgh = _mm_shuffle_epi32(_mm_loadu_si128((const __m128i *)(state + 4)), 0x1b);
	__m128i abef = _mm_alignr_epi8(cdab, efgh, 8), cdgh = _mm_blend_epi16(efgh, cdab, 0xf0);

	for (; n > 0; n--, at += DIGEST_BLOCK) {
		__m128i a = quick_load(at), b = quick_load(at + 16), c = quick_load(at + 32), d = quick_load(at + 48);
		__m128i abef_before = abef, cdgh_before = cdgh;
		for (size_t t = 0; t < 64; t += 16) {
			quick_rounds(&abef, &cdgh, &a, b, c, d, k256 + t, t > 0);
			quick_rounds(&abef, &cdgh, &b, c, d, a, k256 + t + 4, t > 0);
			quick_rounds(&abef, &cdgh, &c, d, a, b, k256 + t + 8, t > 0);
			quick_rounds(&abef, &cdgh, &d, a, b, c, k256 + t + 12, t > 0);
		}
		abef = _mm_add_epi32(abef, abef_before);
		cdgh = _mm_add_epi32(cdgh, cdgh_before);
	}
	__m128i feba = _mm_shuffle_epi32(abef, 0x1b), dchg = _mm_shuffle_epi32(cdgh, 0xb1);
	_mm_storeu_si128((__m128i *)state, _mm_blend_epi16(feba, dchg, 0xf0));
	_mm_storeu_si128((__m128i *)(state + 4), _mm_alignr_epi8(dchg, feba, 8));
}

static bool has_quick(void)
{
	unsigned a, b = 0, c = 0, d;
	const unsigned ssse3_and_sse41 = 1u << 9 | 1u << 19, sha = 1u << 29;

	return __get_cpuid(1, &a, &b, &c, &d) && (c & ssse3_and_sse41) == ssse3_and_sse41 && __get_cpuid_count(7, 0, &a, &b, &c, &d) &&
	       (b & sha) != 0;
}

#else

static bool has_quick(void)
{
	return false;
}

static void quick_blocks(uint32_t state[8], const unsigned char *at, size_t n)
{
	for (; n > 0; n--, at += DIGEST_BLOCK)
		sha256_block(state, at);
}

#endif

static void sha256_blocks(uint32_t state[8], const unsigned char *at, size_t n)
{
	/* Under a hypervisor the question itself costs as much as some blocks. */
	if (n >= QUICK_BLOCKS && has_quick()) {
		quick_blocks(state, at, n);
		return;
	}
	for (; n > 0; n--, at += DIGEST_BLOCK)
		sha256_block(state, at);
}

static void sha1_blocks(uint32_t state[8], const unsigned char *at, size_t n)
{
	for (; n > 0; n--, at += DIGEST_BLOCK)
		sha1_block(state, at);
}

typedef void blocks_function(uint32_t state[8], const unsigned char *at, size_t n);

/* The rest behind the last whole block: a one bit, zeros and the length of all in bits. */
static void finish(uint32_t state[8], blocks_function *blocks, struct bytes left_over, uint64_t total)
{
	unsigned char tail[2 * DIGEST_BLOCK] = {0};
	size_t rest = left_over.len;

	if (rest > 0)
		memcpy(tail, left_over.at, rest);
	tail[rest] = 0x80;
	size_t len = rest + 9 > DIGEST_BLOCK ? 2 * DIGEST_BLOCK : DIGEST_BLOCK;
	uint64_t bits = total * 8;
	for (size_t i = 0; i < 8; i++)
		tail[len - 1 - i] = (unsigned char)(bits >> (8 * i));
	blocks(state, tail, len / DIGEST_BLOCK);
}

static void digest(uint32_t state[8], blocks_function *blocks, struct bytes data)
{
	size_t n = data.len / DIGEST_BLOCK;

	blocks(state, data.at, n);
	finish(state, blocks, bytes_from(data, n * DIGEST_BLOCK), data.len);
}

static void store(const uint32_t *state, size_t size, unsigned char *out)
{
	for (size_t i = 0; i < size; i++)
		out[i] = (unsigned char)(state[i / 4] >> (24 - 8 * (i % 4)));
}

static void hex(const unsigned char *data, size_t size, char *out)
{
	static const char digits[] = "0123456789abcdef";
	for (size_t i = 0; i < size; i++) {
		out[2 * i] = digits[data[i] >> 4];
		out[2 * i + 1] = digits[data[i] & 15];
	}
	out[2 * size] = '\0';
}

void digest_sha1(struct bytes data, unsigned char out[DIGEST_SHA1])
{
	uint32_t state[8] = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0};
	digest(state, sha1_blocks, data);
	store(state, DIGEST_SHA1, out);
}

void digest_sha256(struct bytes data, unsigned char out[DIGEST_SHA256])
{
	struct digest_run run = digest_start();
	digest(run.state, sha256_blocks, data);
	store(run.state, DIGEST_SHA256, out);
}

struct digest_run digest_start(void)
{
	return (struct digest_run){.state = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
					     0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19}};
}

void digest_add(struct digest_run *run, struct bytes piece)
{
	size_t held = run->len % DIGEST_BLOCK;

	run->len += piece.len;
	if (held > 0) {
		struct bytes fill = bytes_slice(piece, 0, DIGEST_BLOCK - held);
		if (fill.len > 0)
			memcpy(run->part + held, fill.at, fill.len);
		if (held + fill.len < DIGEST_BLOCK)
			return;
		sha256_block(run->state, run->part);
		piece = bytes_from(piece, fill.len);
	}
	size_t n = piece.len / DIGEST_BLOCK;
	sha256_blocks(run->state, piece.at, n);
	piece = bytes_from(piece, n * DIGEST_BLOCK);
	if (piece.len > 0)
		memcpy(run->part, piece.at, piece.len);
}

void digest_end(struct digest_run *run, unsigned char out[DIGEST_SHA256])
{
	struct bytes held = {run->part, run->len % DIGEST_BLOCK};
	finish(run->state, sha256_blocks, held, run->len);
	store(run->state, DIGEST_SHA256, out);
}

void digest_sha1_text(struct bytes data, char out[DIGEST_SHA1_TEXT])
{
	unsigned char raw[DIGEST_SHA1];
	digest_sha1(data, raw);
	hex(raw, sizeof raw, out);
}

void digest_sha256_text(struct bytes data, char out[DIGEST_SHA256_TEXT])
{
	unsigned char raw[DIGEST_SHA256];
	digest_sha256(data, raw);
	hex(raw, sizeof raw, out);
}

void digest_text(const unsigned char raw[DIGEST_SHA256], char out[DIGEST_SHA256_TEXT])
{
	hex(raw, DIGEST_SHA256, out);
}
