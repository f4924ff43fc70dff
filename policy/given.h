/* policy/given.h - may this party be given this document? The one place that says so: every mail that carries documents, and every
 * text that names them, asks here.
 *
 *  1. A document masked for professionals (MASQUE_PS) goes to no professional: expert, attending physician, physician of the first opinion, physician who asked.
 *  2. A document invisible to the patient, or to his legal representatives, never goes to either:
 *     each may read the other's mailbox.
 *  3. Nobody else is given any document.
 *  4. Of a dossier only what is current goes: not replaced, not withdrawn, and fit to be shared. */
#ifndef RELAIS_POLICY_GIVEN_H
#define RELAIS_POLICY_GIVEN_H

#include "policy/dossier.h"

/* A document as it came, in a message that is passed on. */
bool given_unmasked(const struct policy_document *document, enum party party);
/* a hides itself from somebody from whom b does not. */
bool given_hides_more(const struct policy_document *a, const struct policy_document *b);
/* The document with the masks of what it may be a copy of, in its message: what has its bytes or its number; and, as a loose file that is
 * nobody's by itself, every document there. */
struct policy_document given_as_copy(const struct policy_message *message, const struct policy_document *document);
/* A document of a dossier. */
bool given_allowed(const struct dossier_document *document, enum party party);
/* Every document of a message that would be passed on with it: not those set aside, nor orders to delete. */
bool given_message(const struct policy_message *message, enum party party);

#endif
