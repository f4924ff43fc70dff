/* gateway/certificate_list.c - see certificate_list.h. */
#include "gateway/certificate_list.h"

#include <string.h>

#include "certs/key.h"

enum { FILES_MAX = 24 };

struct entry {
	const char *user, *path, *key;
	enum inventory_use use;
};

struct entries {
	struct arena *arena;
	struct entry list[FILES_MAX];
	size_t n;
};

/* What several use stands once, with all of them; a certificate with each of its keys. */
static void add(struct entries *e, const char *user, enum inventory_use use, const char *path, const char *key)
{
	if (path[0] == '\0')
		return;
	for (size_t i = 0; key == NULL && i < e->n; i++)
		if (e->list[i].use == use && strcmp(e->list[i].path, path) == 0) {
			e->list[i].user = arena_printf(e->arena, "%s %s", e->list[i].user, user);
			return;
		}
	e->list[e->n++] = (struct entry){user, path, key, use};
}

/* A token's key is its own proof: the process that uses it refuses another. */
static const char *file_of(const char *key)
{
	return key_is_token(key) ? "" : key;
}

static void of_config(struct entries *e, const struct config *c)
{
	add(e, "receiver", INVENTORY_SERVER, c->receiver.certificate, c->receiver.key);
	if (c->collector.n > 0)
		add(e, "collector", INVENTORY_CLIENT, c->collector.certificate, c->collector.key);
	add(e, "deliverer", INVENTORY_CLIENT, c->deliverer.certificate, c->deliverer.key);
	add(e, "signer", INVENTORY_SEAL, c->signer.certificate, file_of(c->signer.key));
	add(e, "signer", INVENTORY_SEAL, c->signer.certificate_next, file_of(c->signer.key_next));
	add(e, "opener", INVENTORY_OPENING, c->opener.certificate, file_of(c->opener.key));
	add(e, "opener", INVENTORY_OPENING, c->opener.certificate_next, file_of(c->opener.key_next));
	add(e, "receiver", INVENTORY_ANCHORS, c->receiver.client_anchors, NULL);
	if (c->collector.n > 0)
		add(e, "collector", INVENTORY_ANCHORS, c->collector.anchors, NULL);
	add(e, "deliverer", INVENTORY_ANCHORS, c->deliverer.anchors, NULL);
	add(e, "inspect", INVENTORY_ANCHORS, c->inspect.anchors, NULL);
	if (c->trust.list_url[0] != '\0' || c->trust.crl_urls[0] != '\0')
		add(e, "refresher", INVENTORY_ANCHORS, c->trust.list_anchors, NULL);
	if (c->identity.introspection[0] != '\0')
		add(e, "identity", INVENTORY_ANCHORS, c->identity.anchors, NULL);
	add(e, "receiver", INVENTORY_CRLS, c->receiver.crls, NULL);
	add(e, "inspect", INVENTORY_CRLS, c->inspect.crls, NULL);
	if (c->collector.n > 0)
		add(e, "collector", INVENTORY_CRLS, c->collector.crls, NULL);
	add(e, "deliverer", INVENTORY_CRLS, c->deliverer.crls, NULL);
}

enum reason certificate_list(struct arena *arena, const struct config *config, struct instant now, bool keys,
			     struct certificate_list *out)
{
	struct entries entries = {.arena = arena};
	size_t ends[FILES_MAX], n = 0;
	enum reason reason = REASON_NONE;

	*out = (struct certificate_list){.inventory = {.arena = arena, .now = now}};
	of_config(&entries, config);
	for (size_t i = 0; reason == REASON_NONE && i < entries.n; i++) {
		const struct entry *one = &entries.list[i];
		reason = inventory_add(&out->inventory, one->use, one->path, keys ? one->key : NULL);
		ends[i] = out->inventory.n;
	}
	inventory_rollover(&out->inventory);
	out->users = arena_alloc(arena, (out->inventory.n + 1) * sizeof *out->users);
	for (size_t i = 0; reason == REASON_NONE && i < entries.n; i++)
		for (; n < ends[i]; n++)
			out->users[n] = entries.list[i].user;
	return reason;
}
