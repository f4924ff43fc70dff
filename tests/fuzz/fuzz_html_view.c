/* tests/fuzz/fuzz_html_view.c - any bytes as a CDA to be shown: no crash, and no page that runs or fetches anything. */
#include <assert.h>

#include "base/limits.h"
#include "cda/html_view.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct html_view *view;
	if (view == NULL && html_view_open(&view) != REASON_NONE)
		return 0;
	struct arena *arena = arena_create(64u << 20);
	struct bytes page;

	if (html_view_make(arena, view, (struct bytes){data, size}, size % 2 == 0, &page) == REASON_NONE) {
		assert(page.len <= LIMIT_HTML_PAGE && bytes_utf8(page));
		assert(!bytes_contains_nocase(page, BYTES("<script")) && !bytes_contains_nocase(page, BYTES("<iframe")));
		for (size_t at = bytes_find(page, BYTES("href=\""), 0); at < page.len; at = bytes_find(page, BYTES("href=\""), at + 6))
			assert(page.at[at + 6] == '#');
	}
	arena_destroy(&arena);
	return 0;
}
