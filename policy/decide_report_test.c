/* policy/decide_report_test.c - what is proved, by whom, and that no machine is ever answered. */
#include "policy/test_world.h"

static struct policy_message report_message(struct world *w, enum policy_report_kind kind, enum mail_code code, enum party party,
					    const char *mailbox, struct policy_report_recipient line)
{
	struct policy_message m = from(w, arena_printf(w->arena, "postmaster@%s", strchr(mailbox, '@') + 1), POLICY_CLASS_REPORT);
	struct policy_report_recipient *one = arena_alloc(w->arena, sizeof *one);
	struct policy_report *r = arena_alloc(w->arena, sizeof *r);

	*one = line;
	*r = (struct policy_report){.kind = kind, .recipients = one, .n = 1, .matched = true, .code = code, .party = party,
				    .mailbox = T(mailbox)};
	m.mail_from = BYTES_NONE;
	m.automatic = true;
	m.report = r;
	return m;
}

static void levels(void **state)
{
	(void)state;
	static const struct {
		const char *what;
		enum policy_report_kind kind;
		const char *action, *disposition;
		const char *events;
		int level;
	} rows[] = {
		{"delivered", POLICY_REPORT_DSN, "delivered", "", "mail_proof", 3},
		{"in capitals", POLICY_REPORT_DSN, "Delivered", "", "mail_proof", 3},
		{"relayed", POLICY_REPORT_DSN, "relayed", "", "mail_proof", 2},
		{"delayed is not failed", POLICY_REPORT_DSN, "delayed", "", "", 0},
		{"an unknown word", POLICY_REPORT_DSN, "vanished", "", "", 0},
		{"failed", POLICY_REPORT_DSN, "failed", "", "mail_failed, report_undelivered", 0},
		{"displayed", POLICY_REPORT_MDN, "", "manual-action/MDN-sent-manually; displayed", "mail_proof, report_read", 4},
		{"displayed, bare", POLICY_REPORT_MDN, "", "Displayed", "mail_proof, report_read", 4},
		{"deleted unread", POLICY_REPORT_MDN, "", "automatic-action/MDN-sent-automatically; deleted", "mail_proof", 3},
		{"could not be filed", POLICY_REPORT_MDN, "", "automatic-action/MDN-sent-automatically; processed/error", "mail_proof", 2},
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct world *w = world_make();
		to_released(w);
		const struct policy_report_recipient line = {.address = BYTES(PATIENT_MAILBOX), .action = T(rows[i].action),
							     .status = BYTES("5.0.0"), .disposition = T(rows[i].disposition)};
		send(w, report_message(w, rows[i].kind, MAIL_M21, PARTY_PATIENT, PATIENT_MAILBOX, line));
		const struct dossier_proof *p = dossier_find_proof(w->dossier, MAIL_M21, PARTY_PATIENT);
		if (strcmp(events_of(w), rows[i].events) != 0 || (p == NULL ? 0 : p->level) != rows[i].level || w->last.n_mails != 0)
			fail_msg("%s: %s", rows[i].what, events_of(w));
		assert_int_equal(w->last.outcome, POLICY_APPLIED);
		world_free(w);
	}
}

static void reading_opens_the_exchange_once(void **state)
{
	(void)state;
	struct world *w = world_make();
	const struct policy_report_recipient line = {.disposition = BYTES("displayed")};

	to_released(w);
	send(w, report_message(w, POLICY_REPORT_MDN, MAIL_M21, PARTY_PATIENT, PATIENT_MAILBOX, line));
	assert_int_equal(w->dossier->state, DOSSIER_EXCHANGE);
	assert_int_equal(w->dossier->read_at.us, w->now.us);
	pass(w, SPAN_HOURS(1));
	send(w, report_message(w, POLICY_REPORT_MDN, MAIL_M21, PARTY_PATIENT, PATIENT_MAILBOX, line));
	assert_string_equal(events_of(w), "mail_proof");
	/* One with a mailbox at our own domain submits his receipt himself: it is proved as any other. */
	struct policy_message own = report_message(w, POLICY_REPORT_MDN, MAIL_M64, PARTY_ATTENDING, "general@cabinet.exemple.fr", line);
	own.source = POLICY_SOURCE_SUBMISSION, own.account = own.from = BYTES("general@cabinet.exemple.fr"), own.mail_from = BYTES_NONE;
	assert_int_equal(send(w, own)->outcome, POLICY_APPLIED);
	assert_string_equal(events_of(w), "mail_proof");
	/* A physician's reading opens nothing. */
	send(w, report_message(w, POLICY_REPORT_MDN, MAIL_M64, PARTY_ATTENDING, "general@cabinet.exemple.fr", line));
	assert_string_equal(events_of(w), "mail_proof");
	world_free(w);
}

