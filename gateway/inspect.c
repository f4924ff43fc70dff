/* gateway/inspect.c - main of relais-inspect: the second child of a message (MIME, ZIP, XML, PDF; no cryptography).
 *
 *   relais-inspect (--socket FD | --listen FD) [--schema DIR] [--schematron DIR]
 *
 * The warm parent starts GMime, opens the charsets, reads the schema and the schematrons once, and is then jailed without a file; each
 * message is read by a fresh child, in a filter narrower still. Exit status 64: usage; 78: the schema, the schematrons. */
#include <locale.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/frame.h"
#include "gateway/inspect_facts.h"
#include "gateway/inspect_html.h"
#include "gateway/inspect_normalise.h"
#include "gateway/jail.h"
#include "gateway/json_view.h"
#include "gateway/log.h"
#include "gateway/oneshot.h"
#include "gateway/reader.h"

/* Of the arena, below the child's memory limit: a full arena says so in one line, a full process may not. */
#define ARENA_ROOM (LIMIT_INSPECT_MEMORY - 48u * 1024 * 1024)

/* Of all tables as they are read; what is compiled, and the value sets, come on top. */
#define SCHEMATRON_ROOM (512u * 1024 * 1024)

struct warm {
	struct schema *schema;
	struct html_view *view;
	struct arena *rules;            /* where the schematrons live */
	struct schematron_set *schematrons;
	struct mime_charsets charsets;
};

static void tell(struct arena *arena, int answer_fd, json_t *json)
{
	reader_piece(answer_fd, FRAME_JSON, json_write(arena, json));
}

static void answer(struct arena *arena, const struct warm *warm, const struct inspect_request *request, int answer_fd)
{
	struct inspection inspection, *in = &inspection;
	struct bytes *pages;
	size_t n;

	inspect_read(arena, request, in);
	switch (request->op) {
	case INSPECT_FACTS:
		tell(arena, answer_fd, inspect_facts_json(arena, in));
		break;
	case INSPECT_EXTRACT:
		tell(arena, answer_fd, inspect_extract_json(arena, in));
		for (size_t i = 0; i < in->n; i++)
			if (inspect_document_is_given(&in->documents[i]))
				reader_piece(answer_fd, FRAME_BLOB, in->documents[i].content);
		break;
	case INSPECT_NORMALISE:
		break;   /* not here: it reads no message */
	case INSPECT_HTML:
		tell(arena, answer_fd, inspect_html(arena, warm->view, in, request->english, &pages, &n));
		for (size_t i = 0; i < n; i++)
			reader_piece(answer_fd, FRAME_BLOB, pages[i]);
		break;
	}
}

/* One document, alone in its child: what a library does over it spoils nothing else. */
static void normalise(struct arena *arena, struct bytes content, int answer_fd)
{
	struct inspect_normal normal;

	inspect_normalise(arena, content, &normal);
	tell(arena, answer_fd, inspect_normal_json(&normal));
	if (normal.text.len > 0)
		reader_piece(answer_fd, FRAME_BLOB, normal.text);
	if (normal.file.len > 0)
		reader_piece(answer_fd, FRAME_BLOB, normal.file);
}

static void handle(const void *warm, struct bytes text, struct bytes payload, int answer_fd)
{
	struct arena *arena = arena_create(ARENA_ROOM);
	const struct warm *loaded = warm;
	json_t *json = json_read(text);
	struct inspect_request request;
	bool schema;

	if (!inspect_request_read(json, payload, &request, &schema))
		_exit(READER_REQUEST);
	request.schema = schema ? loaded->schema : NULL;
	request.schematrons = schema ? loaded->schematrons : NULL;
	if (request.op == INSPECT_NORMALISE)
		normalise(arena, request.range, answer_fd);
	else
		answer(arena, loaded, &request, answer_fd);
	json_decref(json);
	arena_destroy(&arena);
}

static int serve(const struct reader_socket *from, const struct warm *warm)
{
	const struct oneshot_server server = {
		.socket = from->descriptor,
		.listening = from->listening,
		.warm = warm,
		.handler = handle,
		.narrow = reader_narrow,
		.cpu_seconds = LIMIT_INSPECT_CPU_SECONDS,
		.memory = LIMIT_INSPECT_MEMORY,
	};

	bool jailed = jail_enter(JAIL_READER_PARENT);
	if (from->listening)
		log_event("ready", LOG_NUMBER("charsets", warm->charsets.n), LOG_NUMBER("schema", warm->schema != NULL),
			  LOG_NUMBER("schematrons", warm->schematrons == NULL ? 0 : schematron_count(warm->schematrons)),
			  LOG_NUMBER("jailed", jailed), LOG_END);
	return oneshot_serve(&server);
}

/* What GMime and the charsets load at their first use is loaded here, where files can still be opened. */
static void rehearse(void)
{
	static const char mail[] = "From: =?utf-8?q?a?= <a@example.org>\r\nSubject: =?iso-8859-15?q?=E9?=\r\n"
				   "Date: Sat, 21 Nov 2026 21:50:00 +0100\r\nContent-Type: text/plain; charset=windows-1252\r\n\r\n\xe9\r\n";
	struct arena *arena = arena_create(8u * 1024 * 1024);
	struct mime_message message;

	(void)!mime_read(arena, BYTES_NONE, BYTES(mail), &message);
	arena_destroy(&arena);
}

static bool load_schema(struct warm *warm, const char *folder)
{
	enum reason reason = folder == NULL || *folder == '\0' ? REASON_NONE : schema_load(folder, &warm->schema);

	if (reason != REASON_NONE)
		log_event("schema-failed", LOG_REASON(reason), LOG_TEXT("folder", folder), LOG_END);
	return reason == REASON_NONE;
}

static bool load_schematrons(struct warm *warm, const char *folder)
{
	const char *at = "";

	if (folder == NULL || *folder == '\0')
		return true;
	warm->rules = arena_create(SCHEMATRON_ROOM);
	enum reason reason = schematron_load(warm->rules, folder, &warm->schematrons, &at);
	if (reason != REASON_NONE)
		log_event("schematron-failed", LOG_REASON(reason), LOG_TEXT("folder", folder), LOG_TEXT("file", at), LOG_END);
	return reason == REASON_NONE;
}

int main(int argc, char **argv)
{
	const char *schema = NULL, *schematron = NULL;
	const struct reader_option options[] = {{"--schema", &schema}, {"--schematron", &schematron}};
	struct reader_socket from;
	struct warm warm = {0};

	jail_begin();
	log_open("inspect");
	if (!reader_options(argc, argv, options, 2, &from)) {
		dprintf(STDERR_FILENO, "usage: relais-inspect (--socket FD | --listen FD) [--schema DIR] [--schematron DIR]\n");
		return READER_USAGE;
	}
	setlocale(LC_CTYPE, "C.UTF-8");
	mime_open(&warm.charsets);
	rehearse();
	if (!load_schema(&warm, schema) || !load_schematrons(&warm, schematron))
		return READER_CONFIG;
	if (html_view_open(&warm.view) != REASON_NONE) {
		log_event("view-failed", LOG_END);
		return READER_CONFIG;
	}
	int status = serve(&from, &warm);
	html_view_close(&warm.view);
	schematron_close(&warm.schematrons);
	arena_destroy(&warm.rules);
	schema_close(&warm.schema);
	mime_close(&warm.charsets);
	return status;
}
