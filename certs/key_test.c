/* certs/key_test.c - a key by file and by token: what opens, what seals, what is refused. The token is SoftHSM in a folder of the run. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>

#include <time.h>

#include "certs/opening.h"
#include "certs/pki_test.h"
#include "certs/sign.h"
#include "certs/verify.h"

#define MODULE "/usr/lib/softhsm/libsofthsm2.so"
#define SEAL "avis@avis.exemple.mssante.fr"

static const struct bytes entity = BYTES_OF("Content-Type: text/plain\r\n\r\nBonjour.\r\n");

struct fixture {
	struct pki_test pki;
	struct trust *trust;
};

/* The keys go into the token, and their files are taken away. */
static const char token[] =
	"mkdir tokens && printf 'directories.tokendir = %s/tokens\\nobjectstore.backend = file\\nlog.level = ERROR\\n' \"$PWD\" >conf && export SOFTHSM2_CONF=$PWD/conf && "
	"softhsm2-util --init-token --free --label relais --so-pin 87654321 --pin 246810 && "
	"put() { openssl pkcs8 -topk8 -nocrypt -in pki/$1.key -out p8 && softhsm2-util --import p8 --token relais --label $1 --id $2 --pin 246810 && rm p8 pki/$1.key; } && "
	"put relais-seal 01 && put rsa 02 && put opens-rsa 03 && openssl pkcs8 -topk8 -nocrypt -in pki/opens-ec.key -outform DER -out ec.der && put opens-ec 04 && "
	/* What softhsm2-util imports may not agree on keys. */
	"tool() { pkcs11-tool --module " MODULE " --token-label relais --login --pin 246810 \"$@\"; } && tool --delete-object --type privkey --id 04 && tool --write-object ec.der --type privkey --id 04 --label opens-ec --usage-derive && rm ec.der && umask 077 && echo 246810 >pin && echo 111111 >wrong && : >empty && cp pin open && chmod 640 open";

static int set_up(void **state)
{
	static struct fixture f;
	char detail[TRUST_DETAIL];

	if (!pki_test_make(&f.pki, "bash \"$PKI\" pki seal=" SEAL " && bash \"$PKI\" issue pki rsa kind=seal cn=RSA email=" SEAL " key=rsa && "
		     "bash \"$PKI\" issue pki opens-rsa kind=opening cn=RSA email=" SEAL " key=rsa && bash \"$PKI\" issue pki opens-ec kind=opening cn=EC email=" SEAL " && "
		     "bash \"$PKI\" issue pki file kind=seal cn=FILE email=" SEAL) ||
	    !pki_test_run(&f.pki, token) || setenv("SOFTHSM2_CONF", pki_test_path(&f.pki, "conf"), 1) != 0 ||
	    trust_load(pki_test_path(&f.pki, "pki/anchors-smime.pem"), NULL, &f.trust, detail) != REASON_NONE)
		return -1;
	*state = &f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	trust_free(&f->trust);
	return pki_test_end(&f->pki);
}

static struct key_source source(const struct fixture *f, const char *key, const char *pin)
{
	return (struct key_source){key_is_token(key) ? key : pki_test_path(&f->pki, key), MODULE, pki_test_path(&f->pki, pin)};
}

/* Before any other: a process that has logged in once is known to its token, and keeps its module. */
static void test_wrong_pin(void **state)
{
	const struct fixture *f = *state;
	struct key_source key = source(f, "pkcs11:token=relais;object=rsa;type=private", "wrong");
	struct sign *sign;
	char detail[SIGN_DETAIL];

	assert_int_equal(sign_open(pki_test_path(&f->pki, "pki/rsa.pem"), &key, &sign, detail), REASON_CONFIG_VALUE);
	assert_string_equal(detail, "the token has no such key, or does not take the PIN");
	key.module = pki_test_path(&f->pki, "conf");
	assert_int_equal(sign_open(pki_test_path(&f->pki, "pki/rsa.pem"), &key, &sign, detail), REASON_CONFIG_VALUE);
}

/* What is sealed by the token verifies as what is sealed by a file does, again and again. */
static void test_seals(void **state)
{
	static const struct {
		const char *certificate, *key;
	} rows[] = {
		{"pki/file.pem", "pki/file.key"},
		{"pki/relais-seal.pem", "pkcs11:token=relais;object=relais-seal;type=private"},
		{"pki/rsa.pem", "pkcs11:token=relais;object=rsa;type=private"},
	};
	const struct fixture *f = *state;
	struct instant now = {(int64_t)time(NULL) * 1000000};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct key_source key = source(f, rows[i].key, "pin");
		struct sign *sign;
		char detail[SIGN_DETAIL];
		if (sign_open(pki_test_path(&f->pki, rows[i].certificate), &key, &sign, detail) != REASON_NONE)
			fail_msg("%s: %s", rows[i].key, detail);
		for (int again = 0; again < 3; again++) {
			struct arena *arena = arena_create(4 << 20);
			struct bytes der;
			struct verify_facts facts;
			assert_int_equal(sign_detached(arena, sign, entity, now, &der), REASON_NONE);
			struct verify_request request = {der, true, entity, BYTES(SEAL), now, VERIFY_DIGESTS};
			assert_int_equal(verify_cms(arena, f->trust, &request, &facts), REASON_NONE);
			assert_int_equal(facts.verdict, VERIFY_VALID);
			arena_destroy(&arena);
		}
		sign_close(&sign);
	}
}

