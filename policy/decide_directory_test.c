/* policy/decide_directory_test.c - clinical mail goes only where the directory or a person vouches; what is done when a mailbox ends
 * (E19), is unknown or one of several (E24), or does not exist (E25). */
#include "policy/test_world.h"

#include "policy/worklist.h"

#define GENERAL "general@cabinet.exemple.fr"
#define GENERAL_RPPS "10101010101"

static struct directory_entry line(const char *address, const char *rpps)
{
	return (struct directory_entry){.address = T(address), .kind = DIRECTORY_PERSONAL, .person = T(rpps), .family = BYTES("GENERAL"), .given = BYTES("Anne")};
}

static void use(struct world *w, const struct directory_entry *entries, size_t n, const struct directory_end *ends, size_t n_ends)
{
	struct directory *d = arena_alloc(w->arena, sizeof *d);
	*d = (struct directory){.used = true, .entries = entries, .n_entries = n, .ends = ends, .n_ends = n_ends};
	w->rules.directory = d;
}

static void confirm(struct world *w, const char *address)
{
	struct directory *d = arena_alloc(w->arena, sizeof *d);
	struct directory_confirmation *c = arena_alloc(w->arena, sizeof *c);
	*d = w->rules.directory == NULL ? (struct directory){0} : *w->rules.directory;
	*c = (struct directory_confirmation){.address = T(address)};
	d->confirmations = c;
	d->n_confirmations = 1;
	w->rules.directory = d;
}

/* When the physician is to have it: what the next request says. */
static const char *when = "at-once";

/* The attending physician as the request tells him. */
static void physician(struct world *w, struct policy_message *m, const char *name, const char *rpps, const char *mailbox)
{
	struct policy_answer *answers = arena_alloc(w->arena, (COUNT(REQUEST_ANSWERS) + 1) * sizeof *answers);
	memcpy(answers, REQUEST_ANSWERS, sizeof REQUEST_ANSWERS);
	for (size_t i = 0; i < COUNT(REQUEST_ANSWERS); i++) {
		if (bytes_equal(answers[i].question, BYTES("physician.attending.mailbox")))
			answers[i].value = T(mailbox);
		if (bytes_equal(answers[i].question, BYTES("consent.attending.when")))
			answers[i].value = T(when);
		if (bytes_equal(answers[i].question, BYTES("physician.attending.name")))
			answers[i].value = T(name);
	}
	answers[COUNT(REQUEST_ANSWERS)] = (struct policy_answer){.question = BYTES("physician.attending.rpps"), .value = T(rpps)};
	m->answers = answers;
	m->n_answers = COUNT(REQUEST_ANSWERS) + 1;
}

static void checked_with(struct world *w, const char *name, const char *rpps, const char *mailbox)
{
	struct policy_message m = request_message(w);
	physician(w, &m, name, rpps, mailbox);
	send(w, m);
	send(w, record_message(w, "mammo-1", "18748-4", "m1"));
	send(w, record_message(w, "rcp-1", "51851-4", "r1"));
	command(w, POLICY_ACT_TRIAGE, "", "");
	pass(w, SPAN_HOURS(1));
	send(w, reply_message(w, "un@experts.exemple.fr", POLICY_WORD_ACCEPT));
	pass(w, SPAN_DAYS(2));
	send(w, opinion_message(w, "un@experts.exemple.fr", "e1"));
	assert_int_equal(w->dossier->state, DOSSIER_CHECKED);
}

static const struct policy_decision *changed(struct world *w)
{
	struct policy_decision again;
	policy_decide_directory(w->arena, &w->rules, w->dossier, w->now, &again);
	policy_decide_directory(w->arena, &w->rules, w->dossier, w->now, &w->last);
	assert_int_equal(again.n_events, w->last.n_events);
	world_store(w);
	return &w->last;
}

static const struct policy_decision *failed(struct world *w, enum mail_code code, enum party party, const char *mailbox, const char *status)
{
	struct policy_delivery d = {.code = code, .party = party, .mailbox = T(mailbox), .reason = REASON_DELIVER_REFUSED, .status = T(status)};
	policy_decide_outcome(w->arena, &w->rules, w->dossier, &d, w->now, &w->last);
	world_store(w);
	return &w->last;
}

