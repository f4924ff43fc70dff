/* gateway/cli_journals.h - the journals outside the database, as reconcile and the fence read them: what was accepted (receiver*.jsonl,
 * collector*.jsonl), what was sent (deliverer*.jsonl), what was sealed (signer*.jsonl), in the instance's folder journal. Other nodes' journals
 * are put beside them under such a name. */
#ifndef RELAIS_GATEWAY_CLI_JOURNALS_H
#define RELAIS_GATEWAY_CLI_JOURNALS_H

#include <sys/types.h>

#include "gateway/cli_view.h"

enum cli_journal { CLI_JOURNAL_ACCEPTED, CLI_JOURNAL_SENT, CLI_JOURNAL_SEALED };

/* A journal as long as it was when it was found: what is added meanwhile may be newer than what the database answers after. */
enum { CLI_JOURNALS_MAX = 64 };
struct cli_journals {
	struct {
		const char *path;
		off_t size;
	} list[CLI_JOURNALS_MAX];
	size_t n;
};

/* False: there is one that cannot be read, or are more than the most, which was told. Nobody may take it for an empty one. */
MUST_USE bool cli_journals_find(struct cli *cli, enum cli_journal which, struct cli_journals *out);
/* Each line that is a JSON object, borrowed for the call; *torn counts the others. False as above. */
typedef void cli_journals_take(void *context, json_t *line);
MUST_USE bool cli_journals_read(struct cli *cli, const struct cli_journals *journals, cli_journals_take *take, void *context, long *torn);

/* What was accepted, against the inbox. */
struct cli_missing {
	long lines;     /* of the journals */
	long torn;      /* told: what a crash or a full disk cut off was not acknowledged */
	long differs;   /* a row of that number with other bytes */
	long again;     /* lost, and here again: the same bytes or the same Message-ID */
	long noted;     /* lost, and settled by a person (relais fence note) */
	long unknown;   /* rows that no line names */
	json_t *lost;   /* the lines of the others, as they stand in the journal; the caller's */
};
/* False: the database did not answer, or a journal cannot be read, which was told. */
MUST_USE bool cli_missing_find(struct cli *cli, const struct cli_journals *journals, struct cli_missing *out);
/* A line for each that is lost. */
void cli_missing_tell(const struct cli *cli, const struct cli_missing *missing);

#endif
