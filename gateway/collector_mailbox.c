/* gateway/collector_mailbox.c - see collector_mailbox.h.
 *
 * 1. A message and the cursor behind it are committed together: whatever is killed, each message is taken once.
 * 2. UIDs are taken in ascending order, and nothing is passed over but a message that is too big, that the server
 *    does not give after LIMIT_TRIES rounds, or at which LIMIT_COLLECT_TRIES sessions broke; all are counted in the database and told.
 * 3. Another UIDVALIDITY, or a UIDNEXT that went back, means other messages under the same UIDs: all are looked at again.
 *    What was here before is known by its digest, and by the worker (Message-ID and digest).
 * 4. When UIDVALIDITY, UIDNEXT and HIGHESTMODSEQ are as they were (RFC 7162), a look costs one EXAMINE.
 * 5. The bytes are kept as the server gives them.
 * 6. One process a session: the password or token is read before the jail, wiped once it was said, and read anew by the next. */
#include "gateway/collector_mailbox.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/digest.h"
#include "base/limits.h"
#include "gateway/intake.h"
#include "gateway/intake_journal.h"
#include "gateway/jail.h"
#include "gateway/log.h"
#include "gateway/receiver_spool.h"

enum { LIST_MEMORY = 4 * 1024 * 1024, QUIET_MS = 1000 };

struct mailbox {
	struct service *service;
	const struct config_mailbox *config;
	struct bytes name;
	struct store *store;
	struct arena *arena;  /* scratch, as long as the process */
	struct arena *secret; /* until the login is over */
	struct collector_imap_server server;
	struct collector_imap *imap;
	struct spool *spool;
	int journal;
	unsigned char *scratch;
	struct intake_cursor cursor;
	struct collector_try *last;
	uint32_t stuck; /* a UID that the server lists and does not give */
	unsigned tries;
	bool looked; /* a round was done to its end: the session is a good one */
	bool took;   /* the last round took something */
};

/* --- one message ------------------------------------------------------------ */

struct fetched {
	struct spool *spool;
	struct spool_body body;
	struct digest_run run;
	enum reason reason;
};

static bool to_spool(void *context, struct bytes piece)
{
	struct fetched *f = context;

	digest_add(&f->run, piece);
	f->reason = spool_add(f->spool, &f->body, piece);
	return f->reason == REASON_NONE;
}

static enum reason from_spool(void *context, uint64_t offset, size_t len, unsigned char *scratch, struct bytes *out)
{
	const struct fetched *f = context;
	return spool_read(f->spool, &f->body, offset, len, scratch, out);
}

static enum reason pass_over(struct mailbox *m, uint32_t uid, uint64_t size, enum reason why)
{
	log_event("not-collected", LOG_TEXT("mailbox", m->config->name), LOG_NUMBER("uid", uid),
		  LOG_NUMBER("size", size), LOG_REASON(why), LOG_END);
	enum reason reason = intake_skip(m->store, m->name, m->cursor.uidvalidity, uid, size);
	if (reason == REASON_NONE)
		m->cursor.uid = uid;
	return reason;
}

/* The mail itself stays in the mailbox: a line that cannot be written is told, and nothing is undone. */
static void journal(struct mailbox *m, const struct intake_body *body, int64_t inbox, struct instant now)
{
	struct intake_entry entry = {.at = now, .inbox = inbox, .size = body->size, .digest = body->digest, .source = "imap", .from = m->name};
	struct bytes head;

	if (body->source(body->context, 0, body->size < LIMIT_CHUNK ? (size_t)body->size : LIMIT_CHUNK, body->scratch, &head) == REASON_NONE)
		entry.message_id = intake_message_id(head);
	if (intake_journal_add(m->journal, &entry) != REASON_NONE)
		log_event("journal-failed", LOG_NUMBER("inbox", inbox), LOG_END);
}

static enum reason keep(struct mailbox *m, uint32_t uid, struct fetched *f)
{
	unsigned char digest[DIGEST_SHA256];
	struct instant now = service_now();
	struct intake_body body = {f->body.size, {digest, sizeof(digest)}, from_spool, f, m->scratch,
				   m->service->config->keeper.folder};
	int64_t inbox = 0;

