/* tests/fuzz/fuzz_new_text.c - the writer's own words, and the word of his answer. Every word given back was in the text. */
#include "smtp/new_text.h"
#include "smtp/reply_word.h"

static bool is_blank(unsigned char c)
{
	return c <= ' ';
}

/* mine is text with parts taken out: its bytes stand in text in the same order. */
static bool is_left_over(struct bytes mine, struct bytes text)
{
	size_t at = 0;
	for (size_t i = 0; i < mine.len; i++) {
		if (is_blank(mine.at[i]))
			continue;
		while (at < text.len && text.at[at] != mine.at[i])
			at++;
		if (at++ == text.len)
			return false;
	}
	return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_create(512u * 1024 * 1024);
	struct bytes text = {data, size < 256u * 1024 ? size : 256u * 1024}, mine;
	struct reply reply;

	bool separated = new_text_read(arena, text, &mine);
	if (!is_left_over(mine, text) || (separated && mine.len == 0 && bytes_trim(text).len > 0))
		__builtin_trap();
	reply_word_read(arena, mine, (struct date){2026, 11, 21}, &reply);
	if (reply.has_until && (reply.until.month < 1 || reply.until.month > 12 || reply.until.day < 1 || reply.until.day > 31))
		__builtin_trap();
	arena_destroy(&arena);
	return 0;
}
