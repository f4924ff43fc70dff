/* tests/fuzz/fuzz_notice_write.c - a report of strange words: refused, or read back with the same recipients and no field more. */
#include "base/limits.h"
#include "smtp/mime_head.h"
#include "smtp/notice_write.h"

enum { RECIPIENTS = 3 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Fields of the blocks of a report, one behind the other. */
static size_t count(struct bytes text, const char *name)
{
	struct mime_field field;
	size_t n = 0;

	while (text.len > 0) {
		while (mime_field_next(&text, &field))
			n += name == NULL || bytes_equal_nocase(field.name, bytes_of_text(name));
		text = bytes_from(text, bytes_find_byte(text, '\n', 0) + 1);
	}
	return n;
}

static void check(bool good)
{
	if (!good)
		__builtin_trap();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_create(4u << 20);
	struct cursor c = cursor_on((struct bytes){data, size});
	struct notice_write_recipient recipients[RECIPIENTS];
	struct bytes flags = cursor_until(&c, '\x1f');
	bool mdn = flags.len % 2 == 1;
	struct notice_write n = {.kind = mdn ? NOTICE_WRITE_MDN : NOTICE_WRITE_DSN, .recipients = recipients, .n = mdn ? 1 : RECIPIENTS,
				 .status = BYTES("5.6.0"), .failed = true};
	struct notice_written w;
	const char *field = "";

	n.agent = cursor_until(&c, '\x1f');
	n.envelope_id = cursor_until(&c, '\x1f');
	n.diagnostic = cursor_until(&c, '\x1f');
	n.error = cursor_until(&c, '\x1f');
	n.original_id = cursor_until(&c, '\x1f');
	n.original_from = cursor_until(&c, '\x1f');
	struct bytes to = cursor_until(&c, '\x1f');
	n.original_to = &to;
	n.n_to = 1;
	for (size_t i = 0; i < RECIPIENTS; i++) {
		recipients[i].original = cursor_until(&c, '\x1f');
		recipients[i].final = cursor_until(&c, '\x1f');
		if (recipients[i].final.len == 0)
			recipients[i].final = BYTES("a@b.fr");
	}
	if (n.agent.len == 0)
		n.agent = BYTES("mx");
	if (notice_write(arena, &n, &w, &field) == REASON_NONE) {
		check(count(w.fields, "Final-Recipient") == n.n && count(w.headers, NULL) <= 4 && count(w.headers, "Subject") == 0);
		check(mdn ? count(w.fields, NULL) <= 7 : count(w.fields, NULL) <= 3 + 5 * RECIPIENTS);
		check(bytes_utf8(w.fields) && bytes_utf8(w.headers));
	} else {
		check(field[0] != '\0');
	}
	arena_destroy(&arena);
	return 0;
}