	digest_end(&f->run, digest);
	enum reason reason = spool_finish(m->spool, &f->body);
	if (reason == REASON_NONE)
		reason = intake_collect(m->store, m->name, m->cursor.uidvalidity, uid, now, &body, &inbox);
	if (reason != REASON_NONE)
		return reason;
	m->cursor.uid = uid;
	if (inbox != 0)
		journal(m, &body, inbox, now);
	log_event(inbox != 0 ? "collected" : "collected-before", LOG_TEXT("mailbox", m->config->name),
		  LOG_NUMBER("uid", uid), LOG_NUMBER("inbox", inbox), LOG_NUMBER("size", body.size), LOG_END);
	return REASON_NONE;
}

/* Listed, but not given: expunged just now, or the server has lost it. The next round tells. */
static enum reason not_given(struct mailbox *m, uint32_t uid, uint64_t size, bool *again)
{
	m->tries = m->stuck == uid ? m->tries + 1 : 1;
	m->stuck = uid;
	if (m->tries >= LIMIT_TRIES)
		return pass_over(m, uid, size, REASON_COLLECT_PROTOCOL);
	*again = true;
	return REASON_NONE;
}

static enum reason fetch(struct mailbox *m, uint32_t uid, uint64_t size, bool *again)
{
	struct fetched f = {.spool = m->spool, .body = spool_body_make(), .run = digest_start()};
	bool found = false;

	if (!collector_try(m->last, m->cursor.uidvalidity, uid))
		return pass_over(m, uid, size, REASON_COLLECT_PROTOCOL);
	enum reason reason = collector_imap_fetch(m->imap, uid, to_spool, &f, &found);
	if (reason == REASON_NONE || f.reason != REASON_NONE)
		m->last->n = 0;   /* the message came; what may fail from here is ours */
	if (reason == REASON_COLLECT_TOO_BIG) {
		/* It told a smaller size before; the session cannot be used any more. */
		reason = pass_over(m, uid, size, REASON_COLLECT_TOO_BIG);
		if (reason == REASON_NONE)
			reason = REASON_COLLECT_PROTOCOL;
	} else if (f.reason != REASON_NONE) {
		reason = f.reason;
	} else if (reason == REASON_NONE) {
		reason = found ? keep(m, uid, &f) : not_given(m, uid, size, again);
	}
	spool_release(m->spool, &f.body);
	return reason;
}

/* *again: nothing behind this message may be taken in this round. */
static enum reason collect_one(struct mailbox *m, uint32_t uid, bool *again)
{
	uint64_t size = 0;
	bool found = false;

	enum reason reason = collector_imap_size(m->imap, uid, &size, &found);
	if (reason != REASON_NONE)
		return reason;
	m->took = true;
	if (!found)
		return not_given(m, uid, 0, again);
	if (size > m->server.limits.message_bytes)
		return pass_over(m, uid, size, REASON_COLLECT_TOO_BIG);
	return fetch(m, uid, size, again);
}

/* --- one round -------------------------------------------------------------- */

static enum reason read_cursor(struct mailbox *m, const struct collector_imap_folder *folder)
{
	enum reason reason = intake_cursor(m->store, m->name, &m->cursor);

	if (reason != REASON_NONE)
		return reason;
	if (m->cursor.uidvalidity != folder->uidvalidity) {
		if (m->cursor.uidvalidity != 0)
			log_event("uidvalidity-changed", LOG_TEXT("mailbox", m->config->name),
				  LOG_NUMBER("before", m->cursor.uidvalidity), LOG_NUMBER("now", folder->uidvalidity), LOG_END);
		m->cursor = (struct intake_cursor){.uidvalidity = folder->uidvalidity};
		return REASON_NONE;
	}
	if (folder->uidnext == 0 || folder->uidnext > m->cursor.uid)
		return REASON_NONE;
	log_event("uidnext-went-back", LOG_TEXT("mailbox", m->config->name), LOG_NUMBER("uid", m->cursor.uid),
		  LOG_NUMBER("now", folder->uidnext), LOG_END);
	m->cursor = (struct intake_cursor){.uidvalidity = folder->uidvalidity};
	return intake_again(m->store, m->name);
}

