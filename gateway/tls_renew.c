/* gateway/tls_renew.c - see tls_renew.h. */
#include "gateway/tls_renew.h"

#include "gateway/log.h"

void tls_renew(struct tls_context *context, const struct tls_files *files)
{
	char detail[TLS_DETAIL];
	enum reason reason = tls_context_renew(context, files, detail);

	if (reason != REASON_NONE)
		log_event("trust-not-renewed", LOG_REASON(reason), LOG_TEXT("file", detail), LOG_END);
	else
		log_event("trust-renewed", LOG_NUMBER("staple", tls_context_staples(context)), LOG_END);
}
