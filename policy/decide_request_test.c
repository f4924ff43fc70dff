/* policy/decide_request_test.c - what opens a dossier, and what does not. */
#include "policy/test_world.h"

static void opens_a_dossier(void **state)
{
	(void)state;
	struct world *w = world_make();
	const struct policy_decision *d = send(w, request_message(w));

	assert_int_equal(d->outcome, POLICY_APPLIED);
	assert_true(d->creates);
	assert_string_equal(d->rule, "request.open/1");
	assert_string_equal(events_of(w), "requested, document_filed, pieces_missing");
	assert_string_equal(mails_of(w), "M01 patient, M02 patient, M70 sender");
	assert_true(bytes_equal(field_of(d, MAIL_M02, "missing"), BYTES("- Mammographie\n- Compte rendu de RCP")));
	assert_true(bytes_equal(field_of(d, MAIL_M02, "count"), BYTES("2")));
	assert_true(bytes_equal(mail_of(d, MAIL_M01)->to, BYTES(PATIENT_MAILBOX)));
	assert_int_equal(w->dossier->state, DOSSIER_INCOMPLETE);
	assert_true(w->dossier->attending.given && !w->dossier->first_opinion.given);
	world_free(w);
}

/* Each exam with its age, what came in its place, what else will do, and where to ask for it. */
static void tells_the_patient_what_to_bring(void **state)
{
	(void)state;
	const struct pathology_choice scan = {BYTES_OF("le scanner"), BYTES_OF("the CT"), ONE("ct"), 45};
	const struct pathology_exam exams[] = {
		{.code = BYTES_OF("mri"), .wanted = {BYTES_OF("L'IRM"), BYTES_OF("The MRI"), ONE("18748-4"), 365}, .alternatives = &scan, .n_alternatives = 1,
		 .ask_fr = BYTES_OF("Demandez-la au centre d'imagerie."), .ask_en = BYTES_OF("Ask the imaging centre.")},
		{.code = BYTES_OF("mdt"), .wanted = {BYTES_OF("La RCP"), BYTES_OF("The MDT report"), ONE("51851-4"), 0}},
	};
	static const struct {
		const char *language, *missing, *after;
	} rows[] = {
		{"fr", "- L'IRM, de moins de 12 mois\n  ou : le scanner, de moins de 45 jours\n  Demandez-la au centre d'imagerie.\n- La RCP",
		 "- L'IRM, de moins de 12 mois (celui du 30/01/2025 est trop ancien)\n  ou : le scanner, de moins de 45 jours\n  Demandez-la au centre d'imagerie.\n- La RCP"},
		{"en", "- The MRI, less than 12 months old\n  or: the CT, less than 45 days old\n  Ask the imaging centre.\n- The MDT report",
		 "- The MRI, less than 12 months old (the one of 30/01/2025 is too old)\n  or: the CT, less than 45 days old\n  Ask the imaging centre.\n- The MDT report"},
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct world *w = world_make();
		struct pathology p = PATHOLOGIES[0];
		p.exams = exams;
		p.n_exams = 2;
		w->rules.pathologies = &p;
		w->rules.language = rows[i].language;
		const struct policy_decision *d = send(w, request_message(w));
		assert_string_equal(arena_text(w->arena, field_of(d, MAIL_M02, "missing")), rows[i].missing);
		struct policy_message m = request_message(w);
		struct policy_document both[] = {m.documents[0], document(w, "old", "18748-4", "o1")};
		struct world *v = world_make();
		both[1].time.us = MORNING.us - SPAN_DAYS(396).us;
		m.documents = both;
		m.n_documents = 2;
		v->rules.pathologies = &p;
		v->rules.language = rows[i].language;
		d = send(v, m);
		assert_string_equal(arena_text(v->arena, field_of(d, MAIL_M02, "missing")), rows[i].after);
		world_free(v);
		world_free(w);
	}
}

