/* gateway/collector_imap.h - one IMAP session that only reads (RFC 3501, RFC 2177, RFC 7162), over libetpan.
 *
 * TLS with a verified server or nothing is said. Every command has its byte budget and its deadline. The folder is
 * opened read-only and message structure is never asked for: the library's parser of it is recursive. */
#ifndef RELAIS_GATEWAY_COLLECTOR_IMAP_H
#define RELAIS_GATEWAY_COLLECTOR_IMAP_H

#include "base/arena.h"
#include "base/reason.h"
#include "gateway/mailstream.h"

/* Milliseconds and bytes; the default is base/limits.h, tests shorten it. */
struct collector_imap_limits {
	unsigned connect_ms, handshake_ms, command_ms, fetch_ms;
	size_t reply_bytes;
	uint64_t message_bytes;
};
extern const struct collector_imap_limits collector_imap_limits_default;

/* How the mailbox is asked for, once the server's own certificate was found good. */
enum collector_imap_auth {
	COLLECTOR_IMAP_PASSWORD,        /* LOGIN */
	COLLECTOR_IMAP_CERTIFICATE,     /* our client certificate says who we are: PREAUTH, SASL EXTERNAL, or LOGIN without a password */
	COLLECTOR_IMAP_XOAUTH2,         /* SASL XOAUTH2 */
	COLLECTOR_IMAP_OAUTHBEARER,     /* RFC 7628 */
};
/* By the word of the configuration; PASSWORD for any other. */
enum collector_imap_auth collector_imap_auth_of(struct bytes word);

struct collector_imap_server {
	struct stream_target target;
	const char *server_name;
	int port;                       /* as it is told in OAUTHBEARER */
	bool starttls;                  /* port 143; otherwise TLS from the first byte */
	struct tls_context *tls;
	enum collector_imap_auth auth;
	const char *user;
	const char *secret;             /* password or token; "" with a certificate. Read during collector_imap_open only */
	struct collector_imap_limits limits;
};

struct collector_imap;
/* What a server says beside its answers (ALERT, a referral…) is told to the log as a word, never its text, and changes nothing.
 * Connected and logged in. COLLECT_CONNECT, COLLECT_TLS, COLLECT_LOGIN, COLLECT_PROTOCOL, MEMORY. After any refusal
 * the functions below but COLLECT_FOLDER and COLLECT_TOO_BIG the session is to be closed. */
MUST_USE enum reason collector_imap_open(const struct collector_imap_server *server, struct collector_imap **out);
/* LOGOUT when it still can be said. Accepts NULL, leaves NULL behind. */
void collector_imap_close(struct collector_imap **imap);

struct collector_imap_folder {
	uint32_t exists;                /* messages in it, as the server says */
	uint32_t uidvalidity;
	uint32_t uidnext;               /* 0: the server does not say */
	uint64_t modseq;                /* HIGHESTMODSEQ (RFC 7162 3.1.2.1), at most 63 bits; 0: the server does not say */
};
/* Opened again each round: that is how the numbers are brought up to date. COLLECT_FOLDER: it is not there. */
MUST_USE enum reason collector_imap_examine(struct collector_imap *imap, const char *folder, struct collector_imap_folder *out);

/* The UIDs from first to last that exist, ascending, each once, in the arena. last 0: to the end. */
MUST_USE enum reason collector_imap_list(struct collector_imap *imap, struct arena *arena, uint32_t first, uint32_t last,
					 uint32_t **out, size_t *n);

/* RFC822.SIZE of one message; *found false when it is gone. */
MUST_USE enum reason collector_imap_size(struct collector_imap *imap, uint32_t uid, uint64_t *size, bool *found);

/* The message, byte for byte as the server has it, in pieces. The sink answers false to stop: IO.
 * COLLECT_TOO_BIG: it went over message_bytes. *found false: it is gone, or the server gives nothing. */
typedef bool collector_imap_sink(void *context, struct bytes piece);
MUST_USE enum reason collector_imap_fetch(struct collector_imap *imap, uint32_t uid, collector_imap_sink *sink, void *context,
					  bool *found);

bool collector_imap_has_idle(const struct collector_imap *imap);
/* Until the server tells something, also_fd is readable or ms have passed. */
MUST_USE enum reason collector_imap_idle(struct collector_imap *imap, int also_fd, unsigned ms);

#endif
