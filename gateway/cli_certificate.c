/* gateway/cli_certificate.c - relais certificate list: what there is, how long it lasts, what is wrong with it. */
#include "gateway/cli_verbs.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "gateway/certificate_list.h"
#include "gateway/cli_view.h"
#include "gateway/json_view.h"

/* --- certificates ------------------------------------------------------------------- */

static const struct {
	unsigned bit;
	const char *code, *fr, *en;
} troubles[] = {
	{INVENTORY_UNREADABLE, "unreadable", "illisible, ou rien dedans", "cannot be read, or holds none"},
	{INVENTORY_EXPIRED, "expired", "ÉCHU", "ENDED"},
	{INVENTORY_EARLY, "early", "pas encore valable", "not valid yet"},
	{INVENTORY_DAYS_60, "days-60", "se termine dans les 60 jours", "ends within 60 days"},
	{INVENTORY_DAYS_30, "days-30", "se termine dans les 30 jours", "ends within 30 days"},
	{INVENTORY_DAYS_7, "days-7", "se termine tout de suite", "ends at once"},
	{INVENTORY_OTHER_KEY, "other-key", "la clé n'est pas la sienne, ou est illisible", "the key is not its own, or cannot be read"},
	{INVENTORY_WEAK, "weak", "clé ou empreinte trop faible", "key or digest too weak"},
	{INVENTORY_WRONG_USE, "wrong-use", "pas fait pour cet usage", "not made for this use"},
	{INVENTORY_NO_END, "no-end", "sans date de prochaine liste", "without the date of the next list"},
	{INVENTORY_NEXT, "next", "prend la suite à sa date", "takes over on its day"},
	{INVENTORY_OVERTAKEN, "overtaken", "remplacée par une plus récente", "a newer one is there"},
};

static const char *kind_of(const struct inventory_item *item)
{
	static const char *const names[] = {
		[INVENTORY_SERVER] = "server", [INVENTORY_CLIENT] = "client", [INVENTORY_SEAL] = "seal", [INVENTORY_OPENING] = "opening", [INVENTORY_ANCHORS] = "anchor", [INVENTORY_CRLS] = "crl"};
	return item->chain ? "chain" : names[item->use];
}

static json_t *troubles_of(const struct cli *cli, unsigned bits, char said[256])
{
	json_t *codes = json_array();

	said[0] = '\0';
	for (size_t i = 0; i < sizeof troubles / sizeof troubles[0]; i++) {
		if ((bits & troubles[i].bit) == 0)
			continue;
		size_t n = bytes_of_text(said).len;
		snprintf(said + n, 256 - n, "%s%s", n > 0 ? ", " : "", cli->french ? troubles[i].fr : troubles[i].en);
		json_array_append_new(codes, json_string(troubles[i].code));
	}
	return codes;
}

static json_t *date(struct instant at)
{
	return at.us == 0 ? json_null() : json_of_instant(at);
}

static json_t *row_of(const struct cli *cli, const struct inventory_item *item, const char *user, struct instant now)
{
	char said[256], key[64] = "", until[INSTANT_TEXT] = "";
	json_t *codes = troubles_of(cli, item->troubles, said);
	bool dated = item->until.us != 0;

	if (item->key[0] != '\0')
		snprintf(key, sizeof key, "%s %d", item->key, item->bits);
	if (dated)
		instant_write(item->until, until);
	until[10] = '\0';
	return json_pack("{s:s, s:s, s:s, s:o, s:o, s:o, s:s, s:o, s:o, s:o, s:s, s:s, s:o}", "use", user, "kind", kind_of(item), "file", item->file, "subject",
			 json_of(item->use == INVENTORY_CRLS ? item->issuer : item->subject), "issuer", json_of(item->issuer), "serial", json_of(item->serial),
			 "key", key, "not_before", date(item->from), "not_after", date(item->until), "days",
			 dated ? json_integer((json_int_t)inventory_days(now, item->until)) : json_null(), "until", until, "said", said, "troubles", codes);
}

static int certificates(struct cli *cli)
{
	struct timespec t;
	struct certificate_list all;
	int status = CLI_OK;

	clock_gettime(CLOCK_REALTIME, &t);
	struct instant now = {(int64_t)t.tv_sec * 1000000};
	enum reason reason = certificate_list(cli->arena, cli->config, now, true, &all);
	if (reason != REASON_NONE)
		return cli_refuse(cli, reason, NULL);
	json_t *rows = json_array();
	for (size_t i = 0; i < all.inventory.n; i++) {
		const struct inventory_item *item = &all.inventory.items[i];
		json_array_append_new(rows, row_of(cli, item, all.users[i], now));
		if ((item->troubles & INVENTORY_BROKEN) != 0)
			status = CLI_FAILED;
	}
	int shown = cli_show(cli, rows, "use kind subject serial key until days said file");
	return status == CLI_OK ? shown : status;
}

int cli_certificate(int argc, char **argv)
{
	struct cli cli;
	int status = cli_open(&cli, argc, argv, 1, 1, "certificate list");

	if (status == CLI_OK && strcmp(cli.arguments[0], "list") != 0) {
		fprintf(stderr, "usage: relais certificate list [--dir DIR] [--json]\n");
		status = CLI_USAGE;
	}
	return cli_close(&cli, status == CLI_OK ? certificates(&cli) : status);
}
