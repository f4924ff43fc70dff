/* gateway/rules_all.c - see rules_all.h. */
#include "gateway/rules_all.h"

#include <string.h>

#include "gateway/json_view.h"
#include "gateway/pathology_json.h"
#include "gateway/rules_json.h"

struct kind {
	const char *name;            /* of relais.rule_list */
	const char *list;            /* in a change */
	const char *keys[2];         /* members that make two items the same */
};

static const struct kind pathologies = {"pathology", "pathologies", {"code", "version"}}, questionnaires = {"questionnaire", "questionnaires", {"url", "version"}},
			 experts = {"expert", "experts", {"rpps"}}, senders = {"sender", "senders", {"organisation"}},
			 recipients = {"recipient", "recipients", {"recipient"}}, settings_kind = {"settings", "settings", {"setting"}};

/* --- lists of items ------------------------------------------------------------------ */

static bool is_same(const struct kind *kind, const json_t *a, const json_t *b)
{
	for (size_t i = 0; i < 2 && kind->keys[i] != NULL; i++)
		if (!bytes_equal_nocase(json_view(a, kind->keys[i]), json_view(b, kind->keys[i])))
			return false;
	return true;
}

static void put(const struct kind *kind, json_t *list, json_t *item)
{
	size_t i;
	json_t *old;

	json_array_foreach(list, i, old) {
		if (is_same(kind, old, item)) {
			json_array_set(list, i, item);
			return;
		}
	}
	json_array_append(list, item);
}

/* What is in force with the change in it; kept in out. NULL after the database's refusal. */
static json_t *items_of(struct cli *cli, const struct kind *kind, const json_t *change, struct rules_all *out)
{
	json_t *rows = CLI_QUERY(cli, "select coalesce(jsonb_agg(t order by t.key), '[]') from relais.rule_list($1) t", P_TEXT(kind->name));
	json_t *list = json_array(), *row, *item;
	size_t i;

	if (rows == NULL) {
		json_decref(list);
		return NULL;
	}
	json_array_foreach(rows, i, row) {
		json_array_append(list, json_object_get(row, "data"));
	}
	json_array_foreach(change, i, item) {
		put(kind, list, item);
	}
	json_decref(rows);
	json_array_append_new(out->kept, list);
	return list;
}

static const char *place(struct cli *cli, const struct kind *kind, const json_t *item, const char *wrong)
{
	struct bytes key = json_view(item, kind->keys[0]);
	return arena_printf(cli->arena, "%s %.*s: %s", kind->name, (int)key.len, (const char *)key.at, wrong);
}

/* --- each kind --------------------------------------------------------------------------- */

typedef const char *reader(struct arena *arena, const json_t *item, void *out);

static const char *read_expert(struct arena *arena, const json_t *item, void *out)
{
	return rules_expert(arena, item, out);
}

static const char *read_sender(struct arena *arena, const json_t *item, void *out)
{
	return rules_organisation(arena, item, out);
}

static const char *read_recipient(struct arena *arena, const json_t *item, void *out)
{
	return rules_recipient(arena, item, out);
}

static const char *no_database = "the database could not be asked";

static const char *read_all(struct cli *cli, const struct kind *kind, const json_t *change, reader *read, size_t size, struct rules_all *all, void **out, size_t *n)
{
	json_t *list = items_of(cli, kind, json_object_get(change, kind->list), all), *item;
	size_t i;

	if (list == NULL)
		return no_database;
	unsigned char *values = arena_alloc(cli->arena, (json_array_size(list) + 1) * size);
	json_array_foreach(list, i, item) {
		const char *wrong = read(cli->arena, item, values + i * size);
		if (wrong != NULL)
			return place(cli, kind, item, wrong);
	}
	*out = values;
	*n = json_array_size(list);
	return NULL;
}

static const json_t *find_questionnaire(const json_t *list, struct bytes canonical)
{
	size_t i;
	const json_t *item;

	json_array_foreach(list, i, item) {
		struct bytes url = json_view(item, "url"), version = json_view(item, "version");
		if (canonical.len == url.len + 1 + version.len && bytes_starts(canonical, url) && canonical.at[url.len] == '|' && bytes_ends(canonical, version))
			return item;
	}
	return NULL;
}