static const struct policy_decision *choose(struct world *w, enum party party, const char *mailbox)
{
	const struct policy_command c = {.act = POLICY_ACT_MAILBOX, .actor = BYTES("nurse"), .party = party, .id = T(mailbox)};
	policy_decide_command(w->arena, &w->rules, w->dossier, &c, w->now, &w->last);
	world_store(w);
	return &w->last;
}

static void is_to(struct world *w, enum mail_code code, const char *mailbox)
{
	assert_non_null(mail_of(&w->last, code));
	assert_true(bytes_equal(mail_of(&w->last, code)->to, T(mailbox)));
}

/* --- the release ----------------------------------------------------------------- */

static void what_a_release_sends(void **state)
{
	const struct directory_entry none = {.kind = DIRECTORY_OTHER};
	struct directory_entry old = line(GENERAL, GENERAL_RPPS);
	old.old = true;
	const struct {
		const char *what, *name, *rpps, *mailbox;
		struct directory_entry entries[2];
		struct directory_end end;
		const char *mails, *events, *to;
		enum reason reason;
	} rows[] = {
		{"his mailbox is in the directory", "Dr X", GENERAL_RPPS, GENERAL, {line(GENERAL, GENERAL_RPPS), none}, {.address = {NULL, 0}},
		 "M21 patient, M64 attending, M16 expert", "released", GENERAL, REASON_NONE},
		{"by his name", "Dr Anne GENERAL", "", GENERAL, {line(GENERAL, GENERAL_RPPS), none}, {.address = {NULL, 0}},
		 "M21 patient, M64 attending, M16 expert", "released", GENERAL, REASON_NONE},
		{"it is not, and he has another there", "Dr X", GENERAL_RPPS, GENERAL, {line("autre@m.fr", GENERAL_RPPS), none}, {.address = {NULL, 0}},
		 "M21 patient, M16 expert", "mailbox_awaited, released", "", REASON_DIRECTORY_UNKNOWN},
		{"it is another's", "Dr X", GENERAL_RPPS, GENERAL, {line(GENERAL, "10909090909"), none}, {.address = {NULL, 0}},
		 "M21 patient, M16 expert", "mailbox_awaited, released", "", REASON_DIRECTORY_UNKNOWN},
		{"no mailbox is told, the directory has one", "Dr X", GENERAL_RPPS, "", {line("seule@m.fr", GENERAL_RPPS), none}, {.address = {NULL, 0}},
		 "M21 patient, M64 attending, M16 expert", "channel_changed, released", "seule@m.fr", REASON_NONE},
		{"no mailbox is told, the directory has two", "Dr X", GENERAL_RPPS, "", {line("a@m.fr", GENERAL_RPPS), line("b@m.fr", GENERAL_RPPS)},
		 {.address = {NULL, 0}}, "M21 patient, M16 expert", "mailbox_awaited, released", "", REASON_DIRECTORY_SEVERAL},
		{"no mailbox is told, the directory has none", "Dr X", GENERAL_RPPS, "", {none, none}, {.address = {NULL, 0}},
		 "M21 patient, M16 expert", "mailbox_awaited, released", "", REASON_DIRECTORY_NONE},
		{"the extract that has it is old", "Dr X", GENERAL_RPPS, GENERAL, {old, none}, {.address = {NULL, 0}},
		 "M21 patient, M16 expert", "mailbox_awaited, released", "", REASON_DIRECTORY_OLD},
		{"the extract is old, and a look-up has another", "Dr X", GENERAL_RPPS, GENERAL, {old, line("autre@m.fr", GENERAL_RPPS)}, {.address = {NULL, 0}},
		 "M21 patient, M16 expert", "mailbox_awaited, released", "", REASON_DIRECTORY_OLD},
		{"no mailbox is told, an old extract has one", "Dr X", GENERAL_RPPS, "", {old, none}, {.address = {NULL, 0}},
		 "M21 patient, M16 expert", "mailbox_awaited, released", "", REASON_DIRECTORY_OLD},
		{"it has ended, and he has another", "Dr X", GENERAL_RPPS, GENERAL, {line("autre@m.fr", GENERAL_RPPS), none},
		 {BYTES(GENERAL), BYTES(GENERAL_RPPS)}, "M21 patient, M64 attending, M16 expert", "channel_changed, released", "autre@m.fr", REASON_NONE},
		{"it has ended, and he has none", "Dr X", GENERAL_RPPS, GENERAL, {none, none}, {BYTES(GENERAL), BYTES(GENERAL_RPPS)},
		 "M21 patient, M16 expert", "mailbox_awaited, released", "", REASON_DIRECTORY_ENDED},
	};
	(void)state;

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct world *w = world_make();
		print_message("%s\n", rows[i].what);
		use(w, rows[i].entries, 2, &rows[i].end, rows[i].end.address.len > 0);
		checked_with(w, rows[i].name, rows[i].rpps, rows[i].mailbox);
		command(w, POLICY_ACT_RELEASE, "", "");
		assert_string_equal(mails_of(w), rows[i].mails);
		assert_string_equal(events_of(w), rows[i].events);
		assert_int_equal(w->last.outcome, POLICY_APPLIED);
		assert_int_equal(w->dossier->awaited[PARTY_ATTENDING], rows[i].reason);
		assert_int_equal(w->last.owner != NULL, rows[i].reason != REASON_NONE);
		if (rows[i].to[0] != '\0')
			is_to(w, MAIL_M64, rows[i].to);
		world_free(w);
	}
}

