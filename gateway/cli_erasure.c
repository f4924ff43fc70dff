/* gateway/cli_erasure.c - see cli_erasure.h. */
#include "gateway/cli_erasure.h"

#include "gateway/erasure_key.h"

/* Where the keeper has its keys. */
static const char *folder_of(const struct cli *cli)
{
	return cli->config->keeper.folder;
}

enum reason cli_erasure_destroy(struct cli *cli, const char *ref, struct bytes *record)
{
	(void)cli;
	(void)ref;
	*record = BYTES_NONE;
	return REASON_NONE;
}

enum reason cli_erasure_again(struct cli *cli, size_t *done)
{
	struct erasure_key *list;
	size_t n;
	enum reason reason = erasure_key_unknown(cli->store, cli->arena, folder_of(cli), &list, &n);

	*done = 0;
	for (size_t i = 0; reason == REASON_NONE && i < n; i++) {
		reason = STORE_RUN(cli->store, NULL, "select relais.erasure_again($1, $2, $3)", P_TEXT(list[i].ref), P_TEXT(cli_actor()), P_JSON(list[i].record));
		*done += reason == REASON_NONE;
	}
	return reason;
}
