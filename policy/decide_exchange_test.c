/* policy/decide_exchange_test.c - what patient and physician write, in every state that makes a difference. */
#include "policy/deadline.h"
#include "policy/test_world.h"
#include "policy/worklist.h"

#define UN "un@experts.exemple.fr"

static const struct policy_emergency CHEST = {BYTES_OF("chest"), BYTES_OF("douleur dans la poitrine")};

static void to_exchange(struct world *w)
{
	to_released(w);
	pass(w, SPAN_HOURS(1));
	send(w, patient_message(w, "Faut-il opérer vite ?"));
	pass(w, SPAN_HOURS(1));
	struct policy_message answer = reply_message(w, UN, POLICY_WORD_NONE);
	answer.text = BYTES("Non, rien ne presse.");
	send(w, answer);
	assert_string_equal(mails_of(w), "M31 patient");
	assert_int_equal(w->dossier->state, DOSSIER_EXCHANGE);
}

static void to_question(struct world *w)
{
	to_released(w);
	send(w, patient_message(w, "Faut-il opérer vite ?"));
}

static void to_more(struct world *w)
{
	to_accepted(w);
	assert_int_equal(command(w, POLICY_ACT_MORE, "", "L'IRM de 2023 ?")->outcome, POLICY_APPLIED);
	assert_int_equal(w->dossier->state, DOSSIER_MORE_INFO);
}

static void end(struct world *w, enum policy_act act)
{
	to_triage(w);
	assert_int_equal(command(w, act, "", "fini")->outcome, POLICY_APPLIED);
}

static void to_redirected(struct world *w)
{
	end(w, POLICY_ACT_REDIRECT);
}

static void to_cancelled(struct world *w)
{
	end(w, POLICY_ACT_CANCEL);
}

static void to_withdrawn(struct world *w)
{
	end(w, POLICY_ACT_WITHDRAW);
}

static void to_dead(struct world *w)
{
	end(w, POLICY_ACT_DIED);
}

static void to_closed(struct world *w)
{
	to_exchange(w);
	command(w, POLICY_ACT_CLOSE, "", "");
	assert_int_equal(w->dossier->state, DOSSIER_CLOSED);
}

static void to_archived(struct world *w)
{
	to_closed(w);
	command(w, POLICY_ACT_ARCHIVE, "", "");
	assert_int_equal(w->dossier->state, DOSSIER_ARCHIVED);
}

/* A file of the patient's that no antivirus, no reader may open. */
static struct policy_document refused_piece(struct world *w)
{
	struct policy_document d = document(w, "photo-1", "", "ff");
	d.reason = REASON_DOCUMENT_DOCTYPE;
	return d;
}

struct row {
	const char *what;
	void (*before)(struct world *w);
	const char *frozen;              /* why; NULL: it is not */
	enum policy_word word;
	bool emergency, refused, document;
	enum policy_outcome outcome;
	enum reason reason;
	const char *events, *mails;
};

