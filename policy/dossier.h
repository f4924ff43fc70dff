/* policy/dossier.h - a dossier is a list of events; this is its fold.
 *
 * Invariants, kept by the one gate dossier_apply and its transition table:
 *  1. what the table does not name is forbidden;
 *  2. there is never more than one live offer;
 *  3. nothing is offered before the pieces were found complete and triage said yes;
 *  4. nothing is released without an opinion received from the expert who accepted, and checked;
 *  5. a document that names another patient is never filed;
 *  6. a document is withdrawn only by the organisation that sent it, and never comes back;
 *  7. versions of the report are numbered 1, 2, 3 without a gap, and each but the first rests on an opinion that came after the one
 *     before was released;
 *  8. what a request does not tell of pathology and consents is told by a person before anything else is done;
 *  9. an identity in doubt is compared by a person before anything else is done;
 * 10. after the patient's death, his withdrawal or the end of the dossier nothing automatic begins again;
 * 11. while it is frozen nothing happens of which somebody would be told by mail. */
#ifndef RELAIS_POLICY_DOSSIER_H
#define RELAIS_POLICY_DOSSIER_H

#include "base/arena.h"
#include "policy/event.h"

enum dossier_state {
	DOSSIER_NOWHERE,         /* no state: what the table does not name */
	DOSSIER_NEW,             /* before its first event */
	DOSSIER_REQUESTED,
	DOSSIER_UNQUALIFIED,     /* what the request does not tell is to be told by a person */
	DOSSIER_IDENTITY,        /* the identity is to be compared by a person */
	DOSSIER_INCOMPLETE,
	DOSSIER_TRIAGE,
	DOSSIER_COMPLETE,
	DOSSIER_OFFERED,
	DOSSIER_NO_EXPERT,
	DOSSIER_ACCEPTED,
	DOSSIER_MORE_INFO,       /* the expert asked for more */
	DOSSIER_REASSIGNED,      /* taken from an expert, not yet offered to the next */
	DOSSIER_OPINION,
	DOSSIER_CHECKED,
	DOSSIER_HOLD,
	DOSSIER_RELEASED,
	DOSSIER_UNDELIVERABLE,
	DOSSIER_EXCHANGE,
	DOSSIER_REVISION,        /* a corrected opinion waits for its release; what was released stands */
	DOSSIER_CLOSED,
	DOSSIER_REDIRECTED,
	DOSSIER_CANCELLED,
	DOSSIER_EXPIRED,         /* what was missing never came */
	DOSSIER_WITHDRAWN,
	DOSSIER_DECEASED,
	DOSSIER_ARCHIVED,
	DOSSIER_ERASED,
	DOSSIER_BEFORE,          /* an answer of the table alone: the state that the revision interrupted */
	DOSSIER_STATES
};

/* ENDED: accepted, and taken back since. */
enum offer_answer { OFFER_LIVE, OFFER_ACCEPTED, OFFER_DECLINED, OFFER_EXPIRED, OFFER_ENDED };

struct dossier_document {
	struct dossier_filing filing;
	struct instant at;
	int64_t inbox;
	bool replaced;                   /* a newer version is in the dossier */
	bool withdrawn;                  /* by order of its sender: evidence, given to nobody */
	bool shared;                     /* may go to the expert: names the patient, or vouched for, or confirmed */
};

struct dossier_offer {
	struct bytes rpps, name, mailbox, organisation;
	struct instant at, reminded_at;  /* reminded_at: 0 when not yet */
	enum offer_answer answer;
	enum policy_word word;           /* of the answer, or with which it ended */
	enum taken_back why;             /* it ended, or ran out */
	struct instant answered_at, ended_at;
	bool standby;                    /* made while another held the dossier */
};

struct dossier_proof {
	enum mail_code code;
	enum party party;
	struct bytes mailbox;
	int part;                        /* as in dossier_mail_data: each part has a proof of its own */
	int level;                       /* highest so far, 0 to 5 */
	bool failed;
	enum reason reason;
	struct instant at;               /* of the last change */
};

