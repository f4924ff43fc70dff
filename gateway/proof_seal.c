/* gateway/proof_seal.c - see proof.h: the whole of a proof under a seal.
 *
 * What a proof holds was bound row by row when it happened. That nothing of it was taken out or changed since it was made is told by one row more:
 * it has the digest of SHA256SUMS, and the next checkpoint is over it. */
#include "gateway/cli_audit.h"
#include "gateway/json_view.h"
#include "gateway/proof.h"

/* The row as it was chained. *position is 0 when it is not linked in time. */
static enum reason put_row(struct proof *p, int64_t id, int64_t *position)
{
	struct store_rows *rows = NULL;
	enum reason reason = STORE_RUN(p->cli->store, &rows, "select position, line from relais.proof_row($1)", P_INT(id));

	*position = reason == REASON_NONE && store_count(rows) == 1 ? store_int(rows, 0, 0) : 0;
	if (*position > 0)
		reason = export_out_beside(p->out, "seal/row.json", json_write(p->arena, json_pack("{s:I, s:o}", "position", (json_int_t)*position, "line", json_of(store_bytes(rows, 0, 1)))));
	store_free(&rows);
	return reason;
}

static enum reason put_links(struct proof *p, int64_t from, int64_t to)
{
	struct buf links = buf_make((size_t)64 << 20);
	enum reason reason = proof_span(p, &links, from, to);

	if (reason == REASON_NONE)
		reason = buf_ok(&links) ? export_out_beside(p->out, "seal/links.txt", buf_bytes(&links)) : REASON_ARCHIVE_LIMIT;
	buf_free(&links);
	return reason;
}

static enum reason put_checkpoint(struct proof *p, int64_t number, int64_t position)
{
	struct store_rows *rows = NULL;
	enum reason reason = STORE_RUN(p->cli->store, &rows, "select (statement::jsonb->'trail'->>'position')::bigint, statement, seal, stamp from relais.checkpoint_list() "
							     "where checkpoint = $1", P_INT(number));

	if (reason == REASON_NONE)
		reason = put_links(p, position, store_int(rows, 0, 0));
	if (reason == REASON_NONE)
		reason = export_out_beside(p->out, "seal/checkpoint.json", store_bytes(rows, 0, 1));
	if (reason == REASON_NONE)
		reason = export_out_beside(p->out, "seal/checkpoint.p7s", store_bytes(rows, 0, 2));
	if (reason == REASON_NONE && !store_is_null(rows, 0, 3))
		reason = export_out_beside(p->out, "seal/checkpoint.tsr", store_bytes(rows, 0, 3));
	store_free(&rows);
	return reason;
}

enum reason proof_seal(struct proof *p)
{
	char sums[DIGEST_SHA256_TEXT];
	struct store_rows *rows = NULL;
	int64_t position = 0, number = 0;

	export_out_sums(p->out, sums);
	enum reason reason = STORE_RUN(p->cli->store, &rows, "select relais.proof_made($1, $2, $3)", P_TEXT_OR_NULL(p->ref), P_TEXT(sums), P_TEXT(cli_actor()));
	int64_t id = reason == REASON_NONE ? store_int(rows, 0, 0) : 0;
	store_free(&rows);
	if (reason == REASON_NONE)
		reason = cli_checkpoint(p->cli, &number);
	if (reason != REASON_NONE || number == 0)
		return reason;
	reason = put_row(p, id, &position);
	if (reason == REASON_NONE && position > 0)
		reason = put_checkpoint(p, number, position);
	p->sealed = reason == REASON_NONE && position > 0;
	return reason;
}
