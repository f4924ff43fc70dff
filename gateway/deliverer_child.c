/* gateway/deliverer_child.c - see deliverer_child.h.
 *
 * 1. The attempt is in the database before a byte of the mail is sent; its outcome is written before the next is
 *    claimed.
 * 2. The peer's 250 goes to our own journal first, then to the database. A crash between the two makes the mail due again: who takes it up
 *    finds it in the journal and sends nothing. A crash between the 250 and the journal sends it twice with one Message-ID, never loses it. So
 *    the outcome is tried again for as long as the mail is still ours.
 * 3. Nothing leaves while the database knows less than the journal (deliverer_fence).
 * 4. A hop that does not answer is asked once; the mails that are due meanwhile get the same answer. */
#include "gateway/deliverer_child.h"

#include <sys/random.h>

#include "base/limits.h"
#include "gateway/deliverer_hop.h"
#include "gateway/deliverer_mail.h"
#include "gateway/jail.h"
#include "gateway/json_view.h"
#include "gateway/log.h"
#include "gateway/mailstream_connect.h"
#include "gateway/sent_journal.h"
#include "gateway/store.h"
#include "policy/retry.h"

enum {
	MAIL_MEMORY = LIMIT_MESSAGE + 8 * 1024 * 1024,
	DUE_MEMORY = 8 * 1024 * 1024,
	KEEP_TRIES = 30,
	WAIT_MS = 1000,
};

struct child {
	struct service *service;
	const struct deliverer_share *share;
	struct store *store;
	struct deliverer_hop hop;
	int64_t idle_since;
	unsigned mails;
	struct arena *due_arena;
	const struct bytes *due;
	size_t n_due;
	int64_t fenced;         /* the session that was asked for (deliverer_fence) */
};

/* --- the journal of what is sent ------------------------------------------------ */

enum reason deliverer_fence(struct store *store, int journal, int64_t *asked)
{
	int64_t session = store_session(store);
	struct store_rows *rows = NULL;

	if (session == 0)
		return REASON_STORE_DOWN;
	if (session == *asked)
		return REASON_NONE;
	struct arena *arena = arena_create(DUE_MEMORY);
	enum reason reason = STORE_RUN(store, &rows, "select relais.deliver_fence($1)", P_JSON(json_write(arena, sent_journal_left(journal, arena))));
	if (reason == REASON_NONE && store_int(rows, 0, 0) != 0)
		reason = REASON_STORE_EARLIER;
	if (reason == REASON_NONE)
		*asked = session;
	store_free(&rows);
	arena_destroy(&arena);
	return reason;
}

static struct sent_entry entry_of(const struct deliverer_mail *mail)
{
	return (struct sent_entry){service_now(), mail->outbox, mail->attempt, mail->message_id, mail->about};
}

/* A mail that is taken up again may have been taken already. */
static bool taken_before(const struct child *c, struct arena *arena, const struct deliverer_mail *mail, struct smtp_client_result *result,
			 const char **host)
{
	if (mail->attempt < 2 || !sent_journal_taken(c->share->journal, arena, mail->message_id, result, host))
		return false;
	log_event("sent-before", LOG_NUMBER("outbox", mail->outbox), LOG_NUMBER("attempt", mail->attempt), LOG_END);
	return true;
}

/* After the final dot without an answer nobody knows: that mail stays begun. */
static void journal_end(const struct child *c, const struct deliverer_mail *mail, const struct deliverer_verdict *verdict,
			const struct smtp_client_result *result)
{
	static const enum sent_event events[] = {SENT_TAKEN, SENT_LATER, SENT_REFUSED};
	struct sent_entry entry = entry_of(mail);

	if (!mail->begun || (result->reason != REASON_NONE && result->stage >= REPLY_END && result->status.code == 0))
		return;
	enum reason reason = sent_journal_add(c->share->journal, result->reason == REASON_NONE ? SENT_TAKEN : events[verdict->outcome], &entry, result,
					      deliverer_hop_host(&c->hop));
	if (reason != REASON_NONE)
		log_event("journal-failed", LOG_NUMBER("outbox", mail->outbox), LOG_REASON(reason), LOG_END);
}

/* --- due domains -------------------------------------------------------------- */

/* Domains with due mail that go by this child's hop. */
static enum reason look(struct child *c)
{
	struct store_rows *rows = NULL;
	enum reason reason = STORE_RUN(c->store, &rows, "select domain from relais.deliver_due($1::bigint::integer)", P_INT(LIMIT_DELIVER_DUE));

