/* policy/receipt.c - see receipt.h. */
#include "policy/receipt.h"

#include "base/limits.h"

enum { SUBJECT_MAX = 500, CODE_LEN = 3 };

#define NATIONAL "XDM/1.0/DDM"

/* --- what was asked for --------------------------------------------------------- */

static bool asks(const struct policy_message *m, enum policy_notify what)
{
	for (size_t i = 0; i < m->n_envelope; i++)
		if ((m->envelope[i].notify & what) != 0)
			return true;
	return false;
}

static bool says_nothing(const struct policy_message *m)
{
	for (size_t i = 0; i < m->n_envelope; i++)
		if (m->envelope[i].notify == 0)
			return true;
	return false;
}

static bool wants_silence(const struct policy_message *m)
{
	for (size_t i = 0; i < m->n_envelope; i++)
		if (m->envelope[i].notify != POLICY_NOTIFY_NEVER)
			return false;
	return m->n_envelope > 0;
}

/* Only software that sends documents to an intake address; the address must be the return path (RFC 8098 2.1, 3.3), and where
 * nothing but a header tells that path, the From that a signature vouches for. */
static bool wants_integration(const struct policy_message *m)
{
	bool documents = m->class == POLICY_CLASS_REQUEST || m->class == POLICY_CLASS_RECORD || m->n_documents > 0 ||
			 m->archive != REASON_NONE;
	bool fetched = m->n_envelope == 0;

	if (m->receipted || m->party != PARTY_NONE || !documents || !sender_address_ok(m->notification_to))
		return false;
	if (!sender_same_address(m->notification_to, fetched ? m->return_path : m->mail_from))
		return false;
	return !fetched || sender_same_address(m->notification_to, m->from);
}

/* --- the choice ------------------------------------------------------------------- */

/* RFC 3461 4.1: unsaid is FAILURE. What the default report would tell, a receipt that was asked for tells as well. */
static struct receipt_choice refused(const struct policy_message *m)
{
	struct receipt_choice c = {.mdn = wants_integration(m)};

	/* A second report on one message would contradict the first: this is a person's word, so it is a letter. */
	if (m->receipted || m->n_envelope == 0) {
		c.letter = !c.mdn && !wants_silence(m);
		return c;
	}
	c.dsn = asks(m, POLICY_NOTIFY_FAILURE) || (says_nothing(m) && !c.mdn);
	return c;
}

static struct receipt_choice choose(const struct policy_message *m, enum receipt_news news)
{
	struct receipt_choice c = {0};

	switch (news) {
	case RECEIPT_TAKEN:
		c.mdn = wants_integration(m);
		c.letter = !c.mdn && !wants_silence(m) && !asks(m, POLICY_NOTIFY_SUCCESS);
		return c;
	case RECEIPT_REFUSED:
		return refused(m);
	case RECEIPT_HELD:
		c.letter = !wants_silence(m);
		return c;
	case RECEIPT_DELIVERED:
		c.dsn = !m->receipted && asks(m, POLICY_NOTIFY_SUCCESS);
		return c;
	}
	return c;
}

/* The letter M70 answers one good document each, and no machine that answers us can make one: it is not counted. */
static bool is_counted(const struct receipt_choice *c, enum receipt_news news)
{
	return c->dsn || c->mdn || (c->letter && news != RECEIPT_TAKEN);
}

struct receipt_choice receipt_choose(const struct policy_rules *rules, const struct policy_message *message, enum receipt_news news)
{
	struct receipt_choice c;

	if (!sender_may_be_told(rules, message) || !sender_address_ok(receipt_address(message)))
		return (struct receipt_choice){0};
	c = choose(message, news);
	if (is_counted(&c, news) && message->notices >= LIMIT_NOTICES_DAY)
		return (struct receipt_choice){.limited = true};
	return c;
}

struct bytes receipt_address(const struct policy_message *message)
{
	return message->mail_from.len > 0 ? message->mail_from : message->from;
}

bool receipt_speaks_of(const struct policy_envelope *recipient, bool success)
{
	unsigned asked = recipient->notify == 0 ? (unsigned)POLICY_NOTIFY_FAILURE : recipient->notify;

	return (asked & (success ? POLICY_NOTIFY_SUCCESS : POLICY_NOTIFY_FAILURE)) != 0;
}

/* --- words -------------------------------------------------------------------------- */

static const struct {
	const char *prefix, *code;      /* of the reason's code; the first that fits */
} integration[] = {
	{"dossier.questionnaire.", "900^Version non prise en charge"},
	{"sender.", "901^Auteur non autorise"},
	{"sig.", "901^Auteur non autorise"},
	{"peer.", "901^Auteur non autorise"},
	{"mail.from.", "901^Auteur non autorise"},
	{"dossier.none", "902^Patient inconnu"},
	{"identity.none", "903^INS absent ou incomplet"},
	{"identity.", "904^INS different"},
	{"archive.patients", "904^INS different"},
	{"document.patients", "904^INS different"},
	{"", "906^Autre erreur"},
};

const char *receipt_integration(enum reason reason)
{
	struct bytes code = bytes_of_text(reason_code(reason));
	size_t i = 0;

	while (!bytes_starts(code, bytes_of_text(integration[i].prefix)))
		i++;
	return integration[i].code;
}

/* One line of UTF-8, as a header takes it. */
static bool is_line(struct bytes text)
{
	for (size_t i = 0; i < text.len; i++)
		if (text.at[i] < 0x20 || text.at[i] == 0x7f || (text.at[i] == 0xc2 && i + 1 < text.len && text.at[i + 1] < 0xa0))
			return false;
	return text.len <= SUBJECT_MAX && bytes_utf8(text) && !bytes_contains(text, BYTES("\u2028")) &&
	       !bytes_contains(text, BYTES("\u2029"));
}

struct bytes receipt_subject(struct arena *arena, struct bytes original, enum reason reason)
{
	original = bytes_trim(original);
	if (!bytes_starts(original, BYTES(NATIONAL)) || !is_line(original))
		return BYTES_NONE;
	if (reason == REASON_NONE)
		return original;
	return bytes_of_text(arena_printf(arena, "[KO Intégration système !][%.*s] %.*s", (int)CODE_LEN, receipt_integration(reason),
					  (int)original.len, (const char *)original.at));
}

/* What the peer would have heard, had it been known while it waited (reason_list.h has no reply for what is never said in SMTP). */
const char *receipt_status(enum reason reason)
{
	const char *enhanced = reason_entry(reason)->enhanced;

	if (reason == REASON_NONE)
		return "2.0.0";
	return enhanced[0] == '5' ? enhanced : "5.6.0";
}

const char *receipt_diagnostic(struct arena *arena, enum reason reason)
{
	const struct reason_entry *e = reason_entry(reason);
	int code = e->smtp >= 500 ? e->smtp : 550;

	return arena_printf(arena, "%d %s %s (%s)", reason == REASON_NONE ? 250 : code, receipt_status(reason), e->en, e->code);
}
