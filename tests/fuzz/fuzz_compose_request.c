/* tests/fuzz/fuzz_compose_request.c - the request as JSON up to a NUL, the payload behind it. */
#include "gateway/compose_request.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_create(256u * 1024 * 1024);
	struct bytes input = {data, size};
	size_t end = bytes_find_byte(input, 0, 0);
	struct compose_request request;
	const char *field = NULL;

	if (size < 256u * 1024 && compose_request_read(arena, bytes_slice(input, 0, end), bytes_from(input, end + 1), &request, &field) != REASON_NONE &&
	    field == NULL)
		__builtin_trap();
	arena_destroy(&arena);
	return 0;
}
