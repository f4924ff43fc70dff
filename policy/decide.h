/* policy/decide.h - from facts, rules and a dossier to a decision. Promise 7: the same values give the same decision.
 *
 * A decision is carried out in one transaction: its events appended to its dossier, its mails queued,
 * its outcome written on the inbox row. The events of a decision have already passed the gate, on a copy. */
#ifndef RELAIS_POLICY_DECIDE_H
#define RELAIS_POLICY_DECIDE_H

#include "policy/consent.h"
#include "policy/deadline.h"
#include "policy/dossier.h"
#include "policy/rules.h"
#include "policy/study.h"

enum policy_outcome {
	POLICY_APPLIED,      /* the message or command did its effect */
	POLICY_FILED,        /* documents were filed to a dossier */
	POLICY_REFUSED,      /* with notice where the sender may be told */
	POLICY_HELD,         /* an owner decides */
	POLICY_DUPLICATE,    /* nothing was done again */
	POLICY_IGNORED,      /* nothing to do: a report on nothing of ours */
	POLICY_OUTCOMES
};

const char *policy_outcome_name(enum policy_outcome outcome);   /* "applied", "filed"... */

enum policy_attach {
	POLICY_ATTACH_NONE,
	POLICY_ATTACH_DOSSIER,   /* the shared, current documents, in order */
	POLICY_ATTACH_REPORT,    /* the report built from dossier->opinion */
	POLICY_ATTACH_MESSAGE,   /* the documents of the incoming message */
	POLICY_ATTACHES
};

const char *policy_attach_name(enum policy_attach attach);      /* "none", "dossier", "report", "message" */

/* A text for the template; decide_build.h lists the names that each mail has. */
struct policy_field {
	const char *name;
	struct bytes text;
};

/* What the mail is made as: a letter under our seal, or a report by itself, which no seal can wrap. */
enum policy_form_of { POLICY_MAIL_SEALED, POLICY_MAIL_DSN, POLICY_MAIL_MDN };

struct policy_mail {
	enum mail_code code;
	enum policy_form_of form;
	enum reason reason;              /* of a report: REASON_NONE for success */
	enum party party;
	struct bytes to;                 /* mailbox; of a letter the print station's */
	enum channel channel;            /* MAIL, or PAPER: a letter */
	struct bytes address;            /* of a letter: lines of the envelope, newlines between */
	struct bytes representative;     /* of REPRESENTATIVE, OTHER_PARENT: his id */
	enum policy_attach attach;
	struct recipient_profile profile;
	size_t part, parts;              /* "2/3"; 0 of 0: the mail is whole */
	const size_t *documents;         /* of attach DOSSIER: numbers of the dossier's documents that this mail carries */
	size_t n_documents;
	bool in_reply_to;                /* of the incoming message */
	const struct policy_field *fields;
	size_t n_fields;
};

struct policy_decision {
	enum policy_outcome outcome;
	enum reason reason;              /* REASON_NONE when all is plain */
	const char *owner;               /* "nurses", "operator"; NULL when nobody need look */
	const char *rule;                /* name and version: "record.attach/1" */
	bool creates;                    /* the events begin a new dossier: the shell gives it a number and a reference */
	const struct dossier *dossier;   /* the one given, or chosen among the candidates; NULL when none or new */
	const struct dossier *after;     /* it after the events (reference empty when it is new); NULL without events */
	const struct dossier_event *events;   /* seq is set, following the dossier's */
	size_t n_events;
	const struct policy_mail *mails;
	size_t n_mails;
	const struct study_answers *study;   /* what the questionnaire says: counted in the same transaction, apart from the dossier; NULL: none */
	int proof;                       /* level proved of the mail that the message speaks of, where no event tells it; 0 none, -1 it failed */
	bool limited;                    /* the sender has had his notices for the day: he is not told */
};

/*
 * A message. dossier: that of the relay address it came to or of the matched outbox row, else NULL.
 * candidates: the dossiers of the documents' patient, found by matricule, open or not; the policy chooses.
 * Everything in *out lives in the arena or is borrowed from what was given.
 */
void policy_decide_message(struct arena *arena, const struct policy_rules *rules, const struct dossier *dossier,
			   const struct dossier *const *candidates, size_t n_candidates,
			   const struct policy_message *message, struct instant now, struct policy_decision *out);

