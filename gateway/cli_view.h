/* gateway/cli_view.h - how the command line asks the database and shows the answer: as a table, or as JSON with --json. */
#ifndef RELAIS_GATEWAY_CLI_VIEW_H
#define RELAIS_GATEWAY_CLI_VIEW_H

#include <jansson.h>

#include "base/arena.h"
#include "gateway/config.h"
#include "gateway/store.h"

/* Exit statuses of `relais` (docs/man/relais.1). */
enum {
	CLI_OK = 0,
	CLI_FAILED = 1,      /* it was tried and refused, or a check does not hold */
	CLI_USAGE = 2,
	CLI_NOT_FOUND = 4,
	CLI_CONFIG = 5,
	CLI_ALARM = 6,       /* all runs, and an alarm wants a person today (status, alarms) */
};

/* What every verb that needs an instance begins with. */
struct cli {
	struct arena *arena;
	struct config *config;
	struct store *store;   /* as relais_operator */
	bool json;
	bool french;           /* language of sentences: LANG, else the configuration's */
	int n;                 /* arguments that are left, options taken out */
	char **arguments;
	const char *dir;
};

/* Reads --dir DIR and --json wherever they stand, then the configuration. The words of usage are shown when min..max does not hold.
 * Not CLI_OK: everything was said on standard error. */
MUST_USE int cli_open(struct cli *cli, int argc, char **argv, int min, int max, const char *usage);
/* Frees what cli_open made; gives status back, so that a verb can end with return cli_close(...). */
int cli_close(struct cli *cli, int status);

/* Takes an option out of the arguments: its value, or the option itself when it has none; NULL when it is not there. */
const char *cli_option(struct cli *cli, const char *name, bool has_value);
/* The language of sentences: LANG, else the configuration's (NULL: none could be read). */
bool cli_speaks_french(const struct config *config);
/* The name under which an operator's act is kept: RELAIS_ACTOR, else SUDO_USER, else USER. */
const char *cli_actor(void);
/* The path of an executable that stands beside our own; NULL when ours cannot be told. */
const char *cli_beside(struct arena *arena, const char *name);

/* Says a reason on standard error with its code and sentence; gives CLI_FAILED. */
int cli_refuse(const struct cli *cli, enum reason reason, const char *detail);

/*
 * Runs a query that gives one jsonb value. NULL after a failure, which was told. The caller owns the object.
 * The query is text of ours: select coalesce(jsonb_agg(t), '[]') from relais.f($1) t
 */
json_t *cli_query(struct cli *cli, const char *sql, const struct store_param *params, size_t n);
#define CLI_QUERY(cli, sql, ...)                                                   \
	cli_query((cli), (sql), (const struct store_param[]){__VA_ARGS__},          \
		  sizeof((const struct store_param[]){__VA_ARGS__}) / sizeof(struct store_param))

/* Names, titles and a server's words come from strangers: on a screen they stay in their line and order the terminal nothing (arena_line). rows: an
 * array of objects, to be printed; cli_show does it itself. */
void cli_plain(const struct cli *cli, json_t *rows);
/* An array of objects as a table (columns: space-separated keys) or as JSON; takes the reference. Gives CLI_OK. */
int cli_show(const struct cli *cli, json_t *rows, const char *columns);
/* For people: the number in each row's "proof" becomes "4 lu", "4 read" (the ladder of proof, docs/operators.md). */
void cli_proof_words(const struct cli *cli, json_t *rows);
/* One column of a row, or "" when it is null; numbers and truth as text. Lives until the next call. */
const char *cli_value(const json_t *row, const char *key, char buffer[64]);

#endif
