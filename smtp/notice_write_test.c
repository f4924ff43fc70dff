/* smtp/notice_write_test.c - what we write is read back by our own reader, and nothing a stranger wrote adds a field. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "smtp/compose.h"
#include "smtp/mime_build.h"
#include "smtp/notice_read.h"

#define COUNT(list) (sizeof(list) / sizeof(list)[0])
#define T(text) bytes_of_text(text)

static const struct notice_write_recipient one[] = {{BYTES_OF("depot@avis.exemple.fr"), BYTES_OF("rfc822;Depot+x@avis.exemple.fr")}};
static const struct notice_write_recipient two[] = {{BYTES_OF("depot@avis.exemple.fr"), BYTES_OF("")}, {BYTES_OF("d-12@avis.exemple.fr"), BYTES_OF("")}};
static const struct notice_write_recipient utf8[] = {{BYTES_OF("dépôt@avis.exemple.fr"), BYTES_OF("utf-8;dépôt@avis.exemple.fr")}};
static const struct bytes to[] = {BYTES_OF("depot@avis.exemple.fr"), BYTES_OF("\"a b\"@x.fr"), BYTES_OF("x@y.fr\r\nBcc: z@z.fr"), BYTES_OF("b@x.fr")};

static struct notice_write delivered(void)
{
	return (struct notice_write){
		.kind = NOTICE_WRITE_DSN, .agent = BYTES("mx.avis.exemple.fr"), .recipients = one, .n = 1, .envelope_id = BYTES("id+1=2"),
		.arrival = {1772442000000000}, .offset_minutes = 60, .status = BYTES("2.0.0"), .diagnostic = BYTES("250 2.0.0 none All is well."),
		.original_id = BYTES("<1@hopital.fr>"), .dated = true, .date = {1772441000000000}, .original_from = BYTES("pfi@hopital.fr"),
		.original_to = to, .n_to = COUNT(to),
	};
}

static struct notice_write read_receipt(const char *error)
{
	struct notice_write n = delivered();
	n.kind = NOTICE_WRITE_MDN;
	n.agent = BYTES("mx.avis.exemple.fr; Relais 0.1.0");
	n.error = T(error);
	return n;
}

static int group_setup(void **state)
{
	static struct mime_charsets charsets;
	mime_open(&charsets);
	mime_build_start();
	*state = &charsets;
	return 0;
}

static int group_teardown(void **state)
{
	mime_close(*state);
	return 0;
}

/* The whole mail as it leaves. */
static struct bytes mail_of(struct arena *arena, const struct notice_write *n)
{
	const struct smtp_compose mail = {
		.message_id = BYTES("<r1@avis.exemple.fr>"), .date = {1772443000000000}, .offset_minutes = 60, .from_address = BYTES("avis@avis.exemple.fr"),
		.from_name = BYTES("Avis"), .to = BYTES("pfi@hopital.fr"), .subject = BYTES("Message bien reçu"),
		.text = BYTES("Votre message est bien arrivé.\n.\n--=_relais\n"), .language = BYTES("fr"), .notice = n,
	};
	struct bytes head, entity;
	const char *field = "";

	enum reason reason = smtp_compose(arena, &mail, &head, &entity, &field);
	if (reason != REASON_NONE)
		fail_msg("%s: %s", reason_code(reason), field);
	return bytes_of_text(arena_printf(arena, "%.*s%.*s", (int)head.len, (const char *)head.at, (int)entity.len, (const char *)entity.at));
}

static void read_back(struct arena *arena, const struct notice_write *n, struct mime_message *message, struct notice *out)
{
	assert_int_equal(mime_read(arena, BYTES_NONE, mail_of(arena, n), message), REASON_NONE);
	notice_read(arena, message, out);
	assert_false(out->worded);
	assert_true(message->head.automatic);
	assert_true(bytes_contains(message->text, BYTES("bien arrivé")));
}

static void same(struct bytes got, const char *want)
{
	if (!bytes_equal_text(got, want))
		fail_msg("\"%.*s\" is not \"%s\"", (int)got.len, got.len > 0 ? (const char *)got.at : "", want);
}

