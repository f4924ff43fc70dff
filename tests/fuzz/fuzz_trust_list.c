/* tests/fuzz/fuzz_trust_list.c - any bytes as the white list.
 *
 * Whatever comes: no crash; on success every domain is lower case and one of mail, every name reads back to itself and no more
 * than one entry in a hundred was passed over. */
#include <assert.h>

#include "base/limits.h"
#include "certs/name.h"
#include "gateway/trust_list.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_domain(struct bytes domain)
{
	assert(domain.len > 2 && domain.len <= LIMIT_SMTP_DOMAIN && bytes_utf8(domain) && bytes_contains(domain, BYTES(".")));
	for (size_t i = 0; i < domain.len; i++)
		assert(domain.at[i] > ' ' && domain.at[i] != '@' && domain.at[i] != '*' && !(domain.at[i] >= 'A' && domain.at[i] <= 'Z'));
}

static void check_pair(struct arena *arena, const struct trust_list *list, size_t i)
{
	struct name_difference differences[NAME_DIFFERENCES];
	struct bytes again;

	check_domain(list->domains[i]);
	assert(name_of_text(arena, list->shown[i], &again) == REASON_NONE && bytes_equal(again, list->names[i]));
	assert(bytes_utf8(list->shown[i]) && bytes_utf8(list->operators[i]));
	assert(name_differences(list->names[i], again, differences) == 0);
	(void)name_differences(list->names[i], list->names[0], differences);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_create(64u << 20);
	struct trust_list *list = arena_alloc(arena, sizeof *list);
	enum reason reason = trust_list_read(arena, (struct bytes){data, size}, list);

	if (reason == REASON_NONE) {
		assert(list->entries > 0 && list->n + list->bad == list->entries && list->bad * 100 <= list->entries);
		for (size_t i = 0; i < list->n; i++)
			check_pair(arena, list, i);
	}
	arena_destroy(&arena);
	return 0;
}
