/* policy/deadline.h - what is due next in a dossier, from its fold alone: one table (deadline_table.c), a row for every timer.
 *
 *  1. A row runs while the dossier is in one of its states, its condition holds and what it counts from has happened.
 *  2. Its firing leaves EVENT_DEADLINE_PASSED with its name. It does not fire again before what it counts from has happened anew, or its
 *     pause for repeats has passed: after a restart or a restore nothing is done twice.
 *  3. While a dossier stands still (frozen, or its patient died) only rows that say so run; while it is paused those do not that count with the promise. */
#ifndef RELAIS_POLICY_DEADLINE_H
#define RELAIS_POLICY_DEADLINE_H

#include "base/calendar.h"
#include "policy/dossier.h"
#include "policy/retention.h"

enum deadline_kind {
	DEADLINE_NONE,
	DEADLINE_REQUEST_WAITS,
	DEADLINE_IDENTITY_WAITS,
	DEADLINE_IDENTITY_CALL,
	DEADLINE_PIECES_FIRST,
	DEADLINE_PIECES_SECOND,
	DEADLINE_PIECES_CALL,
	DEADLINE_PIECES_THIRD,
	DEADLINE_PIECES_FOURTH,
	DEADLINE_PIECES_EXPIRE,
	DEADLINE_TRIAGE_WAITS,
	DEADLINE_OFFER_WAITS,
	DEADLINE_OFFER_REMINDER,
	DEADLINE_OFFER_SILENCE,
	DEADLINE_UNACCEPTED,
	DEADLINE_NO_EXPERT_MANAGER,
	DEADLINE_NO_EXPERT_PATIENT,
	DEADLINE_PARTS_LATE,
	DEADLINE_ADDENDUM,
	DEADLINE_DAY_3,
	DEADLINE_DAY_5,
	DEADLINE_DAY_6,
	DEADLINE_DUE_SOON,
	DEADLINE_OVERDUE,
	DEADLINE_OVERDUE_PATIENT,
	DEADLINE_MORE_FIRST,
	DEADLINE_MORE_SECOND,
	DEADLINE_MORE_DECIDE,
	DEADLINE_PAUSE_WAITS,
	DEADLINE_OPINION_WAITS,
	DEADLINE_RELEASE_WAITS,
	DEADLINE_HOLD_PATIENT,
	DEADLINE_HOLD_ENDS,
	DEADLINE_HOLD_OVER,
	DEADLINE_REPORT_WARN,
	DEADLINE_REPORT_LATE,
	DEADLINE_REPORT_FALLBACK,
	DEADLINE_SHARE_LATE,
	DEADLINE_SHARE_PAPER,
	DEADLINE_SHARE_DUE,
	DEADLINE_UNREAD_NOTICE,
	DEADLINE_UNREAD_CALL,
	DEADLINE_UNREAD_LETTER,
	DEADLINE_UNDELIVERABLE_WAITS,
	DEADLINE_QUESTION_WAITS,
	DEADLINE_QUESTION_LATE,
	DEADLINE_EXCHANGE_SOON,
	DEADLINE_EXCHANGE_END,
	DEADLINE_SIX_MONTHS,
	DEADLINE_ARCHIVE,
	DEADLINE_RETENTION,
	DEADLINE_RETENTION_SHORT,
	DEADLINE_REDIRECT_CALL,
	DEADLINE_URGENT_CALL,
	DEADLINE_ENDED_UNTOLD,
	DEADLINE_DEATH_WAITS,
	DEADLINE_COMPLAINT_WAITS,
	DEADLINE_ERASURE_WAITS,
	DEADLINE_FROZEN_WAITS,
	DEADLINE_BREACH_CLOCK,
	DEADLINE_REPRESENTATIVE_END,
	DEADLINE_REPRESENTATIVE_TOLD,
	DEADLINE_LETTER_WAITS,
	DEADLINE_QUARANTINE_OWNER,     /* of held messages, which are no dossiers: deadline_after() */
	DEADLINE_QUARANTINE_MANAGER,
	DEADLINES
};

/* Days keep the civil time of France; working days and hours are those of France and of the nurses' window. */
enum deadline_unit { UNIT_MINUTES, UNIT_HOURS, UNIT_DAYS, UNIT_WORKING_HOURS, UNIT_WORKING_DAYS, DEADLINE_UNITS };

struct deadline_span {
	int count;
	enum deadline_unit unit;
};

/* Which hours a firing waits for. ASKED: of whom the expert's question went to, patient or physician. BEFORE: a late alert, on the last
 * working day before when it would fall on a week-end or holiday. */
enum deadline_hours { HOURS_ANY, HOURS_PATIENT, HOURS_PROFESSIONAL, HOURS_ASKED, HOURS_BEFORE };

enum deadline_alert { ALERT_NURSES = 1, ALERT_MANAGER = 2, ALERT_OPERATOR = 4, ALERT_OFFICER = 8 };

