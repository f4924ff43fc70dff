/* policy/decide_people_test.c - who acts for a patient, how each is reached, and that after a death nothing goes anywhere. */
#include "base/calendar.h"
#include "policy/given.h"
#include "policy/people.h"
#include "policy/test_world.h"

#define GUARDIAN "tutrice@famille.exemple.fr"
#define MOTHER "mere@famille.exemple.fr"
#define FATHER "pere@famille.exemple.fr"
#define STATION "impression@avis.exemple.fr"

static const struct policy_decision *act(struct world *w, struct policy_command c)
{
	c.actor = BYTES("nurse");
	policy_decide_command(w->arena, &w->rules, w->dossier, &c, w->now, &w->last);
	world_store(w);
	return &w->last;
}

static const struct policy_decision *represent(struct world *w, enum representative_role role, const char *mailbox, const char *proof)
{
	return act(w, (struct policy_command){.act = POLICY_ACT_REPRESENT,
					      .representative = {.role = role, .name = BYTES("Camille PAT-TROIS"), .mailbox = T(mailbox), .proof = T(proof)}});
}

static const struct policy_decision *other_parent(struct world *w, const char *mailbox)
{
	return act(w, (struct policy_command){.act = POLICY_ACT_REPRESENT,
					      .representative = {.role = ROLE_PARENT, .name = BYTES("Alex PAT-TROIS"), .mailbox = T(mailbox), .informed_only = true}});
}

static const struct policy_decision *channel(struct world *w, enum party party, const char *how, const char *address)
{
	return act(w, (struct policy_command){.act = POLICY_ACT_CHANNEL, .party = party, .how = T(how), .id = T(address)});
}

static const struct policy_decision *contact(struct world *w, enum party party, const char *result, const char *code)
{
	return act(w, (struct policy_command){.act = POLICY_ACT_CONTACT, .party = party, .id = BYTES("letter"), .how = T(result), .mail = T(code), .text = BYTES("x")});
}

static const struct policy_decision *timer(struct world *w, enum deadline_kind kind)
{
	policy_decide_timer(w->arena, &w->rules, w->dossier, kind, w->now, &w->last);
	world_store(w);
	return &w->last;
}

static void send_child(struct world *w, struct policy_message m)
{
	struct policy_document *d = arena_alloc(w->arena, sizeof *d);

	*d = m.documents[0];
	d->patient.birth_time = BYTES("20100615");
	m.documents = d;
	send(w, m);
}

/* Born on 15 June 2010; MORNING is 2 March 2026. */
static void child_to_triage(struct world *w)
{
	send_child(w, request_message(w));
	send_child(w, record_message(w, "mammo-1", "18748-4", "m1"));
	send_child(w, record_message(w, "rcp-1", "51851-4", "r1"));
	assert_int_equal(w->dossier->state, DOSSIER_TRIAGE);
}

static void finish(struct world *w)
{
	command(w, POLICY_ACT_TRIAGE, "", "");
	send(w, reply_message(w, "un@experts.exemple.fr", POLICY_WORD_ACCEPT));
	pass(w, SPAN_DAYS(2));
	send(w, opinion_message(w, "un@experts.exemple.fr", "e1"));
	command(w, POLICY_ACT_RELEASE, "", "");
}

/* How many mails of the last decision go to that address. */
static size_t mails_to(const struct world *w, const char *address)
{
	size_t n = 0;
	for (size_t i = 0; i < w->last.n_mails; i++)
		n += bytes_equal_text(w->last.mails[i].to, address);
	return n;
}

