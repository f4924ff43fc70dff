/* policy/given.c - see given.h. */
#include "policy/given.h"

bool given_unmasked(const struct policy_document *document, enum party party)
{
	switch (party) {
	case PARTY_EXPERT:
	case PARTY_ATTENDING:
	case PARTY_FIRST_OPINION:
		return !document->masked_professionals;
	case PARTY_PATIENT:
		return !document->masked_patient && !document->masked_representatives;
	default:
		return false;
	}
}

bool given_allowed(const struct dossier_document *document, enum party party)
{
	return !document->replaced && !document->withdrawn && document->shared && given_unmasked(&document->filing.document, party);
}

bool given_message(const struct policy_message *message, enum party party)
{
	for (size_t i = 0; i < message->n_documents; i++) {
		const struct policy_document *d = &message->documents[i];
		if (!d->aside && d->action != POLICY_ACTION_DELETE && !given_unmasked(d, party))
			return false;
	}
	return true;
}
