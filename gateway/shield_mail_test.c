/* gateway/shield_mail_test.c - a patient named in every form of file that a mail of ours may carry, and what is not read. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "base/buf.h"
#include "base/limits.h"
#include "cda/base64.h"
#include "cda/pdf_text.h"
#include "cda/rtf_text.h"
#include "cda/xdm_write.h"
#include "gateway/json_view.h"
#include "gateway/shield_mail.h"
#include "smtp/mime_read.h"

#define NAMED "MARTIN Luc 31/12/1980"

static const char pdf_head[] =
	"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
	"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 100]/Contents 4 0 R/Resources<</Font<</F 5 0 R>>>>>>endobj\n"
	"5 0 obj<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>endobj\n";

static struct bytes pdf(struct arena *arena, const char *operators)
{
	return bytes_of_text(arena_printf(arena, "%s4 0 obj<</Length %zu>>stream\n%s\nendstream endobj\ntrailer<</Root 1 0 R/Info<</Title(Compte rendu)>>>>\n%%%%EOF\n", pdf_head,
					  strlen(operators) + 1, operators));
}

static struct bytes base64(struct arena *arena, struct bytes content)
{
	struct buf out = buf_make(8u << 20);
	base64_encode(&out, content, 0);
	struct bytes text = arena_copy(arena, buf_bytes(&out));
	buf_free(&out);
	return text;
}

/* A mail whose one file is that. */
static struct bytes mail_with(struct arena *arena, const char *media, struct bytes content)
{
	struct bytes packed = base64(arena, content);
	struct buf out = buf_make(16u << 20);
	buf_printf(&out, "Subject: Avis\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nBonjour\r\n--b\r\n"
			 "Content-Type: %s\r\nContent-Disposition: attachment; filename=f\r\nContent-Transfer-Encoding: base64\r\n\r\n", media);
	for (size_t i = 0; i < packed.len; i += 76) {
		buf_add(&out, bytes_slice(packed, i, 76));
		buf_text(&out, "\r\n");
	}
	buf_text(&out, "--b--\r\n");
	struct bytes mail = arena_copy(arena, buf_bytes(&out));
	buf_free(&out);
	return mail;
}

static const struct policy_patient own = {.ins = BYTES_OF("279035121518989"), .family_birth = BYTES_OF("PAT-TROIS"), .given_birth_first = BYTES_OF("DOMINIQUE"), .birth_time = BYTES_OF("19790328")};
static const struct shield_person martin = {7, BYTES_OF("A-7"), {.ins = BYTES_OF("180127512345642"), .family_birth = BYTES_OF("MARTIN"), .given_birth_first = BYTES_OF("LUC"), .birth_time = BYTES_OF("19801231")}};

/* By way of the answer's JSON, as the worker gets it. */
static bool names_martin(struct arena *arena, const struct shield_mail *mail)
{
	struct shield_mail back;
	json_t *json = shield_mail_write(mail);

	assert_true(shield_mail_of(arena, json, &back));
	struct shield_match match;
	bool named = shield_judge(arena, &back.text, &own, &martin, 1, &match) > 0;
	json_decref(json);
	return named;
}

