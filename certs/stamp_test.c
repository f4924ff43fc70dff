/* certs/stamp_test.c - an authority of the library's own answers, rightly and wrongly; a seal, whole and bent. */
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
#include <openssl/pem.h>
#include <openssl/ts.h>
#include <openssl/x509v3.h>

#include "base/digest.h"
#include "certs/stamp.h"

struct authority {
	EVP_PKEY *key;
	X509 *root, *signer;
	char path[40];               /* of the root */
};

struct scene {
	struct arena *arena;
	struct authority good, stranger;
};

static X509 *issue(EVP_PKEY *key, X509 *issuer, EVP_PKEY *issuer_key, const char *name, const char *use, const char *extended)
{
	X509 *made = X509_new();
	X509V3_CTX context;

	X509_set_version(made, 2);
	ASN1_INTEGER_set(X509_get_serialNumber(made), issuer == NULL ? 1 : 2);
	X509_gmtime_adj(X509_getm_notBefore(made), -3600);
	X509_gmtime_adj(X509_getm_notAfter(made), 86400);
	X509_NAME_add_entry_by_txt(X509_get_subject_name(made), "CN", MBSTRING_ASC, (const unsigned char *)name, -1, -1, 0);
	X509_set_issuer_name(made, X509_get_subject_name(issuer == NULL ? made : issuer));
	X509_set_pubkey(made, key);
	X509V3_set_ctx(&context, issuer == NULL ? made : issuer, made, NULL, NULL, 0);
	const struct {
		int nid;
		const char *value;
	} extensions[] = {{NID_basic_constraints, issuer == NULL ? "critical,CA:TRUE" : "critical,CA:FALSE"}, {NID_key_usage, use}, {NID_ext_key_usage, extended}};
	for (size_t i = 0; i < 3; i++) {
		X509_EXTENSION *e = extensions[i].value == NULL ? NULL : X509V3_EXT_conf_nid(NULL, &context, extensions[i].nid, extensions[i].value);
		if (e != NULL)
			X509_add_ext(made, e, -1);
		X509_EXTENSION_free(e);
	}
	assert_true(X509_sign(made, issuer_key, EVP_sha256()) > 0);
	return made;
}

static void make_authority(struct authority *a, const char *name)
{
	a->key = EVP_EC_gen("P-256");
	a->root = issue(a->key, NULL, a->key, name, "critical,keyCertSign", NULL);
	a->signer = issue(a->key, a->root, a->key, "stamps", "critical,digitalSignature", "critical,timeStamping");
	strcpy(a->path, "/tmp/relais-tsa-XXXXXX");
	FILE *file = fdopen(mkstemp(a->path), "w");
	assert_int_equal(PEM_write_X509(file, a->root), 1);
	fclose(file);
}

static void drop_authority(struct authority *a)
{
	unlink(a->path);
	X509_free(a->root);
	X509_free(a->signer);
	EVP_PKEY_free(a->key);
}

static int set_up(void **state)
{
	static struct scene s;
	s.arena = arena_create(1 << 20);
	make_authority(&s.good, "good");
	make_authority(&s.stranger, "stranger");
	*state = &s;
	return 0;
}

static int tear_down(void **state)
{
	struct scene *s = *state;
	drop_authority(&s->good);
	drop_authority(&s->stranger);
	arena_destroy(&s->arena);
	return 0;
}

static ASN1_INTEGER *serial(TS_RESP_CTX *context, void *data)
{
	(void)context;
	(void)data;
	ASN1_INTEGER *one = ASN1_INTEGER_new();
	ASN1_INTEGER_set(one, 7);
	return one;
}

/* What that authority answers; wanted: the digests that it takes. */
static struct bytes answer_of(struct scene *s, const struct authority *a, struct bytes query, const EVP_MD *wanted)
{
	TS_RESP_CTX *context = TS_RESP_CTX_new();
	ASN1_OBJECT *policy = OBJ_txt2obj("1.2.3.4.1", 1);
	BIO *in = BIO_new_mem_buf(query.at, (int)query.len);
	unsigned char *der = NULL;

	TS_RESP_CTX_set_serial_cb(context, serial, NULL);
	assert_int_equal(TS_RESP_CTX_set_signer_cert(context, a->signer), 1);
	assert_int_equal(TS_RESP_CTX_set_signer_key(context, a->key), 1);
	assert_int_equal(TS_RESP_CTX_set_signer_digest(context, EVP_sha256()), 1);
	assert_int_equal(TS_RESP_CTX_set_ess_cert_id_digest(context, EVP_sha256()), 1);
	assert_int_equal(TS_RESP_CTX_set_def_policy(context, policy), 1);
	assert_int_equal(TS_RESP_CTX_add_md(context, wanted), 1);
	TS_RESP *made = TS_RESP_create_response(context, in);
	int len = i2d_TS_RESP(made, &der);
	struct bytes answer = arena_copy(s->arena, (struct bytes){der, (size_t)len});
	OPENSSL_free(der);
	TS_RESP_free(made);
	TS_RESP_CTX_free(context);
	ASN1_OBJECT_free(policy);
	BIO_free(in);
	return answer;
}

