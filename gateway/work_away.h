/* gateway/work_away.h - whom the worker asks and who may be away: the virus scanner, the opener of encrypted mail (struct work_away, work.h).
 *
 * Who was away is not asked again for some seconds, and then first whether he is back, so that one who is silent holds up no worker for long. An alarm
 * begins and ends with what is seen here. */
#ifndef RELAIS_GATEWAY_WORK_AWAY_H
#define RELAIS_GATEWAY_WORK_AWAY_H

#include "gateway/work.h"

/* He was away a moment ago: the answer is known. */
bool work_away_rests(const struct work_away *who);
/* What was seen of him now. state: "select relais.…_state($1)", told when he is away, and when that is over. A command has no store, and raises nothing. */
void work_away_tell(struct work *work, struct work_away *who, const char *state, bool away);

#endif
