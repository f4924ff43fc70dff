/* smtp/form_value.c - see form_value.h. */
#include "smtp/form_value.h"

#include <string.h>

#include "base/fold.h"

bool form_value_placeholder(struct arena *arena, struct bytes text)
{
	static const struct bytes asked[] = {
		BYTES_OF("(a remplir"), BYTES_OF("(a completer"), BYTES_OF("(to be filled"), BYTES_OF("(to fill"), BYTES_OF("(please fill"),
		BYTES_OF("\"a remplir"), BYTES_OF("\" a remplir"), BYTES_OF("\" a completer"), BYTES_OF("\" votre avis \""), BYTES_OF("\"votre avis\""),
		BYTES_OF("\"to be filled"), BYTES_OF("\" to be filled"),
	};
	struct bytes folded = bytes_trim(fold_text(arena, text));
	size_t letters = 0;

	for (size_t i = 0; i < folded.len; i++)
		letters += (folded.at[i] >= 'a' && folded.at[i] <= 'z') || (folded.at[i] >= '0' && folded.at[i] <= '9') ||
			   folded.at[i] >= 0x80;
	if (letters == 0)
		return true;
	unsigned char last = folded.at[folded.len - 1];
	for (size_t i = 0; i < sizeof asked / sizeof asked[0]; i++)
		if (bytes_starts(folded, asked[i]) && last == (folded.at[0] == '(' ? ')' : '"') &&
		    bytes_find_byte(folded, last, 1) + 1 == folded.len)
			return true;
	return false;
}

struct bytes form_value_reference(struct arena *arena, struct bytes text)
{
	/* A-2026-000123-KQ: a letter, a year, a number, two check letters. */
	for (size_t at = 0; at + 12 <= text.len; at++) {
		size_t end = at + 7;
		if (at > 0 && ((text.at[at - 1] | 0x20) >= 'a' && (text.at[at - 1] | 0x20) <= 'z'))
			continue;
		if ((text.at[at] | 0x20) < 'a' || (text.at[at] | 0x20) > 'z' || text.at[at + 1] != '-' || text.at[at + 6] != '-')
			continue;
		uint64_t year;
		if (!bytes_number(bytes_slice(text, at + 2, 4), 9999, &year))
			continue;
		while (end < text.len && text.at[end] >= '0' && text.at[end] <= '9')
			end++;
		if (end == at + 7 || end + 3 > text.len || text.at[end] != '-')
			continue;
		unsigned char *out = arena_alloc(arena, end + 3 - at + 1);
		for (size_t i = at; i < end + 3; i++)
			out[i - at] = text.at[i] >= 'a' && text.at[i] <= 'z' ? (unsigned char)(text.at[i] - 32) : text.at[i];
		return (struct bytes){out, end + 3 - at};
	}
	return BYTES_NONE;
}

static const struct word {
	const char *text, *means;
} words[] = {
	{"oui, en partie", "partly"}, {"oui en partie", "partly"}, {"oui, partiellement", "partly"}, {"oui partiellement", "partly"},
	{"oui, partielle", "partly"}, {"oui partielle", "partly"}, {"oui, partiel", "partly"}, {"oui partiel", "partly"},
	{"yes, partly", "partly"},    {"yes, in part", "partly"},  {"partiellement", "partly"}, {"partielle", "partly"}, {"partiel", "partly"},
	{"en partie", "partly"},      {"partly", "partly"},        {"partially", "partly"},     {"partial", "partly"},   {"in part", "partly"},
	{"non", "no"},                {"no", "no"},                {"divergente", "no"},        {"divergent", "no"},     {"divergence", "no"},
	{"oui", "yes"},               {"yes", "yes"},              {"totale", "yes"},           {"totalement", "yes"},   {"total", "yes"},
	{"complete", "yes"},          {"complètement", "yes"},     {"completement", "yes"},     {"convergent", "yes"},   {"convergente", "yes"},
};

static bool is_letter(unsigned char c)
{
	return (c >= 'a' && c <= 'z') || c >= 0x80;
}

/* The text after its first n letters of words: folding keeps their number, not their bytes. */
static struct bytes after_letters(struct arena *arena, struct bytes text, size_t n)
{
	size_t at = 0;

	while (at < text.len && fold_text(arena, bytes_slice(text, 0, at)).len < n) {
		at++;
		while (at < text.len && (text.at[at] & 0xc0) == 0x80)
			at++;
	}
	struct bytes rest = bytes_from(text, at);
	while (rest.len > 0 && memchr(" .,;:!-*\n\t\r", rest.at[0], 11) != NULL)
		rest = bytes_from(rest, 1);
	return rest;
}

/* "oui / partielle / non", left as we sent it. */
static bool is_our_question(struct bytes line)
{
	size_t slashes = 0;

	for (size_t i = 0; i < line.len; i++)
		slashes += line.at[i] == '/';
	return slashes >= 2 && line.len < 60 && bytes_contains(line, BYTES("part"));
}

struct bytes form_value_convergence(struct arena *arena, struct bytes text, struct bytes *remark)
{
	struct bytes folded = fold_text(arena, text);

	*remark = BYTES_NONE;
	if (is_our_question(bytes_slice(folded, 0, bytes_find_byte(folded, '\n', 0))))
		return BYTES_NONE;
	while (folded.len > 0 && memchr("(\"*_ ", folded.at[0], 5) != NULL)
		folded = bytes_from(folded, 1);
	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
		struct bytes word = bytes_of_text(words[i].text);
		if (!bytes_starts(folded, word) || (folded.len > word.len && is_letter(folded.at[word.len])))
			continue;
		*remark = bytes_trim(after_letters(arena, text, fold_text(arena, text).len - folded.len + word.len));
		return bytes_of_text(words[i].means);
	}
	return BYTES_NONE;
}
