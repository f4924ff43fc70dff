/* gateway/cli_dossier.c - relais dossier list|show|history|triage|release REF. */
#include "gateway/cli_dossier.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "gateway/cli_expert.h"
#include "gateway/cli_opinion.h"
#include "gateway/cli_verbs.h"
#include "gateway/event_json.h"
#include "gateway/json_view.h"
#include "policy/story.h"

static const char usage[] = "dossier list [--all] [--late] [--state STATE] [--expert RPPS] [--pathology CODE] | show|history REF | triage|release|offer|close|archive REF |"
			    " hold|return|doubt|identity|pause|resume|more|answered|without|unfreeze|complaint|settle|urgent|died|erase|erase-asked|erase-answered REF TEXT |"
			    " export REF --to FOLDER|FILE.zip --for patient|officer|expert | seen REF [--document NUMBER] [--mailbox MAILBOX] |"
			    " redirect|cancel|withdraw|expire REF TEXT [SENTENCE] | waive REF PIECE TEXT | answer REF QUESTION TEXT |"
			    " triage REF PATHOLOGY VERSION | freeze REF WHY TEXT | let-go|drop REF S<number> TEXT | link REF REF TEXT | share REF attending|first_opinion|requester |"
			    " consent REF attending|first_opinion|requester|representative|processing|expert yes|no |"
			    " experts REF | assign REF RPPS [TEXT] | reassign REF silence|leave|returned|conflict|mailbox|person TEXT [RPPS] | take REF TEXT |"
			    " represent REF ROLE NAME MAILBOX|- [--proof TEXT] [--from DAY] [--until DAY] [--informed-only] | represent-end REF ID TEXT |"
			    " channel REF PARTY mail|paper|telephone|physician [ADDRESS] | secret|unsecret REF TEXT |"
			    " contact REF PARTY call|letter|visit|notice RESULT TEXT [CODE] | mailbox REF expert|attending|first_opinion MAILBOX |"
			    " profile REF expert|attending|first_opinion|requester pdf|pdf+xdm|paper";

/* 0 when there is no such dossier; that was told. */
static int64_t find(struct cli *cli, const char *ref)
{
	struct store_rows *rows = NULL;
	enum reason reason = STORE_RUN(cli->store, &rows, "select id from relais.dossier_find($1)", P_TEXT(ref));
	int64_t id = 0;

	if (reason == REASON_NONE && store_count(rows) == 1 && !store_is_null(rows, 0, 0))
		id = store_int(rows, 0, 0);
	else
		cli_refuse(cli, reason == REASON_NONE ? REASON_NOT_FOUND : reason, ref);
	store_free(&rows);
	return id;
}

static int list(struct cli *cli)
{
	const struct cli_dossier_wish wish = {
		.all = cli_option(cli, "--all", false) != NULL, .late = cli_option(cli, "--late", false) != NULL, .state = cli_option(cli, "--state", true),
		.expert = cli_option(cli, "--expert", true), .pathology = cli_option(cli, "--pathology", true)};

	if (cli->n != 1 || (wish.state != NULL && dossier_state_of_name(bytes_of_text(wish.state)) == DOSSIER_NOWHERE)) {
		fprintf(stderr, "usage: relais %s\n", usage);
		return CLI_USAGE;
	}
	return cli_dossier_list(cli, &wish);
}

static json_t *events_of(struct cli *cli, int64_t id)
{
	return CLI_QUERY(cli, "select coalesce(jsonb_agg(to_jsonb(t) || jsonb_build_object('what', case when t.kind in ('pieces_missing', "
			      "'piece_waived', 'qualification_awaited', 'qualified', 'answer_told') then t.data->>'id' "
			      "when t.data ? 'rpps' and t.data ? 'mailbox' then concat_ws(' ', t.data->>'rpps', nullif(t.data->>'word', 'none'), t.data->>'why') end) order by t.seq), '[]') from relais.dossier_history($1) t",
			 P_INT(id));
}

