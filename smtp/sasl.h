/* smtp/sasl.h - what a client says within AUTH: OAUTHBEARER (RFC 7628 3.1) and XOAUTH2. Pure; the token is not judged here.
 *
 * The message is a secret of the person whom it names: results are views on it or copies in the caller's buffers, which the
 * caller wipes. */
#ifndef RELAIS_SMTP_SASL_H
#define RELAIS_SMTP_SASL_H

#include "base/buf.h"
#include "base/bytes.h"
#include "base/reason.h"

enum smtp_sasl { SMTP_SASL_NONE, SMTP_SASL_XOAUTH2, SMTP_SASL_OAUTHBEARER, SMTP_SASLS };

/* The names as EHLO lists them, one behind the other. */
#define SMTP_SASL_OFFERED "OAUTHBEARER XOAUTH2"

/* By its name, without case; NONE when we do not offer it. */
enum smtp_sasl smtp_sasl_of(struct bytes name);

/* base64 as AUTH carries it (RFC 4954 4, RFC 4648 3): no blank, padding in full, no bits left over. Appends to out.
 * SMTP_AUTH_ENCODING, also when it does not fit; what out then holds means nothing. */
MUST_USE enum reason smtp_sasl_decode(struct buf *out, struct bytes text);

/*
 * One message of a client, decoded. user: what it asks to act as (a mailbox, UTF-8, one line, may be empty: not said),
 * unescaped, appended to the buffer. *token: a view on message, b64token of RFC 6750 2.1.
 * AUTH_TOKEN: anything else; *token is then untouched.
 */
MUST_USE enum reason smtp_sasl_read(enum smtp_sasl mechanism, struct bytes message, struct buf *user, struct bytes *token);

/* What a client is told of a token that is not taken, in base64, before 535 (RFC 7628 3.2.2). */
const char *smtp_sasl_challenge(enum smtp_sasl mechanism);

#endif
