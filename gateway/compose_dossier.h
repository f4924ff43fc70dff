/* gateway/compose_dossier.h - the dossier in order: the one PDF in which an expert reads everything from top to bottom.
 *
 * First the question, in a tinted frame; the patient; the other sections as given (answers of the questionnaire, what could not be had);
 * then the documents as a table of contents, by kind, the newest first, each row a link to the document's own section: who wrote it,
 * where, when, what can be read of it, and on which pages of this file its own pages follow. These stand behind, cleaned
 * (gateway/inspect_normalise.h), each with a bookmark; a photograph or scan is a page. What is too much for one file (LIMIT_DOSSIER_*, and the
 * room that the originals leave in the mail) or could not be cleaned is only attached, and its section says so. */
#ifndef RELAIS_GATEWAY_COMPOSE_DOSSIER_H
#define RELAIS_GATEWAY_COMPOSE_DOSSIER_H

#include "gateway/compose_json.h"
#include "gateway/compose_request.h"

/* Reads "documents" of "dossier_pdf" (compose_request.h). */
void compose_dossier_read(struct compose_place place, struct bytes payload, struct compose_dossier *out);

/* The PDF, in the arena. Reasons and *field of pdf_make. */
MUST_USE enum reason compose_dossier_make(struct arena *arena, const struct compose_request *request, struct bytes *out, const char **field);

#endif
