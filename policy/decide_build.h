/* policy/decide_build.h - a decision while it is being made. For the decide files only.
 *
 * Every event passes the gate on a copy of the dossier as it is added; every mail passes consent; every text for
 * anyone but the patient is cleared of the patient's matricule, and so of his address. One refused step voids
 * the whole: a decision is made entirely or not at all.
 *
 * Fields of the mails (a template may use those of its code and no others; a field without a text is empty):
 *   M01  pathology, missing
 *   M02  count, missing (one line each)               M02B expert, question   M05 why
 *   M03  count, missing, close_date   M04  pieces (each with why)   M05  document_name
 *   M06  due        M07  expert, due                  M08  due                      M09  due (promised), new_date, why
 *   M10  pathology, due, due_day, due_hour, age, sex, questions, first_question, exam_count, exams, hospitals, offer_until, decision_date
 *   M11  due, due_day, offer_until   M12  due
 *   M13  family_name, given_name, birth_date, age, sex, pathology, due, questions, answers, exam_count, exams, waived, heavy, part, form
 *   M13B family_name, given_name, birth_date, due, exams, part     M13C the same, answer
 *   M14  due, time_left (in days)
 *   M15  due, missing, form (what is asked back) or form_whole (all of it again); neither where only the signature is missing
 *   M16  released
 *   M17  month, opinions_count, amount, lines_list (by reference)          M18  why
 *   M19  call_at    M20  -                            M22  released
 *   M21  expert, summary, shared_with, replaced
 *   M30  question   M31  expert, answer
 *   M33  -          M34  time_left, exchange_until    M35, M36, M37  -
 *   M40  questions  M41  erased_at, kept_list         M42  why, places_list         M43  why
 *   M44  missing    M45  new_date
 *   M50  representative_name                          M51  representative_name, object_until
 *   M52  representative_name
 *   M60  physician_name                               M61  physician_name, exam_count, missing, due (only when it is complete)
 *   M62  physician_name, document_name, sentence, hint   M63  physician_name, question, due
 *   M64  physician, family_name, given_name, birth_date, expert, summary, replaced
 *   M70  pieces     M71  code, sentence
 *   M73  family_name, given_name, birth_date, due, changes_list (each document: replaced or deleted), part, opinion_at
 *   M80  today, tasks_count, urgent_list, tasks_list  M81  since
 *   M82, M83, M84  due, expert, standby_name, done_list
 *   M85  recipient (the party in words), sentence, hint, done_list, next_step
 *   M90-M94, M96, M98  sentence, since, harm, done_list, todo_list, told; M96 also deadline, seen_list
 *   M95  today, figures_list, done_list               M97  actor, since, why, until_at
 *   M99  month, contract, figures_list                M100 received_at
 * How each is worded: gateway/template.h. A name that is not one of the templates' is renamed in gateway/work_mail.c.
 * All of a dossier also have: reference (empty for a dossier that has none yet: the shell gives it). */
#ifndef RELAIS_POLICY_DECIDE_BUILD_H
#define RELAIS_POLICY_DECIDE_BUILD_H

#include "policy/decide.h"

struct build {
	struct arena *arena;
	const struct policy_rules *rules;
	const struct policy_message *message;   /* NULL for a command or a timer */
	struct instant now;
	struct bytes actor;
	const char *rule;
	const struct dossier *before;
	struct dossier *after;                  /* the copy that events are applied to */
	struct dossier_event *events;
	size_t n_events, room_events;
	struct policy_mail *mails;
	size_t n_mails, room_mails;
	struct policy_field *fields;            /* of the last mail */
	size_t n_fields, room_fields;
	bool mail_open;                         /* the last mail was allowed: fields go to it */
	bool creates;
	const struct study_answers *study;      /* policy_decision's */
	int proof;                              /* policy_decision's */
	bool limited;
	bool unwritten;                         /* somebody who may have a mail has no mailbox that it may go to */
	enum policy_outcome outcome;
	enum reason reason;
	const char *owner;
};