/* What an operator asks for. */
enum policy_act {
	POLICY_ACT_TRIAGE,       /* TRIAGE: yes; T0, and the first expert is asked. UNQUALIFIED: id pathology, text version */
	POLICY_ACT_REDIRECT,     /* TRIAGE: not for this service; text why */
	POLICY_ACT_WAIVE,        /* a missing piece need not come: id, text why */
	POLICY_ACT_OFFER,        /* NO_EXPERT: look again */
	POLICY_ACT_ASSIGN,       /* the offer goes to that expert: id RPPS */
	POLICY_ACT_REASSIGN,     /* taken back from who holds it: how "silence", "leave", "returned", "conflict", "mailbox", "person"; text; id RPPS of the next, or none */
	POLICY_ACT_TAKE,         /* the late opinion of the first: text why */
	POLICY_ACT_RELEASE,
	POLICY_ACT_HOLD,         /* CHECKED: id until when (RFC 3339, or empty), text why */
	POLICY_ACT_RETURN,       /* the opinion, to the expert: text what is missing */
	POLICY_ACT_CONSENT,      /* about a physician: party, given; PATIENT, EXPERT: a consent of the request, given */
	POLICY_ACT_ANSWER,       /* what a person read or heard: id of the question, text */
	POLICY_ACT_WITHDRAW,     /* the patient withdraws from the service: text */
	POLICY_ACT_CANCEL,       /* text why */
	POLICY_ACT_MAILBOX,      /* where a professional is written to: party, id the mailbox; DIRECTORY_UNKNOWN unless it is vouched for */
	POLICY_ACT_CLOSE,
	POLICY_ACT_EXPIRE,       /* what was missing never came: text */
	POLICY_ACT_DIED,         /* text who told: everything automatic stops */
	POLICY_ACT_DOUBT,        /* the identity is to be compared: text what disagrees */
	POLICY_ACT_IDENTITY,     /* it was compared: text with what */
	POLICY_ACT_PAUSE,        /* the patient asks us to wait: text why */
	POLICY_ACT_RESUME,       /* text */
	POLICY_ACT_MORE,         /* the expert asks for more: text his question */
	POLICY_ACT_ANSWERED,     /* what he asked for has come: text what; in the exchange: the patient has his answers, text how */
	POLICY_ACT_WITHOUT,      /* he is to answer without it: text why */
	POLICY_ACT_CONTACT,      /* party, id the means, how the result, mail the code that it stands for, text */
	POLICY_ACT_FREEZE,       /* nothing leaves: id "objection", "breach", "court"; text why */
	POLICY_ACT_UNFREEZE,     /* text */
	POLICY_ACT_COMPLAINT,    /* text */
	POLICY_ACT_SETTLE,       /* the complaints: text how */
	POLICY_ACT_LINK,         /* id reference of another dossier of the same person, text why */
	POLICY_ACT_URGENT,       /* an emergency was told: text the words */
	POLICY_ACT_SHARE,        /* the report to that physician now: party */
	POLICY_ACT_REPRESENT,    /* representative: named, or what is known of him changed (the same mailbox and role); its id is the policy's */
	POLICY_ACT_REPRESENT_END,   /* id of the representative, text why */
	POLICY_ACT_CHANNEL,      /* how a party is to be reached: party, how "mail", "paper", "telephone", "physician", id the address (lines behind '|') */
	POLICY_ACT_PROFILE,      /* how a professional's mailbox wants its mail: party, how "pdf", "pdf+xdm", "paper" */
	POLICY_ACT_SECRET,       /* a minor wants it kept from the parents: text */
	POLICY_ACT_UNSECRET,     /* and does not any more: text */
	POLICY_ACT_STUDY_ANSWERED,   /* the questionnaire after six months came back on paper, or was answered on the telephone; what it says is counted apart */
	POLICY_ACT_STUDY_STOP,   /* no questionnaire after six months, in any dossier of that person */
	POLICY_ACT_ARCHIVE,
	POLICY_ACT_ERASE,        /* text by what order */
	POLICY_ACT_ERASE_ASKED,  /* somebody asks for erasure: text who, how */
	POLICY_ACT_ERASE_ANSWERED,   /* text what he was told, and how */
	POLICY_ACT_LET_GO,       /* a stopped mail goes on: id its number, text why */
	POLICY_ACT_DROP,         /* a stopped mail never leaves: id its number, text why */
	POLICY_ACT_EXPORT,       /* a copy is about to be made: id for whom (export_for_name) */
	POLICY_ACTS
};

