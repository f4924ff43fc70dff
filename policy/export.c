/* policy/export.c - see export.h. */
#include "policy/export.h"

#include "policy/given.h"
#include "policy/people.h"

static const char *const names[EXPORT_FORS] = {"nobody", "patient", "officer", "expert"};

static bool is_third(enum party party)
{
	return party == PARTY_REPRESENTATIVE || party == PARTY_OTHER_PARENT;
}

static enum party party_of(enum export_for whom)
{
	return whom == EXPORT_EXPERT ? PARTY_EXPERT : PARTY_PATIENT;
}

/* The mailbox of who holds the dossier. */
static bool is_holder(const struct dossier *d, struct bytes mailbox)
{
	const struct dossier_offer *holder = dossier_accepted_offer(d);
	return holder != NULL && mailbox.len > 0 && bytes_equal_nocase(holder->mailbox, mailbox);
}

static bool is_document_shown(const struct dossier *d, enum export_for whom, struct bytes key)
{
	for (size_t i = 0; i < d->n_documents; i++)
		if (bytes_equal(dossier_document_key(&d->documents[i].filing.document), key))
			return export_document(&d->documents[i], whom);
	return false;
}

/* Written by the patient or for his expert: what is attached there was looked at as a letter of theirs. */
static bool is_own(struct bytes actor)
{
	return bytes_equal_text(actor, "patient") || bytes_equal_text(actor, "expert") || bytes_starts(actor, BYTES("delegate:"));
}

/* The last released version rests on it. */
static bool is_released(const struct dossier *d, int64_t inbox)
{
	for (size_t i = 0; i < d->delivered.n_mails; i++)
		if (d->delivered.mails[i].inbox == inbox)
			return true;
	return false;
}

/* What a person wrote of somebody else, or because of him, and what our clocks say to ourselves. */
static bool is_patients_event(const struct dossier *d, const struct dossier_event *e)
{
	if (bytes_starts(e->actor, BYTES("representative:")))
		return false;
	switch (e->kind) {
	case EVENT_REPRESENTATIVE_NAMED:
	case EVENT_REPRESENTATIVE_ENDED:
	case EVENT_FROZEN:
	case EVENT_UNFROZEN:
	case EVENT_DEADLINE_PASSED:
	case EVENT_MAIL_STOPPED:      /* somebody else may be meant by it */
	case EVENT_MAIL_LET_GO:
	case EVENT_MAIL_DROPPED:
	case EVENT_HELD:              /* why the opinion is to be announced first */
	case EVENT_OPINION_RETURNED:
		return false;
	case EVENT_OPINION_ALERT:     /* no bad news before the report */
		return dossier_version(d) > 0 && d->state != DOSSIER_REVISION;
	case EVENT_MAILBOX_AWAITED:
		return !is_third(party_of_name(e->text.id));
	case EVENT_PROFILE_TOLD:
		return !is_third(e->profile.party);
	case EVENT_CONTACT_MADE:
		return e->contact.party == PARTY_PATIENT;
	case EVENT_CHANNEL_CHANGED:
		return !is_third(e->channel.party) && !bytes_equal_text(e->channel.why, "secret");
	case EVENT_MAIL_PROOF:
	case EVENT_MAIL_FAILED:
	case EVENT_MAIL_LATE:
		return e->mail.party != PARTY_SENDER && !is_third(e->mail.party);
	case EVENT_DOCUMENT_FILED:
		return is_document_shown(d, EXPORT_PATIENT, dossier_document_key(&e->document.document));
	case EVENT_DOCUMENT_WITHDRAWN:
		return false;
	default:
		return true;
	}
}

