/* policy/deadline.c - see deadline.h. */
#include "policy/deadline.h"

#include "policy/rules.h"

static const char *const names[DEADLINES] = {
	[DEADLINE_NONE] = "none",
	[DEADLINE_OFFER_REMINDER] = "offer_reminder",
	[DEADLINE_OFFER_SILENCE] = "offer_silence",
};

const char *deadline_name(enum deadline_kind kind)
{
	return names[kind];
}

enum deadline_kind deadline_of_name(struct bytes name)
{
	for (enum deadline_kind k = DEADLINE_OFFER_REMINDER; k < DEADLINES; k++)
		if (bytes_equal_text(name, names[k]))
			return k;
	return DEADLINE_NONE;
}

size_t deadline_list(const struct dossier *dossier, struct deadline out[DEADLINES])
{
	const struct dossier_offer *offer = dossier_live_offer(dossier);
	size_t n = 0;

	if (offer == NULL || dossier->state != DOSSIER_OFFERED || dossier_stands_still(dossier))
		return 0;
	if (offer->reminded_at.us == 0)
		out[n++] = (struct deadline){DEADLINE_OFFER_REMINDER, instant_plus(offer->at, POLICY_OFFER_REMINDER)};
	out[n++] = (struct deadline){DEADLINE_OFFER_SILENCE, instant_plus(offer->at, POLICY_OFFER_SILENCE)};
	return n;
}
