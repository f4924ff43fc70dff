/* smtp/form.h - the expert's opinion, written under the headings of the form that we sent.
 *
 * Headings (French or English; case, accents, quote marks, numbers and stars do not matter), each on a line of its own or
 * followed by ":" and the text: Référence, Réponse aux questions, Avis motivé, Convergence, Conduite à tenir et délai,
 * Résumé pour le patient, Aide utilisée, Liens d'intérêts. */
#ifndef RELAIS_SMTP_FORM_H
#define RELAIS_SMTP_FORM_H

#include "base/arena.h"

struct form {
	bool found;                 /* at least two headings, and words of the expert under one of them */
	struct bytes reference;     /* A-2026-000123-KQ, or empty */
	struct bytes answer;        /* to the questions */
	struct bytes opinion;       /* with its reasons */
	struct bytes convergence;   /* "yes", "partly", "no", or empty: with the first opinion */
	struct bytes advice;        /* what to do, and how soon */
	struct bytes summary;       /* for the patient */
	struct bytes help;          /* tools that helped */
	struct bytes interests;
};

/* text is the whole own text of the mail, quotes included: experts write inside the quoted form.
 * A field that holds only our placeholder is empty; of a heading that comes twice the first filled one counts. */
void form_read(struct arena *arena, struct bytes text, struct form *out);

#endif
