/* gateway/verify_envelope_test.c - what relais-verify says of encrypted mail, what comes out of it, and what the key's holder believes of that. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "certs/opening.h"
#include "gateway/envelope_answer.h"
#include "gateway/json_view.h"
#include "gateway/verify_envelope.h"

#define OUTER "From: a@b.fr\r\nTo: depot@c.fr\r\nMIME-Version: 1.0\r\nSubject: Essai\r\n suite\r\n"
#define TYPE "Content-Type: application/pkcs7-mime; smime-type=enveloped-data\r\nContent-Transfer-Encoding: base64\r\n"

struct fixture {
	char folder[64];
	struct opening *key;
};

static bool run(const struct fixture *f, const char *command)
{
	char line[4096];

	snprintf(line, sizeof line, "cd '%s' && (%s) >>log 2>&1", f->folder, command);
	return system(line) == 0;
}

static struct bytes read_file(struct arena *arena, const struct fixture *f, const char *name)
{
	char path[256];
	unsigned char *data = arena_alloc(arena, 1u << 20);

	snprintf(path, sizeof path, "%s/%s", f->folder, name);
	FILE *file = fopen(path, "rb");
	if (file == NULL)
		fail_msg("%s cannot be read", path);
	struct bytes out = {data, fread(data, 1, 1u << 20, file)};
	fclose(file);
	return out;
}

static int set_up(void **state)
{
	static struct fixture f;
	char certificate[256], key[256], detail[OPENING_DETAIL];

	strcpy(f.folder, "/tmp/relais-envelope-XXXXXX");
	if (mkdtemp(f.folder) == NULL ||
	    !run(&f, "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout key -out certificate -days 30 -subj /CN=x -addext keyUsage=critical,keyAgreement "
		     "-addext extendedKeyUsage=emailProtection -addext basicConstraints=CA:FALSE"))
		return -1;
	snprintf(certificate, sizeof certificate, "%s/certificate", f.folder);
	snprintf(key, sizeof key, "%s/key", f.folder);
	if (opening_open(certificate, &(struct key_source){.key = key}, &f.key, detail) != REASON_NONE)
		return -1;
	*state = &f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	opening_close(&f->key);
	return run(f, "cd / && rm -rf \"$OLDPWD\"") ? 0 : -1;
}

/* The mail around the entity that the file "inner" holds, encrypted. */
static struct bytes mail_of(struct arena *arena, const struct fixture *f, const char *inner)
{
	char path[256];
	struct buf mail = buf_make(1u << 20);

	snprintf(path, sizeof path, "%s/inner", f->folder);
	FILE *file = fopen(path, "wb");
	assert_non_null(file);
	assert_int_equal(fwrite(inner, 1, strlen(inner), file), strlen(inner));
	fclose(file);
	assert_true(run(f, "openssl cms -encrypt -binary -in inner -aes-256-gcm -recip certificate -outform DER -out object && base64 -w 76 object | sed 's/$/\\r/' >text"));
	buf_text(&mail, OUTER TYPE "\r\n");
	buf_add(&mail, read_file(arena, f, "text"));
	struct bytes out = arena_copy(arena, buf_bytes(&mail));
	buf_free(&mail);
	return out;
}

/* Through both questions, as the service asks them; the reason where it ends. */
static enum reason open_mail(struct arena *arena, const struct fixture *f, struct bytes mail, struct bytes *out)
{
	struct verify_answer answer;
	struct envelope_recipient r;
	unsigned char key[ENVELOPE_KEY_MAX];
	char text[2 * ENVELOPE_KEY_MAX + 1];
	json_t *request = json_pack("{s:s, s:[o, o]}", "op", "recipients", "ids", json_of(opening_id(f->key, 0)), json_of(opening_id(f->key, 1)));

	assert_int_equal(verify_envelope(arena, json_write(arena, request), mail, &answer), REASON_NONE);
	assert_int_equal(answer.n, 0);
	enum reason reason = envelope_answer_read(arena, answer.json, 2, &r);
	if (reason != REASON_NONE)
		return reason;
	assert_true(opening_unwrap(f->key, &r, key));
	for (size_t i = 0; i < r.key_bits / 8; i++)
		snprintf(text + 2 * i, 3, "%02x", key[i]);
	request = json_pack("{s:s, s:s}", "op", "content", "key", text);
	assert_int_equal(verify_envelope(arena, json_write(arena, request), mail, &answer), REASON_NONE);
	json_t *json = json_read(answer.json);
	reason = reason_of_code(json_view(json, "reason"));
	json_decref(json);
	*out = answer.n == 1 ? answer.blobs[0] : BYTES_NONE;
	return reason;
}

