/* gateway/resolve_answer.c - see resolve_answer.h. */
#include "gateway/resolve_answer.h"

#include <ares.h>
#include <string.h>

enum { HEADER = 12, CLASS_IN = 1, RCODE_NONE = 0, RCODE_NAME = 3, FLAG_ANSWER = 0x8000, FLAG_CUT = 0x0200, RCODE = 0x000f };

struct packet {
	struct bytes all;
	size_t at;
	struct arena *arena;
};

struct record {
	struct bytes owner, data;   /* data: a view into the packet */
	unsigned type, class;
};

static bool take_u16(struct packet *p, unsigned *out)
{
	if (p->all.len - p->at < 2)
		return false;
	*out = (unsigned)p->all.at[p->at] << 8 | p->all.at[p->at + 1];
	p->at += 2;
	return true;
}

/* The name at that place, without escapes undone: what needed one is no name of a host. */
static bool name_at(const struct packet *p, size_t at, size_t *len, struct bytes *out)
{
	char *text = NULL;
	long encoded = 0;

	if (at >= p->all.len || ares_expand_name(p->all.at + at, p->all.at, (int)p->all.len, &text, &encoded) != ARES_SUCCESS)
		return false;
	struct bytes name = bytes_of_text(text);
	unsigned char *copy = arena_try(p->arena, name.len + 1);
	if (copy != NULL)
		memcpy(copy, name.at, name.len);
	ares_free_string(text);
	*out = (struct bytes){copy, name.len};
	*len = (size_t)encoded;
	return copy != NULL && encoded > 0 && *len <= p->all.len - at;
}

static bool take_name(struct packet *p, struct bytes *out)
{
	size_t len;
	if (!name_at(p, p->at, &len, out))
		return false;
	p->at += len;
	return true;
}

static bool take_record(struct packet *p, struct record *out)
{
	unsigned high, low, len;

	if (!take_name(p, &out->owner) || !take_u16(p, &out->type) || !take_u16(p, &out->class) || !take_u16(p, &high) ||
	    !take_u16(p, &low) || !take_u16(p, &len) || len > p->all.len - p->at)
		return false;
	out->data = bytes_slice(p->all, p->at, len);
	p->at += len;
	return true;
}

/* --- the whole -------------------------------------------------------------- */

/* An answer of a type, of the name that was asked or of one of its aliases. */
struct seen {
	struct record *records;
	size_t n;
};

static enum reason read_all(struct packet *p, struct bytes name, enum resolve_type type, struct seen *out)
{
	unsigned id, flags, questions, answers, others, asked, class;
	struct bytes question;
	struct record r;

	if (!take_u16(p, &id) || !take_u16(p, &flags) || !take_u16(p, &questions) || !take_u16(p, &answers) || !take_u16(p, &others) ||
	    !take_u16(p, &others) || !(flags & FLAG_ANSWER) || (flags & FLAG_CUT) || questions != 1)
		return REASON_DELIVER_DNS;
	if (!take_name(p, &question) || !take_u16(p, &asked) || !take_u16(p, &class) || asked != (unsigned)type || class != CLASS_IN ||
	    !bytes_equal_nocase(question, name))
		return REASON_DELIVER_DNS;
	if ((flags & RCODE) != RCODE_NONE)
		return (flags & RCODE) == RCODE_NAME ? REASON_DELIVER_DOMAIN_NONE : REASON_DELIVER_DNS;
	/* A record has 11 bytes at least: a count that lies asks for no memory. */
	if (answers > (p->all.len - p->at) / 11)
		return REASON_DELIVER_DNS;
	out->records = arena_try(p->arena, (answers + 1) * sizeof *out->records);
	if (out->records == NULL)
		return REASON_DELIVER_DNS;
	for (; answers > 0; answers--) {
		if (!take_record(p, &r))
			return REASON_DELIVER_DNS;
		if (r.class == CLASS_IN && (r.type == (unsigned)type || r.type == RESOLVE_CNAME))
			out->records[out->n++] = r;
	}
	return REASON_NONE;
}

/* The name at the end of the aliases. */
static enum reason follow(struct packet *p, const struct seen *seen, struct bytes *name)
{
	for (unsigned steps = 0; steps <= LIMIT_MX_CNAMES; steps++) {
		const struct record *alias = NULL;
		size_t len;
		for (size_t i = 0; i < seen->n && alias == NULL; i++)
			if (seen->records[i].type == RESOLVE_CNAME && bytes_equal_nocase(seen->records[i].owner, *name))
				alias = &seen->records[i];
		if (alias == NULL)
			return REASON_NONE;
		if (!name_at(p, (size_t)(alias->data.at - p->all.at), &len, name) || len != alias->data.len)
			return REASON_DELIVER_DNS;
	}
	return REASON_DELIVER_DNS;
}

/* False: it cannot be read. */
static bool keep(struct packet *p, const struct record *r, enum resolve_type type, struct resolve_answer *out)
{
	size_t len, size = type == RESOLVE_A ? 4 : 16;

	if (type == RESOLVE_MX) {
		struct mx_record *mx = &out->mx[out->n];
		if (out->n == LIMIT_MX_RECORDS)
			return true;
		if (r->data.len < 3 || !name_at(p, (size_t)(r->data.at - p->all.at) + 2, &len, &mx->host) || len != r->data.len - 2)
			return false;
		mx->preference = (unsigned)r->data.at[0] << 8 | r->data.at[1];
		out->n++;
		return true;
	}
	if (r->data.len != size)
		return false;
	if (out->n < LIMIT_MX_ADDRESSES)
		memcpy(out->address[out->n++], r->data.at, size);
	return true;
}

enum reason resolve_answer_read(struct arena *arena, struct bytes packet, struct bytes name, enum resolve_type type,
				struct resolve_answer *out)
{
	struct packet p = {.all = packet, .arena = arena};
	struct seen seen = {0};

	*out = (struct resolve_answer){0};
	if (packet.len < HEADER || packet.len > UINT16_MAX)
		return REASON_DELIVER_DNS;
	enum reason reason = read_all(&p, name, type, &seen);
	if (reason == REASON_NONE)
		reason = follow(&p, &seen, &name);
	for (size_t i = 0; reason == REASON_NONE && i < seen.n; i++)
		if (seen.records[i].type == (unsigned)type && bytes_equal_nocase(seen.records[i].owner, name) &&
		    !keep(&p, &seen.records[i], type, out))
			reason = REASON_DELIVER_DNS;
	return reason;
}
