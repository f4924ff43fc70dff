/* gateway/signer.c - relais-signer: seals composed mail.
 *
 * 1. It is told nothing but that there is work: what it signs it reads itself, under its own role.
 * 2. The key is read, or its token opened, before the jail; inside it no file can be opened but the token's own, and no stranger reached.
 * 3. The journal is on disk before the database hears of a seal. A crash between the two gives a second line
 *    for the same row, never a seal without a line.
 * 4. A report leaves without a seal (a multipart/report may not be wrapped): it is checked and journalled like the rest.
 * 5. Of two seals, during a rollover, the newest that is valid at that instant is used, mail by mail.
 * 6. Beside mail it seals checkpoints of the trail: a statement that it writes itself (signer_checkpoint.h), one at a time, never of
 *    a trail that is shorter than its own journal says, from one start to the next.
 * 7. What cannot be sealed is refused by name and is not tried again. When the database or the journal fails, or memory is short, the
 *    process ends: its claim is free as soon as its connection is gone.
 * 8. One mail does not stop the others: whose entity has no key waits a minute, and after LIMIT_TRIES an hour, with a person told of it (sign.tries);
 *    so does, a minute, the one with which this process ended again and again. */

#include <string.h>

#include "base/limits.h"
#include "certs/private_key.h"
#include "certs/sign.h"
#include "gateway/jail.h"
#include "gateway/log.h"
#include "gateway/service.h"
#include "gateway/service_mail.h"
#include "gateway/signer_check.h"
#include "gateway/signer_checkpoint.h"
#include "gateway/signer_encrypt.h"
#include "gateway/signer_journal.h"
#include "gateway/store.h"
#include "smtp/assemble.h"

enum { MAIL_MEMORY = 2 * LIMIT_MESSAGE + 8 * 1024 * 1024, WAIT_MS = 5000, EXPIRED_MS = 60000, HANDED = 3, LOOK_US = 10 * 1000 * 1000, MINUTE = 60, HOUR = 3600, DEATHS = 2 * LIMIT_TRIES };

struct signer {
	struct service service;
	struct store *store;
	struct sign *seals[2];                 /* the second, of a rollover, may be NULL */
	const struct sign *sign;               /* the one that seals now; NULL: none is valid */
	struct instant now;                    /* of that choice: a clock that jumps after it makes no mail wrong */
	struct chain_journal journal;
	struct signer_heads heads;     /* of the journals of others */
	struct checkpoint_last last;   /* the last that was sealed, by its journal */
	int64_t looked_us;             /* when a checkpoint was last looked for: no flood of mail keeps it waiting for ever */
};

struct claim {
	int64_t outbox, entity_body;
	const char *code;
	struct bytes party;
	bool service;                  /* of no dossier and no message: a service mail */
	bool letter;                   /* to be printed */
	struct signer_rule rule;       /* of its recipient */
	int64_t tries;                 /* with this one */
	const char *clear_why;         /* it leaves in clear though its rule is "held"; else NULL */
	struct signer_row row;
};

/* --- one row ---------------------------------------------------------------- */

static bool digest_sink(void *context, struct bytes piece)
{
	digest_add(context, piece);
	return true;
}

/* The digest of the whole mail as the deliverer will send it. */
static enum reason sent_digest(const struct assemble *mail, unsigned char out[DIGEST_SHA256])
{
	struct digest_run run = digest_start();
	enum reason reason = assemble_pieces(mail, digest_sink, &run);

	digest_end(&run, out);
	return reason;
}

static enum reason refuse(struct signer *s, const struct claim *claim, int64_t session, const char *detail)
{
	log_event("sign-refused", LOG_NUMBER("outbox", claim->outbox), LOG_TEXT("code", claim->code),
		  LOG_TEXT("detail", detail), LOG_END);
	return STORE_RUN(s->store, NULL, "select relais.sign_refuse($1, $2, $3, $4)", P_INT(claim->outbox),
			 P_INT(session), P_TEXT(reason_code(REASON_SIGN_REFUSED)), P_TEXT(detail));
}

/* For seal_row: what is wrong with the row. */
static enum reason say(const char **what, const char *why)
{
	*what = why;
	return REASON_NONE;
}

