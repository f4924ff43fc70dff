/* gateway/verify_message_test.c - the answers of relais-verify: its contract by hand-made mails, its verdicts by the corpus. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "certs/verify.h"
#include "gateway/json_view.h"
#include "gateway/verify_material.h"

#define FILE_NOW "{\"mail_from\":null,\"time\":null,\"digests\":null,\"source\":\"file\"}"
#define MAIL_NOW "{\"mail_from\":\"a@b.fr\",\"time\":null,\"digests\":null,\"source\":\"mail\"}"
#define PKITS "{\"mail_from\":null,\"time\":\"2005-06-01T00:00:00Z\",\"digests\":\"sha1,sha256\",\"source\":\"file\"}"
#define PKITS_STRICT "{\"mail_from\":null,\"time\":\"2005-06-01T00:00:00Z\",\"digests\":null,\"source\":\"file\"}"
#define PKITS_TODAY "{\"mail_from\":null,\"time\":\"2026-06-01T00:00:00Z\",\"digests\":\"sha1,sha256\",\"source\":\"file\"}"

static struct trust *load(struct arena *arena)
{
	const char *folder = getenv("RELAIS_CORPUS");
	char detail[TRUST_DETAIL];
	struct trust *trust;

	if (folder == NULL) {
		print_message("RELAIS_CORPUS is not set: the corpus is not read\n");
		arena_destroy(&arena);
		skip();
	}
	const char *anchors = arena_printf(arena, "%s/hostile/smime/nist-pkits/certs/TrustAnchorRootCertificate.crt", folder);
	const char *crls = arena_printf(arena, "%s/hostile/smime/nist-pkits/crls", folder);
	if (trust_load(anchors, crls, &trust, detail) != REASON_NONE)
		fail_msg("%s", detail);
	return trust;
}

static struct bytes read_file(struct arena *arena, const char *path)
{
	FILE *file = fopen(path, "rb");

	if (file == NULL || fseek(file, 0, SEEK_END) != 0)
		fail_msg("%s cannot be read", path);
	long len = ftell(file);
	rewind(file);
	unsigned char *data = arena_alloc(arena, (size_t)len + 1);
	struct bytes out = {data, fread(data, 1, (size_t)len, file)};
	fclose(file);
	return out;
}

static json_t *ask(struct arena *arena, const struct trust *trust, const char *request, struct bytes payload, struct verify_answer *answer)
{
	struct verify_warm warm = {trust, VERIFY_DIGESTS};

	assert_int_equal(verify_message(arena, &warm, bytes_of_text(request), payload, answer), REASON_NONE);
	json_t *json = json_read(answer->json);
	assert_non_null(json);
	return json;
}

/* --- contract ---------------------------------------------------------------------- */

static struct bytes range_of(const json_t *json, const char *key, struct bytes whole)
{
	const json_t *pair = json_object_get(json, key);

	return bytes_slice(whole, (size_t)json_integer_value(json_array_get(pair, 0)), (size_t)json_integer_value(json_array_get(pair, 1)));
}

