/* gateway/figures_sheet.h - a sheet of figures while it is written. For gateway/figures_*.c alone. */
#ifndef RELAIS_GATEWAY_FIGURES_SHEET_H
#define RELAIS_GATEWAY_FIGURES_SHEET_H

#include <jansson.h>

#include "base/arena.h"
#include "policy/figures.h"
#include "policy/smallcell.h"

struct sheet {
	struct arena *arena;
	bool french, open;           /* open: nothing is hidden, it is for our own people */
	json_t *rows, *gaps;
	const char *section;
	unsigned hidden;
};

struct sheet sheet_begin(struct arena *arena, bool french, bool open);
json_t *sheet_end(struct sheet *s, const char *title, struct instant from, struct instant until, struct instant now);

/* The words in the sheet's language. */
const char *sheet_say(const struct sheet *s, const char *french, const char *english);
/* One row; before may be NULL. */
void sheet_row(struct sheet *s, const char *indicator, const char *value, const char *before, const char *definition);
/* What no event of ours tells. */
void sheet_unmeasured(struct sheet *s, const char *indicator, const char *why);

/* Values: hidden where they have to be. */
const char *sheet_count(struct sheet *s, uint64_t n);
const char *sheet_share(struct sheet *s, uint64_t part, uint64_t whole);      /* "69 % (138 sur 200)" */
const char *sheet_delay(struct sheet *s, const struct figures_delays *d);     /* "moyenne 5,2 j, médiane 5,0 j, 9 sur 10 en 6,5 j" */
const char *sheet_hidden(struct sheet *s);

#endif
