/* smtp/mime_name.c - see mime_name.h. */
#include "smtp/mime_name.h"

#include <string.h>

enum { NAME_MAX_BYTES = 120, ENDING_MAX_BYTES = 10 };

/* Marks that turn the direction of writing (U+200E, U+200F, U+202A to U+202E, U+2066 to U+2069, U+061C):
 * "exe.fdp" would be shown as "pdf.exe" or the reverse. Also line separators and the byte order mark. */
static size_t unseen_mark(struct bytes a)
{
	if (a.len >= 2 && a.at[0] == 0xd8 && a.at[1] == 0x9c)
		return 2;
	if (a.len >= 2 && a.at[0] == 0xc2 && a.at[1] < 0xa0)
		return 2;                               /* C1 controls */
	if (a.len < 3)
		return 0;
	if (a.at[0] == 0xe2 && a.at[1] == 0x80 &&
	    (a.at[2] == 0x8b || a.at[2] == 0x8e || a.at[2] == 0x8f || (a.at[2] >= 0xa8 && a.at[2] <= 0xae)))
		return 3;
	if (a.at[0] == 0xe2 && a.at[1] == 0x81 && a.at[2] >= 0xa6 && a.at[2] <= 0xa9)
		return 3;
	return a.at[0] == 0xef && a.at[1] == 0xbb && a.at[2] == 0xbf ? 3 : 0;
}

static bool is_path_mark(unsigned char c)
{
	return c == '/' || c == '\\';
}

static struct bytes without_path(struct bytes name)
{
	for (size_t i = name.len; i > 0; i--)
		if (is_path_mark(name.at[i - 1]))
			return bytes_from(name, i);
	return name;
}

static struct bytes without_edges(struct bytes name)
{
	while (name.len > 0 && (name.at[0] == '.' || name.at[0] == ' '))
		name = bytes_from(name, 1);
	while (name.len > 0 && (name.at[name.len - 1] == '.' || name.at[name.len - 1] == ' '))
		name.len--;
	return name;
}

/* Back to the start of a UTF-8 sequence. */
static size_t whole_up_to(struct bytes name, size_t len)
{
	while (len > 0 && len < name.len && (name.at[len] & 0xc0) == 0x80)
		len--;
	return len;
}

static struct bytes shortened(struct arena *arena, struct bytes name)
{
	if (name.len <= NAME_MAX_BYTES)
		return name;
	size_t dot = name.len;
	while (dot > 0 && name.at[dot - 1] != '.')
		dot--;
	struct bytes ending = dot > 0 && name.len - dot < ENDING_MAX_BYTES ? bytes_from(name, dot - 1) : BYTES_NONE;
	size_t keep = whole_up_to(name, NAME_MAX_BYTES - ending.len);
	unsigned char *out = arena_alloc(arena, NAME_MAX_BYTES + 1);
	memcpy(out, name.at, keep);
	if (ending.len > 0)
		memcpy(out + keep, ending.at, ending.len);
	return (struct bytes){out, keep + ending.len};
}

struct bytes mime_name_clean(struct arena *arena, struct bytes name, bool *odd)
{
	struct bytes last = without_path(name);
	unsigned char *out = arena_alloc(arena, last.len + 1);
	size_t len = 0;

	if (!bytes_utf8(last)) {
		*odd = true;
		return BYTES_NONE;
	}
	if (last.len != name.len)
		*odd = true;
	for (size_t i = 0; i < last.len; i++) {
		size_t unseen = unseen_mark(bytes_from(last, i));
		if (unseen > 0) {
			*odd = true;
			i += unseen - 1;
		} else if (last.at[i] < 0x20 || last.at[i] == 0x7f) {
			*odd = true;
		} else {
			out[len++] = last.at[i];
		}
	}
	return shortened(arena, without_edges((struct bytes){out, len}));
}
