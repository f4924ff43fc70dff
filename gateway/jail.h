/* gateway/jail.h - what a process may still ask of the kernel, by its duty.
 *
 * A jail is entered once, after everything was loaded and before any thread is made, and never left: no_new_privs,
 * no core dumps, a seccomp allow-list and, where the kernel has it, Landlock without any file. Opening a file then
 * answers EACCES (charsets and locales are loaded before); execve and ptrace kill. No page becomes executable.
 * Sanitized builds keep resource limits only; jail_enter says so by returning false.
 *
 * JAIL_NETWORK may still read what name resolution reads (/etc, the system's libraries) and what jail_folder and jail_reading
 * named; everything else answers EACCES. A worker or a signer may make local sockets only: when its database is reached by
 * TCP, store.h ends the process on the loss of that connection, and its supervisor starts a fresh one. */
#ifndef RELAIS_GATEWAY_JAIL_H
#define RELAIS_GATEWAY_JAIL_H

#include "base/bytes.h"

enum jail {
	JAIL_READER_PARENT,   /* verify, inspect, compose: accept, recvmsg, fork, wait, pipe; no file, no network */
	JAIL_READER_CHILD,    /* read the payload, write the answer, exit; nothing else */
	JAIL_NETWORK,         /* receiver, refresher, and the children of collector and deliverer (their parents fork and
	                       * speak to no peer): sockets and the files opened before; no exec */
	JAIL_WORKER,          /* worker: database socket, readers' sockets; no exec */
	JAIL_KEEPER,          /* keeper: database socket, its clients, its folder of keys; no exec, no new network peer */
	JAIL_SIGNER,          /* signer: database socket and its journal; no exec, no new network peer */
};

/* Before jail_enter: files below this folder may still be opened, written and made (unnamed temporary files, spools).
 * For JAIL_NETWORK, JAIL_WORKER, JAIL_KEEPER and JAIL_SIGNER; at most sixteen with those of jail_reading; the path is
 * borrowed. Without Landlock in the kernel the process's own user is the wall. */
void jail_folder(const char *path);
/* Before jail_enter: this folder, or the folder of this file, may still be read (files are renewed by renaming a new one over the
 * old, so that the file itself is no place to name). "" is none; the path is borrowed. */
void jail_reading(const char *path);
/* True when the filter is in force. Ends the process when the kernel refuses a filter that it should take. */
bool jail_enter(enum jail jail);
/* In force for children too: RLIMIT_CORE 0, RLIMIT_CPU, RLIMIT_AS above what was mapped when the jail was entered, or
 * now when it was not (0 = not set). */
void jail_limits(unsigned cpu_seconds, size_t memory);

#endif
