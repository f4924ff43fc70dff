/* gateway/tls_test.c - who is told apart in a handshake, and what a client refuses; keys are made for the run. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "gateway/tls.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

enum { DAY = 86400, CERTIFICATES = 16 };

static const struct recipe {
	const char *name, *issuer;        /* issuer NULL: itself */
	const char *cn, *san, *use;       /* subjectAltName, extendedKeyUsage */
	long from, until;                 /* days from now */
} recipes[] = {
	{"root", NULL, "Test root", NULL, NULL, -10, 10},
	{"middle", "root", "Test middle", NULL, NULL, -10, 10},
	{"foreign", NULL, "Foreign root", NULL, NULL, -10, 10},
	{"server", "middle", "mx.exemple.fr", "DNS:mx.exemple.fr,IP:127.0.0.1", "serverAuth", -1, 1},
	{"server-cn", "middle", "mx.exemple.fr", NULL, "serverAuth", -1, 1},
	{"server-old", "middle", "mx.exemple.fr", "DNS:mx.exemple.fr", "serverAuth", -5, -1},
	{"server-client", "middle", "mx.exemple.fr", "DNS:mx.exemple.fr", "clientAuth", -1, 1},
	{"server-foreign", "foreign", "mx.exemple.fr", "DNS:mx.exemple.fr", "serverAuth", -1, 1},
	{"client", "middle", "Client", NULL, "clientAuth", -1, 1},
	{"client-both", "middle", "Both", NULL, "clientAuth,serverAuth", -1, 1},
	{"client-server", "middle", "Server", NULL, "serverAuth", -1, 1},
	{"client-mail", "middle", "Mail", NULL, "emailProtection", -1, 1},
	{"client-old", "middle", "Old", NULL, "clientAuth", -5, -1},
	{"client-foreign", "foreign", "Foreign", NULL, "clientAuth", -1, 1},
	{"client-revoked", "middle", "Revoked", NULL, "clientAuth", -1, 1},
};

struct made {
	EVP_PKEY *key;
	X509 *certificate;
};

static struct setting {
	char folder[64];
	struct made made[CERTIFICATES];
} setting;

static size_t index_of(const char *name)
{
	for (size_t i = 0; i < COUNT(recipes); i++)
		if (strcmp(recipes[i].name, name) == 0)
			return i;
	fail_msg("no recipe %s", name);
	return 0;
}

static const char *path_of(const char *name, const char *ending)
{
	static char paths[8][160];
	static unsigned next;
	char *path = paths[next++ % 8];
	snprintf(path, sizeof paths[0], "%s/%s%s", setting.folder, name, ending);
	return path;
}

static void extend(X509 *certificate, X509 *issuer, int nid, const char *value)
{
	X509V3_CTX context;
	if (value == NULL)
		return;
	X509V3_set_ctx(&context, issuer, certificate, NULL, NULL, 0);
	X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
	assert_non_null(extension);
	assert_int_equal(X509_add_ext(certificate, extension, -1), 1);
	X509_EXTENSION_free(extension);
}

static struct made make(size_t i)
{
	const struct recipe *r = &recipes[i];
	struct made m = {EVP_EC_gen("P-256"), X509_new()};
	struct made by = r->issuer ? setting.made[index_of(r->issuer)] : m;
	X509_NAME *name = X509_get_subject_name(m.certificate);
	bool authority = r->use == NULL;