static void what_is_believed_of_an_answer(void **state)
{
	struct scene *s = *state;
	struct stamp_query mine, again, other;
	struct instant at = {0};
	const struct bytes data = BYTES("a seal");

	assert_int_equal(stamp_query(s->arena, data, &mine), REASON_NONE);
	assert_int_equal(stamp_query(s->arena, data, &again), REASON_NONE);
	assert_int_equal(stamp_query(s->arena, BYTES("another seal"), &other), REASON_NONE);
	assert_false(bytes_equal(mine.der, again.der));      /* each has a nonce of its own */
	const struct bytes good = answer_of(s, &s->good, mine.der, EVP_sha256());
	struct bytes bent = arena_copy(s->arena, good), longer = arena_copy(s->arena, bytes_of_text(arena_printf(s->arena, "%*s", (int)good.len + 1, "")));
	((unsigned char *)(uintptr_t)bent.at)[bent.len - 5] ^= 1;
	memcpy((unsigned char *)(uintptr_t)longer.at, good.at, good.len);
	const struct {
		const char *what, *anchors;
		const struct stamp_query *query;
		struct bytes answer;
		enum reason reason;
	} cases[] = {
		{"the answer to the question", s->good.path, &mine, good, REASON_NONE},
		{"the same, years later", s->good.path, NULL, good, REASON_NONE},
		{"the answer to another question about the same", s->good.path, &mine, answer_of(s, &s->good, again.der, EVP_sha256()), REASON_STAMP_ANSWER},
		{"an answer about something else", s->good.path, &mine, answer_of(s, &s->good, other.der, EVP_sha256()), REASON_STAMP_ANSWER},
		{"about something else, years later", s->good.path, NULL, answer_of(s, &s->good, other.der, EVP_sha256()), REASON_STAMP_ANSWER},
		{"an authority that we do not know", s->good.path, &mine, answer_of(s, &s->stranger, mine.der, EVP_sha256()), REASON_STAMP_UNTRUSTED},
		{"the authority refuses", s->good.path, &mine, answer_of(s, &s->good, mine.der, EVP_sha512()), REASON_STAMP_ANSWER},
		{"a signature with one bit turned", s->good.path, &mine, bent, REASON_STAMP_UNTRUSTED},
		{"a byte behind it", s->good.path, &mine, longer, REASON_STAMP_ANSWER},
		{"half of it", s->good.path, &mine, bytes_slice(good, 0, good.len / 2), REASON_STAMP_ANSWER},
		{"nothing", s->good.path, &mine, BYTES_NONE, REASON_STAMP_ANSWER},
		{"a page of a web server", s->good.path, &mine, BYTES_OF("<html>busy</html>"), REASON_STAMP_ANSWER},
		{"no anchors", "/tmp/relais-there-is-no-such-root", &mine, good, REASON_CONFIG_VALUE},
	};

	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		enum reason reason = stamp_read(cases[i].anchors, data, cases[i].query, cases[i].answer, &at);
		if (reason != cases[i].reason)
			fail_msg("%s: %s", cases[i].what, reason_code(reason));
	}
	int64_t now = (int64_t)time(NULL) * 1000000;
	assert_true(at.us > now - 60 * INT64_C(1000000) && at.us <= now + 60 * INT64_C(1000000));
}

static struct bytes seal_of(struct scene *s, struct bytes content, unsigned more)
{
	BIO *data = BIO_new_mem_buf(content.at, (int)content.len);
	CMS_ContentInfo *cms = CMS_sign(s->good.signer, s->good.key, NULL, data, CMS_BINARY | CMS_DETACHED | more);
	unsigned char *der = NULL;
	int len = i2d_CMS_ContentInfo(cms, &der);
	struct bytes seal = arena_copy(s->arena, (struct bytes){der, (size_t)len});

	OPENSSL_free(der);
	CMS_ContentInfo_free(cms);
	BIO_free(data);
	return seal;
}

static void a_seal_is_of_its_content(void **state)
{
	struct scene *s = *state;
	const struct bytes content = BYTES("{\"checkpoint\":1}\n");
	char fingerprint[STAMP_FINGERPRINT], wanted[DIGEST_SHA256_TEXT];
	unsigned char raw[EVP_MAX_MD_SIZE];
	unsigned len;
	struct bytes seal = seal_of(s, content, 0), bent = arena_copy(s->arena, seal);

	assert_int_equal(seal_check(content, seal, fingerprint), REASON_NONE);
	X509_digest(s->good.signer, EVP_sha256(), raw, &len);
	digest_text(raw, wanted);
	assert_string_equal(fingerprint, wanted);
	assert_int_equal(seal_check(BYTES("{\"checkpoint\":2}\n"), seal, fingerprint), REASON_SIGN_REFUSED);
	((unsigned char *)(uintptr_t)bent.at)[bent.len - 3] ^= 1;
	assert_int_equal(seal_check(content, bent, fingerprint), REASON_SIGN_REFUSED);
	assert_int_equal(seal_check(content, bytes_slice(seal, 0, seal.len - 1), fingerprint), REASON_SIGN_REFUSED);
	assert_int_equal(seal_check(content, seal_of(s, content, CMS_NOCERTS), fingerprint), REASON_SIGN_REFUSED);
	assert_int_equal(seal_check(content, BYTES_NONE, fingerprint), REASON_SIGN_REFUSED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_believed_of_an_answer),
		cmocka_unit_test(a_seal_is_of_its_content),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
