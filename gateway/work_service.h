/* gateway/work_service.h - service mails: to our own people, to experts and to partners, of no dossier's decision (policy/service.h). */
#ifndef RELAIS_GATEWAY_WORK_SERVICE_H
#define RELAIS_GATEWAY_WORK_SERVICE_H

#include "gateway/work.h"
#include "policy/service.h"

struct work_service {
	enum mail_code code;
	enum service_party party;
	struct bytes to;             /* of an expert or insurer; our own people's mailbox is the configuration's */
	const char *occasion;        /* the day, the month, the event: with code and mailbox it is made once, and never again */
	const char *rule;            /* "digest/1" */
	const char *subject;         /* NULL: the template's */
	json_t *fields;              /* the template's, without phone, organisation and contact_name; taken over */
};

/* Queues it, inside the transaction of what led to it. *made (may be NULL): false when it was made before, or when nobody has that part: then
 * the task stays in relais tasks alone. USAGE when the code is not that party's. STORE_… */
MUST_USE enum reason work_service_add(struct work *work, const struct work_service *mail, bool *made);

/* What the events of a decision call for at once (policy/service_call.h), inside the transaction that writes them (work_calls.c). after: the dossier with them. */
MUST_USE enum reason work_calls(struct work *work, const struct policy_decision *decision, const struct dossier *after);

enum { WORK_FIGURES_MINUTE = 19 * 60 };   /* of the day in Paris, when the day's figures are made up to */

/* A service that is due: the morning digest, the day in figures, alarms and quarantine. False: none is (work_daily.c). */
bool work_services(struct work *work);
/* What each does, inside the transaction that finds it due (work_digest.c, work_watch.c). Missed days are not made up for. */
MUST_USE enum reason work_digest(struct work *work);
MUST_USE enum reason work_figures(struct work *work);
MUST_USE enum reason work_watch(struct work *work);
/* Of the month that is over, once (work_monthly.c). */
MUST_USE enum reason work_statements(struct work *work);
MUST_USE enum reason work_partners(struct work *work);

#endif