static void reports_that_prove_nothing(void **state)
{
	(void)state;
	const struct policy_report_recipient line = {.address = BYTES(PATIENT_MAILBOX), .action = BYTES("failed")};
	struct world *w = world_make();
	struct policy_message m;
	struct policy_report r;
	struct bytes other = BYTES("autre.exemple.fr");

	to_released(w);
	const struct policy_message good = report_message(w, POLICY_REPORT_DSN, MAIL_M21, PARTY_PATIENT, PATIENT_MAILBOX, line);
	m = good, r = *good.report, r.matched = false, m.report = &r;
	assert_int_equal(send(w, m)->outcome, POLICY_IGNORED);
	assert_int_equal(w->last.reason, REASON_REPORT_UNMATCHED);
	/* Words without fields: a person reads them. */
	m = good, r = *good.report, r.worded = true, m.report = &r;
	assert_int_equal(send(w, m)->outcome, POLICY_HELD);
	assert_int_equal(w->last.reason, REASON_REPORT_WORDED);
	assert_int_equal(w->last.n_events + w->last.n_mails, 0);
	/* A peer that does not speak for the recipient's domain may not say that it failed. */
	m = good, m.peer_domains = (struct policy_texts){&other, 1};
	assert_int_equal(send(w, m)->outcome, POLICY_IGNORED);
	/* By IMAP: not without our envelope id, and not without an operator who answers for the mailbox. */
	m = good, m.source = POLICY_SOURCE_IMAP;
	assert_int_equal(send(w, m)->outcome, POLICY_IGNORED);
	m.vouched = true;
	assert_int_equal(send(w, m)->outcome, POLICY_IGNORED);
	m.vouched = false, r = *good.report, r.by_envelope = true, m.report = &r;
	assert_int_equal(send(w, m)->outcome, POLICY_IGNORED);
	/* Nor may who submits: not under the null return path, not in the recipient's name, not as itself. */
	m = good, m.source = POLICY_SOURCE_SUBMISSION, m.account = BYTES("un@avis.exemple.fr"), m.mail_from = BYTES_NONE;
	assert_int_equal(send(w, m)->outcome, POLICY_IGNORED);
	m.account = BYTES(PATIENT_MAILBOX), m.from = m.account;
	assert_int_equal(send(w, m)->outcome, POLICY_IGNORED);
	m.mail_from = m.account;
	assert_int_equal(send(w, m)->outcome, POLICY_IGNORED);
	/* His own reading receipt may: for his mailbox, not for another's. */
	static const struct policy_report_recipient seen[] = {{.disposition = BYTES_OF("manual-action/MDN-sent-manually; displayed")}};
	r = *good.report, r.kind = POLICY_REPORT_MDN, r.recipients = seen, r.n = 1, m.report = &r, m.mail_from = BYTES_NONE;
	m.account = BYTES("un@avis.exemple.fr"), m.from = m.account;
	assert_int_equal(send(w, m)->outcome, POLICY_IGNORED);
	m.account = BYTES(PATIENT_MAILBOX);
	assert_int_equal(send(w, m)->outcome, POLICY_IGNORED);
	/* Two lines and neither is about our recipient. */
	const struct policy_report_recipient two[] = {{.address = BYTES("a@b.fr"), .action = BYTES("failed")},
						      {.address = BYTES("c@b.fr"), .action = BYTES("failed")}};
	m = good, r = *good.report, r.recipients = two, r.n = 2, m.report = &r;
	assert_int_equal(send(w, m)->outcome, POLICY_IGNORED);
	m = good, m.report = NULL;
	assert_int_equal(send(w, m)->outcome, POLICY_IGNORED);
	m = good, r = *good.report, r.kind = POLICY_REPORT_OTHER, m.report = &r;
	assert_int_equal(send(w, m)->outcome, POLICY_IGNORED);
	assert_int_equal(w->last.n_mails, 0);
	assert_int_equal(w->dossier->state, DOSSIER_RELEASED);
	world_free(w);
}

