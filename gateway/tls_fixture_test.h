/* gateway/tls_fixture_test.h - an authority, its lists and its certificates, made for the run; one conversation over a socket pair.
 * For tls*_test.c alone. */
#ifndef RELAIS_GATEWAY_TLS_FIXTURE_TEST_H
#define RELAIS_GATEWAY_TLS_FIXTURE_TEST_H

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

enum { DAY = 86400, CERTIFICATES = 48 };

struct recipe {
	const char *name, *issuer;        /* issuer NULL: itself */
	const char *cn, *san, *use;       /* subjectAltName, extendedKeyUsage ("-": none) */
	long from, until;                 /* days from now */
	const char *key;                  /* NULL: P-256; "RSA 1024"…, or a curve */
	const char *digest;               /* of the signature; NULL: SHA256 */
	bool authority, staples;          /* staples: promises it (RFC 7633) */
};

static const struct recipe recipes[] = {
	{"root", NULL, "Test root", NULL, NULL, -10, 10, .authority = true},
	{"middle", "root", "Test middle", NULL, NULL, -10, 10, .authority = true},
	{"foreign", NULL, "Foreign root", NULL, NULL, -10, 10, .authority = true},
	{"mail-middle", "root", "Mail middle", NULL, "emailProtection", -10, 10, .authority = true},
	{"short-middle", "root", "Short middle", NULL, NULL, -10, 10, .key = "RSA 1024", .authority = true},
	{"curve-middle", "root", "Curve middle", NULL, NULL, -10, 10, .key = "secp521r1", .authority = true},
	{"koblitz-middle", "root", "Koblitz middle", NULL, NULL, -10, 10, .key = "secp256k1", .authority = true},
	{"sha1-middle", "root", "SHA-1 middle", NULL, NULL, -10, 10, .digest = "SHA1", .authority = true},
	{"rsa-middle", "root", "RSA middle", NULL, NULL, -10, 10, .key = "RSA 2048", .digest = "SHA384", .authority = true},
	{"server", "middle", "mx.exemple.fr", "DNS:mx.exemple.fr,IP:127.0.0.1", "serverAuth", -1, 1, .key = NULL},
	{"server-cn", "middle", "mx.exemple.fr", NULL, "serverAuth", -1, 1, .key = NULL},
	{"server-old", "middle", "mx.exemple.fr", "DNS:mx.exemple.fr", "serverAuth", -5, -1, .key = NULL},
	{"server-client", "middle", "mx.exemple.fr", "DNS:mx.exemple.fr", "clientAuth", -1, 1, .key = NULL},
	{"server-no-use", "middle", "mx.exemple.fr", "DNS:mx.exemple.fr", "-", -1, 1, .key = NULL},
	{"server-any-use", "middle", "mx.exemple.fr", "DNS:mx.exemple.fr", "anyExtendedKeyUsage", -1, 1, .key = NULL},
	{"server-foreign", "foreign", "mx.exemple.fr", "DNS:mx.exemple.fr", "serverAuth", -1, 1, .key = NULL},
	{"server-revoked", "middle", "mx.exemple.fr", "DNS:mx.exemple.fr", "serverAuth", -1, 1, .key = NULL},
	{"server-staples", "middle", "mx.exemple.fr", "DNS:mx.exemple.fr", "serverAuth", -1, 1, .staples = true},
	{"server-short", "middle", "mx.exemple.fr", "DNS:mx.exemple.fr", "serverAuth", -1, 1, .key = "RSA 1024"},
	{"server-sha1", "middle", "mx.exemple.fr", "DNS:mx.exemple.fr", "serverAuth", -1, 1, .digest = "SHA1"},
	{"server-by-mail", "mail-middle", "mx.exemple.fr", "DNS:mx.exemple.fr", "serverAuth", -1, 1, .key = NULL},
	{"server-by-short", "short-middle", "mx.exemple.fr", "DNS:mx.exemple.fr", "serverAuth", -1, 1, .key = NULL},
	{"server-by-curve", "curve-middle", "mx.exemple.fr", "DNS:mx.exemple.fr", "serverAuth", -1, 1, .key = NULL},
	{"server-by-koblitz", "koblitz-middle", "mx.exemple.fr", "DNS:mx.exemple.fr", "serverAuth", -1, 1, .key = NULL},
	{"server-by-sha1", "sha1-middle", "mx.exemple.fr", "DNS:mx.exemple.fr", "serverAuth", -1, 1, .key = NULL},
	{"server-by-rsa", "rsa-middle", "mx.exemple.fr", "DNS:mx.exemple.fr", "serverAuth", -1, 1, .key = "secp384r1", .digest = "SHA512"},
	{"client", "middle", "Client", NULL, "clientAuth", -1, 1, .key = NULL},
	{"client-both", "middle", "Both", NULL, "clientAuth,serverAuth", -1, 1, .key = NULL},
	{"client-server", "middle", "Server", NULL, "serverAuth", -1, 1, .key = NULL},
	{"client-mail", "middle", "Mail", NULL, "emailProtection", -1, 1, .key = NULL},
	{"client-no-use", "middle", "No use", NULL, "-", -1, 1, .key = NULL},
	{"client-old", "middle", "Old", NULL, "clientAuth", -5, -1, .key = NULL},
	{"client-foreign", "foreign", "Foreign", NULL, "clientAuth", -1, 1, .key = NULL},
	{"client-revoked", "middle", "Revoked", NULL, "clientAuth", -1, 1, .key = NULL},
	{"client-by-mail", "mail-middle", "By mail", NULL, "clientAuth", -1, 1, .key = NULL},
	{"client-by-short", "short-middle", "By short", NULL, "clientAuth", -1, 1, .key = NULL},
	{"client-by-curve", "curve-middle", "By curve", NULL, "clientAuth", -1, 1, .key = NULL},
	{"client-by-koblitz", "koblitz-middle", "By koblitz", NULL, "clientAuth", -1, 1, .key = NULL},
	{"client-by-sha1", "sha1-middle", "By sha1", NULL, "clientAuth", -1, 1, .key = NULL},
	{"client-by-rsa", "rsa-middle", "By RSA", NULL, "clientAuth", -1, 1, .key = NULL},
	{"responder", "middle", "Responder", NULL, "OCSPSigning", -1, 1, .key = NULL},
};