static void roles(void **state)
{
	static const struct {
		const char *what;
		enum representative_role role;
		const char *proof;
		bool agreed;
		const char *naming, *step, *report;
	} rows[] = {
		{"without a proof a guardian is asked for it and has nothing", ROLE_GUARDIAN, "", false, "M50 representative", "M06 patient, M10 expert", "M21 patient, M64 attending, M16 expert"},
		{"with it he has all", ROLE_GUARDIAN, "jugement", false, "", "M06 patient, M06 representative, M10 expert", "M21 patient, M21 representative, M64 attending, M16 expert"},
		{"so has who is empowered by the judge", ROLE_FAMILY, "ordonnance", false, "", "M06 patient, M06 representative, M10 expert", "M21 patient, M21 representative, M64 attending, M16 expert"},
		{"a curator has the steps", ROLE_CURATOR, "jugement", false, "", "M06 patient, M06 representative, M10 expert", "M21 patient, M64 attending, M16 expert"},
		{"and the report when the patient agrees", ROLE_CURATOR, "jugement", true, "", "M06 patient, M06 representative, M10 expert", "M21 patient, M21 representative, M64 attending, M16 expert"},
		{"so has a trusted person the steps", ROLE_TRUSTED, "lettre", false, "", "M06 patient, M06 representative, M10 expert", "M21 patient, M64 attending, M16 expert"},
		{"the agreement is nothing without a proof", ROLE_TRUSTED, "", true, "M50 representative", "M06 patient, M10 expert", "M21 patient, M64 attending, M16 expert"},
		{"a helper has nothing, whatever he shows", ROLE_HELPER, "carte", true, "", "M06 patient, M10 expert", "M21 patient, M64 attending, M16 expert"},
	};
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct world *w = world_make();
		to_triage(w);
		represent(w, rows[i].role, GUARDIAN, rows[i].proof);
		if (w->last.outcome != POLICY_APPLIED || strcmp(mails_of(w), rows[i].naming) != 0)
			fail_msg("%s: naming: %s", rows[i].what, mails_of(w));
		if (rows[i].agreed)
			act(w, (struct policy_command){.act = POLICY_ACT_CONSENT, .party = PARTY_REPRESENTATIVE, .given = true});
		command(w, POLICY_ACT_TRIAGE, "", "");
		if (strcmp(mails_of(w), rows[i].step) != 0)
			fail_msg("%s: step: %s", rows[i].what, mails_of(w));
		send(w, reply_message(w, "un@experts.exemple.fr", POLICY_WORD_ACCEPT));
		pass(w, SPAN_DAYS(2));
		send(w, opinion_message(w, "un@experts.exemple.fr", "e1"));
		command(w, POLICY_ACT_RELEASE, "", "");
		if (strcmp(mails_of(w), rows[i].report) != 0)
			fail_msg("%s: report: %s", rows[i].what, mails_of(w));
		world_free(w);
	}
}

static void each_has_a_mail_of_his_own(void **state)
{
	(void)state;
	struct world *w = world_make();

	to_triage(w);
	represent(w, ROLE_GUARDIAN, GUARDIAN, "jugement");
	represent(w, ROLE_FAMILY, "autre@famille.exemple.fr", "ordonnance");
	command(w, POLICY_ACT_TRIAGE, "", "");
	assert_string_equal(mails_of(w), "M06 patient, M06 representative, M06 representative, M10 expert");
	assert_int_equal(mails_to(w, PATIENT_MAILBOX), 1);
	assert_int_equal(mails_to(w, GUARDIAN), 1);
	assert_int_equal(mails_to(w, "autre@famille.exemple.fr"), 1);
	assert_true(bytes_equal(w->last.mails[1].representative, BYTES("r1")));
	assert_true(bytes_equal(w->last.mails[2].representative, BYTES("r2")));
	/* The copy tells what the patient's tells. */
	assert_int_equal(w->last.mails[0].n_fields, w->last.mails[1].n_fields);
	command(w, POLICY_ACT_REPRESENT_END, "r1", "mandat remis");
	assert_string_equal(events_of(w), "representative_ended");
	finish(w);
	assert_int_equal(mails_to(w, GUARDIAN), 0);
	assert_int_equal(mails_to(w, "autre@famille.exemple.fr"), 1);
	world_free(w);
}

static void proof_comes_later(void **state)
{
	(void)state;
	struct world *w = world_make();

	to_triage(w);
	represent(w, ROLE_GUARDIAN, GUARDIAN, "");
	represent(w, ROLE_GUARDIAN, "TUTRICE@famille.exemple.fr", "jugement du 3 mai");
	assert_string_equal(mails_of(w), "");
	assert_int_equal(w->dossier->n_representatives, 1);
	command(w, POLICY_ACT_TRIAGE, "", "");
	assert_string_equal(mails_of(w), "M06 patient, M06 representative, M10 expert");
	world_free(w);
}

static void what_cannot_be_named(void **state)
{
	static const struct {
		const char *what;
		struct dossier_representative_data r;
		enum reason reason;
	} rows[] = {
		{"no role", {.name = BYTES_OF("A B"), .mailbox = BYTES_OF(GUARDIAN)}, REASON_USAGE},
		{"no name", {.role = ROLE_GUARDIAN, .mailbox = BYTES_OF(GUARDIAN)}, REASON_USAGE},
		{"no mailbox's form", {.role = ROLE_GUARDIAN, .name = BYTES_OF("A B"), .mailbox = BYTES_OF("chez lui")}, REASON_REPRESENTATIVE_MAILBOX},
		{"the patient's own mailbox", {.role = ROLE_GUARDIAN, .name = BYTES_OF("A B"), .mailbox = BYTES_OF(PATIENT_MAILBOX)}, REASON_REPRESENTATIVE_MAILBOX},
		{"a physician's mailbox", {.role = ROLE_GUARDIAN, .name = BYTES_OF("A B"), .mailbox = BYTES_OF("general@cabinet.exemple.fr")}, REASON_REPRESENTATIVE_MAILBOX},
		{"the parent of an adult", {.role = ROLE_PARENT, .name = BYTES_OF("A B"), .mailbox = BYTES_OF(GUARDIAN)}, REASON_REPRESENTATIVE_ADULT},
		{"told alone, and no parent", {.role = ROLE_TRUSTED, .name = BYTES_OF("A B"), .mailbox = BYTES_OF(GUARDIAN), .informed_only = true}, REASON_USAGE},
		{"a mandate that is over", {.role = ROLE_GUARDIAN, .name = BYTES_OF("A B"), .mailbox = BYTES_OF(GUARDIAN), .timed_until = true, .until = {1}}, REASON_REPRESENTATIVE_ENDED},
	};
	(void)state;
	struct world *w = world_make();
	to_triage(w);
	for (size_t i = 0; i < COUNT(rows); i++) {
		act(w, (struct policy_command){.act = POLICY_ACT_REPRESENT, .representative = rows[i].r});
		if (w->last.outcome != POLICY_REFUSED || w->last.reason != rows[i].reason || w->last.n_mails != 0)
			fail_msg("%s: %s", rows[i].what, reason_code(w->last.reason));
	}
	world_free(w);
}

