/* gateway/antivirus.c - relais-antivirus (--socket FD | --listen FD) --clamd PATH
 *
 * Hands one message to the virus scanner and tells its verdict (gateway/clamd.h); with {"op": "ping"} whether it is there. A process of its
 * own, so that the worker, who holds a role on the database, need not open connections: this one holds nothing but the message that it is
 * given, and reaches nothing but local sockets. Exit status 64: usage. */
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/frame.h"
#include "base/limits.h"
#include "gateway/clamd.h"
#include "gateway/jail.h"
#include "gateway/json_view.h"
#include "gateway/local.h"
#include "gateway/log.h"
#include "gateway/oneshot.h"
#include "gateway/reader.h"

static bool there(const char *clamd)
{
	int scanner = local_connect(clamd, SOCK_STREAM, LIMIT_CLAMD_CONNECT_SECONDS * 1000);
	bool answers = scanner >= 0 && clamd_ping(scanner, LIMIT_CLAMD_CONNECT_SECONDS * 1000);

	if (scanner >= 0)
		close(scanner);
	return answers;
}

static struct clamd_verdict scan(const char *clamd, struct bytes content)
{
	int scanner = local_connect(clamd, SOCK_STREAM, LIMIT_CLAMD_CONNECT_SECONDS * 1000);

	if (scanner < 0)
		return (struct clamd_verdict){.reason = REASON_ANTIVIRUS_AWAY};
	return clamd_scan(scanner, content, LIMIT_CLAMD_SECONDS * 1000);
}

static void handle(const void *warm, struct bytes text, struct bytes payload, int answer_fd)
{
	struct arena *arena = arena_create(1u << 20);
	json_t *request = json_read(text);
	struct clamd_verdict v = {.reason = there(warm) ? REASON_NONE : REASON_ANTIVIRUS_AWAY};

	if (arena == NULL)
		_exit(READER_MEMORY);
	if (v.reason == REASON_NONE && !bytes_equal_text(json_view(request, "op"), "ping"))
		v = scan(warm, payload);
	reader_piece(answer_fd, FRAME_JSON, json_write(arena, json_pack("{s:s, s:s}", "reason", reason_code(v.reason), "name", v.name)));
	json_decref(request);
	arena_destroy(&arena);
}

int main(int argc, char **argv)
{
	const char *clamd = NULL;
	const struct reader_option options[] = {{"--clamd", &clamd}};
	struct reader_socket from;

	jail_begin();
	log_open("antivirus");
	if (!reader_options(argc, argv, options, 1, &from) || clamd == NULL || !clamd_is_address(clamd)) {
		dprintf(STDERR_FILENO, "usage: relais-antivirus (--socket FD | --listen FD) --clamd /PATH\n");
		return READER_USAGE;
	}
	signal(SIGPIPE, SIG_IGN);
	const struct oneshot_server server = {
		.socket = from.descriptor,
		.listening = from.listening,
		.warm = clamd,
		.handler = handle,
		.cpu_seconds = LIMIT_INSPECT_CPU_SECONDS,
		.memory = LIMIT_INSPECT_MEMORY,
	};
	bool jailed = jail_enter(JAIL_SCANNER);
	if (from.listening)
		log_event("ready", LOG_NUMBER("jailed", jailed), LOG_END);
	return oneshot_serve(&server);
}
