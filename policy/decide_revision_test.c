/* policy/decide_revision_test.c - an expert corrects what was delivered: received, checked, released as the next version to those who had
 * the one before, and to nobody who may not have it any more. */
#include "policy/test_world.h"

#define UN "un@experts.exemple.fr"

static unsigned parties(bool patient, bool attending, bool first)
{
	return (patient ? dossier_party_bit(PARTY_PATIENT) : 0) | (attending ? dossier_party_bit(PARTY_ATTENDING) : 0) |
	       (first ? dossier_party_bit(PARTY_FIRST_OPINION) : 0);
}

static void consent(struct world *w, enum party party, bool given)
{
	const struct policy_command c = {.act = POLICY_ACT_CONSENT, .actor = BYTES("nurse"), .party = party, .given = given};
	policy_decide_command(w->arena, &w->rules, w->dossier, &c, w->now, &w->last);
	world_store(w);
	assert_int_equal(w->last.outcome, POLICY_APPLIED);
}

/* The release event of the last decision. */
static struct dossier_release_data release_of(const struct world *w)
{
	for (size_t i = 0; i < w->last.n_events; i++)
		if (w->last.events[i].kind == EVENT_RELEASED)
			return w->last.events[i].release;
	fail_msg("nothing was released");
	return (struct dossier_release_data){0};
}

static void to_revised(struct world *w)
{
	to_released(w);
	pass(w, SPAN_DAYS(1));
	send(w, correction_message(w, "En plus clair."));
}

static void a_correction_waits_for_the_nurse(void **state)
{
	(void)state;
	struct world *w = world_make();

	to_revised(w);
	assert_int_equal(w->last.outcome, POLICY_APPLIED);
	assert_string_equal(events_of(w), "opinion_received, opinion_checked");
	assert_string_equal(mails_of(w), "");
	assert_int_equal(w->dossier->state, DOSSIER_REVISION);
	assert_int_equal(dossier_version(w->dossier), 1);
	/* What the patient has is still the first one. */
	assert_true(bytes_equal(w->dossier->delivered.data.form.summary, BYTES("En clair.")));
	command(w, POLICY_ACT_HOLD, "", "on appelle d'abord");
	assert_int_equal(w->last.outcome, POLICY_APPLIED);
	command(w, POLICY_ACT_RELEASE, "", "");
	assert_string_equal(events_of(w), "released");
	assert_string_equal(mails_of(w), "M21 patient, M64 attending, M16 expert");
	assert_int_equal(mail_of(&w->last, MAIL_M21)->attach, POLICY_ATTACH_REPORT);
	assert_true(bytes_equal(field_of(&w->last, MAIL_M21, "replaced"), BYTES("mercredi 4 mars 2026")));
	assert_true(bytes_equal(field_of(&w->last, MAIL_M64, "replaced"), BYTES("mercredi 4 mars 2026")));
	assert_true(bytes_equal(field_of(&w->last, MAIL_M21, "summary"), BYTES("En plus clair.")));
	assert_int_equal(release_of(w).version, 2);
	assert_int_equal(release_of(w).to, parties(true, true, false));
	assert_int_equal(release_of(w).withheld, 0);
	assert_int_equal(w->dossier->state, DOSSIER_RELEASED);
	assert_int_equal(command(w, POLICY_ACT_RELEASE, "", "")->reason, REASON_DOSSIER_ORDER);
	world_free(w);
}

static void the_first_version_replaces_nothing(void **state)
{
	(void)state;
	struct world *w = world_make();

	to_released(w);
	assert_int_equal(release_of(w).version, 1);
	assert_int_equal(field_of(&w->last, MAIL_M21, "replaced").len, 0);
	assert_int_equal(field_of(&w->last, MAIL_M64, "replaced").len, 0);
	world_free(w);
}

static void where_the_gate_is_automatic(void **state)
{
	(void)state;
	struct world *w = world_make();

	w->rules.release_by_nurse = false;
	to_accepted(w);
	send(w, opinion_message(w, UN, "e1"));
	for (unsigned version = 2; version <= 4; version++) {
		pass(w, SPAN_DAYS(1));
		send(w, correction_message(w, arena_printf(w->arena, "Version %u.", version)));
		assert_string_equal(events_of(w), "opinion_received, opinion_checked, released");
		assert_int_equal(release_of(w).version, version);
		assert_string_equal(mails_of(w), "M21 patient, M64 attending, M16 expert");
	}
	assert_int_equal(w->dossier->n_releases, 4);
	world_free(w);
}

