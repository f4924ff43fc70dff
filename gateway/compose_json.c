/* gateway/compose_json.c - see compose_json.h. */
#include "gateway/compose_json.h"

void compose_json_fail(struct compose_place place, const char *key)
{
	if (place.reader->field != NULL)
		return;
	place.reader->field = *place.path == 0 ? arena_text(place.reader->arena, bytes_of_text(key))
					       : arena_printf(place.reader->arena, "%s.%s", place.path, key);
}

/* NULL when the key is absent or null. */
static const json_t *value_of(struct compose_place place, const char *key, enum compose_need need)
{
	const json_t *value = place.object == NULL ? NULL : json_object_get(place.object, key);
	if (value != NULL && json_is_null(value))
		value = NULL;
	if (value == NULL && need == COMPOSE_REQUIRED && place.object != NULL)
		compose_json_fail(place, key);
	return value;
}

static bool named(const char *names, struct bytes key)
{
	struct cursor cursor = cursor_on(bytes_of_text(names));
	while (cursor.left.len > 0)
		if (bytes_equal(cursor_until(&cursor, ' '), key))
			return key.len > 0;
	return false;
}

/* A key that nobody knows is a misunderstanding between two processes: it is refused. */
static struct compose_place checked(struct compose_place place, const char *names)
{
	const char *key;
	json_t *value;
	json_object_foreach((json_t *)place.object, key, value) {
		if (!named(names, bytes_of_text(key)))
			compose_json_fail(place, key);
	}
	return place;
}

struct compose_place compose_json_root(struct compose_reader *reader, const json_t *root, const char *names)
{
	struct compose_place place = {reader, root, ""};
	if (!json_is_object(root)) {
		place.object = NULL;
		compose_json_fail(place, "request");
		return place;
	}
	return checked(place, names);
}

struct compose_place compose_json_object(struct compose_place place, const char *key, const char *names, enum compose_need need)
{
	struct compose_place inner = {place.reader, value_of(place, key, need), key};
	if (*place.path != 0)
		inner.path = arena_printf(place.reader->arena, "%s.%s", place.path, key);
	if (inner.object == NULL)
		return inner;
	if (!json_is_object(inner.object)) {
		inner.object = NULL;
		compose_json_fail(place, key);
		return inner;
	}
	return checked(inner, names);
}

size_t compose_json_count(struct compose_place place, const char *key, size_t max, enum compose_need need)
{
	const json_t *list = value_of(place, key, need);
	if (list == NULL)
		return 0;
	if (!json_is_array(list) || json_array_size(list) > max) {
		compose_json_fail(place, key);
		return 0;
	}
	return json_array_size(list);
}

struct compose_place compose_json_item(struct compose_place place, const char *key, size_t i, const char *names)
{
	const json_t *item = json_array_get(value_of(place, key, COMPOSE_REQUIRED), i);
	struct compose_place inner = {place.reader, item, key};
	if (*place.path != 0)
		inner.path = arena_printf(place.reader->arena, "%s.%s", place.path, key);
	if (!json_is_object(item)) {
		inner.object = NULL;
		compose_json_fail(place, key);
		return inner;
	}
	return checked(inner, names);
}

static struct bytes text_of(const json_t *value)
{
	return (struct bytes){(const unsigned char *)json_string_value(value), json_string_length(value)};
}

static bool one_line(struct bytes text)
{
	for (size_t i = 0; i < text.len; i++)
		if (text.at[i] < 0x20 || text.at[i] == 0x7f)
			return false;
	return true;
}

static struct bytes take_line(struct compose_place place, const char *key, const json_t *value, size_t max)
{
	if (!json_is_string(value) || json_string_length(value) > max || !one_line(text_of(value))) {
		compose_json_fail(place, key);
		return BYTES_NONE;
	}
	return arena_copy(place.reader->arena, text_of(value));
}

struct bytes compose_json_line(struct compose_place place, const char *key, size_t max, enum compose_need need)
{
	const json_t *value = value_of(place, key, need);
	if (value == NULL)
		return BYTES_NONE;
	struct bytes text = take_line(place, key, value, max);
	if (need == COMPOSE_REQUIRED && bytes_trim(text).len == 0)
		compose_json_fail(place, key);
	return text;
}

struct bytes compose_json_line_at(struct compose_place place, const char *key, size_t i, size_t max)
{
	return take_line(place, key, json_array_get(value_of(place, key, COMPOSE_REQUIRED), i), max);
}

/* What a mail's text may hold of line ends becomes LF. False: another control character. */
static bool tame(struct bytes from, unsigned char *to, size_t *len)
{
	for (size_t i = 0; i < from.len; i++) {
		unsigned char c = from.at[i];
		if (c == '\r' && i + 1 < from.len && from.at[i + 1] == '\n')
			continue;
		if (c == '\r' || c == '\f' || c == '\v')
			c = '\n';
		else if (c == '\t')
			c = ' ';
		if ((c < 0x20 && c != '\n') || c == 0x7f)
			return false;
		to[(*len)++] = c;
	}
	return true;
}

struct bytes compose_json_lines(struct compose_place place, const char *key, size_t max, enum compose_need need)
{
	const json_t *value = value_of(place, key, need);
	if (value == NULL)
		return BYTES_NONE;
	if (!json_is_string(value) || json_string_length(value) > max) {
		compose_json_fail(place, key);
		return BYTES_NONE;
	}
	struct bytes from = text_of(value);
	size_t len = 0;
	unsigned char *to = arena_alloc(place.reader->arena, from.len + 1);
	if (!tame(from, to, &len))
		compose_json_fail(place, key);
	return (struct bytes){to, len};
}

struct instant compose_json_time(struct compose_place place, const char *key, enum compose_need need)
{
	struct instant at = {0};
	const json_t *value = value_of(place, key, need);
	if (value != NULL && (!json_is_string(value) || !instant_read(text_of(value), &at)))
		compose_json_fail(place, key);
	return at;
}

uint64_t compose_json_number(struct compose_place place, const char *key, uint64_t max, enum compose_need need)
{
	const json_t *value = value_of(place, key, need);
	if (value == NULL)
		return 0;
	if (!json_is_integer(value) || json_integer_value(value) < 0 || (uint64_t)json_integer_value(value) > max) {
		compose_json_fail(place, key);
		return 0;
	}
	return (uint64_t)json_integer_value(value);
}

bool compose_json_true(struct compose_place place, const char *key)
{
	const json_t *value = value_of(place, key, COMPOSE_OPTIONAL);
	if (value != NULL && !json_is_boolean(value))
		compose_json_fail(place, key);
	return json_is_true(value);
}