static void delivery_is_read_back(void **state)
{
	(void)state;
	struct arena *arena = arena_create(16 << 20);
	struct notice_write n = delivered();
	struct mime_message message;
	struct notice notice;

	read_back(arena, &n, &message, &notice);
	assert_int_equal(notice.type, NOTICE_DSN);
	assert_int_equal(notice.n, 1);
	same(notice.envelope_id, "id+1=2");
	same(notice.original_message_id, "<1@hopital.fr>");
	same(notice.recipients[0].address, "depot@avis.exemple.fr");
	same(notice.recipients[0].original, "Depot+x@avis.exemple.fr");
	same(notice.recipients[0].action, "delivered");
	same(notice.recipients[0].status, "2.0.0");
	n.failed = true, n.status = BYTES("5.6.0"), n.diagnostic = BYTES("550 5.6.0 archive.broken The ZIP archive is broken. Send it again."), n.recipients = two, n.n = 2;
	read_back(arena, &n, &message, &notice);
	assert_int_equal(notice.n, 2);
	same(notice.recipients[1].address, "d-12@avis.exemple.fr");
	same(notice.recipients[1].action, "failed");
	same(notice.recipients[1].status, "5.6.0");
	arena_destroy(&arena);
}

static void disposition_is_read_back(void **state)
{
	(void)state;
	struct arena *arena = arena_create(16 << 20);
	struct notice_write n = read_receipt("");
	struct mime_message message;
	struct notice notice;

	read_back(arena, &n, &message, &notice);
	assert_int_equal(notice.type, NOTICE_MDN);
	assert_int_equal(notice.n, 1);
	same(notice.original_message_id, "<1@hopital.fr>");
	same(notice.recipients[0].address, "depot@avis.exemple.fr");
	same(notice.recipients[0].disposition, "processed");
	n = read_receipt("902^Patient inconnu");
	read_back(arena, &n, &message, &notice);
	same(notice.recipients[0].disposition, "processed/error: 902^patient inconnu");
	arena_destroy(&arena);
}

static void global_forms_are_read_back(void **state)
{
	(void)state;
	for (int mdn = 0; mdn < 2; mdn++) {
		struct arena *arena = arena_create(16 << 20);
		struct notice_write n = mdn ? read_receipt("") : delivered();
		struct mime_message message;
		struct notice notice;

		n.recipients = utf8;
		read_back(arena, &n, &message, &notice);
		assert_int_equal(notice.type, mdn ? NOTICE_MDN : NOTICE_DSN);
		assert_int_equal(notice.n, 1);
		same(notice.recipients[0].address, "dépôt@avis.exemple.fr");
		same(notice.recipients[0].original, "dépôt@avis.exemple.fr");
		same(notice.original_message_id, "<1@hopital.fr>");
		assert_true(bytes_contains(mail_of(arena, &n), mdn ? BYTES("message/global-disposition-notification") : BYTES("message/global-delivery-status")));
		arena_destroy(&arena);
	}
}

/* RFC 3464 2.3: the whole text, so that what others read is what is meant. */
static void exact_fields(void **state)
{
	(void)state;
	struct arena *arena = arena_create(1 << 20);
	struct notice_write n = delivered(), m = read_receipt("902^Patient inconnu");
	struct notice_written w;
	const char *field;

	assert_int_equal(notice_write(arena, &n, &w, &field), REASON_NONE);
	same(w.fields, "Original-Envelope-Id: id+1=2\r\nReporting-MTA: dns; mx.avis.exemple.fr\r\nArrival-Date: Mon, 02 Mar 2026 10:00:00 +0100\r\n\r\n"
		       "Original-Recipient: rfc822;Depot+x@avis.exemple.fr\r\nFinal-Recipient: rfc822; depot@avis.exemple.fr\r\nAction: delivered\r\n"
		       "Status: 2.0.0\r\nDiagnostic-Code: smtp; 250 2.0.0 none All is well.\r\n");
	same(w.headers, "Message-ID: <1@hopital.fr>\r\nDate: Mon, 02 Mar 2026 09:43:20 +0100\r\nFrom: pfi@hopital.fr\r\nTo: depot@avis.exemple.fr, b@x.fr\r\n");
	assert_string_equal(w.media, "message/delivery-status");
	assert_string_equal(w.headers_media, "text/rfc822-headers");
	assert_int_equal(notice_write(arena, &m, &w, &field), REASON_NONE);
	same(w.fields, "Reporting-UA: mx.avis.exemple.fr; Relais 0.1.0\r\nOriginal-Recipient: rfc822;Depot+x@avis.exemple.fr\r\n"
		       "Final-Recipient: rfc822; depot@avis.exemple.fr\r\nOriginal-Message-ID: <1@hopital.fr>\r\n"
		       "Disposition: automatic-action/MDN-sent-automatically; processed/Error: 902^Patient inconnu\r\nError: 902^Patient inconnu\r\n");
	arena_destroy(&arena);
}

