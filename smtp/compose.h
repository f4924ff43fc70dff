/* smtp/compose.h - builds one outgoing mail: the outer header block and the MIME entity that will be signed.
 *
 * The entity is multipart/mixed: first multipart/alternative, of the text (format=flowed, complete by itself) and of the same as HTML
 * (smtp/compose_html.h); then the parts in the order given (PDF first, IHE_XDM.zip last, so that a client that knows nothing of
 * signatures shows them). 7 bit, CRLF, lines of at most 76 characters in bodies, so that no
 * relay has a reason to touch what is signed (RFC 8551 3.1.2). No clock, no chance: boundaries come from the Message-ID.
 * A report (notice) is a multipart/report instead and leaves as it is: wrapped in a signature it would be none (RFC 6522 1).
 * Header injection is not possible: a control character in any field is refused, and so is a mail over LIMIT_COMPOSE_MAIL. */
#ifndef RELAIS_SMTP_COMPOSE_H
#define RELAIS_SMTP_COMPOSE_H

#include "base/arena.h"
#include "base/instant.h"
#include "base/reason.h"
#include "smtp/compose_html.h"
#include "smtp/notice_write.h"

struct smtp_compose_part {
	struct bytes name;                /* file name, UTF-8: RFC 2231 in filename, RFC 2047 in name for old clients */
	struct bytes media;               /* "application/pdf" */
	struct bytes content;
};

struct smtp_compose {
	struct bytes message_id;          /* "<left@right>" */
	struct bytes in_reply_to;         /* the same, from the other side: left out when it is not of that form; may be empty */
	const struct bytes *references;   /* the same; the last LIMIT_COMPOSE_REFERENCES are written */
	size_t reference_count;
	struct instant date;
	int offset_minutes;               /* zone in which Date is shown */
	struct bytes from_address, from_name;   /* the name may be empty */
	struct bytes to;                  /* one recipient a mail */
	struct bytes reply_to, notification_to; /* may be empty */
	struct bytes subject, text;       /* text: UTF-8, LF or CRLF */
	struct bytes language;            /* "fr": Content-Language of the text; may be empty */
	const struct compose_link *links; /* of the HTML */
	size_t link_count;
	struct bytes mss_ins;             /* X-MSS-INS: "O", "N" or empty */
	struct bytes mss_codes;           /* X-MSS-CODECDA: "85208-7,11488-4" or empty */
	struct bytes mss_nil;             /* X-MSS-NIL, on every mail; empty only where no number was given yet */
	bool mss_end;                     /* X-MSS-MES: FIN */
	const struct smtp_compose_part *parts;
	size_t part_count;
	const struct notice_write *notice;   /* not NULL: a report, without parts; its text is what people read */
};

/*
 * On REASON_NONE: *head is the outer block (From, To, Subject, Date, … MIME-Version), each line ended by CRLF, without
 * Content-* and without the empty line; *entity begins with its Content-Type. Both in the arena.
 * COMPOSE_FIELD: *field names the field that is not allowed; COMPOSE_SIZE: over LIMIT_COMPOSE_MAIL. Then the rest is untouched.
 */
MUST_USE enum reason smtp_compose(struct arena *arena, const struct smtp_compose *mail,
				  struct bytes *head, struct bytes *entity, const char **field);

#endif
