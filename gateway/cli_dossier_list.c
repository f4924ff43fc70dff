/* gateway/cli_dossier_list.c - relais dossier list, and the head of show: where a dossier stands and what it waits for. */
#include "gateway/cli_dossier.h"

#include <stdio.h>

#include "gateway/dossier_snapshots.h"
#include "gateway/json_view.h"
#include "policy/promise.h"
#include "policy/story.h"
#include "policy/worklist.h"

enum { HEAD_MEMORY = 512 * 1024 * 1024 };

/* --- list ------------------------------------------------------------------------------ */

/* The state as people call it, and that the promise is missed, in words. */
static void say_states(const struct cli *cli, json_t *rows)
{
	size_t i;
	json_t *row;

	json_array_foreach(rows, i, row) {
		enum dossier_state state = dossier_state_of_name(json_view(row, "state"));
		json_object_set_new(row, "label", json_string(dossier_state_label(state, cli->french ? "fr" : "en")));
		if (json_truth(row, "late"))
			json_object_set_new(row, "late", json_string(cli->french ? "en retard" : "late"));
		else
			json_object_set_new(row, "late", json_string(""));
	}
}

int cli_dossier_list(struct cli *cli, const struct cli_dossier_wish *wish)
{
	/* Late is what a person is told to be: the task stands as long as the promise is missed. */
	json_t *rows = CLI_QUERY(cli,
		"select coalesce(jsonb_agg(to_jsonb(x) order by x.opened_at, x.ref), '[]') from ("
		"  select t.*, k.tasks, coalesce(k.late, false) as late from relais.dossier_list($1) t"
		"    left join (select s.ref, count(*) as tasks, bool_or(s.name = 'overdue') as late from relais.task_list(null) s group by 1) k on k.ref = t.ref) x"
		" where ($2::text is null or x.state = $2) and ($3::text is null or x.expert = $3) and ($4::text is null or x.pathology = $4) and (not $5 or x.late)",
		P_BOOL(!wish->all), P_TEXT(wish->state), P_TEXT(wish->expert), P_TEXT(wish->pathology), P_BOOL(wish->late));

	if (rows != NULL && !cli->json)
		say_states(cli, rows);
	return cli_show(cli, rows, "ref state label late tasks pathology opened_at complete_at due_at expert events");
}

/* --- the head of show ------------------------------------------------------------------- */

static const char *hours_text(struct arena *arena, struct span span, bool french)
{
	int64_t minutes = span.us / SPAN_MINUTES(1).us;
	return arena_printf(arena, french ? "%lld j %lld h %lld min" : "%lld d %lld h %lld min", (long long)(minutes / 1440), (long long)(minutes / 60 % 24), (long long)(minutes % 60));
}

static json_t *instant_or_null(struct instant at)
{
	return at.us != 0 ? json_of_instant(at) : json_null();
}

json_t *cli_dossier_head(struct cli *cli, int64_t id)
{
	struct arena *arena = arena_create(HEAD_MEMORY);
	struct dossier_snapshot file;
	struct dossier d = dossier_begin(arena, id, BYTES_NONE);
	const char *language = cli->french ? "fr" : "en";
	json_t *head = NULL;
	enum reason reason = dossier_snapshot_read(cli->store, arena, id, &file);

	if (reason == REASON_NONE)
		reason = dossier_fold(&d, file.events, file.n_events, NULL);
	if (reason == REASON_NONE) {
		const struct dossier_offer *holder = dossier_accepted_offer(&d), *live = dossier_live_offer(&d);
		const struct dossier_offer *expert = holder != NULL ? holder : live;
		struct promise p = promise_of(&d, file.now);
		head = json_pack("{s:o, s:s, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "reference", json_of(file.reference), "state", dossier_state_name(d.state), "label",
				 dossier_state_label(d.state, language), "since", json_of_instant(d.changed_at), "opened_at", json_of_instant(d.opened_at), "complete_at",
				 instant_or_null(d.complete_at), "due_at", instant_or_null(d.due_at), "gross", p.begun ? json_string(hours_text(arena, p.gross, cli->french)) : json_null(),
				 "net", p.begun ? json_string(hours_text(arena, p.net, cli->french)) : json_null(), "frozen_at", instant_or_null(d.frozen_at), "missing",
				 json_of(d.pieces_complete ? BYTES_NONE : d.missing));
		json_object_set_new(head, "expert", expert != NULL ? json_of(expert->name) : json_null());
		json_object_set_new(head, "version", json_integer(dossier_version(&d)));
		json_object_set_new(head, "late", json_boolean(p.late));
	} else {
		cli_refuse(cli, reason, NULL);
	}
	arena_destroy(&arena);
	if (head != NULL)
		json_object_set_new(head, "tasks", CLI_QUERY(cli, "select coalesce(jsonb_agg(t order by t.rank, t.late desc, t.since), '[]') from relais.task_list(null) t where t.ref = $1",
							     P_TEXT(json_string_value(json_object_get(head, "reference")))));
	return head;
}

static void print_at(const struct cli *cli, const char *title, const json_t *head, const char *key)
{
	struct instant at;

	if (json_instant(head, key, &at))
		printf("  %s %s\n", title, story_time(cli->arena, at, cli->french ? "fr" : "en"));
}

void cli_dossier_print_head(const struct cli *cli, const json_t *head)
{
	bool fr = cli->french;
	const char *expert = json_string_value(json_object_get(head, "expert")), *net = json_string_value(json_object_get(head, "net"));
	size_t i;
	const json_t *task;

	printf("%s  %s%s\n", json_string_value(json_object_get(head, "reference")), json_string_value(json_object_get(head, "label")),
	       json_truth(head, "late") ? (fr ? ", en retard" : ", late") : "");
	print_at(cli, fr ? "depuis le" : "since", head, "since");
	print_at(cli, fr ? "ouvert le" : "opened", head, "opened_at");
	print_at(cli, fr ? "complet le" : "complete", head, "complete_at");
	print_at(cli, fr ? "à remettre avant le" : "due", head, "due_at");
	print_at(cli, fr ? "GELÉ depuis le" : "FROZEN since", head, "frozen_at");
	if (net != NULL)
		printf(fr ? "  délai net %s, brut %s\n" : "  net time %s, gross %s\n", net, json_string_value(json_object_get(head, "gross")));
	if (expert != NULL)
		printf("  expert %s\n", expert);
	if (json_view(head, "missing").len > 0)
		printf(fr ? "  il manque %s\n" : "  missing %s\n", json_string_value(json_object_get(head, "missing")));
	json_array_foreach(json_object_get(head, "tasks"), i, task) {
		printf(fr ? "  à faire : %s. %s\n" : "  to do: %s. %s\n", worklist_what(json_view(task, "name"), fr ? "fr" : "en"), worklist_do(json_view(task, "name"), fr ? "fr" : "en"));
	}
	printf("\n");
}
