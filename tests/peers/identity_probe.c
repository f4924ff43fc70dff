/* tests/peers/identity_probe.c - asks whose tokens these are, from inside the receiver's jail; for tests/identity_peers.py.
 *
 * identity_probe CONFIG N TOKEN…     N threads ask for the tokens together, the next N when these are done
 * A token "wait:SECONDS" is a pause. Prints one JSON line a token, in order; the first line says whether the jail is in force. */
#include <jansson.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "gateway/identity.h"
#include "gateway/jail.h"
#include "gateway/log.h"
#include "gateway/url_port.h"

enum { THREADS_MAX = 16, ARENA = 64 * 1024 };

struct question {
	pthread_t thread;
	struct identity *identity;
	const char *token;
	json_t *answer;
};

static long long now_ms(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (long long)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void *ask(void *context)
{
	struct question *q = context;
	struct arena *arena = arena_create(ARENA);
	struct identity_person person = {0};
	long long start = now_ms();

	enum reason reason = identity_check(q->identity, arena, bytes_of_text(q->token), &person);
	q->answer = json_pack("{s:s, s:s%, s:I, s:I}", "reason", reason_code(reason), "subject",
			      reason == REASON_NONE ? (const char *)person.subject.at : "", reason == REASON_NONE ? person.subject.len : 0,
			      "expires", (json_int_t)(person.expires.us / 1000000), "ms", (json_int_t)(now_ms() - start));
	arena_wipe(&arena);
	return NULL;
}

static void tell(json_t *line)
{
	json_dumpf(line, stdout, JSON_COMPACT);
	putchar('\n');
	fflush(stdout);
	json_decref(line);
}

static int round_of(struct identity *identity, int n, char **tokens)
{
	struct question questions[THREADS_MAX];

	if (strncmp(tokens[0], "wait:", 5) == 0) {
		sleep((unsigned)strtoul(tokens[0] + 5, NULL, 10));
		return 1;
	}
	for (int i = 0; i < n; i++) {
		questions[i] = (struct question){.identity = identity, .token = tokens[i]};
		if (pthread_create(&questions[i].thread, NULL, ask, &questions[i]) != 0)
			exit(3);
	}
	for (int i = 0; i < n; i++) {
		pthread_join(questions[i].thread, NULL);
		tell(questions[i].answer);
	}
	return n;
}

int main(int argc, char **argv)
{
	struct arena *arena = arena_create(4u << 20);
	struct config *config;
	struct config_problem problem;
	struct identity *identity = NULL;
	char detail[IDENTITY_DETAIL];
	int n = argc > 3 ? (int)strtol(argv[2], NULL, 10) : 0;

	log_open("probe");
	if (n < 1 || n > THREADS_MAX)
		return 64;
	if (config_read(arena, argv[1], &config, &problem) != REASON_NONE) {
		fprintf(stderr, "probe: line %d: %s\n", problem.line, problem.detail);
		return 2;
	}
	if (identity_open(arena, config, &identity, detail) != REASON_NONE) {
		fprintf(stderr, "probe: %s\n", detail);
		return 2;
	}
	jail_connecting(url_port(bytes_of_text(config->identity.introspection)));   /* as the receiver does */
	tell(json_pack("{s:b}", "jailed", jail_enter(JAIL_NETWORK)));
	for (int at = 3; at < argc;)
		at += round_of(identity, n < argc - at ? n : argc - at, argv + at);
	identity_close(&identity);
	arena_destroy(&arena);
	return 0;
}