	X509_set_version(m.certificate, X509_VERSION_3);
	ASN1_INTEGER_set(X509_get_serialNumber(m.certificate), (long)i + 1000);
	X509_NAME_add_entry_by_txt(name, "C", MBSTRING_UTF8, (const unsigned char *)"FR", -1, -1, 0);
	X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, (const unsigned char *)r->cn, -1, -1, 0);
	X509_gmtime_adj(X509_getm_notBefore(m.certificate), r->from * DAY);
	X509_gmtime_adj(X509_getm_notAfter(m.certificate), r->until * DAY);
	X509_set_pubkey(m.certificate, m.key);
	X509_set_issuer_name(m.certificate, X509_get_subject_name(by.certificate));
	extend(m.certificate, by.certificate, NID_basic_constraints, authority ? "critical,CA:TRUE" : "CA:FALSE");
	extend(m.certificate, by.certificate, NID_key_usage, authority ? "keyCertSign,cRLSign" : "digitalSignature");
	extend(m.certificate, by.certificate, NID_ext_key_usage, r->use);
	extend(m.certificate, by.certificate, NID_subject_alt_name, r->san);
	assert_true(X509_sign(m.certificate, by.key, EVP_sha256()) > 0);
	return m;
}

static void write_files(size_t i)
{
	FILE *file = fopen(path_of(recipes[i].name, ".pem"), "w");
	assert_non_null(file);
	PEM_write_X509(file, setting.made[i].certificate);
	if (recipes[i].issuer != NULL && strcmp(recipes[i].issuer, "middle") == 0)
		PEM_write_X509(file, setting.made[index_of("middle")].certificate);
	fclose(file);
	file = fopen(path_of(recipes[i].name, ".key"), "w");
	assert_non_null(file);
	PEM_write_PrivateKey(file, setting.made[i].key, NULL, NULL, 0, NULL, NULL);
	fclose(file);
}

/* The middle authority's list only: that of the root is missing, as it often is. */
static void write_list(void)
{
	struct made by = setting.made[index_of("middle")];
	X509_CRL *crl = X509_CRL_new();
	X509_REVOKED *revoked = X509_REVOKED_new();
	ASN1_TIME *time = X509_gmtime_adj(NULL, -DAY);

	X509_CRL_set_version(crl, X509_CRL_VERSION_2);
	X509_CRL_set_issuer_name(crl, X509_get_subject_name(by.certificate));
	X509_CRL_set1_lastUpdate(crl, time);
	X509_REVOKED_set_serialNumber(revoked, X509_get_serialNumber(setting.made[index_of("client-revoked")].certificate));
	X509_REVOKED_set_revocationDate(revoked, time);
	X509_CRL_add0_revoked(crl, revoked);
	X509_gmtime_adj(time, DAY);
	X509_CRL_set1_nextUpdate(crl, time);
	assert_true(X509_CRL_sign(crl, by.key, EVP_sha256()) > 0);
	assert_int_equal(mkdir(path_of("crls", ""), 0700), 0);
	FILE *file = fopen(path_of("crls/middle", ".pem"), "w");
	assert_non_null(file);
	PEM_write_X509_CRL(file, crl);
	fclose(file);
	ASN1_TIME_free(time);
	X509_CRL_free(crl);
}

static int set_up(void **state)
{
	(void)state;
	memcpy(setting.folder, "/tmp/tls_testXXXXXX", sizeof "/tmp/tls_testXXXXXX");
	assert_non_null(mkdtemp(setting.folder));
	for (size_t i = 0; i < COUNT(recipes); i++) {
		setting.made[i] = make(i);
		write_files(i);
	}
	write_list();
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(recipes); i++) {
		unlink(path_of(recipes[i].name, ".pem"));
		unlink(path_of(recipes[i].name, ".key"));
		X509_free(setting.made[i].certificate);
		EVP_PKEY_free(setting.made[i].key);
	}
	unlink(path_of("crls/middle", ".pem"));
	rmdir(path_of("crls", ""));
	rmdir(setting.folder);
	return 0;
}

/* --- one conversation ------------------------------------------------------------ */

struct pair {
	int fd[2];
	struct tls_context *server_context, *client_context;
	SSL *server, *client;
	enum tls_step server_step, client_step;
};

static struct tls_context *server_of(const char *name, bool lists)
{
	struct tls_context *context;
	char detail[TLS_DETAIL];
	struct tls_files files = {path_of(name, ".pem"), path_of(name, ".key"), path_of("root", ".pem"), lists ? path_of("crls", "") : ""};
	assert_int_equal(tls_server_context(&files, &context, detail), REASON_NONE);
	return context;
}