/* Consent is looked at when it leaves, and what is kept back is written down. */
static void who_has_the_next_version(void **state)
{
	static const struct {
		const char *what;
		bool attending, first;                  /* consents at the first release */
		bool attending_then, first_then;        /* and at the second */
		const char *mails;
		unsigned withheld_attending, withheld_first;
		bool told_attending, told_first;        /* told that it replaces something */
	} rows[] = {
		{"the same as before", true, false, true, false, "M21 patient, M64 attending, M16 expert", 0, 0, true, false},
		{"both, as before", true, true, true, true, "M21 patient, M64 attending, M64 first_opinion, M16 expert", 0, 0, true, true},
		{"one withdrew", true, true, false, true, "M21 patient, M64 first_opinion, M16 expert", 1, 0, false, true},
		{"both withdrew", true, true, false, false, "M21 patient, M16 expert", 1, 1, false, false},
		{"one never had it, and may not", true, false, false, false, "M21 patient, M16 expert", 1, 0, false, false},
		{"one gave it since: a report, and nothing that it replaces", true, false, true, true,
		 "M21 patient, M64 attending, M64 first_opinion, M16 expert", 0, 0, true, false},
		{"nobody, as before", false, false, false, false, "M21 patient, M16 expert", 0, 0, false, false},
	};
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct world *w = world_make();
		print_message("%s\n", rows[i].what);
		to_checked(w);
		consent(w, PARTY_ATTENDING, rows[i].attending);
		consent(w, PARTY_FIRST_OPINION, rows[i].first);
		command(w, POLICY_ACT_RELEASE, "", "");
		pass(w, SPAN_DAYS(1));
		send(w, correction_message(w, "Autre."));
		consent(w, PARTY_ATTENDING, rows[i].attending_then);
		consent(w, PARTY_FIRST_OPINION, rows[i].first_then);
		command(w, POLICY_ACT_RELEASE, "", "");
		assert_string_equal(mails_of(w), rows[i].mails);
		assert_int_equal(release_of(w).to, parties(true, rows[i].attending_then, rows[i].first_then));
		assert_int_equal(release_of(w).withheld, parties(false, rows[i].withheld_attending, rows[i].withheld_first));
		for (size_t m = 0; m < w->last.n_mails; m++) {
			const struct policy_mail *mail = &w->last.mails[m];
			bool told = false;
			for (size_t f = 0; f < mail->n_fields; f++)
				told |= strcmp(mail->fields[f].name, "replaced") == 0;
			bool must = mail->party == PARTY_PATIENT || (mail->party == PARTY_ATTENDING && rows[i].told_attending) ||
				    (mail->party == PARTY_FIRST_OPINION && rows[i].told_first);
			assert_int_equal(told, must);
		}
		world_free(w);
	}
}

static void what_lacks_a_heading_goes_back(void **state)
{
	(void)state;
	struct world *w = world_make();

	to_released(w);
	pass(w, SPAN_DAYS(1));
	send(w, correction_message(w, " "));
	assert_string_equal(events_of(w), "opinion_received, opinion_returned");
	assert_string_equal(mails_of(w), "M15 expert");
	assert_int_equal(w->dossier->state, DOSSIER_RELEASED);
	assert_true(bytes_equal(w->dossier->opinion.data.form.summary, BYTES("En clair.")));
	/* Given back by the nurse, too, the first one stands. */
	send(w, correction_message(w, "Mieux."));
	assert_int_equal(w->dossier->state, DOSSIER_REVISION);
	command(w, POLICY_ACT_RETURN, "", "La conclusion manque.");
	assert_string_equal(mails_of(w), "M15 expert");
	assert_int_equal(w->dossier->state, DOSSIER_RELEASED);
	assert_int_equal(command(w, POLICY_ACT_RELEASE, "", "")->reason, REASON_DOSSIER_ORDER);
	world_free(w);
}

static void what_is_no_correction(void **state)
{
	static const struct {
		const char *what;
		enum policy_outcome outcome;
		enum reason reason;
	} rows[] = {
		{"the same message again", POLICY_DUPLICATE, REASON_MESSAGE_DUPLICATE},
		{"the same words, quoted and signed anew", POLICY_HELD, REASON_REPLY_NOT_AWAITED},
		{"signed before the one that it would replace", POLICY_HELD, REASON_OPINION_EARLY},
		{"unsigned", POLICY_HELD, REASON_OPINION_SIGNER},
		{"another's certificate", POLICY_HELD, REASON_OPINION_SIGNER},
		{"another dossier", POLICY_HELD, REASON_OPINION_DOSSIER},
		{"an automatic answer", POLICY_HELD, REASON_REPLY_AUTOMATIC},
		{"from another expert", POLICY_HELD, REASON_REPLY_PARTY},
	};
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct world *w = world_make();
		print_message("%s\n", rows[i].what);
		to_released(w);
		struct bytes first = w->dossier->delivered.data.digest;
		pass(w, SPAN_DAYS(1));
		struct policy_message m = correction_message(w, i < 2 ? "En clair." : "Autre.");
		if (i == 0)
			m.digest = first;
		if (i == 2)
			m.signature.time.us -= SPAN_DAYS(1).us + SPAN_MINUTES(1).us;
		if (i == 3)
			m.signature = (struct policy_signature){.verdict = POLICY_VERDICT_NONE};
		if (i == 4)
			m.signature.fingerprint = BYTES("e2");
		if (i == 5)
			m.form.reference = BYTES("A-2026-000001-AA");
		m.automatic = i == 6;
		if (i == 7)
			m.from = m.mail_from = BYTES("deux@experts.exemple.fr");
		send(w, m);
		assert_int_equal(w->last.outcome, rows[i].outcome);
		assert_int_equal(w->last.reason, rows[i].reason);
		/* Of an unsigned one: that it was asked for again. */
		assert_string_equal(events_of(w), i == 3 ? "opinion_unsigned" : "");
		assert_int_equal(w->dossier->state, DOSSIER_RELEASED);
		world_free(w);
	}
}

