/* gateway/cli_inspect_merge.h - the answers of the two readers, made one object of `relais inspect --json`. */
#ifndef RELAIS_GATEWAY_CLI_INSPECT_MERGE_H
#define RELAIS_GATEWAY_CLI_INSPECT_MERGE_H

#include <jansson.h>

#include "base/reason.h"

struct inspect_answers {
	const char *file, *kind;     /* kind: "mail", "zip", "cda", "other" */
	const json_t *verified;      /* NULL: not asked, or it failed */
	const json_t *facts;         /* NULL: the same */
	enum reason failed;          /* why a reader gave no answer; NONE otherwise */
	bool french;                 /* language of "message" */
};

/* Exactly the keys of the design, each time; what is not known is null, "none", "unknown" or empty. The caller owns it. */
json_t *cli_inspect_merge(const struct inspect_answers *answers);

#endif