/* Who is to have it after the patient: what he read while nothing could leave, or while a correction waited, counts once it may. */
static void what_was_read_while_nothing_left(void **state)
{
	(void)state;
	const struct policy_report_recipient line = {.disposition = BYTES("displayed")};
	struct policy_answer answers[COUNT(REQUEST_ANSWERS)];

	memcpy(answers, REQUEST_ANSWERS, sizeof answers);
	for (size_t i = 0; i < COUNT(answers); i++)
		if (bytes_equal_text(answers[i].question, "consent.attending.when"))
			answers[i].value = BYTES("after-reading");
	for (int revised = 0; revised < 2; revised++) {
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
		send(w, opinion_message(w, "un@experts.exemple.fr", "e1"));
		command(w, POLICY_ACT_RELEASE, "", "");
		assert_null(mail_of(&w->last, MAIL_M64));
		if (revised)
			send(w, correction_message(w, "Précision."));
		else
			command(w, POLICY_ACT_FREEZE, "breach", "");
		send(w, report_message(w, POLICY_REPORT_MDN, MAIL_M21, PARTY_PATIENT, PATIENT_MAILBOX, line));
		assert_string_equal(events_of(w), "mail_proof, report_read");
		assert_null(mail_of(&w->last, MAIL_M64));
		pass(w, SPAN_HOURS(1));
		command(w, revised ? POLICY_ACT_RETURN : POLICY_ACT_UNFREEZE, "", "relu");
		assert_string_equal(events_of(w), revised ? "opinion_returned, shared" : "unfrozen, shared");
		assert_int_equal(mail_of(&w->last, MAIL_M64)->party, PARTY_ATTENDING);
		/* Once. */
		if (!revised) {
			command(w, POLICY_ACT_FREEZE, "breach", "");
			command(w, POLICY_ACT_UNFREEZE, "", "relu");
			assert_string_equal(events_of(w), "unfrozen");
		}
		world_free(w);
	}
}

static void reports_by_imap_with_our_envelope_id(void **state)
{
	(void)state;
	const struct policy_report_recipient line = {.address = BYTES(PATIENT_MAILBOX), .action = BYTES("delivered")};
	struct world *w = world_make();

	to_released(w);
	struct policy_message m = report_message(w, POLICY_REPORT_DSN, MAIL_M21, PARTY_PATIENT, PATIENT_MAILBOX, line);
	struct policy_report r = *m.report;
	r.by_envelope = true;
	m.report = &r, m.source = POLICY_SOURCE_IMAP, m.vouched = true;
	assert_int_equal(send(w, m)->outcome, POLICY_APPLIED);
	assert_string_equal(events_of(w), "mail_proof");
	world_free(w);
}

/* A receipt to a hospital stands behind no dossier: its proof is kept all the same. */
static void notices_are_proved_too(void **state)
{
	(void)state;
	static const struct {
		const char *action;
		int proof;
	} rows[] = {{"delivered", 3}, {"relayed", 2}, {"delayed", 0}, {"failed", -1}};
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct world *w = world_make();
		const char *mailbox = "pfi@chu-x.exemple.fr";
		const struct policy_report_recipient line = {.address = T(mailbox), .action = T(rows[i].action)};
		const struct policy_decision *d = send(w, report_message(w, POLICY_REPORT_DSN, MAIL_M70, PARTY_SENDER, mailbox, line));
		assert_int_equal(d->outcome, POLICY_APPLIED);
		assert_int_equal(d->proof, rows[i].proof);
		assert_int_equal(d->n_events + d->n_mails, 0);
		world_free(w);
	}
}

