/* policy/shield_read.c - takes numbers, and dates with the words around them, out of a text: see shield.h. */
#include "policy/shield.h"

#include <string.h>

#include "base/fold.h"
#include "base/limits.h"

/* A run of letters or of digits. */
struct token {
	uint32_t at;
	uint16_t len;
	bool digits;
	char gap;            /* what parts it from the one before: 0 nothing, ' ' blanks, a single sign, '*' anything else */
	bool tight;          /* without blanks */
};

/* A date that was found: the tokens that it is made of, and the days that it may mean. */
struct found {
	size_t from, to;
	unsigned char days[2][8];
	unsigned n;
};

struct shield_reader {
	struct arena *arena;
	struct bytes *numbers;
	size_t n_numbers;
	uint16_t *places;    /* of the numbers, by their signs: 1 for the first; 0 is free */
	struct shield_passage *passages;
	size_t n_passages, room;
	size_t n_dates, n_words;
	size_t left;         /* bytes of text that may still be read */
	struct found *found; /* of the text in hand */
	bool cut;
};

/* --- words ------------------------------------------------------------------------------- */

static bool is_digit(unsigned char c)
{
	return c >= '0' && c <= '9';
}

static bool is_letter(unsigned char c)
{
	return (c >= 'a' && c <= 'z') || c >= 0x80;
}

static bool is_blank(unsigned char c)
{
	return c <= ' ';
}

static char gap_of(struct bytes between)
{
	char sign = 0;

	for (size_t i = 0; i < between.len; i++) {
		if (is_blank(between.at[i]))
			continue;
		if (sign != 0)
			return '*';
		sign = (char)between.at[i];
	}
	return sign != 0 ? sign : between.len > 0 ? ' ' : 0;
}

static bool has_blank(struct bytes between)
{
	for (size_t i = 0; i < between.len; i++)
		if (is_blank(between.at[i]))
			return true;
	return false;
}

static size_t cut_tokens(struct bytes text, struct token *out)
{
	size_t n = 0, end = 0;

	for (size_t i = 0; i < text.len;) {
		bool digits = is_digit(text.at[i]);
		size_t from = i;
		if (!digits && !is_letter(text.at[i])) {
			i++;
			continue;
		}
		while (i < text.len && (digits ? is_digit(text.at[i]) : is_letter(text.at[i])))
			i++;
		size_t len = i - from;
		struct bytes between = bytes_slice(text, end, from - end);
		out[n++] = (struct token){(uint32_t)from, (uint16_t)(len > UINT16_MAX ? UINT16_MAX : len), digits, gap_of(between), !has_blank(between)};
		end = i;
	}
	return n;
}

static struct bytes token_text(struct bytes text, const struct token *t)
{
	return bytes_slice(text, t->at, t->len);
}

/* --- numbers -------------------------------------------------------------------------------- */

enum { PLACES = 1 << 16 };
_Static_assert(SHIELD_NUMBERS <= PLACES / 2 && SHIELD_NUMBERS < UINT16_MAX, "there is a free place, and it is near");

/* Where the number has its place, or would have it (FNV-1a). */
static uint16_t *place_of(const struct shield_reader *r, struct bytes number)
{
	uint32_t hash = 2166136261u;

	for (size_t i = 0; i < number.len; i++)
		hash = (hash ^ number.at[i]) * 16777619u;
	size_t at = (hash ^ hash >> 16) % PLACES;
	while (r->places[at] != 0 && !bytes_equal(r->numbers[r->places[at] - 1], number))
		at = (at + 1) % PLACES;
	return &r->places[at];
}

static void take_number(struct shield_reader *r, const unsigned char signs[13])
{
	struct bytes number = {signs, 13};

	uint16_t *place = place_of(r, number);

	if (*place != 0)
		return;
	if (r->n_numbers == SHIELD_NUMBERS) {
		r->cut = true;
		return;
	}
	r->numbers[r->n_numbers++] = arena_copy(r->arena, number);
	*place = (uint16_t)r->n_numbers;
}