static void without_a_directory_all_is_as_told(void **state)
{
	(void)state;
	struct world *w = world_make();

	to_checked(w);
	command(w, POLICY_ACT_RELEASE, "", "");
	assert_string_equal(mails_of(w), "M21 patient, M64 attending, M16 expert");
	assert_int_equal(changed(w)->outcome, POLICY_IGNORED);
	world_free(w);
}

/* What was awaited comes: a confirmation, the directory's answer, a person's word. The report follows once. */
static void what_was_awaited_follows(void **state)
{
	const struct directory_entry found = line("seule@m.fr", GENERAL_RPPS);
	(void)state;

	for (int way = 0; way < 4; way++) {
		struct world *w = world_make();
		const char *told = way == 0 ? GENERAL : "", *to = way == 0 ? GENERAL : way == 3 ? "vu@m.fr" : "seule@m.fr";
		use(w, NULL, 0, NULL, 0);
		checked_with(w, "Dr X", GENERAL_RPPS, told);
		command(w, POLICY_ACT_RELEASE, "", "");
		assert_int_not_equal(w->dossier->awaited[PARTY_ATTENDING], REASON_NONE);
		assert_int_equal(changed(w)->outcome, POLICY_IGNORED);
		if (way == 0)
			confirm(w, GENERAL);
		else if (way < 3)
			use(w, &found, 1, NULL, 0);
		if (way == 3) {
			assert_int_equal(choose(w, PARTY_ATTENDING, "vu@m.fr")->reason, REASON_DIRECTORY_UNKNOWN);
			confirm(w, "vu@m.fr");
		}
		(void)(way < 2 ? changed(w) : choose(w, PARTY_ATTENDING, to));
		assert_string_equal(events_of(w), "channel_changed, shared");
		assert_string_equal(mails_of(w), "M64 attending");
		is_to(w, MAIL_M64, to);
		assert_int_equal(w->dossier->awaited[PARTY_ATTENDING], REASON_NONE);
		assert_int_equal(changed(w)->outcome, POLICY_IGNORED);
		/* A person may move him again, and nothing is sent twice. */
		(void)choose(w, PARTY_ATTENDING, to);
		assert_string_equal(mails_of(w), "");
		world_free(w);
	}
}

/* Who is to have it after the patient has it after the patient, wherever his mailbox was found meanwhile. */
static void after_the_patient_stays_after_the_patient(void **state)
{
	const struct directory_entry found = line("seule@m.fr", GENERAL_RPPS);
	(void)state;

	for (int before = 0; before < 2; before++) {
		struct world *w = world_make();
		use(w, &found, 0, NULL, 0);
		when = "after-reading";
		checked_with(w, "Dr X", GENERAL_RPPS, "");
		when = "at-once";
		command(w, POLICY_ACT_RELEASE, "", "");
		assert_string_equal(events_of(w), "mailbox_awaited, released");
		use(w, &found, 1, NULL, 0);
		if (before) {
			(void)changed(w);
			assert_string_equal(events_of(w), "channel_changed");
			assert_string_equal(mails_of(w), "");
		}
		const struct policy_command read = {.act = POLICY_ACT_CONTACT, .actor = BYTES("nurse"), .party = PARTY_PATIENT, .id = BYTES("call"),
						    .how = BYTES("reached"), .text = BYTES("lu au téléphone"), .mail = BYTES("M21")};
		policy_decide_command(w->arena, &w->rules, w->dossier, &read, w->now, &w->last);
		world_store(w);
		assert_int_not_equal(w->dossier->read_at.us, 0);
		assert_string_equal(mails_of(w), "M64 attending");
		is_to(w, MAIL_M64, "seule@m.fr");
		assert_int_equal(changed(w)->outcome, POLICY_IGNORED);
		world_free(w);
	}
}

