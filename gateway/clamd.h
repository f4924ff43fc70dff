/* gateway/clamd.h - one question to a virus scanner by the clamd protocol (clamd(8), INSTREAM): bytes in, a verdict out.
 *
 * zINSTREAM and a NUL, then chunks (length of four bytes, big-endian, and that many bytes), a length of zero; one answer that ends in NUL.
 * Over its StreamMaxLength the scanner answers and closes while we still write: what it said is read all the same. Whatever is not exactly
 * one of the known answers is no verdict: nothing counts as clean by accident. */
#ifndef RELAIS_GATEWAY_CLAMD_H
#define RELAIS_GATEWAY_CLAMD_H

#include <sys/socket.h>

#include "base/bytes.h"
#include "base/reason.h"

enum { CLAMD_NAME = 100 };

struct clamd_verdict {
	enum reason reason;          /* NONE: clean; MAIL_VIRUS, ANTIVIRUS_SIZE, ANTIVIRUS_ERROR, ANTIVIRUS_AWAY */
	char name[CLAMD_NAME + 1];   /* of what was found, in letters, digits and . _ - / : ; "" otherwise */
};

/* What an answer means, without its NUL. */
struct clamd_verdict clamd_answer(struct bytes answer);

/* Over a connected, non-blocking socket, which stays open; all of it by that deadline (milliseconds from now). */
struct clamd_verdict clamd_scan(int socket, struct bytes content, unsigned deadline_ms);

/* A socket to "/path" or to a loopback address with its port ("127.0.0.1:3310", "[::1]:3310"); -1: not there, or no such address. */
int clamd_connect(const char *address, unsigned deadline_ms);
/* --- where it may be (clamd_address.c) --- */

/* One of these forms; with what connect() is given. */
bool clamd_address(const char *address, struct sockaddr_storage *out, socklen_t *len);
bool clamd_is_address(const char *address);
/* It is a path. */
bool clamd_is_local(const char *address);
/* Its port; 0 of a path. */
int clamd_port(const char *address);

#endif
