/* policy/service_call_test.c - whom an event calls, once, and whom it does not. */
#include "policy/service_call.h"

#include "policy/test_world.h"

static const char *called(const struct dossier *d, const struct dossier_event *event)
{
	static char text[200];
	struct service_call calls[SERVICE_CALLS];
	size_t n = service_calls(d, event, calls);
	struct buf b = buf_make(sizeof text);

	assert_true(n <= SERVICE_CALLS);
	for (size_t i = 0; i < n; i++) {
		assert_true(service_may(calls[i].party, calls[i].code));
		buf_printf(&b, "%s%s %s", i > 0 ? ", " : "", mail_code_name(calls[i].code), service_party_name(calls[i].party));
	}
	snprintf(text, sizeof text, "%.*s", (int)buf_bytes(&b).len, (const char *)buf_bytes(&b).at);
	buf_free(&b);
	return text;
}

static void each_event_calls(void **state)
{
	static const struct {
		const char *what;
		struct dossier_event event;
		const char *called;
	} rows[] = {
		{"words of an emergency", {.kind = EVENT_URGENT}, "M81 duty"},
		{"nobody reached the patient", {.kind = EVENT_DEADLINE_PASSED, .text = {.id = BYTES_OF("urgent_call")}}, "M81 nurses"},
		{"day 3 is the expert's alone", {.kind = EVENT_DEADLINE_PASSED, .text = {.id = BYTES_OF("day_3")}}, ""},
		{"day 5", {.kind = EVENT_DEADLINE_PASSED, .text = {.id = BYTES_OF("day_5")}}, "M82 nurses"},
		{"day 6", {.kind = EVENT_DEADLINE_PASSED, .text = {.id = BYTES_OF("day_6")}}, "M83 nurses, M83 manager"},
		{"four hours before the end", {.kind = EVENT_DEADLINE_PASSED, .text = {.id = BYTES_OF("due_soon")}}, "M84 nurses, M84 manager"},
		{"the promise is missed", {.kind = EVENT_DEADLINE_PASSED, .text = {.id = BYTES_OF("overdue")}}, "M84 manager"},
		{"a task without a mail of its own", {.kind = EVENT_DEADLINE_PASSED, .text = {.id = BYTES_OF("triage_waits")}}, ""},
		{"a name that is none", {.kind = EVENT_DEADLINE_PASSED, .text = {.id = BYTES_OF("none")}}, ""},
		{"the report reached nobody", {.kind = EVENT_REPORT_UNDELIVERED, .mail = {.code = MAIL_M21, .party = PARTY_PATIENT}}, "M85 nurses"},
		{"its mail alone is told by that", {.kind = EVENT_MAIL_FAILED, .mail = {.code = MAIL_M21, .party = PARTY_PATIENT}}, ""},
		{"a mail was stopped, and is decided again", {.kind = EVENT_MAIL_FAILED, .mail = {.code = MAIL_M13, .party = PARTY_PATIENT, .reason = REASON_DOCUMENT_STOPPED}}, ""},
		{"a mail to the patient failed", {.kind = EVENT_MAIL_FAILED, .mail = {.code = MAIL_M06, .party = PARTY_PATIENT}}, "M85 nurses"},
		{"one to an expert who has the dossier no more", {.kind = EVENT_MAIL_FAILED, .mail = {.code = MAIL_M14, .party = PARTY_EXPERT, .mailbox = BYTES_OF("autre@b.fr")}}, ""},
		{"a misdelivery is suspected", {.kind = EVENT_FROZEN, .text = {.id = BYTES_OF("breach")}}, "M96 officer"},
		{"a day before its clock ends", {.kind = EVENT_DEADLINE_PASSED, .text = {.id = BYTES_OF("breach_clock")}}, "M96 officer"},
		{"parents who disagree", {.kind = EVENT_FROZEN, .text = {.id = BYTES_OF("objection")}}, ""},
		{"a document", {.kind = EVENT_DOCUMENT_FILED}, ""},
	};
	struct world *w = world_make();

	(void)state;
	to_accepted(w);
	for (size_t i = 0; i < COUNT(rows); i++)
		if (strcmp(called(w->dossier, &rows[i].event), rows[i].called) != 0)
			fail_msg("%s: %s", rows[i].what, called(w->dossier, &rows[i].event));
	world_free(w);
}

/* A dossier that is over has no task, and nobody is called for its mail. */
static void over(void **state)
{
	struct world *w = world_make();
	const struct dossier_event failed = {.kind = EVENT_MAIL_FAILED, .mail = {.code = MAIL_M43, .party = PARTY_PATIENT}};

	(void)state;
	to_accepted(w);
	command(w, POLICY_ACT_CANCEL, "", "essai");
	assert_string_equal(called(w->dossier, &failed), "");
	world_free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(each_event_calls), cmocka_unit_test(over)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
