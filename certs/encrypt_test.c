/* certs/encrypt_test.c - what we encrypt opens with the openssl command and with our own opener; certificates that must not be encrypted to. */
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

#include "certs/encrypt.h"
#include "certs/opening.h"

#define TEXT "Content-Type: text/plain\r\n\r\nBonjour, cœur.\r\n"
#define MAILBOX "dr.martin@hopital.fr"

struct fixture {
	char folder[64];
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

static const char *in(const struct fixture *f, const char *name)
{
	static char paths[4][256];
	static size_t next;
	char *path = paths[next++ % 4];

	snprintf(path, sizeof paths[0], "%s/%s", f->folder, name);
	return path;
}

static struct bytes read_file(struct arena *arena, const char *path)
{
	FILE *file = fopen(path, "rb");
	unsigned char *data = arena_alloc(arena, 1u << 18);

	if (file == NULL)
		fail_msg("%s cannot be read", path);
	struct bytes out = {data, fread(data, 1, 1u << 18, file)};
	fclose(file);
	return out;
}

static int set_up(void **state)
{
	static struct fixture f;

	strcpy(f.folder, "/tmp/relais-encrypt-XXXXXX");
	if (mkdtemp(f.folder) == NULL ||
	    !run(&f, "bash \"$PKI\" pki && bash \"$PKI\" foreign pki && one() { bash \"$PKI\" issue pki \"$@\"; } && one ec kind=opening cn=EC email=" MAILBOX " && "
		     "one rsa kind=opening cn=RSA email=" MAILBOX " key=rsa && one other kind=opening cn=OTHER email=x@y.fr && one seal kind=seal cn=SEAL email=" MAILBOX " && "
		     "one ended kind=opening cn=ENDED email=" MAILBOX " start=20200101000000Z end=20210101000000Z && one gone kind=opening cn=GONE email=" MAILBOX " && "
		     "bash \"$PKI\" revoke pki gone && openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout self.key -out self.pem -days 30 -subj /CN=x "
		     "-addext keyUsage=critical,keyAgreement -addext extendedKeyUsage=emailProtection -addext basicConstraints=CA:FALSE -addext subjectAltName=email:" MAILBOX)) {
		print_error("%s/log says why\n", f.folder);
		return -1;
	}
	f.now = (struct instant){(int64_t)time(NULL) * 1000000};
	*state = &f;
	return 0;
}

static int tear_down(void **state)
{
	return run(*state, "cd / && rm -rf \"$OLDPWD\"") ? 0 : -1;
}

static const char *import(const struct fixture *f, struct arena *arena, const char *name, struct bytes *der)
{
	struct instant until = {0};
	const char *why = encrypt_import(arena, read_file(arena, in(f, name)), BYTES(MAILBOX), in(f, "pki/anchors-smime.pem"), in(f, "pki/crls"), f->now, der, &until);

	assert_true(why != NULL || (der->len > 0 && instant_before(f->now, until)));
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
		struct bytes der = BYTES_NONE;
		const char *why = import(f, arena, rows[i].file, &der);
		if ((why == NULL) != (rows[i].why == NULL) || (why != NULL && strstr(why, rows[i].why) == NULL))
			fail_msg("%s: %s", rows[i].name, why == NULL ? "taken" : why);
		/* What was taken is looked at again for each mail. */
		if (why == NULL) {
			assert_null(encrypt_check(der, BYTES(MAILBOX), f->now));
			assert_non_null(encrypt_check(der, BYTES("x@y.fr"), f->now));
			assert_non_null(encrypt_check(der, BYTES(""), f->now));
			assert_non_null(encrypt_check(der, BYTES(MAILBOX), instant_plus(f->now, SPAN_DAYS(3660))));
			assert_non_null(encrypt_check(bytes_slice(der, 0, der.len - 1), BYTES(MAILBOX), f->now));
		}
		arena_destroy(&arena);
	}
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
		struct bytes der = BYTES_NONE, object = BYTES_NONE, again = BYTES_NONE, content;
		struct opening *opening;
		struct envelope_recipient r;
		unsigned char secret[ENVELOPE_KEY_MAX];
		bool authenticated;

		snprintf(certificate, sizeof certificate, "pki/%s.pem", rows[i].name);
		snprintf(key, sizeof key, "pki/%s.key", rows[i].name);
		assert_null(import(f, arena, certificate, &der));
		assert_int_equal(encrypt_entity(arena, der, rows[i].content, BYTES(TEXT), &object), REASON_NONE);
		assert_int_equal(encrypt_entity(arena, der, rows[i].content, BYTES(TEXT), &again), REASON_NONE);
		assert_false(bytes_equal(object, again));   /* a key for each */
		FILE *file = fopen(in(f, "object"), "wb");
		assert_int_equal(fwrite(object.at, 1, object.len, file), object.len);
		fclose(file);
		snprintf(command, sizeof command, "openssl cms -decrypt -binary -inform DER -in object -recip %s -inkey %s -out plain", certificate, key);
		assert_true(run(f, command));
		assert_true(bytes_equal_text(read_file(arena, in(f, "plain")), TEXT));

		assert_int_equal(opening_open(in(f, certificate), &(struct key_source){.key = in(f, key)}, &opening, detail), REASON_NONE);
		const struct bytes ids[] = {opening_id(opening, 0), opening_id(opening, 1)};
		assert_int_equal(envelope_find(arena, object, ids, 2, &r), REASON_NONE);
		assert_int_equal(r.hash, ENVELOPE_SHA256);
		assert_int_equal(r.key_bits, 256);
		assert_true(opening_unwrap(opening, &r, secret));
		assert_int_equal(envelope_open(arena, object, (struct bytes){secret, 32}, &content, &authenticated), REASON_NONE);
		assert_true(bytes_equal_text(content, TEXT));
		assert_int_equal(authenticated, rows[i].content == ENCRYPT_AUTHENTICATED);
		opening_close(&opening);
		assert_int_equal(encrypt_entity(arena, der, rows[i].content, BYTES(""), &object), REASON_SIGN_REFUSED);
		assert_int_equal(encrypt_entity(arena, BYTES("x"), rows[i].content, BYTES(TEXT), &object), REASON_SIGN_REFUSED);
		arena_destroy(&arena);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_certificates), cmocka_unit_test(test_opens)};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
