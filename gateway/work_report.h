/* gateway/work_report.h - what compose is asked for about a report, and the words that work_mail.c shares with it. */
#ifndef RELAIS_GATEWAY_WORK_REPORT_H
#define RELAIS_GATEWAY_WORK_REPORT_H

#include "gateway/work.h"

/* The key "report" of the request (gateway/compose_request.h), from the dossier's events and the rules: id, set and version are those of
 * the dossier, never made here. NOT_FOUND: the expert is no longer in the rules. */
MUST_USE enum reason work_report(struct work *work, const struct dossier *dossier, int64_t id, json_t *request);

bool work_english(const struct work *work);
/* "14 mars 2026". */
const char *work_date(struct work *work, struct instant at);
/* "1. …", a line each, of the questionnaire's question.1, question.2… */
struct bytes work_questions(struct work *work, const struct dossier *dossier);
/* {"id", "name"} of our own structure. */
json_t *work_custodian(const struct config *config);
/* Appends {"heading", "text"}, unless the text is empty. */
void work_section(json_t *list, const char *heading, struct bytes text);

#endif
