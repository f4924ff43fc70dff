/* tests/fuzz/fuzz_directory_answer.c - any bytes as the answer of a directory's FHIR interface.
 *
 * Whatever comes: no crash; what is taken are addresses that mail can go to, each once a place, and plain text. */
#include <assert.h>

#include "gateway/directory_answer.h"
#include "policy/sender.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_create(64u << 20);
	struct directory_answer *answer = arena_alloc(arena, sizeof *answer);
	enum reason reason = directory_answer_fhir(arena, (struct bytes){data, size}, BYTES("10101010101"), answer);

	assert(reason == REASON_NONE || answer->n == 0);
	assert(answer->n <= LIMIT_DIRECTORY_FOUND && (answer->n == 0 || (answer->known && !answer->inactive)));
	for (size_t i = 0; i < answer->n; i++) {
		const struct directory_mailbox *m = &answer->list[i];
		assert(sender_address_ok(m->address) && bytes_one_line(m->family, 1000) && bytes_one_line(m->given, 1000) && bytes_one_line(m->place, 1000) &&
		       bytes_one_line(m->kind, 1000) && bytes_one_line(m->structure, 1000));
		for (size_t k = 0; k < i; k++)
			assert(!bytes_equal(m->address, answer->list[k].address) || !bytes_equal(m->structure, answer->list[k].structure));
	}
	arena_destroy(&arena);
	return 0;
}
