/* gateway/service_mail.c - see service_mail.h. */
#include "gateway/service_mail.h"

const char *service_mailbox(const struct config *config, enum service_party party)
{
	switch (party) {
	case SERVICE_NURSES:
		return config->staff.nurses;
	case SERVICE_DUTY:
		return config->staff.duty;
	case SERVICE_OPERATOR:
		return config->staff.operator;
	case SERVICE_OFFICER:
		return config->staff.officer;
	case SERVICE_MANAGER:
		return config->staff.manager;
	case SERVICE_EXPERT:
	case SERVICE_INSURER:
	case SERVICE_PARTIES:
		break;
	}
	return "";
}

static size_t insurers(struct arena *arena, const struct config *config, const struct bytes **out)
{
	struct bytes *list = arena_alloc(arena, (config->partners.n + 1) * sizeof *list);

	for (size_t i = 0; i < config->partners.n; i++)
		list[i] = bytes_of_text(config->partners.insurers[i].mailbox);
	*out = list;
	return config->partners.n;
}

size_t service_mail_allowed(struct arena *arena, const struct config *config, struct bytes party, struct bytes code, const struct bytes *registry,
			    size_t n_registry, const struct bytes **out)
{
	enum service_party who = service_party_of_name(party);

	*out = NULL;
	if (who == SERVICE_PARTIES || !service_may(who, mail_code_of_name(code)))
		return 0;
	if (who == SERVICE_INSURER)
		return insurers(arena, config, out);
	if (who == SERVICE_EXPERT) {
		*out = registry;
		return n_registry;
	}
	const char *mailbox = service_mailbox(config, who);
	if (mailbox[0] == '\0')
		return 0;
	struct bytes *one = arena_alloc(arena, sizeof *one);
	*one = bytes_of_text(mailbox);
	*out = one;
	return 1;
}
