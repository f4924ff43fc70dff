/* gateway/work_notice.c - the report that compose is asked for (gateway/compose_request.h, "notice"), and what the sender's server
 * asked us for.
 *
 * What strangers wrote goes into a report only where it can stand in one line: compose would refuse the whole report else, and
 * nobody would be told. */
#include "gateway/work.h"

#include "base/limits.h"
#include "gateway/json_view.h"
#include "policy/receipt.h"

enum { ADDRESS = 254, ORCPT = 500 };

static bool is_line(struct bytes text, size_t max, bool ascii)
{
	for (size_t i = 0; i < text.len; i++)
		if (text.at[i] < ' ' || text.at[i] == 0x7f || (ascii && text.at[i] > 0x7f) ||
		    (text.at[i] == 0xc2 && i + 1 < text.len && text.at[i + 1] < 0xa0))
			return false;
	return text.len > 0 && text.len <= max && bytes_utf8(text);
}

static void put(json_t *o, const char *key, struct bytes value, size_t max, bool ascii)
{
	if (is_line(value, max, ascii))
		json_object_set_new(o, key, json_of(value));
}

/* --- what was asked for ------------------------------------------------------------ */

static unsigned notify_of(struct bytes words)
{
	static const struct {
		const char *word;
		unsigned bit;
	} bits[] = {{"NEVER", POLICY_NOTIFY_NEVER}, {"SUCCESS", POLICY_NOTIFY_SUCCESS}, {"FAILURE", POLICY_NOTIFY_FAILURE},
		    {"DELAY", POLICY_NOTIFY_DELAY}};
	struct cursor c = cursor_on(words);
	unsigned notify = 0;

	while (c.left.len > 0) {
		struct bytes word = cursor_until(&c, ',');
		for (size_t i = 0; i < sizeof bits / sizeof bits[0]; i++)
			if (bytes_equal_text(word, bits[i].word))
				notify |= bits[i].bit;
	}
	return notify;
}

void work_envelope(struct work *work, const struct work_inbox *inbox, struct policy_message *out)
{
	const json_t *params = inbox->params, *list = json_object_get(params, "rcpt");
	struct policy_envelope *envelope = arena_alloc(work->arena, (inbox->n_recipients + 1) * sizeof *envelope);

	for (size_t i = 0; inbox->source != POLICY_SOURCE_IMAP && i < inbox->n_recipients; i++) {
		const json_t *asked = json_array_get(list, i);
		envelope[i] = (struct policy_envelope){
			.address = inbox->recipients[i], .original = json_view(asked, "orcpt"), .notify = notify_of(json_view(asked, "notify"))};
	}
	out->envelope = envelope;
	out->n_envelope = inbox->source == POLICY_SOURCE_IMAP ? 0 : inbox->n_recipients;
	out->envelope_id = json_view(params, "envid");
}

/* --- the report ---------------------------------------------------------------------- */

static json_t *recipient(struct bytes final, struct bytes original)
{
	json_t *r = json_pack("{s:o}", "final", json_of(final));

	if (bytes_find_byte(original, ';', 0) < original.len)
		put(r, "original", original, ORCPT, false);
	return r;
}

static json_t *recipients(const struct policy_mail *mail, const struct policy_message *m)
{
	json_t *list = json_array();
	bool mdn = mail->form == POLICY_MAIL_MDN;

	for (size_t i = 0; i < m->n_envelope; i++) {
		const struct policy_envelope *e = &m->envelope[i];
		bool ours = mdn ? json_array_size(list) == 0 : receipt_speaks_of(e, mail->reason == REASON_NONE);
		if (ours && json_array_size(list) < LIMIT_SMTP_RECIPIENTS)
			json_array_append_new(list, recipient(e->address, e->original));
	}
	/* Fetched mail came to the mailbox where it lay. */
	if (json_array_size(list) == 0)
		json_array_append_new(list, recipient(m->recipient, BYTES_NONE));
	return list;
}

static json_t *original(const struct policy_message *m, const json_t *head)
{
	json_t *o = json_object(), *to = json_array(), *address;
	struct instant date;
	size_t i;

	put(o, "message_id", m->id, LIMIT_COMPOSE_LINE, true);
	if (json_instant(head, "date", &date))
		json_object_set_new(o, "date", json_of_instant(date));
	put(o, "from", m->from, ADDRESS, false);
	json_array_foreach(json_object_get(head, "to"), i, address) {
		struct bytes text = json_text_view(address);
		if (json_array_size(to) < LIMIT_HEADER_ADDRESSES && is_line(text, ADDRESS, false))
			json_array_append_new(to, json_of(text));
	}
	json_object_set_new(o, "to", to);
	return o;
}

void work_notice(struct work *work, const struct policy_mail *mail, const struct work_cause *cause, json_t *request)
{
	const struct policy_message *m = cause->message;
	bool failed = mail->reason != REASON_NONE, mdn = mail->form == POLICY_MAIL_MDN;
	const char *host = work->config->hostname;
	json_t *n = json_pack("{s:s, s:s, s:o, s:o}", "kind", mdn ? "mdn" : "dsn", "agent",
			      mdn ? arena_printf(work->arena, "%s; Relais %s", host, RELAIS_VERSION) : host, "recipients", recipients(mail, m),
			      "original", original(m, cause->head));

	if (mdn) {
		struct bytes subject = receipt_subject(work->arena, m->subject, mail->reason);
		if (failed)
			json_object_set_new(n, "error", json_string(receipt_integration(mail->reason)));
		if (subject.len > 0)
			json_object_set_new(request, "subject", json_of(subject));
	} else {
		put(n, "envelope_id", m->envelope_id, LIMIT_SMTP_ENVID, true);
		json_object_set_new(n, "arrival", json_of_instant((struct instant){m->received.us - work->ahead.us}));
		json_object_set_new(n, "failed", json_boolean(failed));
		json_object_set_new(n, "status", json_string(receipt_status(mail->reason)));
		json_object_set_new(n, "diagnostic", json_string(receipt_diagnostic(work->arena, mail->reason)));
	}
	json_object_set_new(request, "notice", n);
}
