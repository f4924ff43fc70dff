/* policy/smallcell.c - see smallcell.h. */
#include "policy/smallcell.h"

#include <string.h>

bool smallcell_may_show(uint64_t n)
{
	return n >= SMALLCELL_LEAST;
}

bool smallcell_may_share(uint64_t part, uint64_t whole)
{
	return part <= whole && part >= SMALLCELL_LEAST && whole - part >= SMALLCELL_LEAST;
}

static void fill_totals(struct smallcell_table *t)
{
	for (size_t c = 0; c <= t->columns; c++)
		t->n[t->rows][c] = 0;
	for (size_t r = 0; r < t->rows; r++) {
		t->n[r][t->columns] = 0;
		for (size_t c = 0; c < t->columns; c++) {
			t->n[r][t->columns] += t->n[r][c];
			t->n[t->rows][c] += t->n[r][c];
			t->n[t->rows][t->columns] += t->n[r][c];
		}
	}
}

/* --- the circulation: nodes are the rows, the columns, and the two margins ---------------------- */

/* The edge of a cell: row to column; a row's total comes from the margin of rows, a column's goes to that of columns, the grand total closes the ring. */
static size_t tail(const struct smallcell_table *t, size_t r, size_t c)
{
	size_t from_rows = t->rows + t->columns, from_columns = from_rows + 1;

	return r < t->rows ? (c < t->columns ? r : from_rows) : c < t->columns ? t->rows + c : from_columns;
}

static size_t head(const struct smallcell_table *t, size_t r, size_t c)
{
	size_t from_rows = t->rows + t->columns, from_columns = from_rows + 1;

	return r < t->rows ? (c < t->columns ? t->rows + c : r) : c < t->columns ? from_columns : from_rows;
}

/* Does a way lead on through hidden cells, of which that one is not: forward always, back where something may be taken away? */
static bool leads(const struct smallcell_table *t, size_t from, size_t to, size_t row, size_t column)
{
	bool reached[2 * SMALLCELL_LINES + 2] = {false}, grown = true;

	reached[from] = true;
	while (grown && !reached[to]) {
		grown = false;
		for (size_t r = 0; r <= t->rows; r++)
			for (size_t c = 0; c <= t->columns; c++) {
				size_t a = tail(t, r, c), b = head(t, r, c);
				if (!t->hidden[r][c] || (r == row && c == column) || reached[a] == reached[b])
					continue;
				if (reached[a] || t->n[r][c] > 0)
					reached[a] = reached[b] = grown = true;
			}
	}
	return reached[to];
}

/* Could it hold another number, all that is shown being what it is? */
static bool is_open(const struct smallcell_table *t, size_t r, size_t c)
{
	size_t a = tail(t, r, c), b = head(t, r, c);

	return leads(t, b, a, r, c) || (t->n[r][c] > 0 && leads(t, a, b, r, c));
}

/* The hidden cells of a line whose total is shown are few persons together. */
static bool line_is_thin(const struct smallcell_table *t, size_t line, bool is_row)
{
	size_t end = is_row ? t->columns : t->rows;
	uint64_t sum = 0;
	bool any = false;

	if (is_row ? t->hidden[line][end] : t->hidden[end][line])
		return false;
	for (size_t i = 0; i < end; i++) {
		bool hidden = is_row ? t->hidden[line][i] : t->hidden[i][line];
		any |= hidden;
		sum += hidden ? (is_row ? t->n[line][i] : t->n[i][line]) : 0;
	}
	return any && sum < SMALLCELL_LEAST;
}

/* --- hiding one more ------------------------------------------------------------------------------ */

struct place {
	size_t r, c;
	bool found;
};

/* The smallest cell of a line that is shown; its total only when there is no other. */
static struct place smallest(const struct smallcell_table *t, size_t line, bool is_row)
{
	size_t end = is_row ? t->columns : t->rows;
	struct place best = {0};

	for (size_t i = 0; i <= end; i++) {
		size_t r = is_row ? line : i, c = is_row ? i : line;
		if (t->hidden[r][c] || (i == end && best.found))
			continue;
		if (!best.found || t->n[r][c] < t->n[best.r][best.c])
			best = (struct place){r, c, true};
	}
	return best;
}

static struct place smaller(const struct smallcell_table *t, struct place a, struct place b)
{
	if (!a.found || !b.found)
		return a.found ? a : b;
	return t->n[b.r][b.c] < t->n[a.r][a.c] ? b : a;
}

static struct place smallest_of_all(const struct smallcell_table *t)
{
	struct place best = {0};

	for (size_t r = 0; r <= t->rows; r++)
		best = smaller(t, best, smallest(t, r, true));
	return best;
}

/* What is to be hidden beside what can be told: a cell of the same line, else any. */
static struct place beside_told(const struct smallcell_table *t)
{
	bool told = false;

	for (size_t r = 0; r <= t->rows; r++)
		for (size_t c = 0; c <= t->columns; c++) {
			if (!t->hidden[r][c] || is_open(t, r, c))
				continue;
			struct place more = smaller(t, smallest(t, r, true), smallest(t, c, false));
			if (more.found)
				return more;
			told = true;
		}
	return told ? smallest_of_all(t) : (struct place){0};
}

/* For the first fault; nothing when there is none. */
static struct place next(const struct smallcell_table *t)
{
	for (size_t r = 0; r <= t->rows; r++)
		if (line_is_thin(t, r, true))
			return smallest(t, r, true);
	for (size_t c = 0; c <= t->columns; c++)
		if (line_is_thin(t, c, false))
			return smallest(t, c, false);
	return beside_told(t);
}

/* Of a list each row's total is the row itself: one is hidden with the other, and only the one column counts. */
static void mirror(struct smallcell_table *t)
{
	for (size_t r = 0; t->columns == 1 && r <= t->rows; r++) {
		bool hidden = t->hidden[r][0] || t->hidden[r][1];
		t->hidden[r][0] = t->hidden[r][1] = hidden;
	}
}

/* A total that is large enough stands elsewhere, too: rather than it, all that it is made of is hidden. */
static void show_total(struct smallcell_table *t)
{
	if (!t->hidden[t->rows][t->columns] || !smallcell_may_show(t->n[t->rows][t->columns]))
		return;
	memset(t->hidden, true, sizeof t->hidden);
	t->hidden[t->rows][t->columns] = false;
	if (t->columns == 1)
		t->hidden[t->rows][0] = false;
}

void smallcell_hide(struct smallcell_table *table)
{
	struct place more;

	fill_totals(table);
	for (size_t r = 0; r <= table->rows; r++)
		for (size_t c = 0; c <= table->columns; c++)
			table->hidden[r][c] = !smallcell_may_show(table->n[r][c]);
	mirror(table);
	while ((more = next(table)).found) {
		table->hidden[more.r][more.c] = true;
		mirror(table);
	}
	show_total(table);
}
