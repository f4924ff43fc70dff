/* gateway/work_read_test.c - what waits for how long: for who is away without end, for our own trouble a day, and the rest counts as a try. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>

#include "gateway/work.h"

static void what_waits(void **state)
{
	static const struct {
		enum reason reason;
		bool ours, away;
	} rows[] = {
		{REASON_STORE_DOWN, true, true}, {REASON_STORE_FULL, true, true}, {REASON_KEEPER_AWAY, true, true}, {REASON_ANTIVIRUS_AWAY, true, true},
		{REASON_OPEN_AWAY, true, true}, {REASON_IO, true, false}, {REASON_MEMORY, true, false}, {REASON_SIG_MATERIAL, true, false},
		/* The keeper is there and has no such key: nobody would ever hear of the message. */
		{REASON_KEEPER_KEY, true, false},
		/* The database failed over, and our claim was another server's: the dossier of an expert must not end for that. */
		{REASON_KEEPER_REFUSED, true, false},
		{REASON_FRAME, false, false}, {REASON_ANTIVIRUS_SILENT, false, false}, {REASON_BODY_SEAL, false, false}, {REASON_NOT_FOUND, false, false},
		{REASON_STORE_CONFLICT, false, false}, {REASON_MAIL_TIME, false, false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		if (work_is_ours(rows[i].reason) != rows[i].ours || work_is_away(rows[i].reason) != rows[i].away)
			fail_msg("%s", reason_code(rows[i].reason));
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(what_waits)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
