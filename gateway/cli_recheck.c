/* gateway/cli_recheck.c - relais recheck R<number> [FOLDER]: is the verdict on a message the same, judged again from what was kept?
 *
 * The message, the certificates and the lists come from the database; the trust that is configured today plays no part. Judged
 * is by relais-verify, as of the moment of the first judgement. */
#include "gateway/cli_verbs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/digest.h"
#include "base/frame.h"
#include "base/limits.h"
#include "gateway/cli_view.h"
#include "gateway/json_view.h"
#include "gateway/open_message.h"
#include "gateway/recheck_folder.h"

#define MEMORY (8 * (size_t)LIMIT_CRL)

static const char usage[] = "recheck R<number> [FOLDER]";

struct recheck {
	struct cli cli;
	struct arena *arena;
	int64_t inbox;
	struct store_rows *row;          /* of recheck_get */
	json_t *then, *now;              /* signatures */
	struct bytes digest_then;        /* of the message */
	char digest_now[DIGEST_SHA256_TEXT];
	struct bytes raw;
	struct recheck_folder folder;
	json_t *missing, *altered, *differences;
};

static char *word(const char *text)
{
	return (char *)(uintptr_t)text;
}

/* --- what was kept ------------------------------------------------------------ */

static bool read_id(const char *text, int64_t *out)
{
	uint64_t number;
	struct bytes all = bytes_of_text(text);

	if (all.len < 2 || (all.at[0] | 0x20) != 'r' || !bytes_number(bytes_from(all, 1), INT64_MAX, &number))
		return false;
	*out = (int64_t)number;
	return true;
}

/* It came encrypted, and the verdict is on what was in it: from here on that stands in its place, on the operator's own machine. */
static enum reason open_again(struct recheck *r)
{
	char *argv[] = {word(cli_beside(r->arena, "relais-verify")), word("--anchors"), word(""), NULL};
	struct oneshot *reader = argv[0] == NULL ? NULL : oneshot_spawn(argv[0], argv);
	struct opener_client opener = opener_client_make(opener_socket(r->arena, r->cli.config));
	bool authenticated;
	enum reason reason = REASON_IO;

	if (reader != NULL)
		reason = open_message(reader, &opener, r->arena, store_int(r->row, 0, 0), 0, r->raw, &r->raw, &authenticated);
	opener_client_close(&opener);
	oneshot_close(&reader);
	return reason;
}

static enum reason read_verdict(struct recheck *r)
{
	enum reason reason = STORE_RUN(r->cli.store, &r->row, "select body, signature, digest, mail_from, opened from relais.recheck_get($1)", P_INT(r->inbox));

	if (reason != REASON_NONE)
		return reason;
	if (store_count(r->row) != 1 || store_is_null(r->row, 0, 1))
		return REASON_NOT_FOUND;
	r->then = json_read(store_bytes(r->row, 0, 1));
	r->digest_then = store_bytes(r->row, 0, 2);
	reason = store_body_read(r->cli.store, r->arena, store_int(r->row, 0, 0), &r->raw);
	if (reason == REASON_NONE)
		digest_sha256_text(r->raw, r->digest_now);
	return reason == REASON_NONE && store_int(r->row, 0, 4) != 0 ? open_again(r) : reason;
}

static bool listed(const json_t *list, struct bytes text)
{
	size_t i;
	const json_t *one;

	json_array_foreach(list, i, one) {
		if (bytes_equal(json_text_view(one), text))
			return true;
	}
	return false;
}

/* Each piece under the name by which the verdict knows it; who has another name by now was altered. */
static enum reason lay_out(struct recheck *r)
{
	struct store_rows *rows = NULL;
	const struct bytes *named;
	json_t *found = json_array();
	size_t n = json_views(r->arena, r->then, "material", &named);
	enum reason reason = recheck_folder_message(r->arena, &r->folder, r->raw);

	if (reason == REASON_NONE)
		reason = STORE_RUN(r->cli.store, &rows, "select digest, kind, der from relais.material_get($1)", P_TEXTS(named, n));
	for (size_t i = 0; reason == REASON_NONE && i < store_count(rows); i++) {
		struct bytes digest = store_bytes(rows, i, 0);
		bool altered;
		json_array_append_new(found, json_of(digest));
		reason = recheck_folder_piece(r->arena, &r->folder, digest, store_bytes(rows, i, 1), store_bytes(rows, i, 2), &altered);
		if (altered)
			json_array_append_new(r->altered, json_of(digest));
	}
	for (size_t i = 0; i < n; i++)
		if (!listed(found, named[i]))
			json_array_append_new(r->missing, json_of(named[i]));
	json_decref(found);
	store_free(&rows);
	return reason;
}

