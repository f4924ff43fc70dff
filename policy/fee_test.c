/* policy/fee_test.c - what earns a fee, whose it is, and that it is one. */
#include "policy/fee.h"

#include "policy/test_world.h"

#define UN "un@experts.exemple.fr"

static void proof(struct world *w, enum mail_code code, enum party party, bool accepted)
{
	const struct policy_delivery delivery = {
		.code = code, .party = party, .mailbox = dossier_mailbox(w->dossier, party), .accepted = accepted, .reason = REASON_DELIVER_REFUSED};

	policy_decide_outcome(w->arena, &w->rules, w->dossier, &delivery, w->now, &w->last);
	world_store(w);
}

/* --- what may come of an opinion --- */

static void asked_only(struct world *w)
{
	to_offered(w);
}

static void accepted_only(struct world *w)
{
	to_accepted(w);
}

static void withdrawn_before(struct world *w)
{
	to_accepted(w);
	command(w, POLICY_ACT_WITHDRAW, "", "non");
}

static void released_only(struct world *w)
{
	to_released(w);
}

static void taken_by_the_operator(struct world *w)
{
	to_released(w);
	proof(w, MAIL_M21, PARTY_PATIENT, true);
}

static void refused_by_the_operator(struct world *w)
{
	to_released(w);
	proof(w, MAIL_M21, PARTY_PATIENT, false);
}

static void taken_by_the_physician(struct world *w)
{
	to_released(w);
	proof(w, MAIL_M64, PARTY_ATTENDING, true);
}

static void another_mail_is_no_report(struct world *w)
{
	to_released(w);
	proof(w, MAIL_M16, PARTY_EXPERT, true);
}

static void contact(struct world *w, const char *result)
{
	const struct policy_command c = {.act = POLICY_ACT_CONTACT, .actor = BYTES("nurse"), .party = PARTY_PATIENT, .id = BYTES("letter"), .how = T(result),
					 .mail = BYTES("M21"), .text = BYTES("LR 1")};

	policy_decide_command(w->arena, &w->rules, w->dossier, &c, w->now, &w->last);
	world_store(w);
}

static void posted(struct world *w)
{
	to_released(w);
	contact(w, "posted");
}

static void came_back(struct world *w)
{
	to_released(w);
	contact(w, "returned");
}

static void given_back(struct world *w)
{
	to_checked(w);
	command(w, POLICY_ACT_RETURN, "", "une partie parle d'un autre patient");
	command(w, POLICY_ACT_WITHDRAW, "", "non");
}

static void withdrawn_after(struct world *w)
{
	to_checked(w);
	command(w, POLICY_ACT_WITHDRAW, "", "non");
}

static void dead_after(struct world *w)
{
	to_checked(w);
	command(w, POLICY_ACT_DIED, "", "la famille");
}

static void ended_after_all_failed(struct world *w)
{
	to_released(w);
	proof(w, MAIL_M21, PARTY_PATIENT, false);
	command(w, POLICY_ACT_CLOSE, "", "");
}

static const struct {
	const char *what;
	void (*life)(struct world *w);
	bool earned;
} ROWS[] = {
	{"who was asked earns nothing", asked_only, false},
	{"nor who said yes", accepted_only, false},
	{"nor did an opinion come before the patient withdrew", withdrawn_before, false},
	{"released, and on its way", released_only, false},
	{"the patient's operator took it", taken_by_the_operator, true},
	{"the patient's operator refused it", refused_by_the_operator, false},
	{"a physician's operator took it", taken_by_the_physician, true},
	{"another mail that arrived is no report", another_mail_is_no_report, false},
	{"a letter was posted", posted, true},
	{"a letter came back", came_back, false},
	{"what a person gave back is no opinion", given_back, false},
	{"withdrawn after the opinion was given: E31", withdrawn_after, true},
	{"the patient's death after the opinion was given", dead_after, true},
	{"closed, though it reached nobody", ended_after_all_failed, true},
};

