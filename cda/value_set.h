/* cda/value_set.h - the value sets of the French header that are told at all when a code is not in them.
 *
 * Value sets age and grow: a code that is not here is worth a warning, never more. */
#ifndef RELAIS_CDA_VALUE_SET_H
#define RELAIS_CDA_VALUE_SET_H

#include "base/bytes.h"

enum value_set {
	VALUE_SET_TYPE,              /* JDV_J07, 27 September 2024 */
	VALUE_SET_CONFIDENTIALITY,   /* JDV_J08 without the masking codes, which travel in the metadata */
	VALUE_SET_PRACTICE,          /* JDV_J04 */
	VALUE_SET_FACILITY,          /* JDV_J02, 13 December 2024 */
	VALUE_SET_ENCOUNTER,         /* JDV_J142 */
	VALUE_SETS
};

bool value_set_has(enum value_set set, struct bytes code, struct bytes system);

#endif
