/* tests/fuzz/fuzz_zip.c - any bytes as a ZIP archive. On success the names obey the rules and no two are one. */
#include <assert.h>

#include "base/limits.h"
#include "cda/zip.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct zip_content *content)
{
	size_t total = 0;

	assert(content->count <= LIMIT_ZIP_ENTRIES);
	for (size_t i = 0; i < content->count; i++) {
		struct bytes name = content->members[i].name;
		assert(name.len > 0 && name.len <= LIMIT_ZIP_NAME && bytes_utf8(name));
		assert(name.at[0] != '/' && bytes_find_byte(name, '\\', 0) == name.len);
		assert(!bytes_contains(name, BYTES("../")) && name.at[name.len - 1] != '/');
		for (size_t j = 0; j < i; j++)
			assert(!bytes_equal_nocase(name, content->members[j].name));
		total += content->members[i].content.len;
	}
	assert(total <= LIMIT_ZIP_TOTAL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_create(LIMIT_ZIP_TOTAL + (4u << 20));
	struct zip_content content;

	if (zip_content_read(arena, (struct bytes){data, size}, &content) == REASON_NONE)
		check(&content);
	arena_destroy(&arena);
	return 0;
}
