/* gateway/keeper.c - relais-keeper: holds the keys of the bodies, outside the database and its backups.
 *
 * 1. It hears no stranger and no network: five sockets of its own, each of which one user of the instance may connect to. Who a question
 *    is from is the socket it came by, and the kernel's word on the peer's user.
 * 2. It is told a body's number and nothing else; what it opens it reads itself, under its own role, and only when the database says that
 *    the body is in the hands of who asks (relais.keeper_may). The operator may open any, with a purpose.
 * 3. The journal has the line before the answer has the key.
 * 4. The master key is read before the jail; inside it there are the folder of keys, its copy and the database. */
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/secret.h"
#include "gateway/instance.h"
#include "gateway/jail.h"
#include "gateway/keeper_work.h"
#include "gateway/log.h"
#include "gateway/service.h"

enum { FIRST_SOCKET = 3, TICK_MS = 1000, TEND_TICKS = 10, BATCH_MEMORY = 4 * 1024 * 1024, UID_BASE = 60700 };

struct client {
	int fd;
	enum keeper_role role;
};

struct keeper {
	struct service service;
	struct keeper_work work;
	struct client clients[LIMIT_KEEPER_CLIENTS];
	size_t n, first;                 /* who is heard first in the next round: the one behind the last that was heard */
};

/* --- who asks ------------------------------------------------------------------ */

/* Without root one user has all processes. */
static bool may_connect(int fd, enum keeper_role role)
{
	static const enum instance_user users[KEEPER_ROLES] = {
		[KEEPER_ROLE_WORKER] = INSTANCE_WORKER, [KEEPER_ROLE_SIGNER] = INSTANCE_SIGNER, [KEEPER_ROLE_DELIVERER] = INSTANCE_DELIVERER,
		[KEEPER_ROLE_OPENER] = INSTANCE_OPENER};
	struct ucred peer;
	socklen_t len = sizeof peer;

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) != 0)
		return false;
	if (geteuid() != UID_BASE + INSTANCE_KEEPER)
		return peer.uid == geteuid();
	return peer.uid == (role == KEEPER_ROLE_OPERATOR ? 0 : UID_BASE + (uid_t)users[role]);
}

/* Each has its share: one that was taken over cannot take all. */
static bool has_room(const struct keeper *k, enum keeper_role role)
{
	size_t n = 0, share = role == KEEPER_ROLE_WORKER ? LIMIT_KEEPER_WORKERS : role == KEEPER_ROLE_DELIVERER ? LIMIT_KEEPER_DELIVERERS : LIMIT_KEEPER_OTHERS;

	for (size_t i = 0; i < k->n; i++)
		n += k->clients[i].role == role;
	return n < share;
}

