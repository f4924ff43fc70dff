/* policy/smallcell_test.c - tables whose hidden cells somebody tries to work out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "policy/smallcell.h"

#define COUNT(a) (sizeof(a) / sizeof(a)[0])

/* Who subtracts: each line is an equation; one unknown of it is told by the others, until nothing more is. Works with totals and without. */
static bool subtracts(const struct smallcell_table *t)
{
	struct smallcell_table s = *t;
	bool found = false, grown = true;

	while (grown) {
		grown = false;
		for (size_t line = 0; line <= s.rows + s.columns + 1; line++) {
			bool is_row = line <= s.rows;
			/* Of a list the one column is the only equation. */
			if (s.columns == 1 && line != s.rows + 1)
				continue;
			size_t at = is_row ? line : line - s.rows - 1, end = is_row ? s.columns : s.rows, unknown = 0, r = 0, c = 0;
			for (size_t i = 0; i <= end; i++) {
				size_t rr = is_row ? at : i, cc = is_row ? i : at;
				if (!s.hidden[rr][cc])
					continue;
				unknown++;
				r = rr;
				c = cc;
			}
			if (unknown == 1) {
				s.hidden[r][c] = false;
				found = grown = true;
			}
		}
	}
	return found;
}

/* Who tries every table: of small ones all those that show the same; a hidden cell that is alike in all of them is told. Hidden totals follow. */
struct search {
	const struct smallcell_table *t;
	uint64_t most;                       /* in a hidden cell */
	uint64_t now[4][4];
	uint64_t low[4][4], high[4][4];
	size_t found;
};

static bool shown_totals_hold(const struct search *s)
{
	const struct smallcell_table *t = s->t;
	uint64_t all = 0;

	for (size_t r = 0; r < t->rows; r++) {
		uint64_t sum = 0;
		for (size_t c = 0; c < t->columns; c++)
			sum += s->now[r][c];
		all += sum;
		if (!t->hidden[r][t->columns] && sum != t->n[r][t->columns])
			return false;
	}
	for (size_t c = 0; c < t->columns; c++) {
		uint64_t sum = 0;
		for (size_t r = 0; r < t->rows; r++)
			sum += s->now[r][c];
		if (!t->hidden[t->rows][c] && sum != t->n[t->rows][c])
			return false;
	}
	return t->hidden[t->rows][t->columns] || all == t->n[t->rows][t->columns];
}

static void keep(struct search *s)
{
	for (size_t r = 0; r < s->t->rows; r++)
		for (size_t c = 0; c < s->t->columns; c++) {
			uint64_t n = s->now[r][c];
			s->low[r][c] = s->found == 0 || n < s->low[r][c] ? n : s->low[r][c];
			s->high[r][c] = s->found == 0 || n > s->high[r][c] ? n : s->high[r][c];
		}
	s->found++;
}

static void try_all(struct search *s, size_t place)
{
	size_t r = place / s->t->columns, c = place % s->t->columns;

	if (place == s->t->rows * s->t->columns) {
		if (shown_totals_hold(s))
			keep(s);
		return;
	}
	bool hidden = s->t->hidden[r][c];
	for (uint64_t n = hidden ? 0 : s->t->n[r][c]; n <= (hidden ? s->most : s->t->n[r][c]); n++) {
		s->now[r][c] = n;
		try_all(s, place + 1);
	}
}

static void check(const struct smallcell_table *t, unsigned life)
{
	for (size_t r = 0; r <= t->rows; r++)
		for (size_t c = 0; c <= t->columns; c++)
			if (!t->hidden[r][c] && t->n[r][c] < SMALLCELL_LEAST)
				fail_msg("table %u shows %llu", life, (unsigned long long)t->n[r][c]);
	bool told = subtracts(t);
	for (size_t r = 0; told && r <= t->rows; r++)
		for (size_t c = 0; c <= t->columns; c++)
			print_error("%s%llu%s", t->hidden[r][c] ? "x" : "", (unsigned long long)t->n[r][c], c == t->columns ? "\n" : " ");
	if (told)
		fail_msg("table %u: a hidden cell is told by subtraction", life);
}

static uint64_t chance(uint64_t *seed, uint64_t n)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	*seed ^= *seed << 17;
	return (*seed >> 11) % n;
}

static struct smallcell_table made(uint64_t *seed, size_t rows, size_t columns, uint64_t most)
{
	struct smallcell_table t = {.rows = rows, .columns = columns};

