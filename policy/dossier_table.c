/* policy/dossier_table.c - the states of a dossier: the transition table, names and labels. */
#include "policy/dossier.h"

/* Whatever became of the dossier, mail goes on being proved, and people go on calling, complaining and writing. */
#define PROOFS(state) \
	[EVENT_MAIL_PROOF] = state, [EVENT_MAIL_FAILED] = state, [EVENT_MAIL_LATE] = state, [EVENT_CONTACT_MADE] = state, [EVENT_COMPLAINED] = state, \
	[EVENT_COMPLAINT_SETTLED] = state, [EVENT_LINKED] = state, [EVENT_FROZEN] = state, [EVENT_UNFROZEN] = state, [EVENT_DEADLINE_PASSED] = state, \
	[EVENT_OPINION_LATE] = state, [EVENT_ERASURE_ASKED] = state, [EVENT_ERASURE_ANSWERED] = state, [EVENT_EXPORTED] = state, [EVENT_STUDY_STOPPED] = state
/* While it lives a physician's consent may change, a sender may order his document out, and the patient may withdraw from the whole. */
#define LIVES(state) \
	PROOFS(state), [EVENT_CONSENT_CHANGED] = state, [EVENT_DOCUMENT_WITHDRAWN] = state, [EVENT_CHANNEL_CHANGED] = state, [EVENT_MAILBOX_AWAITED] = state, \
	[EVENT_REPRESENTATIVE_NAMED] = state, [EVENT_REPRESENTATIVE_ENDED] = state, [EVENT_URGENT] = state, [EVENT_WITHDRAWN] = DOSSIER_WITHDRAWN, \
	[EVENT_DIED] = DOSSIER_DECEASED
/* Before the release it can still be stopped. */
#define STOPS(state) LIVES(state), [EVENT_CANCELLED] = DOSSIER_CANCELLED, [EVENT_PAUSED] = state, [EVENT_RESUMED] = state
/* Documents may still be filed. */
#define FILES(state) STOPS(state), [EVENT_DOCUMENT_FILED] = state
/* An expert holds it: he answers, another is prepared and asked meanwhile, or it is taken from him. */
#define HOLDS(state) \
	[EVENT_OPINION_RECEIVED] = DOSSIER_OPINION, [EVENT_OPINION_UNSIGNED] = state, [EVENT_STANDBY_CHOSEN] = state, [EVENT_STANDBY_OFFERED] = state, \
	[EVENT_OFFER_REMINDED] = state, [EVENT_REPLY_UNCLEAR] = state, [EVENT_OFFER_DECLINED] = state, [EVENT_OFFER_EXPIRED] = state, \
	[EVENT_OFFER_ACCEPTED] = DOSSIER_ACCEPTED, [EVENT_ABSENCE_TOLD] = state, [EVENT_REASSIGNED] = DOSSIER_REASSIGNED
/* It is over: kept for a while, then put away. */
#define ENDED(state) PROOFS(state), [EVENT_ARCHIVED] = DOSSIER_ARCHIVED, [EVENT_ERASED] = DOSSIER_ERASED

