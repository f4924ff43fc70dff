/* gateway/event_json_test.c - what is written of an event reads back to the same, for every shape; and rules are refused by name. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "gateway/event_json.h"
#include "gateway/json_view.h"
#include "gateway/rules_json.h"

static struct bytes B(const char *text)
{
	return bytes_of_text(text);
}

static const struct policy_answer answers[] = {
	{.question = BYTES_OF("question.1"), .text = BYTES_OF("Question"), .value = BYTES_OF("Où ?")}, {.question = BYTES_OF("x"), .value = BYTES_OF("1")},
	{.question = BYTES_OF("w"), .value = BYTES_OF("61.5"), .kind = POLICY_ANSWER_NUMBER, .unit = BYTES_OF("kg"), .section = BYTES_OF("Mesures")},
	{.question = BYTES_OF("c"), .value = BYTES_OF("A1"), .kind = POLICY_ANSWER_CHOICE, .label = BYTES_OF("Oui")},
	{.question = BYTES_OF("n"), .kind = POLICY_ANSWER_SLIDER, .null = BYTES_OF("declined")},
};
static const struct policy_author authors[] = {{BYTES_OF("8012"), BYTES_OF("Dr A"), BYTES_OF("1750000018"), BYTES_OF("CHU")}};

static const struct policy_form_answer form_answers[] = {{1, BYTES_OF("oui")}, {2, BYTES_OF("non")}};
static const struct dossier_annex annexes[] = {{POLICY_KIND_PDF, BYTES_OF("a.pdf"), BYTES_OF("d1"), {NULL, 0}, BYTES_OF("Schéma"), 12, 0},
					       {POLICY_KIND_CDA, BYTES_OF("b.xml"), BYTES_OF("d2"), BYTES_OF("85208-7"), {NULL, 0}, 99, 0}};

static struct dossier_event sample(enum dossier_event_kind kind)
{
	struct dossier_event e = {.kind = kind};
	struct policy_patient p = {B("279035121518989"), B("1.2.250.1.213.1.4.10"), B("PAT-TROIS"), B("DOMINIQUE"), B("DOMINIQUE MARIE-LOUISE"),
				   B("19790328"), B("F"), B("51215"), B("NOUVEAU"), B("Dominique")};

	switch (dossier_event_data(kind)) {
	case EVENT_DATA_REQUEST:
		e.request = (struct dossier_request){.patient = p, .mailbox = B("a@b"), .pathology = B("cancer-sein"), .version = B("1"),
			.requester = REQUESTER_PATIENT, .organisation = B("3"), .sender = B("s@t"), .consent_processing = true,
			.attending = {B("Dr G"), B("g@m"), true, SHARE_WHEN_ASKED}, .answers = answers, .n_answers = 5, .unqualified = true, .form = B("1.2^f#2")};
		break;
	case EVENT_DATA_DOCUMENT:
		e.document = (struct dossier_filing){.document = {.kind = POLICY_KIND_CDA, .name = B("a.xml"), .id = B("1.2^3"), .set_id = B("4"), .version = B("2"),
			.replaces = B("1.2^2"), .type = B("18748-4"), .title = B("Écho"), .timed = true, .time = {1000000}, .digest = B("ab"), .size = 77,
			.part_of = B("1.2^9"), .labelled = {B("1.2.250.1.213.1.4.10"), B("279035121518989")},
			.realm_fr = true, .has_patient = true, .patient = p, .authors = authors, .n_authors = 1, .entered_by = B("Inès MARTIN"), .custodian = {B("9"), B("CHU"), B("9"), B("CHU")}},
			.organisation = B("1750000018"), .vouched = true};
		break;
	case EVENT_DATA_OFFER:
		e.offer = (struct dossier_offer_data){.rpps = B("01234567123"), .name = B("Pr M"), .mailbox = B("m@e"), .organisation = B("1"),
						      .word = POLICY_WORD_CONFLICT, .motive = POLICY_MOTIVE_FILE, .until = B("2026-12-01"), .from = B("2026-11-28"),
						      .why = TAKEN_LEAVE, .text = B("parti"), .load = 2, .taken = 3};
		break;
	case EVENT_DATA_OPINION:
		e.opinion = (struct dossier_opinion_data){.rpps = B("01234567123"), .signer = B("01234567222"), .digest = B("cd"), .is_signed = true, .fingerprint = B("ef"), .timed = true,
			.signed_at = {2000000}, .form = {.found = true, .reference = B("A-1"), .answers = form_answers, .n_answers = 2, .opinion = B("avis"),
			.convergence = B("no"), .remark = B("sauf le délai"), .advice = B("faire"), .delay = B("demain"), .summary = B("simple"),
			.interests = B("aucun"), .document = B("ab")}, .annexes = annexes, .n_annexes = 2};
		break;
	case EVENT_DATA_MAIL:
		e.mail = (struct dossier_mail_data){MAIL_M21, PARTY_PATIENT, B("p@q"), 3, REASON_DELIVER_REFUSED, B("5.1.1")};
		break;
	case EVENT_DATA_CONSENT:
		e.consent = (struct dossier_consent_data){PARTY_ATTENDING, true};
		break;
	case EVENT_DATA_RELEASE:
		e.release = (struct dossier_release_data){2, dossier_party_bit(PARTY_PATIENT) | dossier_party_bit(PARTY_FIRST_OPINION),
							  dossier_party_bit(PARTY_ATTENDING)};
		break;
	case EVENT_DATA_CONTACT:
		e.contact = (struct dossier_contact_data){PARTY_PATIENT, CONTACT_LETTER, CONTACT_SIGNED, MAIL_M21, B("1A 000 000 0000 1")};
		break;
	case EVENT_DATA_CHANNEL:
		e.channel = (struct dossier_channel_data){PARTY_PATIENT, CHANNEL_PAPER, B("1 rue des Lilas\n75001 Paris"), B("closed")};
		break;
	case EVENT_DATA_REPRESENTATIVE:
		e.representative = (struct dossier_representative_data){B("r1"), ROLE_GUARDIAN, B("Mme T"), B("t@x.fr"), B("jugement"), true, true,
									{1000000}, {2000000}, true};
		break;
	case EVENT_DATA_TEXT:
		e.text = (struct dossier_text_data){B("id"), B("pourquoi « ça » ?")};
		break;
	case EVENT_DATA_NONE:
		break;
	}
	return e;
}

static void every_event_reads_back(void **state)
{
	struct arena *arena = arena_create(1u << 20);
	(void)state;

	for (enum dossier_event_kind kind = EVENT_NOTHING + 1; kind < DOSSIER_EVENTS; kind++) {
		struct dossier_event first = sample(kind), second = {.kind = kind};
		json_t *written = event_write(&first);
		event_read(arena, written, &second);
		json_t *again = event_write(&second);
		assert_true(json_equal(written, again));
		assert_int_equal(json_object_size(written) > 0, dossier_event_data(kind) != EVENT_DATA_NONE);
		json_decref(written);
		json_decref(again);
	}
	arena_destroy(&arena);
}

static void values_survive(void **state)
{
	struct arena *arena = arena_create(1u << 20);
	struct dossier_event first = sample(EVENT_DOCUMENT_FILED), second = {.kind = EVENT_DOCUMENT_FILED};
	json_t *written = event_write(&first);
	(void)state;

	event_read(arena, written, &second);
	json_decref(written);   /* nothing may be borrowed from it */
	assert_true(bytes_equal(second.document.document.patient.ins, B("279035121518989")));
	assert_true(bytes_equal(second.document.document.authors[0].name, B("Dr A")));
	assert_int_equal(second.document.document.time.us, 1000000);
	assert_true(second.document.vouched && !second.document.confirmed);
	arena_destroy(&arena);
}

