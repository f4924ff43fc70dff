/* gateway/keeper_client.c - see keeper_client.h. */
#include "gateway/keeper_client.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/limits.h"
#include "base/secret.h"
#include "gateway/local.h"

enum { STEP_MS = 20, PUBLIC_FILE = 512 };

struct keeper_client keeper_client_make(const char *path, const char *purpose)
{
	return (struct keeper_client){.path = path, .purpose = purpose, .socket = -1};
}

void keeper_client_close(struct keeper_client *client)
{
	if (client->socket >= 0)
		close(client->socket);
	client->socket = -1;
}

static int64_t now_ms(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static bool reach(struct keeper_client *client)
{
	if (client->socket < 0)
		client->socket = local_connect(client->path, SOCK_SEQPACKET, LIMIT_KEEPER_SECONDS * 1000);
	return client->socket >= 0;
}

/* One question, one answer; the length, or -1: the connection is of no use any more. */
static ssize_t exchange(struct keeper_client *client, struct bytes asked, unsigned char *answer, size_t room, int64_t until)
{
	if (!reach(client) || send(client->socket, asked.at, asked.len, MSG_NOSIGNAL) != (ssize_t)asked.len)
		return -1;
	for (;;) {
		struct pollfd ready = {.fd = client->socket, .events = POLLIN};
		int64_t left = until - now_ms();
		int n = left <= 0 ? 0 : poll(&ready, 1, (int)left);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return -1;
		ssize_t len = recv(client->socket, answer, room, 0);
		if (len < 0 && errno == EINTR)
			continue;
		return len > 0 ? len : -1;
	}
}

/* Opening has no effect that a second time would double; a keeper that ended between the two is started anew by its supervisor. */
static enum reason ask(struct keeper_client *client, struct bytes asked, unsigned char *answer, size_t room, struct bytes *out)
{
	const int64_t until = now_ms() + LIMIT_KEEPER_SECONDS * 1000;

	if (client->path == NULL)
		return REASON_KEEPER_AWAY;
	for (;;) {
		ssize_t len = exchange(client, asked, answer, room, until);
		if (len > 0 && answer[0] == KEEPER_GIVEN) {
			*out = (struct bytes){answer + 1, (size_t)len - 1};
			return REASON_NONE;
		}
		if (len > 0) {
			enum reason reason = reason_of_code((struct bytes){answer + 1, (size_t)len - 1});
			return reason == REASONS || reason == REASON_NONE ? REASON_FRAME : reason;
		}
		keeper_client_close(client);
		if (now_ms() + STEP_MS >= until)
			return REASON_KEEPER_AWAY;
		nanosleep(&(struct timespec){.tv_nsec = STEP_MS * 1000000}, NULL);
	}
}

enum reason keeper_client_open(struct keeper_client *client, int64_t body, struct body_key *out)
{
	unsigned char answer[256];
	struct buf asked = buf_make(1 + 16 + KEEPER_PURPOSE);
	struct bytes key;

	buf_u8(&asked, KEEPER_OPEN);
	buf_u64(&asked, (uint64_t)body);
	buf_u64(&asked, (uint64_t)client->mail);
	buf_add(&asked, bytes_slice(bytes_of_text(client->purpose), 0, KEEPER_PURPOSE));
	enum reason reason = buf_ok(&asked) ? ask(client, buf_bytes(&asked), answer, sizeof answer, &key) : REASON_MEMORY;
	buf_free(&asked);
	if (reason == REASON_NONE && key.len != BODY_KEY)
		reason = REASON_FRAME;
	if (reason == REASON_NONE)
		memcpy(out->at, key.at, BODY_KEY);
	secret_wipe(answer, sizeof answer);
	return reason;
}

static bool put_name(struct keeper_public *out, struct bytes name)
{
	if (name.len == 0 || name.len >= sizeof out->name)
		return false;
	memcpy(out->name, name.at, name.len);
	out->name[name.len] = '\0';
	return true;
}

enum reason keeper_client_public(struct keeper_client *client, struct keeper_public *out)
{
	unsigned char answer[1 + BODY_KEY + KEEPER_NAME];
	const unsigned char asked = KEEPER_PUBLIC;
	struct bytes given;
	enum reason reason = ask(client, (struct bytes){&asked, 1}, answer, sizeof answer, &given);

	if (reason != REASON_NONE)
		return reason;
	if (given.len < BODY_KEY || !put_name(out, bytes_from(given, BODY_KEY)))
		return REASON_FRAME;
	memcpy(out->at, given.at, BODY_KEY);
	return REASON_NONE;
}

static int figure(unsigned char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool keeper_public_parse(struct bytes text, struct keeper_public *out)
{
	struct cursor c = cursor_on(text);
	struct bytes name = cursor_until(&c, ' '), key = cursor_until(&c, ' ');

	if (key.len != 2 * BODY_KEY || !put_name(out, name))
		return false;
	for (size_t i = 0; i < BODY_KEY; i++) {
		int high = figure(key.at[2 * i]), low = figure(key.at[2 * i + 1]);
		if (high < 0 || low < 0)
			return false;
		out->at[i] = (unsigned char)(high * 16 + low);
	}
	return true;
}

enum reason keeper_public_read(const char *folder, struct keeper_public *out)
{
	unsigned char text[PUBLIC_FILE];
	char path[4096];

	if (snprintf(path, sizeof path, "%s/intake.pub", folder) >= (int)sizeof path)
		return REASON_KEEPER_KEY;
	int file = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t len = file < 0 ? -1 : read(file, text, sizeof text);
	if (file >= 0)
		close(file);
	return len > 0 && keeper_public_parse((struct bytes){text, (size_t)len}, out) ? REASON_NONE : REASON_KEEPER_KEY;
}

enum reason keeper_client_ask(struct keeper_client *client, struct arena *arena, unsigned char asked, struct bytes what, struct bytes *json)
{
	unsigned char *answer = arena_try(arena, KEEPER_ANSWER_MAX);
	struct buf question = buf_make(KEEPER_ASKED_MAX);

	buf_u8(&question, asked);
	buf_add(&question, what);
	enum reason reason = answer != NULL && buf_ok(&question) ? ask(client, buf_bytes(&question), answer, KEEPER_ANSWER_MAX, json) : REASON_MEMORY;
	buf_free(&question);
	return reason;
}
