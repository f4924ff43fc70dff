/* policy/dossier_test.c - the gate, the table and the fold. */
#include "policy/consent.h"
#include "policy/test_world.h"

static struct dossier_event event(enum dossier_event_kind kind)
{
	return (struct dossier_event){.kind = kind, .at = MORNING};
}

static struct dossier_event requested(void)
{
	struct dossier_event e = event(EVENT_REQUESTED);
	e.request = (struct dossier_request){
		.patient = PATIENT, .mailbox = BYTES(PATIENT_MAILBOX), .pathology = BYTES("cancer-sein"), .version = BYTES("1"),
		.requester = REQUESTER_PATIENT, .consent_processing = true, .consent_expert = true,
		.attending = {BYTES("Dr G"), BYTES("g@x.fr"), true, SHARE_AT_ONCE}};
	return e;
}

static struct dossier_event filed(const char *id, const char *digest, const char *organisation)
{
	struct dossier_event e = event(EVENT_DOCUMENT_FILED);
	e.document.document = (struct policy_document){.id = T(id), .digest = T(digest), .has_patient = true, .patient = PATIENT};
	e.document.organisation = T(organisation);
	return e;
}

static struct dossier_event offer(enum dossier_event_kind kind, const char *rpps)
{
	struct dossier_event e = event(kind);
	e.offer = (struct dossier_offer_data){.rpps = T(rpps), .mailbox = BYTES("e@x.fr"), .name = BYTES("Pr E")};
	return e;
}

static struct dossier_event opinion(const char *rpps, const char *digest)
{
	struct dossier_event e = event(EVENT_OPINION_RECEIVED);
	e.opinion = (struct dossier_opinion_data){.rpps = T(rpps), .digest = T(digest)};
	return e;
}

static struct dossier_event released(unsigned version)
{
	struct dossier_event e = event(EVENT_RELEASED);
	e.release = (struct dossier_release_data){.version = version, .to = dossier_party_bit(PARTY_PATIENT) | dossier_party_bit(PARTY_ATTENDING)};
	return e;
}

static enum reason apply(struct dossier *d, struct dossier_event e)
{
	return dossier_apply(d, &e);
}

/* A dossier that went straight to that state. */
static struct dossier at(struct arena *arena, enum dossier_state state)
{
	const struct dossier_event road[] = {
		requested(), event(EVENT_PIECES_MISSING), event(EVENT_PIECES_COMPLETE), event(EVENT_TRIAGED),
		offer(EVENT_OFFERED, "1"), offer(EVENT_OFFER_ACCEPTED, "1"), opinion("1", "x"), event(EVENT_OPINION_CHECKED),
		released(1), event(EVENT_QUESTION_RECEIVED), event(EVENT_CLOSED), event(EVENT_ARCHIVED), event(EVENT_ERASED),
	};
	struct dossier d = dossier_begin(arena, 1, T(REFERENCE));
	for (size_t i = 0; i < COUNT(road) && d.state != state; i++)
		assert_int_equal(dossier_apply(&d, &road[i]), REASON_NONE);
	assert_int_equal(d.state, state);
	return d;
}

static void the_straight_road(void **state)
{
	(void)state;
	struct arena *arena = arena_create(1 << 20);
	struct dossier d = at(arena, DOSSIER_CLOSED);

	assert_int_equal(d.seq, 11);
	assert_int_equal(instant_since(d.complete_at, d.due_at).us, SPAN_DAYS(7).us);
	assert_true(bytes_equal(dossier_accepted_offer(&d)->rpps, BYTES("1")));
	assert_null(dossier_live_offer(&d));
	assert_true(d.opinion.present && d.opinion.checked);
	arena_destroy(&arena);
}

static void forbidden_steps(void **state)
{
	(void)state;
	static const struct {
		enum dossier_state state;
		enum dossier_event_kind kind;
	} rows[] = {
		{DOSSIER_NEW, EVENT_TRIAGED},           {DOSSIER_NEW, EVENT_MAIL_PROOF},
		{DOSSIER_REQUESTED, EVENT_REQUESTED},   {DOSSIER_REQUESTED, EVENT_TRIAGED},
		{DOSSIER_INCOMPLETE, EVENT_TRIAGED},    {DOSSIER_INCOMPLETE, EVENT_RELEASED},
		{DOSSIER_TRIAGE, EVENT_RELEASED},       {DOSSIER_COMPLETE, EVENT_OPINION_CHECKED},
		{DOSSIER_ACCEPTED, EVENT_RELEASED},     {DOSSIER_ACCEPTED, EVENT_OPINION_CHECKED},
		{DOSSIER_OPINION, EVENT_RELEASED},      {DOSSIER_RELEASED, EVENT_CANCELLED},
		{DOSSIER_RELEASED, EVENT_RELEASED},     {DOSSIER_EXCHANGE, EVENT_RELEASED},
		{DOSSIER_CLOSED, EVENT_QUESTION_RECEIVED}, {DOSSIER_CLOSED, EVENT_WITHDRAWN},
		{DOSSIER_CHECKED, EVENT_QUESTION_RECEIVED}, {DOSSIER_ARCHIVED, EVENT_OPINION_RECEIVED},
		{DOSSIER_OFFERED, EVENT_OPINION_RECEIVED}, {DOSSIER_CHECKED, EVENT_OPINION_RECEIVED},
		{DOSSIER_RELEASED, EVENT_PAUSED},       {DOSSIER_REQUESTED, EVENT_RESUMED},
		{DOSSIER_CLOSED, EVENT_RELEASED},       {DOSSIER_ARCHIVED, EVENT_SHARED},
		{DOSSIER_ERASED, EVENT_ARCHIVED},       {DOSSIER_TRIAGE, EVENT_UNFROZEN},
		{DOSSIER_OFFERED, EVENT_REASSIGNED},    {DOSSIER_TRIAGE, EVENT_EXPIRED},
		{DOSSIER_CLOSED, EVENT_PAUSED},         {DOSSIER_ARCHIVED, EVENT_DIED},
	};
	struct arena *arena = arena_create(1 << 22);
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct dossier d = at(arena, rows[i].state);
		int64_t seq = d.seq;
		if (apply(&d, event(rows[i].kind)) != REASON_DOSSIER_ORDER || d.state != rows[i].state || d.seq != seq)
			fail_msg("%s in %s", dossier_event_name(rows[i].kind), dossier_state_name(rows[i].state));
	}
	arena_destroy(&arena);
}

/* By the table alone: to come to `to`, every road passes an event of kind `through`. */
static bool reachable_without(enum dossier_state to, enum dossier_event_kind through)
{
	bool seen[DOSSIER_STATES] = {[DOSSIER_NEW] = true};
	for (bool grown = true; grown;) {
		grown = false;
		for (enum dossier_state s = DOSSIER_NEW; s < DOSSIER_STATES; s++)
			for (enum dossier_event_kind k = EVENT_REQUESTED; seen[s] && k < DOSSIER_EVENTS; k++) {
				enum dossier_state next = dossier_next(s, k);
				if (k == through || next == DOSSIER_NOWHERE || seen[next])
					continue;
				seen[next] = grown = true;
			}
	}
	return seen[to];
}