static void dates(void **state)
{
	(void)state;
	struct world *w = world_make();
	struct dossier_representative_data r = {.role = ROLE_GUARDIAN, .name = BYTES("A B"), .mailbox = BYTES(GUARDIAN), .proof = BYTES("jugement"),
						.timed_from = true, .from = instant_plus(MORNING, SPAN_DAYS(1)), .timed_until = true,
						.until = instant_plus(MORNING, SPAN_DAYS(4))};

	to_triage(w);
	act(w, (struct policy_command){.act = POLICY_ACT_REPRESENT, .representative = r});
	command(w, POLICY_ACT_TRIAGE, "", "");
	assert_int_equal(mails_to(w, GUARDIAN), 0);
	pass(w, SPAN_DAYS(1));
	send(w, reply_message(w, "un@experts.exemple.fr", POLICY_WORD_ACCEPT));
	assert_int_equal(mails_to(w, GUARDIAN), 1);
	w->now = (struct instant){r.until.us - 1};
	assert_int_equal(timer(w, DEADLINE_REPRESENTATIVE_END)->outcome, POLICY_IGNORED);
	w->now = r.until;
	/* Even before any timer has looked at it. */
	send(w, opinion_message(w, "un@experts.exemple.fr", "e1"));
	command(w, POLICY_ACT_RELEASE, "", "");
	assert_int_equal(mails_to(w, GUARDIAN), 0);
	timer(w, DEADLINE_REPRESENTATIVE_END);
	assert_string_equal(events_of(w), "deadline_passed, representative_ended");
	assert_int_equal(timer(w, DEADLINE_REPRESENTATIVE_END)->outcome, POLICY_IGNORED);
	pass(w, SPAN_DAYS(1));
	timer(w, DEADLINE_REPRESENTATIVE_TOLD);
	assert_string_equal(mails_of(w), "M52 patient");
	assert_int_equal(timer(w, DEADLINE_REPRESENTATIVE_TOLD)->outcome, POLICY_IGNORED);
	world_free(w);
}

/* Two parents, of whom one is told of the request alone. */
static void minor(void **state)
{
	(void)state;
	struct world *w = world_make();
	struct instant majority;

	child_to_triage(w);
	represent(w, ROLE_PARENT, MOTHER, "livret de famille");
	assert_string_equal(mails_of(w), "");
	other_parent(w, FATHER);
	assert_string_equal(mails_of(w), "M51 other_parent");
	assert_true(field_of(&w->last, MAIL_M51, "object_until").len > 0);
	other_parent(w, FATHER);
	assert_string_equal(mails_of(w), "");
	command(w, POLICY_ACT_TRIAGE, "", "");
	assert_string_equal(mails_of(w), "M06 patient, M06 representative, M10 expert");
	assert_int_equal(mails_to(w, FATHER), 0);
	/* The day before her eighteenth birthday, at midnight in Paris. */
	assert_true(people_majority(&w->dossier->request.patient, &majority));
	assert_int_equal(majority.us, calendar_instant(CALENDAR_FRANCE, (struct date){2028, 6, 15}, 0).us);
	w->now = (struct instant){majority.us - 1};
	assert_int_equal(timer(w, DEADLINE_REPRESENTATIVE_END)->outcome, POLICY_IGNORED);
	w->now = majority;
	timer(w, DEADLINE_REPRESENTATIVE_END);
	assert_string_equal(events_of(w), "deadline_passed, representative_ended, representative_ended");
	assert_int_equal(consent_check(w->dossier, PARTY_REPRESENTATIVE, w->now), REASON_CONSENT_NONE);
	assert_int_equal(represent(w, ROLE_PARENT, MOTHER, "livret")->reason, REASON_REPRESENTATIVE_ADULT);
	world_free(w);
}