/* As a story: a line an event, in the language of who asks. */
static int history(struct cli *cli, int64_t id)
{
	json_t *events = events_of(cli, id);
	const char *language = cli->french ? "fr" : "en";
	size_t i;
	const json_t *row;

	if (cli->json || events == NULL)
		return cli_show(cli, events, "");
	json_array_foreach(events, i, row) {
		struct dossier_event event = {.kind = dossier_event_of_name(json_view(row, "kind")), .actor = json_view(row, "actor")};
		(void)json_instant(row, "at", &event.at);
		event_read(cli->arena, json_object_get(row, "data"), &event);
		printf("%s\n  %s (%s)\n", story_time(cli->arena, event.at, language), story_line(cli->arena, &event, language),
		       story_actor(cli->arena, event.actor, language));
	}
	json_decref(events);
	return CLI_OK;
}

/* The mails that the opinion rests on, then the events they stand in. */
static int show_opinion(struct cli *cli, int64_t id)
{
	json_t *events = events_of(cli, id), *opinion = cli_opinion(events), *mails = json_object_get(opinion, "mails");

	if (json_array_size(mails) > 0) {
		printf("\nopinion\n");
		cli_show(cli, json_incref(mails), "inbox at signed signed_at digest");
	}
	json_decref(opinion);
	printf("\nhistory\n");
	return cli_show(cli, events, "seq at kind what actor rule inbox");
}

static int show(struct cli *cli, int64_t id)
{
	static const struct {
		const char *title, *sql, *columns;
	} parts[] = {
		{"mails", "select coalesce(jsonb_agg(t), '[]') from relais.dossier_mails($1) t",
		 "outbox code party state proof created_at host reply_code reason"},
		{"documents", "select coalesce(jsonb_agg(t), '[]') from relais.dossier_documents($1) t",
		 "document type title authors entered_by inbox"},
		{"messages", "select coalesce(jsonb_agg(t), '[]') from relais.dossier_messages($1) t",
		 "inbox received_at source class outcome reason"},
	};
	json_t *whole = json_object(), *head = cli_dossier_head(cli, id);

	if (head == NULL) {
		json_decref(whole);
		return CLI_FAILED;
	}
	if (!cli->json)
		cli_dossier_print_head(cli, head);
	json_object_set_new(whole, "dossier", head);
	for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
		json_t *rows = CLI_QUERY(cli, parts[i].sql, P_INT(id));
		if (rows == NULL) {
			json_decref(whole);
			return CLI_FAILED;
		}
		if (cli->json) {
			json_object_set_new(whole, parts[i].title, rows);
			continue;
		}
		printf("%s%s\n", i > 0 ? "\n" : "", parts[i].title);
		if (i == 0)
			cli_proof_words(cli, rows);
		cli_show(cli, rows, parts[i].columns);
	}
	if (cli->json) {
		json_t *events = events_of(cli, id);
		json_object_set_new(whole, "opinion", cli_opinion(events));
		json_decref(events);
		return cli_show(cli, whole, "");
	}
	json_decref(whole);
	return show_opinion(cli, id);
}

enum { WAIT_SECONDS = 30, WAIT_STEP_MS = 20 };

static enum reason wait_answer(struct cli *cli, int64_t command)
{
	for (int ms = 0; ms < WAIT_SECONDS * 1000; ms += WAIT_STEP_MS) {
		struct store_rows *rows = NULL;
		enum reason reason = STORE_RUN(cli->store, &rows, "select relais.command_answer($1)", P_INT(command));
		if (reason != REASON_NONE)
			return reason;
		bool answered = store_count(rows) == 1 && !store_is_null(rows, 0, 0);
		if (answered)
			reason = reason_of_code(store_bytes(rows, 0, 0));
		store_free(&rows);
		if (answered)
			return reason == REASONS ? REASON_STORE_REFUSED : reason;
		nanosleep(&(struct timespec){.tv_nsec = WAIT_STEP_MS * 1000000L}, NULL);
	}
	return REASON_ACT_UNDER_WAY;
}

/* The worker decides by the same rules as for any message; takes the reference to args. */
static enum reason ask(struct cli *cli, const char *kind, int64_t dossier, int64_t inbox, json_t *args)
{
	struct store_rows *rows = NULL;
	enum reason reason = STORE_RUN(cli->store, &rows, "select relais.command_ask($1, $2, $3, $4, null, $5)", P_TEXT(cli_actor()),
				       P_TEXT(kind), dossier != 0 ? P_INT(dossier) : P_NULL, inbox != 0 ? P_INT(inbox) : P_NULL,
				       P_JSON(json_write(cli->arena, args)));
	if (reason != REASON_NONE)
		return reason;
	int64_t id = store_int(rows, 0, 0);
	store_free(&rows);
	return wait_answer(cli, id);
}

