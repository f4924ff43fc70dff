/* gateway/opener.c - relais-opener: holds the private keys of mail that is encrypted to us, and gives the key of one message's content.
 *
 * 1. It is told a message's number and nothing else: the bytes it reads itself, under its own role, and only when the database says that the
 *    message is in the hands of who asks (relais.open_claim). The operator may open any.
 * 2. It parses no object: a child of a relais-verify of its own, which holds no key, takes out the few numbers that the private key is needed for.
 * 3. What cannot be unwrapped is answered as what can, with random bytes: who asks, and who sent the message, learn nothing by it. The journal knows.
 * 4. The journal has the line, on disk, before the answer has the key.
 * 5. The keys are read, or their tokens opened, before the jail; inside it no file can be opened but the token's own, and no stranger reached. */
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/frame.h"
#include "base/limits.h"
#include "base/secret.h"
#include "certs/opening.h"
#include "gateway/chain_journal.h"
#include "gateway/envelope_answer.h"
#include "gateway/instance.h"
#include "gateway/jail.h"
#include "gateway/json_view.h"
#include "gateway/log.h"
#include "gateway/oneshot.h"
#include "gateway/opener_client.h"
#include "gateway/service.h"
#include "gateway/store.h"

enum { SOCKET = 3, KEYS = 2 + LIMIT_FORMER_KEYS, IDS = KEYS * OPENING_IDS, CLIENTS_MAX = 64 + 16 /* workers, and the operator's commands */, MAIL_MEMORY = LIMIT_MESSAGE + 8 * 1024 * 1024, WAIT_MS = 5000 };

struct client {
	int fd;
	bool worker, operator;                 /* as whom it may ask; without root one user is both */
};

struct opener {
	struct service service;
	struct store *store;
	struct opening *keys[KEYS];            /* today's, the next of a rollover, former ones; NULL where there is none */
	struct chain_journal journal;
	struct oneshot *reader;
	struct client clients[CLIENTS_MAX];
	size_t n;
};

/* One question. */
struct question {
	int64_t body, mail, inbox;
	bool operator;                         /* it is opened in the operator's name */
};

/* --- one message ------------------------------------------------------------------ */

/* Whose message that is, once the database says that it may be opened now in that name. */
static enum reason claim_as(struct opener *o, struct question *q, bool operator)
{
	struct store_rows *rows = NULL;
	enum reason reason = STORE_RUN(o->store, &rows, "select inbox from relais.open_claim($1, $2, $3) as inbox where inbox is not null", P_INT(q->body),
				       P_INT(q->mail), P_BOOL(operator));

	q->operator = operator;
	if (reason == REASON_NONE)
		reason = store_count(rows) == 1 ? REASON_NONE : REASON_NOT_FOUND;
	if (reason == REASON_NONE)
		q->inbox = store_int(rows, 0, 0);
	store_free(&rows);
	return reason;
}

static enum reason claim(struct opener *o, struct question *q, const struct client *c)
{
	enum reason reason = c->worker ? claim_as(o, q, false) : REASON_NOT_FOUND;

	return reason == REASON_NOT_FOUND && c->operator ? claim_as(o, q, true) : reason;
}

/* What the private key is needed for, taken out by a process that has none. */
static enum reason find(struct opener *o, struct arena *arena, struct bytes raw, struct envelope_recipient *out)
{
	json_t *ids = json_array();
	struct bytes answer;
	struct frame frame;

	for (size_t i = 0; i < IDS; i++) {
		const struct opening *key = o->keys[i / OPENING_IDS];
		json_array_append_new(ids, json_of(key != NULL ? opening_id(key, i % OPENING_IDS) : BYTES("")));
	}
	struct bytes request = json_write(arena, json_pack("{s:s, s:o}", "op", "recipients", "ids", ids));
	enum reason reason = oneshot_call(o->reader, arena, request, raw, LIMIT_INSPECT_ANSWER, LIMIT_INSPECT_SECONDS * 1000, &answer);
	if (reason == REASON_MAIL_UNREADABLE || reason == REASON_MAIL_TIME)
		return REASON_SIG_MALFORMED;   /* it killed or outlasted its reader */
	if (reason != REASON_NONE)
		return reason;
	struct cursor c = cursor_on(answer);
	if (!frame_next(&c, &frame) || !bytes_equal_text(frame.tag, FRAME_JSON) || !cursor_done(&c))
		return REASON_FRAME;
	return envelope_answer_read(arena, frame.payload, IDS, out);
}

