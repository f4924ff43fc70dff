/* policy/export_test.c - what each copy of a dossier holds, and what it must not. */
#include "policy/export.h"
#include "policy/test_world.h"

/* A dossier that an expert holds, with one more document. */
static struct world *holding(void (*bend)(struct dossier_document *d))
{
	struct world *w = world_make();
	struct dossier *d = arena_alloc(w->arena, sizeof *d);

	to_accepted(w);
	*d = dossier_copy(w->arena, w->dossier);
	if (bend != NULL)
		bend(&d->documents[0]);
	w->dossier = d;
	return w;
}

static void hidden_from_patient(struct dossier_document *d)
{
	d->filing.document.masked_patient = true;
}

static void hidden_from_parents(struct dossier_document *d)
{
	d->filing.document.masked_representatives = true;
}

static void hidden_from_professionals(struct dossier_document *d)
{
	d->filing.document.masked_professionals = true;
}

static void withdrawn(struct dossier_document *d)
{
	d->withdrawn = true;
}

static void in_doubt(struct dossier_document *d)
{
	d->shared = false;
}

static void replaced(struct dossier_document *d)
{
	d->replaced = true;
}

static const struct {
	const char *what;
	void (*bend)(struct dossier_document *d);
	bool patient, expert;
} documents_of[] = {
	{"plain", NULL, true, true},
	{"invisible to the patient", hidden_from_patient, false, true},
	{"invisible to his representatives, who may hold the copy", hidden_from_parents, false, true},
	{"masked for professionals", hidden_from_professionals, true, false},
	{"withdrawn by its sender", withdrawn, false, false},
	{"perhaps of another patient", in_doubt, false, false},
	{"an older version: it is his all the same", replaced, true, true},
};

static void documents_are_hidden(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(documents_of); i++) {
		struct world *w = holding(documents_of[i].bend);
		const struct dossier_document *d = &w->dossier->documents[0];
		struct dossier_event filed = {.kind = EVENT_DOCUMENT_FILED, .document = d->filing, .actor = BYTES("relais")};
		if (export_document(d, EXPORT_PATIENT) != documents_of[i].patient || export_document(d, EXPORT_EXPERT) != documents_of[i].expert)
			fail_msg("%s", documents_of[i].what);
		assert_true(export_document(d, EXPORT_OFFICER));
		assert_int_equal(export_hides(w->dossier, EXPORT_PATIENT), !documents_of[i].patient);
		assert_int_equal(export_hides(w->dossier, EXPORT_EXPERT), !documents_of[i].expert);
		assert_false(export_hides(w->dossier, EXPORT_OFFICER));
		/* Nor does the history tell that it came. */
		assert_int_equal(export_event(w->dossier, EXPORT_PATIENT, &filed), documents_of[i].patient);
		assert_int_equal(export_event(w->dossier, EXPORT_EXPERT, &filed), documents_of[i].expert);
		assert_true(export_event(w->dossier, EXPORT_OFFICER, &filed));
		world_free(w);
	}
}

static const struct {
	const char *what, *actor, *from;
	bool settled, hides, report;
	bool patient, patient_hidden, expert, unfiled;   /* patient_hidden: while the dossier holds a document that is hidden from him */
} received[] = {
	{"his own letter", "patient", "p@patient.exemple.fr", true, false, false, true, true, false, false},
	{"his own, with a document hidden from him", "patient", "p@patient.exemple.fr", true, true, false, false, false, false, false},
	{"a hospital's documents", "relais", "pfi@chu.exemple.fr", true, false, false, true, true, false, false},
	{"a hospital's, with one hidden", "relais", "pfi@chu.exemple.fr", true, true, false, false, false, false, false},
	{"a physician's request, with another patient's documents", "relais", "dr@cabinet.exemple.fr", true, false, false, false, false, false, true},
	{"his own letter, with a photograph", "patient", "p@patient.exemple.fr", true, false, false, true, true, false, true},
	{"his expert's, with an annex", "expert", "un@experts.exemple.fr", true, false, false, true, false, true, true},
	{"held: perhaps another patient's", "relais", "pfi@chu.exemple.fr", false, false, false, false, false, false, false},
	{"the expert's opinion", "expert", "un@experts.exemple.fr", true, false, false, true, false, true, false},
	{"of another expert", "expert", "deux@experts.exemple.fr", true, false, false, true, false, false, false},
	{"of who acts for him", "representative:r1", "tutrice@famille.exemple.fr", true, false, false, false, false, false, false},
	{"of no event", "", "x@exemple.fr", true, false, false, true, false, false, false},
	{"an operator's report on a mail", "relais", "mailer-daemon@operateur.exemple.fr", true, false, true, false, false, false, false},
	{"the expert's reading receipt", "relais", "un@experts.exemple.fr", true, false, true, false, false, false, false},
};

