/* certs/trust_private.h - the inside of a trust, for trust.c and chain.c. */
#ifndef RELAIS_CERTS_TRUST_PRIVATE_H
#define RELAIS_CERTS_TRUST_PRIVATE_H

#include <openssl/x509_vfy.h>

#include "certs/trust.h"

struct trust {
	X509_STORE *store;                            /* certificates only */
	STACK_OF(X509_CRL) *crls;
	char (*digests)[TRUST_DIGEST_TEXT];           /* of each list, in the same order */
	X509_STORE_CTX_check_crl_fn check_list;       /* OpenSSL's own, which ours ends with */
	size_t anchors;
	bool revocation;
};

/* chain.c: notes the list and refuses weak ones. */
int chain_check_list(X509_STORE_CTX *ctx, X509_CRL *list);

#endif
