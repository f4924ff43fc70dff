/* gateway/enable_json.h - enableWhen and enableBehavior of a JSON object, as FHIR R4 writes them, to a rule of the policy. */
#ifndef RELAIS_GATEWAY_ENABLE_JSON_H
#define RELAIS_GATEWAY_ENABLE_JSON_H

#include "gateway/rules_read.h"

/* The two keys, for the reader of the object that they stand in. */
#define ENABLE_KEYS {"enableWhen", RULES_OBJECTS, false}, {"enableBehavior", RULES_TEXT, false}

/*
 * questions: those that a condition may name. The comparison fits the question: "exists" any; "=" and "!=" all but words; the others
 * numbers and dates. A code is one of its choices, a number within its bounds.
 * positive: only operators that need an answer ("exists" true, "=", "<"...): what raises an alarm is never raised by silence.
 * False: the fault is told. No enableWhen: a rule without conditions.
 */
MUST_USE bool enable_read(struct rules_reader *r, const struct rules_place *at, const json_t *object, const struct pathology_answer *questions,
			  size_t n, bool positive, struct enable_rule *out);

#endif
