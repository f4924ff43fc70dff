/* certs/encrypt_test.c - what we encrypt opens with the openssl command and with our own opener; certificates that must not be encrypted to. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>

#include <time.h>

#include "certs/encrypt.h"
#include "certs/recipient.h"
#include "certs/opening.h"
#include "certs/pki_test.h"
#include "certs/trust.h"

#define TEXT "Content-Type: text/plain\r\n\r\nBonjour, cœur.\r\n"
#define MAILBOX "dr.martin@hopital.fr"

struct fixture {
	struct pki_test pki;
	struct trust *trust;
	struct instant now;
};

static int set_up(void **state)
{
	static struct fixture f;
	char detail[TRUST_DETAIL];

	if (!pki_test_make(&f.pki, "bash \"$PKI\" pki && bash \"$PKI\" foreign pki && one() { bash \"$PKI\" issue pki \"$@\"; } && one ec kind=opening cn=EC email=" MAILBOX " && "
		     "one rsa kind=opening cn=RSA email=" MAILBOX " key=rsa && one other kind=opening cn=OTHER email=x@y.fr && one seal kind=seal cn=SEAL email=" MAILBOX " && "
		     "one ended kind=opening cn=ENDED email=" MAILBOX " start=20200101000000Z end=20210101000000Z && one gone kind=opening cn=GONE email=" MAILBOX " && "
		     "bash \"$PKI\" revoke pki gone && openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout self.key -out self.pem -days 30 -subj /CN=x "
		     "-addext keyUsage=critical,keyAgreement -addext extendedKeyUsage=emailProtection -addext basicConstraints=CA:FALSE -addext subjectAltName=email:" MAILBOX) ||
	    trust_load(pki_test_path(&f.pki, "pki/anchors-smime.pem"), pki_test_path(&f.pki, "pki/crls"), &f.trust, detail) != REASON_NONE)
		return -1;
	f.now = (struct instant){(int64_t)time(NULL) * 1000000};
	*state = &f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	trust_free(&f->trust);
	return pki_test_end(&f->pki);
}

static const char *import(const struct fixture *f, struct arena *arena, struct bytes pem, struct recipient_certificate *out)
{
	const char *why = recipient_import(arena, pem, BYTES(MAILBOX), f->trust, f->now, out);

	assert_true(why != NULL || (out->der.len > 0 && instant_before(f->now, out->until)));
	return why;
}

static void test_certificates(void **state)
{
	static const struct {
		const char *name, *file, *why;
	} rows[] = {
		{"a curve", "pki/ec.pem", NULL},
		{"RSA", "pki/rsa.pem", NULL},
		{"of another mailbox", "pki/other.pem", "of another mailbox"},
		{"made for signing", "pki/seal.pem", "not made for"},
		{"ended", "pki/ended.pem", "ended"},
		{"revoked", "pki/gone.pem", "revoked"},
		{"of nobody's authority", "self.pem", "self-signed"},
		{"no certificate", "pki/ec.key", "cannot be read"},
	};
	const struct fixture *f = *state;

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct arena *arena = arena_create(4u << 20);
		struct recipient_certificate taken = {0};
		const char *why = import(f, arena, pki_test_read(arena, &f->pki, rows[i].file), &taken);
		if ((why == NULL) != (rows[i].why == NULL) || (why != NULL && strstr(why, rows[i].why) == NULL))
			fail_msg("%s: %s", rows[i].name, why == NULL ? "taken" : why);
		/* What was taken is looked at again for each mail. */
		if (why == NULL) {
			assert_null(recipient_check(taken.der, BYTES(MAILBOX), f->now));
			assert_non_null(recipient_check(taken.der, BYTES("x@y.fr"), f->now));
			assert_non_null(recipient_check(taken.der, BYTES(""), f->now));
			assert_non_null(recipient_check(taken.der, BYTES(MAILBOX), instant_plus(f->now, SPAN_DAYS(3660))));
			assert_non_null(recipient_check(bytes_slice(taken.der, 0, taken.der.len - 1), BYTES(MAILBOX), f->now));
		}
		arena_destroy(&arena);
	}
}

/* Whatever program wrote the file: what is kept is the certificate and its chain, and begins with the line that whoever reads it next looks for. */
static void test_kept(void **state)
{
	static const char bags[] = "Bag Attributes\n    friendlyName: moi\n    localKeyID: 01 02\nsubject=C = FR, CN = EC\nissuer=CN = AC\n";
	const struct fixture *f = *state;
	struct arena *arena = arena_create(16u << 20);
	struct bytes plain = pki_test_read(arena, &f->pki, "pki/ec.pem");
	struct recipient_certificate kept = {0};

	assert_null(import(f, arena, plain, &kept));
	assert_true(bytes_starts(kept.pem, BYTES("-----BEGIN CERTIFICATE-----\n")));
	assert_true(pki_test_run(&f->pki, "openssl x509 -text -in pki/ec.pem -out text.pem && sed 's/ CERTIFICATE/ X509 CERTIFICATE/' pki/ec.pem >label.pem && "
					  "(cat pki/ec.pem pki/ca/organisations/cert.pem; echo fin) >chain.pem"));
	const struct bytes written[] = {{(const unsigned char *)arena_printf(arena, "%s%.*s", bags, (int)plain.len, (const char *)plain.at), sizeof bags - 1 + plain.len},
					pki_test_read(arena, &f->pki, "text.pem"), pki_test_read(arena, &f->pki, "label.pem"), pki_test_read(arena, &f->pki, "chain.pem")};
	for (size_t i = 0; i < sizeof written / sizeof written[0]; i++) {
		struct recipient_certificate taken = {0}, again = {0};
		assert_null(import(f, arena, written[i], &taken));
		assert_true(bytes_equal(taken.der, kept.der) && bytes_starts(taken.pem, bytes_slice(kept.pem, 0, 400)));
		assert_false(bytes_contains(taken.pem, BYTES("Bag ")) || bytes_contains(taken.pem, BYTES("\nfin\n")));
		assert_null(import(f, arena, taken.pem, &again));
		assert_true(bytes_equal(taken.pem, again.pem));
	}
	arena_destroy(&arena);
}

