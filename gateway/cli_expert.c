/* gateway/cli_expert.c - relais expert load|lacking|leave, and relais dossier experts REF: who can be asked, who not, and why.
 *
 * The policy itself is asked (policy/route.h), over the same rows as the worker reads. */
#include "gateway/cli_expert.h"

#include <stdio.h>
#include <string.h>

#include "gateway/cli_verbs.h"
#include "gateway/dossier_rows.h"
#include "gateway/json_view.h"
#include "policy/route.h"

static const char usage[] = "expert list | import FILE | load [PATHOLOGY] | lacking | leave [RPPS FROM UNTIL | end NUMBER]";

/* The register, or a part of it, as it is now. */
struct pool {
	json_t *kept;                /* JSON that the experts are views on */
	const struct expert *experts;
	size_t n;
	struct instant now;
};

static enum reason read_now(struct cli *cli, struct instant *out)
{
	struct store_rows *rows = NULL;
	enum reason reason = STORE_RUN(cli->store, &rows, "select instant from relais.clock_state() where $1", P_BOOL(true));

	if (reason == REASON_NONE)
		*out = store_instant(rows, 0, 0);
	store_free(&rows);
	return reason;
}

/* pathology empty: all experts. */
static enum reason read_pool(struct cli *cli, struct bytes pathology, const struct bytes *named, size_t n_named, struct pool *out)
{
	struct store_rows *rows = NULL;

	*out = (struct pool){.kept = json_array()};
	enum reason reason = read_now(cli, &out->now);
	if (reason == REASON_NONE)
		reason = STORE_RUN(cli->store, &rows, "select " EXPERT_COLUMNS " from relais.expert_candidates($1, $2, $3)",
				   pathology.len > 0 ? P_TEXT_B(pathology) : P_NULL, P_TEXTS(named, n_named), P_INSTANT(out->now));
	if (reason == REASON_NONE)
		out->experts = expert_rows(cli->arena, out->kept, rows, &out->n);
	store_free(&rows);
	return reason;
}

static const char *language(const struct cli *cli)
{
	return cli->french ? "fr" : "en";
}

static void put_day(json_t *row, const char *key, struct instant at)
{
	if (at.us != 0)
		json_object_set_new(row, key, json_of_instant(at));
}

static json_t *expert_row(const struct cli *cli, const struct expert *e, enum exclusion why, struct bytes about)
{
	return json_pack("{s:o, s:o, s:s, s:s, s:o, s:i, s:i, s:i, s:i}", "rpps", json_of(e->rpps), "name", json_of(e->name), "why", exclusion_name(why),
			 "says", exclusion_label(why, language(cli)), "about", json_of(about), "load", (int)e->load, "asked", (int)e->asked, "week", (int)e->week,
			 "capacity", (int)e->capacity);
}

/* --- relais dossier experts REF ------------------------------------------------------ */

static enum reason read_dossier(struct cli *cli, int64_t id, struct bytes ref, struct dossier *out)
{
	struct store_rows *rows = NULL;
	enum reason reason = STORE_RUN(cli->store, &rows, "select seq::bigint, at, kind, data, actor, rule, inbox from relais.dossier_history($1)", P_INT(id));

	*out = dossier_begin(cli->arena, id, ref);
	if (reason == REASON_NONE)
		reason = dossier_rows(rows, out);
	store_free(&rows);
	return reason;
}

static size_t named_of(struct cli *cli, const struct dossier *d, struct bytes **out)
{
	*out = arena_alloc(cli->arena, (d->n_offers + 1) * sizeof **out);
	for (size_t i = 0; i < d->n_offers; i++)
		(*out)[i] = d->offers[i].rpps;
	return d->n_offers;
}

/* Who would be asked next stands first, then who could be, then the others. */
static json_t *dossier_table(struct cli *cli, const struct dossier *d, const struct pool *pool)
{
	const struct expert *next;
	json_t *first = json_array(), *rest = json_array(), *row;
	bool any = route_choose(cli->arena, pool->experts, pool->n, d, pool->now, &next, NULL, NULL) == REASON_NONE;

	for (size_t i = 0; i < pool->n; i++) {
		struct bytes about;
		enum exclusion why = route_judge(cli->arena, &pool->experts[i], d, pool->now, &about);
		row = expert_row(cli, &pool->experts[i], why, about);
		put_day(row, "offered_at", pool->experts[i].offered_at);
		if (any && &pool->experts[i] == next) {
			json_object_set_new(row, "next", json_true());
			json_array_insert_new(first, 0, row);
		} else {
			json_array_append_new(why == EXCLUSION_NONE ? first : rest, row);
		}
	}
	json_array_extend(first, rest);
	json_decref(rest);
	return first;
}

