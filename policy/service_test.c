/* policy/service_test.c - who has which mail without a dossier. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "policy/service.h"

static void names_are_one_to_one(void **state)
{
	(void)state;
	for (enum service_party p = SERVICE_NURSES; p < SERVICE_PARTIES; p++)
		assert_int_equal(service_party_of_name(bytes_of_text(service_party_name(p))), p);
	assert_int_equal(service_party_of_name(BYTES("patient")), SERVICE_PARTIES);
	assert_int_equal(service_party_of_name(BYTES("")), SERVICE_PARTIES);
}

static void each_has_its_own(void **state)
{
	static const struct {
		const char *who;
		enum service_party party;
		const char *codes;       /* all that it may have, parted by blanks */
	} rows[] = {
		{"nurses", SERVICE_NURSES, "M80 M81 M82 M83 M84 M85 M93"}, {"the nurse on duty", SERVICE_DUTY, "M81"},
		{"operator", SERVICE_OPERATOR, "M90 M91 M92 M93 M94 M95"}, {"officer", SERVICE_OFFICER, "M93 M96 M97 M98"},
		{"manager", SERVICE_MANAGER, "M83 M84 M93"},               {"an expert", SERVICE_EXPERT, "M17"},
		{"an insurer: figures and nothing else", SERVICE_INSURER, "M99"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		for (enum mail_code c = MAIL_NONE; c < MAIL_CODES; c++) {
			struct cursor words = cursor_on(bytes_of_text(rows[i].codes));
			bool meant = false;
			while (words.left.len > 0)
				meant = bytes_equal_text(cursor_until(&words, ' '), mail_code_name(c)) || meant;
			if (service_may(rows[i].party, c) != meant)
				fail_msg("%s: %s", rows[i].who, mail_code_name(c));
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(names_are_one_to_one), cmocka_unit_test(each_has_its_own)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