/* In force, and read by a council: a request with test identities may begin without its word, none outside its dates. */
static void begins_only_with_what_is_open(void **state)
{
	(void)state;
	struct world *w = world_make();
	struct pathology p = PATHOLOGIES[0];

	p.until_day = 20513;   /* 1 March 2026 */
	w->rules.pathologies = &p;
	assert_int_equal(send(w, request_message(w))->reason, REASON_PATHOLOGY_CLOSED);
	assert_null(w->dossier);
	p.until_day = 20514;
	assert_int_equal(send(w, request_message(w))->outcome, POLICY_APPLIED);
	/* What has begun goes on when it is closed. */
	p.until_day = 20513;
	send(w, record_message(w, "mammo-1", "18748-4", "m1"));
	send(w, record_message(w, "rcp-1", "51851-4", "r1"));
	assert_int_equal(w->dossier->state, DOSSIER_TRIAGE);
	world_free(w);
}

static void opens_whole_with_its_exams(void **state)
{
	(void)state;
	struct world *w = world_make();
	struct policy_message m = request_message(w);
	struct policy_document all[] = {
		document(w, "request-1", "74465-6", "f0"), document(w, "m", "18748-4", "m1"), document(w, "r", "51851-4", "r1"),
		document(w, "m", "18748-4", "m1"), document(w, "", "", "photo")};

	all[4].has_patient = false;
	m.documents = all;
	m.n_documents = COUNT(all);
	send(w, m);
	assert_string_equal(events_of(w), "requested, document_filed, document_filed, document_filed, document_filed, pieces_complete");
	assert_string_equal(mails_of(w), "M01 patient, M70 sender");
	assert_true(w->dossier->documents[3].shared);
	assert_int_equal(w->dossier->state, DOSSIER_TRIAGE);
	world_free(w);
}

static void automatic_triage_goes_on_to_the_offer(void **state)
{
	(void)state;
	struct world *w = world_make();
	struct policy_message m = request_message(w);
	const struct policy_document all[] = {
		document(w, "request-1", "74465-6", "f0"), document(w, "m", "18748-4", "m1"), document(w, "r", "51851-4", "r1")};

	w->rules.triage_by_nurse = false;
	m.documents = all;
	m.n_documents = COUNT(all);
	send(w, m);
	assert_string_equal(mails_of(w), "M01 patient, M06 patient, M10 expert, M70 sender");
	assert_int_equal(w->dossier->state, DOSSIER_OFFERED);
	world_free(w);
}

/* One answer of the questionnaire changed, or left out when its value is NULL. */
static struct policy_message with_answer(struct world *w, const char *id, const char *value)
{
	struct policy_message m = request_message(w);
	struct policy_answer *answers = arena_alloc(w->arena, sizeof REQUEST_ANSWERS);
	size_t n = 0;

	for (size_t i = 0; i < COUNT(REQUEST_ANSWERS); i++) {
		answers[n] = REQUEST_ANSWERS[i];
		if (bytes_equal(answers[n].question, T(id)) && value == NULL)
			continue;
		if (bytes_equal(answers[n].question, T(id)))
			answers[n].value = T(value);
		n++;
	}
	m.answers = answers;
	m.n_answers = n;
	return m;
}