static const struct row ROWS[] = {
	{"a question goes to the expert", to_released, NULL, POLICY_WORD_NONE, false, false, false, POLICY_APPLIED, REASON_NONE, "question_received", "M30 expert"},
	{"frozen, it waits for a person", to_released, "breach", POLICY_WORD_NONE, false, false, false, POLICY_HELD, REASON_DOSSIER_FROZEN, "", ""},
	{"after the end it is answered by a person", to_closed, NULL, POLICY_WORD_NONE, false, false, false, POLICY_APPLIED, REASON_NONE, "question_late", "M36 patient"},
	{"with his consent withdrawn nothing is written", to_withdrawn, NULL, POLICY_WORD_NONE, false, false, false, POLICY_APPLIED, REASON_NONE, "question_late", ""},
	{"nor after his death", to_dead, NULL, POLICY_WORD_NONE, false, false, false, POLICY_APPLIED, REASON_NONE, "question_late", ""},

	{"an emergency is answered, and the question passed on", to_released, NULL, POLICY_WORD_NONE, true, false, false, POLICY_APPLIED, REASON_REPLY_URGENT, "urgent, question_received", "M33 patient, M30 expert"},
	{"with a file that is refused it is answered all the same", to_released, NULL, POLICY_WORD_NONE, true, true, false, POLICY_APPLIED, REASON_REPLY_URGENT, "urgent", "M33 patient"},
	{"frozen, too", to_released, "breach", POLICY_WORD_NONE, true, false, false, POLICY_APPLIED, REASON_REPLY_URGENT, "urgent", "M33 patient"},
	{"and with a withdrawal, which a person carries out", to_released, NULL, POLICY_WORD_WITHDRAW, true, false, false, POLICY_APPLIED, REASON_REPLY_URGENT, "urgent", "M33 patient"},
	{"what the expert waits for goes to him beside it", to_more, NULL, POLICY_WORD_NONE, true, false, true, POLICY_APPLIED, REASON_REPLY_URGENT, "urgent, document_filed, more_answered, deadline_passed", "M33 patient, M13C expert"},
	{"before any report it is answered", to_triage, NULL, POLICY_WORD_NONE, true, false, false, POLICY_APPLIED, REASON_REPLY_URGENT, "urgent", "M33 patient"},
	{"after the end", to_closed, NULL, POLICY_WORD_NONE, true, false, false, POLICY_APPLIED, REASON_REPLY_URGENT, "urgent", "M33 patient"},
	{"put away", to_archived, NULL, POLICY_WORD_NONE, true, false, false, POLICY_APPLIED, REASON_REPLY_URGENT, "urgent", "M33 patient"},
	{"of who was sent elsewhere", to_redirected, NULL, POLICY_WORD_NONE, true, false, false, POLICY_APPLIED, REASON_REPLY_URGENT, "urgent", "M33 patient"},
	{"of who cancelled", to_cancelled, NULL, POLICY_WORD_NONE, true, false, false, POLICY_APPLIED, REASON_REPLY_URGENT, "urgent", "M33 patient"},
	{"of who withdrew", to_withdrawn, NULL, POLICY_WORD_NONE, true, false, false, POLICY_APPLIED, REASON_REPLY_URGENT, "urgent", "M33 patient"},

	{"a withdrawal freezes at once", to_accepted, NULL, POLICY_WORD_WITHDRAW, false, false, false, POLICY_APPLIED, REASON_NONE, "frozen", ""},
	{"it takes no freeze's place", to_accepted, "breach", POLICY_WORD_WITHDRAW, false, false, false, POLICY_HELD, REASON_REPLY_WISH, "", ""},
	{"done: both are told", to_exchange, NULL, POLICY_WORD_DONE, false, false, false, POLICY_APPLIED, REASON_NONE, "closed", "M35 patient, M37 expert"},
	{"not while his question waits", to_question, NULL, POLICY_WORD_DONE, false, false, false, POLICY_HELD, REASON_REPLY_WISH, "", ""},
	{"not before he read the report", to_released, NULL, POLICY_WORD_DONE, false, false, false, POLICY_HELD, REASON_REPLY_WISH, "", ""},
	{"not while neither can be told", to_exchange, "court", POLICY_WORD_DONE, false, false, false, POLICY_HELD, REASON_DOSSIER_FROZEN, "", ""},
	{"not with a file beside it, which nobody would read", to_exchange, NULL, POLICY_WORD_DONE, false, false, true, POLICY_HELD, REASON_REPLY_WISH, "", ""},
	{"nor is it shared with a file beside the word", to_exchange, NULL, POLICY_WORD_SHARE, false, false, true, POLICY_HELD, REASON_REPLY_WISH, "", ""},
	{"shared before there is a report: a person", to_accepted, NULL, POLICY_WORD_SHARE, false, false, false, POLICY_HELD, REASON_REPLY_WISH, "", ""},
	{"shared with who has it: nothing again", to_exchange, NULL, POLICY_WORD_SHARE, false, false, false, POLICY_APPLIED, REASON_NONE, "consent_changed", ""},
	{"not shared while it is frozen", to_exchange, "objection", POLICY_WORD_SHARE, false, false, false, POLICY_HELD, REASON_CONSENT_NONE, "", ""},
	{"no longer shared", to_exchange, NULL, POLICY_WORD_UNSHARE, false, false, false, POLICY_APPLIED, REASON_NONE, "consent_changed, consent_changed", ""},
	{"no word of his moves a dead man's dossier", to_dead, NULL, POLICY_WORD_SHARE, false, false, false, POLICY_HELD, REASON_REPLY_WISH, "", ""},
	{"the answer that the expert waits for is not lost in a freeze", to_more, "objection", POLICY_WORD_NONE, false, false, true, POLICY_HELD, REASON_DOSSIER_FROZEN, "", ""},
};

