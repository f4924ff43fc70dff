/* policy/sender_test.c - who may send what, and what signed means. */
#include "policy/test_world.h"

struct change {
	const char *what;
	const char *address, *mail_from, *peer;   /* peer: its domain; of a submission the account */
	enum policy_source source;
	struct policy_signature signature;
	enum sender_class class;
	enum reason reason;
	enum policy_bound bound;
};

#define VALID(finger, subject_, bound_, email_) \
	{.verdict = POLICY_VERDICT_VALID, .bound = POLICY_BOUND_##bound_, .fingerprint = BYTES_OF(finger), \
	 .subject = BYTES_OF(subject_), .email = BYTES_OF(email_)}
#define BAD(verdict_, reason_) {.verdict = POLICY_VERDICT_##verdict_, .reason = REASON_##reason_}
#define P "a@plateforme.exemple.fr"
#define X "pfi@chu-x.exemple.fr"
#define PD "plateforme.exemple.fr"
#define XD "chu-x.exemple.fr"
#define SMTP POLICY_SOURCE_SMTP
#define IMAP POLICY_SOURCE_IMAP
#define SUBMITTED POLICY_SOURCE_SUBMISSION

static const struct change rows[] = {
	{"signed by the registered certificate", P, P, PD, SMTP, VALID("AA01", "", NONE, ""), SENDER_REQUEST, REASON_NONE, POLICY_BOUND_ORGANISATION},
	{"signed by the registered subject", X, X, XD, SMTP, VALID("zz", "CN=CHU X", NONE, ""), SENDER_RECORD, REASON_NONE, POLICY_BOUND_ORGANISATION},
	{"subject in another case is another subject", X, X, XD, SMTP, VALID("zz", "CN=chu x", NONE, ""), SENDER_RECORD, REASON_SIG_NOT_BOUND, 0},
	{"signed by the From itself", P, P, PD, SMTP, VALID("zz", "", FROM, P), SENDER_REQUEST, REASON_NONE, POLICY_BOUND_FROM},
	{"bound word without the same address", P, P, PD, SMTP, VALID("zz", "", FROM, "b@" PD), SENDER_REQUEST, REASON_SIG_NOT_BOUND, 0},
	{"signed by a stranger", P, P, PD, SMTP, VALID("zz", "", NONE, ""), SENDER_REQUEST, REASON_SIG_NOT_BOUND, 0},
	{"another organisation's certificate", X, X, XD, SMTP, VALID("AA01", "", NONE, ""), SENDER_RECORD, REASON_SIG_NOT_BOUND, 0},
	{"empty fingerprint matches nothing", P, P, PD, SMTP, VALID("", "", NONE, ""), SENDER_REQUEST, REASON_SIG_NOT_BOUND, 0},
	{"unsigned where a signature is required", P, P, PD, SMTP, {0}, SENDER_REQUEST, REASON_SIG_NONE, 0},
	{"unsigned on the operator's link", X, X, XD, SMTP, {0}, SENDER_RECORD, REASON_NONE, POLICY_BOUND_NONE},
	{"unsigned, fetched by IMAP", X, X, "", IMAP, {0}, SENDER_RECORD, REASON_SIG_NONE, 0},
	{"signed, fetched by IMAP", X, "", "", IMAP, VALID("zz", "CN=CHU X", NONE, ""), SENDER_RECORD, REASON_NONE, POLICY_BOUND_ORGANISATION},
	{"invalid never falls to the unsigned rule", X, X, XD, SMTP, BAD(INVALID, SIG_INVALID), SENDER_RECORD, REASON_SIG_INVALID, 0},
	{"untrusted, the exact reason is kept", X, X, XD, SMTP, BAD(UNTRUSTED, SIG_REVOKED), SENDER_RECORD, REASON_SIG_REVOKED, 0},
	{"malformed without a reason of its own", X, X, XD, SMTP, BAD(MALFORMED, NONE), SENDER_RECORD, REASON_SIG_MALFORMED, 0},
	{"partial", X, X, XD, SMTP, BAD(PARTIAL, NONE), SENDER_RECORD, REASON_SIG_PARTIAL, 0},
	{"encrypted", X, X, XD, SMTP, BAD(ENCRYPTED, NONE), SENDER_RECORD, REASON_SIG_ENCRYPTED, 0},
	{"class not allowed", X, X, XD, SMTP, {0}, SENDER_REQUEST, REASON_SENDER_CLASS, 0},
	{"deletion not allowed", X, X, XD, SMTP, {0}, SENDER_DELETION, REASON_SENDER_CLASS, 0},
	{"unknown domain", "a@inconnu.exemple.fr", "a@inconnu.exemple.fr", "inconnu.exemple.fr", SMTP, {0}, SENDER_RECORD, REASON_SENDER_UNKNOWN, 0},
	{"subdomain of a known one", "a@x.chu-x.exemple.fr", "a@x.chu-x.exemple.fr", "x.chu-x.exemple.fr", SMTP, {0}, SENDER_RECORD, REASON_SENDER_UNKNOWN, 0},
	{"From of another domain than the peer's", X, X, "autre.exemple.fr", SMTP, {0}, SENDER_RECORD, REASON_MAIL_FROM_DOMAIN, 0},
	{"envelope of another domain", X, "a@autre.exemple.fr", XD, SMTP, {0}, SENDER_RECORD, REASON_PEER_DOMAIN, 0},
	{"a good signature does not excuse the link", P, P, "autre.exemple.fr", SMTP, VALID("AA01", "", NONE, ""), SENDER_REQUEST, REASON_MAIL_FROM_DOMAIN, 0},
	{"null return path", X, "", XD, SMTP, {0}, SENDER_RECORD, REASON_NONE, POLICY_BOUND_NONE},
	{"no From", "", X, XD, SMTP, {0}, SENDER_RECORD, REASON_SENDER_UNKNOWN, 0},
	{"submitted by the mailbox itself, unsigned", X, X, X, SUBMITTED, {0}, SENDER_RECORD, REASON_NONE, POLICY_BOUND_NONE},
	{"submitted, signed by the registered subject", X, X, X, SUBMITTED, VALID("zz", "CN=CHU X", NONE, ""), SENDER_RECORD, REASON_NONE, POLICY_BOUND_ORGANISATION},
	{"submitted, unsigned where a signature is required", P, P, P, SUBMITTED, {0}, SENDER_REQUEST, REASON_SIG_NONE, 0},
	{"submitted, the domain in other letters", "pfi@CHU-X.exemple.fr", X, X, SUBMITTED, {0}, SENDER_RECORD, REASON_NONE, POLICY_BOUND_NONE},
	{"submitted, the envelope in other letters", X, "PFI@chu-x.exemple.fr", X, SUBMITTED, {0}, SENDER_RECORD, REASON_NONE, POLICY_BOUND_NONE},
	{"submitted, the local part in other letters", "PFI@chu-x.exemple.fr", X, X, SUBMITTED, {0}, SENDER_RECORD, REASON_AUTH_FROM, 0},
	{"submitted by another account of the domain", X, "b@" XD, "b@" XD, SUBMITTED, {0}, SENDER_RECORD, REASON_AUTH_FROM, 0},
	{"submitted in the name of an operator's domain", X, "a@avis.exemple.fr", "a@avis.exemple.fr", SUBMITTED, {0}, SENDER_RECORD, REASON_AUTH_FROM, 0},
	{"submitted, the envelope names another", X, "b@" XD, X, SUBMITTED, {0}, SENDER_RECORD, REASON_AUTH_FROM, 0},
	{"submitted, the account is the end of the From", "x.pfi@chu-x.exemple.fr", X, X, SUBMITTED, {0}, SENDER_RECORD, REASON_AUTH_FROM, 0},
	{"submitted, the From is the end of the account", X, "x." X, "x." X, SUBMITTED, {0}, SENDER_RECORD, REASON_AUTH_FROM, 0},
	{"submitted, the account inside a quoted local part", "\"pfi@chu-x.exemple.fr\"@autre.exemple.fr", X, X, SUBMITTED, {0}, SENDER_RECORD, REASON_AUTH_FROM, 0},
	{"submitted, the account's domain below another", "pfi@chu-x.exemple.fr.autre.fr", X, X, SUBMITTED, {0}, SENDER_RECORD, REASON_AUTH_FROM, 0},
	{"submitted without an account", X, X, "", SUBMITTED, {0}, SENDER_RECORD, REASON_AUTH_FROM, 0},
	{"submitted, a good signature does not excuse the From", P, X, X, SUBMITTED, VALID("AA01", "", NONE, ""), SENDER_REQUEST, REASON_AUTH_FROM, 0},
	{"submitted, class not allowed", X, X, X, SUBMITTED, {0}, SENDER_REQUEST, REASON_SENDER_CLASS, 0},
	{"submitted by a mailbox of no organisation", "a@avis.exemple.fr", "a@avis.exemple.fr", "a@avis.exemple.fr", SUBMITTED, {0}, SENDER_RECORD, REASON_SENDER_UNKNOWN, 0},
	{"domain in capitals", "PFI@CHU-X.EXEMPLE.FR", X, XD, SMTP, {0}, SENDER_RECORD, REASON_NONE, POLICY_BOUND_NONE},
};

