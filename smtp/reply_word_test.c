/* smtp/reply_word_test.c - what people write back to an offer, and what is made of it. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/fold.h"
#include "smtp/reply_date.h"
#include "smtp/reply_word.h"

static const struct row {
	const char *what, *text;
	enum reply_word word;
	struct date until;
} rows[] = {
	{"the word itself", "ACCEPTE", REPLY_ACCEPT, {0}},
	{"with a full stop", "Accepte.", REPLY_ACCEPT, {0}},
	{"a sentence", "Bonjour,\n\nJ'accepte ce dossier.\n\nCordialement\nDr X", REPLY_ACCEPT, {0}},
	{"typographic apostrophe", "J\xe2\x80\x99" "accepte", REPLY_ACCEPT, {0}},
	{"greeting on the same line", "Bonjour, oui j'accepte", REPLY_ACCEPT, {0}},
	{"ok", "ok", REPLY_ACCEPT, {0}},
	{"it is ok for me", "C'est ok pour moi", REPLY_ACCEPT, {0}},
	{"yes", "Oui, volontiers", REPLY_ACCEPT, {0}},
	{"English", "I accept", REPLY_ACCEPT, {0}},
	{"accepts without trouble", "J'accepte, pas de probl\xc3\xa8me", REPLY_ACCEPT, {0}},
	{"accepts, without a conflict", "J'accepte. Aucun conflit d'int\xc3\xa9r\xc3\xaats.", REPLY_ACCEPT, {0}},
	{"accepts, no conflict", "ACCEPTE\nPas de conflit", REPLY_ACCEPT, {0}},
	{"a denial in another sentence", "J'accepte. Je ne r\xc3\xa9ponds pas avant mardi.", REPLY_ACCEPT, {0}},
	{"starred", "**ACCEPTE**", REPLY_ACCEPT, {0}},
	{"quoted lines are not his words", "> ACCEPTE ou REFUSE\nACCEPTE", REPLY_ACCEPT, {0}},
	{"refuses", "REFUSE trop de dossiers", REPLY_REFUSE, {0}},
	{"I refuse", "Bonjour,\nJe refuse.", REPLY_REFUSE, {0}},
	{"no", "Non, merci", REPLY_REFUSE, {0}},
	{"English no", "No thank you", REPLY_REFUSE, {0}},
	{"decline", "I decline", REPLY_REFUSE, {0}},
	{"does not accept", "Je n'accepte pas", REPLY_REFUSE, {0}},
	{"cannot accept", "Je ne peux pas accepter ce dossier", REPLY_REFUSE, {0}},
	{"cannot accept, English", "I cannot accept", REPLY_REFUSE, {0}},
	{"not in agreement", "Pas d'accord", REPLY_REFUSE, {0}},
	{"no, I do not accept", "Non, je n'accepte pas", REPLY_REFUSE, {0}},
	{"conflict", "CONFLIT", REPLY_CONFLICT, {0}},
	{"refuses for a conflict", "Je refuse : conflit d'int\xc3\xa9r\xc3\xaats", REPLY_CONFLICT, {0}},
	{"absent until", "ABSENT jusqu'au 20/03", REPLY_ABSENT, {2027, 3, 20}},
	{"absent from to", "Absent du 3 au 20/12", REPLY_ABSENT, {2026, 12, 20}},
	{"absent, month in words", "Je suis absente jusqu'au 5 janvier 2027", REPLY_ABSENT, {2027, 1, 5}},
	{"absent, first of the month", "absent jusqu'au 1er f\xc3\xa9vrier", REPLY_ABSENT, {2027, 2, 1}},
	{"absent, no date", "Je suis en cong\xc3\xa9s", REPLY_ABSENT, {0}},
	{"absent, a date gone by", "absent jusqu'au 20/03/2020", REPLY_ABSENT, {0}},
	{"away, English", "I am away until March 20, 2027", REPLY_ABSENT, {2027, 3, 20}},
	{"refuses since absent", "REFUSE, absent jusqu'au 30/11", REPLY_REFUSE, {2026, 11, 30}},
	{"both words", "ACCEPTE / REFUSE", REPLY_UNCLEAR, {0}},
	{"accepts and refuses", "J'accepte\nJe refuse", REPLY_UNCLEAR, {0}},
	{"does not refuse", "Je ne refuse pas", REPLY_UNCLEAR, {0}},
	{"on a condition", "J'accepte si le d\xc3\xa9lai est prolong\xc3\xa9", REPLY_UNCLEAR, {0}},
	{"yes but not", "Oui mais pas avant le 20", REPLY_UNCLEAR, {0}},
	{"asks", "J'accepte ?", REPLY_UNCLEAR, {0}},
	{"somebody else accepts", "Le patient accepte l'intervention", REPLY_UNCLEAR, {0}},
	{"accepts and is absent", "J'accepte mais je suis absent jusqu'au 20/12", REPLY_UNCLEAR, {0}},
	{"not absent, accepts", "Je ne suis pas absent. J'accepte.", REPLY_ACCEPT, {0}},
	{"nothing", "", REPLY_NONE, {0}},
	{"thanks only", "Bien re\xc3\xa7u.", REPLY_NONE, {0}},
	{"too far down", "Voici\nune\nlettre\nlongue\nj'accepte", REPLY_NONE, {0}},
	{"only a quote", "> ACCEPTE", REPLY_NONE, {0}},
	{"a word within a word", "inacceptable", REPLY_NONE, {0}},
};

static void words_are_read(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct arena *arena = arena_create(1 << 20);
		struct reply reply;
		reply_word_read(arena, bytes_of_text(rows[i].text), (struct date){2026, 11, 21}, &reply);
		if (reply.word != rows[i].word)
			fail_msg("%s: got %s", rows[i].what, reply_word_name(reply.word));
		if (reply.has_until != (rows[i].until.year != 0))
			fail_msg("%s: date %s", rows[i].what, reply.has_until ? "read" : "not read");
		if (reply.has_until && date_days(reply.until) != date_days(rows[i].until))
			fail_msg("%s: %d-%d-%d", rows[i].what, reply.until.year, reply.until.month, reply.until.day);
		arena_destroy(&arena);
	}
}

static const struct dated {
	const char *what, *text;
	struct date written, day;
} dated[] = {
	{"day and month", "20/03", {2026, 3, 1}, {2026, 3, 20}},
	{"the same day", "20/03", {2026, 3, 20}, {2026, 3, 20}},
	{"gone by this year", "19/03", {2026, 3, 20}, {2027, 3, 19}},
	{"no year known", "20/03", {0, 0, 0}, {0, 0, 0}},
	{"year of two digits", "20.03.27", {0, 0, 0}, {2027, 3, 20}},
	{"ISO", "until 2026-04-05", {0, 0, 0}, {2026, 4, 5}},
	{"the last one counts", "du 01/04/2026 au 05/04/2026", {0, 0, 0}, {2026, 4, 5}},
	{"no such day", "31/02/2026", {0, 0, 0}, {0, 0, 0}},
	{"leap day", "29/02/2028", {0, 0, 0}, {2028, 2, 29}},
	{"no leap day", "29/02/2026", {0, 0, 0}, {0, 0, 0}},
	{"a telephone number", "06 12 34 56 78", {2026, 1, 1}, {0, 0, 0}},
	{"a dossier number", "a-2026-000123-kq", {2026, 1, 1}, {0, 0, 0}},
	{"English ordinal", "20th of march", {2026, 1, 1}, {2026, 3, 20}},
};

/* The last day of a text, wherever it stands. */
static bool last_day(struct bytes text, struct date written, struct date *out)
{
	bool found = false;
	for (size_t at = 0; at < text.len;) {
		bool inside = at > 0 && ((text.at[at - 1] >= 'a' && text.at[at - 1] <= 'z') || (text.at[at - 1] >= '0' && text.at[at - 1] <= '9'));
		struct reply_day day = inside ? (struct reply_day){.len = 0} : reply_day_take(bytes_from(text, at), written, false);
		if (day.len > 0 && reply_day_complete(&day.date, written)) {
			*out = day.date;
			found = true;
		}
		at += day.len > 0 ? day.len : 1;
	}
	return found;
}

static void days_are_read(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(dated) / sizeof(dated[0]); i++) {
		struct date day = {0};
		bool found = last_day(bytes_of_text(dated[i].text), dated[i].written, &day);
		if (found != (dated[i].day.year != 0) || day.year != dated[i].day.year || day.month != dated[i].day.month ||
		    day.day != dated[i].day.day)
			fail_msg("%s: %d %d-%d-%d", dated[i].what, found, day.year, day.month, day.day);
	}
}

static void folding_takes_accents_away(void **state)
{
	struct arena *arena = arena_create(1 << 16);
	(void)state;
	struct bytes folded = fold_text(arena, BYTES("\xc3\x89l\xc3\xa8ve \xe2\x80\x99 e\xcc\x81 \xc5\x93uf\xc2\xa0\xc5\x82 \xff"));
	assert_true(bytes_equal(folded, BYTES("eleve ' e oeuf l \xff")));
	arena_destroy(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_are_read),
		cmocka_unit_test(days_are_read),
		cmocka_unit_test(folding_takes_accents_away),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
