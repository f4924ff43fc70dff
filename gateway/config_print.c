/* gateway/config_print.c - the whole configuration as a file: every key, each path absolute. */
#include "gateway/config_keys.h"

#include "base/buf.h"

#include <string.h>

enum { PRINT_MAX = 1024 * 1024 };

static void put_text(struct buf *b, const char *text)
{
	buf_text(b, "\"");
	for (const char *c = text; *c != '\0'; c++) {
		if (*c == '"' || *c == '\\')
			buf_text(b, "\\");
		buf_u8(b, (uint8_t)*c);
	}
	buf_text(b, "\"");
}

static void put(struct buf *b, const struct config_key *key, const char *indent, const void *base)
{
	const void *place = (const char *)base + key->offset;

	buf_printf(b, "%s%s = ", indent, key->name);
	if (key->kind == CONFIG_NUMBER)
		buf_printf(b, "%d", *(const int *)place);
	else if (key->kind == CONFIG_FLAG)
		buf_text(b, *(const bool *)place ? "true" : "false");
	else
		put_text(b, *(const char *const *)place);
	buf_text(b, ";\n");
}

static void put_list(struct buf *b, const struct config_list *list, const struct config *config)
{
	const char *elements;
	size_t n;

	memcpy(&elements, (const char *)config + list->offset, sizeof elements);
	memcpy(&n, (const char *)config + list->offset_n, sizeof n);
	buf_printf(b, "\t%s = (", list->name);
	for (size_t i = 0; i < n; i++) {
		buf_text(b, i == 0 ? "\n\t\t{\n" : ",\n\t\t{\n");
		for (size_t k = 0; k < list->n_keys; k++)
			put(b, &list->keys[k], "\t\t\t", elements + i * list->size);
		buf_text(b, "\t\t}");
	}
	buf_text(b, n == 0 ? " );\n" : "\n\t);\n");
}

static void put_group_end(struct buf *b, const char *group, const struct config *config)
{
	for (size_t i = 0; i < config_lists_n; i++)
		if (strcmp(config_lists[i].group, group) == 0)
			put_list(b, &config_lists[i], config);
	if (group[0] != '\0')
		buf_text(b, "};\n");
}

static bool has_keys(const char *group)
{
	for (size_t i = 0; i < config_keys_n; i++)
		if (strcmp(config_keys[i].group, group) == 0)
			return true;
	return false;
}

struct bytes config_print(struct arena *arena, const struct config *config)
{
	struct buf b = buf_make(PRINT_MAX);
	const char *group = "";

	for (size_t i = 0; i < config_keys_n; i++) {
		const struct config_key *key = &config_keys[i];
		if (strcmp(key->group, group) != 0) {
			put_group_end(&b, group, config);
			group = key->group;
			if (group[0] != '\0')
				buf_printf(&b, "%s = {\n", group);
		}
		put(&b, key, group[0] == '\0' ? "" : "\t", config);
	}
	put_group_end(&b, group, config);
	for (size_t i = 0; i < config_lists_n; i++)
		if (!has_keys(config_lists[i].group)) {
			buf_printf(&b, "%s = {\n", config_lists[i].group);
			put_group_end(&b, config_lists[i].group, config);
		}
	struct bytes text = arena_copy(arena, buf_bytes(&b));
	buf_free(&b);
	return text;
}
