/* cda/xdm_write_metadata.h - METADATA.XML of a package (ebXML RIM 3.0, attributes of cda.md 4.3). For xdm_write.c alone. */
#ifndef RELAIS_CDA_XDM_WRITE_METADATA_H
#define RELAIS_CDA_XDM_WRITE_METADATA_H

#include "cda/xdm_write.h"

/* The set is already checked. COMPOSE_FAILED when a text cannot stand in XML. */
MUST_USE enum reason xdm_write_metadata(struct arena *arena, const struct xdm_write_set *set, struct bytes *out);
/* "DOC0001.XML" for 0. */
char *xdm_write_file(struct arena *arena, size_t n);

#endif
