/* policy/match.h - which exams a dossier's documents are: each document stands for one. For policy/complete.c. */
#ifndef RELAIS_POLICY_MATCH_H
#define RELAIS_POLICY_MATCH_H

#include "policy/complete.h"
#include "policy/dossier.h"

/* n truths, in the arena: the exam has a document of its own. As many as can be, and an exam never gives way to a later one. */
const bool *match_exams(struct arena *arena, const struct dossier *dossier, const struct pathology_exam *const *exams, size_t n,
			struct instant now);

/* Why none does for an exam that was not met: NONE when there is no such document; EXAM_OLD or EXAM_UNDATED with the newest. */
enum reason match_trouble(const struct dossier *dossier, const struct pathology_exam *exam, struct instant now,
			  const struct policy_document **out);

#endif
