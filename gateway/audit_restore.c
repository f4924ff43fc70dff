/* gateway/audit_restore.c - see audit_restore.h. */
#include "gateway/audit_restore.h"

#include <dirent.h>

#include "gateway/journal_chain.h"
#include "gateway/json_view.h"

struct left_behind {
	int64_t from, to;                /* bytes of the journal: of the last checkpoint that the database knows; its end */
	int64_t checkpoint, position;    /* the highest that were ever given */
	json_t *seals;                   /* [outbox, digest of the entity] of those in between */
};

static void raise_to(int64_t *top, int64_t n)
{
	*top = n > *top ? n : *top;
}

static void take_line(void *context, const struct journal_line *line)
{
	struct left_behind *left = context;
	json_t *entry = journal_whole(line->text) ? json_read(line->text) : NULL;
	const json_t *outbox = json_object_get(entry, "outbox");

	left->to = (int64_t)line->end;
	raise_to(&left->checkpoint, json_integer_value(json_object_get(entry, "checkpoint")));
	raise_to(&left->position, json_integer_value(json_object_get(entry, "position")));
	if (json_is_integer(outbox) && (int64_t)line->end > left->from)
		json_array_append_new(left->seals, json_pack("[O, o]", outbox, json_of(json_view(entry, "entity"))));
	json_decref(entry);
}

/* Those of other nodes' signers stand there, too. */
static void look_in_folder(const char *folder, struct left_behind *left)
{
	DIR *entries = opendir(folder);

	for (struct dirent *e; entries != NULL && (e = readdir(entries)) != NULL;) {
		struct bytes name = bytes_of_text(e->d_name);
		uint64_t number;
		if (bytes_ends(name, BYTES(".json")) && bytes_number(bytes_slice(name, 0, name.len - 5), INT64_MAX, &number))
			raise_to(&left->checkpoint, (int64_t)number);
	}
	if (entries != NULL)
		closedir(entries);
}

enum reason audit_restore_tell(struct cli *cli)
{
	const struct config *c = cli->config;
	struct left_behind left = {.seals = json_array()};
	struct store_rows *rows = NULL;
	enum reason reason = STORE_RUN(cli->store, &rows, "select size from relais.audit_known($1)", P_TEXT(c->hostname));

	left.from = reason == REASON_NONE ? store_int(rows, 0, 0) : 0;
	store_free(&rows);
	if (reason == REASON_NONE)
		reason = journal_lines(c->signer.journal, take_line, &left);
	if (reason == REASON_NOT_FOUND)
		reason = REASON_NONE;
	look_in_folder(c->audit.folder, &left);
	if (reason == REASON_NONE)
		reason = STORE_RUN(cli->store, NULL, "select relais.audit_restored($1, $2, $3, $4, $5, $6)", P_TEXT(c->hostname), P_INT(left.checkpoint), P_INT(left.position),
				   P_INT(left.to), P_JSON(json_write(cli->arena, json_incref(left.seals))), P_TEXT(cli_actor()));
	json_decref(left.seals);
	return reason;
}
