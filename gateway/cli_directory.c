/* gateway/cli_directory.c - relais directory import|diff FILE | status | history | find WORDS | show RPPS|MAILBOX | ended | prefer | confirm. */
#include "gateway/cli_verbs.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/limits.h"
#include "gateway/cli_view.h"
#include "gateway/directory_store.h"
#include "gateway/json_view.h"
#include "policy/directory.h"

static const char usage[] = "directory import FILE [--date DAY] [--force] | diff [FILE] | status | history | find NAME [WORD…] | show RPPS|MAILBOX [--ask] |"
			    " prefer RPPS MAILBOX | confirm MAILBOX --reason TEXT [--rpps RPPS] [--withdraw]";

enum { ASK_SECONDS = 40, ASK_STEP_MS = 200, WORDS_MAX = 8 };

static int misunderstood(void)
{
	fprintf(stderr, "usage: relais %s [--dir DIR] [--json]\n", usage);
	return CLI_USAGE;
}

static long long number(const json_t *object, const char *key)
{
	return (long long)json_integer_value(json_object_get(object, key));
}

/* --- the extract ------------------------------------------------------------------- */

static void tell_unread(const struct cli *cli, const char *path, const struct directory_extract *e)
{
	for (size_t i = 0; i < e->bad && i < DIRECTORY_TOLD; i++)
		fprintf(stderr, cli->french ? "%s : ligne %zu passée : %s\n" : "%s: line %zu passed over: %s\n", path, e->told[i].line, e->told[i].why);
	if (e->bad > DIRECTORY_TOLD)
		fprintf(stderr, cli->french ? "%s : et %zu autres\n" : "%s: and %zu others\n", path, e->bad - DIRECTORY_TOLD);
}

static void tell_import(const struct cli *cli, const struct directory_extract *e, const json_t *answer, enum reason reason)
{
	if (json_truth(answer, "same")) {
		printf(cli->french ? "extraction %lld : c'est celle en vigueur, confirmée maintenant (%lld lignes)\n"
				   : "extract %lld: it is the one in force, confirmed now (%lld lines)\n",
		       number(answer, "import"), number(answer, "entries"));
		return;
	}
	if (reason == REASON_NONE && json_object_get(answer, "import") != NULL)
		printf(cli->french ? "extraction %lld en vigueur : %lld lignes, %zu lues, %zu passées ; %lld dossiers à revoir\n"
				   : "extract %lld in force: %lld lines, %zu read, %zu passed over; %lld dossiers to be looked at\n",
		       number(answer, "import"), number(answer, "entries"), e->entries, e->bad, number(answer, "touched"));
	printf(cli->french ? "  %lld ajoutées, %lld retirées, %lld changées, sur %lld\n" : "  %lld added, %lld removed, %lld changed, of %lld\n",
	       number(answer, "added"), number(answer, "removed"), number(answer, "changed"), number(answer, "before"));
	size_t i;
	json_t *one;
	json_array_foreach(json_object_get(answer, "in_use"), i, one)
		printf(cli->french ? "  en usage : %s (%s)\n" : "  in use: %s (%s)\n", json_string_value(json_object_get(one, "address")),
		       json_string_value(json_object_get(one, "by_what")));
}

/* By --date, else by the file's name. */
static bool day_of(struct cli *cli, const char *path, const char *date, struct instant *out)
{
	const char *name = strrchr(path, '/');

	if (date == NULL)
		return directory_extract_day(bytes_of_text(name == NULL ? path : name + 1), out);
	bool whole = strchr(date, 'T') != NULL;
	return instant_read(bytes_of_text(whole ? date : arena_printf(cli->arena, "%sT00:00:00Z", date)), out);
}

static int read_in(struct cli *cli, const char *path, const char *date, bool force, bool compare)
{
	struct directory_order order = {.path = path, .source = path, .force = force, .compare = compare,
					.actor = arena_printf(cli->arena, "operator:%s", cli_actor())};
	struct directory_extract *e = arena_alloc(cli->arena, sizeof *e);
	json_t *answer = NULL;

	if (!compare && !day_of(cli, path, date, &order.day))
		return cli_refuse(cli, REASON_DIRECTORY_UNDATED, path);
	enum reason reason = directory_import(cli->store, &order, e, &answer);
	tell_unread(cli, path, e);
	if (answer != NULL && !cli->json)
		tell_import(cli, e, answer, reason);
	if (answer != NULL && cli->json) {
		json_object_set_new(answer, "lines", json_integer((json_int_t)(e->entries + e->bad)));
		json_object_set_new(answer, "unread", json_integer((json_int_t)e->bad));
		cli_show(cli, json_incref(answer), "");
	}
	json_decref(answer);
	return reason == REASON_NONE ? CLI_OK : cli_refuse(cli, reason, path);
}

