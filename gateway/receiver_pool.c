/* gateway/receiver_pool.c - see receiver_pool.h.
 *
 * 1. A message's reason is NONE only after COMMIT and after its line in the journal: then, and only then, 250 may be said.
 * 2. The mutex covers the two queues and the end flag, nothing else. */
#include "gateway/receiver_pool.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/digest.h"
#include "base/limits.h"
#include "gateway/intake_journal.h"
#include "gateway/log.h"

struct queue {
	struct pool_job *first, **end;
};

struct thread {
	struct pool *pool;
	pthread_t id;
	unsigned char *scratch;
};

struct pool {
	struct pool_setup setup;
	pthread_mutex_t mutex;
	pthread_cond_t work;
	struct queue waiting, done;
	bool ending;
	int wake;
	size_t n;
	struct thread threads[POOL_THREADS];
};

static void put(struct queue *q, struct pool_job *job)
{
	job->next = NULL;
	*q->end = job;
	q->end = &job->next;
}

static struct pool_job *get(struct queue *q)
{
	struct pool_job *job = q->first;
	if (job == NULL)
		return NULL;
	q->first = job->next;
	if (q->first == NULL)
		q->end = &q->first;
	return job;
}

/* --- in a thread --------------------------------------------------------------- */

struct reading {
	const struct spool *spool;
	const struct spool_body *body;
};

static enum reason read_spooled(void *context, uint64_t offset, size_t len, unsigned char *scratch, struct bytes *out)
{
	const struct reading *r = context;
	return spool_read(r->spool, r->body, offset, len, scratch, out);
}

static enum reason digest_body(const struct intake_body *body, unsigned char digest[DIGEST_SHA256])
{
	struct digest_run run = digest_start();

	for (uint64_t at = 0; at < body->size; at += LIMIT_CHUNK) {
		struct bytes piece;
		size_t len = body->size - at < LIMIT_CHUNK ? (size_t)(body->size - at) : LIMIT_CHUNK;
		enum reason reason = body->source(body->context, at, len, body->scratch, &piece);
		if (reason != REASON_NONE)
			return reason;
		digest_add(&run, piece);
	}
	digest_end(&run, digest);
	return REASON_NONE;
}

static enum reason keep_certificates(struct store *store, const struct pool_job *job)
{
	enum reason reason = REASON_NONE;

	for (size_t i = 0; i < job->n_certificates && reason == REASON_NONE; i++)
		reason = STORE_RUN(store, NULL, "select relais.material_keep('certificate', $1)", P_BYTES(job->certificates[i]));
	return reason;
}

/* What the sender needs to find it again, should the database be lost. */
static enum reason journal(struct thread *t, const struct pool_job *job)
{
	const struct pool_setup *setup = &t->pool->setup;
	const struct intake_message *m = &job->message;
	struct intake_entry entry = {.at = m->received_at, .inbox = job->inbox, .size = m->body.size, .digest = m->body.digest,
				     .source = m->account.len > 0 ? "submission" : "smtp", .from = BYTES("<>")};
	struct bytes head;
	enum reason reason = m->body.source(m->body.context, 0, m->body.size < LIMIT_CHUNK ? (size_t)m->body.size : LIMIT_CHUNK, m->body.scratch, &head);

	if (m->mail_from.len > 0)
		entry.from = log_mailbox(m->mail_from, setup->patient_domain);
	if (reason == REASON_NONE)
		entry.message_id = intake_message_id(head);
	return intake_journal_add(setup->journal, &entry);
}

static enum reason keep_message(struct thread *t, struct store *store, struct pool_job *job)
{
	unsigned char digest[DIGEST_SHA256];
	struct reading reading = {t->pool->setup.spool, job->body};
	struct intake_body *body = &job->message.body;

	*body = (struct intake_body){.size = job->body->size, .source = read_spooled, .context = &reading, .scratch = t->scratch,
				     .keeper_folder = t->pool->setup.keeper_folder};
	body->digest = (struct bytes){digest, sizeof digest};
	enum reason reason = digest_body(body, digest);
	if (reason == REASON_NONE)
		reason = keep_certificates(store, job);
	if (reason == REASON_NONE)
		reason = intake_message(store, &job->message, &job->inbox);
	if (reason != REASON_NONE || t->pool->setup.journal < 0)
		return reason;
	/* Kept, but not journalled: the sender is told to try again, and its second copy will be known as such. */
	reason = journal(t, job);
	if (reason != REASON_NONE)
		log_event("journal-failed", LOG_REASON(reason), LOG_NUMBER("inbox", job->inbox), LOG_END);
	return reason;
}

