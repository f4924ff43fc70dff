/* gateway/compose_report.h - the opinion report: its PDF, its clinical document, and how it describes itself in the package.
 * For compose_build.c. The same request gives the same bytes. */
#ifndef RELAIS_GATEWAY_COMPOSE_REPORT_H
#define RELAIS_GATEWAY_COMPOSE_REPORT_H

#include "gateway/compose_request.h"

struct compose_report_files {
	struct bytes name, pdf;               /* the PDF beside the package, which is the one inside the document */
	struct xdm_write_document document;   /* with the CDA as content */
};

/* All of *out is in the arena or borrowed from the report. COMPOSE_FIELD: *field names what is absent or not allowed. */
MUST_USE enum reason compose_report_build(struct arena *arena, const struct compose_report *report, bool english,
					  struct compose_report_files *out, const char **field);

#endif