static void refusals(void **state)
{
	(void)state;
	static const struct notice_write_recipient bad[][1] = {
		{{BYTES_OF(""), BYTES_OF("")}}, {{BYTES_OF("a"), BYTES_OF("")}}, {{BYTES_OF("a@b\r\nAction: failed"), BYTES_OF("")}},
		{{BYTES_OF("a@b; x"), BYTES_OF("")}}, {{BYTES_OF("a@b@c"), BYTES_OF("")}}, {{BYTES_OF("a@b\xff"), BYTES_OF("")}},
		{{BYTES_OF("a@b\xc2\x85"), BYTES_OF("")}},
	};
	struct arena *arena = arena_create(1 << 20);
	struct notice_written w = {.media = "untouched"};
	const char *field;
	struct notice_write n;

	for (size_t i = 0; i < COUNT(bad); i++) {
		n = delivered();
		n.recipients = bad[i];
		if (notice_write(arena, &n, &w, &field) != REASON_COMPOSE_FIELD)
			fail_msg("recipient %zu", i);
	}
	for (int i = 0; i < 7; i++) {
		n = i < 5 ? delivered() : read_receipt("");
		if (i == 0)
			n.n = 0;
		else if (i == 1)
			n.agent = BYTES("mx x");
		else if (i == 2)
			n.agent = BYTES("mx\r\n");
		else if (i == 3)
			n.status = BYTES("2.0.0\r\n");
		else if (i == 4)
			n.diagnostic = BYTES("250 \x01");
		else if (i == 5)
			n.error = BYTES("902^Identité");
		else
			n.recipients = two, n.n = 2;
		if (notice_write(arena, &n, &w, &field) != REASON_COMPOSE_FIELD)
			fail_msg("field %d", i);
	}
	assert_string_equal(w.media, "untouched");
	/* what the other side wrote in its own header is left out, not a reason to tell nothing */
	n = delivered();
	n.original_id = BYTES("<a b@c>"), n.original_from = BYTES("\"x y\"@z.fr"), n.n_to = 0, n.dated = false;
	assert_int_equal(notice_write(arena, &n, &w, &field), REASON_NONE);
	same(w.headers, "");
	arena_destroy(&arena);
}

/* ENVID and ORCPT are strangers' words, too. */
static void words_that_cannot_stand(void **state)
{
	(void)state;
	static const struct bytes originals[] = {
		BYTES_OF("rfc822"), BYTES_OF("rfc822;"), BYTES_OF("rfc822; "), BYTES_OF("rf c822;a@b"), BYTES_OF("rfc822;a@b\nX: y"),
		BYTES_OF("rfc822;a\0@b"), BYTES_OF("utf-8;a\u2028X: y"), BYTES_OF("utf-8;a\xff"),
	};
	static const struct bytes envelopes[] = {BYTES_OF("a\r\nX: y"), BYTES_OF("é"), BYTES_OF(" "), BYTES_OF("a\0")};
	struct arena *arena = arena_create(1 << 20);
	struct notice_written w;
	const char *field;

	for (size_t i = 0; i < COUNT(originals) + COUNT(envelopes); i++) {
		bool original = i < COUNT(originals);
		struct notice_write_recipient who[] = {{BYTES("a@b"), original ? originals[i] : BYTES_NONE}};
		struct notice_write n = delivered();
		n.recipients = who;
		n.envelope_id = original ? BYTES_NONE : envelopes[i - COUNT(originals)];
		if (notice_write(arena, &n, &w, &field) != REASON_NONE || !bytes_starts(w.fields, BYTES("Reporting-MTA: ")) ||
		    bytes_contains(w.fields, BYTES("Original")) || bytes_contains(w.fields, BYTES("X: y")))
			fail_msg("words %zu", i);
	}
	arena_destroy(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(delivery_is_read_back),
		cmocka_unit_test(disposition_is_read_back),
		cmocka_unit_test(global_forms_are_read_back),
		cmocka_unit_test(exact_fields),
		cmocka_unit_test(refusals),
		cmocka_unit_test(words_that_cannot_stand),
	};
	return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
