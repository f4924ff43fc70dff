/* gateway/work_antivirus.h - the virus scanner, asked by the worker through relais-antivirus.
 *
 * Nothing configured: nothing is asked, and `relais status` says so. Away: the message waits and the alarm antivirus.away stands; with
 * antivirus.when_away = "continue" it goes on, marked as not scanned. Who was away is not asked again for some seconds, and then first
 * whether he is back. Silent over one message: that is tried again, and an error of it at last (work.last_try); it never goes on. */
#ifndef RELAIS_GATEWAY_WORK_ANTIVIRUS_H
#define RELAIS_GATEWAY_WORK_ANTIVIRUS_H

#include "gateway/work.h"

/* Whoever saw it away looks again when idle: the alarm ends with what each worker sees, and there may be no more mail to ask for. */
void work_antivirus_watch(struct work *work);

/* Before a body is read that would have to be scanned: ANTIVIRUS_AWAY, it waits unopened; NONE: it may be read. */
MUST_USE enum reason work_antivirus_ready(struct work *work);

/* Before a message is read for what it says. *verdict (owned by the caller; NULL when none was asked) is kept with the row:
 * {"verdict": "clean"|"found"|"size"|"error"|"away", "name"}. ANTIVIRUS_AWAY, ANTIVIRUS_SILENT: try again later. */
MUST_USE enum reason work_antivirus_message(struct work *work, struct bytes raw, json_t **verdict);
/* NONE; or for what the message is kept apart: MAIL_VIRUS, ANTIVIRUS_SIZE, ANTIVIRUS_ERROR. */
enum reason work_antivirus_held(const json_t *verdict);

/* Of a message that came encrypted: of the verdicts on what came and on what was in it the worse one is kept, the other freed. Either may be NULL. */
json_t *work_antivirus_worse(json_t *outer, json_t *inner);

/* A mail with files, before its seal: the verdict in *note, under "antivirus" and "virus"; *stop when it must not leave. */
MUST_USE enum reason work_antivirus_mail(struct work *work, struct bytes mail, json_t *note, enum reason *stop);

#endif
