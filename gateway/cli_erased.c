/* gateway/cli_erased.c - relais dossier of one whose content was erased: what is left of it, and nothing to be done with it. */
#include "gateway/cli_dossier.h"

#include <stdio.h>
#include <string.h>

#include "gateway/erasure_certificate.h"

static int show(struct cli *cli, int64_t id, json_t *row)
{
	json_t *mails = CLI_QUERY(cli, "select coalesce(jsonb_agg(t), '[]') from relais.dossier_mails($1) t", P_INT(id)),
	       *messages = CLI_QUERY(cli, "select coalesce(jsonb_agg(t), '[]') from relais.dossier_messages($1) t", P_INT(id)),
	       *events = CLI_QUERY(cli, "select coalesce(jsonb_agg(t order by t.seq), '[]') from relais.dossier_history($1) t", P_INT(id));

	if (cli->json)
		return cli_show(cli, json_pack("{s:o, s:o, s:o, s:o}", "erased", row, "mails", mails, "messages", messages, "history", events), "");
	fputs(erasure_certificate_text(cli->arena, cli->config, row, cli->french), stdout);
	json_decref(row);
	printf("\nmails\n");
	cli_proof_words(cli, mails);
	cli_show(cli, mails, "outbox code party state proof created_at host reply_code reason");
	printf("\nmessages\n");
	cli_show(cli, messages, "inbox received_at source class outcome reason");
	printf("\nhistory\n");
	return cli_show(cli, events, "seq at kind actor rule inbox");
}

bool cli_dossier_erased(struct cli *cli, int64_t id, const char *ref, const char *verb, int *status)
{
	json_t *rows = CLI_QUERY(cli, "select coalesce(jsonb_agg(t), '[]') from relais.erasure_list() t where t.done_at is not null and upper(t.ref) = upper($1)", P_TEXT(ref));

	if (json_array_size(rows) != 1) {
		*status = CLI_FAILED;
		bool failed = rows == NULL;
		json_decref(rows);
		return failed;
	}
	json_t *row = json_incref(json_array_get(rows, 0));
	json_decref(rows);
	if (strcmp(verb, "show") == 0 || strcmp(verb, "history") == 0) {
		*status = show(cli, id, row);
		return true;
	}
	json_decref(row);
	*status = cli_refuse(cli, REASON_DOSSIER_ERASED, ref);
	return true;
}
