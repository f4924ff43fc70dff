/* policy/decide_text.h - the texts that decisions give to mails, in the language of the rules. For the decide files only. */
#ifndef RELAIS_POLICY_DECIDE_TEXT_H
#define RELAIS_POLICY_DECIDE_TEXT_H

#include "policy/decide_build.h"

/* "samedi 14 mars 2026", the date in Paris; "14/03"; "sam. 14/03, 18 h", the hour that has begun. */
struct bytes text_date(const struct build *b, struct instant at);
struct bytes text_date_day(const struct build *b, struct instant at);
struct bytes text_date_hour(const struct build *b, struct instant at);
/* "28/03/1979" from YYYYMMDD; empty when it is none. */
struct bytes text_birth_date(const struct build *b);
/* His mailbox in the health space: his number's. Only for a qualified one. */
struct bytes text_patient_mailbox(const struct build *b, const struct policy_patient *patient);
struct bytes text_age(const struct build *b);
/* The pathology's title, else its code. */
struct bytes text_pathology(const struct build *b);
/* "1. ...": every question.N of the questionnaire. */
struct bytes text_questions(const struct build *b);
/* The first question without what names the patient, cut at a word behind some 60 characters. */
struct bytes text_first_question(const struct build *b);
/* "- text: value": the other answers of the questionnaire. */
struct bytes text_answers(const struct build *b);
/* "- title (28/11/2019)": the current, shared documents; *count (may be NULL) says how many. */
struct bytes text_exams(const struct build *b, size_t *count);
/* "title (28/11/2019)" of one document. */
struct bytes text_document(const struct build *b, const struct policy_document *document);
/* Who wrote the documents, each once: an expert looks there for a conflict of interest. */
struct bytes text_hospitals(const struct build *b);
/* Without the patient's birth name: an offer names nobody. */
struct bytes text_nameless(const struct build *b, struct bytes text);
struct bytes text_missing(const struct build *b, const struct missing *missing, size_t n);
/* "id code", with commas: the answers that do not fit, for the event; empty when all that is missing is simply not there. */
struct bytes text_misfits(const struct build *b, const struct missing *missing, size_t n);
/* Ids with commas, for the event. */
struct bytes text_missing_ids(const struct build *b, const struct missing *missing, size_t n);
struct bytes text_waived(const struct build *b);
/* The incoming message's annexes that cannot be handed on, a line each with what to do; empty when there is none. */
struct bytes text_annexes(const struct build *b);
struct bytes text_number(const struct build *b, size_t n);

#endif
