/* smtp/reply_private.c - see reply_private.h. */
#include "smtp/reply_private.h"

#include <string.h>

#include "base/buf.h"
#include "smtp/reply_common.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

enum {
	DIGITS_MAX = 15,          /* of an international number (E.164) */
	DIGITS_MIN = 8,           /* of a foreign one behind its + */
	FRENCH = 10,              /* digits of a French number with its first 0 */
};

struct masking {
	struct bytes text;
	size_t at;
	struct buf out;
	const struct bytes *own;
	size_t n_own;
	bool english;
	struct reply_private *found;
};

static bool is_digit(unsigned char c)
{
	return c >= '0' && c <= '9';
}

static bool is_letter(unsigned char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c >= 0x80;
}

/* --- telephone numbers -------------------------------------------------------------- */

struct number {
	char digits[DIGITS_MAX + 1];
	size_t n, len;            /* digits, and bytes of the text */
	bool plus;
};

/* One sign that people write between the digits; no line end. 0: none. */
static size_t separator(struct bytes left)
{
	static const struct bytes wide[] = {
		BYTES_OF("\xc2\xa0"), BYTES_OF("\xe2\x80\xaf"), BYTES_OF("\xe2\x80\x89"), BYTES_OF("\xe2\x80\x91"), BYTES_OF("\xe2\x80\x93"), BYTES_OF("\xe2\x80\x90"),
	};
	if (left.len > 0 && memchr(" .-/_", left.at[0], 5) != NULL)
		return 1;
	for (size_t i = 0; i < COUNT(wide); i++)
		if (bytes_starts(left, wide[i]))
			return wide[i].len;
	return 0;
}

/* "(0)" behind the country, or "(33)". */
static size_t bracket(struct bytes left, struct number *n)
{
	size_t at = 1;

	if (left.len < 3 || left.at[0] != '(')
		return 0;
	while (at < left.len && at < 5 && is_digit(left.at[at]))
		at++;
	if (at == 1 || at >= left.len || left.at[at] != ')')
		return 0;
	bool trunk = at == 2 && left.at[1] == '0' && n->n > 0;
	for (size_t i = 1; i < at && !trunk && n->n < DIGITS_MAX; i++)
		n->digits[n->n++] = (char)left.at[i];
	return at + 1;
}

/* Digits with single signs between them (two before a bracket): *n has those up to the last digit. */
static void scan_number(struct bytes left, struct number *n)
{
	size_t at = 0;

	*n = (struct number){.plus = left.at[0] == '+'};
	at += n->plus;
	while (at < left.len) {
		size_t step = bracket(bytes_from(left, at), n);
		if (step == 0 && is_digit(left.at[at])) {
			if (n->n == DIGITS_MAX)
				break;
			n->digits[n->n++] = (char)left.at[at];
			step = 1;
		}
		if (step > 0) {
			at += step;
			n->len = at;
			continue;
		}
		step = separator(bytes_from(left, at));
		size_t more = step > 0 ? separator(bytes_from(left, at + step)) : 0;
		size_t next = at + step + (more > 0 ? more : 0);
		if (step == 0 || next >= left.len || (!is_digit(left.at[next]) && left.at[next] != '('))
			break;
		at = next;
	}
}

static bool starts(const struct number *n, const char *digits)
{
	size_t len = strlen(digits);
	return n->n >= len && memcmp(n->digits, digits, len) == 0;
}

/* 06 12 34 56 78, 0033 6 12..., +33 (0)6 12..., and the foreign ones behind + or 00. Emergency and service numbers (15, 112, 3114, 116 117, 36xx, 08 00...)
 * are shorter, or no person's: 0800 to 0809 are a service's. */
static bool is_private_number(const struct number *n)
{
	if (n->plus)
		return n->n >= DIGITS_MIN;
	if (starts(n, "00"))
		return n->n >= DIGITS_MIN + 2;
	if (n->n == FRENCH && n->digits[0] == '0' && n->digits[1] != '0')
		return !starts(n, "080");
	return false;
}

/* The last nine digits: what a French number has with and without its country. */
static bool same_number(const struct number *n, struct bytes own)
{
	char digits[32];
	size_t count = 0;

	for (size_t i = 0; i < own.len && count < sizeof digits; i++)
		if (is_digit(own.at[i]))
			digits[count++] = (char)own.at[i];
	return count >= 9 && n->n >= 9 && memcmp(digits + count - 9, n->digits + n->n - 9, 9) == 0;
}

static bool is_own_number(const struct masking *m, const struct number *n)
{
	for (size_t i = 0; i < m->n_own; i++)
		if (same_number(n, m->own[i]))
			return true;
	return false;
}

