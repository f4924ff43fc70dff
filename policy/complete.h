/* policy/complete.h - what a pathology demands, and what of it a dossier still lacks. */
#ifndef RELAIS_POLICY_COMPLETE_H
#define RELAIS_POLICY_COMPLETE_H

#include "base/arena.h"
#include "policy/enable.h"

struct dossier;

/* One document that will do. */
struct pathology_choice {
	struct bytes label_fr, label_en;
	struct policy_texts types;        /* LOINC or other codes of documents, any of which will do */
	unsigned max_age_days;            /* 0: any age */
};

struct pathology_exam {
	struct bytes code;
	struct pathology_choice wanted;
	const struct pathology_choice *alternatives;   /* in its place */
	size_t n_alternatives;
	struct bytes ask_fr, ask_en;      /* a sentence for the patient: where to ask for it; may be empty */
	struct enable_rule needed_when;   /* none: always */
};

enum redflag_urgency { REDFLAG_TODAY, REDFLAG_NOW };

/* Answers that want a person before anything else (policy/redflag.h). */
struct pathology_redflag {
	struct bytes code, label_fr, label_en;
	enum redflag_urgency urgency;
	struct enable_rule when;
};

struct pathology {
	struct bytes code, version, family;
	struct bytes title_fr, title_en;
	struct bytes questionnaire;       /* canonical|version */
	const struct pathology_answer *answers;
	size_t n_answers;
	const struct pathology_exam *exams;
	size_t n_exams;
	const struct pathology_redflag *redflags;
	size_t n_redflags;
	struct policy_texts forms;        /* definitions of its form (HL7 QFDD): root^extension, or with "#version" */
	bool validated;                   /* by the scientific council */
	int64_t from_day, until_day;      /* days since 1970 on which requests may begin with it, inclusive, in Paris; 0: no bound */
};

enum missing_kind { MISSING_EXAM, MISSING_ANSWER, MISSING_CONSENT };

struct missing {
	enum missing_kind kind;
	struct bytes id, label_fr, label_en;
	enum reason why;                  /* NONE: it is not there; ANSWER_*, EXAM_*: there is one, and it does not do */
	const struct pathology_answer *question;   /* of an answer that does not fit */
	struct bytes value;               /* its first value, as it was given */
	const struct pathology_exam *exam;         /* of an exam */
	const struct policy_document *document;    /* EXAM_*: the newest that does not do */
};

const char *missing_kind_name(enum missing_kind kind);   /* "exam", "answer", "consent" */

/* By code and version; NULL when it is not there. */
const struct pathology *pathology_find(const struct pathology *list, size_t n, struct bytes code, struct bytes version);

/* The one whose form it is, by the exact name, else by the name without "#version"; NULL when none or several are. */
const struct pathology *pathology_of_form(const struct pathology *list, size_t n, struct bytes form);

/* May a new request begin with it? NONE; PATHOLOGY_CLOSED outside its dates; PATHOLOGY_UNVALIDATED when no council has validated it
 * and these are real patients. A dossier keeps what it began with. */
enum reason pathology_open(const struct pathology *pathology, bool test_identities, struct instant now);

/*
 * The exact list, in the order of the definition: consents, answers, exams. A question that is not asked (policy/enable.h) and an exam
 * that is not needed are not missing, nor are waived items. Documents that are replaced, withdrawn or masked for the expert do not
 * count; one without a date, or of a day to come, does not meet an age limit. Each document stands for one exam: where several would
 * do, as many exams as can be are met, the first of the definition first.
 * *out is in the arena; returns how many. Zero is complete.
 */
size_t complete_missing(struct arena *arena, const struct dossier *dossier, const struct pathology *pathology,
			struct instant now, struct missing **out);

#endif
