/* certs/chain_test.c - paths that must and must not be believed: use, strength at every level, names, policies; several signers.
 * Everything is made for the run. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <openssl/cms.h>
#include <openssl/conf.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>

#include "certs/chain.h"
#include "certs/verify.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))
#define CA "basicConstraints=critical,CA:TRUE;keyUsage=keyCertSign,cRLSign"
#define MAIL "extendedKeyUsage=emailProtection;keyUsage=digitalSignature;subjectAltName=email:a@x.fr"
#define POLICY_1 "certificatePolicies=1.2.3.1"
#define POLICY_2 "certificatePolicies=1.2.3.2"

enum { DAY = 86400 };

/* extensions: name=value; … */
static const struct recipe {
	const char *name, *issuer, *key, *digest, *extensions;
	bool pss;
} recipes[] = {
	{"root", NULL, NULL, NULL, CA, false},
	{"tls-root", NULL, NULL, NULL, CA, false},
	{"middle", "root", NULL, NULL, CA, false},
	{"short", "root", "RSA 1024", NULL, CA, false},
	{"long", "root", "RSA 3072", "SHA512", CA, false},
	{"p384", "root", "P-384", "SHA384", CA, false},
	{"p521", "root", "P-521", NULL, CA, false},
	{"koblitz", "root", "secp256k1", NULL, CA, false},
	{"sha1", "root", NULL, "SHA1", CA, false},
	{"rsa", "root", "RSA 2048", NULL, CA, false},
	{"pss", "rsa", NULL, "SHA256", CA, true},
	{"pss-sha1", "rsa", NULL, "SHA1", CA, true},
	{"server-only", "root", NULL, NULL, CA ";extendedKeyUsage=serverAuth", false},
	{"mail-only", "root", NULL, NULL, CA ";extendedKeyUsage=emailProtection", false},
	{"last", "root", NULL, NULL, "basicConstraints=critical,CA:TRUE,pathlen:0;keyUsage=keyCertSign", false},
	{"below-last", "last", NULL, NULL, CA, false},
	{"only-x", "root", NULL, NULL, CA ";nameConstraints=critical,permitted;email:x.fr", false},
	{"not-x", "root", NULL, NULL, CA ";nameConstraints=critical,excluded;email:x.fr", false},
	{"only-fr", "root", NULL, NULL, CA ";nameConstraints=critical,permitted;dirName:french", false},
	{"only-de", "root", NULL, NULL, CA ";nameConstraints=critical,permitted;dirName:german", false},
	{"not-fr", "root", NULL, NULL, CA ";nameConstraints=critical,excluded;dirName:french", false},
	{"explicit-1", "root", NULL, NULL, CA ";" POLICY_1 ";policyConstraints=requireExplicitPolicy:0", false},
	{"explicit-none", "root", NULL, NULL, CA ";policyConstraints=requireExplicitPolicy:0", false},
	{"explicit-any", "root", NULL, NULL, CA ";certificatePolicies=anyPolicy;policyConstraints=requireExplicitPolicy:0", false},
	{"explicit-inhibit", "root", NULL, NULL, CA ";" POLICY_1 ";policyConstraints=requireExplicitPolicy:0;inhibitAnyPolicy=0", false},
	{"explicit-map", "root", NULL, NULL, CA ";" POLICY_1 ";policyConstraints=requireExplicitPolicy:0;policyMappings=1.2.3.1:1.2.3.2", false},
	{"critical", "root", NULL, NULL, CA ";1.2.3.4=critical,ASN1:NULL", false},
	{"not-ca", "root", NULL, NULL, "basicConstraints=CA:FALSE;keyUsage=digitalSignature,keyCertSign", false},
	{"no-sign", "root", NULL, NULL, "basicConstraints=critical,CA:TRUE;keyUsage=digitalSignature", false},
	{"d1", "root", NULL, NULL, CA, false},
	{"d2", "d1", NULL, NULL, CA, false},
	{"d3", "d2", NULL, NULL, CA, false},
	{"d4", "d3", NULL, NULL, CA, false},
	{"d5", "d4", NULL, NULL, CA, false},
	{"d6", "d5", NULL, NULL, CA, false},
};

