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
	[EVENT_IDENTITY_DOUBTED] = {"identity_doubted", EVENT_DATA_TEXT},
	[EVENT_IDENTITY_CONFIRMED] = {"identity_confirmed", EVENT_DATA_TEXT},
	[EVENT_ANSWER_TOLD] = {"answer_told", EVENT_DATA_TEXT},
	[EVENT_DOCUMENT_FILED] = {"document_filed", EVENT_DATA_DOCUMENT},
	[EVENT_DOCUMENT_WITHDRAWN] = {"document_withdrawn", EVENT_DATA_TEXT},
	[EVENT_PIECES_MISSING] = {"pieces_missing", EVENT_DATA_TEXT},
	[EVENT_PIECES_COMPLETE] = {"pieces_complete", EVENT_DATA_NONE},
	[EVENT_PIECE_WAIVED] = {"piece_waived", EVENT_DATA_TEXT},
	[EVENT_TRIAGED] = {"triaged", EVENT_DATA_NONE},
	[EVENT_REDIRECTED] = {"redirected", EVENT_DATA_TEXT},
	[EVENT_EXPIRED] = {"expired", EVENT_DATA_TEXT},
	[EVENT_OFFERED] = {"offered", EVENT_DATA_OFFER},
	[EVENT_OFFER_REMINDED] = {"offer_reminded", EVENT_DATA_OFFER},
	[EVENT_OFFER_DECLINED] = {"offer_declined", EVENT_DATA_OFFER},
	[EVENT_OFFER_EXPIRED] = {"offer_expired", EVENT_DATA_OFFER},
	[EVENT_OFFER_ACCEPTED] = {"offer_accepted", EVENT_DATA_OFFER},
	[EVENT_REPLY_UNCLEAR] = {"reply_unclear", EVENT_DATA_OFFER},
	[EVENT_ABSENCE_TOLD] = {"absence_told", EVENT_DATA_OFFER},
	[EVENT_EXPERT_NONE] = {"expert_none", EVENT_DATA_NONE},
	[EVENT_REASSIGNED] = {"reassigned", EVENT_DATA_OFFER},
	[EVENT_STANDBY_CHOSEN] = {"standby_chosen", EVENT_DATA_OFFER},
	[EVENT_STANDBY_OFFERED] = {"standby_offered", EVENT_DATA_OFFER},
	[EVENT_MORE_ASKED] = {"more_asked", EVENT_DATA_TEXT},
	[EVENT_MORE_ANSWERED] = {"more_answered", EVENT_DATA_TEXT},
	[EVENT_PAUSED] = {"paused", EVENT_DATA_TEXT},
	[EVENT_RESUMED] = {"resumed", EVENT_DATA_TEXT},
	[EVENT_OPINION_RECEIVED] = {"opinion_received", EVENT_DATA_OPINION},
	[EVENT_OPINION_UNSIGNED] = {"opinion_unsigned", EVENT_DATA_NONE},
	[EVENT_OPINION_RETURNED] = {"opinion_returned", EVENT_DATA_TEXT},
	[EVENT_OPINION_CHECKED] = {"opinion_checked", EVENT_DATA_NONE},
	[EVENT_OPINION_LATE] = {"opinion_late", EVENT_DATA_OPINION},
	[EVENT_OPINION_ALERT] = {"opinion_alert", EVENT_DATA_TEXT},
	[EVENT_HELD] = {"held", EVENT_DATA_TEXT},
	[EVENT_RELEASED] = {"released", EVENT_DATA_RELEASE},
	[EVENT_SHARED] = {"shared", EVENT_DATA_RELEASE},
	[EVENT_MAIL_PROOF] = {"mail_proof", EVENT_DATA_MAIL},
	[EVENT_MAIL_FAILED] = {"mail_failed", EVENT_DATA_MAIL},
	[EVENT_MAIL_LATE] = {"mail_late", EVENT_DATA_MAIL},
	[EVENT_MAIL_STOPPED] = {"mail_stopped", EVENT_DATA_TEXT},
	[EVENT_MAIL_LET_GO] = {"mail_let_go", EVENT_DATA_TEXT},
	[EVENT_MAIL_DROPPED] = {"mail_dropped", EVENT_DATA_TEXT},
	[EVENT_REPORT_UNDELIVERED] = {"report_undelivered", EVENT_DATA_MAIL},
	[EVENT_REPORT_READ] = {"report_read", EVENT_DATA_MAIL},
	[EVENT_QUESTION_RECEIVED] = {"question_received", EVENT_DATA_NONE},
	[EVENT_QUESTION_ANSWERED] = {"question_answered", EVENT_DATA_TEXT},
	[EVENT_QUESTION_LATE] = {"question_late", EVENT_DATA_NONE},
	[EVENT_URGENT] = {"urgent", EVENT_DATA_TEXT},
	[EVENT_CONSENT_CHANGED] = {"consent_changed", EVENT_DATA_CONSENT},
	[EVENT_WITHDRAWN] = {"withdrawn", EVENT_DATA_TEXT},
	[EVENT_CANCELLED] = {"cancelled", EVENT_DATA_TEXT},
	[EVENT_CLOSED] = {"closed", EVENT_DATA_NONE},
	[EVENT_DEADLINE_PASSED] = {"deadline_passed", EVENT_DATA_TEXT},
	[EVENT_CONTACT_MADE] = {"contact_made", EVENT_DATA_CONTACT},
	[EVENT_CHANNEL_CHANGED] = {"channel_changed", EVENT_DATA_CHANNEL},
	[EVENT_PROFILE_TOLD] = {"profile_told", EVENT_DATA_PROFILE},
	[EVENT_MAILBOX_AWAITED] = {"mailbox_awaited", EVENT_DATA_TEXT},
	[EVENT_REPRESENTATIVE_NAMED] = {"representative_named", EVENT_DATA_REPRESENTATIVE},
	[EVENT_REPRESENTATIVE_ENDED] = {"representative_ended", EVENT_DATA_TEXT},
	[EVENT_FROZEN] = {"frozen", EVENT_DATA_TEXT},
	[EVENT_UNFROZEN] = {"unfrozen", EVENT_DATA_TEXT},
	[EVENT_COMPLAINED] = {"complained", EVENT_DATA_TEXT},
	[EVENT_COMPLAINT_SETTLED] = {"complaint_settled", EVENT_DATA_TEXT},
	[EVENT_LINKED] = {"linked", EVENT_DATA_TEXT},
	[EVENT_DIED] = {"died", EVENT_DATA_TEXT},
	[EVENT_STUDY_ANSWERED] = {"study_answered", EVENT_DATA_NONE},
	[EVENT_STUDY_STOPPED] = {"study_stopped", EVENT_DATA_NONE},
	[EVENT_ARCHIVED] = {"archived", EVENT_DATA_NONE},
	[EVENT_ERASED] = {"erased", EVENT_DATA_TEXT},
	[EVENT_ERASURE_ASKED] = {"erasure_asked", EVENT_DATA_TEXT},
	[EVENT_ERASURE_ANSWERED] = {"erasure_answered", EVENT_DATA_TEXT},
	[EVENT_EXPORTED] = {"exported", EVENT_DATA_TEXT},
};

