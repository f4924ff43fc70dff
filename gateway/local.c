/* gateway/local.c - see local.h. */
#include "gateway/local.h"

#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/bytes.h"

int local_connect(const char *path, int type, unsigned deadline_ms)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	const struct timeval patience = {.tv_sec = deadline_ms / 1000, .tv_usec = deadline_ms % 1000 * 1000};
	struct bytes name = bytes_of_text(path);

	if (name.len == 0 || name.len >= sizeof address.sun_path)
		return -1;
	memcpy(address.sun_path, name.at, name.len);
	int s = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);
	if (s >= 0 && setsockopt(s, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience) == 0 && connect(s, (struct sockaddr *)&address, sizeof address) == 0)
		return s;
	if (s >= 0)
		close(s);
	return -1;
}
