/* policy/expert.h - who gives opinions, and who may act for him. The register as values: docs/rules.md is its manual. */
#ifndef RELAIS_POLICY_EXPERT_H
#define RELAIS_POLICY_EXPERT_H

#include "policy/facts.h"

struct expert_leave {
	struct instant from, until;       /* away from <= now < until */
};

/* CANDIDATE: not yet validated by the council. PROBATION: asked, but with few dossiers at once. SUSPENDED, ENDED: not asked;
 * what he holds is a person's to decide. */
enum expert_state { EXPERT_ACTIVE, EXPERT_PROBATION, EXPERT_CANDIDATE, EXPERT_SUSPENDED, EXPERT_ENDED, EXPERT_STATES };

/* A named person who signs the opinions of an organisation's mailbox. */
struct expert_member {
	struct bytes rpps, name;
	struct policy_texts fingerprints;
};

struct expert {
	struct bytes rpps;                /* of an organisation's mailbox: its id, which has a letter in it */
	struct bytes name, mailbox;
	struct bytes organisation;        /* structure id */
	struct policy_texts establishments;   /* other structures where he practises: ids */
	struct policy_texts pathologies;  /* codes */
	struct policy_texts fingerprints; /* of registered certificates, SHA-256 hex; none: opinions cannot be signed */
	struct policy_texts delegates;    /* mailboxes: may accept, decline and tell his absence, and nothing else */
	const struct expert_member *members;  /* of an organisation's mailbox; none: a person */
	size_t n_members;
	bool organisation_paid;           /* the fee is the organisation's */
	enum expert_state state;
	bool ended;                       /* his mailbox, or he himself, left the directory since he was registered */
	struct instant valid_from, valid_until;   /* is asked from <= now < until; 0: no such limit */
	unsigned capacity;                /* dossiers a week; 0 takes none */
	unsigned probation;               /* in that state: dossiers at once; 0: EXPERT_PROBATION_MOST */
	const struct expert_leave *leave;
	size_t n_leave;
	/* What the shell counts when the rules are asked for. */
	unsigned load;                    /* dossiers open with him now, offered or held */
	unsigned asked;                   /* of these, offers that await his answer */
	unsigned week;                    /* offers that he accepted within the last seven days */
	struct instant offered_at;        /* of his last offer; 0: never */
};

#define EXPERT_PROBATION_MOST 1u
#define EXPERT_WEEK SPAN_DAYS(7)
/* An absence that is told without an end, and the longest that is believed of a mail. */
#define EXPERT_LEAVE_UNTOLD  SPAN_DAYS(7)
#define EXPERT_LEAVE_LONGEST SPAN_DAYS(366)

const char *expert_state_name(enum expert_state state);    /* "active", "probation", "candidate", "suspended", "ended" */
enum expert_state expert_state_of_name(struct bytes name); /* EXPERT_STATES for any other word */

const struct expert *expert_find(const struct expert *list, size_t n, struct bytes rpps);
/* Two RPPS, with or without the leading 8 of the national identifier and with or without "root^". */
bool expert_same_rpps(struct bytes a, struct bytes b);
/* Two structures: FINESS or SIRET, with or without the leading 1 or 3 of the national identifier and with or without "root^". */
bool expert_same_structure(struct bytes a, struct bytes b);
/* Is that certificate registered for him, or for a member of the organisation? False for no expert and for an empty fingerprint. */
bool expert_has_certificate(const struct expert *expert, struct bytes fingerprint);
/* Anybody's certificate is registered at all. */
bool expert_has_certificates(const struct expert *expert);
/* Whose certificate it is: the expert's own RPPS, or that of the member; empty when it is nobody's. */
struct bytes expert_signer(const struct expert *expert, struct bytes fingerprint);
/* False for no expert. */
bool expert_is_delegate(const struct expert *expert, struct bytes mailbox);
/* A leave that holds that instant, the one that ends last; NULL when he is there. */
const struct expert_leave *expert_away(const struct expert *expert, struct instant now);

/* The first instant of a day in Paris, "YYYY-MM-DD". False: it is no day, *out is untouched. */
MUST_USE bool expert_day(struct bytes text, struct instant *out);
/* The first instant after it. */
MUST_USE bool expert_day_end(struct bytes text, struct instant *out);
/* The absence that an answer tells: from the day it names (empty: now) to the end of the last day (empty: EXPERT_LEAVE_UNTOLD), at most
 * EXPERT_LEAVE_LONGEST. False when it lies before now, or ends before it begins. */
MUST_USE bool expert_leave_told(struct bytes from, struct bytes last_day, struct instant now, struct expert_leave *out);

#endif