static void messages_are_kept_apart(void **state)
{
	struct world *plain = holding(NULL), *hidden = holding(hidden_from_patient);
	(void)state;

	for (size_t i = 0; i < COUNT(received); i++) {
		const struct export_message m = {.actor = T(received[i].actor), .from = T(received[i].from), .settled = received[i].settled, .hides = received[i].hides, .unfiled = received[i].unfiled,
						 .report = received[i].report};
		if (export_received(plain->dossier, EXPORT_PATIENT, &m) != received[i].patient)
			fail_msg("%s, to the patient", received[i].what);
		if (export_received(hidden->dossier, EXPORT_PATIENT, &m) != received[i].patient_hidden)
			fail_msg("%s, to the patient, who must not know of a document", received[i].what);
		if (export_received(plain->dossier, EXPORT_EXPERT, &m) != received[i].expert)
			fail_msg("%s, to the expert", received[i].what);
		assert_true(export_received(plain->dossier, EXPORT_OFFICER, &m));
	}
	world_free(plain);
	world_free(hidden);
}

/* Held back to be announced by a person: it is not read in a copy first. Nor is one that no release rests on. */
static void an_opinion_before_its_release(void **state)
{
	struct world *w = world_make();
	struct dossier_event held = {.kind = EVENT_HELD, .text = {BYTES(""), BYTES("diagnostic grave")}};
	struct export_message m = {.actor = BYTES("expert"), .from = EXPERTS[0].mailbox, .settled = true, .opinion = true};
	(void)state;

	to_checked(w);
	m.inbox = w->dossier->opinion.mails[0].inbox;
	assert_int_equal(w->dossier->opinion.n_mails, 1);
	assert_false(export_received(w->dossier, EXPORT_PATIENT, &m));
	assert_true(export_received(w->dossier, EXPORT_EXPERT, &m));
	assert_true(export_received(w->dossier, EXPORT_OFFICER, &m));
	assert_false(export_event(w->dossier, EXPORT_PATIENT, &held));
	command(w, POLICY_ACT_RELEASE, "", "");
	assert_true(export_received(w->dossier, EXPORT_PATIENT, &m));
	m.inbox++;
	assert_false(export_received(w->dossier, EXPORT_PATIENT, &m));
	world_free(w);
}

static void letters_are_kept_apart(void **state)
{
	static const bool to_patient[PARTIES] = {[PARTY_PATIENT] = true, [PARTY_EXPERT] = true, [PARTY_STANDBY] = true, [PARTY_ATTENDING] = true,
						 [PARTY_FIRST_OPINION] = true, [PARTY_REQUESTER] = true};
	struct world *plain = holding(NULL), *hidden = holding(hidden_from_patient);
	(void)state;

	for (enum party p = PARTY_PATIENT; p < PARTIES; p++) {
		const struct export_mail to = {.code = MAIL_M13, .party = p, .mailbox = BYTES("a@b.fr"), .actor = BYTES("relais")};
		const struct export_mail first = {MAIL_M13, p, EXPERTS[0].mailbox, BYTES("relais")}, second = {MAIL_M13, p, EXPERTS[1].mailbox, BYTES("relais")};
		assert_int_equal(export_sent(plain->dossier, EXPORT_PATIENT, &to), to_patient[p]);
		assert_int_equal(export_sent(hidden->dossier, EXPORT_PATIENT, &to), p == PARTY_PATIENT);
		assert_int_equal(export_sent(plain->dossier, EXPORT_EXPERT, &first), p == PARTY_EXPERT || p == PARTY_STANDBY);
		assert_false(export_sent(plain->dossier, EXPORT_EXPERT, &second));
		assert_true(export_sent(plain->dossier, EXPORT_OFFICER, &to));
	}
	world_free(plain);
	world_free(hidden);
}

