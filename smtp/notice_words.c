/* smtp/notice_words.c - see notice_words.h. */
#include "smtp/notice_words.h"

#include <string.h>

#include "base/fold.h"
#include "smtp/mime_head.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* Reports say what they have to say at their beginning. */
enum { TEXT_READ = 64 * 1024 };

static const char *const system_names[] = {
	"mailer-daemon", "mailerdaemon", "mail-daemon", "postmaster", "post_master", "post-master",
};

/* In folded subjects. */
static const char *const subject_words[] = {
	"undeliver", "delivery status", "delivery report", "delivery notification", "delivery failure", "failure notice",
	"failure delivery", "delivery has failed", "returned mail", "mail delivery failed", "mail delivery fail",
	"mail failed", "mail failure", "mail system error", "could not be delivered", "could not send",
	"returned to sender", "returning message", "error sending your mail", "non remis", "non distribue",
	"echec de la remise", "echec de remise", "echec de l'envoi", "retour a l'expediteur", "unzustellbar",
	"delayed mail", "remise differee", "cannot send message",
};

/* In folded texts: a mail system that says neither in its subject. */
static const char *const text_words[] = {
	"did not reach the following recipient", "following recipient", "could not be delivered", "permanent error",
	"unable to deliver", "delivery failed", "delivery to the following", "was not delivered", "has not been delivered",
	"n'a pas pu etre remis", "n'a pas ete remis", "fatal errors", "user unknown",
	"no such user", "invalid user address",
};

/* A line that begins the copy of the failed mail: what stands behind is not the report's own word. */
static const char *const copy_words[] = {
	"--- below this line is a copy", "this is a copy of the message", "----- original message", "--- original message",
	"--- message header", "----- message header", "message headers follow", "--- message headers", "original message follows",
	"------ this is a copy", "--- the header of the original", "--- enclosed is a copy", "--- undelivered message",
	"----- unsent message", "--- returned message", "the original message", "header of the undelivered", "received: ",
	"original mail header", "---original message",
};

static const char *const delay_words[] = {
	"will be retried", "will retry", "will continue to try", "no action is required", "not required to do anything",
	"sera retente", "nouvel essai", "still trying", "warning message only", "has been delayed", "in retrying",
	"delivery has been delayed", "will keep trying",
};

static const char *const auto_subjects[] = {
	"automatic reply", "auto reply", "auto-reply", "autoreply", "auto response", "auto:", "out of office", "out of the office",
	"reponse automatique", "absence du bureau", "absent du bureau", "message d'absence", "vacation",
	"automatische antwort", "abwesenheit",
};

static bool has_any(struct bytes folded, const char *const *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (bytes_contains(folded, bytes_of_text(list[i])))
			return true;
	return false;
}

bool notice_words_from_system(const struct mime_head *head)
{
	struct bytes address = head->from.address;
	struct bytes local = bytes_slice(address, 0, bytes_find_byte(address, '@', 0));

	if (local.len == 0)
		return head->null_sender;
	for (size_t i = 0; i < COUNT(system_names); i++)
		if (bytes_equal_nocase(local, bytes_of_text(system_names[i])))
			return true;
	return false;
}

bool notice_words_is_report(struct arena *arena, const struct mime_message *message)
{
	const struct mime_head *head = &message->head;
	struct bytes subject = fold_text(arena, head->subject);
	bool subject_says = has_any(subject, subject_words, COUNT(subject_words));

	if (head->failed_recipients.len > 0)
		return true;
	if (notice_words_from_system(head) && subject_says)
		return true;
	struct bytes text = fold_text(arena, bytes_slice(message->text, 0, 4096));
	return (notice_words_from_system(head) || (head->null_sender && subject_says)) && has_any(text, text_words, COUNT(text_words));
}

bool notice_words_is_auto_reply(struct arena *arena, const struct mime_message *message)
{
	struct bytes subject = fold_text(arena, message->head.subject);

	/* A mail system's own notice is nobody's answer. */
	if (bytes_starts(message->head.auto_submitted, BYTES("auto-replied")) && !notice_words_from_system(&message->head))
		return true;
	for (size_t i = 0; i < COUNT(auto_subjects); i++)
		if (bytes_starts(subject, bytes_of_text(auto_subjects[i])))
			return true;
	return false;
}

static bool is_digit(unsigned char c)
{
	return c >= '0' && c <= '9';
}

