/* cda/tnef.h - takes the attached files out of a winmail.dat ([MS-OXTNEF]), the wrapping that some mail programs put around them.
 *
 * Files only: the message's text, its recipients and what else stands in there are passed over and never believed. Nothing is
 * unpacked and nothing is copied but names, so that no more can come out than went in. A wrapping with one length or one checksum
 * that is wrong is refused whole: what follows cannot be told from what an attacker wants to be seen. */
#ifndef RELAIS_CDA_TNEF_H
#define RELAIS_CDA_TNEF_H

#include "base/arena.h"
#include "base/reason.h"

struct tnef_file {
	struct bytes name;       /* UTF-8 as written, not yet fit for a file name; may be empty */
	struct bytes content;    /* points into the input; empty for a message or an object within, which is not taken out */
};

struct tnef_content {
	struct tnef_file *files; /* in the arena, in their order */
	size_t count;            /* at most LIMIT_TNEF_FILES */
};

/* ATTACHMENT_TNEF: broken, cut, over the limits or no TNEF; then *out is untouched. */
MUST_USE enum reason tnef_read(struct arena *arena, struct bytes data, struct tnef_content *out);

#endif