struct dossier_opinion_mail {
	int64_t inbox;
	struct instant at;
	struct bytes digest, fingerprint;
	bool is_signed, timed;
	struct instant signed_at;
};

struct dossier_opinion {
	bool present, checked;
	int64_t inbox;                   /* of the last mail */
	struct instant at;
	struct dossier_opinion_data data;   /* of the last mail; its form is that of all mails together, is_signed of all */
	const struct dossier_opinion_mail *mails;   /* what it rests on, in order */
	size_t n_mails;
	const struct dossier_annex *annexes;   /* of all of them, each digest once */
	size_t n_annexes;
};

/* Of an expert who held the dossier no longer: evidence, unless a person takes it. */
struct dossier_late_opinion {
	struct dossier_opinion_data data;
	struct instant at;
	int64_t inbox;
};

struct dossier_consent {
	bool given;
	struct instant at;               /* of the last change */
};

struct dossier_release {
	unsigned version;
	struct instant at;
	unsigned to;                     /* set of parties, dossier_party_bit() */
};

struct dossier_question {
	int64_t inbox;
	struct instant at;
	bool answered;
};

/* A piece that need not come, and why. */
struct dossier_waiver {
	struct bytes id, why;
};

struct dossier_pause {
	struct instant from, until;      /* until: 0 while it lasts */
	bool by_expert;                  /* he asked for more; else the patient asked us to wait */
};

struct dossier_passed {
	struct bytes name;               /* of the deadline */
	struct instant at;               /* the last time */
	unsigned times;
};

struct dossier_contact {
	struct dossier_contact_data data;
	struct instant at;
};

struct dossier_representative {
	struct dossier_representative_data data;
	struct instant at, ended_at;     /* named; ended: 0 while he acts */
};

/* What it earned, by which event (policy/fee.h); rpps empty: nothing yet. */
struct dossier_fee {
	struct bytes rpps;
	struct instant at;
	int64_t seq;
};

/* What a party wishes that a person has to carry out; 0: nothing. */
struct dossier_wish {
	struct instant paper_at, address_at;
	struct bytes address;            /* that he asks to be written to */
};

/* A mail that was stopped before its seal, and waits for a person. */
struct dossier_stopped {
	struct bytes id;                 /* "S12" */
	enum reason reason;
	struct instant at;
};

struct dossier_complaint {
	struct instant at, settled_at;   /* settled: 0 while it is open */
};

