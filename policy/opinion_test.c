/* policy/opinion_test.c - what an opinion lacks, what a second mail completes, and a report of the expert's own software. */
#include "policy/test_world.h"

#include "policy/opinion.h"

#define UN "un@experts.exemple.fr"

static struct policy_form_answer *answer_list(struct world *w, unsigned number, const char *text)
{
	struct policy_form_answer *one = arena_alloc(w->arena, sizeof *one);
	*one = (struct policy_form_answer){number, bytes_of_text(text)};
	return one;
}

static void what_is_missing_is_told(void **state)
{
	static const struct {
		const char *what, *field, *text, *missing;
	} rows[] = {
		{"whole", NULL, NULL, ""},
		{"no answer", "answers", NULL, "answer.1"},
		{"an answer to all questions together", "answer 0", "Non.", ""},
		{"an answer to a question that was not asked", "answer 7", "Oui.", "answer.1"},
		{"no opinion", "opinion", " \n", "opinion"},
		{"no delay, and the advice tells none", "delay", "", "delay"},
		{"no limits", "limits", "", "limits"},
		{"nothing said of help", "help", "", "help"},
		{"nothing said of interests", "interests", "", "interests"},
		{"no convergence", "convergence", "", "convergence"},
	};
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct world *w = world_make();
		to_accepted(w);
		struct policy_message m = opinion_message(w, UN, "e1");
		struct bytes text = bytes_of_text(rows[i].text);
		const char *field = rows[i].field == NULL ? "" : rows[i].field;
		struct { const char *name; struct bytes *at; } fields[] = {
			{"opinion", &m.form.opinion}, {"delay", &m.form.delay}, {"limits", &m.form.limits}, {"help", &m.form.help},
			{"interests", &m.form.interests}, {"convergence", &m.form.convergence},
		};
		for (size_t k = 0; k < COUNT(fields); k++)
			if (bytes_equal_text(bytes_of_text(field), fields[k].name))
				*fields[k].at = text;
		if (bytes_equal_text(bytes_of_text(field), "answers"))
			m.form.n_answers = 0;
		if (field[0] == 'a' && field[6] == ' ')
			m.form.answers = answer_list(w, (unsigned)(field[7] - '0'), rows[i].text);
		send(w, m);
		struct bytes missing = w->last.n_events > 1 ? w->last.events[1].text.id : BYTES_NONE;
		if (!bytes_equal_text(missing, rows[i].missing))
			fail_msg("%s: %s", rows[i].what, arena_text(w->arena, missing));
		world_free(w);
	}
}

static void a_time_told_with_the_advice_is_enough(void **state)
{
	static const struct {
		const char *advice;
		bool enough;
	} rows[] = {
		{"Consultation dans les trois semaines.", true}, {"Avant le 14/03.", true}, {"Opérer sans urgence.", true}, {"IRM sous 15 jours", true},
		{"See the surgeon within a month", true}, {"Poursuivre le traitement, 3 mg.", false}, {"Surveillance.", false},
	};
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct world *w = world_make();
		to_accepted(w);
		struct policy_message m = opinion_message(w, UN, "e1");
		m.form.delay = BYTES_NONE;
		m.form.advice = bytes_of_text(rows[i].advice);
		send(w, m);
		if ((w->dossier->state == DOSSIER_CHECKED) != rows[i].enough)
			fail_msg("%s", rows[i].advice);
		world_free(w);
	}
}

