/* cda/corpus_test.h - for the tests of this folder: files of the corpus, found at RELAIS_CORPUS. */
#ifndef RELAIS_CDA_CORPUS_TEST_H
#define RELAIS_CDA_CORPUS_TEST_H

/* What cmocka.h needs before it, and itself. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "base/arena.h"

/* The corpus folder; skips the running test when RELAIS_CORPUS is unset. */
static inline const char *corpus_root(void)
{
	const char *root = getenv("RELAIS_CORPUS");
	if (root == NULL) {
		print_message("RELAIS_CORPUS is unset: the corpus is not read\n");
		skip();
	}
	return root;
}

/* A whole file, in the arena; fails the test when it is not there. */
static inline struct bytes corpus_file(struct arena *arena, const char *path)
{
	FILE *file = fopen(path, "rb");
	if (file == NULL)
		fail_msg("no file %s", path);
	fseek(file, 0, SEEK_END);
	size_t len = (size_t)ftell(file);
	rewind(file);
	unsigned char *data = arena_alloc(arena, len + 1);
	if (fread(data, 1, len, file) != len)
		fail_msg("short file %s", path);
	fclose(file);
	return (struct bytes){data, len};
}

/* Processor time in milliseconds. */
static inline double cpu_ms(void)
{
	struct timespec t;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static inline long peak_kb(void)
{
	struct rusage usage;
	getrusage(RUSAGE_SELF, &usage);
	return usage.ru_maxrss;
}

/* Calls each(context, first field, second field) for every row of an expectations.tsv but its heading. */
typedef void corpus_row(void *context, struct bytes file, struct bytes expected);
static inline void corpus_expectations(struct bytes table, corpus_row *each, void *context)
{
	struct cursor lines = cursor_on(table);
	cursor_until(&lines, '\n');
	while (lines.left.len > 0) {
		struct cursor fields = cursor_on(cursor_until(&lines, '\n'));
		struct bytes file = cursor_until(&fields, '\t');
		each(context, file, cursor_until(&fields, '\t'));
	}
}

#endif
