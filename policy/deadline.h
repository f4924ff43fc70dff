/* policy/deadline.h - what is due next in a dossier, from its fold alone. */
#ifndef RELAIS_POLICY_DEADLINE_H
#define RELAIS_POLICY_DEADLINE_H

#include "policy/dossier.h"

enum deadline_kind {
	DEADLINE_NONE,
	DEADLINE_OFFER_REMINDER,   /* 12 h without an answer */
	DEADLINE_OFFER_SILENCE,    /* 24 h: the next expert */
	DEADLINES
};

struct deadline {
	enum deadline_kind kind;
	struct instant at;
};

const char *deadline_name(enum deadline_kind kind);   /* "offer_reminder", "offer_silence"; "none" */
enum deadline_kind deadline_of_name(struct bytes name);

/* Every deadline that runs, earliest first; returns how many (at most DEADLINES). A row is a timer of the store:
 * timers that are not in the list any more are to be dropped. */
size_t deadline_list(const struct dossier *dossier, struct deadline out[DEADLINES]);

#endif