static const char *const takens[TAKEN_BACKS] = {
	[TAKEN_UNSAID] = "unsaid",     [TAKEN_SILENCE] = "silence", [TAKEN_LEAVE] = "leave",     [TAKEN_RETURNED] = "returned",
	[TAKEN_CONFLICT] = "conflict", [TAKEN_MAILBOX] = "mailbox", [TAKEN_STANDBY] = "standby", [TAKEN_LATE_OPINION] = "late_opinion",
	[TAKEN_PERSON] = "person",
};

static const char *const requesters[] = {
	[REQUESTER_NONE] = "none", [REQUESTER_PATIENT] = "patient", [REQUESTER_PHYSICIAN] = "physician",
};

static const char *const contact_means[CONTACT_MEANS] = {
	[CONTACT_NONE] = "none", [CONTACT_CALL] = "call", [CONTACT_LETTER] = "letter", [CONTACT_VISIT] = "visit", [CONTACT_NOTICE] = "notice",
};

static const char *const contact_results[CONTACT_RESULTS] = {
	[CONTACT_UNSAID] = "unsaid",       [CONTACT_REACHED] = "reached", [CONTACT_MESSAGE] = "message",   [CONTACT_NO_ANSWER] = "no_answer",
	[CONTACT_POSTED] = "posted",       [CONTACT_SIGNED] = "signed",   [CONTACT_RETURNED] = "returned",
};

