/* gateway/inspect_normalise_test.c - each kind of document as it may be handed on, or why it may not. */
#include <glob.h>
#include <sys/stat.h>

#include "base/limits.h"
#include "cda/corpus_test.h"
#include "cda/sample_test.h"
#include "gateway/inspect_normalise.h"

static const struct {
	const char *what;
	struct bytes content;
	enum reason reason;
	enum sniff type;
	const char *text;
	size_t pages;
} cases[] = {
	{"a text in UTF-8, with its mark", BYTES_OF("\xef\xbb\xbf" "Caf\xc3\xa9\r\nde\tParis\r\n"), REASON_NONE, SNIFF_TXT, "Café\nde Paris\n", 0},
	{"a text of an old Windows", BYTES_OF("C\x9cur \x80 \xe9t\xe9 \x81"), REASON_NONE, SNIFF_TXT, "Cœur € été  ", 0},
	{"a picture", BYTES_OF(SAMPLE_JPEG_HEAD SAMPLE_JPEG_TAIL), REASON_NONE, SNIFF_JPEG, "", 1},
	{"a picture that is cut off", BYTES_OF(SAMPLE_JPEG_HEAD), REASON_IMAGE_BROKEN, SNIFF_JPEG, "", 0},
	{"TIFF", BYTES_OF("II*\0\x08\0\0\0"), REASON_ANNEX_TYPE, SNIFF_TIFF, "", 0},
	{"RTF", BYTES_OF("{\\rtf1 x}"), REASON_ANNEX_TYPE, SNIFF_RTF, "", 0},
	{"an archive, or an office file", BYTES_OF("PK\3\4xxxx"), REASON_ANNEX_TYPE, SNIFF_ZIP, "", 0},
	{"HTML", BYTES_OF("<!doctype html><script>x</script>"), REASON_ANNEX_TYPE, SNIFF_HTML, "", 0},
	{"XML that is no CDA", BYTES_OF("<?xml version=\"1.0\"?><a/>"), REASON_ANNEX_TYPE, SNIFF_XML, "", 0},
	{"a DOCTYPE", BYTES_OF("<?xml version=\"1.0\"?><!DOCTYPE a [<!ENTITY x SYSTEM \"file:///etc/passwd\">]><a>&x;</a>"), REASON_ANNEX_TYPE, SNIFF_XML, "", 0},
	{"bytes", BYTES_OF("\0\1\2\3"), REASON_ANNEX_TYPE, SNIFF_OTHER, "", 0},
	{"nothing", BYTES_OF(""), REASON_ANNEX_TYPE, SNIFF_OTHER, "", 0},
};

static void each_kind_has_its_fate(void **state)
{
	struct arena *arena = arena_create(8 << 20);
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct inspect_normal out;
		print_message("%s\n", cases[i].what);
		inspect_normalise(arena, cases[i].content, &out);
		assert_string_equal(reason_code(out.reason), reason_code(cases[i].reason));
		assert_int_equal(out.type, cases[i].type);
		assert_int_equal(out.file.len > 0, cases[i].reason == REASON_NONE);
		assert_true(bytes_equal_text(out.text, cases[i].text));
		assert_int_equal(out.pages, cases[i].pages);
	}
	arena_destroy(&arena);
}

static void a_text_that_turns_to_bytes_or_never_ends(void **state)
{
	struct arena *arena = arena_create(8 << 20);
	struct inspect_normal out;
	(void)state;
	unsigned char *text = arena_alloc(arena, LIMIT_TEXT);
	memset(text, 'a', LIMIT_TEXT);
	inspect_normalise(arena, (struct bytes){text, LIMIT_TEXT}, &out);
	assert_int_equal(out.reason, REASON_ANNEX_LIMIT);
	text[SNIFF_BYTES + 1] = 0;   /* where sniffing does not look */
	inspect_normalise(arena, (struct bytes){text, SNIFF_BYTES + 8}, &out);
	assert_int_equal(out.reason, REASON_ANNEX_TYPE);
	arena_destroy(&arena);
}

