/* gateway/compose_request_parts.h - what the readers of compose's request share. Included by compose_request*.c only. */
#ifndef RELAIS_GATEWAY_COMPOSE_REQUEST_PARTS_H
#define RELAIS_GATEWAY_COMPOSE_REQUEST_PARTS_H

#include "gateway/compose_json.h"
#include "gateway/compose_request.h"

/* Bytes that a text of a kind may have. */
enum { COMPOSE_NAME = 512, COMPOSE_CODE = 64, COMPOSE_ID = 320, COMPOSE_SECTION = 64 * 1024 };

/* The keys "patient", "custodian" and "rows" of an object. */
struct cda_write_patient compose_patient_read(struct compose_place place);
struct cda_write_custodian compose_custodian_read(struct compose_place place);
struct pdf_row *compose_rows_read(struct compose_place place, size_t *count);
/* "DR Olivier DUMAS": titles off, the first that professionals bear told by its code (else empty); the family name begins at the first
 * word in capitals, or is the last word. */
void compose_name_split(struct bytes name, struct bytes *title, struct bytes *given, struct bytes *family);
/* The key "report"; false when it is absent. */
bool compose_report_read(struct compose_place request, bool english, struct compose_report *out);

#endif