/* The key of the 13 signs: 97 less the rest by 97; the departments of Corsica count as 19 and 18 (INSEE). */
static bool key_fits(const unsigned char signs[15])
{
	uint64_t number = 0;

	for (size_t i = 0; i < 13; i++) {
		bool corsica = i == 6 && !is_digit(signs[i]);
		number = number * 10 + (corsica ? (uint64_t)(signs[i] == 'a' ? 9 : 8) : (uint64_t)(signs[i] - '0'));
		if (corsica)
			number -= 10;   /* the digit before it is 2: 2A is 19, 2B 18 */
	}
	return 97 - number % 97 == (uint64_t)(signs[13] - '0') * 10 + (uint64_t)(signs[14] - '0');
}

/* What was read from one place: its signs, and where groups end (bit i: behind the i-th sign). */
struct digits {
	unsigned char signs[15];
	size_t n;
	unsigned ends;
	bool grouped;
};

static struct digits read_digits(struct bytes text)
{
	struct digits d = {0};
	size_t apart = 0;

	for (size_t i = 0; i < text.len && d.n < 15 && apart <= 2; i++) {
		unsigned char c = text.at[i];
		bool corsica = d.n == 6 && apart == 0 && (c == 'a' || c == 'b') && d.signs[5] == '2';
		if (is_digit(c) || corsica) {
			d.grouped |= apart > 0;
			apart = 0;
			d.signs[d.n++] = c;
			if (i + 1 == text.len || !is_digit(text.at[i + 1]))
				d.ends |= 1u << d.n;
		} else if (is_blank(c) || c == '.' || c == '-' || c == '_' || c == '/') {
			apart++;
		} else {
			break;
		}
	}
	return d;
}

/* As on the card: 2 79 03 51 215 189 (89). */
static bool grouped_as_card(unsigned ends)
{
	const unsigned card = 1u << 1 | 1u << 3 | 1u << 5 | 1u << 7 | 1u << 10 | 1u << 13, upto = (1u << 14) - 1;
	/* Behind the 2 of a Corsican department no digit follows either. */
	return ((ends & upto) & ~(1u << 6)) == card;
}

static void find_numbers(struct shield_reader *r, struct bytes text)
{
	for (size_t i = 0; i < text.len; i++) {
		if (!is_digit(text.at[i]) || (i > 0 && is_digit(text.at[i - 1])) || text.at[i] == '0' || text.at[i] == '9')
			continue;
		struct digits d = read_digits(bytes_slice(text, i, 64));
		bool whole = d.n == 15 && (d.ends & 1u << 15) != 0 && (!d.grouped || key_fits(d.signs));
		bool bare = d.n >= 13 && (d.ends & 1u << 13) != 0 && (grouped_as_card(d.ends) || (d.ends & ((1u << 13) - 1) & ~(1u << 6)) == 0);
		if (whole || bare)
			take_number(r, d.signs);
	}
}

/* --- dates ------------------------------------------------------------------------------------- */

static const char *const months[12][7] = {
	{"janvier", "january", "janv", "jan"},       {"fevrier", "february", "fevr", "fev", "feb"}, {"mars", "march", "mar"},
	{"avril", "april", "avr", "apr"},            {"mai", "may"},                                {"juin", "june", "jun"},
	{"juillet", "july", "juil", "jul"},          {"aout", "august", "aug"},                     {"septembre", "september", "sept", "sep"},
	{"octobre", "october", "oct"},               {"novembre", "november", "nov"},               {"decembre", "december", "dec"},
};

/* 1 to 12; 0 for any other word. */
static unsigned month_of(struct bytes word)
{
	for (unsigned m = 0; m < 12; m++)
		for (size_t i = 0; i < 7 && months[m][i] != NULL; i++)
			if (bytes_equal_text(word, months[m][i]))
				return m + 1;
	return 0;
}

static bool is_day(uint64_t year, uint64_t month, uint64_t day)
{
	static const unsigned char length[12] = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

	return year >= 1880 && year <= 2199 && month >= 1 && month <= 12 && day >= 1 && day <= length[month - 1] && (month != 2 || day < 29 || leap);
}

static bool add_day(struct found *f, uint64_t year, uint64_t month, uint64_t day)
{
	const uint64_t parts[3] = {year, month, day};
	const unsigned width[3] = {4, 2, 2};
	unsigned char *out;

	if (!is_day(year, month, day) || f->n == 2)
		return false;
	out = f->days[f->n++];
	for (size_t p = 0, end = 0; p < 3; p++) {
		uint64_t value = parts[p];
		end += width[p];
		for (unsigned i = 0; i < width[p]; i++, value /= 10)
			out[end - 1 - i] = (unsigned char)('0' + value % 10);
	}
	return true;
}

