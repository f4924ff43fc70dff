/* gateway/erasure_certificate_test.c - a certificate says what is so: of a dossier's key, of what had none, of the backups. */
#include "gateway/erasure_certificate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static json_t *row_of(const char *ref, bool key)
{
	return json_pack("{s:i, s:s, s:s, s:s, s:s, s:s, s:i, s:i, s:i, s:i, s:i, s:o}", "number", 3, "ref", ref, "rule", key ? "retention.opinion/1" : "retention.apart/1", "actor", "dpo",
			 "begun_at", "2026-11-22T10:00:00Z", "done_at", "2026-11-22T10:00:01Z", "messages", 4, "mails", 5, "events", 6, "documents", 7, "bytes", 8, "key",
			 key ? json_pack("{s:i, s:s}", "n", 12, "at", "2026-11-22T10:00:00Z") : json_null());
}

static void test_what_it_says(void **state)
{
	static const struct {
		const char *ref;
		bool key, french;
		const char *has, *has_too, *never;
	} rows[] = {
		{"A-2026-000001-KF", true, false, "destroyed, record no. 12", "is erased again before the service starts", "brings them back"},
		{"A-2026-000001-KF", true, true, "détruite, acte n° 12", "est effacée de nouveau avant que le", "les ramène"},
		{"apart", false, false, "no key of its own", "brings them back", "key is gone"},
		{"apart", false, true, "aucune clé propre", "les ramène", "n'existe plus"},
	};
	static struct config config = {.organisation = "AVIS"};
	struct arena *arena = arena_create(1 << 20);

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		json_t *row = row_of(rows[i].ref, rows[i].key);
		const char *text = erasure_certificate_text(arena, &config, row, rows[i].french);
		if (strstr(text, rows[i].has) == NULL || strstr(text, rows[i].has_too) == NULL || strstr(text, rows[i].never) != NULL)
			fail_msg("%s, %s: %s", rows[i].ref, rows[i].french ? "fr" : "en", text);
		/* Each says that backups have it, and until when. */
		assert_non_null(strstr(text, rows[i].french ? "jusqu'à leur propre destruction" : "until they are destroyed"));
		assert_null(strstr(text, rows[i].french ? "ne rendent rien" : "give nothing back"));
		json_decref(row);
	}
	arena_destroy(&arena);
}

static void test_a_letter_is_about_a_dossier(void **state)
{
	static struct config config = {.organisation = "AVIS", .phone = "01 00 00 00 00", .contact = "", .print.address = "AVIS|1 RUE DES EXEMPLES|51100 REIMS", .signer.mailbox = "avis@x.fr"};
	struct arena *arena = arena_create(1 << 20);
	json_t *row = row_of("A-2026-000001-KF", true), *apart = row_of("apart", false);
	json_t *letter = erasure_certificate_letter(arena, &config, row, "", true), *none = erasure_certificate_letter(arena, &config, apart, "", true);

	(void)state;
	assert_non_null(letter);
	const char *kept = json_string_value(json_object_get(json_object_get(letter, "fields"), "kept_list"));
	assert_non_null(strstr(kept, "dans nos sauvegardes faites avant"));
	assert_null(none);
	json_decref(letter);
	json_decref(row);
	json_decref(apart);
	arena_destroy(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_what_it_says), cmocka_unit_test(test_a_letter_is_about_a_dossier)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
