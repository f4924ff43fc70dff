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
};
enum { OTHERS = sizeof others / sizeof others[0] };

/* "number A-1", "name A-2", or "" for nobody. */
static const char *judged(struct arena *arena, const char *text)
{
	struct shield_reader *reader = shield_reader_make(arena);
	struct shield_text found;

	shield_read(reader, bytes_of_text(text));
	shield_read_end(reader, &found);
	assert_false(found.cut);
	struct shield_match m = shield_judge(arena, &found, &own, others, OTHERS);
	return m.person == NULL ? "" : arena_printf(arena, "%s %.*s", shield_by_name(m.by), (int)m.person->reference.len, (const char *)m.person->reference.at);
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
		{"ligatures of a typesetter", "LE\xef\xac\x80" "EVRE", ""},
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
		{"the family name alone", "Madame LEFEVRE, née le 31/12/1980", ""},
		{"the first name alone", "Jean-Pierre ROBERT, né le 31/12/1980", ""},
		{"a longer name", "LEFEVRET Jean-Pierre 31/12/1980", ""},
		{"a shorter first name", "LEFEVRE Jean 31/12/1980", ""},
		{"the parts in two sentences", "LEFEVRE adresse son patient au bloc. Chirurgien Jean-Pierre 31/12/1980", ""},
		{"no such day", "LEFEVRE Jean-Pierre 31/11/1980", ""},
		{"a part of a longer figure", "LEFEVRE Jean-Pierre 131/12/1980", ""},
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
	struct arena *arena = arena_create(64u << 20);
	struct buf text = buf_make(1 << 20);

	for (size_t words = 0; words < 3 * SHIELD_NEAR; words++) {
		buf_clear(&text);
		buf_text(&text, "31/12/1980");
		for (size_t i = 0; i < words; i++)
			buf_text(&text, " mot");
		buf_text(&text, " LEFEVRE JEAN-PIERRE");
		buf_u8(&text, 0);
		bool stops = strcmp(judged(arena, (const char *)text.data), "name A-1") == 0;
		assert_int_equal(stops, words + 2 <= SHIELD_NEAR);   /* both parts begin within */
	}
	buf_free(&text);
	arena_destroy(&arena);
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
	assert_null(shield_judge(arena, &found, &own, others, OTHERS).person);
	arena_destroy(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(another_number_stops), cmocka_unit_test(another_name_and_birth_stop), cmocka_unit_test(what_names_nobody_stops_nothing),
		cmocka_unit_test(the_own_patient_stops_nothing), cmocka_unit_test(near_is_near), cmocka_unit_test(bounds_are_told),
		cmocka_unit_test(texts_stand_apart),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
