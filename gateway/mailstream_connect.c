/* gateway/mailstream_connect.c - see mailstream_connect.h. */
#include "gateway/mailstream_connect.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

int64_t stream_now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

bool stream_poll(int fd, short events, int64_t deadline)
{
	for (;;) {
		int64_t left = deadline - stream_now();
		if (left <= 0)
			return false;
		struct pollfd p = {.fd = fd, .events = events};
		int n = poll(&p, 1, left > INT32_MAX ? INT32_MAX : (int)left);
		if (n > 0 || (n < 0 && errno != EINTR))
			return true; /* the call that follows tells an error */
	}
}

static bool is_loopback(const struct sockaddr *address)
{
	if (address->sa_family == AF_INET)
		return ntohl(((const struct sockaddr_in *)(const void *)address)->sin_addr.s_addr) >> 24 == 127;
	if (address->sa_family == AF_INET6)
		return IN6_IS_ADDR_LOOPBACK(&((const struct sockaddr_in6 *)(const void *)address)->sin6_addr);
	return address->sa_family == AF_UNIX;
}

static enum reason resolve_unix(struct bytes path, struct stream_target *out)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	if (path.len >= sizeof(address.sun_path))
		return REASON_DELIVER_CONNECT;
	memcpy(address.sun_path, path.at, path.len);
	memcpy(&out->address[0], &address, sizeof(address));
	out->len[0] = sizeof(address);
	out->n = 1;
	out->local = true;
	return REASON_NONE;
}

enum reason stream_resolve(const char *host, int port, struct stream_target *out)
{
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV}, *list = NULL;
	char service[16];

	*out = (struct stream_target){0};
	if (host[0] == '/')
		return resolve_unix(bytes_of_text(host), out);
	snprintf(service, sizeof(service), "%d", port);
	if (getaddrinfo(host, service, &hints, &list) != 0)
		return REASON_DELIVER_CONNECT;
	out->local = true;
	for (struct addrinfo *a = list; a && out->n < sizeof(out->address) / sizeof(out->address[0]); a = a->ai_next) {
		if (a->ai_addrlen > sizeof(out->address[0]))
			continue;
		memcpy(&out->address[out->n], a->ai_addr, a->ai_addrlen);
		out->len[out->n++] = a->ai_addrlen;
		out->local = out->local && is_loopback(a->ai_addr);
	}
	freeaddrinfo(list);
	return out->n > 0 ? REASON_NONE : REASON_DELIVER_CONNECT;
}

static int connect_one(const struct sockaddr_storage *address, socklen_t len, int64_t deadline)
{
	int fd = socket(address->ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -1;
	int on = 1, error = 0;
	socklen_t size = sizeof(error);
	if (address->ss_family != AF_UNIX)
		(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	if (connect(fd, (const struct sockaddr *)(const void *)address, len) == 0)
		return fd;
	if (errno == EINPROGRESS && stream_poll(fd, POLLOUT, deadline) &&
	    getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) == 0 && error == 0)
		return fd;
	close(fd);
	return -1;
}

int stream_connect(const struct stream_target *target, unsigned ms)
{
	int64_t start = stream_now();
	int fd = -1;

	/* Each address gets its share, so that a dead first one leaves time for the next. */
	for (size_t i = 0; i < target->n && fd < 0; i++) {
		int64_t until = start + (int64_t)ms * (int64_t)(i + 1) / (int64_t)target->n;
		fd = connect_one(&target->address[i], target->len[i], until);
	}
	return fd;
}