static void no_road_around(void **state)
{
	(void)state;
	static const struct {
		enum dossier_state to;
		enum dossier_event_kind through;
	} rows[] = {
		{DOSSIER_OFFERED, EVENT_PIECES_COMPLETE}, {DOSSIER_OFFERED, EVENT_TRIAGED},
		{DOSSIER_ACCEPTED, EVENT_OFFER_ACCEPTED}, {DOSSIER_RELEASED, EVENT_OPINION_CHECKED},
		{DOSSIER_RELEASED, EVENT_OPINION_RECEIVED}, {DOSSIER_RELEASED, EVENT_OFFER_ACCEPTED},
		{DOSSIER_RELEASED, EVENT_RELEASED},       {DOSSIER_EXCHANGE, EVENT_RELEASED},
		{DOSSIER_NO_EXPERT, EVENT_EXPERT_NONE}, {DOSSIER_REVISION, EVENT_RELEASED},
		{DOSSIER_MORE_INFO, EVENT_OFFER_ACCEPTED}, {DOSSIER_REASSIGNED, EVENT_OFFER_ACCEPTED},
		{DOSSIER_EXPIRED, EVENT_PIECES_MISSING}, {DOSSIER_DECEASED, EVENT_DIED},
		{DOSSIER_IDENTITY, EVENT_IDENTITY_DOUBTED},
	};
	for (size_t i = 0; i < COUNT(rows); i++)
		if (reachable_without(rows[i].to, rows[i].through))
			fail_msg("%s without %s", dossier_state_name(rows[i].to), dossier_event_name(rows[i].through));
	for (enum dossier_state s = DOSSIER_REQUESTED; s < DOSSIER_STATES; s++)
		assert_true(reachable_without(s, EVENT_NOTHING));
}

static void who_answers_an_offer(void **state)
{
	(void)state;
	struct arena *arena = arena_create(1 << 20);
	struct dossier d = at(arena, DOSSIER_OFFERED);

	assert_int_equal(apply(&d, offer(EVENT_OFFERED, "2")), REASON_DOSSIER_ORDER);
	assert_int_equal(apply(&d, offer(EVENT_OFFER_ACCEPTED, "2")), REASON_DOSSIER_ORDER);
	assert_int_equal(apply(&d, offer(EVENT_OFFER_DECLINED, "1")), REASON_NONE);
	assert_int_equal(d.state, DOSSIER_COMPLETE);
	assert_int_equal(apply(&d, offer(EVENT_OFFER_ACCEPTED, "1")), REASON_DOSSIER_ORDER);
	assert_int_equal(apply(&d, offer(EVENT_OFFERED, "2")), REASON_NONE);
	assert_int_equal(apply(&d, offer(EVENT_OFFER_EXPIRED, "2")), REASON_NONE);
	assert_int_equal(apply(&d, event(EVENT_EXPERT_NONE)), REASON_NONE);
	assert_int_equal(d.state, DOSSIER_NO_EXPERT);
	arena_destroy(&arena);
}

static void who_gives_an_opinion(void **state)
{
	(void)state;
	struct arena *arena = arena_create(1 << 20);
	struct dossier d = at(arena, DOSSIER_ACCEPTED);

	assert_int_equal(apply(&d, opinion("2", "x")), REASON_OPINION_SIGNER);
	assert_int_equal(apply(&d, opinion("1", "x")), REASON_NONE);
	assert_int_equal(apply(&d, event(EVENT_OPINION_RETURNED)), REASON_NONE);
	assert_false(d.opinion.present);
	assert_int_equal(apply(&d, opinion("1", "X")), REASON_MESSAGE_DUPLICATE);
	assert_int_equal(apply(&d, opinion("1", "y")), REASON_NONE);
	arena_destroy(&arena);
}

/* A corrected opinion interrupts what was released, and a return leads back to it as it has become meanwhile. */
static void a_correction_interrupts(void **state)
{
	(void)state;
	static const struct {
		const char *what;
		enum dossier_event_kind before, meanwhile;   /* EVENT_NOTHING: none */
		enum dossier_state back;
	} rows[] = {
		{"released", EVENT_NOTHING, EVENT_NOTHING, DOSSIER_RELEASED},
		{"read before", EVENT_REPORT_READ, EVENT_NOTHING, DOSSIER_EXCHANGE},
		{"undeliverable before", EVENT_REPORT_UNDELIVERED, EVENT_NOTHING, DOSSIER_UNDELIVERABLE},
		{"read meanwhile", EVENT_NOTHING, EVENT_REPORT_READ, DOSSIER_EXCHANGE},
		{"undeliverable meanwhile", EVENT_NOTHING, EVENT_REPORT_UNDELIVERED, DOSSIER_UNDELIVERABLE},
		{"a question meanwhile", EVENT_NOTHING, EVENT_QUESTION_RECEIVED, DOSSIER_EXCHANGE},
		{"a proof meanwhile", EVENT_NOTHING, EVENT_MAIL_PROOF, DOSSIER_RELEASED},
		{"held", EVENT_NOTHING, EVENT_HELD, DOSSIER_RELEASED},
		{"checked", EVENT_NOTHING, EVENT_OPINION_CHECKED, DOSSIER_RELEASED},
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct arena *arena = arena_create(1 << 20);
		struct dossier d = at(arena, DOSSIER_RELEASED);
		print_message("%s\n", rows[i].what);
		if (rows[i].before != EVENT_NOTHING)
			assert_int_equal(apply(&d, event(rows[i].before)), REASON_NONE);
		assert_int_equal(apply(&d, opinion("2", "y")), REASON_OPINION_SIGNER);
		assert_int_equal(apply(&d, opinion("1", "x")), REASON_MESSAGE_DUPLICATE);
		assert_int_equal(apply(&d, opinion("1", "y")), REASON_NONE);
		assert_int_equal(d.state, DOSSIER_REVISION);
		assert_int_equal(apply(&d, opinion("1", "z")), REASON_DOSSIER_ORDER);
		assert_int_equal(apply(&d, event(EVENT_CLOSED)), REASON_DOSSIER_ORDER);
		if (rows[i].meanwhile != EVENT_NOTHING)
			assert_int_equal(apply(&d, event(rows[i].meanwhile)), REASON_NONE);
		assert_int_equal(d.state, DOSSIER_REVISION);
		assert_int_equal(apply(&d, event(EVENT_OPINION_RETURNED)), REASON_NONE);
		assert_int_equal(d.state, rows[i].back);
		/* What was delivered is the opinion again. */
		assert_true(d.opinion.present && d.opinion.checked && bytes_equal(d.opinion.data.digest, BYTES("x")));
		arena_destroy(&arena);
	}
}

