/* gateway/alarm_mail.h - when an alarm is written to the operator. Pure.
 *
 *  1. at once when it is raised; again once a day while it lasts; when it is over, once, after an hour of quiet: one that comes and goes does not
 *     make a mail each time;
 *  2. a certificate that ends is told of 60, 30, 14, 7 and 1 days before, and not in between (product M91). */
#ifndef RELAIS_GATEWAY_ALARM_MAIL_H
#define RELAIS_GATEWAY_ALARM_MAIL_H

#include "base/bytes.h"
#include "base/instant.h"
#include "policy/mail.h"

enum { ALARM_NO_DAYS = -1000000 };

struct alarm_mail {
	struct bytes name;           /* of alarm_list.h */
	struct instant mailed_at;    /* 0: never */
	struct instant cleared_at;   /* 0: it lasts */
	int days;                    /* of certificate.expiring: until the first one ends; else ALARM_NO_DAYS */
	int mailed_days;             /* the same, when it was mailed last */
};

enum alarm_mail_word { ALARM_MAIL_NOTHING, ALARM_MAIL_RAISED, ALARM_MAIL_LASTS, ALARM_MAIL_OVER };

enum alarm_mail_word alarm_mail_due(const struct alarm_mail *alarm, struct instant now);
/* M90 queue and mailboxes, M91 TLS and certificates, M92 lists and directory, M94 the machine. */
enum mail_code alarm_mail_code(struct bytes name);

#endif
