/* gateway/alarm.h - what wants a person, as long as it does: raised again and again, told once, cleared by who raised it.
 *
 * An alarm is a row of relais.alarm under one of the names of alarm_list.h. The details name files, addresses and codes; never
 * content, never a patient. `relais status` and `relais alarms` show them. */
#ifndef RELAIS_GATEWAY_ALARM_H
#define RELAIS_GATEWAY_ALARM_H

#include "gateway/store.h"

#define ALARM_WARNING  "warning"    /* in days */
#define ALARM_CRITICAL "critical"   /* today */

struct alarm_entry {
	const char *name;
	const char *fr, *fr_do, *en, *en_do;
};
/* NULL when no alarm has that name. */
const struct alarm_entry *alarm_entry(struct bytes name);

/* detail: a JSON object, may be empty. The events alarm-raised and alarm-cleared are logged on a change only. What the database
 * refuses is returned and may be passed over: the next round raises it again. */
MUST_USE enum reason alarm_raise(struct store *store, const char *name, const char *severity, struct bytes detail);
MUST_USE enum reason alarm_clear(struct store *store, const char *name);

#endif
