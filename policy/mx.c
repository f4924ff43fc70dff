/* policy/mx.c - see mx.h. */
#include "policy/mx.h"

#include <string.h>

/* --- names ------------------------------------------------------------------ */

static bool is_digit(unsigned char b)
{
	return b >= '0' && b <= '9';
}

static bool is_letter(unsigned char b)
{
	return (b >= 'a' && b <= 'z') || (b >= 'A' && b <= 'Z');
}

/* *digits: it has nothing but digits. */
static bool is_label(struct bytes label, bool *digits)
{
	*digits = true;
	if (label.len == 0 || label.len > 63 || label.at[0] == '-' || label.at[label.len - 1] == '-')
		return false;
	for (size_t i = 0; i < label.len; i++) {
		if (!is_digit(label.at[i]) && !is_letter(label.at[i]) && label.at[i] != '-')
			return false;
		*digits = *digits && is_digit(label.at[i]);
	}
	return true;
}

bool mx_is_host(struct bytes name)
{
	struct cursor c = cursor_on(name);
	size_t labels = 0;
	bool digits = true;

	if (name.len == 0 || name.len > LIMIT_SMTP_DOMAIN || name.at[name.len - 1] == '.')
		return false;
	for (; c.left.len > 0; labels++)
		if (!is_label(cursor_until(&c, '.'), &digits))
			return false;
	return labels > 1 && !digits;
}

/* --- order ------------------------------------------------------------------ */

/* xorshift64*: it spreads load among equals and guards nothing. */
static uint64_t next_random(uint64_t *seed)
{
	*seed ^= *seed >> 12;
	*seed ^= *seed << 25;
	*seed ^= *seed >> 27;
	return *seed * 0x2545f4914f6cdd1dull;
}

struct list {
	const struct mx_record *at[LIMIT_MX_RECORDS];
	size_t n;
};

static void swap(struct list *l, size_t a, size_t b)
{
	const struct mx_record *kept = l->at[a];
	l->at[a] = l->at[b];
	l->at[b] = kept;
}

/* Shuffled whole, then sorted without changing the order of equals. */
static void arrange(struct list *l, uint64_t seed)
{
	seed |= 1;   /* xorshift stays at zero */
	for (size_t i = l->n; i > 1; i--)
		swap(l, i - 1, (size_t)(next_random(&seed) % i));
	for (size_t i = 1; i < l->n; i++)
		for (size_t k = i; k > 0 && l->at[k - 1]->preference > l->at[k]->preference; k--)
			swap(l, k - 1, k);
}

static bool is_there(const struct mx_host *hosts, size_t n, struct bytes name)
{
	for (size_t i = 0; i < n; i++)
		if (bytes_equal_nocase(bytes_of_text(hosts[i].name), name))
			return true;
	return false;
}

static size_t take(const struct list *l, struct bytes own, struct mx_host out[LIMIT_MX])
{
	unsigned before = UINT32_MAX;
	size_t n = 0;

	for (size_t i = 0; i < l->n; i++)
		if (bytes_equal_nocase(l->at[i]->host, own) && l->at[i]->preference < before)
			before = l->at[i]->preference;
	for (size_t i = 0; i < l->n && n < LIMIT_MX; i++) {
		const struct mx_record *r = l->at[i];
		if (r->preference >= before || is_there(out, n, r->host))
			continue;
		out[n] = (struct mx_host){.preference = r->preference};
		memcpy(out[n++].name, r->host.at, r->host.len);
	}
	return n;
}

enum reason mx_choose(const struct mx_record *records, size_t n, struct bytes domain, struct bytes own, uint64_t seed,
		      struct mx_host out[LIMIT_MX], size_t *n_out)
{
	const struct mx_record itself = {0, domain};
	struct list list = {.n = 0};
	bool null = n > 0;

	*n_out = 0;
	if (n == 0) {
		records = &itself;
		n = 1;
	}
	for (size_t i = 0; i < n && i < LIMIT_MX_RECORDS; i++) {
		null = null && records[i].host.len == 0;
		if (mx_is_host(records[i].host))
			list.at[list.n++] = &records[i];
	}
	if (null)
		return REASON_DELIVER_DOMAIN_NO_MAIL;
	arrange(&list, seed);
	*n_out = take(&list, own, out);
	return *n_out > 0 ? REASON_NONE : REASON_DELIVER_MX;
}

/* --- addresses -------------------------------------------------------------- */

struct range {
	unsigned char at[6];
	unsigned bits;
};

static bool in_range(struct bytes address, const struct range *r)
{
	for (unsigned bit = 0; bit < r->bits; bit++) {
		unsigned char mask = (unsigned char)(0x80 >> bit % 8);
		if ((address.at[bit / 8] & mask) != (r->at[bit / 8] & mask))
			return false;
	}
	return true;
}

static bool in_any(struct bytes address, const struct range *ranges, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (in_range(address, &ranges[i]))
			return true;
	return false;
}

bool mx_is_public(struct bytes address)
{
	static const struct range four[] = {
		{{0}, 8},           {{10}, 8},           {{100, 64}, 10},     {{127}, 8},
		{{169, 254}, 16},   {{172, 16}, 12},     {{192, 0, 0}, 24},   {{192, 0, 2}, 24},
		{{192, 88, 99}, 24}, {{192, 168}, 16},   {{198, 18}, 15},     {{198, 51, 100}, 24},
		{{203, 0, 113}, 24}, {{224}, 3},
	};
	/* Global unicast alone; within it Teredo and what else lies below 2001:200::, documentation, and 6to4 (it holds an IPv4 address). */
	static const struct range global[] = {{{0x20}, 3}};
	static const struct range six[] = {{{0x20, 0x01, 0x00}, 23}, {{0x20, 0x01, 0x0d, 0xb8}, 32}, {{0x20, 0x02}, 16}, {{0x3f, 0xff}, 20}};

	if (address.len == 4)
		return !in_any(address, four, sizeof four / sizeof four[0]);
	return address.len == 16 && in_any(address, global, 1) && !in_any(address, six, sizeof six / sizeof six[0]);
}
