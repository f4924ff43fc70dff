/* gateway/reader.h - what relais-verify, relais-inspect and relais-compose have in common beside gateway/oneshot.h. */
#ifndef RELAIS_GATEWAY_READER_H
#define RELAIS_GATEWAY_READER_H

#include "base/bytes.h"

/* Exit statuses (sysexits): EX_USAGE, EX_DATAERR, EX_TEMPFAIL, EX_CONFIG. */
enum { READER_USAGE = 64, READER_REQUEST = 65, READER_MEMORY = 75, READER_CONFIG = 78 };

/* One "--name VALUE" of a reader's own; *value is set when it is given. */
struct reader_option {
	const char *name, **value;
};

/* Where requests come from, and the options; false: a word is unknown, has no value, or the socket is missing. */
struct reader_socket {
	int descriptor;
	bool listening;
};
MUST_USE bool reader_options(int argc, char **argv, const struct reader_option *options, size_t n, struct reader_socket *out);

/* One piece of an answer (base/frame.h), written out whole. */
void reader_piece(int answer_fd, const char tag[4], struct bytes piece);

/* For oneshot_server.narrow: the filter of a child that reads, and from there on reader_alone. */
void reader_narrow(void);
/* This is a child that reads one message: without memory it ends (reader_heap.c). */
extern bool reader_alone;

#endif
