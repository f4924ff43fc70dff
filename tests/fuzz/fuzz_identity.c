/* tests/fuzz/fuzz_identity.c - answers of token introspection: whatever comes, what is granted is whole and in time. */
#include "base/limits.h"
#include "gateway/identity.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The first byte chooses what is asked, so that short inputs reach every claim. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct identity_settings all[] = {{"i", "", "", ""}, {"", "", "", ""}, {"", "a", "", "sub"}, {"", "", "s", "sub"}};
	const struct instant now = {1000000};
	struct identity_person person = {0};
	const char *claim = NULL;

	if (size == 0)
		return 0;
	struct arena *arena = arena_create(64u * 1024);
	enum reason reason = identity_judge(arena, (struct bytes){data + 1, size - 1 < LIMIT_IDENTITY_ANSWER ? size - 1 : LIMIT_IDENTITY_ANSWER},
					    &all[data[0] % 4], now, &person, &claim);
	bool granted = reason == REASON_NONE;
	if (granted != (claim == NULL) || granted != (person.subject.len > 0))
		__builtin_trap();
	if (granted && (person.expires.us <= now.us || !bytes_one_line(person.subject, LIMIT_IDENTITY_SUBJECT)))
		__builtin_trap();
	if (!granted && reason != REASON_AUTH_TOKEN && reason != REASON_AUTH_LATER)
		__builtin_trap();
	arena_destroy(&arena);
	return 0;
}
