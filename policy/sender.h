/* policy/sender.h - who may send what, and what "signed" means. */
#ifndef RELAIS_POLICY_SENDER_H
#define RELAIS_POLICY_SENDER_H

#include "policy/facts.h"

struct policy_rules;

/* Classes an organisation may send, as a set. */
enum sender_class {
	SENDER_REQUEST = 1,
	SENDER_RECORD = 2,
	SENDER_REPLACEMENT = 4,
	SENDER_DELETION = 8
};

struct organisation {
	struct bytes name, id;
	struct policy_texts domains;      /* of its addresses, exact */
	struct policy_texts fingerprints; /* SHA-256 of certificates, hex */
	struct policy_texts subjects;     /* canonical subjects of certificates */
	unsigned classes;                 /* set of enum sender_class */
	bool operator_link;               /* unsigned mail is enough on its operator's link; default: signature required */
	bool test;                        /* sends test identities, and only them */
};

struct sender {
	const struct organisation *organisation;
	enum policy_bound bound;          /* what the signature is bound to; NONE for unsigned mail */
};

/* The domain of an address (after the last @); empty when there is none. */
struct bytes sender_domain(struct bytes address);
/* ASCII case-blind for the whole address: no operator of the trust space tells two mailboxes apart by case. */
bool sender_same_address(struct bytes a, struct bytes b);
/* An address that may be a recipient: one @, both sides there, no space, control or angle, at most 254. */
bool sender_address_ok(struct bytes address);

/* SMTP: the header From's domain, and the envelope's when it has one, are ones that the peer speaks for.
 * SUBMISSION: both are the authenticated mailbox itself; in From its local part to the letter.
 * IMAP: the operator of the mailbox answers for it (origin_check); without that, nothing does. */
bool sender_linked(const struct policy_message *message);
/* Why a link does not vouch for the From (MAIL_FROM_DOMAIN, AUTH_FROM); NONE when it does, or when there is no link (IMAP). */
enum reason sender_unlinked(const struct policy_message *message);

/* The reason of a verdict that is neither valid nor none; REASON_NONE for these two. */
enum reason sender_verdict(const struct policy_signature *signature);

/*
 * The organisation behind a message of that class, with what its signature is bound to; else a reason:
 * SENDER_UNKNOWN, PEER_DOMAIN, MAIL_FROM_DOMAIN, AUTH_FROM, SIG_* or SENDER_CLASS. Only verdict none may use the rule for unsigned mail,
 * and only where something vouches for the link (sender_linked).
 */
MUST_USE enum reason sender_check(const struct policy_rules *rules, const struct policy_message *message,
				  enum sender_class class, struct sender *out);

/* REASON_SENDER_TEST_IDENTITY unless gateway, organisation and identity are all of the test or all of the real world. */
MUST_USE enum reason sender_check_identity(const struct policy_rules *rules, const struct organisation *organisation,
					   const struct policy_patient *patient);

/* May the sender be answered at all: not automatic, no report, no null return path,
 * and a From that the link or a valid signature vouches for. */
bool sender_may_be_told(const struct policy_rules *rules, const struct policy_message *message);

#endif
