/* base/reason.c - see reason.h. */
#include "base/reason.h"

#include <assert.h>

static const struct reason_entry table[REASONS] = {
#define R(name, code, class, smtp, enhanced, fr, en, hint) \
	[REASON_##name] = {code, REASON_CLASS_##class, smtp, enhanced, fr, en, hint},
#include "base/reason_list.h"
#undef R
};

const struct reason_entry *reason_entry(enum reason reason)
{
	assert(reason >= 0 && reason < REASONS);
	return &table[reason];
}

const char *reason_code(enum reason reason)
{
	return reason_entry(reason)->code;
}

enum reason reason_of_code(struct bytes code)
{
	for (enum reason r = 0; r < REASONS; r++)
		if (bytes_equal_text(code, table[r].code))
			return r;
	return REASONS;
}
