/* policy/decide_parts.h - over how many mails a dossier goes to its expert, and which documents each carries. For the decide files only. */
#ifndef RELAIS_POLICY_DECIDE_PARTS_H
#define RELAIS_POLICY_DECIDE_PARTS_H

#include "policy/decide_build.h"

struct decide_parts {
	size_t *documents;               /* numbers of the shared, current documents, in the dossier's order */
	size_t *part;                    /* the mail of each, from 1; 0: no mail can carry it */
	size_t n, mails;
};

/* For a mail to the expert under that profile. The first mail leaves room for the dossier in order, a PDF. */
void decide_parts(const struct build *b, struct recipient_profile profile, struct decide_parts *out);
/* The same of what was filed after that instant, without the PDF. */
void decide_parts_since(const struct build *b, struct recipient_profile profile, struct instant since, struct decide_parts *out);
/* The last mail added carries part number `part` of these; field "part" ("2/3") is added when there are several. */
void decide_parts_carry(struct build *b, const struct decide_parts *parts, size_t part);
/* "- title (28/11/2019)": the documents of one mail; of part 0: those that no mail can carry. */
struct bytes decide_parts_text(const struct build *b, const struct decide_parts *parts, size_t part);

#endif
