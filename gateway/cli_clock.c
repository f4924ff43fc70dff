/* gateway/cli_clock.c - relais clock show|forward|until; see cli_clock.h. */
#include "gateway/cli_clock.h"

#include <stdio.h>

#include "gateway/cli_verbs.h"
#include "gateway/cli_view.h"
#include "gateway/json_view.h"

enum { YEARS_MAX_DAYS = 10950 };

static const char usage[] = "clock show | forward SPAN (12h, 3d, 2d6h30m) | until TIME (2027-03-14T08:00:00+01:00)";

void cli_clock_tell(const json_t *clock, bool french)
{
	long long ahead = json_integer_value(json_object_get(clock, "ahead_seconds"));

	if (!json_is_true(json_object_get(clock, "rehearsal")))
		return;
	printf(french ? "RÉPÉTITION : identités d'essai seulement ; horloge des dossiers %.19s, en avance de %lld j %lld h %lld min\n"
		      : "REHEARSAL: test identities only; the dossiers' clock is %.19s, ahead by %lld d %lld h %lld min\n",
	       json_string_value(json_object_get(clock, "instant")), ahead / 86400, ahead / 3600 % 24, ahead / 60 % 60);
}

bool cli_clock_span(struct bytes text, struct span *out)
{
	static const struct {
		char letter;
		int64_t seconds;
	} units[] = {{'d', 86400}, {'h', 3600}, {'m', 60}, {'s', 1}};
	int64_t seconds = 0;
	size_t at = 0;

	for (size_t u = 0; u < sizeof units / sizeof units[0]; u++) {
		size_t end = bytes_find_byte(text, (unsigned char)units[u].letter, at);
		uint64_t number;
		if (end == text.len)
			continue;
		if (!bytes_number(bytes_slice(text, at, end - at), (uint64_t)YEARS_MAX_DAYS * 86400, &number))
			return false;
		seconds += (int64_t)number * units[u].seconds;
		at = end + 1;
	}
	if (text.len == 0 || at != text.len || seconds > (int64_t)YEARS_MAX_DAYS * 86400)
		return false;
	*out = SPAN_SECONDS(seconds);
	return true;
}

static int show(struct cli *cli)
{
	json_t *clock = CLI_QUERY(cli, CLI_CLOCK_SQL, P_BOOL(true));

	if (clock == NULL)
		return CLI_FAILED;
	if (cli->json)
		return cli_show(cli, clock, "");
	if (json_is_true(json_object_get(clock, "rehearsal")))
		cli_clock_tell(clock, cli->french);
	else
		printf(cli->french ? "l'horloge est la vraie : %.19s\n" : "the clock is the real one: %.19s\n",
		       json_string_value(json_object_get(clock, "instant")));
	json_decref(clock);
	return CLI_OK;
}

/* The answer is the state that came of it. */
static int moved(struct cli *cli, enum reason reason)
{
	return reason == REASON_NONE ? show(cli) : cli_refuse(cli, reason, cli->arguments[1]);
}

static int wrong(void)
{
	fprintf(stderr, "usage: relais %s\n", usage);
	return CLI_USAGE;
}

static int run(struct cli *cli)
{
	struct bytes verb = bytes_of_text(cli->arguments[0]), word = bytes_of_text(cli->n > 1 ? cli->arguments[1] : "");
	struct span span;
	struct instant at;

	if (cli->n == 1 && bytes_equal_text(verb, "show"))
		return show(cli);
	if (bytes_equal_text(verb, "forward") && cli_clock_span(word, &span))
		return moved(cli, STORE_RUN(cli->store, NULL, "select relais.clock_forward($1)", P_INT(span.us / 1000000)));
	if (bytes_equal_text(verb, "until") && instant_read(word, &at))
		return moved(cli, STORE_RUN(cli->store, NULL, "select relais.clock_until($1)", P_INSTANT(at)));
	return wrong();
}

int cli_clock(int argc, char **argv)
{
	struct cli cli;
	int status = cli_open(&cli, argc, argv, 1, 2, usage);

	return cli_close(&cli, status == CLI_OK ? run(&cli) : status);
}
