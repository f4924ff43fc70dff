/* certs/staple_test.c - OCSP answers made by the openssl command: good ones, and all the ways in which one is not. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/pem.h>
#include <openssl/x509.h>

#include "base/limits.h"
#include "certs/staple.h"

enum { ROOM = 128 * 1024 };

static struct fixture {
	char folder[64];
	struct trust *with_lists, *without;
	X509 *issuer;
} fixture;

static bool run(const char *command)
{
	char line[4096];
	const char *slash = strrchr(__FILE__, '/');

	snprintf(line, sizeof line, "cd '%s' && PKI='%.*s/make-test-pki.sh' && (%s) >>log 2>&1", fixture.folder,
		 slash == NULL ? 1 : (int)(slash - __FILE__), slash == NULL ? "." : __FILE__, command);
	return system(line) == 0;
}

static const char *in(const char *name)
{
	static char paths[4][256];
	static size_t next;
	char *path = paths[next++ % 4];

	snprintf(path, sizeof paths[0], "%s/%s", fixture.folder, name);
	return path;
}

static X509 *read_certificate(const char *name)
{
	FILE *file = fopen(in(name), "r");

	assert_non_null(file);
	X509 *certificate = PEM_read_X509(file, NULL, NULL, NULL);
	fclose(file);
	assert_non_null(certificate);
	return certificate;
}

static int set_up(void **state)
{
	char detail[TRUST_DETAIL];

	(void)state;
	strcpy(fixture.folder, "/tmp/relais-staple-XXXXXX");
	if (mkdtemp(fixture.folder) == NULL)
		return -1;
	if (!run("bash \"$PKI\" pki && bash \"$PKI\" foreign pki && "
		 "for n in one two gone; do bash \"$PKI\" issue pki $n kind=tls-server cn=$n.x.fr dns=$n.x.fr || exit 1; done && "
		 "bash \"$PKI\" issue pki must kind=tls-server cn=must.x.fr dns=must.x.fr staples=yes && "
		 "bash \"$PKI\" issue pki responder kind=ocsp cn=RESPONDER && "
		 "bash \"$PKI\" issue pki old kind=ocsp cn=OLD start=20200101000000Z end=20210101000000Z && "
		 "bash \"$PKI\" issue pki gone-responder kind=ocsp cn='GONE RESPONDER' && "
		 "bash \"$PKI\" revoke pki gone-responder && bash \"$PKI\" revoke pki gone"))
		return -1;
	if (trust_load(in("pki/anchors-tls.pem"), in("pki/crls"), &fixture.with_lists, detail) != REASON_NONE ||
	    trust_load(in("pki/anchors-tls.pem"), NULL, &fixture.without, detail) != REASON_NONE)
		return -1;
	fixture.issuer = read_certificate("pki/ca/organisations/cert.pem");
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	trust_free(&fixture.with_lists);
	trust_free(&fixture.without);
	X509_free(fixture.issuer);
	return run("cd / && rm -rf \"$OLDPWD\"") ? 0 : -1;
}

static struct bytes read_answer(unsigned char room[ROOM])
{
	FILE *file = fopen(in("answer"), "rb");

	assert_non_null(file);
	struct bytes out = {room, fread(room, 1, ROOM, file)};
	fclose(file);
	return out;
}

static enum reason judge_as(const char *about, struct bytes der, time_t now, time_t *until)
{
	X509 *certificate = read_certificate(about);
	enum reason reason = staple_judge(fixture.with_lists, certificate, fixture.issuer, der, now, until);

	X509_free(certificate);
	return reason;
}

/* The answer of an authority's folder, about a certificate, signed with a pair, for days; more options behind. */
#define ANSWER(folder, about, signer, key, more)                                                                          \
	"openssl ocsp -index pki/ca/" folder "/index.txt -CA pki/ca/" folder "/cert.pem -rsigner " signer " -rkey " key    \
	" -issuer pki/ca/" folder "/cert.pem -cert pki/" about ".pem -no_nonce -noverify -respout answer " more
#define BY_AUTHORITY(about, more) ANSWER("organisations", about, "pki/ca/organisations/cert.pem", "pki/ca/organisations/key.pem", more)
#define BY(signer, about, more) ANSWER("organisations", about, "pki/" signer ".pem", "pki/" signer ".key", more)

