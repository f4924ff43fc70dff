/* gateway/pathology_json.h - a pathology as the council writes it (JSON) to what the policy demands of a dossier.
 *
 * docs/rules.md, "Pathology", is the manual. Values are borrowed from both JSON values: keep them while they are used. */
#ifndef RELAIS_GATEWAY_PATHOLOGY_JSON_H
#define RELAIS_GATEWAY_PATHOLOGY_JSON_H

#include "gateway/rules_read.h"
#include "policy/complete.h"

/* The pathology, with the Questionnaire that it names (canonical|version). False: the fault is told; one of the questionnaire has the
 * place "questionnaire" before its own. questionnaire NULL: RULE_REFERENCE. */
MUST_USE bool pathology_read(struct rules_reader *r, const json_t *item, const json_t *questionnaire, struct pathology *out);

/* The same, as a sentence for a log: NULL when nothing is wrong. */
const char *pathology_read_stored(struct arena *arena, const json_t *item, const json_t *questionnaire, struct pathology *out);

#endif
