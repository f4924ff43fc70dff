/* policy/given_test.c - who may be given a document: each mask against each party, and every mail that could carry one. */
#include "policy/given.h"
#include "policy/test_world.h"

static const struct {
	const char *what;
	bool professionals, patient, representatives;
	bool to[PARTIES];
} masks[] = {
	{"open", false, false, false,
	 {[PARTY_PATIENT] = true, [PARTY_EXPERT] = true, [PARTY_ATTENDING] = true, [PARTY_FIRST_OPINION] = true,
	  [PARTY_REQUESTER] = true, [PARTY_REPRESENTATIVE] = true}},
	{"masked for professionals", true, false, false, {[PARTY_PATIENT] = true, [PARTY_REPRESENTATIVE] = true}},
	{"invisible to the patient", false, true, false,
	 {[PARTY_EXPERT] = true, [PARTY_ATTENDING] = true, [PARTY_FIRST_OPINION] = true, [PARTY_REQUESTER] = true}},
	{"invisible to his representatives", false, false, true,
	 {[PARTY_EXPERT] = true, [PARTY_ATTENDING] = true, [PARTY_FIRST_OPINION] = true, [PARTY_REQUESTER] = true}},
	{"masked for both", true, true, false, {false}},
};

static void every_mask_and_every_party(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(masks); i++) {
		struct dossier_document d = {.shared = true, .filing.document = {.masked_professionals = masks[i].professionals,
			.masked_patient = masks[i].patient, .masked_representatives = masks[i].representatives}};
		for (enum party party = PARTY_NONE; party < PARTIES; party++) {
			if (given_unmasked(&d.filing.document, party) != masks[i].to[party] || given_allowed(&d, party) != masks[i].to[party])
				fail_msg("%s to %s", masks[i].what, party_name(party));
			struct dossier_document gone = d;
			gone.withdrawn = true;
			assert_false(given_allowed(&gone, party));
			gone = d;
			gone.replaced = true;
			assert_false(given_allowed(&gone, party));
			gone = d;
			gone.shared = false;
			assert_false(given_allowed(&gone, party));
		}
	}
}

static void a_masked_record_waits_for_a_nurse(void **state)
{
	(void)state;
	struct world *w = world_make();
	struct policy_document doc = document(w, "mammo-1", "18748-4", "m1");
	struct policy_message m = record_message(w, "mammo-1", "18748-4", "m1");

	send(w, request_message(w));
	doc.masked_professionals = true;
	m.documents = &doc;
	assert_int_equal(send(w, m)->outcome, POLICY_HELD);
	assert_int_equal(w->last.reason, REASON_DOCUMENT_MASKED);
	assert_string_equal(w->last.owner, "nurses");
	assert_string_equal(mails_of(w), "M70 sender");
	/* She may file it; it stays masked, and the exam is still missing to the expert. */
	policy_decide_attach(w->arena, &w->rules, w->dossier, &m, BYTES("claire"), w->now, &w->last);
	world_store(w);
	assert_int_equal(w->last.outcome, POLICY_FILED);
	assert_int_equal(w->dossier->n_documents, 2);
	assert_false(given_allowed(&w->dossier->documents[1], PARTY_EXPERT));
	send(w, record_message(w, "rcp-1", "51851-4", "r1"));
	assert_int_equal(w->dossier->state, DOSSIER_INCOMPLETE);
	assert_true(bytes_equal_text(w->dossier->missing, "mammography"));
	world_free(w);
}

/* A mask for the patient changes nothing on the way to the expert. */
static void what_the_patient_may_not_see_goes_to_the_expert(void **state)
{
	(void)state;
	struct world *w = world_make();
	struct policy_document doc = document(w, "mammo-1", "18748-4", "m1");
	struct policy_message m = record_message(w, "mammo-1", "18748-4", "m1");

	send(w, request_message(w));
	doc.masked_patient = true;
	m.documents = &doc;
	assert_int_equal(send(w, m)->outcome, POLICY_FILED);
	assert_true(given_allowed(&w->dossier->documents[1], PARTY_EXPERT));
	assert_false(given_allowed(&w->dossier->documents[1], PARTY_PATIENT));
	world_free(w);
}

static void a_masked_piece_of_a_request_is_told_to_the_nurses(void **state)
{
	(void)state;
	struct world *w = world_make();
	struct policy_document all[] = {document(w, "request-1", "74465-6", "f0"), document(w, "mammo-1", "18748-4", "m1")};
	struct policy_message m = request_message(w);

	all[1].masked_professionals = true;
	m.documents = all;
	m.n_documents = 2;
	assert_int_equal(send(w, m)->outcome, POLICY_APPLIED);
	assert_int_equal(w->last.reason, REASON_DOCUMENT_MASKED);
	assert_string_equal(w->last.owner, "nurses");
	assert_false(given_allowed(&w->dossier->documents[1], PARTY_EXPERT));
	assert_true(bytes_equal_text(w->dossier->missing, "mammography,mdt"));
	world_free(w);
}

