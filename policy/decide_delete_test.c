/* policy/decide_delete_test.c - an order to delete counts from the sender of the document alone, and tells him nothing of dossiers. */
#include "policy/given.h"
#include "policy/test_world.h"

static struct world *world_of(void)
{
	struct world *w = world_make();
	struct organisation *list = arena_alloc(w->arena, sizeof ORGANISATIONS);

	memcpy(list, ORGANISATIONS, sizeof ORGANISATIONS);
	list[1].classes |= SENDER_DELETION;
	list[2].classes |= SENDER_DELETION;
	w->rules.organisations = list;
	return w;
}

/* The order as it comes: the document's number and the patient's, and no file. */
static struct policy_message order(struct world *w, const char *address, const char *id)
{
	struct policy_message m = from(w, address, POLICY_CLASS_RECORD);
	m.documents = documents(w, (struct policy_document){
		.id = T(id), .has_patient = true, .patient = {.ins = PATIENT.ins, .oid = PATIENT.oid}, .action = POLICY_ACTION_DELETE,
		.digest = BYTES("e3b0")});
	m.n_documents = 1;
	return m;
}

static void withdraws_and_asks_again(void **state)
{
	(void)state;
	struct world *w = world_of();

	to_triage(w);
	assert_int_equal(send(w, order(w, "pfi@chu-x.exemple.fr", "mammo-1"))->outcome, POLICY_APPLIED);
	assert_string_equal(w->last.rule, "record.delete/1");
	assert_string_equal(events_of(w), "document_withdrawn, pieces_missing");
	assert_string_equal(mails_of(w), "M02 patient, M70 sender");
	assert_int_equal(w->dossier->state, DOSSIER_INCOMPLETE);
	assert_int_equal(w->dossier->n_documents, 3);
	assert_true(w->dossier->documents[1].withdrawn);
	for (enum party party = PARTY_NONE; party < PARTIES; party++)
		assert_false(given_allowed(&w->dossier->documents[1], party));
	/* Told twice it is done once; the same document does not slip in again. */
	assert_int_equal(send(w, order(w, "pfi@chu-x.exemple.fr", "mammo-1"))->outcome, POLICY_DUPLICATE);
	assert_string_equal(mails_of(w), "M70 sender");
	assert_int_equal(send(w, record_message(w, "mammo-1", "18748-4", "m1"))->reason, REASON_DOCUMENT_WITHDRAWN);
	assert_int_equal(w->last.outcome, POLICY_HELD);
	assert_int_equal(send(w, record_message(w, "mammo-2", "18748-4", "m2"))->outcome, POLICY_FILED);
	assert_int_equal(w->dossier->state, DOSSIER_TRIAGE);
	world_free(w);
}

/* Every way that an order may not count: nothing changes, and where sender and order are in order the words are those of success. */
static void orders_that_do_not_count(void **state)
{
	(void)state;
	static const struct {
		const char *what, *address, *id, *ins, *oid;
		enum reason reason;
		const char *mails;
	} rows[] = {
		{"another organisation", "pfi@chu-y.exemple.fr", "mammo-1", "279035121518989", "1.2.250.1.213.1.4.10", REASON_SENDER_CLASS, "M70 sender"},
		{"a document that is nowhere", "pfi@chu-x.exemple.fr", "mammo-9", "279035121518989", "1.2.250.1.213.1.4.10", REASON_ORDER_UNKNOWN, "M70 sender"},
		{"another patient's number", "pfi@chu-x.exemple.fr", "mammo-1", "179035121518989", "1.2.250.1.213.1.4.10", REASON_ORDER_UNKNOWN, "M70 sender"},
		{"the other test OID", "pfi@chu-x.exemple.fr", "mammo-1", "279035121518989", "1.2.250.1.213.1.4.11", REASON_ORDER_UNKNOWN, "M70 sender"},
		{"a real OID", "pfi@chu-x.exemple.fr", "mammo-1", "279035121518989", "1.2.250.1.213.1.4.8", REASON_SENDER_TEST_IDENTITY, "M71 sender"},
		{"no patient", "pfi@chu-x.exemple.fr", "mammo-1", "", "1.2.250.1.213.1.4.10", REASON_IDENTITY_NONE, "M71 sender"},
		{"no document", "pfi@chu-x.exemple.fr", "", "279035121518989", "1.2.250.1.213.1.4.10", REASON_ORDER_TARGET, "M71 sender"},
		{"without the right to", "depot@reel.exemple.fr", "mammo-1", "279035121518989", "1.2.250.1.213.1.4.10", REASON_SENDER_CLASS, "M71 sender"},
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct world *w = world_of();
		to_triage(w);
		struct policy_message m = order(w, rows[i].address, rows[i].id);
		struct policy_document d = m.documents[0];
		d.patient.ins = T(rows[i].ins);
		d.patient.oid = T(rows[i].oid);
		m.documents = &d;
		send(w, m);
		if (w->last.outcome != POLICY_HELD || w->last.reason != rows[i].reason || w->last.n_events != 0 ||
		    strcmp(mails_of(w), rows[i].mails) != 0)
			fail_msg("%s: %s %s %s", rows[i].what, policy_outcome_name(w->last.outcome), reason_code(w->last.reason), mails_of(w));
		world_free(w);
	}
}

