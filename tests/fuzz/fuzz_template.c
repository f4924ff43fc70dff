/* tests/fuzz/fuzz_template.c - a template text, and then a value for its fields: first line of the input is the value. */
#include "gateway/template.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_create(64u * 1024 * 1024);
	struct bytes input = {data, size}, absent;
	struct template_choice choice = {BYTES("M01"), BYTES("fr"), false, false};
	struct template_text out;
	size_t end = bytes_find_byte(input, '\n', 0);
	struct bytes value = bytes_slice(input, 0, end), text = bytes_from(input, end + 1);
	static const char *const names[] = {"reference", "phone", "organisation", "patient_name", "missing_list"};
	struct template_field fields[5];
	const char *where;

	for (size_t i = 0; i < 5; i++)
		fields[i] = (struct template_field){bytes_of_text(names[i]), value};
	struct template_set *set = template_open(arena);
	for (int letter = 0; letter < 2; letter++) {
		choice.easy = choice.letter = letter == 1;
		if (template_add(set, BYTES("M01"), BYTES("fr"), choice.easy, text, &where) != REASON_NONE)
			break;
		(void)!template_render(arena, set, &choice, fields, 5, &out, &absent);
	}
	arena_destroy(&arena);
	return 0;
}
