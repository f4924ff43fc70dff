/* gateway/verify.c - main of relais-verify: the first child of a message (libcrypto only, no parser of documents).
 *
 *   relais-verify (--socket FD | --listen FD) --anchors FILE [--crls DIR] [--digests LIST]
 *
 * The warm parent reads anchors and revocation lists and is then jailed without a file. New lists need a new parent:
 * on SIGHUP it ends with status 0 and relais-master starts it again. Exit status 64: usage (sha1 in LIST too); 78: the trust files. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/frame.h"
#include "base/limits.h"
#include "certs/verify.h"
#include "gateway/jail.h"
#include "gateway/log.h"
#include "gateway/oneshot.h"
#include "gateway/verify_message.h"

enum { EXIT_USAGE = 64, EXIT_CONFIG = 78, EXIT_REQUEST = 65, EXIT_MEMORY = 75 };

struct options {
	int socket;
	bool listening;
	const char *anchors, *crls, *digests;
};

static bool read_descriptor(const char *text, int *out)
{
	uint64_t number;

	if (!bytes_number(bytes_of_text(text), 1 << 20, &number))
		return false;
	*out = (int)number;
	return true;
}

static bool read_options(int argc, char **argv, struct options *out)
{
	*out = (struct options){.socket = -1, .crls = "", .digests = "sha256,sha384,sha512"};
	for (int i = 1; i < argc; i += 2) {
		const char *value = i + 1 < argc ? argv[i + 1] : NULL;
		bool listen = strcmp(argv[i], "--listen") == 0;
		if (value == NULL)
			return false;
		if (listen || strcmp(argv[i], "--socket") == 0) {
			out->listening = listen;
			if (!read_descriptor(value, &out->socket))
				return false;
		} else if (strcmp(argv[i], "--anchors") == 0) {
			out->anchors = value;
		} else if (strcmp(argv[i], "--crls") == 0) {
			out->crls = value;
		} else if (strcmp(argv[i], "--digests") == 0) {
			out->digests = value;
		} else {
			return false;
		}
	}
	return out->socket >= 0 && out->anchors != NULL;
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
	/* Normalised copy, decoded object, its content: each at most the message once more. */
	struct arena *arena = arena_create(4 * (size_t)LIMIT_MESSAGE);
	struct verify_answer answer;
	enum reason reason = verify_message(arena, warm, request, payload, &answer);

	if (reason != REASON_NONE)
		_exit(reason == REASON_MEMORY ? EXIT_MEMORY : EXIT_REQUEST);
	write_piece(answer_fd, FRAME_JSON, answer.json);
	for (size_t i = 0; i < answer.n; i++)
		write_piece(answer_fd, FRAME_BLOB, answer.blobs[i]);
	arena_destroy(&arena);
}

static void narrow(void)
{
	(void)jail_enter(JAIL_READER_CHILD);
}

static int serve(const struct options *options, struct trust *trust, unsigned digests)
{
	const struct verify_warm warm = {.trust = trust, .digests = digests};
	const struct oneshot_server server = {
		.socket = options->socket,
		.listening = options->listening,
		.warm = &warm,
		.handler = handle,
		.narrow = narrow,
		.cpu_seconds = LIMIT_INSPECT_CPU_SECONDS,
		.memory = LIMIT_INSPECT_MEMORY,
	};

	bool jailed = jail_enter(JAIL_READER_PARENT);
	if (options->listening)
		log_event("ready", LOG_NUMBER("anchors", trust_anchors(trust)), LOG_NUMBER("crls", trust_crls(trust)),
			  LOG_NUMBER("jailed", jailed), LOG_END);
	return oneshot_serve(&server);
}

int main(int argc, char **argv)
{
	struct options options;
	struct trust *trust = NULL;
	unsigned digests;
	char detail[TRUST_DETAIL];

	log_open("verify");
	/* SHA-1 is for old test suites, by the request of `relais inspect` alone: as the service's own measure it is refused. */
	if (!read_options(argc, argv, &options) || !verify_digests_read(bytes_of_text(options.digests), &digests) ||
	    (digests & VERIFY_SHA1) != 0) {
		dprintf(STDERR_FILENO, "usage: relais-verify (--socket FD | --listen FD) --anchors FILE [--crls DIR] [--digests LIST]\n");
		return EXIT_USAGE;
	}
	enum reason reason = trust_load(options.anchors, options.crls, &trust, detail);
	if (reason != REASON_NONE) {
		log_event("trust-failed", LOG_REASON(reason), LOG_TEXT("file", detail), LOG_END);
		return EXIT_CONFIG;
	}
	int status = serve(&options, trust, digests);
	trust_free(&trust);
	return status;
}
