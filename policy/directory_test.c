/* policy/directory_test.c - who may be written to, and which mailbox is chosen. */
#include "policy/test_world.h"

#include "policy/directory.h"

#define GARNIER "10101010101"
#define LEMOINE "10202020202"
#define VIEUX   "10303030303"

static const struct directory_entry ENTRIES[] = {
	{.address = BYTES_OF("dr.garnier@medecin.exemple.fr"), .kind = DIRECTORY_PERSONAL, .person = BYTES_OF(GARNIER), .structure = BYTES_OF("3123"),
	 .family = BYTES_OF("GARNIER-LÉVÊQUE"), .given = BYTES_OF("Anne")},
	{.address = BYTES_OF("cabinet@centre.exemple.fr"), .kind = DIRECTORY_PRACTICE, .person = BYTES_OF(GARNIER), .structure = BYTES_OF("3123"),
	 .family = BYTES_OF("GARNIER-LÉVÊQUE"), .given = BYTES_OF("Anne")},
	{.address = BYTES_OF("service@centre.exemple.fr"), .kind = DIRECTORY_ORGANISATION, .structure = BYTES_OF("3123")},
	{.address = BYTES_OF("autre@hopital.exemple.fr"), .kind = DIRECTORY_ORGANISATION, .structure = BYTES_OF("1999")},
	{.address = BYTES_OF("machine@centre.exemple.fr"), .kind = DIRECTORY_APPLICATION, .structure = BYTES_OF("3123")},
	{.address = BYTES_OF("dr.lemoine@medecin.exemple.fr"), .kind = DIRECTORY_PERSONAL, .person = BYTES_OF(LEMOINE), .family = BYTES_OF("LEMOINE"),
	 .given = BYTES_OF("Œdipe")},
	{.address = BYTES_OF("dr.vieux@medecin.exemple.fr"), .kind = DIRECTORY_PERSONAL, .person = BYTES_OF(VIEUX), .structure = BYTES_OF("1999"),
	 .family = BYTES_OF("VIEUX"), .given = BYTES_OF("Paul"), .old = true},
	{.address = BYTES_OF("ancien.service@centre.exemple.fr"), .kind = DIRECTORY_ORGANISATION, .structure = BYTES_OF("3123"), .old = true},
};
static const struct directory_confirmation CONFIRMED[] = {
	{BYTES_OF("vu@centre.exemple.fr"), BYTES_OF(GARNIER)},
	{BYTES_OF("tous@centre.exemple.fr"), {NULL, 0}},
};
static const struct directory_end ENDED[] = {{BYTES_OF("ancien@centre.exemple.fr"), BYTES_OF(GARNIER)}};
static const struct directory ALL = {.used = true, .entries = ENTRIES, .n_entries = COUNT(ENTRIES), .confirmations = CONFIRMED,
				     .n_confirmations = COUNT(CONFIRMED), .ends = ENDED, .n_ends = COUNT(ENDED)};

