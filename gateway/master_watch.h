/* gateway/master_watch.h - the files of trust that the configuration names: have they changed, and whose are they? Looks, acts not. */
#ifndef RELAIS_GATEWAY_MASTER_WATCH_H
#define RELAIS_GATEWAY_MASTER_WATCH_H

#include "gateway/config.h"
#include "gateway/instance.h"

enum { WATCH_MAX = 24 };

/* What a process can do about it. */
enum watch_act {
	WATCH_RENEW,     /* SIGHUP: it reads the file again where it stands (or ends and is started afresh: the readers) */
	WATCH_RESTART,   /* SIGTERM: a key is read by a new process only; its socket is the master's, so that nobody is turned away */
};

struct watch_due {
	bool renew[INSTANCE_USERS], restart[INSTANCE_USERS];
	const char *first;               /* a path that changed; NULL: none did */
};

struct watch {
	struct watched {
		const char *path;
		enum instance_user user;
		enum watch_act act;
		uint64_t seen;           /* what was there at the last look */
	} list[WATCH_MAX];
	size_t n;
	struct watch_due due;            /* what changed since it was taken */
};

/* The files of this configuration, looked at for the first time. Paths are borrowed. */
void watch_open(const struct config *config, struct watch *out);
/* Looks at all: names, sizes and times; of a folder, those of its files. What is gone has changed, too. True: something changed
 * since the last look, and may be changing still (a certificate comes before its key): look again soon. */
bool watch_look(struct watch *watch);
/* All that changed since the last time this was asked. */
struct watch_due watch_take(struct watch *watch);

#endif