static void an_absence_notice_is_for_the_nurse(void **state)
{
	(void)state;
	struct world *w = world_make();
	const struct policy_report r = {.kind = POLICY_REPORT_AUTO_REPLY};
	struct policy_message m;

	to_offered(w);
	m = reply_message(w, "un@experts.exemple.fr", POLICY_WORD_ACCEPT);
	m.automatic = true;
	m.report = &r;
	assert_int_equal(send(w, m)->outcome, POLICY_HELD);
	assert_int_equal(w->last.reason, REASON_REPLY_AUTOMATIC);
	assert_int_equal(w->last.n_mails, 0);
	assert_int_equal(w->dossier->state, DOSSIER_OFFERED);
	world_free(w);
}

/* A hospital's record under a subject that reads like a machine's answer: a person has it, it is not dropped. */
static void what_only_looks_like_a_report_is_not_dropped(void **state)
{
	(void)state;
	struct world *w = world_make();
	const struct policy_report r = {.kind = POLICY_REPORT_AUTO_REPLY};
	struct policy_message m = record_message(w, "mammo-1", "18748-4", "m1");

	m.automatic = true;
	m.report = &r;
	assert_int_equal(send(w, m)->outcome, POLICY_HELD);
	assert_int_equal(w->last.reason, REASON_MAIL_UNKNOWN_CLASS);
	assert_int_equal(w->last.n_mails, 0);
	m.mail_from = BYTES_NONE;
	assert_int_equal(send(w, m)->outcome, POLICY_IGNORED);
	world_free(w);
}

static const struct policy_decision *outcome(struct world *w, enum mail_code code, enum party party, const char *mailbox, bool accepted)
{
	const struct policy_delivery d = {.code = code, .party = party, .mailbox = T(mailbox), .accepted = accepted,
					  .reason = accepted ? REASON_NONE : REASON_DELIVER_EXPIRED};
	policy_decide_outcome(w->arena, &w->rules, w->dossier, &d, w->now, &w->last);
	world_store(w);
	return &w->last;
}

static void what_the_deliverer_says(void **state)
{
	(void)state;
	struct world *w = world_make();

	assert_int_equal(outcome(w, MAIL_M70, PARTY_SENDER, "a@b.fr", true)->outcome, POLICY_IGNORED);
	to_released(w);
	outcome(w, MAIL_M21, PARTY_PATIENT, PATIENT_MAILBOX, true);
	assert_int_equal(dossier_find_proof(w->dossier, MAIL_M21, PARTY_PATIENT)->level, 2);
	outcome(w, MAIL_M64, PARTY_ATTENDING, "general@cabinet.exemple.fr", false);
	assert_string_equal(events_of(w), "mail_failed");
	assert_string_equal(w->last.owner, "nurses");
	outcome(w, MAIL_M21, PARTY_PATIENT, PATIENT_MAILBOX, false);
	assert_string_equal(events_of(w), "mail_failed, report_undelivered");
	assert_int_equal(w->dossier->state, DOSSIER_UNDELIVERABLE);
	/* Sent again by a person: the patient alone has it again. */
	command(w, POLICY_ACT_RELEASE, "", "");
	assert_string_equal(mails_of(w), "M21 patient");
	assert_true(bytes_equal(field_of(&w->last, MAIL_M21, "shared_with"), BYTES("Dr GENERAL")));
	world_free(w);
}

