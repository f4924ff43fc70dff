/* certs/staple.h - an OCSP answer that somebody handed over (RFC 6960, 6066 8): is it good, and what does it say?
 *
 * Nothing is asked of any responder. OpenSSL parses; the rules are ours: one object in DER, nothing behind it; status
 * "successful"; an answer for this certificate of this issuer; signed, with an algorithm of the list (certs/strength.h), by the
 * issuer itself or by a responder whom the issuer made for that (extended use OCSPSigning, within its dates, and not revoked
 * unless it says nocheck); thisUpdate not in the future, nextUpdate there, not past, and within LIMIT_STAPLE_AGE_SECONDS.
 * For certs/ and gateway/tls*.c. */
#ifndef RELAIS_CERTS_STAPLE_H
#define RELAIS_CERTS_STAPLE_H

#include <time.h>

#include "base/reason.h"
#include "certs/trust.h"

/*
 * NONE: good, until *until (may be NULL). PEER_REVOKED: a sound answer says so. PEER_CRL: any other answer - "unknown", false,
 * out of date or not to be read: it judges nothing. Never looked at with trust: the issuer, who is the caller's to know;
 * trust gives the lists by which a responder is judged.
 */
MUST_USE enum reason staple_judge(const struct trust *trust, struct x509_st *certificate, struct x509_st *issuer, struct bytes der,
				  time_t now, time_t *until);

/* The certificate promises that its holder staples (TLS feature status_request, RFC 7633). */
bool staple_promised(struct x509_st *certificate);

#endif