static const struct leaf {
	const char *what, *issuer, *key, *digest, *extensions;
	enum reason reason;
} leaves[] = {
	{"made for mail", "middle", NULL, NULL, MAIL, REASON_NONE},
	{"RSA 2048", "middle", "RSA 2048", NULL, MAIL, REASON_NONE},
	{"P-384 with SHA-512", "middle", "P-384", "SHA512", MAIL, REASON_NONE},
	{"made for nothing", "middle", NULL, NULL, "keyUsage=digitalSignature;subjectAltName=email:a@x.fr", REASON_SIG_USAGE},
	{"made for clients", "middle", NULL, NULL, "extendedKeyUsage=clientAuth;keyUsage=digitalSignature", REASON_SIG_USAGE},
	{"made for anything", "middle", NULL, NULL, "extendedKeyUsage=anyExtendedKeyUsage;keyUsage=digitalSignature", REASON_SIG_USAGE},
	{"for encryption only", "middle", NULL, NULL, "extendedKeyUsage=emailProtection;keyUsage=keyAgreement", REASON_SIG_USAGE},
	{"without any key usage", "middle", NULL, NULL, "extendedKeyUsage=emailProtection", REASON_NONE},
	{"RSA 1024", "middle", "RSA 1024", NULL, MAIL, REASON_SIG_DIGEST},
	{"P-521", "middle", "P-521", NULL, MAIL, REASON_SIG_DIGEST},
	{"signed with SHA-1", "middle", NULL, "SHA1", MAIL, REASON_SIG_DIGEST},
	{"signed with SHA-224", "middle", NULL, "SHA224", MAIL, REASON_SIG_DIGEST},
	{"an authority with RSA 1024", "short", NULL, NULL, MAIL, REASON_SIG_DIGEST},
	{"an authority with RSA 3072 and SHA-512", "long", NULL, NULL, MAIL, REASON_NONE},
	{"an authority with P-384", "p384", NULL, NULL, MAIL, REASON_NONE},
	{"an authority with P-521", "p521", NULL, NULL, MAIL, REASON_SIG_DIGEST},
	{"an authority with secp256k1", "koblitz", NULL, NULL, MAIL, REASON_SIG_DIGEST},
	{"an authority signed with SHA-1", "sha1", NULL, NULL, MAIL, REASON_SIG_DIGEST},
	{"an authority signed with PSS", "pss", NULL, NULL, MAIL, REASON_NONE},
	{"an authority signed with PSS and SHA-1", "pss-sha1", NULL, NULL, MAIL, REASON_SIG_DIGEST},
	{"an authority for servers", "server-only", NULL, NULL, MAIL, REASON_SIG_USAGE},
	{"an authority for mail", "mail-only", NULL, NULL, MAIL, REASON_NONE},
	{"an authority for TLS peers", "tls-root", NULL, NULL, MAIL, REASON_SIG_UNTRUSTED},
	{"the last authority of its path", "last", NULL, NULL, MAIL, REASON_NONE},
	{"one below the last", "below-last", NULL, NULL, MAIL, REASON_SIG_UNTRUSTED},
	{"an authority that is none", "not-ca", NULL, NULL, MAIL, REASON_SIG_UNTRUSTED},
	{"an authority that may not issue", "no-sign", NULL, NULL, MAIL, REASON_SIG_UNTRUSTED},
	{"four authorities", "d4", NULL, NULL, MAIL, REASON_NONE},
	{"six authorities", "d6", NULL, NULL, MAIL, REASON_SIG_UNTRUSTED},
	{"unknown and critical, in the authority", "critical", NULL, NULL, MAIL, REASON_SIG_UNTRUSTED},
	{"unknown and critical", "middle", NULL, NULL, MAIL ";1.2.3.4=critical,ASN1:NULL", REASON_SIG_UNTRUSTED},
	{"an address that is permitted", "only-x", NULL, NULL, MAIL, REASON_NONE},
	{"an address that is not permitted", "only-x", NULL, NULL,
	 "extendedKeyUsage=emailProtection;subjectAltName=email:a@y.fr", REASON_SIG_UNTRUSTED},
	{"two addresses, one not permitted", "only-x", NULL, NULL,
	 "extendedKeyUsage=emailProtection;subjectAltName=email:a@x.fr,email:a@y.fr", REASON_SIG_UNTRUSTED},
	{"an address that is excluded", "not-x", NULL, NULL, MAIL, REASON_SIG_UNTRUSTED},
	{"an address that is not excluded", "not-x", NULL, NULL,
	 "extendedKeyUsage=emailProtection;subjectAltName=email:a@y.fr", REASON_NONE},
	{"a subject that is permitted", "only-fr", NULL, NULL, MAIL, REASON_NONE},
	{"a subject that is not permitted", "only-de", NULL, NULL, MAIL, REASON_SIG_UNTRUSTED},
	{"a subject that is excluded", "not-fr", NULL, NULL, MAIL, REASON_SIG_UNTRUSTED},
	{"a policy that nobody demands", "middle", NULL, NULL, MAIL ";" POLICY_2, REASON_NONE},
	{"the policy that the path demands", "explicit-1", NULL, NULL, MAIL ";" POLICY_1, REASON_NONE},
	{"another policy than the path's", "explicit-1", NULL, NULL, MAIL ";" POLICY_2, REASON_SIG_UNTRUSTED},
	{"no policy where one is demanded", "explicit-1", NULL, NULL, MAIL, REASON_SIG_UNTRUSTED},
	{"any policy will do", "explicit-any", NULL, NULL, MAIL ";" POLICY_2, REASON_NONE},
	{"any policy, said by the leaf", "explicit-1", NULL, NULL, MAIL ";certificatePolicies=anyPolicy", REASON_NONE},
	{"any policy, which the path forbids", "explicit-inhibit", NULL, NULL, MAIL ";certificatePolicies=anyPolicy", REASON_SIG_UNTRUSTED},
	{"an authority without the policy it demands", "explicit-none", NULL, NULL, MAIL ";" POLICY_1, REASON_SIG_UNTRUSTED},
	{"a policy mapped onto the path's", "explicit-map", NULL, NULL, MAIL ";" POLICY_2, REASON_NONE},
	{"a policy that was mapped away", "explicit-map", NULL, NULL, MAIL ";" POLICY_1, REASON_SIG_UNTRUSTED},
};

