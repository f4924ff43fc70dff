/* gateway/clamd_address.c - where a virus scanner may be: see clamd.h. Apart, because whoever reads the configuration asks this and no more. */
#include "gateway/clamd.h"

#include <sys/un.h>

bool clamd_is_address(const char *path)
{
	return path[0] == '/' && bytes_of_text(path).len < sizeof((struct sockaddr_un *)NULL)->sun_path;
}
