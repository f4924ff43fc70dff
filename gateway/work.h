/* gateway/work.h - what the worker's files share. Each step is one transaction: it reads a row, decides, and writes its
 * result and the next step's rows.
 *
 * Invariants:
 *  1. whatever a step writes is committed at once or not at all;
 *  2. a claim was committed, and counted, before the work on it began (inbox and outbox);
 *  3. a dossier is changed only while its row is locked, through work_apply;
 *  4. its row is locked before those of its mails, so that two steps never wait for one another. */
#ifndef RELAIS_GATEWAY_WORK_H
#define RELAIS_GATEWAY_WORK_H

#include <jansson.h>

#include "base/buf.h"
#include "gateway/config.h"
#include "gateway/oneshot.h"
#include "gateway/opener_client.h"
#include "gateway/store.h"
#include "policy/decide.h"

/* Somebody whom a worker asks, as this one sees him (work_away.h). */
struct work_away {
	bool told;                   /* the alarm was raised, or cleared, since the start */
	bool away;                   /* what was seen last */
	int64_t again;               /* while away: not asked before (CLOCK_MONOTONIC, ms) */
};

struct work_facts;

struct work {
	const struct config *config;
	struct store *store;
	int64_t session;
	struct oneshot *verify, *inspect, *compose, *shield;
	struct oneshot *antivirus;   /* NULL: none is configured */
	struct work_away antivirus_seen;
	bool last_try;               /* of the item in hand, with a scanner that falls silent over it */
	struct opener_client *opener; /* NULL: encrypted mail cannot be opened */
	struct work_away opener_seen;
	int64_t composing;           /* the mail that is composed now from bodies of its dossier; 0 = none */
	struct arena *arena;         /* of the item in hand */
	json_t *kept;                /* JSON whose texts the item's values are views on; emptied with the arena */
	struct deadline_settings settings;   /* of the item in hand, once they were asked for */
	bool settings_known;
	struct instant now;          /* of the dossiers' life, when the item was decided; 0 before work_transaction */
	struct span ahead;           /* of the real clock: 0 but in a rehearsal */
	bool rehearsal;
};

/* One inbox row. */
struct work_inbox {
	int64_t id, body, tries;
	struct bytes digest;         /* SHA-256 of the raw message, 32 bytes */
	enum policy_source source;
	struct bytes account;        /* of a submission */
	struct bytes peer_name, mail_from;
	struct bytes mailbox;        /* imap: its name in the configuration */
	struct bytes *recipients;
	size_t n_recipients;
	struct instant received;
	json_t *params;              /* the envelope's parameters (receiver_mail.h); NULL for mail that was fetched; kept with the item */
};

/* Begins and ends an item: a fresh arena (work.c). */
void work_begin(struct work *work);
void work_end(struct work *work);
/* Begins the transaction of what is decided, and reads the clock once: the database's, one for all workers. */
MUST_USE enum reason work_transaction(struct work *work);
/* Now by the real clock: for what is written about mail under way, and its Date. */
struct instant work_real(const struct work *work);
/* An instant of the real clock as the dossiers live it: what comes from outside keeps its distance to now. */
struct instant work_lived(const struct work *work, struct instant at);

/* --- steps; each gives true when there was something to do ----------------- */
bool work_messages(struct work *work);   /* a batch of inbox rows */
bool work_composes(struct work *work);   /* one outbox row to compose */
bool work_outcomes(struct work *work);   /* one mail that ended, or is late, and whose dossier does not know */
bool work_timers(struct work *work);     /* one dossier with a timer due */
bool work_commands(struct work *work);   /* one act asked by an operator */
bool work_directory(struct work *work);  /* one dossier that a change of the directory touched (work_directory.c) */

/* A mail decided before this, by the real clock, and not gone is late. */
struct instant work_late(const struct work *work);
/* "2/3" of a mail's field "part": 2, and 3 in *parts (which may be NULL); 0 and 0 for any other text. */
int work_part(struct bytes text, size_t *parts);

/* Before the transaction of a command about a held message: what it says. NOT_FOUND: none is held under that number. A scanner that says nothing about
 * it is not waited for again: a person asks. */