/* At text[at]: "5.1.1" standing alone, not a piece of an address of the network. Its length, or 0. */
static size_t status_length(struct bytes text, size_t at)
{
	size_t end = at + 1;

	if (text.at[at] < '2' || text.at[at] > '5' || text.at[at] == '3')
		return 0;
	if (at > 0 && (is_digit(text.at[at - 1]) || text.at[at - 1] == '.'))
		return 0;
	for (int group = 0; group < 2; group++) {
		if (end + 1 >= text.len || text.at[end] != '.' || !is_digit(text.at[end + 1]))
			return 0;
		size_t digits = 0;
		for (end++; end < text.len && is_digit(text.at[end]); end++)
			digits++;
		if (digits > 3)
			return 0;
	}
	if (end + 1 < text.len && text.at[end] == '.' && is_digit(text.at[end + 1]))
		return 0;
	return end - at;
}

/* A reply code of three digits between signs that are no part of a number or a word. */
static bool is_reply_code(struct bytes text, size_t at)
{
	if (text.len - at < 3 || (text.at[at] != '4' && text.at[at] != '5') || text.at[at + 1] > '5')
		return false;
	if (!is_digit(text.at[at + 1]) || !is_digit(text.at[at + 2]))
		return false;
	unsigned char before = at == 0 ? ' ' : text.at[at - 1], after = text.len - at > 3 ? text.at[at + 3] : ' ';
	return (before == ' ' || before == '\n' || before == '(' || before == '#' || before == ';' || before == ':') &&
	       (after == ' ' || after == '-' || after == '\n' || after == ')');
}

/* "5.1.0" says less than a "5.7.1" that a server further on gave behind it. */
struct bytes notice_words_status(struct arena *arena, struct bytes text)
{
	struct bytes vague = BYTES_NONE;
	unsigned char class = 0;

	for (size_t at = 0; at < text.len; at++) {
		size_t len = status_length(text, at);
		struct bytes status = bytes_slice(text, at, len);
		if (len > 0 && !bytes_ends(status, BYTES(".0")) && (vague.len == 0 || vague.at[0] == status.at[0]))
			return status;
		if (len > 0 && vague.len == 0)
			vague = status;
		if (class == 0 && is_reply_code(text, at))
			class = text.at[at];
	}
	if (vague.len > 0)
		return vague;
	return class == 0 ? BYTES_NONE : bytes_of_text(arena_printf(arena, "%c.0.0", class));
}

static bool is_address_byte(unsigned char c)
{
	return c > ' ' && c < 0x7f && memchr("<>()[],;:\"'`|*", c, 14) == NULL;
}

/* The address around the "@" at this offset; empty when it is none. */
static struct bytes address_around(struct bytes text, size_t sign)
{
	size_t from = sign, to = sign + 1;

	while (from > 0 && is_address_byte(text.at[from - 1]))
		from--;
	while (to < text.len && is_address_byte(text.at[to]))
		to++;
	while (to > sign + 1 && (text.at[to - 1] == '.' || text.at[to - 1] == '!'))
		to--;
	if (from == sign || to <= sign + 2 || to - from > 254)
		return BYTES_NONE;
	return bytes_slice(text, from, to - from);
}

static struct bytes next_line(struct bytes *left)
{
	size_t end = bytes_find_byte(*left, '\n', 0);
	struct bytes line = bytes_slice(*left, 0, end);
	*left = bytes_from(*left, end + 1);
	return line;
}

/* How much a line looks as if it named the failed recipient: 0 not at all. */
static int line_weight(struct arena *arena, struct bytes line, struct bytes address)
{
	static const char *const named[] = {
		"final-recipient:", "final recipient:", "original-recipient:", "to:", "recipient:", "unknown user:", "rcpt to:",
		"failed recipient:", "envelope-to:", "user unknown:", "addressed to:", "destinataire:",
	};
	struct bytes start = bytes_trim(line), folded = fold_text(arena, start);
	size_t skipped = 0;

	for (size_t i = 0; i < COUNT(named); i++)
		if (bytes_contains(folded, bytes_of_text(named[i])))
			return 2;
	while (skipped < start.len && memchr("<\"'*([", start.at[skipped], 6) != NULL)
		skipped++;
	if (start.at + skipped == address.at)
		return 3;
	return has_any(folded, text_words, COUNT(text_words)) || bytes_contains(folded, BYTES("<")) ? 1 : 0;
}

static bool is_known(const struct notice *out, struct bytes address)
{
	for (size_t i = 0; i < out->n; i++)
		if (bytes_equal_nocase(out->recipients[i].address, address))
			return true;
	return false;
}

static bool is_own(const struct mime_message *message, struct bytes address)
{
	return bytes_equal_nocase(message->head.from.address, address);
}

