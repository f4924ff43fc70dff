/* gateway/jail_filter.h - the system calls of each jail, compiled to a seccomp program. For jail.c alone. */
#ifndef RELAIS_GATEWAY_JAIL_FILTER_H
#define RELAIS_GATEWAY_JAIL_FILTER_H

#include "gateway/jail.h"

#include <linux/filter.h>

enum { JAIL_FILTER_MAX = 2048 };

struct jail_filter {
	unsigned short len;   /* instructions; 0 = not compiled */
	struct sock_filter code[JAIL_FILTER_MAX];
};

/* How open(2) and its kin are answered. */
enum jail_open {
	JAIL_OPEN_NEVER,      /* EACCES */
	JAIL_OPEN_TO_READ,    /* without Landlock: reading only */
	JAIL_OPEN_ASK,        /* the kernel decides (Landlock, the user's rights) */
};

/* False when libseccomp fails. Opens a memfd for a moment: call it before any filter is in force. */
MUST_USE bool jail_filter_compile(enum jail jail, enum jail_open open, struct jail_filter *out);

#endif