static void what_the_patient_writes(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(ROWS); i++) {
		const struct row *r = &ROWS[i];
		struct world *w = world_make();
		r->before(w);
		pass(w, SPAN_HOURS(2));
		if (r->frozen != NULL)
			command(w, POLICY_ACT_FREEZE, r->frozen, "x");
		struct policy_message m = patient_message(w, "Voici ce que j'ai à dire.");
		m.reply.patient = r->word;
		m.emergencies = &CHEST;
		m.n_emergencies = r->emergency;
		if (r->refused || r->document)
			m.documents = documents(w, r->refused ? refused_piece(w) : document(w, "irm-1", "18748-4", "aa"));
		m.n_documents = r->refused || r->document;
		send(w, m);
		if (w->last.outcome != r->outcome || w->last.reason != r->reason || strcmp(events_of(w), r->events) != 0 || strcmp(mails_of(w), r->mails) != 0)
			fail_msg("%s: %s %s [%s] [%s]", r->what, policy_outcome_name(w->last.outcome), reason_code(w->last.reason), events_of(w), mails_of(w));
		if (r->emergency)
			assert_string_equal(w->last.owner, "nurses");
		world_free(w);
	}
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

/* Wherever it was said, somebody is to call, until he was reached. */
static void an_emergency_is_a_task_wherever_it_is_said(void **state)
{
	static void (*const before[])(struct world *w) = {to_triage, to_more, to_released, to_closed, to_archived, to_redirected, to_cancelled, to_withdrawn};
	(void)state;
	for (size_t i = 0; i < COUNT(before); i++) {
		struct world *w = world_make();
		before[i](w);
		struct policy_message m = patient_message(w, "J'ai une douleur dans la poitrine.");
		m.emergencies = &CHEST;
		m.n_emergencies = 1;
		send(w, m);
		assert_true(has_task(w, "urgent_call"));
		world_free(w);
	}
}

/* The physician's words of an emergency wait for a person, first in her list; nobody is sent numbers to call for them. */
static void a_physician_writes_of_an_emergency(void **state)
{
	(void)state;
	struct world *w = world_make();

	to_released(w);
	struct policy_message m = from(w, "general@cabinet.exemple.fr", POLICY_CLASS_REPLY);
	m.party = PARTY_REQUESTER;
	m.text = BYTES("Il a une douleur dans la poitrine.");
	m.emergencies = &CHEST;
	m.n_emergencies = 1;
	send(w, m);
	assert_int_equal(w->last.outcome, POLICY_HELD);
	assert_int_equal(w->last.reason, REASON_REPLY_URGENT);
	world_free(w);
}

/* Words of an emergency in a message that is not to be believed, or that a machine sent: nothing is done by them, and a person reads it before
 * any other. A machine has no answer; a sender who may be told is told what was wrong. */
static void an_emergency_that_is_not_believed_is_read_first(void **state)
{
	enum spoil { INVALID, UNTRUSTED, QUARANTINE, REFUSE, AUTOMATIC, ABSENCE, NULL_PATH, DIRECT, OTHER_NAME, REPRESENTATIVE };
	static const struct {
		const char *what;
		enum spoil spoil;
		bool told;
	} rows[] = {
		{"a broken signature", INVALID, true}, {"a signature of an unknown authority", UNTRUSTED, true}, {"kept back by the scan", QUARANTINE, true},
		{"refused by the scan", REFUSE, true}, {"an automatic answer", AUTOMATIC, false}, {"an absence notice", ABSENCE, false},
		{"from the null path", NULL_PATH, false}, {"to the service's own mailbox", DIRECT, false}, {"in another's name", OTHER_NAME, false},
		{"a representative's machine", REPRESENTATIVE, false},
	};
	static const struct policy_report absence = {.kind = POLICY_REPORT_AUTO_REPLY};
	(void)state;

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct world *w = world_make();
		to_released(w);
		struct policy_message m = patient_message(w, "J'ai une douleur dans la poitrine.");
		m.emergencies = &CHEST;
		m.n_emergencies = 1;
		m.signature.verdict = rows[i].spoil == INVALID ? POLICY_VERDICT_INVALID : rows[i].spoil == UNTRUSTED ? POLICY_VERDICT_UNTRUSTED : POLICY_VERDICT_NONE;
		m.signature.reason = rows[i].spoil == INVALID ? REASON_SIG_INVALID : rows[i].spoil == UNTRUSTED ? REASON_SIG_UNTRUSTED : REASON_NONE;
		m.scan = rows[i].spoil == QUARANTINE ? POLICY_SCAN_QUARANTINE : rows[i].spoil == REFUSE ? POLICY_SCAN_REFUSE : POLICY_SCAN_ACCEPT;
		m.scan_reason = m.scan == POLICY_SCAN_ACCEPT ? REASON_NONE : REASON_MAIL_AMBIGUOUS;
		m.automatic = rows[i].spoil == AUTOMATIC || rows[i].spoil == REPRESENTATIVE;
		m.report = rows[i].spoil == ABSENCE ? &absence : NULL;
		m.mail_from = rows[i].spoil == NULL_PATH ? BYTES_NONE : m.mail_from;
		m.party = rows[i].spoil == DIRECT ? PARTY_NONE : rows[i].spoil == REPRESENTATIVE ? PARTY_REPRESENTATIVE : PARTY_PATIENT;
		if (rows[i].spoil == OTHER_NAME) {
			m.source = POLICY_SOURCE_SUBMISSION;
			m.account = BYTES("un@experts.exemple.fr");
		}
		send(w, m);
		if (w->last.outcome != POLICY_HELD || w->last.reason != REASON_REPLY_URGENT || w->last.n_events != 0 || strcmp(w->last.owner, "nurses") != 0 ||
		    (w->last.n_mails > 0) != rows[i].told || (rows[i].told && (w->last.mails[0].code != MAIL_M71 || w->last.mails[0].reason == REASON_REPLY_URGENT)))
			fail_msg("%s: %s %s, %s", rows[i].what, policy_outcome_name(w->last.outcome), reason_code(w->last.reason), mails_of(w));
		world_free(w);
	}
}

