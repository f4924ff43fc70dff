/* gateway/work_shield_test.c - what stops a mail of a dossier: who is named and was not let go; and whose word is taken for there being nothing
 * to search. */
#include "gateway/work_shield.h"

#include "gateway/json_view.h"
#include "gateway/schema_test.h"

static struct work begin(struct store *store)
{
	struct work work = {.store = store, .config = NULL};

	work_begin(&work);
	return work;
}

static int64_t dossier(struct store *store, const char *ins, const char *family, const char *given, const char *born)
{
	int64_t id = count(store, arena_printf(scratch.arena, "select id from relais.dossier_create('%s', '1.2.250.1.213.1.4.10', 'x', now())", ins));
	int64_t seq = count(store, arena_printf(scratch.arena,
						"select 1 from relais.dossier_append(%lld, 1, now(), 'requested', '{\"patient\": {\"ins\": \"%s\", \"family_birth\": \"%s\","
						" \"given_birth_first\": \"%s\", \"birth_time\": \"%s\"}}', 'relais', 'r', null)", (long long)id, ins, family, given, born));
	assert_int_equal(seq, 1);
	return id;
}

/* Compose's answer about a mail of these words. */
static json_t *said(struct arena *arena, const char *words, bool cut)
{
	struct shield_reader *reader = shield_reader_make(arena);
	struct shield_mail mail = {0};

	shield_read(reader, bytes_of_text(words));
	shield_read_end(reader, &mail.text);
	mail.text.cut = cut;
	return json_pack("{s:[], s:o}", "documents", "shield", shield_mail_write(&mail));
}

static void who_was_not_let_go_stops(void **state)
{
	struct store *store = open_store();
	int64_t own = dossier(store, "279035121518989", "PAT-TROIS", "DOMINIQUE", "19790328"), a = dossier(store, "160013912345604", "PAT-AUTRE", "JEAN", "19600101"),
		c = dossier(store, "262029912345678", "PAT-TIERS", "ANNE", "19620202");
	static const char words[] = "Comparé à Jean PAT-AUTRE, né le 1er janvier 1960 ; Mme PAT-TIERS, née le 2/2/1962";
	const char *only_a = arena_printf(scratch.arena, "[%lld]", (long long)a), *only_c = arena_printf(scratch.arena, "[%lld]", (long long)c),
		   *both = arena_printf(scratch.arena, "[%lld,%lld]", (long long)a, (long long)c);
	const struct {
		const char *what, *words;
		bool cut;
		const char *passed;
		bool unread;
		const char *people;
		enum reason stop;
	} rows[] = {
		{"both are told", words, false, "[]", false, both, REASON_SHIELD_IDENTITY},
		{"one was let go", words, false, only_a, false, only_c, REASON_SHIELD_IDENTITY},
		{"both were", words, false, both, false, "[]", REASON_NONE},
		{"both were, and nobody looked at what was not read", words, true, both, false, "[]", REASON_SHIELD_UNREAD},
		{"that too", words, true, both, true, "[]", REASON_NONE},
		{"that alone", words, true, "[]", true, both, REASON_SHIELD_IDENTITY},
		{"nobody is named", "Bonjour, le 1er janvier 1960", false, "[]", false, "[]", REASON_NONE},
		{"nor was all read", "Bonjour", true, "[]", false, "", REASON_SHIELD_UNREAD},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct work work = begin(store);
		struct work_look look;
		json_t *passed = json_pack("{s:o, s:b}", "people", json_read(bytes_of_text(rows[i].passed)), "unread", rows[i].unread);
		json_t *answer = said(work.arena, rows[i].words, rows[i].cut);
		struct work_mail_row row = {.outbox = 1, .dossier = own, .sealed = true, .passed = passed};
		assert_int_equal(work_look(&work, &row, answer, BYTES("x"), 0, &look), REASON_NONE);
		char *people = json_dumps(json_object_get(look.note, "people"), JSON_COMPACT | JSON_ENCODE_ANY);
		if (look.stop != rows[i].stop || strcmp(people != NULL ? people : "", rows[i].people) != 0)
			fail_msg("%s: %s, people %s", rows[i].what, reason_code(look.stop), people);
		free(people);
		work_look_free(&look);
		json_decref(passed);
		json_decref(answer);
		work_end(&work);
	}
	store_close(&store);
}

/* Whoever writes a mail with files does not say that there is nothing to search: relais-shield is asked, who is not there. */
static void files_are_read_again_whatever_is_said(void **state)
{
	struct work work = begin(NULL);
	struct work_look look;
	json_t *answer = said(work.arena, "Bonjour", false);
	struct work_mail_row row = {.outbox = 1, .dossier = 1, .sealed = true};

	(void)state;
	work.shield = oneshot_connect("/nonexistent/shield.sock");
	assert_int_equal(work_look(&work, &row, answer, BYTES("x"), 0, &look), REASON_NONE);
	assert_true(look.searched);
	work_look_free(&look);
	row.files = true;
	assert_int_equal(work_look(&work, &row, answer, BYTES("x"), 0, &look), REASON_IO);
	assert_false(look.searched);
	work_look_free(&look);
	oneshot_close(&work.shield);
	json_decref(answer);
	work_end(&work);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(who_was_not_let_go_stops), cmocka_unit_test(files_are_read_again_whatever_is_said)};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