static const char *read_pathologies(struct cli *cli, const json_t *change, struct rules_all *out)
{
	json_t *forms = items_of(cli, &questionnaires, json_object_get(change, questionnaires.list), out);
	json_t *list = items_of(cli, &pathologies, json_object_get(change, pathologies.list), out), *item;
	size_t i;

	if (forms == NULL || list == NULL)
		return no_database;
	struct pathology *values = arena_alloc(cli->arena, (json_array_size(list) + 1) * sizeof *values);
	json_array_foreach(list, i, item) {
		const char *wrong = pathology_read_stored(cli->arena, item, find_questionnaire(forms, json_view(item, "questionnaire")), &values[i]);
		if (wrong != NULL)
			return place(cli, &pathologies, item, wrong);
	}
	out->policy.pathologies = values;
	out->policy.n_pathologies = json_array_size(list);
	return NULL;
}

/* Version 0 of a setting: it is not in force anywhere yet. */
static const char *read_settings(struct cli *cli, const json_t *change, struct rules_all *out)
{
	json_t *list = items_of(cli, &settings_kind, change, out), *item;
	size_t i;

	if (list == NULL)
		return no_database;
	json_array_foreach(list, i, item) {
		const char *wrong = rules_setting(cli->arena, item, 0, &out->settings);
		if (wrong != NULL)
			return place(cli, &settings_kind, item, wrong);
	}
	out->policy.settings = &out->settings;
	return NULL;
}

static const char *read_gates(struct cli *cli, const json_t *change, struct rules_all *out)
{
	const json_t *gates = json_object_get(change, "gates"), *triage = json_object_get(gates, "triage_by_nurse"),
		     *release = json_object_get(gates, "release_by_nurse");

	out->policy.triage_by_nurse = triage == NULL ? cli->config->gates.triage_by_nurse : json_is_true(triage);
	out->policy.release_by_nurse = release == NULL ? cli->config->gates.release_by_nurse : json_is_true(release);
	bool good = (triage == NULL || json_is_boolean(triage)) && (release == NULL || json_is_boolean(release));
	return good ? NULL : "\"gates\" are neither true nor false";
}

static const char *unknown_key(struct cli *cli, const json_t *change)
{
	static const char *const keys[] = {"pathologies", "questionnaires", "experts", "senders", "recipients", "gates"};
	const char *key;
	json_t *value;

	if (change != NULL && !json_is_object(change))
		return "a change is an object with lists of rules";
	json_object_foreach((json_t *)change, key, value) {
		size_t i = 0;
		while (i < sizeof keys / sizeof keys[0] && strcmp(keys[i], key) != 0)
			i++;
		if (i == sizeof keys / sizeof keys[0])
			return arena_printf(cli->arena, "unknown key \"%s\"", key);
	}
	return NULL;
}

const char *rules_all_read(struct cli *cli, const json_t *change, const json_t *settings, struct rules_all *out)
{
	const struct config *c = cli->config;
	void *list = NULL;
	const char *wrong = unknown_key(cli, change);

	*out = (struct rules_all){.kept = json_array()};
	out->policy = (struct policy_rules){.language = c->language, .test_identities = c->test_identities, .patient_domain = bytes_of_text(c->patient_domain)};
	if (wrong == NULL)
		wrong = read_gates(cli, change, out);
	if (wrong == NULL)
		wrong = read_pathologies(cli, change, out);
	if (wrong == NULL)
		wrong = read_settings(cli, settings, out);
	if (wrong == NULL)
		wrong = read_all(cli, &experts, change, read_expert, sizeof(struct expert), out, &list, &out->policy.n_experts);
	out->policy.experts = list;
	if (wrong == NULL)
		wrong = read_all(cli, &senders, change, read_sender, sizeof(struct organisation), out, &list, &out->policy.n_organisations);
	out->policy.organisations = list;
	if (wrong == NULL)
		wrong = read_all(cli, &recipients, change, read_recipient, sizeof(struct recipient), out, &list, &out->policy.n_recipients);
	out->policy.recipients = list;
	return wrong;
}

void rules_all_free(struct rules_all *rules)
{
	json_decref(rules->kept);
	rules->kept = NULL;
}
