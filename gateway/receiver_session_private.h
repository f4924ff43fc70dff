/* gateway/receiver_session_private.h - a session's insides, for receiver_session.c, receiver_ask.c and receiver_door.c. */
#ifndef RELAIS_GATEWAY_RECEIVER_SESSION_PRIVATE_H
#define RELAIS_GATEWAY_RECEIVER_SESSION_PRIVATE_H

#include <time.h>

#include "gateway/receiver_mail.h"
#include "gateway/receiver_session.h"

struct bufferevent;
struct event;

enum { ADDRESS_TEXT = INET6_ADDRSTRLEN + 1, NETWORK_MAX = 8 };

struct session {
	struct session_host *host;
	struct session *next, **link;
	struct arena *arena, *peer_arena;
	struct arena *person_arena;       /* of person, once AUTH succeeded */
	struct arena *job_arena;          /* of what a job about an account finds */
	struct smtp_server *server;
	struct bufferevent *stream;
	SSL *tls;                         /* owned by the stream */
	struct event *timer;
	char address[ADDRESS_TEXT];
	struct bytes network;             /* what the rates of the address are counted by */
	unsigned char network_bytes[NETWORK_MAX];
	enum smtp_mode mode;
	struct tls_peer peer;
	struct account person;            /* kind is NULL before AUTH */
	struct mail mail;
	struct pool_job job;
	struct smtp_mail sender;          /* while its job is under way; views into the machine's line */
	struct smtp_recipient recipient;
	struct buf asked_domain, asked_local;
	time_t ends, data_began;          /* monotonic seconds */
	uint64_t data_received;           /* of the message under way, as it came */
	bool shaking;                     /* in a TLS handshake: counted by the host */
	bool busy, gone;                  /* a job is with the pool; the peer has left meanwhile */
	bool closing, upgrading;          /* after what is to be written: close; speak TLS */
	bool refusing, lingering;         /* closes with a refusal; said the last word: what still comes is thrown away */
	size_t thrown;
};

/* Monotonic. */
uint64_t session_now_ms(void);
void session_refused(const struct session *s, const char *step, enum reason reason);

/* receiver_ask.c: what the machine asks is asked on, of the rates, the database or the identity server; each ends in
 * smtp_server_answer, at once or when the job came back. */
void session_ask(struct session *s, const struct smtp_event *event);
/* The job of the session came back. */
void session_answer(struct session *s, enum reason reason);

/* receiver_door.c: who is let in. */
void door_address(const struct sockaddr *address, char out[ADDRESS_TEXT]);
/* What the rates of an address are counted by, its length: an IPv4 address; of IPv6 the network of 64 bits, in which one host has
 * addresses without number. */
size_t door_network(const struct sockaddr *address, unsigned char out[NETWORK_MAX]);
/* NONE, or why this one more is not taken. */
MUST_USE enum reason door_closed(const struct session_host *host, const char *address, struct bytes network);
/* Says why in one line and closes. */
void door_turn_away(int fd, const char *address, enum reason reason);

#endif
