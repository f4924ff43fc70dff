/* policy/decide_profile_test.c - how a mailbox wants its mail: whose word counts, what is learnt, what is sent again, what a person has to do. */
#include "policy/test_world.h"

#include "policy/worklist.h"

#define GENERAL "general@cabinet.exemple.fr"
#define FIRST "premier@chu-x.exemple.fr"
#define UNFILED "automatic-action/MDN-sent-automatically; processed/Error: 906^Autre erreur"

static struct policy_message word_message(struct world *w, const char *address, enum party party, enum policy_word word, const char *text)
{
	struct policy_message m = from(w, address, POLICY_CLASS_REPLY);

	m.party = party;
	m.reply.physician = word;
	m.text = T(text);
	return m;
}

static struct policy_message unfiled_message(struct world *w, enum mail_code code, enum party party, const char *mailbox)
{
	struct policy_message m = from(w, arena_printf(w->arena, "postmaster@%s", strchr(mailbox, '@') + 1), POLICY_CLASS_REPORT);
	struct policy_report_recipient *line = arena_alloc(w->arena, sizeof *line);
	struct policy_report *r = arena_alloc(w->arena, sizeof *r);

	*line = (struct policy_report_recipient){.address = T(mailbox), .disposition = BYTES(UNFILED)};
	*r = (struct policy_report){.kind = POLICY_REPORT_MDN, .recipients = line, .n = 1, .matched = true, .code = code, .party = party, .mailbox = T(mailbox)};
	m.mail_from = BYTES_NONE;
	m.automatic = true;
	m.report = r;
	return m;
}

/* What the shell does with what was learnt. */
static void learn(struct world *w)
{
	struct recipient *list = arena_alloc(w->arena, (w->rules.n_recipients + 1) * sizeof *list);

	for (size_t i = 0; i < w->last.n_events; i++) {
		const struct dossier_profile_data *p = &w->last.events[i].profile;
		if (w->last.events[i].kind != EVENT_PROFILE_TOLD || p->form == PROFILE_ADDRESS)
			continue;
		list[0] = (struct recipient){.address = p->mailbox, .pdf_only = p->form == PROFILE_PDF, .paper = p->form == PROFILE_PAPER};
		for (size_t k = 0; k < w->rules.n_recipients; k++)
			list[k + 1] = w->rules.recipients[k];
		w->rules.recipients = list;
		w->rules.n_recipients++;
	}
}

static const struct policy_mail *mail_to(const struct world *w, enum mail_code code, enum party party)
{
	for (size_t i = 0; i < w->last.n_mails; i++)
		if (w->last.mails[i].code == code && w->last.mails[i].party == party)
			return &w->last.mails[i];
	return NULL;
}

static bool has_task(const struct world *w, const char *name)
{
	struct work_task tasks[WORK_TASKS];
	size_t n = worklist(NULL, w->dossier, tasks);

	for (size_t i = 0; i < n; i++)
		if (strcmp(tasks[i].name, name) == 0)
			return true;
	return false;
}

