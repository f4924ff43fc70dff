/* gateway/tls_trust_test.c - revocation in both directions, OCSP staples, and trust that is renewed while sessions
 * live (attacks T3). */
#include "gateway/tls_fixture_test.h"

#include <signal.h>

#include <openssl/ocsp.h>

#include "gateway/json_view.h"
#include "gateway/receiver_peer.h"

/* --- revocation ------------------------------------------------------------------ */

/* A folder with the root's list and that of the middle authority, as told. */
static const char *folder_of(size_t n, const struct list *middle, bool root)
{
	static char name[32];

	snprintf(name, sizeof name, "lists%zu", n);
	(void)mkdir(path_of(name, ""), 0700);
	if (root)
		write_list(name, &(struct list){"root", .from = -1, .until = 1});
	if (middle->issuer != NULL)
		write_list(name, middle);
	return name;
}

static struct pair pair_with(const char *server, const char *client, const char *lists)
{
	struct tls_files of_server = files_of(server, lists), of_client = files_of(client, lists);
	struct pair p = {.server_context = server_of(&of_server), .client_context = client_of(&of_client)};

	connect_pair(&p, "mx.exemple.fr");
	return p;
}

static enum reason peer_reason(struct pair *p)
{
	struct arena *arena = arena_create(65536);
	struct tls_peer peer;

	tls_peer_read(arena, p->server, &peer);
	assert_int_equal(peer.status == TLS_PEER_GOOD, peer.reason == REASON_NONE);
	arena_destroy(&arena);
	return peer.reason;
}

static const struct {
	const char *what;
	struct list middle;
	bool root;
	enum reason reason;
} lists[] = {
	{"all lists, nobody revoked", {"middle", .from = -1, .until = 1}, true, REASON_NONE},
	{"all lists, both revoked", {"middle", .revoked = "client-revoked server-revoked", .from = -1, .until = 1}, true, REASON_PEER_REVOKED},
	{"no list at all", {NULL, .from = 0}, false, REASON_PEER_CRL},
	{"the root's list is missing", {"middle", .from = -1, .until = 1}, false, REASON_PEER_CRL},
	{"the issuer's list is missing", {NULL, .from = 0}, true, REASON_PEER_CRL},
	{"a list that is out of date", {"middle", .from = -3, .until = -1}, true, REASON_PEER_CRL},
	{"a list of tomorrow", {"middle", .from = 1, .until = 2}, true, REASON_PEER_CRL},
	{"a list that another signed", {"middle", .by = "foreign", .from = -1, .until = 1}, true, REASON_PEER_CRL},
	{"a list signed with SHA-1", {"middle", .digest = "SHA1", .from = -1, .until = 1}, true, REASON_PEER_CRL},
	{"a list with a critical extension that nobody knows", {"middle", .from = -1, .until = 1, .strange = true}, true, REASON_PEER_CRL},
	{"a list signed with SHA-224", {"middle", .digest = "SHA224", .from = -1, .until = 1}, true, REASON_PEER_CRL},
};

/* A peer whose revocation cannot be judged is refused for now, one that is revoked for good; both ways alike. */
static void test_revocation(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(lists); i++) {
		const char *folder = folder_of(i, &lists[i].middle, lists[i].root);
		struct tls_files of_server = files_of("server-revoked", ""), of_client = files_of("client-revoked", folder);
		struct pair p = {.server_context = server_of(&of_server), .client_context = client_of(&of_client)};
		connect_pair(&p, "mx.exemple.fr");
		shake(&p);
		if (tls_verify_reason(p.client) != lists[i].reason || (p.client_step == TLS_DONE) != (lists[i].reason == REASON_NONE))
			fail_msg("%s, a server: %d %s", lists[i].what, p.client_step, reason_code(tls_verify_reason(p.client)));
		close_pair(&p);

		of_server = files_of("server-revoked", folder);
		of_client = files_of("client-revoked", "");
		p.server_context = server_of(&of_server);
		p.client_context = client_of(&of_client);
		connect_pair(&p, "mx.exemple.fr");
		shake(&p);
		if (peer_reason(&p) != lists[i].reason)
			fail_msg("%s, a client: %s", lists[i].what, reason_code(peer_reason(&p)));
		close_pair(&p);
	}
}

