/* gateway/cli_retention.c - relais retention: what is kept how long, what is over its time, its erasure and the certificates. */
#include "gateway/cli_verbs.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "gateway/cli_erasure.h"
#include "gateway/cli_letter.h"
#include "gateway/cli_view.h"
#include "gateway/erasure_certificate.h"
#include "gateway/json_view.h"
#include "gateway/retention_plan.h"
#include "gateway/rules_json.h"

static const char usage[] = "retention plan [REF] [--all] | run [REF] --confirm NUMBER | again | list | certificate NUMBER [--pdf FILE [--to \"LINE|LINE\"]]";

static int wrong_words(void)
{
	fprintf(stderr, "usage: relais %s\n", usage);
	return CLI_USAGE;
}

/* --- the plan --------------------------------------------------------------------------------- */

static bool read_settings(struct cli *cli, struct deadline_settings *out)
{
	json_t *told = CLI_QUERY(cli, "select coalesce(jsonb_agg(t), '[]') from relais.rule_list($1) t", P_TEXT("settings")), *item;
	size_t i;

	*out = (struct deadline_settings){0};
	json_array_foreach(told, i, item) {
		const char *wrong = rules_setting(cli->arena, json_object_get(item, "data"), (int)json_integer_value(json_object_get(item, "version")), out);
		/* A period that cannot be read any more must not become the default in silence: what was meant to stay would go. */
		if (wrong != NULL && strncmp(json_string_value(json_object_get(item, "key")), "retention.", 10) == 0) {
			fprintf(stderr, "relais: %s: %s\n", json_string_value(json_object_get(item, "key")), wrong);
			json_decref(told);
			return false;
		}
	}
	bool good = told != NULL;
	json_decref(told);
	return good;
}

static enum reason clock_now(struct cli *cli, struct instant *now)
{
	struct store_rows *rows = NULL;
	enum reason reason = STORE_RUN(cli->store, &rows, "select instant from relais.clock_state() where $1", P_BOOL(true));

	if (reason == REASON_NONE)
		*now = store_instant(rows, 0, 0);
	store_free(&rows);
	return reason;
}

static int make_plan(struct cli *cli, const char *only, bool all, struct deadline_settings *settings, struct retention_plan *plan)
{
	struct instant now;

	if (!read_settings(cli, settings))
		return CLI_FAILED;
	enum reason reason = clock_now(cli, &now);
	if (reason == REASON_NONE)
		reason = retention_plan_make(cli->store, cli->arena, &settings->retention, now, only, all, plan);
	if (reason == REASON_NONE && only != NULL && plan->n == 0)
		reason = REASON_NOT_FOUND;
	return reason == REASON_NONE ? CLI_OK : cli_refuse(cli, reason, only);
}

static json_t *rules_told(struct cli *cli, const struct deadline_settings *settings, const struct retention_plan *plan)
{
	json_t *rows = json_array();

	for (enum retention_rule r = 0; r < RETENTION_RULES; r++) {
		const struct retention_row *row = retention_row(r);
		json_array_append_new(rows, json_pack("{s:s, s:s, s:I, s:I, s:I, s:s, s:s}", "rule", row->rule, "period",
			r == RETENTION_ORDER ? "-" : retention_span_text(cli->arena, &settings->retention, r), "due", (json_int_t)retention_plan_due(plan, r), "waiting",
			(json_int_t)retention_plan_waiting(plan, r), "kept", (json_int_t)plan->kept[r], "why", cli->french ? row->fr : row->en, "source", row->source));
	}
	return rows;
}

static json_t *items_told(struct cli *cli, const struct retention_plan *plan)
{
	json_t *rows = json_array();

	for (size_t i = 0; i < plan->n; i++) {
		const struct retention_item *item = &plan->items[i];
		bool goes_on = item->begun && retention_item_goes(item);
		json_array_append_new(rows, json_pack("{s:s, s:o, s:s, s:b, s:s, s:s}", "ref", item->ref, "ends", json_of_instant(item->answer.ends), "rule", retention_row(item->answer.rule)->rule,
			"goes", retention_item_goes(item), "waits", goes_on ? "" : retention_wait_name(item->answer.wait), "because",
			goes_on ? (cli->french ? "effacement commencé, à finir" : "erasure begun, to be ended")
				: retention_wait_words(item->answer.wait, cli->french ? "fr" : "en")));
	}
	return rows;
}

