/* policy/receipt_test.c - who is told, in which form; and that a receipt says nothing about dossiers. */
#include "policy/receipt.h"
#include "policy/test_world.h"

#include "base/limits.h"

#define HOSPITAL "pfi@chu-x.exemple.fr"
#define BOUNCES "retour@chu-x.exemple.fr"

/* "letter dsn mdn limited", those that hold. */
static const char *words(struct arena *arena, struct receipt_choice c)
{
	const char *all = arena_printf(arena, "%s%s%s%s", c.letter ? " letter" : "", c.dsn ? " dsn" : "", c.mdn ? " mdn" : "", c.limited ? " limited" : "");
	return all[0] == '\0' ? all : all + 1;
}

enum { NONE = 0, NEVER = POLICY_NOTIFY_NEVER, SUCCESS = POLICY_NOTIFY_SUCCESS, FAILURE = POLICY_NOTIFY_FAILURE, DELAY = POLICY_NOTIFY_DELAY };
enum { READ = 1, OTHER = 2, SENT = 4 };   /* a receipt is asked for; for another address; one went out before */

static const struct {
	const char *what;
	unsigned notify, flags;
	const char *taken, *refused, *held, *delivered;
} asked[] = {
	{"nothing", NONE, 0, "letter", "dsn", "letter", ""},
	{"NOTIFY=NEVER is silence", NEVER, 0, "", "", "", ""},
	{"NOTIFY=SUCCESS: a report takes the letter's place", SUCCESS, 0, "", "", "letter", "dsn"},
	{"NOTIFY=FAILURE", FAILURE, 0, "letter", "dsn", "letter", ""},
	{"NOTIFY=SUCCESS,FAILURE", SUCCESS | FAILURE, 0, "", "dsn", "letter", "dsn"},
	{"NOTIFY=DELAY alone asks for no failure", DELAY, 0, "letter", "", "letter", ""},
	{"a receipt of integration", NONE, READ, "mdn", "mdn", "letter", ""},
	{"a receipt of integration and silence of the server", NEVER, READ, "mdn", "mdn", "", ""},
	{"a receipt of integration and FAILURE", FAILURE, READ, "mdn", "dsn mdn", "letter", ""},
	{"everything", SUCCESS | FAILURE, READ, "mdn", "dsn mdn", "letter", "dsn"},
	{"a receipt to a third person", NONE, READ | OTHER, "letter", "dsn", "letter", ""},
	{"a receipt that went out before", NONE, READ | SENT, "letter", "letter", "letter", ""},
	{"a report that went out before", SUCCESS | FAILURE, SENT, "", "letter", "letter", ""},
};

static struct policy_message asking(struct world *w, unsigned notify, unsigned flags)
{
	struct policy_message m = record_message(w, "mammo-1", "18748-4", "m1");
	struct policy_envelope *e = arena_alloc(w->arena, sizeof *e);

	*e = (struct policy_envelope){.address = BYTES("depot@avis.exemple.fr"), .notify = notify};
	m.mail_from = BYTES(BOUNCES);
	m.envelope = e;
	m.n_envelope = 1;
	if ((flags & READ) != 0)
		m.notification_to = (flags & OTHER) != 0 ? BYTES("victime@chu-x.exemple.fr") : BYTES(BOUNCES);
	m.receipted = (flags & SENT) != 0;
	return m;
}

static void forms(void **state)
{
	(void)state;
	struct world *w = world_make();

	for (size_t i = 0; i < COUNT(asked); i++) {
		struct policy_message m = asking(w, asked[i].notify, asked[i].flags);
		const char *want[] = {asked[i].taken, asked[i].refused, asked[i].held, asked[i].delivered};
		for (enum receipt_news news = RECEIPT_TAKEN; news <= RECEIPT_DELIVERED; news++) {
			const char *got = words(w->arena, receipt_choose(&RULES, &m, news));
			if (strcmp(got, want[news]) != 0)
				fail_msg("%s, news %d: \"%s\" is not \"%s\"", asked[i].what, news, got, want[news]);
		}
	}
	world_free(w);
}

