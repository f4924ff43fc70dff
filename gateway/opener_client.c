/* gateway/opener_client.c - see opener_client.h. */
#include "gateway/opener_client.h"

#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/secret.h"
#include "gateway/local.h"

enum { PAUSE_MS = 50 };

const char *opener_socket(struct arena *arena, const struct config *config)
{
	return config->opener.certificate[0] == '\0' ? NULL : arena_printf(arena, "%s/opener.sock", config->run_folder);
}

struct opener_client opener_client_make(const char *path)
{
	return (struct opener_client){.path = path, .socket = -1};
}

void opener_client_close(struct opener_client *client)
{
	if (client->socket >= 0)
		close(client->socket);
	client->socket = -1;
}

static bool reach(struct opener_client *client)
{
	if (client->socket < 0)
		client->socket = local_connect(client->path, SOCK_SEQPACKET, LIMIT_OPENER_LOOK_SECONDS * 1000);
	return client->socket >= 0;
}

static void put(unsigned char to[8], uint64_t number)
{
	for (size_t i = 0; i < 8; i++)
		to[i] = (unsigned char)(number >> (56 - 8 * i));
}

/* The answer's length; 0: there was none, and *silent when nobody said anything for so long. */
static size_t exchange(struct opener_client *client, const unsigned char asked[OPENER_ASKED], int wait_ms, unsigned char answer[OPENER_ANSWER_MAX], bool *silent)
{
	struct pollfd ready = {.fd = client->socket, .events = POLLIN};

	if (send(client->socket, asked, OPENER_ASKED, MSG_NOSIGNAL) != OPENER_ASKED)
		return 0;
	*silent = poll(&ready, 1, wait_ms) != 1;
	if (*silent)
		return 0;
	ssize_t n = recv(client->socket, answer, OPENER_ANSWER_MAX, 0);
	return n > 0 ? (size_t)n : 0;
}

/* Twice: the connection of last time may be one to an opener that has been replaced. Reading has no effect but a line more in its journal. One that is
 * not there, its socket being relais-master's, says nothing, or is not to be reached once too many have tried. */
static size_t converse(struct opener_client *client, int64_t body, int64_t mail, int wait_ms, unsigned char answer[OPENER_ANSWER_MAX])
{
	const struct timespec pause = {0, PAUSE_MS * 1000000L};
	unsigned char asked[OPENER_ASKED];
	bool silent = false;
	size_t n = 0;

	put(asked, (uint64_t)body);
	put(asked + 8, (uint64_t)mail);
	for (int again = 0; again < 2 && n == 0 && !silent; again++) {
		if (again > 0)
			(void)nanosleep(&pause, NULL);
		if (reach(client))
			n = exchange(client, asked, wait_ms, answer, &silent);
		if (n == 0)
			opener_client_close(client);
	}
	return n;
}

/* What it says, and that it cannot be asked when it says that it cannot ask: its journal, the database, the keeper, its reader. */
static enum reason judge(const unsigned char *answer, size_t n, unsigned char key[OPENER_KEY_MAX], size_t *len)
{
	if (answer[0] == OPENER_GIVEN && n > 1 && n - 1 <= OPENER_KEY_MAX) {
		memcpy(key, answer + 1, n - 1);
		*len = n - 1;
		return REASON_NONE;
	}
	enum reason reason = answer[0] == OPENER_NOT ? reason_of_code((struct bytes){answer + 1, n - 1}) : REASONS;
	if (reason == REASON_IO || reason == REASON_STORE_DOWN || reason == REASON_KEEPER_AWAY)
		return REASON_OPEN_AWAY;
	return reason == REASONS || reason == REASON_NONE ? REASON_FRAME : reason;
}

enum reason opener_client_ask(struct opener_client *client, int64_t body, int64_t mail, unsigned char key[OPENER_KEY_MAX], size_t *len)
{
	unsigned char answer[OPENER_ANSWER_MAX];

	*len = 0;
	if (client->path == NULL)
		return REASON_SIG_ENCRYPTED;
	size_t n = converse(client, body, mail, LIMIT_OPENER_SECONDS * 1000, answer);
	enum reason reason = n == 0 ? REASON_OPEN_AWAY : judge(answer, n, key, len);
	secret_wipe(answer, sizeof answer);
	return reason;
}

/* Of no message: whoever is there says at once that there is none. */
bool opener_client_ping(struct opener_client *client)
{
	unsigned char answer[OPENER_ANSWER_MAX], key[OPENER_KEY_MAX];
	size_t len, n = converse(client, 0, 0, LIMIT_OPENER_LOOK_SECONDS * 1000, answer);

	return n > 0 && judge(answer, n, key, &len) != REASON_OPEN_AWAY;
}