static size_t count_going(const struct retention_plan *plan)
{
	size_t n = 0;

	for (size_t i = 0; i < plan->n; i++)
		n += retention_item_goes(&plan->items[i]);
	return n;
}

static int plan(struct cli *cli, const char *only, bool all)
{
	struct deadline_settings settings;
	struct retention_plan plan;
	int status = make_plan(cli, only, all, &settings, &plan);

	if (status != CLI_OK)
		return status;
	size_t going = count_going(&plan);
	json_t *rules = rules_told(cli, &settings, &plan), *items = items_told(cli, &plan);
	if (cli->json)
		return cli_show(cli, json_pack("{s:I, s:o, s:o}", "confirm", (json_int_t)going, "rules", rules, "items", items), "");
	cli_show(cli, rules, "rule period due waiting kept why source");
	putchar('\n');
	cli_show(cli, items, "ref ends rule goes because");
	printf(cli->french ? "\nRien n'a été effacé. Pour effacer : relais retention run %s%s--confirm %zu\n" : "\nNothing was erased. To erase: relais retention run %s%s--confirm %zu\n",
	       only != NULL ? only : "", only != NULL ? " " : "", going);
	return CLI_OK;
}

/* --- the run ------------------------------------------------------------------------------------- */

/* Those that rest on the same messages: one key may close what is another's. */
struct group {
	const struct retention_item **items;
	size_t n;
	int64_t *numbers;          /* of their erasures */
	struct bytes *records;     /* the keeper's, of the keys that it destroyed */
	size_t destroyed;
};

static enum reason begin(struct cli *cli, struct group *g)
{
	struct bytes *ids = arena_alloc(cli->arena, g->n * sizeof *ids), *rules = arena_alloc(cli->arena, g->n * sizeof *rules);
	struct store_rows *rows = NULL;

	for (size_t i = 0; i < g->n; i++) {
		ids[i] = bytes_of_text(arena_printf(cli->arena, "%lld", (long long)g->items[i]->id));
		rules[i] = bytes_of_text(retention_row(g->items[i]->answer.rule)->rule);
	}
	enum reason reason = STORE_RUN(cli->store, &rows, "select n from relais.erasure_begin($1::text[]::bigint[], $2, $3) n", P_TEXTS(ids, g->n), P_TEXTS(rules, g->n), P_TEXT(cli_actor()));
	for (size_t i = 0; reason == REASON_NONE && i < g->n; i++)
		g->numbers[i] = store_int(rows, i, 0);
	store_free(&rows);
	return reason;
}

/* In one transaction, in which no hold can be set: the keys first, then the columns. Where a key could not be destroyed the others are ended; cut off between
 * the two, the next run goes on, or `again` from the keeper's own list. */
static enum reason destroy_and_end(struct cli *cli, struct group *g)
{
	enum reason reason = begin(cli, g), ended = REASON_NONE;

	while (reason == REASON_NONE && g->destroyed < g->n) {
		reason = cli_erasure_destroy(cli, g->items[g->destroyed]->ref, &g->records[g->destroyed]);
		g->destroyed += reason == REASON_NONE;
	}
	for (size_t i = 0; ended == REASON_NONE && i < g->destroyed; i++)
		ended = STORE_RUN(cli->store, NULL, "select relais.erasure_end($1, $2)", P_INT(g->numbers[i]), P_JSON(g->records[i]));
	if (ended == REASON_NONE && g->destroyed > 0)
		ended = store_commit(cli->store);
	else
		store_rollback(cli->store);
	if (ended != REASON_NONE)
		g->destroyed = 0;
	return ended != REASON_NONE ? ended : reason;
}

static enum reason erase_group(struct cli *cli, struct group *g)
{
	g->numbers = arena_alloc(cli->arena, g->n * sizeof *g->numbers);
	g->records = arena_alloc(cli->arena, g->n * sizeof *g->records);
	enum reason reason = begin(cli, g);

	if (reason == REASON_NONE)
		reason = store_begin(cli->store);
	return reason == REASON_NONE ? destroy_and_end(cli, g) : reason;
}

