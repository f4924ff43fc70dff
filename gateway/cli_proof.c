/* gateway/cli_proof.c - relais proof REF|MESSAGE-ID|R12|S34 [--out FOLDER] [--language fr|en]. */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/frame.h"
#include "base/limits.h"
#include "gateway/cli_audit.h"
#include "gateway/cli_verbs.h"
#include "gateway/json_view.h"
#include "gateway/oneshot.h"
#include "gateway/proof.h"

#define PROOF_MEMORY ((size_t)512 << 20)

static const char usage[] = "proof REF|MESSAGE-ID|R<number>|S<number> [--out FOLDER] [--language fr|en]";

static struct instant now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_REALTIME, &t);
	return (struct instant){(int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000};
}

static char *word(const char *text)
{
	return (char *)(uintptr_t)text;
}

/* Drawn where every other page is: in relais-compose, jailed. */
static enum reason draw(struct proof *p, json_t *request, struct bytes *pdf)
{
	const char *compose = cli_beside(p->arena, "relais-compose"), *templates = cli_beside(p->arena, "../share/relais/templates");
	char *argv[] = {word(compose), word("--templates"), word(templates), NULL};
	struct oneshot *reader = compose == NULL ? NULL : oneshot_spawn(compose, argv);
	struct bytes answer;
	struct frame json, blob;
	enum reason reason = reader == NULL ? REASON_IO : oneshot_call(reader, p->arena, json_write(p->arena, request), BYTES_NONE, LIMIT_COMPOSE_ANSWER,
								       LIMIT_INSPECT_SECONDS * 1000, &answer);

	oneshot_close(&reader);
	if (reason != REASON_NONE)
		return reason;
	struct cursor c = cursor_on(answer);
	if (!frame_next(&c, &json) || !frame_next(&c, &blob) || !cursor_done(&c))
		return REASON_COMPOSE_FAILED;
	*pdf = blob.payload;
	return REASON_NONE;
}

static enum reason put_manifest(struct proof *p, int64_t checkpoint)
{
	char at[INSTANT_TEXT];

	instant_write(now(), at);
	json_t *whole = json_pack("{s:s, s:o, s:s, s:s, s:s, s:b, s:b, s:I, s:I, s:I, s:I, s:O, s:O}", "of", arena_line(p->arena, bytes_of_text(p->wanted)), "dossier",
				  p->ref.len > 0 ? json_of(p->ref) : json_null(), "made_at", at, "by", cli_actor(), "service", p->cli->config->hostname, "medical_data", 1, "identities", 1,
				  "checkpoint", (json_int_t)checkpoint, "altered", (json_int_t)p->altered, "rows_without_checkpoint", (json_int_t)p->uncovered, "rows_erased", (json_int_t)p->erased,
				  "left_out", p->left_out, "files", p->files);
	return proof_put(p, "manifest.json", "this list", json_write(p->arena, whole));
}

static enum reason make(struct proof *p, const char *to, char digest[DIGEST_SHA256_TEXT])
{
	int64_t checkpoint = 0;
	struct bytes pdf;
	/* Over all that was decided up to now, the asking itself included. */
	enum reason reason = cli_checkpoint(p->cli, &checkpoint);

	if (reason == REASON_NONE)
		reason = proof_open(p);
	if (reason == REASON_NONE)
		reason = export_out_open(p->arena, to, now(), p->out);
	if (reason == REASON_NONE)
		reason = proof_put_all(p);
	if (reason == REASON_NONE)
		reason = draw(p, proof_sheet(p, now()), &pdf);
	if (reason == REASON_NONE)
		reason = proof_put(p, "sheet.pdf", "one page for a person", pdf);
	if (reason == REASON_NONE)
		reason = put_manifest(p, checkpoint);
	if (reason == REASON_NONE)
		reason = proof_seal(p);
	return reason == REASON_NONE ? export_out_end(p->out, digest) : reason;
}

