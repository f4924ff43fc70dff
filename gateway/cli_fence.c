/* gateway/cli_fence.c - relais fence: after a restore to an earlier point. What was accepted and is missing, what left and is forgotten; nothing
 * leaves until a person has lifted it. */
#include "gateway/cli_journals.h"
#include "gateway/cli_verbs.h"

#include <stdio.h>
#include <string.h>

#include "gateway/json_view.h"

static const char usage[] = "fence [list | close WHY | lift | note R12 WORDS]";

/* ---------------------------------------------------------------- what the journals know */

struct sent {
	json_t *last;            /* by Message-ID: its last line, of those that may be newer than the database */
	struct instant since;
	int64_t outbox, inbox;   /* the highest numbers ever given */
};

static void raise_to(int64_t *top, const json_t *line, const char *key)
{
	int64_t n = json_integer_value(json_object_get(line, key));
	if (n > *top)
		*top = n;
}

static void take_sent(void *context, json_t *line)
{
	struct sent *s = context;
	struct bytes id = json_view(line, "message_id");
	struct instant at;

	raise_to(&s->outbox, line, "outbox");
	if (id.len > 0 && json_instant(line, "at", &at) && at.us >= s->since.us)
		json_object_setn(s->last, (const char *)id.at, id.len, line);
}

static void take_sealed(void *context, json_t *line)
{
	raise_to(&((struct sent *)context)->outbox, line, "outbox");
}

static void take_accepted(void *context, json_t *line)
{
	raise_to(&((struct sent *)context)->inbox, line, "inbox");
}

/* What a server took, or may have: of a mail that was put off or refused nothing is to be remembered. */
static json_t *left_of(const struct sent *s)
{
	json_t *left = json_array(), *line;
	const char *id;

	json_object_foreach(s->last, id, line) {
		struct bytes event = json_view(line, "event");
		if (bytes_equal_text(event, "taken") || bytes_equal_text(event, "begun"))
			json_array_append(left, line);
	}
	return left;
}

/* NULL: the database did not answer, which was told. */
static json_t *read_sent(struct cli *cli, struct sent *s)
{
	static const struct {
		enum cli_journal which;
		cli_journals_take *take;
	} all[] = {{CLI_JOURNAL_SENT, take_sent}, {CLI_JOURNAL_SEALED, take_sealed}, {CLI_JOURNAL_ACCEPTED, take_accepted}};
	struct cli_journals journals[3];
	long torn = 0;

	for (size_t i = 0; i < 3; i++)
		cli_journals_find(cli, all[i].which, &journals[i]);
	json_t *since = CLI_QUERY(cli, "select to_jsonb(t) from relais.fence_since() t where $1", P_BOOL(true));
	if (since == NULL)
		return NULL;
	/* A database without a mail has none: every line counts. */
	if (!json_instant(since, "sent", &s->since))
		s->since = (struct instant){INT64_MIN};
	json_decref(since);
	s->last = json_object();
	for (size_t i = 0; i < 3; i++)
		cli_journals_read(&journals[i], all[i].take, s, &torn);
	json_t *left = left_of(s);
	json_decref(s->last);
	return left;
}

/* ---------------------------------------------------------------- the verbs */

static json_t *unknown_of(struct cli *cli, json_t *left)
{
	return CLI_QUERY(cli, "select coalesce(jsonb_agg(t), '[]') from relais.fence_unknown($1) t", P_JSON(json_write(cli->arena, json_incref(left))));
}

static void tell_sent(const json_t *rows)
{
	size_t i;
	const json_t *row;

	json_array_foreach(rows, i, row) {
		const json_t *about = json_object_get(row, "about");
		struct bytes id = json_view(row, "message_id"), at = json_view(row, "at"), event = json_view(row, "event"), code = json_view(about, "code"),
			     party = json_view(about, "party"), ref = json_view(about, "ref");
		printf("  %.*s  %.*s  %.*s  %.*s  %.*s  %.*s\n", (int)at.len, (const char *)at.at, (int)event.len, (const char *)event.at, (int)code.len,
		       (const char *)code.at, (int)party.len, (const char *)party.at, (int)ref.len, (const char *)ref.at, (int)id.len, (const char *)id.at);
	}
}

static void tell_state(const struct cli *cli, const json_t *state, const struct cli_missing *missing, const json_t *unknown)
{
	bool closed = json_truth(state, "closed");

	if (cli->french)
		printf(closed ? "La clôture est fermée : rien ne part.\n" : "La clôture est ouverte : le courrier part.\n");
	else
		printf(closed ? "The fence is closed: nothing leaves.\n" : "The fence is open: mail leaves.\n");
	printf(cli->french ? "Acceptés et absents de la base : %zu\n" : "Accepted, and missing from the database: %zu\n", json_array_size(missing->lost));
	cli_missing_tell(cli, missing);
	printf(cli->french ? "Partis (taken) ou peut-être partis (begun), et inconnus de la base : %zu\n" : "Left (taken) or perhaps left (begun), and unknown to the database: %zu\n",
	       json_array_size(unknown));
	tell_sent(unknown);
}

