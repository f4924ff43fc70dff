/* gateway/cli_inspect.c - see cli_inspect.h. */
#include "gateway/cli_inspect.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/frame.h"
#include "base/limits.h"
#include "gateway/cli_inspect_html.h"
#include "gateway/cli_inspect_merge.h"
#include "gateway/cli_inspect_print.h"
#include "gateway/cli_view.h"
#include "gateway/json_view.h"
#include "gateway/oneshot.h"

static const char usage[] =
	"relais inspect [--json] [--anchors FILE] [--crls DIR] [--time RFC3339] [--digests LIST] [--mail-from ADDR]\n"
	"               [--schema DIR] [--schematron DIR] [--html DIR] FILE...\n";

enum { OWN_MEMORY = 1024 * 1024 };

/* The largest file that is read at all: above what any reader takes. */
#define FILE_ROOM LIMIT_ZIP_TOTAL

struct options {
	bool json, french;
	const char *anchors, *crls, *time, *digests, *mail_from, *schema, *schematron, *html;
	char **files;
	int n;
};

struct inspector {
	const struct options *options;
	struct oneshot *verify, *inspect;
};

/* Of one file. */
struct sight {
	struct inspector *by;
	struct arena *arena;
	struct bytes raw;
	json_t *verified, *facts;
	struct bytes blob;           /* the last of verify's answer */
	struct bytes first_blob;
	enum reason failed;
	bool unwritten;              /* a page could not be written */
};

/* --- options ----------------------------------------------------------------- */

static const char **place_of(struct options *o, const char *name)
{
	const struct {
		const char *name;
		const char **place;
	} all[] = {
		{"--anchors", &o->anchors}, {"--crls", &o->crls},           {"--time", &o->time},
		{"--digests", &o->digests}, {"--mail-from", &o->mail_from}, {"--schema", &o->schema},
		{"--html", &o->html},               {"--schematron", &o->schematron},
	};
	for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
		if (strcmp(name, all[i].name) == 0)
			return all[i].place;
	return NULL;
}

static bool digests_known(const char *list)
{
	static const char *const known[] = {"sha1", "sha256", "sha384", "sha512"};
	struct cursor c = cursor_on(bytes_of_text(list));
	bool good = c.left.len > 0;

	while (good && c.left.len > 0) {
		struct bytes name = cursor_until(&c, ',');
		bool found = false;
		for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
			found = found || bytes_equal_text(name, known[i]);
		good = found;
	}
	return good;
}

static bool speaks_french(void)
{
	const char *language = getenv("LC_ALL");
	if (language == NULL || *language == 0)
		language = getenv("LANG");
	return language == NULL || strncmp(language, "en", 2) != 0;
}

static bool read_options(int argc, char **argv, struct options *out)
{
	struct instant ignored;

	*out = (struct options){.french = speaks_french(), .files = argv};
	for (int i = 1; i < argc; i++) {
		const char **place = place_of(out, argv[i]);
		if (strcmp(argv[i], "--json") == 0)
			out->json = true;
		else if (place != NULL && i + 1 < argc)
			*place = argv[++i];
		else if (strncmp(argv[i], "--", 2) == 0 && argv[i][2] != 0)
			return false;
		else if (strcmp(argv[i], "--") != 0)
			out->files[out->n++] = argv[i];   /* never ahead of i */
	}
	if (out->time != NULL && !instant_read(bytes_of_text(out->time), &ignored))
		return false;
	return out->n > 0 && (out->digests == NULL || digests_known(out->digests));
}

/* --- the readers --------------------------------------------------------------- */

static char *word(const char *text)
{
	return (char *)(uintptr_t)text;
}

static bool start_readers(struct arena *arena, const struct options *o, struct inspector *out)
{
	const char *verify = cli_beside(arena, "relais-verify"), *inspect = cli_beside(arena, "relais-inspect");
	char *verify_argv[] = {word(verify), word("--anchors"), word(o->anchors == NULL ? "" : o->anchors), word("--crls"),
			       word(o->crls == NULL ? "" : o->crls), NULL};
	char *inspect_argv[] = {word(inspect), word("--schema"), word(o->schema == NULL ? "" : o->schema), word("--schematron"),
				word(o->schematron == NULL ? "" : o->schematron), NULL};

	*out = (struct inspector){.options = o};
	if (verify == NULL || inspect == NULL)
		return false;
	out->verify = oneshot_spawn(verify, verify_argv);
	out->inspect = oneshot_spawn(inspect, inspect_argv);
	return out->verify != NULL && out->inspect != NULL;
}

