/* smtp/reply_token.c - see reply_token.h. */
#include "smtp/reply_token.h"

#include <string.h>

#include "base/buf.h"
#include "base/fold.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

enum { WRAPPED = 50 };        /* bytes: a shorter line was ended by its writer */

/* Words whose full stop ends no sentence. */
static const char *const short_words[] = {
	"dr", "pr", "prof", "m", "mme", "mlle", "mr", "mrs", "ms", "st", "no", "tel", "p", "o", "jan", "janv", "feb", "fev", "fevr", "mar", "apr",
	"avr", "jul", "juil", "aug", "sep", "sept", "oct", "nov", "dec", "lun", "mer", "jeu", "ven", "sam", "dim", "mon", "tue", "wed", "thu", "fri",
	"sat", "sun", "cf", "ex", "env", "approx",
};

/* Words that begin a clause of their own: what is denied before them is not denied behind. */
static const char *const conjunctions[] = {
	"mais", "but", "car", "because", "since", "parce", "puisque", "et", "and", "donc", "alors", "however", "cependant", "toutefois", "neanmoins",
};

static bool in_list(struct bytes word, const char *const *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (bytes_equal_text(word, list[i]))
			return true;
	return false;
}

static bool is_word_byte(unsigned char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c >= 0x80;
}

static bool is_digit(unsigned char c)
{
	return c >= '0' && c <= '9';
}

/* --- lines -------------------------------------------------------------------- */

static bool begins_small(struct bytes line)
{
	if (line.len == 0)
		return false;
	if (line.at[0] == 0xc3 && line.len > 1)
		return line.at[1] >= 0xa0;
	return line.at[0] >= 'a' && line.at[0] <= 'z';
}

static bool ends_open(struct bytes line)
{
	return line.len >= WRAPPED && memchr(".!?:;", line.at[line.len - 1], 5) == NULL;
}

/* The text folded, one line each; a line that the mail program wrapped (across: any) is joined to the one before. */
static struct bytes unwrap(struct arena *arena, struct bytes text, bool across)
{
	struct buf out = buf_make(SIZE_MAX / 2);
	struct cursor lines = cursor_on(text);
	struct bytes before = BYTES_NONE;

	while (lines.left.len > 0) {
		struct bytes line = bytes_trim(cursor_until(&lines, '\n'));
		if (line.len > 0 && line.at[0] == '>')
			line = BYTES_NONE;           /* somebody else's */
		if (out.len > 0)
			buf_u8(&out, (ends_open(before) && begins_small(line)) || (across && before.len > 0 && line.len > 0) ? ' ' : '\n');
		buf_add(&out, fold_text(arena, line));
		before = line;
	}
	struct bytes folded = arena_copy(arena, buf_bytes(&out));
	buf_free(&out);
	return folded;
}

/* --- words -------------------------------------------------------------------- */

struct splitting {
	struct bytes text;
	size_t at;                       /* here in text */
	size_t from;                     /* where the sentence began */
	struct reply_token *tokens;
	size_t n_tokens;
	struct reply_sentence *sentences, open;
	size_t n;
	unsigned line;
	bool line_speaks;                /* it has a word */
	bool opens;
};

static size_t count_words(struct bytes text)
{
	size_t words = 0;
	for (size_t i = 0; i < text.len; i++)
		words += is_word_byte(text.at[i]) && (i == 0 || !is_word_byte(text.at[i - 1]));
	return words;
}

/* "can't" is one word: the French have no "'t" that ends one. */
static size_t word_length(struct bytes text)
{
	size_t len = 0;
	while (len < text.len && is_word_byte(text.at[len]))
		len++;
	if (len > 1 && text.at[len - 1] == 'n' && bytes_starts(bytes_from(text, len), BYTES("'t")) &&
	    (len + 2 == text.len || !is_word_byte(text.at[len + 2])))
		len += 2;
	return len;
}

static void close_sentence(struct splitting *s, bool question, bool cut)
{
	if (s->open.n > 0) {
		s->open.text = bytes_trim(bytes_slice(s->text, s->from, s->at - s->from));
		s->open.question = question;
		s->open.cut = cut;
		s->sentences[s->n++] = s->open;
	}
	s->open = (struct reply_sentence){.tokens = s->tokens + s->n_tokens, .line = s->line};
	s->from = s->at;
	s->opens = true;
}