static const char expert[] = "{\"rpps\":\"01234567123\",\"given\":\"A\",\"family\":\"B\",\"mailbox\":\"a@b.fr\",\"organisation\":\"C\",\"organisation_id\":\"1\","
			     "\"pathologies\":[\"x\"],\"capacity\":2%s}";

static void rules_are_refused_by_name(void **state)
{
	static const struct {
		const char *more, *wrong;
	} rows[] = {
		{"", NULL},
		{",\"leave\":[{\"from\":\"2026-01-01T00:00:00Z\",\"until\":\"2026-01-02T00:00:00Z\"}]", NULL},
		{",\"leave\":[{\"from\":\"2026-01-02T00:00:00Z\",\"until\":\"2026-01-01T00:00:00Z\"}]", "leave"},
		{",\"colour\":\"red\"", "colour"},
		{",\"certificates\":\"ab\"", "certificates"},
		{",\"certificates\":[1]", "certificates"},
		{",\"title\":\"\"", "title"},
		{",\"setting\":\"ETABLISSEMENT\"", NULL},
		{",\"setting\":\"HOPITAL\"", "setting"},
		{",\"state\":\"probation\",\"probation\":2", NULL},
		{",\"state\":\"retired\"", "state"},
		{",\"validated\":\"2026-01-31\",\"valid_until\":\"2028-02-29\"", NULL},
		{",\"validated\":\"2026-02-31\"", "validated"},
		{",\"valid_from\":\"soon\"", "valid_from"},
		{",\"delegates\":[\"secretariat@b.fr\"]", NULL},
		{",\"delegates\":[\"secretariat\"]", "delegates"},
		{",\"delegates\":[\"A@b.fr\"]", "delegates"},
		{",\"payee\":\"organisation\"", NULL},
		{",\"payee\":\"insurer\"", "payee"},
		{",\"establishments\":[\"1690000024\"]", NULL},
		{",\"members\":[]", "rpps"},
	};
	struct arena *arena = arena_create(1u << 20);
	(void)state;

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		char text[600];
		struct expert out;
		snprintf(text, sizeof text, expert, rows[i].more);
		json_t *item = json_read(bytes_of_text(text));
		const char *wrong = rules_expert(arena, item, &out);
		assert_int_equal(wrong == NULL, rows[i].wrong == NULL);
		if (wrong != NULL)
			assert_non_null(strstr(wrong, rows[i].wrong));
		json_decref(item);
	}
	struct organisation organisation;
	json_t *item = json_read(BYTES("{\"organisation\":\"A\",\"id\":\"1\",\"domains\":[\"a.fr\"],\"classes\":[\"request\",\"all\"],\"identities\":\"test\"}"));
	assert_non_null(strstr(rules_organisation(arena, item, &organisation), "classes"));
	json_decref(item);
	arena_destroy(&arena);
}

