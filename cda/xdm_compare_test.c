/* cda/xdm_compare_test.c - METADATA.XML against its document, one trait bent at a time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "cda/xdm_compare.h"

#define ROOT "1.2.250.1.213.1.4.10"

static struct cda_id ids[] = {{BYTES_OF("1.2.250.1.71.4.2.7"), BYTES_OF("IPP1")}, {BYTES_OF(ROOT), BYTES_OF("279035121518989")}};
static struct cda_party authors[] = {{.id = {BYTES_OF("1.2.250.1.71.4.2.1"), BYTES_OF("801234500001")}}};

static const struct cda_document DOCUMENT = {
	.cda = true, .french = true, .type = BYTES_OF("18748-4"), .language = BYTES_OF("fr-FR"), .confidentiality = BYTES_OF("N"),
	.id = {BYTES_OF("1.2.3"), BYTES_OF("NEW")}, .time = BYTES_OF("20191210101500+0100"), .service_start = BYTES_OF("20191210"),
	.patient = {.ids = ids, .id_count = 2, .family_birth = BYTES_OF("PAT-TROIS"), .birth_time = BYTES_OF("19790328"), .sex = BYTES_OF("F")},
	.authors = authors, .author_count = 1,
};

static const struct xdm_document META = {
	.content = BYTES_OF("<x/>"), .type = SNIFF_XML, .described = true, .hash_told = true, .size_told = true, .uri_told = true,
	.member = true, .unique_id = BYTES_OF("1.2.3^NEW"), .media = BYTES_OF("text/xml"), .type_code = BYTES_OF("18748-4"),
	.patient_id = BYTES_OF("x"), .patient_value = BYTES_OF("279035121518989"), .patient_root = BYTES_OF(ROOT),
	.source_name = BYTES_OF("PAT-TROIS^DOMINIQUE^^^^^L"), .source_birth = BYTES_OF("19790328"), .source_sex = BYTES_OF("F"),
	.creation_time = BYTES_OF("20191210091500"), .service_start = BYTES_OF("20191209230000"), .language = BYTES_OF("fr-FR"),
	.authors = {BYTES_OF("801234500001")}, .author_count = 1, .confidentiality = BYTES_OF("N"), .codes = 1,
};

/* A text of the metadata at an offset is changed; "" takes it away. */
static const struct {
	const char *what;
	size_t field;
	const char *value, *rule;
	enum reason reason;
} rows[] = {
	{"as it is", offsetof(struct xdm_document, title), "x", NULL, REASON_NONE},
	{"another INS", offsetof(struct xdm_document, patient_value), "179035121518989", "xdm.patient", REASON_IDENTITY_DIFFERS},
	{"the same number, not of the test", offsetof(struct xdm_document, patient_root), "1.2.250.1.213.1.4.8", "xdm.patient", REASON_IDENTITY_DIFFERS},
	{"a number that cannot be compared", offsetof(struct xdm_document, patient_root), "1.2.3.4", "xdm.patient.unknown", REASON_NONE},
	{"another birth", offsetof(struct xdm_document, source_birth), "19790329", "xdm.patient.birth", REASON_IDENTITY_DIFFERS},
	{"another sex", offsetof(struct xdm_document, source_sex), "M", "xdm.patient.sex", REASON_IDENTITY_DIFFERS},
	{"another name", offsetof(struct xdm_document, source_name), "MARTIN^DOMINIQUE", "xdm.patient.name", REASON_NONE},
	{"no traits", offsetof(struct xdm_document, source_birth), "", NULL, REASON_NONE},
	{"another id", offsetof(struct xdm_document, unique_id), "1.2.3^OLD", "xdm.id", REASON_NONE},
	{"no id", offsetof(struct xdm_document, unique_id), "", "xdm.id.none", REASON_NONE},
	{"another type", offsetof(struct xdm_document, type_code), "11488-4", "xdm.type", REASON_NONE},
	{"another author", offsetof(struct xdm_document, authors), "899999999999", "xdm.author", REASON_NONE},
	{"the local hour told as UTC", offsetof(struct xdm_document, creation_time), "20191210101500", "xdm.creation-time", REASON_NONE},
	{"the same instant with its offset", offsetof(struct xdm_document, creation_time), "20191210101530+0100", NULL, REASON_NONE},
	{"the day alone", offsetof(struct xdm_document, creation_time), "20191210", NULL, REASON_NONE},
	{"another day", offsetof(struct xdm_document, creation_time), "20191213", "xdm.creation-time", REASON_NONE},
	{"a time that is none", offsetof(struct xdm_document, creation_time), "hier", "xdm.creation-time", REASON_NONE},
	{"another act", offsetof(struct xdm_document, service_start), "20191201", "xdm.service-time", REASON_NONE},
	{"another language", offsetof(struct xdm_document, language), "en-US", "xdm.language", REASON_NONE},
	{"another confidentiality", offsetof(struct xdm_document, confidentiality), "R", "xdm.confidentiality", REASON_NONE},
	{"another media type", offsetof(struct xdm_document, media), "application/pdf", "xdm.media", REASON_NONE},
};