static void what_earns_it(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(ROWS); i++) {
		struct world *w = world_make();
		ROWS[i].life(w);
		const struct dossier_fee *fee = &w->dossier->fee;
		bool his = fee->rpps.len > 0 && bytes_equal(fee->rpps, w->dossier->offers[0].rpps);
		if (his != ROWS[i].earned || (fee->rpps.len > 0) != ROWS[i].earned)
			fail_msg("%s: %.*s", ROWS[i].what, (int)fee->rpps.len, (const char *)fee->rpps.at);
		if (ROWS[i].earned && (fee->at.us != w->now.us || fee->seq < 1 || fee->seq > (int64_t)w->n_log || w->log[fee->seq - 1].at.us != fee->at.us))
			fail_msg("%s: by another event", ROWS[i].what);
		world_free(w);
	}
}

/* A correction, its delivery, a withdrawal: the line stays what it was. */
static void it_is_one(void **state)
{
	(void)state;
	struct world *w = world_make();

	taken_by_the_operator(w);
	const struct dossier_fee first = w->dossier->fee;
	pass(w, SPAN_DAYS(1));
	send(w, correction_message(w, "En clair : il faut attendre."));
	assert_int_equal(w->dossier->state, DOSSIER_REVISION);
	command(w, POLICY_ACT_RELEASE, "", "");
	assert_int_equal(dossier_version(w->dossier), 2);
	proof(w, MAIL_M21, PARTY_PATIENT, true);
	proof(w, MAIL_M64, PARTY_ATTENDING, true);
	command(w, POLICY_ACT_CLOSE, "", "");
	assert_true(bytes_equal(w->dossier->fee.rpps, first.rpps));
	assert_int_equal(w->dossier->fee.seq, first.seq);
	assert_int_equal(w->dossier->fee.at.us, first.at.us);
	world_free(w);
}

/* Taken from the first, it is earned by who gave the opinion. */
static void it_is_his_who_gave_the_opinion(void **state)
{
	(void)state;
	struct world *w = world_make();

	to_accepted(w);
	struct bytes first = dossier_accepted_offer(w->dossier)->rpps;
	const struct policy_command c = {.act = POLICY_ACT_REASSIGN, .actor = BYTES("nurse"), .how = BYTES("silence"), .text = BYTES("sans nouvelles")};
	policy_decide_command(w->arena, &w->rules, w->dossier, &c, w->now, &w->last);
	world_store(w);
	const struct dossier_offer *offer = dossier_live_offer(w->dossier);
	assert_non_null(offer);
	const char *second = arena_text(w->arena, offer->mailbox);
	send(w, reply_message(w, second, POLICY_WORD_ACCEPT));
	for (size_t i = 0; i < w->rules.n_experts; i++)
		if (bytes_equal(w->rules.experts[i].mailbox, offer->mailbox))
			send(w, opinion_message(w, second, arena_text(w->arena, w->rules.experts[i].fingerprints.at[0])));
	command(w, POLICY_ACT_RELEASE, "", "");
	proof(w, MAIL_M21, PARTY_PATIENT, true);
	assert_true(w->dossier->fee.rpps.len > 0 && !bytes_equal(w->dossier->fee.rpps, first));
	world_free(w);
}

static void its_amount_is_a_setting(void **state)
{
	(void)state;
	static const struct {
		const char *value;
		enum reason reason;
		unsigned cents;
	} rows[] = {
		{"12500", REASON_NONE, 12500}, {"0", REASON_NONE, 0}, {"1000001", REASON_USAGE, 0}, {"120 EUR", REASON_USAGE, 0}, {"default", REASON_NONE, 12000},
		{"-1", REASON_USAGE, 12000}, {"", REASON_USAGE, 12000},
	};
	struct deadline_settings settings = {0};

	assert_int_equal(fee_cents(NULL), 12000);
	for (size_t i = 0; i < COUNT(rows); i++) {
		assert_int_equal(deadline_settings_set(&settings, BYTES("fee.cents"), T(rows[i].value), 1), rows[i].reason);
		assert_int_equal(fee_cents(&settings), rows[i].cents);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_earns_it),
		cmocka_unit_test(it_is_one),
		cmocka_unit_test(it_is_his_who_gave_the_opinion),
		cmocka_unit_test(its_amount_is_a_setting),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
