/* smtp/notice_write.h - the machine's parts of a report that we send: delivery (RFC 3464), disposition (RFC 8098), both also in
 * their forms for addresses in UTF-8 (RFC 6533).
 *
 * Gives text; smtp/mime_build makes the multipart/report (RFC 6522) of it. Strict: of our own words a control character or an address that is none is
 * refused. What a stranger wrote (ENVID, ORCPT, his header) is left out where it cannot stand in a field: it can neither add one
 * nor cost him the report.
 * Of the message that is reported on, four fields are told and no others: Message-ID, Date, From, To. No subject, no content. */
#ifndef RELAIS_SMTP_NOTICE_WRITE_H
#define RELAIS_SMTP_NOTICE_WRITE_H

#include "base/arena.h"
#include "base/instant.h"
#include "base/reason.h"

struct notice_write_recipient {
	struct bytes final;          /* mailbox of ours */
	struct bytes original;       /* "rfc822;a@b" as ORCPT gave it, in plain; may be empty */
};

enum notice_write_kind { NOTICE_WRITE_DSN, NOTICE_WRITE_MDN };

struct notice_write {
	enum notice_write_kind kind;
	struct bytes agent;          /* DSN: our host name. MDN: "host; product" */
	const struct notice_write_recipient *recipients;   /* 1 to LIMIT_SMTP_RECIPIENTS; an MDN has one */
	size_t n;
	/* DSN */
	struct bytes envelope_id;    /* ENVID in plain; may be empty */
	struct instant arrival;
	bool failed;                 /* Action: failed, else delivered */
	struct bytes status;         /* "5.6.0" */
	struct bytes diagnostic;     /* "550 5.6.0 …", ASCII; may be empty */
	/* MDN: automatic-action/MDN-sent-automatically; processed */
	struct bytes error;          /* "902^Patient inconnu", ASCII: could not be integrated; empty: it was */
	/* Of the message reported on. Each may be empty; what cannot stand in a header is left out. */
	struct bytes original_id;    /* with its brackets */
	bool dated;
	struct instant date;
	int offset_minutes;
	struct bytes original_from;
	const struct bytes *original_to;
	size_t n_to;
};

struct notice_written {
	bool global;                 /* holds UTF-8: media types of RFC 6533 */
	const char *report_type;     /* parameter of multipart/report */
	const char *media;           /* of fields: "message/delivery-status"… */
	struct bytes fields;         /* CRLF lines */
	const char *headers_media;   /* "text/rfc822-headers", "message/global-headers" */
	struct bytes headers;
};

/* COMPOSE_FIELD: *field names what is not allowed, *out is untouched. All of *out in the arena. */
MUST_USE enum reason notice_write(struct arena *arena, const struct notice_write *notice, struct notice_written *out,
				  const char **field);

#endif
