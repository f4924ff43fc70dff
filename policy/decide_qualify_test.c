/* policy/decide_qualify_test.c - requests that do not tell all: a physician's, and a form that a person must read; and answers
 * that do not fit the questionnaire they were given under. */
#include "policy/test_world.h"

#define SECTION(id, title, words) {.question = BYTES_OF(id), .text = BYTES_OF(title), .value = BYTES_OF(words), .kind = POLICY_ANSWER_SECTION}

static const struct policy_answer SECTIONS[] = {
	SECTION("question.1", "Motif", "Faut-il opérer ?"),
	SECTION("section.34117-2", "Anamnèse", "Ligne une\nLigne deux"),
	SECTION("section.10160-0", "Traitements", "Clopidogrel"),
};

static struct policy_message physician_message(struct world *w)
{
	struct policy_message m = request_message(w);
	static const struct policy_author author = {BYTES_OF("801234567897"), BYTES_OF("Dr VACQUIER"), BYTES_OF("1120456789"), BYTES_OF("Belvédère")};
	struct policy_document *all = arena_alloc(w->arena, 2 * sizeof *all);

	all[0] = document(w, "demand-1", "75496-0", "t0");
	all[0].authors = &author;
	all[0].n_authors = 1;
	all[1] = (struct policy_document){.kind = POLICY_KIND_PDF, .name = BYTES("demand-1-1.pdf"), .digest = BYTES("t1")};
	m.documents = all;
	m.n_documents = 2;
	m.answers = SECTIONS;
	m.n_answers = COUNT(SECTIONS);
	return m;
}

static struct policy_message form_message(struct world *w)
{
	struct policy_message m = request_message(w);
	m.answers = NULL;
	m.n_answers = 0;
	return m;
}

static const struct policy_decision *consent(struct world *w, enum party party, bool given)
{
	const struct policy_command c = {.act = POLICY_ACT_CONSENT, .actor = BYTES("nurse"), .party = party, .given = given};
	policy_decide_command(w->arena, &w->rules, w->dossier, &c, w->now, &w->last);
	world_store(w);
	return &w->last;
}

static void a_physicians_request_waits_for_a_person(void **state)
{
	(void)state;
	struct world *w = world_make();
	const struct policy_decision *d = send(w, physician_message(w));

	assert_int_equal(d->outcome, POLICY_APPLIED);
	assert_int_equal(d->reason, REASON_REQUEST_UNQUALIFIED);
	assert_string_equal(d->owner, "nurses");
	assert_string_equal(events_of(w), "requested, document_filed, document_filed, qualification_awaited");
	/* No consent: the patient is not written to. */
	assert_string_equal(mails_of(w), "M60 requester");
	assert_int_equal(w->dossier->state, DOSSIER_UNQUALIFIED);
	assert_int_equal(w->dossier->request.requester, REQUESTER_PHYSICIAN);
	assert_true(bytes_equal(w->dossier->missing, BYTES("pathology,questionnaire,consent.processing,consent.expert")));
	/* Nothing goes on by itself, whoever sends what. */
	send(w, record_message(w, "mammo-1", "18748-4", "m1"));
	assert_string_equal(events_of(w), "document_filed");
	assert_int_equal(command(w, POLICY_ACT_WAIVE, "pathology", "x")->reason, REASON_REQUEST_UNQUALIFIED);
	assert_int_equal(command(w, POLICY_ACT_TRIAGE, "", "")->reason, REASON_REQUEST_UNQUALIFIED);
	assert_int_equal(w->dossier->state, DOSSIER_UNQUALIFIED);
	world_free(w);
}