static const char *const channels[CHANNELS] = {
	[CHANNEL_MAIL] = "mail", [CHANNEL_PAPER] = "paper", [CHANNEL_TELEPHONE] = "telephone", [CHANNEL_PHYSICIAN] = "physician",
};

static const char *const forms[PROFILE_FORMS] = {
	[PROFILE_PDF] = "pdf", [PROFILE_PACKAGE] = "pdf+xdm", [PROFILE_PAPER] = "paper", [PROFILE_ADDRESS] = "address",
};

static const char *const profile_whys[PROFILE_WHYS] = {[PROFILE_ASKED] = "asked", [PROFILE_UNFILED] = "unfiled", [PROFILE_PERSON] = "person"};

static const char *const whens[SHARE_WHENS] = {
	[SHARE_AFTER_READING] = "after-reading", [SHARE_AT_ONCE] = "at-once", [SHARE_WHEN_ASKED] = "when-asked",
};

static const char *const roles[ROLES] = {
	[ROLE_NONE] = "none",     [ROLE_PARENT] = "parent",   [ROLE_GUARDIAN] = "guardian", [ROLE_CURATOR] = "curator",
	[ROLE_FAMILY] = "family", [ROLE_TRUSTED] = "trusted", [ROLE_HELPER] = "helper",
};

/* The place of a word among n; n when it is none of them. */
static size_t place_of(struct bytes name, const char *const *names, size_t n)
{
	size_t i = 0;

	while (i < n && !bytes_equal_text(name, names[i]))
		i++;
	return i;
}

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

const char *contact_means_name(enum contact_means means)
{
	return contact_means[means];
}

enum contact_means contact_means_of_name(struct bytes name)
{
	size_t i = place_of(name, contact_means, CONTACT_MEANS);
	return i == CONTACT_MEANS ? CONTACT_NONE : (enum contact_means)i;
}

const char *contact_result_name(enum contact_result result)
{
	return contact_results[result];
}

enum contact_result contact_result_of_name(struct bytes name)
{
	size_t i = place_of(name, contact_results, CONTACT_RESULTS);
	return i == CONTACT_RESULTS ? CONTACT_UNSAID : (enum contact_result)i;
}

const char *channel_name(enum channel channel)
{
	return channels[channel];
}

enum channel channel_of_name(struct bytes name)
{
	return (enum channel)place_of(name, channels, CHANNELS);
}

const char *profile_form_name(enum profile_form form)
{
	return forms[form];
}

enum profile_form profile_form_of_name(struct bytes name)
{
	return (enum profile_form)place_of(name, forms, PROFILE_FORMS);
}

const char *profile_why_name(enum profile_why why)
{
	return profile_whys[why];
}

enum profile_why profile_why_of_name(struct bytes name)
{
	return (enum profile_why)place_of(name, profile_whys, PROFILE_WHYS);
}

const char *representative_role_name(enum representative_role role)
{
	return roles[role];
}

enum representative_role representative_role_of_name(struct bytes name)
{
	size_t i = place_of(name, roles, ROLES);
	return i == ROLES ? ROLE_NONE : (enum representative_role)i;
}

const char *share_when_name(enum share_when when)
{
	return whens[when];
}

enum share_when share_when_of_name(struct bytes name)
{
	return (enum share_when)place_of(name, whens, SHARE_WHENS);
}

const char *taken_back_name(enum taken_back why)
{
	return takens[why];
}

enum taken_back taken_back_of_name(struct bytes name)
{
	size_t i = place_of(name, takens, TAKEN_BACKS);
	return i == TAKEN_BACKS ? TAKEN_UNSAID : (enum taken_back)i;
}

bool event_leave(const struct dossier_event *event, struct expert_leave *out)
{
	bool told = event->kind == EVENT_OFFER_DECLINED || event->kind == EVENT_REASSIGNED || event->kind == EVENT_ABSENCE_TOLD;
	bool away = event->offer.word == POLICY_WORD_ABSENT || (event->offer.word == POLICY_WORD_REFUSE && event->offer.until.len > 0);

	return told && away && expert_leave_told(event->offer.from, event->offer.until, event->at, out);
}

bool event_closes(const struct dossier_event *event)
{
	enum taken_back why = event->offer.why;

	return event->kind == EVENT_REASSIGNED && (why == TAKEN_LEAVE || why == TAKEN_RETURNED || why == TAKEN_CONFLICT || why == TAKEN_MAILBOX);
}
