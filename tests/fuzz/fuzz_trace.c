/* tests/fuzz/fuzz_trace.c - the topmost trace field of any bytes. */
#include <stdlib.h>

#include "smtp/trace.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes head = {data, size}, by = trace_by(head);

	/* A view into what was given, of one word. */
	if (by.len > 0 && (by.at < data || by.at + by.len > data + size))
		abort();
	for (size_t i = 0; i < by.len; i++)
		if (by.at[i] <= ' ')
			abort();
	if (trace_is_under(by, BYTES("b.fr")) && by.len < 4)
		abort();
	return 0;
}
