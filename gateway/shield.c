/* gateway/shield.c - relais-shield (--socket FD | --listen FD)
 *
 * Reads one mail of ours as it will leave and tells which numbers and dates in it could be a person (gateway/shield_mail.h). A process of its
 * own: it alone links the library that reads PDFs for their words (poppler, whose licence is the GNU GPL), and it is behind the same walls as
 * the other readers. The request is {"head": bytes of the payload that are the head}; the rest is the entity. Exit status 64: usage; 78: PDFs
 * cannot be read here. */
#include <locale.h>
#include <stdio.h>
#include <unistd.h>

#include "base/frame.h"
#include "base/limits.h"
#include "cda/pdf_text.h"
#include "gateway/jail.h"
#include "gateway/json_view.h"
#include "gateway/log.h"
#include "gateway/oneshot.h"
#include "gateway/reader.h"
#include "gateway/shield_mail.h"
#include "smtp/mime_read.h"

/* Below the child's memory limit, with room for the library that reads PDFs. */
#define ARENA_ROOM (LIMIT_INSPECT_MEMORY - 96u * 1024 * 1024)

static void handle(const void *warm, struct bytes text, struct bytes payload, int answer_fd)
{
	struct arena *arena = arena_create(ARENA_ROOM);
	json_t *request = json_read(text);
	json_int_t head = json_integer_value(json_object_get(request, "head"));
	struct shield_mail mail;

	(void)warm;
	if (arena == NULL || request == NULL || head < 0 || (uint64_t)head > payload.len)
		_exit(READER_REQUEST);
	if (!shield_mail_read(arena, bytes_slice(payload, 0, (size_t)head), bytes_from(payload, (size_t)head), &mail))
		_exit(READER_REQUEST);
	reader_piece(answer_fd, FRAME_JSON, json_write(arena, shield_mail_write(&mail)));
	json_decref(request);
	arena_destroy(&arena);
}

int main(int argc, char **argv)
{
	struct reader_socket from;
	struct mime_charsets charsets;

	jail_begin();
	log_open("shield");
	if (!reader_options(argc, argv, NULL, 0, &from)) {
		dprintf(STDERR_FILENO, "usage: relais-shield (--socket FD | --listen FD)\n");
		return READER_USAGE;
	}
	setlocale(LC_CTYPE, "C.UTF-8");
	mime_open(&charsets);
	if (!pdf_text_open()) {
		log_event("pdf-failed", LOG_END);
		return READER_CONFIG;
	}
	const struct oneshot_server server = {
		.socket = from.descriptor,
		.listening = from.listening,
		.handler = handle,
		.narrow = reader_narrow,
		.cpu_seconds = LIMIT_INSPECT_CPU_SECONDS,
		.memory = LIMIT_INSPECT_MEMORY,
	};
	bool jailed = jail_enter(JAIL_READER_PARENT);
	if (from.listening)
		log_event("ready", LOG_NUMBER("jailed", jailed), LOG_END);
	/* Not through exit handlers: the font libraries keep their tables. */
	_exit(oneshot_serve(&server));
}