	for (size_t r = 0; r < rows; r++)
		for (size_t c = 0; c < columns; c++)
			t.n[r][c] = chance(seed, 4) == 0 ? chance(seed, 3) : chance(seed, most);
	smallcell_hide(&t);
	return t;
}

static void nobody_subtracts(void **state)
{
	(void)state;
	uint64_t seed = 0x9e3779b97f4a7c15u;
	size_t shown = 0;

	for (unsigned life = 0; life < 3000; life++) {
		struct smallcell_table t = made(&seed, 1 + chance(&seed, 12), 1 + chance(&seed, 5), 4 + chance(&seed, 200));
		if (t.columns == 1)
			for (size_t r = 0; r <= t.rows; r++)
				assert_int_equal(t.hidden[r][0], t.hidden[r][1]);
		check(&t, life);
		for (size_t r = 0; r < t.rows; r++)
			for (size_t c = 0; c < t.columns; c++)
				shown += !t.hidden[r][c];
	}
	assert_true(shown > 10000);   /* hiding everything would pass, too */
}

/* Every table that shows the same: each hidden cell has more than one number in them. */
static void nobody_tries_them_all(void **state)
{
	(void)state;
	uint64_t seed = 0x2545f4914f6cdd1du;

	for (unsigned life = 0; life < 200; life++) {
		struct smallcell_table t = made(&seed, 2 + chance(&seed, 2), 1 + chance(&seed, 2), 16);
		struct search s = {.t = &t, .most = 24};
		size_t hidden = 0;
		for (size_t r = 0; r < t.rows; r++)
			for (size_t c = 0; c < t.columns; c++)
				hidden += t.hidden[r][c];
		if (hidden > 4)
			continue;
		try_all(&s, 0);
		assert_true(s.found > 0);
		for (size_t r = 0; r < t.rows; r++)
			for (size_t c = 0; c < t.columns; c++)
				if (t.hidden[r][c] && s.low[r][c] == s.high[r][c])
					fail_msg("table %u, cell %zu %zu can only be %llu", life, r, c, (unsigned long long)s.low[r][c]);
	}
}

struct list {
	const char *what;
	uint64_t n[5];
	size_t rows;
	const char *shown;       /* each row, then the total: "x" hidden */
};

static const struct list LISTS[] = {
	{"all large", {20, 30, 40}, 3, "20 30 40 90"},
	{"one small: the smallest of the others is hidden with it", {5, 30, 40}, 3, "x x 40 75"},
	{"two small that make eleven", {5, 6, 40}, 3, "x x 40 51"},
	{"two small that do not: a third", {2, 3, 40, 50}, 4, "x x x 50 95"},
	{"nobody at all is a small number, too", {0, 30, 40}, 3, "x x 40 70"},
	{"ten and eleven", {10, 11, 12}, 3, "x x 12 33"},
	{"one row alone", {50}, 1, "50 50"},
	{"one small row alone", {5}, 1, "x x"},
	{"a small one beside one other", {5, 50}, 2, "x x 55"},
	{"a small total", {3, 4}, 2, "x x x"},
};

static void lists(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(LISTS); i++) {
		struct smallcell_table t = {.rows = LISTS[i].rows, .columns = 1};
		char said[200] = "";
		size_t len = 0;
		for (size_t r = 0; r < t.rows; r++)
			t.n[r][0] = LISTS[i].n[r];
		smallcell_hide(&t);
		for (size_t r = 0; r <= t.rows; r++) {
			if (t.hidden[r][0])
				len += (size_t)snprintf(said + len, sizeof said - len, "%sx", r > 0 ? " " : "");
			else
				len += (size_t)snprintf(said + len, sizeof said - len, "%s%llu", r > 0 ? " " : "", (unsigned long long)t.n[r][0]);
		}
		if (!bytes_equal_text(bytes_of_text(said), LISTS[i].shown))
			fail_msg("%s: %s", LISTS[i].what, said);
	}
}

static void parts(void **state)
{
	(void)state;
	assert_true(smallcell_may_show(11) && !smallcell_may_show(10));
	assert_true(smallcell_may_share(11, 22) && !smallcell_may_share(11, 21) && !smallcell_may_share(10, 100) && !smallcell_may_share(95, 100));
	assert_true(!smallcell_may_share(100, 100) && !smallcell_may_share(30, 20));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nobody_subtracts),
		cmocka_unit_test(nobody_tries_them_all),
		cmocka_unit_test(lists),
		cmocka_unit_test(parts),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
