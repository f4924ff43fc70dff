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
	bool told_alert, told_other;    /* what the server said beside its answers was logged */
};

/* Budget and deadline of one command. */
void collector_imap_arm(struct collector_imap *imap);
/* Is the library content? */
bool collector_imap_fine(int result);
/* What it means when it is not: a stream that broke, or a reply that it could not read. */
enum reason collector_imap_broken(const struct collector_imap *imap);
/* No control character: the library quotes, but lets line ends through. */
bool collector_imap_sayable(const char *text);
/* Logs, once a session each, that the last answer held an alert or another code that we do not act on. */
void collector_imap_hear(struct collector_imap *imap);

/* collector_login.c: capabilities, credentials, capabilities again. The stream speaks TLS. COLLECT_LOGIN, COLLECT_PROTOCOL,
 * COLLECT_CONNECT, MEMORY. What was sent lies in no buffer of the library afterwards. */
MUST_USE enum reason collector_login(struct collector_imap *imap, const struct collector_imap_server *server);

#endif
