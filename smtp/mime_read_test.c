/* smtp/mime_read_test.c - parts, names, encodings, texts and header facts of one message. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "base/buf.h"
#include "base/limits.h"
#include "smtp/mime_html.h"
#include "smtp/mime_name.h"
#include "smtp/mime_read.h"

#define HEAD "From: =?utf-8?q?Dr_L=C3=A9a?= <lea@example.org>\r\nMIME-Version: 1.0\r\n"
#define MIXED HEAD "Content-Type: multipart/mixed; boundary=\"B\"\r\n\r\n"

static int group_setup(void **state)
{
	static struct mime_charsets charsets;
	mime_open(&charsets);
	*state = &charsets;
	return charsets.n > 30 ? 0 : -1;
}

static int group_teardown(void **state)
{
	mime_close(*state);
	return 0;
}

static void same(const char *what, struct bytes got, const char *want)
{
	if (!bytes_equal_text(got, want))
		fail_msg("%s: \"%.*s\" is not \"%s\"", what, (int)got.len, got.len > 0 ? (const char *)got.at : "", want);
}

static const struct one {
	const char *what, *mail;
	size_t parts;               /* in all */
	enum mime_role role;        /* of the last part */
	const char *name, *media, *content;
	bool encoding_ok, broken;
} ones[] = {
	{"plain text", HEAD "\r\nbonjour", 1, MIME_ROLE_TEXT, "", "text/plain", "bonjour", true, false},
	{"an attachment in base64", MIXED "--B\r\nContent-Type: application/pdf; name=a.pdf\r\nContent-Transfer-Encoding: base64\r\n\r\nQUJD\r\n--B--\r\n",
	 1, MIME_ROLE_FILE, "a.pdf", "application/pdf", "ABC", true, false},
	{"base64 with a foreign byte", MIXED "--B\r\nContent-Type: application/pdf\r\nContent-Transfer-Encoding: base64\r\n\r\nQU-JD\r\n--B--\r\n", 1,
	 MIME_ROLE_FILE, "", "application/pdf", "ABC", false, false},
	{"base64 that goes on behind its padding", MIXED "--B\r\nContent-Type: application/pdf\r\nContent-Transfer-Encoding: base64\r\n\r\nQQ==QUJD\r\n--B--\r\n",
	 1, MIME_ROLE_FILE, "", "application/pdf", "A", false, false},
	{"base64 without padding", MIXED "--B\r\nContent-Type: application/pdf\r\nContent-Transfer-Encoding: base64\r\n\r\nQUI\r\n--B--\r\n", 1,
	 MIME_ROLE_FILE, "", "application/pdf", "AB", false, false},
	{"quoted-printable", HEAD "Content-Transfer-Encoding: quoted-printable\r\n\r\na=C3=A9=\r\nb", 1, MIME_ROLE_TEXT, "", "text/plain", "a\xc3\xa9" "b",
	 true, false},
	{"an encoding nobody knows", HEAD "Content-Transfer-Encoding: x-own\r\n\r\nabc", 1, MIME_ROLE_TEXT, "", "text/plain", "abc", false, false},
	{"a multipart without its end", MIXED "--B\r\nContent-Type: application/pdf\r\n\r\nABC\r\n", 1, MIME_ROLE_FILE, "", "application/pdf", "ABC\r\n",
	 true, true},
	{"RFC 2231 name", MIXED "--B\r\nContent-Type: application/pdf\r\nContent-Disposition: attachment; filename*=utf-8''%C3%A9t%C3%A9.pdf\r\n\r\nA\r\n--B--\r\n",
	 1, MIME_ROLE_FILE, "\xc3\xa9t\xc3\xa9.pdf", "application/pdf", "A", true, false},
	{"RFC 2047 name", MIXED "--B\r\nContent-Type: application/pdf; name=\"=?iso-8859-1?q?=E9.pdf?=\"\r\n\r\nA\r\n--B--\r\n", 1, MIME_ROLE_FILE,
	 "\xc3\xa9.pdf", "application/pdf", "A", true, false},
	{"a path in the name", MIXED "--B\r\nContent-Type: application/pdf; name=\"..\\\\..\\\\evil/.hidden.pdf\"\r\n\r\nA\r\n--B--\r\n", 1, MIME_ROLE_FILE,
	 "hidden.pdf", "application/pdf", "A", true, false},
	{"a text that is attached", MIXED "--B\r\nContent-Type: text/plain\r\n\r\nown\r\n--B\r\nContent-Type: text/plain\r\nContent-Disposition: attachment\r\n\r\nA\r\n--B--\r\n",
	 2, MIME_ROLE_FILE, "", "text/plain", "A", true, false},
	{"an embedded message is one file", MIXED "--B\r\nContent-Type: message/rfc822\r\n\r\nFrom: a@b.c\r\nContent-Type: multipart/mixed; boundary=C\r\n\r\n--C\r\n\r\nx\r\n--C--\r\n--B--\r\n",
	 1, MIME_ROLE_FILE, "", "message/rfc822", "From: a@b.c\r\nContent-Type: multipart/mixed; boundary=C\r\n\r\n--C\r\n\r\nx\r\n--C--", true, false},
	{"winmail.dat stays closed", MIXED "--B\r\nContent-Type: application/ms-tnef; name=winmail.dat\r\nContent-Transfer-Encoding: base64\r\n\r\neJ8+Ig==\r\n--B--\r\n", 1,
	 MIME_ROLE_FILE, "winmail.dat", "application/ms-tnef", "x\x9f>\"", true, false},
	{"message/partial is not assembled", HEAD "Content-Type: message/partial; id=a; number=1; total=2\r\n\r\nSubject: hidden\r\n\r\nx", 1, MIME_ROLE_FILE, "",
	 "message/partial", "Subject: hidden\r\n\r\nx", true, false},
	{"message/external-body is not fetched", HEAD "Content-Type: message/external-body; access-type=URL; URL=\"file:///etc/passwd\"\r\n\r\nContent-Type: text/plain\r\n\r\n", 1,
	 MIME_ROLE_FILE, "", "message/external-body", "Content-Type: text/plain\r\n\r\n", true, false},
	{"a detached signature is no file", MIXED "--B\r\n\r\nown\r\n--B\r\nContent-Type: application/pkcs7-signature; name=smime.p7s\r\n\r\nA\r\n--B--\r\n", 2,
	 MIME_ROLE_SIGNATURE, "smime.p7s", "application/pkcs7-signature", "A", true, false},
	{"a part of a report is no file", HEAD "Content-Type: multipart/report; report-type=delivery-status; boundary=B\r\n\r\n--B\r\n\r\nown\r\n--B\r\n"
	 "Content-Type: message/delivery-status\r\n\r\nA: b\r\n--B--\r\n", 2, MIME_ROLE_REPORT, "", "message/delivery-status", "A: b", true, false},
};