/* Nobody is written to in clear who must not be: the row waits, and the operator has a task. */
static enum reason wait_for(struct signer *s, const struct claim *claim, int64_t session, enum reason why, const char *detail, int64_t seconds, int64_t tries)
{
	log_event("seal-waits", LOG_NUMBER("outbox", claim->outbox), LOG_REASON(why), LOG_TEXT("detail", detail), LOG_NUMBER("tries", claim->tries), LOG_END);
	return STORE_RUN(s->store, NULL, "select relais.sign_wait($1, $2, $3, $4::bigint::integer, $5::bigint::integer, $6)", P_INT(claim->outbox), P_INT(session),
			 P_TEXT(reason_code(why)), P_INT(seconds), P_INT(tries), P_BYTES(claim->rule.certificate));
}

/* It was tried often enough: now once an hour, until a person has looked. */
static enum reason hand_over(struct signer *s, const struct claim *claim, int64_t session, enum reason why)
{
	return wait_for(s, claim, session, REASON_SIGN_TRIES, reason_code(why), HOUR, LIMIT_TRIES - 1);
}

/* The seal is kept, and with an encrypted mail the object that leaves: one transaction. */
static enum reason store_sealed(struct signer *s, const struct claim *claim, int64_t session, struct bytes seal, const struct signer_envelope *envelope,
				const unsigned char sent[DIGEST_SHA256])
{
	const char *encrypted = assemble_encrypted_name(envelope->mail.form);
	struct bytes object = encrypted != NULL ? envelope->mail.p7s : BYTES_NONE, fingerprint = claim->row.report ? BYTES("") : sign_fingerprint(s->sign);
	enum reason reason = encrypted != NULL ? store_begin(s->store) : REASON_NONE;
	unsigned char to[DIGEST_SHA256];

	digest_sha256(claim->rule.certificate, to);
	for (size_t i = 0; reason == REASON_NONE && i * LIMIT_CHUNK < object.len; i++)
		reason = STORE_RUN(s->store, NULL, "select relais.sign_envelope($1, $2, $3::bigint::integer, $4)", P_INT(claim->outbox), P_INT(session), P_INT(i),
				   P_BYTES(bytes_slice(object, i * LIMIT_CHUNK, LIMIT_CHUNK)));
	if (reason == REASON_NONE)
		reason = STORE_RUN(s->store, NULL, "select relais.sign_done($1, $2, $3, $4, $5, $6, $7, nullif($8, 0), $9, $10)", P_INT(claim->outbox),
				   P_INT(session), claim->row.report ? P_NULL : P_BYTES(seal), P_BYTES(((struct bytes){sent, DIGEST_SHA256})), P_TEXT_B(fingerprint),
				   P_TEXT(encrypted), encrypted != NULL ? P_BYTES(((struct bytes){envelope->sealed, DIGEST_SHA256})) : P_NULL, P_INT(object.len),
				   encrypted != NULL ? P_BYTES(((struct bytes){to, DIGEST_SHA256})) : P_NULL, P_TEXT(claim->clear_why));
	if (reason == REASON_NONE && encrypted != NULL)
		reason = store_commit(s->store);
	if (reason != REASON_NONE && encrypted != NULL)
		store_rollback(s->store);
	return reason;
}

static enum reason keep(struct signer *s, const struct claim *claim, int64_t session, struct bytes seal, const struct signer_envelope *envelope,
			const unsigned char sent[DIGEST_SHA256], struct instant at)
{
	struct bytes fingerprint = claim->row.report ? BYTES("") : sign_fingerprint(s->sign);
	struct signer_entry entry = {at, claim->outbox, claim->row.entity_digest.at, sent, fingerprint};
	enum reason reason = signer_journal_add(&s->journal, &entry);

	if (reason != REASON_NONE) {
		log_event("journal-failed", LOG_NUMBER("outbox", claim->outbox), LOG_REASON(reason), LOG_END);
		return reason;
	}
	reason = store_sealed(s, claim, session, seal, envelope, sent);
	if (reason == REASON_NONE)
		log_event(claim->row.report ? "passed" : "sealed", LOG_NUMBER("outbox", claim->outbox), LOG_TEXT("code", claim->code),
			  LOG_NUMBER("size", claim->row.entity_size), LOG_END);
	return reason;
}

