/* smtp/address.h - mailboxes as RFC 5321 4.1.2 writes them, and nothing wider.
 *
 * No source route, no comment, no obsolete form, no 8-bit byte. Lengths: local part 64, domain 255, path 256
 * (RFC 5321 4.5.3.1). No allocation: results are views on what was read. */
#ifndef RELAIS_SMTP_ADDRESS_H
#define RELAIS_SMTP_ADDRESS_H

#include "base/buf.h"
#include "base/bytes.h"
#include "base/reason.h"

struct smtp_address {
	struct bytes local;       /* as written; with its quotes when quoted */
	struct bytes domain;      /* as written; with its brackets when literal */
	bool quoted, literal;
};

/* The whole of text is one mailbox, local@domain. SMTP_ADDRESS: it is not; SMTP_UTF8: it has a byte over 127.
 * *out is untouched on refusal. */
MUST_USE enum reason smtp_address_read(struct bytes text, struct smtp_address *out);

/* "<local@domain>" at the front of text; *rest is what follows the '>'. "<>" gives empty local and domain.
 * Same refusals; nothing is written then. */
MUST_USE enum reason smtp_address_read_path(struct bytes text, struct smtp_address *out, struct bytes *rest);

/* A DNS name of letters, digits and hyphens (RFC 5321 "Domain"); labels of 63 at most. */
bool smtp_address_is_domain(struct bytes text);
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