static void whose_word_counts(void **state)
{
	(void)state;
	static const char long_text[] = "PDF seul, merci. Par ailleurs la patiente a été vue hier aux urgences pour une douleur qui me préoccupe, son bilan est en cours et je vous "
					"tiendrai au courant dès que j'en saurai plus ; il faudrait que l'expert en tienne compte avant de se prononcer sur l'opération prévue, "
					"dont la date pourrait être avancée ou au contraire reportée.";
	static const struct {
		const char *what, *address;
		enum party party;
		enum policy_word word;
		const char *text, *events;
		enum reason reason;
		bool automatic, document;
	} rows[] = {
		{"PDF alone", GENERAL, PARTY_ATTENDING, POLICY_WORD_PDF_ONLY, "PDF seul", "profile_told", REASON_NONE, false, false},
		{"paper", GENERAL, PARTY_ATTENDING, POLICY_WORD_PAPER, "papier", "profile_told", REASON_NONE, false, false},
		{"another address", GENERAL, PARTY_ATTENDING, POLICY_WORD_ADDRESS, "autre adresse", "profile_told", REASON_NONE, false, false},
		{"a machine says it", GENERAL, PARTY_ATTENDING, POLICY_WORD_PDF_ONLY, "PDF seul", "", REASON_REPLY_AUTOMATIC, true, false},
		{"somebody else of the same domain", "autre@cabinet.exemple.fr", PARTY_ATTENDING, POLICY_WORD_PDF_ONLY, "PDF seul", "", REASON_REPLY_PARTY, false, false},
		{"the other physician, to this one's address", FIRST, PARTY_ATTENDING, POLICY_WORD_PAPER, "papier", "", REASON_REPLY_PARTY, false, false},
		{"with a document, which a person reads", GENERAL, PARTY_ATTENDING, POLICY_WORD_PDF_ONLY, "PDF seul", "", REASON_REPLY_WISH, false, true},
		{"among much else", GENERAL, PARTY_ATTENDING, POLICY_WORD_PDF_ONLY, long_text, "", REASON_REPLY_WISH, false, false},
		{"words of the patient's agreement", GENERAL, PARTY_ATTENDING, POLICY_WORD_AGREE, "d'accord", "", REASON_REPLY_NOT_AWAITED, false, false},
		{"no word at all", GENERAL, PARTY_ATTENDING, POLICY_WORD_NONE, "Merci.", "", REASON_REPLY_NOT_AWAITED, false, false},
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct world *w = world_make();
		to_released(w);
		struct policy_message m = word_message(w, rows[i].address, rows[i].party, rows[i].word, rows[i].text);
		m.reply.address = BYTES("ailleurs@cabinet.exemple.fr");
		m.automatic = rows[i].automatic;
		m.documents = documents(w, document(w, "x", "18748-4", "x"));
		m.n_documents = rows[i].document;
		send(w, m);
		if (strcmp(events_of(w), rows[i].events) != 0 || w->last.reason != rows[i].reason || w->last.n_mails != 0)
			fail_msg("%s: %s, %s", rows[i].what, events_of(w), reason_code(w->last.reason));
		/* What is not followed is kept for a person, whoever wrote it. */
		assert_int_equal(w->last.outcome, rows[i].events[0] != 0 ? POLICY_APPLIED : POLICY_HELD);
		world_free(w);
	}
}

static void the_next_mail_is_as_he_wishes(void **state)
{
	(void)state;
	struct world *w = world_make();

	to_released(w);
	send(w, word_message(w, GENERAL, PARTY_ATTENDING, POLICY_WORD_PDF_ONLY, "PDF seul"));
	learn(w);
	assert_false(has_task(w, "paper_asked") || has_task(w, "address_asked"));
	pass(w, SPAN_DAYS(1));
	send(w, correction_message(w, "Précision."));
	command(w, POLICY_ACT_RELEASE, "", "");
	assert_true(mail_to(w, MAIL_M64, PARTY_ATTENDING)->profile.pdf_only);
	assert_false(mail_to(w, MAIL_M21, PARTY_PATIENT)->profile.pdf_only);
	world_free(w);
}

static void paper_is_a_persons_to_send(void **state)
{
	(void)state;
	struct world *w = world_make();

	to_released(w);
	send(w, word_message(w, GENERAL, PARTY_ATTENDING, POLICY_WORD_PAPER, "papier"));
	learn(w);
	assert_true(has_task(w, "paper_asked"));
	pass(w, SPAN_DAYS(1));
	send(w, correction_message(w, "Précision."));
	command(w, POLICY_ACT_RELEASE, "", "");
	/* No mail, and no silence: a person has it until the letter is posted. */
	assert_null(mail_to(w, MAIL_M64, PARTY_ATTENDING));
	assert_true(has_task(w, "mail_failed"));
	const struct policy_command told = {.act = POLICY_ACT_CHANNEL, .actor = BYTES("nurse"), .party = PARTY_ATTENDING, .how = BYTES("paper"),
					    .id = BYTES("Dr GENERAL|1 rue des Lilas|75001 PARIS")};
	policy_decide_command(w->arena, &w->rules, w->dossier, &told, w->now, &w->last);
	world_store(w);
	assert_false(has_task(w, "paper_asked"));
	world_free(w);
}

