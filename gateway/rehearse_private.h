/* gateway/rehearse_private.h - what rehearse.c and rehearse_message.c share. */
#ifndef RELAIS_GATEWAY_REHEARSE_PRIVATE_H
#define RELAIS_GATEWAY_REHEARSE_PRIVATE_H

#include "gateway/rehearse.h"
#include "policy/decide.h"

struct rehearsal {
	struct cli *cli;
	const struct rules_all *today, *changed;   /* changed: NULL without a change */
	struct rehearse_result *out;
};

enum rehearse_kind { REHEARSE_MESSAGE, REHEARSE_ATTACH, REHEARSE_COMMAND, REHEARSE_TIMER, REHEARSE_OUTCOME, REHEARSE_LATE };

/* One input, as it was. */
struct rehearse_input {
	enum rehearse_kind kind;
	const char *name;
	const char *subject;
	int64_t id;                      /* of the dossier; 0: none */
	struct instant at;
	const struct dossier *dossier;
	const struct dossier *const *candidates;
	size_t n_candidates;
	const struct policy_message *message;
	const struct policy_command *command;
	struct bytes actor;              /* ATTACH */
	enum deadline_kind deadline;
	const struct policy_delivery *delivery;
	/* What was done: its events, or none; outcome as a word and reason as a code where they are known. */
	const struct dossier_event *events;
	size_t n_events;
	struct bytes outcome, reason;
};

/* Decides it in the arena, compares, and notes what differs. */
void rehearse_input(struct rehearsal *r, struct arena *arena, const struct rehearse_input *input);

/* Every message (rehearse_message.c). */
MUST_USE enum reason rehearse_messages(struct rehearsal *r);
/* A dossier out of its events before an instant; NULL when the gate refuses one, or it had not begun. */
const struct dossier *rehearse_fold(struct arena *arena, int64_t id, struct bytes reference, const struct dossier_event *events, size_t n, struct instant before);
/* Where the events of the decision that made events[from] end (n: where all end). */
size_t rehearse_decision_end(const struct dossier_event *events, size_t n, size_t from);

#endif
