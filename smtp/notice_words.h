/* smtp/notice_words.h - reports that are written in words only, as many older mail systems still send. */
#ifndef RELAIS_SMTP_NOTICE_WORDS_H
#define RELAIS_SMTP_NOTICE_WORDS_H

#include "smtp/notice_read.h"

/* MAILER-DAEMON, postmaster or no address at all: never to be answered (RFC 5321 4.5.5), whatever it says. */
bool notice_words_from_system(const struct mime_head *head);
/* True when the sender is a mail system and the mail speaks of a delivery that failed or waits. */
bool notice_words_is_report(struct arena *arena, const struct mime_message *message);
/* True when the mail says that nobody wrote it: out of office and the like (RFC 3834). */
bool notice_words_is_auto_reply(struct arena *arena, const struct mime_message *message);
/* Fills the recipients, and the identifier of the mail reported on where it is quoted. */
void notice_words_read(struct arena *arena, const struct mime_message *message, struct notice *out);
/* A status that says nothing ("5.0.0") gives way to one of its class that the words give for the same recipient. */
void notice_words_refine(struct arena *arena, const struct mime_message *message, struct notice *out);

/* The first enhanced status (RFC 3463) in a text, a telling one before one that ends in ".0"; or else one made of the
 * first reply code ("5.0.0"); empty for neither. */
struct bytes notice_words_status(struct arena *arena, struct bytes text);

#endif
