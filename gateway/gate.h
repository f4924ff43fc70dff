/* gateway/gate.h - may the processes of this instance work on this database? Asked by the master before it starts them, and while they run.
 *
 *  1. The schema: the database says the oldest program that may still work with it (relais.schema_range), and which of its own files it has; a program
 *     says what it brings (share/relais/schema). Older than the database allows: it stops. The database older than the program: relais migrate.
 *     Between the two, nodes of several versions work side by side.
 *  2. The erasures: what the keeper destroyed must be erased in the database (gateway/erasure_key.h); after the restore of an older backup it is not.
 *     While everything runs, an erasure that was begun is one that is being done: between the end of the key and that of the rows nothing stops. */
#ifndef RELAIS_GATEWAY_GATE_H
#define RELAIS_GATEWAY_GATE_H

#include "gateway/store.h"

enum gate_state {
	GATE_OPEN,
	GATE_UNKNOWN,       /* the database does not answer, or what must be held against it cannot be read */
	GATE_SCHEMA_OLD,    /* of the database: relais migrate */
	GATE_PROGRAM_OLD,   /* this program may not work with that database any more */
	GATE_ERASURES,      /* relais retention again */
	GATE_STATES
};

struct gate {
	enum gate_state state;
	int64_t schema, oldest;     /* of the database: its last file; the oldest program's */
	int64_t program;            /* the last file that this program brings */
	size_t erasures;            /* that the database does not know */
	struct instant server;      /* since when that PostgreSQL runs: another one may be a standby that was behind (gateway/fence.h) */
};

/* The number of the last file in a folder of migrations; 0 when there is none. */
int64_t gate_program(const char *folder);
/* Of values alone: for the tests of the range. */
enum gate_state gate_judge(int64_t schema, int64_t oldest, int64_t program, size_t erasures);
/* As the operator's role. open: it was until now. */
struct gate gate_look(struct store *store, const char *schema_folder, const char *keeper_folder, bool open);

const char *gate_name(enum gate_state state);                       /* "schema-old" */
/* What is the matter and what to do, for people. */
const char *gate_words(enum gate_state state, const char *language);

#endif
