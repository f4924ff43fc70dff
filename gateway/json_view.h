/* gateway/json_view.h - short ways to read JSON values as views. */
#ifndef RELAIS_GATEWAY_JSON_VIEW_H
#define RELAIS_GATEWAY_JSON_VIEW_H

#include <jansson.h>

#include "base/arena.h"
#include "base/instant.h"

/* One whole JSON value, duplicates refused; NULL when it is not. The caller owns it. */
json_t *json_read(struct bytes text);
/* A text member, borrowed from the object; empty when it is absent, null or no text. */
struct bytes json_view(const json_t *object, const char *key);
/* A text itself. */
struct bytes json_text_view(const json_t *value);
/* The texts of an array member, in the arena; returns how many. */
size_t json_views(struct arena *arena, const json_t *object, const char *key, const struct bytes **out);
bool json_truth(const json_t *object, const char *key);
/* Reads an RFC 3339 member; false when it is absent or wrong. */
bool json_instant(const json_t *object, const char *key, struct instant *out);
/* A new text value from bytes; invalid UTF-8 gives null. */
json_t *json_of(struct bytes text);
json_t *json_of_instant(struct instant at);
/* Compact text, in the arena; takes the reference. */
struct bytes json_write(struct arena *arena, json_t *value);

#endif