static void a_person_completes_it(void **state)
{
	(void)state;
	struct world *w = world_make();

	send(w, physician_message(w));
	assert_int_equal(command(w, POLICY_ACT_TRIAGE, "rachis", "1")->reason, REASON_PATHOLOGY_UNKNOWN);
	assert_int_equal(command(w, POLICY_ACT_TRIAGE, "cancer-sein", "9")->reason, REASON_QUESTIONNAIRE_UNKNOWN);
	command(w, POLICY_ACT_TRIAGE, "cancer-sein", "1");
	assert_string_equal(events_of(w), "qualified, pieces_missing");
	assert_string_equal(mails_of(w), "");
	assert_string_equal(w->last.owner, "nurses");
	assert_true(bytes_equal(w->dossier->missing, BYTES("consent.processing,consent.expert,history,mammography,mdt")));
	assert_int_equal(command(w, POLICY_ACT_WAIVE, "consent.expert", "x")->reason, REASON_NOT_FOUND);
	assert_int_equal(consent(w, PARTY_PATIENT, false)->reason, REASON_DOSSIER_ORDER);
	consent(w, PARTY_PATIENT, true);
	assert_string_equal(mails_of(w), "");
	/* With the second consent the patient may be told, and is. */
	consent(w, PARTY_EXPERT, true);
	assert_string_equal(mails_of(w), "M01 patient, M02 patient, M61 requester");
	assert_true(bytes_equal(field_of(&w->last, MAIL_M02, "missing"), BYTES("- Vos antécédents\n- Mammographie\n- Compte rendu de RCP")));
	command(w, POLICY_ACT_ANSWER, "history", "aucun");
	assert_string_equal(events_of(w), "answer_told, pieces_missing");
	send(w, record_message(w, "mammo-1", "18748-4", "m1"));
	send(w, record_message(w, "rcp-1", "51851-4", "r1"));
	assert_int_equal(w->dossier->state, DOSSIER_TRIAGE);
	command(w, POLICY_ACT_TRIAGE, "", "");
	assert_string_equal(mails_of(w), "M06 patient, M61 requester, M10 expert");
	assert_true(bytes_equal(field_of(&w->last, MAIL_M10, "questions"), BYTES("1. Faut-il opérer ?")));
	/* The expert has the sections, and who asks. */
	assert_true(bytes_contains(field_of(&w->last, MAIL_M10, "hospitals"), BYTES("Dr VACQUIER")));
	pass(w, SPAN_HOURS(1));
	send(w, reply_message(w, "un@experts.exemple.fr", POLICY_WORD_ACCEPT));
	assert_true(bytes_contains(field_of(&w->last, MAIL_M13, "answers"), BYTES("- Anamnèse :\nLigne une\nLigne deux\n- Traitements :\nClopidogrel\n- Vos antécédents : aucun")));
	world_free(w);
}

static void consents_may_come_first(void **state)
{
	(void)state;
	struct world *w = world_make();

	send(w, physician_message(w));
	consent(w, PARTY_EXPERT, true);
	consent(w, PARTY_PATIENT, true);
	assert_string_equal(mails_of(w), "");
	assert_int_equal(w->dossier->state, DOSSIER_UNQUALIFIED);
	command(w, POLICY_ACT_TRIAGE, "cancer-sein", "1");
	assert_string_equal(mails_of(w), "M01 patient, M02 patient, M61 requester");
	assert_null(w->last.owner);
	assert_int_equal(command(w, POLICY_ACT_TRIAGE, "cancer-sein", "1")->reason, REASON_DOSSIER_ORDER);
	world_free(w);
}

static void a_form_is_read_by_a_person(void **state)
{
	(void)state;
	struct world *w = world_make();
	const struct policy_decision *d = send(w, form_message(w));

	assert_int_equal(d->outcome, POLICY_APPLIED);
	assert_int_equal(d->reason, REASON_QUESTIONNAIRE_UNREAD);
	assert_string_equal(d->owner, "nurses");
	assert_int_equal(w->dossier->request.requester, REQUESTER_PATIENT);
	assert_int_equal(w->dossier->state, DOSSIER_UNQUALIFIED);
	/* The same form again is the same request; another of the same patient is for a person. */
	assert_int_equal(send(w, form_message(w))->outcome, POLICY_DUPLICATE);
	struct policy_message m = form_message(w);
	m.documents = documents(w, document(w, "request-2", "74465-6", "f2"));
	assert_int_equal(send(w, m)->reason, REASON_REQUEST_DOUBLE);
	/* So is one that tells its pathology: it may be the same matter. */
	m = request_message(w);
	m.documents = documents(w, document(w, "request-3", "74465-6", "f3"));
	assert_int_equal(send(w, m)->reason, REASON_REQUEST_DOUBLE);
	command(w, POLICY_ACT_REDIRECT, "", "hors du service");
	assert_int_equal(w->dossier->state, DOSSIER_REDIRECTED);
	world_free(w);
}