enum reason cli_dossier_ask(struct cli *cli, const char *act, int64_t dossier, json_t *args)
{
	return ask(cli, act, dossier, 0, args);
}

static int command(struct cli *cli, const char *kind, int64_t dossier, int64_t inbox, json_t *args, const char *what)
{
	enum reason reason = ask(cli, kind, dossier, inbox, args);

	if (reason != REASON_NONE)
		return cli_refuse(cli, reason, what);
	printf(cli->json ? "{\"done\": \"%s\", \"of\": \"%s\"}\n" : "%s: %s\n", kind, what);
	return CLI_OK;
}

/* The acts of a person: the words that follow the reference, by the name of the argument that each becomes. An act may stand twice with
 * another number of words. */
static const struct {
	const char *name, *words[5];
} acts[] = {
	{"triage", {NULL}}, {"release", {NULL}}, {"offer", {NULL}}, {"close", {NULL}}, {"archive", {NULL}}, {"study-stop", {NULL}}, {"study-answered", {NULL}},
	{"hold", {"text"}}, {"return", {"text"}}, {"redirect", {"text"}}, {"cancel", {"text"}}, {"withdraw", {"text"}}, {"expire", {"text"}},
	{"died", {"text"}}, {"doubt", {"text"}}, {"identity", {"text"}}, {"pause", {"text"}}, {"resume", {"text"}}, {"more", {"text"}},
	{"answered", {"text"}}, {"without", {"text"}}, {"unfreeze", {"text"}}, {"complaint", {"text"}}, {"settle", {"text"}}, {"urgent", {"text"}},
	{"erase", {"text"}}, {"erase-asked", {"text"}}, {"erase-answered", {"text"}}, {"take", {"text"}},
	{"assign", {"id"}}, {"assign", {"id", "text"}}, {"reassign", {"how", "text"}}, {"reassign", {"how", "text", "id"}},
	{"redirect", {"text", "say"}}, {"cancel", {"text", "say"}}, {"withdraw", {"text", "say"}}, {"expire", {"text", "say"}}, {"doubt", {"text", "say"}},
	{"let-go", {"id", "text"}}, {"drop", {"id", "text"}}, {"waive", {"id", "text"}}, {"triage", {"id", "text"}}, {"answer", {"id", "text"}}, {"freeze", {"id", "text"}}, {"link", {"id", "text"}},
	{"share", {"party"}}, {"consent", {"party", "given"}}, {"mailbox", {"party", "id"}},
	{"represent-end", {"id", "text"}}, {"channel", {"party", "how"}}, {"channel", {"party", "how", "id"}}, {"profile", {"party", "how"}}, {"secret", {"text"}}, {"unsecret", {"text"}},
	{"contact", {"party", "id", "how", "text"}}, {"contact", {"party", "id", "how", "text", "mail"}},
};

enum { ACTS = sizeof acts / sizeof acts[0] };

/* ACTS when there is none with that name and that many words. */
static size_t find_act(const struct cli *cli)
{
	for (size_t i = 0; i < ACTS; i++) {
		int words = 0;
		while (words < 5 && acts[i].words[words] != NULL)
			words++;
		if (strcmp(cli->arguments[0], acts[i].name) == 0 && cli->n == 2 + words)
			return i;
	}
	return ACTS;
}

/* NULL: neither yes nor no, or not UTF-8. Of a consent, processing is the patient's own matter, expert his seeing the dossier. */
static json_t *act_words(const struct cli *cli, size_t act)
{
	json_t *args = json_object();

	for (int i = 0; i < cli->n - 2; i++) {
		const char *name = acts[act].words[i], *word = cli->arguments[2 + i];
		bool truth = strcmp(name, "given") == 0;
		if (truth && strcmp(word, "yes") != 0 && strcmp(word, "no") != 0) {
			json_decref(args);
			return NULL;
		}
		if (strcmp(name, "party") == 0 && strcmp(word, "processing") == 0)
			word = "patient";
		if (json_object_set_new(args, name, truth ? json_boolean(strcmp(word, "yes") == 0) : json_string(word)) != 0) {
			json_decref(args);
			return NULL;
		}
	}
	return args;
}