/* Learnt elsewhere, it holds here; what a person said of this dossier stands above it. */
static void paper_of_another_dossier(void **state)
{
	(void)state;
	static const struct recipient paper = {.address = BYTES_OF(GENERAL), .paper = true};
	struct world *w = world_make();

	w->rules.recipients = &paper;
	w->rules.n_recipients = 1;
	to_released(w);
	assert_null(mail_to(w, MAIL_M64, PARTY_ATTENDING));
	assert_true(has_task(w, "mail_failed"));
	world_free(w);
	w = world_make();
	w->rules.recipients = &paper;
	w->rules.n_recipients = 1;
	to_checked(w);
	const struct policy_command mail = {.act = POLICY_ACT_CHANNEL, .actor = BYTES("nurse"), .party = PARTY_ATTENDING, .how = BYTES("mail")};
	policy_decide_command(w->arena, &w->rules, w->dossier, &mail, w->now, &w->last);
	world_store(w);
	command(w, POLICY_ACT_RELEASE, "", "");
	assert_non_null(mail_to(w, MAIL_M64, PARTY_ATTENDING));
	world_free(w);
}

static void another_address_is_never_learnt(void **state)
{
	(void)state;
	struct world *w = world_make();

	to_released(w);
	struct policy_message m = word_message(w, GENERAL, PARTY_ATTENDING, POLICY_WORD_ADDRESS, "Écrivez à ailleurs@cabinet.exemple.fr");
	m.reply.address = BYTES("ailleurs@cabinet.exemple.fr");
	send(w, m);
	assert_string_equal(events_of(w), "profile_told");
	assert_true(has_task(w, "address_asked"));
	assert_true(bytes_equal_text(dossier_mailbox(w->dossier, PARTY_ATTENDING), GENERAL));
	pass(w, SPAN_DAYS(1));
	send(w, correction_message(w, "Précision."));
	command(w, POLICY_ACT_RELEASE, "", "");
	assert_true(bytes_equal_text(mail_to(w, MAIL_M64, PARTY_ATTENDING)->to, GENERAL));
	const struct policy_command call = {.act = POLICY_ACT_CONTACT, .actor = BYTES("nurse"), .party = PARTY_ATTENDING, .id = BYTES("call"), .how = BYTES("reached"),
					    .text = BYTES("il garde son adresse")};
	policy_decide_command(w->arena, &w->rules, w->dossier, &call, w->now, &w->last);
	world_store(w);
	assert_false(has_task(w, "address_asked"));
	world_free(w);
}

/* Product E51: once, as PDF alone; the proof says what is sure. */
static void what_was_not_filed_goes_again(void **state)
{
	(void)state;
	struct world *w = world_make();

	to_released(w);
	send(w, unfiled_message(w, MAIL_M64, PARTY_ATTENDING, GENERAL));
	assert_string_equal(events_of(w), "mail_proof, profile_told");
	assert_int_equal(dossier_find_proof(w->dossier, MAIL_M64, PARTY_ATTENDING)->level, 2);
	assert_int_equal(w->last.reason, REASON_REPORT_UNFILED);
	assert_string_equal(mails_of(w), "M64 attending");
	assert_true(w->last.mails[0].profile.pdf_only);
	learn(w);
	pass(w, SPAN_HOURS(1));
	send(w, unfiled_message(w, MAIL_M64, PARTY_ATTENDING, GENERAL));
	/* A person's, until she reached him: what was applied has no owner. */
	assert_string_equal(events_of(w), "mail_proof, mail_failed");
	assert_string_equal(mails_of(w), "");
	assert_string_equal(w->last.owner, "nurses");
	assert_true(has_task(w, "mail_failed"));
	assert_int_equal(dossier_find_proof(w->dossier, MAIL_M64, PARTY_ATTENDING)->level, 2);
	const struct policy_command call = {.act = POLICY_ACT_CONTACT, .actor = BYTES("nurse"), .party = PARTY_ATTENDING, .id = BYTES("call"), .how = BYTES("reached"),
					    .mail = BYTES("M64"), .text = BYTES("imprimé au cabinet")};
	policy_decide_command(w->arena, &w->rules, w->dossier, &call, w->now, &w->last);
	world_store(w);
	assert_false(has_task(w, "mail_failed"));
	world_free(w);
}

