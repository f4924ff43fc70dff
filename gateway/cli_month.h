/* gateway/cli_month.h - months, years and days as the command line names them, in Paris; and tables as CSV (UTF-8, semicolons). */
#ifndef RELAIS_GATEWAY_CLI_MONTH_H
#define RELAIS_GATEWAY_CLI_MONTH_H

#include <jansson.h>

#include "base/instant.h"

/* "2026-03": from its first midnight to that of the next. False: it is none. */
MUST_USE bool cli_month(struct bytes text, struct instant *from, struct instant *until);
/* "2026" */
MUST_USE bool cli_year(struct bytes text, int *year, struct instant *from, struct instant *until);
/* "2026-03-14" */
MUST_USE bool cli_day(struct bytes text, struct instant *from, struct instant *until);
/* The first midnight of a year. */
struct instant cli_year_begin(int year);

/* A heading with the keys, then a line for each row; takes the reference. A text with a semicolon, a quote or a line end stands in quotes; one that a
 * spreadsheet would run as a formula begins with an apostrophe. Gives CLI_OK. */
int cli_show_csv(json_t *rows, const char *columns);

#endif