/* A PDF beside the masked document that it is a copy of tells nobody so itself. */
static void a_copy_follows_its_mask(void **state)
{
	(void)state;
	struct world *w = world_make();
	struct policy_document all[] = {{.kind = POLICY_KIND_PDF, .name = BYTES("copie.pdf"), .digest = BYTES("c1")},
					document(w, "request-1", "74465-6", "f0"), document(w, "mammo-1", "18748-4", "m1")};
	struct policy_message m = request_message(w);

	all[2].masked_professionals = true;
	m.documents = all;
	m.n_documents = 3;
	assert_int_equal(send(w, m)->outcome, POLICY_APPLIED);
	assert_int_equal(w->last.reason, REASON_DOCUMENT_MASKED);
	assert_true(w->dossier->documents[0].shared);
	assert_false(given_allowed(&w->dossier->documents[0], PARTY_EXPERT));
	assert_true(given_allowed(&w->dossier->documents[1], PARTY_EXPERT));
	assert_false(given_allowed(&w->dossier->documents[2], PARTY_EXPERT));
	world_free(w);
}

/* Its sections go into the expert's mail as text: a masked physician's request beside an open questionnaire opens nothing. */
static void what_a_masked_request_says_stays(void **state)
{
	(void)state;
	struct world *w = world_make();
	struct policy_document all[] = {document(w, "request-1", "74465-6", "f0"), document(w, "da-1", "75496-0", "d1")};
	struct policy_message m = request_message(w);

	all[1].masked_professionals = true;
	m.documents = all;
	m.n_documents = 2;
	assert_int_equal(send(w, m)->outcome, POLICY_HELD);
	assert_int_equal(w->last.reason, REASON_DOCUMENT_MASKED);
	assert_null(w->dossier);
	world_free(w);
}

/* The same document again, masked by now: not a duplicate that nobody looks at. */
static void a_mask_that_comes_later_is_looked_at(void **state)
{
	(void)state;
	for (int professionals = 0; professionals < 2; professionals++) {
		struct world *w = world_make();
		struct policy_message m = record_message(w, "mammo-1", "18748-4", "m1");
		struct policy_document doc = m.documents[0];
		send(w, request_message(w));
		assert_int_equal(send(w, m)->outcome, POLICY_FILED);
		assert_int_equal(send(w, m)->outcome, POLICY_DUPLICATE);
		doc.masked_professionals = professionals;
		doc.masked_patient = !professionals;
		m.documents = &doc;
		assert_int_equal(send(w, m)->outcome, POLICY_HELD);
		assert_int_equal(w->last.reason, REASON_DOCUMENT_MASKED);
		assert_string_equal(w->last.owner, "nurses");
		assert_string_equal(mails_of(w), "M70 sender");
		world_free(w);
	}
}

/* An opinion's annexes go to the patient and his physicians: one that is hidden from one of them is a person's. */
static void a_masked_opinion_is_not_released(void **state)
{
	(void)state;
	for (int i = 0; i < 3; i++) {
		struct world *w = world_make();
		struct policy_document doc = document(w, "cr", "85208-7", "cr");
		to_accepted(w);
		pass(w, SPAN_HOURS(1));
		struct policy_message m = opinion_message(w, "un@experts.exemple.fr", "e1");
		doc.masked_patient = i == 0;
		doc.masked_representatives = i == 1;
		doc.masked_professionals = i == 2;
		m.documents = &doc;
		m.n_documents = 1;
		assert_int_equal(send(w, m)->outcome, POLICY_HELD);
		assert_int_equal(w->last.reason, REASON_DOCUMENT_MASKED);
		assert_int_equal(w->last.n_events, 0);
		world_free(w);
	}
}

