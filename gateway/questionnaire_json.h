/* gateway/questionnaire_json.h - a FHIR R4 Questionnaire to the questions that the policy weighs answers by.
 *
 * The subset that is read, what is ignored and what is refused: docs/rules.md, "Questionnaire". Views are borrowed from the JSON. */
#ifndef RELAIS_GATEWAY_QUESTIONNAIRE_JSON_H
#define RELAIS_GATEWAY_QUESTIONNAIRE_JSON_H

#include "gateway/rules_read.h"

struct questionnaire {
	struct bytes url, version, title_fr, title_en;
	const struct pathology_answer *questions;
	size_t n;
};

/* False: the fault is told (RULE_*). */
MUST_USE bool questionnaire_read(struct rules_reader *r, const json_t *resource, struct questionnaire *out);

#endif
