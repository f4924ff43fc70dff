/* policy/decide_requester_test.c - the physician who asks: the patient's agreement, what he is told, the report (product 2.4). */
#include "policy/test_world.h"

#define DOCTOR "depot@plateforme.exemple.fr"

enum { CHANGED = 3 };

/* From a physician's own software; what is changed of the answers by id. */
static struct policy_message asks(struct world *w, const char *const changed[CHANGED][2])
{
	struct policy_message m = request_message(w);
	struct policy_answer *answers = arena_alloc(w->arena, sizeof REQUEST_ANSWERS);

	memcpy(answers, REQUEST_ANSWERS, sizeof REQUEST_ANSWERS);
	for (size_t i = 0; i < COUNT(REQUEST_ANSWERS); i++) {
		if (bytes_equal_text(answers[i].question, "relais.requester"))
			answers[i].value = BYTES("physician");
		for (size_t k = 0; changed != NULL && k < CHANGED && changed[k][0] != NULL; k++)
			if (bytes_equal_text(answers[i].question, changed[k][0]))
				answers[i].value = T(changed[k][1]);
	}
	m.answers = answers;
	return m;
}

static const char *const SILENT[CHANGED][2] = {{"consent.expert", ""}, {"consent.processing", ""}};

static struct policy_message says(struct world *w, const char *address, enum policy_word word)
{
	struct policy_message m = from(w, address, POLICY_CLASS_REPLY);

	m.party = PARTY_REQUESTER;
	m.reply.physician = word;
	m.text = BYTES("CONFIRME");
	return m;
}

static unsigned mails_with(const struct world *w, enum mail_code code)
{
	unsigned set = 0;

	for (size_t i = 0; i < w->last.n_mails; i++)
		if (w->last.mails[i].code == code) {
			assert_int_equal(set & dossier_party_bit(w->last.mails[i].party), 0);
			set |= dossier_party_bit(w->last.mails[i].party);
		}
	return set;
}

/* To the checked opinion. */
static void goes_on(struct world *w)
{
	send(w, record_message(w, "mammo-1", "18748-4", "m1"));
	send(w, record_message(w, "rcp-1", "51851-4", "r1"));
	command(w, POLICY_ACT_TRIAGE, "", "");
	pass(w, SPAN_HOURS(1));
	send(w, reply_message(w, "un@experts.exemple.fr", POLICY_WORD_ACCEPT));
	pass(w, SPAN_DAYS(2));
	send(w, opinion_message(w, "un@experts.exemple.fr", "e1"));
	assert_int_equal(w->dossier->state, DOSSIER_CHECKED);
}

static void one_answer_to_his_request(void **state)
{
	(void)state;
	struct world *w = world_make();

	send(w, asks(w, NULL));
	/* What is missing, in the place of the general receipt. */
	assert_string_equal(mails_of(w), "M01 patient, M02 patient, M61 requester");
	assert_true(bytes_equal(field_of(&w->last, MAIL_M61, "missing"), BYTES("- Mammographie\n- Compte rendu de RCP")));
	assert_int_equal(field_of(&w->last, MAIL_M61, "due").len, 0);
	assert_true(mail_of(&w->last, MAIL_M61)->in_reply_to);
	send(w, record_message(w, "mammo-1", "18748-4", "m1"));
	send(w, record_message(w, "rcp-1", "51851-4", "r1"));
	command(w, POLICY_ACT_TRIAGE, "", "");
	/* By when. */
	assert_string_equal(mails_of(w), "M06 patient, M61 requester, M10 expert");
	assert_true(field_of(&w->last, MAIL_M61, "due").len > 0);
	assert_false(mail_of(&w->last, MAIL_M61)->in_reply_to);
	world_free(w);
}

