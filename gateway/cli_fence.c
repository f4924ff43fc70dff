/* gateway/cli_fence.c - relais fence: after a restore to an earlier point. What was accepted and is missing, what left and is forgotten; nothing
 * leaves until a person has lifted it. */
#include "gateway/audit_restore.h"
#include "gateway/cli_journals.h"
#include "gateway/cli_verbs.h"

#include <stdio.h>
#include <string.h>

#include "gateway/erasure_key.h"
#include "gateway/json_view.h"

static const char usage[] = "fence [list | close WHY | lift | note R12 WORDS]";

/* ---------------------------------------------------------------- what the journals know */

enum { LINES = 1000, LINES_MEMORY = 128 * 1024 * 1024 };

struct sent {
	struct cli *cli;
	json_t *lines;           /* of one journal, not asked for yet */
	json_t *last;            /* of that journal, by Message-ID: its last line that the database does not know */
	bool down;               /* the database did not answer, which was told */
	int64_t outbox, inbox;   /* the highest numbers ever given */
};

static void raise_to(int64_t *top, const json_t *line, const char *key)
{
	int64_t n = json_integer_value(json_object_get(line, key));
	if (n > *top)
		*top = n;
}

/* No clock says which lines the database may know: it is asked for all of them. */
static void ask(struct sent *s)
{
	struct arena *arena = arena_create(LINES_MEMORY);
	json_t *unknown = CLI_QUERY(s->cli, "select coalesce(jsonb_agg(t), '[]') from relais.fence_unknown($1, true) t", P_JSON(json_write(arena, s->lines))), *line;
	size_t i;

	json_array_foreach(unknown, i, line) {
		struct bytes id = json_view(line, "message_id");
		json_object_setn(s->last, (const char *)id.at, id.len, line);
	}
	s->down |= unknown == NULL;
	s->lines = json_array();
	json_decref(unknown);
	arena_destroy(&arena);
}

static void take_sent(void *context, json_t *line)
{
	struct sent *s = context;
	struct instant at;

	raise_to(&s->outbox, line, "outbox");
	if (s->down || json_view(line, "message_id").len == 0 || !json_instant(line, "at", &at))
		return;
	json_array_append(s->lines, line);
	if (json_array_size(s->lines) == LINES)
		ask(s);
}

static void take_sealed(void *context, json_t *line)
{
	raise_to(&((struct sent *)context)->outbox, line, "outbox");
}

static void take_accepted(void *context, json_t *line)
{
	raise_to(&((struct sent *)context)->inbox, line, "inbox");
}

/* What a server took, or may have: of a mail that was put off or refused nothing is to be remembered. Each journal speaks for itself, as where the fence is
 * closed (gateway/fence.c): what closes it is taken in here. */
static bool left_of(struct sent *s, const struct cli_journals *journals, size_t i, json_t *left)
{
	const struct cli_journals one = {.list = {journals->list[i]}, .n = 1};
	json_t *line;
	const char *id;
	long torn = 0;

	s->last = json_object();
	bool whole = cli_journals_read(s->cli, &one, take_sent, s, &torn);
	if (!s->down)
		ask(s);
	json_object_foreach(s->last, id, line) {
		struct bytes event = json_view(line, "event");
		if (bytes_equal_text(event, "taken") || bytes_equal_text(event, "begun"))
			json_array_append(left, line);
	}
	json_decref(s->last);
	return whole && !s->down;
}

/* What left and the database does not know. NULL: it did not answer, or a journal cannot be read, which was told. */
static json_t *read_sent(struct cli *cli, struct sent *s)
{
	struct cli_journals sent, sealed, accepted;
	long torn = 0;

	if (!cli_journals_find(cli, CLI_JOURNAL_SENT, &sent) || !cli_journals_find(cli, CLI_JOURNAL_SEALED, &sealed) ||
	    !cli_journals_find(cli, CLI_JOURNAL_ACCEPTED, &accepted))
		return NULL;
	*s = (struct sent){.cli = cli, .lines = json_array()};
	json_t *left = json_array();
	bool whole = true;
	for (size_t i = 0; i < sent.n && whole; i++)
		whole = left_of(s, &sent, i, left);
	whole = whole && cli_journals_read(cli, &sealed, take_sealed, s, &torn) && cli_journals_read(cli, &accepted, take_accepted, s, &torn);
	json_decref(s->lines);
	if (!whole) {
		json_decref(left);
		return NULL;
	}
	return left;
}

/* ---------------------------------------------------------------- the verbs */

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

