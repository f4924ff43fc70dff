/* base/secret.h - the one word for a key, token or password that was used: overwritten before its memory is given back.
 *
 * A library's own copies are overwritten by the heap itself, in the processes that hold secrets (gateway/process.c). */
#ifndef RELAIS_BASE_SECRET_H
#define RELAIS_BASE_SECRET_H

#include <stddef.h>

/* Never left out by a compiler. NULL with 0 is nothing. */
void secret_wipe(void *at, size_t len);

/* Pages of their own for a secret that has to stay: locked, out of every dump, zero. NULL when the system gives none; where it may
 * not lock so much they are not locked. */
void *secret_room(size_t len);
/* Wipes and gives back what secret_room gave for this len; NULL is nothing. */
void secret_room_free(void *at, size_t len);

#endif