/* A second mail with the missing part alone; then the whole rests on both, and each is evidence. */
static void a_second_mail_completes_the_first(void **state)
{
	(void)state;
	struct world *w = world_make();
	to_accepted(w);
	struct policy_message first = opinion_message(w, UN, "e1");
	first.form.summary = first.form.help = BYTES_NONE;
	send(w, first);
	assert_string_equal(events_of(w), "opinion_received, opinion_returned");
	assert_string_equal(mails_of(w), "M15 expert");
	struct bytes form = field_of(&w->last, MAIL_M15, "form");
	assert_true(bytes_contains(form, BYTES("Résumé pour le patient [")) && bytes_contains(form, BYTES("Aide utilisée [")));
	assert_false(bytes_contains(form, BYTES("Avis motivé")) || bytes_contains(form, BYTES("question 1")));
	pass(w, SPAN_MINUTES(20));
	struct policy_message second = opinion_message(w, UN, "e1");
	second.form = (struct policy_form){.found = true, .reference = T(REFERENCE), .summary = BYTES("Rien ne presse."), .help = BYTES("Aucune."),
					   .advice = BYTES("Surveillance tous les six mois.")};
	send(w, second);
	assert_int_equal(w->dossier->state, DOSSIER_CHECKED);
	const struct dossier_opinion *o = &w->dossier->opinion;
	assert_true(bytes_equal_text(o->data.form.summary, "Rien ne presse.") && bytes_equal_text(o->data.form.opinion, "Avis motivé."));
	assert_true(bytes_equal_text(o->data.form.advice, "Surveillance tous les six mois."));
	assert_int_equal(o->n_mails, 2);
	assert_true(bytes_equal(o->mails[0].digest, first.digest) && bytes_equal(o->mails[1].digest, second.digest));
	assert_true(o->data.is_signed && bytes_equal_text(o->mails[1].fingerprint, "e1"));
	/* An event holds what its own mail said, and nothing of the other's. */
	assert_true(bytes_equal(w->last.events[0].opinion.form.opinion, BYTES_NONE));
	world_free(w);
}

/* Each mail is judged by itself: nobody else completes an opinion. */
static void nobody_else_completes_it(void **state)
{
	(void)state;
	struct world *w = world_make();
	to_accepted(w);
	struct policy_message first = opinion_message(w, UN, "e1");
	first.form.summary = BYTES_NONE;
	send(w, first);
	struct policy_message second = opinion_message(w, UN, "autre");
	assert_int_equal(send(w, second)->reason, REASON_OPINION_SIGNER);
	second = opinion_message(w, UN, "e1");
	second.form.reference = BYTES("A-2026-000001-ZZ");
	assert_int_equal(send(w, second)->reason, REASON_OPINION_DOSSIER);
	assert_int_equal(w->dossier->state, DOSSIER_ACCEPTED);
	assert_int_equal(w->dossier->draft.n_mails, 1);
	world_free(w);
}

/* What a person gave back does not survive in a part that the next mail leaves out. */
static void what_a_person_returns_is_void(void **state)
{
	(void)state;
	struct world *w = world_make();
	to_checked(w);
	command(w, POLICY_ACT_RETURN, "", "Le résumé parle d'une autre personne.");
	assert_true(field_of(&w->last, MAIL_M15, "form_whole").len > 0);
	assert_int_equal(field_of(&w->last, MAIL_M15, "form").len, 0);
	assert_int_equal(w->dossier->opinion.n_mails + w->dossier->draft.n_mails, 0);
	struct policy_message m = opinion_message(w, UN, "e1");
	m.form.summary = BYTES_NONE;
	send(w, m);
	assert_true(bytes_equal_text(w->last.events[1].text.id, "summary"));
	world_free(w);
}

/* A correction begins anew: nothing of what was delivered fills its gaps, and what was delivered stands until it is whole. */
static void an_incomplete_correction_is_a_draft(void **state)
{
	(void)state;
	struct world *w = world_make();
	to_released(w);
	pass(w, SPAN_DAYS(1));
	struct policy_message first = opinion_message(w, UN, "e1");
	first.form.opinion = BYTES("Avis corrigé.");
	first.form.summary = BYTES_NONE;
	send(w, first);
	assert_string_equal(events_of(w), "opinion_received, opinion_returned");
	assert_true(bytes_equal_text(w->last.events[1].text.id, "summary"));
	assert_int_equal(w->dossier->state, DOSSIER_RELEASED);
	assert_true(bytes_equal_text(w->dossier->opinion.data.form.opinion, "Avis motivé.") && w->dossier->opinion.checked);
	pass(w, SPAN_MINUTES(5));
	struct policy_message second = opinion_message(w, UN, "e1");
	second.form = (struct policy_form){.found = true, .reference = T(REFERENCE), .summary = BYTES("En clair, corrigé.")};
	send(w, second);
	assert_int_equal(w->dossier->state, DOSSIER_REVISION);
	assert_true(bytes_equal_text(w->dossier->opinion.data.form.opinion, "Avis corrigé.") && w->dossier->opinion.checked);
	assert_int_equal(w->dossier->opinion.n_mails, 2);
	assert_int_equal(w->dossier->delivered.n_mails, 1);
	assert_int_equal(w->dossier->draft.n_mails, 0);
	world_free(w);
}

