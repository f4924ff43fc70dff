/* policy/study.h - the questionnaire six months after: what is asked, how an answer is read, what is kept of it.
 *
 *  1. It goes once, to who agreed to it apart (the answer consent.study), and never again to who said STOP, in whichever of his dossiers.
 *  2. The dossier keeps that an answer came (EVENT_STUDY_ANSWERED), and nothing of what it says; what it says is counted beside, by year, question and
 *     answer, without a word that leads back (gateway/schema: study_count): not even the pathology, of which there may be one file alone.
 *  3. The first answer counts. What cannot be read as one goes the way of any late message: to a person. */
#ifndef RELAIS_POLICY_STUDY_H
#define RELAIS_POLICY_STUDY_H

#include "policy/dossier.h"

enum study_answer { STUDY_UNSAID, STUDY_YES, STUDY_PARTLY, STUDY_NO, STUDY_VALUES };
/* Questions 1 to 3 stand in the template M40; the fourth is its field "questions". */
enum { STUDY_DOCTOR, STUDY_CARE, STUDY_RECOMMEND, STUDY_SATISFIED, STUDY_QUESTIONS };

struct study_answers {
	enum study_answer at[STUDY_QUESTIONS];
	bool more;                                 /* and something else is written, which a person reads */
};

const char *study_answer_name(enum study_answer answer);   /* "yes", "partly", "no"; "unsaid" */
/* "doctor", "care", "recommend", "satisfied" */
const char *study_question_name(size_t question);
/* Field "questions" of M40. */
const char *study_question_more(bool english);

/* It was sent, and no answer is counted yet. */
bool study_awaits(const struct dossier *dossier);
/* Numbered lines, "1. oui" or "1) no, not at all"; or one bare word a line for each of the questions. False: no answer is read; *out is untouched but for
 * its zeroes. */
MUST_USE bool study_read(struct bytes text, struct study_answers *out);

#endif
