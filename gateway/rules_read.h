/* gateway/rules_read.h - rules as people write them, read with bounds: what is refused is told with its place.
 *
 *  1. No more than LIMIT_RULES_FILE bytes and LIMIT_RULES_DEPTH levels reach the JSON parser; a key that stands twice is refused.
 *  2. Every key of every object is one that its reader names: read, or ignored by name. Any other is refused.
 *  3. The first fault is kept, with the path to it ("item[2].enableWhen[0].question") and the reason's two sentences. */
#ifndef RELAIS_GATEWAY_RULES_READ_H
#define RELAIS_GATEWAY_RULES_READ_H

#include <jansson.h>

#include "base/arena.h"
#include "base/reason.h"
#include "policy/questionnaire.h"

/* Where a reader is: a key, or a place in a list, under another. On the stack, or in the arena. */
struct rules_place {
	const struct rules_place *up;    /* NULL: the whole */
	const char *name;                /* NULL: an element of the list above */
	size_t index;
	struct bytes label;              /* what the author calls it; may be empty */
};

struct rules_reader {
	struct arena *arena;
	enum reason reason;              /* REASON_NONE: nothing is wrong so far */
	const char *place, *detail;      /* of the first fault; detail may be NULL */
};

/* What a file of rules holds: a value that the caller owns. NULL: the fault is told, its place is "line N". */
json_t *rules_parse(struct rules_reader *r, struct bytes text);
/* The same from a file. LOCAL reasons for one that cannot be opened (NOT_FOUND, IO). */
json_t *rules_parse_file(struct rules_reader *r, const char *path);

/* Notes a fault, if it is the first; detail: a word or two of the author's own, or NULL. Always false. */
bool rules_fault(struct rules_reader *r, const struct rules_place *at, enum reason reason, const char *detail);
bool rules_fault_at(struct rules_reader *r, const struct rules_place *up, const char *key, enum reason reason, const char *detail);

enum rules_kind {
	RULES_TEXT,                      /* one line, LIMIT_RULES_TEXT bytes */
	RULES_TOKEN,                     /* letters, digits, ".", "_", "-"; LIMIT_RULES_TOKEN bytes */
	RULES_URL,                       /* absolute, without "|" */
	RULES_TRUTH,
	RULES_COUNT,                     /* 0 to 99999 */
	RULES_NUMBER,                    /* below a thousand million, to the millionth */
	RULES_DATE,                      /* YYYY-MM-DD */
	RULES_OBJECT,
	RULES_OBJECTS,                   /* a list of them, not empty */
	RULES_TOKENS,                    /* a list, not empty, each once */
	RULES_TEXTS,                     /* a list, not empty, each once */
	RULES_IGNORED
};

struct rules_key {
	const char *name;
	enum rules_kind kind;
	bool required;
};

/* Every key is known, every required one there, every value of its kind. */
MUST_USE bool rules_shape(struct rules_reader *r, const struct rules_place *at, const json_t *object, const struct rules_key *keys, size_t n);
#define RULES_SHAPE(r, at, object, keys) rules_shape((r), (at), (object), (keys), sizeof(keys) / sizeof((keys)[0]))

/* A list that is too long for max is a fault. */
MUST_USE bool rules_at_most(struct rules_reader *r, const struct rules_place *at, const json_t *object, const char *key, size_t max);
/* A value that RULES_NUMBER or RULES_DATE let through. */
struct questionnaire_number rules_number(const json_t *value);

#endif