static void refuses_what_the_questionnaire_lacks(void **state)
{
	(void)state;
	static const struct {
		const char *id, *value;
		enum reason reason;
	} rows[] = {
		{"relais.pathology", NULL, REASON_REQUEST_INCOMPLETE},
		{"relais.pathology", "rachis", REASON_PATHOLOGY_UNKNOWN},
		{"relais.questionnaire", "2", REASON_QUESTIONNAIRE_UNKNOWN},
		{"relais.questionnaire", NULL, REASON_REQUEST_INCOMPLETE},
		{"relais.requester", "insurer", REASON_REQUEST_INCOMPLETE},
		{"consent.processing", "false", REASON_REQUEST_INCOMPLETE},
		{"consent.processing", "1", REASON_REQUEST_INCOMPLETE},
		{"consent.expert", NULL, REASON_REQUEST_INCOMPLETE},
		{"consent.expert", "oui", REASON_REQUEST_INCOMPLETE},
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct world *w = world_make();
		const struct policy_decision *d = send(w, with_answer(w, rows[i].id, rows[i].value));
		if (d->outcome != POLICY_REFUSED || d->reason != rows[i].reason || w->dossier != NULL)
			fail_msg("%s %s: %s", rows[i].id, rows[i].value, reason_code(d->reason));
		assert_string_equal(mails_of(w), "M71 sender");
		assert_true(bytes_equal(field_of(d, MAIL_M71, "code"), T(reason_code(rows[i].reason))));
		assert_true(bytes_equal(field_of(d, MAIL_M71, "sentence"), T(reason_entry(rows[i].reason)->fr)));
		world_free(w);
	}
}

static void contradictions_are_no_consent(void **state)
{
	(void)state;
	struct world *w = world_make();
	struct policy_message m = request_message(w);
	struct policy_answer answers[COUNT(REQUEST_ANSWERS) + 1];

	memcpy(answers, REQUEST_ANSWERS, sizeof REQUEST_ANSWERS);
	answers[COUNT(REQUEST_ANSWERS)] = (struct policy_answer){.question = BYTES("consent.expert"), .value = BYTES("false")};
	m.answers = answers;
	m.n_answers = COUNT(answers);
	assert_int_equal(send(w, m)->reason, REASON_REQUEST_INCOMPLETE);
	/* Whichever comes last. */
	answers[4].value = BYTES("false");
	answers[COUNT(REQUEST_ANSWERS)].value = BYTES("true");
	assert_int_equal(send(w, m)->reason, REASON_REQUEST_INCOMPLETE);
	/* Said twice the same, it is said. */
	answers[4].value = BYTES("true");
	assert_int_equal(send(w, m)->outcome, POLICY_APPLIED);
	world_free(w);
}

static void holds_what_names_no_patient(void **state)
{
	(void)state;
	struct world *w = world_make();
	struct policy_document doc = document(w, "request-1", "74465-6", "f0");
	struct policy_message m = request_message(w);
	const struct policy_decision *d;

	doc.patient.birth_place = BYTES_NONE;
	m.documents = &doc;
	d = send(w, m);
	assert_int_equal(d->outcome, POLICY_HELD);
	assert_int_equal(d->reason, REASON_IDENTITY_NONE);
	assert_string_equal(d->owner, "nurses");
	doc.has_patient = false;
	assert_int_equal(send(w, m)->reason, REASON_IDENTITY_NONE);
	doc = document(w, "request-1", "74465-6", "f0");
	doc.patient.oid = BYTES("1.2.250.1.213.1.4.8");
	assert_int_equal(send(w, m)->reason, REASON_SENDER_TEST_IDENTITY);
	assert_null(w->dossier);
	world_free(w);
}

static void one_patient_a_message(void **state)
{
	(void)state;
	struct world *w = world_make();
	struct policy_message m = request_message(w);
	struct policy_document all[] = {document(w, "request-1", "74465-6", "f0"), document(w, "m", "18748-4", "m1")};

	m.documents = all;
	m.n_documents = 2;
	all[1].patient.ins = BYTES("179035121518989");
	assert_int_equal(send(w, m)->outcome, POLICY_REFUSED);
	assert_int_equal(w->last.reason, REASON_ARCHIVE_PATIENTS);
	all[1].patient = PATIENT;
	all[1].patient.given_birth_first = BYTES("DOMITILLE");
	assert_int_equal(send(w, m)->outcome, POLICY_HELD);
	assert_int_equal(w->last.reason, REASON_IDENTITY_DIFFERS);
	all[1] = document(w, "request-2", "74465-6", "f1");
	assert_int_equal(send(w, m)->reason, REASON_REQUEST_INCOMPLETE);
	assert_null(w->dossier);
	world_free(w);
}

