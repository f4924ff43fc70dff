/* gateway/cli_stats.c - relais stats committee|partner|day: figures of a year, a month, a day, each with what it means and what is not known. */
#include "gateway/cli_verbs.h"

#include <stdio.h>
#include <string.h>

#include "base/calendar.h"
#include "gateway/cli_month.h"
#include "gateway/cli_view.h"
#include "gateway/figures_read.h"
#include "gateway/figures_rows.h"
#include "gateway/json_view.h"
#include "policy/study.h"

static const char usage[] = "stats committee --year YYYY | partner CONTRACT|all --month YYYY-MM | day [--date YYYY-MM-DD]   [--csv] | answers TEXT";

struct asked {
	struct instant now;
	const char *year, *month, *date;
	bool csv;
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

/* --- the three sheets; NULL after what was told ------------------------------------------------ */

static json_t *committee(struct cli *cli, const struct asked *asked)
{
	struct instant from, until;
	int year;

	if (asked->year == NULL || !cli_year(bytes_of_text(asked->year), &year, &from, &until))
		return NULL;
	struct figures *f = arena_alloc(cli->arena, 2 * sizeof *f);
	f[0] = figures_begin(from, until);
	f[1] = figures_begin(cli_year_begin(year - 1), from);
	enum reason reason = figures_read(cli->store, BYTES_NONE, f, 2);
	json_t *study = CLI_QUERY(cli, "select coalesce(jsonb_agg(t), '[]') from relais.study_list($1::bigint::integer) t", P_INT(year));
	json_t *before = CLI_QUERY(cli, "select coalesce(jsonb_agg(t), '[]') from relais.study_list($1::bigint::integer) t", P_INT(year - 1));
	json_t *sheet = NULL;
	if (reason == REASON_NONE && study != NULL && before != NULL)
		sheet = figures_committee(cli->arena, cli->french, &f[0], &f[1], study, before, asked->now);
	else if (reason != REASON_NONE)
		cli_refuse(cli, reason, NULL);
	json_decref(study);
	json_decref(before);
	return sheet;
}

/* A month that is not over is nobody's yet: what grows from day to day tells of each who makes it grow. */
static json_t *partner(struct cli *cli, const struct asked *asked, const char *contract)
{
	struct instant from, until;
	bool all = strcmp(contract, "all") == 0;

	if (asked->month == NULL || !cli_month(bytes_of_text(asked->month), &from, &until))
		return NULL;
	if (instant_before(asked->now, until)) {
		fprintf(stderr, "relais: %s\n", cli->french ? "ce mois n'est pas fini : ses chiffres se lisent après" : "this month is not over: its figures can be read afterwards");
		return NULL;
	}
	struct figures *f = arena_alloc(cli->arena, sizeof *f);
	*f = figures_begin(from, until);
	enum reason reason = figures_read(cli->store, all ? BYTES_NONE : bytes_of_text(contract), f, 1);
	if (reason == REASON_NONE)
		return figures_partner(cli->arena, cli->french, all ? BYTES_NONE : bytes_of_text(contract), f, asked->now);
	cli_refuse(cli, reason, NULL);
	return NULL;
}

static json_t *day(struct cli *cli, const struct asked *asked)
{
	struct date today = calendar_date(CALENDAR_FRANCE, asked->now);
	const char *text = asked->date != NULL ? asked->date : arena_printf(cli->arena, "%04d-%02d-%02d", today.year, today.month, today.day);
	struct instant from, until;

	if (!cli_day(bytes_of_text(text), &from, &until))
		return NULL;
	struct figures *f = arena_alloc(cli->arena, sizeof *f);
	*f = figures_begin(from, until);
	enum reason reason = figures_read(cli->store, BYTES_NONE, f, 1);
	if (reason == REASON_NONE)
		return figures_day(cli->arena, cli->french, f, asked->now);
	cli_refuse(cli, reason, NULL);
	return NULL;
}

/* --- answers on paper ------------------------------------------------------------------------------ */

/* Typed without a word of whose they are: commas stand for the lines of the sheet. */
static int count_answers(struct cli *cli, const struct asked *asked, const char *text)
{
	struct bytes questions[STUDY_QUESTIONS], said[STUDY_QUESTIONS];
	char *lines = arena_text(cli->arena, bytes_of_text(text));
	struct study_answers answers;
	size_t n = 0;

	for (char *c = lines; *c != '\0'; c++)
		*c = *c == ',' ? '\n' : *c;
	if (!study_read(bytes_of_text(lines), &answers)) {
		fprintf(stderr, "usage: relais %s\n", usage);
		return CLI_USAGE;
	}
	for (size_t i = 0; i < STUDY_QUESTIONS; i++) {
		if (answers.at[i] == STUDY_UNSAID)
			continue;
		questions[n] = bytes_of_text(study_question_name(i));
		said[n++] = bytes_of_text(study_answer_name(answers.at[i]));
	}
	enum reason reason = STORE_RUN(cli->store, NULL, "select relais.study_add($1::bigint::integer, $2, $3)", P_INT(calendar_date(CALENDAR_FRANCE, asked->now).year),
				       P_TEXTS(questions, n), P_TEXTS(said, n));
	if (reason != REASON_NONE)
		return cli_refuse(cli, reason, NULL);
	printf(cli->json ? "{\"counted\": %zu}\n" : cli->french ? "%zu réponses comptées\n" : "%zu answers counted\n", n);
	return CLI_OK;
}

/* --- showing ---------------------------------------------------------------------------------------- */

static const char *text_of(const json_t *o, const char *key)
{
	const char *text = json_string_value(json_object_get(o, key));
	return text != NULL ? text : "";
}

/* What the figures are of, and what is missing from them. */
static void tell_head(const struct cli *cli, const json_t *sheet)
{
	size_t i;
	const json_t *gap;

	printf(cli->french ? "%s\ndu %s au %s compris, à Paris (UTC : %.19s - %.19s)%s\n" : "%s\nfrom %s to %s included, in Paris (UTC: %.19s - %.19s)%s\n", text_of(sheet, "title"),
	       text_of(sheet, "first_day"), text_of(sheet, "last_day"), text_of(sheet, "from"), text_of(sheet, "until"),
	       json_is_true(json_object_get(sheet, "partial")) ? (cli->french ? ", période non terminée" : ", not over yet") : "");
	printf(cli->french ? "comptés sur les seuls événements ; délais en heures entamées (histogramme d'une heure, 120 jours au plus) ; masqué : moins de 11 personnes, ou "
			     "ce qui les ferait retrouver (%d valeurs)\n"
			   : "counted from events alone; delays in begun hours (histogram of an hour, 120 days at most); hidden: fewer than 11 persons, or what would give "
			     "them away (%d values)\n",
	       (int)json_integer_value(json_object_get(sheet, "hidden")));
	json_array_foreach(json_object_get(sheet, "gaps"), i, gap) {
		printf("%s%s", i == 0 ? (cli->french ? "non mesuré : " : "not measured: ") : " ; ", json_string_value(gap));
	}
	printf(json_array_size(json_object_get(sheet, "gaps")) > 0 ? "\n\n" : "\n");
}

static void tell_rows(const struct cli *cli, const json_t *sheet)
{
	const char *section = "";
	size_t i;
	const json_t *row;

	json_array_foreach(json_object_get(sheet, "rows"), i, row) {
		if (strcmp(section, text_of(row, "section")) != 0)
			printf("%s%s\n", i > 0 ? "\n" : "", text_of(row, "section"));
		section = text_of(row, "section");
		printf("  %s%s %s", text_of(row, "indicator"), cli->french ? " :" : ":", text_of(row, "value"));
		if (text_of(row, "before")[0] != '\0')
			printf(cli->french ? " ; un an avant : %s" : "; a year before: %s", text_of(row, "before"));
		printf(text_of(row, "definition")[0] != '\0' ? "\n    %s\n" : "\n", text_of(row, "definition"));
	}
}

static int show(const struct cli *cli, json_t *sheet, bool csv)
{
	if (cli->json) {
		json_dumpf(sheet, stdout, JSON_INDENT(2));
		printf("\n");
		json_decref(sheet);
		return CLI_OK;
	}
	if (csv) {
		json_t *rows = json_object_get(sheet, "rows"), *gap;
		size_t i;
		json_array_insert_new(rows, 0, json_pack("{s:s, s:s, s:s, s:s}", "section", text_of(sheet, "title"), "indicator", text_of(sheet, "first_day"), "value",
							 text_of(sheet, "last_day"), "definition", json_is_true(json_object_get(sheet, "partial")) ? "partial" : ""));
		json_array_foreach(json_object_get(sheet, "gaps"), i, gap) {
			json_array_append_new(rows, json_pack("{s:s, s:O}", "section", cli->french ? "non mesuré" : "not measured", "indicator", gap));
		}
		json_incref(rows);
		json_decref(sheet);
		return cli_show_csv(rows, "section indicator value before definition");
	}
	tell_head(cli, sheet);
	tell_rows(cli, sheet);
	json_decref(sheet);
	return CLI_OK;
}

static json_t *sheet_of(struct cli *cli, const struct asked *asked, bool *known)
{
	const char *what = cli->n > 0 ? cli->arguments[0] : "";
	*known = true;
	if (strcmp(what, "committee") == 0 && cli->n == 1 && asked->year != NULL)
		return committee(cli, asked);
	if (strcmp(what, "partner") == 0 && cli->n == 2 && asked->month != NULL)
		return partner(cli, asked, cli->arguments[1]);
	if (strcmp(what, "day") == 0 && cli->n == 1)
		return day(cli, asked);
	*known = false;
	return NULL;
}

int cli_stats(int argc, char **argv)
{
	struct cli cli;
	struct asked asked = {0};
	bool known;
	int status = cli_open(&cli, argc, argv, 1, 5, usage);

	if (status != CLI_OK)
		return cli_close(&cli, status);
	asked.year = cli_option(&cli, "--year", true);
	asked.month = cli_option(&cli, "--month", true);
	asked.date = cli_option(&cli, "--date", true);
	asked.csv = cli_option(&cli, "--csv", false) != NULL;
	enum reason reason = read_now(&cli, &asked.now);
	if (reason != REASON_NONE)
		return cli_close(&cli, cli_refuse(&cli, reason, NULL));
	if (cli.n == 2 && strcmp(cli.arguments[0], "answers") == 0)
		return cli_close(&cli, count_answers(&cli, &asked, cli.arguments[1]));
	/* As long as the past is. */
	(void)!store_script(cli.store, cli.arena, "set statement_timeout = 0", NULL);
	json_t *sheet = sheet_of(&cli, &asked, &known);
	if (!known)
		fprintf(stderr, "usage: relais %s\n", usage);
	if (sheet == NULL)
		return cli_close(&cli, known ? CLI_FAILED : CLI_USAGE);
	return cli_close(&cli, show(&cli, sheet, asked.csv));
}
