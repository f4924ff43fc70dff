/* cda/zip_check.h - our own strict walk over the records of a ZIP archive, before libzip reads it.
 *
 * Every byte of the archive must belong to exactly one record: local header, data, descriptor, central directory,
 * end records. Central and local records must say the same. libzip's own consistency check lets gaps pass. */
#ifndef RELAIS_CDA_ZIP_CHECK_H
#define RELAIS_CDA_ZIP_CHECK_H

#include "base/arena.h"
#include "base/reason.h"

struct zip_record {
	struct bytes raw_name;          /* as it stands, in whatever encoding */
	unsigned flags, method;
	uint32_t crc;
	uint64_t packed, size;          /* declared; both records agree */
	uint64_t begin, end;            /* from the local header to behind the descriptor */
};

/* Reasons: ARCHIVE_BROKEN, ARCHIVE_INCONSISTENT, ARCHIVE_ENCRYPTED, ARCHIVE_METHOD, ARCHIVE_NAME (a link or a device),
 * ARCHIVE_LIMIT. On REASON_NONE *out has *count records in the order of the central directory, in the arena. */
MUST_USE enum reason zip_check(struct arena *arena, struct bytes archive, struct zip_record **out, size_t *count);

#endif
