/* policy/figures.h - what the service did in a span of time, counted from the events of its dossiers and from nothing else.
 *
 * Each thing is counted at the instant of the event that makes it true: a request when it opened, an opinion when its report was handed over for the
 * first time (dossier.kept_at), a file found complete when it was. So what one span counts no other does, and how many there were in a span that is over
 * never changes. Of opinions that are counted it is told as it stands today what they say (a correction counts, not what it corrected) and whether a
 * physician has them.
 * Quantiles come of histograms in steps of an hour, up to FIGURES_HOURS; what took longer counts as that much. */
#ifndef RELAIS_POLICY_FIGURES_H
#define RELAIS_POLICY_FIGURES_H

#include "policy/dossier.h"

enum { FIGURES_HOURS = 24 * 120, FIGURES_FAMILIES = 20, FIGURES_FAMILY_TEXT = 40 };

/* Of delays: flat, however many there are. */
struct figures_delays {
	uint64_t n;
	int64_t hours;                               /* all together */
	uint32_t at[FIGURES_HOURS + 1];              /* begun hours: 1 is up to an hour */
};

enum figures_said { SAID_YES, SAID_PARTLY, SAID_NO, SAID_NOTHING, FIGURES_SAID };

struct figures_family {
	char name[FIGURES_FAMILY_TEXT];              /* as the pathologies have it; "" where none is known */
	uint64_t requests;
	uint64_t opinions[FIGURES_SAID];             /* by convergence with the first opinion */
};

struct figures {
	struct instant from, until;                  /* from <= at < until */
	uint64_t dossiers;                           /* that anything counted below is of */
	uint64_t requests, by_physician;             /* opened; of them asked for by a physician */
	uint64_t completed, first_try;               /* files found complete for the first time; of them without anything ever missing */
	uint64_t reminders;                          /* of missing pieces, that left */
	uint64_t waited;                             /* of the completed, those that something was missing of */
	int64_t waited_hours;                        /* from the first of what was missing to complete, all together */
	uint64_t promised;                           /* T0 came */
	uint64_t opinions, in_time, in_time_net;     /* handed over; of them within the promise, gross and without pauses */
	uint64_t revisions;                          /* corrected versions that were released */
	uint64_t consented, reached, proved;         /* of the opinions: a physician may have it; of these one has it with proof; of all, one has it */
	uint64_t overdue;                            /* promises that ran out first */
	uint64_t no_diagnosis, expired, cancelled, withdrawn, deaths;   /* how requests ended without an opinion; no_diagnosis: redirected */
	uint64_t offers, accepted, declined, silent;
	uint64_t questions, answered, answered_soon; /* of the exchange; answered within 72 hours */
	uint64_t late_questions, urgent, complaints, undelivered;
	uint64_t asked_after, answered_after;        /* the questionnaire after six months: sent, and come back */
	struct figures_delays gross, net, request;   /* of opinions: from T0, without pauses, from the request */
	struct figures_family families[FIGURES_FAMILIES];   /* the last one takes what finds no room */
	size_t n_families;
};

struct figures figures_begin(struct instant from, struct instant until);
/* A family that has its line whether or not anything is counted of it: which lines there are tells of nobody. */
void figures_expect(struct figures *figures, struct bytes family);
/* One dossier: all its events in order, and its fold after them. family: of its pathology, empty when it is not known. */
void figures_add(struct figures *figures, const struct dossier_event *events, size_t n, const struct dossier *fold, struct bytes family);

/* Hours within which that share (0 < share <= 100) of them was done; 0 of none. */
int64_t figures_within(const struct figures_delays *delays, unsigned share);

#endif
