/* policy/receipt.h - what the sender of a message is told, and in which form. Pure.
 *
 * Three forms: a letter under our seal (M70, M71); a delivery report (RFC 3461, 3464), which the sender's mail server asks for in the
 * envelope; a receipt of integration (RFC 8098 in the trust space's form), which the sender's software asks for in the header.
 *
 *  1. Nobody is told who may not be (sender_may_be_told): no machine, no report, no empty return path, nobody whom the link or a signature
 *     does not vouch for. So no answer of ours can be answered by an answer of ours.
 *  2. A report goes to the return path, and to nobody whom a header names beside it.
 *  3. What was asked for goes; the letter goes where nothing was. NOTIFY=NEVER on every recipient asks for silence: a refusal then
 *     becomes a held message, which our own people see.
 *  4. "Taken" is one news for a document that was filed and for one that no dossier awaits: each of its forms reads the same for both.
 *  5. A message has one receipt of integration, ever. NOTIFY=DELAY gets no report: what waits for a person is delivered.
 *  6. RET=FULL is not honoured: no report of ours carries content (RFC 3461 4.3 lets us return headers; ours are four). */
#ifndef RELAIS_POLICY_RECEIPT_H
#define RELAIS_POLICY_RECEIPT_H

#include "policy/rules.h"

enum receipt_news {
	RECEIPT_TAKEN,       /* sender, signature and documents are in order (M70) */
	RECEIPT_REFUSED,     /* M71, final */
	RECEIPT_HELD,        /* M71, a person will look */
	RECEIPT_DELIVERED,   /* asked of every message that was not refused: it arrived */
};

struct receipt_choice {
	bool letter, dsn, mdn;
	bool limited;        /* he would have been told, but had LIMIT_NOTICES_DAY notices already */
};

struct receipt_choice receipt_choose(const struct policy_rules *rules, const struct policy_message *message, enum receipt_news news);

/* Where an answer goes: the return path, or the From of fetched mail. */
struct bytes receipt_address(const struct policy_message *message);
/* Does the report of delivery speak of this recipient? success: of a report that it arrived, else that it failed. */
bool receipt_speaks_of(const struct policy_envelope *recipient, bool success);

/* The trust space's integration code and label for a reason, "902^Patient inconnu": printable ASCII (table TRE of the HL7v2 volet). */
const char *receipt_integration(enum reason reason);

/* Subject of a receipt of integration: the national subject (XDM/1.0/DDM…) that the message had, marked when it failed. Empty for a
 * message without one: the template's own is taken, which names nobody. */
struct bytes receipt_subject(struct arena *arena, struct bytes original, enum reason reason);

/* The status (RFC 3463) for a report, and the reply that the peer would have heard in SMTP: "5.6.0", "550 5.6.0 The ZIP archive is broken. (archive.broken)". ASCII. */
const char *receipt_status(enum reason reason);
const char *receipt_diagnostic(struct arena *arena, enum reason reason);

#endif
