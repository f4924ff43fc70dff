/* policy/worklist.h - what a person has to do about a dossier: a function of its fold, so that no task can be lost or left behind.
 *
 *  1. A state that waits for a person is a task from its first second; an alert that has fired is one as long as what it warned of is so.
 *  2. A task ends by what is done in the dossier (an act, a call that is recorded, a mail that arrives), never by being ticked off.
 *  3. No task tells anything clinical: what, since when, what to do. */
#ifndef RELAIS_POLICY_WORKLIST_H
#define RELAIS_POLICY_WORKLIST_H

#include "policy/deadline.h"

/* In the order in which they are done: harm to a patient, the promise, the mail, the rest (product 4.9). */
enum work_rank { WORK_HARM, WORK_PROMISE, WORK_MAIL, WORK_COMFORT };

struct work_task {
	const char *name;                 /* "triage", "urgent_call", "day_5" */
	struct instant since;
	struct instant due;               /* when it becomes late; 0 when no time is set for it */
	bool late;                        /* its alert has fired */
	unsigned owners;                  /* set of enum deadline_alert */
	enum work_rank rank;
};

enum { WORK_TASKS = 80 };

/* The tasks of a dossier in its state, most pressing first; returns how many (at most WORK_TASKS). settings may be NULL. */
size_t worklist(const struct deadline_settings *settings, const struct dossier *dossier, struct work_task out[WORK_TASKS]);

/* What it is and what to do, in words; language "fr" or "en". Empty for a name that is none. */
const char *worklist_what(struct bytes name, const char *language);
const char *worklist_do(struct bytes name, const char *language);

/* Is a mail of that code that failed a task? The patient's report is not (its dossier becomes undeliverable), nor what went to an expert whose turn is over. */
bool worklist_is_failure(const struct dossier *dossier, enum mail_code code, enum party party, struct bytes mailbox);

/* The order of the morning digest (product 2.7): urgent triage, doubts about who it is, missing pieces that were answered, the promise
 * (days 5 to 7, the expert, the opinion), unread reports, returned letters, the rest. */
enum work_place { WORK_PLACE_URGENT, WORK_PLACE_IDENTITY, WORK_PLACE_PIECES, WORK_PLACE_PROMISE, WORK_PLACE_UNREAD, WORK_PLACE_LETTERS, WORK_PLACE_REST };
enum work_place worklist_place(struct bytes name, enum work_rank rank);

#endif