static void take_connection(struct keeper *k, enum keeper_role role)
{
	int fd = accept4(FIRST_SOCKET + (int)role, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (fd < 0)
		return;
	if (!has_room(k, role) || !may_connect(fd, role)) {
		log_event("connection-refused", LOG_TEXT("role", keeper_role_name(role)), LOG_NUMBER("connections", k->n), LOG_END);
		close(fd);
		return;
	}
	k->clients[k->n++] = (struct client){fd, role};
}

/* The last one takes its place. */
static void drop(struct keeper *k, size_t i)
{
	close(k->clients[i].fd);
	k->clients[i] = k->clients[--k->n];
}

/* --- questions and answers -------------------------------------------------------- */

/* Who does not take its answer asks again. */
static void answer(const struct keeper *k, size_t client, unsigned char kind, struct bytes text)
{
	struct iovec parts[] = {{&kind, 1}, {(void *)(uintptr_t)text.at, text.len}};
	const struct msghdr message = {.msg_iov = parts, .msg_iovlen = text.len > 0 ? 2 : 1};

	(void)!sendmsg(k->clients[client].fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
}

static void answer_reason(const struct keeper *k, size_t client, enum reason reason)
{
	answer(k, client, KEEPER_NOT, bytes_of_text(reason_code(reason)));
}

static void answer_public(const struct keeper *k, size_t client)
{
	const struct keeper_intake *intake = keeper_keys_intake(k->work.keys);
	unsigned char text[BODY_KEY + KEEPER_NAME];
	struct bytes name = bytes_of_text(intake->key.name);

	if (intake->number == 0) {
		answer_reason(k, client, REASON_KEEPER_KEY);
		return;
	}
	memcpy(text, intake->key.at, BODY_KEY);
	memcpy(text + BODY_KEY, name.at, name.len);
	answer(k, client, KEEPER_GIVEN, (struct bytes){text, BODY_KEY + name.len});
}

/* A destruction whose asker has given up, and let go of what kept holds away meanwhile, is not done behind him. */
static bool is_gone(int fd)
{
	struct pollfd peer = {.fd = fd};
	return poll(&peer, 1, 0) != 0;
}

/* Of the operator; the answer, or a reason. */
static void answer_operator(struct keeper *k, size_t client, unsigned char what, struct bytes rest)
{
	struct buf text = buf_make(KEEPER_ANSWER_MAX - 1);
	enum reason reason = REASON_USAGE;

	if (what == KEEPER_STATE && rest.len == 0) {
		keeper_work_state(&k->work, &text);
		reason = REASON_NONE;
	} else if (what == KEEPER_KNOWN) {
		reason = keeper_work_known(&k->work, rest, &text);
	} else if (what == KEEPER_TRY) {
		reason = keeper_work_try(&k->work, rest, &text);
	} else if (what == KEEPER_DESTROY && !is_gone(k->clients[client].fd)) {
		reason = keeper_work_destroy(&k->work, rest, &text);
	}
	if (reason == REASON_NONE && !buf_ok(&text))
		reason = REASON_MEMORY;
	if (reason == REASON_NONE)
		answer(k, client, KEEPER_GIVEN, buf_bytes(&text));
	else
		answer_reason(k, client, reason);
	buf_free(&text);
}

/* Reads what client i asks; true when it is a body to open, of which *out is filled. False too when it is gone: *gone. */
static bool hear(struct keeper *k, size_t i, struct keeper_question *out, bool *gone)
{
	unsigned char text[KEEPER_ASKED_MAX];
	ssize_t n = recv(k->clients[i].fd, text, sizeof text, MSG_DONTWAIT);

	*gone = n <= 0;
	if (n <= 0)
		return false;
	struct bytes rest = {text + 1, (size_t)n - 1};
	if (text[0] == KEEPER_OPEN && keeper_question_read(rest, k->clients[i].role, out))
		return true;
	if (text[0] == KEEPER_PUBLIC && rest.len == 0)
		answer_public(k, i);
	else if (k->clients[i].role == KEEPER_ROLE_OPERATOR)
		answer_operator(k, i, text[0], rest);
	else
		answer_reason(k, i, REASON_USAGE);
	return false;
}

/* All that wait are answered together, so that under load one look into the database and one sync of the journal serve many. */
static void serve(struct keeper *k, const struct pollfd *ready)
{
	struct keeper_question questions[LIMIT_KEEPER_BATCH];
	size_t from[LIMIT_KEEPER_BATCH], n = 0;
	bool gone[LIMIT_KEEPER_CLIENTS] = {false};

	for (size_t heard = 0, first = k->first; heard < k->n && n < LIMIT_KEEPER_BATCH; heard++) {
		size_t i = (first + heard) % k->n;
		if (ready[i].revents != 0 && hear(k, i, &questions[n], &gone[i]))
			from[n++] = i;
		k->first = i + 1;
	}
	struct arena *arena = n > 0 ? arena_create(BATCH_MEMORY) : NULL;
	if (n > 0)
		keeper_work_open(&k->work, arena, questions, n);
	for (size_t i = 0; i < n; i++)
		if (questions[i].reason == REASON_NONE)
			answer(k, from[i], KEEPER_GIVEN, (struct bytes){questions[i].key.at, BODY_KEY});
		else
			answer_reason(k, from[i], questions[i].reason);
	secret_wipe(questions, sizeof questions);
	arena_destroy(&arena);
	for (size_t i = k->n; i > 0; i--)
		if (gone[i - 1])
			drop(k, i - 1);
}

/* --- life ------------------------------------------------------------------------------ */

/* What is due once a second; the database may be away, and is then asked again. */
static void tick(struct keeper *k, unsigned *ticks)
{
	if ((*ticks)++ % TEND_TICKS == 0) {
		enum reason reason = keeper_work_tend(&k->work, service_now());
		if (reason != REASON_NONE) {
			log_event("not-tended", LOG_REASON(reason), LOG_END);
			*ticks = 0;
		}
	}
}

static int run(struct keeper *k)
{
	struct pollfd ready[1 + KEEPER_ROLES + LIMIT_KEEPER_CLIENTS];
	unsigned ticks = 0;
	struct instant last = {0};
	bool more = false;     /* to put under its key: those who ask are served between two batches */

	while (!service_stopping(&k->service)) {
		struct instant now = service_now();
		if (instant_since(last, now).us >= TICK_MS * 1000 || instant_before(now, last)) {
			tick(k, &ticks);
			last = now;
			more = true;
		}
		more = more && keeper_work_settle(&k->work);
		ready[0] = (struct pollfd){.fd = k->service.signals, .events = POLLIN};
		for (int i = 0; i < KEEPER_ROLES; i++)
			ready[1 + i] = (struct pollfd){.fd = FIRST_SOCKET + i, .events = POLLIN};
		for (size_t i = 0; i < k->n; i++)
			ready[1 + KEEPER_ROLES + i] = (struct pollfd){.fd = k->clients[i].fd, .events = POLLIN};
		if (poll(ready, 1 + KEEPER_ROLES + k->n, more ? 0 : TICK_MS) <= 0)
			continue;
		serve(k, ready + 1 + KEEPER_ROLES);
		for (int i = 0; i < KEEPER_ROLES; i++)
			if (ready[1 + i].revents != 0)
				take_connection(k, (enum keeper_role)i);
	}
	return SERVICE_FINE;
}

static bool has_sockets(void)
{
	struct stat about;

	for (int i = 0; i < KEEPER_ROLES; i++)
		if (fstat(FIRST_SOCKET + i, &about) != 0 || !S_ISSOCK(about.st_mode))
			return false;
	return true;
}

static bool prepare(struct keeper *k, int *status)
{
	const struct config *config = k->service.config;
	const char *detail = NULL;

	*status = SERVICE_CONFIG;
	if (!has_sockets()) {
		log_event("sockets-missing", LOG_END);
		return false;
	}
	enum reason reason = keeper_keys_open(k->service.arena, config->keeper.folder, config->keeper.copy, config->keeper.master, &k->work.keys, &detail);
	if (reason != REASON_NONE) {
		log_event("keys-refused", LOG_REASON(reason), LOG_TEXT("file", detail), LOG_END);
		return false;
	}
	reason = chain_journal_open(config->keeper.journal, &k->work.journal);
	if (reason != REASON_NONE) {
		log_event("journal-refused", LOG_REASON(reason), LOG_TEXT("file", config->keeper.journal), LOG_END);
		return false;
	}
	*status = SERVICE_TEMPORARY;
	k->work.store = store_open(config->database, "keeper");
	if (k->work.store == NULL || !body_seal_ready())
		return false;
	/* Connected before the jail, which lets nobody reach a database on another machine: who loses that one starts anew (gateway/store.c). */
	enum reason reached = store_run(k->work.store, "select 1", NULL, 0, NULL);
	if (reached != REASON_NONE)
		log_event("waiting", LOG_REASON(reached), LOG_END);
	return true;
}

int main(int argc, char **argv)
{
	struct keeper k = {.work.journal = {.fd = -1}};
	int status;

	if (!service_start("keeper", argc, argv, &k.service, &status))
		return status;
	if (prepare(&k, &status)) {
		jail_folder(k.service.config->keeper.folder);
		if (k.service.config->keeper.copy[0] != '\0')
			jail_folder(k.service.config->keeper.copy);
		(void)jail_enter(JAIL_KEEPER);
		log_event("ready", LOG_NUMBER("destroyed", keeper_keys_destroyed(k.work.keys)), LOG_END);
		status = run(&k);
	}
	store_close(&k.work.store);
	chain_journal_close(&k.work.journal);
	keeper_keys_close(&k.work.keys);
	arena_destroy(&k.service.arena);
	return status;
}
