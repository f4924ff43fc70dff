/* gateway/work_service.c - see work_service.h. */
#include "gateway/work_service.h"

#include <uuid/uuid.h>

#include "gateway/day_words.h"
#include "gateway/json_view.h"
#include "gateway/log.h"
#include "gateway/service_mail.h"
#include "gateway/work_report.h"

static void put_text(json_t *fields, const char *name, const char *text)
{
	if (text[0] != '\0')
		json_object_set_new(fields, name, json_string(text));
}

static json_t *request_of(struct work *work, const struct work_service *mail, struct bytes to, const char *id)
{
	const struct config *c = work->config;
	json_t *r = json_pack("{s:s, s:s, s:s, s:o, s:{s:s, s:s}, s:o, s:O, s:{s:s}}", "code", mail_code_name(mail->code), "language", c->language, "message_id", id,
			      "date", json_of_instant(work_real(work)), "from", "address", c->signer.mailbox, "name", c->organisation, "to", json_of(to),
			      "fields", mail->fields, "mss", "nil", c->product_id);

	put_text(mail->fields, "phone", c->phone);
	put_text(mail->fields, "organisation", c->organisation);
	put_text(mail->fields, "contact_name", c->contact);
	if (mail->subject != NULL)
		json_object_set_new(r, "subject", json_string(mail->subject));
	if (work->rehearsal)
		json_object_set_new(r, "rehearsal", json_string(day_words_day(work->arena, work_english(work), work->now)));
	return r;
}

static enum reason queue(struct work *work, const struct work_service *mail, struct bytes to, bool *made)
{
	struct store_rows *rows = NULL;
	uuid_t uuid;
	char text[37];

	uuid_generate_random(uuid);
	uuid_unparse_lower(uuid, text);
	const char *id = arena_printf(work->arena, "<%s@%s>", text, work->config->hostname);
	enum reason reason = STORE_RUN(work->store, &rows, "select relais.service_add($1, $2, $3, $4, $5, $6, $7, $8, $9)", P_TEXT(mail_code_name(mail->code)),
				       P_TEXT(service_party_name(mail->party)), P_TEXT_B(to), P_TEXT(mail->occasion), P_TEXT(work->config->signer.mailbox), P_TEXT(id),
				       P_TEXT(mail->rule), P_JSON(json_write(work->arena, request_of(work, mail, to, id))), P_INSTANT(work_real(work)));
	int64_t outbox = reason == REASON_NONE ? store_int(rows, 0, 0) : 0;
	store_free(&rows);
	if (outbox != 0)
		log_event("decided-mail", LOG_NUMBER("outbox", outbox), LOG_TEXT("code", mail_code_name(mail->code)), LOG_TEXT("party", service_party_name(mail->party)),
			  LOG_TEXT("occasion", mail->occasion), LOG_END);
	*made = outbox != 0;
	return reason;
}

enum reason work_service_add(struct work *work, const struct work_service *mail, bool *made)
{
	bool own = mail->party != SERVICE_EXPERT && mail->party != SERVICE_INSURER, ignored;
	struct bytes to = own ? bytes_of_text(service_mailbox(work->config, mail->party)) : mail->to;
	enum reason reason = service_may(mail->party, mail->code) ? REASON_NONE : REASON_USAGE;

	if (made == NULL)
		made = &ignored;
	*made = false;
	if (reason == REASON_NONE && to.len > 0)
		reason = queue(work, mail, to, made);
	json_decref(mail->fields);
	return reason;
}
