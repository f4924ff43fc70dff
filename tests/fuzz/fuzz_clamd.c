/* tests/fuzz/fuzz_clamd.c - any answer of a virus scanner: clean is one sentence, and a name has signs that may stand in a log. */
#include <assert.h>
#include <string.h>

#include "gateway/clamd.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes answer = {data, size};
	struct clamd_verdict v = clamd_answer(answer);

	assert((v.reason == REASON_NONE) == bytes_equal(answer, BYTES("stream: OK")));
	assert(v.reason != REASON_MAIL_VIRUS || bytes_ends(answer, BYTES(" FOUND")));
	assert(v.reason == REASON_MAIL_VIRUS || v.reason == REASON_ANTIVIRUS_SIZE || v.name[0] == '\0');
	assert(v.name[0] == '\0' || bytes_ends(answer, BYTES(" FOUND")));
	assert(strlen(v.name) <= CLAMD_NAME);
	for (size_t i = 0; v.name[i] != '\0'; i++)
		assert(v.name[i] > ' ' && v.name[i] < 0x7f && strchr("<>\"'\\;&|$`", v.name[i]) == NULL);
	return 0;
}