static enum reason collect_window(struct mailbox *m, uint32_t first, uint32_t last, bool *again)
{
	struct arena *arena = arena_create(LIST_MEMORY);
	uint32_t *uids;
	size_t n = 0;
	enum reason reason = arena ? collector_imap_list(m->imap, arena, first, last, &uids, &n) : REASON_MEMORY;

	for (size_t i = 0; i < n && reason == REASON_NONE && !*again && !service_stopping(m->service); i++)
		reason = collect_one(m, uids[i], again);
	arena_destroy(&arena);
	return reason;
}

/* At once when the folder holds few; else in windows, so that a list stays within its bound however much mail there is. */
static enum reason collect_new(struct mailbox *m, const struct collector_imap_folder *folder, bool *again)
{
	enum reason reason = REASON_NONE;
	uint32_t step = folder->exists > LIMIT_COLLECT_WINDOW ? LIMIT_COLLECT_WINDOW : UINT32_MAX;

	if (folder->uidnext == 0)
		return m->cursor.uid == UINT32_MAX ? REASON_NONE : collect_window(m, m->cursor.uid + 1, 0, again);
	for (uint64_t first = (uint64_t)m->cursor.uid + 1; first < folder->uidnext && !*again; first += step) {
		uint64_t last = first + step - 1;
		if (last >= folder->uidnext)
			last = folder->uidnext - 1;
		reason = collect_window(m, (uint32_t)first, (uint32_t)last, again);
		if (reason != REASON_NONE || service_stopping(m->service))
			break;
	}
	return reason;
}

/* What the server told now, when nothing is left behind it. Mail that came meanwhile has raised the numbers again. */
static enum reason remember(struct mailbox *m, const struct intake_cursor *before, const struct collector_imap_folder *folder)
{
	m->cursor.uidnext = folder->uidnext;
	m->cursor.modseq = folder->modseq;
	if (before->uidvalidity == folder->uidvalidity && before->uidnext == folder->uidnext && before->modseq == folder->modseq)
		return REASON_NONE;
	return intake_looked(m->store, m->name, &m->cursor);
}

static enum reason collect_round(struct mailbox *m)
{
	struct collector_imap_folder folder;
	enum reason reason = collector_imap_examine(m->imap, m->config->folder, &folder);
	bool again = false;

	m->took = false;
	if (reason == REASON_NONE)
		reason = read_cursor(m, &folder);
	if (reason != REASON_NONE)
		return reason;
	const struct intake_cursor before = m->cursor;
	if (folder.modseq != 0 && before.modseq == folder.modseq && before.uidnext == folder.uidnext)
		return REASON_NONE;
	reason = collect_new(m, &folder, &again);
	if (reason == REASON_NONE && !again && !service_stopping(m->service))
		reason = remember(m, &before, &folder);
	return reason;
}

/* A server that wakes us for nothing does so once a second. */
static enum reason wait_for_mail(struct mailbox *m)
{
	unsigned seconds = (unsigned)m->service->config->collector.poll_seconds;
	int64_t begin = stream_now();

	if (!collector_imap_has_idle(m->imap)) {
		service_pause(m->service, seconds * 1000);
		return REASON_NONE;
	}
	if (seconds > LIMIT_COLLECT_IDLE_SECONDS)
		seconds = LIMIT_COLLECT_IDLE_SECONDS;
	enum reason reason = collector_imap_idle(m->imap, m->service->signals, seconds * 1000);
	if (reason == REASON_NONE && !m->took && stream_now() - begin < QUIET_MS)
		service_pause(m->service, QUIET_MS);
	return reason;
}

/* --- life ------------------------------------------------------------------- */

static enum reason log_in(struct mailbox *m)
{
	if (stream_resolve(m->config->host, m->config->port, &m->server.target) != REASON_NONE)
		return REASON_COLLECT_CONNECT;
	enum reason reason = collector_imap_open(&m->server, &m->imap);
	m->server.secret = "";
	arena_wipe(&m->secret);
	if (reason == REASON_NONE)
		log_event("connected", LOG_TEXT("mailbox", m->config->name), LOG_END);
	return reason;
}