_Static_assert(COUNT(recipes) <= CERTIFICATES, "room for all that is made");

struct made {
	EVP_PKEY *key;
	X509 *certificate;
};

static struct setting {
	char folder[64];
	struct made made[CERTIFICATES];
} setting;

static inline size_t index_of(const char *name)
{
	for (size_t i = 0; i < COUNT(recipes); i++)
		if (strcmp(recipes[i].name, name) == 0)
			return i;
	fail_msg("no recipe %s", name);
	return 0;
}

static inline struct made made_of(const char *name)
{
	return setting.made[index_of(name)];
}

static inline const char *path_of(const char *name, const char *ending)
{
	static char paths[64][160];
	static unsigned next;
	char *path = paths[next++ % COUNT(paths)];
	assert_in_range(snprintf(path, sizeof paths[0], "%s/%s%s", setting.folder, name, ending), 1, sizeof paths[0] - 1);
	return path;
}

static inline void extend(X509 *certificate, X509 *issuer, int nid, const char *value)
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

static inline EVP_PKEY *new_key(const char *kind)
{
	if (kind != NULL && strncmp(kind, "RSA ", 4) == 0)
		return EVP_RSA_gen(kind[4] == '1' ? 1024 : 2048);
	return EVP_EC_gen(kind == NULL ? "P-256" : kind);
}

static inline struct made make(size_t i)
{
	const struct recipe *r = &recipes[i];
	struct made m = {new_key(r->key), X509_new()};
	struct made by = r->issuer ? made_of(r->issuer) : m;
	X509_NAME *name = X509_get_subject_name(m.certificate);
	bool none = r->use != NULL && strcmp(r->use, "-") == 0;

	X509_set_version(m.certificate, X509_VERSION_3);
	ASN1_INTEGER_set(X509_get_serialNumber(m.certificate), (long)i + 1000);
	X509_NAME_add_entry_by_txt(name, "C", MBSTRING_UTF8, (const unsigned char *)"FR", -1, -1, 0);
	X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, (const unsigned char *)r->cn, -1, -1, 0);
	X509_gmtime_adj(X509_getm_notBefore(m.certificate), r->from * DAY);
	X509_gmtime_adj(X509_getm_notAfter(m.certificate), r->until * DAY);
	X509_set_pubkey(m.certificate, m.key);
	X509_set_issuer_name(m.certificate, X509_get_subject_name(by.certificate));
	extend(m.certificate, by.certificate, NID_basic_constraints, r->authority ? "critical,CA:TRUE" : "CA:FALSE");
	extend(m.certificate, by.certificate, NID_key_usage, r->authority ? "keyCertSign,cRLSign" : "digitalSignature");
	extend(m.certificate, by.certificate, NID_ext_key_usage, none ? NULL : r->use);
	extend(m.certificate, by.certificate, NID_subject_alt_name, r->san);
	extend(m.certificate, by.certificate, NID_tlsfeature, r->staples ? "status_request" : NULL);
	assert_true(X509_sign(m.certificate, by.key, EVP_get_digestbyname(r->digest ? r->digest : "SHA256")) > 0);
	return m;
}

