/* smtp/form.h - the expert's opinion, written under the headings of the form that we sent (policy/opinion_form.h writes it).
 *
 * Headings, French or English (form_heading.c has them): Référence, Réponse à la question N, Avis motivé, Convergence avec le premier avis,
 * Conduite à tenir, Délai, Certitude et limites, Résumé pour le patient, Aide utilisée, Liens d'intérêts. Case, accents, quote marks, bullets,
 * numbers in front, stars and kinds of blanks do not matter; each stands on a line of its own, or is followed by ":" and the text, or by the
 * form's own words in brackets. Experts write above the quoted form, inside it, or in a copy of it. */
#ifndef RELAIS_SMTP_FORM_H
#define RELAIS_SMTP_FORM_H

#include "base/arena.h"

struct form_answer {
	unsigned number;            /* of the question, from 1; 0: under a heading for all questions together */
	struct bytes text;
};

struct form {
	bool found;                 /* words of the expert under a heading, and a second heading or the dossier's reference beside it */
	struct bytes reference;     /* A-2026-000123-KQ: under its heading, else the first in the text; or empty */
	bool named;                 /* it stands under its heading: a form, though it may have no words of his */
	const struct form_answer *answers;   /* filled ones, each number once, by rising number */
	size_t answer_count;
	struct bytes opinion;       /* with its reasons */
	struct bytes convergence;   /* "yes", "partly", "no", or empty: with the first opinion */
	struct bytes remark;        /* what he wrote there beside that word */
	struct bytes advice;        /* what to do */
	struct bytes delay;         /* how soon */
	struct bytes summary;       /* for the patient, in plain words */
	struct bytes limits;        /* how certain, and what an opinion on file cannot say */
	struct bytes help;          /* tools that helped, artificial intelligence among them */
	struct bytes interests;
};

/* text is the whole own text of the mail, quotes included. A field that holds only our placeholder is empty; of a heading that comes twice
 * the first filled one counts. An answer to all questions that numbers its own lines (1. 2. 3.) is cut into answers. */
void form_read(struct arena *arena, struct bytes text, struct form *out);

#endif
