/* tests/fuzz/fuzz_tnef.c - any bytes as a winmail.dat; then the same bytes with their checksums put right, so that what lies behind
 * them is read too. On success every file lies within the input, and all of them together are no more than it. */
#include <assert.h>
#include <string.h>

#include "base/limits.h"
#include "cda/tnef.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct tnef_content *content, struct bytes input)
{
	size_t total = 0;

	assert(content->count <= LIMIT_TNEF_FILES);
	for (size_t i = 0; i < content->count; i++) {
		struct bytes file = content->files[i].content;
		assert(file.len == 0 || (file.at >= input.at && file.at + file.len <= input.at + input.len));
		assert(bytes_utf8(content->files[i].name));
		total += file.len;
	}
	assert(total <= input.len);
}

static void put_right(uint8_t *data, size_t size)
{
	for (size_t at = 6; size >= 11 && at <= size - 11;) {
		size_t len = data[at + 5] | (size_t)data[at + 6] << 8, sum = 0;
		if (data[at + 7] != 0 || data[at + 8] != 0 || len > size - at - 11)
			return;
		for (size_t i = 0; i < len; i++)
			sum += data[at + 9 + i];
		data[at + 9 + len] = (uint8_t)sum;
		data[at + 10 + len] = (uint8_t)(sum >> 8);
		at += 11 + len;
	}
}

static void read_one(struct arena *arena, struct bytes input)
{
	struct tnef_content content;

	if (tnef_read(arena, input, &content) == REASON_NONE)
		check(&content, input);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_create(64u << 20);
	uint8_t *copy = arena_alloc(arena, size + 1);

	read_one(arena, (struct bytes){data, size});
	memcpy(copy, data, size);
	put_right(copy, size);
	read_one(arena, (struct bytes){copy, size});
	arena_destroy(&arena);
	return 0;
}