/* A PDF says no patient itself: the package in which it lay does. */
static void a_file_of_another_patients_package(void **state)
{
	(void)state;
	static const struct {
		const char *what, *root, *number;
		enum reason reason;
	} rows[] = {
		{"this patient's", "1.2.250.1.213.1.4.10", "279035121518989", REASON_NONE},
		{"another patient's", "1.2.250.1.213.1.4.10", "179035121518989", REASON_ARCHIVE_PATIENTS},
		{"the number under another root", "1.2.250.1.213.1.4.8", "279035121518989", REASON_IDENTITY_DIFFERS},
		{"a hospital's own number", "1.2.250.1.71.4.2.2", "12345", REASON_NONE},
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct world *w = world_make();
		struct policy_message m = request_message(w);
		struct policy_document all[] = {m.documents[0], {.kind = POLICY_KIND_PDF, .name = BYTES("irm.pdf"), .digest = BYTES("p1"),
								 .labelled = {T(rows[i].root), T(rows[i].number)}}};
		m.documents = all;
		m.n_documents = 2;
		send(w, m);
		if (w->last.reason != rows[i].reason || (w->dossier == NULL) != (rows[i].reason != REASON_NONE))
			fail_msg("%s: %s", rows[i].what, reason_code(w->last.reason));
		/* By hand it does not get into a dossier either. */
		send(w, request_message(w));
		m = record_message(w, "mammo-1", "18748-4", "m1");
		all[0] = m.documents[0];
		m.documents = all;
		m.n_documents = 2;
		policy_decide_attach(w->arena, &w->rules, w->dossier, &m, BYTES("claire"), w->now, &w->last);
		if ((w->last.outcome == POLICY_HELD) != (rows[i].reason == REASON_ARCHIVE_PATIENTS))
			fail_msg("%s, by hand: %s", rows[i].what, reason_code(w->last.reason));
		world_free(w);
	}
}

static void once_only(void **state)
{
	(void)state;
	struct world *w = world_make();
	struct policy_message m;
	const struct policy_decision *d;

	send(w, request_message(w));
	d = send(w, request_message(w));
	assert_int_equal(d->outcome, POLICY_DUPLICATE);
	assert_int_equal(d->n_events, 0);
	m = request_message(w);
	m.documents = documents(w, document(w, "request-1", "74465-6", "other"));
	assert_int_equal(send(w, m)->reason, REASON_DOCUMENT_CONFLICT);
	m.documents = documents(w, document(w, "request-9", "74465-6", "f9"));
	assert_int_equal(send(w, m)->reason, REASON_REQUEST_DOUBLE);
	assert_int_equal(w->last.outcome, POLICY_HELD);
	m = request_message(w);
	m.seen = true;
	d = send(w, m);
	assert_int_equal(d->reason, REASON_MESSAGE_DUPLICATE);
	assert_int_equal(d->n_mails, 0);
	world_free(w);
}

/* Of another matter a person may ask at the same time: one dossier each, and the second knows of the first. */
static void two_matters_of_one_person(void **state)
{
	(void)state;
	struct world *w = world_make();
	struct policy_message m = request_message(w);
	struct policy_decision d;

	send(w, request_message(w));
	struct dossier first = *w->dossier;
	const struct dossier *one = &first;
	m.documents = documents(w, document(w, "request-9", "74465-6", "f9"));
	first.request.pathology = BYTES("rachis");
	policy_decide_message(w->arena, &w->rules, NULL, &one, 1, &m, w->now, &d);
	assert_int_equal(d.outcome, POLICY_APPLIED);
	assert_true(d.creates);
	size_t linked = 0;
	for (size_t i = 0; i < d.n_events; i++)
		if (d.events[i].kind == EVENT_LINKED && bytes_equal(d.events[i].text.id, first.reference))
			linked++;
	assert_int_equal(linked, 1);
	/* One that is over is no company. */
	first.state = DOSSIER_ARCHIVED;
	policy_decide_message(w->arena, &w->rules, NULL, &one, 1, &m, w->now, &d);
	assert_int_equal(d.outcome, POLICY_APPLIED);
	for (size_t i = 0; i < d.n_events; i++)
		assert_true(d.events[i].kind != EVENT_LINKED);
	world_free(w);
}