static enum reason ask(struct sight *s, struct oneshot *reader, json_t *request, struct bytes payload, json_t **out)
{
	struct bytes answer;
	struct bytes text = json_write(s->arena, request);
	enum reason reason = oneshot_call(reader, s->arena, text, payload, 2 * LIMIT_MESSAGE + LIMIT_INSPECT_ANSWER,
					  LIMIT_INSPECT_SECONDS * 1000, &answer);
	struct cursor c = cursor_on(answer);
	struct frame frame;

	if (reason != REASON_NONE)
		return reason;
	while (frame_next(&c, &frame)) {
		if (bytes_equal_text(frame.tag, FRAME_JSON) && *out == NULL) {
			*out = json_read(frame.payload);
			continue;
		}
		if (s->first_blob.at == NULL)
			s->first_blob = frame.payload;
		s->blob = frame.payload;
	}
	return cursor_done(&c) && json_is_object(*out) ? REASON_NONE : REASON_FRAME;
}

/* What is a fact about the file becomes a verdict; the rest is our own trouble. */
static bool is_ours(enum reason reason)
{
	return reason == REASON_IO || reason == REASON_MEMORY;
}

static struct bytes part_of(struct bytes whole, const json_t *pair)
{
	json_int_t at = json_integer_value(json_array_get(pair, 0)), len = json_integer_value(json_array_get(pair, 1));
	if (at < 0 || len < 0)
		return BYTES_NONE;
	return bytes_slice(whole, (size_t)at, (size_t)len);
}

static json_t *pair(struct bytes part, struct bytes whole)
{
	return part.len == 0 ? json_pack("[i,i]", 0, 0) : json_pack("[I,I]", (json_int_t)(part.at - whole.at), (json_int_t)part.len);
}

/* --- one file --------------------------------------------------------------------- */

static bool read_file(const char *path, struct arena *arena, struct bytes *out, enum reason *refused)
{
	struct stat about;
	int file = open(path, O_RDONLY | O_CLOEXEC);
	bool ok = file >= 0 && fstat(file, &about) == 0;

	if (ok && S_ISDIR(about.st_mode)) {
		errno = EISDIR;
		ok = false;
	}
	*refused = ok && about.st_size > (off_t)FILE_ROOM ? REASON_SMTP_SIZE : REASON_NONE;
	if (ok && *refused == REASON_NONE) {
		size_t size = (size_t)about.st_size, len = 0;
		unsigned char *at = arena_alloc(arena, size + 1);
		for (ssize_t n = 1; n > 0 && len < size; len += n > 0 ? (size_t)n : 0) {
			n = read(file, at + len, size - len);
			ok = n >= 0;
		}
		*out = (struct bytes){at, len};
	}
	if (file >= 0)
		close(file);
	return ok;
}

static bool named(const char *path, const char *ending)
{
	struct bytes name = bytes_of_text(path), end = bytes_of_text(ending);
	return name.len > end.len && bytes_equal_nocase(bytes_from(name, name.len - end.len), end);
}

/* XML in UTF-8 or UTF-16, but not the web page that begins likewise. */
static bool is_xml(struct bytes raw)
{
	struct bytes text = raw;
	static const struct bytes marks[] = {BYTES_OF("\xef\xbb\xbf"), BYTES_OF("\xff\xfe<\0"), BYTES_OF("\xfe\xff\0<")};

	if (bytes_starts(raw, marks[1]) || bytes_starts(raw, marks[2]))
		return true;
	if (bytes_starts(raw, marks[0]))
		text = bytes_from(raw, 3);
	text = bytes_trim(bytes_slice(text, 0, 4096));
	if (text.len < 2 || text.at[0] != '<' || bytes_starts_nocase(text, BYTES("<!doctype html")) ||
	    bytes_starts_nocase(text, BYTES("<html")))
		return false;
	unsigned char second = text.at[1];
	return second == '?' || second == '!' || (second | 0x20) >= 'a' || second == '_' || second == ':';
}