/* --- looking ------------------------------------------------------------------------- */

static int ended(struct cli *cli)
{
	return cli_show(cli, CLI_QUERY(cli, "select coalesce(jsonb_agg(t), '[]') from relais.directory_ended(null) t where $1", P_BOOL(true)),
			"what address person structure ended_at expert dossiers");
}

static int status(struct cli *cli)
{
	json_t *rows = CLI_QUERY(cli, "select jsonb_agg(to_jsonb(t) || jsonb_build_object('use', $1)) from relais.directory_state() t", P_TEXT(cli->config->directory.use));
	return cli_show(cli, rows, "use import generated_at confirmed_at entries persons confirmed asked unanswered touched");
}

static int history(struct cli *cli)
{
	return cli_show(cli, CLI_QUERY(cli, "select coalesce(jsonb_agg(t), '[]') from relais.directory_history() t where $1", P_BOOL(true)),
			"import at generated_at confirmed_at lines unread entries added removed changed forced actor source");
}

static int find(struct cli *cli)
{
	struct bytes words[WORDS_MAX];
	size_t n = 0;

	for (int i = 1; i < cli->n && n < WORDS_MAX; i++) {
		struct bytes word = bytes_of_text(cli->arguments[i]);
		unsigned char *plain = arena_alloc(cli->arena, 2 * word.len + 1);
		words[n++] = (struct bytes){plain, directory_plain(word, plain, 2 * word.len)};
	}
	return cli_show(cli, CLI_QUERY(cli, "select coalesce(jsonb_agg(t), '[]') from relais.directory_find($1) t", P_TEXTS(words, n)),
			"person family given profession speciality kind address place postcode");
}

static const char *no_eight(const char *rpps)
{
	struct bytes b = bytes_of_text(rpps);
	return b.len == 12 && rpps[0] == '8' ? rpps + 1 : rpps;
}

/* Waits for the refresher's answer: NONE also when it says that it has none, which was told. */
static enum reason ask(struct cli *cli, const char *person)
{
	enum reason reason = STORE_RUN(cli->store, NULL, "select relais.directory_ask_again($1)", P_TEXT(person));

	for (int ms = 0; reason == REASON_NONE && ms < ASK_SECONDS * 1000; ms += ASK_STEP_MS) {
		struct store_rows *rows = NULL;
		reason = STORE_RUN(cli->store, &rows, "select answered_at, reason from relais.directory_asking($1)", P_TEXT(person));
		bool one = reason == REASON_NONE && store_count(rows) == 1, answered = one && !store_is_null(rows, 0, 0);
		if (one && !store_is_null(rows, 0, 1))
			reason = reason_of_code(store_bytes(rows, 0, 1));
		store_free(&rows);
		if (answered || reason != REASON_NONE)
			return reason == REASONS ? REASON_STORE_REFUSED : reason;
		nanosleep(&(struct timespec){.tv_nsec = ASK_STEP_MS * 1000000L}, NULL);
	}
	return reason == REASON_NONE ? REASON_DIRECTORY_AWAY : reason;
}

static int show(struct cli *cli, const char *wanted, bool asking)
{
	int outcome = CLI_OK;

	wanted = no_eight(wanted);
	if (asking && cli->config->directory.fhir_url[0] == '\0' && cli->config->directory.ldap_url[0] == '\0')
		return cli_refuse(cli, REASON_DIRECTORY_UNUSED, NULL);
	enum reason reason = asking ? ask(cli, wanted) : REASON_NONE;
	if (reason != REASON_NONE)
		outcome = cli_refuse(cli, reason, NULL);   /* what is known already is shown all the same */
	json_t *rows = CLI_QUERY(cli, "select coalesce(jsonb_agg(t), '[]') from relais.directory_lines($1) t", P_TEXT(wanted));
	int shown = cli_show(cli, rows, "person family given profession kind address structure place postcode preferred confirmed red source");
	return outcome != CLI_OK ? outcome : shown;
}

/* --- a person's word ------------------------------------------------------------------- */

