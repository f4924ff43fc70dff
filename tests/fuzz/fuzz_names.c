/* tests/fuzz/fuzz_names.c - any bytes as the names of a patient and a document: the subject and the file name made of them.
 *
 * Whatever comes, both are one line that a header and a file system take. */
#include <assert.h>

#include "gateway/compose_words.h"
#include "smtp/subject.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_file(struct bytes name)
{
	assert(name.len >= 12 && name.len <= 1024 && bytes_ends(name, BYTES(".pdf")));
	for (size_t i = 0; i < name.len; i++)
		assert(name.at[i] >= ' ' && name.at[i] != '/' && name.at[i] != '\\' && name.at[i] != '"' && name.at[i] != 0x7f);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_create(1u << 20);
	struct cursor c = cursor_on((struct bytes){data, size});
	struct bytes label = cursor_until(&c, '|'), family = cursor_until(&c, '|'), given = cursor_until(&c, '|');
	struct bytes subject = subject_national(arena, label, family, given, c.left);

	assert(bytes_one_line(subject, 1024) && bytes_starts(subject, BYTES(SUBJECT_PREFIX)));
	if (bytes_utf8(label) && bytes_utf8(family) && bytes_utf8(given)) {
		struct bytes file = compose_words_file(arena, (struct cda_write_time){{0}, 60}, label, family, given, c.left);
		check_file(file);
		assert(!bytes_utf8(c.left) || bytes_utf8(file));
	}
	arena_destroy(&arena);
	return 0;
}
