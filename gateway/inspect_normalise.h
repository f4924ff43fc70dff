/* gateway/inspect_normalise.h - one document as it may be handed on and read by people. Runs in a child of its own.
 *
 * A PDF is cleaned (cda/pdf_clean.h), a JPEG or PNG too (cda/image_clean.h), a text becomes UTF-8; of a CDA come its readable text and the
 * file that stands for it, cleaned in the same way. Every other kind is ANNEX_TYPE: TIFF, RTF, DICOM, archives, HTML and the files
 * of office programs go along as they came, where they go along, and are never an annex of a report. */
#ifndef RELAIS_GATEWAY_INSPECT_NORMALISE_H
#define RELAIS_GATEWAY_INSPECT_NORMALISE_H

#include <jansson.h>

#include "base/arena.h"
#include "base/reason.h"
#include "cda/sniff.h"

struct inspect_normal {
	enum reason reason;    /* of the file: REASON_NONE, or why there is none; of a CDA without one too, when it has a text */
	struct bytes text;     /* UTF-8, lines parted by LF, no other control character; empty when there is none */
	struct bytes file;     /* empty when there is none */
	enum sniff type;       /* of file: SNIFF_PDF, SNIFF_JPEG, SNIFF_PNG or SNIFF_TXT */
	size_t pages;          /* of file: of a PDF its pages, of a picture 1, of a text 0 */
	size_t left;           /* files inside a CDA beside the one that stands for it */
};

/* Never fails: *out tells. */
void inspect_normalise(struct arena *arena, struct bytes content, struct inspect_normal *out);

/* The answer to "normalise", without its BLOBs. */
json_t *inspect_normal_json(const struct inspect_normal *normal);

#endif