/* A year of two digits may be of either century. */
static bool add_year(struct found *f, uint64_t year, size_t digits, uint64_t month, uint64_t day)
{
	if (digits == 4)
		return add_day(f, year, month, day);
	bool before = add_day(f, 1900 + year, month, day);
	return add_day(f, 2000 + year, month, day) || before;
}

static bool number_of(struct bytes text, const struct token *t, size_t least, size_t most, uint64_t *out)
{
	return t->digits && t->len >= least && t->len <= most && bytes_number(token_text(text, t), 9999, out);
}

/* 19801231, with an hour behind it too; 31121980. */
static bool compact_date(struct bytes text, const struct token *t, struct found *f)
{
	struct bytes all = token_text(text, t);
	uint64_t a, b, c;

	if (!t->digits || (t->len != 8 && t->len != 12 && t->len != 14))
		return false;
	if (bytes_number(bytes_slice(all, 0, 4), 9999, &a) && bytes_number(bytes_slice(all, 4, 2), 99, &b) && bytes_number(bytes_slice(all, 6, 2), 99, &c) && add_day(f, a, b, c))
		return true;
	return t->len == 8 && bytes_number(bytes_slice(all, 0, 2), 99, &a) && bytes_number(bytes_slice(all, 2, 2), 99, &b) &&
	       bytes_number(bytes_slice(all, 4, 4), 9999, &c) && add_day(f, c, b, a);
}

static bool is_sign(char gap)
{
	return gap == '/' || gap == '.' || gap == '-';
}

/* 31/12/1980, 31.12.80, 31 12 1980; 1980-12-31. */
static bool figures_date(struct bytes text, const struct token *t, struct found *f)
{
	uint64_t a, b, c;

	if (!number_of(text, t, 1, 4, &a) || !number_of(text, t + 1, 1, 2, &b) || !number_of(text, t + 2, 1, 4, &c) || t[1].gap != t[2].gap)
		return false;
	if (t[0].len == 4)
		return is_sign(t[1].gap) && t[2].len <= 2 && add_day(f, a, b, c);
	bool year = t[2].len == 4 || (t[2].len == 2 && is_sign(t[1].gap));
	return t[0].len <= 2 && year && (is_sign(t[1].gap) || t[1].gap == ' ') && add_year(f, c, t[2].len, b, a);
}

/* 31 decembre 1980, 1er janvier 1980, 31-dec-1980, december 31, 1980; *used: of how many tokens. */
static bool words_date(struct bytes text, const struct token *t, size_t left, struct found *f, size_t *used)
{
	uint64_t day, year;
	size_t skip = left > 3 && bytes_equal_text(token_text(text, t + 1), "er") && t[1].gap == 0;
	unsigned month;

	*used = 3 + skip;
	if (number_of(text, t, 1, 2, &day)) {
		month = t[1 + skip].digits ? 0 : month_of(token_text(text, t + 1 + skip));
		return month != 0 && number_of(text, t + 2 + skip, 4, 4, &year) && t[2 + skip].gap != '*' && add_day(f, year, month, day);
	}
	*used = 3;
	month = t->digits || !t[1].digits ? 0 : month_of(token_text(text, t));
	return month != 0 && number_of(text, t + 1, 1, 2, &day) && number_of(text, t + 2, 4, 4, &year) && t[2].gap != 0 && add_day(f, year, month, day);
}

/* Three of a longer chain of numbers, as in an OID or a telephone number. */
static bool in_chain(const struct token *tokens, size_t n, size_t i)
{
	char sign = tokens[i + 1].gap;
	bool before = i > 0 && tokens[i - 1].digits && tokens[i].gap == sign && tokens[i].tight;
	bool behind = i + 3 < n && tokens[i + 3].digits && tokens[i + 3].gap == sign && tokens[i + 3].tight;

	return is_sign(sign) && (before || behind);
}

