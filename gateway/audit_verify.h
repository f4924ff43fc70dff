/* gateway/audit_verify.h - relais audit verify: does the trail hold, and do the journals outside the database say the same?
 *
 * Everything is recomputed here from what is read: of the database's own functions only the text of rows is taken. Each check is an object
 * {"name", "counted", "bad", "where"}: where is the first place at which it does not hold. */
#ifndef RELAIS_GATEWAY_AUDIT_VERIFY_H
#define RELAIS_GATEWAY_AUDIT_VERIFY_H

#include "gateway/audit_key.h"
#include "gateway/cli_view.h"

/* A checkpoint as the database has it, read by audit_verify_open. */
struct audit_point {
	int64_t number, position;
	struct bytes statement, seal, fingerprint, stamp;   /* stamp: empty when there is none */
	struct bytes link;                                  /* of the trail */
	json_t *told;                                       /* the statement, read; NULL when it cannot be */
	bool met;                                           /* the trail was there */
	bool fresh;                                         /* sealed or stamped within a minute: its copy is on the way */
};

/* What a restore to an earlier point left outside the database, as the trail tells it (relais.audit_restored). */
struct audit_restore {
	int64_t first, last;         /* checkpoints that are gone; none when last < first */
	const char *told;            /* where it stands in the trail, when, whose, what it says */
	bool fenced;                 /* a fence was closed before it and lifted after it */
	bool here;                   /* of this node's signer: */
	uint64_t from, to, seals;    /* so many seals between these bytes of its journal have no row */
	uint64_t met;                /* of them, found */
};

struct audit_verify {
	struct cli *cli;
	json_t *checks;
	struct audit_restore *restores;
	size_t n_restores;
	struct audit_point *points;                         /* by number */
	size_t n;
};

/* Runs them all; checks is the caller's array. STORE_…, IO, MEMORY: the checks could not be made. */
MUST_USE enum reason audit_verify(struct cli *cli, json_t *checks);

/* AUDIT_KEY: the trail was begun with another key. NONE too while it has none. */
MUST_USE enum reason audit_key_fits(struct cli *cli, const struct audit_key *key);
/* What the row at that position stands for does not fit: was it erased? */
bool audit_erased(struct cli *cli, int64_t position);

/* For the files of the verification alone. */
void audit_check(struct audit_verify *v, const char *name, uint64_t counted, uint64_t bad, const char *where);
/* Was a checkpoint of that number left behind by a restore? */
bool audit_point_lost(const struct audit_verify *v, int64_t number);
/* Asked of the database now: one may have been sealed since the list was read. */
MUST_USE enum reason audit_point_known(struct audit_verify *v, int64_t number, bool *known);
MUST_USE enum reason audit_verify_trail(struct audit_verify *v);
MUST_USE enum reason audit_verify_points(struct audit_verify *v);
MUST_USE enum reason audit_verify_journals(struct audit_verify *v);

#endif
