/* smtp/mime_build.h - the MIME entity of an outgoing mail: multipart/mixed of a text in two forms and files, by GMime.
 *
 * The boundary is given and holds "=_", which neither quoted-printable nor base64 can produce, so that no text forges one. */
#ifndef RELAIS_SMTP_MIME_BUILD_H
#define RELAIS_SMTP_MIME_BUILD_H

#include "smtp/compose.h"

/* Call once in a process, before the jail. */
void mime_build_start(void);
/* The same words twice, UTF-8 with LF; plain is flowed already (smtp/mime_flowed.h). */
struct mime_build_text {
	struct bytes language, plain, html;
};

/* parts: checked names and media types. COMPOSE_SIZE over LIMIT_COMPOSE_MAIL; COMPOSE_FAILED. */
MUST_USE enum reason mime_build_entity(struct arena *arena, const char *boundary, const struct mime_build_text *text,
				       const struct smtp_compose_part *parts, size_t count, struct bytes *out);

/* A multipart/report (RFC 6522): the text (flowed), the machine's fields, four fields of the mail reported on. */
MUST_USE enum reason mime_build_report(struct arena *arena, const char *boundary, struct bytes text, struct bytes language,
				       const struct notice_written *notice, struct bytes *out);

#endif
