/* gateway/work_away.c - see work_away.h. */
#include "gateway/work_away.h"

#include <time.h>

enum { AGAIN_MS = 5000 };

static int64_t now_ms(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

bool work_away_rests(const struct work_away *who)
{
	return who->away && now_ms() < who->again;
}

/* Another worker may have raised the alarm before this one began, or ended it since. */
void work_away_tell(struct work *work, struct work_away *who, const char *state, bool away)
{
	who->again = now_ms() + AGAIN_MS;
	if (work->store != NULL && (away || who->away || !who->told))
		who->told = STORE_RUN(work->store, NULL, state, P_BOOL(away)) == REASON_NONE;
	who->away = away;
}