static void test_contract(void **state)
{
	struct arena *arena = arena_create(16 << 20);
	struct trust *trust = load(arena);
	struct verify_answer answer;
	struct bytes raw = BYTES("From: Jean <a@B.fr>\r\n\r\nx\r\n");

	(void)state;
	json_t *json = ask(arena, trust, MAIL_NOW, raw, &answer);
	assert_int_equal(answer.n, 0);
	assert_true(bytes_equal_text(json_view(json_object_get(json, "from"), "address"), "a@B.fr"));
	assert_true(bytes_equal_text(json_view(json_object_get(json, "from"), "domain"), "b.fr"));
	assert_true(bytes_equal(range_of(json, "range", raw), raw));
	assert_true(bytes_equal_text(range_of(json, "head", raw), "From: Jean <a@B.fr>\r\n"));
	assert_true(bytes_equal_text(json_view(json_object_get(json, "signature"), "verdict"), "none"));
	assert_int_equal(json_view(json, "digest").len, 64);
	json_decref(json);

	/* The same as a file of LF lines in a mailbox file: read as if it had come by mail. */
	json = ask(arena, trust, FILE_NOW, BYTES("From x Mon\nFrom: Jean <a@B.fr>\n\nx\n"), &answer);
	assert_int_equal(answer.n, 1);
	assert_true(json_truth(json, "normalised"));
	assert_true(bytes_equal(answer.blobs[0], raw));
	json_decref(json);
	/* As mail, LF is refused. */
	json = ask(arena, trust, MAIL_NOW, BYTES("From: Jean <a@B.fr>\n\nx\n"), &answer);
	assert_true(bytes_equal_text(json_view(json_object_get(json, "scan"), "verdict"), "refuse"));
	json_decref(json);
	/* The null sender. */
	json = ask(arena, trust, "{\"mail_from\":\"\",\"source\":\"mail\"}", BYTES("To: a@b.fr\r\n\r\nx\r\n"), &answer);
	assert_true(bytes_equal_text(json_view(json_object_get(json, "scan"), "verdict"), "accept-tolerant"));
	assert_true(json_is_null(json_object_get(json, "from")));
	json_decref(json);
	/* Over the limits: nothing to parse. */
	struct buf big = buf_make(1 << 20);
	buf_text(&big, "From: a@b.fr\r\nTo: ");
	for (size_t i = 0; i < 2000; i++)
		buf_text(&big, "a@b.fr,\r\n ");
	buf_text(&big, "a@b.fr\r\n\r\nx\r\n");
	json = ask(arena, trust, MAIL_NOW, buf_bytes(&big), &answer);
	assert_int_equal(range_of(json, "range", buf_bytes(&big)).len, 0);
	assert_true(bytes_equal_text(json_view(json_object_get(json, "scan"), "verdict"), "accept-tolerant"));
	json_decref(json);
	buf_free(&big);
	trust_free(&trust);
	arena_destroy(&arena);
}

static void test_bad_requests(void **state)
{
	static const char *const requests[] = {"", "{", "[]", "{}", "{\"source\":\"wire\"}", "{\"source\":\"mail\",\"source\":\"file\"}",
					       "{\"source\":\"mail\",\"time\":\"yesterday\"}", "{\"source\":\"mail\",\"digests\":\"md5\"}",
					       "{\"source\":\"mail\",\"digests\":\"sha1\"}"};
	struct arena *arena = arena_create(1 << 20);
	struct verify_warm warm = {NULL, VERIFY_DIGESTS};
	struct verify_answer answer;

	(void)state;
	for (size_t i = 0; i < sizeof requests / sizeof requests[0]; i++)
		if (verify_message(arena, &warm, bytes_of_text(requests[i]), BYTES("x"), &answer) != REASON_FRAME)
			fail_msg("taken: %s", requests[i]);
	arena_destroy(&arena);
}

static const struct {
	const char *what;
	struct bytes payload;
	const char *kind, *signature;
} kinds[] = {
	{"ZIP", BYTES_OF("PK\3\4rest"), "other", "none"},
	{"XML", BYTES_OF("\n<?xml version=\"1.0\"?><a/>"), "other", "none"},
	{"PDF", BYTES_OF("%PDF-1.4\n"), "other", "none"},
	{"winmail.dat", BYTES_OF("\x78\x9f\x3e\x22\x00\x01"), "other", "none"},
	{"nothing", BYTES_OF(""), "other", "none"},
	{"truncated CMS", BYTES_OF("0\x0b\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02"), "cms", "malformed"},
	{"PEM of no CMS", BYTES_OF("-----BEGIN PKCS7-----\nMAA=\n-----END PKCS7-----\n"), "cms", "malformed"},
	{"mail", BYTES_OF("From: a@b.fr\n\nx\n"), "mail", "none"},
	{"0 as first letter", BYTES_OF("0: x\nFrom: a@b.fr\n\nx\n"), "mail", "none"},
};

static void test_kinds(void **state)
{
	struct arena *arena = arena_create(16 << 20);
	struct trust *trust = load(arena);

	(void)state;
	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
		struct verify_answer answer;
		json_t *json = ask(arena, trust, FILE_NOW, kinds[i].payload, &answer);
		struct bytes kind = json_view(json, "kind"), verdict = json_view(json_object_get(json, "signature"), "verdict");
		if (!bytes_equal_text(kind, kinds[i].kind) || !bytes_equal_text(verdict, kinds[i].signature))
			fail_msg("%s: %.*s", kinds[i].what, (int)answer.json.len, (const char *)answer.json.at);
		json_decref(json);
	}
	trust_free(&trust);
	arena_destroy(&arena);
}

