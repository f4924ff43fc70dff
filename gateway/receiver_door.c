/* gateway/receiver_door.c - who is let in: the caps of connections, by peer and in all. See receiver_session_private.h. */
#include "gateway/receiver_session_private.h"

#include <arpa/inet.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/limits.h"
#include "gateway/log.h"

void door_address(const struct sockaddr *address, char out[ADDRESS_TEXT])
{
	const void *raw = NULL;

	if (address->sa_family == AF_INET)
		raw = &((const struct sockaddr_in *)(const void *)address)->sin_addr;
	if (address->sa_family == AF_INET6)
		raw = &((const struct sockaddr_in6 *)(const void *)address)->sin6_addr;
	if (raw == NULL || inet_ntop(address->sa_family, raw, out, ADDRESS_TEXT) == NULL)
		memcpy(out, "local", sizeof "local");
}

size_t door_network(const struct sockaddr *address, unsigned char out[NETWORK_MAX])
{
	static const unsigned char mapped[12] = {[10] = 0xff, [11] = 0xff};
	const unsigned char *raw = NULL;
	size_t len = 0;

	if (address->sa_family == AF_INET) {
		raw = (const unsigned char *)&((const struct sockaddr_in *)(const void *)address)->sin_addr;
		len = 4;
	}
	if (address->sa_family == AF_INET6) {
		raw = ((const struct sockaddr_in6 *)(const void *)address)->sin6_addr.s6_addr;
		bool is_mapped = memcmp(raw, mapped, sizeof mapped) == 0;
		len = is_mapped ? 4 : NETWORK_MAX;
		raw += is_mapped ? sizeof mapped : 0;
	}
	if (len > 0)
		memcpy(out, raw, len);
	return len;
}

enum reason door_closed(const struct session_host *host, const char *address, struct bytes network)
{
	size_t same = 0;

	if (host->stopping)
		return REASON_SMTP_STOPPING;
	if (!rate_take(host->connections, network, session_now_ms()))
		return REASON_SMTP_RATE_CONNECTIONS;
	for (const struct session *s = host->first; s != NULL; s = s->next)
		same += strcmp(s->address, address) == 0;
	return host->n >= LIMIT_SMTP_CONNECTIONS || same >= LIMIT_SMTP_CONNECTIONS_PEER ? REASON_SMTP_BUSY : REASON_NONE;
}

void door_turn_away(int fd, const char *address, enum reason reason)
{
	struct buf line = buf_make(LIMIT_REPLY_LINE);

	smtp_server_refusal(&line, reason);
	ssize_t n = send(fd, line.data, line.len, MSG_DONTWAIT | MSG_NOSIGNAL);
	(void)n;   /* a peer that does not listen is turned away all the same */
	buf_free(&line);
	close(fd);
	log_event("refused", LOG_TEXT("step", "connection"), LOG_REASON(reason), LOG_TEXT("peer", address), LOG_END);
}
