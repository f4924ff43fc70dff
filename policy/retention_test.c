/* policy/retention_test.c - when what is kept has had its time, and what keeps it all the same. */
#include "policy/retention.h"

#include <string.h>

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

static struct instant at(const char *text)
{
	struct instant out = {0};

	if (text != NULL)
		assert_true(instant_read(bytes_of_text(text), &out));
	return out;
}

static const char LONG_GONE[] = "2006-03-01T09:00:00Z", NOW[] = "2026-11-22T12:00:00Z";

static void ends(void **state)
{
	static const struct {
		const char *what;
		enum retention_rule kind;
		const char *last, *died, *ordered;
		struct date born;
		enum retention_rule rule;
		const char *ends;
	} rows[] = {
		{"twenty years, to the end of the day in Paris", RETENTION_OPINION, LONG_GONE, NULL, NULL, {0}, RETENTION_OPINION, "2026-03-01T23:00:00Z"},
		{"in summer the day ends two hours before", RETENTION_OPINION, "2006-07-01T09:00:00Z", NULL, NULL, {0}, RETENTION_OPINION, "2026-07-01T22:00:00Z"},
		{"late in the evening it is the next day in Paris", RETENTION_OPINION, "2006-02-28T23:30:00Z", NULL, NULL, {0}, RETENTION_OPINION, "2026-03-01T23:00:00Z"},
		{"the last day of February has no year to follow it", RETENTION_OPINION, "2008-02-29T09:00:00Z", NULL, NULL, {0}, RETENTION_OPINION, "2028-02-29T23:00:00Z"},
		{"six months without an opinion", RETENTION_ENDED, "2026-08-31T09:00:00Z", NULL, NULL, {0}, RETENTION_ENDED, "2027-02-28T23:00:00Z"},
		{"thirty days of a message alone", RETENTION_APART, "2026-10-31T09:00:00Z", NULL, NULL, {0}, RETENTION_APART, "2026-11-30T23:00:00Z"},
		{"six months of a mail to our people", RETENTION_SERVICE, "2026-01-15T09:00:00Z", NULL, NULL, {0}, RETENTION_SERVICE, "2026-07-15T22:00:00Z"},
		{"a child of one year: to the 28th birthday", RETENTION_OPINION, LONG_GONE, NULL, NULL, {2005, 4, 2}, RETENTION_MINOR, "2033-04-02T22:00:00Z"},
		{"a child whose request came to nothing has no file that stays", RETENTION_ENDED, "2026-01-15T09:00:00Z", NULL, NULL, {2015, 4, 2}, RETENTION_ENDED, "2026-07-15T22:00:00Z"},
		{"seventeen at the last contact", RETENTION_OPINION, "2026-01-14T09:00:00Z", NULL, NULL, {2008, 1, 15}, RETENTION_OPINION, "2046-01-14T23:00:00Z"},
		{"of seventeen: the twenty years are longer", RETENTION_OPINION, LONG_GONE, NULL, NULL, {1989, 3, 2}, RETENTION_OPINION, "2026-03-01T23:00:00Z"},
		{"a child, and the setting's age below what twenty years make", RETENTION_OPINION, LONG_GONE, NULL, NULL, {1998, 3, 1}, RETENTION_OPINION, "2026-03-01T23:00:00Z"},
		{"of age on that very day", RETENTION_OPINION, LONG_GONE, NULL, NULL, {1988, 3, 1}, RETENTION_OPINION, "2026-03-01T23:00:00Z"},
		{"ten years after a death, when that is earlier", RETENTION_OPINION, LONG_GONE, "2010-01-01T00:00:00Z", NULL, {0}, RETENTION_DEATH, "2020-01-01T23:00:00Z"},
		{"not when it is later", RETENTION_OPINION, LONG_GONE, "2020-01-01T00:00:00Z", NULL, {0}, RETENTION_OPINION, "2026-03-01T23:00:00Z"},
		{"a child that died", RETENTION_OPINION, LONG_GONE, "2007-01-01T00:00:00Z", NULL, {2005, 4, 2}, RETENTION_DEATH, "2017-01-01T23:00:00Z"},
		{"a birth says nothing of a message alone", RETENTION_APART, "2026-10-31T09:00:00Z", NULL, NULL, {2020, 1, 1}, RETENTION_APART, "2026-11-30T23:00:00Z"},
		{"ordered: at once, whatever its time", RETENTION_OPINION, "2026-11-01T09:00:00Z", NULL, "2026-11-22T11:00:00Z", {2020, 1, 1}, RETENTION_ORDER, "2026-11-22T11:00:00Z"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct retention_facts f = {.kind = rows[i].kind, .last = at(rows[i].last), .died = at(rows[i].died), .ordered = at(rows[i].ordered), .born = rows[i].born};
		struct retention_answer a = retention_of(NULL, &f, at(NOW));
		char text[INSTANT_TEXT];
		instant_write(a.ends, text);
		if (a.rule != rows[i].rule || a.ends.us != at(rows[i].ends).us || a.due != !instant_before(at(NOW), a.ends))
			fail_msg("%s: %s, %s, due %d", rows[i].what, retention_row(a.rule)->rule, text, a.due);
	}
}

static void what_keeps_it(void **state)
{
	static const struct {
		const char *what;
		bool open, held, under_way, shared, ordered;
		enum retention_wait wait;
	} rows[] = {
		{"nothing", false, false, false, false, false, RETENTION_FREE},
		{"it is open", true, false, false, false, false, RETENTION_OPEN},
		{"a hold", false, true, false, false, false, RETENTION_HELD},
		{"a mail that has not left", false, false, true, false, false, RETENTION_UNDER_WAY},
		{"a message of another dossier's, too", false, false, false, true, false, RETENTION_SHARED},
		{"a hold against an order", false, true, false, false, true, RETENTION_HELD},
		{"an open dossier against an order", true, false, false, false, true, RETENTION_OPEN},
		{"work under way against an order", false, false, true, false, true, RETENTION_UNDER_WAY},
		{"an order for what another dossier shares", false, false, false, true, true, RETENTION_SHARED},
		{"all of them: the first is told", true, true, true, true, false, RETENTION_OPEN},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct retention_facts f = {.kind = RETENTION_OPINION, .last = at(LONG_GONE), .open = rows[i].open, .held = rows[i].held,
					    .under_way = rows[i].under_way, .shared = rows[i].shared, .ordered = rows[i].ordered ? at(NOW) : (struct instant){0}};
		struct retention_answer a = retention_of(NULL, &f, at(NOW));
		if (a.wait != rows[i].wait || a.due != (rows[i].wait == RETENTION_FREE))
			fail_msg("%s: %s, due %d", rows[i].what, retention_wait_name(a.wait), a.due);
		assert_true((retention_wait_words(a.wait, "fr")[0] == '\0') == (a.wait == RETENTION_FREE));
	}
}

static void the_last_second(void **state)
{
	struct retention_facts f = {.kind = RETENTION_APART, .last = at("2026-10-23T09:00:00Z")};

	(void)state;
	assert_false(retention_of(NULL, &f, at("2026-11-22T22:59:59.999999Z")).due);
	assert_true(retention_of(NULL, &f, at("2026-11-22T23:00:00Z")).due);
}

static void settings(void **state)
{
	static const struct {
		const char *name, *value;
		enum reason reason;
	} rows[] = {
		{"retention.opinion", "10 y", REASON_NONE},    {"retention.opinion", "120 m", REASON_NONE}, {"retention.apart", "36500 d", REASON_NONE},
		{"retention.apart", "36501 d", REASON_USAGE},  {"retention.opinion", "0 y", REASON_USAGE},  {"retention.opinion", "101 y", REASON_USAGE},
		{"retention.opinion", "10", REASON_USAGE},     {"retention.opinion", "10 h", REASON_USAGE}, {"retention.opinion", "-1 y", REASON_USAGE},
		{"retention.minor", "18 y", REASON_NONE},      {"retention.minor", "17 y", REASON_USAGE},   {"retention.minor", "336 m", REASON_USAGE},
		{"retention.forever", "10 y", REASON_NOT_FOUND}, {"", "1 d", REASON_NOT_FOUND},             {"retention.opinion", "", REASON_USAGE},
	};
	struct arena *arena = arena_create(1 << 16);
	struct retention_settings s = {0};
	struct retention_facts f = {.kind = RETENTION_OPINION, .last = at("2016-03-01T09:00:00Z")};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		if (retention_settings_set(&s, bytes_of_text(rows[i].name), bytes_of_text(rows[i].value)) != rows[i].reason)
			fail_msg("%s %s", rows[i].name, rows[i].value);
	assert_true(retention_of(&s, &f, at(NOW)).due);
	assert_string_equal(retention_span_text(arena, &s, RETENTION_OPINION), "120 m");
	assert_int_equal(retention_settings_set(&s, BYTES("retention.opinion"), BYTES("default")), REASON_NONE);
	assert_false(retention_of(&s, &f, at(NOW)).due);
	assert_string_equal(retention_span_text(arena, &s, RETENTION_OPINION), "20 y");
	arena_destroy(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(ends), cmocka_unit_test(what_keeps_it), cmocka_unit_test(the_last_second), cmocka_unit_test(settings)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
