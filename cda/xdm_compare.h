/* cda/xdm_compare.h - does METADATA.XML say of a document what the document says of itself? (cda.md 4.3: each attribute has its
 * source in the CDA, so that the check is mechanical.)
 *
 * Rules are one table, "xdm.*". Most are told and no more: software ages and value sets move. One is dangerous: another patient. */
#ifndef RELAIS_CDA_XDM_COMPARE_H
#define RELAIS_CDA_XDM_COMPARE_H

#include "cda/read.h"
#include "cda/xdm_read.h"

enum { XDM_FINDINGS = 24 };

/*
 * Writes what does not hold to out, which has room for XDM_FINDINGS, and gives their number. cda is NULL for what is no CDA: then only
 * what the metadata lack is told. *reason: IDENTITY_DIFFERS when they name two patients; ORDER_TARGET when an order to replace or
 * delete names no document, or two; else NONE.
 */
size_t xdm_compare(struct arena *arena, const struct xdm_document *meta, const struct cda_document *cda, struct cda_finding *out,
		   enum reason *reason);

#endif
