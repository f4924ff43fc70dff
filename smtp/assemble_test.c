/* smtp/assemble_test.c - the whole mail: its shape by our own scan, its signature by the openssl command. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "smtp/assemble.h"
#include "smtp/scan.h"

#define ENTITY "Content-Type: text/plain; charset=utf-8\r\n\r\nBonjour.\r\n--=_relais_0123\r\n"
#define REPORT "Content-Type: multipart/report; report-type=delivery-status;\r\n\tboundary=\"B\"\r\n\r\n--B--\r\n"
#define DIGEST "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static const struct bytes head = BYTES_OF("From: Avis <avis@exemple.mssante.fr>\r\nSubject: a\r\n b\r\nMIME-Version: 1.0\r\n");

static void test_shape(void **state)
{
	unsigned char p7s[200];
	struct buf out = buf_make(1 << 16);
	struct scan scan;
	struct arena *arena = arena_create(1 << 16);
	struct bytes decoded;

	(void)state;
	for (size_t len = 1; len <= sizeof p7s; len++) {
		for (size_t i = 0; i < len; i++)
			p7s[i] = (unsigned char)(i * 37 + len);
		struct assemble mail = {head, BYTES(ENTITY), {p7s, len}, BYTES(DIGEST), ASSEMBLE_SIGNED};
		buf_clear(&out);
		assert_int_equal(assemble_message(&mail, &out), REASON_NONE);
		assert_int_equal(out.len, assemble_size(&mail));
		scan_message(buf_bytes(&out), false, &scan);
		assert_int_equal(scan.verdict, SCAN_ACCEPT);
		assert_int_equal(scan.layer, SCAN_LAYER_SIGNED);
		assert_true(bytes_equal(bytes_slice(buf_bytes(&out), scan.entity.at, scan.entity.len), BYTES(ENTITY)));
		assert_int_equal(scan_decode(arena, bytes_slice(buf_bytes(&out), scan.cms.at, scan.cms.len), scan.cms_encoding, &decoded),
				 REASON_NONE);
		assert_true(bytes_equal(decoded, (struct bytes){p7s, len}));
	}
	arena_destroy(&arena);
	buf_free(&out);
}

static const struct {
	const char *what;
	struct assemble mail;
	enum reason reason;
} refused[] = {
	{"no head", {BYTES_OF(""), BYTES_OF("x"), BYTES_OF("y"), BYTES_OF(DIGEST), ASSEMBLE_SIGNED}, REASON_COMPOSE_FIELD},
	{"head without line end", {BYTES_OF("From: a@b.fr"), BYTES_OF("x"), BYTES_OF("y"), BYTES_OF(DIGEST), ASSEMBLE_SIGNED}, REASON_COMPOSE_FIELD},
	{"head with an empty line", {BYTES_OF("From: a@b.fr\r\n\r\n"), BYTES_OF("x"), BYTES_OF("y"), BYTES_OF(DIGEST), ASSEMBLE_SIGNED}, REASON_COMPOSE_FIELD},
	{"head with a bare LF", {BYTES_OF("From: a@b.fr\nTo: c\r\n"), BYTES_OF("x"), BYTES_OF("y"), BYTES_OF(DIGEST), ASSEMBLE_SIGNED}, REASON_COMPOSE_FIELD},
	{"head with a bare CR", {BYTES_OF("From: a@b.fr\rTo: c\r\n"), BYTES_OF("x"), BYTES_OF("y"), BYTES_OF(DIGEST), ASSEMBLE_SIGNED}, REASON_COMPOSE_FIELD},
	{"head with a Content-Type", {BYTES_OF("content-type: text/plain\r\n"), BYTES_OF("x"), BYTES_OF("y"), BYTES_OF(DIGEST), ASSEMBLE_SIGNED}, REASON_COMPOSE_FIELD},
	{"no entity", {BYTES_OF("From: a@b.fr\r\n"), BYTES_OF(""), BYTES_OF("y"), BYTES_OF(DIGEST), ASSEMBLE_SIGNED}, REASON_COMPOSE_FIELD},
	{"short digest", {BYTES_OF("From: a@b.fr\r\n"), BYTES_OF("x"), BYTES_OF("y"), BYTES_OF("01"), ASSEMBLE_SIGNED}, REASON_COMPOSE_FIELD},
	{"digest with a quote", {BYTES_OF("From: a@b.fr\r\n"), BYTES_OF("x"), BYTES_OF("y"), BYTES_OF("\"123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"), ASSEMBLE_SIGNED}, REASON_COMPOSE_FIELD},
	{"a report with a signature", {BYTES_OF("From: a@b.fr\r\n"), BYTES_OF(REPORT), BYTES_OF("y"), BYTES_OF(DIGEST), ASSEMBLE_REPORT}, REASON_SIGN_REFUSED},
	{"a letter that says it is a report", {BYTES_OF("From: a@b.fr\r\n"), BYTES_OF("Content-Type: text/plain\r\n\r\nx"), BYTES_OF(""), BYTES_OF(DIGEST), ASSEMBLE_REPORT}, REASON_SIGN_REFUSED},
	{"no signature", {BYTES_OF("From: a@b.fr\r\n"), BYTES_OF("x"), BYTES_OF(""), BYTES_OF(DIGEST), ASSEMBLE_SIGNED}, REASON_SIGN_REFUSED},
};

static void test_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
		struct buf out = buf_make(1 << 16);
		enum reason reason = assemble_message(&refused[i].mail, &out);
		if (reason != refused[i].reason || out.len != 0)
			fail_msg("%s: %s", refused[i].what, reason_code(reason));
		buf_free(&out);
	}
}

static bool refusing_sink(void *context, struct bytes piece)
{
	size_t *left = context;

	(void)piece;
	return (*left)-- > 1;
}

static void test_sink_refuses(void **state)
{
	struct assemble mail = {head, BYTES(ENTITY), BYTES("signature"), BYTES(DIGEST), ASSEMBLE_SIGNED};

	(void)state;
	for (size_t n = 1; n <= 15; n++) {
		size_t left = n;
		assert_int_equal(assemble_pieces(&mail, refusing_sink, &left), REASON_IO);
	}
	struct buf small = buf_make(100);
	assert_int_equal(assemble_message(&mail, &small), REASON_MEMORY);
	buf_free(&small);
}

/* A report is head and entity, byte for byte. */
static void test_report(void **state)
{
	struct assemble mail = {head, BYTES(REPORT), BYTES_NONE, BYTES(DIGEST), ASSEMBLE_REPORT};
	struct buf out = buf_make(1 << 16);

	(void)state;
	assert_int_equal(assemble_message(&mail, &out), REASON_NONE);
	assert_int_equal(out.len, assemble_size(&mail));
	assert_true(bytes_equal(bytes_slice(buf_bytes(&out), 0, head.len), head));
	assert_true(bytes_equal(bytes_from(buf_bytes(&out), head.len), BYTES(REPORT)));
	buf_free(&out);
}