static void nobody_who_may_not_be_told(void **state)
{
	(void)state;
	struct world *w = world_make();
	const struct policy_report report = {.kind = POLICY_REPORT_DSN};
	struct policy_message good = asking(w, SUCCESS | FAILURE, READ), bad[7];

	for (size_t i = 0; i < COUNT(bad); i++)
		bad[i] = good;
	bad[0].automatic = true;
	bad[1].report = &report;
	bad[2].mail_from = BYTES_NONE;
	bad[3].mail_from = bad[3].notification_to = BYTES("victime@ailleurs.exemple.fr");
	bad[4].from = BYTES("victime@ailleurs.exemple.fr");
	bad[5].class = POLICY_CLASS_REPORT;
	bad[6].mail_from = bad[6].notification_to = BYTES("deux mots@chu-x.exemple.fr");
	assert_string_equal(words(w->arena, receipt_choose(&RULES, &good, RECEIPT_REFUSED)), "dsn mdn");
	for (size_t i = 0; i < COUNT(bad); i++)
		for (enum receipt_news news = RECEIPT_TAKEN; news <= RECEIPT_DELIVERED; news++)
			assert_string_equal(words(w->arena, receipt_choose(&RULES, &bad[i], news)), "");
	world_free(w);
}

static void a_receipt_of_integration_is_for_software(void **state)
{
	(void)state;
	struct world *w = world_make();
	struct policy_message person = asking(w, NONE, READ), empty = asking(w, NONE, READ);

	person.party = PARTY_EXPERT;
	assert_false(receipt_choose(&RULES, &person, RECEIPT_REFUSED).mdn);
	empty.class = POLICY_CLASS_UNKNOWN;
	empty.n_documents = 0;
	assert_false(receipt_choose(&RULES, &empty, RECEIPT_REFUSED).mdn);
	empty.archive = REASON_ARCHIVE_BROKEN;
	assert_true(receipt_choose(&RULES, &empty, RECEIPT_REFUSED).mdn);
	world_free(w);
}

static void fetched_mail_proves_its_path_by_its_signer(void **state)
{
	(void)state;
	struct world *w = world_make();
	struct policy_message m = record_message(w, "mammo-1", "18748-4", "m1");

	m.source = POLICY_SOURCE_IMAP;
	m.mail_from = BYTES_NONE;
	m.signature = (struct policy_signature){.verdict = POLICY_VERDICT_VALID, .subject = BYTES("CN=CHU X")};
	m.notification_to = m.return_path = BYTES(HOSPITAL);
	assert_string_equal(words(w->arena, receipt_choose(&RULES, &m, RECEIPT_TAKEN)), "mdn");
	assert_string_equal(words(w->arena, receipt_choose(&RULES, &m, RECEIPT_DELIVERED)), "");
	m.return_path = BYTES(BOUNCES);
	assert_string_equal(words(w->arena, receipt_choose(&RULES, &m, RECEIPT_TAKEN)), "letter");
	m.notification_to = BYTES(BOUNCES);
	assert_string_equal(words(w->arena, receipt_choose(&RULES, &m, RECEIPT_TAKEN)), "letter");
	assert_string_equal(words(w->arena, receipt_choose(&RULES, &m, RECEIPT_REFUSED)), "letter");
	world_free(w);
}

static void the_day_has_a_limit(void **state)
{
	(void)state;
	struct world *w = world_make();
	struct policy_message m = asking(w, SUCCESS | FAILURE, READ), plain = asking(w, NONE, 0);

	m.notices = plain.notices = LIMIT_NOTICES_DAY - 1;
	assert_string_equal(words(w->arena, receipt_choose(&RULES, &m, RECEIPT_REFUSED)), "dsn mdn");
	m.notices = plain.notices = LIMIT_NOTICES_DAY;
	assert_string_equal(words(w->arena, receipt_choose(&RULES, &m, RECEIPT_REFUSED)), "limited");
	assert_string_equal(words(w->arena, receipt_choose(&RULES, &m, RECEIPT_DELIVERED)), "limited");
	assert_string_equal(words(w->arena, receipt_choose(&RULES, &plain, RECEIPT_HELD)), "limited");
	/* one good document, one receipt */
	assert_string_equal(words(w->arena, receipt_choose(&RULES, &plain, RECEIPT_TAKEN)), "letter");
	/* refused and not told: our own people have it */
	m.archive = REASON_ARCHIVE_BROKEN;
	send(w, m);
	assert_int_equal(w->last.outcome, POLICY_HELD);
	assert_true(w->last.limited);
	assert_int_equal(w->last.n_mails, 0);
	world_free(w);
}

/* The mails of the last decision as "CODE form to", with their fields. */
static const char *told(struct world *w)
{
	static const char *const names[] = {"letter", "dsn", "mdn"};
	const char *all = "";

	for (size_t i = 0; i < w->last.n_mails; i++) {
		const struct policy_mail *m = &w->last.mails[i];
		if (m->party != PARTY_SENDER)
			continue;
		all = arena_printf(w->arena, "%s%s %s %.*s %s;", all, mail_code_name(m->code), names[m->form], (int)m->to.len,
				   (const char *)m->to.at, reason_code(m->reason));
		for (size_t f = 0; f < m->n_fields; f++)
			all = arena_printf(w->arena, "%s %s=%.*s", all, m->fields[f].name, (int)m->fields[f].text.len, (const char *)m->fields[f].text.at);
	}
	return all;
}