static void versions_have_no_gap(void **state)
{
	(void)state;
	struct arena *arena = arena_create(1 << 20);
	struct dossier d = at(arena, DOSSIER_CHECKED);
	struct dossier_event proof = event(EVENT_MAIL_PROOF), withdrawn = released(2);

	assert_int_equal(dossier_version(&d), 0);
	assert_int_equal(apply(&d, released(2)), REASON_DOSSIER_ORDER);
	assert_int_equal(apply(&d, released(1)), REASON_NONE);
	proof.mail = (struct dossier_mail_data){.code = MAIL_M21, .party = PARTY_PATIENT, .mailbox = BYTES("p@x.fr"), .level = 4};
	assert_int_equal(apply(&d, proof), REASON_NONE);
	proof.mail.code = MAIL_M16;
	assert_int_equal(apply(&d, proof), REASON_NONE);
	assert_int_equal(apply(&d, released(1)), REASON_DOSSIER_ORDER);
	assert_int_equal(apply(&d, opinion("1", "y")), REASON_NONE);
	assert_int_equal(apply(&d, released(2)), REASON_DOSSIER_ORDER);   /* not checked */
	assert_int_equal(apply(&d, event(EVENT_OPINION_CHECKED)), REASON_NONE);
	assert_int_equal(apply(&d, released(1)), REASON_DOSSIER_ORDER);
	assert_int_equal(apply(&d, released(3)), REASON_DOSSIER_ORDER);
	withdrawn.release.to = dossier_party_bit(PARTY_PATIENT);
	assert_int_equal(apply(&d, withdrawn), REASON_NONE);
	assert_int_equal(d.state, DOSSIER_RELEASED);
	assert_int_equal(dossier_version(&d), 2);
	/* The first version's reading proves nothing of the second. */
	assert_null(dossier_find_proof(&d, MAIL_M21, PARTY_PATIENT));
	assert_non_null(dossier_find_proof(&d, MAIL_M16, PARTY_PATIENT));
	assert_true(dossier_had_version(&d, PARTY_ATTENDING, 2) && dossier_had_version(&d, PARTY_PATIENT, 2));
	assert_false(dossier_had_version(&d, PARTY_FIRST_OPINION, 2) || dossier_had_version(&d, PARTY_PATIENT, 1));
	/* Printed for who wants letters, and sent again after it came back, a version keeps its number. */
	struct dossier_event paper = event(EVENT_CHANNEL_CHANGED);
	paper.channel = (struct dossier_channel_data){.party = PARTY_PATIENT, .channel = CHANNEL_PAPER, .address = BYTES("Mme X\n75001 PARIS")};
	assert_int_equal(apply(&d, released(2)), REASON_DOSSIER_ORDER);
	assert_int_equal(apply(&d, paper), REASON_NONE);
	assert_int_equal(apply(&d, released(2)), REASON_NONE);
	assert_int_equal(apply(&d, released(3)), REASON_DOSSIER_ORDER);
	assert_int_equal(apply(&d, event(EVENT_REPORT_UNDELIVERED)), REASON_NONE);
	assert_int_equal(apply(&d, released(3)), REASON_DOSSIER_ORDER);
	assert_int_equal(apply(&d, released(2)), REASON_NONE);
	assert_int_equal(dossier_version(&d), 2);
	assert_ptr_equal(dossier_release_of(&d, 2), &d.releases[1]);
	arena_destroy(&arena);
}

/* A proof of a report before there is one stops no clock of the promise. */
static void nothing_is_kept_before_the_release(void **state)
{
	(void)state;
	struct arena *arena = arena_create(1 << 20);
	struct dossier d = at(arena, DOSSIER_CHECKED);
	struct dossier_event proof = event(EVENT_MAIL_PROOF);

	proof.mail = (struct dossier_mail_data){.code = MAIL_M21, .party = PARTY_PATIENT, .mailbox = BYTES("p@x.fr"), .level = 2};
	assert_int_equal(apply(&d, proof), REASON_NONE);
	assert_int_equal(d.kept_at.us, 0);
	assert_int_equal(apply(&d, released(1)), REASON_NONE);
	assert_int_equal(d.kept_at.us, 0);
	assert_int_equal(apply(&d, proof), REASON_NONE);
	assert_int_not_equal(d.kept_at.us, 0);
	arena_destroy(&arena);
}

static void an_answer_needs_a_question(void **state)
{
	(void)state;
	struct arena *arena = arena_create(1 << 20);
	struct dossier d = at(arena, DOSSIER_RELEASED);

	assert_int_equal(apply(&d, event(EVENT_QUESTION_ANSWERED)), REASON_DOSSIER_ORDER);
	assert_int_equal(apply(&d, event(EVENT_QUESTION_RECEIVED)), REASON_NONE);
	assert_int_equal(apply(&d, opinion("1", "y")), REASON_NONE);
	assert_int_equal(apply(&d, event(EVENT_OPINION_CHECKED)), REASON_NONE);
	assert_int_equal(apply(&d, released(2)), REASON_NONE);
	/* The question of before the correction still waits. */
	assert_int_equal(d.state, DOSSIER_RELEASED);
	struct dossier_event answer = event(EVENT_QUESTION_ANSWERED);
	answer.text.id = BYTES("2");
	assert_int_equal(apply(&d, answer), REASON_DOSSIER_ORDER);
	answer.text.id = BYTES("0");
	assert_int_equal(apply(&d, answer), REASON_DOSSIER_ORDER);
	answer.text.id = BYTES("1");
	assert_int_equal(apply(&d, answer), REASON_NONE);
	assert_int_equal(d.state, DOSSIER_EXCHANGE);
	assert_int_equal(dossier_open_questions(&d, NULL), 0);
	arena_destroy(&arena);
}

static void documents_at_the_gate(void **state)
{
	(void)state;
	struct arena *arena = arena_create(1 << 20);
	struct dossier d = at(arena, DOSSIER_REQUESTED);
	struct dossier_event e = filed("a", "1", "chu-x");

	assert_int_equal(dossier_apply(&d, &e), REASON_NONE);
	assert_int_equal(apply(&d, filed("a", "1", "chu-x")), REASON_DOCUMENT_DUPLICATE);
	assert_int_equal(apply(&d, filed("a", "2", "chu-x")), REASON_DOCUMENT_CONFLICT);
	e = filed("b", "3", "chu-x");
	e.document.document.patient.ins = BYTES("179035121518989");
	assert_int_equal(dossier_apply(&d, &e), REASON_IDENTITY_OTHER_PATIENT);
	e.document.confirmed = true;
	assert_int_equal(dossier_apply(&d, &e), REASON_IDENTITY_OTHER_PATIENT);
	e = filed("b", "3", "chu-x");
	e.document.document.patient.given_birth_first = BYTES("DOMITILLE");
	assert_int_equal(dossier_apply(&d, &e), REASON_IDENTITY_DIFFERS);
	e.document.confirmed = true;
	e.document.document.patient.oid = BYTES("1.2.250.1.213.1.4.8");
	assert_int_equal(dossier_apply(&d, &e), REASON_SENDER_TEST_IDENTITY);
	e.document.document.patient.oid = PATIENT.oid;
	assert_int_equal(dossier_apply(&d, &e), REASON_NONE);
	assert_int_equal(d.n_documents, 2);
	arena_destroy(&arena);
}