/* --- judged again ------------------------------------------------------------------ */

static enum reason judge(struct recheck *r)
{
	const char *verify = cli_beside(r->arena, "relais-verify"), *folder = r->folder.path;
	const char *anchors = r->folder.certificates > 0 ? arena_printf(r->arena, "%s/anchors.pem", folder) : "",
		   *crls = json_truth(r->then, "revocation") ? arena_printf(r->arena, "%s/crls", folder) : "";
	char *argv[] = {word(verify), word("--anchors"), word(anchors), word("--crls"), word(crls), NULL};
	struct oneshot *reader = verify == NULL ? NULL : oneshot_spawn(verify, argv);
	struct bytes answer, request = json_write(r->arena, json_pack("{s:s?, s:o, s:o, s:s}", "mail_from", store_text(r->row, 0, 3), "time",
								      json_of(json_view(r->then, "checked_at")), "digests",
								      json_of(json_view(r->then, "measure")), "source", "mail"));
	enum reason reason = REASON_IO;
	struct frame frame;

	if (reader != NULL)
		reason = oneshot_call(reader, r->arena, request, r->raw, LIMIT_MESSAGE + LIMIT_INSPECT_ANSWER, LIMIT_INSPECT_SECONDS * 1000, &answer);
	oneshot_close(&reader);
	if (reason != REASON_NONE)
		return reason;
	struct cursor c = cursor_on(answer);
	if (!frame_next(&c, &frame) || !bytes_equal_text(frame.tag, FRAME_JSON))
		return REASON_FRAME;
	json_t *whole = json_read(frame.payload);
	r->now = json_incref(json_object_get(whole, "signature"));
	json_decref(whole);
	return json_is_object(r->now) ? REASON_NONE : REASON_FRAME;
}

/* --- compared --------------------------------------------------------------------------- */

static void differs(struct recheck *r, const char *field, json_t *then, json_t *now)
{
	json_array_append_new(r->differences, json_pack("{s:s, s:O, s:O}", "field", field, "then", then, "now", now));
}

static json_t *member(const json_t *object, const char *key)
{
	json_t *value = json_object_get(object, key);
	return value != NULL ? value : json_null();
}

static void compare(struct recheck *r)
{
	static const char *const fields[] = {"verdict", "reason", "bound", "signer", "fingerprint", "subject", "issuer", "serial", "email",
					     "digest", "time", "chain", "crls", "signers"};

	for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++)
		if (!json_equal(member(r->then, fields[i]), member(r->now, fields[i])))
			differs(r, fields[i], member(r->then, fields[i]), member(r->now, fields[i]));
	if (!bytes_equal_text(r->digest_then, r->digest_now)) {
		json_t *then = json_of(r->digest_then), *now = json_string(r->digest_now);
		differs(r, "message", then, now);
		json_decref(then);
		json_decref(now);
	}
}

static bool same(const struct recheck *r)
{
	return json_array_size(r->differences) + json_array_size(r->missing) + json_array_size(r->altered) == 0;
}

/* --- told ------------------------------------------------------------------------------------ */

/* What somebody who has not our program runs in the folder. Signed mail only: for the rest there is nothing to verify. */
static json_t *commands(struct recheck *r)
{
	struct instant at = {0};
	bool lists = json_truth(r->then, "revocation");
	json_t *list = json_array();

	json_array_append_new(list, json_string("sha256sum message.eml"));
	if (!json_instant(r->then, "checked_at", &at) || json_array_size(json_object_get(r->then, "signers")) == 0)
		return list;
	json_array_append_new(list, json_string(arena_printf(r->arena,
		"openssl cms -verify -in message.eml -CAfile trust.pem -no-CApath -no-CAstore -purpose smimesign -auth_level 2 -policy_check "
		"-policy anyPolicy%s -attime %lld -signer signer.pem -out content", lists ? " -crl_check_all -use_deltas -extended_crl" : "",
		(long long)(at.us / 1000000))));
	json_array_append_new(list, json_string("openssl x509 -in signer.pem -noout -subject -issuer -serial -dates -email -fingerprint -sha256"));
	if (r->folder.lists > 0)
		json_array_append_new(list, json_string("for list in crls/*.pem; do openssl crl -in \"$list\" -noout -issuer -crlnumber -lastupdate -nextupdate; done"));
	return list;
}

static json_t *report(struct recheck *r, const char *id)
{
	return json_pack("{s:s, s:O, s:b, s:O, s:O, s:O, s:O, s:O, s:s?, s:o}", "message", id, "checked_at", member(r->then, "checked_at"), "same",
			 same(r), "then", r->then, "now", r->now != NULL ? r->now : json_null(), "differences", r->differences, "missing",
			 r->missing, "altered", r->altered, "folder", r->folder.temporary ? NULL : r->folder.path, "commands", commands(r));
}

