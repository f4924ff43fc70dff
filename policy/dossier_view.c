/* policy/dossier_view.c - looking into a folded dossier. */
#include "policy/dossier.h"

#include "policy/sender.h"

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

bool dossier_has_lost(const struct dossier *dossier, const struct dossier_offer *offer)
{
	const struct dossier_offer *holder = dossier_accepted_offer(dossier);

	return offer->answer == OFFER_ENDED && (holder == NULL || !bytes_equal(holder->rpps, offer->rpps));
}

size_t dossier_refusals(const struct dossier *dossier)
{
	size_t n = 0;

	for (size_t i = dossier->n_offers; i > 0; i--) {
		const struct dossier_offer *o = &dossier->offers[i - 1];
		if (o->answer == OFFER_ACCEPTED || o->answer == OFFER_ENDED)
			break;
		n += o->answer == OFFER_DECLINED && o->word == POLICY_WORD_REFUSE;
	}
	return n;
}

struct bytes dossier_document_key(const struct policy_document *document)
{
	return document->id.len > 0 ? document->id : document->digest;
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

size_t dossier_open_questions(const struct dossier *dossier, size_t *last)
{
	size_t n = 0;

	for (size_t i = 0; i < dossier->n_questions; i++) {
		if (dossier->questions[i].answered)
			continue;
		n++;
		if (last != NULL)
			*last = i + 1;
	}
	return n;
}

bool dossier_awaits_answer(const struct dossier *dossier)
{
	bool waits = dossier_open_questions(dossier, NULL) > 0;

	return dossier->state == DOSSIER_EXCHANGE || (waits && dossier_next(dossier->state, EVENT_QUESTION_ANSWERED) != DOSSIER_NOWHERE);
}

unsigned dossier_version(const struct dossier *dossier)
{
	return dossier->n_releases == 0 ? 0 : dossier->releases[dossier->n_releases - 1].version;
}

const struct dossier_release *dossier_release_of(const struct dossier *dossier, unsigned version)
{
	for (size_t i = 0; i < dossier->n_releases; i++)
		if (dossier->releases[i].version == version)
			return &dossier->releases[i];
	return NULL;
}

bool dossier_had_version(const struct dossier *dossier, enum party party, unsigned below)
{
	struct bytes mailbox = dossier_mailbox(dossier, party);

	for (size_t i = 0; i < dossier->n_releases && dossier->releases[i].version < below; i++)
		for (enum party p = PARTY_PATIENT; p < PARTIES; p++) {
			/* On paper nobody has a mailbox to be known by. */
			bool same = (p == party && mailbox.len == 0) || sender_same_address(dossier_mailbox(dossier, p), mailbox);
			if ((dossier->releases[i].to & dossier_party_bit(p)) != 0 && same)
				return true;
		}
	return false;
}

bool dossier_was_returned(const struct dossier *dossier, struct bytes address)
{
	for (size_t i = 0; i < dossier->n_returned; i++)
		if (bytes_equal_nocase(dossier->returned[i], address))
			return true;
	return false;
}

bool dossier_is_unknown(const struct dossier_mail_data *mail)
{
	/* Shut; a domain that is not there or takes no mail; our own address that is not believed (RFC 3463 3.2, 3.3, RFC 7505 4.2): none of them is he. */
	static const char *const others[] = {"5.2.1", "5.1.2", "5.1.10", "5.1.7", "5.1.8"};

	for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
		if (bytes_equal_text(mail->status, others[i]))
			return false;
	return mail->reason == REASON_DELIVER_MAILBOX_NONE || bytes_starts(mail->status, BYTES("5.1."));
}

/* The first who acts; whether his dates hold at this instant is the consent's to say. */
static struct bytes representative_mailbox(const struct dossier *d, enum party party)
{
	for (size_t i = 0; i < d->n_representatives; i++)
		if (d->representatives[i].ended_at.us == 0 && d->representatives[i].data.informed_only == (party == PARTY_OTHER_PARENT))
			return d->representatives[i].data.mailbox;
	return BYTES_NONE;
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
		offer = dossier_accepted_offer(dossier);
		if (offer == NULL)
			offer = dossier_live_offer(dossier);
		return offer == NULL ? BYTES_NONE : offer->mailbox;
	case PARTY_STANDBY:
		offer = dossier_live_offer(dossier);
		return offer == NULL || !offer->standby ? BYTES_NONE : offer->mailbox;
	case PARTY_REQUESTER:
		return dossier->request.requester == REQUESTER_PHYSICIAN ? dossier->request.sender : BYTES_NONE;
	case PARTY_REPRESENTATIVE:
	case PARTY_OTHER_PARENT:
		return representative_mailbox(dossier, party);
	case PARTY_NONE:
	case PARTY_SENDER:
	case PARTIES:
		break;
	}
	return BYTES_NONE;
}