static void the_answer_says_what_blobs_follow(void **state)
{
	struct arena *arena = arena_create(8 << 20);
	struct inspect_normal out;
	(void)state;
	inspect_normalise(arena, BYTES("Bonjour"), &out);
	json_t *json = inspect_normal_json(&out);
	assert_string_equal(json_string_value(json_object_get(json, "reason")), "none");
	assert_string_equal(json_string_value(json_object_get(json, "media")), "text/plain");
	assert_true(json_is_true(json_object_get(json, "text")) && json_is_true(json_object_get(json, "file")));
	json_decref(json);
	inspect_normalise(arena, BYTES("PK\3\4"), &out);
	json = inspect_normal_json(&out);
	assert_string_equal(json_string_value(json_object_get(json, "reason")), "annex.type");
	assert_true(json_is_null(json_object_get(json, "media")) && json_is_false(json_object_get(json, "file")));
	json_decref(json);
	arena_destroy(&arena);
}

/* The agency's samples: a level-1 document gives its PDF, a structured one its text, the laboratory's both. */
static void documents_give_text_and_file(void **state)
{
	static const struct {
		const char *file;
		bool text;
		enum reason reason;
		size_t pages, left;
	} samples[] = {
		{"TLM-CR_2022.01.xml", false, REASON_NONE, 1, 0},
		{"CANCER-D2LM-FIN_2022.01.xml", true, REASON_ANNEX_TYPE, 0, 5},
		{"BIO-CR-BIO_2024.01_CRP_non_LOINC.xml", true, REASON_NONE, 3, 0},
	};
	const char *root = corpus_root();
	(void)state;
	for (size_t i = 0; i < sizeof samples / sizeof samples[0]; i++) {
		struct arena *arena = arena_create(64 << 20);
		struct inspect_normal out;
		print_message("%s\n", samples[i].file);
		struct bytes document = corpus_file(arena, arena_printf(arena, "%s/cda/fr-testcontenu-3.0/%s", root, samples[i].file));
		inspect_normalise(arena, document, &out);
		assert_int_equal(out.text.len > 0, samples[i].text);
		assert_string_equal(reason_code(out.reason), reason_code(samples[i].reason));
		assert_int_equal(out.pages, samples[i].pages);
		assert_int_equal(out.left, samples[i].left);
		assert_true(out.file.len == 0 || bytes_starts(out.file, BYTES("%PDF-")));
		arena_destroy(&arena);
	}
}

/* Whatever lies there, as it stands and as a file of a mail: hostile mails, archives, XML, signatures, and every official sample. */
static void the_whole_corpus_is_survived(void **state)
{
	static const char *const folders[] = {"cda/fr-testcontenu-3.0", "hostile/mime/*", "hostile/mime/*/*", "hostile/xml/*", "hostile/xml/*/*", "hostile/zip/*",
					      "hostile/smime/*", "hostile/xdm/*/*"};
	const char *root = corpus_root();
	size_t files = 0, readable = 0;
	(void)state;
	for (size_t i = 0; i < sizeof folders / sizeof folders[0]; i++) {
		char pattern[1024];
		glob_t found;
		snprintf(pattern, sizeof pattern, "%s/%s/*.*", root, folders[i]);
		if (glob(pattern, 0, NULL, &found) != 0)
			continue;
		for (size_t k = 0; k < found.gl_pathc; k++) {
			struct arena *arena = arena_create(256u << 20);
			struct inspect_normal out, again;
			struct stat facts;
			assert_int_equal(stat(found.gl_pathv[k], &facts), 0);
			if (S_ISREG(facts.st_mode)) {
				inspect_normalise(arena, corpus_file(arena, found.gl_pathv[k]), &out);
				files++;
				readable += out.text.len > 0 || out.file.len > 0;
				assert_true(bytes_utf8(out.text) && (out.file.len > 0) == (out.reason == REASON_NONE));
				if (out.file.len > 0) {
					inspect_normalise(arena, out.file, &again);
					assert_int_equal(again.reason, REASON_NONE);
					assert_true(again.pages == out.pages && again.type == out.type);
				}
			}
			arena_destroy(&arena);
		}
		globfree(&found);
	}
	print_message("%zu files, of %zu something can be read or handed on\n", files, readable);
	assert_true(files > 200 && readable >= 80);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_kind_has_its_fate),
		cmocka_unit_test(a_text_that_turns_to_bytes_or_never_ends),
		cmocka_unit_test(the_answer_says_what_blobs_follow),
		cmocka_unit_test(documents_give_text_and_file),
		cmocka_unit_test(the_whole_corpus_is_survived),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
