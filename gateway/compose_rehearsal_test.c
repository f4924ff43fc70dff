/* gateway/compose_rehearsal_test.c - where a mail of a rehearsal says so, and that no other mail does. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "gateway/compose_rehearsal.h"

static struct arena *arena;

static bool has(struct bytes text, const char *word)
{
	return bytes_find(text, bytes_of_text(word), 0) < text.len;
}

static struct compose_request request(const char *subject, const char *day)
{
	static struct pdf_row rows[] = {{.label = BYTES_OF("Patient"), .value = BYTES_OF("DOMINIQUE PAT-TROIS")}};
	struct compose_request r = {
		.rehearsal = bytes_of_text(day), .has_report = true, .has_dossier = true, .xdm_title = BYTES("Deuxième avis"),
		.report = {.cda = {.title = BYTES("Deuxième avis")}, .rows = rows, .row_count = 1},
		.dossier = {.title = BYTES("Dossier d'avis"), .rows = rows, .row_count = 1},
	};
	r.mail.subject = bytes_of_text(subject);
	r.mail.text = BYTES("Bonjour,\n");
	return r;
}

static void test_every_place_says_so(void **state)
{
	static const struct {
		bool english;
		const char *subject, *marked, *first, *word, *label;
	} rows[] = {
		{false, "Votre dossier est complet", "[ESSAI] Votre dossier est complet", "ESSAI - Ce service est une répétition", "ESSAI - ", "ESSAI"},
		{true, "Your file is complete", "[TEST] Your file is complete", "TEST - This service is a rehearsal", "TEST - ", "TEST"},
		{false, "XDM/1.0/DDM+Dossier d'avis PAT-TROIS DOMINIQUE 28/03/1979", "XDM/1.0/DDM+ESSAI Dossier d'avis PAT-TROIS DOMINIQUE 28/03/1979",
		 "ESSAI - ", "ESSAI - ", "ESSAI"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct compose_request r = request(rows[i].subject, "dimanche 14 mars 2027");
		compose_rehearsal(arena, rows[i].english, &r);
		assert_true(bytes_equal_text(r.mail.subject, rows[i].marked));
		assert_true(bytes_starts(r.mail.text, bytes_of_text(rows[i].first)));
		assert_true(has(r.mail.text, "dimanche 14 mars 2027") && bytes_ends(r.mail.text, BYTES("\n\nBonjour,\n")));
		assert_true(bytes_starts(r.report.cda.title, bytes_of_text(rows[i].word)) && bytes_starts(r.dossier.title, bytes_of_text(rows[i].word)));
		assert_true(bytes_starts(r.xdm_title, bytes_of_text(rows[i].word)));
		assert_int_equal(r.report.row_count, 2);
		assert_int_equal(r.dossier.row_count, 2);
		assert_true(bytes_equal_text(r.report.rows[0].label, rows[i].label) && has(r.report.rows[0].value, "2027"));
		assert_true(bytes_equal_text(r.dossier.rows[0].label, rows[i].label) && bytes_equal_text(r.dossier.rows[1].label, "Patient"));
	}
}

/* Machines read the subject of a report; people its text. */
static void test_a_report_keeps_its_subject(void **state)
{
	struct compose_request r = request("XDM/1.0/DDM+CR PAT-TROIS", "dimanche 14 mars 2027");

	(void)state;
	r.has_notice = true;
	compose_rehearsal(arena, false, &r);
	assert_true(bytes_equal_text(r.mail.subject, "XDM/1.0/DDM+CR PAT-TROIS"));
	assert_true(bytes_starts(r.mail.text, BYTES("ESSAI - ")));
}

static void test_no_other_mail_does(void **state)
{
	struct compose_request r = request("Votre dossier est complet", "");

	(void)state;
	compose_rehearsal(arena, false, &r);
	assert_true(bytes_equal_text(r.mail.subject, "Votre dossier est complet") && bytes_equal_text(r.mail.text, "Bonjour,\n"));
	assert_true(bytes_equal_text(r.report.cda.title, "Deuxième avis") && r.report.row_count == 1 && r.dossier.row_count == 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_place_says_so),
		cmocka_unit_test(test_a_report_keeps_its_subject),
		cmocka_unit_test(test_no_other_mail_does),
	};
	arena = arena_create(1u << 20);
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	arena_destroy(&arena);
	return failed;
}
