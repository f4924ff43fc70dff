/* policy/dossier_guard.h - may this event happen to this dossier? For the gate alone (policy/dossier.c). */
#ifndef RELAIS_POLICY_DOSSIER_GUARD_H
#define RELAIS_POLICY_DOSSIER_GUARD_H

#include "policy/dossier.h"

/* NONE, or the reasons of dossier_apply(). Nothing is changed. */
MUST_USE enum reason dossier_guard(const struct dossier *d, const struct dossier_event *e);

/* For dossier.c and dossier_life.c: a list with room for one more; the old one is left to the arena. */
void *dossier_grow(struct arena *arena, void *list, size_t n, size_t *room, size_t size);
/* What an event around the straight line leaves behind. */
void dossier_keep_life(struct dossier *dossier, const struct dossier_event *event);
/* An acceptance ends who held the dossier before, and an opinion what its expert waited for. */
void dossier_keep_holder(struct dossier *dossier, const struct dossier_event *event);
/* A release is held back; it is no more. */
void dossier_keep_hold(struct dossier *dossier, const struct dossier_event *event);
void dossier_end_hold(struct dossier *dossier, const struct dossier_event *event);

#endif
