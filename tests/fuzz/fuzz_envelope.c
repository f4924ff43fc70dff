/* tests/fuzz/fuzz_envelope.c - encrypted messages and objects as relais-verify reads them, and what the holder of the key is told of them.
 *
 * The first byte says how: an object, a mail around one, or the answer of the child that read one. A fixed key opens whatever it opens; what
 * comes out must be a message that begins with the outer fields and with nothing of the inner ones but Content-*. */
#include <stdint.h>
#include <stdlib.h>

#include "base/limits.h"
#include "gateway/envelope_answer.h"
#include "gateway/json_view.h"
#include "gateway/verify_envelope.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define KEY "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"

static const unsigned char key[ENVELOPE_KEY_MAX] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31};

static void object(struct arena *arena, struct bytes cms)
{
	/* The first is the identifier of the seeds' recipient; the second, of any key identifier of one byte 01. */
	const struct bytes ids[] = {BYTES("k:01"), BYTES("i:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")};
	struct envelope_recipient r;
	struct bytes content;
	bool authenticated;

	if (envelope_find(arena, cms, ids, 2, &r) == REASON_NONE &&
	    (r.which > 1 || r.secret.len == 0 || r.secret.len > ENVELOPE_SECRET_MAX || r.ukm.len > ENVELOPE_UKM_MAX || r.key_bits % 64 != 0))
		abort();
	for (size_t bits = 128; bits <= 256; bits += 64)
		if (envelope_open(arena, cms, (struct bytes){key, bits / 8}, &content, &authenticated) == REASON_NONE && content.len > cms.len)
			abort();
}

static void mail(struct arena *arena, struct bytes raw)
{
	struct verify_answer answer;

	if (verify_envelope(arena, BYTES("{\"op\":\"recipients\",\"ids\":[\"k:01\"]}"), raw, &answer) == REASON_NONE && answer.n != 0)
		abort();
	if (verify_envelope(arena, BYTES("{\"op\":\"content\",\"key\":\"" KEY "\"}"), raw, &answer) == REASON_NONE && answer.n == 1 &&
	    bytes_starts_nocase(answer.blobs[0], BYTES("Content-")))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_create(LIMIT_MESSAGE);
	struct bytes rest = {data + 1, size > 0 ? size - 1 : 0};
	struct envelope_recipient r;

	if (size > 0 && data[0] % 3 == 0)
		object(arena, rest);
	else if (size > 0 && data[0] % 3 == 1)
		mail(arena, rest);
	else if (size > 0 && envelope_answer_read(arena, rest, 2, &r) == REASON_NONE &&
		 (r.which > 1 || r.secret.len > ENVELOPE_SECRET_MAX || r.ukm.len > ENVELOPE_UKM_MAX || r.hash >= ENVELOPE_HASHES || r.mask >= ENVELOPE_HASHES))
		abort();
	arena_destroy(&arena);
	return 0;
}
