/* certs/trust.h - anchors and revocation lists, read once into a snapshot that nobody changes.
 *
 * Nothing is ever fetched; what a certificate in a mail points to is never followed. */
#ifndef RELAIS_CERTS_TRUST_H
#define RELAIS_CERTS_TRUST_H

#include "base/arena.h"
#include "base/reason.h"

struct trust;
struct x509_st;         /* OpenSSL's X509 */
struct x509_store_st;   /* OpenSSL's X509_STORE */
struct X509_crl_st;     /* OpenSSL's X509_CRL */

enum { TRUST_DETAIL = 256, TRUST_DIGEST_TEXT = 65 };

/*
 * anchors: one file, PEM (any number of certificates) or DER (one). Self-issued ones are anchors, the others
 * serve to build chains; "" = nobody is trusted (relais inspect without --anchors). crls: a folder of PEM or DER
 * lists, delta lists too; NULL or "" = revocation is not checked.
 * Files that are no list are passed over. CONFIG_VALUE: no anchor, or an unreadable file or folder (detail says which);
 * *out is then NULL.
 */
MUST_USE enum reason trust_load(const char *anchors, const char *crls, struct trust **out, char detail[TRUST_DETAIL]);
/* Accepts NULL, leaves NULL behind. */
void trust_free(struct trust **trust);

bool trust_checks_revocation(const struct trust *trust);
/* Borrowed: the certificates. The lists are the trust's own and come in by chain_judge (certs/chain.h): a store would find them
 * by the certificate's issuer alone, and so miss those that another authority issues for it (RFC 5280 5.2.5). */
struct x509_store_st *trust_store(const struct trust *trust);
size_t trust_anchors(const struct trust *trust);
size_t trust_crls(const struct trust *trust);

/* Borrowed; n < trust_crls(). */
struct X509_crl_st *trust_crl(const struct trust *trust, size_t n);

/* --- what a verdict rested on (SHA-256 of the DER, lower-case hexadecimal) --- */

/* Of a list of this trust; "" when it is none. Borrowed. */
const char *trust_crl_digest(const struct trust *trust, const struct X509_crl_st *crl);
/* Is this very certificate among the anchors and their helpers? */
bool trust_holds(const struct trust *trust, const struct x509_st *certificate);
/* The DER that has this digest, in the arena, and its kind, "certificate" or "crl". NOT_FOUND (any text that is no digest, too);
 * MEMORY. */
MUST_USE enum reason trust_material(struct arena *arena, const struct trust *trust, struct bytes digest, const char **kind,
				    struct bytes *der);

#endif