static void every_form_is_read(void **state)
{
	(void)state;
	static const struct {
		const char *what, *media, *content;
		bool named;
		size_t unread;
	} rows[] = {
		{"a text", "text/plain", NAMED, true, 0},
		{"a text of Latin-1", "text/plain", "n\xe9: " NAMED, true, 0},
		{"HTML", "text/html", "<html><body><b>MARTIN</b> <i>Luc</i> 31/12/1980</body></html>", true, 0},
		{"HTML as a file without a name", "application/octet-stream", "<!DOCTYPE html><html><body><p>MARTIN Luc<br>31/12/1980</body></html>", true, 0},
		{"XML, in elements", "text/xml", "<a xmlns='urn:x'><family>MARTIN</family><given>LUC</given><birthTime value='19801231'/></a>", true, 0},
		{"XML, in attributes", "text/xml", "<a><b name='Luc Martin' born='1980-12-31'/></a>", true, 0},
		{"XML, by number", "text/xml", "<a><id root='1.2.250.1.213.1.4.8' extension='180127512345642'/></a>", true, 0},
		{"XML that is broken", "text/xml", "<?xml version='1.0'?><a><b>" NAMED "</c>", true, 1},
		{"XML with references", "text/xml", "<a>MARTIN L&#117;c 31/12/1980</a>", true, 0},
		{"RTF", "application/rtf", "{\\rtf1\\ansi{\\fonttbl{\\f0 Arial;}}\\b MARTIN\\b0  L\\'75c\\par 31/12/1980}", true, 0},
		{"RTF in Unicode", "application/rtf", "{\\rtf1\\uc1 MARTIN L\\u117?c 31/12/1980}", true, 0},
		{"RTF, where nobody reads it", "application/rtf", "{\\rtf1{\\*\\comment " NAMED "} Bonjour}", false, 0},
		{"DICOM", "application/dicom", NULL, true, 0},
		{"UTF-16", "text/plain", NULL, true, 0},
		{"nobody", "text/plain", "MARTIN Paul 31/12/1980", false, 0},
		{"a picture", "image/png", "\x89PNG\r\n\x1a\n" NAMED, false, 1},
		{"an office file", "application/msword", "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" NAMED, false, 1},
		{"a broken PDF", "application/pdf", "%PDF-1.4\n" NAMED, false, 1},
		{"a signature by its type, which a stranger chose", "application/pkcs7-signature", NAMED, true, 0},
		{"another one", "application/pgp-signature", "<a b='" NAMED "'/>", true, 0},
		{"HTML by its type alone", "text/html", NAMED, true, 0},
		{"HTML by its type, in pieces", "text/html", "<b>MARTIN</b> <i>Luc</i>, 31/12/1980", true, 1},
		{"XML that says it is HTML", "text/html", "<a><b n='" NAMED "'/></a>", true, 0},
	};
	static const unsigned char wide[] = "\xff\xfeM\0A\0R\0T\0I\0N\0 \0L\0u\0c\0 \0" "3\0" "1\0/\0" "1\0" "2\0/\0" "1\0" "9\0" "8\0" "0\0";
	static const char tags[] = "DICM\x10\0\x10\0PN\x0a\0MARTIN^LUC\x10\0\x30\0DA\x08\0" "19801231";
	unsigned char dicom[300] = {0};

	memcpy(dicom + 128, tags, sizeof tags - 1);
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct arena *arena = arena_create(256u << 20);
		struct shield_mail mail;
		struct bytes content = rows[i].content != NULL ? bytes_of_text(rows[i].content) : rows[i].what[0] == 'D' ? (struct bytes){dicom, sizeof dicom} : (struct bytes){wide, sizeof wide - 1};
		assert_true(shield_mail_read(arena, BYTES_NONE, mail_with(arena, rows[i].media, content), &mail));
		if (names_martin(arena, &mail) != rows[i].named || mail.unread != rows[i].unread || mail.text.cut)
			fail_msg("%s: %s, %zu unread%s", rows[i].what, names_martin(arena, &mail) ? "named" : "not named", mail.unread, mail.text.cut ? ", cut" : "");
		arena_destroy(&arena);
	}
}

/* The accents of a name, whatever stands beside it. */
static void letters_are_read(void **state)
{
	(void)state;
	static const struct shield_person lefevre = {8, BYTES_OF("A-8"), {.ins = BYTES_OF("1"), .family_birth = BYTES_OF("D'ANGELO LEFÈVRE"), .given_birth_first = BYTES_OF("ANDRÉ"), .birth_time = BYTES_OF("19801231")}};
	static const struct {
		const char *what, *text;
	} rows[] = {
		{"UTF-8", "D'ANGELO LEF\xc3\x88VRE Andr\xc3\xa9 31/12/1980"},
		{"UTF-8 behind a stray byte", "\xff D'ANGELO LEF\xc3\x88VRE Andr\xc3\xa9 31/12/1980"},
		{"UTF-8 before a letter cut short", "D'ANGELO LEF\xc3\x88VRE Andr\xc3\xa9 31/12/1980 \xc3"},
		{"Latin-1", "D'ANGELO LEF\xc8VRE Andr\xe9 31/12/1980"},
		{"Latin-1, where two signs look like a letter of UTF-8", "D'ANGELO LEF\xc8VRE ANDR\xc9\xa0 31/12/1980"},
		{"Windows-1252", "D\x92" "ANGELO LEF\xc8VRE Andr\xe9 31/12/1980"},
	};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct arena *arena = arena_create(256u << 20);
		struct shield_mail mail;
		struct shield_match match;
		assert_true(shield_mail_read(arena, BYTES_NONE, mail_with(arena, "application/octet-stream", bytes_of_text(rows[i].text)), &mail));
		if (shield_judge(arena, &mail.text, &own, &lefevre, 1, &match) != 1)
			fail_msg("%s", rows[i].what);
		arena_destroy(&arena);
	}
}

