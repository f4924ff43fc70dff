/* base/arena.c - see arena.h. The only place of the project that calls malloc for data. */
#include "base/arena.h"
#include "base/secret.h"

#include "base/fault.h"

#include <stdalign.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { BLOCK_SIZE = 64 * 1024 };

struct block {
	struct block *next;
	size_t size, used;
	alignas(max_align_t) unsigned char data[];
};

struct arena {
	struct block *blocks;
	size_t ceiling, used, fail_at;
};

struct arena *arena_create(size_t ceiling)
{
	struct arena *arena = FAULT(FAULT_ALLOCATE) ? NULL : calloc(1, sizeof *arena);
	if (arena == NULL) {
		dprintf(STDERR_FILENO, "{\"event\":\"memory-exhausted\"}\n");
		_exit(ARENA_EXIT_EXHAUSTED);
	}
	arena->ceiling = ceiling;
	return arena;
}

static void release(struct arena **arena, bool wipe)
{
	if (*arena == NULL)
		return;
	for (struct block *b = (*arena)->blocks, *next; b != NULL; b = next) {
		next = b->next;
		if (wipe)
			secret_wipe(b->data, b->size);
		free(b);
	}
	free(*arena);
	*arena = NULL;
}

void arena_destroy(struct arena **arena)
{
	release(arena, false);
}

void arena_wipe(struct arena **arena)
{
	release(arena, true);
}

static struct block *block_with(struct arena *arena, size_t size)
{
	struct block *b = arena->blocks;
	if (b != NULL && b->size - b->used >= size)
		return b;
	size_t room = arena->ceiling < BLOCK_SIZE ? arena->ceiling : BLOCK_SIZE;   /* a small arena stays small */
	if (room < size)
		room = size;
	b = FAULT(FAULT_ALLOCATE) ? NULL : calloc(1, sizeof *b + room);
	if (b == NULL)
		return NULL;
	b->size = room;
	b->next = arena->blocks;
	arena->blocks = b;
	return b;
}

void *arena_try(struct arena *arena, size_t size)
{
	const size_t grain = alignof(max_align_t);

	if (arena->fail_at > 0 && --arena->fail_at == 0)
		return NULL;
	if (size > arena->ceiling || arena->ceiling - size < grain)
		return NULL;
	size = (size + grain - 1) / grain * grain;
	if (size > arena->ceiling - arena->used)
		return NULL;
	struct block *b = block_with(arena, size);
	if (b == NULL)
		return NULL;
	void *given = b->data + b->used;
	b->used += size;
	arena->used += size;
	return given;
}

void *arena_alloc(struct arena *arena, size_t size)
{
	void *given = arena_try(arena, size);
	if (given == NULL) {
		dprintf(STDERR_FILENO, "{\"event\":\"arena-exhausted\",\"used\":%zu,\"ceiling\":%zu}\n",
			arena->used, arena->ceiling);
		_exit(ARENA_EXIT_EXHAUSTED);
	}
	return given;
}

struct bytes arena_copy(struct arena *arena, struct bytes from)
{
	return (struct bytes){(unsigned char *)arena_text(arena, from), from.len};
}

char *arena_text(struct arena *arena, struct bytes from)
{
	char *copy = arena_alloc(arena, from.len + 1);
	if (from.len > 0)
		memcpy(copy, from.at, from.len);
	return copy;
}

const char *arena_line(struct arena *arena, struct bytes from)
{
	char *line = arena_text(arena, from);

	for (size_t i = 0; i < from.len; i++) {
		size_t unseen = bytes_unseen(bytes_from(from, i));
		if (unseen > 0)
			memset(line + i, ' ', unseen);
		else if (from.at[i] < 0x20 || from.at[i] == 0x7f)
			line[i] = ' ';
		i += unseen > 0 ? unseen - 1 : 0;
	}
	return line;
}

char *arena_printf(struct arena *arena, const char *format, ...)
{
	va_list list, again;
	va_start(list, format);
	va_copy(again, list);
	int len = vsnprintf(NULL, 0, format, list);
	va_end(list);
	char *text = arena_alloc(arena, (size_t)(len < 0 ? 0 : len) + 1);
	if (len > 0)
		vsnprintf(text, (size_t)len + 1, format, again);
	va_end(again);
	return text;
}

size_t arena_used(const struct arena *arena)
{
	return arena->used;
}

void arena_fail_at(struct arena *arena, size_t n)
{
	arena->fail_at = n;
}