/* The same number with other traits as in an open dossier: whichever is right, a person must see it. */
static void a_second_person_under_one_number(void **state)
{
	(void)state;
	struct world *w = world_make();
	struct policy_message m = request_message(w);
	struct policy_document doc = document(w, "request-2", "74465-6", "f2");

	send(w, request_message(w));
	doc.patient.given_birth_first = BYTES("DOMITILLE");
	m.documents = &doc;
	assert_int_equal(send(w, m)->outcome, POLICY_HELD);
	assert_int_equal(w->last.reason, REASON_IDENTITY_DIFFERS);
	world_free(w);
}

static void senders(void **state)
{
	(void)state;
	struct world *w = world_make();
	struct policy_message m = request_message(w);

	m.signature = (struct policy_signature){0};
	assert_int_equal(send(w, m)->reason, REASON_SIG_NONE);
	assert_int_equal(w->last.outcome, POLICY_HELD);
	assert_string_equal(w->last.owner, "operator");
	assert_string_equal(mails_of(w), "M71 sender");
	m = request_message(w);
	m.signature.verdict = POLICY_VERDICT_INVALID;
	assert_int_equal(send(w, m)->reason, REASON_SIG_INVALID);
	m.signature.verdict = POLICY_VERDICT_ENCRYPTED;
	assert_int_equal(send(w, m)->outcome, POLICY_REFUSED);
	/* Who sends with another's From is told nothing, nor is the other. */
	m = request_message(w);
	m.from = BYTES("victim@chu-x.exemple.fr");
	assert_int_equal(send(w, m)->reason, REASON_MAIL_FROM_DOMAIN);
	assert_string_equal(mails_of(w), "");
	m = record_message(w, "a", "b", "c");
	m.class = POLICY_CLASS_REQUEST;
	assert_int_equal(send(w, m)->reason, REASON_SENDER_CLASS);
	assert_null(w->dossier);
	world_free(w);
}

static void scans_and_archives(void **state)
{
	(void)state;
	struct world *w = world_make();
	struct policy_message m = request_message(w);

	m.scan = POLICY_SCAN_REFUSE;
	m.scan_reason = REASON_MAIL_SEVERAL_FROM;
	assert_int_equal(send(w, m)->outcome, POLICY_REFUSED);
	assert_string_equal(mails_of(w), "M71 sender");
	m.scan = POLICY_SCAN_QUARANTINE;
	m.scan_reason = REASON_MAIL_AMBIGUOUS;
	m.automatic = true;
	assert_int_equal(send(w, m)->outcome, POLICY_HELD);
	assert_string_equal(mails_of(w), "");
	m = request_message(w);
	m.archive = REASON_ARCHIVE_ENCRYPTED;
	assert_int_equal(send(w, m)->outcome, POLICY_REFUSED);
	assert_int_equal(w->last.reason, REASON_ARCHIVE_ENCRYPTED);
	m = request_message(w);
	struct policy_document doc = document(w, "request-1", "74465-6", "f0");
	doc.reason = REASON_DOCUMENT_DOCTYPE;
	m.documents = &doc;
	assert_int_equal(send(w, m)->reason, REASON_DOCUMENT_DOCTYPE);
	doc.reason = REASON_DOCUMENT_SCHEMA;
	assert_int_equal(send(w, m)->outcome, POLICY_APPLIED);
	world_free(w);
}