/* represent REF ROLE NAME MAILBOX and its options; NULL: not so. */
static json_t *represent_words(const struct cli *cli)
{
	static const char *const options[] = {"proof", "from", "until"};
	if (cli->n < 5)
		return NULL;
	json_t *args = json_pack("{s:s, s:s, s:s}", "role", cli->arguments[2], "name", cli->arguments[3], "mailbox",
				 strcmp(cli->arguments[4], "-") == 0 ? "" : cli->arguments[4]);
	bool good = args != NULL;

	for (int i = 5; good && i < cli->n; i++) {
		size_t k = 0;
		const char *word = cli->arguments[i];
		if (strcmp(word, "--informed-only") == 0) {
			json_object_set_new(args, "informed_only", json_true());
			continue;
		}
		while (k < 3 && (strncmp(word, "--", 2) != 0 || strcmp(word + 2, options[k]) != 0))
			k++;
		good = k < 3 && ++i < cli->n && json_object_set_new(args, options[k], json_string(cli->arguments[i])) == 0;
	}
	if (!good) {
		json_decref(args);
		return NULL;
	}
	return args;
}

static int represent(struct cli *cli)
{
	json_t *words = represent_words(cli);
	if (words == NULL) {
		fprintf(stderr, "usage: relais %s\n", usage);
		return CLI_USAGE;
	}
	int64_t id = find(cli, cli->arguments[1]);
	if (id == 0) {
		json_decref(words);
		return CLI_NOT_FOUND;
	}
	return command(cli, "represent", id, 0, words, cli->arguments[1]);
}

/* What stands behind options: a copy, and who could see what. */
static int about_all(struct cli *cli)
{
	bool copy = strcmp(cli->arguments[0], "export") == 0;
	const char *first = cli_option(cli, copy ? "--to" : "--document", true), *second = cli_option(cli, copy ? "--for" : "--mailbox", true);

	if (cli->n != 2 || (copy && (first == NULL || second == NULL))) {
		fprintf(stderr, "usage: relais %s\n", usage);
		return CLI_USAGE;
	}
	int64_t id = find(cli, cli->arguments[1]);
	int status;
	if (id == 0)
		return CLI_NOT_FOUND;
	if (cli_dossier_erased(cli, id, cli->arguments[1], cli->arguments[0], &status))
		return status;
	return copy ? cli_dossier_export(cli, id, first, second) : cli_dossier_seen(cli, id, first, second);
}

int cli_dossier(int argc, char **argv)
{
	struct cli cli;
	int status = cli_open(&cli, argc, argv, 1, 12, usage);
	if (status != CLI_OK)
		return cli_close(&cli, status);
	const char *verb = cli.arguments[0];
	if (strcmp(verb, "list") == 0)
		return cli_close(&cli, list(&cli));
	if (strcmp(verb, "represent") == 0)
		return cli_close(&cli, represent(&cli));
	if (strcmp(verb, "export") == 0 || strcmp(verb, "seen") == 0)
		return cli_close(&cli, about_all(&cli));
	size_t act = cli.n >= 2 ? find_act(&cli) : ACTS;
	bool look = cli.n == 2 && (strcmp(verb, "show") == 0 || strcmp(verb, "history") == 0 || strcmp(verb, "experts") == 0);
	if (act == ACTS && !look) {
		fprintf(stderr, "usage: relais %s\n", usage);
		return cli_close(&cli, CLI_USAGE);
	}
	int64_t id = find(&cli, cli.arguments[1]);
	if (id == 0)
		return cli_close(&cli, CLI_NOT_FOUND);
	if (cli_dossier_erased(&cli, id, cli.arguments[1], verb, &status))
		return cli_close(&cli, status);
	if (strcmp(verb, "show") == 0)
		return cli_close(&cli, show(&cli, id));
	if (strcmp(verb, "experts") == 0)
		return cli_close(&cli, cli_dossier_experts(&cli, id, cli.arguments[1]));
	if (look)
		return cli_close(&cli, history(&cli, id));
	json_t *words = act_words(&cli, act);
	if (words == NULL) {
		cli_refuse(&cli, REASON_USAGE, verb);
		return cli_close(&cli, CLI_USAGE);
	}
	return cli_close(&cli, command(&cli, verb, id, 0, words, cli.arguments[1]));
}

