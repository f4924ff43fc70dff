/* gateway/shield_mail.h - what in a mail of ours could be a person (policy/shield.h): the mail as it will leave, read again in a jail of its own
 * by other code than what wrote it.
 *
 * Read: subject, texts, HTML, PDFs, CDA and other XML with the files inside, archives, RTF, plain texts, the readable beginning of what has no
 * form that we know (a DICOM file names its patient there). Counted as unread: pictures, films, office files, PDFs that are locked or
 * broken, pages of a PDF without a word (scans), XML that cannot be parsed (read as text). An archive that cannot be read whole makes the
 * text one that is cut: what we cannot open we cannot vouch for. */
#ifndef RELAIS_GATEWAY_SHIELD_MAIL_H
#define RELAIS_GATEWAY_SHIELD_MAIL_H

#include <jansson.h>

#include "policy/shield.h"

struct shield_mail {
	struct shield_text text;
	size_t files;        /* that were looked into */
	size_t unread;       /* files, and pages of scans: nobody searched them */
};

/* head and entity as the signer gets them. False when it is no mail that can be read. */
MUST_USE bool shield_mail_read(struct arena *arena, struct bytes head, struct bytes entity, struct shield_mail *out);

/* The answer of relais-shield; owned by the caller. */
json_t *shield_mail_write(const struct shield_mail *mail);
/* The same back, every bound checked: it comes from a process that read strangers' bytes. Views into json. */
MUST_USE bool shield_mail_of(struct arena *arena, const json_t *json, struct shield_mail *out);

#endif
