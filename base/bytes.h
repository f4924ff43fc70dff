/* base/bytes.h - borrowed views on bytes, and a reading cursor that must end exactly.
 *
 * Hostile data is always a struct bytes, never a C string: it may hold NUL and
 * it ends where its length says. A view owns nothing; it lives as long as the
 * memory that it points into. */
#ifndef RELAIS_BASE_BYTES_H
#define RELAIS_BASE_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MUST_USE __attribute__((warn_unused_result))

struct bytes {
	const unsigned char *at;
	size_t len;
};

/* A view on a string literal, without its NUL. BYTES_OF for static tables (brace form). */
#define BYTES(literal) ((struct bytes){(const unsigned char *)(literal), sizeof(literal) - 1})
#define BYTES_OF(literal) {(const unsigned char *)(literal), sizeof(literal) - 1}

static const struct bytes BYTES_NONE = {NULL, 0};

/* A view on one of our own NUL-terminated strings; NULL gives an empty view. */
struct bytes bytes_of_text(const char *text);

bool bytes_equal(struct bytes a, struct bytes b);
bool bytes_equal_text(struct bytes a, const char *text);
/* ASCII letters compare without case; every other byte must be the same. */
bool bytes_equal_nocase(struct bytes a, struct bytes b);
bool bytes_starts(struct bytes a, struct bytes prefix);
bool bytes_starts_nocase(struct bytes a, struct bytes prefix);
bool bytes_ends(struct bytes a, struct bytes suffix);

/* Offset of the first hit at or after from, or a.len when there is none. */
size_t bytes_find(struct bytes a, struct bytes needle, size_t from);
size_t bytes_find_byte(struct bytes a, unsigned char byte, size_t from);
bool bytes_contains(struct bytes a, struct bytes needle);
bool bytes_contains_nocase(struct bytes a, struct bytes needle);

/* A part of a; from and len are cut to what is there. */
struct bytes bytes_slice(struct bytes a, size_t from, size_t len);
struct bytes bytes_from(struct bytes a, size_t from);
/* Without spaces, tabs, CR and LF at both ends. */
struct bytes bytes_trim(struct bytes a);

/* A decimal number of digits only, at most max. False: *out is untouched. */
MUST_USE bool bytes_number(struct bytes a, uint64_t max, uint64_t *out);

/* True when a is well-formed UTF-8 (RFC 3629: shortest form, no surrogates). */
bool bytes_utf8(struct bytes a);

/* Length of a sign that a begins with and that is not to be seen: C1 controls, joiners, marks of direction, line separators; else 0.
 * In a name or a subject they could show one thing and be another. */
size_t bytes_unseen(struct bytes a);

/* True when a is well-formed UTF-8 of at most max bytes without a control character: a text that may stand in a field. */
bool bytes_one_line(struct bytes a, size_t max);

/* Reading cursor: each take moves on, or sets failed and gives nothing more.
 * A frame was read well only if cursor_done() is true at the end. */
struct cursor {
	struct bytes left;
	bool failed;
};

struct cursor cursor_on(struct bytes a);
uint8_t cursor_u8(struct cursor *c);
uint32_t cursor_u32(struct cursor *c);   /* big-endian */
uint64_t cursor_u64(struct cursor *c);   /* big-endian */
struct bytes cursor_take(struct cursor *c, size_t len);
/* Up to and without the next separator, which is skipped; the rest when there is none. */
struct bytes cursor_until(struct cursor *c, unsigned char separator);
bool cursor_done(const struct cursor *c);  /* nothing failed and nothing left */

#endif
