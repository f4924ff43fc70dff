/* policy/decide_command_test.c - operators and timers. */
#include "policy/test_world.h"

static void triage(void **state)
{
	(void)state;
	struct world *w = world_make();

	send(w, request_message(w));
	assert_int_equal(command(w, POLICY_ACT_TRIAGE, "", "")->reason, REASON_DOSSIER_ORDER);
	assert_int_equal(w->last.outcome, POLICY_REFUSED);
	world_free(w);
	w = world_make();
	to_triage(w);
	pass(w, SPAN_HOURS(3));
	command(w, POLICY_ACT_TRIAGE, "", "");
	assert_string_equal(events_of(w), "triaged, offered");
	assert_string_equal(mails_of(w), "M06 patient, M10 expert");
	assert_string_equal(w->last.rule, "operator.triage/1");
	assert_true(bytes_equal(w->last.events[0].actor, BYTES("operator:nurse")));
	assert_int_equal(w->dossier->complete_at.us, w->now.us);
	assert_true(bytes_equal(field_of(&w->last, MAIL_M06, "due"), BYTES("lundi 9 mars 2026")));
	world_free(w);
}

static void triage_without_experts(void **state)
{
	(void)state;
	struct world *w = world_make();

	w->rules.n_experts = 0;
	to_triage(w);
	command(w, POLICY_ACT_TRIAGE, "", "");
	assert_string_equal(events_of(w), "triaged, expert_none");
	assert_int_equal(w->last.outcome, POLICY_APPLIED);
	assert_int_equal(w->last.reason, REASON_EXPERT_NONE);
	w->rules.n_experts = 1;
	command(w, POLICY_ACT_OFFER, "", "");
	assert_string_equal(events_of(w), "offered");
	assert_int_equal(command(w, POLICY_ACT_OFFER, "", "")->reason, REASON_DOSSIER_ORDER);
	world_free(w);
}

/* An exam that was young enough when it came may be too old when the nurse looks. */
static const struct pathology_exam AGING[] = {
	{.code = BYTES_OF("mammography"), .wanted = {BYTES_OF("Mammographie"), BYTES_OF("Mammography"), ONE("18748-4"), 20}},
	{.code = BYTES_OF("mdt"), .wanted = {BYTES_OF("RCP"), BYTES_OF("MDT"), ONE("51851-4"), 0}},
};

static void triage_looks_again(void **state)
{
	(void)state;
	struct world *w = world_make();
	struct pathology p = PATHOLOGIES[0];

	p.exams = AGING;
	w->rules.pathologies = &p;
	to_triage(w);
	pass(w, SPAN_DAYS(15));
	assert_int_equal(command(w, POLICY_ACT_TRIAGE, "", "")->reason, REASON_PIECES_MISSING);
	w->rules.n_pathologies = 0;
	assert_int_equal(command(w, POLICY_ACT_TRIAGE, "", "")->reason, REASON_PATHOLOGY_UNKNOWN);
	world_free(w);
}

static void waiving(void **state)
{
	(void)state;
	struct world *w = world_make();

	send(w, request_message(w));
	assert_int_equal(command(w, POLICY_ACT_WAIVE, "nothing", "")->reason, REASON_NOT_FOUND);
	command(w, POLICY_ACT_WAIVE, "mdt", "n'existe pas");
	assert_string_equal(events_of(w), "piece_waived, pieces_missing");
	command(w, POLICY_ACT_WAIVE, "mammography", "impossible");
	assert_string_equal(events_of(w), "piece_waived, pieces_complete");
	assert_int_equal(w->dossier->state, DOSSIER_TRIAGE);
	world_free(w);
}

static void holding_and_returning(void **state)
{
	(void)state;
	struct world *w = world_make();

	to_checked(w);
	command(w, POLICY_ACT_HOLD, "", "annoncer d'abord");
	assert_int_equal(w->dossier->state, DOSSIER_HOLD);
	command(w, POLICY_ACT_RETURN, "", "Préciser la dose pour le 279035121518989");
	assert_string_equal(mails_of(w), "M15 expert");
	assert_true(bytes_equal(field_of(&w->last, MAIL_M15, "missing"), BYTES("Préciser la dose pour le [...]")));
	assert_int_equal(w->dossier->state, DOSSIER_ACCEPTED);
	assert_int_equal(command(w, POLICY_ACT_RELEASE, "", "")->reason, REASON_DOSSIER_ORDER);
	assert_int_equal(w->last.n_mails, 0);
	world_free(w);
}

