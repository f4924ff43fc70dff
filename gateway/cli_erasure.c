/* gateway/cli_erasure.c - see cli_erasure.h. */
#include "gateway/cli_erasure.h"

#include "gateway/erasure_key.h"
#include "gateway/json_view.h"

/* The keeper's record says more: the name is the row's own. */
static struct bytes record_of(struct arena *arena, struct bytes answer)
{
	json_t *said = json_read(answer);
	json_t *record = json_pack("{s:O?, s:O?}", "n", json_object_get(said, "n"), "at", json_object_get(said, "at"));

	json_decref(said);
	return json_write(arena, record);
}

enum reason cli_erasure_destroy(struct cli *cli, const char *ref, struct bytes *record)
{
	const char *asked = arena_printf(cli->arena, "dossier:%s %s", ref, cli_actor());
	struct bytes answer;
	enum reason reason = keeper_client_ask(store_keeper(cli->store), cli->arena, KEEPER_DESTROY, bytes_of_text(asked), &answer);

	if (reason == REASON_NONE)
		*record = record_of(cli->arena, answer);
	return reason;
}

enum reason cli_erasure_again(struct cli *cli, size_t *done)
{
	struct erasure_key *list;
	size_t n;
	enum reason reason = erasure_key_unknown(cli->store, cli->arena, cli->config->keeper.folder, &list, &n);

	*done = 0;
	for (size_t i = 0; reason == REASON_NONE && i < n; i++) {
		reason = STORE_RUN(cli->store, NULL, "select relais.erasure_again($1, $2, $3)", P_TEXT(list[i].ref), P_TEXT(cli_actor()), P_JSON(list[i].record));
		*done += reason == REASON_NONE;
	}
	return reason;
}