/* R12 → 12; 0 when it is no number of that kind. */
static int64_t numbered(const char *text, char letter)
{
	uint64_t number = 0;
	struct bytes b = bytes_of_text(text);
	if (b.len < 2 || (b.at[0] | 0x20) != (unsigned char)(letter | 0x20) || !bytes_number(bytes_from(b, 1), INT64_MAX, &number))
		return 0;
	return (int64_t)number;
}

static int quarantine_usage(struct cli *cli)
{
	fprintf(stderr, "usage: relais quarantine list | attach R<number> REF | return|decline|again R<number>\n");
	return cli_close(cli, CLI_USAGE);
}

int cli_quarantine(int argc, char **argv)
{
	struct cli cli;
	int status = cli_open(&cli, argc, argv, 1, 3, "quarantine list | attach R<number> REF | return|decline|again R<number>");
	if (status != CLI_OK)
		return cli_close(&cli, status);
	const char *verb = cli.arguments[0];
	if (strcmp(verb, "list") == 0 && cli.n == 1)
		return cli_close(&cli, cli_show(&cli, CLI_QUERY(&cli, "select coalesce(jsonb_agg(t), '[]') from relais.quarantine_list() t where $1", P_BOOL(true)),
						"id received_at class reason owner ref message_id"));
	bool attach = strcmp(verb, "attach") == 0;
	int64_t inbox = cli.n >= 2 ? numbered(cli.arguments[1], 'R') : 0;
	if ((!attach && strcmp(verb, "return") != 0 && strcmp(verb, "decline") != 0 && strcmp(verb, "again") != 0) || inbox == 0 || cli.n != (attach ? 3 : 2))
		return quarantine_usage(&cli);
	int64_t dossier = attach ? find(&cli, cli.arguments[2]) : 0;
	if (attach && dossier == 0)
		return cli_close(&cli, CLI_NOT_FOUND);
	return cli_close(&cli, command(&cli, verb, dossier, inbox, json_object(), cli.arguments[1]));
}

int cli_queue(int argc, char **argv)
{
	struct cli cli;
	int status = cli_open(&cli, argc, argv, 0, 1, "queue [failed]");
	if (status != CLI_OK)
		return cli_close(&cli, status);
	bool failed = cli.n == 1;
	if (failed && strcmp(cli.arguments[0], "failed") != 0) {
		fprintf(stderr, "usage: relais queue [failed]\n");
		return cli_close(&cli, CLI_USAGE);
	}
	return cli_close(&cli, cli_show(&cli, CLI_QUERY(&cli, "select coalesce(jsonb_agg(t), '[]') from relais.queue_list($1) t", P_BOOL(failed)),
					"id what state since next_at tries reason ref domain late_since"));
}

int cli_retry(int argc, char **argv)
{
	struct cli cli;
	int status = cli_open(&cli, argc, argv, 1, 1, "retry S<number>");
	if (status != CLI_OK)
		return cli_close(&cli, status);
	int64_t id = numbered(cli.arguments[0], 'S');
	if (id == 0)
		return cli_close(&cli, cli_refuse(&cli, REASON_NOT_FOUND, cli.arguments[0]));
	json_t *done = CLI_QUERY(&cli, "select to_jsonb(coalesce(relais.outbox_retry($1)::text, 'none'))", P_INT(id));
	if (done == NULL)
		return cli_close(&cli, CLI_FAILED);
	const char *answer = json_string_value(done);
	enum reason reason = strcmp(answer, "true") == 0 ? REASON_NONE : strcmp(answer, "false") == 0 ? REASON_OUTBOX_OVER : REASON_NOT_FOUND;
	json_decref(done);
	if (reason != REASON_NONE) {
		cli_refuse(&cli, reason, cli.arguments[0]);
		return cli_close(&cli, CLI_NOT_FOUND);   /* for whoever asks there is no such mail to send */
	}
	printf("retry: %s\n", cli.arguments[0]);
	return cli_close(&cli, CLI_OK);
}
