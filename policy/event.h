/* policy/event.h - what can happen to a dossier. Events are values: they are written once and never changed.
 *
 * dossier_event_data() says which member of the union a kind carries, so that the store's reader and
 * writer are one switch over the nine shapes. */
#ifndef RELAIS_POLICY_EVENT_H
#define RELAIS_POLICY_EVENT_H

#include "policy/facts.h"

enum dossier_event_kind {
	EVENT_NOTHING,
	EVENT_REQUESTED,             /* request */
	EVENT_QUALIFICATION_AWAITED, /* text: ids of what the request does not tell, why: a person completes it */
	EVENT_QUALIFIED,             /* text: pathology, version of its questionnaire */
	EVENT_ANSWER_TOLD,           /* text: id of the question, the answer: by a person, in the place of any before */
	EVENT_DOCUMENT_FILED,        /* document */
	EVENT_DOCUMENT_WITHDRAWN,    /* text: id of the document, text the organisation that ordered it */
	EVENT_PIECES_MISSING,        /* text: ids of what is missing, separated by commas */
	EVENT_PIECES_COMPLETE,
	EVENT_PIECE_WAIVED,          /* text: id, text why */
	EVENT_TRIAGED,               /* T0 */
	EVENT_REDIRECTED,            /* text */
	EVENT_OFFERED,               /* offer */
	EVENT_OFFER_REMINDED,        /* offer */
	EVENT_OFFER_DECLINED,        /* offer, with its word */
	EVENT_OFFER_EXPIRED,         /* offer */
	EVENT_OFFER_ACCEPTED,        /* offer */
	EVENT_REPLY_UNCLEAR,         /* offer */
	EVENT_EXPERT_NONE,
	EVENT_OPINION_RECEIVED,      /* opinion */
	EVENT_OPINION_UNSIGNED,      /* one came without his signature: it is asked for, and nothing of it is kept */
	EVENT_OPINION_RETURNED,      /* text: id what is missing, and the rest is kept; or text what a person found, and all of it is void */
	EVENT_OPINION_CHECKED,
	EVENT_HELD,                  /* text */
	EVENT_RELEASED,              /* release */
	EVENT_MAIL_PROOF,            /* mail */
	EVENT_MAIL_FAILED,           /* mail */
	EVENT_MAIL_LATE,             /* mail: an hour old and not yet at the recipient's operator */
	EVENT_REPORT_UNDELIVERED,    /* mail: the patient's report reached nobody */
	EVENT_REPORT_READ,           /* mail: first proven reading by the patient, opens the exchange */
	EVENT_QUESTION_RECEIVED,     /* opens the exchange too */
	EVENT_QUESTION_ANSWERED,
	EVENT_CONSENT_CHANGED,       /* consent: about a physician; PATIENT, EXPERT: one of the request's two, given to a person */
	EVENT_WITHDRAWN,             /* text: the consent to the whole service */
	EVENT_CANCELLED,             /* text */
	EVENT_CLOSED,
	DOSSIER_EVENTS
};

/* The shape of an event's data. */
enum dossier_event_data {
	EVENT_DATA_NONE,
	EVENT_DATA_REQUEST,
	EVENT_DATA_DOCUMENT,
	EVENT_DATA_OFFER,
	EVENT_DATA_OPINION,
	EVENT_DATA_MAIL,
	EVENT_DATA_CONSENT,
	EVENT_DATA_RELEASE,
	EVENT_DATA_TEXT
};

enum requester { REQUESTER_NONE, REQUESTER_PATIENT, REQUESTER_PHYSICIAN };

struct dossier_physician {
	struct bytes name, mailbox;
	bool consent;                /* may have the report */
};

