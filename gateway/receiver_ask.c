/* gateway/receiver_ask.c - who may send, as whom, to whom, and the message at its end: asked, and answered to the machine.
 * See receiver_session_private.h. */
#include "gateway/receiver_session_private.h"

#include <string.h>

#include "base/limits.h"
#include "gateway/log.h"
#include "gateway/service.h"

enum { ACCOUNT_ROOM = 64 * 1024 };

static void submit(struct session *s)
{
	s->busy = true;
	s->job.owner = s;
	pool_submit(s->host->pool, &s->job);
}

static void lower_into(struct buf *out, struct bytes text)
{
	buf_clear(out);
	for (size_t i = 0; i < text.len; i++)
		buf_u8(out, text.at[i] >= 'A' && text.at[i] <= 'Z' ? (uint8_t)(text.at[i] + 32) : text.at[i]);
}

/* What a peer's messages are counted by: its certificate when that is good, else its address. */
static struct bytes rate_name(const struct session *s)
{
	return s->peer.status == TLS_PEER_GOOD ? s->peer.name : s->network;
}

/* May this peer begin a message at all, whoever the sender is? */
static enum reason may_begin(const struct session *s)
{
	if (s->host->stopping)
		return REASON_SMTP_STOPPING;
	/* design.md, decisions, TLS: the handshake is completed; the refusal and its reason come here. */
	if (s->mode == SMTP_MODE_TRANSFER && s->peer.reason != REASON_NONE)
		return s->peer.reason;
	return rate_take(s->host->messages, rate_name(s), session_now_ms()) ? REASON_NONE : REASON_SMTP_RATE_MESSAGES;
}

/* Submission: the account's mailbox and no other. The machine lets nobody come here who has neither token nor certificate. */
static void ask_account(struct session *s)
{
	const struct account peer = {.kind = "certificate", .value = s->peer.name};

	arena_wipe(&s->job_arena);
	s->job_arena = arena_create(ACCOUNT_ROOM);
	buf_clear(&s->asked_domain);
	smtp_address_write(&s->asked_domain, &s->sender.from);
	s->job = (struct pool_job){.work = POOL_ACCOUNT,
				   .account = s->person.kind != NULL ? s->person : peer,
				   .mail_from = buf_bytes(&s->asked_domain),
				   .at = service_now(),
				   .arena = s->job_arena};
	submit(s);
}

static void ask_sender(struct session *s, const struct smtp_event *event)
{
	enum reason reason = may_begin(s);

	if (reason != REASON_NONE) {
		session_refused(s, "sender", reason);
		smtp_server_answer(s->server, reason, reason == s->peer.reason && s->peer.why[0] != '\0' ? s->peer.why : NULL);
		return;
	}
	s->sender = event->mail;
	if (s->mode == SMTP_MODE_SUBMISSION) {
		ask_account(s);
		return;
	}
	lower_into(&s->asked_domain, event->mail.from.domain);
	s->job = (struct pool_job){.work = POOL_SENDER, .peer_name = s->peer.name, .domain = buf_bytes(&s->asked_domain)};
	submit(s);
}

static void ask_person(struct session *s, const struct smtp_event *event)
{
	arena_wipe(&s->person_arena);
	s->person_arena = arena_create(ACCOUNT_ROOM);
	s->job = (struct pool_job){.work = POOL_PERSON, .token = event->auth.token, .wanted = event->auth.user,
				   .arena = s->person_arena};
	submit(s);
}

static void ask_recipient(struct session *s, const struct smtp_event *event)
{
	struct bytes domain = event->recipient.to.domain;

	s->recipient = event->recipient;
	lower_into(&s->asked_domain, domain.len > 0 ? domain : bytes_of_text(s->host->domain));
	buf_clear(&s->asked_local);
	smtp_address_write_local(&s->asked_local, &event->recipient.to);
	s->job = (struct pool_job){.work = POOL_RECIPIENT,
				   .local = buf_bytes(&s->asked_local),
				   .domain = buf_bytes(&s->asked_domain),
				   .mail_from = buf_bytes(&s->mail.from)};
	submit(s);
}

