/* gateway/tls_test.c - who is told apart in a handshake, what a client refuses, and which protocol is spoken (attacks T3, T5, T6). */
#include "gateway/tls_fixture_test.h"

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
		{"client-no-use", TLS_PEER_UNTRUSTED, "unsuitable certificate purpose"},
		{"client-by-mail", TLS_PEER_UNTRUSTED, "unsuitable certificate purpose"},
		{"client-by-rsa", TLS_PEER_GOOD, ""},
		{"client-by-short", TLS_PEER_UNTRUSTED, "CA certificate key too weak"},
		{"client-by-curve", TLS_PEER_UNTRUSTED, "CA certificate key too weak"},
		{"client-by-koblitz", TLS_PEER_UNTRUSTED, "CA certificate key too weak"},
		{"client-by-sha1", TLS_PEER_UNTRUSTED, "CA signature digest algorithm too weak"},
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
		{"made for no use", "server-no-use", "mx.exemple.fr", TLS_UNVERIFIED},
		{"made for any use", "server-any-use", "mx.exemple.fr", TLS_UNVERIFIED},
		{"an authority for mail", "server-by-mail", "mx.exemple.fr", TLS_UNVERIFIED},
		{"an authority with RSA 1024", "server-by-short", "mx.exemple.fr", TLS_UNVERIFIED},
		{"an authority with P-521", "server-by-curve", "mx.exemple.fr", TLS_UNVERIFIED},
		{"an authority with secp256k1", "server-by-koblitz", "mx.exemple.fr", TLS_UNVERIFIED},
		{"an authority signed with SHA-1", "server-by-sha1", "mx.exemple.fr", TLS_UNVERIFIED},
		{"P-384 under RSA 2048", "server-by-rsa", "mx.exemple.fr", TLS_DONE},
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
	struct tls_files files = files_of("client", "");
	struct tls_context *context = client_of(&files);
	SSL *session;
	assert_int_equal(tls_client_prepare(context, 0, "", &session), REASON_CONFIG_VALUE);
	assert_null(session);
	tls_context_close(&context);
}

/* With such keys we do not even begin: OpenSSL's own level refuses them as our certificate. */
static void test_own_weak_keys(void **state)
{
	(void)state;
	static const char *const rows[] = {"server-short", "server-sha1"};
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct tls_files files = files_of(rows[i], "");
		struct tls_context *context;
		char detail[TLS_DETAIL];
		assert_int_equal(tls_server_context(&files, &context, detail), REASON_CONFIG_VALUE);
		assert_null(context);
	}
}

static void test_old_protocols(void **state)
{
	(void)state;
	static const struct {
		const char *what;
		int version;
		const char *ciphers, *groups, *signatures;
		bool done;
	} rows[] = {
		{"TLS 1.3", TLS1_3_VERSION, NULL, NULL, NULL, true},
		{"TLS 1.3 with P-384", TLS1_3_VERSION, NULL, "P-384", NULL, true},
		{"TLS 1.3 with P-521", TLS1_3_VERSION, NULL, "P-521", NULL, false},
		{"TLS 1.3 with finite fields", TLS1_3_VERSION, NULL, "ffdhe2048", NULL, false},
		{"TLS 1.2 with GCM", TLS1_2_VERSION, "ECDHE+AESGCM", NULL, NULL, true},
		{"TLS 1.2 with ChaCha20", TLS1_2_VERSION, "ECDHE+CHACHA20", NULL, NULL, true},
		{"TLS 1.2 with X25519", TLS1_2_VERSION, "ECDHE+AESGCM", "X25519:P-256", NULL, true},
		{"TLS 1.2 with secp256k1", TLS1_2_VERSION, "ECDHE+AESGCM", "secp256k1", NULL, false},
		{"TLS 1.2 with CBC", TLS1_2_VERSION, "ECDHE+AES128+SHA1:ECDHE+AES256+SHA384", NULL, NULL, false},
		{"TLS 1.2 with CCM", TLS1_2_VERSION, "ECDHE+AESCCM", NULL, NULL, false},
		{"TLS 1.2 without forward secrecy", TLS1_2_VERSION, "kRSA", NULL, NULL, false},
		{"TLS 1.2 with finite fields", TLS1_2_VERSION, "DHE+AESGCM", NULL, NULL, false},
		{"TLS 1.2 with nobody's signature", TLS1_2_VERSION, "aNULL:@SECLEVEL=0", NULL, NULL, false},
		{"TLS 1.2 signed with SHA-1", TLS1_2_VERSION, "ECDHE+AESGCM:@SECLEVEL=0", NULL, "ECDSA+SHA1", false},
		{"TLS 1.2 signed with SHA-224", TLS1_2_VERSION, "ECDHE+AESGCM:@SECLEVEL=0", NULL, "ECDSA+SHA224", false},
		{"TLS 1.1", TLS1_1_VERSION, "ALL:@SECLEVEL=0", NULL, NULL, false},
		{"TLS 1.0", TLS1_VERSION, "ALL:@SECLEVEL=0", NULL, NULL, false},
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct pair p = open_pair("server", "client", "mx.exemple.fr");
		SSL_set_min_proto_version(p.client, rows[i].version);
		SSL_set_max_proto_version(p.client, rows[i].version);
		if (rows[i].ciphers != NULL)
			SSL_set_cipher_list(p.client, rows[i].ciphers);
		if (rows[i].groups != NULL)
			assert_int_equal(SSL_set1_groups_list(p.client, rows[i].groups), 1);
		if (rows[i].signatures != NULL)
			assert_int_equal(SSL_set1_sigalgs_list(p.client, rows[i].signatures), 1);
		shake(&p);
		if ((p.client_step == TLS_DONE && p.server_step == TLS_DONE) != rows[i].done)
			fail_msg("%s: %d %d", rows[i].what, p.client_step, p.server_step);
		close_pair(&p);
	}
}