static struct policy_message message_of(const struct change *c, struct bytes *domain)
{
	bool submitted = c->source == POLICY_SOURCE_SUBMISSION;

	*domain = submitted ? sender_domain(T(c->address)) : T(c->peer);   /* what a peer speaks for never helps a submission */
	return (struct policy_message){.source = c->source, .peer_domains = {domain, 1}, .account = submitted ? T(c->peer) : BYTES_NONE,
				       .mail_from = T(c->mail_from),
				       .from = T(c->address), .signature = c->signature};
}

static void checks(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct bytes domain;
		struct policy_message m = message_of(&rows[i], &domain);
		struct sender sender = {0};
		enum reason reason = sender_check(&RULES, &m, rows[i].class, &sender);
		if (reason != rows[i].reason || (reason == REASON_NONE && sender.bound != rows[i].bound))
			fail_msg("%s: %s", rows[i].what, reason_code(reason));
		assert_true((reason == REASON_NONE) == (sender.organisation != NULL));
	}
}

static const struct organisation SHARED[] = {
	{.id = BYTES_OF("a"), .domains = ONE("partage.exemple.fr"), .fingerprints = ONE("fa"), .classes = SENDER_RECORD, .operator_link = true},
	{.id = BYTES_OF("b"), .domains = ONE("partage.exemple.fr"), .fingerprints = ONE("fb"), .classes = SENDER_RECORD, .operator_link = true},
};