static void software_may_say_it_in_words(void **state)
{
	(void)state;
	struct world *w = world_make();

	to_released(w);
	struct policy_message m = word_message(w, GENERAL, PARTY_ATTENDING, POLICY_WORD_NONE, "Intégration impossible.");
	m.subject = BYTES("[KO Intégration système !][906] XDM/1.0/DDM+Deuxième avis PAT-TROIS DOMINIQUE 28/03/1979");
	m.from = m.mail_from = BYTES("autre@cabinet.exemple.fr");
	assert_int_equal(send(w, m)->outcome, POLICY_HELD);
	m.from = m.mail_from = BYTES(GENERAL);
	send(w, m);
	assert_string_equal(events_of(w), "profile_told");
	assert_string_equal(mails_of(w), "M64 attending");
	assert_true(w->last.mails[0].profile.pdf_only);
	world_free(w);
}

static void an_expert_has_his_dossier_again(void **state)
{
	(void)state;
	struct world *w = world_make();

	to_accepted(w);
	send(w, unfiled_message(w, MAIL_M13, PARTY_EXPERT, "un@experts.exemple.fr"));
	assert_string_equal(mails_of(w), "M13 expert");
	assert_true(w->last.mails[0].profile.pdf_only);
	world_free(w);
}

static void what_is_not_sent_again(void **state)
{
	(void)state;
	struct world *w = world_make();

	/* The patient's health space has no software that files. */
	to_released(w);
	send(w, unfiled_message(w, MAIL_M21, PARTY_PATIENT, PATIENT_MAILBOX));
	assert_string_equal(events_of(w), "mail_proof");
	/* While a correction waits, what the dossier holds is not what he had. */
	pass(w, SPAN_DAYS(1));
	send(w, correction_message(w, "Précision."));
	assert_int_equal(w->dossier->state, DOSSIER_REVISION);
	send(w, unfiled_message(w, MAIL_M64, PARTY_ATTENDING, GENERAL));
	assert_string_equal(events_of(w), "mail_proof, mail_failed");
	assert_true(has_task(w, "mail_failed"));
	assert_string_equal(mails_of(w), "");
	world_free(w);
	/* Consent is asked at that second. */
	w = world_make();
	to_released(w);
	const struct policy_command no = {.act = POLICY_ACT_CONSENT, .actor = BYTES("nurse"), .party = PARTY_ATTENDING};
	policy_decide_command(w->arena, &w->rules, w->dossier, &no, w->now, &w->last);
	world_store(w);
	send(w, unfiled_message(w, MAIL_M64, PARTY_ATTENDING, GENERAL));
	assert_string_equal(mails_of(w), "");
	world_free(w);
}

static void a_nurse_tells_it(void **state)
{
	(void)state;
	static const struct {
		const char *what, *how;
		enum party party;
		enum reason reason;
	} rows[] = {
		{"PDF alone", "pdf", PARTY_ATTENDING, REASON_NONE},
		{"both again", "pdf+xdm", PARTY_ATTENDING, REASON_NONE},
		{"paper", "paper", PARTY_ATTENDING, REASON_NONE},
		{"the expert", "pdf", PARTY_EXPERT, REASON_NONE},
		{"the expert on paper", "paper", PARTY_EXPERT, REASON_USAGE},
		{"an address is no form", "address", PARTY_ATTENDING, REASON_USAGE},
		{"another word", "fax", PARTY_ATTENDING, REASON_USAGE},
		{"the patient", "pdf", PARTY_PATIENT, REASON_USAGE},
		{"nobody asked for her", "pdf", PARTY_REQUESTER, REASON_DIRECTORY_NONE},
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct world *w = world_make();
		to_accepted(w);
		const struct policy_command c = {.act = POLICY_ACT_PROFILE, .actor = BYTES("nurse"), .party = rows[i].party, .how = T(rows[i].how)};
		policy_decide_command(w->arena, &w->rules, w->dossier, &c, w->now, &w->last);
		world_store(w);
		if (w->last.reason != rows[i].reason || strcmp(events_of(w), rows[i].reason == REASON_NONE ? "profile_told" : "") != 0)
			fail_msg("%s: %s %s", rows[i].what, events_of(w), reason_code(w->last.reason));
		world_free(w);
	}
}