static enum reason do_job(struct thread *t, struct store *store, struct pool_job *job)
{
	switch (job->work) {
	case POOL_SENDER:
		return intake_sender(store, job->peer_name, job->domain);
	case POOL_PERSON:
		return account_person(t->pool->setup.identity, store, job->arena, job->token, job->wanted, &job->account);
	case POOL_ACCOUNT:
		return account_sender(store, job->arena, &job->account, job->mail_from, job->at, &job->account.mailbox);
	case POOL_RECIPIENT:
		return intake_recipient(store, job->local, job->domain, job->mail_from);
	case POOL_MESSAGE:
		return keep_message(t, store, job);
	case POOL_TOLD:
		return STORE_RUN(store, NULL, "select relais.audit_refused($1)", P_JSON(job->told));
	}
	return REASON_STORE_REFUSED;
}

static struct pool_job *wait_for_job(struct pool *pool)
{
	pthread_mutex_lock(&pool->mutex);
	struct pool_job *job;
	while ((job = get(&pool->waiting)) == NULL && !pool->ending)
		pthread_cond_wait(&pool->work, &pool->mutex);
	pthread_mutex_unlock(&pool->mutex);
	return job;
}

static void give_back(struct pool *pool, struct pool_job *job)
{
	const uint64_t one = 1;

	pthread_mutex_lock(&pool->mutex);
	put(&pool->done, job);
	pthread_mutex_unlock(&pool->mutex);
	/* EAGAIN would mean that the loop has 2^64 wake-ups unread: it is awake. */
	ssize_t n = write(pool->wake, &one, sizeof one);
	(void)n;
}

static void *run(void *context)
{
	struct thread *t = context;
	struct store *store = store_open(t->pool->setup.conninfo, "receiver");

	for (struct pool_job *job; (job = wait_for_job(t->pool)) != NULL;) {
		job->reason = do_job(t, store, job);
		give_back(t->pool, job);
	}
	store_close(&store);
	return NULL;
}

/* --- in the loop ----------------------------------------------------------------- */

enum reason pool_open(struct arena *arena, const struct pool_setup *setup, struct pool **out)
{
	struct pool *pool = arena_try(arena, sizeof *pool);

	if (pool == NULL)
		return REASON_MEMORY;
	pool->setup = *setup;
	pool->waiting.end = &pool->waiting.first;
	pool->done.end = &pool->done.first;
	pool->wake = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (pool->wake < 0 || pthread_mutex_init(&pool->mutex, NULL) != 0 || pthread_cond_init(&pool->work, NULL) != 0)
		return REASON_IO;
	for (; pool->n < POOL_THREADS; pool->n++) {
		struct thread *t = &pool->threads[pool->n];
		*t = (struct thread){.pool = pool, .scratch = arena_try(arena, INTAKE_SCRATCH)};
		if (t->scratch == NULL || pthread_create(&t->id, NULL, run, t) != 0) {
			pool_close(pool);
			return REASON_MEMORY;
		}
	}
	*out = pool;
	return REASON_NONE;
}

int pool_descriptor(const struct pool *pool)
{
	return pool->wake;
}

void pool_submit(struct pool *pool, struct pool_job *job)
{
	pthread_mutex_lock(&pool->mutex);
	put(&pool->waiting, job);
	pthread_cond_signal(&pool->work);
	pthread_mutex_unlock(&pool->mutex);
}

struct pool_job *pool_take(struct pool *pool)
{
	uint64_t count;
	/* Read first: what is put after this wakes the loop again. */
	ssize_t n = read(pool->wake, &count, sizeof count);
	(void)n;
	pthread_mutex_lock(&pool->mutex);
	struct pool_job *job = get(&pool->done);
	pthread_mutex_unlock(&pool->mutex);
	return job;
}

void pool_close(struct pool *pool)
{
	pthread_mutex_lock(&pool->mutex);
	pool->ending = true;
	pthread_cond_broadcast(&pool->work);
	pthread_mutex_unlock(&pool->mutex);
	for (size_t i = 0; i < pool->n; i++)
		pthread_join(pool->threads[i].id, NULL);
	close(pool->wake);
}