static void tell_one(const struct cli *cli, const char *ref, enum reason reason)
{
	if (reason != REASON_NONE)
		cli_refuse(cli, reason, ref);
	else if (!cli->json)
		printf(cli->french ? "%s : effacé\n" : "%s: erased\n", ref);
}

static bool comes_first(const struct group *g)
{
	for (size_t i = 1; i < g->n; i++)
		if (g->items[i]->id < g->items[0]->id)
			return false;
	return true;
}

static size_t erase_dossiers(struct cli *cli, const struct retention_plan *plan, size_t *failed)
{
	size_t done = 0;

	for (size_t i = 0; i < plan->n; i++) {
		struct group g = {0};
		if (plan->items[i].kind != 'D' || !retention_item_goes(&plan->items[i]))
			continue;
		g.n = retention_plan_group(plan, cli->arena, &plan->items[i], &g.items);
		if (!comes_first(&g))
			continue;   /* with its first */
		enum reason reason = erase_group(cli, &g);
		for (size_t k = 0; k < g.n; k++)
			tell_one(cli, g.items[k]->ref, k < g.destroyed ? REASON_NONE : reason);
		done += g.destroyed;
		*failed += g.n - g.destroyed;
	}
	return done;
}

static json_t *numbers(const struct retention_plan *plan, char kind)
{
	json_t *list = json_array();

	for (size_t i = 0; i < plan->n; i++)
		if (plan->items[i].kind == kind && retention_item_goes(&plan->items[i]))
			json_array_append_new(list, json_integer(plan->items[i].id));
	return list;
}

/* All messages of no dossier under one number, all service mails under another. */
static size_t erase_apart(struct cli *cli, const struct retention_plan *plan, char kind, enum retention_rule rule, size_t *failed)
{
	struct store_rows *rows = NULL;
	json_t *list = numbers(plan, kind);
	size_t n = json_array_size(list);
	struct bytes ids = json_write(cli->arena, list), none = BYTES("[]");

	if (n == 0)
		return 0;
	enum reason reason = STORE_RUN(cli->store, &rows, "select relais.erasure_apart(array(select jsonb_array_elements_text($1)::bigint), array(select jsonb_array_elements_text($2)::bigint), $3, $4)",
				       P_JSON(kind == 'R' ? ids : none), P_JSON(kind == 'S' ? ids : none), P_TEXT(retention_row(rule)->rule), P_TEXT(cli_actor()));
	/* What was held or taken up again since the plan was made is left. */
	size_t gone = reason == REASON_NONE ? (size_t)store_int(rows, 0, 0) : 0;
	store_free(&rows);
	tell_one(cli, retention_row(rule)->rule, reason);
	*failed += n - gone;
	return gone;
}

static int run(struct cli *cli, const char *only, const char *confirm)
{
	struct deadline_settings settings;
	struct retention_plan plan;
	uint64_t wanted;
	size_t failed = 0;

	if (!bytes_number(bytes_of_text(confirm), SIZE_MAX, &wanted))
		return wrong_words();
	enum reason may = STORE_RUN(cli->store, NULL, "select relais.erasure_may() where $1", P_BOOL(true));
	if (may != REASON_NONE)
		return cli_refuse(cli, may, NULL);
	int status = make_plan(cli, only, false, &settings, &plan);
	if (status != CLI_OK)
		return status;
	if (count_going(&plan) != wanted) {
		fprintf(stderr, cli->french ? "relais: le plan en compte %zu, et non %s : relisez relais retention plan\n" : "relais: the plan counts %zu, not %s: read relais retention plan again\n",
			count_going(&plan), confirm);
		return CLI_FAILED;
	}
	size_t done = erase_dossiers(cli, &plan, &failed);
	done += erase_apart(cli, &plan, 'R', RETENTION_APART, &failed);
	done += erase_apart(cli, &plan, 'S', RETENTION_SERVICE, &failed);
	if (cli->json)
		printf("{\"erased\": %zu, \"failed\": %zu}\n", done, failed);
	else
		printf(cli->french ? "%zu effacés, %zu non\n" : "%zu erased, %zu not\n", done, failed);
	return failed == 0 ? CLI_OK : CLI_FAILED;
}

/* --- again ------------------------------------------------------------------------------------------- */

