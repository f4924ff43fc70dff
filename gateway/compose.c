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
#include "gateway/jail.h"
#include "gateway/log.h"
#include "gateway/oneshot.h"

/* sysexits: EX_USAGE, EX_CONFIG. */
enum { EXIT_USAGE = 64, EXIT_CONFIG = 78 };

struct options {
	int socket;
	bool listening;
	const char *templates;
};

static bool read_options(int argc, char **argv, struct options *out)
{
	*out = (struct options){.socket = -1};
	for (int i = 1; i < argc; i += 2) {
		const char *value = i + 1 < argc ? argv[i + 1] : NULL;
		bool listen = strcmp(argv[i], "--listen") == 0;
		uint64_t number;
		if (value == NULL)
			return false;
		if (listen || strcmp(argv[i], "--socket") == 0) {
			if (!bytes_number(bytes_of_text(value), 1 << 20, &number))
				return false;
			out->listening = listen;
			out->socket = (int)number;
		} else if (strcmp(argv[i], "--templates") == 0) {
			out->templates = value;
		} else {
			return false;
		}
	}
	return out->socket >= 0 && out->templates != NULL;
}

static void write_piece(int fd, const char tag[4], struct bytes piece)
{
	struct buf head = buf_make(64);
	frame_head(&head, tag, piece.len);
	oneshot_write(fd, buf_bytes(&head));
	oneshot_write(fd, piece);
	buf_free(&head);
}

static void handle(const void *warm, struct bytes request, struct bytes payload, int answer_fd)
{
	struct arena *arena = arena_create(LIMIT_COMPOSE_MEMORY / 2);
	struct compose_mail mail;
	const char *field = "";
	if (arena == NULL)
		_exit(ARENA_EXIT_EXHAUSTED);
	enum reason reason = compose_build(arena, warm, request, payload, &mail, &field);
	if (reason == REASON_NONE) {
		write_piece(answer_fd, FRAME_JSON, compose_answer(arena, &mail));
		write_piece(answer_fd, FRAME_BLOB, mail.head);
		write_piece(answer_fd, FRAME_BLOB, mail.entity);
	} else {
		write_piece(answer_fd, FRAME_JSON, compose_failure(arena, reason, field));
	}
	arena_destroy(&arena);
}

static void narrow(void)
{
	(void)jail_enter(JAIL_READER_CHILD);
}

int main(int argc, char **argv)
{
	struct options options;
	struct template_set *templates = NULL;
	const char *where = "";

	log_open("compose");
	if (!read_options(argc, argv, &options)) {
		dprintf(STDERR_FILENO, "usage: relais-compose (--socket FD | --listen FD) --templates DIR\n");
		return EXIT_USAGE;
	}
	setlocale(LC_CTYPE, "C.UTF-8");
	struct arena *arena = arena_create(16u * 1024 * 1024);
	if (arena == NULL || template_load(arena, options.templates, &templates, &where) != REASON_NONE) {
		log_event("templates-failed", LOG_REASON(REASON_COMPOSE_TEMPLATE), LOG_TEXT("where", where), LOG_END);
		return EXIT_CONFIG;
	}
	if (!compose_warm(templates)) {
		log_event("fonts-failed", LOG_REASON(REASON_COMPOSE_FAILED), LOG_END);
		return EXIT_CONFIG;
	}
	const struct oneshot_server server = {
		.socket = options.socket,
		.listening = options.listening,
		.warm = templates,
		.handler = handle,
		.narrow = narrow,
		.cpu_seconds = LIMIT_COMPOSE_CPU_SECONDS,
		.memory = LIMIT_COMPOSE_MEMORY,
	};
	bool jailed = jail_enter(JAIL_READER_PARENT);
	log_event("ready", LOG_NUMBER("jailed", jailed), LOG_END);
	int status = oneshot_serve(&server);
	arena_destroy(&arena);
	/* Not through exit handlers: the font library keeps its tables and a leak checker would blame us for them. */
	_exit(status);
}
