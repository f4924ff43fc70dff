/* gateway/antivirus.c - relais-antivirus (--socket FD | --listen FD) --clamd ADDRESS
 *
 * Hands one message to the virus scanner and tells its verdict (gateway/clamd.h). A process of its own, so that the worker, who holds a role
 * on the database, need not open connections: this one holds nothing but the message that it is given. With a local socket it can make no
 * connection; with TCP to that one port only, where the kernel has the wall for it. Exit status 64: usage. */
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "base/frame.h"
#include "base/limits.h"
#include "gateway/clamd.h"
#include "gateway/jail.h"
#include "gateway/json_view.h"
#include "gateway/log.h"
#include "gateway/oneshot.h"
#include "gateway/reader.h"

static void handle(const void *warm, struct bytes request, struct bytes payload, int answer_fd)
{
	struct arena *arena = arena_create(1u << 20);
	struct clamd_verdict v = {.reason = REASON_ANTIVIRUS_AWAY};
	int scanner = clamd_connect(warm, LIMIT_CLAMD_CONNECT_SECONDS * 1000);

	(void)request;
	if (arena == NULL)
		_exit(READER_MEMORY);
	if (scanner >= 0)
		v = clamd_scan(scanner, payload, LIMIT_CLAMD_SECONDS * 1000);
	reader_piece(answer_fd, FRAME_JSON, json_write(arena, json_pack("{s:s, s:s}", "reason", reason_code(v.reason), "name", v.name)));
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
		dprintf(STDERR_FILENO, "usage: relais-antivirus (--socket FD | --listen FD) --clamd /PATH|127.0.0.1:PORT|[::1]:PORT\n");
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
	jail_connecting(clamd_port(clamd));
	bool jailed = jail_enter(clamd_is_local(clamd) ? JAIL_SCANNER : JAIL_SCANNER_TCP);
	if (from.listening)
		log_event("ready", LOG_NUMBER("jailed", jailed), LOG_END);
	return oneshot_serve(&server);
}