/* A French number may be the beginning of a longer run of digits only when that run is cut there: "06 12 34 56 78 2 fois". */
static void trim_to_french(struct bytes left, struct number *n)
{
	size_t at = 0, digits = 0;

	if (n->plus || n->n <= FRENCH || n->digits[0] != '0' || n->digits[1] == '0')
		return;
	for (; at < n->len && digits < FRENCH; at++)
		digits += is_digit(left.at[at]);
	if (at < left.len && is_digit(left.at[at]))
		return;
	n->n = FRENCH;
	n->len = at;
}

/* Not inside a word or another number: "T.0612345678" begins one, "1.0612345678" does not. */
static bool begins_number(const struct masking *m)
{
	if (m->at == 0)
		return true;
	unsigned char before = m->text.at[m->at - 1];
	if (is_digit(before) || before == '+' || before == '_' || (before < 0x80 && is_letter(before)))
		return false;
	return memchr(".-/", before, 3) == NULL || m->at == 1 || !is_digit(m->text.at[m->at - 2]);
}

/* A matricule (INS) has 13 digits, or 15 with its key: its inside is no telephone number. */
static bool is_matricule(const struct number *n)
{
	return !n->plus && (n->n == 13 || n->n == 15) && n->digits[0] != '0';
}

static bool take_number(struct masking *m)
{
	struct bytes left = bytes_from(m->text, m->at);
	struct number n;

	if ((left.at[0] != '+' && !is_digit(left.at[0]) && left.at[0] != '(') || !begins_number(m))
		return false;
	scan_number(left, &n);
	if (is_matricule(&n)) {
		buf_add(&m->out, bytes_slice(left, 0, n.len));
		m->at += n.len;
		return true;
	}
	trim_to_french(left, &n);
	bool ends = n.len == left.len || !(is_digit(left.at[n.len]) || (left.at[n.len] < 0x80 && is_letter(left.at[n.len])));
	if (n.len == 0 || !ends || !is_private_number(&n) || is_own_number(m, &n))
		return false;
	buf_text(&m->out, m->english ? "[number masked]" : "[num\xc3\xa9ro masqu\xc3\xa9]");
	m->found->numbers++;
	m->at += n.len;
	return true;
}

/* --- mail addresses ------------------------------------------------------------------- */

static bool is_own_address(const struct masking *m, struct bytes address)
{
	struct bytes domain = bytes_from(address, bytes_find_byte(address, '@', 0) + 1);

	for (size_t i = 0; i < m->n_own; i++) {
		struct bytes own = m->own[i];
		if (own.len == 0)
			continue;
		if (bytes_equal_nocase(address, own) || bytes_equal_nocase(domain, own))
			return true;
		/* "sub.avis.example" of "avis.example". */
		if (domain.len > own.len && bytes_equal_nocase(bytes_from(domain, domain.len - own.len), own) && domain.at[domain.len - own.len - 1] == '.')
			return true;
	}
	return false;
}

/* Bytes from here to the end of an address that begins here, or began within the number that was just masked; 0: there is none. */
static size_t address_here(const struct masking *m, struct bytes *address)
{
	struct bytes left = bytes_from(m->text, m->at);
	size_t sign = bytes_find_byte(bytes_slice(left, 0, 256), '@', 0);

	if (sign == 0 || sign >= left.len || sign >= 256)
		return 0;
	*address = reply_address_around(m->text, m->at + sign);
	return address->len > 0 && address->at <= left.at ? (size_t)(address->at + address->len - left.at) : 0;
}

/* One of our own goes by whole: its digits are no number. */
static bool take_address(struct masking *m)
{
	struct bytes address;
	size_t len = address_here(m, &address);

	if (len == 0)
		return false;
	if (is_own_address(m, address)) {
		buf_add(&m->out, bytes_slice(m->text, m->at, len));
	} else {
		buf_text(&m->out, m->english ? "[address masked]" : "[adresse masqu\xc3\xa9" "e]");
		m->found->addresses++;
	}
	m->at += len;
	return true;
}

void reply_private_mask(struct arena *arena, struct bytes text, const struct bytes *own, size_t n_own, bool english, struct reply_private *out)
{
	struct masking m = {.text = text, .out = buf_make(SIZE_MAX / 2), .own = own, .n_own = n_own, .english = english, .found = out};

	*out = (struct reply_private){.addresses = 0};
	while (m.at < text.len) {
		if (take_address(&m) || take_number(&m))
			continue;
		buf_u8(&m.out, text.at[m.at++]);
	}
	out->text = arena_copy(arena, buf_bytes(&m.out));
	buf_free(&m.out);
}
