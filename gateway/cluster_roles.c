/* gateway/cluster_roles.c - who may log in to the private cluster. On a server of one's own: docs/operators.md. */
#include "gateway/cluster.h"

#include "gateway/store.h"

/* Each statement is whole: create database cannot stand in a transaction. */
static const char *const logins[] = {"relais_receiver", "relais_collector", "relais_worker",
				     "relais_signer",   "relais_deliverer", "relais_refresher", "relais_keeper", "relais_opener",
				     "relais_operator"};

static enum reason exists(struct store *store, const char *sql, const char *name, bool *out)
{
	struct store_rows *rows;
	enum reason reason = STORE_RUN(store, &rows, sql, P_TEXT(name));
	*out = store_count(rows) > 0;
	store_free(&rows);
	return reason;
}

static enum reason make_role(struct store *store, struct arena *arena, const char *name, const char *kind)
{
	bool there;
	enum reason reason = exists(store, "select 1 from pg_roles where rolname = $1", name, &there);
	if (reason != REASON_NONE || there)
		return reason;
	return store_script(store, arena, arena_printf(arena, "create role %s %s noinherit", name, kind), NULL);
}

static enum reason make_database(struct store *store, struct arena *arena)
{
	bool there;
	enum reason reason = exists(store, "select 1 from pg_database where datname = $1", "relais", &there);
	if (reason == REASON_NONE && !there)
		reason = store_script(store, arena, "create database relais owner relais_owner", NULL);
	if (reason == REASON_NONE)
		reason = store_script(store, arena, "revoke all on database relais, postgres, template1 from public",
				      NULL);
	for (size_t i = 0; reason == REASON_NONE && i < sizeof logins / sizeof logins[0]; i++)
		reason = store_script(store, arena,
				      arena_printf(arena, "grant connect on database relais to %s", logins[i]), NULL);
	return reason;
}

enum reason cluster_roles(const struct instance *instance)
{
	struct store *store = store_open(cluster_conninfo(instance, "postgres"), "init");
	enum reason reason = make_role(store, instance->arena, "relais_owner", "nologin");

	for (size_t i = 0; reason == REASON_NONE && i < sizeof logins / sizeof logins[0]; i++)
		reason = make_role(store, instance->arena, logins[i], "login");
	if (reason == REASON_NONE)
		reason = make_database(store, instance->arena);
	store_close(&store);
	return reason;
}