static enum reason note(struct opener *o, const struct question *q, const struct opening *key, bool opened)
{
	struct buf line = buf_make(1024);

	buf_printf(&line, "\"inbox\":%lld,\"mail\":%lld,\"for\":\"%s\",\"opened\":%s,\"fingerprint\":\"", (long long)q->inbox, (long long)q->mail,
		   q->operator ? "operator" : "worker", opened ? "true" : "false");
	buf_add(&line, opening_fingerprint(key));
	buf_text(&line, "\"");
	enum reason reason = buf_ok(&line) ? chain_journal_add(&o->journal, service_now(), buf_bytes(&line)) : REASON_MEMORY;
	if (reason == REASON_NONE)
		reason = chain_journal_sync(&o->journal);
	buf_free(&line);
	return reason;
}

/* NONE: the key of the content, or bytes that will open nothing, are in key. */
static enum reason open_message(struct opener *o, struct arena *arena, const struct client *c, struct question *q, unsigned char key[ENVELOPE_KEY_MAX], size_t *len)
{
	struct envelope_recipient recipient = {0};
	struct bytes raw;
	enum reason reason = claim(o, q, c);

	store_keeper(o->store)->mail = q->mail;
	if (reason == REASON_NONE)
		reason = store_body_read(o->store, arena, q->body, &raw);
	if (reason == REASON_NONE)
		reason = find(o, arena, raw, &recipient);
	if (reason != REASON_NONE)
		return reason;
	const struct opening *with = o->keys[recipient.which / OPENING_IDS];
	if (with == NULL)
		return REASON_OPEN_OTHER;
	bool opened = opening_unwrap(with, &recipient, key);
	*len = recipient.key_bits / 8;
	return note(o, q, with, opened);
}

/* --- who asks ----------------------------------------------------------------------- */

static bool read_question(struct bytes text, struct question *out)
{
	struct cursor c = cursor_on(text);
	uint64_t body = cursor_u64(&c), mail = cursor_u64(&c);

	*out = (struct question){.body = (int64_t)body, .mail = (int64_t)mail};
	return cursor_done(&c) && body <= INT64_MAX && mail <= INT64_MAX;
}

static void answer(int fd, enum reason reason, const unsigned char *key, size_t len)
{
	unsigned char text[OPENER_ANSWER_MAX];
	struct bytes said = reason == REASON_NONE ? (struct bytes){key, len} : bytes_of_text(reason_code(reason));

	said = bytes_slice(said, 0, sizeof text - 1);
	text[0] = reason == REASON_NONE ? OPENER_GIVEN : OPENER_NOT;
	memcpy(text + 1, said.at, said.len);
	/* Who does not take its answer asks again. */
	(void)!send(fd, text, 1 + said.len, MSG_NOSIGNAL | MSG_DONTWAIT);
	secret_wipe(text, sizeof text);
}

/* Who gave up while others were served is asked for nothing: a key would be unwrapped, and journalled, for nobody. */
static bool is_gone(int fd)
{
	struct pollfd now = {.fd = fd, .events = POLLIN};

	return poll(&now, 1, 0) < 0 || (now.revents & (POLLHUP | POLLERR | POLLNVAL)) != 0;
}

/* False: the client is gone, or does not speak our language. */
static bool serve(struct opener *o, const struct client *c)
{
	unsigned char text[OPENER_ASKED + 1], key[ENVELOPE_KEY_MAX];
	struct question q;
	size_t len = 0;
	ssize_t n = is_gone(c->fd) ? 0 : recv(c->fd, text, sizeof text, MSG_DONTWAIT);

	if (n <= 0 || !read_question((struct bytes){text, (size_t)n}, &q))
		return false;
	struct arena *arena = arena_create(MAIL_MEMORY);
	enum reason reason = arena == NULL ? REASON_MEMORY : open_message(o, arena, c, &q, key, &len);
	log_event("asked", LOG_NUMBER("inbox", q.inbox), LOG_REASON(reason), LOG_END);
	answer(c->fd, reason, key, len);
	secret_wipe(key, sizeof key);
	arena_destroy(&arena);
	return true;
}

static void welcome(struct opener *o)
{
	struct ucred peer;
	socklen_t len = sizeof peer;
	int fd = accept4(SOCKET, NULL, NULL, SOCK_CLOEXEC);

	if (fd < 0)
		return;
	/* The socket is the worker's and root's alone (relais-master); without root one user has all processes. */
	if (o->n == CLIENTS_MAX || getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) != 0) {
		close(fd);
		return;
	}
	o->clients[o->n++] = (struct client){fd, peer.uid != 0, peer.uid == 0 || peer.uid == geteuid()};
}

