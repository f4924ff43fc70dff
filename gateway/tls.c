/* gateway/tls.c - see tls.h. Sessions. */
#include "gateway/tls_private.h"

#include <errno.h>

#include <openssl/err.h>
#include <openssl/x509v3.h>

enum { ALERT_FIRST = 1000, ALERT_LAST = 1255 };

SSL *tls_server_session(struct tls_context *context)
{
	SSL *session = SSL_new(context->ctx);
	if (session != NULL)
		SSL_set_accept_state(session);
	return session;
}

static bool demand_name(SSL *session, const char *server_name)
{
	ASN1_OCTET_STRING *literal = a2i_IPADDRESS(server_name);

	ERR_clear_error();
	SSL_set_hostflags(session, X509_CHECK_FLAG_NEVER_CHECK_SUBJECT | X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
	if (literal != NULL) {
		ASN1_OCTET_STRING_free(literal);
		return X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(session), server_name) == 1;
	}
	return server_name[0] != '\0' && SSL_set1_host(session, server_name) == 1 &&
	       SSL_set_tlsext_host_name(session, server_name) == 1;
}

enum reason tls_client_prepare(struct tls_context *context, int fd, const char *server_name, SSL **out)
{
	SSL *session = SSL_new(context->ctx);

	*out = NULL;
	if (session == NULL || SSL_set_fd(session, fd) != 1) {
		SSL_free(session);
		return REASON_MEMORY;
	}
	/* Without a name to demand, any certificate of the trust space would do: never. */
	if (!demand_name(session, server_name)) {
		SSL_free(session);
		return REASON_CONFIG_VALUE;
	}
	SSL_set_connect_state(session);
	*out = session;
	return REASON_NONE;
}

/* An alert or an unclean end is the peer's way of leaving. */
static enum tls_step step_of(SSL *session, int result)
{
	int why = errno;

	switch (SSL_get_error(session, result)) {
	case SSL_ERROR_WANT_READ:
		return TLS_WANT_READ;
	case SSL_ERROR_WANT_WRITE:
		return TLS_WANT_WRITE;
	case SSL_ERROR_ZERO_RETURN:
		return TLS_CLOSED;
	case SSL_ERROR_SYSCALL:
		return why == 0 || why == EPIPE || why == ECONNRESET ? TLS_CLOSED : TLS_FAILED;
	default:
		break;
	}
	int reason = ERR_GET_REASON(ERR_peek_error());
	bool left = reason == SSL_R_UNEXPECTED_EOF_WHILE_READING || (reason > ALERT_FIRST && reason <= ALERT_LAST);
	return left ? TLS_CLOSED : TLS_FAILED;
}

static void before_call(void)
{
	ERR_clear_error();
	errno = 0;
}

enum tls_step tls_handshake(SSL *session)
{
	before_call();
	int result = SSL_do_handshake(session);
	if (result == 1)
		return TLS_DONE;
	enum tls_step step = step_of(session, result);
	return step == TLS_FAILED && SSL_get_verify_result(session) != X509_V_OK ? TLS_UNVERIFIED : step;
}

enum tls_step tls_read(SSL *session, void *to, size_t len, size_t *n)
{
	before_call();
	*n = 0;
	int result = SSL_read_ex(session, to, len, n);
	return result == 1 ? TLS_DONE : step_of(session, result);
}

enum tls_step tls_write(SSL *session, const void *from, size_t len, size_t *n)
{
	before_call();
	*n = 0;
	int result = SSL_write_ex(session, from, len, n);
	return result == 1 ? TLS_DONE : step_of(session, result);
}

size_t tls_pending(const SSL *session)
{
	int n = SSL_pending(session);
	return n > 0 ? (size_t)n : 0;
}

void tls_goodbye(SSL *session)
{
	before_call();
	if (SSL_is_init_finished(session))
		(void)SSL_shutdown(session);
}

void tls_session_close(SSL **session)
{
	SSL_free(*session);
	*session = NULL;
}
