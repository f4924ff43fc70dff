/* certs/chain.h - one certification path under our rules: the same for S/MIME, TLS peers and OCSP responders.
 *
 * RFC 5280 6 in full: dates, use, lengths, names, policies, and revocation at every level. Policies: any will do
 * (6.1.1 (c): initial-policy-set any-policy), unless the path itself demands one (policyConstraints), which then must be
 * common to all of it; mappings and inhibitAnyPolicy are honoured. Names: constraints on DN, dNSName, rfc822Name and the
 * other forms that OpenSSL knows are honoured at every level; a form that it does not know refuses the path.
 * Beyond RFC 5280: the extended use is demanded, keys and algorithms are held against the list (certs/strength.h) at every
 * level, and a revocation list that is signed with a weak algorithm counts for nothing.
 * For certs/ and gateway/tls*.c. */
#ifndef RELAIS_CERTS_CHAIN_H
#define RELAIS_CERTS_CHAIN_H

#include <openssl/x509_vfy.h>

#include "certs/trust.h"

enum { CHAIN_LISTS = 16 };

/* The revocation lists that were taken for a path; borrowed from the trust. */
struct chain_lists {
	X509_CRL *list[CHAIN_LISTS];
	size_t n;
};

struct chain_rules {
	int purpose;                  /* X509_PURPOSE_… of the path */
	uint32_t extended, use;       /* the leaf: one of these XKU_… is demanded; one of these KU_… unless it names no use */
	time_t at;                    /* judged as of then; 0 = now */
	bool old;                     /* the measure of old test suites: weak passes, the extended use may be absent */
};

/* Of a TLS peer as of now: a client, or a server. Operators hold one certificate for both directions, so that for a client server
 * use counts like client use; mail use does not. */
struct chain_rules chain_rules_client(X509 *leaf);
struct chain_rules chain_rules_server(void);

/*
 * Judges the path of the context's certificate (set by X509_STORE_CTX_init over trust_store). X509_V_OK, or the first trouble
 * as X509_V_ERR_…, which is the context's error then, too. *used is what revocation was judged by, complete or not.
 */
MUST_USE int chain_judge(X509_STORE_CTX *ctx, const struct trust *trust, const struct chain_rules *rules,
			 struct chain_lists *used);

/* What an X509_V_ code means. */
enum chain_trouble {
	CHAIN_GOOD,
	CHAIN_MEMORY,
	CHAIN_EXPIRED,      /* or not yet valid */
	CHAIN_REVOKED,
	CHAIN_USAGE,        /* made for something else */
	CHAIN_WEAK,         /* a key or a digest that is too weak */
	CHAIN_UNJUDGED,     /* the list or the OCSP answer that would judge is missing, out of date, or no good: may pass */
	CHAIN_UNTRUSTED,    /* all else */
};
enum chain_trouble chain_trouble(long error);
/* What a TLS peer is told: NONE, PEER_CERTIFICATE_UNTRUSTED, PEER_REVOKED or PEER_CRL. */
enum reason chain_peer_reason(long error);

#endif
