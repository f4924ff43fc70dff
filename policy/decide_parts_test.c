/* policy/decide_parts_test.c - a dossier that is larger than its expert's mailbox takes. */
#include "policy/test_world.h"

#include "base/limits.h"

#define UN "un@experts.exemple.fr"

static void add(struct world *w, const char *id, uint64_t size)
{
	struct policy_message m = record_message(w, id, "18748-4", id);
	struct policy_document d = m.documents[0];

	d.size = size;
	m.documents = documents(w, d);
	send(w, m);
	assert_int_equal(w->last.outcome, POLICY_FILED);
}

static void accept(struct world *w)
{
	command(w, POLICY_ACT_TRIAGE, "", "");
	pass(w, SPAN_HOURS(1));
	send(w, reply_message(w, UN, POLICY_WORD_ACCEPT));
	assert_int_equal(w->dossier->state, DOSSIER_ACCEPTED);
}

/* Each document that fits is in one mail, once, in order. */
static size_t carried(const struct policy_decision *d)
{
	size_t last = 0, n = 0;

	for (size_t i = 0; i < d->n_mails; i++)
		for (size_t k = 0; d->mails[i].attach == POLICY_ATTACH_DOSSIER && k < d->mails[i].n_documents; k++) {
			size_t number = d->mails[i].documents[k];
			assert_true(n == 0 || number > last);
			last = number;
			n++;
		}
	return n;
}

static void small_dossiers_go_whole(void **state)
{
	(void)state;
	struct world *w = world_make();

	to_accepted(w);
	const struct policy_mail *m = mail_of(&w->last, MAIL_M13);
	assert_int_equal(m->parts, 0);
	assert_int_equal(m->n_documents, 3);
	assert_int_equal(carried(&w->last), 3);
	assert_int_equal(field_of(&w->last, MAIL_M13, "part").len, 0);
	assert_int_equal(m->profile.limit, LIMIT_RECIPIENT_PROFESSIONAL);
	world_free(w);
}

static void large_ones_go_in_parts(void **state)
{
	(void)state;
	struct world *w = world_make();

	to_triage(w);
	add(w, "irm-1", 4000000);
	add(w, "irm-2", 4000000);
	add(w, "irm-3", 4000000);
	accept(w);
	assert_string_equal(mails_of(w), "M07 patient, M13 expert, M13B expert, M13B expert");
	assert_int_equal(carried(&w->last), 6);
	assert_true(bytes_equal(field_of(&w->last, MAIL_M13, "part"), BYTES("1/3")));
	assert_true(bytes_equal(field_of(&w->last, MAIL_M13B, "part"), BYTES("2/3")));
	assert_int_equal(w->last.reason, REASON_NONE);
	world_free(w);
}

static void the_mailbox_says_how_large(void **state)
{
	(void)state;
	static const struct recipient large = {BYTES_OF("@experts.exemple.fr"), true, 25000000};
	struct world *w = world_make();

	w->rules.recipients = &large;
	w->rules.n_recipients = 1;
	to_triage(w);
	add(w, "irm-1", 4000000);
	add(w, "irm-2", 4000000);
	accept(w);
	assert_string_equal(mails_of(w), "M07 patient, M13 expert");
	assert_true(mail_of(&w->last, MAIL_M13)->profile.pdf_only);
	assert_int_equal(carried(&w->last), 5);
	world_free(w);
}

static void what_no_mail_carries_is_told(void **state)
{
	(void)state;
	struct world *w = world_make();

	to_triage(w);
	add(w, "irm-1", 9000000);
	add(w, "irm-2", 1000);
	accept(w);
	assert_string_equal(mails_of(w), "M07 patient, M13 expert");
	assert_int_equal(carried(&w->last), 4);
	assert_true(bytes_starts(field_of(&w->last, MAIL_M13, "heavy"), BYTES("- ")));
	assert_int_equal(w->last.outcome, POLICY_APPLIED);
	assert_int_equal(w->last.reason, REASON_COMPOSE_SIZE);
	assert_string_equal(w->last.owner, "nurses");
	world_free(w);
}

/* However large the exams are: none of them goes back to the patient, nor to who acts for him. */
static void a_patient_has_the_report_alone(void **state)
{
	(void)state;
	struct world *w = world_make();

	to_triage(w);
	add(w, "irm-1", 24000000);
	accept(w);
	pass(w, SPAN_HOURS(1));
	send(w, opinion_message(w, UN, "e1"));
	assert_int_equal(w->dossier->state, DOSSIER_CHECKED);
	command(w, POLICY_ACT_RELEASE, "", "");
	const struct policy_mail *m = mail_of(&w->last, MAIL_M21);
	assert_non_null(m);
	assert_int_equal(m->attach, POLICY_ATTACH_REPORT);
	assert_int_equal(m->n_documents, 0);
	assert_int_equal(carried(&w->last), 0);
	world_free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(small_dossiers_go_whole), cmocka_unit_test(large_ones_go_in_parts),
		cmocka_unit_test(the_mailbox_says_how_large), cmocka_unit_test(what_no_mail_carries_is_told), cmocka_unit_test(a_patient_has_the_report_alone),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