static const char *receipt_of(struct world *w)
{
	struct buf b = buf_make(1 << 16);
	const struct policy_decision d = {.rule = "", .mails = w->last.mails + w->last.n_mails - 1, .n_mails = 1};

	dump_decision(&b, &d);
	char *text = arena_text(w->arena, buf_bytes(&b));
	buf_free(&b);
	return text;
}

/* The receipt is one and the same: done, unknown, another's, or no dossier at all. */
static void the_receipt_tells_nothing(void **state)
{
	(void)state;
	struct world *with = world_of(), *without = world_of();

	to_triage(with);
	send(without, order(without, "pfi@chu-x.exemple.fr", "mammo-1"));
	assert_int_equal(without->last.reason, REASON_ORDER_UNKNOWN);
	const char *nobody = receipt_of(without);
	send(with, order(with, "pfi@chu-x.exemple.fr", "mammo-9"));
	assert_string_equal(receipt_of(with), nobody);
	send(with, order(with, "pfi@chu-x.exemple.fr", "mammo-1"));
	assert_int_equal(with->last.outcome, POLICY_APPLIED);
	assert_string_equal(receipt_of(with), nobody);
	send(with, order(with, "pfi@chu-x.exemple.fr", "mammo-1"));
	assert_string_equal(receipt_of(with), nobody);
	world_free(with);
	world_free(without);
}

static void all_or_nothing(void **state)
{
	(void)state;
	struct world *w = world_of();
	struct policy_message one = order(w, "pfi@chu-x.exemple.fr", "mammo-1"), other = order(w, "pfi@chu-x.exemple.fr", "rcp-9");
	struct policy_document all[] = {one.documents[0], other.documents[0], {.name = BYTES("copie.pdf"), .kind = POLICY_KIND_PDF, .digest = BYTES("p")}};

	to_triage(w);
	one.documents = all;
	one.n_documents = 3;
	assert_int_equal(send(w, one)->reason, REASON_ORDER_UNKNOWN);
	assert_false(w->dossier->documents[1].withdrawn);
	all[1].id = BYTES("rcp-1");
	assert_int_equal(send(w, one)->outcome, POLICY_APPLIED);
	assert_string_equal(events_of(w), "document_withdrawn, document_withdrawn, pieces_missing");
	assert_int_equal(w->dossier->n_documents, 3);     /* the copy beside the order is not filed */
	/* Orders and documents in one message: a person reads it. */
	all[0].id = BYTES("request-1");
	all[1] = document(w, "new", "11502-2", "n1");
	assert_int_equal(send(w, one)->reason, REASON_ORDER_MIXED);
	assert_int_equal(w->last.n_events, 0);
	world_free(w);
}

