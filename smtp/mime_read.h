/* smtp/mime_read.h - one message or one signed entity, read into leaf parts and header facts (GMime).
 *
 * Call mime_open once, in the warm parent; mime_read afterwards reads exactly the bytes that it is given.
 * The limits of base/limits.h are pre-checked by smtp/scan; mime_read checks again what could hang
 * or crash GMime. message/partial is never assembled, message/external-body never fetched,
 * winmail.dat stays one file (RFC 2046 5.2.2, 5.2.3; cda/tnef.h takes its files out). */
#ifndef RELAIS_SMTP_MIME_READ_H
#define RELAIS_SMTP_MIME_READ_H

#include "base/arena.h"
#include "base/instant.h"
#include "base/reason.h"
#include "smtp/mime_decode.h"

enum mime_disposition {
	MIME_DISPOSITION_NONE,
	MIME_DISPOSITION_INLINE,
	MIME_DISPOSITION_ATTACHMENT,
};

/* What a leaf part is in its message. */
enum mime_role {
	MIME_ROLE_TEXT,        /* the message's own text, or another form of it */
	MIME_ROLE_REPORT,      /* a part of a report that is read by smtp/notice_read */
	MIME_ROLE_FILE,        /* an attachment: a loose document; an embedded message is one file */
	MIME_ROLE_SIGNATURE,   /* the detached signature of a signed entity: read elsewhere */
};

struct mime_part {
	struct bytes name;         /* file name: decoded, no path, no control; may be empty */
	struct bytes media;        /* "type/subtype" in lower case */
	struct bytes charset;      /* as declared, may be empty */
	bool flowed, delsp;        /* format=flowed, DelSp=yes (RFC 3676) */
	enum mime_disposition disposition;
	enum mime_role role;
	struct bytes content;      /* transfer encoding removed */
	size_t offset, length;     /* of the encoded content, in the bytes that were read */
	bool encoding_ok;          /* strict reading succeeded */
	bool broken;               /* lies in a multipart that has no end or no part: nothing is taken from it */
	int depth;
};

struct mime_address {
	struct bytes address, name;   /* name decoded to UTF-8, may be empty */
};

struct mime_list {
	struct bytes *at;
	size_t n;
};

struct mime_head {
	struct bytes message_id;              /* with its angle brackets; empty when there is none */
	struct mime_list in_reply_to, references;
	struct mime_address from;             /* the first one: that it is the only one was checked by smtp/scan */
	struct bytes subject;                 /* decoded, one line */
	bool has_date;
	struct instant date;
	int date_offset;                      /* minutes east of UTC, as the sender wrote it */
	struct mime_list to;                  /* addresses */
	struct bytes reply_to;                /* first address, or empty */
	struct bytes notification_to;         /* Disposition-Notification-To (RFC 8098 2.1) of one address, or empty */
	struct bytes return_path;             /* Return-Path (RFC 5321 4.4), the topmost, or empty */
	struct bytes auto_submitted;          /* the field's own word in lower case, or empty */
	struct bytes failed_recipients;       /* X-Failed-Recipients, raw, or empty */
	bool automatic;                       /* Auto-Submitted, Precedence or the like: never to be answered (RFC 3834 2) */
	bool null_sender;                     /* Return-Path: <>, or From: <> as some mail systems write */
};

enum { MIME_ANOMALIES = 8 };

struct mime_message {
	struct mime_head head;
	struct bytes media;            /* of the outermost entity, lower case */
	struct bytes report_type;      /* parameter of an outermost multipart/report, lower case, or empty */
	struct mime_part *parts;       /* leaves, in the order in which they stand */
	size_t n;
	struct bytes text;             /* the message's own text, UTF-8, LF line ends, at most LIMIT_TEXT */
	bool text_cut;                 /* text was longer */
	enum reason anomalies[MIME_ANOMALIES];
	size_t n_anomalies;
};

/* Starts GMime and opens the charsets. Once in a process, before the jail. */
void mime_open(struct mime_charsets *out);
void mime_close(struct mime_charsets *charsets);

/*
 * head is the outer header block (may be BYTES_NONE: then the entity's own header is the head);
 * entity is exactly what is parsed for parts. All of *out is in the arena or points into entity.
 * MAIL_HEADERS_LIMIT, MAIL_PARTS_LIMIT: over what the library can bear; *out is untouched.
 */
MUST_USE enum reason mime_read(struct arena *arena, struct bytes head, struct bytes entity, struct mime_message *out);

/* Notes an anomaly once. */
void mime_anomaly(struct mime_message *message, enum reason reason);

#endif
