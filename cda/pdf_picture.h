/* cda/pdf_picture.h - a photograph or a scan alone on an A4 page, upright. */
#ifndef RELAIS_CDA_PDF_PICTURE_H
#define RELAIS_CDA_PDF_PICTURE_H

#include "base/arena.h"
#include "base/instant.h"
#include "base/reason.h"
#include "cda/sniff.h"

/*
 * type: SNIFF_JPEG (its bytes go in as they are) or SNIFF_PNG (decoded). The page lies when the picture is broader than high.
 * IMAGE_BROKEN, IMAGE_LIMIT (LIMIT_PICTURE_PIXELS, image_clean's), ANNEX_TYPE; COMPOSE_FAILED: the library failed.
 */
MUST_USE enum reason pdf_picture(struct arena *arena, enum sniff type, struct bytes image, struct instant time, struct bytes *out);

#endif
