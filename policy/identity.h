/* policy/identity.h - is this the same person? Promise 3 rests on it.
 *
 * Strict on matricule, OID and traits (birth name, first birth given name, birth date, sex, birth place).
 * Tolerant on letter case and on hyphen against space, nothing else: an accent more or less is a DOUBT,
 * and doubt is for a person. There is no "closest match". */
#ifndef RELAIS_POLICY_IDENTITY_H
#define RELAIS_POLICY_IDENTITY_H

#include "policy/facts.h"

enum identity {
	IDENTITY_ABSENT,      /* one of the two has no INS */
	IDENTITY_SAME,
	IDENTITY_DOUBT,       /* same matricule and OID, traits differ or are incomplete; or same matricule, other OID */
	IDENTITY_DIFFERENT    /* another matricule */
};

enum identity identity_compare(const struct policy_patient *a, const struct policy_patient *b);

/* By the number alone, as METADATA.XML tells it; never a reason to believe that it is the same person. */
enum identity identity_compare_number(const struct policy_patient *patient, struct policy_id number);

/* Matricule well formed, OID of an INS, and every trait there. */
bool identity_complete(const struct policy_patient *patient);

/* The OIDs of the INS: .8 and .9 in production, .10 and .11 for tests. */
bool identity_is_ins(struct bytes oid);
bool identity_is_test(struct bytes oid);

/* Sets ins and oid from the ids of a document. When it has several different INS they are left empty:
 * such a document names nobody. */
void identity_from_ids(const struct policy_id *ids, size_t n, struct policy_patient *patient);

/* Whole years on that day in France; -1 when the birth date cannot be read. */
int identity_age(const struct policy_patient *patient, struct instant now);

#endif
