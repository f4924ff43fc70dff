/* smtp/reply_date.h - a day as people write it in a reply: 20/03, 20.03.2026, 2026-03-20, 20 mars, March 20. */
#ifndef RELAIS_SMTP_REPLY_DATE_H
#define RELAIS_SMTP_REPLY_DATE_H

#include "base/bytes.h"
#include "base/instant.h"

/* The last day named in a folded text (smtp/reply_fold): "du 3 au 20/03" gives the 20th. A day without a year is the
 * next such day from written; with written.year 0 it is not read. False: none; *out is untouched. */
MUST_USE bool reply_date_last(struct bytes folded, struct date written, struct date *out);

#endif
