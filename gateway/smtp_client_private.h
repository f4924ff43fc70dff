/* gateway/smtp_client_private.h - what the files of smtp_client share. */
#ifndef RELAIS_GATEWAY_SMTP_CLIENT_PRIVATE_H
#define RELAIS_GATEWAY_SMTP_CLIENT_PRIVATE_H

#include "base/arena.h"
#include "base/buf.h"
#include "gateway/smtp_client.h"

struct smtp_client {
	struct arena *arena;           /* this struct lies in it */
	const struct smtp_client_hop *hop;
	struct stream *stream;
	MMAPString *reply;
	struct status_offer offer;
	enum reply_stage stage;        /* of what was said last */
	bool used;                     /* a mail was begun: RSET before the next */
	bool begun;                    /* the server answered to the mail of now */
	bool broken;
};

/* What a stream that failed means. */
enum reason smtp_client_trouble(const struct smtp_client *c);
/* Says something and hears nothing yet; stage: of the reply that will come. */
MUST_USE enum reason smtp_client_say(struct smtp_client *c, enum reply_stage stage, struct bytes text);
/* One reply; the session is broken when it cannot be read or is 421. */
MUST_USE enum reason smtp_client_hear(struct smtp_client *c, unsigned ms, struct status *out);
/* NONE when the reply's class is the one wanted, else what its class says. */
MUST_USE enum reason smtp_client_judge(struct smtp_client *c, const struct status *status, enum status_class wanted);
/* A command and its reply. */
MUST_USE enum reason smtp_client_ask(struct smtp_client *c, enum reply_stage stage, struct bytes line, enum status_class wanted,
				     struct status *status);
/* Says who we are, where the hop's login asks for it (smtp_client_login.c). */
MUST_USE enum reason smtp_client_log_in(struct smtp_client *c, struct status *status);
/* One mail from RSET to the answer to the final dot (smtp_client_mail.c). */
MUST_USE enum reason smtp_client_transact(struct smtp_client *c, const struct smtp_client_mail *mail, struct status *status);

#endif
