/* gateway/clamd_address.c - where a virus scanner may be: see clamd.h. */
#include "gateway/clamd.h"

#include <arpa/inet.h>
#include <string.h>
#include <sys/un.h>

static bool local_address(struct bytes path, struct sockaddr_storage *out, socklen_t *len)
{
	struct sockaddr_un *local = (struct sockaddr_un *)out;

	if (path.len >= sizeof local->sun_path)
		return false;
	local->sun_family = AF_UNIX;
	memcpy(local->sun_path, path.at, path.len);
	*len = sizeof *local;
	return true;
}

/* Loopback alone: patients' mail is not shown to the network. */
static bool loopback_address(struct bytes text, struct sockaddr_storage *out, socklen_t *len)
{
	uint64_t port;

	if (bytes_starts(text, BYTES("127.0.0.1:")) && bytes_number(bytes_from(text, 10), 65535, &port) && port > 0) {
		*(struct sockaddr_in *)out = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
		*len = sizeof(struct sockaddr_in);
		return true;
	}
	if (bytes_starts(text, BYTES("[::1]:")) && bytes_number(bytes_from(text, 6), 65535, &port) && port > 0) {
		*(struct sockaddr_in6 *)out = (struct sockaddr_in6){.sin6_family = AF_INET6, .sin6_port = htons((uint16_t)port), .sin6_addr = IN6ADDR_LOOPBACK_INIT};
		*len = sizeof(struct sockaddr_in6);
		return true;
	}
	return false;
}

bool clamd_is_local(const char *address)
{
	return address[0] == '/';
}

bool clamd_address(const char *address, struct sockaddr_storage *out, socklen_t *len)
{
	memset(out, 0, sizeof *out);
	return clamd_is_local(address) ? local_address(bytes_of_text(address), out, len) : loopback_address(bytes_of_text(address), out, len);
}

int clamd_port(const char *address)
{
	struct sockaddr_storage to;
	socklen_t len;

	if (clamd_is_local(address) || !clamd_address(address, &to, &len))
		return 0;
	return ntohs(to.ss_family == AF_INET ? ((struct sockaddr_in *)&to)->sin_port : ((struct sockaddr_in6 *)&to)->sin6_port);
}

bool clamd_is_address(const char *address)
{
	struct sockaddr_storage any;
	socklen_t len;

	return clamd_address(address, &any, &len);
}
