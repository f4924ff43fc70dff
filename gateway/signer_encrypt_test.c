/* gateway/signer_encrypt_test.c - which mail leaves encrypted, which waits, and that never one leaves in clear that must not. */
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

#include "base/limits.h"
#include "gateway/signer_encrypt.h"

#define MAILBOX "dr.martin@hopital.fr"

struct fixture {
	char folder[64];
	struct arena *arena;
	struct bytes der;
	struct instant now;
};

static int set_up(void **state)
{
	static struct fixture f;
	char command[1024];
	unsigned char *data;

	strcpy(f.folder, "/tmp/relais-encrypt-XXXXXX");
	if (mkdtemp(f.folder) == NULL)
		return -1;
	snprintf(command, sizeof command,
		 "cd '%s' && openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout key -out pem -days 30 -subj /CN=x -addext keyUsage=critical,keyAgreement "
		 "-addext extendedKeyUsage=emailProtection -addext basicConstraints=CA:FALSE -addext subjectAltName=email:" MAILBOX " 2>/dev/null && openssl x509 -in pem -outform DER -out der",
		 f.folder);
	f.arena = arena_create(4u * LIMIT_MESSAGE);
	if (system(command) != 0)
		return -1;
	snprintf(command, sizeof command, "%s/der", f.folder);
	FILE *file = fopen(command, "rb");
	data = arena_alloc(f.arena, 65536);
	f.der = (struct bytes){data, fread(data, 1, 65536, file)};
	fclose(file);
	f.now = (struct instant){(int64_t)time(NULL) * 1000000 + 2000000};
	*state = &f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;
	char command[128];

	arena_destroy(&f->arena);
	snprintf(command, sizeof command, "rm -rf '%s'", f->folder);
	return system(command) == 0 ? 0 : -1;
}

static void test_way(void **state)
{
	static const struct {
		const char *name, *encrypt, *recipient;
		bool certificate;
		int day;
		enum signer_way first, way;
	} rows[] = {
		{"never, though we hold one", "never", MAILBOX, true, 0, SIGNER_PLAIN, SIGNER_PLAIN},
		{"when held: held", "held", MAILBOX, true, 0, SIGNER_ENCRYPTED, SIGNER_ENCRYPTED},
		{"when held: none", "held", MAILBOX, false, 0, SIGNER_PLAIN, SIGNER_PLAIN},
		{"when held: it has ended", "held", MAILBOX, true, 40, SIGNER_WAITS, SIGNER_PLAIN},
		{"when held: of another mailbox", "held", "x@hopital.fr", true, 0, SIGNER_WAITS, SIGNER_PLAIN},
		{"required: held", "required", MAILBOX, true, 0, SIGNER_ENCRYPTED, SIGNER_ENCRYPTED},
		{"required, written otherwise", "required", "Dr.Martin@HOPITAL.fr", true, 0, SIGNER_ENCRYPTED, SIGNER_ENCRYPTED},
		{"required: none", "required", MAILBOX, false, 0, SIGNER_WAITS, SIGNER_WAITS},
		{"required: it has ended", "required", MAILBOX, true, 40, SIGNER_WAITS, SIGNER_WAITS},
		{"required: not valid yet", "required", MAILBOX, true, -40, SIGNER_WAITS, SIGNER_WAITS},
		{"required: of another mailbox", "required", "x@hopital.fr", true, 0, SIGNER_WAITS, SIGNER_WAITS},
		{"a word that nobody knows", "sometimes", MAILBOX, false, 0, SIGNER_WAITS, SIGNER_WAITS},
		{"no word", "", MAILBOX, false, 0, SIGNER_WAITS, SIGNER_WAITS},
	};
	const struct fixture *f = *state;

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		const struct signer_rule rule = {bytes_of_text(rows[i].encrypt), BYTES("authenticated"), rows[i].certificate ? f->der : BYTES_NONE};
		struct instant at = {f->now.us + rows[i].day * SPAN_DAYS(1).us};
		const char *why;
		for (int again = 0; again < 2; again++) {
			enum signer_way way = signer_way(&rule, bytes_of_text(rows[i].recipient), at, again, &why);
			if (way != (again ? rows[i].way : rows[i].first))
				fail_msg("%s, %d: %d, %s", rows[i].name, again, (int)way, why == NULL ? "" : why);
			assert_true(way != SIGNER_WAITS || why != NULL);
		}
	}
}

static void test_what_leaves(void **state)
{
	static const unsigned char seal[] = {0x30, 0};
	static const char digest[] = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
	const struct fixture *f = *state;
	const struct assemble plain = {BYTES("From: a@b.fr\r\nMIME-Version: 1.0\r\n"), BYTES("Content-Type: text/plain\r\n\r\nSECRET\r\n"), {seal, 2}, bytes_of_text(digest), ASSEMBLE_SIGNED};

	for (int enveloped = 0; enveloped < 2; enveloped++) {
		const struct signer_rule rule = {BYTES("required"), enveloped ? BYTES("enveloped") : BYTES("authenticated"), f->der};
		struct signer_envelope out;
		struct buf all = buf_make(1u << 20), before = buf_make(1u << 20);
		unsigned char inside[DIGEST_SHA256];
		assert_int_equal(signer_encrypt(f->arena, &rule, &plain, &out), REASON_NONE);
		assert_int_equal(out.mail.form, enveloped ? ASSEMBLE_ENVELOPED : ASSEMBLE_AUTHENTICATED);
		assert_int_equal(assemble_message(&out.mail, &all), REASON_NONE);
		assert_int_equal(buf_bytes(&all).len, assemble_size(&out.mail));
		assert_true(bytes_starts(buf_bytes(&all), BYTES("From: a@b.fr\r\nMIME-Version: 1.0\r\nContent-Type: application/pkcs7-mime; smime-type=")));
		assert_int_equal(bytes_contains(buf_bytes(&all), BYTES("authEnveloped-data")), !enveloped);
		assert_false(bytes_contains(buf_bytes(&all), BYTES("SECRET")));
		assert_int_equal(assemble_encrypted_form(bytes_of_text(assemble_encrypted_name(out.mail.form))), out.mail.form);
		assert_int_equal(assemble_message(&plain, &before), REASON_NONE);
		digest_sha256(buf_bytes(&before), inside);
		assert_memory_equal(inside, out.sealed, sizeof inside);
		buf_free(&all);
		buf_free(&before);
	}
	assert_null(assemble_encrypted_name(ASSEMBLE_SIGNED));
	assert_int_equal(assemble_encrypted_form(BYTES("")), ASSEMBLE_SIGNED);
}

/* Base64 around base64: what fits in clear may be too much. */
static void test_size(void **state)
{
	static const unsigned char seal[] = {0x30, 0};
	static const char digest[] = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
	const struct fixture *f = *state;
	size_t len = LIMIT_MESSAGE - LIMIT_MESSAGE / 5;
	unsigned char *big = arena_alloc(f->arena, len);
	struct signer_envelope out;

	memset(big, 'a', len);
	const struct assemble plain = {BYTES("From: a@b.fr\r\n"), {big, len}, {seal, 2}, bytes_of_text(digest), ASSEMBLE_SIGNED};
	const struct signer_rule rule = {BYTES("required"), BYTES("authenticated"), f->der};
	assert_int_equal(signer_encrypt(f->arena, &rule, &plain, &out), REASON_COMPOSE_SIZE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_way), cmocka_unit_test(test_what_leaves), cmocka_unit_test(test_size)};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
