/* gateway/collector_mailbox.c - see collector_mailbox.h.
 *
 * 1. A message and the cursor behind it are committed together: whatever is killed, each UID is taken once.
 * 2. UIDs are taken in ascending order, and nothing is passed over but a message that is too big or that the server
 *    does not give after LIMIT_TRIES rounds; both are counted in the database and told.
 * 3. Another UIDVALIDITY means other UIDs: the cursor begins again, and what was here before is known again by the
 *    worker (Message-ID and digest).
 * 4. The bytes are kept as the server gives them. */
#include "gateway/collector_mailbox.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/digest.h"
#include "base/limits.h"
#include "gateway/intake.h"
#include "gateway/intake_journal.h"
#include "gateway/jail.h"
#include "gateway/log.h"

enum { LIST_MEMORY = 4 * 1024 * 1024, PASSWORD_MAX = 1024, FIRST_PAUSE_MS = 1000, LONGEST_PAUSE_MS = 300000 };

struct mailbox {
	struct service *service;
	const struct config_mailbox *config;
	struct bytes name;
	struct store *store;
	struct arena *arena; /* scratch and password, as long as the process */
	struct collector_imap_server server;
	struct collector_imap *imap;
	int journal, file; /* file: unnamed, the message being fetched */
	unsigned char *scratch;
	uint32_t uidvalidity, uid; /* cursor */
	uint32_t stuck;            /* a UID that the server lists and does not give */
	unsigned tries;
	unsigned pause_ms; /* after the last failure */
};

/* --- one message ------------------------------------------------------------ */

struct fetched {
	int file;
	uint64_t size;
	struct digest_run run;
};

static bool to_file(void *context, struct bytes piece)
{
	struct fetched *f = context;

	digest_add(&f->run, piece);
	for (size_t at = 0; at < piece.len;) {
		ssize_t n = write(f->file, piece.at + at, piece.len - at);
		if (n <= 0)
			return false;
		at += (size_t)n;
	}
	f->size += piece.len;
	return true;
}

static enum reason from_file(void *context, uint64_t offset, size_t len, unsigned char *scratch, struct bytes *out)
{
	const struct fetched *f = context;

	for (size_t at = 0; at < len;) {
		ssize_t n = pread(f->file, scratch + at, len - at, (off_t)(offset + at));
		if (n <= 0)
			return REASON_IO;
		at += (size_t)n;
	}
	*out = (struct bytes){scratch, len};
	return REASON_NONE;
}

static enum reason pass_over(struct mailbox *m, uint32_t uid, uint64_t size, enum reason why)
{
	log_event("not-collected", LOG_TEXT("mailbox", m->config->name), LOG_NUMBER("uid", uid),
		  LOG_NUMBER("size", size), LOG_REASON(why), LOG_END);
	enum reason reason = intake_skip(m->store, m->name, m->uidvalidity, uid, size);
	if (reason == REASON_NONE)
		m->uid = uid;
	return reason;
}

static enum reason keep(struct mailbox *m, uint32_t uid, struct fetched *f)
{
	unsigned char digest[DIGEST_SHA256];
	struct instant now = service_now();
	struct intake_body body = {f->size, {digest, sizeof(digest)}, from_file, f, m->scratch};
	int64_t inbox = 0;

	digest_end(&f->run, digest);
	enum reason reason = intake_collect(m->store, m->name, m->uidvalidity, uid, now, &body, &inbox);
	if (reason != REASON_NONE)
		return reason;
	m->uid = uid;
	if (inbox != 0 && intake_journal_add(m->journal, now, inbox, f->size, body.digest, "imap") != REASON_NONE)
		log_event("journal-failed", LOG_NUMBER("inbox", inbox), LOG_END);
	log_event(inbox != 0 ? "collected" : "collected-before", LOG_TEXT("mailbox", m->config->name),
		  LOG_NUMBER("uid", uid), LOG_NUMBER("inbox", inbox), LOG_NUMBER("size", f->size), LOG_END);
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

/* *again: nothing behind this message may be taken in this round. */
static enum reason collect_one(struct mailbox *m, uint32_t uid, bool *again)
{
	struct fetched f = {.file = m->file, .run = digest_start()};
	uint64_t size = 0;
	bool found = false;

	enum reason reason = collector_imap_size(m->imap, uid, &size, &found);
	if (reason != REASON_NONE)
		return reason;
	if (!found)
		return not_given(m, uid, 0, again);
	if (size > m->server.limits.message_bytes)
		return pass_over(m, uid, size, REASON_COLLECT_TOO_BIG);
	if (ftruncate(m->file, 0) != 0 || lseek(m->file, 0, SEEK_SET) != 0)
		return REASON_IO;
	reason = collector_imap_fetch(m->imap, uid, to_file, &f, &found);
	if (reason == REASON_COLLECT_TOO_BIG) {
		/* It told a smaller size before; the session cannot be used any more. */
		reason = pass_over(m, uid, size, REASON_COLLECT_TOO_BIG);
		return reason == REASON_NONE ? REASON_COLLECT_PROTOCOL : reason;
	}
	if (reason != REASON_NONE)
		return reason;
	return found ? keep(m, uid, &f) : not_given(m, uid, size, again);
}

/* --- one round -------------------------------------------------------------- */

static enum reason read_cursor(struct mailbox *m, const struct collector_imap_folder *folder)
{
	enum reason reason = intake_cursor(m->store, m->name, &m->uidvalidity, &m->uid);

