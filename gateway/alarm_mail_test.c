/* gateway/alarm_mail_test.c - when the operator is written to about an alarm. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "gateway/alarm.h"
#include "gateway/alarm_mail.h"

#define HOUR 3600000000
#define DAY (24 * HOUR)

static void words_at_times(void **state)
{
	static const struct {
		const char *what;
		struct alarm_mail alarm;
		int64_t now;
		enum alarm_mail_word word;
	} rows[] = {
		{"raised now", {.days = ALARM_NO_DAYS, .mailed_days = ALARM_NO_DAYS}, 10 * DAY, ALARM_MAIL_RAISED},
		{"told an hour ago", {.mailed_at = {10 * DAY}, .days = ALARM_NO_DAYS, .mailed_days = ALARM_NO_DAYS}, 10 * DAY + HOUR, ALARM_MAIL_NOTHING},
		{"a moment before a day", {.mailed_at = {10 * DAY}, .days = ALARM_NO_DAYS, .mailed_days = ALARM_NO_DAYS}, 11 * DAY - 1, ALARM_MAIL_NOTHING},
		{"told a day ago", {.mailed_at = {10 * DAY}, .days = ALARM_NO_DAYS, .mailed_days = ALARM_NO_DAYS}, 11 * DAY, ALARM_MAIL_LASTS},
		{"over for a minute", {.mailed_at = {10 * DAY}, .cleared_at = {10 * DAY + HOUR}, .days = ALARM_NO_DAYS, .mailed_days = ALARM_NO_DAYS}, 10 * DAY + HOUR + 60000000, ALARM_MAIL_NOTHING},
		{"over for an hour", {.mailed_at = {10 * DAY}, .cleared_at = {10 * DAY + HOUR}, .days = ALARM_NO_DAYS, .mailed_days = ALARM_NO_DAYS}, 10 * DAY + 2 * HOUR, ALARM_MAIL_OVER},
		{"over, though a day has passed since", {.mailed_at = {10 * DAY}, .cleared_at = {20 * DAY - 1}, .days = ALARM_NO_DAYS, .mailed_days = ALARM_NO_DAYS}, 20 * DAY, ALARM_MAIL_NOTHING},
		{"a certificate, first told 30 days before", {.mailed_at = {10 * DAY}, .days = 29, .mailed_days = 30}, 11 * DAY, ALARM_MAIL_NOTHING},
		{"15 days before", {.mailed_at = {10 * DAY}, .days = 15, .mailed_days = 30}, 25 * DAY, ALARM_MAIL_NOTHING},
		{"14 days before", {.mailed_at = {10 * DAY}, .days = 14, .mailed_days = 30}, 26 * DAY, ALARM_MAIL_LASTS},
		{"13 days before, told at 14", {.mailed_at = {26 * DAY}, .days = 13, .mailed_days = 14}, 27 * DAY, ALARM_MAIL_NOTHING},
		{"7 days before", {.mailed_at = {26 * DAY}, .days = 7, .mailed_days = 14}, 33 * DAY, ALARM_MAIL_LASTS},
		{"on the last day", {.mailed_at = {33 * DAY}, .days = 1, .mailed_days = 7}, 39 * DAY, ALARM_MAIL_LASTS},
		{"from 60 to 30", {.mailed_at = {33 * DAY}, .days = 30, .mailed_days = 60}, 63 * DAY, ALARM_MAIL_LASTS},
		{"another was renewed, the next ends later", {.mailed_at = {33 * DAY}, .days = 25, .mailed_days = 1}, 36 * DAY, ALARM_MAIL_NOTHING},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		if (alarm_mail_due(&rows[i].alarm, (struct instant){rows[i].now}) != rows[i].word)
			fail_msg("%s: %d", rows[i].what, alarm_mail_due(&rows[i].alarm, (struct instant){rows[i].now}));
}

static void each_alarm_has_its_mail(void **state)
{
	static const struct {
		const char *name;
		enum mail_code code;
	} rows[] = {
		{"queue.late", MAIL_M90}, {"collect.failed", MAIL_M90}, {"deliver.ours", MAIL_M91}, {"certificate.expiring", MAIL_M91}, {"certificate.expired", MAIL_M91},
		{"trust.list.stale", MAIL_M92}, {"trust.list.fetch", MAIL_M92}, {"crl.stale", MAIL_M92}, {"crl.fetch", MAIL_M92}, {"directory.stale", MAIL_M92},
		{"directory.lookup", MAIL_M92}, {"machine.disk", MAIL_M94}, {"staff.failed", MAIL_M90},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		assert_non_null(alarm_entry(bytes_of_text(rows[i].name)));
		assert_int_equal(alarm_mail_code(bytes_of_text(rows[i].name)), rows[i].code);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(words_at_times), cmocka_unit_test(each_alarm_has_its_mail)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