static void consents_at_the_second_of_sending(void **state)
{
	(void)state;
	static const struct {
		bool attending, first;
		const char *mails;
	} rows[] = {
		{true, true, "M21 patient, M64 attending, M64 first_opinion, M16 expert"},
		{true, false, "M21 patient, M64 attending, M16 expert"},
		{false, true, "M21 patient, M64 first_opinion, M16 expert"},
		{false, false, "M21 patient, M16 expert"},
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct world *w = world_make();
		to_checked(w);
		struct policy_command c = {.act = POLICY_ACT_CONSENT, .actor = BYTES("n"), .party = PARTY_ATTENDING, .given = rows[i].attending};
		policy_decide_command(w->arena, &w->rules, w->dossier, &c, w->now, &w->last);
		world_store(w);
		c.party = PARTY_FIRST_OPINION;
		c.given = rows[i].first;
		policy_decide_command(w->arena, &w->rules, w->dossier, &c, w->now, &w->last);
		world_store(w);
		command(w, POLICY_ACT_RELEASE, "", "");
		assert_string_equal(mails_of(w), rows[i].mails);
		world_free(w);
	}
}

/* What a release looks at when the stored dossier is not what it should be. */
static void release_compares_identities_again(void **state)
{
	(void)state;
	struct world *w = world_make();
	struct policy_decision d;
	const struct policy_command c = {.act = POLICY_ACT_RELEASE, .actor = BYTES("n")};

	to_checked(w);
	struct dossier spoiled = dossier_copy(w->arena, w->dossier);
	spoiled.documents[1].filing.document.patient.given_birth_first = BYTES("DOMITILLE");
	policy_decide_command(w->arena, &w->rules, &spoiled, &c, w->now, &d);
	assert_int_equal(d.reason, REASON_IDENTITY_DIFFERS);
	spoiled.documents[1].filing.document.patient.ins = BYTES("179035121518989");
	policy_decide_command(w->arena, &w->rules, &spoiled, &c, w->now, &d);
	assert_int_equal(d.reason, REASON_IDENTITY_OTHER_PATIENT);
	spoiled.documents[1].replaced = true;
	policy_decide_command(w->arena, &w->rules, &spoiled, &c, w->now, &d);
	assert_int_equal(d.reason, REASON_NONE);
	spoiled.reference = BYTES("A-2026-004218-KQ");
	policy_decide_command(w->arena, &w->rules, &spoiled, &c, w->now, &d);
	assert_int_equal(d.reason, REASON_OPINION_DOSSIER);
	assert_int_equal(d.outcome, POLICY_REFUSED);
	assert_int_equal(d.n_mails + d.n_events, 0);
	world_free(w);
}

static void the_same_doctor_has_it_once(void **state)
{
	(void)state;
	struct world *w = world_make();
	struct policy_message m = request_message(w);
	struct policy_answer answers[COUNT(REQUEST_ANSWERS)];

	memcpy(answers, REQUEST_ANSWERS, sizeof answers);
	answers[6].value = BYTES("true");
	answers[10].value = BYTES("GENERAL@cabinet.exemple.fr");
	m.answers = answers;
	send(w, m);
	send(w, record_message(w, "mammo-1", "18748-4", "m1"));
	send(w, record_message(w, "rcp-1", "51851-4", "r1"));
	command(w, POLICY_ACT_TRIAGE, "", "");
	send(w, reply_message(w, "un@experts.exemple.fr", POLICY_WORD_ACCEPT));
	send(w, opinion_message(w, "un@experts.exemple.fr", "e1"));
	command(w, POLICY_ACT_RELEASE, "", "");
	assert_string_equal(mails_of(w), "M21 patient, M64 attending, M16 expert");
	world_free(w);
}