/* Promise of the design, section 3: the same words and forms whether there is a dossier, none, one that is over, a doubt or a double. */
static void receipts_tell_nothing_about_dossiers(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(asked); i++) {
		struct world *without = world_make(), *with = world_make();
		struct policy_message m = asking(without, asked[i].notify, asked[i].flags);

		send(without, m);
		assert_int_equal(without->last.outcome, POLICY_HELD);
		assert_int_equal(without->last.reason, REASON_DOSSIER_NONE);
		const char *want = told(without);
		send(with, request_message(with));
		send(with, m);
		assert_int_equal(with->last.outcome, POLICY_FILED);
		assert_string_equal(told(with), want);
		m.id = BYTES("<again@test>");
		send(with, m);
		assert_int_equal(with->last.outcome, POLICY_DUPLICATE);
		assert_string_equal(told(with), want);
		struct policy_document other = document(with, "mammo-2", "18748-4", "m2");
		other.patient.given_birth_first = BYTES("DOMINIC");
		m.documents = documents(with, other);
		send(with, m);
		assert_int_equal(with->last.reason, REASON_IDENTITY_DIFFERS);
		assert_string_equal(told(with), want);
		world_free(without);
		world_free(with);
	}
}

static void refusals_in_each_form(void **state)
{
	(void)state;
	struct world *w = world_make();
	struct policy_message m = asking(w, NONE, READ);

	m.archive = REASON_ARCHIVE_BROKEN;
	send(w, m);
	assert_int_equal(w->last.outcome, POLICY_REFUSED);
	assert_string_equal(told(w), "M71 mdn " BOUNCES " archive.broken; code=archive.broken sentence=L'archive ZIP est abîmée. Envoyez-la de nouveau.");
	m.notification_to = BYTES_NONE;
	send(w, m);
	assert_string_equal(told(w), "M71 dsn " BOUNCES " archive.broken; code=archive.broken sentence=L'archive ZIP est abîmée. Envoyez-la de nouveau.");
	m = asking(w, NEVER, 0);
	m.archive = REASON_ARCHIVE_BROKEN;
	send(w, m);
	assert_int_equal(w->last.outcome, POLICY_HELD);
	assert_string_equal(w->last.owner, "operator");
	assert_string_equal(told(w), "");
	/* kept back for a person: a letter now, and no report that something failed */
	m = asking(w, SUCCESS | FAILURE, READ);
	m.signature.verdict = POLICY_VERDICT_INVALID;
	m.signature.reason = REASON_SIG_INVALID;
	send(w, m);
	assert_int_equal(w->last.outcome, POLICY_HELD);
	assert_non_null(strstr(told(w), "M71 letter " BOUNCES));
	assert_non_null(strstr(told(w), "M70 dsn " BOUNCES));
	assert_int_equal(w->last.n_mails, 2);
	/* given back by a person, after a report had said that it was delivered: a letter, not a second report */
	m.receipted = true;
	policy_decide_return(w->arena, &RULES, &m, REASON_SIG_INVALID, BYTES("nurse"), &w->last);
	assert_int_equal(w->last.n_mails, 1);
	assert_int_equal(w->last.mails[0].form, POLICY_MAIL_SEALED);
	m.receipted = false;
	policy_decide_return(w->arena, &RULES, &m, REASON_SIG_INVALID, BYTES("nurse"), &w->last);
	assert_int_equal(w->last.n_mails, 2);
	world_free(w);
}

static void loops_end(void **state)
{
	(void)state;
	struct world *w = world_make();
	struct policy_message m = asking(w, SUCCESS | FAILURE, READ);

	m.own = true;
	send(w, m);
	assert_int_equal(w->last.outcome, POLICY_HELD);
	assert_int_equal(w->last.reason, REASON_MAIL_LOOP);
	assert_string_equal(w->last.owner, "operator");
	assert_string_equal(told(w), "");
	m = asking(w, NONE, 0);
	m.scan = POLICY_SCAN_QUARANTINE;
	m.scan_reason = REASON_MAIL_LOOP;
	send(w, m);
	assert_int_equal(w->last.outcome, POLICY_HELD);
	assert_string_equal(told(w), "");
	world_free(w);
}