static const char team[] = "{\"id\":\"%s\",\"name\":\"RCP sein\",\"mailbox\":\"rcp@b.fr\",\"organisation\":\"C\",\"organisation_id\":\"1\",\"pathologies\":[\"x\"],"
			   "\"capacity\":2,\"members\":[{\"rpps\":\"01234567123\",\"given\":\"A\",\"family\":\"B\",\"certificates\":[\"ab\"]}%s";

/* A mailbox of several, whose opinions named people sign. */
static void teams(void **state)
{
	static const struct {
		const char *id, *more, *wrong;
	} rows[] = {
		{"rcp-sein", "]}", NULL},
		{"01234567123", "]}", "\"id\""},
		{"rcp-sein", "],\"rpps\":\"01234567123\"}", "rpps"},
		{"rcp-sein", "],\"certificates\":[\"ab\"]}", "certificates"},
		{"rcp-sein", ",{\"rpps\":\"2\",\"given\":\"A\"}]}", "members: the key \"family\""},
		{"rcp-sein", "],\"payee\":\"person\"}", "payee"},
	};
	struct arena *arena = arena_create(1u << 20);
	struct expert out;

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		json_t *item = json_read(bytes_of_text(arena_printf(arena, team, rows[i].id, rows[i].more)));
		const char *wrong = rules_expert(arena, item, &out);
		if ((wrong == NULL) != (rows[i].wrong == NULL) || (wrong != NULL && strstr(wrong, rows[i].wrong) == NULL))
			fail_msg("%s %s: %s", rows[i].id, rows[i].more, wrong == NULL ? "taken" : wrong);
		if (wrong == NULL) {
			assert_true(out.organisation_paid && out.n_members == 1 && bytes_equal_text(out.name, "RCP sein"));
			assert_true(bytes_equal_text(expert_signer(&out, BYTES("AB")), "01234567123"));
		}
		json_decref(item);
	}
	arena_destroy(&arena);
}