static void take_word(struct splitting *s)
{
	size_t len = word_length(bytes_from(s->text, s->at));
	struct bytes word = bytes_slice(s->text, s->at, len);

	if (s->open.n == REPLY_TOKENS)
		close_sentence(s, false, true);
	s->tokens[s->n_tokens++] = (struct reply_token){word, s->opens || in_list(word, conjunctions, COUNT(conjunctions))};
	s->open.n++;
	s->opens = false;
	s->line_speaks = true;
	s->at += len;
}

/* A full stop ends a sentence before a blank or the end, unless the word before it is a short one. */
static bool stop_ends(const struct splitting *s)
{
	bool last = s->at + 1 >= s->text.len || s->text.at[s->at + 1] <= ' ' || memchr(").\"'", s->text.at[s->at + 1], 4) != NULL;
	return last && (s->open.n == 0 || !in_list(s->open.tokens[s->open.n - 1].word, short_words, COUNT(short_words)));
}

static void take_sign(struct splitting *s)
{
	unsigned char sign = s->text.at[s->at];
	bool blank_before = s->at > 0 && s->text.at[s->at - 1] == ' ';
	bool ends = sign == '!' || sign == '?' || sign == ';' || sign == '\n' || (sign == '.' && stop_ends(s));
	bool in_number = s->at > 0 && s->at + 1 < s->text.len && is_digit(s->text.at[s->at - 1]) && is_digit(s->text.at[s->at + 1]);

	if ((memchr(",:()\"/", sign, 6) != NULL && !in_number) || (sign == '-' && blank_before))
		s->opens = true;
	s->at++;
	if (!ends)
		return;
	/* "?!", "? !" */
	while (sign != '\n' && s->at < s->text.len && memchr("!? ", s->text.at[s->at], 3) != NULL)
		sign = s->text.at[s->at++] == '?' ? '?' : sign;
	if (sign == '\n' && s->line_speaks) {
		s->line++;
		s->line_speaks = false;
	}
	close_sentence(s, sign == '?', false);
}

static size_t cut_sentences(struct arena *arena, struct bytes folded, const struct reply_sentence **out)
{
	struct splitting s = {.text = folded};
	size_t words = count_words(s.text);

	s.tokens = arena_alloc(arena, (words + 1) * sizeof *s.tokens);
	s.sentences = arena_alloc(arena, (words + 1) * sizeof *s.sentences);
	close_sentence(&s, false, false);
	while (s.at < s.text.len) {
		if (is_word_byte(s.text.at[s.at]))
			take_word(&s);
		else
			take_sign(&s);
	}
	close_sentence(&s, false, false);
	*out = s.sentences;
	return s.n;
}

size_t reply_sentences(struct arena *arena, struct bytes text, const struct reply_sentence **out)
{
	return cut_sentences(arena, unwrap(arena, text, false), out);
}

size_t reply_sentences_across(struct arena *arena, struct bytes text, const struct reply_sentence **out)
{
	return cut_sentences(arena, unwrap(arena, text, true), out);
}

/* --- phrases ------------------------------------------------------------------- */

/* One alternative of a slot: "word", "wor*" or "_". */
static bool fits(struct bytes pattern, struct bytes word)
{
	if (pattern.len > 0 && pattern.at[0] == '?')
		pattern = bytes_from(pattern, 1);
	if (pattern.len > 0 && word.len > 0 && pattern.at[0] != word.at[0] && pattern.at[0] != '_')
		return false;
	if (bytes_equal(pattern, BYTES("_")))
		return true;
	if (pattern.len > 0 && pattern.at[pattern.len - 1] == '*')
		return bytes_starts(word, bytes_slice(pattern, 0, pattern.len - 1));
	return bytes_equal(pattern, word);
}

static bool fits_slot(struct bytes slot, struct bytes word)
{
	while (slot.len > 0) {
		size_t end = bytes_find_byte(slot, '|', 0);
		if (fits(bytes_slice(slot, 0, end), word))
			return true;
		slot = bytes_from(slot, end + 1);
	}
	return false;
}