/* NONE with *refusal or *wait set: it was not sealed, and why. */
static enum reason seal_row(struct signer *s, struct arena *arena, struct claim *claim, int64_t session, bool again, const char **refusal, const char **wait)
{
	const struct signer_seal seal = {sign_mailbox(s->sign), bytes_of_text(s->service.config->signer.mailbox)};
	unsigned char sent[DIGEST_SHA256];
	struct instant now = s->now;
	struct bytes der = BYTES_NONE;

	if (claim->row.entity_size > LIMIT_MESSAGE)
		return say(refusal, "the entity is over the size of a message");
	enum reason reason = store_body_read(s->store, arena, claim->entity_body, &claim->row.entity);
	if (reason == REASON_BODY_SEAL || reason == REASON_KEEPER_ERASED)
		return say(refusal, "the entity does not open: it is not what was composed, or was erased");
	if (reason != REASON_NONE)
		return reason;
	/* A letter goes to the one print station of this configuration, and only for who is reached by letter. */
	const struct bytes station = bytes_of_text(s->service.config->print.mailbox);
	if (claim->letter && claim->row.n_allowed > 0) {
		claim->row.allowed = &station;
		claim->row.n_allowed = station.len > 0 ? 1 : 0;
	}
	if (claim->service)
		claim->row.n_allowed = service_mail_allowed(arena, s->service.config, claim->party, bytes_of_text(claim->code), claim->row.allowed,
							    claim->row.n_allowed, &claim->row.allowed);
	const char *trouble = signer_check(&claim->row, &seal);
	if (trouble)
		return say(refusal, trouble);
	enum signer_way way = claim->row.report || claim->letter ? SIGNER_PLAIN : signer_way(&claim->rule, claim->row.recipients[0], now, again, &trouble);
	if (way == SIGNER_WAITS)
		return say(wait, trouble);
	if (!claim->row.report)
		reason = sign_detached(arena, s->sign, claim->row.entity, now, &der);
	char entity[DIGEST_SHA256_TEXT];
	digest_text(claim->row.entity_digest.at, entity);
	const struct assemble plain = {claim->row.head, claim->row.entity, der, bytes_of_text(entity), claim->row.report ? ASSEMBLE_REPORT : ASSEMBLE_SIGNED};
	struct signer_envelope envelope = {.mail = plain};
	if (reason == REASON_NONE && way == SIGNER_ENCRYPTED && (reason = signer_encrypt(arena, &claim->rule, &plain, &envelope)) != REASON_NONE && reason != REASON_MEMORY)
		return say(refusal, "it could not be encrypted, or is over the size of a message then");
	if (reason == REASON_NONE && (reason = sent_digest(&envelope.mail, sent)) != REASON_NONE && reason != REASON_MEMORY)
		return say(refusal, "the head and the entity make no mail");
	/* The mail keeps its turn: it is not the mail's fault. */
	if (reason == REASON_MEMORY)
		return reason;
	if (reason != REASON_NONE)
		return say(refusal, "the signature could not be made");
	claim->clear_why = way == SIGNER_PLAIN ? trouble : NULL;
	return keep(s, claim, session, der, &envelope, sent, now);
}

/* That this one's body cannot be had is no reason to keep the others waiting. */
static bool is_its_own(enum reason reason)
{
	return reason == REASON_KEEPER_KEY || reason == REASON_KEEPER_REFUSED || reason == REASON_NOT_FOUND || reason == REASON_FRAME;
}

/* It could not be sealed, and was not refused. */
static enum reason put_off(struct signer *s, const struct claim *claim, int64_t session, enum reason reason)
{
	if ((is_its_own(reason) || reason == REASON_MEMORY) && claim->tries >= LIMIT_TRIES)
		return hand_over(s, claim, session, reason);
	if (is_its_own(reason))
		return wait_for(s, claim, session, reason, "its body cannot be had", MINUTE, claim->tries);
	/* The keeper's absence is nobody's try. */
	enum reason given = reason == REASON_KEEPER_AWAY ? wait_for(s, claim, session, reason, "", 0, claim->tries - 1) : REASON_NONE;
	/* Not given back, it is ours until we end: nobody else takes it. */
	return given != REASON_NONE ? given : reason;
}

