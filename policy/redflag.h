/* policy/redflag.h - answers that want a person before anything else (product, 2.7 and E01): a second opinion is no place for an emergency.
 *
 * Each pathology names its own. Asked of every pathology besides: is the decision at hand within a week, or past ("decision.date")?
 * An answer counts here also where its question need not have been asked, and where it is out of its bounds: what alarms is not lost
 * to a slip of the form. A question without an answer raises nothing. */
#ifndef RELAIS_POLICY_REDFLAG_H
#define RELAIS_POLICY_REDFLAG_H

#include "policy/complete.h"

struct redflag {
	struct bytes code, label_fr, label_en;   /* the label is for the nurse */
	enum redflag_urgency urgency;            /* NOW: 15, 112 or 114 before any reading; TODAY: a nurse looks the same day */
};

/* In the order of the definition, the most urgent first. *out is in the arena; returns how many. */
size_t redflag_list(struct arena *arena, const struct dossier *dossier, const struct pathology *pathology, struct instant now,
		    struct redflag **out);

#endif