/* The slot that a phrase begins with. A phrase is read only as far as it fits: most fail at their first slot. */
static struct bytes first_slot(const char *phrase)
{
	size_t len = 0;
	while (phrase[len] != 0 && phrase[len] != ' ')
		len++;
	return (struct bytes){(const unsigned char *)phrase, len};
}

/* True with *len words taken when the slots fit from at on. */
static bool fits_phrase(const struct reply_sentence *s, size_t first, size_t at, const char *phrase, size_t *len)
{
	struct bytes slot = first_slot(phrase);

	if (slot.len == 0) {
		*len = at - first;
		return true;
	}
	const char *rest = phrase + slot.len + (phrase[slot.len] == ' ');
	bool over = at == s->n || (at > first && s->tokens[at].opens);
	if (bytes_equal(slot, BYTES("$")))
		return over && fits_phrase(s, first, at, rest, len);
	if (!over && fits_slot(slot, s->tokens[at].word) && fits_phrase(s, first, at + 1, rest, len))
		return true;
	return slot.at[0] == '?' && fits_phrase(s, first, at, rest, len);
}

size_t reply_phrase(const struct reply_sentence *sentence, size_t at, const char *phrase)
{
	size_t len = 0;
	return at < sentence->n && fits_phrase(sentence, at, at, phrase, &len) ? len : 0;
}

bool reply_phrase_anywhere(const struct reply_sentence *sentence, const char *phrase)
{
	for (size_t i = 0; i < sentence->n; i++)
		if (reply_phrase(sentence, i, phrase) > 0)
			return true;
	return false;
}

/* --- index --------------------------------------------------------------------- */

struct byte_set {
	uint64_t of[256 / 64];
};

/* The bytes that a word in the place of a phrase's beginning may begin with: those of its first slots, up to one that may not be missing. */
static void note_first_bytes(const char *phrase, struct byte_set *set)
{
	struct bytes slot = first_slot(phrase);
	bool optional = slot.len > 0 && slot.at[0] == '?';

	for (struct bytes left = slot; left.len > 0;) {
		size_t end = bytes_find_byte(left, '|', 0);
		struct bytes pattern = bytes_slice(left, 0, end);
		if (pattern.len > 0 && pattern.at[0] == '?')
			pattern = bytes_from(pattern, 1);
		if (pattern.len == 0 || pattern.at[0] == '_' || pattern.at[0] == '*')
			memset(set, 0xff, sizeof *set);
		else
			set->of[pattern.at[0] / 64] |= UINT64_C(1) << pattern.at[0] % 64;
		left = bytes_from(left, end + 1);
	}
	if (optional)
		note_first_bytes(phrase + slot.len + (phrase[slot.len] == ' '), set);
}

/* The next byte of the set from one on; 256 at its end. */
static size_t next_byte(const struct byte_set *set, size_t from)
{
	for (size_t word = from / 64; word < 256 / 64; word++, from = 64 * word) {
		uint64_t left = set->of[word] >> from % 64;
		if (left != 0)
			return from + (size_t)__builtin_ctzll(left);
	}
	return 256;
}

void reply_index_make(struct arena *arena, const char *(*phrase)(const void *list, size_t i), const void *list, size_t n, struct reply_index *out)
{
	struct byte_set *sets = arena_alloc(arena, (n + 1) * sizeof *sets);
	uint16_t *end[256];
	size_t all = 0;

	*out = (struct reply_index){.n = {0}};
	for (size_t i = 0; i < n; i++) {
		note_first_bytes(phrase(list, i), &sets[i]);
		for (size_t byte = next_byte(&sets[i], 0); byte < 256; byte = next_byte(&sets[i], byte + 1), all++)
			out->n[byte]++;
	}
	uint16_t *numbers = arena_alloc(arena, (all + 1) * sizeof *numbers);
	for (size_t byte = 0; byte < 256; numbers += out->n[byte++])
		out->of[byte] = end[byte] = numbers;
	for (size_t i = 0; i < n; i++)
		for (size_t byte = next_byte(&sets[i], 0); byte < 256; byte = next_byte(&sets[i], byte + 1))
			*end[byte]++ = (uint16_t)i;
}
