/* policy/sender.c - see sender.h. */
#include "policy/sender.h"

#include "policy/identity.h"
#include "policy/rules.h"

enum { ADDRESS_MAX = 254 };   /* RFC 5321 4.5.3.1.3 less the angle brackets */

static bool has_text(const struct policy_texts *list, struct bytes what)
{
	for (size_t i = 0; what.len > 0 && i < list->n; i++)
		if (bytes_equal_nocase(list->at[i], what))
			return true;
	return false;
}

/* Canonical subjects are compared exactly: they were made canonical to be. */
static bool has_subject(const struct policy_texts *list, struct bytes what)
{
	for (size_t i = 0; what.len > 0 && i < list->n; i++)
		if (bytes_equal(list->at[i], what))
			return true;
	return false;
}

static bool is_registered(const struct organisation *o, const struct policy_signature *s)
{
	return has_text(&o->fingerprints, s->fingerprint) || has_subject(&o->subjects, s->subject);
}

/* The one organisation that owns the domain. A domain shared by several names none, but by its certificate. */
static const struct organisation *owner_of(const struct policy_rules *rules, struct bytes domain,
					   const struct policy_signature *signature)
{
	const struct organisation *only = NULL;
	size_t owners = 0;

	for (size_t i = 0; i < rules->n_organisations; i++) {
		const struct organisation *o = &rules->organisations[i];
		if (!has_text(&o->domains, domain))
			continue;
		if (signature->verdict == POLICY_VERDICT_VALID && is_registered(o, signature))
			return o;
		only = o;
		owners++;
	}
	return owners == 1 ? only : NULL;
}

/* Our own mailboxes: the local part is compared byte by byte. */
static bool is_account(const struct policy_message *m, struct bytes address)
{
	struct bytes own = sender_domain(m->account), other = sender_domain(address);

	return own.len > 0 && bytes_equal_nocase(own, other) &&
	       bytes_equal(bytes_slice(m->account, 0, m->account.len - own.len), bytes_slice(address, 0, address.len - other.len));
}

/* What the link says against the addresses. */
static enum reason check_link(const struct policy_message *m)
{
	if (m->source == POLICY_SOURCE_IMAP)
		return REASON_NONE;
	if (m->source == POLICY_SOURCE_SUBMISSION)
		return is_account(m, m->from) && (m->mail_from.len == 0 || sender_same_address(m->account, m->mail_from)) ? REASON_NONE : REASON_AUTH_FROM;
	if (!has_text(&m->peer_domains, sender_domain(m->from)))
		return REASON_MAIL_FROM_DOMAIN;
	if (m->mail_from.len > 0 && !has_text(&m->peer_domains, sender_domain(m->mail_from)))
		return REASON_PEER_DOMAIN;
	return REASON_NONE;
}

static bool is_from_signer(const struct policy_message *m)
{
	return m->signature.bound == POLICY_BOUND_FROM && sender_same_address(m->signature.email, m->from);
}

/* What the signature is bound to, or why it is not enough. */
static enum reason check_signature(const struct organisation *o, const struct policy_message *m, enum policy_bound *out)
{
	const struct policy_signature *s = &m->signature;

	*out = POLICY_BOUND_NONE;
	if (s->verdict == POLICY_VERDICT_NONE)
		return o->operator_link && sender_linked(m) ? REASON_NONE : REASON_SIG_NONE;
	if (s->verdict != POLICY_VERDICT_VALID)
		return sender_verdict(s);
	if (is_registered(o, s))
		*out = POLICY_BOUND_ORGANISATION;
	else if (is_from_signer(m))
		*out = POLICY_BOUND_FROM;
	else
		return REASON_SIG_NOT_BOUND;
	return REASON_NONE;
}

struct bytes sender_domain(struct bytes address)
{
	for (size_t i = address.len; i > 0; i--)
		if (address.at[i - 1] == '@')
			return bytes_from(address, i);
	return BYTES_NONE;
}

