/* policy/pieces.c - see pieces.h. */
#include "policy/pieces.h"

enum { ENDING_MAX = 5, TOLD_MAX = 10 };

/* "heic": letters and digits behind the last dot, and few of them. */
static struct bytes ending_of(struct bytes name)
{
	size_t from = name.len;

	while (from > 0 && name.at[from - 1] != '.') {
		unsigned char c = name.at[--from] | 0x20;
		if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')))
			return BYTES_NONE;
	}
	return from == 0 || name.len - from > ENDING_MAX ? BYTES_NONE : bytes_from(name, from);
}

static const char *line(struct arena *arena, const char *before, const struct policy_document *d, size_t number, bool english)
{
	const struct reason_entry *e = reason_entry(d->reason);
	struct bytes ending = ending_of(d->name);

	return arena_printf(arena, "%s%s- %s %zu%s%.*s%s%s%s", before, before[0] == '\0' ? "" : "\n", english ? "item" : "pièce n°", number,
			    ending.len > 0 ? " (." : "", (int)ending.len, (const char *)ending.at, ending.len > 0 ? ")" : "", english ? ": " : " : ",
			    english ? e->en : e->fr);
}

struct bytes pieces_text(struct arena *arena, const struct policy_message *message, bool english)
{
	const char *text = "";
	size_t n = 0;

	for (size_t i = 0; i < message->n_documents; i++)
		if (message->documents[i].aside && n++ < TOLD_MAX)
			text = line(arena, text, &message->documents[i], i + 1, english);
	if (n > TOLD_MAX)
		text = arena_printf(arena, english ? "%s\n- and %zu more" : "%s\n- et %zu autres", text, n - TOLD_MAX);
	return bytes_of_text(text);
}

enum reason pieces_reason(const struct policy_message *message)
{
	for (size_t i = 0; i < message->n_documents; i++)
		if (message->documents[i].aside)
			return message->documents[i].reason;
	return REASON_NONE;
}
