/* policy/enable.h - which questions are asked, given what was answered: FHIR R4's enableWhen and enableBehavior.
 *
 *  1. A question is asked when each of its rules holds; a question without rules is asked.
 *  2. What was answered to a question that is not asked counts for no condition.
 *  3. What cannot be read as the question's kind, or is in another unit, is an answer (EXISTS) and equals nothing. */
#ifndef RELAIS_POLICY_ENABLE_H
#define RELAIS_POLICY_ENABLE_H

#include "base/arena.h"
#include "policy/questionnaire.h"

/* The place of a question whose being asked depends on itself; n when there is none. Every condition names a place below n. */
size_t enable_cycle(struct arena *arena, const struct pathology_answer *questions, size_t n);

/* n truths, in the arena. In a circle, which enable_cycle finds and no import lets in, what is still being looked at counts as not asked. */
const bool *enable_questions(struct arena *arena, const struct pathology_answer *questions, size_t n, const struct policy_answer *answers,
			     size_t n_answers);

/* asked: as enable_questions gives it; NULL: every answer counts, also one to a question that is not asked. */
bool enable_holds(const struct enable_rule *rule, const struct pathology_answer *questions, const bool *asked,
		  const struct policy_answer *answers, size_t n_answers);

/* "exists", "=", "!=", ">", "<", ">=", "<="; ENABLE_OPERATORS for any other word. */
enum enable_operator enable_operator_of_name(struct bytes name);

#endif
