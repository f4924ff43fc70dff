/* smtp/reply_leave.h - from when until when somebody is away, as he or his automatic answer says it.
 *
 * "jusqu'au 20/03", "du 3 au 20", "de retour le 21 mars", "pas avant lundi", "la semaine prochaine", "pendant quinze jours", "until next Monday". */
#ifndef RELAIS_SMTP_REPLY_LEAVE_H
#define RELAIS_SMTP_REPLY_LEAVE_H

#include "base/arena.h"
#include "base/instant.h"

struct reply_leave {
	bool has_from, has_until;
	struct date from, until;   /* first and last day of absence: "back on the 21st" is until the 20th */
};

/* folded: one sentence. The day on which it was written is given; without it (year 0) only full dates are read. A day that is gone by, or
 * more than LIMIT_LEAVE_DAYS away, is not read: a person looks. False: no day of an absence is said. */
bool reply_leave_read(struct bytes folded, struct date written, struct reply_leave *out);

/* An automatic answer (RFC 3834): the first of its sentences that says it. A suggestion for a person, never an answer (product.md E17). */
bool reply_leave_suggest(struct arena *arena, struct bytes text, struct date written, struct reply_leave *out);

#endif