/* Clinical words of professionals are no cry for help, and no report is: the rest of the quarantine keeps its reasons. */
static void what_is_no_cry_for_help(void **state)
{
	(void)state;
	struct world *w = world_make();

	to_released(w);
	struct policy_message m = reply_message(w, "un@experts.exemple.fr", POLICY_WORD_NONE);
	m.automatic = true;
	m.emergencies = &CHEST;
	m.n_emergencies = 1;
	assert_int_equal(send(w, m)->reason, REASON_REPLY_AUTOMATIC);
	m = record_message(w, "late", "11502-2", "l1");
	m.signature = (struct policy_signature){.verdict = POLICY_VERDICT_INVALID, .reason = REASON_SIG_INVALID};
	m.emergencies = &CHEST;
	m.n_emergencies = 1;
	assert_int_not_equal(send(w, m)->reason, REASON_REPLY_URGENT);
	m = patient_message(w, "Douleur dans la poitrine.");
	m.emergencies = &CHEST;
	m.n_emergencies = 1;
	m.own = true;
	assert_int_equal(send(w, m)->reason, REASON_MAIL_LOOP);
	world_free(w);
}

static void wish(struct world *w, enum policy_word word)
{
	struct policy_message m = patient_message(w, "x");

	pass(w, SPAN_MINUTES(5));
	m.reply.patient = word;
	send(w, m);
	assert_int_equal(w->last.outcome, POLICY_APPLIED);
}

/* PARTAGER, no, and PARTAGER again: what the no had stopped on its way goes. */
static void shared_again_after_a_no(void **state)
{
	const struct policy_delivery arrived = {.code = MAIL_M64, .party = PARTY_ATTENDING, .mailbox = BYTES("general@cabinet.exemple.fr"), .accepted = true};
	(void)state;
	for (int quick = 0; quick < 2; quick++) {
		struct world *w = world_make();
		to_exchange(w);
		wish(w, POLICY_WORD_SHARE);
		assert_string_equal(mails_of(w), "");
		if (quick) {
			policy_decide_outcome(w->arena, &w->rules, w->dossier, &arrived, w->now, &w->last);
			world_store(w);
		}
		wish(w, POLICY_WORD_UNSHARE);
		wish(w, POLICY_WORD_SHARE);
		assert_string_equal(mails_of(w), quick ? "" : "M64 attending");
		wish(w, POLICY_WORD_SHARE);
		assert_string_equal(mails_of(w), "");
		world_free(w);
	}
}