struct dossier {
	struct arena *arena;
	int64_t id;                      /* the shell's, 0 before it is stored */
	struct bytes reference;          /* A-2026-004217-KQ; the shell's */
	enum dossier_state state;
	int64_t seq;                     /* of the last event */
	struct instant opened_at, changed_at;   /* first event; last change of state */
	struct dossier_request request;  /* with what a person told since; patient, pathology, physicians... as asked; consents below are the live ones */
	struct dossier_consent attending, first_opinion;
	struct dossier_consent requester;   /* the physician who asked may have the report */
	struct dossier_consent representatives_consent;   /* curator and trusted person may have what the patient has */
	bool pieces_complete;
	struct bytes missing;            /* ids of the last EVENT_PIECES_MISSING or EVENT_QUALIFICATION_AWAITED */
	struct bytes misfits;            /* of the last EVENT_PIECES_MISSING: which of them were answered, and what is wrong ("id code", commas) */
	struct instant complete_at;      /* T0; 0 before */
	struct instant due_at;           /* promise_due(): T0 + 7 days + the pauses that ended */
	struct instant kept_at;          /* a report was taken by the patient's operator, posted or told to him for the first time; 0 before */
	struct instant held_at, held_until;   /* in HOLD: since when, until when at most; 0 otherwise */
	struct span held;                /* holds that ended before the first release */
	struct instant released_at, read_at;   /* 0 before */
	struct dossier_document *documents;
	size_t n_documents, room_documents;
	struct dossier_waiver *waived;
	size_t n_waived, room_waived;
	struct dossier_offer *offers;
	size_t n_offers, room_offers;
	struct dossier_proof *proofs;
	size_t n_proofs, room_proofs;
	struct dossier_question *questions;
	size_t n_questions, room_questions;
	struct bytes *digests;           /* of every opinion that ever came */
	size_t n_digests, room_digests;
	struct dossier_opinion draft;    /* what was given back as incomplete: the next mail completes it; empty otherwise */
	struct dossier_opinion opinion;  /* the current one; when it was returned, the one before it that was released, if any */
	struct dossier_opinion delivered;   /* what the last version rests on; absent before the first release */
	enum dossier_state interrupted;  /* DOSSIER_REVISION: where a return leads back to */
	struct dossier_release *releases;   /* in order; a version that was sent again has two */
	size_t n_releases, room_releases;
	struct dossier_offer standby;    /* prepared, not asked yet: rpps empty when there is none */
	struct bytes more;               /* what the expert asked for last */
	struct dossier_pause *pauses;    /* in order; the last may last still */
	size_t n_pauses, room_pauses;
	struct dossier_passed *passed;   /* each name once */
	size_t n_passed, room_passed;
	struct dossier_contact *contacts;
	size_t n_contacts, room_contacts;
	struct dossier_representative *representatives;   /* each id once */
	size_t n_representatives, room_representatives;
	struct dossier_complaint *complaints;
	size_t n_complaints, room_complaints;
	struct dossier_stopped *stopped; /* mails that wait for a person's look; each id once */
	size_t n_stopped, room_stopped;
	struct bytes *links;             /* references of other dossiers of the same person */
	size_t n_links, room_links;
	enum reason awaited[PARTIES];    /* why a professional's mailbox waits for a person; NONE: it does not */
	struct dossier_channel_data channels[PARTIES];   /* party NONE: never told, mail; an address that came back is empty */
	struct dossier_wish wishes[PARTIES];
	struct instant unknown_at;       /* the patient's operator knows no such patient, and nobody has compared the identity since; 0 otherwise */
	struct instant alert_at;         /* of the opinion that stands: something is wanted soon; 0: not */
	struct bytes *returned;          /* addresses that letters came back from: none is used again */
	size_t n_returned, room_returned;
	struct instant frozen_at, urgent_at, closed_at, died_at, withdrawn_at;   /* 0: not; frozen: 0 again when lifted */
	struct bytes frozen_why;         /* id of the freeze */
	struct instant answer_doubted_at; /* an answer came that names none of several open questions; 0 when all are answered */
	struct instant erasure_at;       /* somebody asked for his data to be erased, and was not answered yet; 0: none */
	size_t n_late_questions;
	struct instant late_question_at;  /* of the last one; 0: none */
	struct dossier_late_opinion *late_opinions;
	size_t n_late_opinions, room_late_opinions;
	struct dossier_fee fee;
	struct instant study_at, study_stopped_at;   /* the questionnaire after six months: answered; no more wanted. 0: not */
};

/* A dossier before its first event. Lists grow in the arena; the bytes of events stay borrowed. */
struct dossier dossier_begin(struct arena *arena, int64_t id, struct bytes reference);
/* A copy whose lists are its own. */
struct dossier dossier_copy(struct arena *arena, const struct dossier *from);

/*
 * The gate. On any reason but REASON_NONE the dossier is untouched:
 * DOSSIER_ORDER (not allowed in this state, or an event out of sequence), IDENTITY_*, SENDER_TEST_IDENTITY,
 * SENDER_CLASS (a replacement or a withdrawal by another organisation), DOCUMENT_DUPLICATE, DOCUMENT_CONFLICT, DOCUMENT_WITHDRAWN,
 * ORDER_UNKNOWN (a withdrawal of what is not there), REQUEST_INCOMPLETE,
 * OPINION_SIGNER, MESSAGE_DUPLICATE, DOSSIER_FULL, DOSSIER_FROZEN.
 */
MUST_USE enum reason dossier_apply(struct dossier *dossier, const struct dossier_event *event);

/* All events in order on an empty dossier; stops at the first that is refused, which *failed (may be NULL) counts from 0. */
MUST_USE enum reason dossier_fold(struct dossier *dossier, const struct dossier_event *events, size_t n, size_t *failed);

/* The table's answer alone: DOSSIER_NOWHERE when the event is forbidden in that state. */
enum dossier_state dossier_next(enum dossier_state state, enum dossier_event_kind event);

