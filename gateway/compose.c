/* gateway/compose.c - relais-compose (--socket FD | --listen FD) --templates DIR
 *
 * Builds one outgoing mail from typed fields, in a child that holds nothing else. The parent has loaded templates,
 * fonts and character sets before its jail; no file is opened afterwards. */
#include <locale.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/frame.h"
#include "base/limits.h"
#include "gateway/compose_build.h"
#include "gateway/compose_sheet.h"
#include "gateway/jail.h"
#include "gateway/log.h"
#include "gateway/oneshot.h"
#include "gateway/reader.h"

static void handle(const void *warm, struct bytes request, struct bytes payload, int answer_fd)
{
	struct arena *arena = arena_create(LIMIT_COMPOSE_MEMORY / 2);
	struct compose_mail mail;
	const char *field = "";
	struct bytes pdf;
	enum reason reason;

	if (arena == NULL)
		_exit(ARENA_EXIT_EXHAUSTED);
	bool sheet = compose_sheet(arena, request, &reason, &pdf, &field);
	if (!sheet)
		reason = compose_build(arena, warm, request, payload, &mail, &field);
	if (reason == REASON_NONE && sheet) {
		reader_piece(answer_fd, FRAME_JSON, BYTES("{}"));
		reader_piece(answer_fd, FRAME_BLOB, pdf);
	} else if (reason == REASON_NONE) {
		reader_piece(answer_fd, FRAME_JSON, compose_answer(arena, &mail));
		if (mail.head.len > 0)
			reader_piece(answer_fd, FRAME_BLOB, mail.head);
		reader_piece(answer_fd, FRAME_BLOB, mail.entity);
	} else {
		reader_piece(answer_fd, FRAME_JSON, compose_failure(arena, reason, field));
	}
	arena_destroy(&arena);
}

int main(int argc, char **argv)
{
	const char *folder = NULL;
	const struct reader_option options[] = {{"--templates", &folder}};
	struct reader_socket from;
	struct template_set *templates = NULL;
	const char *where = "";

	jail_begin();
	log_open("compose");
	if (!reader_options(argc, argv, options, 1, &from) || folder == NULL) {
		dprintf(STDERR_FILENO, "usage: relais-compose (--socket FD | --listen FD) --templates DIR\n");
		return READER_USAGE;
	}
	setlocale(LC_CTYPE, "C.UTF-8");
	struct arena *arena = arena_create(16u * 1024 * 1024);
	if (arena == NULL || template_load(arena, folder, &templates, &where) != REASON_NONE) {
		log_event("templates-failed", LOG_REASON(REASON_COMPOSE_TEMPLATE), LOG_TEXT("where", where), LOG_END);
		return READER_CONFIG;
	}
	if (!compose_warm(templates)) {
		log_event("fonts-failed", LOG_REASON(REASON_COMPOSE_FAILED), LOG_END);
		return READER_CONFIG;
	}
	const struct oneshot_server server = {
		.socket = from.descriptor,
		.listening = from.listening,
		.warm = templates,
		.handler = handle,
		.narrow = reader_narrow,
		.cpu_seconds = LIMIT_COMPOSE_CPU_SECONDS,
		.memory = LIMIT_COMPOSE_MEMORY,
	};
	bool jailed = jail_enter(JAIL_READER_PARENT);
	if (from.listening)
		log_event("ready", LOG_NUMBER("jailed", jailed), LOG_END);
	int status = oneshot_serve(&server);
	arena_destroy(&arena);
	/* Not through exit handlers: the font library keeps its tables and a leak checker would blame us for them. */
	_exit(status);
}
