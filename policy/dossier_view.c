/* policy/dossier_view.c - looking into a folded dossier. */
#include "policy/dossier.h"

const struct dossier_offer *dossier_live_offer(const struct dossier *dossier)
{
	for (size_t i = dossier->n_offers; i > 0; i--)
		if (dossier->offers[i - 1].answer == OFFER_LIVE)
			return &dossier->offers[i - 1];
	return NULL;
}

const struct dossier_offer *dossier_accepted_offer(const struct dossier *dossier)
{
	for (size_t i = dossier->n_offers; i > 0; i--)
		if (dossier->offers[i - 1].answer == OFFER_ACCEPTED)
			return &dossier->offers[i - 1];
	return NULL;
}

const struct dossier_document *dossier_find_document(const struct dossier *dossier, struct bytes id, struct bytes digest)
{
	for (size_t i = 0; i < dossier->n_documents; i++) {
		const struct policy_document *d = &dossier->documents[i].filing.document;
		if (id.len > 0 ? bytes_equal(d->id, id) : digest.len > 0 && bytes_equal_nocase(d->digest, digest))
			return &dossier->documents[i];
	}
	return NULL;
}

bool dossier_answer(const struct dossier *dossier, struct bytes question, size_t nth, struct bytes *out)
{
	for (size_t i = 0; i < dossier->request.n_answers; i++) {
		const struct policy_answer *a = &dossier->request.answers[i];
		if (!bytes_equal(a->question, question) || nth-- > 0)
			continue;
		*out = a->value;
		return true;
	}
	return false;
}

const struct dossier_proof *dossier_find_proof(const struct dossier *dossier, enum mail_code code, enum party party)
{
	for (size_t i = dossier->n_proofs; i > 0; i--)
		if (dossier->proofs[i - 1].code == code && dossier->proofs[i - 1].party == party)
			return &dossier->proofs[i - 1];
	return NULL;
}

struct bytes dossier_mailbox(const struct dossier *dossier, enum party party)
{
	const struct dossier_offer *offer;

	switch (party) {
	case PARTY_PATIENT:
		return dossier->request.mailbox;
	case PARTY_ATTENDING:
		return dossier->request.attending.mailbox;
	case PARTY_FIRST_OPINION:
		return dossier->request.first_opinion.mailbox;
	case PARTY_EXPERT:
		offer = dossier_live_offer(dossier);
		if (offer == NULL)
			offer = dossier_accepted_offer(dossier);
		return offer == NULL ? BYTES_NONE : offer->mailbox;
	case PARTY_NONE:
	case PARTY_SENDER:
	case PARTIES:
		break;
	}
	return BYTES_NONE;
}
