/* gateway/master_sockets.c - see master_sockets.h. */
#include "gateway/master_sockets.h"

#include "gateway/log.h"

#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum { LOCAL_BACKLOG = 64, TCP_BACKLOG = 1024 };

static int refused(int s, const char *what, const char *error)
{
	log_event("socket-refused", LOG_TEXT("socket", what), LOG_TEXT("error", error), LOG_END);
	if (s >= 0)
		close(s);
	return -1;
}

static int local_socket(const struct instance *instance, const char *path, enum instance_user who)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	struct bytes name = bytes_of_text(path);

	if (name.len >= sizeof address.sun_path)
		return refused(-1, path, "the path is longer than 107 bytes");
	memcpy(address.sun_path, name.at, name.len);
	int s = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	unlink(path);   /* of a master that was killed: the lock says that no other lives */
	mode_t before = umask(0177);
	bool bound = s >= 0 && bind(s, (struct sockaddr *)&address, sizeof address) == 0;
	umask(before);
	bool given = bound && (instance == NULL ? chmod(path, 0600) == 0 : instance_give(instance, path, who, 0600));
	if (!given || listen(s, LOCAL_BACKLOG) != 0)
		return refused(s, path, strerror(errno));
	return s;
}

int master_local_socket(const struct instance *instance, const char *path, enum instance_user who)
{
	return local_socket(instance, path, who);
}

int master_own_socket(const char *path)
{
	return local_socket(NULL, path, INSTANCE_USERS);
}

static int bind_to(const struct addrinfo *at)
{
	const int yes = 1;
	int s = socket(at->ai_family, at->ai_socktype | SOCK_CLOEXEC, at->ai_protocol);
	if (s < 0)
		return -1;
	setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
	if (bind(s, at->ai_addr, at->ai_addrlen) == 0 && listen(s, TCP_BACKLOG) == 0)
		return s;
	int error = errno;
	close(s);
	errno = error;
	return -1;
}

int master_tcp_socket(const char *host, int port)
{
	struct addrinfo hints = {.ai_flags = AI_NUMERICHOST | AI_PASSIVE | AI_NUMERICSERV, .ai_socktype = SOCK_STREAM};
	struct addrinfo *found = NULL;
	char service[16], what[300];

	snprintf(service, sizeof service, "%d", port);
	snprintf(what, sizeof what, "%.250s port %d", host, port);
	int error = getaddrinfo(host, service, &hints, &found);
	if (error != 0)
		return refused(-1, what, "listen_host must be an address in figures");
	int s = bind_to(found);
	freeaddrinfo(found);
	return s >= 0 ? s : refused(-1, what, strerror(errno));
}
