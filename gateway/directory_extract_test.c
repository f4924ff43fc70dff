/* gateway/directory_extract_test.c - the extract: lines, headings, ends, limits; the same whatever the pieces. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/limits.h"
#include "gateway/directory_extract.h"

#define HEADING                                                                                                                                         \
	"Type de BAL|Adresse BAL|Type Identifiant PP|Identifiant PP|Identification nationale PP|Type identifiant structure|Identification Structure|"   \
	"Service de rattachement|Civilité d'exercice|Nom d'exercice|Prénom d'exercice|Catégorie profession|Libellé de catégorie profession|"            \
	"Code Profession|Libellé Profession|Code savoir-faire|Libellé savoir-faire|Dématérialisation|Raison Sociale structure BAL|"                     \
	"Enseigne commerciale structure BAL|L2COMPLEMENTLOCALISATION|L3COMPLEMENTDISTRIBUTION|L4NUMEROVOIE|L4COMPLEMENTNUMEROVOIE|NL4TYPEVOIE|"         \
	"L4LIBELLEVOIE|L5LIEUDITMENTION|L6LIGNEACHEMINEMENT|Code postal|Département|Pays\n"
#define PERSON                                                                                                                                          \
	"PER|Paul.Garnier@Medecin.mssante.fr|8|10101010101|810101010101|1|1690000099||DR|GARNIER|Paul|C|Civil|10|Médecin|SM26|Médecine générale|O|"       \
	"CABINET DES LILAS||||||||||69001|69|FRANCE\n"
#define SERVICE                                                                                                                                         \
	"ORG|accueil@chu.mssante.fr|||||1750000018|Cardiologie||||||||||O|CHU EXEMPLE||||||||||75014|75|FRANCE\n"

struct seen {
	size_t n;
	char text[4096];            /* one line each: what was read of it */
};

static bool take(void *context, const struct directory_line *l)
{
	struct seen *s = context;
	size_t used = strlen(s->text);

	s->n++;
	snprintf(s->text + used, sizeof s->text - used, "%.*s %.*s %.*s %.*s %.*s %.*s %.*s %.*s %.*s %.*s %.*s\n", (int)l->kind.len, (const char *)l->kind.at,
		 (int)l->address.len, (const char *)l->address.at, (int)l->person.len, (const char *)l->person.at, (int)l->structure.len,
		 (const char *)l->structure.at, (int)l->family.len, (const char *)l->family.at, (int)l->given.len, (const char *)l->given.at,
		 (int)l->profession.len, (const char *)l->profession.at, (int)l->speciality.len, (const char *)l->speciality.at, (int)l->service.len,
		 (const char *)l->service.at, (int)l->place.len, (const char *)l->place.at, (int)l->postcode.len, (const char *)l->postcode.at);
	return true;
}

static enum reason read_all(struct bytes file, size_t piece, struct directory_extract *e, struct seen *s, unsigned char digest[DIGEST_SHA256])
{
	enum reason reason = REASON_NONE;

	*s = (struct seen){.n = 0};
	directory_extract_begin(e, take, s);
	for (size_t at = 0; reason == REASON_NONE && at < file.len; at += piece)
		reason = directory_extract_feed(e, bytes_slice(file, at, piece));
	enum reason end = directory_extract_end(e, digest);
	return reason != REASON_NONE ? reason : end;
}

static void lines_are_read(void **state)
{
	static const char file[] = HEADING PERSON SERVICE;
	static const size_t pieces[] = {1, 2, 7, 64, 1000, sizeof file};
	struct directory_extract e;
	struct seen s;
	unsigned char first[DIGEST_SHA256], digest[DIGEST_SHA256];
	(void)state;

	for (size_t i = 0; i < sizeof pieces / sizeof pieces[0]; i++) {
		assert_int_equal(read_all(BYTES(file), pieces[i], &e, &s, digest), REASON_NONE);
		assert_int_equal(e.entries, 2);
		assert_int_equal(e.bad, 0);
		assert_string_equal(s.text, "PER paul.garnier@medecin.mssante.fr 10101010101 1690000099 GARNIER Paul Médecin Médecine générale  CABINET DES LILAS 69001\n"
					    "ORG accueil@chu.mssante.fr  1750000018     Cardiologie CHU EXEMPLE 75014\n");
		if (i == 0)
			memcpy(first, digest, sizeof first);
		assert_memory_equal(first, digest, sizeof first);
	}
	digest_sha256(BYTES(file), digest);
	assert_memory_equal(first, digest, sizeof first);
}

