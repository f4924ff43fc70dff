/* policy/decide_record_test.c - a document finds its dossier or is kept apart, and the sender learns nothing of it. */
#include "policy/decide_step.h"
#include "policy/test_world.h"

static void files_and_completes(void **state)
{
	(void)state;
	struct world *w = world_make();
	const struct policy_decision *d;

	send(w, request_message(w));
	d = send(w, record_message(w, "mammo-1", "18748-4", "m1"));
	assert_int_equal(d->outcome, POLICY_FILED);
	assert_string_equal(d->rule, "record.attach/1");
	assert_string_equal(events_of(w), "document_filed, pieces_missing");
	assert_string_equal(mails_of(w), "M70 sender");
	d = send(w, record_message(w, "other", "11502-2", "o1"));
	assert_string_equal(events_of(w), "document_filed");
	d = send(w, record_message(w, "rcp-1", "51851-4", "r1"));
	assert_string_equal(events_of(w), "document_filed, pieces_complete");
	assert_string_equal(mails_of(w), "M70 sender");
	assert_int_equal(w->dossier->state, DOSSIER_TRIAGE);
	world_free(w);
}

/* The sender's answer is one and the same text, whatever we know about the patient. */
static void the_receipt_tells_nothing(void **state)
{
	(void)state;
	struct world *with = world_make(), *without = world_make();
	struct buf x = buf_make(1 << 16), y = buf_make(1 << 16);
	static const char *const firsts[] = {"DOMINIQUE", "DOMITILLE"};

	send(with, request_message(with));
	for (size_t i = 0; i < 2; i++) {
		struct policy_document doc = document(with, "mammo-1", "18748-4", "m1");
		struct policy_message m = record_message(with, "mammo-1", "18748-4", "m1");
		doc.patient.given_birth_first = T(firsts[i]);
		m.documents = &doc;
		send(with, m);
		send(without, m);
		buf_clear(&x);
		buf_clear(&y);
		const struct policy_decision a = {.rule = "", .mails = with->last.mails, .n_mails = with->last.n_mails};
		const struct policy_decision b = {.rule = "", .mails = without->last.mails, .n_mails = without->last.n_mails};
		dump_decision(&x, &a);
		dump_decision(&y, &b);
		assert_true(bytes_equal(buf_bytes(&x), buf_bytes(&y)));
		assert_string_equal(mails_of(with), "M70 sender");
	}
	assert_int_equal(without->last.reason, REASON_DOSSIER_NONE);
	assert_int_equal(with->last.reason, REASON_IDENTITY_DIFFERS);
	buf_free(&x);
	buf_free(&y);
	world_free(with);
	world_free(without);
}

/* Promise 3: documents of persons who are nearly this one, in every trait, on every road in. */
static void near_twins_are_never_filed(void **state)
{
	(void)state;
	static const struct {
		const char *what;
		size_t trait;
		const char *value;
		enum reason reason;
	} rows[] = {
		{"twin sister", offsetof(struct policy_patient, given_birth_first), "DOMITILLE", REASON_IDENTITY_DIFFERS},
		{"twin brother with her number", offsetof(struct policy_patient, sex), "M", REASON_IDENTITY_DIFFERS},
		{"accent", offsetof(struct policy_patient, family_birth), "PÀT-TROIS", REASON_IDENTITY_DIFFERS},
		{"married name", offsetof(struct policy_patient, family_birth), "MARTIN", REASON_IDENTITY_DIFFERS},
		{"next day", offsetof(struct policy_patient, birth_time), "19790329", REASON_IDENTITY_DIFFERS},
		{"next town", offsetof(struct policy_patient, birth_place), "51216", REASON_IDENTITY_DIFFERS},
		{"real OID", offsetof(struct policy_patient, oid), "1.2.250.1.213.1.4.8", REASON_SENDER_TEST_IDENTITY},
		{"second test OID", offsetof(struct policy_patient, oid), "1.2.250.1.213.1.4.11", REASON_IDENTITY_DIFFERS},
		{"one digit", offsetof(struct policy_patient, ins), "279035121518988", REASON_DOSSIER_NONE},
		{"homonym", offsetof(struct policy_patient, ins), "279035121519089", REASON_DOSSIER_NONE},
		{"no number", offsetof(struct policy_patient, ins), "", REASON_IDENTITY_NONE},
		{"no birth place", offsetof(struct policy_patient, birth_place), "", REASON_IDENTITY_NONE},
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct world *w = world_make();
		struct policy_message m = record_message(w, "mammo-1", "18748-4", "m1");
		struct policy_document all[] = {document(w, "good", "51851-4", "g1"), document(w, "mammo-1", "18748-4", "m1")};
		*(struct bytes *)(void *)((char *)&all[1].patient + rows[i].trait) = T(rows[i].value);
		send(w, request_message(w));
		m.documents = &all[1];
		send(w, m);
		if (w->last.outcome != POLICY_HELD || w->last.reason != rows[i].reason || w->dossier->n_documents != 1)
			fail_msg("%s: %s", rows[i].what, reason_code(w->last.reason));
		/* Hidden behind a good document of the right patient. */
		m.documents = all;
		m.n_documents = 2;
		send(w, m);
		if (w->last.n_events != 0 || w->dossier->n_documents != 1)
			fail_msg("%s, behind a good one", rows[i].what);
		world_free(w);
	}
}

