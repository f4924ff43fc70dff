/* tests/fuzz/fuzz_form.c - the expert's form. */
#include "smtp/form.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_create(512u * 1024 * 1024);
	struct bytes text = {data, size < 256u * 1024 ? size : 256u * 1024};
	struct form form;

	form_read(arena, text, &form);
	if (form.found && form.answer.len == 0 && form.opinion.len == 0 && form.convergence.len == 0 && form.advice.len == 0 &&
	    form.summary.len == 0)
		__builtin_trap();
	if (form.reference.len > 0 && (form.reference.at[0] < 'A' || form.reference.at[0] > 'Z'))
		__builtin_trap();
	arena_destroy(&arena);
	return 0;
}