static struct policy_message written(struct world *w, const char *address, enum party party, const char *text)
{
	struct policy_message m = from(w, address, POLICY_CLASS_REPLY);
	m.party = party;
	m.text = T(text);
	return m;
}

static void objection(void **state)
{
	(void)state;
	struct world *w = world_make();

	child_to_triage(w);
	represent(w, ROLE_PARENT, MOTHER, "livret de famille");
	other_parent(w, FATHER);
	send(w, written(w, "un-autre@famille.exemple.fr", PARTY_OTHER_PARENT, "Je m'oppose."));
	assert_int_equal(w->last.outcome, POLICY_HELD);
	assert_int_equal(w->dossier->frozen_at.us, 0);
	send(w, written(w, FATHER, PARTY_OTHER_PARENT, "Qui est ce médecin ?"));
	assert_int_equal(w->last.reason, REASON_REPLY_WISH);
	send(w, written(w, FATHER, PARTY_OTHER_PARENT, "Bonjour, je m'oppose à cette demande."));
	assert_string_equal(events_of(w), "frozen");
	assert_string_equal(w->last.owner, "nurses");
	assert_true(bytes_equal(w->last.events[0].actor, BYTES("representative:r2")));
	assert_true(bytes_equal(w->dossier->frozen_why, BYTES("objection")));
	/* Nothing goes to either. */
	command(w, POLICY_ACT_TRIAGE, "", "");
	assert_int_equal(w->last.n_mails, 0);
	command(w, POLICY_ACT_UNFREEZE, "", "d'accord tous deux");
	command(w, w->dossier->state == DOSSIER_TRIAGE ? POLICY_ACT_TRIAGE : POLICY_ACT_OFFER, "", "");
	assert_true(w->last.n_mails > 0);
	world_free(w);
}

static void words_of_an_objection(void **state)
{
	static const struct {
		const char *text;
		bool objects;
	} rows[] = {
		{"Je m'oppose à cette demande", true}, {"JE M’OPPOSE", true}, {"Je ne suis pas d'accord.", true}, {"opposition", true}, {"I object to it", true},
		{"Je ne m'oppose pas", false}, {"Aucune opposition de ma part", false}, {"no objection", false}, {"Je suis d'accord", false}, {"", false},
		{"Quand aura-t-on la réponse ?", false},
	};
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		if (people_objects(T(rows[i].text)) != rows[i].objects)
			fail_msg("%s", rows[i].text);
}

static void secret(void **state)
{
	(void)state;
	struct world *w = world_make();

	child_to_triage(w);
	represent(w, ROLE_PARENT, MOTHER, "livret de famille");
	command(w, POLICY_ACT_SECRET, "", "veut en parler seule");
	assert_string_equal(events_of(w), "channel_changed");
	other_parent(w, FATHER);
	assert_string_equal(mails_of(w), "");
	command(w, POLICY_ACT_TRIAGE, "", "");
	assert_string_equal(mails_of(w), "M10 expert");
	assert_int_equal(channel(w, PARTY_PATIENT, "mail", "")->reason, REASON_REPRESENTATIVE_SECRET);
	assert_int_equal(channel(w, PARTY_PATIENT, "paper", "Mme X|75001 PARIS")->reason, REASON_REPRESENTATIVE_SECRET);
	send(w, reply_message(w, "un@experts.exemple.fr", POLICY_WORD_ACCEPT));
	assert_int_equal(mails_to(w, PATIENT_MAILBOX) + mails_to(w, MOTHER), 0);
	pass(w, SPAN_DAYS(2));
	send(w, opinion_message(w, "un@experts.exemple.fr", "e1"));
	command(w, POLICY_ACT_RELEASE, "", "");
	assert_string_equal(mails_of(w), "M64 attending, M16 expert");
	/* Somebody has to bring it to her. */
	assert_string_equal(w->last.owner, "nurses");
	assert_int_equal(dossier_find_proof(w->dossier, MAIL_M21, PARTY_PATIENT)->reason, REASON_CHANNEL_PERSON);
	assert_true(w->dossier->releases[0].to & dossier_party_bit(PARTY_PATIENT));
	command(w, POLICY_ACT_URGENT, "", "elle va mal");
	assert_int_equal(w->last.n_mails, 0);
	assert_string_equal(w->last.owner, "nurses");
	command(w, POLICY_ACT_UNSECRET, "", "elle l'a dit à sa mère");
	assert_int_equal(consent_check(w->dossier, PARTY_PATIENT, w->now), REASON_NONE);
	world_free(w);
	w = world_make();
	to_triage(w);
	assert_int_equal(command(w, POLICY_ACT_SECRET, "", "adulte")->reason, REASON_REPRESENTATIVE_ADULT);
	world_free(w);
}

