/* gateway/reconcile_keys.h - for `relais reconcile`: does the keeper have the key of every body that is kept, and does each open? */
#ifndef RELAIS_GATEWAY_RECONCILE_KEYS_H
#define RELAIS_GATEWAY_RECONCILE_KEYS_H

#include "gateway/cli_view.h"

struct reconcile_keys {
	long bodies;        /* with bytes in the database */
	long missing;       /* of these: their key is not with the keeper */
	long destroyed;     /* of these: it was destroyed, so that these bytes should not be here any more */
	long tried, closed; /* deep: bodies whose own key was taken out of its row; of these: it does not come out */
};

/* KEEPER_AWAY and what the database says. deep: every sealed key is tried, by the keeper, which tells nothing of it. */
MUST_USE enum reason reconcile_keys(struct cli *cli, bool deep, struct reconcile_keys *out);

#endif