static void parts_are_found(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(ones) / sizeof(ones[0]); i++) {
		struct arena *arena = arena_create(8 << 20);
		const struct one *one = &ones[i];
		struct bytes mail = bytes_of_text(one->mail);
		struct mime_message message;
		assert_int_equal(mime_read(arena, BYTES_NONE, mail, &message), REASON_NONE);
		if (message.n != one->parts)
			fail_msg("%s: %zu parts", one->what, message.n);
		const struct mime_part *part = &message.parts[message.n - 1];
		same(one->what, part->name, one->name);
		same(one->what, part->media, one->media);
		same(one->what, part->content, one->content);
		if (part->role != one->role || part->encoding_ok != one->encoding_ok || part->broken != one->broken)
			fail_msg("%s: role %d encoding %d broken %d", one->what, part->role, part->encoding_ok, part->broken);
		assert_true(part->offset + part->length <= mail.len);
		arena_destroy(&arena);
	}
}

static const struct own {
	const char *what, *mail, *text;
	enum reason anomaly;
} owns[] = {
	{"UTF-8", HEAD "Content-Type: text/plain; charset=utf-8\r\n\r\n\xc3\xa9\r\nb", "\xc3\xa9\nb", REASON_NONE},
	{"Latin 1 is read as Windows", HEAD "Content-Type: text/plain; charset=iso-8859-1\r\n\r\n\xe9 \x92", "\xc3\xa9 \xe2\x80\x99", REASON_NONE},
	{"Japanese", HEAD "Content-Type: text/plain; charset=iso-2022-jp\r\n\r\n\x1b$B4A\x1b(B", "\xe6\xbc\xa2", REASON_NONE},
	{"UTF-7 is not on the list", HEAD "Content-Type: text/plain; charset=utf-7\r\n\r\n+AOk-", "+AOk-", REASON_MAIL_BAD_ENCODING},
	{"a charset nobody knows", HEAD "Content-Type: text/plain; charset=x-own\r\n\r\na\xff", "a\xef\xbf\xbd", REASON_MAIL_BAD_ENCODING},
	{"ASCII that is not", HEAD "\r\n\xe9", "\xc3\xa9", REASON_MAIL_BAD_ENCODING},
	{"UTF-8 that is none", HEAD "Content-Type: text/plain; charset=utf-8\r\n\r\na\xd1\xf5\xed\xa0\x80\xc3\xa9", "a\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xc3\xa9",
	 REASON_MAIL_BAD_ENCODING},
	{"plain before HTML", HEAD "Content-Type: multipart/alternative; boundary=B\r\n\r\n--B\r\nContent-Type: text/html\r\n\r\n<p>html\r\n--B\r\n"
	 "Content-Type: text/plain\r\n\r\nplain\r\n--B--\r\n", "plain", REASON_NONE},
	{"HTML when there is no plain text", HEAD "Content-Type: text/html\r\n\r\n<p>a&eacute;<br>b</p><script>x<y</script>", "a\xc3\xa9\nb", REASON_NONE},
	{"HTML when the plain text is empty", HEAD "Content-Type: multipart/alternative; boundary=B\r\n\r\n--B\r\nContent-Type: text/plain\r\n\r\n \r\n--B\r\n"
	 "Content-Type: text/html\r\n\r\n<b>x</b>\r\n--B--\r\n", "x", REASON_NONE},
	{"controls become blanks", HEAD "\r\na\x07" "b\tc", "a b\tc", REASON_NONE},
};