/* No more events change it but proofs: it is closed, cancelled, redirected or withdrawn. */
bool dossier_is_over(enum dossier_state state);
/* Documents may still be filed. */
bool dossier_awaits_documents(enum dossier_state state);

/* The offer nobody answered yet, and the one that was accepted; NULL when there is none. */
const struct dossier_offer *dossier_live_offer(const struct dossier *dossier);
const struct dossier_offer *dossier_accepted_offer(const struct dossier *dossier);
/* That offer was accepted and taken back since, and its expert does not hold the dossier again: who holds it is never late. */
bool dossier_has_lost(const struct dossier *dossier, const struct dossier_offer *offer);
/* How many experts have said no since the last who said yes: neither silent, nor away, nor in conflict. */
size_t dossier_refusals(const struct dossier *dossier);
/* What stands for a document in its dossier: its number, or of a loose file, which has none, its digest. */
struct bytes dossier_document_key(const struct policy_document *document);
/* By its id, or by its digest when the id is empty; NULL when it is not there. */
const struct dossier_document *dossier_find_document(const struct dossier *dossier, struct bytes id, struct bytes digest);
/* The n-th (from 0) value of an answer of the questionnaire; false when there is none. */
bool dossier_answer(const struct dossier *dossier, struct bytes question, size_t nth, struct bytes *out);
/* NULL when no such mail left yet. */
const struct dossier_proof *dossier_find_proof(const struct dossier *dossier, enum mail_code code, enum party party);
/* How many questions have no answer yet; *last (may be NULL): the number of the last of them, from 1. */
size_t dossier_open_questions(const struct dossier *dossier, size_t *last);
/* The exchange is open, or a question waits for the expert's answer. */
bool dossier_awaits_answer(const struct dossier *dossier);
/* Of the last release; 0 before the first. */
unsigned dossier_version(const struct dossier *dossier);
/* The first release of that version; NULL when there is none. */
const struct dossier_release *dossier_release_of(const struct dossier *dossier, unsigned version);
/* Was a version below that one sent to that party's mailbox, under whatever role? */
bool dossier_had_version(const struct dossier *dossier, enum party party, unsigned below);
/* A mail failed because its recipient's operator knows no such mailbox (RFC 3463 3.2: bad address). One that was shut, a domain that
 * is not there, or our own address refused are other matters. */
bool dossier_is_unknown(const struct dossier_mail_data *mail);
/* It is not to be carried on by the machine: frozen, or the patient died. */
bool dossier_stands_still(const struct dossier *dossier);
/* The pause that lasts; NULL when none does. */
const struct dossier_pause *dossier_paused(const struct dossier *dossier);
/* What passed of the deadline with that name; NULL when it never did. */
const struct dossier_passed *dossier_passed(const struct dossier *dossier, const char *name);
/* By its digest; NULL when there is none. */
const struct dossier_late_opinion *dossier_find_late_opinion(const struct dossier *dossier, struct bytes digest);
/* By his id; NULL when there is none. */
const struct dossier_representative *dossier_find_representative(const struct dossier *dossier, struct bytes id);
/* He acts at that instant: named, not ended, within his dates. */
bool dossier_represents(const struct dossier_representative *representative, struct instant now);
/* The stopped mail of that number; NULL when there is none, or a person has looked. */
const struct dossier_stopped *dossier_find_stopped(const struct dossier *dossier, struct bytes id);
/* Did a letter to that address come back? */
bool dossier_was_returned(const struct dossier *dossier, struct bytes address);
/* Mailbox of a party; empty for PARTY_SENDER, PARTY_NONE and what is not known. */
struct bytes dossier_mailbox(const struct dossier *dossier, enum party party);

const char *dossier_state_name(enum dossier_state state);            /* "triage" */
enum dossier_state dossier_state_of_name(struct bytes name);         /* DOSSIER_NOWHERE when unknown */
/* What people see: "Contrôle infirmier", "Nurse's check". */
const char *dossier_state_label(enum dossier_state state, const char *language);
const char *offer_answer_name(enum offer_answer answer);

#endif