struct made {
	EVP_PKEY *key;
	X509 *certificate;
};

static struct setting {
	char folder[64];
	struct made made[COUNT(recipes)];
	struct trust *trust;
	CONF *names;
} setting;

static const struct made *made_of(const char *name)
{
	for (size_t i = 0; i < COUNT(recipes); i++)
		if (strcmp(recipes[i].name, name) == 0)
			return &setting.made[i];
	fail_msg("no recipe %s", name);
	return NULL;
}

static const struct recipe *recipe_of(const char *name)
{
	return &recipes[made_of(name) - setting.made];
}

static EVP_PKEY *new_key(const char *kind)
{
	if (kind != NULL && strncmp(kind, "RSA ", 4) == 0)
		return EVP_RSA_gen((unsigned)strtoul(kind + 4, NULL, 10));
	return EVP_EC_gen(kind == NULL ? "P-256" : kind);
}

/* name=value;name=value…; a semicolon followed by a letter and a colon-less name begins the next. */
static void extend(X509 *certificate, X509 *issuer, const char *extensions)
{
	char room[512], *at = room, *end;
	X509V3_CTX context;

	snprintf(room, sizeof room, "%s", extensions);
	X509V3_set_ctx(&context, issuer, certificate, NULL, NULL, 0);
	X509V3_set_nconf(&context, setting.names);
	for (; at != NULL; at = end) {
		char *value = strchr(at, '=');
		/* "permitted;email:" holds one of its own: the next extension has its equals sign before any colon. */
		end = strchr(value, ';');
		if (end != NULL && (strncmp(end, ";email:", 7) == 0 || strncmp(end, ";dirName:", 9) == 0))
			end = strchr(end + 1, ';');
		if (end != NULL)
			*end++ = '\0';
		*value++ = '\0';
		X509_EXTENSION *extension = X509V3_EXT_nconf(setting.names, &context, at, value);
		if (extension == NULL)
			fail_msg("%s = %s", at, value);
		assert_int_equal(X509_add_ext(certificate, extension, -1), 1);
		X509_EXTENSION_free(extension);
	}
}

