/* policy/people.h - who acts for a patient and what each of them may have; secrecy, majority, objection, the lines of an envelope. Rules alone.
 *
 * 1. Without a proof nothing clinical goes to anybody (product 2.2), and to a helper never.
 * 2. A parent and a guardian have what the patient has; a curator and a trusted person the steps alone, and the rest once the patient agrees.
 * 3. Nobody has anything outside of his dates. A parent's end with the eve of the child's eighteenth birthday: at midnight in Paris (E34).
 * 4. What a minor wants kept from the parents (Code de la santé publique L1111-5) goes neither to them nor to the minor's own mailbox, which they
 *    read: by the hand of the physician alone. */
#ifndef RELAIS_POLICY_PEOPLE_H
#define RELAIS_POLICY_PEOPLE_H

#include "policy/dossier.h"

enum people_share { PEOPLE_NOTHING, PEOPLE_STEPS, PEOPLE_WHOLE };

/* What he may have, while he acts. */
enum people_share people_share(const struct dossier *dossier, const struct dossier_representative *representative);
/* What somebody must be allowed to have to get a copy of that mail to the patient; above WHOLE: it is the patient's alone. */
enum people_share people_needs(enum mail_code code);
/* May he have a copy of that mail to the patient at that instant, or (M50, M51) the mail that is his own? NONE, CONSENT_NONE, DOSSIER_FROZEN. */
MUST_USE enum reason people_check(const struct dossier *dossier, const struct dossier_representative *representative, enum mail_code code, struct instant now);
/* Who acts at that instant and writes from that mailbox; NULL when nobody does. */
const struct dossier_representative *people_find(const struct dossier *dossier, enum party party, struct bytes mailbox, struct instant now);

/* The physician's hand alone: rule 4. */
bool people_is_secret(const struct dossier *dossier);
/* Midnight in Paris at which the patient is of age; false when the birth date cannot be read. */
MUST_USE bool people_majority(const struct policy_patient *patient, struct instant *out);
/* The other parent's words say no. In doubt they do not, and a person reads them. */
bool people_objects(struct bytes text);
/* Lines of an envelope, newlines between: 1 to 6 of at most 38 signs (NF Z 10-011). */
bool people_address_ok(struct bytes address);

#endif