static int run(struct opener *o)
{
	struct pollfd ready[2 + CLIENTS_MAX];

	while (!service_stopping(&o->service)) {
		ready[0] = (struct pollfd){.fd = o->service.signals, .events = POLLIN};
		ready[1] = (struct pollfd){.fd = SOCKET, .events = POLLIN};
		for (size_t i = 0; i < o->n; i++)
			ready[2 + i] = (struct pollfd){.fd = o->clients[i].fd, .events = POLLIN};
		if (poll(ready, 2 + o->n, WAIT_MS) <= 0)
			continue;
		for (size_t i = o->n; i > 0; i--)
			if (ready[1 + i].revents != 0 && !serve(o, &o->clients[i - 1])) {
				close(o->clients[i - 1].fd);
				o->clients[i - 1] = o->clients[--o->n];
			}
		if (ready[1].revents != 0)
			welcome(o);
	}
	return SERVICE_FINE;
}

/* --- start ---------------------------------------------------------------------------- */

static bool open_key(struct opener *o, const char *certificate, const char *key, struct opening **out)
{
	const struct key_source source = {key, o->service.config->opener.pkcs11_module, o->service.config->opener.pin_file};
	char detail[OPENING_DETAIL] = "";
	enum reason reason = opening_open(certificate, &source, out, detail);

	if (reason != REASON_NONE)
		log_event("key-refused", LOG_REASON(reason), LOG_TEXT("file", certificate), LOG_TEXT("detail", detail), LOG_END);
	return reason == REASON_NONE;
}

static bool open_keys(struct opener *o)
{
	const struct config *config = o->service.config;
	bool opened = open_key(o, config->opener.certificate, config->opener.key, &o->keys[0]) &&
		      (config->opener.certificate_next[0] == '\0' || open_key(o, config->opener.certificate_next, config->opener.key_next, &o->keys[1]));

	for (size_t i = 0; opened && i < config->opener.n; i++)
		opened = open_key(o, config->opener.former[i].certificate, config->opener.former[i].key, &o->keys[2 + i]);
	return opened;
}

static int64_t count_keys(const struct opener *o)
{
	int64_t n = 0;

	for (size_t i = 0; i < KEYS; i++)
		n += o->keys[i] != NULL;
	return n;
}

static bool prepare(struct opener *o, int *status)
{
	const struct config *config = o->service.config;
	struct stat about;

	*status = SERVICE_CONFIG;
	if (fstat(SOCKET, &about) != 0 || !S_ISSOCK(about.st_mode)) {
		log_event("socket-missing", LOG_END);
		return false;
	}
	if (!open_keys(o))
		return false;
	if (config->opener.token_folder[0] != '\0')
		jail_folder(config->opener.token_folder);
	enum reason reason = chain_journal_open(config->opener.journal, &o->journal);
	if (reason != REASON_NONE) {
		log_event("journal-refused", LOG_REASON(reason), LOG_TEXT("file", config->opener.journal), LOG_END);
		return false;
	}
	*status = SERVICE_TEMPORARY;
	o->store = store_open(config->database, "opener");
	o->reader = oneshot_connect(arena_printf(o->service.arena, "%s/opener-verify.sock", config->run_folder));
	if (o->store == NULL || o->reader == NULL || !body_seal_ready())
		return false;
	*store_keeper(o->store) = keeper_client_make(arena_printf(o->service.arena, "%s/keeper-opener.sock", config->run_folder), "open");
	/* Connected before the jail, as the keeper. */
	enum reason reached = store_run(o->store, "select 1", NULL, 0, NULL);
	if (reached != REASON_NONE)
		log_event("waiting", LOG_REASON(reached), LOG_END);
	return true;
}

int main(int argc, char **argv)
{
	struct opener o = {.journal = {.fd = -1}};
	int status;

	if (!service_start("opener", argc, argv, &o.service, &status))
		return status;
	if (prepare(&o, &status)) {
		bool jailed = jail_enter(JAIL_KEEPER);
		log_event("ready", LOG_BYTES("fingerprint", opening_fingerprint(o.keys[0])), LOG_NUMBER("keys", count_keys(&o)),
			  LOG_NUMBER("jailed", jailed), LOG_END);
		status = run(&o);
	}
	oneshot_close(&o.reader);
	store_close(&o.store);
	chain_journal_close(&o.journal);
	for (size_t i = 0; i < KEYS; i++)
		opening_close(&o.keys[i]);
	arena_destroy(&o.service.arena);
	return status;
}