static const char *kind_of(const char *path, struct bytes raw)
{
	if (bytes_starts(raw, BYTES("PK\3\4")) || bytes_starts(raw, BYTES("PK\5\6")) || named(path, ".zip"))
		return "zip";
	return is_xml(raw) || named(path, ".xml") ? "cda" : NULL;
}

static const char *file_name(const char *path)
{
	const char *slash = strrchr(path, '/');
	return slash == NULL ? path : slash + 1;
}

/* The same question again, for pages. A file without a CDA has none. */
static enum reason ask_pages(struct sight *s, const char *name, json_t *request, struct bytes payload)
{
	const struct options *o = s->by->options;
	struct bytes answer;

	json_object_set_new(request, "op", json_string("html"));
	json_object_set_new(request, "language", json_string(o->french ? "fr" : "en"));
	enum reason reason = oneshot_call(s->by->inspect, s->arena, json_write(s->arena, request), payload, LIMIT_HTML_ANSWER,
					  LIMIT_INSPECT_SECONDS * 1000, &answer);
	if (reason == REASON_NONE)
		s->unwritten = !cli_inspect_pages(s->arena, o->html, name, answer);
	return reason;
}

static enum reason ask_inspect(struct sight *s, const char *path, const char *kind, struct bytes head, struct bytes range, struct bytes payload)
{
	const struct options *o = s->by->options;
	bool mail = strcmp(kind, "mail") == 0;
	json_t *request = json_pack("{s:s, s:s, s:s?, s:o, s:o, s:b, s:b}", "op", "facts", "kind", kind, "name",
				    mail ? NULL : file_name(path), "head", head.len == 0 ? json_null() : pair(head, payload), "range",
				    pair(range, payload), "signed", 0, "schema", o->schema != NULL || o->schematron != NULL);
	enum reason reason = ask(s, s->by->inspect, json_incref(request), payload, &s->facts);

	if (reason == REASON_NONE && o->html != NULL)
		return ask_pages(s, file_name(path), request, payload);
	json_decref(request);
	return reason;
}

static enum reason ask_verify(struct sight *s, const char *mail_from)
{
	const struct options *o = s->by->options;
	json_t *request = json_pack("{s:s?, s:s?, s:s?, s:s}", "mail_from", mail_from, "time", o->time, "digests", o->digests, "source",
				    "file");
	s->blob = s->first_blob = BYTES_NONE;
	json_decref(s->verified);
	s->verified = NULL;
	return ask(s, s->by->verify, request, s->raw, &s->verified);
}

static bool only_from_is_wrong(struct bytes reason)
{
	return bytes_equal(reason, BYTES("mail.from.none")) || bytes_equal(reason, BYTES("mail.from.several")) ||
	       bytes_equal(reason, BYTES("mail.from.syntax"));
}

/* Beyond the limits of our own scan no library sees a message. A wrong From is no danger to them: what else the mail
 * holds may then be shown. */
static bool may_be_parsed(const struct sight *s, struct bytes range)
{
	const json_t *scan = json_object_get(s->verified, "scan");
	bool refused = bytes_equal(json_view(scan, "verdict"), BYTES("refuse"));
	return range.len > 0 && (!refused || only_from_is_wrong(json_view(scan, "reason")));
}

/* The range that verify named, behind the outer header block. */
static enum reason inspect_mail(struct sight *s, const char *path)
{
	const json_t *v = s->verified;
	struct bytes raw = json_truth(v, "normalised") ? s->first_blob : s->raw;
	struct bytes head = part_of(raw, json_object_get(v, "head")), whole = raw;

	if (json_truth(v, "content")) {
		unsigned char *both = arena_alloc(s->arena, head.len + s->blob.len + 1);
		if (head.len > 0)
			memcpy(both, head.at, head.len);
		if (s->blob.len > 0)
			memcpy(both + head.len, s->blob.at, s->blob.len);
		raw = (struct bytes){both, head.len + s->blob.len};
		head = bytes_slice(raw, 0, head.len);
		whole = bytes_from(raw, head.len);
	}
	struct bytes range = part_of(whole, json_object_get(v, "range"));
	return may_be_parsed(s, range) ? ask_inspect(s, path, "mail", head, range, raw) : REASON_NONE;
}