static void test_put_together(void **state)
{
	static const struct {
		const char *name, *inner, *wanted;
	} rows[] = {
		{"the outer fields, then what the content is", "Content-Type: text/plain\r\n\r\nBonjour.\r\n",
		 "From: a@b.fr\r\nTo: depot@c.fr\r\nSubject: Essai\r\n suite\r\nMIME-Version: 1.0\r\nContent-Type: text/plain\r\n\r\nBonjour.\r\n"},
		{"fields inside speak for nobody", "From: x@y.fr\r\nContent-Type: text/plain;\r\n charset=utf-8\r\nTo: x@y.fr\r\n too\r\nMessage-ID: <1@y.fr>\r\n\r\nBonjour.\r\n",
		 "From: a@b.fr\r\nTo: depot@c.fr\r\nSubject: Essai\r\n suite\r\nMIME-Version: 1.0\r\nContent-Type: text/plain;\r\n charset=utf-8\r\n\r\nBonjour.\r\n"},
		{"lines as another system ends them", "Content-Type: text/plain\n\nBonjour.\n",
		 "From: a@b.fr\r\nTo: depot@c.fr\r\nSubject: Essai\r\n suite\r\nMIME-Version: 1.0\r\nContent-Type: text/plain\r\n\r\nBonjour.\r\n"},
		{"no fields", "\r\nBonjour.\r\n", "From: a@b.fr\r\nTo: depot@c.fr\r\nSubject: Essai\r\n suite\r\nMIME-Version: 1.0\r\n\r\nBonjour.\r\n"},
		{"no body", "Content-Type: text/plain\r\n", "From: a@b.fr\r\nTo: depot@c.fr\r\nSubject: Essai\r\n suite\r\nMIME-Version: 1.0\r\nContent-Type: text/plain\r\n\r\n"},
	};
	const struct fixture *f = *state;

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct arena *arena = arena_create(16u << 20);
		struct bytes out;
		enum reason reason = open_mail(arena, f, mail_of(arena, f, rows[i].inner), &out);
		if (reason != REASON_NONE || !bytes_equal_text(out, rows[i].wanted))
			fail_msg("%s: %s: %.*s", rows[i].name, reason_code(reason), (int)out.len, (const char *)out.at);
		arena_destroy(&arena);
	}
}

static void test_no_object(void **state)
{
	static const struct {
		const char *name, *mail;
	} rows[] = {
		{"a plain mail", "From: a@b.fr\r\n\r\nBonjour.\r\n"},
		{"a type and no object", OUTER TYPE "\r\nQm9uam91cg==\r\n"},
		{"no base64", OUTER TYPE "\r\n????\r\n"},
		{"an object in a part", OUTER "Content-Type: multipart/mixed; boundary=a\r\n\r\n--a\r\n" TYPE "\r\nMIAGCSqGSIb3DQEHA6CA\r\n--a--\r\n"},
		{"OpenPGP", OUTER "Content-Type: multipart/encrypted; boundary=a\r\n\r\n--a\r\n\r\nx\r\n--a--\r\n"},
		{"two From", "From: a@b.fr\r\nFrom: c@d.fr\r\n" TYPE "\r\nMIAGCSqGSIb3DQEHA6CA\r\n"},
		{"nothing", ""},
	};
	const struct fixture *f = *state;

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct arena *arena = arena_create(16u << 20);
		struct bytes out;
		if (open_mail(arena, f, bytes_of_text(rows[i].mail), &out) != REASON_SIG_MALFORMED)
			fail_msg("%s", rows[i].name);
		arena_destroy(&arena);
	}
}

