/* base/arena.h - one region of memory for one message or one session, with a ceiling.
 *
 * Everything taken from an arena is freed at once by arena_destroy; nothing is
 * freed inside. Memory given is zeroed and aligned for any type. */
#ifndef RELAIS_BASE_ARENA_H
#define RELAIS_BASE_ARENA_H

#include "base/bytes.h"

struct arena;

/* Exit status of a process whose arena was exhausted in arena_alloc (sysexits: EX_TEMPFAIL). */
#define ARENA_EXIT_EXHAUSTED 75

/* An arena that will never hold more than ceiling bytes. Owned by the caller. */
struct arena *arena_create(size_t ceiling);
/* Accepts NULL, frees all, leaves NULL behind. arena_wipe overwrites first (secrets). */
void arena_destroy(struct arena **arena);
void arena_wipe(struct arena **arena);

/* NULL when the ceiling would be passed or the system has no memory. */
MUST_USE void *arena_try(struct arena *arena, size_t size);

/* Never NULL: an exhausted arena ends the process with ARENA_EXIT_EXHAUSTED after
 * one line on standard error. For processes that live for one message and for
 * the worker, whose claimed message is then counted as tried. */
void *arena_alloc(struct arena *arena, size_t size);

/* Copies, always followed by a NUL that is not counted. */
struct bytes arena_copy(struct arena *arena, struct bytes from);
char *arena_text(struct arena *arena, struct bytes from);
/* As one line that a screen shows and that nothing obeys: controls, line ends and what is not to be seen (bytes_unseen) become blanks. */
const char *arena_line(struct arena *arena, struct bytes from);
char *arena_printf(struct arena *arena, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Bytes given so far. */
size_t arena_used(const struct arena *arena);

/* For tests: the n-th arena_try from now on fails (1 = the next), 0 = never. */
void arena_fail_at(struct arena *arena, size_t n);

#endif
