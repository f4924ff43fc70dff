/* cda/zip.h - reads a ZIP archive from memory, all of it, under limits. Never touches a file.
 *
 * One reading only: an archive that two readers could see differently is refused (prefix, suffix, gaps,
 * overlaps, records that disagree, names twice without case). Stored and deflated entries only, none encrypted.
 * Sizes are counted while reading, never believed (LIMIT_ZIP_* of base/limits.h). */
#ifndef RELAIS_CDA_ZIP_H
#define RELAIS_CDA_ZIP_H

#include "base/arena.h"
#include "base/reason.h"

struct zip_member {
	struct bytes name;       /* UTF-8, '/' between folders, never absolute, no "..", no control character */
	struct bytes content;    /* in the arena */
};

struct zip_content {
	struct zip_member *members;  /* without the entries of folders, in the order of the archive */
	size_t count;
};

/*
 * Reasons: ARCHIVE_BROKEN, ARCHIVE_ENCRYPTED, ARCHIVE_LIMIT, ARCHIVE_NAME, ARCHIVE_METHOD, ARCHIVE_INCONSISTENT;
 * then *out is untouched. An archive without any entry is ARCHIVE_BROKEN.
 */
MUST_USE enum reason zip_content_read(struct arena *arena, struct bytes archive, struct zip_content *out);

#endif
