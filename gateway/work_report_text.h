/* gateway/work_report_text.h - the words of a report, in the service's language. For work_report.c. */
#ifndef RELAIS_GATEWAY_WORK_REPORT_TEXT_H
#define RELAIS_GATEWAY_WORK_REPORT_TEXT_H

#include "gateway/work_report.h"

/* One report while it is being put together. */
struct work_sheet {
	struct work *work;
	const struct dossier *dossier;
	bool english;
	unsigned version;
	struct instant at;       /* of its first release */
	json_t *pathology;       /* as imported; NULL when it is not in the rules any more */
};

/* The rows of the frame and the sections, as gateway/compose_request.h has them; new lists. What product.md 4.5 asks for: who asked, legal frame,
 * dates, signature; questions, the case, answers, opinion, convergence, advice, certainty and limits, documents read and not had, help,
 * links of interest, incidents. A text that is empty has no section. */
json_t *work_report_rows(const struct work_sheet *sheet);
json_t *work_report_sections(const struct work_sheet *sheet);

#endif