static void replacing(void **state)
{
	(void)state;
	struct arena *arena = arena_create(1 << 20);
	struct dossier d = at(arena, DOSSIER_REQUESTED);
	struct dossier_event e = filed("a2", "2", "chu-y");

	assert_int_equal(apply(&d, filed("a", "1", "chu-x")), REASON_NONE);
	e.document.document.replaces = BYTES("a");
	assert_int_equal(dossier_apply(&d, &e), REASON_SENDER_CLASS);
	e.document.organisation = BYTES("chu-x");
	assert_int_equal(dossier_apply(&d, &e), REASON_NONE);
	assert_true(d.documents[0].replaced);
	assert_false(d.documents[1].replaced);
	/* The third version comes before the second one's successor. */
	e = filed("c2", "4", "chu-x");
	e.document.document.replaces = BYTES("c");
	assert_int_equal(dossier_apply(&d, &e), REASON_NONE);
	assert_int_equal(apply(&d, filed("c", "3", "chu-x")), REASON_NONE);
	assert_true(d.documents[3].replaced);
	/* Another organisation's claim to have replaced it does not touch it. */
	e = filed("e2", "5", "chu-y");
	e.document.document.replaces = BYTES("e");
	assert_int_equal(dossier_apply(&d, &e), REASON_NONE);
	assert_int_equal(apply(&d, filed("e", "6", "chu-x")), REASON_NONE);
	assert_false(d.documents[5].replaced);
	arena_destroy(&arena);
}

static void loose_files(void **state)
{
	(void)state;
	struct arena *arena = arena_create(1 << 20);
	struct dossier d = at(arena, DOSSIER_REQUESTED);
	struct dossier_event e = filed("", "p", "chu-x");

	e.document.document.has_patient = false;
	assert_int_equal(dossier_apply(&d, &e), REASON_NONE);
	assert_false(d.documents[0].shared);
	assert_int_equal(dossier_apply(&d, &e), REASON_DOCUMENT_DUPLICATE);
	e.document.document.digest = BYTES("q");
	e.document.vouched = true;
	assert_int_equal(dossier_apply(&d, &e), REASON_NONE);
	assert_true(d.documents[1].shared);
	arena_destroy(&arena);
}

static void proofs_only_rise(void **state)
{
	(void)state;
	struct arena *arena = arena_create(1 << 20);
	struct dossier d = at(arena, DOSSIER_RELEASED);
	struct dossier_event e = event(EVENT_MAIL_PROOF);

	e.mail = (struct dossier_mail_data){.code = MAIL_M21, .party = PARTY_PATIENT, .mailbox = BYTES("P@x.fr"), .level = 3};
	assert_int_equal(dossier_apply(&d, &e), REASON_NONE);
	e.mail.level = 2;
	e.mail.mailbox = BYTES("p@x.fr");
	assert_int_equal(dossier_apply(&d, &e), REASON_NONE);
	assert_int_equal(d.n_proofs, 1);
	assert_int_equal(dossier_find_proof(&d, MAIL_M21, PARTY_PATIENT)->level, 3);
	e.kind = EVENT_MAIL_FAILED;
	e.mail.reason = REASON_DELIVER_REFUSED;
	assert_int_equal(dossier_apply(&d, &e), REASON_NONE);
	assert_true(d.proofs[0].failed && d.proofs[0].level == 3);
	assert_null(dossier_find_proof(&d, MAIL_M64, PARTY_ATTENDING));
	arena_destroy(&arena);
}

static void tell_part(struct dossier *d, enum dossier_event_kind kind, int part)
{
	struct dossier_event e = event(kind);

	e.mail = (struct dossier_mail_data){.code = MAIL_M13B, .party = PARTY_EXPERT, .mailbox = BYTES("e@x.fr"), .part = part, .level = kind == EVENT_MAIL_PROOF ? 2 : 0,
					    .reason = kind == EVENT_MAIL_PROOF ? REASON_NONE : REASON_DELIVER_REFUSED};
	assert_int_equal(dossier_apply(d, &e), REASON_NONE);
}

static size_t failed_parts(const struct dossier *d)
{
	size_t n = 0;

	for (size_t i = 0; i < d->n_proofs; i++)
		n += d->proofs[i].failed;
	return n;
}

/* The third part has arrived: that says nothing of the second. */
static void each_part_has_its_proof(void **state)
{
	(void)state;
	struct arena *arena = arena_create(1 << 20);
	struct dossier d = at(arena, DOSSIER_ACCEPTED);

	tell_part(&d, EVENT_MAIL_FAILED, 2);
	tell_part(&d, EVENT_MAIL_PROOF, 3);
	assert_int_equal(d.n_proofs, 2);
	assert_int_equal(failed_parts(&d), 1);
	tell_part(&d, EVENT_MAIL_PROOF, 2);
	assert_int_equal(failed_parts(&d), 0);
	/* None could be written (a mailbox in doubt): once one arrives they were. */
	tell_part(&d, EVENT_MAIL_FAILED, 0);
	assert_int_equal(failed_parts(&d), 1);
	tell_part(&d, EVENT_MAIL_PROOF, 4);
	assert_int_equal(failed_parts(&d), 0);
	arena_destroy(&arena);
}

static void sequence_has_no_holes(void **state)
{
	(void)state;
	struct arena *arena = arena_create(1 << 20);
	struct dossier d = at(arena, DOSSIER_REQUESTED);
	struct dossier_event e = event(EVENT_PIECES_COMPLETE);

	e.seq = 3;
	assert_int_equal(dossier_apply(&d, &e), REASON_DOSSIER_ORDER);
	e.seq = 1;
	assert_int_equal(dossier_apply(&d, &e), REASON_DOSSIER_ORDER);
	e.seq = 2;
	assert_int_equal(dossier_apply(&d, &e), REASON_NONE);
	arena_destroy(&arena);
}

static void requests_at_the_gate(void **state)
{
	(void)state;
	struct arena *arena = arena_create(1 << 20);
	struct dossier d = dossier_begin(arena, 1, BYTES_NONE);
	struct dossier_event e = requested();

	e.request.consent_expert = false;
	assert_int_equal(dossier_apply(&d, &e), REASON_REQUEST_INCOMPLETE);
	e = requested();
	e.request.patient.ins = BYTES_NONE;
	assert_int_equal(dossier_apply(&d, &e), REASON_IDENTITY_NONE);
	assert_int_equal(d.state, DOSSIER_NEW);
	e = requested();
	assert_int_equal(dossier_apply(&d, &e), REASON_NONE);
	arena_destroy(&arena);
}

