/* smtp/assemble.h - the mail that leaves: head, signed entity and its detached signature made into one multipart/signed.
 *
 * A report (form REPORT) is no multipart/signed: head and entity, and nothing else. An encrypted mail (AUTHENTICATED, ENVELOPED) is the head and
 * one CMS object (RFC 8551 3.3), in which the multipart/signed is.
 * RFC 1847 2.1, RFC 8551 3.5.3. The entity is passed through byte for byte. The boundary is a function of the entity's
 * digest, so that the signer (who journals the digest of the whole) and the deliverer (who sends it) get the same bytes. */
#ifndef RELAIS_SMTP_ASSEMBLE_H
#define RELAIS_SMTP_ASSEMBLE_H

#include "base/buf.h"
#include "base/reason.h"

enum assemble_form { ASSEMBLE_SIGNED, ASSEMBLE_REPORT, ASSEMBLE_AUTHENTICATED, ASSEMBLE_ENVELOPED };

/* "authenticated", "enveloped", for the database; NULL for a form that is not encrypted. And back: SIGNED for any other word. */
const char *assemble_encrypted_name(enum assemble_form form);
enum assemble_form assemble_encrypted_form(struct bytes name);

struct assemble {
	struct bytes head;      /* outer fields, each ended by CRLF; no Content-Type, no empty line */
	struct bytes entity;    /* CRLF lines: its Content-Type…, empty line, body */
	struct bytes p7s;       /* DER of the detached signature, at most LIMIT_CMS; empty for a report; of an encrypted mail its object, at most LIMIT_MESSAGE */
	struct bytes digest;    /* SHA-256 of the entity in lower-case hexadecimal: 64 characters. Neither it nor the entity is asked of an encrypted mail */
	enum assemble_form form;
};

/* Takes one piece, in order; false stops. The piece is valid during the call only. */
typedef bool assemble_sink(void *context, struct bytes piece);

/*
 * COMPOSE_FIELD: head is not whole fields ending in CRLF, names Content-Type, or digest is no digest;
 * SIGN_REFUSED: p7s is empty or too big, or a report has one, or what should be a report is none; IO: the sink said no.
 */
MUST_USE enum reason assemble_pieces(const struct assemble *mail, assemble_sink *sink, void *context);
/* All of it appended to out; MEMORY when it does not fit. */
MUST_USE enum reason assemble_message(const struct assemble *mail, struct buf *out);
/* Does the entity say of itself that it is a multipart/report? */
bool assemble_is_report(struct bytes entity);
/* Size of the whole in bytes (SIZE of RFC 1870), for a mail that assemble_pieces takes. */
size_t assemble_size(const struct assemble *mail);

#endif