static void duplicates_and_conflicts(void **state)
{
	(void)state;
	struct world *w = world_make();

	to_triage(w);
	assert_int_equal(send(w, record_message(w, "mammo-1", "18748-4", "m1"))->outcome, POLICY_DUPLICATE);
	assert_int_equal(w->last.n_events, 0);
	assert_string_equal(mails_of(w), "M70 sender");
	assert_int_equal(send(w, record_message(w, "mammo-1", "18748-4", "zz"))->reason, REASON_DOCUMENT_CONFLICT);
	assert_int_equal(w->last.outcome, POLICY_HELD);
	/* Half known, half new: the new half is filed. */
	struct policy_message m = record_message(w, "mammo-1", "18748-4", "m1");
	const struct policy_document all[] = {document(w, "mammo-1", "18748-4", "m1"), document(w, "bio", "11502-2", "b1")};
	m.documents = all;
	m.n_documents = 2;
	assert_int_equal(send(w, m)->outcome, POLICY_FILED);
	assert_string_equal(events_of(w), "document_filed");
	/* Half new, half in conflict: nothing is. */
	const struct policy_document bad[] = {document(w, "new", "11502-2", "n1"), document(w, "bio", "11502-2", "b2")};
	m.documents = bad;
	assert_int_equal(send(w, m)->reason, REASON_DOCUMENT_CONFLICT);
	assert_int_equal(w->last.n_events, 0);
	world_free(w);
}

static void several_dossiers(void **state)
{
	(void)state;
	struct world *w = world_make();
	struct policy_decision d;

	send(w, request_message(w));
	const struct dossier *both[] = {w->dossier, w->dossier};
	struct policy_message m = record_message(w, "x", "18748-4", "x1");
	policy_decide_message(w->arena, &w->rules, NULL, both, 2, &m, w->now, &d);
	assert_int_equal(d.outcome, POLICY_HELD);
	assert_int_equal(d.reason, REASON_DOSSIER_SEVERAL);
	assert_string_equal(d.owner, "nurses");
	world_free(w);
}

/* A document of an old, closed dossier is new to the one that is open now. */
static void a_closed_dossier_is_not_in_the_way(void **state)
{
	(void)state;
	struct world *old = world_make(), *w = world_make();
	struct policy_decision d;

	to_triage(old);
	command(old, POLICY_ACT_CANCEL, "", "");
	send(w, request_message(w));
	const struct dossier *both[] = {old->dossier, w->dossier};
	struct policy_message m = record_message(w, "mammo-1", "18748-4", "m1");
	policy_decide_message(w->arena, &w->rules, NULL, both, 2, &m, w->now, &d);
	assert_int_equal(d.outcome, POLICY_FILED);
	assert_ptr_equal(d.dossier, w->dossier);
	policy_decide_message(w->arena, &w->rules, NULL, both, 1, &m, w->now, &d);
	assert_int_equal(d.outcome, POLICY_DUPLICATE);
	world_free(old);
	world_free(w);
}

static void replacements(void **state)
{
	(void)state;
	struct world *w = world_make();
	struct policy_document doc = document(w, "mammo-2", "18748-4", "m2");
	struct policy_message m;

	to_triage(w);
	doc.replaces = BYTES("mammo-1");
	m = from(w, "pfi@chu-y.exemple.fr", POLICY_CLASS_RECORD);
	m.documents = &doc;
	m.n_documents = 1;
	assert_int_equal(send(w, m)->reason, REASON_SENDER_CLASS);
	assert_int_equal(w->last.outcome, POLICY_HELD);
	m = record_message(w, "mammo-2", "18748-4", "m2");
	m.documents = &doc;
	assert_int_equal(send(w, m)->outcome, POLICY_FILED);
	assert_true(w->dossier->documents[1].replaced);
	assert_int_equal(w->dossier->state, DOSSIER_TRIAGE);
	/* It replaces a version that never came: an ordinary document. */
	struct policy_document orphan = document(w, "mri-2", "36801-9", "i2");
	orphan.replaces = BYTES("mri-1");
	m.documents = &orphan;
	assert_int_equal(send(w, m)->outcome, POLICY_FILED);
	world_free(w);
}