static void add(struct notice *out, struct bytes address, struct bytes action)
{
	if (out->n < NOTICE_RECIPIENTS && !is_known(out, address))
		out->recipients[out->n++] = (struct notice_recipient){.address = address, .action = action};
}

static void add_failed_header(const struct mime_message *message, struct bytes action, struct notice *out)
{
	struct bytes value = message->head.failed_recipients;
	for (size_t at = 0; (at = bytes_find_byte(value, '@', at)) < value.len; at++) {
		struct bytes address = address_around(value, at);
		if (address.len > 0)
			add(out, address, action);
	}
}

/* All addresses on lines of this weight. Each recipient's status is looked for from its line to the next one's. */
static void add_lines(struct arena *arena, const struct mime_message *message, struct bytes text, int weight,
		      struct bytes action, struct notice *out)
{
	struct bytes left = text, line;

	while (left.len > 0) {
		line = next_line(&left);
		size_t sign = bytes_find_byte(line, '@', 0);
		struct bytes address = sign < line.len ? address_around(line, sign) : BYTES_NONE;
		if (address.len == 0 || is_own(message, address) || line_weight(arena, line, address) < weight)
			continue;
		add(out, address, action);
		if (weight < 3)
			return;
	}
}

/* Without the copy of the mail that is reported on. */
static struct bytes own_words(struct arena *arena, struct bytes text)
{
	struct bytes left = text;

	while (left.len > 0) {
		const unsigned char *start = left.at;
		struct bytes folded = fold_text(arena, bytes_trim(next_line(&left)));
		for (size_t i = 0; i < COUNT(copy_words); i++)
			if (bytes_starts(folded, bytes_of_text(copy_words[i])) && start > text.at)
				return bytes_slice(text, 0, (size_t)(start - text.at));
	}
	return text;
}

static struct bytes status_for(struct arena *arena, struct bytes text, const struct notice *out, size_t i)
{
	size_t from = bytes_find(text, out->recipients[i].address, 0), to = text.len;

	if (from == text.len)
		return notice_words_status(arena, text);
	from += out->recipients[i].address.len;
	for (size_t k = 0; k < out->n; k++) {
		size_t other = k == i ? text.len : bytes_find(text, out->recipients[k].address, from);
		if (other < to)
			to = other;
	}
	struct bytes status = notice_words_status(arena, bytes_slice(text, from, to - from));
	return status.len > 0 || out->n > 1 ? status : notice_words_status(arena, text);
}

static struct bytes quoted_message_id(struct arena *arena, struct bytes text, const struct mime_message *message)
{
	struct bytes left = text;

	while (left.len > 0) {
		struct bytes line = bytes_trim(next_line(&left));
		if (!bytes_starts_nocase(line, BYTES("Message-ID:")))
			continue;
		struct bytes id = bytes_trim(bytes_from(line, 11));
		if (id.len > 2 && !bytes_equal(id, message->head.message_id))
			return arena_copy(arena, id);
	}
	return BYTES_NONE;
}

void notice_words_refine(struct arena *arena, const struct mime_message *message, struct notice *out)
{
	struct bytes text = own_words(arena, bytes_slice(message->text, 0, TEXT_READ));

	for (size_t i = 0; i < out->n; i++) {
		struct notice_recipient *recipient = &out->recipients[i];
		if (!bytes_ends(recipient->status, BYTES(".0.0")) || bytes_find(text, recipient->address, 0) == text.len)
			continue;
		struct bytes better = status_for(arena, text, out, i);
		if (better.len > 0 && better.at[0] == recipient->status.at[0])
			recipient->status = better;
	}
}

void notice_words_read(struct arena *arena, const struct mime_message *message, struct notice *out)
{
	struct bytes whole = bytes_slice(message->text, 0, TEXT_READ), text = own_words(arena, whole), folded = fold_text(arena, text);
	struct bytes subject = fold_text(arena, message->head.subject);
	bool delayed = has_any(folded, delay_words, COUNT(delay_words)) || bytes_contains(subject, BYTES("delay")) ||
		       bytes_contains(subject, BYTES("warning"));
	struct bytes action = delayed ? BYTES("delayed") : BYTES("failed");

	add_failed_header(message, action, out);
	for (int weight = 3; weight >= 0 && out->n == 0; weight--)
		add_lines(arena, message, text, weight, action, out);
	/* Nowhere in the report's own words: the copy says to whom the mail went. */
	if (out->n == 0)
		add_lines(arena, message, whole, 2, action, out);
	for (size_t i = 0; i < out->n; i++)
		out->recipients[i].status = status_for(arena, text, out, i);
	if (out->original_message_id.len == 0)
		out->original_message_id = quoted_message_id(arena, whole, message);
}