/* The form itself is among what the expert gets, since nothing else tells what is in it. */
static void a_form_is_a_document(void **state)
{
	(void)state;
	struct world *w = world_make();
	struct policy_message m = form_message(w);
	const struct policy_document all[] = {
		document(w, "request-1", "74465-6", "f0"), document(w, "m", "18748-4", "m1"), document(w, "r", "51851-4", "r1"),
		document(w, "dep", "DOCPAT03", "p1")};

	m.documents = all;
	m.n_documents = COUNT(all);
	send(w, m);
	consent(w, PARTY_EXPERT, true);
	consent(w, PARTY_PATIENT, true);
	command(w, POLICY_ACT_ANSWER, "history", "aucun");
	command(w, POLICY_ACT_ANSWER, "question.1", "Que faire ?");
	command(w, POLICY_ACT_TRIAGE, "cancer-sein", "1");
	assert_int_equal(w->dossier->state, DOSSIER_TRIAGE);
	command(w, POLICY_ACT_TRIAGE, "", "");
	assert_true(bytes_equal(field_of(&w->last, MAIL_M10, "exam_count"), BYTES("3")));
	assert_true(bytes_contains(field_of(&w->last, MAIL_M10, "exams"), BYTES("Document dep")));
	world_free(w);
}

static void what_is_told_counts(void **state)
{
	(void)state;
	static const struct policy_answer whole[] = {
		{.question = BYTES_OF("relais.pathology"), .value = BYTES_OF("cancer-sein")},
		{.question = BYTES_OF("relais.questionnaire"), .value = BYTES_OF("1")},
		{.question = BYTES_OF("consent.processing"), .value = BYTES_OF("true")},
		{.question = BYTES_OF("consent.expert"), .value = BYTES_OF("true")},
	};
	static const struct {
		const char *what;
		size_t n;               /* of whole */
		const char *id, *value; /* changed */
		enum policy_outcome outcome;
		enum reason reason;
		enum dossier_state state;
	} rows[] = {
		{"all of it", 4, "", "", POLICY_APPLIED, REASON_NONE, DOSSIER_INCOMPLETE},
		{"no consent to the expert", 3, "", "", POLICY_APPLIED, REASON_REQUEST_UNQUALIFIED, DOSSIER_UNQUALIFIED},
		{"the pathology alone", 1, "", "", POLICY_APPLIED, REASON_REQUEST_UNQUALIFIED, DOSSIER_UNQUALIFIED},
		{"a consent refused", 4, "consent.expert", "false", POLICY_REFUSED, REASON_REQUEST_INCOMPLETE, DOSSIER_NOWHERE},
		{"a pathology that nobody knows", 1, "relais.pathology", "rachis", POLICY_REFUSED, REASON_PATHOLOGY_UNKNOWN, DOSSIER_NOWHERE},
		{"a version that nobody knows", 4, "relais.questionnaire", "7", POLICY_REFUSED, REASON_QUESTIONNAIRE_UNKNOWN, DOSSIER_NOWHERE},
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct world *w = world_make();
		struct policy_message m = physician_message(w);
		struct policy_answer answers[COUNT(whole)];
		memcpy(answers, whole, sizeof whole);
		for (size_t k = 0; k < COUNT(whole); k++)
			if (bytes_equal(answers[k].question, T(rows[i].id)))
				answers[k].value = T(rows[i].value);
		m.answers = answers;
		m.n_answers = rows[i].n;
		const struct policy_decision *d = send(w, m);
		if (d->outcome != rows[i].outcome || d->reason != rows[i].reason)
			fail_msg("%s: %s", rows[i].what, reason_code(d->reason));
		assert_int_equal(w->dossier == NULL ? DOSSIER_NOWHERE : w->dossier->state, rows[i].state);
		world_free(w);
	}
}

