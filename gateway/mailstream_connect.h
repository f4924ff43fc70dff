/* gateway/mailstream_connect.h - from a host's name to a connected, non-blocking socket, within a time limit. */
#ifndef RELAIS_GATEWAY_MAILSTREAM_CONNECT_H
#define RELAIS_GATEWAY_MAILSTREAM_CONNECT_H

#include <sys/socket.h>

#include "base/bytes.h"
#include "base/reason.h"

/* Where a host is. */
struct stream_target {
	struct sockaddr_storage address[8];
	socklen_t len[8];
	size_t n;
	bool local;               /* a unix socket, or loopback addresses only */
};
/* host: a name, a literal address, or the path of a unix socket (begins with '/'). DELIVER_CONNECT: no such host. */
MUST_USE enum reason stream_resolve(const char *host, int port, struct stream_target *out);

/* A socket to the first address that answers, ms milliseconds for all of them; -1 when none does. The caller's to close. */
int stream_connect(const struct stream_target *target, unsigned ms);

/* Elapsed time in milliseconds, for deadlines. */
int64_t stream_now(void);
/* Waits with poll, not select: a descriptor of 1024 or more is an ordinary one. True when it is ready (or in error: the
 * call that follows tells), false when the deadline (stream_now) has passed. */
bool stream_poll(int fd, short events, int64_t deadline);

#endif
