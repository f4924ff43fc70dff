/* gateway/receiver_mail.c - see receiver_mail.h. */
#include "gateway/receiver_mail.h"

#include <stdlib.h>

#include "base/limits.h"

enum {
	RECIPIENTS_ROOM = LIMIT_SMTP_RECIPIENTS * (LIMIT_SMTP_PATH + 1),
	JOB_ROOM = 1024 * 1024,
};

struct mail mail_make(void)
{
	return (struct mail){.from = buf_make(LIMIT_SMTP_PATH), .account = buf_make(LIMIT_SMTP_PATH), .recipients = buf_make(RECIPIENTS_ROOM), .body = spool_body_make()};
}

void mail_clear(struct mail *mail, struct spool *spool)
{
	buf_free(&mail->from);
	buf_free(&mail->account);
	buf_free(&mail->recipients);
	json_decref(mail->params);
	arena_destroy(&mail->arena);
	spool_release(spool, &mail->body);
	*mail = mail_make();
}

static json_t *plain_text(struct bytes encoded, void (*decode)(struct buf *out, struct bytes encoded))
{
	struct buf plain = buf_make(LIMIT_SMTP_COMMAND);
	decode(&plain, encoded);
	json_t *text = encoded.len > 0 ? json_stringn((const char *)plain.data, plain.len) : json_null();
	buf_free(&plain);
	return text;
}

static json_t *notify_text(unsigned notify)
{
	static const struct {
		unsigned bit;
		const char *word;
	} words[] = {{SMTP_NOTIFY_NEVER, "NEVER"}, {SMTP_NOTIFY_SUCCESS, "SUCCESS"}, {SMTP_NOTIFY_FAILURE, "FAILURE"},
		     {SMTP_NOTIFY_DELAY, "DELAY"}};
	struct buf list = buf_make(64);

	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
		if ((notify & words[i].bit) != 0)
			buf_printf(&list, "%s%s", list.len > 0 ? "," : "", words[i].word);
	json_t *text = list.len > 0 ? json_stringn((const char *)list.data, list.len) : json_null();
	buf_free(&list);
	return text;
}

/* JSON of ours; a list even when there is none. */
static json_t *list_of(struct bytes text)
{
	json_t *list = text.len > 0 ? json_loadb((const char *)text.at, text.len, 0, NULL) : NULL;
	return list != NULL ? list : json_array();
}

static json_t *peer_json(const struct tls_peer *peer)
{
	struct bytes fingerprint = peer->fingerprint;
	return json_pack("{s:s, s:s, s:o, s:o, s:o}", "version", peer->version, "cipher", peer->cipher, "fingerprint",
			 fingerprint.len > 0 ? json_stringn((const char *)fingerprint.at, fingerprint.len) : json_null(), "path",
			 list_of(peer->path), "crls", list_of(peer->crls));
}

void mail_begin(struct mail *mail, const struct smtp_mail *command, const struct tls_peer *peer)
{
	static const char *const bodies[] = {[SMTP_BODY_7BIT] = "7BIT", [SMTP_BODY_8BITMIME] = "8BITMIME"};
	static const char *const rets[] = {[SMTP_RET_FULL] = "FULL", [SMTP_RET_HDRS] = "HDRS"};

	smtp_address_write(&mail->from, &command->from);
	/* s? gives null for an absent text; o steals. */
	mail->params = json_pack("{s:s?, s:o, s:s?, s:o, s:[], s:o, s:s%}", "ret", rets[command->ret], "envid",
				 plain_text(command->envid, smtp_xtext_decode), "body", bodies[command->body], "size",
				 command->size > 0 ? json_integer((json_int_t)command->size) : json_null(), "rcpt", "tls",
				 peer_json(peer), "peer_serial",
				 peer->serial.len > 0 ? (const char *)peer->serial.at : "", peer->serial.len);
	mail->broken = mail->params == NULL || !buf_ok(&mail->from);
	if (command->smtputf8 && json_object_set_new(mail->params, "smtputf8", json_true()) != 0)
		mail->broken = true;
}

void mail_recipient(struct mail *mail, const struct smtp_recipient *command, const char *own_domain)
{
	struct smtp_address to = command->to;
	struct bytes orcpt = command->orcpt;
	json_t *row;

	if (to.domain.len == 0)
		to.domain = bytes_of_text(own_domain);
	smtp_address_write(&mail->recipients, &to);
	buf_text(&mail->recipients, "\n");
	mail->n++;
	row = json_pack("{s:o, s:o}", "notify", notify_text(command->notify), "orcpt", plain_text(orcpt, smtp_orcpt_decode));
	if (json_array_append_new(json_object_get(mail->params, "rcpt"), row) != 0 || !buf_ok(&mail->recipients))
		mail->broken = true;
}

static bool copy_texts(struct mail *mail, struct intake_message *message)
{
	struct bytes *list = arena_try(mail->arena, mail->n * sizeof *list);
	char *params = json_dumps(mail->params, JSON_COMPACT | JSON_ENSURE_ASCII);
	struct cursor c = cursor_on(buf_bytes(&mail->recipients));

	if (list != NULL && params != NULL) {
		for (size_t i = 0; i < mail->n; i++)
			list[i] = cursor_until(&c, '\n');
		message->recipients = list;
		message->n = mail->n;
		message->account = buf_bytes(&mail->account);
		message->mail_from = buf_bytes(&mail->from);
		message->params = arena_copy(mail->arena, bytes_of_text(params));
	}
	free(params);
	return message->recipients != NULL;
}

enum reason mail_job(struct mail *mail, struct spool *spool, struct pool_job *job)
{
	enum reason reason = spool_finish(spool, &mail->body);

	if (reason != REASON_NONE)
		return reason;
	mail->arena = arena_create(JOB_ROOM);
	if (mail->broken || !copy_texts(mail, &job->message))
		return REASON_MEMORY;
	job->work = POOL_MESSAGE;
	job->body = &mail->body;
	return REASON_NONE;
}
