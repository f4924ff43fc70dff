/* gateway/export_out.h - where a copy of a dossier is written: a folder, or one ZIP file. Never over anything, never half.
 *
 *  1. It grows beside its place, under PLACE.partial, and takes its name when it is whole.
 *  2. What stands at the place, or is being written there, is never touched.
 *  3. Only its owner may read it: folders 0700, files 0600.
 *  4. SHA256SUMS, the last file, is what `sha256sum -c` reads.
 *  5. A ZIP holds its files as they are (stored), so that its bytes are those that were given. */
#ifndef RELAIS_GATEWAY_EXPORT_OUT_H
#define RELAIS_GATEWAY_EXPORT_OUT_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/digest.h"
#include "base/instant.h"
#include "base/reason.h"

#define EXPORT_SUMS "SHA256SUMS"

struct export_out {
	struct arena *arena;
	const char *path, *partial;
	bool zip, open;
	int file;                    /* of a ZIP */
	uint32_t dos_time;           /* of its entries */
	uint64_t size;               /* of a ZIP so far */
	size_t files;
	struct buf directory, sums, names;
};

/* path ends in ".zip": a ZIP file; else a folder. at: the time of its entries. EXPORT_THERE, IO. */
MUST_USE enum reason export_out_open(struct arena *arena, const char *path, struct instant at, struct export_out *out);
/* A file, "name" or "folder/name", each of our own words or made by export_name; *digest is that of its content. IO; ARCHIVE_LIMIT: more than a ZIP can
 * hold (4 GB, 65,535 files). */
MUST_USE enum reason export_out_add(struct export_out *out, const char *name, struct bytes content, char digest[DIGEST_SHA256_TEXT]);
/* What the digest of the sums is going to be, when no more is added. */
void export_out_sums(const struct export_out *out, char digest[DIGEST_SHA256_TEXT]);
/* A file that the sums do not name: what vouches for them. */
MUST_USE enum reason export_out_beside(struct export_out *out, const char *name, struct bytes content);
/* Whole: writes the sums and takes its place. *digest is that of the sums, which names all of it. EXPORT_THERE: somebody was quicker. */
MUST_USE enum reason export_out_end(struct export_out *out, char digest[DIGEST_SHA256_TEXT]);
/* Takes away all that was written, unless export_out_end was reached. */
void export_out_close(struct export_out *out);

/* A file name that every system takes, out of one that anybody may have written: smtp/mime_name.h, and no sign that systems keep for themselves.
 * "fichier" when nothing is left. In the arena. */
const char *export_name(struct arena *arena, struct bytes name);

#endif
