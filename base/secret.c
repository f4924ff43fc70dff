/* base/secret.c - see secret.h. */
#include "base/secret.h"

#include <string.h>

void secret_wipe(void *at, size_t len)
{
	if (len > 0)
		explicit_bzero(at, len);
}