static void ends(void **state)
{
	(void)state;
	struct world *w = world_make();

	to_offered(w);
	command(w, POLICY_ACT_CANCEL, "", "à sa demande");
	assert_string_equal(mails_of(w), "M18 expert, M43 patient");
	assert_int_equal(w->dossier->state, DOSSIER_CANCELLED);
	assert_string_equal(w->last.owner, "nurses");
	send(w, reply_message(w, "un@experts.exemple.fr", POLICY_WORD_ACCEPT));
	assert_int_equal(w->last.outcome, POLICY_HELD);
	assert_int_equal(w->last.n_mails, 0);
	world_free(w);
	w = world_make();
	to_released(w);
	command(w, POLICY_ACT_WITHDRAW, "", "");
	assert_string_equal(mails_of(w), "M18 expert, M43 patient");
	/* Never lost, and never answered by the machine: a nurse has it. */
	assert_int_equal(send(w, patient_message(w, "Encore une question"))->outcome, POLICY_APPLIED);
	assert_string_equal(events_of(w), "question_late");
	assert_string_equal(w->last.owner, "nurses");
	assert_int_equal(w->last.n_mails, 0);
	world_free(w);
	w = world_make();
	to_released(w);
	command(w, POLICY_ACT_CLOSE, "", "");
	assert_int_equal(w->dossier->state, DOSSIER_CLOSED);
	assert_int_equal(command(w, POLICY_ACT_CLOSE, "", "")->outcome, POLICY_REFUSED);
	world_free(w);
	w = world_make();
	to_triage(w);
	command(w, POLICY_ACT_REDIRECT, "", "urgence");
	assert_string_equal(mails_of(w), "M42 patient");
	assert_string_equal(w->last.owner, "nurses");
	assert_int_equal(w->dossier->state, DOSSIER_REDIRECTED);
	world_free(w);
}

/* Two dossiers of one person, by a nurse's word: kept in the history, and nobody is written to. */
static void linking(void **state)
{
	(void)state;
	struct world *w = world_make();

	to_triage(w);
	assert_int_equal(command(w, POLICY_ACT_LINK, "", "la même personne")->reason, REASON_USAGE);
	assert_int_equal(command(w, POLICY_ACT_LINK, REFERENCE, "elle-même")->reason, REASON_USAGE);
	command(w, POLICY_ACT_LINK, "A-2026-000009-AB", "son médecin l'a demandé aussi");
	assert_string_equal(events_of(w), "linked");
	assert_string_equal(mails_of(w), "");
	assert_int_equal(w->dossier->n_links, 1);
	assert_true(bytes_equal_text(w->dossier->links[0], "A-2026-000009-AB"));
	world_free(w);
}

static void in_english(void **state)
{
	(void)state;
	struct world *w = world_make();

	w->rules.language = "en";
	send(w, request_message(w));
	assert_true(bytes_equal(field_of(&w->last, MAIL_M02, "missing"), BYTES("- Mammography\n- MDT report")));
	assert_true(bytes_equal(field_of(&w->last, MAIL_M01, "pathology"), BYTES("Breast cancer")));
	world_free(w);
}

/* The promised day is the day in Paris: late in a summer evening UTC it is tomorrow there. */
static void days_in_paris(void **state)
{
	(void)state;
	static const struct {
		const char *triaged, *due;
	} rows[] = {
		{"2026-03-02T22:30:00Z", "lundi 9 mars 2026"},
		{"2026-03-02T23:30:00Z", "mardi 10 mars 2026"},
		{"2026-03-21T23:30:00Z", "dimanche 29 mars 2026"},   /* over the change of the clock on the 29th */
		{"2026-03-22T22:30:00Z", "dimanche 29 mars 2026"},   /* seven days, and not 168 hours, which would end on the 30th */
		{"2026-10-18T22:30:00Z", "lundi 26 octobre 2026"},   /* 168 hours would end on the 25th */
		{"2026-06-24T10:00:00Z", "mercredi 1er juillet 2026"},
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct world *w = world_make();
		to_triage(w);
		assert_true(instant_read(T(rows[i].triaged), &w->now));
		command(w, POLICY_ACT_TRIAGE, "", "");
		if (!bytes_equal(field_of(&w->last, MAIL_M06, "due"), T(rows[i].due)))
			fail_msg("%s", rows[i].triaged);
		world_free(w);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(triage),
		cmocka_unit_test(triage_without_experts),
		cmocka_unit_test(triage_looks_again),
		cmocka_unit_test(waiving),
		cmocka_unit_test(holding_and_returning),
		cmocka_unit_test(consents_at_the_second_of_sending),
		cmocka_unit_test(release_compares_identities_again),
		cmocka_unit_test(the_same_doctor_has_it_once),
		cmocka_unit_test(ends),
		cmocka_unit_test(linking),
		cmocka_unit_test(in_english),
		cmocka_unit_test(days_in_paris),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
