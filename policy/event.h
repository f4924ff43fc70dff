/* policy/event.h - what can happen to a dossier. Events are values: they are written once and never changed.
 *
 * dossier_event_data() says which member of the union a kind carries, so that the store's reader and
 * writer are one switch over the shapes. */
#ifndef RELAIS_POLICY_EVENT_H
#define RELAIS_POLICY_EVENT_H

#include "policy/expert.h"

enum dossier_event_kind {
	EVENT_NOTHING,
	EVENT_REQUESTED,             /* request */
	EVENT_QUALIFICATION_AWAITED, /* text: ids of what the request does not tell, why: a person completes it */
	EVENT_QUALIFIED,             /* text: pathology, version of its questionnaire */
	EVENT_IDENTITY_DOUBTED,      /* text: id code of the reason, text what disagrees; nothing of content leaves until a person compared */
	EVENT_IDENTITY_CONFIRMED,    /* text: id how it was compared, text what with */
	EVENT_ANSWER_TOLD,           /* text: id of the question, the answer: by a person, in the place of any before */
	EVENT_DOCUMENT_FILED,        /* document */
	EVENT_DOCUMENT_WITHDRAWN,    /* text: id of the document, text the organisation that ordered it */
	EVENT_PIECES_MISSING,        /* text: ids of what is missing, separated by commas */
	EVENT_PIECES_COMPLETE,
	EVENT_PIECE_WAIVED,          /* text: id, text why */
	EVENT_TRIAGED,               /* T0 */
	EVENT_REDIRECTED,            /* text */
	EVENT_EXPIRED,               /* text: what never came */
	EVENT_OFFERED,               /* offer */
	EVENT_OFFER_REMINDED,        /* offer */
	EVENT_OFFER_DECLINED,        /* offer, with its word */
	EVENT_OFFER_EXPIRED,         /* offer */
	EVENT_OFFER_ACCEPTED,        /* offer */
	EVENT_REPLY_UNCLEAR,         /* offer */
	EVENT_ABSENCE_TOLD,          /* offer: who holds the dossier will be away, and back in time; it stays his */
	EVENT_EXPERT_NONE,
	EVENT_REASSIGNED,            /* offer: of who held the dossier, with the word why; he is to delete it */
	EVENT_STANDBY_CHOSEN,        /* offer: prepared, not asked yet */
	EVENT_STANDBY_OFFERED,       /* offer: asked while the first still holds the dossier; accepted, it is his */
	EVENT_MORE_ASKED,            /* text: what the expert asks for; the promise's net time stands still */
	EVENT_MORE_ANSWERED,         /* text: id "answered" or "without", text by what */
	EVENT_PAUSED,                /* text: the patient asks us to wait, why */
	EVENT_RESUMED,               /* text */
	EVENT_OPINION_RECEIVED,      /* opinion */
	EVENT_OPINION_UNSIGNED,      /* one came without his signature: it is asked for, and nothing of it is kept */
	EVENT_OPINION_RETURNED,      /* text: id what is missing, and the rest is kept; or text what a person found, and all of it is void */
	EVENT_OPINION_CHECKED,
	EVENT_OPINION_ALERT,         /* text: how soon he wants something done: the patient is called the same day */
	EVENT_OPINION_LATE,          /* opinion: of an expert who no longer holds the dossier; evidence, a person decides */
	EVENT_HELD,                  /* text: id until when (RFC 3339; empty or too far: the longest allowed), text why */
	EVENT_RELEASED,              /* release */
	EVENT_SHARED,                /* release: the version that stands, to a physician who is to have it after the patient */
	EVENT_MAIL_PROOF,            /* mail */
	EVENT_MAIL_FAILED,           /* mail */
	EVENT_MAIL_LATE,             /* mail: an hour old and not yet at the recipient's operator */
	EVENT_MAIL_STOPPED,          /* text: id number of the mail ("S12"), text code of the reason: before its seal, for a person to look at */
	EVENT_MAIL_LET_GO,           /* text: id of a stopped mail, text why: a person looked, and it goes on */
	EVENT_MAIL_DROPPED,          /* text: id of a stopped mail, text why: a person looked, and it never leaves */
	EVENT_REPORT_UNDELIVERED,    /* mail: the patient's report reached nobody */
	EVENT_REPORT_READ,           /* mail: first proven reading by the patient, opens the exchange */
	EVENT_QUESTION_RECEIVED,     /* opens the exchange too */
	EVENT_QUESTION_ANSWERED,     /* text: id the number of the question, "all" by a person's word, or empty where the answer names none; text by what */
	EVENT_QUESTION_LATE,         /* after the exchange ended: a person answers */
	EVENT_URGENT,                /* text: id where it was said, text the words; a person is called */
	EVENT_CONSENT_CHANGED,       /* consent: about a physician; PATIENT, EXPERT: one of the request's two, given to a person */
	EVENT_WITHDRAWN,             /* text: the consent to the whole service */
	EVENT_CANCELLED,             /* text */
	EVENT_CLOSED,
	EVENT_DEADLINE_PASSED,       /* text: id name of the deadline, text which time: what it brings was done, and is not done again */
	EVENT_CONTACT_MADE,          /* contact: a call, a letter, a visit */
	EVENT_CHANNEL_CHANGED,       /* channel: how a party is to be reached */
	EVENT_PROFILE_TOLD,          /* profile: how a mailbox wants its mail, or that it asks for another address */
	EVENT_MAILBOX_AWAITED,       /* text: id the party, text code of the reason; nothing goes to him until a person told or confirmed where */
	EVENT_REPRESENTATIVE_NAMED,  /* representative: or what is known of him changed */
	EVENT_REPRESENTATIVE_ENDED,  /* text: id of the representative, text why */
	EVENT_FROZEN,                /* text: id "objection", "breach", "court"…, text why; nothing leaves until it is lifted */
	EVENT_UNFROZEN,              /* text */
	EVENT_COMPLAINED,            /* text: what */
	EVENT_COMPLAINT_SETTLED,     /* text: how */
	EVENT_LINKED,                /* text: id reference of another dossier of the same person, text why */
	EVENT_DIED,                  /* text: who told, when; everything automatic stops */
	EVENT_STUDY_ANSWERED,        /* the questionnaire after six months came back: that it did, not what it says */
	EVENT_STUDY_STOPPED,         /* no more of it, for ever */
	EVENT_ARCHIVED,
	EVENT_ERASED,                /* text: why, by what order */
	EVENT_ERASURE_ASKED,         /* text: by whom, how; a person answers within a month */
	EVENT_ERASURE_ANSWERED,      /* text: what is kept and why, or what was done, and how it was told */
	EVENT_EXPORTED,              /* text: id for whom (policy/export.h): a copy of all that he may have left by a person's hand */
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
	EVENT_DATA_CONTACT,
	EVENT_DATA_CHANNEL,
	EVENT_DATA_REPRESENTATIVE,
	EVENT_DATA_PROFILE,
	EVENT_DATA_TEXT
};

