/* cda/write_check.h - what a report must have before a line of it is written. For write.c alone. */
#ifndef RELAIS_CDA_WRITE_CHECK_H
#define RELAIS_CDA_WRITE_CHECK_H

#include "cda/write.h"

/* COMPOSE_FIELD: *field names the first field that is absent or not allowed (static text). */
MUST_USE enum reason write_check_report(const struct cda_write_report *report, const char **field);

#endif