static void consent_is_asked_at_that_second(void **state)
{
	const struct directory_entry found = line("seule@m.fr", GENERAL_RPPS);
	(void)state;
	struct world *w = world_make();

	use(w, NULL, 0, NULL, 0);
	checked_with(w, "Dr X", GENERAL_RPPS, "");
	command(w, POLICY_ACT_RELEASE, "", "");
	const struct policy_command c = {.act = POLICY_ACT_CONSENT, .actor = BYTES("nurse"), .party = PARTY_ATTENDING, .given = false};
	policy_decide_command(w->arena, &w->rules, w->dossier, &c, w->now, &w->last);
	world_store(w);
	use(w, &found, 1, NULL, 0);
	assert_int_equal(changed(w)->outcome, POLICY_IGNORED);
	assert_string_equal(mails_of(w), "");
	(void)choose(w, PARTY_ATTENDING, "seule@m.fr");
	assert_string_equal(events_of(w), "channel_changed");
	assert_string_equal(mails_of(w), "");
	world_free(w);
}

/* --- an expert's mailbox ends (E19) --------------------------------------------------- */

static const struct directory_end UN_ENDED[] = {{BYTES_OF("un@experts.exemple.fr"), BYTES_OF("01111111111")}};

static void the_expert_ends(void **state)
{
	const struct directory_entry other = line("un.bis@experts.exemple.fr", "01111111111");
	(void)state;

	for (int with_other = 0; with_other < 2; with_other++)
		for (int accepted = 0; accepted < 2; accepted++) {
			struct world *w = world_make();
			use(w, NULL, 0, NULL, 0);
			(void)(accepted ? to_accepted(w) : to_offered(w));
			assert_int_equal(changed(w)->outcome, POLICY_IGNORED);
			use(w, &other, (size_t)with_other, UN_ENDED, 1);
			struct instant due = w->dossier->due_at;
			(void)changed(w);
			assert_string_equal(events_of(w), with_other ? "channel_changed" : accepted ? "reassigned, offered" : "offer_expired, offered");
			assert_string_equal(mails_of(w), accepted && with_other ? "M13 expert" : accepted ? "M08 patient, M10 expert" : "M10 expert");
			is_to(w, accepted && with_other ? MAIL_M13 : MAIL_M10, with_other ? "un.bis@experts.exemple.fr" : "deux@experts.exemple.fr");
			assert_int_equal(w->dossier->due_at.us, due.us);
			assert_int_equal(changed(w)->outcome, POLICY_IGNORED);
			world_free(w);
		}
}

/* An opinion that came stays; a person takes care of what he cannot be told any more. */
static void the_expert_ends_after_his_opinion(void **state)
{
	(void)state;
	struct world *w = world_make();

	use(w, NULL, 0, NULL, 0);
	checked_with(w, "Dr X", GENERAL_RPPS, "");
	use(w, NULL, 0, UN_ENDED, 1);
	(void)changed(w);
	assert_string_equal(events_of(w), "mailbox_awaited");
	assert_string_equal(w->last.owner, "nurses");
	assert_int_equal(changed(w)->outcome, POLICY_IGNORED);
	command(w, POLICY_ACT_RELEASE, "", "");
	assert_string_equal(mails_of(w), "M21 patient");
	world_free(w);
}

/* The patient asks after the expert's mailbox ended: the question stays, and that he does not have it stands in a list at once, not after two days. */
static void a_question_for_a_mailbox_in_doubt(void **state)
{
	(void)state;
	struct work_task tasks[WORK_TASKS];
	struct world *w = world_make();
	bool found = false;

	to_released(w);
	use(w, NULL, 0, UN_ENDED, 1);
	send(w, patient_message(w, "Puis-je voyager ?"));
	assert_string_equal(events_of(w), "question_received, mail_failed");
	assert_null(mail_of(&w->last, MAIL_M30));
	assert_int_equal(w->last.events[1].mail.code, MAIL_M30);
	assert_int_equal(w->last.events[1].mail.reason, REASON_DIRECTORY_ENDED);
	size_t n = worklist(NULL, w->dossier, tasks);
	for (size_t i = 0; i < n; i++)
		found |= strcmp(tasks[i].name, "mail_failed") == 0;
	assert_true(found);
	world_free(w);
}