/* The child that wrote the answer had read a stranger's bytes. */
static void test_answers(void **state)
{
#define GOOD "\"reason\":\"none\",\"which\":1,\"kind\":\"ecdh\",\"hash\":\"sha256\",\"mask\":\"sha1\",\"point\":\"0401\",\"ukm\":null,\"wrap_bits\":128,\"wrap_null\":true"
	static const struct {
		const char *name, *json;
		enum reason reason;
	} rows[] = {
		{"good", "{" GOOD ",\"secret\":\"00ff\",\"key_bits\":256}", REASON_NONE},
		{"another recipient", "{\"reason\":\"open.other\"}", REASON_OPEN_OTHER},
		{"a refused algorithm", "{\"reason\":\"open.algorithm\"}", REASON_OPEN_ALGORITHM},
		{"a reason that it has no say in", "{\"reason\":\"store.down\"}", REASON_FRAME},
		{"no reason", "{}", REASON_FRAME},
		{"no JSON", "none", REASON_FRAME},
		{"an odd secret", "{" GOOD ",\"secret\":\"00f\",\"key_bits\":256}", REASON_FRAME},
		{"no hexadecimal", "{" GOOD ",\"secret\":\"00FF\",\"key_bits\":256}", REASON_FRAME},
		{"no secret", "{" GOOD ",\"secret\":\"\",\"key_bits\":256}", REASON_FRAME},
		{"a size of no key", "{" GOOD ",\"secret\":\"00ff\",\"key_bits\":4096}", REASON_FRAME},
		{"a size that is a text", "{" GOOD ",\"secret\":\"00ff\",\"key_bits\":\"256\"}", REASON_FRAME},
		{"one of ours that is not there", "{\"reason\":\"none\",\"which\":2,\"kind\":\"oaep\",\"hash\":\"sha1\",\"mask\":\"sha1\",\"secret\":\"00\",\"key_bits\":128}", REASON_FRAME},
		{"below none", "{\"reason\":\"none\",\"which\":-1,\"kind\":\"oaep\",\"hash\":\"sha1\",\"mask\":\"sha1\",\"secret\":\"00\",\"key_bits\":128}", REASON_FRAME},
		{"PKCS#1 v1.5 by the back door", "{\"reason\":\"none\",\"which\":0,\"kind\":\"rsa\",\"hash\":\"sha1\",\"mask\":\"sha1\",\"secret\":\"00\",\"key_bits\":128}", REASON_FRAME},
		{"MD5", "{\"reason\":\"none\",\"which\":0,\"kind\":\"oaep\",\"hash\":\"md5\",\"mask\":\"sha1\",\"secret\":\"00\",\"key_bits\":128}", REASON_FRAME},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct arena *arena = arena_create(1u << 20);
		struct envelope_recipient r;
		enum reason reason = envelope_answer_read(arena, bytes_of_text(rows[i].json), 2, &r);
		if (reason != rows[i].reason)
			fail_msg("%s: %s", rows[i].name, reason_code(reason));
		if (reason == REASON_NONE)
			assert_true(r.which == 1 && r.secret.len == 2 && r.secret.at[1] == 0xff && r.ukm.at == NULL && r.wrap_null && r.key_bits == 256);
		arena_destroy(&arena);
	}
}

static void test_requests(void **state)
{
	struct arena *arena = arena_create(1u << 20);
	struct verify_answer answer;

	(void)state;
	assert_true(verify_envelope_asked(BYTES("{\"op\":\"content\",\"key\":\"\"}")));
	assert_true(verify_envelope_asked(BYTES("{\"op\":\"recipients\"}")));
	assert_false(verify_envelope_asked(BYTES("{\"op\":\"material\"}")));
	assert_false(verify_envelope_asked(BYTES("{}")));
	assert_int_equal(verify_envelope(arena, BYTES("{\"op\":\"content\",\"key\":\"xx\"}"), BYTES(OUTER TYPE "\r\n"), &answer), REASON_FRAME);
	assert_int_equal(verify_envelope(arena, BYTES("{\"op\":\"content\",\"key\":\"" "00000000000000000000000000000000000000000000000000000000000000000000" "\"}"), BYTES(OUTER TYPE "\r\n"), &answer), REASON_FRAME);
	arena_destroy(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_put_together), cmocka_unit_test(test_no_object), cmocka_unit_test(test_answers), cmocka_unit_test(test_requests),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
