/* gateway/opener_client.c - see opener_client.h. */
#include "gateway/opener_client.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/secret.h"

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
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	struct bytes path = bytes_of_text(client->path);

	if (client->socket >= 0)
		return true;
	if (path.len >= sizeof address.sun_path)
		return false;
	memcpy(address.sun_path, path.at, path.len);
	client->socket = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (client->socket >= 0 && connect(client->socket, (struct sockaddr *)&address, sizeof address) == 0)
		return true;
	opener_client_close(client);
	return false;
}

static void put(unsigned char to[8], uint64_t number)
{
	for (size_t i = 0; i < 8; i++)
		to[i] = (unsigned char)(number >> (56 - 8 * i));
}

/* The answer's length; 0: there was none. */
static size_t exchange(struct opener_client *client, const unsigned char asked[OPENER_ASKED], unsigned char answer[OPENER_ANSWER_MAX])
{
	struct pollfd ready = {.fd = client->socket, .events = POLLIN};

	if (send(client->socket, asked, OPENER_ASKED, MSG_NOSIGNAL) != OPENER_ASKED || poll(&ready, 1, LIMIT_OPENER_SECONDS * 1000) != 1)
		return 0;
	ssize_t n = recv(client->socket, answer, OPENER_ANSWER_MAX, 0);
	return n > 0 ? (size_t)n : 0;
}

static enum reason judge(const unsigned char *answer, size_t n, unsigned char key[OPENER_KEY_MAX], size_t *len)
{
	if (answer[0] == OPENER_GIVEN && n > 1 && n - 1 <= OPENER_KEY_MAX) {
		memcpy(key, answer + 1, n - 1);
		*len = n - 1;
		return REASON_NONE;
	}
	enum reason reason = answer[0] == OPENER_NOT ? reason_of_code((struct bytes){answer + 1, n - 1}) : REASONS;
	return reason == REASON_OPEN_OTHER || reason == REASON_OPEN_ALGORITHM || reason == REASON_SIG_MALFORMED ? reason : REASON_OPEN_AWAY;
}

enum reason opener_client_ask(struct opener_client *client, int64_t body, int64_t mail, unsigned char key[OPENER_KEY_MAX], size_t *len)
{
	unsigned char asked[OPENER_ASKED], answer[OPENER_ANSWER_MAX];
	const struct timespec pause = {0, PAUSE_MS * 1000000L};
	size_t n = 0;

	*len = 0;
	if (client->path == NULL)
		return REASON_SIG_ENCRYPTED;
	put(asked, (uint64_t)body);
	put(asked + 8, (uint64_t)mail);
	/* Twice: the connection of last time may be one to an opener that has been replaced. Reading has no effect but a line more in its journal. */
	for (int again = 0; again < 2 && n == 0; again++) {
		if (again > 0)
			(void)nanosleep(&pause, NULL);
		if (reach(client))
			n = exchange(client, asked, answer);
		if (n == 0)
			opener_client_close(client);
	}
	enum reason reason = n == 0 ? REASON_OPEN_AWAY : judge(answer, n, key, len);
	secret_wipe(answer, sizeof answer);
	return reason;
}