/* The beginning of a file that we do not know ends inside a letter. */
static void a_beginning_is_read(void **state)
{
	(void)state;
	static const struct shield_person lefevre = {8, BYTES_OF("A-8"), {.ins = BYTES_OF("1"), .family_birth = BYTES_OF("LEFÈVRE"), .given_birth_first = BYTES_OF("LUC"), .birth_time = BYTES_OF("19801231")}};
	struct arena *arena = arena_create(256u << 20);
	unsigned char *file = arena_alloc(arena, LIMIT_SHIELD_HEADER + 100);
	struct bytes name = BYTES("\x01\x02 LEFÈVRE Luc 31/12/1980 ");
	struct shield_mail mail;
	struct shield_match match;

	memset(file, 1, LIMIT_SHIELD_HEADER + 100);
	memcpy(file, name.at, name.len);
	memcpy(file + LIMIT_SHIELD_HEADER - 1, "\xc3\x89", 2);
	assert_true(shield_mail_read(arena, BYTES_NONE, mail_with(arena, "application/octet-stream", (struct bytes){file, LIMIT_SHIELD_HEADER + 100}), &mail));
	assert_int_equal(shield_judge(arena, &mail.text, &own, &lefevre, 1, &match), 1);
	assert_true(mail.unread == 1 && !mail.text.cut);
	arena_destroy(&arena);
}

/* Nobody knows what is in an archive that cannot be read whole: one of ours, too, in which a text of blanks packs like a bomb. */
static void archives_are_read_whole_or_stop(void **state)
{
	(void)state;
	struct arena *arena = arena_create(512u << 20);
	unsigned char *blanks = arena_alloc(arena, 2u << 20);
	struct xdm_write_document documents[2] = {
		{.content = BYTES("<a>" NAMED "</a>"), .id = BYTES("1.2.3"), .title = BYTES("Bilan"), .type_code = BYTES("11502-2"), .level = 3, .time = {1795297800000000}, .author = {.id = BYTES("801234567123"), .family = BYTES("DUMAS"), .given = BYTES("Olivier")}},
	};
	struct xdm_write_set set = {.unique = BYTES("1"), .title = BYTES("Essai"), .time = {1795298100000000}, .sender_id = BYTES("1750000001"), .sender_name = BYTES("Organisme"),
				    .patient = {.ins = BYTES("279035121518989"), .oid = BYTES("1.2.250.1.213.1.4.10"), .family_birth = BYTES("PAT-TROIS"), .given_birth_first = BYTES("DOMINIQUE"), .given_birth_all = BYTES("DOMINIQUE"), .birth_time = BYTES("19790328"), .sex = BYTES("F"), .birth_place = BYTES("51215")},
				    .documents = documents};
	struct bytes archive, broken = BYTES("PK\x03\x04" NAMED);
	const char *field = "";
	struct shield_mail mail;

	memset(blanks, ' ', 2u << 20);
	memcpy(blanks, "<a/>", 4);
	documents[1] = documents[0];
	documents[1].id = BYTES("1.2.4");
	documents[1].content = (struct bytes){blanks, 2u << 20};
	for (set.count = 1; set.count <= 2; set.count++) {
		if (xdm_write(arena, &set, &archive, &field) != REASON_NONE)
			fail_msg("%s", field);
		assert_true(shield_mail_read(arena, BYTES_NONE, mail_with(arena, "application/zip", archive), &mail));
		assert_int_equal(names_martin(arena, &mail), set.count == 1);
		assert_int_equal(mail.text.cut, set.count == 2);
	}
	assert_true(shield_mail_read(arena, BYTES_NONE, mail_with(arena, "application/zip", broken), &mail));
	assert_true(mail.text.cut);
	arena_destroy(&arena);
}

static void pdfs_are_read(void **state)
{
	(void)state;
	static const struct {
		const char *what, *operators;
		bool named;
		size_t unread;
	} rows[] = {
		{"a line", "BT /F 12 Tf 20 50 Td (" NAMED ") Tj ET", true, 0},
		{"words set apart", "BT /F 12 Tf 20 50 Td [(MAR) -20 (TIN)] TJ 80 0 Td (Luc) Tj 60 0 Td (31/12/1980) Tj ET", true, 0},
		{"a number in groups", "BT /F 12 Tf 20 50 Td (1 80 12 75 123 456 42) Tj ET", true, 0},
		{"nobody", "BT /F 12 Tf 20 50 Td (Bonjour) Tj ET", false, 0},
		{"a page without a word", "0 0 10 10 re f", false, 1},
	};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct arena *arena = arena_create(256u << 20);
		struct shield_mail loose, inside;
		struct bytes content = pdf(arena, rows[i].operators), packed = base64(arena, content);
		struct bytes cda = bytes_of_text(arena_printf(arena, "<a xmlns='urn:hl7-org:v3'><text mediaType='application/pdf' representation='B64'>%.*s</text></a>", (int)packed.len, (const char *)packed.at));
		assert_true(shield_mail_read(arena, BYTES_NONE, mail_with(arena, "application/pdf", content), &loose));
		assert_true(shield_mail_read(arena, BYTES_NONE, mail_with(arena, "text/xml", cda), &inside));
		if (names_martin(arena, &loose) != rows[i].named || loose.unread != rows[i].unread)
			fail_msg("%s: %zu unread", rows[i].what, loose.unread);
		if (names_martin(arena, &inside) != rows[i].named || inside.unread != rows[i].unread)
			fail_msg("%s, in a CDA: %zu unread", rows[i].what, inside.unread);
		arena_destroy(&arena);
	}
}

