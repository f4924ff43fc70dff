/* gateway/cli_drill.c - relais drill: faults on purpose, and a report of what came of them. The drill itself is the one of the tests
 * (tests/faults), installed beside the schema: what an auditor sees is what we run. */
#include "gateway/cli_verbs.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "gateway/cli_instance_private.h"

enum { OWN_MEMORY = 1024 * 1024, WORDS_MAX = 16 };

static const char usage[] = "drill [--here] [--kills N] [--only STEP,STEP] [--report FOLDER]";

static int refuse_usage(struct arena **arena)
{
	fprintf(stderr, "usage: relais %s\n", usage);
	arena_destroy(arena);
	return CLI_USAGE;
}

/* NULL value: the option was not given. */
static void pass(const char **words, int *n, const char *name, const char *value)
{
	if (value == NULL)
		return;
	words[(*n)++] = name;
	words[(*n)++] = value;
}

int cli_drill(int argc, char **argv)
{
	struct cli_words words = {argc - 1, argv + 1};
	struct arena *arena = arena_create(OWN_MEMORY);
	const char *line[WORDS_MAX] = {"/usr/bin/python3", "-B"}, *own = cli_beside(arena, "relais");
	bool good = own != NULL, here = cli_take_flag(&words, "--here");
	const char *kills = cli_take_value(&words, "--kills", &good), *only = cli_take_value(&words, "--only", &good), *report = cli_take_value(&words, "--report", &good),
		   *dir = cli_take_value(&words, "--dir", &good);
	uint64_t number;
	int n = 2;

	if (!good || words.n != 0 || (kills != NULL && !bytes_number(bytes_of_text(kills), 1000000, &number)))
		return refuse_usage(&arena);
	const char *bin = arena_text(arena, bytes_slice(bytes_of_text(own), 0, strlen(own) - strlen("/relais")));
	line[n++] = arena_printf(arena, "%s/../share/relais/drill/drill.py", bin);
	pass(line, &n, "--bin", bin);
	pass(line, &n, "--kills", kills);
	pass(line, &n, "--only", only);
	pass(line, &n, "--report", report == NULL ? "." : report);
	if (here)
		pass(line, &n, "--here", dir != NULL ? dir : getenv("RELAIS_DIR") != NULL ? getenv("RELAIS_DIR") : ".");
	execv(line[0], (char **)(uintptr_t)line);
	fprintf(stderr, "relais: %s: %s\n", line[0], strerror(errno));
	arena_destroy(&arena);
	return CLI_FAILED;
}