static void run(struct mailbox *m)
{
	enum reason reason = log_in(m);

	while (reason == REASON_NONE && !service_stopping(m->service)) {
		reason = collect_round(m);
		if (reason != REASON_NONE || service_stopping(m->service))
			break;
		if (!m->looked)
			reason = intake_state(m->store, m->name, REASON_NONE);
		if (reason != REASON_NONE)
			break;
		m->looked = true;
		reason = wait_for_mail(m);
	}
	if (reason == REASON_NONE)
		return;
	log_event("collect-failed", LOG_TEXT("mailbox", m->config->name), LOG_REASON(reason), LOG_NUMBER("uid", m->cursor.uid), LOG_END);
	/* When the database is what is away, there is nobody to tell. */
	(void)!intake_state(m->store, m->name, reason);
}

/* One line; the line end is not part of it. */
static bool read_secret(struct mailbox *m)
{
	const char *path = m->config->password_file[0] ? m->config->password_file : m->config->token_file;
	unsigned char *text = arena_alloc(m->secret, LIMIT_SECRET);

	m->server.secret = "";
	if (path[0] == 0)
		return true;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, text, LIMIT_SECRET);
	if (fd >= 0)
		close(fd);
	if (n > 0 && n < LIMIT_SECRET) {
		struct cursor c = cursor_on((struct bytes){text, (size_t)n});
		m->server.secret = arena_text(m->secret, bytes_trim(cursor_until(&c, '\n')));
	}
	if (m->server.secret[0] == 0)
		log_event("collect-failed", LOG_TEXT("mailbox", m->config->name), LOG_REASON(REASON_COLLECT_SECRET), LOG_END);
	if (m->server.secret[0] == 0)
		(void)!intake_state(m->store, m->name, REASON_COLLECT_SECRET);
	return m->server.secret[0] != 0;
}

static bool prepare(struct mailbox *m, struct tls_context *tls, const struct collector_imap_limits *limits)
{
	m->server = (struct collector_imap_server){
		.server_name = m->config->server_name,
		.port = m->config->port,
		.starttls = m->config->port == 143, /* RFC 8314 3.3: elsewhere TLS from the first byte */
		.tls = tls,
		.auth = collector_imap_auth_of(bytes_of_text(m->config->auth)),
		.user = m->config->user,
		.limits = *limits,
	};
	m->arena = arena_create(INTAKE_SCRATCH + SPOOL_ROOM);
	m->secret = arena_create(4 * LIMIT_SECRET);
	m->store = store_open(m->service->config->database, "collector");
	if (!m->arena || !m->secret || !m->store)
		return false;
	m->scratch = arena_alloc(m->arena, INTAKE_SCRATCH);
	const char *folder = arena_printf(m->arena, "%s/fetch", m->service->config->folder);
	if (spool_open(m->arena, folder, &m->spool) != REASON_NONE)
		return false;
	return read_secret(m);
}

bool collector_try(struct collector_try *last, uint32_t uidvalidity, uint32_t uid)
{
	if (last->uidvalidity != uidvalidity || last->uid != uid)
		*last = (struct collector_try){uidvalidity, uid, 0};
	return last->n++ < LIMIT_COLLECT_TRIES;
}

int collector_mailbox(struct service *service, size_t number, struct tls_context *tls, int journal, struct collector_try *last,
		      const struct collector_imap_limits *limits)
{
	const struct config_mailbox *config = &service->config->collector.mailboxes[number];
	struct mailbox m = {
		.service = service,
		.config = config,
		.name = bytes_of_text(config->name),
		.journal = journal,
		.last = last,
	};
	bool ready = prepare(&m, tls, limits);

	if (ready) {
		jail_reading(service->config->keeper.folder);   /* its public key */
		jail_connecting(m.config->port);
		store_ports(service->config->database, jail_connecting);
		(void)jail_enter(JAIL_CLIENT);
		run(&m);
	}
	collector_imap_close(&m.imap);
	store_close(&m.store);
	spool_close(m.spool);
	arena_wipe(&m.secret);
	arena_destroy(&m.arena);
	return ready && (m.looked || service->stop) ? SERVICE_FINE : SERVICE_TEMPORARY;
}