MUST_USE enum reason work_held_read(struct work *work, int64_t inbox, struct work_facts *facts);
/* A held message by a person's word, inside the transaction of her command (work_message.c): "attach", filed to the dossier that she chose; "return",
 * given back to its sender; "decline", a request for content that is refused (M100; the officer is told). */
MUST_USE enum reason work_held(struct work *work, const struct work_facts *facts, int64_t inbox, int64_t dossier, struct bytes kind, struct bytes actor, const char *effect,
			       struct policy_decision *decision);

/* --- reading (work_read.c) -------------------------------------------------- */

/* What verify and inspect said of one message. Borrowed from json, which lives in the work's item. */
struct work_facts {
	json_t *verified, *facts;    /* either may be NULL: not read */
	json_t *antivirus;           /* work_antivirus.h; NULL: none was asked */
	enum reason failed;          /* a reader was killed, took too long, or could not be reached */
	struct bytes payload;        /* what inspect was given: raw, or head and opaque content */
	struct bytes head, range;    /* [offset, length] as JSON texts are rebuilt from these views into payload */
};
/* IO and STORE reasons: try again later. All else is in out->failed. */
MUST_USE enum reason work_read(struct work *work, int64_t body, const char *mail_from, struct work_facts *out);
void work_facts_free(struct work_facts *facts);
/* Inside the transaction that writes the verdict: what it rests on and is not kept yet is asked of relais-verify and stored.
 * SIG_MATERIAL: it has been given other lists meanwhile: the message is to be read again. */
MUST_USE enum reason work_keep_material(struct work *work, const struct work_facts *facts);

/* A file that inspect took out of a message. */
struct work_file {
	struct bytes name, media, content;
	json_t *facts;               /* its description, borrowed */
};
/* The documents of a message of ours, read again in the jail. *list (owned by the caller) keeps the facts alive. */
MUST_USE enum reason work_extract(struct work *work, int64_t body, struct work_file **out, size_t *n, json_t **list);
/* The same of a message in memory, that of this body when it came in, 0 of one of our own: of work, config, arena, the opener and the two readers are used alone. */
MUST_USE enum reason work_extract_raw(struct work *work, int64_t body, struct bytes raw, struct work_file **out, size_t *n, json_t **list);

/* A document as it may be handed on (gateway/inspect_normalise.h): each is read in a child of its own, so that one that ends its reader
 * spoils nothing else. Views into the work's item. */
struct work_normal {
	struct bytes text, file, media;   /* empty when there is none */
	size_t pages, left;
	enum reason reason;          /* why there is no file; MAIL_UNREADABLE or MAIL_TIME when its reader did not end well */
};
/* IO and STORE reasons: try again later. All else is in out->reason. */
MUST_USE enum reason work_normalise(struct work *work, struct bytes content, struct work_normal *out);

/* Our own trouble, that says little about the message or the mail: it waits, and the try does not count, for a day. A key that the keeper does not have
 * may be put back; if nobody does, a person must hear of the message. */
bool work_is_ours(enum reason reason);
/* Somebody whom we ask is away, or the database is full: no message can bring that about. It waits for as long as it lasts. */
bool work_is_away(enum reason reason);
/* Is this the end of a mail that could not be composed at that try (1 is the first)? A fault of ours must be seen twice: a moment without memory in the
 * jail may look like any. At once what has a virus and no dossier: nothing of ours has files then. Anything else at LIMIT_TRIES. */
bool work_is_over(enum reason reason, int64_t tries);

/* --- what goes along with a mail (work_parcel.c) ------------------------------ */