bool sender_same_address(struct bytes a, struct bytes b)
{
	return a.len > 0 && bytes_equal_nocase(a, b);
}

bool sender_address_ok(struct bytes address)
{
	size_t signs = 0;

	if (address.len < 3 || address.len > ADDRESS_MAX || address.at[0] == '@')
		return false;
	for (size_t i = 0; i < address.len; i++) {
		unsigned char c = address.at[i];
		if (c <= ' ' || c >= 0x7f || c == '<' || c == '>' || c == ',' || c == ';' || c == '"' || c == '\\')
			return false;
		signs += c == '@';
	}
	return signs == 1 && address.at[address.len - 1] != '@';
}

bool sender_linked(const struct policy_message *message)
{
	if (message->from.len == 0)
		return false;
	return message->source == POLICY_SOURCE_IMAP ? message->vouched : check_link(message) == REASON_NONE;
}

enum reason sender_unlinked(const struct policy_message *message)
{
	if (message->source == POLICY_SOURCE_IMAP || sender_linked(message))
		return REASON_NONE;
	return message->source == POLICY_SOURCE_SUBMISSION ? REASON_AUTH_FROM : REASON_MAIL_FROM_DOMAIN;
}

enum reason sender_verdict(const struct policy_signature *signature)
{
	static const enum reason reasons[POLICY_VERDICTS] = {
		[POLICY_VERDICT_NONE] = REASON_NONE,
		[POLICY_VERDICT_VALID] = REASON_NONE,
		[POLICY_VERDICT_INVALID] = REASON_SIG_INVALID,
		[POLICY_VERDICT_MALFORMED] = REASON_SIG_MALFORMED,
		[POLICY_VERDICT_UNTRUSTED] = REASON_SIG_UNTRUSTED,
		[POLICY_VERDICT_PARTIAL] = REASON_SIG_PARTIAL,
		[POLICY_VERDICT_ENCRYPTED] = REASON_SIG_ENCRYPTED,
	};
	enum reason known = reasons[signature->verdict];

	/* The verifier's own reason is the more exact one; it never makes a bad verdict good. */
	return known != REASON_NONE && signature->reason != REASON_NONE ? signature->reason : known;
}

enum reason sender_check(const struct policy_rules *rules, const struct policy_message *message,
			 enum sender_class class, struct sender *out)
{
	struct bytes domain = sender_domain(message->from);
	enum policy_bound bound;
	enum reason reason;

	if (domain.len == 0)
		return REASON_SENDER_UNKNOWN;
	if ((reason = check_link(message)) != REASON_NONE)
		return reason;
	const struct organisation *o = owner_of(rules, domain, &message->signature);
	if (o == NULL)
		return REASON_SENDER_UNKNOWN;
	reason = check_signature(o, message, &bound);
	if (reason != REASON_NONE)
		return reason;
	if ((o->classes & (unsigned)class) == 0)
		return REASON_SENDER_CLASS;
	*out = (struct sender){o, bound};
	return REASON_NONE;
}

enum reason sender_check_identity(const struct policy_rules *rules, const struct organisation *organisation,
				  const struct policy_patient *patient)
{
	bool test = identity_is_test(patient->oid);

	return test == rules->test_identities && test == organisation->test ? REASON_NONE : REASON_SENDER_TEST_IDENTITY;
}

bool sender_may_be_told(const struct policy_rules *rules, const struct policy_message *message)
{
	if (message->automatic || message->report != NULL || message->class == POLICY_CLASS_REPORT ||
	    !sender_address_ok(message->from))
		return false;
	if (message->source != POLICY_SOURCE_IMAP)
		return message->mail_from.len > 0 && sender_linked(message);
	if (message->signature.verdict != POLICY_VERDICT_VALID)
		return message->signature.verdict == POLICY_VERDICT_NONE && sender_linked(message);
	const struct organisation *o = owner_of(rules, sender_domain(message->from), &message->signature);
	return is_from_signer(message) || (o != NULL && is_registered(o, &message->signature));
}