static void the_agreement_is_asked_for(void **state)
{
	(void)state;
	struct world *w = world_make();

	send(w, asks(w, SILENT));
	assert_string_equal(events_of(w), "requested, document_filed, qualification_awaited");
	assert_string_equal(mails_of(w), "M60 requester");
	assert_int_equal(w->dossier->complete_at.us, 0);
	/* Not from anybody else, and from no machine. */
	assert_int_equal(send(w, says(w, "autre@plateforme.exemple.fr", POLICY_WORD_AGREE))->reason, REASON_REPLY_PARTY);
	struct policy_message m = says(w, DOCTOR, POLICY_WORD_AGREE);
	m.automatic = true;
	assert_int_equal(send(w, m)->reason, REASON_REPLY_AUTOMATIC);
	assert_int_equal(send(w, says(w, DOCTOR, POLICY_WORD_UNCLEAR))->outcome, POLICY_HELD);
	assert_false(w->dossier->request.consent_processing || w->dossier->request.consent_expert);
	/* The form that the patient signed lies beside his word: a person reads it before it counts. */
	m = says(w, DOCTOR, POLICY_WORD_AGREE);
	m.documents = documents(w, document(w, "accord", "59284-0", "a1"));
	m.n_documents = 1;
	assert_int_equal(send(w, m)->reason, REASON_REPLY_WISH);
	assert_int_equal(w->last.outcome, POLICY_HELD);
	assert_string_equal(events_of(w), "");
	send(w, says(w, DOCTOR, POLICY_WORD_AGREE));
	assert_string_equal(events_of(w), "consent_changed, consent_changed, qualified, pieces_missing");
	assert_string_equal(mails_of(w), "M01 patient, M02 patient, M61 requester");
	/* His mail is the proof. */
	assert_int_equal(w->last.events[0].inbox, w->inbox);
	assert_true(bytes_equal_text(w->last.events[0].actor, "requester"));
	/* Once. */
	assert_int_equal(send(w, says(w, DOCTOR, POLICY_WORD_AGREE))->outcome, POLICY_HELD);
	goes_on(w);
	world_free(w);
}

static void no_agreement_is_the_end(void **state)
{
	(void)state;
	struct world *w = world_make();

	send(w, asks(w, SILENT));
	struct policy_message m = says(w, DOCTOR, POLICY_WORD_REFUSE);
	m.documents = documents(w, document(w, "x", "18748-4", "x"));
	m.n_documents = 1;
	assert_int_equal(send(w, m)->reason, REASON_REPLY_WISH);
	m.n_documents = 0;
	send(w, m);
	assert_string_equal(events_of(w), "cancelled");
	assert_string_equal(mails_of(w), "");
	assert_int_equal(w->dossier->state, DOSSIER_CANCELLED);
	world_free(w);
	/* Of one that runs the word alone ends nothing. */
	w = world_make();
	send(w, asks(w, NULL));
	assert_int_equal(send(w, says(w, DOCTOR, POLICY_WORD_REFUSE))->reason, REASON_REPLY_WISH);
	world_free(w);
}

/* The number is compared first: then he is asked, as if it had come qualified. */
static void the_agreement_is_asked_for_once_the_patient_is_known(void **state)
{
	(void)state;
	struct world *w = world_make();
	struct policy_message m = asks(w, SILENT);
	struct policy_answer answers[COUNT(REQUEST_ANSWERS) + 1];

	memcpy(answers, m.answers, sizeof REQUEST_ANSWERS);
	answers[COUNT(REQUEST_ANSWERS)] = (struct policy_answer){.question = BYTES("patient.identity"), .text = BYTES(""), .value = BYTES("validated")};
	m.answers = answers;
	m.n_answers = COUNT(answers);
	send(w, m);
	assert_int_equal(w->dossier->state, DOSSIER_IDENTITY);
	assert_int_equal(mails_with(w, MAIL_M60), 0);
	command(w, POLICY_ACT_IDENTITY, "", "comparée");
	assert_string_equal(mails_of(w), "M60 requester");
	assert_int_equal(w->dossier->state, DOSSIER_UNQUALIFIED);
	send(w, says(w, DOCTOR, POLICY_WORD_AGREE));
	assert_string_equal(mails_of(w), "M01 patient, M02 patient, M61 requester");
	goes_on(w);
	world_free(w);
}

/* A person told the pathology before he answered: his word still is the consent. */
static void the_agreement_may_come_late(void **state)
{
	(void)state;
	struct world *w = world_make();

	send(w, asks(w, SILENT));
	command(w, POLICY_ACT_TRIAGE, "cancer-sein", "1");
	assert_int_equal(w->dossier->state, DOSSIER_INCOMPLETE);
	assert_string_equal(mails_of(w), "");
	send(w, says(w, DOCTOR, POLICY_WORD_AGREE));
	assert_string_equal(mails_of(w), "M01 patient, M02 patient, M61 requester");
	goes_on(w);
	world_free(w);
}

static void a_platforms_request_is_whole_or_sent_back(void **state)
{
	(void)state;
	static const char *const patient[CHANGED][2] = {{"relais.requester", "patient"}, {"consent.expert", ""}};
	static const char *const refused[CHANGED][2] = {{"consent.expert", "false"}};
	struct world *w = world_make();

	assert_int_equal(send(w, asks(w, patient))->reason, REASON_REQUEST_INCOMPLETE);
	assert_int_equal(send(w, asks(w, refused))->reason, REASON_REQUEST_INCOMPLETE);
	world_free(w);
}