/* Names an authority other than the middle one in its own name. */
static inline bool has_own_authority(const char *name)
{
	return strstr(name, "-by-") != NULL;
}

/* The certificate, the middle authority's where it is the issuer, and the key. */
static inline void write_files(size_t i)
{
	FILE *file = fopen(path_of(recipes[i].name, ".pem"), "w");
	assert_non_null(file);
	PEM_write_X509(file, setting.made[i].certificate);
	if (recipes[i].issuer != NULL && strcmp(recipes[i].issuer, "middle") == 0)
		PEM_write_X509(file, made_of(recipes[i].issuer).certificate);
	fclose(file);
	file = fopen(path_of(recipes[i].name, ".key"), "w");
	assert_non_null(file);
	PEM_write_PrivateKey(file, setting.made[i].key, NULL, NULL, 0, NULL, NULL);
	fclose(file);
}

/* A list of `issuer`, signed with the key of `by`; revoked may be NULL. Days from now. */
struct list {
	const char *issuer, *by, *revoked, *digest;
	long from, until;
	long number;
	bool strange;             /* with a critical extension that nobody knows */
};

static inline void add_strange(X509_CRL *crl)
{
	ASN1_OBJECT *name = OBJ_txt2obj("1.3.6.1.4.1.99999.1", 1);
	ASN1_OCTET_STRING *value = ASN1_OCTET_STRING_new();
	ASN1_OCTET_STRING_set(value, (const unsigned char *)"\5\0", 2);
	X509_EXTENSION *extension = X509_EXTENSION_create_by_OBJ(NULL, name, 1, value);

	assert_int_equal(X509_CRL_add_ext(crl, extension, -1), 1);
	X509_EXTENSION_free(extension);
	ASN1_OCTET_STRING_free(value);
	ASN1_OBJECT_free(name);
}

static inline X509_CRL *make_list(const struct list *l)
{
	struct made by = made_of(l->by ? l->by : l->issuer);
	X509_CRL *crl = X509_CRL_new();
	ASN1_TIME *time = X509_gmtime_adj(NULL, l->from * DAY);
	ASN1_INTEGER *number = ASN1_INTEGER_new();

	X509_CRL_set_version(crl, X509_CRL_VERSION_2);
	X509_CRL_set_issuer_name(crl, X509_get_subject_name(made_of(l->issuer).certificate));
	X509_CRL_set1_lastUpdate(crl, time);
	for (size_t i = 0; l->revoked != NULL && i < COUNT(recipes); i++)
		if (strstr(l->revoked, recipes[i].name) != NULL && strstr(recipes[i].name, "revoked") != NULL) {
			X509_REVOKED *revoked = X509_REVOKED_new();
			X509_REVOKED_set_serialNumber(revoked, X509_get_serialNumber(setting.made[i].certificate));
			X509_REVOKED_set_revocationDate(revoked, time);
			X509_CRL_add0_revoked(crl, revoked);
		}
	X509_gmtime_adj(time, l->until * DAY);
	X509_CRL_set1_nextUpdate(crl, time);
	ASN1_INTEGER_set(number, l->number ? l->number : 7);
	X509_CRL_add1_ext_i2d(crl, NID_crl_number, number, 0, 0);
	if (l->strange)
		add_strange(crl);
	assert_true(X509_CRL_sign(crl, by.key, EVP_get_digestbyname(l->digest ? l->digest : "SHA256")) > 0);
	ASN1_INTEGER_free(number);
	ASN1_TIME_free(time);
	return crl;
}