/* At every stage of its life a dossier loses what was ordered out; an end is an end. */
static void at_every_stage(void **state)
{
	(void)state;
	static void (*const roads[])(struct world *) = {to_triage, to_offered, to_accepted, to_checked, to_released};
	for (size_t i = 0; i < COUNT(roads); i++) {
		struct world *w = world_of();
		roads[i](w);
		enum dossier_state before = w->dossier->state;
		assert_int_equal(send(w, order(w, "pfi@chu-x.exemple.fr", "mammo-1"))->outcome, POLICY_APPLIED);
		assert_true(w->dossier->documents[1].withdrawn);
		assert_int_equal(w->dossier->state, before == DOSSIER_TRIAGE ? DOSSIER_INCOMPLETE : before);
		/* Who has seen it is told; whether a given opinion stands without it is for a person to ask. */
		bool has_it = before != DOSSIER_TRIAGE && before != DOSSIER_OFFERED;
		assert_int_equal(mail_of(&w->last, MAIL_M73) != NULL, has_it);
		assert_int_equal(w->last.owner != NULL, has_it && before != DOSSIER_ACCEPTED);
		world_free(w);
	}
	struct world *w = world_of();
	to_triage(w);
	command(w, POLICY_ACT_CANCEL, "", "");
	assert_int_equal(send(w, order(w, "pfi@chu-x.exemple.fr", "mammo-1"))->outcome, POLICY_HELD);
	assert_int_equal(w->last.reason, REASON_DOSSIER_ORDER);
	world_free(w);
}

static void an_operator_cannot_lend_the_right(void **state)
{
	(void)state;
	struct world *w = world_of();
	struct policy_message m = order(w, "pfi@chu-y.exemple.fr", "mammo-1");

	to_triage(w);
	policy_decide_attach(w->arena, &w->rules, w->dossier, &m, BYTES("claire"), w->now, &w->last);
	assert_int_equal(w->last.reason, REASON_SENDER_CLASS);
	assert_int_equal(w->last.n_events, 0);
	m = order(w, "pfi@chu-x.exemple.fr", "mammo-1");
	policy_decide_attach(w->arena, &w->rules, w->dossier, &m, BYTES("claire"), w->now, &w->last);
	world_store(w);
	assert_int_equal(w->last.outcome, POLICY_APPLIED);
	assert_string_equal(events_of(w), "document_withdrawn, pieces_missing");
	world_free(w);
}

/* What lay in a document, and its copies beside it, leave with it; what else came in the message stays. */
static void its_files_go_along(void **state)
{
	(void)state;
	struct world *w = world_of();
	struct policy_document all[] = {{.name = BYTES("copie.pdf"), .kind = POLICY_KIND_PDF, .digest = BYTES("c1")},
					document(w, "mammo-1", "18748-4", "m1"), document(w, "rcp-1", "51851-4", "r1"),
					{.name = BYTES("mammo-1-1.pdf"), .kind = POLICY_KIND_PDF, .digest = BYTES("p1"), .part_of = BYTES("mammo-1")}};
	struct policy_message m = record_message(w, "mammo-1", "18748-4", "m1");

	send(w, request_message(w));
	m.documents = all;
	m.n_documents = 4;
	policy_decide_attach(w->arena, &w->rules, w->dossier, &m, BYTES("claire"), w->now, &w->last);
	world_store(w);
	assert_int_equal(w->dossier->n_documents, 5);
	assert_true(given_allowed(&w->dossier->documents[4], PARTY_EXPERT));
	assert_int_equal(send(w, order(w, "pfi@chu-x.exemple.fr", "mammo-1"))->outcome, POLICY_APPLIED);
	assert_string_equal(events_of(w), "document_withdrawn, document_withdrawn, pieces_missing");
	assert_false(given_allowed(&w->dossier->documents[4], PARTY_EXPERT));
	assert_true(given_allowed(&w->dossier->documents[1], PARTY_EXPERT));
	assert_int_equal(send(w, order(w, "pfi@chu-x.exemple.fr", "rcp-1"))->outcome, POLICY_APPLIED);
	assert_string_equal(events_of(w), "document_withdrawn, document_withdrawn, pieces_missing");
	for (size_t i = 1; i < 5; i++)
		assert_false(given_allowed(&w->dossier->documents[i], PARTY_EXPERT));
	world_free(w);
}

/* The same bytes that somebody else sent are his. */
static void anothers_file_stays(void **state)
{
	(void)state;
	struct world *w = world_of();
	struct policy_message m = request_message(w);
	struct policy_document all[] = {m.documents[0], {.name = BYTES("irm.pdf"), .kind = POLICY_KIND_PDF, .digest = BYTES("m1")}};

	m.documents = all;
	m.n_documents = 2;
	send(w, m);
	send(w, record_message(w, "mammo-1", "18748-4", "m1"));
	assert_int_equal(w->dossier->n_documents, 3);
	assert_int_equal(send(w, order(w, "pfi@chu-x.exemple.fr", "mammo-1"))->outcome, POLICY_APPLIED);
	assert_true(w->dossier->documents[2].withdrawn && !w->dossier->documents[1].withdrawn);
	world_free(w);
}

