/* smtp/form_heading.h - is this line a heading of the expert's form? For form.c. */
#ifndef RELAIS_SMTP_FORM_HEADING_H
#define RELAIS_SMTP_FORM_HEADING_H

#include "base/arena.h"

enum form_field {
	FORM_REFERENCE,
	FORM_ANSWER,
	FORM_OPINION,
	FORM_CONVERGENCE,
	FORM_ADVICE,
	FORM_DELAY,
	FORM_SUMMARY,
	FORM_LIMITS,
	FORM_HELP,
	FORM_INTERESTS,
	FORM_FIELDS,
};

struct form_heading {
	enum form_field field;
	unsigned number;            /* FORM_ANSWER: of the question; 0 for all */
	struct bytes rest;          /* what follows on the line, or with open what follows the bracket; borrowed */
	bool open;                  /* a bracket of the form's own words begins here and goes on in the next lines */
};

/* False: the line is no heading, *out is untouched. in_form: a heading stood before it; a short word alone on its line then is one, too. */
MUST_USE bool form_heading_read(struct arena *arena, struct bytes line, bool in_form, struct form_heading *out);
/* What follows the bracket that an earlier line opened; false when it does not close on this line. */
MUST_USE bool form_heading_close(struct bytes line, struct bytes *rest);

/* Without quote marks, bullets, stars and blanks of every kind in front. */
struct bytes form_without_marks(struct bytes line);
/* "2. ", "2) ", "2 - ", "Question 2 :", "Q2." in front of a line: the number, and what follows; 0 when there is none. */
unsigned form_number(struct arena *arena, struct bytes line, struct bytes *rest);

#endif
