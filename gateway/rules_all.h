/* gateway/rules_all.h - all the rules that are in force, and what they would be with a change: for the command line. */
#ifndef RELAIS_GATEWAY_RULES_ALL_H
#define RELAIS_GATEWAY_RULES_ALL_H

#include "gateway/cli_view.h"
#include "policy/deadline.h"
#include "policy/rules.h"

struct rules_all {
	struct policy_rules policy;      /* experts without what is counted of them: load, asked and week are 0 */
	struct deadline_settings settings;
	json_t *kept;                    /* what the values are views on; rules_all_free */
};

/*
 * From the database and the configuration. change (may be NULL): an object with lists "pathologies", "questionnaires", "experts", "senders",
 * "recipients", as their import files have them, and "gates" {"triage_by_nurse", "release_by_nurse"}; an item takes the place of the one with
 * its key, or is added. settings (may be NULL): a list as `relais settings import` takes it. NULL, or what is wrong: a sentence in the arena;
 * the database's troubles were told.
 */
const char *rules_all_read(struct cli *cli, const json_t *change, const json_t *settings, struct rules_all *out);
void rules_all_free(struct rules_all *rules);

#endif