/* The request's own document: its answers stand in the dossier, and nobody but a person can say what becomes of it. */
static void the_request_itself(void **state)
{
	(void)state;
	struct world *w = world_of();
	struct organisation *list = arena_alloc(w->arena, sizeof ORGANISATIONS);

	memcpy(list, w->rules.organisations, sizeof ORGANISATIONS);
	list[0].classes |= SENDER_DELETION;
	w->rules.organisations = list;
	send(w, request_message(w));
	struct policy_message m = order(w, "depot@plateforme.exemple.fr", "request-1");
	m.signature = request_message(w).signature;
	assert_int_equal(send(w, m)->outcome, POLICY_APPLIED);
	assert_true(w->dossier->documents[0].withdrawn);
	assert_string_equal(w->last.owner, "nurses");
	world_free(w);
}

/* No order hides in a request or in an exchange. */
static void orders_elsewhere(void **state)
{
	(void)state;
	struct world *w = world_of();
	struct policy_message m = request_message(w), o = order(w, "depot@plateforme.exemple.fr", "mammo-1");
	struct policy_document all[] = {m.documents[0], o.documents[0]};

	m.documents = all;
	m.n_documents = 2;
	assert_int_equal(send(w, m)->reason, REASON_ORDER_MIXED);
	assert_int_equal(w->last.n_events, 0);
	world_free(w);
}

/* --- what is on its way ------------------------------------------------------------------------- */

static size_t number_of(const struct world *w, const char *id)
{
	for (size_t i = 0; i < w->dossier->n_documents; i++)
		if (bytes_equal_text(w->dossier->documents[i].filing.document.id, id))
			return i;
	return SIZE_MAX;
}

static bool carries(const struct world *w, const struct policy_mail *m, const char *id)
{
	for (size_t i = 0; i < m->n_documents; i++)
		if (m->documents[i] == number_of(w, id))
			return true;
	return false;
}

/* What the shell tells of a mail that it stopped. */
static struct policy_delivery stopped(struct world *w, const struct policy_mail *m, const char *words)
{
	struct policy_place *places = arena_alloc(w->arena, (m->n_documents + 1) * sizeof *places);
	struct policy_stopped *s = arena_alloc(w->arena, sizeof *s);

	for (size_t i = 0; i < m->n_documents; i++) {
		const struct dossier_document *d = &w->dossier->documents[m->documents[i]];
		places[i] = (struct policy_place){d->inbox, d->filing.document.digest};
	}
	*s = (struct policy_stopped){places, m->n_documents, T(words), m->part, m->parts};
	return (struct policy_delivery){.code = m->code, .party = m->party, .mailbox = m->to, .reason = REASON_DOCUMENT_STOPPED, .stopped = s};
}

static const struct policy_decision *decide_again(struct world *w, const struct policy_delivery *delivery)
{
	policy_decide_outcome(w->arena, &w->rules, w->dossier, delivery, w->now, &w->last);
	world_store(w);
	return &w->last;
}

/* The dossier was on its way to the expert when the hospital took a document back: it goes again, whole and without it. */
static void a_dossier_under_way_goes_without_it(void **state)
{
	(void)state;
	struct world *w = world_of();

	to_accepted(w);
	struct policy_delivery d = stopped(w, mail_of(&w->last, MAIL_M13), "");
	assert_true(carries(w, mail_of(&w->last, MAIL_M13), "mammo-1"));
	send(w, order(w, "pfi@chu-x.exemple.fr", "mammo-1"));
	assert_int_equal(decide_again(w, &d)->outcome, POLICY_APPLIED);
	assert_string_equal(events_of(w), "mail_failed");
	assert_int_equal(w->last.events[0].mail.reason, REASON_DOCUMENT_STOPPED);
	assert_string_equal(mails_of(w), "M13 expert");
	const struct policy_mail *again = mail_of(&w->last, MAIL_M13);
	assert_int_equal(again->n_documents, 2);
	assert_false(carries(w, again, "mammo-1"));
	assert_true(carries(w, again, "rcp-1"));
	world_free(w);
}

