/* smtp/subject.c - see subject.h. */
#include "smtp/subject.h"

#include "base/buf.h"

enum { LABEL_CHARACTERS = 40, NAME_CHARACTERS = 60, DAY_DIGITS = 8, LINE_MAX = 1024 };

/* Length of the well-formed character that text begins with; 0 when it begins with none. */
static size_t character(struct bytes text)
{
	for (size_t n = 1; n <= 4 && n <= text.len; n++)
		if (bytes_utf8(bytes_slice(text, 0, n)))
			return n;
	return 0;
}

/* A blank before it when something stands there already; runs of blanks become one. */
static void add(struct buf *out, struct bytes text, size_t characters)
{
	bool blank = out->len > sizeof SUBJECT_PREFIX - 1;

	for (size_t n = 0; text.len > 0 && n < characters;) {
		size_t unseen = bytes_unseen(text), len = character(text);
		unsigned char first = text.at[0];
		if (unseen > 0) {
			text = bytes_from(text, unseen);
			continue;
		}
		if (first <= ' ' || first == 0x7f) {
			blank = blank || out->len > sizeof SUBJECT_PREFIX - 1;
		} else {
			if (blank)
				buf_u8(out, ' ');
			blank = false;
			buf_add(out, len > 0 ? bytes_slice(text, 0, len) : BYTES("?"));
			n++;
		}
		text = bytes_from(text, len > 0 ? len : 1);
	}
}

static void add_day(struct buf *out, struct bytes day)
{
	uint64_t number;
	if (day.len >= DAY_DIGITS && bytes_number(bytes_slice(day, 0, DAY_DIGITS), 99999999, &number))
		buf_printf(out, " %.2s/%.2s/%.4s", (const char *)day.at + 6, (const char *)day.at + 4, (const char *)day.at);
}

struct bytes subject_national(struct arena *arena, struct bytes label, struct bytes family, struct bytes given, struct bytes birth)
{
	struct buf out = buf_make(LINE_MAX);

	buf_text(&out, SUBJECT_PREFIX);
	add(&out, label, LABEL_CHARACTERS);
	add(&out, family, NAME_CHARACTERS);
	add(&out, given, NAME_CHARACTERS);
	add_day(&out, birth);
	struct bytes copy = arena_copy(arena, buf_bytes(&out));
	buf_free(&out);
	return copy;
}