static void print_list(const char *title, const json_t *list)
{
	size_t i;
	const json_t *one;

	json_array_foreach(list, i, one)
		printf("  %s %s\n", title, json_string_value(one));
}

static void print_differences(const struct recheck *r)
{
	size_t i;
	const json_t *one;

	json_array_foreach(r->differences, i, one) {
		struct bytes then = json_write(r->arena, json_copy(member(one, "then"))), now = json_write(r->arena, json_copy(member(one, "now")));
		printf("  %s: %.*s -> %.*s\n", json_string_value(json_object_get(one, "field")), (int)then.len, (const char *)then.at, (int)now.len,
		       (const char *)now.at);
	}
}

static void print(const struct recheck *r, const char *id, const json_t *report)
{
	bool french = r->cli.french;
	const char *verdict = json_string_value(member(r->then, "verdict")), *at = json_string_value(member(r->then, "checked_at"));
	const char *signer = json_string_value(member(r->then, "signer"));

	printf(french ? "%s : jugé \"%s\" le %s%s%s\n" : "%s: judged \"%s\" at %s%s%s\n", id, verdict, at, signer != NULL ? ", " : "",
	       signer != NULL ? signer : "");
	printf(french ? "  pièces gardées : %zu certificats, %zu listes de révocation\n" : "  kept: %zu certificates, %zu revocation lists\n",
	       r->folder.certificates, r->folder.lists);
	print_list(french ? "pièce absente :" : "missing:", r->missing);
	print_list(french ? "pièce altérée :" : "altered:", r->altered);
	print_differences(r);
	if (same(r))
		printf(french ? "Le même verdict, le même signataire, les mêmes empreintes.\n" : "The same verdict, the same signer, the same digests.\n");
	else
		printf(french ? "CE N'EST PAS LE MÊME VERDICT, ou ses pièces ne sont plus entières.\n"
			      : "NOT THE SAME VERDICT, or what it rested on is not whole any more.\n");
	if (r->folder.temporary)
		printf(french ? "Pour le vérifier sans Relais : `relais recheck %s DOSSIER`, puis dans ce dossier :\n"
			      : "To check it without Relais: `relais recheck %s FOLDER`, then in that folder:\n", id);
	else
		printf(french ? "Pour le vérifier sans Relais, dans %s :\n" : "To check it without Relais, in %s:\n", r->folder.path);
	print_list(" ", json_object_get(report, "commands"));
}

/* --- the verb ------------------------------------------------------------------------------------ */

static int tell(struct recheck *r, const char *id)
{
	json_t *whole = report(r, id);

	if (r->cli.json) {
		json_dumpf(whole, stdout, JSON_INDENT(1));
		putchar('\n');
	} else {
		print(r, id, whole);
	}
	json_decref(whole);
	return same(r) ? CLI_OK : CLI_FAILED;
}

static int recheck(struct recheck *r)
{
	const char *id = arena_printf(r->arena, "R%lld", (long long)r->inbox);
	enum reason reason = read_verdict(r);

	if (reason == REASON_NONE) {
		reason = recheck_folder_open(r->arena, r->cli.n > 1 ? r->cli.arguments[1] : NULL, &r->folder);
		if (reason != REASON_NONE)
			return cli_refuse(&r->cli, reason, r->cli.n > 1 ? r->cli.arguments[1] : "TMPDIR");
		reason = lay_out(r);
	}
	/* A piece that is gone or altered already says that the verdict cannot be given again. */
	if (reason == REASON_NONE)
		reason = judge(r);
	if (reason == REASON_NONE)
		compare(r);
	else if (json_array_size(r->missing) + json_array_size(r->altered) == 0)
		return cli_refuse(&r->cli, reason, id);
	return tell(r, id);
}

int cli_recheck(int argc, char **argv)
{
	struct recheck r = {.arena = arena_create(MEMORY)};
	int status = cli_open(&r.cli, argc, argv, 1, 2, usage);

	if (status == CLI_OK && !read_id(r.cli.arguments[0], &r.inbox)) {
		fprintf(stderr, "usage: relais %s\n", usage);
		status = CLI_USAGE;
	}
	if (status == CLI_OK) {
		r.missing = json_array();
		r.altered = json_array();
		r.differences = json_array();
		status = recheck(&r);
	}
	recheck_folder_close(r.arena, &r.folder);
	store_free(&r.row);
	json_decref(r.then);
	json_decref(r.now);
	json_decref(r.missing);
	json_decref(r.altered);
	json_decref(r.differences);
	arena_destroy(&r.arena);
	return cli_close(&r.cli, status);
}