/* Two hospitals behind one domain are told apart by their certificates only. */
static void a_shared_domain_names_nobody(void **state)
{
	(void)state;
	struct policy_rules rules = RULES;
	struct bytes domain = BYTES("partage.exemple.fr");
	struct policy_message m = {.peer_domains = {&domain, 1}, .mail_from = BYTES("x@partage.exemple.fr"),
				   .from = BYTES("x@partage.exemple.fr")};
	struct sender sender;

	rules.organisations = SHARED;
	rules.n_organisations = 2;
	assert_int_equal(sender_check(&rules, &m, SENDER_RECORD, &sender), REASON_SENDER_UNKNOWN);
	m.signature = (struct policy_signature){.verdict = POLICY_VERDICT_VALID, .fingerprint = BYTES("fb")};
	assert_int_equal(sender_check(&rules, &m, SENDER_RECORD, &sender), REASON_NONE);
	assert_true(bytes_equal(sender.organisation->id, BYTES("b")));
}

static void test_and_real_identities_do_not_mix(void **state)
{
	(void)state;
	struct policy_patient real = PATIENT;
	struct policy_rules production = RULES;

	real.oid = BYTES("1.2.250.1.213.1.4.8");
	production.test_identities = false;
	assert_int_equal(sender_check_identity(&RULES, &ORGANISATIONS[1], &PATIENT), REASON_NONE);
	assert_int_equal(sender_check_identity(&RULES, &ORGANISATIONS[3], &PATIENT), REASON_SENDER_TEST_IDENTITY);
	assert_int_equal(sender_check_identity(&RULES, &ORGANISATIONS[1], &real), REASON_SENDER_TEST_IDENTITY);
	assert_int_equal(sender_check_identity(&production, &ORGANISATIONS[1], &PATIENT), REASON_SENDER_TEST_IDENTITY);
	assert_int_equal(sender_check_identity(&production, &ORGANISATIONS[3], &real), REASON_NONE);
}