/* Evidence: the path, leaf first, and the lists by which it was judged. */
static void test_evidence(void **state)
{
	(void)state;
	struct pair p = pair_with("server", "client", "crls");
	struct arena *arena = arena_create(65536);
	struct bytes der[TLS_PATH];
	struct tls_peer peer;

	shake(&p);
	tls_peer_read(arena, p.server, &peer);
	json_t *path = json_read(peer.path), *crls = json_read(peer.crls);
	assert_int_equal(json_array_size(path), 3);
	assert_true(bytes_equal(json_text_view(json_array_get(path, 0)), peer.fingerprint));
	assert_int_equal(json_array_size(crls), 2);
	assert_true(bytes_equal_text(json_view(json_array_get(crls, 0), "number"), "07"));
	assert_int_equal(json_view(json_array_get(crls, 0), "digest").len, 64);
	assert_int_equal(tls_peer_path(arena, p.server, der), 3);
	unsigned char *at = NULL;
	int len = i2d_X509(made_of("client").certificate, &at);
	assert_true(bytes_equal(der[0], (struct bytes){at, (size_t)len}));
	OPENSSL_free(at);
	for (size_t n = 1; n <= 3; n++) {
		arena_fail_at(arena, n);
		assert_int_equal(tls_peer_path(arena, p.server, der), 0);
	}
	json_decref(path);
	json_decref(crls);
	arena_destroy(&arena);
	close_pair(&p);
}

/* The receiver keeps a peer's certificates once, and again when it has been reminded of too many others. */
static void test_kept_once(void **state)
{
	(void)state;
	struct pair p = pair_with("server", "client", "crls");
	struct arena *arena = arena_create(65536);
	struct peers_kept *kept = calloc(1, sizeof *kept);
	struct pool_job job = {0};
	struct tls_peer peer, other;
	char name[65];

	shake(&p);
	tls_peer_read(arena, p.server, &peer);
	assert_int_equal(peers_evidence(kept, arena, &peer, p.server, &job), REASON_NONE);
	assert_int_equal(job.n_certificates, 3);
	arena_fail_at(arena, 2);
	assert_int_equal(peers_evidence(kept, arena, &peer, p.server, &job), REASON_MEMORY);
	peers_remember(kept, &peer);
	assert_int_equal(peers_evidence(kept, arena, &peer, p.server, &job), REASON_NONE);
	assert_int_equal(job.n_certificates, 0);
	for (size_t i = 0; i < PEERS_REMEMBERED; i++) {
		snprintf(name, sizeof name, "%064zu", i);
		other = (struct tls_peer){.fingerprint = bytes_of_text(name)};
		peers_remember(kept, &other);
		peers_remember(kept, &other);
	}
	assert_int_equal(peers_evidence(kept, arena, &peer, p.server, &job), REASON_NONE);
	assert_int_equal(job.n_certificates, 3);
	/* Without a certificate there is nothing to keep. */
	other = (struct tls_peer){.fingerprint = BYTES_NONE};
	peers_remember(kept, &other);
	assert_int_equal(peers_evidence(kept, arena, &other, p.server, &job), REASON_NONE);
	assert_int_equal(job.n_certificates, 0);
	free(kept);
	arena_destroy(&arena);
	close_pair(&p);
}

/* --- renewal ----------------------------------------------------------------------- */

static enum reason renew(struct tls_context *context, const char *certificate, const char *key, const char *crls)
{
	struct tls_files files = {certificate ? path_of(certificate, "") : NULL, certificate ? path_of(key, "") : NULL,
				  path_of("root", ".pem"), path_of(crls, ""), NULL};
	char detail[TLS_DETAIL];
	enum reason reason = tls_context_renew(context, &files, detail);