static void tell_state(const struct cli *cli, const json_t *state, const struct cli_missing *missing, const json_t *left)
{
	bool closed = json_truth(state, "closed");

	if (json_truth(state, "looked") || closed)
		puts(cli->french ? (closed ? "La clôture est fermée : rien ne part." : "La clôture est ouverte : le courrier part.")
				 : (closed ? "The fence is closed: nothing leaves." : "The fence is open: mail leaves."));
	printf(cli->french ? "Acceptés et absents de la base : %zu\n" : "Accepted, and missing from the database: %zu\n", json_array_size(missing->lost));
	cli_missing_tell(cli, missing);
	printf(cli->french ? "Partis (taken) ou peut-être partis (begun), et inconnus de la base : %zu\n" : "Left (taken) or perhaps left (begun), and unknown to the database: %zu\n",
	       json_array_size(left));
	tell_sent(left);
}

/* Told also when a journal cannot be read: it may be the very reason. */
static void tell_unlooked(const struct cli *cli, const json_t *state)
{
	if (state != NULL && !json_truth(state, "looked") && !cli->json)
		puts(cli->french ? "Pas encore comparée : depuis que ce PostgreSQL a démarré, les journaux ne l'ont pas été à cette base, et rien ne part. Voyez relais alarms."
				 : "Not looked at yet: the journals were not held against this PostgreSQL since it started, and nothing leaves. See relais alarms.");
}

/* Exit 1 while something is closed, not looked at or missing, so that a watch sees it. */
static int show(struct cli *cli)
{
	struct cli_journals accepted;
	struct cli_missing missing = {0};
	struct sent sent;

	json_t *state = CLI_QUERY(cli, "select to_jsonb(t) from relais.fence_state() t where $1", P_BOOL(true));
	tell_unlooked(cli, state);
	json_t *left = read_sent(cli, &sent);
	bool whole = left != NULL && state != NULL && cli_journals_find(cli, CLI_JOURNAL_ACCEPTED, &accepted) && cli_missing_find(cli, &accepted, &missing);
	int status = whole && !json_truth(state, "closed") && json_truth(state, "looked") && json_array_size(missing.lost) + json_array_size(left) == 0 ? CLI_OK : CLI_FAILED;

	if (whole && cli->json)
		(void)cli_show(cli, json_pack("{s:O, s:O, s:O}", "fence", state, "missing", missing.lost, "left", left), "");
	else if (whole)
		tell_state(cli, state, &missing, left);
	json_decref(left);
	json_decref(state);
	json_decref(missing.lost);
	return status;
}

static int lift(struct cli *cli)
{
	struct sent sent;
	json_t *state = CLI_QUERY(cli, "select to_jsonb(t) from relais.fence_state() t where $1", P_BOOL(true));
	bool known = state != NULL, closed = json_truth(state, "closed"), looked = json_truth(state, "looked");

	json_decref(state);
	if (!known)
		return CLI_FAILED;
	if (!closed)
		return cli_refuse(cli, looked ? REASON_FENCE_OPEN : REASON_FENCE_UNLOOKED, NULL);
	json_t *left = read_sent(cli, &sent);
	if (left == NULL)
		return CLI_FAILED;
	struct bytes *refs;
	size_t n_refs;
	enum reason reason = erasure_key_refs(cli->arena, cli->config->keeper.folder, &refs, &n_refs);   /* none of them is given to another dossier */
	if (reason != REASON_NONE) {
		json_decref(left);
		return cli_refuse(cli, reason, cli->config->keeper.folder);
	}
	/* First what the trail is to tell of it: done again when this ends in between, it tells the same. */
	reason = audit_restore_tell(cli);
	if (reason != REASON_NONE) {
		json_decref(left);
		return cli_refuse(cli, reason, cli->config->audit.folder);
	}
	json_t *n = CLI_QUERY(cli, "select to_jsonb(relais.fence_lift($1, $2, $3, $4, $5))", P_JSON(json_write(cli->arena, left)), P_INT(sent.inbox), P_INT(sent.outbox),
			      P_TEXTS(refs, n_refs), P_TEXT(cli_actor()));
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
	if (!cli_journals_find(cli, CLI_JOURNAL_ACCEPTED, &accepted) || !cli_missing_find(cli, &accepted, &missing))
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
	/* Journals of years are held against tables of years: as long as it takes. When this is refused, so is what follows. */
	(void)!store_script(cli.store, cli.arena, "set statement_timeout = 0", NULL);
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
