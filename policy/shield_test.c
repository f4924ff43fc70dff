/* policy/shield_test.c */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/limits.h"
#include "policy/shield.h"

/* The published test identity, and people made up around it. */
static const struct policy_patient own = {
	.ins = BYTES_OF("279035121518989"), .family_birth = BYTES_OF("PAT-TROIS"), .given_birth_first = BYTES_OF("DOMINIQUE"),
	.given_birth_all = BYTES_OF("DOMINIQUE MARIE-LOUISE"), .birth_time = BYTES_OF("19790328"), .family_used = BYTES_OF("PAT-TROIS")};
static const struct shield_person others[] = {
	{1, BYTES_OF("A-1"), {.ins = BYTES_OF("180127512345642"), .family_birth = BYTES_OF("LEFÈVRE"), .given_birth_first = BYTES_OF("JEAN-PIERRE"),
			      .birth_time = BYTES_OF("19801231"), .family_used = BYTES_OF("LEFÈVRE DU BOIS"), .given_used = BYTES_OF("JEANNOT")}},
	/* a twin of the own patient */
	{2, BYTES_OF("A-2"), {.ins = BYTES_OF("279035121519089"), .family_birth = BYTES_OF("PAT-TROIS"), .given_birth_first = BYTES_OF("MARIE"), .birth_time = BYTES_OF("19790328")}},
	/* a namesake born on the same day */
	{3, BYTES_OF("A-3"), {.ins = BYTES_OF("279036912345678"), .family_birth = BYTES_OF("PAT TROIS"), .given_birth_first = BYTES_OF("DOMINIQUE"), .birth_time = BYTES_OF("19790328")}},
	/* one who is called as a doctor, and born with the own patient */
	{4, BYTES_OF("A-4"), {.ins = BYTES_OF("179032a12345678"), .family_birth = BYTES_OF("MARTIN"), .given_birth_first = BYTES_OF("LUC"), .birth_time = BYTES_OF("197903281200")}},
	/* one of whom the birth date is not known, and another dossier of the own patient */
	{5, BYTES_OF("A-5"), {.ins = BYTES_OF("1"), .family_birth = BYTES_OF("ROUX"), .given_birth_first = BYTES_OF("ANNE")}},
	{6, BYTES_OF("A-6"), {.ins = BYTES_OF("279035121518989"), .family_birth = BYTES_OF("PAT-TROIS"), .given_birth_first = BYTES_OF("DOMINIQUE"), .birth_time = BYTES_OF("19790328")}},
	/* names that a typesetter joins letters of, and one of a single letter */
	{7, BYTES_OF("A-7"), {.ins = BYTES_OF("262075512345678"), .family_birth = BYTES_OF("GRIFFON"), .given_birth_first = BYTES_OF("SOFIA"), .birth_time = BYTES_OF("19620714")}},
	{8, BYTES_OF("A-8"), {.ins = BYTES_OF("155025512345678"), .family_birth = BYTES_OF("O"), .given_birth_first = BYTES_OF("PAUL"), .birth_time = BYTES_OF("19550203")}},
};
enum { OTHERS = sizeof others / sizeof others[0] };

/* "number A-1", "name A-2", both with a comma between, or "" for nobody. */
static const char *told(struct arena *arena, const struct shield_text *text)
{
	struct shield_match list[OTHERS];
	size_t n = shield_judge(arena, text, &own, others, OTHERS, list);
	const char *all = "";

	for (size_t i = 0; i < n; i++)
		all = arena_printf(arena, "%s%s%s %.*s", all, i > 0 ? ", " : "", shield_by_name(list[i].by), (int)list[i].person->reference.len, (const char *)list[i].person->reference.at);
	return all;
}

static const char *judged(struct arena *arena, const char *text)
{
	struct shield_reader *reader = shield_reader_make(arena);
	struct shield_text found;

	shield_read(reader, bytes_of_text(text));
	shield_read_end(reader, &found);
	assert_false(found.cut);
	return told(arena, &found);
}

struct row {
	const char *what, *text, *want;
};

static void expect(const struct row *rows, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct arena *arena = arena_create(64u << 20);
		const char *got = judged(arena, rows[i].text);
		if (strcmp(got, rows[i].want) != 0)
			fail_msg("%s: \"%s\", expected \"%s\"", rows[i].what, got, rows[i].want);
		arena_destroy(&arena);
	}
}
#define EXPECT(rows) expect(rows, sizeof(rows) / sizeof(rows)[0])

