/* tests/fuzz/fuzz_xdm.c - any bytes as a METADATA.XML, and as a whole XDM package.
 *
 * A fuzzer seldom makes a ZIP with a right CRC: the metadata are read on their own as well. */
#include <assert.h>

#include "base/limits.h"
#include "cda/xdm_read_metadata.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_metadata(const struct xdm_metadata *m)
{
	assert(m->count <= LIMIT_DOCUMENTS);
	for (size_t i = 0; i < m->count; i++)
		assert(bytes_utf8(m->entries[i].uri) && bytes_utf8(m->entries[i].document.title));
}

static void check_archive(const struct xdm_archive *a)
{
	assert(a->count <= (a->metadata ? LIMIT_DOCUMENTS : LIMIT_ZIP_ENTRIES));
	for (size_t i = 0; i < a->count; i++) {
		const struct xdm_document *d = &a->documents[i];
		assert(d->content.len > 0 || !d->described || d->action == XDM_ACTION_DELETE);
		assert(sniff_name(d->type) != NULL);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_create(LIMIT_ZIP_TOTAL + (8u << 20));
	struct bytes input = {data, size};
	struct xdm_metadata metadata;
	struct xdm_archive archive;

	if (xdm_metadata_read(arena, input, &metadata) == REASON_NONE)
		check_metadata(&metadata);
	enum reason reason = xdm_read(arena, input, &archive);
	if (reason == REASON_NONE || reason == REASON_ARCHIVE_NOT_XDM)
		check_archive(&archive);
	arena_destroy(&arena);
	return 0;
}