struct dossier_request {
	struct policy_patient patient;
	struct bytes mailbox;        /* the patient's, in the health space */
	struct bytes pathology, version;
	enum requester requester;
	struct bytes organisation;   /* id of the organisation that sent the request */
	struct bytes sender;         /* its address */
	bool consent_processing, consent_expert;
	bool unqualified;            /* pathology, version or consents are not in it: a person has to tell them */
	struct dossier_physician attending, first_opinion;
	struct bytes form;           /* the definition that was filled in, when it names one (policy_answer.form) */
	const struct policy_answer *answers;   /* all of the questionnaire, question.* among them */
	size_t n_answers;
};

/* Of the document's facts are kept: kind, name, id, set_id, version, replaces, type, title, time, digest, size,
 * has_patient, patient, authors, custodian, and its masks. */
struct dossier_filing {
	struct policy_document document;
	struct bytes organisation;   /* id of the organisation that sent it */
	bool vouched;                /* came with the signed request: a file without identity is the patient's */
	bool confirmed;              /* an operator compared the traits by eye */
};

struct dossier_offer_data {
	struct bytes rpps, name, mailbox, organisation;
	enum policy_word word;       /* of a decline */
	struct bytes until;          /* of an absence */
};

/* A file that came with an opinion. */
struct dossier_annex {
	enum policy_kind kind;
	struct bytes name, digest, type, title;
	uint64_t size;
	int64_t inbox;               /* the message that it is in; in an event 0: the event's own */
};

/* One mail of an opinion: an opinion may rest on several, of which each completes the one before. */
struct dossier_opinion_data {
	struct bytes rpps;           /* the expert that the signature was found to be */
	struct bytes digest;         /* SHA-256 of the raw message, hex */
	bool is_signed;
	struct bytes fingerprint;    /* of the signer */
	bool timed;
	struct instant signed_at;
	struct policy_form form;     /* what this mail says */
	const struct dossier_annex *annexes;
	size_t n_annexes;
};

struct dossier_mail_data {
	enum mail_code code;
	enum party party;
	struct bytes mailbox;
	int level;                   /* proof: 1 left, 2 accepted, 3 delivered, 4 read, 5 a human answered */
	enum reason reason;          /* of a failure */
	struct bytes status;         /* enhanced status or disposition as told */
};

struct dossier_consent_data {
	enum party party;            /* ATTENDING, FIRST_OPINION; PATIENT: consent.processing, EXPERT: consent.expert, only ever given */
	bool given;
};

/* Sets of parties: dossier_party_bit(). */
struct dossier_release_data {
	unsigned version;            /* of the report: 1, 2…; the same again when it is sent once more */
	unsigned to;                 /* who was to have it */
	unsigned withheld;           /* who had an earlier version and may have none now */
};

struct dossier_text_data {
	struct bytes id, text;
};

struct dossier_event {
	enum dossier_event_kind kind;
	struct instant at;
	int64_t seq;                 /* 1, 2, 3... in one dossier; 0 lets dossier_apply number it */
	int64_t inbox;               /* the message behind it, 0 when there is none */
	struct bytes actor;          /* "relais", "operator:NAME", "expert:RPPS", "patient", "organisation:ID" */
	struct bytes rule;           /* the rule that spoke: "record.attach/1" */
	union {
		struct dossier_request request;
		struct dossier_filing document;
		struct dossier_offer_data offer;
		struct dossier_opinion_data opinion;
		struct dossier_mail_data mail;
		struct dossier_consent_data consent;
		struct dossier_release_data release;
		struct dossier_text_data text;
	};
};

static inline unsigned dossier_party_bit(enum party party)
{
	return 1u << party;
}

enum dossier_event_data dossier_event_data(enum dossier_event_kind kind);
const char *dossier_event_name(enum dossier_event_kind kind);        /* "document_filed" */
enum dossier_event_kind dossier_event_of_name(struct bytes name);    /* EVENT_NOTHING when unknown */
const char *requester_name(enum requester requester);                /* "patient", "physician", "none" */
enum requester requester_of_name(struct bytes name);

#endif
