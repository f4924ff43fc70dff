/* gateway/work_read_test.c - what waits for how long: for who is away without end, for our own trouble a day, and the rest counts as a try. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/limits.h"
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

static void what_ends_a_mail(void **state)
{
	static const struct {
		enum reason reason;
		int64_t ends_at;             /* which try; 0: none */
	} rows[] = {
		/* What the jail says when it had no memory for a moment: the font library, a list, a text. */
		{REASON_COMPOSE_FAILED, 2}, {REASON_COMPOSE_SIZE, 2}, {REASON_COMPOSE_FIELD, 2}, {REASON_COMPOSE_TEMPLATE, 2},
		{REASON_BODY_SEAL, 2}, {REASON_KEEPER_ERASED, 2}, {REASON_NOT_FOUND, 2}, {REASON_MAIL_VIRUS, 1},
		{REASON_MEMORY, LIMIT_TRIES}, {REASON_IO, LIMIT_TRIES}, {REASON_MAIL_UNREADABLE, LIMIT_TRIES}, {REASON_TRIES_OUT, LIMIT_TRIES},
		{REASON_STORE_DOWN, 0}, {REASON_KEEPER_AWAY, 0}, {REASON_ANTIVIRUS_AWAY, 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		for (int64_t tries = 1; tries <= LIMIT_TRIES + 1; tries++)
			if (work_is_over(rows[i].reason, tries) != (rows[i].ends_at > 0 && tries >= rows[i].ends_at))
				fail_msg("%s at try %lld", reason_code(rows[i].reason), (long long)tries);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(what_waits), cmocka_unit_test(what_ends_a_mail)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
