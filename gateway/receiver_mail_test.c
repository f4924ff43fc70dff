/* gateway/receiver_mail_test.c - the envelope as the inbox keeps it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "gateway/receiver_mail.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

static const struct tls_peer peer = {.serial = BYTES_OF("4a2b"), .version = "TLSv1.3", .cipher = "TLS_AES_256_GCM_SHA384",
				     .fingerprint = BYTES_OF("f1"), .path = BYTES_OF("[\"f1\",\"a0\"]"),
				     .crls = BYTES_OF("[{\"number\":\"07\",\"digest\":\"d1\"}]")};
#define EVIDENCE "\"fingerprint\":\"f1\",\"path\":[\"f1\",\"a0\"],\"crls\":[{\"number\":\"07\",\"digest\":\"d1\"}]"

static void test_envelope(void **state)
{
	(void)state;
	static const struct {
		const char *what;
		struct bytes mail, recipients[3];
		const char *from, *to[3], *params;
	} rows[] = {
		{"nothing said", BYTES_OF("FROM:<A.b@EXEMPLE.fr>"), {BYTES_OF("TO:<c@d.fr>")}, "A.b@exemple.fr", {"c@d.fr"},
		 "{\"ret\":null,\"envid\":null,\"body\":null,\"size\":null,\"rcpt\":[{\"notify\":null,\"orcpt\":null}],"
		 "\"tls\":{\"version\":\"TLSv1.3\",\"cipher\":\"TLS_AES_256_GCM_SHA384\"," EVIDENCE "},\"peer_serial\":\"4a2b\"}"},
		{"all said, two recipients", BYTES_OF("FROM:<> SIZE=12 RET=FULL ENVID=a+2B\"\\ BODY=8BITMIME"),
		 {BYTES_OF("TO:<postmaster> NOTIFY=DELAY,SUCCESS"), BYTES_OF("TO:<\"x y\"@D.fr> NOTIFY=NEVER ORCPT=rfc822;q+40r")}, "",
		 {"postmaster@ici.fr", "\"x y\"@d.fr"},
		 "{\"ret\":\"FULL\",\"envid\":\"a+\\\"\\\\\",\"body\":\"8BITMIME\",\"size\":12,\"rcpt\":[{\"notify\":\"SUCCESS,DELAY\","
		 "\"orcpt\":null},{\"notify\":\"NEVER\",\"orcpt\":\"rfc822;q@r\"}],"
		 "\"tls\":{\"version\":\"TLSv1.3\",\"cipher\":\"TLS_AES_256_GCM_SHA384\"," EVIDENCE "},\"peer_serial\":\"4a2b\"}"},
		{"other letters", BYTES_OF("FROM:<\303\251@b.fr> SMTPUTF8"),
		 {BYTES_OF("TO:<c@d.fr> ORCPT=utf-8;\303\251\\x{2B}@d.fr"), BYTES_OF("TO:<\303\251@D.fr>")}, "\303\251@b.fr",
		 {"c@d.fr", "\303\251@d.fr"},
		 "{\"ret\":null,\"envid\":null,\"body\":null,\"size\":null,\"rcpt\":[{\"notify\":null,\"orcpt\":\"utf-8;\\u00E9+@d.fr\"},"
		 "{\"notify\":null,\"orcpt\":null}],\"tls\":{\"version\":\"TLSv1.3\",\"cipher\":\"TLS_AES_256_GCM_SHA384\"," EVIDENCE "},"
		 "\"peer_serial\":\"4a2b\",\"smtputf8\":true}"},
	};
	struct arena *arena = arena_create(1u << 20);
	struct spool *spool;
	assert_int_equal(spool_open(arena, "", &spool), REASON_NONE);

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct mail mail = mail_make();
		struct smtp_mail command;
		struct pool_job job = {0};
		size_t n = 0;
		assert_int_equal(smtp_mail_read(rows[i].mail, &command), REASON_NONE);
		mail_begin(&mail, &command, &peer);
		for (; rows[i].recipients[n].len > 0; n++) {
			struct smtp_recipient recipient;
			assert_int_equal(smtp_recipient_read(rows[i].recipients[n], command.smtputf8, &recipient), REASON_NONE);
			mail_recipient(&mail, &recipient, "ici.fr");
		}
		assert_int_equal(mail_job(&mail, spool, &job), REASON_NONE);
		assert_int_equal(job.work, POOL_MESSAGE);
		assert_true(bytes_equal_text(job.message.mail_from, rows[i].from));
		assert_int_equal(job.message.n, n);
		for (size_t k = 0; k < n; k++)
			assert_true(bytes_equal_text(job.message.recipients[k], rows[i].to[k]));
		if (!bytes_equal_text(job.message.params, rows[i].params))
			fail_msg("%s: %.*s", rows[i].what, (int)job.message.params.len, (const char *)job.message.params.at);
		mail_clear(&mail, spool);
	}
	spool_close(spool);
	arena_destroy(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_envelope)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
