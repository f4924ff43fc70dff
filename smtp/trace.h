/* smtp/trace.h - who received a message last, as its topmost trace field says (RFC 5321 4.4).
 *
 * A relay writes its Received above all that it was given, so the topmost one is by the operator in whose mailbox the
 * message lies; those below it are only what others said. */
#ifndef RELAIS_SMTP_TRACE_H
#define RELAIS_SMTP_TRACE_H

#include "base/bytes.h"

/* The host behind "by" in the topmost Received of a header block (with its line ends). Empty when there is none, or when it is not
 * written as "[from HOST] by HOST" with the name of a host. A view into head. */
struct bytes trace_by(struct bytes head);
/* Is the host the domain itself, or a name below it? ASCII case-blind; an empty domain is above nothing. */
bool trace_is_under(struct bytes host, struct bytes domain);

#endif
