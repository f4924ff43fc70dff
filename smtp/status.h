/* smtp/status.h - reads what an SMTP server answered (RFC 5321 4.2, RFC 3463, RFC 2034). Pure; no allocation. */
#ifndef RELAIS_SMTP_STATUS_H
#define RELAIS_SMTP_STATUS_H

#include "base/bytes.h"
#include "base/reason.h"

enum status_class {
	STATUS_POSITIVE,          /* 2yz */
	STATUS_CONTINUE,          /* 3yz */
	STATUS_LATER,             /* 4yz */
	STATUS_REFUSED,           /* 5yz */
};

enum { STATUS_TEXT = 512, STATUS_ENHANCED = 16, STATUS_QUEUE_ID = 65 };

struct status {
	int code;                          /* 200 to 599 */
	enum status_class class;
	char enhanced[STATUS_ENHANCED];    /* "5.1.1", or "" when there is none of the code's own class */
	char text[STATUS_TEXT];            /* without the enhanced status: printable ASCII, lines joined by a space, cut */
};

/*
 * reply: all its lines as received, each "DDD-text" but the last "DDD text", each ended by CRLF or LF.
 * DELIVER_PROTOCOL: no code, a code out of range, lines of different codes, a last line that goes on,
 * or lines behind the last. *out is untouched then.
 */
MUST_USE enum reason status_read(struct bytes reply, struct status *out);

/* The queue id in the text of a final 250 as Postfix ("queued as ID"), Exim ("OK id=ID") and Dovecot
 * ("<…> ID Saved") say it; "" when there is none. Letters, digits, '-', '+', '/', '.' and '_' only. */
void status_queue_id(const struct status *status, char out[STATUS_QUEUE_ID]);

/* What a server offers in its answer to EHLO or LHLO. */
struct status_offer {
	bool starttls, dsn, eight_bit, enhanced, pipelining, utf8;
	bool external, xoauth2, oauthbearer, plain;   /* ways to log in (RFC 4954 3) */
	bool size_given;
	uint64_t size;            /* 0 = no fixed limit (RFC 1870 3) */
};
/* reply as for status_read, already found good. */
void status_offer_read(struct bytes reply, struct status_offer *out);

#endif
