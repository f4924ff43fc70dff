/* gateway/service.h - what the mains of signer, deliverer and collector share: start, signals, children, the clock.
 *
 * Signals are blocked and read from a descriptor, so that a process stops between two mails and not within one.
 * A child has the same struct; it is told to stop when its parent is, and when its parent dies. */
#ifndef RELAIS_GATEWAY_SERVICE_H
#define RELAIS_GATEWAY_SERVICE_H

#include <sys/types.h>

#include "base/arena.h"
#include "base/instant.h"
#include "gateway/config.h"

/* Exit statuses (sysexits): the supervisor starts the process again after TEMPORARY, sooner or later. */
enum { SERVICE_FINE = 0, SERVICE_TEMPORARY = 75, SERVICE_USAGE = 64, SERVICE_CONFIG = 78 };

struct service {
	const char *name;
	struct arena *arena;           /* of the configuration; lives as long as the process */
	const struct config *config;
	int signals;                   /* readable when a signal waits; for poll */
	bool stop;                     /* TERM or INT came */
	bool renew;                    /* HUP came: the files of trust are to be read again */
};

/* argv: --config FILE. Opens the log, reads the configuration, blocks TERM, INT, HUP and CHLD, ignores PIPE.
 * False: it said why, and *status is the exit status. */
bool service_start(const char *name, int argc, char **argv, struct service *out, int *status);
/* Takes the signals that wait; true once the process is to stop. */
bool service_stopping(struct service *s);
/* True once after a HUP that service_stopping took. */
bool service_renews(struct service *s);
/* As a sleep that a signal ends. */
void service_pause(struct service *s, unsigned ms);

/* fork(): 0 in the child, -1 when it failed (logged). */
pid_t service_fork(struct service *s);
/* A child that has ended, or 0; *fine when its status was 0. */
pid_t service_reap(bool *fine);

struct instant service_now(void);

#endif