static void who_may_be_told(void **state)
{
	(void)state;
	struct bytes domain;
	struct policy_message m = message_of(&rows[9], &domain);
	struct policy_message n;
	const struct policy_report report = {0};

	assert_true(sender_may_be_told(&RULES, &m));
	n = m, n.automatic = true;
	assert_false(sender_may_be_told(&RULES, &n));
	n = m, n.mail_from = BYTES_NONE;
	assert_false(sender_may_be_told(&RULES, &n));
	n = m, n.report = &report;
	assert_false(sender_may_be_told(&RULES, &n));
	n = m, n.class = POLICY_CLASS_REPORT;
	assert_false(sender_may_be_told(&RULES, &n));
	n = m, n.from = BYTES("victim@autre.exemple.fr");
	assert_false(sender_may_be_told(&RULES, &n));
	n = m, n.mail_from = BYTES("victim@autre.exemple.fr");
	assert_false(sender_may_be_told(&RULES, &n));
	n = m, n.source = POLICY_SOURCE_IMAP;
	assert_false(sender_may_be_told(&RULES, &n));
	n.signature = (struct policy_signature){.verdict = POLICY_VERDICT_VALID, .subject = BYTES("CN=CHU X")};
	assert_true(sender_may_be_told(&RULES, &n));
	n.signature.verdict = POLICY_VERDICT_UNTRUSTED;
	assert_false(sender_may_be_told(&RULES, &n));
	n.vouched = true;
	assert_false(sender_may_be_told(&RULES, &n));
	n.signature.verdict = POLICY_VERDICT_NONE;
	assert_true(sender_may_be_told(&RULES, &n));
	n = m, n.source = POLICY_SOURCE_SUBMISSION;
	assert_false(sender_may_be_told(&RULES, &n));
	n.account = m.from;
	assert_true(sender_may_be_told(&RULES, &n));
	n.from = BYTES("victim@chu-x.exemple.fr");
	assert_false(sender_may_be_told(&RULES, &n));
	n.from = m.from, n.mail_from = BYTES_NONE;
	assert_false(sender_may_be_told(&RULES, &n));
}

/* The operator of a collected mailbox answers for From, as an SMTP link does: no more than that. */
static void vouched_by_the_mailboxes_operator(void **state)
{
	(void)state;
	struct policy_message m = {.source = POLICY_SOURCE_IMAP, .from = BYTES(X), .vouched = true}, n;
	struct sender sender;

	assert_true(sender_linked(&m));
	assert_int_equal(sender_check(&RULES, &m, SENDER_RECORD, &sender), REASON_NONE);
	assert_int_equal(sender.bound, POLICY_BOUND_NONE);
	n = m, n.from = BYTES(P);
	assert_int_equal(sender_check(&RULES, &n, SENDER_REQUEST, &sender), REASON_SIG_NONE);
	n = m, n.signature.verdict = POLICY_VERDICT_INVALID;
	assert_int_equal(sender_check(&RULES, &n, SENDER_RECORD, &sender), REASON_SIG_INVALID);
	n = m, n.from = BYTES_NONE;
	assert_false(sender_linked(&n));
	/* By SMTP the flag is of no use: the peer's certificate speaks, or nobody. */
	n = m, n.source = POLICY_SOURCE_SMTP;
	assert_false(sender_linked(&n));
}

static void addresses(void **state)
{
	(void)state;
	static const struct {
		struct bytes address;
		bool ok;
	} cases[] = {
		{BYTES_OF("a@b.fr"), true},       {BYTES_OF(""), false},           {BYTES_OF("a"), false},
		{BYTES_OF("@b.fr"), false},       {BYTES_OF("a@"), false},         {BYTES_OF("a@b@c"), false},
		{BYTES_OF("a b@c.fr"), false},    {BYTES_OF("a@b.fr\r\nX: y"), false}, {BYTES_OF("<a@b.fr>"), false},
		{BYTES_OF("a@b.fr,c@d.fr"), false}, {BYTES_OF("\"a\"@b.fr"), false}, {BYTES_OF("\xc3\xa9@b.fr"), false},
		{BYTES_OF("a@b.fr\0"), false},
	};
	for (size_t i = 0; i < COUNT(cases); i++)
		if (sender_address_ok(cases[i].address) != cases[i].ok)
			fail_msg("row %zu", i);
	assert_true(bytes_equal(sender_domain(BYTES("a@b@c")), BYTES("c")));
	assert_int_equal(sender_domain(BYTES("abc")).len, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(vouched_by_the_mailboxes_operator),
		cmocka_unit_test(checks),
		cmocka_unit_test(a_shared_domain_names_nobody),
		cmocka_unit_test(test_and_real_identities_do_not_mix),
		cmocka_unit_test(who_may_be_told),
		cmocka_unit_test(addresses),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