/* Days of the file are days in Paris, the last one counted in; nobody is asked before the council's word. */
static void validity(void **state)
{
	struct arena *arena = arena_create(1u << 20);
	struct expert out;
	struct instant from, until;
	json_t *item = json_read(bytes_of_text(arena_printf(arena, expert, ",\"validated\":\"2026-07-01\",\"valid_from\":\"2026-01-01\",\"valid_until\":\"2026-12-31\"")));

	(void)state;
	assert_null(rules_expert(arena, item, &out));
	assert_true(instant_read(BYTES("2026-06-30T22:00:00Z"), &from) && instant_read(BYTES("2026-12-31T23:00:00Z"), &until));
	assert_int_equal(out.valid_from.us, from.us);
	assert_int_equal(out.valid_until.us, until.us);
	json_decref(item);
	arena_destroy(&arena);
}

static const char account[] = "{\"mailbox\":\"%s\",\"name\":\"Cabinet\",\"kind\":\"%s\"%s}";

static void accounts_are_refused_by_name(void **state)
{
	static const struct {
		const char *mailbox, *kind, *more, *wrong;
	} rows[] = {
		{"dr.a@avis.fr", "PER", ",\"subjects\":[\"899700218896\"]", NULL},
		{"poste@avis.fr", "APP", ",\"certificates\":[\"CN=poste,O=L,C=FR\"]", NULL},
		{"equipe.a@avis.fr", "ORG", ",\"certificates\":[\"CN=poste\"],\"subjects\":[\"1\"]", NULL},
		{"ferme@avis.fr", "PER", "", NULL},
		{"dr.a@autre.fr", "PER", ",\"subjects\":[\"1\"]", "mailbox"},
		{"dr.a@x.avis.fr", "PER", "", "mailbox"},
		{"dr.a@avis.fr@autre.fr", "PER", "", "mailbox"},
		{"Dr.A@avis.fr", "PER", "", "lower case"},
		{"dr.a", "PER", "", "mailbox"},
		{"dr.a@avis.fr", "CAB", "", "kind"},
		{"dr.a@avis.fr", "PER", ",\"certificates\":[\"CN=poste\"]", "PER"},
		{"poste@avis.fr", "APP", ",\"subjects\":[\"1\"]", "APP"},
		{"poste@avis.fr", "APP", ",\"certificates\":[\"poste\"]", "cannot be read"},
		{"poste@avis.fr", "APP", ",\"certificates\":\"CN=poste\"", "certificates"},
		{"poste@avis.fr", "APP", ",\"names\":[\"2.5.4.3=poste\"]", "names"},
		{"dr.a@avis.fr", "PER", ",\"subjects\":[\"\"]", "subjects"},
	};
	struct arena *arena = arena_create(1u << 20);
	(void)state;

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		char text[600];
		struct account out;
		snprintf(text, sizeof text, account, rows[i].mailbox, rows[i].kind, rows[i].more);
		json_t *item = json_read(bytes_of_text(text));
		const char *wrong = rules_account(arena, item, "AVIS.fr", &out);
		if ((wrong == NULL) != (rows[i].wrong == NULL) || (wrong != NULL && strstr(wrong, rows[i].wrong) == NULL))
			fail_msg("%s %s: %s", rows[i].mailbox, rows[i].more, wrong != NULL ? wrong : "taken");
		if (i == 1)
			assert_true(out.names.n == 1 && bytes_equal_text(out.names.at[0], "2.5.4.10=l,2.5.4.3=poste,2.5.4.6=fr"));
		json_decref(item);
	}
	arena_destroy(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_event_reads_back), cmocka_unit_test(values_survive), cmocka_unit_test(rules_are_refused_by_name), cmocka_unit_test(teams), cmocka_unit_test(validity), cmocka_unit_test(accounts_are_refused_by_name),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