static inline void write_list(const char *folder, const struct list *l)
{
	char name[160];
	X509_CRL *crl = make_list(l);

	snprintf(name, sizeof name, "%s/%s", folder, l->issuer);
	(void)mkdir(path_of(folder, ""), 0700);
	FILE *file = fopen(path_of(name, ".crl"), "w");
	assert_non_null(file);
	PEM_write_X509_CRL(file, crl);
	fclose(file);
	X509_CRL_free(crl);
}

static inline int set_up(void **state)
{
	(void)state;
	memcpy(setting.folder, "/tmp/tls_testXXXXXX", sizeof "/tmp/tls_testXXXXXX");
	assert_non_null(mkdtemp(setting.folder));
	for (size_t i = 0; i < COUNT(recipes); i++) {
		setting.made[i] = make(i);
		write_files(i);
	}
	for (size_t i = 0; i < COUNT(recipes); i++)
		if (recipes[i].authority)
			write_list("crls", &(struct list){recipes[i].name, .revoked = "client-revoked server-revoked", .from = -1, .until = 1,
							  .digest = recipes[i].key && recipes[i].key[0] == 'R' ? "SHA256" : NULL});
	return 0;
}

static inline int tear_down(void **state)
{
	char line[128];

	(void)state;
	for (size_t i = 0; i < COUNT(recipes); i++) {
		X509_free(setting.made[i].certificate);
		EVP_PKEY_free(setting.made[i].key);
	}
	snprintf(line, sizeof line, "rm -r '%s'", setting.folder);
	return system(line);
}

/* --- one conversation ------------------------------------------------------------ */

struct pair {
	int fd[2];
	struct tls_context *server_context, *client_context;
	SSL *server, *client;
	enum tls_step server_step, client_step;
};

/* crls: a folder of the setting, or "". */
static inline struct tls_files files_of(const char *name, const char *crls)
{
	return (struct tls_files){name ? path_of(name, ".pem") : NULL, name ? path_of(name, ".key") : NULL, path_of("root", ".pem"),
				  crls[0] != '\0' ? path_of(crls, "") : "", NULL};
}

static inline struct tls_context *server_of(const struct tls_files *files)
{
	struct tls_context *context;
	char detail[TLS_DETAIL];
	assert_int_equal(tls_server_context(files, &context, detail), REASON_NONE);
	return context;
}

static inline struct tls_context *client_of(const struct tls_files *files)
{
	struct tls_context *context;
	char detail[TLS_DETAIL];
	assert_int_equal(tls_client_context(files, &context, detail), REASON_NONE);
	return context;
}

static inline void connect_pair(struct pair *p, const char *name)
{
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, p->fd), 0);
	p->server = tls_server_session(p->server_context);
	assert_non_null(p->server);
	SSL_set_fd(p->server, p->fd[0]);
	assert_int_equal(tls_client_prepare(p->client_context, p->fd[1], name, &p->client), REASON_NONE);
}

/* Weak authorities among them: OpenSSL would not let us present those, were it asked. */
static inline void present_authority(SSL *session, const char *name)
{
	if (name == NULL || !has_own_authority(name))
		return;
	SSL_set_security_level(session, 0);
	assert_int_equal(SSL_add1_chain_cert(session, made_of(recipes[index_of(name)].issuer).certificate), 1);
}

/* Both check revocation. */
static inline struct pair open_pair(const char *server, const char *client, const char *name)
{
	struct tls_files of_server = files_of(server, "crls"), of_client = files_of(client, "crls");
	struct pair p = {.server_context = server_of(&of_server), .client_context = client_of(&of_client)};

	connect_pair(&p, name);
	present_authority(p.server, server);
	present_authority(p.client, client);
	return p;
}

static inline bool goes_on(enum tls_step step)
{
	return step == TLS_WANT_READ || step == TLS_WANT_WRITE;
}

static inline void shake(struct pair *p)
{
	p->server_step = p->client_step = TLS_WANT_READ;
	for (int i = 0; i < 20 && (goes_on(p->server_step) || goes_on(p->client_step)); i++) {
		if (goes_on(p->client_step))
			p->client_step = tls_handshake(p->client);
		if (goes_on(p->server_step))
			p->server_step = tls_handshake(p->server);
	}
}

static inline void end_pair(struct pair *p)
{
	tls_session_close(&p->server);
	tls_session_close(&p->client);
	close(p->fd[0]);
	close(p->fd[1]);
}

static inline void close_pair(struct pair *p)
{
	end_pair(p);
	tls_context_close(&p->server_context);
	tls_context_close(&p->client_context);
}

#endif
