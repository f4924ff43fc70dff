/* gateway/deliverer_mail.h - one claimed mail: put together, sent, its outcome kept. */
#ifndef RELAIS_GATEWAY_DELIVERER_MAIL_H
#define RELAIS_GATEWAY_DELIVERER_MAIL_H

#include "base/arena.h"
#include "base/instant.h"
#include "gateway/config.h"
#include "gateway/smtp_client.h"
#include "gateway/store.h"

/* All in the arena of the mail. */
struct deliverer_mail {
	int64_t outbox, session, entity_body;
	unsigned attempt;               /* this one included, from 1 */
	struct instant created_at;
	struct bytes recipient, domain, message_id, return_path, envelope_id;
	struct bytes head, entity, digest, seal;
	struct bytes about;             /* JSON, for the journal of what is sent */
	struct bytes encrypted;         /* how, or empty: then the seal's place is taken by the object, and the entity is not read */
	struct bytes sent_digest;
	uint64_t envelope_size;
	uint64_t entity_size;
	bool begun;                     /* it stands in the journal of what is sent */
};

/* Claims one due mail for these domains. *found false: there is none. The attempt is recorded when this returns. */
MUST_USE enum reason deliverer_mail_claim(struct store *store, struct arena *arena, const struct bytes *domains, size_t n,
					  struct deliverer_mail *out, bool *found);

/* Reads the body: STORE_…, DELIVER_SEAL (it is not what was sealed). */
MUST_USE enum reason deliverer_mail_read(struct store *store, struct arena *arena, struct deliverer_mail *mail);

/* One try in an open session. result is filled, its reason is returned. */
enum reason deliverer_mail_send(struct smtp_client *client, struct deliverer_mail *mail, struct smtp_client_result *result);

/* A reason of our own database, journal or memory: not an outcome of the mail. */
bool deliverer_mail_is_own(enum reason reason);

/* What a try means for the mail; jitter as in policy/retry.h. */
enum deliverer_outcome { DELIVERER_ACCEPTED, DELIVERER_LATER, DELIVERER_REFUSED };
struct deliverer_verdict {
	enum deliverer_outcome outcome;
	enum reason reason;             /* DELIVER_EXPIRED when the time is over */
	struct instant next_at;         /* LATER only */
};
struct deliverer_verdict deliverer_mail_judge(const struct config *config, const struct deliverer_mail *mail, enum reason reason,
					      struct instant now, unsigned jitter);

/* Keeps the outcome. tls: JSON, empty without TLS. STORE_CONFLICT: somebody else has claimed the mail since. */
MUST_USE enum reason deliverer_mail_keep(struct store *store, const struct deliverer_mail *mail,
					 const struct deliverer_verdict *verdict, const struct smtp_client_result *result,
					 const char *host, struct bytes tls);

#endif
