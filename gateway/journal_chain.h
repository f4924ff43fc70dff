/* gateway/journal_chain.h - reads a journal outside the database line by line, and the chain that its lines form.
 *
 * A chained journal (the signer's, the keeper's) has JSON lines that end with ,"previous":HEX}: the SHA-256 of the line before, zeros for the
 * first. A crash may leave a piece of a line, which stands alone: the next line names its digest like any other's. */
#ifndef RELAIS_GATEWAY_JOURNAL_CHAIN_H
#define RELAIS_GATEWAY_JOURNAL_CHAIN_H

#include "base/bytes.h"
#include "base/digest.h"
#include "base/reason.h"

struct journal_line {
	struct bytes text;                          /* without its end; borrowed until the callback returns */
	uint64_t number;                            /* from 1 */
	uint64_t end;                               /* bytes of the file up to and with its end */
	char digest[DIGEST_SHA256_TEXT];
	char before[DIGEST_SHA256_TEXT];            /* of the line before it; zeros for the first */
};

/* Does it name the line before it? Pure. False: it names another, or none. */
bool journal_chained(const struct journal_line *line);
/* Is it a line of ours at all, or the piece that a crash left? */
bool journal_whole(struct bytes text);

typedef void journal_sink(void *context, const struct journal_line *line);
/* Every line of the file as it is now; a last one without an end is given too. NOT_FOUND: no such file; IO; RULE_SIZE: a line over
 * JOURNAL_LINE bytes, which no journal of ours has. */
enum { JOURNAL_LINE = 16384 };
MUST_USE enum reason journal_lines(const char *path, journal_sink *sink, void *context);

#endif