/* His part: what he was asked, given and gave, and what came of it. */
static bool is_experts_event(const struct dossier *d, const struct dossier_event *e)
{
	switch (e->kind) {
	case EVENT_REQUESTED:
	case EVENT_TRIAGED:
	case EVENT_MORE_ASKED:
	case EVENT_MORE_ANSWERED:
	case EVENT_OPINION_RECEIVED:
	case EVENT_OPINION_UNSIGNED:
	case EVENT_OPINION_RETURNED:
	case EVENT_OPINION_CHECKED:
	case EVENT_RELEASED:
	case EVENT_REPORT_READ:
	case EVENT_QUESTION_RECEIVED:
	case EVENT_QUESTION_ANSWERED:
	case EVENT_CLOSED:
	case EVENT_ARCHIVED:
	case EVENT_ERASED:
		return true;
	case EVENT_DOCUMENT_FILED:
		return is_document_shown(d, EXPORT_EXPERT, dossier_document_key(&e->document.document));
	case EVENT_MAIL_PROOF:
	case EVENT_MAIL_FAILED:
	case EVENT_MAIL_LATE:
		return is_holder(d, e->mail.mailbox);
	default:
		return dossier_event_data(e->kind) == EVENT_DATA_OFFER && is_holder(d, e->offer.mailbox);
	}
}

const char *export_for_name(enum export_for whom)
{
	return names[whom];
}

enum export_for export_for_of_name(struct bytes name)
{
	for (enum export_for w = EXPORT_PATIENT; w < EXPORT_FORS; w++)
		if (bytes_equal_text(name, names[w]))
			return w;
	return EXPORT_NOBODY;
}

enum reason export_check(const struct dossier *dossier, enum export_for whom)
{
	if (whom == EXPORT_PATIENT && (people_is_secret(dossier) || dossier->state == DOSSIER_IDENTITY || dossier->died_at.us != 0))
		return REASON_EXPORT_PERSON;
	if (whom == EXPORT_EXPERT && dossier_accepted_offer(dossier) == NULL)
		return REASON_EXPERT_NONE;
	return REASON_NONE;
}

bool export_document(const struct dossier_document *document, enum export_for whom)
{
	return whom == EXPORT_OFFICER || (!document->withdrawn && document->shared && given_unmasked(&document->filing.document, party_of(whom)));
}

bool export_hides(const struct dossier *dossier, enum export_for whom)
{
	for (size_t i = 0; i < dossier->n_documents; i++)
		if (!export_document(&dossier->documents[i], whom))
			return true;
	return false;
}

bool export_received(const struct dossier *dossier, enum export_for whom, const struct export_message *message)
{
	struct bytes actor = message->actor;

	if (whom == EXPORT_OFFICER)
		return true;
	if (!message->settled || message->hides || message->report)
		return false;
	if (whom == EXPORT_EXPERT)
		return is_holder(dossier, message->from);
	if (bytes_starts(actor, BYTES("representative:")) || (message->opinion && !is_released(dossier, message->inbox)))
		return false;
	/* A physician's request is taken though he attached another patient's documents: they are set aside, and still in his mail. */
	if (message->unfiled && !is_own(actor))
		return false;
	/* "relais": a request, or documents that a hospital sent. */
	return bytes_equal_text(actor, "patient") || bytes_equal_text(actor, "relais") || !export_hides(dossier, whom);
}

bool export_sent(const struct dossier *dossier, enum export_for whom, const struct export_mail *mail)
{
	enum party party = mail->party;

	if (whom == EXPORT_OFFICER || (whom == EXPORT_PATIENT && party == PARTY_PATIENT))
		return true;
	if (whom == EXPORT_EXPERT)
		return (party == PARTY_EXPERT || party == PARTY_STANDBY) && is_holder(dossier, mail->mailbox);
	/* Why an opinion went back, which documents of others a physician attached, what a representative wrote to the expert: his history has none of it. */
	if (mail->code == MAIL_M15 || mail->code == MAIL_M62 || bytes_starts(mail->actor, BYTES("representative:")))
		return false;
	return !is_third(party) && party != PARTY_SENDER && !export_hides(dossier, whom);
}

bool export_event(const struct dossier *dossier, enum export_for whom, const struct dossier_event *event)
{
	switch (whom) {
	case EXPORT_PATIENT:
		return is_patients_event(dossier, event);
	case EXPORT_EXPERT:
		return is_experts_event(dossier, event);
	case EXPORT_OFFICER:
		return true;
	case EXPORT_NOBODY:
	case EXPORT_FORS:
		break;
	}
	return false;
}
