/* gateway/config_test.c - the file that is right, printed and read again; each thing that can be wrong; the manual. */
#include "gateway/config.h"

#include "gateway/config_keys.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#define SERVICE                                                                                         \
	"service = { domain = \"avis.exemple.mssante.fr\"; hostname = \"mx.exemple.mssante.fr\";\n"      \
	"organisation = \"Avis \\\"second\\\"\"; structure_id = \"1750000000\"; oid = \"1.2.3\"; phone = \"01\";\n"
#define SIGNER "};\nsigner = { mailbox = \"avis@avis.exemple.mssante.fr\"; };\n"
#define GOOD SERVICE SIGNER

struct scene {
	char folder[64], path[96];
	struct arena *arena;
};

static int set_up(void **state)
{
	static struct scene s;
	snprintf(s.folder, sizeof s.folder, "/tmp/config-XXXXXX");
	assert_non_null(mkdtemp(s.folder));
	snprintf(s.path, sizeof s.path, "%s/relais.conf", s.folder);
	s.arena = arena_create(8u << 20);
	*state = &s;
	return 0;
}

static int tear_down(void **state)
{
	struct scene *s = *state;
	unlink(s->path);
	rmdir(s->folder);
	arena_destroy(&s->arena);
	return 0;
}

static enum reason read_text(struct scene *s, struct bytes text, struct config **config, struct config_problem *problem)
{
	int file = open(s->path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	assert_int_equal(write(file, text.at, text.len), text.len);
	close(file);
	return config_read(s->arena, s->path, config, problem);
}

static struct config *good(struct scene *s, const char *text)
{
	struct config *config = NULL;
	struct config_problem problem;
	if (read_text(s, bytes_of_text(text), &config, &problem) != REASON_NONE)
		fail_msg("line %d, %s %s", problem.line, problem.key, problem.detail);
	return config;
}

static void test_defaults(void **state)
{
	struct scene *s = *state;
	struct config *c = good(s, GOOD);

	assert_string_equal(c->folder, s->folder);
	assert_string_equal(c->organisation, "Avis \"second\"");
	assert_string_equal(c->patient_domain, "patient.mssante.fr");
	assert_string_equal(c->language, "fr");
	assert_false(c->test_identities);
	assert_true(c->gates.triage_by_nurse && c->gates.release_by_nurse);
	assert_int_equal(c->workers, 2);
	assert_int_equal(c->deliverer.expire_hours, 24);
	assert_int_equal(c->collector.n + c->deliverer.n, 0);
	assert_string_equal(c->inspect.crls, "");
	assert_string_equal(c->receiver.key, arena_printf(s->arena, "%s/pki/relais-server.key", s->folder));
	assert_string_equal(c->database, arena_printf(s->arena, "host='%s/run/db' dbname=relais", s->folder));
}

#define FORMER "{ certificate = \"a\"; key = \"pkcs11:token=a\"; }"
#define FORMER_5 FORMER ", " FORMER ", " FORMER ", " FORMER ", " FORMER

static const char full[] = SERVICE "test_identities = true; language = \"en\"; };\n"
	"signer = { mailbox = \"avis+x@a.fr\"; key = \"/etc/keys/seal.key\"; };\n"
	"database = \"host=db.example port=5433 dbname=r sslmode=verify-full\"; workers = 7;\n"
	"receiver = { listen_host = \"::\"; listen_port = 25; crls = \"crls\"; };\n"
	"collector = { poll_seconds = 5; mailboxes = (\n"
	" { name = \"a\"; host = \"127.0.0.1\"; server_name = \"imap.a.fr\"; port = 1993; auth = \"xoauth2\"; user = \"u\";"
	" token_file = \"/run/token\"; origin = \"a.fr\"; origin_check = true; },\n"
	" { name = \"b\\\\\"; host = \"h\"; server_name = \"b.fr\"; user = \"v\"; password_file = \"secret/b\"; folder = \"Avis\";"
	" origin = \"b.fr\"; } ); };\n"
	"deliverer = { routes = ( { domain = \"p.fr\"; host = \"h\"; server_name = \"h.fr\"; port = 24; lmtp = true; },\n"
	" { domain = \"*\"; host = \"relay\"; server_name = \"relay.fr\"; } ); retry_seconds = 1; };\n"
	"opener = { certificate = \"o.pem\"; key = \"o.key\"; former = ( " FORMER ", { certificate = \"b.pem\"; key = \"/b.key\"; } ); };\n"
	"gates = { triage_by_nurse = false; };\n"
	"trust = { list_url = \"https://liste.fr:8443/l.xml?x=1\"; crl_urls = \"http://a.fr/a.crl  https://b.fr/b.crl\"; };\n"
	"staff = { nurses = \"equipe@a.fr\"; operator = \"\"; };\n"
	"partners = { insurers = ( { contract = \"0042\"; mailbox = \"chiffres@b.fr\"; } ); };\n"
	"inspect = { digests = \"sha256,sha512\"; };\n";

static void test_print_reads_back(void **state)
{
	struct scene *s = *state;
	struct config *c = good(s, full);

	assert_int_equal(c->deliverer.n, 2);
	assert_int_equal(c->opener.n, 2);
	assert_string_equal(c->opener.former[0].key, "pkcs11:token=a");
	assert_string_equal(c->opener.former[1].certificate, arena_printf(s->arena, "%s/b.pem", s->folder));
	assert_true(c->deliverer.routes[0].lmtp);
	assert_string_equal(c->deliverer.routes[1].domain, "*");
	assert_int_equal(c->deliverer.routes[1].port, 25);
	assert_string_equal(c->collector.mailboxes[1].password_file, arena_printf(s->arena, "%s/secret/b", s->folder));
	assert_string_equal(c->collector.mailboxes[1].name, "b\\");
	assert_string_equal(c->collector.mailboxes[1].auth, "password");
	assert_string_equal(c->collector.mailboxes[0].token_file, "/run/token");
	assert_true(c->collector.mailboxes[0].origin_check && !c->collector.mailboxes[1].origin_check);
	assert_string_equal(c->signer.key, "/etc/keys/seal.key");
	assert_string_equal(c->staff.nurses, "equipe@a.fr");
	assert_string_equal(c->staff.operator, "");
	assert_string_equal(c->partners.insurers[0].contract, "0042");

	struct bytes first = config_print(s->arena, c);
	struct config *again;
	struct config_problem problem;
	assert_int_equal(read_text(s, first, &again, &problem), REASON_NONE);
	assert_true(bytes_equal(config_print(s->arena, again), first));
	assert_true(bytes_contains(first, BYTES("password_file")));
}

#define BOX(rest) "collector = { mailboxes = ( { name = \"a\"; host = \"h\"; server_name = \"h.fr\"; user = \"u\"; origin = \"h.fr\"; " rest " } ); };\n"

static void test_errors(void **state)
{
	struct scene *s = *state;
	static const struct {
		const char *what, *text;
		enum reason reason;
		int line;
		const char *key;
	} cases[] = {
		{"broken syntax", GOOD "workers = ;\n", REASON_CONFIG_SYNTAX, 5, NULL},
		{"a key twice", GOOD "workers = 1; workers = 2;\n", REASON_CONFIG_SYNTAX, 5, NULL},
		{"an unknown key at the top", GOOD "worker = 1;\n", REASON_CONFIG_UNKNOWN, 5, "worker"},
		{"an unknown key in a group", GOOD "gates = {\n nurse = true; };\n", REASON_CONFIG_UNKNOWN, 6, "gates.nurse"},
		{"an unknown key in a list", GOOD "deliverer = { routes = ( {\n smtp = 1; } ); };", REASON_CONFIG_UNKNOWN, 6,
		 "routes.smtp"},
		{"a group that is a number", GOOD "gates = 3;\n", REASON_CONFIG_VALUE, 5, "gates"},
		{"a login without its secret", GOOD "deliverer = { routes = ( { domain = \"*\"; host = \"h\"; server_name = \"h.fr\"; auth = \"plain\";\n"
		 "user = \"u\"; } ); };", REASON_CONFIG_MISSING, 0, "routes"},
		{"an unknown login", GOOD "deliverer = { routes = ( { domain = \"*\"; host = \"h\"; server_name = \"h.fr\"; auth = \"login\"; } ); };",
		 REASON_CONFIG_VALUE, 5, "auth"},
		{"former keys without today's", GOOD "opener = { former = ( " FORMER " ); };", REASON_CONFIG_MISSING, 0, "opener.certificate"},
		{"more former keys than are read", GOOD "opener = { certificate = \"c\"; former = ( " FORMER_5 ", " FORMER_5 ", " FORMER_5 " ); };", REASON_CONFIG_VALUE, 0, "opener.former"},
		{"a list that is a group", GOOD "deliverer = { routes = { }; };", REASON_CONFIG_VALUE, 5, "routes"},
		{"a list of numbers", GOOD "deliverer = { routes = ( 1, 2 ); };", REASON_CONFIG_VALUE, 5, "routes"},
		{"a missing key", "signer = { mailbox = \"a@b.fr\"; };\n", REASON_CONFIG_MISSING, 0, "service.domain"},
		{"a missing key of a group", "service = { domain = \"a.fr\"; };\n", REASON_CONFIG_MISSING, 1, "service.hostname"},
		{"a missing key of a list", GOOD "deliverer = { routes = (\n { domain = \"a.fr\"; } ); };", REASON_CONFIG_MISSING, 6,
		 "host"},
		{"an empty required text", "service = { domain = \"\"; };", REASON_CONFIG_VALUE, 1, "service.domain"},
		{"a number too big", GOOD "workers = 65;\n", REASON_CONFIG_VALUE, 5, "workers"},
		{"a number far too big", GOOD "workers = 5000000000L;\n", REASON_CONFIG_VALUE, 5, "workers"},
		{"a number that wraps to one", GOOD "workers = 4294967297L;\n", REASON_CONFIG_VALUE, 5, "workers"},
		{"a negative number in hexadecimal", GOOD "workers = 0xFFFFFFFF;\n", REASON_CONFIG_VALUE, 5, "workers"},
		{"zero", GOOD "workers = 0;\n", REASON_CONFIG_VALUE, 5, "workers"},
		{"a fraction", GOOD "workers = 1.5;\n", REASON_CONFIG_VALUE, 5, "workers"},
		{"a number in quotes", GOOD "workers = \"2\";\n", REASON_CONFIG_VALUE, 5, "workers"},
		{"a text without quotes", GOOD "database = 3;\n", REASON_CONFIG_VALUE, 5, "database"},
		{"a flag as a number", GOOD "gates = { triage_by_nurse = 1; };\n", REASON_CONFIG_VALUE, 5, "gates.triage_by_nurse"},
		{"a control character", GOOD "database = \"a\\nb\";\n", REASON_CONFIG_VALUE, 5, "database"},
		{"bad UTF-8", GOOD "database = \"\\xff\";\n", REASON_CONFIG_VALUE, 5, "database"},
		{"a domain with a space", "service = { domain = \"a b.fr\"; };", REASON_CONFIG_VALUE, 1, "service.domain"},
		{"a domain with two dots", "service = { domain = \"a..fr\"; };", REASON_CONFIG_VALUE, 1, "service.domain"},
		{"* where a domain is meant", "service = { domain = \"*\"; };", REASON_CONFIG_VALUE, 1, "service.domain"},
		{"an OID with letters", SERVICE "oid = \"1.x\";" SIGNER, REASON_CONFIG_SYNTAX, 3, NULL},
		{"a language that we do not speak", SERVICE "language = \"de\";" SIGNER, REASON_CONFIG_VALUE, 3, "service.language"},
		{"a digest that nobody knows", GOOD "inspect = { digests = \"sha256,md5\"; };", REASON_CONFIG_VALUE, 5,
		 "inspect.digests"},
		{"digests with an empty word", GOOD "inspect = { digests = \"sha256,\"; };", REASON_CONFIG_VALUE, 5, "inspect.digests"},
		{"a list by plain HTTP", GOOD "trust = { list_url = \"http://a.fr/l.xml\"; };", REASON_CONFIG_VALUE, 5, "trust.list_url"},
		{"two lists", GOOD "trust = { list_url = \"https://a.fr/ https://b.fr/\"; };", REASON_CONFIG_VALUE, 5, "trust.list_url"},
		{"an address with a user", GOOD "trust = { list_url = \"https://a@b.fr/\"; };", REASON_CONFIG_VALUE, 5, "trust.list_url"},
		{"an address without a host", GOOD "trust = { crl_urls = \"http:///x\"; };", REASON_CONFIG_VALUE, 5, "trust.crl_urls"},
		{"an address of a file", GOOD "trust = { crl_urls = \"file:///etc/passwd\"; };", REASON_CONFIG_VALUE, 5, "trust.crl_urls"},
		{"an address without a scheme", GOOD "trust = { crl_urls = \"a.fr/x\"; };", REASON_CONFIG_VALUE, 5, "trust.crl_urls"},
		{"a password without its file", GOOD BOX("auth = \"password\";"), REASON_CONFIG_VALUE, 0, "mailboxes.password_file"},
		{"a password beside a certificate", GOOD BOX("auth = \"certificate\"; password_file = \"p\";"), REASON_CONFIG_VALUE, 0,
		 "mailboxes.password_file"},
		{"a token without its file", GOOD BOX("auth = \"oauthbearer\";"), REASON_CONFIG_VALUE, 0, "mailboxes.token_file"},
		{"a token beside a certificate", GOOD BOX("auth = \"certificate\"; token_file = \"t\";"), REASON_CONFIG_VALUE, 0,
		 "mailboxes.token_file"},
		{"a way in that nobody knows", GOOD BOX("auth = \"plain\";"), REASON_CONFIG_VALUE, 5, "auth"},
		{"a team's mailbox without @", GOOD "staff = { nurses = \"equipe\"; };", REASON_CONFIG_VALUE, 5, "staff.nurses"},
		{"a team that Relais would write to through itself", GOOD "staff = { duty = \"garde@Avis.exemple.mssante.fr\"; };", REASON_CONFIG_VALUE, 0, "staff.duty"},
		{"a partner of our own domain", GOOD "partners = { insurers = ( { contract = \"1\"; mailbox = \"a@avis.exemple.mssante.fr\"; } ); };", REASON_CONFIG_VALUE, 0,
		 "insurers.mailbox"},
		{"a partner without a contract", GOOD "partners = { insurers = ( { mailbox = \"a@b.fr\"; } ); };", REASON_CONFIG_MISSING, 5, "contract"},
		{"a mailbox without @", SERVICE "};\nsigner = { mailbox = \"avis\"; };", REASON_CONFIG_VALUE, 4, "signer.mailbox"},
	};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct config *config = NULL;
		struct config_problem p;
		enum reason got = read_text(s, bytes_of_text(cases[i].text), &config, &p);
		if (got != cases[i].reason || p.line != cases[i].line || config != NULL || p.reason != got ||
		    (cases[i].key != NULL && strcmp(p.key, cases[i].key) != 0))
			fail_msg("%s: %s at line %d, key %s: %s", cases[i].what, reason_code(got), p.line, p.key, p.detail);
		assert_non_null(p.detail);
	}
}

