/* smtp/compose_word.c - see compose_word.h. */
#include "smtp/compose_word.h"

/* RFC 2047 2 allows 75 for a word; 64 leaves room for the field's name on the first line. */
enum { WORD_MAX = 64, LINE_MAX_WISHED = 78 };

static const struct bytes word_start = BYTES_OF("=?UTF-8?Q?");
static const struct bytes word_end = BYTES_OF("?=");

static bool letter_or_digit(unsigned char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/* RFC 2047 5(3): what may stand for itself in a phrase; elsewhere more may (5(1)), but "." is all that we want. */
static bool itself(unsigned char c, bool phrase)
{
	return letter_or_digit(c) || c == '!' || c == '*' || c == '+' || c == '-' || c == '/' || (c == '.' && !phrase);
}

static bool plain(struct bytes text)
{
	for (size_t i = 0; i < text.len; i++)
		if (text.at[i] < 0x20 || text.at[i] > 0x7e)
			return false;
	/* Spaces at the ends would be lost in a header; "=?" could be read as an encoded word. */
	return !bytes_contains(text, BYTES("=?")) && bytes_trim(text).len == text.len && !bytes_contains(text, BYTES("  "));
}

/* Bytes of the character that begins here (the text is well-formed). */
static size_t character(struct bytes text, size_t at)
{
	size_t len = 1;
	while (at + len < text.len && (text.at[at + len] & 0xc0) == 0x80)
		len++;
	return len;
}

static size_t cost(struct bytes text, size_t at, size_t len, bool phrase)
{
	return len == 1 && (text.at[at] == ' ' || itself(text.at[at], phrase)) ? 1 : 3 * len;
}

static void add_character(struct buf *out, struct bytes text, size_t at, size_t len, bool phrase)
{
	for (size_t i = at; i < at + len; i++) {
		if (text.at[i] == ' ')
			buf_u8(out, '_');
		else if (itself(text.at[i], phrase))
			buf_u8(out, text.at[i]);
		else
			buf_printf(out, "=%02X", text.at[i]);
	}
}

static struct bytes encode(struct arena *arena, struct bytes text, bool phrase)
{
	struct buf out = buf_make(16 * (text.len + 16));
	size_t used = 0;
	for (size_t at = 0; at < text.len;) {
		size_t len = character(text, at), more = cost(text, at, len, phrase);
		if (used == 0 || used + more + word_end.len > WORD_MAX) {
			if (used > 0) {
				buf_add(&out, word_end);
				buf_u8(&out, ' ');
			}
			buf_add(&out, word_start);
			used = word_start.len;
		}
		add_character(&out, text, at, len, phrase);
		used += more;
		at += len;
	}
	buf_add(&out, word_end);
	struct bytes copy = arena_copy(arena, buf_bytes(&out));
	buf_free(&out);
	return copy;
}

/* RFC 5322 3.2.3 and 3.2.4: atoms and spaces stand as they are, the rest goes between quotes. */
static struct bytes quote(struct arena *arena, struct bytes text)
{
	bool atoms = true;
	for (size_t i = 0; i < text.len; i++)
		atoms = atoms && (letter_or_digit(text.at[i]) || text.at[i] == ' ' || text.at[i] == '-' || text.at[i] == '_' ||
				  text.at[i] == '\'');
	if (atoms)
		return text;
	struct buf out = buf_make(2 * text.len + 2);
	buf_u8(&out, '"');
	for (size_t i = 0; i < text.len; i++) {
		if (text.at[i] == '"' || text.at[i] == '\\')
			buf_u8(&out, '\\');
		buf_u8(&out, text.at[i]);
	}
	buf_u8(&out, '"');
	struct bytes copy = arena_copy(arena, buf_bytes(&out));
	buf_free(&out);
	return copy;
}

struct bytes compose_word_text(struct arena *arena, struct bytes text)
{
	return text.len == 0 || plain(text) ? text : encode(arena, text, false);
}

struct bytes compose_word_phrase(struct arena *arena, struct bytes text)
{
	if (text.len == 0)
		return text;
	return plain(text) ? quote(arena, text) : encode(arena, text, true);
}

void compose_word_fold(struct buf *out, const char *name, struct bytes value)
{
	struct bytes title = bytes_of_text(name);
	size_t used = title.len + 1;
	buf_add(out, title);
	buf_u8(out, ':');
	for (size_t at = 0; at < value.len;) {
		size_t next = bytes_find_byte(value, ' ', at);
		struct bytes word = bytes_slice(value, at, next - at);
		/* The first word stays on the line of the name: a line of blanks only is not allowed there. */
		if (at > 0 && used + 1 + word.len > LINE_MAX_WISHED) {
			buf_text(out, "\r\n");
			used = 0;
		}
		buf_u8(out, ' ');
		buf_add(out, word);
		used += 1 + word.len;
		at = next + 1;
	}
	buf_text(out, "\r\n");
}

struct bytes compose_word_date(struct arena *arena, struct instant at, int offset)
{
	static const char days[] = "ThuFriSatSunMonTueWed", months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	struct date day = instant_date(at, offset);
	int64_t number = date_days(day) % 7;
	int64_t second = (at.us / 1000000 + (int64_t)offset * 60) % 86400;
	int clock = (int)(second < 0 ? second + 86400 : second), minutes = offset < 0 ? -offset : offset;
	return bytes_of_text(arena_printf(arena, "%.3s, %02d %.3s %04d %02d:%02d:%02d %c%02d%02d", days + 3 * (number < 0 ? number + 7 : number),
					  day.day, months + 3 * (day.month - 1), day.year, clock / 3600, clock / 60 % 60, clock % 60,
					  offset < 0 ? '-' : '+', minutes / 60, minutes % 60));
}
