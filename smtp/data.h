/* smtp/data.h - a message's bytes: after 354, where they end and what they are without the added dots (RFC 5321 4.5.2);
 * in chunks, counted before and taken as they are (RFC 3030 2). The same defects are told of both.
 *
 * 1. Only CR LF . CR LF ends the message; no other spelling, ever (RFC 5321 4.1.1.4).
 * 2. A bare CR, a bare LF or a NUL is told; nothing is repaired. Reading goes on to the true end.
 * 3. When there was no defect, the pieces joined are exactly the message. */
#ifndef RELAIS_SMTP_DATA_H
#define RELAIS_SMTP_DATA_H

#include "base/bytes.h"

struct smtp_data {
	enum { SMTP_DATA_LINE, SMTP_DATA_TEXT, SMTP_DATA_CR, SMTP_DATA_DOT, SMTP_DATA_DOT_CR, SMTP_DATA_END } state;
	uint64_t size;            /* of the message so far, without added dots */
	bool bare_newline, nul, eight_bit;
};

/* Zeroed is the start: struct smtp_data d = {0}. */

/*
 * Reads from in; returns how many bytes were used. *piece is a view on in: the next bytes of the message,
 * perhaps none. Call again with the rest until everything is used or state is SMTP_DATA_END:
 * bytes after the end are not touched.
 */
size_t smtp_data_read(struct smtp_data *d, struct bytes in, struct bytes *piece);

/* Bytes of a chunk, cut anywhere: all of them are the message's next ones. A CR at the end of a piece waits for its LF in
 * the next, and so over the borders of chunks. Not to be mixed with smtp_data_read. */
void smtp_data_chunk(struct smtp_data *d, struct bytes in);
/* After the last chunk: its last line is ended. A CR that was still awaiting its LF is a bare one, and told. */
bool smtp_data_chunks_end(struct smtp_data *d);

#endif
