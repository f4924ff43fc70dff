/* cda/image_clean.h - a photograph or a scan without what tells where, when, by whom and with what it was made.
 *
 * JPEG (ITU-T T.81): of the application segments only JFIF (without its thumbnail), Adobe and ICC profiles stay; comments and what
 * follows the end of the image go. A turned picture stays turned: of EXIF its orientation alone is written again.
 * PNG (ISO/IEC 15948): the critical chunks, tRNS, gAMA and pHYs stay; every CRC is checked. Pixels are never decoded.
 * TIFF is not cleaned: any tag may hold anything, and no telephone shows it. */
#ifndef RELAIS_CDA_IMAGE_CLEAN_H
#define RELAIS_CDA_IMAGE_CLEAN_H

#include "base/arena.h"
#include "base/reason.h"
#include "cda/sniff.h"

struct image_clean {
	struct bytes content;     /* in the arena */
	unsigned width, height;   /* pixels, as stored */
	unsigned turn;            /* EXIF orientation, 1 (upright) to 8 */
};

/* type: SNIFF_JPEG or SNIFF_PNG. IMAGE_BROKEN: not whole or not well formed; IMAGE_LIMIT: more than LIMIT_IMAGE_PIXELS or
 * LIMIT_IMAGE_SEGMENTS; ANNEX_TYPE: any other type. *out is untouched then. */
MUST_USE enum reason image_clean(struct arena *arena, enum sniff type, struct bytes image, struct image_clean *out);

#endif
