/* gateway/signer_check.c - see signer_check.h. */
#include "gateway/signer_check.h"

#include "base/digest.h"
#include "base/reason.h"
#include "gateway/json_view.h"
#include "smtp/address.h"
#include "smtp/assemble.h"
#include "smtp/scan.h"

/* One field of the head with its folded lines; false at the end and when what is left is no field. */
static bool field_next(struct cursor *c, struct bytes *name, struct bytes *value)
{
	struct bytes left = c->left;
	size_t colon = bytes_find_byte(left, ':', 0), end = 0;

	if (c->failed || left.len == 0)
		return false;
	do {
		end = bytes_find(left, BYTES("\r\n"), end);
		if (end == left.len) {
			c->failed = true;
			return false;
		}
		end += 2;
	} while (end < left.len && (left.at[end] == ' ' || left.at[end] == '\t'));
	if (colon == 0 || colon >= end) {
		c->failed = true;
		return false;
	}
	*name = bytes_slice(left, 0, colon);
	*value = bytes_slice(left, colon + 1, end - colon - 1);
	(void)cursor_take(c, end);
	return true;
}

struct head {
	size_t to, from, id, other; /* how many of each; other: fields that would name more people */
	struct bytes to_value, from_value, id_value, automatic;
};

static bool is_other_party(struct bytes name)
{
	static const struct bytes names[] = {BYTES_OF("Cc"), BYTES_OF("Bcc"), BYTES_OF("Sender")};
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (bytes_equal_nocase(name, names[i]))
			return true;
	return bytes_starts_nocase(name, BYTES("Resent-"));
}

static bool head_read(struct bytes at, struct head *out)
{
	struct cursor c = cursor_on(at);
	struct bytes name, value;

	*out = (struct head){0};
	while (field_next(&c, &name, &value)) {
		if (bytes_equal_nocase(name, BYTES("To"))) {
			out->to++;
			out->to_value = value;
		} else if (bytes_equal_nocase(name, BYTES("From"))) {
			out->from++;
			out->from_value = value;
		} else if (bytes_equal_nocase(name, BYTES("Message-ID"))) {
			out->id++;
			out->id_value = bytes_trim(value);
		} else if (bytes_equal_nocase(name, BYTES("Auto-Submitted"))) {
			out->automatic = bytes_trim(value);
		} else if (is_other_party(name)) {
			out->other++;
		}
	}
	return cursor_done(&c);
}

static bool same_mailbox(struct bytes a, struct bytes b)
{
	struct smtp_address one, two;
	return smtp_address_read(a, &one) == REASON_NONE && smtp_address_read(b, &two) == REASON_NONE &&
	       smtp_address_equal(&one, &two);
}

/* The value of a From or To field names exactly this mailbox. */
static bool names(struct bytes value, struct bytes mailbox)
{
	struct bytes address, domain;
	return scan_from(value, &address, &domain) == REASON_NONE && same_mailbox(address, mailbox);
}

/* A rule decided it: an event of a dossier, or the outcome of the message that it answers. */
static bool is_decided(struct bytes decision)
{
	json_t *json = json_read(decision);
	bool event =
		json_is_integer(json_object_get(json, "event")) && json_is_integer(json_object_get(json, "dossier"));
	bool outcome = json_is_null(json_object_get(json, "dossier")) && json_view(json, "kind").len > 0;
	bool decided = json_view(json, "rule").len > 0 && json_view(json, "party").len > 0 && (event || outcome);

	json_decref(json);
	return decided;
}

static const char *check_head(const struct signer_row *row, const struct signer_seal *seal)
{
	struct head head;

	if (!head_read(row->head, &head))
		return "the head is not whole fields";
	if (head.from != 1 || !names(head.from_value, seal->certificate_mailbox))
		return "From is not the seal's mailbox";
	if (head.to != 1 || !names(head.to_value, row->recipients[0]))
		return "To is not the one recipient";
	if (head.other > 0)
		return "the head names other parties";
	if (head.id != 1 || !bytes_equal(head.id_value, row->message_id))
		return "Message-ID is not the row's";
	if (row->report && !bytes_equal_text(head.automatic, "auto-replied"))
		return "the report does not say that it is automatic";
	return NULL;
}

/* Whoever can write rows cannot choose to whom: only whom the dossier's request, its offers or the answered message name. */
static bool is_allowed(const struct signer_row *row)
{
	for (size_t i = 0; i < row->n_allowed; i++)
		if (bytes_equal_nocase(row->allowed[i], row->recipients[0]))
			return true;
	return false;
}

const char *signer_check(const struct signer_row *row, const struct signer_seal *seal)
{
	unsigned char digest[DIGEST_SHA256];

	if (!bytes_equal_text(row->state, "composed"))
		return "the row is not in state composed";
	if (!same_mailbox(seal->certificate_mailbox, seal->mailbox))
		return "the certificate is not the configured mailbox's";
	if (!is_decided(row->decision))
		return "no decision stands behind the row";
	if (row->n != 1)
		return "there is not exactly one recipient";
	if (!is_allowed(row))
		return "the recipient is not a mailbox of that party";
	const char *trouble = check_head(row, seal);
	if (trouble)
		return trouble;
	if (row->entity.len == 0 || row->entity.len != row->entity_size)
		return "the entity has not its recorded size";
	digest_sha256(row->entity, digest);
	if (!bytes_equal((struct bytes){digest, sizeof(digest)}, row->entity_digest))
		return "the entity has not its recorded digest";
	if (row->report && !assemble_is_report(row->entity))
		return "without a seal, and no report";
	return NULL;
}
