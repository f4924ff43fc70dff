/* policy/simulate_draw.h - chance that is a function: of the seed, the dossier, the matter and how often it came up. For the simulation alone. */
#ifndef RELAIS_POLICY_SIMULATE_DRAW_H
#define RELAIS_POLICY_SIMULATE_DRAW_H

#include "policy/simulate.h"

enum simulate_matter {
	MATTER_ARRIVAL, MATTER_PATHOLOGY, MATTER_COMPLETE, MATTER_NEVER, MATTER_PIECES, MATTER_MAILBOX, MATTER_BOUNCE, MATTER_TRANSPORT,
	MATTER_TRIAGE, MATTER_CHECK, MATTER_OTHER, MATTER_ANSWER, MATTER_YES, MATTER_OPINION, MATTER_MORE, MATTER_READ, MATTER_ASK, MATTER_LEAVE
};

/* 0 to 999999. */
uint32_t simulate_draw(uint64_t seed, uint64_t dossier, enum simulate_matter matter, uint64_t nth);
/* True so many times in a thousand. */
bool simulate_share(uint64_t seed, uint64_t dossier, enum simulate_matter matter, uint64_t nth, unsigned thousandths);
struct span simulate_span(const struct simulate_delay *delay, uint32_t draw);

#endif
