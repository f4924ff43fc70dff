/* policy/degraded.h - what goes on and what waits while what we rest on is too old or away: revocation lists, the white list, the directory, the keeper of
 * keys (docs/operators.md, "Degraded mode"; product 3.4 E45).
 *
 *  1. What is received is kept, whatever else is so: intake never waits for any of these.
 *  2. What cannot be proven waits, by itself, and goes on by itself: a signature or a server whose revocation nobody can tell is neither believed nor refused.
 *  3. Old data that were good stay in service where a wrong one is found out on the way: an operator that left shows no certificate. Whose a mailbox
 *     is today nothing on the way finds out: an old extract vouches for none. */
#ifndef RELAIS_POLICY_DEGRADED_H
#define RELAIS_POLICY_DEGRADED_H

#include "base/bytes.h"
#include "base/instant.h"

enum degraded_source {
	DEGRADED_LISTS,       /* revocation lists: the alarm crl.stale */
	DEGRADED_OPERATORS,   /* the white list: trust.list.stale */
	DEGRADED_DIRECTORY,   /* the extract of the directory: directory.stale */
	DEGRADED_LOOKUP,      /* the directory's answers about one person: directory.lookup */
	DEGRADED_KEEPER,      /* keeper.away */
	DEGRADED_SOURCES
};

enum degraded_level {
	DEGRADED_FRESH,
	DEGRADED_AGEING,      /* told, and nothing waits yet: the alarm is a warning */
	DEGRADED_OLD,         /* critical */
	DEGRADED_LEVELS
};

enum degraded_activity {
	DEGRADED_KEEPING,         /* what an operator that may speak, a mailbox or a submission brings is stored and acknowledged */
	DEGRADED_PEERS,           /* taking mail over mutual TLS at all */
	DEGRADED_SIGNED,          /* deciding on signed mail */
	DEGRADED_DECIDING,        /* deciding on all else: timers, acts of people, unsigned mail where a rule takes it */
	DEGRADED_WRITING,         /* composing and sealing what goes out */
	DEGRADED_SENDING,         /* handing it over to a server */
	DEGRADED_NEW_MAILBOXES,   /* writing to a professional whose mailbox nobody has vouched for yet */
	DEGRADED_ACTIVITIES
};

/* Of what grows old: fresh up to so many days, old beyond twice as many. */
enum degraded_level degraded_age(struct span age, int limit_days);
/* The earliest instant that is not old yet. */
struct instant degraded_oldest(struct instant now, int limit_days);
/* Whether that waits; what does not goes on. */
bool degraded_waits(enum degraded_source source, enum degraded_level level, enum degraded_activity activity);

/* The source of an alarm, DEGRADED_SOURCES for one of other things. */
enum degraded_source degraded_of_alarm(struct bytes alarm);
const char *degraded_alarm(enum degraded_source source);
const char *degraded_activity_words(enum degraded_activity activity, const char *language);
/* How it ends, for people. */
const char *degraded_end_words(enum degraded_source source, const char *language);

#endif
