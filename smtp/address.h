/* smtp/address.h - mailboxes as RFC 5321 4.1.2 writes them, with the letters of RFC 6531 3.3 where asked for, and nothing wider.
 *
 * No source route, no comment, no obsolete form. Lengths in octets, whatever the alphabet: local part 64, label 63, domain 255,
 * path 256 (RFC 5321 4.5.3.1). No allocation: results are views on what was read.
 *
 * What is not ASCII keeps its bytes: no case folding, no normalisation. Two domains are the same when they differ in the case
 * of ASCII letters alone; U-labels compare by bytes, and a U-label is never the same as its A-label. */
#ifndef RELAIS_SMTP_ADDRESS_H
#define RELAIS_SMTP_ADDRESS_H

#include "base/buf.h"
#include "base/bytes.h"
#include "base/reason.h"

struct smtp_address {
	struct bytes local;       /* as written; with its quotes when quoted */
	struct bytes domain;      /* as written; with its brackets when literal */
	bool quoted, literal;
	bool utf8;                /* has a byte over 127 */
};

/* The whole of text is one mailbox, local@domain. SMTP_ADDRESS: it is not; SMTP_UTF8: it would be one under SMTPUTF8.
 * *out is untouched on refusal. */
MUST_USE enum reason smtp_address_read(struct bytes text, struct smtp_address *out);
/* The same under SMTPUTF8: well-formed UTF-8 without control characters (C1 too) counts as letters. SMTP_ADDRESS only. */
MUST_USE enum reason smtp_address_read_utf8(struct bytes text, struct smtp_address *out);

/* "<local@domain>" at the front of text, UTF-8 or not: whether it may be is for who knows the transaction (out->utf8).
 * *rest is what follows the '>'. "<>" gives empty local and domain. SMTP_ADDRESS; nothing is written then. */
MUST_USE enum reason smtp_address_read_path(struct bytes text, struct smtp_address *out, struct bytes *rest);

/* "[192.0.2.1]" or "[IPv6:…]" (RFC 5321 4.1.3). */
bool smtp_address_is_literal(struct bytes text);

/* One spelling per mailbox: the local part without needless quotes, case kept; the domain in lower case.
 * Nothing is added for the empty path. */
void smtp_address_write(struct buf *out, const struct smtp_address *address);
/* The local part as it is meant: quotes and backslashes gone. */
void smtp_address_write_local(struct buf *out, const struct smtp_address *address);
/* The same mailbox: local parts equal once unquoted, domains without case. */
bool smtp_address_equal(const struct smtp_address *a, const struct smtp_address *b);

#endif
