/* gateway/work.c - the life of one item of work: an arena, and the clock read once. */
#include "gateway/work.h"

#include <time.h>

enum { ITEM_MEMORY = 256 * 1024 * 1024 };

static struct instant clock_now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_REALTIME, &t);
	return (struct instant){(int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000};
}

void work_begin(struct work *work)
{
	work->arena = arena_create(ITEM_MEMORY);
	work->kept = json_array();
	work->now = clock_now();
}

void work_end(struct work *work)
{
	json_decref(work->kept);
	arena_destroy(&work->arena);
}
