/* certs/verify_test.c - sealed here, sealed by the openssl command, and badly sealed; certificates of the corpus.
 *
 * A fresh authority is made by make-test-pki.sh in a temporary folder; no key lies in the tree. */
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

#include <openssl/pem.h>
#include <openssl/x509.h>

#include "certs/sign.h"
#include "certs/verify.h"

#define SEAL "secretariat@avis.exemple.mssante.fr"

static const struct bytes entity = BYTES_OF("Content-Type: text/plain\r\n\r\nBonjour.\r\n");

struct fixture {
	char folder[64];
	struct trust *trust, *trust_no_crl, *trust_empty_crls;
	struct instant now;
};

static bool run(const struct fixture *f, const char *command)
{
	char line[4096];
	const char *slash = strrchr(__FILE__, '/');

	snprintf(line, sizeof line, "cd '%s' && PKI='%.*s/make-test-pki.sh' && (%s) >>log 2>&1", f->folder,
		 slash == NULL ? 1 : (int)(slash - __FILE__), slash == NULL ? "." : __FILE__, command);
	return system(line) == 0;
}

static struct bytes read_file(struct arena *arena, const char *folder, const char *name)
{
	char path[512];

	snprintf(path, sizeof path, "%s/%s", folder, name);
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

static const char *in(const struct fixture *f, const char *name)
{
	static char paths[4][256];
	static size_t next;
	char *path = paths[next++ % 4];

	snprintf(path, sizeof paths[0], "%s/%s", f->folder, name);
	return path;
}

static int set_up(void **state)
{
	static struct fixture f;
	char detail[TRUST_DETAIL];

	strcpy(f.folder, "/tmp/relais-certs-XXXXXX");
	if (mkdtemp(f.folder) == NULL)
		return -1;
	if (!run(&f, "bash \"$PKI\" pki seal=" SEAL " && bash \"$PKI\" foreign pki && "
		     "bash \"$PKI\" issue pki rsa kind=seal cn=RSA email=rsa@x.fr key=rsa && "
		     "bash \"$PKI\" issue pki expert kind=person cn=EXPERT email=expert@x.fr && "
		     "bash \"$PKI\" issue pki gone kind=seal cn=GONE email=gone@x.fr && bash \"$PKI\" revoke pki gone && "
		     "bash \"$PKI\" issue pki two kind=seal cn=TWO email=one@x.fr,two@x.fr && "
		     "bash \"$PKI\" issue pki none kind=seal cn=NONE && mkdir empty && "
		     "printf 'Content-Type: text/plain\\r\\n\\r\\nBonjour.\\r\\n' >entity && printf other >other"))
		return -1;
	f.now = (struct instant){(int64_t)time(NULL) * 1000000 + 1000000};
	if (trust_load(in(&f, "pki/anchors-smime.pem"), in(&f, "pki/crls"), &f.trust, detail) != REASON_NONE ||
	    trust_load(in(&f, "pki/anchors-smime.pem"), NULL, &f.trust_no_crl, detail) != REASON_NONE ||
	    trust_load(in(&f, "pki/anchors-smime.pem"), in(&f, "empty"), &f.trust_empty_crls, detail) != REASON_NONE)
		return -1;
	*state = &f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	trust_free(&f->trust);
	trust_free(&f->trust_no_crl);
	trust_free(&f->trust_empty_crls);
	return run(f, "cd / && rm -rf \"$OLDPWD\"") ? 0 : -1;
}

/* --- trust ------------------------------------------------------------------------ */

static void test_trust(void **state)
{
	const struct fixture *f = *state;
	struct trust *trust;
	char detail[TRUST_DETAIL];

	assert_int_equal(trust_anchors(f->trust), 1);
	assert_int_equal(trust_crls(f->trust), 3);
	assert_true(trust_checks_revocation(f->trust));
	assert_false(trust_checks_revocation(f->trust_no_crl));
	assert_true(run((struct fixture *)f, "openssl x509 -in pki/ca/racine/cert.pem -outform DER -out root.der && mkdir der && "
					     "for i in pki/crls/*; do openssl crl -in $i -outform DER -out der/$(basename $i).crl; done"));
	assert_int_equal(trust_load(in(f, "root.der"), in(f, "der"), &trust, detail), REASON_NONE);
	assert_int_equal(trust_anchors(trust), 1);
	assert_int_equal(trust_crls(trust), 3);
	trust_free(&trust);
	assert_int_equal(trust_load(in(f, "absent"), NULL, &trust, detail), REASON_CONFIG_VALUE);
	assert_null(trust);
	assert_int_equal(trust_load(in(f, "entity"), NULL, &trust, detail), REASON_CONFIG_VALUE);
	assert_int_equal(trust_load(in(f, "pki/ca/organisations/cert.pem"), NULL, &trust, detail), REASON_CONFIG_VALUE);
	assert_int_equal(trust_load(in(f, "root.der"), in(f, "absent"), &trust, detail), REASON_CONFIG_VALUE);
	assert_non_null(strstr(detail, "absent"));
}

/* --- our own seal ------------------------------------------------------------------ */

static struct verify_facts check(const struct trust *trust, struct bytes cms, struct bytes content, const char *from, struct instant at)
{
	struct arena *arena = arena_create(4 << 20);
	struct verify_request request = {cms, true, content, bytes_of_text(from), at, VERIFY_DIGESTS};
	struct verify_facts facts;

