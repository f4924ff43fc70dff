/* gateway/day_words.h - a day in the words of a letter, as Paris counts it. */
#ifndef RELAIS_GATEWAY_DAY_WORDS_H
#define RELAIS_GATEWAY_DAY_WORDS_H

#include "base/arena.h"
#include "base/instant.h"

/* "14 mars 2026", "1er mars 2026"; "14 March 2026". In the arena. */
const char *day_words_date(struct arena *arena, bool english, struct instant at);
/* "mars 2026" */
const char *day_words_month(struct arena *arena, bool english, struct instant at);
/* "samedi 14 mars 2026": a letter names the day. */
const char *day_words_day(struct arena *arena, bool english, struct instant at);

#endif
