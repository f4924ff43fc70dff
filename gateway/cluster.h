/* gateway/cluster.h - the private PostgreSQL of an instance: made, started as a direct child, stopped.
 *
 * Local sockets only, in run/db. Who connects is told by the kernel (peer) and mapped to one role. The server sees
 * a password file of its own, bound over /etc/passwd in a mount namespace of its own: nothing of the machine changes. */
#ifndef RELAIS_GATEWAY_CLUSTER_H
#define RELAIS_GATEWAY_CLUSTER_H

#include "base/reason.h"
#include "gateway/instance.h"

/* data/ holds a cluster. */
bool cluster_exists(const struct instance *instance);
/* Runs initdb and writes the settings. NULL, or a sentence that says what failed. */
MUST_USE const char *cluster_make(const struct instance *instance);
/* The server's process, or -1 (logged). Its log goes to log/postgresql.log. */
pid_t cluster_start(const struct instance *instance);
/* That process takes connections. */
bool cluster_ready(const struct instance *instance, pid_t pid);
/* Waits for that at most so long; false when the process ended (it is then reaped) or time is over. */
bool cluster_wait(const struct instance *instance, pid_t pid, unsigned ms);
/* Fast shutdown, and waits for the end. */
void cluster_stop(pid_t pid);

/* A program of PostgreSQL of the cluster's version ("pg_dump"), in the instance's arena; NULL: there is none. */
const char *cluster_program(const struct instance *instance, const char *name);

/* For the superuser of the private cluster: what store_open takes. */
const char *cluster_conninfo(const struct instance *instance, const char *database);
/* The roles and the database, on the private cluster that runs (cluster_roles.c). What is there already stays. */
MUST_USE enum reason cluster_roles(const struct instance *instance);

#endif