static void another_patients_document_is_refused_alone(void **state)
{
	(void)state;
	struct world *w = world_make();
	struct policy_message m = asks(w, NULL);
	struct policy_document all[] = {m.documents[0], document(w, "mammo-1", "18748-4", "m1"), document(w, "autre", "51851-4", "a1"),
					{.kind = POLICY_KIND_PDF, .name = BYTES("autre.pdf"), .digest = BYTES("a2")}};
	all[2].patient.ins = BYTES("179035121518989");
	all[2].patient.family_birth = BYTES("PAT-AUTRE");
	m.documents = all;
	m.n_documents = COUNT(all);
	send(w, m);
	/* Nor what lies beside it and names nobody. */
	assert_string_equal(events_of(w), "requested, document_filed, document_filed, pieces_missing");
	assert_int_equal(mails_with(w, MAIL_M62), 1u << PARTY_REQUESTER);
	assert_true(bytes_equal(field_of(&w->last, MAIL_M62, "document_name"), BYTES("autre.xml, autre.pdf")));
	assert_false(bytes_contains(field_of(&w->last, MAIL_M62, "sentence"), BYTES("PAT-AUTRE")));
	assert_string_equal(w->last.owner, "nurses");
	world_free(w);
	/* A platform has no eyes that could have slipped: all of it is refused. */
	w = world_make();
	m = request_message(w);
	m.documents = all;
	m.n_documents = COUNT(all);
	assert_int_equal(send(w, m)->reason, REASON_ARCHIVE_PATIENTS);
	assert_int_equal(w->last.n_events, 0);
	world_free(w);
	/* Nor is a doubt a slip: the same number under another name waits for a person. */
	w = world_make();
	m = asks(w, NULL);
	all[2].patient = PATIENT;
	all[2].patient.given_birth_first = BYTES("DOMITILLE");
	m.documents = all;
	m.n_documents = COUNT(all);
	assert_int_equal(send(w, m)->outcome, POLICY_HELD);
	world_free(w);
}

static void the_report_is_his(void **state)
{
	(void)state;
	static const struct {
		const char *what;
		const char *const changed[CHANGED][2];
		unsigned at_once, after_reading;
	} rows[] = {
		{"beside the attending physician", {{NULL}}, 1u << PARTY_REQUESTER | 1u << PARTY_ATTENDING, 0},
		{"and nobody else", {{"consent.attending", "false"}}, 1u << PARTY_REQUESTER, 0},
		{"he is the attending physician", {{"physician.attending.mailbox", DOCTOR}}, 1u << PARTY_ATTENDING, 0},
		{"he is, and waits for the patient", {{"physician.attending.mailbox", DOCTOR}, {"consent.attending.when", "after-reading"}}, 0, 1u << PARTY_ATTENDING},
		{"he is, by another role without consent", {{"physician.first-opinion.mailbox", DOCTOR}, {"consent.attending", "false"}}, 1u << PARTY_REQUESTER, 0},
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct world *w = world_make();
		send(w, asks(w, rows[i].changed));
		goes_on(w);
		command(w, POLICY_ACT_RELEASE, "", "");
		if (mails_with(w, MAIL_M64) != rows[i].at_once)
			fail_msg("%s: %s", rows[i].what, mails_of(w));
		const struct policy_command read = {.act = POLICY_ACT_CONTACT, .actor = BYTES("nurse"), .party = PARTY_PATIENT, .id = BYTES("call"),
						    .how = BYTES("reached"), .mail = BYTES("M21"), .text = BYTES("lu")};
		policy_decide_command(w->arena, &w->rules, w->dossier, &read, w->now, &w->last);
		world_store(w);
		if (mails_with(w, MAIL_M64) != rows[i].after_reading)
			fail_msg("%s, after the reading: %s", rows[i].what, mails_of(w));
		/* Never twice to one mailbox, and the next version replaces what each had. */
		pass(w, SPAN_DAYS(1));
		send(w, correction_message(w, "Précision."));
		command(w, POLICY_ACT_RELEASE, "", "");
		for (size_t a = 0; a < w->last.n_mails; a++)
			for (size_t b = a + 1; b < w->last.n_mails; b++)
				assert_false(w->last.mails[a].code == MAIL_M64 && w->last.mails[b].code == MAIL_M64 && bytes_equal(w->last.mails[a].to, w->last.mails[b].to));
		for (size_t a = 0; a < w->last.n_mails; a++)
			if (w->last.mails[a].code == MAIL_M64)
				assert_true(field_of(&w->last, MAIL_M64, "replaced").len > 0);
		world_free(w);
	}
}