/* What was good on the day of its import is judged again, as it was kept, with the lists of that day. */
static void test_revoked_later(void **state)
{
	const struct fixture *f = *state;
	struct arena *arena = arena_create(16u << 20);
	struct recipient_certificate taken = {0}, none = {0};
	struct trust *trust = NULL;
	char detail[TRUST_DETAIL];

	assert_true(pki_test_run(&f->pki, "bash \"$PKI\" issue pki later kind=opening cn=LATER email=" MAILBOX));
	struct instant issued = {(int64_t)(time(NULL) + 1) * 1000000};
	assert_null(recipient_import(arena, pki_test_read(arena, &f->pki, "pki/later.pem"), BYTES(MAILBOX), f->trust, issued, &taken));
	assert_true(pki_test_run(&f->pki, "bash \"$PKI\" revoke pki later"));
	assert_int_equal(trust_load(pki_test_path(&f->pki, "pki/anchors-smime.pem"), pki_test_path(&f->pki, "pki/crls"), &trust, detail), REASON_NONE);
	struct instant then = {(int64_t)(time(NULL) + 1) * 1000000};
	const char *why = recipient_import(arena, taken.pem, BYTES(MAILBOX), trust, then, &none);
	assert_true(why != NULL && strstr(why, "revoked") != NULL && none.der.len == 0);
	trust_free(&trust);
	arena_destroy(&arena);
}

/* The other side is the openssl command; our own opener says which kind it was. */
static void test_opens(void **state)
{
	static const struct {
		const char *name;
		enum encrypt_content content;
	} rows[] = {{"ec", ENCRYPT_AUTHENTICATED}, {"ec", ENCRYPT_ENVELOPED}, {"rsa", ENCRYPT_AUTHENTICATED}, {"rsa", ENCRYPT_ENVELOPED}};
	const struct fixture *f = *state;

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct arena *arena = arena_create(8u << 20);
		char certificate[32], key[32], command[256], detail[OPENING_DETAIL];
		struct recipient_certificate taken = {0};
		struct bytes object = BYTES_NONE, again = BYTES_NONE, content;
		struct opening *opening;
		struct envelope_recipient r;
		unsigned char secret[ENVELOPE_KEY_MAX];
		bool authenticated;

		snprintf(certificate, sizeof certificate, "pki/%s.pem", rows[i].name);
		snprintf(key, sizeof key, "pki/%s.key", rows[i].name);
		assert_null(import(f, arena, pki_test_read(arena, &f->pki, certificate), &taken));
		assert_int_equal(encrypt_entity(arena, taken.der, rows[i].content, BYTES(TEXT), &object), REASON_NONE);
		assert_int_equal(encrypt_entity(arena, taken.der, rows[i].content, BYTES(TEXT), &again), REASON_NONE);
		assert_false(bytes_equal(object, again));   /* a key for each */
		FILE *file = fopen(pki_test_path(&f->pki, "object"), "wb");
		assert_int_equal(fwrite(object.at, 1, object.len, file), object.len);
		fclose(file);
		snprintf(command, sizeof command, "openssl cms -decrypt -binary -inform DER -in object -recip %s -inkey %s -out plain", certificate, key);
		assert_true(pki_test_run(&f->pki, command));
		assert_true(bytes_equal_text(pki_test_read(arena, &f->pki, "plain"), TEXT));

		assert_int_equal(opening_open(pki_test_path(&f->pki, certificate), &(struct key_source){.key = pki_test_path(&f->pki, key)}, &opening, detail), REASON_NONE);
		const struct bytes ids[] = {opening_id(opening, 0), opening_id(opening, 1)};
		assert_int_equal(envelope_find(arena, object, ids, 2, &r), REASON_NONE);
		assert_int_equal(r.hash, ENVELOPE_SHA256);
		assert_int_equal(r.key_bits, 256);
		assert_true(opening_unwrap(opening, &r, secret));
		assert_int_equal(envelope_open(arena, object, (struct bytes){secret, 32}, &content, &authenticated), REASON_NONE);
		assert_true(bytes_equal_text(content, TEXT));
		assert_int_equal(authenticated, rows[i].content == ENCRYPT_AUTHENTICATED);
		opening_close(&opening);
		assert_int_equal(encrypt_entity(arena, taken.der, rows[i].content, BYTES(""), &object), REASON_SIGN_REFUSED);
		assert_int_equal(encrypt_entity(arena, BYTES("x"), rows[i].content, BYTES(TEXT), &object), REASON_SIGN_REFUSED);
		arena_destroy(&arena);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_certificates), cmocka_unit_test(test_kept), cmocka_unit_test(test_revoked_later), cmocka_unit_test(test_opens)};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