/* The form that was filled in may stand for pathology and version. */
static void the_form_names_the_version(void **state)
{
	(void)state;
	static const struct bytes one[] = {BYTES_OF("1.2^form-1")}, two[] = {BYTES_OF("1.2^form-2")};
	static const struct {
		const char *what, *version, *form;
		enum reason reason;
		const char *kept;
	} rows[] = {
		{"the form alone", NULL, "1.2^form-2", REASON_NONE, "2"},
		{"both agree", "2", "1.2^form-2#5", REASON_NONE, "2"},
		{"they contradict", "1", "1.2^form-2", REASON_REQUEST_INCOMPLETE, NULL},
		{"an unknown form beside a version", "1", "1.2^form-9", REASON_NONE, "1"},
		{"an unknown form alone", NULL, "1.2^form-9", REASON_REQUEST_INCOMPLETE, NULL},
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct world *w = world_make();
		struct pathology both[] = {PATHOLOGIES[0], PATHOLOGIES[0]};
		struct policy_answer answers[COUNT(REQUEST_ANSWERS)];
		struct policy_message m = request_message(w);

		both[0].forms = (struct policy_texts){one, 1};
		both[1].version = BYTES("2");
		both[1].forms = (struct policy_texts){two, 1};
		w->rules.pathologies = both;
		w->rules.n_pathologies = 2;
		memcpy(answers, REQUEST_ANSWERS, sizeof answers);
		answers[1].value = rows[i].version == NULL ? BYTES_NONE : T(rows[i].version);
		answers[11].form = T(rows[i].form);
		m.answers = answers;
		const struct policy_decision *d = send(w, m);
		if (d->reason != rows[i].reason)
			fail_msg("%s: %s", rows[i].what, reason_code(d->reason));
		if (rows[i].kept != NULL)
			assert_true(bytes_equal(w->dossier->request.version, T(rows[i].kept)) && bytes_equal(w->dossier->request.form, T(rows[i].form)));
		world_free(w);
	}
}

