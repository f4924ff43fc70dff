/* gateway/dossier_rows.h - rows of the database to the values of the policy: a dossier out of its events, experts with what is counted of them.
 * For the worker and for the command line, which asks the same policy. */
#ifndef RELAIS_GATEWAY_DOSSIER_ROWS_H
#define RELAIS_GATEWAY_DOSSIER_ROWS_H

#include <jansson.h>

#include "gateway/store.h"
#include "policy/dossier.h"
#include "policy/expert.h"

/* Columns: seq, at, kind, data, actor, rule, inbox. Folds them onto *dossier, in its arena. The reason of an event that the gate refuses:
 * dossier->seq is that of the last before it. */
MUST_USE enum reason dossier_rows(const struct store_rows *rows, struct dossier *dossier);

/* rpps, version, data, load, asked, week, offered_at, ended: what expert_columns names of relais.expert_candidates(pathology, named, at).
 * A record that cannot be read is left out, and told in the log. kept: a list that holds the JSON whose texts the values are views on. */
#define EXPERT_COLUMNS "rpps, version::bigint, data, load, asked, week, offered_at, ended"
struct expert *expert_rows(struct arena *arena, json_t *kept, const struct store_rows *rows, size_t *n);

#endif
