/* gateway/cli_access.c - see cli_access.h. */
#include "gateway/cli_access.h"

#include <string.h>

/* Verbs, or a verb and its second word, that show nothing of a person: states, counts, numbers, files of trust, our own rules. */
static const struct {
	const char *verb, *word;   /* word NULL: whatever follows */
} quiet[] = {
	{"alarms", NULL},      {"certificate", NULL}, {"clock", "show"},         {"schematron", NULL}, {"template", NULL}, {"queue", NULL},
	{"tasks", NULL},       {"reconcile", NULL},   {"quarantine", "list"},    {"trust", "list"},    {"trust", "history"}, {"trust", "explain"},
	{"trust", "diff"},     {"directory", "status"}, {"sender", "list"},      {"account", "list"},  {"recipient", "list"}, {"settings", "list"},
	/* Into a database that does not run yet; of a folder that is read alone. */
	{"restore", NULL},     {"backup", "verify"},
	{"pathology", "list"}, {"pathology", "check"}, {"questionnaire", "list"}, {"questionnaire", "check"},
};
/* Second words that change something; the rest is looking. */
static const char *const acts[] = {"import", "confirm", "prefer", "leave", "forward", "until", "retry", "attach", "return", "again", "decline", "checkpoint",
				   "set", "lift", "run", "close", "note", "erase"};

static bool is_quiet(const char *verb, const char *word)
{
	for (size_t i = 0; i < sizeof quiet / sizeof quiet[0]; i++)
		if (strcmp(quiet[i].verb, verb) == 0 && (quiet[i].word == NULL || strcmp(quiet[i].word, word) == 0))
			return true;
	return false;
}

static bool is_word(const char *text)
{
	size_t n = 0;
	if (text[0] == '-')
		return false;
	for (; text[n] != '\0'; n++)
		if (!((text[n] >= 'a' && text[n] <= 'z') || text[n] == '-'))
			return false;
	return n > 0 && n < 20;
}

int cli_access(const struct cli *cli, const char *verb)
{
	const char *first = cli->n > 0 ? cli->arguments[0] : "", *word = is_word(first) ? first : "";
	/* What is looked at stands behind the second word, or in its place: dossier show REF, trace REF. */
	const char *wanted = word[0] == '\0' ? first : cli->n > 1 ? cli->arguments[1] : "";
	bool act = strcmp(verb, "retry") == 0;

	if (is_quiet(verb, word))
		return CLI_OK;
	for (size_t i = 0; i < sizeof acts / sizeof acts[0]; i++)
		act = act || strcmp(acts[i], word) == 0;
	if (strchr(wanted, '@') != NULL && wanted[0] != '<')
		wanted = arena_printf(cli->arena, "<%s>", wanted);
	enum reason reason = STORE_RUN(cli->store, NULL, "select relais.audit_access($1, $2, $3, $4)", P_TEXT(cli_actor()), P_TEXT(act ? "act" : "access"),
				       P_TEXT(arena_printf(cli->arena, "relais %s%s%s", verb, word[0] != '\0' ? " " : "", word)), P_TEXT(wanted));
	return reason == REASON_NONE ? CLI_OK : cli_refuse(cli, reason, NULL);
}