/* --- product E28, E22 ------------------------------------------------------------- */

static void outcome_of(struct world *w, enum mail_code code, const char *status, enum reason reason)
{
	const struct policy_delivery d = {.code = code, .party = PARTY_PATIENT, .mailbox = BYTES(PATIENT_MAILBOX), .reason = reason, .status = T(status)};

	policy_decide_outcome(w->arena, &w->rules, w->dossier, &d, w->now, &w->last);
	world_store(w);
}

static void an_unknown_patient_is_compared(void **state)
{
	(void)state;
	struct world *w = world_make();

	send(w, request_message(w));
	outcome_of(w, MAIL_M01, "5.1.1", REASON_DELIVER_MAILBOX_NONE);
	assert_string_equal(events_of(w), "mail_failed, channel_changed, identity_doubted");
	assert_int_equal(w->dossier->state, DOSSIER_IDENTITY);
	world_free(w);
	/* On its way already: others have what is theirs, and a person compares. */
	w = world_make();
	to_accepted(w);
	outcome_of(w, MAIL_M07, "5.1.1", REASON_DELIVER_MAILBOX_NONE);
	assert_string_equal(events_of(w), "mail_failed, channel_changed");
	assert_int_equal(w->last.reason, REASON_IDENTITY_UNKNOWN);
	assert_int_equal(w->dossier->state, DOSSIER_ACCEPTED);
	assert_true(has_task(w, "identity_unknown"));
	pass(w, SPAN_DAYS(1));
	send(w, opinion_message(w, "un@experts.exemple.fr", "e1"));
	command(w, POLICY_ACT_RELEASE, "", "");
	assert_non_null(mail_to(w, MAIL_M64, PARTY_ATTENDING));
	assert_null(mail_to(w, MAIL_M21, PARTY_PATIENT));
	assert_int_equal(command(w, POLICY_ACT_IDENTITY, "", "comparée au téléphone")->reason, REASON_NONE);
	assert_false(has_task(w, "identity_unknown"));
	/* Nobody doubts it any more. */
	assert_int_equal(command(w, POLICY_ACT_IDENTITY, "", "encore")->reason, REASON_DOSSIER_ORDER);
	world_free(w);
	/* Full, or shut: no question of who she is. */
	w = world_make();
	to_accepted(w);
	outcome_of(w, MAIL_M07, "5.2.2", REASON_DELIVER_MAILBOX_FULL);
	assert_false(has_task(w, "identity_unknown"));
	outcome_of(w, MAIL_M07, "5.2.1", REASON_DELIVER_MAILBOX_NONE);
	assert_false(has_task(w, "identity_unknown"));
	world_free(w);
}

/* A name server that is lost, an operator that does not know us, a print station whose mailbox is gone: no patient is a stranger for it. */
static void what_is_ours_is_not_the_patients(void **state)
{
	(void)state;
	static const struct {
		const char *what, *status;
		bool letter;
		enum reason reason;
	} rows[] = {
		{"the domain is not there", "5.1.2", false, REASON_DELIVER_MAILBOX_NONE}, {"the domain takes no mail", "5.1.10", false, REASON_DELIVER_MAILBOX_NONE},
		{"our address is malformed", "5.1.7", false, REASON_DELIVER_REFUSED},     {"our domain is not known", "5.1.8", false, REASON_DELIVER_REFUSED},
		{"the print station is gone", "5.1.1", true, REASON_DELIVER_MAILBOX_NONE},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct world *w = world_make();
		const struct policy_command letters = {.act = POLICY_ACT_CHANNEL, .actor = BYTES("nurse"), .party = PARTY_PATIENT, .how = BYTES("paper"),
						       .id = BYTES("Mme X|75001 PARIS")};
		const struct policy_delivery d = {.code = MAIL_M02, .party = PARTY_PATIENT, .reason = rows[i].reason, .status = T(rows[i].status),
						  .mailbox = rows[i].letter ? BYTES("impression@station.exemple.fr") : BYTES(PATIENT_MAILBOX)};
		w->rules.print_mailbox = BYTES("impression@station.exemple.fr");
		send(w, request_message(w));
		if (rows[i].letter) {
			policy_decide_command(w->arena, &w->rules, w->dossier, &letters, w->now, &w->last);
			world_store(w);
		}
		policy_decide_outcome(w->arena, &w->rules, w->dossier, &d, w->now, &w->last);
		world_store(w);
		if (strcmp(events_of(w), "mail_failed") != 0 || w->dossier->state != DOSSIER_INCOMPLETE || w->dossier->unknown_at.us != 0 || !has_task(w, "mail_failed"))
			fail_msg("%s: %s, %s", rows[i].what, events_of(w), dossier_state_name(w->dossier->state));
		world_free(w);
	}
}

