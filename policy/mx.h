/* policy/mx.h - which hosts take the mail of a domain, from what DNS answered (RFC 5321 5.1, RFC 7505). Pure. */
#ifndef RELAIS_POLICY_MX_H
#define RELAIS_POLICY_MX_H

#include "base/bytes.h"
#include "base/limits.h"
#include "base/reason.h"

struct mx_record {
	unsigned preference;      /* lower comes first */
	struct bytes host;        /* without a dot at its end; empty = the null MX */
};

struct mx_host {
	unsigned preference;
	char name[LIMIT_SMTP_DOMAIN + 1];
};

/*
 * The hosts in the order in which they are tried; equals are shuffled by the seed. No record: the domain itself.
 * DELIVER_DOMAIN_NO_MAIL: the null MX. DELIVER_MX: nothing is left that may be tried. We (own) and whoever stands behind
 * us or beside us in the order are left out, so that mail never comes back to us (RFC 5321 5.1); so is a name that no
 * host can have. At most LIMIT_MX_RECORDS records are looked at.
 */
MUST_USE enum reason mx_choose(const struct mx_record *records, size_t n, struct bytes domain, struct bytes own, uint64_t seed,
			       struct mx_host out[LIMIT_MX], size_t *n_out);

/* A host name: labels of letters, digits and inner hyphens, at least two of them, the last not of digits alone. */
bool mx_is_host(struct bytes name);

/* An address of 4 or 16 bytes that a stranger's host may have: not loopback, private, link-local, multicast, documentation,
 * carrier-grade, nor an IPv4 address in disguise (RFC 6890, RFC 4291). */
bool mx_is_public(struct bytes address);

#endif
