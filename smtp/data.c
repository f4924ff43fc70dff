/* smtp/data.c - see data.h. */
#include "smtp/data.h"

#include <string.h>

/* What one call gives: from the first byte that belongs to the message to before the next dot that does not. */
struct piece {
	size_t from, to;
	bool open;
};

static void note(struct smtp_data *d, unsigned char c)
{
	if (c == 0)
		d->nul = true;
	if (c > 127)
		d->eight_bit = true;
}

/* Ordinary text up to the next CR: the common case, in one sweep. */
static size_t sweep(struct smtp_data *d, struct bytes in, size_t at)
{
	const unsigned char *cr = memchr(in.at + at, '\r', in.len - at);
	size_t end = cr ? (size_t)(cr - in.at) : in.len;
	unsigned char high = 0;

	if (memchr(in.at + at, '\n', end - at) != NULL)
		d->bare_newline = true;
	if (memchr(in.at + at, 0, end - at) != NULL)
		d->nul = true;
	for (size_t i = at; i < end; i++)
		high |= in.at[i];
	if (high > 127)
		d->eight_bit = true;
	return end;
}

/* What one byte makes of the state; *kept tells whether it belongs to the message. */
static void step(struct smtp_data *d, unsigned char c, bool *kept)
{
	*kept = true;
	switch (d->state) {
	case SMTP_DATA_LINE:
		if (c == '.') {
			d->state = SMTP_DATA_DOT;
			*kept = false;
			return;
		}
		break;
	case SMTP_DATA_DOT:
		if (c == '\r') {
			d->state = SMTP_DATA_DOT_CR;
			*kept = false;
			return;
		}
		break;   /* RFC 5321 4.5.2: the first dot goes, the rest of the line stays */
	case SMTP_DATA_DOT_CR:
		if (c == '\n') {
			d->state = SMTP_DATA_END;
			*kept = false;
			return;
		}
		d->bare_newline = true;
		break;
	case SMTP_DATA_CR:
		if (c == '\n') {
			d->state = SMTP_DATA_LINE;
			return;
		}
		d->bare_newline = true;
		break;
	case SMTP_DATA_TEXT:
	case SMTP_DATA_END:
		break;
	}
	/* A byte that ends no line, or begins the end of one. */
	if (c == '\n')
		d->bare_newline = true;
	note(d, c);
	d->state = c == '\r' ? SMTP_DATA_CR : SMTP_DATA_TEXT;
}

size_t smtp_data_read(struct smtp_data *d, struct bytes in, struct bytes *piece)
{
	struct piece p = {0};
	size_t at = 0;

	while (at < in.len && d->state != SMTP_DATA_END) {
		bool kept;
		if (d->state == SMTP_DATA_TEXT && in.at[at] != '\r') {
			size_t end = sweep(d, in, at);
			p.from = p.open ? p.from : at;
			p.open = true;
			at = p.to = end;
			continue;
		}
		step(d, in.at[at], &kept);
		if (!kept && p.open) {   /* a dot goes: the piece ends before it */
			at++;
			break;
		}
		if (kept && !p.open)
			p = (struct piece){at, at, true};
		at++;
		if (kept)
			p.to = at;
	}
	*piece = bytes_slice(in, p.from, p.open ? p.to - p.from : 0);
	d->size += piece->len;
	return at;
}

void smtp_data_chunk(struct smtp_data *d, struct bytes in)
{
	d->size += in.len;
	for (size_t at = 0; at < in.len;) {
		if (d->state != SMTP_DATA_CR && in.at[at] != '\r') {
			at = sweep(d, in, at);
			d->state = SMTP_DATA_TEXT;
			continue;
		}
		unsigned char c = in.at[at++];
		if (d->state == SMTP_DATA_CR && c == '\n') {
			d->state = SMTP_DATA_LINE;
			continue;
		}
		if (d->state == SMTP_DATA_CR)
			d->bare_newline = true;
		note(d, c);
		d->state = c == '\r' ? SMTP_DATA_CR : SMTP_DATA_TEXT;
	}
}

bool smtp_data_chunks_end(struct smtp_data *d)
{
	if (d->state == SMTP_DATA_CR)
		d->bare_newline = true;
	return d->state == SMTP_DATA_LINE;
}
