/* certs/strength.h - the keys and signature algorithms that count (RFC 8551 2, RFC 9325 4; attacks S11, S19, T5).
 *
 * One list for S/MIME, TLS peers, revocation lists and OCSP answers, at every level of a path: RSA of 2048 to 8192 bits,
 * P-256 and P-384; SHA-256, SHA-384, SHA-512 with RSA (PKCS#1 v1.5, or PSS with one digest throughout) or ECDSA.
 * old: the measure of old test suites (verify.h). For certs/ alone. */
#ifndef RELAIS_CERTS_STRENGTH_H
#define RELAIS_CERTS_STRENGTH_H

#include <openssl/x509.h>

#include "base/bytes.h"

bool strength_key(const EVP_PKEY *key, bool old);
/* Of a certificate, a revocation list or an OCSP answer. */
bool strength_signature(const X509_ALGOR *algorithm, bool old);
/* RSASSA-PSS parameters that name this digest throughout, with a salt at least as long as it (RFC 4056). */
bool strength_pss(const X509_ALGOR *algorithm, int digest);
/* Every key of a path, leaf first, and every signature but the anchor's own, which nobody relies on.
 * X509_V_OK, or the X509_V_ERR_ that says what is too weak. */
int strength_path(const STACK_OF(X509) *path, bool old);

#endif
