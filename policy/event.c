/* policy/event.c - the kinds of events: names and shapes. */
#include "policy/event.h"

static const struct {
	const char *name;
	enum dossier_event_data data;
} kinds[DOSSIER_EVENTS] = {
	[EVENT_NOTHING] = {"nothing", EVENT_DATA_NONE},
	[EVENT_REQUESTED] = {"requested", EVENT_DATA_REQUEST},
	[EVENT_QUALIFICATION_AWAITED] = {"qualification_awaited", EVENT_DATA_TEXT},
	[EVENT_QUALIFIED] = {"qualified", EVENT_DATA_TEXT},
	[EVENT_ANSWER_TOLD] = {"answer_told", EVENT_DATA_TEXT},
	[EVENT_DOCUMENT_FILED] = {"document_filed", EVENT_DATA_DOCUMENT},
	[EVENT_DOCUMENT_WITHDRAWN] = {"document_withdrawn", EVENT_DATA_TEXT},
	[EVENT_PIECES_MISSING] = {"pieces_missing", EVENT_DATA_TEXT},
	[EVENT_PIECES_COMPLETE] = {"pieces_complete", EVENT_DATA_NONE},
	[EVENT_PIECE_WAIVED] = {"piece_waived", EVENT_DATA_TEXT},
	[EVENT_TRIAGED] = {"triaged", EVENT_DATA_NONE},
	[EVENT_REDIRECTED] = {"redirected", EVENT_DATA_TEXT},
	[EVENT_OFFERED] = {"offered", EVENT_DATA_OFFER},
	[EVENT_OFFER_REMINDED] = {"offer_reminded", EVENT_DATA_OFFER},
	[EVENT_OFFER_DECLINED] = {"offer_declined", EVENT_DATA_OFFER},
	[EVENT_OFFER_EXPIRED] = {"offer_expired", EVENT_DATA_OFFER},
	[EVENT_OFFER_ACCEPTED] = {"offer_accepted", EVENT_DATA_OFFER},
	[EVENT_REPLY_UNCLEAR] = {"reply_unclear", EVENT_DATA_OFFER},
	[EVENT_EXPERT_NONE] = {"expert_none", EVENT_DATA_NONE},
	[EVENT_OPINION_RECEIVED] = {"opinion_received", EVENT_DATA_OPINION},
	[EVENT_OPINION_UNSIGNED] = {"opinion_unsigned", EVENT_DATA_NONE},
	[EVENT_OPINION_RETURNED] = {"opinion_returned", EVENT_DATA_TEXT},
	[EVENT_OPINION_CHECKED] = {"opinion_checked", EVENT_DATA_NONE},
	[EVENT_HELD] = {"held", EVENT_DATA_TEXT},
	[EVENT_RELEASED] = {"released", EVENT_DATA_RELEASE},
	[EVENT_MAIL_PROOF] = {"mail_proof", EVENT_DATA_MAIL},
	[EVENT_MAIL_FAILED] = {"mail_failed", EVENT_DATA_MAIL},
	[EVENT_MAIL_LATE] = {"mail_late", EVENT_DATA_MAIL},
	[EVENT_REPORT_UNDELIVERED] = {"report_undelivered", EVENT_DATA_MAIL},
	[EVENT_REPORT_READ] = {"report_read", EVENT_DATA_MAIL},
	[EVENT_QUESTION_RECEIVED] = {"question_received", EVENT_DATA_NONE},
	[EVENT_QUESTION_ANSWERED] = {"question_answered", EVENT_DATA_NONE},
	[EVENT_CONSENT_CHANGED] = {"consent_changed", EVENT_DATA_CONSENT},
	[EVENT_WITHDRAWN] = {"withdrawn", EVENT_DATA_TEXT},
	[EVENT_CANCELLED] = {"cancelled", EVENT_DATA_TEXT},
	[EVENT_CLOSED] = {"closed", EVENT_DATA_NONE},
};

static const char *const requesters[] = {
	[REQUESTER_NONE] = "none", [REQUESTER_PATIENT] = "patient", [REQUESTER_PHYSICIAN] = "physician",
};

enum dossier_event_data dossier_event_data(enum dossier_event_kind kind)
{
	return kinds[kind].data;
}

const char *dossier_event_name(enum dossier_event_kind kind)
{
	return kinds[kind].name;
}

enum dossier_event_kind dossier_event_of_name(struct bytes name)
{
	for (enum dossier_event_kind k = EVENT_REQUESTED; k < DOSSIER_EVENTS; k++)
		if (bytes_equal_text(name, kinds[k].name))
			return k;
	return EVENT_NOTHING;
}

const char *requester_name(enum requester requester)
{
	return requesters[requester];
}

enum requester requester_of_name(struct bytes name)
{
	for (enum requester r = REQUESTER_PATIENT; r <= REQUESTER_PHYSICIAN; r++)
		if (bytes_equal_text(name, requesters[r]))
			return r;
	return REQUESTER_NONE;
}
