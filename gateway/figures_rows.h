/* gateway/figures_rows.h - figures as rows that people and machines read: each with its name, its value and what it means.
 *
 * A value that would tell of fewer than eleven persons is "hidden", one that no event of ours tells is "not measured": neither is ever a nought. */
#ifndef RELAIS_GATEWAY_FIGURES_ROWS_H
#define RELAIS_GATEWAY_FIGURES_ROWS_H

#include <jansson.h>

#include "base/arena.h"
#include "policy/figures.h"

/* {"title", "first_day", "last_day" (in Paris), "from", "until", "partial", "rows": [{"section", "indicator", "value", "before"?, "definition"}…], "gaps": [text…], "hidden": count}. The caller
 * owns it. now: whether the span is over (partial). */

/* The mission committee's year, its indicators by their names, with the year before. study: rows of relais.study_list, study_before likewise. */
json_t *figures_committee(struct arena *arena, bool french, const struct figures *year, const struct figures *before, const json_t *study,
			  const json_t *study_before, struct instant now);
/* A partner's month. contract empty: of all. */
json_t *figures_partner(struct arena *arena, bool french, struct bytes contract, const struct figures *month, struct instant now);
/* A day, for our own people: nothing is hidden. */
json_t *figures_day(struct arena *arena, bool french, const struct figures *day, struct instant now);

/* The rows as lines "- indicator : value", for a mail. */
struct bytes figures_lines(struct arena *arena, bool french, const json_t *figures);

#endif