static void replacing_needs_the_right_to(void **state)
{
	(void)state;
	struct world *w = world_make();
	struct organisation list[COUNT(ORGANISATIONS)];
	struct policy_document doc = document(w, "mammo-2", "18748-4", "m2");
	struct policy_message m = record_message(w, "mammo-2", "18748-4", "m2");

	memcpy(list, ORGANISATIONS, sizeof list);
	list[1].classes = SENDER_RECORD;
	w->rules.organisations = list;
	to_triage(w);
	doc.replaces = BYTES("mammo-1");
	m.documents = &doc;
	assert_int_equal(send(w, m)->reason, REASON_SENDER_CLASS);
	world_free(w);
}

static void triage_falls_back_when_a_piece_goes(void **state)
{
	(void)state;
	struct world *w = world_make();
	struct policy_document doc = document(w, "mammo-2", "11502-2", "m2");
	struct policy_message m;

	to_triage(w);
	doc.replaces = BYTES("mammo-1");
	m = record_message(w, "mammo-2", "11502-2", "m2");
	m.documents = &doc;
	send(w, m);
	assert_string_equal(events_of(w), "document_filed, pieces_missing");
	assert_string_equal(mails_of(w), "M02 patient, M70 sender");
	assert_int_equal(w->dossier->state, DOSSIER_INCOMPLETE);
	assert_int_equal(command(w, POLICY_ACT_TRIAGE, "", "")->reason, REASON_DOSSIER_ORDER);
	world_free(w);
}

static void loose_files_of_a_hospital_stay_inside(void **state)
{
	(void)state;
	struct world *w = world_make();
	struct policy_document all[] = {document(w, "mammo-1", "18748-4", "m1"), document(w, "", "18748-4", "pdf")};
	struct policy_message m = record_message(w, "mammo-1", "18748-4", "m1");

	send(w, request_message(w));
	all[1].has_patient = false;
	m.documents = all;
	m.n_documents = 2;
	send(w, m);
	assert_int_equal(w->dossier->n_documents, 3);
	assert_false(w->dossier->documents[2].shared);
	m.documents = &all[1];
	m.n_documents = 1;
	assert_int_equal(send(w, m)->reason, REASON_IDENTITY_NONE);
	world_free(w);
}

static void late_documents_go_after(void **state)
{
	(void)state;
	struct world *w = world_make();

	to_accepted(w);
	pass(w, SPAN_HOURS(1));
	assert_int_equal(send(w, record_message(w, "late", "11502-2", "l1"))->outcome, POLICY_FILED);
	assert_true(step_has_addendum(w->dossier));   /* he is told of it once a day */
	assert_int_equal(w->last.n_mails, 1);
	struct policy_message newer = record_message(w, "late-2", "11502-2", "l3");
	((struct policy_document *)newer.documents)[0].replaces = BYTES("late");
	((struct policy_document *)newer.documents)[0].action = POLICY_ACTION_REPLACE;
	pass(w, SPAN_HOURS(1));
	assert_int_equal(send(w, newer)->outcome, POLICY_FILED);
	/* A new version at once, with all that has come besides. */
	const struct policy_mail *told = mail_of(&w->last, MAIL_M73);
	assert_non_null(told);
	assert_int_equal(told->n_documents, 1);
	assert_false(step_has_addendum(w->dossier));
	send(w, opinion_message(w, "un@experts.exemple.fr", "e1"));
	assert_int_equal(send(w, record_message(w, "later", "11502-2", "l2"))->reason, REASON_DOSSIER_NONE);
	world_free(w);
}

static void machines_are_heard_and_not_answered(void **state)
{
	(void)state;
	struct world *w = world_make();
	struct policy_message m = record_message(w, "mammo-1", "18748-4", "m1");

	send(w, request_message(w));
	m.automatic = true;
	assert_int_equal(send(w, m)->outcome, POLICY_FILED);
	assert_int_equal(w->last.n_mails, 0);
	m = record_message(w, "rcp-1", "51851-4", "r1");
	m.mail_from = BYTES_NONE;
	assert_int_equal(send(w, m)->outcome, POLICY_FILED);
	assert_int_equal(w->last.n_mails, 0);
	world_free(w);
}

static void by_imap_only_signed(void **state)
{
	(void)state;
	struct world *w = world_make();
	struct policy_message m = record_message(w, "mammo-1", "18748-4", "m1");

	send(w, request_message(w));
	m.source = POLICY_SOURCE_IMAP;
	assert_int_equal(send(w, m)->reason, REASON_SIG_NONE);
	assert_string_equal(mails_of(w), "");
	m.signature = (struct policy_signature){.verdict = POLICY_VERDICT_VALID, .subject = BYTES("CN=CHU X")};
	assert_int_equal(send(w, m)->outcome, POLICY_FILED);
	assert_string_equal(mails_of(w), "M70 sender");
	world_free(w);
}