int cli_dossier_experts(struct cli *cli, int64_t id, const char *ref)
{
	struct dossier d;
	struct pool pool = {0};
	struct bytes *named = NULL;
	enum reason reason = read_dossier(cli, id, bytes_of_text(ref), &d);
	size_t n = reason == REASON_NONE ? named_of(cli, &d, &named) : 0;

	if (reason == REASON_NONE && d.request.pathology.len == 0)
		reason = REASON_REQUEST_UNQUALIFIED;
	if (reason == REASON_NONE)
		reason = read_pool(cli, d.request.pathology, named, n, &pool);
	int status = reason == REASON_NONE ? cli_show(cli, dossier_table(cli, &d, &pool), "rpps name says about load week capacity offered_at") : cli_refuse(cli, reason, ref);
	json_decref(pool.kept);
	return status;
}

/* --- relais expert load, lacking ------------------------------------------------------- */

static enum reason read_silences(struct cli *cli, struct instant now, struct store_rows **rows)
{
	return STORE_RUN(cli->store, rows, "select rpps, silences from relais.expert_silence($1)", P_INSTANT(now));
}

static int64_t silences_of(const struct store_rows *rows, struct bytes rpps)
{
	for (size_t i = 0; i < store_count(rows); i++)
		if (bytes_equal(store_bytes(rows, i, 0), rpps))
			return store_int(rows, i, 1);
	return 0;
}

/* The pathology that is asked about, else the first of his own: what keeps him from it keeps him from all. */
static json_t *load_row(struct cli *cli, const struct expert *e, struct bytes pathology, const struct pool *pool, const struct store_rows *silences)
{
	const struct expert_leave *leave = expert_away(e, pool->now);
	struct bytes about;
	enum exclusion why = route_available(cli->arena, e, pathology.len > 0 || e->pathologies.n == 0 ? pathology : e->pathologies.at[0], pool->now, &about);
	json_t *row = expert_row(cli, e, why, about);

	json_object_set_new(row, "state", json_string(expert_state_name(e->state)));
	json_object_set_new(row, "unanswered", json_integer(silences_of(silences, e->rpps)));
	put_day(row, "offered_at", e->offered_at);
	if (leave != NULL)
		put_day(row, "away_until", leave->until);
	return row;
}

static int load(struct cli *cli, struct bytes pathology)
{
	struct pool pool = {0};
	struct store_rows *silences = NULL;
	json_t *table = json_array();
	enum reason reason = read_pool(cli, pathology, NULL, 0, &pool);

	if (reason == REASON_NONE)
		reason = read_silences(cli, pool.now, &silences);
	for (size_t i = 0; reason == REASON_NONE && i < pool.n; i++)
		json_array_append_new(table, load_row(cli, &pool.experts[i], pathology, &pool, silences));
	store_free(&silences);
	json_decref(pool.kept);
	if (reason == REASON_NONE)
		return cli_show(cli, table, "rpps name state capacity week asked load unanswered away_until says about");
	json_decref(table);
	return cli_refuse(cli, reason, "load");
}

static bool is_registered(const struct expert *e, struct bytes pathology)
{
	for (size_t i = 0; i < e->pathologies.n; i++)
		if (bytes_equal(e->pathologies.at[i], pathology))
			return true;
	return false;
}

/* NULL when two or more could be asked today. */
static json_t *lacking_row(struct cli *cli, const json_t *pathology, const struct pool *pool)
{
	struct bytes code = json_view(pathology, "key");
	const char *who = "";
	int registered = 0, available = 0;

	for (size_t i = 0; i < pool->n; i++) {
		const struct expert *e = &pool->experts[i];
		if (!is_registered(e, code))
			continue;
		registered++;
		if (route_available(cli->arena, e, code, pool->now, NULL) != EXCLUSION_NONE)
			continue;
		available++;
		who = arena_text(cli->arena, e->name);
	}
	if (available >= 2)
		return NULL;
	return json_pack("{s:o, s:o, s:i, s:i, s:s}", "pathology", json_of(code), "title", json_of(json_view(pathology, "title")), "registered", registered,
			 "available", available, "who", who);
}