/* --- corpus --------------------------------------------------------------------------- */

/* True when a verdict is what the row expects (corpus README, "words used in expected"). */
static bool meets(struct bytes expected, struct bytes verdict)
{
	bool untrusted = bytes_equal_text(verdict, "untrusted");

	if (bytes_contains(expected, BYTES("never valid")))
		return !bytes_equal_text(verdict, "valid");
	if (bytes_starts(expected, BYTES("encrypted-opaque")))
		return bytes_equal_text(verdict, "encrypted");
	if (bytes_starts(expected, BYTES("sig=math-ok,untrusted")))
		return untrusted;
	if (bytes_starts(expected, BYTES("sig=needs detached content")))
		return bytes_equal_text(verdict, "malformed");
	if (bytes_contains(expected, BYTES("untrusted is tolerated")) && untrusted)
		return true;
	struct bytes word = bytes_from(expected, 4);
	word.len = bytes_find_byte(word, '(', 0);
	return bytes_equal(bytes_trim(word), verdict);
}

/*
 * Two rows of the corpus ask for "valid" because NIST's file names do not say "Invalid". Its text does: PKITS 4.8.7 and 4.8.8
 * (Different Policies Test7 and Test8): "if the application can process the policyConstraints extension, then the path should
 * not validate successfully". The first authority's certificate has requireExplicitPolicy 0, and no policy is common to
 * all of the path (RFC 5280 6.1.5 (g)). We process policies.
 */
static bool judged_wrong(struct bytes name)
{
	return bytes_ends(name, BYTES("SignedDifferentPoliciesTest7.eml")) || bytes_ends(name, BYTES("SignedDifferentPoliciesTest8.eml"));
}

struct tally {
	size_t rows, same, judged, bound;
};

static void one_row(const struct trust *trust, struct bytes name, struct bytes expected, const char *request, struct tally *tally)
{
	struct arena *arena = arena_create(64 << 20);
	struct verify_answer answer;
	const char *path = arena_printf(arena, "%s/hostile/smime/%.*s", getenv("RELAIS_CORPUS"), (int)name.len, (const char *)name.at);
	json_t *json = ask(arena, trust, request, read_file(arena, path), &answer);
	struct bytes verdict = json_view(json_object_get(json, "signature"), "verdict");
	bool judged = judged_wrong(name), same = meets(judged ? BYTES("sig=untrusted") : expected, verdict);

	tally->rows++;
	tally->same += same;
	tally->judged += judged;
	if (!same)
		print_message("%.*s: expected %.*s, is %.*s (%s)\n", (int)name.len, (const char *)name.at, (int)expected.len,
			      (const char *)expected.at, (int)verdict.len, (const char *)verdict.at,
			      json_string_value(json_object_get(json_object_get(json, "signature"), "reason")));
	/* Bound means: valid, and the very address of From. */
	if (bytes_equal_text(json_view(json_object_get(json, "signature"), "bound"), "from")) {
		assert_true(bytes_equal_text(verdict, "valid"));
		assert_true(bytes_equal(json_view(json_object_get(json, "signature"), "email"),
					json_view(json_object_get(json, "from"), "address")));
		tally->bound++;
	}
	json_decref(json);
	arena_destroy(&arena);
}

static void test_corpus(void **state)
{
	struct arena *arena = arena_create(16 << 20);
	struct trust *trust = load(arena);
	struct bytes all = read_file(arena, arena_printf(arena, "%s/hostile/smime/expectations.tsv", getenv("RELAIS_CORPUS")));
	struct tally pkits = {0}, others = {0}, strict = {0}, today = {0};
	struct cursor lines = cursor_on(all);

	(void)state;
	(void)cursor_until(&lines, '\n');
	while (lines.left.len > 0) {
		struct cursor row = cursor_on(cursor_until(&lines, '\n'));
		struct bytes name = cursor_until(&row, '\t'), expected = cursor_until(&row, '\t');
		if (bytes_starts(name, BYTES("zlint/")))
			continue;   /* certificates: certs/verify_test.c */
		if (!bytes_starts(name, BYTES("nist-pkits/"))) {
			one_row(trust, name, expected, FILE_NOW, &others);
			continue;
		}
		one_row(trust, name, expected, PKITS, &pkits);
		one_row(trust, name, BYTES("sig=untrusted"), PKITS_STRICT, &strict);
		one_row(trust, name, BYTES("sig=untrusted"), PKITS_TODAY, &today);
	}
	print_message("nist-pkits at 2005-06-01: %zu of %zu agree (%zu by our own judgement), %zu bound; SHA-1 forbidden: %zu of %zu untrusted; "
		      "in 2026: %zu of %zu untrusted; other CMS and mails: %zu of %zu agree\n",
		      pkits.same, pkits.rows, pkits.judged, pkits.bound, strict.same, strict.rows, today.same, today.rows, others.same, others.rows);
	assert_int_equal(pkits.rows, pkits.same);
	assert_int_equal(pkits.judged, 2);
	assert_int_equal(strict.rows, strict.same);
	assert_int_equal(today.rows, today.same);
	assert_int_equal(others.rows, others.same);
	trust_free(&trust);
	arena_destroy(&arena);
}