static const enum dossier_state next[DOSSIER_STATES][DOSSIER_EVENTS] = {
	[DOSSIER_NEW] = {
		[EVENT_REQUESTED] = DOSSIER_REQUESTED,
	},
	[DOSSIER_REQUESTED] = {
		FILES(DOSSIER_REQUESTED),
		[EVENT_QUALIFICATION_AWAITED] = DOSSIER_UNQUALIFIED,
		[EVENT_IDENTITY_DOUBTED] = DOSSIER_IDENTITY,
		[EVENT_PIECES_MISSING] = DOSSIER_INCOMPLETE,
		[EVENT_PIECES_COMPLETE] = DOSSIER_TRIAGE,
	},
	[DOSSIER_UNQUALIFIED] = {
		FILES(DOSSIER_UNQUALIFIED),
		[EVENT_ANSWER_TOLD] = DOSSIER_UNQUALIFIED,
		[EVENT_QUALIFIED] = DOSSIER_REQUESTED,   /* it is assessed as if it had come so */
		[EVENT_REDIRECTED] = DOSSIER_REDIRECTED,
	},
	[DOSSIER_IDENTITY] = {
		FILES(DOSSIER_IDENTITY),
		[EVENT_IDENTITY_DOUBTED] = DOSSIER_IDENTITY,
		[EVENT_IDENTITY_CONFIRMED] = DOSSIER_REQUESTED,   /* it is assessed as if it had come so */
		[EVENT_REDIRECTED] = DOSSIER_REDIRECTED,
	},
	[DOSSIER_INCOMPLETE] = {
		FILES(DOSSIER_INCOMPLETE),
		[EVENT_IDENTITY_DOUBTED] = DOSSIER_IDENTITY,
		[EVENT_REDIRECTED] = DOSSIER_REDIRECTED,
		[EVENT_EXPIRED] = DOSSIER_EXPIRED,
		[EVENT_ANSWER_TOLD] = DOSSIER_INCOMPLETE,
		[EVENT_PIECE_WAIVED] = DOSSIER_INCOMPLETE,
		[EVENT_PIECES_MISSING] = DOSSIER_INCOMPLETE,
		[EVENT_PIECES_COMPLETE] = DOSSIER_TRIAGE,
	},
	[DOSSIER_TRIAGE] = {
		FILES(DOSSIER_TRIAGE),
		[EVENT_IDENTITY_DOUBTED] = DOSSIER_IDENTITY,
		[EVENT_ANSWER_TOLD] = DOSSIER_TRIAGE,
		[EVENT_PIECES_MISSING] = DOSSIER_INCOMPLETE,
		[EVENT_TRIAGED] = DOSSIER_COMPLETE,
		[EVENT_REDIRECTED] = DOSSIER_REDIRECTED,
	},
	[DOSSIER_COMPLETE] = {
		FILES(DOSSIER_COMPLETE),
		[EVENT_OFFERED] = DOSSIER_OFFERED,
		[EVENT_EXPERT_NONE] = DOSSIER_NO_EXPERT,
		[EVENT_REDIRECTED] = DOSSIER_REDIRECTED,
	},
	[DOSSIER_OFFERED] = {
		FILES(DOSSIER_OFFERED),
		[EVENT_OFFER_REMINDED] = DOSSIER_OFFERED,
		[EVENT_REPLY_UNCLEAR] = DOSSIER_OFFERED,
		[EVENT_OFFER_DECLINED] = DOSSIER_COMPLETE,
		[EVENT_OFFER_EXPIRED] = DOSSIER_COMPLETE,
		[EVENT_OFFER_ACCEPTED] = DOSSIER_ACCEPTED,
	},
	[DOSSIER_NO_EXPERT] = {
		FILES(DOSSIER_NO_EXPERT),
		[EVENT_OFFERED] = DOSSIER_OFFERED,
		[EVENT_REDIRECTED] = DOSSIER_REDIRECTED,
	},
	[DOSSIER_ACCEPTED] = {
		FILES(DOSSIER_ACCEPTED),
		HOLDS(DOSSIER_ACCEPTED),
		[EVENT_MORE_ASKED] = DOSSIER_MORE_INFO,
	},
	[DOSSIER_MORE_INFO] = {
		FILES(DOSSIER_MORE_INFO),
		HOLDS(DOSSIER_MORE_INFO),
		[EVENT_MORE_ASKED] = DOSSIER_MORE_INFO,
		[EVENT_MORE_ANSWERED] = DOSSIER_ACCEPTED,
	},
	[DOSSIER_REASSIGNED] = {
		FILES(DOSSIER_REASSIGNED),
		[EVENT_OFFERED] = DOSSIER_OFFERED,
		[EVENT_EXPERT_NONE] = DOSSIER_NO_EXPERT,
	},
	[DOSSIER_OPINION] = {
		STOPS(DOSSIER_OPINION),
		[EVENT_OFFER_EXPIRED] = DOSSIER_OPINION,   /* the stand-by need not answer any more */
		[EVENT_OFFER_DECLINED] = DOSSIER_OPINION,
		[EVENT_OPINION_RETURNED] = DOSSIER_ACCEPTED,
		[EVENT_OPINION_CHECKED] = DOSSIER_CHECKED,
	},
	[DOSSIER_CHECKED] = {
		STOPS(DOSSIER_CHECKED),
		[EVENT_OPINION_RETURNED] = DOSSIER_ACCEPTED,
		[EVENT_HELD] = DOSSIER_HOLD,
		[EVENT_RELEASED] = DOSSIER_RELEASED,
	},
	[DOSSIER_HOLD] = {
		STOPS(DOSSIER_HOLD),
		[EVENT_OPINION_RETURNED] = DOSSIER_ACCEPTED,
		[EVENT_RELEASED] = DOSSIER_RELEASED,
	},
	[DOSSIER_RELEASED] = {
		LIVES(DOSSIER_RELEASED),
		[EVENT_RELEASED] = DOSSIER_RELEASED,   /* the same, by the way that he asks for now */
		[EVENT_SHARED] = DOSSIER_RELEASED,
		[EVENT_REPORT_UNDELIVERED] = DOSSIER_UNDELIVERABLE,
		[EVENT_REPORT_READ] = DOSSIER_EXCHANGE,
		[EVENT_QUESTION_RECEIVED] = DOSSIER_EXCHANGE,
		[EVENT_QUESTION_ANSWERED] = DOSSIER_EXCHANGE,
		[EVENT_OPINION_RECEIVED] = DOSSIER_REVISION,
		[EVENT_OPINION_UNSIGNED] = DOSSIER_RELEASED,
		[EVENT_CLOSED] = DOSSIER_CLOSED,
	},
	[DOSSIER_UNDELIVERABLE] = {
		LIVES(DOSSIER_UNDELIVERABLE),
		[EVENT_SHARED] = DOSSIER_UNDELIVERABLE,
		[EVENT_OPINION_RECEIVED] = DOSSIER_REVISION,
		[EVENT_OPINION_UNSIGNED] = DOSSIER_UNDELIVERABLE,
		[EVENT_RELEASED] = DOSSIER_RELEASED,
		[EVENT_REPORT_READ] = DOSSIER_EXCHANGE,
		[EVENT_CLOSED] = DOSSIER_CLOSED,
	},
	[DOSSIER_EXCHANGE] = {
		LIVES(DOSSIER_EXCHANGE),
		[EVENT_SHARED] = DOSSIER_EXCHANGE,
		[EVENT_QUESTION_RECEIVED] = DOSSIER_EXCHANGE,
		[EVENT_QUESTION_ANSWERED] = DOSSIER_EXCHANGE,
		[EVENT_OPINION_RECEIVED] = DOSSIER_REVISION,
		[EVENT_OPINION_UNSIGNED] = DOSSIER_EXCHANGE,
		[EVENT_CLOSED] = DOSSIER_CLOSED,
	},
	/* The exchange about what was released goes on meanwhile. */
	[DOSSIER_REVISION] = {
		LIVES(DOSSIER_REVISION),
		[EVENT_OPINION_CHECKED] = DOSSIER_REVISION,
		[EVENT_OPINION_RETURNED] = DOSSIER_BEFORE,
		[EVENT_HELD] = DOSSIER_REVISION,
		[EVENT_RELEASED] = DOSSIER_RELEASED,
		[EVENT_REPORT_READ] = DOSSIER_REVISION,
		[EVENT_REPORT_UNDELIVERED] = DOSSIER_REVISION,
		[EVENT_QUESTION_RECEIVED] = DOSSIER_REVISION,
		[EVENT_QUESTION_ANSWERED] = DOSSIER_REVISION,
	},
	[DOSSIER_CLOSED] = {
		ENDED(DOSSIER_CLOSED),
		[EVENT_CONSENT_CHANGED] = DOSSIER_CLOSED,
		[EVENT_CHANNEL_CHANGED] = DOSSIER_CLOSED,
		[EVENT_MAILBOX_AWAITED] = DOSSIER_CLOSED,
		[EVENT_REPRESENTATIVE_ENDED] = DOSSIER_CLOSED,
		[EVENT_SHARED] = DOSSIER_CLOSED,
		[EVENT_QUESTION_LATE] = DOSSIER_CLOSED,
		[EVENT_URGENT] = DOSSIER_CLOSED,
		[EVENT_OPINION_RECEIVED] = DOSSIER_REVISION,   /* a late correction */
		[EVENT_OPINION_UNSIGNED] = DOSSIER_CLOSED,
		[EVENT_STUDY_ANSWERED] = DOSSIER_CLOSED,
		[EVENT_DIED] = DOSSIER_DECEASED,
	},
	[DOSSIER_REDIRECTED] = {ENDED(DOSSIER_REDIRECTED), [EVENT_QUESTION_LATE] = DOSSIER_REDIRECTED, [EVENT_URGENT] = DOSSIER_REDIRECTED, [EVENT_DIED] = DOSSIER_DECEASED},
	[DOSSIER_CANCELLED] = {ENDED(DOSSIER_CANCELLED), [EVENT_QUESTION_LATE] = DOSSIER_CANCELLED, [EVENT_URGENT] = DOSSIER_CANCELLED, [EVENT_DIED] = DOSSIER_DECEASED},
	[DOSSIER_EXPIRED] = {ENDED(DOSSIER_EXPIRED), [EVENT_QUESTION_LATE] = DOSSIER_EXPIRED, [EVENT_URGENT] = DOSSIER_EXPIRED, [EVENT_DIED] = DOSSIER_DECEASED},
	[DOSSIER_WITHDRAWN] = {ENDED(DOSSIER_WITHDRAWN), [EVENT_QUESTION_LATE] = DOSSIER_WITHDRAWN, [EVENT_URGENT] = DOSSIER_WITHDRAWN, [EVENT_DIED] = DOSSIER_DECEASED},
	[DOSSIER_DECEASED] = {ENDED(DOSSIER_DECEASED), [EVENT_QUESTION_LATE] = DOSSIER_DECEASED},
	[DOSSIER_ARCHIVED] = {PROOFS(DOSSIER_ARCHIVED), [EVENT_STUDY_ANSWERED] = DOSSIER_ARCHIVED,
		[EVENT_QUESTION_LATE] = DOSSIER_ARCHIVED, [EVENT_URGENT] = DOSSIER_ARCHIVED, [EVENT_ERASED] = DOSSIER_ERASED},
	[DOSSIER_ERASED] = {PROOFS(DOSSIER_ERASED)},
};