static void one_correction_at_a_time(void **state)
{
	(void)state;
	struct world *w = world_make();

	to_revised(w);
	/* The nurse has seen the first: a second may not slip under her word. */
	assert_int_equal(send(w, correction_message(w, "Encore autre."))->reason, REASON_REPLY_NOT_AWAITED);
	assert_int_equal(w->last.outcome, POLICY_HELD);
	assert_int_equal(command(w, POLICY_ACT_CLOSE, "", "")->reason, REASON_DOSSIER_ORDER);
	world_free(w);
}

static void the_exchange_goes_on_meanwhile(void **state)
{
	(void)state;
	struct world *w = world_make();

	to_revised(w);
	send(w, patient_message(w, "Et après ?"));
	assert_string_equal(mails_of(w), "M30 expert");
	assert_int_equal(w->dossier->state, DOSSIER_REVISION);
	struct policy_message m = reply_message(w, UN, POLICY_WORD_NONE);
	m.text = BYTES("Rien à craindre.");
	send(w, m);
	assert_string_equal(mails_of(w), "M31 patient");
	send(w, patient_message(w, "Et ensuite ?"));
	command(w, POLICY_ACT_RELEASE, "", "");
	assert_int_equal(w->dossier->state, DOSSIER_RELEASED);
	/* The question that waited is still answered. */
	send(w, m);
	assert_string_equal(events_of(w), "question_answered");
	assert_int_equal(w->dossier->state, DOSSIER_EXCHANGE);
	world_free(w);
}

static void a_report_that_came_back_is_corrected(void **state)
{
	(void)state;
	struct world *w = world_make();
	const struct policy_delivery failed = {.code = MAIL_M21, .party = PARTY_PATIENT, .mailbox = BYTES(PATIENT_MAILBOX), .reason = REASON_DELIVER_REFUSED};

	to_released(w);
	policy_decide_outcome(w->arena, &w->rules, w->dossier, &failed, w->now, &w->last);
	world_store(w);
	assert_int_equal(w->dossier->state, DOSSIER_UNDELIVERABLE);
	pass(w, SPAN_DAYS(1));
	send(w, correction_message(w, "Autre."));
	assert_int_equal(w->dossier->state, DOSSIER_REVISION);
	command(w, POLICY_ACT_RELEASE, "", "");
	assert_int_equal(release_of(w).version, 2);
	assert_string_equal(mails_of(w), "M21 patient, M64 attending, M16 expert");
	/* It comes back too: the same version once more, to the patient alone. */
	policy_decide_outcome(w->arena, &w->rules, w->dossier, &failed, w->now, &w->last);
	world_store(w);
	command(w, POLICY_ACT_RELEASE, "", "");
	assert_int_equal(release_of(w).version, 2);
	assert_int_equal(release_of(w).to, parties(true, false, false));
	assert_string_equal(mails_of(w), "M21 patient");
	assert_true(field_of(&w->last, MAIL_M21, "replaced").len > 0);
	world_free(w);
}

static void nothing_for_who_withdrew(void **state)
{
	(void)state;
	struct world *w = world_make();

	to_revised(w);
	command(w, POLICY_ACT_WITHDRAW, "", "par téléphone");
	assert_int_equal(w->dossier->state, DOSSIER_WITHDRAWN);
	assert_int_equal(command(w, POLICY_ACT_RELEASE, "", "")->reason, REASON_DOSSIER_ORDER);
	world_free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_correction_waits_for_the_nurse),
		cmocka_unit_test(the_first_version_replaces_nothing),
		cmocka_unit_test(where_the_gate_is_automatic),
		cmocka_unit_test(who_has_the_next_version),
		cmocka_unit_test(what_lacks_a_heading_goes_back),
		cmocka_unit_test(what_is_no_correction),
		cmocka_unit_test(one_correction_at_a_time),
		cmocka_unit_test(the_exchange_goes_on_meanwhile),
		cmocka_unit_test(a_report_that_came_back_is_corrected),
		cmocka_unit_test(nothing_for_who_withdrew),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