/* What is left out as a message or as a line of the history does not come back inside the mail that handed it on. */
static void what_a_mail_hands_on(void **state)
{
	static const struct {
		const char *what;
		struct export_mail mail;
		bool patient, expert;
	} mails[] = {
		{"his question, handed on", {MAIL_M30, PARTY_EXPERT, BYTES_OF("un@experts.exemple.fr"), BYTES_OF("patient")}, true, true},
		{"his guardian's question, handed on", {MAIL_M30, PARTY_EXPERT, BYTES_OF("un@experts.exemple.fr"), BYTES_OF("representative:r1")}, false, true},
		{"the answer to his guardian, to him", {MAIL_M31, PARTY_PATIENT, BYTES_OF("p@patient.exemple.fr"), BYTES_OF("expert")}, true, false},
		{"the numbers to call, to him, since his guardian wrote of an emergency", {MAIL_M33, PARTY_PATIENT, BYTES_OF("p@patient.exemple.fr"), BYTES_OF("representative:r1")}, true, false},
		{"which of his physician's documents are another patient's", {MAIL_M62, PARTY_REQUESTER, BYTES_OF("dr@cabinet.exemple.fr"), BYTES_OF("relais")}, false, false},
		{"why an opinion that is not his yet went back", {MAIL_M15, PARTY_EXPERT, BYTES_OF("un@experts.exemple.fr"), BYTES_OF("operator:claire")}, false, true},
	};
	struct world *w = holding(NULL);
	(void)state;

	for (size_t i = 0; i < COUNT(mails); i++) {
		if (export_sent(w->dossier, EXPORT_PATIENT, &mails[i].mail) != mails[i].patient)
			fail_msg("%s, to the patient", mails[i].what);
		if (export_sent(w->dossier, EXPORT_EXPERT, &mails[i].mail) != mails[i].expert)
			fail_msg("%s, to the expert", mails[i].what);
		assert_true(export_sent(w->dossier, EXPORT_OFFICER, &mails[i].mail));
	}
	world_free(w);
}

/* That it is urgent is the news itself: nobody reads it first in a copy. */
static void an_alert_before_its_release(void **state)
{
	struct world *w = world_make();
	struct dossier_event alert = {.kind = EVENT_OPINION_ALERT, .text = {BYTES("delay"), BYTES("")}, .actor = BYTES("expert")};
	(void)state;

	to_checked(w);
	assert_false(export_event(w->dossier, EXPORT_PATIENT, &alert));
	assert_true(export_event(w->dossier, EXPORT_OFFICER, &alert));
	command(w, POLICY_ACT_RELEASE, "", "");
	assert_true(export_event(w->dossier, EXPORT_PATIENT, &alert));
	world_free(w);
}

static const struct {
	const char *what;
	struct dossier_event event;
	bool patient, expert;
} lines[] = {
	{"the release", {.kind = EVENT_RELEASED}, true, true},
	{"a call to him", {.kind = EVENT_CONTACT_MADE, .contact = {.party = PARTY_PATIENT}}, true, false},
	{"a call to his daughter", {.kind = EVENT_CONTACT_MADE, .contact = {.party = PARTY_REPRESENTATIVE}}, false, false},
	{"what was said of a physician", {.kind = EVENT_CONTACT_MADE, .contact = {.party = PARTY_ATTENDING}}, false, false},
	{"who acts for him", {.kind = EVENT_REPRESENTATIVE_NAMED}, false, false},
	{"the other parent's objection", {.kind = EVENT_FROZEN}, false, false},
	{"a mail to the other parent", {.kind = EVENT_MAIL_PROOF, .mail = {.party = PARTY_OTHER_PARENT}}, false, false},
	{"a mail to him", {.kind = EVENT_MAIL_PROOF, .mail = {.party = PARTY_PATIENT}}, true, false},
	{"a minor's secret", {.kind = EVENT_CHANNEL_CHANGED, .channel = {.party = PARTY_PATIENT, .why = BYTES_OF("secret")}}, false, false},
	{"how he is reached", {.kind = EVENT_CHANNEL_CHANGED, .channel = {.party = PARTY_PATIENT, .why = BYTES_OF("asked")}}, true, false},
	{"our clocks", {.kind = EVENT_DEADLINE_PASSED}, false, false},
	{"where his daughter is reached", {.kind = EVENT_MAILBOX_AWAITED, .text = {BYTES_OF("representative"), BYTES_OF("")}}, false, false},
	{"where his physician is reached", {.kind = EVENT_MAILBOX_AWAITED, .text = {BYTES_OF("attending"), BYTES_OF("")}}, true, false},
	{"another address of his daughter's", {.kind = EVENT_PROFILE_TOLD, .profile = {.party = PARTY_REPRESENTATIVE}}, false, false},
	{"consent", {.kind = EVENT_CONSENT_CHANGED}, true, false},
	{"the holder's yes", {.kind = EVENT_OFFER_ACCEPTED, .offer = {.mailbox = BYTES_OF("un@experts.exemple.fr")}}, true, true},
	{"another's no", {.kind = EVENT_OFFER_DECLINED, .offer = {.mailbox = BYTES_OF("deux@experts.exemple.fr")}}, true, false},
	{"an earlier copy", {.kind = EVENT_EXPORTED}, true, false},
	{"what a representative asked", {.kind = EVENT_QUESTION_RECEIVED, .actor = BYTES_OF("representative:r1")}, false, true},
};

