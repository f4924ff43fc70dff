/* gateway/collector_imap_private.h - what the files of collector_imap share. */
#ifndef RELAIS_GATEWAY_COLLECTOR_IMAP_PRIVATE_H
#define RELAIS_GATEWAY_COLLECTOR_IMAP_PRIVATE_H

#include <libetpan/libetpan.h>

#include "gateway/collector_imap.h"

struct collector_imap {
	struct arena *arena;            /* this struct lies in it */
	struct collector_imap_limits limits;
	struct stream *stream;
	mailimap *session;
	bool ready;                     /* logged in: LOGOUT may be said */
};

/* Budget and deadline of one command. */
void collector_imap_arm(struct collector_imap *imap);
/* Is the library content? */
bool collector_imap_fine(int result);
/* What it means when it is not: a stream that broke, or a reply that it could not read. */
enum reason collector_imap_broken(const struct collector_imap *imap);

#endif
