/* gateway/jail.h - what a process may still ask of the kernel, by its duty.
 *
 * jail_begin is the first word of each main: from there on no core is written and nobody attaches, even of the same user.
 * A jail is entered once, after everything was loaded and before any thread is made, and never left: no_new_privs, a seccomp
 * allow-list and, where the kernel has it, Landlock. Opening a file then answers EACCES (charsets and locales are loaded before);
 * execve and ptrace kill. No page becomes executable. A child may enter a narrower jail inside its parent's.
 * What the kernel lacks of Landlock is left out; jail_lacks names it for the log and `relais status`. Without seccomp no process starts.
 * Sanitized builds keep resource limits only; jail_enter says so by returning false.
 *
 * What jail_folder, jail_reading and jail_connecting name holds for the next jail_enter alone. Those of the network also read what
 * name resolution reads (/etc, the system's libraries); everything else answers EACCES. They make TCP connections to the named ports
 * and 53 (name servers) only, and bind none. A worker or a signer may make local sockets only: when its database is reached by TCP, store.h ends
 * the process on the loss of that connection, and its supervisor starts a fresh one. */
#ifndef RELAIS_GATEWAY_JAIL_H
#define RELAIS_GATEWAY_JAIL_H

#include "base/bytes.h"

enum jail {
	JAIL_READER_PARENT,   /* verify, inspect, compose: accept, recvmsg, fork, wait, pipe; no file, no network */
	JAIL_READER_CHILD,    /* read the payload, write the answer, exit; nothing else */
	JAIL_NETWORK,         /* receiver: sockets, threads, the files opened before; no child, no exec */
	JAIL_PARENT,          /* deliverer, collector, refresher: database; children, whose own jail is narrower; speaks to no peer */
	JAIL_CLIENT,          /* their children: one peer; no child, no accept, no exec */
	JAIL_WORKER,          /* worker: database socket, readers' sockets; no exec */
	JAIL_KEEPER,          /* keeper, opener: database socket, its clients, the folders of its keys; no exec, no new network peer */
	JAIL_SIGNER,          /* signer: database socket and its journal; no exec, no new network peer */
	JAIL_SCANNER,         /* antivirus: accept, fork, local sockets; no file, no network, no exec */
	JAILS
};

/* First in main, before any key is read. Ends the process when the kernel refuses. */
void jail_begin(void);
/* Files below this folder may still be opened, written and made (unnamed temporary files, spools). The path is borrowed until
 * jail_enter. Without Landlock in the kernel the process's own user is the wall. */
void jail_folder(const char *path);
/* This folder, or the folder of this file, may still be read (files are renewed by renaming a new one over the
 * old, so that the file itself is no place to name). "" is none; the path is borrowed until jail_enter. */
void jail_reading(const char *path);
/* TCP connections to this port, of any host. 0 is none. For JAIL_NETWORK and JAIL_CLIENT. */
void jail_connecting(int port);
/* True when the filter is in force. Ends the process when the kernel refuses a filter that it should take. */
bool jail_enter(enum jail jail);
/* In force for children too: RLIMIT_CPU, RLIMIT_AS above what was mapped when the jail was entered, or
 * now when it was not (0 = not set). */
void jail_limits(unsigned cpu_seconds, size_t memory);

enum { JAIL_LACKS_MAX = 5 };
/* What this kernel, or a build with sanitizers, lacks: short words, each with what is missing. Their number. */
size_t jail_lacks(const char *out[JAIL_LACKS_MAX]);

#endif