	assert_int_equal(verify_cms(arena, trust, &request, &facts), REASON_NONE);
	arena_destroy(&arena);
	return facts;   /* its numbers only: the bytes are gone */
}

static void test_seal(void **state)
{
	const struct fixture *f = *state;
	struct arena *arena = arena_create(4 << 20);
	struct sign *sign;
	struct bytes der;
	struct verify_facts facts;
	char detail[SIGN_DETAIL], digest[VERIFY_DIGEST_TEXT];
	static unsigned char changed[64];
	struct instant at = f->now;

	assert_int_equal(sign_open(in(f, "pki/relais-seal.pem"), &(struct key_source){.key = in(f, "pki/relais-seal.key")}, &sign, detail), REASON_NONE);
	assert_true(bytes_equal_text(sign_mailbox(sign), SEAL));
	assert_true(sign_current(sign, at));
	assert_false(sign_current(sign, instant_plus(at, SPAN_DAYS(3660))));
	assert_int_equal(sign_detached(arena, sign, entity, instant_plus(at, SPAN_DAYS(3660)), &der), REASON_SIGN_REFUSED);
	assert_int_equal(sign_detached(arena, sign, entity, at, &der), REASON_NONE);

	struct verify_request request = {der, true, entity, BYTES(SEAL), at, VERIFY_DIGESTS};
	assert_int_equal(verify_cms(arena, f->trust, &request, &facts), REASON_NONE);
	assert_int_equal(facts.verdict, VERIFY_VALID);
	assert_int_equal(facts.reason, REASON_NONE);
	assert_true(facts.bound);
	assert_string_equal(facts.digest, "sha256");
	assert_true(bytes_equal_text(facts.email, SEAL));
	assert_true(bytes_equal(facts.fingerprint, sign_fingerprint(sign)));
	assert_true(facts.has_time);
	assert_int_equal(facts.time.us / 1000000, at.us / 1000000);
	assert_int_equal(facts.n_crls, 2);
	assert_true(facts.subject.len > 0 && facts.issuer.len > 0 && facts.serial.len > 0 && facts.signer.len > 0);

	memcpy(changed, entity.at, entity.len);
	for (size_t i = 0; i < entity.len; i++) {
		changed[i] ^= 1;
		assert_int_equal(check(f->trust, der, (struct bytes){changed, entity.len}, SEAL, at).verdict, VERIFY_INVALID);
		changed[i] ^= 1;
	}
	assert_int_equal(check(f->trust, der, bytes_slice(entity, 0, entity.len - 1), SEAL, at).verdict, VERIFY_INVALID);
	verify_digest(BYTES("abc"), digest);
	assert_string_equal(digest, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	sign_close(&sign);
	assert_null(sign);

	assert_int_equal(sign_open(in(f, "pki/relais-seal.pem"), &(struct key_source){.key = in(f, "pki/expert.key")}, &sign, detail), REASON_CONFIG_VALUE);
	assert_int_equal(sign_open(in(f, "pki/relais-server.pem"), &(struct key_source){.key = in(f, "pki/relais-server.key")}, &sign, detail), REASON_CONFIG_VALUE);
	assert_int_equal(sign_open(in(f, "pki/two.pem"), &(struct key_source){.key = in(f, "pki/two.key")}, &sign, detail), REASON_CONFIG_VALUE);
	assert_int_equal(sign_open(in(f, "pki/none.pem"), &(struct key_source){.key = in(f, "pki/none.key")}, &sign, detail), REASON_CONFIG_VALUE);
	assert_int_equal(sign_open(in(f, "entity"), &(struct key_source){.key = in(f, "pki/none.key")}, &sign, detail), REASON_CONFIG_VALUE);
	assert_null(sign);
	arena_destroy(&arena);
}

/* A rollover: old to its end, new from its beginning, the newer where both are valid, none outside. */
static void test_rollover(void **state)
{
	const struct fixture *f = *state;
	struct sign *seals[3] = {NULL};
	char detail[SIGN_DETAIL];
	static const struct {
		const char *name;
		int day;
		int which;   /* -1: none */
	} rows[] = {
		{"before both", -40, -1}, {"the old one alone", -20, 0}, {"both: the newer", 0, 2}, {"the day before the old one ends", 9, 2}, {"the new one alone", 15, 2}, {"after both", 60, -1},
	};

	assert_true(run((struct fixture *)f, "day() { date -u -d \"$1 days\" +%Y%m%d%H%M%SZ; } && "
					     "bash \"$PKI\" issue pki old kind=seal cn=OLD email=" SEAL " start=$(day -30) end=$(day +10) && "
					     "bash \"$PKI\" issue pki new kind=seal cn=NEW email=" SEAL " start=$(day -10) end=$(day +50)"));
	assert_int_equal(sign_open(in(f, "pki/old.pem"), &(struct key_source){.key = in(f, "pki/old.key")}, &seals[0], detail), REASON_NONE);
	assert_int_equal(sign_open(in(f, "pki/new.pem"), &(struct key_source){.key = in(f, "pki/new.key")}, &seals[2], detail), REASON_NONE);
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		const struct sign *expected = rows[i].which < 0 ? NULL : seals[rows[i].which];
		struct instant at = {f->now.us + rows[i].day * SPAN_DAYS(1).us};
		struct sign *turned[3] = {seals[2], seals[1], seals[0]};
		if (sign_newest(seals, 3, at) != expected || sign_newest(turned, 3, at) != expected)
			fail_msg("%s", rows[i].name);
	}
	sign_close(&seals[0]);
	sign_close(&seals[2]);
}

/* The seal of an RSA key is as good, and every byte of the object counts or is harmless. */
static void test_altered_object(void **state)
{
	const struct fixture *f = *state;
	struct arena *arena = arena_create(8 << 20);
	struct sign *sign;
	struct bytes der;
	char detail[SIGN_DETAIL];

	assert_int_equal(sign_open(in(f, "pki/rsa.pem"), &(struct key_source){.key = in(f, "pki/rsa.key")}, &sign, detail), REASON_NONE);
	assert_int_equal(sign_detached(arena, sign, entity, f->now, &der), REASON_NONE);
	assert_int_equal(check(f->trust, der, entity, "rsa@x.fr", f->now).verdict, VERIFY_VALID);
	unsigned char *copy = arena_alloc(arena, der.len);
	for (size_t i = 0; i < der.len; i += 3) {
		memcpy(copy, der.at, der.len);
		copy[i] ^= 0x41;
		struct verify_facts facts = check(f->trust, (struct bytes){copy, der.len}, entity, "rsa@x.fr", f->now);
		/* Certificates beside the signer's may be spoilt: the chain is then built from the anchors' file. */
		if (facts.verdict == VERIFY_VALID)
			assert_true(facts.bound);
		(void)check(f->trust, bytes_slice(der, 0, i), entity, "rsa@x.fr", f->now);
	}
	for (size_t i = 0; i < der.len; i += 7)
		assert_int_equal(check(f->trust, bytes_slice(der, 0, i), entity, "rsa@x.fr", f->now).verdict, VERIFY_MALFORMED);
	sign_close(&sign);
	arena_destroy(&arena);
}

/* --- seals of others ----------------------------------------------------------------- */

#define CMS "openssl cms -sign -binary -in entity -outform DER -out p7s -signer pki/"

static const struct {
	const char *what, *command;
	const char *from;
	enum verify_verdict verdict;
	enum reason reason;
	bool bound;
} seals[] = {
	{"by the openssl command", CMS "rsa.pem -inkey pki/rsa.key -certfile pki/ca/organisations/cert.pem", "rsa@x.fr", VERIFY_VALID, REASON_NONE, true},
	{"without the intermediate", CMS "rsa.pem -inkey pki/rsa.key", "rsa@x.fr", VERIFY_VALID, REASON_NONE, true},
	{"a person", CMS "expert.pem -inkey pki/expert.key", "expert@x.fr", VERIFY_VALID, REASON_NONE, true},
	{"case of the domain", CMS "expert.pem -inkey pki/expert.key", "expert@X.FR", VERIFY_VALID, REASON_NONE, true},
	{"case of the local part", CMS "expert.pem -inkey pki/expert.key", "Expert@x.fr", VERIFY_VALID, REASON_NONE, false},
	{"another address", CMS "expert.pem -inkey pki/expert.key", "rsa@x.fr", VERIFY_VALID, REASON_NONE, false},
	{"a longer domain", CMS "expert.pem -inkey pki/expert.key", "expert@x.fr.attack.test", VERIFY_VALID, REASON_NONE, false},
	{"no From", CMS "expert.pem -inkey pki/expert.key", "", VERIFY_VALID, REASON_NONE, false},
	{"second of two addresses", CMS "two.pem -inkey pki/two.key", "two@x.fr", VERIFY_VALID, REASON_NONE, true},
	{"a certificate without address", CMS "none.pem -inkey pki/none.key", "none@x.fr", VERIFY_VALID, REASON_NONE, false},
	{"SHA-384", CMS "rsa.pem -inkey pki/rsa.key -md sha384", "rsa@x.fr", VERIFY_VALID, REASON_NONE, true},
	{"RSA-PSS", CMS "rsa.pem -inkey pki/rsa.key -keyopt rsa_padding_mode:pss -keyopt rsa_pss_saltlen:digest", "rsa@x.fr", VERIFY_VALID, REASON_NONE, true},
	{"RSA-PSS with a short salt", CMS "rsa.pem -inkey pki/rsa.key -keyopt rsa_padding_mode:pss -keyopt rsa_pss_saltlen:8", "rsa@x.fr", VERIFY_UNTRUSTED, REASON_SIG_DIGEST, true},
	{"RSA-PSS with another digest in its mask", CMS "rsa.pem -inkey pki/rsa.key -keyopt rsa_padding_mode:pss -keyopt rsa_mgf1_md:sha1 -keyopt rsa_pss_saltlen:digest", "rsa@x.fr", VERIFY_UNTRUSTED, REASON_SIG_DIGEST, true},
	{"RSA-PSS with a longer digest in its mask", CMS "rsa.pem -inkey pki/rsa.key -keyopt rsa_padding_mode:pss -keyopt rsa_mgf1_md:sha384 -keyopt rsa_pss_saltlen:digest", "rsa@x.fr", VERIFY_UNTRUSTED, REASON_SIG_DIGEST, true},
	{"SHA-1", CMS "rsa.pem -inkey pki/rsa.key -md sha1", "rsa@x.fr", VERIFY_UNTRUSTED, REASON_SIG_DIGEST, true},
	{"MD5", CMS "rsa.pem -inkey pki/rsa.key -md md5", "rsa@x.fr", VERIFY_UNTRUSTED, REASON_SIG_DIGEST, true},
	{"without signed attributes", CMS "rsa.pem -inkey pki/rsa.key -noattr", "rsa@x.fr", VERIFY_INVALID, REASON_SIG_ATTRIBUTES, true},
	{"with its own content", CMS "rsa.pem -inkey pki/rsa.key -nodetach", "rsa@x.fr", VERIFY_INVALID, REASON_SIG_INVALID, false},
	{"with another content inside", "openssl cms -sign -binary -nodetach -in other -outform DER -out p7s -signer pki/rsa.pem -inkey pki/rsa.key", "rsa@x.fr", VERIFY_INVALID, REASON_SIG_INVALID, false},
	{"of another content", "openssl cms -sign -binary -in other -outform DER -out p7s -signer pki/rsa.pem -inkey pki/rsa.key", "rsa@x.fr", VERIFY_INVALID, REASON_SIG_INVALID, true},
	{"without any certificate", CMS "rsa.pem -inkey pki/rsa.key -nocerts", "rsa@x.fr", VERIFY_UNTRUSTED, REASON_SIG_UNTRUSTED, false},
	{"of another content, without certificate", "openssl cms -sign -binary -nocerts -in other -outform DER -out p7s -signer pki/rsa.pem -inkey pki/rsa.key", "rsa@x.fr", VERIFY_INVALID, REASON_SIG_INVALID, false},
	{"expired", CMS "relais-expired.pem -inkey pki/relais-expired.key", SEAL, VERIFY_UNTRUSTED, REASON_SIG_EXPIRED, true},
	{"revoked", CMS "gone.pem -inkey pki/gone.key", "gone@x.fr", VERIFY_UNTRUSTED, REASON_SIG_REVOKED, true},
	{"foreign authority", CMS "foreign-seal.pem -inkey pki/foreign-seal.key", "secretariat@etranger.exemple.test", VERIFY_UNTRUSTED, REASON_SIG_UNTRUSTED, true},
	{"a server's certificate", CMS "relais-server.pem -inkey pki/relais-server.key", SEAL, VERIFY_UNTRUSTED, REASON_SIG_USAGE, false},
	{"two signers, both good", CMS "rsa.pem -inkey pki/rsa.key -signer pki/expert.pem -inkey pki/expert.key", "rsa@x.fr", VERIFY_VALID, REASON_NONE, false},
	{"two signers, the second revoked", CMS "rsa.pem -inkey pki/rsa.key -signer pki/gone.pem -inkey pki/gone.key", "rsa@x.fr", VERIFY_UNTRUSTED, REASON_SIG_REVOKED, false},
	{"two signers, the first foreign", CMS "foreign-seal.pem -inkey pki/foreign-seal.key -signer pki/rsa.pem -inkey pki/rsa.key", "rsa@x.fr", VERIFY_UNTRUSTED, REASON_SIG_UNTRUSTED, false},
	{"five signers", CMS "rsa.pem -inkey pki/rsa.key -signer pki/expert.pem -inkey pki/expert.key -signer pki/two.pem -inkey pki/two.key -signer pki/none.pem -inkey pki/none.key -signer pki/gone.pem -inkey pki/gone.key", "rsa@x.fr", VERIFY_MALFORMED, REASON_SIG_MALFORMED, false},
	{"certificates and no signer", "openssl crl2pkcs7 -nocrl -certfile pki/rsa.pem -outform DER -out p7s", "rsa@x.fr", VERIFY_NONE, REASON_SIG_NONE, false},
	{"twenty-one certificates", "for i in $(seq 20); do openssl req -x509 -key pki/rsa.key -subj /CN=$i; done >many.pem && " CMS "rsa.pem -inkey pki/rsa.key -certfile many.pem", "rsa@x.fr", VERIFY_MALFORMED, REASON_SIG_MALFORMED, false},
	{"encrypted", "openssl cms -encrypt -in entity -outform DER -out p7s pki/rsa.pem", "rsa@x.fr", VERIFY_ENCRYPTED, REASON_SIG_ENCRYPTED, false},
	{"digested", "openssl cms -digest_create -in entity -outform DER -out p7s", "rsa@x.fr", VERIFY_NONE, REASON_SIG_NONE, false},
	{"of a receipt's type", CMS "rsa.pem -inkey pki/rsa.key -econtent_type 1.2.840.113549.1.9.16.1.1", "rsa@x.fr", VERIFY_INVALID, REASON_SIG_INVALID, false},
	{"bytes behind the object", CMS "rsa.pem -inkey pki/rsa.key && printf x >>p7s", "rsa@x.fr", VERIFY_MALFORMED, REASON_SIG_MALFORMED, false},
	{"an empty file", ": >p7s", "rsa@x.fr", VERIFY_MALFORMED, REASON_SIG_MALFORMED, false},
};

static void test_seals(void **state)
{
	const struct fixture *f = *state;
	size_t wrong = 0;

	for (size_t i = 0; i < sizeof seals / sizeof seals[0]; i++) {
		struct arena *arena = arena_create(4 << 20);
		if (!run(f, seals[i].command))
			fail_msg("%s: the openssl command failed", seals[i].what);
		struct instant at = {(int64_t)time(NULL) * 1000000};
		struct verify_facts facts = check(f->trust, read_file(arena, f->folder, "p7s"), entity, seals[i].from, at);
		if (facts.verdict != seals[i].verdict || facts.reason != seals[i].reason || facts.bound != seals[i].bound) {
			print_message("%s: %s, %s, bound %d\n", seals[i].what, verify_verdict_name(facts.verdict), reason_code(facts.reason),
				      facts.bound);
			wrong++;
		}
		arena_destroy(&arena);
	}
	assert_int_equal(wrong, 0);
}

static void test_revocation(void **state)
{
	const struct fixture *f = *state;
	struct arena *arena = arena_create(4 << 20);
	struct instant at = {(int64_t)time(NULL) * 1000000};

	assert_true(run(f, CMS "gone.pem -inkey pki/gone.key"));
	struct bytes gone = read_file(arena, f->folder, "p7s");
	assert_int_equal(check(f->trust_no_crl, gone, entity, "", at).verdict, VERIFY_VALID);
	assert_int_equal(check(f->trust_empty_crls, gone, entity, "", at).reason, REASON_SIG_NO_CRL);
	assert_true(run(f, CMS "expert.pem -inkey pki/expert.key"));
	struct bytes expert = read_file(arena, f->folder, "p7s");
	/* The lists run out before the certificate does: then nobody can say. */
	assert_int_equal(check(f->trust, expert, entity, "", instant_plus(at, SPAN_DAYS(360))).verdict, VERIFY_VALID);
	assert_int_equal(check(f->trust, expert, entity, "", instant_plus(at, SPAN_DAYS(370))).reason, REASON_SIG_NO_CRL);
	/* Signed two days from now, as far as we know. */
	assert_int_equal(check(f->trust, expert, entity, "", instant_plus(at, SPAN_DAYS(-2))).verdict, VERIFY_UNTRUSTED);
	arena_destroy(&arena);
}

static void test_opaque(void **state)
{
	/* Definite lengths, and those that are only known at the end (BER, RFC 5652 5.2). */
	static const char *const ways[] = {CMS "rsa.pem -inkey pki/rsa.key -nodetach", CMS "rsa.pem -inkey pki/rsa.key -nodetach -stream -indef"};
	const struct fixture *f = *state;
	struct arena *arena = arena_create(4 << 20);
	struct verify_request request = {BYTES_NONE, false, BYTES_NONE, BYTES("rsa@x.fr"), f->now, VERIFY_DIGESTS};
	struct verify_facts facts;

	request.at.us += SPAN_MINUTES(5).us;
	for (size_t i = 0; i < 2; i++) {
		assert_true(run(f, ways[i]));
		request.cms = read_file(arena, f->folder, "p7s");
		assert_int_equal(request.cms.at[1] == 0x80, i == 1);
		assert_int_equal(verify_cms(arena, f->trust, &request, &facts), REASON_NONE);
		assert_int_equal(facts.verdict, VERIFY_VALID);
		assert_true(bytes_equal(facts.content, entity));
	}
	assert_true(run(f, CMS "rsa.pem -inkey pki/rsa.key"));
	request.cms = read_file(arena, f->folder, "p7s");
	assert_int_equal(verify_cms(arena, f->trust, &request, &facts), REASON_NONE);
	assert_int_equal(facts.verdict, VERIFY_MALFORMED);
	arena_destroy(&arena);
}

/* Short of memory at any point: the same verdict, or none at all. */
static void test_memory(void **state)
{
	const struct fixture *f = *state;
	struct arena *keep = arena_create(4 << 20);

	assert_true(run(f, CMS "rsa.pem -inkey pki/rsa.key -nodetach"));
	struct verify_request request = {read_file(keep, f->folder, "p7s"), false, BYTES_NONE, BYTES("rsa@x.fr"), f->now, VERIFY_DIGESTS};
	size_t failed = 0, n = 1;
	request.at.us += SPAN_MINUTES(5).us;
	for (; n < 200; n++) {
		struct arena *arena = arena_create(4 << 20);
		struct verify_facts facts = {0};
		arena_fail_at(arena, n);
		enum reason reason = verify_cms(arena, f->trust, &request, &facts);
		if (reason == REASON_NONE)
			assert_int_equal(facts.verdict, VERIFY_VALID);
		else
			assert_int_equal(reason, REASON_MEMORY);
		failed += reason != REASON_NONE;
		arena_destroy(&arena);
	}
	assert_true(failed > 20);
	arena_destroy(&keep);
}

/* --- certificates of the corpus --------------------------------------------------------- */

static bool usable_file(const char *path)
{
	FILE *file = fopen(path, "rb");
	unsigned char *der = NULL;

	assert_non_null(file);
	X509 *certificate = PEM_read_X509(file, NULL, NULL, NULL);
	fclose(file);
	int len = i2d_X509(certificate, &der);
	bool usable = len > 0 && verify_certificate_usable((struct bytes){der, (size_t)len});
	OPENSSL_free(der);
	X509_free(certificate);
	return usable;
}

static void test_certificates(void **state)
{
	const char *folder = getenv("RELAIS_CORPUS");
	struct arena *arena = arena_create(4 << 20);
	size_t rows = 0, same = 0;

	(void)state;
	if (folder == NULL) {
		print_message("RELAIS_CORPUS is not set: the corpus is not read\n");
		arena_destroy(&arena);
		skip();
	}
	struct cursor lines = cursor_on(read_file(arena, folder, "hostile/smime/expectations.tsv"));
	while (lines.left.len > 0) {
		struct cursor row = cursor_on(cursor_until(&lines, '\n'));
		struct bytes name = cursor_until(&row, '\t'), expected = cursor_until(&row, '\t');
		if (!bytes_starts(name, BYTES("zlint/")))
			continue;
		bool usable = usable_file(arena_printf(arena, "%s/hostile/smime/%.*s", folder, (int)name.len, (const char *)name.at));
		rows++;
		same += usable == bytes_starts(expected, BYTES("cert=usable"));
		if (usable != bytes_starts(expected, BYTES("cert=usable")))
			print_message("%.*s: %s\n", (int)name.len, (const char *)name.at, usable ? "usable" : "not usable");
	}
	print_message("corpus/hostile/smime/zlint: %zu of %zu rows agree\n", same, rows);
	assert_int_equal(same, rows);
	arena_destroy(&arena);
}

static void test_digests(void **state)
{
	unsigned digests = 0;

	(void)state;
	assert_true(verify_digests_read(BYTES("sha256, SHA384,sha512"), &digests));
	assert_int_equal(digests, VERIFY_DIGESTS);
	assert_true(verify_digests_read(BYTES("sha1"), &digests));
	assert_int_equal(digests, VERIFY_SHA1);
	assert_false(verify_digests_read(BYTES(""), &digests));
	assert_false(verify_digests_read(BYTES("md5"), &digests));
	assert_false(verify_digests_read(BYTES("sha256,"), &digests) && digests != VERIFY_SHA256);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_trust),	   cmocka_unit_test(test_rollover), cmocka_unit_test(test_seal),	  cmocka_unit_test(test_altered_object),
		cmocka_unit_test(test_seals),	   cmocka_unit_test(test_revocation), cmocka_unit_test(test_opaque),
		cmocka_unit_test(test_memory),	   cmocka_unit_test(test_certificates), cmocka_unit_test(test_digests),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
