/* policy/decide_walk_test.c - long random lives: any message, command, timer and outcome, in any order, good or spoiled.
 *
 * world_store() and send() hold the promises at every step: the same facts decide the same, events fold to what the
 * decision said, one live offer at most, no mail without consent, nobody else is told the patient's number, nothing
 * released without a checked opinion, no document of another patient filed, nothing done in another account's name. */
#include "policy/test_world.h"

static uint64_t chance(uint64_t *seed, uint64_t n)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	*seed ^= *seed << 17;
	return *seed % n;
}

static const char *const MAILBOXES[] = {
	"un@experts.exemple.fr", "deux@experts.exemple.fr", "trois@experts.exemple.fr", PATIENT_MAILBOX,
	"pfi@chu-x.exemple.fr", "pfi@chu-y.exemple.fr", "depot@plateforme.exemple.fr", "general@cabinet.exemple.fr",
	"x@inconnu.exemple.fr",
};

static const char *const TYPES[] = {"18748-4", "51851-4", "74465-6", "11502-2"};

/* A document of this patient, or of someone nearly this patient. */
static struct policy_document any_document(struct world *w, uint64_t *seed)
{
	struct policy_document d = document(w, arena_printf(w->arena, "doc-%u", (unsigned)chance(seed, 12)), TYPES[chance(seed, 4)],
					    arena_printf(w->arena, "h%u", (unsigned)chance(seed, 4)));
	if (chance(seed, 4) == 0)
		d.replaces = T(arena_printf(w->arena, "doc-%u", (unsigned)chance(seed, 12)));
	switch (chance(seed, 12)) {
	case 0:
		d.patient.ins = BYTES("179035121518989");
		break;
	case 1:
		d.patient.given_birth_first = BYTES("DOMITILLE");
		break;
	case 2:
		d.has_patient = false;
		break;
	case 3:
		d.patient.oid = BYTES("1.2.250.1.213.1.4.8");
		break;
	default:
		break;
	}
	return d;
}

static struct policy_message any_kind(struct world *w, uint64_t *seed)
{
	switch (chance(seed, 8)) {
	case 0:
		return request_message(w);
	case 1:
	case 2: {
		struct policy_message m = record_message(w, "", "", "");
		m.documents = documents(w, any_document(w, seed));
		return m;
	}
	case 3:
	case 4:
		/* Mostly what experts say: the words of patients and physicians are many. */
		return reply_message(w, MAILBOXES[chance(seed, 3)], (enum policy_word)chance(seed, chance(seed, 4) ? POLICY_WORD_MORE : POLICY_WORDS));
	case 5:
	case 6:
		if (w->dossier != NULL && w->dossier->released_at.us != 0)
			return correction_message(w, arena_printf(w->arena, "En clair, %u.", (unsigned)chance(seed, 3)));
		return opinion_message(w, MAILBOXES[chance(seed, 3)], arena_printf(w->arena, "e%u", 1 + (unsigned)chance(seed, 2)));
	default:
		break;
	}
	return patient_message(w, "Mon numéro 2 79 03 51 215 189 89, que faire ?");
}

/* One message in three is spoiled somewhere. */
static void spoil(struct world *w, uint64_t *seed, struct policy_message *m)
{
	switch (chance(seed, 42)) {
	case 0:
		m->signature.verdict = (enum policy_verdict)chance(seed, POLICY_VERDICTS);
		break;
	case 1:
		m->from = T(MAILBOXES[chance(seed, COUNT(MAILBOXES))]);
		break;
	case 2:
		m->automatic = true;
		break;
	case 3:
		m->mail_from = BYTES_NONE;
		break;
	case 4:
		m->source = POLICY_SOURCE_IMAP;
		break;
	case 5:
		m->party = (enum party)chance(seed, PARTIES);
		break;
	case 6:
		m->class = (enum policy_class)chance(seed, POLICY_CLASSES);
		break;
	case 7:
		m->form.summary = BYTES_NONE;
		break;
	case 8:
		m->form.reference = BYTES("A-2026-000000-XX");
		break;
	case 9:
		m->archive = REASON_ARCHIVE_LIMIT;
		break;
	case 10:
		m->scan = POLICY_SCAN_QUARANTINE;
		m->scan_reason = REASON_MAIL_AMBIGUOUS;
		break;
	case 11:
		m->documents = documents(w, any_document(w, seed));
		m->n_documents = 1;
		break;
	case 12:
		m->signature.timed = false;
		break;
	case 13:
		m->peer_domains.n = 0;
		break;
	case 15:
		m->reply.until = BYTES("2026-03-12");
		break;
	case 14:
		m->source = POLICY_SOURCE_SUBMISSION;
		m->account = T(MAILBOXES[chance(seed, COUNT(MAILBOXES))]);
		break;
	default:
		break;
	}
}