/* Frozen and open again: what came meanwhile reaches the expert, once. */
static void what_came_during_a_freeze(void **state)
{
	(void)state;
	struct world *w = world_make();
	struct policy_document newer;

	to_accepted(w);
	pass(w, SPAN_HOURS(2));
	command(w, POLICY_ACT_FREEZE, "objection", "x");
	newer = document(w, "mammo-2", "18748-4", "m2");
	newer.replaces = BYTES("mammo-1");
	newer.set_id = BYTES("mammo");
	struct policy_message m = record_message(w, "mammo-2", "18748-4", "m2");
	m.documents = documents(w, newer);
	send(w, m);
	assert_string_equal(events_of(w), "document_filed");
	assert_string_equal(mails_of(w), "M70 sender");
	command(w, POLICY_ACT_UNFREEZE, "", "x");
	pass(w, SPAN_DAYS(1));
	policy_decide_timer(w->arena, &w->rules, w->dossier, DEADLINE_ADDENDUM, w->now, &w->last);
	world_store(w);
	assert_string_equal(mails_of(w), "M13C expert");
	pass(w, SPAN_DAYS(2));
	policy_decide_timer(w->arena, &w->rules, w->dossier, DEADLINE_ADDENDUM, w->now, &w->last);
	assert_int_equal(w->last.outcome, POLICY_IGNORED);
	world_free(w);
}

/* A mail that only the freeze keeps back is somebody's to tell. */
static void what_a_freeze_kept_back_is_a_task(void **state)
{
	(void)state;
	struct world *w = world_make();

	send(w, request_message(w));
	command(w, POLICY_ACT_FREEZE, "objection", "x");
	command(w, POLICY_ACT_DOUBT, "", "sexe");
	assert_string_equal(events_of(w), "identity_doubted, mail_failed");
	assert_string_equal(mails_of(w), "");
	command(w, POLICY_ACT_UNFREEZE, "", "x");
	assert_true(has_task(w, "mail_failed"));
	world_free(w);
}

/* GDPR 33: the clock of a suspected breach is not lost to another freeze. */
static void a_breach_keeps_its_clock(void **state)
{
	(void)state;
	struct world *w = world_make();

	to_accepted(w);
	command(w, POLICY_ACT_FREEZE, "breach", "x");
	pass(w, SPAN_HOURS(5));
	command(w, POLICY_ACT_FREEZE, "objection", "y");
	assert_true(has_task(w, "breach_clock"));
	assert_int_equal(instant_since(w->dossier->frozen_at, w->now).us, SPAN_HOURS(5).us);
	command(w, POLICY_ACT_UNFREEZE, "", "x");
	assert_false(has_task(w, "breach_clock"));
	world_free(w);
}

static void outcome(struct world *w, enum mail_code code, enum party party, const char *mailbox, bool accepted)
{
	const struct policy_delivery d = {.code = code, .party = party, .mailbox = T(mailbox), .accepted = accepted, .reason = accepted ? REASON_NONE : REASON_DELIVER_REFUSED};

	pass(w, SPAN_MINUTES(1));
	policy_decide_outcome(w->arena, &w->rules, w->dossier, &d, w->now, &w->last);
	world_store(w);
}

/* The second question does not arrive where the first did; and an expert who lost the dossier is nobody's to write to. */
static void failed_mails_are_tasks_while_somebody_waits(void **state)
{
	(void)state;
	struct world *w = world_make();

	to_question(w);
	outcome(w, MAIL_M30, PARTY_EXPERT, UN, true);
	assert_false(has_task(w, "mail_failed"));
	send(w, patient_message(w, "Et ensuite ?"));
	outcome(w, MAIL_M30, PARTY_EXPERT, UN, false);
	assert_true(has_task(w, "mail_failed"));
	world_free(w);
	w = world_make();
	to_accepted(w);
	outcome(w, MAIL_M13, PARTY_EXPERT, UN, false);
	assert_true(has_task(w, "mail_failed"));
	const struct policy_command back = {.act = POLICY_ACT_REASSIGN, .actor = BYTES("nurse"), .how = BYTES("returned"), .text = BYTES("x")};
	policy_decide_command(w->arena, &w->rules, w->dossier, &back, w->now, &w->last);
	world_store(w);
	assert_int_equal(w->last.outcome, POLICY_APPLIED);
	assert_false(has_task(w, "mail_failed"));
	world_free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_the_patient_writes),
		cmocka_unit_test(an_emergency_is_a_task_wherever_it_is_said),
		cmocka_unit_test(an_emergency_that_is_not_believed_is_read_first), cmocka_unit_test(what_is_no_cry_for_help),
		cmocka_unit_test(a_physician_writes_of_an_emergency),
		cmocka_unit_test(shared_again_after_a_no),
		cmocka_unit_test(what_came_during_a_freeze),
		cmocka_unit_test(what_a_freeze_kept_back_is_a_task),
		cmocka_unit_test(a_breach_keeps_its_clock),
		cmocka_unit_test(failed_mails_are_tasks_while_somebody_waits),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