struct build build_begin(struct arena *arena, const struct policy_rules *rules, const struct policy_message *message,
			 struct instant now);
/* The actor of its events is an operator: "operator:NAME". */
void build_operator(struct build *b, struct bytes name);
/* The dossier that the decision is about; NULL begins a new one. */
void build_dossier(struct build *b, const struct dossier *dossier);

/* Adds an event; kind and data are the caller's, the rest is filled in. Without a message its inbox is the caller's, too. */
MUST_USE enum reason build_event(struct build *b, struct dossier_event event);
/* The same for an event without data, and for one with a text. */
MUST_USE enum reason build_plain(struct build *b, enum dossier_event_kind kind);
MUST_USE enum reason build_text(struct build *b, enum dossier_event_kind kind, struct bytes id, struct bytes text);

/* Adds a mail to a party of the dossier, if consent, a way to him and the directory allow; false when not, and fields are then dropped. Who is
 * reached by letter has it on paper; whom no mail reaches, or a freeze alone keeps it from, is a nurse's to tell (EVENT_MAIL_FAILED, with
 * CHANNEL_PERSON or DOSSIER_FROZEN). A mail to the patient goes to
 * those who act for him too, each in an envelope of his own: the one place where such copies are made (decide_people.c). */
bool build_mail(struct build *b, enum mail_code code, enum party party, enum policy_attach attach);
/* The same for the mail that is a representative's own (M50, M51). */
bool build_mail_representative(struct build *b, enum mail_code code, const struct dossier_representative *representative);
/* How somebody is reached now: a mailbox, the print station, a person's voice or hand, or not at all. */
struct build_way {
	enum channel channel;        /* MAIL, PAPER; TELEPHONE: a person tells him, whatever the way */
	struct bytes to, address;
	bool none;                   /* he has no mailbox that mail may go to */
};
struct build_way build_way(const struct build *b, enum party party);
/* Copies of the mail to the patient that was last finished, for those who act for him. */
void build_copies(struct build *b);
/* Begins a mail: fields go to it. */
void build_open(struct build *b, struct policy_mail mail);
/* Adds a mail that is whole, its fields with it. */
void build_append(struct build *b, struct policy_mail mail);
/* What a text may not tell this party is masked. */
struct bytes build_cleared(struct build *b, enum party party, struct bytes text);
/* Would somebody who acts for the patient have a copy of that mail? */
bool build_has_copies(const struct build *b, enum mail_code code);
/* No mail can tell him: a person does, and it is kept as a mail that failed until she has. */
void build_person(struct build *b, enum mail_code code, enum party party);
/* Whether the directory lets mail go to that party's mailbox: NONE, DIRECTORY_UNKNOWN, DIRECTORY_ENDED (decide_directory.c). NONE for who
 * is no professional. */
MUST_USE enum reason build_mailbox(const struct build *b, enum party party);
/* M70 to the incoming message's sender, in the forms that policy/receipt chooses. */
void build_received(struct build *b);
/* The report of delivery, where one was asked for and nothing was refused: the last step of every message. */
void build_delivered(struct build *b);
void build_field(struct build *b, const char *name, struct bytes text);
void build_field_text(struct build *b, const char *name, const char *text);

/* Ends. done keeps what was added; hold, refuse and settle drop events and mails added so far. */
void build_done(struct build *b, enum policy_outcome outcome, enum reason reason, const char *owner);
void build_hold(struct build *b, enum reason reason);
void build_refuse(struct build *b, enum reason reason);
/* Nothing is done: what was added so far is dropped. */
void build_ignore(struct build *b, enum reason reason);
/* Held or refused as the reason's class says. */
void build_settle(struct build *b, enum reason reason);
/* M71 with the reason's sentence, in the forms that policy/receipt chooses. A refusal that its sender may not be told of
 * becomes a held message. */
void build_notice(struct build *b, enum reason reason);
void build_end(struct build *b, struct policy_decision *out);

bool build_english(const struct build *b);

#endif
