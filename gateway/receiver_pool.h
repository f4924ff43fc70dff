/* gateway/receiver_pool.h - the few threads that ask the database, so that the event loop never waits for it.
 *
 * A job is submitted by the loop, done by one thread with a connection of its own, and taken back by the loop when the
 * descriptor is readable. In between nobody but that thread touches the job or what it points to. */
#ifndef RELAIS_GATEWAY_RECEIVER_POOL_H
#define RELAIS_GATEWAY_RECEIVER_POOL_H

#include "base/arena.h"
#include "gateway/intake.h"
#include "gateway/receiver_account.h"
#include "gateway/receiver_spool.h"

enum { POOL_THREADS = 4 };

enum pool_work { POOL_SENDER, POOL_PERSON, POOL_ACCOUNT, POOL_RECIPIENT, POOL_MESSAGE, POOL_TOLD };

struct pool_job {
	enum pool_work work;
	void *owner;
	/* SENDER: peer_name, domain. RECIPIENT: local, domain, mail_from. */
	struct bytes peer_name, domain, local, mail_from;
	/* PERSON: token, wanted. ACCOUNT: account, mail_from, at. Both: the arena in which what they find is kept. */
	struct bytes token, wanted;
	struct account account;   /* PERSON: who it is; ACCOUNT: its mailbox */
	struct instant at;
	struct arena *arena;
	/* MESSAGE: message without its body, and the finished body in the spool; certificates of the peer to keep before (DER). */
	struct intake_message message;
	const struct spool_body *body;
	const struct bytes *certificates;
	size_t n_certificates;
	/* TOLD: refusals as told_json writes them; no session owns it. */
	struct bytes told;
	/* What came of it. */
	enum reason reason;
	int64_t inbox;
	struct pool_job *next;
};

struct pool;

struct pool_setup {
	const char *conninfo;
	const char *keeper_folder;   /* where the public key of intake is */
	const struct spool *spool;
	struct identity *identity;   /* NULL: no tokens */
	int journal;              /* descriptor of intake_journal_open, or -1 for none */
	const char *patient_domain;  /* whose mailboxes the journal does not name */
};

/* Starts the threads. Lives in the arena. IO or MEMORY. */
MUST_USE enum reason pool_open(struct arena *arena, const struct pool_setup *setup, struct pool **out);
int pool_descriptor(const struct pool *pool);
void pool_submit(struct pool *pool, struct pool_job *job);
/* A job that is done, or NULL. */
struct pool_job *pool_take(struct pool *pool);
/* Ends the threads; jobs under way are finished first, and no others may be left. */
void pool_close(struct pool *pool);

#endif