	arena_destroy(&c->due_arena);
	c->n_due = 0;
	c->due_arena = arena_create(DUE_MEMORY);
	if (!c->due_arena)
		reason = REASON_MEMORY;
	if (reason == REASON_NONE) {
		struct bytes *list = arena_alloc(c->due_arena, (store_count(rows) + 1) * sizeof(*list));
		for (size_t i = 0; i < store_count(rows); i++) {
			struct bytes domain = store_bytes(rows, i, 0);
			struct deliverer_key key = deliverer_key(c->service->config, domain);
			if (deliverer_key_equal(&key, &c->hop.key))
				list[c->n_due++] = arena_copy(c->due_arena, domain);
		}
		c->due = list;
	}
	store_free(&rows);
	return reason;
}

/* --- one mail ----------------------------------------------------------------- */

/* What leaves stands in the journal, or it does not leave. */
static enum reason begin(const struct child *c, struct deliverer_mail *mail)
{
	struct sent_entry entry = entry_of(mail);
	enum reason reason = sent_journal_add(c->share->journal, SENT_BEGUN, &entry, NULL, "");

	mail->begun = reason == REASON_NONE;
	if (reason != REASON_NONE)
		log_event("journal-failed", LOG_NUMBER("outbox", mail->outbox), LOG_REASON(reason), LOG_END);
	return reason == REASON_IO ? REASON_STORE_FULL : reason;   /* ours, whichever of the two: not an outcome of the mail */
}

/* One host after the other, as long as each speaks of itself alone and cannot have the message. */
static enum reason try_hosts(struct child *c, struct deliverer_mail *mail, struct smtp_client_result *result)
{
	struct deliverer_hop *hop = &c->hop;
	int64_t deadline = stream_now() + LIMIT_DELIVER_ATTEMPT_SECONDS * 1000;
	bool kept = deliverer_hop_is_open(hop);

	for (;;) {
		if (deliverer_hop_reach(hop, mail->domain, deadline, result) != REASON_NONE)
			return result->reason;
		if (!mail->begun && (result->reason = begin(c, mail)) != REASON_NONE)
			return result->reason;
		if (deliverer_mail_send(hop->client, mail, result) == REASON_NONE)
			return REASON_NONE;
		/* A connection kept from the mail before may have been closed in the meantime: that says nothing about this
		 * mail, nor about the host. */
		bool closed = result->reason == REASON_DELIVER_DROPPED || result->reason == REASON_DELIVER_BUSY;
		bool stale = kept && closed && !smtp_client_begun(hop->client);
		kept = false;
		if (stale)
			continue;
		if (retry_about(result->reason) != RETRY_ABOUT_HOST || result->stage == REPLY_END)
			return result->reason;
		struct smtp_client_result why = *result;
		deliverer_hop_down(hop, &why);
	}
}

/* The body is read first: a mail that is not what was sealed is no reason to bother the hop. */
static enum reason try_mail(struct child *c, struct arena *arena, struct deliverer_mail *mail, struct smtp_client_result *result)
{
	*result = (struct smtp_client_result){.reason = deliverer_mail_read(c->store, arena, mail)};
	return result->reason == REASON_NONE ? try_hosts(c, mail, result) : result->reason;
}

static void tell(const struct child *c, const struct deliverer_mail *mail, const struct deliverer_verdict *verdict,
		 const struct smtp_client_result *result)
{
	static const char *const events[] = {"delivered", "deferred", "refused"};

	log_event(events[verdict->outcome], LOG_NUMBER("outbox", mail->outbox), LOG_NUMBER("attempt", mail->attempt),
		  LOG_BYTES("to", log_mailbox(mail->recipient, c->service->config->patient_domain)),
		  LOG_TEXT("host", deliverer_hop_host(&c->hop)), LOG_REASON(verdict->reason),
		  LOG_NUMBER("code", result->status.code), LOG_TEXT("enhanced", result->status.enhanced),
		  LOG_TEXT("queue_id", result->queue_id), LOG_END);
}

/* With the number under which the mail was claimed, also over a new connection: it works as long as nobody else has
 * claimed the mail. */
static enum reason keep(struct child *c, const struct deliverer_mail *mail, const struct deliverer_verdict *verdict,
			const struct smtp_client_result *result, const char *host)
{
	struct bytes tls = mail->begun && c->hop.client ? smtp_client_tls(c->hop.client) : BYTES_NONE;
	enum reason reason = REASON_STORE_DOWN;

	for (int i = 0; i < KEEP_TRIES && reason == REASON_STORE_DOWN; i++) {
		/* A signal that nobody took would end each pause at once. */
		(void)service_stopping(c->service);
		if (i > 0)
			service_pause(c->service, WAIT_MS);
		reason = deliverer_mail_keep(c->store, mail, verdict, result, host, tls);
	}
	if (reason == REASON_NONE)
		tell(c, mail, verdict, result);
	else
		log_event("outcome-lost", LOG_NUMBER("outbox", mail->outbox), LOG_REASON(reason),
			  LOG_TEXT("outcome", reason_code(verdict->reason)), LOG_END);
	return reason;
}

