/* smtp/form_test.c - the expert's opinion under the headings that we sent. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "smtp/form.h"

static const struct row {
	const char *what, *text;
	bool found;
	const char *reference, *answer, *opinion, *convergence, *advice, *summary;
} rows[] = {
	{"filled in as sent",
	 "R\xc3\xa9" "f\xc3\xa9rence : A-2026-000123-KQ\n\nR\xc3\xa9ponse aux questions :\nOui, la chirurgie.\n\nAvis motiv\xc3\xa9 :\nTumeur de 12 mm.\n"
	 "Deuxi\xc3\xa8me ligne.\n\nConvergence :\noui\n\nConduite \xc3\xa0 tenir et d\xc3\xa9lai :\nOp\xc3\xa9rer sous 4 semaines\n\n"
	 "R\xc3\xa9sum\xc3\xa9 pour le patient :\nUne op\xc3\xa9ration est conseill\xc3\xa9" "e.\n-- \nDr X",
	 true, "A-2026-000123-KQ", "Oui, la chirurgie.", "Tumeur de 12 mm.\nDeuxi\xc3\xa8me ligne.", "yes", "Op\xc3\xa9rer sous 4 semaines",
	 "Une op\xc3\xa9ration est conseill\xc3\xa9" "e."},
	{"case, accents, stars and numbers do not matter",
	 "1. **REFERENCE** : a-2026-000123-kq\n2) Reponse aux questions : oui\n> * 3 - AVIS MOTIVE :\nbien\n", true, "A-2026-000123-KQ", "oui",
	 "bien", "", "", ""},
	{"written inside the quoted form",
	 "Le 21/11/2026 \xc3\xa0 10:00, Relais <r@example.org> a \xc3\xa9" "crit :\n> Bonjour\n> Avis motiv\xc3\xa9 :\nMon avis.\n> \xc2\xab \xc3\xa0 remplir \xc2\xbb\n"
	 "> Convergence :\npartielle\n> Liens d'int\xc3\xa9r\xc3\xaats :\n> (\xc3\xa0 remplir)\n",
	 true, "", "", "Mon avis.", "partly", "", ""},
	{"written above the quoted form, whose words stay out",
	 "Avis motiv\xc3\xa9 : mon avis\nR\xc3\xa9sum\xc3\xa9 pour le patient : tout va bien\n\nLe 21/11/2026 \xc3\xa0 10:00, Relais <r@example.org> a \xc3\xa9" "crit :\n"
	 "> Voici le dossier.\n> R\xc3\xa9" "f\xc3\xa9rence : A-2026-000123-KQ\n> Avis motiv\xc3\xa9 :\n> \xc2\xab \xc3\xa0 remplir \xc2\xbb\n",
	 true, "A-2026-000123-KQ", "", "mon avis", "", "", "tout va bien"},
	{"English",
	 "Reference: A-2026-000123-KQ\nAnswer to the questions: yes\nReasoned opinion: fine\nConvergence: no, not at all\nWhat to do and how soon: wait\n"
	 "Summary for the patient: wait\n",
	 true, "A-2026-000123-KQ", "yes", "fine", "no", "wait", "wait"},
	{"only our own places to write", "R\xc3\xa9" "f\xc3\xa9rence : A-2026-000123-KQ\nAvis motiv\xc3\xa9 :\n\xc2\xab votre avis \xc2\xbb\nConvergence :\n(\xc3\xa0 remplir : oui, partielle ou non)\n",
	 false, "A-2026-000123-KQ", "", "", "", "", ""},
	{"our question left as it was", "Avis motiv\xc3\xa9 : a\nConvergence : oui / partielle / non\n", true, "", "", "a", "", "", ""},
	{"a remark in brackets behind a heading", "Avis motiv\xc3\xa9 (avec vos raisons) :\nparce que\nConvergence : Non.\n", true, "", "", "parce que", "no", "", ""},
	{"ordinary words are no heading", "La convergence des avis est bonne.\nLa r\xc3\xa9" "f\xc3\xa9rence manque.\n", false, "", "", "", "", "", ""},
	{"one heading is no form", "Avis motiv\xc3\xa9 : rien", false, "", "", "rien", "", "", ""},
	{"the first filled one counts", "Avis motiv\xc3\xa9 :\n\nConvergence : oui\nAvis motiv\xc3\xa9 : second\nAvis motiv\xc3\xa9 : third\n", true, "", "", "second", "yes", "", ""},
	{"a number that is none", "R\xc3\xa9" "f\xc3\xa9rence : B2026-1\nAvis motiv\xc3\xa9 : a\n", true, "", "", "a", "", "", ""},
	{"as M13 has it, with words behind the form",
	 "________________\nR\xc3\xa9" "f\xc3\xa9rence : A-2026-000123-KQ\n\nAvis motiv\xc3\xa9 :\nbien\n\nConvergence (oui / partielle / non) :\npartielle\n\n"
	 "R\xc3\xa9sum\xc3\xa9 pour le patient :\ntout va bien\n________________\nDr X, tel. 01\n",
	 true, "A-2026-000123-KQ", "", "bien", "partly", "", "tout va bien"},
	{"as M13 has it, untouched", "R\xc3\xa9" "f\xc3\xa9rence : A-2026-000123-KQ\n\nAvis motiv\xc3\xa9 :\n\n\nConvergence (oui / partielle / non) :\n\n\n", false, "A-2026-000123-KQ", "", "", "", "", ""},
	{"a closing and a name are no part of the summary",
	 "Avis motiv\xc3\xa9 : bien\nR\xc3\xa9sum\xc3\xa9 pour le patient : tout va bien\n\nBien cordialement,\nDr X\nService Y\n", true, "", "", "bien", "", "",
	 "tout va bien"},
	{"a postscript is",
	 "Avis motiv\xc3\xa9 : bien\nR\xc3\xa9sum\xc3\xa9 pour le patient : tout va bien\n\nCordialement\nDr X\nPS : appelez-moi\n", true, "", "", "bien", "", "",
	 "tout va bien\n\nCordialement\nDr X\nPS : appelez-moi"},
	{"the reference may stand anywhere", "Dossier A-2026-000123-KQ\n\nR\xc3\xa9sum\xc3\xa9 pour le patient : tout va bien\n", true, "A-2026-000123-KQ", "", "", "", "",
	 "tout va bien"},
	{"our letter above the form may speak of its headings",
	 "Bien re\xc3\xa7u.\n\nDe : Relais\nEnvoy\xc3\xa9 : lundi\n\xc3\x80 : Dr\nObjet : Avis\n\nR\xc3\xa9sum\xc3\xa9 pour le patient : trop technique, \xc3\xa0 refaire.\n\n"
	 "R\xc3\xa9" "f\xc3\xa9rence : A-2026-000123-KQ\n\nR\xc3\xa9sum\xc3\xa9 pour le patient :\nC'est simple.\n\nFin du formulaire\n",
	 true, "A-2026-000123-KQ", "", "", "", "", "C'est simple."},
	{"a bracket that never closes hides nothing", "R\xc3\xa9" "f\xc3\xa9rence : A-2026-000123-KQ\nAvis motiv\xc3\xa9 [mes raisons\nsont l\xc3\xa0\nConvergence : oui\n", true,
	 "A-2026-000123-KQ", "", "mes raisons\nsont l\xc3\xa0", "yes", "", ""},
	{"guillemets are the expert's own", "Avis motiv\xc3\xa9 :\n\xc2\xab Rien ne presse \xc2\xbb\nConvergence : oui\n", true, "", "", "\xc2\xab Rien ne presse \xc2\xbb", "yes", "", ""},
	{"boxes left as they were are no answer", "Avis motiv\xc3\xa9 : a\nConvergence : [ ] oui [x] partielle [ ] non\n", true, "", "", "a", "", "", ""},
	{"nothing", "", false, "", "", "", "", "", ""},
};

static void same(const char *what, const char *field, struct bytes got, const char *want)
{
	if (!bytes_equal_text(got, want))
		fail_msg("%s: %s is \"%.*s\"", what, field, (int)got.len, got.len > 0 ? (const char *)got.at : "");
}

static void forms_are_read(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct arena *arena = arena_create(16 << 20);
		const struct row *row = &rows[i];
		struct form form;
		form_read(arena, bytes_of_text(row->text), &form);
		if (form.found != row->found)
			fail_msg("%s: found is %d", row->what, form.found);
		same(row->what, "reference", form.reference, row->reference);
		same(row->what, "answer", form.answer_count > 0 ? form.answers[0].text : BYTES_NONE, row->answer);
		same(row->what, "opinion", form.opinion, row->opinion);
		same(row->what, "convergence", form.convergence, row->convergence);
		same(row->what, "advice", form.advice, row->advice);
		same(row->what, "summary", form.summary, row->summary);
		arena_destroy(&arena);
	}
}

/* Eight thousand headings must not take eight thousand buffers. */
static void many_headings_need_little_memory(void **state)
{
	static unsigned char text[9000 * 14];
	struct arena *arena = arena_create(32 << 20);
	struct form form;
	size_t len = 0;

	(void)state;
	for (size_t i = 0; i < 9000; i++)
		for (const char *c = "convergence :\n"; *c != 0; c++)
			text[len++] = (unsigned char)*c;
	form_read(arena, (struct bytes){text, len}, &form);
	assert_false(form.found);
	arena_destroy(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(forms_are_read),
		cmocka_unit_test(many_headings_need_little_memory),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
