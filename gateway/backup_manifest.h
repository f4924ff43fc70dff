/* gateway/backup_manifest.h - what a folder of a backup holds: manifest.json, the last file that is written, and the only one that is believed.
 *
 * {"backup": 1, "kind": "instance"|"keys", "at", "release", "schema", "encrypted", "destroyed", "counts": {…}, "streams": {NAME: PARTS…},
 *  "files": [{"name", "size", "sha256"}…]}
 * A file that is missing, altered, or not named there is told. */
#ifndef RELAIS_GATEWAY_BACKUP_MANIFEST_H
#define RELAIS_GATEWAY_BACKUP_MANIFEST_H

#include <jansson.h>

#include "base/arena.h"
#include "base/digest.h"
#include "base/reason.h"

#define BACKUP_MANIFEST "manifest.json"

/* Adds "files" of what the folder holds and writes it there, synced; *digest is that of the file. Borrows the object. */
MUST_USE enum reason backup_manifest_write(struct arena *arena, const char *folder, json_t *manifest, char digest[DIGEST_SHA256_TEXT]);
/* Read and held against every file. BACKUP_ALTERED: *what says which; NOT_FOUND: no manifest. The caller owns *out. */
MUST_USE enum reason backup_manifest_read(struct arena *arena, const char *folder, json_t **out, const char **what);

#endif
