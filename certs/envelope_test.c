/* certs/envelope_test.c - what openssl encrypted is opened, the key taken out without the private key; everything else is refused. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>

#include "certs/envelope.h"
#include "certs/opening.h"
#include "certs/pki_test.h"

#define TEXT "Content-Type: text/plain\r\n\r\nBonjour.\r\n"
#define TO_RSA "-recip rsa.pem -keyopt rsa_padding_mode:oaep "

struct fixture {
	struct pki_test pki;
	struct opening *keys[3];   /* rsa, p256, p521 */
	struct bytes ids[6];
};

static const char certificates[] =
	"one() { openssl req -x509 -newkey $2 -nodes -keyout $1.key -out $1.pem -days 30 -subj /CN=$1 -addext keyUsage=critical,$3 -addext extendedKeyUsage=emailProtection "
	"-addext basicConstraints=CA:FALSE; } && EC='ec -pkeyopt ec_paramgen_curve:' && one rsa rsa:2048 keyEncipherment && one other rsa:2048 keyEncipherment && one small rsa:1024 keyEncipherment && "
	"one p256 \"${EC}P-256\" keyAgreement && one p521 \"${EC}P-521\" keyAgreement && one signs \"${EC}P-256\" digitalSignature && printf '" TEXT "' >text";

static int set_up(void **state)
{
	static struct fixture f;
	static const char *const names[] = {"rsa", "p256", "p521"};
	char detail[OPENING_DETAIL], key[16], certificate[16];

	if (!pki_test_make(&f.pki, certificates))
		return -1;
	for (size_t i = 0; i < 3; i++) {
		snprintf(key, sizeof key, "%s.key", names[i]);
		snprintf(certificate, sizeof certificate, "%s.pem", names[i]);
		if (opening_open(pki_test_path(&f.pki, certificate), &(struct key_source){.key = pki_test_path(&f.pki, key)}, &f.keys[i], detail) != REASON_NONE) {
			print_error("%s: %s\n", names[i], detail);
			return -1;
		}
		f.ids[2 * i] = opening_id(f.keys[i], 0);
		f.ids[2 * i + 1] = opening_id(f.keys[i], 1);
	}
	*state = &f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	for (size_t i = 0; i < 3; i++)
		opening_close(&f->keys[i]);
	return pki_test_end(&f->pki);
}

/* As the service does it; the reason where it ends. */
static enum reason open_object(const struct fixture *f, struct arena *arena, struct bytes cms, struct bytes *content, bool *authenticated)
{
	struct envelope_recipient r;
	unsigned char key[ENVELOPE_KEY_MAX];
	enum reason reason = envelope_find(arena, cms, f->ids, 6, &r);

	*content = BYTES_NONE;
	if (reason != REASON_NONE)
		return reason;
	assert_true(r.which < 6);
	(void)opening_unwrap(f->keys[r.which / 2], &r, key);   /* what cannot be unwrapped goes on with random bytes */
	return envelope_open(arena, cms, (struct bytes){key, r.key_bits / 8}, content, authenticated);
}

#define ENCRYPT "openssl cms -encrypt -binary -in text -outform DER -out object "

