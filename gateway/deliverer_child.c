/* gateway/deliverer_child.c - see deliverer_child.h.
 *
 * 1. The attempt is in the database before a byte of the mail is sent; its outcome is written before the next is
 *    claimed.
 * 2. Between the peer's 250 and the outcome in the database a crash makes the mail due again: it is then sent twice
 *    with one Message-ID, never lost. So the outcome is tried again for as long as the mail is still ours.
 * 3. A hop that does not answer is asked once; the mails that are due meanwhile get the same answer. */
#include "gateway/deliverer_child.h"

#include "base/limits.h"
#include "gateway/deliverer_mail.h"
#include "gateway/deliverer_route.h"
#include "gateway/jail.h"
#include "gateway/log.h"
#include "gateway/mailstream_connect.h"
#include "gateway/store.h"

enum {
	MAIL_MEMORY = LIMIT_MESSAGE + 8 * 1024 * 1024,
	DUE_MEMORY = 8 * 1024 * 1024,
	DOWN_MS = 30000, /* how long a hop that failed is not asked again */
	KEEP_TRIES = 30,
	WAIT_MS = 1000,
};

struct child {
	struct service *service;
	const struct config_route *route; /* NULL: no route */
	size_t number;
	struct store *store;
	struct smtp_client_hop hop;
	struct smtp_client *client;
	struct smtp_client_result down; /* why the hop could not be reached */
	int64_t down_until;
	int64_t idle_since;
	unsigned mails;
	struct arena *due_arena;
	const struct bytes *due;
	size_t n_due;
};

/* --- due domains -------------------------------------------------------------- */

/* Domains with due mail that go by this child's route. */
static enum reason look(struct child *c)
{
	const struct config *config = c->service->config;
	struct store_rows *rows = NULL;
	enum reason reason = store_run(c->store, "select relais.deliver_due()", NULL, 0, &rows);

	arena_destroy(&c->due_arena);
	c->n_due = 0;
	c->due_arena = arena_create(DUE_MEMORY);
	if (!c->due_arena)
		reason = REASON_MEMORY;
	if (reason == REASON_NONE) {
		struct bytes *list = arena_alloc(c->due_arena, (store_count(rows) + 1) * sizeof(*list));
		for (size_t i = 0; i < store_count(rows); i++) {
			struct bytes domain = store_bytes(rows, i, 0);
			if (deliverer_route(config->deliverer.routes, config->deliverer.n, domain) == c->number)
				list[c->n_due++] = arena_copy(c->due_arena, domain);
		}
		c->due = list;
	}
	store_free(&rows);
	return reason;
}

/* --- one mail ----------------------------------------------------------------- */

static enum reason reach(struct child *c, struct smtp_client_result *result)
{
	if (!c->route) {
		*result = (struct smtp_client_result){.reason = REASON_DELIVER_ROUTE};
		return result->reason;
	}
	if (c->client && smtp_client_usable(c->client))
		return REASON_NONE;
	smtp_client_close(&c->client);
	if (stream_now() < c->down_until) {
		*result = c->down;
		return result->reason;
	}
	*result = (struct smtp_client_result){0};
	result->reason = stream_resolve(c->route->host, c->route->port, &c->hop.target);
	if (result->reason == REASON_NONE && smtp_client_open(&c->hop, &c->client, result) == REASON_NONE)
		return REASON_NONE;
	c->down = *result;
	c->down_until = stream_now() + DOWN_MS;
	return result->reason;
}

/* The body is read first: a mail that is not what was sealed is no reason to bother the hop. */
static enum reason try_mail(struct child *c, struct arena *arena, struct deliverer_mail *mail,
			    struct smtp_client_result *result)
{
	bool kept = c->client && smtp_client_usable(c->client);
	enum reason reason = deliverer_mail_read(c->store, arena, mail);

	*result = (struct smtp_client_result){.reason = reason};
	if (reason != REASON_NONE || reach(c, result) != REASON_NONE)
		return result->reason;
	deliverer_mail_send(c->client, mail, result);
	/* A connection kept from the mail before may have been closed in the meantime: that says nothing about this
	 * mail. */
	bool closed = result->reason == REASON_DELIVER_DROPPED || result->reason == REASON_DELIVER_LATER;
	if (kept && closed && !smtp_client_begun(c->client) && reach(c, result) == REASON_NONE)
		deliverer_mail_send(c->client, mail, result);
	return result->reason;
}