static void the_history_is_kept_apart(void **state)
{
	struct world *w = holding(NULL);
	(void)state;

	for (size_t i = 0; i < COUNT(lines); i++) {
		if (export_event(w->dossier, EXPORT_PATIENT, &lines[i].event) != lines[i].patient)
			fail_msg("%s, to the patient", lines[i].what);
		if (export_event(w->dossier, EXPORT_EXPERT, &lines[i].event) != lines[i].expert)
			fail_msg("%s, to the expert", lines[i].what);
		assert_true(export_event(w->dossier, EXPORT_OFFICER, &lines[i].event));
		assert_false(export_event(w->dossier, EXPORT_NOBODY, &lines[i].event));
	}
	world_free(w);
}

/* The act leaves its trace, or is refused before anything was read. */
static void a_copy_is_an_act(void **state)
{
	struct world *w = world_make();
	(void)state;

	to_triage(w);
	command(w, POLICY_ACT_EXPORT, "expert", "");
	assert_int_equal(w->last.reason, REASON_EXPERT_NONE);
	command(w, POLICY_ACT_EXPORT, "insurer", "");
	assert_int_equal(w->last.reason, REASON_USAGE);
	command(w, POLICY_ACT_EXPORT, "patient", "");
	assert_int_equal(w->last.outcome, POLICY_APPLIED);
	assert_string_equal(events_of(w), "exported");
	assert_string_equal(mails_of(w), "");
	assert_true(bytes_equal_text(w->last.events[0].text.id, "patient") && bytes_starts(w->last.events[0].actor, BYTES("operator:")));
	command(w, POLICY_ACT_DIED, "", "sa fille");
	command(w, POLICY_ACT_EXPORT, "patient", "");
	assert_int_equal(w->last.reason, REASON_EXPORT_PERSON);
	assert_int_equal(w->last.n_events, 0);
	command(w, POLICY_ACT_EXPORT, "officer", "");
	assert_int_equal(w->last.outcome, POLICY_APPLIED);
	world_free(w);
}

/* Perhaps another person's file: nobody is handed it before a person has compared. */
static void an_identity_in_doubt(void **state)
{
	struct world *w = world_make();
	(void)state;

	to_triage(w);
	command(w, POLICY_ACT_DOUBT, "", "date de naissance");
	assert_int_equal(w->dossier->state, DOSSIER_IDENTITY);
	command(w, POLICY_ACT_EXPORT, "patient", "");
	assert_int_equal(w->last.reason, REASON_EXPORT_PERSON);
	assert_int_equal(w->last.n_events, 0);
	command(w, POLICY_ACT_EXPORT, "officer", "");
	assert_int_equal(w->last.outcome, POLICY_APPLIED);
	command(w, POLICY_ACT_IDENTITY, "", "carte d'identité");
	command(w, POLICY_ACT_EXPORT, "patient", "");
	assert_int_equal(w->last.outcome, POLICY_APPLIED);
	world_free(w);
}

static void a_minors_secret(void **state)
{
	struct world *w = holding(NULL);
	struct dossier d = *w->dossier;
	(void)state;

	assert_int_equal(export_check(&d, EXPORT_PATIENT), REASON_NONE);
	d.channels[PARTY_PATIENT] = (struct dossier_channel_data){.party = PARTY_PATIENT, .channel = CHANNEL_PHYSICIAN, .why = BYTES("secret")};
	assert_int_equal(export_check(&d, EXPORT_PATIENT), REASON_EXPORT_PERSON);
	assert_int_equal(export_check(&d, EXPORT_OFFICER), REASON_NONE);
	assert_int_equal(export_check(&d, EXPORT_EXPERT), REASON_NONE);
	world_free(w);
}

static void names(void **state)
{
	(void)state;
	for (enum export_for e = EXPORT_PATIENT; e < EXPORT_FORS; e++)
		assert_int_equal(export_for_of_name(T(export_for_name(e))), e);
	assert_int_equal(export_for_of_name(BYTES("nobody")), EXPORT_NOBODY);
	assert_int_equal(export_for_of_name(BYTES("")), EXPORT_NOBODY);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(documents_are_hidden), cmocka_unit_test(messages_are_kept_apart), cmocka_unit_test(letters_are_kept_apart), cmocka_unit_test(what_a_mail_hands_on), cmocka_unit_test(an_alert_before_its_release),
		cmocka_unit_test(an_opinion_before_its_release),
		cmocka_unit_test(the_history_is_kept_apart), cmocka_unit_test(a_copy_is_an_act), cmocka_unit_test(a_minors_secret), cmocka_unit_test(an_identity_in_doubt), cmocka_unit_test(names),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
