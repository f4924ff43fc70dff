/* gateway/master_status.h - run/status.json: what relais-master runs, and the lock that says that it does. */
#ifndef RELAIS_GATEWAY_MASTER_STATUS_H
#define RELAIS_GATEWAY_MASTER_STATUS_H

#include "gateway/process.h"

/* {"pid", "state": "starting|running|stopping", "since", "gate": gate_name of gateway/gate.h, "processes": [{"name", "pid", "since", "restarts",
 * "state": "running|waiting|missing"}], "walls_missing": [what this kernel lacks of gateway/jail.h]}. Written aside and renamed, so that a reader sees one whole state. */
bool master_status_write(const struct instance *instance, const char *state, struct instant since,
			 const struct process *processes, size_t n, const char *gate);

/* The master's lock, held for as long as it lives; false when another has it. */
MUST_USE bool master_lock(const struct instance *instance);
/* The process that holds it; 0 when none does. */
pid_t master_running(const struct instance *instance);

/* A restore into it was begun and did not come to its end: nothing may start. The file is there meanwhile. */
#define MASTER_RESTORING "run/restoring"
bool master_restoring(const struct instance *instance);

#endif