static int told(const struct proof *p, const char *to, const char *digest)
{
	const struct cli *cli = p->cli;

	if (cli->json)
		cli_show(cli, json_pack("{s:s, s:I, s:I, s:s, s:b, s:I, s:I, s:I, s:O}", "proof", to, "files", (json_int_t)p->out->files, "rows", (json_int_t)p->rows, "sums", digest, "sealed", p->sealed, "altered",
					(json_int_t)p->altered, "rows_without_checkpoint", (json_int_t)p->uncovered, "rows_erased", (json_int_t)p->erased, "left_out", p->left_out), "");
	else
		printf(cli->french ? "%s : %zu fichiers, %zu lignes de la piste (données de santé)\nempreinte de " EXPORT_SUMS " (à noter : elle répond de tout le reste) : %s\n"
				   : "%s: %zu files, %zu rows of the trail (medical data)\ndigest of " EXPORT_SUMS " (write it down: it stands for all the rest): %s\n", to, p->out->files, p->rows, digest);
	if (p->altered > 0)
		fprintf(stderr, cli->french ? "ATTENTION : %zu messages n'ont plus leurs octets d'origine\n" : "WARNING: %zu messages do not have their first bytes any more\n", p->altered);
	if (p->uncovered > 0)
		fprintf(stderr, cli->french ? "ATTENTION : %lld lignes ne sont encore sous aucun point de contrôle (relais alarms)\n" : "WARNING: %lld rows are under no checkpoint yet (relais alarms)\n",
			(long long)p->uncovered);
	if (!p->sealed)
		fprintf(stderr, cli->french ? "ATTENTION : l'ensemble n'est pas scellé (seal/ manque) : le signataire ou relais-refresher est-il arrêté ?\n"
					    : "WARNING: the whole is not sealed (seal/ is missing): is the signer or relais-refresher away?\n");
	return p->altered > 0 || p->uncovered > 0 || !p->sealed ? CLI_FAILED : CLI_OK;
}

static void hold_signals(sigset_t *before)
{
	sigset_t ends;

	sigemptyset(&ends);
	sigaddset(&ends, SIGINT);
	sigaddset(&ends, SIGTERM);
	sigaddset(&ends, SIGHUP);
	sigprocmask(SIG_BLOCK, &ends, before);
}

/* The folder's own name, when none is given: of the letters of what was asked for. */
static const char *place(struct arena *arena, const char *wanted)
{
	char *name = arena_printf(arena, "proof-%s", wanted);

	for (char *c = name; *c != '\0'; c++)
		if (!((*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z') || (*c >= '0' && *c <= '9') || *c == '-'))
			*c = '_';
	return name;
}

static int prove(struct cli *cli, const char *to, bool french)
{
	struct arena *arena = arena_create(PROOF_MEMORY);
	struct export_out out = {0};
	const char *given = cli->arguments[0], *wanted = strchr(given, '@') != NULL && given[0] != '<' ? arena_printf(arena, "<%s>", given) : given;
	struct proof p = {.cli = cli, .arena = arena, .out = &out, .wanted = wanted, .french = french};
	char digest[DIGEST_SHA256_TEXT] = "";
	sigset_t before;

	if (to == NULL)
		to = place(arena, given);
	hold_signals(&before);
	enum reason reason = make(&p, to, digest);
	export_out_close(&out);
	sigprocmask(SIG_SETMASK, &before, NULL);
	int status = reason == REASON_NONE ? told(&p, to, digest) : cli_refuse(cli, reason, reason == REASON_NOT_FOUND ? given : to);
	proof_close(&p);
	arena_destroy(&arena);
	return status;
}

int cli_proof(int argc, char **argv)
{
	struct cli cli;
	int status = cli_open(&cli, argc, argv, 1, 5, usage);

	if (status != CLI_OK)
		return cli_close(&cli, status);
	const char *to = cli_option(&cli, "--out", true), *language = cli_option(&cli, "--language", true);
	if (cli.n != 1 || (language != NULL && strcmp(language, "fr") != 0 && strcmp(language, "en") != 0)) {
		fprintf(stderr, "usage: relais %s\n", usage);
		return cli_close(&cli, CLI_USAGE);
	}
	return cli_close(&cli, prove(&cli, to, language == NULL ? cli.french : language[0] == 'f'));
}
