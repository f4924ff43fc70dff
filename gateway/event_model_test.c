/* gateway/event_model_test.c - random lives (policy/test_model.h) whose every event goes through the store's form and back: what is read again
 * is, byte for byte, the dossier that was decided, and the life goes on from it. */
#include <stdlib.h>

#include "policy/test_model.h"

#include "gateway/event_json.h"
#include "gateway/json_view.h"

enum { LIVES = 600 };

static void through_json(struct arena *arena, const struct dossier_event *event, struct dossier_event *out)
{
	json_t *data = event_write(event);
	char *text = json_dumps(data, JSON_COMPACT);
	json_t *again = json_loads(text, JSON_REJECT_DUPLICATES, NULL);

	*out = (struct dossier_event){.kind = event->kind, .at = event->at, .seq = event->seq, .inbox = event->inbox,
				      .actor = arena_copy(arena, event->actor), .rule = arena_copy(arena, event->rule)};
	event_read(arena, again, out);
	json_decref(data);
	json_decref(again);
	free(text);
}

static void stored_lives_are_the_same_lives(void **state)
{
	(void)state;
	static struct model_seen seen;
	struct model_move moves[MODEL_MOVES];
	size_t n, failures = 0;
	char text[256];

	for (uint64_t life = 0; life < LIVES && failures < 3; life++) {
		if (model_live(life, &seen, through_json, moves, &n, text))
			continue;
		model_report_failure(life, moves, n, through_json, text);
		failures++;
	}
	assert_int_equal(failures, 0);
	assert_true(seen.events[EVENT_RELEASED] > LIVES / 10 && seen.events[EVENT_OPINION_RECEIVED] > seen.events[EVENT_RELEASED]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(stored_lives_are_the_same_lives)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