static void what_is_wanted_soon(void **state)
{
	(void)state;
	struct world *w = world_make();
	const struct policy_command after = {.act = POLICY_ACT_CONTACT, .actor = BYTES("nurse"), .party = PARTY_PATIENT, .id = BYTES("call"), .how = BYTES("reached"),
					     .text = BYTES("prévenue")};

	w->rules.release_by_nurse = true;
	to_accepted(w);
	pass(w, SPAN_DAYS(1));
	struct policy_message m = opinion_message(w, "un@experts.exemple.fr", "e1");
	m.form.delay = BYTES("Opérer sous 48 h.");
	send(w, m);
	assert_string_equal(events_of(w), "opinion_received, opinion_alert, opinion_checked");
	assert_true(has_task(w, "opinion_alert"));
	command(w, POLICY_ACT_RELEASE, "", "");
	assert_true(has_task(w, "opinion_alert"));
	policy_decide_command(w->arena, &w->rules, w->dossier, &after, w->now, &w->last);
	world_store(w);
	assert_false(has_task(w, "opinion_alert"));
	world_free(w);
}

/* Who was to wait for the patient's reading does not wait for this; who has no consent has nothing. */
static void his_physician_has_it_at_once(void **state)
{
	(void)state;
	struct policy_answer answers[COUNT(REQUEST_ANSWERS)];

	memcpy(answers, REQUEST_ANSWERS, sizeof answers);
	for (size_t i = 0; i < COUNT(answers); i++)
		if (bytes_equal_text(answers[i].question, "consent.attending.when"))
			answers[i].value = BYTES("after-reading");
	for (int soon = 0; soon < 2; soon++) {
		struct world *w = world_make();
		struct policy_message m = request_message(w);
		m.answers = answers;
		send(w, m);
		send(w, record_message(w, "mammo-1", "18748-4", "m1"));
		send(w, record_message(w, "rcp-1", "51851-4", "r1"));
		command(w, POLICY_ACT_TRIAGE, "", "");
		pass(w, SPAN_HOURS(1));
		send(w, reply_message(w, "un@experts.exemple.fr", POLICY_WORD_ACCEPT));
		pass(w, SPAN_HOURS(1));
		m = opinion_message(w, "un@experts.exemple.fr", "e1");
		m.form.delay = soon ? BYTES("En urgence.") : BYTES("Trois mois.");
		send(w, m);
		command(w, POLICY_ACT_RELEASE, "", "");
		assert_int_equal(mail_to(w, MAIL_M64, PARTY_ATTENDING) != NULL, soon);
		assert_null(mail_to(w, MAIL_M64, PARTY_FIRST_OPINION));
		world_free(w);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whose_word_counts), cmocka_unit_test(the_next_mail_is_as_he_wishes), cmocka_unit_test(paper_is_a_persons_to_send),
		cmocka_unit_test(paper_of_another_dossier), cmocka_unit_test(another_address_is_never_learnt), cmocka_unit_test(what_was_not_filed_goes_again),
		cmocka_unit_test(software_may_say_it_in_words), cmocka_unit_test(an_expert_has_his_dossier_again), cmocka_unit_test(what_is_not_sent_again),
		cmocka_unit_test(a_nurse_tells_it), cmocka_unit_test(an_unknown_patient_is_compared), cmocka_unit_test(what_is_ours_is_not_the_patients), cmocka_unit_test(what_is_wanted_soon),
		cmocka_unit_test(his_physician_has_it_at_once),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
