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
	struct store_rows *rows = NULL;
	enum reason reason = erasure_key_unknown(cli->store, cli->config->keeper.folder, false, &rows);
	size_t n = rows != NULL ? store_count(rows) : 0;

	*done = 0;
	for (size_t i = 0; reason == REASON_NONE && i < n; i++) {
		reason = STORE_RUN(cli->store, NULL, "select relais.erasure_again($1, $2, $3)", P_TEXT_B(store_bytes(rows, i, 0)), P_TEXT(cli_actor()), P_JSON(store_bytes(rows, i, 1)));
		*done += reason == REASON_NONE;
	}
	store_free(&rows);
	return reason;
}
