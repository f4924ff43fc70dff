/* policy/seen_test.c - who could see what: each kind of line, and what is no sight. */
#include "policy/seen.h"
#include "policy/test_world.h"

#define HOUR(n) {(int64_t)(n) * 3600 * 1000000}

static const struct bytes ONE[] = {BYTES_OF("A1")}, BOTH[] = {BYTES_OF("a1"), BYTES_OF("b2")};

/* Two documents, of which the second was withdrawn since. */
static struct dossier two_documents(struct world *w)
{
	struct dossier d = dossier_begin(w->arena, 7, T(REFERENCE));

	d.documents = arena_alloc(w->arena, 2 * sizeof *d.documents);
	d.documents[0] = (struct dossier_document){.shared = true, .filing.document.digest = BYTES("a1")};
	d.documents[1] = (struct dossier_document){.shared = true, .withdrawn = true, .filing.document.digest = BYTES("b2")};
	d.n_documents = 2;
	return d;
}

static const struct seen_mail MAILS[] = {
	{.outbox = 1, .code = MAIL_M10, .party = PARTY_EXPERT, .mailbox = BYTES_OF("un@experts.exemple.fr"), .proof = 2, .at = HOUR(1)},
	{.outbox = 2, .code = MAIL_M13, .party = PARTY_EXPERT, .mailbox = BYTES_OF("un@experts.exemple.fr"), .proof = 3, .at = HOUR(2), .documents = BOTH, .n_documents = 2},
	{.outbox = 3, .code = MAIL_M13C, .party = PARTY_EXPERT, .mailbox = BYTES_OF("UN@experts.exemple.fr"), .proof = 0, .proved = 5, .at = HOUR(3), .documents = ONE, .n_documents = 1},
	{.outbox = 4, .code = MAIL_M18, .party = PARTY_EXPERT, .mailbox = BYTES_OF("Un@experts.exemple.fr"), .proof = 2, .at = HOUR(5)},
	{.outbox = 5, .code = MAIL_M13, .party = PARTY_EXPERT, .mailbox = BYTES_OF("deux@experts.exemple.fr"), .proof = 1, .at = HOUR(4), .documents = ONE, .n_documents = 1},
	{.outbox = 6, .code = MAIL_M21, .party = PARTY_PATIENT, .mailbox = BYTES_OF("p@patient.exemple.fr"), .proof = 2, .proved = 4, .at = HOUR(6), .version = 1},
	{.outbox = 7, .code = MAIL_M30, .party = PARTY_EXPERT, .mailbox = BYTES_OF("deux@experts.exemple.fr"), .proof = 2, .at = HOUR(8), .message = 12},
	{.outbox = 8, .code = MAIL_M21, .party = PARTY_PATIENT, .mailbox = BYTES_OF("atelier@impression.exemple.fr"), .paper = true, .proof = 2, .at = HOUR(9), .version = 2},
};

static const struct dossier_event EVENTS[] = {
	{.kind = EVENT_MAIL_PROOF, .at = HOUR(3), .mail = {.code = MAIL_M21, .party = PARTY_PATIENT, .mailbox = BYTES_OF("p@patient.exemple.fr"), .level = 4}},   /* of an earlier one */
	{.kind = EVENT_MAIL_PROOF, .at = HOUR(7), .mail = {.code = MAIL_M21, .party = PARTY_PATIENT, .mailbox = BYTES_OF("p@patient.exemple.fr"), .level = 3}},
	{.kind = EVENT_MAIL_PROOF, .at = HOUR(10), .mail = {.code = MAIL_M21, .party = PARTY_PATIENT, .mailbox = BYTES_OF("P@patient.exemple.fr"), .level = 4}},
	{.kind = EVENT_CONTACT_MADE, .at = HOUR(11), .actor = BYTES_OF("operator:claire"), .contact = {.party = PARTY_ATTENDING, .means = CONTACT_CALL, .result = CONTACT_REACHED, .code = MAIL_M64}},
	{.kind = EVENT_CONTACT_MADE, .at = HOUR(12), .contact = {.party = PARTY_ATTENDING, .means = CONTACT_CALL, .result = CONTACT_NO_ANSWER}},
	{.kind = EVENT_EXPORTED, .at = HOUR(13), .actor = BYTES_OF("operator:dpo"), .text = {BYTES_OF("patient"), BYTES_OF("")}},
};

static const struct {
	int64_t outbox;
	enum seen_what what;
	size_t document;
	int at, read, erase;   /* hours; 0: not */
	bool withdrawn;
} WANTED[] = {
	{1, SEEN_WORDS, 0, 1, 0, 5, false},
	{2, SEEN_DOCUMENT, 1, 2, 0, 5, false},
	{2, SEEN_DOCUMENT, 2, 2, 0, 5, true},
	{5, SEEN_DOCUMENT, 1, 4, 0, 0, false},
	{4, SEEN_WORDS, 0, 5, 0, 5, false},
	{6, SEEN_REPORT, 0, 6, 10, 0, false},
	{7, SEEN_MESSAGE, 0, 8, 0, 0, false},
	{8, SEEN_REPORT, 0, 9, 0, 0, false},
	{0, SEEN_WORDS, 0, 11, 11, 0, false},
	{0, SEEN_COPY, 0, 13, 0, 0, false},
};

