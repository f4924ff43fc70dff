/* tests/fuzz/fuzz_form.c - the expert's form. */
#include "smtp/form.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_create(512u * 1024 * 1024);
	struct bytes text = {data, size < 256u * 1024 ? size : 256u * 1024};
	struct form form;

	form_read(arena, text, &form);
	if (form.found && form.answer_count == 0 && form.opinion.len == 0 && form.convergence.len == 0 && form.advice.len == 0 &&
	    form.delay.len == 0 && form.summary.len == 0 && form.limits.len == 0 && form.help.len == 0 && form.interests.len == 0)
		__builtin_trap();
	for (size_t i = 0; i < form.answer_count; i++)
		if (form.answers[i].text.len == 0 || (i > 0 && form.answers[i].number <= form.answers[i - 1].number))
			__builtin_trap();
	if (form.reference.len > 0 && (form.reference.at[0] < 'A' || form.reference.at[0] > 'Z'))
		__builtin_trap();
	arena_destroy(&arena);
	return 0;
}