static void own_text_is_chosen(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(owns) / sizeof(owns[0]); i++) {
		struct arena *arena = arena_create(8 << 20);
		struct mime_message message;
		assert_int_equal(mime_read(arena, BYTES_NONE, bytes_of_text(owns[i].mail), &message), REASON_NONE);
		same(owns[i].what, message.text, owns[i].text);
		enum reason anomaly = message.n_anomalies == 0 ? REASON_NONE : message.anomalies[0];
		if (anomaly != owns[i].anomaly)
			fail_msg("%s: anomaly %s", owns[i].what, reason_code(anomaly));
		arena_destroy(&arena);
	}
}

static void header_facts_are_read(void **state)
{
	static const char mail[] =
		"From: =?utf-8?q?Dr_L=C3=A9a?= <lea@example.org>\r\nTo: a@example.org, \"B, C\" <b@example.org>, g: c@example.org;\r\n"
		"Reply-To: r@example.org\r\nSubject: =?iso-8859-1?q?R=E9ponse?=\r\n =?utf-8?b?IMOp?=\r\nMessage-ID: <1@example.org>\r\n"
		"In-Reply-To: <0@example.org>\r\nReferences: <a@example.org>\r\n <b@example.org>\r\nDate: Sat, 21 Nov 2026 23:30:00 +0100\r\n"
		"Disposition-Notification-To: <n@example.org>\r\n\r\nx";
	struct arena *arena = arena_create(8 << 20);
	struct mime_message message;

	(void)state;
	assert_int_equal(mime_read(arena, BYTES_NONE, BYTES(mail), &message), REASON_NONE);
	const struct mime_head *head = &message.head;
	same("from", head->from.address, "lea@example.org");
	same("name", head->from.name, "Dr L\xc3\xa9" "a");
	assert_int_equal(head->to.n, 3);
	same("member of a group", head->to.at[2], "c@example.org");
	same("reply-to", head->reply_to, "r@example.org");
	same("subject", head->subject, "R\xc3\xa9ponse \xc3\xa9");
	same("id", head->message_id, "<1@example.org>");
	assert_int_equal(head->in_reply_to.n, 1);
	assert_int_equal(head->references.n, 2);
	same("second reference", head->references.at[1], "<b@example.org>");
	assert_true(head->has_date);
	assert_int_equal(head->date.us, INT64_C(1795300200) * 1000000);
	assert_int_equal(head->date_offset, 60);
	same("notification", head->notification_to, "n@example.org");
	assert_false(head->automatic);
	arena_destroy(&arena);
}

