/* base/secret.c - see secret.h. */
#include "base/secret.h"

#include <string.h>
#include <sys/mman.h>

void secret_wipe(void *at, size_t len)
{
	if (len > 0)
		explicit_bzero(at, len);
}

void *secret_room(size_t len)
{
	void *at = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (at == MAP_FAILED)
		return NULL;
	(void)!mlock(at, len);
	(void)!madvise(at, len, MADV_DONTDUMP);
	return at;
}

void secret_room_free(void *at, size_t len)
{
	if (at == NULL)
		return;
	secret_wipe(at, len);
	munmap(at, len);
}
