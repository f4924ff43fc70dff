/* gateway/scratch_test.h - for tests: a private cluster in a temporary folder, for as long as the test runs. */
#ifndef RELAIS_GATEWAY_SCRATCH_TEST_H
#define RELAIS_GATEWAY_SCRATCH_TEST_H

#include "gateway/cluster.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

struct scratch {
	struct arena *arena;
	struct instance instance;
	char folder[64];
	pid_t server;
};

static inline int scratch_remove(const char *path, const struct stat *about, int kind, struct FTW *where)
{
	(void)about;
	(void)kind;
	(void)where;
	return remove(path);
}

static inline void scratch_close(struct scratch *s)
{
	if (s->server > 0)
		cluster_stop(s->server);
	nftw(s->folder, scratch_remove, 16, FTW_DEPTH | FTW_PHYS);
	arena_destroy(&s->arena);
}

/* NULL, or why there is none here: without PostgreSQL or the right to a mount namespace tests are skipped, and say so. */
static inline const char *scratch_open(struct scratch *s)
{
	*s = (struct scratch){.folder = "/tmp/relais-test-XXXXXX", .arena = arena_create(16u << 20)};
	if (mkdtemp(s->folder) == NULL || chmod(s->folder, 0711) != 0)
		return "no temporary folder";
	const char *trouble = instance_open(s->arena, s->folder, &s->instance);
	if (trouble != NULL)
		return trouble;
	if (mkdir(instance_path(&s->instance, "run"), 0711) != 0 ||
	    mkdir(instance_path(&s->instance, "log"), 0711) != 0)
		return "no folders";
	trouble = cluster_make(&s->instance);
	if (trouble != NULL && (strstr(trouble, "not installed") != NULL || strstr(trouble, "refused") != NULL))
		return trouble;
	s->server = trouble == NULL ? cluster_start(&s->instance) : -1;
	if (s->server < 0 || !cluster_wait(&s->instance, s->server, 20000) ||
	    cluster_roles(&s->instance) != REASON_NONE)
		fail_msg("the cluster: %s", trouble == NULL ? "it did not start" : trouble);
	return NULL;
}

#endif
