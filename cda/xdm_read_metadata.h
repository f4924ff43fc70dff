/* cda/xdm_read_metadata.h - reads METADATA.XML (ebXML RIM 3.0) to its documents and its submission set. */
#ifndef RELAIS_CDA_XDM_READ_METADATA_H
#define RELAIS_CDA_XDM_READ_METADATA_H

#include "cda/xdm_read.h"

/* An ExtrinsicObject: what it tells of a document, and how it points to its file. */
struct xdm_entry {
	struct xdm_document document;   /* without name, content and type */
	struct bytes object;            /* id of the registry object */
	struct bytes uri, hash, size;   /* as told; empty when absent */
};

struct xdm_metadata {
	struct bytes submission_id, source_id, patient_id;
	unsigned sets;
	struct xdm_entry *entries;
	size_t count;
};

/* Associations are carried into their documents: HasMember (the bare word or the urn) to member, RPLC to action and action_target.
 * ARCHIVE_METADATA: not well-formed, or another root. DOCUMENT_DOCTYPE, DOCUMENT_LIMIT. */
MUST_USE enum reason xdm_metadata_read(struct arena *arena, struct bytes xml, struct xdm_metadata *out);

#endif
