/* gateway/work_package_test.c - facts of a document to its description in a package. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "gateway/json_view.h"
#include "gateway/work_package.h"

#define GOOD "\"kind\":\"cda\",\"id\":\"1.2.3\",\"type\":\"11502-2\",\"time\":\"20260302090000+0100\""
#define AUTHOR "\"authors\":[{\"name\":\"Anne PAT\",\"given\":\"Anne\",\"family\":\"PAT\",\"id\":\"1.2^8\",\"organization\":\"Labo\",\"organization_id\":\"1.9^1000\"}]"

static const struct {
	const char *what, *facts, *entry;    /* entry: sorted and compact; NULL for none */
} rows[] = {
	{"all of it", "{" GOOD "," AUTHOR ",\"title\":\"CR\",\"level\":1,\"type_name\":\"Biologie\",\"type_system\":\"2.16\",\"language\":\"fr-FR\",\"confidentiality\":\"N\","
	 "\"facility\":\"SA25\",\"practice\":\"AMBULATOIRE\",\"service_start\":\"20260301\",\"service_stop\":\"20260302080000+0100\",\"replaces\":\"1.2.2\","
	 "\"legal_authenticator\":{\"name\":\"Luc D\",\"id\":\"1.2^9\"}}",
	 "{\"authors\":[{\"family\":\"PAT\",\"given\":\"Anne\",\"id\":\"1.2^8\",\"name\":\"Anne PAT\",\"organization\":\"Labo\",\"organization_id\":\"1000\"}],\"confidentiality\":[\"N\"],"
	 "\"facility\":\"SA25\",\"id\":\"1.2.3\",\"language\":\"fr-FR\",\"legal_authenticator\":{\"id\":\"1.2^9\",\"name\":\"Luc D\"},\"level\":1,\"practice\":\"AMBULATOIRE\","
	 "\"replaces\":\"1.2.2\",\"service_stop\":\"2026-03-02T07:00:00.000000Z\",\"service_time\":\"2026-03-01T00:00:00.000000Z\",\"time\":\"2026-03-02T08:00:00.000000Z\","
	 "\"title\":\"CR\",\"type\":\"11502-2\",\"type_name\":\"Biologie\",\"type_system\":\"2.16\"}"},
	{"the least", "{" GOOD ",\"authors\":[{\"name\":\"A B\"}]}",
	 "{\"authors\":[{\"name\":\"A B\"}],\"id\":\"1.2.3\",\"level\":3,\"time\":\"2026-03-02T08:00:00.000000Z\",\"title\":\"11502-2\",\"type\":\"11502-2\"}"},
	{"an odd code is left out", "{" GOOD ",\"authors\":[{\"name\":\"A B\"}],\"facility\":\"SA\\u0007\",\"practice\":\"0123456789012345678901234567890123456789012345678901234567890123456789\"}",
	 "{\"authors\":[{\"name\":\"A B\"}],\"id\":\"1.2.3\",\"level\":3,\"time\":\"2026-03-02T08:00:00.000000Z\",\"title\":\"11502-2\",\"type\":\"11502-2\"}"},
	{"masks go with it, behind the letter", "{" GOOD ",\"authors\":[{\"name\":\"A B\"}],\"masking\":[\"patient\",\"representatives\",\"other\"]}",
	 "{\"authors\":[{\"name\":\"A B\"}],\"confidentiality\":[\"N\",\"INVISIBLE_PATIENT\",\"INVISIBLE_REPRESENTANTS_LEGAUX\"],\"id\":\"1.2.3\",\"level\":3,"
	 "\"time\":\"2026-03-02T08:00:00.000000Z\",\"title\":\"11502-2\",\"type\":\"11502-2\"}"},
	{"a document of another country", "{" GOOD "," AUTHOR ",\"foreign\":true}", NULL},
	{"a nameless author", "{" GOOD ",\"authors\":[{\"id\":\"1.2^8\"}]}", NULL},
	{"no author", "{" GOOD "}", NULL},
	{"no time", "{\"kind\":\"cda\",\"id\":\"1\",\"type\":\"x\"," AUTHOR "}", NULL},
	{"a picture", "{\"kind\":\"jpeg\",\"id\":\"1\",\"type\":\"x\",\"time\":\"20260302\"," AUTHOR "}", NULL},
	{"nothing", "{}", NULL},
};

static void test_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		json_t *facts = json_read(bytes_of_text(rows[i].facts)), *entry = work_package_entry(facts);
		char *text = entry == NULL ? NULL : json_dumps(entry, JSON_COMPACT | JSON_SORT_KEYS);
		assert_non_null(facts);
		if ((text == NULL) != (rows[i].entry == NULL) || (text != NULL && strcmp(text, rows[i].entry) != 0))
			fail_msg("%s: %s", rows[i].what, text);
		free(text);
		json_decref(entry);
		json_decref(facts);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_rows)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
