/* gateway/simulate_past.h - the dossiers of a database as a population to be played: when they came, and how long each thing took. */
#ifndef RELAIS_GATEWAY_SIMULATE_PAST_H
#define RELAIS_GATEWAY_SIMULATE_PAST_H

#include "gateway/rules_all.h"
#include "policy/simulate.h"

/* What is read of one dossier's events; what they do not tell is negative. pathology is left to the caller. */
struct simulate_past simulate_past_of(const struct dossier_event *events, size_t n);

/*
 * *out begins as the caller's (simulate_default), for what people do that the past does not tell; its pathologies, experts, gates and settings
 * become the rules'. *left: dossiers of pathologies that the rules have no more. STORE_…; NOT_FOUND: there is no dossier.
 */
MUST_USE enum reason simulate_past(struct store *store, struct arena *arena, const struct rules_all *rules, struct simulate_population *out, size_t *left);

#endif