static void answers_are_merged_by_number(void **state)
{
	static const struct policy_form_answer a[] = {{1, BYTES_OF("un")}, {3, BYTES_OF("trois")}}, b[] = {{2, BYTES_OF("deux")}, {3, BYTES_OF("drei")}},
					       all[] = {{0, BYTES_OF("tout")}};
	struct arena *arena = arena_create(1 << 20);
	struct policy_form older = {.answers = a, .n_answers = 2, .opinion = BYTES_OF("texte")}, newer = {.answers = b, .n_answers = 2};
	struct policy_form out = opinion_merge(arena, &older, &newer);
	(void)state;
	assert_int_equal(out.n_answers, 3);
	assert_true(bytes_equal_text(out.answers[0].text, "un") && bytes_equal_text(out.answers[1].text, "deux") && bytes_equal_text(out.answers[2].text, "drei"));
	newer = (struct policy_form){.answers = all, .n_answers = 1, .document = BYTES("d1")};
	out = opinion_merge(arena, &older, &newer);
	assert_int_equal(out.n_answers, 1);
	assert_true(bytes_equal_text(out.answers[0].text, "tout"));
	assert_true(out.opinion.len == 0 && bytes_equal_text(out.document, "d1"));
	arena_destroy(&arena);
}

/* --- a report (85208-7) of his own software --- */

static const struct bytes REQUEST_ORDER[] = {BYTES_OF("request-1")}, NUMBER_ORDER[] = {BYTES_OF("1.2.3^" REFERENCE)}, OTHER_ORDER[] = {BYTES_OF("1.2.3^x")};

static struct policy_message report_message(struct world *w)
{
	struct policy_message m = opinion_message(w, UN, "e1");
	struct policy_document *doc = documents(w, document(w, "cr-1", "85208-7", "c1"));
	struct policy_author *author = arena_alloc(w->arena, sizeof *author);

	*author = (struct policy_author){.name = BYTES("Pr UN")};
	author->id = T(arena_printf(w->arena, "1.2.250.1.71.4.2.1^%s", arena_text(w->arena, dossier_accepted_offer(w->dossier)->rpps)));
	doc->authors = author;
	doc->n_authors = 1;
	doc->orders = (struct policy_texts){REQUEST_ORDER, 1};
	m.documents = doc;
	m.n_documents = 1;
	m.form.reference = m.form.opinion = BYTES_NONE;
	m.form.document = BYTES("c1");
	return m;
}

