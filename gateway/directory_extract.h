/* gateway/directory_extract.h - the national extract of secure mailboxes, read in pieces: memory does not grow with the file.
 *
 * Source: mssante.md M40 and M41; measured of the public file: UTF-8, one heading line, 31 columns separated by |, no quoting, some 535,000
 * lines. No date and no number of a line stands in it: the address is the key, and some addresses have several lines.
 * Nothing here decides: who may be written to is the policy's. */
#ifndef RELAIS_GATEWAY_DIRECTORY_EXTRACT_H
#define RELAIS_GATEWAY_DIRECTORY_EXTRACT_H

#include "base/buf.h"
#include "base/digest.h"
#include "base/instant.h"
#include "base/reason.h"

enum { DIRECTORY_COLUMNS = 31, DIRECTORY_TOLD = 100 };

/* One line: views that live until the next piece is fed. */
struct directory_line {
	struct bytes kind;          /* PER, ORG... as written */
	struct bytes address;       /* in lower case */
	struct bytes person;        /* RPPS (11 digits); else the whole national number; empty of a service's mailbox */
	struct bytes structure;     /* national number of the place; may be empty */
	struct bytes family, given, profession, speciality, service, place, postcode;
};

struct directory_bad {
	size_t line;                /* from 1, the heading's */
	const char *why;            /* a sentence of ours, English, without content */
};

/* Takes one line; false ends the reading (the taker knows why). */
typedef bool directory_taker(void *context, const struct directory_line *line);

struct directory_extract {
	directory_taker *take;
	void *context;
	struct buf rest;            /* the piece of a line that has no end yet */
	struct digest_run digest;
	uint64_t bytes;
	size_t lines;               /* with the heading */
	size_t entries, bad;
	struct directory_bad told[DIRECTORY_TOLD];
	bool headed, long_line;
	unsigned char lowered[256]; /* the address of the line in hand */
};

/* A reader of one file. Ended by directory_extract_end, whatever came before. */
void directory_extract_begin(struct directory_extract *e, directory_taker *take, void *context);
/* The next bytes. DIRECTORY_FORM: the heading is another; DIRECTORY_SIZE; IO: the taker ended it. After any reason nothing more is to be fed. */
MUST_USE enum reason directory_extract_feed(struct directory_extract *e, struct bytes piece);
/*
 * The end of the file. DIRECTORY_FORM: no heading, no entry, or the last line has no end (the file is cut off); DIRECTORY_UNREADABLE: more than
 * one line in a hundred was passed over. digest (may be NULL): SHA-256 of all that was fed. Frees; e's counts stay.
 */
MUST_USE enum reason directory_extract_end(struct directory_extract *e, unsigned char digest[DIGEST_SHA256]);

/* One line without its end, for whoever has one: NULL when it was read, else why not. */
const char *directory_line_read(struct directory_extract *e, struct bytes line, struct directory_line *out);

/* The day in a file's name, as the extract is delivered: ..._YYYYMMDDhhmm.txt. The hour is Paris's, and taken as UTC: of a file that is made once
 * a day nobody asks more. False when there is none. */
MUST_USE bool directory_extract_day(struct bytes name, struct instant *out);

#endif
