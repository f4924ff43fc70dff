/* gateway/figures_rows_test.c - sheets of figures: the committee's own names, what is hidden, what is not known; and the months that people name. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/calendar.h"
#include "gateway/cli_month.h"
#include "gateway/figures_rows.h"

#define COUNT(a) (sizeof(a) / sizeof(a)[0])
#define NOW ((struct instant){INT64_C(1803000000000000)})

static const char *value(const json_t *sheet, const char *indicator)
{
	size_t i;
	const json_t *row;

	json_array_foreach(json_object_get(sheet, "rows"), i, row) {
		if (strcmp(json_string_value(json_object_get(row, "indicator")), indicator) == 0)
			return json_string_value(json_object_get(row, "value"));
	}
	fail_msg("no row \"%s\"", indicator);
	return "";
}

static void put(struct figures *f, const char *name, uint64_t yes, uint64_t partly, uint64_t no)
{
	struct figures_family *of = &f->families[f->n_families++];

	memcpy(of->name, name, strlen(name));
	of->opinions[SAID_YES] = yes;
	of->opinions[SAID_PARTLY] = partly;
	of->opinions[SAID_NO] = no;
	f->opinions += yes + partly + no;
}

static struct figures *month(struct arena *arena)
{
	struct figures *f = arena_alloc(arena, sizeof *f);

	*f = figures_begin((struct instant){INT64_C(1796000000000000)}, (struct instant){INT64_C(1798600000000000)});
	return f;
}

static void a_partner_sees_no_small_cell(void **state)
{
	(void)state;
	struct arena *arena = arena_create(1 << 20);
	struct figures *f = month(arena);

	f->requests = 90;
	put(f, "oncologie", 30, 0, 0);
	put(f, "rachis", 5, 0, 0);
	put(f, "gynecologie", 40, 0, 0);
	for (unsigned i = 0; i < 75; i++)
		f->gross.at[100 + i]++;
	f->gross.n = 75;
	f->gross.hours = 75 * 137;
	json_t *sheet = figures_partner(arena, true, BYTES("0042"), f, NOW);
	assert_string_equal(json_string_value(json_object_get(sheet, "first_day")), "2026-11-30");
	assert_string_equal(json_string_value(json_object_get(sheet, "last_day")), "2026-12-30");
	assert_string_equal(value(sheet, "Demandes"), "90");
	assert_string_equal(value(sheet, "Avis remis"), "75");
	assert_string_equal(value(sheet, "Avis remis : rachis"), "masqué");
	assert_string_equal(value(sheet, "Avis remis : oncologie"), "masqué");   /* or 75 - 30 - 40 would tell */
	assert_string_equal(value(sheet, "Avis remis : gynecologie"), "40");
	assert_string_equal(value(sheet, "Délai"), "moyenne 5,7 j, médiane 5,7 j, 9 sur 10 en 7,0 j");
	assert_string_equal(value(sheet, "Bénéficiaires"), "non mesuré");
	assert_int_equal(json_integer_value(json_object_get(sheet, "hidden")), 2);
	struct bytes lines = figures_lines(arena, true, sheet);
	assert_true(bytes_find(lines, BYTES("- Avis remis : rachis : masqué"), 0) < lines.len);
	json_decref(sheet);
	arena_destroy(&arena);
}

static void few_are_all_hidden(void **state)
{
	(void)state;
	struct arena *arena = arena_create(1 << 20);
	struct figures *f = month(arena);

	f->requests = 3;
	put(f, "rachis", 2, 1, 0);
	f->gross.n = 3;
	json_t *sheet = figures_partner(arena, false, BYTES_NONE, f, NOW);
	const char *const names[] = {"Requests", "Opinions delivered", "Opinions delivered: rachis", "Delay"};
	for (size_t i = 0; i < COUNT(names); i++)
		assert_string_equal(value(sheet, names[i]), "hidden");
	json_decref(sheet);
	/* For our own people nothing is. */
	sheet = figures_day(arena, false, f, NOW);
	assert_string_equal(value(sheet, "Requests opened"), "3");
	assert_string_equal(value(sheet, "Opinions delivered"), "3");
	json_decref(sheet);
	arena_destroy(&arena);
}

/* product.md 1.1: the committee's table. */
static const char *const NAMES[] = {
	"Nb bénéficiaires potentiels", "Usage, nb avis rendus", "Taux recommandation des utilisateurs", "Études qualitatives (« 6 mois après »)",
	"Études qualitatives auprès des patients 6 mois après l'avis", "Taux de convergence/divergence : ensemble", "Taux de médecins traitants au courant de la démarche",
	"Patients, 1-Dpt bien pourvus", "2-Dpt moyennement pourvus", "3-Désert médical",
	"CSP : CSP+ / employés / prof. intermédiaires / autres / sans activité / retraités", "Taux de patients vivant avec un handicap",
	"Taux d'orientation/recommandation par des médecins", "Partenariats établissements de santé", "Partenariats associations de patients",
};