/* What the keeper destroyed and this database does not know of: it was restored from a backup. */
static int again(struct cli *cli)
{
	size_t done = 0;
	enum reason reason = cli_erasure_again(cli, &done);

	if (reason != REASON_NONE)
		return cli_refuse(cli, reason, NULL);
	if (cli->json)
		printf("{\"again\": %zu}\n", done);
	else
		printf(cli->french ? "%zu effacements appliqués de nouveau\n" : "%zu erasures applied again\n", done);
	return CLI_OK;
}

/* --- certificates -------------------------------------------------------------------------------------- */

#define LIST_SQL "select coalesce(jsonb_agg(t), '[]') from relais.erasure_list() t where $1"

static json_t *certificate_row(struct cli *cli, const char *number)
{
	uint64_t n;
	json_t *rows = CLI_QUERY(cli, LIST_SQL, P_BOOL(true)), *found = NULL, *row;
	size_t i;

	if (rows == NULL)
		return NULL;
	json_array_foreach(rows, i, row) {
		if (bytes_number(bytes_of_text(number), INT64_MAX, &n) && (uint64_t)json_integer_value(json_object_get(row, "number")) == n)
			found = json_incref(row);
	}
	json_decref(rows);
	if (found == NULL)
		cli_refuse(cli, REASON_NOT_FOUND, number);
	return found;
}

static int write_pdf(struct cli *cli, struct bytes pdf, const char *path)
{
	int file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	bool whole = file >= 0 && write(file, pdf.at, pdf.len) == (ssize_t)pdf.len;

	if (file >= 0 && close(file) != 0)
		whole = false;
	return whole ? CLI_OK : cli_refuse(cli, REASON_IO, path);
}

static int certificate(struct cli *cli, const char *number, const char *path, const char *to)
{
	json_t *row = certificate_row(cli, number);
	struct bytes pdf;

	if (row == NULL)
		return CLI_NOT_FOUND;
	if (cli->json)
		return cli_show(cli, row, "");
	const char *templates = cli_beside(cli->arena, "../share/relais/templates"), *text = erasure_certificate_text(cli->arena, cli->config, row, cli->french);
	json_t *letter = path == NULL ? NULL : erasure_certificate_letter(cli->arena, cli->config, row, to != NULL ? to : "", cli->french);
	json_decref(row);
	if (path == NULL) {
		fputs(text, stdout);
		return CLI_OK;
	}
	if (letter == NULL || templates == NULL)
		return cli_refuse(cli, REASON_USAGE, "--to");
	return cli_letter(cli->arena, templates, letter, &pdf) ? write_pdf(cli, pdf, path) : CLI_FAILED;
}

/* --- the verb -------------------------------------------------------------------------------------------- */

int cli_retention(int argc, char **argv)
{
	struct cli cli;
	int status = cli_open(&cli, argc, argv, 1, 6, usage);

	if (status != CLI_OK)
		return cli_close(&cli, status);
	const char *confirm = cli_option(&cli, "--confirm", true), *pdf = cli_option(&cli, "--pdf", true), *to = cli_option(&cli, "--to", true);
	bool all = cli_option(&cli, "--all", false) != NULL;
	const char *verb = cli.n > 0 ? cli.arguments[0] : "", *word = cli.n > 1 ? cli.arguments[1] : NULL;
	/* As long as it takes: what was begun is ended. When this is refused, so is what follows. */
	(void)!store_script(cli.store, cli.arena, "set statement_timeout = 0; set idle_in_transaction_session_timeout = 0; set jit = off", NULL);
	if (cli.n <= 2 && strcmp(verb, "plan") == 0 && confirm == NULL && pdf == NULL)
		status = plan(&cli, word, all);
	else if (cli.n <= 2 && strcmp(verb, "run") == 0 && confirm != NULL && !all && pdf == NULL)
		status = run(&cli, word, confirm);
	else if (cli.n == 1 && strcmp(verb, "again") == 0)
		status = again(&cli);
	else if (cli.n == 1 && strcmp(verb, "list") == 0)
		status = cli_show(&cli, CLI_QUERY(&cli, LIST_SQL, P_BOOL(true)), "number ref rule actor done_at messages mails documents");
	else if (cli.n == 2 && strcmp(verb, "certificate") == 0)
		status = certificate(&cli, word, pdf, to);
	else
		status = wrong_words();
	return cli_close(&cli, status);
}
