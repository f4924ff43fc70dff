/* gateway/question_json.h - one question of a FHIR R4 Questionnaire: type, options, bounds, unit, how often. For questionnaire_json.c. */
#ifndef RELAIS_GATEWAY_QUESTION_JSON_H
#define RELAIS_GATEWAY_QUESTION_JSON_H

#include "gateway/rules_read.h"

/* A text in French at key, and its English translation in the extension of "_key". */
MUST_USE bool question_words(struct rules_reader *r, const struct rules_place *at, const json_t *object, const char *key, struct bytes *fr,
			     struct bytes *en);

/* Is the item something that is answered: neither group nor display? */
bool question_is_one(const json_t *item);

/* All of *out but when it is asked. contained: the resource's own value sets, a list or NULL. */
MUST_USE bool question_read(struct rules_reader *r, const struct rules_place *at, const json_t *item, const json_t *contained,
			    struct pathology_answer *out);

#endif