static struct tls_context *client_of(const char *name)
{
	struct tls_context *context;
	char detail[TLS_DETAIL];
	struct tls_files files = {name ? path_of(name, ".pem") : NULL, name ? path_of(name, ".key") : NULL, path_of("root", ".pem"), NULL};
	assert_int_equal(tls_client_context(&files, &context, detail), REASON_NONE);
	return context;
}

static struct pair open_pair(const char *server, const char *client, const char *name)
{
	struct pair p = {.server_context = server_of(server, true), .client_context = client_of(client)};

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, p.fd), 0);
	p.server = tls_server_session(p.server_context);
	assert_non_null(p.server);
	SSL_set_fd(p.server, p.fd[0]);
	assert_int_equal(tls_client_prepare(p.client_context, p.fd[1], name, &p.client), REASON_NONE);
	return p;
}

static bool goes_on(enum tls_step step)
{
	return step == TLS_WANT_READ || step == TLS_WANT_WRITE;
}

static void shake(struct pair *p)
{
	p->server_step = p->client_step = TLS_WANT_READ;
	for (int i = 0; i < 20 && (goes_on(p->server_step) || goes_on(p->client_step)); i++) {
		if (goes_on(p->client_step))
			p->client_step = tls_handshake(p->client);
		if (goes_on(p->server_step))
			p->server_step = tls_handshake(p->server);
	}
}

static void close_pair(struct pair *p)
{
	tls_session_close(&p->server);
	tls_session_close(&p->client);
	tls_context_close(&p->server_context);
	tls_context_close(&p->client_context);
	close(p->fd[0]);
	close(p->fd[1]);
}

/* --- tests ------------------------------------------------------------------------- */

static void test_server_tells_apart(void **state)
{
	(void)state;
	static const struct {
		const char *client;
		enum tls_peer_status status;
		const char *why;
	} rows[] = {
		{NULL, TLS_PEER_NONE, ""},
		{"client", TLS_PEER_GOOD, ""},
		{"client-both", TLS_PEER_GOOD, ""},
		{"client-server", TLS_PEER_GOOD, ""},
		{"client-mail", TLS_PEER_UNTRUSTED, "unsuitable certificate purpose"},
		{"client-old", TLS_PEER_UNTRUSTED, "certificate has expired"},
		{"client-foreign", TLS_PEER_UNTRUSTED, "unable to get local issuer certificate"},
		{"client-revoked", TLS_PEER_UNTRUSTED, "certificate revoked"},
	};
	for (size_t i = 0; i < COUNT(rows); i++)
		for (int version = TLS1_2_VERSION; version <= TLS1_3_VERSION; version++) {
			const char *what = rows[i].client ? rows[i].client : "none";
			struct pair p = open_pair("server", rows[i].client, "mx.exemple.fr");
			struct arena *arena = arena_create(65536);
			struct tls_peer peer;
			SSL_set_max_proto_version(p.client, version);
			shake(&p);
			if (p.server_step != TLS_DONE || p.client_step != TLS_DONE)
				fail_msg("%s: handshake %d %d", what, p.server_step, p.client_step);
			tls_peer_read(arena, p.server, &peer);
			if (peer.status != rows[i].status || strcmp(peer.why, rows[i].why) != 0)
				fail_msg("%s: %d, %s", what, peer.status, peer.why);
			assert_int_equal(peer.name.len > 0, rows[i].client != NULL);
			assert_int_equal(peer.fingerprint.len, rows[i].client ? 64 : 0);
			assert_string_equal(peer.version, version == TLS1_3_VERSION ? "TLSv1.3" : "TLSv1.2");
			arena_destroy(&arena);
			close_pair(&p);
		}
}