static const struct automatic {
	const char *what, *field;
	bool automatic;
} automatics[] = {
	{"a person", "X-Mailer: x\r\n", false},
	{"Auto-Submitted", "Auto-Submitted: auto-replied (vacation)\r\n", true},
	{"Auto-Submitted: no", "Auto-Submitted: no\r\n", false},
	{"bulk", "Precedence: bulk\r\n", true},
	{"a list", "List-Id: <x.example.org>\r\n", true},
	{"the null sender", "Return-Path: <>\r\n", true},
};

static void automatic_mail_is_told(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(automatics) / sizeof(automatics[0]); i++) {
		struct arena *arena = arena_create(8 << 20);
		struct bytes head = bytes_of_text(arena_printf(arena, "From: a@example.org\r\n%s", automatics[i].field));
		struct mime_message message;
		/* The outer header counts, not that of the signed entity. */
		assert_int_equal(mime_read(arena, head, BYTES("Auto-Submitted: auto-generated\r\n\r\nx"), &message), REASON_NONE);
		if (message.head.automatic != automatics[i].automatic)
			fail_msg("%s", automatics[i].what);
		arena_destroy(&arena);
	}
}

static struct bytes repeated(struct buf *out, const char *before, const char *unit, size_t n, const char *after)
{
	buf_text(out, before);
	for (size_t i = 0; i < n; i++)
		buf_text(out, unit);
	buf_text(out, after);
	return buf_bytes(out);
}

/* What hangs or crashes the library without our look at it before. */
static void unbearable_mail_is_refused(void **state)
{
	static const struct {
		const char *what, *before, *unit, *after;
		size_t n;
		enum reason reason;
	} rows[] = {
		{"nested groups in To", "To: ", "g:", "\r\n\r\nx", 50000, REASON_MAIL_HEADERS_LIMIT},
		{"nested groups in an embedded message", "Content-Type: message/rfc822\r\n\r\nCc : ", "g:", "\r\n\r\nx", 50000, REASON_MAIL_HEADERS_LIMIT},
		{"folded nested groups", "Content-Type: message/rfc822\r\n\r\nTo: a", "\r\n g:", "\r\n\r\nx", 50000, REASON_MAIL_HEADERS_LIMIT},
		{"parameters", "Content-Type: text/plain", "; a=b", "\r\n\r\nx", 100000, REASON_MAIL_HEADERS_LIMIT},
		{"parts", MIXED, "--B\r\n\r\nx\r\n", "--B--\r\n", LIMIT_MIME_PARTS + 1, REASON_MAIL_PARTS_LIMIT},
		{"as many parts as are allowed", MIXED, "--B\r\n\r\nx\r\n", "--B--\r\n", LIMIT_MIME_PARTS, REASON_NONE},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct arena *arena = arena_create(64 << 20);
		struct buf mail = buf_make(4 << 20);
		struct mime_message message;
		enum reason reason = mime_read(arena, BYTES_NONE, repeated(&mail, rows[i].before, rows[i].unit, rows[i].n, rows[i].after), &message);
		if (reason != rows[i].reason)
			fail_msg("%s: %s", rows[i].what, reason_code(reason));
		buf_free(&mail);
		arena_destroy(&arena);
	}
}

