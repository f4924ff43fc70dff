/* gateway/work_parcel_test.c - whatever a sender calls his file and its type, compose takes it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/limits.h"
#include "gateway/json_view.h"
#include "gateway/work.h"
#include "smtp/compose.h"
#include "smtp/mime_build.h"

static const struct {
	const char *what;
	struct bytes name, media;
	const char *becomes, *as;
} rows[] = {
	{"as usual", BYTES_OF("\u00c9cho 1.pdf"), BYTES_OF("application/pdf"), "\u00c9cho 1.pdf", "application/pdf"},
	{"a path", BYTES_OF("../a\\b/c.pdf"), BYTES_OF("image/svg+xml"), "_._a_b_c.pdf", "image/svg+xml"},
	{"a control character of Unicode", BYTES_OF("a\xc2\x85" "b.txt"), BYTES_OF("text/plain"), "ab.txt", "text/plain"},
	{"line separators", BYTES_OF("a\u2028b\u2029.txt"), BYTES_OF("text//plain"), "ab.txt", "application/octet-stream"},
	{"written backwards", BYTES_OF("photo\u202egpj.exe"), BYTES_OF("x"), "photogpj.exe", "application/octet-stream"},
	{"a dot behind what is not seen", BYTES_OF("\u200b.profile"), BYTES_OF("text/"), "_profile", "application/octet-stream"},
	{"nothing but that", BYTES_OF("\u200b"), BYTES_OF(""), "document", "application/octet-stream"},
	{"a type with a parameter", BYTES_OF("a"), BYTES_OF("text/x; charset=utf-8"), "a", "application/octet-stream"},
	{"a type with dots", BYTES_OF("a"), BYTES_OF("application/vnd.openxmlformats-officedocument.wordprocessingml.document"), "a",
	 "application/vnd.openxmlformats-officedocument.wordprocessingml.document"},
	{"dots together", BYTES_OF("a"), BYTES_OF("application/a..b"), "a", "application/octet-stream"},
	{"a message in the message", BYTES_OF("a"), BYTES_OF("message/rfc822"), "a", "application/octet-stream"},
};

static void every_file_can_be_sent(void **state)
{
	struct work work = {.arena = arena_create(1 << 20)};

	mime_build_start();
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct work_parcel parcel = work_parcel_make(false);
		const struct work_file file = {.name = rows[i].name, .media = rows[i].media, .content = BYTES("x")};
		struct bytes head, entity;
		const char *field = "";
		print_message("%s\n", rows[i].what);
		assert_int_equal(work_parcel_add(&work, &parcel, &file, NULL), REASON_NONE);
		const json_t *item = json_array_get(parcel.list, 0);
		assert_string_equal(json_string_value(json_object_get(item, "name")), rows[i].becomes);
		assert_string_equal(json_string_value(json_object_get(item, "media")), rows[i].as);
		struct smtp_compose_part part = {json_view(item, "name"), json_view(item, "media"), BYTES("x")};
		const struct smtp_compose mail = {.message_id = BYTES("<a@b.fr>"), .from_address = BYTES("a@b.fr"), .to = BYTES("c@d.fr"), .subject = BYTES("S"),
						  .text = BYTES("T"), .parts = &part, .part_count = 1};
		assert_int_equal(smtp_compose(work.arena, &mail, &head, &entity, &field), REASON_NONE);
		work_parcel_free(&parcel);
	}
	arena_destroy(&work.arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(every_file_can_be_sent)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
