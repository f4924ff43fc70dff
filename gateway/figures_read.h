/* gateway/figures_read.h - the figures of spans of time (policy/figures.h), read from the events of a database. For the command line and the worker. */
#ifndef RELAIS_GATEWAY_FIGURES_READ_H
#define RELAIS_GATEWAY_FIGURES_READ_H

#include "gateway/store.h"
#include "policy/figures.h"

/* Counts into each of n figures, which are as figures_begin left them: one dossier after another, so that memory stays flat. contract: of those alone
 * whose request names it (relais.contract); empty: of all. STORE_…, FRAME: an event that cannot be read. */
MUST_USE enum reason figures_read(struct store *store, struct bytes contract, struct figures *figures, size_t n);

#endif
