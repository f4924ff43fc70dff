/* policy/fee.h - what a dossier has earned for the expert who gave its opinion: one line, once, whatever comes after (docs/rules.md, "The fee").
 *
 *  1. It is earned when the report is handed over: a patient's or physician's operator took it, or a person posted, brought or read it out.
 *  2. It is earned, too, when the dossier ends (withdrawn, cancelled, closed, the patient's death) after the opinion had come and was not given back.
 *  3. It is his whose opinion that is: not who lost the dossier, nor who was merely asked. Another version earns nothing.
 * A late opinion that no person took is no opinion of the dossier: it earns nothing here. */
#ifndef RELAIS_POLICY_FEE_H
#define RELAIS_POLICY_FEE_H

#include "policy/deadline.h"

/* For dossier_apply alone, once the event's effect is in the fold. */
void fee_keep(struct dossier *dossier, const struct dossier_event *event);
/* What a line is worth by the setting "fee.cents", else POLICY_FEE_CENTS. settings may be NULL. */
unsigned fee_cents(const struct deadline_settings *settings);

#endif
