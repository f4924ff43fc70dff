/* gateway/privilege.h - the capabilities that a process of root keeps; the limits of a process, by its user; and whose death ends it. */
#ifndef RELAIS_GATEWAY_PRIVILEGE_H
#define RELAIS_GATEWAY_PRIVILEGE_H

#include <sys/types.h>

#include "base/bytes.h"

/* A set of capabilities: 1 << CAP_…, of linux/capability.h. */
#define PRIVILEGE(capability) (UINT64_C(1) << (capability))

/* Of root alone, and for good. privilege_bound: no program that is started from here on, whatever its file says, can have others than
 * these. privilege_keep: nor has this process itself. False when the kernel refuses. Another user has none: true. */
MUST_USE bool privilege_bound(uint64_t capabilities);
MUST_USE bool privilege_keep(uint64_t capabilities);

/* In a child, before its user changes: what it and its own children may take of the machine. files: descriptors at most. */
MUST_USE bool privilege_limits(unsigned files);

/* In a child, behind its last change of user, which would clear it: that signal comes when the parent ends. False when the parent, who took
 * its own number before the fork, has ended already: then no signal comes any more, and a child that went on would be nobody's. */
MUST_USE bool privilege_dies_with(pid_t parent, int signal);

#endif
