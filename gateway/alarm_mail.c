/* gateway/alarm_mail.c - see alarm_mail.h. */
#include "gateway/alarm_mail.h"

/* How many of the days before an end have come. */
static int steps_passed(int days)
{
	static const int steps[] = {60, 30, 14, 7, 1};
	int n = 0;

	while (n < (int)(sizeof steps / sizeof steps[0]) && days <= steps[n])
		n++;
	return n;
}

static bool is_again(const struct alarm_mail *alarm, struct instant now)
{
	if (alarm->days != ALARM_NO_DAYS && alarm->mailed_days != ALARM_NO_DAYS)
		return steps_passed(alarm->days) > steps_passed(alarm->mailed_days);
	return instant_since(alarm->mailed_at, now).us >= SPAN_HOURS(24).us;
}

enum alarm_mail_word alarm_mail_due(const struct alarm_mail *alarm, struct instant now)
{
	if (alarm->cleared_at.us != 0)
		return instant_since(alarm->cleared_at, now).us >= SPAN_HOURS(1).us ? ALARM_MAIL_OVER : ALARM_MAIL_NOTHING;
	if (alarm->mailed_at.us == 0)
		return ALARM_MAIL_RAISED;
	return is_again(alarm, now) ? ALARM_MAIL_LASTS : ALARM_MAIL_NOTHING;
}

enum mail_code alarm_mail_code(struct bytes name)
{
	static const struct {
		struct bytes begins;
		enum mail_code code;
	} codes[] = {
		{BYTES_OF("deliver.ours"), MAIL_M91}, {BYTES_OF("certificate."), MAIL_M91}, {BYTES_OF("trust."), MAIL_M92},
		{BYTES_OF("crl."), MAIL_M92},         {BYTES_OF("directory."), MAIL_M92},   {BYTES_OF("machine."), MAIL_M94},
	};

	for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++)
		if (bytes_starts(name, codes[i].begins))
			return codes[i].code;
	return MAIL_M90;
}
