/* policy/directory.h - the directory of professionals as facts, and the rules that rest on it: to which mailbox clinical mail may go,
 * and which one a person known by his number is written to.
 *
 * Source: kinds of mailboxes and who they belong to, mssante.md M27 to M29; red list M33; rank M35; product.md 3.4 E19, E24, E25.
 * Patients' mailboxes are no part of it (M30). */
#ifndef RELAIS_POLICY_DIRECTORY_H
#define RELAIS_POLICY_DIRECTORY_H

#include "base/reason.h"
#include "policy/facts.h"

enum directory_kind {
	DIRECTORY_OTHER,
	DIRECTORY_PERSONAL,       /* PER: of one person */
	DIRECTORY_PRACTICE,       /* CAB: of a practice, its holders known by their RPPS */
	DIRECTORY_ORGANISATION,   /* ORG: of a service or a team */
	DIRECTORY_APPLICATION     /* APP: of a software */
};

/* "PER", "CAB", "ORG", "APP"; OTHER for any other word. */
enum directory_kind directory_kind_of_name(struct bytes name);

/* One line: a mailbox, whose it is, and where he works. A mailbox may have several lines. */
struct directory_entry {
	struct bytes address;
	enum directory_kind kind;
	struct bytes person;      /* RPPS; empty of a service's or a software's */
	struct bytes structure;   /* national structure id; may be empty */
	struct bytes family, given;
	unsigned rank;            /* 1 is the holder's first choice; 0: he told none */
	bool red;                 /* on the red list: it works, and is not published */
	bool preferred;           /* people of ours chose it for this person */
	bool old;                 /* out of an extract that is too old to tell whose it is today (degraded.h) */
};

/* A person of ours vouches for a mailbox. */
struct directory_confirmation {
	struct bytes address;
	struct bytes person;      /* RPPS; empty: whoever is said to have it */
};

/* What was in the directory and is not any more, since it was last confirmed. */
struct directory_end {
	struct bytes address, person;
};

struct directory {
	bool used;                /* the rule holds; false: only a person's own choice is held against it */
	const struct directory_entry *entries;
	size_t n_entries;
	const struct directory_confirmation *confirmations;
	size_t n_confirmations;
	const struct directory_end *ends;
	size_t n_ends;
};

/* Somebody to be written to, as the request, a person or the expert's registration tell him. */
struct directory_person {
	struct bytes rpps, name;  /* either may be empty */
	struct bytes mailbox;
	bool registered;          /* an expert: his import vouches for the mailbox until the directory says that it ended */
};

/*
 * May clinical mail go to his mailbox? NONE: it is confirmed, or in the directory as his own, his practice's, or a service's where he works.
 * Without an RPPS the directory's family and given name must both be words of the name. DIRECTORY_ENDED; DIRECTORY_UNKNOWN; DIRECTORY_OLD when an
 * old line alone names him.
 * directory NULL, or not used: everything may. An empty mailbox is UNKNOWN.
 */
MUST_USE enum reason directory_check(const struct directory *directory, const struct directory_person *person);

/*
 * The mailbox that a person known by his RPPS is written to: the one that people of ours prefer, else the holder's own first choice, else the
 * only one. Only his own and his practice's count, nothing on the red list, nothing old and nothing of `not`.
 * DIRECTORY_NONE: there is none; DIRECTORY_OLD: in old lines alone. DIRECTORY_SEVERAL: a person chooses. *out is empty on all three.
 */
MUST_USE enum reason directory_choose(const struct directory *directory, struct bytes rpps, const struct bytes *not, size_t n_not, struct bytes *out);

/* The words of a name in plain small letters (accents, capitals, hyphens and apostrophes do not count), one blank between them; of a sign of
 * another alphabet a '_'. Gives how many bytes of out were written, at most room. */
size_t directory_plain(struct bytes name, unsigned char *out, size_t room);

#endif