static void what_does_not_fit_is_asked_again(void **state)
{
	(void)state;
	static const struct pathology_answer questions[] = {
		{.id = BYTES_OF("decision.date"), .label_fr = BYTES_OF("La date prévue"), .label_en = BYTES_OF("The date"), .kind = POLICY_ANSWER_DATE},
		{.id = BYTES_OF("weight"), .label_fr = BYTES_OF("Votre poids"), .label_en = BYTES_OF("Your weight"), .kind = POLICY_ANSWER_NUMBER,
		 .has_low = true, .low = {2000000}, .has_high = true, .high = {350000000}, .unit = BYTES_OF("kg")},
	};
	static const struct pathology_exam none[1];
	struct world *w = world_make();
	struct pathology old = PATHOLOGIES[0], now = PATHOLOGIES[0];
	struct pathology both[2];
	struct policy_answer answers[COUNT(REQUEST_ANSWERS) + 2];
	struct policy_message m = request_message(w);

	old.n_exams = now.n_exams = 0;
	old.exams = now.exams = none;
	now.version = BYTES("2");
	now.answers = questions;
	now.n_answers = 2;
	both[0] = now;
	both[1] = old;
	w->rules.pathologies = both;
	w->rules.n_pathologies = 2;
	memcpy(answers, REQUEST_ANSWERS, sizeof REQUEST_ANSWERS);
	answers[COUNT(REQUEST_ANSWERS)] = (struct policy_answer){.question = BYTES("decision.date"), .value = BYTES("demain"), .kind = POLICY_ANSWER_TEXT};
	answers[COUNT(REQUEST_ANSWERS) + 1] = (struct policy_answer){.question = BYTES("weight"), .value = BYTES("6000"), .kind = POLICY_ANSWER_NUMBER, .unit = BYTES("kg")};
	m.answers = answers;
	m.n_answers = COUNT(answers);
	/* Under the old version nobody asked for a date. */
	send(w, m);
	assert_int_equal(w->dossier->state, DOSSIER_TRIAGE);
	world_free(w);
	w = world_make();
	w->rules.pathologies = both;
	w->rules.n_pathologies = 2;
	answers[1].value = BYTES("2");
	m = request_message(w);
	m.answers = answers;
	m.n_answers = COUNT(answers);
	send(w, m);
	assert_int_equal(w->dossier->state, DOSSIER_INCOMPLETE);
	assert_true(bytes_equal(field_of(&w->last, MAIL_M02, "missing"),
				BYTES("- La date prévue (réponse reçue : « demain » ; attendu : une date, comme 31/12/2026)\n"
				      "- Votre poids (réponse reçue : « 6000 » ; attendu : un nombre entre 2 et 350 kg)")));
	assert_true(bytes_equal(w->last.events[w->last.n_events - 1].text.text, BYTES("decision.date dossier.answer.kind,weight dossier.answer.range")));
	/* Kept as it came, until a person tells another. */
	struct bytes value;
	assert_true(dossier_answer(w->dossier, BYTES("weight"), 0, &value) && bytes_equal(value, BYTES("6000")));
	command(w, POLICY_ACT_ANSWER, "weight", "60");
	assert_true(dossier_answer(w->dossier, BYTES("weight"), 0, &value) && bytes_equal(value, BYTES("60")));
	assert_false(dossier_answer(w->dossier, BYTES("weight"), 1, &value));
	assert_int_equal(command(w, POLICY_ACT_ANSWER, "relais.pathology", "x")->reason, REASON_USAGE);
	assert_int_equal(command(w, POLICY_ACT_ANSWER, "consent.expert", "true")->reason, REASON_USAGE);
	command(w, POLICY_ACT_ANSWER, "decision.date", "31/12/2026");
	assert_int_equal(w->dossier->state, DOSSIER_TRIAGE);
	assert_int_equal(command(w, POLICY_ACT_ANSWER, "weight", "lourd")->outcome, POLICY_APPLIED);
	assert_int_equal(w->dossier->state, DOSSIER_INCOMPLETE);
	/* Missing for another reason is news, too. */
	command(w, POLICY_ACT_ANSWER, "weight", "1");
	assert_string_equal(events_of(w), "answer_told, pieces_missing");
	assert_true(bytes_equal(w->dossier->misfits, BYTES("weight dossier.answer.range")));
	command(w, POLICY_ACT_ANSWER, "weight", "1,5");
	assert_string_equal(events_of(w), "answer_told");
	world_free(w);
}

/* Masked for professionals it can be shown to no expert: its sections least of all. */
static void a_masked_request_is_held(void **state)
{
	(void)state;
	struct world *w = world_make();
	struct policy_message m = physician_message(w);
	struct policy_document masked = m.documents[0];

	masked.masked_professionals = true;
	m.documents = &masked;
	m.n_documents = 1;
	assert_int_equal(send(w, m)->outcome, POLICY_HELD);
	assert_int_equal(w->last.reason, REASON_DOCUMENT_MASKED);
	assert_null(w->dossier);
	world_free(w);
}

static void a_physician_told_later_has_the_report(void **state)
{
	(void)state;
	struct world *w = world_make();

	send(w, form_message(w));
	command(w, POLICY_ACT_ANSWER, "physician.attending.mailbox", "dr@cabinet.exemple.fr");
	assert_true(bytes_equal(w->dossier->request.attending.mailbox, BYTES("dr@cabinet.exemple.fr")));
	assert_true(bytes_equal(dossier_mailbox(w->dossier, PARTY_ATTENDING), BYTES("dr@cabinet.exemple.fr")));
	world_free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_physicians_request_waits_for_a_person),
		cmocka_unit_test(a_person_completes_it),
		cmocka_unit_test(consents_may_come_first),
		cmocka_unit_test(a_form_is_read_by_a_person),
		cmocka_unit_test(a_form_is_a_document),
		cmocka_unit_test(what_is_told_counts),
		cmocka_unit_test(the_form_names_the_version),
		cmocka_unit_test(what_does_not_fit_is_asked_again),
		cmocka_unit_test(a_masked_request_is_held),
		cmocka_unit_test(a_physician_told_later_has_the_report),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