static void sign(X509 *certificate, EVP_PKEY *key, const char *digest, bool pss)
{
	const EVP_MD *md = EVP_get_digestbyname(digest == NULL ? "SHA256" : digest);
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	EVP_PKEY_CTX *options = NULL;

	assert_int_equal(EVP_DigestSignInit(ctx, &options, md, NULL, key), 1);
	if (pss) {
		assert_int_equal(EVP_PKEY_CTX_set_rsa_padding(options, RSA_PKCS1_PSS_PADDING), 1);
		assert_int_equal(EVP_PKEY_CTX_set_rsa_pss_saltlen(options, RSA_PSS_SALTLEN_DIGEST), 1);
	}
	assert_true(X509_sign_ctx(certificate, ctx) > 0);
	EVP_MD_CTX_free(ctx);
}

static struct made make(const char *name, const char *issuer, const char *key, const char *digest, const char *extensions, bool pss)
{
	static long serial = 1000;
	struct made m = {new_key(key), X509_new()};
	const struct made *by = issuer ? made_of(issuer) : &m;
	X509_NAME *subject = X509_get_subject_name(m.certificate);

	X509_set_version(m.certificate, X509_VERSION_3);
	ASN1_INTEGER_set(X509_get_serialNumber(m.certificate), serial++);
	X509_NAME_add_entry_by_txt(subject, "C", MBSTRING_UTF8, (const unsigned char *)"FR", -1, -1, 0);
	X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8, (const unsigned char *)name, -1, -1, 0);
	X509_gmtime_adj(X509_getm_notBefore(m.certificate), -DAY);
	X509_gmtime_adj(X509_getm_notAfter(m.certificate), DAY);
	X509_set_pubkey(m.certificate, m.key);
	X509_set_issuer_name(m.certificate, X509_get_subject_name(by->certificate));
	extend(m.certificate, by->certificate, extensions);
	sign(m.certificate, by->key, digest, pss);
	return m;
}

static void free_made(struct made *m)
{
	EVP_PKEY_free(m->key);
	X509_free(m->certificate);
}

static void write_anchor(const char *name, const char *path)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	PEM_write_X509(file, made_of(name)->certificate);
	fclose(file);
}

static int set_up(void **state)
{
	static const char names[] = "[french]\nC=FR\n[german]\nC=DE\n";
	char path[128], detail[TRUST_DETAIL];
	BIO *bio = BIO_new_mem_buf(names, -1);
	long line;

	(void)state;
	strcpy(setting.folder, "/tmp/relais-chain-XXXXXX");
	assert_non_null(mkdtemp(setting.folder));
	setting.names = NCONF_new(NULL);
	assert_int_equal(NCONF_load_bio(setting.names, bio, &line), 1);
	BIO_free(bio);
	for (size_t i = 0; i < COUNT(recipes); i++)
		setting.made[i] = make(recipes[i].name, recipes[i].issuer, recipes[i].key, recipes[i].digest, recipes[i].extensions, recipes[i].pss);
	snprintf(path, sizeof path, "%s/anchors.pem", setting.folder);
	write_anchor("root", path);
	assert_int_equal(trust_load(path, NULL, &setting.trust, detail), REASON_NONE);
	unlink(path);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	trust_free(&setting.trust);
	for (size_t i = 0; i < COUNT(recipes); i++)
		free_made(&setting.made[i]);
	NCONF_free(setting.names);
	return rmdir(setting.folder);
}

