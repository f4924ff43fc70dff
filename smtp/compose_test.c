/* smtp/compose_test.c - the mail that is built, read again by our own reader; and every way in for a second header line. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "base/buf.h"
#include "base/limits.h"
#include "smtp/compose.h"
#include "smtp/mime_build.h"
#include "smtp/mime_read.h"

static const struct smtp_compose_part parts[] = {
	{BYTES_OF("2026 Écho – œdème \"1\".pdf"), BYTES_OF("application/pdf"), BYTES_OF("%PDF-1.4\n\0\xff binary")},
	{BYTES_OF("IHE_XDM.zip"), BYTES_OF("application/zip"), BYTES_OF("PK\x05\x06")},
};

static struct smtp_compose sample(void)
{
	static const struct bytes references[] = {BYTES_OF("<q0@p.example>"), BYTES_OF("<q1@p.example>"), BYTES_OF("not an id")};
	return (struct smtp_compose){
		.message_id = BYTES("<m1@avis.example>"), .in_reply_to = BYTES("<q1@p.example>"), .references = references, .reference_count = 3,
		.date = {1795298100000000}, .offset_minutes = 60,
		.from_address = BYTES("avis@avis.example"), .from_name = BYTES("Service de deuxième avis"), .to = BYTES("279035121518989@patient.example"),
		.reply_to = BYTES("d4kq7z@avis.example"), .notification_to = BYTES("avis@avis.example"),
		.subject = BYTES("XDM/1.0/DDM+Deuxième avis NOM"), .text = BYTES("Bonjour,\r\n\r\nÉté : 1 = 1.\nFin \n.\nFrom ici\n--x\n"),
		.language = BYTES("fr"), .mss_ins = BYTES("O"), .mss_codes = BYTES("85208-7,11488-4"), .mss_nil = BYTES("DEV000000"), .mss_end = true,
		.parts = parts, .part_count = 2,
	};
}

static void assert_canonical(struct bytes block, size_t longest)
{
	size_t line = 0;
	for (size_t i = 0; i < block.len; i++) {
		assert_true(block.at[i] < 0x80 && block.at[i] != 0);
		if (block.at[i] == '\n') {
			assert_true(i > 0 && block.at[i - 1] == '\r');
			assert_true(line <= longest + 1);
			line = 0;
		} else {
			assert_true(block.at[i] != '\r' || (i + 1 < block.len && block.at[i + 1] == '\n'));
			line++;
		}
	}
}

static void reads_back_the_same(void **state)
{
	struct arena *arena = arena_create(8 << 20);
	struct smtp_compose mail = sample();
	struct bytes head, entity, head2, entity2;
	const char *field = "";
	struct mime_message read;
	struct buf whole = buf_make(1 << 20);
	(void)state;

	assert_int_equal(smtp_compose(arena, &mail, &head, &entity, &field), REASON_NONE);
	assert_int_equal(smtp_compose(arena, &mail, &head2, &entity2, &field), REASON_NONE);
	assert_true(bytes_equal(head, head2) && bytes_equal(entity, entity2));
	assert_canonical(head, 78);
	assert_canonical(entity, 120);
	assert_true(bytes_starts(entity, BYTES("Content-Type: multipart/mixed;")));
	buf_add(&whole, head);
	buf_add(&whole, entity);
	assert_int_equal(mime_read(arena, BYTES_NONE, buf_bytes(&whole), &read), REASON_NONE);
	assert_true(bytes_equal(read.head.message_id, mail.message_id));
	assert_true(bytes_equal(read.head.subject, mail.subject));
	assert_true(bytes_equal(read.head.from.name, mail.from_name));
	assert_true(bytes_equal(read.head.from.address, mail.from_address));
	assert_true(bytes_equal(read.head.reply_to, mail.reply_to));
	assert_true(bytes_equal(read.head.notification_to, mail.notification_to));
	assert_int_equal(read.head.references.n, 2);
	assert_int_equal(read.head.in_reply_to.n, 1);
	assert_true(read.head.has_date && read.head.date.us == mail.date.us && read.head.date_offset == 60);
	assert_true(read.head.automatic);
	assert_int_equal(read.n, 4);
	assert_true(bytes_equal_text(read.parts[0].media, "text/plain") && read.parts[0].flowed && bytes_equal_text(read.parts[1].media, "text/html"));
	assert_true(bytes_equal_text(bytes_trim(read.text), "Bonjour,\n\nÉté : 1 = 1.\nFin\n.\nFrom ici\n--x"));
	for (size_t i = 0; i < 2; i++) {
		assert_true(bytes_equal(read.parts[i + 2].content, parts[i].content));
		assert_true(bytes_equal(read.parts[i + 2].media, parts[i].media));
		assert_true(read.parts[i + 2].encoding_ok && !read.parts[i + 2].broken);
	}
	assert_true(bytes_contains(read.parts[2].name, BYTES("Écho – œdème")));
	assert_true(bytes_equal(read.parts[3].name, parts[1].name));
	assert_int_equal(read.n_anomalies, 0);
	buf_free(&whole);
	arena_destroy(&arena);
}

static void writes_the_lines_of_the_trust_space(void **state)
{
	static const char *const lines[] = {
		"\r\nX-MSS-INS: O\r\n", "\r\nX-MSS-CODECDA: 85208-7,11488-4\r\n", "\r\nX-MSS-NIL: DEV000000\r\n", "\r\nX-MSS-MES: FIN\r\n",
		"\r\nAuto-Submitted: auto-generated\r\n", "\r\nMIME-Version: 1.0\r\n", "\r\nDate: Sat, 21 Nov 2026 22:55:00 +0100\r\n",
		"\r\nDisposition-Notification-To: avis@avis.example\r\n", "\r\nTo: 279035121518989@patient.example\r\n"};
	struct arena *arena = arena_create(8 << 20);
	struct smtp_compose mail = sample();
	struct bytes head, entity;
	const char *field = "";
	(void)state;
	assert_int_equal(smtp_compose(arena, &mail, &head, &entity, &field), REASON_NONE);
	for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++)
		assert_true(bytes_contains(head, bytes_of_text(lines[i])));
	assert_false(bytes_contains_nocase(head, BYTES("Return-Path")));
	assert_false(bytes_contains_nocase(head, BYTES("Content-")));
	assert_false(bytes_contains(head, BYTES("\r\n\r\n")));
	mail.mss_end = false;
	mail.mss_ins = BYTES_NONE;
	mail.in_reply_to = BYTES("an id of another kind");
	assert_int_equal(smtp_compose(arena, &mail, &head, &entity, &field), REASON_NONE);
	assert_false(bytes_contains(head, BYTES("X-MSS-MES")) || bytes_contains(head, BYTES("X-MSS-INS")));
	assert_false(bytes_contains(head, BYTES("In-Reply-To")));
	arena_destroy(&arena);
}

static void no_way_in_for_a_second_line(void **state)
{
	static const struct {
		const char *what;
		size_t field;
		struct bytes value;
		const char *named;
	} cases[] = {
#define F(member) offsetof(struct smtp_compose, member)
		{"CRLF in the subject", F(subject), BYTES_OF("a\r\nBcc: x@y"), "subject"},
		{"LF in the subject", F(subject), BYTES_OF("a\nb"), "subject"},
		{"NUL in the subject", F(subject), BYTES_OF("a\0b"), "subject"},
		{"NEL in the subject", F(subject), BYTES_OF("a\xc2\x85" "b"), "subject"},
		{"a Unicode line separator in the subject", F(subject), BYTES_OF("a\u2028b"), "subject"},
		{"broken UTF-8 in the subject", F(subject), BYTES_OF("\xc3("), "subject"},
		{"an empty subject", F(subject), BYTES_OF(" "), "subject"},
		{"CRLF in the display name", F(from_name), BYTES_OF("a\r\nb"), "from.name"},
		{"CRLF in From", F(from_address), BYTES_OF("a@b\r\nTo: x@y"), "from.address"},
		{"two addresses in To", F(to), BYTES_OF("a@b,c@d"), "to"},
		{"an address in angles", F(to), BYTES_OF("<a@b>"), "to"},
		{"no domain", F(to), BYTES_OF("a@"), "to"},
		{"dots at the end", F(to), BYTES_OF("a.@b"), "to"},
		{"a space in Reply-To", F(reply_to), BYTES_OF("a @b"), "reply_to"},
		{"a group as Disposition-Notification-To", F(notification_to), BYTES_OF("g:;"), "notification_to"},
		{"a Message-ID with a space", F(message_id), BYTES_OF("<a b@c>"), "message_id"},
		{"a Message-ID without angles", F(message_id), BYTES_OF("a@b"), "message_id"},
		{"CRLF in In-Reply-To", F(in_reply_to), BYTES_OF("<a@b>\r\nX: y"), "in_reply_to"},
		{"another word in X-MSS-INS", F(mss_ins), BYTES_OF("X"), "mss.ins"},
		{"CRLF in X-MSS-CODECDA", F(mss_codes), BYTES_OF("1\r\n2"), "mss.codes"},
		{"a space in X-MSS-NIL", F(mss_nil), BYTES_OF("a b"), "mss.nil"},
		{"NUL in the text", F(text), BYTES_OF("a\0b"), "text"},
		{"a lone CR in the text", F(text), BYTES_OF("a\rb"), "text"},
		{"a language with a line end", F(language), BYTES_OF("fr\r\nX: y"), "language"},
#undef F
	};
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct arena *arena = arena_create(8 << 20);
		struct smtp_compose mail = sample();
		struct bytes head = BYTES_NONE, entity = BYTES_NONE;
		const char *field = "";
		print_message("%s\n", cases[i].what);
		memcpy((char *)&mail + cases[i].field, &cases[i].value, sizeof(struct bytes));
		assert_int_equal(smtp_compose(arena, &mail, &head, &entity, &field), REASON_COMPOSE_FIELD);
		assert_string_equal(field, cases[i].named);
		assert_true(head.at == NULL && entity.at == NULL);
		arena_destroy(&arena);
	}
}

static void refuses_bad_parts(void **state)
{
	static const struct {
		const char *what;
		struct smtp_compose_part part;
		const char *named;
	} cases[] = {
		{"a line end in a name", {BYTES_OF("a\r\nb"), BYTES_OF("text/plain"), BYTES_OF("x")}, "attachments.name"},
		{"a path", {BYTES_OF("../a"), BYTES_OF("text/plain"), BYTES_OF("x")}, "attachments.name"},
		{"a hidden file", {BYTES_OF(".a"), BYTES_OF("text/plain"), BYTES_OF("x")}, "attachments.name"},
		{"no name", {BYTES_OF(""), BYTES_OF("text/plain"), BYTES_OF("x")}, "attachments.name"},
		{"a media type with parameters", {BYTES_OF("a"), BYTES_OF("text/plain; x=y"), BYTES_OF("x")}, "attachments.media"},
		{"a multipart", {BYTES_OF("a"), BYTES_OF("multipart/mixed"), BYTES_OF("x")}, "attachments.media"},
		{"a message", {BYTES_OF("a"), BYTES_OF("message/rfc822"), BYTES_OF("x")}, "attachments.media"},
		{"no subtype", {BYTES_OF("a"), BYTES_OF("text/"), BYTES_OF("x")}, "attachments.media"},
	};
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct arena *arena = arena_create(8 << 20);
		struct smtp_compose mail = sample();
		struct bytes head, entity;
		const char *field = "";
		print_message("%s\n", cases[i].what);
		mail.parts = &cases[i].part;
		mail.part_count = 1;
		assert_int_equal(smtp_compose(arena, &mail, &head, &entity, &field), REASON_COMPOSE_FIELD);
		assert_string_equal(field, cases[i].named);
		arena_destroy(&arena);
	}
}

static void refuses_a_mail_that_is_too_big(void **state)
{
	struct arena *arena = arena_create(256u << 20);
	struct smtp_compose mail = sample();
	struct bytes head, entity;
	const char *field = "";
	size_t big = LIMIT_MESSAGE / 4 * 3;   /* over the limit once it is base64 */
	struct smtp_compose_part part = {BYTES("a"), BYTES("application/pdf"), {arena_alloc(arena, big), big}};
	(void)state;
	mail.parts = &part;
	mail.part_count = 1;
	assert_int_equal(smtp_compose(arena, &mail, &head, &entity, &field), REASON_COMPOSE_SIZE);
	part.content.len = 17u << 20;
	assert_int_equal(smtp_compose(arena, &mail, &head, &entity, &field), REASON_NONE);
	assert_true(head.len + entity.len <= LIMIT_COMPOSE_MAIL);
	arena_destroy(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_back_the_same),
		cmocka_unit_test(writes_the_lines_of_the_trust_space),
		cmocka_unit_test(no_way_in_for_a_second_line),
		cmocka_unit_test(refuses_bad_parts),
		cmocka_unit_test(refuses_a_mail_that_is_too_big),
	};
	mime_build_start();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
