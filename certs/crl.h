/* certs/crl.h - may this revocation list, which somebody gave us, stand beside those in place? (RFC 5280 5 and 6.3.3)
 *
 * Before a fetched list is put into the folder of lists it must be signed by one of our own authorities, be of today, and not
 * take anything back: a list that is older than the one in place would un-revoke. */
#ifndef RELAIS_CERTS_CRL_H
#define RELAIS_CERTS_CRL_H

#include "base/arena.h"
#include "base/instant.h"
#include "base/reason.h"

enum { CRL_PREFIX = 17 };

struct crl_facts {
	struct bytes issuer;        /* for people, in the arena */
	struct bytes number;        /* hexadecimal, empty when the list has none */
	struct instant from, until;
	struct bytes der;           /* the list, in the arena */
	char prefix[CRL_PREFIX];    /* of its file: one an authority and scope (partitioned and delta lists are told apart) */
	const char *name;           /* of its file: prefix, number or date, ".crl"; in the arena */
	bool there;                 /* this very list is in place already */
};

/*
 * raw: one list, PEM or DER. anchors: file of the authorities, intermediates too (certs/trust.h); folder: the lists in place.
 * CRL_FORM; CRL_SIGNATURE: no authority of ours has signed it, or may sign lists, or with a digest that is not allowed;
 * CRL_ENDED: nextUpdate is absent or past, or thisUpdate in the future; CRL_OLDER; CONFIG_VALUE: anchors or folder cannot be
 * read; MEMORY. *out is filled as far as it was read.
 */
MUST_USE enum reason crl_check(struct arena *arena, const char *anchors, const char *folder, struct bytes raw, struct instant now,
			       struct crl_facts *out);

#endif
