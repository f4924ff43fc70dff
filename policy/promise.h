/* policy/promise.h - the clock C7: seven days from T0 to a report that the patient's operator took, or a letter that was posted.
 *
 * Calendar days of France (product 3.1). It stands still while the expert's question waits for its answer and while the patient asks us to
 * wait, and for nothing else: both times are told, with pauses (gross) and without (net). Time held back before a release is in both, and is told apart. */
#ifndef RELAIS_POLICY_PROMISE_H
#define RELAIS_POLICY_PROMISE_H

#include "policy/dossier.h"

struct promise {
	bool begun, kept;        /* T0 was; a report arrived or was posted */
	struct instant from;     /* T0 */
	struct instant due;      /* T0 + 7 days + pauses so far; moves on while one lasts */
	struct span gross, net;  /* from T0 to the arrival, or until now */
	struct span paused, held;
	bool late;               /* beyond due, arrived or not */
};

struct promise promise_of(const struct dossier *dossier, struct instant now);

/* How much of the time from one instant to another was paused; pauses that overlap count once. */
struct span promise_paused(const struct dossier *dossier, struct instant from, struct instant until);
/* T0 + 7 days + the pauses that ended: what dossier.due_at is. */
struct instant promise_due(const struct dossier *dossier);

#endif