/* 125 bytes that make g_mime_multipart_get_boundary loop for ever. */
static void odd_parameter_name_does_not_hang(void **state)
{
	struct arena *arena = arena_create(8 << 20);
	struct mime_message message;

	(void)state;
	assert_int_equal(mime_read(arena, BYTES_NONE, BYTES("Content-Type: multipart/mixed; \xe9\xe9\xe9\xe9\xe9\xe9\xe9\xe9\xe9\xe9\xe9\xe9\xe9\xe9\xe9\xe9\xe9"
		"\xe9\xe9\xe9\xe9\xe9\xe9\xe9\xe9\xe9\xe9\xe9\xe9\xe9\xe9\xe9\xe9\xe9\xe9\xe9\xe9\xe9=a; boundary=B\r\n\r\n--B\r\n\r\nx\r\n--B--\r\n"), &message),
		REASON_NONE);
	arena_destroy(&arena);
}

static const struct html {
	const char *what, *html, *text;
} htmls[] = {
	{"paragraphs", "<p>a</p><p>b</p>", "a\n\nb"},
	{"quotes", "<div>new</div><blockquote><div>old</div><blockquote>older</blockquote></blockquote>end", "new\n> old\n> > older\nend"},
	{"entities", "&lt;b&gt; &amp; &#233;&#xE9; &laquo;&nbsp;x&unknown;", "<b> & \xc3\xa9\xc3\xa9 \xc2\xab x&unknown;"},
	{"hidden words", "<span style=\"display:none\">REFUSE</span>ACCEPTE<div hidden=\"\">no</div>", "ACCEPTE"},
	{"hidden with the same tag inside", "<div style='display: none'>a<div>b</div>c</div>d", "d"},
	{"overflow is not hidden", "<div style=\"overflow: hidden\">x</div>", "x"},
	{"comments and conditions", "a<!-- <b> --><!--[if mso]>x<![endif]-->b", "ab"},
	{"a style with tags in it", "<style>p > a { content: \"</p>\" }</style>x", "x"},
	{"a script without an end", "a<script>b", "a"},
	{"a tag without an end", "a<b href=\"x", "a"},
	{"a greater sign in a value", "<a title=\"x>y\">z</a>", "z"},
	{"a lone less sign", "1 < 2", "1 < 2"},
	{"table cells", "<table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table>", "a\tb\nc"},
};

static void html_becomes_words(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(htmls) / sizeof(htmls[0]); i++) {
		struct arena *arena = arena_create(1 << 20);
		same(htmls[i].what, mime_html_text(arena, bytes_of_text(htmls[i].html)), htmls[i].text);
		arena_destroy(&arena);
	}
}

static const struct name {
	const char *what, *in, *out;
	bool odd;
} names[] = {
	{"a plain name", "compte rendu.pdf", "compte rendu.pdf", false},
	{"a path", "/etc/passwd", "passwd", true},
	{"only dots", "..", "", false},
	{"direction of writing", "cod\xe2\x80\xae" "fdp.exe", "codfdp.exe", true},
	{"controls", "a\r\nb\x01.txt", "ab.txt", true},
	{"not UTF-8", "a\xff", "", true},
	{"dots and blanks at the ends", " .a. ", "a", false},
};

static void names_are_cleaned(void **state)
{
	struct arena *arena = arena_create(1 << 20);
	bool odd = false;

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		odd = false;
		same(names[i].what, mime_name_clean(arena, bytes_of_text(names[i].in), &odd), names[i].out);
		if (odd != names[i].odd)
			fail_msg("%s: odd is %d", names[i].what, odd);
	}
	struct buf lengthy = buf_make(4096);
	struct bytes name = mime_name_clean(arena, repeated(&lengthy, "", "\xc3\xa9", 300, ".pdf"), &odd);
	assert_true(name.len <= 120 && bytes_utf8(name) && bytes_ends(name, BYTES("\xc3\xa9.pdf")));
	buf_free(&lengthy);
	arena_destroy(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parts_are_found),
		cmocka_unit_test(own_text_is_chosen),
		cmocka_unit_test(header_facts_are_read),
		cmocka_unit_test(automatic_mail_is_told),
		cmocka_unit_test(unbearable_mail_is_refused),
		cmocka_unit_test(odd_parameter_name_does_not_hang),
		cmocka_unit_test(html_becomes_words),
		cmocka_unit_test(names_are_cleaned),
	};
	return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