enum requester { REQUESTER_NONE, REQUESTER_PATIENT, REQUESTER_PHYSICIAN };

/* When a physician has the report: once the patient has read it, at its release, or when the patient asks for it. */
enum share_when { SHARE_AFTER_READING, SHARE_AT_ONCE, SHARE_WHEN_ASKED, SHARE_WHENS };

struct dossier_physician {
	struct bytes name, mailbox;
	bool consent;                /* may have the report */
	enum share_when when;
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
 * has_patient, patient, authors, entered_by, custodian, and its masks. */
struct dossier_filing {
	struct policy_document document;
	struct bytes organisation;   /* id of the organisation that sent it */
	bool vouched;                /* came with the signed request: a file without identity is the patient's */
	bool confirmed;              /* an operator compared the traits by eye */
};

/* Why a dossier was taken back from who held it, or an offer from who was asked. */
enum taken_back {
	TAKEN_UNSAID,
	TAKEN_SILENCE,
	TAKEN_LEAVE,
	TAKEN_RETURNED,              /* he gave it back */
	TAKEN_CONFLICT,
	TAKEN_MAILBOX,               /* his mailbox, or his registration, has ended */
	TAKEN_STANDBY,               /* the stand-by's yes */
	TAKEN_LATE_OPINION,          /* the first one's opinion came after all, and a person takes it */
	TAKEN_PERSON,                /* a person decided */
	TAKEN_BACKS
};

struct dossier_offer_data {
	struct bytes rpps, name, mailbox, organisation;
	enum policy_word word;       /* of a decline */
	enum policy_motive motive;   /* why he declined, or gave it back, in his own words' sense */
	struct bytes until;          /* of an absence */
	struct bytes from;           /* of an absence that has not begun */
	enum taken_back why;         /* of OFFER_EXPIRED and REASSIGNED */
	struct bytes text;           /* a person's words on it */
	unsigned load, taken;        /* of an offer: what he had in hand, and had taken of his week, when he was chosen */
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
	struct bytes rpps;           /* who holds the dossier */
	struct bytes signer;         /* of an organisation's mailbox: the RPPS of the named person who signed; else empty */
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
	int part;                    /* of a dossier that goes in numbered mails (M13, M13B, M13C): which, from 1; 0: the mail is whole */
	int level;                   /* proof: 1 left, 2 accepted, 3 delivered, 4 read, 5 a human answered */
	enum reason reason;          /* of a failure */
	struct bytes status;         /* enhanced status or disposition as told */
};

struct dossier_consent_data {
	enum party party;            /* ATTENDING, FIRST_OPINION, REQUESTER: the report; REPRESENTATIVE: curator and trusted person may have all;
	                              * PATIENT: consent.processing, EXPERT: consent.expert, only ever given */
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

enum contact_means { CONTACT_NONE, CONTACT_CALL, CONTACT_LETTER, CONTACT_VISIT, CONTACT_NOTICE, CONTACT_MEANS };
/* REACHED: he spoke or listened; MESSAGE: word was left, never of content; POSTED, SIGNED, RETURNED: of a letter. */
enum contact_result { CONTACT_UNSAID, CONTACT_REACHED, CONTACT_MESSAGE, CONTACT_NO_ANSWER, CONTACT_POSTED, CONTACT_SIGNED, CONTACT_RETURNED, CONTACT_RESULTS };

/* What a person did by telephone, on paper or face to face. Proof of a mail's content by another way: 5 when reached or signed. */
struct dossier_contact_data {
	enum party party;
	enum contact_means means;
	enum contact_result result;
	enum mail_code code;         /* the mail that it stands for; NONE for any other matter */
	struct bytes text;           /* what was said, number of the letter */
};

/* MAIL is everybody's to begin with. PHYSICIAN: by the hand of the doctor whom the patient named. */
enum channel { CHANNEL_MAIL, CHANNEL_PAPER, CHANNEL_TELEPHONE, CHANNEL_PHYSICIAN, CHANNELS };

struct dossier_channel_data {
	enum party party;
	enum channel channel;
	struct bytes address;        /* PAPER: lines of the envelope, newlines between; TELEPHONE: the number; MAIL: another mailbox, or empty */
	struct bytes why;            /* "closed" (he left the health space), "asked", "secret" (a minor's, with PHYSICIAN), "qualified"… */
};

/* PDF: no package beside it. PACKAGE: both again. PAPER: a letter. ADDRESS: he asks to be written to elsewhere, which is a person's to settle. */
enum profile_form { PROFILE_PDF, PROFILE_PACKAGE, PROFILE_PAPER, PROFILE_ADDRESS, PROFILE_FORMS };
/* Why: he wrote so, his software could not file what it had, a person of ours says so. */
enum profile_why { PROFILE_ASKED, PROFILE_UNFILED, PROFILE_PERSON, PROFILE_WHYS };

struct dossier_profile_data {
	enum party party;
	struct bytes mailbox;        /* whose profile it is */
	enum profile_form form;
	enum profile_why why;
	struct bytes address;        /* with ADDRESS: the one that he names */
};

enum representative_role { ROLE_NONE, ROLE_PARENT, ROLE_GUARDIAN, ROLE_CURATOR, ROLE_FAMILY, ROLE_TRUSTED, ROLE_HELPER, ROLES };

/* Who acts for the patient, by what right, from when to when. Without a proof nothing clinical goes to him. */
struct dossier_representative_data {
	struct bytes id;             /* "r1", "r2"… in this dossier */
	enum representative_role role;
	struct bytes name, mailbox;
	struct bytes proof;          /* what was shown: "jugement du…"; empty while it is awaited */
	bool timed_from, timed_until;
	struct instant from, until;
	bool informed_only;          /* the other parent: told of the request, not of its content */
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
		struct dossier_contact_data contact;
		struct dossier_channel_data channel;
		struct dossier_representative_data representative;
		struct dossier_profile_data profile;
		struct dossier_text_data text;
	};
};

static inline unsigned dossier_party_bit(enum party party)
{
	return 1u << party;
}

enum dossier_event_data dossier_event_data(enum dossier_event_kind kind);
const char *taken_back_name(enum taken_back why);                    /* "silence", "leave", "returned", "conflict", "mailbox", "standby", "late_opinion", "person"; "unsaid" */
enum taken_back taken_back_of_name(struct bytes name);               /* UNSAID for any other word */
/* The absence that an expert's answer tells: his own word, and no automatic answer's. False when the event tells none. */
bool event_leave(const struct dossier_event *event, struct expert_leave *out);
/* With that event his relay address closes: he gave the dossier back, is away, has a conflict or no mailbox any more. After silence
 * and after a stand-by's yes an opinion of his may still come, and is kept. */
bool event_closes(const struct dossier_event *event);
const char *dossier_event_name(enum dossier_event_kind kind);        /* "document_filed" */
enum dossier_event_kind dossier_event_of_name(struct bytes name);    /* EVENT_NOTHING when unknown */
const char *requester_name(enum requester requester);                /* "patient", "physician", "none" */
enum requester requester_of_name(struct bytes name);
const char *share_when_name(enum share_when when);                   /* "after-reading", "at-once", "when-asked" */
enum share_when share_when_of_name(struct bytes name);               /* SHARE_WHENS for any other word */
/* Names of the small enumerations; the zeroth for any other word. */
const char *contact_means_name(enum contact_means means);            /* "call", "letter", "visit", "notice"; "none" */
enum contact_means contact_means_of_name(struct bytes name);
const char *contact_result_name(enum contact_result result);         /* "reached", "message", "no_answer", "posted", "signed", "returned"; "unsaid" */
enum contact_result contact_result_of_name(struct bytes name);
const char *channel_name(enum channel channel);                      /* "mail", "paper", "telephone", "physician" */
enum channel channel_of_name(struct bytes name);                     /* CHANNELS for any other word */
const char *profile_form_name(enum profile_form form);               /* "pdf", "pdf+xdm", "paper", "address" */
enum profile_form profile_form_of_name(struct bytes name);           /* PROFILE_FORMS for any other word */
const char *profile_why_name(enum profile_why why);                  /* "asked", "unfiled", "person" */
enum profile_why profile_why_of_name(struct bytes name);             /* PROFILE_WHYS for any other word */
const char *representative_role_name(enum representative_role role); /* "parent", "guardian", "curator", "family", "trusted", "helper"; "none" */
enum representative_role representative_role_of_name(struct bytes name);

#endif
