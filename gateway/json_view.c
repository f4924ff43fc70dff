/* gateway/json_view.c - see json_view.h. */
#include "gateway/json_view.h"

#include <stdlib.h>

json_t *json_read(struct bytes text)
{
	return json_loadb((const char *)text.at, text.len, JSON_REJECT_DUPLICATES, NULL);
}

struct bytes json_text_view(const json_t *value)
{
	if (!json_is_string(value))
		return BYTES_NONE;
	return (struct bytes){(const unsigned char *)json_string_value(value), json_string_length(value)};
}

struct bytes json_view(const json_t *object, const char *key)
{
	return json_text_view(json_object_get(object, key));
}

size_t json_views(struct arena *arena, const json_t *object, const char *key, const struct bytes **out)
{
	const json_t *list = json_object_get(object, key);
	size_t n = json_array_size(list);
	struct bytes *views = arena_alloc(arena, (n + 1) * sizeof *views);

	for (size_t i = 0; i < n; i++)
		views[i] = json_text_view(json_array_get(list, i));
	*out = views;
	return n;
}

bool json_truth(const json_t *object, const char *key)
{
	return json_is_true(json_object_get(object, key));
}

bool json_instant(const json_t *object, const char *key, struct instant *out)
{
	return instant_read(json_view(object, key), out);
}

json_t *json_of(struct bytes text)
{
	json_t *value = text.at == NULL ? NULL : json_stringn((const char *)text.at, text.len);
	return value != NULL ? value : json_null();
}

json_t *json_of_instant(struct instant at)
{
	char text[INSTANT_TEXT];
	instant_write(at, text);
	return json_string(text);
}

struct bytes json_write(struct arena *arena, json_t *value)
{
	size_t len = json_dumpb(value, NULL, 0, JSON_COMPACT | JSON_ENCODE_ANY);
	char *text = arena_alloc(arena, len + 1);
	json_dumpb(value, text, len, JSON_COMPACT | JSON_ENCODE_ANY);
	json_decref(value);
	return (struct bytes){(unsigned char *)text, len};
}