static const struct row {
	const char *name, *command;
	enum reason reason;
	bool authenticated;
} rows[] = {
	{"RSA-OAEP and AES-256-GCM", ENCRYPT "-aes-256-gcm " TO_RSA, REASON_NONE, true},
	{"RSA-OAEP with SHA-256 twice", ENCRYPT "-aes-256-gcm " TO_RSA "-keyopt rsa_oaep_md:sha256 -keyopt rsa_mgf1_md:sha256", REASON_NONE, true},
	{"RSA-OAEP with SHA-512 and MGF1 of SHA-1", ENCRYPT "-aes-128-gcm " TO_RSA "-keyopt rsa_oaep_md:sha512 -keyopt rsa_mgf1_md:sha1", REASON_NONE, true},
	{"RSA-OAEP and AES-128-CBC", ENCRYPT "-aes-128-cbc " TO_RSA, REASON_NONE, false},
	{"ECDH on P-256 and AES-128-GCM", ENCRYPT "-aes-128-gcm -recip p256.pem", REASON_NONE, true},
	{"ECDH on P-256, SHA-256, AES-256-CBC", ENCRYPT "-aes-256-cbc -recip p256.pem -keyopt ecdh_kdf_md:sha256", REASON_NONE, false},
	{"ECDH on P-521, SHA-512, AES-192-GCM", ENCRYPT "-aes-192-gcm -recip p521.pem -keyopt ecdh_kdf_md:sha512", REASON_NONE, true},
	{"by key identifier", ENCRYPT "-keyid -aes-256-gcm -recip p256.pem", REASON_NONE, true},
	{"RSA by key identifier", ENCRYPT "-keyid -aes-256-gcm " TO_RSA, REASON_NONE, true},
	{"ours is the second recipient", ENCRYPT "-aes-256-gcm -recip other.pem -keyopt rsa_padding_mode:oaep -recip p256.pem", REASON_NONE, true},
	{"streamed, in pieces of indefinite length (BER)", "head -c 100000 /dev/zero >zeros && openssl cms -encrypt -binary -stream -in zeros -outform DER -out object -aes-256-cbc -recip p256.pem", REASON_NONE, false},
	{"two of ours, the first in a way that is refused", ENCRYPT "-aes-256-gcm -recip rsa.pem -recip p256.pem", REASON_NONE, true},
	{"nothing in it", ": >none && openssl cms -encrypt -binary -in none -outform DER -out object -aes-256-cbc -recip p256.pem", REASON_NONE, false},
	{"for another recipient", ENCRYPT "-aes-256-gcm -recip other.pem -keyopt rsa_padding_mode:oaep", REASON_OPEN_OTHER, false},
	{"RSA with PKCS#1 v1.5", ENCRYPT "-aes-256-gcm -recip rsa.pem", REASON_OPEN_ALGORITHM, false},
	{"3DES", ENCRYPT "-des3 -recip p256.pem", REASON_OPEN_ALGORITHM, false},
	{"Camellia", ENCRYPT "-camellia256 -recip p256.pem", REASON_OPEN_ALGORITHM, false},
	{"a password", ENCRYPT "-aes-256-cbc -pwri_password secret", REASON_OPEN_OTHER, false},
	{"a key that both sides have", ENCRYPT "-aes-256-cbc -secretkey 000102030405060708090A0B0C0D0E0F -secretkeyid 01", REASON_OPEN_OTHER, false},
	{"signed", "openssl cms -sign -binary -nodetach -in text -signer signs.pem -inkey signs.key -outform DER -out object", REASON_SIG_MALFORMED, false},
	{"encrypted with a key that nobody sends", "openssl cms -EncryptedData_encrypt -in text -aes-256-cbc -secretkey 000102030405060708090A0B0C0D0E0F000102030405060708090A0B0C0D0E0F -outform DER -out object", REASON_SIG_MALFORMED, false},
	{"bytes behind it", ENCRYPT "-aes-256-gcm -recip p256.pem && echo x >>object", REASON_SIG_MALFORMED, false},
	{"cut", ENCRYPT "-aes-256-gcm -recip p256.pem && truncate -s -5 object", REASON_SIG_MALFORMED, false},
	{"no object at all", "cp text object", REASON_SIG_MALFORMED, false},
};

static void test_rows(void **state)
{
	const struct fixture *f = *state;

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct arena *arena = arena_create(8u << 20);
		struct bytes content;
		bool authenticated = false;
		if (!pki_test_run(&f->pki, rows[i].command))
			fail_msg("%s: %s/log says why it could not be made", rows[i].name, f->pki.folder);
		enum reason reason = open_object(f, arena, pki_test_read(arena, &f->pki, "object"), &content, &authenticated);
		if (reason != rows[i].reason || (reason == REASON_NONE && authenticated != rows[i].authenticated))
			fail_msg("%s: %s", rows[i].name, reason_code(reason));
		if (reason == REASON_NONE && strstr(rows[i].command, "-in text") != NULL && !bytes_equal_text(content, TEXT))
			fail_msg("%s: another text", rows[i].name);
		arena_destroy(&arena);
	}
}

