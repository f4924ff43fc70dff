/* gateway/simulate_print.h - a run in words and tables, for people: French or English. */
#ifndef RELAIS_GATEWAY_SIMULATE_PRINT_H
#define RELAIS_GATEWAY_SIMULATE_PRINT_H

#include <stdio.h>

#include "policy/simulate.h"

void simulate_print(FILE *out, const struct simulate_population *population, const struct simulate_result *result, bool french);

#endif