static void another_number_stops(void **state)
{
	(void)state;
	static const struct row rows[] = {
		{"in one piece", "INS : 180127512345642.", "number A-1"},
		{"behind letters", "INS180127512345642", "number A-1"},
		{"as on the card", "1 80 12 75 123 456 42", "number A-1"},
		{"without its key", "1801275123456", "number A-1"},
		{"as on the card, without its key", "n° 1 80 12 75 123 456, merci", "number A-1"},
		{"with a wrong key", "180127512345699", "number A-1"},
		{"in other groups, with its key", "18012 75123 45642", "number A-1"},
		{"over two lines", "1801275\r\n12345642", "number A-1"},
		{"no-break spaces", "1\xc2\xa0" "80\xe2\x80\xaf" "12 75 123 456 42", "number A-1"},
		{"points between", "1.80.12.75.123.456.42", "number A-1"},
		{"as a mailbox", "ecrire a 180127512345642@patient.mssante.fr", "number A-1"},
		{"behind an OID", "1.2.250.1.213.1.4.8^180127512345642", "number A-1"},
		{"of Corsica, small", "179032a12345678", "number A-4"},
		{"of Corsica, great", "1 79 03 2A 123 456", "number A-4"},
		{"behind the own one", "279035121518989 180127512345642", "number A-1"},
		{"one digit more", "1801275123456421", ""},
		{"one digit before", "7180127512345642", ""},
		{"one digit other", "180127512345742", ""},
		{"a part of it", "80127512345642", ""},
		{"figures in a table", "18 01 27 51 23 45 64", ""},
		{"a telephone number", "01 80 12 75 12, 34 56 42", ""},
	};
	EXPECT(rows);
}

static void another_name_and_birth_stop(void **state)
{
	(void)state;
	static const struct row rows[] = {
		{"as a form tells it", "Nom : LEFEVRE\nPrénom : Jean-Pierre\nNé le : 31/12/1980", "name A-1"},
		{"in a sentence", "Monsieur Jean Pierre Lefèvre, né le 31 décembre 1980, souffre", "name A-1"},
		{"the name in use", "LEFÈVRE du BOIS Jeannot 31.12.1980", "name A-1"},
		{"accents apart, one word", "Lefe\xcc\x80vre Jeanpierre (1980-12-31)", "name A-1"},
		{"first name before", "31/12/1980 JEAN PIERRE LEFEVRE", "name A-1"},
		{"cut at the end of a line", "Jean-\nPierre LEFEVRE 31-12-1980", "name A-1"},
		{"as HL7 writes", "LEFEVRE^JEAN-PIERRE^^^M 19801231", "name A-1"},
		{"with an hour", "LEFEVRE JEAN-PIERRE 198012310830", "name A-1"},
		{"day first, in one piece", "LEFEVRE JEAN-PIERRE 31121980", "name A-1"},
		{"blanks between", "LEFEVRE JEAN-PIERRE 31 12 1980", "name A-1"},
		{"blanks and strokes", "LEFEVRE JEAN-PIERRE 31 / 12 / 1980", "name A-1"},
		{"a year of two digits", "LEFEVRE JEAN-PIERRE 31/12/80", "name A-1"},
		{"a short month", "LEFEVRE JEAN-PIERRE 31 déc. 1980", "name A-1"},
		{"in English", "Jean-Pierre LEFEVRE, born December 31, 1980", "name A-1"},
		{"a second first name between", "LEFEVRE Paul Jean-Pierre 31/12/1980", "name A-1"},
		{"labels between", "Nom de naissance : LEFEVRE  Prénom(s) de naissance : JEAN-PIERRE  Date : 31/12/1980", "name A-1"},
		{"even behind a doctor's title", "le Dr Jean-Pierre Lefèvre, né le 31/12/1980", "name A-1"},
		{"beside the own patient", "PAT-TROIS Dominique 28/03/1979 et LEFEVRE Jean-Pierre 31/12/1980", "name A-1"},
		{"ligatures of a typesetter", "GRI\xef\xac\x80ON So\xef\xac\x81" "a 14/07/1962", "name A-7"},
		{"a sentence's end behind the date", "LEFEVRE Jean-Pierre, né le 31.12.1980. 2 enfants", "name A-1"},
		{"a dash and an age behind it", "LEFEVRE Jean-Pierre, né le 31-12-1980 - 45 ans", "name A-1"},
		{"a stroke and an age behind it", "LEFEVRE Jean-Pierre 31/12/1980 / 45 ans", "name A-1"},
		{"a number in a list before it", "LEFEVRE Jean-Pierre 1. 31.12.1980", "name A-1"},
		{"three first names before", "Jean-Pierre Paul Marie Louis LEFEVRE 31/12/1980", "name A-1"},
		{"a name of one letter", "Monsieur Paul O, né le 3 février 1955", "name A-8"},
		{"a civility and the family name", "Madame LEFEVRE, née le 31/12/1980, consulte", "name A-1"},
		{"the same in short", "M. Lefèvre (31/12/1980)", "name A-1"},
		{"the same behind the date", "31/12/1980 : Mme LEFEVRE", "name A-1"},
		{"two others", "LEFEVRE Jean-Pierre 31/12/1980 ; comparer à Sofia GRIFFON 14/07/1962", "name A-1, name A-7"},
		{"two others, one by number", "LEFEVRE Jean-Pierre 31/12/1980, INS 179032A12345678", "name A-1, number A-4"},
	};
	EXPECT(rows);
}

