/* gateway/cli_instance_private.h - what cli_init.c and cli_instance.c share. */
#ifndef RELAIS_GATEWAY_CLI_INSTANCE_PRIVATE_H
#define RELAIS_GATEWAY_CLI_INSTANCE_PRIVATE_H

#include "gateway/cli_view.h"
#include "gateway/instance.h"

/* The words of a verb: options out of a list of names ("--force", "--domain="), then what is left. */
struct cli_words {
	int n;
	char **list;
};
/* Takes --name VALUE out; NULL when it is not there. False in *good when it stands without a value. */
const char *cli_take_value(struct cli_words *words, const char *name, bool *good);
bool cli_take_flag(struct cli_words *words, const char *name);

/* Applies schema/ to the database of conninfo; says what happened when it went wrong. */
int cli_apply_schema(const struct instance *instance, const char *conninfo);

#endif