static void masked_for_representatives(void **state)
{
	(void)state;
	const struct policy_document masked = {.masked_representatives = true};

	assert_false(given_unmasked(&masked, PARTY_REPRESENTATIVE));
	assert_false(given_unmasked(&masked, PARTY_PATIENT));
	assert_false(given_unmasked(&masked, PARTY_OTHER_PARENT));
	assert_true(given_unmasked(&masked, PARTY_EXPERT));
	assert_false(given_unmasked(&(struct policy_document){0}, PARTY_OTHER_PARENT));
}

static void who_acts_may_ask(void **state)
{
	static const struct {
		const char *what;
		enum representative_role role;
		const char *proof;
		enum reason reason;
		const char *events;
	} rows[] = {
		{"a guardian asks for the patient", ROLE_GUARDIAN, "jugement", REASON_NONE, "question_received"},
		{"a guardian without proof is read by a person", ROLE_GUARDIAN, "", REASON_REPLY_MANDATE, ""},
		{"a helper is read by a person", ROLE_HELPER, "carte", REASON_REPLY_MANDATE, ""},
		{"a curator is read by a person", ROLE_CURATOR, "jugement", REASON_REPLY_WISH, ""},
	};
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct world *w = world_make();
		to_released(w);
		represent(w, rows[i].role, GUARDIAN, rows[i].proof);
		send(w, written(w, GUARDIAN, PARTY_REPRESENTATIVE, "Combien de temps cela dure-t-il ?"));
		if (w->last.reason != rows[i].reason || strcmp(events_of(w), rows[i].events) != 0)
			fail_msg("%s: %s %s", rows[i].what, reason_code(w->last.reason), events_of(w));
		if (rows[i].reason == REASON_NONE)
			assert_true(bytes_equal(w->last.events[0].actor, BYTES("representative:r1")));
		world_free(w);
	}
}

/* --- death --------------------------------------------------------------------------- */

/* Whatever comes after, nothing leaves but the demand to erase. */
static void death(void **state)
{
	(void)state;
	struct world *w = world_make();
	struct deadline due[DEADLINES];

	to_accepted(w);
	represent(w, ROLE_GUARDIAN, GUARDIAN, "jugement");
	command(w, POLICY_ACT_DIED, "", "sa fille, au téléphone");
	assert_string_equal(mails_of(w), "M18 expert");
	assert_string_equal(events_of(w), "died");
	send(w, opinion_message(w, "un@experts.exemple.fr", "e1"));
	assert_int_equal(w->last.n_mails, 0);
	send(w, patient_message(w, "Bonjour, où en est ma demande ?"));
	assert_int_equal(w->last.n_mails, 0);
	send(w, written(w, GUARDIAN, PARTY_REPRESENTATIVE, "Puis-je avoir le rapport ?"));
	assert_int_equal(w->last.n_mails, 0);
	send(w, record_message(w, "late-1", "18748-4", "l1"));
	for (size_t i = 0; i < w->last.n_mails; i++)
		assert_int_equal(w->last.mails[i].party, PARTY_SENDER);
	static const enum policy_act acts[] = {POLICY_ACT_TRIAGE, POLICY_ACT_OFFER, POLICY_ACT_RELEASE, POLICY_ACT_WITHDRAW, POLICY_ACT_CANCEL,
					       POLICY_ACT_CLOSE, POLICY_ACT_EXPIRE, POLICY_ACT_REDIRECT, POLICY_ACT_MORE, POLICY_ACT_ANSWERED, POLICY_ACT_SHARE,
					       POLICY_ACT_URGENT, POLICY_ACT_DOUBT, POLICY_ACT_IDENTITY, POLICY_ACT_REPRESENT, POLICY_ACT_CHANNEL,
					       POLICY_ACT_SECRET, POLICY_ACT_REPRESENT_END, POLICY_ACT_FREEZE, POLICY_ACT_UNFREEZE, POLICY_ACT_COMPLAINT, POLICY_ACT_SETTLE};
	for (size_t i = 0; i < COUNT(acts); i++) {
		act(w, (struct policy_command){.act = acts[i], .id = BYTES("r1"), .how = BYTES("mail"), .text = BYTES("x"), .party = PARTY_ATTENDING,
					       .representative = {.role = ROLE_HELPER, .name = BYTES("A B"), .mailbox = BYTES("a@b.exemple.fr")}});
		if (w->last.n_mails != 0 && w->last.mails[0].code != MAIL_M18)
			fail_msg("%s after a death sent %s", policy_act_name(acts[i]), mails_of(w));
	}
	for (unsigned day = 1; day < 800; day += 3) {
		pass(w, SPAN_DAYS(3));
		for (size_t n = deadline_list(NULL, w->dossier, due); n > 0; n--) {
			if (instant_before(w->now, due[n - 1].at))
				continue;
			timer(w, due[n - 1].kind);
			if (w->last.n_mails != 0)
				fail_msg("%s after a death sent %s", deadline_name(due[n - 1].kind), mails_of(w));
		}
	}
	assert_int_equal(consent_check_mail(w->dossier, MAIL_M33, PARTY_PATIENT, w->now), REASON_CONSENT_NONE);
	assert_int_equal(w->dossier->state, DOSSIER_ARCHIVED);
	world_free(w);
}