static void who_may_be_written_to(void **state)
{
	static const struct {
		const char *what, *rpps, *name, *mailbox;
		bool registered;
		enum reason reason;
	} rows[] = {
		{"his own mailbox", GARNIER, "", "dr.garnier@medecin.exemple.fr", false, REASON_NONE},
		{"his own, in capitals", GARNIER, "", "Dr.Garnier@Medecin.Exemple.FR", false, REASON_NONE},
		{"his own, by the number with its 8", "8" GARNIER, "", "dr.garnier@medecin.exemple.fr", false, REASON_NONE},
		{"his practice's", GARNIER, "", "cabinet@centre.exemple.fr", false, REASON_NONE},
		{"the service where he works", GARNIER, "", "service@centre.exemple.fr", false, REASON_NONE},
		{"a service where he does not work", GARNIER, "", "autre@hopital.exemple.fr", false, REASON_DIRECTORY_UNKNOWN},
		{"a software's", GARNIER, "", "machine@centre.exemple.fr", false, REASON_DIRECTORY_UNKNOWN},
		{"another person's", LEMOINE, "", "dr.garnier@medecin.exemple.fr", false, REASON_DIRECTORY_UNKNOWN},
		{"another person's, whose name he bears", LEMOINE, "Dr Anne Garnier-Lévêque", "dr.garnier@medecin.exemple.fr", false, REASON_DIRECTORY_UNKNOWN},
		{"nobody's", GARNIER, "", "inconnu@medecin.exemple.fr", false, REASON_DIRECTORY_UNKNOWN},
		{"none", GARNIER, "", "", true, REASON_DIRECTORY_UNKNOWN},
		{"confirmed for him", GARNIER, "", "vu@centre.exemple.fr", false, REASON_NONE},
		{"confirmed for another", LEMOINE, "", "vu@centre.exemple.fr", false, REASON_DIRECTORY_UNKNOWN},
		{"confirmed for whoever has it", LEMOINE, "", "tous@centre.exemple.fr", false, REASON_NONE},
		{"ended", GARNIER, "", "ancien@centre.exemple.fr", false, REASON_DIRECTORY_ENDED},
		{"ended, an expert's", GARNIER, "", "ancien@centre.exemple.fr", true, REASON_DIRECTORY_ENDED},
		{"ended for another, an expert's", LEMOINE, "", "ancien@centre.exemple.fr", true, REASON_NONE},
		{"an expert's that no directory knows", LEMOINE, "", "inconnu@medecin.exemple.fr", true, REASON_NONE},
		{"by name alone", "", "Docteur Anne GARNIER LEVEQUE", "dr.garnier@medecin.exemple.fr", false, REASON_NONE},
		{"by name, two signs in one", "", "M. OEDIPE LEMOINE", "dr.lemoine@medecin.exemple.fr", false, REASON_NONE},
		{"by name, half of it", "", "Dr Anne Garnier", "dr.garnier@medecin.exemple.fr", false, REASON_DIRECTORY_UNKNOWN},
		{"by name, without the given one", "", "Dr Garnier-Lévêque", "dr.garnier@medecin.exemple.fr", false, REASON_DIRECTORY_UNKNOWN},
		{"by name, another given one", "", "Dr Jeanne Garnier-Lévêque", "dr.garnier@medecin.exemple.fr", false, REASON_DIRECTORY_UNKNOWN},
		{"by name, a service", "", "Dr Anne Garnier-Lévêque", "service@centre.exemple.fr", false, REASON_DIRECTORY_UNKNOWN},
		{"by a line of an old extract", VIEUX, "", "dr.vieux@medecin.exemple.fr", false, REASON_DIRECTORY_OLD},
		{"by an old line and his name", "", "Dr Paul Vieux", "dr.vieux@medecin.exemple.fr", false, REASON_DIRECTORY_OLD},
		{"an expert's, by an old line", VIEUX, "", "dr.vieux@medecin.exemple.fr", true, REASON_NONE},
		{"another's, by an old line", GARNIER, "", "dr.vieux@medecin.exemple.fr", false, REASON_DIRECTORY_UNKNOWN},
		{"a service of an old line", GARNIER, "", "ancien.service@centre.exemple.fr", false, REASON_DIRECTORY_OLD},
		{"a service where he worked by an old line", VIEUX, "", "autre@hopital.exemple.fr", false, REASON_DIRECTORY_OLD},
		{"nothing but a mailbox", "", "", "dr.garnier@medecin.exemple.fr", false, REASON_DIRECTORY_UNKNOWN},
	};
	struct directory unused = ALL;
	(void)state;

	unused.used = false;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct directory_person p = {T(rows[i].rpps), T(rows[i].name), T(rows[i].mailbox), rows[i].registered};
		if (directory_check(&ALL, &p) != rows[i].reason)
			fail_msg("%s: %s", rows[i].what, reason_code(directory_check(&ALL, &p)));
		assert_int_equal(directory_check(NULL, &p), REASON_NONE);
		assert_int_equal(directory_check(&unused, &p), REASON_NONE);
	}
}

static struct directory_entry box(const char *address, enum directory_kind kind, unsigned rank, bool preferred)
{
	return (struct directory_entry){.address = T(address), .kind = kind, .person = BYTES(GARNIER), .rank = rank, .preferred = preferred};
}

