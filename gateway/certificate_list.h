/* gateway/certificate_list.h - every certificate, anchor and revocation list that the configuration names, with its troubles. */
#ifndef RELAIS_GATEWAY_CERTIFICATE_LIST_H
#define RELAIS_GATEWAY_CERTIFICATE_LIST_H

#include "certs/inventory.h"
#include "gateway/config.h"

struct certificate_list {
	struct inventory inventory;
	const char **users;         /* of each item: "receiver", "collector deliverer", … */
};

/* keys: do they fit? That needs the right to read them (the command line, as root). MEMORY. */
MUST_USE enum reason certificate_list(struct arena *arena, const struct config *config, struct instant now, bool keys,
				      struct certificate_list *out);

#endif