static void death_at_every_state(void **state)
{
	static void (*const roads[])(struct world *) = {to_triage, to_offered, to_accepted, to_checked, to_released};
	(void)state;
	for (size_t i = 0; i < COUNT(roads); i++) {
		struct world *w = world_make();
		roads[i](w);
		represent(w, ROLE_GUARDIAN, GUARDIAN, "jugement");
		command(w, POLICY_ACT_DIED, "", "la famille");
		assert_int_equal(w->dossier->state, DOSSIER_DECEASED);
		for (size_t m = 0; m < w->last.n_mails; m++)
			assert_int_equal(w->last.mails[m].code, MAIL_M18);
		for (enum party p = PARTY_PATIENT; p < PARTIES; p++)
			if (p != PARTY_SENDER)
				assert_int_equal(consent_check(w->dossier, p, w->now), REASON_CONSENT_NONE);
		world_free(w);
	}
}

/* --- paper and telephone --------------------------------------------------------------- */

static void paper(void **state)
{
	(void)state;
	struct world *w = world_make();

	w->rules.print_mailbox = BYTES(STATION);
	to_triage(w);
	channel(w, PARTY_PATIENT, "paper", "Mme Dominique PAT-TROIS|1 rue des Lilas|75001 PARIS");
	assert_string_equal(events_of(w), "channel_changed");
	command(w, POLICY_ACT_TRIAGE, "", "");
	assert_string_equal(mails_of(w), "M06 patient, M10 expert");
	assert_int_equal(w->last.mails[0].channel, CHANNEL_PAPER);
	assert_true(bytes_equal(w->last.mails[0].to, BYTES(STATION)));
	assert_true(bytes_equal(w->last.mails[0].address, BYTES("Mme Dominique PAT-TROIS\n1 rue des Lilas\n75001 PARIS")));
	assert_int_equal(mails_to(w, PATIENT_MAILBOX), 0);
	finish(w);
	assert_int_equal(mails_to(w, STATION), 1);
	/* The station took it, and opened it: neither is the patient's reading, nor keeps the promise. */
	const struct policy_delivery taken = {.code = MAIL_M21, .party = PARTY_PATIENT, .mailbox = BYTES(STATION), .accepted = true};
	policy_decide_outcome(w->arena, &w->rules, w->dossier, &taken, w->now, &w->last);
	world_store(w);
	assert_int_equal(dossier_find_proof(w->dossier, MAIL_M21, PARTY_PATIENT)->level, 1);
	assert_int_equal(w->dossier->kept_at.us, 0);
	struct instant at;
	assert_false(deadline_next(NULL, w->dossier, DEADLINE_REPORT_FALLBACK, &at));
	assert_false(deadline_next(NULL, w->dossier, DEADLINE_UNREAD_NOTICE, &at));
	assert_true(deadline_next(NULL, w->dossier, DEADLINE_LETTER_WAITS, &at));
	contact(w, PARTY_PATIENT, "posted", "M21");
	assert_int_not_equal(w->dossier->kept_at.us, 0);
	assert_false(deadline_next(NULL, w->dossier, DEADLINE_LETTER_WAITS, &at));
	contact(w, PARTY_PATIENT, "signed", "M21");
	assert_int_equal(w->dossier->state, DOSSIER_EXCHANGE);
	assert_int_equal(dossier_find_proof(w->dossier, MAIL_M21, PARTY_PATIENT)->level, 5);
	world_free(w);
}

static void a_letter_comes_back(void **state)
{
	(void)state;
	struct world *w = world_make();

	w->rules.print_mailbox = BYTES(STATION);
	to_triage(w);
	channel(w, PARTY_PATIENT, "paper", "Mme X|1 rue des Lilas|75001 PARIS");
	finish(w);
	contact(w, PARTY_PATIENT, "returned", "M21");
	assert_string_equal(events_of(w), "contact_made, mail_failed, report_undelivered");
	assert_string_equal(w->last.owner, "nurses");
	assert_int_equal(channel(w, PARTY_PATIENT, "paper", "MME X|1 rue des LILAS|75001 PARIS")->reason, REASON_CHANNEL_RETURNED);
	command(w, POLICY_ACT_RELEASE, "", "");
	assert_int_equal(mails_to(w, STATION), 0);
	assert_int_equal(w->last.reason, REASON_NONE);
	assert_string_equal(w->last.owner, "nurses");
	assert_int_equal(dossier_find_proof(w->dossier, MAIL_M21, PARTY_PATIENT)->reason, REASON_CHANNEL_PERSON);
	channel(w, PARTY_PATIENT, "paper", "Mme X|2 rue des Lilas|75001 PARIS");
	assert_int_equal(w->last.outcome, POLICY_APPLIED);
	world_free(w);
}