/* The bytes of all attachments, one behind the other, and what is asked of compose with them. */
struct work_parcel {
	struct buf payload;
	json_t *list;                /* attachments of the request */
	json_t *codes;               /* CDA types, for X-MSS-CODECDA */
	json_t *sheets;              /* documents of the dossier's PDF; NULL: none is made */
	json_t *annexes;             /* lines about an opinion's annexes, for its report */
	size_t normal;               /* bytes of payload that are not originals */
};
struct work_parcel work_parcel_make(bool dossier);
void work_parcel_free(struct work_parcel *parcel);
/* A file of a message as it came; facts (may be NULL) describe it. Its sheet too, where there is a list of these. */
MUST_USE enum reason work_parcel_add(struct work *work, struct work_parcel *parcel, const struct work_file *file, const json_t *facts);
/* Its sheet alone: the file goes in another mail of the dossier. */
MUST_USE enum reason work_parcel_tell(struct work *work, struct work_parcel *parcel, const struct work_file *file, const json_t *facts);
/* A file that patient and expert send one another: normalised where it can be, so that it tells no place and no machine; else as it is. */
MUST_USE enum reason work_parcel_exchange(struct work *work, struct work_parcel *parcel, const struct work_file *file);
/* An annex of an opinion, normalised. It could be when the opinion came: MAIL_UNREADABLE when it can not any more. */
MUST_USE enum reason work_parcel_annex(struct work *work, struct work_parcel *parcel, const struct work_file *file);

/* The policy's view of a message (work_facts.c). */
void work_message_view(struct work *work, const struct work_inbox *inbox, const struct work_facts *facts, struct policy_message *out);

/* --- dossiers and rules (work_dossier.c) ------------------------------------ */

/* Locks and folds; NULL and a reason when it cannot be read. work->now is not before the dossier's last event from then on. */
MUST_USE enum reason work_load(struct work *work, int64_t dossier, struct dossier **out);
/* The rules that one decision can need: the organisations of a domain, the pathology, its experts and those whom the dossier names (and that
 * one), how the parties of a dossier want their mail. Empty views and NULL for what is not needed. */
MUST_USE enum reason work_rules(struct work *work, struct bytes from_domain, struct bytes pathology, const struct dossier *dossier,
				struct bytes expert, struct policy_rules *out);

/* The operator's settings of spans and windows, read once an item into work->settings. */
MUST_USE enum reason work_settings(struct work *work);

/* What the directory says of the dossier's professionals (NULL: whether it is used at all), and of the mailbox that is told now (empty: none); physicians known by their RPPS are
 * looked up, where that is configured (work_directory.c). */
MUST_USE enum reason work_directory_facts(struct work *work, const struct dossier *dossier, struct bytes told, const struct directory **out);

/* --- writing (work_apply.c) -------------------------------------------------- */

struct work_cause {
	int64_t inbox;               /* 0: no message */
	int64_t outbox;              /* of an outcome, kept in the event */
	struct bytes message_id;     /* of the message, for In-Reply-To */
	const struct policy_message *message;   /* with head, for a report on it; NULL without a message */
	const json_t *head;          /* the facts' "mail" */
	const char *effect;          /* begins the name of each mail's effect: "i12", "c7", "o31", "t4" */
};
/* Appends the events, files the documents, queues the mails, refreshes the fold. *dossier is the dossier it concerns, 0 for none;
 * *notices counts mails that stand behind no event. */
MUST_USE enum reason work_apply(struct work *work, const struct policy_decision *decision, const struct work_cause *cause, int64_t *dossier,
				int *notices);

/* What compose will be asked for, without message_id (work_mail.c). attach: {"kind", "inbox", "documents": [{"inbox", "digest"}…], "elsewhere"?: [{"inbox", "digest"}…]};
 * elsewhere: the dossier's documents that its PDF tells of and this mail does not carry; inbox: of kind "report" the opinion's message;
 * documents, of kind "dossier" alone: what the decision gives to the expert, and nothing that is filed beside it or later. */
MUST_USE enum reason work_mail(struct work *work, const struct policy_mail *mail, const struct dossier *dossier, int64_t dossier_id,
			       const struct work_cause *cause, json_t **request, json_t **attach);

/* The key "notice" of what compose is asked for, and the subject where it has one of its own (work_notice.c). */
void work_notice(struct work *work, const struct policy_mail *mail, const struct work_cause *cause, json_t *request);
/* What the sender's server asked for, into the policy's view (work_notice.c). */
void work_envelope(struct work *work, const struct work_inbox *inbox, struct policy_message *out);

#endif
