/* policy/export.h - what of a dossier goes into the copy that a person hands over (GDPR 15; Code de la santé publique L1111-7): to the patient, to
 * the expert who holds it, or to the privacy officer, who answers a court with it.
 *
 *  1. The officer's copy holds all.
 *  2. The patient's holds no document that is hidden from him or from his legal representatives, none that its sender withdrew, none of which it is in
 *     doubt whether it is his; no message that brought one, nor, unless he or his expert wrote it, one
 *     with a file that was not filed; nothing to, from or about a third person (representatives, the other parent). While the
 *     dossier holds a hidden document, what professionals wrote to one another stays out too: it may speak of it.
 *     An opinion is in it once it was released, and not while a person still holds it back to announce it; nor one that never was, nor what was asked
 *     back of its expert. That the expert wants something done soon is told by the report, or by who calls, not by a copy.
 *  3. It is not made at all while a minor's secret stands, since a parent may be who asks, nor while the identity is in doubt, since the file may
 *     be another person's, nor after a death, since heirs have a limited right: a person decides on the officer's copy.
 *  4. The expert's holds the documents that he may be given, his own letters and those to him, the reports, and his part of the history. */
#ifndef RELAIS_POLICY_EXPORT_H
#define RELAIS_POLICY_EXPORT_H

#include "policy/dossier.h"

enum export_for { EXPORT_NOBODY, EXPORT_PATIENT, EXPORT_OFFICER, EXPORT_EXPERT, EXPORT_FORS };

const char *export_for_name(enum export_for whom);                   /* "patient", "officer", "expert"; "nobody" */
enum export_for export_for_of_name(struct bytes name);               /* NOBODY for any other word */

/* May that copy be made? EXPORT_PERSON (rule 3), EXPERT_NONE (nobody holds the dossier). */
MUST_USE enum reason export_check(const struct dossier *dossier, enum export_for whom);

/* A document of the dossier. */
bool export_document(const struct dossier_document *document, enum export_for whom);
/* Does the dossier hold a document that this copy must not? */
bool export_hides(const struct dossier *dossier, enum export_for whom);

/* A message that came. */
struct export_message {
	struct bytes actor;          /* of its event: "patient", "expert", "representative:r1", "relais" */
	struct bytes from;           /* its sender's address */
	int64_t inbox;               /* its number */
	bool opinion;                /* an expert's opinion, or a part of one */
	bool settled;                /* filed or applied: neither held nor refused, which may be another patient's */
	bool report;                 /* of delivery or reading: it may name another reader, and its proof stands with the mail that it speaks of */
	bool hides;                  /* it brought a document that is hidden from who gets the copy */
	bool unfiled;                /* it brought one that the dossier does not hold: what was set aside may be another patient's */
};
bool export_received(const struct dossier *dossier, enum export_for whom, const struct export_message *message);
/* A mail of ours. */
struct export_mail {
	enum mail_code code;
	enum party party;            /* to whom */
	struct bytes mailbox;
	struct bytes actor;          /* of the event that it was decided with: what a third person wrote is in the mail that hands it on */
};
bool export_sent(const struct dossier *dossier, enum export_for whom, const struct export_mail *mail);
/* A line of the history. */
bool export_event(const struct dossier *dossier, enum export_for whom, const struct dossier_event *event);

#endif
