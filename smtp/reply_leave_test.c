/* smtp/reply_leave_test.c - from when until when: written on Saturday 21 November 2026, unless a row says otherwise. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "smtp/reply_leave.h"
#include "smtp/reply_word.h"

static const struct row {
	const char *text;
	struct date from, until;       /* year 0: not told */
	struct date written;           /* year 0: the day above */
} rows[] = {
	{"ABSENT jusqu'au 20/03", {0}, {2027, 3, 20}, {0}},
	{"ABSENT du 3 au 20", {2026, 12, 3}, {2026, 12, 20}, {0}},
	{"absent du 3 au 20", {2026, 3, 3}, {2026, 3, 20}, {2026, 3, 10}},
	{"absent du 28 au 5", {2026, 11, 28}, {2026, 12, 5}, {0}},
	{"Absent du 3 au 20 décembre", {2026, 12, 3}, {2026, 12, 20}, {0}},
	{"absent du 28 février au 5 mars", {2027, 2, 28}, {2027, 3, 5}, {0}},
	{"en congés du 20/12/2026 au 03/01/2027", {2026, 12, 20}, {2027, 1, 3}, {0}},
	{"en vacances du 20/12 au 3/1", {2026, 12, 20}, {2027, 1, 3}, {0}},
	{"absent 3-20 décembre", {2026, 12, 3}, {2026, 12, 20}, {0}},
	{"absent du lundi 7 au vendredi 18 décembre", {2026, 12, 7}, {2026, 12, 18}, {0}},
	{"On leave from 3 to 20 December", {2026, 12, 3}, {2026, 12, 20}, {0}},
	{"on leave from December 3 to 20", {2026, 12, 3}, {2026, 12, 20}, {0}},
	{"I am away until March 20th, 2027", {0}, {2027, 3, 20}, {0}},
	{"I am away until 3/20", {0}, {2027, 3, 20}, {0}},
	{"I am away until next Monday", {0}, {2026, 11, 23}, {0}},
	{"I am away until next Friday", {0}, {2026, 12, 4}, {2026, 11, 23}},
	{"Je suis en congés jusqu'à lundi", {0}, {2026, 11, 23}, {0}},
	{"De retour le 21 décembre", {0}, {2026, 12, 20}, {0}},
	{"I am back on Monday", {0}, {2026, 11, 22}, {0}},
	{"Je ne suis pas disponible avant le 20 mars", {0}, {2027, 3, 19}, {0}},
	{"Je ne peux pas avant le 20 décembre", {0}, {2026, 12, 19}, {0}},
	{"I'm not available before January 5", {0}, {2027, 1, 4}, {0}},
	{"absent, à nouveau disponible à partir du 4 janvier", {0}, {2027, 1, 3}, {0}},
	{"indisponible à partir du 4 janvier", {2027, 1, 4}, {0}, {0}},
	{"En vacances la semaine prochaine", {2026, 11, 23}, {2026, 11, 29}, {0}},
	{"Absent pendant trois semaines", {2026, 11, 21}, {2026, 12, 11}, {0}},
	{"I am away for 10 days", {2026, 11, 21}, {2026, 11, 30}, {0}},
	{"Absente jusqu'à fin janvier", {0}, {2027, 1, 31}, {0}},
	{"absent jusqu'à la fin du mois", {2026, 11, 21}, {2026, 11, 30}, {0}},
	{"Je suis absent demain", {2026, 11, 22}, {2026, 11, 22}, {0}},
	{"Absent jusqu'au 29/02/2028", {0}, {2028, 2, 29}, {0}},
	/* Two sentences that do not go together: away from now on until the last day that was told. */
	{"ABSENT à partir du 3 décembre. Absent jusqu'au 2 décembre.", {0}, {2026, 12, 2}, {0}},
	{"ABSENT à partir du 3 décembre. De retour le 21 décembre.", {2026, 12, 3}, {2026, 12, 20}, {0}},
	/* Not read: gone by, too far, no such day, no day at all, something else. */
	{"absent jusqu'au 20/11", {0}, {0}, {0}},
	{"absent jusqu'au 20/03/2020", {0}, {0}, {0}},
	{"absent jusqu'au 20/03/2031", {0}, {0}, {0}},
	{"absent jusqu'au 31/02/2027", {0}, {0}, {0}},
	{"absent", {0}, {0}, {0}},
	{"absent pour 3 dossiers", {0}, {0}, {0}},
	{"Je suis absent, en urgence composez le 15", {0}, {0}, {0}},
	{"Je suis absent, joignable au 06 12 34 56 78", {0}, {0}, {0}},
};