/* Told, and nothing else: no proof is lost or won, no mail written, no state left. */
static void late_mail_is_told(void **state)
{
	(void)state;
	struct world *w = world_make();
	const struct policy_delivery d = {.code = MAIL_M21, .party = PARTY_PATIENT, .mailbox = T(PATIENT_MAILBOX), .reason = REASON_DELIVER_CONNECT};

	to_released(w);
	enum dossier_state before = w->dossier->state;
	policy_decide_late(w->arena, &w->rules, w->dossier, &d, w->now, &w->last);
	world_store(w);
	assert_int_equal(w->last.outcome, POLICY_APPLIED);
	assert_string_equal(events_of(w), "mail_late");
	assert_string_equal(w->last.owner, "nurses");
	assert_string_equal(w->last.rule, "delivery.late/1");
	assert_int_equal(w->last.events[0].mail.reason, REASON_DELIVER_CONNECT);
	assert_int_equal(w->last.n_mails, 0);
	assert_int_equal(w->dossier->state, before);
	assert_null(dossier_find_proof(w->dossier, MAIL_M21, PARTY_PATIENT));
	/* It may still arrive, and a notice has no dossier. */
	outcome(w, MAIL_M21, PARTY_PATIENT, PATIENT_MAILBOX, true);
	assert_int_equal(dossier_find_proof(w->dossier, MAIL_M21, PARTY_PATIENT)->level, 2);
	policy_decide_late(w->arena, &w->rules, NULL, &d, w->now, &w->last);
	assert_int_equal(w->last.outcome, POLICY_IGNORED);
	world_free(w);
}

static void an_offer_that_cannot_arrive_goes_to_the_next(void **state)
{
	(void)state;
	struct world *w = world_make();

	to_offered(w);
	outcome(w, MAIL_M10, PARTY_EXPERT, "deux@experts.exemple.fr", false);
	assert_string_equal(events_of(w), "mail_failed");
	outcome(w, MAIL_M10, PARTY_EXPERT, "un@experts.exemple.fr", false);
	assert_string_equal(events_of(w), "mail_failed, offer_expired, offered");
	assert_string_equal(mails_of(w), "M10 expert");
	assert_true(bytes_equal(dossier_live_offer(w->dossier)->rpps, EXPERTS[1].rpps));
	world_free(w);
}

/* The failure is kept; who is asked next waits until a person has lifted the freeze. */
static void an_offer_that_cannot_arrive_waits_while_frozen(void **state)
{
	(void)state;
	struct world *w = world_make();
	to_offered(w);
	const struct policy_command freeze = {.act = POLICY_ACT_FREEZE, .actor = BYTES("n"), .id = BYTES("breach"), .text = BYTES("x")};
	policy_decide_command(w->arena, &w->rules, w->dossier, &freeze, w->now, &w->last);
	world_store(w);
	const struct policy_delivery lost = {.code = MAIL_M10, .party = PARTY_EXPERT, .mailbox = w->dossier->offers[0].mailbox, .reason = REASON_DELIVER_EXPIRED};
	policy_decide_outcome(w->arena, &w->rules, w->dossier, &lost, w->now, &w->last);
	world_store(w);
	assert_int_equal(w->last.outcome, POLICY_APPLIED);
	assert_string_equal(events_of(w), "mail_failed");
	assert_string_equal(w->last.owner, "nurses");
	assert_int_equal(w->dossier->state, DOSSIER_OFFERED);
	world_free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_read_while_nothing_left), cmocka_unit_test(reports_by_imap_with_our_envelope_id),
		cmocka_unit_test(levels),
		cmocka_unit_test(reading_opens_the_exchange_once),
		cmocka_unit_test(reports_that_prove_nothing),
		cmocka_unit_test(notices_are_proved_too),
		cmocka_unit_test(an_absence_notice_is_for_the_nurse),
		cmocka_unit_test(what_only_looks_like_a_report_is_not_dropped),
		cmocka_unit_test(what_the_deliverer_says),
		cmocka_unit_test(late_mail_is_told),
		cmocka_unit_test(an_offer_that_cannot_arrive_goes_to_the_next),
		cmocka_unit_test(an_offer_that_cannot_arrive_waits_while_frozen),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
