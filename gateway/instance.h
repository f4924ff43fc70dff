/* gateway/instance.h - an instance: one folder, its files, and who owns them.
 *
 *   relais.conf   run/ sockets, status.json, db/    journal/ one file a process    pki/ certificates and keys
 *   data/ the private cluster of PostgreSQL         log/ relais.log, postgresql.log
 *
 * Made by root, every process runs as a user of its own (a number; the machine's password file is not touched).
 * Made by anybody else, all run as that one user: development only. Paths are in the instance's arena. */
#ifndef RELAIS_GATEWAY_INSTANCE_H
#define RELAIS_GATEWAY_INSTANCE_H

#include "base/arena.h"
#include "base/bytes.h"

#include <sys/types.h>

enum instance_user {
	INSTANCE_POSTGRES,
	INSTANCE_RECEIVER,
	INSTANCE_COLLECTOR,
	INSTANCE_WORKER,
	INSTANCE_SIGNER,
	INSTANCE_DELIVERER,
	INSTANCE_VERIFY,
	INSTANCE_INSPECT,
	INSTANCE_COMPOSE,
	INSTANCE_REFRESHER,
	INSTANCE_KEEPER,
	INSTANCE_SHIELD,
	INSTANCE_ANTIVIRUS,
	INSTANCE_OPENER,
	INSTANCE_USERS
};

struct instance {
	struct arena *arena;        /* borrowed */
	const char *folder;         /* absolute */
	const char *executables;    /* folder of this very program */
	const char *share;          /* schema/, templates/, make-test-pki.sh */
	bool root;                  /* each process has a user of its own */
};

/* An existing folder. NULL, or a sentence that says what is wrong. */
MUST_USE const char *instance_open(struct arena *arena, const char *folder, struct instance *out);
/* folder/name. */
const char *instance_path(const struct instance *instance, const char *name);

const char *instance_user_name(enum instance_user user);   /* "relais-receiver" */
uid_t instance_uid(const struct instance *instance, enum instance_user user);
/* Gives the path to that user, with that mode. */
MUST_USE bool instance_give(const struct instance *instance, const char *path, enum instance_user user, mode_t mode);
/* For good, in a child: user, group, no other groups, no capability ever. Without root nothing changes. */
MUST_USE bool instance_become(const struct instance *instance, enum instance_user user);

#endif