static void no_refusal_without_a_word(void **state)
{
	(void)state;
	struct world *w = world_make();
	struct policy_message m = request_message(w);

	m.scan = POLICY_SCAN_REFUSE;
	m.scan_reason = REASON_MAIL_SEVERAL_FROM;
	m.mail_from = BYTES_NONE;
	assert_int_equal(send(w, m)->outcome, POLICY_HELD);
	assert_int_equal(w->last.reason, REASON_MAIL_SEVERAL_FROM);
	assert_string_equal(w->last.owner, "operator");
	policy_decide_return(w->arena, &w->rules, &m, REASON_MAIL_SEVERAL_FROM, BYTES("n"), &w->last);
	assert_int_equal(w->last.outcome, POLICY_REFUSED);
	assert_null(w->last.owner);
	world_free(w);
}

/* Whoever asks for content has one answer, in words that know nobody; who may not be told has none, and it is over all the same. */
static void a_request_for_content_is_declined(void **state)
{
	(void)state;
	struct world *w = world_make();
	struct policy_message m = request_message(w);

	policy_decide_decline(w->arena, &w->rules, &m, BYTES("n"), &w->last);
	assert_true(w->last.outcome == POLICY_REFUSED && w->last.reason == REASON_CONTENT_DECLINED && w->last.n_events == 0 && w->last.n_mails == 1);
	assert_true(w->last.mails[0].code == MAIL_M100 && w->last.mails[0].party == PARTY_SENDER && w->last.mails[0].form == POLICY_MAIL_SEALED);
	assert_true(w->last.mails[0].n_fields == 0 && w->last.mails[0].in_reply_to && w->last.owner == NULL);
	m.mail_from = BYTES_NONE;
	policy_decide_decline(w->arena, &w->rules, &m, BYTES("n"), &w->last);
	assert_true(w->last.outcome == POLICY_REFUSED && w->last.n_mails == 0);
	world_free(w);
}

static void a_broken_piece_speaks_before_the_class(void **state)
{
	(void)state;
	struct world *w = world_make();
	struct policy_message m = record_message(w, "a", "b", "c");

	m.class = POLICY_CLASS_UNKNOWN;
	m.n_documents = 0;
	m.archive = REASON_ARCHIVE_BROKEN;
	assert_int_equal(send(w, m)->outcome, POLICY_REFUSED);
	assert_int_equal(w->last.reason, REASON_ARCHIVE_BROKEN);
	assert_string_equal(mails_of(w), "M71 sender");
	world_free(w);
}

static void unknown_mail_is_for_a_person(void **state)
{
	(void)state;
	struct world *w = world_make();
	const struct policy_decision *d = send(w, from(w, "x@chu-x.exemple.fr", POLICY_CLASS_UNKNOWN));

	assert_int_equal(d->outcome, POLICY_HELD);
	assert_int_equal(d->reason, REASON_MAIL_UNKNOWN_CLASS);
	assert_int_equal(d->n_mails, 0);
	world_free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(opens_a_dossier),
		cmocka_unit_test(tells_the_patient_what_to_bring),
		cmocka_unit_test(begins_only_with_what_is_open),
		cmocka_unit_test(opens_whole_with_its_exams),
		cmocka_unit_test(automatic_triage_goes_on_to_the_offer),
		cmocka_unit_test(refuses_what_the_questionnaire_lacks),
		cmocka_unit_test(contradictions_are_no_consent),
		cmocka_unit_test(holds_what_names_no_patient),
		cmocka_unit_test(one_patient_a_message),
		cmocka_unit_test(a_file_of_another_patients_package),
		cmocka_unit_test(once_only), cmocka_unit_test(two_matters_of_one_person),
		cmocka_unit_test(a_second_person_under_one_number),
		cmocka_unit_test(senders),
		cmocka_unit_test(scans_and_archives),
		cmocka_unit_test(no_refusal_without_a_word), cmocka_unit_test(a_request_for_content_is_declined),
		cmocka_unit_test(a_broken_piece_speaks_before_the_class),
		cmocka_unit_test(unknown_mail_is_for_a_person),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