/* The authorities between this one and the anchor, for the message to carry. */
static STACK_OF(X509) *path_above(const char *issuer)
{
	STACK_OF(X509) *path = sk_X509_new_null();

	for (const char *at = issuer; recipe_of(at)->issuer != NULL; at = recipe_of(at)->issuer)
		sk_X509_push(path, made_of(at)->certificate);
	return path;
}

static struct bytes content = BYTES_OF("Bonjour.\r\n");

static struct bytes der_of(struct arena *arena, CMS_ContentInfo *cms)
{
	unsigned char *der = NULL;
	int len = i2d_CMS_ContentInfo(cms, &der);
	struct bytes out = arena_copy(arena, (struct bytes){der, (size_t)len});

	assert_true(len > 0);
	OPENSSL_free(der);
	CMS_ContentInfo_free(cms);
	return out;
}

static CMS_ContentInfo *signed_by(const struct made *leaf, const char *issuer)
{
	STACK_OF(X509) *path = path_above(issuer);
	BIO *bio = BIO_new_mem_buf(content.at, (int)content.len);
	CMS_ContentInfo *cms = CMS_sign(NULL, NULL, path, NULL, CMS_DETACHED | CMS_BINARY | CMS_PARTIAL);

	assert_non_null(CMS_add1_signer(cms, leaf->certificate, leaf->key, EVP_sha256(), CMS_BINARY | CMS_NOSMIMECAP));
	assert_int_equal(CMS_final(cms, bio, NULL, CMS_BINARY), 1);
	BIO_free(bio);
	sk_X509_free(path);
	return cms;
}

static struct verify_facts judge(struct arena *arena, struct bytes cms)
{
	struct verify_request request = {cms, true, content, BYTES("a@x.fr"), {(int64_t)time(NULL) * 1000000}, VERIFY_DIGESTS};
	struct verify_facts facts;

	assert_int_equal(verify_cms(arena, setting.trust, &request, &facts), REASON_NONE);
	return facts;
}

static void test_paths(void **state)
{
	size_t wrong = 0;

	(void)state;
	for (size_t i = 0; i < COUNT(leaves); i++) {
		const struct leaf *l = &leaves[i];
		struct arena *arena = arena_create(1 << 20);
		struct made leaf = make(l->what, l->issuer, l->key, l->digest, l->extensions, false);
		struct verify_facts facts = judge(arena, der_of(arena, signed_by(&leaf, l->issuer)));
		if (facts.reason != l->reason) {
			print_message("%s: %s\n", l->what, reason_code(facts.reason));
			wrong++;
		}
		free_made(&leaf);
		arena_destroy(&arena);
	}
	assert_int_equal(wrong, 0);
}

/* What stands in the message is in the chain and not in the material; the anchor is in both. */
static void test_what_it_rested_on(void **state)
{
	struct arena *arena = arena_create(1 << 20);
	struct made leaf = make("Leaf", "d2", NULL, NULL, MAIL, false);
	const char *kind = NULL;
	struct bytes der;

	(void)state;
	struct verify_facts facts = judge(arena, der_of(arena, signed_by(&leaf, "d2")));
	assert_int_equal(facts.n_chain, 4);
	assert_true(bytes_equal(facts.chain[0], facts.fingerprint));
	assert_int_equal(facts.n_material, 1);
	assert_true(bytes_equal(facts.material[0], facts.chain[3]));
	assert_false(facts.revocation);
	assert_int_equal(trust_material(arena, setting.trust, facts.chain[3], &kind, &der), REASON_NONE);
	assert_string_equal(kind, "certificate");
	assert_int_equal(trust_material(arena, setting.trust, facts.chain[0], &kind, &der), REASON_NOT_FOUND);
	arena_fail_at(arena, 1);
	assert_int_equal(trust_material(arena, setting.trust, facts.chain[3], &kind, &der), REASON_MEMORY);
	free_made(&leaf);
	arena_destroy(&arena);
}

