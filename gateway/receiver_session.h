/* gateway/receiver_session.h - one connected peer: bytes between the socket and the SMTP machine, its deadlines, its mail.
 *
 * 1. A session that has a job with the pool is not freed before the job came back.
 * 2. What came in clear is never read as if it had come in TLS: a rest at the change of protocol ends the session.
 * 3. 250 for a message is said only after the pool's job for it came back with NONE.
 * 4. A peer that only waits, or says a byte now and then, holds its socket and its session: a thread and a database connection
 *    are taken for one job at a time, room in the spool once LIMIT_SMTP_MEMORY of a message have come, and what takes too
 *    long ends by a deadline. */
#ifndef RELAIS_GATEWAY_RECEIVER_SESSION_H
#define RELAIS_GATEWAY_RECEIVER_SESSION_H

#include <netinet/in.h>

#include "gateway/receiver_peer.h"
#include "gateway/receiver_rate.h"
#include "gateway/receiver_told.h"
#include "smtp/server.h"

struct event_base;
struct session;

/* What all sessions of the process share. */
struct session_host {
	struct event_base *base;
	struct tls_context *tls;
	struct spool *spool;
	struct pool *pool;
	const char *hostname, *domain;    /* ours: said in the greeting; that of <postmaster> */
	struct peers_kept kept;
	struct session *first;            /* all sessions */
	size_t n, handshakes;             /* sessions; of them, in a TLS handshake */
	struct rate *connections, *messages;   /* by peer; NULL: no limit */
	struct told told;                 /* refusals that the trail is to have */
	bool stopping;                    /* new messages are refused, sessions end when theirs is done */
	void (*empty)(void *context);     /* called when the last session of a stopping process has gone */
	void *context;
};

/* Takes the accepted, non-blocking socket; refuses it in a word when there are too many. */
void session_open(struct session_host *host, int fd, const struct sockaddr *address, enum smtp_mode mode);
/* The pool's job is done: the session that owns it goes on. */
void session_job_done(struct pool_job *job);
/* Ends what waits for a command; lets messages under way come to their end. */
void sessions_stop(struct session_host *host);

#endif
