/* policy/story_test.c - every event has a sentence in both languages, and none tells who the patient is by number or mailbox. */
#include "policy/story.h"
#include "policy/test_world.h"

static void every_event_has_a_sentence(void **state)
{
	(void)state;
	struct arena *arena = arena_create(1 << 20);

	for (enum dossier_event_kind k = EVENT_REQUESTED; k < DOSSIER_EVENTS; k++) {
		struct dossier_event e = {.kind = k, .at = MORNING, .actor = BYTES("relais")};
		const char *fr = story_line(arena, &e, "fr"), *en = story_line(arena, &e, "en");
		if (fr == NULL || en == NULL || fr[0] == '\0' || en[0] == '\0' || strcmp(fr, en) == 0 || strstr(fr, "%s") != NULL || strstr(en, "%s") != NULL)
			fail_msg("%s has no sentence of its own in both languages", dossier_event_name(k));
	}
	arena_destroy(&arena);
}

static void sentences(void **state)
{
	(void)state;
	struct arena *arena = arena_create(1 << 20);
	struct dossier_event accepted = {.kind = EVENT_OFFER_ACCEPTED, .offer = {.name = BYTES("Pr MOREAU")}};
	struct dossier_event waived = {.kind = EVENT_PIECE_WAIVED, .actor = BYTES("operator:claire"), .text = {BYTES("mammographie"), BYTES("elle est perdue")}};
	struct dossier_event newer = {.kind = EVENT_DOCUMENT_FILED, .document.document = {.title = BYTES("IRM"), .replaces = BYTES("1.2")}};
	struct dossier_event released = {.kind = EVENT_RELEASED, .release = {.version = 1, .to = dossier_party_bit(PARTY_PATIENT) | dossier_party_bit(PARTY_ATTENDING)}};

	assert_string_equal(story_line(arena, &accepted, "fr"), "Pr MOREAU accepte de donner son avis.");
	assert_string_equal(story_line(arena, &waived, "fr"), "Une personne accepte que la pièce « mammographie » ne vienne pas. « elle est perdue »");
	assert_string_equal(story_line(arena, &newer, "fr"), "Une nouvelle version remplace un document : « IRM ».");
	assert_string_equal(story_line(arena, &released, "en"), "The report, version 1, goes to: the patient, the attending physician.");
	/* 8:00 UTC on 2 March 2026 is 9:00 in Paris. */
	assert_string_equal(story_time(arena, (struct instant){INT64_C(1772438400000000)}, "fr"), "lundi 2 mars 2026 à 9:00");
	assert_string_equal(story_actor(arena, BYTES("operator:claire"), "fr"), "claire, du service");
	assert_string_equal(story_actor(arena, BYTES("relais"), "en"), "the service");
	arena_destroy(&arena);
}

/* A title comes from whoever wrote the document: it adds no line to the history, moves no cursor and turns no direction. */
static void a_title_stays_in_its_line(void **state)
{
	(void)state;
	struct arena *arena = arena_create(1 << 20);
	struct dossier_event filed = {.kind = EVENT_DOCUMENT_FILED, .document.document = {.title = BYTES("IRM\n\nlundi\r\x1b[2J\xc2\x9b" "31m\xe2\x80\xae\x7f\xc3\xa9")}};
	struct dossier_event asked = {.kind = EVENT_OFFERED, .offer = {.name = BYTES("Pr\x1b]0;x\x07 MOREAU")}};
	struct dossier_event told = {.kind = EVENT_COMPLAINED, .actor = BYTES("operator:a\nb"), .text = {BYTES(""), BYTES("il dit\n\nLe dossier est clos.")}};

	assert_string_equal(story_line(arena, &filed, "en"), "A document comes: “IRM  lundi  [2J  31m    \xc3\xa9”.");
	assert_string_equal(story_line(arena, &asked, "en"), "The dossier is offered to Pr ]0;x  MOREAU.");
	assert_null(strchr(story_line(arena, &told, "fr"), '\n'));
	assert_string_equal(story_actor(arena, told.actor, "fr"), "a b, du service");
	arena_destroy(&arena);
}

/* The whole life of a dossier, told without the number that is the patient's address. */
static void a_life_names_no_number(void **state)
{
	(void)state;
	struct world *w = world_make();

	to_released(w);
	for (size_t i = 0; i < w->n_log; i++)
		assert_false(names_patient(bytes_of_text(story_line(w->arena, &w->log[i], "fr"))));
	assert_true(w->n_log > 8);
	world_free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_event_has_a_sentence),
		cmocka_unit_test(sentences),
		cmocka_unit_test(a_title_stays_in_its_line),
		cmocka_unit_test(a_life_names_no_number),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
