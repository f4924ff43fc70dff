/* gateway/reader_heap.c - in the executables of relais-verify, -inspect, -compose and -shield alone: a child that reads, and that the machine has no
 * memory for, ends.
 *
 * Libraries go on without memory, each in its own way: with an element that is not there, a page without its text, a signature that cannot be
 * verified. What is then said of a message looks like a fact. A reader that ended is known as such: the message is held, the mail is tried again. */
#include "base/arena.h"
#include "base/fault.h"
#include "gateway/reader.h"

#include <stddef.h>
#include <unistd.h>

#ifndef RELAIS_SANITIZED   /* the sanitizers have a heap of their own */

/* The C library's own, under the names that it keeps for who stands in front of them. */
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *at, size_t size);
void *malloc(size_t size);
void *calloc(size_t n, size_t size);
void *realloc(void *at, size_t size);

static void *sure(void *got, size_t size)
{
	if (got == NULL && size > 0 && reader_alone)
		_exit(ARENA_EXIT_EXHAUSTED);
	return got;
}

void *malloc(size_t size)
{
	return sure(FAULT(FAULT_LIBRARY) ? NULL : __libc_malloc(size), size);
}

void *calloc(size_t n, size_t size)
{
	return sure(FAULT(FAULT_LIBRARY) ? NULL : __libc_calloc(n, size), n);
}

void *realloc(void *at, size_t size)
{
	return sure(FAULT(FAULT_LIBRARY) ? NULL : __libc_realloc(at, size), size);
}

#else

/* ISO C wants something in a file. */
typedef int reader_heap_is_not_built;

#endif
