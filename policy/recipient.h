/* policy/recipient.h - how a recipient's mail client and operator want our mail: what is attached, and how large a message may be. */
#ifndef RELAIS_POLICY_RECIPIENT_H
#define RELAIS_POLICY_RECIPIENT_H

#include "policy/mail.h"

struct policy_rules;

/* As imported: for a mailbox, or for all of a domain. */
struct recipient {
	struct bytes address;             /* "a@b", or "@b"; compared without case */
	bool pdf_only;                    /* no IHE_XDM.zip: nothing there reads it */
	bool paper;                       /* a physician who wants letters */
	uint64_t limit;                   /* bytes of a whole message on the wire; 0: not told */
};

/* What holds for one mail. */
struct recipient_profile {
	bool pdf_only, paper;
	uint64_t limit;
};

/* Of a mailbox: its own rule, else its domain's, else the default: PDF and package, and LIMIT_RECIPIENT_PATIENT bytes for
 * the patient's health space (M56), LIMIT_RECIPIENT_PROFESSIONAL for any other (M57). A rule cannot raise the patient's limit. */
struct recipient_profile recipient_profile(const struct policy_rules *rules, enum party party, struct bytes mailbox);

/* Bytes that a file of that size takes in a mail: base64 in lines of 76 (RFC 2045 6.8) and the head of its part. */
uint64_t recipient_encoded(uint64_t size);

/*
 * Files over several mails, in their order, each mail under limit. sizes are encoded; first_room and room are what the first and any
 * other mail leave for them. part[i] becomes the number of the mail, from 1; 0 for a file that no mail can carry. Gives how many mails
 * there are (at least 1).
 */
size_t recipient_parts(const uint64_t *sizes, size_t n, uint64_t first_room, uint64_t room, size_t *part);

#endif
