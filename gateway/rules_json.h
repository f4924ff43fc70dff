/* gateway/rules_json.h - the rules as people write them (JSON files) to the values that the policy reads.
 *
 * Every key is checked: an unknown or missing one, or a value of the wrong kind, is refused with its name.
 * docs/rules.md is the manual; pathologies and their questionnaires have readers of their own (pathology_json.h). Values are borrowed from the JSON: keep it while they are used. */
#ifndef RELAIS_GATEWAY_RULES_JSON_H
#define RELAIS_GATEWAY_RULES_JSON_H

#include <jansson.h>

#include "policy/deadline.h"
#include "policy/rules.h"

/* One of our own mailboxes, and who may submit for it. */
struct account {
	struct bytes mailbox;
	struct policy_texts names;        /* canonical names of client certificates, in the arena */
	struct policy_texts subjects;     /* of tokens */
};

/* What is wrong with an item: NULL when nothing is. A sentence with the key, in the arena. */
const char *rules_expert(struct arena *arena, const json_t *item, struct expert *out);
const char *rules_organisation(struct arena *arena, const json_t *item, struct organisation *out);
const char *rules_recipient(struct arena *arena, const json_t *item, struct recipient *out);
/* A span or a window of deadline_settings_set(), into *settings. */
const char *rules_setting(struct arena *arena, const json_t *item, int version, struct deadline_settings *settings);
/* domain: the service's own. */
const char *rules_account(struct arena *arena, const json_t *item, const char *domain, struct account *out);

#endif