static void heads_and_names_of_files_are_read(void **state)
{
	(void)state;
	static const char *const mails[] = {
		"Subject: " NAMED "\r\nContent-Type: text/plain\r\n\r\nBonjour\r\n",
		"Subject: =?utf-8?q?MARTIN_Luc_31/12/1980?=\r\nContent-Type: text/plain\r\n\r\nBonjour\r\n",
		"Subject: Avis\r\nContent-Type: application/octet-stream\r\nContent-Disposition: attachment; filename=\"MARTIN Luc 31-12-1980.bin\"\r\n\r\n\x01\x02\r\n",
	};
	for (size_t i = 0; i < sizeof mails / sizeof mails[0]; i++) {
		struct arena *arena = arena_create(64u << 20);
		struct shield_mail mail;
		assert_true(shield_mail_read(arena, BYTES_NONE, bytes_of_text(mails[i]), &mail));
		assert_true(names_martin(arena, &mail));
		arena_destroy(&arena);
	}
}

/* What comes back from a reader that was taken over breaks no bound. */
static void a_bad_answer_is_refused(void **state)
{
	(void)state;
	static const struct {
		const char *json;
		bool good;
	} rows[] = {
		{"{\"numbers\":[],\"passages\":[],\"cut\":false,\"files\":0,\"unread\":0}", true},
		{"{\"numbers\":[\"2790351215189\"],\"passages\":[{\"words\":\"a b\",\"dates\":[[2,\"19801231\"]]}],\"cut\":true,\"files\":1,\"unread\":1}", true},
		{"{\"numbers\":[],\"passages\":[{\"words\":\"\",\"dates\":[[0,\"19801231\"]]}],\"cut\":false,\"files\":0,\"unread\":0}", true},
		{"null", false},
		{"{}", false},
		{"{\"numbers\":[\"279035121518\"],\"passages\":[],\"cut\":false,\"files\":0,\"unread\":0}", false},
		{"{\"numbers\":[\"2790351215'89\"],\"passages\":[],\"cut\":false,\"files\":0,\"unread\":0}", false},
		{"{\"numbers\":[7],\"passages\":[],\"cut\":false,\"files\":0,\"unread\":0}", false},
		{"{\"numbers\":[],\"passages\":[{\"words\":\"a b\",\"dates\":[[3,\"19801231\"]]}],\"cut\":false,\"files\":0,\"unread\":0}", false},
		{"{\"numbers\":[],\"passages\":[{\"words\":\"a b\",\"dates\":[[-1,\"19801231\"]]}],\"cut\":false,\"files\":0,\"unread\":0}", false},
		{"{\"numbers\":[],\"passages\":[{\"words\":\"a b\",\"dates\":[[1,\"1980-2-3\"]]}],\"cut\":false,\"files\":0,\"unread\":0}", false},
		{"{\"numbers\":[],\"passages\":[{\"words\":\"a  b\",\"dates\":[]}],\"cut\":false,\"files\":0,\"unread\":0}", false},
		{"{\"numbers\":[],\"passages\":[],\"cut\":false,\"files\":-1,\"unread\":0}", false},
		{"{\"numbers\":[],\"passages\":[],\"files\":0,\"unread\":0}", false},
	};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct arena *arena = arena_create(8u << 20);
		struct shield_mail mail;
		json_t *json = json_read(bytes_of_text(rows[i].json));
		if (shield_mail_of(arena, json, &mail) != rows[i].good)
			fail_msg("%s", rows[i].json);
		json_decref(json);
		arena_destroy(&arena);
	}
}

static int start(void **state)
{
	static struct mime_charsets charsets;
	(void)state;
	mime_open(&charsets);
	return pdf_text_open() ? 0 : -1;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_form_is_read), cmocka_unit_test(pdfs_are_read), cmocka_unit_test(heads_and_names_of_files_are_read),
		cmocka_unit_test(a_bad_answer_is_refused), cmocka_unit_test(letters_are_read), cmocka_unit_test(a_beginning_is_read),
		cmocka_unit_test(archives_are_read_whole_or_stop),
	};
	return cmocka_run_group_tests(tests, start, NULL);
}
