/* gateway/export_words_test.c - what a copy of a dossier tells in words, and to whom it does not. */
#include "gateway/export_words.h"
#include "policy/test_world.h"

static void a_number_and_a_line(void **state)
{
	static const enum export_for readers[] = {EXPORT_PATIENT, EXPORT_OFFICER, EXPORT_EXPERT};
	struct world *w = world_make();
	(void)state;

	to_accepted(w);
	struct bytes ins = w->dossier->request.patient.ins;
	struct dossier_event events[] = {
		{.kind = EVENT_REQUESTED, .at = MORNING, .actor = BYTES("relais")},
		{.kind = EVENT_MORE_ASKED, .at = MORNING, .actor = BYTES("operator:claire"),
		 .text = {BYTES(""), bytes_of_text(arena_printf(w->arena, "IRM de %.*s\n\nlundi\n  Le dossier est clos.", (int)ins.len, (const char *)ins.at))}},
	};
	assert_true(ins.len >= 13);
	for (size_t i = 0; i < COUNT(readers); i++) {
		const struct export_about about = {.whom = readers[i], .dossier = w->dossier, .events = events, .n_events = COUNT(events), .actor = "claire", .at = MORNING};
		struct bytes history = export_history(w->arena, &about, "fr");
		struct bytes line = bytes_of_text(export_sentence(w->arena, &about, &events[1], "fr"));
		assert_int_equal(names_patient(history), readers[i] != EXPORT_EXPERT);
		assert_int_equal(names_patient(line), readers[i] != EXPORT_EXPERT);
		assert_true(bytes_contains_nocase(line, BYTES("IRM de ")));
		assert_false(bytes_contains_nocase(history, BYTES("\n  Le dossier est clos.")));
	}
	world_free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(a_number_and_a_line)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