static const struct {
	const char *what, *command;
	enum reason reason;
} answers[] = {
	{"good, by the issuer", BY_AUTHORITY("one", "-ndays 1"), REASON_NONE},
	{"good, with a SHA-256 certificate id", "openssl ocsp -sha256 -index pki/ca/organisations/index.txt -CA pki/ca/organisations/cert.pem "
	 "-rsigner pki/ca/organisations/cert.pem -rkey pki/ca/organisations/key.pem -issuer pki/ca/organisations/cert.pem -cert pki/one.pem "
	 "-no_nonce -noverify -ndays 1 -respout answer", REASON_NONE},
	{"good, by the issuer's responder", BY("responder", "one", "-ndays 1"), REASON_NONE},
	{"good, without the responder's certificate", BY("responder", "one", "-ndays 1 -resp_no_certs"), REASON_PEER_CRL},
	{"good, named by key", BY("responder", "one", "-ndays 1 -resp_key_id"), REASON_NONE},
	{"good, about two certificates", BY_AUTHORITY("two", "-cert pki/one.pem -ndays 1"), REASON_NONE},
	{"about another certificate", BY_AUTHORITY("two", "-ndays 1"), REASON_PEER_CRL},
	{"about the same serial of another issuer",
	 ANSWER("personnes", "one", "pki/ca/personnes/cert.pem", "pki/ca/personnes/key.pem", "-ndays 1"), REASON_PEER_CRL},
	{"revoked", BY_AUTHORITY("gone", "-ndays 1") " && cp pki/gone.pem pki/about.pem", REASON_PEER_REVOKED},
	{"unknown to its authority", ": >empty && openssl ocsp -index empty -CA pki/ca/organisations/cert.pem -rsigner pki/ca/organisations/cert.pem "
				     "-rkey pki/ca/organisations/key.pem -issuer pki/ca/organisations/cert.pem -cert pki/one.pem -no_nonce "
				     "-noverify -ndays 1 -respout answer", REASON_PEER_CRL},
	{"no next update", BY_AUTHORITY("one", ""), REASON_PEER_CRL},
	{"good for a year", BY_AUTHORITY("one", "-ndays 365"), REASON_PEER_CRL},
	{"by a server's certificate of the issuer", BY("two", "one", "-ndays 1"), REASON_PEER_CRL},
	{"by itself", BY("one", "one", "-ndays 1"), REASON_PEER_CRL},
	{"by a responder out of date", BY("old", "one", "-ndays 1"), REASON_PEER_CRL},
	{"by a responder who says nocheck, revoked or not", BY("gone-responder", "one", "-ndays 1"), REASON_NONE},
	{"by a foreign authority", ANSWER("organisations", "one", "pki/foreign/ca/racine/cert.pem", "pki/foreign/ca/racine/key.pem", "-ndays 1"), REASON_PEER_CRL},
	{"by the root above the issuer", ANSWER("organisations", "one", "pki/ca/racine/cert.pem", "pki/ca/racine/key.pem", "-ndays 1"), REASON_PEER_CRL},
	{"signed with SHA-1", BY_AUTHORITY("one", "-ndays 1 -rmd sha1"), REASON_PEER_CRL},
	{"bytes behind the answer", BY_AUTHORITY("one", "-ndays 1") " && printf x >>answer", REASON_PEER_CRL},
	{"a word of refusal", "printf '0\\003\\012\\001\\006' >answer", REASON_PEER_CRL},
	{"nothing", ": >answer", REASON_PEER_CRL},
	{"a certificate", "openssl x509 -in pki/one.pem -outform DER -out answer", REASON_PEER_CRL},
	{"more than any answer has", "head -c 20000 /dev/zero >answer", REASON_PEER_CRL},
};

