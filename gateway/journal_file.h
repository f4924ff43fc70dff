/* gateway/journal_file.h - a file of lines that is only ever added to, outside the database: for the journals of what was accepted and what was sent.
 *
 * One line with one write (O_APPEND), so that threads and processes may share the file. What a crash tore is ended before the next line, so
 * that each line stands alone; who reads drops what is no JSON. */
#ifndef RELAIS_GATEWAY_JOURNAL_FILE_H
#define RELAIS_GATEWAY_JOURNAL_FILE_H

#include "base/arena.h"
#include "base/bytes.h"
#include "base/reason.h"

/* Opens or makes the file (0640), before the jail, and ends a torn last line. *fd is the caller's to close. IO, STORE_FULL. */
MUST_USE enum reason journal_file_open(const char *path, int *fd);
/* line ends with \n. sync: on the disk when the call returns. STORE_FULL: no room; IO: any other failure. */
MUST_USE enum reason journal_file_add(int fd, struct bytes line, bool sync);

/* The last `most` bytes of it, from the start of a line; empty when it cannot be read. In the arena. */
struct bytes journal_file_tail(int fd, struct arena *arena, size_t most);
/* From the end of such a text: the line that ends before *end, which moves to its start. Empty when there is none. */
struct bytes journal_file_line(struct bytes text, size_t *end);

#endif
