/* gateway/service_mail_test.c - rows that a captured process might write, as mail to our own people. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "gateway/service_mail.h"

static struct config_insurer partners[] = {{"0042", "chiffres@assureur.fr"}, {"0043", "chiffres@mutuelle.fr"}};
static const struct bytes registry[] = {BYTES_OF("dr.a@experts.fr"), BYTES_OF("dr.b@experts.fr")};

static void only_whom_the_configuration_names(void **state)
{
	static const struct {
		const char *what, *party, *code, *mailboxes;   /* parted by blanks */
	} rows[] = {
		{"the digest to the nurses", "nurses", "M80", "equipe@a.fr"},
		{"an emergency to who is on duty", "duty", "M81", "garde@a.fr"},
		{"nobody is manager", "manager", "M84", ""},
		{"an alarm to the nurses", "nurses", "M90", ""},
		{"a report to the nurses", "nurses", "M21", ""},
		{"the day's figures to the operator", "operator", "M95", "astreinte@a.fr"},
		{"a statement to an expert", "expert", "M17", "dr.a@experts.fr dr.b@experts.fr"},
		{"a dossier to an expert, without a dossier", "expert", "M13", ""},
		{"figures to the insurers", "insurer", "M99", "chiffres@assureur.fr chiffres@mutuelle.fr"},
		{"a report to an insurer", "insurer", "M64", ""},
		{"a code that is none", "nurses", "M80 ", ""},
		{"a party that is none", "nurse", "M80", ""},
		{"a patient", "patient", "M80", ""},
		{"nobody", "", "", ""},
	};
	struct config config = {.staff = {.nurses = "equipe@a.fr", .duty = "garde@a.fr", .operator = "astreinte@a.fr", .officer = "dpo@a.fr", .manager = ""},
				.partners = {partners, 2}};
	struct arena *arena = arena_create(1 << 16);

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		const struct bytes *list = NULL;
		size_t n = service_mail_allowed(arena, &config, bytes_of_text(rows[i].party), bytes_of_text(rows[i].code), registry, 2, &list), k = 0;
		struct cursor words = cursor_on(bytes_of_text(rows[i].mailboxes));
		while (words.left.len > 0 && k < n && bytes_equal(cursor_until(&words, ' '), list[k]))
			k++;
		if (words.left.len > 0 || k != n)
			fail_msg("%s: %zu mailboxes", rows[i].what, n);
	}
	arena_destroy(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(only_whom_the_configuration_names)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
