/* gateway/smtp_client.h - one SMTP or LMTP session to a next hop; one recipient a mail (RFC 5321, 2033, 3207, 1870, 2920,
 * 3461, 4954, 6531).
 *
 * STARTTLS (or TLS from the first byte) with a verified peer or nothing is said; an LMTP server on this machine may stay in clear.
 * A session carries several mails; after one that left it in doubt it says that it is not usable any more.
 *
 * libetpan carries the bytes. Commands and replies are ours, because the library's own calls use the machine's
 * name in EHLO, cut commands at 512 bytes, and make one error of 450 and 550. */
#ifndef RELAIS_GATEWAY_SMTP_CLIENT_H
#define RELAIS_GATEWAY_SMTP_CLIENT_H

#include "base/bytes.h"
#include "base/reason.h"
#include "gateway/mailstream.h"
#include "gateway/tls.h"
#include "policy/reply.h"
#include "smtp/status.h"

/* Milliseconds and bytes. The default is base/limits.h; tests shorten it. */
struct smtp_client_limits {
	unsigned connect_ms, handshake_ms, command_ms;
	unsigned write_ms, data_ms;   /* of one block of the message; of all of it */
	unsigned final_ms;            /* for the answer to the final dot */
	size_t reply_bytes;           /* of one reply, all its lines */
};
extern const struct smtp_client_limits smtp_client_limits_default;

/* How we say who we are to our own operator (RFC 4954). CERTIFICATE: the one of the TLS session; SASL EXTERNAL is said when it is
 * offered. The secret is read at each login, kept in no variable after it, and never logged. */
enum smtp_client_auth {
	SMTP_CLIENT_AUTH_NONE,
	SMTP_CLIENT_AUTH_CERTIFICATE,
	SMTP_CLIENT_AUTH_XOAUTH2,
	SMTP_CLIENT_AUTH_OAUTHBEARER,   /* RFC 7628 */
	SMTP_CLIENT_AUTH_PLAIN,         /* RFC 4616 */
};
struct smtp_client_login {
	enum smtp_client_auth kind;
	const char *user;             /* "" for CERTIFICATE: whom the certificate names */
	const char *secret_file;      /* token or password; blanks and line ends around it do not count */
	const char *host;             /* told in OAUTHBEARER */
	int port;
};

struct smtp_client_hop {
	struct stream_target target;
	const char *server_name;      /* that its certificate must have */
	const char *own_name;         /* said in EHLO */
	bool lmtp;
	bool implicit;                /* TLS before the greeting (RFC 8314) */
	struct smtp_client_login login;
	struct tls_context *tls;
	struct smtp_client_limits limits;
};

/* Takes the message in pieces, in order; false = stop. */
typedef bool smtp_client_sink(void *context, struct bytes piece);
/* Gives the whole message to the sink. A reason other than NONE: the mail is not sent. */
typedef enum reason smtp_client_source(void *context, smtp_client_sink *sink, void *sink_context);

struct smtp_client_mail {
	struct bytes return_path;     /* empty: <> */
	struct bytes recipient;
	struct bytes envelope_id;     /* ENVID in plain form; empty = none */
	uint64_t size;                /* of the whole message */
	bool eight_bit;               /* the message has bytes over 127 */
	bool utf8;                    /* its header fields have; the addresses are looked at here (RFC 6531 3.4) */
	smtp_client_source *source;
	void *source_context;
};

/* What is known at the end. */
struct smtp_client_result {
	enum reason reason;           /* NONE = accepted, else DELIVER_…, an address's or the source's own */
	struct status status;         /* the reply that decided; code 0 = no reply, its text may still say why */
	enum reply_stage stage;       /* how far it came; from REPLY_END on the server may have the message */
	bool reports;                 /* the hop was asked for delivery reports (RFC 3461), and offers them */
	char queue_id[STATUS_QUEUE_ID];
};

struct smtp_client;
/* Greeting, EHLO, STARTTLS, EHLO, login. On a refusal *out is NULL and *result says why. */
MUST_USE enum reason smtp_client_open(const struct smtp_client_hop *hop, struct smtp_client **out,
				      struct smtp_client_result *result);
/* One mail. result->reason is returned too. */
enum reason smtp_client_send(struct smtp_client *client, const struct smtp_client_mail *mail,
			     struct smtp_client_result *result);
/* False when the session must be closed: nothing more may be sent in it. */
bool smtp_client_usable(const struct smtp_client *client);
/* False: of the mail tried last not a word was answered, neither to RSET nor to MAIL (421 to RSET is no answer). It may
 * be tried in a new session. */
bool smtp_client_begun(const struct smtp_client *client);
/* stream_tls_facts of the session, borrowed. */
struct bytes smtp_client_tls(const struct smtp_client *client);
/* Canonical subject of the server's certificate, borrowed; empty in clear. */
struct bytes smtp_client_peer(const struct smtp_client *client);
/* QUIT when it still can be said, then closed. Accepts NULL, leaves NULL behind. */
void smtp_client_close(struct smtp_client **client);

#endif