/* A moment without memory in a library looks like a row that is wrong, a certificate that does not read: what is final, or would leave in clear for it, is seen
 * twice, from the row's bytes on. */
static enum reason seal_or_refuse(struct signer *s, const struct claim *claim, int64_t session)
{
	const char *refusal = NULL, *wait = NULL;
	enum reason reason = REASON_NONE;

	/* So often we ended with it in hand, which may be chance: from now on once a minute. */
	if (claim->tries > DEATHS)
		return wait_for(s, claim, session, REASON_SIGN_TRIES, reason_code(REASON_TRIES_OUT), MINUTE, DEATHS - 1);
	for (int i = 0; i < 2; i++) {
		struct arena *arena = arena_create(MAIL_MEMORY);
		struct claim mine = *claim;
		refusal = wait = NULL;
		reason = arena != NULL ? seal_row(s, arena, &mine, session, i > 0, &refusal, &wait) : REASON_MEMORY;
		arena_destroy(&arena);
		if (reason == REASON_NONE && refusal == NULL && wait == NULL)
			return REASON_NONE;
		if (reason != REASON_NONE)
			return put_off(s, claim, session, reason);
	}
	return refusal != NULL ? refuse(s, claim, session, refusal) : wait_for(s, claim, session, REASON_SIGN_CERTIFICATE, wait, HOUR, 0);
}

/* --- claiming --------------------------------------------------------------- */

static struct bytes copy(struct arena *arena, const struct store_rows *rows, size_t column)
{
	return arena_copy(arena, store_bytes(rows, 0, column));
}

/* False: no row. The values are copied, because the body is read over the same connection. */
static bool read_claim(struct arena *arena, const struct store_rows *rows, struct claim *out)
{
	struct bytes *recipients = NULL, *allowed = NULL;

	if (store_count(rows) != 1)
		return false;
	*out = (struct claim){
		.outbox = store_int(rows, 0, 0),
		.code = arena_text(arena, store_bytes(rows, 0, 1)),
		.entity_body = store_int(rows, 0, 5),
		.row =
			{
				.n = store_texts(rows, arena, 0, 2, &recipients),
				.state = copy(arena, rows, 3),
				.head = copy(arena, rows, 4),
				.entity_size = (uint64_t)store_int(rows, 0, 6),
				.entity_digest = copy(arena, rows, 7),
				.decision = store_is_null(rows, 0, 8) ? BYTES_NONE : copy(arena, rows, 8),
				.message_id = copy(arena, rows, 9),
				.n_allowed = store_texts(rows, arena, 0, 10, &allowed),
				.report = bytes_equal_text(store_bytes(rows, 0, 11), "report"),
			},
	};
	out->row.recipients = recipients;
	out->row.allowed = allowed;
	out->letter = bytes_equal_text(store_bytes(rows, 0, 12), "paper");
	out->party = copy(arena, rows, 13);
	out->service = store_int(rows, 0, 14) != 0;
	out->rule = (struct signer_rule){copy(arena, rows, 15), copy(arena, rows, 16), store_is_null(rows, 0, 17) ? BYTES_NONE : copy(arena, rows, 17)};
	out->tries = store_int(rows, 0, 18);
	return out->row.entity_digest.len == DIGEST_SHA256;
}

/* One row, if there is one: *worked says so. */
static enum reason work(struct signer *s, bool *worked)
{
	struct arena *arena = arena_create(MAIL_MEMORY);
	struct store_rows *rows = NULL;
	struct claim claim;
	int64_t session = store_session(s->store);
	enum reason reason = session == 0 ? REASON_STORE_DOWN : arena ? REASON_NONE : REASON_MEMORY;

	*worked = false;
	if (reason == REASON_NONE)
		reason = STORE_RUN(s->store, &rows,
				   "select outbox, code, recipients, state, head, entity_body, entity_size, "
				   "entity_digest, decision, "
				   "message_id, allowed, form, channel, party, service, encrypt, content, certificate, tries from relais.sign_claim($1)",
				   P_INT(session));
	if (reason == REASON_NONE && read_claim(arena, rows, &claim)) {
		*worked = true;
		reason = seal_or_refuse(s, &claim, session);
	}
	store_free(&rows);
	arena_destroy(&arena);
	return reason;
}