static void consents_change_for_physicians_only(void **state)
{
	(void)state;
	struct arena *arena = arena_create(1 << 20);
	struct dossier d = at(arena, DOSSIER_ACCEPTED);
	struct dossier_event e = event(EVENT_CONSENT_CHANGED);

	e.consent = (struct dossier_consent_data){PARTY_PATIENT, false};
	assert_int_equal(dossier_apply(&d, &e), REASON_DOSSIER_ORDER);
	assert_int_equal(consent_check(&d, PARTY_ATTENDING, MORNING), REASON_NONE);
	e.consent = (struct dossier_consent_data){PARTY_ATTENDING, false};
	assert_int_equal(dossier_apply(&d, &e), REASON_NONE);
	assert_int_equal(consent_check(&d, PARTY_ATTENDING, MORNING), REASON_CONSENT_NONE);
	assert_int_equal(consent_check(&d, PARTY_FIRST_OPINION, MORNING), REASON_CONSENT_NONE);
	assert_int_equal(consent_check(&d, PARTY_EXPERT, MORNING), REASON_NONE);
	assert_int_equal(apply(&d, event(EVENT_WITHDRAWN)), REASON_NONE);
	assert_int_equal(consent_check(&d, PARTY_PATIENT, MORNING), REASON_CONSENT_NONE);
	assert_int_equal(consent_check(&d, PARTY_EXPERT, MORNING), REASON_CONSENT_NONE);
	assert_int_equal(consent_check(&d, PARTY_SENDER, MORNING), REASON_NONE);
	arena_destroy(&arena);
}

static void a_consent_is_not_older_than_itself(void **state)
{
	(void)state;
	struct arena *arena = arena_create(1 << 20);
	struct dossier d = at(arena, DOSSIER_ACCEPTED);

	assert_int_equal(consent_check(&d, PARTY_ATTENDING, (struct instant){MORNING.us - 1}), REASON_CONSENT_NONE);
	arena_destroy(&arena);
}

/* Random events of every kind with random data: the table is never left, what is refused changes nothing, a copy lives
 * on its own, and folding from the beginning gives what was built step by step. */
static uint64_t random_next(uint64_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	*seed ^= *seed << 17;
	return *seed;
}

/* Mostly a kind that the table allows here and that leads on, seldom an end: a walk by blind chance would die young. */
static enum dossier_event_kind random_kind(enum dossier_state state, uint64_t *seed)
{
	for (int i = 0; i < 40; i++) {
		enum dossier_event_kind kind = (enum dossier_event_kind)(random_next(seed) % DOSSIER_EVENTS);
		enum dossier_state next = dossier_next(state, kind);
		bool blind = next == DOSSIER_NOWHERE && random_next(seed) % 8 == 0;
		bool likely = next != state || random_next(seed) % 5 == 0;
		if (blind || (next != DOSSIER_NOWHERE && likely && (!dossier_is_over(next) || random_next(seed) % 60 == 0)))
			return kind;
	}
	return EVENT_NOTHING;
}

static struct dossier_event random_event(const struct dossier *d, uint64_t *seed)
{
	static const char *const rpps[] = {"1", "1", "2", "3"};
	static const char *const ids[] = {"a", "b", "c", "d", ""};
	enum dossier_event_kind kind = random_kind(d->state, seed);
	struct dossier_event e = event(kind);

	e.at.us += (int64_t)(random_next(seed) % 1000000);
	switch (dossier_event_data(kind)) {
	case EVENT_DATA_REQUEST:
		e = requested();
		if (random_next(seed) % 6 == 0) {
			e.request.pathology = BYTES_NONE;
			e.request.consent_processing = e.request.consent_expert = false;
			e.request.unqualified = true;
		}
		return e;
	case EVENT_DATA_DOCUMENT:
		e = filed(ids[random_next(seed) % 5], ids[random_next(seed) % 4], random_next(seed) % 2 ? "x" : "y");
		e.document.document.replaces = T(ids[random_next(seed) % 5]);
		return e;
	case EVENT_DATA_OFFER:
		return offer(kind, rpps[random_next(seed) % 4]);
	case EVENT_DATA_OPINION:
		e = opinion(rpps[random_next(seed) % 4], ids[random_next(seed) % 4]);
		e.kind = kind;
		return e;
	case EVENT_DATA_MAIL:
		e.mail = (struct dossier_mail_data){.code = (enum mail_code)(1 + random_next(seed) % (MAIL_CODES - 1)),
						    .party = PARTY_PATIENT, .level = (int)(random_next(seed) % 6)};
		return e;
	case EVENT_DATA_CONSENT:
		e.consent.party = (enum party)(random_next(seed) % PARTIES);
		e.consent.given = random_next(seed) % 4 > 0;
		return e;
	case EVENT_DATA_RELEASE:
		e = released(dossier_version(d) + (random_next(seed) % 4 == 0 || kind == EVENT_SHARED ? 0 : 1));
		e.kind = kind;
		return e;
	case EVENT_DATA_CONTACT:
		e.contact = (struct dossier_contact_data){
			.party = PARTY_PATIENT, .means = CONTACT_CALL, .result = (enum contact_result)(random_next(seed) % CONTACT_RESULTS)};
		return e;
	case EVENT_DATA_CHANNEL:
		e.channel = (struct dossier_channel_data){
			.party = (enum party)(random_next(seed) % PARTIES), .channel = (enum channel)(random_next(seed) % CHANNELS), .address = BYTES("1 rue X")};
		return e;
	case EVENT_DATA_REPRESENTATIVE:
		e.representative = (struct dossier_representative_data){
			.id = T(ids[random_next(seed) % 5]), .role = (enum representative_role)(random_next(seed) % ROLES), .mailbox = BYTES("r@x.fr")};
		return e;
	case EVENT_DATA_PROFILE:
		e.profile = (struct dossier_profile_data){.party = PARTY_PATIENT, .mailbox = d->request.mailbox, .form = (enum profile_form)(random_next(seed) % PROFILE_FORMS)};
		return e;
	case EVENT_DATA_TEXT:
		e.text = (struct dossier_text_data){T(ids[random_next(seed) % 5]), BYTES("1")};
		if (kind == EVENT_DOCUMENT_WITHDRAWN)
			e.text = (struct dossier_text_data){T(ids[random_next(seed) % 5]), random_next(seed) % 2 ? BYTES("x") : BYTES("y")};
		return e;
	case EVENT_DATA_NONE:
		break;
	}
	return e;
}

static void check_same(const struct dossier *a, const struct dossier *b)
{
	struct buf x = buf_make(1 << 20), y = buf_make(1 << 20);
	dump_dossier(&x, a);
	dump_dossier(&y, b);
	assert_true(buf_ok(&x) && bytes_equal(buf_bytes(&x), buf_bytes(&y)));
	buf_free(&x);
	buf_free(&y);
}

enum { WALK_STEPS = 400 };

