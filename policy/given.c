/* policy/given.c - see given.h. */
#include "policy/given.h"

bool given_unmasked(const struct policy_document *document, enum party party)
{
	switch (party) {
	case PARTY_EXPERT:
	case PARTY_ATTENDING:
	case PARTY_FIRST_OPINION:
	case PARTY_REQUESTER:
		return !document->masked_professionals;
	case PARTY_PATIENT:
	case PARTY_REPRESENTATIVE:
		return !document->masked_patient && !document->masked_representatives;
	default:
		return false;
	}
}

bool given_hides_more(const struct policy_document *a, const struct policy_document *b)
{
	return (a->masked_professionals && !b->masked_professionals) || (a->masked_patient && !b->masked_patient) ||
	       (a->masked_representatives && !b->masked_representatives);
}

struct policy_document given_as_copy(const struct policy_message *message, const struct policy_document *document)
{
	struct policy_document copy = *document;
	bool loose = document->id.len == 0 && !document->has_patient;

	for (size_t i = 0; i < message->n_documents; i++) {
		const struct policy_document *d = &message->documents[i];
		bool same = (d->digest.len > 0 && bytes_equal_nocase(d->digest, document->digest)) ||
			    (d->id.len > 0 && bytes_equal(d->id, document->id));
		if (!loose && !same)
			continue;
		copy.masked_professionals |= d->masked_professionals;
		copy.masked_patient |= d->masked_patient;
		copy.masked_representatives |= d->masked_representatives;
	}
	return copy;
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
