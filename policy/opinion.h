/* policy/opinion.h - the parts of an expert's opinion: which are there, and one mail completing another. */
#ifndef RELAIS_POLICY_OPINION_H
#define RELAIS_POLICY_OPINION_H

#include "policy/dossier.h"

/* What an opinion must have before it is released (product, 4.5). */
enum opinion_part {
	OPINION_ANSWER,          /* to each question of the dossier */
	OPINION_OPINION,
	OPINION_CONVERGENCE,
	OPINION_ADVICE,
	OPINION_DELAY,           /* or a time told with the advice */
	OPINION_LIMITS,
	OPINION_SUMMARY,
	OPINION_HELP,
	OPINION_INTERESTS,
	OPINION_PARTS
};

struct opinion_gap {
	enum opinion_part part;
	unsigned number;         /* OPINION_ANSWER: of the question; else 0 */
};

/* "answer", "opinion", "convergence"... */
const char *opinion_part_name(enum opinion_part part);

/* The same question with the same value stands before it: the questionnaire may lie in the archive and beside it. */
bool opinion_asked_before(const struct dossier_request *request, size_t answer);
/* What the request asks the expert, in order, trimmed; in the arena. The form has a heading for the first LIMIT_FORM_ANSWERS. */
size_t opinion_questions(struct arena *arena, const struct dossier *dossier, struct bytes **out);

/* What dossier->opinion.data.form lacks, in the order of the form; in the arena. */
size_t opinion_gaps(struct arena *arena, const struct dossier *dossier, struct opinion_gap **out);

/* Does he want something done within days? By what stands under "how soon", or where that is empty beside the advice. */
bool opinion_is_urgent(const struct policy_form *form);

/* A later mail completes an earlier one: of each part (of each question) the newest text counts. What is written is in the arena. */
struct policy_form opinion_merge(struct arena *arena, const struct policy_form *older, const struct policy_form *newer);

#endif