static size_t walk(struct arena *arena, uint64_t seed, struct dossier_event *kept, bool visited[DOSSIER_STATES])
{
	struct dossier d = dossier_begin(arena, 1, T(REFERENCE));
	size_t n = 0;

	for (size_t i = 0; i < WALK_STEPS; i++) {
		struct dossier_event e = random_event(&d, &seed);
		struct dossier before = dossier_copy(arena, &d);
		enum dossier_state next = dossier_next(d.state, e.kind);
		enum reason reason = dossier_apply(&d, &e);
		if (reason != REASON_NONE) {
			check_same(&before, &d);
			continue;
		}
		assert_true(next != DOSSIER_NOWHERE && d.state == (next == DOSSIER_BEFORE ? before.interrupted : next));
		assert_int_equal(d.seq, before.seq + 1);
		size_t live = 0;
		for (size_t k = 0; k < d.n_offers; k++)
			live += d.offers[k].answer == OFFER_LIVE;
		assert_true(live <= 1);
		size_t holders = 0, pauses = 0;
		for (size_t k = 0; k < d.n_offers; k++)
			holders += d.offers[k].answer == OFFER_ACCEPTED;
		for (size_t k = 0; k < d.n_pauses; k++)
			pauses += d.pauses[k].until.us == 0;
		assert_true(holders <= 1 && pauses <= 2);
		assert_true(!d.pieces_complete || (d.request.pathology.len > 0 && d.request.consent_processing && d.request.consent_expert));
		/* What was released was checked, and stands while its correction is looked at. */
		assert_true(d.released_at.us == 0 || (d.delivered.present && d.delivered.checked && d.opinion.present));
		assert_true(d.released_at.us == 0 || d.state == DOSSIER_REVISION || dossier_is_over(d.state) || d.opinion.checked);
		assert_true((d.released_at.us == 0) == (dossier_version(&d) == 0));
		for (size_t k = 1; k < d.n_releases; k++)
			assert_true(d.releases[k].version - d.releases[k - 1].version <= 1);
		visited[d.state] = true;
		kept[n++] = e;
	}
	struct dossier folded = dossier_begin(arena, 1, T(REFERENCE)), again = folded;
	assert_int_equal(dossier_fold(&folded, kept, n, NULL), REASON_NONE);
	assert_int_equal(dossier_fold(&again, kept, n, NULL), REASON_NONE);
	check_same(&folded, &d);
	check_same(&folded, &again);
	return n;
}

static void random_walks(void **state)
{
	(void)state;
	bool visited[DOSSIER_STATES] = {false};
	size_t total = 0;

	for (uint64_t seed = 1; seed <= 600; seed++) {
		struct arena *arena = arena_create(64u << 20);
		struct dossier_event *kept = arena_alloc(arena, WALK_STEPS * sizeof *kept);
		total += walk(arena, seed * 0x9e3779b97f4a7c15u, kept, visited);
		arena_destroy(&arena);
	}
	assert_true(total > 5000);
	for (enum dossier_state s = DOSSIER_REQUESTED; s < DOSSIER_BEFORE; s++)
		if (!visited[s])
			fail_msg("no walk came to %s", dossier_state_name(s));
}

static void names_read_back(void **state)
{
	(void)state;
	for (enum dossier_state s = DOSSIER_NEW; s < DOSSIER_STATES; s++) {
		assert_int_equal(dossier_state_of_name(T(dossier_state_name(s))), s);
		assert_true(dossier_state_label(s, "fr")[0] != '\0' && dossier_state_label(s, "en")[0] != '\0');
	}
	for (enum dossier_event_kind k = EVENT_REQUESTED; k < DOSSIER_EVENTS; k++)
		assert_int_equal(dossier_event_of_name(T(dossier_event_name(k))), k);
	for (enum mail_code c = MAIL_M01; c < MAIL_CODES; c++)
		assert_int_equal(mail_code_of_name(T(mail_code_name(c))), c);
	for (enum party p = PARTY_PATIENT; p < PARTIES; p++)
		assert_int_equal(party_of_name(T(party_name(p))), p);
	for (enum deadline_kind k = DEADLINE_NONE + 1; k < DEADLINES; k++)
		assert_int_equal(deadline_of_name(T(deadline_name(k))), k);
	for (enum contact_means m = 0; m < CONTACT_MEANS; m++)
		assert_int_equal(contact_means_of_name(T(contact_means_name(m))), m);
	for (enum contact_result r = 0; r < CONTACT_RESULTS; r++)
		assert_int_equal(contact_result_of_name(T(contact_result_name(r))), r);
	for (enum channel c = 0; c < CHANNELS; c++)
		assert_int_equal(channel_of_name(T(channel_name(c))), c);
	for (enum representative_role r = 0; r < ROLES; r++)
		assert_int_equal(representative_role_of_name(T(representative_role_name(r))), r);
	assert_true(channel_of_name(BYTES("x")) == CHANNELS && representative_role_of_name(BYTES("x")) == ROLE_NONE &&
		    contact_means_of_name(BYTES("x")) == CONTACT_NONE && contact_result_of_name(BYTES("x")) == CONTACT_UNSAID);
	for (enum policy_act a = 0; a < POLICY_ACTS; a++)
		assert_int_equal(policy_act_of_name(T(policy_act_name(a))), a);
	for (enum policy_word w = 0; w < POLICY_WORDS; w++)
		assert_int_equal(policy_word_of_name(T(policy_word_name(w))), w);
	assert_int_equal(policy_act_of_name(BYTES("x")), POLICY_ACTS);
	assert_int_equal(policy_word_of_name(BYTES("peut-être")), POLICY_WORD_UNCLEAR);
	assert_int_equal(policy_verdict_of_name(BYTES("good")), POLICY_VERDICT_MALFORMED);
	assert_int_equal(policy_verdict_of_name(BYTES("valid")), POLICY_VERDICT_VALID);
	assert_int_equal(policy_class_of_name(BYTES("record")), POLICY_CLASS_RECORD);
	assert_int_equal(policy_class_of_name(BYTES("")), POLICY_CLASS_UNKNOWN);
	assert_int_equal(dossier_state_of_name(BYTES("nowhere")), DOSSIER_NOWHERE);
	assert_int_equal(dossier_event_of_name(BYTES("x")), EVENT_NOTHING);
	assert_int_equal(mail_code_of_name(BYTES("M101")), MAIL_NONE);
	assert_int_equal(mail_code_of_name(BYTES("")), MAIL_NONE);
	assert_int_equal(party_of_name(BYTES("none")), PARTY_NONE);
	assert_int_equal(requester_of_name(BYTES("physician")), REQUESTER_PHYSICIAN);
	assert_int_equal(requester_of_name(BYTES("none")), REQUESTER_NONE);
}

static void a_dossier_changes_hands(void **state)
{
	(void)state;
	struct arena *arena = arena_create(1 << 20);
	struct dossier d = at(arena, DOSSIER_ACCEPTED);

	assert_int_equal(apply(&d, offer(EVENT_REASSIGNED, "2")), REASON_DOSSIER_ORDER);
	assert_int_equal(apply(&d, offer(EVENT_REASSIGNED, "1")), REASON_NONE);
	assert_int_equal(d.state, DOSSIER_REASSIGNED);
	assert_null(dossier_accepted_offer(&d));
	assert_int_equal(apply(&d, opinion("1", "y")), REASON_DOSSIER_ORDER);
	assert_int_equal(apply(&d, offer(EVENT_OFFERED, "2")), REASON_NONE);
	assert_int_equal(apply(&d, offer(EVENT_OFFER_ACCEPTED, "2")), REASON_NONE);
	assert_int_equal(apply(&d, opinion("1", "y")), REASON_OPINION_SIGNER);
	/* Evidence, from who held it once; of a stranger not even that. */
	struct dossier_event late = opinion("1", "y");
	late.kind = EVENT_OPINION_LATE;
	assert_int_equal(apply(&d, late), REASON_NONE);
	assert_int_equal(d.state, DOSSIER_ACCEPTED);
	assert_false(d.opinion.present);
	late.opinion.rpps = BYTES("3");
	assert_int_equal(apply(&d, late), REASON_OPINION_SIGNER);
	assert_int_equal(apply(&d, opinion("2", "z")), REASON_NONE);
	arena_destroy(&arena);
}