static void test_nothing_extra(void **state)
{
	(void)state;
	for (int version = TLS1_2_VERSION; version <= TLS1_3_VERSION; version++) {
		struct pair p = open_pair("server", "client", "mx.exemple.fr");
		SSL_set_max_proto_version(p.client, version);
		shake(&p);
		assert_int_equal(p.server_step, TLS_DONE);
		assert_null(SSL_get_current_compression(p.server));
		assert_int_equal(SSL_get_max_early_data(p.server), 0);
		assert_int_equal(SSL_get_recv_max_early_data(p.server) > 0 && SSL_get_early_data_status(p.server) == SSL_EARLY_DATA_ACCEPTED, 0);
		assert_true((SSL_get_options(p.server) & SSL_OP_NO_RENEGOTIATION) != 0);
		close_pair(&p);
	}
}

/* A client that begins the handshake again is told no (RFC 9325 3.5), and the session goes on. */
static void test_no_renegotiation(void **state)
{
	(void)state;
	struct pair p = open_pair("server", "client", "mx.exemple.fr");
	char byte;
	size_t n;

	SSL_set_max_proto_version(p.client, TLS1_2_VERSION);
	SSL_clear_options(p.client, SSL_OP_NO_RENEGOTIATION);
	shake(&p);
	assert_int_equal(p.client_step, TLS_DONE);
	assert_int_equal(SSL_renegotiate(p.client), 1);
	assert_int_equal(tls_handshake(p.client), TLS_WANT_READ);
	assert_int_equal(tls_read(p.server, &byte, 1, &n), TLS_WANT_READ);
	enum tls_step step = tls_handshake(p.client);
	assert_true(step != TLS_DONE);
	close_pair(&p);
}

/* Whoever comes back is judged anew, whatever ticket he was given by others or says that he was. */
static void test_never_resumed(void **state)
{
	(void)state;
	for (int version = TLS1_2_VERSION; version <= TLS1_3_VERSION; version++) {
		struct pair p = open_pair("server", "client", "mx.exemple.fr");
		char byte;
		size_t n;
		SSL_set_max_proto_version(p.client, version);
		SSL_clear_options(p.client, SSL_OP_NO_TICKET);
		shake(&p);
		assert_int_equal(tls_write(p.server, "x", 1, &n), TLS_DONE);
		assert_int_equal(tls_read(p.client, &byte, 1, &n), TLS_DONE);   /* takes a ticket in, were there one */
		SSL_SESSION *before = SSL_get1_session(p.client);
		assert_int_equal(SSL_SESSION_has_ticket(before), 0);
		tls_goodbye(p.client);   /* OpenSSL resumes no session that was cut */
		end_pair(&p);
		connect_pair(&p, "mx.exemple.fr");
		SSL_set_max_proto_version(p.client, version);
		SSL_set_session(p.client, before);
		shake(&p);
		assert_int_equal(p.server_step, TLS_DONE);
		assert_false(SSL_session_reused(p.server));
		SSL_SESSION_free(before);
		close_pair(&p);
	}
}

/* More certificates than a peer may send (attacks T6): the session ends before any is looked at. */
static void test_chain_size(void **state)
{
	(void)state;
	static const struct {
		size_t extra;
		enum tls_step step;
	} rows[] = {{4, TLS_DONE}, {200, TLS_FAILED}};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct pair p = open_pair("server", "client", "mx.exemple.fr");
		for (size_t n = 0; n < rows[i].extra; n++)
			SSL_add1_chain_cert(p.client, made_of("foreign").certificate);
		shake(&p);
		assert_int_equal(p.server_step, rows[i].step);
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
	assert_true(bytes_contains(facts, BYTES("\"names\":[\"mx.exemple.fr\"],\"path\":[\"")));
	assert_true(bytes_contains(facts, BYTES("\"crls\":[{\"number\":\"07\",\"digest\":\"")));
	assert_true(bytes_ends(facts, BYTES("\"staple\":false}")));
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
		struct tls_files files = {path_of(rows[i].certificate, ""), path_of(rows[i].key, ""), path_of(rows[i].anchors, ""), "", NULL};
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
		cmocka_unit_test(test_own_weak_keys),
		cmocka_unit_test(test_nothing_extra),
		cmocka_unit_test(test_no_renegotiation),
		cmocka_unit_test(test_never_resumed),
		cmocka_unit_test(test_chain_size),
		cmocka_unit_test(test_bytes_and_end),
		cmocka_unit_test(test_facts),
		cmocka_unit_test(test_bad_files),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
