/* tests/fuzz/fuzz_scan.c - the scan of a raw message: any bytes, as they are and as a file, and its ranges stay inside. */
#include <stdint.h>
#include <stdlib.h>

#include "base/limits.h"
#include "smtp/scan.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void inside(struct scan_range range, size_t len)
{
	if (range.at > len || range.len > len - range.at)
		abort();
}

static void check(struct bytes raw, const struct scan *scan)
{
	inside(scan->head, raw.len);
	inside(scan->body, raw.len);
	inside(scan->entity, raw.len);
	inside(scan->cms, raw.len);
	if (scan->layer == SCAN_LAYER_SIGNED && scan->entity.len == 0)
		abort();
	if (scan->parts > LIMIT_MIME_PARTS + 1 || scan->depth > LIMIT_MIME_DEPTH)
		abort();
	if ((scan->reason == REASON_NONE) != (scan->verdict == SCAN_ACCEPT))
		abort();
	/* Who is refused or held for his From has no address. */
	for (size_t i = 0; i < scan->n_anomalies; i++)
		if (scan->anomalies[i] == REASON_MAIL_SEVERAL_FROM && scan->address.len != 0)
			abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes raw = {data, size}, normal, decoded;
	struct scan scan;

	scan_message(raw, size % 2 == 1, &scan);
	check(raw, &scan);
	scan_entity(raw, &scan);
	check(raw, &scan);
	struct arena *arena = arena_create(LIMIT_MESSAGE);
	if (scan_normalise(arena, raw, &normal)) {
		scan_message(normal, false, &scan);
		check(normal, &scan);
		if (scan_decode(arena, bytes_slice(normal, scan.cms.at, scan.cms.len), scan.cms_encoding, &decoded) == REASON_NONE)
			(void)scan_cms_kind(decoded);
	}
	arena_destroy(&arena);
	return 0;
}