static void files_of_all_sorts(void **state)
{
	static const struct {
		const char *what;
		struct bytes file;
		enum reason reason;
		size_t entries, bad;
	} rows[] = {
		{"nothing", BYTES_OF(""), REASON_DIRECTORY_FORM, 0, 0},
		{"a heading alone", BYTES_OF(HEADING), REASON_DIRECTORY_FORM, 0, 0},
		{"no heading", BYTES_OF(PERSON SERVICE), REASON_DIRECTORY_FORM, 0, 0},
		{"another heading", BYTES_OF("Nom|Prénom\n" PERSON), REASON_DIRECTORY_FORM, 0, 0},
		{"cut off in a line", BYTES_OF(HEADING PERSON "PER|a"), REASON_DIRECTORY_FORM, 1, 0},
		{"cut off behind a line", BYTES_OF(HEADING PERSON "PER"), REASON_DIRECTORY_FORM, 1, 0},
		{"a mark of byte order, CR LF", BYTES_OF("\xef\xbb\xbf" HEADING PERSON), REASON_NONE, 1, 0},
		{"one bad in two", BYTES_OF(HEADING PERSON "PER|x|y\n"), REASON_DIRECTORY_UNREADABLE, 1, 1},
		{"a NUL in the heading", BYTES_OF("Type\0de BAL|" HEADING PERSON), REASON_DIRECTORY_FORM, 0, 0},
	};
	struct directory_extract e;
	struct seen s;
	(void)state;

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		for (size_t piece = 1; piece < 2000; piece += 333) {
			enum reason reason = read_all(rows[i].file, piece, &e, &s, NULL);
			if (reason != rows[i].reason || e.entries != rows[i].entries || e.bad != rows[i].bad || s.n != e.entries)
				fail_msg("%s: %s, %zu read, %zu passed over", rows[i].what, reason_code(reason), e.entries, e.bad);
		}
}

/* One line in place of the service's: what is said of it, and that the rest is read. */
static void lines_that_are_passed_over(void **state)
{
#define LINE(kind, address, person, structure, family) \
	kind "|" address "|8|x|" person "|1|" structure "||DR|" family "|Paul|C|Civil|10|Médecin|||O|||||||||||||"
	static const struct {
		const char *line, *why;
	} rows[] = {
		{LINE("PER", "a@b.fr", "810101010101", "1", "N"), NULL},
		{LINE("PER", "a@b.fr", "0123456789", "2A0000014", "N"), NULL},
		{LINE("", "a@b.fr", "", "", "N"), "no kind of mailbox"},
		{LINE("P E", "a@b.fr", "", "", "N"), "no kind of mailbox"},
		{LINE("PER", "", "", "", "N"), "no address"},
		{LINE("PER", "a", "", "", "N"), "no address"},
		{LINE("PER", "@b.fr", "", "", "N"), "no address"},
		{LINE("PER", "a@", "", "", "N"), "no address"},
		{LINE("PER", "a@b@c.fr", "", "", "N"), "no address"},
		{LINE("PER", "a@fr", "", "", "N"), "no domain"},
		{LINE("PER", "a@.fr", "", "", "N"), "no domain"},
		{LINE("PER", "a@b.", "", "", "N"), "no domain"},
		{LINE("PER", "a b@c.fr", "", "", "N"), "a sign that no address has"},
		{LINE("PER", "<a@c.fr>", "", "", "N"), "a sign that no address has"},
		{LINE("PER", "a,b@c.fr", "", "", "N"), "a sign that no address has"},
		{LINE("PER", "é@c.fr", "", "", "N"), "a sign that no address has"},
		{LINE("PER", "a@b.fr", "8 10", "", "N"), "a person's number that is none"},
		{LINE("PER", "a@b.fr", "", "1;2", "N"), "a structure's number that is none"},
		{LINE("PER", "a@b.fr", "", "", "N\x01"), "a text that is too long or holds a control character"},
		{LINE("PER", "a@b.fr", "", "", "\xff"), "no UTF-8"},
		{LINE("PER", "a@b.fr", "", "", "a|b"), "another number of columns"},
		{"PER|a@b.fr", "another number of columns"},
		{"", "another number of columns"},
	};
	struct directory_extract e;
	struct directory_line out;
	struct seen s;
	(void)state;

	directory_extract_begin(&e, take, &s);
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		const char *why = directory_line_read(&e, bytes_of_text(rows[i].line), &out);
		if ((why == NULL) != (rows[i].why == NULL) || (why != NULL && strcmp(why, rows[i].why) != 0))
			fail_msg("%s: %s", rows[i].line, why == NULL ? "read" : why);
	}
	assert_int_equal(directory_extract_end(&e, NULL), REASON_DIRECTORY_FORM);
}

