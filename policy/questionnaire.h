/* policy/questionnaire.h - what a version of a pathology's questionnaire asks, and whether an answer fits it.
 *
 * Answers are judged by the version they were given under; dates and numbers may have travelled as text, as no pattern of the
 * Questionnaire Response Document has a date. */
#ifndef RELAIS_POLICY_QUESTIONNAIRE_H
#define RELAIS_POLICY_QUESTIONNAIRE_H

#include "policy/facts.h"

struct questionnaire_choice {
	struct bytes code, label_fr, label_en;
};

/* Millionths, so that bounds compare exactly. */
struct questionnaire_number {
	int64_t millionths;
};

struct pathology_answer {
	struct bytes id, label_fr, label_en;
	enum policy_answer_kind kind;     /* UNSAID: any */
	bool optional;                    /* need not be answered; what is answered must fit all the same */
	const struct questionnaire_choice *choices;   /* none: any code */
	size_t n_choices;
	size_t least, most;               /* of choices; most 0: as many as there are */
	bool has_low, has_high;
	struct questionnaire_number low, high;        /* inclusive */
	struct bytes unit;                /* UCUM; empty: any */
};

/* "12", "-0.5", "1,25": at most nine digits before and six behind the point. */
MUST_USE bool questionnaire_read_number(struct bytes text, struct questionnaire_number *out);
/* A day that exists: DD/MM/YYYY, YYYY-MM-DD, or an HL7 time from the day on. */
bool questionnaire_is_date(struct bytes text);

/*
 * All answers to one question together. NONE: they fit, or it is optional and not answered. NOT_FOUND: nothing answers it, a null
 * flavour neither. Else ANSWER_KIND, ANSWER_CHOICE, ANSWER_COUNT, ANSWER_RANGE, ANSWER_UNIT.
 */
MUST_USE enum reason questionnaire_check(const struct pathology_answer *question, const struct policy_answer *answers, size_t n);

#endif
