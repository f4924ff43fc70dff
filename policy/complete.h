/* policy/complete.h - what a pathology demands, and what of it a dossier still lacks. */
#ifndef RELAIS_POLICY_COMPLETE_H
#define RELAIS_POLICY_COMPLETE_H

#include "base/arena.h"
#include "policy/facts.h"

struct dossier;

struct pathology_answer {
	struct bytes id, label_fr, label_en;
};

struct pathology_exam {
	struct bytes code, label_fr, label_en;
	struct policy_texts types;        /* LOINC codes of documents, any of which will do */
	unsigned max_age_days;            /* 0: any age */
};

struct pathology {
	struct bytes code, version;
	struct bytes title_fr, title_en;
	const struct pathology_answer *answers;
	size_t n_answers;
	const struct pathology_exam *exams;
	size_t n_exams;
};

enum missing_kind { MISSING_EXAM, MISSING_ANSWER, MISSING_CONSENT };

struct missing {
	enum missing_kind kind;
	struct bytes id, label_fr, label_en;
};

const char *missing_kind_name(enum missing_kind kind);   /* "exam", "answer", "consent" */

/* By code and version; NULL when it is not there. */
const struct pathology *pathology_find(const struct pathology *list, size_t n, struct bytes code, struct bytes version);

/*
 * The exact list, in the order of the definition: consents, answers, exams. Waived items are not missing;
 * documents that are replaced, withdrawn or masked for the expert do not count; a document without a date does not meet an age limit.
 * *out is in the arena; returns how many. Zero is complete.
 */
size_t complete_missing(struct arena *arena, const struct dossier *dossier, const struct pathology *pathology,
			struct instant now, struct missing **out);

#endif