static bool runs(const struct world *w, enum deadline_kind kind)
{
	struct instant at;
	return deadline_next(w->rules.settings, w->dossier, kind, &at);
}

/* What came since does not leave while his mailbox is in doubt: it is not noted as sent, a person has it, and it goes when there is a mailbox. */
static void an_addendum_waits_for_a_mailbox(void **state)
{
	(void)state;
	struct world *w = world_make();

	use(w, NULL, 0, NULL, 0);
	to_accepted(w);
	pass(w, SPAN_HOURS(1));
	send(w, record_message(w, "late", "11502-2", "l1"));
	use(w, NULL, 0, UN_ENDED, 1);
	pass(w, SPAN_DAYS(1));
	policy_decide_timer(w->arena, &w->rules, w->dossier, DEADLINE_ADDENDUM, w->now, &w->last);
	world_store(w);
	assert_string_equal(events_of(w), "mail_failed, mailbox_awaited");
	assert_string_equal(mails_of(w), "");
	assert_string_equal(w->last.owner, "nurses");
	assert_null(dossier_passed(w->dossier, "addendum"));
	assert_false(runs(w, DEADLINE_ADDENDUM));
	/* Vouched for again: the whole goes there, once. */
	use(w, NULL, 0, NULL, 0);
	pass(w, SPAN_HOURS(1));
	(void)changed(w);
	assert_string_equal(mails_of(w), "M13 expert");
	assert_int_equal(mail_of(&w->last, MAIL_M13)->n_documents, 4);
	assert_false(runs(w, DEADLINE_ADDENDUM));
	pass(w, SPAN_HOURS(1));
	send(w, record_message(w, "later", "11502-2", "l2"));
	assert_true(runs(w, DEADLINE_ADDENDUM));
	world_free(w);
}

/* The words that he had asked for are not lost either. */
static void words_wait_for_a_mailbox(void **state)
{
	(void)state;
	struct world *w = world_make();

	use(w, NULL, 0, NULL, 0);
	to_accepted(w);
	command(w, POLICY_ACT_MORE, "", "Depuis quand ?");
	use(w, NULL, 0, UN_ENDED, 1);
	command(w, POLICY_ACT_ANSWERED, "", "Depuis mars.");
	assert_string_equal(events_of(w), "more_answered, mail_failed, mailbox_awaited");
	assert_string_equal(w->last.owner, "nurses");
	world_free(w);
}

static void nobody_is_left(void **state)
{
	(void)state;
	struct world *w = world_make();
	struct expert alone = EXPERTS[0];

	w->rules.experts = &alone;
	w->rules.n_experts = 1;
	use(w, NULL, 0, NULL, 0);
	to_accepted(w);
	use(w, NULL, 0, UN_ENDED, 1);
	(void)changed(w);
	assert_string_equal(events_of(w), "reassigned, expert_none");
	assert_int_equal(w->dossier->state, DOSSIER_NO_EXPERT);
	assert_string_equal(w->last.owner, "nurses");
	world_free(w);
}

/* Who has left since he was registered is not asked at all. */
static void an_expert_who_left_is_not_asked(void **state)
{
	(void)state;
	struct world *w = world_make();
	struct expert experts[COUNT(EXPERTS)];

	memcpy(experts, EXPERTS, sizeof experts);
	experts[0].ended = true;
	w->rules.experts = experts;
	to_offered(w);
	assert_true(bytes_equal(dossier_live_offer(w->dossier)->mailbox, BYTES("deux@experts.exemple.fr")));
	world_free(w);
}

/* --- a mailbox that does not exist (E25) ------------------------------------------------ */

