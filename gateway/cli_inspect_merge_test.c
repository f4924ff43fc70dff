/* gateway/cli_inspect_merge_test.c - one object a file, with the keys that are fixed and no others. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "gateway/cli_inspect_merge.h"
#include "gateway/json_view.h"

static const char *const fixed[] = {
	"file", "kind", "verdict", "reason", "smtp", "message", "signature", "class", "auto", "report", "documents", "archive", "anomalies",
	"new_text",
};

static const struct row {
	const char *what, *verified, *facts;
	enum reason failed;
	const char *verdict, *reason, *smtp;
} rows[] = {
	{"both accept", "{\"scan\":{\"verdict\":\"accept\",\"reason\":\"none\"}}", "{\"verdict\":\"accept\",\"reason\":\"none\"}", REASON_NONE, "accept", "none", ""},
	{"the scan refuses", "{\"scan\":{\"verdict\":\"refuse\",\"reason\":\"mail.from.none\"}}", NULL, REASON_NONE, "refuse", "mail.from.none", "550 5.6.0"},
	{"the document is worse than the scan", "{\"scan\":{\"verdict\":\"accept-tolerant\",\"reason\":\"mail.line.long\"}}",
	 "{\"verdict\":\"refuse\",\"reason\":\"document.doctype\"}", REASON_NONE, "refuse", "document.doctype", ""},
	{"the first of two alike speaks", "{\"scan\":{\"verdict\":\"accept-tolerant\",\"reason\":\"mail.line.long\"}}",
	 "{\"verdict\":\"accept-tolerant\",\"reason\":\"mail.boundary\"}", REASON_NONE, "accept-tolerant", "mail.line.long", ""},
	{"a reader was stopped", "{\"scan\":{\"verdict\":\"accept\",\"reason\":\"none\"}}", NULL, REASON_MAIL_UNREADABLE, "quarantine", "mail.unreadable", ""},
	{"no reader answered", NULL, NULL, REASON_MAIL_TIME, "quarantine", "mail.time", ""},
	{"an answer in words that nobody knows", NULL, "{\"verdict\":\"fine\",\"reason\":\"x\"}", REASON_NONE, "quarantine", "mail.unreadable", ""},
	{"too big", NULL, NULL, REASON_SMTP_SIZE, "refuse", "smtp.size", "552 5.3.4"},
};

static void verdicts_are_merged(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct row *row = &rows[i];
		json_t *verified = row->verified == NULL ? NULL : json_read(bytes_of_text(row->verified));
		json_t *facts = row->facts == NULL ? NULL : json_read(bytes_of_text(row->facts));
		json_t *merged = cli_inspect_merge(&(struct inspect_answers){"a.eml", "mail", verified, facts, row->failed, true});
		assert_int_equal(json_object_size(merged), sizeof(fixed) / sizeof(fixed[0]));
		for (size_t k = 0; k < sizeof(fixed) / sizeof(fixed[0]); k++)
			if (json_object_get(merged, fixed[k]) == NULL)
				fail_msg("%s: no %s", row->what, fixed[k]);
		if (!bytes_equal_text(json_view(merged, "verdict"), row->verdict) || !bytes_equal_text(json_view(merged, "reason"), row->reason) ||
		    !bytes_equal_text(json_view(merged, "smtp"), row->smtp))
			fail_msg("%s: %s %s", row->what, json_string_value(json_object_get(merged, "verdict")),
				 json_string_value(json_object_get(merged, "reason")));
		json_decref(merged);
		json_decref(facts);
		json_decref(verified);
	}
}

/* What only the worker needs (digest, texts, ids of organisations) is not for the command line. */
static void inner_members_stay_inside(void **state)
{
	json_t *facts = json_read(BYTES("{\"verdict\":\"accept\",\"reason\":\"none\",\"text\":\"t\",\"documents\":[{\"name\":\"a\",\"digest\":\"d\","
					"\"authors\":[{\"id\":\"i\",\"name\":\"n\",\"organization\":\"o\",\"organization_id\":\"x\"}]}],"
					"\"report\":{\"type\":\"dsn\",\"envelope_id\":\"e\",\"recipients\":[{\"address\":\"a\",\"original\":\"o\"}]}}"));
	json_t *verified = json_read(BYTES("{\"signature\":{\"verdict\":\"valid\",\"bound\":\"from\",\"serial\":\"1\"}}"));
	json_t *merged = cli_inspect_merge(&(struct inspect_answers){"a", "mail", verified, facts, REASON_NONE, false});
	json_t *document = json_array_get(json_object_get(merged, "documents"), 0), *report = json_object_get(merged, "report");

	(void)state;
	assert_null(json_object_get(document, "digest"));
	assert_int_equal(json_object_size(document), 28);
	assert_int_equal(json_object_size(json_array_get(json_object_get(document, "authors"), 0)), 3);
	assert_int_equal(json_object_size(report), 2);
	assert_int_equal(json_object_size(json_array_get(json_object_get(report, "recipients"), 0)), 4);
	assert_int_equal(json_object_size(json_object_get(merged, "signature")), 6);
	json_decref(merged);
	json_decref(verified);
	json_decref(facts);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(verdicts_are_merged),
		cmocka_unit_test(inner_members_stay_inside),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
