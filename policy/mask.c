/* policy/mask.c - see mask.h. */
#include "policy/mask.h"

#include <string.h>

static const struct bytes MASK = BYTES_OF("[...]");

enum { MATRICULE_BODY = 13, MATRICULE_WHOLE = 15 };

/* How many bytes a separator inside a number has at this place, 0 when there is none. */
static size_t separator(struct bytes at)
{
	static const struct bytes separators[] = {BYTES_OF(" "), BYTES_OF("."), BYTES_OF("-"), BYTES_OF("\t"),
						  BYTES_OF("\r"), BYTES_OF("\n"), BYTES_OF("\xc2\xa0"),
						  BYTES_OF("\xe2\x80\xaf"), BYTES_OF("\xe2\x80\x89"),
						  BYTES_OF("\xe2\x80\x91")};
	for (size_t i = 0; i < sizeof separators / sizeof separators[0]; i++)
		if (bytes_starts(at, separators[i]))
			return separators[i].len;
	return 0;
}

/* Bytes of the matricule found at the very beginning of text; 0 when it is not there. */
static size_t matricule_at(struct bytes text, struct bytes matricule)
{
	size_t at = 0, matched = 0, whole = 0;

	while (matched < matricule.len) {
		if (!bytes_starts_nocase(bytes_from(text, at), bytes_slice(matricule, matched, 1)))
			break;
		at++;
		matched++;
		if (matched == MATRICULE_BODY || matched == MATRICULE_WHOLE)
			whole = at;
		for (size_t skip; (skip = separator(bytes_from(text, at))) > 0;)
			at += skip;
	}
	return whole;
}

typedef size_t matcher(struct bytes text, struct bytes what);

static size_t address_at(struct bytes text, struct bytes address)
{
	return bytes_starts_nocase(text, address) ? address.len : 0;
}

/* The mask may be longer than what it hides: two passes, the first counts. */
static struct bytes mask(struct arena *arena, struct bytes text, struct bytes what, matcher *match)
{
	size_t len = 0, hits = 0, hit;

	for (size_t i = 0; i < text.len; i += hit > 0 ? hit : 1) {
		hit = match(bytes_from(text, i), what);
		len += hit > 0 ? MASK.len : 1;
		hits += hit > 0;
	}
	if (hits == 0)
		return text;
	unsigned char *out = arena_alloc(arena, len + 1);
	size_t n = 0;
	for (size_t i = 0; i < text.len; i += hit > 0 ? hit : 1) {
		hit = match(bytes_from(text, i), what);
		memcpy(out + n, hit > 0 ? MASK.at : text.at + i, hit > 0 ? MASK.len : 1);
		n += hit > 0 ? MASK.len : 1;
	}
	return (struct bytes){out, n};
}

struct bytes mask_matricule(struct arena *arena, struct bytes text, struct bytes matricule)
{
	return matricule.len < MATRICULE_BODY ? text : mask(arena, text, matricule, matricule_at);
}

struct bytes mask_address(struct arena *arena, struct bytes text, struct bytes address)
{
	return address.len == 0 ? text : mask(arena, text, address, address_at);
}