static void a_stand_by_takes_over(void **state)
{
	(void)state;
	struct arena *arena = arena_create(1 << 20);
	struct dossier d = at(arena, DOSSIER_ACCEPTED);

	assert_int_equal(apply(&d, offer(EVENT_STANDBY_CHOSEN, "1")), REASON_DOSSIER_ORDER);
	assert_int_equal(apply(&d, offer(EVENT_STANDBY_CHOSEN, "2")), REASON_NONE);
	assert_true(bytes_equal(d.standby.rpps, BYTES("2")));
	assert_int_equal(apply(&d, offer(EVENT_STANDBY_OFFERED, "2")), REASON_NONE);
	assert_int_equal(apply(&d, offer(EVENT_STANDBY_OFFERED, "3")), REASON_DOSSIER_ORDER);
	assert_int_equal(d.state, DOSSIER_ACCEPTED);
	assert_true(bytes_equal(dossier_accepted_offer(&d)->rpps, BYTES("1")));
	assert_true(dossier_mailbox(&d, PARTY_STANDBY).len > 0);
	/* While it is asked of another it is still the first's. */
	assert_int_equal(apply(&d, offer(EVENT_REASSIGNED, "1")), REASON_DOSSIER_ORDER);
	assert_int_equal(apply(&d, offer(EVENT_OFFER_ACCEPTED, "2")), REASON_NONE);
	assert_true(bytes_equal(dossier_accepted_offer(&d)->rpps, BYTES("2")));
	assert_int_equal(d.offers[0].answer, OFFER_ENDED);
	assert_int_equal(dossier_mailbox(&d, PARTY_STANDBY).len, 0);
	arena_destroy(&arena);
}

/* What the first expert was asked to complete is no part of what the second writes. */
static void a_stand_by_begins_anew(void **state)
{
	(void)state;
	struct arena *arena = arena_create(1 << 20);
	struct dossier d = at(arena, DOSSIER_ACCEPTED);
	struct dossier_event returned = event(EVENT_OPINION_RETURNED);

	returned.text.id = BYTES("summary");
	assert_int_equal(apply(&d, opinion("1", "first")), REASON_NONE);
	assert_int_equal(apply(&d, returned), REASON_NONE);
	assert_int_equal(d.draft.n_mails, 1);
	assert_int_equal(apply(&d, offer(EVENT_STANDBY_OFFERED, "2")), REASON_NONE);
	assert_int_equal(apply(&d, offer(EVENT_OFFER_ACCEPTED, "2")), REASON_NONE);
	assert_int_equal(d.draft.n_mails, 0);
	assert_int_equal(apply(&d, opinion("2", "second")), REASON_NONE);
	assert_int_equal(d.opinion.n_mails, 1);
	arena_destroy(&arena);
}

/* The expert asks for more while the patient has us wait: she may still say that we need not any more. */
static void two_pauses_end_each_by_its_own(void **state)
{
	(void)state;
	struct arena *arena = arena_create(1 << 20);
	struct dossier d = at(arena, DOSSIER_ACCEPTED);

	assert_int_equal(apply(&d, event(EVENT_PAUSED)), REASON_NONE);
	assert_int_equal(apply(&d, event(EVENT_MORE_ASKED)), REASON_NONE);
	assert_int_equal(apply(&d, event(EVENT_RESUMED)), REASON_NONE);
	assert_true(d.pauses[0].until.us != 0 && d.pauses[1].until.us == 0);
	assert_int_equal(apply(&d, event(EVENT_RESUMED)), REASON_DOSSIER_ORDER);
	arena_destroy(&arena);
}

static void pauses_begin_and_end(void **state)
{
	(void)state;
	struct arena *arena = arena_create(1 << 20);
	struct dossier d = at(arena, DOSSIER_ACCEPTED);

	assert_int_equal(apply(&d, event(EVENT_RESUMED)), REASON_DOSSIER_ORDER);
	assert_int_equal(apply(&d, event(EVENT_MORE_ASKED)), REASON_NONE);
	assert_true(d.state == DOSSIER_MORE_INFO && dossier_paused(&d) != NULL && dossier_paused(&d)->by_expert);
	assert_int_equal(apply(&d, event(EVENT_PAUSED)), REASON_DOSSIER_ORDER);
	assert_int_equal(apply(&d, event(EVENT_MORE_ASKED)), REASON_NONE);
	assert_int_equal(d.n_pauses, 1);
	assert_int_equal(apply(&d, event(EVENT_MORE_ANSWERED)), REASON_NONE);
	assert_null(dossier_paused(&d));
	assert_int_equal(apply(&d, event(EVENT_PAUSED)), REASON_NONE);
	assert_int_equal(apply(&d, event(EVENT_RESUMED)), REASON_NONE);
	assert_int_equal(apply(&d, event(EVENT_MORE_ASKED)), REASON_NONE);
	assert_int_equal(apply(&d, opinion("1", "y")), REASON_NONE);   /* he answered without */
	assert_null(dossier_paused(&d));
	assert_int_equal(d.n_pauses, 3);
	arena_destroy(&arena);
}

/* Who holds it again is not late, from whichever of his mailboxes he writes. */
static void a_holder_is_never_late(void **state)
{
	(void)state;
	struct arena *arena = arena_create(1 << 20);
	struct dossier d = at(arena, DOSSIER_ACCEPTED);
	struct dossier_event moved = event(EVENT_CHANNEL_CHANGED);

	assert_int_equal(apply(&d, offer(EVENT_REASSIGNED, "1")), REASON_NONE);
	assert_true(dossier_has_lost(&d, &d.offers[0]));
	assert_int_equal(apply(&d, offer(EVENT_OFFERED, "1")), REASON_NONE);
	assert_int_equal(apply(&d, offer(EVENT_OFFER_ACCEPTED, "1")), REASON_NONE);
	moved.channel = (struct dossier_channel_data){.party = PARTY_EXPERT, .channel = CHANNEL_MAIL, .address = BYTES("other@x.fr")};
	assert_int_equal(apply(&d, moved), REASON_NONE);
	assert_int_equal(d.offers[0].answer, OFFER_ENDED);
	assert_false(dossier_has_lost(&d, &d.offers[0]));
	arena_destroy(&arena);
}

/* The withdrawal outlives the state: what is put away is not written about again. */
static void a_withdrawal_is_for_good(void **state)
{
	(void)state;
	struct arena *arena = arena_create(1 << 20);
	struct dossier d = at(arena, DOSSIER_TRIAGE);
	struct instant later = {INT64_MAX};

	assert_int_equal(consent_check(&d, PARTY_PATIENT, later), REASON_NONE);
	assert_int_equal(apply(&d, event(EVENT_WITHDRAWN)), REASON_NONE);
	assert_int_equal(consent_check(&d, PARTY_PATIENT, later), REASON_CONSENT_NONE);
	assert_int_equal(apply(&d, event(EVENT_ARCHIVED)), REASON_NONE);
	for (enum party p = PARTY_PATIENT; p < PARTIES; p++)
		if (p != PARTY_SENDER)
			assert_int_equal(consent_check(&d, p, later), REASON_CONSENT_NONE);
	arena_destroy(&arena);
}

