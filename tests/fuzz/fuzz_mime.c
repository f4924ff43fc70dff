/* tests/fuzz/fuzz_mime.c - one mail as the second child sees it: only what our own scan lets through reaches the library. */
#include "base/limits.h"
#include "smtp/mime_read.h"
#include "smtp/scan.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct mime_charsets charsets;
	struct arena *arena = arena_create(LIMIT_INSPECT_MEMORY);
	struct bytes entity = {data, size};
	struct mime_message message;
	struct scan scan;

	if (charsets.n == 0)
		mime_open(&charsets);
	scan_entity(entity, &scan);
	if (!scan.unsafe && mime_read(arena, BYTES_NONE, entity, &message) == REASON_NONE) {
		for (size_t i = 0; i < message.n; i++) {
			const struct mime_part *part = &message.parts[i];
			if (part->offset > size || part->length > size - part->offset || !bytes_utf8(part->name) || part->name.len > 120)
				__builtin_trap();
		}
		if (!bytes_utf8(message.text) || message.text.len > LIMIT_TEXT || !bytes_utf8(message.head.subject))
			__builtin_trap();
	}
	arena_destroy(&arena);
	return 0;
}