static void telephone(void **state)
{
	(void)state;
	struct world *w = world_make();

	to_triage(w);
	channel(w, PARTY_PATIENT, "telephone", "+33 1 99 00 00 00");
	represent(w, ROLE_GUARDIAN, GUARDIAN, "jugement");
	command(w, POLICY_ACT_TRIAGE, "", "");
	/* A nurse tells the patient; who acts for him has his mail all the same. */
	assert_string_equal(mails_of(w), "M06 representative, M10 expert");
	assert_true(strstr(events_of(w), "mail_failed") != NULL);
	assert_int_equal(dossier_find_proof(w->dossier, MAIL_M06, PARTY_PATIENT)->reason, REASON_CHANNEL_PERSON);
	act(w, (struct policy_command){.act = POLICY_ACT_CONTACT, .party = PARTY_PATIENT, .id = BYTES("call"), .how = BYTES("reached"), .mail = BYTES("M06"), .text = BYTES("dit")});
	assert_false(dossier_find_proof(w->dossier, MAIL_M06, PARTY_PATIENT)->failed);
	world_free(w);
}

/* No print station: a person writes the letter. */
static void paper_without_a_station(void **state)
{
	(void)state;
	struct world *w = world_make();

	to_triage(w);
	channel(w, PARTY_PATIENT, "paper", "Mme X|75001 PARIS");
	command(w, POLICY_ACT_TRIAGE, "", "");
	assert_string_equal(mails_of(w), "M10 expert");
	assert_int_equal(dossier_find_proof(w->dossier, MAIL_M06, PARTY_PATIENT)->reason, REASON_CHANNEL_PERSON);
	world_free(w);
}

static void addresses(void **state)
{
	static const struct {
		const char *text;
		bool good;
	} rows[] = {
		{"Mme X\n75001 PARIS", true}, {"", false}, {"a\n\nb", false}, {"1\n2\n3\n4\n5\n6", true}, {"1\n2\n3\n4\n5\n6\n7", false},
		{"une ligne qui compte trente-neuf signes !", false}, {"été à l’hôpital", true}, {"tab\there", false}, {"\xff", false},
	};
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		if (people_address_ok(T(rows[i].text)) != rows[i].good)
			fail_msg("%s", rows[i].text);
}

static void a_closed_mailbox(void **state)
{
	(void)state;
	struct world *w = world_make();
	const struct policy_delivery closed = {.code = MAIL_M21, .party = PARTY_PATIENT, .mailbox = BYTES(PATIENT_MAILBOX), .reason = REASON_DELIVER_MAILBOX_NONE, .status = BYTES("5.2.1")};

	to_released(w);
	policy_decide_outcome(w->arena, &w->rules, w->dossier, &closed, w->now, &w->last);
	world_store(w);
	assert_string_equal(events_of(w), "mail_failed, channel_changed, report_undelivered");
	assert_int_equal(w->last.reason, REASON_CHANNEL_CLOSED);
	assert_string_equal(w->last.owner, "nurses");
	w->rules.print_mailbox = BYTES(STATION);
	channel(w, PARTY_PATIENT, "paper", "Mme X|75001 PARIS");
	command(w, POLICY_ACT_RELEASE, "", "");
	assert_int_equal(mails_to(w, STATION), 1);
	world_free(w);
}