/* Each part is decided again by itself, in its place; one that has nothing left is not. */
static void a_part_under_way(void **state)
{
	(void)state;
	struct world *w = world_of();

	to_triage(w);
	for (int i = 1; i <= 3; i++) {
		struct policy_message m = record_message(w, arena_printf(w->arena, "irm-%d", i), "18748-4", arena_printf(w->arena, "i%d", i));
		((struct policy_document *)m.documents)->size = 4000000;
		send(w, m);
	}
	command(w, POLICY_ACT_TRIAGE, "", "");
	send(w, reply_message(w, "un@experts.exemple.fr", POLICY_WORD_ACCEPT));
	assert_string_equal(mails_of(w), "M07 patient, M13 expert, M13B expert, M13B expert");
	const struct policy_mail *part = &w->last.mails[2];
	struct policy_delivery first = stopped(w, &w->last.mails[1], ""), second = stopped(w, part, "");
	assert_int_equal(part->n_documents, 1);
	assert_true(carries(w, part, "irm-2"));
	send(w, order(w, "pfi@chu-x.exemple.fr", "irm-2"));
	decide_again(w, &first);
	assert_string_equal(mails_of(w), "M13 expert");
	assert_true(bytes_equal(field_of(&w->last, MAIL_M13, "part"), BYTES("1/3")));
	assert_true(carries(w, &w->last.mails[0], "irm-1"));
	assert_int_equal(decide_again(w, &second)->outcome, POLICY_IGNORED);
	world_free(w);
}

/* What he had asked for: the words go on, whatever becomes of the documents. */
static void words_under_way_are_not_lost(void **state)
{
	(void)state;
	struct world *w = world_of();

	to_accepted(w);
	pass(w, SPAN_HOURS(1));
	send(w, record_message(w, "irm-9", "18748-4", "i9"));
	command(w, POLICY_ACT_MORE, "", "Une IRM ?");
	command(w, POLICY_ACT_ANSWERED, "", "La voici.");
	assert_string_equal(mails_of(w), "M13C expert");
	struct policy_delivery d = stopped(w, &w->last.mails[0], "La voici.");
	send(w, order(w, "pfi@chu-x.exemple.fr", "irm-9"));
	decide_again(w, &d);
	assert_string_equal(mails_of(w), "M13C expert");
	assert_int_equal(w->last.mails[0].n_documents, 0);
	assert_true(bytes_equal(field_of(&w->last, MAIL_M13C, "answer"), BYTES("La voici.")));
	world_free(w);
}

/* To one who has lost the dossier, or has answered, it is not sent again. */
static void who_is_owed_nothing_more(void **state)
{
	(void)state;
	for (int i = 0; i < 2; i++) {
		struct world *w = world_of();
		to_accepted(w);
		struct policy_delivery d = stopped(w, mail_of(&w->last, MAIL_M13), "");
		send(w, order(w, "pfi@chu-x.exemple.fr", "mammo-1"));
		if (i == 0)
			send(w, reply_message(w, "un@experts.exemple.fr", POLICY_WORD_RETURN));
		else
			send(w, opinion_message(w, "un@experts.exemple.fr", "e1"));
		assert_int_equal(decide_again(w, &d)->outcome, POLICY_IGNORED);
		assert_int_equal(w->last.n_events + w->last.n_mails, 0);
		world_free(w);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(withdraws_and_asks_again),
		cmocka_unit_test(orders_that_do_not_count),
		cmocka_unit_test(the_receipt_tells_nothing),
		cmocka_unit_test(all_or_nothing),
		cmocka_unit_test(at_every_stage),
		cmocka_unit_test(an_operator_cannot_lend_the_right),
		cmocka_unit_test(its_files_go_along),
		cmocka_unit_test(anothers_file_stays),
		cmocka_unit_test(the_request_itself),
		cmocka_unit_test(orders_elsewhere),
		cmocka_unit_test(a_dossier_under_way_goes_without_it), cmocka_unit_test(a_part_under_way), cmocka_unit_test(words_under_way_are_not_lost),
		cmocka_unit_test(who_is_owed_nothing_more),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