static void a_report_counts_as_an_opinion(void **state)
{
	static const struct {
		const char *what;
		enum reason reason;
	} rows[] = {
		{"fulfils the request", REASON_NONE}, {"an order of the dossier's number", REASON_NONE}, {"the reference in the text", REASON_NONE},
		{"names nothing", REASON_OPINION_DOSSIER}, {"another reference in the text", REASON_OPINION_DOSSIER},
		{"another author", REASON_OPINION_SIGNER}, {"no author", REASON_OPINION_SIGNER}, {"another patient", REASON_ARCHIVE_PATIENTS},
		{"no patient", REASON_IDENTITY_NONE}, {"a digest of nothing that came", REASON_OPINION_DOSSIER}, {"another's signature", REASON_OPINION_SIGNER},
		{"no summary beside it", REASON_OPINION_INCOMPLETE},
	};
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct world *w = world_make();
		to_accepted(w);
		struct policy_message m = report_message(w);
		struct policy_document *doc = (struct policy_document *)m.documents;
		struct policy_author *author = (struct policy_author *)doc->authors;
		switch (i) {
		case 1: doc->orders.at = NUMBER_ORDER; break;
		case 2: doc->orders.n = 0; m.form.reference = T(REFERENCE); break;
		case 3: doc->orders.at = OTHER_ORDER; break;
		case 4: m.form.reference = BYTES("A-2026-000001-ZZ"); break;
		case 5: author->id = BYTES("1.2.250.1.71.4.2.1^899999999999"); break;
		case 6: doc->n_authors = 0; break;
		case 7: doc->patient.ins = BYTES("160013912345604"); doc->patient.family_birth = BYTES("AUTRE"); break;
		case 8: doc->has_patient = false; break;
		case 9: m.form.document = BYTES("zz"); m.form.reference = T(REFERENCE); break;
		case 10: m.signature.fingerprint = BYTES("e2"); break;
		case 11: m.form.summary = BYTES_NONE; break;
		default: break;
		}
		send(w, m);
		if (w->last.reason != rows[i].reason)
			fail_msg("%s: %s", rows[i].what, reason_code(w->last.reason));
		if (rows[i].reason == REASON_NONE) {
			assert_int_equal(w->dossier->state, DOSSIER_CHECKED);
			assert_int_equal(w->dossier->opinion.n_annexes, 1);
			assert_true(bytes_equal_text(w->dossier->opinion.annexes[0].digest, "c1") && w->dossier->opinion.annexes[0].inbox > 0);
			assert_true(bytes_equal(w->dossier->opinion.data.form.reference, w->dossier->reference));
		}
		world_free(w);
	}
}

static void urgency_is_read_where_it_is_asked_for(void **state)
{
	(void)state;
	static const struct {
		const char *delay, *advice;
		bool urgent;
	} rows[] = {
		{"Opérer sous 48 h", "", true}, {"dans les 3 jours", "", true}, {"7 jours", "", true}, {"Sous 2 à 3 jours", "", true}, {"En urgence", "", true},
		{"immédiatement", "", true}, {"Dès que possible.", "", true}, {"une semaine", "", true}, {"1 semaine", "", true}, {"72\u00a0heures", "", true},
		{"Within 48 hours", "", true}, {"as soon as possible", "", true}, {"2 days", "", true}, {"5 j", "", true},
		{"Trois mois.", "", false}, {"sans urgence", "", false}, {"Pas d'urgence : 6 semaines", "", false}, {"non urgent", "", false}, {"not urgent", "", false},
		{"3 semaines", "", false}, {"10 à 15 jours", "", false}, {"2 mois", "", false}, {"14/03", "", false}, {"8 jours", "", false}, {"2 janvier", "", false},
		/* Beside the advice a number may be a dose or a time of taking it. */
		{"", "Antibiotique 5 jours, puis chirurgie programmée dans 2 mois.", false}, {"", "Chirurgie en urgence.", true},
		{"3 mois", "Consulter en urgence en cas de fièvre.", false},
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct policy_form f = {.delay = T(rows[i].delay), .advice = T(rows[i].advice)};
		if (opinion_is_urgent(&f) != rows[i].urgent)
			fail_msg("%s / %s", rows[i].delay, rows[i].advice);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_missing_is_told), cmocka_unit_test(a_time_told_with_the_advice_is_enough),
		cmocka_unit_test(a_second_mail_completes_the_first), cmocka_unit_test(nobody_else_completes_it),
		cmocka_unit_test(what_a_person_returns_is_void), cmocka_unit_test(an_incomplete_correction_is_a_draft), cmocka_unit_test(answers_are_merged_by_number),
		cmocka_unit_test(a_report_counts_as_an_opinion), cmocka_unit_test(urgency_is_read_where_it_is_asked_for),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