/* --- material -------------------------------------------------------------------------- */

static void test_material(void **state)
{
	struct arena *arena = arena_create(64 << 20);
	struct trust *trust = load(arena);
	const struct verify_warm warm = {trust, VERIFY_DIGESTS};
	const char *path = arena_printf(arena, "%s/hostile/smime/nist-pkits/smime/SignedAllCertificatesSamePolicyTest1.eml", getenv("RELAIS_CORPUS"));
	struct verify_answer answer;
	char digest[VERIFY_DIGEST_TEXT];

	(void)state;
	json_t *json = ask(arena, trust, PKITS, read_file(arena, path), &answer);
	const json_t *signature = json_object_get(json, "signature"), *material = json_object_get(signature, "material");
	assert_true(bytes_equal_text(json_view(signature, "verdict"), "valid"));
	assert_int_equal(json_array_size(json_object_get(signature, "chain")), 3);
	assert_int_equal(json_array_size(json_object_get(signature, "crls")), 2);
	assert_int_equal(json_array_size(json_object_get(signature, "signers")), 1);
	/* The anchor and the two lists; the two certificates below stand in the message. */
	assert_int_equal(json_array_size(material), 3);
	assert_true(json_equal(json_array_get(material, 0), json_array_get(json_object_get(signature, "chain"), 2)));
	for (size_t i = 0; i < json_array_size(material); i++) {
		struct bytes wanted = json_text_view(json_array_get(material, i));
		struct bytes request = bytes_of_text(arena_printf(arena, "{\"op\":\"material\",\"digest\":\"%.*s\"}", (int)wanted.len, (const char *)wanted.at));
		assert_true(verify_material_asked(request));
		assert_int_equal(verify_material(arena, &warm, request, &answer), REASON_NONE);
		assert_int_equal(answer.n, 1);
		assert_true(bytes_equal_text(answer.json, i == 0 ? "{\"kind\":\"certificate\"}" : "{\"kind\":\"crl\"}"));
		verify_digest(answer.blobs[0], digest);
		assert_true(bytes_equal_text(wanted, digest));
	}
	static const struct {
		const char *request;
		enum reason reason;
	} rows[] = {
		{"{\"op\":\"material\",\"digest\":\"0000000000000000000000000000000000000000000000000000000000000000\"}", REASON_NONE},
		{"{\"op\":\"material\",\"digest\":\"../../etc/passwd\"}", REASON_NONE},
		{"{\"op\":\"material\",\"digest\":\"\"}", REASON_FRAME},
		{"{\"op\":\"material\",\"digest\":7}", REASON_FRAME},
		{"{\"op\":\"material\"}", REASON_FRAME},
	};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		if (verify_material(arena, &warm, bytes_of_text(rows[i].request), &answer) != rows[i].reason || answer.n != 0)
			fail_msg("%s", rows[i].request);
		if (rows[i].reason == REASON_NONE)
			assert_true(bytes_equal_text(answer.json, "{\"kind\":null}"));
	}
	assert_false(verify_material_asked(BYTES(MAIL_NOW)));
	assert_false(verify_material_asked(BYTES("no JSON")));
	json_decref(json);
	trust_free(&trust);
	arena_destroy(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_contract),
		cmocka_unit_test(test_bad_requests),
		cmocka_unit_test(test_kinds),
		cmocka_unit_test(test_corpus),
		cmocka_unit_test(test_material),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
