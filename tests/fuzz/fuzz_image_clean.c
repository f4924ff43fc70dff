/* tests/fuzz/fuzz_image_clean.c - any bytes as a JPEG or PNG. What comes out is the same kind, no longer than what went in but for the
 * note how it is turned, and comes out unchanged the second time. */
#include <assert.h>

#include "base/limits.h"
#include "cda/image_clean.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_create(4u << 20);
	const struct bytes input = {data, size};
	for (enum sniff type = SNIFF_JPEG; type <= SNIFF_PNG; type++) {
		struct image_clean once, twice;
		if (image_clean(arena, type, input, &once) != REASON_NONE)
			continue;
		assert(sniff_type(once.content) == type);
		assert(once.content.len <= size + 36 && once.turn >= 1 && once.turn <= 8);
		assert((uint64_t)once.width * once.height <= LIMIT_IMAGE_PIXELS);
		assert(image_clean(arena, type, once.content, &twice) == REASON_NONE);
		assert(bytes_equal(once.content, twice.content) && once.turn == twice.turn);
	}
	arena_destroy(&arena);
	return 0;
}