static void which_is_chosen(void **state)
{
	struct directory_entry red = box("rouge@m.fr", DIRECTORY_PERSONAL, 1, true), bad = box("pas une adresse", DIRECTORY_PERSONAL, 0, false);
	struct directory_entry other = box("b@m.fr", DIRECTORY_PERSONAL, 0, false), old = box("vieille@m.fr", DIRECTORY_PERSONAL, 1, true);
	red.red = true;
	other.person = BYTES(LEMOINE);
	old.old = true;
	const struct {
		const char *what;
		struct directory_entry entries[3];
		const char *not, *chosen;
		enum reason reason;
	} rows[] = {
		{"nothing", {{.kind = DIRECTORY_OTHER}}, "", "", REASON_DIRECTORY_NONE},
		{"the only one", {box("a@m.fr", DIRECTORY_PERSONAL, 0, false)}, "", "a@m.fr", REASON_NONE},
		{"the same on two lines", {box("a@m.fr", DIRECTORY_PERSONAL, 0, false), box("A@m.fr", DIRECTORY_PERSONAL, 0, false)}, "", "a@m.fr", REASON_NONE},
		{"two", {box("a@m.fr", DIRECTORY_PERSONAL, 0, false), box("b@m.fr", DIRECTORY_PERSONAL, 0, false)}, "", "", REASON_DIRECTORY_SEVERAL},
		{"two, one was tried", {box("a@m.fr", DIRECTORY_PERSONAL, 0, false), box("b@m.fr", DIRECTORY_PERSONAL, 0, false)}, "A@M.FR", "b@m.fr", REASON_NONE},
		{"his first choice", {box("a@m.fr", DIRECTORY_PERSONAL, 2, false), box("b@m.fr", DIRECTORY_PERSONAL, 1, false)}, "", "b@m.fr", REASON_NONE},
		{"a choice and none", {box("a@m.fr", DIRECTORY_PERSONAL, 0, false), box("b@m.fr", DIRECTORY_PERSONAL, 3, false)}, "", "b@m.fr", REASON_NONE},
		{"two first choices", {box("a@m.fr", DIRECTORY_PERSONAL, 1, false), box("b@m.fr", DIRECTORY_PERSONAL, 1, false)}, "", "", REASON_DIRECTORY_SEVERAL},
		{"ours before his", {box("a@m.fr", DIRECTORY_PERSONAL, 1, false), box("b@m.fr", DIRECTORY_PERSONAL, 2, true)}, "", "b@m.fr", REASON_NONE},
		{"three, the best comes last", {box("a@m.fr", DIRECTORY_PERSONAL, 0, false), box("b@m.fr", DIRECTORY_PERSONAL, 0, false),
		 box("c@m.fr", DIRECTORY_PRACTICE, 1, false)}, "", "c@m.fr", REASON_NONE},
		{"a service's is never chosen", {box("a@m.fr", DIRECTORY_ORGANISATION, 1, true)}, "", "", REASON_DIRECTORY_NONE},
		{"nor a software's", {box("a@m.fr", DIRECTORY_APPLICATION, 1, true)}, "", "", REASON_DIRECTORY_NONE},
		{"nor one on the red list", {red, box("b@m.fr", DIRECTORY_PERSONAL, 0, false)}, "", "b@m.fr", REASON_NONE},
		{"nor what is no address", {bad}, "", "", REASON_DIRECTORY_NONE},
		{"nor by an old line", {old}, "", "", REASON_DIRECTORY_OLD},
		{"an old line and one that is not", {old, box("b@m.fr", DIRECTORY_PERSONAL, 0, false)}, "", "b@m.fr", REASON_NONE},
		{"nor another's", {other}, "", "", REASON_DIRECTORY_NONE},
	};
	(void)state;

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct directory d = {.used = true, .entries = rows[i].entries, .n_entries = 3};
		struct bytes not = T(rows[i].not), out;
		enum reason reason = directory_choose(&d, BYTES("8" GARNIER), &not, 1, &out);
		if (reason != rows[i].reason || !bytes_equal(out, T(rows[i].chosen)))
			fail_msg("%s: %s %.*s", rows[i].what, reason_code(reason), (int)out.len, (const char *)out.at);
		assert_int_equal(directory_choose(&d, BYTES_NONE, NULL, 0, &out), REASON_DIRECTORY_NONE);
	}
	struct bytes out;
	assert_int_equal(directory_choose(NULL, BYTES(GARNIER), NULL, 0, &out), REASON_DIRECTORY_NONE);
}

static void plain_letters(void **state)
{
	static const char *const rows[][2] = {
		{"", ""}, {"  ", ""}, {"D'ÉTÉ-Œuvre", "d ete oeuvre"}, {"ÀÉÎÕÜ ÇÑ ÿ", "aeiou cn y"}, {"Straße", "strase"}, {"李 A", "__ a"}, {"SAINT  CYR\t2", "saint cyr 2"},
	};
	unsigned char out[32];
	(void)state;

	for (size_t i = 0; i < COUNT(rows); i++) {
		size_t n = directory_plain(T(rows[i][0]), out, sizeof out);
		if (!bytes_equal((struct bytes){out, n}, T(rows[i][1])))
			fail_msg("%s: %.*s", rows[i][0], (int)n, (const char *)out);
	}
	assert_int_equal(directory_plain(BYTES("abcdef ghi"), out, 4), 4);
}

static void kinds(void **state)
{
	(void)state;
	assert_int_equal(directory_kind_of_name(BYTES("PER")), DIRECTORY_PERSONAL);
	assert_int_equal(directory_kind_of_name(BYTES("CAB")), DIRECTORY_PRACTICE);
	assert_int_equal(directory_kind_of_name(BYTES("ORG")), DIRECTORY_ORGANISATION);
	assert_int_equal(directory_kind_of_name(BYTES("APP")), DIRECTORY_APPLICATION);
	assert_int_equal(directory_kind_of_name(BYTES("per")), DIRECTORY_OTHER);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_may_be_written_to),
		cmocka_unit_test(which_is_chosen),
		cmocka_unit_test(plain_letters),
		cmocka_unit_test(kinds),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
