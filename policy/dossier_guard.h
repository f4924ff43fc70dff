/* policy/dossier_guard.h - may this event happen to this dossier? For the gate alone (policy/dossier.c). */
#ifndef RELAIS_POLICY_DOSSIER_GUARD_H
#define RELAIS_POLICY_DOSSIER_GUARD_H

#include "policy/dossier.h"

/* NONE, or the reasons of dossier_apply(). Nothing is changed. */
MUST_USE enum reason dossier_guard(const struct dossier *d, const struct dossier_event *e);

#endif
