/* cda/write_codes.h - display names of the codes that our documents write, after the value sets of the national agency
 * (JDV_J01, J02, J04, J246, NGAP; revisions of 2024). Receivers compare codes and show names (cda.md 2). */
#ifndef RELAIS_CDA_WRITE_CODES_H
#define RELAIS_CDA_WRITE_CODES_H

#include "base/bytes.h"

enum write_set {
	WRITE_SET_PROFESSION,   /* JDV_J01: professions and specialties of physicians */
	WRITE_SET_FACILITY,     /* JDV_J02 */
	WRITE_SET_PRACTICE,     /* JDV_J04 */
	WRITE_SET_TITLE,        /* JDV_J246: before a professional's name */
	WRITE_SET_ACT,          /* NGAP: teleexpertise */
	WRITE_SET_SEX,          /* JDV_J143 */
	WRITE_SETS
};

/* Empty for a code that the set does not have. */
struct bytes write_code_name(enum write_set set, struct bytes code);
/* The code of a title as people write it ("Pr", "Professeur", "dr."), or empty. */
struct bytes write_code_title(struct bytes words);
/* For tests: the i-th row of all sets; false behind the last. */
bool write_code_row(size_t i, enum write_set *set, struct bytes *code, struct bytes *name);

#endif
