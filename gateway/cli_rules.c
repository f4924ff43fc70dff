/* gateway/cli_rules.c - relais expert|sender|recipient|account|settings import FILE and list. A file is checked whole before anything of it is loaded.
 * Pathologies and questionnaires: cli_pathology.c. */
#include "gateway/cli_verbs.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "certs/recipient.h"
#include "certs/trust.h"
#include "gateway/cli_settings.h"
#include "gateway/cli_expert.h"
#include "gateway/cli_view.h"
#include "gateway/json_view.h"
#include "gateway/rules_json.h"

static const char *check_expert(struct cli *cli, struct trust **trust, json_t *item)
{
	(void)trust;
	struct expert out;
	return rules_expert(cli->arena, item, &out);
}

static const char *check_sender(struct cli *cli, struct trust **trust, json_t *item)
{
	(void)trust;
	struct organisation out;
	return rules_organisation(cli->arena, item, &out);
}

/* The names go into the database in their canonical form too: that is what a certificate's name is compared with. */
static const char *check_account(struct cli *cli, struct trust **trust, json_t *item)
{
	(void)trust;
	struct account out;
	const char *wrong = rules_account(cli->arena, item, cli->config->domain, &out);
	json_t *names = json_array();

	for (size_t i = 0; wrong == NULL && i < out.names.n; i++)
		json_array_append_new(names, json_of(out.names.at[i]));
	if (wrong == NULL)
		json_object_set(item, "names", names);
	json_decref(names);
	return wrong;
}

/* As of today, with the lists that are there, which are loaded once: *trust is the caller's to free. NULL, or why not. */
static const char *judge_recipient(struct cli *cli, struct trust **trust, struct bytes pem, struct bytes mailbox, struct recipient_certificate *taken)
{
	struct timespec t;
	char detail[TRUST_DETAIL];

	clock_gettime(CLOCK_REALTIME, &t);
	if (*trust == NULL && trust_load(cli->config->inspect.anchors, cli->config->inspect.crls, trust, detail) != REASON_NONE)
		return "the anchors or revocation lists cannot be read";
	return recipient_import(cli->arena, pem, mailbox, *trust, (struct instant){(int64_t)t.tv_sec * 1000000}, taken);
}

/* A certificate is taken under today's trust, and kept as we write it, with its end: what stands around it in a file, which other programs put there, would
 * otherwise be met by whoever reads it next, the signer. */
static const char *check_recipient(struct cli *cli, struct trust **trust, json_t *item)
{
	struct recipient out;
	struct recipient_certificate taken;
	struct bytes pem = json_view(item, "certificate");
	const char *wrong = rules_recipient(cli->arena, item, &out);

	json_object_del(item, "certificate_until");
	if (wrong != NULL || pem.len == 0)
		return wrong;
	wrong = judge_recipient(cli, trust, pem, out.address, &taken);
	if (wrong == NULL) {
		json_object_set_new(item, "certificate", json_of(taken.pem));
		json_object_set_new(item, "certificate_until", json_of_instant(taken.until));
	}
	return wrong;
}

static const char *check_setting(struct cli *cli, struct trust **trust, json_t *item)
{
	(void)trust;
	struct deadline_settings out = {0};
	return rules_setting(cli->arena, item, 1, &out);
}

static const struct kind {
	const char *name, *key;
	const char *(*check)(struct cli *cli, struct trust **trust, json_t *item);
	const char *columns;         /* NULL: settings, whose list has the defaults too */
	const char *list;            /* key of the list, where a file is an object around it */
} kinds[] = {
	{"expert", "rpps", check_expert, "key version title mailbox classes", NULL},
	{"sender", "organisation", check_sender, "key version title signature classes", NULL},
	{"recipient", "recipient", check_recipient, "key version form limit_mb encrypt until trouble why", "recipients"},
	{"settings", "setting", check_setting, NULL, "settings"},
	{"account", "mailbox", check_account, "key version kind title certificates subjects", "accounts"},
};

/* NULL after a failure, which was told with the line. */
static json_t *read_file(const struct kind *kind, const char *path)
{
	json_error_t error;
	json_t *items = json_load_file(path, JSON_REJECT_DUPLICATES, &error);
	if (items == NULL) {
		fprintf(stderr, "relais: %s:%d: %s\n", path, error.line, error.text);
		return NULL;
	}
	if (kind->list != NULL && json_object_size(items) == 1 && json_object_get(items, kind->list) != NULL) {
		json_t *list = json_incref(json_object_get(items, kind->list));
		json_decref(items);
		return list;
	}
	if (json_is_object(items)) {
		json_t *list = json_array();
		json_array_append_new(list, items);
		return list;
	}
	return items;
}

/* A team of experts has an id in the place of a person's number. Empty when there is none. */
static const char *key_of(const struct kind *kind, const json_t *item)
{
	struct bytes key = json_view(item, kind->key);

	if (key.len == 0)
		key = json_view(item, "id");
	return key.len > 0 ? (const char *)key.at : "";
}

