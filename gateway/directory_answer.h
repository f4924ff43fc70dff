/* gateway/directory_answer.h - what a directory answers about one person, read from its FHIR interface or from LDAP.
 *
 * Source: Annuaire Santé, FHIR R4 (mssante.md M28, M33 to M38): a Bundle with a Practitioner and his PractitionerRoles; a mailbox is a telecom
 * with the email type MSSANTE, or with the mailbox's own metadata (kind, red list); rank 1 is the holder's first choice. What answers is a
 * stranger: bounded, and nothing of it is believed about any other person than the one asked for. */
#ifndef RELAIS_GATEWAY_DIRECTORY_ANSWER_H
#define RELAIS_GATEWAY_DIRECTORY_ANSWER_H

#include "base/arena.h"
#include "base/limits.h"
#include "base/reason.h"

struct directory_mailbox {
	struct bytes address;        /* in lower case */
	struct bytes kind;           /* "PER", "CAB"… */
	struct bytes structure, place, family, given, profession, speciality;
	unsigned rank;               /* 0: none told */
	bool red;
};

struct directory_answer {
	bool known;                  /* the person is in that directory */
	bool inactive;               /* and his registration has ended */
	struct directory_mailbox list[LIMIT_DIRECTORY_FOUND];
	size_t n;
};

/*
 * Adds to *answer (zeroed by the caller before the first) what a Bundle says of the person with that RPPS; texts are in the arena.
 * DIRECTORY_ANSWER: no Bundle; DIRECTORY_SIZE: more mailboxes than LIMIT_DIRECTORY_FOUND. On any reason *answer counts as before.
 */
MUST_USE enum reason directory_answer_fhir(struct arena *arena, struct bytes json, struct bytes rpps, struct directory_answer *answer);

/* Adds one mailbox, when it is one that mail can go to; the same address in the same place stands once. DIRECTORY_SIZE. */
MUST_USE enum reason directory_answer_add(struct arena *arena, const struct directory_mailbox *mailbox, struct directory_answer *answer);

#endif