static void what_names_nobody_stops_nothing(void **state)
{
	(void)state;
	static const struct row rows[] = {
		{"nothing", "", ""},
		{"the name alone: it may be a doctor", "Dr Jean-Pierre LEFEVRE", ""},
		{"the birth date alone", "examen du 31/12/1980", ""},
		{"another birth date", "Jean-Pierre LEFEVRE, né le 30/12/1980", ""},
		{"the family name alone", "LEFEVRE, né le 31/12/1980", ""},
		{"behind a doctor's title", "Dr LEFEVRE, le 31/12/1980", ""},
		{"behind a civility, with another first name", "Mme Anne LEFEVRE, née le 31/12/1980", ""},
		{"behind a civility, far from the date", "Mme LEFEVRE un deux trois quatre cinq six sept 31/12/1980", ""},
		{"four first names before", "Jean-Pierre Paul Marie Louis Anne LEFEVRE 31/12/1980", ""},
		{"the first name alone", "Jean-Pierre ROBERT, né le 31/12/1980", ""},
		{"a longer name", "LEFEVRET Jean-Pierre 31/12/1980", ""},
		{"a shorter first name", "LEFEVRE Jean 31/12/1980", ""},
		{"the parts in two sentences", "LEFEVRE adresse son patient au bloc. Chirurgien Jean-Pierre 31/12/1980", ""},
		{"no such day", "LEFEVRE Jean-Pierre 31/11/1980", ""},
		{"a part of a longer figure", "LEFEVRE Jean-Pierre 131/12/1980", ""},
		{"part of a chain of figures", "LEFEVRE Jean-Pierre 31.12.1980.2", ""},
		{"part of an OID", "LEFEVRE JEAN-PIERRE 1.2.250.31.12.1980.4", ""},
		{"who has no birth date", "Anne ROUX", ""},
	};
	EXPECT(rows);
}

static void the_own_patient_stops_nothing(void **state)
{
	(void)state;
	static const struct row rows[] = {
		{"the number", "279035121518989", ""},
		{"the number on the card", "2 79 03 51 215 189 89", ""},
		{"name and birth date, which a namesake has too", "PAT-TROIS Dominique, née le 28/03/1979", ""},
		{"all first names, one of which a twin has", "PAT-TROIS DOMINIQUE MARIE-LOUISE 28 mars 1979", ""},
		{"the namesake's number", "PAT-TROIS Dominique 28/03/1979 INS 279036912345678", "number A-3"},
		{"the twin's name beside", "PAT-TROIS Dominique, née le 28/03/1979, et sa jumelle Marie PAT-TROIS", "name A-2"},
		{"behind a civility", "Mme PAT-TROIS, née le 28/03/1979", ""},
		{"another one behind a civility, born on the same day", "PAT-TROIS Dominique 28/03/1979, voisine de Mme MARTIN", "name A-4"},
		{"a doctor of another one's name", "PAT-TROIS Dominique 28/03/1979 Médecin : Dr Luc MARTIN", ""},
		{"the same behind another title", "PAT-TROIS Dominique 28/03/1979 Pr MARTIN Luc", ""},
		{"the same without a title", "PAT-TROIS Dominique 28/03/1979 LUC MARTIN", "name A-4"},
	};
	EXPECT(rows);
}