static void keep_message(struct session *s)
{
	s->job = (struct pool_job){.message = {.peer_name = s->peer.name,
					       .peer_address = bytes_of_text(s->address),
					       .helo = smtp_server_helo(s->server),
					       .received_at = service_now()}};
	enum reason reason = mail_job(&s->mail, s->host->spool, &s->job);
	if (reason == REASON_NONE)
		reason = peers_evidence(&s->host->kept, s->mail.arena, &s->peer, s->tls, &s->job);
	if (reason == REASON_NONE) {
		submit(s);
		return;
	}
	session_refused(s, "message", reason);
	mail_clear(&s->mail, s->host->spool);
	smtp_server_answer(s->server, reason, NULL);
}

void session_ask(struct session *s, const struct smtp_event *event)
{
	switch (event->kind) {
	case SMTP_EVENT_AUTH:
		ask_person(s, event);
		break;
	case SMTP_EVENT_SENDER:
		ask_sender(s, event);
		break;
	case SMTP_EVENT_RECIPIENT:
		ask_recipient(s, event);
		break;
	case SMTP_EVENT_MESSAGE:
		keep_message(s);
		break;
	default:
		break;
	}
}

/* --- what came of it --------------------------------------------------------------- */

/* Cut to measure: the session may wait with it. */
static void know_person(struct session *s)
{
	struct account found = s->job.account;
	struct arena *wide = s->person_arena;

	s->person_arena = arena_create(found.value.len + found.mailbox.len + 256);
	found.value = arena_copy(s->person_arena, found.value);
	found.mailbox = arena_copy(s->person_arena, found.mailbox);
	s->person = found;
	arena_wipe(&wide);
}

static void begin_mail(struct session *s)
{
	mail_begin(&s->mail, &s->sender, &s->peer);
	if (s->mode == SMTP_MODE_SUBMISSION)
		buf_add(&s->mail.account, s->job.account.mailbox);
	if (!buf_ok(&s->mail.account))
		s->mail.broken = true;
}

static void kept(struct session *s, char *id, size_t room)
{
	struct buf text = buf_make(room - 1);

	peers_remember(&s->host->kept, &s->peer);
	buf_printf(&text, "R%lld", (long long)s->job.inbox);
	memcpy(id, text.data, text.len);
	id[text.len] = '\0';
	buf_free(&text);
	log_event("accepted", LOG_NUMBER("inbox", s->job.inbox), LOG_NUMBER("size", s->mail.body.size),
		  LOG_NUMBER("recipients", s->mail.n), LOG_TEXT("peer", s->address), LOG_BYTES("name", s->peer.name), LOG_END);
}

void session_answer(struct session *s, enum reason reason)
{
	static const char *const steps[] = {[POOL_SENDER] = "sender", [POOL_PERSON] = "auth", [POOL_ACCOUNT] = "account",
					    [POOL_RECIPIENT] = "recipient", [POOL_MESSAGE] = "message"};
	enum pool_work work = s->job.work;
	char id[32] = "";

	if (reason != REASON_NONE)
		session_refused(s, steps[work], reason);
	else if (work == POOL_SENDER || work == POOL_ACCOUNT)
		begin_mail(s);
	else if (work == POOL_PERSON)
		know_person(s);
	else if (work == POOL_RECIPIENT)
		mail_recipient(&s->mail, &s->recipient, s->host->domain);
	else
		kept(s, id, sizeof id);
	if (work == POOL_MESSAGE)
		mail_clear(&s->mail, s->host->spool);
	arena_wipe(&s->job_arena);
	smtp_server_answer(s->server, reason, id[0] != '\0' ? id : NULL);
}
