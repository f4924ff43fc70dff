/* gateway/receiver_account_test.c - MAIL FROM against the account's mailbox. Who has which account is tried on the wire. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "gateway/receiver_account.h"

static void test_mailbox(void **state)
{
	(void)state;
	static const struct {
		const char *what;
		struct bytes mailbox, from;
		bool same;
	} rows[] = {
		{"the same", BYTES_OF("dr.petit@ici.fr"), BYTES_OF("dr.petit@ici.fr"), true},
		{"in capitals", BYTES_OF("dr.petit@ici.fr"), BYTES_OF("Dr.Petit@Ici.FR"), true},
		{"with needless quotes", BYTES_OF("dr.petit@ici.fr"), BYTES_OF("\"dr.petit\"@ici.fr"), true},
		{"another mailbox", BYTES_OF("dr.petit@ici.fr"), BYTES_OF("dr.grand@ici.fr"), false},
		{"a longer name", BYTES_OF("dr.petit@ici.fr"), BYTES_OF("dr.petit@ici.fr.example"), false},
		{"another domain", BYTES_OF("dr.petit@ici.fr"), BYTES_OF("dr.petit@ailleurs.fr"), false},
		{"the empty path", BYTES_OF("dr.petit@ici.fr"), BYTES_OF(""), false},
		{"no mailbox", BYTES_OF(""), BYTES_OF(""), false},
		{"other letters", BYTES_OF("h\303\251@ici.fr"), BYTES_OF("h\303\251@ICI.fr"), true},
		{"other letters in capitals are other bytes", BYTES_OF("h\303\251@ici.fr"), BYTES_OF("h\303\211@ici.fr"), false},
	};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		if (account_is_mailbox(rows[i].mailbox, rows[i].from) != rows[i].same)
			fail_msg("%s", rows[i].what);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_mailbox)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