struct policy_command {
	enum policy_act act;
	struct bytes actor;      /* the operator's name */
	struct bytes id, text, how, mail;
	struct bytes say;        /* a sentence of the nurse's for who reads the mail; text stays with us */
	enum party party;
	bool given;
	struct dossier_representative_data representative;   /* of REPRESENT; dates are days: from its first midnight, until its last */
};

const char *policy_act_name(enum policy_act act);
/* POLICY_ACTS when unknown. */
enum policy_act policy_act_of_name(struct bytes name);

/* APPLIED, or REFUSED with the reason and no event. */
void policy_decide_command(struct arena *arena, const struct policy_rules *rules, const struct dossier *dossier,
			   const struct policy_command *command, struct instant now, struct policy_decision *out);

/*
 * An operator files a held message to the dossier he chose, having compared the traits by eye: a doubt is
 * overruled, another matricule never. Sender, signature and class are judged as for any record or relay mail,
 * except that the patient's own reply is taken as his.
 */
void policy_decide_attach(struct arena *arena, const struct policy_rules *rules, const struct dossier *dossier,
			  const struct policy_message *message, struct bytes actor, struct instant now,
			  struct policy_decision *out);

/* An operator gives a held message back: REFUSED, with M71 where its sender may be told. */
void policy_decide_return(struct arena *arena, const struct policy_rules *rules, const struct policy_message *message,
			  enum reason reason, struct bytes actor, struct policy_decision *out);

/* Where a document lies: the message and its digest, hex. */
struct policy_place {
	int64_t inbox;
	struct bytes digest;
};

/* What a mail carried that did not leave, because one of its documents was withdrawn meanwhile. */
struct policy_stopped {
	const struct policy_place *documents;
	size_t n;
	struct bytes words;      /* its field "answer" */
	size_t part, parts;      /* 0 of 0: it was whole */
};

/* A held message asks for a person's content and may not have it (an insurer, an employer, a lawyer, the police: product E46): REFUSED, with M100 where its
 * sender may be told. The same words whether or not that person is known here. */
void policy_decide_decline(struct arena *arena, const struct policy_rules *rules, const struct policy_message *message, struct bytes actor,
			   struct policy_decision *out);

/* What became of a mail at the recipient's operator: accepted (proof 2), or failed for good with its reason; or it was stopped in our hands, and is
 * decided again. */
struct policy_delivery {
	enum mail_code code;
	enum party party;
	struct bytes mailbox;
	int part;                /* as in dossier_mail_data */
	bool accepted;
	enum reason reason;
	struct bytes status;     /* enhanced status, when told */
	const struct policy_stopped *stopped;   /* NULL: it left */
};

void policy_decide_outcome(struct arena *arena, const struct policy_rules *rules, const struct dossier *dossier,
			   const struct policy_delivery *delivery, struct instant now, struct policy_decision *out);

/* The mail with that number was stopped before its seal, for that reason: a person has to look at it (policy/shield.h, the virus scanner). */
void policy_decide_stopped(struct arena *arena, const struct policy_rules *rules, const struct dossier *dossier, struct bytes id,
			   enum reason why, struct instant now, struct policy_decision *out);

/* The mail has not reached the recipient's operator after RETRY_LATE: the nurses see it in the dossier, and nothing else changes.
 * accepted is not looked at; reason: of the last try, if any. */
void policy_decide_late(struct arena *arena, const struct policy_rules *rules, const struct dossier *dossier,
			const struct policy_delivery *delivery, struct instant now, struct policy_decision *out);

/* The directory has changed, or answered, about a mailbox of the dossier: who lost his is turned to another of his own, the next expert is asked,
 * or a person is awaited. IGNORED when nothing follows. */
void policy_decide_directory(struct arena *arena, const struct policy_rules *rules, const struct dossier *dossier, struct instant now,
			     struct policy_decision *out);

/* A timer of deadline_list() fell due. A timer that does not run (any more) is IGNORED. */
void policy_decide_timer(struct arena *arena, const struct policy_rules *rules, const struct dossier *dossier,
			 enum deadline_kind kind, struct instant now, struct policy_decision *out);

#endif