static void the_patient_may_say_no(void **state)
{
	(void)state;
	for (int by_reply = 0; by_reply < 2; by_reply++) {
		struct world *w = world_make();
		send(w, asks(w, NULL));
		goes_on(w);
		command(w, POLICY_ACT_RELEASE, "", "");
		pass(w, SPAN_DAYS(1));
		struct policy_message m = patient_message(w, "Ne partagez plus.");
		m.reply.patient = POLICY_WORD_UNSHARE;
		const struct policy_command no = {.act = POLICY_ACT_CONSENT, .actor = BYTES("nurse"), .party = PARTY_REQUESTER};
		if (by_reply)
			send(w, m);
		else
			policy_decide_command(w->arena, &w->rules, w->dossier, &no, w->now, &w->last);
		if (!by_reply)
			world_store(w);
		assert_false(w->dossier->requester.given);
		send(w, correction_message(w, "Précision."));
		command(w, POLICY_ACT_RELEASE, "", "");
		assert_int_equal(mails_with(w, MAIL_M64) & 1u << PARTY_REQUESTER, 0);
		assert_int_equal(w->last.events[w->last.n_events - 1].release.withheld & 1u << PARTY_REQUESTER, 1u << PARTY_REQUESTER);
		/* He is asked all the same, where something is wanted of him. */
		assert_int_equal(consent_check_mail(w->dossier, MAIL_M63, PARTY_REQUESTER, w->now), REASON_NONE);
		world_free(w);
	}
	/* Nobody asked: there is no such consent. */
	struct world *w = world_make();
	to_checked(w);
	const struct policy_command none = {.act = POLICY_ACT_CONSENT, .actor = BYTES("nurse"), .party = PARTY_REQUESTER, .given = true};
	policy_decide_command(w->arena, &w->rules, w->dossier, &none, w->now, &w->last);
	assert_int_equal(w->last.reason, REASON_DOSSIER_ORDER);
	command(w, POLICY_ACT_RELEASE, "", "");
	assert_int_equal(mails_with(w, MAIL_M64), 1u << PARTY_ATTENDING);
	world_free(w);
}

/* He wrote from his mailbox; that it is a physician's the directory says, or a person. */
static void clinical_mail_goes_where_it_is_vouched_for(void **state)
{
	(void)state;
	static const struct directory_entry doctor = {.address = BYTES_OF(DOCTOR), .kind = DIRECTORY_ORGANISATION};
	static const struct directory_confirmation confirmed = {.address = BYTES_OF(DOCTOR)};
	static const struct directory_confirmation general = {.address = BYTES_OF("general@cabinet.exemple.fr")};
	static const struct {
		const char *what;
		struct directory directory;
		bool his;
	} rows[] = {
		{"no directory is used", {0}, true},
		{"it is in the directory", {.used = true, .entries = &doctor, .n_entries = 1}, true},
		{"a person confirmed it", {.used = true, .confirmations = &confirmed, .n_confirmations = 1}, true},
		{"nobody vouches for it", {.used = true, .confirmations = &general, .n_confirmations = 1}, false},
	};
	const struct policy_command share = {.act = POLICY_ACT_SHARE, .actor = BYTES("nurse"), .party = PARTY_REQUESTER};
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct world *w = world_make();
		send(w, asks(w, NULL));
		goes_on(w);
		w->rules.directory = &rows[i].directory;
		command(w, POLICY_ACT_RELEASE, "", "");
		if (((mails_with(w, MAIL_M64) & 1u << PARTY_REQUESTER) != 0) != rows[i].his || (w->dossier->awaited[PARTY_REQUESTER] == REASON_NONE) != rows[i].his)
			fail_msg("%s: %s", rows[i].what, mails_of(w));
		policy_decide_command(w->arena, &w->rules, w->dossier, &share, w->now, &w->last);
		assert_int_equal(w->last.reason, rows[i].his ? REASON_MESSAGE_DUPLICATE : REASON_DIRECTORY_UNKNOWN);
		if (!rows[i].his) {
			w->rules.directory = &rows[2].directory;
			policy_decide_command(w->arena, &w->rules, w->dossier, &share, w->now, &w->last);
			world_store(w);
			assert_string_equal(mails_of(w), "M64 requester");
			assert_int_equal(w->dossier->awaited[PARTY_REQUESTER], REASON_NONE);
		}
		world_free(w);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_answer_to_his_request), cmocka_unit_test(the_agreement_is_asked_for), cmocka_unit_test(no_agreement_is_the_end),
		cmocka_unit_test(the_agreement_is_asked_for_once_the_patient_is_known), cmocka_unit_test(the_agreement_may_come_late), cmocka_unit_test(a_platforms_request_is_whole_or_sent_back),
		cmocka_unit_test(another_patients_document_is_refused_alone), cmocka_unit_test(the_report_is_his), cmocka_unit_test(the_patient_may_say_no),
		cmocka_unit_test(clinical_mail_goes_where_it_is_vouched_for),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
