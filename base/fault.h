/* base/fault.h - the places where a build of its own (preset `faults`) can be made to fail or to die, one by one, by name and count.
 *
 * In every other build FAULT is false and nothing of this is compiled: tests/walls looks for its words in the executables. In that build a file
 * that RELAIS_FAULTS names is mapped by every process (shared, so that counts survive a kill -9): it counts the hits of each process at each
 * point and holds the plan: at which hit of which process what happens. tests/faults/points.py walks through them. */
#ifndef RELAIS_BASE_FAULT_H
#define RELAIS_BASE_FAULT_H

#include <stdbool.h>

enum fault_point {
	FAULT_ALLOCATE,        /* an arena's block, a buffer's growth: there is no memory */
	FAULT_LIBRARY,         /* malloc, calloc or realloc of anybody else in the process: NULL */
	FAULT_WRITE,           /* a line of a journal, a piece of the spool, an answer of a reader: no room, or cut off */
	FAULT_SYNC,            /* fdatasync of a journal: an error of the disk */
	FAULT_COMMIT_BEFORE,   /* COMMIT, or a statement that is a transaction of its own: the connection is lost before it is sent */
	FAULT_COMMIT_SENT,     /* the same, when it was sent: the answer is never heard */
	FAULT_COMMIT_DONE,     /* the same, when the answer is here: only a kill is of interest */
	FAULT_SEND,            /* a command or a part of a mail to a server, a reply to a peer: the connection is cut before */
	FAULT_SENT,            /* the final reply was heard: the server has the mail, nobody here knows */
	FAULT_POINTS
};

#ifdef RELAIS_FAULTS
/* Maps the file for this process (log_open calls it, before any jail). */
void fault_open(const char *process);
/* Counts the hit. True: fail here. Does not return when the plan says that the process is killed here. */
bool fault_hit(enum fault_point point);
#define FAULT(point) fault_hit(point)
#else
#define FAULT(point) false
#endif

#endif