static void an_address_that_does_not_exist(void **state)
{
	static const struct {
		const char *what, *status;
		size_t others;
		const char *events, *mails;
	} rows[] = {
		{"unknown, one other", "5.1.1", 1, "mail_failed, channel_changed, shared", "M64 attending"},
		{"moved, one other", "5.1.6", 1, "mail_failed, channel_changed, shared", "M64 attending"},
		{"shut, one other", "5.2.1", 1, "mail_failed, channel_changed, shared", "M64 attending"},
		{"unknown, two others", "5.1.1", 2, "mail_failed, mailbox_awaited", ""},
		{"unknown, no other", "5.1.1", 0, "mail_failed, mailbox_awaited", ""},
		{"full, one other", "5.2.2", 1, "mail_failed", ""},
		{"refused, one other", "5.7.1", 1, "mail_failed", ""},
		{"unsaid, one other", "", 1, "mail_failed", ""},
	};
	const struct directory_entry entries[] = {line(GENERAL, GENERAL_RPPS), line("autre@m.fr", GENERAL_RPPS), line("tierce@m.fr", GENERAL_RPPS)};
	(void)state;

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct world *w = world_make();
		print_message("%s\n", rows[i].what);
		use(w, entries, 1 + rows[i].others, NULL, 0);
		checked_with(w, "Dr X", GENERAL_RPPS, GENERAL);
		command(w, POLICY_ACT_RELEASE, "", "");
		(void)failed(w, MAIL_M64, PARTY_ATTENDING, GENERAL, rows[i].status);
		assert_string_equal(events_of(w), rows[i].events);
		assert_string_equal(mails_of(w), rows[i].mails);
		if (rows[i].mails[0] != '\0') {
			is_to(w, MAIL_M64, "autre@m.fr");
			/* And that one does not exist either: not back and forth. */
			(void)failed(w, MAIL_M64, PARTY_ATTENDING, "autre@m.fr", "5.1.1");
			assert_string_equal(events_of(w), "mail_failed, mailbox_awaited");
		}
		world_free(w);
	}
}

static void an_offer_to_an_address_that_does_not_exist(void **state)
{
	const struct directory_entry other = line("un.bis@experts.exemple.fr", "01111111111");
	(void)state;

	for (size_t others = 0; others < 2; others++) {
		struct world *w = world_make();
		use(w, &other, others, NULL, 0);
		to_offered(w);
		(void)failed(w, MAIL_M10, PARTY_EXPERT, "un@experts.exemple.fr", "5.1.1");
		assert_string_equal(mails_of(w), "M10 expert");
		is_to(w, MAIL_M10, others > 0 ? "un.bis@experts.exemple.fr" : "deux@experts.exemple.fr");
		/* His answer comes from where he was asked. */
		if (others > 0)
			assert_string_equal(policy_outcome_name(send(w, reply_message(w, "un.bis@experts.exemple.fr", POLICY_WORD_ACCEPT))->outcome), "applied");
		world_free(w);
	}
}

static void only_professionals_are_chosen_for(void **state)
{
	static const enum party not[] = {PARTY_NONE, PARTY_PATIENT, PARTY_SENDER, PARTY_REPRESENTATIVE, PARTY_REQUESTER};
	(void)state;
	struct world *w = world_make();

	to_checked(w);
	confirm(w, "vu@m.fr");
	for (size_t i = 0; i < COUNT(not); i++)
		assert_int_equal(choose(w, not[i], "vu@m.fr")->reason, REASON_USAGE);
	assert_int_equal(choose(w, PARTY_ATTENDING, "pas une adresse")->reason, REASON_USAGE);
	/* Also where the directory is not used: a mailbox that a person tells is one that a person confirmed. */
	assert_int_equal(choose(w, PARTY_ATTENDING, "autre@m.fr")->reason, REASON_DIRECTORY_UNKNOWN);
	assert_int_equal(choose(w, PARTY_ATTENDING, "vu@m.fr")->reason, REASON_NONE);
	world_free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_a_release_sends),
		cmocka_unit_test(without_a_directory_all_is_as_told),
		cmocka_unit_test(what_was_awaited_follows),
		cmocka_unit_test(after_the_patient_stays_after_the_patient),
		cmocka_unit_test(consent_is_asked_at_that_second),
		cmocka_unit_test(the_expert_ends),
		cmocka_unit_test(the_expert_ends_after_his_opinion),
		cmocka_unit_test(a_question_for_a_mailbox_in_doubt), cmocka_unit_test(an_addendum_waits_for_a_mailbox), cmocka_unit_test(words_wait_for_a_mailbox),
		cmocka_unit_test(nobody_is_left),
		cmocka_unit_test(an_expert_who_left_is_not_asked),
		cmocka_unit_test(an_address_that_does_not_exist),
		cmocka_unit_test(an_offer_to_an_address_that_does_not_exist),
		cmocka_unit_test(only_professionals_are_chosen_for),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
