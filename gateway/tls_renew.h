/* gateway/tls_renew.h - what receiver, collector and deliverer do on SIGHUP. */
#ifndef RELAIS_GATEWAY_TLS_RENEW_H
#define RELAIS_GATEWAY_TLS_RENEW_H

#include "gateway/tls.h"

/* tls_context_renew, with its outcome in the log: trust-renewed, or trust-not-renewed with the file that is no good. */
void tls_renew(struct tls_context *context, const struct tls_files *files);

#endif
