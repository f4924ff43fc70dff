/* gateway/keeper_private.h - between keeper_work.c and keeper_settle.c alone. */
#ifndef RELAIS_GATEWAY_KEEPER_PRIVATE_H
#define RELAIS_GATEWAY_KEEPER_PRIVATE_H

#include "gateway/keeper_work.h"

/* A body's key by what stands in its row: KEEPER_KEY, KEEPER_ERASED, BODY_SEAL. */
MUST_USE enum reason keeper_unseal(struct keeper_work *work, struct bytes sealed, const char *name, struct bytes digest, uint64_t size, struct body_key *out);
/* All that is the dossier's goes under its key, or why it cannot. What is under a key that is destroyed already is gone with that one. */
MUST_USE enum reason keeper_gather(struct keeper_work *work, const char *ref);
/* For good: in the lists, and in the journal. */
MUST_USE enum reason keeper_destroy(struct keeper_work *work, const char *name, const char *by, struct instant now, struct keeper_record *out);
/* Refusals that were only counted, once their minute is over. */
MUST_USE enum reason keeper_tell_refusals(struct keeper_work *work, struct instant now);

bool keeper_minute_over(struct instant since, struct instant now);
struct bytes keeper_number(struct arena *arena, int64_t n);

#endif