static void an_operator_attaches_what_he_compared(void **state)
{
	(void)state;
	struct world *w = world_make();
	struct policy_document doc = document(w, "mammo-1", "18748-4", "m1");
	struct policy_message m = record_message(w, "mammo-1", "18748-4", "m1");

	send(w, request_message(w));
	doc.patient.family_birth = BYTES("PÂT-TROIS");
	m.documents = &doc;
	assert_int_equal(send(w, m)->reason, REASON_IDENTITY_DIFFERS);
	policy_decide_attach(w->arena, &w->rules, w->dossier, &m, BYTES("claire"), w->now, &w->last);
	world_store(w);
	assert_int_equal(w->last.outcome, POLICY_FILED);
	assert_true(bytes_equal(w->last.events[0].actor, BYTES("operator:claire")));
	/* Another person's matricule is beyond his power. */
	doc.id = BYTES("other");
	doc.patient.ins = BYTES("179035121518989");
	policy_decide_attach(w->arena, &w->rules, w->dossier, &m, BYTES("claire"), w->now, &w->last);
	assert_int_equal(w->last.reason, REASON_IDENTITY_OTHER_PATIENT);
	/* So is a bad signature. */
	doc.patient = PATIENT;
	m.signature.verdict = POLICY_VERDICT_INVALID;
	policy_decide_attach(w->arena, &w->rules, w->dossier, &m, BYTES("claire"), w->now, &w->last);
	assert_int_equal(w->last.reason, REASON_SIG_INVALID);
	assert_int_equal(w->last.n_events, 0);
	/* And what our own scan kept apart. */
	m.signature.verdict = POLICY_VERDICT_NONE;
	m.scan = POLICY_SCAN_QUARANTINE;
	m.scan_reason = REASON_MAIL_AMBIGUOUS;
	policy_decide_attach(w->arena, &w->rules, w->dossier, &m, BYTES("claire"), w->now, &w->last);
	assert_int_equal(w->last.reason, REASON_MAIL_AMBIGUOUS);
	assert_int_equal(w->last.n_events, 0);
	world_free(w);
}

static void an_operator_attaches_the_patients_photos(void **state)
{
	(void)state;
	struct world *w = world_make();
	struct policy_document photo = {.kind = POLICY_KIND_IMAGE, .name = BYTES("photo.jpg"), .digest = BYTES("p1")};
	struct policy_message m = patient_message(w, "Voici la photo");

	send(w, request_message(w));
	m.documents = &photo;
	m.n_documents = 1;
	assert_int_equal(send(w, m)->reason, REASON_REPLY_PIECES);
	policy_decide_attach(w->arena, &w->rules, w->dossier, &m, BYTES("claire"), w->now, &w->last);
	world_store(w);
	assert_int_equal(w->last.outcome, POLICY_FILED);
	assert_true(w->dossier->documents[1].shared);
	m.from = BYTES("autre@patient.exemple.fr");
	photo.digest = BYTES("p2");
	policy_decide_attach(w->arena, &w->rules, w->dossier, &m, BYTES("claire"), w->now, &w->last);
	assert_int_equal(w->last.reason, REASON_REPLY_PARTY);
	world_free(w);
}

static void an_operator_gives_back(void **state)
{
	(void)state;
	struct world *w = world_make();
	struct policy_message m = record_message(w, "mammo-1", "18748-4", "m1");

	policy_decide_return(w->arena, &w->rules, &m, REASON_DOSSIER_NONE, BYTES("claire"), &w->last);
	assert_int_equal(w->last.outcome, POLICY_REFUSED);
	assert_string_equal(mails_of(w), "M71 sender");
	m.automatic = true;
	policy_decide_return(w->arena, &w->rules, &m, REASON_DOSSIER_NONE, BYTES("claire"), &w->last);
	assert_int_equal(w->last.n_mails, 0);
	world_free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(files_and_completes),
		cmocka_unit_test(the_receipt_tells_nothing),
		cmocka_unit_test(near_twins_are_never_filed),
		cmocka_unit_test(duplicates_and_conflicts),
		cmocka_unit_test(several_dossiers),
		cmocka_unit_test(a_closed_dossier_is_not_in_the_way),
		cmocka_unit_test(replacements),
		cmocka_unit_test(replacing_needs_the_right_to),
		cmocka_unit_test(triage_falls_back_when_a_piece_goes),
		cmocka_unit_test(loose_files_of_a_hospital_stay_inside),
		cmocka_unit_test(late_documents_go_after),
		cmocka_unit_test(machines_are_heard_and_not_answered),
		cmocka_unit_test(by_imap_only_signed),
		cmocka_unit_test(an_operator_attaches_what_he_compared),
		cmocka_unit_test(an_operator_attaches_the_patients_photos),
		cmocka_unit_test(an_operator_gives_back),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