static void tell(const struct child *c, const struct deliverer_mail *mail, const struct deliverer_verdict *verdict,
		 const struct smtp_client_result *result)
{
	static const char *const events[] = {"delivered", "deferred", "refused"};

	log_event(events[verdict->outcome], LOG_NUMBER("outbox", mail->outbox), LOG_NUMBER("attempt", mail->attempt),
		  LOG_BYTES("to", log_mailbox(mail->recipient, c->service->config->patient_domain)),
		  LOG_TEXT("host", c->route ? c->route->host : ""), LOG_REASON(verdict->reason),
		  LOG_NUMBER("code", result->status.code), LOG_TEXT("enhanced", result->status.enhanced),
		  LOG_TEXT("queue_id", result->queue_id), LOG_END);
}

/* With the number under which the mail was claimed, also over a new connection: it works as long as nobody else has
 * claimed the mail. */
static enum reason keep(struct child *c, const struct deliverer_mail *mail, const struct deliverer_verdict *verdict,
			const struct smtp_client_result *result)
{
	struct bytes tls = c->client ? smtp_client_tls(c->client) : BYTES_NONE;
	enum reason reason = REASON_STORE_DOWN;

	for (int i = 0; i < KEEP_TRIES && reason == REASON_STORE_DOWN; i++) {
		if (i > 0)
			service_pause(c->service, WAIT_MS);
		reason = deliverer_mail_keep(c->store, mail, verdict, result, c->route ? c->route->host : NULL, tls);
	}
	if (reason == REASON_NONE)
		tell(c, mail, verdict, result);
	else
		log_event("outcome-lost", LOG_NUMBER("outbox", mail->outbox), LOG_REASON(reason),
			  LOG_TEXT("outcome", reason_code(verdict->reason)), LOG_END);
	return reason;
}

/* Reasons of our own database: not an outcome of the mail. The claim is free when this process ends. */
static bool is_ours(enum reason reason)
{
	return reason == REASON_STORE_DOWN || reason == REASON_STORE_REFUSED || reason == REASON_STORE_CONFLICT ||
	       reason == REASON_MEMORY;
}

static enum reason deliver_one(struct child *c, bool *found)
{
	struct arena *arena = arena_create(MAIL_MEMORY);
	struct smtp_client_result result = {0};
	struct deliverer_mail mail;
	enum reason reason = REASON_MEMORY;

	*found = false;
	if (arena)
		reason = deliverer_mail_claim(c->store, arena, c->due, c->n_due, &mail, found);
	if (reason == REASON_NONE && *found) {
		reason = try_mail(c, arena, &mail, &result);
		if (!is_ours(reason)) {
			struct deliverer_verdict verdict =
				deliverer_mail_judge(c->service->config, &mail, reason, service_now());
			reason = keep(c, &mail, &verdict, &result);
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
	if (stream_now() - c->idle_since >= LIMIT_DELIVER_IDLE_SECONDS * 1000)
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

int deliverer_child(struct service *service, size_t route, struct tls_context *tls,
		    const struct smtp_client_limits *limits)
{
	const struct config *config = service->config;
	struct child c = {
		.service = service,
		.route = route < config->deliverer.n ? &config->deliverer.routes[route] : NULL,
		.number = route,
		.store = store_open(config->database, "deliverer"),
	};
	if (!c.store)
		return SERVICE_TEMPORARY;
	if (c.route)
		c.hop = (struct smtp_client_hop){
			.server_name = c.route->server_name,
			.own_name = config->hostname,
			.lmtp = c.route->lmtp,
			.tls = tls,
			.limits = *limits,
		};
	enum reason reason = store_listen(c.store, "outbox");
	(void)jail_enter(JAIL_NETWORK);
	if (reason == REASON_NONE)
		reason = run(&c);
	if (reason != REASON_NONE)
		log_event("child-stops", LOG_REASON(reason), LOG_END);
	smtp_client_close(&c.client);
	arena_destroy(&c.due_arena);
	store_close(&c.store);
	return reason == REASON_NONE ? SERVICE_FINE : SERVICE_TEMPORARY;
}
