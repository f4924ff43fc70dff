/* gateway/proof_sheet_test.c - one page, in both languages, however long the dossier; and what relais-compose makes of a bent request. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "cda/pdf_join.h"
#include "gateway/compose_sheet.h"
#include "gateway/json_view.h"
#include "gateway/proof.h"

static const struct instant day = {INT64_C(1795305600000000)};

static json_t *many(size_t n, bool sent)
{
	json_t *list = json_array();
	for (size_t i = 0; i < n; i++)
		json_array_append_new(list, json_pack("{s:I, s:I, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:I, s:I}", "inbox", (json_int_t)(100000 + i), "outbox", (json_int_t)(100000 + i), "at",
						      "2026-11-22T09:12:05Z", "from", "prenom.nom-compose@etablissement-exemple.mssante.fr", "source", "submission", "class", i % 3 ? "record" : "report",
						      "outcome", "filed", "verdict", "untrusted", "to", "prenom.nom-compose@etablissement-exemple-de-sante.mssante.fr", "state", "accepted", "code",
						      sent && i % 4 == 0 ? "M21" : "M70", "reply", (json_int_t)250, "proof", (json_int_t)3));
	return list;
}

static json_t *sheet_of(struct arena *arena, struct cli *cli, size_t n, bool french)
{
	struct proof p = {.cli = cli, .arena = arena, .wanted = "A-2026-000123-KQ", .french = french, .ref = BYTES("A-2026-000123-KQ"), .received = many(n, false), .sent = many(n, true),
			  .checkpoints = json_array(), .rows = 12345, .first = 100001, .last = 234567, .altered = n > 50, .uncovered = n > 50};

	for (size_t i = 0; i < n; i++)
		json_array_append_new(p.checkpoints, json_pack("{s:I, s:s, s:b}", "checkpoint", (json_int_t)i, "sealed_at", "2026-11-22T09:12:05Z", "stamped", 1));
	json_t *made = proof_sheet(&p, day);
	assert_non_null(made);
	json_decref(p.received);
	json_decref(p.sent);
	json_decref(p.checkpoints);
	return made;
}

static void it_is_one_page(void **state)
{
	(void)state;
	static const size_t sizes[] = {0, 1, 3, 4, 100};
	struct config config = {.organisation = "Service de Deuxième Avis Médical de Démonstration"};
	struct cli cli = {.config = &config};

	for (size_t i = 0; i < 2 * sizeof sizes / sizeof sizes[0]; i++) {
		struct arena *arena = arena_create(64u << 20);
		enum reason reason;
		struct bytes pdf;
		const char *field = "";
		struct bytes request = json_write(arena, sheet_of(arena, &cli, sizes[i / 2], i % 2 == 0));
		assert_true(compose_sheet(arena, request, &reason, &pdf, &field));
		if (reason != REASON_NONE)
			fail_msg("%s: %s", reason_code(reason), field);
		if (pdf_join_pages(pdf) != 1)
			fail_msg("%zu of each, %s: %zu pages", sizes[i / 2], i % 2 == 0 ? "French" : "English", (size_t)pdf_join_pages(pdf));
		arena_destroy(&arena);
	}
}

/* The notices wait behind what people wrote, and the report's mails come first. */
static void what_people_ask_about_comes_first(void **state)
{
	(void)state;
	struct arena *arena = arena_create(64u << 20);
	struct config config = {.organisation = "Avis"};
	struct cli cli = {.config = &config};
	json_t *made = sheet_of(arena, &cli, 9, false), *sections = json_object_get(json_object_get(made, "sheet"), "sections");
	struct bytes came = json_view(json_array_get(sections, 0), "text"), left = json_view(json_array_get(sections, 1), "text");

	assert_true(bytes_starts(came, BYTES("- R100001, 2026-11-22 09:12 UTC: records, signature not recognised, filed\n")));
	assert_false(bytes_contains(came, BYTES("R100000")));
	assert_true(bytes_contains(came, BYTES("and 6 more")));
	assert_true(bytes_starts(left, BYTES("- S100000 (M21) to ")) && bytes_contains(left, BYTES("- S100004 (M21)")) && bytes_contains(left, BYTES("- S100008 (M21)")));
	json_decref(made);
	arena_destroy(&arena);
}

static void a_bent_request_is_no_sheet(void **state)
{
	(void)state;
	static const struct {
		const char *what;
		struct bytes request;
		bool sheet;
		enum reason reason;
	} cases[] = {
		{"a mail", BYTES_OF("{\"code\":\"M21\"}"), false, REASON_NONE},
		{"no JSON", BYTES_OF("{\"sheet\""), false, REASON_NONE},
		{"a sheet that is a text", BYTES_OF("{\"sheet\":\"x\"}"), false, REASON_NONE},
		{"without its time", BYTES_OF("{\"sheet\":{\"title\":\"x\"}}"), true, REASON_COMPOSE_FIELD},
		{"a control character", BYTES_OF("{\"sheet\":{\"title\":\"x\\u0007\",\"time\":\"2026-11-22T09:12:05Z\"}}"), true, REASON_COMPOSE_FIELD},
	};

	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct arena *arena = arena_create(64u << 20);
		enum reason reason = REASON_NONE;
		struct bytes pdf;
		const char *field = "";
		if (compose_sheet(arena, cases[i].request, &reason, &pdf, &field) != cases[i].sheet || reason != cases[i].reason)
			fail_msg("%s: %s", cases[i].what, reason_code(reason));
		arena_destroy(&arena);
	}
}

/* The font library keeps its tables until the process ends. */
const char *__lsan_default_suppressions(void);

const char *__lsan_default_suppressions(void)
{
	return "leak:libfontconfig\n";
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_is_one_page),
		cmocka_unit_test(what_people_ask_about_comes_first),
		cmocka_unit_test(a_bent_request_is_no_sheet),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