static void test_no_file(void **state)
{
	struct scene *s = *state;
	struct config *config;
	struct config_problem p;
	assert_int_equal(config_read(s->arena, "/no/such/file", &config, &p), REASON_CONFIG_SYNTAX);
	assert_int_equal(p.line, 0);
	assert_int_equal(config_read(s->arena, "/tmp", &config, &p), REASON_CONFIG_SYNTAX);
}

/* docs/configuration.md names every key, as `key` in a row of a table. */
static void test_manual(void **state)
{
	struct scene *s = *state;
	FILE *file = fopen(__FILE__, "r");   /* the sources may be elsewhere than the build */
	if (file == NULL)
		skip();
	fclose(file);
	char path[512];
	const char *end = strstr(__FILE__, "gateway/config_test.c");
	snprintf(path, sizeof path, "%.*sdocs/configuration.md", (int)(end - __FILE__), __FILE__);
	file = fopen(path, "r");
	assert_non_null(file);
	char *text = calloc(1, 1u << 17);
	struct bytes manual = {(unsigned char *)text, fread(text, 1, (1u << 17) - 1, file)};
	fclose(file);
	for (size_t i = 0; i < config_keys_n; i++) {
		const char *row = arena_printf(s->arena, "| `%s%s%s` |", config_keys[i].group,
					       config_keys[i].group[0] == '\0' ? "" : ".", config_keys[i].name);
		if (!bytes_contains(manual, bytes_of_text(row)))
			fail_msg("docs/configuration.md lacks %s", row);
	}
	for (size_t l = 0; l < config_lists_n; l++)
		for (size_t i = 0; i < config_lists[l].n_keys; i++) {
			const char *row = arena_printf(s->arena, "| `%s` |", config_lists[l].keys[i].name);
			if (!bytes_contains(manual, bytes_of_text(row)))
				fail_msg("docs/configuration.md lacks %s", row);
		}
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_defaults),
		cmocka_unit_test(test_print_reads_back),
		cmocka_unit_test(test_errors),
		cmocka_unit_test(test_no_file),
		cmocka_unit_test(test_manual),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
