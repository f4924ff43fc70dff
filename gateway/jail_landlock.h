/* gateway/jail_landlock.h - the places and ports of a jail, as rules of Landlock. For jail.c alone. */
#ifndef RELAIS_GATEWAY_JAIL_LANDLOCK_H
#define RELAIS_GATEWAY_JAIL_LANDLOCK_H

#include "gateway/jail.h"

enum { JAIL_PLACES_MAX = 64, JAIL_PORTS_MAX = 16 };

struct jail_places {
	struct {
		const char *path;
		bool read_only;
	} folders[JAIL_PLACES_MAX];
	size_t n;
	int ports[JAIL_PORTS_MAX];
	size_t n_ports;
};

/* Version of the kernel's interface; 0 = it has none. */
int landlock_version(void);
/* NULL when it is in force; else the step that the kernel refused (errno). Not for version 0. */
MUST_USE const char *landlock_enter(int version, enum jail jail, const struct jail_places *places);

#endif
