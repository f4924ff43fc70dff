/* certs/pki_test.h - tests alone: a folder of the run, in which certificates are made by commands of the shell and read again. */
#ifndef RELAIS_CERTS_PKI_TEST_H
#define RELAIS_CERTS_PKI_TEST_H

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"

/* What a fixture begins with. */
struct pki_test {
	char folder[64];
};

/* In the folder, with $PKI for make-test-pki.sh; what it says is in the file log there. */
static inline bool pki_test_run(const struct pki_test *t, const char *command)
{
	char line[4096];
	const char *slash = strrchr(__FILE__, '/');

	snprintf(line, sizeof line, "cd '%s' && PKI='%.*s/make-test-pki.sh' && (%s) >>log 2>&1", t->folder,
		 slash == NULL ? 1 : (int)(slash - __FILE__), slash == NULL ? "." : __FILE__, command);
	return system(line) == 0;
}

/* False: it was not made, and where that is said was told. */
static inline bool pki_test_make(struct pki_test *t, const char *command)
{
	strcpy(t->folder, "/tmp/relais-pki-XXXXXX");
	if (mkdtemp(t->folder) != NULL && pki_test_run(t, command))
		return true;
	fprintf(stderr, "%s/log says why\n", t->folder);
	return false;
}

static inline int pki_test_end(const struct pki_test *t)
{
	return pki_test_run(t, "cd / && rm -rf \"$OLDPWD\"") ? 0 : -1;
}

/* The path of a file there; good for four calls. */
static inline const char *pki_test_path(const struct pki_test *t, const char *name)
{
	static char paths[4][256];
	static size_t next;
	char *path = paths[next++ % 4];

	snprintf(path, sizeof paths[0], "%s/%s", t->folder, name);
	return path;
}

/* A file there, whole. */
static inline struct bytes pki_test_read(struct arena *arena, const struct pki_test *t, const char *name)
{
	enum { MOST = 1 << 20 };
	FILE *file = fopen(pki_test_path(t, name), "rb");
	unsigned char *data = arena_alloc(arena, MOST);

	if (file == NULL)
		fail_msg("%s cannot be read", name);
	struct bytes out = {data, fread(data, 1, MOST, file)};
	fclose(file);
	return out;
}

#endif