/* The exchange passes on what one party sent to the other: a mask stops it whichever way it goes. */
static void the_exchange_respects_masks(void **state)
{
	(void)state;
	static const struct {
		const char *what;
		bool from_expert, professionals, patient, representatives, passes;
	} rows[] = {
		{"open, to the patient", true, false, false, false, true},
		{"invisible to the patient, to him", true, false, true, false, false},
		{"invisible to his representatives, to him", true, false, false, true, false},
		{"masked for professionals, to the patient", true, true, false, false, true},
		{"open, to the expert", false, false, false, false, true},
		{"masked for professionals, to the expert", false, true, false, false, false},
		{"invisible to the patient, to the expert", false, false, true, false, true},
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct world *w = world_make();
		struct policy_document doc = document(w, "extra", "11502-2", "x1");
		to_released(w);
		send(w, patient_message(w, "Combien de temps ?"));
		struct policy_message m = rows[i].from_expert ? reply_message(w, "un@experts.exemple.fr", POLICY_WORD_NONE)
							      : patient_message(w, "Voici un document");
		doc.masked_professionals = rows[i].professionals;
		doc.masked_patient = rows[i].patient;
		doc.masked_representatives = rows[i].representatives;
		m.text = BYTES("Voici un document");
		m.documents = &doc;
		m.n_documents = 1;
		send(w, m);
		bool passed = w->last.outcome == POLICY_APPLIED && w->last.n_mails == 1 && w->last.mails[0].attach == POLICY_ATTACH_MESSAGE;
		if (passed != rows[i].passes || (!passed && w->last.reason != REASON_DOCUMENT_MASKED))
			fail_msg("%s: %s, %s", rows[i].what, policy_outcome_name(w->last.outcome), reason_code(w->last.reason));
		world_free(w);
	}
}

/* Set aside: the rest is filed, the sender is told which piece and what to do, the nurses know. */
static void pieces_set_aside_are_told(void **state)
{
	(void)state;
	struct world *w = world_make();
	struct policy_document all[] = {document(w, "mammo-1", "18748-4", "m1"),
					{.name = BYTES("photo de DOMINIQUE.heic"), .digest = BYTES("h1"), .aside = true, .reason = REASON_ATTACHMENT_HEIC},
					{.name = BYTES("secret"), .digest = BYTES("z1"), .aside = true, .reason = REASON_ARCHIVE_ENCRYPTED}};
	struct policy_message m = record_message(w, "mammo-1", "18748-4", "m1");

	send(w, request_message(w));
	m.documents = all;
	m.n_documents = 3;
	assert_int_equal(send(w, m)->outcome, POLICY_FILED);
	assert_string_equal(w->last.owner, "nurses");
	assert_int_equal(w->last.reason, REASON_ATTACHMENT_HEIC);
	assert_int_equal(w->dossier->n_documents, 2);
	struct bytes told = field_of(&w->last, MAIL_M70, "pieces");
	assert_true(bytes_starts(told, BYTES("- pièce n° 2 (.heic) : Cette photo")));
	assert_true(bytes_contains(told, BYTES("\n- pièce n° 3 : L'archive ZIP est protégée")));
	assert_false(bytes_contains(told, BYTES("DOMINIQUE")));
	/* Sent again it is a duplicate, with the same words. */
	assert_int_equal(send(w, m)->outcome, POLICY_DUPLICATE);
	assert_true(bytes_equal(field_of(&w->last, MAIL_M70, "pieces"), told));
	/* Nothing but such pieces: held with their reason, not called a duplicate. */
	m.documents = all + 1;
	m.n_documents = 2;
	policy_decide_attach(w->arena, &w->rules, w->dossier, &m, BYTES("claire"), w->now, &w->last);
	assert_int_equal(w->last.outcome, POLICY_HELD);
	assert_int_equal(w->last.reason, REASON_ATTACHMENT_HEIC);
	world_free(w);
}

static void many_pieces_are_counted(void **state)
{
	(void)state;
	struct world *w = world_make();
	struct policy_document all[13];
	struct policy_message m = record_message(w, "mammo-1", "18748-4", "m1");

	w->rules.language = "en";
	all[0] = m.documents[0];
	for (size_t i = 1; i < COUNT(all); i++)
		all[i] = (struct policy_document){.name = BYTES("a.x"), .digest = BYTES("h1"), .aside = true, .reason = REASON_ATTACHMENT_FORMAT};
	m.documents = all;
	m.n_documents = COUNT(all);
	send(w, m);
	struct bytes told = field_of(&w->last, MAIL_M70, "pieces");
	assert_true(bytes_starts(told, BYTES("- item 2 (.x): ")) && bytes_ends(told, BYTES("\n- and 2 more")));
	world_free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_mask_and_every_party),
		cmocka_unit_test(a_masked_record_waits_for_a_nurse),
		cmocka_unit_test(what_the_patient_may_not_see_goes_to_the_expert),
		cmocka_unit_test(a_masked_piece_of_a_request_is_told_to_the_nurses),
		cmocka_unit_test(a_copy_follows_its_mask),
		cmocka_unit_test(what_a_masked_request_says_stays),
		cmocka_unit_test(a_mask_that_comes_later_is_looked_at),
		cmocka_unit_test(a_masked_opinion_is_not_released),
		cmocka_unit_test(the_exchange_respects_masks),
		cmocka_unit_test(pieces_set_aside_are_told),
		cmocka_unit_test(many_pieces_are_counted),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
