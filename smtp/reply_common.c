/* smtp/reply_common.c - see reply_common.h. */
#include "smtp/reply_common.h"

#include <string.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static const char *const closings[] = {
	"?bien|?tres cordialement|cdt|cdlt", "bien a vous|toi", "?bien confraternellement", "?meilleures salutations", "?yours sincerely|faithfully", "?best|?kind|?warm regards",
	"dr|pr|prof|docteur|professeur _", "amities", "respectueusement", "best wishes", "avec mes salutations|remerciements", "veuillez agreer|recevoir|croire",
};

static bool is_address_byte(unsigned char c)
{
	return c > ' ' && c < 0x7f && memchr("<>()[],;:\"'`|*\\", c, 15) == NULL;
}

bool reply_is_closed(const struct reply_sentence *sentence, bool starts_line, bool begun, bool closed)
{
	if (!starts_line)
		return closed;
	if (reply_phrase(sentence, 0, "ps") > 0 || reply_phrase(sentence, 0, "p s") > 0)
		return false;
	for (size_t i = 0; i < COUNT(closings) && begun; i++)
		if (reply_phrase(sentence, 0, closings[i]) > 0)
			return true;
	return closed;
}

struct bytes reply_address_around(struct bytes text, size_t sign)
{
	size_t from = sign, to = sign + 1;

	while (from > 0 && is_address_byte(text.at[from - 1]) && text.at[from - 1] != '@')
		from--;
	while (to < text.len && is_address_byte(text.at[to]) && text.at[to] != '@')
		to++;
	while (to > sign + 1 && memchr(".!?/-", text.at[to - 1], 5) != NULL)
		to--;
	struct bytes domain = bytes_slice(text, sign + 1, to - sign - 1);
	if (from == sign || to - from > 254 || bytes_find_byte(domain, '.', 1) >= domain.len)
		return BYTES_NONE;
	return bytes_slice(text, from, to - from);
}

struct bytes reply_only_address(struct bytes text)
{
	struct bytes found = BYTES_NONE;

	for (size_t at = 0; (at = bytes_find_byte(text, '@', at)) < text.len; at++) {
		struct bytes address = reply_address_around(text, at);
		if (address.len == 0)
			continue;
		if (found.len > 0 && !bytes_equal_nocase(found, address))
			return BYTES_NONE;
		found = address;
	}
	return found;
}

/* Letters, those beyond ASCII (and the no-break space before a colon), and the dash of "APPELEZ-MOI". */
static bool is_letter(unsigned char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c >= 0x80 || c == '-' || c == '\'';
}

static bool is_capital(unsigned char c)
{
	return c >= 'A' && c <= 'Z';
}

struct bytes reply_rest(struct bytes text)
{
	struct bytes whole = bytes_trim(text), left = whole;

	while (left.len > 0 && memchr("*\"-_ ", left.at[0], 5) != NULL)
		left = bytes_from(left, 1);
	size_t word = 0;
	while (word < left.len && is_letter(left.at[word]))
		word++;
	struct bytes rest = bytes_from(left, word);
	size_t signs = 0;
	bool colon = false;
	while (signs < rest.len && memchr(" \t*:,.-_", rest.at[signs], 8) != NULL) {
		colon = colon || rest.at[signs] == ':';
		signs++;
	}
	bool capitals = word > 2 && is_capital(left.at[0]) && is_capital(left.at[1]);
	return word > 0 && (colon || capitals) ? bytes_trim(bytes_from(rest, signs)) : whole;
}
