/* tests/fuzz/fuzz_pdf_clean.c - any bytes as a PDF. What comes out is read again, has its pages, and nothing that acts. */
#include <assert.h>

#include "base/limits.h"
#include "cda/pdf_clean.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_create(64u << 20);
	struct pdf_clean once, twice;
	if (pdf_clean(arena, (struct bytes){data, size}, &once) == REASON_NONE) {
		assert(once.pages > 0 && once.pages <= LIMIT_PDF_CLEAN_PAGES);
		assert(pdf_clean(arena, once.content, &twice) == REASON_NONE);
		assert(twice.pages == once.pages);
	}
	arena_destroy(&arena);
	return 0;
}