static int lacking(struct cli *cli)
{
	struct pool pool = {0};
	json_t *table = json_array(), *one;
	enum reason reason = read_pool(cli, BYTES_NONE, NULL, 0, &pool);
	json_t *pathologies = reason != REASON_NONE ? NULL
						    : CLI_QUERY(cli, "select coalesce(jsonb_agg(jsonb_build_object('key', t.key, 'title', coalesce(t.data->>'title_fr', t.data->>'title')) "
								     "order by t.key), '[]') from relais.rule_list('pathology') t where $1", P_BOOL(true));
	size_t i;

	json_array_foreach(pathologies, i, one) {
		json_t *row = lacking_row(cli, one, &pool);
		if (row != NULL)
			json_array_append_new(table, row);
	}
	json_decref(pathologies);
	json_decref(pool.kept);
	if (reason == REASON_NONE && pathologies != NULL)
		return cli_show(cli, table, "pathology title registered available who");
	json_decref(table);
	return reason != REASON_NONE ? cli_refuse(cli, reason, "lacking") : CLI_FAILED;
}

/* --- relais expert leave ------------------------------------------------------------------- */

static int leave_list(struct cli *cli)
{
	struct instant now;
	enum reason reason = read_now(cli, &now);

	if (reason != REASON_NONE)
		return cli_refuse(cli, reason, "leave");
	return cli_show(cli, CLI_QUERY(cli, "select coalesce(jsonb_agg(t), '[]') from relais.leave_list($1) t", P_INSTANT(now)),
			"number rpps name from_at until_at source actor message dossiers");
}

/* His open dossiers are told with it: who is away answers none of them. */
static int leave_add(struct cli *cli, char **words)
{
	struct expert_leave leave;
	struct instant now;
	enum reason reason = read_now(cli, &now);

	if (reason == REASON_NONE && (!expert_day(bytes_of_text(words[1]), &leave.from) || !expert_day_end(bytes_of_text(words[2]), &leave.until) ||
				      !instant_before(leave.from, leave.until) || !instant_before(now, leave.until)))
		reason = REASON_USAGE;
	if (reason == REASON_NONE)
		reason = STORE_RUN(cli->store, NULL, "select relais.leave_add($1, $2, $3, 'operator', $4, null, null, $5)", P_TEXT(words[0]), P_INSTANT(leave.from),
				   P_INSTANT(leave.until), P_TEXT(cli_actor()), P_INSTANT(now));
	if (reason != REASON_NONE)
		return cli_refuse(cli, reason, words[0]);
	return cli_show(cli, CLI_QUERY(cli, "select coalesce(jsonb_agg(t), '[]') from relais.expert_open($1) t", P_TEXT(words[0])), "ref state due_at");
}

static int leave_end(struct cli *cli, const char *number)
{
	uint64_t n = 0;
	struct instant now;
	enum reason reason = bytes_number(bytes_of_text(number), INT64_MAX, &n) ? read_now(cli, &now) : REASON_USAGE;
	struct store_rows *rows = NULL;

	if (reason == REASON_NONE)
		reason = STORE_RUN(cli->store, &rows, "select relais.leave_end($1, $2, $3)", P_INT(n), P_TEXT(cli_actor()), P_INSTANT(now));
	if (reason == REASON_NONE && !store_int(rows, 0, 0))
		reason = REASON_NOT_FOUND;
	store_free(&rows);
	if (reason != REASON_NONE)
		return cli_refuse(cli, reason, number);
	printf(cli->json ? "{\"done\": \"%s\", \"of\": \"%s\"}\n" : "%s: %s\n", "leave end", number);
	return CLI_OK;
}

static int leave(struct cli *cli)
{
	if (cli->n == 1)
		return leave_list(cli);
	if (cli->n == 3 && strcmp(cli->arguments[1], "end") == 0)
		return leave_end(cli, cli->arguments[2]);
	if (cli->n == 4)
		return leave_add(cli, cli->arguments + 1);
	fprintf(stderr, "usage: relais %s\n", usage);
	return CLI_USAGE;
}

int cli_expert(int argc, char **argv)
{
	struct cli cli;
	const char *verb = argc > 1 ? argv[1] : "";

	if (strcmp(verb, "load") != 0 && strcmp(verb, "lacking") != 0 && strcmp(verb, "leave") != 0)
		return cli_rules("expert", argc, argv);
	int status = cli_open(&cli, argc, argv, 1, 4, usage);
	if (status != CLI_OK)
		return cli_close(&cli, status);
	if (strcmp(cli.arguments[0], "leave") == 0)
		return cli_close(&cli, leave(&cli));
	if (strcmp(cli.arguments[0], "load") == 0 && cli.n <= 2)
		return cli_close(&cli, load(&cli, cli.n == 2 ? bytes_of_text(cli.arguments[1]) : BYTES_NONE));
	if (strcmp(cli.arguments[0], "lacking") == 0 && cli.n == 1)
		return cli_close(&cli, lacking(&cli));
	fprintf(stderr, "usage: relais %s\n", usage);
	return cli_close(&cli, CLI_USAGE);
}