	assert_int_equal(detail[0] != '\0', reason == REASON_CONFIG_VALUE);
	return reason;
}

/* Who was good in the morning and is revoked at noon is not good in the afternoon, not even with a session of the morning. */
static void test_renewed_lists(void **state)
{
	(void)state;
	write_list("moving", &(struct list){"root", .from = -1, .until = 1});
	write_list("moving", &(struct list){"middle", .from = -1, .until = 1});
	struct pair p = pair_with("server", "client-revoked", "moving");
	char byte;
	size_t n;

	shake(&p);
	assert_int_equal(peer_reason(&p), REASON_NONE);
	SSL_SESSION *morning = SSL_get1_session(p.client);
	write_list("moving", &(struct list){"middle", .revoked = "client-revoked", .from = -1, .until = 1, .number = 8});
	assert_int_equal(renew(p.server_context, NULL, NULL, "moving"), REASON_NONE);
	/* What is open lives on with what it was judged by. */
	assert_int_equal(peer_reason(&p), REASON_NONE);
	assert_int_equal(tls_write(p.client, "x", 1, &n), TLS_DONE);
	assert_int_equal(tls_read(p.server, &byte, 1, &n), TLS_DONE);
	tls_goodbye(p.client);
	end_pair(&p);

	connect_pair(&p, "mx.exemple.fr");
	SSL_set_session(p.client, morning);
	shake(&p);
	assert_int_equal(p.server_step, TLS_DONE);
	assert_int_equal(peer_reason(&p), REASON_PEER_REVOKED);
	SSL_SESSION_free(morning);
	close_pair(&p);
}

/* New files that are no good change nothing. */
static void test_renewed_badly(void **state)
{
	(void)state;
	static const struct {
		const char *what, *certificate, *key, *crls;
	} rows[] = {
		{"no folder of lists", NULL, NULL, "nowhere"},
		{"no certificate", "nowhere.pem", "server.key", "crls"},
		{"the new certificate with the old key", "server-staples.pem", "server.key", "crls"},
		{"half a pair and no lists", "server-staples.pem", "nowhere.key", "nowhere"},
		{"a certificate that is too weak", "server-sha1.pem", "server-sha1.key", "crls"},
		{"a good pair and no lists", "server-staples.pem", "server-staples.key", "nowhere"},
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct pair p = pair_with("server", "client-revoked", "crls");
		assert_int_equal(renew(p.server_context, rows[i].certificate, rows[i].key, rows[i].crls), REASON_CONFIG_VALUE);
		shake(&p);
		if (peer_reason(&p) != REASON_PEER_REVOKED)
			fail_msg("%s: the lists are gone", rows[i].what);
		if (X509_cmp(SSL_get0_peer_certificate(p.client), made_of("server").certificate) != 0)
			fail_msg("%s: another certificate", rows[i].what);
		close_pair(&p);
	}
}

static void test_renewed_certificate(void **state)
{
	(void)state;
	struct pair p = pair_with("server", "client", "crls");

	assert_int_equal(renew(p.server_context, "server-by-rsa.pem", "server-by-rsa.key", "crls"), REASON_NONE);
	assert_int_equal(renew(p.client_context, "client-both.pem", "client-both.key", "crls"), REASON_NONE);
	end_pair(&p);
	connect_pair(&p, "mx.exemple.fr");
	SSL_add1_chain_cert(p.server, made_of("rsa-middle").certificate);
	shake(&p);
	assert_int_equal(p.client_step, TLS_DONE);
	assert_int_equal(X509_cmp(SSL_get0_peer_certificate(p.client), made_of("server-by-rsa").certificate), 0);
	assert_int_equal(X509_cmp(SSL_get0_peer_certificate(p.server), made_of("client-both").certificate), 0);
	assert_int_equal(peer_reason(&p), REASON_NONE);
	close_pair(&p);
}

