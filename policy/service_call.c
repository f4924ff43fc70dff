/* policy/service_call.c - see service_call.h. */
#include "policy/service_call.h"

#include "policy/deadline.h"
#include "policy/worklist.h"

static const struct {
	enum deadline_kind kind;
	enum mail_code code;
} days[] = {
	{DEADLINE_URGENT_CALL, MAIL_M81}, {DEADLINE_DAY_5, MAIL_M82},       {DEADLINE_DAY_6, MAIL_M83},
	{DEADLINE_DUE_SOON, MAIL_M84},    {DEADLINE_OVERDUE, MAIL_M84},     {DEADLINE_BREACH_CLOCK, MAIL_M96},
};

static const struct {
	unsigned alert;
	enum service_party party;
} alerted[] = {{ALERT_NURSES, SERVICE_NURSES}, {ALERT_MANAGER, SERVICE_MANAGER}, {ALERT_OPERATOR, SERVICE_OPERATOR}, {ALERT_OFFICER, SERVICE_OFFICER}};

static size_t one(enum mail_code code, enum service_party party, struct service_call out[SERVICE_CALLS])
{
	out[0] = (struct service_call){code, party};
	return 1;
}

/* Whom the row alerts, as far as the mail is theirs to have. */
static size_t of_deadline(const struct dossier *after, struct bytes name, struct service_call out[SERVICE_CALLS])
{
	enum deadline_kind kind = deadline_of_name(name);
	size_t n = 0, day = 0;

	while (day < sizeof days / sizeof days[0] && days[day].kind != kind)
		day++;
	if (kind == DEADLINE_NONE || day == sizeof days / sizeof days[0])
		return 0;
	unsigned alerts = deadline_alerts(after, kind);
	for (size_t i = 0; i < sizeof alerted / sizeof alerted[0]; i++)
		if ((alerts & alerted[i].alert) != 0 && service_may(alerted[i].party, days[day].code))
			out[n++] = (struct service_call){days[day].code, alerted[i].party};
	return n;
}

size_t service_calls(const struct dossier *after, const struct dossier_event *event, struct service_call out[SERVICE_CALLS])
{
	switch (event->kind) {
	case EVENT_URGENT:
		return one(MAIL_M81, SERVICE_DUTY, out);
	case EVENT_DEADLINE_PASSED:
		return of_deadline(after, event->text.id, out);
	case EVENT_REPORT_UNDELIVERED:
		return one(MAIL_M85, SERVICE_NURSES, out);
	case EVENT_MAIL_FAILED:
		if (event->mail.reason == REASON_DOCUMENT_STOPPED)
			return 0;
		return worklist_is_failure(after, event->mail.code, event->mail.party, event->mail.mailbox) ? one(MAIL_M85, SERVICE_NURSES, out) : 0;
	case EVENT_FROZEN:
		return bytes_equal_text(event->text.id, "breach") ? one(MAIL_M96, SERVICE_OFFICER, out) : 0;
	default:
		return 0;
	}
}