static void an_expert_who_asks_hears_that_it_arrived(void **state)
{
	(void)state;
	struct world *w = world_make();
	const struct policy_envelope envelope = {.address = BYTES("d-4217-expert@avis.exemple.fr"), .notify = SUCCESS};

	to_offered(w);
	struct policy_message m = reply_message(w, "un@experts.exemple.fr", POLICY_WORD_ACCEPT);
	m.envelope = &envelope;
	m.n_envelope = 1;
	send(w, m);
	assert_int_equal(w->last.outcome, POLICY_APPLIED);
	assert_string_equal(told(w), "M70 dsn un@experts.exemple.fr none;");
	assert_int_equal(w->last.proof, 5);
	world_free(w);
}

static void who_answers_is_a_person(void **state)
{
	(void)state;
	struct world *w = world_make();

	to_offered(w);
	struct policy_message m = reply_message(w, "un@experts.exemple.fr", POLICY_WORD_UNCLEAR), n = m;
	n.automatic = true;
	send(w, n);
	assert_int_equal(w->last.proof, 0);
	n = m, n.mail_from = BYTES_NONE;
	send(w, n);
	assert_int_equal(w->last.proof, 0);
	n = m, n.peer_domains.n = 0;
	send(w, n);
	assert_int_equal(w->last.proof, 0);
	send(w, m);
	assert_int_equal(w->last.proof, 5);
	world_free(w);
}

static void words_of_integration(void **state)
{
	(void)state;
	static const struct {
		enum reason reason;
		const char *code;
	} rows[] = {
		{REASON_QUESTIONNAIRE_UNKNOWN, "900^Version non prise en charge"}, {REASON_SENDER_CLASS, "901^Auteur non autorise"},
		{REASON_SIG_REVOKED, "901^Auteur non autorise"}, {REASON_MAIL_FROM_DOMAIN, "901^Auteur non autorise"},
		{REASON_DOSSIER_NONE, "902^Patient inconnu"}, {REASON_IDENTITY_NONE, "903^INS absent ou incomplet"},
		{REASON_IDENTITY_DIFFERS, "904^INS different"}, {REASON_ARCHIVE_PATIENTS, "904^INS different"},
		{REASON_ARCHIVE_BROKEN, "906^Autre erreur"}, {REASON_DOCUMENT_DOCTYPE, "906^Autre erreur"},
	};
	struct arena *arena = arena_create(1 << 20);
#define NATIONAL "XDM/1.0/DDM+CR imagerie PAT-TROIS DOMINIQUE 28/03/1979"

	for (size_t i = 0; i < COUNT(rows); i++)
		assert_string_equal(receipt_integration(rows[i].reason), rows[i].code);
	assert_true(bytes_equal_text(receipt_subject(arena, T(" " NATIONAL), REASON_NONE), NATIONAL));
	assert_true(bytes_equal_text(receipt_subject(arena, T(NATIONAL), REASON_IDENTITY_NONE), "[KO Intégration système !][903] " NATIONAL));
	assert_int_equal(receipt_subject(arena, T("Compte rendu de Mme PAT-TROIS"), REASON_NONE).len, 0);
	assert_int_equal(receipt_subject(arena, T(NATIONAL "\r\nBcc: x@y"), REASON_NONE).len, 0);
	assert_int_equal(receipt_subject(arena, T("XDM/1.0/DDM+\xff"), REASON_NONE).len, 0);
	assert_string_equal(receipt_status(REASON_NONE), "2.0.0");
	assert_string_equal(receipt_status(REASON_ARCHIVE_BROKEN), "5.6.0");
	assert_string_equal(receipt_status(REASON_SIG_INVALID), "5.7.7");
	assert_string_equal(receipt_status(REASON_STORE_FULL), "5.6.0");
	assert_string_equal(receipt_diagnostic(arena, REASON_ARCHIVE_BROKEN), "550 5.6.0 The ZIP archive is broken. Send it again. (archive.broken)");
	/* a report takes ASCII only, and one line */
	for (enum reason r = REASON_NONE; r < REASONS; r++)
		for (const char *c = receipt_diagnostic(arena, r); *c != '\0'; c++)
			assert_true(*c >= ' ' && *c < 0x7f);
	arena_destroy(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(forms),
		cmocka_unit_test(nobody_who_may_not_be_told),
		cmocka_unit_test(a_receipt_of_integration_is_for_software),
		cmocka_unit_test(fetched_mail_proves_its_path_by_its_signer),
		cmocka_unit_test(the_day_has_a_limit),
		cmocka_unit_test(receipts_tell_nothing_about_dossiers),
		cmocka_unit_test(refusals_in_each_form),
		cmocka_unit_test(loops_end),
		cmocka_unit_test(an_expert_who_asks_hears_that_it_arrived),
		cmocka_unit_test(who_answers_is_a_person),
		cmocka_unit_test(words_of_integration),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
