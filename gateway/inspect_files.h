/* gateway/inspect_files.h - what the files of the second child's reading share: inspect_read.c the mail and what it wants, inspect_files.c its
 * files, archives and documents. Included by these two only. */
#ifndef RELAIS_GATEWAY_INSPECT_FILES_H
#define RELAIS_GATEWAY_INSPECT_FILES_H

#include "gateway/inspect_read.h"

struct inspect_file {
	struct bytes name, media, content;
	bool encoding_ok;
	bool within;                       /* of a winmail.dat, which is opened once */
	const struct xdm_document *meta;   /* NULL: not from a package */
};

/* An archive that could not be opened. What that means for the message shows when all of it was read. */
struct inspect_failed {
	struct inspect_file file;
	enum reason reason;
};

struct inspect_reading {
	struct arena *arena;
	const struct inspect_request *request;
	struct inspection *out;
	size_t unpacked;                   /* out of all archives: one budget for the message (attacks R1) */
	bool package;                      /* a sound package was read */
	struct inspect_failed *failed;
	size_t n_failed;
	size_t told;                       /* findings of schematrons so far */
};

/* How much a reason weighs: 0 none, 1 tolerated, 2 kept apart, 3 refused; and the heavier of two. */
int inspect_weight(enum reason reason);
enum reason inspect_worse(enum reason a, enum reason b);

/* One file, whatever it is: documents, archives and wrappings are opened, within the message's budgets. */
void inspect_take_file(struct inspect_reading *r, const struct inspect_file *file);
void inspect_take_archive(struct inspect_reading *r, const struct inspect_file *file);
/* known: what is already known against it. */
void inspect_take_document(struct inspect_reading *r, const struct inspect_file *file, enum sniff type, enum reason known);
/* What the archives of the message are worth: the worst of them. */
void inspect_note_archive(struct inspect_reading *r, enum reason reason);

#endif
