/* tests/fuzz/fuzz_notice.c - a mail read as a report. */
#include "base/limits.h"
#include "smtp/notice_read.h"
#include "smtp/scan.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct mime_charsets charsets;
	struct arena *arena = arena_create(LIMIT_INSPECT_MEMORY);
	struct bytes entity = {data, size};
	struct mime_message message;
	struct notice notice;
	struct scan scan;

	if (charsets.n == 0)
		mime_open(&charsets);
	scan_entity(entity, &scan);
	if (!scan.unsafe && mime_read(arena, BYTES_NONE, entity, &message) == REASON_NONE) {
		notice_read(arena, &message, &notice);
		if (notice.n > NOTICE_RECIPIENTS || (notice.type == NOTICE_NONE && notice.n > 0))
			__builtin_trap();
	}
	arena_destroy(&arena);
	return 0;
}