	if (reason != REASON_NONE || m->uidvalidity == folder->uidvalidity)
		return reason;
	if (m->uidvalidity != 0)
		log_event("uidvalidity-changed", LOG_TEXT("mailbox", m->config->name),
			  LOG_NUMBER("before", m->uidvalidity), LOG_NUMBER("now", folder->uidvalidity), LOG_END);
	m->uidvalidity = folder->uidvalidity;
	m->uid = 0;
	return REASON_NONE;
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

static enum reason collect_round(struct mailbox *m)
{
	struct collector_imap_folder folder;
	enum reason reason = collector_imap_examine(m->imap, m->config->folder, &folder);
	bool again = false;

	if (reason == REASON_NONE)
		reason = read_cursor(m, &folder);
	if (reason != REASON_NONE)
		return reason;
	if (folder.uidnext == 0)
		return m->uid == UINT32_MAX ? REASON_NONE : collect_window(m, m->uid + 1, 0, &again);
	/* In windows, so that a list stays within its bound however much mail there is. */
	for (uint64_t first = (uint64_t)m->uid + 1; first < folder.uidnext && !again; first += LIMIT_COLLECT_WINDOW) {
		uint64_t last = first + LIMIT_COLLECT_WINDOW - 1;
		if (last >= folder.uidnext)
			last = folder.uidnext - 1;
		reason = collect_window(m, (uint32_t)first, (uint32_t)last, &again);
		if (reason != REASON_NONE || service_stopping(m->service))
			break;
	}
	return reason;
}

static enum reason wait_for_mail(struct mailbox *m)
{
	unsigned seconds = (unsigned)m->service->config->collector.poll_seconds;

	if (!collector_imap_has_idle(m->imap)) {
		service_pause(m->service, seconds * 1000);
		return REASON_NONE;
	}
	if (seconds > LIMIT_COLLECT_IDLE_SECONDS)
		seconds = LIMIT_COLLECT_IDLE_SECONDS;
	return collector_imap_idle(m->imap, m->service->signals, seconds * 1000);
}

/* --- life ------------------------------------------------------------------- */

static enum reason reach(struct mailbox *m)
{
	if (m->imap)
		return REASON_NONE;
	if (stream_resolve(m->config->host, m->config->port, &m->server.target) != REASON_NONE)
		return REASON_COLLECT_CONNECT;
	enum reason reason = collector_imap_open(&m->server, &m->imap);
	if (reason == REASON_NONE)
		log_event("connected", LOG_TEXT("mailbox", m->config->name), LOG_END);
	return reason;
}

static void run(struct mailbox *m)
{
	while (!service_stopping(m->service)) {
		enum reason reason = reach(m);
		if (reason == REASON_NONE)
			reason = collect_round(m);
		if (reason == REASON_NONE && !service_stopping(m->service)) {
			m->pause_ms = 0;
			reason = wait_for_mail(m);
		}
		if (reason == REASON_NONE)
			continue;
		collector_imap_close(&m->imap);
		m->pause_ms = m->pause_ms == 0 ? FIRST_PAUSE_MS : m->pause_ms * 2;
		if (m->pause_ms > LONGEST_PAUSE_MS)
			m->pause_ms = LONGEST_PAUSE_MS;
		log_event("collect-failed", LOG_TEXT("mailbox", m->config->name), LOG_REASON(reason),
			  LOG_NUMBER("pause_ms", m->pause_ms), LOG_END);
		service_pause(m->service, m->pause_ms);
	}
}

/* One line; the line end is not part of it. */
static bool read_password(struct mailbox *m)
{
	unsigned char text[PASSWORD_MAX];
	const char *path = m->config->password_file;

	if (path[0] == 0)
		return true;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof(text));
	if (fd >= 0)
		close(fd);
	if (n <= 0 || n == (ssize_t)sizeof(text)) {
		log_event("password-refused", LOG_TEXT("mailbox", m->config->name), LOG_END);
		return false;
	}
	struct cursor c = cursor_on((struct bytes){text, (size_t)n});
	m->server.password = arena_text(m->arena, bytes_trim(cursor_until(&c, '\n')));
	return true;
}

static bool prepare(struct mailbox *m, struct tls_context *tls, const struct collector_imap_limits *limits)
{
	m->server = (struct collector_imap_server){
		.server_name = m->config->server_name,
		.starttls = m->config->port == 143, /* RFC 8314 3.3: elsewhere TLS from the first byte */
		.tls = tls,
		.user = m->config->user,
		.limits = *limits,
	};
	m->arena = arena_create(LIMIT_CHUNK + 64 * 1024);
	m->store = store_open(m->service->config->database, "collector");
	m->file = memfd_create("message", MFD_CLOEXEC);
	if (!m->arena || !m->store || m->file < 0)
		return false;
	m->scratch = arena_alloc(m->arena, LIMIT_CHUNK);
	return read_password(m);
}

int collector_mailbox(struct service *service, size_t number, struct tls_context *tls, int journal,
		      const struct collector_imap_limits *limits)
{
	const struct config_mailbox *config = &service->config->collector.mailboxes[number];
	struct mailbox m = {
		.service = service,
		.config = config,
		.name = bytes_of_text(config->name),
		.journal = journal,
		.file = -1,
	};
	bool ready = prepare(&m, tls, limits);

	if (ready) {
		(void)jail_enter(JAIL_NETWORK);
		run(&m);
	}
	collector_imap_close(&m.imap);
	store_close(&m.store);
	if (m.file >= 0)
		close(m.file);
	arena_wipe(&m.arena);
	return ready ? SERVICE_FINE : SERVICE_TEMPORARY;
}