static const struct {
	const char *name, *fr, *en;
} words[DOSSIER_STATES] = {
	[DOSSIER_NOWHERE] = {"nowhere", "Nulle part", "Nowhere"},
	[DOSSIER_NEW] = {"new", "Nouveau", "New"},
	[DOSSIER_REQUESTED] = {"requested", "Demandé", "Requested"},
	[DOSSIER_UNQUALIFIED] = {"unqualified", "Contrôle infirmier : demande à compléter", "Nurse's check: request to complete"},
	[DOSSIER_IDENTITY] = {"identity", "Identité à vérifier", "Identity to check"},
	[DOSSIER_INCOMPLETE] = {"incomplete", "Incomplet", "Incomplete"},
	[DOSSIER_TRIAGE] = {"triage", "Contrôle infirmier", "Nurse's check"},
	[DOSSIER_COMPLETE] = {"complete", "Complet", "Complete"},
	[DOSSIER_OFFERED] = {"offered", "Proposé", "Offered"},
	[DOSSIER_NO_EXPERT] = {"no_expert", "Sans expert", "No expert"},
	[DOSSIER_ACCEPTED] = {"accepted", "Accepté", "Accepted"},
	[DOSSIER_MORE_INFO] = {"more_info", "Complément demandé", "More asked for"},
	[DOSSIER_REASSIGNED] = {"reassigned", "Réattribué", "Reassigned"},
	[DOSSIER_OPINION] = {"opinion", "Avis reçu", "Opinion received"},
	[DOSSIER_CHECKED] = {"checked", "Avis contrôlé", "Opinion checked"},
	[DOSSIER_HOLD] = {"hold", "Remise différée", "Release held back"},
	[DOSSIER_RELEASED] = {"released", "Remis", "Released"},
	[DOSSIER_UNDELIVERABLE] = {"undeliverable", "Remise impossible", "Undeliverable"},
	[DOSSIER_EXCHANGE] = {"exchange", "Échange ouvert", "Exchange open"},
	[DOSSIER_REVISION] = {"revision", "Avis corrigé reçu", "Corrected opinion received"},
	[DOSSIER_CLOSED] = {"closed", "Clos", "Closed"},
	[DOSSIER_REDIRECTED] = {"redirected", "Réorienté", "Redirected"},
	[DOSSIER_CANCELLED] = {"cancelled", "Annulé", "Cancelled"},
	[DOSSIER_EXPIRED] = {"expired", "Sans suite", "Expired"},
	[DOSSIER_WITHDRAWN] = {"withdrawn", "Consentement retiré", "Consent withdrawn"},
	[DOSSIER_DECEASED] = {"deceased", "Décès", "Deceased"},
	[DOSSIER_ARCHIVED] = {"archived", "Archivé", "Archived"},
	[DOSSIER_ERASED] = {"erased", "Effacé", "Erased"},
	[DOSSIER_BEFORE] = {"before", "Avant la correction", "Before the correction"},
};

