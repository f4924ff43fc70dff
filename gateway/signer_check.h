/* gateway/signer_check.h - may this row be sealed, or leave as a report? Pure: values in, a sentence or nothing out.
 *
 * The signer is given a number and reads everything else itself; these are the checks that a process which was taken
 * over and which writes rows must pass before anything is signed in the service's name. */
#ifndef RELAIS_GATEWAY_SIGNER_CHECK_H
#define RELAIS_GATEWAY_SIGNER_CHECK_H

#include "base/bytes.h"

struct signer_row {
	struct bytes state;            /* of the outbox row */
	const struct bytes *recipients;
	size_t n;
	const struct bytes *allowed;   /* mailboxes that what stands behind the row allows (sign_allowed in 0001) */
	size_t n_allowed;
	bool report;                   /* leaves without a seal: must be a multipart/report, and nothing else may leave so */
	struct bytes message_id;
	struct bytes head;             /* outer fields, each ended by CRLF */
	struct bytes entity;           /* the bytes that will be signed, as read */
	uint64_t entity_size;          /* as recorded by whoever composed */
	struct bytes entity_digest;
	struct bytes decision;         /* JSON of what stands behind the row; empty = nothing */
};

struct signer_seal {
	struct bytes certificate_mailbox;   /* the certificate's rfc822Name */
	struct bytes mailbox;               /* the configured one */
};

/* NULL when it may; else what is wrong, in English, without content. */
const char *signer_check(const struct signer_row *row, const struct signer_seal *seal);

#endif