static int prefer(struct cli *cli, const char *rpps, const char *mailbox)
{
	enum reason reason = STORE_RUN(cli->store, NULL, "select relais.directory_prefer($1, $2, $3)", P_TEXT(no_eight(rpps)), P_TEXT(mailbox),
				       P_TEXT(cli_actor()));
	if (reason != REASON_NONE)
		return cli_refuse(cli, reason, mailbox);
	printf(cli->json ? "{\"done\": \"prefer\", \"of\": \"%s\"}\n" : "prefer: %s\n", no_eight(rpps));
	return CLI_OK;
}

static bool is_mailbox(const char *text)
{
	struct bytes b = bytes_of_text(text);
	size_t at = bytes_find_byte(b, '@', 0);
	return at > 0 && at + 1 < b.len && bytes_one_line(b, LIMIT_SMTP_PATH) && bytes_find_byte(b, ' ', 0) == b.len && bytes_find_byte(b, '"', 0) == b.len &&
	       bytes_find_byte(b, '\\', 0) == b.len;
}

static int confirm(struct cli *cli, const char *mailbox, const char *rpps, const char *why, bool withdraw)
{
	if (!is_mailbox(mailbox) || why == NULL || !bytes_one_line(bytes_of_text(why), LIMIT_DIRECTORY_FIELD) || why[0] == '\0')
		return misunderstood();
	enum reason reason = STORE_RUN(cli->store, NULL, "select relais.directory_confirm($1, $2, $3, $4, $5)", P_TEXT(mailbox),
				       P_TEXT(rpps == NULL ? "" : no_eight(rpps)), P_TEXT(cli_actor()), P_TEXT(why), P_BOOL(withdraw));
	if (reason != REASON_NONE)
		return cli_refuse(cli, reason, mailbox);
	printf(cli->json ? "{\"done\": \"%s\", \"of\": \"%s\"}\n" : "%s: %s\n", withdraw ? "withdraw" : "confirm", mailbox);
	return CLI_OK;
}

/* --- the verb ---------------------------------------------------------------------------- */

struct options {
	const char *date, *reason, *rpps;
	bool force, ask, withdraw;
};

/* An option stands with its verb alone. */
static bool options_fit(const struct options *o, const char *verb)
{
	bool importing = strcmp(verb, "import") == 0, confirming = strcmp(verb, "confirm") == 0;

	return (importing || (o->date == NULL && !o->force)) && (confirming || (o->reason == NULL && o->rpps == NULL && !o->withdraw)) &&
	       (strcmp(verb, "show") == 0 || !o->ask);
}

static int run(struct cli *cli)
{
	struct options o = {
		.date = cli_option(cli, "--date", true), .reason = cli_option(cli, "--reason", true), .rpps = cli_option(cli, "--rpps", true),
		.force = cli_option(cli, "--force", false) != NULL, .ask = cli_option(cli, "--ask", false) != NULL,
		.withdraw = cli_option(cli, "--withdraw", false) != NULL,
	};
	const char *verb = cli->n > 0 ? cli->arguments[0] : "";
	char **words = cli->arguments + 1;

	if (!options_fit(&o, verb))
		return misunderstood();
	if (strcmp(verb, "import") == 0 && cli->n == 2)
		return read_in(cli, words[0], o.date, o.force, false);
	if (strcmp(verb, "diff") == 0 && cli->n <= 2)
		return cli->n == 1 ? ended(cli) : read_in(cli, words[0], NULL, false, true);
	if (strcmp(verb, "status") == 0 && cli->n == 1)
		return status(cli);
	if (strcmp(verb, "history") == 0 && cli->n == 1)
		return history(cli);
	if (strcmp(verb, "find") == 0 && cli->n >= 2)
		return find(cli);
	if (strcmp(verb, "show") == 0 && cli->n == 2)
		return show(cli, words[0], o.ask);
	if (strcmp(verb, "prefer") == 0 && cli->n == 3)
		return prefer(cli, words[0], words[1]);
	if (strcmp(verb, "confirm") == 0 && cli->n == 2)
		return confirm(cli, words[0], o.rpps, o.reason, o.withdraw);
	return misunderstood();
}

int cli_directory(int argc, char **argv)
{
	struct cli cli;
	int status_of = cli_open(&cli, argc, argv, 1, 12, usage);
	return cli_close(&cli, status_of == CLI_OK ? run(&cli) : status_of);
}