static bool date_at(struct bytes text, const struct token *tokens, size_t n, size_t i, struct found *out)
{
	size_t used = 3;

	*out = (struct found){.from = i, .to = i + 1};
	if (compact_date(text, &tokens[i], out))
		return true;
	if (n - i < 3)
		return false;
	bool figures = !in_chain(tokens, n, i) && figures_date(text, &tokens[i], out);
	if (!figures && !words_date(text, &tokens[i], n - i, out, &used))
		return false;
	out->to = i + used;
	return true;
}

/* --- passages ------------------------------------------------------------------------------------ */

static struct shield_passage *new_passage(struct shield_reader *r)
{
	if (r->n_passages == r->room) {
		size_t room = r->room == 0 ? 16 : r->room * 2;
		struct shield_passage *more = arena_alloc(r->arena, room * sizeof *more);
		if (r->n_passages > 0)
			memcpy(more, r->passages, r->n_passages * sizeof *more);
		r->passages = more;
		r->room = room;
	}
	return &r->passages[r->n_passages++];
}

static bool is_word(const struct token *t)
{
	return !t->digits && t->len <= SHIELD_WORD;
}

/* Tokens from..to with the dates that lie in them. */
static void add_passage(struct shield_reader *r, struct bytes text, const struct token *tokens, size_t from, size_t to, const struct found *dates, size_t n)
{
	struct bytes *words = arena_alloc(r->arena, (to - from + 1) * sizeof *words);
	struct shield_date *places = arena_alloc(r->arena, (2 * n + 1) * sizeof *places);
	size_t n_words = 0, n_places = 0, d = 0;

	for (size_t i = from; i < to; i++) {
		for (; d < n && dates[d].from == i; d++)
			for (unsigned k = 0; k < dates[d].n; k++) {
				memcpy(places[n_places].day, dates[d].days[k], 8);
				places[n_places++].at = n_words;
			}
		if (is_word(&tokens[i]))
			words[n_words++] = token_text(text, &tokens[i]);
	}
	if (r->n_words + n_words > SHIELD_WORDS || r->n_dates + n_places > SHIELD_DATES) {
		r->cut = true;
		return;
	}
	r->n_words += n_words;
	r->n_dates += n_places;
	*new_passage(r) = (struct shield_passage){words, n_words, places, n_places};
}

static void find_dates(struct shield_reader *r, struct bytes text, const struct token *tokens, size_t n)
{
	struct found *found = r->found;
	size_t count = 0;

	for (size_t i = 0; i < n; i++)
		if (date_at(text, tokens, n, i, &found[count])) {
			if (count == SHIELD_DATES) {
				r->cut = true;
				break;
			}
			i = found[count++].to - 1;
		}
	for (size_t i = 0, k; i < count; i = k) {
		size_t from = found[i].from > SHIELD_AROUND ? found[i].from - SHIELD_AROUND : 0, to;
		for (k = i + 1; k < count && found[k].from <= found[k - 1].to + 2 * SHIELD_AROUND; k++)
			;
		to = found[k - 1].to + SHIELD_AROUND;
		add_passage(r, text, tokens, from, to < n ? to : n, found + i, k - i);
	}
}

/* --- public -------------------------------------------------------------------------------------- */

struct shield_reader *shield_reader_make(struct arena *arena)
{
	struct shield_reader *r = arena_alloc(arena, sizeof *r);

	*r = (struct shield_reader){.arena = arena, .numbers = arena_alloc(arena, SHIELD_NUMBERS * sizeof *r->numbers), .left = LIMIT_SHIELD_TEXT,
				    .places = arena_alloc(arena, PLACES * sizeof *r->places), .found = arena_alloc(arena, (SHIELD_DATES + 1) * sizeof *r->found)};
	return r;
}

void shield_read(struct shield_reader *reader, struct bytes text)
{
	if (text.len > reader->left) {
		text = bytes_slice(text, 0, reader->left);
		reader->cut = true;
	}
	reader->left -= text.len;
	struct bytes folded = fold_text(reader->arena, text);
	/* A token has one sign at least, and one that parts it from the next of its kind. */
	struct token *tokens = arena_alloc(reader->arena, (folded.len + 1) * sizeof *tokens);

	find_numbers(reader, folded);
	find_dates(reader, folded, tokens, cut_tokens(folded, tokens));
}

void shield_read_end(const struct shield_reader *reader, struct shield_text *out)
{
	*out = (struct shield_text){reader->numbers, reader->n_numbers, reader->passages, reader->n_passages, reader->cut};
}
