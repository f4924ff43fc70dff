/* policy/questionnaire.h - what a version of a pathology's questionnaire asks, and whether an answer fits it.
 *
 * The model of FHIR R4's Questionnaire, flat: questions only, in their order; the conditions of a group stand in each of its
 * questions (docs/rules.md tells the subset). Answers are judged by the version they were given under; dates and numbers may have
 * travelled as text, as no pattern of the Questionnaire Response Document has a date. */
#ifndef RELAIS_POLICY_QUESTIONNAIRE_H
#define RELAIS_POLICY_QUESTIONNAIRE_H

#include "base/instant.h"
#include "policy/facts.h"

struct questionnaire_choice {
	struct bytes code, label_fr, label_en;
};

/* Millionths, so that bounds compare exactly. A date: its days since 1970, in millionths too. */
struct questionnaire_number {
	int64_t millionths;
};

/* FHIR R4 questionnaire-enable-operator, in the wording that R4B and R5 corrected: UNEQUAL holds when no answer is equal, so it holds
 * of a question that nobody answered; each of the others needs one answer that fits it. */
enum enable_operator {
	ENABLE_EXISTS,
	ENABLE_EQUAL,
	ENABLE_UNEQUAL,
	ENABLE_ABOVE,
	ENABLE_BELOW,
	ENABLE_AT_LEAST,
	ENABLE_AT_MOST,
	ENABLE_OPERATORS
};

struct enable_condition {
	size_t question;                  /* its place in the list of questions */
	enum enable_operator operator;
	bool answered;                    /* EXISTS: it is, or it is not */
	struct bytes text;                /* of a choice its code, of a truth "true" or "false" */
	struct questionnaire_number number;   /* of a number, a slider, a date */
};

/* All of its conditions, or any; one without conditions holds. */
struct enable_rule {
	const struct enable_condition *at;
	size_t n;
	bool any;
};

struct pathology_answer {
	struct bytes id, label_fr, label_en;
	enum policy_answer_kind kind;     /* UNSAID: any */
	bool optional;                    /* need not be answered; what is answered must fit all the same */
	bool repeats;                     /* may be answered more than once; words may come in several pieces anyhow */
	bool whole;                       /* a number without a fraction */
	const struct questionnaire_choice *choices;   /* none: any code */
	size_t n_choices;
	size_t least, most;               /* of answers; most 0: any number of one that repeats */
	bool has_low, has_high;
	struct questionnaire_number low, high;        /* inclusive */
	struct bytes unit;                /* UCUM; empty: any */
	const struct enable_rule *asked_when;   /* its own and its groups': each must hold (policy/enable.h); none: always asked */
	size_t n_asked_when;
};

/* "12", "-0.5", "1,25": at most nine digits before and six behind the point. */
MUST_USE bool questionnaire_read_number(struct bytes text, struct questionnaire_number *out);
/* A day that exists: DD/MM/YYYY, YYYY-MM-DD, or an HL7 time from the day on. */
MUST_USE bool questionnaire_read_date(struct bytes text, struct date *out);
struct questionnaire_number questionnaire_date_number(struct date date);
/* The number or the date that an answer to this question is, whatever its bounds; false when it is none, or in another unit. */
MUST_USE bool questionnaire_read_value(const struct pathology_answer *question, const struct policy_answer *answer,
				       struct questionnaire_number *out);

/*
 * All answers to one question together. NONE: they fit, or it is optional and not answered. NOT_FOUND: nothing answers it, a null
 * flavour neither. Else ANSWER_KIND, ANSWER_CHOICE, ANSWER_COUNT, ANSWER_RANGE, ANSWER_UNIT.
 */
MUST_USE enum reason questionnaire_check(const struct pathology_answer *question, const struct policy_answer *answers, size_t n);

#endif