static bool same(bool told, struct date got, struct date want)
{
	return told == (want.year != 0) && (!told || date_days(got) == date_days(want));
}

static void days_of_absence_are_read(void **state)
{
	size_t wrong = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct arena *arena = arena_create(4 << 20);
		struct reply r;
		reply_word_read(arena, bytes_of_text(rows[i].text), rows[i].written.year != 0 ? rows[i].written : (struct date){2026, 11, 21}, &r);
		if (r.word != REPLY_ABSENT || !same(r.has_from, r.from, rows[i].from) || !same(r.has_until, r.until, rows[i].until)) {
			print_message("\"%s\": %s, %d %d-%d-%d, %d %d-%d-%d\n", rows[i].text, reply_word_name(r.word), r.has_from, r.from.year, r.from.month, r.from.day,
				      r.has_until, r.until.year, r.until.month, r.until.day);
			wrong++;
		}
		arena_destroy(&arena);
	}
	assert_int_equal(wrong, 0);
}

static void without_a_date_of_writing_only_full_days_are_read(void **state)
{
	struct arena *arena = arena_create(4 << 20);
	struct reply r;

	(void)state;
	reply_word_read(arena, BYTES("absent du 3/12/2026 au 20/12/2026"), (struct date){0}, &r);
	assert_true(r.has_until && r.until.day == 20 && r.has_from && r.from.day == 3);
	reply_word_read(arena, BYTES("absent jusqu'au 20/12"), (struct date){0}, &r);
	assert_false(r.has_until);
	reply_word_read(arena, BYTES("absent la semaine prochaine"), (struct date){0}, &r);
	assert_false(r.has_until);
	arena_destroy(&arena);
}

/* Automatic answers as the usual programs write them. */
static const struct row automatic[] = {
	{"Bonjour,\n\nJe suis absent du bureau du 20/12/2026 au 03/01/2027 inclus.\nEn cas d'urgence, contactez le 15.\n", {2026, 12, 20}, {2027, 1, 3}, {0}},
	{"Je suis actuellement en congés. Je serai de retour le lundi 7 décembre.\nCordialement", {0}, {2026, 12, 6}, {0}},
	{"Thank you for your message. I am out of the office until 4 January 2027 with limited access to email.", {0}, {2027, 1, 4}, {0}},
	{"I will be back on 7 December.", {0}, {2026, 12, 6}, {0}},
	{"Le cabinet est fermé du 24 décembre au 2 janvier.", {2026, 12, 24}, {2027, 1, 2}, {0}},
	{"Absent depuis le 16 novembre.\nRetour le 30 novembre.", {2026, 11, 16}, {2026, 11, 29}, {0}},
	{"J'ai bien reçu votre message du 20/11/2026 et vous répondrai sous 48 heures.", {0}, {0}, {0}},
	{"Votre message a été reçu le 21/11/2026.", {0}, {0}, {0}},
};

static void automatic_answers_suggest(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(automatic) / sizeof(automatic[0]); i++) {
		const struct row *row = &automatic[i];
		struct arena *arena = arena_create(4 << 20);
		struct reply_leave leave;
		bool told = reply_leave_suggest(arena, bytes_of_text(row->text), (struct date){2026, 11, 21}, &leave);
		if (told != (row->until.year != 0) || !same(leave.has_from && told, leave.from, row->from) || !same(leave.has_until, leave.until, row->until))
			fail_msg("%s: %d, %d %d-%d-%d, %d %d-%d-%d", row->text, told, leave.has_from, leave.from.year, leave.from.month, leave.from.day, leave.has_until,
				 leave.until.year, leave.until.month, leave.until.day);
		arena_destroy(&arena);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(days_of_absence_are_read),
		cmocka_unit_test(without_a_date_of_writing_only_full_days_are_read),
		cmocka_unit_test(automatic_answers_suggest),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