static void test_client_refuses(void **state)
{
	(void)state;
	static const struct {
		const char *what, *server, *name;
		enum tls_step step;
	} rows[] = {
		{"the right name", "server", "mx.exemple.fr", TLS_DONE},
		{"the right name in another case", "server", "MX.Exemple.fr", TLS_DONE},
		{"the right address", "server", "127.0.0.1", TLS_DONE},
		{"another name", "server", "mx.autre.fr", TLS_UNVERIFIED},
		{"another address", "server", "127.0.0.2", TLS_UNVERIFIED},
		{"a name above", "server", "exemple.fr", TLS_UNVERIFIED},
		{"the name stands in CN only", "server-cn", "mx.exemple.fr", TLS_UNVERIFIED},
		{"out of date", "server-old", "mx.exemple.fr", TLS_UNVERIFIED},
		{"not for servers", "server-client", "mx.exemple.fr", TLS_UNVERIFIED},
		{"another authority", "server-foreign", "mx.exemple.fr", TLS_UNVERIFIED},
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct pair p = open_pair(rows[i].server, "client", rows[i].name);
		shake(&p);
		if (p.client_step != rows[i].step)
			fail_msg("%s: %d, %s", rows[i].what, p.client_step, tls_verify_text(p.client));
		if (rows[i].step == TLS_DONE)
			assert_string_equal(tls_verify_text(p.client), "ok");
		else
			assert_int_equal(p.server_step, TLS_CLOSED);   /* by our alert */
		close_pair(&p);
	}
}

static void test_needs_a_name(void **state)
{
	(void)state;
	struct tls_context *context = client_of("client");
	SSL *session;
	assert_int_equal(tls_client_prepare(context, 0, "", &session), REASON_CONFIG_VALUE);
	assert_null(session);
	tls_context_close(&context);
}

static void test_old_protocols(void **state)
{
	(void)state;
	static const struct {
		const char *what;
		int version;
		const char *ciphers;
		bool done;
	} rows[] = {
		{"TLS 1.3", TLS1_3_VERSION, NULL, true},
		{"TLS 1.2 with GCM", TLS1_2_VERSION, "ECDHE+AESGCM", true},
		{"TLS 1.2 with CBC", TLS1_2_VERSION, "ECDHE+AES128+SHA1:ECDHE+AES256+SHA384", false},
		{"TLS 1.1", TLS1_1_VERSION, "ALL:@SECLEVEL=0", false},
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct pair p = open_pair("server", "client", "mx.exemple.fr");
		SSL_set_min_proto_version(p.client, rows[i].version);
		SSL_set_max_proto_version(p.client, rows[i].version);
		if (rows[i].ciphers != NULL)
			SSL_set_cipher_list(p.client, rows[i].ciphers);
		shake(&p);
		if ((p.client_step == TLS_DONE) != rows[i].done)
			fail_msg("%s: %d", rows[i].what, p.client_step);
		close_pair(&p);
	}
}

/* A resumed session has no certificate message; the verdict of the first handshake holds. */
static void test_resumed(void **state)
{
	(void)state;
	static const struct {
		const char *client;
		enum tls_peer_status status;
	} rows[] = {{"client", TLS_PEER_GOOD}, {"client-revoked", TLS_PEER_UNTRUSTED}, {NULL, TLS_PEER_NONE}};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct pair p = open_pair("server", rows[i].client, "mx.exemple.fr");
		struct arena *arena = arena_create(65536);
		struct tls_peer peer;
		char byte;
		size_t n;
		shake(&p);
		assert_int_equal(tls_write(p.server, "x", 1, &n), TLS_DONE);
		assert_int_equal(tls_read(p.client, &byte, 1, &n), TLS_DONE);   /* takes the ticket in */
		SSL_SESSION *ticket = SSL_get1_session(p.client);
		tls_goodbye(p.client);   /* OpenSSL resumes no session that was cut */
		tls_session_close(&p.server);
		tls_session_close(&p.client);
		close(p.fd[0]);
		close(p.fd[1]);
		assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, p.fd), 0);
		p.server = tls_server_session(p.server_context);
		SSL_set_fd(p.server, p.fd[0]);
		assert_int_equal(tls_client_prepare(p.client_context, p.fd[1], "mx.exemple.fr", &p.client), REASON_NONE);
		SSL_set_session(p.client, ticket);
		shake(&p);
		assert_int_equal(p.server_step, TLS_DONE);
		assert_true(SSL_session_reused(p.server));
		tls_peer_read(arena, p.server, &peer);
		if (peer.status != rows[i].status)
			fail_msg("%s: %d", rows[i].client ? rows[i].client : "none", peer.status);
		SSL_SESSION_free(ticket);
		arena_destroy(&arena);
		close_pair(&p);
	}
}

