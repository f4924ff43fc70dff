/* policy/fee.c - see fee.h. */
#include "policy/fee.h"

#include "policy/rules.h"

static bool is_report(enum mail_code code)
{
	return code == MAIL_M21 || code == MAIL_M64;
}

static bool was_told(const struct dossier_event *e)
{
	const struct dossier_contact_data *c = &e->contact;

	return e->kind == EVENT_CONTACT_MADE && is_report(c->code) &&
	       (c->result == CONTACT_REACHED || c->result == CONTACT_POSTED || c->result == CONTACT_SIGNED);
}

static bool is_handed_over(const struct dossier *d, const struct dossier_event *e)
{
	enum { ACCEPTED = 2 };
	bool sent = e->kind == EVENT_MAIL_PROOF && is_report(e->mail.code) && e->mail.level >= ACCEPTED;

	return d->released_at.us != 0 && (d->kept_at.us != 0 || sent || was_told(e));
}

static bool has_ended(enum dossier_event_kind kind)
{
	return kind == EVENT_WITHDRAWN || kind == EVENT_CANCELLED || kind == EVENT_CLOSED || kind == EVENT_DIED;
}

void fee_keep(struct dossier *dossier, const struct dossier_event *event)
{
	const struct dossier_opinion *opinion = dossier->delivered.present ? &dossier->delivered : &dossier->opinion;

	if (dossier->fee.rpps.len > 0 || !opinion->present)
		return;
	if (is_handed_over(dossier, event) || has_ended(event->kind))
		dossier->fee = (struct dossier_fee){.rpps = opinion->data.rpps, .at = event->at, .seq = dossier->seq};
}

unsigned fee_cents(const struct deadline_settings *settings)
{
	return settings != NULL && settings->fee.told ? settings->fee.cents : POLICY_FEE_CENTS;
}