/* What a firing does besides its mail and its alerts (decide_timer.c). */
enum deadline_act {
	ACT_NONE,
	ACT_REMIND,          /* notes that the offer was reminded */
	ACT_NEXT_EXPERT,     /* the offer expires, the next is asked */
	ACT_EXPIRE,          /* what was missing never came */
	ACT_STANDBY_CHOOSE,  /* a stand-by expert is found, and not asked yet */
	ACT_STANDBY_OFFER,   /* he is asked while the first still holds the dossier */
	ACT_FALL_BACK,       /* the report reached nobody: another way */
	ACT_CLOSE,
	ACT_ARCHIVE,
	ACT_END_REPRESENTATIVES,   /* whose dates have passed act no more */
	ACT_ADDENDUM         /* what came since goes to the expert; leaves the event itself */
};

/* What a row counts from. */
struct deadline_run {
	struct instant start;   /* one firing for each: what has happened anew has another */
	struct instant base;    /* the span is counted from it, or back from it */
	bool paused;            /* base has moved with the pauses already */
};

struct deadline_row {
	const char *name;
	const char *fr, *en;         /* what is said in a work list or a history */
	uint64_t states;             /* set of dossier_state */
	bool (*from)(const struct dossier *dossier, struct deadline_run *run);   /* false: it has not happened */
	struct deadline_span span;   /* the default */
	bool back;                   /* it is counted back from an end */
	enum deadline_hours hours;
	bool promise;                /* stands still with the promise */
	bool always;                 /* runs in a dossier that stands still, too */
	bool (*holds)(const struct dossier *dossier);   /* NULL: always */
	struct deadline_span again;  /* it repeats after so long; count 0: once */
	unsigned alerts;             /* set of deadline_alert */
	enum mail_code mail;         /* NONE: no mail */
	enum party party;
	enum deadline_act act;
	const char *source;          /* where the span comes from; (A): an assumption */
};

const struct deadline_row *deadline_row(enum deadline_kind kind);
const char *deadline_name(enum deadline_kind kind);   /* "offer_reminder", "day_5"; "none" */
enum deadline_kind deadline_of_name(struct bytes name);

/* --- the operator's settings --- */

enum deadline_window { WINDOW_PATIENTS, WINDOW_PROFESSIONALS, WINDOW_NURSES, DEADLINE_WINDOWS };

struct deadline_settings {
	struct {
		bool told;
		struct deadline_span span;
	} spans[DEADLINES];
	struct {
		bool told;
		struct calendar_window window;
	} windows[DEADLINE_WINDOWS];
	int versions[DEADLINES];     /* of what was told: an event names it */
	struct {
		bool told;
		unsigned cents;
	} fee;                       /* of an opinion, "fee.cents": policy/fee.h */
	struct retention_settings retention;   /* "retention.opinion"…: policy/retention.h */
};

/* Sets one: a deadline by its name to "12 h", "fee.cents" to "12000", or "window.patients", "window.professionals", "window.nurses" to "9:00-20:00"; "default" takes it back.
 * A period of policy/retention.h by its name to "20 y".
 * Units: min, h, d (days), wh, wd (working hours and days). NOT_FOUND: no such name; USAGE: no such value, or out of bounds
 * (1 to 36500 of a unit, 5000 working ones; windows of at least an hour). On a reason *settings is untouched. */
MUST_USE enum reason deadline_settings_set(struct deadline_settings *settings, struct bytes name, struct bytes value, int version);
/* "12 h", "9:00-20:00" in the arena. settings may be NULL: the defaults. */
const char *deadline_span_text(struct arena *arena, const struct deadline_settings *settings, enum deadline_kind kind);
const char *deadline_window_text(struct arena *arena, const struct deadline_settings *settings, enum deadline_window window);
const char *deadline_window_name(enum deadline_window window);   /* "window.patients"… */
struct calendar_window deadline_window_of(const struct deadline_settings *settings, enum deadline_window window);

/* --- what is due --- */

struct deadline {
	enum deadline_kind kind;
	struct instant at;
};

/* Every deadline that runs, earliest first; returns how many (at most DEADLINES). The first is the timer of the store. settings may be NULL. */
size_t deadline_list(const struct deadline_settings *settings, const struct dossier *dossier, struct deadline out[DEADLINES]);
/* One of them; false when it does not run. */
MUST_USE bool deadline_next(const struct deadline_settings *settings, const struct dossier *dossier, enum deadline_kind kind, struct instant *at);
/* What that row watches is so now (a pause changes nothing in that): *since when, and whether it has fired. False: it is not. */
MUST_USE bool deadline_stands(const struct dossier *dossier, enum deadline_kind kind, struct instant *since, bool *fired);
/* So long after an instant, whatever it is of. */
struct instant deadline_after(const struct deadline_settings *settings, enum deadline_kind kind, struct instant from);
/* Whom a firing of that row alerts now: the row's, and the operator where mail is the cause. */
unsigned deadline_alerts(const struct dossier *dossier, enum deadline_kind kind);

/* Where the patient is: the answer patient.place, a département or a postcode; France when it is none. */
enum calendar_place deadline_place(const struct dossier *dossier);
/* When the exchange of fifteen days began: the first proven reading or question about the last version, else ten days after its release. */
MUST_USE bool deadline_exchange_from(const struct dossier *dossier, struct instant *out);

#endif