/* A report may lack a From when its envelope sender is empty; a file does not tell the envelope, but the mail tells that it is one. */
static bool is_report_without_from(const struct sight *s)
{
	struct bytes type = json_view(json_object_get(s->facts, "report"), "type");
	return s->by->options->mail_from == NULL && type.len > 0 && !bytes_equal(type, BYTES("auto-reply")) &&
	       bytes_equal(json_view(json_object_get(s->verified, "scan"), "reason"), BYTES("mail.from.none"));
}

static enum reason look(struct sight *s, const char *path, const char **kind)
{
	struct bytes kind_told;
	enum reason reason;

	*kind = kind_of(path, s->raw);
	if (*kind != NULL)
		return ask_inspect(s, path, *kind, BYTES_NONE, s->raw, s->raw);
	*kind = "other";
	reason = s->raw.len > 2 * LIMIT_MESSAGE ? REASON_SMTP_SIZE : ask_verify(s, s->by->options->mail_from);
	if (reason != REASON_NONE)
		return reason;
	kind_told = json_view(s->verified, "kind");
	if (bytes_equal(kind_told, BYTES("cms")))
		return REASON_NONE;
	if (!bytes_equal(kind_told, BYTES("mail")))
		return ask_inspect(s, path, "other", BYTES_NONE, s->raw, s->raw);
	*kind = "mail";
	if (s->raw.len > LIMIT_MESSAGE)
		return REASON_SMTP_SIZE;
	reason = inspect_mail(s, path);
	if (reason == REASON_NONE && is_report_without_from(s))
		reason = ask_verify(s, "");
	return reason;
}

static bool inspect_file(struct inspector *by, const char *path)
{
	struct sight s = {.by = by, .arena = arena_create((size_t)FILE_ROOM * 4 + OWN_MEMORY)};
	const char *kind = "other";
	enum reason refused = REASON_NONE;
	bool ok = read_file(path, s.arena, &s.raw, &refused);

	if (!ok)
		fprintf(stderr, "relais inspect: %s: %s\n", path, strerror(errno));
	if (ok) {
		s.failed = refused != REASON_NONE ? refused : look(&s, path, &kind);
		ok = !is_ours(s.failed);
		if (!ok)
			fprintf(stderr, "relais inspect: %s: %s (%s)\n", path, reason_entry(s.failed)->en, reason_code(s.failed));
	}
	if (ok) {
		/* A reader that was stopped, or whose answer does not hold together, says nothing about what it read. */
		if (reason_entry(s.failed)->class == REASON_CLASS_LATER)
			s.failed = REASON_MAIL_UNREADABLE;
		json_t *merged = cli_inspect_merge(&(struct inspect_answers){path, kind, s.verified, s.facts, s.failed, by->options->french});
		if (by->options->json && json_dumpf(merged, stdout, JSON_COMPACT) == 0)
			putchar('\n');
		else if (!by->options->json) {
			cli_inspect_print(merged, by->options->french);
			cli_inspect_print_said(s.arena, s.facts, by->options->french);
		}
		fflush(stdout);
		json_decref(merged);
		ok = !s.unwritten;
	}
	json_decref(s.verified);
	json_decref(s.facts);
	arena_destroy(&s.arena);
	return ok;
}

int cli_inspect(int argc, char **argv)
{
	struct arena *arena = arena_create(OWN_MEMORY);
	struct options options;
	struct inspector inspector = {0};
	int status = CLI_OK;

	if (!read_options(argc, argv, &options)) {
		fputs(usage, stderr);
		status = CLI_USAGE;
	} else if (!start_readers(arena, &options, &inspector)) {
		fputs("relais inspect: relais-verify and relais-inspect must stand beside relais\n", stderr);
		status = CLI_FAILED;
	} else {
		for (int i = 0; i < options.n; i++)
			if (!inspect_file(&inspector, options.files[i]))
				status = CLI_FAILED;
	}
	oneshot_close(&inspector.verify);
	oneshot_close(&inspector.inspect);
	arena_destroy(&arena);
	return status;
}