static void any_report(struct world *w, uint64_t *seed)
{
	static const char *const words[] = {"delivered", "failed", "delayed", "displayed", "processed/error"};
	const char *mailbox = MAILBOXES[chance(seed, COUNT(MAILBOXES))];
	const struct policy_report_recipient line = {.address = T(mailbox), .action = T(words[chance(seed, 5)]),
						     .disposition = T(words[chance(seed, 5)])};
	const struct policy_report r = {
		.kind = (enum policy_report_kind)chance(seed, 4), .recipients = &line, .n = 1, .matched = chance(seed, 4) > 0,
		.code = (enum mail_code)(1 + chance(seed, MAIL_CODES - 1)), .party = (enum party)(1 + chance(seed, PARTIES - 1)),
		.mailbox = T(mailbox)};
	struct policy_message m = from(w, mailbox, POLICY_CLASS_REPORT);
	m.report = &r;
	send(w, m);
	assert_int_equal(mail_of(&w->last, MAIL_M70) != NULL || mail_of(&w->last, MAIL_M71) != NULL, 0);
}

static void any_outcome(struct world *w, uint64_t *seed)
{
	bool report = chance(seed, 3) == 0;
	const struct policy_delivery d = {
		.code = report ? MAIL_M21 : (enum mail_code)(1 + chance(seed, MAIL_CODES - 1)),
		.party = report ? PARTY_PATIENT : (enum party)(1 + chance(seed, PARTIES - 1)),
		.mailbox = T(MAILBOXES[chance(seed, COUNT(MAILBOXES))]), .accepted = chance(seed, 2), .reason = REASON_DELIVER_EXPIRED};

	/* Late first, as it is with most that fail. */
	if (!d.accepted) {
		policy_decide_late(w->arena, &w->rules, w->dossier, &d, w->now, &w->last);
		world_store(w);
	}
	policy_decide_outcome(w->arena, &w->rules, w->dossier, &d, w->now, &w->last);
	world_store(w);
}

static void any_command(struct world *w, uint64_t *seed)
{
	/* Seldom an end, so that lives are long. */
	enum policy_act act = (enum policy_act)chance(seed, chance(seed, 2) ? POLICY_ACT_EXPIRE : POLICY_ACTS);
	bool end = act == POLICY_ACT_REDIRECT || act == POLICY_ACT_WITHDRAW || act == POLICY_ACT_CANCEL || act == POLICY_ACT_CLOSE ||
		   act == POLICY_ACT_EXPIRE || act == POLICY_ACT_DIED;
	static const char *const ids[] = {"mdt", "mammography", "call", "breach", "801111111111", "802222222222", "803333333333", ""};
	static const char *const hows[] = {"reached", "silence", "conflict", "returned"};
	const struct policy_command c = {
		.act = act, .actor = BYTES("n"), .id = T(ids[chance(seed, COUNT(ids))]), .text = BYTES("texte"), .how = T(hows[chance(seed, COUNT(hows))]), .mail = BYTES("M21"),
		.party = (enum party)chance(seed, PARTIES), .given = chance(seed, 2)};

	if (end && chance(seed, 20) > 0)
		return;
	policy_decide_command(w->arena, &w->rules, w->dossier, &c, w->now, &w->last);
	world_store(w);
	assert_true((w->last.outcome == POLICY_APPLIED) == (w->last.n_events > 0));
}

static void step(struct world *w, uint64_t *seed)
{
	pass(w, SPAN_MINUTES(chance(seed, 600)));
	if (w->dossier == NULL || chance(seed, 10) < 6) {
		struct policy_message m = any_kind(w, seed);
		spoil(w, seed, &m);
		send(w, m);
		if (sender_unlinked(&m) == REASON_AUTH_FROM)
			assert_int_equal(w->last.n_events + w->last.n_mails, 0);   /* another's name moves nothing */
		return;
	}
	switch (chance(seed, 6)) {
	case 0:
		policy_decide_timer(w->arena, &w->rules, w->dossier, (enum deadline_kind)chance(seed, DEADLINES), w->now, &w->last);
		world_store(w);
		return;
	case 1:
		any_report(w, seed);
		return;
	case 2:
		any_outcome(w, seed);
		return;
	default:
		any_command(w, seed);
	}
}

static void lives(void **state)
{
	(void)state;
	size_t passed[DOSSIER_STATES] = {0};

	for (uint64_t life = 1; life <= 1000; life++) {
		uint64_t seed = life * 0x9e3779b97f4a7c15u;
		struct world *w = world_make();
		w->rules.triage_by_nurse = life % 2;
		w->rules.release_by_nurse = life % 3;
		w->rules.opinion_unsigned = life % 5 == 0;
		w->rules.language = life % 7 == 0 ? "en" : "fr";
		for (size_t i = 0; i < 120; i++) {
			step(w, &seed);
			if (w->dossier != NULL)
				passed[w->dossier->state]++;
		}
		world_free(w);
	}
	/* The walks must have been somewhere, or they proved nothing. */
	static const enum dossier_state must[] = {DOSSIER_INCOMPLETE, DOSSIER_TRIAGE, DOSSIER_OFFERED, DOSSIER_ACCEPTED,
						  DOSSIER_CHECKED, DOSSIER_RELEASED, DOSSIER_EXCHANGE, DOSSIER_NO_EXPERT,
						  DOSSIER_HOLD, DOSSIER_UNDELIVERABLE, DOSSIER_REVISION};
	for (size_t i = 0; i < COUNT(must); i++)
		if (passed[must[i]] == 0)
			fail_msg("no life came to %s", dossier_state_name(must[i]));
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(lives)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