static void test_refused(void **state)
{
	static const struct {
		const char *name, *certificate, *key, *pin, *why;
	} rows[] = {
		{"the key of another certificate", "pki/rsa.pem", "pkcs11:token=relais;object=relais-seal;type=private", "pin", "not that of the certificate"},
		{"no such object", "pki/rsa.pem", "pkcs11:token=relais;object=nobody;type=private", "pin", "no such key"},
		{"no such token", "pki/rsa.pem", "pkcs11:token=elsewhere;object=rsa;type=private", "pin", "no such key"},
		{"an empty PIN file", "pki/rsa.pem", "pkcs11:token=relais;object=rsa;type=private", "empty", "empty"},
		{"no PIN file", "pki/rsa.pem", "pkcs11:token=relais;object=rsa;type=private", "absent", "cannot be opened"},
		{"a PIN file that a group reads", "pki/rsa.pem", "pkcs11:token=relais;object=rsa;type=private", "open", "read by others"},
		{"a PIN in the URI", "pki/rsa.pem", "pkcs11:token=relais;object=rsa;type=private?pin-value=246810", "pin", "may not stand"},
		{"a file that the token took", "pki/rsa.pem", "pki/rsa.key", "pin", "cannot be read"},
	};
	const struct fixture *f = *state;

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct key_source key = source(f, rows[i].key, rows[i].pin);
		struct sign *sign;
		char detail[SIGN_DETAIL];
		if (sign_open(pki_test_path(&f->pki, rows[i].certificate), &key, &sign, detail) != REASON_CONFIG_VALUE || strstr(detail, rows[i].why) == NULL)
			fail_msg("%s: %s", rows[i].name, detail);
		assert_null(strstr(detail, "246810"));
	}
	struct sign *sign;
	char detail[SIGN_DETAIL];
	struct key_source no_module = {"pkcs11:token=relais;object=rsa", "", pki_test_path(&f->pki, "pin")};
	assert_int_equal(sign_open(pki_test_path(&f->pki, "pki/rsa.pem"), &no_module, &sign, detail), REASON_CONFIG_VALUE);
}

/* Keys that open mail, in the token: it does the one step, and the key never leaves it. */
static void test_opens(void **state)
{
	static const struct {
		const char *name, *options;
	} rows[] = {{"opens-ec", ""}, {"opens-rsa", "-keyopt rsa_padding_mode:oaep"}};
	const struct fixture *f = *state;

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct arena *arena = arena_create(4 << 20);
		char command[512], uri[128], certificate[64], detail[OPENING_DETAIL];
		struct envelope_recipient r;
		struct opening *opening;
		struct bytes content;
		unsigned char secret[ENVELOPE_KEY_MAX];
		bool authenticated;

		snprintf(command, sizeof command, "printf 'Bonjour.' | openssl cms -encrypt -binary -aes-256-gcm -outform DER -out object -recip pki/%s.pem %s", rows[i].name, rows[i].options);
		assert_true(pki_test_run(&f->pki, command));
		snprintf(uri, sizeof uri, "pkcs11:token=relais;object=%s;type=private", rows[i].name);
		snprintf(certificate, sizeof certificate, "pki/%s.pem", rows[i].name);
		struct key_source key = source(f, uri, "pin");
		if (opening_open(pki_test_path(&f->pki, certificate), &key, &opening, detail) != REASON_NONE)
			fail_msg("%s: %s", rows[i].name, detail);
		const struct bytes ids[] = {opening_id(opening, 0), opening_id(opening, 1)}, object = pki_test_read(arena, &f->pki, "object");
		assert_int_equal(envelope_find(arena, object, ids, 2, &r), REASON_NONE);
		if (!opening_unwrap(opening, &r, secret))
			fail_msg("%s", rows[i].name);
		assert_int_equal(envelope_open(arena, object, (struct bytes){secret, r.key_bits / 8}, &content, &authenticated), REASON_NONE);
		assert_true(bytes_equal_text(content, "Bonjour.") && authenticated);
		opening_close(&opening);
		arena_destroy(&arena);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_wrong_pin),
		cmocka_unit_test(test_seals),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_opens),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
