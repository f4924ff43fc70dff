/* gateway/receiver_mail.h - the envelope of the message that a session is about to receive, and its body's place.
 *
 * params as the inbox keeps them: {"ret":"FULL|HDRS"|null,"envid":text|null,"body":"7BIT|8BITMIME"|null,"size":number|null,
 * "smtputf8":true (absent without it),"rcpt":[{"notify":"SUCCESS,FAILURE"|null,"orcpt":text|null}…],"peer_serial":hex,"tls":{"version",
 * "cipher","fingerprint":hex|null,"path":[digest…],"crls":[{"number","digest"}…]}}: how the peer was believed (tls.h, struct tls_peer).
 * envid and orcpt are plain text, no longer encoded; orcpt begins with its type ("rfc822;", "utf-8;"). */
#ifndef RELAIS_GATEWAY_RECEIVER_MAIL_H
#define RELAIS_GATEWAY_RECEIVER_MAIL_H

#include <jansson.h>

#include "gateway/receiver_pool.h"
#include "gateway/tls.h"
#include "smtp/command.h"

struct mail {
	struct buf from;              /* local@domain; empty for <> */
	struct buf account;           /* submission: the mailbox of ours that speaks; else empty */
	struct buf recipients;        /* each followed by a line feed */
	size_t n;
	json_t *params;
	struct spool_body body;
	bool broken;                  /* no memory for a part of it */
	struct arena *arena;          /* of the job, while the message is kept */
};

struct mail mail_make(void);
/* Forgets all, the body's room too. */
void mail_clear(struct mail *mail, struct spool *spool);

void mail_begin(struct mail *mail, const struct smtp_mail *command, const struct tls_peer *peer);
/* own_domain stands in for the domain that <postmaster> leaves out. */
void mail_recipient(struct mail *mail, const struct smtp_recipient *command, const char *own_domain);

/* Makes job->message and job->body, with texts that live until mail_clear. MEMORY; STORE_FULL, IO: the body cannot be finished. */
MUST_USE enum reason mail_job(struct mail *mail, struct spool *spool, struct pool_job *job);

#endif