/* Exit 1 while something is closed or missing, so that a watch sees it. */
static int show(struct cli *cli)
{
	struct cli_journals accepted;
	struct cli_missing missing = {0};
	struct sent sent = {0};

	cli_journals_find(cli, CLI_JOURNAL_ACCEPTED, &accepted);
	json_t *left = read_sent(cli, &sent), *unknown = left == NULL ? NULL : unknown_of(cli, left);
	json_t *state = CLI_QUERY(cli, "select to_jsonb(t) from relais.fence_state() t where $1", P_BOOL(true));
	bool whole = unknown != NULL && state != NULL && cli_missing_find(cli, &accepted, &missing);
	int status = whole && !json_truth(state, "closed") && json_array_size(missing.lost) + json_array_size(unknown) == 0 ? CLI_OK : CLI_FAILED;

	if (whole && cli->json)
		(void)cli_show(cli, json_pack("{s:O, s:O, s:O}", "fence", state, "missing", missing.lost, "left", unknown), "");
	else if (whole)
		tell_state(cli, state, &missing, unknown);
	json_decref(left);
	json_decref(unknown);
	json_decref(state);
	json_decref(missing.lost);
	return status;
}

static int lift(struct cli *cli)
{
	struct sent sent = {0};
	json_t *left = read_sent(cli, &sent);

	if (left == NULL)
		return CLI_FAILED;
	json_t *n = CLI_QUERY(cli, "select to_jsonb(relais.fence_lift($1, $2, $3, $4))", P_JSON(json_write(cli->arena, left)), P_INT(sent.inbox), P_INT(sent.outbox),
			      P_TEXT(cli_actor()));
	if (n == NULL)
		return CLI_FAILED;
	long long taken = json_integer_value(n);
	json_decref(n);
	if (cli->json)
		return cli_show(cli, json_pack("{s:I}", "left", (json_int_t)taken), "");
	printf(cli->french ? "La clôture est levée ; %lld courriers déjà partis ne repartiront pas d'eux-mêmes.\n" : "The fence is lifted; %lld mails that had left will not leave again by themselves.\n",
	       taken);
	return CLI_OK;
}

static int close_fence(struct cli *cli, const char *why)
{
	enum reason reason = STORE_RUN(cli->store, NULL, "select relais.fence_close($1, $2)", P_TEXT(why), P_TEXT(cli_actor()));
	return reason == REASON_NONE ? CLI_OK : cli_refuse(cli, reason, NULL);
}

/* A word for each line that bears this number: after a restore a number may have been given twice. */
static int note(struct cli *cli, const char *number, const char *words)
{
	struct cli_journals accepted;
	struct cli_missing missing = {0};
	uint64_t wanted = 0;
	int status = CLI_NOT_FOUND;
	size_t i;
	const json_t *line;

	if ((number[0] != 'R' && number[0] != 'r') || !bytes_number(bytes_of_text(number + 1), INT64_MAX, &wanted))
		return cli_refuse(cli, REASON_USAGE, number);
	cli_journals_find(cli, CLI_JOURNAL_ACCEPTED, &accepted);
	if (!cli_missing_find(cli, &accepted, &missing))
		status = CLI_FAILED;
	json_array_foreach(missing.lost, i, line) {
		if ((uint64_t)json_integer_value(json_object_get(line, "inbox")) != wanted)
			continue;
		enum reason reason = STORE_RUN(cli->store, NULL, "select relais.missing_noted($1, $2, $3, $4)", P_INT((int64_t)wanted),
					       P_TEXT_B(json_view(line, "digest")), P_TEXT(cli_actor()), P_TEXT(words));
		status = reason == REASON_NONE ? CLI_OK : cli_refuse(cli, reason, NULL);
	}
	json_decref(missing.lost);
	if (status == CLI_NOT_FOUND)
		(void)cli_refuse(cli, REASON_NOT_FOUND, number);
	return status;
}

static int list(struct cli *cli)
{
	json_t *rows = CLI_QUERY(cli, "select coalesce(jsonb_agg(t), '[]') from relais.sent_before_list() t where $1", P_BOOL(true));
	return rows == NULL ? CLI_FAILED : cli_show(cli, rows, "at code party ref taken held message_id");
}

int cli_fence(int argc, char **argv)
{
	struct cli cli;
	int status = cli_open(&cli, argc, argv, 0, 3, usage);

	if (status != CLI_OK)
		return cli_close(&cli, status);
	const char *verb = cli.n > 0 ? cli.arguments[0] : "";
	if (cli.n == 0)
		status = show(&cli);
	else if (cli.n == 1 && strcmp(verb, "list") == 0)
		status = list(&cli);
	else if (cli.n == 1 && strcmp(verb, "lift") == 0)
		status = lift(&cli);
	else if (cli.n == 2 && strcmp(verb, "close") == 0)
		status = close_fence(&cli, cli.arguments[1]);
	else if (cli.n == 3 && strcmp(verb, "note") == 0)
		status = note(&cli, cli.arguments[1], cli.arguments[2]);
	else {
		fprintf(stderr, "usage: relais %s\n", usage);
		status = CLI_USAGE;
	}
	return cli_close(&cli, status);
}