/* Each signer has his own verdict; all must be good; the order makes no difference to the whole. */
static void test_several_signers(void **state)
{
	static const struct {
		const char *what;
		const char *issuers[2];
		bool wrong[2];                 /* signs another content */
		enum verify_verdict verdicts[2], whole;
	} rows[] = {
		{"both good", {"middle", "p384"}, {false, false}, {VERIFY_VALID, VERIFY_VALID}, VERIFY_VALID},
		{"the second unknown", {"middle", "tls-root"}, {false, false}, {VERIFY_VALID, VERIFY_UNTRUSTED}, VERIFY_UNTRUSTED},
		{"the first unknown", {"tls-root", "middle"}, {false, false}, {VERIFY_UNTRUSTED, VERIFY_VALID}, VERIFY_UNTRUSTED},
		{"the second false", {"middle", "p384"}, {false, true}, {VERIFY_VALID, VERIFY_INVALID}, VERIFY_INVALID},
		{"the first false", {"middle", "p384"}, {true, false}, {VERIFY_INVALID, VERIFY_VALID}, VERIFY_INVALID},
		{"one unknown, one false", {"tls-root", "middle"}, {false, true}, {VERIFY_UNTRUSTED, VERIFY_INVALID}, VERIFY_INVALID},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct arena *arena = arena_create(1 << 20);
		struct made leaves_made[2];
		BIO *bio = BIO_new_mem_buf(content.at, (int)content.len);
		CMS_ContentInfo *cms = CMS_sign(NULL, NULL, NULL, NULL, CMS_DETACHED | CMS_BINARY | CMS_PARTIAL);
		for (size_t k = 0; k < 2; k++) {
			leaves_made[k] = make(k == 0 ? "One" : "Two", rows[i].issuers[k], NULL, NULL, MAIL, false);
			CMS_add1_signer(cms, leaves_made[k].certificate, leaves_made[k].key, EVP_sha256(), CMS_BINARY | CMS_NOSMIMECAP);
			if (recipe_of(rows[i].issuers[k])->issuer != NULL)
				CMS_add1_cert(cms, made_of(rows[i].issuers[k])->certificate);
		}
		assert_int_equal(CMS_final(cms, bio, NULL, CMS_BINARY), 1);
		for (int k = 0; k < 2; k++)
			if (rows[i].wrong[k]) {
				ASN1_OCTET_STRING *value = CMS_SignerInfo_get0_signature(sk_CMS_SignerInfo_value(CMS_get0_SignerInfos(cms), k));
				((unsigned char *)(uintptr_t)ASN1_STRING_get0_data(value))[ASN1_STRING_length(value) - 1] ^= 1;
			}
		struct verify_facts facts = judge(arena, der_of(arena, cms));
		/* A SET is sorted in DER: who is first in the facts is found by the name. */
		bool swapped = !bytes_contains(facts.signers[0].subject, BYTES("=one"));
		assert_int_equal(facts.n_signers, 2);
		for (size_t k = 0; k < 2; k++)
			if (facts.signers[swapped ? 1 - k : k].verdict != rows[i].verdicts[k])
				fail_msg("%s: signer %zu %s", rows[i].what, k, verify_verdict_name(facts.signers[swapped ? 1 - k : k].verdict));
		if (facts.verdict != rows[i].whole)
			fail_msg("%s: %s", rows[i].what, verify_verdict_name(facts.verdict));
		assert_false(facts.bound);
		for (size_t k = 0; k < 2; k++)
			free_made(&leaves_made[k]);
		BIO_free(bio);
		arena_destroy(&arena);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_paths),
		cmocka_unit_test(test_what_it_rested_on),
		cmocka_unit_test(test_several_signers),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