/* --- staples ------------------------------------------------------------------------- */

/* An answer about `about` with a status, signed by `by`; seconds from now. certs/staple_test.c has those of the openssl command. */
static void write_staple(const char *file, const char *about, int status, const char *by, long until)
{
	OCSP_BASICRESP *basic = OCSP_BASICRESP_new();
	OCSP_CERTID *id = OCSP_cert_to_id(EVP_sha256(), made_of(about).certificate, made_of("middle").certificate);
	ASN1_TIME *from = X509_gmtime_adj(NULL, -600), *to = X509_gmtime_adj(NULL, until), *revoked = X509_gmtime_adj(NULL, -30);

	assert_non_null(OCSP_basic_add1_status(basic, id, status, 0, status == V_OCSP_CERTSTATUS_REVOKED ? revoked : NULL, from, to));
	assert_int_equal(OCSP_basic_sign(basic, made_of(by).certificate, made_of(by).key, EVP_sha256(), NULL, 0), 1);
	OCSP_RESPONSE *response = OCSP_response_create(OCSP_RESPONSE_STATUS_SUCCESSFUL, basic);
	FILE *out = fopen(path_of(file, ""), "wb");
	unsigned char *der = NULL;
	int len = i2d_OCSP_RESPONSE(response, &der);
	assert_non_null(out);
	assert_true(len > 0 && fwrite(der, 1, (size_t)len, out) == (size_t)len);
	fclose(out);
	OPENSSL_free(der);
	OCSP_RESPONSE_free(response);
	OCSP_BASICRESP_free(basic);
	OCSP_CERTID_free(id);
	ASN1_TIME_free(from);
	ASN1_TIME_free(to);
	ASN1_TIME_free(revoked);
}

/* A server that sends whatever it has, as a careless or hostile one would. */
static int send_anything(SSL *session, void *path)
{
	unsigned char *room = OPENSSL_malloc(LIMIT_STAPLE);
	FILE *file = fopen(path, "rb");

	assert_non_null(file);
	SSL_set_tlsext_status_ocsp_resp(session, room, (int)fread(room, 1, LIMIT_STAPLE, file));
	fclose(file);
	return SSL_TLSEXT_ERR_OK;
}

static void send_whatever(struct pair *p, const char *file)
{
	SSL_CTX *ctx = SSL_get_SSL_CTX(p->server);

	SSL_CTX_set_tlsext_status_cb(ctx, send_anything);
	SSL_CTX_set_tlsext_status_arg(ctx, (void *)(uintptr_t)path_of(file, ""));
}

