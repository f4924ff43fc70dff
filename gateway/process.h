/* gateway/process.h - one child of relais-master: started as its own user, started again when it ends.
 *
 * Started again at once after the first failure, then after a pause that doubles up to
 * restart_pause_ms (ten seconds); a child that lived
 * for half a minute, or that ended well after a second or more (a reload), has no failure. */
#ifndef RELAIS_GATEWAY_PROCESS_H
#define RELAIS_GATEWAY_PROCESS_H

#include "base/instant.h"
#include "gateway/instance.h"

enum { PROCESS_HANDED = 5 };

struct process {
	const char *name;              /* as status shows it */
	enum instance_user user;
	char *const *argv;             /* argv[0] is the executable's path */
	int handed[PROCESS_HANDED];    /* the child's descriptors 3 and following; the first -1 ends them */
	bool missing;                  /* no such executable at the last try */
	pid_t pid;                     /* 0 = does not run */
	struct instant since;          /* of pid */
	int64_t started_ms, due_ms;    /* monotonic: start of pid; next start */
	unsigned restarts, failures;
	int pause_max_ms;              /* the longest pause before a start */
};

/* Pause before the next start after so many failures in a row, at most so long. */
int64_t process_pause_ms(unsigned failures, int64_t most_ms);
/* Starts it, or notes when to try again. */
void process_start(const struct instance *instance, struct process *process, int64_t now_ms);
/* pid ended with this wait status: notes when to start again. */
void process_ended(struct process *process, int status, int64_t now_ms);
/* SIGTERM, a wait of at most so long, SIGKILL; reaps. */
void process_stop(struct process *process, unsigned patience_ms);

#endif