enum dossier_state dossier_next(enum dossier_state state, enum dossier_event_kind event)
{
	return next[state][event];
}

bool dossier_is_over(enum dossier_state state)
{
	return state != DOSSIER_NEW && next[state][EVENT_WITHDRAWN] == DOSSIER_NOWHERE;
}

bool dossier_awaits_documents(enum dossier_state state)
{
	return next[state][EVENT_DOCUMENT_FILED] != DOSSIER_NOWHERE;
}

const char *dossier_state_name(enum dossier_state state)
{
	return words[state].name;
}

enum dossier_state dossier_state_of_name(struct bytes name)
{
	for (enum dossier_state s = DOSSIER_NEW; s < DOSSIER_STATES; s++)
		if (bytes_equal_text(name, words[s].name))
			return s;
	return DOSSIER_NOWHERE;
}

const char *dossier_state_label(enum dossier_state state, const char *language)
{
	return bytes_equal(bytes_of_text(language), BYTES("en")) ? words[state].en : words[state].fr;
}

const char *offer_answer_name(enum offer_answer answer)
{
	static const char *const names[] = {
		[OFFER_LIVE] = "live", [OFFER_ACCEPTED] = "accepted", [OFFER_DECLINED] = "declined", [OFFER_EXPIRED] = "expired",
		[OFFER_ENDED] = "ended",
	};
	return names[answer];
}
