/* gateway/local.h - connecting to a local socket, in a time that is said.
 *
 * That a socket listens tells nothing of who should take the connection: relais-master holds it all the while. And once the kernel's queue of those who
 * wait to be taken is full (who gave up stays in it), connect(2) waits for as long as it is let. */
#ifndef RELAIS_GATEWAY_LOCAL_H
#define RELAIS_GATEWAY_LOCAL_H

/* A connected socket of that type (SOCK_SEQPACKET, SOCK_STREAM) to "/path", the caller's to close; -1: there is none, or it took too long. What is sent
 * over it waits no longer than that either. */
int local_connect(const char *path, int type, unsigned deadline_ms);

#endif
