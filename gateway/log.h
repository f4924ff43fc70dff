/* gateway/log.h - one JSON line an event on standard error: event, ids, numbers; never content.
 *
 * log_event("accepted", LOG_NUMBER("inbox", id), LOG_TEXT("peer", address), LOG_END);
 * Values that come from outside are escaped and cut. Never pass a subject, a body, a patient's
 * address or an INS: use log_mailbox(), which hides the local part of addresses of the patients' domain. */
#ifndef RELAIS_GATEWAY_LOG_H
#define RELAIS_GATEWAY_LOG_H

#include "base/bytes.h"
#include "base/reason.h"

struct log_field {
	const char *key;
	enum { LOG_KIND_END, LOG_KIND_TEXT, LOG_KIND_NUMBER, LOG_KIND_BYTES } kind;
	const char *text;
	long long number;
	struct bytes bytes;
};

#define LOG_TEXT(k, v)   ((struct log_field){.key = (k), .kind = LOG_KIND_TEXT, .text = (v)})
#define LOG_NUMBER(k, v) ((struct log_field){.key = (k), .kind = LOG_KIND_NUMBER, .number = (long long)(v)})
#define LOG_BYTES(k, v)  ((struct log_field){.key = (k), .kind = LOG_KIND_BYTES, .bytes = (v)})
#define LOG_REASON(r)    LOG_TEXT("reason", reason_code(r))
#define LOG_END          ((struct log_field){.kind = LOG_KIND_END})

/* An address as it may be logged: a view on it, or "@domain" alone when it is of the patients' domain (or of one
 * below it) or when its local part reads as a national identifier (13 digits or more). "?" when it has no @.
 * patient_domain may be NULL. */
struct bytes log_mailbox(struct bytes address, const char *patient_domain);

/* Name of the process, put into each line. Call once at start; text is borrowed. */
void log_open(const char *process);
/* Up to LOG_END. Writes one line with one write(2). */
void log_event(const char *event, ...);

#endif