static void test_answers(void **state)
{
	static unsigned char room[ROOM];
	size_t wrong = 0;

	(void)state;
	for (size_t i = 0; i < sizeof answers / sizeof answers[0]; i++) {
		unlink(in("pki/about.pem"));
		if (!run(answers[i].command))
			fail_msg("%s: the openssl command failed", answers[i].what);
		const char *about = access(in("pki/about.pem"), F_OK) == 0 ? "pki/about.pem" : "pki/one.pem";
		enum reason reason = judge_as(about, read_answer(room), time(NULL), NULL);
		if (reason != answers[i].reason) {
			print_message("%s: %s\n", answers[i].what, reason_code(reason));
			wrong++;
		}
	}
	assert_int_equal(wrong, 0);
}

/* A responder that does not say nocheck is looked up in the lists of whoever has lists. */
static void test_responder_revoked(void **state)
{
	static unsigned char room[ROOM];
	struct trust *now;
	char detail[TRUST_DETAIL];

	(void)state;
	assert_true(run("sed 's/echo \"noCheck = ignored\"/true/' \"$PKI\" >checked.sh && bash checked.sh issue pki checked kind=ocsp cn=CHECKED && "
			BY("checked", "one", "-ndays 1")));
	assert_int_equal(judge_as("pki/one.pem", read_answer(room), time(NULL), NULL), REASON_NONE);
	assert_true(run("bash \"$PKI\" revoke pki checked"));
	assert_int_equal(trust_load(in("pki/anchors-tls.pem"), in("pki/crls"), &now, detail), REASON_NONE);
	X509 *one = read_certificate("pki/one.pem");
	assert_int_equal(staple_judge(now, one, fixture.issuer, read_answer(room), time(NULL), NULL), REASON_PEER_CRL);
	assert_int_equal(staple_judge(fixture.without, one, fixture.issuer, read_answer(room), time(NULL), NULL), REASON_NONE);
	X509_free(one);
	trust_free(&now);
}

static void test_times(void **state)
{
	static unsigned char room[ROOM];
	time_t now = time(NULL), until = 0;

	(void)state;
	assert_true(run(BY_AUTHORITY("one", "-ndays 2")));
	struct bytes answer = read_answer(room);
	assert_int_equal(judge_as("pki/one.pem", answer, now, &until), REASON_NONE);
	assert_true(until >= now + 2 * 86400 - 60 && until <= now + 2 * 86400 + 60);
	assert_int_equal(judge_as("pki/one.pem", answer, until - 1, NULL), REASON_NONE);
	assert_int_equal(judge_as("pki/one.pem", answer, until + LIMIT_STAPLE_SKEW_SECONDS + 1, NULL), REASON_PEER_CRL);
	/* Of the future, beyond what clocks differ. */
	assert_int_equal(judge_as("pki/one.pem", answer, now - LIMIT_STAPLE_SKEW_SECONDS - 60, NULL), REASON_PEER_CRL);
}

/* No byte of a good answer can be changed: what is signed is false then, and what is not signed names the signer. */
static void test_altered(void **state)
{
	static unsigned char room[ROOM];
	size_t good = 0;

	(void)state;
	assert_true(run(BY_AUTHORITY("one", "-ndays 1 -resp_no_certs")));
	struct bytes answer = read_answer(room);
	X509 *one = read_certificate("pki/one.pem");
	for (size_t i = 0; i < answer.len; i++) {
		for (int bit = 0; bit < 8; bit++) {
			room[i] ^= (unsigned char)(1 << bit);
			good += staple_judge(fixture.without, one, fixture.issuer, answer, time(NULL), NULL) == REASON_NONE;
			room[i] ^= (unsigned char)(1 << bit);
		}
		assert_int_equal(staple_judge(fixture.without, one, fixture.issuer, bytes_slice(answer, 0, i), time(NULL), NULL), REASON_PEER_CRL);
	}
	assert_int_equal(good, 0);
	assert_int_equal(staple_judge(fixture.without, one, fixture.issuer, answer, time(NULL), NULL), REASON_NONE);
	X509_free(one);
}

static void test_promised(void **state)
{
	X509 *must = read_certificate("pki/must.pem"), *one = read_certificate("pki/one.pem");

	(void)state;
	assert_true(staple_promised(must));
	assert_false(staple_promised(one));
	X509_free(must);
	X509_free(one);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_answers), cmocka_unit_test(test_responder_revoked), cmocka_unit_test(test_times),
		cmocka_unit_test(test_altered), cmocka_unit_test(test_promised),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
