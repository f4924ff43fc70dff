/* policy/seen.h - who could see what of a dossier, and since when: the list that a suspected misdelivery asks for (product 3.4 E44).
 *
 * A line is one thing that one reader could see: a document, a version of the report, the documents of a message that was passed on, or words alone.
 * A mail counts from the moment it left us: one that no server has confirmed may have been read all the same. What people were told by telephone or by
 * letter and the copies that were made (policy/export.h) count, too. */
#ifndef RELAIS_POLICY_SEEN_H
#define RELAIS_POLICY_SEEN_H

#include "policy/dossier.h"

/* A mail of the dossier, as the queue has it. */
struct seen_mail {
	int64_t outbox;
	enum mail_code code;
	enum party party;
	struct bytes mailbox;            /* of a letter the print station's */
	bool paper;
	int proof;                       /* 0: it never left, and nobody saw it */
	int proved;                      /* by it, or by a person since: a call, a letter signed for; not below proof */
	struct instant at;               /* its operator took it; else it was decided */
	const struct bytes *documents;   /* digests of what it carried, or showed in its PDF */
	size_t n_documents;
	unsigned version;                /* of the report that it carried; 0: none */
	int64_t message;                 /* number of the message whose files it passed on; 0: none */
};

enum seen_what { SEEN_WORDS, SEEN_DOCUMENT, SEEN_REPORT, SEEN_MESSAGE, SEEN_COPY, SEEN_WHATS };

struct seen {
	enum seen_what what;
	size_t document;                 /* DOCUMENT: its number in the dossier, from 1 */
	unsigned version;                /* REPORT */
	int64_t message;                 /* MESSAGE */
	int64_t outbox;                  /* 0: no mail, but a person's act */
	enum mail_code code;
	enum party party;                /* NONE of a copy */
	struct bytes mailbox;            /* of a copy: for whom it was made (export_for_name); empty of a call */
	struct bytes by;                 /* of a person's act: who, as events name him; else empty */
	bool paper;
	struct instant at;
	int proof;
	struct instant read_at;          /* proved to be read, or told; 0: not */
	bool withdrawn;                  /* the document was withdrawn or replaced since */
	struct instant erase_at;         /* he was asked to erase it afterwards (M18); 0: not */
};

/* All lines in the order of time, in the arena; *n of them. events: those of the dossier. */
struct seen *seen_list(struct arena *arena, const struct dossier *dossier, const struct dossier_event *events, size_t n_events,
		       const struct seen_mail *mails, size_t n_mails, size_t *n);
/* Does that line hold that document (its number in the dossier, from 1)? It is the document; or a message that brought it; or a copy of the dossier
 * that was made after it came, for somebody from whom it is not hidden. In doubt it does: taken back since, it was in the copy. */
bool seen_holds(const struct dossier *dossier, const struct seen *seen, size_t document);
/* "words", "document", "report", "message", "copy". */
const char *seen_what_name(enum seen_what what);

#endif
