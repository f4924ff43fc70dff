/* gateway/cli_settings.c - see cli_settings.h. */
#include "gateway/cli_settings.h"

#include "gateway/json_view.h"
#include "gateway/rules_json.h"
#include "policy/fee.h"

/* What cannot be read any more is not in force, and is shown as its default with its version. */
static json_t *read_told(struct cli *cli, struct deadline_settings *settings)
{
	json_t *versions = json_object(), *item;
	size_t i;
	json_t *told = CLI_QUERY(cli, "select coalesce(jsonb_agg(t), '[]') from relais.rule_list($1) t", P_TEXT("settings"));

	json_array_foreach(told, i, item) {
		json_t *version = json_object_get(item, "version");
		if (rules_setting(cli->arena, json_object_get(item, "data"), (int)json_integer_value(version), settings) == NULL)
			json_object_set(versions, json_string_value(json_object_get(item, "key")), version);
	}
	json_decref(told);
	return versions;
}

static void add(json_t *rows, const json_t *versions, const char *name, const char *value, const char *usual, const char *about,
		const char *source)
{
	json_t *version = json_object_get(versions, name);

	json_array_append_new(rows, json_pack("{s:s, s:s, s:s, s:O?, s:s, s:s}", "setting", name, "value", value, "default", usual, "version", version,
					      "source", source, "about", about));
}

int cli_settings_list(struct cli *cli)
{
	static const char *const about[DEADLINE_WINDOWS][2] = {
		[WINDOW_PATIENTS] = {"Heures des messages aux patients, dans leur fuseau", "Hours of mail to patients, in their own zone"},
		[WINDOW_PROFESSIONALS] = {"Heures des rappels aux professionnels, jours ouvrés", "Hours of reminders to professionals, on working days"},
		[WINDOW_NURSES] = {"Heures de travail des infirmières, jours ouvrés", "Working hours of the nurses, on working days"},
	};
	struct deadline_settings settings = {0};
	json_t *versions = read_told(cli, &settings), *rows = json_array();

	for (enum deadline_kind k = DEADLINE_NONE + 1; k < DEADLINES; k++) {
		const struct deadline_row *row = deadline_row(k);
		add(rows, versions, row->name, deadline_span_text(cli->arena, &settings, k), deadline_span_text(cli->arena, NULL, k),
		    cli->french ? row->fr : row->en, row->source);
	}
	for (enum deadline_window w = 0; w < DEADLINE_WINDOWS; w++)
		add(rows, versions, deadline_window_name(w), deadline_window_text(cli->arena, &settings, w), deadline_window_text(cli->arena, NULL, w),
		    about[w][!cli->french], w == WINDOW_NURSES ? "(A)" : "3.1");
	add(rows, versions, "fee.cents", arena_printf(cli->arena, "%u", fee_cents(&settings)), arena_printf(cli->arena, "%u", fee_cents(NULL)),
	    cli->french ? "Honoraire d'un avis remis, en centimes d'euro" : "Fee of an opinion that was delivered, in cents of a euro", "F06");
	for (enum retention_rule r = 0; r < RETENTION_ORDER; r++)
		add(rows, versions, retention_row(r)->name, retention_span_text(cli->arena, &settings.retention, r), retention_span_text(cli->arena, NULL, r),
		    cli->french ? retention_row(r)->fr : retention_row(r)->en, retention_row(r)->source);
	json_decref(versions);
	return cli_show(cli, rows, "setting value default version about");
}
