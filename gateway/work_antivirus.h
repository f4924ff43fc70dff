/* gateway/work_antivirus.h - the virus scanner, asked by the worker through relais-antivirus.
 *
 * Nothing configured: nothing is asked, and `relais status` says so. Away: the message waits and the alarm antivirus.away stands; with
 * antivirus.when_away = "continue" it goes on, marked as not scanned. */
#ifndef RELAIS_GATEWAY_WORK_ANTIVIRUS_H
#define RELAIS_GATEWAY_WORK_ANTIVIRUS_H

#include "gateway/work.h"

/* Before a message is read for what it says. *verdict (owned by the caller; NULL when none was asked) is kept with the row:
 * {"verdict": "clean"|"found"|"size"|"error"|"away", "name"}. ANTIVIRUS_AWAY and IO: try again later. */
MUST_USE enum reason work_antivirus_message(struct work *work, struct bytes raw, json_t **verdict);
/* NONE; or for what the message is kept apart: MAIL_VIRUS, ANTIVIRUS_SIZE, ANTIVIRUS_ERROR. */
enum reason work_antivirus_held(const json_t *verdict);

/* A mail with files, before its seal: the verdict in *note, under "antivirus" and "virus"; *stop when it must not leave. */
MUST_USE enum reason work_antivirus_mail(struct work *work, struct bytes mail, json_t *note, enum reason *stop);

#endif