/* 0 to 1000. */
static unsigned jitter(void)
{
	uint16_t random = 0;
	(void)!getrandom(&random, sizeof random, 0);
	return random % 1001u;
}

static enum reason deliver_one(struct child *c, bool *found)
{
	struct arena *arena = arena_create(MAIL_MEMORY);
	struct smtp_client_result result = {0};
	struct deliverer_mail mail;
	const char *host = NULL;
	enum reason reason = REASON_MEMORY;

	*found = false;
	/* A mail whose body nobody opens is not claimed: each claim counts as an attempt. */
	if (arena)
		reason = keeper_client_public(store_keeper(c->store), &(struct keeper_public){0});
	if (reason == REASON_NONE)
		reason = deliverer_fence(c->store, c->share->journal, &c->fenced);
	if (reason == REASON_NONE)
		reason = deliverer_mail_claim(c->store, arena, c->due, c->n_due, &mail, found);
	if (reason == REASON_NONE && *found) {
		if (!taken_before(c, arena, &mail, &result, &host))
			reason = try_mail(c, arena, &mail, &result);
		if (!deliverer_mail_is_own(reason)) {
			struct deliverer_verdict verdict =
				deliverer_mail_judge(c->service->config, &mail, reason, service_now(), jitter());
			journal_end(c, &mail, &verdict, &result);
			reason = keep(c, &mail, &verdict, &result, host ? host : deliverer_hop_host(&c->hop));
		}
		c->mails++;
	}
	arena_destroy(&arena);
	return reason;
}

/* --- life --------------------------------------------------------------------- */

/* False: nothing for so long that the child ends. */
static bool wait_for_mail(struct child *c)
{
	if (c->idle_since == 0)
		c->idle_since = stream_now();
	if (stream_now() - c->idle_since >= LIMIT_DELIVER_IDLE_SECONDS * 1000 || atomic_load(&c->share->crowded))
		return false;
	(void)store_wait(c->store, c->service->signals, WAIT_MS);
	return true;
}

static enum reason run(struct child *c)
{
	while (!service_stopping(c->service) && c->mails < LIMIT_DELIVER_SESSION_MAILS) {
		bool found = false;
		enum reason reason = c->n_due > 0 ? REASON_NONE : look(c);
		if (reason == REASON_NONE && c->n_due > 0)
			reason = deliver_one(c, &found);
		if (reason != REASON_NONE)
			return reason;
		if (found) {
			c->idle_since = 0;
			store_busy(c->store);
			continue;
		}
		c->n_due = 0;
		if (!wait_for_mail(c))
			break;
	}
	return REASON_NONE;
}

/* The token of a login is read again each time. */
static void allow_token(struct arena *arena, const struct config_route *route)
{
	struct bytes path = bytes_of_text(route ? route->token_file : "");
	size_t len = path.len;

	while (len > 0 && path.at[len - 1] != '/')
		len--;
	if (len > 0)
		jail_reading(arena_text(arena, bytes_slice(path, 0, len)));
}

int deliverer_child(struct service *service, const struct deliverer_key *key, const struct deliverer_share *share, struct tls_context *tls,
		    const struct smtp_client_limits *limits)
{
	const struct config *config = service->config;
	struct child c = {.service = service, .share = share, .store = store_open(config->database, "deliverer")};

	if (!c.store)
		return SERVICE_TEMPORARY;
	*store_keeper(c.store) = keeper_client_make(arena_printf(service->arena, "%s/keeper-deliverer.sock", config->run_folder), "send");
	enum reason reason = deliverer_hop_open(config, key, c.store, tls, limits, &c.hop);
	if (reason == REASON_NONE)
		reason = store_listen(c.store, "outbox");
	allow_token(service->arena, c.hop.route);
	jail_connecting(c.hop.route ? c.hop.route->port : config->deliverer.mx_port);
	store_ports(config->database, jail_connecting);
	(void)jail_enter(JAIL_CLIENT);
	if (reason == REASON_NONE)
		reason = run(&c);
	if (reason != REASON_NONE)
		log_event("child-stops", LOG_REASON(reason), LOG_END);
	deliverer_hop_close(&c.hop);
	arena_destroy(&c.due_arena);
	store_close(&c.store);
	return reason == REASON_NONE ? SERVICE_FINE : SERVICE_TEMPORARY;
}
