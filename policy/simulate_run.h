/* policy/simulate_run.h - what the files of the simulation share. */
#ifndef RELAIS_POLICY_SIMULATE_RUN_H
#define RELAIS_POLICY_SIMULATE_RUN_H

#include "base/calendar.h"
#include "policy/simulate_draw.h"

enum simulate_kind { ITEM_ARRIVE, ITEM_PIECES, ITEM_NURSE, ITEM_OFFER, ITEM_MORE, ITEM_MORE_ANSWERED, ITEM_OPINION, ITEM_OUTCOME, ITEM_READ, ITEM_ASK, ITEM_ANSWER, ITEM_TIMER };

/* Something that will happen. */
struct simulate_item {
	struct instant at;
	uint64_t order;              /* of two at one instant the one that was planned first */
	uint32_t dossier;
	enum simulate_kind kind;
	uint32_t stay;               /* NURSE: of the state that it was planned in */
	size_t offer;                /* OFFER, MORE, OPINION: of that offer */
	bool again;                  /* OFFER: after an unclear answer; OPINION: completed */
	const struct policy_delivery *mail;   /* OUTCOME */
};

/* A heap: the earliest first. */
struct simulate_queue {
	struct arena *arena;
	struct simulate_item *items;
	size_t n, room;
	uint64_t order;
};
void simulate_push(struct simulate_queue *queue, struct simulate_item item);
/* False: nothing is left. */
MUST_USE bool simulate_pop(struct simulate_queue *queue, struct simulate_item *out);

/* What the people around one dossier will do. Spans below zero: drawn when it comes to that. */
struct simulate_plan {
	struct instant at;
	size_t pathology;
	size_t missing;              /* mandatory exams that do not come with the request, the last ones of its pathology */
	bool never, mailbox, told;   /* told: of the past; then the spans below are as they were where they are not negative */
	struct span pieces, triage, answer, opinion, check, read;
};

struct simulate_dossier {
	struct arena *arena;         /* NULL before it arrives, and when it is over */
	const struct dossier *dossier;
	struct simulate_plan plan;
	enum dossier_state state;
	struct instant since, complete_at, accepted_at, arrived_at, released_at;
	struct span paused;          /* between T0 and the arrival */
	struct span spent[DOSSIER_STATES];
	bool passed[DOSSIER_STATES];
	uint32_t stay;
	unsigned opinions, tries;
	size_t expert;               /* who is counted as having it; SIZE_MAX: nobody */
	bool asked;                  /* and has not answered yet */
};

/* What is counted of an expert while the run goes on. */
struct simulate_tally {
	struct instant *accepted;    /* in order */
	size_t n_accepted, room_accepted, first;   /* first: the first within the last week */
	struct simulate_expert_result result;
};

struct simulate_run {
	struct arena *arena;
	const struct simulate_population *population;
	struct policy_rules rules;
	struct expert *experts;      /* the rules' */
	struct simulate_tally *tallies;
	struct simulate_dossier *dossiers;
	size_t n_dossiers;
	struct simulate_queue queue;
	struct instant now, end;
	struct simulate_result *result;
};

/* --- people (simulate_people.c): the plans, and the messages as the policy reads them. In the dossier's arena. --- */
void simulate_plan_all(struct simulate_run *run);
extern const struct organisation simulate_organisations[];
enum { SIMULATE_ORGANISATIONS = 2 };
struct policy_message simulate_request(const struct simulate_run *run, const struct simulate_dossier *d);
struct policy_message simulate_pieces(const struct simulate_run *run, const struct simulate_dossier *d);
struct policy_message simulate_reply(const struct simulate_run *run, const struct simulate_dossier *d, const struct dossier_offer *offer, enum policy_word word);
struct policy_message simulate_opinion(const struct simulate_run *run, const struct simulate_dossier *d, const struct dossier_offer *holder, bool whole);
struct policy_message simulate_question(const struct simulate_run *run, const struct simulate_dossier *d);
struct policy_message simulate_answer(const struct simulate_run *run, const struct simulate_dossier *d, const struct dossier_offer *holder);
struct policy_message simulate_reading(const struct simulate_run *run, const struct simulate_dossier *d);

/* --- figures (simulate_figures.c) --- */
/* Sorts the list. */
struct simulate_figure simulate_figure(struct span *list, size_t n);
void simulate_figures(struct simulate_run *run);

#endif
