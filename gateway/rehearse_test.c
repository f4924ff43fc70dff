/* gateway/rehearse_test.c - which events of a dossier one decision made. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "gateway/rehearse_private.h"

static struct dossier_event event(int64_t at, const char *rule, int64_t inbox, enum dossier_event_kind kind, const char *mailbox)
{
	struct dossier_event e = {.at = {at}, .rule = bytes_of_text(rule), .inbox = inbox, .kind = kind};

	if (mailbox != NULL) {
		e.mail.code = MAIL_M64;
		e.mail.party = PARTY_ATTENDING;
		e.mail.mailbox = bytes_of_text(mailbox);
	}
	return e;
}

static void test_what_one_decision_made(void **state)
{
	const struct {
		const char *what;
		struct dossier_event first, second;
		size_t end;
	} rows[] = {
		{"two events of one act", event(5, "operator.release/1", 0, EVENT_OPINION_CHECKED, NULL), event(5, "operator.release/1", 0, EVENT_RELEASED, NULL), 2},
		{"another instant", event(5, "operator.release/1", 0, EVENT_OPINION_CHECKED, NULL), event(6, "operator.release/1", 0, EVENT_RELEASED, NULL), 1},
		{"another rule", event(5, "operator.release/1", 0, EVENT_OPINION_CHECKED, NULL), event(5, "delivery.outcome/1", 0, EVENT_MAIL_PROOF, "a@b.fr"), 1},
		{"another message", event(5, "report.match/1", 7, EVENT_MAIL_PROOF, "a@b.fr"), event(5, "report.match/1", 8, EVENT_MAIL_PROOF, "a@b.fr"), 1},
		{"the ends of two mails", event(5, "delivery.outcome/1", 0, EVENT_MAIL_PROOF, "a@b.fr"), event(5, "delivery.outcome/1", 0, EVENT_MAIL_PROOF, "c@d.fr"), 1},
		{"the end of a mail, and what follows of it", event(5, "delivery.outcome/1", 0, EVENT_MAIL_FAILED, "a@b.fr"),
		 event(5, "delivery.outcome/1", 0, EVENT_REPORT_UNDELIVERED, "a@b.fr"), 2},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		const struct dossier_event events[] = {rows[i].first, rows[i].second};
		if (rehearse_decision_end(events, 2, 0) != rows[i].end)
			fail_msg("%s", rows[i].what);
		assert_int_equal(rehearse_decision_end(events, 2, 1), 2);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_what_one_decision_made)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
