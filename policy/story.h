/* policy/story.h - an event as a sentence that a nurse, a patient or a judge can read. */
#ifndef RELAIS_POLICY_STORY_H
#define RELAIS_POLICY_STORY_H

#include "base/arena.h"
#include "policy/dossier.h"

/* "mardi 3 mars 2026 à 9:12": the instant as France tells it. language: "fr" or "en". In the arena. */
const char *story_time(struct arena *arena, struct instant at, const char *language);
/* "Le Pr MOREAU accepte de donner son avis." Names documents by their titles and experts by their names, and no patient's number; what a person
 * wrote down is told in her words. In the arena. */
const char *story_line(struct arena *arena, const struct dossier_event *event, const char *language);
/* "l'organisation 1750000018", "operator claire", "le service": who did it. In the arena. */
const char *story_actor(struct arena *arena, struct bytes actor, const char *language);
/* "le médecin traitant": whom a mail is for. */
const char *story_party(enum party party, const char *language);

#endif
