/* policy/simulate.h - the service played ahead: the policy's own decisions over a population, on a clock that jumps from one thing that
 * happens to the next. Pure: nothing but its values and the seed.
 *
 *  1. What people do is drawn for each dossier and each matter by itself: other rules or another pool of experts change what comes of it,
 *     never who would have done what. Two runs can be compared dossier by dossier.
 *  2. Every decision is policy_decide_message, _command, _timer or _outcome; nothing is decided here.
 *  3. The same population gives the same result, to the last microsecond. */
#ifndef RELAIS_POLICY_SIMULATE_H
#define RELAIS_POLICY_SIMULATE_H

#include "policy/decide.h"

/* How long something takes: one in ten is quicker than p10, half slower than p50, one in ten slower than p90; straight lines between, and
 * nobody is slower than p90 and half as much again. */
struct simulate_delay {
	struct span p10, p50, p90;
};

enum { SIMULATE_WHOLE = 1000 };   /* shares are counted in thousandths */

struct simulate_pathology {
	const struct pathology *rule;
	unsigned weight;             /* of the requests, against the others' */
};

struct simulate_expert {
	struct expert rule;          /* load, asked, week and offered_at are counted by the run */
	unsigned accepts, silent, unclear, incomplete, more;   /* of offers; of answers; of opinions; asks for more before he answers */
	struct simulate_delay answer, opinion;
};

struct simulate_patients {
	unsigned complete;           /* all pieces with the request */
	unsigned never;              /* of the others: what is missing never comes */
	unsigned without_mailbox;    /* nothing can be delivered to them by mail */
	unsigned bounces;            /* of single mails to the others */
	unsigned reads, asks;        /* open the report; ask a question then */
	struct simulate_delay pieces, read, ask;
};

/* In the nurses' working hours. */
struct simulate_nurses {
	struct simulate_delay triage, check, other;
};

/* A day on which more requests come than otherwise. */
struct simulate_burst {
	unsigned day, requests;
};

/* One dossier of the past, as it was: what is not told (negative) is drawn. */
struct simulate_past {
	struct instant at;           /* its request */
	size_t pathology;            /* in the population */
	struct span pieces;          /* from the request to the last piece; 0: all came with it */
	bool never;                  /* they never came */
	struct span triage, answer, opinion, check, read;   /* each from what it waits for */
	bool mailbox;                /* something reached the patient */
};

struct simulate_population {
	uint64_t seed;
	struct instant from;         /* midnight of the first day, or near it */
	unsigned days, tail;         /* requests come for so many days; the run goes on for so many more */
	unsigned per_day, weekend;   /* requests on a working day; share of that on any other */
	const struct simulate_burst *bursts;
	size_t n_bursts;
	const struct simulate_pathology *pathologies;
	size_t n_pathologies;
	const struct simulate_expert *experts;
	size_t n_experts;
	struct simulate_patients patients;
	struct simulate_nurses nurses;
	const struct simulate_past *past;   /* in the place of made-up requests; in order of at */
	size_t n_past;
	struct policy_rules rules;   /* gates, language, settings; pathologies, experts, senders and recipients are filled in by the run */
};

/* Times in order: n of them. */
struct simulate_figure {
	size_t n;
	struct span mean, median, p90, most;
};

struct simulate_pathology_result {
	struct bytes code;
	size_t requests, complete, experts, accepted, no_expert, kept, missed;   /* no_expert: dossiers that ever stood without one */
	struct simulate_figure acceptance;    /* from T0 to an expert's yes */
	bool lacks;                           /* its dossiers stand without an expert, or wait a day and more for a yes: experts are lacking */
};

struct simulate_expert_result {
	struct bytes rpps, name;
	size_t offers, accepted, declined, silent, opinions;
};

struct simulate_result {
	size_t requests, complete, released, delivered;   /* complete: T0; delivered: the report arrived, or the letter was posted */
	size_t kept, kept_net, missed, missed_net, undecided;   /* of the complete: in seven days, with and without pauses; undecided: the run ended before */
	size_t ends[DOSSIER_STATES];                      /* where each stands at the end */
	struct simulate_figure promise, promise_net, request, acceptance;   /* from T0, gross and net; from the request; from T0 to a yes */
	struct simulate_figure states[DOSSIER_STATES];    /* time that a dossier which passed there spent there, all its stays together */
	size_t mails[MAIL_CODES], reminders;              /* reminders: mails that remind somebody of what he was asked */
	size_t acts, decisions, events;                   /* acts: of nurses */
	const struct simulate_pathology_result *pathologies;
	size_t n_pathologies;
	const struct simulate_expert_result *experts;
	size_t n_experts;
};

/* Bounds of a population: what is beyond is refused by simulate_check. */
#define SIMULATE_DAYS_MOST 366u
#define SIMULATE_REQUESTS_MOST 100000u
#define SIMULATE_EXPERTS_MOST 5000u
#define SIMULATE_PATHOLOGIES_MOST 200u

/* What cannot be played: NULL when it can. A sentence in English. */
const char *simulate_check(const struct simulate_population *population);

/* *out is in the arena. The population passed simulate_check. */
void simulate_run(struct arena *arena, const struct simulate_population *population, struct simulate_result *out);

/* A population that says something by itself: six pathologies, ninety-three experts, twenty requests a working day for four weeks. */
struct simulate_population simulate_default(struct arena *arena);
/* What experts, patients and nurses do when nothing is told of them. */
struct simulate_expert simulate_expert_default(void);
/* A pathology made up for a run: so many mandatory exams, one answer, one question. */
const struct pathology *simulate_pathology_make(struct arena *arena, struct bytes code, struct bytes title, unsigned exams);
/* Experts made up for a run, numbered from first: each in a structure of his own. */
void simulate_experts_make(struct arena *arena, struct simulate_expert *out, size_t n, size_t first, struct policy_texts pathologies, unsigned capacity,
			   const struct simulate_expert *like);

#endif