static int64_t hours(struct instant at)
{
	return at.us / SPAN_HOURS(1).us;
}

static void every_line(void **state)
{
	struct world *w = world_make();
	struct dossier d = two_documents(w);
	size_t n;
	const struct seen *seen = seen_list(w->arena, &d, EVENTS, COUNT(EVENTS), MAILS, COUNT(MAILS), &n);
	(void)state;

	assert_int_equal(n, COUNT(WANTED));
	for (size_t i = 0; i < n; i++) {
		if (seen[i].outbox != WANTED[i].outbox || seen[i].what != WANTED[i].what || seen[i].document != WANTED[i].document)
			fail_msg("line %zu: S%lld %s %zu", i, (long long)seen[i].outbox, seen_what_name(seen[i].what), seen[i].document);
		assert_int_equal(hours(seen[i].at), WANTED[i].at);
		assert_int_equal(hours(seen[i].read_at), WANTED[i].read);
		assert_int_equal(hours(seen[i].erase_at), WANTED[i].erase);
		assert_int_equal(seen[i].withdrawn, WANTED[i].withdrawn);
	}
	assert_int_equal(seen[5].version, 1);
	assert_int_equal(seen[5].proof, 4);
	assert_int_equal(seen[1].proof, 3);
	assert_int_equal(seen[6].message, 12);
	assert_true(seen[7].paper);
	assert_true(bytes_equal_text(seen[8].by, "operator:claire") && seen[8].party == PARTY_ATTENDING && seen[8].proof == 5);
	assert_true(bytes_equal_text(seen[9].mailbox, "patient") && bytes_equal_text(seen[9].by, "operator:dpo"));
	world_free(w);
}

/* Who else could see one document: in a mail, in a message that was passed on, in a copy that somebody was handed. */
static void who_else(void **state)
{
	struct world *w = world_make();
	struct dossier d = two_documents(w);
	(void)state;

	d.documents[0].at = (struct instant)HOUR(10);
	d.documents[0].inbox = 12;
	d.documents[0].filing.document.masked_patient = true;
	d.documents[1].at = (struct instant)HOUR(10);
	const struct {
		const char *what;
		struct seen seen;
		bool first, second;
	} lines_of_it[] = {
		{"the document", {.what = SEEN_DOCUMENT, .document = 1}, true, false},
		{"the message that brought it", {.what = SEEN_MESSAGE, .message = 12}, true, false},
		{"another message", {.what = SEEN_MESSAGE, .message = 13}, false, false},
		{"the officer's copy", {.what = SEEN_COPY, .mailbox = BYTES("officer"), .at = HOUR(11)}, true, true},
		{"the officer's copy, before it came", {.what = SEEN_COPY, .mailbox = BYTES("officer"), .at = HOUR(9)}, false, false},
		{"the patient's copy: hidden; and withdrawn since, perhaps not then", {.what = SEEN_COPY, .mailbox = BYTES("patient"), .at = HOUR(11)}, false, true},
		{"the expert's copy", {.what = SEEN_COPY, .mailbox = BYTES("expert"), .at = HOUR(11)}, true, true},
		{"words", {.what = SEEN_WORDS}, false, false},
		{"the report", {.what = SEEN_REPORT, .version = 1}, false, false},
	};
	for (size_t i = 0; i < COUNT(lines_of_it); i++) {
		if (seen_holds(&d, &lines_of_it[i].seen, 1) != lines_of_it[i].first || seen_holds(&d, &lines_of_it[i].seen, 2) != lines_of_it[i].second)
			fail_msg("%s", lines_of_it[i].what);
		assert_false(seen_holds(&d, &lines_of_it[i].seen, 0) || seen_holds(&d, &lines_of_it[i].seen, 3));
	}
	world_free(w);
}

/* What never left was seen by nobody; the same content under two numbers was seen under both. */
static void the_edges(void **state)
{
	struct world *w = world_make();
	struct dossier d = two_documents(w);
	size_t n;
	(void)state;

	seen_list(w->arena, &d, NULL, 0, &MAILS[2], 1, &n);
	assert_int_equal(n, 0);
	seen_list(w->arena, &d, NULL, 0, NULL, 0, &n);
	assert_int_equal(n, 0);
	d.documents[1].filing.document.digest = BYTES("A1");
	const struct seen *seen = seen_list(w->arena, &d, NULL, 0, &MAILS[4], 1, &n);
	assert_int_equal(n, 2);
	assert_true(seen[0].document == 1 && seen[1].document == 2 && seen[1].withdrawn);
	world_free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(every_line), cmocka_unit_test(who_else), cmocka_unit_test(the_edges)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
