/* gateway/verify.c - main of relais-verify: the first child of a message (libcrypto only, no parser of documents).
 *
 *   relais-verify (--socket FD | --listen FD) --anchors FILE [--crls DIR] [--digests LIST]
 *
 * The warm parent reads anchors and revocation lists and is then jailed without a file. New lists need a new parent:
 * on SIGHUP it ends with status 0 and relais-master starts it again. Exit status 64: usage (sha1 in LIST too); 78: the trust files. */
#include <stdio.h>
#include <unistd.h>

#include "base/frame.h"
#include "base/limits.h"
#include "certs/verify.h"
#include "gateway/jail.h"
#include "gateway/log.h"
#include "gateway/oneshot.h"
#include "gateway/reader.h"
#include "gateway/verify_envelope.h"
#include "gateway/verify_material.h"

static void handle(const void *warm, struct bytes request, struct bytes payload, int answer_fd)
{
	/* Normalised copy, decoded object, its content, what is put together of it: each at most the message once more. */
	struct arena *arena = arena_create(5 * (size_t)LIMIT_MESSAGE);
	struct verify_answer answer;
	enum reason reason = verify_material_asked(request) ? verify_material(arena, warm, request, &answer)
			     : verify_envelope_asked(request) ? verify_envelope(arena, request, payload, &answer)
							    : verify_message(arena, warm, request, payload, &answer);

	if (reason != REASON_NONE)
		_exit(reason == REASON_MEMORY ? READER_MEMORY : READER_REQUEST);
	reader_piece(answer_fd, FRAME_JSON, answer.json);
	for (size_t i = 0; i < answer.n; i++)
		reader_piece(answer_fd, FRAME_BLOB, answer.blobs[i]);
	arena_destroy(&arena);
}

static int serve(const struct reader_socket *from, struct trust *trust, unsigned digests)
{
	const struct verify_warm warm = {.trust = trust, .digests = digests};
	const struct oneshot_server server = {
		.socket = from->descriptor,
		.listening = from->listening,
		.warm = &warm,
		.handler = handle,
		.narrow = reader_narrow,
		.cpu_seconds = LIMIT_INSPECT_CPU_SECONDS,
		.memory = LIMIT_INSPECT_MEMORY,
	};

	bool jailed = jail_enter(JAIL_READER_PARENT);
	if (from->listening)
		log_event("ready", LOG_NUMBER("anchors", trust_anchors(trust)), LOG_NUMBER("crls", trust_crls(trust)),
			  LOG_NUMBER("jailed", jailed), LOG_END);
	return oneshot_serve(&server);
}

int main(int argc, char **argv)
{
	const char *anchors = NULL, *crls = "", *list = "sha256,sha384,sha512";
	const struct reader_option options[] = {{"--anchors", &anchors}, {"--crls", &crls}, {"--digests", &list}};
	struct reader_socket from;
	struct trust *trust = NULL;
	unsigned digests;
	char detail[TRUST_DETAIL];

	jail_begin();
	log_open("verify");
	/* SHA-1 is for old test suites, by the request of `relais inspect` alone: as the service's own measure it is refused. */
	if (!reader_options(argc, argv, options, sizeof options / sizeof options[0], &from) || anchors == NULL ||
	    !verify_digests_read(bytes_of_text(list), &digests) ||
	    (digests & VERIFY_SHA1) != 0) {
		dprintf(STDERR_FILENO, "usage: relais-verify (--socket FD | --listen FD) --anchors FILE [--crls DIR] [--digests LIST]\n");
		return READER_USAGE;
	}
	enum reason reason = trust_load(anchors, crls, &trust, detail);
	if (reason != REASON_NONE) {
		log_event("trust-failed", LOG_REASON(reason), LOG_TEXT("file", detail), LOG_END);
		return READER_CONFIG;
	}
	int status = serve(&from, trust, digests);
	trust_free(&trust);
	return status;
}
