/* gateway/reconcile_fold.h - is what the database keeps of each dossier still the fold of its events? For `relais reconcile`. */
#ifndef RELAIS_GATEWAY_RECONCILE_FOLD_H
#define RELAIS_GATEWAY_RECONCILE_FOLD_H

#include "gateway/cli_view.h"

struct reconcile_folds {
	long dossiers, differ;           /* columns: state, expert, pathology, dates, documents */
	long fees, fees_differ;          /* lines of the ledger, or dossiers that ought to have one */
	long timers, forgotten;          /* running dossiers whose next timer is not set, or later than it is due */
};

/*
 * Every dossier's events are folded again, through the gate, and compared with its row and the rows of its documents; each dossier is read in
 * one snapshot, so that it may run while the instance works. The first that differ are named on standard error. STORE_…
 */
MUST_USE enum reason reconcile_folds(struct cli *cli, struct reconcile_folds *out);

#endif
