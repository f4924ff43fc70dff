/* gateway/keeper_destroyed.h - what the keeper has destroyed: a list beside its keys and one beside their copy (destroyed.jsonl, chain_journal.h).
 *
 * {"at","n","name","by","previous"}. Whatever one list names is destroyed. A record that one has and the other lacks (a full disk, a folder that was
 * lost) is added to the other when they are opened, as it stands: neither folder alone forgets. Numbers are used once; one whose line could not be
 * written is left out. */
#ifndef RELAIS_GATEWAY_KEEPER_DESTROYED_H
#define RELAIS_GATEWAY_KEEPER_DESTROYED_H

#include "base/buf.h"
#include "gateway/chain_journal.h"

enum { KEEPER_PLACES = 2, KEEPER_MARK = 16 };

/* What stands for a key's name, in its file's name too: the first bytes of its SHA-256. */
void keeper_mark(const char *name, unsigned char out[KEEPER_MARK]);

struct keeper_record {
	unsigned char mark[KEEPER_MARK];
	uint64_t n;
	struct instant at;
	unsigned places;                             /* a bit for each list that has it on disk */
};

struct keeper_destroyed {
	struct chain_journal lists[KEEPER_PLACES];
	const char *paths[KEEPER_PLACES];
	size_t n;
	struct buf records;                          /* struct keeper_record, sorted by mark, each mark once with its first number */
	uint64_t highest;
};

/* Before the jail. paths: n of them, borrowed; a list that is not there is made. IO: one cannot be read or written, or another has it. */
MUST_USE enum reason keeper_destroyed_open(const char *const *paths, size_t n, struct keeper_destroyed *out);
/* Accepts one that was zeroed or not opened to the end. */
void keeper_destroyed_close(struct keeper_destroyed *destroyed);

/* All of them; borrowed until the next is added. */
const struct keeper_record *keeper_destroyed_all(const struct keeper_destroyed *destroyed, size_t *n);
/* NULL: it is not destroyed. */
const struct keeper_record *keeper_destroyed_find(const struct keeper_destroyed *destroyed, const char *name);
/* On disk in all lists when it returns NONE. One that is destroyed already keeps its record, and is added where it is missing.
 * STORE_FULL, IO: it is missing in a list, or not known to be on disk; it counts as destroyed as soon as its line stands in the first. */
MUST_USE enum reason keeper_destroyed_add(struct keeper_destroyed *destroyed, const char *name, const char *by, struct instant at, struct keeper_record *out);

#endif