/* A name far from the date belongs to something else. */
static void near_is_near(void **state)
{
	(void)state;
	struct buf text = buf_make(1 << 20);

	for (size_t words = 0; words < 3 * SHIELD_NEAR; words++) {
		struct arena *arena = arena_create(64u << 20);
		buf_clear(&text);
		buf_text(&text, "31/12/1980");
		for (size_t i = 0; i < words; i++)
			buf_text(&text, " mot");
		buf_text(&text, " LEFEVRE JEAN-PIERRE");
		buf_u8(&text, 0);
		bool stops = strcmp(judged(arena, (const char *)text.data), "name A-1") == 0;
		assert_int_equal(stops, words + 2 <= SHIELD_NEAR);   /* both parts begin within */
		arena_destroy(&arena);
	}
	buf_free(&text);
}

/* What is left out is told. */
static void bounds_are_told(void **state)
{
	(void)state;
	static const struct {
		const char *what, *piece;
		size_t times;
		bool cut;
	} rows[] = {
		{"numbers up to the bound", "%", SHIELD_NUMBERS, false}, {"one more", "%", SHIELD_NUMBERS + 1, true},
		{"the same number", "279035121518989 ", 100000, false},         {"dates up to the bound", "1/1/1980 mot ", SHIELD_DATES, false},
		{"a date more", "1/1/1980 mot ", SHIELD_DATES + 1, true},       {"more words", "1/1/1980 un deux trois quatre cinq six sept huit neuf dix un deux trois quatre cinq six sept huit neuf dix un deux trois quatre cinq six sept ", SHIELD_DATES, true},
		{"a text up to the bound", "abc ", LIMIT_SHIELD_TEXT / 4, false}, {"one byte more", "abc ", LIMIT_SHIELD_TEXT / 4 + 1, true},
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct arena *arena = arena_create(256u << 20);
		struct buf text = buf_make(8u << 20);
		struct shield_reader *reader = shield_reader_make(arena);
		struct shield_text found;
		for (size_t k = 0; k < rows[i].times; k++) {
			const char *number = strstr(rows[i].piece, "%");
			if (number != NULL)
				buf_printf(&text, "2%012zu00 ", k);
			else
				buf_text(&text, rows[i].piece);
		}
		shield_read(reader, buf_bytes(&text));
		shield_read_end(reader, &found);
		if (found.cut != rows[i].cut)
			fail_msg("%s: %zu numbers, %zu passages", rows[i].what, found.n_numbers, found.n_passages);
		buf_free(&text);
		arena_destroy(&arena);
	}
}

/* Texts do not run into one another. */
static void texts_stand_apart(void **state)
{
	(void)state;
	struct arena *arena = arena_create(64u << 20);
	struct shield_reader *reader = shield_reader_make(arena);
	struct shield_text found;

	shield_read(reader, BYTES("LEFEVRE JEAN-PIERRE 1801275"));
	shield_read(reader, BYTES("12345642 31/12/1980"));
	shield_read_end(reader, &found);
	assert_string_equal(told(arena, &found), "");
	arena_destroy(&arena);
}

/* Pages of measurements, dated line by line, are read whole, and whoever stands in them is found. */
static void tables_of_figures_are_read(void **state)
{
	(void)state;
	struct arena *arena = arena_create(256u << 20);
	struct buf text = buf_make(LIMIT_SHIELD_TEXT);
	uint32_t random = 1;

	for (size_t line = 0; line < 10000; line++) {
		buf_printf(&text, "%02zu/%02zu/20%02zu %02zu:%02zu", line % 28 + 1, line % 12 + 1, line % 26, line % 24, line % 60);
		for (size_t i = 0; i < 12; i++) {
			random = random * 1664525u + 1013904223u;
			buf_printf(&text, i % 3 == 0 ? " %u.%u" : " %u%u", (random >> 20) % 1000, (random >> 10) % 1000);
		}
		buf_text(&text, line == 9000 ? " LEFEVRE Jean-Pierre 31/12/1980\n" : " mmol/L\n");
	}
	buf_u8(&text, 0);
	assert_true(buf_ok(&text));
	assert_string_equal(judged(arena, (const char *)text.data), "name A-1");
	buf_free(&text);
	arena_destroy(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(another_number_stops), cmocka_unit_test(another_name_and_birth_stop), cmocka_unit_test(what_names_nobody_stops_nothing),
		cmocka_unit_test(the_own_patient_stops_nothing), cmocka_unit_test(near_is_near), cmocka_unit_test(bounds_are_told),
		cmocka_unit_test(texts_stand_apart), cmocka_unit_test(tables_of_figures_are_read),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