static bool choose(struct signer *s)
{
	s->now = service_now();
	const struct sign *newest = sign_newest(s->seals, sizeof s->seals / sizeof s->seals[0], s->now);

	if (newest != NULL && newest != s->sign)
		log_event("seal-chosen", LOG_BYTES("fingerprint", sign_fingerprint(newest)), LOG_END);
	s->sign = newest;
	return newest != NULL;
}

/* --- the trail -------------------------------------------------------------- */

static enum reason seal_checkpoint(struct signer *s, struct arena *arena, const struct checkpoint_facts *facts, int64_t session)
{
	unsigned char digest[DIGEST_SHA256];
	struct bytes der = BYTES_NONE;
	const char *trouble = checkpoint_check(facts, &s->last);

	if (trouble != NULL) {
		log_event("checkpoint-refused", LOG_NUMBER("checkpoint", facts->number), LOG_TEXT("detail", trouble), LOG_END);
		return REASON_AUDIT_BROKEN;
	}
	enum reason reason = signer_heads_read(&s->heads);
	struct bytes statement = reason == REASON_NONE ? checkpoint_statement(arena, facts, &s->journal, &s->heads) : BYTES_NONE;
	if (reason == REASON_NONE)
		reason = statement.len == 0 ? REASON_MEMORY : sign_detached(arena, s->sign, statement, facts->at, &der);
	if (reason != REASON_NONE)
		return reason;
	digest_sha256(statement, digest);
	const struct signer_checkpoint_entry entry = {facts->at, facts->number, facts->position, digest, sign_fingerprint(s->sign)};
	reason = signer_journal_add_checkpoint(&s->journal, &entry);
	if (reason == REASON_NONE)
		reason = STORE_RUN(s->store, NULL, "select relais.checkpoint_done($1, $2, $3, $4, $5)", P_INT(facts->number), P_INT(session),
				   P_TEXT_B(statement), P_BYTES(der), P_TEXT_B(sign_fingerprint(s->sign)));
	if (reason == REASON_NONE) {
		s->last = (struct checkpoint_last){facts->number, facts->position};
		log_event("checkpoint-sealed", LOG_NUMBER("checkpoint", facts->number), LOG_NUMBER("position", facts->position), LOG_END);
	}
	return reason;
}

/* The one that was asked for, if any. A trail that lost rows is told and stays unsealed: the mails go on. */
static enum reason checkpoint(struct signer *s)
{
	struct arena *arena = arena_create(LIMIT_CMS + (1u << 20));
	struct store_rows *rows = NULL;
	int64_t session = store_session(s->store);
	enum reason reason = session == 0 ? REASON_STORE_DOWN : arena ? REASON_NONE : REASON_MEMORY;

	if (reason == REASON_NONE)
		reason = STORE_RUN(s->store, &rows, "select checkpoint, position, link, before, waiting, lost from relais.checkpoint_claim($1)", P_INT(session));
	if (reason == REASON_NONE && store_count(rows) == 1) {
		const struct checkpoint_facts facts = {
			.number = store_int(rows, 0, 0), .at = service_now(), .node = s->service.config->hostname, .position = store_int(rows, 0, 1),
			.link = store_bytes(rows, 0, 2), .before = store_bytes(rows, 0, 3), .waiting = store_int(rows, 0, 4),
			.lost = store_int(rows, 0, 5)};
		reason = seal_checkpoint(s, arena, &facts, session);
		if (reason == REASON_AUDIT_BROKEN || reason == REASON_SIGN_REFUSED)
			reason = REASON_NONE;
	}
	store_free(&rows);
	arena_destroy(&arena);
	return reason;
}

