/* tests/fuzz/fuzz_flowed.c - format=flowed: what is cut is joined again, and joining bears any bytes. */
#include "smtp/mime_flowed.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Blanks before a line end are not kept: they would make it soft. */
static struct bytes without_blanks(struct arena *arena, struct bytes text)
{
	unsigned char *out = arena_alloc(arena, text.len + 1);
	size_t len = 0;

	while (text.len > 0) {
		size_t end = bytes_find_byte(text, '\n', 0);
		struct bytes line = bytes_slice(text, 0, end);
		while (!bytes_equal(line, BYTES("-- ")) && line.len > 0 && line.at[line.len - 1] == ' ')
			line.len--;
		for (size_t i = 0; i < line.len; i++)
			out[len++] = line.at[i];
		out[len++] = '\n';
		text = bytes_from(text, end + 1);
	}
	return (struct bytes){out, len};
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_create(64u * 1024 * 1024);
	struct bytes text = {data, size < 64u * 1024 ? size : 64u * 1024};
	struct bytes joined = mime_flowed_join(arena, text, size % 2 == 1);

	if (joined.len > 2 * text.len + 2)
		__builtin_trap();
	struct bytes plain = without_blanks(arena, text);
	if (!bytes_equal(mime_flowed_join(arena, mime_flowed_cut(arena, text), false), plain))
		__builtin_trap();
	arena_destroy(&arena);
	return 0;
}