static void the_committees_year(void **state)
{
	(void)state;
	struct arena *arena = arena_create(1 << 20);
	struct figures *f = month(arena), *b = month(arena);
	json_t *study = json_pack("[{s:s, s:s, s:i}, {s:s, s:s, s:i}]", "question", "recommend", "answer", "yes", "n", 97, "question", "recommend",
				  "answer", "no", "n", 13);
	json_t *none = json_array();

	put(f, "oncologie", 60, 20, 20);
	put(f, "rachis", 40, 30, 30);
	put(b, "oncologie", 80, 10, 10);
	f->proved = 88;
	f->completed = 150;
	f->first_try = 90;
	json_t *sheet = figures_committee(arena, true, f, b, study, none, NOW);
	for (size_t i = 0; i < COUNT(NAMES); i++)
		(void)value(sheet, NAMES[i]);
	assert_string_equal(value(sheet, "Usage, nb avis rendus"), "200 (+100 %)");
	assert_string_equal(value(sheet, "Taux recommandation des utilisateurs"), "88 % (97 sur 110)");
	assert_string_equal(value(sheet, "Taux de médecins traitants au courant de la démarche"), "44 % (88 sur 200)");
	assert_string_equal(value(sheet, "Dossiers complets au premier envoi"), "60 % (90 sur 150)");
	assert_string_equal(value(sheet, "3-Désert médical"), "non mesuré");
	/* Nobody left it unsaid: that is a small number, too, and takes others with it; never the total. */
	const char *all = value(sheet, "Taux de convergence/divergence : ensemble");
	assert_non_null(strstr(all, "avis : 200"));
	assert_non_null(strstr(all, "non dit : masqué"));
	assert_string_equal(value(sheet, "Réclamations"), "masqué");
	json_decref(sheet);
	json_decref(study);
	json_decref(none);
	arena_destroy(&arena);
}

/* Two lines of the sheet subtracted from one another are a line that stands nowhere: it is as small. */
static void what_two_shares_leave(void **state)
{
	(void)state;
	static const struct {
		const char *what;
		uint64_t consented, reached, proved;
		const char *shown;
	} rows[] = {
		{"three of the hundred did not want it shared", 97, 60, 75, "masqué"},
		{"one of those who did not is proved all the same", 80, 59, 60, "masqué"},
		{"all but four of those who did not are", 80, 40, 56, "masqué"},
		{"all that is left is large", 60, 40, 55, "67 % (40 sur 60)"},
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct arena *arena = arena_create(1 << 20);
		struct figures *f = month(arena);
		json_t *none = json_array();
		put(f, "oncologie", 40, 30, 30);
		f->consented = rows[i].consented;
		f->reached = rows[i].reached;
		f->proved = rows[i].proved;
		json_t *sheet = figures_committee(arena, true, f, f, none, none, NOW);
		if (strcmp(value(sheet, "Avis parvenus au médecin, quand le patient l'a voulu"), rows[i].shown) != 0)
			fail_msg("%s: %s", rows[i].what, value(sheet, "Avis parvenus au médecin, quand le patient l'a voulu"));
		json_decref(sheet);
		json_decref(none);
		arena_destroy(&arena);
	}
}

static void months(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		int hours;           /* 0: it is none */
	} rows[] = {
		{"2026-02", 28 * 24}, {"2024-02", 29 * 24}, {"2026-03", 31 * 24 - 1}, {"2026-10", 31 * 24 + 1}, {"2026-12", 31 * 24},
		{"2026-13", 0}, {"2026-00", 0}, {"2026-1", 0}, {"26-01", 0}, {"2026-01-01", 0}, {"", 0}, {"2026_02", 0}, {"1999-12", 0},
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct instant from, until;
		bool is = cli_month(bytes_of_text(rows[i].text), &from, &until);
		if (is != (rows[i].hours > 0) || (is && instant_since(from, until).us != SPAN_HOURS(rows[i].hours).us))
			fail_msg("%s", rows[i].text);
	}
}

static void days_and_years(void **state)
{
	(void)state;
	struct instant from, until;
	int year;

	assert_true(cli_day(BYTES("2026-03-29"), &from, &until));
	assert_int_equal(instant_since(from, until).us, SPAN_HOURS(23).us);
	assert_true(cli_day(BYTES("2026-12-31"), &from, &until));
	assert_false(cli_day(BYTES("2026-02-30"), &from, &until));
	assert_false(cli_day(BYTES("2026-2-3"), &from, &until));
	assert_true(cli_year(BYTES("2026"), &year, &from, &until));
	assert_int_equal(year, 2026);
	assert_int_equal(from.us, cli_year_begin(2026).us);
	assert_false(cli_year(BYTES("226"), &year, &from, &until));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_partner_sees_no_small_cell), cmocka_unit_test(few_are_all_hidden), cmocka_unit_test(the_committees_year), cmocka_unit_test(what_two_shares_leave),
		cmocka_unit_test(months), cmocka_unit_test(days_and_years),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
