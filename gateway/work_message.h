/* gateway/work_message.h - one incoming message on its way through the worker: shared by the step (work_message.c) and by what finds out
 * whose it is (work_origin.c). */
#ifndef RELAIS_GATEWAY_WORK_MESSAGE_H
#define RELAIS_GATEWAY_WORK_MESSAGE_H

#include "gateway/work.h"

struct work_message {
	struct work_inbox inbox;
	struct work_facts facts;
	struct policy_message view;
	struct policy_decision decision;
	int64_t dossier, outbox;
	bool held;                   /* a person decides on a held one: the row is no claim */
	bool declined;               /* it asks for content that it may not have */
	enum reason held_for;
};

/* Dossiers that it may concern, locked. */
struct work_candidates {
	const struct dossier **list;
	size_t n;
};

/* Fills in the view what the message's bytes cannot tell: to whom it came and from whom, whether it was here before, what the peer's
 * certificate speaks for, which mail of ours it reports on or answers; and gives the dossier, the candidates and the rules for the decision.
 * Inside the transaction of the decision. STORE_…, MEMORY. */
MUST_USE enum reason work_gather(struct work *work, struct work_message *message, const struct dossier **dossier,
				 struct work_candidates *candidates, struct policy_rules *rules);

#endif
