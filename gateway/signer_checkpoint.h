/* gateway/signer_checkpoint.h - how far the trail and the journals had come, in the signer's own words.
 *
 * A checkpoint's statement is one line of JSON that the signer writes itself, from values of known form; nobody hands it bytes:
 *   {"checkpoint":3,"at":"2026-11-22T01:00:00Z","node":"mx…","trail":{"position":812,"link":HEX,"waiting":0},
 *    "signer":{"size":90211,"last":HEX},"journals":[{"name":"receiver","size":7012,"digest":HEX}…],"before":HEX}
 * link: of the trail's last row; last: SHA-256 of the last line of the signer's own journal, which is a chain; digest: SHA-256 of
 * the first size bytes of a journal; before: SHA-256 of the statement before it (zeros for the first). It begins with a brace, as no
 * MIME entity does: what is sealed here can stand in no mail. */
#ifndef RELAIS_GATEWAY_SIGNER_CHECKPOINT_H
#define RELAIS_GATEWAY_SIGNER_CHECKPOINT_H

#include "base/arena.h"
#include "gateway/signer_journal.h"

enum { SIGNER_HEADS = 5 };

/* The journals of other processes: read through descriptors that relais-master opened, from where the last look ended. */
struct signer_heads {
	struct signer_head {
		const char *name;            /* "receiver" */
		int fd;
		uint64_t size;               /* read so far */
		struct digest_run run;
	} list[SIGNER_HEADS];
	size_t n;
};

/* argv: --journal NAME…, whose descriptors are first, first + 1… False: not of that form, or one is no regular file. */
MUST_USE bool signer_heads_open(int argc, char **argv, int first, struct signer_heads *out);
/* To the end of each, as it is now. IO: one cannot be read, or is shorter than it was. */
MUST_USE enum reason signer_heads_read(struct signer_heads *heads);

struct checkpoint_facts {
	int64_t number;
	struct instant at;
	const char *node;
	int64_t position, waiting;
	struct bytes link;                   /* 64 hexadecimal digits */
	struct bytes before;                 /* the statement of the last one, empty for the first */
	int64_t lost;                        /* the highest number that a restore left behind, as the trail itself tells in its chain; 0: none */
};

/* The last checkpoint in the signer's own journal, whatever the database says; zeros when there is none. */
struct checkpoint_last {
	int64_t number, position;
};
/* Before the jail. IO, RULE_SIZE: the journal cannot be read; no file is none. */
MUST_USE enum reason checkpoint_last_read(const char *journal, struct checkpoint_last *out);

/* May this be sealed? NULL, or what is wrong, without content. A trail that became shorter, or begins to count anew, never is, unless
 * its chain says that the last one was left behind by a restore. */
const char *checkpoint_check(const struct checkpoint_facts *facts, const struct checkpoint_last *last);
/* In the arena, with its line end. */
struct bytes checkpoint_statement(struct arena *arena, const struct checkpoint_facts *facts, const struct chain_journal *journal,
				  const struct signer_heads *heads);

#endif
