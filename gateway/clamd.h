/* gateway/clamd.h - one question to a virus scanner by the clamd protocol (clamd(8), INSTREAM): bytes in, a verdict out.
 *
 * zINSTREAM and a NUL, then chunks (length of four bytes, big-endian, and that many bytes), a length of zero; one answer that ends in NUL.
 * Over its StreamMaxLength the scanner answers and closes while we still write: what it said is read all the same. Whatever is not exactly
 * one of the known answers is no verdict: nothing counts as clean by accident.
 *
 * A scanner that is away says nothing about a message; one that took it, or some of it, and fell silent may have been silenced by it. So the
 * two are told apart, and zPING, which clamd answers beside its scans, is asked first. Local sockets alone: whose a port is, anybody may be. */
#ifndef RELAIS_GATEWAY_CLAMD_H
#define RELAIS_GATEWAY_CLAMD_H

#include "base/bytes.h"
#include "base/reason.h"

enum { CLAMD_NAME = 100 };

struct clamd_verdict {
	enum reason reason;          /* NONE: clean; MAIL_VIRUS, ANTIVIRUS_SIZE, ANTIVIRUS_ERROR, ANTIVIRUS_SILENT, ANTIVIRUS_AWAY */
	char name[CLAMD_NAME + 1];   /* of what was found, in letters, digits and . _ - / : ; "" otherwise */
};

/* What an answer means, without its NUL. */
struct clamd_verdict clamd_answer(struct bytes answer);

/* Over a connected socket, which stays open; all of it by that deadline (milliseconds from now). */
struct clamd_verdict clamd_scan(int socket, struct bytes content, unsigned deadline_ms);

/* It answers at all: zPING, PONG. The socket is used up by that. */
bool clamd_ping(int socket, unsigned deadline_ms);

/* "/path" of a local socket. */
bool clamd_is_address(const char *path);

#endif