static int serve(struct signer *s)
{
	while (!service_stopping(&s->service)) {
		bool worked = false;
		/* With an expired seal nothing is claimed: the rows wait for a new certificate, they are not lost. */
		if (!choose(s)) {
			log_event("seal-expired", LOG_END);
			service_pause(&s->service, EXPIRED_MS);
			continue;
		}
		enum reason reason = work(s, &worked);
		/* The keeper is waited for here: whoever starts anew reads all journals from their first byte. Checkpoints need it not. */
		if (reason == REASON_KEEPER_AWAY) {
			worked = false;
			reason = REASON_NONE;
		}
		int64_t now_us = service_now().us;
		if (reason == REASON_NONE && (!worked || now_us - s->looked_us > LOOK_US)) {
			s->looked_us = now_us;
			reason = checkpoint(s);
		}
		if (reason != REASON_NONE) {
			log_event("signer-stops", LOG_REASON(reason), LOG_END);
			return SERVICE_TEMPORARY;
		}
		if (worked)
			store_busy(s->store);
		else
			(void)store_wait(s->store, s->service.signals, WAIT_MS);
	}
	return SERVICE_FINE;
}

/* --- start ------------------------------------------------------------------ */

/* Two seals speak for one mailbox: a rollover changes nothing for those whom we write to. */
static bool open_seal(struct signer *s, const char *certificate, const char *key, struct sign **out)
{
	const struct config *config = s->service.config;
	const struct key_source source = {key, config->signer.pkcs11_module, config->signer.pin_file};
	char detail[SIGN_DETAIL] = "";
	enum reason reason = sign_open(certificate, &source, out, detail);

	if (reason == REASON_NONE && !bytes_equal_nocase(sign_mailbox(*out), bytes_of_text(config->signer.mailbox))) {
		reason = REASON_CONFIG_VALUE;
		memcpy(detail, "the certificate is of another mailbox", sizeof "the certificate is of another mailbox");
	}
	if (reason != REASON_NONE)
		log_event("seal-refused", LOG_REASON(reason), LOG_TEXT("file", certificate), LOG_TEXT("detail", detail), LOG_END);
	return reason == REASON_NONE;
}

static bool prepare(struct signer *s, int *status)
{
	const struct config *config = s->service.config;

	*status = SERVICE_CONFIG;
	if (!open_seal(s, config->signer.certificate, config->signer.key, &s->seals[0]) ||
	    (config->signer.certificate_next[0] != '\0' && !open_seal(s, config->signer.certificate_next, config->signer.key_next, &s->seals[1])))
		return false;
	if (config->signer.token_folder[0] != '\0')
		jail_folder(config->signer.token_folder);
	enum reason reason = chain_journal_open(config->signer.journal, &s->journal);
	if (reason == REASON_NONE)
		reason = checkpoint_last_read(config->signer.journal, &s->last);
	if (reason != REASON_NONE) {
		log_event("journal-refused", LOG_REASON(reason), LOG_TEXT("file", config->signer.journal), LOG_END);
		return false;
	}
	*status = SERVICE_TEMPORARY;
	s->store = store_open(config->database, "signer");
	if (!s->store)
		return false;
	*store_keeper(s->store) = keeper_client_make(arena_printf(s->service.arena, "%s/keeper-signer.sock", config->run_folder), "seal");
	/* Connected before the jail, where no new peer can be reached. */
	reason = store_listen(s->store, "signer");
	if (reason != REASON_NONE)
		log_event("signer-stops", LOG_REASON(reason), LOG_END);
	return reason == REASON_NONE;
}

int main(int argc, char **argv)
{
	struct signer s = {.journal = {.fd = -1}};
	int status;

	/* --journal NAME…: what relais-master handed it. */
	if (argc < 3 || !signer_heads_open(argc - 3, argv + 3, HANDED, &s.heads))
		argc = 0;
	if (!service_start("signer", argc < 3 ? argc : 3, argv, &s.service, &status))
		return status;
	if (prepare(&s, &status)) {
		(void)jail_enter(JAIL_SIGNER);
		log_event("ready", LOG_BYTES("fingerprint", sign_fingerprint(s.seals[0])), LOG_NUMBER("seals", s.seals[1] != NULL ? 2 : 1),
			  LOG_NUMBER("key_locked", private_key_locked()), LOG_END);
		status = serve(&s);
	}
	store_close(&s.store);
	chain_journal_close(&s.journal);
	sign_close(&s.seals[0]);
	sign_close(&s.seals[1]);
	arena_destroy(&s.service.arena);
	return status;
}
