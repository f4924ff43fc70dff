/* smtp/notice_read.h - reports: delivery (RFC 3464), disposition (RFC 8098), abuse (RFC 5965), automatic replies (RFC 3834).
 *
 * Tolerant: many systems report in words only. What is read from words (worded = true) is a hint for a person;
 * only fields of a report part should move the state of a delivery. */
#ifndef RELAIS_SMTP_NOTICE_READ_H
#define RELAIS_SMTP_NOTICE_READ_H

#include "smtp/mime_read.h"

enum notice_type {
	NOTICE_NONE,
	NOTICE_DSN,
	NOTICE_MDN,
	NOTICE_ARF,
	NOTICE_AUTO_REPLY,
};

struct notice_recipient {
	struct bytes address;       /* the one that finally failed or was reached */
	struct bytes original;      /* Original-Recipient without its type, xtext removed (RFC 3461 4.2); may be empty */
	struct bytes action;        /* DSN: failed, delayed, delivered, relayed, expanded; may be empty */
	struct bytes status;        /* "5.1.1" (RFC 3463), may be empty */
	struct bytes disposition;   /* MDN: displayed, deleted, dispatched, processed, failed, denied; may be empty */
};

enum { NOTICE_RECIPIENTS = 100 };

struct notice {
	enum notice_type type;
	bool worded;                       /* no machine-readable part: read from the text */
	struct notice_recipient *recipients;
	size_t n;
	struct bytes original_message_id;  /* of the message that is reported on, with brackets; may be empty */
	struct bytes envelope_id;          /* Original-Envelope-Id, xtext removed (RFC 3464 2.2.1); may be empty */
};

/* All of *out is in the arena or borrowed from the message. type is NOTICE_NONE for any other mail. */
void notice_read(struct arena *arena, const struct mime_message *message, struct notice *out);
/* "dsn", "mdn", "arf", "auto-reply"; NULL for none. */
const char *notice_type_name(enum notice_type type);

#endif