/* Of an authenticated object no byte can be changed unseen, but in what nothing rests on: versions and absent parameters. */
static void test_altered(void **state)
{
	static const char *const commands[] = {ENCRYPT "-aes-256-gcm -recip p256.pem", ENCRYPT "-aes-256-gcm " TO_RSA};
	const struct fixture *f = *state;

	for (size_t c = 0; c < 2; c++) {
		struct arena *arena = arena_create(64u << 20);
		assert_true(pki_test_run(&f->pki, commands[c]));
		struct bytes object = pki_test_read(arena, &f->pki, "object"), content;
		unsigned char *copy = arena_alloc(arena, object.len);
		bool authenticated;
		size_t failed = 0;
		for (size_t i = 0; i < object.len; i++) {
			struct arena *one = arena_create(1u << 20);
			memcpy(copy, object.at, object.len);
			copy[i] ^= 0x01;
			enum reason reason = open_object(f, one, (struct bytes){copy, object.len}, &content, &authenticated);
			if (reason == REASON_NONE && !bytes_equal_text(content, TEXT))
				fail_msg("byte %zu may be changed", i);
			failed += reason == REASON_OPEN_FAILED;
			assert_true(reason != REASON_NONE || authenticated);
			arena_destroy(&one);
		}
		assert_true(failed > 80);   /* wrapped key, nonce, text, tag: one word for all of it */
		arena_destroy(&arena);
	}
}

/* The holder of the key is never given bytes of the object, and what it is given may be anything. */
static void test_odd_recipients(void **state)
{
	const struct fixture *f = *state;
	unsigned char key[ENVELOPE_KEY_MAX], again[ENVELOPE_KEY_MAX];
	static const unsigned char zeros[ENVELOPE_SECRET_MAX];
	const struct {
		const char *name;
		size_t key;
		struct envelope_recipient r;
	} odd[] = {
		{"zeros for RSA", 0, {.kind = ENVELOPE_OAEP, .secret = {zeros, 256}, .key_bits = 256}},
		{"a secret that is too short", 0, {.kind = ENVELOPE_OAEP, .secret = {zeros, 1}, .key_bits = 256}},
		{"one that is too long", 0, {.kind = ENVELOPE_OAEP, .secret = {zeros, 1024}, .key_bits = 256}},
		{"ECDH with an RSA key", 0, {.kind = ENVELOPE_ECDH, .secret = {zeros, 40}, .point = {zeros, 65}, .wrap_bits = 256, .key_bits = 256}},
		{"RSA with an EC key", 1, {.kind = ENVELOPE_OAEP, .secret = {zeros, 256}, .key_bits = 256}},
		{"a point at infinity", 1, {.kind = ENVELOPE_ECDH, .secret = {zeros, 40}, .point = {zeros, 1}, .wrap_bits = 256, .key_bits = 256}},
		{"a point of no curve", 1, {.kind = ENVELOPE_ECDH, .secret = {zeros, 40}, .point = {zeros, 65}, .wrap_bits = 256, .key_bits = 256}},
		{"no wrap", 1, {.kind = ENVELOPE_ECDH, .secret = {zeros, 40}, .point = {zeros, 65}, .key_bits = 256}},
		{"an odd size of key", 1, {.kind = ENVELOPE_ECDH, .secret = {zeros, 40}, .point = {zeros, 65}, .wrap_bits = 256, .key_bits = 4096}},
		{"a hash that is none", 0, {.kind = ENVELOPE_OAEP, .hash = (enum envelope_hash)77, .secret = {zeros, 256}, .key_bits = 256}},
	};

	for (size_t i = 0; i < sizeof odd / sizeof odd[0]; i++) {
		if (opening_unwrap(f->keys[odd[i].key], &odd[i].r, key) || opening_unwrap(f->keys[odd[i].key], &odd[i].r, again))
			fail_msg("%s", odd[i].name);
		assert_memory_not_equal(key, again, sizeof key);   /* random, each time */
	}
}

static void test_keys(void **state)
{
	static const struct {
		const char *name, *certificate, *key;
	} bad[] = {
		{"made for signing", "signs.pem", "signs.key"}, {"the key of another", "rsa.pem", "other.key"}, {"too small", "small.pem", "small.key"}, {"no certificate", "text", "rsa.key"}, {"no key", "rsa.pem", "absent"},
	};
	const struct fixture *f = *state;

	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		struct opening *o;
		char detail[OPENING_DETAIL];
		if (opening_open(pki_test_path(&f->pki, bad[i].certificate), &(struct key_source){.key = pki_test_path(&f->pki, bad[i].key)}, &o, detail) != REASON_CONFIG_VALUE || o != NULL || detail[0] == '\0')
			fail_msg("%s", bad[i].name);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows), cmocka_unit_test(test_altered), cmocka_unit_test(test_odd_recipients), cmocka_unit_test(test_keys),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
