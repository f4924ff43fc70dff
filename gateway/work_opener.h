/* gateway/work_opener.h - the opener of encrypted mail as the worker sees it. */
#ifndef RELAIS_GATEWAY_WORK_OPENER_H
#define RELAIS_GATEWAY_WORK_OPENER_H

#include "gateway/work.h"

/* open_message.h, of a body and in the name of the mail that is composed now. OPEN_AWAY at once while it is known to be away. */
MUST_USE enum reason work_opener_open(struct work *work, int64_t body, struct bytes raw, struct bytes *message, bool *authenticated);

/* As of the scanner (work_antivirus.h): whoever saw it away looks again when idle. */
void work_opener_watch(struct work *work);

#endif
