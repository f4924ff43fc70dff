/* gateway/tls.h - TLS for those who are called and those who call (RFC 8446, 9325). The only door to OpenSSL's TLS.
 *
 * TLS 1.2 (AEAD suites with forward secrecy) and 1.3; no renegotiation, no compression, no early data, and no resumption:
 * every session has a full handshake, and so is judged by the trust of that moment.
 * A server asks each client for its certificate and completes the handshake whatever it is given: who called is
 * told by tls_peer_read, so that the refusal can be a sentence in SMTP. A client refuses within the handshake; it asks
 * for an OCSP staple, judges the one that it is given, and demands one that the certificate promises (RFC 7633).
 * Paths are judged by certs/chain.h. When revocation is checked and cannot be told - a list is missing, out of date or
 * badly signed, a staple is no good - the peer is refused for now (PEER_CRL), never for good.
 * Anchors, keys and revocation lists are read when the context is made or renewed; at no other time a file is opened. */
#ifndef RELAIS_GATEWAY_TLS_H
#define RELAIS_GATEWAY_TLS_H

#include "base/arena.h"
#include "base/limits.h"
#include "base/reason.h"

typedef struct ssl_st SSL;        /* OpenSSL's own; used here and by libevent, opaque to all others */
struct tls_context;

struct tls_files {
	const char *certificate, *key;   /* PEM; certificate = the leaf, then its chain. A client may have none: NULL or "" */
	const char *anchors;             /* who may have issued the peer's certificate (certs/trust.h) */
	const char *crls;                /* folder of revocation lists (PEM or DER); "" or NULL = revocation is not checked */
	const char *staple;              /* server: file with an OCSP answer (DER) for its certificate; "" or NULL = none */
};

enum { TLS_DETAIL = 256 };

/* Both: CONFIG_VALUE when a file is absent, unreadable or no fit (detail names it); *out is then NULL. */
MUST_USE enum reason tls_server_context(const struct tls_files *files, struct tls_context **out, char detail[TLS_DETAIL]);
MUST_USE enum reason tls_client_context(const struct tls_files *files, struct tls_context **out, char detail[TLS_DETAIL]);
/*
 * Reads anchors, lists and staple again, and certificate and key unless certificate is NULL or "" (then they stay). New sessions
 * use them, open ones keep what they have. CONFIG_VALUE (detail names the file), MEMORY: everything stays as it was.
 */
MUST_USE enum reason tls_context_renew(struct tls_context *context, const struct tls_files *files, char detail[TLS_DETAIL]);
/* Server: is a staple sent? One that does not judge the certificate well, or no longer, is not. */
bool tls_context_staples(const struct tls_context *context);
/* Sessions that are open keep what they need. Accepts NULL, leaves NULL behind. */
void tls_context_close(struct tls_context **context);

/* --- sessions -------------------------------------------------------------- */

/* A session that waits for a client's hello; NULL without memory. For bufferevent_openssl_socket_new. */
SSL *tls_server_session(struct tls_context *context);

/* A session on the connected, non-blocking descriptor that will demand this name (DNS name or literal address) from the
 * server's subjectAltName and send it as SNI. fd stays the caller's. MEMORY; CONFIG_VALUE: no such name can be. */
MUST_USE enum reason tls_client_prepare(struct tls_context *context, int fd, const char *server_name, SSL **out);

enum tls_step {
	TLS_DONE,
	TLS_WANT_READ,            /* poll for reading, call again */
	TLS_WANT_WRITE,
	TLS_CLOSED,               /* the peer ended the connection, in order or not */
	TLS_UNVERIFIED,           /* handshake only: chain, staple or name; tls_verify_reason and tls_verify_text say what */
	TLS_FAILED,               /* anything else; the session is dead */
};
enum tls_step tls_handshake(SSL *session);
/* *n is what was read or written; more than zero on TLS_DONE. */
enum tls_step tls_read(SSL *session, void *to, size_t len, size_t *n);
enum tls_step tls_write(SSL *session, const void *from, size_t len, size_t *n);
/* Bytes that are decrypted and wait to be read. */
size_t tls_pending(const SSL *session);
/* Says goodbye (close_notify) without waiting for the answer. */
void tls_goodbye(SSL *session);
/* Frees; says nothing. Accepts NULL, leaves NULL behind. Not for sessions that a bufferevent owns. */
void tls_session_close(SSL **session);

/* --- who is there ---------------------------------------------------------- */

enum tls_peer_status {
	TLS_PEER_NONE,            /* no certificate */
	TLS_PEER_UNTRUSTED,       /* chain, dates, use, strength or revocation */
	TLS_PEER_GOOD,
};

/* Of a session whose handshake is done. Texts of ours or in the arena. */
struct tls_peer {
	enum tls_peer_status status;
	enum reason reason;       /* NONE when GOOD; else PEER_NO_CERTIFICATE, _CERTIFICATE_UNTRUSTED, _REVOKED, _CRL */
	const char *why;          /* UNTRUSTED: OpenSSL's words for it (ASCII, no content of the certificate), else "" */
	struct bytes name;        /* subject, canonical (certs/name.h); empty without certificate */
	struct bytes serial;      /* hexadecimal */
	struct bytes fingerprint; /* SHA-256 of the certificate, hexadecimal */
	struct bytes path;        /* JSON [digest…] of the path that was found, leaf first (SHA-256 of the DER); empty without one */
	struct bytes crls;        /* JSON [{"number","digest"}…] of the lists by which it was judged; empty without certificate */
	const char *version, *cipher;
};
void tls_peer_read(struct arena *arena, const SSL *session, struct tls_peer *out);
/* The certificates of that path as DER, in the arena; returns how many, 0 when memory is short. */
enum { TLS_PATH = LIMIT_CHAIN_DEPTH + 2 };
size_t tls_peer_path(struct arena *arena, const SSL *session, struct bytes out[TLS_PATH]);

/* Of a handshake that ended UNVERIFIED: PEER_CERTIFICATE_UNTRUSTED, PEER_REVOKED or PEER_CRL. NONE when it did not. */
enum reason tls_verify_reason(const SSL *session);

/* Why the peer's certificate was refused, in OpenSSL's words; "ok" when it was not. A static text. */
const char *tls_verify_text(const SSL *session);

/* Evidence: {"version","cipher","subject","fingerprint","names":[dNSName…],"path":[…],"crls":[…],"staple":bool} as JSON text,
 * in the arena; path and crls as in struct tls_peer. */
struct bytes tls_facts(struct arena *arena, const SSL *session);

#endif
