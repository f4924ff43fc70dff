/* smtp/command.h - one command line split, and the arguments of MAIL, RCPT, BDAT and AUTH read. No sockets, no allocation.
 *
 * RFC 5321 4.1; SIZE RFC 1870; BODY RFC 6152; RET, ENVID, NOTIFY, ORCPT RFC 3461 and 6533; SMTPUTF8 RFC 6531; BDAT RFC 3030;
 * AUTH RFC 4954. All views point into the line. */
#ifndef RELAIS_SMTP_COMMAND_H
#define RELAIS_SMTP_COMMAND_H

#include "base/buf.h"
#include "base/bytes.h"
#include "base/reason.h"
#include "smtp/address.h"

enum smtp_verb {
	SMTP_EHLO,
	SMTP_HELO,
	SMTP_MAIL,
	SMTP_RCPT,
	SMTP_DATA,
	SMTP_BDAT,
	SMTP_RSET,
	SMTP_NOOP,
	SMTP_QUIT,
	SMTP_STARTTLS,
	SMTP_AUTH,
	SMTP_VRFY,
	SMTP_HELP,
	SMTP_VERBS,
};

struct smtp_command {
	enum smtp_verb verb;
	struct bytes argument;    /* after the first space, trailing blanks gone */
};

/*
 * Reads one line whose CRLF the caller has removed.
 * SMTP_LINE_CONTROL, SMTP_VERB_UNKNOWN, SMTP_VERB_REFUSED (known, not offered); SMTP_FOREIGN (another protocol): what
 * follows such a line must not be read as commands.
 * *out is untouched on refusal.
 */
MUST_USE enum reason smtp_command_read(struct bytes line, struct smtp_command *out);

enum smtp_body { SMTP_BODY_UNSAID, SMTP_BODY_7BIT, SMTP_BODY_8BITMIME };
enum smtp_ret { SMTP_RET_UNSAID, SMTP_RET_FULL, SMTP_RET_HDRS };
enum smtp_notify { SMTP_NOTIFY_NEVER = 1, SMTP_NOTIFY_SUCCESS = 2, SMTP_NOTIFY_FAILURE = 4, SMTP_NOTIFY_DELAY = 8 };

struct smtp_mail {
	struct smtp_address from; /* empty local part and domain: <> */
	uint64_t size;            /* 0 = unsaid */
	enum smtp_body body;
	enum smtp_ret ret;
	struct bytes envid;       /* xtext as written, checked; empty = unsaid */
	bool smtputf8;
	bool auth;                /* AUTH= was said: good syntax, without effect (RFC 4954 5 leaves it to us) */
};

struct smtp_recipient {
	struct smtp_address to;   /* "Postmaster" alone (RFC 5321 4.1.1.3) has an empty domain */
	unsigned notify;          /* enum smtp_notify added up; 0 = unsaid */
	struct bytes orcpt;       /* "rfc822;" and xtext, "utf-8;" and RFC 6533 3: as written, checked; empty = unsaid */
	bool smtputf8;            /* of its transaction */
};

struct smtp_chunk {
	uint64_t size;            /* octets that follow the line; up to LIMIT_SMTP_DRAIN */
	bool last;
};

struct smtp_auth {
	struct bytes mechanism;   /* a name by its letters, known or not */
	struct bytes initial;     /* base64 as written, not checked; "=" is nothing said (RFC 4954 4) */
	bool has_initial;
};

/* Each: *out is untouched on refusal.
 * Of "FROM:<…> KEY=VALUE …". SMTP_ARGUMENT, SMTP_ADDRESS, SMTP_UTF8 (the address needs that parameter), SMTP_SIZE. */
MUST_USE enum reason smtp_mail_read(struct bytes argument, struct smtp_mail *out);
/* Of "TO:<…> …"; smtputf8: MAIL said so. SMTP_ARGUMENT, SMTP_RECIPIENT_SYNTAX, SMTP_UTF8. */
MUST_USE enum reason smtp_recipient_read(struct bytes argument, bool smtputf8, struct smtp_recipient *out);
/* Of "SIZE [LAST]". SMTP_CHUNKING: no plain number; SMTP_SIZE: more than LIMIT_SMTP_DRAIN. After either nobody knows where
 * the next command is. */
MUST_USE enum reason smtp_chunk_read(struct bytes argument, struct smtp_chunk *out);
/* Of "MECHANISM [BASE64]". SMTP_ARGUMENT. */
MUST_USE enum reason smtp_auth_read(struct bytes argument, struct smtp_auth *out);

/* Both only for text that the readers above have checked: xtext (RFC 3461 4) decoded; ORCPT's value with its type, decoded
 * by that type. */
void smtp_xtext_decode(struct buf *out, struct bytes xtext);
void smtp_orcpt_decode(struct buf *out, struct bytes orcpt);

#endif
