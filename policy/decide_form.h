/* policy/decide_form.h - the expert's form as text of a mail (smtp/form.h reads it back), and what an opinion lacks, in words.
 * For the decide files only. */
#ifndef RELAIS_POLICY_DECIDE_FORM_H
#define RELAIS_POLICY_DECIDE_FORM_H

#include "policy/decide_build.h"
#include "policy/opinion.h"

/* The reference, then a heading for each question with the question's words in square brackets, then the other headings, each with an empty
 * line under it, and the line that ends the form. gaps NULL: every heading; else those alone. */
struct bytes form_blank(const struct build *b, const struct opinion_gap *gaps, size_t n);
/* "answer.2,convergence": for the event. */
struct bytes form_gap_ids(const struct build *b, const struct opinion_gap *gaps, size_t n);
/* "- la réponse à la question 2 : ...", a line each: for the mail. No line reads like a heading of the form. */
struct bytes form_gap_lines(const struct build *b, const struct opinion_gap *gaps, size_t n);

#endif
