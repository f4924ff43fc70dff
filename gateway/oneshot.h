/* gateway/oneshot.h - one request, one fresh child, one answer.
 *
 * The server is a warm, jailed parent that has loaded all it needs and forks a child for each
 * request; the child reads one payload, writes its answer to a pipe and exits. Nothing of one
 * message is left for the next. relais-verify, relais-inspect and relais-compose are such servers.
 *
 * On the wire, for the two ends of this file only: the client sends one SEQPACKET datagram, the
 * request (JSON, at most ONESHOT_REQUEST bytes), with two descriptors: a sealed memfd that holds the
 * payload, and the write end of a pipe. The child writes the answer (base/frame.h) to the pipe and
 * exits 0. The parent then sends one datagram: u32 wait status. The answer counts only when that
 * status is 0 and the frames end exactly. After a child killed by a signal the parent exits too, and is
 * started afresh by its supervisor. */
#ifndef RELAIS_GATEWAY_ONESHOT_H
#define RELAIS_GATEWAY_ONESHOT_H

#include "base/arena.h"
#include "base/reason.h"

enum { ONESHOT_REQUEST = 200 * 1024 };

/* --- server --------------------------------------------------------------- */

/* Runs in the child. Writes its answer to answer_fd with oneshot_write and returns; the process then exits 0. */
typedef void oneshot_handler(const void *warm, struct bytes request, struct bytes payload, int answer_fd);

struct oneshot_server {
	int socket;                /* SEQPACKET: listening (relais-master) or connected (command line) */
	bool listening;
	const void *warm;          /* what the parent loaded; passed to the handler */
	oneshot_handler *handler;
	void (*narrow)(void);      /* the child's own, narrower filter; NULL for none (jail.h) */
	unsigned cpu_seconds;      /* RLIMIT_CPU of a child */
	size_t memory;             /* RLIMIT_AS beyond what the parent has already mapped; 0 = none (sanitizers) */
};
/* Serves until the connected socket closes (or for ever when listening). Returns an exit status. */
int oneshot_serve(const struct oneshot_server *server);
/* Writes all of it or ends the child. */
void oneshot_write(int answer_fd, struct bytes data);

/* --- client --------------------------------------------------------------- */

struct oneshot;
/* To a server listening on this path; (re)connects at each call, for up to five seconds. */
struct oneshot *oneshot_connect(const char *socket_path);
/* Starts the executable itself with "--socket 3" added to argv (command line, tests); reaped by oneshot_close. */
struct oneshot *oneshot_spawn(const char *executable, char *const argv[]);
void oneshot_close(struct oneshot **o);

/*
 * One exchange. On REASON_NONE *answer is the whole answer, in the arena.
 * MAIL_UNREADABLE: the child was killed or exited badly; MAIL_TIME: it took all of its processor time, or the deadline
 * passed of a server that was spawned; FRAME: the answer was over answer_max; IO: the server cannot be reached, or did not
 * answer in time (relais-master holds its socket, so that one that is away looks like a slow one: no fault of the message).
 */
MUST_USE enum reason oneshot_call(struct oneshot *o, struct arena *arena, struct bytes request, struct bytes payload,
				  size_t answer_max, unsigned deadline_ms, struct bytes *answer);

#endif
