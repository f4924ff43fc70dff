/* gateway/tls_private.h - what the files tls*.c share. */
#ifndef RELAIS_GATEWAY_TLS_PRIVATE_H
#define RELAIS_GATEWAY_TLS_PRIVATE_H

#include <time.h>

#include <openssl/ssl.h>

#include "certs/trust.h"
#include "gateway/tls.h"

/* What OpenSSL calls back with is the context itself; the session keeps what its judgement rested on (place `evidence`). */
struct tls_context {
	SSL_CTX *ctx;            /* its app_data: the context */
	struct trust *trust;
	int evidence;
	struct bytes staple;     /* server: the answer that is sent; OpenSSL's memory */
	time_t staple_until;
};

/* --- tls_judge.c ------------------------------------------------------------ */

/* From now on this context judges peers, and their staples (client) or sends one (server). False without memory. */
MUST_USE bool tls_judge_install(struct tls_context *context, bool server);
/* JSON [{"number","digest"}…]: the lists by which the session's peer was judged. Borrowed from the session. */
const char *tls_judge_lists(const SSL *session);
/* Reads the server's own staple anew; none when the path is NULL or "", or when it does not judge the certificate well: one that
 * peers would refuse is worse than none. */
void tls_judge_load_staple(struct tls_context *context, const char *path);

#endif