static void test_staples_judged(void **state)
{
	(void)state;
	static const struct {
		const char *what, *server, *about;   /* about NULL: no staple; "": not one */
		int status;
		const char *by;
		long until;
		enum reason reason;
	} rows[] = {
		{"no staple, none promised", "server", NULL, 0, NULL, 0, REASON_NONE},
		{"no staple, one promised", "server-staples", NULL, 0, NULL, 0, REASON_PEER_CRL},
		{"good, by the issuer", "server", "server", V_OCSP_CERTSTATUS_GOOD, "middle", DAY, REASON_NONE},
		{"good, by a responder", "server-staples", "server-staples", V_OCSP_CERTSTATUS_GOOD, "responder", DAY, REASON_NONE},
		{"revoked", "server", "server", V_OCSP_CERTSTATUS_REVOKED, "middle", DAY, REASON_PEER_REVOKED},
		{"unknown", "server", "server", V_OCSP_CERTSTATUS_UNKNOWN, "middle", DAY, REASON_PEER_CRL},
		{"out of date", "server", "server", V_OCSP_CERTSTATUS_GOOD, "middle", -LIMIT_STAPLE_SKEW_SECONDS - 1, REASON_PEER_CRL},
		{"about another", "server", "server-staples", V_OCSP_CERTSTATUS_GOOD, "middle", DAY, REASON_PEER_CRL},
		{"by itself", "server", "server", V_OCSP_CERTSTATUS_GOOD, "server", DAY, REASON_PEER_CRL},
		{"by a foreign authority", "server", "server", V_OCSP_CERTSTATUS_GOOD, "foreign", DAY, REASON_PEER_CRL},
		{"revoked, says a foreign authority", "server", "server", V_OCSP_CERTSTATUS_REVOKED, "foreign", DAY, REASON_PEER_CRL},
		{"not an answer", "server", "", 0, NULL, 0, REASON_PEER_CRL},
	};
	for (size_t i = 0; i < COUNT(rows); i++)
		for (int version = TLS1_2_VERSION; version <= TLS1_3_VERSION; version++) {
			struct pair p = pair_with(rows[i].server, "client", "crls");
			bool any = rows[i].about != NULL && rows[i].about[0] != '\0';
			if (any)
				write_staple("staple", rows[i].about, rows[i].status, rows[i].by, rows[i].until);
			if (rows[i].about != NULL)
				send_whatever(&p, any ? "staple" : "root.pem");
			SSL_set_max_proto_version(p.client, version);
			shake(&p);
			if (tls_verify_reason(p.client) != rows[i].reason ||
			    p.client_step != (rows[i].reason == REASON_NONE ? TLS_DONE : TLS_UNVERIFIED))
				fail_msg("%s: %d %s, %s", rows[i].what, p.client_step, reason_code(tls_verify_reason(p.client)),
					 tls_verify_text(p.client));
			close_pair(&p);
		}
}

/* Our own: sent while it is good, renewed, dropped when the next one is not good. */
static void test_own_staple(void **state)
{
	(void)state;
	struct tls_files of_server = files_of("server-staples", "crls"), of_client = files_of("client", "crls");
	struct arena *arena = arena_create(65536);
	char detail[TLS_DETAIL];

	of_server.staple = path_of("own", "");
	write_staple("own", "server-staples", V_OCSP_CERTSTATUS_GOOD, "middle", 100);
	struct pair p = {.server_context = server_of(&of_server), .client_context = client_of(&of_client)};
	assert_true(tls_context_staples(p.server_context));
	connect_pair(&p, "mx.exemple.fr");
	shake(&p);
	assert_int_equal(p.client_step, TLS_DONE);
	assert_true(bytes_contains(tls_facts(arena, p.client), BYTES("\"staple\":true")));
	end_pair(&p);

	static const struct {
		const char *about, *by;
		int status;
		bool sent;
	} rows[] = {
		{"server-staples", "responder", V_OCSP_CERTSTATUS_GOOD, true},
		{"server", "middle", V_OCSP_CERTSTATUS_GOOD, false},
		{"server-staples", "middle", V_OCSP_CERTSTATUS_REVOKED, false},
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		write_staple("own", rows[i].about, rows[i].status, rows[i].by, DAY);
		of_server = files_of(NULL, "crls");
		of_server.staple = path_of("own", "");
		assert_int_equal(tls_context_renew(p.server_context, &of_server, detail), REASON_NONE);
		assert_int_equal(tls_context_staples(p.server_context), rows[i].sent);
		connect_pair(&p, "mx.exemple.fr");
		shake(&p);
		assert_int_equal(p.client_step, rows[i].sent ? TLS_DONE : TLS_UNVERIFIED);
		end_pair(&p);
	}
	tls_context_close(&p.server_context);
	tls_context_close(&p.client_context);
	arena_destroy(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_revocation),     cmocka_unit_test(test_evidence),
		cmocka_unit_test(test_kept_once),      cmocka_unit_test(test_renewed_lists),
		cmocka_unit_test(test_renewed_badly),
		cmocka_unit_test(test_renewed_certificate), cmocka_unit_test(test_staples_judged),
		cmocka_unit_test(test_own_staple),
	};
	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