static void numbers_of_persons(void **state)
{
	static const char *const rows[][3] = {
		{"10101010101", "810101010101", "10101010101"}, {"10101010101", "", "10101010101"}, {"0123456789", "00123456789", "00123456789"},
		{"", "", ""},
	};
	struct directory_extract e;
	struct directory_line out;
	(void)state;

	directory_extract_begin(&e, take, NULL);
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		char text[500];
		snprintf(text, sizeof text, "PER|a@b.fr|8|%s|%s||||||||||||||||||||||||||", rows[i][0], rows[i][1]);
		assert_null(directory_line_read(&e, bytes_of_text(text), &out));
		assert_true(bytes_equal(out.person, bytes_of_text(rows[i][2])));
	}
	(void)!directory_extract_end(&e, NULL);
}

static bool stops(void *context, const struct directory_line *line)
{
	(void)line;
	return ++*(size_t *)context < 3;
}

/* Limits: a line, the lines told, the file; and a taker that has enough. */
static void limits(void **state)
{
	enum { BAD = 300 };
	struct buf file = buf_make(64u << 20);
	struct directory_extract e;
	struct seen s;
	size_t taken = 0;
	(void)state;

	buf_text(&file, HEADING);
	for (size_t i = 0; i < BAD; i++) {
		for (size_t k = 0; k < LIMIT_DIRECTORY_LINE + 1 + i; k++)
			buf_u8(&file, 'x');
		buf_text(&file, "\n" PERSON);
	}
	assert_true(buf_ok(&file));
	assert_int_equal(read_all(buf_bytes(&file), 64 * 1024, &e, &s, NULL), REASON_DIRECTORY_UNREADABLE);
	assert_int_equal(e.bad, BAD);
	assert_int_equal(e.entries, BAD);
	assert_string_equal(e.told[0].why, "longer than any line may be");
	assert_int_equal(e.told[0].line, 2);
	assert_int_equal(e.told[DIRECTORY_TOLD - 1].line, 2 * DIRECTORY_TOLD);
	buf_clear(&file);
	buf_text(&file, HEADING PERSON PERSON PERSON PERSON);
	directory_extract_begin(&e, stops, &taken);
	assert_int_equal(directory_extract_feed(&e, buf_bytes(&file)), REASON_IO);
	assert_int_equal(taken, 3);
	(void)!directory_extract_end(&e, NULL);
	buf_free(&file);
	directory_extract_begin(&e, take, &s);
	e.bytes = LIMIT_DIRECTORY_FILE;
	assert_int_equal(directory_extract_feed(&e, BYTES("x")), REASON_DIRECTORY_SIZE);
	(void)!directory_extract_end(&e, NULL);
	directory_extract_begin(&e, take, &s);
	e.headed = true;
	e.lines = LIMIT_DIRECTORY_LINES;
	assert_int_equal(directory_extract_feed(&e, BYTES("x\n")), REASON_DIRECTORY_SIZE);
	(void)!directory_extract_end(&e, NULL);
}

static void days(void **state)
{
	static const struct {
		const char *name, *day;
	} rows[] = {
		{"Extraction_Correspondance_MSSante_202611200413.txt", "2026-11-20T04:13:00Z"},
		{"x_202602282359.csv", "2026-02-28T23:59:00Z"}, {"_202611200413.a.txt", NULL}, {"Extraction_202613200413.txt", NULL},
		{"Extraction_20261120041.txt", NULL}, {"Extraction202611200413.txt", NULL}, {"202611200413.txt", NULL}, {"", NULL}, {"_202611200413", "2026-11-20T04:13:00Z"},
		{"extraction-correspondance-mssante.txt", NULL},
	};
	(void)state;

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct instant day = {0}, want = {0};
		bool read = directory_extract_day(bytes_of_text(rows[i].name), &day);
		if (rows[i].day != NULL)
			assert_true(instant_read(bytes_of_text(rows[i].day), &want));
		if (read != (rows[i].day != NULL) || day.us != want.us)
			fail_msg("%s", rows[i].name);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_are_read),
		cmocka_unit_test(files_of_all_sorts),
		cmocka_unit_test(lines_that_are_passed_over),
		cmocka_unit_test(numbers_of_persons),
		cmocka_unit_test(limits),
		cmocka_unit_test(days),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