/* --- against another implementation --------------------------------------------- */

static void write_file(const char *folder, const char *name, struct bytes data)
{
	char path[512];

	snprintf(path, sizeof path, "%s/%s", folder, name);
	FILE *file = fopen(path, "wb");
	assert_non_null(file);
	assert_int_equal(fwrite(data.at, 1, data.len, file), data.len);
	assert_int_equal(fclose(file), 0);
}

static bool run(const char *folder, const char *command)
{
	char line[2048];

	snprintf(line, sizeof line, "cd '%s' && %s >log 2>&1", folder, command);
	return system(line) == 0;
}

static size_t read_file(const char *folder, const char *name, unsigned char *to, size_t room)
{
	char path[512];

	snprintf(path, sizeof path, "%s/%s", folder, name);
	FILE *file = fopen(path, "rb");
	assert_non_null(file);
	size_t n = fread(to, 1, room, file);
	fclose(file);
	return n;
}

static void test_openssl_verifies(void **state)
{
	char folder[] = "/tmp/relais-assemble-XXXXXX";
	static unsigned char p7s[64 * 1024];
	struct buf out = buf_make(1 << 20);

	(void)state;
	assert_non_null(mkdtemp(folder));
	write_file(folder, "entity", BYTES(ENTITY));
	if (!run(folder, "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout k.pem -out c.pem -days 2 -subj /CN=TEST "
			 "-addext keyUsage=digitalSignature -addext extendedKeyUsage=emailProtection") ||
	    !run(folder, "openssl cms -sign -binary -in entity -signer c.pem -inkey k.pem -outform DER -out p7s")) {
		print_message("the openssl command is not usable\n");
		skip();
	}
	struct assemble mail = {head, BYTES(ENTITY), {p7s, read_file(folder, "p7s", p7s, sizeof p7s)}, BYTES(DIGEST), ASSEMBLE_SIGNED};
	assert_int_equal(assemble_message(&mail, &out), REASON_NONE);
	write_file(folder, "mail", buf_bytes(&out));
	assert_true(run(folder, "openssl cms -verify -in mail -CAfile c.pem -out verified && cmp verified entity"));

	size_t at = bytes_find(buf_bytes(&out), BYTES("Bonjour"), 0);
	assert_true(at < out.len);
	out.data[at] = 'b';
	write_file(folder, "mail", buf_bytes(&out));
	assert_false(run(folder, "openssl cms -verify -in mail -CAfile c.pem -out verified"));
	assert_true(run(folder, "rm -rf '../'$(basename \"$PWD\")"));
	buf_free(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_shape),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_sink_refuses),
		cmocka_unit_test(test_report),
		cmocka_unit_test(test_openssl_verifies),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
