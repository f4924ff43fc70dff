/* gateway/compose_sheet.h - a page of rows and sections as a PDF, for relais proof: what relais-compose answers to a request with "sheet".
 *
 *   {"sheet": {"title", "service", "reference", "note", "language": "fr|en", "time": RFC3339,
 *              "rows": [{"label", "value"}…], "sections": [{"heading", "text", "strong": true|false}…]}} */
#ifndef RELAIS_GATEWAY_COMPOSE_SHEET_H
#define RELAIS_GATEWAY_COMPOSE_SHEET_H

#include "base/arena.h"
#include "base/reason.h"

/* True when the request asks for a sheet: *reason is then that of pdf_make (cda/pdf.h), and COMPOSE_FIELD when it is not of that form; *pdf is in
 * the arena. */
MUST_USE bool compose_sheet(struct arena *arena, struct bytes request, enum reason *reason, struct bytes *pdf, const char **field);

#endif