static bool all_good(struct cli *cli, const struct kind *kind, const char *path, json_t *items)
{
	bool good = json_is_array(items);
	struct trust *trust = NULL;
	size_t i;
	json_t *item;

	if (!good)
		fprintf(stderr, "relais: %s: neither an object nor a list of objects\n", path);
	json_array_foreach(items, i, item) {
		const char *wrong = kind->check(cli, &trust, item);
		if (wrong == NULL)
			continue;
		const char *key = key_of(kind, item);
		fprintf(stderr, "relais: %s: item %zu%s%s: %s\n", path, i + 1, key[0] != '\0' ? ", " : "", key, wrong);
		good = false;
	}
	trust_free(&trust);
	return good;
}

static enum reason load(struct cli *cli, const struct kind *kind, json_t *items)
{
	size_t i;
	json_t *item;
	enum reason reason = store_begin(cli->store);

	json_array_foreach(items, i, item) {
		struct store_rows *rows = NULL;
		if (reason != REASON_NONE)
			break;
		reason = STORE_RUN(cli->store, &rows, "select relais.rule_import($1, $2)::bigint", P_TEXT(kind->name),
				   P_JSON(json_write(cli->arena, json_incref(item))));
		if (reason == REASON_NONE)
			printf("%s %s: version %lld\n", kind->name, key_of(kind, item), (long long)store_int(rows, 0, 0));
		store_free(&rows);
	}
	return reason == REASON_NONE ? store_commit(cli->store) : reason;
}

static int import(struct cli *cli, const struct kind *kind, const char *path)
{
	json_t *items = read_file(kind, path);
	int status = CLI_FAILED;

	if (items != NULL && all_good(cli, kind, path, items)) {
		enum reason reason = load(cli, kind, items);
		status = reason == REASON_NONE ? CLI_OK : cli_refuse(cli, reason, path);
	}
	json_decref(items);
	return status;
}

/* What is wrong today with each certificate that we encrypt to: one that was good when it came in may be revoked. */
static void judge_list(struct cli *cli, json_t *rows)
{
	struct recipient_certificate taken;
	struct trust *trust = NULL;
	size_t i;
	json_t *row;

	json_array_foreach(rows, i, row) {
		struct bytes pem = json_view(row, "certificate");
		const char *wrong = pem.len > 0 ? judge_recipient(cli, &trust, pem, json_view(row, "key"), &taken) : NULL;
		json_object_del(row, "certificate");
		json_object_set_new(row, "trouble", wrong != NULL ? json_string(wrong) : json_null());
	}
	trust_free(&trust);
}

static int list(struct cli *cli, const struct kind *kind)
{
	if (kind->columns == NULL)
		return cli_settings_list(cli);
	json_t *rows = CLI_QUERY(cli, "select coalesce(jsonb_agg(jsonb_build_object('key', t.key, 'version', t.version, 'data', t.data, "
				      "'title', coalesce(t.data->>'title_fr', t.data->>'family', t.data->>'id', t.data->>'name'), "
				      "'kind', t.data->>'kind', 'form', coalesce(t.data->>'form', 'pdf+xdm'), 'limit_mb', t.data->>'limit_mb', 'encrypt', coalesce(t.data->>'encrypt', 'never'), 'until', t.data->>'certificate_until', 'certificate', t.data->>'certificate', 'why', coalesce(t.data->>'why', 'import'), 'certificates', jsonb_array_length(coalesce(t.data->'names', '[]')), "
				      "'subjects', jsonb_array_length(case jsonb_typeof(t.data->'subjects') when 'array' then t.data->'subjects' else '[]' end), "
				      "'mailbox', t.data->>'mailbox', 'signature', coalesce(t.data->>'signature', 'required'), "
				      "'classes', (select string_agg(c, ' ') from jsonb_array_elements_text(coalesce(t.data->'classes', t.data->'pathologies', '[]')) c))), '[]') "
				      "from relais.rule_list($1) t", P_TEXT(kind->name));
	if (kind->check == check_recipient)
		judge_list(cli, rows);
	return cli_show(cli, rows, kind->columns);
}

int cli_rules(const char *name, int argc, char **argv)
{
	struct cli cli;
	const struct kind *kind = kinds;
	while (strcmp(kind->name, name) != 0)
		kind++;
	int status = cli_open(&cli, argc, argv, 1, 2, "expert|sender|recipient|account|settings list | import FILE");
	if (status != CLI_OK)
		return cli_close(&cli, status);
	if (strcmp(cli.arguments[0], "list") == 0 && cli.n == 1)
		return cli_close(&cli, list(&cli, kind));
	if (strcmp(cli.arguments[0], "import") == 0 && cli.n == 2)
		return cli_close(&cli, import(&cli, kind, cli.arguments[1]));
	fprintf(stderr, "usage: relais %s list | import FILE\n", name);
	return cli_close(&cli, CLI_USAGE);
}

int cli_sender(int argc, char **argv)
{
	return cli_rules("sender", argc, argv);
}

int cli_recipient(int argc, char **argv)
{
	return cli_rules("recipient", argc, argv);
}

int cli_settings(int argc, char **argv)
{
	return cli_rules("settings", argc, argv);
}

int cli_account(int argc, char **argv)
{
	return cli_rules("account", argc, argv);
}
