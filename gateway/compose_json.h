/* gateway/compose_json.h - typed reading of a JSON object: what is not of the expected kind sets a failure that names the key.
 * For compose_request*.c alone. Texts are copied to the arena. */
#ifndef RELAIS_GATEWAY_COMPOSE_JSON_H
#define RELAIS_GATEWAY_COMPOSE_JSON_H

#include <jansson.h>

#include "base/arena.h"
#include "base/instant.h"

struct compose_reader {
	struct arena *arena;
	const char *field;       /* path of the first key that is wrong; NULL while all is well */
};

/* One object and where it stands. */
struct compose_place {
	struct compose_reader *reader;
	const json_t *object;    /* NULL: absent; everything read from it is then empty */
	const char *path;        /* "report.patient" */
};

enum compose_need { COMPOSE_OPTIONAL, COMPOSE_REQUIRED };

/* The whole request. names: the keys that it may have, parted by one space. */
struct compose_place compose_json_root(struct compose_reader *reader, const json_t *root, const char *names);
/* An object in it; absent when it is null. */
struct compose_place compose_json_object(struct compose_place place, const char *key, const char *names, enum compose_need need);
/* Members of a list: how many (0 when absent or null), and the i-th, which must be an object. */
size_t compose_json_count(struct compose_place place, const char *key, size_t max, enum compose_need need);
struct compose_place compose_json_item(struct compose_place place, const char *key, size_t i, const char *names);

/* One line without any control character, at most max bytes. */
struct bytes compose_json_line(struct compose_place place, const char *key, size_t max, enum compose_need need);
struct bytes compose_json_line_at(struct compose_place place, const char *key, size_t i, size_t max);   /* of a list of texts */
/* Several lines: CRLF, CR, form feeds become LF, tabs a space; any other control character is refused. */
struct bytes compose_json_lines(struct compose_place place, const char *key, size_t max, enum compose_need need);
struct instant compose_json_time(struct compose_place place, const char *key, enum compose_need need);   /* zero when absent */
uint64_t compose_json_number(struct compose_place place, const char *key, uint64_t max, enum compose_need need);
bool compose_json_true(struct compose_place place, const char *key);

/* For a check made by the caller. */
void compose_json_fail(struct compose_place place, const char *key);

#endif
