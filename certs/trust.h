/* certs/trust.h - anchors and revocation lists, read once into a snapshot that nobody changes.
 *
 * Nothing is ever fetched; what a certificate in a mail points to is never followed. */
#ifndef RELAIS_CERTS_TRUST_H
#define RELAIS_CERTS_TRUST_H

#include "base/reason.h"

struct trust;
struct x509_store_st;   /* OpenSSL's X509_STORE */
struct X509_crl_st;     /* OpenSSL's X509_CRL */
struct stack_st_X509_CRL;

enum { TRUST_DETAIL = 256 };

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
/* Borrowed: certificates and lists, no flags set. */
struct x509_store_st *trust_store(const struct trust *trust);
size_t trust_anchors(const struct trust *trust);
size_t trust_crls(const struct trust *trust);
/* All of them, borrowed: for X509_STORE_CTX_set0_crls. A store finds lists by the certificate's issuer alone, and so
 * misses those that another authority issues for it (indirect lists, RFC 5280 5.2.5). */
struct stack_st_X509_CRL *trust_crl_stack(const struct trust *trust);
/* Borrowed; n < trust_crls(). */
struct X509_crl_st *trust_crl(const struct trust *trust, size_t n);

#endif