/* What somebody is told by mail does not happen while no mail may leave: he would wait for an answer to what he never heard. */
static void a_frozen_dossier_promises_nothing(void **state)
{
	static const struct {
		enum dossier_state state;
		enum dossier_event_kind kind;
	} rows[] = {
		{DOSSIER_COMPLETE, EVENT_OFFERED},       {DOSSIER_OFFERED, EVENT_OFFER_REMINDED},  {DOSSIER_OFFERED, EVENT_OFFER_ACCEPTED},
		{DOSSIER_ACCEPTED, EVENT_MORE_ASKED},    {DOSSIER_ACCEPTED, EVENT_STANDBY_OFFERED}, {DOSSIER_OPINION, EVENT_OPINION_RETURNED},
		{DOSSIER_CHECKED, EVENT_RELEASED},       {DOSSIER_RELEASED, EVENT_QUESTION_RECEIVED}, {DOSSIER_EXCHANGE, EVENT_QUESTION_ANSWERED},
		{DOSSIER_ACCEPTED, EVENT_OPINION_UNSIGNED}, {DOSSIER_RELEASED, EVENT_SHARED},
	};
	struct dossier_event freeze = event(EVENT_FROZEN);
	(void)state;

	freeze.text.id = BYTES("breach");
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct arena *arena = arena_create(1 << 20);
		struct dossier d = at(arena, rows[i].state);
		struct dossier_event e = event(rows[i].kind);
		if (dossier_event_data(e.kind) == EVENT_DATA_OFFER)
			e = offer(e.kind, e.kind == EVENT_STANDBY_OFFERED ? "2" : "1");
		if (dossier_event_data(e.kind) == EVENT_DATA_RELEASE) {
			e = released(1);
			e.kind = rows[i].kind;
		}
		assert_int_equal(apply(&d, freeze), REASON_NONE);
		if (apply(&d, e) != REASON_DOSSIER_FROZEN)
			fail_msg("row %zu: %s", i, dossier_event_name(e.kind));
		assert_int_equal(apply(&d, event(EVENT_UNFROZEN)), REASON_NONE);
		if (apply(&d, e) != REASON_NONE)
			fail_msg("row %zu: %s, unfrozen", i, dossier_event_name(e.kind));
		arena_destroy(&arena);
	}
}

static void freezes_are_lifted_by_name(void **state)
{
	(void)state;
	struct arena *arena = arena_create(1 << 20);
	struct dossier d = at(arena, DOSSIER_TRIAGE);
	struct dossier_event freeze = event(EVENT_FROZEN);

	freeze.text.id = BYTES("breach");
	assert_int_equal(apply(&d, freeze), REASON_NONE);
	assert_true(dossier_stands_still(&d) && bytes_equal(d.frozen_why, BYTES("breach")));
	assert_int_equal(apply(&d, event(EVENT_UNFROZEN)), REASON_NONE);
	assert_false(dossier_stands_still(&d));
	assert_int_equal(apply(&d, event(EVENT_UNFROZEN)), REASON_DOSSIER_ORDER);
	assert_int_equal(apply(&d, event(EVENT_DIED)), REASON_NONE);
	assert_true(dossier_stands_still(&d) && dossier_is_over(d.state));
	arena_destroy(&arena);
}

static void representatives_have_dates(void **state)
{
	(void)state;
	struct arena *arena = arena_create(1 << 20);
	struct dossier d = at(arena, DOSSIER_TRIAGE);
	struct dossier_event named = event(EVENT_REPRESENTATIVE_NAMED), ended = event(EVENT_REPRESENTATIVE_ENDED);

	named.representative = (struct dossier_representative_data){
		.id = BYTES("r1"), .role = ROLE_GUARDIAN, .mailbox = BYTES("r@x.fr"), .timed_from = true, .from = MORNING, .timed_until = true,
		.until = instant_plus(MORNING, SPAN_DAYS(10))};
	assert_int_equal(apply(&d, named), REASON_NONE);
	const struct dossier_representative *r = dossier_find_representative(&d, BYTES("r1"));
	assert_true(dossier_represents(r, MORNING));
	assert_false(dossier_represents(r, instant_plus(MORNING, SPAN_DAYS(10))));
	assert_false(dossier_represents(r, (struct instant){MORNING.us - 1}));
	assert_true(bytes_equal(dossier_mailbox(&d, PARTY_REPRESENTATIVE), BYTES("r@x.fr")));
	ended.text.id = BYTES("r2");
	assert_int_equal(apply(&d, ended), REASON_NOT_FOUND);
	ended.text.id = BYTES("r1");
	assert_int_equal(apply(&d, ended), REASON_NONE);
	assert_int_equal(apply(&d, ended), REASON_NOT_FOUND);
	assert_false(dossier_represents(dossier_find_representative(&d, BYTES("r1")), MORNING));
	assert_int_equal(dossier_mailbox(&d, PARTY_REPRESENTATIVE).len, 0);
	named.representative.until = named.representative.from;
	assert_int_equal(apply(&d, named), REASON_DOSSIER_ORDER);
	arena_destroy(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_straight_road),
		cmocka_unit_test(forbidden_steps),
		cmocka_unit_test(no_road_around),
		cmocka_unit_test(who_answers_an_offer),
		cmocka_unit_test(who_gives_an_opinion),
		cmocka_unit_test(a_correction_interrupts),
		cmocka_unit_test(a_dossier_changes_hands),
		cmocka_unit_test(a_stand_by_takes_over),
		cmocka_unit_test(a_stand_by_begins_anew), cmocka_unit_test(two_pauses_end_each_by_its_own), cmocka_unit_test(pauses_begin_and_end),
		cmocka_unit_test(a_holder_is_never_late), cmocka_unit_test(a_withdrawal_is_for_good), cmocka_unit_test(a_frozen_dossier_promises_nothing), cmocka_unit_test(freezes_are_lifted_by_name),
		cmocka_unit_test(representatives_have_dates),
		cmocka_unit_test(versions_have_no_gap),
		cmocka_unit_test(nothing_is_kept_before_the_release), cmocka_unit_test(an_answer_needs_a_question),
		cmocka_unit_test(documents_at_the_gate),
		cmocka_unit_test(replacing),
		cmocka_unit_test(loose_files),
		cmocka_unit_test(proofs_only_rise), cmocka_unit_test(each_part_has_its_proof),
		cmocka_unit_test(sequence_has_no_holes),
		cmocka_unit_test(requests_at_the_gate),
		cmocka_unit_test(consents_change_for_physicians_only),
		cmocka_unit_test(a_consent_is_not_older_than_itself),
		cmocka_unit_test(random_walks),
		cmocka_unit_test(names_read_back),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
