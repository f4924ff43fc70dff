/* gateway/cli_export.c - relais dossier export REF --to PLACE --for WHOM. */
#include "gateway/cli_dossier.h"

#include <signal.h>
#include <stdio.h>
#include <time.h>

#include "gateway/export_copy.h"

/* A dossier and its events; messages have memory of their own. */
enum { COPY_MEMORY = 512 * 1024 * 1024 };

/* A copy that is interrupted is taken away first. */
static void hold_signals(sigset_t *before)
{
	sigset_t ends;

	sigemptyset(&ends);
	sigaddset(&ends, SIGINT);
	sigaddset(&ends, SIGTERM);
	sigaddset(&ends, SIGHUP);
	sigprocmask(SIG_BLOCK, &ends, before);
}

static struct instant now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_REALTIME, &t);
	return (struct instant){(int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000};
}

static int told(const struct cli *cli, const char *to, size_t files, const struct export_result *result, const char *digest)
{
	if (cli->json)
		cli_show(cli, json_pack("{s:s, s:I, s:s, s:I, s:I}", "copy", to, "files", (json_int_t)files, "sums", digest, "altered", (json_int_t)result->altered,
					"unread", (json_int_t)result->unread), "");
	else
		printf(cli->french ? "%s : %zu fichiers\nempreinte de " EXPORT_SUMS " (à noter : elle répond de tout le reste) : %s\n"
				   : "%s: %zu files\ndigest of " EXPORT_SUMS " (write it down: it stands for all the rest): %s\n", to, files, digest);
	if (result->altered > 0)
		fprintf(stderr, cli->french ? "ATTENTION : %zu messages n'ont plus leurs octets d'origine (manifest.json, « intact »)\n"
					    : "WARNING: %zu messages do not have their first bytes any more (manifest.json, \"intact\")\n", result->altered);
	if (result->unread > 0)
		fprintf(stderr, cli->french ? "%zu messages n'ont pas pu être ouverts : leurs documents ne sont que dans le .eml\n"
					    : "%zu messages could not be opened: their documents are in the .eml alone\n", result->unread);
	return result->altered > 0 ? CLI_FAILED : CLI_OK;
}

/* The place first, then the trace in the dossier, then its content. */
static enum reason make(struct cli *cli, struct arena *arena, const struct export_wish *wish, const char *to, struct export_out *out, struct export_result *result, char *digest)
{
	enum reason reason = export_out_open(arena, to, now(), out);

	if (reason == REASON_NONE)
		reason = cli_dossier_ask(cli, "export", wish->dossier, json_pack("{s:s}", "id", export_for_name(wish->whom)));
	if (reason == REASON_NONE)
		reason = export_copy(arena, wish, out, result);
	if (reason == REASON_NONE)
		reason = export_out_end(out, digest);
	export_out_close(out);
	return reason;
}

int cli_dossier_export(struct cli *cli, int64_t id, const char *to, const char *whom)
{
	struct arena *arena = arena_create(COPY_MEMORY);
	struct opener_client opener = opener_client_make(opener_socket(arena, cli->config));
	const struct export_wish wish = {
		.config = cli->config, .store = cli->store, .dossier = id, .whom = export_for_of_name(bytes_of_text(whom)), .actor = cli_actor(),
		.verify = cli_beside(arena, "relais-verify"), .inspect = cli_beside(arena, "relais-inspect"), .opener = &opener};
	struct export_result result = {0};
	struct export_out out = {0};
	char digest[DIGEST_SHA256_TEXT] = "";
	sigset_t before;

	hold_signals(&before);
	enum reason reason = wish.whom == EXPORT_NOBODY ? REASON_USAGE : wish.verify == NULL || wish.inspect == NULL ? REASON_IO : REASON_NONE;
	if (reason == REASON_NONE)
		reason = make(cli, arena, &wish, to, &out, &result, digest);
	opener_client_close(&opener);
	sigprocmask(SIG_SETMASK, &before, NULL);
	int status = reason == REASON_NONE ? told(cli, to, out.files, &result, digest) : cli_refuse(cli, reason, reason == REASON_USAGE ? whom : to);
	arena_destroy(&arena);
	return reason == REASON_USAGE ? CLI_USAGE : status;
}
