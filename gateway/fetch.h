/* gateway/fetch.h - one file from one configured address, by HTTPS or (where the file proves itself) HTTP.
 *
 * Addresses come from the configuration alone, never from a certificate or a mail. No redirection is followed, no proxy of the
 * environment used, no other protocol spoken; TLS 1.2 or 1.3 against our own anchors and the name in the address. */
#ifndef RELAIS_GATEWAY_FETCH_H
#define RELAIS_GATEWAY_FETCH_H

#include "base/buf.h"
#include "base/reason.h"

struct fetch {
	const char *url;
	const char *anchors;        /* PEM file: who may have issued the server's certificate */
	bool plain;                 /* http:// may be spoken */
	const char *form;           /* NULL: GET; else POST of this form, whose words stand in no log of an address */
	struct bytes body;          /* POST of these bytes instead, when there are any */
	const char *header;         /* one more line of the request; NULL: none */
	unsigned seconds;           /* of the whole; 0: LIMIT_FETCH_SECONDS */
};

struct fetch_told {
	long status;                /* of HTTP, 0 = none came */
	char detail[256];           /* the library's words; may name host and port, nothing of the file */
};

/* Once, before any thread and before the jail. False: the library cannot be used, or it is not built over OpenSSL. */
MUST_USE bool fetch_start(void);

/*
 * Appends the file to body; its ceiling bounds the file. FETCH_ADDRESS, FETCH_TLS, FETCH_ANSWER (any status but 200, an answer
 * that ends early), FETCH_SIZE; MEMORY. Body counts only on NONE. Blocks for at most LIMIT_FETCH_SECONDS.
 */
MUST_USE enum reason fetch_get(const struct fetch *fetch, struct buf *body, struct fetch_told *told);

#endif
