/* policy/retention.h - how long what is kept is kept, and why something that is over its time still stays (docs/operators.md, "What is kept, and how long").
 *
 * Relais is not the patient's file: that one is kept by his physician, by the expert and by the hospitals, twenty years in an establishment
 * (Code de la santé publique R.1112-7). What is kept here is what passed between them, and the proof of it. The controller says how long; the defaults are
 * the longest time that a source names, because what was erased too early cannot be had again.
 *  1. An open dossier is never erased, nor one of which anything is under way, nor one under a hold.
 *  2. What two dossiers share stays as long as one of them does.
 *  3. A child's dossier with an opinion stays at least until the twenty-eighth birthday; after a death the shorter of the two times counts.
 *  4. What a person ordered erased (relais dossier erase) is over its time at once; 1 and 2 hold for it, too. */
#ifndef RELAIS_POLICY_RETENTION_H
#define RELAIS_POLICY_RETENTION_H

#include "base/arena.h"
#include "base/instant.h"
#include "base/reason.h"

enum retention_rule {
	RETENTION_OPINION,     /* a dossier with an opinion that was released, or that was turned to another care: from its last event */
	RETENTION_MINOR,       /* age in whole years until which a child's dossier stays at least */
	RETENTION_DEATH,       /* from the notice of the death */
	RETENTION_ENDED,       /* a dossier that ended without an opinion: from its last event */
	RETENTION_APART,       /* a message that no dossier has, and the notices about it: from its decision */
	RETENTION_SERVICE,     /* a mail to our own people, experts and partners: from its end */
	RETENTION_ORDER,       /* a person ordered it: no time */
	RETENTION_RULES
};

enum retention_unit { RETENTION_DAYS, RETENTION_MONTHS, RETENTION_YEARS, RETENTION_UNITS };

struct retention_span {
	int count;
	enum retention_unit unit;
};

struct retention_row {
	const char *name;             /* of the setting: "retention.opinion" */
	const char *rule;             /* with its version, as the certificate names it: "retention.opinion/1" */
	struct retention_span span;
	const char *source;           /* the law's, the trust space's, or (A): an assumption of ours */
	const char *fr, *en;          /* why it is erased, as a certificate and the plan say it */
};

struct retention_settings {
	struct {
		bool told;
		struct retention_span span;
	} spans[RETENTION_RULES];
};

enum retention_wait {
	RETENTION_FREE,        /* nothing holds it back but its time */
	RETENTION_OPEN,        /* the dossier is not over; the message is held for a person */
	RETENTION_HELD,        /* a legal hold stands */
	RETENTION_UNDER_WAY,   /* a mail of it has not ended, a message of it is not decided */
	RETENTION_SHARED,      /* another dossier that stays has a message of it */
	RETENTION_WAITS
};

/* What is known of a dossier, a message or a mail. An instant of 0: it did not happen. */
struct retention_facts {
	enum retention_rule kind;     /* OPINION or ENDED of a dossier; APART, SERVICE */
	struct instant last;          /* the last thing that happened to it */
	struct instant died, ordered;
	struct date born;             /* year 0: not known */
	bool open, held, under_way, shared;
};

struct retention_answer {
	enum retention_rule rule;     /* whose time ends last, or the order's */
	struct instant ends;
	enum retention_wait wait;
	bool due;                     /* over its time, and nothing holds it back */
};

/* settings may be NULL: the defaults. */
struct retention_answer retention_of(const struct retention_settings *settings, const struct retention_facts *facts, struct instant now);

const struct retention_row *retention_row(enum retention_rule rule);
const char *retention_wait_name(enum retention_wait wait);                        /* "held"; "" when it is free */
const char *retention_wait_words(enum retention_wait wait, const char *language); /* for people */

/* "20 y", "6 m", "30 d"; "default" takes it back. NOT_FOUND: no such name; USAGE: no such span (1 to 36500 d, 1200 m, 100 y; retention.minor in years
 * alone, 18 to 100). On a reason *settings is untouched. */
MUST_USE enum reason retention_settings_set(struct retention_settings *settings, struct bytes name, struct bytes value);
/* "20 y" in the arena. settings may be NULL. */
const char *retention_span_text(struct arena *arena, const struct retention_settings *settings, enum retention_rule rule);

#endif
