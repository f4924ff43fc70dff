/* policy/service_call.h - which of our own people are written to at once because of an event of a dossier.
 *
 * Pure: each event calls once, so whoever writes the event writes the mails with it, and the dossier's history tells what they were about.
 *  1. words of urgency: who is on duty (M81); as long as nobody reached the patient, the whole team each time its clock fires (urgent_call);
 *  2. days 5, 6 and 7 without an opinion: whom the deadline alerts (M82, M83, M84);
 *  3. a mail that reached nobody, or a report (M85), where worklist.h makes a task of it;
 *  4. a suspected misdelivery: the officer, and once more a day before the 72 hours end (M96). */
#ifndef RELAIS_POLICY_SERVICE_CALL_H
#define RELAIS_POLICY_SERVICE_CALL_H

#include "policy/dossier.h"
#include "policy/service.h"

struct service_call {
	enum mail_code code;
	enum service_party party;
};

enum { SERVICE_CALLS = 4 };

/* The mails that this event calls for; after: the dossier with it, and with what was decided together. Returns how many. */
size_t service_calls(const struct dossier *after, const struct dossier_event *event, struct service_call out[SERVICE_CALLS]);

#endif