static void test_bytes_and_end(void **state)
{
	(void)state;
	struct pair p = open_pair("server", "client", "mx.exemple.fr");
	char text[16];
	size_t n;

	shake(&p);
	assert_int_equal(tls_read(p.client, text, sizeof text, &n), TLS_WANT_READ);
	assert_int_equal(tls_write(p.server, "bonjour", 7, &n), TLS_DONE);
	assert_int_equal(n, 7);
	assert_int_equal(tls_read(p.client, text, 3, &n), TLS_DONE);
	assert_int_equal(tls_pending(p.client), 4);
	assert_int_equal(tls_read(p.client, text, sizeof text, &n), TLS_DONE);
	assert_memory_equal(text, "jour", 4);
	tls_goodbye(p.server);
	assert_int_equal(tls_read(p.client, text, sizeof text, &n), TLS_CLOSED);
	shutdown(p.fd[1], SHUT_RDWR);
	assert_int_equal(tls_read(p.server, text, sizeof text, &n), TLS_CLOSED);   /* without a goodbye: still an end */
	close_pair(&p);
}

static void test_facts(void **state)
{
	(void)state;
	struct pair p = open_pair("server", "client", "mx.exemple.fr");
	struct arena *arena = arena_create(65536);

	shake(&p);
	struct bytes facts = tls_facts(arena, p.client);
	assert_true(bytes_starts(facts, BYTES("{\"version\":\"TLSv1.3\",\"cipher\":\"TLS_")));
	assert_true(bytes_contains(facts, BYTES("\"names\":[\"mx.exemple.fr\"]}")));
	assert_true(bytes_contains(facts, BYTES("2.5.4.3=mx.exemple.fr")));
	arena_destroy(&arena);
	close_pair(&p);
}

static void test_bad_files(void **state)
{
	(void)state;
	static const struct {
		const char *what, *certificate, *key, *anchors, *told;
	} rows[] = {
		{"no certificate", "nowhere.pem", "server.key", "root.pem", "nowhere.pem"},
		{"no key", "server.pem", "nowhere.key", "root.pem", "nowhere.key"},
		{"another's key", "server.pem", "client.key", "root.pem", "client.key"},
		{"no anchors", "server.pem", "server.key", "nowhere.pem", "nowhere.pem"},
		{"anchors that are none", "server.pem", "server.key", "server.key", "server.key"},
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct tls_files files = {path_of(rows[i].certificate, ""), path_of(rows[i].key, ""), path_of(rows[i].anchors, ""), ""};
		struct tls_context *context;
		char detail[TLS_DETAIL];
		if (tls_server_context(&files, &context, detail) != REASON_CONFIG_VALUE || context != NULL ||
		    !bytes_ends(bytes_of_text(detail), bytes_of_text(rows[i].told)))
			fail_msg("%s: %s", rows[i].what, detail);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_server_tells_apart),
		cmocka_unit_test(test_client_refuses),
		cmocka_unit_test(test_needs_a_name),
		cmocka_unit_test(test_old_protocols),
		cmocka_unit_test(test_resumed),
		cmocka_unit_test(test_bytes_and_end),
		cmocka_unit_test(test_facts),
		cmocka_unit_test(test_bad_files),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
