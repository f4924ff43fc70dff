/* policy/smallcell.h - tables of counts of persons that may be shown: no cell under SMALLCELL_LEAST, and none that the others give away.
 *
 * A table is a circulation: what stands in its cells flows from the margin of its rows to the margin of its columns. A hidden cell can be told from
 * those that are shown exactly when no way round leads through it (D. Gusfield, A graph theoretic approach to statistical data security, 1988; here
 * with what is below zero left out, too). So cells are hidden until each of them may hold more than one number, and until the hidden ones of a
 * line whose total is shown make SMALLCELL_LEAST or more together. Whoever knows a person of the table by other ways is not kept from anything. */
#ifndef RELAIS_POLICY_SMALLCELL_H
#define RELAIS_POLICY_SMALLCELL_H

#include "base/bytes.h"

enum { SMALLCELL_LEAST = 11, SMALLCELL_LINES = 24 };

/* Cells of rows and columns; the last row and the last column are the totals, which smallcell_hide fills in. A list has one column, whose
 * row totals are the cells themselves and are shown with them. */
struct smallcell_table {
	size_t rows, columns;                            /* without the totals, up to SMALLCELL_LINES - 1 each */
	uint64_t n[SMALLCELL_LINES][SMALLCELL_LINES];
	bool hidden[SMALLCELL_LINES][SMALLCELL_LINES];
};

/* One count by itself. */
bool smallcell_may_show(uint64_t n);
/* A part of a whole that is shown: neither it nor the rest is small. */
bool smallcell_may_share(uint64_t part, uint64_t whole);
/* Fills in the totals and says which cells are not shown; the grand total is, wherever it is large enough. */
void smallcell_hide(struct smallcell_table *table);

#endif