/* He has the report by mail, does not open it, and asks for letters: the switch is the order to print it. */
static void paper_after_the_release(void **state)
{
	const struct policy_delivery taken = {.code = MAIL_M21, .party = PARTY_PATIENT, .mailbox = BYTES(PATIENT_MAILBOX), .accepted = true};
	const struct policy_delivery printed = {.code = MAIL_M21, .party = PARTY_PATIENT, .mailbox = BYTES(STATION), .accepted = true};
	struct instant at;
	(void)state;

	struct world *w = world_make();
	w->rules.print_mailbox = BYTES(STATION);
	to_released(w);
	policy_decide_outcome(w->arena, &w->rules, w->dossier, &taken, w->now, &w->last);
	world_store(w);
	pass(w, SPAN_DAYS(3));
	channel(w, PARTY_PATIENT, "paper", "Mme X|75001 PARIS");
	assert_string_equal(events_of(w), "channel_changed, released");
	assert_string_equal(mails_of(w), "M21 patient");
	assert_int_equal(mails_to(w, STATION), 1);
	assert_int_equal(dossier_version(w->dossier), 1);
	assert_int_equal(w->dossier->state, DOSSIER_RELEASED);
	/* What the mailbox took says nothing of the letter: a person tells what became of it. */
	policy_decide_outcome(w->arena, &w->rules, w->dossier, &printed, w->now, &w->last);
	world_store(w);
	assert_int_equal(dossier_find_proof(w->dossier, MAIL_M21, PARTY_PATIENT)->level, 1);
	assert_true(deadline_next(NULL, w->dossier, DEADLINE_LETTER_WAITS, &at));
	/* Another address, later, is no second order; nor is the release one that a person gives again. */
	channel(w, PARTY_PATIENT, "paper", "Mme X|2 rue des Lilas|75001 PARIS");
	assert_string_equal(events_of(w), "channel_changed");
	assert_int_equal(command(w, POLICY_ACT_RELEASE, "", "")->outcome, POLICY_REFUSED);
	world_free(w);

	/* Who has read it, or cannot be printed for, is sent nothing. */
	for (int i = 0; i < 2; i++) {
		w = world_make();
		w->rules.print_mailbox = i == 0 ? BYTES(STATION) : BYTES_NONE;
		to_released(w);
		if (i == 0)
			contact(w, PARTY_PATIENT, "reached", "M21");
		channel(w, PARTY_PATIENT, "paper", "Mme X|75001 PARIS");
		assert_string_equal(events_of(w), "channel_changed");
		assert_int_equal(w->last.n_mails, 0);
		world_free(w);
	}
}

/* E11: on a number that is not qualified no address is built. */
static void unqualified(void **state)
{
	static const char *const statuses[] = {"provisional", "validated", "retrieved", "autre"};
	(void)state;
	for (size_t i = 0; i < COUNT(statuses); i++) {
		struct world *w = world_make();
		struct policy_message m = request_message(w);
		struct policy_answer answers[COUNT(REQUEST_ANSWERS) + 1];
		memcpy(answers, REQUEST_ANSWERS, sizeof REQUEST_ANSWERS);
		answers[COUNT(REQUEST_ANSWERS)] = (struct policy_answer){.question = BYTES("patient.identity"), .text = BYTES(""), .value = T(statuses[i])};
		m.answers = answers;
		m.n_answers = COUNT(answers);
		send(w, m);
		assert_int_equal(w->dossier->state, DOSSIER_IDENTITY);
		assert_int_equal(w->dossier->request.mailbox.len, 0);
		assert_string_equal(mails_of(w), "M70 sender");
		assert_string_equal(w->last.owner, "nurses");
		command(w, POLICY_ACT_IDENTITY, "", "carte d'identité vue, INSi interrogé");
		assert_true(bytes_equal(w->dossier->request.mailbox, BYTES(PATIENT_MAILBOX)));
		assert_string_equal(mails_of(w), "M01 patient, M02 patient");
		world_free(w);
	}
}

/* Who has chosen a letter is never given an address by the way. */
static void unqualified_on_paper(void **state)
{
	(void)state;
	struct world *w = world_make();
	struct policy_message m = request_message(w);
	struct policy_answer answers[COUNT(REQUEST_ANSWERS) + 1];

	w->rules.print_mailbox = BYTES(STATION);
	memcpy(answers, REQUEST_ANSWERS, sizeof REQUEST_ANSWERS);
	answers[COUNT(REQUEST_ANSWERS)] = (struct policy_answer){.question = BYTES("patient.identity"), .text = BYTES(""), .value = BYTES("provisional")};
	m.answers = answers;
	m.n_answers = COUNT(answers);
	send(w, m);
	channel(w, PARTY_PATIENT, "paper", "Mme X|75001 PARIS");
	command(w, POLICY_ACT_IDENTITY, "", "ne peut pas être qualifiée");
	assert_int_equal(w->dossier->request.mailbox.len, 0);
	assert_string_equal(mails_of(w), "M01 patient, M02 patient");
	assert_int_equal(mails_to(w, STATION), 2);
	world_free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(roles), cmocka_unit_test(each_has_a_mail_of_his_own), cmocka_unit_test(proof_comes_later), cmocka_unit_test(what_cannot_be_named),
		cmocka_unit_test(dates), cmocka_unit_test(minor), cmocka_unit_test(objection), cmocka_unit_test(words_of_an_objection), cmocka_unit_test(secret),
		cmocka_unit_test(masked_for_representatives), cmocka_unit_test(who_acts_may_ask), cmocka_unit_test(death), cmocka_unit_test(death_at_every_state),
		cmocka_unit_test(paper), cmocka_unit_test(a_letter_comes_back), cmocka_unit_test(telephone), cmocka_unit_test(paper_without_a_station),
		cmocka_unit_test(addresses), cmocka_unit_test(a_closed_mailbox), cmocka_unit_test(paper_after_the_release), cmocka_unit_test(unqualified), cmocka_unit_test(unqualified_on_paper),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