/* One rule fails, or none, and it is that one; each has its two sentences and its source. */
static void check(const char *what, const struct xdm_document *meta, const struct cda_document *cda, const char *rule, enum reason want)
{
	struct arena *arena = arena_create(1 << 20);
	struct cda_finding findings[XDM_FINDINGS];
	enum reason reason = REASONS;
	size_t n = xdm_compare(arena, meta, cda, findings, &reason);

	if (n != (rule != NULL) || reason != want)
		fail_msg("%s: %zu findings, %s, %s", what, n, n > 0 ? findings[0].rule : "-", reason_code(reason));
	if (n > 0 && strcmp(findings[0].rule, rule) != 0)
		fail_msg("%s: %s", what, findings[0].rule);
	if (n > 0 && (findings[0].text[0] == '\0' || findings[0].text_fr[0] == '\0' || findings[0].source[0] == '\0'))
		fail_msg("%s: says nothing", what);
	arena_destroy(&arena);
}

static void test_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct xdm_document meta = META;
		*(struct bytes *)(void *)((char *)&meta + rows[i].field) = bytes_of_text(rows[i].value);
		check(rows[i].what, &meta, &DOCUMENT, rows[i].rule, rows[i].reason);
	}
}

static void test_slots(void **state)
{
	(void)state;
	struct xdm_document meta = META;
	meta.uri_told = false;
	check("no URI", &meta, &DOCUMENT, "xdm.uri.none", REASON_NONE);
	meta = META;
	meta.hash_told = false;
	check("no hash", &meta, &DOCUMENT, "xdm.hash.none", REASON_NONE);
	meta = META;
	meta.size_told = false;
	check("no size", &meta, &DOCUMENT, "xdm.size.none", REASON_NONE);
	meta = META;
	meta.member = false;
	check("no member", &meta, &DOCUMENT, "xdm.member", REASON_NONE);
	meta = META;
	meta.codes = 5;
	check("five codes", &meta, &DOCUMENT, "xdm.confidentiality.many", REASON_NONE);
	check("a PDF described has nothing to be compared with", &META, NULL, NULL, REASON_NONE);
}

static const struct {
	const char *what;
	enum xdm_action action;
	const char *target, *replaces, *rule;   /* replaces: extension of the CDA's parent document */
	enum reason reason;
} orders[] = {
	{"replaces what the CDA names", XDM_ACTION_REPLACE, "", "OLD", NULL, REASON_NONE},
	{"replaces what both name", XDM_ACTION_REPLACE, "1.2.3^OLD", "OLD", NULL, REASON_NONE},
	{"replaces what the metadata name", XDM_ACTION_REPLACE, "1.2.3^OLD", "", NULL, REASON_NONE},
	{"replaces two", XDM_ACTION_REPLACE, "1.2.3^OLDER", "OLD", "xdm.action.replace", REASON_ORDER_TARGET},
	{"replaces nothing", XDM_ACTION_REPLACE, "", "", "xdm.action.replace", REASON_ORDER_TARGET},
	{"deletes itself", XDM_ACTION_DELETE, "1.2.3^NEW", "", NULL, REASON_NONE},
	{"deletes by its uniqueId alone", XDM_ACTION_DELETE, "", "", NULL, REASON_NONE},
	{"deletes another than it is", XDM_ACTION_DELETE, "1.2.3^OLD", "", "xdm.action.delete", REASON_ORDER_TARGET},
};

static void test_orders(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof orders / sizeof *orders; i++) {
		struct xdm_document meta = META;
		struct cda_document cda = DOCUMENT;
		meta.action = orders[i].action;
		meta.action_target = bytes_of_text(orders[i].target);
		if (orders[i].replaces[0] != '\0')
			cda.replaces = (struct cda_id){BYTES("1.2.3"), bytes_of_text(orders[i].replaces)};
		check(orders[i].what, &meta, &cda, orders[i].rule, orders[i].reason);
	}
	struct xdm_document nothing = {.action = XDM_ACTION_DELETE, .described = true, .member = true};
	struct cda_finding findings[XDM_FINDINGS];
	struct arena *arena = arena_create(1 << 20);
	enum reason reason;
	assert_int_equal(xdm_compare(arena, &nothing, NULL, findings, &reason), 2);   /* no id, and so no target */
	assert_int_equal(reason, REASON_ORDER_TARGET);
	arena_destroy(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_slots),
		cmocka_unit_test(test_orders),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
